/* The client's command line as the trace has it: one argument after the other. */
#ifndef SHIM_WINDOWS_ARGUMENTS_H
#define SHIM_WINDOWS_ARGUMENTS_H

void rs_write_arguments(void);

#endif
