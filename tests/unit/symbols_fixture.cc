// The C++ part of what test_symbols.c looks up. Never run.
#include "tests/unit/symbols_marks.h"

namespace fixture
{

class Store
{
  public:
    explicit Store(int number);
    int open(const char *name, unsigned flags) const;
    template <typename T> int put(T what);
    __attribute__((always_inline)) int peek() const
    {
        MARK(INLINE_METHOD);
        return number_;
    }

  private:
    int number_;
};

__attribute__((noinline)) Store::Store(int number) : number_(number)
{
    MARK(CONSTRUCTOR);
}

__attribute__((noinline)) int Store::open(const char *name, unsigned flags) const
{
    MARK(METHOD);
    return number_ + static_cast<int>(flags) + *name;
}

template <typename T> __attribute__((noinline)) int Store::put(T what)
{
    MARK(TEMPLATE);
    return number_ += static_cast<int>(what);
}

template int Store::put<unsigned long>(unsigned long);

namespace
{
__attribute__((noinline)) int hidden(int number)
{
    MARK(ANONYMOUS);
    return number * 3;
}
} // namespace

int calls_everything(int number);
int calls_everything(int number)
{
    struct Local {
        __attribute__((noinline)) static int twice(int value)
        {
            MARK(LOCAL_CLASS);
            return value * 2;
        }
    };
    auto lambda = [](int value) __attribute__((noinline))
    {
        MARK(LAMBDA);
        return value + 1;
    };
    Store store(number);
    MARK(BEFORE_INLINE_METHOD);
    int peeked = store.peek();
    return peeked + hidden(lambda(Local::twice(number))) + store.open("", 1);
}

} // namespace fixture
