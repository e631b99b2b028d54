#include "analyzer/attach_place.h"
#include "analyzer/attach_threads.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <residue/attach.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IMAGES = 64, LARGEST_IMAGE = 1 << 28 };

struct attach_place {
    Dwfl *dwfl;
    const struct attach_process *process;
    void *image[IMAGES]; /* of modules whose files were not to be had */
    unsigned images;
};

/* ---- files of modules ---- */

static struct attach_place *asking; /* libdwfl has nowhere to keep it for the callback */

/* As far as its segments reach, the file is in memory; the sections behind them are not needed. */
static size_t size_of_file(const Elf64_Phdr *segment, unsigned count, uint64_t *first)
{
    size_t size = 0;
    for (unsigned i = count; i-- > 0;) {
        if (segment[i].p_type != PT_LOAD)
            continue;
        if (segment[i].p_offset > LARGEST_IMAGE || segment[i].p_filesz > LARGEST_IMAGE)
            return 0;
        size_t end = segment[i].p_offset + segment[i].p_filesz;
        size = end > size ? end : size;
        *first = segment[i].p_vaddr & ~(uint64_t)4095;
    }
    return size < LARGEST_IMAGE ? size : 0;
}

static Elf *from_memory(struct attach_place *place, uint64_t base)
{
    Elf64_Ehdr header;
    Elf64_Phdr segment[128];
    uint64_t first = 0;
    if (place->images == IMAGES || !attach_read(place->process, base, &header, sizeof header) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof *segment ||
        header.e_phnum > sizeof segment / sizeof *segment ||
        !attach_read(place->process, base + header.e_phoff, segment,
                     header.e_phnum * sizeof *segment))
        return NULL;
    size_t size = size_of_file(segment, header.e_phnum, &first);
    unsigned char *image = size < sizeof header ? NULL : calloc(1, size);
    if (!image)
        return NULL;
    place->image[place->images++] = image;
    for (unsigned i = 0; i < header.e_phnum; i++)
        if (segment[i].p_type == PT_LOAD)
            attach_read(place->process, base - first + segment[i].p_vaddr,
                        image + segment[i].p_offset, segment[i].p_filesz);
    header.e_shoff = 0;
    header.e_shnum = header.e_shstrndx = 0;
    memcpy(image, &header, sizeof header);
    return elf_memory((char *)image, size);
}

/* By its name as the process has it, which may live in another root; but there are mounts that
 * nobody else sees. */
static int find_file(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                     char **file_name, Elf **elf)
{
    char path[4200];
    snprintf(path, sizeof path, "/proc/%d/root%s", (int)attach_living_thread(asking->process->pid),
             name);
    int fd = *name == '/' ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        *file_name = strdup(path);
        return fd;
    }
    if (*name == '/')
        *elf = from_memory(asking, base);
    return *elf ? -1 : dwfl_linux_proc_find_elf(module, data, name, base, file_name, elf);
}

/* What unwinding needs is in the module itself. */
static int find_no_more(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                        const char *file_name, const char *link, GElf_Word crc, char **debug)
{
    (void)module, (void)data, (void)name, (void)base, (void)file_name, (void)link, (void)crc;
    *debug = NULL;
    return -1;
}

struct attach_place *attach_place_open(const struct attach_process *process)
{
    static const Dwfl_Callbacks callbacks = {.find_elf = find_file, .find_debuginfo = find_no_more};
    struct attach_place *place = calloc(1, sizeof *place);
    if (!place)
        return NULL;
    pid_t pid = attach_living_thread(process->pid);
    place->process = process;
    asking = place;
    place->dwfl = dwfl_begin(&callbacks);
    if (place->dwfl && dwfl_linux_proc_report(place->dwfl, pid) == 0 &&
        dwfl_report_end(place->dwfl, NULL, NULL) == 0 &&
        dwfl_linux_proc_attach(place->dwfl, pid, true) == 0)
        return place;
    attach_place_close(place);
    return NULL;
}

void attach_place_close(struct attach_place *place)
{
    if (place && place->dwfl)
        dwfl_end(place->dwfl);
    for (unsigned i = 0; place && i < place->images; i++)
        free(place->image[i]);
    free(place);
}

/* ---- frames ---- */

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (!strcmp(name, *names))
            return true;
    return false;
}

/* Functions that hold a lock, or are in the midst of something, that dlopen or the shim's beginning
 * needs: whoever is called by them is too. What they call themselves has no name outside. */
static bool holds_something(const char *name)
{
    static const char *const names[] = {
        /* the heap */
        "malloc", "calloc", "realloc", "reallocarray", "free", "cfree", "memalign", "aligned_alloc",
        "posix_memalign", "valloc", "pvalloc", "malloc_usable_size", "malloc_trim", "mallopt",
        "mallinfo", "mallinfo2", "malloc_info", "malloc_stats", "free_sized", "free_aligned_sized",
        /* the loader */
        "dlopen", "dlmopen", "dlclose", "dlsym", "dlvsym", "dladdr", "dladdr1", "dlinfo", "dlerror",
        "dl_iterate_phdr", "__libc_dlopen_mode", "__libc_dlsym", "__libc_dlclose", "__tls_get_addr",
        /* the beginnings and ends of processes and threads */
        "fork", "_Fork", "__fork", "vfork", "__vfork", "pthread_create", "thrd_create",
        "pthread_exit", "thrd_exit", "pthread_atfork", "__register_atfork", "exit", "quick_exit",
        "_exit", "atexit", "on_exit", "__cxa_atexit", "__cxa_at_quick_exit", "__cxa_finalize",
        "__cxa_thread_atexit_impl", "__libc_freeres", "daemon", NULL};
    static const char *const prefixes[] = {
        "__libc_malloc", "__libc_free", "__libc_calloc", "__libc_realloc", "__libc_memalign",
        "_dl_",          "_Znw",        "_Zna",          "_Zdl",           "_Zda"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
            return true;
    return is_one_of(name, names);
}

struct climb {
    struct attach_place *place;
    unsigned depth;
    unsigned own; /* frames of the program or its libraries: what is under all of them is the C
                     library beginning or ending a thread */
    bool unsafe;
};

static const char *file_of(Dwfl_Module *module)
{
    const char *path = dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path ? path : "";
}

static bool begins(const char *text, const char *with)
{
    return !strncmp(text, with, strlen(with));
}

static void look(struct climb *climb, Dwarf_Addr pc)
{
    Dwfl_Module *module = dwfl_addrmodule(climb->place->dwfl, pc);
    const char *file = module ? file_of(module) : "";
    GElf_Off offset;
    GElf_Sym symbol;
    const char *name =
        module ? dwfl_module_addrinfo(module, pc, &offset, &symbol, NULL, NULL, NULL) : NULL;
    bool known = name && offset < symbol.st_size;
    bool shim = begins(file, RESIDUE_SHIM_FILE);
    if (begins(file, "ld-linux") || begins(file, "ld-2.") || strstr(file, "malloc") ||
        (known && holds_something(name)) || (shim && !climb->depth))
        climb->unsafe = true;
    if (!begins(file, "libc.so") && !begins(file, "libpthread") && !shim && module)
        climb->own++;
}

static int visit(Dwfl_Frame *frame, void *closure)
{
    enum { DEEPEST = 20000 };
    struct climb *climb = closure;
    Dwarf_Addr pc;
    bool activation;
    if (!dwfl_frame_pc(frame, &pc, &activation) || climb->depth > DEEPEST) {
        climb->unsafe = true;
        return DWARF_CB_ABORT;
    }
    look(climb, pc - !activation);
    climb->depth++;
    return climb->unsafe ? DWARF_CB_ABORT : DWARF_CB_OK;
}

bool attach_place_is_safe(struct attach_place *place, pid_t tid)
{
    struct climb climb = {.place = place};
    return dwfl_getthread_frames(place->dwfl, tid, visit, &climb) == 0 && !climb.unsafe &&
           climb.own;
}
