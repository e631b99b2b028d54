/* C++ names as people write them. */
#ifndef ANALYZER_DEMANGLE_H
#define ANALYZER_DEMANGLE_H

/* The name behind `mangled`, to be freed by the caller; NULL if it is none, or this machine has no
 * C++ library to ask. */
char *demangle(const char *mangled);

#endif
