/* The reader: a raw trace and its compact twin. */
#include <stdio.h>
#include <stdlib.h>
#include "tests/unit/raw_trace.h"

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

/* While the client runs, calls go on between what is read first and last: what came after the count
 * of calls is left out. */
Test(trace, of_a_client_that_runs_no_later_calls_are_seen)
{
    for (int running = 0; running < 2; running++) {
        struct raw raw = raw_new();
        struct residue_header header = header_of(raw.end);
        header.state = running ? RESIDUE_STATE_RUNNING : RESIDUE_STATE_ENDED;
        cr_assert_eq(pwrite(raw.fd, &header, sizeof header, 0), (ssize_t)sizeof header);
        for (size_t at = 0; at < raw.used;) {
            struct residue_record *record = (void *)(raw.records + at);
            if (record->kind == RESIDUE_RECORD_PATH)
                ((struct residue_path *)record)->started = 10;
            at += record->size;
        }
        off_t records_at = RESIDUE_HEADER_SIZE + sizeof(struct residue_chunk);
        cr_assert_eq(pwrite(raw.fd, raw.records, raw.used, records_at), (ssize_t)raw.used);
        struct trace *trace = trace_open_fd(raw.fd, "raw", problem, sizeof problem);
        cr_assert_not_null(trace, "%s", problem);
        cr_assert_eq(trace->paths[1].started, 10u);
        /* Ordinals 900, 1 and 20 of blocks, 3 of one put aside, 7 and 5 of locks. */
        cr_assert_eq(trace->survivor_count, running ? 4u : 6u);
        cr_assert_eq(trace->resource_count, 2u);
        for (size_t i = 0; running && i < trace->survivor_count; i++)
            cr_assert_leq(trace->survivors[i].ordinal, 10u);
        trace_close(trace);
        raw_free(&raw);
    }
}
