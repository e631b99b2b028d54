/*
 * A client with four threads of its own that is attached to while it runs. It does what it is told
 * by lines on stdin, and answers each with one: "calls N", "fork N", "pointer N", "scopes N",
 * "slots", "again" (another program in the same process), "check", "end". What its threads find
 * wrong is answered instead.
 */
#define _GNU_SOURCE
#include "mapi.h"
#include "residue.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *volatile wrong;
static volatile unsigned long rounds[4], ticks;

/* ---- its threads ---- */

/* Blocks of all sizes, while signals come. */
static void *storm(void *unused)
{
    (void)unused;
    for (;; rounds[0]++) {
        unsigned char *block[64];
        for (int i = 0; i < 64; i++) {
            block[i] = malloc(8 + (size_t)i * 40);
            memset(block[i], i, 8 + (size_t)i * 40);
        }
        for (int i = 0; i < 64; i++) {
            block[i] = realloc(block[i], 16 + (size_t)i * 50);
            if (block[i][0] != i || block[i][7] != i)
                wrong = "a block is not what it was";
            free(block[i]);
        }
    }
    return NULL;
}

static void *load(void *unused)
{
    (void)unused;
    for (;; rounds[1]++) {
        void *library = dlopen("libpatterns.so", RTLD_LAZY);
        if (!library || !dlsym(library, "pattern_every"))
            wrong = "a library does not load";
        else
            dlclose(library);
        usleep(500);
    }
    return NULL;
}

/* System calls that somebody who stops the thread must not be seen in. */
static void *wait_for_things(void *unused)
{
    (void)unused;
    int nothing[2], events = epoll_create1(0);
    if (pipe(nothing) != 0)
        wrong = "no pipe";
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(events, EPOLL_CTL_ADD, nothing[0], &event);
    for (;; rounds[2]++) {
        struct pollfd one = {.fd = nothing[0], .events = POLLIN};
        struct timespec time = {0, 20000000}, left;
        if (epoll_wait(events, &event, 1, 20) != 0)
            wrong = "epoll_wait was interrupted";
        if (poll(&one, 1, 20) != 0)
            wrong = "poll was interrupted";
        if (nanosleep(&time, &left) != 0)
            wrong = "nanosleep was interrupted";
        sigset_t none;
        sigemptyset(&none);
        sigaddset(&none, SIGUSR2);
        if (sigtimedwait(&none, NULL, &time) != -1 || errno != EAGAIN)
            wrong = "sigtimedwait was interrupted";
    }
    return NULL;
}

/* Words below the stack pointer, vector registers and the direction flag, held for a while. */
int hold(void);
__asm__(".text\n.globl hold\n.type hold, @function\nhold:\n"
        ".cfi_startproc\n"
        "movabs $0x1122334455667788, %rax\n"
        "mov %rax, -8(%rsp)\nmov %rax, -64(%rsp)\nmov %rax, -128(%rsp)\n"
        "movq %rax, %xmm0\nmovq %rax, %xmm7\nmovq %rax, %xmm15\n"
        "mov %rax, %r11\nmov %rax, %r8\nstd\n"
        "mov $3000000, %ecx\n"
        "1: dec %ecx\njnz 1b\n"
        "pushfq\npop %rdx\nlea -8(%rsp), %rsi\ncld\n" /* (that wrote over the first word) */
        "xor %eax, %eax\n"
        "bt $10, %rdx\njnc 2f\n"
        "cmp -64(%rsp), %r11\njne 2f\ncmp -128(%rsp), %r11\njne 2f\ncmp %r8, %r11\njne 2f\n"
        "movq %xmm0, %rcx\ncmp %rcx, %r11\njne 2f\n"
        "movq %xmm7, %rcx\ncmp %rcx, %r11\njne 2f\n"
        "movq %xmm15, %rcx\ncmp %rcx, %r11\njne 2f\n"
        "mov $1, %eax\n"
        "2: ret\n"
        ".cfi_endproc\n.size hold, . - hold\n");

static void *compute(void *unused)
{
    (void)unused;
    for (;; rounds[3]++)
        if (!hold())
            wrong = "registers or the red zone are not what they were";
    return NULL;
}

static void tick(int signal)
{
    (void)signal;
    ticks++;
}

static void begin_threads(void)
{
    void *(*const what[])(void *) = {storm, load, wait_for_things, compute};
    const struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};
    const struct itimerval often = {{0, 2000}, {0, 2000}};
    sigset_t timer, all;
    sigemptyset(&timer);
    sigaddset(&timer, SIGPROF);
    sigfillset(&all);
    sigaction(SIGPROF, &action, NULL);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        if (i != 2)
            pthread_sigmask(SIG_UNBLOCK, &timer, NULL);
        pthread_create(&thread, NULL, what[i], NULL);
        pthread_sigmask(SIG_BLOCK, &timer, NULL);
    }
    setitimer(ITIMER_PROF, &often, NULL);
}

/* ---- what it is told ---- */

static int open_stores(int calls)
{
    IMAPISession *session = NULL;
    if (MAPILogonEx(0, "profile", NULL, 0, &session) != S_OK)
        return 0;
    for (int i = 0; i < calls; i++) {
        IMsgStore *store = NULL;
        if (session->lpVtbl->OpenMsgStore(session, 0, 0, NULL, NULL, 0, &store) != S_OK)
            return 0;
        store->lpVtbl->Release(store);
    }
    session->lpVtbl->Logoff(session, 0, 0, 0);
    session->lpVtbl->Release(session);
    return 1;
}

static int in_child(int calls)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(open_stores(calls) ? 0 : 1); /* other threads may have been in the loader */
    return waitpid(child, &status, 0) == child && status == 0;
}

/* A pointer that was got before the attach, or during an earlier one. */
static int by_pointer(int calls)
{
    static __typeof__(&MAPILogonEx) logon;
    if (!logon)
        logon = (__typeof__(&MAPILogonEx))dlsym(RTLD_DEFAULT, "MAPILogonEx");
    for (int i = 0; i < calls; i++) {
        IMAPISession *session = NULL;
        if (!logon || logon(0, "profile", NULL, 0, &session) != S_OK)
            return 0;
        session->lpVtbl->Release(session);
    }
    return 1;
}

/* Calls that the program names itself. */
static int scopes(int calls)
{
    static void *volatile kept;
    for (int i = 0; i < calls; i++) {
        RESIDUE_CALL_BEGIN("scope");
        kept = malloc(24);
        RESIDUE_CALL_END();
    }
    return kept != NULL;
}

/* Import slots of all objects, in one number. (Started with LD_BIND_NOW, so nothing changes them.)
 */
static uint64_t add_word(uint64_t sum, uint64_t word)
{
    return (sum ^ word) * 0x9e3779b97f4a7c15u + (sum >> 29);
}

static int add_object(struct dl_phdr_info *info, size_t size, void *closure)
{
    (void)size;
    uint64_t *sum = closure;
    const ElfW(Rela) * table[2] = {NULL, NULL};
    const ElfW(Sym) *symbols = NULL;
    const char *names = NULL;
    size_t bytes[2] = {0, 0};
    if (strstr(info->dlpi_name, "libresidue") || strstr(info->dlpi_name, "libpatterns") ||
        strstr(info->dlpi_name, "vdso") || strstr(info->dlpi_name, "ld-linux"))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_DYNAMIC)
            continue;
        const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        for (; entry->d_tag; entry++) {
            if (entry->d_tag == DT_RELA || entry->d_tag == DT_JMPREL)
                table[entry->d_tag == DT_JMPREL] = (const ElfW(Rela) *)entry->d_un.d_ptr;
            else if (entry->d_tag == DT_SYMTAB)
                symbols = (const ElfW(Sym) *)entry->d_un.d_ptr;
            else if (entry->d_tag == DT_STRTAB)
                names = (const char *)entry->d_un.d_ptr;
            else if (entry->d_tag == DT_RELASZ || entry->d_tag == DT_PLTRELSZ)
                bytes[entry->d_tag == DT_PLTRELSZ] = entry->d_un.d_val;
        }
    }
    for (int which = 0; which < 2; which++) {
        for (size_t i = 0; i < bytes[which] / sizeof *table[which]; i++) {
            unsigned type = (unsigned)ELF64_R_TYPE(table[which][i].r_info);
            const char *name = names + symbols[ELF64_R_SYM(table[which][i].r_info)].st_name;
            if (!strncmp(name, "residue_call_", 13)) /* asked whether it is there, it stays */
                continue;
            if (type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT)
                *sum =
                    add_word(*sum, *(const uint64_t *)(info->dlpi_addr + table[which][i].r_offset));
        }
    }
    return 0;
}

static uint64_t slots(void)
{
    uint64_t sum = 0;
    IMAPISession *session = NULL;
    dl_iterate_phdr(add_object, &sum);
    if (MAPILogonEx(0, "profile", NULL, 0, &session) != S_OK)
        return 0;
    const uint64_t *methods = (const uint64_t *)(const void *)session->lpVtbl;
    for (int i = 0; i < 15; i++)
        sum = add_word(sum, methods[i]);
    session->lpVtbl->Release(session);
    return sum;
}

/* All threads have got on, and the signals too. */
static int all_go_on(void)
{
    unsigned long before[4], first = ticks;
    memcpy(before, (void *)(uintptr_t)rounds, sizeof before);
    for (int tries = 0; tries < 2000; tries++) {
        int on = ticks != first;
        for (int i = 0; i < 4; i++)
            on += rounds[i] != before[i];
        if (on == 5)
            return 1;
        usleep(10000);
    }
    return 0;
}

int main(int argc, char **argv)
{
    char line[64];
    (void)argc;
    setvbuf(stdout, NULL, _IOLBF, 0);
    begin_threads();
    puts("ready");
    while (fgets(line, sizeof line, stdin)) {
        int number = 0, done = 1;
        line[strcspn(line, "\n")] = 0;
        if (sscanf(line, "calls %d", &number) == 1)
            done = open_stores(number);
        else if (sscanf(line, "fork %d", &number) == 1)
            done = in_child(number);
        else if (sscanf(line, "pointer %d", &number) == 1)
            done = by_pointer(number);
        else if (sscanf(line, "scopes %d", &number) == 1)
            done = scopes(number);
        else if (!strcmp(line, "again"))
            execv("/proc/self/exe", argv);
        else if (!strcmp(line, "check"))
            done = all_go_on();
        else if (!strcmp(line, "end"))
            exit(0);
        if (!strcmp(line, "slots"))
            printf("%016llx\n", (unsigned long long)slots());
        else
            puts(wrong ? wrong : done ? "done" : "failed");
    }
    return 0;
}
