#include "shim/core/released.h"
#include "shim/core/bytes.h"
#include "shim/core/lock.h"

enum { SLOTS = 4096 };

static struct {
    struct rs_lock lock;
    struct rs_released slot[SLOTS];
} table;

void rs_released_reset(void)
{
    rs_zero(&table, sizeof table);
}

static struct rs_released *slot_of(uint64_t handle)
{
    return &table.slot[(handle >> 3) * 0x9e3779b97f4a7c15u >> 52];
}

void rs_released_note(const struct rs_released *what)
{
    rs_lock(&table.lock);
    struct rs_released *slot = slot_of(what->handle);
    if (slot->handle != what->handle)
        *slot = *what;
    rs_unlock(&table.lock);
}

bool rs_released_find(uint64_t handle, struct rs_released *found)
{
    rs_lock(&table.lock);
    *found = *slot_of(handle);
    rs_unlock(&table.lock);
    return handle && found->handle == handle;
}

/* Nearly always there is nothing to forget: that needs no lock. */
void rs_released_forget(uint64_t handle)
{
    struct rs_released *slot = slot_of(handle);
    if (__atomic_load_n(&slot->handle, __ATOMIC_RELAXED) != handle)
        return;
    rs_lock(&table.lock);
    if (slot->handle == handle)
        slot->handle = 0;
    rs_unlock(&table.lock);
}
