/* Modules of Windows programs that may be anything: what identifies them, names of functions. */
#include "analyzer/pe.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size + !size), identity[PE_IDENTITY_MOST];
    struct pe pe;
    if (!exact)
        return 0;
    memcpy(exact, data, size);
    if (pe_open(&pe, exact, size)) {
        pe_identity(&pe, PE_IDENTITY_PDB, identity);
        pe_identity(&pe, PE_IDENTITY_HEADER, identity);
        pe_has_debug(&pe);
        struct pe_names *names = pe_names_open(&pe);
        for (uint32_t address = 0; names && address < 0x4000; address += 61) {
            const char *name = pe_names_lookup(names, address);
            if (name && !strlen(name))
                abort(); /* no function is called nothing */
            pe_names_certain(names, address);
        }
        pe_names_close(names);
    }
    free(exact);
    return 0;
}
