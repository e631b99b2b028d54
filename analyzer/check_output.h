/* What the gate says, in the forms that people and pipelines read. */
#ifndef ANALYZER_CHECK_OUTPUT_H
#define ANALYZER_CHECK_OUTPUT_H

#include "analyzer/check.h"
#include "analyzer/report_text_write.h"

enum check_format {
    CHECK_TEXT,
    CHECK_GITHUB,   /* annotations: workflow commands */
    CHECK_MARKDOWN, /* a step's summary, or a comment */
    CHECK_JUNIT,
    CHECK_SARIF,
    CHECK_GITLAB, /* code quality */
    CHECK_FORMATS,
};

/* CHECK_FORMATS for what is none. `length` bytes of `name` count. */
enum check_format check_format_of(const char *name, size_t length);

/* Writes it; errors stay in `out` (ferror). Text as `look` has it; NULL: as in a file. */
void check_write(const struct check *, enum check_format, const struct text_look *look, FILE *out);

void check_text(const struct check *, const struct text_look *look, FILE *out);
void check_github(const struct check *, FILE *out);
void check_markdown(const struct check *, FILE *out);
void check_junit(const struct check *, FILE *out);
void check_sarif(const struct check *, FILE *out);
void check_gitlab(const struct check *, FILE *out);

/* ---- what several of them say ---- */

/* "FAILED: 2 calls leave more than they may ...": one line. */
struct check_headline {
    char text[320];
};
struct check_headline check_headline(const struct check *);

/* "new", "worse", "finding", "leak", "limit", "suppressed". */
const char *check_word_for(const struct check_problem *);

/* A source file as a repository names it: relative to the folder we are in, or to the one that CI
 * checks out to, if it lies there; else as it is. With slashes. */
struct check_path {
    char text[4096];
    bool relative;
};
struct check_path check_path_of(const char *file);

/* The line of code a problem is about; NULL when none is known. */
const struct figures_frame *check_place(const struct check_problem *);

/* Where it leaks: "function (file:line)" of the innermost frames that are known, at most `most`,
 * joined by " < ". Empty when nothing is known. */
struct check_trail {
    char text[1200];
};
struct check_trail check_trail(const struct check_problem *, size_t most);

/* Writes the innermost `most` lines of a stack that are known, each on a line of its own. Of both:
 * what the language's libraries do in between is left out. */
void check_write_lines(struct text *, const struct figures_stack *, size_t most, unsigned indent);

/* The processes that it happens in: "client (pid 12), other (pid 13) and 3 more". Empty when there
 * is but one process. */
struct check_trail check_processes(const struct check *, const struct check_problem *);

#endif
