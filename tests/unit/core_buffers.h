/* Buffers that calls hand out: how tests have them handed out, and what the trace has of them. */
#ifndef TESTS_UNIT_CORE_BUFFERS_H
#define TESTS_UNIT_CORE_BUFFERS_H

#include <criterion/criterion.h>
#include <math.h>
#include <search.h>
#include <string.h>
#include "shim/core/intern.h"
#include "shim/core/state.h"
#include "shim/core/watched.h"
#include "tests/unit/core_os.h"

static inline void begin(void)
{
    core_begin_shipped(CORE_LIMIT, "mapi");
    core_load_modules();
    rs.whole = 1;
}

/* What stands for the addresses of buffers: there is memory. */
static uint64_t memory[8][4];
#define AT(i) ((uint64_t)(uintptr_t)memory[i])

/* The library that all of MAPI is in here: one that none of these stacks goes through. */
static inline uintptr_t library(void)
{
    double (*volatile function)(double) = cos;
    return (uintptr_t)function;
}

static inline uintptr_t thunk_of(const char *name)
{
    const struct residue_plan_interface *interface = rs_plan_at(rs.plan->interfaces);
    for (uint32_t i = rs.plan->interface_count;
         i-- > 0;) /* those of the Windows headers are last */
        for (uint32_t m = 0; m < interface[i].method_count; m++) {
            const struct residue_plan_function *method =
                rs_plan_function(interface[i].method_first + m);
            if (!strcmp(rs_plan_text(method->name), name))
                return rs_watch(library(), method, i, name);
        }
    return core_watch(name, library());
}

static inline uint64_t call(const char *name, uint64_t result, uint64_t first, uint64_t second,
                            uint64_t third)
{
    return core_call(&(struct core_call){
        .thunk = thunk_of(name), .argument = {first, second, third}, .result = result});
}

/* Hands out a buffer in a parameter. */
struct handing {
    uint64_t *to, buffer, result;
};

static inline uint64_t hand_out(void *closure)
{
    const struct handing *handing = closure;
    *handing->to = handing->buffer;
    return handing->result;
}

/* HrGetOneProp, whose third parameter it is. */
static inline void get_property(uint64_t buffer, uint64_t result)
{
    uint64_t out = AT(7);
    core_call(&(struct core_call){.thunk = thunk_of("HrGetOneProp"),
                                  .argument = {AT(6), 1, (uintptr_t)&out},
                                  .body = hand_out,
                                  .closure = &(struct handing){&out, buffer, result}});
}

/* HrQueryAllRows, whose sixth it is. */
static inline void query_rows(uint64_t buffer)
{
    uint64_t out = 0;
    core_call(&(struct core_call){.thunk = thunk_of("HrQueryAllRows"),
                                  .argument = {AT(6), 0, 0, 0, 0, (uintptr_t)&out},
                                  .body = hand_out,
                                  .closure = &(struct handing){&out, buffer, 0}});
}

static inline void allocate(uint64_t buffer)
{
    uint64_t out = 0;
    core_call(&(struct core_call){.thunk = thunk_of("MAPIAllocateBuffer"),
                                  .argument = {32, (uintptr_t)&out},
                                  .body = hand_out,
                                  .closure = &(struct handing){&out, buffer, 0}});
}

static inline void allocate_more(uint64_t root, uint64_t buffer)
{
    uint64_t out = 0;
    core_call(&(struct core_call){.thunk = thunk_of("MAPIAllocateMore"),
                                  .argument = {32, root, (uintptr_t)&out},
                                  .body = hand_out,
                                  .closure = &(struct handing){&out, buffer, 0}});
}

static inline uint64_t free_buffer(uint64_t buffer)
{
    return call("MAPIFreeBuffer", 0, buffer, 0, 0);
}

/* What lives at the address, by the trace; NULL for nothing. */
static inline const struct residue_resource *at(uint64_t handle, const char *kind)
{
    const struct residue_resource *record, *found = NULL;
    for (unsigned i = 0; (record = core_record(RESIDUE_RECORD_RESOURCE, i)); i++) {
        if (record->state != RESIDUE_RESOURCE_LIVE || record->handle != handle)
            continue;
        uint32_t id = rs_site(record->site)->kind;
        const struct residue_resource_kind *is;
        for (unsigned k = 0; (is = core_record(RESIDUE_RECORD_RESOURCE_KIND, k)); k++)
            if (is->id == id && is->length == strlen(kind) && !memcmp(is->text, kind, is->length))
                found = record;
    }
    return found;
}

static inline const struct residue_misuse *only_misuse(uint32_t kind)
{
    cr_assert_eq(core_record_count(RESIDUE_RECORD_MISUSE), 1u, "%u of them",
                 core_record_count(RESIDUE_RECORD_MISUSE));
    const struct residue_misuse *misuse = core_record(RESIDUE_RECORD_MISUSE, 0);
    cr_assert_eq(misuse->misuse, kind);
    return misuse;
}

static inline void no_misuse(void)
{
    cr_assert_eq(core_record_count(RESIDUE_RECORD_MISUSE), 0u);
}

static inline uint32_t path_of(const char *name)
{
    return rs_intern_path(0, rs_intern_name(name, 0));
}

/* By code of another module than the one that calls the watched function around it. */
static inline uint64_t call_from_library(const struct core_call *inner)
{
    union {
        uint64_t (*call)(const struct core_call *);
        int (*compare)(const void *, const void *);
    } as = {.call = core_call};
    size_t count = 1;
    lfind(inner, "", &count, 1, as.compare);
    return 0;
}

static inline uint64_t call_inside(void *closure)
{
    return call_from_library(closure);
}

#endif
