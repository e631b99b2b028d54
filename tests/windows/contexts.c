/* What asks for its caller gets its caller, whatever is watched: prints what came of it. */
#include <stdio.h>
#include <windows.h>

#ifdef _WIN64
#define PC Rip
#define SP Rsp
#else
#define PC Eip
#define SP Esp
#endif

static __attribute__((noinline)) int captures_context(void)
{
    CONTEXT context;
    RtlCaptureContext(&context);
    volatile char *here = (volatile char *)__builtin_frame_address(0);
    ULONG_PTR distance = (ULONG_PTR)here - (ULONG_PTR)context.SP;
    return distance + 8192 < 16384 && context.PC - (ULONG_PTR)&captures_context < 512;
}

static __attribute__((noinline)) int captures_stack(void)
{
    void *frames[8];
    USHORT count = RtlCaptureStackBackTrace(0, 8, frames, NULL);
    return count >= 2 && (ULONG_PTR)frames[0] - (ULONG_PTR)&captures_stack < 512;
}

static LPVOID first, second;
static int switched;

static void CALLBACK fiber(LPVOID parameter)
{
    for (;;) {
        switched += parameter == &switched;
        SwitchToFiber(first);
    }
}

static int switches_fibers(int count)
{
    first = ConvertThreadToFiber(NULL);
    second = CreateFiber(0, fiber, &switched);
    for (int i = 0; i < count; i++)
        SwitchToFiber(second);
    DeleteFiber(second);
    return switched == count;
}

int main(void)
{
    printf("context %d stack %d fibers %d\n", captures_context(), captures_stack(),
           switches_fibers(100));
    return 0;
}
