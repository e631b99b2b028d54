#include "shim/core/reloads.h"
#include "shim/core/arena.h"
#include "shim/core/intern.h"
#include "shim/core/state.h"
#include "shim/core/writer.h"

/* One for each module that ever came again, in the trace and changed in place. */
struct reload {
    struct reload *next;
    struct residue_reload *record;
};

static struct reload *reloads;

void rs_reloads_reset(void)
{
    reloads = NULL;
}

/* A record with room for `paths`; an earlier one that is too small is no module's any more. */
static struct residue_reload *record_for(uint32_t module, uint32_t paths)
{
    struct reload *reload = reloads;
    while (reload && reload->record->module != module)
        reload = reload->next;
    if (reload && reload->record->paths >= paths)
        return reload->record;
    if (!reload) {
        reload = rs_arena_take(sizeof *reload);
        if (!reload)
            return NULL;
    }
    uint32_t room = paths + paths / 2 + 16;
    rs_lock(&rs.lock);
    struct residue_reload *record = rs_record_new(
        RESIDUE_RECORD_RELOAD, sizeof *record + (room + room % 2) * sizeof *record->finished);
    if (record) {
        record->module = module;
        record->paths = room;
        rs_record_done();
    }
    rs_unlock(&rs.lock);
    if (!record)
        return NULL;
    if (reload->record)
        reload->record->module = 0;
    else {
        reload->next = reloads;
        reloads = reload;
    }
    reload->record = record;
    return record;
}

void rs_reload_enter(const struct residue_module *module)
{
    uint32_t paths = rs_path_count();
    struct residue_reload *record = record_for(module->id, paths);
    for (uint32_t id = 1; record && id <= paths; id++)
        record->finished[id - 1] = __atomic_load_n(&rs_path(id)->finished, __ATOMIC_RELAXED);
}
