/* All threads of a process stand still for a moment. */
#ifndef ANALYZER_ATTACH_STOP_H
#define ANALYZER_ATTACH_STOP_H

#include <stddef.h>
#include <sys/types.h>

/* Calls `work` while no thread of the process runs, and lets them go on as if nothing had happened.
 * Runs in a child of the caller, with whom all threads are let go should it be killed: what `work`
 * returns comes back, what it changes in memory does not. Threads of another tracer, and those that
 * the kernel does not let stop within PATIENCE, are left as they are, and so is who hands over
 * bytes to somebody that has no room for them (attach_is_transferring). With no child to be had
 * `work` runs here, and nothing is stopped. */
size_t attach_stopped(pid_t, size_t (*work)(void *), void *closure);

#endif
