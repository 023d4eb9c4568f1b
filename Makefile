# SPDX-License-Identifier: GPL-2.0-or-later
#
# CC, CFLAGS, CPPFLAGS, LDFLAGS, LDLIBS, DESTDIR, prefix and the other usual
# directories can be set on the command line or in the environment. All build
# output goes to $(BUILD).

VERSION = 0.1.0
VERBS   = create attach read write stat set rm ls

BUILD   ?= build
CFLAGS  ?= -O2 -g
WERROR  ?= 0

prefix  ?= /usr/local
bindir  ?= $(prefix)/bin
datadir ?= $(prefix)/share
mandir  ?= $(datadir)/man
man1dir ?= $(mandir)/man1
man5dir ?= $(mandir)/man5
man7dir ?= $(mandir)/man7
docdir  ?= $(datadir)/doc/shmtool
examplesdir ?= $(docdir)/examples
# Where systemd looks for units below /usr and /usr/local
systemdsystemunitdir ?= $(prefix)/lib/systemd/system
pkgdatadir ?= $(datadir)/shmtool
# Where each shell looks for completions (Debian has vendor-completions for zsh)
bashcompdir ?= $(datadir)/bash-completion/completions
zshcompdir  ?= $(datadir)/zsh/site-functions
fishcompdir ?= $(datadir)/fish/vendor_completions.d
INSTALL ?= install
INSTALL_PROGRAM ?= $(INSTALL) -m 755
INSTALL_DATA    ?= $(INSTALL) -m 644

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

ifneq ($(and $(filter deps,$(MAKECMDGOALS)),$(filter-out deps,$(MAKECMDGOALS))),)

# `make deps demo`: the other goals wait for deps, and a second make builds them, since
# this one has looked for the compiler and popt before deps installed them.
others := $(filter-out deps,$(MAKECMDGOALS))
# A build and the demo need only some of them.
some := $(if $(filter-out all demo install,$(others)),, need)

.PHONY: deps $(others) after-deps
$(others): after-deps ; @:
after-deps: deps
	+@$(MAKE) --no-print-directory $(others)
deps:
	@tests/deps$(some)

else

# Sources and objects
PROGRAM := $(BUILD)/shmtool
SOURCES := $(wildcard src/*.c src/*/*.c src/*/*/*.c)
OBJECTS := $(SOURCES:src/%.c=$(BUILD)/src/%.o)
HEADERS := $(wildcard src/*.h src/*/*.h src/*/*/*.h)

# Each tests/lib/NAME.c is a small program for the tests. Each tests/lib/preload/NAME.c is
# a library for LD_PRELOAD.
HELPER_SOURCES := $(wildcard tests/lib/*.c tests/lib/preload/*.c)
HELPERS := $(patsubst tests/lib/%.c,$(BUILD)/tests/%,$(filter-out tests/lib/preload/%,$(HELPER_SOURCES))) \
	$(patsubst tests/lib/preload/%.c,$(BUILD)/tests/%.so,$(filter tests/lib/preload/%,$(HELPER_SOURCES)))

# Flags. Those of the user come last, so that they take precedence.
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wformat=2 -Wvla -Wundef \
	-Wpointer-arith -Wwrite-strings -Wimplicit-fallthrough \
	$(if $(filter 1,$(WERROR)),-Werror)

# $(call accepted,FLAG...): those of the flags that the compiler accepts without warning
accepted = $(shell for flag in $(1); do \
	echo | $(CC) -O2 -Werror -U_FORTIFY_SOURCE $$flag -include stdio.h -x c -c -o /dev/null - \
		2>/dev/null && echo "$$flag"; done)

# _FORTIFY_SOURCE requires optimization, and hides errors from the sanitizers.
optimized := $(filter-out -O0,$(lastword $(filter -O%,$(CFLAGS))))
ifneq ($(if $(findstring -fsanitize=,$(CFLAGS))$(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,$(optimized)),)
FORTIFY := -U_FORTIFY_SOURCE \
	$(lastword $(call accepted,-D_FORTIFY_SOURCE=2 -D_FORTIFY_SOURCE=3))
endif
HARDENING := $(call accepted,-fstack-protector-strong -fstack-clash-protection -fcf-protection)

# The program does not contain the directory in which it was built.
REPRODUCIBLE := $(call accepted,-ffile-prefix-map=$(CURDIR)=.)

POPT_CFLAGS := $(shell pkg-config --cflags popt 2>/dev/null)
POPT_LIBS   := $(or $(shell pkg-config --libs popt 2>/dev/null),-lpopt)
# Libraries that are part of libc since glibc 2.34, and in musl.
OLD_LIBS    := -Wl,--as-needed -pthread -lrt -ldl

LANGUAGE := -std=gnu17 -Isrc -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 \
	-DSHMTOOL_VERSION='"$(VERSION)"' $(POPT_CFLAGS)
COMPILE  := $(CC) $(LANGUAGE) $(WARNINGS) $(FORTIFY) $(HARDENING) $(REPRODUCIBLE) \
	-fPIE $(CPPFLAGS) $(CFLAGS)
LINKING  := -pie -Wl,-z,relro,-z,now $(LDFLAGS)

# Prints one line per file; V=1 shows the complete commands.
Q    := $(if $(filter 1,$(V)),,@)
says  = $(if $(Q),@printf '  %-4s %s\n' $(1) '$(@:$(BUILD)/%=%)')

.PHONY: all check storm demo deps bench lint install uninstall clean help FORCE

all: $(PROGRAM)  ## build the program (the default)

$(PROGRAM): $(OBJECTS) $(filter %.o,$(PROGRAM_LIBS))
	$(call says,LD)
	$(Q)$(CC) $(CFLAGS) $(LINKING) -o $@ $(OBJECTS) $(PROGRAM_LIBS) $(LDLIBS) $(POPT_LIBS) $(OLD_LIBS)

$(BUILD)/src/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call says,CC)
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%: tests/lib/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call says,CC)
	$(Q)$(filter-out --coverage,$(COMPILE)) -MMD -MP -MF $@.d $(LINKING) -o $@ $< $(LDLIBS) $(OLD_LIBS)

# Compiled without sanitizers: the program already links their runtime library.
$(BUILD)/tests/%.so: tests/lib/preload/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call says,CC)
	$(Q)$(filter-out -fPIE -fsanitize=% --coverage,$(COMPILE)) -fPIC -shared -MMD -MP -MF $@.d -o $@ $< $(OLD_LIBS)

# Rewritten only if a flag or the version has changed; then everything is compiled again.
flags_line := $(COMPILE) $(LINKING) $(LDLIBS) $(POPT_LIBS) $(OLD_LIBS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(flags_line))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(flags_line))' >$@

-include $(OBJECTS:.o=.d) $(HELPERS:=.d) $(wildcard $(BUILD)/fuzz/*.d $(BUILD)/fuzz/src/*/*.d $(BUILD)/fuzz/src/*/*/*.d)

# Tests

# TESTS='tests/ls.bats ...' selects files; FILTER=ERE selects tests by name.
TESTS  ?=
FILTER ?=

RUN_TESTS = BUILD='$(abspath $(BUILD))' SHMTOOL='$(abspath $(PROGRAM))' \
	tests/run $(if $(FILTER),--filter '$(subst ','\'',$(FILTER))')

.PHONY: check-long
check: $(PROGRAM) $(HELPERS)  ## run the tests, a few minutes (TESTS='tests/ls.bats ...' FILTER=ERE: see tests/README.md)
	@$(RUN_TESTS) --copy '$(BUILD)/check.tap' $(TESTS)

check-long: $(PROGRAM) $(HELPERS)  ## run the tests that take longer: faults, random commands, races
	@$(RUN_TESTS) --long --copy '$(BUILD)/check-long.tap' $(TESTS)

# Random processes while rm runs, for longer than in `make check-long`
storm: $(PROGRAM) $(HELPERS)  ## stress-test rm with random processes for a minute (as root)
	@STORM_SECONDS="$${STORM_SECONDS:-60}" STORM_PROCESSES="$${STORM_PROCESSES:-400}" \
		BUILD='$(abspath $(BUILD))' SHMTOOL='$(abspath $(PROGRAM))' tests/run tests/storm.bats

.PHONY: faults
faults: $(PROGRAM) $(HELPERS)  ## fault injection: fail each system call once (minutes)
	@BUILD='$(abspath $(BUILD))' SHMTOOL='$(abspath $(PROGRAM))' FAULTS_STEP=1 \
		BATS_TEST_TIMEOUT=1800 FILE_TIMEOUT=7200 tests/run tests/faults.bats

# Other architectures and another libc, see tests/cross. `make deps-cross` installs what
# they require. qemu is slow.
.PHONY: static
static:  ## build one file without dependencies (musl), $(BUILD)/static/shmtool
	@BUILD='$(abspath $(BUILD))' tests/cross static

.PHONY: check-i386 check-arm64 check-s390x check-musl deps-cross
deps-cross:  ## install missing dependencies of cross builds
	@tests/deps cross
check-i386 check-arm64 check-s390x check-musl: check-%: $(PROGRAM) $(HELPERS)  ## run the tests for another architecture or libc
	@BUILD='$(abspath $(BUILD))' tests/cross $* $(TESTS)

# Installed distributions, see tests/suites/check; and what the oldest ones lack.
.PHONY: check-suites check-oldest-headers
check-suites:  ## build and test in roots of Debian suites (as root; SUITES='bullseye ...')
	@BUILD='$(abspath $(BUILD))' TESTS='$(TESTS)' tests/suites/check $(SUITES)
check-oldest-headers:  ## build without what glibc 2.28, Linux 4.18 and popt 1.18 lack
	@$(MAKE) BUILD='$(BUILD)/oldest' WERROR=1 CPPFLAGS='-include tests/suites/oldest-headers.h' \
		all $(HELPERS:$(BUILD)/%='$(BUILD)/oldest/%')

# Other kernels, emulated
.PHONY: check-kernels
check-kernels: $(PROGRAM) $(HELPERS)  ## run tests under the kernels of Debian suites in qemu (SUITES='bullseye ...')
	@BUILD='$(abspath $(BUILD))' TESTS='$(TESTS)' tests/kernels/check $(SUITES)

demo: $(PROGRAM) $(HELPERS)  ## show a leak being found and removed
	@BUILD='$(abspath $(BUILD))' tests/demo/demo

bench: $(PROGRAM) $(HELPERS)  ## compare with ipcs, lsipc and ipcrm (as root; STRICT=1 fails on a missed target)
	@BUILD='$(abspath $(BUILD))' STRICT='$(STRICT)' tests/bench/bench

deps:  ## install missing build and test dependencies
	@tests/deps

# Linters

C_FILES := $(SOURCES) $(HEADERS) $(HELPER_SOURCES) $(wildcard tests/fuzz/*.[ch] tests/suites/*.h tests/coverage/*.c)
# All scripts for a shell or bats, by their first lines.
SCRIPTS  = $(shell grep -lE '^\#!.*(bash|bats|/sh)|^\# shellcheck shell=' \
	$(wildcard .ci/* tests/* tests/*/* src/share/* src/share/*/*) /dev/null 2>/dev/null)

.PHONY: lint-format lint-tidy lint-cppcheck lint-shell lint-man lint-words
lint: lint-format lint-tidy lint-cppcheck lint-shell lint-man lint-words  ## run the linters

lint-format:
	@echo clang-format
	@clang-format --dry-run -Werror $(C_FILES)

# One file at a time per processor. clang-tidy prints nothing for a file without findings.
lint-tidy:
	@echo clang-tidy
	@printf '%s\n' $(SOURCES) $(HELPER_SOURCES) | xargs -P "$$(nproc)" -n 1 sh -c \
		'out=$$(clang-tidy --quiet "$$1" -- $(subst ','\'',$(LANGUAGE) $(CPPFLAGS)) 2>&1) || \
		{ printf "%s\n" "$$out"; exit 1; }' tidy

lint-cppcheck:
	@echo cppcheck
	@cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 -j "$$(nproc)" \
		--enable=warning,performance,portability -Isrc -D_GNU_SOURCE -D__linux__ \
		'-DSHMTOOL_VERSION="$(VERSION)"' $(SOURCES) $(HELPER_SOURCES)

lint-shell:
	@echo shellcheck
	@shellcheck $(SCRIPTS)

lint-man:
	@echo mandoc
	@tests/lint/manual $(wildcard man/*)

lint-words:
	@echo words
	@tests/lint/words README.md man src Makefile .ci/run \
		$(filter-out tests/lint,$(wildcard tests/*))

# GCC's own analyzer, which follows paths through functions.
ANALYZE_CC ?= gcc
.PHONY: analyze check-hardening
analyze:  ## run GCC's static analyzer
	@printf '%s\n' $(SOURCES) | xargs -P "$$(nproc)" -n 1 \
		$(ANALYZE_CC) $(LANGUAGE) $(CPPFLAGS) -O1 -fanalyzer -Werror -c -o /dev/null

check-hardening: $(PROGRAM)  ## check that the hardening flags took effect
	@tests/hardening '$(PROGRAM)' '$(BUILD)/src/main.o'

# Runs the tests with the program under valgrind, which is slow: so there are fewer random
# inputs and longer time limits. Only valgrind's own reports count: some tests fail under
# it, because the process has another name, for example.
VALGRIND_LOGS := $(abspath $(BUILD))/valgrind
BELOW_VALGRIND = VALGRIND_LOGS='$(VALGRIND_LOGS)' VALGRIND_PROGRAM='$(abspath $(PROGRAM))' \
	SHMTOOL=tests/lib/valgrind BUILD='$(BUILD)' RANDOM_COUNT=80 RACE_ROUNDS=100 \
	FILE_TIMEOUT=7200 BATS_TEST_TIMEOUT=1800
.PHONY: valgrind
valgrind: all $(HELPERS)  ## run the tests (or TESTS) under valgrind
	@rm -rf '$(VALGRIND_LOGS)' && mkdir -p -m 1777 '$(VALGRIND_LOGS)'
	-$(BELOW_VALGRIND) tests/run --copy $(BUILD)/valgrind.tap $(TESTS)
	$(if $(TESTS),,-$(BELOW_VALGRIND) tests/run --long --copy $(BUILD)/valgrind-long.tap)
	@! grep -rlE '^==[0-9]+== (Invalid|Conditional|Use of|Syscall param|Mismatched|.*lost|Source and dest)' \
		'$(VALGRIND_LOGS)' | xargs -r cat | grep .

# Which lines and branches of src/ the tests reach, in $(BUILD)/coverage/. All
# that the tests run as may add to the counts. What is killed is not counted.
# PROGRAM_LIBS goes into the program alone, and not into what helps the tests.
# LEAST=PERCENT is for a part of the tests: without check-long, and so many lines are enough.
COVERAGE     := $(BUILD)/coverage
COUNTED      := $(abspath $(COVERAGE))/counts
MAKE_COVERED  = $(MAKE) BUILD='$(COVERAGE)' CFLAGS='-O0 -g --coverage -fprofile-update=atomic' \
	PROGRAM_LIBS='-Wl,--wrap=_exit,--wrap=kill $(abspath $(COVERAGE))/ends.o'
WHILE_COUNTED = FAULTS_STEP="$${FAULTS_STEP:-4}" COUNTS='$(COUNTED)' \
	BATS_TEST_TIMEOUT=1800 FILE_TIMEOUT=7200

LEAST   ?=
COVERED := $(or $(LEAST),$(if $(TESTS)$(FILTER),0))

.PHONY: coverage coverage-report
coverage: $(COVERAGE)/ends.o  ## check that the tests cover src/, except for lines that are marked there
	@$(MAKE_COVERED) all
	@rm -rf '$(COUNTED)' && mkdir -p '$(COUNTED)/none'
	@GCOV_PREFIX='$(COUNTED)/none' '$(COVERAGE)/shmtool' --version >/dev/null
	@find '$(COUNTED)' -type f -exec chmod a+w {} +
	-@$(WHILE_COUNTED) $(MAKE_COVERED) TESTS='$(TESTS)' check
	$(if $(COVERED),,-@$(WHILE_COUNTED) $(MAKE_COVERED) check-long)
	@$(MAKE) coverage-report

# Twice: without the markers of src/, which tests/coverage/report looks at itself, and
# with them, for people.
GCOVR = gcovr --root . --filter src/ --object-directory '$(COVERAGE)/src' '$(COVERAGE)/src'

coverage-report:
	@tests/coverage/merge '$(COUNTED)' '$(abspath $(COVERAGE))'
	@$(GCOVR) --no-markers --json '$(COVERAGE)/counts.json'
	@$(GCOVR) --html-details '$(COVERAGE)/report.html' --print-summary
	@tests/coverage/report '$(COVERAGE)/counts.json' $(COVERED)

$(COVERAGE)/ends.o: tests/coverage/ends.c
	@mkdir -p $(@D)
	$(CC) $(LANGUAGE) $(WARNINGS) -fPIE -c -o $@ $<

# Fuzzing, with libFuzzer. Everything but main.c goes into a library for it.
# The linker wraps each function that a fuzzer replaces (__wrap_NAME).
FUZZ_TIME    ?= 60
FUZZ_CC      ?= clang
FUZZ_CFLAGS  := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
FUZZ_COMPILE  = $(FUZZ_CC) $(LANGUAGE) $(WARNINGS) $(CPPFLAGS) $(FUZZ_CFLAGS)
FUZZ_SOURCES := $(wildcard tests/fuzz/*.c)
FUZZERS      := $(FUZZ_SOURCES:tests/fuzz/%.c=$(BUILD)/fuzz/%)
FUZZ_OBJECTS := $(patsubst src/%.c,$(BUILD)/fuzz/src/%.o,$(filter-out src/main.c,$(SOURCES)))

.PHONY: fuzz fuzz-proof
fuzz: $(FUZZERS)  ## fuzz the parsers, each for FUZZ_TIME seconds (60)
	@BUILD='$(abspath $(BUILD))' FUZZ_TIME='$(FUZZ_TIME)' tests/fuzz/run

fuzz-proof:  ## check that each fuzzer finds a planted bug
	@BUILD='$(abspath $(BUILD))' tests/fuzz/proof

$(BUILD)/fuzz/src/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call says,CC)
	$(Q)$(FUZZ_COMPILE) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/library.a: $(FUZZ_OBJECTS)
	rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/fuzz/library.a
	$(call says,CC)
	$(Q)$(FUZZ_COMPILE) -fsanitize=fuzzer -MMD -MP -MF $@.d \
		$$(sed -n 's/^[a-z].*\<__wrap_\([a-z_]*\)(.*[;,]$$/-Wl,--wrap=\1/p' $<) \
		-o $@ $< $(BUILD)/fuzz/library.a $(LDLIBS) $(POPT_LIBS) $(OLD_LIBS)

# Installation. Each verb also has a command and a page of its own, by a link.

install: all  ## install below $(DESTDIR)$(prefix)
	$(INSTALL) -d '$(DESTDIR)$(bindir)' '$(DESTDIR)$(pkgdatadir)' '$(DESTDIR)$(man1dir)' \
		'$(DESTDIR)$(man5dir)' '$(DESTDIR)$(man7dir)'
	$(INSTALL_PROGRAM) $(PROGRAM) '$(DESTDIR)$(bindir)/shmtool'
	$(INSTALL_DATA) $(wildcard man/*.1) '$(DESTDIR)$(man1dir)'
	$(INSTALL_DATA) $(wildcard man/*.5) '$(DESTDIR)$(man5dir)'
	$(INSTALL_DATA) $(wildcard man/*.7) '$(DESTDIR)$(man7dir)'
	$(INSTALL_DATA) src/share/shmtool.schema.json '$(DESTDIR)$(pkgdatadir)'
	$(INSTALL) -d '$(DESTDIR)$(bashcompdir)' '$(DESTDIR)$(zshcompdir)' '$(DESTDIR)$(fishcompdir)'
	$(INSTALL_DATA) src/share/completions/shmtool.bash '$(DESTDIR)$(bashcompdir)/shmtool'
	$(INSTALL_DATA) src/share/completions/_shmtool '$(DESTDIR)$(zshcompdir)'
	$(INSTALL_DATA) src/share/completions/shmtool.fish '$(DESTDIR)$(fishcompdir)'
	for verb in $(VERBS); do \
		ln -sf shmtool '$(DESTDIR)$(bindir)'/shm$$verb && \
		ln -sf shmtool-$$verb.1 '$(DESTDIR)$(man1dir)'/shm$$verb.1 && \
		ln -sf shmtool '$(DESTDIR)$(bashcompdir)'/shm$$verb && \
		ln -sf shmtool.fish '$(DESTDIR)$(fishcompdir)'/shm$$verb.fish || exit; \
	done

# Units (disabled) and examples for unattended use. The paths of the program and of the
# examples are filled in.
UNITS    := $(notdir $(wildcard src/share/systemd/*))
EXAMPLES := $(notdir $(wildcard src/share/examples/*))
fill_in   = sed -e 's|@bindir@|$(bindir)|g' -e 's|@examplesdir@|$(examplesdir)|g'

.PHONY: install-unattended
install: install-unattended
install-unattended:
	$(INSTALL) -d '$(DESTDIR)$(systemdsystemunitdir)' '$(DESTDIR)$(examplesdir)'
	for unit in $(UNITS); do \
		$(fill_in) src/share/systemd/$$unit | $(INSTALL_DATA) /dev/stdin \
			'$(DESTDIR)$(systemdsystemunitdir)'/$$unit || exit; \
	done
	for example in $(EXAMPLES); do \
		mode=644; test ! -x src/share/examples/$$example || mode=755; \
		$(fill_in) src/share/examples/$$example | $(INSTALL) -m $$mode /dev/stdin \
			'$(DESTDIR)$(examplesdir)'/$$example || exit; \
	done

uninstall:  ## remove the installed files
	rm -f $(foreach name,$(UNITS),'$(DESTDIR)$(systemdsystemunitdir)/$(name)') \
		$(foreach name,$(EXAMPLES),'$(DESTDIR)$(examplesdir)/$(name)')
	rm -f $(foreach name,shmtool $(VERBS:%=shm%),'$(DESTDIR)$(bindir)/$(name)')
	rm -f $(foreach page,$(notdir $(wildcard man/*.1)) $(VERBS:%=shm%.1),'$(DESTDIR)$(man1dir)/$(page)') \
		$(foreach page,$(notdir $(wildcard man/*.5)),'$(DESTDIR)$(man5dir)/$(page)') \
		$(foreach page,$(notdir $(wildcard man/*.7)),'$(DESTDIR)$(man7dir)/$(page)')
	rm -f '$(DESTDIR)$(pkgdatadir)/shmtool.schema.json' '$(DESTDIR)$(zshcompdir)/_shmtool' \
		$(foreach name,shmtool $(VERBS:%=shm%),'$(DESTDIR)$(bashcompdir)/$(name)' \
		'$(DESTDIR)$(fishcompdir)/$(name).fish')
	-rmdir '$(DESTDIR)$(pkgdatadir)' 2>/dev/null

# Packages. The archive contains the last commit, and is reproducible.

ARCHIVE := shmtool-$(VERSION)

.PHONY: dist deb check-packages check-reproducible
dist:  ## create a source archive of the last commit
	@mkdir -p '$(BUILD)'
	git -c safe.directory='*' -c tar.umask=0022 archive --prefix=$(ARCHIVE)/ \
		-o '$(BUILD)/$(ARCHIVE).tar' HEAD
	gzip -nf9 '$(BUILD)/$(ARCHIVE).tar'

# Without the variables of this make, which dpkg-buildpackage must not inherit.
deb: dist  ## create Debian packages of the last commit, in $(BUILD)/deb
	rm -rf '$(BUILD)/deb' && mkdir '$(BUILD)/deb'
	cp '$(BUILD)/$(ARCHIVE).tar.gz' '$(BUILD)/deb/shmtool_$(VERSION).orig.tar.gz'
	tar -xzf '$(BUILD)/$(ARCHIVE).tar.gz' -C '$(BUILD)/deb'
	cp -r '$(BUILD)/deb/$(ARCHIVE)/src/share/debian' '$(BUILD)/deb/$(ARCHIVE)/debian'
	cd '$(BUILD)/deb/$(ARCHIVE)' && env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES -u BUILD \
		-u CFLAGS -u CPPFLAGS -u LDFLAGS dpkg-buildpackage -us -uc >../build.log 2>&1 || \
		{ cat ../build.log; exit 1; }

# --nodeps: on Debian, no RPM package provides the build requirements.
.PHONY: rpm check-rpm
rpm: dist  ## create RPM packages of the last commit, in $(BUILD)/rpm
	rm -rf '$(BUILD)/rpm' && mkdir -p '$(BUILD)/rpm/SOURCES'
	cp '$(BUILD)/$(ARCHIVE).tar.gz' '$(BUILD)/rpm/SOURCES'
	env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES -u BUILD -u CFLAGS -u CPPFLAGS -u LDFLAGS \
		rpmbuild -ba --nodeps --define '_topdir $(abspath $(BUILD))/rpm' \
		--define 'shmtool_version $(VERSION)' src/share/rpm/shmtool.spec \
		>'$(BUILD)/rpm/build.log' 2>&1 || { cat '$(BUILD)/rpm/build.log'; exit 1; }

check-rpm: rpm  ## check the RPM package: lint, install, run, remove
	tests/packages/rpm "$$(echo '$(BUILD)'/rpm/RPMS/*/shmtool-$(VERSION)-*.rpm)"

check-packages: deb  ## check the Debian package: lint, install, run, remove
	tests/packages/install "$$(echo '$(BUILD)'/deb/shmtool_$(VERSION)-*.deb)"

check-reproducible:  ## check that two builds of the last commit are identical
	tests/packages/reproducible

clean:  ## remove all build output
	rm -rf '$(BUILD)'

help:  ## list the targets
	@sed -n 's/^\([a-z][a-z0-9 -]*\):.*  ## /\1\t/p' Makefile | awk -F '\t' \
		'length($$1) > 18 { print $$1; $$1 = "" } { printf "%-20s%s\n", $$1, $$2 }'

endif
