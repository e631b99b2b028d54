/* What the readers of a PE file's parts share. */
#ifndef ANALYZER_PE_BYTES_H
#define ANALYZER_PE_BYTES_H

#include "analyzer/pe.h"

/* Numbers are little-endian and at any address. */
static inline uint16_t pe_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t pe_u32(const uint8_t *at)
{
    return pe_u16(at) | (uint32_t)pe_u16(at + 2) << 16;
}

enum { PE_EXPORTS = 0, PE_UNWIND = 3, PE_DEBUG = 6 };

/* A table of the optional header; NULL if it is not there, or not all of it. */
const uint8_t *pe_table(const struct pe *, unsigned which, uint32_t *address, uint32_t *size);

/* The symbol table's texts, NULL if there are none. */
const uint8_t *pe_texts(const struct pe *, uint32_t *size);

#endif
