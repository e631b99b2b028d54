/*
 * The client's memory over time, from the checkpoints: how much of the growth of its private bytes
 * the tracked resources explain, and when memory will be full.
 */
#ifndef ANALYZER_MEMORY_H
#define ANALYZER_MEMORY_H

#include "analyzer/trace.h"

enum memory_limit {
    MEMORY_LIMIT_NONE = 0,
    MEMORY_LIMIT_OPTION,        /* given by the user */
    MEMORY_LIMIT_ADDRESS_SPACE, /* what the client's pointers can reach */
    MEMORY_LIMIT_CGROUP,        /* of the control group the report is made in */
    MEMORY_LIMIT_MACHINE,       /* MemTotal where the report is made */
};

/* What the time that is left was computed from. */
enum memory_pace {
    MEMORY_PACE_NONE = 0,
    MEMORY_PACE_RECENT, /* growth of private bytes over the last half of the checkpoints' time */
    MEMORY_PACE_LEAKS,  /* what the leaks left behind over the whole run: nothing grew enough */
};

struct memory {
    double seconds; /* from start to the last checkpoint, or to the end when that is known */
    uint64_t private_first, private_last; /* after warm-up and when largest; 0 = not known */
    uint64_t tracked_first, tracked_last; /* at the same two checkpoints */
    bool meaningful;  /* private bytes grew enough after warm-up to be compared */
    double explained; /* growth of tracked / growth of private bytes; only when meaningful */
    enum memory_limit limit_kind;
    uint64_t limit_bytes;
    bool will_fill; /* something leaks: what follows is known */
    enum memory_pace pace;
    double bytes_per_second; /* the pace */
    double seconds_left;     /* from the last checkpoint, at that pace */
    double calls_left;       /* of the worst call, at the rate of the leaks */
};

/* `limit` is the user's in bytes, 0 for the machine's. `leaked_bytes` is what all leaks left behind
 * over the run, `calls` the count of the call they are expressed in. */
struct memory memory_of(const struct trace *, uint64_t limit, double leaked_bytes, uint64_t calls);

/* "recent-private-bytes", "leaks", "none". */
const char *memory_pace_name(enum memory_pace);

/* "option", "address-space", "cgroup", "machine", "none". */
const char *memory_limit_name(enum memory_limit);

/* Reads a size: digits with an optional K, M, G or T (of 1024), optionally followed by "B" or
 * "iB", in either case. Returns false for anything else, for zero and for what exceeds 64 bits. */
bool memory_parse_size(const char *text, uint64_t *bytes);

#endif
