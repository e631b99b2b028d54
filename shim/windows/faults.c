/* Faults: an exception that the processor raised is noted before anybody handles it. Whether the
 * process dies of it shows by its end. */
#include "shim/core/fault.h"
#include "shim/core/state.h"
#include "shim/windows/nt.h"
#include "shim/windows/start.h"

#ifdef _WIN64
enum { REGISTERS = 16 };
static void note(const EXCEPTION_RECORD *exception, const CONTEXT *context, uint64_t address)
{
    /* CONTEXT has the general registers in the processor's order, from rax to r15. */
    uintptr_t value[REGISTERS];
    for (int i = 0; i < REGISTERS; i++)
        value[i] = (&context->Rax)[i];
    struct rs_kept kept = {.bx = context->Rbx,
                           .r12 = context->R12,
                           .r13 = context->R13,
                           .r14 = context->R14,
                           .r15 = context->R15,
                           .si = context->Rsi,
                           .di = context->Rdi};
    rs_fault_note(&(struct rs_fault){
        .code = exception->ExceptionCode,
        .address = address,
        .regs = {.pc = context->Rip, .sp = context->Rsp, .bp = context->Rbp, .kept = &kept},
        .values = value,
        .value_count = REGISTERS});
}
#else
static void note(const EXCEPTION_RECORD *exception, const CONTEXT *context, uint64_t address)
{
    uintptr_t value[] = {context->Eax, context->Ebx, context->Ecx, context->Edx,
                         context->Esi, context->Edi, context->Ebp};
    struct rs_kept kept = {.bx = context->Ebx, .si = context->Esi, .di = context->Edi};
    rs_fault_note(&(struct rs_fault){
        .code = exception->ExceptionCode,
        .address = address,
        .regs = {.pc = context->Eip, .sp = context->Esp, .bp = context->Ebp, .kept = &kept},
        .values = value,
        .value_count = sizeof value / sizeof *value});
}
#endif

static bool is_fault(DWORD code)
{
    return code == EXCEPTION_ACCESS_VIOLATION || code == EXCEPTION_IN_PAGE_ERROR ||
           code == EXCEPTION_ILLEGAL_INSTRUCTION || code == EXCEPTION_PRIV_INSTRUCTION ||
           code == EXCEPTION_INT_DIVIDE_BY_ZERO || code == EXCEPTION_DATATYPE_MISALIGNMENT;
}

static LONG WINAPI look(EXCEPTION_POINTERS *what)
{
    const EXCEPTION_RECORD *exception = what->ExceptionRecord;
    bool touches = exception->ExceptionCode == EXCEPTION_ACCESS_VIOLATION ||
                   exception->ExceptionCode == EXCEPTION_IN_PAGE_ERROR;
    if (is_fault(exception->ExceptionCode) && rs_recording()) {
        DWORD error = GetLastError();
        note(exception, what->ContextRecord,
             touches && exception->NumberParameters > 1 ? exception->ExceptionInformation[1] : 0);
        SetLastError(error);
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

/* The handler that is asked last: what the client handles in this way is none. */
void rs_faults_watch(void)
{
    AddVectoredExceptionHandler(0, look);
}
