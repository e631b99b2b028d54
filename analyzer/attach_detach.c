#include "analyzer/attach_detach.h"
#include "analyzer/attach_modules.h"
#include "analyzer/attach_stop.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS_MOST = 1 << 20 };

static bool get(int memory, uint64_t address, void *to, size_t size)
{
    return pread(memory, to, size, (off_t)address) == (ssize_t)size;
}

static bool put(int memory, uint64_t address, const void *from, size_t size)
{
    return pwrite(memory, from, size, (off_t)address) == (ssize_t)size;
}

bool attach_find(const struct attach_process *process, struct residue_attachment *attachment,
                 uint64_t *address)
{
    uint64_t base = attach_module(process->pid, RESIDUE_SHIM_FILE);
    *address = base ? attach_symbol(process, base, RESIDUE_ATTACH_DATA) : 0;
    return *address && attach_read(process, *address, attachment, sizeof *attachment) &&
           !memcmp(attachment->magic, RESIDUE_ATTACH_MAGIC, sizeof attachment->magic) &&
           attachment->version == RESIDUE_ATTACH_VERSION;
}

bool attach_is_recorded(const struct attach_process *process,
                        const struct residue_attachment *attachment)
{
    uint32_t recording = 0;
    return attach_read(process, attachment->recording, &recording, sizeof recording) && recording;
}

/* A thread that was about to write to slots when recording stopped. */
static void wait_for_writers(int memory, uint64_t address)
{
    enum { PATIENCE = 2000 }; /* milliseconds */
    struct residue_attachment now;
    for (int i = 0; i < PATIENCE; i++) {
        if (!get(memory, address, &now, sizeof now) || !now.changing)
            return;
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
}

/* Does it still lead to the shim? Its module may have been unloaded. */
static bool is_ours(int memory, const struct residue_slot *slot)
{
    uint64_t is;
    return slot->address && get(memory, slot->address, &is, sizeof is) && is == slot->now;
}

/* (A thread that could not be stopped may unload a module even now.) */
static bool restore(int memory, const struct residue_slot *slot)
{
    return !is_ours(memory, slot) || put(memory, slot->address, &slot->was, sizeof slot->was) ||
           !is_ours(memory, slot);
}

struct journal {
    int memory;
    uint64_t address; /* of the residue_attachment */
};

static size_t restore_all(void *closure)
{
    const struct journal *journal = closure;
    size_t left = 0;
    struct residue_attachment now;
    if (!get(journal->memory, journal->address, &now, sizeof now) || now.slot_count > SLOTS_MOST)
        return 0;
    size_t count = now.slot_count, size = count * sizeof(struct residue_slot);
    struct residue_slot *slots = malloc(size ? size : 1);
    if (slots && get(journal->memory, now.slots, slots, size))
        for (size_t i = count; i-- > 0;) /* one that was written to twice: its first time last */
            left += !restore(journal->memory, &slots[i]);
    free(slots);
    return left;
}

/* The kernel may write an address byte by byte, and no thread may read one half written. Nor does
 * any unload a module meanwhile, and load another where its slots were. */
size_t attach_detach(pid_t pid, int memory, uint64_t address)
{
    const uint32_t off = 0;
    struct residue_attachment now;
    struct journal journal = {memory, address};
    if (!get(memory, address, &now, sizeof now) ||
        memcmp(now.magic, RESIDUE_ATTACH_MAGIC, sizeof now.magic) != 0)
        return 0;
    put(memory, now.following, &off, sizeof off);
    put(memory, now.recording, &off, sizeof off);
    wait_for_writers(memory, address);
    return attach_stopped(pid, restore_all, &journal);
}
