/* Ways a process or a stack ends: _exit, longjmp; and an exception that passes a thunk. */
#include "shim/core/calls.h"
#include "shim/core/state.h"
#include "shim/linux/loader.h"
#include "shim/linux/start.h"
#include "shim/linux/syscall.h"

#include <setjmp.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT __attribute__((noreturn)) void _exit(int status);
EXPORT __attribute__((noreturn)) void _exit(int status)
{
    rs_end(status);
    for (;;)
        RS_SYSCALL1(SYS_exit_group, status);
}

EXPORT __attribute__((noreturn)) void _Exit(int status);
EXPORT __attribute__((noreturn)) void _Exit(int status)
{
    _exit(status);
}

/* ---- longjmp ---- */

/* glibc on x86-64 keeps the stack pointer as the 7th word, rotated and mixed with the thread's
 * guard. */
static uintptr_t target_of(const void *environment)
{
    uintptr_t mangled = ((const uintptr_t *)environment)[6], guard;
    __asm__("mov %%fs:0x30, %0" : "=r"(guard));
    return (mangled >> 17 | mangled << 47) ^ guard;
}

static void jump_begins(const void *environment)
{
    struct rs_thread *self = rs_recording() ? rs_self : NULL;
    if (!self)
        return;
    self->busy =
        0; /* out of a handler that interrupted the shim: what was interrupted never goes on */
    if (rs_thread_begin(self)) {
        rs_calls_heal_to(self, target_of(environment));
        rs_thread_end(self);
    }
}

#define JUMP(name)                                                                                 \
    EXPORT __attribute__((noreturn)) void name(struct __jmp_buf_tag environment[1], int value);    \
    EXPORT __attribute__((noreturn)) void name(struct __jmp_buf_tag environment[1], int value)     \
    {                                                                                              \
        static void (*real)(struct __jmp_buf_tag *, int);                                          \
        if (!real)                                                                                 \
            real = (void (*)(struct __jmp_buf_tag *, int))rs_loader_next(#name);                   \
        jump_begins(environment);                                                                  \
        real(environment, value);                                                                  \
        __builtin_unreachable();                                                                   \
    }

JUMP(longjmp)
JUMP(_longjmp)
JUMP(siglongjmp)
JUMP(__longjmp_chk)

/* ---- exceptions ---- */

/* The personality of the thunks' frame (Itanium C++ ABI, "Base ABI"): never a handler, but in the
 * second phase it learns that the frame goes. */
enum { UNWIND_CLEANUP_PHASE = 2, CONTINUE_UNWIND = 8 };

int rs_frame_personality(int version, int actions, uint64_t class, void *exception, void *context);
int rs_frame_personality(int version, int actions, uint64_t class, void *exception, void *context)
{
    (void)version, (void)class, (void)exception, (void)context;
    struct rs_thread *self = rs_recording() ? rs_self : NULL;
    if ((actions & UNWIND_CLEANUP_PHASE) && self && rs_thread_begin(self)) {
        rs_call_unwound(self);
        rs_thread_end(self);
    }
    return CONTINUE_UNWIND;
}
