/* The JSON report on objects, what was done wrong with them and others, and on budgets. */
#include "analyzer/objects.h"
#include "analyzer/report_objects.h"

enum { EVENTS = 10000 }; /* of an object: more tell no more */

static void write_object(struct json_out *json, const struct report *report, const char *key,
                         const struct trace_object *object)
{
    put_open(json, key, '{', true);
    put_text(json, "interface", objects_interface(report->trace, object));
    put_count(json, "address", object->address);
    put_count(json, "opened", object->ordinal);
    put_count(json, "id", object->id);
    put_count(json, "parent", object->parent);
    put_bool(json, "live", object->live);
    put_count(json, "held", object->held);
    put_close(json, '}');
}

static void write_event(struct json_out *json, const struct report *report,
                        const struct residue_event *event, uint64_t references, bool too_many)
{
    put_open(json, NULL, '{', false);
    put_text(json, "event", report_event_name(report, event));
    put_text(json, "by", event->flags & RESIDUE_EVENT_INNER ? "provider" : "client");
    put_count(json, "references", references);
    put_count(json, "returned", event->value);
    put_count(json, "ordinal", event->ordinal);
    put_count(json, "thread", event->thread);
    put_count(json, "sequence", event->sequence);
    put_bool(json, "after_end", event->flags & RESIDUE_EVENT_AFTER_END);
    put_bool(json, "ended_it", event->flags & RESIDUE_EVENT_ENDED_IT);
    put_bool(json, "one_too_many", too_many);
    if (event->site) {
        report_json_stack(json, report, event->site);
    } else {
        put_open(json, "stack", '[', false);
        put_close(json, ']');
    }
    put_close(json, '}');
}

static void write_events(struct json_out *json, const struct report *report,
                         const struct trace_object *object, uint32_t one_too_many)
{
    uint32_t count = object->event_count < EVENTS ? object->event_count : EVENTS;
    uint64_t references = 0;
    put_count(json, "events_unlisted", object->unlisted);
    put_open(json, "events", '[', false);
    for (uint32_t i = 0; i < count; i++) {
        references = report_references(references, &object->event[i]);
        write_event(json, report, &object->event[i], references, i + 1 == one_too_many);
    }
    put_close(json, ']');
}

/* Another that has to do with it. */
static void write_other(struct json_out *json, const struct report *report, const char *key,
                        const struct trace_object *object)
{
    if (!object)
        return;
    put_open(json, key, '{', false);
    write_object(json, report, "object", object);
    write_events(json, report, object, 0);
    put_close(json, '}');
}

void report_json_finding(struct json_out *json, const struct report *report,
                         const struct finding *finding)
{
    put_text(json, "severity", finding_severity(finding));
    put_text(json, "detail", finding->detail);
    if (finding->thread) {
        put_count(json, "thread", finding->thread);
        put_bool(json, "other_threads", finding->other_threads);
    }
    if (finding->kept_count) {
        put_open(json, "keeps", '[', false);
        for (uint32_t i = 0; i < finding->kept_count; i++) {
            const struct finding_kept *kept = &finding->kept[i];
            const struct analysis_call *call = analysis_call_of(report->analysis, kept->path);
            put_open(json, NULL, '{', true);
            put_text(json, "interface", kept->interface);
            put_text(json, "call", call ? call->name : NULL);
            put_count(json, "count", kept->count);
            put_close(json, '}');
        }
        put_close(json, ']');
    }
    if (finding->object) {
        write_object(json, report, "object", finding->object);
        write_events(json, report, finding->object, finding->one_too_many);
    }
    write_other(json, report, "before", finding->before);
    write_other(json, report, "victim", finding->victim);
}

void report_json_call(struct json_out *json, const struct report *report, uint32_t path)
{
    const struct finding *keeper = report_kept_by(report, path);
    const struct analysis_call *call =
        keeper ? analysis_call_of(report->analysis, keeper->path) : NULL;
    put_text(json, "kept_alive_by", call ? call->name : NULL);
}

void report_json_fault(struct json_out *json, const struct report *report)
{
    const struct residue_fault *fault = report->trace->fault;
    if (!fault)
        return;
    put_open(json, "fault", '{', false);
    put_count(json, "code", fault->code);
    put_count(json, "address", fault->address);
    put_count(json, "thread", fault->thread);
    if (fault->site)
        report_json_stack(json, report, fault->site);
    put_close(json, '}');
}

void report_json_budgets(struct json_out *json, const struct report *report)
{
    struct budgets budgets = budgets_of(report->analysis);
    put_open(json, "budgets", '[', false);
    for (size_t i = 0; i < budgets.count; i++) {
        const struct budget *budget = &budgets.budget[i];
        const struct analysis_call *call = analysis_call_of(report->analysis, budget->path);
        put_open(json, NULL, '{', true);
        put_text(json, "interface", budget->about->interface);
        put_text(json, "text", budget->about->text);
        put_count(json, "most", budget->about->most);
        put_count(json, "open", budget->open);
        put_real(json, "per_call", budget->per_call);
        put_text(json, "call", call ? call->name : NULL);
        put_count(json, "calls_left", budget->calls_left);
        put_bool(json, "exact", budget->exact);
        put_close(json, '}');
    }
    put_close(json, ']');
    budgets_free(&budgets);
}
