/* The report for people: first whether anything leaks and where, then the rest, worst first. */
#include "analyzer/report.h"
#include "analyzer/report_text_stack.h"
#include "analyzer/report_text_write.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_COLUMNS = 60,
    KIND_COLUMNS = 40,
    CALLS = 20,
    SITES = 3,
    FRAMES = 8,
    OUTSIDE = 3,
    FINDINGS = 10
};

static struct safe name_of(const char *name)
{
    return text_safe(name, NAME_COLUMNS);
}

/* "1 critical section", "2.5 SSL_new": a name that is no word takes no s. */
static struct safe things(double count, const char *kind)
{
    char line[TEXT_SIZE + 80];
    size_t length = strlen(kind);
    bool word = length && kind[length - 1] >= 'a' && kind[length - 1] <= 'z' &&
                (strchr(kind, ' ') || !strpbrk(kind, "_ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    struct figure figure = figure_rate(count);
    bool plural = word && strcmp(figure.text, "1") != 0;
    const char *end = !plural                                              ? ""
                      : kind[length - 1] == 'x' || kind[length - 1] == 's' ? "es"
                                                                           : "s";
    snprintf(line, sizeof line, "%s %s%s", figure.text, text_safe(kind, KIND_COLUMNS).text, end);
    return text_safe(line, KIND_COLUMNS + 24);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static const char *kind_of(const struct report *report, uint32_t kind)
{
    return report->trace->kinds[kind].name;
}

/* Blocks are told in bytes; only what has no bytes of its own is counted as a thing. */
static bool counted(const struct report *report, const struct analysis_call *call, uint32_t i)
{
    enum residue_class class = report->trace->kinds[call->things[i].kind].class;
    return call->things[i].per_call > 0 &&
           (call->bytes_per_call <= 0 ||
            (class != RESIDUE_CLASS_BLOCK && class != RESIDUE_CLASS_MAPPING &&
             class != RESIDUE_CLASS_BUFFER));
}

/* ---- the first sentence ---- */

static void sentence_leak(struct text *text, const struct report *report)
{
    const struct analysis *analysis = report->analysis;
    const struct analysis_call *worst = &analysis->calls[0];
    char what[TEXT_SIZE] = "something", sure[128], more[128] = "";
    if (worst->bytes_per_call > 0)
        snprintf(what, sizeof what, "%s", figure_rate_bytes(worst->bytes_per_call).text);
    else if (worst->thing_count)
        snprintf(what, sizeof what, "%s",
                 things(worst->things[0].per_call, kind_of(report, worst->things[0].kind)).text);
    snprintf(sure, sizeof sure, "%s%s",
             worst->exact                ? "exact"
             : worst->bytes_per_call > 0 ? "95% CI "
                                         : "estimated",
             worst->exact || worst->bytes_per_call <= 0
                 ? ""
                 : figure_interval(worst->ci95[0], worst->ci95[1], worst->bytes_per_call).text);
    if (analysis->leaking > 1)
        snprintf(more, sizeof more, "; %s more call%s leak%s",
                 figure_count(analysis->leaking - 1).text, plural(analysis->leaking - 1),
                 analysis->leaking == 2 ? "s" : "");
    text_paragraph(text, 0, TEXT_RED, "%s %s %s per call (%s, %s call%s)%s.",
                   name_of(worst->name).text,
                   worst->verdict == VERDICT_GROWING ? "grows by" : "leaks", what, sure,
                   figure_count(worst->count).text, plural(worst->count), more);
}

static void sentence(struct text *text, const struct report *report)
{
    const struct analysis *analysis = report->analysis;
    uint32_t unsure = 0;
    for (uint32_t i = 0; i < analysis->call_count; i++)
        unsure += analysis->calls[i].verdict == VERDICT_TOO_FEW_CALLS;
    if (analysis->leaking)
        sentence_leak(text, report);
    else if (!analysis->executions)
        text_paragraph(text, 0, TEXT_YELLOW,
                       "No watched call was executed: there is no rate to give (residue run --help "
                       "tells how to watch one).");
    else if (report->findings.count)
        text_paragraph(text, 0, TEXT_RED, "No watched call leaks, but see the finding%s below.",
                       plural(report->findings.count));
    else if (unsure)
        text_paragraph(text, 0, TEXT_YELLOW,
                       "No leak found, but %s of %s calls ran too few times to tell one from a "
                       "cache.",
                       figure_count(unsure).text, figure_count(analysis->call_count).text);
    else
        text_paragraph(text, 0, TEXT_GREEN, "Nothing leaks: %s call%s watched, %s execution%s.",
                       figure_count(analysis->call_count).text, plural(analysis->call_count),
                       figure_count(analysis->executions).text, plural(analysis->executions));
}

/* What makes every figure below doubtful. */
static void caveats(struct text *text, const struct report *report)
{
    const struct residue_header *header = &report->trace->header;
    if (header->flags & RESIDUE_FLAG_INCOMPLETE)
        text_paragraph(text, 0, TEXT_YELLOW, "Recording stopped early: %s.",
                       *header->trouble ? text_safe(header->trouble, 120).text : "no reason given");
    if (report->trace->truncated)
        text_paragraph(text, 0, TEXT_YELLOW, "The trace file is cut off: what there is was read.");
    if (header->missed)
        text_paragraph(text, 0, TEXT_YELLOW, "%s acquisition%s could not be recorded.",
                       figure_count(header->missed).text, plural(header->missed));
    if (header->unwatched)
        text_paragraph(text, 0, TEXT_YELLOW,
                       "%s import%s not watched: more functions match than the shim has thunks "
                       "for. Name fewer with --watch.",
                       figure_count(header->unwatched).text,
                       header->unwatched == 1 ? " was" : "s were");
    if (header->verified)
        text_paragraph(text, 0, header->differences ? TEXT_RED : TEXT_DIM,
                       "%s recognised stack%s unwound again in full: %s different.",
                       figure_count(header->verified).text,
                       header->verified == 1 ? " was" : "s were",
                       header->differences ? figure_count(header->differences).text : "none was");
    if (header->flags & RESIDUE_FLAG_FORKED)
        text_paragraph(text, 0, TEXT_DIM,
                       "A child of fork: what its parent held is not listed here.");
}

/* ---- calls ---- */

static bool leaking_site(const struct analysis_site *site)
{
    return verdict_leaks(site->verdict.kind);
}

static void write_site(struct text *text, const struct report *report,
                       const struct analysis_site *site)
{
    const char *kind = kind_of(report, report->trace->sites[site->site].kind);
    text_begin(text, 2);
    text_item(text, 2, leaking_site(site) ? TEXT_YELLOW : TEXT_PLAIN, "%s",
              text_safe(kind, KIND_COLUMNS).text);
    text_item(text, 4, TEXT_PLAIN, "%s", verdict_name(site->verdict.kind));
    if (site->verdict.bytes_per_call > 0)
        text_item(text, 4, TEXT_PLAIN, "%s/call",
                  figure_rate_bytes(site->verdict.bytes_per_call).text);
    text_item(text, 4, TEXT_PLAIN, "%s/call", figure_rate(site->verdict.per_call).text);
    text_item(text, 4, TEXT_DIM, "%s live at the end%s%s", figure_count(site->survivors).text,
              site->bytes ? ", " : "", site->bytes ? figure_bytes((double)site->bytes).text : "");
    text_end(text);
    text_stack(text, report, site->site, 6, report->all ? UINT32_MAX : FRAMES);
}

static void write_path(struct text *text, const struct analysis_call *call)
{
    if (!call->outer_count)
        return;
    text_begin(text, 2);
    text_item(text, 2, TEXT_DIM, "inside");
    for (uint32_t i = 0; i < call->outer_count; i++)
        text_item(text, 4, TEXT_DIM, "%s%s", name_of(call->outer[i]).text,
                  i + 1 < call->outer_count ? " >" : "");
    text_end(text);
}

static void write_call_line(struct text *text, const struct report *report,
                            const struct analysis_call *call)
{
    bool leaks = verdict_leaks(call->verdict);
    text_begin(text, 0);
    text_item(text, 0, leaks ? TEXT_BOLD : TEXT_PLAIN, "%s", name_of(call->name).text);
    if (!leaks)
        text_item(text, 4, call->verdict == VERDICT_CLEAN ? TEXT_GREEN : TEXT_YELLOW, "%s",
                  verdict_name(call->verdict));
    if (call->bytes_per_call > 0)
        text_item(text, 4, TEXT_RED, "%s/call", figure_rate_bytes(call->bytes_per_call).text);
    for (uint32_t i = 0; i < call->thing_count; i++)
        if (counted(report, call, i))
            text_item(text, 4, TEXT_RED, "%s/call",
                      things(call->things[i].per_call, kind_of(report, call->things[i].kind)).text);
    if (call->bytes_per_call > 0)
        text_item(text, 4, TEXT_PLAIN, "95%% CI %s",
                  figure_interval(call->ci95[0], call->ci95[1], call->bytes_per_call).text);
    if (call->observed_bytes_per_call > 0)
        text_item(text, 4, TEXT_PLAIN, "%s/call observed",
                  figure_rate_bytes(call->observed_bytes_per_call).text);
    if (call->inclusive_bytes_per_call > call->bytes_per_call * 1.000001)
        text_item(text, 4, TEXT_PLAIN, "%s/call with the calls inside it",
                  figure_rate_bytes(call->inclusive_bytes_per_call).text);
    text_item(text, 4, TEXT_PLAIN, "%s call%s", figure_count(call->count).text,
              plural(call->count));
    text_end(text);
}

static void write_call(struct text *text, const struct report *report,
                       const struct analysis_call *call)
{
    write_call_line(text, report, call);
    write_path(text, call);
    bool leaks = verdict_leaks(call->verdict);
    uint32_t left = 0, limit = report->all ? REPORT_SITES : SITES;
    double left_bytes = 0;
    for (uint32_t i = 0; i < call->site_count; i++) {
        if (leaks && !report->all && !leaking_site(&call->sites[i]))
            break; /* leaking ones come first */
        if (i < limit) {
            write_site(text, report, &call->sites[i]);
        } else {
            left++;
            left_bytes += call->sites[i].verdict.bytes_per_call;
        }
    }
    if (left)
        text_paragraph(text, 2, TEXT_DIM, "... %s more site%s, %s/call (--all)",
                       figure_count(left).text, plural(left), figure_rate_bytes(left_bytes).text);
}

static void count_quiet(struct text *text, const struct analysis *analysis, uint32_t from)
{
    uint32_t by_kind[VERDICT_KINDS] = {0};
    for (uint32_t i = from; i < analysis->call_count; i++)
        by_kind[analysis->calls[i].verdict]++;
    text_begin(text, 0);
    text_item(text, 0, TEXT_DIM, "Not leaking (--all lists them):");
    for (int kind = 0; kind < VERDICT_KINDS; kind++)
        if (by_kind[kind])
            text_item(text, 4, TEXT_DIM, "%s %s", figure_count(by_kind[kind]).text,
                      verdict_name((enum verdict_kind)kind));
    text_end(text);
}

static void write_calls(struct text *text, const struct report *report)
{
    const struct analysis *analysis = report->analysis;
    uint32_t shown = analysis->leaking;
    if (report->all)
        shown = analysis->call_count < REPORT_SITES ? analysis->call_count : REPORT_SITES;
    else if (shown > CALLS)
        shown = CALLS;
    for (uint32_t i = 0; i < shown; i++) {
        text_end(text);
        write_call(text, report, &analysis->calls[i]);
    }
    uint32_t quiet = report->all ? shown : analysis->leaking;
    if (shown < analysis->leaking || quiet < analysis->call_count)
        text_end(text);
    if (shown < analysis->leaking)
        text_paragraph(text, 0, TEXT_DIM, "... %s more leaking calls (--all)",
                       figure_count(analysis->leaking - shown).text);
    if (quiet < analysis->call_count)
        count_quiet(text, analysis, quiet);
}

/* ---- findings ---- */

static void write_finding(struct text *text, const struct report *report,
                          const struct finding *finding)
{
    const struct analysis_call *call = analysis_call_of(report->analysis, finding->path);
    text_end(text);
    text_begin(text, 0);
    text_item(text, 0, TEXT_BOLD, "%s:", call ? name_of(call->name).text : "outside watched calls");
    text_item(text, 4, TEXT_YELLOW, "%s", text_safe(finding->message, 90).text);
    text_item(text, 4, TEXT_PLAIN, "%s time%s", figure_count(finding->count).text,
              plural(finding->count));
    const char *per = finding->per == FINDING_PER_LOAD ? "load" : "call";
    if (finding->per != FINDING_PER_NOTHING)
        text_item(text, 4, TEXT_PLAIN, "%s/%s", figure_rate(finding->per_call).text, per);
    if (finding->bytes_per_call > 0)
        text_item(text, 4, TEXT_PLAIN, "%s/%s", figure_rate_bytes(finding->bytes_per_call).text,
                  per);
    if (finding->module)
        text_item(text, 4, TEXT_DIM, "%s loads, %s unloads",
                  figure_count(report->trace->modules[finding->module].loads).text,
                  figure_count(report->trace->modules[finding->module].unloads).text);
    text_end(text);
    /* The most frequent one of each role; the rest is for --all and JSON. */
    for (uint32_t i = 0; i < finding->stack_count; i++) {
        const struct finding_stack *stack = &finding->stacks[i];
        if (i && !report->all && !strcmp(stack->role, finding->stacks[0].role))
            break;
        text_paragraph(text, 2, TEXT_PLAIN, "%s at", stack->role);
        text_stack(text, report, stack->site, 6, report->all ? UINT32_MAX : FRAMES);
    }
}

static void write_findings(struct text *text, const struct report *report)
{
    uint32_t count = report->findings.count, limit = report->all ? REPORT_SITES : FINDINGS;
    for (uint32_t i = 0; i < count && i < limit; i++)
        write_finding(text, report, &report->findings.finding[i]);
    if (count > limit)
        text_paragraph(text, 0, TEXT_DIM, "... %s more finding%s (--all)",
                       figure_count(count - limit).text, plural(count - limit));
}

/* ---- outside, memory ---- */

static void write_outside(struct text *text, const struct report *report)
{
    const struct analysis *analysis = report->analysis;
    if (!analysis->outside_survivors)
        return;
    text_end(text);
    text_paragraph(text, 0, TEXT_PLAIN,
                   "Outside watched calls: %s thing%s live at the end, %s, from %s site%s.",
                   figure_count(analysis->outside_survivors).text,
                   plural(analysis->outside_survivors),
                   figure_bytes((double)analysis->outside_bytes).text,
                   figure_count(analysis->outside_count).text, plural(analysis->outside_count));
    uint32_t limit = report->all ? REPORT_SITES : OUTSIDE;
    for (uint32_t i = 0; i < analysis->outside_count && i < limit; i++) {
        const struct analysis_site *site = &analysis->outside[i];
        text_begin(text, 2);
        text_item(text, 2, TEXT_PLAIN, "%s", figure_bytes((double)site->bytes).text);
        text_item(
            text, 4, TEXT_PLAIN, "%s",
            things((double)site->survivors, kind_of(report, report->trace->sites[site->site].kind))
                .text);
        if (!report->all)
            text_item(text, 4, TEXT_DIM, "%s", text_place(report, site->site, 90).text);
        text_end(text);
        if (report->all)
            text_stack(text, report, site->site, 6, UINT32_MAX);
    }
}

static void write_time_left(struct text *text, const struct report *report)
{
    static const char *const whose[] = {"", "--limit", "what 32-bit pointers reach",
                                        "limit of this control group", "memory of this machine"};
    const struct memory *memory = &report->memory;
    const struct analysis_call *worst = analysis_worst(report->analysis);
    if (!memory->will_fill || !worst)
        return;
    text_paragraph(text, 0, TEXT_PLAIN,
                   "At this rate %s (%s) are full after %s calls of %s, in %s.",
                   figure_bytes((double)memory->limit_bytes).text, whose[memory->limit_kind],
                   memory->calls_left < 1e18 ? figure_count((uint64_t)memory->calls_left).text
                                             : "more than 10^18",
                   name_of(worst->name).text, figure_seconds(memory->seconds_left).text);
}

static void write_memory(struct text *text, const struct report *report)
{
    const struct memory *memory = &report->memory;
    char explained[80] = ", too little growth to compare";
    if (memory->meaningful)
        snprintf(explained, sizeof explained, ", which explains %.0f%% of the growth",
                 100 * memory->explained);
    if (memory->private_last || memory->will_fill)
        text_end(text);
    if (memory->private_last)
        text_paragraph(text, 0, TEXT_PLAIN, "Private bytes %s -> %s, tracked %s -> %s%s.",
                       figure_bytes((double)memory->private_first).text,
                       figure_bytes((double)memory->private_last).text,
                       figure_bytes((double)memory->tracked_first).text,
                       figure_bytes((double)memory->tracked_last).text, explained);
    write_time_left(text, report);
}

void report_text(const struct report *report, FILE *out)
{
    struct text text = {.out = out, .colour = report->colour};
    sentence(&text, report);
    caveats(&text, report);
    write_calls(&text, report);
    write_findings(&text, report);
    write_outside(&text, report);
    write_memory(&text, report);
}
