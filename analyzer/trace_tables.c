/* From records to arrays: identities become indices, and every reference in an array is one that
 * can be followed. A record that refers to something that is not there leaves a gap. */
#include "analyzer/trace_records.h"

#include <stdlib.h>
#include <string.h>

uint32_t trace_record_id(const struct residue_record *record)
{
    uint32_t id; /* the first thing after the header in all kinds that have one */
    memcpy(&id, record + 1, sizeof id);
    return id;
}

void *trace_array_for(const struct trace_list *list, size_t element, uint32_t *count)
{
    uint64_t believed = 2 * (uint64_t)list->count + 64;
    *count = 0;
    for (size_t i = 0; i < list->count; i++) {
        uint32_t id = trace_record_id(list->record[i]);
        if (id > *count && id <= believed && id < UINT32_MAX)
            *count = id;
    }
    return calloc((size_t)*count + 1, element);
}

static bool finish_modules(struct trace_records *records, struct trace *trace)
{
    const struct trace_list *list = &records->list[RESIDUE_RECORD_MODULE];
    trace->modules = trace_array_for(list, sizeof *trace->modules, &trace->module_count);
    for (size_t i = 0; trace->modules && i < list->count; i++) {
        const struct residue_module *module = (const void *)list->record[i];
        if (!module->id || module->id > trace->module_count)
            continue;
        struct trace_module *out = &trace->modules[module->id];
        out->path = trace_records_text(records, module->text, module->path_length);
        if (!out->path)
            return false;
        out->build_id = (const uint8_t *)module->text + module->path_length;
        out->build_id_length = module->build_id_length;
        out->loads = module->loads;
        out->unloads = module->unloads;
        out->came = module->came;
        out->bias = module->bias;
        out->gone = module->loads && module->unloads >= module->loads;
    }
    const struct trace_list *reloads = &records->list[RESIDUE_RECORD_RELOAD];
    for (size_t i = 0; trace->modules && i < reloads->count; i++) {
        const struct residue_reload *reload = (const void *)reloads->record[i];
        if (!reload->module || reload->module > trace->module_count)
            continue;
        trace->modules[reload->module].finished = reload->finished;
        trace->modules[reload->module].finished_count = reload->paths;
    }
    for (uint32_t id = 0; trace->modules && id <= trace->module_count; id++)
        if (!trace->modules[id].path)
            trace->modules[id].path = "";
    return trace->modules != NULL;
}

static bool finish_names(struct trace_records *records, struct trace *trace)
{
    const struct trace_list *list = &records->list[RESIDUE_RECORD_NAME];
    trace->names = trace_array_for(list, sizeof *trace->names, &trace->name_count);
    for (size_t i = 0; trace->names && i < list->count; i++) {
        const struct residue_name *name = (const void *)list->record[i];
        if (!name->id || name->id > trace->name_count)
            continue;
        struct trace_name *out = &trace->names[name->id];
        out->text = trace_records_text(records, name->text, name->length);
        out->role =
            name->role <= RESIDUE_ROLE_SHUTDOWN ? (enum residue_role)name->role : RESIDUE_ROLE_NONE;
        if (!out->text)
            return false;
    }
    for (uint32_t id = 0; trace->names && id <= trace->name_count; id++)
        if (!trace->names[id].text)
            trace->names[id].text = "?";
    return trace->names != NULL;
}

/* A parent comes first, so that no path is its own ancestor. */
static bool finish_paths(struct trace_records *records, struct trace *trace)
{
    const struct trace_list *list = &records->list[RESIDUE_RECORD_PATH];
    trace->paths = trace_array_for(list, sizeof *trace->paths, &trace->path_count);
    for (size_t i = 0; trace->paths && i < list->count; i++) {
        const struct residue_path *path = (const void *)list->record[i];
        if (!path->id || path->id > trace->path_count || path->name > trace->name_count ||
            path->parent >= path->id || !path->depth)
            continue;
        trace->paths[path->id] = (struct trace_path){.parent = path->parent,
                                                     .name = path->name,
                                                     .depth = path->depth,
                                                     .started = path->started,
                                                     .finished = path->finished};
    }
    if (trace->paths)
        trace_counts_of_paths(records, trace);
    for (uint32_t id = 1; trace->paths && id <= trace->path_count; id++)
        if (trace->paths[id].depth) /* never more than there are paths */
            trace->paths[id].depth = trace->paths[trace->paths[id].parent].depth + 1;
    return trace->paths != NULL;
}

static bool finish_kinds(struct trace_records *records, struct trace *trace)
{
    const struct trace_list *list = &records->list[RESIDUE_RECORD_RESOURCE_KIND];
    trace->kinds = trace_array_for(list, sizeof *trace->kinds, &trace->kind_count);
    for (size_t i = 0; trace->kinds && i < list->count; i++) {
        const struct residue_resource_kind *kind = (const void *)list->record[i];
        if (!kind->id || kind->id > trace->kind_count)
            continue;
        struct trace_kind *out = &trace->kinds[kind->id];
        bool known = kind->class >= RESIDUE_CLASS_BLOCK && kind->class <= RESIDUE_CLASS_RETURNED;
        out->class = known ? (enum residue_class)kind->class : RESIDUE_CLASS_OTHER;
        out->name = trace_records_text(records, kind->text, kind->length);
        if (kind->release_length)
            out->release =
                trace_records_text(records, kind->text + kind->length, kind->release_length);
        if (!out->name || (kind->release_length && !out->release))
            return false;
    }
    for (uint32_t id = 0; trace->kinds && id <= trace->kind_count; id++)
        if (!trace->kinds[id].name)
            trace->kinds[id] = (struct trace_kind){.class = RESIDUE_CLASS_OTHER, .name = "?"};
    return trace->kinds != NULL;
}

static bool finish_sites(struct trace_records *records, struct trace *trace)
{
    const struct trace_list *list = &records->list[RESIDUE_RECORD_SITE];
    trace->sites = trace_array_for(list, sizeof *trace->sites, &trace->site_count);
    records->site_known = calloc((size_t)trace->site_count + 1, 1);
    if (!trace->sites || !records->site_known)
        return false;
    for (size_t i = 0; i < list->count; i++) {
        const struct residue_site *site = (const void *)list->record[i];
        if (!site->id || site->id > trace->site_count || site->path > trace->path_count ||
            site->stack > trace->stack_count || site->kind > trace->kind_count)
            continue;
        trace->sites[site->id] = (struct trace_site){site->path, site->stack, site->kind};
        records->site_known[site->id] = 1;
    }
    return true;
}

static bool finish_arguments(struct trace_records *records, struct trace *trace)
{
    const struct trace_list *list = &records->list[RESIDUE_RECORD_ARGUMENT];
    trace->arguments = calloc(list->count + 1, sizeof *trace->arguments);
    for (size_t i = 0; trace->arguments && i < list->count; i++) {
        const struct residue_argument *argument = (const void *)list->record[i];
        trace->arguments[i] = trace_records_text(records, argument->text, argument->length);
        if (!trace->arguments[i])
            return false;
        trace->argument_count++;
    }
    return trace->arguments != NULL;
}

bool trace_records_finish(struct trace_records *records, struct trace *trace)
{
    return finish_modules(records, trace) && finish_names(records, trace) &&
           finish_paths(records, trace) && trace_stacks_finish(records, trace) &&
           finish_kinds(records, trace) && finish_sites(records, trace) &&
           trace_objects_finish(records, trace) && trace_misuses_finish(records, trace) &&
           trace_survivors_finish(records, trace) && trace_checkpoints_finish(records, trace) &&
           finish_arguments(records, trace);
}
