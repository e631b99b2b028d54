/*
 * The shim's hot paths, one after the other, for callgrind to count (tests/bench/gate). Of each,
 * what comes before the counting has been done once: stacks are known, threads attached, imports
 * bound. Prints `name operations` for each; how often gate_watched was called comes last.
 */
#include "bench.h"
#include "mapi.h"
#include "residue.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <valgrind/callgrind.h>

int gate_watched(int value);      /* in a library, and watched */
void *__libc_malloc(size_t size); /* the C library's own: the shim does not see it */

typedef void path(unsigned count);

static void count(const char *name, path *run, unsigned times)
{
    CALLGRIND_ZERO_STATS;
    CALLGRIND_TOGGLE_COLLECT;
    run(times);
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(name);
    printf("%s %u\n", name, times);
}

static void warm_and_count(const char *name, path *run, unsigned times)
{
    run(times);
    count(name, run, times);
}

/* ---- blocks, from stacks of any depth ---- */

static NOINLINE void deep(unsigned depth, path *run, unsigned count)
{
    char here[40];
    BENCH_USE(here);
    if (depth)
        deep(depth - 1, run, count);
    else
        run(count);
    BENCH_USE(here);
}

static NOINLINE void malloc_and_free(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        free(malloc(24 + i % 3 * 16));
}

static void shallow(unsigned count)
{
    deep(4, malloc_and_free, count); /* 9 frames of the program, as in the storm */
}

static void depth_31(unsigned count)
{
    deep(26, malloc_and_free, count);
}

#define SITE(n)                                                                                    \
    static NOINLINE void site_##n(void **block)                                                    \
    {                                                                                              \
        char here[8 + 16 * (n)];                                                                   \
        BENCH_USE(here);                                                                           \
        *block = malloc(40);                                                                       \
        BENCH_USE(here);                                                                           \
    }
SITE(0)
SITE(1)
SITE(2)
SITE(3)
SITE(4)
SITE(5)
SITE(6)
SITE(7)

typedef void site(void **block);
static site *const sites[8] = {site_0, site_1, site_2, site_3, site_4, site_5, site_6, site_7};

/* In no order: what came last tells nothing about what comes next. */
static NOINLINE void any_site(unsigned count)
{
    static void *blocks[64];
    uint64_t state = 0x2545f4914f6cdd1du;
    for (unsigned i = 0; i < count; i++) {
        uint64_t random = bench_random(&state);
        void **block = &blocks[random >> 20 & 63];
        free(*block);
        sites[random >> 40 & 7](block);
    }
}

static void many_sites(unsigned count)
{
    deep(4, any_site, count);
}

static NOINLINE void calloc_and_free(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        free(calloc(2, 24));
}

static NOINLINE void grow_and_shrink(unsigned count)
{
    static void *block;
    for (unsigned i = 0; i < count; i++)
        block = realloc(block, i % 2 ? 100 : 1000);
}

static NOINLINE void free_unknown(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        free(__libc_malloc(40));
}

static NOINLINE void free_nothing(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        free(NULL);
}

/* ---- stacks that are not known ---- */

static NOINLINE void take_one(void)
{
    free(malloc(16));
}

static NOINLINE void way_to(unsigned number, unsigned depth);

static NOINLINE void other_way(unsigned number, unsigned depth)
{
    char here[64];
    BENCH_USE(here);
    way_to(number, depth);
    BENCH_USE(here);
}

/* Each number has a way of its own, of 10 frames and more. */
static NOINLINE void way_to(unsigned number, unsigned depth)
{
    char here[24];
    BENCH_USE(here);
    if (!depth)
        take_one();
    else if (number >> (depth - 1) & 1)
        way_to(number, depth - 1);
    else
        other_way(number, depth - 1);
    BENCH_USE(here);
}

static void never_seen(unsigned count)
{
    static unsigned next;
    for (unsigned i = 0; i < count; i++)
        way_to(next++, 14);
}

static void again(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        way_to(i, 14);
}

/* All stacks must be unwound again: a module has come. */
static void load_a_module(void)
{
    if (!dlopen("libm.so.6", RTLD_NOW))
        exit(3);
    take_one();
}

/* ---- calls ---- */

static unsigned calls_watched;

static NOINLINE void watched_call(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        gate_watched((int)i);
    calls_watched += count;
}

static NOINLINE void named_call(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        RESIDUE_CALL_BEGIN("gate");
        RESIDUE_CALL_END();
    }
}

static IMAPISession *session;
static IMsgStore *store;

typedef HRESULT not_supported(void *this);

static NOINLINE void vtable_call(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ((not_supported *)store->lpVtbl->unused3[0])(store);
}

static NOINLINE void open_and_release(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        IMsgStore *another = NULL;
        if (session->lpVtbl->OpenMsgStore(session, 0, 0, NULL, NULL, 0, &another) != S_OK)
            exit(3);
        another->lpVtbl->Release(another);
    }
}

static NOINLINE void buffers(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        void *buffer, *more;
        MAPIAllocateBuffer(32, &buffer);
        MAPIAllocateMore(32, buffer, &more);
        MAPIFreeBuffer(buffer);
    }
}

/* ---- other things ---- */

static NOINLINE void mutexes(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        pthread_mutex_t mutex;
        pthread_mutex_init(&mutex, NULL);
        pthread_mutex_destroy(&mutex);
    }
}

/* Always at one place, for the same chains in hash tables. */
static NOINLINE void mappings(unsigned count)
{
    void *place = (void *)0x200000000000;
    for (unsigned i = 0; i < count; i++) {
        void *memory =
            mmap(place, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        munmap(memory, 65536);
    }
}

static void *all(void *unused)
{
    warm_and_count("malloc-free", shallow, 20000);
    warm_and_count("malloc-free-deep", depth_31, 20000);
    warm_and_count("malloc-free-many-sites", many_sites, 20000);
    warm_and_count("calloc-free", calloc_and_free, 5000);
    warm_and_count("realloc", grow_and_shrink, 5000);
    warm_and_count("free-unknown", free_unknown, 5000);
    warm_and_count("free-null", free_nothing, 5000);
    warm_and_count("stack-never-seen", never_seen, 1000);
    load_a_module();
    count("stack-after-dlopen", again, 1000);
    warm_and_count("watched-call", watched_call, 5000);
    warm_and_count("named-call", named_call, 5000);
    if (MAPILogonEx(0, "profile", NULL, 0, &session) != S_OK ||
        session->lpVtbl->OpenMsgStore(session, 0, 0, NULL, NULL, 0, &store) != S_OK)
        exit(3);
    warm_and_count("vtable-call", vtable_call, 5000);
    warm_and_count("mapi-open-release", open_and_release, 1000);
    warm_and_count("mapi-buffers", buffers, 1000);
    warm_and_count("mutex-init-destroy", mutexes, 2000);
    warm_and_count("mmap-munmap", mappings, 1000);
    printf("gate_watched %u\n", calls_watched);
    return unused;
}

/* On a stack whose place does not depend on the environment's size: caches are keyed by it. */
int main(void)
{
    enum { SIZE = 1 << 20 };
    void *stack = mmap((void *)0x210000000000, SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    pthread_attr_t attributes;
    pthread_t thread;
    if (stack == MAP_FAILED || pthread_attr_init(&attributes) ||
        pthread_attr_setstack(&attributes, stack, SIZE) ||
        pthread_create(&thread, &attributes, all, NULL) || pthread_join(thread, NULL))
        return 3;
    return 0;
}
