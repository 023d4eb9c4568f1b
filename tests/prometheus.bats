#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ls --prometheus, checked with Prometheus' own promtool and the kernel's list.

load lib/common

# series NAME: the value of this series in the last output
series()
{
	# by the environment, since -v would eat the backslashes
	name=$1 awk 'index($0, ENVIRON["name"] " ") == 1 {
		print substr($0, length(ENVIRON["name"]) + 2) }' <<<"$output"
}

assert_series()
{
	assert_equal "$1 $(series "$1")" "$1 $2"
}

# promtool says nothing about a file without fault or bad habit.
assert_promtool_agrees()
{
	local told
	need_command promtool
	told=$(promtool check metrics <<<"$output" 2>&1) || fail "promtool: $told" || return
	assert_equal "$told" ''
}

@test "segments and bytes by state and owner" {
	need_root
	make_orphan 5000 >/dev/null
	make_orphan 7000 >/dev/null
	make_live_segment 11000 >/dev/null
	as_user perl -e "$create" 13000 600 0 >/dev/null
	id=$(as_user perl -e "$create" 17000 666 0)
	hold_segment "$id"

	try ls --prometheus --grace 0
	expect_status 0
	assert_stderr_is ''
	assert_promtool_agrees
	assert_series 'shmtool_segments{state="orphaned",owner="root"}' 2
	assert_series 'shmtool_segment_bytes{state="orphaned",owner="root"}' 12000
	assert_series 'shmtool_segments{state="detached",owner="root"}' 1
	assert_series 'shmtool_segment_bytes{state="detached",owner="root"}' 11000
	assert_series 'shmtool_segments{state="orphaned",owner="nobody"}' 1
	assert_series 'shmtool_segments{state="attached",owner="nobody"}' 1
	assert_series 'shmtool_segment_bytes{state="attached",owner="nobody"}' 17000
	# one line each, and no others
	assert_equal "$(grep -c '^shmtool_segments{' <<<"$output")" 4
	# what was written to is in memory: as much as the kernel's own list says
	assert_series 'shmtool_segment_resident_bytes{state="orphaned",owner="root"}' \
		"$(awk '$4 == 5000 || $4 == 7000 { sum += $15 } END { print sum }' /proc/sysvipc/shm)"
	assert_series 'shmtool_segment_swapped_bytes{state="orphaned",owner="root"}' \
		"$(awk '$4 == 5000 || $4 == 7000 { sum += $16 } END { print sum }' /proc/sysvipc/shm)"
	[[ $(series 'shmtool_segment_resident_bytes{state="orphaned",owner="root"}') -ge 8192 ]]
}

@test "limits, their usage, and the time" {
	set_limit shmmni 77
	set_limit shmmax 1000000
	set_limit shmall 12345
	make_segment 5000 >/dev/null
	make_segment 1 >/dev/null
	before=$(date +%s)
	try ls --prometheus
	expect_status 0
	assert_promtool_agrees
	page=$(getconf PAGESIZE)
	assert_series shmtool_limit_segments 77
	assert_series shmtool_limit_segment_bytes 1000000
	assert_series shmtool_limit_bytes $((12345 * page))
	assert_series shmtool_used_segments 2
	# ipcs counts in pages
	assert_series shmtool_used_bytes $(($(ipcs -mu | awk '/pages allocated/ { print $3 }') * page))
	assert_series shmtool_used_resident_bytes "$(awk 'NR > 1 { sum += $15 } END { print sum }' /proc/sysvipc/shm)"
	assert_series shmtool_limit_ram_bytes "$(awk '$1 == "MemTotal:" { printf "%.0f", $2 * 1024 }' /proc/meminfo)"
	time=$(series shmtool_run_timestamp_seconds)
	((time >= before && time <= $(date +%s)))
}

@test "an unlimited limit is +Inf, and there are no lines for states without segments" {
	set_limit shmmax 18446744073692774399
	set_limit shmall 18446744073692774399
	try ls --prometheus
	expect_status 0
	assert_promtool_agrees
	assert_series shmtool_limit_bytes +Inf
	assert_series shmtool_limit_segment_bytes +Inf
	assert_series shmtool_used_segments 0
	assert_output_lacks '{'
}

@test "filters and SEGMENTs select the segments that are counted, but do not affect limits and usage" {
	id=$(make_segment 5000)
	make_segment 90000 >/dev/null
	owner=$(id -un)
	try ls --prometheus --min-size 10000 --grace 0
	assert_series "shmtool_segment_bytes{state=\"orphaned\",owner=\"$owner\"}" 90000
	assert_series shmtool_used_segments 2
	try ls --prometheus "$id" --grace 0
	assert_series "shmtool_segment_bytes{state=\"orphaned\",owner=\"$owner\"}" 5000
	assert_series shmtool_used_segments 2
}

@test "-N shows the segments and the limits of that namespace" {
	background unshare --ipc perl -e 'open F, ">/proc/sys/kernel/shmmni" or die;
		print F 55; close F; shmget(0, 12345, 01600) // die; $| = 1; print "ready\n";
		sleep 1 while 1'
	wait_until test -s "$background_output"
	try ls --prometheus -N "$background_pid"
	expect_status 0
	assert_series shmtool_limit_segments 55
	assert_series shmtool_used_segments 1
}

# as_if_named NAME COMMAND...: where the machine knows user 4321 by that name
as_if_named()
{
	printf 'root:x:0:0::/root:/bin/sh\n%s:x:4321:4321::/:/bin/sh\n' "$1" >passwd
	# shellcheck disable=SC2016
	unshare --mount sh -c 'mount --bind passwd /etc/passwd && exec "$@"' sh "${@:2}"
}

@test "labels can contain any user name" {
	need_root
	as_uid 4321 perl -e "$create" 4096 600 0 >/dev/null

	run --separate-stderr as_if_named 'AD\alice"x' "$SHMTOOL" ls --prometheus --grace 0
	expect_status 0
	assert_promtool_agrees
	assert_series 'shmtool_segments{state="orphaned",owner="AD\\alice\"x"}' 1

	run --separate-stderr as_if_named 'zoë' "$SHMTOOL" ls --prometheus --grace 0
	assert_promtool_agrees
	assert_series 'shmtool_segments{state="orphaned",owner="zoë"}' 1

	# no UTF-8: promtool, and so node_exporter, would refuse the whole file; \xed\xa0\x80 is a surrogate
	run --separate-stderr as_if_named $'a\xed\xa0\x80' "$SHMTOOL" ls --prometheus --grace 0
	assert_promtool_agrees
	assert_series $'shmtool_segments{state="orphaned",owner="a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}' 1
	run --separate-stderr as_if_named $'caf\xe9' "$SHMTOOL" ls --prometheus --grace 0
	assert_promtool_agrees
	assert_series $'shmtool_segments{state="orphaned",owner="caf\xef\xbf\xbd"}' 1
}

@test "two users with the same name are one series" {
	need_root
	as_uid 4321 perl -e "$create" 4096 600 0 >/dev/null
	make_segment 5000 >/dev/null
	as_uid 5 perl -e "$create" 300 600 0 >/dev/null
	run --separate-stderr as_if_named root "$SHMTOOL" ls --prometheus --grace 0
	assert_promtool_agrees
	assert_series 'shmtool_segments{state="orphaned",owner="root"}' 2
	assert_series 'shmtool_segment_bytes{state="orphaned",owner="root"}' 9096
	# a user without a name is shown by number
	assert_series 'shmtool_segments{state="orphaned",owner="5"}' 1
}

@test "--prometheus cannot be combined with other formats" {
	for option in -J -r -q '--format=%{id}' '-o id' --sort=id -l -u '--from -' --numeric; do
		# shellcheck disable=SC2086 # some are two words
		try ls --prometheus $option
		expect_status 2
		assert_output_is ''
		assert_stderr_has 'shmtool ls: --prometheus can only be combined with'
	done
}

@test "nothing matched and --fail-empty: no output, status 1" {
	try ls --prometheus --fail-empty
	expect_status 1
	assert_output_is ''
}

@test "output that cannot be written fails, so that an incomplete file is not moved into place" {
	# shellcheck disable=SC2016
	run --separate-stderr sh -c '"$0" ls --prometheus >/dev/full' "$SHMTOOL"
	expect_status 7
}

@test "without /proc/sysvipc/shm, there are no series for unknown memory" {
	need_root
	make_segment >/dev/null
	mkdir empty
	# shellcheck disable=SC2016
	run --separate-stderr unshare --mount sh -c 'mount --bind empty /proc/sysvipc && exec "$0" ls --prometheus' "$SHMTOOL"
	expect_status 0
	assert_output_has 'shmtool_segment_bytes{'
	assert_output_lacks 'resident_bytes{'
	assert_output_lacks 'swapped_bytes{'
}
