#include "analyzer/live.h"
#include "analyzer/attach_detach.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The client has the trace mapped; its keeper holds a descriptor of the same file, which has no
 * name. */
static const char trace_name[] = "/memfd:residue (deleted)";

static bool is_trace(const struct attach_mapping *mapping, void *closure)
{
    uint64_t *inode = closure;
    if (strcmp(mapping->path, trace_name) != 0)
        return false;
    *inode = mapping->inode;
    return true;
}

/* Where the process maps it there is a link, too, that only the mighty may follow. */
static bool is_mapped(const struct attach_mapping *mapping, void *closure)
{
    char *link = closure;
    if (strcmp(mapping->path, trace_name) != 0)
        return false;
    snprintf(link, 64, "%" PRIx64 "-%" PRIx64, mapping->start, mapping->end);
    return true;
}

static bool find_in(const char *folder, uint64_t inode, char *path, size_t size)
{
    DIR *descriptors = opendir(folder);
    bool found = false;
    for (struct dirent *entry; descriptors && !found && (entry = readdir(descriptors));) {
        struct stat status;
        char target[64];
        snprintf(path, size, "%s/%s", folder, entry->d_name);
        ssize_t length = readlink(path, target, sizeof target - 1);
        target[length > 0 ? length : 0] = 0;
        found = !strcmp(target, trace_name) && stat(path, &status) == 0 && status.st_ino == inode;
    }
    if (descriptors)
        closedir(descriptors);
    return found;
}

static bool find_keeper(uint64_t inode, char *path, size_t size)
{
    DIR *processes = opendir("/proc");
    bool found = false;
    for (struct dirent *entry; processes && !found && (entry = readdir(processes));) {
        char folder[300];
        if (!isdigit((unsigned char)*entry->d_name))
            continue;
        snprintf(folder, sizeof folder, "/proc/%s/fd", entry->d_name);
        found = find_in(folder, inode, path, size);
    }
    if (processes)
        closedir(processes);
    return found;
}

/* After it was detached from, the mapping stays. */
static bool is_recorded(pid_t pid)
{
    struct attach_process process;
    struct residue_attachment attachment;
    uint64_t address;
    char problem[600];
    if (!attach_process_open(&process, pid, problem, sizeof problem))
        return true;
    bool was_attached = attach_find(&process, &attachment, &address);
    bool is = !was_attached || attach_is_recorded(&process, &attachment);
    attach_process_close(&process);
    return is;
}

bool live_trace(const char *text, char *path, size_t size, char *problem, size_t problem_size)
{
    char *end, name[64], link[64] = "";
    long pid = isdigit((unsigned char)*text) ? strtol(text, &end, 10) : 0;
    uint64_t inode = 0;
    snprintf(path, size, "/proc/%ld/maps", pid);
    if (pid <= 0 || pid > INT32_MAX || *end) {
        snprintf(problem, problem_size, "--live '%s': not a process id", text);
    } else if (!attach_name((pid_t)pid, name, sizeof name)) {
        snprintf(problem, problem_size, "process %ld does not exist", pid);
    } else if (access(path, R_OK) != 0) {
        snprintf(problem, problem_size, "process %ld (%s) may not be read: %s", pid, name,
                 strerror(errno));
    } else if (!attach_mappings((pid_t)pid, is_trace, &inode) || !is_recorded((pid_t)pid)) {
        snprintf(problem, problem_size,
                 "process %ld (%s) is not being recorded (residue attach %ld begins that)", pid,
                 name, pid);
    } else if (find_keeper(inode, path, size)) {
        return true;
    } else {
        attach_mappings((pid_t)pid, is_mapped, link);
        snprintf(path, size, "/proc/%ld/map_files/%s", pid, link);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            close(fd);
        else
            snprintf(problem, problem_size,
                     "process %ld (%s): its trace is kept by nobody who may be asked", pid, name);
        return fd >= 0;
    }
    return false;
}
