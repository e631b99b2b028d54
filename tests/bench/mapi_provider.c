/*
 * A provider that leaks nothing: what OpenMsgStore of a real one does, in outline. It finds the
 * profile's section, reads properties from it, resolves the server's name, builds an entry
 * identifier and binds. 20 blocks in a call, at depths of 5 to 10 with the client's main; 12 are
 * given back before it returns and 8 with the store. GetProps hands out linked MAPI buffers. A
 * message of the store is opened in the same way, by a request to the server, which SaveChanges
 * packs its values into another of: they go through a pipe and come back, the least that it costs.
 */
#include "bench.h"
#include "mapi32.h"

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#define pipe(ends) _pipe(ends, REQUEST, _O_BINARY)
#else
#include <unistd.h>
#endif

/* ---- session ---- */

static const struct kind session_kind, store_kind, message_kind;

HRESULT MAPILogonEx(uintptr_t window, const char *profile, const char *password, ULONG flags,
                    IMAPISession **out)
{
    (void)window, (void)profile, (void)password, (void)flags;
    *out = object_new(sizeof(struct object), &session_kind, NULL);
    return *out ? S_OK : MAPI_E_NOT_ENOUGH_MEMORY;
}

static HRESULT Logoff(void *this, uintptr_t window, ULONG flags, ULONG reserved)
{
    (void)this, (void)window, (void)flags, (void)reserved;
    return S_OK;
}

/* ---- store ---- */

enum { KEPT = 7 }; /* with the object itself, 8 */

struct store { /* and message */
    struct object object;
    void *kept[KEPT];
    unsigned count;
};

static void *take(size_t size)
{
    void *block = malloc(size);
    if (!block)
        abort();
    return block;
}

static void keep(struct store *store, void *block)
{
    store->kept[store->count++] = block;
}

/* Stands for what is done to each byte that comes in: unpacked, converted, put in order. */
static NOINLINE void decode(const char *from, char *to, size_t size)
{
    char *scratch = take(size);
    for (size_t i = 0; i < size; i++)
        scratch[i] = (char)(from[i] ^ 0xa5);
    for (size_t i = 0; i < size; i++)
        to[i] = scratch[size - 1 - i];
    free(scratch);
}

static NOINLINE void *read_value(unsigned tag)
{
    static const uint8_t sizes[] = {32, 64, 96, 160};
    size_t size = sizes[tag % 4];
    char *raw = take(size), *value = take(size);
    memset(raw, (int)tag, size);
    decode(raw, value, size);
    free(raw);
    return value;
}

static NOINLINE void read_property(struct store *store, unsigned tag)
{
    keep(store, read_value(tag));
}

static NOINLINE void read_section(struct store *store)
{
    for (unsigned tag = 0; tag < 4; tag++) /* 3 blocks each */
        read_property(store, tag);
}

static NOINLINE void open_section(struct store *store)
{
    char *name = take(40);
    memset(name, 'n', 40);
    read_section(store);
    free(name);
}

static NOINLINE void resolve(struct store *store)
{
    char *query = take(200), *answer = take(320), *server = take(64);
    memset(query, 'q', 200);
    memset(answer, 'a', 320);
    memcpy(server, answer, 64);
    keep(store, server);
    free(query);
    free(answer);
}

static NOINLINE void build_entry(struct store *store)
{
    char *entry = take(96);
    memset(entry, 'e', 96);
    keep(store, entry);
    resolve(store);
}

static NOINLINE void bind_store(struct store *store)
{
    open_section(store);
    build_entry(store);
    char *request = take(128), *binding = take(48);
    memset(request, 'r', 128);
    memcpy(binding, request, 48);
    keep(store, binding);
    free(request);
}

static NOINLINE HRESULT open_by_entry(void *parent, const struct kind *kind, struct store **out)
{
    struct store *store = object_new(sizeof *store, kind, parent);
    if (!store)
        return MAPI_E_NOT_ENOUGH_MEMORY;
    bind_store(store);
    *out = store;
    return S_OK;
}

static HRESULT OpenMsgStore(void *this, uintptr_t window, ULONG size, void *entry, const IID *iid,
                            ULONG flags, void **out)
{
    (void)window, (void)size, (void)entry, (void)iid, (void)flags;
    struct store *store = NULL;
    HRESULT result = open_by_entry(this, &store_kind, &store);
    *out = store;
    return result;
}

static void store_destroy(struct object *object)
{
    struct store *store = (struct store *)object;
    while (store->count)
        free(store->kept[--store->count]);
}

static HRESULT GetProps(void *this, void *tags, ULONG flags, ULONG *count, void **out)
{
    (void)this, (void)tags, (void)flags;
    void *text;
    *count = 2;
    HRESULT result = MAPIAllocateBuffer(2 * sizeof(SPropValue), out);
    return result ? result : MAPIAllocateMore(32, *out, &text);
}

/* ---- message ---- */

enum { REQUEST = 1024 };

/* To the server and back; MAPI's requests are hidden by what is in decode, too. */
static NOINLINE void ask_server(char *request)
{
    static int server[2];
    for (size_t i = 0; i < REQUEST; i++)
        request[i] = (char)(request[i] ^ 0xa5);
    if (!server[1] && pipe(server) != 0)
        abort();
    if (write(server[1], request, REQUEST) != REQUEST ||
        read(server[0], request, REQUEST) != REQUEST)
        abort();
}

static HRESULT OpenEntry(void *this, ULONG size, void *entry, const IID *iid, ULONG flags,
                         ULONG *type, void **out)
{
    (void)size, (void)entry, (void)iid, (void)flags;
    struct store *message = NULL;
    char request[REQUEST];
    memset(request, 'o', sizeof request);
    ask_server(request);
    HRESULT result = open_by_entry(this, &message_kind, &message);
    *type = MAPI_MESSAGE;
    *out = message;
    return result;
}

static HRESULT SaveChanges(void *this, ULONG flags)
{
    (void)flags;
    const struct store *message = this;
    char *request = take(REQUEST);
    memset(request, 0, REQUEST);
    for (unsigned i = 0; i < message->count; i++)
        memcpy(request + 32 * i, message->kept[i], 32);
    ask_server(request);
    free(request);
    return S_OK;
}

/* ---- vtables ---- */

static const void *const session_vtable[22] = {UNKNOWN,      [3 ... 4] = NO_SUPPORT,
                                               OpenMsgStore, [6 ... 16] = NO_SUPPORT,
                                               Logoff,       [18 ... 21] = NO_SUPPORT};
static const void *const store_vtable[27] = {UNKNOWN,   [3 ... 4] = NO_SUPPORT,
                                             GetProps,  [6 ... 16] = NO_SUPPORT,
                                             OpenEntry, [18 ... 26] = NO_SUPPORT};
static const void *const message_vtable[22] = {UNKNOWN, NO_SUPPORT, SaveChanges, GetProps,
                                               [6 ... 21] = NO_SUPPORT};
INTERFACES(session, &IID_IMAPISession);
INTERFACES(store, &IID_IMAPIProp, &IID_IMsgStore);
INTERFACES(message, &IID_IMAPIProp, &IID_IMessage);
static const struct kind session_kind = {session_vtable, session_interfaces, NULL, 0};
static const struct kind store_kind = {store_vtable, store_interfaces, store_destroy, 0};
static const struct kind message_kind = {message_vtable, message_interfaces, store_destroy, 0};
