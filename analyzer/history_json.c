/* The history as JSON, schema residue-history/1: keys may be added, none is renamed. */
#include "analyzer/history.h"
#include "analyzer/report_json_write.h"

#include <jansson.h>

static void put_run(struct json_out *json, const struct history_run *run)
{
    put_open(json, NULL, '{', true);
    put_count(json, "run", (uint64_t)run->id);
    put_real(json, "time", run->time);
    put_text(json, "commit", run->commit);
    put_text(json, "build", run->build);
    put_text(json, "label", run->label);
    put_text(json, "program", run->program);
    put_bool(json, "complete", run->complete);
    put_close(json, '}');
}

static void put_rate(struct json_out *json, const struct history *history,
                     const struct history_rate *rate)
{
    put_open(json, NULL, '{', true);
    put_count(json, "run", (uint64_t)history->runs[rate->run].id);
    put_count(json, "count", (uint64_t)rate->count);
    put_text(json, "verdict", rate->verdict);
    put_real(json, "bytes_per_call", rate->bytes_per_call);
    put_interval(json, "ci95", rate->ci95[0], rate->ci95[1]);
    put_bool(json, "exact", rate->exact);
    put_close(json, '}');
}

static void put_call(struct json_out *json, const struct history *history,
                     const struct history_call *call)
{
    json_t *path = json_loads(call->path, 0, NULL), *name;
    size_t i;
    put_open(json, NULL, '{', false);
    put_text(json, "name", call->name);
    put_open(json, "path", '[', true);
    json_array_foreach(path, i, name) put_text(json, NULL, json_string_value(name));
    put_close(json, ']');
    put_text(json, "program", call->program);
    put_open(json, "rates", '[', false);
    for (uint32_t k = 0; k < call->count; k++)
        put_rate(json, history, &call->rates[k]);
    put_close(json, ']');
    put_close(json, '}');
    json_decref(path);
}

void history_json(const struct history *history, FILE *out)
{
    struct json_out json = {.out = out};
    put_open(&json, NULL, '{', false);
    put_text(&json, "schema", "residue-history/1");
    put_open(&json, "runs", '[', false);
    for (uint32_t i = 0; i < history->run_count; i++)
        put_run(&json, &history->runs[i]);
    put_close(&json, ']');
    put_open(&json, "calls", '[', false);
    for (uint32_t i = 0; i < history->call_count; i++)
        put_call(&json, history, &history->calls[i]);
    put_close(&json, ']');
    put_count(&json, "others", history->others);
    put_close(&json, '}');
}
