#include "shim/core/quarantine.h"
#include "shim/core/arena.h"
#include "shim/core/calls.h"
#include "shim/core/capture.h"
#include "shim/core/misuse.h"
#include "shim/core/objects.h"
#include "shim/core/table.h"

struct kept {
    UT_hash_handle hh; /* by the block; in the order of their coming */
    struct rs_freeing freeing;
    struct rs_object_ref object;
    struct kept *unused;
};

static struct {
    struct rs_lock lock;
    struct kept *table, *unused;
    uint64_t bytes;
} quarantine;

void rs_quarantine_begin(void)
{
    if (rs.plan->quarantine)
        rs_sections_live |= RS_RELEASES_WATCHED;
}

void rs_quarantine_reset(void)
{
    rs_zero(&quarantine, sizeof quarantine);
}

static struct kept *find(const void *block)
{
    struct kept *kept = NULL;
    HASH_FIND(hh, quarantine.table, &block, sizeof block, kept);
    return kept;
}

static bool enter(const struct rs_freeing *freeing, struct rs_object_ref object)
{
    struct kept *kept = quarantine.unused;
    if (kept)
        quarantine.unused = kept->unused;
    else if (!(kept = rs_arena_take(sizeof *kept)))
        return false;
    kept->freeing = *freeing;
    kept->object = object;
    HASH_ADD(hh, quarantine.table, freeing.block, sizeof kept->freeing.block, kept);
    quarantine.bytes += freeing->size;
    return true;
}

/* What was kept longest, if there is too much. */
static bool take_oldest(struct rs_freeing *oldest)
{
    struct kept *kept = quarantine.table;
    if (!kept || quarantine.bytes <= rs.plan->quarantine)
        return false;
    *oldest = kept->freeing;
    HASH_DELETE(hh, quarantine.table, kept);
    quarantine.bytes -= oldest->size;
    kept->unused = quarantine.unused;
    quarantine.unused = kept;
    return true;
}

static void freed_again(struct rs_thread *self, struct rs_object_ref ref,
                        const struct rs_regs *regs)
{
    uint32_t site = rs_capture_release_site(self, regs);
    rs_objects_lock();
    const struct rs_com_object *object = rs_object_at(ref);
    if (object) {
        const struct residue_event *end = rs_object_end(object);
        rs_misuse(&(struct rs_misuse){.misuse = RESIDUE_MISUSE_DOUBLE_FREE,
                                      .interface = object->record->interface,
                                      .site = site,
                                      .acquired_site = object->record->site,
                                      .released_site = end ? end->site : 0},
                  object->record->ordinal);
    }
    rs_objects_unlock();
}

static bool keep(struct rs_thread *self, const struct rs_freeing *freeing,
                 const struct rs_regs *regs)
{
    rs_lock(&quarantine.lock);
    const struct kept *before = find(freeing->block);
    struct rs_object_ref object = before ? before->object : (struct rs_object_ref){0, 0};
    rs_unlock(&quarantine.lock);
    if (before) {
        freed_again(self, object, regs);
        return true;
    }
    object = rs_object_goes((uintptr_t)freeing->block);
    if (!object.index || !freeing->size || freeing->size > rs.plan->quarantine)
        return false;
    rs_lock(&quarantine.lock);
    bool entered = enter(freeing, object);
    rs_unlock(&quarantine.lock);
    return entered;
}

static void give_back(void)
{
    for (;;) {
        struct rs_freeing oldest;
        rs_lock(&quarantine.lock);
        bool any = take_oldest(&oldest);
        rs_unlock(&quarantine.lock);
        if (!any)
            return;
        oldest.give_back(&oldest);
    }
}

bool rs_quarantine_keeps(const struct rs_freeing *freeing, const struct rs_regs *regs)
{
    struct rs_thread *self = rs_recording() ? rs_thread() : NULL;
    if (!self || !rs_thread_begin(self))
        return false;
    rs_calls_heal(self, regs->sp);
    bool keeps = keep(self, freeing, regs);
    rs_thread_end(self);
    if (keeps)
        give_back();
    return keeps;
}
