/* Figures from a report in JSON. What a reader relies on is checked: files come from anywhere. */
#include "analyzer/figures_make.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a read stops at. */
struct reading {
    struct figures_storage *storage;
    char *problem;
    size_t problem_size;
    bool bad;
};

static void wrong(struct reading *reading, const char *what)
{
    if (!reading->bad)
        snprintf(reading->problem, reading->problem_size, "not a report of Residue's: %s", what);
    reading->bad = true;
}

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key)); /* null = NULL */
}

static double real(struct reading *reading, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    double number = json_number_value(value);
    if (!json_is_number(value) || !isfinite(number) || number < 0)
        wrong(reading, key);
    return number;
}

static uint64_t count_of(struct reading *reading, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        wrong(reading, key);
    return (uint64_t)json_integer_value(value);
}

static struct estimate estimate(struct reading *reading, const json_t *object, const char *rate,
                                const char *interval)
{
    const json_t *ends = json_object_get(object, interval);
    struct estimate got = {.rate = real(reading, object, rate),
                           .low = json_number_value(json_array_get(ends, 0)),
                           .high = json_number_value(json_array_get(ends, 1))};
    if (json_array_size(ends) != 2 || !isfinite(got.low) || !isfinite(got.high))
        wrong(reading, interval);
    got.low = fmin(fmax(0, got.low), got.rate);
    got.high = fmax(got.high, got.rate);
    return got;
}

static enum verdict_kind verdict(struct reading *reading, const json_t *object)
{
    const char *name = text(object, "verdict");
    for (int kind = 0; name && kind < VERDICT_KINDS; kind++)
        if (!strcmp(name, verdict_name((enum verdict_kind)kind)))
            return (enum verdict_kind)kind;
    wrong(reading, "verdict");
    return VERDICT_CLEAN;
}

const char *figures_base(const char *path)
{
    const char *base = path;
    for (const char *at = path; at && *at; at++)
        if (*at == '/' || *at == '\\')
            base = at + 1;
    return base;
}

static struct figures_stack stack_of(struct reading *reading, const json_t *object)
{
    const json_t *frames = json_object_get(object, "stack");
    struct figures_stack stack = {.role = text(object, "role"), .count = json_array_size(frames)};
    if (!json_is_array(frames))
        wrong(reading, "stack");
    stack.frame = figures_take(reading->storage, stack.count, sizeof *stack.frame);
    for (size_t i = 0; i < stack.count; i++) {
        const json_t *frame = json_array_get(frames, i);
        json_int_t line = json_integer_value(json_object_get(frame, "line"));
        stack.frame[i] = (struct figures_frame){
            .module = text(frame, "module"),
            .offset = (uint64_t)json_integer_value(json_object_get(frame, "offset")),
            .function = text(frame, "function"),
            .file = text(frame, "file"),
            .line = line > 0 && line < UINT32_MAX ? (uint32_t)line : 0,
        };
    }
    return stack;
}

/* ---- keys ---- */

/* The last part of a name, and how long it is: "Release" of "ns::IStore<A>::Release(int)". */
static const char *last_part(const char *name, size_t *length)
{
    size_t end = strcspn(name, "("), begin = 0, depth = 0;
    for (size_t i = 0; i < end; i++) {
        depth += name[i] == '<';
        depth -= name[i] == '>' && depth;
        if (!depth && i + 2 < end && name[i] == ':' && name[i + 1] == ':')
            begin = i + 2;
    }
    *length = end - begin;
    return name + begin;
}

static bool is_call(const struct figures_frame *frame, const char *call)
{
    size_t mine, its;
    if (!frame->function)
        return false;
    const char *one = last_part(frame->function, &mine), *other = last_part(call, &its);
    return mine && mine == its && !strncmp(one, other, mine);
}

/* How many frames lie inside the call, itself included; all of them when it has another name. */
static size_t depth_of(const struct figures_stack *stack, const char *call)
{
    for (size_t i = 0; call && i < stack->count; i++)
        if (is_call(&stack->frame[i], call))
            return i + 1;
    return stack->count;
}

/* What stands for a frame: its function and line; of code without a name the module and the place
 * in it. Returns what snprintf does. */
static int frame_key(char *to, size_t size, const struct figures_frame *frame, bool lines)
{
    const char *module = figures_base(frame->module);
    if (!frame->function)
        return snprintf(to, size, lines ? "\n@%s+%llx" : "\n@%s", module ? module : "?",
                        (unsigned long long)frame->offset);
    if (lines && frame->line)
        return snprintf(to, size, "\n%s:%u", frame->function, frame->line);
    return snprintf(to, size, "\n%s", frame->function);
}

static const char *stack_key(struct reading *reading, const char *first,
                             const struct figures_stack *stack, const char *call, bool lines)
{
    size_t depth = depth_of(stack, call), size = strlen(first) + 1;
    for (size_t i = 0; i < depth; i++)
        size += (size_t)frame_key(NULL, 0, &stack->frame[i], lines);
    char *key = figures_take(reading->storage, size, 1);
    size_t at = (size_t)snprintf(key, size, "%s", first);
    for (size_t i = 0; i < depth; i++)
        at += (size_t)frame_key(key + at, size - at, &stack->frame[i], lines);
    return key;
}

/* "A > B" of the names around a call. */
static const char *within_of(struct reading *reading, const json_t *object)
{
    const json_t *names = json_object_get(object, "path"), *name;
    const char *within = "";
    size_t i;
    json_array_foreach(names, i, name)
    {
        if (!json_is_string(name))
            wrong(reading, "path");
        else
            within = figures_text(reading->storage, "%s%s%s", within, i ? " > " : "",
                                  json_string_value(name));
    }
    return within;
}

/* ---- calls and findings ---- */

/* A container that doubles is full or half empty: what it leaves is never exact. */
static void blur_growth(struct figures_site *site, uint64_t calls)
{
    site->bytes.low = fmin(site->bytes.low, site->bytes.rate / 2);
    site->bytes.high = fmax(site->bytes.high, site->bytes.rate * 2);
    site->things = statistics_count_of(site->things.rate * (double)calls, (double)calls);
}

static void read_site(struct reading *reading, const json_t *object,
                      const struct figures_call *call, struct figures_site *site)
{
    const char *resource = text(object, "resource");
    site->resource = resource ? resource : "";
    site->verdict = verdict(reading, object);
    site->perhaps_leak = json_is_true(json_object_get(object, "perhaps_leak"));
    site->bytes = estimate(reading, object, "bytes_per_call", "ci95");
    site->things = estimate(reading, object, "per_call", "per_call_ci95");
    if (site->verdict == VERDICT_GROWING)
        blur_growth(site, call->count);
    site->stack = stack_of(reading, object);
    site->key = stack_key(reading, site->resource, &site->stack, call->name, true);
    site->functions = stack_key(reading, site->resource, &site->stack, call->name, false);
}

static void read_call(struct reading *reading, const json_t *object, struct figures_call *call)
{
    const json_t *sites = json_object_get(object, "sites");
    const char *name = text(object, "name");
    if (!name)
        wrong(reading, "name");
    call->name = name ? name : "";
    call->within = within_of(reading, object);
    call->key = figures_text(reading->storage, "%s%s%s", call->within, *call->within ? " > " : "",
                             call->name);
    call->count = count_of(reading, object, "count");
    call->verdict = verdict(reading, object);
    call->kept_by = text(object, "kept_alive_by");
    call->bytes = estimate(reading, object, "bytes_per_call", "ci95");
    call->site_count = json_array_size(sites);
    call->site = figures_take(reading->storage, call->site_count, sizeof *call->site);
    for (size_t i = 0; i < call->site_count; i++)
        read_site(reading, json_array_get(sites, i), call, &call->site[i]);
    figures_join_sites(call);
    for (size_t i = 0; i < call->site_count; i++) {
        if (call->site[i].verdict == VERDICT_GROWING) { /* the call's interval is no narrower */
            call->bytes.low = fmax(0, call->bytes.low - call->site[i].bytes.rate / 2);
            call->bytes.high += call->site[i].bytes.rate;
        }
    }
    call->part = figures_take(reading->storage, 1, sizeof *call->part);
    call->part[0] = (struct figures_part){0, call->count, call->verdict, call->bytes.rate};
    call->part_count = 1;
}

static void read_finding(struct reading *reading, const json_t *object,
                         struct figures_finding *finding)
{
    const json_t *stacks = json_object_get(object, "stacks");
    finding->kind = text(object, "kind");
    finding->message = text(object, "message");
    if (!finding->kind || !finding->message)
        wrong(reading, "findings");
    finding->kind = finding->kind ? finding->kind : "";
    finding->call = text(object, "call");
    finding->within = within_of(reading, object);
    finding->module = text(object, "module");
    finding->count = count_of(reading, object, "count");
    finding->per_call = text(object, "per");
    const char *severity = text(object, "severity");
    finding->remark = severity && !strcmp(severity, "remark");
    double rate = real(reading, object, "per_call");
    finding->rate =
        statistics_count_of((double)finding->count, rate > 0 ? (double)finding->count / rate : 0);
    finding->bytes_per_call = real(reading, object, "bytes_per_call");
    finding->stack_count = json_array_size(stacks);
    finding->stack = figures_take(reading->storage, finding->stack_count, sizeof *finding->stack);
    for (size_t i = 0; i < finding->stack_count; i++)
        finding->stack[i] = stack_of(reading, json_array_get(stacks, i));
    const char *module = figures_base(finding->module);
    finding->key = figures_text(reading->storage, "%s\n%s\n%s\n%s", finding->kind, finding->within,
                                finding->call ? finding->call : "", module ? module : "");
}

static void read_process(struct reading *reading, const json_t *object, const char *source,
                         struct figures_process *process)
{
    const json_t *arguments = json_object_get(object, "arguments"), *argument;
    size_t i;
    process->source = figures_text(reading->storage, "%s", source);
    process->program = text(object, "path");
    if (!process->program)
        wrong(reading, "program");
    process->program = process->program ? process->program : "?";
    process->command = figures_base(process->program);
    json_array_foreach(arguments, i, argument) if (i && json_is_string(argument)) process->command =
        figures_text(reading->storage, "%s %s", process->command, json_string_value(argument));
    process->pid = (uint64_t)json_integer_value(json_object_get(object, "pid"));
    process->complete = !json_is_false(json_object_get(object, "complete"));
}

bool figures_read(struct figures_storage *storage, const json_t *report, const char *source,
                  struct figures *figures, char *problem, size_t problem_size)
{
    struct reading reading = {storage, problem, problem_size, false};
    const char *schema = text(report, "schema");
    const json_t *calls = json_object_get(report, "calls");
    const json_t *findings = json_object_get(report, "findings");
    if (!schema || strcmp(schema, "residue-report/1") != 0) {
        snprintf(problem, problem_size, "its schema is %.60s, not residue-report/1",
                 schema ? schema : "not given");
        return false;
    }
    if (!json_is_array(calls) || !json_is_array(findings)) {
        wrong(&reading, "calls and findings are missing");
        return false;
    }
    *figures = (struct figures){.process_count = 1,
                                .call_count = json_array_size(calls),
                                .finding_count = json_array_size(findings)};
    figures->process = figures_take(storage, 1, sizeof *figures->process);
    figures->call = figures_take(storage, figures->call_count, sizeof *figures->call);
    figures->finding = figures_take(storage, figures->finding_count, sizeof *figures->finding);
    read_process(&reading, json_object_get(report, "program"), source, figures->process);
    for (size_t i = 0; i < figures->call_count && !reading.bad; i++) {
        read_call(&reading, json_array_get(calls, i), &figures->call[i]);
        figures->process[0].calls += figures->call[i].count;
    }
    for (size_t i = 0; i < figures->finding_count && !reading.bad; i++)
        read_finding(&reading, json_array_get(findings, i), &figures->finding[i]);
    return !reading.bad;
}
