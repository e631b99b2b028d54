# What single unit tests need beside their own file.

# Frames of every kind to unwind through, and libunwind to compare with.
UNWIND_TESTS := $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(wildcard tests/unit/test_core_unwind*.c))
$(UNWIND_TESTS): UNIT_LIBRARIES := -lunwind -lstdc++
$(UNWIND_TESTS): tests/unit/unwind_frames.c tests/unit/unwind_frames.S tests/unit/unwind_harness.c \
	tests/unit/unwind_loaded.c $(OUT)/unit/unwind_throws.o

$(OUT)/unit/unwind_throws.o: tests/unit/unwind_throws.cc tests/unit/unwind_frames.h
	@mkdir -p $(@D)
	@echo "  CXX $<"; $(CXX) -std=c++17 -g -I. $(WARNINGS) $(OPTIMISE.$(BUILD)) -c $< -o $@

# Not a test: prints what stacks cost, in nanoseconds.
$(OUT)/bench/unwind_bench: tests/bench/unwind_bench.c tests/unit/unwind_loaded.c \
		tests/unit/unwind_frames.S $(OUT)/libcore.a
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(CFLAGS_HERE) -o $@ $(filter %.c %.S,$^) $(OUT)/libcore.a
