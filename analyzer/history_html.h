/* The pieces of the history's page. */
#ifndef ANALYZER_HISTORY_HTML_H
#define ANALYZER_HISTORY_HTML_H

#include "analyzer/history.h"

/* Any bytes as text of a page, also inside of quotes. */
void html_text(FILE *out, const char *bytes);

/* A call's rates as an SVG; `number` makes its ids unique on the page. */
void history_plot(const struct history *, const struct history_call *, uint32_t number, FILE *out);

/* "48.0 B per call, exact", "12.3 B per call, 95% CI [11.9, 12.7]", "nothing". */
void history_rate_text(const struct history_rate *, FILE *out);

/* The class of a rate's colour: "bad", "unsure", "good". */
const char *history_tone_of(const struct history_rate *);

#endif
