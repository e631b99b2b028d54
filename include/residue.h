/*
 * residue.h - name a call in your own code, so that Residue gives a rate for it.
 *
 *     RESIDUE_CALL_BEGIN("Cache::refresh");
 *     ...
 *     RESIDUE_CALL_END();
 *
 * Begin and end pair up on one thread and may nest. A call left by longjmp or a C++ exception ends
 * there; one left in another way (a C++ library linked into the program itself), when the thread is
 * next seen outside its frame. The name is a string literal, or anything
 * that lives as long as the program.
 *
 * Without the shim the two names are undefined weak symbols: the cost is one test of an address
 * that is NULL. There is nothing to link. Thread-safe; no errors are reported, by design.
 */
#ifndef RESIDUE_H
#define RESIDUE_H

#ifdef _WIN32

#include <windows.h>

/* The shim's function of that name, looked for once; NULL without the shim. */
static inline FARPROC residue_find_(FARPROC *found, LONG volatile *looked, const char *name)
{
    if (!*looked) {
        HMODULE shim = GetModuleHandleA("residue-shim.dll");
        *found = shim ? GetProcAddress(shim, name) : NULL;
        *looked = 1;
    }
    return *found;
}

#define RESIDUE_CALL_BEGIN(name)                                                                   \
    do {                                                                                           \
        static FARPROC residue_begin_;                                                             \
        static LONG volatile residue_looked_;                                                      \
        if (residue_find_(&residue_begin_, &residue_looked_, "residue_call_begin"))                \
            ((void (*)(const char *))(void (*)(void))residue_begin_)(name);                        \
    } while (0)

#define RESIDUE_CALL_END()                                                                         \
    do {                                                                                           \
        static FARPROC residue_end_;                                                               \
        static LONG volatile residue_looked_;                                                      \
        if (residue_find_(&residue_end_, &residue_looked_, "residue_call_end"))                    \
            ((void (*)(void))residue_end_)();                                                      \
    } while (0)

#else

#ifdef __cplusplus
extern "C" {
#endif

/* Provided by the shim. Use the macros. */
extern void residue_call_begin(const char *name) __attribute__((weak));
extern void residue_call_end(void) __attribute__((weak));

#ifdef __cplusplus
}
#endif

/* In a program that is not position-independent the linker settles an undefined weak name for good,
 * unless it is reached through the global offset table alone. */
#if defined(__x86_64__) && defined(__ELF__) && !defined(__PIC__)
#define RESIDUE_ADDRESS(name)                                                                      \
    __extension__({                                                                                \
        __typeof__(&name) residue_address_;                                                        \
        __asm__(".weak " #name "\n\tmovq " #name "@GOTPCREL(%%rip), %0" : "=r"(residue_address_)); \
        residue_address_;                                                                          \
    })
#else
#define RESIDUE_ADDRESS(name) name
#endif

#define RESIDUE_CALL_BEGIN(name)                                                                   \
    do {                                                                                           \
        if (RESIDUE_ADDRESS(residue_call_begin))                                                   \
            RESIDUE_ADDRESS(residue_call_begin)(name);                                             \
    } while (0)

#define RESIDUE_CALL_END()                                                                         \
    do {                                                                                           \
        if (RESIDUE_ADDRESS(residue_call_end))                                                     \
            RESIDUE_ADDRESS(residue_call_end)();                                                   \
    } while (0)

#endif

#endif
