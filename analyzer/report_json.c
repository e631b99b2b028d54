/* The report as JSON, schema residue-report/1: keys may be added, none is renamed. */
#include "analyzer/report.h"
#include "analyzer/utf8.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Any bytes as a JSON string: what is no UTF-8 becomes U+FFFD. NULL becomes null. */
static json_t *text_of(const char *bytes)
{
    if (!bytes)
        return json_null();
    char *safe = analysis_take(3 * strlen(bytes) + 1, 1);
    size_t used = 0;
    while (*bytes) {
        uint32_t character;
        size_t length = utf8_next(bytes, &character);
        memcpy(safe + used, length ? bytes : "\xef\xbf\xbd", length ? length : 3);
        used += length ? length : 3;
        bytes += length ? length : 1;
    }
    json_t *text = json_stringn(safe, used);
    free(safe);
    return text;
}

static json_t *count_of(uint64_t count)
{
    return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count);
}

/* JSON has no infinity. */
static json_t *real_of(double real)
{
    return isfinite(real) ? json_real(real) : json_null();
}

static json_t *interval_of(const double interval[2])
{
    json_t *array = json_array();
    json_array_append_new(array, real_of(interval[0]));
    json_array_append_new(array, real_of(interval[1]));
    return array;
}

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

/* ---- stacks and sites ---- */

static json_t *stack_of(const struct report *report, uint32_t site)
{
    json_t *array = json_array();
    struct report_stack stack = report_stack_of(report, site);
    for (size_t i = 0; i < stack.count; i++) {
        const struct report_frame *frame = &stack.frame[i];
        json_t *object = json_object();
        set(object, "module", text_of(frame->module));
        set(object, "offset", count_of(frame->offset));
        set(object, "function", text_of(frame->function));
        set(object, "file", text_of(frame->file));
        set(object, "line", frame->line ? count_of(frame->line) : json_null());
        set(object, "inlined", json_boolean(frame->inlined));
        json_array_append_new(array, object);
    }
    report_stack_free(&stack);
    return array;
}

static bool stack_cut(const struct trace *trace, uint32_t site)
{
    uint32_t stack = trace->sites[site].stack;
    return stack &&
           trace->stacks[stack].flags & (RESIDUE_STACK_TRUNCATED | RESIDUE_STACK_INCOMPLETE);
}

static const char *resource_of(const struct trace *trace, uint32_t site)
{
    return trace->kinds[trace->sites[site].kind].name;
}

/* `outside`: of no call, so without a verdict and rates. */
static json_t *site_of(const struct report *report, const struct analysis_site *site, bool outside)
{
    json_t *object = json_object();
    if (!outside)
        set(object, "verdict", text_of(verdict_name(site->verdict.kind)));
    set(object, "resource", text_of(resource_of(report->trace, site->site)));
    if (!outside) {
        set(object, "bytes_per_call", real_of(site->verdict.bytes_per_call));
        set(object, "ci95", interval_of(site->verdict.ci95));
        set(object, "per_call", real_of(site->verdict.per_call));
        set(object, "per_call_ci95", interval_of(site->verdict.things95));
        set(object, "exact", json_boolean(site->verdict.exact));
        set(object, "growth", text_of(growth_name(site->verdict.growth)));
    }
    set(object, "survivors", count_of(site->survivors));
    set(object, "bytes", count_of(site->bytes));
    set(object, "stack", stack_of(report, site->site));
    set(object, "stack_cut", json_boolean(stack_cut(report->trace, site->site)));
    return object;
}

/* Sets "sites", at most what is left of `*room`, and says how many were left out. */
static void set_sites(json_t *object, const struct report *report,
                      const struct analysis_site *sites, uint32_t count, bool outside,
                      uint32_t *room)
{
    json_t *array = json_array();
    uint32_t shown = count < *room ? count : *room;
    for (uint32_t i = 0; i < shown; i++)
        json_array_append_new(array, site_of(report, &sites[i], outside));
    *room -= shown;
    set(object, "sites", array);
    if (shown < count)
        set(object, "sites_left_out", count_of(count - shown));
}

/* ---- calls ---- */

static json_t *names_of(const char *const *names, uint32_t count)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < count; i++)
        json_array_append_new(array, text_of(names[i]));
    return array;
}

static void set_things(json_t *object, const struct report *report,
                       const struct analysis_call *call)
{
    const double *things = call->per_call;
    set(object, "blocks_per_call",
        real_of(things[RESIDUE_CLASS_BLOCK] + things[RESIDUE_CLASS_MAPPING] +
                things[RESIDUE_CLASS_BUFFER]));
    set(object, "critical_sections_per_call", real_of(things[RESIDUE_CLASS_CRITICAL_SECTION]));
    set(object, "private_heaps_per_call", real_of(things[RESIDUE_CLASS_PRIVATE_HEAP]));
    set(object, "module_references_per_call", real_of(things[RESIDUE_CLASS_MODULE_REFERENCE]));
    set(object, "interface_references_per_call",
        real_of(things[RESIDUE_CLASS_INTERFACE_REFERENCE]));
    json_t *others = json_object();
    for (uint32_t i = 0; i < call->thing_count; i++) {
        json_t *name = text_of(report->trace->kinds[call->things[i].kind].name);
        if (report->trace->kinds[call->things[i].kind].class == RESIDUE_CLASS_OTHER)
            set(others, json_string_value(name), real_of(call->things[i].per_call));
        json_decref(name);
    }
    set(object, "things_per_call", others);
}

static json_t *call_of(const struct report *report, const struct analysis_call *call,
                       uint32_t *room)
{
    json_t *object = json_object();
    set(object, "name", text_of(call->name));
    set(object, "path", names_of(call->outer, call->outer_count));
    set(object, "count", count_of(call->count));
    set(object, "finished", count_of(call->finished));
    set(object, "verdict", text_of(verdict_name(call->verdict)));
    set(object, "bytes_per_call", real_of(call->bytes_per_call));
    set(object, "ci95", interval_of(call->ci95));
    set(object, "exact", json_boolean(call->exact));
    set(object, "inclusive_bytes_per_call", real_of(call->inclusive_bytes_per_call));
    set(object, "observed_bytes_per_call", real_of(call->observed_bytes_per_call));
    set_things(object, report, call);
    set_sites(object, report, call->sites, call->site_count, false, room);
    return object;
}

static json_t *outside_of(const struct report *report, uint32_t *room)
{
    const struct analysis *analysis = report->analysis;
    json_t *object = json_object();
    set(object, "survivors", count_of(analysis->outside_survivors));
    set(object, "bytes", count_of(analysis->outside_bytes));
    set_sites(object, report, analysis->outside, analysis->outside_count, true, room);
    return object;
}

/* ---- findings ---- */

static json_t *finding_of(const struct report *report, const struct finding *finding)
{
    static const char *const per[] = {"call", "load", NULL};
    const struct analysis_call *call = analysis_call_of(report->analysis, finding->path);
    json_t *object = json_object();
    set(object, "kind", text_of(finding_kind_name(finding->kind)));
    set(object, "call", text_of(call ? call->name : NULL));
    set(object, "path", call ? names_of(call->outer, call->outer_count) : json_array());
    set(object, "count", count_of(finding->count));
    set(object, "per", text_of(per[finding->per]));
    set(object, "per_call", real_of(finding->per_call));
    set(object, "bytes_per_call", real_of(finding->bytes_per_call));
    set(object, "message", text_of(finding->message));
    if (finding->module) {
        const struct trace_module *module = &report->trace->modules[finding->module];
        set(object, "module", text_of(module->path));
        set(object, "loads", count_of(module->loads));
        set(object, "unloads", count_of(module->unloads));
    }
    json_t *stacks = json_array();
    for (uint32_t i = 0; i < finding->stack_count; i++) {
        json_t *stack = json_object();
        set(stack, "role", text_of(finding->stacks[i].role));
        set(stack, "count", count_of(finding->stacks[i].count));
        set(stack, "stack", stack_of(report, finding->stacks[i].site));
        json_array_append_new(stacks, stack);
    }
    set(object, "stacks", stacks);
    return object;
}

/* ---- memory and program ---- */

static json_t *series_of(const struct trace *trace, bool private)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < trace->checkpoint_count; i++) {
        const struct trace_checkpoint *checkpoint = &trace->checkpoints[i];
        uint64_t bytes = private ? checkpoint->private_bytes : checkpoint->tracked_bytes;
        if (private && !bytes)
            continue; /* not known */
        json_t *point = json_array();
        json_array_append_new(point, real_of((double)checkpoint->time_ns / 1e9));
        json_array_append_new(point, count_of(bytes));
        json_array_append_new(array, point);
    }
    return array;
}

static json_t *memory_json(const struct report *report)
{
    const struct memory *memory = &report->memory;
    const struct analysis_call *worst = analysis_worst(report->analysis);
    json_t *object = json_object();
    set(object, "private_bytes", series_of(report->trace, true));
    set(object, "tracked_bytes", series_of(report->trace, false));
    set(object, "explained", memory->meaningful ? real_of(memory->explained) : json_null());
    set(object, "limit_bytes", memory->limit_bytes ? count_of(memory->limit_bytes) : json_null());
    set(object, "limit_source", text_of(memory_limit_name(memory->limit_kind)));
    set(object, "seconds_left", memory->will_fill ? real_of(memory->seconds_left) : json_null());
    set(object, "pace", text_of(memory_pace_name(memory->pace)));
    set(object, "bytes_per_second",
        memory->will_fill ? real_of(memory->bytes_per_second) : json_null());
    set(object, "calls_left",
        !memory->will_fill          ? json_null()
        : memory->calls_left < 1e18 ? count_of((uint64_t)memory->calls_left)
                                    : real_of(memory->calls_left));
    set(object, "calls_left_of", text_of(memory->will_fill && worst ? worst->name : NULL));
    return object;
}

static json_t *program_of(const struct trace *trace)
{
    static const char *const archs[] = {NULL, "x86_64", "i386", "aarch64"};
    static const char *const systems[] = {NULL, "linux", "windows"};
    const struct residue_header *header = &trace->header;
    bool ended = header->state == RESIDUE_STATE_ENDED && header->exit_kind != RESIDUE_EXIT_UNKNOWN;
    bool signaled = header->exit_kind == RESIDUE_EXIT_SIGNALED;
    json_t *object = json_object(), *end = json_object();
    set(object, "path", text_of(header->program));
    set(object, "arguments",
        names_of((const char *const *)trace->arguments, trace->argument_count));
    set(object, "pid", count_of(header->pid));
    set(object, "parent_pid", count_of(header->parent_pid));
    set(object, "arch", text_of(header->arch < 4 ? archs[header->arch] : NULL));
    set(object, "os", text_of(header->os < 3 ? systems[header->os] : NULL));
    set(end, "kind", text_of(ended ? signaled ? "signaled" : "exited" : "running"));
    set(end, "status", ended ? count_of(header->exit_status) : json_null());
    set(object, "exit", end);
    set(object, "complete",
        json_boolean(!(header->flags & RESIDUE_FLAG_INCOMPLETE) && !trace->truncated));
    set(object, "trouble", text_of(*header->trouble ? header->trouble : NULL));
    set(object, "missed", count_of(header->missed));
    set(object, "unwatched", count_of(header->unwatched));
    set(object, "forked", json_boolean(header->flags & RESIDUE_FLAG_FORKED));
    set(object, "replaced", json_boolean(header->state == RESIDUE_STATE_REPLACED));
    return object;
}

static int write_bytes(const char *bytes, size_t size, void *closure)
{
    return fwrite(bytes, 1, size, closure) == size ? 0 : -1;
}

void report_json(const struct report *report, FILE *out)
{
    const struct analysis *analysis = report->analysis;
    uint32_t room = REPORT_SITES;
    json_t *root = json_object(), *calls = json_array(), *findings = json_array();
    set(root, "schema", text_of("residue-report/1"));
    set(root, "program", program_of(report->trace));
    for (uint32_t i = 0; i < analysis->call_count; i++)
        json_array_append_new(calls, call_of(report, &analysis->calls[i], &room));
    set(root, "calls", calls);
    set(root, "outside", outside_of(report, &room));
    for (uint32_t i = 0; i < report->findings.count; i++)
        json_array_append_new(findings, finding_of(report, &report->findings.finding[i]));
    set(root, "findings", findings);
    set(root, "memory", memory_json(report));
    /* 15 digits are what a double holds of any decimal: 0.1 prints as 0.1. */
    if (!json_dump_callback(root, write_bytes, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15)))
        putc('\n', out);
    json_decref(root);
}
