/* Texts of Windows, which are UTF-16, as the trace has them. */
#ifndef SHIM_WINDOWS_TEXT_H
#define SHIM_WINDOWS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* `units` of UTF-16 as UTF-8, at most three bytes each, not terminated; half a pair becomes U+FFFD.
 * Returns the number of bytes. */
size_t rs_utf8(const wchar_t *from, size_t units, char *to);

/* Is it this name, of ASCII in lower case, in whatever case it is written? `name` may end in `*`.
 */
bool rs_is_named(const wchar_t *text, size_t units, const char *name);

#endif
