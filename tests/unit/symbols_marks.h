/*
 * Places in the symbol tests' fixtures: what address and what line they are at is in a section of
 * the fixture itself, so that its file alone, whatever was done to it, tells what must be found.
 * No standard header: fixtures are also compiled for machines that have none here.
 */
#ifndef SYMBOLS_MARKS_H
#define SYMBOLS_MARKS_H

enum symbols_mark_id {
    MARK_PLAIN = 1,
    MARK_AFTER_PLAIN,   /* the return address of a call on the line before */
    MARK_AFTER_OUTSIDE, /* of a call through the procedure linkage table */
    MARK_IN_HEADER,     /* in a header's function, inlined into one that is inlined into a third */
    MARK_BEFORE_HEADER, /* the call of the header's function is on the next line */
    MARK_BEFORE_MIDDLE,
    MARK_METHOD,
    MARK_CONSTRUCTOR,
    MARK_TEMPLATE,
    MARK_ANONYMOUS,
    MARK_LAMBDA,
    MARK_LOCAL_CLASS,
    MARK_INLINE_METHOD,
    MARK_BEFORE_INLINE_METHOD,
};

struct symbols_mark {
    int id, line;
    int distance; /* of the place, from this member */
};

#ifdef _WIN32 /* whose assembler has no stack of sections */
#define MARKS_BEGIN ".section symbols_marks,\"dr\"\n"
#define MARKS_END   ".text\n"
#else
#define MARKS_BEGIN ".pushsection symbols_marks,\"a\"\n"
#define MARKS_END   ".popsection\n"
#endif

#define MARK(name)                                                                                 \
    __asm__ volatile("1: nop\n" MARKS_BEGIN ".long %c0\n"                                          \
                     ".long %c1\n"                                                                 \
                     ".long 1b - .\n" MARKS_END                                                    \
                     :                                                                             \
                     : "i"(MARK_##name), "i"(__LINE__))

#endif
