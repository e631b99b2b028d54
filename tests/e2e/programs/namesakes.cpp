// Classes that are called as MAPI's interfaces are and are none of them: to be attached to. Answers
// "rounds N" on stdin once all of its methods were called so often, and were themselves.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define METHOD(name, number)                                                                       \
    virtual int name()                                                                             \
    {                                                                                              \
        return number;                                                                             \
    }

struct IUnknown {
    virtual ~IUnknown() = default;
    virtual int name() = 0;
};

// Fewer methods, no base.
struct IMAPISession {
    virtual int login() = 0;
    virtual int logout() = 0;
};

// As many as MAPI's, but its base is no virtual one.
struct IMAPIFolder : IUnknown {
    METHOD(m0, 0)
    METHOD(m1, 1)
    METHOD(m2, 2)
    METHOD(m3, 3)
    METHOD(m4, 4)
    METHOD(m5, 5)
    METHOD(m6, 6)
    METHOD(m7, 7)
    METHOD(m8, 8)
    METHOD(m9, 9)
    METHOD(m10, 10)
    METHOD(m11, 11)
    METHOD(m12, 12)
};

struct One : virtual IMAPISession, private IMAPIFolder {
    METHOD(login, 21)
    METHOD(logout, 22)
    METHOD(name, 23)
    IMAPIFolder *folder()
    {
        return this;
    }
};

// More bases than anybody has.
template <int N> struct Many : virtual Many<N - 1>, virtual Many<N - 2> {
    METHOD(number, N)
};
template <> struct Many<0> : virtual IMAPISession {
    METHOD(number, 0)
};
template <> struct Many<1> : virtual IMAPISession {
    METHOD(number, 1)
};
struct Last : Many<20> {
    METHOD(login, 31)
    METHOD(logout, 32)
    METHOD(number, 33)
};

static bool call_all(One *one, Last *last)
{
    IMAPISession *session = one;
    IMAPIFolder *folder = one->folder();
    free(malloc(40));
    return session->login() == 21 && session->logout() == 22 && folder->name() == 23 &&
           folder->m0() == 0 && folder->m7() == 7 && folder->m12() == 12 && last->login() == 31 &&
           last->logout() == 32 && last->number() == 33 &&
           static_cast<Many<7> *>(last)->number() == 33;
}

int main()
{
    char line[64];
    One *volatile one = new One;
    Last *volatile last = new Last;
    setvbuf(stdout, nullptr, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin)) {
        int rounds = 0;
        bool right = true;
        if (!strncmp(line, "end", 3))
            exit(0);
        if (sscanf(line, "rounds %d", &rounds) == 1)
            for (int i = 0; i < rounds; i++)
                right = right && call_all(one, last);
        puts(right ? "done" : "failed");
    }
    return 0;
}
