#include "shim/linux/preload.h"
#include "shim/core/bytes.h"
#include "shim/core/text.h"

#include <dlfcn.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>

#define NAME(function)                                                                             \
    {                                                                                              \
#function, (uintptr_t)(function)                                                           \
    }

extern void *reallocarray(void *, size_t, size_t);

uintptr_t rs_preload_address(const char *name)
{
    static const struct {
        const char *name;
        uintptr_t address;
    } ours[] = {NAME(malloc),
                NAME(calloc),
                NAME(realloc),
                NAME(free),
                NAME(posix_memalign),
                NAME(memalign),
                NAME(valloc),
                NAME(aligned_alloc),
                NAME(pvalloc),
                NAME(dlopen),
                NAME(dlclose),
                NAME(dlsym),
                NAME(mmap),
                NAME(munmap),
                NAME(longjmp),
                NAME(reallocarray),
                NAME(malloc_usable_size)};
    size_t length = rs_length(name);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (rs_length(ours[i].name) == length && rs_equal(ours[i].name, name, length))
            return ours[i].address;
    return 0;
}
