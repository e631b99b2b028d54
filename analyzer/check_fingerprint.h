/* What tells a problem from others in every build: its call, what is wrong, and the function and
 * file where; no line, no address, no rate. */
#ifndef ANALYZER_CHECK_FINGERPRINT_H
#define ANALYZER_CHECK_FINGERPRINT_H

#include "analyzer/check.h"

/* Sets problem->fingerprint: 32 hexadecimal digits. Whether it is new or worse makes no difference.
 * `again` tells apart problems that have all of that in common: 0 for the first of them. */
void check_fingerprint(struct check_problem *, unsigned again);

#endif
