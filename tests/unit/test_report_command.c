/* `residue report` as a command: its options, its exit status and where its words go. */
#include "analyzer/commands.h"
#include "tests/unit/report_trace.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static char trace_path[64], printed[65536], complained[4096];

/* A compact trace with one leaking call, as `residue run` leaves it. */
static void begin(void)
{
    struct made *made = made_new();
    char problem[256];
    uint32_t path = made_path(made, 0, "OpenMsgStore", 2000);
    uint32_t module = made_module(made, "/opt/libprovider.so", 1, 0);
    uint32_t kind = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    made_survivors(made, made_site(made, path, made_stack(made, module, 0x100, 2), kind), 1, 2000,
                   1, 48);
    strcpy(trace_path, "/tmp/residue-report-XXXXXX");
    int fd = mkstemp(trace_path);
    cr_assert_geq(fd, 0);
    close(fd);
    cr_assert(trace_write_compact(made_done(made), trace_path, problem, sizeof problem), "%s",
              problem);
    free(made);
}

static void end(void)
{
    unlink(trace_path);
}

TestSuite(report_command, .init = begin, .fini = end);

static void slurp(FILE *file, char *text, size_t size)
{
    rewind(file);
    text[fread(text, 1, size - 1, file)] = 0;
    fclose(file);
}

/* Runs the command in a child and returns its exit status; `to` replaces its standard output. */
static int run(int to, const char *const *arguments)
{
    FILE *out = tmpfile(), *err = tmpfile();
    int count = 0, status;
    while (arguments[count])
        count++;
    fflush(NULL);
    pid_t child = fork();
    if (!child) {
        dup2(to >= 0 ? to : fileno(out), STDOUT_FILENO);
        dup2(fileno(err), STDERR_FILENO);
        _exit(residue_report(count, (char **)arguments));
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    slurp(out, printed, sizeof printed);
    slurp(err, complained, sizeof complained);
    return WEXITSTATUS(status);
}

#define RUN(to, ...) run(to, (const char *const[]){"report", __VA_ARGS__, NULL})

static bool one_line(const char *text)
{
    const char *end = strchr(text, '\n');
    return end && end > text && !end[1];
}

Test(report_command, prints_text_without_colours_into_a_file)
{
    cr_assert_eq(RUN(-1, trace_path), 0);
    cr_assert_eq(strncmp(printed, "OpenMsgStore leaks 48.0 B per call", 34), 0, "%s", printed);
    cr_assert_null(strchr(printed, '\x1b'));
    cr_assert_str_eq(complained, "");
}

Test(report_command, prints_colours_when_told_to)
{
    cr_assert_eq(RUN(-1, "--color", "always", trace_path), 0);
    cr_assert_not_null(strchr(printed, '\x1b'));
    cr_assert_eq(RUN(-1, "--color=never", trace_path), 0);
    cr_assert_null(strchr(printed, '\x1b'));
}

Test(report_command, prints_json)
{
    cr_assert_eq(RUN(-1, trace_path, "--format", "json", "--no-symbols"), 0);
    cr_assert_not_null(strstr(printed, "\"schema\": \"residue-report/1\""));
    cr_assert_not_null(strstr(printed, "\"bytes_per_call\": 48.0"));
}

Test(report_command, takes_a_limit)
{
    cr_assert_eq(RUN(-1, trace_path, "--limit", "96K"), 0);
    cr_assert_not_null(strstr(printed, "96.0 KiB (--limit) are full after 2,048 more calls"));
}

Test(report_command, helps)
{
    cr_assert_eq(RUN(-1, "--help"), 0);
    cr_assert_not_null(strstr(printed, "--no-symbols"));
    for (char *line = printed, *next; (next = strchr(line, '\n')); line = next + 1)
        cr_assert_leq(next - line, 100);
}

Test(report_command, tells_bad_usage_in_one_line)
{
    static const char *const bad[][3] = {{"--format", "xml", trace_path},
                                         {"--limit", "much", trace_path},
                                         {"--color", "red", trace_path},
                                         {"--bogus", trace_path, NULL},
                                         {"a", "b", NULL},
                                         {"--limit", NULL, NULL},
                                         {"/nonexistent/trace", NULL, NULL},
                                         {"/dev/null", NULL, NULL}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(RUN(-1, bad[i][0], bad[i][1], bad[i][2]), 2, "%s", bad[i][0]);
        cr_assert_str_eq(printed, "");
        cr_assert(one_line(complained), "%s: %s", bad[i][0], complained);
    }
}

Test(report_command, says_when_the_disk_is_full)
{
    int full = open("/dev/full", O_WRONLY);
    cr_assert_geq(full, 0);
    cr_assert_eq(RUN(full, trace_path), 2);
    cr_assert(one_line(complained), "%s", complained);
    close(full);
}

Test(report_command, is_quiet_when_its_reader_is_gone)
{
    int pipe_ends[2];
    cr_assert_eq(pipe(pipe_ends), 0);
    close(pipe_ends[0]);
    cr_assert_eq(RUN(pipe_ends[1], trace_path, "--format", "json"), 2);
    cr_assert_str_eq(complained, "");
    close(pipe_ends[1]);
}

Test(report_command, prints_some_calls)
{
    cr_assert_eq(RUN(-1, "--call", "Open*", "--stacks", trace_path), 0);
    cr_assert_eq(strncmp(printed, "OpenMsgStore leaks 48.0 B per call", 34), 0, "%s", printed);
    cr_assert_eq(RUN(-1, "--call", "None", "--call=Nothing", trace_path), 0);
    cr_assert_not_null(strstr(printed, "No watched call has such a name"));
    cr_assert_eq(RUN(-1, "--call", "None", "--format", "json", trace_path), 0);
    cr_assert_not_null(strstr(printed, "\"calls\": []"), "%s", printed);
    cr_assert_not_null(strstr(printed, "\"calls_left_out\": 1"), "%s", printed);
}

Test(report_command, draws_bars_when_told_to)
{
    unsetenv("LC_ALL");
    unsetenv("LC_CTYPE");
    setenv("LANG", "C", 1);
    cr_assert_eq(RUN(-1, "--bars", "always", trace_path), 0);
    cr_assert_not_null(strstr(printed, "########## 100% of leaked bytes"), "%s", printed);
    setenv("LC_ALL", "xx_XX.UTF-8", 1); /* which no machine has */
    cr_assert_eq(RUN(-1, "--bars", "always", trace_path), 0);
    cr_assert_not_null(strstr(printed, "\u2588\u2588 100% of leaked bytes"), "%s", printed);
    cr_assert_eq(RUN(-1, trace_path), 0);
    cr_assert_null(strstr(printed, "of leaked bytes"));
}

Test(report_command, complains_of_bad_selections)
{
    static const char *const bad[][2] = {{"--top", "0"},  {"--top", "-1"}, {"--top", "many"},
                                         {"--top", "5x"}, {"--call", ""},  {"--bars", "often"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(RUN(-1, bad[i][0], bad[i][1], trace_path), 2, "%s %s", bad[i][0], bad[i][1]);
        cr_assert(one_line(complained), "%s", complained);
        cr_assert_str_eq(printed, "");
    }
}
