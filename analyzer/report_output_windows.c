#include "analyzer/progress.h"
#include "analyzer/report_output.h"

#define WIN32_LEAN_AND_MEAN
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <windows.h>

bool report_output_is_terminal(void)
{
    return _isatty(_fileno(stdout));
}

/* A console takes colours as terminals do only when it is asked to, since Windows 10. */
bool report_output_has_colours(void)
{
    HANDLE out = (HANDLE)_get_osfhandle(_fileno(stdout));
    DWORD mode;
    return GetConsoleMode(out, &mode) &&
           SetConsoleMode(out, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

unsigned report_output_columns(void)
{
    CONSOLE_SCREEN_BUFFER_INFO about;
    HANDLE out = (HANDLE)_get_osfhandle(_fileno(stdout));
    return GetConsoleScreenBufferInfo(out, &about)
               ? (unsigned)(about.srWindow.Right - about.srWindow.Left + 1)
               : 0;
}

bool report_output_is_unicode(void)
{
    return GetConsoleOutputCP() == CP_UTF8;
}

/* A console scrolls back by itself, and has no pager that keeps colours. */
void report_output_page(void)
{
}

void report_output_prepare(void)
{
    _setmode(_fileno(stdout), _O_BINARY); /* no carriage returns */
}

int report_output(void (*write)(FILE *, const void *), const void *what)
{
    enum { BUFFER = 1 << 16 };
    progress_hide();
    progress_begin(NULL, NULL);
    setvbuf(stdout, NULL, _IOFBF, BUFFER);
    errno = 0;
    write(stdout, what);
    if (!ferror(stdout) && !fflush(stdout))
        return 0;
    bool pipe = GetFileType((HANDLE)_get_osfhandle(_fileno(stdout))) == FILE_TYPE_PIPE;
    return pipe && errno == EINVAL ? EPIPE : errno ? errno : EIO; /* EINVAL: nobody reads it */
}
