/* Calls whose names are made to break formats, each leaving 16 bytes more than the one before it;
 * one inside another; by a function with such a name, too. */
#include <residue.h>
#include <stdlib.h>

static const char *const names[] = {
    "tab\there",
    "quote\"here",
    "two\nlines",
    "carriage\r\nreturn",
    "semi;colon",
    "comma,here",
    "back\\slash\\n",
    "<b>&amp;'",
    "=1+1",
    " spaces  ",
    "not UTF-8 \xff\xfe\xc3",
    "A > B",
    "ends in a number 12",
    "std::map<int, std::vector<char>>::operator[](int&&)",
    "\xe2\x80\xaeright to left",
    "{le=\"1\"} # EOF",
    "\x01\x1b[31mcontrol",
};
enum { NAMES = sizeof names / sizeof *names, CALLS = 400 };

void *volatile kept;

/* As an assembler takes it, and no compiler would make it. */
void odd(size_t) __asm__("\"odd; name of a, function <T>\"");
__attribute__((noinline)) void odd(size_t size)
{
    kept = malloc(size);
    __asm__ volatile("");
}

static void leave(const char *name, size_t size)
{
    RESIDUE_CALL_BEGIN(name);
    odd(size);
    RESIDUE_CALL_END();
}

int main(void)
{
    for (int call = 0; call < CALLS; call++)
        for (size_t i = 0; i < NAMES; i++)
            leave(names[i], 16 * (i + 1));
    for (int call = 0; call < CALLS; call++) {
        RESIDUE_CALL_BEGIN("outer\";,\n\\ > ");
        leave(names[2], 1000);
        RESIDUE_CALL_END();
    }
    return 0;
}
