/* CYCLES LIBRARY [stay]: loads the library, visits it and unloads it, over and over. stay: loads it
 * once more in the end, and visits it without letting it go. */
#include <dlfcn.h>
#include <stdlib.h>

static void *load(const char *library)
{
    void *handle = dlopen(library, RTLD_NOW);
    void (*visit)(void) = handle ? (void (*)(void))dlsym(handle, "visit") : NULL;
    if (!visit)
        exit(3);
    visit();
    return handle;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    for (int i = atoi(argv[1]); i; i--)
        if (dlclose(load(argv[2])) != 0)
            return 4;
    if (argc > 3)
        load(argv[2]);
    return 0;
}
