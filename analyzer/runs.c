#include "analyzer/runs.h"
#include "analyzer/runs_schema.h"
#include "analyzer/utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 120000 }; /* for other writers: one of them may have millions of sites */

/* A problem is one line, whatever the file is called. */
static void say(char *problem, size_t size, const char *path, const char *what)
{
    snprintf(problem, size, "%s: %s", path, what);
    for (char *c = problem; size && *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = '?';
}

void runs_say_why(sqlite3 *database, const char *path, char *problem, size_t size)
{
    char what[512];
    switch (sqlite3_errcode(database) & 0xff) {
    case SQLITE_FULL:
        say(problem, size, path, "can't be written: No space left on device");
        break;
    case SQLITE_NOTADB:
        say(problem, size, path, "not a database");
        break;
    case SQLITE_BUSY:
        say(problem, size, path, "another program has been writing to it for two minutes");
        break;
    default:
        snprintf(what, sizeof what, "%s", sqlite3_errmsg(database));
        say(problem, size, path, what);
    }
}

/* ---- statements ---- */

static int bind_text(sqlite3_stmt *statement, int at, const char *bytes)
{
    char *text = bytes ? utf8_copy(bytes) : NULL;
    if (bytes && !text)
        return SQLITE_NOMEM;
    return sqlite3_bind_text(statement, at, text, -1, free);
}

static int bind(sqlite3_stmt *statement, int at, char type, va_list *values)
{
    int64_t whole;
    uint64_t count;
    double real;
    switch (type) {
    case 't':
        return bind_text(statement, at, va_arg(*values, const char *));
    case 'u':
        count = va_arg(*values, uint64_t);
        return sqlite3_bind_int64(statement, at, count > INT64_MAX ? INT64_MAX : (int64_t)count);
    case 'r':
        real = va_arg(*values, double);
        return isfinite(real) ? sqlite3_bind_double(statement, at, real)
                              : sqlite3_bind_null(statement, at);
    default:
        whole = va_arg(*values, int64_t);
        return type == 'n' && !whole ? sqlite3_bind_null(statement, at)
                                     : sqlite3_bind_int64(statement, at, whole);
    }
}

/* Statements are made once: the next of the same text is found among the database's own. */
static sqlite3_stmt *statement_of(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    while ((statement = sqlite3_next_stmt(database, statement)))
        if (sqlite3_sql(statement) && !strcmp(sqlite3_sql(statement), sql))
            return statement;
    if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL))
        return NULL;
    return statement;
}

/* Up to its first row; what sqlite3_step said of it, or an error. */
static int run(sqlite3_stmt *statement, const char *types, va_list *values)
{
    int error = SQLITE_OK;
    for (int at = 1; types[at - 1] && !error; at++)
        error = bind(statement, at, types[at - 1], values);
    return error ? error : sqlite3_step(statement);
}

bool runs_put(sqlite3 *database, const char *sql, const char *types, ...)
{
    sqlite3_stmt *statement = statement_of(database, sql);
    va_list values;
    if (!statement)
        return false;
    va_start(values, types);
    int got = run(statement, types, &values);
    va_end(values);
    /* What failed in the step is told again here. */
    return sqlite3_reset(statement) == SQLITE_OK && got == SQLITE_DONE;
}

bool runs_find(sqlite3 *database, int64_t *found, const char *sql, const char *types, ...)
{
    sqlite3_stmt *statement = statement_of(database, sql);
    va_list values;
    *found = 0;
    if (!statement)
        return false;
    va_start(values, types);
    int got = run(statement, types, &values);
    va_end(values);
    if (got == SQLITE_ROW)
        *found = sqlite3_column_int64(statement, 0);
    return sqlite3_reset(statement) == SQLITE_OK && (got == SQLITE_ROW || got == SQLITE_DONE);
}

/* ---- opening ---- */

static bool number(sqlite3 *database, const char *sql, int64_t *value)
{
    sqlite3_stmt *statement;
    bool got = sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK &&
               sqlite3_step(statement) == SQLITE_ROW;
    if (got)
        *value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return got;
}

/* What a database is. An empty one is nobody's yet. */
enum kind { OURS, EMPTY, STRANGE };

static enum kind kind_of(sqlite3 *database, const char *path, char *problem, size_t size)
{
    int64_t application, version, tables;
    char what[128];
    if (!number(database, "PRAGMA application_id", &application) ||
        !number(database, "PRAGMA user_version", &version) ||
        !number(database, "SELECT count(*) FROM sqlite_master", &tables)) {
        runs_say_why(database, path, problem, size);
        return STRANGE;
    }
    if (!application && !version && !tables)
        return EMPTY;
    if (application != RUNS_APPLICATION) {
        say(problem, size, path, "a database of another program");
        return STRANGE;
    }
    if (version == RUNS_VERSION)
        return OURS;
    snprintf(what, sizeof what, "its schema is %lld, this residue knows %d", (long long)version,
             RUNS_VERSION);
    say(problem, size, path, what);
    return STRANGE;
}

static sqlite3 *open_database(const char *path, int flags, char *problem, size_t size)
{
    sqlite3 *database = NULL;
    if (sqlite3_open_v2(path, &database, flags, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(database, WAIT_MS);
        return database;
    }
    if (database)
        runs_say_why(database, path, problem, size);
    else
        say(problem, size, path, "no memory");
    sqlite3_close(database);
    return NULL;
}

static bool make_schema(sqlite3 *database)
{
    char pragmas[128];
    snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             RUNS_APPLICATION, RUNS_VERSION);
    return sqlite3_exec(database, RUNS_SCHEMA, NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_exec(database, pragmas, NULL, NULL, NULL) == SQLITE_OK;
}

/* Looked at inside the transaction: of two that come to an empty one, one makes its tables. */
sqlite3 *runs_append_to(const char *path, char *problem, size_t size)
{
    sqlite3 *database =
        open_database(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, problem, size);
    if (!database)
        return NULL;
    if (sqlite3_exec(database, "PRAGMA foreign_keys = ON; BEGIN IMMEDIATE", NULL, NULL, NULL)) {
        runs_say_why(database, path, problem, size);
    } else {
        enum kind kind = kind_of(database, path, problem, size);
        if (kind == OURS || (kind == EMPTY && make_schema(database)))
            return database;
        if (kind == EMPTY)
            runs_say_why(database, path, problem, size);
        sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    }
    sqlite3_close(database);
    return NULL;
}

bool runs_end(sqlite3 *database, const char *path, bool keep, char *problem, size_t size)
{
    sqlite3_stmt *statement;
    if (!keep)
        runs_say_why(database, path, problem, size);
    while ((statement = sqlite3_next_stmt(database, NULL)))
        sqlite3_finalize(statement);
    if (keep && sqlite3_exec(database, "COMMIT", NULL, NULL, NULL)) {
        runs_say_why(database, path, problem, size);
        keep = false;
    }
    if (!keep && !sqlite3_get_autocommit(database)) /* a full disk may have ended it already */
        sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(database);
    return keep;
}

/* Not for reading only: what a writer that was killed has left half done is put right first. A file
 * that may only be read is opened so by itself. */
sqlite3 *runs_open(const char *path, char *problem, size_t size)
{
    sqlite3 *database = open_database(path, SQLITE_OPEN_READWRITE, problem, size);
    if (!database)
        return NULL;
    enum kind kind = kind_of(database, path, problem, size);
    if (kind == OURS)
        return database;
    if (kind == EMPTY)
        say(problem, size, path, "no run has been exported to it");
    sqlite3_close(database);
    return NULL;
}
