/* The lock of one word: exclusion, and no sleeper forgotten. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>
#include "shim/core/lock.h"
#include "tests/unit/core_os.h"

static struct rs_lock lock;
static unsigned counter, inside;

static void *count(void *rounds)
{
    for (uintptr_t i = 0; i < (uintptr_t)rounds; i++) {
        rs_lock(&lock);
        unsigned others = inside++;
        unsigned seen = counter;
        if (i % 512 == 0)
            sched_yield(); /* held by one that does not run: the others go to sleep */
        counter = seen + 1;
        inside--;
        rs_unlock(&lock);
        if (others)
            return "two were inside at once";
    }
    return NULL;
}

Test(lock, one_at_a_time)
{
    pthread_t thread[6];
    for (unsigned i = 0; i < 6; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, count, (void *)20000), 0);
    for (unsigned i = 0; i < 6; i++) {
        void *problem;
        cr_assert_eq(pthread_join(thread[i], &problem), 0);
        cr_assert_null(problem, "%s", (char *)problem);
    }
    cr_assert_eq(counter, 6u * 20000);
    cr_assert_eq(lock.word, 0u);
}

Test(lock, trying_does_not_wait)
{
    cr_assert(rs_try_lock(&lock));
    cr_assert_not(rs_try_lock(&lock));
    rs_unlock(&lock);
    cr_assert(rs_try_lock(&lock));
}

static void *take_and_leave(void *unused)
{
    rs_lock(&lock);
    rs_unlock(&lock);
    return unused;
}

/* All of them sleep, one unlock wakes one, and each wakes the next. */
Test(lock, every_sleeper_is_woken, .timeout = 60)
{
    pthread_t thread[4];
    rs_lock(&lock);
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, take_and_leave, NULL), 0);
    while (__atomic_load_n(&lock.word, __ATOMIC_RELAXED) != 2)
        sched_yield();
    usleep(20000);
    rs_unlock(&lock);
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(pthread_join(thread[i], NULL), 0);
    cr_assert(rs_try_lock(&lock));
}
