/* Where the tables of each run-time are (hooks_runtime.c). */
#include "shim/windows/hooks.h"

extern const struct rs_hook rs_hooks_runtime_0[], rs_hooks_runtime_1[], rs_hooks_runtime_2[],
    rs_hooks_runtime_3[];

const struct rs_hook *const rs_hooks_runtime[RS_RUNTIMES] = {
    rs_hooks_runtime_0, rs_hooks_runtime_1, rs_hooks_runtime_2, rs_hooks_runtime_3};
