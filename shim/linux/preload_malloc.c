/*
 * The malloc family. C++ operators new and delete, strdup and their like reach these. Each wrapper
 * calls the real function and then tells the ledger (acquisitions), or the other way round
 * (releases): the address may be somebody else's as soon as it is released.
 */
#include "shim/core/blocks.h"
#include "shim/core/quarantine.h"
#include "shim/core/bytes.h"
#include "shim/core/capture.h"
#include "shim/linux/loader.h"
#include "shim/linux/preload.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

struct rs_real rs_real;

/* Finding the real functions may allocate: that is served from here and never given back. */
static struct {
    unsigned char memory[16384] __attribute__((aligned(16)));
    size_t used;
} early;

static void *early_take(size_t size)
{
    size_t need = (size + 15) & ~(size_t)15;
    if (need < size || need > sizeof early.memory - early.used)
        return NULL;
    void *block = early.memory + early.used;
    early.used += need;
    return block;
}

static bool is_early(const void *block)
{
    return (uintptr_t)block - (uintptr_t)early.memory < sizeof early.memory;
}

static __attribute__((noinline)) bool find_real(void)
{
    static bool finding;
    if (finding)
        return false;
    finding = true;
    rs_real.calloc = (void *(*)(size_t, size_t))rs_loader_next("calloc");
    rs_real.realloc = (void *(*)(void *, size_t))rs_loader_next("realloc");
    rs_real.free = (void (*)(void *))rs_loader_next("free");
    rs_real.memalign = (void *(*)(size_t, size_t))rs_loader_next("memalign");
    rs_real.aligned_alloc = (void *(*)(size_t, size_t))rs_loader_next("aligned_alloc");
    rs_real.posix_memalign = (int (*)(void **, size_t, size_t))rs_loader_next("posix_memalign");
    rs_real.valloc = (void *(*)(size_t))rs_loader_next("valloc");
    rs_real.pvalloc = (void *(*)(size_t))rs_loader_next("pvalloc");
    rs_real.malloc_usable_size = (size_t(*)(void *))rs_loader_next("malloc_usable_size");
    rs_real.malloc = (void *(*)(size_t))rs_loader_next("malloc");
    finding = false;
    return rs_real.malloc != NULL;
}

static inline bool ready(void)
{
    return __builtin_expect(rs_real.malloc != NULL, 1) || find_real();
}

void rs_preload_ready(void)
{
    ready();
}

/* The caller of the function that this stands in. */
#define CALLER RS_CALLER_PC(), RS_CALLER_SP(), RS_CALLER_BP()

static __attribute__((noinline)) void acquired(void *block, size_t size, uintptr_t pc, uintptr_t sp,
                                               uintptr_t bp)
{
    if (block && rs_recording())
        rs_block_acquired(block, size, &(struct rs_regs){.pc = pc, .sp = sp, .bp = bp});
}

static inline __attribute__((always_inline)) void
note(void *block, size_t size, residue_entry expected, uintptr_t pc, uintptr_t sp, uintptr_t bp)
{
    if (__builtin_expect(!expected, 0))
        acquired(block, size, pc, sp, bp);
    else
        rs_ledger_enter((uintptr_t)block, size, expected);
}

static __attribute__((noinline)) void *malloc_unexpected(size_t size, uintptr_t pc, uintptr_t sp,
                                                         uintptr_t bp)
{
    if (!ready())
        return early_take(size);
    void *block = rs_real.malloc(size);
    acquired(block, size, pc, sp, bp);
    return block;
}

EXPORT void *malloc(size_t size)
{
    residue_entry expected = rs_block_expected(CALLER);
    if (__builtin_expect(!expected, 0))
        return malloc_unexpected(size, CALLER);
    void *block = rs_real.malloc(size);
    note(block, size, expected, CALLER);
    return block;
}

EXPORT void *calloc(size_t count, size_t size)
{
    if (!ready())
        return count && size > sizeof early.memory / count ? NULL : early_take(count * size);
    residue_entry expected = rs_block_expected(CALLER);
    void *block = rs_real.calloc(count, size);
    note(block, count * size, expected, CALLER);
    return block;
}

static void give_back(const struct rs_freeing *freeing)
{
    rs_real.free(freeing->block);
}

static __attribute__((noinline)) bool quarantined(void *block, size_t size,
                                                  const struct rs_regs *regs)
{
    struct rs_freeing freeing = {.give_back = give_back, .block = block, .size = size};
    return rs_quarantine_keeps(&freeing, regs);
}

static __attribute__((noinline)) void release(void *block, enum rs_forgotten known, uintptr_t pc,
                                              uintptr_t sp, uintptr_t bp)
{
    if (!block || is_early(block) || !ready())
        return;
    struct rs_regs regs = {.pc = pc, .sp = sp, .bp = bp};
    struct rs_block was = {.size = 0};
    if (known == RS_NOT_SIMPLE)
        rs_block_released(block, &was, &regs);
    if (rs_recording())
        rs_block_stray(block, &regs);
    if (!rs_quarantine_is_on() || !quarantined(block, was.size, &regs))
        rs_real.free(block);
}

EXPORT void free(void *block)
{
    enum rs_forgotten known = rs_recording() ? rs_block_forgotten(block) : RS_NOT_KNOWN;
    if (__builtin_expect(known == RS_FORGOTTEN, 1))
        rs_real.free(block);
    else
        release(block, known, CALLER);
}

static void *move_early(const void *block, size_t size)
{
    void *copy = rs_real.malloc(size);
    size_t room = (size_t)(early.memory + early.used - (const unsigned char *)block);
    if (copy)
        rs_copy(copy, block, size < room ? size : room);
    return copy;
}

static inline void *resize(void *block, size_t size, const struct rs_regs *regs)
{
    if (!ready())
        return early_take(size);
    if (__builtin_expect(is_early(block), 0))
        return move_early(block, size);
    if (!rs_recording())
        return rs_real.realloc(block, size);
    struct rs_block was;
    rs_block_released(block, &was, regs);
    residue_entry expected = rs_block_expected(regs->pc, regs->sp, regs->bp);
    void *moved = rs_real.realloc(block, size);
    if (moved)
        note(moved, size, expected, regs->pc, regs->sp, regs->bp);
    else if (size)
        rs_block_restored(block, &was);
    return moved;
}

EXPORT void *realloc(void *block, size_t size)
{
    struct rs_regs regs = RS_CALLER_REGS();
    return resize(block, size, &regs);
}

EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
    struct rs_regs regs = RS_CALLER_REGS();
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return resize(block, bytes, &regs);
}

EXPORT int posix_memalign(void **block, size_t alignment, size_t size)
{
    if (!ready())
        return ENOMEM;
    residue_entry expected = rs_block_expected(CALLER);
    int error = rs_real.posix_memalign(block, alignment, size);
    if (!error)
        note(*block, size, expected, CALLER);
    return error;
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    residue_entry expected = rs_block_expected(CALLER);
    void *block = ready() ? rs_real.memalign(alignment, size) : NULL;
    note(block, size, expected, CALLER);
    return block;
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    residue_entry expected = rs_block_expected(CALLER);
    void *block = ready() ? rs_real.aligned_alloc(alignment, size) : NULL;
    note(block, size, expected, CALLER);
    return block;
}

EXPORT void *valloc(size_t size)
{
    residue_entry expected = rs_block_expected(CALLER);
    void *block = ready() ? rs_real.valloc(size) : NULL;
    note(block, size, expected, CALLER);
    return block;
}

EXPORT void *pvalloc(size_t size)
{
    residue_entry expected = rs_block_expected(CALLER);
    void *block = ready() ? rs_real.pvalloc(size) : NULL;
    note(block, (size + 4095) & ~(size_t)4095, expected, CALLER);
    return block;
}

EXPORT size_t malloc_usable_size(void *block)
{
    if (is_early(block) || !ready())
        return 0;
    return rs_real.malloc_usable_size(block);
}

/* C23: the C library of today has only free behind them. */
EXPORT void free_sized(void *block, size_t size);
EXPORT void free_sized(void *block, size_t size)
{
    (void)size;
    free(block);
}

EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size);
EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size)
{
    (void)alignment;
    (void)size;
    free(block);
}

EXPORT void cfree(void *block);
EXPORT void cfree(void *block)
{
    free(block);
}
