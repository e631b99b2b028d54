/* The sentences that every report begins and ends with, for people: the same words in the terminal,
 * on the page and in JSON. */
#ifndef ANALYZER_REPORT_SENTENCES_H
#define ANALYZER_REPORT_SENTENCES_H

#include "analyzer/report.h"
#include "analyzer/report_text_write.h"

/* Printable, on one line however long; empty where there is nothing to say. */
struct sentence {
    char text[4 * TEXT_SIZE];
    enum text_style style; /* red: something leaks; yellow: not sure; green: nothing does */
};

/* Whether anything leaks, and which call is worst. */
struct sentence sentence_verdict(const struct report *);

/* The process's private bytes beside the tracked ones. */
struct sentence sentence_private_bytes(const struct report *);

/* When memory will be full, if something leaks. */
struct sentence sentence_time_left(const struct report *);

#endif
