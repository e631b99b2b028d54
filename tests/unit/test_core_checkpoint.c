/* Checkpoints: when they come, and that they say what is live. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>
#include "shim/core/arena.h"
#include "shim/core/calls.h"
#include "shim/core/checkpoint.h"
#include "shim/core/intern.h"
#include "shim/core/ledger.h"
#include "shim/core/resources.h"
#include "shim/core/state.h"
#include "tests/unit/core_os.h"

static void begin(void)
{
    core_begin(CORE_LIMIT, "kind ticket class=other\n");
}

TestSuite(checkpoint, .init = begin);

static const struct residue_checkpoint *checkpoint_at(unsigned index)
{
    return core_record(RESIDUE_RECORD_CHECKPOINT, index);
}

static unsigned checkpoints(void)
{
    return core_record_count(RESIDUE_RECORD_CHECKPOINT);
}

static void ticks(unsigned count)
{
    struct rs_thread *self = core_thread();
    while (count--)
        rs_checkpoint_tick(self);
    core_done(self);
}

/* The first after 16 calls, then each half as far again: O(log calls) in all. */
Test(checkpoint, rarer_and_rarer)
{
    ticks(15);
    cr_assert_eq(checkpoints(), 0u);
    ticks(1);
    cr_assert_eq(checkpoints(), 1u);
    ticks(7);
    cr_assert_eq(checkpoints(), 1u);
    ticks(1);
    cr_assert_eq(checkpoints(), 2u);
    ticks(1000 - 24);
    unsigned thousand = checkpoints();
    cr_assert(thousand >= 10 && thousand <= 12, "%u", thousand);
    ticks(1000000 - 1000);
    unsigned million = checkpoints();
    cr_assert(million >= 26 && million <= 29, "%u", million);
    for (unsigned i = 1; i < million; i++)
        cr_assert_eq(checkpoint_at(i)->id, checkpoint_at(i - 1)->id + 1);
    cr_assert_eq(checkpoint_at(3)->reason, RESIDUE_CHECKPOINT_PERIODIC);
}

static void *tick_on(void *calls)
{
    ticks((unsigned)(uintptr_t)calls);
    return NULL;
}

/* Calls of all threads count. */
Test(checkpoint, of_the_whole_process)
{
    for (unsigned i = 0; i < 8; i++) {
        pthread_t thread;
        cr_assert_eq(pthread_create(&thread, NULL, tick_on, (void *)125000), 0);
        pthread_join(thread, NULL);
    }
    unsigned million = checkpoints();
    cr_assert(million >= 26 && million <= 29, "%u", million);
}

/* One that is due while another thread takes one is left out; each is whole. */
Test(checkpoint, at_once)
{
    pthread_t thread[8];
    for (unsigned i = 0; i < 8; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, tick_on, (void *)20000), 0);
    for (unsigned i = 0; i < 8; i++)
        pthread_join(thread[i], NULL);
    struct trace *trace = core_read();
    cr_assert(trace->checkpoint_count > 0 && trace->checkpoint_count <= 24, "%u",
              trace->checkpoint_count);
    for (unsigned i = 0; i < trace->checkpoint_count; i++)
        cr_assert_eq(checkpoint_at(i)->id, i + 1);
    trace_close(trace);
}

/* Logging off is often a loop's body. */
Test(checkpoint, teardowns_at_powers_of_two)
{
    uint32_t path = rs_intern_path(0, rs_intern_name("Logoff", RESIDUE_ROLE_LOGOFF));
    for (uint32_t ordinal = 1; ordinal <= 1000; ordinal++)
        rs_checkpoint_teardown(path, ordinal);
    cr_assert_eq(checkpoints(), 10u);
    cr_assert_eq(checkpoint_at(0)->reason, RESIDUE_CHECKPOINT_TEARDOWN);
    cr_assert_eq(checkpoint_at(9)->path, path);
}

Test(checkpoint, time_and_memory)
{
    memset(rs_arena_take(9000), 1, 9000);
    core_os.now_ns += 5000;
    core_os.private_bytes = 1 << 20;
    rs_checkpoint(RESIDUE_CHECKPOINT_END, 0);
    const struct residue_checkpoint *end = checkpoint_at(0);
    cr_assert_eq(end->reason, RESIDUE_CHECKPOINT_END);
    cr_assert_eq(end->time_ns, 5000u);
    cr_assert_eq(end->private_bytes, (1u << 20) - rs.trace->shim_bytes);
    cr_assert(rs.trace->shim_bytes >= 9000);
    core_os.private_bytes = 0;
    rs_checkpoint(RESIDUE_CHECKPOINT_END, 0);
    cr_assert_eq(checkpoint_at(1)->private_bytes, 0u, "not known");
    core_os.private_bytes = 4096;
    rs_checkpoint(RESIDUE_CHECKPOINT_END, 0);
    cr_assert_eq(checkpoint_at(2)->private_bytes, 0u,
                 "less than the shim's own is none of the client's");
}

/* ---- what is live ---- */

static uint32_t open_site;
static struct residue_path *open_path;

static void some_sites(void)
{
    uint32_t path = rs_intern_path(0, rs_intern_name("Open", 0));
    open_site = rs_intern_site(path, 0, rs_intern_kind(RS_KIND_BLOCK));
    open_path = rs_path(path);
}

static void put(uintptr_t address, uint64_t size, uint32_t site, uint32_t ordinal)
{
    rs_ledger_put(address, (struct rs_block){size, site, ordinal});
}

static const struct residue_summary *summary_of(unsigned checkpoint, uint32_t site)
{
    const struct residue_summary *summary;
    for (unsigned i = 0; (summary = core_record(RESIDUE_RECORD_SUMMARY, i)); i++)
        if (summary->checkpoint == checkpoint_at(checkpoint)->id && summary->site == site)
            return summary;
    return NULL;
}

Test(checkpoint, sums_by_site_and_ordinal)
{
    some_sites();
    open_path->started = 1000;
    for (uint32_t ordinal = 1; ordinal <= 1000; ordinal++)
        put(0x7f0000000000 + ordinal * 4096, 40 + ordinal % 2, open_site, ordinal);
    rs_checkpoint(RESIDUE_CHECKPOINT_PERIODIC, open_path->id);
    cr_assert_eq(checkpoint_at(0)->tracked_count, 1000u);
    cr_assert_eq(checkpoint_at(0)->tracked_bytes, 40500u);
    cr_assert_eq(checkpoint_at(0)->summaries, 1u);
    const struct residue_summary *summary = summary_of(0, open_site);
    cr_assert_not_null(summary);
    cr_assert(summary->calls == 1000 && summary->bucket_width == 32);
    cr_assert(summary->survivors == 1000 && summary->bytes == 40500);
    cr_assert(summary->first_ordinal == 1 && summary->last_ordinal == 1000);
    for (unsigned bucket = 0; bucket < RESIDUE_BUCKETS; bucket++) {
        unsigned count = bucket < 31 ? 32 : 1000 - 31 * 32;
        cr_assert_eq(summary->bucket_survivors[bucket], count);
        cr_assert_eq(summary->bucket_bytes[bucket], 40 * count + count / 2);
    }
}

/* What was released is in no sum, and a site without survivors has none. */
Test(checkpoint, only_what_is_live)
{
    some_sites();
    uint32_t other = rs_intern_site(open_path->id, 0, rs_intern_kind(0));
    open_path->started = 4;
    put(0x10000, 10, open_site, 1);
    put(0x10020, 10, open_site, 2);
    put(0x10030, 10, open_site, 3); /* aside */
    rs_resource_acquire(&(struct rs_acquisition){
        .kind = 0, .class = RESIDUE_CLASS_OTHER, .handle = 5, .site = other, .ordinal = 4});
    rs_checkpoint(RESIDUE_CHECKPOINT_PERIODIC, 0);
    struct rs_block block;
    rs_ledger_take(0x10020, &block);
    rs_ledger_take(0x10030, &block);
    rs_resource_release(0, 5, NULL);
    rs_checkpoint(RESIDUE_CHECKPOINT_PERIODIC, 0);
    cr_assert(checkpoint_at(0)->tracked_count == 4 && checkpoint_at(0)->tracked_bytes == 30);
    cr_assert_eq(summary_of(0, open_site)->survivors, 3u);
    cr_assert_eq(summary_of(0, other)->survivors, 1u);
    cr_assert_eq(summary_of(0, other)->bytes, 0u);
    cr_assert(checkpoint_at(1)->tracked_count == 1 && checkpoint_at(1)->tracked_bytes == 10);
    cr_assert_eq(summary_of(1, open_site)->survivors, 1u);
    cr_assert_null(summary_of(1, other));
    cr_assert_eq(checkpoint_at(1)->summaries, 1u);
}

/* Ordinals count nothing outside of calls: these are in the totals alone. */
Test(checkpoint, outside)
{
    uint32_t outside = rs_intern_site(0, 0, rs_intern_kind(RS_KIND_BLOCK));
    put(0x10000, 100, outside, 0);
    rs_checkpoint(RESIDUE_CHECKPOINT_PERIODIC, 0);
    cr_assert(checkpoint_at(0)->tracked_count == 1 && checkpoint_at(0)->tracked_bytes == 100);
    cr_assert_eq(checkpoint_at(0)->summaries, 0u);
}

/* A call that began after the path's count was read has no bucket: the last must not run over. */
Test(checkpoint, an_ordinal_beyond_the_count)
{
    some_sites();
    open_path->started = 32;
    put(0x10000, 10, open_site, 32);
    put(0x10020, 10, open_site, 33);
    put(0x10040, 10, open_site, UINT32_MAX);
    rs_checkpoint(RESIDUE_CHECKPOINT_PERIODIC, 0);
    cr_assert_eq(summary_of(0, open_site)->survivors, 1u);
    cr_assert_eq(summary_of(0, open_site)->last_ordinal, 32u);
    cr_assert_eq(summary_of(0, open_site)->bucket_survivors[31], 1u);
}

/* A scan must not turn the shadow's holes into memory. */
Test(checkpoint, looks_at_touched_pages_only)
{
    some_sites();
    for (uintptr_t leaf = 0; leaf < 64; leaf++)
        put(0x7f0000000000 + (leaf << RESIDUE_LEAF_BITS) + leaf * 8192, 10, open_site, 1);
    unsigned char before[sizeof(struct residue_leaf) / RS_PAGE], after[sizeof before];
    for (struct rs_leaf_link *link = rs_leaves(); link; link = link->next) {
        rs_os_touched(link->leaf, sizeof before, before);
        rs_checkpoint(RESIDUE_CHECKPOINT_PERIODIC, 0);
        rs_os_touched(link->leaf, sizeof after, after);
        cr_assert_eq(memcmp(before, after, sizeof before), 0);
    }
    cr_assert_eq(checkpoint_at(0)->tracked_count, 64u);
}

/* As many sites in one call, each with a survivor; gives its path. */
static uint32_t sites_of_a_call(uint32_t count)
{
    uint32_t path = rs_intern_path(0, rs_intern_name("Open", 0));
    rs_path(path)->started = 1;
    for (uint32_t i = 0; i < count; i++)
        put(0x10000 + 32 * i, 1,
            rs_intern_site(path, rs_intern_stack(&(struct residue_frame){.offset = i}, 1, 0), 0),
            1);
    return path;
}

/* Sites and calls without end fill no trace with summaries: the totals go on. */
Test(checkpoint, a_budget_for_summaries)
{
    uint32_t path = sites_of_a_call(4000);
    unsigned most = (48 << 20) / sizeof(struct residue_summary);
    for (unsigned i = 0; i < most / 4000 + 5; i++)
        rs_checkpoint(RESIDUE_CHECKPOINT_PERIODIC, 0);
    unsigned last = checkpoints() - 1;
    cr_assert_eq(checkpoint_at(0)->summaries, 4000u);
    cr_assert_eq(checkpoint_at(last)->summaries, 0u);
    cr_assert_eq(checkpoint_at(last)->tracked_count, 4000u);
    rs_checkpoint(RESIDUE_CHECKPOINT_TEARDOWN, path);
    cr_assert_eq(checkpoint_at(last + 1)->summaries, 4000u, "before a teardown it matters");
}

/* ---- when something is missing ---- */

Test(checkpoint, none_when_nothing_is_recorded)
{
    rs_guard.recording = 0;
    rs_checkpoint(RESIDUE_CHECKPOINT_END, 0);
    cr_assert_eq(checkpoints(), 0u);
}

Test(checkpoint, none_without_memory)
{
    some_sites();
    core_os.maps_left = 0;
    rs_checkpoint(RESIDUE_CHECKPOINT_END, 0);
    cr_assert_eq(checkpoints(), 0u);
    core_os.maps_left = 1;
    rs_checkpoint(RESIDUE_CHECKPOINT_END, 0);
    cr_assert_eq(checkpoints(), 1u);
}

/* A system that can't tell touched pages: what stands in resource records is summed up still. */
Test(checkpoint, when_pages_can_not_be_told)
{
    some_sites();
    open_path->started = 2;
    core_os.no_touched = true;
    put(0x10000, 10, open_site, 1);
    put(0x10010, 10, open_site, 2);
    rs_checkpoint(RESIDUE_CHECKPOINT_PERIODIC, 0);
    cr_assert_eq(checkpoint_at(0)->tracked_count, 1u);
}

/* A full trace in the midst of the summaries: what is written agrees with its count. */
Test(checkpoint, the_trace_gets_full)
{
    sites_of_a_call(2000);
    rs.trace_limit = rs.trace->end + (256 << 10);
    rs_checkpoint(RESIDUE_CHECKPOINT_PERIODIC, 0);
    cr_assert_not(rs_recording());
    uint32_t written = core_record_count(RESIDUE_RECORD_SUMMARY);
    cr_assert(written > 100 && written < 2000);
    cr_assert_eq(checkpoint_at(0)->summaries, written);
    struct trace *trace = core_read();
    cr_assert_eq(trace->checkpoint_count, 1u);
    cr_assert_eq(trace->checkpoints[0].summary_count, written);
    trace_close(trace);
}

Test(checkpoint, a_child_begins_anew)
{
    ticks(100);
    rs_checkpoint_reset();
    unsigned before = checkpoints();
    ticks(15);
    cr_assert_eq(checkpoints(), before);
    ticks(16);
    cr_assert_eq(checkpoints(), before + 2);
    cr_assert_eq(checkpoint_at(before)->id, 1u);
}
