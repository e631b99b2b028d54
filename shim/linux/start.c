#include "shim/linux/start.h"
#include "shim/core/arena.h"
#include "shim/core/beginnings.h"
#include "shim/core/bytes.h"
#include "shim/core/text.h"
#include "shim/core/calls.h"
#include "shim/core/forget.h"
#include "shim/core/intern.h"
#include "shim/core/modules.h"
#include "shim/core/quarantine.h"
#include "shim/core/state.h"
#include "shim/core/scopes.h"
#include "shim/core/watched.h"
#include "shim/core/writer.h"
#include "shim/linux/attach.h"
#include "shim/linux/loader.h"
#include "shim/linux/preload.h"
#include "shim/linux/syscall.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

static struct {
    int count;
    char **values;
} arguments;

/* ---- the environment ---- */

/* A copy: clients write over the place where it was (their title, as ps shows it). */
static char **environment;

static const char *find_variable(char **entries, const char *name)
{
    size_t length = rs_length(name);
    for (; entries && *entries; entries++)
        if (rs_length(*entries) > length && rs_equal(*entries, name, length) &&
            (*entries)[length] == '=')
            return *entries + length + 1;
    return NULL;
}

const char *rs_environment(const char *name)
{
    return find_variable(environment, name);
}

static void copy_environment(char **entries)
{
    size_t count = 0, bytes = 0;
    for (; entries[count]; count++)
        bytes += rs_length(entries[count]) + 1;
    char **copy = rs_arena_take((count + 1) * sizeof *copy + bytes);
    char *text = (char *)(copy + count + 1);
    for (size_t i = 0; copy && i < count; i++) {
        size_t size = rs_length(entries[i]) + 1;
        copy[i] = text;
        rs_copy(text, entries[i], size);
        text += size;
    }
    environment = copy;
}

static void write_arguments(void)
{
    for (int i = 0; i < arguments.count && arguments.values[i]; i++)
        rs_write_argument(arguments.values[i], rs_length(arguments.values[i]));
}

void rs_trace_begin(const struct rs_welcome *welcome)
{
    rs_writer_begin(welcome->trace, welcome->trace_limit);
    rs.plan = welcome->plan;
    rs.epoch++;
    write_arguments();
    rs_write_budgets();
}

/* ---- fork ---- */

/* fork has copied our tables, perhaps while another thread changed them; all but what lasts (the
 * modules, the thunks) begins anew, in a trace mapped over the parent's. */
static void begin_child(void)
{
    /* Also where it is not recorded now: somebody may attach to it. */
    rs.lock.word = 0;
    rs_slots_reset();
    rs_pen_reset();
    const char *socket =
        *rs_attach_socket() ? rs_attach_socket() : rs_environment(RESIDUE_SOCKET_VARIABLE);
    if (!rs.was_recording || !socket)
        return;
    struct rs_welcome welcome = {.trace_limit = rs.trace_limit, .plan = rs.plan};
    if (!rs_handshake(socket, rs.trace, 1, &welcome))
        return;
    rs.whole = 0;
    RS_SYSCALL3(SYS_madvise, rs.top, RS_TOP_BYTES, MADV_DONTNEED);
    rs_arena_reset();
    rs_intern_reset();
    rs_forget_trace();
    rs_trace_begin(&welcome);
    rs_threads_reset();
    rs_modules_reset();
    rs_watched_reset();
    if (rs_self) {
        rs_self->busy = 0;
        rs_self->memory_depth = rs_self->recent_count = 0;
        rs_calls_reenter(rs_self);
    }
    rs_guard.recording = 1;
}

/* What lasts in the child must be whole when fork copies it. */
static bool held_over_fork;

static void before_fork(void)
{
    held_over_fork = rs_recording();
    if (held_over_fork) {
        rs_loader_lock();
        rs_modules_lock();
        rs_watched_lock();
        rs_scopes_lock();
        rs_beginnings_lock();
    }
}

static void after_fork_in_parent(void)
{
    if (held_over_fork) {
        rs_beginnings_unlock();
        rs_scopes_unlock();
        rs_watched_unlock();
        rs_modules_unlock();
        rs_loader_unlock();
    }
}

static void after_fork_in_child(void)
{
    after_fork_in_parent();
    begin_child();
}

/* ---- the end ---- */

void rs_end(int status)
{
    /* What a child of vfork says of its end is not said of ours, whose memory it borrows. */
    if (rs_recording() && rs.trace->pid == (uint32_t)RS_SYSCALL0(SYS_getpid))
        rs_note_end((uint32_t)status & 0xff);
}

static void at_exit(int status, void *unused)
{
    (void)unused;
    rs_end(status);
}

/* ---- the beginning ---- */

static bool prepare(const struct rs_welcome *welcome)
{
    if (!rs_leaves_begin())
        return rs_refuse(welcome->trace, "no memory for the shadow");
    rs_trace_begin(welcome);
    rs_plan_prepare();
    rs_quarantine_begin();
    rs_loader_refresh(false);
    return true;
}

void rs_recording_begin(void)
{
    static bool once;
    rs.was_recording = 1;
    if (!once) {
        once = true;
        on_exit(at_exit, NULL);
        pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
        RS_SYSCALL3(SYS_madvise, &rs_guard, sizeof rs_guard, MADV_WIPEONFORK);
    }
    __atomic_store_n(&rs_guard.recording, 1, __ATOMIC_SEQ_CST);
}

/* First of all constructors (-z initfirst), so that what others acquire is seen. In a program that
 * runs already, nothing begins before somebody attaches. */
__attribute__((constructor)) static void start(int argc, char **argv, char **envp)
{
    arguments.count = argc;
    arguments.values = argv;
    rs_program_find(envp);
    if (rs_loader_is_late()) {
        copy_environment(envp);
        return;
    }
    const char *socket = find_variable(envp, RESIDUE_SOCKET_VARIABLE);
    struct rs_welcome welcome = {0};
    if (!socket || !rs_handshake(socket, NULL, 0, &welcome) || !prepare(&welcome))
        return;
    copy_environment(envp);
    rs.whole = 1;
    const char *verify = rs_environment("RESIDUE_VERIFY");
    rs.verify = verify && *verify && *verify != '0';
    rs_faults_watch();
    rs_recording_begin();
}
