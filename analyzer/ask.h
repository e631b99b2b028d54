/* Asks another program: gives it all of its input, then takes all of its output. The seam between
 * systems. */
#ifndef ANALYZER_ASK_H
#define ANALYZER_ASK_H

#include <stddef.h>

/* Runs argv[0], which is found as the shell would find it. Returns what it wrote to its standard
 * output, terminated and to be freed, or NULL if it could not be started; what it says on standard
 * error is lost. */
char *ask(const char *const *argv, const char *input, size_t size);

#endif
