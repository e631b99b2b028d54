#include "analyzer/analysis_dead.h"
#include <string.h>

bool dead_is_runtime(const char *path)
{
    static const char *const names[] = {"libc.so",   "libstdc++.so", "libc++.so",
                                        "libc++abi", "ucrtbase",     "msvcrt"};
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strncmp(base, names[i], strlen(names[i])))
            return true;
    return !strncmp(base, "libc-2.", 7);
}

uint32_t dead_owner(const struct trace *trace, uint32_t site)
{
    const struct trace_stack *stack = &trace->stacks[trace->sites[site].stack];
    if (!trace->sites[site].stack)
        return 0;
    for (uint32_t i = 0; i < stack->depth; i++) {
        uint32_t module = trace->frames[stack->frame[i]].module;
        if (!module || !dead_is_runtime(trace->modules[module].path))
            return module;
    }
    return 0;
}

/* Things that are lost with the code that knows of them. A critical section or a reference may well
 * be somebody else's. */
static bool can_be_orphaned(enum residue_class class)
{
    return class == RESIDUE_CLASS_BLOCK || class == RESIDUE_CLASS_MAPPING ||
           class == RESIDUE_CLASS_BUFFER;
}

uint64_t dead_orphans(const struct trace *trace, uint32_t site, uint32_t owner,
                      const struct trace_survivor *survivors, uint64_t count)
{
    (void)survivors;
    uint32_t kind = trace->sites[site].kind;
    if (!owner || !kind || !can_be_orphaned(trace->kinds[kind].class))
        return 0;
    return trace->modules[owner].gone ? count : 0;
}
