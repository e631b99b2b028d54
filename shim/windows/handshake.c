/* Meeting the runner, by names that carry this process's id. In DllMain, before anything is
 * recorded. */
#include "shim/core/bytes.h"
#include "shim/core/os.h"
#include "shim/core/text.h"
#include "shim/core/writer.h"
#include "shim/windows/nt.h"
#include "shim/windows/start.h"
#include "shim/windows/text.h"

static const uint64_t largest =
    sizeof(void *) == 8 ? RESIDUE_SECTION_SPACE_64 : RESIDUE_SECTION_SPACE_32;

void rs_name_object(const char *name, uint32_t process, wchar_t *out)
{
    while (*name)
        *out++ = (wchar_t)*name++;
    wchar_t digits[16];
    unsigned count = 0;
    for (uint32_t id = process; id || !count; id /= 10)
        digits[count++] = (wchar_t)(L'0' + id % 10);
    while (count)
        *out++ = digits[--count];
    *out = 0;
}

/* Reserved as a whole and committed piece by piece: only what is used costs memory. The runner has
 * made it, except for what a client began. The handle stays open: the name goes with the last one.
 */
static struct residue_header *make_trace(uint64_t *limit)
{
    wchar_t name[64];
    rs_name_object(RESIDUE_TRACE_NAME, GetCurrentProcessId(), name);
    for (uint64_t size = largest; size >= RESIDUE_SECTION_SPACE_LEAST; size /= 4) {
        HANDLE section =
            CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE,
                               (DWORD)(size >> 32), (DWORD)size, name);
        void *view = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, (SIZE_T)size) : NULL;
        if (view && rs_os_commit(view, RESIDUE_HEADER_SIZE)) {
            *limit = size;
            return view;
        }
        if (view)
            UnmapViewOfFile(view);
        if (section)
            CloseHandle(section);
    }
    return NULL;
}

static uint32_t parent_id(void)
{
    PROCESS_BASIC_INFORMATION about;
    NTSTATUS status = NtQueryInformationProcess(RS_THIS_PROCESS, ProcessBasicInformation, &about,
                                                sizeof about, NULL);
    return NT_SUCCESS(status) ? (uint32_t)about.InheritedFromUniqueProcessId : 0;
}

static void write_program(struct residue_header *trace)
{
    static wchar_t path[32768];
    static char text[3 * 32768];
    size_t units = GetModuleFileNameW(NULL, path, sizeof path / sizeof *path);
    size_t length = rs_utf8(path, units, text), most = sizeof trace->program - 1;
    rs_copy(trace->program, text, length < most ? length : most);
}

static uint64_t unix_ns(void)
{
    enum { FILETIME_NS = 100 };
    static const uint64_t epoch = 116444736000000000; /* 1970, in FILETIME's units since 1601 */
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    return (((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime) - epoch) * FILETIME_NS;
}

/* Complete before anybody hears of the trace: the client may be killed at any moment after that. */
static void write_header(struct residue_header *trace)
{
    rs_writer_head(trace);
    trace->arch = sizeof(void *) == 8 ? RESIDUE_ARCH_X86_64 : RESIDUE_ARCH_I386;
    trace->os = RESIDUE_OS_WINDOWS;
    trace->pid = GetCurrentProcessId();
    trace->parent_pid = parent_id();
    trace->start_unix_ns = unix_ns();
    trace->start_mono_ns = rs_os_now_ns();
    write_program(trace);
}

static struct residue_meeting *open_meeting(void)
{
    wchar_t name[64];
    rs_name_object(RESIDUE_MEETING_NAME, GetCurrentProcessId(), name);
    HANDLE section = OpenFileMappingW(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, name);
    struct residue_meeting *meeting =
        section ? MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0) : NULL;
    if (section)
        CloseHandle(section); /* the view keeps it */
    if (meeting && (!rs_equal(meeting->magic, RESIDUE_PLAN_MAGIC, 8) ||
                    meeting->version != RESIDUE_PLAN_VERSION)) {
        UnmapViewOfFile(meeting);
        meeting = NULL;
    }
    return meeting;
}

void rs_met(const struct rs_welcome *welcome, enum residue_meeting_state state)
{
    __atomic_store_n(&welcome->meeting->state, state, __ATOMIC_RELEASE);
}

/* ---- a child's ---- */

static struct residue_roster *open_roster(uint32_t runner)
{
    wchar_t name[64];
    rs_name_object(RESIDUE_ROSTER_NAME, runner, name);
    HANDLE section = OpenFileMappingW(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, name);
    void *roster = section ? MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0) : NULL;
    if (section)
        CloseHandle(section);
    return roster;
}

/* Waits until the runner has the trace, or is gone. */
static bool wait_for_runner(const uint32_t *state)
{
    enum { PATIENCE = 5000 }; /* milliseconds */
    for (unsigned i = 0; i < PATIENCE; i++) {
        if (__atomic_load_n(state, __ATOMIC_ACQUIRE) != RESIDUE_ROSTER_SIGNED)
            return true;
        Sleep(1);
    }
    return false;
}

static bool sign_roster(uint32_t runner)
{
    wchar_t name[64];
    struct residue_roster *roster = open_roster(runner);
    rs_name_object(RESIDUE_KNOCK_NAME, runner, name);
    HANDLE knock = roster ? OpenEventW(EVENT_MODIFY_STATE, FALSE, name) : NULL;
    uint32_t place = knock ? __atomic_fetch_add(&roster->count, 1, __ATOMIC_ACQ_REL) : UINT32_MAX;
    bool taken = false;
    if (place < RESIDUE_ROSTER_MOST) {
        roster->process[place].pid = GetCurrentProcessId();
        __atomic_store_n(&roster->process[place].state, RESIDUE_ROSTER_SIGNED, __ATOMIC_RELEASE);
        SetEvent(knock);
        taken = wait_for_runner(&roster->process[place].state);
    }
    if (knock)
        CloseHandle(knock);
    if (roster)
        UnmapViewOfFile(roster);
    return taken;
}

bool rs_meet(struct rs_welcome *welcome)
{
    welcome->meeting = open_meeting();
    if (!welcome->meeting)
        return false;
    welcome->trace = make_trace(&welcome->trace_limit);
    if (!welcome->trace) {
        welcome->meeting->refusal = RESIDUE_REFUSAL_MEMORY;
        rs_met(welcome, RESIDUE_MEETING_REFUSED);
        return false;
    }
    write_header(welcome->trace);
    if (welcome->meeting->child && !sign_roster(welcome->meeting->runner)) {
        rs_met(welcome, RESIDUE_MEETING_REFUSED);
        return false;
    }
    welcome->plan = &welcome->meeting->plan;
    welcome->meeting->trace_limit = welcome->trace_limit;
    return true;
}
