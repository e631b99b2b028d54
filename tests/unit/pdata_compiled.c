/*
 * Functions of a PE module as compilers make them, built by several and at several levels. Each is
 * called with a function to call in its body, and with a number.
 */
#define EXPORT __declspec(dllexport)

typedef unsigned long long (*callback)(unsigned long long);
typedef unsigned long long number;

int DllMainCRTStartup(void *module, unsigned reason, void *reserved);
int DllMainCRTStartup(void *module, unsigned reason, void *reserved)
{
    (void)module, (void)reason, (void)reserved;
    return 1;
}

EXPORT number plain(callback call, number n)
{
    return call(n) + 1;
}

EXPORT number many_registers(callback call, number n)
{
    number a = call(n), b = call(n + 1), c = call(n + 2), d = call(n + 3), e = call(n + 4);
    number f = call(n + 5), g = call(n + 6), h = call(n + 7), i = call(n + 8);
    return a * b + c * d + e * f + g * h + i * call(n + 9) + a;
}

EXPORT number large_frame(callback call, number n)
{
    volatile char room[70000];
    room[n] = 1;
    return call(n) + (number)room[n];
}

EXPORT number variable_frame(callback call, number n)
{
    volatile char *room = __builtin_alloca(n + 1);
    room[n] = 1;
    return call(n) + (number)room[n];
}

EXPORT number variable_arrays(callback call, number n)
{
    number sum = 0;
    for (number i = 1; i < 4; i++) {
        volatile number room[n * i + 1];
        room[n * i] = i;
        sum += call(n) + room[n * i];
    }
    return sum;
}

EXPORT number realigned(callback call, number n)
{
    volatile number room[4] __attribute__((aligned(64)));
    room[n % 4] = n;
    return call(n) + room[n % 4];
}

EXPORT number recursive(callback call, number n)
{
    volatile number here = n;
    return n > 5 ? call(n) : recursive(call, n + 1) + here;
}

EXPORT double vector_registers(callback call, number n)
{
    double a = (double)call(n), b = (double)call(n + 1), c = (double)call(n + 2);
    double d = (double)call(n + 3), e = (double)call(n + 4), f = (double)call(n + 5);
    return a * b + c * d + e * f + a * (double)call(n + 6);
}

static __attribute__((noinline)) number of_nine(number a, number b, number c, number d, number e,
                                                number f, number g, number h, callback call)
{
    return call(a + b) + c * d + e * f + g * h;
}

EXPORT number many_arguments(callback call, number n)
{
    return of_nine(n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7, call) + 1;
}

EXPORT number jumps_on(callback call, number n)
{
    number m = call(n);
    return plain(call, m);
}

EXPORT number switches(callback call, number n)
{
    switch (call(n) % 8) {
    case 0:
        return call(n + 1);
    case 1:
        return many_registers(call, n);
    case 2:
        return call(n) * 3;
    case 3:
        return variable_frame(call, n) + 1;
    case 4:
        return recursive(call, n) ^ n;
    case 5:
        return large_frame(call, n);
    default:
        return n;
    }
}

EXPORT number leaves_early(callback call, number n)
{
    if (n % 2)
        return n;
    number a = call(n);
    if (a % 3)
        return a;
    return a + call(a) * n;
}
