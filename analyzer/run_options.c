#include "analyzer/run_options.h"
#include "analyzer/memory.h"
#include "analyzer/options.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: residue run [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
    "\n"
    "Runs PROGRAM and records what each watched call leaves behind. Exits with PROGRAM's status\n"
    "(128+N when signal N ended it).\n"
    "\n"
    "  -o, --output TRACE    where the trace goes; other processes' go to TRACE.PID\n"
    "                        (default: residue.PROGRAM.PID.trace)\n"
    "      --profile mapi|mapi4linux|none|FILE\n"
    "                        what is watched: mapi (the default) ... none but the system's\n"
    "                        functions, or a profile of your own (residue-profile(5)); may be\n"
    "                        given several times\n"
    "      --watch GLOB      watch every imported function whose name matches; may be repeated\n"
    "      --charge-threads  charge a thread's work to the call that created the thread\n"
    "      --quarantine[=SIZE]\n"
    "                        keep the memory of ended objects for a while (16M), so that who uses\n"
    "                        one meets it and not somebody else's block\n"
    "      --report          print the report afterwards\n"
    "      --check           judge afterwards what all processes left, as `residue check` does; "
    "exits\n"
    "                        with 1 if that fails and PROGRAM did not\n"
    "  -q, --quiet           do not say where the trace is, nor on a terminal how far it has come\n"
    "  -h, --help            print this\n"
    "\n"
    "With --check:\n" CHECK_USAGE "      --output FORMAT=FILE  also write this; may be repeated\n";

int run_bad(const char *format, const char *what)
{
    fputs("residue run: ", stderr);
    fprintf(stderr, format, what);
    fputs("\n", stderr);
    return 2;
}

static bool take_profile(struct run_options *run, const char *name)
{
    bool mapi = !strcmp(name, "mapi") || !strcmp(name, "mapi4linux");
    run->named_profile = true;
    if (mapi && run->mapi && strcmp(run->mapi, name) != 0) {
        snprintf(run->profile->problem, sizeof run->profile->problem,
                 "--profile %s and %s exclude each other: an object has one layout", run->mapi,
                 name);
        return false;
    }
    if (mapi)
        run->mapi = name;
    if ((mapi || !strcmp(name, "none")) && profile_read_shipped(run->profile, name))
        return true;
    return !*run->profile->problem && profile_read_file(run->profile, name);
}

bool run_options_take(struct run_options *run, const char *command, int option, const char *value)
{
    switch (option) {
    case RUN_OPTION_PROFILE:
        if (take_profile(run, value))
            return true;
        fprintf(stderr, "%s: %s\n", command, run->profile->problem);
        return false;
    case RUN_OPTION_WATCH:
        if (!*value)
            return options_wrong(command, "no glob:", value, "give --watch one");
        profile_watch(run->profile, value);
        return true;
    case RUN_OPTION_CHARGE:
        run->profile->flags |= RESIDUE_PLAN_CHARGE_THREADS;
        return true;
    case RUN_OPTION_REPORT:
        return run->report = true;
    default:
        return run->quiet = true;
    }
}

enum { OPTION_OUTPUT = RUN_OPTION_END, OPTION_CHECK, OPTION_QUARANTINE, OPTION_NO_CHECK };

static bool take_check_option(struct run_options *run, int option, const char *value)
{
    run->check_unasked = true;
    return check_option(&run->check_options, option, value);
}

static bool take(int option, const char *value, void *closure)
{
    struct run_options *run = closure;
    switch (option) {
    case 'o':
        run->output = value;
        return true;
    case OPTION_OUTPUT:
        if (check_is_output(value))
            return take_check_option(run, CHECK_OPTION_OUTPUT, value);
        run->output = value;
        return true;
    case OPTION_CHECK:
        return run->check = true;
    case OPTION_NO_CHECK: /* `residue run` of a system that Wine is on: it checks itself */
        run->check = run->check_unasked = false;
        return true;
    case OPTION_QUARANTINE:
        return memory_parse_size(value ? value : "16M", &run->profile->quarantine) ||
               options_wrong("residue run", "--quarantine is no size:", value,
                             "give bytes, or a number with K, M or G");
    default:
        return option >= CHECK_OPTION_LIMITS && option < CHECK_OPTION_END
                   ? take_check_option(run, option, value)
                   : run_options_take(run, "residue run", option, value);
    }
}

/* WORD=FILE: with --check that is a result in a format, if not one that is known. */
static bool is_output(const char *value)
{
    return value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '=';
}

/* A long run must not be for nothing. */
static bool can_check(const struct run_options *run)
{
    struct check_options options = run->check_options;
    if (run->output && is_output(run->output))
        return check_option(&options, CHECK_OPTION_OUTPUT, run->output);
    return check_inputs(&run->check_options);
}

static int read_options(struct run_options *run, int argc, char **argv)
{
    static const struct option long_options[] = {
        RUN_LONG_OPTIONS,
        {"output", required_argument, NULL, OPTION_OUTPUT},
        {"quarantine", optional_argument, NULL, OPTION_QUARANTINE},
        {"check", no_argument, NULL, OPTION_CHECK},
        {"no-check", no_argument, NULL, OPTION_NO_CHECK},
        CHECK_LONG_OPTIONS,
        {0}};
    static const struct options_known known = {"residue run", help, "+:o:qh", long_options, take};
    run->check_options = check_options_new("residue run");
    run->check_options.text.no_pager = true; /* it follows what the program printed, and ends */
    int stop = options_read(&known, argc, argv, run);
    if (stop)
        return stop;
    if (run->check_unasked && !run->check)
        return run_bad("what is said of a check needs --check%s", "") + 1;
    if (!check_options_fit(&run->check_options))
        return 3;
    if (optind == argc)
        return run_bad("which program? (see residue run --help)%s", "") + 1;
    if (run->check && !can_check(run))
        return 3;
    run->program = argv + optind;
    return 0;
}

bool run_options_begin(struct run_options *run)
{
    run->profile = profile_new();
    return run->profile && profile_read_shipped(run->profile, "base");
}

bool run_options_end(struct run_options *run)
{
    return run->named_profile || profile_read_shipped(run->profile, "mapi");
}

static int read_all(struct run_options *run, int argc, char **argv)
{
    if (!run_options_begin(run))
        return run_bad("%s", run->profile ? run->profile->problem : "no memory") + 1;
    int stop = read_options(run, argc, argv);
    if (!stop && !run_options_end(run))
        stop = run_bad("%s", run->profile->problem) + 1;
    return stop;
}

int run_options_read(struct run_options *run, int argc, char **argv)
{
    int stop = read_all(run, argc, argv);
    if (stop && run->profile)
        profile_free(run->profile);
    return stop;
}

void run_say_where(const char *output, unsigned others)
{
    if (others)
        fprintf(stderr,
                "residue: wrote %s, and of %u other process%s %s.PID; read one with: residue "
                "report %s, judge all as one with: residue check %s*\n",
                output, others, others == 1 ? "" : "es", output, output, output);
    else
        fprintf(stderr, "residue: wrote %s; read it with: residue report %s\n", output, output);
}
