/* A module in memory, as its PE headers describe it. Everything is read within the image; a table
 * that is not whole counts as none. */
#ifndef SHIM_WINDOWS_PE_H
#define SHIM_WINDOWS_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rs_image {
    uintptr_t base;
    size_t size;
    const void *directories; /* IMAGE_DATA_DIRECTORY[] */
    uint32_t directory_count;
};

/* False: there is no image at `base`. */
bool rs_image_read(uintptr_t base, struct rs_image *);

/* A table of the image by its IMAGE_DIRECTORY_ENTRY_*; NULL if there is none. */
const void *rs_image_table(const struct rs_image *, unsigned entry, size_t *size);

/* The address of an exported function, by name or (name NULL) by ordinal; 0 if it is not exported,
 * or is another module's (a forwarder). */
uintptr_t rs_image_export(const struct rs_image *, const char *name);

/* The name that the image exports the address under, or NULL. Of several, the first. */
const char *rs_image_export_name(const struct rs_image *, uintptr_t address);

/* Calls `visit` for each import slot, delay-loaded ones too. `name` is NULL where the function is
 * imported by its ordinal. */
void rs_image_imports(const struct rs_image *,
                      void (*visit)(void *, uintptr_t *slot, const char *name), void *closure);

/* The name behind a delay-loaded slot of the image; NULL: by ordinal, or not known. */
const char *rs_image_delayed_name(const struct rs_image *, const uintptr_t *slot);

/* What the linker identified the file by (a PDB's GUID and age): 20 bytes, or NULL. */
const void *rs_image_identity(const struct rs_image *);

/* What identifies a file of which the linker did not: time stamp, size of image and check sum. */
enum { RS_IMAGE_HEADER_IDENTITY = 12 };
void rs_image_header_identity(const struct rs_image *, void *identity);

#endif
