/*
 * A client that leaves a library's calls in every way but by returning. Prints what came of it, the
 * same with and without anybody watching.
 */
#include "tests/windows/leaving.h"
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <windows.h>

static void returns(int)
{
}

/* ---- C++ ---- */

static void throws(int value)
{
    throw value;
}

static int destroyed;
struct guard {
    ~guard()
    {
        destroyed++;
    }
};

/* A call inside a call: the exception goes through both. */
static void throws_deeper(int value)
{
    guard here;
    leaves(throws, value);
}

static int by_throw(int count)
{
    int caught = 0;
    for (int i = 0; i < count; i++) {
        try {
            leaves(throws, i);
        } catch (int value) {
            caught += value == i;
        }
    }
    return caught;
}

static int by_throw_through_two(int count)
{
    int caught = 0;
    for (int i = 0; i < count; i++) {
        try {
            leaves(throws_deeper, i);
        } catch (int value) {
            caught += value == i;
        }
    }
    return caught;
}

/* ---- longjmp ---- */

static jmp_buf target;

static void jumps(int value)
{
    longjmp(target, value);
}

static int by_jump(int count)
{
    volatile int jumped = 0;
    for (volatile int i = 0; i < count; i = i + 1) {
        int value = setjmp(target);
        if (!value)
            leaves(jumps, 5);
        else
            jumped = jumped + (value == 5);
    }
    return jumped;
}

/* ---- ends ---- */

static void ends_thread(int value)
{
    ExitThread((DWORD)value);
}

static DWORD WINAPI thread(void *)
{
    leaves(ends_thread, 3);
    return 0;
}

static int by_thread(int count)
{
    int ended = 0;
    for (int i = 0; i < count; i++) {
        DWORD status = 0;
        HANDLE handle = CreateThread(nullptr, 0, thread, nullptr, 0, nullptr);
        WaitForSingleObject(handle, INFINITE);
        GetExitCodeThread(handle, &status);
        CloseHandle(handle);
        ended += status == 3;
    }
    return ended;
}

static void terminates(int value)
{
    TerminateProcess(GetCurrentProcess(), (UINT)value);
}

static void exits(int value)
{
    ExitProcess((UINT)value);
}

/* ---- nothing is changed ---- */

static int by_arguments(int count)
{
    int right = 0;
    large what = {{1, 2, 3, 4, 5}};
    for (int i = 0; i < count; i++) {
        SetLastError((DWORD)i + 10000);
        double sum = takes_many(i, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
        large given = takes_and_gives_large(what, i);
        right += sum == i + 4 + 9 + 16 + 25 + 36 + 49 + 64 + 81 + 100 + 121 + 144 + 169 &&
                 given.word[0] == i + 1 && given.word[4] == i + 5 && what.word[4] == 5 &&
                 GetLastError() == (DWORD)i + 10000;
    }
    return right;
}

static int by_return(int count)
{
    int returned = 0;
    for (int i = 0; i < count; i++)
        returned += leaves(returns, i) == i + 1;
    return returned;
}

static void say(const char *what, int count)
{
    std::printf("%s %d\n", what, count);
}

static const struct {
    const char *name;
    int (*go)(int);
} ways[] = {
    {"return", by_return},
    {"throw", by_throw},
    {"throw2", by_throw_through_two},
    {"raise", leaving_by_raise},
    {"finally", leaving_through_finally},
    {"fault", leaving_by_fault},
    {"longjmp", by_jump},
    {"thread", by_thread},
    {"arguments", by_arguments},
};

int main(int argc, char **argv)
{
    int count = argc > 1 ? std::atoi(argv[1]) : 1;
    for (int i = 2; i < argc; i++) {
        for (const auto &way : ways)
            if (!std::strcmp(way.name, argv[i]))
                say(way.name, way.go(count));
        std::fflush(stdout);
        if (!std::strcmp(argv[i], "terminate"))
            leaves(terminates, 7);
        if (!std::strcmp(argv[i], "exit"))
            leaves(exits, 9);
    }
    say("destroyed", destroyed);
    return 0;
}
