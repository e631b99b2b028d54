/* Progress: silent for a second, then one line that is wiped. */
#include "analyzer/progress.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static double seconds;
static char *shown;
static size_t size;
static FILE *terminal;

static double clock_of_the_test(void)
{
    return seconds;
}

static void begin(void)
{
    seconds = 1000;
    terminal = open_memstream(&shown, &size);
    progress_begin(terminal, clock_of_the_test);
}

static void end(void)
{
    progress_begin(NULL, NULL);
    fclose(terminal);
    free(shown);
}

TestSuite(progress, .init = begin, .fini = end);

static const char *so_far(void)
{
    fflush(terminal);
    return shown;
}

Test(progress, is_silent_for_a_second)
{
    progress_at("reading the trace", 1, 10);
    seconds += 0.99;
    progress_at("reading the trace", 9, 10);
    progress_hide();
    cr_assert_str_eq(so_far(), "");
}

Test(progress, shows_how_far_it_is_and_goes_away)
{
    seconds += 1.5;
    progress_at("reading the trace", 1, 4);
    cr_assert_str_eq(so_far(), "\r\033[Kresidue: reading the trace, 25%");
    progress_at("reading the trace", 2, 4); /* no more often than one can see */
    seconds += 0.2;
    progress_at("looking up symbols", 9, 4);
    cr_assert_str_eq(so_far(), "\r\033[Kresidue: reading the trace, 25%"
                               "\r\033[Kresidue: looking up symbols, 100%");
    seconds += 0.2;
    progress_at("waiting", 0, 0);
    progress_hide();
    progress_hide();
    cr_assert_str_eq(strstr(so_far(), "100%"), "100%\r\033[Kresidue: waiting\r\033[K");
}

Test(progress, without_a_terminal_there_is_none)
{
    progress_begin(NULL, clock_of_the_test);
    seconds += 100;
    progress_at("reading the trace", 1, 4);
    progress_hide();
    cr_assert_str_eq(so_far(), "");
}
