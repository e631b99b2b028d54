/* Arrays that grow. */
#ifndef ANALYZER_ARRAY_H
#define ANALYZER_ARRAY_H

#include <stddef.h>

/* `array` with room for `more` elements of `size` bytes after the `count` it has; `room` is how
 * many it has room for. NULL when memory is short: then `array` is as it was. */
void *array_grow(void *array, size_t size, size_t count, size_t *room, size_t more);

/* For qsort: uint32_t, ascending. */
int array_by_number(const void *one, const void *other);

#endif
