#include "shim/windows/pe.h"
#include "shim/core/bytes.h"
#include "shim/windows/nt.h"

#define BY_ORDINAL ((uintptr_t)1 << (sizeof(uintptr_t) * 8 - 1))

/* `size` bytes at `rva`, or NULL. */
static const void *at(const struct rs_image *image, size_t rva, size_t size)
{
    return rva && rva < image->size && size <= image->size - rva ? (const void *)(image->base + rva)
                                                                 : NULL;
}

bool rs_image_read(uintptr_t base, struct rs_image *image)
{
    const IMAGE_DOS_HEADER *dos = (const IMAGE_DOS_HEADER *)base;
    if (dos->e_magic != IMAGE_DOS_SIGNATURE || dos->e_lfanew < (LONG)sizeof *dos)
        return false;
    const IMAGE_NT_HEADERS *headers = (const IMAGE_NT_HEADERS *)(base + (size_t)dos->e_lfanew);
    if (headers->Signature != IMAGE_NT_SIGNATURE ||
        headers->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR_MAGIC)
        return false;
    image->base = base;
    image->size = headers->OptionalHeader.SizeOfImage;
    image->directories = headers->OptionalHeader.DataDirectory;
    image->directory_count = headers->OptionalHeader.NumberOfRvaAndSizes;
    if (image->directory_count > IMAGE_NUMBEROF_DIRECTORY_ENTRIES)
        image->directory_count = IMAGE_NUMBEROF_DIRECTORY_ENTRIES;
    return true;
}

const void *rs_image_table(const struct rs_image *image, unsigned entry, size_t *size)
{
    const IMAGE_DATA_DIRECTORY *directory = image->directories;
    if (entry >= image->directory_count)
        return NULL;
    *size = directory[entry].Size;
    return at(image, directory[entry].VirtualAddress, *size);
}

/* A text that ends within the image. */
static const char *text_at(const struct rs_image *image, size_t rva)
{
    for (size_t end = rva; rva && end < image->size; end++)
        if (!*(const char *)(image->base + end))
            return (const char *)(image->base + rva);
    return NULL;
}

/* ---- exports ---- */

struct exports {
    const IMAGE_EXPORT_DIRECTORY *directory;
    size_t size;
    const DWORD *functions, *names;
    const WORD *ordinals;
};

static bool read_exports(const struct rs_image *image, struct exports *exports)
{
    const IMAGE_EXPORT_DIRECTORY *directory =
        rs_image_table(image, IMAGE_DIRECTORY_ENTRY_EXPORT, &exports->size);
    if (!directory || exports->size < sizeof *directory)
        return false;
    exports->directory = directory;
    exports->functions = at(image, directory->AddressOfFunctions,
                            (size_t)directory->NumberOfFunctions * sizeof(DWORD));
    exports->names =
        at(image, directory->AddressOfNames, (size_t)directory->NumberOfNames * sizeof(DWORD));
    exports->ordinals = at(image, directory->AddressOfNameOrdinals,
                           (size_t)directory->NumberOfNames * sizeof(WORD));
    return exports->functions && exports->names && exports->ordinals;
}

static int compare(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

static uintptr_t function_at(const struct rs_image *image, const struct exports *exports,
                             DWORD index)
{
    DWORD rva = index < exports->directory->NumberOfFunctions ? exports->functions[index] : 0;
    uintptr_t table = (uintptr_t)exports->directory - image->base;
    bool forwarded = rva >= table && rva < table + exports->size;
    return rva && rva < image->size && !forwarded ? image->base + rva : 0;
}

uintptr_t rs_image_export(const struct rs_image *image, const char *name)
{
    struct exports exports;
    if (!read_exports(image, &exports))
        return 0;
    DWORD low = 0, high = exports.directory->NumberOfNames;
    while (low < high) {
        DWORD middle = (low + high) / 2;
        const char *text = text_at(image, exports.names[middle]);
        int order = text ? compare(text, name) : 1;
        if (!order)
            return function_at(image, &exports, exports.ordinals[middle]);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

const char *rs_image_export_name(const struct rs_image *image, uintptr_t address)
{
    struct exports exports;
    if (!read_exports(image, &exports))
        return NULL;
    for (DWORD i = 0; i < exports.directory->NumberOfNames; i++)
        if (function_at(image, &exports, exports.ordinals[i]) == address)
            return text_at(image, exports.names[i]);
    return NULL;
}

/* ---- imports ---- */

static const char *import_name(const struct rs_image *image, uintptr_t thunk)
{
    if (thunk & BY_ORDINAL)
        return NULL;
    return text_at(image, (size_t)thunk + offsetof(IMAGE_IMPORT_BY_NAME, Name));
}

/* A table of slots beside the table of their names; without the latter, they are nameless. */
static void visit_slots(const struct rs_image *image, size_t slots, size_t names,
                        void (*visit)(void *, uintptr_t *, const char *), void *closure)
{
    for (size_t i = 0;; i++) {
        const uintptr_t *slot = at(image, slots + i * sizeof *slot, sizeof *slot);
        const uintptr_t *name = at(image, names ? names + i * sizeof *name : 0, sizeof *name);
        if (!slot || !*slot || (names && (!name || !*name)))
            return;
        visit(closure, (uintptr_t *)(uintptr_t)slot, name ? import_name(image, *name) : NULL);
    }
}

static const IMAGE_DELAYLOAD_DESCRIPTOR *delayed(const struct rs_image *image, size_t index)
{
    size_t size;
    const IMAGE_DELAYLOAD_DESCRIPTOR *table =
        rs_image_table(image, IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT, &size);
    if (!table || (index + 1) * sizeof *table > size || !table[index].DllNameRVA ||
        !table[index].Attributes.RvaBased)
        return NULL;
    return &table[index];
}

void rs_image_imports(const struct rs_image *image,
                      void (*visit)(void *, uintptr_t *slot, const char *name), void *closure)
{
    size_t size;
    const IMAGE_IMPORT_DESCRIPTOR *import =
        rs_image_table(image, IMAGE_DIRECTORY_ENTRY_IMPORT, &size);
    for (; import && size >= sizeof *import && import->Name; import++, size -= sizeof *import)
        visit_slots(image, import->FirstThunk,
                    import->OriginalFirstThunk ? import->OriginalFirstThunk : 0, visit, closure);
    const IMAGE_DELAYLOAD_DESCRIPTOR *delay;
    for (size_t i = 0; (delay = delayed(image, i)); i++)
        visit_slots(image, delay->ImportAddressTableRVA, delay->ImportNameTableRVA, visit, closure);
}

const char *rs_image_delayed_name(const struct rs_image *image, const uintptr_t *slot)
{
    size_t rva = (uintptr_t)slot - image->base;
    const IMAGE_DELAYLOAD_DESCRIPTOR *delay;
    for (size_t i = 0; (delay = delayed(image, i)); i++) {
        size_t first = delay->ImportAddressTableRVA, names = delay->ImportNameTableRVA;
        for (size_t k = 0;; k++) {
            const uintptr_t *name = at(image, names + k * sizeof *name, sizeof *name);
            if (!name || !*name)
                break;
            if (first + k * sizeof *name == rva)
                return import_name(image, *name);
        }
    }
    return NULL;
}

/* ---- identity ---- */

const void *rs_image_identity(const struct rs_image *image)
{
    enum { CODEVIEW_PDB70 = 0x53445352, LEAD = 4, IDENTITY = 20 };
    size_t size;
    const IMAGE_DEBUG_DIRECTORY *entry = rs_image_table(image, IMAGE_DIRECTORY_ENTRY_DEBUG, &size);
    for (; entry && size >= sizeof *entry; entry++, size -= sizeof *entry) {
        const unsigned char *data = at(image, entry->AddressOfRawData, entry->SizeOfData);
        DWORD signature;
        if (!data || entry->Type != IMAGE_DEBUG_TYPE_CODEVIEW ||
            entry->SizeOfData < LEAD + IDENTITY)
            continue;
        rs_copy(&signature, data, sizeof signature);
        if (signature == CODEVIEW_PDB70)
            return data + LEAD;
    }
    return NULL;
}

void rs_image_header_identity(const struct rs_image *image, void *identity)
{
    const IMAGE_DOS_HEADER *dos = (const void *)image->base;
    const IMAGE_NT_HEADERS *headers = (const void *)(image->base + (DWORD)dos->e_lfanew);
    /* The same in headers of both widths. */
    DWORD words[] = {headers->FileHeader.TimeDateStamp, headers->OptionalHeader.SizeOfImage,
                     headers->OptionalHeader.CheckSum};
    _Static_assert(sizeof words == RS_IMAGE_HEADER_IDENTITY, "pe.h says how many bytes");
    rs_copy(identity, words, sizeof words);
}
