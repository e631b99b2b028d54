/* The compact file: what a trace holds, as PACKED chunks of records. Written beside its place and
 * renamed, so that a full disk leaves what was there. */
#include "analyzer/file_replace.h"
#include "analyzer/trace.h"
#include "analyzer/trace_chunks.h"
#include "analyzer/trace_records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_modules(struct chunks *chunks, const struct trace *trace)
{
    for (uint32_t id = 1; id <= trace->module_count; id++) {
        const struct trace_module *module = &trace->modules[id];
        struct residue_module head = {.id = id,
                                      .path_length = (uint32_t)strlen(module->path),
                                      .build_id_length = module->build_id_length,
                                      .loads = module->loads,
                                      .unloads = module->unloads,
                                      .came = module->came,
                                      .bias = module->bias};
        char *to = chunks_record(chunks, RESIDUE_RECORD_MODULE, &head, sizeof head,
                                 head.path_length + (size_t)head.build_id_length);
        if (!to)
            return;
        memcpy(to, module->path, head.path_length);
        if (head.build_id_length)
            memcpy(to + head.path_length, module->build_id, head.build_id_length);
    }
}

static void write_reloads(struct chunks *chunks, const struct trace *trace)
{
    for (uint32_t id = 1; id <= trace->module_count; id++) {
        const struct trace_module *module = &trace->modules[id];
        uint32_t paths = module->finished_count;
        while (paths && !module->finished[paths - 1])
            paths--; /* room that was never used */
        struct residue_reload head = {.module = id, .paths = paths};
        if (!module->finished)
            continue;
        char *to = chunks_record(chunks, RESIDUE_RECORD_RELOAD, &head, sizeof head,
                                 paths * sizeof *module->finished);
        if (to && paths)
            memcpy(to, module->finished, paths * sizeof *module->finished);
    }
}

static void write_calls(struct chunks *chunks, const struct trace *trace)
{
    for (uint32_t i = 0; i < trace->argument_count; i++) {
        struct residue_argument head = {.length = (uint32_t)strlen(trace->arguments[i])};
        chunks_text(chunks, RESIDUE_RECORD_ARGUMENT, &head, sizeof head, trace->arguments[i],
                    head.length);
    }
    for (uint32_t id = 1; id <= trace->name_count; id++) {
        const struct trace_name *name = &trace->names[id];
        struct residue_name head = {
            .id = id, .role = name->role, .length = (uint32_t)strlen(name->text)};
        chunks_text(chunks, RESIDUE_RECORD_NAME, &head, sizeof head, name->text, head.length);
    }
    for (uint32_t id = 1; id <= trace->path_count; id++) {
        const struct trace_path *path = &trace->paths[id];
        struct residue_path head = {.id = id,
                                    .parent = path->parent,
                                    .name = path->name,
                                    .depth = path->depth,
                                    .started = path->started,
                                    .finished = path->finished};
        chunks_record(chunks, RESIDUE_RECORD_PATH, &head, sizeof head, 0);
    }
}

static void write_sites(struct chunks *chunks, const struct trace *trace)
{
    for (uint32_t id = 1; id <= trace->stack_count; id++) {
        const struct trace_stack *stack = &trace->stacks[id];
        struct residue_stack head = {.id = id, .depth = stack->depth, .flags = stack->flags};
        struct residue_frame *to = chunks_record(chunks, RESIDUE_RECORD_STACK, &head, sizeof head,
                                                 stack->depth * sizeof *to);
        for (uint32_t i = 0; to && i < stack->depth; i++)
            to[i] = trace->frames[stack->frame[i]];
    }
    for (uint32_t id = 1; id <= trace->kind_count; id++) {
        const struct trace_kind *kind = &trace->kinds[id];
        struct residue_resource_kind head = {
            .id = id,
            .class = kind->class,
            .length = (uint32_t)strlen(kind->name),
            .release_length = kind->release ? (uint32_t)strlen(kind->release) : 0};
        chunks_two_texts(chunks, RESIDUE_RECORD_RESOURCE_KIND, &head, sizeof head, kind->name,
                         kind->release ? kind->release : "");
    }
    for (uint32_t id = 1; id <= trace->own_site_count; id++) {
        const struct trace_site *site = &trace->sites[id];
        struct residue_site head = {
            .id = id, .path = site->path, .stack = site->stack, .kind = site->kind};
        chunks_record(chunks, RESIDUE_RECORD_SITE, &head, sizeof head, 0);
    }
}

static void write_columns(struct chunks *chunks, const struct trace_survivor *from, size_t count)
{
    struct residue_survivors head = {.site = from->site, .count = count};
    for (size_t i = 0; i < count; i++)
        head.flags |= (from[i].size > UINT32_MAX ? RESIDUE_SURVIVORS_WIDE : 0) |
                      (from[i].count > 1 ? RESIDUE_SURVIVORS_COUNTED : 0);
    uint32_t *to = chunks_record(chunks, RESIDUE_RECORD_SURVIVORS, &head, sizeof head,
                                 trace_survivors_columns(&head) * count * sizeof *to);
    for (size_t i = 0; to && i < count; i++) {
        uint32_t *at = to + i;
        *at = from[i].ordinal - (i ? from[i - 1].ordinal : 0);
        *(at += count) = (uint32_t)from[i].size;
        if (head.flags & RESIDUE_SURVIVORS_WIDE)
            *(at += count) = (uint32_t)(from[i].size >> 32);
        if (head.flags & RESIDUE_SURVIVORS_COUNTED)
            *(at += count) = (uint32_t)from[i].count;
    }
}

static void write_resources(struct chunks *chunks, const struct trace_resource *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct residue_resource head = {.state = RESIDUE_RESOURCE_LIVE,
                                        .site = from[i].site,
                                        .ordinal = from[i].ordinal,
                                        .freed_site = from[i].freed_site,
                                        .freed_block_site = from[i].freed_block_site,
                                        .freed_ordinal = from[i].freed_ordinal,
                                        .handle = from[i].handle,
                                        .size = from[i].size,
                                        .parent = from[i].parent,
                                        .thread = from[i].thread};
        chunks_record(chunks, RESIDUE_RECORD_RESOURCE, &head, sizeof head, 0);
    }
}

/* In batches of what is known of all of them, or one by one with more. */
static void write_site(struct chunks *chunks, const struct trace *trace,
                       const struct trace_survivor *survivor, size_t count)
{
    enum { BATCH = 1 << 18 };
    size_t resources;
    const struct trace_resource *resource = trace_resources_of(trace, survivor->site, &resources);
    if (resources == count)
        write_resources(chunks, resource, resources);
    else
        for (size_t from = 0; from < count; from += BATCH)
            write_columns(chunks, survivor + from, count - from < BATCH ? count - from : BATCH);
}

/* The survivors of one site without those that objects stand for, which are written as objects. */
static size_t without_references(const struct trace *trace, const struct trace_survivor *survivor,
                                 size_t count, size_t *reference, struct trace_survivor *to)
{
    size_t kept = 0, at = *reference;
    const struct trace_survivor *references = trace->references;
    for (size_t i = 0; i < count; i++) {
        bool is_object = at < trace->reference_count && references[at].site == survivor[i].site &&
                         references[at].ordinal == survivor[i].ordinal && !survivor[i].size &&
                         survivor[i].count == 1;
        if (is_object)
            at++;
        else
            to[kept++] = survivor[i];
    }
    *reference = at;
    return kept;
}

static void write_survivors(struct chunks *chunks, const struct trace *trace)
{
    size_t reference = 0;
    for (size_t i = 0, end; i < trace->survivor_count && !chunks->error; i = end) {
        const struct trace_survivor *first = &trace->survivors[i];
        for (end = i; end < trace->survivor_count && trace->survivors[end].site == first->site;)
            end++;
        bool refers =
            reference < trace->reference_count && trace->references[reference].site == first->site;
        if (!refers) {
            write_site(chunks, trace, first, end - i);
            continue;
        }
        struct trace_survivor *others = malloc((end - i) * sizeof *others);
        if (!others) {
            chunks_fail(chunks, ENOMEM);
            return;
        }
        size_t count = without_references(trace, first, end - i, &reference, others);
        if (count)
            write_site(chunks, trace, others, count);
        free(others);
    }
}

static void write_objects(struct chunks *chunks, const struct trace *trace)
{
    for (size_t i = 0; i < trace->object_count; i++) {
        const struct trace_object *object = &trace->objects[i];
        struct residue_object head = {.state =
                                          object->live ? RESIDUE_OBJECT_LIVE : RESIDUE_OBJECT_ENDED,
                                      .id = object->id,
                                      .parent = object->parent,
                                      .before = object->before,
                                      .interface = object->interface,
                                      .site = object->site,
                                      .ordinal = object->ordinal,
                                      .flags = object->flags,
                                      .held = object->held,
                                      .address = object->address,
                                      .unlisted = object->unlisted,
                                      .count = object->event_count,
                                      .room = object->event_count};
        size_t size = object->event_count * sizeof *object->event;
        void *to = chunks_record(chunks, RESIDUE_RECORD_OBJECT, &head, sizeof head, size);
        if (to && size)
            memcpy(to, object->event, size);
    }
    for (size_t i = 0; i < trace->tally_count; i++)
        chunks_record(chunks, RESIDUE_RECORD_TALLY, &trace->tallies[i], sizeof *trace->tallies, 0);
    for (size_t i = 0; i < trace->misuse_count; i++)
        chunks_record(chunks, RESIDUE_RECORD_MISUSE, &trace->misuses[i], sizeof *trace->misuses, 0);
    if (trace->fault)
        chunks_record(chunks, RESIDUE_RECORD_FAULT, trace->fault, sizeof *trace->fault, 0);
    for (size_t i = 0; i < trace->budget_count; i++) {
        const struct trace_budget *budget = &trace->budgets[i];
        struct residue_budget head = {.most = budget->most,
                                      .interface_length = (uint32_t)strlen(budget->interface),
                                      .text_length = (uint32_t)strlen(budget->text),
                                      .per = budget->per};
        chunks_two_texts(chunks, RESIDUE_RECORD_BUDGET, &head, sizeof head, budget->interface,
                         budget->text);
    }
}

static void write_checkpoints(struct chunks *chunks, const struct trace *trace)
{
    for (uint32_t i = 0; i < trace->checkpoint_count; i++) {
        const struct trace_checkpoint *checkpoint = &trace->checkpoints[i];
        struct residue_checkpoint head = {.id = i + 1,
                                          .reason = checkpoint->reason,
                                          .path = checkpoint->path,
                                          .summaries = checkpoint->summary_count,
                                          .time_ns = checkpoint->time_ns,
                                          .private_bytes = checkpoint->private_bytes,
                                          .tracked_bytes = checkpoint->tracked_bytes,
                                          .tracked_count = checkpoint->tracked_count};
        chunks_record(chunks, RESIDUE_RECORD_CHECKPOINT, &head, sizeof head, 0);
        for (uint32_t k = 0; k < checkpoint->summary_count; k++) {
            struct residue_summary summary;
            trace_summary_unpack(checkpoint->summaries[k], &summary);
            summary.checkpoint = i + 1;
            chunks_record(chunks, RESIDUE_RECORD_SUMMARY, &summary, sizeof summary, 0);
        }
    }
}

static void write_file(struct chunks *chunks, const struct trace *trace)
{
    struct residue_header header = trace->header;
    memcpy(header.magic, RESIDUE_TRACE_MAGIC, sizeof header.magic);
    header.version = RESIDUE_TRACE_VERSION;
    header.byte_order = RESIDUE_BYTE_ORDER;
    header.header_size = RESIDUE_HEADER_SIZE;
    header.flags |= RESIDUE_FLAG_COMPACT;
    header.end = RESIDUE_HEADER_SIZE;
    chunks->end = RESIDUE_HEADER_SIZE;
    chunks_put(chunks, &header, sizeof header);
    write_modules(chunks, trace);
    write_reloads(chunks, trace);
    write_calls(chunks, trace);
    write_sites(chunks, trace);
    write_survivors(chunks, trace);
    write_objects(chunks, trace);
    write_checkpoints(chunks, trace);
    chunks_pack(chunks);
    header.end = chunks->end;
    if (!chunks->error && lseek(chunks->fd, 0, SEEK_SET) != 0)
        chunks_fail(chunks, errno);
    chunks_put(chunks, &header, sizeof header);
    free(chunks->bytes);
}

/* ---- the file ---- */

static bool say(char *problem, size_t problem_size, const char *path, int error)
{
    snprintf(problem, problem_size, "%s: can't be written: %s", path, strerror(error));
    for (char *c = problem; problem_size && *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = '?'; /* of the file's name: a problem is one line */
    return false;
}

bool trace_write_compact(const struct trace *trace, const char *path, char *problem,
                         size_t problem_size)
{
    struct file_replace file;
    if (!file_replace_begin(&file, path))
        return say(problem, problem_size, path, errno);
    struct chunks chunks = {.fd = file.fd};
    write_file(&chunks, trace);
    if (close(chunks.fd) != 0)
        chunks_fail(&chunks, errno);
    int error = file_replace_end(&file, chunks.error);
    return !error || say(problem, problem_size, path, error);
}

void trace_compact(const char *path)
{
    char problem[1024];
    struct trace *trace = trace_open(path, problem, sizeof problem);
    if (trace)
        trace_write_compact(trace, path, problem, sizeof problem);
    trace_close(trace);
}
