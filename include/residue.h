/*
 * residue.h - name a call in your own code, so that Residue gives a rate for it.
 *
 *     RESIDUE_CALL_BEGIN("Cache::refresh");
 *     ...
 *     RESIDUE_CALL_END();
 *
 * Begin and end pair up on one thread and may nest. A call left by an exception or longjmp ends by
 * itself when the thread is next seen outside its frame. The name is a string literal, or anything
 * that lives as long as the program.
 *
 * Without the shim the two names are undefined weak symbols: the cost is one test of an address
 * that is NULL. There is nothing to link. Thread-safe; no errors are reported, by design.
 */
#ifndef RESIDUE_H
#define RESIDUE_H

#ifdef __cplusplus
extern "C" {
#endif

/* Provided by the shim. Use the macros. */
extern void residue_call_begin(const char *name) __attribute__((weak));
extern void residue_call_end(void) __attribute__((weak));

#ifdef __cplusplus
}
#endif

#define RESIDUE_CALL_BEGIN(name)                                                                   \
    do {                                                                                           \
        if (residue_call_begin)                                                                    \
            residue_call_begin(name);                                                              \
    } while (0)

#define RESIDUE_CALL_END()                                                                         \
    do {                                                                                           \
        if (residue_call_end)                                                                      \
            residue_call_end();                                                                    \
    } while (0)

#endif
