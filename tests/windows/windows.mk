# Programs that test the shim's parts on Windows, and what runs them: tests/e2e/windows_unwind.test.

WINDOWS_TESTS_OUT := build/windows-x86_64/tests
WINDOWS_TESTS := $(addprefix $(WINDOWS_TESTS_OUT)/,unwind_rows.exe unwind_captures.exe)
WINDOWS_TESTS_CC := x86_64-w64-mingw32-gcc -std=gnu11 -D_WIN32_WINNT=0x0a00 -g -O2 -I. -Iinclude -MMD -MP \
	$(WARNINGS)

# The unwinder alone.
WINDOWS_UNWINDER := $(patsubst %.c,$(WINDOWS_TESTS_OUT)/%.o,shim/core/unwind.c shim/core/modules_find.c shim/core/row.c shim/core/recognise.c \
	$(wildcard shim/core/cfi*.c shim/core/pdata*.c) tests/unit/row_apply.c tests/windows/unwind_loaded.c)

$(WINDOWS_TESTS_OUT)/%.o: %.c Makefile tests/windows/windows.mk
	@mkdir -p $(@D)
	@echo "  CC $< (windows)"; $(WINDOWS_TESTS_CC) -c $< -o $@
$(WINDOWS_TESTS_OUT)/%.o: %.S
	@mkdir -p $(@D)
	@echo "  AS $< (windows)"; $(WINDOWS_TESTS_CC) -c $< -o $@
$(WINDOWS_TESTS_OUT)/unwind_captures.exe: $(WINDOWS_TESTS_OUT)/tests/unit/pdata_compiled.o \
	$(WINDOWS_TESTS_OUT)/tests/unit/pdata_functions.o
$(WINDOWS_TESTS_OUT)/unwind_%.exe: $(WINDOWS_TESTS_OUT)/tests/windows/unwind_%.o $(WINDOWS_UNWINDER)
	@echo "  LD $@"; $(WINDOWS_TESTS_CC) -o $@ $^ -lpsapi


# Clients of both kinds of processor. On 32 bits exceptions of C++ pass from one module to another only
# where these share the compiler's library, and stacks are whole only with frame pointers.
WINDOWS_CLIENT_FLAGS.x86_64 := -static
WINDOWS_CLIENT_FLAGS.i686 := -shared-libgcc -fno-omit-frame-pointer -Wno-array-bounds
WINDOWS_CLIENT_LIBRARIES.i686 := libgcc_s_dw2-1.dll libstdc++-6.dll
# Exceptions of the system need a compiler that knows __try.
LEAVING_SEH.x86_64 := tests/windows/leaving_seh.c
LEAVING_SEH_CC.x86_64 := clang --target=x86_64-w64-mingw32 -fms-extensions
LEAVING_SEH.i686 := tests/windows/leaving_seh-i686.c
LEAVING_SEH_CC.i686 := i686-w64-mingw32-gcc $(WINDOWS_CLIENT_FLAGS.i686)

define windows_clients
WINDOWS_TESTS += $(addprefix build/windows-$(1)/tests/,leaving.exe contexts.exe teller.exe)

build/windows-$(1)/tests/leaving_seh.o: $(LEAVING_SEH.$(1)) tests/windows/leaving.h
	@mkdir -p $$(@D)
	@echo "  CC $$< ($(1) windows)"; $(LEAVING_SEH_CC.$(1)) -g -O1 -I. $(WARNINGS) -c $$< -o $$@
build/windows-$(1)/tests/leaving_library.dll: tests/windows/leaving_library.c tests/windows/leaving.h
	@mkdir -p $$(@D)
	@echo "  LD $$@"; $(1)-w64-mingw32-gcc -std=gnu11 -g -O2 -I. $(WARNINGS) $(WINDOWS_CLIENT_FLAGS.$(1)) -shared -o $$@ $$<
build/windows-$(1)/tests/leaving.exe: tests/windows/leaving.cpp tests/windows/leaving.h \
		build/windows-$(1)/tests/leaving_seh.o build/windows-$(1)/tests/leaving_library.dll \
		| $(addprefix build/windows-$(1)/tests/,$(WINDOWS_CLIENT_LIBRARIES.$(1)))
	@echo "  LD $$@"; $(1)-w64-mingw32-g++ -std=c++17 -g -O1 -I. $(WARNINGS) $(WINDOWS_CLIENT_FLAGS.$(1)) -o $$@ \
		$$(filter %.cpp %.o %.dll,$$^)
$(addprefix build/windows-$(1)/tests/,contexts.exe teller.exe): build/windows-$(1)/tests/%.exe: tests/windows/%.c
	@mkdir -p $$(@D)
	@echo "  LD $$@"; $(1)-w64-mingw32-gcc -std=gnu11 -D_WIN32_WINNT=0x0a00 -g -O2 $(WARNINGS) $(WINDOWS_CLIENT_FLAGS.$(1)) -o $$@ $$<
$(addprefix build/windows-$(1)/tests/,$(WINDOWS_CLIENT_LIBRARIES.$(1))):
	@mkdir -p $$(@D)
	@cp "$$$$($(1)-w64-mingw32-gcc -print-file-name=$$(@F))" $$@
endef
$(foreach arch,x86_64 i686,$(eval $(call windows_clients,$(arch))))

# 32 bits: thunks and the walk along frame pointers.
WINDOWS_TESTS += build/windows-i686/tests/thunks_i686.exe
build/windows-i686/tests/thunks_i686.exe: tests/windows/thunks_i686.c shim/windows/thunks-i686.S \
		shim/windows/frames.c shim/windows/frames-i686.c shim/windows/pe.c shim/windows/unwind-i686.c shim/core/modules_find.c shim/core/recognise.c \
		$(wildcard shim/core/*.h)
	@mkdir -p $(@D)
	@echo "  LD $@"; $(subst x86_64,i686,$(WINDOWS_TESTS_CC)) -Wno-array-bounds -fno-omit-frame-pointer -o $@ \
		$(filter %.c %.S,$^)

windows-tests: $(WINDOWS_TESTS)
.PHONY: windows-tests
