/*
 * Writing text for people: lines no wider than the terminal, or 100 columns, colours only where
 * asked for, and nothing that came out of a trace reaches the terminal as a control sequence.
 */
#ifndef ANALYZER_REPORT_TEXT_WRITE_H
#define ANALYZER_REPORT_TEXT_WRITE_H

#include "analyzer/text_options.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    TEXT_COLUMNS = 100,
    TEXT_COLUMNS_LEAST = 40,
    TEXT_COLUMNS_MOST = 160,
    TEXT_SENTENCE_MOST = 480, /* that is in no line of ours */
    TEXT_SIZE = 512
};

enum text_style { TEXT_PLAIN, TEXT_BOLD, TEXT_RED, TEXT_YELLOW, TEXT_GREEN, TEXT_DIM };

/* Where to write. `column` and `filled` are kept by the functions below; write errors stay in `out`
 * (ferror). */
struct text {
    FILE *out;
    bool colour;
    unsigned columns; /* from TEXT_COLUMNS_LEAST to TEXT_COLUMNS_MOST */
    bool whole;       /* lines are not broken */
    unsigned column;
    bool filled; /* the line has more on it than its indent */
};

/* A text shortened and made safe, at most `columns` wide. */
struct safe {
    char text[TEXT_SIZE];
};

/* Makes any bytes printable: control characters, broken UTF-8 and characters that reorder a line
 * become \xNN. What is wider than `columns` (at most TEXT_SENTENCE_MOST) loses its middle. NULL is
 * "?". */
struct safe text_safe(const char *bytes, unsigned columns);

/* Writes all of `bytes`, made printable. */
void text_safely(FILE *, const char *bytes);

/* A writer that `look` asks for (text_options.h); NULL: as in a file. Where no width is wished
 * lines stay whole: they are searched. */
struct text text_like(FILE *, const struct text_look *);

/* A writer for lines of `columns`, which is brought within bounds; 0 = TEXT_COLUMNS. */
struct text text_to(FILE *, unsigned columns, bool colour);

/* Columns a printable text takes on a terminal. */
unsigned text_width(const char *printable);

/* Ends the current line if there is something on it, then begins one at column `indent`. */
void text_begin(struct text *, unsigned indent);

/* Writes one unbroken item, two spaces after the one before it on its line; on a new line, at
 * `indent`, when it does not fit. The item must be printable; it is cut at the right margin. */
void text_item(struct text *, unsigned indent, enum text_style, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Writes words, broken at spaces to lines that begin at `indent`; ends the line. */
void text_paragraph(struct text *, unsigned indent, enum text_style, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Writes words after what is on the line, broken as in a paragraph. */
void text_words(struct text *, unsigned indent, enum text_style, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* What comes next stands in `column`, or after a blank when the line is longer already. */
void text_tab(struct text *, unsigned column);

/* Ends the current line; on an empty one writes an empty line. */
void text_end(struct text *);

/* Figures for people. Each returns a terminated text by value. */
struct figure {
    char text[64];
};
struct figure figure_count(uint64_t count);   /* 43,690,666 */
struct figure figure_about(double count);     /* 9,999,999, then 44 million, 120 billion */
struct figure figure_bytes(double bytes);     /* 48 B, 1.5 KiB, 2.0 GiB */
struct figure figure_rate(double rate);       /* things per call: 1, 0.10, 2.5 */
struct figure figure_seconds(double seconds); /* 12 s, 3.5 minutes, 4.2 days */
struct figure figure_share(double share);     /* of 1: 100%, 4%, <1% */

/* A share of 1 as a bar of always the same width: "#######...", or finer in Unicode. What is more
 * than nothing is seen. */
struct figure figure_bar(double share, bool unicode);

/* A rate in bytes and an interval around it in the same unit: "48.0 B" and "[48.0, 48.0]". */
struct figure figure_rate_bytes(double bytes);
struct figure figure_interval(double low, double high, double rate);

#endif
