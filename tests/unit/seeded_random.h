/* Random numbers that are the same in each run: Marsaglia's xorshift64*. */
#ifndef TESTS_UNIT_SEEDED_RANDOM_H
#define TESTS_UNIT_SEEDED_RANDOM_H

#include <stdint.h>

struct seeded_random {
    uint64_t state;
};

static inline uint64_t seeded_next(struct seeded_random *random)
{
    uint64_t x = random->state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    random->state = x;
    return x * 0x2545f4914f6cdd1du;
}

/* A seed of 0 is replaced. */
static inline struct seeded_random seeded(uint64_t seed)
{
    struct seeded_random random = {seed ? seed : 0x9e3779b97f4a7c15u};
    for (int i = 0; i < 4; i++)
        seeded_next(&random); /* small seeds start with few bits set */
    return random;
}

/* [0, limit), limit > 0 */
static inline uint32_t seeded_below(struct seeded_random *random, uint32_t limit)
{
    return (uint32_t)(((seeded_next(random) >> 32) * limit) >> 32);
}

/* [0, 1) */
static inline double seeded_unit(struct seeded_random *random)
{
    return (double)(seeded_next(random) >> 11) * 0x1p-53;
}

#endif
