/* Calls that the program names itself, through residue.h. */
#ifndef SHIM_CORE_SCOPES_H
#define SHIM_CORE_SCOPES_H

#include <stdint.h>

/* `frame`: the caller's stack pointer; `pc`: where it goes on. */
void rs_scope_begin(const char *name, uintptr_t frame, uintptr_t pc);
void rs_scope_end(uintptr_t frame);

/* Held over a fork, so that the child inherits a whole table. */
void rs_scopes_lock(void);
void rs_scopes_unlock(void);

#endif
