/* leaving_seh.c for 32 bits, where no compiler here knows __try: what it would make of it, by hand.
 * A record in the frame, linked from the thread's first word; its handler is asked first, and
 * called again when the stack is unwound. */
#include "tests/windows/leaving.h"
#include <setjmp.h>
#include <windows.h>

struct scope {
    EXCEPTION_REGISTRATION_RECORD record; /* first: that is what the handler is given */
    DWORD caught;                         /* exception code; 0: none, this is a __finally */
    int *finally;
    jmp_buf after;
};

static EXCEPTION_DISPOSITION handler(EXCEPTION_RECORD *exception, void *frame, CONTEXT *context,
                                     void *dispatcher)
{
    struct scope *scope = frame;
    (void)context, (void)dispatcher;
    if (exception->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND)) {
        if (scope->finally)
            ++*scope->finally;
        return ExceptionContinueSearch;
    }
    if (exception->ExceptionCode != scope->caught)
        return ExceptionContinueSearch;
    RtlUnwind(scope, NULL, exception, NULL);
    longjmp(scope->after, 1);
}

static void enter(struct scope *scope, DWORD caught, int *finally)
{
    scope->caught = caught;
    scope->finally = finally;
    scope->record.Next = (void *)__readfsdword(0);
    scope->record.Handler = (void *)handler;
    __writefsdword(0, (DWORD)&scope->record);
}

static void leave(struct scope *scope)
{
    __writefsdword(0, (DWORD)scope->record.Next);
}

static void raises(int value)
{
    RaiseException(0xe0000000u + (DWORD)value, 0, 0, NULL);
}

static void faults(int value)
{
    *(volatile int *)(INT_PTR)value = 1;
}

/* How many of `count` exceptions of that code were caught. */
static int catch_each(int count, DWORD code, void (*call)(void))
{
    volatile int caught = 0;
    for (volatile int i = 0; i < count; i++) {
        struct scope scope;
        enter(&scope, code, NULL);
        if (setjmp(scope.after))
            caught++;
        else
            call();
        leave(&scope);
    }
    return caught;
}

static void raising(void)
{
    leaves(raises, 7);
}

static void faulting(void)
{
    leaves(faults, 16);
}

static int finally;

static void with_finally(void)
{
    struct scope scope;
    enter(&scope, 0, &finally);
    leaves(raises, 8);
    leave(&scope);
}

int leaving_by_raise(int count)
{
    return catch_each(count, 0xe0000007u, raising);
}

int leaving_by_fault(int count)
{
    return catch_each(count, EXCEPTION_ACCESS_VIOLATION, faulting);
}

int leaving_through_finally(int count)
{
    return catch_each(count, 0xe0000008u, with_finally) + finally;
}
