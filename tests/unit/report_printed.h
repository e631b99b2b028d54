/* Traces as reports are tested on, and the report on them as a text. */
#ifndef TESTS_UNIT_REPORT_PRINTED_H
#define TESTS_UNIT_REPORT_PRINTED_H

#include "analyzer/report.h"
#include "analyzer/report_objects.h"
#include "analyzer/report_select.h"
#include "analyzer/report_text_write.h"
#include "tests/unit/report_trace.h"
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>

static struct made *made;
static char *printed;
static struct report shown; /* how it is printed, beyond what `print` is told */
static struct report_selection selected;

static inline void begin(void)
{
    made = made_new();
}

static inline void end(void)
{
    free(printed);
    free(made);
}

/* Prints the report on what was made, without symbols, into `printed`. */
static inline void print(bool json, bool all, bool colour)
{
    struct report report = shown;
    report.trace = made_done(made);
    report.all = all;
    report.colour = colour;
    report.analysis = analysis_of(report.trace);
    report.findings = findings_of(report.analysis);
    const struct analysis_call *worst = analysis_worst(report.analysis);
    report.memory = memory_of(report.trace, (uint64_t)2 << 30, report.analysis->leaked_bytes,
                              worst ? worst->count : 0);
    findings_place(&report.findings, report_place, &report);
    if (selected.globs || selected.top)
        report_select(&report, &selected);
    size_t size;
    free(printed);
    FILE *out = open_memstream(&printed, &size);
    (json ? report_json : report_text)(&report, out);
    fclose(out);
    findings_free(&report.findings);
    analysis_free(report.analysis);
}

/* OpenMsgStore inside MAPILogonEx leaves 48 B and a section in each of 2,000 calls. */
static inline void leaky(void)
{
    uint32_t logon = made_path(made, 0, "MAPILogonEx", 1000);
    uint32_t open = made_path(made, logon, "IMAPISession::OpenMsgStore", 2000);
    uint32_t module = made_module(made, "/opt/libprovider.so", 1, 0);
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    uint32_t section = made_kind(made, RESIDUE_CLASS_CRITICAL_SECTION, "critical section");
    uint32_t pair = made_kind(made, RESIDUE_CLASS_OTHER, "SSL_new");
    uint32_t outside = made_site(made, 0, made_stack(made, module, 0x400, 2), block);
    made_survivors(made, made_site(made, open, made_stack(made, module, 0x100, 2), block), 1, 2000,
                   1, 48);
    made_survivors(made, made_site(made, open, made_stack(made, module, 0x200, 2), section), 1,
                   2000, 1, 0);
    made_survivors(made, made_site(made, open, made_stack(made, module, 0x300, 2), pair), 1, 2000,
                   1, 0);
    made_survivor(made, outside, 0, 1000);
    made_survivor(made, outside, 0, 24);
    made_checkpoint(made, 0, 10 << 20, 1024);
    made_checkpoint(made, 500000000, 20 << 20, 2 << 20);
    made_checkpoint(made, 2000000000, 48 << 20, 30 << 20);
}

static inline json_t *at(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    cr_assert_not_null(value, "no key %s", key);
    return value;
}

static inline const char *line_with(const char *what)
{
    const char *line = strstr(printed, what);
    cr_assert_not_null(line, "no %s in:\n%s", what, printed);
    return line;
}

/* No line is wider than the terminal, and no byte of a trace reaches it as a control. */
static inline void check_lines(bool colour)
{
    unsigned column = 0;
    for (const char *byte = printed; *byte; byte++) {
        if (*byte == '\n') {
            column = 0;
        } else if (*byte == '\x1b') {
            cr_assert(colour, "an escape in:\n%s", printed);
            byte += strcspn(byte, "m");
        } else {
            cr_assert((unsigned char)*byte >= 0x20 && (unsigned char)*byte != 0x7f);
            column += ((unsigned char)*byte & 0xc0) != 0x80;
            cr_assert_leq(column, shown.columns ? shown.columns : TEXT_COLUMNS, "too wide:\n%s",
                          printed);
        }
    }
}

/* LoadLibraryA leaves 112 B of a module that is gone, and a section in a freed block, every call.
 */
static inline void with_findings(void)
{
    uint32_t path = made_path(made, 0, "LoadLibraryA", 1000);
    uint32_t gone = made_module(made, "/opt/libmapi32.so", 1000, 1000);
    uint32_t there = made_module(made, "/opt/client", 1, 0);
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    uint32_t section = made_kind(made, RESIDUE_CLASS_CRITICAL_SECTION, "critical section");
    made_survivors(made, made_site(made, path, made_stack(made, gone, 0x100, 2), block), 1, 1000, 1,
                   112);
    uint32_t initialised = made_site(made, path, made_stack(made, there, 0x200, 2), section);
    uint32_t freed = made_site(made, path, made_stack(made, there, 0x300, 2), 0);
    uint32_t allocated = made_site(made, path, made_stack(made, there, 0x400, 2), block);
    for (uint32_t ordinal = 1; ordinal <= 1000; ordinal++) {
        struct trace_resource *lost = made_resource(made, initialised, ordinal);
        lost->freed_site = freed;
        lost->freed_block_site = allocated;
    }
}

static inline void hostile(void)
{
    static char name[5000], module[3000];
    memset(name, 'N', sizeof name - 1);
    memset(module, '/', 1);
    memset(module + 1, 'm', sizeof module - 2);
    memcpy(name, "\x1b[2J\r\n\t\x80\xff", 9);
    memcpy(name + 100, "\xe2\x80\xae", 3);
    uint32_t outer = made_path(made, 0, name, 1000), id = made_module(made, module, 20, 20);
    uint32_t path = made_path(made, outer, name, 1000);
    uint32_t kind = made_kind(made, RESIDUE_CLASS_BLOCK, name);
    made_survivors(made, made_site(made, path, made_stack(made, id, 0, 8), kind), 1, 1000, 1, 48);
    made_survivors(made,
                   made_site(made, path, made_stack(made, 0, UINT64_MAX - 200, 8),
                             made_kind(made, RESIDUE_CLASS_OTHER, name + 6)),
                   1, 1000, 1, 1000000000000);
    made_survivors(made, made_site(made, 0, made_stack(made, id, 0, 8), kind), 0, 0, 1, 0);
    for (int i = 0; i < 50; i++)
        made_survivor(made, 3, 0, UINT64_MAX / 64);
    memset(made->trace.header.trouble, '\x1b', 200);
    made->trace.header.flags = RESIDUE_FLAG_INCOMPLETE | RESIDUE_FLAG_FORKED;
    made_checkpoint(made, 0, 1, 0);
    made_checkpoint(made, UINT64_MAX, UINT64_MAX, UINT64_MAX);
}

#endif
