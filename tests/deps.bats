#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/deps (make deps) with a package manager that only records its arguments, in an
# environment with only basic tools.

bats_require_minimum_version 1.5.0
load lib/common

setup()
{
	common_setup
	mkdir bin
	local name
	for name in bash env awk sed sort paste tr cat id; do
		ln -s "$(command -v "$name")" bin
	done
}

# manager NAME...: these are here, and install nothing
manager()
{
	local name
	for name; do
		printf '#!%s\nprintf "%%s\\n" "%s $*" >>"%s/log"\n' "$(command -v bash)" "$name" "$PWD" >"bin/$name"
		chmod +x "bin/$name"
	done
}

deps()
{
	need_root
	: >log
	run --separate-stderr env PATH="$PWD/bin" bash "$BATS_TEST_DIRNAME/deps" "$@"
}

# assert_installs COMMAND PACKAGE...: in one call
assert_installs()
{
	local line name
	line=$(grep -F "$1" log | head -n 1)
	for name in "${@:2}"; do
		[[ " $line " == *" $name "* ]] || fail "no $name in: $line"
	done
}

@test "dnf, zypper, apk and pacman get their own names of the packages" {
	manager dnf
	deps
	expect_status 1
	assert_installs 'dnf install -y ' make gcc glibc-devel popt-devel pkgconf-pkg-config procps-ng bats perl-IPC-SysV
	rm bin/dnf
	manager zypper
	deps
	assert_installs 'zypper --non-interactive install' make gcc popt-devel pkg-config bats
	rm bin/zypper
	manager apk
	deps
	assert_equal "$(head -n 1 log)" 'apk update'
	assert_installs 'apk add ' make gcc musl-dev popt-dev pkgconf bats util-linux-misc
	rm bin/apk
	manager pacman
	deps
	assert_installs 'pacman -S --needed --noconfirm ' make gcc popt pkgconf bash-bats
	# what a distribution does not package is not asked for
	! grep -q ' -\( \|$\)' log || fail "$(cat log)"
}

@test "required packages are installed before those that only some tests use" {
	manager dnf
	deps
	assert_equal "$(grep -c '^dnf install' log)" 2
	[[ $(sed -n 1p log) != *hyperfine* && $(sed -n 2p log) == *hyperfine* ]]
	assert_stderr_has 'deps: still missing: '
}

@test "to build and for the demo: only what is required" {
	manager dnf
	deps need
	assert_equal "$(grep -c '^dnf install' log)" 1
	assert_installs 'dnf install -y ' make gcc glibc-devel popt-devel bats
	[[ $(<log) != *hyperfine* ]]
	# which goals need more
	local goals
	for goals in 'deps demo' 'deps all install' 'deps check' deps; do
		read -ra words <<<"$goals"
		echo "$goals: $(env -u MAKEFLAGS -u MAKEOVERRIDES make -n -C "$BATS_TEST_DIRNAME/.." "${words[@]}" |
			grep '^tests/deps')"
	done >got
	diff got - <<-END
		deps demo: tests/deps need
		deps all install: tests/deps need
		deps check: tests/deps
		deps: tests/deps
	END
}

@test "a package that cannot be installed with the others is tried alone, and reported" {
	manager dnf
	printf '#!%s\nprintf "%%s\\n" "dnf $*" >>"%s/log"\n[[ "$*" != *fish* ]]\n' "$(command -v bash)" "$PWD" >bin/dnf
	deps
	grep -qx 'dnf install -y fish' log
	grep -qx 'dnf install -y zsh' log
	assert_output_has 'deps: not available: fish'
	assert_output_lacks 'not available: zsh'
}

@test "without a package manager: the names to install" {
	deps
	expect_status 1
	assert_stderr_has 'none of these package managers is here: apt-get dnf zypper apk pacman'
	assert_stderr_matches ' libpopt-dev '
}

@test "neither root nor sudo: the command for root" {
	manager dnf
	need_root
	chmod -R go+rX .
	run --separate-stderr as_user env PATH="$PWD/bin" bash "$BATS_TEST_DIRNAME/deps"
	expect_status 1
	assert_stderr_has 'dnf install -y '
	assert_equal "$(cat log 2>/dev/null)" ''
}
