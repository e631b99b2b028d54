/*
 * windows_manners WHAT: what a client does that the shim must leave as it is. Each case prints what
 * it saw, and ends in a way of its own.
 */
#include <residue/profile.h> /* before windows.h, to which interface is a word */

#include <windows.h>

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *volatile kept;

/* The last error is the client's: set before, the same after, also where functions fail. */
static int last_error(void)
{
    static CRITICAL_SECTION section;
    HANDLE heap = HeapCreate(0, 0, 0);
    unsigned changed = 0;
#define KEEPS(call)                                                                                \
    do {                                                                                           \
        SetLastError(1234);                                                                        \
        call;                                                                                      \
        if (GetLastError() != 1234) {                                                              \
            printf("%s: %lu\n", #call, GetLastError());                                            \
            changed++;                                                                             \
        }                                                                                          \
    } while (0)
    KEEPS(kept = malloc(48));
    KEEPS(free(kept));
    KEEPS(kept = HeapAlloc(heap, 0, 100));
    KEEPS(kept = HeapReAlloc(heap, 0, kept, 1000));
    KEEPS(HeapFree(heap, 0, kept));
    KEEPS(kept = LocalAlloc(LPTR, 48));
    KEEPS(LocalFree(kept));
    KEEPS(kept = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    KEEPS(VirtualFree(kept, 0, MEM_RELEASE));
    KEEPS(InitializeCriticalSection(&section));
    KEEPS(DeleteCriticalSection(&section));
    KEEPS(HeapDestroy(heap));
    SetLastError(0);
    printf("missing: %d %lu\n", LoadLibraryA("no-such-library.dll") != NULL, GetLastError());
    printf("missing: %d %lu\n", GetProcAddress(GetModuleHandleA("kernel32.dll"), "NoSuch") != NULL,
           GetLastError());
    printf("%u changed\n", changed);
    return 0;
}

/* ---- ends ---- */

static int status(void)
{
    return (int)0xdeadbeef;
}

static int exits(void)
{
    kept = malloc(48);
    ExitProcess(77);
}

static int terminates(void)
{
    kept = malloc(48);
    printf("before\n");
    fflush(stdout);
    TerminateProcess(GetCurrentProcess(), 78);
    return 0;
}

static int crashes(void)
{
    kept = malloc(48);
    printf("before\n");
    fflush(stdout);
    SetErrorMode(SEM_NOGPFAULTERRORBOX);
    *(volatile int *)8 = 1;
    return 0;
}

static int fails_fast(void)
{
    kept = malloc(48);
    TerminateProcess(GetCurrentProcess(), STATUS_STACK_BUFFER_OVERRUN);
    return 0;
}

static unsigned __stdcall ends_process(void *unused)
{
    (void)unused;
    kept = malloc(48);
    exit(79);
}

static int ends_from_thread(void)
{
    WaitForSingleObject((HANDLE)_beginthreadex(NULL, 0, ends_process, NULL, 0, NULL), INFINITE);
    return 0;
}

/* ---- threads ---- */

enum { THREADS = 16, ROUNDS = 5000 };

static unsigned __stdcall work(void *which)
{
    void *held[64] = {0};
    unsigned random = (unsigned)(uintptr_t)which + 1;
    for (int i = 0; i < ROUNDS; i++) {
        random = random * 1103515245 + 12345;
        unsigned slot = random >> 16 & 63;
        free(held[slot]);
        held[slot] = malloc(random >> 20 & 1023);
    }
    for (int i = 0; i < 64; i++)
        free(held[i]);
    held[0] = malloc(100); /* one a thread stays */
    return 0;
}

/* Each dies in another way, and others take their places. */
static int threads(void)
{
    for (int turn = 0; turn < 4; turn++) {
        HANDLE thread[THREADS];
        for (uintptr_t i = 0; i < THREADS; i++)
            thread[i] = (HANDLE)_beginthreadex(NULL, 0, work, (void *)i, 0, NULL);
        WaitForMultipleObjects(THREADS, thread, TRUE, INFINITE);
        for (int i = 0; i < THREADS; i++)
            CloseHandle(thread[i]);
    }
    printf("%d threads\n", 4 * THREADS);
    return 0;
}

/* A thread that is killed inside the shim must not hold the others up for ever. (In the process's
 * heap it would, without the shim too: each has its own.) */
static unsigned __stdcall allocates(void *unused)
{
    (void)unused;
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    CRITICAL_SECTION section;
    for (;;) {
        HeapFree(heap, 0, HeapAlloc(heap, 0, 100));
        InitializeCriticalSectionEx(&section, 0, CRITICAL_SECTION_NO_DEBUG_INFO);
        DeleteCriticalSection(&section);
    }
}

static int exits_among_threads(void)
{
    for (int i = 0; i < 8; i++)
        _beginthreadex(NULL, 0, allocates, NULL, 0, NULL);
    Sleep(100);
    printf("enough\n");
    return 5;
}

/* ---- fibers ---- */

static LPVOID main_fiber;

static void WINAPI on_fiber(LPVOID unused)
{
    (void)unused;
    for (int i = 0; i < 100; i++) {
        kept = malloc(48);
        SwitchToFiber(main_fiber);
    }
}

static int fibers(void)
{
    main_fiber = ConvertThreadToFiber(NULL);
    LPVOID fiber[4];
    for (int i = 0; i < 4; i++)
        fiber[i] = CreateFiber(0, on_fiber, NULL);
    for (int i = 0; i < 400; i++)
        SwitchToFiber(fiber[i % 4]);
    printf("400 switches\n");
    return 0;
}

/* ---- modules ---- */

/* Is an imported function the one that is asked for? */
static int identities(void)
{
    HMODULE kernel = GetModuleHandleA("kernel32.dll");
    printf("%d\n", (void *)GetProcAddress(kernel, "HeapAlloc") == (void *)HeapAlloc);
    printf("%d\n", (void *)GetProcAddress(kernel, "LocalAlloc") == (void *)LocalAlloc);
    printf("%d\n", (void *)GetProcAddress(kernel, "GetProcAddress") == (void *)GetProcAddress);
    printf("%d\n",
           (void *)GetProcAddress(GetModuleHandleA("msvcrt.dll"), "malloc") == (void *)malloc);
    return 0;
}

static int arguments(void)
{
    printf("%s\n", GetCommandLineA());
    return 0;
}

/* Waits until somebody attaches; 500 blocks stay that were acquired before, 400 after. */
static int attached(void)
{
    for (int i = 0; i < 500; i++)
        kept = malloc(40);
    printf("%lu\n", GetCurrentProcessId());
    fflush(stdout);
    while (!GetModuleHandleA("residue-shim.dll"))
        Sleep(10);
    FreeLibrary(LoadLibraryA("residue-shim.dll")); /* it has begun */
    void *before = kept;
    for (int i = 0; i < 400; i++)
        kept = malloc(48);
    free(before);
    return 6;
}

/* Has somebody met the shim, and does it record? */
static int recorded(void)
{
    char name[64];
    snprintf(name, sizeof name, RESIDUE_MEETING_NAME "%lu", GetCurrentProcessId());
    HANDLE section = OpenFileMappingA(FILE_MAP_READ, FALSE, name);
    struct residue_meeting *meeting =
        section ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0) : NULL;
    int records =
        meeting && __atomic_load_n(&meeting->state, __ATOMIC_ACQUIRE) == RESIDUE_MEETING_RECORDS;
    if (meeting)
        UnmapViewOfFile(meeting);
    if (section)
        CloseHandle(section);
    return records;
}

/* Loads the shim, whose path is the next argument, by itself. */
static int alone(void)
{
    if (!LoadLibraryA(__argv[2]))
        return 3;
    for (int i = 0; i < 500; i++)
        kept = malloc(40);
    while (!recorded())
        Sleep(10);
    for (int i = 0; i < 400; i++)
        kept = malloc(48);
    return 6;
}

#define CASE(name)                                                                                 \
    {                                                                                              \
#name, name                                                                                \
    }
static const struct {
    const char *name;
    int (*run)(void);
} cases[] = {
    CASE(last_error), CASE(status),   CASE(exits),      CASE(terminates),         CASE(crashes),
    CASE(fails_fast), CASE(threads),  CASE(identities), CASE(ends_from_thread),   CASE(fibers),
    CASE(arguments),  CASE(attached), CASE(alone),      CASE(exits_among_threads)};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof cases / sizeof *cases; i++)
        if (!strcmp(cases[i].name, argv[1]))
            return cases[i].run();
    fprintf(stderr, "usage: windows_manners WHAT\n");
    return 2;
}
