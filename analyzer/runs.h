/* The database of runs (runs_schema.h): opening it, and statements on it. */
#ifndef ANALYZER_RUNS_H
#define ANALYZER_RUNS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens the database at `path` to append to it, made if it is not there, and begins the one
 * transaction that this is done in. Waits for another writer. NULL, with one line (no newline) in
 * `problem`, when it can't be used: then it is as it was. */
sqlite3 *runs_append_to(const char *path, char *problem, size_t problem_size);

/* Ends the transaction: with `keep` all of it is there, else nothing. Closes the database in any
 * case. False with one line in `problem` when something was not kept that should have been. */
bool runs_end(sqlite3 *, const char *path, bool keep, char *problem, size_t problem_size);

/* Opens the database at `path` to be read. NULL with one line in `problem`. */
sqlite3 *runs_open(const char *path, char *problem, size_t problem_size);

/* What went wrong with a database, in one line (no newline). */
void runs_say_why(sqlite3 *, const char *path, char *problem, size_t problem_size);

/* Runs a statement of SQL with values for its parameters; `types` has a letter for each:
 *   t const char *, any bytes (NULL = null)   i int64_t   u uint64_t (at most 2^63 - 1)
 *   r double (null if it is no number)        n int64_t (null if 0)
 * False: it failed, and the database remembers why. */
bool runs_put(sqlite3 *, const char *sql, const char *types, ...);

/* The first column of the first row that a SELECT finds, with parameters as above; 0 when there is
 * none. False: it failed. */
bool runs_find(sqlite3 *, int64_t *found, const char *sql, const char *types, ...);

#endif
