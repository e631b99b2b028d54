#include "shim/core/misuse.h"
#include "shim/core/arena.h"
#include "shim/core/state.h"
#include "shim/core/table.h"
#include "shim/core/writer.h"

struct entry {
    UT_hash_handle hh;
    struct rs_misuse what;
    struct residue_misuse *record;
};

static struct {
    struct rs_lock lock;
    struct entry *table;
} misuses;

void rs_misuse_reset(void)
{
    rs_zero(&misuses, sizeof misuses);
}

static struct residue_misuse *record_new(const struct rs_misuse *what, uint32_t ordinal)
{
    rs_lock(&rs.lock);
    struct residue_misuse *record = rs_record_new(RESIDUE_RECORD_MISUSE, sizeof *record);
    if (record) {
        record->misuse = what->misuse;
        record->resource_kind = what->resource_kind;
        record->interface = what->interface;
        record->site = what->site;
        record->acquired_site = what->acquired_site;
        record->released_site = what->released_site;
        record->first_ordinal = ordinal;
        rs_record_done();
    }
    rs_unlock(&rs.lock);
    return record;
}

static struct entry *enter(const struct rs_misuse *what, uint32_t ordinal)
{
    struct entry *entry = rs_arena_take(sizeof *entry);
    if (!entry || !(entry->record = record_new(what, ordinal)))
        return NULL;
    entry->what = *what;
    HASH_ADD(hh, misuses.table, what, sizeof entry->what, entry);
    return entry;
}

static void count(struct residue_misuse *record, uint32_t ordinal, uint32_t thread)
{
    if (record->last_ordinal < ordinal)
        record->last_ordinal = ordinal;
    if (!record->thread)
        record->thread = thread;
    else if (record->thread != thread)
        record->other_threads = 1;
    __atomic_add_fetch(&record->count, 1, __ATOMIC_RELEASE);
}

void rs_misuse_on_thread(const struct rs_misuse *what, uint32_t ordinal, uint32_t thread)
{
    rs_lock(&misuses.lock);
    struct entry *entry = NULL;
    HASH_FIND(hh, misuses.table, what, sizeof *what, entry);
    if (!entry)
        entry = enter(what, ordinal);
    if (entry)
        count(entry->record, ordinal, thread);
    rs_unlock(&misuses.lock);
}

void rs_misuse(const struct rs_misuse *what, uint32_t ordinal)
{
    rs_misuse_on_thread(what, ordinal, 0);
}
