/* The path of the program that the shim is in. */
#include "shim/core/bytes.h"
#include "shim/core/text.h"
#include "shim/linux/start.h"
#include "shim/linux/syscall.h"

#include <limits.h>
#include <link.h>

static char program[PATH_MAX];

const char *rs_program(void)
{
    return program;
}

/* The kernel tells each program by which name it was started, behind its environment. */
static const char *started_as(char **environment)
{
    while (*environment)
        environment++;
    const ElfW(auxv_t) *auxiliary = (const ElfW(auxv_t) *)(environment + 1);
    for (; auxiliary->a_type != AT_NULL; auxiliary++)
        if (auxiliary->a_type == AT_EXECFN)
            return (const char *)auxiliary->a_un.a_val;
    return "";
}

/* Without /proc the name it was started by must do, made absolute. */
void rs_program_find(char **environment)
{
    long length = RS_SYSCALL3(SYS_readlink, "/proc/self/exe", program, sizeof program - 1);
    if (!rs_failed(length))
        return;
    const char *name = started_as(environment);
    size_t at = 0;
    if (*name != '/') {
        long folder = RS_SYSCALL2(SYS_getcwd, program, sizeof program - 1); /* with its end */
        if (rs_failed(folder))
            return;
        at = (size_t)folder;
        program[at - 1] = '/';
    }
    if (at + rs_length(name) < sizeof program)
        rs_copy(program + at, name, rs_length(name) + 1);
    else
        program[0] = 0;
}
