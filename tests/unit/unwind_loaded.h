/* The list of modules as the shim would have it, the bounds of the stack, a cache of rules. */
#ifndef UNWIND_LOADED_H
#define UNWIND_LOADED_H

#include "shim/core/unwind.h"

/* Lists the loaded objects anew, as a new generation. */
const struct rs_modules *unwind_modules(void);

/* One more module for the list from then on. It lives as long as the process. */
void unwind_list_module(const struct rs_module *);

const struct rs_module *unwind_module_of(uintptr_t pc);

/* Of the calling thread; or those last set, {0, 0} for not known. */
struct rs_stack_bounds unwind_bounds(void);
void unwind_set_bounds(struct rs_stack_bounds);

struct rs_rule_cache *unwind_rules(void);

#endif
