/* The shim's life in a process: it begins when the shim is loaded and ends with the process. */
#ifndef SHIM_WINDOWS_START_H
#define SHIM_WINDOWS_START_H

#include <residue/profile.h>
#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

/* The process is about to end with this status. */
void rs_end(uint32_t status);

/* It is at that: its other threads are killed, or will be. */
extern uint32_t rs_ending;

/* Meets the runner (include/residue/profile.h): makes a fresh trace and maps it and the plan.
 * False: there is none, or this process is not to be recorded. */
struct rs_welcome {
    struct residue_header *trace;
    uint64_t trace_limit;
    const struct residue_plan *plan;
    struct residue_meeting *meeting;
};
bool rs_meet(struct rs_welcome *);

/* `name`, of ASCII, and the process id behind it. */
void rs_name_object(const char *name, uint32_t process, wchar_t *out);

/* The meeting of this process; NULL: it was none. */
const struct residue_meeting *rs_meeting(void);

/* Begins to record, if the runner has prepared the meeting by now. Once; not in DllMain. */
bool rs_begin_if_met(void);

/* Nobody has prepared a meeting: sees to it that somebody does. */
void rs_ask_for_runner(void);

/* Tells the runner how it turned out. */
void rs_met(const struct rs_welcome *, enum residue_meeting_state);

/* Sees exceptions that the processor raises. */
void rs_faults_watch(void);

#endif
