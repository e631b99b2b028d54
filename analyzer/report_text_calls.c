#include "analyzer/report_text_calls.h"
#include "analyzer/report_objects.h"
#include "analyzer/report_text_stack.h"
#include "analyzer/report_text_words.h"
#include <stdlib.h>
#include <string.h>

enum { CALLS = 20, SITES = 3, FRAMES = 8, FINDINGS = 10, SUSPECT_LEAST = 12 };

static bool leaking_site(const struct analysis_site *site)
{
    return verdict_leaks(site->verdict.kind);
}

bool text_suspect(const struct analysis_call *call)
{
    return call->verdict == VERDICT_TOO_FEW_CALLS && call->count >= SUSPECT_LEAST &&
           call->survivors >= SUSPECT_LEAST;
}

static unsigned frames_of(const struct report *report)
{
    return report->all || report->stacks ? UINT32_MAX : FRAMES;
}

/* ---- the call ---- */

/* Blocks are told in bytes; only what has no bytes of its own is counted as a thing. */
static bool counted(const struct report *report, const struct analysis_call *call, uint32_t i)
{
    enum residue_class class = report->trace->kinds[call->things[i].kind].class;
    return call->things[i].per_call > 0 &&
           (call->bytes_per_call <= 0 ||
            (class != RESIDUE_CLASS_BLOCK && class != RESIDUE_CLASS_MAPPING &&
             class != RESIDUE_CLASS_BUFFER));
}

/* The outermost calls say where the path comes from, the innermost what is being done. */
static void write_path(struct text *text, const struct report *report,
                       const struct analysis_call *call)
{
    enum { FIRST = 2, LAST = 4 };
    if (!call->outer_count)
        return;
    bool cut = !report->all && call->outer_count > FIRST + LAST + 1;
    text_begin(text, 2);
    text_item(text, 2, TEXT_DIM, "inside");
    for (uint32_t i = 0; i < call->outer_count; i++) {
        if (cut && i == FIRST) {
            text_item(text, 4, TEXT_DIM, "... %u more >", call->outer_count - FIRST - LAST);
            i = call->outer_count - LAST;
        }
        text_item(text, 4, TEXT_DIM, "%s%s", words_name(call->outer[i]).text,
                  i + 1 < call->outer_count ? " >" : "");
    }
    text_end(text);
}

/* How much of all that leaked is the call's. */
static void write_share(struct text *text, const struct report *report,
                        const struct analysis_call *call)
{
    double all = report->analysis->leaked_bytes;
    if (report->bars == REPORT_BARS_NONE || all <= 0 || call->bytes_per_call <= 0)
        return;
    double share = call->bytes_per_call * (double)call->count / all;
    text_item(text, 4, TEXT_RED, "%s %s of leaked bytes",
              figure_bar(share, report->bars == REPORT_BARS_UNICODE).text,
              figure_share(share).text);
}

static void write_call_line(struct text *text, const struct report *report,
                            const struct analysis_call *call)
{
    bool leaks = verdict_leaks(call->verdict);
    text_begin(text, 0);
    text_item(text, 0, leaks || text_suspect(call) ? TEXT_BOLD : TEXT_PLAIN, "%s",
              words_name(call->name).text);
    if (!leaks)
        text_item(text, 4, call->verdict == VERDICT_CLEAN ? TEXT_GREEN : TEXT_YELLOW, "%s",
                  words_verdict(call->verdict));
    if (call->bytes_per_call > 0)
        text_item(text, 4, TEXT_RED, "%s/call", figure_rate_bytes(call->bytes_per_call).text);
    for (uint32_t i = 0; i < call->thing_count; i++)
        if (counted(report, call, i))
            text_item(
                text, 4, TEXT_RED, "%s/call",
                words_things(call->things[i].per_call, words_kind(report, call->things[i].kind))
                    .text);
    if (call->bytes_per_call > 0)
        text_item(text, 4, TEXT_PLAIN, "95%% CI %s",
                  figure_interval(call->ci95[0], call->ci95[1], call->bytes_per_call).text);
    if (call->observed_bytes_per_call > 0)
        text_item(text, 4, TEXT_PLAIN, "%s/call %sobserved",
                  figure_rate_bytes(call->observed_bytes_per_call).text, leaks ? "more " : "");
    if (call->inclusive_bytes_per_call > call->bytes_per_call * 1.000001)
        text_item(text, 4, TEXT_PLAIN, "%s/call with the calls inside it",
                  figure_rate_bytes(call->inclusive_bytes_per_call).text);
    text_item(text, 4, TEXT_PLAIN, "%s call%s", figure_count(call->count).text,
              words_plural(call->count));
    write_share(text, report, call);
    text_end(text);
}

/* ---- findings ---- */

static void write_finding_line(struct text *text, const struct report *report,
                               const struct finding *finding, unsigned indent)
{
    text_begin(text, indent);
    text_item(text, indent, TEXT_YELLOW, "%s", text_safe(finding->message, 90).text);
    const char *per = finding->per == FINDING_PER_LOAD ? "load" : "call";
    if (finding->per != FINDING_PER_NOTHING)
        text_item(text, 4, TEXT_PLAIN, "%s/%s", figure_rate(finding->per_call).text, per);
    if (finding->bytes_per_call > 0)
        text_item(text, 4, TEXT_PLAIN, "%s/%s", figure_rate_bytes(finding->bytes_per_call).text,
                  per);
    text_item(text, 4, TEXT_DIM, "%s time%s", figure_count(finding->count).text,
              words_plural(finding->count));
    if (finding->module) {
        const struct trace_module *module = &report->trace->modules[finding->module];
        text_item(text, 4, TEXT_DIM, "%s load%s, %s unload%s", figure_count(module->loads).text,
                  words_plural(module->loads), figure_count(module->unloads).text,
                  words_plural(module->unloads));
    }
    text_end(text);
}

static void write_finding(struct text *text, const struct report *report,
                          const struct finding *finding, unsigned indent,
                          struct text_stacks *stacks)
{
    if (!text_objects_finding(text, report, finding, indent))
        write_finding_line(text, report, finding, indent);
    /* The most frequent one of each role; the rest is for --all and JSON. */
    for (uint32_t i = 0; i < finding->stack_count; i++) {
        const struct finding_stack *stack = &finding->stacks[i];
        if (i && !report->all && !strcmp(stack->role, finding->stacks[0].role))
            break;
        text_paragraph(text, 4, TEXT_PLAIN, "%s at", stack->role);
        text_stack(text, report, stack->site, 6, frames_of(report), stacks);
    }
    text_objects_history(text, report, finding, indent + 2);
}

void text_findings(struct text *text, const struct report *report, uint32_t path)
{
    uint32_t limit = report->all ? REPORT_SITES : FINDINGS, left = 0;
    for (uint32_t i = 0; i < report->findings.count; i++) {
        const struct finding *finding = &report->findings.finding[i];
        if (finding->path != path || !limit) {
            left += finding->path == path;
            continue;
        }
        const struct analysis_call *call = analysis_call_of(report->analysis, path);
        struct text_stacks stacks = {0};
        limit--;
        text_end(text);
        text_paragraph(text, 0, TEXT_BOLD,
                       "%s:", call ? words_name(call->name).text : "Outside watched calls");
        write_finding(text, report, finding, 2, &stacks);
        text_stacks_free(&stacks);
    }
    if (left)
        text_paragraph(text, 0, TEXT_DIM, "... %s more finding%s (--all)", figure_count(left).text,
                       words_plural(left));
}

static void write_findings_of(struct text *text, const struct report *report, uint32_t path,
                              struct text_stacks *stacks)
{
    for (uint32_t i = 0; i < report->findings.count; i++)
        if (report->findings.finding[i].path == path)
            write_finding(text, report, &report->findings.finding[i], 2, stacks);
}

/* Whether a finding of the call tells all there is to say of the site. */
static bool told_by_finding(const struct report *report, uint32_t path,
                            const struct analysis_site *site)
{
    for (uint32_t i = 0; i < report->findings.count; i++) {
        const struct finding *finding = &report->findings.finding[i];
        if (finding->path == path && finding->stack_count &&
            finding->stacks[0].site == site->site && finding->per_call == site->verdict.per_call &&
            (finding->bytes_per_call == site->verdict.bytes_per_call ||
             finding->kind >= FINDING_REFERENCE_LEAK))
            return true;
    }
    return false;
}

/* ---- its sites ---- */

static void write_site(struct text *text, const struct report *report,
                       const struct analysis_call *call, const struct analysis_site *site,
                       struct text_stacks *stacks)
{
    const char *kind = words_kind(report, report->trace->sites[site->site].kind);
    text_begin(text, 2);
    text_item(text, 2, leaking_site(site) ? TEXT_YELLOW : TEXT_PLAIN, "%s",
              text_safe(kind, 40).text);
    if (site->verdict.kind != call->verdict)
        text_item(text, 4, TEXT_PLAIN, "%s", words_verdict(site->verdict.kind));
    if (site->verdict.bytes_per_call > 0)
        text_item(text, 4, TEXT_PLAIN, "%s/call",
                  figure_rate_bytes(site->verdict.bytes_per_call).text);
    text_item(text, 4, TEXT_PLAIN, "%s/call", figure_rate(site->verdict.per_call).text);
    if (site->verdict.from_checkpoint && !site->survivors)
        text_item(text, 4, TEXT_DIM, "freed by the last teardown");
    else
        text_item(text, 4, TEXT_DIM, "%s live at the end%s%s", figure_count(site->survivors).text,
                  site->bytes ? ", " : "",
                  site->bytes ? figure_bytes((double)site->bytes).text : "");
    text_end(text);
    text_stack(text, report, site->site, 6, frames_of(report), stacks);
}

static void write_left_out(struct text *text, uint32_t count, double bytes)
{
    if (count && bytes > 0)
        text_paragraph(text, 2, TEXT_DIM, "... %s more place%s, %s/call (--all)",
                       figure_count(count).text, words_plural(count),
                       figure_rate_bytes(bytes).text);
    else if (count)
        text_paragraph(text, 2, TEXT_DIM, "... %s more place%s (--all)", figure_count(count).text,
                       words_plural(count));
}

static void write_call(struct text *text, const struct report *report,
                       const struct analysis_call *call)
{
    struct text_stacks stacks = {0};
    bool leaks = verdict_leaks(call->verdict);
    uint32_t shown = 0, left = 0, limit = report->all ? REPORT_SITES : SITES;
    double left_bytes = 0;
    write_call_line(text, report, call);
    write_path(text, report, call);
    text_objects_kept(text, report, call->path);
    write_findings_of(text, report, call->path, &stacks);
    for (uint32_t i = 0; i < call->site_count; i++) {
        const struct analysis_site *site = &call->sites[i];
        if (leaks && !report->all && !leaking_site(site))
            break; /* leaking ones come first */
        if (!report->all && told_by_finding(report, call->path, site))
            continue;
        if (shown < limit) {
            write_site(text, report, call, site, &stacks);
            shown++;
        } else {
            left++;
            left_bytes += site->verdict.bytes_per_call;
        }
    }
    write_left_out(text, left, left_bytes);
    text_stacks_free(&stacks);
}

/* ---- all calls ---- */

/* The call that ran too few times and left most; NULL without one. */
static const struct analysis_call *most_left(const struct analysis *analysis, const bool *shown)
{
    const struct analysis_call *most = NULL;
    for (uint32_t i = 0; i < analysis->call_count; i++) {
        const struct analysis_call *call = &analysis->calls[i];
        if (!shown[i] && call->verdict == VERDICT_TOO_FEW_CALLS &&
            (!most || call->bytes > most->bytes))
            most = call;
    }
    return most;
}

static void count_others(struct text *text, const struct analysis *analysis, const bool *shown)
{
    uint32_t by_kind[VERDICT_KINDS] = {0}, sum = 0;
    for (uint32_t i = 0; i < analysis->call_count; i++)
        if (!shown[i]) {
            by_kind[analysis->calls[i].verdict]++;
            sum++;
        }
    if (!sum)
        return;
    char kinds[TEXT_SIZE] = "", rare[2 * TEXT_SIZE] = "";
    size_t used = 0;
    for (int kind = 0; kind < VERDICT_KINDS; kind++)
        if (by_kind[kind])
            used += (size_t)snprintf(kinds + used, sizeof kinds - used, "%s%s %s", used ? ", " : "",
                                     figure_count(by_kind[kind]).text,
                                     words_verdict((enum verdict_kind)kind));
    const struct analysis_call *most = most_left(analysis, shown);
    if (most)
        snprintf(rare, sizeof rare, " (%s%s: %s, %s left)",
                 by_kind[VERDICT_TOO_FEW_CALLS] > 1 ? "most by " : "", words_name(most->name).text,
                 words_calls(most->count).text, figure_bytes((double)most->bytes).text);
    text_end(text);
    text_paragraph(text, 0, TEXT_DIM, "%s: %s%s. --all lists them.",
                   sum < analysis->call_count ? "Other calls" : "Calls", kinds, rare);
}

void text_calls(struct text *text, const struct report *report)
{
    const struct analysis *analysis = report->analysis;
    bool *shown = analysis_take(analysis->call_count, sizeof *shown);
    uint32_t limit = report->top ? report->top : report->all ? REPORT_SITES : CALLS, leaking = 0;
    enum { CAUSES, CONSEQUENCES, OTHERS, PASSES };
    for (int pass = CAUSES; pass < PASSES; pass++) {
        for (uint32_t i = 0; i < analysis->call_count && limit; i++) {
            const struct analysis_call *call = &analysis->calls[i];
            bool leaks = verdict_leaks(call->verdict);
            bool wanted = pass == CAUSES         ? leaks && !report_kept_by(report, call->path)
                          : pass == CONSEQUENCES ? leaks
                                                 : report->all || text_suspect(call);
            if (shown[i] || !wanted)
                continue;
            text_end(text);
            write_call(text, report, call);
            shown[i] = true;
            leaking += verdict_leaks(call->verdict);
            limit--;
        }
    }
    if (leaking < analysis->leaking) {
        text_end(text);
        text_paragraph(text, 0, TEXT_DIM, "... %s more leaking call%s (--all)",
                       figure_count(analysis->leaking - leaking).text,
                       words_plural(analysis->leaking - leaking));
    }
    for (uint32_t i = 0; i < analysis->call_count; i++) {
        if (!shown[i] && !verdict_leaks(analysis->calls[i].verdict))
            text_findings(text, report, analysis->calls[i].path);
        shown[i] = shown[i] || verdict_leaks(analysis->calls[i].verdict);
    }
    count_others(text, analysis, shown);
    free(shown);
}
