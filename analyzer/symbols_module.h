/*
 * Finds the file that a module was at run time, or its debug file, by path and build-id. Only
 * regular files are opened. A debuginfod server is asked only if DEBUGINFOD_URLS names one. Not
 * thread-safe.
 */
#ifndef ANALYZER_SYMBOLS_MODULE_H
#define ANALYZER_SYMBOLS_MODULE_H

#include <elfutils/libdwfl.h>
#include <stddef.h>
#include <stdint.h>

/* Where to look for debug files, as elfutils writes it. */
#define SYMBOLS_DEBUG_PATH ":.debug:/usr/lib/debug"

struct symbols_module {
    Dwfl *dwfl;
    Dwfl_Module *module; /* reported at bias 0; NULL if there is no file to use */
    char *problem;       /* why there is none: one line */
};

/* `callbacks->debuginfo_path` is where debug files are; the callbacks must outlive the module.
 * Never fails: `problem` tells. */
void symbols_module_open(struct symbols_module *module, const Dwfl_Callbacks *callbacks,
                         const char *path, const uint8_t *build_id, size_t build_id_size);
void symbols_module_close(struct symbols_module *module);

/* Sets the problem to "PATH: text", made fit for one line. */
void symbols_module_complain(struct symbols_module *module, const char *path, const char *text);

#endif
