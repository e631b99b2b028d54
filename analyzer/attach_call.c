/*
 * The thread is made to look as if it were in a signal handler: on its stack, below the red zone,
 * lies the frame that a signal lays there, with all of its registers, and the function called
 * returns into the C library's rt_sigreturn. So the thread comes back by itself if whoever traces
 * it is killed. As long as he is not, he stops the thread just before that system call and puts
 * everything back himself: only then does an interrupted system call go on exactly as it would
 * have.
 */
#include "analyzer/attach_call.h"
#include "analyzer/attach_modules.h"
#include "analyzer/attach_place.h"
#include "analyzer/attach_threads.h"
#include "analyzer/attach_trace.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    STATE_MOST = 65536, /* of vector registers */
    RED_ZONE = 128,
    ROOM = 16384,            /* for what is handed to functions */
    STACK_LEAST = 96 * 1024, /* for the loader and the shim, beside that */
    SYSCALL_BYTES = 2
};

/* The kernel's: <asm/sigcontext.h> can't be included beside <ucontext.h>. */
#define STATE_MAGIC1   0x46505853u
#define STATE_MAGIC2   0x46505845u
#define STATE_SOFTWARE 464 /* where in the state the software's bytes are */
#define FLAGS_IN_FRAME 7   /* UC_FP_XSTATE, UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS */
struct software_bytes {
    uint32_t magic1, extended_size;
    uint64_t features;
    uint32_t state_size, padding[7];
};

struct signal_frame {
    uint64_t returns_to;
    ucontext_t context;
    siginfo_t info;
};

struct attach_call {
    const struct attach_process *process;
    pid_t tid;
    struct user_regs_struct regs; /* as they will be again */
    uint64_t signals;             /* blocked */
    size_t state_size;
    unsigned char state[STATE_MOST];
    uint64_t returner; /* mov $SYS_rt_sigreturn, %rax; syscall */
    uint64_t room, room_end;
    uint64_t frame;
    bool called;
};

static const unsigned char returner_code[] = {0x48, 0xc7, 0xc0, SYS_rt_sigreturn, 0, 0,
                                              0,    0x0f, 0x05};

/* ---- a thread at a safe place ---- */

struct stack {
    uint64_t pointer, thread;
    uint64_t below;
};

/* glibc keeps what it knows of a thread at the upper end of the thread's stack. Elsewhere, on the
 * stack of a coroutine or of a signal handler, nobody knows how far down it goes. */
static bool find_stack(const struct attach_mapping *mapping, void *closure)
{
    struct stack *stack = closure;
    if (stack->pointer < mapping->start || stack->pointer >= mapping->end)
        return false;
    if (!strcmp(mapping->path, "[stack]"))
        stack->below = STACK_LEAST + ROOM + STATE_MOST; /* it grows */
    else if (stack->thread > stack->pointer && stack->thread < mapping->end)
        stack->below = stack->pointer - mapping->start;
    return true;
}

static bool has_room(pid_t pid, const struct user_regs_struct *regs, size_t state_size)
{
    struct stack stack = {.pointer = regs->rsp, .thread = regs->fs_base};
    return attach_mappings(pid, find_stack, &stack) &&
           stack.below >= STACK_LEAST + ROOM + state_size;
}

static bool read_registers(struct attach_call *call)
{
    struct iovec state = {call->state, sizeof call->state};
    if (attach_trace(PTRACE_GETREGS, call->tid, 0, (uintptr_t)&call->regs) != 0 ||
        attach_trace(PTRACE_GETREGSET, call->tid, NT_X86_XSTATE, (uintptr_t)&state) != 0 ||
        attach_trace(PTRACE_GETSIGMASK, call->tid, sizeof call->signals,
                     (uintptr_t)&call->signals) != 0)
        return false;
    call->state_size = state.iov_len;
    return state.iov_len >= STATE_SOFTWARE + 48 && call->regs.cs == 0x33;
}

enum answer { BORROWED, NOT_NOW, FORBIDDEN };

static enum answer try_thread(struct attach_call *call, pid_t tid, struct attach_place *place,
                              bool considerate)
{
    enum { PATIENCE = 500 };
    if (!attach_can_stop(call->process->pid, tid) ||
        (considerate && attach_is_transferring(call->process->pid, tid)))
        return NOT_NOW;
    if (!attach_trace_ask(tid, PTRACE_O_TRACESYSGOOD))
        return errno == EPERM ? FORBIDDEN : NOT_NOW;
    int status = 0;
    if (!attach_trace_wait(tid, &status, PTRACE_CONT, PATIENCE) || !status)
        return NOT_NOW; /* if it stops yet, it goes on when this process ends */
    call->tid = tid;
    if (WSTOPSIG(status) == SIGTRAP && read_registers(call) &&
        has_room(call->process->pid, &call->regs, call->state_size) &&
        attach_place_is_safe(place, tid))
        return BORROWED;
    attach_trace_let_go(tid);
    return NOT_NOW;
}

/* ---- the frame ---- */

/* As sigreturn would leave it: an interrupted system call is begun again. */
static void fill_registers(greg_t *to, const struct user_regs_struct *regs)
{
    bool restarts = (long)regs->orig_rax >= 0 && (long)regs->rax <= -512 && (long)regs->rax >= -516;
    to[REG_R8] = (greg_t)regs->r8;
    to[REG_R9] = (greg_t)regs->r9;
    to[REG_R10] = (greg_t)regs->r10;
    to[REG_R11] = (greg_t)regs->r11;
    to[REG_R12] = (greg_t)regs->r12;
    to[REG_R13] = (greg_t)regs->r13;
    to[REG_R14] = (greg_t)regs->r14;
    to[REG_R15] = (greg_t)regs->r15;
    to[REG_RDI] = (greg_t)regs->rdi;
    to[REG_RSI] = (greg_t)regs->rsi;
    to[REG_RBP] = (greg_t)regs->rbp;
    to[REG_RBX] = (greg_t)regs->rbx;
    to[REG_RDX] = (greg_t)regs->rdx;
    to[REG_RAX] = (greg_t)(restarts ? regs->orig_rax : regs->rax);
    to[REG_RCX] = (greg_t)regs->rcx;
    to[REG_RSP] = (greg_t)regs->rsp;
    to[REG_RIP] = (greg_t)(restarts ? regs->rip - SYSCALL_BYTES : regs->rip);
    to[REG_EFL] = (greg_t)regs->eflags;
    to[REG_CSGSFS] = (greg_t)(regs->cs | regs->ss << 48);
}

/* The state as a signal's frame has it: framed by two marks. */
static bool put_state(struct attach_call *call, uint64_t at)
{
    struct software_bytes software;
    static unsigned char framed[STATE_MOST + sizeof(uint32_t)];
    const uint32_t end = STATE_MAGIC2;
    memset(&software, 0, sizeof software);
    memcpy(&software.features, call->state + STATE_SOFTWARE, sizeof software.features);
    software.magic1 = STATE_MAGIC1;
    software.state_size = (uint32_t)call->state_size;
    software.extended_size = (uint32_t)(call->state_size + sizeof end);
    memcpy(framed, call->state, call->state_size);
    memcpy(framed + STATE_SOFTWARE, &software, sizeof software);
    memcpy(framed + call->state_size, &end, sizeof end);
    return attach_write(call->process, at, framed, call->state_size + sizeof end);
}

static bool put_frame(struct attach_call *call)
{
    enum { NO_SUCH_STACK = 0x5a5a }; /* refused, so that the signal stack stays what it is */
    struct signal_frame frame;
    uint64_t top = (call->regs.rsp - RED_ZONE) & ~(uint64_t)63;
    call->room_end = top;
    call->room = top - ROOM;
    uint64_t state = (call->room - call->state_size - sizeof(uint32_t)) & ~(uint64_t)63;
    call->frame = ((state - sizeof frame) & ~(uint64_t)15) - 8;
    memset(&frame, 0, sizeof frame);
    frame.returns_to = call->returner;
    frame.context.uc_flags = FLAGS_IN_FRAME;
    frame.context.uc_stack.ss_flags = NO_SUCH_STACK;
    fill_registers(frame.context.uc_mcontext.gregs, &call->regs);
    frame.context.uc_mcontext.fpregs = (fpregset_t)(uintptr_t)state;
    memcpy(&frame.context.uc_sigmask, &call->signals, sizeof call->signals);
    return put_state(call, state) && attach_write(call->process, call->frame, &frame, sizeof frame);
}

struct attach_call *attach_call_open(const struct attach_process *process, char *problem,
                                     size_t problem_size)
{
    enum { THREADS_MOST = 4096, ROUNDS = 400 };
    struct attach_call *call = calloc(1, sizeof *call);
    struct attach_thread *threads = calloc(THREADS_MOST, sizeof *threads);
    enum answer answer = NOT_NOW;
    uint64_t libc = attach_module(process->pid, "libc.so.6");
    snprintf(problem, problem_size, "can't be read: no memory");
    if (call && threads) {
        call->process = process;
        call->returner = attach_code(process, libc, returner_code, sizeof returner_code);
        snprintf(problem, problem_size,
                 "has no thread at a place where it may be borrowed: try again");
    }
    for (int round = 0; call && threads && call->returner && round < ROUNDS && answer == NOT_NOW;
         round++) {
        struct attach_place *place = attach_place_open(process);
        size_t count = attach_threads(process->pid, threads, THREADS_MOST);
        for (size_t i = 0; place && i < count && answer == NOT_NOW; i++)
            answer = try_thread(call, threads[i].tid, place, round < ROUNDS / 2);
        attach_place_close(place);
        if (!count)
            break;
        if (answer == NOT_NOW)
            attach_trace_nap(round < 20 ? 1000 : 20000);
    }
    free(threads);
    if (answer == BORROWED) {
        attach_trace_forgive(&call->regs);
        if (put_frame(call))
            return call;
        attach_trace_let_go(call->tid);
    }
    if (answer == FORBIDDEN)
        snprintf(problem, problem_size, "is being traced by somebody else just now");
    free(call);
    return NULL;
}

uint64_t attach_call_put(struct attach_call *call, const void *from, size_t size)
{
    uint64_t at = call->room;
    if (size > call->room_end - at || !attach_write(call->process, at, from, size))
        return 0;
    call->room += (size + 15) & ~(size_t)15;
    return at;
}

/* ---- calling ---- */

static bool is_returning(pid_t tid, const struct attach_call *call, struct user_regs_struct *regs)
{
    return attach_trace(PTRACE_GETREGS, tid, 0, (uintptr_t)regs) == 0 &&
           regs->orig_rax == SYS_rt_sigreturn && regs->rip == call->returner + sizeof returner_code;
}

/* Signals wait meanwhile: their handlers would find a thread that is not where they think. The
 * order matters: a thread whose tracer dies in between must neither lose registers nor signals. */
bool attach_call_make(struct attach_call *call, uint64_t function, uint64_t first, uint64_t second)
{
    const uint64_t all = ~(uint64_t)0;
    struct user_regs_struct regs = call->regs;
    regs.orig_rax = (unsigned long long)-1;
    regs.rax = 0;
    regs.rip = function;
    regs.rsp = call->frame;
    regs.rdi = first;
    regs.rsi = second;
    regs.eflags &= ~(unsigned long long)(0x400 | 0x100); /* direction, single step */
    if (attach_trace(PTRACE_SETREGS, call->tid, 0, (uintptr_t)&regs) != 0)
        return false;
    call->called = true;
    attach_trace(PTRACE_SETSIGMASK, call->tid, sizeof all, (uintptr_t)&all);
    for (;;) {
        int status;
        if (attach_trace(PTRACE_SYSCALL, call->tid, 0, 0) != 0)
            return false;
        if (!attach_trace_wait(call->tid, &status, PTRACE_SYSCALL, -1))
            return false;
        if (!attach_trace_asked(status) && is_returning(call->tid, call, &regs))
            return true;
    }
}

/* At the system call that would end the frame: it is skipped, and begun anew should nobody be there
 * any more; but before it is, the thread stops for us. */
static bool stop_before_return(const struct attach_call *call)
{
    struct user_regs_struct regs;
    int status = 0;
    if (!is_returning(call->tid, call, &regs))
        return false;
    regs.orig_rax = (unsigned long long)-1;
    regs.rip = call->returner;
    if (attach_trace(PTRACE_SETREGS, call->tid, 0, (uintptr_t)&regs) != 0 ||
        attach_trace(PTRACE_INTERRUPT, call->tid, 0, 0) != 0)
        return false;
    do {
        if (attach_trace(PTRACE_CONT, call->tid, 0, 0) != 0 ||
            !attach_trace_wait(call->tid, &status, PTRACE_CONT, -1))
            return false;
    } while (!attach_trace_asked(status));
    return true;
}

void attach_call_close(struct attach_call *call)
{
    struct iovec state = {call->state, call->state_size};
    if (call->called && !stop_before_return(call)) {
        free(call); /* gone, or it comes back by itself */
        return;
    }
    attach_trace(PTRACE_SETREGSET, call->tid, NT_X86_XSTATE, (uintptr_t)&state);
    attach_trace(PTRACE_SETSIGMASK, call->tid, sizeof call->signals, (uintptr_t)&call->signals);
    attach_trace(PTRACE_SETREGS, call->tid, 0, (uintptr_t)&call->regs);
    attach_trace(PTRACE_DETACH, call->tid, 0, 0);
    free(call);
}
