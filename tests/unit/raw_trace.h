/* A raw trace as a shim leaves it, made by hand: a module, a call, sites, survivors, a checkpoint.
 */
#ifndef TESTS_UNIT_RAW_TRACE_H
#define TESTS_UNIT_RAW_TRACE_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "analyzer/trace.h"

static char problem[512];

struct raw {
    int fd;
    uint64_t end;
    char *records; /* of the open chunk */
    size_t used;
};

static inline void *record(struct raw *raw, uint16_t kind, size_t size)
{
    struct residue_record *at = (void *)(raw->records + raw->used);
    size = (size + 7) & ~(size_t)7;
    memset(at, 0, size);
    at->kind = kind;
    at->size = (uint32_t)size;
    raw->used += size;
    return at;
}

static inline void text(struct raw *raw, uint16_t kind, uint32_t id, const char *words,
                        uint32_t class)
{
    size_t length = strlen(words);
    if (kind == RESIDUE_RECORD_NAME) {
        struct residue_name *name = record(raw, kind, sizeof *name + length);
        name->id = id;
        name->length = (uint32_t)length;
        memcpy(name->text, words, length);
    } else {
        struct residue_resource_kind *name = record(raw, kind, sizeof *name + length);
        name->id = id;
        name->class = class;
        name->length = (uint32_t)length;
        memcpy(name->text, words, length);
    }
}

static inline struct residue_resource *resource(struct raw *raw, uint32_t site, uint32_t ordinal,
                                                uint64_t size)
{
    struct residue_resource *resource = record(raw, RESIDUE_RECORD_RESOURCE, sizeof *resource);
    resource->state = RESIDUE_RESOURCE_LIVE;
    resource->site = site;
    resource->ordinal = ordinal;
    resource->size = size;
    resource->handle = 0xabc0 + ordinal;
    return resource;
}

static inline void records(struct raw *raw)
{
    struct residue_module *module = record(raw, RESIDUE_RECORD_MODULE, sizeof *module + 9 + 4);
    module->id = 1;
    module->path_length = 9;
    module->build_id_length = 4;
    module->loads = 2;
    module->unloads = 2;
    memcpy(module->text, "/lib/x.so\1\2\3\4", 13);
    text(raw, RESIDUE_RECORD_NAME, 1, "Open", 0);
    text(raw, RESIDUE_RECORD_RESOURCE_KIND, 1, "heap block", RESIDUE_CLASS_BLOCK);
    text(raw, RESIDUE_RECORD_RESOURCE_KIND, 2, "lock", RESIDUE_CLASS_CRITICAL_SECTION);
    struct residue_path *path = record(raw, RESIDUE_RECORD_PATH, sizeof *path);
    path->id = path->name = path->depth = 1;
    path->started = 1000;
    path->finished = 999;
    struct residue_stack *stack =
        record(raw, RESIDUE_RECORD_STACK, sizeof *stack + 2 * sizeof *stack->frame);
    stack->id = 1;
    stack->depth = 2;
    stack->frame[0] = (struct residue_frame){.module = 1, .offset = 0x1234};
    stack->frame[1] = (struct residue_frame){.module = 77, .offset = 0x5678};
    struct residue_site *site = record(raw, RESIDUE_RECORD_SITE, sizeof *site);
    site->id = site->path = site->stack = site->kind = 1;
    site = record(raw, RESIDUE_RECORD_SITE, sizeof *site);
    site->path = site->stack = 1;
    site->id = site->kind = 2;
    resource(raw, 1, 3, 50); /* a block that found no place in the shadow */
    resource(raw, 2, 7, 0)->freed_site = 1;
    resource(raw, 2, 5, 0);
    resource(raw, 2, 6, 0)->state = RESIDUE_RESOURCE_FREE;
    module->came = 42;
    struct residue_reload *reload =
        record(raw, RESIDUE_RECORD_RELOAD, sizeof *reload + 2 * sizeof *reload->finished);
    reload->module = 1;
    reload->paths = 2;
    reload->finished[0] = 77;
    struct residue_checkpoint *checkpoint =
        record(raw, RESIDUE_RECORD_CHECKPOINT, sizeof *checkpoint);
    checkpoint->id = checkpoint->summaries = 1;
    checkpoint->private_bytes = 4096;
    struct residue_summary *summary = record(raw, RESIDUE_RECORD_SUMMARY, sizeof *summary);
    summary->checkpoint = summary->site = 1;
    summary->survivors = 2;
}

static inline void chunk(struct raw *raw, uint32_t kind, const void *bytes, size_t used,
                         size_t size, uint64_t base)
{
    struct residue_chunk head = {
        .magic = RESIDUE_CHUNK_MAGIC, .kind = kind, .size = size, .used = used, .base = base};
    cr_assert_eq(pwrite(raw->fd, &head, sizeof head, (off_t)raw->end), (ssize_t)sizeof head);
    if (used)
        cr_assert_eq(pwrite(raw->fd, bytes, used, (off_t)(raw->end + sizeof head)), (ssize_t)used);
    raw->end += size;
}

static inline struct residue_header header_of(uint64_t end)
{
    struct residue_header header = {.version = RESIDUE_TRACE_VERSION,
                                    .byte_order = RESIDUE_BYTE_ORDER,
                                    .header_size = RESIDUE_HEADER_SIZE,
                                    .pointer_size = 8,
                                    .granule_bits = RESIDUE_GRANULE_BITS,
                                    .leaf_bits = RESIDUE_LEAF_BITS,
                                    .end = end,
                                    .pid = 4711,
                                    .program = "/bin/client"};
    memcpy(header.magic, RESIDUE_TRACE_MAGIC, 8);
    return header;
}

/* A raw trace with records and a leaf of three blocks, as the shim leaves it: sparse. */
static inline struct raw raw_new(void)
{
    struct raw raw = {.fd = memfd_create("raw", 0), .end = RESIDUE_HEADER_SIZE};
    raw.records = malloc(65536);
    records(&raw);
    chunk(&raw, RESIDUE_CHUNK_RECORDS, raw.records, raw.used, 65536, 0);
    uint64_t leaf = raw.end;
    chunk(&raw, RESIDUE_CHUNK_LEAF, NULL, 0, sizeof(struct residue_leaf), 0x400000);
    const uint32_t ordinals[] = {900, 1, 20};
    for (uint32_t i = 0; i < 3; i++) {
        uint64_t size = i == 2 ? ((uint64_t)5 << 32) + 50 : 48 + i;
        residue_entry entry[2] = {(residue_entry)1 << 40 | ordinals[i] << 8 | RESIDUE_ENTRY_MIDDLE |
                                  (size < 64 ? size : RESIDUE_ENTRY_LARGE)};
        if (size >= 64)
            entry[1] = size;
        /* The second one's entry is the last of what is read at once. */
        off_t at = (off_t)(leaf + offsetof(struct residue_leaf, entry) +
                           (uint64_t)(i * 40960 + 511) * sizeof *entry);
        cr_assert_eq(pwrite(raw.fd, entry, sizeof entry, at), (ssize_t)sizeof entry);
    }
    struct residue_header header = header_of(raw.end);
    cr_assert_eq(pwrite(raw.fd, &header, sizeof header, 0), (ssize_t)sizeof header);
    cr_assert_eq(ftruncate(raw.fd, (off_t)1 << 36), 0);
    return raw;
}

static inline void raw_free(struct raw *raw)
{
    free(raw->records);
    close(raw->fd);
}

#endif
