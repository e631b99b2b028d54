/* Anonymous memory asked from the kernel by the client itself (the allocator's own goes another
 * way). */
#include "shim/core/blocks.h"
#include "shim/core/capture.h"
#include "shim/core/resources.h"
#include "shim/linux/loader.h"

#include <stdarg.h>
#include <sys/mman.h>

#define EXPORT __attribute__((visibility("default")))

static struct {
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    int (*munmap)(void *, size_t);
    void *(*mremap)(void *, size_t, size_t, int, void *);
} real;

static void ready(void)
{
    if (real.mmap)
        return;
    real.munmap = (int (*)(void *, size_t))rs_loader_next("munmap");
    real.mremap = (void *(*)(void *, size_t, size_t, int, void *))rs_loader_next("mremap");
    real.mmap = (void *(*)(void *, size_t, int, int, int, off_t))rs_loader_next("mmap");
}

static size_t pages(size_t size)
{
    return (size + 4095) & ~(size_t)4095;
}

static inline void *map(void *at, size_t size, int protection, int flags, int fd, off_t offset,
                        const struct rs_regs *regs)
{
    ready();
    uint64_t before = rs_resources_now();
    void *memory = real.mmap(at, size, protection, flags, fd, offset);
    if (memory == MAP_FAILED || !rs_recording())
        return memory;
    if (flags & MAP_ANONYMOUS)
        rs_mapping_acquired(memory, pages(size), regs);
    else if (flags & MAP_FIXED)
        rs_mapping_released(memory, pages(size), before, regs);
    return memory;
}

EXPORT void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    struct rs_regs regs = RS_CALLER_REGS();
    return map(at, size, protection, flags, fd, offset, &regs);
}

EXPORT void *mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    struct rs_regs regs = RS_CALLER_REGS();
    return map(at, size, protection, flags, fd, offset, &regs);
}

EXPORT int munmap(void *memory, size_t size)
{
    struct rs_regs regs = RS_CALLER_REGS();
    ready();
    uint64_t before = rs_resources_now();
    int error = real.munmap(memory, size);
    if (!error && rs_recording())
        rs_mapping_released(memory, pages(size), before, &regs);
    return error;
}

/* The old pages go, unless the caller keeps them or only wants the same shared ones once more. */
static void anonymous_moved(void *memory, size_t old_size, void *moved, size_t new_size, int flags,
                            uint64_t before, const struct rs_regs *regs)
{
    if (old_size && !(flags & MREMAP_DONTUNMAP))
        rs_mapping_released(memory, pages(old_size), before, regs);
    rs_mapping_acquired(moved, pages(new_size), regs);
}

EXPORT void *mremap(void *memory, size_t old_size, size_t new_size, int flags, ...)
{
    struct rs_regs regs = RS_CALLER_REGS();
    ready();
    va_list rest;
    va_start(rest, flags);
    void *at = va_arg(rest, void *);
    va_end(rest);
    uint64_t before = rs_resources_now();
    bool anonymous = rs_recording() && rs_mapping_known((uintptr_t)memory, pages(old_size) | 1);
    void *moved = real.mremap(memory, old_size, new_size, flags, at);
    if (moved == MAP_FAILED || !rs_recording())
        return moved;
    if (anonymous)
        anonymous_moved(memory, old_size, moved, new_size, flags, before, &regs);
    else if (flags & MREMAP_FIXED)
        rs_mapping_released(moved, pages(new_size), before, &regs);
    return moved;
}
