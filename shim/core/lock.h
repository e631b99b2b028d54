/*
 * A mutex of one word for the shim's own tables. It is held for a few instructions of ours: never
 * while unwinding, never while calling the client or the system's loader. A thread inside the shim
 * is marked busy, so a signal handler that allocates never waits for its own thread.
 */
#ifndef SHIM_CORE_LOCK_H
#define SHIM_CORE_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "shim/core/os.h"

struct rs_lock {
    uint32_t word; /* 0 free, 1 held, 2 held and somebody sleeps */
};

static inline bool rs_try_lock(struct rs_lock *lock)
{
    uint32_t free = 0;
    return __atomic_compare_exchange_n(&lock->word, &free, 1, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static inline void rs_lock(struct rs_lock *lock)
{
    for (int spin = 0; spin < 64; spin++) {
        if (rs_try_lock(lock))
            return;
        __builtin_ia32_pause();
    }
    while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE) != 0)
        rs_os_wait(&lock->word, 2);
}

static inline void rs_unlock(struct rs_lock *lock)
{
    if (__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2)
        rs_os_wake(&lock->word);
}

#endif
