#include "tests/unit/unwind_loaded.h"
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>
#include "shim/core/os.h"

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
    if (modules.count == MODULES_MAX)
        abort();
    module.id = modules.count + 1;
    listed[modules.count++] = module;
    return 0;
}

static const struct rs_module *extra;

void unwind_list_module(const struct rs_module *module)
{
    extra = module;
}

const struct rs_modules *unwind_modules(void)
{
    modules.count = 0;
    dl_iterate_phdr(add_module, NULL);
    if (extra && modules.count < MODULES_MAX)
        listed[modules.count++] = *extra;
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
static bool bounds_set;

void unwind_set_bounds(struct rs_stack_bounds set)
{
    bounds = set;
    bounds_set = true;
}

struct rs_stack_bounds unwind_bounds(void)
{
    if (!bounds_set) {
        pthread_attr_t attributes;
        void *low;
        size_t size;
        if (pthread_getattr_np(pthread_self(), &attributes) ||
            pthread_attr_getstack(&attributes, &low, &size))
            abort();
        pthread_attr_destroy(&attributes);
        unwind_set_bounds((struct rs_stack_bounds){(uintptr_t)low, (uintptr_t)low + size});
    }
    return bounds;
}

struct rs_rule_cache *unwind_rules(void)
{
    static char memory[RS_RULE_CACHE_BYTES] __attribute__((aligned(64)));
    return (struct rs_rule_cache *)memory;
}

/* The one thing of the system that unwinding asks for. */
bool rs_os_read(const void *from, void *to, size_t size)
{
    struct iovec here = {to, size}, there = {(void *)(uintptr_t)from, size};
    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == (ssize_t)size;
}
