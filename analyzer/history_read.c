/* From the database to calls and their rates, run by run. */
#include "analyzer/analysis.h"
#include "analyzer/glob.h"
#include "analyzer/history.h"
#include "analyzer/runs.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* Where a call path is among the history's calls. */
struct place {
    char *key;
    uint32_t call;
    UT_hash_handle hh;
};

static char *copy(const char *text)
{
    char *twin = text ? strdup(text) : NULL;
    if (text && !twin)
        analysis_no_memory();
    return twin;
}

static char *column(sqlite3_stmt *statement, int i)
{
    return copy((const char *)sqlite3_column_text(statement, i));
}

static const char *file_name(const char *path)
{
    const char *name = path;
    for (; *path; path++)
        if (*path == '/' || *path == '\\')
            name = path + 1;
    return name;
}

static bool matches(const char *glob, const char *name)
{
    return !glob || glob_matches(glob, name);
}

/* ---- runs ---- */

/* The last of them, as they began. */
static bool read_runs(struct history *history, sqlite3 *database,
                      const struct history_wanted *wanted)
{
    static const char sql[] =
        "SELECT id, time, commit_id, build, label, program, complete FROM runs "
        "ORDER BY time DESC, id DESC";
    size_t room = 0;
    sqlite3_stmt *statement;
    int got = SQLITE_ERROR;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL))
        return false;
    while ((!wanted->last || history->run_count < wanted->last) &&
           (got = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *program = (const char *)sqlite3_column_text(statement, 5);
        if (!program || !matches(wanted->program, file_name(program)))
            continue;
        history->runs =
            analysis_grow(history->runs, sizeof *history->runs, history->run_count, &room);
        history->runs[history->run_count++] =
            (struct history_run){.id = sqlite3_column_int64(statement, 0),
                                 .time = sqlite3_column_double(statement, 1),
                                 .commit = column(statement, 2),
                                 .build = column(statement, 3),
                                 .label = column(statement, 4),
                                 .program = column(statement, 5),
                                 .complete = sqlite3_column_int(statement, 6)};
    }
    for (uint32_t i = 0; i < history->run_count / 2; i++) {
        struct history_run run = history->runs[i];
        history->runs[i] = history->runs[history->run_count - 1 - i];
        history->runs[history->run_count - 1 - i] = run;
    }
    sqlite3_finalize(statement);
    return got == SQLITE_DONE || got == SQLITE_ROW;
}

/* ---- calls ---- */

/* "A > B" of a JSON array of names. */
static char *for_people(const char *path)
{
    json_t *names = json_loads(path, 0, NULL), *name;
    size_t i, size = strlen(path) + 1;
    json_array_foreach(names, i, name) size += json_string_length(name) + 3;
    char *text = analysis_take(size, 1);
    json_array_foreach(names, i, name)
    {
        strcat(text, i ? " > " : "");
        strcat(text, json_is_string(name) ? json_string_value(name) : "?");
    }
    json_decref(names);
    return text;
}

/* The call of that key; NULL: there is none yet. */
static struct history_call *find(struct history *history, struct place *places, const char *key)
{
    struct place *place;
    HASH_FIND_STR(places, key, place);
    return place ? &history->calls[place->call] : NULL;
}

/* A new one; `key` is its place's from now on. */
static struct history_call *add_call(struct history *history, struct place **places, size_t *room,
                                     char *key)
{
    struct place *place = analysis_take(1, sizeof *place);
    place->key = key;
    place->call = history->call_count;
    HASH_ADD_KEYPTR(hh, *places, place->key, strlen(place->key), place);
    history->calls =
        analysis_grow(history->calls, sizeof *history->calls, history->call_count, room);
    return &history->calls[history->call_count++];
}

/* Call paths of one run whose names became the same text stay apart: the first is the first of
 * other runs, the second their second. */
static struct history_call *call_of(struct history *history, struct place **places, size_t *room,
                                    uint32_t run, const char *name, const char *path)
{
    const char *program = file_name(history->runs[run].program);
    size_t size = strlen(program) + strlen(name) + strlen(path) + 32;
    char *key = analysis_take(size, 1);
    struct history_call *call;
    unsigned which = 0;
    do
        snprintf(key, size, "%s\n%s\n%s\n%u", program, path, name, which++);
    while ((call = find(history, *places, key)) && call->rates[call->count - 1].run == run);
    if (call) {
        free(key);
        return call;
    }
    call = add_call(history, places, room, key);
    *call = (struct history_call){.program = copy(program),
                                  .name = copy(name),
                                  .path = copy(path),
                                  .inside = for_people(path)};
    return call;
}

static void add_rate(struct history_call *call, uint32_t run, sqlite3_stmt *statement)
{
    call->rates = analysis_grow(call->rates, sizeof *call->rates, call->count, &call->room);
    struct history_rate *rate = &call->rates[call->count++];
    *rate = (struct history_rate){
        .run = run,
        .count = sqlite3_column_int64(statement, 2),
        .verdict = column(statement, 3),
        .bytes_per_call = sqlite3_column_double(statement, 4),
        .ci95 = {sqlite3_column_double(statement, 5), sqlite3_column_double(statement, 6)},
        .exact = sqlite3_column_int(statement, 7)};
    call->leaks |= rate->verdict && (!strcmp(rate->verdict, verdict_name(VERDICT_LEAK)) ||
                                     !strcmp(rate->verdict, verdict_name(VERDICT_GROWING)));
    if (rate->bytes_per_call > call->most)
        call->most = rate->bytes_per_call;
}

static bool read_calls(struct history *history, sqlite3 *database, const char *glob)
{
    static const char sql[] = "SELECT name, path, count, verdict, bytes_per_call, ci95_low, "
                              "ci95_high, exact FROM calls WHERE run = ? ORDER BY id";
    struct place *places = NULL, *place, *next;
    size_t room = 0;
    int got = SQLITE_DONE;
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL))
        return false;
    for (uint32_t run = 0; run < history->run_count && got == SQLITE_DONE; run++) {
        sqlite3_bind_int64(statement, 1, history->runs[run].id);
        while ((got = sqlite3_step(statement)) == SQLITE_ROW) {
            const char *name = (const char *)sqlite3_column_text(statement, 0);
            const char *path = (const char *)sqlite3_column_text(statement, 1);
            if (name && path && matches(glob, name))
                add_rate(call_of(history, &places, &room, run, name, path), run, statement);
        }
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    HASH_ITER (hh, places, place, next) {
        HASH_DEL(places, place);
        free(place->key);
        free(place);
    }
    return got == SQLITE_DONE;
}

/* ---- which calls, and in which order ---- */

static void free_call(struct history_call *call)
{
    for (uint32_t i = 0; i < call->count; i++)
        free(call->rates[i].verdict);
    free(call->rates);
    free(call->program);
    free(call->name);
    free(call->path);
    free(call->inside);
}

static void leave_out_others(struct history *history)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < history->call_count; i++)
        if (history->calls[i].leaks)
            history->calls[kept++] = history->calls[i];
        else
            free_call(&history->calls[i]);
    history->others = history->call_count - kept;
    history->call_count = kept;
}

static int order(const void *one, const void *other)
{
    const struct history_call *a = one, *b = other;
    double last_a = a->rates[a->count - 1].bytes_per_call;
    double last_b = b->rates[b->count - 1].bytes_per_call;
    if (last_a != last_b)
        return last_a < last_b ? 1 : -1;
    if (a->most != b->most)
        return a->most < b->most ? 1 : -1;
    int by_name = strcmp(a->name, b->name);
    int by_path = by_name ? by_name : strcmp(a->path, b->path);
    return by_path ? by_path : strcmp(a->program, b->program);
}

struct history *history_open(const char *path, const struct history_wanted *wanted, char *problem,
                             size_t problem_size)
{
    sqlite3 *database = runs_open(path, problem, problem_size);
    if (!database)
        return NULL;
    struct history *history = analysis_take(1, sizeof *history);
    if (!read_runs(history, database, wanted) || !read_calls(history, database, wanted->call)) {
        runs_say_why(database, path, problem, problem_size);
        history_close(history);
        history = NULL;
    }
    sqlite3_close(database);
    if (!history)
        return NULL;
    if (!wanted->call)
        leave_out_others(history);
    if (history->call_count)
        qsort(history->calls, history->call_count, sizeof *history->calls, order);
    for (uint32_t i = 1; i < history->run_count; i++)
        history->several_programs |=
            strcmp(file_name(history->runs[i].program), file_name(history->runs[0].program)) != 0;
    return history;
}

void history_close(struct history *history)
{
    for (uint32_t i = 0; i < history->call_count; i++)
        free_call(&history->calls[i]);
    for (uint32_t i = 0; i < history->run_count; i++) {
        free(history->runs[i].commit);
        free(history->runs[i].build);
        free(history->runs[i].label);
        free(history->runs[i].program);
    }
    free(history->calls);
    free(history->runs);
    free(history);
}
