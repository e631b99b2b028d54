/* A comparison as JSON, schema residue-diff/1: keys may be added, none is renamed. */
#include "analyzer/diff.h"
#include "analyzer/report_json_write.h"

static void put_estimate(struct json_out *json, const char *key, struct estimate estimate)
{
    put_open(json, key, '{', true);
    put_real(json, "rate", estimate.rate);
    put_interval(json, "ci95", estimate.low, estimate.high);
    put_bool(json, "exact", statistics_is_exact(estimate));
    put_close(json, '}');
}

static void put_change(struct json_out *json, const char *key, struct difference difference)
{
    put_open(json, key, '{', true);
    put_real(json, "change", difference.change);
    put_interval(json, "ci95", difference.low, difference.high);
    put_real(json, "chance", difference.chance);
    put_close(json, '}');
}

static void put_stack(struct json_out *json, const struct figures_stack *stack)
{
    put_open(json, "stack", '[', false);
    for (size_t i = 0; i < stack->count; i++) {
        const struct figures_frame *frame = &stack->frame[i];
        put_open(json, NULL, '{', true);
        put_place(json, frame->module, frame->offset, frame->function, frame->file, frame->line);
        put_close(json, '}');
    }
    put_close(json, ']');
}

static void put_side(struct json_out *json, const char *key, const struct figures_site *site)
{
    if (!site) {
        put_none(json, key);
        return;
    }
    put_open(json, key, '{', false);
    put_text(json, "verdict", verdict_name(site->verdict));
    put_estimate(json, "bytes_per_call", site->bytes);
    put_estimate(json, "per_call", site->things);
    put_stack(json, &site->stack);
    put_close(json, '}');
}

static void put_site(struct json_out *json, const struct diff_site *site)
{
    const struct compared_site *compared = site->compared;
    put_open(json, NULL, '{', false);
    put_text(json, "change", diff_kind_name(site->kind));
    put_text(json, "resource",
             compared->after ? compared->after->resource : compared->before->resource);
    put_change(json, "bytes_per_call", compared->bytes);
    put_change(json, "per_call", compared->things);
    put_bool(json, "sizes_differ", compared->sizes_differ);
    put_real(json, "chance", site->chance);
    put_side(json, "before", compared->before);
    put_side(json, "after", compared->after);
    put_close(json, '}');
}

static void put_call_side(struct json_out *json, const char *key, const struct figures_call *call)
{
    if (!call) {
        put_none(json, key);
        return;
    }
    put_open(json, key, '{', true);
    put_count(json, "count", call->count);
    put_text(json, "verdict", verdict_name(call->verdict));
    put_estimate(json, "bytes_per_call", call->bytes);
    put_close(json, '}');
}

static void put_call(struct json_out *json, const struct diff_call *call)
{
    put_open(json, NULL, '{', false);
    put_text(json, "name", call->name);
    put_text(json, "within", call->within);
    put_text(json, "change", diff_kind_name(call->kind));
    put_change(json, "bytes_per_call", call->compared.bytes);
    put_call_side(json, "before", call->compared.before);
    put_call_side(json, "after", call->compared.after);
    put_open(json, "sites", '[', false);
    for (size_t i = 0; i < call->compared.count; i++)
        put_site(json, &call->site[i]);
    put_close(json, ']');
    put_close(json, '}');
}

static void put_finding(struct json_out *json, const struct diff_finding *finding)
{
    const struct figures_finding *either = finding->after ? finding->after : finding->before;
    put_open(json, NULL, '{', false);
    put_text(json, "kind", either->kind);
    put_text(json, "call", either->call);
    put_text(json, "change", diff_kind_name(finding->kind));
    put_count(json, "before", finding->before ? finding->before->count : 0);
    put_count(json, "after", finding->after ? finding->after->count : 0);
    put_text(json, "message", either->message);
    put_close(json, '}');
}

static void put_processes(struct json_out *json, const char *key, const struct figures *figures)
{
    put_open(json, key, '[', false);
    for (size_t i = 0; i < figures->process_count; i++) {
        put_open(json, NULL, '{', true);
        put_text(json, "source", figures->process[i].source);
        put_text(json, "command", figures->process[i].command);
        put_count(json, "pid", figures->process[i].pid);
        put_close(json, '}');
    }
    put_close(json, ']');
}

void diff_json(const struct diff *diff, FILE *out)
{
    struct json_out json = {.out = out};
    put_open(&json, NULL, '{', false);
    put_text(&json, "schema", "residue-diff/1");
    put_processes(&json, "before", diff->before);
    put_processes(&json, "after", diff->after);
    put_real(&json, "chance", diff->level);
    put_count(&json, "different", diff->different);
    put_open(&json, "calls", '[', false);
    for (size_t i = 0; i < diff->count; i++)
        put_call(&json, &diff->call[i]);
    put_close(&json, ']');
    put_open(&json, "findings", '[', false);
    for (size_t i = 0; i < diff->finding_count; i++)
        put_finding(&json, &diff->finding[i]);
    put_close(&json, ']');
    put_close(&json, '}');
}
