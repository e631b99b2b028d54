/* How calls' rates went over the runs in a database (runs_schema.h). */
#ifndef ANALYZER_HISTORY_H
#define ANALYZER_HISTORY_H

#include "analyzer/text_options.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Texts of a history are owned by it and UTF-8; NULL = not known. */
struct history_run {
    int64_t id;
    double time; /* seconds since 1970; 0 = not known */
    char *commit, *build, *label, *program;
    bool complete;
};

/* A call in one run. */
struct history_rate {
    uint32_t run; /* index in history.runs */
    int64_t count;
    char *verdict; /* as the report names it */
    double bytes_per_call, ci95[2];
    bool exact;
};

/* A call path of a program over the runs, those in which it was not called left out. */
struct history_call {
    char *program; /* its file's name */
    char *name;
    char *path;                 /* JSON array of the calls around it */
    char *inside;               /* the same for people: "A > B"; "" when there are none */
    struct history_rate *rates; /* oldest first */
    uint32_t count;
    size_t room;
    bool leaks;  /* in one of the runs */
    double most; /* bytes per call, of all runs */
};

struct history {
    struct history_run *runs; /* oldest first */
    uint32_t run_count;
    struct history_call
        *calls; /* that were wanted; by what they leave in the last run, then ever */
    uint32_t call_count;
    uint32_t others;       /* calls that leaked in no run, and were left out for it */
    bool several_programs; /* so that each has to be told */
};

/* What to read; NULL and 0 mean all. */
struct history_wanted {
    const char *call;    /* glob over names: then also those that leak nothing */
    const char *program; /* glob over the file's name */
    uint32_t last;       /* runs */
};

/* Reads the database at `path`. NULL with one line in `problem`. The caller frees it with
 * history_close. */
struct history *history_open(const char *path, const struct history_wanted *, char *problem,
                             size_t problem_size);
void history_close(struct history *);

/* What tells a run from others: its build, else its commit, shortened; with its label if it has
 * one.
 * "-" when there is nothing. To be freed. */
char *history_run_name(const struct history_run *);

/* Where what was not seen would have been: "this run", or "any of these runs". */
const char *history_any_run(const struct history *);

/* When it began, in this machine's time: "2026-11-21 14:03"; "-" when that is not known. */
struct history_time {
    char text[32];
};
struct history_time history_time_of(const struct history_run *);

/* Each writes all of it to `out`; write errors stay in `out` (ferror). Text is as `look`
 * has it (text_options.h), and with a drawing of each call if `drawn`. */
void history_text(const struct history *, const struct text_look *look, bool drawn, FILE *out);
void history_json(const struct history *, FILE *out);
void history_html(const struct history *, FILE *out);

#endif
