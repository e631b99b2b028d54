#include "analyzer/report_output.h"
#include "analyzer/progress.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

bool report_output_is_terminal(void)
{
    return isatty(STDOUT_FILENO);
}

void report_output_prepare(void)
{
    signal(SIGPIPE, SIG_IGN); /* EPIPE instead */
}

/* Writes to standard output, and keeps in `cookie` what went wrong first. */
static ssize_t pass_on(void *cookie, const char *bytes, size_t size)
{
    int *error = cookie;
    size_t done = 0;
    progress_hide();
    progress_begin(NULL, NULL); /* a pager may have the terminal from now on */
    while (done < size && !*error) {
        ssize_t written = write(STDOUT_FILENO, bytes + done, size - done);
        if (written >= 0)
            done += (size_t)written;
        else if (errno != EINTR)
            *error = errno;
    }
    return *error ? 0 : (ssize_t)size; /* 0 is an error here: fopencookie(3) */
}

int report_output(void (*write)(FILE *, const void *), const void *what)
{
    enum { BUFFER = 1 << 16 };
    int error = 0;
    FILE *out = fopencookie(&error, "w", (cookie_io_functions_t){.write = pass_on});
    if (out) {
        setvbuf(out, NULL, _IOFBF, BUFFER);
        write(out, what);
        bool whole = !ferror(out);
        if (!fclose(out) && whole && !error)
            return 0;
    }
    return error ? error : ENOMEM;
}
