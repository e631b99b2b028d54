/* Making the trace's mapping, handing it to the runner, and getting the plan. Raw system calls
 * only: this also runs in a child that was forked from many threads. */
#include "shim/core/bytes.h"
#include "shim/core/text.h"
#include "shim/core/state.h"
#include "shim/core/writer.h"
#include "shim/linux/start.h"
#include "shim/linux/syscall.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

static void close_fd(long fd)
{
    if (!rs_failed(fd))
        RS_SYSCALL1(SYS_close, fd);
}

static const uint64_t largest = RESIDUE_TRACE_SPACE, smallest = (uint64_t)64 << 20;
static const uint64_t least_space = (uint64_t)1 << 30; /* addresses a process must have */

static const uint64_t records_room = (uint64_t)16 << 20;

static uint64_t limit_of(int resource)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    RS_SYSCALL4(SYS_prlimit64, 0, resource, 0, &limit);
    return limit.rlim_cur;
}

/* What the process's limits leave for a trace. Of its addresses it needs most itself, two bytes for
 * each of the shadow, unless the runner could raise the limit by what we take; growing a file
 * beyond the limit of its size would kill it. */
static uint64_t room(uint32_t *refusal)
{
    uint64_t space = limit_of(RLIMIT_AS), file = limit_of(RLIMIT_FSIZE);
    if (space >= RESIDUE_TRACE_SPACE + RESIDUE_TABLE_SPACE)
        space -= RESIDUE_TABLE_SPACE;
    else if (space < least_space)
        space = 0;
    else
        space = (space - RS_TOP_BYTES) / 3 + records_room;
    *refusal = space < file ? RESIDUE_REFUSAL_SPACE : RESIDUE_REFUSAL_FILE_SIZE;
    uint64_t most = space < file ? space : file;
    return most < largest ? most & ~(uint64_t)(RS_PAGE - 1) : largest;
}

/* As large as may be: it is sparse, and only what is used costs memory. */
static void *map_trace(long fd, void *at, uint64_t *limit, uint32_t *refusal)
{
    uint64_t size = at ? *limit : room(refusal);
    for (; size >= smallest; size = at ? 0 : size / 4) {
        *refusal = RESIDUE_REFUSAL_MEMORY;
        if (rs_failed(RS_SYSCALL2(SYS_ftruncate, fd, size)))
            continue;
        long mapped = RS_SYSCALL6(SYS_mmap, at, size, PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_NORESERVE | (at ? MAP_FIXED : 0), fd, 0);
        if (rs_failed(mapped))
            continue;
        RS_SYSCALL3(SYS_madvise, mapped, size, MADV_DONTDUMP);
        *limit = size;
        return (void *)mapped;
    }
    return NULL;
}

static uint64_t clock_ns(int clock)
{
    struct timespec now = {0, 0};
    RS_SYSCALL2(SYS_clock_gettime, clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Complete before anybody hears of the trace: the client may be killed at any moment after that. */
static void write_header(struct residue_header *trace, uint32_t how)
{
    rs_writer_head(trace);
    trace->arch = RESIDUE_ARCH_X86_64;
    trace->os = RESIDUE_OS_LINUX;
    trace->flags = how == 1 ? RESIDUE_FLAG_FORKED : how == 2 ? RESIDUE_FLAG_ATTACHED : 0;
    trace->pid = (uint32_t)RS_SYSCALL0(SYS_getpid);
    trace->parent_pid = (uint32_t)RS_SYSCALL0(SYS_getppid);
    trace->start_unix_ns = clock_ns(CLOCK_REALTIME);
    trace->start_mono_ns = clock_ns(CLOCK_MONOTONIC);
    size_t length = rs_length(rs_program()), most = sizeof trace->program - 1;
    rs_copy(trace->program, rs_program(), length < most ? length : most);
}

/* A runner that is stopped or swamped must not hold the client up for ever. */
static void be_patient(long fd)
{
    struct {
        long seconds, microseconds;
    } patience = {10, 0};
    const int directions[] = {SO_RCVTIMEO, SO_SNDTIMEO};
    for (int i = 0; i < 2; i++)
        rs_syscall(SYS_setsockopt, fd, SOL_SOCKET, directions[i], (long)&patience, sizeof patience,
                   0);
}

static long connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = rs_length(path);
    if (length >= sizeof address.sun_path)
        return -1;
    rs_copy(address.sun_path, path, length);
    long fd = RS_SYSCALL3(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (rs_failed(fd))
        return -1;
    be_patient(fd);
    if (rs_failed(RS_SYSCALL3(SYS_connect, fd, &address, sizeof address))) {
        close_fd(fd);
        return -1;
    }
    return fd;
}

union control {
    struct cmsghdr header;
    unsigned char room[CMSG_SPACE(sizeof(int))];
};

/* With the trace's descriptor, if there is a trace. */
static bool send_hello(long fd, long trace, uint32_t how, uint32_t refusal)
{
    struct residue_hello hello = {.version = RESIDUE_TRACE_VERSION,
                                  .pid = (uint32_t)RS_SYSCALL0(SYS_getpid),
                                  .parent_pid = (uint32_t)RS_SYSCALL0(SYS_getppid),
                                  .how = how,
                                  .refusal = refusal};
    rs_copy(hello.magic, RESIDUE_TRACE_MAGIC, 8);
    union control control;
    rs_zero(&control, sizeof control);
    struct iovec part = {&hello, sizeof hello};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (!refusal) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control.room;
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        int sent = (int)trace;
        rs_copy(CMSG_DATA(&control.header), &sent, sizeof sent);
    }
    return RS_SYSCALL3(SYS_sendmsg, fd, &message, MSG_NOSIGNAL) == (long)sizeof hello;
}

/* The plan's descriptor, or -1. */
static long receive_welcome(long fd)
{
    struct residue_welcome welcome;
    rs_zero(&welcome, sizeof welcome);
    union control control;
    rs_zero(&control, sizeof control);
    struct iovec part = {&welcome, sizeof welcome};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control.room};
    long got = RS_SYSCALL3(SYS_recvmsg, fd, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
    long plan = -1;
    if (message.msg_controllen >= CMSG_LEN(sizeof(int)) && control.header.cmsg_type == SCM_RIGHTS) {
        int received;
        rs_copy(&received, CMSG_DATA(&control.header), sizeof received);
        plan = received;
    }
    if (got == (long)sizeof welcome && welcome.record &&
        rs_equal(welcome.magic, RESIDUE_PLAN_MAGIC, 8) && welcome.version == RESIDUE_PLAN_VERSION)
        return plan;
    close_fd(plan);
    return -1;
}

static const void *map_plan(long fd)
{
    struct residue_plan head;
    if (RS_SYSCALL4(SYS_pread64, fd, &head, sizeof head, 0) != (long)sizeof head ||
        !rs_equal(head.magic, RESIDUE_PLAN_MAGIC, 8) || head.version != RESIDUE_PLAN_VERSION)
        return NULL;
    long plan = RS_SYSCALL6(SYS_mmap, 0, head.size, PROT_READ, MAP_PRIVATE, fd, 0);
    return rs_failed(plan) ? NULL : (const void *)plan;
}

static int shake_hands(long connection, long trace, uint32_t how, struct rs_welcome *welcome)
{
    if (!send_hello(connection, trace, how, RESIDUE_REFUSAL_NONE))
        return 0;
    long plan = receive_welcome(connection);
    if (plan < 0)
        return 0;
    if (!welcome->plan)
        welcome->plan = map_plan(plan);
    close_fd(plan);
    return welcome->plan != NULL;
}

int rs_handshake(const char *socket, void *at, uint32_t how, struct rs_welcome *welcome)
{
    long connection = connect_to(socket);
    if (connection < 0)
        return 0;
    long trace = RS_SYSCALL2(SYS_memfd_create, "residue", MFD_CLOEXEC);
    uint32_t refusal = RESIDUE_REFUSAL_DESCRIPTORS;
    int done = 0;
    welcome->trace = NULL;
    if (!rs_failed(trace))
        welcome->trace = map_trace(trace, at, &welcome->trace_limit, &refusal);
    if (welcome->trace) {
        write_header(welcome->trace, how);
        done = shake_hands(connection, trace, how, welcome);
        if (!done && !at)
            RS_SYSCALL2(SYS_munmap, welcome->trace, welcome->trace_limit);
    } else {
        send_hello(connection, -1, how, refusal);
    }
    close_fd(trace);
    close_fd(connection);
    return done;
}
