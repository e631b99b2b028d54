#include "shim/core/capture.h"
#include "shim/core/calls.h"
#include "shim/core/intern.h"
#include "shim/core/modules.h"
#include "shim/core/state.h"

#define RELEASE_KIND UINT32_MAX

/* What a site is noted for with its stack: the path, and above it what is acquired there, or that
 * something is released; RS_NO_PATH: it is not noted. A path alone stands for heap blocks. */
static uint32_t noted_as(uint32_t path, uint32_t kind)
{
    enum { PATH_BITS = 22, RELEASE = 15, PLANS = 16, MOST = (1 << (32 - PATH_BITS)) - 2 };
    uint32_t what = kind == RELEASE_KIND    ? RELEASE
                    : kind >= RS_KIND_BLOCK ? kind - RS_KIND_BLOCK
                                            : PLANS + kind;
    return what <= MOST && path < 1u << PATH_BITS ? what << PATH_BITS | path : RS_NO_PATH;
}

/* Registers here and now, all of them: the walk then begins inside the shim, whose frames are left
 * out. */
static __attribute__((noinline)) void walk_from_here(const struct rs_modules *modules,
                                                     struct rs_thread *self, struct rs_stack *stack)
{
    struct rs_kept kept;
    struct rs_regs regs = {.kept = &kept};
#if defined(__x86_64__)
    __asm__ volatile("lea 0(%%rip), %0\n\t"
                     "mov %%rsp, %1\n\t"
                     "mov %%rbp, %2\n\t"
                     "mov %%rbx, %3\n\t"
                     "mov %%r12, %4\n\t"
                     "mov %%r13, %5\n\t"
                     "mov %%r14, %6\n\t"
                     "mov %%r15, %7\n\t"
                     "mov %%rsi, %8\n\t"
                     "mov %%rdi, %9"
                     : "=&a"(regs.pc), "=m"(regs.sp), "=m"(regs.bp), "=m"(kept.bx), "=m"(kept.r12),
                       "=m"(kept.r13), "=m"(kept.r14), "=m"(kept.r15), "=m"(kept.si),
                       "=m"(kept.di));
#elif defined(__i386__) /* no walk there needs more registers than are at hand */
    (void)kept;
    regs = RS_CALLER_REGS();
#else
#error "no unwinding for this processor yet"
#endif
    rs_unwind(modules, self->rules, &regs, self->bounds, stack, NULL);
}

static uint32_t intern(const struct rs_modules *modules, const struct rs_stack *stack,
                       struct residue_frame *frames)
{
    uint32_t depth = 0;
    for (uint32_t i = 0; i < stack->depth; i++) {
        const struct rs_module *module = rs_modules_find(modules, stack->pc[i] - 1);
        if (module && module->skip)
            continue;
        frames[depth++] =
            (struct residue_frame){.module = module ? module->id : 0,
                                   .offset = module ? stack->pc[i] - module->base : stack->pc[i]};
    }
    uint32_t flags = 0;
    if (stack->stop == RS_STOP_DEPTH)
        flags |= RESIDUE_STACK_TRUNCATED;
    else if (stack->stop != RS_STOP_END)
        flags |= RESIDUE_STACK_INCOMPLETE;
    return rs_intern_stack(frames, depth, flags);
}

static struct rs_stack_bounds bounds_for(const struct rs_thread *self, uintptr_t sp)
{
    return rs_on_stack(self, sp) ? self->bounds : (struct rs_stack_bounds){0, 0};
}

/* The stack's identity by a full walk, and its place in the recogniser if it can be kept there. */
static __attribute__((noinline)) uint32_t unwind(struct rs_thread *self, const struct rs_regs *regs,
                                                 struct rs_known **known)
{
    struct rs_stack *stack = &self->stack;
    struct rs_reads *reads = &self->reads;
    struct rs_stack_bounds bounds = bounds_for(self, regs->sp);
    const struct rs_modules *modules = rs_modules_hold(self);
    if (!modules)
        return 0;
    uint32_t generation = modules->generation;
    rs_unwind(modules, self->rules, regs, bounds, stack, reads);
    if (stack->stop == RS_STOP_NO_CFI && stack->depth &&
        rs_modules_learn(modules, stack->pc[stack->depth - 1] - 1)) {
        modules = rs_modules_hold(self);
        generation = modules->generation;
        rs_unwind(modules, self->rules, regs, bounds, stack, reads);
    }
    if (stack->uncacheable)
        walk_from_here(modules, self, stack);
    if (!self->base_path) { /* outside, what is acquired is of a generation: see residue_module.came
                             */
        self->base_ordinal = generation;
        if (!self->path)
            self->ordinal = generation;
    }
    uint32_t id = intern(modules, stack, self->frames);
    if (id && known && !stack->uncacheable)
        *known = rs_recognise_learn(self->recogniser, generation, regs, reads, id);
    rs_modules_release(self);
    return id;
}

/* Was it the stack that it was taken for? */
static void verify(struct rs_thread *self, const struct rs_regs *regs, uint32_t taken_for)
{
    __atomic_add_fetch(&rs.trace->verified, 1, __ATOMIC_RELAXED);
    if (unwind(self, regs, NULL) != taken_for)
        __atomic_add_fetch(&rs.trace->differences, 1, __ATOMIC_RELAXED);
}

static uint32_t site_miss(struct rs_site_slot *slot, uint32_t path, uint32_t stack, uint32_t kind)
{
    uint32_t kind_id = kind == RELEASE_KIND ? 0 : rs_intern_kind(kind);
    uint32_t site = rs_intern_site(path, stack, kind_id);
    if (site)
        *slot = (struct rs_site_slot){path, stack, kind, site};
    return site;
}

static uint32_t site_of(struct rs_thread *self, uint32_t stack, uint32_t kind)
{
    uint32_t path = self->path;
    struct rs_site_slot *slot =
        &self->site[(stack * 0x9e3779b1u ^ path * 0x85ebca6bu ^ kind) % RS_SITE_CACHE];
    if (slot->stack == stack && slot->path == path && slot->kind == kind && slot->site)
        return slot->site;
    return site_miss(slot, path, stack, kind);
}

uint32_t rs_capture_site_anew(struct rs_thread *self, const struct rs_regs *regs, uint32_t kind)
{
    uint32_t generation = __atomic_load_n(&rs_modules_generation, __ATOMIC_RELAXED);
    struct rs_known *known = rs_recognise(self->recogniser, generation, regs);
    uint32_t stack = known ? known->stack : unwind(self, regs, &known);
    uint32_t site = site_of(self, stack, kind);
    uint32_t noted = noted_as(self->path, kind);
    if (__builtin_expect(rs.verify != 0, 0)) {
        if (known)
            verify(self, regs, stack);
    } else if (known && noted != RS_NO_PATH) {
        rs_known_note(known, noted, site);
    }
    return site;
}

uint32_t rs_capture_site(struct rs_thread *self, const struct rs_regs *regs, uint32_t kind)
{
    uint32_t generation = __atomic_load_n(&rs_modules_generation, __ATOMIC_RELAXED);
    uint32_t site = rs_recognise_site(self->recogniser, generation, noted_as(self->path, kind),
                                      regs->pc, regs->sp, regs->bp);
    return __builtin_expect(site != 0, 1) ? site : rs_capture_site_anew(self, regs, kind);
}

uint32_t rs_capture_release_site(struct rs_thread *self, const struct rs_regs *regs)
{
    return rs_capture_site(self, regs, RELEASE_KIND);
}
