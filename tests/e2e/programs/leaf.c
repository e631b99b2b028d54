/* [FILE]: keeps three copies of a word; waits for the file if one is named. Prints a line. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char *kept[3];

int main(int argc, char **argv)
{
    for (int i = 0; i < 3; i++)
        kept[i] = strdup("leaf");
    while (argc > 1 && access(argv[1], F_OK) != 0)
        usleep(10000);
    puts(kept[2]);
    return 0;
}
