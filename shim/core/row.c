#include "shim/core/row.h"
#include "shim/core/cfi.h"
#include "shim/core/cfi_find.h"
#include "shim/core/pdata.h"

bool rs_row_find(const struct rs_module *module, uintptr_t pc, bool exact, struct rs_row *row)
{
    return module->pdata ? rs_pdata_row(module, pc, exact, row) : rs_cfi_row(module, pc, row);
}

uintptr_t rs_row_function(const struct rs_module *module, uintptr_t pc)
{
    struct rs_fde fde;
    if (module->pdata)
        return rs_pdata_function(module, pc);
    return rs_find_fde(module, pc, &fde) ? fde.start : 0;
}

void rs_row_classify(struct rs_row *row)
{
    row->simple = !row->signal && !row->rule[RS_SP].defined &&
                  (row->cfa_register == RS_SP || row->cfa_register == RS_BP) &&
                  row->rule[RS_RA].kind == RS_RULE_OFFSET;
    for (unsigned reg = 0; reg < RS_RA; reg++) {
        if (row->rule[reg].kind == RS_RULE_OFFSET)
            row->saved = (uint16_t)(row->saved | 1u << reg);
        else if (row->rule[reg].kind != RS_RULE_SAME)
            row->simple = 0;
    }
}
