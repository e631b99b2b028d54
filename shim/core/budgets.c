/* The plan's budgets, for the analyzer: what the trace begins with. */
#include "shim/core/state.h"
#include "shim/core/text.h"
#include "shim/core/writer.h"

static void write(const struct residue_plan_budget *budget)
{
    const char *interface = rs_plan_text(budget->interface), *text = rs_plan_text(budget->text);
    size_t length = rs_length(interface), text_length = rs_length(text);
    struct residue_budget *record =
        rs_record_new(RESIDUE_RECORD_BUDGET, sizeof *record + length + text_length);
    if (!record)
        return;
    record->most = budget->most;
    record->per = budget->per;
    record->interface_length = (uint32_t)length;
    record->text_length = (uint32_t)text_length;
    rs_record_text(record->text, interface, length);
    rs_record_text(record->text + length, text, text_length);
    rs_record_done();
}

void rs_write_budgets(void)
{
    const struct residue_plan_budget *budgets = rs_plan_at(rs.plan->budgets);
    rs_lock(&rs.lock);
    for (uint32_t i = 0; i < rs.plan->budget_count; i++)
        write(&budgets[i]);
    rs_unlock(&rs.lock);
}
