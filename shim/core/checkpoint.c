#include "shim/core/checkpoint.h"
#include "shim/core/arena.h"
#include "shim/core/bytes.h"
#include "shim/core/intern.h"
#include "shim/core/ledger.h"
#include "shim/core/objects.h"
#include "shim/core/os.h"
#include "shim/core/resources.h"
#include "shim/core/thread.h"

enum {
    FIRST_CALLS = 16,
    EACH_CALL_UNTIL = 1024, /* then a thread's calls are added up */
    AT_A_TIME = 16,
    SUMMARY_BUDGET = 48 << 20 /* bytes of summaries in a trace: then only teardowns are summed up */
};

static struct {
    struct rs_lock lock;
    uint64_t calls; /* of the process; AT_A_TIME a thread may be missing */
    uint64_t next;
    uint32_t count;
    uint64_t written;
} checkpoints = {.next = FIRST_CALLS};

void rs_checkpoint_reset(void)
{
    rs_zero(&checkpoints, sizeof checkpoints);
    checkpoints.next = FIRST_CALLS;
}

void rs_checkpoint_count(struct rs_thread *self)
{
    uint64_t calls = __atomic_add_fetch(&checkpoints.calls, self->ticks, __ATOMIC_RELAXED);
    self->ticks = 0;
    self->ticks_due = calls < EACH_CALL_UNTIL ? 1 : AT_A_TIME;
    if (calls >= __atomic_load_n(&checkpoints.next, __ATOMIC_RELAXED))
        rs_checkpoint(RESIDUE_CHECKPOINT_PERIODIC, self->path);
}

void rs_checkpoint_teardown(uint32_t path, uint32_t ordinal)
{
    if ((ordinal & (ordinal - 1)) ==
        0) /* the 1st, 2nd, 4th, 8th ...: logging off is often a loop's body */
        rs_checkpoint(RESIDUE_CHECKPOINT_TEARDOWN, path);
}

/* ---- the scan ---- */

struct sum {
    uint64_t tracked_bytes, tracked_count;
    struct residue_summary *summary; /* indexed by site */
    unsigned char *where;            /* the same */
    uint32_t site_count;
};

/* Outside, there is nothing to sum up by. */
enum { NOT_ASKED, OUTSIDE, OF_A_PATH };

static unsigned char ask_where(struct sum *sum, uint32_t site)
{
    return sum->where[site] = rs_site(site)->path ? OF_A_PATH : OUTSIDE;
}

static void begin_summary(struct residue_summary *summary, uint32_t site, uint32_t ordinal)
{
    summary->calls = __atomic_load_n(&rs_path(rs_site(site)->path)->started, __ATOMIC_RELAXED);
    summary->bucket_width = (summary->calls + RESIDUE_BUCKETS - 1) / RESIDUE_BUCKETS;
    if (!summary->bucket_width)
        summary->bucket_width = 1;
    summary->first_ordinal = ordinal;
}

/* One of a site that was there when the scan began. */
static inline __attribute__((always_inline)) void add_known(struct sum *sum, uint32_t site,
                                                            uint32_t ordinal, uint64_t size)
{
    unsigned char where = sum->where[site];
    if (__builtin_expect(where == NOT_ASKED, 0))
        where = ask_where(sum, site);
    if (where == OUTSIDE)
        return;
    struct residue_summary *summary = &sum->summary[site];
    if (!summary->bucket_width)
        begin_summary(summary, site, ordinal);
    uint32_t bucket = (ordinal - 1) / summary->bucket_width;
    if (bucket >= RESIDUE_BUCKETS)
        return; /* a call that began after the count was read */
    summary->survivors++;
    summary->bytes += size;
    summary->bucket_survivors[bucket]++;
    summary->bucket_bytes[bucket] += size;
    if (ordinal < summary->first_ordinal)
        summary->first_ordinal = ordinal;
    if (ordinal > summary->last_ordinal)
        summary->last_ordinal = ordinal;
}

static inline __attribute__((always_inline)) void add_one(struct sum *sum, uint32_t site,
                                                          uint32_t ordinal, uint64_t size)
{
    sum->tracked_bytes += size;
    sum->tracked_count++;
    if (__builtin_expect(site <= sum->site_count && ordinal, 1))
        add_known(sum, site, ordinal, size);
}

static void add(void *closure, uint32_t site, uint32_t ordinal, uint64_t size)
{
    add_one(closure, site, ordinal, size);
}

static inline __attribute__((always_inline)) void add_entry(struct sum *sum, residue_entry is,
                                                            residue_entry next)
{
    uint64_t size;
    if (is >= RESIDUE_ENTRY_EMPTY_BELOW && residue_entry_size(is, next, &size))
        add_one(sum, residue_entry_site(is), residue_entry_ordinal(is), size);
}

/* The next page is looked at only for a large block's size: it may never have been touched. */
static void scan_page(const residue_entry *entry, struct sum *to)
{
    struct sum sum = *to;
    const residue_entry *last = entry + RS_PAGE / sizeof *entry - 1;
    for (; entry < last; entry++)
        add_entry(&sum, __atomic_load_n(entry, __ATOMIC_ACQUIRE), entry[1]);
    residue_entry is = __atomic_load_n(last, __ATOMIC_ACQUIRE);
    add_entry(&sum, is, is & RESIDUE_ENTRY_LARGE ? last[1] : 0);
    *to = sum;
}

#ifdef _WIN32 /* leaves are dense */
static void scan_leaf(const struct residue_leaf *leaf, struct sum *sum)
{
    enum { PER_PAGE = RS_PAGE / sizeof leaf->entry[0] };
    for (size_t i = 0; i < RESIDUE_LEAF_ENTRIES; i += PER_PAGE)
        scan_page(&leaf->entry[i], sum);
}
#else
/* Only pages that were ever touched: reading a hole of the mapping would make it a page. */
static void scan_leaf(const struct residue_leaf *leaf, struct sum *sum)
{
    enum { PAGES = sizeof leaf->entry / RS_PAGE, PER_PAGE = RS_PAGE / sizeof leaf->entry[0] };
    unsigned char touched[PAGES];
    if (!rs_os_touched(leaf->entry, PAGES, touched))
        return;
    for (size_t page = 0; page < PAGES - 1; page++) /* the last has no entries */
        if (touched[page] & 1)
            scan_page(&leaf->entry[page * PER_PAGE], sum);
}
#endif

static uint32_t write_summaries(const struct sum *sum, uint32_t checkpoint)
{
    uint32_t written = 0;
    for (uint32_t site = 1; site <= sum->site_count; site++) {
        if (!sum->summary[site].survivors)
            continue;
        struct residue_summary *summary = rs_record_new(RESIDUE_RECORD_SUMMARY, sizeof *summary);
        if (!summary)
            break;
        struct residue_record record = summary->record;
        *summary = sum->summary[site];
        summary->record = record;
        summary->checkpoint = checkpoint;
        summary->site = site;
        rs_record_done();
        written++;
        checkpoints.written += sizeof *summary;
    }
    return written;
}

/* The process's, less the shim's own; 0 = not known. */
static uint64_t client_private_bytes(void)
{
    uint64_t own = rs_arena_private_bytes(), all = rs_os_private_bytes();
    rs.trace->shim_bytes = own;
    return all > own ? all - own : 0;
}

static void write_checkpoint(uint32_t reason, uint32_t path, const struct sum *sum,
                             uint64_t private_bytes)
{
    uint64_t now = rs_os_now_ns() - rs.trace->start_mono_ns;
    rs_lock(&rs.lock);
    struct residue_checkpoint *checkpoint =
        rs_record_new(RESIDUE_RECORD_CHECKPOINT, sizeof *checkpoint);
    if (checkpoint) {
        checkpoint->id = ++checkpoints.count;
        checkpoint->reason = reason;
        checkpoint->path = path;
        checkpoint->time_ns = now;
        checkpoint->private_bytes = private_bytes;
        checkpoint->tracked_bytes = sum->tracked_bytes;
        checkpoint->tracked_count = sum->tracked_count;
        rs_record_done();
        uint32_t written = 0;
        if (reason != RESIDUE_CHECKPOINT_PERIODIC || checkpoints.written < SUMMARY_BUDGET)
            written = write_summaries(sum, checkpoint->id);
        __atomic_store_n(&checkpoint->summaries, written, __ATOMIC_RELEASE);
    }
    rs_unlock(&rs.lock);
}

void rs_checkpoint(uint32_t reason, uint32_t path)
{
    if (!rs_recording() || !rs_try_lock(&checkpoints.lock))
        return;
    uint64_t private_bytes = client_private_bytes(); /* before the scan takes memory */
    struct sum sum = {.site_count = rs_site_count()};
    size_t bytes = ((size_t)sum.site_count + 1) * (sizeof *sum.summary + 1);
    sum.summary = rs_os_map(bytes);
    if (sum.summary) {
        sum.where = (unsigned char *)(sum.summary + sum.site_count + 1);
        for (struct rs_leaf_link *link = rs_leaves(); link; link = link->next)
            scan_leaf(link->leaf, &sum);
        rs_resources_visit(add, &sum);
        rs_objects_live(add, &sum);
        write_checkpoint(reason, path, &sum, private_bytes);
        rs_os_unmap(sum.summary, bytes);
    }
    while (checkpoints.next <= checkpoints.calls)
        checkpoints.next += checkpoints.next / 2;
    rs_unlock(&checkpoints.lock);
}
