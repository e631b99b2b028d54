/* The report as JSON, schema residue-report/1: keys may be added, none is renamed. */
#include "analyzer/report.h"
#include "analyzer/report_json_write.h"

static void interval(struct json *json, const char *key, const double interval[2])
{
    json_open(json, key, '[', true);
    json_real(json, NULL, interval[0]);
    json_real(json, NULL, interval[1]);
    json_close(json, ']');
}

static void names(struct json *json, const char *key, const char *const *names, uint32_t count)
{
    json_open(json, key, '[', true);
    for (uint32_t i = 0; i < count; i++)
        json_text(json, NULL, names[i]);
    json_close(json, ']');
}

/* ---- stacks and sites ---- */

static void write_stack(struct json *json, const struct report *report, uint32_t site)
{
    struct report_stack stack = report_stack_of(report, site);
    json_open(json, "stack", '[', false);
    for (size_t i = 0; i < stack.count; i++) {
        const struct report_frame *frame = &stack.frame[i];
        json_open(json, NULL, '{', true);
        json_text(json, "module", frame->module);
        json_count(json, "offset", frame->offset);
        json_text(json, "function", frame->function);
        json_text(json, "file", frame->file);
        if (frame->line)
            json_count(json, "line", frame->line);
        else
            json_none(json, "line");
        json_bool(json, "inlined", frame->inlined);
        json_close(json, '}');
    }
    json_close(json, ']');
    report_stack_free(&stack);
}

static bool stack_cut(const struct trace *trace, uint32_t site)
{
    uint32_t stack = trace->sites[site].stack;
    return stack &&
           trace->stacks[stack].flags & (RESIDUE_STACK_TRUNCATED | RESIDUE_STACK_INCOMPLETE);
}

/* `outside`: of no call, so without a verdict and rates. */
static void write_site(struct json *json, const struct report *report,
                       const struct analysis_site *site, bool outside)
{
    const struct verdict *verdict = &site->verdict;
    json_open(json, NULL, '{', false);
    if (!outside)
        json_text(json, "verdict", verdict_name(verdict->kind));
    json_text(json, "resource", report->trace->kinds[report->trace->sites[site->site].kind].name);
    if (!outside) {
        json_real(json, "bytes_per_call", verdict->bytes_per_call);
        interval(json, "ci95", verdict->ci95);
        json_real(json, "per_call", verdict->per_call);
        interval(json, "per_call_ci95", verdict->things95);
        json_bool(json, "exact", verdict->exact);
        json_text(json, "growth", growth_name(verdict->growth));
    }
    json_count(json, "survivors", site->survivors);
    json_count(json, "bytes", site->bytes);
    write_stack(json, report, site->site);
    json_bool(json, "stack_cut", stack_cut(report->trace, site->site));
    json_close(json, '}');
}

/* At most what is left of `*room`; says how many were left out. */
static void write_sites(struct json *json, const struct report *report,
                        const struct analysis_site *sites, uint32_t count, bool outside,
                        uint32_t *room)
{
    uint32_t shown = count < *room ? count : *room;
    json_open(json, "sites", '[', false);
    for (uint32_t i = 0; i < shown; i++)
        write_site(json, report, &sites[i], outside);
    json_close(json, ']');
    *room -= shown;
    if (shown < count)
        json_count(json, "sites_left_out", count - shown);
}

/* ---- calls ---- */

static void write_things(struct json *json, const struct report *report,
                         const struct analysis_call *call)
{
    const double *things = call->per_call;
    json_real(json, "blocks_per_call",
              things[RESIDUE_CLASS_BLOCK] + things[RESIDUE_CLASS_MAPPING] +
                  things[RESIDUE_CLASS_BUFFER]);
    json_real(json, "critical_sections_per_call", things[RESIDUE_CLASS_CRITICAL_SECTION]);
    json_real(json, "private_heaps_per_call", things[RESIDUE_CLASS_PRIVATE_HEAP]);
    json_real(json, "module_references_per_call", things[RESIDUE_CLASS_MODULE_REFERENCE]);
    json_real(json, "interface_references_per_call", things[RESIDUE_CLASS_INTERFACE_REFERENCE]);
    json_open(json, "things_per_call", '{', true);
    for (uint32_t i = 0; i < call->thing_count; i++) {
        const struct trace_kind *kind = &report->trace->kinds[call->things[i].kind];
        if (kind->class == RESIDUE_CLASS_OTHER)
            json_real(json, kind->name, call->things[i].per_call);
    }
    json_close(json, '}');
}

static void write_call(struct json *json, const struct report *report,
                       const struct analysis_call *call, uint32_t *room)
{
    json_open(json, NULL, '{', false);
    json_text(json, "name", call->name);
    names(json, "path", call->outer, call->outer_count);
    json_count(json, "count", call->count);
    json_count(json, "finished", call->finished);
    json_text(json, "verdict", verdict_name(call->verdict));
    json_real(json, "bytes_per_call", call->bytes_per_call);
    interval(json, "ci95", call->ci95);
    json_bool(json, "exact", call->exact);
    json_real(json, "inclusive_bytes_per_call", call->inclusive_bytes_per_call);
    json_real(json, "observed_bytes_per_call", call->observed_bytes_per_call);
    write_things(json, report, call);
    write_sites(json, report, call->sites, call->site_count, false, room);
    json_close(json, '}');
}

static void write_outside(struct json *json, const struct report *report, uint32_t *room)
{
    const struct analysis *analysis = report->analysis;
    json_open(json, "outside", '{', false);
    json_count(json, "survivors", analysis->outside_survivors);
    json_count(json, "bytes", analysis->outside_bytes);
    write_sites(json, report, analysis->outside, analysis->outside_count, true, room);
    json_close(json, '}');
}

/* ---- findings ---- */

static void write_finding(struct json *json, const struct report *report,
                          const struct finding *finding)
{
    static const char *const per[] = {"call", "load", NULL};
    const struct analysis_call *call = analysis_call_of(report->analysis, finding->path);
    json_open(json, NULL, '{', false);
    json_text(json, "kind", finding_kind_name(finding->kind));
    json_text(json, "call", call ? call->name : NULL);
    names(json, "path", call ? call->outer : NULL, call ? call->outer_count : 0);
    json_count(json, "count", finding->count);
    json_text(json, "per", per[finding->per]);
    json_real(json, "per_call", finding->per_call);
    json_real(json, "bytes_per_call", finding->bytes_per_call);
    json_text(json, "message", finding->message);
    if (finding->module) {
        const struct trace_module *module = &report->trace->modules[finding->module];
        json_text(json, "module", module->path);
        json_count(json, "loads", module->loads);
        json_count(json, "unloads", module->unloads);
    }
    json_open(json, "stacks", '[', false);
    for (uint32_t i = 0; i < finding->stack_count; i++) {
        json_open(json, NULL, '{', false);
        json_text(json, "role", finding->stacks[i].role);
        json_count(json, "count", finding->stacks[i].count);
        write_stack(json, report, finding->stacks[i].site);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

/* ---- memory and program ---- */

static void series(struct json *json, const char *key, const struct trace *trace, bool private)
{
    json_open(json, key, '[', true);
    for (uint32_t i = 0; i < trace->checkpoint_count; i++) {
        const struct trace_checkpoint *checkpoint = &trace->checkpoints[i];
        uint64_t bytes = private ? checkpoint->private_bytes : checkpoint->tracked_bytes;
        if (private && !bytes)
            continue; /* not known */
        json_open(json, NULL, '[', true);
        json_real(json, NULL, (double)checkpoint->time_ns / 1e9);
        json_count(json, NULL, bytes);
        json_close(json, ']');
    }
    json_close(json, ']');
}

/* A real, or null where it has no meaning. */
static void real_if(struct json *json, const char *key, bool known, double real)
{
    if (known)
        json_real(json, key, real);
    else
        json_none(json, key);
}

static void write_memory(struct json *json, const struct report *report)
{
    const struct memory *memory = &report->memory;
    const struct analysis_call *worst = analysis_worst(report->analysis);
    bool fills = memory->will_fill;
    json_open(json, "memory", '{', false);
    series(json, "private_bytes", report->trace, true);
    series(json, "tracked_bytes", report->trace, false);
    real_if(json, "explained", memory->meaningful, memory->explained);
    if (memory->limit_bytes)
        json_count(json, "limit_bytes", memory->limit_bytes);
    else
        json_none(json, "limit_bytes");
    json_text(json, "limit_source", memory_limit_name(memory->limit_kind));
    real_if(json, "seconds_left", fills, memory->seconds_left);
    json_text(json, "pace", memory_pace_name(memory->pace));
    real_if(json, "bytes_per_second", fills, memory->bytes_per_second);
    if (fills && memory->calls_left < 1e18)
        json_count(json, "calls_left", (uint64_t)memory->calls_left);
    else
        real_if(json, "calls_left", fills, memory->calls_left);
    json_text(json, "calls_left_of", fills && worst ? worst->name : NULL);
    json_close(json, '}');
}

static void write_program(struct json *json, const struct trace *trace)
{
    static const char *const archs[] = {NULL, "x86_64", "i386", "aarch64"};
    static const char *const systems[] = {NULL, "linux", "windows"};
    const struct residue_header *header = &trace->header;
    bool ended = header->state == RESIDUE_STATE_ENDED && header->exit_kind != RESIDUE_EXIT_UNKNOWN;
    bool signaled = header->exit_kind == RESIDUE_EXIT_SIGNALED;
    json_open(json, "program", '{', false);
    json_text(json, "path", header->program);
    names(json, "arguments", (const char *const *)trace->arguments, trace->argument_count);
    json_count(json, "pid", header->pid);
    json_count(json, "parent_pid", header->parent_pid);
    json_text(json, "arch", header->arch < 4 ? archs[header->arch] : NULL);
    json_text(json, "os", header->os < 3 ? systems[header->os] : NULL);
    json_open(json, "exit", '{', true);
    json_text(json, "kind", ended ? signaled ? "signaled" : "exited" : "running");
    if (ended)
        json_count(json, "status", header->exit_status);
    else
        json_none(json, "status");
    json_close(json, '}');
    json_bool(json, "complete", !(header->flags & RESIDUE_FLAG_INCOMPLETE) && !trace->truncated);
    json_text(json, "trouble", *header->trouble ? header->trouble : NULL);
    json_count(json, "missed", header->missed);
    json_count(json, "unwatched", header->unwatched);
    if (header->verified) {
        json_count(json, "verified_stacks", header->verified);
        json_count(json, "different_stacks", header->differences);
    }
    json_bool(json, "forked", header->flags & RESIDUE_FLAG_FORKED);
    json_bool(json, "replaced", header->state == RESIDUE_STATE_REPLACED);
    json_close(json, '}');
}

void report_json(const struct report *report, FILE *out)
{
    const struct analysis *analysis = report->analysis;
    uint32_t room = REPORT_SITES;
    struct json json = {.out = out};
    json_open(&json, NULL, '{', false);
    json_text(&json, "schema", "residue-report/1");
    write_program(&json, report->trace);
    json_open(&json, "calls", '[', false);
    for (uint32_t i = 0; i < analysis->call_count; i++)
        write_call(&json, report, &analysis->calls[i], &room);
    json_close(&json, ']');
    write_outside(&json, report, &room);
    json_open(&json, "findings", '[', false);
    for (uint32_t i = 0; i < report->findings.count; i++)
        write_finding(&json, report, &report->findings.finding[i]);
    json_close(&json, ']');
    write_memory(&json, report);
    json_close(&json, '}');
}
