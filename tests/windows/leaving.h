/* Ways to leave a watched call. */
#ifndef TESTS_WINDOWS_LEAVING_H
#define TESTS_WINDOWS_LEAVING_H

#ifdef __cplusplus
extern "C" {
#endif

/* Of the library. */
int leaves(void (*how)(int), int value);
double takes_many(int a, double b, int c, double d, double e, int f, float g, long long h, double i,
                  int j, int k, int l, double m);
struct large {
    long long word[5];
};
struct large takes_and_gives_large(struct large what, int more);

/* leaving_seh.c, by a compiler that knows __try: calls leaves() so that it raises an exception, and
 * catches that; how many of `count` were caught, and of how many __finally was seen. */
int leaving_by_raise(int count);
int leaving_through_finally(int count);
/* The same for a read of no memory. */
int leaving_by_fault(int count);

#ifdef __cplusplus
}
#endif
#endif
