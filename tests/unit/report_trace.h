/* Builds a `struct trace` in memory, as the reader would give it, for tests of what comes after the
 * reader. Identities are returned; survivors may be added in any order. */
#ifndef TESTS_UNIT_REPORT_TRACE_H
#define TESTS_UNIT_REPORT_TRACE_H

#include "analyzer/trace.h"
#include <stdlib.h>
#include <string.h>

enum {
    MADE_MOST = 64,
    MADE_DEPTH = 16,
    MADE_SURVIVORS = 65536,
    MADE_RESOURCES = 8192,
    MADE_OBJECTS = 8192,
    MADE_EVENTS = 65536
};

struct made {
    struct trace trace;
    struct trace_module modules[MADE_MOST];
    struct trace_name names[MADE_MOST];
    struct trace_path paths[MADE_MOST];
    struct trace_stack stacks[MADE_MOST];
    struct residue_frame frames[MADE_MOST * MADE_DEPTH];
    uint32_t frame[MADE_MOST][MADE_DEPTH];
    struct trace_kind kinds[MADE_MOST];
    struct trace_site sites[MADE_MOST];
    struct trace_survivor survivors[MADE_SURVIVORS];
    struct trace_resource resources[MADE_RESOURCES];
    struct trace_checkpoint checkpoints[MADE_MOST];
    struct trace_survivor references[MADE_SURVIVORS];
    struct trace_object objects[MADE_OBJECTS];
    struct residue_event events[MADE_EVENTS];
    uint32_t event_count;
    struct residue_tally tallies[MADE_MOST];
    struct residue_misuse misuses[MADE_MOST];
    struct residue_fault fault;
    struct trace_budget budgets[MADE_MOST];
    char *arguments[2];
};

static inline struct made *made_new(void)
{
    struct made *made = calloc(1, sizeof *made);
    struct trace *trace = &made->trace;
    trace->modules = made->modules;
    trace->names = made->names;
    trace->paths = made->paths;
    trace->stacks = made->stacks;
    trace->frames = made->frames;
    trace->frame_count = MADE_MOST * MADE_DEPTH;
    trace->kinds = made->kinds;
    trace->sites = made->sites;
    trace->survivors = made->survivors;
    trace->resources = made->resources;
    trace->checkpoints = made->checkpoints;
    trace->arguments = made->arguments;
    trace->objects = made->objects;
    trace->tallies = made->tallies;
    trace->misuses = made->misuses;
    trace->budgets = made->budgets;
    trace->header = (struct residue_header){.magic = {'R', 'E', 'S', 'I', 'D', 'U', 'E', 0x1a},
                                            .version = RESIDUE_TRACE_VERSION,
                                            .byte_order = RESIDUE_BYTE_ORDER,
                                            .header_size = RESIDUE_HEADER_SIZE,
                                            .granule_bits = RESIDUE_GRANULE_BITS,
                                            .leaf_bits = RESIDUE_LEAF_BITS,
                                            .pointer_size = 8,
                                            .arch = RESIDUE_ARCH_X86_64,
                                            .os = RESIDUE_OS_LINUX,
                                            .state = RESIDUE_STATE_ENDED,
                                            .pid = 42,
                                            .parent_pid = 41,
                                            .end_ns = 2000000000,
                                            .exit_kind = RESIDUE_EXIT_EXITED,
                                            .exit_status = 3,
                                            .program = "/usr/bin/client"};
    return made;
}

static inline uint32_t made_module(struct made *made, const char *path, uint32_t loads,
                                   uint32_t unloads)
{
    uint32_t id = ++made->trace.module_count;
    made->modules[id] = (struct trace_module){
        .path = path, .loads = loads, .unloads = unloads, .gone = loads == unloads};
    return id;
}

static inline uint32_t made_path(struct made *made, uint32_t parent, const char *name,
                                 uint32_t calls)
{
    uint32_t id = ++made->trace.path_count;
    if (made->trace.name_count < id)
        made->trace.name_count = id;
    made->names[id].text = name;
    made->paths[id] = (struct trace_path){.parent = parent,
                                          .name = id,
                                          .depth = made->paths[parent].depth + 1,
                                          .started = calls,
                                          .finished = calls};
    return id;
}

static inline struct residue_frame *made_frame(struct made *made, uint32_t stack, uint32_t i)
{
    made->frame[stack][i] = stack * MADE_DEPTH + i;
    return &made->frames[stack * MADE_DEPTH + i];
}

/* A stack of `depth` frames in `module`, at offset, offset + 16, ... */
static inline uint32_t made_stack(struct made *made, uint32_t module, uint64_t offset,
                                  uint32_t depth)
{
    uint32_t id = ++made->trace.stack_count;
    for (uint32_t i = 0; i < depth; i++)
        *made_frame(made, id, i) =
            (struct residue_frame){.module = module, .offset = offset + 16 * i};
    made->stacks[id] = (struct trace_stack){.depth = depth, .frame = made->frame[id]};
    return id;
}

static inline uint32_t made_kind(struct made *made, enum residue_class class, const char *name)
{
    uint32_t id = ++made->trace.kind_count;
    made->kinds[id] = (struct trace_kind){.class = class, .name = name};
    return id;
}

static inline uint32_t made_kind_released(struct made *made, enum residue_class class,
                                          const char *name, const char *release)
{
    uint32_t id = made_kind(made, class, name);
    made->kinds[id].release = release;
    return id;
}

static inline uint32_t made_site(struct made *made, uint32_t path, uint32_t stack, uint32_t kind)
{
    uint32_t id = ++made->trace.site_count;
    made->sites[id] = (struct trace_site){path, stack, kind};
    return id;
}

static inline void made_survivor(struct made *made, uint32_t site, uint32_t ordinal, uint64_t size)
{
    made->survivors[made->trace.survivor_count++] = (struct trace_survivor){
        .site = site, .ordinal = ordinal, .size = size & TRACE_SIZE_MOST, .count = 1};
}

/* A survivor of which more is known. */
static inline struct trace_resource *made_resource(struct made *made, uint32_t site,
                                                   uint32_t ordinal)
{
    made_survivor(made, site, ordinal, 0);
    struct trace_resource *resource = &made->resources[made->trace.resource_count++];
    *resource = (struct trace_resource){
        .site = site, .ordinal = ordinal, .handle = 0x1000 + 64 * made->trace.resource_count};
    return resource;
}

/* Survivors of calls first, first + step, ... last. */
static inline void made_survivors(struct made *made, uint32_t site, uint32_t first, uint32_t last,
                                  uint32_t step, uint64_t size)
{
    for (uint32_t ordinal = first; ordinal <= last; ordinal += step)
        made_survivor(made, site, ordinal, size);
}

/* A name that is no call's: an interface's. */
static inline uint32_t made_interface(struct made *made, const char *name)
{
    uint32_t id = MADE_MOST - 1;
    while (made->names[id].text && strcmp(made->names[id].text, name) != 0)
        id--;
    made->names[id].text = name;
    made->trace.name_count = MADE_MOST - 1;
    return id;
}

/* A live object; its events, if it has any, are added before the next object. */
static inline struct trace_object *made_object(struct made *made, uint32_t interface,
                                               uint32_t parent, uint32_t site, uint32_t ordinal,
                                               uint32_t held)
{
    struct trace_object *object = &made->objects[made->trace.object_count++];
    *object = (struct trace_object){.id = (uint32_t)made->trace.object_count,
                                    .live = true,
                                    .parent = parent,
                                    .interface = interface,
                                    .site = site,
                                    .ordinal = ordinal,
                                    .held = held,
                                    .address = 0x10000 + 64 * made->trace.object_count,
                                    .event = &made->events[made->event_count]};
    return object;
}

/* One more event of the object made last. */
static inline struct residue_event *made_event(struct made *made, enum residue_event_kind kind,
                                               uint32_t site, uint32_t ordinal, uint32_t value,
                                               uint8_t flags)
{
    struct residue_event *event = &made->events[made->event_count++];
    *event = (struct residue_event){.site = site,
                                    .kind = (uint8_t)kind,
                                    .flags = flags,
                                    .value = value,
                                    .ordinal = ordinal,
                                    .thread = 7,
                                    .sequence = made->event_count};
    made->objects[made->trace.object_count - 1].event_count++;
    return event;
}

static inline void made_tally(struct made *made, uint32_t opened, uint32_t site,
                              enum residue_event_kind kind, uint64_t count)
{
    made->tallies[made->trace.tally_count++] =
        (struct residue_tally){.opened = opened, .site = site, .kind = kind, .count = count};
}

static inline struct residue_misuse *made_misuse(struct made *made, enum residue_misuse_kind kind,
                                                 uint32_t site, uint32_t acquired, uint64_t count)
{
    struct residue_misuse *misuse = &made->misuses[made->trace.misuse_count++];
    *misuse = (struct residue_misuse){
        .misuse = kind, .site = site, .acquired_site = acquired, .count = count};
    return misuse;
}

static inline void made_budget(struct made *made, uint32_t most, const char *interface,
                               const char *text, enum residue_budget_per per)
{
    made->budgets[made->trace.budget_count++] =
        (struct trace_budget){.most = most, .per = per, .interface = interface, .text = text};
}

static inline void made_checkpoint(struct made *made, uint64_t ns, uint64_t private_bytes,
                                   uint64_t tracked_bytes)
{
    made->checkpoints[made->trace.checkpoint_count++] =
        (struct trace_checkpoint){.reason = RESIDUE_CHECKPOINT_PERIODIC,
                                  .time_ns = ns,
                                  .private_bytes = private_bytes,
                                  .tracked_bytes = tracked_bytes};
}

/* Live objects are survivors, as the reader has them. */
static inline void made_references(struct made *made)
{
    struct trace_references more;
    struct trace *trace = &made->trace;
    if (!trace_references_of(trace, &more))
        abort();
    trace->own_site_count = trace->site_count;
    for (uint32_t i = 0; i < more.site_count; i++)
        made->sites[++trace->site_count] = more.sites[i];
    for (size_t i = 0; i < more.survivor_count; i++)
        made->survivors[trace->survivor_count++] = made->references[i] = more.survivors[i];
    trace->references = made->references;
    trace->reference_count = more.survivor_count;
    free(more.sites);
    free(more.survivors);
}

static inline struct trace *made_done(struct made *made)
{
    for (uint32_t id = 0; id <= made->trace.name_count; id++)
        if (!made->names[id].text)
            made->names[id].text = "?";
    if (!made->trace.own_site_count)
        made_references(made);
    qsort(made->survivors, made->trace.survivor_count, sizeof *made->survivors,
          trace_survivors_order);
    qsort(made->resources, made->trace.resource_count, sizeof *made->resources,
          trace_resources_order);
    return &made->trace;
}

#endif
