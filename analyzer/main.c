/* The `residue` command. */
#include "analyzer/commands.h"

#include <stdio.h>
#include <string.h>

#ifndef RESIDUE_VERSION
#define RESIDUE_VERSION "0.1"
#endif

static const struct {
    const char *name;
    int (*command)(int, char **);
    const char *what;
} commands[] = {
    {"run", residue_run, "run a program and record what each call leaves behind"},
    {"attach", residue_attach, "record a process that runs already"},
    {"report", residue_report, "tell what a trace says: rates, verdicts, stacks"},
};

static void print_help(FILE *out)
{
    fputs("usage: residue COMMAND [ARGUMENT]...\n"
          "\n"
          "Tells what each API call leaves behind, in bytes per call.\n"
          "\n",
          out);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].what);
    fputs("\n'residue COMMAND --help' tells more; 'residue --version' the version.\n", out);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("residue: which command? (see residue --help)\n", stderr);
        return 2;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        return print_help(stdout), 0;
    if (!strcmp(argv[1], "--version")) {
        puts("residue " RESIDUE_VERSION);
        return 0;
    }
#ifdef _WIN32
    if (!strcmp(argv[1], "keep"))
        return residue_keep(argc - 1, argv + 1);
#endif
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (!strcmp(argv[1], commands[i].name))
            return commands[i].command(argc - 1, argv + 1);
    fprintf(stderr, "residue: '%s' is no command (see residue --help)\n", argv[1]);
    return 2;
}
