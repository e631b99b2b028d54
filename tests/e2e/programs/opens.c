/* Calls one of the openers: opens NAME TIMES */
#include <stdlib.h>
#include <string.h>

void opener_pipe(void);
void opener_tidy(void);
void opener_stream(void);
void opener_child(int with_vfork);
void opener_first(void);

int main(int count, char **arguments)
{
    const char *what = count == 3 ? arguments[1] : "";
    int times = count == 3 ? atoi(arguments[2]) : 0;
    for (int i = 0; i < times; i++) {
        if (!strcmp(what, "pipe"))
            opener_pipe();
        else if (!strcmp(what, "tidy"))
            opener_tidy();
        else if (!strcmp(what, "stream"))
            opener_stream();
        else if (!strcmp(what, "first"))
            opener_first();
        else
            opener_child(!strcmp(what, "vfork"));
    }
    return !times;
}
