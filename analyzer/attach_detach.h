/* Detaching: recording stops and the slots lead where they led before, while the process runs on:
 * its threads stand still for a moment (four: less than 1 ms; 300: 4 ms). */
#ifndef ANALYZER_ATTACH_DETACH_H
#define ANALYZER_ATTACH_DETACH_H

#include <residue/attach.h>
#include <stdbool.h>

#include "analyzer/attach_process.h"

/* What the shim in the process says of itself. False: there is none, or it never was attached to.
 */
bool attach_find(const struct attach_process *, struct residue_attachment *, uint64_t *address);

/* Is it recorded? */
bool attach_is_recorded(const struct attach_process *, const struct residue_attachment *);

/* Detaches through the descriptor of the process's memory; `address` is that of its
 * residue_attachment. In a process that has ended, or is another program now, there is nothing to
 * be done. Returns how many slots could not be written to: a kernel may forbid it where they are
 * read-only. What comes through them is handed on. */
size_t attach_detach(pid_t, int memory, uint64_t address);

#endif
