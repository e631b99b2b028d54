/* The page that `residue report --format html` fills (analyzer/html/html.mk builds it). */
#include "analyzer/embed.inc"

        embed(report_html_page, "build/html/page.html")

#ifdef __ELF__
        .section .note.GNU-stack, "", @progbits
#endif
