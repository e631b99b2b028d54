#define _GNU_SOURCE
#define UNW_LOCAL_ONLY
#include "tests/unit/unwind_harness.h"
#include <criterion/criterion.h>
#include <libunwind.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MODULES_MAX = 256 };

static struct rs_module listed[MODULES_MAX];
static struct rs_modules modules = {.list = listed};

static int by_start(const void *a, const void *b)
{
    const struct rs_module *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

static int add_module(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    struct rs_module module = {.start = UINTPTR_MAX, .base = info->dlpi_addr};
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD) {
            module.start = start < module.start ? start : module.start;
            module.end =
                start + header->p_memsz > module.end ? start + header->p_memsz : module.end;
        } else if (header->p_type == PT_GNU_EH_FRAME) {
            module.eh_frame_hdr = (const uint8_t *)start;
            module.eh_frame_hdr_size = header->p_memsz;
        }
    }
    cr_assert_lt(modules.count, MODULES_MAX);
    module.id = modules.count + 1;
    listed[modules.count++] = module;
    return 0;
}

const struct rs_modules *unwind_modules(void)
{
    modules.count = 0;
    dl_iterate_phdr(add_module, NULL);
    qsort(listed, modules.count, sizeof *listed, by_start);
    modules.generation++;
    return &modules;
}

const struct rs_module *unwind_module_of(uintptr_t pc)
{
    if (!modules.count)
        unwind_modules();
    for (uint32_t i = 0; i < modules.count; i++)
        if (pc >= listed[i].start && pc < listed[i].end)
            return &listed[i];
    return NULL;
}

static struct rs_stack_bounds bounds;

void unwind_set_bounds(struct rs_stack_bounds set)
{
    bounds = set;
}

struct rs_stack_bounds unwind_bounds(void)
{
    if (!bounds.hi) {
        pthread_attr_t attributes;
        void *low;
        size_t size;
        cr_assert_eq(pthread_getattr_np(pthread_self(), &attributes), 0);
        cr_assert_eq(pthread_attr_getstack(&attributes, &low, &size), 0);
        pthread_attr_destroy(&attributes);
        bounds = (struct rs_stack_bounds){(uintptr_t)low, (uintptr_t)low + size};
    }
    return bounds;
}

struct rs_rule_cache *unwind_rules(void)
{
    static char memory[RS_RULE_CACHE_BYTES] __attribute__((aligned(64)));
    return (struct rs_rule_cache *)memory;
}

void unwind_by_libunwind(const struct rs_regs *regs, struct rs_stack *out)
{
    unw_context_t context;
    unw_cursor_t cursor;
    unw_word_t pc = 0, sp = 0;
    unw_getcontext(&context);
    unw_init_local(&cursor, &context);
    do {
        cr_assert_gt(unw_step(&cursor), 0, "libunwind does not find the frame to begin with");
        unw_get_reg(&cursor, UNW_REG_IP, &pc);
        unw_get_reg(&cursor, UNW_REG_SP, &sp);
    } while (pc != regs->pc || sp != regs->sp);
    *out = (struct rs_stack){.depth = 0};
    do {
        unw_get_reg(&cursor, UNW_REG_IP, &pc);
        if (!pc)
            break;
        out->pc[out->depth++] = pc + (unw_is_signal_frame(&cursor) > 0 ? 1 : 0);
    } while (out->depth < RS_STACK_MAX && unw_step(&cursor) > 0);
}

static void print(const char *whose, const struct rs_stack *stack)
{
    fprintf(stderr, "%s, stop %u:", whose, stack->stop);
    for (uint32_t i = 0; i < stack->depth; i++) {
        const struct rs_module *module = unwind_module_of(stack->pc[i]);
        fprintf(stderr, " %s%#zx", module ? "" : "?",
                (size_t)(stack->pc[i] - (module ? module->base : 0)));
    }
    fprintf(stderr, "\n");
}

void unwind_expect_same(const struct rs_stack *ours, const struct rs_stack *theirs)
{
    if (ours->depth == theirs->depth &&
        !memcmp(ours->pc, theirs->pc, ours->depth * sizeof *ours->pc))
        return;
    print("ours", ours);
    print("libunwind's", theirs);
    cr_assert_fail("the stacks differ");
}

void (*unwind_on_capture)(const struct rs_regs *);

void unwind_captured(const struct rs_regs *regs)
{
    unwind_on_capture(regs);
}
