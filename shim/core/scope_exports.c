/* The two functions of include/residue.h, all that the shim has for programs to call. */
#include "shim/core/capture.h"
#include "shim/core/scopes.h"

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

EXPORT void residue_call_begin(const char *name);
EXPORT void residue_call_begin(const char *name)
{
    struct rs_regs regs = RS_CALLER_REGS();
    rs_scope_begin(name, regs.sp, regs.pc);
}

EXPORT void residue_call_end(void);
EXPORT void residue_call_end(void)
{
    struct rs_regs regs = RS_CALLER_REGS();
    rs_scope_end(regs.sp);
}
