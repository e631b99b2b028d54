/*
 * C++ containers: containers [-n ROUNDS]
 *
 * Each round counts the words of a made-up text (unordered_map of strings), keeps an index of
 * numbers by key with as many erased as inserted (map), sorts a vector of strings and joins it,
 * grows vectors of vectors, and queues strings through a deque and a list. As one writes C++: no
 * reserve, no allocators of one's own.
 */
#include "bench.h"

#include <algorithm>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unistd.h>
#include <unordered_map>
#include <vector>

static uint64_t state = 0x2545f4914f6cdd1du;

static std::string word()
{
    uint32_t number = bench_skewed(&state, 20000);
    std::string text = "word" + std::to_string(number);
    if (number % 3 == 0)
        text += " of a longer kind"; /* too long to live inside the string itself */
    return text;
}

static NOINLINE size_t count_words()
{
    std::unordered_map<std::string, std::vector<int>> places;
    for (int at = 0; at < 30000; at++)
        places[word()].push_back(at);
    size_t most = 0;
    for (const auto &entry : places)
        most = std::max(most, entry.second.size());
    return most + places.size();
}

static NOINLINE size_t keep_index()
{
    static std::map<uint64_t, std::string> index; /* lives on, as large as it was */
    for (int i = 0; i < 10000; i++) {
        index[bench_random(&state) % 1000000] = word();
        if (index.size() > 20000)
            index.erase(index.lower_bound(bench_random(&state) % 900000));
    }
    return index.size();
}

static NOINLINE size_t sort_and_join()
{
    std::vector<std::string> words;
    for (int i = 0; i < 10000; i++)
        words.push_back(word());
    std::sort(words.begin(), words.end());
    std::string all;
    for (const std::string &one : words)
        all += one;
    return all.size();
}

static NOINLINE size_t grow_tables()
{
    std::vector<std::vector<int>> rows;
    for (int i = 0; i < 1000; i++) {
        rows.emplace_back();
        for (uint32_t j = bench_skewed(&state, 60); j > 0; j--)
            rows.back().push_back(static_cast<int>(j));
    }
    std::vector<std::vector<int>> copy = rows;
    return copy.size() + copy.front().size();
}

struct task {
    std::string name;
    std::shared_ptr<std::vector<int>> input;
};

static NOINLINE size_t queue_tasks()
{
    std::deque<task> waiting;
    std::list<std::unique_ptr<task>> done;
    auto input = std::make_shared<std::vector<int>>(100);
    for (int i = 0; i < 10000; i++) {
        waiting.push_back({word(), i % 2 ? input : std::make_shared<std::vector<int>>(10)});
        if (waiting.size() > 500) {
            done.push_back(std::make_unique<task>(std::move(waiting.front())));
            waiting.pop_front();
        }
        if (done.size() > 1000)
            done.pop_front();
    }
    return done.size() + waiting.size();
}

int main(int argc, char **argv)
{
    long rounds = 40;
    int option;
    while ((option = getopt(argc, argv, "n:")) != -1) {
        if (option != 'n')
            return 2;
        rounds = strtol(optarg, nullptr, 10);
    }
    size_t sum = 0;
    for (long i = 0; i < rounds; i++)
        sum += count_words() + keep_index() + sort_and_join() + grow_tables() + queue_tasks();
    printf("%zu\n", sum);
    bench_report();
    return 0;
}
