/*
 * The database of runs, schema 1: what `residue export --format sqlite` appends to, and `residue
 * history` and people's queries read.
 *
 *   runs       one for each exported trace: when it began, what it was built from, how it ended
 *   calls      one for each call path of a run: its rate, interval, verdict
 *   things     how many things of each kind a call leaves, per call
 *   sites      where what is left was acquired; call is NULL for what is outside of calls
 *   frames     lines of stacks, as in the report's JSON; each once for all runs
 *   stacks     frames' numbers as a JSON array, innermost first; each once for all runs
 *   findings   what the report says beyond rates; finding_stacks the stacks that show it
 *   memory     private and tracked bytes over the run's time
 *
 * and to look at it: rates (calls with their runs, oldest first) and stack_frames (stacks,
 * unpacked).
 *
 * Figures are those of the report's JSON, to the bit. path is the calls around a call as a JSON
 * array, outermost first. PRAGMA application_id tells that a database is one of these, user_version
 * which schema it has: it grows with each change of the tables.
 */
#ifndef ANALYZER_RUNS_SCHEMA_H
#define ANALYZER_RUNS_SCHEMA_H

#define RUNS_APPLICATION 0x52457355 /* "REsU" */
#define RUNS_VERSION     1

#define RUNS_SCHEMA                                                                                \
    "CREATE TABLE runs ("                                                                          \
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"                                                      \
    "  time REAL NOT NULL," /* when it began, seconds since 1970; 0: not known */                  \
    "  seconds REAL,"       /* how long it took; NULL: its end was not seen */                     \
    "  exported REAL NOT NULL,"                                                                    \
    "  commit_id TEXT,"                                                                            \
    "  build TEXT,"                                                                                \
    "  label TEXT,"                                                                                \
    "  program TEXT NOT NULL,"                                                                     \
    "  arguments TEXT NOT NULL," /* JSON array */                                                  \
    "  pid INTEGER NOT NULL,"                                                                      \
    "  arch TEXT,"                                                                                 \
    "  os TEXT,"                                                                                   \
    "  exit_kind TEXT NOT NULL," /* exited, signaled, running */                                   \
    "  exit_status INTEGER,"                                                                       \
    "  complete INTEGER NOT NULL,"                                                                 \
    "  trouble TEXT,"                                                                              \
    "  missed INTEGER NOT NULL,"                                                                   \
    "  outside_survivors INTEGER NOT NULL,"                                                        \
    "  outside_bytes INTEGER NOT NULL,"                                                            \
    "  explained REAL,"                                                                            \
    "  residue TEXT NOT NULL);" /* version that exported it */                                     \
    "CREATE TABLE calls ("                                                                         \
    "  id INTEGER PRIMARY KEY,"                                                                    \
    "  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,"                                    \
    "  name TEXT NOT NULL,"                                                                        \
    "  path TEXT NOT NULL,"                                                                        \
    "  count INTEGER NOT NULL,"                                                                    \
    "  finished INTEGER NOT NULL,"                                                                 \
    "  verdict TEXT NOT NULL,"                                                                     \
    "  bytes_per_call REAL,"                                                                       \
    "  ci95_low REAL,"                                                                             \
    "  ci95_high REAL,"                                                                            \
    "  exact INTEGER NOT NULL,"                                                                    \
    "  inclusive_bytes_per_call REAL,"                                                             \
    "  observed_bytes_per_call REAL,"                                                              \
    "  survivors INTEGER NOT NULL,"                                                                \
    "  bytes INTEGER NOT NULL);"                                                                   \
    "CREATE INDEX calls_by_run ON calls (run);"                                                    \
    "CREATE INDEX calls_by_name ON calls (name);"                                                  \
    "CREATE TABLE things ("                                                                        \
    "  call INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,"                                  \
    "  kind TEXT NOT NULL,"                                                                        \
    "  per_call REAL);"                                                                            \
    "CREATE INDEX things_by_call ON things (call);"                                                \
    "CREATE TABLE frames ("                                                                        \
    "  id INTEGER PRIMARY KEY,"                                                                    \
    "  module TEXT," /* path; NULL: in none */                                                     \
    "  offset INTEGER NOT NULL,"                                                                   \
    "  function TEXT," /* NULL: not known, as are file and line */                                 \
    "  file TEXT,"                                                                                 \
    "  line INTEGER,"                                                                              \
    "  inlined INTEGER NOT NULL);" /* into the next */                                             \
    "CREATE INDEX frames_by_offset ON frames (offset);"                                            \
    "CREATE TABLE stacks ("                                                                        \
    "  id INTEGER PRIMARY KEY,"                                                                    \
    "  hash INTEGER NOT NULL," /* of frames */                                                     \
    "  frames TEXT NOT NULL,"  /* JSON */                                                          \
    "  cut INTEGER NOT NULL);" /* deeper than recorded */                                          \
    "CREATE INDEX stacks_by_hash ON stacks (hash);"                                                \
    "CREATE TABLE sites ("                                                                         \
    "  id INTEGER PRIMARY KEY,"                                                                    \
    "  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,"                                    \
    "  call INTEGER REFERENCES calls ON DELETE CASCADE,"                                           \
    "  stack INTEGER NOT NULL REFERENCES stacks,"                                                  \
    "  resource TEXT NOT NULL,"                                                                    \
    "  verdict TEXT," /* this and what follows: NULL outside */                                    \
    "  bytes_per_call REAL,"                                                                       \
    "  ci95_low REAL,"                                                                             \
    "  ci95_high REAL,"                                                                            \
    "  per_call REAL,"                                                                             \
    "  per_call_ci95_low REAL,"                                                                    \
    "  per_call_ci95_high REAL,"                                                                   \
    "  exact INTEGER,"                                                                             \
    "  growth TEXT,"                                                                               \
    "  survivors INTEGER NOT NULL,"                                                                \
    "  bytes INTEGER NOT NULL);"                                                                   \
    "CREATE INDEX sites_by_run ON sites (run);"                                                    \
    "CREATE INDEX sites_by_call ON sites (call);"                                                  \
    "CREATE TABLE findings ("                                                                      \
    "  id INTEGER PRIMARY KEY,"                                                                    \
    "  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,"                                    \
    "  call INTEGER REFERENCES calls ON DELETE CASCADE,"                                           \
    "  kind TEXT NOT NULL,"                                                                        \
    "  count INTEGER NOT NULL,"                                                                    \
    "  per TEXT," /* what the rates count by: call, load */                                        \
    "  per_call REAL,"                                                                             \
    "  bytes_per_call REAL,"                                                                       \
    "  message TEXT NOT NULL,"                                                                     \
    "  detail TEXT,"            /* a further sentence, or NULL */                                  \
    "  severity TEXT NOT NULL," /* error, remark */                                                \
    "  module TEXT);"                                                                              \
    "CREATE INDEX findings_by_run ON findings (run);"                                              \
    "CREATE TABLE finding_stacks ("                                                                \
    "  finding INTEGER NOT NULL REFERENCES findings ON DELETE CASCADE,"                            \
    "  role TEXT NOT NULL,"                                                                        \
    "  count INTEGER NOT NULL,"                                                                    \
    "  stack INTEGER NOT NULL REFERENCES stacks);"                                                 \
    "CREATE INDEX finding_stacks_by_finding ON finding_stacks (finding);"                          \
    "CREATE TABLE memory ("                                                                        \
    "  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,"                                    \
    "  seconds REAL NOT NULL,"                                                                     \
    "  private_bytes INTEGER," /* NULL: not known */                                               \
    "  tracked_bytes INTEGER NOT NULL);"                                                           \
    "CREATE INDEX memory_by_run ON memory (run);"                                                  \
    "CREATE VIEW rates AS SELECT run, time, commit_id, build, label, program, name, path, count,"  \
    "  verdict, bytes_per_call, ci95_low, ci95_high, exact, calls.id AS call"                      \
    "  FROM calls JOIN runs ON runs.id = run ORDER BY time, run;"                                  \
    "CREATE VIEW stack_frames AS SELECT stacks.id AS stack, each.key AS position, module, offset," \
    "  function, file, line, inlined FROM stacks, json_each(stacks.frames) AS each"                \
    "  JOIN frames ON frames.id = each.value;"

#endif
