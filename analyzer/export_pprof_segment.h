/* Where a module's code lies in its file: readers of pprof's format want mappings as the loader
 * makes them, one for each segment. */
#ifndef ANALYZER_EXPORT_PPROF_SEGMENT_H
#define ANALYZER_EXPORT_PPROF_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

struct segment {
    uint64_t start, end; /* as offsets of frames are: ELF virtual addresses, whole pages */
    uint64_t in_file;
};

/* The executable segment of the ELF file at `path` that has `offset` in it. False: the file is not
 * there, is no such file, or has none. */
bool segment_of(const char *path, uint64_t offset, struct segment *);

#endif
