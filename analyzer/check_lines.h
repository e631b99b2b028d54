/* Files of lines that people write: limits and suppressions. */
#ifndef ANALYZER_CHECK_LINES_H
#define ANALYZER_CHECK_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Where a line is, for what is wrong with it. */
struct check_line {
    const char *file;
    unsigned number;
    char *problem; /* of problem_size; one line */
    size_t problem_size;
};

/* Hands each line to `take`, without comments (# at its begin or behind a blank) and without blanks
 * around it; empty ones are left out. `take` may write to the line. False when the file can't be
 * read or `take` returned false: `problem` says why. */
bool check_lines(const char *file, char *problem, size_t problem_size, void *closure,
                 bool (*take)(void *closure, const struct check_line *, char *line));

/* "FILE:LINE: " and what is wrong; returns false. */
bool check_wrong(const struct check_line *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The next word of *at, terminated, with *at behind it; NULL at the end. A word may have quotes
 * ("...") in it, which are taken away: what is between them may have blanks. */
char *check_word(char **at);

/* A copy that is the caller's; without memory the process ends with one line. */
char *check_copy(const char *text);

#endif
