/*
 * The report as one page for a browser: what analyzer/html is built to, and in it the report as
 * JSON, with the source text of the places that it names. The page loads nothing from anywhere.
 */
#include "analyzer/report_json.h"
#include "analyzer/report_sources.h"
#include <string.h>

#ifndef RESIDUE_VERSION
#define RESIDUE_VERSION "0.1"
#endif

/* report_html_embedded.S; empty where the page could not be built. */
extern const char report_html_page[];

/* Where the report goes. */
static const char mark[] = "@REPORT@";

bool report_html_available(void)
{
    return strstr(report_html_page, mark);
}

static void write_sources(struct json_out *json, const struct report_frames *frames)
{
    size_t count;
    const struct report_frame *frame = report_frames_all(frames, &count);
    struct report_sources *sources = report_sources_open();
    for (size_t i = 0; sources && i < count; i++)
        report_sources_want(sources, frame[i].file, frame[i].line);
    if (sources)
        report_sources_write(sources, json, "sources");
    report_sources_close(sources);
}

static void write_report(const struct report *report, FILE *out)
{
    struct report with = *report;
    struct json_out json = {.out = out, .in_html = true};
    with.frames = report_frames_open();
    put_open(&json, NULL, '{', false);
    put_text(&json, "residue", RESIDUE_VERSION);
    report_json_keys(&with, &json);
    report_json_frames(with.frames, &json);
    write_sources(&json, with.frames);
    put_close(&json, '}');
    report_frames_close(with.frames);
}

void report_html(const struct report *report, FILE *out)
{
    const char *at = strstr(report_html_page, mark);
    if (!at)
        return;
    fwrite(report_html_page, 1, (size_t)(at - report_html_page), out);
    write_report(report, out);
    fputs(at + sizeof mark - 1, out);
}
