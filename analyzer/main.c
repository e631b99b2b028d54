/* The `residue` command. */
#include "analyzer/commands.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
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
    {"diff", residue_diff, "compare two runs: what leaks now and did not, or no longer does"},
    {"check", residue_check, "fail when calls leave more behind than they may"},
    {"export", residue_export,
     "write what a trace says for other tools: pprof, Prometheus, SQLite"},
    {"history", residue_history, "tell how calls' rates went over the runs in a database"},
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
    fputs("\n"
          "  --help     print this; `residue COMMAND --help` and `residue help COMMAND` tell more\n"
          "  --version  print the version\n",
          out);
}

/* A full disk, or a closed descriptor, is seen here at last. */
static int all_is_printed(void)
{
    return fflush(stdout) || ferror(stdout) ? 2 : 0;
}

#ifndef _WIN32
/* What is opened must not get the number of a standard one that was closed, and be written to as if
 * it were that. Held open for the wrong direction they fail as before, and a program that is run
 * finds them closed. */
static void hold_standard_descriptors(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", (fd ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
}
#endif

int main(int argc, char **argv)
{
#ifndef _WIN32
    hold_standard_descriptors();
#endif
    if (argc < 2) {
        fputs("residue: which command? (see residue --help)\n", stderr);
        return 2;
    }
    bool help = !strcmp(argv[1], "help");
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || (help && argc == 2))
        return print_help(stdout), all_is_printed();
    if (help) {
        argv[1] = argv[2];
        argv[2] = (char *)(uintptr_t) "--help";
        argc = 3;
    }
    if (!strcmp(argv[1], "--version")) {
        puts("residue " RESIDUE_VERSION);
        return all_is_printed();
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
