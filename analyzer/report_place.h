/* Where in a stack a developer looks first. */
#ifndef ANALYZER_REPORT_PLACE_H
#define ANALYZER_REPORT_PLACE_H

#include "analyzer/report.h"

/* What libc runs before main and before a thread's function. */
bool report_starts_things(const struct report_frame *);

/* In the loader, or a library of the language's or the system's own. */
bool report_is_systems(const struct report_frame *);

/* The language's own templates, compiled into whoever uses them. (Those of functions are called
 * with the type that they return before their names: these are told by their file.) */
bool report_is_languages(const struct report_frame *);

/* The innermost frame that has a name and is neither the system's nor the language's own; 0 where
 * none is. */
size_t report_place_of(const struct report_stack *);

#endif
