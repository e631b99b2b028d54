/*
 * The dynamic loader as the shim sees it: which objects are loaded, what they import, and where
 * symbols are defined. Reads the objects in memory by itself; the loader's own functions are called
 * only outside of the client's allocations (rs_loader_refresh).
 */
#ifndef SHIM_LINUX_LOADER_H
#define SHIM_LINUX_LOADER_H

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "shim/core/unwind.h"

/* An object's dynamic section, as pointers. */
struct rs_object {
    uintptr_t base; /* load bias */
    const ElfW(Phdr) * headers;
    unsigned header_count;
    const char *path;
    const ElfW(Sym) * symbols;
    const char *strings;
    const uint16_t *versions;              /* DT_VERSYM or NULL */
    const ElfW(Verneed) * needed_versions; /* DT_VERNEED or NULL */
    const ElfW(Verdef) * defined_versions; /* DT_VERDEF or NULL */
    const uint32_t *gnu_hash;              /* DT_GNU_HASH or NULL */
    const uint32_t *hash;                  /* DT_HASH or NULL */
    const ElfW(Rela) * rela[2];            /* DT_RELA, DT_JMPREL */
    size_t rela_count[2];
    uintptr_t start, end;        /* addresses of its segments */
    const char *rpath, *runpath; /* DT_RPATH, DT_RUNPATH or NULL */
    const char *soname;          /* DT_SONAME or NULL */
};

/* Reads an object's dynamic section. False if it has none. */
bool rs_object_read(const struct dl_phdr_info *, struct rs_object *);

/* Calls `visit` for every object, in the loader's order, until it returns true; returns whether it
 * did. Takes the loader's lock: not for use inside an event. */
bool rs_objects_visit(bool (*visit)(const struct rs_object *, void *), void *closure);

/* The symbol `name` defined in the object, of `version` (NULL = any default); NULL if it is not.
 * The address of an indirect function is what its resolver returns. */
void *rs_object_define(const struct rs_object *, const char *name, const char *version);

/* The version that the object wants of its symbol `index`; NULL = any. */
const char *rs_object_wanted_version(const struct rs_object *, unsigned index);

/* The first definition of `name` after the shim itself in the loader's order: what the client would
 * use without it. NULL if there is none. */
void *rs_loader_next(const char *name);

/* The first definition in the loader's order, which may be the shim's own. `version` may be NULL.
 */
void *rs_loader_lookup(const char *name, const char *version);

/* Was the shim loaded into a program that ran already? Then nobody's imports lead to the shim's own
 * names unless it sees to that. */
bool rs_loader_is_late(void);

/* Publishes the list of modules and watches the imports of those that are new. `deep` tells that
 * they were loaded with RTLD_DEEPBIND and so bypass the shim's own names. False: another thread is
 * just loading some, which were left for the next time. */
bool rs_loader_refresh(bool deep);

/* Nothing's imports are watched any more. */
void rs_loader_forget(void);

/* Held over a fork, so that the child inherits a whole list; before rs_modules_lock. */
void rs_loader_lock(void);
void rs_loader_unlock(void);

/* During a refresh: does one of the objects that are new define the name? */
bool rs_loader_fresh_defines(const char *name);

/* Watches imports of one object. */
void rs_imports_watch(const struct rs_object *, bool deep);

/* Is the address an entry of the main program's PLT, which stands for a function everywhere? Its
 * slot is watched, so what goes through it is. */
bool rs_imports_canonical_plt(uintptr_t target);

/* Writes a pointer that other threads may read meanwhile, to memory that may be read-only. False:
 * the kernel forbids it. */
bool rs_pen_write(uintptr_t *slot, uintptr_t value);

/* In a child: whoever held the pen's lock in the parent is not here. */
void rs_pen_reset(void);

/* Where the first thread's stack ends. */
uintptr_t rs_loader_stack_end(void);

/* The module that holds `pc`, without locks; not the program itself. */
struct rs_found_module;
bool rs_loader_find(uintptr_t pc, struct rs_found_module *);

/* The module that holds the address: where it is, its name and its program headers. Lock-free. */
bool rs_loader_module(uintptr_t address, struct dl_phdr_info *);

/* What holds the address: 1 = a module's code, 0 = a module's data, -1 = no module. Lock-free. */
int rs_loader_is_code(uintptr_t address);

/* Is the address in the shim itself? */
bool rs_loader_is_shim(uintptr_t address);

#endif
