/* CYCLES LIBRARY FUNCTION: loads the library, looks the function up, unloads it, over and over;
 * then prints by how many KiB it grew in the last three quarters of the cycles. */
#include "memory.h"

#include <dlfcn.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    long cycles = atol(argv[1]), before = 0;
    for (long i = 0; i < cycles; i++) {
        if (i == cycles / 4)
            before = resident_kib();
        void *library = dlopen(argv[2], RTLD_NOW);
        if (!library || !dlsym(library, argv[3]) || dlclose(library) != 0)
            return 3;
    }
    printf("%ld\n", resident_kib() - before);
    return 0;
}
