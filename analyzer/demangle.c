#include "analyzer/demangle.h"

#include <dlfcn.h>
#include <stddef.h>

/* elfutils has no demangler, and linking the C++ library would load it into every run: it is asked
 * only when a trace has C++ names, and then it was there when the program ran. */
typedef char *cxa_demangle(const char *, char *, size_t *, int *);

char *demangle(const char *mangled)
{
    static cxa_demangle *function;
    static int tried;
    if (!tried) {
        tried = 1;
        void *library = dlopen("libstdc++.so.6", RTLD_NOW);
        if (library)
            *(void **)&function = dlsym(library, "__cxa_demangle");
    }
    int status = 0;
    return function ? function(mangled, NULL, NULL, &status) : NULL;
}
