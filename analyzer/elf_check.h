/* Can the preload shim ride in a program? Asked before it is started. */
#ifndef ANALYZER_ELF_CHECK_H
#define ANALYZER_ELF_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* Finds `program` as execvp would and looks at the file, through `#!` lines. False, with one line
 * in `problem`, if it can't be run with the shim. */
bool elf_check(const char *program, char *problem, size_t problem_size);

#endif
