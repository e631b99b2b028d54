/* SARIF 2.1.0 (OASIS), and GitLab's code quality report: what is shown at lines of code. */
#include "analyzer/check_output.h"
#include "analyzer/report_json_write.h"
#include "analyzer/report_text_words.h"
#include <math.h>
#include <string.h>

/* A path as a URI: relative to the root of the sources, or absolute. */
static void put_uri(struct json_out *json, const char *key, const struct check_path *path)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    char uri[3 * sizeof path->text + 10];
    size_t used = 0;
    bool drive = path->text[0] && path->text[1] == ':';
    if (!path->relative)
        used = (size_t)snprintf(uri, sizeof uri, drive ? "file:///" : "file://");
    for (const char *at = path->text; *at; at++) {
        if (strchr(plain, *at) || (drive && at == path->text + 1))
            uri[used++] = *at;
        else
            used += (size_t)snprintf(uri + used, 4, "%%%02X", (unsigned char)*at);
    }
    uri[used] = 0;
    put_text(json, key, uri);
}

static void put_message(struct json_out *json, const char *key, const char *text)
{
    put_open(json, key, '{', true);
    put_text(json, "text", text);
    put_close(json, '}');
}

static void location(struct json_out *json, const char *key, const struct figures_frame *frame)
{
    struct check_path path = check_path_of(frame->file);
    put_open(json, key, '{', false);
    put_open(json, "physicalLocation", '{', false);
    put_open(json, "artifactLocation", '{', true);
    put_uri(json, "uri", &path);
    if (path.relative)
        put_text(json, "uriBaseId", "%SRCROOT%");
    put_close(json, '}');
    if (frame->line) {
        put_open(json, "region", '{', true);
        put_count(json, "startLine", frame->line);
        put_close(json, '}');
    }
    put_close(json, '}');
    if (frame->function) {
        put_open(json, "logicalLocations", '[', true);
        put_open(json, NULL, '{', true);
        put_text(json, "name", frame->function);
        put_text(json, "kind", "function");
        put_close(json, '}');
        put_close(json, ']');
    }
    put_close(json, '}');
}

static void stack(struct json_out *json, const struct figures_stack *of)
{
    put_open(json, "stacks", '[', false);
    put_open(json, NULL, '{', false);
    put_open(json, "frames", '[', false);
    for (size_t i = 0; i < of->count; i++) {
        const struct figures_frame *frame = &of->frame[i];
        put_open(json, NULL, '{', false);
        if (frame->module)
            put_text(json, "module", figures_base(frame->module));
        if (frame->file)
            location(json, "location", frame);
        else
            put_open(json, "location", '{', true),
                put_message(json, "message", frame->function ? frame->function : "?"),
                put_close(json, '}');
        put_close(json, '}');
    }
    put_close(json, ']');
    put_close(json, '}');
    put_close(json, ']');
}

static void full_message(const struct check *check, const struct check_problem *problem,
                         char *message, size_t size)
{
    struct check_trail processes = check_processes(check, problem);
    snprintf(message, size, "%s %s%s%s%s",
             problem->call ? problem->call : "Outside watched calls:", problem->message,
             *processes.text ? " (in " : "", processes.text, *processes.text ? ")" : "");
}

static void result(struct json_out *json, const struct check *check,
                   const struct check_problem *problem)
{
    const struct figures_frame *place = check_place(problem);
    char message[2048];
    full_message(check, problem, message, sizeof message);
    put_open(json, NULL, '{', false);
    put_text(json, "ruleId", check_rule_name(problem->rule));
    put_count(json, "ruleIndex", (uint64_t)problem->rule);
    put_text(json, "level", "error");
    put_message(json, "message", message);
    put_open(json, "locations", '[', false);
    if (place)
        location(json, NULL, place);
    put_close(json, ']');
    if (problem->stack && problem->stack->count)
        stack(json, problem->stack);
    put_open(json, "partialFingerprints", '{', true);
    put_text(json, "residueLeak/v1", problem->fingerprint);
    put_close(json, '}');
    if (problem->compared)
        put_text(json, "baselineState",
                 problem->rule == CHECK_NEW_LEAK || problem->rule == CHECK_NEW_FINDING ? "new"
                                                                                       : "updated");
    put_open(json, "suppressions", '[', false);
    if (problem->by) {
        put_open(json, NULL, '{', true);
        put_text(json, "kind", "external");
        put_text(json, "status", "accepted");
        put_text(json, "justification", problem->by->reason);
        put_close(json, '}');
    }
    put_close(json, ']');
    put_open(json, "properties", '{', true);
    put_text(json, "call", problem->call);
    put_real(json, "bytesPerCall", problem->finding ? 0 : problem->now.rate);
    put_close(json, '}');
    put_close(json, '}');
}

static void rules(struct json_out *json)
{
    put_open(json, "rules", '[', false);
    for (int rule = 0; rule < CHECK_RULES; rule++) {
        put_open(json, NULL, '{', false);
        put_text(json, "id", check_rule_name((enum check_rule)rule));
        put_message(json, "shortDescription", check_rule_meaning((enum check_rule)rule));
        put_close(json, '}');
    }
    put_close(json, ']');
}

#ifndef RESIDUE_VERSION
#define RESIDUE_VERSION "0.1"
#endif

void check_sarif(const struct check *check, FILE *out)
{
    struct json_out json = {.out = out};
    put_open(&json, NULL, '{', false);
    put_text(&json, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    put_text(&json, "version", "2.1.0");
    put_open(&json, "runs", '[', false);
    put_open(&json, NULL, '{', false);
    put_open(&json, "tool", '{', false);
    put_open(&json, "driver", '{', false);
    put_text(&json, "name", "Residue");
    put_text(&json, "semanticVersion", RESIDUE_VERSION ".0");
    rules(&json);
    put_close(&json, '}');
    put_close(&json, '}');
    put_text(&json, "columnKind", "utf16CodeUnits");
    put_open(&json, "results", '[', false);
    for (size_t i = 0; i < check->count; i++)
        result(&json, check, &check->problem[i]);
    put_close(&json, ']');
    put_close(&json, '}');
    put_close(&json, ']');
    put_close(&json, '}');
}

/* ---- GitLab ---- */

void check_gitlab(const struct check *check, FILE *out)
{
    struct json_out json = {.out = out};
    put_open(&json, NULL, '[', false);
    for (size_t i = 0; i < check->count; i++) {
        const struct check_problem *problem = &check->problem[i];
        const struct figures_frame *place = check_place(problem);
        char message[2048];
        if (problem->by)
            continue;
        full_message(check, problem, message, sizeof message);
        put_open(&json, NULL, '{', false);
        put_text(&json, "description", message);
        put_text(&json, "check_name", check_rule_name(problem->rule));
        put_text(&json, "fingerprint", problem->fingerprint);
        put_text(&json, "severity", "major");
        put_open(&json, "location", '{', false);
        /* A path is a must: without a known line it is the program's. */
        put_text(&json, "path",
                 place ? check_path_of(place->file).text
                       : figures_base(check->now->process[0].program));
        put_open(&json, "lines", '{', true);
        put_count(&json, "begin", place ? place->line : 1);
        put_close(&json, '}');
        put_close(&json, '}');
        put_close(&json, '}');
    }
    put_close(&json, ']');
}
