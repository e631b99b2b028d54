/*
 * Faults: a signal that would end the process is seen first, noted, and then ends it as it would
 * have: with the same status, at the same instruction. Only where the client leaves it to the
 * system; it is told that it does, whatever it asks.
 */
#include "shim/core/fault.h"
#include "shim/core/bytes.h"
#include "shim/core/state.h"
#include "shim/linux/loader.h"
#include "shim/linux/start.h"
#include "shim/linux/syscall.h"

#include <signal.h>
#include <ucontext.h>

#define EXPORT __attribute__((visibility("default")))

static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

typedef int action(int, const struct sigaction *, struct sigaction *);
static action *real_sigaction;

static action *real(void)
{
    if (!real_sigaction)
        real_sigaction = (action *)rs_loader_next("sigaction");
    return real_sigaction;
}

/* The registers of the kernel's frame, all 16. */
enum { REGISTERS = 16 };
_Static_assert(REG_R8 == 0 && REG_RSP == 15, "the general registers come first");

static void note(int signal, const siginfo_t *info, const ucontext_t *context)
{
    uintptr_t value[REGISTERS];
    for (int i = 0; i < REGISTERS; i++)
        value[i] = (uintptr_t)context->uc_mcontext.gregs[i];
    struct rs_kept kept = {.bx = value[REG_RBX],
                           .r12 = value[REG_R12],
                           .r13 = value[REG_R13],
                           .r14 = value[REG_R14],
                           .r15 = value[REG_R15],
                           .si = value[REG_RSI],
                           .di = value[REG_RDI]};
    rs_fault_note(&(struct rs_fault){
        .code = (uint32_t)signal,
        .address = signal == SIGSEGV || signal == SIGBUS ? (uintptr_t)info->si_addr : 0,
        .regs = {.pc = (uintptr_t)context->uc_mcontext.gregs[REG_RIP],
                 .sp = value[REG_RSP],
                 .bp = value[REG_RBP],
                 .kept = &kept},
        .values = value,
        .value_count = REGISTERS});
}

/* From now on as the system has it. What the processor raised it raises again, when the instruction
 * is repeated; what somebody sent is sent again, and waits until this returns. */
static void leave_to_system(int signal, const siginfo_t *info)
{
    struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } none = {0};
    RS_SYSCALL4(SYS_rt_sigaction, signal, &none, NULL, sizeof none.mask);
    if (info->si_code <= 0)
        RS_SYSCALL3(SYS_tgkill, RS_SYSCALL0(SYS_getpid), RS_SYSCALL0(SYS_gettid), signal);
}

static void handle(int signal, siginfo_t *info, void *context)
{
    note(signal, info, context);
    leave_to_system(signal, info);
}

static bool is_ours(const struct sigaction *of)
{
    return of->sa_flags & SA_SIGINFO && of->sa_sigaction == handle;
}

/* Where the shim was attached, it must leave nothing behind: handlers can't be taken back from
 * outside. */
static void watch(int signal)
{
    if (rs_loader_is_late())
        return;
    struct sigaction before, ours = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    if (real()(signal, NULL, &before) == 0 && !(before.sa_flags & SA_SIGINFO) &&
        before.sa_handler == SIG_DFL)
        real()(signal, &ours, NULL);
}

void rs_faults_watch(void)
{
    for (size_t i = 0; real() && i < sizeof faults / sizeof *faults; i++)
        watch(faults[i]);
}

static bool is_fault(int signal)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (faults[i] == signal)
            return true;
    return false;
}

/* ---- what the client is told ---- */

EXPORT int sigaction(int signal, const struct sigaction *now, struct sigaction *before)
{
    struct sigaction was;
    if (!is_fault(signal))
        return real()(signal, now, before);
    int result = real()(signal, now, &was);
    if (result)
        return result;
    if (rs_recording() && now && !(now->sa_flags & SA_SIGINFO) && now->sa_handler == SIG_DFL)
        watch(signal);
    if (is_ours(&was))
        was = (struct sigaction){.sa_handler = SIG_DFL};
    if (before)
        rs_copy(before, &was, sizeof was);
    return 0;
}

/* The older ways to say the same; SIG_ERR is told as they have it. */
#define OLDER(name)                                                                                \
    EXPORT __typeof__(void (*)(int)) name(int signal, void (*handler)(int));                       \
    EXPORT __typeof__(void (*)(int)) name(int signal, void (*handler)(int))                        \
    {                                                                                              \
        static void (*(*next)(int, void (*)(int)))(int);                                           \
        if (!next)                                                                                 \
            next = (void (*(*)(int, void (*)(int)))(int))rs_loader_next(#name);                    \
        void (*before)(int) = next(signal, handler);                                               \
        if (handler == SIG_DFL && is_fault(signal) && rs_recording())                              \
            watch(signal);                                                                         \
        return (void *)before == (void *)handle ? SIG_DFL : before;                                \
    }

OLDER(signal)
OLDER(bsd_signal)
OLDER(ssignal)
OLDER(sysv_signal)
OLDER(__sysv_signal)
OLDER(sigset)
