/*
 * [daemon|hurried]: strdup 1,000 times, keeping each copy of 8 bytes; creates the file `half`,
 * waits for the file `go`, and does it again. Exit 7. daemon: all of that in a session of its own,
 * behind two forks; the first process ends at `half`. hurried: the same, but the first process ends
 * at once.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *kept[2000];
static int count;

static void wait_for_go(void)
{
    close(open("half", O_CREAT | O_WRONLY, 0600));
    while (access("go", F_OK) != 0)
        usleep(10000);
}

static __attribute__((noinline)) void keep_one(void)
{
    if (count == 1000)
        wait_for_go();
    kept[count++] = strdup("1234567");
}

static void leave(int hurried)
{
    if (fork()) {
        while (!hurried && access("half", F_OK) != 0)
            usleep(1000);
        _exit(0);
    }
    setsid();
    if (fork())
        _exit(0);
    for (int fd = 0; fd < 10; fd++)
        close(fd);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        leave(strcmp(argv[1], "hurried") == 0);
    while (count < 2000)
        keep_one();
    return 7;
}
