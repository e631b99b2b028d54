#include "shim/core/unwind.h"

const struct rs_module *rs_modules_find(const struct rs_modules *modules, uintptr_t pc)
{
    uint32_t low = 0, high = modules->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (modules->list[middle].end <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    return low < modules->count && modules->list[low].start <= pc ? &modules->list[low] : NULL;
}
