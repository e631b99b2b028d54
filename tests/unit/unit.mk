# What single unit tests need beside their own file.

# Frames of every kind to unwind through, and libunwind to compare with.
UNWIND_TESTS := $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(wildcard tests/unit/test_core_unwind*.c))
$(UNWIND_TESTS): UNIT_LIBRARIES := -lunwind -lstdc++ \
	$(if $(findstring clang,$(CC)),$(if $(filter asan,$(BUILD)),-fsanitize-link-c++-runtime))
$(UNWIND_TESTS): tests/unit/unwind_frames.c tests/unit/unwind_frames.S tests/unit/unwind_harness.c \
	tests/unit/unwind_loaded.c $(OUT)/unit/unwind_throws.o

$(OUT)/unit/unwind_throws.o: tests/unit/unwind_throws.cc tests/unit/unwind_frames.h
	@mkdir -p $(@D)
	@echo "  CXX $<"; $(CXX) -std=c++17 -g -I. $(WARNINGS) $(OPTIMISE.$(BUILD)) -c $< -o $@

# PE modules whose code runs anywhere, by several compilers.
PDATA_MODULES := $(addprefix $(OUT)/unit/pdata_,functions.dll gcc_O0.dll gcc_O2.dll gcc_Os.dll \
	clang_O0.dll clang_O2.dll)
MINGW64 := x86_64-w64-mingw32-gcc
$(OUT)/unit/test_core_unwind_pdata: $(OUT)/unit/pe_image.o $(OUT)/unit/row_apply.o | $(PDATA_MODULES)
$(OUT)/unit/test_core_unwind_pdata: TEST_FLAGS += -DBUILD_FOLDER='"$(OUT)"'
$(OUT)/unit/pe_image.o $(OUT)/unit/row_apply.o: $(OUT)/unit/%.o: tests/unit/%.c tests/unit/%.h \
		shim/core/row.h
	@mkdir -p $(@D)
	@echo "  CC $<"; $(CC) $(CFLAGS_HERE) $(TEST_FLAGS) -c $< -o $@
$(OUT)/unit/pdata_functions.obj: tests/unit/pdata_functions.S
	@mkdir -p $(@D)
	@echo "  AS $<"; $(MINGW64) -c $< -o $@
$(OUT)/unit/pdata_gcc_%.obj: tests/unit/pdata_compiled.c
	@mkdir -p $(@D)
	@echo "  CC $<"; $(MINGW64) $(WARNINGS) -g -$* -c $< -o $@
$(OUT)/unit/pdata_clang_%.obj: tests/unit/pdata_compiled.c
	@mkdir -p $(@D)
	@echo "  CC $<"; clang --target=x86_64-w64-mingw32 $(WARNINGS) -g -$* -c $< -o $@
$(OUT)/unit/pdata_%.dll: $(OUT)/unit/pdata_%.obj
	@echo "  LD $@"; $(MINGW64) -nostdlib -shared -Wl,--entry=0 $< -lgcc -o $@

# The core on a system in the test's hand; the analyzer reads what it writes.
CORE_TESTS := $(filter-out $(UNWIND_TESTS),$(patsubst tests/unit/%.c,$(OUT)/unit/%,$(wildcard tests/unit/test_core_*.c)))
$(CORE_TESTS): UNIT_LIBRARIES = $(OUT)/libanalyzer.a $(LIBRARIES) -lpthread
$(CORE_TESTS): $(OUT)/unit/core_os.o $(OUT)/unit/unwind_loaded.o $(OUT)/libanalyzer.a
$(OUT)/unit/core_os.o $(OUT)/unit/unwind_loaded.o: $(OUT)/unit/%.o: tests/unit/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC $<"; $(CC) $(CFLAGS_HERE) $(TEST_FLAGS) -fno-omit-frame-pointer -c $< -o $@

# Not a test: prints what stacks cost, in nanoseconds.
$(OUT)/bench/unwind_bench: tests/bench/unwind_bench.c tests/unit/unwind_loaded.c \
		tests/unit/unwind_frames.S $(OUT)/libcore.a
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(CFLAGS_HERE) -o $@ $(filter %.c %.S,$^) $(OUT)/libcore.a

# Files to look symbols up in, each a way that debug information comes or is missing.
SYMBOLS_FIXTURES := $(addprefix $(OUT)/unit/symbols_,plain.so optimised.so dwarf4.so unindexed.so \
	dwo.so i386.so program linked.so linked.debug bare.so stripped.so cxx.so cxx_optimised.so)
SYMBOLS_CC := $(CC) -std=gnu11 -I. -fPIC $(WARNINGS)
SYMBOLS_CXX := $(CXX) -std=c++17 -I. -fPIC $(WARNINGS)
SYMBOLS_LD := -nostdlib -shared -Wl,--build-id=sha1
SYMBOLS_TESTS := $(OUT)/unit/test_symbols $(OUT)/unit/test_symbols_hostile
$(SYMBOLS_TESTS): LIBRARIES += $(OUT)/unit/symbols_files.o
$(SYMBOLS_TESTS): $(OUT)/unit/symbols_files.o | $(SYMBOLS_FIXTURES)
$(OUT)/unit/symbols_files.o: tests/unit/symbols_files.c tests/unit/symbols_files.h \
		tests/unit/symbols_marks.h
	@mkdir -p $(@D)
	@echo "  CC $<"; $(CC) $(CFLAGS_HERE) $(TEST_FLAGS) -c $< -o $@

$(OUT)/unit/symbols_plain.so: SYMBOLS_FLAGS := -O0 -gdwarf-5
$(OUT)/unit/symbols_optimised.so: SYMBOLS_FLAGS := -O2 -gdwarf-5
$(OUT)/unit/symbols_dwarf4.so: SYMBOLS_FLAGS := -O2 -gdwarf-4
$(OUT)/unit/symbols_dwo.so: SYMBOLS_FLAGS := -O2 -gdwarf-5 -gsplit-dwarf
$(OUT)/unit/symbols_i386.so: SYMBOLS_FLAGS := -m32 -O2 -gdwarf-5
$(OUT)/unit/symbols_bare.so: SYMBOLS_FLAGS := -O2 -g0
$(OUT)/unit/symbols_plain.so $(OUT)/unit/symbols_optimised.so $(OUT)/unit/symbols_dwarf4.so \
$(OUT)/unit/symbols_dwo.so $(OUT)/unit/symbols_i386.so $(OUT)/unit/symbols_bare.so: \
		tests/unit/symbols_fixture.c tests/unit/symbols_fixture.h tests/unit/symbols_marks.h
	@mkdir -p $(@D)
	@echo "  LD $@"; $(SYMBOLS_CC) $(SYMBOLS_FLAGS) -c $< -o $(@:.so=.so.o) && \
		$(SYMBOLS_CC) $(SYMBOLS_FLAGS) $(SYMBOLS_LD) $(@:.so=.so.o) -o $@

# At a fixed address, not position-independent.
$(OUT)/unit/symbols_program: tests/unit/symbols_fixture.c tests/unit/symbols_fixture.h \
		tests/unit/symbols_marks.h
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) -std=gnu11 -I. $(WARNINGS) -O2 -gdwarf-5 -fno-pie -nostdlib -static \
		-Wl,--build-id=sha1 -Wl,-e,symbols_caller -Wl,--unresolved-symbols=ignore-all $< -o $@

$(OUT)/unit/symbols_cxx.so: SYMBOLS_FLAGS := -O0
$(OUT)/unit/symbols_cxx_optimised.so: SYMBOLS_FLAGS := -O2
$(OUT)/unit/symbols_cxx.so $(OUT)/unit/symbols_cxx_optimised.so: tests/unit/symbols_fixture.cc \
		tests/unit/symbols_marks.h
	@mkdir -p $(@D)
	@echo "  LD $@"; $(SYMBOLS_CXX) $(SYMBOLS_FLAGS) -gdwarf-5 $(SYMBOLS_LD) $< -o $@

# As clang leaves it: without an index from addresses to units.
$(OUT)/unit/symbols_unindexed.so: $(OUT)/unit/symbols_optimised.so
	@objcopy --remove-section=.debug_aranges $< $@
$(OUT)/unit/symbols_stripped.so: $(OUT)/unit/symbols_optimised.so
	@objcopy --strip-all $< $@

# Debug information in a file of its own, found by a link or by its build-id.
$(OUT)/unit/symbols_linked.debug: $(OUT)/unit/symbols_optimised.so
	@objcopy --only-keep-debug $< $@
$(OUT)/unit/symbols_linked.so: $(OUT)/unit/symbols_optimised.so $(OUT)/unit/symbols_linked.debug
	@objcopy --strip-all --add-gnu-debuglink=$(OUT)/unit/symbols_linked.debug $< $@

# The same for Windows: debug information in the file, split off, in a PDB; none at all.
SYMBOLS_PE := $(addprefix $(OUT)/unit/symbols_pe_,gcc.dll split.dll pdb.dll bare.dll bare_i686.dll gcc_i686.dll)
$(OUT)/unit/test_symbols_pe $(OUT)/unit/test_windows_path: LIBRARIES += $(OUT)/unit/symbols_files.o -ldw -lelf
$(OUT)/unit/test_symbols_pe $(OUT)/unit/test_windows_path: $(OUT)/unit/symbols_files.o
$(OUT)/unit/test_symbols_pe: | $(SYMBOLS_PE)
SYMBOLS_PE_SOURCES := $(addprefix tests/unit/symbols_,fixture.c fixture.h marks.h)
SYMBOLS_PE_FLAGS := -std=gnu11 -I. $(WARNINGS) -O2 -Dsymbols_outside=symbols_plain -nostdlib -shared -Wl,--entry=symbols_plain
$(OUT)/unit/symbols_pe_gcc.dll: $(SYMBOLS_PE_SOURCES)
	@mkdir -p $(@D)
	@echo "  LD $@"; $(MINGW64) $(SYMBOLS_PE_FLAGS) -g -Wl,--build-id $< -o $@
$(OUT)/unit/symbols_pe_gcc_i686.dll: $(SYMBOLS_PE_SOURCES)
	@mkdir -p $(@D)
	@echo "  LD $@"; i686-w64-mingw32-gcc $(SYMBOLS_PE_FLAGS) -Wl,--entry=_symbols_plain -g $< -o $@
$(OUT)/unit/symbols_pe_split.dll: $(OUT)/unit/symbols_pe_gcc.dll
	@echo "  LD $@"; x86_64-w64-mingw32-objcopy --only-keep-debug $< $(@:.dll=.debug) && \
		x86_64-w64-mingw32-objcopy --strip-all --add-gnu-debuglink=$(@:.dll=.debug) $< $@
$(OUT)/unit/symbols_pe_bare.dll: $(OUT)/unit/symbols_pe_gcc.dll
	@echo "  LD $@"; x86_64-w64-mingw32-objcopy --strip-all $< $@
$(OUT)/unit/symbols_pe_bare_i686.dll: $(OUT)/unit/symbols_pe_gcc_i686.dll
	@echo "  LD $@"; i686-w64-mingw32-objcopy --strip-all $< $@
$(OUT)/unit/symbols_pe_pdb.dll: $(SYMBOLS_PE_SOURCES)
	@mkdir -p $(@D)
	@echo "  LD $@"; clang --target=x86_64-w64-mingw32 $(SYMBOLS_PE_FLAGS) -g -gcodeview -fuse-ld=lld \
		-Wl,--pdb=$(@:.dll=.pdb) $< -o $@
