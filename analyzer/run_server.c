#include "analyzer/run_server.h"

#include <residue/profile.h>
#include <residue/trace.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static bool say(char *problem, size_t size, const char *what)
{
    snprintf(problem, size, "%s: %s", what, strerror(errno));
    return false;
}

/* Descriptors high up: programs count on the low numbers being theirs, and these must not be
 * theirs. */
static int another(int fd)
{
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 500);
    return high >= 0 ? high : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static int hide(int fd)
{
    int high = another(fd);
    if (high < 0)
        return fd;
    close(fd);
    return high;
}

static bool keep_plan(struct run_server *server, const void *plan, size_t size)
{
    int fd = memfd_create("residue-plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return false;
    server->plan = hide(fd);
    ssize_t written = write(server->plan, plan, size);
    if (written >= 0)
        errno = EFBIG; /* if not all of it: the limit of a file's size */
    return written == (ssize_t)size &&
           fcntl(server->plan, F_ADD_SEALS,
                 F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0;
}

static bool make_directory_in(struct run_server *server, const char *const *folders, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        /* A socket's path is short; the client may have another working directory. */
        if (!folders[i] || *folders[i] != '/' || strlen(folders[i]) > 80 - strlen(server->root))
            continue;
        snprintf(server->directory, sizeof server->directory, "%s%s/residue-XXXXXX", server->root,
                 folders[i]);
        if (mkdtemp(server->directory))
            return true;
    }
    server->directory[0] = 0;
    return false;
}

static bool make_directory(struct run_server *server)
{
    char here[PATH_MAX]; /* where nothing else may be written to, the traces may */
    const char *const folders[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp", "/dev/shm",
                                   getcwd(here, sizeof here)};
    return make_directory_in(server, folders, sizeof folders / sizeof *folders);
}

/* Where everybody may write, and code may be loaded from. */
static bool make_directory_elsewhere(struct run_server *server, const struct run_elsewhere *there)
{
    const char *const usual[] = {"/tmp", "/var/tmp", "/dev/shm", "/run"};
    const char *folders[4] = {NULL};
    size_t count = 0;
    if (there->root >= 0)
        snprintf(server->root, sizeof server->root, "/proc/self/fd/%d", there->root);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        char path[64];
        struct statvfs system;
        snprintf(path, sizeof path, "%s%s", server->root, usual[i]);
        if (statvfs(path, &system) == 0 && !(system.f_flag & (ST_NOEXEC | ST_RDONLY)))
            folders[count++] = usual[i];
    }
    return make_directory_in(server, folders, count) &&
           (there->uid == geteuid() || chown(server->directory, there->uid, there->gid) == 0);
}

static bool make_socket(struct run_server *server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(server->socket, sizeof server->socket, "%s/socket", server->directory);
    snprintf(address.sun_path, sizeof address.sun_path, "%.107s", server->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    server->listener = hide(fd);
    return bind(server->listener, (struct sockaddr *)&address, sizeof address) == 0 &&
           listen(server->listener, 128) == 0;
}

bool run_server_open_elsewhere(struct run_server *server, const struct run_elsewhere *there,
                               const void *plan, size_t plan_size, char *problem,
                               size_t problem_size)
{
    memset(server, 0, sizeof *server);
    server->listener = server->plan = server->spare = -1;
    if (!keep_plan(server, plan, plan_size))
        return say(problem, problem_size, "can't keep the plan in memory");
    if (there ? !make_directory_elsewhere(server, there) : !make_directory(server))
        return say(problem, problem_size, "can't make a temporary directory");
    if (!make_socket(server) || (server->spare = another(server->plan)) < 0 ||
        (there && there->uid != geteuid() && chown(server->socket, there->uid, there->gid) != 0))
        return say(problem, problem_size, "can't make a socket");
    return true;
}

bool run_server_open(struct run_server *server, const void *plan, size_t plan_size, char *problem,
                     size_t problem_size)
{
    return run_server_open_elsewhere(server, NULL, plan, plan_size, problem, problem_size);
}

void run_server_forget(struct run_server *server)
{
    if (server->listener >= 0)
        close(server->listener);
    if (server->plan >= 0)
        close(server->plan);
    if (server->spare >= 0)
        close(server->spare);
    for (size_t i = 0; i < server->image_count; i++)
        if (server->images[i].trace >= 0)
            run_server_drop(server, &server->images[i]);
    free(server->images);
    server->images = NULL;
    server->image_count = 0;
    server->listener = server->plan = server->spare = -1;
}

void run_server_close(struct run_server *server)
{
    run_server_forget(server);
    if (*server->socket)
        unlink(server->socket);
    if (*server->directory)
        rmdir(server->directory);
}

/* ---- images ---- */

static bool process_gone(const struct run_image *image)
{
    if (image->process < 0)
        return kill(image->pid, 0) != 0 && errno == ESRCH;
    struct pollfd ended = {.fd = image->process, .events = POLLIN};
    return poll(&ended, 1, 0) > 0;
}

bool run_image_over(const struct run_image *image)
{
    return image->replaced || process_gone(image);
}

void run_server_drop(struct run_server *server, struct run_image *image)
{
    close(image->trace);
    if (image->process >= 0)
        close(image->process);
    image->trace = image->process = -1;
    server->open_count--;
}

/* The same process id again is the same process with another program, unless that one is gone. */
static void remember(struct run_server *server, pid_t pid, uint32_t how, int trace)
{
    struct run_image *grown =
        realloc(server->images, (server->image_count + 1) * sizeof *server->images);
    if (!grown) {
        close(trace);
        return;
    }
    server->images = grown;
    unsigned number = 1;
    for (size_t i = 0; i < server->image_count; i++) {
        if (grown[i].pid != pid)
            continue;
        number++;
        if (grown[i].trace >= 0 && (grown[i].process < 0 || !process_gone(&grown[i])))
            grown[i].replaced = true;
    }
    int process = (int)syscall(SYS_pidfd_open, pid, 0);
    grown[server->image_count++] = (struct run_image){.pid = pid,
                                                      .trace = trace,
                                                      .process = process < 0 ? -1 : hide(process),
                                                      .how = how,
                                                      .number = number};
    server->open_count++;
}

/* ---- one connection ---- */

union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

/* False: no hello. The trace's descriptor is left as it was where none came. */
static bool receive_hello(int connection, struct residue_hello *hello, int *trace)
{
    union control control;
    memset(&control, 0, sizeof control);
    struct iovec part = {hello, sizeof *hello};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control.room};
    ssize_t got = recvmsg(connection, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
    int fd = -1;
    if (message.msg_controllen >= CMSG_LEN(sizeof fd) && control.header.cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
    bool valid = got == (ssize_t)sizeof *hello && !memcmp(hello->magic, RESIDUE_TRACE_MAGIC, 8) &&
                 hello->version == RESIDUE_TRACE_VERSION;
    if (fd >= 0 && valid)
        *trace = hide(fd);
    else if (fd >= 0)
        close(fd);
    return valid;
}

static void send_welcome(const struct run_server *server, int connection)
{
    struct residue_welcome welcome = {.version = RESIDUE_PLAN_VERSION, .record = 1};
    memcpy(welcome.magic, RESIDUE_PLAN_MAGIC, 8);
    union control control;
    memset(&control, 0, sizeof control);
    struct iovec part = {&welcome, sizeof welcome};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control.room};
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &server->plan, sizeof(int));
    sendmsg(connection, &message, MSG_NOSIGNAL);
}

/* The process as we know it: in a process namespace of its own it counts otherwise. */
static pid_t pid_of(int connection, const struct residue_hello *hello)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0)
        return peer.pid;
    return (pid_t)hello->pid;
}

static void serve_one(struct run_server *server, int connection)
{
    /* A process that dies between connecting and its hello must not hold up the others. */
    struct timeval patience = {.tv_sec = 2};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    struct residue_hello hello;
    int trace = -1;
    if (!receive_hello(connection, &hello, &trace))
        return;
    if (trace >= 0) {
        remember(server, pid_of(connection, &hello), hello.how, trace);
        send_welcome(server, connection);
    } else {
        bool reason = hello.refusal && hello.refusal < RUN_REFUSALS;
        server->refused[reason ? hello.refusal : RESIDUE_REFUSAL_DESCRIPTORS]++;
    }
}

bool run_server_serve(struct run_server *server)
{
    int connection;
    while ((connection = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        serve_one(server, connection);
        close(connection);
    }
    return errno != EMFILE && errno != ENFILE;
}

void run_server_turn_away(struct run_server *server)
{
    close(server->spare);
    int connection = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection >= 0) {
        close(connection); /* for it, an answer: go on unrecorded */
        server->refused[RESIDUE_REFUSAL_DESCRIPTORS]++;
    }
    server->spare = another(server->plan);
}
