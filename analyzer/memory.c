#include "analyzer/memory.h"
#include "analyzer/memory_machine.h"
#include "analyzer/statistics.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Allocators take memory in steps (glibc 132 KiB). Growth of a few steps says more about the step
 * than about the client. */
#define MEANINGFUL_GROWTH (512.0 * 1024)

/* ---- the limit ---- */

static void find_limit(struct memory *memory, const struct trace *trace, uint64_t limit)
{
    if (limit) {
        memory->limit_kind = MEMORY_LIMIT_OPTION;
        memory->limit_bytes = limit;
        return;
    }
    uint64_t group = memory_of_group();
    memory->limit_bytes = memory_of_machine();
    memory->limit_kind = memory->limit_bytes ? MEMORY_LIMIT_MACHINE : MEMORY_LIMIT_NONE;
    if (group && (!memory->limit_bytes || group < memory->limit_bytes)) {
        memory->limit_kind = MEMORY_LIMIT_CGROUP;
        memory->limit_bytes = group;
    }
    /* A 32-bit program reaches 4 GiB under a 64-bit Linux kernel, 2 GiB under Windows (Memory
     * Limits for Windows: without IMAGE_FILE_LARGE_ADDRESS_AWARE). */
    uint64_t reach = (uint64_t)(trace->header.os == RESIDUE_OS_WINDOWS ? 2 : 4) << 30;
    if (trace->header.pointer_size == 4 && (!memory->limit_bytes || reach < memory->limit_bytes)) {
        memory->limit_kind = MEMORY_LIMIT_ADDRESS_SPACE;
        memory->limit_bytes = reach;
    }
}

const char *memory_limit_name(enum memory_limit kind)
{
    static const char *const names[] = {"none", "option", "address-space", "cgroup", "machine"};
    return names[kind];
}

bool memory_parse_size(const char *text, uint64_t *bytes)
{
    static const char units[] = "KMGT";
    if (!isdigit((unsigned char)*text))
        return false;
    char *rest;
    errno = 0;
    unsigned long long number = strtoull(text, &rest, 10);
    const char *unit = *rest ? strchr(units, toupper((unsigned char)*rest)) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    rest += unit ? 1 : 0;
    if (*rest && strcasecmp(rest, "B") && !(unit && !strcasecmp(rest, "iB")))
        return false;
    if (errno || !number || number > UINT64_MAX >> shift)
        return false;
    *bytes = (uint64_t)number << shift;
    return true;
}

/* ---- growth ---- */

/* The first checkpoint after warm-up: a tenth of the time between the first and the last one has
 * passed, or of the calls. Not a tenth of the whole run, which may begin with a long start-up
 * before any call; and time alone would call all a warm-up before a long wait. Checkpoints come at
 * call counts that grow by half, so that the last LATE of them are of the last nine tenths. */
static const struct trace_checkpoint *warmed_up(const struct trace *trace)
{
    enum { LATE = 6 };
    const struct trace_checkpoint *first = trace->checkpoints,
                                  *last = first + trace->checkpoint_count - 1;
    const struct trace_checkpoint *by_calls =
        trace->checkpoint_count > LATE ? last - (LATE - 1) : last;
    uint64_t from = first->time_ns + (last->time_ns - first->time_ns) / 10;
    while (first < by_calls && first->time_ns < from)
        first++;
    return first;
}

/* The last checkpoint, unless something great was released before it (a final logoff): then the one
 * at which the client was largest. */
static const struct trace_checkpoint *largest(const struct trace *trace,
                                              const struct trace_checkpoint *from)
{
    const struct trace_checkpoint *most = from, *end = trace->checkpoints + trace->checkpoint_count;
    for (; from < end; from++)
        if (from->private_bytes >= most->private_bytes)
            most = from;
    return most;
}

static void compare_growth(struct memory *memory, const struct trace *trace)
{
    const struct trace_checkpoint *from = warmed_up(trace), *to = largest(trace, from);
    memory->private_first = from->private_bytes;
    memory->private_last = to->private_bytes;
    memory->tracked_first = from->tracked_bytes;
    memory->tracked_last = to->tracked_bytes;
    if (!from->private_bytes || !to->private_bytes)
        return;
    double grown = (double)to->private_bytes - (double)from->private_bytes;
    double tracked = (double)to->tracked_bytes - (double)from->tracked_bytes;
    memory->meaningful = grown >= MEANINGFUL_GROWTH;
    if (memory->meaningful)
        memory->explained = tracked > 0 ? tracked / grown : 0;
}

const char *memory_pace_name(enum memory_pace pace)
{
    static const char *const names[] = {"none", "recent-private-bytes", "leaks"};
    return names[pace];
}

/* Bytes a second by which private bytes grew in the last half of the checkpoints' time, up to where
 * the client was largest. Checkpoints become rarer as calls go on: the half is widened, as far as
 * the warm-up, until it has a few. 0 when they did not grow by more than an allocator's steps. */
static double recent_pace(const struct trace *trace)
{
    enum { FEW = 4, MOST = STATISTICS_SLOPE_POINTS };
    double seconds[MOST], bytes[MOST];
    const struct trace_checkpoint *from = warmed_up(trace), *last = largest(trace, from);
    uint64_t half = from->time_ns + (last->time_ns - from->time_ns) / 2;
    size_t at = MOST;
    for (ptrdiff_t i = last - from; i >= 0 && at; i--) {
        const struct trace_checkpoint *point = &from[i];
        if (point->time_ns < half && MOST - at >= FEW)
            break;
        if (!point->private_bytes)
            continue;
        seconds[--at] = (double)point->time_ns / 1e9;
        bytes[at] = (double)point->private_bytes;
    }
    if (MOST - at < 2)
        return 0;
    double slope = statistics_theil_sen(seconds + at, bytes + at, MOST - at);
    return slope * (seconds[MOST - 1] - seconds[at]) >= MEANINGFUL_GROWTH ? slope : 0;
}

struct memory memory_of(const struct trace *trace, uint64_t limit, double leaked_bytes,
                        uint64_t calls)
{
    struct memory memory = {0};
    uint64_t ns = trace->header.end_ns;
    if (trace->checkpoint_count) {
        compare_growth(&memory, trace);
        uint64_t last = trace->checkpoints[trace->checkpoint_count - 1].time_ns;
        ns = last > ns ? last : ns;
    }
    memory.seconds = (double)ns / 1e9;
    find_limit(&memory, trace, limit);
    if (leaked_bytes <= 0 || !calls || !memory.limit_bytes)
        return memory;
    double left = (double)memory.limit_bytes - (double)memory.private_last;
    left = left > 0 ? left : 0;
    memory.will_fill = true;
    memory.calls_left = left / (leaked_bytes / (double)calls);
    memory.pace = MEMORY_PACE_RECENT;
    memory.bytes_per_second = trace->checkpoint_count ? recent_pace(trace) : 0;
    if (memory.bytes_per_second <= 0) {
        memory.pace = MEMORY_PACE_LEAKS;
        memory.bytes_per_second = memory.seconds > 0 ? leaked_bytes / memory.seconds : 0;
    }
    memory.seconds_left = memory.bytes_per_second > 0 ? left / memory.bytes_per_second : 0;
    return memory;
}
