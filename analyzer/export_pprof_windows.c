/* protobuf-c is not there for Windows. */
#include "analyzer/export.h"

bool export_has_pprof(void)
{
    return false;
}

void export_pprof(struct export *export, FILE *out)
{
    (void)export;
    (void)out;
}
