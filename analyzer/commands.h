/* The subcommands of `residue`. Each gets its own arguments, argv[0] being its name, and returns
 * the exit status of the process. */
#ifndef ANALYZER_COMMANDS_H
#define ANALYZER_COMMANDS_H

/* Prints the report on a trace: 0 when it was printed, 2 when it could not be. */
int residue_report(int argc, char **argv);

#endif
