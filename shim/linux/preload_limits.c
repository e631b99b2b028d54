/*
 * What the client may take of memory is meant without the shim: limits are set higher by what the
 * shim takes, and shown without it (analyzer/run_limits.h raised those the program began with).
 * mlockall would fill the trace's mapping, which is far larger than any memory.
 */
#include "shim/core/bytes.h"
#include "shim/core/state.h"
#include "shim/linux/loader.h"
#include "shim/linux/syscall.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define EXPORT __attribute__((visibility("default")))

/* ---- limits ---- */

static rlim_t taken(int which)
{
    if (!rs.was_recording || !(rs.plan->flags & RESIDUE_PLAN_LIMITS_RAISED))
        return 0;
    return which == RLIMIT_AS     ? RESIDUE_TRACE_SPACE + RESIDUE_TABLE_SPACE
           : which == RLIMIT_DATA ? RESIDUE_TABLE_SPACE
                                  : 0;
}

static rlim_t plus(rlim_t limit, rlim_t more)
{
    return limit > RLIM_INFINITY - more ? RLIM_INFINITY : limit + more;
}

static rlim_t minus(rlim_t limit, rlim_t less)
{
    return limit == RLIM_INFINITY || limit < less ? limit : limit - less;
}

static int limit(pid_t pid, int which, const struct rlimit *new, struct rlimit *old)
{
    static int (*real)(pid_t, int, const struct rlimit *, struct rlimit *);
    if (!real)
        real = (int (*)(pid_t, int, const struct rlimit *, struct rlimit *))rs_loader_next(
            "prlimit64");
    bool own = pid == 0 || pid == (pid_t)RS_SYSCALL0(SYS_getpid);
    rlim_t more = own ? taken(which) : 0;
    struct rlimit higher;
    if (new &&more) {
        higher = (struct rlimit){plus(new->rlim_cur, more), plus(new->rlim_max, more)};
        new = &higher;
    }
    int error = real(pid, which, new, old);
    if (!error && old)
        *old = (struct rlimit){minus(old->rlim_cur, more), minus(old->rlim_max, more)};
    return error;
}

/* struct rlimit64 is the same here. */
#define LIMITS(suffix)                                                                             \
    EXPORT int getrlimit##suffix(__rlimit_resource_t which, struct rlimit##suffix *now)            \
    {                                                                                              \
        return limit(0, (int)which, NULL, (void *)now);                                            \
    }                                                                                              \
    EXPORT int setrlimit##suffix(__rlimit_resource_t which, const struct rlimit##suffix *new)      \
    {                                                                                              \
        return limit(0, (int)which, (const void *)new, NULL);                                      \
    }                                                                                              \
    EXPORT int prlimit##suffix(pid_t pid, __rlimit_resource_t which,                               \
                               const struct rlimit##suffix *new, struct rlimit##suffix *old)       \
    {                                                                                              \
        return limit(pid, (int)which, (const void *)new, (void *)old);                             \
    }
LIMITS()
LIMITS(64)

/* ---- mlockall ---- */

/* Reads the list of mappings a piece at a time; *next is what is not used of the piece. */
struct mappings {
    long fd;
    size_t used, length;
    char piece[512];
};

static int next_byte(struct mappings *list)
{
    if (list->used == list->length) {
        long got = RS_SYSCALL3(SYS_read, list->fd, list->piece, sizeof list->piece);
        list->used = 0;
        list->length = rs_failed(got) ? 0 : (size_t)got;
    }
    return list->used < list->length ? (unsigned char)list->piece[list->used++] : -1;
}

/* A line begins with "start-end "; the end of the list is an empty range. */
static uintptr_t hexadecimal(struct mappings *list)
{
    uintptr_t value = 0;
    for (int byte; (byte = next_byte(list)) != -1;) {
        unsigned digit = byte >= '0' && byte <= '9'   ? (unsigned)byte - '0'
                         : byte >= 'a' && byte <= 'f' ? (unsigned)byte - 'a' + 10
                                                      : 16;
        if (digit == 16)
            break;
        value = value << 4 | digit;
    }
    return value;
}

/* Locks, and so fills, what of [at, end) is not one of the shim's two large mappings: the system
 * may have made one mapping of them and a neighbour. */
static void lock_but_ours(uintptr_t at, uintptr_t end)
{
    const struct {
        uintptr_t start, end;
    } ours[] = {{(uintptr_t)rs.trace, (uintptr_t)rs.trace + rs.trace_limit},
                {(uintptr_t)rs.top, (uintptr_t)rs.top + RS_TOP_BYTES}};
    while (at < end) {
        uintptr_t stop = end, next = end;
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
            if (ours[i].end <= at || ours[i].start >= stop)
                continue;
            stop = ours[i].start > at ? ours[i].start : at;
            next = ours[i].end;
        }
        if (stop > at)
            RS_SYSCALL2(SYS_mlock, at, stop - at);
        at = next;
    }
}

static void lock_all_but_ours(void)
{
    struct mappings list = {.fd =
                                RS_SYSCALL3(SYS_open, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0)};
    if (rs_failed(list.fd))
        return;
    for (;;) {
        uintptr_t start = hexadecimal(&list), end = hexadecimal(&list);
        if (start >= end)
            break;
        lock_but_ours(start, end);
        for (int byte = 0; byte != '\n' && byte != -1;)
            byte = next_byte(&list);
    }
    RS_SYSCALL1(SYS_close, list.fd);
}

EXPORT int mlockall(int flags)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))rs_loader_next("mlockall");
    if (!rs.was_recording || !(flags & MCL_CURRENT) || (flags & MCL_ONFAULT))
        return real(flags);
    int error = real(flags | MCL_ONFAULT);
    if (error)
        return error;
    lock_all_but_ours();
    return flags & MCL_FUTURE ? real(MCL_FUTURE) : 0;
}
