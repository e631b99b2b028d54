/* JSON as it is written: values are jansson's, but objects and arrays are only opened and closed
 * and never kept, so that a report of any size takes no memory. */
#ifndef ANALYZER_REPORT_JSON_WRITE_H
#define ANALYZER_REPORT_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Set `out`, leave the rest zero. */
struct json_out {
    FILE *out;
    unsigned depth;
    bool flat;  /* what is open stands on one line */
    bool begun; /* the object or array at hand has something in it */
    unsigned flat_depth;
    bool in_html; /* inside of a <script>, on one line: no byte of it is markup */
};

/* Opens an object ('{') or array ('['), with a key inside of objects and NULL elsewhere; flat ones
 * stand on one line with all that is in them. Each put_open has its put_close, with '}' or ']'.
 */
void put_open(struct json_out *, const char *key, char bracket, bool flat);
void put_close(struct json_out *, char bracket);

/* Any bytes as a string: what is no UTF-8 becomes U+FFFD. NULL becomes null. */
void put_text(struct json_out *, const char *key, const char *bytes);
void put_texts(struct json_out *, const char *key, const char *const *texts,
               uint32_t count); /* an array of them */
void put_count(struct json_out *, const char *key, uint64_t);
void put_real(struct json_out *, const char *key,
              double); /* null for what JSON has no number for */
void put_bool(struct json_out *, const char *key, bool);
void put_interval(struct json_out *, const char *key, double low, double high); /* [low, high] */
void put_none(struct json_out *, const char *key);                              /* null */

/* The keys of a place in code; no text: NULL, no line: 0. */
void put_place(struct json_out *, const char *module, uint64_t offset, const char *function,
               const char *file, uint64_t line);

#endif
