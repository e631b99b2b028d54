#include "tests/unit/unwind_frames.h"
#include <stdexcept>
#include <string>
#include <vector>

namespace
{
struct Guard {
    explicit Guard(unwind_body *at_end) : body(at_end)
    {
    }
    ~Guard()
    {
        body();
    }
    Guard(const Guard &) = delete;
    Guard &operator=(const Guard &) = delete;
    unwind_body *body;
};

__attribute__((noinline)) std::size_t held(unwind_body *body, std::vector<std::string> words)
{
    words.emplace_back("a string that is too long for the small buffer of a string");
    try {
        body();
    } catch (const std::runtime_error &error) {
        words.emplace_back(error.what());
        throw;
    }
    return words.size();
}

__attribute__((noinline)) void thrower(unwind_body *body)
{
    Guard guard(body);
    throw std::runtime_error("thrown on purpose");
}
} // namespace

void unwind_through_cxx(unwind_body *body)
{
    if (held(body, {"one", "two"}) != 3)
        throw std::logic_error("words got lost");
}

void unwind_throw(unwind_body *body)
{
    try {
        thrower(body);
    } catch (const std::runtime_error &) {
        body();
    }
}
