/* What test_symbols.c looks up. Never run: it has no libraries and its calls lead nowhere. */
#include "tests/unit/symbols_fixture.h"

void symbols_outside(void); /* in no library */
void symbols_plain(void);
void symbols_caller(void);
void symbols_outer(int *number);

#ifdef __ELF__
/* Code without a size, as assembly has it, before code with one. */
__asm__(".text\n"
        ".globl symbols_sizeless\n"
        ".globl symbols_sizeless_end\n"
        "symbols_sizeless:\n"
        "nop\n"
        "nop\n"
        "symbols_sizeless_end:\n"
        "ret\n");
#endif

__attribute__((noinline)) void symbols_plain(void)
{
    MARK(PLAIN);
}

__attribute__((noinline)) void symbols_caller(void)
{
    symbols_plain();
    MARK(AFTER_PLAIN);
    symbols_outside();
    MARK(AFTER_OUTSIDE);
}

static inline __attribute__((always_inline)) void middle(int *number)
{
    if (*number > 7) {
        int twice = *number * 2;
        MARK(BEFORE_HEADER);
        from_header(&twice);
        *number = twice;
    }
}

__attribute__((noinline)) void symbols_outer(int *number)
{
    *number ^= 5;
    MARK(BEFORE_MIDDLE);
    middle(number);
}
