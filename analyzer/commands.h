/* The subcommands of `residue`. Each gets its own arguments, argv[0] being its name, and returns
 * the exit status of the process. */
#ifndef ANALYZER_COMMANDS_H
#define ANALYZER_COMMANDS_H

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

#endif
