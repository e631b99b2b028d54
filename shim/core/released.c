#include "shim/core/released.h"
#include "shim/core/bytes.h"
#include "shim/core/resource.h"

enum { SLOTS = 4096 };

static struct rs_released slots[SLOTS]; /* under the lock of the resources */

void rs_released_reset(void)
{
    rs_zero(slots, sizeof slots);
}

static struct rs_released *slot_of(uint64_t handle)
{
    return &slots[(handle >> 3) * 0x9e3779b97f4a7c15u >> 52];
}

void rs_released_note(const struct rs_released *what)
{
    rs_resources_lock();
    struct rs_released *slot = slot_of(what->handle);
    if (slot->handle != what->handle)
        *slot = *what;
    rs_resources_unlock();
}

bool rs_released_find(uint64_t handle, struct rs_released *found)
{
    rs_resources_lock();
    *found = *slot_of(handle);
    rs_resources_unlock();
    return handle && found->handle == handle;
}

void rs_released_forget(uint64_t handle)
{
    struct rs_released *slot = slot_of(handle);
    if (slot->handle == handle)
        slot->handle = 0;
}
