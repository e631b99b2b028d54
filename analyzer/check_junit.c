/* JUnit's XML, as Jenkins, GitLab and the like read it: a test case for each call, and for what is
 * found outside of calls. */
#include "analyzer/check_output.h"
#include "analyzer/report_text_words.h"
#include "analyzer/utf8.h"
#include <stdlib.h>
#include <string.h>

/* Any bytes as text of XML 1.0, in an attribute or an element. */
static void escaped(FILE *out, const char *text)
{
    while (*text) {
        uint32_t character = 0;
        size_t length = utf8_next(text, &character);
        const char *entity = *text == '&'   ? "&amp;"
                             : *text == '<' ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '"' ? "&quot;"
                                            : NULL;
        if (entity)
            fputs(entity, out);
        else if (!length || character < 0x20 || (character & 0xfffe) == 0xfffe)
            fputs("\xef\xbf\xbd", out);
        else
            fwrite(text, 1, length, out);
        text += length ? length : 1;
    }
}

static void attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    escaped(out, value);
    fputc('"', out);
}

static void details(const struct check *check, const struct check_problem *problem, FILE *out)
{
    struct check_trail processes = check_processes(check, problem);
    escaped(out, problem->message);
    fputc('\n', out);
    for (size_t i = 0; problem->stack && i < problem->stack->count; i++) {
        const struct figures_frame *frame = &problem->stack->frame[i];
        fputs("  at ", out);
        escaped(out, frame->function ? frame->function
                     : frame->module ? figures_base(frame->module)
                                     : "?");
        if (frame->file && frame->line) {
            fputs(" (", out);
            escaped(out, check_path_of(frame->file).text);
            fprintf(out, ":%u)", frame->line);
        }
        fputc('\n', out);
    }
    if (*processes.text) {
        fputs("in ", out);
        escaped(out, processes.text);
        fputc('\n', out);
    }
}

static bool is_of(const struct check_problem *problem, const struct figures_call *call)
{
    if (!call)
        return !problem->figures;
    return problem->figures && !strcmp(problem->figures->key, call->key);
}

/* A test case has one result: a failure tells of all problems, a skip of what is suppressed. */
static void test_case(const struct check *check, const struct figures_call *call, FILE *out)
{
    const struct check_problem *first = NULL;
    size_t failing = 0;
    for (size_t i = 0; i < check->count; i++) {
        if (!is_of(&check->problem[i], call))
            continue;
        first = first ? first : &check->problem[i];
        failing += !check->problem[i].by;
    }
    fputs("    <testcase", out);
    attribute(out, "classname", call && *call->within ? call->within : "residue");
    attribute(out, "name", call ? call->name : "outside watched calls");
    fputs(" time=\"0\"", out);
    if (!first) {
        fputs("/>\n", out);
        return;
    }
    fputs(failing ? ">\n      <failure" : ">\n      <skipped", out);
    if (failing)
        attribute(out, "type", check_rule_name(first->rule));
    attribute(out, "message", failing ? first->message : first->by->reason);
    fputc('>', out);
    for (size_t i = 0; failing && i < check->count; i++)
        if (is_of(&check->problem[i], call) && !check->problem[i].by)
            details(check, &check->problem[i], out);
    fputs(failing ? "</failure>\n    </testcase>\n" : "</skipped>\n    </testcase>\n", out);
}

/* How many test cases fail, or are skipped. */
static size_t cases(const struct check *check, bool failing)
{
    size_t count = 0;
    for (size_t i = 0; i <= check->now->call_count; i++) {
        const struct figures_call *call = i ? &check->now->call[i - 1] : NULL;
        bool any = false, fails = false;
        for (size_t k = 0; k < check->count; k++) {
            if (is_of(&check->problem[k], call)) {
                any = true;
                fails = fails || !check->problem[k].by;
            }
        }
        count += failing ? fails : any && !fails;
    }
    return count;
}

void check_junit(const struct check *check, FILE *out)
{
    char counts[160];
    snprintf(counts, sizeof counts,
             "tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"0\"",
             check->now->call_count + 1, cases(check, true), cases(check, false));
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
            "  <testsuite name=\"residue\" %s>\n    <properties>\n",
            counts);
    for (size_t i = 0; i < check->now->process_count; i++) {
        char value[TEXT_SIZE + 40];
        snprintf(value, sizeof value, "%s (pid %llu)",
                 text_safe(check->now->process[i].command, 120).text,
                 (unsigned long long)check->now->process[i].pid);
        fputs("      <property name=\"process\"", out);
        attribute(out, "value", value);
        fputs("/>\n", out);
    }
    fputs("    </properties>\n", out);
    for (size_t i = 0; i < check->now->call_count; i++)
        test_case(check, &check->now->call[i], out);
    test_case(check, NULL, out);
    fputs("  </testsuite>\n</testsuites>\n", out);
}
