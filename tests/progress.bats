#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0
load lib/common

# What reads or writes the other end waits until a line was printed, however long that
# takes; where none is to be printed, for more than the second after which one would be.

# lines_are_there N: log has so many, at least
lines_are_there()
{
	local rows
	mapfile -t rows <log
	((${#rows[@]} >= $1))
}

# slow_reader COMMAND...: takes a little, and the rest after COMMAND
slow_reader()
{
	head -c 1 >/dev/null
	"$@"
	cat >/dev/null
}

# slow_writer FIRST REST COMMAND...: FIRST, and REST after COMMAND
slow_writer()
{
	printf %s "$1"
	"${@:3}"
	printf %s "$2"
}

a_second_after_the_first()
{
	wait_until begins_with a
	sleep 1.3
}

@test "without a terminal, no progress is printed, however long it takes" {
	id=$(make_segment 1000000)
	shmtool read "$id" 2>log | slow_reader sleep 1.3
	assert_equal "$(cat log)" ""
	slow_writer a b a_second_after_the_first | shmtool write "$id" 2>log
	assert_equal "$(cat log)" ""
}

@test "--progress without a terminal prints lines, and a last one at the end" {
	id=$(make_segment 1000000)
	: >log
	shmtool read "$id" --progress 2>log | slow_reader wait_until lines_are_there 1
	grep -Eqx 'shmtool read: 977K of 977K \(100%\), [0-9.]+K/s' log
	grep -Eqx 'shmtool read: [0-9.]+K of 977K \([0-9]+%\), [0-9.]+K/s, [0-9a-z]+ left' log
	: >log
	slow_writer abc d wait_until lines_are_there 1 | shmtool write "$id" --progress 2>log
	tail -n 1 log | grep -Eqx 'shmtool write: 4, [0-9]+/s'
	# a word is stored at once, with nothing to print before
	slow_writer abc d sleep 0.1 | shmtool write "$id" -n 4 --progress 2>log
	tail -n 1 log | grep -Eqx 'shmtool write: 4 of 4 \(100%\), [0-9.]+K?/s'
}

@test "--progress reports a copy that is stalled, every second" {
	id=$(make_segment 10000000)
	: >log
	shmtool read "$id" --progress 2>log | slow_reader wait_until lines_are_there 2
	assert_equal "$(head -n 2 log |
		grep -Ecx 'shmtool read: [0-9.]+[KM] of 9.5M \([0-9]+%\), .*[smh] left')" 2
	: >log
	slow_writer a '' wait_until lines_are_there 2 | shmtool write "$id" --progress 2>log
	assert_equal "$(head -n 2 log | grep -Ecx 'shmtool write: 1, [01]/s')" 2
	need_root
	shmtool "set" "$id" -p 666
	: >log
	as_user shmtool read "$id" --progress 2>log | slow_reader wait_until lines_are_there 2
	assert_equal "$(head -n 2 log | grep -Ecx 'shmtool read: .* left')" 2
}

@test "--progress of a copy that is done at once prints one line" {
	id=$(make_segment 1000)
	try read "$id" --progress -f out
	expect_status 0
	assert_stderr_matches '^shmtool read: 1000 of 1000 \(100%\), [0-9.]+[KMG]?/s$'
	try read "$id" --progress -x -f out
	assert_stderr_has "1000 of 1000 (100%)"
	head -c 500 /dev/zero >file
	try write "$id" --progress -f file
	assert_stderr_has "500 of 500 (100%)"
}

@test "on a terminal, progress appears by default, and is erased at the end" {
	need_command script
	id=$(make_segment 1000000)
	# it is read when there is something to be seen
	script -qefc "'$SHMTOOL' read $id |
		{ until grep -aq 'shmtool read' screen; do sleep 0.05; done; cat >/dev/null; }" screen \
		</dev/null >/dev/null
	grep -aq $'\rshmtool read: [0-9.]*K\\? of 977K' screen
	grep -aq $'\r\033\\[K' screen
	# not when it is done sooner than in a second, as by a clock that stands still
	script -qec "LD_PRELOAD='$HELPERS/clock.so' FIXED_MONOTONIC=1000 \
		ASAN_OPTIONS='${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0' \
		'$SHMTOOL' read $id -f out" screen </dev/null >/dev/null
	run ! grep -aq 'shmtool read' screen
}

@test "on a terminal, --progress leaves the last line" {
	need_command script
	id=$(make_segment 1000)
	script -qec "stty -onlcr; '$SHMTOOL' read $id --progress -f out; echo ended" screen </dev/null >/dev/null
	grep -aqE $'\rshmtool read: 1000 of 1000 \\(100%\\), .*/s\033\\[K$' screen
	grep -aqx ended screen
}

@test "progress that cannot be printed does not stop a copy" {
	id=$(make_segment 1000)
	printf hello | foreign_write "$id" 0
	shmtool read "$id" --progress -f out 2>/dev/full
	assert_equal "$(stat -c %s out) $(head -c 5 out)" '1000 hello'
}

@test "a dump on the terminal is not disturbed" {
	need_command script
	id=$(make_segment 32)
	script -qec "'$SHMTOOL' read $id --progress" screen </dev/null >/dev/null
	run ! grep -aq 'shmtool read' screen
}

@test "an error message is printed on a line of its own" {
	id=$(make_segment 1000)
	run --separate-stderr bash -c "'$SHMTOOL' read $id --progress >/dev/full"
	expect_status 7
	assert_equal "${#stderr_lines[@]}" 2
	assert_stderr_has "shmtool read: cannot write the output"
}

@test "usage errors" {
	id=$(make_segment)
	try write "$id" -z --progress
	expect_status 2
	try write "$id" -t x --progress
	expect_status 2
}
