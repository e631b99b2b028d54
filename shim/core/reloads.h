/* Modules that come again after they had gone: what their earlier loads acquired is told from what
 * the present one did by how many calls of each path had come back by then. */
#ifndef SHIM_CORE_RELOADS_H
#define SHIM_CORE_RELOADS_H

#include <residue/trace.h>

/* The module, gone before, has come again. The caller holds the modules' lock. */
void rs_reload_enter(const struct residue_module *);

/* After a fork, in the child: forgets all. */
void rs_reloads_reset(void);

#endif
