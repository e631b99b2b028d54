#include "analyzer/elf_check.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

struct check {
    char path[4096];
    char *problem;
    size_t problem_size;
};

static bool say(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool say(struct check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->problem, check->problem_size, format, arguments);
    va_end(arguments);
    return false;
}

static bool find(struct check *check, const char *program)
{
    if (strchr(program, '/')) {
        snprintf(check->path, sizeof check->path, "%s", program);
        return true;
    }
    const char *path = getenv("PATH");
    for (const char *at = path ? path : "/usr/local/bin:/usr/bin:/bin";; at++) {
        size_t length = strcspn(at, ":");
        snprintf(check->path, sizeof check->path, "%.*s/%s", length ? (int)length : 1,
                 length ? at : ".", program);
        struct stat status;
        if (access(check->path, X_OK) == 0 && stat(check->path, &status) == 0 &&
            S_ISREG(status.st_mode))
            return true;
        at += length;
        if (!*at)
            return say(check, "%s: not found in PATH", program);
    }
}

static bool refuse_privileges(struct check *check)
{
    return say(check,
               "%s: runs with other privileges (setuid, setgid or capabilities): the loader "
               "ignores the preload shim there",
               check->path);
}

enum elf_loader elf_loader_of(int fd, char *loader, size_t loader_size)
{
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    if (pread(fd, &header, sizeof header, 0) != sizeof header)
        return ELF_LOADER_DAMAGED;
    for (unsigned i = 0; i < header.e_phnum && i < 512; i++) {
        if (pread(fd, &segment, sizeof segment,
                  (off_t)(header.e_phoff + (uint64_t)i * header.e_phentsize)) != sizeof segment)
            return ELF_LOADER_DAMAGED;
        if (segment.p_type != PT_INTERP)
            continue;
        size_t size = segment.p_filesz < loader_size ? segment.p_filesz : loader_size - 1;
        memset(loader, 0, loader_size);
        if (pread(fd, loader, size, (off_t)segment.p_offset) != (ssize_t)size)
            return ELF_LOADER_DAMAGED;
        const char *base = strrchr(loader, '/');
        return strcmp(base ? base + 1 : loader, "ld-linux-x86-64.so.2") ? ELF_LOADER_OTHER
                                                                        : ELF_LOADER_GLIBC;
    }
    return ELF_LOADER_NONE;
}

static bool check_elf(struct check *check, int fd, const Elf64_Ehdr *header)
{
    char loader[256];
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != EM_X86_64)
        return say(check, "%s: is not a 64-bit x86-64 program, and the shim is", check->path);
    switch (elf_loader_of(fd, loader, sizeof loader)) {
    case ELF_LOADER_GLIBC:
        return true;
    case ELF_LOADER_OTHER:
        return say(check, "%s: is loaded by %s, and the shim needs glibc's", check->path, loader);
    case ELF_LOADER_NONE:
        return say(check, "%s: is statically linked: the preload shim can't ride in it",
                   check->path);
    default:
        return say(check, "%s: is a damaged ELF file", check->path);
    }
}

static bool privileged(const char *path, const struct stat *status)
{
    bool other_user = (status->st_mode & S_ISUID) && status->st_uid != geteuid();
    bool other_group =
        (status->st_mode & S_ISGID) && (status->st_mode & S_IXGRP) && status->st_gid != getegid();
    return other_user || other_group ||
           (geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0);
}

static bool check_file(struct check *check, int depth);

static bool check_script(struct check *check, char *line, int depth)
{
    char *interpreter = line + 2 + strspn(line + 2, " \t");
    interpreter[strcspn(interpreter, " \t\n")] = 0;
    if (!*interpreter)
        return true; /* as without a `#!` line */
    snprintf(check->path, sizeof check->path, "%s", interpreter);
    return check_file(check, depth + 1);
}

/* Whose privileges a program gets is asked of ELF files only: the system ignores a script's. */
static bool check_content(struct check *check, int fd, const struct stat *status, int depth)
{
    union {
        Elf64_Ehdr header;
        char text[257];
    } head;
    memset(&head, 0, sizeof head);
    ssize_t got = pread(fd, &head, sizeof head - 1, 0);
    if (got >= (ssize_t)sizeof head.header && !memcmp(head.text, ELFMAG, SELFMAG))
        return privileged(check->path, status) ? refuse_privileges(check)
                                               : check_elf(check, fd, &head.header);
    if (got > 2 && !memcmp(head.text, "#!", 2) && depth < 4)
        return check_script(check, head.text, depth);
    if (got > 2 && !memcmp(head.text, "MZ", 2))
        return say(check, "%s: is a Windows program, which this build does not support",
                   check->path);
    return true; /* a script without `#!`: the shell's business */
}

static bool check_file(struct check *check, int depth)
{
    struct stat status;
    if (stat(check->path, &status) != 0)
        return say(check, "%s: %s", check->path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return say(check, "%s: is a directory", check->path);
    if (access(check->path, X_OK) != 0)
        return say(check, "%s: %s", check->path, strerror(errno));
    int fd = open(check->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return !privileged(check->path, &status) || refuse_privileges(check); /* not readable */
    bool fine = check_content(check, fd, &status, depth);
    close(fd);
    return fine;
}

bool elf_check(const char *program, char *problem, size_t problem_size)
{
    struct check check = {.problem = problem, .problem_size = problem_size};
    return find(&check, program) && check_file(&check, 0);
}
