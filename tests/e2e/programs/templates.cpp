// A leak behind half a dozen of the language's own templates, in a function with a long name.
#include "residue.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace app
{

using Handler = std::function<int(const std::vector<std::pair<std::string, int>> &)>;

template <class Key, class Value> class Registry
{
  public:
    __attribute__((noinline)) void add(const Key &key, Value value)
    {
        all[key].push_back(std::make_shared<Value>(std::move(value)));
    }

  private:
    std::map<Key, std::vector<std::shared_ptr<Value>>> all;
};

} // namespace app

int main()
{
    static auto &registry = *new app::Registry<int, app::Handler>; // nobody destroys it
    for (int i = 0; i < 2000; i++) {
        RESIDUE_CALL_BEGIN("registering");
        registry.add(i % 7, [i](const auto &) { return i; });
        RESIDUE_CALL_END();
    }
    return 0;
}
