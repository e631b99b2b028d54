# The bench: workloads optimised as programs are, in themselves and with LeakSanitizer linked in.
# -fno-builtin: the compiler would delete allocations that nobody uses.
BENCH := $(OUT)/bench
BENCH_FLAGS := -g -O2 -fno-builtin -Wall -Wextra -Itests/bench -Itests/fixtures
BENCH_WORKLOADS := storm live containers mapi_client
BENCH_PROVIDER := $(addprefix tests/fixtures/,mapi32_object.c mapi_module.c) tests/bench/mapi_provider.c
BENCH_HEADERS := $(wildcard tests/bench/*.h tests/fixtures/*.h)
LSAN := $(shell command -v clang >/dev/null && echo 1)

BENCH_BUILT := $(BENCH)/measure $(BENCH_WORKLOADS:%=$(BENCH)/%) \
	$(if $(LSAN),$(BENCH_WORKLOADS:%=$(BENCH)/lsan/%))

$(BENCH)/measure: tests/bench/measure.c
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) -std=gnu11 -D_GNU_SOURCE $(BENCH_FLAGS) -o $@ $<

# bench_rules FOLDER,C COMPILER,C++ COMPILER
define bench_rules
$(1)/%: tests/bench/%.c $(BENCH_HEADERS)
	@mkdir -p $$(@D)
	@echo "  LD $$@"; $(2) -std=gnu11 -D_GNU_SOURCE $(BENCH_FLAGS) -o $$@ $$< -lpthread
$(1)/%: tests/bench/%.cpp $(BENCH_HEADERS)
	@mkdir -p $$(@D)
	@echo "  LD $$@"; $(3) -std=c++17 $(BENCH_FLAGS) -o $$@ $$<
$(1)/libmapi_bench.so: $(BENCH_PROVIDER) $(BENCH_HEADERS)
	@mkdir -p $$(@D)
	@echo "  LD $$@"; $(2) -std=gnu11 -D_GNU_SOURCE $(BENCH_FLAGS) -Wno-pedantic -shared -fPIC -o $$@ $(BENCH_PROVIDER)
$(1)/mapi_client: tests/bench/mapi_client.c $(1)/libmapi_bench.so
	@echo "  LD $$@"; $(2) -std=gnu11 -D_GNU_SOURCE $(BENCH_FLAGS) -o $$@ $$< -L$(1) -Wl,-rpath,'$$$$ORIGIN' -lmapi_bench
endef
$(eval $(call bench_rules,$(BENCH),$(CC),$(CXX)))
$(eval $(call bench_rules,$(BENCH)/lsan,clang -fsanitize=leak,clang++ -fsanitize=leak))

bench: all $(BENCH_BUILT)
	@tests/bench/run --build $(OUT) $(BENCH_OPTIONS)

# How the cost grows, and the picture of it.
bench-growth: all $(BENCH_BUILT)
	@tests/bench/growth --build $(OUT) $(BENCH_OPTIONS)

# What hot paths cost, in instructions; UPDATE=1 writes the figures down as the expected ones.
$(BENCH)/libgate.so: tests/bench/gate_library.c
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(BENCH_FLAGS) -shared -fPIC -o $@ $<
$(BENCH)/gate: tests/bench/gate.c $(BENCH)/libgate.so $(BENCH)/libmapi_bench.so $(BENCH_HEADERS)
	@echo "  LD $@"; $(CC) -std=gnu11 -D_GNU_SOURCE $(BENCH_FLAGS) -Iinclude -o $@ $< \
		-L$(BENCH) -Wl,-rpath,'$$ORIGIN' -lgate -lmapi_bench -lpthread -ldl

# How fast traces are read.
$(BENCH)/libsurvivors.so: tests/bench/survivors_library.c
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) -std=gnu11 $(BENCH_FLAGS) -shared -fPIC -fno-optimize-sibling-calls -o $@ $<
$(BENCH)/survivors: tests/bench/survivors.c $(BENCH)/libsurvivors.so
	@echo "  LD $@"; $(CC) -std=gnu11 $(BENCH_FLAGS) -o $@ $< -L$(BENCH) -Wl,-rpath,'$$ORIGIN' -lsurvivors

bench-analysis: all $(BENCH)/measure $(BENCH)/survivors
	@tests/bench/analysis --build $(OUT) $(BENCH_OPTIONS)

bench-gate: all $(BENCH)/gate
	@tests/bench/gate --build $(OUT) $(if $(UPDATE),--update)

.PHONY: bench bench-growth bench-analysis bench-gate
