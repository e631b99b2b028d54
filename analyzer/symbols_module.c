#include "analyzer/symbols_module.h"
#include "analyzer/file_regular.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is wanted; build_id is NULL if it is not known. */
struct wanted {
    const char *path;
    const uint8_t *build_id;
    size_t build_id_size;
};

void symbols_module_complain(struct symbols_module *module, const char *path, const char *text)
{
    free(module->problem);
    if (asprintf(&module->problem, "%s: %s", path, text) < 0) {
        module->problem = NULL;
        return;
    }
    for (char *at = module->problem; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
}

/* ---- looking at a file ---- */

/* elfutils makes the best of a file that was cut short; names from half a file would be guesses. */
static bool is_cut_short(Elf *elf)
{
    GElf_Ehdr header;
    size_t size;
    if (!gelf_getehdr(elf, &header) || !elf_rawfile(elf, &size))
        return true;
    if (header.e_phoff > size || header.e_shoff > size)
        return true;
    size_t sections = 0;
    if (header.e_shoff && (elf_getshdrnum(elf, &sections) < 0 || !sections ||
                           sections > (size - header.e_shoff) / header.e_shentsize))
        return true;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr at;
        if (!gelf_getshdr(section, &at))
            return true;
        if (at.sh_type != SHT_NOBITS && at.sh_type != SHT_NULL &&
            (at.sh_offset > size || at.sh_size > size - at.sh_offset))
            return true;
    }
    return false;
}

/* Why the file is not to be used, or NULL. */
static const char *objection(int file, const struct wanted *wanted)
{
    Elf *elf = elf_begin(file, ELF_C_READ_MMAP, NULL);
    const char *reason = NULL;
    const void *bits;
    if (!elf || elf_kind(elf) != ELF_K_ELF) {
        reason = "not an ELF file";
    } else if (is_cut_short(elf)) {
        reason = "damaged: not all of it is there";
    } else if (wanted->build_id) {
        ssize_t size = dwelf_elf_gnu_build_id(elf, &bits);
        if (size <= 0 || (size_t)size != wanted->build_id_size ||
            memcmp(bits, wanted->build_id, wanted->build_id_size) != 0)
            reason = "has been replaced since the run (its build-id differs)";
    }
    elf_end(elf);
    return reason;
}

/* ---- finding another ---- */

/* A file that has the build-id: the program's, or else its debug file, which has names and lines
 * too. -1 if there is none. */
static int find_elsewhere(const Dwfl_Callbacks *callbacks, const struct wanted *wanted)
{
    Dwfl *dwfl = dwfl_begin(callbacks);
    if (!dwfl)
        return -1;
    int file = -1;
    char *name = NULL;
    Elf *elf = NULL;
    void *nothing = NULL;
    dwfl_report_begin(dwfl);
    Dwfl_Module *module = dwfl_report_module(dwfl, "module", 0, 1 << 20);
    if (module &&
        dwfl_module_report_build_id(module, wanted->build_id, wanted->build_id_size, 0) == 0) {
        file = dwfl_build_id_find_elf(module, &nothing, "module", 0, &name, &elf);
        elf_end(elf);
        if (file < 0) {
            free(name);
            name = NULL;
            file =
                dwfl_standard_find_debuginfo(module, &nothing, "module", 0, NULL, NULL, 0, &name);
        }
    }
    free(name);
    dwfl_report_end(dwfl, NULL, NULL);
    dwfl_end(dwfl);
    if (file >= 0 && objection(file, wanted)) {
        close(file);
        file = -1;
    }
    return file;
}

static int find(const Dwfl_Callbacks *callbacks, const struct wanted *wanted, const char **problem)
{
    struct stat status;
    int file = file_regular_open(wanted->path, &status, problem);
    if (file >= 0) {
        *problem = objection(file, wanted);
        if (!*problem)
            return file;
        close(file);
    }
    return wanted->build_id ? find_elsewhere(callbacks, wanted) : -1;
}

/* ---- opening ---- */

void symbols_module_open(struct symbols_module *module, const Dwfl_Callbacks *callbacks,
                         const char *path, const uint8_t *build_id, size_t build_id_size)
{
    struct wanted wanted = {path, build_id_size ? build_id : NULL, build_id_size};
    const char *problem = NULL;
    *module = (struct symbols_module){0};
    elf_version(EV_CURRENT);
    int file = find(callbacks, &wanted, &problem);
    if (file < 0) {
        symbols_module_complain(module, path, problem);
        return;
    }
    module->dwfl = dwfl_begin(callbacks);
    if (module->dwfl) {
        dwfl_report_begin(module->dwfl);
        module->module = dwfl_report_elf(module->dwfl, path, path, file, 0, true);
        dwfl_report_end(module->dwfl, NULL, NULL);
    }
    if (!module->module) {
        const char *why = dwfl_errmsg(-1);
        symbols_module_complain(module, path, why ? why : "cannot be read");
        close(file);
    }
}

void symbols_module_close(struct symbols_module *module)
{
    if (module->dwfl)
        dwfl_end(module->dwfl);
    free(module->problem);
    *module = (struct symbols_module){0};
}
