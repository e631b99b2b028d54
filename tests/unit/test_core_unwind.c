/* Our walk up a stack against libunwind's, frame for frame, through frames of every kind. */
#include <stdlib.h>
#include <string.h>
#include "tests/unit/unwind_compare.h"

Test(unwind, ordinary_frames)
{
    unwind_plain(unwind_capture);
    unwind_without_frame_pointer(unwind_capture);
    expect_captures(2);
}

Test(unwind, frames_of_variable_size)
{
    for (unsigned size = 0; size < 300; size += 7) {
        unwind_with_vla(unwind_capture, size);
        unwind_with_alloca(unwind_capture, size);
    }
}

Test(unwind, realigned_frames)
{
    unwind_realigned(unwind_capture);
    for (unsigned size = 0; size < 300; size += 7)
        unwind_drap(unwind_capture, size);
}

Test(unwind, random_towers_of_frames)
{
    uint64_t seed = 1;
    for (unsigned i = 0; i < 500; i++)
        unwind_random_tower(&seed, (unsigned)(unwind_random(&seed) % 40), unwind_capture);
}

Test(unwind, frames_with_exception_tables)
{
    unwind_through_cxx(unwind_capture);
    expect_captures(1);
}

/* From a destructor that runs while an exception passes: the unwinder's own frames are on the
 * stack. */
Test(unwind, while_an_exception_passes)
{
    unwind_throw(unwind_capture);
    expect_captures(2);
}

static int compare_items(const void *a, const void *b)
{
    unwind_capture();
    return *(const int *)a - *(const int *)b;
}

Test(unwind, through_code_of_the_c_library)
{
    int items[] = {3, 1, 2};
    qsort(items, 3, sizeof *items, compare_items);
    cr_assert_eq(items[0], 1);
}

Test(unwind, frames_by_hand)
{
    unwind_cfa_by_expression(unwind_capture);
    unwind_saved_by_expression(unwind_capture);
    unwind_after_restored_state(unwind_capture);
    expect_captures(3);
    unwind_cfa_by_rbx(unwind_capture);
    cr_assert(last.uncacheable, "rbx at the start decided where the frame is");
}

/* libunwind 1.6 loses its way where a register is kept in another one. The frames above this test
 * are the same with and without such a frame. */
Test(unwind, a_register_kept_in_another)
{
    unwind_on_capture = capture_last;
    unwind_capture();
    struct rs_stack direct = last;
    unwind_saved_in_register(unwind_capture);
    cr_assert_eq(last.stop, RS_STOP_END);
    cr_assert_eq(last.depth, direct.depth + 1);
    cr_assert_eq(memcmp(&last.pc[2], &direct.pc[1], (direct.depth - 1) * sizeof *last.pc), 0);
}

/* A frame above the start whose rbx was saved on the stack depends on nothing but the stack. */
static void below_rbx(void)
{
    unwind_saved_in_register(unwind_capture);
}

Test(unwind, a_saved_register_is_reliable)
{
    unwind_on_capture = capture_last;
    unwind_cfa_by_rbx(below_rbx);
    cr_assert_eq(last.stop, RS_STOP_END);
    cr_assert_not(last.uncacheable);
    cr_assert_not(last_reads.incomplete);
}

Test(unwind, reads_are_those_the_stack_holds)
{
    unwind_with_vla(unwind_capture, 33);
    cr_assert_geq(last_reads.count, last.depth - 1);
    cr_assert_leq(last_reads.count, 3 * last.depth);
    cr_assert_not(last_reads.incomplete);
}
