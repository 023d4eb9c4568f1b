#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0
load lib/common

# A clock of our own would be quicker, but time is what this is about: each of
# these copies takes a little more than a second.

@test "in a log there is nothing, however long it takes" {
	id=$(make_segment 1000000)
	shmtool read "$id" 2>log | { sleep 1.3; cat >/dev/null; }
	assert_equal "$(cat log)" ""
	{ printf a; sleep 1.3; printf b; } | shmtool write "$id" 2>log
	assert_equal "$(cat log)" ""
}

@test "--progress: lines, and the last one says that all is done" {
	id=$(make_segment 1000000)
	shmtool read "$id" --progress 2>log | { sleep 1.3; cat >/dev/null; }
	grep -Eqx 'shmtool read: 977K of 977K \(100%\), [0-9.]+K/s' log
	grep -Eqx 'shmtool read: [0-9.]+K of 977K \([0-9]+%\), [0-9.]+K/s, [0-9]+s left' log
	{ printf abc; sleep 1.3; printf d; } | shmtool write "$id" --progress 2>log
	tail -n 1 log | grep -Eqx 'shmtool write: 4, [0-9]+/s'
	{ printf abc; sleep 1.3; printf d; } | shmtool write "$id" -n 4 --progress 2>log
	tail -n 1 log | grep -Eqx 'shmtool write: 4 of 4 \(100%\), [0-9]+/s'
}

@test "--progress: a copy that stands still is told of, every second" {
	id=$(make_segment 10000000)
	local log=$PWD/log
	# until there are two lines, however long that takes
	waits()
	{
		# shellcheck disable=SC2016
		timeout 120 bash -c 'until (($(wc -l <"$0") >= 2)); do sleep 0.05; done' "$log"
	}
	shmtool read "$id" --progress 2>log | { waits && cat >/dev/null; }
	assert_equal "$(head -n 2 log |
		grep -Ecx 'shmtool read: [0-9.]+[KM] of 9.5M \([0-9]+%\), .*[smh] left')" 2
	: >log
	{ printf a; waits; } | shmtool write "$id" --progress 2>log
	assert_equal "$(head -n 2 log | grep -Ecx 'shmtool write: 1, 0/s')" 2
	need_root
	shmtool "set" "$id" -p 666
	: >log
	as_user shmtool read "$id" --progress 2>log | { waits && cat >/dev/null; }
	assert_equal "$(head -n 2 log | grep -Ecx 'shmtool read: .* left')" 2
}

@test "--progress of what is done at once is one line" {
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

@test "on a terminal it comes by itself, and is gone at the end" {
	need_command script
	id=$(make_segment 1000000)
	script -qec "'$SHMTOOL' read $id | { sleep 1.3; cat >/dev/null; }" screen </dev/null >/dev/null
	grep -aq $'\rshmtool read: [0-9.]*K of 977K' screen
	grep -aq $'\r\033\\[K' screen
	# not when it is done sooner than in a second
	script -qec "'$SHMTOOL' read $id -f out" screen </dev/null >/dev/null
	run ! grep -aq 'shmtool read' screen
}

@test "a dump on the terminal is not disturbed" {
	need_command script
	id=$(make_segment 32)
	script -qec "'$SHMTOOL' read $id --progress" screen </dev/null >/dev/null
	run ! grep -aq 'shmtool read' screen
}

@test "a failure comes on a line of its own" {
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
