/* The trace as the core lays it: chunks, records, leaves, and its end when it is full. */
#include <criterion/criterion.h>
#include <string.h>
#include "shim/core/arena.h"
#include "shim/core/state.h"
#include "shim/core/writer.h"
#include "tests/unit/core_os.h"

static void *record_of(size_t size)
{
    rs_lock(&rs.lock);
    void *record = rs_record_new(RESIDUE_RECORD_ARGUMENT, size);
    rs_unlock(&rs.lock);
    return record;
}

static void argument(const char *text, size_t length)
{
    struct residue_argument *argument = record_of(sizeof *argument + length);
    cr_assert_not_null(argument);
    argument->length = (uint32_t)length;
    rs_record_text(argument->text, text, length);
    rs_record_done();
}

Test(writer, header_says_what_it_is)
{
    core_begin(CORE_LIMIT, "");
    struct trace *trace = core_read();
    cr_assert_eq(trace->header.version, (uint32_t)RESIDUE_TRACE_VERSION);
    cr_assert_eq(trace->header.byte_order, RESIDUE_BYTE_ORDER);
    cr_assert_eq(trace->header.pointer_size, sizeof(void *));
    cr_assert_eq(trace->header.state, (uint32_t)RESIDUE_STATE_RUNNING);
    cr_assert_eq(trace->header.end, RESIDUE_HEADER_SIZE);
    trace_close(trace);
}

Test(writer, records_are_rounded_zeroed_and_in_order)
{
    core_begin(CORE_LIMIT, "");
    for (size_t length = 0; length < 40; length++) {
        struct residue_argument *record = record_of(sizeof *record + length);
        cr_assert_eq((uintptr_t)record % 8, 0u);
        cr_assert_eq(record->record.kind, RESIDUE_RECORD_ARGUMENT);
        cr_assert_eq(record->record.size, (sizeof *record + length + 7) / 8 * 8);
        cr_assert_eq(record->length, 0u);
        record->length = (uint32_t)length;
        memset(record->text, 'a', length);
        rs_record_done();
    }
    struct trace *trace = core_read();
    cr_assert_eq(trace->argument_count, 40u);
    for (size_t length = 0; length < 40; length++)
        cr_assert_eq(strlen(trace->arguments[length]), length);
    trace_close(trace);
}

/* What is not done is not there yet, and the next record takes its place. */
Test(writer, a_record_is_seen_when_it_is_done)
{
    core_begin(CORE_LIMIT, "");
    argument("one", 3);
    void *pending = record_of(64);
    cr_assert_eq(core_record_count(RESIDUE_RECORD_ARGUMENT), 1u);
    cr_assert_eq(record_of(64), pending);
    rs_record_done();
    cr_assert_eq(core_record_count(RESIDUE_RECORD_ARGUMENT), 2u);
}

/* More than a chunk holds, in all and in one record. */
Test(writer, chunks_follow_each_other)
{
    core_begin(CORE_LIMIT, "");
    static char text[600000];
    memset(text, 'x', sizeof text);
    for (unsigned i = 0; i < 1000; i++)
        argument(text, 900);
    argument(text, sizeof text);
    argument("last", 4);
    struct trace *trace = core_read();
    cr_assert_eq(trace->argument_count, 1002u);
    cr_assert_eq(strlen(trace->arguments[0]), 900u);
    cr_assert_eq(strlen(trace->arguments[999]), 900u);
    cr_assert_eq(strlen(trace->arguments[1000]), sizeof text);
    cr_assert_str_eq(trace->arguments[1001], "last");
    trace_close(trace);
}

Test(writer, one_leaf_for_each_span)
{
    core_begin(CORE_LIMIT, "");
    struct residue_leaf *leaf = rs_leaf_make(0x7f0000123456);
    cr_assert_not_null(leaf);
    cr_assert_eq(leaf->chunk.base, 0x7f0000000000u);
    cr_assert_eq((uintptr_t)leaf->entry % RS_PAGE, 0u);
    cr_assert_eq(rs_leaf_make(0x7f00003fffff), leaf);
    struct residue_leaf *next = rs_leaf_make(0x7f0000400000);
    cr_assert_neq(next, leaf);
    cr_assert_eq(rs_leaves()->leaf, next, "newest first");
    cr_assert_eq(rs_leaves()->next->leaf, leaf);
    cr_assert_null(rs_leaves()->next->next);
}

/* A full trace stops the recording, once, with a reason; what is in it can be read. */
Test(writer, gives_up_when_the_trace_is_full)
{
    core_begin(RESIDUE_HEADER_SIZE + (256 << 10) + sizeof(struct residue_leaf), "");
    argument("kept", 4);
    cr_assert_not_null(rs_leaf_make(0x10000));
    cr_assert_eq(core_os.said, 0u);
    cr_assert_null(rs_leaf_make(0x10000000));
    cr_assert_not(rs_recording());
    cr_assert_str_eq(core_os.trouble, "the trace is full");
    cr_assert_null(rs_leaf_make(0x20000000));
    cr_assert_not_null(rs_leaf_make(0x10040), "the leaf that is there stays");
    unsigned more = 0;
    while (record_of(4096)) {
        rs_record_done();
        more++;
    }
    cr_assert_eq(more, (256u << 10) / 4096 - 1, "the open chunk is filled up");
    cr_assert_eq(core_os.said, 1u, "one line");
    struct trace *trace = core_read();
    cr_assert_str_eq(trace->arguments[0], "kept");
    trace_close(trace);
}

/* Without memory for its link a leaf can't be scanned: it is not made. */
Test(writer, no_leaf_without_memory)
{
    core_begin(CORE_LIMIT, "");
    core_os.maps_left = 0;
    uint64_t end = rs.trace->end;
    cr_assert_null(rs_leaf_make(0x10000));
    cr_assert_eq(rs.trace->end, end);
    core_os.maps_left = 1;
    cr_assert_not_null(rs_leaf_make(0x10000));
}

Test(writer, a_forked_child_begins_its_own)
{
    core_begin(CORE_LIMIT, "");
    argument("parent", 6);
    rs_leaf_make(0x10000);
    core_begin(CORE_LIMIT, "");
    cr_assert_null(rs_leaves());
    argument("child", 5);
    struct trace *trace = core_read();
    cr_assert_eq(trace->argument_count, 1u);
    cr_assert_str_eq(trace->arguments[0], "child");
    trace_close(trace);
}
