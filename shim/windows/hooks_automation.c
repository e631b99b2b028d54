/*
 * Strings of OLE Automation. A string lies some bytes within a heap block, and much releases it
 * that is no call of ours (a VARIANT that is cleared): then the block goes, and with it the string.
 * For that the automation library must not keep released strings for later, which it is asked for
 * by its own function for finding leaks.
 */
#include "shim/core/text.h"
#include "shim/windows/wrap.h"

#include <wtypes.h>

uint32_t rs_string_offset, rs_string_learner;
static const char *inner_block;

void rs_string_inner_block(const void *block)
{
    if (rs_string_learner == rs_os_thread_id())
        inner_block = block;
}

static void(WINAPI *real_SetOaNoCache)(void);

static bool begin_learning(void)
{
    static uint32_t begun;
    if (rs_string_offset || __atomic_exchange_n(&begun, 1, __ATOMIC_ACQ_REL))
        return false;
    if (real_SetOaNoCache)
        real_SetOaNoCache();
    rs_string_learner = rs_os_thread_id();
    return true;
}

static void learn(const char *string)
{
    enum { MOST = 64 };
    rs_string_learner = 0;
    if (string && inner_block && string - inner_block > 0 && string - inner_block < MOST)
        rs_string_offset = (uint32_t)(string - inner_block);
}

/* What a BSTR consists of: its length, the characters, and a terminator. */
static size_t size_of(size_t bytes)
{
    return sizeof(uint32_t) + bytes + sizeof(OLECHAR);
}

#define ALLOCATE(size, call)                                                                       \
    __extension__({                                                                                \
        bool learns_ = rs_recording() && begin_learning();                                         \
        BSTR string_ = RS_ALLOCATE(size, call);                                                    \
        if (learns_)                                                                               \
            learn((const char *)string_);                                                          \
        string_;                                                                                   \
    })

static size_t units(const OLECHAR *text)
{
    size_t count = 0;
    while (text && text[count])
        count++;
    return count;
}

RS_WRAP(BSTR, WINAPI, SysAllocString, const OLECHAR *text)
{
    return ALLOCATE(size_of(units(text) * sizeof *text), real_SysAllocString(text));
}

RS_WRAP(BSTR, WINAPI, SysAllocStringLen, const OLECHAR *text, UINT length)
{
    return ALLOCATE(size_of((size_t)length * sizeof *text), real_SysAllocStringLen(text, length));
}

RS_WRAP(BSTR, WINAPI, SysAllocStringByteLen, const char *bytes, UINT length)
{
    return ALLOCATE(size_of(length), real_SysAllocStringByteLen(bytes, length));
}

/* These hand the string out through a parameter, and leave it alone when they fail. */

RS_WRAP(int, WINAPI, SysReAllocString, BSTR *string, const OLECHAR *text)
{
    int done;
    RS_RESIZE(*string, size_of(units(text) * sizeof *text), true,
              (done = real_SysReAllocString(string, text)) ? *string : NULL);
    return done;
}

RS_WRAP(int, WINAPI, SysReAllocStringLen, BSTR *string, const OLECHAR *text, UINT length)
{
    int done;
    RS_RESIZE(*string, size_of((size_t)length * sizeof *text), true,
              (done = real_SysReAllocStringLen(string, text, length)) ? *string : NULL);
    return done;
}

RS_WRAP(void, WINAPI, SysFreeString, BSTR string)
{
    RS_RELEASE(string, real_SysFreeString(string));
}

const struct rs_hook rs_hooks_automation[] = {
    RS_HOOK(SysAllocString),
    RS_HOOK(SysAllocStringLen),
    RS_HOOK(SysAllocStringByteLen),
    RS_HOOK(SysReAllocString),
    RS_HOOK(SysReAllocStringLen),
    RS_HOOK(SysFreeString),
    {"SetOaNoCache", NULL, (void **)&real_SetOaNoCache}, /* found, and not wrapped */
    RS_HOOKS_END,
};
