/*
 * The functions that the shim takes over by itself. An import slot is recognised by the address in
 * it: whatever DLL it names (an api-ms-win set, a forwarder), it leads to one real function, and
 * that has one wrapper.
 */
#ifndef SHIM_WINDOWS_HOOKS_H
#define SHIM_WINDOWS_HOOKS_H

#include <stdint.h>
#include "shim/windows/pe.h"
#include "shim/windows/nt.h"

/* One name of a library. Where two of its DLLs define the name (kernel32 and kernelbase), `real`
 * becomes the lower one's: the other one leads there. Without a wrapper it is only found. */
struct rs_hook {
    const char *name;
    void *wrapper;
    void **real;
};

/* The libraries; `hooks` end with an empty one. */
extern const struct rs_hook rs_hooks_heap[], rs_hooks_memory[], rs_hooks_sections[],
    rs_hooks_loader[], rs_hooks_process[], rs_hooks_children[], rs_hooks_threads[], rs_hooks_com[],
    rs_hooks_automation[];

/* A C run-time: msvcrt, ucrtbase, and those of single compilers. There may be several in a process,
 * each with its own functions behind the same names. */
enum { RS_RUNTIMES = 4 };
extern const struct rs_hook *const rs_hooks_runtime[RS_RUNTIMES];

/* Finds what the module defines of them. `name` is its file's. */
void rs_hooks_resolve(const struct rs_image *, const UNICODE_STRING *name);

/* A module at [start, end) is gone. */
void rs_hooks_forget(uintptr_t start, uintptr_t end);

/* The wrapper of the real function at `address`; 0 if it has none. */
uintptr_t rs_hook_of(uintptr_t address);

#endif
