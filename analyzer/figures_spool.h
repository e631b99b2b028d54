/* Room for what is written to be read again at once. The seam between systems. */
#ifndef ANALYZER_FIGURES_SPOOL_H
#define ANALYZER_FIGURES_SPOOL_H

#include <stdio.h>

/* An empty file without a name, gone when it is closed. NULL: errno. */
FILE *figures_spool(void);

#endif
