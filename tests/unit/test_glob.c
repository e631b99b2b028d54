/* Globs over names. */
#include "analyzer/glob.h"
#include <criterion/criterion.h>
#include <string.h>

static void check(const char *glob, const char *text, bool matches)
{
    cr_assert_eq(glob_matches(glob, text), matches, "'%s' and '%s'", glob, text);
}

Test(glob, without_wildcards_is_the_whole_name)
{
    check("Open", "Open", true);
    check("Open", "OpenEx", false);
    check("Open", "ReOpen", false);
    check("open", "Open", false);
    check("", "", true);
    check("", "x", false);
    check("[ab]", "a", false);
    check("[ab]", "[ab]", true);
}

Test(glob, wildcards)
{
    check("*", "", true);
    check("*", "anything::at all", true);
    check("IMsgStore::*", "IMsgStore::OpenEntry", true);
    check("IMsgStore::*", "IMsgStor", false);
    check("*Open*", "IMsgStore::OpenEntry", true);
    check("*Entry", "IMsgStore::OpenEntry", true);
    check("*Entry", "IMsgStore::OpenEntryEx", false);
    check("a*b*c", "a-b-b-c", true);
    check("a*b*c", "a-c-b", false);
    check("?", "", false);
    check("a?c", "abc", true);
    check("a?c", "ac", false);
    check("**?", "x", true);
}

/* A name out of a trace takes no time without end. */
Test(glob, many_wildcards_on_a_long_name, .timeout = 10)
{
    static char glob[2001], name[10001];
    for (size_t i = 0; i < sizeof glob - 2; i += 2)
        memcpy(glob + i, "*a", 2);
    memset(name, 'a', sizeof name - 1);
    check(glob, name, true);
    name[sizeof name - 2] = 'b';
    check(glob, name, false);
}
