# What reads and writes pprof's format is made from its description.
PACKAGES += libprotobuf-c sqlite3 zlib
GENERATED := $(OUT)/generated

$(GENERATED)/analyzer/pprof.pb-c.c $(GENERATED)/analyzer/pprof.pb-c.h &: analyzer/pprof.proto analyzer/export.mk | build/.dependencies
	@mkdir -p $(GENERATED)
	@echo "  PROTOC $<"; protoc-c --c_out=$(GENERATED) $<

$(OUT)/analyzer/pprof.pb-c.o: $(GENERATED)/analyzer/pprof.pb-c.c
	@mkdir -p $(@D)
	@echo "  CC $<"; $(CC) -std=gnu11 -g -I$(GENERATED) -MMD -MP $(OPTIMISE.$(BUILD)) $(CFLAGS) -c $< -o $@

$(OUT)/analyzer/export_pprof.o: $(GENERATED)/analyzer/pprof.pb-c.h
$(OUT)/analyzer/export_pprof.o: CFLAGS_HERE += -I$(GENERATED)

ANALYZER_OBJECTS += $(OUT)/analyzer/pprof.pb-c.o
