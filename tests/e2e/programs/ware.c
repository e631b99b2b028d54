/* A library of one function and one datum. */
int ware_price = 42;

int ware_count(void);
int ware_count(void)
{
    return 7;
}
