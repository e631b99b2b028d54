/* Sizes, growth, and the time that is left. */
#include "tests/unit/report_printed.h"

TestSuite(report_memory, .init = begin, .fini = end);

Test(report_memory, sizes)
{
    uint64_t bytes = 0;
    cr_assert(memory_parse_size("512", &bytes) && bytes == 512);
    cr_assert(memory_parse_size("2G", &bytes) && bytes == (uint64_t)2 << 30);
    cr_assert(memory_parse_size("3kib", &bytes) && bytes == 3072);
    cr_assert(memory_parse_size("1TB", &bytes) && bytes == (uint64_t)1 << 40);
    static const char *const bad[] = {
        "", "0", "-1", "G", "1X", "1GX", "1 G", "99999999999999999999", "0x10", "iB", "20000000T"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(memory_parse_size(bad[i], &bytes), "%s", bad[i]);
}

Test(report_memory, growth_too_small_to_compare_is_not_explained)
{
    made_checkpoint(made, 0, 1 << 20, 1024);
    made_checkpoint(made, 1000, (1 << 20) + 4096, 2048);
    struct memory memory = memory_of(made_done(made), 1 << 30, 0, 0);
    cr_assert_not(memory.meaningful);
    cr_assert_not(memory.will_fill);
}

Test(report_memory, growth_is_compared_where_the_client_was_largest)
{
    made_checkpoint(made, 0, 1 << 20, 0);
    made_checkpoint(made, 10, 10 << 20, 4 << 20);
    made_checkpoint(made, 100, 30 << 20, 14 << 20);
    made_checkpoint(made, 101, 20 << 20, 0); /* a last logoff released it all */
    struct memory memory = memory_of(made_done(made), 1 << 30, 0, 0);
    cr_assert(memory.meaningful);
    cr_assert_float_eq(memory.explained, 0.5, 1e-9);
}

/* A process that was made to wait near its end has not been warming up until then. */
Test(report_memory, growth_before_a_long_wait_counts)
{
    for (uint64_t i = 0; i < 10; i++)
        made_checkpoint(made, i * 1000, (1 + i) << 20, i << 19);
    made_checkpoint(made, 1000000, 12 << 20, 11 << 19);
    struct memory memory = memory_of(made_done(made), 1 << 30, 0, 0);
    cr_assert(memory.meaningful);
    cr_assert_eq(memory.private_first, 6 << 20);
    cr_assert_float_eq(memory.explained, 0.5, 1e-9);
}

/* A quick start, then idling, then a steady pace with one dip: the last half is what counts. */
Test(report_memory, time_left_is_of_the_recent_pace)
{
    static const struct {
        uint64_t seconds, mebibytes;
    } points[] = {{0, 1},    {1, 400},  {10, 400}, {40, 400}, {60, 420},
                  {70, 430}, {80, 100}, {90, 450}, {100, 460}};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        made_checkpoint(made, points[i].seconds * 1000000000, points[i].mebibytes << 20, 0);
    made->trace.header.end_ns = 100 * (uint64_t)1000000000;
    struct memory memory = memory_of(made_done(made), (uint64_t)1 << 30, 100e6, 1000);
    cr_assert(memory.will_fill);
    cr_assert_eq(memory.pace, MEMORY_PACE_RECENT);
    cr_assert_float_eq(memory.bytes_per_second, 1 << 20, 1e-6);
    cr_assert_float_eq(memory.seconds_left, 1024 - 460, 1e-6);
    cr_assert_float_eq(memory.calls_left, (double)((1024 - 460) << 20) / 1e5, 1e-6);
}

/* Growth of less than an allocator's few steps says nothing of a pace: the leaks' own does. */
Test(report_memory, time_left_without_growth_to_measure)
{
    for (uint64_t i = 0; i < 10; i++)
        made_checkpoint(made, i * 1000000000, (10 << 20) + i * 1000, i * 1000);
    made->trace.header.end_ns = 10 * (uint64_t)1000000000;
    struct memory memory = memory_of(made_done(made), (uint64_t)1 << 30, 10000, 1000);
    cr_assert_eq(memory.pace, MEMORY_PACE_LEAKS);
    cr_assert_float_eq(memory.bytes_per_second, 1000, 1e-9);
    cr_assert_float_eq(memory.seconds_left, ((1 << 30) - (10 << 20) - 9000) / 1000.0, 1e-6);
}
