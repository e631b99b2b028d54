# Windows, cross-built with mingw-w64: build/windows-x86_64/.

WINDOWS_ARCHES := x86_64 i686
WINDOWS_CFLAGS := -std=gnu11 -D_WIN32_WINNT=0x0a00 -g -I. -Iinclude -MMD -MP $(WARNINGS) $(C_WARNINGS)
# As the shim on Linux: no vector registers, no C library, frames that can be walked.
WINDOWS_SHIM_CFLAGS := $(WINDOWS_CFLAGS) $(if $(filter debug,$(BUILD)),-O1,-O2) -fno-builtin -mgeneral-regs-only \
	-fno-stack-protector -fno-omit-frame-pointer -fno-tree-loop-distribute-patterns -mno-stack-arg-probe
WINDOWS_SHIM_CFLAGS.x86_64 := -mcmodel=small
WINDOWS_SHIM_LDFLAGS := -shared -nostdlib -Wl,--dynamicbase,--nxcompat,--no-insert-timestamp,--exclude-all-symbols
# The name that an entry of Windows' calling convention has.
WINDOWS_SHIM_LDFLAGS.x86_64 := -Wl,-e,rs_dll_main
WINDOWS_SHIM_LDFLAGS.i686 := -Wl,-e,_rs_dll_main@12
WINDOWS_SHIM_LIBRARIES := -lntdll -lkernel32 -lgcc
WINDOWS_RUNTIMES := 0 1 2 3

WINDOWS_SHIM := $(wildcard shim/core/*.c) $(filter-out %/hooks_runtime.c %-i686.c,$(wildcard shim/windows/*.c))
WINDOWS_SHIM.x86_64 := $(WINDOWS_SHIM)
# There are no tables to unwind by.
WINDOWS_SHIM.i686 := $(filter-out %/unwind.c %/row.c %/cfi.c %/cfi_expr.c %/cfi_find.c %/pdata.c \
	%/pdata_epilogue.c,$(WINDOWS_SHIM)) $(wildcard shim/windows/*-i686.c)

# The analyzer: what has a twin for Windows, is of Linux' run or needs elfutils or sqlite3 stays behind.
WINDOWS_HELPER := analyzer/run_windows_helper.c analyzer/run_windows_inject.c
WINDOWS_ANALYZER_SEAMS := $(filter-out analyzer/run_windows_helper.c,\
	$(wildcard analyzer/*_windows.c analyzer/run_windows*.c))
WINDOWS_ANALYZER := $(sort $(WINDOWS_ANALYZER_SEAMS) $(filter-out $(WINDOWS_ANALYZER_SEAMS:_windows.c=.c) \
	analyzer/run.c analyzer/run_front.c analyzer/run_keeper.c analyzer/run_limits.c analyzer/run_newcomers.c analyzer/run_server.c analyzer/run_status.c analyzer/status_line.c \
	analyzer/run_traces.c analyzer/run_wine.c analyzer/attach%.c analyzer/live.c analyzer/run_windows_helper.c analyzer/elf_check.c analyzer/pager.c analyzer/symbols_elf%.c analyzer/symbols_dwarf.c \
	analyzer/symbols_module.c analyzer/symbols_ranges.c analyzer/file_regular.c analyzer/export_pprof_segment.c analyzer/runs.c analyzer/history_%.c,$(wildcard analyzer/*.c)))
WINDOWS_ANALYZER_FLAGS := -O2 -D__USE_MINGW_ANSI_STDIO=1 -D_FILE_OFFSET_BITS=64 -D_GNU_SOURCE -Wno-format \
	-Wno-format-extra-args -Wno-float-conversion -DRESIDUE_VERSION='"$(VERSION)"'

# Reports have the same figures everywhere: no numbers of 80 bits.
WINDOWS_NUMBERS.i686 := -msse2 -mfpmath=sse

define windows_arch
WINDOWS_OUT_$(1) := build/windows-$(1)
WINDOWS_SHIM_OBJECTS_$(1) := $$(WINDOWS_SHIM.$(1):%.c=build/windows-$(1)/%.shim.o) \
	$$(WINDOWS_RUNTIMES:%=build/windows-$(1)/shim/windows/hooks_runtime.%.shim.o) \
	$$(patsubst %.S,build/windows-$(1)/%.shim.o,$$(wildcard shim/windows/*-$(1).S))

build/windows-$(1)/%.shim.o: %.c Makefile shim/windows/windows.mk | build/windows-$(1)/include/uthash.h
	@mkdir -p $$(@D)
	@echo "  CC $$< ($(1) windows shim)"; $(1)-w64-mingw32-gcc $$(WINDOWS_SHIM_CFLAGS) $$(WINDOWS_SHIM_CFLAGS.$(1)) \
		-isystem build/windows-$(1)/include -c $$< -o $$@

build/windows-$(1)/shim/windows/hooks_runtime.%.shim.o: shim/windows/hooks_runtime.c Makefile shim/windows/windows.mk
	@mkdir -p $$(@D)
	@echo "  CC $$< ($(1) windows shim)"; $(1)-w64-mingw32-gcc $$(WINDOWS_SHIM_CFLAGS) $$(WINDOWS_SHIM_CFLAGS.$(1)) -DRUNTIME=$$* \
		-isystem build/windows-$(1)/include -c $$< -o $$@

build/windows-$(1)/%.shim.o: %.S Makefile shim/windows/windows.mk
	@mkdir -p $$(@D)
	@echo "  AS $$< ($(1) windows shim)"; $(1)-w64-mingw32-gcc -I. -MMD -MP -c $$< -o $$@

# A header alone, that is the same everywhere.
build/windows-$(1)/include/uthash.h: | build/.dependencies
	@mkdir -p $$(@D)
	@cp /usr/include/uthash.h $$@

build/windows-$(1)/residue-shim.dll: $$(WINDOWS_SHIM_OBJECTS_$(1))
	@echo "  LD $$@"; $(1)-w64-mingw32-gcc $$(WINDOWS_SHIM_LDFLAGS) $$(WINDOWS_SHIM_LDFLAGS.$(1)) -o $$@ $$^ $$(WINDOWS_SHIM_LIBRARIES)

build/windows-$(1)/%.o: %.c Makefile shim/windows/windows.mk | build/windows-$(1)/deps/lib/libzstd.a build/windows-$(1)/include/uthash.h
	@mkdir -p $$(@D)
	@echo "  CC $$< ($(1) windows)"; $(1)-w64-mingw32-gcc $$(WINDOWS_CFLAGS) $$(WINDOWS_ANALYZER_FLAGS) $$(WINDOWS_NUMBERS.$(1)) \
		-isystem build/windows-$(1)/include -isystem build/windows-$(1)/deps/include -c $$< -o $$@
build/windows-$(1)/analyzer/%.o: analyzer/%.S $(wildcard shim/profiles/*) shim/windows/windows.mk
	@mkdir -p $$(@D)
	@echo "  AS $$< ($(1) windows)"; $(1)-w64-mingw32-gcc -I. -c $$< -o $$@

# Debian has these for itself alone.
build/windows-$(1)/deps/lib/libzstd.a: scripts/cross-libraries
	@echo "  LD $$@ and libjansson.a"; scripts/cross-libraries $(1) build/windows-$(1)/deps

build/windows-$(1)/analyzer/residue.res.o: analyzer/residue.rc analyzer/residue.manifest
	@mkdir -p $$(@D)
	@echo "  RC $$<"; $(1)-w64-mingw32-windres -I. $$< $$@

build/windows-$(1)/residue.exe: $$(WINDOWS_ANALYZER:%.c=build/windows-$(1)/%.o) build/windows-$(1)/analyzer/residue.res.o \
		build/windows-$(1)/analyzer/profiles_embedded.o build/windows-$(1)/analyzer/report_html_embedded.o
	@echo "  LD $$@"; $(1)-w64-mingw32-gcc -static -o $$@ $$^ -Lbuild/windows-$(1)/deps/lib -ljansson -lzstd -lstdc++ -lpthread

build/windows-$(1)/residue-helper.exe: $$(WINDOWS_HELPER:%.c=build/windows-$(1)/%.o)
	@echo "  LD $$@"; $(1)-w64-mingw32-gcc -static -o $$@ $$^

windows: build/windows-$(1)/residue-shim.dll build/windows-$(1)/residue.exe build/windows-$(1)/residue-helper.exe
endef

$(foreach arch,$(WINDOWS_ARCHES),$(eval $(call windows_arch,$(arch))))

.PHONY: windows
