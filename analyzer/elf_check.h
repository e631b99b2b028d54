/* Can the shim ride in a program? Asked before it is started, or attached to. */
#ifndef ANALYZER_ELF_CHECK_H
#define ANALYZER_ELF_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* Finds `program` as execvp would and looks at the file, through `#!` lines. False, with one line
 * in `problem`, if it can't be run with the shim. */
bool elf_check(const char *program, char *problem, size_t problem_size);

/* Whose loader brings a program's libraries in. The shim is built for glibc: another libc's finds
 * none of its symbols. */
enum elf_loader { ELF_LOADER_GLIBC, ELF_LOADER_OTHER, ELF_LOADER_NONE, ELF_LOADER_DAMAGED };

/* What a 64-bit ELF file says of that; `loader` is its path, if there is one. */
enum elf_loader elf_loader_of(int fd, char *loader, size_t loader_size);

#endif
