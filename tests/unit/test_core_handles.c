/* Handles that are numbers or share one space, counts by thread, and budgets. */
#include <criterion/criterion.h>
#include <string.h>
#include "shim/core/intern.h"
#include "shim/core/state.h"
#include "shim/core/thread.h"
#include "tests/unit/core_os.h"

static const char *profile = "kind descriptor class=other numbers release=Shut\n"
                             "kind pipe class=other of=descriptor\n"
                             "kind handle class=other\n"
                             "kind event class=other of=handle\n"
                             "kind start class=other counted=thread\n"
                             "kind count class=other counted\n"
                             "acquire Open descriptor ok=nonnegative call=never\n"
                             "acquire Pipe pipe handle=out1[0] ok=zero call=never\n"
                             "acquire Pipe pipe handle=out1[1] ok=zero call=never\n"
                             "acquire Control descriptor ok=nonnegative if=arg2:0 call=never\n"
                             "release Shut descriptor call=never\n"
                             "acquire CreateEvent event call=never\n"
                             "acquire CreateProcess handle handle=out2[1] ok=nonzero call=never\n"
                             "release CloseHandle handle call=never\n"
                             "release CloseOther handle handle=arg1 if=arg2:-1\n"
                             "acquire Begin start handle=none ok=zero\n"
                             "release End start handle=none\n"
                             "acquire Raise count handle=none ok=zero\n"
                             "release Lower count handle=none\n"
                             "budget IMAPIFolder 500 per=session \"open folders per session\"\n"
                             "budget IMsgStore 255 per=process stores\n"
                             "budget IMAPIFolder 7 per=process folders\n";
enum { DESCRIPTOR, PIPE, HANDLE, EVENT, START, COUNT };

static void begin(void)
{
    core_begin(CORE_LIMIT, profile);
    rs.whole = 1;
}

TestSuite(handles, .init = begin);

static uint64_t call(const char *name, uint64_t result, uint64_t first, uint64_t second)
{
    return core_call(&(struct core_call){
        .thunk = core_watch(name, 0x1000), .argument = {first, second}, .result = result});
}

static uint32_t misuses(void)
{
    uint32_t count = 0;
    const struct residue_misuse *misuse;
    for (unsigned i = 0; (misuse = core_record(RESIDUE_RECORD_MISUSE, i)); i++)
        count += misuse->misuse == RESIDUE_MISUSE_NOT_HELD ? (uint32_t)misuse->count : 1000;
    return count;
}

/* ---- numbers ---- */

Test(handles, nought_is_a_number)
{
    call("Open", 0, 0, 0);
    cr_assert(core_live(DESCRIPTOR, 0));
    call("Open", 0xffffffff00000007, 0, 0); /* an int: the upper half is anything */
    cr_assert(core_live(DESCRIPTOR, 7));
    call("Open", UINT32_MAX, 0, 0);
    cr_assert_eq(core_live_count(), 2u);
    call("Shut", 0, 0xabcd00000000, 0);
    cr_assert_not(core_live(DESCRIPTOR, 0));
    call("Shut", 0, UINT32_MAX, 0);
    call("Shut", 0, 7, 0);
    cr_assert_eq(core_live_count(), 0u);
    cr_assert_eq(misuses(), 0u);
}

static uint64_t two(void *closure)
{
    ((int *)closure)[0] = 3;
    ((int *)closure)[1] = 4;
    return 0;
}

Test(handles, two_at_once)
{
    int ends[2] = {0};
    core_call(&(struct core_call){.thunk = core_watch("Pipe", 0x1000),
                                  .argument = {(uintptr_t)ends},
                                  .body = two,
                                  .closure = ends});
    cr_assert(core_live(PIPE, 3) && core_live(PIPE, 4));
    call("Shut", 0, 3, 0);
    call("Shut", 0, 4, 0);
    cr_assert_eq(core_live_count(), 0u);
    call("Pipe", UINT32_MAX, (uintptr_t)ends, 0);
    call("Pipe", 0, 0, 0);
    cr_assert_eq(core_live_count(), 0u);
}

Test(handles, a_child_of_vfork_has_files_of_its_own)
{
    call("Open", 5, 0, 0);
    core_os.thread_id = rs_thread()->id + 1;
    call("Shut", 0, 5, 0);
    call("Open", 6, 0, 0);
    core_os.thread_id = 0;
    cr_assert(core_live(DESCRIPTOR, 5));
    cr_assert_not(core_live(DESCRIPTOR, 6));
}

Test(handles, on_a_condition)
{
    call("Control", 9, 1, 1);
    cr_assert_eq(core_live_count(), 0u);
    call("Control", 9, 1, 0xffff00000000);
    cr_assert(core_live(DESCRIPTOR, 9));
}

/* ---- one space ---- */

Test(handles, what_closes_one_closes_all_of_the_space)
{
    call("CreateEvent", 0x40, 0, 0);
    cr_assert(core_live(EVENT, 0x40));
    call("CloseOther", 0, 0x40, 1);
    cr_assert(core_live(EVENT, 0x40));
    call("CloseOther", 0, 0x40, UINT32_MAX);
    cr_assert_not(core_live(EVENT, 0x40));
    call("CreateEvent", 0x40, 0, 0);
    uint64_t information[2] = {0x50, 0x40}; /* closed unseen, and another thing by now */
    call("CreateProcess", 1, 0, (uintptr_t)information);
    cr_assert(core_live(HANDLE, 0x40));
    cr_assert_not(core_live(EVENT, 0x40));
    call("CloseHandle", 1, 0x40, 0);
    cr_assert_eq(core_live_count(), 0u);
}

/* ---- counts ---- */

Test(handles, threads_count_for_themselves)
{
    struct rs_thread *self = rs_thread();
    call("Begin", 0, 0, 0);
    uint32_t first = self->id;
    const struct residue_resource *record = core_record(RESIDUE_RECORD_RESOURCE, 0);
    cr_assert_eq(record->thread, first);
    self->id = first + 1;
    call("End", 0, 0, 0); /* on another */
    cr_assert_eq(misuses(), 1u);
    cr_assert_eq(core_live_count(), 1u);
    self->id = first;
    call("End", 0, 0, 0);
    cr_assert_eq(core_live_count(), 0u);
    cr_assert_eq(misuses(), 1u);
}

Test(handles, lowered_more_often_than_raised)
{
    struct rs_thread *self = rs_thread();
    call("Raise", 0, 0, 0);
    call("Raise", UINT32_MAX, 0, 0); /* failed */
    self->id++;
    call("Lower", 0, 0, 0); /* any thread will do */
    self->id--;
    cr_assert_eq(misuses(), 0u);
    call("Lower", 0, 0, 0);
    call("Lower", 0, 0, 0);
    cr_assert_eq(misuses(), 2u);
    const struct residue_misuse *misuse = core_record(RESIDUE_RECORD_MISUSE, 0);
    cr_assert_eq(misuse->acquired_site, 0u);
    cr_assert_eq(misuse->first_ordinal, 2u); /* of Lower */
}

Test(handles, what_was_raised_before_recording_began_may_be_lowered)
{
    rs.whole = 0;
    call("Lower", 0, 0, 0);
    call("End", 0, 0, 0);
    cr_assert_eq(misuses(), 0u);
}

/* ---- budgets ---- */

Test(handles, budgets_are_written)
{
    rs_write_budgets();
    cr_assert_eq(core_record_count(RESIDUE_RECORD_BUDGET), 2u);
    const struct residue_budget *budget = core_record(RESIDUE_RECORD_BUDGET, 0);
    cr_assert_eq(budget->most, 7u); /* the later line */
    cr_assert_eq(budget->per, RESIDUE_BUDGET_PROCESS);
    cr_assert_eq(budget->interface_length, 11u);
    cr_assert_eq(budget->text_length, 7u);
    cr_assert_eq(memcmp(budget->text, "IMAPIFolderfolders", 18), 0);
    budget = core_record(RESIDUE_RECORD_BUDGET, 1);
    cr_assert_eq(budget->most, 255u);
}
