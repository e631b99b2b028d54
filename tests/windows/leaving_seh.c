#include "tests/windows/leaving.h"
#include <windows.h>

static void raises(int value)
{
    RaiseException(0xe0000000u + (DWORD)value, 0, 0, NULL);
}

int leaving_by_raise(int count)
{
    int caught = 0;
    for (int i = 0; i < count; i++) {
        __try {
            leaves(raises, 7);
        } __except (GetExceptionCode() == 0xe0000007u ? EXCEPTION_EXECUTE_HANDLER
                                                      : EXCEPTION_CONTINUE_SEARCH) {
            caught++;
        }
    }
    return caught;
}

static int finally;

static __declspec(noinline) void with_finally(void)
{
    __try {
        leaves(raises, 8);
    } __finally {
        finally++;
    }
}

int leaving_through_finally(int count)
{
    for (int i = 0; i < count; i++) {
        __try {
            with_finally();
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            finally++;
        }
    }
    return finally;
}

static void faults(int value)
{
    *(volatile int *)(INT_PTR)value = 1;
}

int leaving_by_fault(int count)
{
    int caught = 0;
    for (int i = 0; i < count; i++) {
        __try {
            leaves(faults, 16);
        } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER
                                                                     : EXCEPTION_CONTINUE_SEARCH) {
            caught++;
        }
    }
    return caught;
}
