/* Critical sections. The system takes a debug record for each, inside ntdll, where no slot is: the
 * section itself leads to it. */
#include "shim/core/intern.h"
#include "shim/core/wrapped.h"
#include "shim/windows/wrap.h"

#define CRITICAL_SECTION_(text_)                                                                   \
    {                                                                                              \
        .name = {.text = text_}, .class = RESIDUE_CLASS_CRITICAL_SECTION                           \
    }
static struct rs_wrapped plain = CRITICAL_SECTION_("InitializeCriticalSection");
static struct rs_wrapped and_spin_count =
    CRITICAL_SECTION_("InitializeCriticalSectionAndSpinCount");
static struct rs_wrapped ex = CRITICAL_SECTION_("InitializeCriticalSectionEx");

/* CRITICAL_SECTION_NO_DEBUG_INFO ones have none; the system writes -1 or NULL there. */
static size_t record_of(const RTL_CRITICAL_SECTION *section)
{
    uintptr_t record = (uintptr_t)section->DebugInfo;
    return record && record != UINTPTR_MAX ? sizeof(RTL_CRITICAL_SECTION_DEBUG) : 0;
}

static void initialised(RTL_CRITICAL_SECTION *section, const struct rs_regs *regs)
{
    rs_wrapped_acquired(regs, RS_KIND_CRITICAL_SECTION, (uintptr_t)section, record_of(section));
}

RS_WRAP(NTSTATUS, WINAPI, RtlInitializeCriticalSection, RTL_CRITICAL_SECTION *section)
{
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&plain, &regs);
    NTSTATUS status = real_RtlInitializeCriticalSection(section);
    if (NT_SUCCESS(status))
        initialised(section, &regs);
    rs_wrapped_end(&regs);
    return status;
}

RS_WRAP(NTSTATUS, WINAPI, RtlInitializeCriticalSectionAndSpinCount, RTL_CRITICAL_SECTION *section,
        ULONG spins)
{
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&and_spin_count, &regs);
    NTSTATUS status = real_RtlInitializeCriticalSectionAndSpinCount(section, spins);
    if (NT_SUCCESS(status))
        initialised(section, &regs);
    rs_wrapped_end(&regs);
    return status;
}

RS_WRAP(NTSTATUS, WINAPI, RtlInitializeCriticalSectionEx, RTL_CRITICAL_SECTION *section,
        ULONG spins, ULONG flags)
{
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&ex, &regs);
    NTSTATUS status = real_RtlInitializeCriticalSectionEx(section, spins, flags);
    if (NT_SUCCESS(status))
        initialised(section, &regs);
    rs_wrapped_end(&regs);
    return status;
}

/* kernel32's own, where they are no forwarders. */

RS_WRAP(void, WINAPI, InitializeCriticalSection, RTL_CRITICAL_SECTION *section)
{
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&plain, &regs);
    real_InitializeCriticalSection(section);
    initialised(section, &regs);
    rs_wrapped_end(&regs);
}

RS_WRAP(BOOL, WINAPI, InitializeCriticalSectionAndSpinCount, RTL_CRITICAL_SECTION *section,
        DWORD spins)
{
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&and_spin_count, &regs);
    BOOL done = real_InitializeCriticalSectionAndSpinCount(section, spins);
    if (done)
        initialised(section, &regs);
    rs_wrapped_end(&regs);
    return done;
}

RS_WRAP(BOOL, WINAPI, InitializeCriticalSectionEx, RTL_CRITICAL_SECTION *section, DWORD spins,
        DWORD flags)
{
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&ex, &regs);
    BOOL done = real_InitializeCriticalSectionEx(section, spins, flags);
    if (done)
        initialised(section, &regs);
    rs_wrapped_end(&regs);
    return done;
}

RS_WRAP(NTSTATUS, WINAPI, RtlDeleteCriticalSection, RTL_CRITICAL_SECTION *section)
{
    rs_wrapped_released(NULL, RS_KIND_CRITICAL_SECTION, (uintptr_t)section);
    return real_RtlDeleteCriticalSection(section);
}

RS_WRAP(void, WINAPI, DeleteCriticalSection, RTL_CRITICAL_SECTION *section)
{
    rs_wrapped_released(NULL, RS_KIND_CRITICAL_SECTION, (uintptr_t)section);
    real_DeleteCriticalSection(section);
}

const struct rs_hook rs_hooks_sections[] = {
    RS_HOOK(RtlInitializeCriticalSection),
    RS_HOOK(RtlInitializeCriticalSectionAndSpinCount),
    RS_HOOK(RtlInitializeCriticalSectionEx),
    RS_HOOK(InitializeCriticalSection),
    RS_HOOK(InitializeCriticalSectionAndSpinCount),
    RS_HOOK(InitializeCriticalSectionEx),
    RS_HOOK(RtlDeleteCriticalSection),
    RS_HOOK(DeleteCriticalSection),
    RS_HOOKS_END,
};
