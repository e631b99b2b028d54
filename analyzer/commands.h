/* The subcommands of `residue`. Each gets its own arguments, argv[0] being its name, and returns
 * the exit status of the process.
 */
#ifndef ANALYZER_COMMANDS_H
#define ANALYZER_COMMANDS_H

/* clang-format off: the examples below keep their lines */
/*
 * What a command prints for --help is also the source of its man page and of its completions
 * (scripts/help-pages), and so has a form:
 *
 *   usage: residue NAME SYNOPSIS       operands in capitals; more synopses below the first one,
 *          residue NAME SYNOPSIS       each after seven blanks
 *   What it does.                      paragraphs at the margin; a line after two blanks stays
 *                                      as it is
 *
 *     -o, --output TRACE    where      an option: two blanks or more before it and before its
 *                           it goes    text, whose other lines begin with eight blanks or more;
 *         --all             as well    a short name, a long one, or both; at most one value
 *
 *     --weight WEIGHT       of what    words to choose from, each with what it means: two blanks or
 *              rate         per call   more are behind the word
 *              bytes        live
 *
 *   How it looks:                      a line with a colon at its end: options of a kind follow
 *     --format text|json    for whom
 *
 *   Exit status: 0 when ...            so begin sections (also Environment, Files, Example)
 *
 * Values and operands are in capitals. TRACE, FILE, PROFILE, BASELINE, DATABASE, REPORT, LIMITS,
 * BEFORE and AFTER are completed as files, FOLDER as folders, PID as processes, PROGRAM as
 * programs, and a|b|c as these words (a|FILE as both). An option that says "several times" or
 * "repeated" may be. --help comes last. What is in backticks becomes bold, and so do --options and
 * $VARIABLES.
 */
/* clang-format on */

/* Runs a program under the shim: exits as the program did, or 2 when it was not started. */
int residue_run(int argc, char **argv);

/* Records a process that runs already: 0 when its trace was written, 2 when it could not be. */
int residue_attach(int argc, char **argv);

#ifdef _WIN32
/* What `residue run` leaves behind for processes that outlive the client. */
int residue_keep(int argc, char **argv);
#endif

/* Prints the report on a trace: 0 when it was printed, 2 when it could not be. */
int residue_report(int argc, char **argv);

/* The same after a run, for `residue run --report`: it follows what the program printed, and ends.
 */
int residue_report_after_run(const char *trace);

/* The gate: 0 when nothing is wrong with what a trace says, 1 when something is, 2 for bad input.
 */
int residue_check(int argc, char **argv);

/* Compares two runs: 0, or with --exit-code 1 when something differs beyond chance; 2 when they
 * could not be compared. */
int residue_diff(int argc, char **argv);

/* Writes a trace's figures in another format: 0 when they were written, 2 when they could not be.
 */
int residue_export(int argc, char **argv);

/* Tells a call's rate over the runs in a database: 0 when it was told, 2 when it could not be. */
int residue_history(int argc, char **argv);

#endif
