// A client of C++ objects that has its session, a store and a folder when it is attached to. It
// does what it is told by lines on stdin, as attached.c: "stores N", "messages N", "slots", "end".
#include "mapi4linux.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace
{

IMAPISession *session;
IMsgStore *first_store;
IMAPIFolder *folder;

bool open_all()
{
    IUnknown *entry = nullptr;
    ULONG type = 0;
    if (MAPILogonEx(0, "profile", nullptr, 0, &session) != S_OK ||
        session->OpenMsgStore(0, 0, nullptr, &IID_IMsgStore, 0, &first_store) != S_OK ||
        first_store->OpenEntry(0, nullptr, nullptr, 0, &type, &entry) != S_OK)
        return false;
    folder = reinterpret_cast<IMAPIFolder *>(entry);
    return true;
}

bool open_stores(int calls)
{
    for (int i = 0; i < calls; i++) {
        IMsgStore *store = nullptr;
        ULONG flags = 0;
        if (session->OpenMsgStore(0, 0, nullptr, &IID_IMsgStore, 0, &store) != S_OK)
            return false;
        store->StoreLogoff(&flags);
        store->Release();
    }
    return true;
}

bool make_messages(int calls)
{
    for (int i = 0; i < calls; i++) {
        IMessage *message = nullptr;
        if (folder->CreateMessage(nullptr, 0, &message) != S_OK || message->SaveChanges(0) != S_OK)
            return false;
        message->Release();
    }
    return true;
}

// The vtables of what it holds, in one number.
unsigned long slots()
{
    const void *const held[] = {session, first_store, folder};
    unsigned long sum = 0;
    for (const void *object : held) {
        const unsigned long *vtable = *static_cast<const unsigned long *const *>(object);
        for (int i = 0; i < 15; i++)
            sum = sum * 0x9e3779b97f4a7c15u + vtable[i];
    }
    return sum;
}

} // namespace

int main()
{
    char line[64];
    int number = 0;
    setvbuf(stdout, nullptr, _IOLBF, 0);
    puts(open_all() ? "ready" : "failed");
    while (fgets(line, sizeof line, stdin)) {
        bool done = true;
        if (sscanf(line, "stores %d", &number) == 1)
            done = open_stores(number);
        else if (sscanf(line, "messages %d", &number) == 1)
            done = make_messages(number);
        else if (!strncmp(line, "end", 3))
            exit(0);
        if (!strncmp(line, "slots", 5))
            printf("%016lx\n", slots());
        else
            puts(done ? "done" : "failed");
    }
    return 0;
}
