/* The reader, given whatever else a file may be. */
#include <stdlib.h>
#include "tests/unit/raw_trace.h"

/* A descriptor that holds these bytes. */
static int holding(const void *bytes, size_t size)
{
    int fd = memfd_create("bytes", 0);
    cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
    return fd;
}

static void refused(const void *bytes, size_t size, const char *because)
{
    int fd = holding(bytes, size);
    cr_assert_null(trace_open_fd(fd, "file", problem, sizeof problem));
    cr_assert_not_null(strstr(problem, because), "%s", problem);
    cr_assert_null(strchr(problem, '\n'));
    close(fd);
}

Test(trace, files_that_are_none)
{
    struct residue_header header = header_of(RESIDUE_HEADER_SIZE);
    refused("", 0, "empty");
    refused("hello", 5, "not a Residue trace");
    struct residue_header other = header;
    other.magic[0] = 'X';
    refused(&other, sizeof other, "not a Residue trace");
    other = header;
    other.version = RESIDUE_TRACE_VERSION + 1;
    refused(&other, sizeof other, "written by a newer Residue (format 5; this one reads 4)");
    other.version = 1;
    refused(&other, sizeof other, "written by an older Residue (format 1; this one reads 4)");
    other = header;
    other.byte_order = 0x04030201;
    refused(&other, sizeof other, "byte order");
    other = header;
    other.end = UINT64_MAX;
    refused(&other, sizeof other, "damaged");
    other = header;
    other.end = 1 << 20;
    refused(&other, sizeof other, "truncated");
    cr_assert_null(trace_open("/nonexistent/trace", problem, sizeof problem));
    cr_assert_null(trace_open("/", problem, sizeof problem));
}

/* The first bytes of a raw trace: all its records, and the leaf's head. */
static size_t image_of(const struct raw *raw, char **image)
{
    size_t size = 200000;
    *image = malloc(size);
    cr_assert_eq(pread(raw->fd, *image, size, 0), (ssize_t)size);
    return size;
}

static void must_not_crash(const char *bytes, size_t size)
{
    int fd = holding(bytes, size);
    struct trace *trace = trace_open_fd(fd, "file", problem, sizeof problem);
    trace_close(trace);
    close(fd);
}

Test(trace, cut_off_anywhere)
{
    struct raw raw = raw_new();
    char *image;
    image_of(&raw, &image);
    for (size_t size = 0; size < RESIDUE_HEADER_SIZE + 2048; size += 8)
        must_not_crash(image, size);
    free(image);
    raw_free(&raw);
}

Test(trace, hostile_bytes, .timeout = 120)
{
    struct raw raw = raw_new();
    char *image;
    size_t size = image_of(&raw, &image);
    uint64_t random = 88172645463325252u;
    for (int round = 0; round < 5000; round++) {
        char saved[8];
        size_t at[8];
        for (int i = 0; i < 8; i++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            at[i] = random % (RESIDUE_HEADER_SIZE + 1400);
            if (at[i] < 32 && round % 4)
                at[i] += RESIDUE_HEADER_SIZE;
            saved[i] = image[at[i]];
            image[at[i]] = (char)(random >> 32);
        }
        must_not_crash(image, size);
        for (int i = 8; i-- > 0;)
            image[at[i]] = saved[i];
    }
    free(image);
    raw_free(&raw);
}
