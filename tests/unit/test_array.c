/* Arrays that grow. */
#include "analyzer/array.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>

Test(array, keeps_what_it_has)
{
    uint32_t *array = NULL;
    size_t room = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        uint32_t *grown = array_grow(array, sizeof *array, i, &room, 1);
        cr_assert_not_null(grown);
        cr_assert_gt(room, i);
        array = grown;
        array[i] = i;
    }
    for (uint32_t i = 0; i < 10000; i++)
        cr_assert_eq(array[i], i);
    free(array);
}

Test(array, stays_where_there_is_room)
{
    size_t room = 0;
    uint32_t *array = array_grow(NULL, sizeof *array, 0, &room, 100);
    cr_assert_geq(room, 100u);
    size_t before = room;
    cr_assert_eq(array_grow(array, sizeof *array, 50, &room, 50), array);
    cr_assert_eq(room, before);
    free(array);
}

/* More than there are addresses for: no product of a hostile file's counts may wrap around. */
Test(array, more_than_fits_is_refused)
{
    size_t room = 0;
    uint64_t *array = array_grow(NULL, sizeof *array, 0, &room, 1);
    size_t before = room;
    array[0] = 7;
    cr_assert_null(array_grow(array, sizeof *array, 1, &room, SIZE_MAX / sizeof *array));
    cr_assert_eq(room, before);
    cr_assert_eq(array[0], 7u);
    free(array);
}

Test(array, numbers_in_order)
{
    uint32_t numbers[] = {3, UINT32_MAX, 0, 3, 1};
    qsort(numbers, 5, sizeof *numbers, array_by_number);
    const uint32_t sorted[] = {0, 1, 3, 3, UINT32_MAX};
    cr_assert_arr_eq(numbers, sorted, sizeof sorted);
}
