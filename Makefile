# Residue. `make help` says what there is.
#
#   BUILD=release|debug|asan|coverage   which build; all but release go to a folder of their own
#   CC=gcc|clang                        which compiler

BUILD ?= release
ifeq ($(origin CC),default)
CC := gcc
endif
CXX := $(if $(findstring clang,$(CC)),clang++,g++)
OUT := build$(if $(filter-out release,$(BUILD)),/$(BUILD))$(if $(findstring clang,$(CC)),/clang)
VERSION := 0.1

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Werror
C_WARNINGS := -Wstrict-prototypes -Wmissing-prototypes
OPTIMISE.release := -O2
OPTIMISE.debug := -O0
OPTIMISE.asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined
OPTIMISE.fuzz := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
# The shim itself can't be instrumented (below): coverage is that of the analyzer, and of the core as
# unit tests see it.
OPTIMISE.coverage := -O0 --coverage
ifeq ($(OPTIMISE.$(BUILD)),)
$(error BUILD is release, debug, asan or coverage, not '$(BUILD)')
endif
COMMON := -std=gnu11 -D_GNU_SOURCE -g -Iinclude -I. -MMD -MP $(WARNINGS) $(C_WARNINGS)
CFLAGS_HERE := $(COMMON) $(OPTIMISE.$(BUILD)) -DRESIDUE_VERSION='"$(VERSION)"' $(CFLAGS)

# The shim is no ordinary code: it runs while the client's registers hold its arguments (no vector
# registers), inside its malloc (no libc), under its exceptions (unwind tables). Never with a sanitizer.
SHIM_CFLAGS := $(COMMON) $(if $(filter debug,$(BUILD)),-O1,-O2) -fPIC -fvisibility=hidden -fno-builtin \
	-mgeneral-regs-only -fno-stack-protector -ftls-model=initial-exec -fno-omit-frame-pointer \
	-fasynchronous-unwind-tables $(if $(findstring clang,$(CC)),,-fno-tree-loop-distribute-patterns)
# The core is compiled as a whole where the compiler can do so with any linker, but for what must be there as
# it is: the functions that the compiler itself calls (bytes.c), and those that ask for their caller's
# registers (RS_CALLER_REGS), which need a frame pointer, to others a cost.
SHIM_WHOLE := $(filter-out shim/core/scope_exports.c shim/core/bytes.c,$(wildcard shim/core/*.c))
SHIM_WHOLE_CFLAGS := -fomit-frame-pointer $(if $(findstring clang,$(CC))$(filter debug,$(BUILD)),,-flto=auto)
SHIM_LDFLAGS := -shared -Wl,-z,now -Wl,-z,relro -Wl,-z,initfirst -Wl,-z,defs -Wl,-soname,libresidue-shim.so

PACKAGES := libdw libelf jansson libzstd
LIBRARIES = $(shell pkg-config --libs $(PACKAGES)) -lm -ldl

ANALYZER := $(filter-out analyzer/main.c analyzer/run_windows%.c %_windows.c,$(wildcard analyzer/*.c))
ANALYZER_OBJECTS := $(ANALYZER:%.c=$(OUT)/%.o) $(OUT)/analyzer/profiles_embedded.o \
	$(OUT)/analyzer/report_html_embedded.o
SHIM_OBJECTS := $(patsubst %.c,$(OUT)/%.shim.o,$(wildcard shim/core/*.c shim/linux/*.c)) \
	$(patsubst %.S,$(OUT)/%.shim.o,$(wildcard shim/linux/*.S))

all: $(OUT)/residue $(OUT)/libresidue-shim.so

include analyzer/export.mk

help:
	@echo "make               build $(OUT)/residue and $(OUT)/libresidue-shim.so"
	@echo "make windows       build residue.exe and residue-shim.dll, in build/windows-x86_64 and -i686"
	@echo "make demo          run leaky MAPI clients and show the reports"
	@echo "make check         all tests (BUILD=release), sanitizer builds included"
	@echo "make check-win32   the tests of 32-bit Windows, in a small Debian that it makes (needs root)"
	@echo "make bench         cost, beside a run without the shim and other tools (tests/bench/run --help)"
	@echo "make bench-windows what it costs a Windows program, under Wine; ROUNDS=$(or $(ROUNDS),7)"
	@echo "make bench-growth  how the cost grows, and the picture of it (tests/bench/growth.svg)"
	@echo "make bench-gate    instructions on the hot paths; UPDATE=1 writes them down as expected"
	@echo "make fuzz          hostile traces, profiles and modules, SECONDS ($(SECONDS)) each"
	@echo "make coverage      which lines the tests run"
	@echo "make install       program, header, man pages and completions to PREFIX ($(PREFIX)), under DESTDIR if"
	@echo "                   given; make uninstall"
	@echo "make format        clang-format everything; make format-check only looks"
	@echo "make clean         remove build/"

# What Debian lacks is installed first; a machine that has everything is asked nothing.
build/.dependencies: scripts/install-deps
	@mkdir -p build
	@scripts/install-deps --quiet
	@touch $@

$(OUT)/residue: $(OUT)/analyzer/main.o $(OUT)/libanalyzer.a
	@echo "  LD $@"; $(CC) $(OPTIMISE.$(BUILD)) -o $@ $^ $(LIBRARIES)

$(OUT)/libanalyzer.a: $(ANALYZER_OBJECTS)
	@rm -f $@
	@echo "  AR $@"; ar rcs $@ $^

$(OUT)/libresidue-shim.so: $(SHIM_OBJECTS)
	@echo "  LD $@"; $(CC) $(SHIM_CFLAGS) $(SHIM_WHOLE_CFLAGS) $(SHIM_LDFLAGS) -o $@ $^

$(OUT)/analyzer/%.o: analyzer/%.c Makefile | build/.dependencies
	@mkdir -p $(@D)
	@echo "  CC $<"; $(CC) $(CFLAGS_HERE) -c $< -o $@

$(OUT)/analyzer/%.o: analyzer/%.S $(wildcard shim/profiles/*) | build/.dependencies
	@mkdir -p $(@D)
	@echo "  AS $<"; $(CC) -I. -c $< -o $@

$(OUT)/%.shim.o: %.c Makefile | build/.dependencies
	@mkdir -p $(@D)
	@echo "  CC $< (shim)"; $(CC) $(SHIM_CFLAGS) $(if $(filter $<,$(SHIM_WHOLE)),$(SHIM_WHOLE_CFLAGS)) -c $< -o $@

$(OUT)/%.shim.o: %.S Makefile | build/.dependencies
	@mkdir -p $(@D)
	@echo "  AS $< (shim)"; $(CC) -I. -MMD -MP -c $< -o $@

include analyzer/html/html.mk

# ---- tests ----

# The core as unit tests see it: with the build's sanitizers, and with the C library's memcpy.
CORE_OBJECTS := $(patsubst %.c,$(OUT)/%.core.o,$(filter-out shim/core/bytes.c,$(wildcard shim/core/*.c)))
$(OUT)/%.core.o: %.c Makefile | build/.dependencies
	@mkdir -p $(@D)
	@echo "  CC $< (core)"; $(CC) $(CFLAGS_HERE) -fno-omit-frame-pointer -c $< -o $@
$(OUT)/libcore.a: $(CORE_OBJECTS)
	@rm -f $@
	@echo "  AR $@"; ar rcs $@ $^

UNIT := $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(wildcard tests/unit/test_*.c))
TEST_FLAGS := -Wno-missing-prototypes
-include tests/unit/unit.mk

$(OUT)/unit/test_core_%: tests/unit/test_core_%.c $(OUT)/libcore.a
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(CFLAGS_HERE) $(TEST_FLAGS) -fno-omit-frame-pointer -o $@ $(filter %.c %.S %.o,$^) $(OUT)/libcore.a -lcriterion $(UNIT_LIBRARIES) -lm -ldl
$(OUT)/unit/%: tests/unit/%.c $(OUT)/libanalyzer.a
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(CFLAGS_HERE) $(TEST_FLAGS) -o $@ $< $(OUT)/libanalyzer.a -lcriterion $(LIBRARIES)

unit: $(UNIT)

include tests/fixtures/fixtures.mk
include tests/fixtures/windows.mk

fixtures: $(FIXTURES)

check:
	@scripts/check

check-win32:
	@scripts/check-win32

demo: all fixtures
	@scripts/demo $(OUT)

include shim/windows/windows.mk

include tests/windows/windows.mk

include tests/bench/bench.mk
include tests/bench/windows.mk

include tests/fuzz/fuzz.mk

fuzz: all fixtures
	@tests/fuzz/run $(SECONDS)
SECONDS ?= 60

coverage:
	@scripts/coverage

# ---- the rest ----

FORMATTED := $(shell find analyzer include shim tests \( -name '*.[ch]' -o -name '*.cpp' -o -name '*.cc' \) 2>/dev/null)
format:
	clang-format -i $(FORMATTED)
format-check:
	@clang-format --dry-run --Werror $(FORMATTED)

include scripts/packaging/install.mk

clean:
	rm -rf build

.PHONY: all help unit fixtures check check-win32 demo bench fuzz coverage format format-check clean
.DELETE_ON_ERROR:

-include $(shell find build -path build/win32 -prune -o -name '*.d' -type f -print 2>/dev/null)
