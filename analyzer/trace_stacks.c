/* Stacks. Hundreds of thousands of them are made of a few thousand frames: each frame is kept once.
 */
#include "analyzer/array.h"
#include "analyzer/trace_records.h"

#include <stdlib.h>
#include <string.h>

static size_t slot_of(const struct trace_records *records, const struct residue_frame *frame)
{
    uint64_t mixed =
        (frame->offset ^ (uint64_t)frame->module << 44 ^ (uint64_t)frame->flags << 40) *
        0x9e3779b97f4a7c15u;
    size_t slot = (size_t)(mixed >> 20) & (records->frame_slots - 1);
    while (records->frame_slot[slot]) {
        const struct residue_frame *there = &records->frames[records->frame_slot[slot] - 1];
        if (there->offset == frame->offset && there->module == frame->module &&
            there->flags == frame->flags)
            break;
        slot = (slot + 1) & (records->frame_slots - 1);
    }
    return slot;
}

/* Half of the table stays free, so that searches are short. */
static bool more_slots(struct trace_records *records)
{
    if (records->frame_slots / 2 > records->frame_count)
        return true;
    size_t slots = records->frame_slots ? 2 * records->frame_slots : 1024;
    uint32_t *table = calloc(slots, sizeof *table);
    if (!table)
        return false;
    free(records->frame_slot);
    records->frame_slot = table;
    records->frame_slots = slots;
    for (size_t i = 0; i < records->frame_count; i++)
        table[slot_of(records, &records->frames[i])] = (uint32_t)i + 1;
    return true;
}

static bool intern(struct trace_records *records, const struct residue_frame *frame,
                   uint32_t *index)
{
    if (!more_slots(records))
        return false;
    uint32_t *slot = &records->frame_slot[slot_of(records, frame)];
    if (!*slot) {
        void *grown = array_grow(records->frames, sizeof *records->frames, records->frame_count,
                                 &records->frame_room, 1);
        if (!grown || records->frame_count >= UINT32_MAX - 1)
            return false;
        records->frames = grown;
        records->frames[records->frame_count++] = *frame;
        *slot = (uint32_t)records->frame_count;
    }
    *index = *slot - 1;
    return true;
}

bool trace_stack_take(struct trace_records *records, const struct residue_stack *from)
{
    struct trace_listed_stack *stack =
        trace_records_room(records, sizeof *stack + from->depth * sizeof *stack->frame);
    void *grown = array_grow(records->stack, sizeof *records->stack, records->stack_count,
                             &records->stack_room, 1);
    if (grown)
        records->stack = grown;
    if (!stack || !grown)
        return false;
    stack->id = from->id;
    stack->depth = from->depth;
    stack->flags = from->flags;
    for (uint32_t i = 0; i < from->depth; i++)
        if (!intern(records, &from->frame[i], &stack->frame[i]))
            return false;
    records->stack[records->stack_count++] = stack;
    return true;
}

bool trace_stacks_finish(struct trace_records *records, struct trace *trace)
{
    uint64_t believed = 2 * (uint64_t)records->stack_count + 64;
    for (size_t i = 0; i < records->stack_count; i++) {
        uint32_t id = records->stack[i]->id;
        if (id > trace->stack_count && id <= believed)
            trace->stack_count = id;
    }
    trace->stacks = calloc((size_t)trace->stack_count + 1, sizeof *trace->stacks);
    if (!trace->stacks)
        return false;
    for (size_t i = 0; i < records->stack_count; i++) {
        const struct trace_listed_stack *stack = records->stack[i];
        if (stack->id && stack->id <= trace->stack_count)
            trace->stacks[stack->id] =
                (struct trace_stack){stack->depth, stack->flags, stack->frame};
    }
    for (size_t i = 0; i < records->frame_count; i++)
        if (records->frames[i].module > trace->module_count)
            records->frames[i].module = 0;
    trace->frames = records->frames;
    trace->frame_count = (uint32_t)records->frame_count;
    return true;
}
