/* What the workloads share: random numbers, blocks written as programs write them, and a last line
 * on stderr with what the process itself used, apart from any helpers of the tool it ran under. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
/* after it */
#include <psapi.h>
#else
#include <sys/resource.h>
#endif

#define NOINLINE __attribute__((noinline))

/* The compiler must think that the array is used here. */
#define BENCH_USE(array) __asm__ volatile("" : : "r"(array) : "memory")

static inline uint64_t bench_random(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

/* A number below `limit`. The small ones are likelier: a few places in a program do most of the
 * work. */
static inline uint32_t bench_skewed(uint64_t *state, uint32_t limit)
{
    uint64_t both = bench_random(state);
    uint64_t product = (both & 0xffffffffu) * (both >> 32) >> 32;
    return (uint32_t)(product * limit >> 32);
}

/* Sizes as object-oriented programs ask for them: half are at most 48 bytes, the mean is 157. */
static const uint16_t bench_size[32] = {16, 16,  24,  24,  24,  24,  32,  32,  32,  32,  40,
                                        40, 40,  48,  48,  48,  56,  56,  64,  64,  72,  80,
                                        96, 112, 128, 160, 192, 256, 320, 512, 960, 1400};

/* Writes the block's first 64 bytes. */
static inline void bench_write(void *block, size_t size)
{
    memset(block, (int)size, size < 64 ? size : 64);
}

#ifdef _WIN32
static inline void bench_report(void)
{
    FILETIME begun, ended, kernel, user;
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof memory};
    GetProcessTimes(GetCurrentProcess(), &begun, &ended, &kernel, &user);
    GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof memory);
    uint64_t tenths = ((uint64_t)kernel.dwHighDateTime << 32 | kernel.dwLowDateTime) +
                      ((uint64_t)user.dwHighDateTime << 32 | user.dwLowDateTime);
    fprintf(stderr, "bench: cpu %llu.%06llu rss %llu\n", (unsigned long long)(tenths / 10000000),
            (unsigned long long)(tenths / 10 % 1000000),
            (unsigned long long)(memory.PeakWorkingSetSize / 1024));
}
#else
static inline void bench_report(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    fprintf(stderr, "bench: cpu %ld.%06ld rss %ld\n",
            used.ru_utime.tv_sec + used.ru_stime.tv_sec +
                (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000000,
            (used.ru_utime.tv_usec + used.ru_stime.tv_usec) % 1000000, used.ru_maxrss);
}
#endif

#endif
