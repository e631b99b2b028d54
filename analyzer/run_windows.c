/* `residue run` on Windows. */
#include "analyzer/run_windows.h"
#include "analyzer/commands.h"
#include "analyzer/run_check.h"
#include "analyzer/run_options.h"
#include "analyzer/run_windows_others.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The shim lies beside the program. */
static bool find_shim(wchar_t *path, size_t room)
{
    DWORD given = GetEnvironmentVariableW(L"RESIDUE_SHIM", path, (DWORD)room);
    if (!given) {
        DWORD length = GetModuleFileNameW(NULL, path, (DWORD)room);
        wchar_t *name = length && length < room ? wcsrchr(path, L'\\') : NULL;
        if (!name || (size_t)(name - path) + 20 > room)
            return false;
        wcscpy(name + 1, L"residue-shim.dll");
    }
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

/* Our own command line from its `index`-th argument on, as it was typed. */
static const wchar_t *command_line_from(int index)
{
    const wchar_t *at = GetCommandLineW();
    for (; index; index--) {
        bool quoted = false;
        while (*at && (quoted || (*at != L' ' && *at != L'\t'))) {
            if (*at == L'\\' && at[1] == L'"')
                at++;
            else if (*at == L'"')
                quoted = !quoted;
            at++;
        }
        while (*at == L' ' || *at == L'\t')
            at++;
    }
    return at;
}

static void name_output(char *name, size_t size, const struct run_options *run, DWORD id)
{
    const char *base = run->program[0];
    for (const char *at = base; *at; at++)
        if (*at == '\\' || *at == '/')
            base = at + 1;
    if (run->output)
        snprintf(name, size, "%s", run->output);
    else
        snprintf(name, size, "residue.%.200s.%lu.trace", base, id);
}

/* The console's Ctrl-C is the client's: we wait for what it makes of it. */
static BOOL WINAPI wait_on(DWORD event)
{
    (void)event;
    return TRUE;
}

/* Until the client has ended; who else was begun meanwhile is taken up, and written when over. */
static DWORD wait_for(struct run_client *client, struct run_others *others)
{
    while (client->runner && WaitForSingleObject(client->process, 0) != WAIT_OBJECT_0) {
        run_others_wait(others, client->process);
        run_others_take(others, false);
    }
    DWORD status = run_client_wait(client);
    if (client->runner) {
        run_others_take(others, false);
        run_others_write_ended(others);
        if (others->count)
            run_others_leave(others, client->runner);
    }
    return status;
}

static void tell(const struct run_options *run, const struct run_client *client,
                 const struct run_others *others, char *output, bool written)
{
    if (!written) {
        fprintf(stderr, "residue: %s\n", client->problem);
    } else if (run->report) {
        residue_report_after_run(output);
    } else if (!run->quiet) {
        run_say_where(output, others->written);
        if (others->count)
            fprintf(stderr,
                    "residue: %u other process%s still run%s: what %s leaves goes to %s.PID\n",
                    (unsigned)others->count, others->count == 1 ? "" : "es",
                    others->count == 1 ? "s" : "", others->count == 1 ? "it" : "each", output);
    }
}

static int run_program(const struct run_options *run, int argc, char **argv,
                       const struct residue_plan *plan, size_t plan_size, const wchar_t *shim)
{
    struct run_client client = {0};
    char output[4096];
    int status = 2;
    int64_t begun = run_check_begin();
    (void)argc;
    if (!run_client_begin(&client, command_line_from((int)(run->program - argv) + 1), &status)) {
        fprintf(stderr, "residue run: %s: %s\n", run->program[0], client.problem);
        return status;
    }
    SetConsoleCtrlHandler(wait_on, TRUE);
    struct run_others others = {0};
    name_output(output, sizeof output, run, client.id);
    if (run_others_open(&others, 0, output))
        client.runner = GetCurrentProcessId();
    if (!run_client_inject(&client, plan, plan_size, shim)) {
        fprintf(stderr, "residue run: %s: %s\n", run->program[0], client.problem);
        status = 2;
    } else {
        status = (int)wait_for(&client, &others);
        bool written = run_client_write(&client, output, (DWORD)status);
        tell(run, &client, &others, output, written);
        if (run->check)
            status = run_check(run, output, begun, status);
    }
    run_others_close(&others);
    run_client_close(&client);
    return status;
}

/* The shim and the plan, for `command` to go on with. */
static int with_plan(struct run_options *run, int argc, char **argv,
                     int (*command)(const struct run_options *, int, char **,
                                    const struct residue_plan *, size_t, const wchar_t *))
{
    enum { PATH_ROOM = 32768 };
    static wchar_t shim[PATH_ROOM];
    size_t size;
    if (!find_shim(shim, PATH_ROOM))
        return run_bad("residue-shim.dll is missing beside residue.exe%s", "");
    struct residue_plan *plan = profile_plan(run->profile, &size);
    if (!plan)
        return run_bad("%s", run->profile->problem);
    int result = command(run, argc, argv, plan, size, shim);
    free(plan);
    profile_free(run->profile);
    return result;
}

int residue_run(int argc, char **argv)
{
    struct run_options run = {0};
    int stop = run_options_read(&run, argc, argv);
    return stop ? stop - 1 : with_plan(&run, argc, argv, run_program);
}

/* ---- a process that runs already ---- */

static const char attach_help[] =
    "usage: residue attach [OPTION]... PROCESS-ID\n"
    "\n"
    "Records a process that runs already, from now on, until it ends "
    "or Ctrl-C is pressed: then the\n"
    "trace is written. One whose residue run was killed goes on being recorded, and its trace is\n"
    "taken over. The options are those of residue run.\n";

static HANDLE enough; /* Ctrl-C was pressed */

static BOOL WINAPI stop_waiting(DWORD event)
{
    (void)event;
    SetEvent(enough);
    return TRUE;
}

static int attach(const struct run_options *run, int argc, char **argv,
                  const struct residue_plan *plan, size_t plan_size, const wchar_t *shim)
{
    struct run_client client = {0};
    char output[4096], *rest;
    DWORD status = 0, id = strtoul(run->program[0], &rest, 10);
    (void)argc, (void)argv;
    if (*rest || !id)
        return run_bad("'%s' is no process id (see residue attach --help)", run->program[0]);
    enough = CreateEventW(NULL, TRUE, FALSE, NULL);
    SetConsoleCtrlHandler(stop_waiting, TRUE);
    bool done = run_client_attach(&client, id) &&
                (run_client_adopt(&client) || run_client_inject(&client, plan, plan_size, shim));
    if (done) {
        if (!run->quiet)
            fprintf(stderr, "residue: recording process %lu\n", id);
        HANDLE either[2] = {client.process, enough};
        client.running = WaitForMultipleObjects(2, either, FALSE, INFINITE) != WAIT_OBJECT_0;
        GetExitCodeProcess(client.process, &status);
        if (run->output)
            snprintf(output, sizeof output, "%s", run->output);
        else
            snprintf(output, sizeof output, "residue.%lu.trace", id);
        done = run_client_write(&client, output, status);
    }
    if (!done)
        fprintf(stderr, "residue attach: process %lu: %s\n", id, client.problem);
    else if (!run->quiet)
        fprintf(stderr, "residue: wrote %s; read it with: residue report %s\n", output, output);
    run_client_close(&client);
    return done ? 0 : 2;
}

int residue_attach(int argc, char **argv)
{
    struct run_options run = {0};
    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
        return fputs(attach_help, stdout), 0;
    int stop = run_options_read(&run, argc, argv);
    return stop ? stop - 1 : with_plan(&run, argc, argv, attach);
}
