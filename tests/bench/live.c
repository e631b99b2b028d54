/*
 * Many live blocks: live [-n BLOCKS]
 *
 * Reads a mailbox into memory: folders of 1,000 messages; a message is a record, a subject and
 * three properties, each with a block of its own and filled; what is read stays. Sizes are from 16
 * to 80 bytes, 40 in the mean, as in trees and lists. Then all is walked through once, and the
 * program ends without giving anything back, as programs do.
 */
#include "bench.h"

#include <unistd.h>

enum { PROPERTIES = 3, MESSAGES = 1000 };

struct property {
    struct property *next;
    uint32_t tag;
    char value[];
};

struct message {
    struct message *next;
    char *subject;
    struct property *properties;
    uint64_t id;
};

struct folder {
    struct folder *next;
    struct message *messages;
    char name[16];
};

static uint64_t state = 0x2545f4914f6cdd1du;
static unsigned long blocks = 5000000, taken;

static inline void *take(size_t size)
{
    void *block = malloc(size);
    if (!block)
        abort();
    taken++;
    return block;
}

static NOINLINE char *read_subject(void)
{
    size_t length = 16 + bench_random(&state) % 33;
    char *subject = take(length);
    memset(subject, 's', length - 1);
    subject[length - 1] = 0;
    return subject;
}

static NOINLINE struct property *read_property(uint32_t tag, struct property *next)
{
    static const uint8_t room[8] = {4, 8, 8, 12, 16, 24, 32, 64};
    size_t length = room[bench_random(&state) % 8];
    struct property *property = take(sizeof *property + length);
    property->next = next;
    property->tag = tag;
    memset(property->value, (int)tag, length);
    return property;
}

static NOINLINE struct message *read_message(struct message *next)
{
    struct message *message = take(sizeof *message);
    message->next = next;
    message->id = bench_random(&state);
    message->subject = read_subject();
    message->properties = NULL;
    for (uint32_t tag = 0; tag < PROPERTIES; tag++)
        message->properties = read_property(tag, message->properties);
    return message;
}

static NOINLINE struct folder *read_folder(struct folder *next)
{
    struct folder *folder = take(sizeof *folder);
    *folder = (struct folder){next, NULL, "Inbox"};
    for (int i = 0; i < MESSAGES && taken < blocks; i++)
        folder->messages = read_message(folder->messages);
    return folder;
}

static uint64_t walk(const struct folder *folder)
{
    uint64_t sum = 0;
    for (; folder; folder = folder->next)
        for (const struct message *message = folder->messages; message; message = message->next) {
            sum += message->id + (unsigned char)*message->subject;
            for (const struct property *p = message->properties; p; p = p->next)
                sum += p->tag;
        }
    return sum;
}

int main(int argc, char **argv)
{
    static struct folder *mailbox;
    int option;
    while ((option = getopt(argc, argv, "n:")) != -1) {
        if (option != 'n')
            return 2;
        blocks = strtoul(optarg, NULL, 10);
    }
    while (taken < blocks)
        mailbox = read_folder(mailbox);
    printf("%lu blocks, %llu\n", taken, (unsigned long long)walk(mailbox));
    bench_report();
    return 0;
}
