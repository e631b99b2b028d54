#include "analyzer/report_select.h"
#include "analyzer/glob.h"

#include <stdlib.h>

struct chosen {
    const struct report_selection *selection;
    uint32_t count;
    bool *path; /* by path: chosen */
};

static bool is_wanted(const struct analysis_call *call, void *closure)
{
    struct chosen *chosen = closure;
    const struct report_selection *selection = chosen->selection;
    bool matches = !selection->globs;
    for (uint32_t i = 0; i < selection->globs && !matches; i++)
        matches = glob_matches(selection->glob[i], call->name);
    if (!matches || (selection->top && chosen->count == selection->top))
        return false;
    chosen->count++;
    return chosen->path[call->path] = true;
}

/* What was found outside calls is no call's. */
static void select_findings(struct findings *findings, const struct chosen *chosen)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->finding[i];
        if (chosen->path[finding->path] || (!finding->path && !chosen->selection->globs))
            findings->finding[kept++] = *finding;
        else
            free(finding->message);
    }
    findings->count = kept;
}

void report_select(struct report *report, const struct report_selection *selection)
{
    struct chosen chosen = {.selection = selection};
    chosen.path = analysis_take(report->trace->path_count + 1, sizeof *chosen.path);
    analysis_select(report->analysis, is_wanted, &chosen);
    select_findings(&report->findings, &chosen);
    report->selected = selection->globs;
    free(chosen.path);
}
