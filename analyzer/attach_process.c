#include "analyzer/attach_process.h"
#include "analyzer/attach_modules.h"
#include "analyzer/attach_threads.h"
#include "analyzer/elf_check.h"
#include "analyzer/report_text_write.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- /proc ---- */

bool attach_status(pid_t pid, const char *field, char *value, size_t size)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    bool found = false;
    size_t length = strlen(field);
    while (file && !found && fgets(line, sizeof line, file)) {
        if (strncmp(line, field, length) != 0 || line[length] != ':')
            continue;
        line[strcspn(line, "\n")] = 0;
        const char *at = line + length + 1;
        snprintf(value, size, "%s", at + strspn(at, " \t"));
        found = true;
    }
    if (file)
        fclose(file);
    return found;
}

bool attach_name(pid_t pid, char *name, size_t size)
{
    char bytes[64];
    if (!attach_status(pid, "Name", bytes, sizeof bytes))
        return false;
    snprintf(name, size, "%.*s", (int)size - 1, text_safe(bytes, sizeof bytes).text);
    return true;
}

static bool read_mapping(char *line, struct attach_mapping *mapping)
{
    int at = 0;
    memset(mapping, 0, offsetof(struct attach_mapping, path));
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %" SCNu64 " %n", &mapping->start,
               &mapping->end, &mapping->offset, &mapping->inode, &at) < 4)
        return false;
    line[strcspn(line, "\n")] = 0;
    snprintf(mapping->path, sizeof mapping->path, "%s", at ? line + at : "");
    return true;
}

bool attach_mappings(pid_t pid, bool (*visit)(const struct attach_mapping *, void *), void *closure)
{
    char path[64];
    attach_proc_path(path, sizeof path, pid, "maps");
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    bool done = false;
    struct attach_mapping mapping;
    while (file && !done && getline(&line, &size, file) > 0)
        done = read_mapping(line, &mapping) && visit(&mapping, closure);
    free(line);
    if (file)
        fclose(file);
    return done;
}

/* ---- memory ---- */

bool attach_read(const struct attach_process *process, uint64_t address, void *to, size_t size)
{
    return pread(process->memory, to, size, (off_t)address) == (ssize_t)size;
}

bool attach_write(const struct attach_process *process, uint64_t address, const void *from,
                  size_t size)
{
    return pwrite(process->memory, from, size, (off_t)address) == (ssize_t)size;
}

/* ---- may it be attached to? ---- */

struct question {
    struct attach_process *process;
    char *problem;
    size_t problem_size;
};

static bool no(const struct question *question, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool no(const struct question *question, const char *format, ...)
{
    const struct attach_process *process = question->process;
    int at =
        snprintf(question->problem, question->problem_size, "process %d%s%s%s ", (int)process->pid,
                 *process->name ? " (" : "", process->name, *process->name ? ")" : "");
    va_list arguments;
    va_start(arguments, format);
    if (at > 0 && (size_t)at < question->problem_size)
        vsnprintf(question->problem + at, question->problem_size - (size_t)at, format, arguments);
    va_end(arguments);
    return false;
}

static long number_of(pid_t pid, const char *field, int which)
{
    char value[128], *at = value;
    if (!attach_status(pid, field, value, sizeof value))
        return -1;
    long number = -1;
    while (which-- >= 0)
        number = strtol(at, &at, 10);
    return number;
}

static bool is_alive(const struct question *question)
{
    pid_t pid = question->process->pid;
    char state[64], debugger[32];
    if (!attach_status(pid, "State", state, sizeof state))
        return no(question, "does not exist");
    attach_name(pid, question->process->name, sizeof question->process->name);
    long group = number_of(pid, "Tgid", 0);
    if (group != pid)
        return no(question, "is a thread of process %ld: attach to that", group);
    if ((*state == 'Z' || *state == 'X') && attach_living_thread(pid) == pid)
        return no(question, "has ended");
    if (*state == 'T')
        return no(question, "is stopped: let it go on first (kill -CONT %d)", (int)pid);
    if (attach_status(pid, "TracerPid", debugger, sizeof debugger) && strcmp(debugger, "0") != 0)
        return no(question, "is being traced by process %s (a debugger?)", debugger);
    if (number_of(pid, "Seccomp", 0) == 1)
        return no(question,
                  "runs in strict seccomp mode: the shim's first system call would kill it");
    question->process->uid = (uid_t)number_of(pid, "Uid", 3);
    question->process->gid = (gid_t)number_of(pid, "Gid", 3);
    return true;
}

/* Addresses that the shim takes are not the program's any more; and if all that it maps is locked,
 * so is what the shim would never have touched. */
static bool has_space(const struct question *question)
{
    pid_t pid = question->process->pid;
    struct rlimit space = {RLIM_INFINITY, 0}, data = {RLIM_INFINITY, 0};
    prlimit(pid, RLIMIT_AS, NULL, &space);
    prlimit(pid, RLIMIT_DATA, NULL, &data);
    if (space.rlim_cur != RLIM_INFINITY || data.rlim_cur != RLIM_INFINITY)
        return no(question,
                  "has a limit of its memory, of which the shim would take a part: lift it first "
                  "(prlimit --pid %d --as=unlimited --data=unlimited)",
                  (int)pid);
    long locked = number_of(pid, "VmLck", 0), resident = number_of(pid, "VmRSS", 0);
    if (locked > 0 && locked > resident / 2)
        return no(question,
                  "has locked its memory (mlockall), and the shim's would be locked, too");
    return true;
}

/* The kernel says only that it may not be; what stands in the way can be told. */
static bool may_not(const struct question *question, int error)
{
    const struct attach_process *process = question->process;
    if (error != EACCES && error != EPERM)
        return no(question, "can't be read: %s", strerror(error));
    if (geteuid() != 0 && process->uid != geteuid())
        return no(question, "is another user's: root may attach to it");
    char scope = 0;
    int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (read(fd, &scope, 1) != 1)
            scope = 0;
        close(fd);
    }
    if (scope > '0')
        return no(
            question,
            "may not be traced: /proc/sys/kernel/yama/ptrace_scope is %c (root may, or set it "
            "to 0)",
            scope);
    return no(question, "may not be traced: it has other privileges, or the container forbids it "
                        "(--cap-add=SYS_PTRACE)");
}

static bool open_files(const struct question *question)
{
    struct attach_process *process = question->process;
    char path[64];
    ssize_t length;
    attach_proc_path(path, sizeof path, process->pid, "exe");
    length = readlink(path, process->program, sizeof process->program - 1);
    if (length < 0)
        return errno == ENOENT ? no(question, "is one of the kernel's own")
                               : may_not(question, errno);
    process->program[length] = 0;
    attach_proc_path(path, sizeof path, process->pid, "mem");
    process->memory = open(path, O_RDWR | O_CLOEXEC);
    if (process->memory < 0)
        return may_not(question, errno);
    struct stat ours, its;
    attach_proc_path(path, sizeof path, process->pid, "root");
    if (stat("/", &ours) != 0 || stat(path, &its) != 0)
        return may_not(question, errno);
    if (ours.st_dev != its.st_dev || ours.st_ino != its.st_ino)
        process->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return true;
}

static bool has_no_libc(const struct question *question, int fd)
{
    char loader[256];
    if (elf_loader_of(fd, loader, sizeof loader) == ELF_LOADER_OTHER)
        return no(question, "was loaded by %s, and the shim needs glibc's loader", loader);
    return no(question, "has no C library loaded: in a static program the shim can't ride");
}

static bool is_program(const struct question *question, int fd)
{
    struct attach_process *process = question->process;
    Elf64_Ehdr header;
    if (pread(fd, &header, sizeof header, 0) != sizeof header ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64)
        return no(question, "is not a 64-bit x86-64 program, and the shim is");
    uint64_t libc = 0; /* at once, but for a program that has only just begun */
    for (int i = 0; i < 20 && !(libc && attach_symbol(process, libc, "dlopen")); i++) {
        nanosleep(&(struct timespec){0, i ? 10000000 : 0}, NULL);
        libc = attach_module(process->pid, "libc.so.6");
    }
    if (!libc)
        return has_no_libc(question, fd);
    if (!attach_symbol(process, libc, "dlopen"))
        return no(question, "has a C library older than 2.35, which the shim can't ride in");
    return true;
}

static bool is_of_a_kind(const struct question *question)
{
    char path[64];
    attach_proc_path(path, sizeof path, question->process->pid, "exe");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return may_not(question, errno);
    bool is = is_program(question, fd);
    close(fd);
    return is;
}

bool attach_process_open(struct attach_process *process, pid_t pid, char *problem,
                         size_t problem_size)
{
    struct question question = {process, problem, problem_size};
    memset(process, 0, sizeof *process);
    process->pid = pid;
    process->memory = process->root = -1;
    if (is_alive(&question) && open_files(&question) && has_space(&question) &&
        is_of_a_kind(&question))
        return true;
    attach_process_close(process);
    return false;
}

void attach_process_close(struct attach_process *process)
{
    if (process->memory >= 0)
        close(process->memory);
    if (process->root >= 0)
        close(process->root);
    process->memory = process->root = -1;
}
