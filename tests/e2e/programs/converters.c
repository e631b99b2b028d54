/* CALLS: opens converters that the C library loads by itself, past everybody's dlopen; their
 * modules keep a block for each. None is closed. Half-way something else is loaded. */
#include <dlfcn.h>
#include <iconv.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    long calls = argc == 2 ? atol(argv[1]) : 0;
    for (long i = 0; i < calls; i++) {
        if (iconv_open("UTF-16", "UTF-8") == (iconv_t)-1)
            return 3;
        if (i == calls / 2 && !dlopen("libm.so.6", RTLD_NOW))
            return 4;
    }
    return 0;
}
