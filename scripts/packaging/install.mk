# make install and uninstall, and what is made for it alone: man pages and completions, from the help
# texts; files by which builds find residue.h.

PREFIX ?= /usr/local
DESTDIR ?=
PREFIXED = $(DESTDIR)$(PREFIX)
SHARED = $(PREFIXED)/share
HELP := $(OUT)/help

help-pages: $(HELP)/.made
$(HELP)/.made: $(OUT)/residue scripts/help-pages $(wildcard scripts/help/*.awk) include/residue/profile.h
	@rm -rf $(HELP)
	@echo "  HELP $(HELP)"; scripts/help-pages $(OUT)/residue $(HELP)
	@touch $@

$(OUT)/packaging/%: scripts/packaging/%.in Makefile
	@mkdir -p $(@D)
	@sed 's/@VERSION@/$(VERSION)/g' $< >$@

install: all help-pages $(OUT)/packaging/residue.pc $(OUT)/packaging/ResidueConfigVersion.cmake
	install -d "$(PREFIXED)/bin" "$(PREFIXED)/lib/residue" "$(PREFIXED)/include/residue"
	install -m 755 $(OUT)/residue "$(PREFIXED)/bin/"
	install -m 644 $(OUT)/libresidue-shim.so "$(PREFIXED)/lib/residue/"
	@for arch in $(WINDOWS_ARCHES); do [ ! -e build/windows-$$arch/residue.exe ] || \
		install -D -t "$(PREFIXED)/lib/residue/windows-$$arch" \
		$(patsubst %,build/windows-$$arch/%,residue.exe residue-shim.dll residue-helper.exe) || exit 1; done
	install -m 644 include/residue.h "$(PREFIXED)/include/"
	install -m 644 $(addprefix include/residue/,trace.h trace_shadow.h trace_objects.h profile.h) "$(PREFIXED)/include/residue/"
	install -D -m 644 -t "$(SHARED)/pkgconfig" $(OUT)/packaging/residue.pc
	install -D -m 644 -t "$(SHARED)/cmake/Residue" scripts/packaging/ResidueConfig.cmake $(OUT)/packaging/ResidueConfigVersion.cmake
	install -D -m 644 -t "$(SHARED)/man/man1" $(HELP)/man1/*
	install -D -m 644 -t "$(SHARED)/man/man5" $(HELP)/man5/*
	install -D -m 644 -t "$(SHARED)/bash-completion/completions" $(HELP)/bash/residue
	install -D -m 644 -t "$(SHARED)/zsh/site-functions" $(HELP)/zsh/_residue

# What install has put there, and the folders that are Residue's alone. Commands come and go with
# versions, and their pages with them.
uninstall:
	rm -f "$(PREFIXED)/bin/residue" "$(PREFIXED)/include/residue.h" "$(SHARED)/pkgconfig/residue.pc"
	rm -f "$(SHARED)/man/man1/residue.1" "$(SHARED)/man/man1/residue-"*.1 "$(SHARED)/man/man5/residue-profile.5"
	rm -f "$(SHARED)/bash-completion/completions/residue" "$(SHARED)/zsh/site-functions/_residue"
	rm -rf "$(PREFIXED)/lib/residue" "$(PREFIXED)/include/residue" "$(SHARED)/cmake/Residue"

.PHONY: help-pages install uninstall
