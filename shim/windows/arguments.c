#include "shim/windows/arguments.h"
#include "shim/core/state.h"
#include "shim/windows/nt.h"
#include "shim/windows/text.h"

/* Takes the next argument apart, as Microsoft's run-times do it: in quotes blanks count, `\"` is a
 * quote and backslashes before a quote count half. Returns where the next one may begin. */
static const wchar_t *take(const wchar_t *at, wchar_t *argument, size_t room, size_t *length)
{
    bool quoted = false;
    *length = 0;
    while (*at && (quoted || (*at != L' ' && *at != L'\t'))) {
        size_t slashes = 0;
        while (*at == L'\\')
            slashes++, at++;
        size_t copies = *at == L'"' ? slashes / 2 : slashes;
        for (; copies && *length < room; copies--)
            argument[(*length)++] = L'\\';
        if (*at == L'"' && slashes % 2 == 0) {
            quoted = !quoted;
            at++;
        } else if (*at && (quoted || (*at != L' ' && *at != L'\t'))) {
            if (*length < room)
                argument[(*length)++] = *at;
            at++;
        }
    }
    while (*at == L' ' || *at == L'\t')
        at++;
    return at;
}

void rs_write_arguments(void)
{
    enum { ROOM = 4096 };
    static wchar_t argument[ROOM];
    static char text[3 * ROOM];
    const wchar_t *at = GetCommandLineW();
    size_t length;
    while (*at) {
        at = take(at, argument, ROOM, &length);
        rs_write_argument(text, rs_utf8(argument, length, text));
    }
}
