# MAPI-like calls as a Windows program, with its provider. `make bench-windows` runs it under Wine.
WINDOWS_BENCH := build/windows-x86_64/bench
WINDOWS_BENCH_CC := x86_64-w64-mingw32-gcc -std=gnu11 $(BENCH_FLAGS) -Wno-attributes

$(WINDOWS_BENCH)/mapi_bench.dll: $(BENCH_PROVIDER) $(BENCH_HEADERS)
	@mkdir -p $(@D)
	@echo "  LD $@"; $(WINDOWS_BENCH_CC) -shared -o $@ $(BENCH_PROVIDER) -lpsapi
$(WINDOWS_BENCH)/mapi_client.exe: tests/bench/mapi_client.c $(WINDOWS_BENCH)/mapi_bench.dll
	@echo "  LD $@"; $(WINDOWS_BENCH_CC) -o $@ $^ -lpsapi

bench-windows: windows $(WINDOWS_BENCH)/mapi_client.exe
	@tests/bench/run-windows $(ROUNDS)

.PHONY: bench-windows
