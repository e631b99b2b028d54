/* What leaving_seh.c does, for 32 bits, where no compiler at hand knows __try: by the handlers'
 * list itself. */
#include "tests/windows/leaving.h"
#include <setjmp.h>
#include <windows.h>

struct handler {
    struct handler *next;
    EXCEPTION_DISPOSITION(__cdecl *handle)(EXCEPTION_RECORD *, void *, CONTEXT *, void *);
    DWORD code; /* that it takes; 0 = none */
    jmp_buf target;
};

static int finally;

static EXCEPTION_DISPOSITION __cdecl handle(EXCEPTION_RECORD *record, void *frame, CONTEXT *context,
                                            void *dispatcher)
{
    (void)context, (void)dispatcher;
    struct handler *handler = frame;
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        finally += !handler->code;
    else if (record->ExceptionCode == handler->code) {
        RtlUnwind(frame, NULL, record, NULL);
        longjmp(handler->target, 1);
    }
    return ExceptionContinueSearch;
}

static void link_in(struct handler *handler, DWORD code)
{
    handler->next = (struct handler *)__readfsdword(0);
    handler->handle = handle;
    handler->code = code;
    __writefsdword(0, (DWORD)handler);
}

static void take_out(const struct handler *handler)
{
    __writefsdword(0, (DWORD)handler->next);
}

/* Calls what is to be left, `count` times. */
static int catches(void (*what)(int), int value, DWORD code, int count)
{
    volatile int caught = 0;
    struct handler handler;
    link_in(&handler, code);
    for (volatile int i = 0; i < count; i++) {
        if (setjmp(handler.target))
            caught++;
        else
            what(value);
    }
    take_out(&handler);
    return caught;
}

static void raises(int value)
{
    RaiseException(0xe0000000u + (DWORD)value, 0, 0, NULL);
}

static void leaves_by_raise(int value)
{
    leaves(raises, value);
}

static void with_finally(int value)
{
    struct handler handler;
    link_in(&handler, 0);
    leaves(raises, value);
    take_out(&handler);
}

static void faults(int value)
{
    *(volatile int *)(INT_PTR)value = 1;
}

static void leaves_by_fault(int value)
{
    leaves(faults, value);
}

int leaving_by_raise(int count)
{
    return catches(leaves_by_raise, 7, 0xe0000007u, count);
}

int leaving_through_finally(int count)
{
    int caught = catches(with_finally, 8, 0xe0000008u, count);
    return caught + finally;
}

int leaving_by_fault(int count)
{
    return catches(leaves_by_fault, 16, EXCEPTION_ACCESS_VIOLATION, count);
}
