// Objects of the client's own, in COM's layout, that no watched function ever handed out: to be
// attached to. "calls N" on stdin calls one's method N times, each leaves 40 bytes.
#include <cstdio>
#include <cstdlib>
#include <cstring>

struct IUnknown {
    virtual int QueryInterface(const void *, void **) = 0;
    virtual unsigned AddRef() = 0;
    virtual unsigned Release() = 0;
};

#define METHOD(name)                                                                               \
    virtual int name()                                                                             \
    {                                                                                              \
        return -1;                                                                                 \
    }

struct IMAPISession : IUnknown {
    METHOD(GetLastError)
    METHOD(GetMsgStoresTable)
    virtual int OpenMsgStore(unsigned long, unsigned, void *, const void *, unsigned, void **) = 0;
    METHOD(OpenAddressBook)
    METHOD(OpenProfileSection)
    METHOD(GetStatusTable)
    METHOD(OpenEntry)
    METHOD(CompareEntryIDs)
    METHOD(Advise)
    METHOD(Unadvise)
    METHOD(MessageOptions)
    METHOD(QueryDefaultMessageOpt)
    METHOD(EnumAdrTypes)
    METHOD(QueryIdentity)
    METHOD(Logoff)
    METHOD(SetDefaultStore)
    METHOD(AdminServices)
    METHOD(ShowForm)
    METHOD(PrepareForm)
};

namespace
{

struct Named {
    virtual ~Named() = default;
    virtual const char *name() const = 0;
};

class Session final : public Named, public IMAPISession
{
  public:
    const char *name() const override
    {
        return "session";
    }
    int QueryInterface(const void *, void **) override
    {
        return -1;
    }
    unsigned AddRef() override
    {
        return 2;
    }
    unsigned Release() override
    {
        return 1;
    }
    int OpenMsgStore(unsigned long, unsigned, void *, const void *, unsigned, void **out) override
    {
        *out = nullptr;
        kept = malloc(40);
        return 0;
    }

  private:
    void *volatile kept = nullptr;
};

} // namespace

int main()
{
    char line[64];
    Session *volatile whole = new Session;
    IMAPISession *volatile session = whole;
    setvbuf(stdout, nullptr, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin)) {
        int calls = 0;
        if (!strncmp(line, "end", 3))
            exit(0);
        if (sscanf(line, "calls %d", &calls) == 1)
            for (int i = 0; i < calls; i++) {
                void *store;
                session->AddRef();
                session->OpenMsgStore(0, 0, nullptr, nullptr, 0, &store);
                session->Release();
            }
        puts(strcmp(static_cast<Named *>(whole)->name(), "session") ? "failed" : "done");
    }
    return 0;
}
