/* The seam of shim/core/os.h on Linux. */
#include "shim/core/os.h"
#include "shim/core/bytes.h"
#include "shim/core/text.h"
#include "shim/core/watched.h"
#include "shim/linux/attach.h"
#include "shim/linux/loader.h"
#include "shim/linux/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>

void *rs_os_map(size_t bytes)
{
    long at = RS_SYSCALL6(SYS_mmap, 0, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return rs_failed(at) ? NULL : (void *)at;
}

void rs_os_unmap(void *memory, size_t bytes)
{
    RS_SYSCALL2(SYS_munmap, memory, bytes);
}

/* A shared mapping of a sparse file is memory as soon as it is touched. */
bool rs_os_commit(void *memory, size_t bytes)
{
    (void)memory, (void)bytes;
    return true;
}

uint64_t rs_os_now_ns(void)
{
    struct timespec now = {0, 0};
    RS_SYSCALL2(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* statm: size resident shared text lib data dt, in pages; private = resident - shared. */
uint64_t rs_os_private_bytes(void)
{
    long fd = RS_SYSCALL3(SYS_open, "/proc/self/statm", O_RDONLY | O_CLOEXEC, 0);
    if (rs_failed(fd))
        return 0;
    char text[128];
    long length = RS_SYSCALL3(SYS_read, fd, text, sizeof text - 1);
    RS_SYSCALL1(SYS_close, fd);
    uint64_t field[3] = {0, 0, 0};
    unsigned at = 0;
    for (long i = 0; i < length && at < 3; i++) {
        if (text[i] >= '0' && text[i] <= '9')
            field[at] = field[at] * 10 + (uint64_t)(text[i] - '0');
        else
            at++;
    }
    return at < 3 || field[1] < field[2] ? 0 : (field[1] - field[2]) * 4096;
}

bool rs_os_touched(const void *memory, size_t pages, unsigned char *touched)
{
    return !rs_failed(RS_SYSCALL3(SYS_mincore, memory, pages * 4096, touched));
}

void rs_os_wait(uint32_t *word, uint32_t value)
{
    RS_SYSCALL4(SYS_futex, word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, value, 0);
}

void rs_os_wake(uint32_t *word)
{
    RS_SYSCALL4(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0);
}

/* The second way is for where a sandbox forbids the first. */
bool rs_os_read(const void *from, void *to, size_t size)
{
    struct iovec here = {to, size}, there = {(void *)from, size};
    long pid = RS_SYSCALL0(SYS_getpid);
    long got = RS_SYSCALL6(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0);
    if (!rs_failed(got) || got == -EFAULT)
        return got == (long)size;
    long fd = RS_SYSCALL3(SYS_open, "/proc/self/mem", O_RDONLY | O_CLOEXEC, 0);
    if (rs_failed(fd))
        return false;
    got = RS_SYSCALL4(SYS_pread64, fd, to, size, from);
    RS_SYSCALL1(SYS_close, fd);
    return got == (long)size;
}

bool rs_os_is_code(uintptr_t address)
{
    int is_code = rs_loader_is_code(address);
    char byte;
    return is_code < 0 ? rs_os_read((const void *)address, &byte, 1) : is_code;
}

uint32_t rs_os_thread_id(void)
{
    return (uint32_t)RS_SYSCALL0(SYS_gettid);
}

bool rs_os_thread_alive(uint32_t thread_id)
{
    long pid = RS_SYSCALL0(SYS_getpid);
    return RS_SYSCALL3(SYS_tgkill, pid, thread_id, 0) != -3 /* ESRCH */;
}

/* glibc puts a thread's control block at the upper end of its stack; the first thread's stack ends
 * where the program's arguments are (rs_loader_stack_end). How far down it goes is its limit, at
 * most. */
struct rs_stack_bounds rs_os_stack_bounds(void)
{
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);
    uintptr_t control;
    __asm__("mov %%fs:0, %0" : "=r"(control));
    struct rlimit limit = {8 << 20, 8 << 20};
    RS_SYSCALL4(SYS_prlimit64, 0, RLIMIT_STACK, 0, &limit);
    uintptr_t size = limit.rlim_cur < ((uint64_t)1 << 30) ? limit.rlim_cur : (uintptr_t)64 << 20;
    bool first = RS_SYSCALL0(SYS_gettid) == RS_SYSCALL0(SYS_getpid);
    uintptr_t end = first ? rs_loader_stack_end() : control;
    if (sp >= end || end - sp > size)
        return (struct rs_stack_bounds){0, 0};
    return (struct rs_stack_bounds){end - size, end};
}

void rs_os_say(const char *text)
{
    char line[320] = "residue: ";
    size_t length = rs_length(text);
    length = length < 300 ? length : 300;
    rs_copy(line + 9, text, length);
    line[9 + length] = '\n';
    RS_SYSCALL3(SYS_write, 2, line, length + 10);
}

bool rs_os_find_module(uintptr_t pc, struct rs_found_module *found)
{
    return rs_loader_find(pc, found);
}

bool rs_os_write_slot(uintptr_t *slot, uintptr_t value)
{
    if (!rs_slots_begin())
        return false;
    bool written = rs_slot_write(slot, value);
    rs_slots_end();
    return written;
}
