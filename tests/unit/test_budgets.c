/* Server budgets: after which call a limit is reached, right to the call where a leak is regular.
 */
#include "analyzer/budgets.h"
#include "tests/unit/report_trace.h"
#include <criterion/criterion.h>

static struct made *made;
static struct analysis *analysis;
static struct budgets budgets;
static uint32_t kind, module;

static void begin(void)
{
    made = made_new();
    module = made_module(made, "/opt/client", 1, 0);
    kind = made_kind(made, RESIDUE_CLASS_INTERFACE_REFERENCE, "interface reference");
}

static void end(void)
{
    budgets_free(&budgets);
    analysis_free(analysis);
    free(made);
}

TestSuite(budgets, .init = begin, .fini = end);

static void count(void)
{
    analysis = analysis_of(made_done(made));
    budgets = budgets_of(analysis);
}

static uint32_t opens(const char *name, uint32_t calls)
{
    return made_site(made, made_path(made, 0, name, calls),
                     made_stack(made, module, 0x100 * made->trace.path_count, 2), kind);
}

/* A session, and folders of it at every `step`th call from `first` on. */
static void folders(uint32_t calls, uint32_t first, uint32_t step)
{
    uint32_t session = opens("MAPILogonEx", 1), folder = opens("IMsgStore::OpenEntry", calls);
    made_object(made, made_interface(made, "IMAPISession"), 0, session, 1, 1);
    for (uint32_t ordinal = first; ordinal <= calls; ordinal += step)
        made_object(made, made_interface(made, "IMAPIFolder"), 1, folder, ordinal, 1);
    made_budget(made, 500, "IMAPIFolder", "open folders per session", RESIDUE_BUDGET_SESSION);
}

static const struct budget *only(void)
{
    cr_assert_eq(budgets.count, 1);
    return &budgets.budget[0];
}

Test(budgets, every_second_call_is_counted_to_the_call)
{
    /* Of 971 calls every second left one, the first of all: 486. The 500th is left by call 999. */
    folders(971, 1, 2);
    count();
    const struct budget *budget = only();
    cr_assert_eq(budget->open, 486);
    cr_assert(budget->exact);
    cr_assert_eq(budget->calls_left, 999 - 971);
    cr_assert_eq(budget->per_call, 0.5);
    cr_assert_eq(budget->path, 2);
}

Test(budgets, the_calls_since_the_last_one_left_open_count)
{
    folders(972, 1, 2); /* the same, but one call later */
    count();
    cr_assert_eq(only()->open, 486);
    cr_assert_eq(only()->calls_left, 999 - 972);
}

Test(budgets, every_call)
{
    folders(493, 1, 1);
    count();
    cr_assert_eq(only()->open, 493);
    cr_assert_eq(only()->calls_left, 7);
}

Test(budgets, one_that_is_passed_is_worst)
{
    folders(700, 1, 1);
    made_budget(made, 800, "IMAPIFolder", "folders of this server", RESIDUE_BUDGET_PROCESS);
    count();
    cr_assert_eq(budgets.count, 2);
    cr_assert_eq(budgets.budget[0].calls_left, 0);
    cr_assert_eq(budgets.budget[1].calls_left, 100);
}

Test(budgets, what_does_not_grow_is_no_matter)
{
    folders(5000, 4990, 1); /* those that are open at the moment */
    made_budget(made, 32, "IMAPISession", "sessions per user", RESIDUE_BUDGET_PROCESS);
    count();
    cr_assert_eq(budgets.count, 0);
}

/* 18 sessions of 18 logons: too few for a verdict, and enough to say what comes. */
Test(budgets, few_calls_that_each_left_one)
{
    uint32_t logon = opens("MAPILogonEx", 18);
    for (uint32_t ordinal = 1; ordinal <= 18; ordinal++)
        made_object(made, made_interface(made, "IMAPISession"), 0, logon, ordinal, 0);
    made_budget(made, 32, "IMAPISession", "sessions per user", RESIDUE_BUDGET_PROCESS);
    count();
    cr_assert_eq(only()->calls_left, 14);
    cr_assert_eq(only()->open, 18);
}

/* Each session has a folder of its own: no session ever has 500. */
Test(budgets, of_sessions_is_counted_in_each)
{
    uint32_t session = opens("MAPILogonEx", 600), folder = opens("IMsgStore::OpenEntry", 600);
    for (uint32_t ordinal = 1; ordinal <= 600; ordinal++) {
        made_object(made, made_interface(made, "IMAPISession"), 0, session, ordinal, 1);
        made_object(made, made_interface(made, "IMAPIFolder"), (uint32_t)made->trace.object_count,
                    folder, ordinal, 1);
    }
    made_budget(made, 500, "IMAPIFolder", "open folders per session", RESIDUE_BUDGET_SESSION);
    count();
    cr_assert_eq(budgets.count, 0);
}

Test(budgets, irregular_ones_are_estimated)
{
    uint32_t folder = opens("IMsgStore::OpenEntry", 4000), left = 0;
    for (uint32_t ordinal = 1; ordinal <= 4000; ordinal++)
        if (ordinal * 2654435761u % 16 == 0 || ordinal * 40503u % 31 == 0) {
            made_object(made, made_interface(made, "IMAPIFolder"), 0, folder, ordinal, 1);
            left++;
        }
    made_budget(made, left + 100, "IMAPIFolder", "open folders", RESIDUE_BUDGET_PROCESS);
    count();
    cr_assert_not(only()->exact);
    cr_assert_gt(only()->calls_left, 100 * 4000 / left * 9 / 10);
    cr_assert_lt(only()->calls_left, 100 * 4000 / left * 11 / 10);
}

Test(budgets, of_calls_count_executions)
{
    opens("IMAPISession::OpenMsgStore", 200);
    made_budget(made, 255, "IMAPISession::OpenMsgStore", "stores opened per process",
                RESIDUE_BUDGET_PROCESS);
    made_budget(made, 100, "IMAPISession::OpenMsgStore", "showed not to be",
                RESIDUE_BUDGET_PROCESS);
    count();
    cr_assert_eq(only()->calls_left, 55);
}
