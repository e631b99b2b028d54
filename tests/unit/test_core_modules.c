/* The list of modules: what is found in it, how lists follow each other, what the trace says. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>
#include "shim/core/arena.h"
#include "shim/core/intern.h"
#include "shim/core/capture.h"
#include "shim/core/modules.h"
#include "shim/core/state.h"
#include "tests/unit/core_os.h"

static struct rs_thread *self;
static unsigned gone_count;
static uintptr_t gone_start;

static void begin(void)
{
    core_begin(CORE_LIMIT, "");
    self = core_thread();
}

TestSuite(modules, .init = begin);

static void gone(const struct rs_module *module)
{
    gone_count++;
    gone_start = module->start;
}

static struct rs_found_module module(const char *path, uintptr_t start)
{
    return (struct rs_found_module){
        .module = {.start = start, .end = start + 0x1000, .base = start - 0x100}, .path = path};
}

static void publish(const struct rs_found_module *found, uint32_t count)
{
    gone_count = 0;
    rs_modules_publish(found, count, gone);
}

static const struct rs_module *find(uintptr_t pc)
{
    const struct rs_modules *list = rs_modules_hold(self);
    const struct rs_module *found = rs_modules_find(list, pc);
    rs_modules_release(self);
    return found;
}

Test(modules, sorted_and_found_to_the_byte)
{
    struct rs_found_module found[100];
    for (uintptr_t i = 0; i < 100; i++) /* in any order */
        found[i] = module("/lib/x.so", 0x100000 + i * 37 % 100 * 0x2000);
    publish(found, 100);
    const struct rs_modules *list = rs_modules_hold(self);
    cr_assert_eq(list->count, 100u);
    for (uintptr_t i = 0; i < 100; i++) {
        uintptr_t start = 0x100000 + i * 0x2000;
        cr_assert_eq(list->list[i].start, start);
        cr_assert_null(rs_modules_find(list, start - 1));
        cr_assert_eq(rs_modules_find(list, start), &list->list[i]);
        cr_assert_eq(rs_modules_find(list, start + 0xfff), &list->list[i]);
        cr_assert_null(rs_modules_find(list, start + 0x1000));
    }
    cr_assert_null(rs_modules_find(list, 0));
    cr_assert_null(rs_modules_find(list, UINTPTR_MAX));
}

Test(modules, an_empty_list)
{
    cr_assert_null(rs_modules_hold(self), "none was ever published");
    publish(NULL, 0);
    cr_assert_null(find(0x1000));
}

/* Loads, unloads and the last place: by path and build-id, however often it comes. */
Test(modules, the_trace_counts_loads_and_unloads)
{
    struct rs_found_module a = module("/lib/a.so", 0x100000), b = module("/lib/b.so", 0x200000);
    b.build_id = "12345678";
    b.build_id_length = 8;
    for (uintptr_t round = 0; round < 5; round++) {
        b.module.start = 0x200000 + round * 0x10000;
        b.module.end = b.module.start + 0x1000;
        b.module.base = b.module.start;
        publish((struct rs_found_module[]){b, a}, 2);
        cr_assert_eq(gone_count, 0u);
        publish(&a, 1);
        cr_assert_eq(gone_count, 1u);
        cr_assert_eq(gone_start, b.module.start);
    }
    struct trace *trace = core_read();
    cr_assert_eq(trace->module_count, 2u);
    unsigned which = strcmp(trace->modules[1].path, "/lib/b.so") ? 2 : 1;
    const struct trace_module *of_b = &trace->modules[which], *of_a = &trace->modules[3 - which];
    cr_assert(of_b->loads == 5 && of_b->unloads == 5 && of_b->gone);
    cr_assert_eq(of_b->bias, 0x240000u);
    cr_assert_eq(of_b->build_id_length, 8u);
    cr_assert(of_a->loads == 1 && of_a->unloads == 0 && !of_a->gone);
    trace_close(trace);
}

/* The identity in the trace is what stacks refer to. */
Test(modules, each_has_its_identity)
{
    struct rs_found_module found[] = {module("/lib/a.so", 0x100000), module("/lib/b.so", 0x200000)};
    publish(found, 2);
    uint32_t a = find(0x100000)->id, b = find(0x200000)->id;
    cr_assert(a && b && a != b);
    publish(&found[1], 1);
    publish(found, 2);
    cr_assert(find(0x100000)->id == a && find(0x200000)->id == b);
}

/* Another library at the very same place: a stack recognised before is unknown now. */
Test(modules, a_generation_for_each_list)
{
    struct rs_found_module a = module("/lib/a.so", 0x100000), b = module("/lib/b.so", 0x100000);
    publish(&a, 1);
    uint32_t first = rs_modules_generation, id = find(0x100000)->id;
    publish(&a, 1);
    cr_assert_eq(rs_modules_generation, first, "nothing changed");
    publish(&b, 1);
    cr_assert_eq(gone_count, 1u);
    cr_assert_neq(rs_modules_generation, first);
    cr_assert_neq(find(0x100000)->id, id);
    cr_assert_eq(rs_modules_hold(self)->generation, rs_modules_generation);
}

/* Paths longer than what is kept of them: the module does not come anew each time. */
Test(modules, a_very_long_path)
{
    static char path[3000];
    memset(path, 'x', sizeof path - 1);
    struct rs_found_module found = module(path, 0x100000);
    publish(&found, 1);
    publish(&found, 1);
    cr_assert_eq(gone_count, 0u);
    struct trace *trace = core_read();
    cr_assert(trace->modules[1].loads == 1 && trace->modules[1].unloads == 0);
    trace_close(trace);
}

/* A list in use stays as it is, whatever is published meanwhile. */
Test(modules, a_list_that_is_held_does_not_change)
{
    struct rs_found_module found[] = {module("/lib/a.so", 0x100000), module("/lib/b.so", 0x200000)};
    publish(found, 2);
    const struct rs_modules *held = rs_modules_hold(self);
    uint32_t generation = held->generation;
    for (unsigned i = 0; i < 50; i++)
        publish(found, i % 2 + 1);
    cr_assert(held->count == 2 && held->generation == generation);
    cr_assert_eq(held->list[1].start, 0x200000u);
    rs_modules_release(self);
}

/* Lists that nobody holds are used again: loading and unloading for ever needs no more memory. */
Test(modules, bounded_however_often_modules_come_and_go)
{
    struct rs_found_module found[] = {module("/lib/a.so", 0x100000), module("/lib/b.so", 0x200000)};
    for (unsigned i = 0; i < 20; i++)
        publish(found, i % 2 + 1);
    uint64_t before = rs_arena_bytes(), end = rs.trace->end;
    for (unsigned i = 0; i < 20000; i++)
        publish(found, i % 2 + 1);
    cr_assert_eq(rs_arena_bytes(), before);
    cr_assert_eq(rs.trace->end, end);
}

/* One that the system loaded unseen is learnt from its code, once. */
Test(modules, one_that_came_unseen)
{
    struct rs_found_module a = module("/lib/a.so", 0x100000), b = module("/lib/b.so", 0x200000);
    publish(&a, 1);
    const struct rs_modules *old = rs_modules_hold(self);
    core_os.found = &b;
    cr_assert_not(rs_modules_learn(old, 0x100800), "it is known");
    cr_assert_not(rs_modules_learn(old, 0x300000), "it is in no module");
    cr_assert(rs_modules_learn(old, 0x200800));
    uint32_t generation = rs_modules_generation;
    cr_assert(rs_modules_learn(old, 0x200800), "the newer list knows it");
    cr_assert_eq(rs_modules_generation, generation, "another thread learnt it already");
    cr_assert(old->count == 1 && rs_modules_hold(self)->count == 2);
    cr_assert_not_null(find(0x200000));
    publish((struct rs_found_module[]){a, b}, 2);
    cr_assert_eq(gone_count, 0u, "the full list has it too");
    cr_assert_eq(rs_modules_hold(self)->count, 2u);
}

/* ---- readers and a publisher at once ---- */

static bool stop;

/* Each list has modules of one size only: one that were changed under its reader would mix them. */
static void *read_lists(void *problem)
{
    struct rs_thread *reader = rs_thread();
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        const struct rs_modules *list = rs_modules_hold(reader);
        uintptr_t size = list->list[0].end - list->list[0].start;
        uint32_t generation = list->generation;
        for (uint32_t i = 0; i < list->count; i++)
            if (list->list[i].end - list->list[i].start != size || list->generation != generation)
                problem = "a list changed while it was held";
        rs_modules_release(reader);
    }
    return problem;
}

Test(modules, lists_under_their_readers)
{
    struct rs_found_module found[64];
    pthread_t reader[3];
    for (uintptr_t round = 0; round < 3000; round++) {
        for (uintptr_t i = 0; i < 64; i++) {
            found[i] = module("/lib/x.so", 0x100000 + i * 0x10000);
            found[i].module.end = found[i].module.start + 0x1000 + round % 13;
        }
        publish(found, (uint32_t)(1 + round % 64));
        for (unsigned i = 0; !round && i < 3; i++)
            cr_assert_eq(pthread_create(&reader[i], NULL, read_lists, NULL), 0);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < 3; i++) {
        void *problem;
        pthread_join(reader[i], &problem);
        cr_assert_null(problem, "%s", (char *)problem);
    }
}

/* ---- fork ---- */

/* The child's own trace names all that is loaded; what it inherited may go. */
Test(modules, a_child_names_them_again)
{
    struct rs_found_module found[] = {module("/lib/a.so", 0x100000), module("/lib/b.so", 0x200000)};
    found[0].build_id = "abcd";
    found[0].build_id_length = 4;
    publish(found, 2);
    rs_modules_lock();
    rs_modules_unlock(); /* around fork */
    core_begin(CORE_LIMIT, "");
    rs_intern_reset();
    rs_modules_reset();
    struct trace *trace = core_read();
    cr_assert_eq(trace->module_count, 2u);
    for (unsigned i = 1; i <= 2; i++)
        cr_assert(trace->modules[i].loads == 1 && trace->modules[i].unloads == 0);
    cr_assert_eq(trace->modules[find(0x100000)->id].build_id_length, 4u);
    cr_assert_str_eq(trace->modules[find(0x200000)->id].path, "/lib/b.so");
    trace_close(trace);
    publish(found, 1);
    trace = core_read();
    cr_assert(trace->modules[2].gone || trace->modules[1].gone);
    trace_close(trace);
}
