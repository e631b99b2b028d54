/* The report as JSON, schema residue-report/1: keys may be added, none is renamed. */
#include "analyzer/report_json.h"
#include "analyzer/report_objects.h"
#include "analyzer/report_frames.h"
#include "analyzer/report_place.h"
#include "analyzer/report_retained.h"
#include "analyzer/report_sentences.h"
#include "analyzer/report_symbols.h"

/* ---- stacks and sites ---- */

static void write_frame(struct json_out *json, const struct report_frame *frame)
{
    put_open(json, NULL, '{', true);
    put_place(json, frame->module, frame->offset, frame->function, frame->file, frame->line);
    put_bool(json, "inlined", frame->inlined);
    put_close(json, '}');
}

void report_json_stack(struct json_out *json, const struct report *report, uint32_t site)
{
    struct report_stack stack = report_stack_of(report, site);
    put_open(json, "stack", '[', false);
    for (size_t i = 0; i < stack.count; i++) {
        if (report->frames)
            put_count(json, NULL, report_frames_number(report->frames, &stack.frame[i]));
        else
            write_frame(json, &stack.frame[i]);
    }
    put_close(json, ']');
    if (stack.count)
        put_count(json, "place", report_place_of(&stack));
    report_stack_free(&stack);
}

void report_json_frames(const struct report_frames *frames, struct json_out *json)
{
    size_t count;
    const struct report_frame *frame = report_frames_all(frames, &count);
    put_open(json, "frames", '[', false);
    for (size_t i = 0; i < count; i++)
        write_frame(json, &frame[i]);
    put_close(json, ']');
}

static bool stack_cut(const struct trace *trace, uint32_t site)
{
    uint32_t stack = trace->sites[site].stack;
    return stack &&
           trace->stacks[stack].flags & (RESIDUE_STACK_TRUNCATED | RESIDUE_STACK_INCOMPLETE);
}

/* Which calls' survivors are still there, and the calls that the rate is of. */
static void write_ordinals(struct json_out *json, const struct report *report,
                           const struct analysis_site *site)
{
    struct retained_ordinals ordinals = retained_ordinals(report->retained, site);
    put_open(json, "window", '[', true);
    put_count(json, NULL, site->verdict.first);
    put_count(json, NULL, site->verdict.last);
    put_close(json, ']');
    put_open(json, "by_ordinal", '{', true);
    put_text(json, "at", ordinals.before_teardown ? "teardown" : "end");
    put_count(json, "width", ordinals.width);
    put_open(json, "survivors", '[', true);
    for (uint32_t i = 0; i < ordinals.count; i++)
        put_count(json, NULL, ordinals.survivors[i]);
    put_close(json, ']');
    put_close(json, '}');
}

/* `outside`: of no call, so without a verdict and rates. */
static void write_site(struct json_out *json, const struct report *report,
                       const struct analysis_site *site, bool outside)
{
    const struct verdict *verdict = &site->verdict;
    put_open(json, NULL, '{', false);
    if (!outside)
        put_text(json, "verdict", verdict_name(verdict->kind));
    put_text(json, "resource", report->trace->kinds[report->trace->sites[site->site].kind].name);
    if (!outside) {
        put_real(json, "bytes_per_call", verdict->bytes_per_call);
        put_interval(json, "ci95", verdict->ci95[0], verdict->ci95[1]);
        put_real(json, "per_call", verdict->per_call);
        put_interval(json, "per_call_ci95", verdict->things95[0], verdict->things95[1]);
        put_bool(json, "exact", verdict->exact);
        put_text(json, "growth", growth_name(verdict->growth));
        put_bool(json, "perhaps_leak", verdict->perhaps_leak);
    }
    put_count(json, "survivors", site->survivors);
    put_count(json, "bytes", site->bytes);
    if (!outside)
        write_ordinals(json, report, site);
    report_json_stack(json, report, site->site);
    put_bool(json, "stack_cut", stack_cut(report->trace, site->site));
    put_close(json, '}');
}

/* At most what is left of `*room`; says how many were left out. */
static void write_sites(struct json_out *json, const struct report *report,
                        const struct analysis_site *sites, uint32_t count, bool outside,
                        uint32_t *room)
{
    uint32_t shown = count < *room ? count : *room;
    put_open(json, "sites", '[', false);
    for (uint32_t i = 0; i < shown; i++)
        write_site(json, report, &sites[i], outside);
    put_close(json, ']');
    *room -= shown;
    if (shown < count)
        put_count(json, "sites_left_out", count - shown);
}

/* ---- calls ---- */

static void write_things(struct json_out *json, const struct report *report,
                         const struct analysis_call *call)
{
    const double *things = call->per_call;
    put_real(json, "blocks_per_call",
             things[RESIDUE_CLASS_BLOCK] + things[RESIDUE_CLASS_MAPPING] +
                 things[RESIDUE_CLASS_BUFFER]);
    put_real(json, "critical_sections_per_call", things[RESIDUE_CLASS_CRITICAL_SECTION]);
    put_real(json, "private_heaps_per_call", things[RESIDUE_CLASS_PRIVATE_HEAP]);
    put_real(json, "module_references_per_call", things[RESIDUE_CLASS_MODULE_REFERENCE]);
    put_real(json, "interface_references_per_call", things[RESIDUE_CLASS_INTERFACE_REFERENCE]);
    put_open(json, "things_per_call", '{', true);
    for (uint32_t i = 0; i < call->thing_count; i++) {
        const struct trace_kind *kind = &report->trace->kinds[call->things[i].kind];
        if (kind->class == RESIDUE_CLASS_OTHER || kind->class == RESIDUE_CLASS_RETURNED)
            put_real(json, kind->name, call->things[i].per_call);
    }
    put_close(json, '}');
}

static void column(struct json_out *json, const char *key, const struct retained_point *points,
                   size_t count, size_t offset)
{
    put_open(json, key, '[', true);
    for (size_t i = 0; i < count; i++)
        put_count(json, NULL, *(const uint64_t *)((const char *)&points[i] + offset));
    put_close(json, ']');
}

/* What was live of the call at checkpoints, and at the end. */
static void write_retained(struct json_out *json, const struct report *report,
                           const struct analysis_call *call)
{
    size_t count;
    const struct retained_point *points = retained_points(report->retained, call->path, &count);
    put_open(json, "retained", '{', false);
    column(json, "calls", points, count, offsetof(struct retained_point, calls));
    column(json, "bytes", points, count, offsetof(struct retained_point, bytes));
    column(json, "things", points, count, offsetof(struct retained_point, things));
    column(json, "leaking_bytes", points, count, offsetof(struct retained_point, leaking_bytes));
    column(json, "leaking_things", points, count, offsetof(struct retained_point, leaking_things));
    put_close(json, '}');
}

static void write_call(struct json_out *json, const struct report *report,
                       const struct analysis_call *call, uint32_t *room)
{
    put_open(json, NULL, '{', false);
    put_text(json, "name", call->name);
    put_texts(json, "path", call->outer, call->outer_count);
    put_count(json, "count", call->count);
    put_count(json, "finished", call->finished);
    put_text(json, "verdict", verdict_name(call->verdict));
    put_real(json, "bytes_per_call", call->bytes_per_call);
    put_interval(json, "ci95", call->ci95[0], call->ci95[1]);
    put_bool(json, "exact", call->exact);
    put_real(json, "inclusive_bytes_per_call", call->inclusive_bytes_per_call);
    put_real(json, "observed_bytes_per_call", call->observed_bytes_per_call);
    put_count(json, "survivors", call->survivors);
    put_count(json, "bytes", call->bytes);
    write_things(json, report, call);
    report_json_call(json, report, call->path);
    write_retained(json, report, call);
    write_sites(json, report, call->sites, call->site_count, false, room);
    put_close(json, '}');
}

static void write_outside(struct json_out *json, const struct report *report, uint32_t *room)
{
    const struct analysis *analysis = report->analysis;
    put_open(json, "outside", '{', false);
    put_count(json, "survivors", analysis->outside_survivors);
    put_count(json, "bytes", analysis->outside_bytes);
    write_sites(json, report, analysis->outside, analysis->outside_count, true, room);
    put_close(json, '}');
}

/* ---- findings ---- */

static void write_finding(struct json_out *json, const struct report *report,
                          const struct finding *finding)
{
    static const char *const per[] = {"call", "load", NULL};
    const struct analysis_call *call = analysis_call_of(report->analysis, finding->path);
    put_open(json, NULL, '{', false);
    put_text(json, "kind", finding_kind_name(finding->kind));
    put_text(json, "call", call ? call->name : NULL);
    put_texts(json, "path", call ? call->outer : NULL, call ? call->outer_count : 0);
    put_count(json, "count", finding->count);
    put_text(json, "per", per[finding->per]);
    put_real(json, "per_call", finding->per_call);
    put_real(json, "bytes_per_call", finding->bytes_per_call);
    put_text(json, "message", finding->message);
    if (finding->module) {
        const struct trace_module *module = &report->trace->modules[finding->module];
        put_text(json, "module", module->path);
        put_count(json, "loads", module->loads);
        put_count(json, "unloads", module->unloads);
    }
    report_json_finding(json, report, finding);
    put_open(json, "stacks", '[', false);
    for (uint32_t i = 0; i < finding->stack_count; i++) {
        put_open(json, NULL, '{', false);
        put_text(json, "role", finding->stacks[i].role);
        put_count(json, "count", finding->stacks[i].count);
        report_json_stack(json, report, finding->stacks[i].site);
        put_close(json, '}');
    }
    put_close(json, ']');
    put_close(json, '}');
}

/* ---- memory and program ---- */

static void series(struct json_out *json, const char *key, const struct trace *trace, bool private)
{
    put_open(json, key, '[', true);
    for (uint32_t i = 0; i < trace->checkpoint_count; i++) {
        const struct trace_checkpoint *checkpoint = &trace->checkpoints[i];
        uint64_t bytes = private ? checkpoint->private_bytes : checkpoint->tracked_bytes;
        if (private && !bytes)
            continue; /* not known */
        put_open(json, NULL, '[', true);
        put_real(json, NULL, (double)checkpoint->time_ns / 1e9);
        put_count(json, NULL, bytes);
        put_close(json, ']');
    }
    put_close(json, ']');
}

/* A real, or null where it has no meaning. */
static void real_if(struct json_out *json, const char *key, bool known, double real)
{
    if (known)
        put_real(json, key, real);
    else
        put_none(json, key);
}

static void write_memory(struct json_out *json, const struct report *report)
{
    const struct memory *memory = &report->memory;
    const struct analysis_call *worst = analysis_worst(report->analysis);
    bool fills = memory->will_fill;
    put_open(json, "memory", '{', false);
    series(json, "private_bytes", report->trace, true);
    series(json, "tracked_bytes", report->trace, false);
    real_if(json, "explained", memory->meaningful, memory->explained);
    if (memory->limit_bytes)
        put_count(json, "limit_bytes", memory->limit_bytes);
    else
        put_none(json, "limit_bytes");
    put_text(json, "limit_source", memory_limit_name(memory->limit_kind));
    real_if(json, "seconds_left", fills, memory->seconds_left);
    put_text(json, "pace", memory_pace_name(memory->pace));
    real_if(json, "bytes_per_second", fills, memory->bytes_per_second);
    if (fills && memory->calls_left < 1e18)
        put_count(json, "calls_left", (uint64_t)memory->calls_left);
    else
        real_if(json, "calls_left", fills, memory->calls_left);
    put_text(json, "calls_left_of", fills && worst ? worst->name : NULL);
    put_open(json, "sentences", '[', false);
    struct sentence sentences[] = {sentence_private_bytes(report), sentence_time_left(report)};
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
        if (*sentences[i].text)
            put_text(json, NULL, sentences[i].text);
    put_close(json, ']');
    put_close(json, '}');
}

static void write_program(struct json_out *json, const struct report *report)
{
    const struct trace *trace = report->trace;
    const struct residue_header *header = &trace->header;
    put_open(json, "program", '{', false);
    put_text(json, "path", header->program);
    put_texts(json, "arguments", (const char *const *)trace->arguments, trace->argument_count);
    put_count(json, "pid", header->pid);
    put_count(json, "parent_pid", header->parent_pid);
    put_text(json, "arch", report_arch(header));
    put_text(json, "os", report_system(header));
    put_open(json, "exit", '{', true);
    put_text(json, "kind", report_exit(header));
    if (report_ended(header))
        put_count(json, "status", header->exit_status);
    else
        put_none(json, "status");
    report_json_fault(json, report);
    put_close(json, '}');
    put_bool(json, "complete", !(header->flags & RESIDUE_FLAG_INCOMPLETE) && !trace->truncated);
    put_text(json, "trouble", *header->trouble ? header->trouble : NULL);
    put_count(json, "missed", header->missed);
    put_count(json, "unwatched", header->unwatched);
    if (header->verified) {
        put_count(json, "verified_stacks", header->verified);
        put_count(json, "different_stacks", header->differences);
    }
    put_bool(json, "forked", header->flags & RESIDUE_FLAG_FORKED);
    put_bool(json, "attached", header->flags & RESIDUE_FLAG_ATTACHED);
    put_bool(json, "replaced", header->state == RESIDUE_STATE_REPLACED);
    put_close(json, '}');
}

/* In a sentence, and how good that is. */
static void write_summary(struct json_out *json, const struct report *report)
{
    struct sentence sentence = sentence_verdict(report);
    put_open(json, "summary", '{', false);
    put_text(json, "sentence", sentence.text);
    put_text(json, "tone",
             sentence.style == TEXT_RED     ? "bad"
             : sentence.style == TEXT_GREEN ? "good"
                                            : "unsure");
    put_count(json, "executions", report->analysis->executions);
    real_if(json, "seconds", report->memory.seconds > 0, report->memory.seconds);
    put_close(json, '}');
}

void report_json_keys(const struct report *report, struct json_out *json)
{
    const struct analysis *analysis = report->analysis;
    uint32_t room = REPORT_SITES;
    struct report with = *report;
    with.retained = retained_of(report);
    put_text(json, "schema", "residue-report/1");
    write_summary(json, report);
    write_program(json, report);
    put_open(json, "calls", '[', false);
    for (uint32_t i = 0; i < analysis->call_count; i++)
        write_call(json, &with, &analysis->calls[i], &room);
    put_close(json, ']');
    if (analysis->left_out)
        put_count(json, "calls_left_out", analysis->left_out);
    write_outside(json, &with, &room);
    put_open(json, "findings", '[', false);
    for (uint32_t i = 0; i < report->findings.count; i++)
        write_finding(json, &with, &report->findings.finding[i]);
    put_close(json, ']');
    report_json_budgets(json, report);
    write_memory(json, report);
    put_open(json, "symbols", '[', false);
    uint32_t module = 0;
    for (const char *problem; (problem = report_symbols_problem(report, &module));)
        put_text(json, NULL, problem);
    put_close(json, ']');
    retained_free(with.retained);
}

void report_json(const struct report *report, FILE *out)
{
    struct json_out json = {.out = out};
    put_open(&json, NULL, '{', false);
    report_json_keys(report, &json);
    put_close(&json, '}');
}
