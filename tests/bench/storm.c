/*
 * The malloc storm: storm [-d DEPTH] [-t THREADS] [-n PIECES] [-k KINDS]
 *
 * A program that does little but allocate. Each thread works off PIECES pieces of work. For each it
 * calls down through functions with frames of different sizes until its own stack is DEPTH frames
 * deep, main (or the thread's function) and the last one included, and there
 *   - takes two temporary blocks and two to keep, at four of 64 call sites, of sizes as in bench.h;
 *   - writes the first 64 bytes of each;
 *   - puts each kept one in a place of a ring of 1,024, chosen at random, and reads and frees the
 * one that lay there: so they live 512 pieces on the average, many much longer;
 *   - with threads, hands every 64th over to another one, which frees it;
 *   - reads and frees the temporary ones.
 * That is four malloc/free pairs in a piece. There are KINDS kinds of work (32), each with a way of
 * its own through the functions and so with four stacks of its own; a kind is done 4 times in a
 * row, on the average, and a few kinds are done most.
 *
 * Natively a pair with all of this takes about 25 ns at depth 9 and 50 ns at depth 31, of
 * which malloc and free alone are 15.
 */
#include "bench.h"

#include <pthread.h>
#include <unistd.h>

enum { RING = 1024, THREADS_MAX = 64, HAND_OVER = 64 };

static unsigned depth = 9, threads = 1, kinds = 32;
static unsigned long pieces = 5000000;

struct block {
    uint64_t first_word;
};

struct worker {
    uint64_t random;
    struct block *ring[RING];
    uint64_t sum; /* of what was read */
    unsigned number;
    unsigned to_hand_over;
};

static struct worker workers[THREADS_MAX];
static struct block *handed_over[THREADS_MAX]; /* to the thread of that number */

static inline void drop(struct worker *worker, struct block *block)
{
    if (block)
        worker->sum += block->first_word;
    free(block);
}

static inline void keep(struct worker *worker, struct block *block, uint64_t random)
{
    struct block **place = &worker->ring[random % RING];
    struct block *old = *place;
    *place = block;
    if (threads > 1 && ++worker->to_hand_over == HAND_OVER) {
        worker->to_hand_over = 0;
        unsigned next = (worker->number + 1) % threads;
        old = __atomic_exchange_n(&handed_over[next], old, __ATOMIC_ACQ_REL);
    }
    drop(worker, old);
}

static inline struct block *take(size_t size)
{
    struct block *block = malloc(size);
    if (!block)
        abort();
    bench_write(block, size);
    return block;
}

/* ---- where the blocks are taken ---- */

typedef void work(struct worker *worker, uint32_t kind, unsigned left);

#define LEAF(name, room)                                                                           \
    static NOINLINE void name(struct worker *worker, uint32_t kind, unsigned left)                 \
    {                                                                                              \
        char here[room];                                                                           \
        BENCH_USE(here);                                                                           \
        (void)kind, (void)left;                                                                    \
        uint64_t random = bench_random(&worker->random);                                           \
        struct block *first = take(bench_size[random % 32]);                                       \
        struct block *one = take(bench_size[random >> 5 & 31]);                                    \
        keep(worker, one, random >> 20);                                                           \
        struct block *second = take(bench_size[random >> 10 & 31]);                                \
        drop(worker, first);                                                                       \
        struct block *other = take(bench_size[random >> 15 & 31]);                                 \
        keep(worker, other, random >> 30);                                                         \
        drop(worker, second);                                                                      \
    }
LEAF(leaf_0, 8)
LEAF(leaf_1, 16)
LEAF(leaf_2, 24)
LEAF(leaf_3, 32)
LEAF(leaf_4, 40)
LEAF(leaf_5, 48)
LEAF(leaf_6, 64)
LEAF(leaf_7, 80)
LEAF(leaf_8, 8)
LEAF(leaf_9, 96)
LEAF(leaf_10, 128)
LEAF(leaf_11, 16)
LEAF(leaf_12, 160)
LEAF(leaf_13, 24)
LEAF(leaf_14, 32)
LEAF(leaf_15, 256)

static work *const leaves[16] = {leaf_0,  leaf_1,  leaf_2,  leaf_3, leaf_4,  leaf_5,
                                 leaf_6,  leaf_7,  leaf_8,  leaf_9, leaf_10, leaf_11,
                                 leaf_12, leaf_13, leaf_14, leaf_15};

/* ---- the way there: 2 bits of the kind choose each function ---- */

static work *const ways[4];

#define WAY(name, room)                                                                            \
    static NOINLINE void name(struct worker *worker, uint32_t kind, unsigned left)                 \
    {                                                                                              \
        char here[room];                                                                           \
        if (left == 0)                                                                             \
            leaves[kind % 16](worker, kind, 0);                                                    \
        else                                                                                       \
            ways[kind >> (4 + 2 * (left % 14)) & 3](worker, kind, left - 1);                       \
        BENCH_USE(here); /* not a tail call */                                                     \
    }
WAY(way_0, 8)
WAY(way_1, 24)
WAY(way_2, 56)
WAY(way_3, 120)
static work *const ways[4] = {way_0, way_1, way_2, way_3};

/* ---- */

/* The kinds differ in the bits that matter at depth 9 as well. */
static uint32_t kind_of(uint32_t number)
{
    return (number * 0x9e3779b1u) ^ number % 16;
}

static NOINLINE void work_off(struct worker *worker)
{
    unsigned left = depth > 4 ? depth - 4 : 0; /* below: main, work_off, the last way, the leaf */
    for (unsigned long done = 0; done < pieces;) {
        uint32_t kind = kind_of(bench_skewed(&worker->random, kinds));
        unsigned times = 1 + bench_random(&worker->random) % 7;
        for (; times > 0 && done < pieces; times--, done++)
            ways[kind >> 30](worker, kind, left);
    }
}

static void *thread(void *worker)
{
    work_off(worker);
    return NULL;
}

static void finish(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < threads; i++) {
        for (unsigned j = 0; j < RING; j++)
            drop(&workers[i], workers[i].ring[j]);
        drop(&workers[i], handed_over[i]);
        sum += workers[i].sum;
    }
    printf("%llu\n", (unsigned long long)sum);
}

int main(int argc, char **argv)
{
    int option;
    while ((option = getopt(argc, argv, "d:t:n:k:")) != -1) {
        unsigned long value = strtoul(optarg ? optarg : "", NULL, 10);
        if (option == 'd')
            depth = (unsigned)value;
        else if (option == 't')
            threads = (unsigned)value;
        else if (option == 'n')
            pieces = value;
        else if (option == 'k')
            kinds = (unsigned)value;
        else
            return 2;
    }
    if (threads < 1 || threads > THREADS_MAX || kinds < 1)
        return 2;
    pthread_t started[THREADS_MAX];
    for (unsigned i = 0; i < threads; i++) {
        workers[i].number = i;
        workers[i].random = 0x2545f4914f6cdd1du + 0x9e3779b97f4a7c15u * i;
        if (threads > 1 && pthread_create(&started[i], NULL, thread, &workers[i]))
            return 1;
    }
    if (threads == 1)
        work_off(&workers[0]);
    for (unsigned i = 0; threads > 1 && i < threads; i++)
        pthread_join(started[i], NULL);
    finish();
    bench_report();
    return 0;
}
