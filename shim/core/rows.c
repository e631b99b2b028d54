#include "shim/core/rows.h"
#include "shim/core/os.h"

struct row {
    uint32_t pad, count;
    const void *properties;
};

struct row_set {
    uint32_t count;
    struct row row[];
};

void rs_rows_visit(uint64_t rows, void (*visit)(void *, uint64_t properties), void *closure)
{
    enum { AT_ONCE = 32 };
    const struct row_set *set = (const void *)(uintptr_t)rows;
    struct row row[AT_ONCE];
    uint32_t count;
    if (!set || !rs_os_read(&set->count, &count, sizeof count))
        return;
    for (uint32_t at = 0; at < count; at += AT_ONCE) {
        uint32_t some = count - at < AT_ONCE ? count - at : AT_ONCE;
        if (!rs_os_read(&set->row[at], row, some * sizeof *row))
            return;
        for (uint32_t i = 0; i < some; i++)
            if (row[i].properties)
                visit(closure, (uintptr_t)row[i].properties);
    }
}
