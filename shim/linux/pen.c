/* Writing pointers to memory that may be read-only. */
#include "shim/linux/loader.h"
#include "shim/linux/syscall.h"
#include "shim/core/lock.h"

#include <fcntl.h>
#include <sys/mman.h>

struct write {
    uintptr_t slot;
    int protection;
};

static bool find_protection(const struct rs_object *object, void *closure)
{
    struct write *write = closure;
    if (write->slot < object->start || write->slot >= object->end)
        return false;
    if (write->slot >= object->relro_start && write->slot < object->relro_end) {
        write->protection = PROT_READ;
        return true;
    }
    for (unsigned i = 0; i < object->header_count; i++) {
        const ElfW(Phdr) *header = &object->headers[i];
        uintptr_t from = object->base + header->p_vaddr;
        if (header->p_type != PT_LOAD || write->slot < from ||
            write->slot >= from + header->p_memsz)
            continue;
        write->protection = (header->p_flags & PF_R ? PROT_READ : 0) |
                            (header->p_flags & PF_W ? PROT_WRITE : 0) |
                            (header->p_flags & PF_X ? PROT_EXEC : 0);
    }
    return true;
}

/* Where /proc is not mounted, or the kernel forbids writing through it. */
static bool write_by_protection(uintptr_t *slot, uintptr_t value)
{
    static struct rs_lock lock; /* else one thread protects the page again while another writes */
    struct write write = {(uintptr_t)slot, PROT_READ | PROT_WRITE};
    rs_objects_visit(find_protection, &write);
    uintptr_t page = (uintptr_t)slot & ~(uintptr_t)4095;
    bool writable = write.protection & PROT_WRITE;
    rs_lock(&lock);
    bool done = writable ||
                !rs_failed(RS_SYSCALL3(SYS_mprotect, page, 4096, write.protection | PROT_WRITE));
    if (done)
        __atomic_store_n(slot, value, __ATOMIC_RELEASE);
    if (done && !writable)
        RS_SYSCALL3(SYS_mprotect, page, 4096, write.protection);
    rs_unlock(&lock);
    return done;
}

/* The kernel writes an aligned word through /proc/self/mem whatever the page's protection, so no
 * page is ever unprotected while other threads run, and nobody need be asked what its protection
 * was. */
long rs_pen_take(void)
{
    long pen = RS_SYSCALL3(SYS_open, "/proc/self/mem", O_RDWR | O_CLOEXEC, 0);
    return rs_failed(pen) ? -1 : pen;
}

void rs_pen_drop(long pen)
{
    if (pen >= 0)
        RS_SYSCALL1(SYS_close, pen);
}

bool rs_pen_write(long pen, uintptr_t *slot, uintptr_t value)
{
    long written = pen < 0 ? -1 : RS_SYSCALL4(SYS_pwrite64, pen, &value, sizeof value, slot);
    return written == (long)sizeof value || write_by_protection(slot, value);
}
