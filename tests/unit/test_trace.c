/* The reader: a raw trace, its compact twin, and whatever else a file may be. */
#include "analyzer/trace.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char problem[512];

struct raw {
    int fd;
    uint64_t end;
    char *records; /* of the open chunk */
    size_t used;
};

static void *record(struct raw *raw, uint16_t kind, size_t size)
{
    struct residue_record *at = (void *)(raw->records + raw->used);
    size = (size + 7) & ~(size_t)7;
    memset(at, 0, size);
    at->kind = kind;
    at->size = (uint32_t)size;
    raw->used += size;
    return at;
}

static void text(struct raw *raw, uint16_t kind, uint32_t id, const char *words, uint32_t class)
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

static struct residue_resource *resource(struct raw *raw, uint32_t site, uint32_t ordinal,
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

static void records(struct raw *raw)
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

static void chunk(struct raw *raw, uint32_t kind, const void *bytes, size_t used, size_t size,
                  uint64_t base)
{
    struct residue_chunk head = {
        .magic = RESIDUE_CHUNK_MAGIC, .kind = kind, .size = size, .used = used, .base = base};
    cr_assert_eq(pwrite(raw->fd, &head, sizeof head, (off_t)raw->end), (ssize_t)sizeof head);
    if (used)
        cr_assert_eq(pwrite(raw->fd, bytes, used, (off_t)(raw->end + sizeof head)), (ssize_t)used);
    raw->end += size;
}

static struct residue_header header_of(uint64_t end)
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
static struct raw raw_new(void)
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

static void raw_free(struct raw *raw)
{
    free(raw->records);
    close(raw->fd);
}

static void check_content(const struct trace *trace)
{
    cr_assert_eq(trace->header.pid, 4711);
    cr_assert_not(trace->truncated);
    cr_assert_eq(trace->module_count, 1);
    cr_assert_str_eq(trace->modules[1].path, "/lib/x.so");
    cr_assert_eq(trace->modules[1].build_id_length, 4);
    cr_assert_eq(memcmp(trace->modules[1].build_id, "\1\2\3\4", 4), 0);
    cr_assert(trace->modules[1].gone);
    cr_assert_eq(trace->modules[1].came, 42);
    cr_assert_geq(trace->modules[1].finished_count, 1);
    cr_assert_eq(trace->modules[1].finished[0], 77);
    cr_assert_str_eq(trace->names[1].text, "Open");
    cr_assert_eq(trace->paths[1].started, 1000);
    cr_assert_eq(trace->paths[1].finished, 999);
    cr_assert_eq(trace->stacks[1].depth, 2);
    cr_assert_eq(trace->frames[trace->stacks[1].frame[0]].offset, 0x1234);
    cr_assert_eq(trace->frames[trace->stacks[1].frame[1]].module, 0, "a module that is not there");
    cr_assert_str_eq(trace->kinds[1].name, "heap block");
    static const struct trace_survivor survivors[] = {
        {1, 1, 49, 1},   {1, 3, 50, 1}, {1, 20, ((uint64_t)5 << 32) + 50, 1},
        {1, 900, 48, 1}, {2, 5, 0, 1},  {2, 7, 0, 1}};
    cr_assert_eq(trace->survivor_count, 6);
    for (size_t i = 0; i < 6; i++)
        cr_assert_eq(memcmp(&trace->survivors[i], &survivors[i], sizeof *survivors), 0, "%zu", i);
    size_t count;
    cr_assert_null(trace_resources_of(trace, 1, &count));
    const struct trace_resource *resource = trace_resources_of(trace, 2, &count);
    cr_assert_eq(count, 2);
    cr_assert_eq(resource[0].ordinal, 5);
    cr_assert_eq(resource[0].handle, 0xabc5);
    cr_assert_eq(resource[0].freed_site, 0);
    cr_assert_eq(resource[1].ordinal, 7);
    cr_assert_eq(resource[1].freed_site, 1);
    cr_assert_null(trace_resources_of(trace, 77, &count));
    cr_assert_eq(trace->checkpoint_count, 1);
    cr_assert_eq(trace->checkpoints[0].private_bytes, 4096);
    cr_assert_eq(trace->checkpoints[0].summary_count, 1);
    cr_assert_eq(trace->checkpoints[0].summaries[0]->survivors, 2);
}

Test(trace, raw_and_compact_say_the_same)
{
    struct raw raw = raw_new();
    struct trace *trace = trace_open_fd(raw.fd, "raw", problem, sizeof problem);
    cr_assert_not_null(trace, "%s", problem);
    check_content(trace);
    char path[] = "/tmp/residue-test-XXXXXX";
    close(mkstemp(path));
    cr_assert(trace_write_compact(trace, path, problem, sizeof problem), "%s", problem);
    trace_close(trace);
    trace = trace_open(path, problem, sizeof problem);
    cr_assert_not_null(trace, "%s", problem);
    cr_assert(trace->header.flags & RESIDUE_FLAG_COMPACT);
    check_content(trace);
    trace_close(trace);
    unlink(path);
    raw_free(&raw);
}

/* Sites and ordinals in no order at all, over all their bits: sorted, and none lost. */
Test(trace, many_survivors_in_any_order)
{
    enum { COUNT = 200000, SITES = 300 };
    struct raw raw = {.fd = memfd_create("raw", 0), .end = RESIDUE_HEADER_SIZE};
    raw.records = malloc(65536);
    text(&raw, RESIDUE_RECORD_NAME, 1, "Open", 0);
    text(&raw, RESIDUE_RECORD_RESOURCE_KIND, 1, "heap block", RESIDUE_CLASS_BLOCK);
    struct residue_path *path = record(&raw, RESIDUE_RECORD_PATH, sizeof *path);
    path->id = path->name = path->depth = 1;
    for (uint32_t id = 1; id <= SITES; id++) {
        struct residue_site *site = record(&raw, RESIDUE_RECORD_SITE, sizeof *site);
        site->id = id;
        site->path = site->kind = 1;
    }
    chunk(&raw, RESIDUE_CHUNK_RECORDS, raw.records, raw.used, 65536, 0);
    residue_entry *entries = calloc(RESIDUE_LEAF_ENTRIES, sizeof *entries);
    uint64_t random = 88172645463325252u, sum = 0, got = 0;
    for (uint32_t leaf = 0, left = COUNT; left; leaf++) {
        uint32_t here = left < RESIDUE_LEAF_ENTRIES ? left : RESIDUE_LEAF_ENTRIES;
        for (uint32_t i = 0; i < here; i++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            uint32_t ordinal = (uint32_t)(random >> 32) >> (random & 31);
            uint32_t site = 1 + (uint32_t)(random >> 8) % SITES;
            entries[i] = (residue_entry)site << 40 | (residue_entry)ordinal << 8 | 16;
            sum += site * (uint64_t)ordinal;
        }
        off_t at = (off_t)(raw.end + offsetof(struct residue_leaf, entry));
        cr_assert_eq(pwrite(raw.fd, entries, here * sizeof *entries, at),
                     (ssize_t)(here * sizeof *entries));
        chunk(&raw, RESIDUE_CHUNK_LEAF, NULL, 0, sizeof(struct residue_leaf), 0x400000 * leaf);
        left -= here;
    }
    struct residue_header header = header_of(raw.end);
    cr_assert_eq(pwrite(raw.fd, &header, sizeof header, 0), (ssize_t)sizeof header);
    struct trace *trace = trace_open_fd(raw.fd, "raw", problem, sizeof problem);
    cr_assert_not_null(trace, "%s", problem);
    uint64_t count = 0;
    for (size_t i = 0; i < trace->survivor_count; i++) {
        const struct trace_survivor *one = &trace->survivors[i];
        count += one->count;
        got += one->site * (uint64_t)one->ordinal * one->count;
        cr_assert(!i || one[-1].site < one->site ||
                  (one[-1].site == one->site && one[-1].ordinal <= one->ordinal));
    }
    cr_assert_eq(count, COUNT);
    cr_assert_eq(got, sum);
    trace_close(trace);
    free(entries);
    raw_free(&raw);
}

Test(trace, summaries_take_no_more_than_they_need)
{
    static const struct {
        uint32_t survivors;
        uint64_t bytes;
        size_t size; /* of the columns */
    } cases[] = {{0, 0, 0},
                 {65535, UINT32_MAX, 2 * 4 + 2 * 2 + 4},
                 {65536, 1, 2 * 8 + 2 * 4},
                 {1, (uint64_t)UINT32_MAX + 1, 2 * 8 + 2 * 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct residue_summary summary = {.checkpoint = 3,
                                          .site = 4,
                                          .calls = 5,
                                          .bucket_width = 6,
                                          .survivors = 7,
                                          .bytes = 8,
                                          .first_ordinal = 9,
                                          .last_ordinal = 10};
        summary.bucket_survivors[0] = summary.bucket_survivors[31] = cases[i].survivors;
        summary.bucket_bytes[0] = summary.bucket_bytes[31] = cases[i].bytes;
        size_t size = trace_summary_size(&summary);
        cr_assert_eq(size, sizeof(struct trace_summary) + cases[i].size, "%zu: %zu", i, size);
        struct trace_summary *packed = malloc(size);
        struct residue_summary got;
        trace_summary_pack(&summary, packed);
        trace_summary_unpack(packed, &got);
        cr_assert_eq(memcmp(&got, &summary, sizeof got), 0, "%zu", i);
        free(packed);
    }
}

/* A descriptor that holds these bytes. */
static int holding(const void *bytes, size_t size)
{
    int fd = memfd_create("bytes", 0);
    cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
    return fd;
}

static void refused(const void *bytes, size_t size, const char *because)
{
    int fd = holding(bytes, size);
    cr_assert_null(trace_open_fd(fd, "file", problem, sizeof problem));
    cr_assert_not_null(strstr(problem, because), "%s", problem);
    cr_assert_null(strchr(problem, '\n'));
    close(fd);
}

Test(trace, files_that_are_none)
{
    struct residue_header header = header_of(RESIDUE_HEADER_SIZE);
    refused("", 0, "empty");
    refused("hello", 5, "not a Residue trace");
    struct residue_header other = header;
    other.magic[0] = 'X';
    refused(&other, sizeof other, "not a Residue trace");
    other = header;
    other.version = RESIDUE_TRACE_VERSION + 1;
    refused(&other, sizeof other, "written by a newer Residue (format 4; this one reads 3)");
    other.version = 1;
    refused(&other, sizeof other, "written by an older Residue (format 1; this one reads 3)");
    other = header;
    other.byte_order = 0x04030201;
    refused(&other, sizeof other, "byte order");
    other = header;
    other.end = UINT64_MAX;
    refused(&other, sizeof other, "damaged");
    other = header;
    other.end = 1 << 20;
    refused(&other, sizeof other, "truncated");
    cr_assert_null(trace_open("/nonexistent/trace", problem, sizeof problem));
    cr_assert_null(trace_open("/", problem, sizeof problem));
}

/* The first bytes of a raw trace: all its records, and the leaf's head. */
static size_t image_of(const struct raw *raw, char **image)
{
    size_t size = 200000;
    *image = malloc(size);
    cr_assert_eq(pread(raw->fd, *image, size, 0), (ssize_t)size);
    return size;
}

static void must_not_crash(const char *bytes, size_t size)
{
    int fd = holding(bytes, size);
    struct trace *trace = trace_open_fd(fd, "file", problem, sizeof problem);
    trace_close(trace);
    close(fd);
}

Test(trace, cut_off_anywhere)
{
    struct raw raw = raw_new();
    char *image;
    image_of(&raw, &image);
    for (size_t size = 0; size < RESIDUE_HEADER_SIZE + 2048; size += 8)
        must_not_crash(image, size);
    free(image);
    raw_free(&raw);
}

Test(trace, hostile_bytes, .timeout = 120)
{
    struct raw raw = raw_new();
    char *image;
    size_t size = image_of(&raw, &image);
    uint64_t random = 88172645463325252u;
    for (int round = 0; round < 5000; round++) {
        char saved[8];
        size_t at[8];
        for (int i = 0; i < 8; i++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            at[i] = random % (RESIDUE_HEADER_SIZE + 1400);
            if (at[i] < 32 && round % 4)
                at[i] += RESIDUE_HEADER_SIZE;
            saved[i] = image[at[i]];
            image[at[i]] = (char)(random >> 32);
        }
        must_not_crash(image, size);
        for (int i = 8; i-- > 0;)
            image[at[i]] = saved[i];
    }
    free(image);
    raw_free(&raw);
}
