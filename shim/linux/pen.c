/*
 * Writing pointers that other threads read at any moment, in memory that may be read-only: by one
 * store. What the kernel writes for us (/proc/self/mem) it may write byte by byte, and another
 * thread that reads the slot meanwhile jumps to an address half old and half new.
 */
#include "shim/linux/loader.h"
#include "shim/linux/syscall.h"
#include "shim/core/lock.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

/* One page is made writable at a time: else one thread protects it again while another writes. */
static struct rs_lock lock;

struct place {
    bool known;     /* in a module */
    bool relocated; /* where the loader writes before it protects the memory for good */
    int protection; /* of the segment; of relocated memory, when the loader is done */
};

static bool holds(const struct dl_phdr_info *module, unsigned segment, uintptr_t address)
{
    const ElfW(Phdr) *header = &module->dlpi_phdr[segment];
    uintptr_t from = module->dlpi_addr + header->p_vaddr, to = from + header->p_memsz;
    if (header->p_type == PT_GNU_RELRO) /* only whole pages are protected */
        to &= ~(uintptr_t)(PAGE - 1);
    return address >= from && address < to;
}

static struct place place_of(uintptr_t slot)
{
    struct place place = {false, false, 0};
    struct dl_phdr_info module;
    if (!rs_loader_module(slot, &module))
        return place;
    for (unsigned i = 0; i < module.dlpi_phnum; i++) {
        unsigned flags = module.dlpi_phdr[i].p_flags;
        if (!holds(&module, i, slot))
            continue;
        if (module.dlpi_phdr[i].p_type == PT_GNU_RELRO)
            place.relocated = true;
        if (module.dlpi_phdr[i].p_type != PT_LOAD)
            continue;
        place.known = true;
        place.protection = (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
                           (flags & PF_X ? PROT_EXEC : 0);
    }
    if (place.relocated)
        place.protection &= ~PROT_WRITE;
    return place;
}

/* Has the kernel add nothing to the word: it says whether it could. */
static bool can_be_written(uintptr_t *slot)
{
    static uint32_t nobody_waits;
    long add_nothing = FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0);
    return !rs_failed(RS_SYSCALL6(SYS_futex, &nobody_waits, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0,
                                  0, slot, add_nothing));
}

/* Whatever the memory's protection is. */
static bool write_through_kernel(uintptr_t *slot, uintptr_t value)
{
    long memory = RS_SYSCALL3(SYS_open, "/proc/self/mem", O_RDWR | O_CLOEXEC, 0);
    if (rs_failed(memory))
        return false;
    long written = RS_SYSCALL4(SYS_pwrite64, memory, &value, sizeof value, slot);
    RS_SYSCALL1(SYS_close, memory);
    return written == (long)sizeof value;
}

static bool write_unprotected(uintptr_t *slot, uintptr_t value, int protection)
{
    uintptr_t page = (uintptr_t)slot & ~(uintptr_t)(PAGE - 1);
    if (rs_failed(RS_SYSCALL3(SYS_mprotect, page, PAGE, protection | PROT_WRITE)))
        return false;
    __atomic_store_n(slot, value, __ATOMIC_RELEASE);
    RS_SYSCALL3(SYS_mprotect, page, PAGE, protection);
    return true;
}

/* Memory that will be protected but is not yet is just being relocated by another thread: nobody
 * calls through it, and the loader may protect it before our store. In no module, nobody tells what
 * protection there has to be again. */
static bool write(uintptr_t *slot, uintptr_t value)
{
    struct place place = place_of((uintptr_t)slot);
    bool writable = can_be_written(slot);
    if ((uintptr_t)slot % sizeof *slot != 0 || (writable && place.relocated) ||
        (!writable && !place.known))
        return write_through_kernel(slot, value);
    if (!writable)
        return write_unprotected(slot, value, place.protection & ~PROT_WRITE) ||
               write_through_kernel(slot, value);
    __atomic_store_n(slot, value, __ATOMIC_RELEASE);
    return true;
}

bool rs_pen_write(uintptr_t *slot, uintptr_t value)
{
    rs_lock(&lock);
    bool written = write(slot, value);
    rs_unlock(&lock);
    return written;
}

void rs_pen_reset(void)
{
    lock.word = 0;
}
