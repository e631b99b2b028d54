#include "shim/core/writer.h"
#include "shim/core/arena.h"
#include "shim/core/bytes.h"
#include "shim/core/state.h"

enum { RECORDS_CHUNK = 256 * 1024 };

static struct {
    struct residue_chunk *records; /* the open chunk */
    size_t pending;                /* bytes of the record being written */
    struct rs_leaf_link *leaves;
} writer;

void rs_writer_head(struct residue_header *trace)
{
    rs_copy(trace->magic, RESIDUE_TRACE_MAGIC, 8);
    trace->version = RESIDUE_TRACE_VERSION;
    trace->byte_order = RESIDUE_BYTE_ORDER;
    trace->header_size = RESIDUE_HEADER_SIZE;
    trace->pointer_size = sizeof(void *);
    trace->granule_bits = RESIDUE_GRANULE_BITS;
    trace->leaf_bits = RESIDUE_LEAF_BITS;
    trace->end = RESIDUE_HEADER_SIZE;
    trace->state = RESIDUE_STATE_RUNNING;
}

void rs_writer_begin(struct residue_header *trace, uint64_t limit)
{
    rs.trace = trace;
    rs.trace_limit = limit;
    writer.records = NULL;
    writer.pending = 0;
    writer.leaves = NULL;
}

/* Page-aligned, so that a leaf's entries are. */
static struct residue_chunk *chunk_new(uint32_t kind, uint64_t size, uint64_t base)
{
    uint64_t at = rs.trace->end;
    if (at + size > rs.trace_limit) {
        rs_give_up("the trace is full");
        return NULL;
    }
    struct residue_chunk *chunk = (struct residue_chunk *)((unsigned char *)rs.trace + at);
    if (!rs_os_commit(chunk, (size_t)size)) {
        rs_give_up("no memory left for the trace");
        return NULL;
    }
    chunk->magic = RESIDUE_CHUNK_MAGIC;
    chunk->kind = kind;
    chunk->size = size;
    chunk->used = 0;
    chunk->base = base;
    __atomic_store_n(&rs.trace->end, at + size, __ATOMIC_RELEASE);
    return chunk;
}

static size_t round_up(size_t size, size_t to)
{
    return (size + to - 1) & ~(to - 1);
}

void *rs_record_new(uint16_t kind, size_t size)
{
    size = round_up(size, 8);
    struct residue_chunk *chunk = writer.records;
    if (!chunk || chunk->size - sizeof *chunk - chunk->used < size) {
        size_t need = round_up(sizeof *chunk + size, RS_PAGE);
        chunk = chunk_new(RESIDUE_CHUNK_RECORDS, need > RECORDS_CHUNK ? need : RECORDS_CHUNK, 0);
        if (!chunk)
            return NULL;
        writer.records = chunk;
    }
    struct residue_record *record =
        (struct residue_record *)((unsigned char *)(chunk + 1) + chunk->used);
    record->kind = kind;
    record->size = (uint32_t)size;
    writer.pending = size;
    return record;
}

void rs_record_done(void)
{
    struct residue_chunk *chunk = writer.records;
    __atomic_store_n(&chunk->used, chunk->used + writer.pending, __ATOMIC_RELEASE);
    writer.pending = 0;
}

void rs_record_text(char *to, const void *from, size_t length)
{
    rs_copy(to, from, length);
}

/* ---- leaves ---- */

#ifdef RS_TABLE_BITS
static struct residue_leaf **empty_table;

bool rs_leaves_begin(void)
{
    rs.top = rs_os_map(RS_TOP_BYTES);
    empty_table = rs_os_map(RS_TABLE_ENTRIES * sizeof *empty_table);
    for (size_t i = 0; rs.top && i < RS_TOP_BYTES / sizeof *rs.top; i++)
        rs.top[i] = empty_table;
    return rs.top && empty_table;
}

static struct residue_leaf **slot_of(uintptr_t address)
{
    uintptr_t index = address >> RESIDUE_LEAF_BITS;
    rs_top_entry *entry = &rs.top[index >> RS_TABLE_BITS];
    if (*entry == empty_table) {
        struct residue_leaf **table = rs_os_map(RS_TABLE_ENTRIES * sizeof *table);
        if (!table)
            return NULL;
        __atomic_store_n(entry, table, __ATOMIC_RELEASE);
    }
    return &(*entry)[index & (RS_TABLE_ENTRIES - 1)];
}
#else
bool rs_leaves_begin(void)
{
    rs.top = rs_os_map(RS_TOP_BYTES);
    return rs.top;
}

static struct residue_leaf **slot_of(uintptr_t address)
{
    return &rs.top[address >> RESIDUE_LEAF_BITS];
}
#endif

struct residue_leaf *rs_leaf_make(uintptr_t address)
{
    rs_lock(&rs.lock);
    struct residue_leaf **slot = slot_of(address), *leaf = slot ? *slot : NULL;
    if (slot && !leaf) {
        struct rs_leaf_link *link = rs_arena_take(sizeof *link);
        uint64_t base = address & ~(RESIDUE_LEAF_SPAN - 1);
        leaf =
            link ? (struct residue_leaf *)chunk_new(RESIDUE_CHUNK_LEAF, sizeof *leaf, base) : NULL;
        if (leaf) {
            link->leaf = leaf;
            link->next = writer.leaves;
            __atomic_store_n(&writer.leaves, link, __ATOMIC_RELEASE);
            __atomic_store_n(slot, leaf, __ATOMIC_RELEASE);
        }
    }
    rs_unlock(&rs.lock);
    return leaf;
}

struct rs_leaf_link *rs_leaves(void)
{
    return __atomic_load_n(&writer.leaves, __ATOMIC_ACQUIRE);
}
