#include "analyzer/demangle.h"

#include <stddef.h>

char *__cxa_demangle(const char *, char *, size_t *, int *); /* the C++ library's, linked in */

char *demangle(const char *mangled)
{
    int status = 0;
    return __cxa_demangle(mangled, NULL, NULL, &status);
}
