/* System calls without libc: errno, cancellation and interposed wrappers are the client's. x86-64.
 */
#ifndef SHIM_LINUX_SYSCALL_H
#define SHIM_LINUX_SYSCALL_H

#include <stdint.h>
#include <sys/syscall.h>

/* The kernel's answer: negative values down to -4095 are errors. Unused arguments are 0. */
static inline long rs_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define RS_SYSCALL0(n)             rs_syscall(n, 0, 0, 0, 0, 0, 0)
#define RS_SYSCALL1(n, a)          rs_syscall(n, (long)(a), 0, 0, 0, 0, 0)
#define RS_SYSCALL2(n, a, b)       rs_syscall(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define RS_SYSCALL3(n, a, b, c)    rs_syscall(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define RS_SYSCALL4(n, a, b, c, d) rs_syscall(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define RS_SYSCALL6(n, a, b, c, d, e, f)                                                           \
    rs_syscall(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static inline int rs_failed(long result)
{
    return result < 0 && result >= -4095;
}

#endif
