#include "shim/core/thread.h"
#include "shim/core/arena.h"
#include "shim/core/bytes.h"
#include "shim/core/os.h"
#include "shim/core/state.h"

#ifndef _WIN32
__thread struct rs_thread *rs_self __attribute__((tls_model("initial-exec")));
/* A signal handler that allocates while its thread is being attached must not wait for itself. */
__thread uintptr_t rs_attaching __attribute__((tls_model("initial-exec")));
#endif

static struct {
    struct rs_lock lock;
    struct rs_thread *first;
} threads;

struct rs_thread *rs_threads(void)
{
    return __atomic_load_n(&threads.first, __ATOMIC_ACQUIRE);
}

static void forget(struct rs_thread *thread)
{
    struct rs_recogniser *recogniser = thread->recogniser;
    struct rs_rule_cache *rules = thread->rules;
    struct rs_thread *next = thread->next;
    rs_zero(thread, sizeof *thread);
    rs_recognise_forget(recogniser); /* the stacks it knew may be unmapped */
    thread->recogniser = recogniser;
    thread->rules = rules;
    thread->next = next;
    thread->top = UINTPTR_MAX;
}

/* The caches of a thread that is gone serve the next one: there is no hook at a thread's end that
 * does not come too early or change the client. */
static struct rs_thread *reuse(uint32_t id)
{
    for (struct rs_thread *thread = threads.first; thread; thread = thread->next) {
        if (thread->id != id && !rs_os_thread_alive(thread->id)) {
            forget(thread);
            return thread;
        }
    }
    return NULL;
}

static struct rs_thread *make(void)
{
    struct rs_thread *thread = rs_arena_take(sizeof *thread);
    if (!thread)
        return NULL;
    thread->recogniser = rs_arena_take(RS_RECOGNISER_BYTES);
    thread->rules = rs_arena_take(RS_RULE_CACHE_BYTES);
    if (!thread->recogniser || !thread->rules)
        return NULL;
    thread->top = UINTPTR_MAX;
    thread->next = threads.first;
    __atomic_store_n(&threads.first, thread, __ATOMIC_RELEASE);
    return thread;
}

struct rs_thread *rs_thread_attach(void)
{
    if (rs_attaching)
        return NULL;
    rs_attaching = 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    uint32_t id = rs_os_thread_id();
    rs_lock(&threads.lock);
    struct rs_thread *thread = reuse(id);
    if (!thread)
        thread = make();
    if (thread) {
        thread->id = id;
        thread->bounds = rs_os_stack_bounds();
        rs.trace->thread_count++;
    }
    rs_unlock(&threads.lock);
    rs_self = thread;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    rs_attaching = 0;
    return thread;
}

/* The recogniser knows by the modules' generation that its stacks are of another trace. */
void rs_thread_renew(struct rs_thread *self)
{
    self->path = self->ordinal = self->base_path = self->base_ordinal = 0;
    self->depth = self->overflow = self->recent_count = self->memory_depth = 0;
    self->ticks = self->ticks_due = 0;
    rs_zero(self->site, sizeof self->site);
    rs_zero(self->known_path, sizeof self->known_path);
    self->top = UINTPTR_MAX;
}

void rs_threads_renew(void)
{
    for (struct rs_thread *thread = rs_threads(); thread; thread = thread->next) {
        __atomic_store_n(&thread->path, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&thread->top, 0, __ATOMIC_RELEASE);
    }
}

void rs_threads_reset(void)
{
    threads.lock.word = 0;
    rs_attaching = 0;
    struct rs_thread *self = rs_self;
    if (!self) {
        threads.first = NULL;
        return;
    }
    self->next = NULL;
    self->id = rs_os_thread_id();
    self->ticks_due = 0;
    threads.first = self;
    rs_recognise_forget(self->recogniser);
    rs_zero(self->site, sizeof self->site);
    rs_zero(self->known_path, sizeof self->known_path);
}
