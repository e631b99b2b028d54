/* How much memory there is. The seam between systems. */
#ifndef ANALYZER_MEMORY_MACHINE_H
#define ANALYZER_MEMORY_MACHINE_H

#include <stdint.h>

/* Of this machine; 0: not known. */
uint64_t memory_of_machine(void);

/* What this process and its kin may have of it; 0: no limit. */
uint64_t memory_of_group(void);

#endif
