/* The names the shim takes over by being preloaded, and the real functions behind them. */
#ifndef SHIM_LINUX_PRELOAD_H
#define SHIM_LINUX_PRELOAD_H

#include <stddef.h>
#include <stdint.h>

/* The shim's own function of that name, if it has one; else 0. */
uintptr_t rs_preload_address(const char *name);

/* Finds the real functions of the malloc family, if nobody has yet. */
void rs_preload_ready(void);

/* The allocator behind the shim: what the client would call without it. */
struct rs_real {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
    void *(*memalign)(size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*valloc)(size_t);
    void *(*pvalloc)(size_t);
    size_t (*malloc_usable_size)(void *);
};
extern struct rs_real rs_real __attribute__((visibility("hidden")));

#endif
