#include "analyzer/run_wine.h"
#include "analyzer/run_check.h"
#include "analyzer/commands.h"
#include "analyzer/file_view.h"
#include "analyzer/pe.h"
#include "analyzer/windows_path.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* What processor the file is for; 0: it is no PE file. */
static uint16_t machine_of(const char *path)
{
    struct file_view file;
    const char *problem;
    struct pe pe;
    if (!file_view_open(&file, path, &problem))
        return 0;
    uint16_t machine = pe_open(&pe, file.bytes, file.size) ? pe.machine : 0;
    file_view_close(&file);
    return machine;
}

static bool is_wine(const char *program)
{
    const char *name = last_part(program);
    return !strcmp(name, "wine") || !strcmp(name, "wine64");
}

bool run_wine_is_meant(const struct run_options *run)
{
    char **program = run->program;
    if (is_wine(program[0])) /* not `wine --version` */
        return program[1] && program[1][0] != '-';
    return machine_of(program[0]) != 0;
}

/* ---- what residue.exe is told ---- */

/* A path of this machine as Windows programs have it, to be freed. What is no absolute one, or on
 * no drive, stays as it is. */
static char *on_a_drive(const char *path)
{
    char *there = windows_path_there(path);
    return there ? there : strdup(path);
}

/* Paths in options are this machine's: `/x`, `-o/x` and `--profile=/x` become the drive's. */
static char *option_there(const char *option)
{
    size_t at = strncmp(option, "-o/", 3) == 0 ? 2
                : strncmp(option, "--", 2)     ? 0
                                               : strcspn(option, "=");
    at += option[at] == '=';
    if (option[at] != '/')
        return strdup(option);
    char *path = on_a_drive(option + at), *whole = NULL;
    if (path && asprintf(&whole, "%.*s%s", (int)at, option, path) < 0)
        whole = NULL;
    free(path);
    return whole;
}

static bool is_report(const char *option) /* may be cut short, as getopt_long allows */
{
    return strlen(option) > 4 && strncmp("--report", option, strlen(option)) == 0;
}

/* WINE residue.exe run OPTIONS --quiet --output TRACE -- PROGRAM ARGUMENTS. To be freed with what
 * is in it. */
static char **arguments_of(const struct run_options *run, char **argv, const char *wine,
                           const char *residue, const char *output)
{
    char **client = run->program + is_wine(run->program[0]);
    size_t count = 0, room = 16;
    for (char **each = argv; *each; each++)
        room++;
    char **list = calloc(room, sizeof *list);
    if (!list)
        return NULL;
    list[count++] = strdup(wine);
    list[count++] = on_a_drive(residue);
    list[count++] = strdup("run");
    for (char **option = argv + 1; option < run->program; option++)
        if (strcmp(*option, "--") != 0 && !is_report(*option))
            list[count++] = option_there(*option);
    list[count++] = strdup("--no-check");
    list[count++] = strdup("--quiet");
    list[count++] = strdup("--output");
    list[count++] = on_a_drive(output);
    list[count++] = strdup("--");
    char absolute[PATH_MAX];
    list[count++] =
        machine_of(*client) && realpath(*client, absolute) ? on_a_drive(absolute) : strdup(*client);
    for (client++; *client; client++)
        list[count++] = strdup(*client);
    return list;
}

static void free_arguments(char **list)
{
    for (char **each = list; list && *each; each++)
        free(*each);
    free(list);
}

/* ---- finding residue.exe ---- */

/* Programs of the system's own are as wide as the system, which a prefix is made for once. */
static bool is_32_bit_system(void)
{
    const char *arch = getenv("WINEARCH");
    return arch && !strcmp(arch, "win32");
}

/* Beside this program in a build, and in ../lib/residue when installed. */
static bool find_residue(uint16_t machine, char *path, size_t size)
{
    static const char *const places[] = {"windows-%s/residue.exe",
                                         "../lib/residue/windows-%s/residue.exe"};
    bool narrow = machine ? machine == PE_I386 : is_32_bit_system();
    const char *arch = narrow ? "i686" : "x86_64";
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = 0;
    char *name = strrchr(self, '/');
    if (!name)
        return false;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char place[64], wanted[PATH_MAX + 64];
        snprintf(place, sizeof place, places[i], arch);
        snprintf(wanted, sizeof wanted, "%.*s/%s", (int)(name - self), self, place);
        char real[PATH_MAX];
        if (realpath(wanted, real) && (size_t)snprintf(path, size, "%s", real) < size)
            return true;
    }
    snprintf(path, size, "windows-%s/residue.exe", arch);
    return false;
}

/* ---- running ---- */

/* Ctrl-C is the client's, we wait for what it makes of it. */
static int wait_for(pid_t child)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before[2];
    int status;
    sigaction(SIGINT, &ignore, &before[0]);
    sigaction(SIGQUIT, &ignore, &before[1]);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return 125;
    sigaction(SIGINT, &before[0], NULL);
    sigaction(SIGQUIT, &before[1], NULL);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void tell(const struct run_options *run, char *output)
{
    if (access(output, F_OK) != 0)
        return; /* why was said */
    if (run->report)
        residue_report_after_run(output);
    else if (!run->quiet)
        fprintf(stderr, "residue: wrote %s; read it with: residue report %s\n", output, output);
}

int run_wine(const struct run_options *run, char **argv)
{
    bool by_wine = is_wine(run->program[0]);
    const char *loader = getenv("WINELOADER"), *client = run->program[by_wine];
    const char *wine = by_wine ? run->program[0] : loader && *loader ? loader : "wine";
    char residue[PATH_MAX], output[PATH_MAX];
    if (!find_residue(machine_of(client), residue, sizeof residue))
        return run_bad("%s is missing: make windows", residue);
    if (run->output)
        snprintf(output, sizeof output, "%s", run->output);
    else
        snprintf(output, sizeof output, "residue.%.200s.%d.trace", last_part(client),
                 (int)getpid());
    char **arguments = arguments_of(run, argv, wine, residue, output);
    pid_t child;
    int64_t begun = run_check_begin();
    unlink(output); /* what is there afterwards is of this run */
    int error = arguments ? posix_spawnp(&child, wine, NULL, NULL, arguments, environ) : ENOMEM;
    free_arguments(arguments);
    if (error)
        return run_bad(error == ENOENT ? "%s is not installed (see scripts/install-deps --windows)"
                                       : "%s can't be started",
                       wine);
    int status = wait_for(child);
    tell(run, output);
    return run->check ? run_check(run, output, begun, status) : status;
}
