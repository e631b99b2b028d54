#include "analyzer/check_fingerprint.h"
#include <inttypes.h>
#include <string.h>

enum { HASHES = 2 };

/* FNV-1a, 64 bits; the terminator counts, so that "ab", "c" is not "a", "bc". */
static void hash(uint64_t hashes[HASHES], const char *text)
{
    for (size_t i = 0, end = text ? strlen(text) + 1 : 1; i < end; i++)
        for (int k = 0; k < HASHES; k++)
            hashes[k] = (hashes[k] ^ (text ? (unsigned char)text[i] : 0xff)) * 0x100000001b3u;
}

void check_fingerprint(struct check_problem *problem, unsigned again)
{
    uint64_t hashes[HASHES] = {0xcbf29ce484222325u, 0x9ae16a3b2f90404fu};
    const struct figures_frame *place = problem->stack ? figures_place(problem->stack) : NULL;
    hash(hashes, problem->within);
    hash(hashes, problem->call);
    hash(hashes, problem->finding);
    hash(hashes, place ? place->function : NULL);
    hash(hashes, place ? figures_base(place->file) : NULL);
    for (; again; again--)
        hash(hashes, "again");
    snprintf(problem->fingerprint, sizeof problem->fingerprint, "%016" PRIx64 "%016" PRIx64,
             hashes[0], hashes[1]);
}
