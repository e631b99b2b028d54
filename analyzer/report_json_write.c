#include "analyzer/report_json_write.h"
#include "analyzer/utf8.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

static void quoted(struct json *json, const char *bytes)
{
    putc_unlocked('"', json->out);
    while (*bytes) {
        size_t plain = 0;
        while (bytes[plain] >= 0x20 && bytes[plain] < 0x7f && bytes[plain] != '"' &&
               bytes[plain] != '\\')
            plain++;
        fwrite_unlocked(bytes, 1, plain, json->out);
        bytes += plain;
        if (!*bytes)
            break;
        uint32_t character;
        size_t length = utf8_next(bytes, &character);
        if (!length)
            fputs_unlocked("\xef\xbf\xbd", json->out);
        else if (character < 0x20)
            fprintf(json->out, "\\u%04" PRIX32, character);
        else if (character == '"' || character == '\\')
            fprintf(json->out, "\\%c", (char)character);
        else
            fwrite(bytes, 1, length, json->out);
        bytes += length ? length : 1;
    }
    putc_unlocked('"', json->out);
}

static void new_line(struct json *json)
{
    if (json->flat)
        return;
    putc_unlocked('\n', json->out);
    for (unsigned i = 0; i < json->depth; i++)
        fputs_unlocked("  ", json->out);
}

/* What stands before a value. */
static void lead(struct json *json, const char *key)
{
    if (json->begun)
        fputs_unlocked(json->flat ? ", " : ",", json->out);
    if (json->depth)
        new_line(json);
    json->begun = true;
    if (key) {
        quoted(json, key);
        fputs_unlocked(": ", json->out);
    }
}

void json_open(struct json *json, const char *key, char bracket, bool flat)
{
    lead(json, key);
    putc_unlocked(bracket, json->out);
    json->depth++;
    json->begun = false;
    if (flat && !json->flat) {
        json->flat = true;
        json->flat_depth = json->depth;
    }
}

void json_close(struct json *json, char bracket)
{
    bool was_flat = json->flat;
    if (json->flat && json->flat_depth == json->depth)
        json->flat = false;
    json->depth--;
    if (json->begun && !was_flat)
        new_line(json);
    putc_unlocked(bracket, json->out);
    json->begun = true;
    if (!json->depth)
        putc_unlocked('\n', json->out);
}

void json_text(struct json *json, const char *key, const char *bytes)
{
    lead(json, key);
    if (bytes)
        quoted(json, bytes);
    else
        fputs_unlocked("null", json->out);
}

void json_count(struct json *json, const char *key, uint64_t count)
{
    lead(json, key);
    /* More than 63 bits hold is more than readers do. */
    fprintf(json->out, "%" PRIu64, count > INT64_MAX ? INT64_MAX : count);
}

void json_real(struct json *json, const char *key, double real)
{
    char digits[40];
    if (!isfinite(real)) {
        json_none(json, key);
        return;
    }
    lead(json, key);
    /* 15 digits are what a double holds of any decimal: 0.1 prints as 0.1. */
    snprintf(digits, sizeof digits, "%.15g", real);
    fprintf(json->out, strpbrk(digits, ".e") ? "%s" : "%s.0", digits);
}

void json_bool(struct json *json, const char *key, bool value)
{
    lead(json, key);
    fputs_unlocked(value ? "true" : "false", json->out);
}

void json_none(struct json *json, const char *key)
{
    lead(json, key);
    fputs_unlocked("null", json->out);
}
