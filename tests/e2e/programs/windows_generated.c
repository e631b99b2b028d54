/* Calls that go through code made at run time: what is below it on the stack is known, what is
 * above is not, and each call leaves 48 bytes. Prints how many calls came back. */
#include <residue.h>

#include <stdio.h>
#include <string.h>
#include <windows.h>

typedef int generated(int (*)(int), int);

#ifdef _WIN64
/* sub rsp, 40; mov rax, rcx; mov ecx, edx; call rax; add rsp, 40; ret */
static const unsigned char code[] = {0x48, 0x83, 0xec, 0x28, 0x48, 0x89, 0xc8, 0x89,
                                     0xd1, 0xff, 0xd0, 0x48, 0x83, 0xc4, 0x28, 0xc3};
#else
/* push [esp + 8]; call [esp + 8]; add esp, 4; ret */
static const unsigned char code[] = {0xff, 0x74, 0x24, 0x08, 0xff, 0x54,
                                     0x24, 0x08, 0x83, 0xc4, 0x04, 0xc3};
#endif

static void *volatile kept;

static __attribute__((noinline)) int leaks(int value)
{
    kept = HeapAlloc(GetProcessHeap(), 0, 48);
    return kept ? value : -1;
}

int main(void)
{
    void *room = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE);
    memcpy(room, code, sizeof code);
#ifdef _WIN64 /* the system can unwind it, by a table that a program tells it of */
    static const unsigned char codes[] = {1, 4, 1, 0, 4, 0x42, 0, 0};
    memcpy((char *)room + 64, codes, sizeof codes);
    RUNTIME_FUNCTION *table = (RUNTIME_FUNCTION *)((char *)room + 128);
    *table = (RUNTIME_FUNCTION){0, sizeof code, .UnwindData = 64};
    RtlAddFunctionTable(table, 1, (DWORD64)(ULONG_PTR)room);
#endif
    generated *call = (generated *)room;
    int back = 0;
    for (int i = 0; i < 400; i++) {
        RESIDUE_CALL_BEGIN("call");
        back += call(leaks, i) == i;
        RESIDUE_CALL_END();
    }
    printf("%d\n", back);
    return 0;
}
