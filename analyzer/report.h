/* What the renderers of `residue report` share: the material, and stacks with symbols. */
#ifndef ANALYZER_REPORT_H
#define ANALYZER_REPORT_H

#include "analyzer/analysis.h"
#include "analyzer/findings.h"
#include "analyzer/memory.h"
#include "analyzer/symbols.h"
#include <stdio.h>

/* No renderer goes on for ever over a trace with absurdly many sites. */
enum { REPORT_SITES = 10000 };

enum report_bars { REPORT_BARS_NONE, REPORT_BARS_ASCII, REPORT_BARS_UNICODE };

struct report {
    struct trace *trace;
    struct analysis *analysis;
    struct findings findings;
    struct memory memory;
    struct symbols *symbols; /* NULL: not wanted */
    bool symbols_shared;     /* they outlive the report */
    bool selected;           /* only calls of certain names are in it (report_select.h) */
    /* For text: */
    bool all;         /* also what is clean, and everything in full */
    bool stacks;      /* stacks in full */
    uint32_t top;     /* so many calls at most; 0 = as many as are worth it */
    unsigned columns; /* of the terminal; 0 = TEXT_COLUMNS */
    bool colour;
    enum report_bars bars;
    /* Of a renderer while it writes; else NULL. */
    struct retained *retained;
    struct report_frames *frames; /* stacks are written as their numbers */
};

/* What a report is made from and with; all zero is the default. */
struct report_options {
    uint64_t limit; /* bytes of memory to fill; 0 = what this machine has */
    bool no_symbols;
    const char *drive[26];  /* folders of a Windows program's drives, A: first; NULL = as found */
    struct symbols *shared; /* of several reports on Linux programs, the caller's; NULL = its own */
};

/* Takes a --drive option, "C=/folder" or "C:=/folder"; `value` is kept. False: it is none. */
bool report_parse_drive(const char *value, struct report_options *);

/* Reads the trace at `path`, analyses it and gets its symbols ready. NULL when it can't be used,
 * with one line (no newline) in `problem`. The caller frees it with report_close. */
struct report *report_open(const char *path, const struct report_options *, char *problem,
                           size_t problem_size);
/* The same for a command that tells of one trace: shows how far it has come, and why not.
 * `command`, as problems name it: "residue report". */
struct report *report_open_for(const char *command, const char *path,
                               const struct report_options *);
void report_close(struct report *);

/* Whether its end was seen, and how it ended: "exited", "signaled", else "running". */
bool report_ended(const struct residue_header *);
const char *report_exit(const struct residue_header *);

/* "x86_64" ..., "linux" ...; NULL = not known. */
const char *report_arch(const struct residue_header *);
const char *report_system(const struct residue_header *);

/* One line of a stack. An address in inlined code makes several, innermost first. Texts are owned
 * by the trace and the symbols. */
struct report_frame {
    const char *module; /* path; NULL = in no module */
    uint64_t offset;
    const char *function; /* NULL = not known */
    const char *file;     /* NULL = not known */
    uint32_t line;
    bool inlined; /* into the next frame */
};

struct report_stack {
    struct report_frame *frame; /* innermost first; freed by report_stack_free */
    size_t count, room;
    bool cut; /* deeper than recorded, or ends at code without unwind information */
};

/* Tells the symbols (may be NULL) what stacks may ask for. */
void report_expect_symbols(struct symbols *, const struct trace *);

struct report_stack report_stack_of(const struct report *, uint32_t site);

/* The lines of one frame of the trace: several where code is inlined. */
struct report_stack report_frame_of(const struct report *, uint32_t frame);
void report_stack_free(struct report_stack *);

/* The last part of a path, of Windows or not. */
const char *report_base_name(const char *path);

/* Each writes the whole report to `out`; write errors stay in `out` (ferror). */
void report_json(const struct report *, FILE *out);
void report_text(const struct report *, FILE *out);
void report_html(const struct report *, FILE *out);

/* Whether this build has the page that report_html fills: it takes npm to make it. */
bool report_html_available(void);

#endif
