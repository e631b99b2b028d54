#include "analyzer/attach_load.h"
#include "analyzer/attach_call.h"
#include "analyzer/attach_modules.h"

#include <residue/attach.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct load {
    const struct attach_process *process;
    struct attach_call *call;
    char *problem;
    size_t problem_size;
};

static bool fails(struct load *load, const char *why)
{
    snprintf(load->problem, load->problem_size, "%s", why);
    return false;
}

/* A shim that is there already stays where it is, though its file may be gone. */
static uint64_t find_or_load(struct load *load, const char *shim)
{
    pid_t pid = load->process->pid;
    uint64_t base = attach_module(pid, RESIDUE_SHIM_FILE);
    if (base)
        return base;
    uint64_t libc = attach_module(pid, "libc.so.6");
    uint64_t function = attach_symbol(load->process, libc, "dlopen");
    uint64_t path = attach_call_put(load->call, shim, strlen(shim) + 1);
    if (!function || !path ||
        !attach_call_make(load->call, function, path, RTLD_NOW | RTLD_NODELETE))
        return 0;
    return attach_module(pid, RESIDUE_SHIM_FILE);
}

static bool say_result(struct load *load, uint32_t result)
{
    switch (result) {
    case RESIDUE_ATTACH_RECORDS:
        return true;
    case RESIDUE_ATTACH_ALREADY:
        return fails(load, "is being recorded already");
    case RESIDUE_ATTACH_REFUSED:
        return fails(load, "has no room for a trace (ulimit -v, -f or -n), or may not make one");
    case RESIDUE_ATTACH_MEMORY:
        return fails(load, "has no memory left for the shim's tables");
    case RESIDUE_ATTACH_VERSIONS:
        return fails(load, "has another version of the shim in it: attach with that one's residue");
    default:
        return fails(load, "has ended");
    }
}

static bool begin(struct load *load, const char *shim, const char *socket)
{
    uint64_t base = find_or_load(load, shim);
    if (!base)
        return fails(load, "did not load the shim: its loader has no room for it (static TLS), or "
                           "may not read or map its file");
    struct residue_attach_request request = {.version = RESIDUE_ATTACH_VERSION};
    const char *verify = getenv("RESIDUE_VERIFY");
    memcpy(request.magic, RESIDUE_ATTACH_MAGIC, sizeof request.magic);
    request.verify = verify && *verify && *verify != '0';
    if (strlen(socket) >= sizeof request.socket)
        return fails(load, "can't be reached: the path of the socket is too long");
    snprintf(request.socket, sizeof request.socket, "%s", socket);
    uint64_t function = attach_symbol(load->process, base, RESIDUE_ATTACH_FUNCTION);
    if (!function)
        return say_result(load, RESIDUE_ATTACH_VERSIONS);
    uint64_t at = attach_call_put(load->call, &request, sizeof request);
    if (!at || !attach_call_make(load->call, function, at, 0) ||
        !attach_read(load->process, at, &request, sizeof request))
        return say_result(load, RESIDUE_ATTACH_UNKNOWN);
    return say_result(load, request.result);
}

bool attach_load(const struct attach_process *process, const char *shim, const char *socket,
                 char *problem, size_t problem_size)
{
    struct load load = {process, attach_call_open(process, problem, problem_size), problem,
                        problem_size};
    if (!load.call)
        return false;
    bool done = begin(&load, shim, socket);
    attach_call_close(load.call);
    return done;
}
