#include "analyzer/report_output.h"
#include "analyzer/pager.h"
#include "analyzer/progress.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool page;

bool report_output_is_terminal(void)
{
    return isatty(STDOUT_FILENO);
}

static bool is_dumb(void)
{
    const char *terminal = getenv("TERM");
    return terminal && !strcmp(terminal, "dumb");
}

bool report_output_has_colours(void)
{
    return report_output_is_terminal() && !is_dumb();
}

unsigned report_output_columns(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* A locale that is not installed, as in most containers, is meant all the same. */
bool report_output_is_unicode(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (locale) {
        bool unicode = !strcasecmp(nl_langinfo_l(CODESET, locale), "UTF-8");
        freelocale(locale);
        return unicode;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strcasestr(value, "UTF-8") || strcasestr(value, "utf8");
    }
    return false;
}

void report_output_page(void)
{
    page = report_output_is_terminal() && getenv("TERM") && !is_dumb();
}

void report_output_prepare(void)
{
    signal(SIGPIPE, SIG_IGN); /* EPIPE instead */
}

struct passing {
    int error; /* what went wrong first */
    bool begun, paged;
};

/* Writes to standard output. */
static ssize_t pass_on(void *cookie, const char *bytes, size_t size)
{
    struct passing *passing = cookie;
    size_t done = 0;
    if (!passing->begun) {
        progress_hide();
        progress_begin(NULL, NULL); /* the pager has the terminal from now on */
        passing->paged = page && pager_begin();
        passing->begun = true;
    }
    while (done < size && !passing->error) {
        ssize_t written = write(STDOUT_FILENO, bytes + done, size - done);
        if (written >= 0)
            done += (size_t)written;
        else if (errno != EINTR)
            passing->error = errno;
    }
    return passing->error ? 0 : (ssize_t)size; /* 0 is an error here: fopencookie(3) */
}

static int deliver(struct passing *passing, void (*write)(FILE *, const void *), const void *what)
{
    enum { BUFFER = 1 << 16 };
    FILE *out = fopencookie(passing, "w", (cookie_io_functions_t){.write = pass_on});
    if (out) {
        setvbuf(out, NULL, _IOFBF, BUFFER);
        write(out, what);
        bool whole = !ferror(out);
        if (!fclose(out) && whole && !passing->error)
            return 0;
    }
    return passing->error ? passing->error : ENOMEM;
}

int report_output(void (*write)(FILE *, const void *), const void *what)
{
    struct passing passing = {0};
    int error = deliver(&passing, write, what);
    if (!passing.paged)
        return error;
    if (!pager_end()) {
        page = false; /* its shell has said why */
        return report_output(write, what);
    }
    return error == EPIPE ? 0 : error;
}
