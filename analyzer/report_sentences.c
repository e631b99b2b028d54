#include "analyzer/report_sentences.h"
#include "analyzer/report_objects.h"
#include "analyzer/report_text_calls.h"
#include "analyzer/report_text_words.h"
#include <stdarg.h>
#include <stdlib.h>

/* Tracked growth beside private growth from which on blocks must have pages nobody wrote to. */
static const double NEVER_TOUCHED = 1.25;

__attribute__((format(printf, 2, 3))) static struct sentence say(enum text_style style,
                                                                 const char *format, ...)
{
    struct sentence sentence = {.style = style};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence.text, sizeof sentence.text, format, arguments);
    va_end(arguments);
    return sentence;
}

/* ---- the verdict ---- */

/* Calls that leak of themselves, and not just because what they opened is kept alive. */
static uint32_t causes(const struct report *report)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < report->analysis->leaking; i++)
        count += !report_kept_by(report, report->analysis->calls[i].path);
    return count;
}

/* An object that is never released, with all that it keeps alive: the cause is named, whichever
 * call leaves most. NULL: the worst call leaks for a reason of its own. */
static const struct finding *cause_of(const struct report *report,
                                      const struct analysis_call *worst)
{
    const struct finding *keeper = report_kept_by(report, worst->path);
    for (uint32_t i = 0; i < report->findings.count && !keeper; i++) {
        const struct finding *finding = &report->findings.finding[i];
        bool object = finding->kind == FINDING_REFERENCE_LEAK ||
                      finding->kind == FINDING_LOGGED_OFF_NOT_RELEASED;
        if (object && finding->path == worst->path &&
            finding->bytes_per_call >= worst->bytes_per_call)
            keeper = finding;
    }
    return keeper;
}

static struct sentence of_object(const struct report *report, const struct finding *finding)
{
    const struct analysis_call *call = analysis_call_of(report->analysis, finding->path);
    uint32_t others = causes(report);
    others -= others && verdict_leaks(call->verdict);
    char what[TEXT_SIZE], more[128] = "";
    if (finding->bytes_per_call > 0)
        snprintf(what, sizeof what, "%s", figure_rate_bytes(finding->bytes_per_call).text);
    else
        snprintf(what, sizeof what, "%s",
                 words_things(finding->per_call, "interface reference").text);
    if (others)
        snprintf(more, sizeof more, "; %s more call%s leak%s", figure_count(others).text,
                 words_plural(others), others == 1 ? "s" : "");
    return say(TEXT_RED, "%s leaks %s per call (%s call%s): %s%s.", words_name(call->name).text,
               what, figure_count(call->count).text, words_plural(call->count), finding->message,
               more);
}

static struct sentence of_leak(const struct report *report)
{
    const struct analysis *analysis = report->analysis;
    const struct analysis_call *worst = &analysis->calls[0];
    const struct finding *cause = cause_of(report, worst);
    if (cause && analysis_call_of(analysis, cause->path))
        return of_object(report, cause);
    char what[TEXT_SIZE] = "something", sure[128], more[128] = "";
    if (worst->bytes_per_call > 0)
        snprintf(what, sizeof what, "%s", figure_rate_bytes(worst->bytes_per_call).text);
    else if (worst->thing_count)
        snprintf(what, sizeof what, "%s",
                 words_things(worst->things[0].per_call, words_kind(report, worst->things[0].kind))
                     .text);
    snprintf(sure, sizeof sure, "%s%s",
             worst->exact                ? "exact"
             : worst->bytes_per_call > 0 ? "95% CI "
                                         : "estimated",
             worst->exact || worst->bytes_per_call <= 0
                 ? ""
                 : figure_interval(worst->ci95[0], worst->ci95[1], worst->bytes_per_call).text);
    if (analysis->leaking > 1)
        snprintf(more, sizeof more, "; %s more call%s leak%s",
                 figure_count(analysis->leaking - 1).text, words_plural(analysis->leaking - 1),
                 analysis->leaking == 2 ? "s" : "");
    return say(TEXT_RED, "%s %s %s per call (%s, %s call%s)%s.", words_name(worst->name).text,
               worst->verdict == VERDICT_GROWING ? "grows by" : "leaks", what, sure,
               figure_count(worst->count).text, words_plural(worst->count), more);
}

/* Of the calls that may well leak the one that left most. */
static const struct analysis_call *worst_suspect(const struct analysis *analysis, uint32_t *count)
{
    const struct analysis_call *worst = NULL;
    *count = 0;
    for (uint32_t i = 0; i < analysis->call_count; i++) {
        const struct analysis_call *call = &analysis->calls[i];
        if (!text_suspect(call))
            continue;
        (*count)++;
        if (!worst || call->bytes > worst->bytes)
            worst = call;
    }
    return worst;
}

static struct sentence of_suspect(const struct analysis_call *worst, uint32_t count)
{
    char what[TEXT_SIZE], more[128] = "";
    bool regular = worst->site_count && worst->sites[0].verdict.exact;
    bool dead = worst->site_count && worst->sites[0].dead;
    uint64_t needed = regular ? dead ? VERDICT_MIN_CALLS_DEAD : VERDICT_MIN_CALLS
                      : dead  ? VERDICT_MIN_CALLS_DEAD_IRREGULAR
                              : VERDICT_MIN_CALLS_IRREGULAR;
    if (worst->bytes)
        snprintf(what, sizeof what, "%s", figure_bytes((double)worst->bytes).text);
    else
        snprintf(what, sizeof what, "%s thing%s", figure_count(worst->survivors).text,
                 words_plural(worst->survivors));
    if (count > 1)
        snprintf(more, sizeof more, " The same goes for %s more call%s.",
                 figure_count(count - 1).text, words_plural(count - 1));
    return say(TEXT_YELLOW,
               "No leak is certain, but %s left %s behind in %s calls, too few to tell a leak "
               "from a cache (%s would do).%s",
               words_name(worst->name).text, what, figure_count(worst->count).text,
               figure_count(needed).text, more);
}

/* Whether some call ran often enough to have shown a leak. */
static bool judged(const struct analysis *analysis)
{
    for (uint32_t i = 0; i < analysis->call_count; i++)
        if (analysis->calls[i].count >= VERDICT_MIN_CALLS)
            return true;
    return false;
}

/* "7 calls", or "212 calls on 40,767 paths" where calls are made inside of each other. */
static struct safe watched(const struct analysis *analysis)
{
    const struct trace *trace = analysis->trace;
    bool *named = analysis_take(trace->name_count + 1, sizeof *named);
    uint64_t names = 0;
    char line[160];
    for (uint32_t i = 0; i < analysis->call_count; i++) {
        bool *known = &named[trace->paths[analysis->calls[i].path].name];
        names += !*known;
        *known = true;
    }
    free(named);
    int used =
        snprintf(line, sizeof line, "%s call%s", figure_count(names).text, words_plural(names));
    if (names != analysis->call_count)
        snprintf(line + used, sizeof line - (size_t)used, " on %s paths",
                 figure_count(analysis->call_count).text);
    return text_safe(line, 100);
}

static struct sentence of_clean(const struct analysis *analysis)
{
    bool unsure = false;
    for (uint32_t i = 0; i < analysis->call_count; i++)
        unsure = unsure || analysis->calls[i].verdict == VERDICT_TOO_FEW_CALLS;
    bool nothing = unsure && !judged(analysis);
    return say(nothing ? TEXT_YELLOW : TEXT_GREEN, "%s: %s watched, %s execution%s.",
               nothing  ? "No leak found, but no call ran often enough to show one"
               : unsure ? "No leak found"
                        : "Nothing leaks",
               watched(analysis).text, figure_count(analysis->executions).text,
               words_plural(analysis->executions));
}

struct sentence sentence_verdict(const struct report *report)
{
    const struct analysis *analysis = report->analysis;
    uint32_t suspects;
    const struct analysis_call *suspect = worst_suspect(analysis, &suspects);
    if (analysis->left_out && !analysis->call_count)
        return say(TEXT_YELLOW, "No watched call has such a name: %s were watched.",
                   figure_count(analysis->left_out).text);
    if (analysis->leaking)
        return of_leak(report);
    uint32_t errors = 0; /* which come first */
    for (uint32_t i = 0; i < report->findings.count; i++)
        errors += !report->findings.finding[i].remark;
    if (errors)
        return say(TEXT_RED, "No call has a rate, but there %s: %s.",
                   errors > 1 ? "are findings" : "is a finding",
                   report->findings.finding[0].message);
    if (!analysis->executions)
        return say(TEXT_YELLOW,
                   "No watched call was executed: there is no rate to give (residue run --help "
                   "tells how to watch one).");
    return suspect ? of_suspect(suspect, suspects) : of_clean(analysis);
}

/* ---- memory ---- */

struct sentence sentence_private_bytes(const struct report *report)
{
    const struct memory *memory = &report->memory;
    struct figure first = figure_bytes((double)memory->private_first),
                  last = figure_bytes((double)memory->private_last),
                  tracked_first = figure_bytes((double)memory->tracked_first),
                  tracked_last = figure_bytes((double)memory->tracked_last);
    if (!memory->private_last)
        return (struct sentence){0};
    if (memory->meaningful && memory->explained > NEVER_TOUCHED)
        return say(TEXT_PLAIN,
                   "Private bytes %s -> %s, tracked %s -> %s, more than the growth: not all of it "
                   "was ever touched.",
                   first.text, last.text, tracked_first.text, tracked_last.text);
    if (memory->meaningful)
        return say(TEXT_PLAIN,
                   "Private bytes %s -> %s, tracked %s -> %s, which explains %.0f%% of the "
                   "growth.",
                   first.text, last.text, tracked_first.text, tracked_last.text,
                   100 * memory->explained);
    if (memory->private_first != memory->private_last)
        return say(TEXT_PLAIN,
                   "Private bytes %s -> %s, tracked %s -> %s: too little growth to compare.",
                   first.text, last.text, tracked_first.text, tracked_last.text);
    return say(TEXT_PLAIN, "Private bytes %s, of which %s tracked.", last.text, tracked_last.text);
}

struct sentence sentence_time_left(const struct report *report)
{
    static const char *const whose[] = {"", "--limit", "what 32-bit pointers reach",
                                        "limit of this control group", "memory of this machine"};
    static const char *const paces[] = {"", "as private bytes grew last",
                                        "at the pace of this run"};
    const struct memory *memory = &report->memory;
    const struct analysis_call *worst = analysis_worst(report->analysis);
    if (!memory->will_fill || !worst)
        return (struct sentence){0};
    return say(TEXT_PLAIN, "At this rate %s (%s) are full after %s more calls of %s; %s, in %s.",
               figure_bytes((double)memory->limit_bytes).text, whose[memory->limit_kind],
               figure_about(memory->calls_left).text, words_name(worst->name).text,
               paces[memory->pace], figure_seconds(memory->seconds_left).text);
}
