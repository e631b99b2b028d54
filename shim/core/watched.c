#include "shim/core/text.h"
#include "shim/core/watched.h"
#include "shim/core/interfaces.h"
#include "shim/core/state.h"
#include "shim/core/table.h"

/* ---- the pool ---- */

struct key {
    uintptr_t target;
    const struct residue_plan_function *function;
    const char *name; /* globs: the name belongs to the key; else NULL */
};

struct entry { /* what a thunk is for */
    UT_hash_handle hh;
    struct key key;
    bool forgotten; /* its module is gone: another function may have the thunk */
};

struct name { /* of a glob: the same text gives the same pointer */
    UT_hash_handle hh;
    char text[];
};

struct rs_watched rs_watched[RS_THUNKS];
static struct entry entries[RS_THUNKS];

static struct {
    struct rs_lock lock;
    struct entry *table;
    struct name *names;
    uint32_t used; /* thunks ever used */
    uint32_t forgotten;
    uint32_t hand;    /* where to look for the next forgotten one */
    uint32_t refused; /* for want of a thunk */
} pool;

struct rs_watched *rs_watched_at(uintptr_t address)
{
    uintptr_t offset = address - (uintptr_t)rs_thunks;
    return offset < (uintptr_t)RS_THUNKS * RS_THUNK_BYTES ? &rs_watched[offset / RS_THUNK_BYTES]
                                                          : NULL;
}

void rs_watched_lock(void)
{
    rs_lock(&pool.lock);
}

void rs_watched_unlock(void)
{
    rs_unlock(&pool.lock);
}

static const char *own_text(const char *text)
{
    size_t length = rs_length(text);
    struct name *name = NULL;
    HASH_FIND(hh, pool.names, text, length, name);
    if (!name && (name = rs_arena_take(sizeof *name + length + 1))) {
        rs_copy(name->text, text, length);
        HASH_ADD_KEYPTR(hh, pool.names, name->text, length, name);
    }
    return name ? name->text : NULL;
}

/* A module that comes back finds its thunks as they were; only when all have been used does another
 * function get a forgotten one. */
static struct entry *take_entry(void)
{
    if (pool.used < RS_THUNKS)
        return &entries[pool.used++];
    if (!pool.forgotten)
        return NULL;
    while (!entries[pool.hand].forgotten)
        pool.hand = (pool.hand + 1) % RS_THUNKS;
    struct entry *entry = &entries[pool.hand];
    HASH_DELETE(hh, pool.table, entry);
    pool.forgotten--;
    entry->forgotten = false;
    return entry;
}

static struct entry *enter(const struct key *key, uint32_t interface)
{
    struct entry *entry = take_entry();
    if (!entry) {
        pool.refused++;
        rs.trace->unwatched = pool.refused;
        return NULL;
    }
    entry->key = *key;
    const struct residue_plan_function *function = key->function;
    rs_watched[entry - entries] = (struct rs_watched){
        .target = key->target,
        .function = function,
        .interface = interface,
        .displaced = interface != RESIDUE_NO_INTERFACE && rs_interface_displaced(interface),
        .name = {.text = key->name ? key->name : rs_plan_text(function->name),
                 .role = function->role}};
    HASH_ADD(hh, pool.table, key, sizeof entry->key, entry);
    return entry;
}

uintptr_t rs_watch(uintptr_t target, const struct residue_plan_function *function,
                   uint32_t interface, const char *name)
{
    struct key key;
    rs_zero(&key, sizeof key);
    key.target = target;
    key.function = function;
    rs_lock(&pool.lock);
    if (function->flags & RESIDUE_FUNCTION_GLOB)
        key.name = own_text(name);
    struct entry *entry = NULL;
    HASH_FIND(hh, pool.table, &key, sizeof key, entry);
    if (entry && entry->forgotten) {
        entry->forgotten = false;
        pool.forgotten--;
        rs_watched[entry - entries].proven = rs_watched[entry - entries].proven_buffers =
            0; /* another module may have come there */
    } else if (!entry) {
        entry = enter(&key, interface);
    }
    rs_unlock(&pool.lock);
    return entry ? (uintptr_t)rs_thunks + (uintptr_t)(entry - entries) * RS_THUNK_BYTES : 0;
}

void rs_watched_forget(uintptr_t start, uintptr_t end)
{
    rs_lock(&pool.lock);
    for (uint32_t i = 0; i < pool.used; i++) {
        struct entry *entry = &entries[i];
        if (entry->forgotten || entry->key.target < start || entry->key.target >= end)
            continue;
        entry->forgotten = true;
        pool.forgotten++;
    }
    rs_unlock(&pool.lock);
}

void rs_watched_reset(void)
{
    rs.trace->unwatched = pool.refused;
}

/* ---- the plan's flat names ---- */

static uint64_t
    seen[1024]; /* 65,536 bits: nearly every name that is not watched is turned away here */

static unsigned text_hash(const char *text)
{
    unsigned hash = 5381;
    for (; *text; text++)
        hash = hash * 33 + (unsigned char)*text;
    return hash % 65536;
}

void rs_plan_prepare(void)
{
    rs_interfaces_prepare();
    for (uint32_t i = 0; i < rs.plan->flat_count - rs.plan->glob_count; i++) {
        unsigned hash = text_hash(rs_plan_text(rs_plan_function(i)->name));
        seen[hash / 64] |= (uint64_t)1 << hash % 64;
    }
}

static int compare(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

/* `*`, `?` and plain characters. */
static bool matches(const char *glob, const char *text)
{
    for (; *glob; glob++, text++) {
        if (*glob == '*') {
            while (*glob == '*')
                glob++;
            for (;; text++) {
                if (matches(glob, text))
                    return true;
                if (!*text)
                    return false;
            }
        }
        if (!*text || (*glob != '?' && *glob != *text))
            return false;
    }
    return !*text;
}

/* Functions that return twice, whose return address or caller's registers are their business, or
 * that take arguments as no other does: never watched. */
static bool untouchable(const char *name)
{
    static const char *const names[] = {
        /* Linux */
        "setjmp", "_setjmp", "sigsetjmp", "__sigsetjmp", "vfork", "__vfork", "getcontext",
        "swapcontext", "setcontext", "makecontext", "longjmp", "siglongjmp", "_longjmp",
        "__longjmp_chk", "__tls_get_addr", "_init", "_fini", "__libc_start_main", "__cxa_finalize",
        "__gmon_start__",
        /* Windows */
        "_setjmp3", "_setjmpex", "__intrinsic_setjmp", "__intrinsic_setjmpex", "RtlCaptureContext",
        "RtlCaptureContext2", "RtlRestoreContext", "RtlCaptureStackBackTrace",
        "RtlGetCallersAddress", "RtlWalkFrameChain", "RtlUnwind", "RtlUnwindEx", "NtContinue",
        "ZwContinue", "SwitchToFiber", "__chkstk", "_chkstk", "_alloca_probe", "_alloca_probe_8",
        "_alloca_probe_16", "_allshl", "_allshr", "_aullshr", "_EH_prolog"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!compare(names[i], name))
            return true;
    return false;
}

/* Where a C++ exception arrives: no call, but all that it led out of is over. Scopes that a program
 * names have no frame of ours that could tell. */
static const struct residue_plan_function arrival = {.parameters = 1};

const struct residue_plan_function *rs_plan_find(const char *name)
{
    if (!compare("__cxa_begin_catch", name))
        return &arrival;
    uint32_t plain = rs.plan->flat_count - rs.plan->glob_count;
    unsigned hash = text_hash(name);
    if (seen[hash / 64] >> hash % 64 & 1) {
        uint32_t low = 0, high = plain;
        while (low < high) {
            uint32_t middle = (low + high) / 2;
            int order = compare(rs_plan_text(rs_plan_function(middle)->name), name);
            if (!order)
                return rs_plan_function(middle);
            if (order < 0)
                low = middle + 1;
            else
                high = middle;
        }
    }
    for (uint32_t i = plain; i < rs.plan->flat_count; i++)
        if (matches(rs_plan_text(rs_plan_function(i)->name), name) && !untouchable(name))
            return rs_plan_function(i);
    return NULL;
}

/* ---- another plan ---- */

/* A thunk whose function the plan does not know hands on what it gets, all of it. */
static struct residue_plan_function unknown[RS_THUNKS];

static void renew(uint32_t index)
{
    struct entry *entry = &entries[index];
    struct rs_watched *at = &rs_watched[index];
    const struct residue_plan_function *function =
        at->interface == RESIDUE_NO_INTERFACE ? rs_plan_find(at->name.text) : NULL;
    if (!function) {
        unknown[index] = (struct residue_plan_function){.parameters = at->function->parameters};
        function = &unknown[index];
    }
    HASH_DELETE(hh, pool.table, entry);
    entry->key.function = function;
    entry->key.name =
        function->flags & RESIDUE_FUNCTION_GLOB ? own_text(at->name.text) : (const char *)NULL;
    HASH_ADD(hh, pool.table, key, sizeof entry->key, entry);
    at->interface = RESIDUE_NO_INTERFACE;
    at->proven = 0;
    at->name.role = function->role;
    __atomic_store_n(&at->function, function, __ATOMIC_RELEASE);
}

void rs_watched_renew(void)
{
    rs_lock(&pool.lock);
    pool.refused = 0;
    for (uint32_t i = 0; i < pool.used; i++)
        renew(i);
    rs_unlock(&pool.lock);
}
