/* Prints a function's result and a datum of the library, both imported, then both looked up. */
#include <dlfcn.h>
#include <stdio.h>

extern int ware_price;
int ware_count(void);

int main(void)
{
    int *price = dlsym(RTLD_DEFAULT, "ware_price");
    int (*count)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "ware_count");
    printf("%d %d %d %d\n", ware_count(), ware_price, count ? count() : 0, price ? *price : 0);
    return 0;
}
