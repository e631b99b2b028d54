/* The modules of the process, the bounds of the stack, registers and frames, as the system has
 * them. */
#ifndef TESTS_WINDOWS_UNWIND_LOADED_H
#define TESTS_WINDOWS_UNWIND_LOADED_H

#include <windows.h>
#include "shim/core/unwind.h"
#include "tests/unit/row_apply.h"

const struct rs_modules *unwind_modules(void);
struct rs_stack_bounds unwind_bounds(void);
struct rs_rule_cache *unwind_rules(void);

/* The file's name of the module that holds the address. */
const char *unwind_module_name(uintptr_t address);

struct row_registers unwind_registers(const CONTEXT *);
struct rs_regs unwind_regs(const CONTEXT *, struct rs_kept *);

/* To the caller, by RtlVirtualUnwind. False: the system knows no more. */
bool unwind_by_system(CONTEXT *);

#endif
