/* Row sets and address lists, as MAPI lays them out (mapidefs.h: SRowSet, ADRLIST, which are
 * alike). */
#ifndef SHIM_CORE_ROWS_H
#define SHIM_CORE_ROWS_H

#include <stdint.h>

/* Calls `visit` with the address of each row's properties, NULL left out. `rows` may be anything:
 * what is not there is not read. */
void rs_rows_visit(uint64_t rows, void (*visit)(void *, uint64_t properties), void *closure);

#endif
