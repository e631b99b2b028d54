/*
 * One line at the bottom of a terminal that somebody else is writing to. It lies outside of the
 * part that scrolls, and the cursor, its colours and the text around it stay where they are: what
 * the other one writes, half lines and prompts too, comes out as ever.
 */
#ifndef ANALYZER_STATUS_LINE_H
#define ANALYZER_STATUS_LINE_H

#include <stdbool.h>

struct status_line {
    int terminal;      /* descriptor */
    unsigned rows;     /* of the terminal when the line was made; 0 = it is not shown */
    double calm_since; /* when somebody else was last seen to have the whole terminal */
    char shown[512];   /* what is on it */
};

/* Begins without a line, at second `now` of any steady clock. */
void status_line_begin(struct status_line *, int terminal, double now);

/* Shows `text`, printable and cut to the terminal's width. Nothing is written, and the line goes,
 * when the terminal is in another job's hands, or in those of a program that draws by itself, as
 * editors and shells do: until it was left for a while. */
void status_line_show(struct status_line *, const char *text, double now);

/* Takes the line away: to be called before anything of ours is printed. It may come again. */
void status_line_hide(struct status_line *);

#endif
