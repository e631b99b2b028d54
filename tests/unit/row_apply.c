#include "tests/unit/row_apply.h"

static bool value_of(const struct rs_rule *rule, uintptr_t now, uintptr_t cfa, uintptr_t sp,
                     bool (*readable)(uintptr_t), uintptr_t *value)
{
    uintptr_t at = (uintptr_t)(intptr_t)rule->offset;
    switch (rule->kind) {
    case RS_RULE_SAME:
        *value = now;
        return true;
    case RS_RULE_VALUE_OFFSET:
        *value = cfa + at;
        return true;
    case RS_RULE_OFFSET:
        at += cfa;
        break;
    case RS_RULE_SP_OFFSET:
        at += sp;
        break;
    default:
        return false;
    }
    if (!readable(at))
        return false;
    *value = *(const uintptr_t *)at;
    return true;
}

bool row_apply(const struct rs_row *row, struct row_registers *registers,
               bool (*readable)(uintptr_t))
{
    const struct row_registers now = *registers;
    uintptr_t cfa = now.value[row->cfa_register] + (uintptr_t)row->cfa_offset;
    uintptr_t sp = now.value[RS_SP];
    for (unsigned reg = 0; reg < RS_RA; reg++)
        if (!value_of(&row->rule[reg], now.value[reg], cfa, sp, readable, &registers->value[reg]))
            return false;
    if (!row->rule[RS_SP].defined)
        registers->value[RS_SP] = cfa;
    return value_of(&row->rule[RS_RA], 0, cfa, sp, readable, &registers->pc);
}
