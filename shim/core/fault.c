#include "shim/core/fault.h"
#include "shim/core/calls.h"
#include "shim/core/capture.h"
#include "shim/core/client.h"
#include "shim/core/modules.h"
#include "shim/core/object_calls.h"
#include "shim/core/writer.h"

static struct residue_fault *record;

void rs_fault_reset(void)
{
    record = NULL;
}

static struct residue_fault *record_once(void)
{
    rs_lock(&rs.lock);
    if (!record && (record = rs_record_new(RESIDUE_RECORD_FAULT, sizeof *record)))
        rs_record_done();
    rs_unlock(&rs.lock);
    return record;
}

/* A call through a pointer that leads nowhere: the frame it was called from is the last real one.
 * Else the place itself, one byte on, for what is listed are return addresses. */
static struct rs_regs place_of(struct rs_thread *self, struct rs_regs regs)
{
    const struct rs_modules *modules = rs_modules_hold(self);
    bool nowhere = modules && !rs_modules_find(modules, regs.pc);
    rs_modules_release(self);
    uintptr_t caller;
    if (nowhere && rs_os_read((const void *)regs.sp, &caller, sizeof caller)) {
        regs.pc = caller;
        regs.sp += sizeof caller;
    } else {
        regs.pc++;
    }
    return regs;
}

enum { STACK_WORDS = 48 }; /* of the frame at hand, where unoptimised code keeps its variables */

/* What was at hand: registers, and of the stack the words nearest to it. */
struct hand {
    const struct rs_fault *fault;
    uintptr_t stack[STACK_WORDS];
    uint32_t words;
};

static void read_stack(struct hand *hand)
{
    uintptr_t sp = hand->fault->regs.sp;
    for (hand->words = 0; hand->words < STACK_WORDS; hand->words++, sp += sizeof sp)
        if (!rs_os_read((const void *)sp, &hand->stack[hand->words], sizeof sp))
            return;
}

static bool leads_to(const struct rs_com_object *object, uintptr_t value)
{
    return rs_object_has_pointer(object, value) ||
           (object->block && value >= object->block && value - object->block < object->block_size);
}

/* How surely it was the object: in a register; what now stands where its vtable stood is in one;
 * on the stack. 0: not at hand. */
static unsigned at_hand(const struct rs_com_object *object, const struct hand *hand)
{
    uintptr_t address = (uintptr_t)object->record->address, now = 0;
    rs_os_read((const void *)address, &now, sizeof now);
    unsigned sure = 0;
    for (uint32_t i = 0; i < hand->fault->value_count; i++) {
        uintptr_t value = hand->fault->values[i];
        if (leads_to(object, value))
            return 3;
        if (now && value == now)
            sure = 2;
    }
    for (uint32_t i = 0; i < hand->words && !sure; i++)
        if (leads_to(object, hand->stack[i]))
            sure = 1;
    return sure;
}

/* Of those that ended, the one most surely at hand; the last to end where several are. */
static struct rs_com_object *find_object(const struct hand *hand)
{
    struct rs_com_object *best = NULL;
    unsigned surest = 0;
    for (struct rs_com_object *object = rs_objects_newest_ended(); object;
         object = rs_objects_older_ended(object)) {
        unsigned sure = at_hand(object, hand);
        if (sure > surest) {
            best = object;
            surest = sure;
        }
    }
    return best;
}

static void note_object(struct residue_fault *fault, const struct hand *hand,
                        struct rs_thread *self, const struct rs_regs *regs)
{
    bool inner = rs_is_inner_code(self, regs, self->depth);
    if (!rs_objects_try_lock())
        return;
    struct rs_com_object *object = find_object(hand);
    fault->object = object ? object->id : 0;
    if (object)
        rs_object_note(
            object, &(struct residue_event){.site = fault->site,
                                            .kind = RESIDUE_EVENT_FAULT,
                                            .flags = (uint8_t)(RESIDUE_EVENT_AFTER_END |
                                                               (inner ? RESIDUE_EVENT_INNER : 0)),
                                            .ordinal = self->ordinal,
                                            .thread = self->id});
    rs_objects_unlock();
}

static void note(struct rs_thread *self, const struct rs_fault *what, struct residue_fault *fault)
{
    struct rs_regs regs = place_of(self, what->regs);
    struct hand hand = {.fault = what};
    rs_calls_heal(self, what->regs.sp);
    read_stack(&hand);
    fault->site = rs_capture_release_site(self, &regs);
    note_object(fault, &hand, self, &regs);
}

void rs_fault_note(const struct rs_fault *what)
{
    struct rs_thread *self = rs_recording() ? rs_self : NULL;
    struct residue_fault *fault = rs_recording() && (!self || !self->busy) ? record_once() : NULL;
    if (!fault)
        return;
    fault->code = what->code;
    fault->address = what->address;
    fault->site = fault->object = 0;
    if (self && rs_thread_begin(self)) {
        fault->thread = self->id;
        note(self, what, fault);
        rs_thread_end(self);
    }
}
