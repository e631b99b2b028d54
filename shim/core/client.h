/* Who does it: the client, or code of others that a watched call of the client's led to? */
#ifndef SHIM_CORE_CLIENT_H
#define SHIM_CORE_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include "shim/core/thread.h"

/* Is what runs in the frame of `regs` code of others, that one of the outermost `calls` active ones
 * led to? Not the client's own code that such a call came back to. */
bool rs_is_inner_code(struct rs_thread *, const struct rs_regs *regs, uint32_t calls);

/* Is the code at both addresses of one module, or both of none? */
bool rs_same_module(struct rs_thread *, uintptr_t pc, uintptr_t other);

/* Is code of the module that has `address` on the stack, by its identity? True where it can't be
 * told. */
bool rs_stack_has_module(struct rs_thread *, uint32_t stack, uintptr_t address);

#endif
