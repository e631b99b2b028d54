# The page of `residue report --format html`: analyzer/html, bundled with its libraries from npm, then
# embedded in the analyzer. Without npm's registry the analyzer is built all the same, without a page.

HTML_SOURCES := $(filter-out analyzer/html/html.mk,$(shell find analyzer/html -name node_modules -prune -o -type f -print))

build/html/page.html: $(HTML_SOURCES) | build/.dependencies
	@analyzer/html/build build/html

$(OUT)/analyzer/report_html_embedded.o build/windows-x86_64/analyzer/report_html_embedded.o \
build/windows-i686/analyzer/report_html_embedded.o: build/html/page.html analyzer/embed.inc
$(OUT)/analyzer/profiles_embedded.o: analyzer/embed.inc
