#include "tests/unit/core_os.h"
#include <criterion/criterion.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "analyzer/profile.h"
#include "shim/core/frame.h"
#include "shim/core/intern.h"
#include "shim/core/modules.h"
#include "shim/core/os.h"
#include "shim/core/state.h"
#include "shim/core/watched.h"
#include "shim/core/writer.h"
#include "tests/unit/unwind_loaded.h"

struct core_os core_os = {.maps_left = UINT_MAX, .now_ns = 1000, .fd = -1};
struct rs_guard rs_guard;
struct rs_state rs;
const unsigned char rs_thunks[RS_THUNKS * RS_THUNK_BYTES] = {0};

/* ---- the seam ---- */

void *rs_os_map(size_t bytes)
{
    if (!core_os.maps_left)
        return NULL;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    core_os.maps_left--;
    core_os.maps++;
    return memory;
}

void rs_os_unmap(void *memory, size_t bytes)
{
    munmap(memory, bytes);
}

uint64_t rs_os_now_ns(void)
{
    return core_os.now_ns;
}

uint64_t rs_os_private_bytes(void)
{
    return core_os.private_bytes;
}

bool rs_os_commit(void *memory, size_t bytes)
{
    (void)memory, (void)bytes;
    return true;
}

bool rs_os_touched(const void *memory, size_t pages, unsigned char *touched)
{
    return !core_os.no_touched && !mincore((void *)(uintptr_t)memory, pages * RS_PAGE, touched);
}

bool rs_os_is_code(uintptr_t address)
{
    char byte;
    return rs_os_read((const void *)address, &byte, 1);
}

void rs_os_wait(uint32_t *word, uint32_t value)
{
    syscall(SYS_futex, word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, value, NULL);
}

void rs_os_wake(uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}

uint32_t rs_os_thread_id(void)
{
    return core_os.thread_id ? core_os.thread_id : (uint32_t)syscall(SYS_gettid);
}

bool rs_os_thread_alive(uint32_t thread_id)
{
    for (size_t i = 0; i < sizeof core_os.dead / sizeof *core_os.dead; i++)
        if (core_os.dead[i] == thread_id)
            return false;
    return true;
}

struct rs_stack_bounds rs_os_stack_bounds(void)
{
    if (core_os.interrupt)
        core_os.interrupt();
    pthread_attr_t attributes;
    void *low;
    size_t size;
    cr_assert(!pthread_getattr_np(pthread_self(), &attributes) &&
              !pthread_attr_getstack(&attributes, &low, &size));
    pthread_attr_destroy(&attributes);
    return (struct rs_stack_bounds){(uintptr_t)low, (uintptr_t)low + size};
}

void rs_os_say(const char *text)
{
    (void)text;
    core_os.said++;
}

bool rs_os_find_module(uintptr_t pc, struct rs_found_module *found)
{
    const struct rs_found_module *known = core_os.found;
    if (!known || pc < known->module.start || pc >= known->module.end)
        return false;
    *found = *known;
    return true;
}

bool rs_os_write_slot(uintptr_t *slot, uintptr_t value)
{
    *slot = value;
    return true;
}

void rs_give_up(const char *why)
{
    if (!__atomic_exchange_n(&rs_guard.recording, 0, __ATOMIC_ACQ_REL))
        return;
    snprintf(core_os.trouble, sizeof core_os.trouble, "%s", why);
    rs_os_say(why);
}

/* ---- a trace ---- */

/* A plan lives as long as the process, also when a second trace is begun. */
static const struct residue_plan *plan_of(const char *shipped, const char *text)
{
    static const struct residue_plan *kept[8];
    static unsigned count;
    struct profile *profile = profile_new();
    cr_assert(!shipped ||
                  (profile_read_shipped(profile, "base") && profile_read_shipped(profile, shipped)),
              "%s", profile->problem);
    cr_assert(profile_read_text(profile, "test", text), "%s", profile->problem);
    size_t size;
    const struct residue_plan *plan = profile_plan(profile, &size);
    cr_assert_not_null(plan, "%s", profile->problem);
    profile_free(profile);
    cr_assert_lt(count, sizeof kept / sizeof *kept);
    return kept[count++] = plan;
}

static void begin(uint64_t limit, const struct residue_plan *plan)
{
    core_os.fd = memfd_create("trace", MFD_CLOEXEC);
    cr_assert(core_os.fd >= 0 && !ftruncate(core_os.fd, (off_t)limit));
    void *trace = mmap(NULL, limit, PROT_READ | PROT_WRITE, MAP_SHARED, core_os.fd, 0);
    cr_assert_neq(trace, MAP_FAILED);
    rs.top = mmap(NULL, RS_TOP_BYTES, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    cr_assert_neq((void *)rs.top, MAP_FAILED);
    rs_writer_head(trace);
    rs_writer_begin(trace, limit);
    rs.trace->arch = RESIDUE_ARCH_X86_64;
    rs.trace->os = RESIDUE_OS_LINUX;
    rs.trace->start_mono_ns = core_os.now_ns;
    rs.plan = plan;
    rs.epoch++;
    rs_plan_prepare();
    rs_guard.recording = 1;
}

void core_begin(uint64_t limit, const char *profile)
{
    begin(limit, plan_of(NULL, profile));
}

void core_begin_shipped(uint64_t limit, const char *name)
{
    begin(limit, plan_of(name, ""));
}

void core_load_modules(void)
{
    const struct rs_modules *loaded = unwind_modules();
    struct rs_found_module *found = calloc(loaded->count, sizeof *found);
    char(*path)[32] = calloc(loaded->count, sizeof *path);
    for (uint32_t i = 0; i < loaded->count; i++) {
        snprintf(path[i], sizeof path[i], "/lib/%u.so", i);
        found[i] = (struct rs_found_module){.module = loaded->list[i], .path = path[i]};
    }
    rs_modules_publish(found, loaded->count, NULL);
    free(found);
    free(path);
}

void core_sites(uint32_t count)
{
    uint32_t block = rs_intern_kind(RS_KIND_BLOCK);
    for (uint32_t i = 1; i <= count; i++) {
        char name[16];
        snprintf(name, sizeof name, "call %u", i);
        cr_assert_eq(rs_intern_site(rs_intern_path(0, rs_intern_name(name, 0)), 0, block), i);
    }
}

struct trace *core_read(void)
{
    char problem[512];
    struct trace *trace = trace_open_fd(core_os.fd, "trace", problem, sizeof problem);
    cr_assert_not_null(trace, "%s", problem);
    cr_assert_not(trace->truncated);
    return trace;
}

/* Runs over all chunks; counts records of `kind` until the index-th is found. */
static const void *look(uint16_t kind, unsigned index, unsigned *count)
{
    const unsigned char *base = (const unsigned char *)rs.trace;
    *count = 0;
    for (uint64_t at = rs.trace->header_size; at < rs.trace->end;) {
        const struct residue_chunk *chunk = (const void *)(base + at);
        cr_assert_eq(chunk->magic, RESIDUE_CHUNK_MAGIC);
        cr_assert_eq(at % RS_PAGE, 0u, "a chunk begins on a page");
        for (uint64_t used = 0; chunk->kind == RESIDUE_CHUNK_RECORDS && used < chunk->used;) {
            const struct residue_record *record = (const void *)(base + at + sizeof *chunk + used);
            if (record->kind == kind && (*count)++ == index)
                return record;
            used += record->size;
        }
        at += chunk->size;
    }
    return NULL;
}

const void *core_record(uint16_t kind, unsigned index)
{
    unsigned count;
    return look(kind, index, &count);
}

unsigned core_record_count(uint16_t kind)
{
    unsigned count;
    look(kind, UINT_MAX, &count);
    return count;
}

unsigned core_live_count(void)
{
    unsigned count = 0;
    const struct residue_resource *record;
    for (unsigned i = 0; (record = core_record(RESIDUE_RECORD_RESOURCE, i)); i++)
        count += record->state == RESIDUE_RESOURCE_LIVE;
    return count;
}

bool core_live(uint32_t kind, uint64_t handle)
{
    const struct residue_resource *record;
    uint32_t id = rs_intern_kind(kind);
    for (unsigned i = 0; (record = core_record(RESIDUE_RECORD_RESOURCE, i)); i++)
        if (record->state == RESIDUE_RESOURCE_LIVE && record->handle == handle &&
            rs_site(record->site)->kind == id)
            return true;
    return false;
}

/* ---- events ---- */

struct rs_thread *core_thread(void)
{
    struct rs_thread *self = rs_thread();
    cr_assert_not_null(self);
    cr_assert(rs_thread_begin(self));
    return self;
}

void core_done(struct rs_thread *self)
{
    rs_thread_end(self);
}

uintptr_t core_watch(const char *name, uintptr_t target)
{
    const struct residue_plan_function *function = rs_plan_find(name);
    cr_assert_not_null(function, "'%s' is not in the plan", name);
    uintptr_t thunk = rs_watch(target, function, RESIDUE_NO_INTERFACE, name);
    cr_assert_neq(thunk, 0);
    return thunk;
}

/* As a thunk does; `base` is the frame of the function that the client called. */
static uint64_t run(const struct core_call *call, uintptr_t *base)
{
    struct rs_frame frame;
    memset(&frame, 0xa5, sizeof frame);
    frame.index = (call->thunk - (uintptr_t)rs_thunks) / RS_THUNK_BYTES;
    memcpy(frame.argument, call->argument, sizeof frame.argument);
    frame.base = base;
    rs_frame_enter(&frame);
    frame.result[0] = call->body ? call->body(call->closure) : call->result;
    rs_frame_leave(&frame);
    return frame.result[0];
}

__attribute__((noinline)) uint64_t core_call(const struct core_call *call)
{
    uint64_t result = run(call, __builtin_frame_address(0));
    __asm__ volatile("");
    return result;
}

__attribute__((noinline)) uint64_t core_call_long(const struct core_call *call, uint64_t second,
                                                  uint64_t third, uint64_t fourth, uint64_t fifth,
                                                  uint64_t sixth, uint64_t seventh, uint64_t eighth)
{
    (void)second, (void)third, (void)fourth, (void)fifth, (void)sixth;
    uintptr_t *base = __builtin_frame_address(0);
    __asm__ volatile("" : : "m"(seventh), "m"(eighth));
    cr_assert(base[2] == seventh && base[3] == eighth);
    uint64_t result = run(call, base);
    __asm__ volatile("");
    return result;
}
