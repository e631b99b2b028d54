#include "analyzer/report_json_write.h"
#include "analyzer/utf8.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

/* 15 digits are what a double holds of any decimal: 0.1 is written as 0.1. */
enum { FLAGS = JSON_ENCODE_ANY | JSON_REAL_PRECISION(15) };

static _Noreturn void no_memory(void)
{
    fputs("residue report: no memory\n", stderr);
    exit(2);
}

/* Neither an end tag nor a comment begins without a "<". */
static void dump_in_html(struct json_out *json, const json_t *value)
{
    char *text = json_dumps(value, FLAGS | JSON_ENSURE_ASCII);
    if (!text)
        no_memory();
    for (char *at = text; *at;) {
        size_t plain = strcspn(at, "<>&");
        fwrite(at, 1, plain, json->out);
        at += plain;
        if (*at)
            fprintf(json->out, "\\u%04x", (unsigned)*at++);
    }
    free(text);
}

static void dump(struct json_out *json, json_t *value)
{
    if (!value)
        no_memory();
    if (json->in_html && json_is_string(value))
        dump_in_html(json, value);
    else
        json_dumpf(value, json->out, FLAGS); /* what can't be written, the stream remembers */
    json_decref(value);
}

/* What is no UTF-8 becomes U+FFFD. */
static json_t *string_of(const char *bytes)
{
    char *clean = utf8_copy(bytes);
    json_t *string = clean ? json_string_nocheck(clean) : NULL;
    free(clean);
    return string;
}

static void new_line(struct json_out *json)
{
    if (json->flat || json->in_html)
        return;
    putc('\n', json->out);
    for (unsigned i = 0; i < json->depth; i++)
        fputs("  ", json->out);
}

/* What stands before a value. */
static void lead(struct json_out *json, const char *key)
{
    if (json->begun)
        fputs(json->flat && !json->in_html ? ", " : ",", json->out);
    if (json->depth)
        new_line(json);
    json->begun = true;
    if (key) {
        dump(json, string_of(key));
        fputs(json->in_html ? ":" : ": ", json->out);
    }
}

void put_open(struct json_out *json, const char *key, char bracket, bool flat)
{
    lead(json, key);
    putc(bracket, json->out);
    json->depth++;
    json->begun = false;
    if (flat && !json->flat) {
        json->flat = true;
        json->flat_depth = json->depth;
    }
}

void put_close(struct json_out *json, char bracket)
{
    bool was_flat = json->flat;
    if (json->flat && json->flat_depth == json->depth)
        json->flat = false;
    json->depth--;
    if (json->begun && !was_flat)
        new_line(json);
    putc(bracket, json->out);
    json->begun = true;
    if (!json->depth)
        putc('\n', json->out);
}

static void put(struct json_out *json, const char *key, json_t *value)
{
    lead(json, key);
    dump(json, value);
}

void put_text(struct json_out *json, const char *key, const char *bytes)
{
    put(json, key, bytes ? string_of(bytes) : json_null());
}

void put_texts(struct json_out *json, const char *key, const char *const *texts, uint32_t count)
{
    put_open(json, key, '[', true);
    for (uint32_t i = 0; i < count; i++)
        put_text(json, NULL, texts[i]);
    put_close(json, ']');
}

void put_count(struct json_out *json, const char *key, uint64_t count)
{
    /* More than 63 bits hold is more than readers do. */
    put(json, key, json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count));
}

void put_real(struct json_out *json, const char *key, double real)
{
    put(json, key, isfinite(real) ? json_real(real) : json_null());
}

void put_interval(struct json_out *json, const char *key, double low, double high)
{
    put_open(json, key, '[', true);
    put_real(json, NULL, low);
    put_real(json, NULL, high);
    put_close(json, ']');
}

void put_bool(struct json_out *json, const char *key, bool value)
{
    put(json, key, json_boolean(value));
}

void put_none(struct json_out *json, const char *key)
{
    put(json, key, json_null());
}

void put_place(struct json_out *json, const char *module, uint64_t offset, const char *function,
               const char *file, uint64_t line)
{
    put_text(json, "module", module);
    put_count(json, "offset", offset);
    put_text(json, "function", function);
    put_text(json, "file", file);
    if (line)
        put_count(json, "line", line);
    else
        put_none(json, "line");
}
