#include "tests/unit/pe_image.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Offsets of "PE Format": in the file, in the COFF header, and in the optional header of PE32+. */
enum {
    PE_HEADER_AT = 0x3c,
    SECTION_COUNT = 6,
    OPTIONAL_SIZE = 20,
    OPTIONAL = 24,
    IMAGE_SIZE = 56,
    HEADERS_SIZE = 60,
    DIRECTORIES = 112,
    SECTION = 40,
    SECTION_ADDRESS = 12,
    IMPORTED_NAME = 12,
};

enum directory { EXPORTS = 0, IMPORTS = 1, EXCEPTIONS = 3 };

static uint32_t number(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static const uint8_t *optional_header(const uint8_t *image)
{
    return image + number(image + PE_HEADER_AT) + OPTIONAL;
}

static const uint8_t *directory(const uint8_t *image, enum directory which)
{
    return optional_header(image) + DIRECTORIES + 8 * which;
}

static void lay_out(uint8_t *image, const uint8_t *file, size_t size)
{
    const uint8_t *header = file + number(file + PE_HEADER_AT);
    const uint8_t *section = header + OPTIONAL + (uint16_t)number(header + OPTIONAL_SIZE);
    memcpy(image, file, number(optional_header(file) + HEADERS_SIZE));
    for (unsigned i = 0; i < (uint16_t)number(header + SECTION_COUNT); i++, section += SECTION) {
        uint32_t address = number(section + SECTION_ADDRESS);
        uint32_t length = number(section + SECTION_ADDRESS + 4);
        uint32_t at = number(section + SECTION_ADDRESS + 8);
        if (!at)
            continue;
        cr_assert_leq(at + length, size);
        memcpy(image + address, file + at, length);
    }
}

struct rs_module pe_image(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0, "%s is missing", path);
    cr_assert_eq(fstat(fd, &status), 0);
    size_t size = (size_t)status.st_size;
    const uint8_t *file = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    cr_assert(file != MAP_FAILED && !memcmp(file, "MZ", 2));
    uint32_t length = number(optional_header(file) + IMAGE_SIZE);
    uint8_t *image =
        mmap(NULL, length, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(image != MAP_FAILED);
    lay_out(image, file, size);
    munmap((void *)file, size);
    uint32_t imports = number(directory(image, IMPORTS));
    cr_assert(!imports || !number(image + imports + IMPORTED_NAME), "%s imports something", path);
    const uint8_t *exceptions = directory(image, EXCEPTIONS);
    return (struct rs_module){.start = (uintptr_t)image,
                              .end = (uintptr_t)image + length,
                              .base = (uintptr_t)image,
                              .pdata = image + number(exceptions),
                              .pdata_size = number(exceptions + 4)};
}

void pe_image_exports(const struct rs_module *module,
                      void (*visit)(const char *name, uintptr_t address, void *closure),
                      void *closure)
{
    const uint8_t *image = (const uint8_t *)module->base;
    const uint8_t *exports = image + number(directory(image, EXPORTS));
    const uint8_t *functions = image + number(exports + 28), *names = image + number(exports + 32);
    const uint8_t *ordinals = image + number(exports + 36);
    for (uint32_t i = 0; i < number(exports + 24); i++) {
        uint16_t ordinal;
        memcpy(&ordinal, ordinals + 2 * i, sizeof ordinal);
        visit((const char *)image + number(names + 4 * i),
              module->base + number(functions + 4u * ordinal), closure);
    }
}

struct search {
    const char *name;
    uintptr_t found;
};

static void compare(const char *name, uintptr_t address, void *closure)
{
    struct search *search = closure;
    if (!strcmp(name, search->name))
        search->found = address;
}

uintptr_t pe_image_export(const struct rs_module *module, const char *name)
{
    struct search search = {name, 0};
    pe_image_exports(module, compare, &search);
    cr_assert(search.found, "no %s is exported", name);
    return search.found;
}
