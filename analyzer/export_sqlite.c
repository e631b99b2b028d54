/* One more run in a database of runs (runs_schema.h), in one transaction. */
#include "analyzer/export.h"
#include "analyzer/report_json_write.h"
#include "analyzer/runs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef RESIDUE_VERSION
#define RESIDUE_VERSION "0.1"
#endif

struct appending {
    sqlite3 *database;
    struct export *export;
    int64_t run;
    int64_t *call;  /* by index of the analysis: its row */
    int64_t *stack; /* by stack of the trace: its row; 0 = not yet */
    int64_t **line; /* by frame of the trace and line of it: their rows; NULL = not yet */
};

bool export_has_sqlite(void)
{
    return true;
}

static int64_t last_row(const struct appending *to)
{
    return sqlite3_last_insert_rowid(to->database);
}

/* ---- JSON in columns ---- */

struct column {
    struct json_out json;
    char *text;
    size_t size;
};

static void column_begin(struct column *column)
{
    *column = (struct column){0};
    column->json.out = open_memstream(&column->text, &column->size);
    column->json.flat = true; /* all of it */
    if (!column->json.out)
        analysis_no_memory();
}

/* The text, to be freed. */
static char *column_end(struct column *column)
{
    if (fclose(column->json.out))
        analysis_no_memory();
    column->text[strcspn(column->text, "\n")] = 0; /* strings have theirs escaped */
    return column->text;
}

static char *names(const char *const *name, uint32_t count)
{
    struct column column;
    column_begin(&column);
    put_texts(&column.json, NULL, name, count);
    return column_end(&column);
}

/* ---- stacks ---- */

/* FNV-1a, 64 bits. */
static int64_t hash_of(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    return (int64_t)hash;
}

/* The row of a line; other runs may have had it, too. */
static bool put_frame(struct appending *to, const struct report_frame *frame, int64_t *row)
{
    static const char find[] =
        "SELECT id FROM frames WHERE offset = ? AND module IS ? AND function IS ? AND file IS ? "
        "AND line IS nullif(?, 0) AND inlined = ?";
    static const char add[] = "INSERT INTO frames (offset, module, function, file, line, inlined) "
                              "VALUES (?, ?, ?, ?, nullif(?, 0), ?)";
    bool fine =
        runs_find(to->database, row, find, "utttii", frame->offset, frame->module, frame->function,
                  frame->file, (int64_t)frame->line, (int64_t)frame->inlined);
    if (!fine || *row)
        return fine;
    fine = runs_put(to->database, add, "utttii", frame->offset, frame->module, frame->function,
                    frame->file, (int64_t)frame->line, (int64_t)frame->inlined);
    *row = last_row(to);
    return fine;
}

/* The rows of a frame's lines. */
static bool put_lines(struct appending *to, uint32_t frame)
{
    const struct report_stack *lines = export_frame_of(to->export, frame);
    bool fine = true;
    if (to->line[frame])
        return true;
    to->line[frame] = analysis_take(lines->count, sizeof **to->line);
    for (size_t i = 0; i < lines->count && fine; i++)
        fine = put_frame(to, &lines->frame[i], &to->line[frame][i]);
    return fine;
}

/* Its frames' rows as JSON, to be freed. */
static char *frames(const struct appending *to, uint32_t stack)
{
    const struct trace_stack *from = &to->export->report->trace->stacks[stack];
    struct column column;
    column_begin(&column);
    put_open(&column.json, NULL, '[', true);
    for (uint32_t i = 0; stack && i < from->depth; i++)
        for (size_t k = 0; k < export_frame_of(to->export, from->frame[i])->count; k++)
            put_count(&column.json, NULL, (uint64_t)to->line[from->frame[i]][k]);
    put_close(&column.json, ']');
    return column_end(&column);
}

static bool put_stack(struct appending *to, uint32_t site, int64_t *row)
{
    const struct trace *trace = to->export->report->trace;
    uint32_t stack = trace->sites[site].stack;
    const struct trace_stack *from = &trace->stacks[stack];
    int64_t cut = stack && from->flags & (RESIDUE_STACK_TRUNCATED | RESIDUE_STACK_INCOMPLETE);
    bool fine = true;
    *row = to->stack[stack];
    if (*row)
        return true;
    for (uint32_t i = 0; stack && i < from->depth && fine; i++)
        fine = put_lines(to, from->frame[i]);
    if (!fine)
        return false;
    char *text = frames(to, stack);
    fine = runs_find(to->database, row,
                     "SELECT id FROM stacks WHERE hash = ? AND frames = ? AND cut = ?", "iti",
                     hash_of(text), text, cut);
    if (fine && !*row) {
        fine = runs_put(to->database, "INSERT INTO stacks VALUES (NULL, ?, ?, ?)", "iti",
                        hash_of(text), text, cut);
        *row = last_row(to);
    }
    to->stack[stack] = *row;
    free(text);
    return fine;
}

/* ---- the run ---- */

static bool put_run(struct appending *to)
{
    const struct report *report = to->export->report;
    const struct trace *trace = report->trace;
    const struct residue_header *header = &trace->header;
    const struct memory *memory = &report->memory;
    bool ended = report_ended(header);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char *arguments = names((const char *const *)trace->arguments, trace->argument_count);
    bool fine = runs_put(
        to->database,
        "INSERT INTO runs VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?)",
        "rrrtttttitttrituuurt", (double)header->start_unix_ns / 1e9,
        ended ? (double)header->end_ns / 1e9 : (double)NAN,
        (double)now.tv_sec + (double)now.tv_nsec / 1e9, to->export->commit, to->export->build,
        to->export->label, header->program, arguments, (int64_t)header->pid, report_arch(header),
        report_system(header), report_exit(header),
        ended ? (double)header->exit_status : (double)NAN,
        (int64_t)(!(header->flags & RESIDUE_FLAG_INCOMPLETE) && !trace->truncated),
        *header->trouble ? header->trouble : NULL, header->missed,
        report->analysis->outside_survivors, report->analysis->outside_bytes,
        memory->meaningful ? memory->explained : (double)NAN, RESIDUE_VERSION);
    free(arguments);
    to->run = last_row(to);
    return fine;
}

static bool put_memory(struct appending *to)
{
    const struct trace *trace = to->export->report->trace;
    bool fine = true;
    for (uint32_t i = 0; i < trace->checkpoint_count && fine; i++) {
        const struct trace_checkpoint *checkpoint = &trace->checkpoints[i];
        fine = runs_put(to->database, "INSERT INTO memory VALUES (?, ?, nullif(?, 0), ?)", "iruu",
                        to->run, (double)checkpoint->time_ns / 1e9, checkpoint->private_bytes,
                        checkpoint->tracked_bytes);
    }
    return fine;
}

/* ---- calls, sites, findings ---- */

static bool put_call(struct appending *to, uint32_t i)
{
    const struct analysis_call *call = &to->export->report->analysis->calls[i];
    char *path = names(call->outer, call->outer_count);
    bool fine = runs_put(
        to->database, "INSERT INTO calls VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "ittuutrrrirruu", to->run, call->name, path, call->count, call->finished,
        verdict_name(call->verdict), call->bytes_per_call, call->ci95[0], call->ci95[1],
        (int64_t)call->exact, call->inclusive_bytes_per_call, call->observed_bytes_per_call,
        call->survivors, call->bytes);
    free(path);
    to->call[i] = last_row(to);
    for (uint32_t k = 0; k < call->thing_count && fine; k++)
        fine = runs_put(to->database, "INSERT INTO things VALUES (?, ?, ?)", "itr", to->call[i],
                        to->export->report->trace->kinds[call->things[k].kind].name,
                        call->things[k].per_call);
    return fine;
}

static bool put_site(struct appending *to, const struct export_sample *sample)
{
    const struct analysis *analysis = to->export->report->analysis;
    const struct analysis_site *site = sample->site;
    const struct verdict *verdict = &site->verdict;
    const char *kind = export_kind_of(to->export, sample);
    int64_t stack;
    if (!put_stack(to, site->site, &stack))
        return false;
    if (!sample->call)
        return runs_put(to->database,
                        "INSERT INTO sites (run, stack, resource, survivors, bytes) "
                        "VALUES (?, ?, ?, ?, ?)",
                        "iituu", to->run, stack, kind, site->survivors, site->bytes);
    return runs_put(to->database,
                    "INSERT INTO sites VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    "iiittrrrrrrituu", to->run, to->call[sample->call - analysis->calls], stack,
                    kind, verdict_name(verdict->kind), verdict->bytes_per_call, verdict->ci95[0],
                    verdict->ci95[1], verdict->per_call, verdict->things95[0], verdict->things95[1],
                    (int64_t)verdict->exact, growth_name(verdict->growth), site->survivors,
                    site->bytes);
}

static bool put_finding(struct appending *to, const struct finding *finding)
{
    static const char *const per[] = {"call", "load", NULL};
    const struct report *report = to->export->report;
    const struct analysis_call *call = analysis_call_of(report->analysis, finding->path);
    const char *module = finding->module ? report->trace->modules[finding->module].path : NULL;
    bool fine = runs_put(
        to->database, "INSERT INTO findings VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "intutrrtttt", to->run, call ? to->call[call - report->analysis->calls] : (int64_t)0,
        finding_kind_name(finding->kind), finding->count, per[finding->per], finding->per_call,
        finding->bytes_per_call, finding->message, finding->detail, finding_severity(finding),
        module);
    int64_t row = last_row(to), stack;
    for (uint32_t i = 0; i < finding->stack_count && fine; i++)
        fine = put_stack(to, finding->stacks[i].site, &stack) &&
               runs_put(to->database, "INSERT INTO finding_stacks VALUES (?, ?, ?, ?)", "itui", row,
                        finding->stacks[i].role, finding->stacks[i].count, stack);
    return fine;
}

static bool put_all(struct appending *to)
{
    const struct report *report = to->export->report;
    struct export_sample sample = {0};
    bool fine = put_run(to);
    for (uint32_t i = 0; i < report->analysis->call_count && fine; i++)
        fine = put_call(to, i);
    while (fine && export_next(to->export, &sample))
        fine = put_site(to, &sample);
    for (uint32_t i = 0; i < report->findings.count && fine; i++)
        fine = put_finding(to, &report->findings.finding[i]);
    return fine && put_memory(to);
}

/* Looks every frame up before the database is locked: that may take long. */
static void look_up(struct export *export)
{
    for (uint32_t i = 0; i < export->report->trace->frame_count; i++)
        export_frame_of(export, i);
}

bool export_sqlite(struct export *export, const char *path, char *problem, size_t size)
{
    const struct report *report = export->report;
    look_up(export);
    struct appending to = {.database = runs_append_to(path, problem, size), .export = export};
    if (!to.database)
        return false;
    to.call = analysis_take((size_t)report->analysis->call_count + 1, sizeof *to.call);
    to.stack = analysis_take((size_t)report->trace->stack_count + 1, sizeof *to.stack);
    to.line = analysis_take((size_t)report->trace->frame_count + 1, sizeof *to.line);
    bool fine = put_all(&to);
    for (uint32_t i = 0; i < report->trace->frame_count; i++)
        free(to.line[i]);
    free(to.line);
    free(to.call);
    free(to.stack);
    return runs_end(to.database, path, fine, problem, size);
}
