# Fuzzers: clang's, with sanitizers, in a build of their own (BUILD=fuzz).

FUZZERS := $(patsubst tests/fuzz/%.c,$(OUT)/%,$(wildcard tests/fuzz/fuzz_*.c))
fuzzers: $(FUZZERS)
$(OUT)/fuzz_unwind: tests/unit/unwind_loaded.c
$(OUT)/fuzz_%: tests/fuzz/fuzz_%.c $(OUT)/libcore.a $(OUT)/libanalyzer.a
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(CFLAGS_HERE) -fsanitize=fuzzer -o $@ $(filter %.c,$^) $(OUT)/libcore.a $(OUT)/libanalyzer.a $(LIBRARIES)

# Seeds are real: traces of fixtures, shipped profiles, unwind information of a compiler's.
build/fuzz/seeds: tests/fuzz/seeds.py build/residue build/libresidue-shim.so $(wildcard shim/profiles/*)
	@mkdir -p $(@D)
	@echo "  SEEDS $@"; python3 $< build $@ && touch $@

.PHONY: fuzzers
