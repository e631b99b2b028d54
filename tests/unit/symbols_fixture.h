#ifndef SYMBOLS_FIXTURE_H
#define SYMBOLS_FIXTURE_H

#include "tests/unit/symbols_marks.h"

static inline __attribute__((always_inline)) void from_header(int *number)
{
    *number += 3;
    MARK(IN_HEADER);
}

#endif
