#include "analyzer/findings_fault.h"
#include <stdio.h>

void finding_fault_name(const struct trace *trace, char *text, size_t size)
{
    static const struct {
        uint32_t code;
        const char *name;
    } names[] = {
        {4, "SIGILL"},
        {5, "SIGTRAP"},
        {6, "SIGABRT"},
        {7, "SIGBUS"},
        {8, "SIGFPE"},
        {11, "SIGSEGV"},
        {0xc0000005, "an access violation"},
        {0xc000001d, "an illegal instruction"},
        {0xc0000094, "a division by zero"},
        {0xc00000fd, "a stack overflow"},
        {0xc0000374, "a corrupted heap"},
    };
    uint32_t code = trace->fault->code;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == code) {
            snprintf(text, size, "%s", names[i].name);
            return;
        }
    snprintf(text, size, code < 0x10000 ? "signal %u" : "exception 0x%x", code);
}
