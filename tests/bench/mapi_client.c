/*
 * MAPI-like calls: mapi_client [-n CALLS] [-p | -m]
 *
 * CALLS times OpenMsgStore and Release, in which the provider takes 20 blocks and gives them back:
 * two watched calls. With -p the store's properties are asked for in between, which is nearly
 * nothing but watched calls: GetProps takes a MAPI buffer and links another to it (which takes it
 * in turn through MAPIAllocateBuffer), MAPIFreeBuffer frees both. With -m one store is opened, and
 * CALLS times a message of it, whose 20 blocks are as those of a store; its properties are asked
 * for, it is saved and released: what a client does that reads and marks all messages of a folder.
 */
#include "bench.h"
#include "mapi.h"

#include <unistd.h>

typedef HRESULT get_props(IMsgStore *store, void *tags, ULONG flags, ULONG *count, void **out);

static NOINLINE uint64_t read_store(IMsgStore *store)
{
    get_props *GetProps = (get_props *)store->lpVtbl->unused3[2]; /* slot 5, of IMAPIProp */
    ULONG count = 0;
    void *properties = NULL;
    if (GetProps(store, NULL, 0, &count, &properties) != S_OK)
        abort();
    MAPIFreeBuffer(properties);
    return count;
}

static NOINLINE uint64_t open_stores(IMAPISession *session, long calls, int properties)
{
    uint64_t sum = 0;
    for (long i = 0; i < calls; i++) {
        IMsgStore *store = NULL;
        if (session->lpVtbl->OpenMsgStore(session, 0, 0, NULL, NULL, 0, &store) != S_OK)
            abort();
        sum += properties ? read_store(store) : 1;
        store->lpVtbl->Release(store);
    }
    return sum;
}

static NOINLINE uint64_t use_message(IMsgStore *store)
{
    IMessage *message = NULL;
    ULONG type = 0, count = 0;
    void *properties = NULL;
    if (store->lpVtbl->OpenEntry(store, 0, NULL, NULL, 0, &type, (void **)&message) != S_OK ||
        message->lpVtbl->GetProps(message, NULL, 0, &count, &properties) != S_OK)
        abort();
    MAPIFreeBuffer(properties);
    message->lpVtbl->SaveChanges(message, 0);
    message->lpVtbl->Release(message);
    return count;
}

static NOINLINE uint64_t open_messages(IMAPISession *session, long calls)
{
    uint64_t sum = 0;
    IMsgStore *store = NULL;
    if (session->lpVtbl->OpenMsgStore(session, 0, 0, NULL, NULL, 0, &store) != S_OK)
        abort();
    for (long i = 0; i < calls; i++)
        sum += use_message(store);
    store->lpVtbl->Release(store);
    return sum;
}

int main(int argc, char **argv)
{
    long calls = 1000000;
    int option, properties = 0, messages = 0;
    while ((option = getopt(argc, argv, "n:pm")) != -1) {
        if (option == 'p')
            properties = 1;
        else if (option == 'm')
            messages = 1;
        else if (option == 'n')
            calls = strtol(optarg, NULL, 10);
        else
            return 2;
    }
    IMAPISession *session = NULL;
    if (MAPIInitialize(NULL) != S_OK || MAPILogonEx(0, "profile", NULL, 0, &session) != S_OK)
        return 1;
    uint64_t sum =
        messages ? open_messages(session, calls) : open_stores(session, calls, properties);
    printf("%llu\n", (unsigned long long)sum);
    session->lpVtbl->Logoff(session, 0, 0, 0);
    session->lpVtbl->Release(session);
    MAPIUninitialize();
    bench_report();
    return 0;
}
