#include "shim/core/blocks.h"
#include "shim/core/calls.h"
#include "shim/core/capture.h"
#include "shim/core/client.h"
#include "shim/core/intern.h"
#include "shim/core/misuse.h"
#include "shim/core/resources.h"

static void missed(void)
{
    __atomic_add_fetch(&rs.trace->missed, 1, __ATOMIC_RELAXED);
}

/* The thread, ready for an event; NULL when there is nothing to be done. */
static inline struct rs_thread *begin(const struct rs_regs *regs)
{
    struct rs_thread *self = rs_thread();
    if (__builtin_expect(!self || !rs_thread_begin(self), 0)) {
        missed();
        return NULL;
    }
    rs_calls_heal(self, regs->sp);
    return self;
}

static void remember_recent(struct rs_thread *self, uintptr_t address, uint64_t size)
{
    struct rs_recent *recent = &self->recent[self->recent_count++ % RS_RECENT_MAX];
    *recent = (struct rs_recent){address, size, UINT32_MAX};
}

void rs_block_acquired(void *block, size_t size, const struct rs_regs *regs)
{
    struct rs_thread *self = begin(regs);
    if (!self)
        return;
    uint32_t site = self->memory_depth ? rs_capture_site(self, regs, RS_KIND_BLOCK)
                                       : rs_capture_site_anew(self, regs, RS_KIND_BLOCK);
    if (__builtin_expect(site != 0, 1)) {
        struct rs_block entry = {size, site, self->ordinal};
        rs_ledger_put((uintptr_t)block, entry);
        if (__builtin_expect(self->memory_depth != 0, 0))
            remember_recent(self, (uintptr_t)block, size);
    }
    rs_thread_end(self);
}

void rs_memory_goes(struct rs_thread *self, uintptr_t address, uint64_t size, uint64_t before,
                    uint32_t site, const struct rs_regs *regs)
{
    if (!rs_sections_near(address, size) || !rs_sections_lost(address, size, before, 0, 0, 0))
        return;
    uint32_t freed_site = rs_capture_release_site(self, regs);
    if (freed_site)
        rs_sections_lost(address, size, before, site, freed_site, self->ordinal);
}

void rs_block_released(void *block, struct rs_block *was, const struct rs_regs *regs)
{
    struct rs_block taken;
    if (was)
        was->site = 0;
    if (!block || !rs_ledger_take((uintptr_t)block, &taken))
        return;
    if (was)
        *was = taken;
    if (__builtin_expect(rs_sections_near((uintptr_t)block, taken.size), 0)) {
        struct rs_thread *self = begin(regs);
        if (self) {
            rs_memory_goes(self, (uintptr_t)block, taken.size, UINT64_MAX, taken.site, regs);
            rs_thread_end(self);
        }
    }
}

/* By those who have made the buffer, or who were called to, it may be freed as it pleases them. */
static bool is_clients(struct rs_thread *self, const struct rs_acquisition *buffer,
                       const struct rs_regs *regs)
{
    return !rs_is_inner_code(self, regs, self->depth) &&
           !(buffer->owner && rs_same_module(self, regs->pc - 1, buffer->owner));
}

void rs_block_stray(void *block, const struct rs_regs *regs)
{
    struct rs_thread *self = block && rs_buffers_live ? begin(regs) : NULL;
    if (!self)
        return;
    struct rs_acquisition buffer;
    if (rs_buffer_release_alone((uintptr_t)block, &buffer) && is_clients(self, &buffer, regs)) {
        uint32_t site = rs_capture_release_site(self, regs);
        if (site)
            rs_misuse(&(struct rs_misuse){.misuse = RESIDUE_MISUSE_WRONG_ALLOCATOR,
                                          .resource_kind = rs_intern_kind(buffer.kind),
                                          .site = site,
                                          .acquired_site = buffer.site},
                      buffer.ordinal);
    }
    rs_thread_end(self);
}

void rs_block_restored(void *block, const struct rs_block *was)
{
    if (was->site)
        rs_ledger_put((uintptr_t)block, *was);
}

void rs_mapping_acquired(void *address, size_t size, const struct rs_regs *regs)
{
    struct rs_thread *self = begin(regs);
    if (!self)
        return;
    rs_mapping_release((uintptr_t)address, size, UINT64_MAX); /* MAP_FIXED replaces it */
    uint32_t site = rs_capture_site(self, regs, RS_KIND_MAPPING);
    if (site)
        rs_resource_acquire(&(struct rs_acquisition){.kind = RS_KIND_MAPPING,
                                                     .class = RESIDUE_CLASS_MAPPING,
                                                     .handle = (uintptr_t)address,
                                                     .size = size,
                                                     .site = site,
                                                     .ordinal = self->ordinal});
    rs_thread_end(self);
}

void rs_mapping_released(void *address, size_t size, uint64_t before, const struct rs_regs *regs)
{
    struct rs_thread *self = begin(regs);
    if (!self)
        return;
    rs_memory_goes(self, (uintptr_t)address, size, before, 0, regs);
    rs_mapping_release((uintptr_t)address, size, before);
    rs_thread_end(self);
}
