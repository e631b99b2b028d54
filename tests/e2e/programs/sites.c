/*
 * mixed: calls of all kinds. tree: 1,000 calls that leave blocks behind on two branches. many:
 * 10,000 named calls, and one that leaves a block at 10,000 places, ten of them a call. hostile:
 * calls and files with names that are markup.
 */
#include <residue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 10000, NAMES = 10000, TURNS = 14 };

#define PLACE __attribute__((noinline))
#define STAYS __asm__ volatile("" ::: "memory") /* no call is a jump */

static PLACE void leave_small(void)
{
    memset(malloc(24), 1, 24);
    STAYS;
}

static PLACE void leave_large(void)
{
    memset(malloc(104), 1, 104);
    STAYS;
}

static PLACE void branch_left(void)
{
    leave_small();
    STAYS;
}

static PLACE void branch_right(void)
{
    leave_large();
    leave_small();
    STAYS;
}

static void tree(void)
{
    for (int i = 0; i < 1000; i++) {
        RESIDUE_CALL_BEGIN("Tree::walk");
        branch_left();
        branch_right();
        RESIDUE_CALL_END();
    }
}

/* `every`-th call of `count` leaves `blocks` blocks. */
static void repeat(const char *name, int count, int every, int blocks, size_t bytes)
{
    for (int i = 0; i < count; i++) {
        RESIDUE_CALL_BEGIN(name);
        for (int j = 0; j < blocks && i % every == 0; j++)
            memset(malloc(bytes), 1, bytes);
        RESIDUE_CALL_END();
    }
}

/* Now and then, and not always as much. */
static void at_random(const char *name, int count, size_t bytes)
{
    unsigned state = 1;
    for (int i = 0; i < count; i++) {
        RESIDUE_CALL_BEGIN(name);
        state = state * 1103515245u + 12345u;
        if (state >> 16 & 1)
            memset(malloc(bytes << (state >> 17 & 1)), 1, bytes);
        RESIDUE_CALL_END();
    }
}

static void mixed(void)
{
    repeat("Middle::exact", 2000, 1, 1, 48);
    at_random("Wide::spread", 1500, 300);
    at_random("Narrow::spread", 9000, 24);
    repeat("A::many_small", 700, 1, 5, 8);
    repeat("Often::clean", 12000, 1, 0, 0);
    repeat("Few::calls", 20, 1, 2, 5000);
    repeat("Once::only", 3000, 3000, 1, 70000);
    for (int i = 0; i < 400; i++) {
        RESIDUE_CALL_BEGIN("Outer::around");
        repeat("Inner::leaky", 3, 1, 1, 64);
        RESIDUE_CALL_END();
    }
    repeat("Zero::kept", 1, 1, 0, 0);
}

/* A way of its own for each number: left or right by its bits. */
static void turn(int number, int turns);

static PLACE void left(int number, int turns)
{
    turn(number, turns);
    STAYS;
}

static PLACE void right(int number, int turns)
{
    turn(number, turns);
    STAYS;
}

static PLACE void turn(int number, int turns)
{
    if (!turns)
        memset(malloc(48), 1, 48);
    else if (number & 1)
        right(number >> 1, turns - 1);
    else
        left(number >> 1, turns - 1);
    STAYS;
}

static void many(void)
{
    static char names[NAMES][24];
    for (int i = 0; i < PLACES / 10; i++) {
        RESIDUE_CALL_BEGIN("Many::sites");
        for (int j = 0; j < 10; j++)
            turn(i * 10 + j, TURNS);
        RESIDUE_CALL_END();
    }
    for (int i = 0; i < NAMES; i++) {
        snprintf(names[i], sizeof names[i], "Name::%d", i);
        RESIDUE_CALL_BEGIN(names[i]);
        RESIDUE_CALL_END();
    }
}

static void hostile(void)
{
    static const char *const names[] = {"</script><img src=x onerror='pwned=1'>",
                                        "<!--<script>",
                                        "]]></style><svg onload=pwned=1>",
                                        "\xe2\x80\xa8\xe2\x80\xa9\"'`${pwned=1}",
                                        "__proto__",
                                        "constructor",
                                        "&lt;b&gt; &amp;",
                                        "a/b?c#d%2e%zz/../"};
    for (int i = 0; i < 1000; i++) {
        for (size_t j = 0; j < sizeof names / sizeof *names; j++) {
            RESIDUE_CALL_BEGIN(names[j]);
#line 1 "</script><img src=x onerror='pwned=1'>.c"
            memset(malloc(32), 1, 32);
            RESIDUE_CALL_END();
        }
    }
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (!strcmp(what, "mixed"))
        mixed();
    else if (!strcmp(what, "tree"))
        tree();
    else if (!strcmp(what, "many"))
        many();
    else if (!strcmp(what, "hostile"))
        hostile();
    else
        return 2;
    return 0;
}
