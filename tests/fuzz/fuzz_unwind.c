/* Any bytes as a module with unwind information, and any words as a stack: the walk ends, and reads
 * nothing but the module and the stack.
 *
 * Input: where the table is and a pc (offsets into the image, 32 bits each), up to 256 words of
 * stack with their count, then the image. The table is .eh_frame_hdr; or .pdata, where the count's
 * upper half is not 0: that is the number of its entries, and one. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "shim/core/row.h"
#include "shim/core/unwind.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS = 256 };

struct input {
    uint32_t header, pc, words;
};

/* Words of a stack are mostly addresses of code or of the stack itself. */
static uintptr_t word_of(uint64_t raw, const uintptr_t *stack, const struct rs_module *module)
{
    switch (raw & 3) {
    case 1:
        return module->start + (raw >> 2) % (module->end - module->start);
    case 2:
        return (uintptr_t)stack + (raw >> 2) % (WORDS * sizeof *stack) / 8 * 8;
    default:
        return (uintptr_t)raw;
    }
}

static void walk(const struct rs_module *module, const struct input *input, const uint8_t *raw)
{
    uintptr_t *stack = calloc(WORDS, sizeof *stack); /* of its own size, for the sanitizer */
    void *rules = calloc(1, RS_RULE_CACHE_BYTES);
    if (!stack || !rules)
        abort();
    for (uint32_t i = 0; i < input->words; i++) {
        uint64_t word;
        memcpy(&word, raw + 8 * i, 8);
        stack[i] = word_of(word, stack, module);
    }
    struct rs_modules modules = {.list = module, .count = 1, .generation = 1};
    struct rs_kept kept = {.bx = stack[1], .r12 = stack[2]};
    struct rs_regs regs = {
        .pc = module->start + input->pc, .sp = (uintptr_t)stack, .bp = stack[0], .kept = &kept};
    struct rs_stack found, again;
    struct rs_reads reads;
    struct rs_stack_bounds bounds = {(uintptr_t)stack, (uintptr_t)(stack + WORDS)};
    rs_unwind(&modules, rules, &regs, bounds, &found, &reads);
    if (found.depth > RS_STACK_MAX || reads.count > RS_READS_MAX)
        abort();
    rs_unwind(&modules, rules, &regs, bounds, &again, NULL); /* by the rules just learnt */
    if (again.depth != found.depth || memcmp(again.pc, found.pc, found.depth * sizeof *found.pc))
        abort();
    free(rules);
    free(stack);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input;
    if (size < sizeof input + 64)
        return 0;
    memcpy(&input, data, sizeof input);
    uint32_t entries = input.words >> 16;
    input.words = (uint16_t)input.words % (WORDS + 1);
    if (size < sizeof input + 8 * input.words + 64)
        return 0;
    const uint8_t *raw = data + sizeof input;
    size_t length = size - sizeof input - 8 * input.words;
    uint8_t *image = malloc(length);
    if (!image)
        return 0;
    memcpy(image, raw + 8 * input.words, length);
    size_t header = input.header % length / 4 * 4;
    input.pc %= length;
    struct rs_module module = {
        .start = (uintptr_t)image, .end = (uintptr_t)(image + length), .base = (uintptr_t)image};
    if (entries) {
        size_t table = 12 * (size_t)(entries - 1), room = length - header;
        module.pdata = image + header;
        module.pdata_size = table < room ? table : room;
    } else {
        module.eh_frame_hdr = image + header;
        module.eh_frame_hdr_size = length - header;
    }
    struct rs_row row;
    for (uint32_t i = 0; i < 16; i++) {
        uintptr_t pc = module.start + (input.pc + i * 29) % length;
        rs_row_find(&module, pc, i % 2, &row);
        rs_row_function(&module, pc);
    }
    walk(&module, &input, raw);
    free(image);
    return 0;
}
