/*
 * A program that takes its time before any constructor runs, as on a busy machine: while the loader
 * relocates it, until the file `come` is there. Then strdup, 1,000 times.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* Nothing is relocated yet: no function can be called. */
static long system_call(long number, long first, long second)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second)
                     : "rcx", "r11", "memory");
    return result;
}

static int one(void)
{
    return 1;
}

static int (*resolve_slowly(void))(void)
{
    static const char come[] = "come";
    long pause[2] = {0, 10000000};
    while (system_call(SYS_access, (long)come, 0) != 0)
        system_call(SYS_nanosleep, (long)pause, 0);
    return one;
}

int slow(void) __attribute__((ifunc("resolve_slowly")));

static char *kept[1000];

int main(void)
{
    for (int i = 0; i < 1000; i += slow())
        kept[i] = strdup("1234567");
    return kept[999] == NULL;
}
