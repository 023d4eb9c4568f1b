#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# stat --wait: waits for segments, for init scripts.

load lib/common

start_waiting()
{
	background shmtool stat --wait "$@"
	waiter=$background_pid
	process_is_gone "$waiter" && fail "it did not wait: $(<"$background_errors")"
	return 0
}

assert_ended()
{
	wait_for_status "$waiter"
	assert_equal "$ended" "$1"
}

@test "exists: a key that exists, and one that is created later" {
	make_segment 4096 600 0x31
	try stat --wait exists 0x31
	expect_status 0
	assert_output_is ''
	start_waiting exists 0x31 0x32
	make_segment 4096 600 0x32
	assert_ended 0
}

@test "attached and detached, by id and by key" {
	id=$(make_segment 4096 600 0x31)
	try stat --wait detached "$id" 0x31
	expect_status 0
	start_waiting attached "$id" 0x31
	hold_segment "$id"
	assert_ended 0
	start_waiting detached "$id"
	end_process "$holder_pid"
	assert_ended 0
}

@test "attached waits for a key to appear" {
	start_waiting attached 0x31
	hold_segment "$(make_segment 4096 600 0x31)"
	assert_ended 0
}

@test "gone: a key once it is marked for removal, an id once it is destroyed" {
	id=$(make_segment 4096 600 0x31)
	hold_segment "$id"
	start_waiting gone "$id"
	ipcrm -m "$id"
	try stat --wait gone 0x31
	expect_status 0
	run ! process_is_gone "$waiter"
	end_process "$holder_pid"
	assert_ended 0
	try stat --wait gone "$id"
	expect_status 0
}

@test "an unknown id, or one that is removed in the meantime: exit 3" {
	for condition in exists attached detached; do
		try stat --wait $condition 12345
		expect_status 3
	done
	try stat --wait detached 0x31
	expect_status 3
	id=$(make_segment)
	start_waiting attached "$id"
	ipcrm -m "$id"
	assert_ended 3
}

@test "an unknown id ends the wait, whether it is named first or last" {
	try stat --wait exists 0x99 4711 --timeout 10
	expect_status 3
	try stat --wait exists 4711 0x99 --timeout 10
	expect_status 3
	local first second removed
	for removed in 0 1; do
		first=$(make_segment)
		second=$(make_segment)
		start_waiting attached "$first" "$second"
		ids=("$first" "$second")
		ipcrm -m "${ids[removed]}"
		assert_ended 3
	done
}

@test "a hint if a key was given as an id" {
	make_segment 4096 600 4711 >/dev/null
	try stat --wait gone 4711
	expect_status 0
	assert_stderr_has 'hint: try key:4711 (a segment has this key)'
	try stat --wait gone 4711 -q
	assert_stderr_is ''
	try stat --wait gone id:4711
	assert_stderr_is ''
}

has_paused()
{
	[[ -e trace ]] && (($(wc -l <trace) > $1))
}

# Prompt: within 50 ms; cheap: a look takes microseconds, and there are not many.
@test "--wait checks every 10 to 50 milliseconds" {
	need_strace
	id=$(make_segment)
	seek_no_leaks
	background strace -qq -o trace -e trace=poll,ppoll \
		"$SHMTOOL" stat --wait attached "$id"
	wait_until has_paused 5
	kill "$(pgrep -P "$background_pid")"
	wait_until process_is_gone "$background_pid"
	sed -nE '/^p?poll/ { s/^p?poll\(NULL, 0, (\{tv_sec=0, tv_nsec=)?//; s/[^0-9].*//p }' trace >pauses
	(($(wc -l <pauses) >= 5))
	awk '{ ms = $1 > 1000 ? $1 / 1000000 : $1; if (ms < 10 || ms > 50) exit 1 }' pauses
}

@test "timed out: status 8, with a message unless -q" {
	id=$(make_segment)
	try stat --wait attached "$id" --timeout 50ms
	expect_status 8
	assert_stderr_is "shmtool stat: timed out after 50ms: segment $id (no key) is not attached by any process"
	try stat --wait attached "$id" --timeout 50ms -q
	expect_status 8
	assert_stderr_is ''
	try stat --wait attached "$id" --timeout 0
	expect_status 8
}

@test "a timeout reports how long it waited, and what still holds" {
	id=$(make_segment 4096 600 0x31)
	local this="timed out after 50ms: segment $id (key 0x00000031)"
	try stat --wait gone 0x31 --timeout 50ms
	assert_stderr_has "$this still exists (no process has it attached)"
	hold_segment "$id"
	try stat --wait gone 0x31 --timeout 50ms
	expect_status 8
	assert_stderr_has "$this still exists: attached by process $holder_pid (hold, "
	try stat --wait detached "$id" --timeout 50ms
	expect_status 8
	assert_stderr_has "$this is still attached by process $holder_pid (hold, "
	try stat --wait exists 0x99 --timeout 1s
	assert_stderr_is 'shmtool stat: timed out after 1s: no segment has the key 0x00000099'
}

@test "timed out as a user who cannot identify the processes" {
	need_root
	id=$(make_segment 4096 600 0x31)
	hold_segment "$id"
	try_as_user stat --wait detached 0x31 --timeout 0
	expect_status 8
	assert_stderr_has 'is still attached by 1 process that cannot be identified'
	assert_stderr_has 'note: 0 of 1 attachments identified'
}

@test "--wait prints the segment if a format is requested" {
	id=$(make_segment)
	try stat --wait exists "$id" --format '%{size}'
	assert_output_is 4096
}

@test "--wait prints the state kept if a keep list names the segment" {
	make_orphan 4096 600 0x77 >/dev/null
	keep_lists
	echo 0x77 >"$lists/keep"
	try stat --wait detached 0x77 --keep-file "$lists/keep" --grace 0 --format '%{state}'
	assert_output_is kept
	try stat --wait exists 0x77 --keep 0x77 --grace 0 -J
	assert_equal "$(jq -r '.segments[].state' <<<"$output")" kept
}

@test "SIGTERM ends --wait at once" {
	start_waiting gone "$(make_segment)"
	kill -TERM "$waiter"
	assert_ended 143
}

@test "invalid conditions, and options that cannot be combined" {
	for words in '--wait gone 1 -J' '--wait gone 1 --format %{id}' '--wait soon 1' '--wait gone' '--wait gone --all' '--wait gone 1 --orphaned' \
		'1 --timeout 1' '--wait gone 1 --timeout -1' '--wait gone 1 --timeout 1x' '--wait exists 0x77 --except 0x77'; do
		# shellcheck disable=SC2086 # words
		try stat $words
		expect_status 2
	done
}
