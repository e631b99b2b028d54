#include "shim/windows/start.h"
#include "shim/core/quarantine.h"
#include "shim/core/bytes.h"
#include "shim/core/os.h"
#include "shim/core/self.h"
#include "shim/core/state.h"
#include "shim/core/watched.h"
#include "shim/core/writer.h"
#include "shim/windows/arguments.h"
#include "shim/windows/modules.h"
#include "shim/windows/nt.h"
#include "shim/windows/wrap.h"

uintptr_t rs_self_slot, rs_attaching_slot, rs_outer_slot;

/* A slot of the thread's block, zero in every thread. False: those are used up. */
static bool take_slot(uintptr_t *slot)
{
    DWORD index = TlsAlloc();
    if (index >= RS_BLOCK_TLS_COUNT) {
        if (index != TLS_OUT_OF_INDEXES)
            TlsFree(index);
        return false;
    }
    *slot = RS_BLOCK_TLS_SLOTS + index * sizeof(uintptr_t);
    return true;
}

static bool prepare(const struct rs_welcome *welcome)
{
    if (!take_slot(&rs_self_slot) || !take_slot(&rs_attaching_slot) || !take_slot(&rs_outer_slot))
        return rs_refuse(welcome->trace, "no thread-local storage left");
    if (!rs_leaves_begin())
        return rs_refuse(welcome->trace, "no memory for the shadow");
    rs_writer_begin(welcome->trace, welcome->trace_limit);
    rs.plan = welcome->plan;
    rs.epoch++;
    rs_write_arguments();
    rs_write_budgets();
    rs_plan_prepare();
    rs_quarantine_begin();
    if (!rs_modules_follow())
        return rs_refuse(welcome->trace, "the loader tells nothing of modules");
    return true;
}

static bool asked_to_verify(void)
{
    wchar_t value[4];
    DWORD length = GetEnvironmentVariableW(L"RESIDUE_VERIFY", value, 4);
    return length && value[0] != L'0';
}

static const struct residue_meeting *meeting;

const struct residue_meeting *rs_meeting(void)
{
    return meeting;
}

/* False: nobody has prepared a meeting. */
static bool begin(void)
{
    struct rs_welcome welcome = {0};
    if (!rs_meet(&welcome))
        return welcome.meeting != NULL;
    meeting = welcome.meeting;
    bool ready = prepare(&welcome);
    rs.verify = asked_to_verify();
    if (ready)
        rs_faults_watch();
    rs.was_recording = rs.whole = ready;
    rs_guard.recording = ready;
    rs_met(&welcome, RESIDUE_MEETING_RECORDS);
    return true;
}

/* Under the loader's lock, as in DllMain: no module comes or goes meanwhile. */
bool rs_begin_if_met(void)
{
    ULONG_PTR cookie;
    if (!NT_SUCCESS(LdrLockLoaderLock(0, NULL, &cookie)))
        return false;
    bool met = begin();
    LdrUnlockLoaderLock(0, cookie);
    return met;
}

uint32_t rs_ending;

/* Once: ExitProcess is RtlExitUserProcess further down. */
void rs_end(uint32_t status)
{
    static uint32_t ended;
    if (rs_recording() && !__atomic_exchange_n(&ended, 1, __ATOMIC_ACQ_REL))
        rs_note_end(status);
    __atomic_store_n(&rs_ending, 1, __ATOMIC_RELEASE);
}

BOOL WINAPI rs_dll_main(HINSTANCE module, DWORD reason, LPVOID reserved);
BOOL WINAPI rs_dll_main(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH) {
        DWORD error = GetLastError();
        DisableThreadLibraryCalls(module);
        if (!begin())
            rs_ask_for_runner();
        SetLastError(error);
    }
    return TRUE;
}
