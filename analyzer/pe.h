/*
 * A PE file (.exe, .dll) as its headers describe it: what identifies it, the names of its
 * functions. Everything is read within the bytes given, which may be hostile. Addresses are
 * relative to the image's base (RVAs), as in traces.
 */
#ifndef ANALYZER_PE_H
#define ANALYZER_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PE_I386 = 0x14c, PE_X86_64 = 0x8664 }; /* pe.machine */

/* Identities, told apart by their size: a PDB's GUID and age; where there is none, the header's
 * time stamp, size of image and check sum. */
enum { PE_IDENTITY_PDB = 20, PE_IDENTITY_HEADER = 12, PE_IDENTITY_MOST = 20 };

struct pe {
    const uint8_t *bytes; /* of the file; the caller's */
    size_t size;
    const uint8_t *file_header, *optional_header, *directories, *sections;
    uint32_t directory_count, section_count;
    uint16_t machine;
};

/* False: not a PE file, or not all of its headers are there. */
bool pe_open(struct pe *, const uint8_t *bytes, size_t size);

/* `size` bytes at an address within the image, or NULL if the file has not all of them. */
const uint8_t *pe_at(const struct pe *, uint32_t address, size_t size);

/* Writes the identity; `wanted_size` says which kind. Returns its size, 0 if the file has none. */
size_t pe_identity(const struct pe *, size_t wanted_size, uint8_t identity[PE_IDENTITY_MOST]);

/* Where debug information is to be had: in the file itself, or by a name in it. */
bool pe_has_debug(const struct pe *);

struct pe_names;

/* Names of functions: those that the symbol table has, if it is there, and those exported. NULL
 * without memory. `pe` must outlive it. */
struct pe_names *pe_names_open(const struct pe *);
void pe_names_close(struct pe_names *);
size_t pe_names_count(const struct pe_names *);

/* The function around an address, owned by the names; NULL if it has no name. On x64 unwind tables
 * say where functions begin; elsewhere it is the nearest before, NAME+0xDISTANCE. */
const char *pe_names_lookup(struct pe_names *, uint32_t address);

/* The same, or NULL where it would be a guess. */
const char *pe_names_certain(struct pe_names *, uint32_t address);

#endif
