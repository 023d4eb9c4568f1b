#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command lines in the EXAMPLES of the pages and in the README are run, in
# a namespace with segments as they name them. What they print hangs on the
# machine; a line that the program does not understand fails.

bats_require_minimum_version 1.5.0
load lib/common

top=$BATS_TEST_DIRNAME/..

# Lines that are not run here, each by its beginning and the reason.
not_run=(
	'kill -KILL' # the number of a process that is not ours; sleeps
	'shmtool ls --follow'       # runs until a signal; tests/follow.bats has it
	'watch '                    # needs a terminal and runs until a key
	'echo $?'                   # of the line above
	'shmtool ls -A'             # every namespace of the machine: tests/all-namespaces.bats
	'shmtool rm -A'             # the same, and removes
)

# lines_of PAGE|README: the commands in it
lines_of()
{
	if [[ $1 == *.md ]]; then
		sed -nE 's/^    [$#] //p' "$1"
	else
		sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$1" | sed -nE 's/^(\.Dl|[$#]) //p' |
			sed "s/\\\\(aq/'/g; s/\\\\(dq/\"/g; s/\\\\e/\\\\/g; s/\\\\&//g; s/\\\\-/-/g"
	fi
}

is_run()
{
	local beginning
	for beginning in "${not_run[@]}"; do
		[[ $1 != "$beginning"* ]] || return 1
	done
}

# The segments, files and variables that the lines name. It is made anew for
# each line, since they remove and change them.
prepare()
{
	ipcrm --all=shm
	ipcrm --all=sem
	make_segment $((64 << 20)) 600 0x1234 >/dev/null
	id=$(make_segment 65536 600 0x51)
	make_segment 65536 600 0x52e2c1 >/dev/null
	[[ $1 != *'shmtool create'* ]] || ipcrm -M 0x1234
	[[ $1 != *'--reuse'* ]] || make_segment $((64 << 20)) 600 0x1234 >/dev/null
	[[ $1 == *'create'* || $1 != *0x99* ]] || shmtool create -k 0x99 -s 1M --with-guard >/dev/null
	cat /proc/sysvipc/shm >saved
	echo 'key:0x51' >keep
	echo '10: 41424344' >./patch
	echo state >new-state
	export id
}

run_lines()
{
	local line count=0 bad=()
	mkdir bin
	ln -s "$(realpath "$SHMTOOL")" bin/shmtool
	PATH=$PWD/bin:$PATH
	while IFS= read -r line; do
		is_run "$line" || continue
		count=$((count + 1))
		prepare "$line"
		run --separate-stderr timeout 120 bash -c "${line//PID/$$}" </dev/null
		# 1, 3, 4, 9 and the like are answers; these are not
		if [[ $status == 2 || $status -ge 124 ]]; then
			bad+=("$line: $status $stderr")
		fi
	done < <(lines_of "$1")
	assert_equal "$(printf '%s\n' "${bad[@]}")" ''
	((count >= $2))
}

@test "the examples of attach" { need_root && run_lines "$top/man/shmtool-attach.1" 6; }
@test "the examples of create" { need_root && run_lines "$top/man/shmtool-create.1" 8; }
@test "the examples of ls" { need_root && run_lines "$top/man/shmtool-ls.1" 6; }
@test "the examples of read" { need_root && run_lines "$top/man/shmtool-read.1" 4; }
@test "the examples of rm" { need_root && run_lines "$top/man/shmtool-rm.1" 7; }
@test "the examples of set" { need_root && run_lines "$top/man/shmtool-set.1" 5; }
@test "the examples of stat" { need_root && run_lines "$top/man/shmtool-stat.1" 2; }
@test "the examples of write" { need_root && run_lines "$top/man/shmtool-write.1" 3; }
@test "the examples of the README" { need_root && run_lines "$top/README.md" 5; }
