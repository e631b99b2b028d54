/* Calls `work`, which leaves 72 bytes each time, and does what lines on standard input say. */
#include <poll.h>
#include <residue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static void *volatile kept;

static void work(void)
{
    RESIDUE_CALL_BEGIN("work");
    kept = malloc(72);
    RESIDUE_CALL_END();
}

/* Every key at once, as an editor wants them; and back. */
static void take_terminal(int take)
{
    struct termios mode;
    tcgetattr(0, &mode);
    if (take)
        mode.c_lflag &= ~(tcflag_t)ICANON;
    else
        mode.c_lflag |= ICANON;
    tcsetattr(0, TCSANOW, &mode);
    puts(take ? "taken" : "given");
}

static int obey(const char *order)
{
    if (!strncmp(order, "lines", 5))
        for (int i = 1; i <= 40; i++)
            printf("line %d\n", i);
    else if (!strncmp(order, "half", 4))
        printf("half a line: ");
    else if (!strncmp(order, "red", 3))
        printf("\033[31mscarlet\n");
    else if (!strncmp(order, "take", 4))
        take_terminal(1);
    else if (!strncmp(order, "give", 4))
        take_terminal(0);
    else
        return strncmp(order, "end", 3);
    fflush(stdout);
    return 1;
}

int main(void)
{
    char order[100];
    struct pollfd input = {.fd = 0, .events = POLLIN};
    setvbuf(stdin, NULL, _IONBF, 0);
    printf("begun\n");
    fflush(stdout);
    for (int go_on = 1; go_on;) {
        for (int i = 0; i < 100; i++)
            work();
        if (poll(&input, 1, 5) > 0)
            go_on = fgets(order, sizeof order, stdin) && obey(order);
    }
    printf("done\n");
    return 7;
}
