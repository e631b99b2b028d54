/* sqlite3 is not there for Windows. */
#include "analyzer/export.h"

bool export_has_sqlite(void)
{
    return false;
}

bool export_sqlite(struct export *export, const char *path, char *problem, size_t size)
{
    (void)export;
    snprintf(problem, size, "%s: this build of residue has no database", path);
    return false;
}
