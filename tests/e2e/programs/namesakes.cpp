// Classes that are called as MAPI's interfaces are and are none of them: to be attached to. Answers
// "rounds N" on stdin once all of its methods were called so often, and were themselves.
#include <cstdio>
#include <cstdlib>
#include <cstring>

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
    virtual int m0() { return 0; }
    virtual int m1() { return 1; }
    virtual int m2() { return 2; }
    virtual int m3() { return 3; }
    virtual int m4() { return 4; }
    virtual int m5() { return 5; }
    virtual int m6() { return 6; }
    virtual int m7() { return 7; }
    virtual int m8() { return 8; }
    virtual int m9() { return 9; }
    virtual int m10() { return 10; }
    virtual int m11() { return 11; }
    virtual int m12() { return 12; }
};

struct One : virtual IMAPISession, private IMAPIFolder {
    int login() override { return 21; }
    int logout() override { return 22; }
    int name() override { return 23; }
    IMAPIFolder *folder() { return this; }
};

// More bases than anybody has.
template <int N> struct Many : virtual Many<N - 1>, virtual Many<N - 2> {
    virtual int number() { return N; }
};
template <> struct Many<0> : virtual IMAPISession {
    virtual int number() { return 0; }
};
template <> struct Many<1> : virtual IMAPISession {
    virtual int number() { return 1; }
};
struct Last : Many<20> {
    int login() override { return 31; }
    int logout() override { return 32; }
    int number() override { return 33; }
};

static bool call_all(One *one, Last *last)
{
    IMAPISession *session = one;
    IMAPIFolder *folder = one->folder();
    free(malloc(40));
    return session->login() == 21 && session->logout() == 22 && folder->name() == 23 && folder->m0() == 0 &&
           folder->m7() == 7 && folder->m12() == 12 && last->login() == 31 && last->logout() == 32 &&
           last->number() == 33 && static_cast<Many<7> *>(last)->number() == 33;
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
