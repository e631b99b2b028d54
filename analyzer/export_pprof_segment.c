#include "analyzer/export_pprof_segment.h"
#include "analyzer/file_regular.h"

#include <gelf.h>
#include <unistd.h>

enum { PAGE = 4096 };

static bool find(Elf *elf, uint64_t offset, struct segment *segment)
{
    size_t count;
    GElf_Phdr header;
    if (elf_kind(elf) != ELF_K_ELF || elf_getphdrnum(elf, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD ||
            !(header.p_flags & PF_X) || offset < header.p_vaddr ||
            offset - header.p_vaddr >= header.p_memsz)
            continue;
        uint64_t before = header.p_vaddr % PAGE;
        segment->start = header.p_vaddr - before;
        segment->end = (header.p_vaddr + header.p_memsz + PAGE - 1) / PAGE * PAGE;
        segment->in_file = header.p_offset - before;
        return before <= header.p_offset;
    }
    return false;
}

bool segment_of(const char *path, uint64_t offset, struct segment *segment)
{
    struct stat status;
    const char *problem;
    int fd = file_regular_open(path, &status, &problem);
    elf_version(EV_CURRENT);
    Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ_MMAP, NULL) : NULL;
    bool found = elf && find(elf, offset, segment);
    elf_end(elf);
    if (fd >= 0)
        close(fd);
    return found;
}
