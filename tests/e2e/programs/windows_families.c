/*
 * windows_families FAMILY N: in each of N calls one thing of the family stays, and others are
 * acquired and released in every way the family has.
 */
#define COBJMACROS
#include <residue.h>

#include <malloc.h>
#include <oleauto.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *from(const char *library, const char *name)
{
    HMODULE module = LoadLibraryA(library);
    void *function = module ? (void *)GetProcAddress(module, name) : NULL;
    if (!function) {
        fprintf(stderr, "%s: no %s\n", library, name);
        exit(3);
    }
    return function;
}

static void *volatile kept;

static void family_malloc(void)
{
    kept = malloc(48);
    free(malloc(100));
    free(calloc(3, 30));
    free(realloc(malloc(5), 500));
    free(realloc(NULL, 50));
    free(_strdup("released by free"));
    realloc(malloc(7), 0);
    free(NULL);
}

static void family_calloc(void)
{
    kept = calloc(3, 16);
}

static void family_realloc(void)
{
    kept = realloc(realloc(malloc(10), 4000), 48);
}

static void family_recalloc(void)
{
    static void *(*recalloc_)(void *, size_t, size_t);
    if (!recalloc_)
        recalloc_ = (void *(*)(void *, size_t, size_t))from("ucrtbase.dll", "_recalloc");
    kept = recalloc_(recalloc_(NULL, 1, 16), 3, 16);
}

static void family_strdup(void)
{
    kept = _strdup("12345678901234567890123456789012345678901234567");
}

static void family_aligned(void)
{
    kept = _aligned_malloc(48, 64);
    _aligned_free(_aligned_malloc(100, 256));
    _aligned_free(_aligned_realloc(_aligned_malloc(10, 16), 1000, 16));
    _aligned_free(_aligned_offset_malloc(100, 32, 4));
}

#ifdef _WIN64
#define MANGLED(name64, name32) name64
#else
#define MANGLED(name64, name32) name32
#endif

static void family_operators(void)
{
    static void *(*new_)(size_t), *(*new_array)(size_t);
    static void (*delete_)(void *), (*delete_array)(void *);
    if (!new_) {
        new_ = (void *(*)(size_t))from("msvcrt.dll", MANGLED("??2@YAPEAX_K@Z", "??2@YAPAXI@Z"));
        new_array =
            (void *(*)(size_t))from("msvcrt.dll", MANGLED("??_U@YAPEAX_K@Z", "??_U@YAPAXI@Z"));
        delete_ = (void (*)(void *))from("msvcrt.dll", MANGLED("??3@YAXPEAX@Z", "??3@YAXPAX@Z"));
        delete_array =
            (void (*)(void *))from("msvcrt.dll", MANGLED("??_V@YAXPEAX@Z", "??_V@YAXPAX@Z"));
    }
    kept = new_(16);
    kept = new_array(32);
    delete_(new_(100));
    delete_array(new_array(100));
}

/* Two run-times in one process: each has a malloc of its own. */
static void family_ucrt(void)
{
    static void *(*malloc_)(size_t), *(*realloc_)(void *, size_t), *(*base)(size_t);
    static void (*free_)(void *), (*free_base)(void *);
    if (!malloc_) {
        malloc_ = (void *(*)(size_t))from("ucrtbase.dll", "malloc");
        realloc_ = (void *(*)(void *, size_t))from("ucrtbase.dll", "realloc");
        free_ = (void (*)(void *))from("ucrtbase.dll", "free");
        base = (void *(*)(size_t))from("ucrtbase.dll", "_malloc_base");
        free_base = (void (*)(void *))from("ucrtbase.dll", "_free_base");
    }
    kept = malloc_(48);
    free_(realloc_(malloc_(10), 100));
    free_base(base(100));
    free(malloc(100));
}

static void family_heap(void)
{
    HANDLE heap = GetProcessHeap();
    kept = HeapAlloc(heap, HEAP_ZERO_MEMORY, 48);
    HeapFree(heap, 0, HeapAlloc(heap, 0, 100));
    HeapFree(heap, 0, HeapReAlloc(heap, 0, HeapAlloc(heap, 0, 10), 1000));
    HeapFree(heap, 0, NULL);
    /* In place it can't grow so much: it stays what it was. */
    void *block = HeapAlloc(heap, 0, 10);
    if (HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 1 << 20))
        fprintf(stderr, "grown in place\n");
    HeapFree(heap, 0, block);
}

/* A heap that is destroyed takes its blocks along, large ones too. */
static void family_heap_destroyed(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    for (size_t size = 1; size < 3000000; size *= 5)
        kept = HeapAlloc(heap, 0, size);
    HeapDestroy(heap);
    kept = malloc(48);
}

static void family_heap_kept(void)
{
    kept = HeapAlloc(HeapCreate(0, 0, 0), 0, 48);
}

static void family_local(void)
{
    kept = LocalAlloc(LMEM_FIXED, 48);
    LocalFree(LocalAlloc(LPTR, 100));
    LocalFree(LocalReAlloc(LocalAlloc(LPTR, 10), 1000, LMEM_MOVEABLE));
}

/* Handles, that are no addresses of memory; two may be 16 bytes apart. */
static void family_moveable(void)
{
    HLOCAL handle = LocalAlloc(LMEM_MOVEABLE, 48);
    memset(LocalLock(handle), 1, 48);
    LocalUnlock(handle);
    LocalFree(LocalAlloc(LMEM_MOVEABLE, 100));
    HGLOBAL other = GlobalAlloc(GMEM_MOVEABLE, 10);
    GlobalFree(GlobalReAlloc(other, 1000, 0));
}

static void family_global(void)
{
    kept = GlobalAlloc(GMEM_FIXED, 48);
    GlobalFree(GlobalAlloc(GPTR, 100));
    GlobalFree(GlobalReAlloc(GlobalAlloc(GPTR, 10), 1000, GMEM_MOVEABLE));
}

static void family_virtual(void)
{
    kept = VirtualAlloc(NULL, 5000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    char *pages = VirtualAlloc(NULL, 100000, MEM_RESERVE, PAGE_NOACCESS);
    VirtualAlloc(pages + 8192, 4096, MEM_COMMIT, PAGE_READWRITE);
    VirtualFree(pages + 8192, 4096, MEM_DECOMMIT);
    VirtualFree(pages, 0, MEM_RELEASE);
    if (VirtualFree(kept, 4096, MEM_RELEASE)) /* may not have a size: it stays */
        fprintf(stderr, "released\n");
}

static void family_cotask(void)
{
    kept = CoTaskMemAlloc(48);
    CoTaskMemFree(CoTaskMemAlloc(100));
    CoTaskMemFree(CoTaskMemRealloc(CoTaskMemAlloc(10), 1000));
    CoTaskMemRealloc(CoTaskMemAlloc(10), 0);
    CoTaskMemFree(NULL);
}

/* 4 bytes of length, 10 characters and a terminator. */
static void family_bstr(void)
{
    VARIANT value;
    BSTR text = SysAllocString(L"short");
    kept = SysAllocString(L"1234567890");
    SysFreeString(SysAllocStringLen(NULL, 100));
    SysFreeString(SysAllocStringByteLen("12345", 5));
    SysReAllocString(&text, L"very much longer than before");
    SysReAllocStringLen(&text, L"shorter", 3);
    SysFreeString(text);
    V_VT(&value) = VT_BSTR; /* the library releases it by itself */
    V_BSTR(&value) = SysAllocString(L"in a variant");
    VariantClear(&value);
    SysFreeString(NULL);
}

static CRITICAL_SECTION sections[10000], *section = sections;

static void family_section(void)
{
    CRITICAL_SECTION released;
    InitializeCriticalSection(section++);
    InitializeCriticalSection(&released);
    DeleteCriticalSection(&released);
    InitializeCriticalSectionAndSpinCount(&released, 100);
    DeleteCriticalSection(&released);
}

static void family_section_without_record(void)
{
    CRITICAL_SECTION released;
    InitializeCriticalSectionEx(section++, 0, CRITICAL_SECTION_NO_DEBUG_INFO);
    InitializeCriticalSectionEx(&released, 0, CRITICAL_SECTION_NO_DEBUG_INFO);
    DeleteCriticalSection(&released);
}

static void family_section_in_freed_block(void)
{
    CRITICAL_SECTION *inside = malloc(sizeof *inside + 100);
    InitializeCriticalSection(inside);
    free(inside);
}

static void family_library(void)
{
    HMODULE module;
    LoadLibraryA("version.dll");
    FreeLibrary(LoadLibraryW(L"version.dll"));
    FreeLibrary(LoadLibraryExA("version.dll", NULL, 0));
    FreeLibrary(LoadLibraryExW(L"version.dll", NULL, 0));
    GetModuleHandleExA(0, "version.dll", &module);
    FreeLibrary(module);
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, L"version.dll", &module);
}

static void family_handle(void)
{
    HMODULE module;
    GetModuleHandleExW(0, L"kernel32.dll", &module);
}

static unsigned __stdcall in_thread(void *size)
{
    kept = malloc((size_t)size);
    return 0;
}

static DWORD WINAPI in_plain_thread(void *size)
{
    return in_thread(size);
}

static void family_thread(void)
{
    HANDLE thread[2] = {(HANDLE)_beginthreadex(NULL, 0, in_thread, (void *)16, 0, NULL),
                        CreateThread(NULL, 0, in_plain_thread, (void *)32, 0, NULL)};
    WaitForMultipleObjects(2, thread, TRUE, INFINITE);
    CloseHandle(thread[0]);
    CloseHandle(thread[1]);
}

#define FAMILY(name)                                                                               \
    {                                                                                              \
#name, family_##name                                                                       \
    }
static const struct {
    const char *name;
    void (*once)(void);
} families[] = {FAMILY(malloc),
                FAMILY(calloc),
                FAMILY(realloc),
                FAMILY(recalloc),
                FAMILY(strdup),
                FAMILY(aligned),
                FAMILY(operators),
                FAMILY(ucrt),
                FAMILY(heap),
                FAMILY(heap_destroyed),
                FAMILY(heap_kept),
                FAMILY(local),
                FAMILY(moveable),
                FAMILY(global),
                FAMILY(virtual),
                FAMILY(cotask),
                FAMILY(bstr),
                FAMILY(section),
                FAMILY(section_without_record),
                FAMILY(section_in_freed_block),
                FAMILY(library),
                FAMILY(handle),
                FAMILY(thread)};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 3 && i < sizeof families / sizeof *families; i++) {
        if (strcmp(families[i].name, argv[1]) != 0)
            continue;
        for (int n = atoi(argv[2]); n > 0; n--) {
            RESIDUE_CALL_BEGIN("call");
            families[i].once();
            RESIDUE_CALL_END();
        }
        return 0;
    }
    fprintf(stderr, "usage: windows_families FAMILY N\n");
    return 2;
}
