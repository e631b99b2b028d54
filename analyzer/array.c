#include "analyzer/array.h"

#include <stdint.h>
#include <stdlib.h>

void *array_grow(void *array, size_t size, size_t count, size_t *room, size_t more)
{
    if (*room - count >= more)
        return array;
    size_t wanted = 2 * *room + more + 64;
    void *grown = wanted <= SIZE_MAX / size ? realloc(array, wanted * size) : NULL;
    if (grown)
        *room = wanted;
    return grown;
}

int array_by_number(const void *one, const void *other)
{
    const uint32_t *a = one, *b = other;
    return (*a > *b) - (*a < *b);
}
