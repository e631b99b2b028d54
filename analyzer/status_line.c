#include "analyzer/status_line.h"
#include "analyzer/report_text_write.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const double CALM = 2; /* seconds */
enum { ROWS_LEAST = 5, COLUMNS_LEAST = 20 };

void status_line_begin(struct status_line *line, int terminal, double now)
{
    *line = (struct status_line){.terminal = terminal, .calm_since = now};
}

/* In one piece, so that it is not taken apart by what others write. */
static __attribute__((format(printf, 2, 3))) void put(const struct status_line *line,
                                                      const char *format, ...)
{
    char bytes[2 * sizeof line->shown];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(bytes, sizeof bytes, format, arguments);
    va_end(arguments);
    if (length > 0 && (size_t)length < sizeof bytes)
        (void)!write(line->terminal, bytes, (size_t)length);
}

/* ESC 7 and 8 keep and bring back the cursor with all that belongs to it; the first line of a new
 * scrolling region is where it is put otherwise. */

/* Makes room: ESC D goes a line down in the same column, and scrolls where there is none. */
static void take_row(struct status_line *line, unsigned rows)
{
    put(line, "\033D\033[A\0337\033[1;%ur\0338", rows - 1);
    line->rows = rows;
    *line->shown = 0;
}

void status_line_hide(struct status_line *line)
{
    if (line->rows)
        put(line, "\0337\033[r\033[%u;1H\033[0m\033[2K\0338", line->rows);
    line->rows = 0;
}

static bool is_ours(const struct status_line *line)
{
    return tcgetpgrp(line->terminal) == getpgrp();
}

/* A program that gets each key at once, not a line at a time, draws the screen itself. */
static bool is_drawn_by_another(const struct status_line *line)
{
    struct termios mode;
    return tcgetattr(line->terminal, &mode) != 0 || !(mode.c_lflag & ICANON);
}

void status_line_show(struct status_line *line, const char *text, double now)
{
    struct winsize size;
    bool ours = is_ours(line);
    if (!ours || is_drawn_by_another(line) || ioctl(line->terminal, TIOCGWINSZ, &size) != 0 ||
        size.ws_row < ROWS_LEAST || size.ws_col < COLUMNS_LEAST) {
        if (ours)
            status_line_hide(line);
        line->rows = 0;
        line->calm_since = now;
    }
    if (now - line->calm_since < CALM)
        return;
    if (line->rows != size.ws_row) /* not shown yet, or the window has another size */
        take_row(line, size.ws_row);
    struct safe fitting = text_safe(text, (unsigned)size.ws_col - 1);
    if (!strcmp(fitting.text, line->shown))
        return;
    snprintf(line->shown, sizeof line->shown, "%s", fitting.text);
    put(line, "\0337\033[?6l\033[%u;1H\033[0m\033(B\033[2K%s\0338", line->rows, line->shown);
}
