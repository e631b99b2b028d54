/* The shim in a program that it did not begin with: `residue attach` had it loaded
 * (include/residue/attach.h). */
#ifndef SHIM_LINUX_ATTACH_H
#define SHIM_LINUX_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

/* The socket of the runner that attached; "" = none did. */
const char *rs_attach_socket(void);

/* Around all writes to slots. False: the process is being detached from, nothing may be written.
 * Lock-free. */
bool rs_slots_begin(void);
void rs_slots_end(void);

/* Writes to a slot (rs_pen_write), and notes in the journal what it was. False: it could not
 * be written, or the journal is full. */
bool rs_slot_write(uintptr_t *slot, uintptr_t value);

/* The slots in [start, end) are gone with their module. */
void rs_slots_forget(uintptr_t start, uintptr_t end);

/* In a forked child: only the calling thread is left. */
void rs_slots_reset(void);

#endif
