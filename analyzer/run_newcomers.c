#include "analyzer/run_newcomers.h"

#include <residue/profile.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_known(const struct run_server *server, pid_t pid)
{
    for (size_t i = 0; i < server->image_count; i++)
        if (server->images[i].trace >= 0 && server->images[i].pid == pid)
            return true;
    return false;
}

/* The file holds the bytes, wherever they begin. It is read in parts: environments may be large. */
static bool file_holds(const char *path, const char *bytes, size_t length)
{
    char part[1 << 16];
    size_t kept = 0;
    ssize_t got;
    bool found = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && !found && (got = read(fd, part + kept, sizeof part - kept)) > 0) {
        size_t have = kept + (size_t)got;
        found = memmem(part, have, bytes, length) != NULL;
        kept = have < length ? have : length - 1;
        memmove(part, part + have - kept, kept);
    }
    if (fd >= 0)
        close(fd);
    return found;
}

bool run_newcomers(const struct run_server *server)
{
    char variable[sizeof RESIDUE_SOCKET_VARIABLE + sizeof server->socket + 1], path[300];
    snprintf(variable, sizeof variable, "%s=%s", RESIDUE_SOCKET_VARIABLE, server->socket);
    size_t length = strlen(variable) + 1; /* to the end of the variable */
    DIR *processes = opendir("/proc");
    const struct dirent *entry;
    bool any = false;
    while (processes && !any && (entry = readdir(processes))) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        snprintf(path, sizeof path, "/proc/%s/environ", entry->d_name);
        any = pid > 0 && !is_known(server, pid) && file_holds(path, variable, length);
    }
    if (processes)
        closedir(processes);
    return any;
}
