/* The compiler turns copies of structures into calls of these. Ours are hidden, because libc's use
 * vector registers, and those hold the client's arguments while a thunk is at work. */
#include <stddef.h>

#ifdef __ELF__
#define HIDDEN __attribute__((visibility("hidden")))
#else
#define HIDDEN /* a DLL exports only what it says it does */
#endif

HIDDEN void *memcpy(void *restrict to, const void *restrict from, size_t size);
HIDDEN void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *at = to;
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
    return to;
}

HIDDEN void *memmove(void *to, const void *from, size_t size);
HIDDEN void *memmove(void *to, const void *from, size_t size)
{
    unsigned char *into = to;
    const unsigned char *out = from;
    if (into <= out || into >= out + size)
        return memcpy(to, from, size);
    while (size--)
        into[size] = out[size];
    return to;
}

HIDDEN void *memset(void *to, int byte, size_t size);
HIDDEN void *memset(void *to, int byte, size_t size)
{
    void *at = to;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(byte) : "memory");
    return to;
}

HIDDEN int memcmp(const void *a, const void *b, size_t size);
HIDDEN int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;
    for (; size; size--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}
