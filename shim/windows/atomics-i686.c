/* Words of 64 bits, changed at once by a processor of 32, which has one instruction for it. The
 * compiler calls these by name. */
#include <stdint.h>

#define NAMED(name) __asm__("___atomic_" name)

uint64_t rs_load_8(const volatile uint64_t *, int) NAMED("load_8");
uint64_t rs_load_8(const volatile uint64_t *word, int order)
{
    (void)order;
    return __sync_val_compare_and_swap((volatile uint64_t *)(uintptr_t)word, 0, 0);
}

static uint64_t change(volatile uint64_t *word, uint64_t keep, uint64_t add)
{
    uint64_t was = *word, seen;
    while ((seen = __sync_val_compare_and_swap(word, was, (was & keep) + add)) != was)
        was = seen;
    return was;
}

void rs_store_8(volatile uint64_t *, uint64_t, int) NAMED("store_8");
void rs_store_8(volatile uint64_t *word, uint64_t value, int order)
{
    (void)order;
    change(word, 0, value);
}

uint64_t rs_fetch_add_8(volatile uint64_t *, uint64_t, int) NAMED("fetch_add_8");
uint64_t rs_fetch_add_8(volatile uint64_t *word, uint64_t value, int order)
{
    (void)order;
    return change(word, UINT64_MAX, value);
}
