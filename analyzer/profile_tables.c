/* The MAPI tables: tab-separated lines of interfaces' slots, flat exports and IIDs. */
#include "analyzer/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 16, TEXT = 1024 };

struct row {
    struct profile *profile;
    const char *label;
    unsigned number;
    char text[TEXT];
    char *field[FIELDS];
    unsigned count;
    unsigned layouts[PROFILE_LAYOUTS]; /* the columns that say where a method stands */
};

#define WRONG(row, ...) profile_wrong((row)->profile, (row)->label, (row)->number, __VA_ARGS__)

static void find_layouts(struct row *row)
{
    const struct profile *profile = row->profile;
    for (unsigned layout = 0; layout < profile->layout_count; layout++)
        for (unsigned i = 0; i < row->count; i++)
            if (!strcmp(row->field[i], profile->layouts[layout]))
                row->layouts[layout] = i;
}

/* Calls `use` for each line that is neither a comment nor the column names. */
static bool each_row(struct profile *profile, const char *label, const char *text,
                     bool (*use)(struct row *), const char *heading)
{
    struct row row = {.profile = profile, .label = label};
    while (*text) {
        size_t length = strcspn(text, "\n");
        row.number++;
        if (length >= TEXT)
            return WRONG(&row, "the line is too long");
        memcpy(row.text, text, length);
        row.text[length] = 0;
        text += length + (text[length] == '\n');
        if (!length || row.text[0] == '#')
            continue;
        row.count = 0;
        for (char *at = row.text; at && row.count < FIELDS;) {
            row.field[row.count++] = at;
            at = strchr(at, '\t');
            if (at)
                *at++ = 0;
        }
        if (!strcmp(row.field[0], heading)) {
            find_layouts(&row);
            continue;
        }
        if (!use(&row))
            return false;
    }
    return true;
}

static uint8_t role_of(const char *role)
{
    static const struct {
        const char *name;
        uint8_t role;
    } roles[] = {{"qi", RESIDUE_ROLE_QI},           {"addref", RESIDUE_ROLE_ADDREF},
                 {"release", RESIDUE_ROLE_RELEASE}, {"open", RESIDUE_ROLE_OPEN},
                 {"advise", RESIDUE_ROLE_ADVISE},   {"unadvise", RESIDUE_ROLE_UNADVISE},
                 {"logoff", RESIDUE_ROLE_LOGOFF},   {"shutdown", RESIDUE_ROLE_SHUTDOWN},
                 {"uninit", RESIDUE_ROLE_SHUTDOWN}, {"simple-logoff", RESIDUE_ROLE_LOGOFF}};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (!strcmp(roles[i].name, role))
            return roles[i].role;
    return RESIDUE_ROLE_NONE;
}

/* One interface of an out-parameter: NAME, or by-iid:N;default=NAME|none|by-objtype:M. */
static void read_out(struct profile *profile, const char *interface, struct residue_plan_out *out)
{
    const char *fallback = interface;
    if (!strncmp(interface, "by-iid:", 7)) {
        out->iid_parameter = (uint8_t)atoi(interface + 7);
        const char *given = strstr(interface, "default=");
        fallback = given ? given + 8 : "none";
    }
    if (!strncmp(fallback, "by-objtype:", 11)) {
        out->interface = RESIDUE_INTERFACE_BY_TYPE;
        out->type_parameter = (uint8_t)atoi(fallback + 11);
    } else if (!strcmp(fallback, "none")) {
        out->interface = RESIDUE_NO_INTERFACE;
    } else {
        out->interface = (uint16_t)profile_interface_index(profile, fallback, true);
    }
}

static bool has_out(const struct profile_function *function, int parameter)
{
    for (unsigned i = 0; i < function->out_count; i++)
        if (function->outs[i].parameter == parameter)
            return true;
    return false;
}

static bool read_outs(struct row *row, char *parameters, char *interfaces,
                      struct profile_function *function)
{
    if (!strcmp(parameters, "-"))
        return true;
    char *next_parameter, *next_interface;
    char *parameter = strtok_r(parameters, ",", &next_parameter);
    char *interface = strtok_r(interfaces, ",", &next_interface);
    for (; parameter && interface; parameter = strtok_r(NULL, ",", &next_parameter),
                                   interface = strtok_r(NULL, ",", &next_interface)) {
        if (has_out(function, atoi(parameter)))
            continue; /* a profile said it before, or the tables are read twice */
        if (function->out_count == sizeof function->outs / sizeof *function->outs)
            return WRONG(row, "too many out-parameters");
        struct residue_plan_out *out = &function->outs[function->out_count++];
        memset(out, 0, sizeof *out);
        out->parameter = (uint8_t)atoi(parameter);
        read_out(row->profile, interface, out);
    }
    return true;
}

/* N:FUNCTION, several separated by ';'. "in" before it: the caller may have put something there
 * itself. What belongs to others than the caller has no FUNCTION's name here. */
static bool read_buffers(struct row *row, char *text, struct profile_function *function)
{
    static const char *const frees[] = {"MAPIFreeBuffer", "FreeProws", "FreePadrlist"};
    char *next;
    function->buffer_count = 0;
    for (char *word = strtok_r(text, ";", &next); word; word = strtok_r(NULL, ";", &next)) {
        struct profile_buffer buffer = {.in_out = !strncmp(word, "in", 2)};
        char *end;
        buffer.parameter = (uint8_t)strtoul(word + 2 * buffer.in_out, &end, 10);
        for (size_t i = 0; *end == ':' && i < sizeof frees / sizeof *frees; i++)
            if (!strcmp(end + 1, frees[i]))
                buffer.release = frees[i];
        if (!buffer.release)
            continue;
        if (!buffer.parameter ||
            function->buffer_count == sizeof function->buffers / sizeof *function->buffers)
            return WRONG(row, "'%s' is no buffer, or one too many", word);
        function->buffers[function->buffer_count++] = buffer;
    }
    return true;
}

static int parameters_of(const char *text)
{
    return *text >= '0' && *text <= '9' ? atoi(text) : -1;
}

/* SLOT or SLOT@BASE; see struct residue_plan_function. */
static bool read_slot(struct row *row, const char *word, struct profile_slot *into)
{
    char *end;
    unsigned long slot = strtoul(word, &end, 10), base = 0;
    bool fine = end != word && slot <= UINT8_MAX;
    if (fine && *end == '@') {
        const char *number = end + 1;
        base = strtoul(number, &end, 10);
        fine = end != number && base && base != 2 && base <= UINT8_MAX;
    }
    if (!fine || *end)
        return WRONG(row, "'%s' is no slot", word);
    *into = (struct profile_slot){(uint8_t)slot, (uint8_t)base};
    return true;
}

static bool read_slots(struct row *row, struct profile_function *method)
{
    for (unsigned i = 0; i < row->profile->layout_count; i++) {
        unsigned column = row->layouts[i];
        if (!column || column >= row->count)
            return WRONG(row, "there is no column '%s'", row->profile->layouts[i]);
        if (!read_slot(row, row->field[column], &method->slots[i]))
            return false;
    }
    return true;
}

/* interface parent slot method nparams x86_argbytes out_param out_interface out_buffers role
 * verified layouts... */
static bool use_slot(struct row *row)
{
    if (row->count < 10)
        return WRONG(row, "a slot needs 10 columns");
    struct profile *profile = row->profile;
    int index = profile_interface_index(profile, row->field[0], true);
    unsigned slot = (unsigned)atoi(row->field[2]);
    if (slot > 200)
        return WRONG(row, "slot %u is beyond any interface", slot);
    struct profile_interface *interface = &profile->interfaces[index];
    if (slot >= interface->method_count) {
        struct profile_function *grown =
            realloc(interface->methods, (slot + 1) * sizeof *interface->methods);
        if (!grown)
            return WRONG(row, "no memory");
        memset(grown + interface->method_count, 0,
               (slot + 1 - interface->method_count) * sizeof *grown);
        interface->methods = grown;
        interface->method_count = slot + 1;
    }
    struct profile_function *method = &interface->methods[slot];
    if (method->name)
        return true; /* read before: --profile given twice */
    method->name = strdup(row->field[3]);
    method->parameters = parameters_of(row->field[4]);
    method->flags = RESIDUE_WATCH_ALWAYS;
    method->role = role_of(row->field[9]);
    struct profile_function filled = *method; /* making interfaces moves them */
    if (!read_slots(row, &filled) || !read_outs(row, row->field[6], row->field[7], &filled) ||
        !read_buffers(row, row->field[8], &filled))
        return false;
    profile->interfaces[index].methods[slot] = filled;
    return method->name != NULL || filled.name != NULL;
}

/* Helpers that call providers on the client's behalf: whatever they return, a provider may leak. */
static bool calls_providers(const char *name)
{
    return (!strncmp(name, "Hr", 2) || !strncmp(name, "Sc", 2)) && name[2] >= 'A' && name[2] <= 'Z';
}

/* name nparams x86_argbytes out_param out_interface out_buffers role ... */
static bool use_export(struct row *row)
{
    if (row->count < 7)
        return WRONG(row, "an export needs 7 columns");
    const char *role = row->field[6];
    bool opens = strcmp(row->field[3], "-") != 0, returns = strcmp(row->field[5], "-") != 0;
    if (!strcmp(role, "-") && !opens && !returns && !calls_providers(row->field[0]))
        return true; /* predicates and conversions: nothing is left behind */
    struct profile_function *function = profile_function(row->profile, row->field[0]);
    bool allocates =
        !strncmp(role, "alloc", 5) || !strcmp(role, "free") || !strcmp(role, "realloc");
    function->parameters = parameters_of(row->field[1]);
    function->role = role_of(role);
    if (!allocates)
        function->flags |= RESIDUE_WATCH_ALWAYS;
    struct profile_function filled = *function;
    if (!read_outs(row, row->field[3], row->field[4], &filled) ||
        (!allocates && !read_buffers(row, row->field[5], &filled)))
        return false;
    *profile_function(row->profile, row->field[0]) = filled;
    return true;
}

/* name guid sources; the name is IID_ and the interface's, with a few exceptions */
static bool use_iid(struct row *row)
{
    static const char *const aliases[][2] = {{"IAttachment", "IAttach"},
                                             {"IMAPITableData", "ITableData"},
                                             {"IMAPIPropData", "IPropData"},
                                             {"IMAPISup", "IMAPISupport"}};
    if (row->count < 2 || strncmp(row->field[0], "IID_", 4) != 0)
        return true;
    const char *name = row->field[0] + 4;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (!strcmp(name, aliases[i][0]))
            name = aliases[i][1];
    unsigned d1, d2, d3, b[8];
    if (sscanf(row->field[1], "{%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x}", &d1, &d2, &d3, &b[0],
               &b[1], &b[2], &b[3], &b[4], &b[5], &b[6], &b[7]) != 11)
        return WRONG(row, "'%s' is no GUID", row->field[1]);
    struct profile *profile = row->profile;
    struct profile_iid *grown = realloc(profile->iids, (profile->iid_count + 1) * sizeof *grown);
    if (!grown)
        return WRONG(row, "no memory");
    profile->iids = grown;
    struct profile_iid *iid = &grown[profile->iid_count++];
    iid->name = strdup(name);
    for (unsigned i = 0; i < 4; i++)
        iid->guid[i] = (uint8_t)(d1 >> 8 * i);
    iid->guid[4] = (uint8_t)d2;
    iid->guid[5] = (uint8_t)(d2 >> 8);
    iid->guid[6] = (uint8_t)d3;
    iid->guid[7] = (uint8_t)(d3 >> 8);
    for (unsigned i = 0; i < 8; i++)
        iid->guid[8 + i] = (uint8_t)b[i];
    return iid->name != NULL;
}

/* MAPI object types (mapidefs.h) that OpenEntry returns. */
static void set_object_types(struct profile *profile)
{
    static const char *const by_type[] = {
        NULL,        "IMsgStore", "IAddrBook", "IMAPIFolder", "IABContainer", "IMessage",
        "IMailUser", "IAttach",   "IDistList", "IProfSect",   "IMAPIStatus",  "IMAPISession"};
    for (uint32_t type = 1; type < sizeof by_type / sizeof *by_type; type++) {
        int index = profile_interface_index(profile, by_type[type], false);
        if (index >= 0)
            profile->interfaces[index].object_type = type;
    }
}

bool profile_tables(struct profile *profile, const char *interfaces, const char *exports,
                    const char *iids)
{
    bool fine = each_row(profile, "mapi-interfaces.tsv", interfaces, use_slot, "interface") &&
                each_row(profile, "mapi-exports.tsv", exports, use_export, "name") &&
                each_row(profile, "mapi-iids.tsv", iids, use_iid, "name");
    set_object_types(profile);
    return fine;
}
