/*
 * The few things that many blocks share: names, call paths, stacks, kinds and sites, each written
 * to the trace once and known by its identity from then on. All functions are thread-safe and
 * return 0 when recording stopped. Identity 0 means none.
 */
#ifndef SHIM_CORE_INTERN_H
#define SHIM_CORE_INTERN_H

#include <residue/trace.h>
#include <stddef.h>
#include <stdint.h>

/* `text` need not outlive the call. The same text gives the same identity. */
uint32_t rs_intern_name(const char *text, uint32_t role);

uint32_t rs_intern_path(uint32_t parent, uint32_t name);

/* The record of a path, for its counters. Valid for ever. */
struct residue_path *rs_path(uint32_t id);
uint32_t rs_path_count(void);

/* The record of a stack. Valid for ever. */
const struct residue_stack *rs_stack_record(uint32_t id);

uint32_t rs_intern_stack(const struct residue_frame *frames, uint32_t depth, uint32_t flags);

/* A kind: `index` is the plan's kind index, or one of RS_KIND_*. */
enum {
    RS_KIND_BLOCK = 0x10000,
    RS_KIND_MAPPING,
    RS_KIND_MODULE_REFERENCE,
    RS_KIND_CRITICAL_SECTION,
    RS_KIND_PRIVATE_HEAP,
    RS_KIND_INTERFACE_REFERENCE,
    RS_KIND_CONNECTION /* of an advise sink */
};
uint32_t rs_intern_kind(uint32_t index);

uint32_t rs_intern_site(uint32_t path, uint32_t stack, uint32_t kind);
const struct residue_site *rs_site(uint32_t id);
uint32_t rs_site_count(void);

/* A module by path and build-id. */
struct residue_module *rs_intern_module(const char *path, const void *build_id,
                                        size_t build_id_length);

/* Empties all tables, for another trace of the same process, and gives their memory back. */
void rs_intern_clear(void);

/* After a fork, in the child: empties all tables. */
void rs_intern_reset(void);

#endif
