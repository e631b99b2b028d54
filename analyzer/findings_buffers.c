/*
 * MAPI buffers that are never freed, each under the name of what was forgotten: what a call
 * returned, a chain linked by MAPIAllocateMore, rows taken out of a row set, a buffer by itself.
 */
#include "analyzer/array.h"
#include "analyzer/findings_make.h"
#include "analyzer/report_text_write.h"
#include <stdlib.h>
#include <string.h>

struct buffer {
    const struct trace_resource *resource;
    uint32_t path;
    size_t root; /* index of the one it is freed with: itself, if with none */
    uint64_t linked, linked_bytes;
    bool told;
};

struct buffers {
    const struct findings_context *context;
    struct buffer *buffer; /* by path and ordinal */
    size_t *by_handle;     /* indices */
    size_t count;
    bool *returns_rows; /* by path: its calls return row sets or address lists */
    bool *rows_lost;    /* by path: these were freed as if they were one buffer */
};

static const struct buffers *sorting; /* qsort has no closure; the analyzer no threads */

static int by_call(const void *one, const void *other)
{
    const struct buffer *a = one, *b = other;
    if (a->path != b->path)
        return a->path < b->path ? -1 : 1;
    if (a->resource->ordinal != b->resource->ordinal)
        return a->resource->ordinal < b->resource->ordinal ? -1 : 1;
    return (a->resource > b->resource) - (a->resource < b->resource);
}

static int by_handle(const void *one, const void *other)
{
    uint64_t a = sorting->buffer[*(const size_t *)one].resource->handle,
             b = sorting->buffer[*(const size_t *)other].resource->handle;
    return (a > b) - (a < b);
}

static size_t buffer_of(const struct buffers *buffers, uint64_t handle)
{
    size_t low = 0, high = buffers->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (buffers->buffer[buffers->by_handle[middle]].resource->handle < handle)
            low = middle + 1;
        else
            high = middle;
    }
    bool found =
        low < buffers->count && buffers->buffer[buffers->by_handle[low]].resource->handle == handle;
    return found ? buffers->by_handle[low] : SIZE_MAX;
}

/* The first call that `ordinal` of `path` may have left a buffer in. */
static size_t first_of_call(const struct buffers *buffers, uint32_t path, uint32_t ordinal)
{
    size_t low = 0, high = buffers->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct buffer *buffer = &buffers->buffer[middle];
        if (buffer->path < path || (buffer->path == path && buffer->resource->ordinal < ordinal))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- chains ---- */

/* A hostile chain may be a ring: it is followed for a while. */
static size_t root_of(const struct buffers *buffers, size_t index)
{
    enum { LINKS = 64 };
    size_t at = index;
    for (int i = 0; i < LINKS; i++) {
        uint64_t parent = buffers->buffer[at].resource->parent;
        size_t next = parent ? buffer_of(buffers, parent) : SIZE_MAX;
        if (next == SIZE_MAX)
            return at;
        at = next;
    }
    return index;
}

static void link_chains(struct buffers *buffers)
{
    for (size_t i = 0; i < buffers->count; i++) {
        struct buffer *buffer = &buffers->buffer[i];
        buffer->root = root_of(buffers, i);
        if (buffer->root == i)
            continue;
        buffers->buffer[buffer->root].linked++;
        buffers->buffer[buffer->root].linked_bytes += buffer->resource->size;
    }
    for (size_t i = 0; i < buffers->count; i++) /* what a ring makes of it: no root of its own */
        if (buffers->buffer[buffers->buffer[i].root].root != buffers->buffer[i].root)
            buffers->buffer[i].root = i;
}

static uint64_t chain_bytes(const struct buffer *root)
{
    return root->resource->size + root->linked_bytes;
}

/* ---- what is there ---- */

static bool is_container(const struct trace_kind *kind)
{
    return kind->class == RESIDUE_CLASS_RETURNED && kind->release &&
           (!strcmp(kind->release, "FreeProws") || !strcmp(kind->release, "FreePadrlist"));
}

static void mark_paths(struct buffers *buffers)
{
    const struct trace *trace = buffers->context->trace;
    buffers->returns_rows = analysis_take(trace->path_count + 1, sizeof(bool));
    buffers->rows_lost = analysis_take(trace->path_count + 1, sizeof(bool));
    for (uint32_t site = 1; site <= trace->site_count; site++)
        if (is_container(&trace->kinds[trace->sites[site].kind]))
            buffers->returns_rows[trace->sites[site].path] = true;
    for (size_t i = 0; i < trace->misuse_count; i++) {
        const struct residue_misuse *misuse = &trace->misuses[i];
        if (misuse->misuse == RESIDUE_MISUSE_WRONG_FUNCTION &&
            is_container(&trace->kinds[misuse->resource_kind]))
            buffers->rows_lost[trace->sites[misuse->acquired_site].path] = true;
    }
}

static struct buffers buffers_of(const struct findings_context *context)
{
    const struct trace *trace = context->trace;
    struct buffers buffers = {.context = context};
    buffers.buffer = analysis_take(trace->resource_count, sizeof *buffers.buffer);
    for (size_t i = 0; i < trace->resource_count; i++) {
        const struct trace_resource *resource = &trace->resources[i];
        if (analysis_class(trace, resource->site) == RESIDUE_CLASS_BUFFER)
            buffers.buffer[buffers.count++] =
                (struct buffer){.resource = resource, .path = trace->sites[resource->site].path};
    }
    qsort(buffers.buffer, buffers.count, sizeof *buffers.buffer, by_call);
    buffers.by_handle = analysis_take(buffers.count, sizeof *buffers.by_handle);
    for (size_t i = 0; i < buffers.count; i++)
        buffers.by_handle[i] = i;
    sorting = &buffers;
    qsort(buffers.by_handle, buffers.count, sizeof *buffers.by_handle, by_handle);
    link_chains(&buffers);
    for (size_t i = 0; i < buffers.count; i++)
        buffers.buffer[i].told =
            findings_told(context, buffers.buffer[i].path, buffers.buffer[i].resource->ordinal);
    mark_paths(&buffers);
    return buffers;
}

static void buffers_free(struct buffers *buffers)
{
    free(buffers->buffer);
    free(buffers->by_handle);
    free(buffers->returns_rows);
    free(buffers->rows_lost);
}

/* ---- what calls returned ---- */

/* Things of one finding, with where they come from. */
struct cause {
    uint32_t path, kind; /* kind: index in trace.kinds, of what was returned */
    struct finding_things things;
    uint32_t *site; /* of each thing */
    size_t room;
    uint64_t linked;
};

static void cause_add(struct cause *cause, uint32_t site, uint32_t ordinal, uint64_t bytes)
{
    cause->site =
        analysis_grow(cause->site, sizeof *cause->site, cause->things.count, &cause->room);
    cause->site[cause->things.count] = site;
    finding_thing(&cause->things, ordinal, bytes);
}

static void cause_free(struct cause *cause)
{
    finding_things_free(&cause->things);
    free(cause->site);
    *cause = (struct cause){0};
}

static void cause_stacks(struct finding *finding, struct cause *cause)
{
    qsort(cause->site, cause->things.count, sizeof *cause->site, array_by_number);
    struct finding_stack stacks[FINDING_STACKS];
    uint32_t used = 0;
    for (size_t i = 0, end; i < cause->things.count; i = end) {
        for (end = i; end < cause->things.count && cause->site[end] == cause->site[i];)
            end++;
        uint32_t at = used < FINDING_STACKS ? used++ : FINDING_STACKS;
        for (; at && (at == FINDING_STACKS || stacks[at - 1].count < end - i) &&
               stacks[at - 1].count < end - i;
             at--)
            if (at < FINDING_STACKS)
                stacks[at] = stacks[at - 1];
        if (at < FINDING_STACKS)
            stacks[at] = (struct finding_stack){"acquired", cause->site[i], end - i};
    }
    for (uint32_t i = 0; i < used; i++)
        finding_stack(finding, stacks[i].role, stacks[i].site, stacks[i].count);
}

/* The memory of what was returned, and of a container that of what is in it; both are told with it.
 */
static uint64_t take_returned(struct buffers *buffers, const struct trace_resource *returned,
                              uint32_t path, bool container)
{
    uint64_t bytes = 0;
    size_t index = buffer_of(buffers, returned->handle);
    if (index != SIZE_MAX) {
        struct buffer *root = &buffers->buffer[buffers->buffer[index].root];
        bytes += root->told ? 0 : chain_bytes(root);
        root->told = true;
    }
    for (size_t i = first_of_call(buffers, path, returned->ordinal);
         container && i < buffers->count && buffers->buffer[i].path == path &&
         buffers->buffer[i].resource->ordinal == returned->ordinal;
         i++) {
        struct buffer *buffer = &buffers->buffer[i];
        if (buffer->root != i || buffer->told)
            continue;
        bytes += chain_bytes(buffer);
        buffer->told = true;
    }
    return bytes;
}

static void tell_returned(struct findings *findings, const struct trace *trace, struct cause *cause)
{
    struct verdict verdict;
    const struct trace_kind *kind = &trace->kinds[cause->kind];
    if (cause->things.count && finding_systematic(trace, cause->path, &cause->things, &verdict)) {
        struct finding *finding =
            finding_add(findings, FINDING_RETURNED_BUFFER, cause->path,
                        "the %s that %s returned is never freed%s%s%s", kind->name,
                        finding_call(trace, cause->path), kind->release ? " (" : "",
                        kind->release ? kind->release : "", kind->release ? ")" : "");
        finding_rate_of(finding, &verdict, &cause->things);
        cause_stacks(finding, cause);
    }
    cause_free(cause);
}

static int by_path_and_kind(const void *one, const void *other)
{
    const struct trace *trace = sorting->context->trace;
    const struct trace_resource *a = *(const struct trace_resource *const *)one,
                                *b = *(const struct trace_resource *const *)other;
    const struct trace_site *s = &trace->sites[a->site], *t = &trace->sites[b->site];
    if (s->path != t->path)
        return s->path < t->path ? -1 : 1;
    if (s->kind != t->kind)
        return s->kind < t->kind ? -1 : 1;
    return (a > b) - (a < b);
}

static void find_returned(struct findings *findings, struct buffers *buffers)
{
    const struct trace *trace = buffers->context->trace;
    const struct trace_resource **returned = analysis_take(trace->resource_count, sizeof *returned);
    size_t count = 0;
    struct cause cause = {0};
    for (size_t i = 0; i < trace->resource_count; i++)
        if (analysis_class(trace, trace->resources[i].site) == RESIDUE_CLASS_RETURNED)
            returned[count++] = &trace->resources[i];
    sorting = buffers;
    qsort(returned, count, sizeof *returned, by_path_and_kind);
    for (size_t i = 0; i < count; i++) {
        const struct trace_site *site = &trace->sites[returned[i]->site];
        if (cause.path != site->path || cause.kind != site->kind)
            tell_returned(findings, trace, &cause);
        cause.path = site->path;
        cause.kind = site->kind;
        uint64_t bytes = take_returned(buffers, returned[i], site->path,
                                       is_container(&trace->kinds[site->kind]));
        if (!findings_told(buffers->context, site->path, returned[i]->ordinal))
            cause_add(&cause, returned[i]->site, returned[i]->ordinal, bytes);
    }
    tell_returned(findings, trace, &cause);
    free(returned);
}

/* ---- what is left ---- */

enum rest { REST_LINKED, REST_ROWS, REST_SINGLE, RESTS };

static enum rest rest_of(const struct buffers *buffers, const struct buffer *root)
{
    return buffers->returns_rows[root->path] ? REST_ROWS : root->linked ? REST_LINKED : REST_SINGLE;
}

static struct finding *add_rest(struct findings *findings, const struct trace *trace,
                                const struct cause *cause, enum rest rest)
{
    const char *call = finding_call(trace, cause->path);
    bool allocates = !strncmp(call, "MAPIAllocate", 12);
    uint64_t each = cause->linked / cause->things.count;
    char linked[64];
    snprintf(linked, sizeof linked, cause->linked % cause->things.count ? "%s in all" : "%s each",
             figure_count(cause->linked % cause->things.count ? cause->linked : each).text);
    switch (rest) {
    case REST_LINKED:
        return finding_add(findings, FINDING_LINKED_BUFFERS, cause->path,
                           "MAPI buffers %s %s are never freed, nor what is linked to them by "
                           "MAPIAllocateMore: %s",
                           allocates ? "from" : "allocated in", call, linked);
    case REST_ROWS:
        return finding_add(findings, FINDING_ROWS_LOST, cause->path,
                           "rows taken out of what %s returned are never freed", call);
    default:
        return finding_add(findings, FINDING_MAPI_BUFFER, cause->path,
                           "MAPI buffer %s %s is never freed (MAPIFreeBuffer)",
                           allocates ? "from" : "allocated in", call);
    }
}

/* Rows whose row set was freed as if it were one buffer: the finding on that says why, and now how
 * much. */
static bool tell_lost(struct findings *findings, const struct cause *cause,
                      const struct verdict *verdict)
{
    for (uint32_t i = 0; i < findings->count; i++) {
        struct finding *finding = &findings->finding[i];
        if (finding->kind != FINDING_WRONG_FUNCTION || finding->path != cause->path)
            continue;
        finding->bytes_per_call += verdict->bytes_per_call;
        return true;
    }
    return false;
}

static void tell_rest(struct findings *findings, const struct buffers *buffers, struct cause *cause,
                      enum rest rest)
{
    const struct trace *trace = buffers->context->trace;
    struct verdict verdict;
    if (cause->things.count && finding_systematic(trace, cause->path, &cause->things, &verdict) &&
        !(buffers->rows_lost[cause->path] && tell_lost(findings, cause, &verdict))) {
        struct finding *finding = add_rest(findings, trace, cause, rest);
        finding_rate_of(finding, &verdict, &cause->things);
        cause_stacks(finding, cause);
    }
    cause_free(cause);
}

static void find_rest(struct findings *findings, struct buffers *buffers)
{
    struct cause causes[RESTS] = {0};
    for (size_t i = 0; i <= buffers->count; i++) {
        const struct buffer *buffer = &buffers->buffer[i];
        bool ends = i == buffers->count || !i || buffer->path != buffer[-1].path;
        for (enum rest rest = 0; ends && rest < RESTS; rest++) {
            tell_rest(findings, buffers, &causes[rest], rest);
            causes[rest].path = i < buffers->count ? buffer->path : 0;
        }
        if (i == buffers->count || buffer->root != i || buffer->told)
            continue;
        struct cause *cause = &causes[rest_of(buffers, buffer)];
        cause_add(cause, buffer->resource->site, buffer->resource->ordinal, chain_bytes(buffer));
        cause->linked += buffer->linked;
    }
}

void find_buffers(struct findings *findings, const struct findings_context *context)
{
    struct buffers buffers = buffers_of(context);
    find_returned(findings, &buffers);
    find_rest(findings, &buffers);
    buffers_free(&buffers);
}
