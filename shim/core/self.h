/*
 * The words a thread has for the shim alone: what it knows of the thread, and whether it is just
 * finding that out. Thread-local variables where the system's cost nothing; Windows' own need
 * memory of the client's heap, so there they are two slots in the thread's block (TlsAlloc), at
 * offsets that the shim learns when it begins.
 */
#ifndef SHIM_CORE_SELF_H
#define SHIM_CORE_SELF_H

#include <stdbool.h>
#include <stdint.h>

struct rs_thread;

#ifdef _WIN32
#ifdef _WIN64
#define RS_THREAD_BLOCK __seg_gs
#else
#define RS_THREAD_BLOCK __seg_fs
#endif
extern uintptr_t rs_self_slot, rs_attaching_slot;
#define rs_self      (*(struct rs_thread * RS_THREAD_BLOCK *)rs_self_slot)
#define rs_attaching (*(uintptr_t RS_THREAD_BLOCK *)rs_attaching_slot)
#else
extern __thread struct rs_thread *rs_self
    __attribute__((tls_model("initial-exec"), visibility("hidden")));
extern __thread uintptr_t rs_attaching __attribute__((tls_model("initial-exec")));
#endif

#endif
