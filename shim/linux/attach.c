/* Being attached to: the shim begins in the middle of a program's life, and may have to begin again
 * after it was detached from. A thread of the client is here as if in a signal handler; all others
 * run on. */
#include "shim/linux/attach.h"
#include "shim/core/bytes.h"
#include "shim/core/forget.h"
#include "shim/core/intern.h"
#include "shim/core/lock.h"
#include "shim/core/modules.h"
#include "shim/core/os.h"
#include "shim/core/state.h"
#include "shim/core/text.h"
#include "shim/core/thread.h"
#include "shim/core/watched.h"
#include "shim/core/writer.h"
#include "shim/linux/classes.h"
#include "shim/linux/loader.h"
#include "shim/linux/preload.h"
#include "shim/linux/start.h"
#include "shim/linux/syscall.h"

#include <residue/attach.h>
#include <sys/mman.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))

enum { SLOTS_MOST = 1 << 20 }; /* what is not used of the journal costs nothing */

EXPORT struct residue_attachment residue_attachment;

static struct {
    struct rs_lock lock;
    bool beginning; /* slots are written to though nothing is recorded yet */
    struct residue_slot *slot;
    uint64_t unused; /* no entry before this one is free */
} journal;

const char *rs_attach_socket(void)
{
    return residue_attachment.socket;
}

/* ---- the journal of slots ---- */

/* Whoever detaches clears `recording` first and then looks at `changing`: one of both sees the
 * other. */
bool rs_slots_begin(void)
{
    __atomic_add_fetch(&residue_attachment.changing, 1, __ATOMIC_SEQ_CST);
    if (!journal.slot || rs_recording() || journal.beginning)
        return true;
    rs_slots_end();
    return false;
}

void rs_slots_end(void)
{
    __atomic_sub_fetch(&residue_attachment.changing, 1, __ATOMIC_SEQ_CST);
}

static bool note(uint64_t address, uint64_t was, uint64_t now)
{
    rs_lock(&journal.lock);
    uint64_t count = residue_attachment.slot_count, at = journal.unused;
    while (at < count && journal.slot[at].address)
        at++;
    journal.unused = at + 1;
    bool room = at < SLOTS_MOST;
    if (room) {
        journal.slot[at].was = was;
        journal.slot[at].now = now;
        __atomic_store_n(&journal.slot[at].address, address, __ATOMIC_RELEASE);
    }
    if (room && at == count)
        __atomic_store_n(&residue_attachment.slot_count, count + 1, __ATOMIC_RELEASE);
    rs_unlock(&journal.lock);
    return room;
}

/* A slot that leads to a thunk already is given another one: it has to be again what it was before
 * the first. */
bool rs_slot_write(uintptr_t *slot, uintptr_t value)
{
    uintptr_t was = *slot;
    const struct rs_watched *before = rs_watched_at(was);
    if (before)
        was = before->target;
    if (journal.slot && !rs_loader_is_shim(was) && !note((uintptr_t)slot, was, value))
        return false;
    return rs_pen_write(slot, value);
}

void rs_slots_forget(uintptr_t start, uintptr_t end)
{
    if (!journal.slot)
        return;
    rs_lock(&journal.lock);
    for (uint64_t i = 0; i < residue_attachment.slot_count; i++) {
        if (journal.slot[i].address < start || journal.slot[i].address >= end)
            continue;
        journal.slot[i].address = 0;
        if (i < journal.unused)
            journal.unused = i;
    }
    rs_unlock(&journal.lock);
}

void rs_slots_reset(void)
{
    journal.lock.word = 0;
    residue_attachment.changing = 0;
}

/* All slots were written back, or are about to be written anew. */
static bool begin_journal(void)
{
    if (!journal.slot)
        journal.slot = rs_os_map(SLOTS_MOST * sizeof *journal.slot);
    else
        RS_SYSCALL3(SYS_madvise, journal.slot, SLOTS_MOST * sizeof *journal.slot, MADV_DONTNEED);
    journal.unused = 0;
    residue_attachment.slot_count = 0;
    residue_attachment.slots = (uintptr_t)journal.slot;
    return journal.slot;
}

/* ---- beginning ---- */

static void nap(void)
{
    struct timespec millisecond = {0, 1000000};
    RS_SYSCALL2(SYS_nanosleep, &millisecond, 0);
}

/* Threads that were about to leave the shim when recording stopped have done so. One that is not
 * seen to, was preempted in its midst, or is gone. */
static void wait_for_threads(void)
{
    enum { PATIENCE = 200 }; /* milliseconds */
    int left = PATIENCE;
    for (struct rs_thread *thread = rs_threads(); thread; thread = thread->next)
        while (left && __atomic_load_n(&thread->busy, __ATOMIC_ACQUIRE) &&
               rs_os_thread_alive(thread->id)) {
            nap();
            left--;
        }
}

/* Everything that was of the last trace, in the client's life or before. */
static void forget_last_trace(void)
{
    wait_for_threads();
    rs_threads_renew();
    rs.session++;
    rs.whole = 0;
    RS_SYSCALL3(SYS_madvise, rs.top, RS_TOP_BYTES, MADV_DONTNEED);
    rs_intern_clear();
    rs_forget_trace();
    rs_modules_forget();
    rs_loader_forget();
}

/* The same plan as before need not be there twice, and thunks know it. */
static void take_plan(struct rs_welcome *welcome)
{
    const struct residue_plan *now = welcome->plan, *before = rs.plan;
    if (!before || before == now)
        return;
    if (before->size == now->size && rs_equal(before, now, now->size)) {
        welcome->plan = before;
        RS_SYSCALL2(SYS_munmap, now, now->size);
    }
}

static void keep_socket(const char *socket)
{
    size_t length = rs_length(socket);
    rs_zero(residue_attachment.socket, sizeof residue_attachment.socket);
    if (length < sizeof residue_attachment.socket)
        rs_copy(residue_attachment.socket, socket, length);
}

/* Objects that another thread is just loading are waited for: their slots hold nothing yet. */
static void watch_all(void)
{
    enum { PATIENCE = 2000 }; /* milliseconds */
    for (int i = 0; i < PATIENCE && !rs_loader_refresh(false); i++)
        nap();
}

static uint32_t attach(const struct residue_attach_request *request)
{
    if (!rs_equal(request->magic, RESIDUE_ATTACH_MAGIC, 8) ||
        request->version != RESIDUE_ATTACH_VERSION)
        return RESIDUE_ATTACH_VERSIONS;
    if (rs_recording())
        return RESIDUE_ATTACH_ALREADY;
    struct rs_welcome welcome = {.trace_limit = rs.trace_limit};
    bool again = rs.trace != NULL;
    if (!rs_handshake(request->socket, rs.trace, 2, &welcome))
        return RESIDUE_ATTACH_REFUSED;
    take_plan(&welcome);
    bool other_plan = again && rs.plan != welcome.plan;
    if (again)
        forget_last_trace();
    if (!begin_journal() || (!again && !rs_leaves_begin()))
        return RESIDUE_ATTACH_MEMORY;
    keep_socket(request->socket);
    rs_trace_begin(&welcome);
    rs_plan_prepare();
    if (other_plan)
        rs_watched_renew();
    rs_watched_reset();
    rs.verify = request->verify;
    rs_preload_ready();
    journal.beginning = true;
    watch_all();
    rs_recording_begin();
    journal.beginning = false;
    watch_all(); /* what was loaded meanwhile */
    rs_classes_watch();
    return RESIDUE_ATTACH_RECORDS;
}

EXPORT void residue_attach(struct residue_attach_request *request);
EXPORT void residue_attach(struct residue_attach_request *request)
{
    rs_copy(residue_attachment.magic, RESIDUE_ATTACH_MAGIC, 8);
    residue_attachment.version = RESIDUE_ATTACH_VERSION;
    residue_attachment.recording = (uintptr_t)&rs_guard.recording;
    residue_attachment.following = (uintptr_t)&rs.was_recording;
    __atomic_store_n(&request->result, attach(request), __ATOMIC_RELEASE);
}
