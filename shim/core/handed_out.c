/* What a call hands out through a parameter for its caller to free. */
#include "shim/core/border.h"
#include "shim/core/bytes.h"
#include "shim/core/capture.h"
#include "shim/core/os.h"
#include "shim/core/resources.h"

bool rs_border_look(bool proven, uint64_t at, void *to, size_t size)
{
    if (at && proven)
        rs_copy(to, (const void *)(uintptr_t)at, size);
    return at && (proven || rs_os_read((const void *)(uintptr_t)at, to, size));
}

static uintptr_t handed_out(struct event *event, const struct residue_plan_action *action)
{
    uint8_t bit = (uint8_t)(1u << action->handle.index % 8);
    bool proven = __atomic_load_n(&event->watched->proven_buffers, __ATOMIC_RELAXED) & bit;
    uintptr_t buffer, there;
    if (!rs_border_look(proven, parameter(event, action->handle.index), &buffer, sizeof buffer) ||
        !buffer || (!proven && !rs_border_look(false, buffer, &there, sizeof there)))
        return 0;
    if (!proven)
        __atomic_or_fetch(&event->watched->proven_buffers, bit, __ATOMIC_RELAXED);
    return buffer;
}

void rs_handed_out(struct event *event, const struct residue_plan_action *action)
{
    bool in_out = action->flags & RESIDUE_ACTION_IN_OUT;
    uintptr_t buffer = is_clients(event) ? handed_out(event, action) : 0;
    if (in_out && buffer == event->call->before)
        return;
    if (in_out && event->call->before) /* in its place */
        rs_resource_release(action->kind, event->call->before, NULL);
    uint32_t site = buffer ? rs_capture_site(event->self, &event->regs, action->kind) : 0;
    struct rs_block block = {0};
    if (!rs_ledger_look(buffer, &block))
        block.site = 0;
    if (site)
        rs_resource_acquire(&(struct rs_acquisition){.kind = action->kind,
                                                     .class = RESIDUE_CLASS_RETURNED,
                                                     .handle = buffer,
                                                     .site = site,
                                                     .ordinal = event->self->ordinal,
                                                     .block_site = block.site,
                                                     .block_ordinal = block.ordinal});
}

void rs_handed_out_begin(struct event *event, const struct residue_plan_action *action)
{
    uintptr_t before = 0;
    rs_border_look(false, parameter(event, action->handle.index), &before, sizeof before);
    event->call->before = before;
}
