/* JSON as it is written: nothing of it is kept, so that a report of any size takes no memory. */
#ifndef ANALYZER_REPORT_JSON_WRITE_H
#define ANALYZER_REPORT_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Set `out`, leave the rest zero. */
struct json {
    FILE *out;
    unsigned depth;
    bool flat;  /* what is open stands on one line */
    bool begun; /* the object or array at hand has something in it */
    unsigned flat_depth;
};

/* Opens an object ('{') or array ('['), with a key inside of objects and NULL elsewhere; flat ones
 * stand on one line with all that is in them. Each json_open has its json_close, with '}' or ']'.
 */
void json_open(struct json *, const char *key, char bracket, bool flat);
void json_close(struct json *, char bracket);

/* Any bytes as a string: what is no UTF-8 becomes U+FFFD. NULL becomes null. */
void json_text(struct json *, const char *key, const char *bytes);
void json_count(struct json *, const char *key, uint64_t);
void json_real(struct json *, const char *key, double); /* null for what JSON has no number for */
void json_bool(struct json *, const char *key, bool);
void json_none(struct json *, const char *key); /* null */

#endif
