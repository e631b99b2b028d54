/* What objects that ended well had in common, by where they were opened: how many there were, and
 * how many events from each place. Nearly all of one place have the same history, so the last one's
 * is remembered with the counters that it led to. */
#include "shim/core/arena.h"
#include "shim/core/objects.h"
#include "shim/core/state.h"
#include "shim/core/table.h"

struct key {
    uint32_t opened, site, kind, reserved;
};

struct tally {
    UT_hash_handle hh;
    struct key key;
    struct residue_tally *record;
};

enum { SHAPES = 256, SHAPE_EVENTS = 8, TALLIES_MOST = 65536 };

struct shape {
    uint32_t opened, count;
    struct {
        uint32_t site, kind;
        struct residue_tally *record;
    } of[SHAPE_EVENTS + 1]; /* the last: the objects themselves */
};

static struct {
    struct tally *table;
    struct shape *shapes;
    uint32_t count;
} tallies;

void rs_tally_reset(void)
{
    rs_zero(&tallies, sizeof tallies);
}

static struct residue_tally *record_new(const struct key *key)
{
    rs_lock(&rs.lock);
    struct residue_tally *record = rs_record_new(RESIDUE_RECORD_TALLY, sizeof *record);
    if (record) {
        record->opened = key->opened;
        record->site = key->site;
        record->kind = key->kind;
        rs_record_done();
    }
    rs_unlock(&rs.lock);
    return record;
}

static struct residue_tally *tally_of(uint32_t opened, uint32_t site, uint32_t kind)
{
    struct key key = {opened, site, kind, 0};
    struct tally *tally = NULL;
    HASH_FIND(hh, tallies.table, &key, sizeof key, tally);
    if (tally)
        return tally->record;
    if (tallies.count == TALLIES_MOST || !(tally = rs_arena_take(sizeof *tally)) ||
        !(tally->record = record_new(&key)))
        return NULL;
    tally->key = key;
    HASH_ADD(hh, tallies.table, key, sizeof tally->key, tally);
    tallies.count++;
    return tally->record;
}

static bool has_shape(const struct shape *shape, const struct residue_object *object)
{
    if (shape->opened != object->site || shape->count != object->count)
        return false;
    for (uint32_t i = 0; i < object->count; i++)
        if (shape->of[i].site != object->event[i].site ||
            shape->of[i].kind != object->event[i].kind)
            return false;
    return true;
}

static void count_one(struct residue_tally *tally)
{
    if (tally)
        __atomic_store_n(&tally->count, tally->count + 1, __ATOMIC_RELAXED);
}

void rs_tally(const struct residue_object *object)
{
    if (object->unlisted)
        return; /* a part of its history is not to be compared with anything */
    if (!tallies.shapes && !(tallies.shapes = rs_arena_take(SHAPES * sizeof *tallies.shapes)))
        return;
    struct shape *shape = &tallies.shapes[object->site % SHAPES];
    if (object->count > SHAPE_EVENTS) {
        for (uint32_t i = 0; i < object->count; i++)
            count_one(tally_of(object->site, object->event[i].site, object->event[i].kind));
        count_one(tally_of(object->site, 0, 0));
        return;
    }
    if (!has_shape(shape, object)) {
        shape->opened = object->site;
        shape->count = object->count;
        for (uint32_t i = 0; i < object->count; i++) {
            shape->of[i].site = object->event[i].site;
            shape->of[i].kind = object->event[i].kind;
            shape->of[i].record =
                tally_of(object->site, object->event[i].site, object->event[i].kind);
        }
        shape->of[object->count].record = tally_of(object->site, 0, 0);
    }
    for (uint32_t i = 0; i <= object->count; i++)
        count_one(shape->of[i].record);
}
