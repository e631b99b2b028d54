#include "analyzer/run_options.h"
#include "analyzer/memory.h"

#include <getopt.h>
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

bool run_options_profile(struct run_options *run, const char *name)
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

enum {
    OPTION_PROFILE = 256,
    OPTION_WATCH,
    OPTION_CHARGE,
    OPTION_REPORT,
    OPTION_OUTPUT,
    OPTION_CHECK,
    OPTION_QUARANTINE,
    OPTION_NO_CHECK
};

static bool take_check_option(struct run_options *run, int option, const char *value)
{
    run->check_unasked = true;
    return check_option(&run->check_options, option, value);
}

/* 0 = go on; else the exit status plus 1. */
static int read_options(struct run_options *run, int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, OPTION_OUTPUT},
        {"profile", required_argument, NULL, OPTION_PROFILE},
        {"watch", required_argument, NULL, OPTION_WATCH},
        {"charge-threads", no_argument, NULL, OPTION_CHARGE},
        {"report", no_argument, NULL, OPTION_REPORT},
        {"quarantine", optional_argument, NULL, OPTION_QUARANTINE},
        {"check", no_argument, NULL, OPTION_CHECK},
        {"no-check", no_argument, NULL, OPTION_NO_CHECK},
        CHECK_LONG_OPTIONS,
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0}};
    int option;
    opterr = 0;
    optind = 1;
    run->check_options = check_options_new("residue run");
    while ((option = getopt_long(argc, argv, "+:o:qh", options, NULL)) != -1) {
        switch (option) {
        case 'o':
            run->output = optarg;
            break;
        case OPTION_OUTPUT:
            if (!check_is_output(optarg))
                run->output = optarg;
            else if (!take_check_option(run, CHECK_OPTION_OUTPUT, optarg))
                return 3;
            break;
        case OPTION_CHECK:
            run->check = true;
            break;
        case OPTION_NO_CHECK: /* `residue run` of a system that Wine is on: it checks itself */
            run->check = run->check_unasked = false;
            break;
        case OPTION_PROFILE:
            if (!run_options_profile(run, optarg))
                return run_bad("%s", run->profile->problem) + 1;
            break;
        case OPTION_WATCH:
            if (!*optarg)
                return run_bad("--watch needs a glob (see residue run --help)%s", "") + 1;
            profile_watch(run->profile, optarg);
            break;
        case OPTION_CHARGE:
            run->profile->flags |= RESIDUE_PLAN_CHARGE_THREADS;
            break;
        case OPTION_QUARANTINE:
            if (!memory_parse_size(optarg ? optarg : "16M", &run->profile->quarantine))
                return run_bad("--quarantine=%s is no size: give bytes, or a number with K, M or G",
                               optarg) +
                       1;
            break;
        case OPTION_REPORT:
            run->report = true;
            break;
        case 'q':
            run->quiet = true;
            break;
        case 'h':
            fputs(help, stdout);
            return 1;
        case ':':
            return run_bad("%s needs a value (see residue run --help)", argv[optind - 1]) + 1;
        default:
            if (option >= CHECK_OPTION_LIMITS && option < CHECK_OPTION_END) {
                if (!take_check_option(run, option, optarg))
                    return 3;
                break;
            }
            return run_bad("%s is no option (see residue run --help)", argv[optind - 1]) + 1;
        }
    }
    if (run->check_unasked && !run->check)
        return run_bad("what is said of a check needs --check%s", "") + 1;
    if (!check_options_fit(&run->check_options))
        return 3;
    if (optind == argc)
        return run_bad("which program? (see residue run --help)%s", "") + 1;
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
