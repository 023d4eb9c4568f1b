#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rm: which segments it removes, by name and by filter, and what it prints of them.

bats_require_minimum_version 1.5.0
load lib/common
load lib/removal

setup()
{
	removal_setup
}

# --- By name ----------------------------------------------------------------

@test "a segment is removed by id, and nothing is printed" {
	id=$(make_segment)
	other=$(make_segment)
	try rm "$id"
	expect_status 0
	assert_output_is ""
	assert_stderr_is ""
	assert_gone "$id"
	assert_there "$other"
}

@test "a segment is removed by key, and by every other form of operand" {
	touch here
	one=$(make_segment 10 600 0x11)
	two=$(make_segment 10 600 18)
	three=$(make_segment)
	four=$(shmtool create -s 10 -k ftok:A:here)
	five=$(make_segment 10 600 0x80000001)
	six=$(make_segment)
	try rm 0x11 key:18 "id:$three" ftok:A:here 0x80000001
	expect_status 0
	assert_gone "$one" "$two" "$three" "$four" "$five"
	assert_there "$six"
}

@test "-m and -M remove even attached segments, like ipcrm" {
	one=$(make_segment)
	two=$(make_segment 10 600 0x11)
	three=$(make_segment 10 600 12)
	four=$(make_segment)
	hold_segment "$one"
	hold_segment "$two"
	try rm -m "$one" -M 0x11 --shmem-key=12 --shmem-id "$four"
	expect_status 0
	assert_output_is ""
	assert_gone "$three" "$four"
	assert_equal "$(segment_field "$one" perms) $(segment_field "$two" perms)" "1600 1600"
	try rm -m "$four"
	expect_status 3
	try rm -M 12
	expect_status 3
	try rm -f -M 12 -m "$four"
	expect_status 0
}

@test "-m accepts only ids, and -M only keys" {
	id=$(make_segment 10 600 0x11)
	local arguments
	for arguments in "-m 0x11" "-m key:0x11" "-m -1" "-m x" "-m 01" "-m 4294967296" "-M 0" "-M x" \
		"-M 4294967296" "-m" "-M"; do
		# shellcheck disable=SC2086
		try rm $arguments
		expect_status 2
	done
	assert_there "$id"
}

@test "several segments: all are processed, and the exit status is that of the first failure" {
	need_root
	one=$(make_segment)
	two=$(as_user shmtool create -s 10)
	three=$(as_user shmtool create -s 10)
	four=$(as_user shmtool create -s 10)
	try_as_user rm "$two" 54321 "$one" "$three"
	expect_status 3
	assert_stderr_has 54321
	assert_stderr_has "segment $one"
	assert_gone "$two" "$three"
	try_as_user rm "$one" 54321 "$four"
	expect_status 5
	assert_gone "$four"
	assert_there "$one"
	hold_segment "$one"
	try rm "$one" 54321
	expect_status 9
	try rm 54321 "$one"
	expect_status 3
}

@test "a segment that is named twice is removed once, without an error" {
	id=$(make_segment 10 600 0x11)
	try rm "$id" "$id" 0x11 "id:$id"
	expect_status 0
	assert_stderr_is ""
	assert_gone "$id"
}

@test "a segment that does not exist: exit 3, or no error with -f" {
	id=$(make_segment)
	try rm 54321
	expect_status 3
	assert_stderr_has 54321
	try rm 0x99
	expect_status 3
	assert_stderr_has 0x00000099
	try rm -f 54321 0x99 "$id"
	expect_status 0
	assert_stderr_is ""
	assert_gone "$id"
	try rm -f nonsense
	expect_status 2
}

@test "a number that is not an id but a key in use gets a hint" {
	make_segment 10 600 1234
	try rm 1234
	expect_status 3
	assert_stderr_has "hint: "
	assert_stderr_has key:1234
}

@test "everything is checked before anything is removed" {
	id=$(make_segment)
	local arguments
	for arguments in "$id 01" "$id 0x" "$id key:0" "$id -5" "$id 4294967296" "$id --bogus" "$id -m x" \
		"--all nonsense" "$id --state nonsense" "$id --grace x" "$id --owner no-such-name" \
		"--all --except nonsense" "$id --min-size x"; do
		# shellcheck disable=SC2086
		try rm $arguments
		expect_status 2
		assert_output_is ""
	done
	try rm "$id" ""
	expect_status 2
	try rm --all --except ftok:A:missing
	expect_status 7
	assert_stderr_has '; nothing was removed'
	assert_there "$id"
}

@test "modifiers only, and nothing at all: exit 2" {
	id=$(make_orphan)
	local arguments
	for arguments in "" "--grace 0" "--except $id" "--even-attached" "-f" "-n" "-q" "-J" "-v" \
		"--grace 0 --even-attached" "--all --orphaned" "--all --detached"; do
		# shellcheck disable=SC2086
		try rm $arguments
		expect_status 2
		assert_output_is ""
	done
	assert_there "$id"
}

@test "-m and -M cannot be combined with --except, which they would ignore" {
	id=$(make_segment 10 600 0x11)
	local arguments
	for arguments in "-m $id --except $id" "--except 0x11 -M 0x11" "-m $id --except 54321"; do
		# shellcheck disable=SC2086
		try rm $arguments
		expect_status 2
		assert_stderr_has --except
	done
	assert_there "$id"
}

# --- Attached ---------------------------------------------------------------

@test "an attached segment is not removed by name: exit 9" {
	id=$(make_segment 10 600 0x11)
	other=$(make_segment)
	hold_segment "$id"
	try rm "$id" "$other"
	expect_status 9
	assert_output_is ""
	assert_stderr_has "segment $id (key 0x00000011)"
	assert_stderr_has "hint: stop these processes first, or use --even-attached"
	assert_gone "$other"
	assert_equal "$(segment_field "$id" perms) $(segment_field "$id" key)" "600 17"
	try rm -f "$id"
	expect_status 9
}

@test "--even-attached marks an attached segment for removal" {
	id=$(make_segment 10 600 0x11)
	hold_segment "$id"
	try rm --even-attached "$id"
	expect_status 0
	assert_equal "$(segment_field "$id" perms)" 1600
	end_process "$holder_pid"
	assert_gone "$id"
}

@test "by filter, attached segments are skipped silently, except with -v" {
	id=$(make_segment)
	other=$(make_segment)
	hold_segment "$id"
	try rm --all
	expect_status 0
	assert_output_matches "^removed $other .*
total 1 segment"
	assert_stderr_is ""
	assert_equal "$(segment_field "$id" perms)" 600
	try rm --all -v
	expect_status 0
	assert_output_is ""
	assert_stderr_has "segment $id"
	try rm --all --even-attached
	expect_status 0
	assert_output_matches "^marked $id "
	assert_equal "$(segment_field "$id" perms)" 1600
}

@test "lines can be split at spaces and =, whatever the owner's name is" {
	need_root
	local id
	{
		cat /etc/passwd
		printf '%s:x:%s:12345::/:/bin/false\n' 'john doe' 12345 'a=b' 12346
	} >passwd
	for uid in 12345 12346; do
		id=$(as_uid "$uid" perl -e 'print shmget(0, 4096, 01600) + 0')
		# shellcheck disable=SC2016
		run --separate-stderr unshare --mount sh -c 'mount --bind passwd /etc/passwd && "$0" "$@"' \
			"$SHMTOOL" rm --all -n
		assert_output_matches "^would remove $id key=0x00000000 owner=$uid size=4096 "
		# shellcheck disable=SC2016
		run --separate-stderr unshare --mount sh -c 'mount --bind passwd /etc/passwd && "$0" "$@"' \
			"$SHMTOOL" rm --all -J
		assert_equal "$(jq -r '.results[0].owner' <<<"$output")" \
			"$(awk -F : -v uid="$uid" '$3 == uid { print $1 }' passwd)"
	done
}

@test "-J shows the memory of named segments, as of those found by filter" {
	id=$(make_orphan 4096 600 0x99)
	for words in "$id" 0x99 --all; do
		try rm -n -J "$words"
		assert_equal "$(jq -c '.results[0] | [.rss, .swap]' <<<"$output")" '[4096,0]'
	done
}

# --- By filter --------------------------------------------------------------

@test "--orphaned removes leaks, and nothing else" {
	orphan=$(make_orphan 5000)
	never_used=$(make_segment 3000)
	alive=$(make_live_segment)
	# the creator has exited, but the last user is running
	used=$(make_segment)
	hold_segment "$used"
	users_pid=$holder_pid
	held=$(make_orphan)
	hold_segment "$held"
	try rm --orphaned --grace 0
	expect_status 0
	assert_stderr_is ""
	assert_gone "$orphan" "$never_used"
	assert_there "$alive" "$used" "$held"
	assert_equal "${#lines[@]}" 3
	assert_output_matches "^removed $orphan key=0x00000000 owner=root size=5000 state=orphaned idle=[0-9]+ created-by=[0-9]+
removed $never_used .*size=3000 .*
total 2 segments, 8000 bytes \(7.8K\)$"
	end_process "$users_pid"
	try rm --orphaned --grace 0
	assert_output_matches "^removed $used "
}

@test "the grace period" {
	id=$(make_orphan)
	try rm --orphaned
	expect_status 0
	assert_output_is ""
	assert_there "$id"
	try rm --orphaned --grace 1h
	assert_output_is ""
	try rm --orphaned --grace 0s
	assert_output_has "removed $id"
}

@test "filters that match nothing: exit 0, nothing printed" {
	id=$(make_segment)
	try rm --mode 0123
	expect_status 0
	assert_output_is ""
	assert_stderr_is ""
	try rm --orphaned -J
	expect_status 0
	jq -e '.schema == 1 and .results == []' <<<"$output"
	assert_there "$id"
}

@test "rm acts on the segments that ls lists" {
	need_root
	make_orphan 100
	make_segment 9000
	as_user shmtool create -s 50
	as_user shmtool create -s 60000 -k 0x80000001
	make_live_segment 70
	hold_segment "$(make_segment)"
	local filter
	for filter in "--orphaned --grace 0" "--owner nobody" "--owner root --min-size 80" "--max-size 100" \
		"--detached" "--key 0x80000001" "--state detached,orphaned --grace 0" "--creator root" \
		"--all" "--idle 0" "--idle 1h" "--owner root --owner nobody"; do
		# shellcheck disable=SC2086
		ids=$(shmtool ls -r --no-header -o id,state $filter | awk '$2 != "attached" { print $1 }')
		# shellcheck disable=SC2086
		try rm -n $filter
		expect_status 0
		assert_equal "$(awk '/^would remove/ { print $3 }' <<<"$output")" "$ids"
	done
}

@test "-n prints the same lines, and removes nothing" {
	one=$(make_orphan 100 600 0x11)
	two=$(make_orphan 2000)
	try rm --orphaned --grace 0 -n
	expect_status 0
	would=$output
	assert_there "$one" "$two"
	try rm --orphaned --grace 0
	# a second may have passed
	assert_equal "$(sed -e 's/idle=[^ ]*//' -e 's/^removed/removed/' <<<"$output")" \
		"$(sed -e 's/idle=[^ ]*//' -e 's/^would remove/removed/' <<<"$would")"
	assert_gone "$one" "$two"
}

@test "-n by name" {
	id=$(make_segment)
	hold_segment "$(make_segment)"
	try rm -n "$id" 54321
	expect_status 3
	assert_output_matches "^would remove $id "
	assert_there "$id"
	held=$(awk '$7 == 1 { print $2 }' /proc/sysvipc/shm)
	try rm -n "$held"
	expect_status 9
	try rm -n -m "$id"
	expect_status 0
	assert_there "$id"
}

@test "segments with filters: only named segments that match are removed" {
	one=$(make_orphan 100)
	two=$(make_orphan 9000)
	three=$(make_orphan 9000)
	try rm "$one" "$two" --min-size 1000
	expect_status 0
	assert_gone "$two"
	assert_there "$one" "$three"
	try rm "$one" --orphaned
	expect_status 0
	assert_there "$one"
	try rm "$one" --orphaned --grace 0
	assert_gone "$one"
}

@test "--except" {
	one=$(make_orphan 100 600 0x11)
	two=$(make_orphan)
	three=$(make_orphan)
	try rm --all --except 0x11 --except "$two" --except 54321 --except 0x9999
	expect_status 0
	assert_there "$one" "$two"
	assert_gone "$three"
}

@test "-q prints no lines" {
	one=$(make_orphan)
	try rm --all -q
	expect_status 0
	assert_output_is ""
	assert_stderr_is ""
	assert_gone "$one"
}

@test "-m of what does not exist, beside a segment: exit 3, and the segment is removed" {
	one=$(make_orphan)
	try rm -m 99 "$one"
	expect_status 3
	assert_gone "$one"
}

@test "-J: what was done and what was not" {
	one=$(make_orphan 100 600 0x11)
	two=$(make_orphan 200)
	hold_segment "$two"
	try rm -J "$one" "$two" -n
	jq -e '.results[0].result == "would-remove"' <<<"$output"
	try rm -J "$one" "$two"
	expect_status 9
	jq -e --argjson one "$one" --argjson two "$two" '
		.schema == 1 and (.results | length) == 2 and
		(.results[0] | .id == $one and .key == "0x00000011" and .size == 100 and
			.result == "removed" and .reason == null) and
		(.results[1] | .id == $two and .nattch == 1 and .result == "not-removed" and
			(.reason | type) == "string")' <<<"$output"
	assert_gone "$one"
	assert_there "$two"
}

@test "-J with -m, several and none" {
	one=$(make_orphan)
	two=$(make_orphan)
	try rm -J -m "$one" "$two"
	expect_status 0
	assert_equal "$(jq -c '[.results[] | [.id, .result]]' <<<"$output")" "[[$one,\"removed\"],[$two,\"removed\"]]"
	try rm -J 54321
	expect_status 3
	jq -e '.schema == 1 and (.results | type) == "array"' <<<"$output"
}

# --- Rights -----------------------------------------------------------------

@test "not the owner: exit 5, and the segment is unchanged" {
	need_root
	id=$(make_segment 10 666)
	before=$(segment_field "$id" ctime)
	try_as_user rm "$id"
	expect_status 5
	assert_stderr_has "segment $id"
	try_as_user rm -m "$id"
	expect_status 5
	try_as_user rm --all
	expect_status 5
	assert_output_is ""
	assert_equal "$(rights_of "$id")" "666 0 0"
	assert_equal "$(segment_field "$id" ctime)" "$before"
}

@test "an ordinary user's own segments of mode 0000" {
	need_root
	one=$(as_user shmtool create -s 10 -p 0)
	two=$(as_user shmtool create -s 10 -p 0 -k 0x11)
	three=$(as_user shmtool create -s 10 -p 0)
	four=$(as_user shmtool create -s 10 -p 0)
	try_as_user rm "$one" 0x11
	expect_status 0
	try_as_user rm -m "$three"
	expect_status 0
	try_as_user rm --all
	expect_status 0
	assert_output_has "removed $four"
	assert_equal "$(segment_count)" 0
}

@test "an ordinary user removes only their own segments by filter" {
	need_root
	one=$(make_segment)
	two=$(as_user shmtool create -s 10)
	try_as_user rm --owner nobody
	expect_status 0
	assert_gone "$two"
	assert_there "$one"
}

@test "a dry run reports in the conditional what would not be removed" {
	local id
	id=$(make_segment)
	hold_segment "$id"
	try rm -n "$id"
	expect_status 9
	assert_stderr_has "segment $id (no key) would not be removed: it is attached by process $holder_pid (hold, "
}

@test "-m takes ids only" {
	local word
	for word in x 0x1234 key:5; do
		try rm -m "$word"
		expect_status 2
		assert_stderr_is "shmtool rm: --shmem-id \"$word\": not an id (decimal digits; -M removes by key)"
	done
}

@test "a hint that helps against several failures is given once" {
	need_root
	make_segment >/dev/null
	make_segment >/dev/null
	try_as_user rm --all -v
	expect_status 5
	assert_equal "$(grep -c 'permission denied' <<<"$stderr")" 2
	assert_equal "$(grep -c 'hint: ' <<<"$stderr")" 1
}

@test "segments of other users that a filter matches are reported in one line" {
	local own
	need_root
	perl -e 'shmget(0, 1, 01600) // die for 1 .. 500'
	own=$(as_user shmtool create -s 1)
	try_as_user rm --all -n
	expect_status 5
	assert_output_matches "^would remove $own "
	assert_stderr_is $'shmtool rm: cannot remove 500 segments of other users: permission denied\nshmtool rm: hint: run as root, or add --creator +65534 to select only your own (-v lists the others)'
	try_as_user rm --all
	expect_status 5
	assert_output_has 'total 1 segment, 1 byte (1)'
	assert_equal "${#stderr_lines[@]}" 2
	assert_gone "$own"
	assert_equal "$(segment_count)" 500
	try_as_user rm --all -J
	assert_equal "$(jq '[.results[] | select(.result == "failed" and .reason == "permission denied")] | length' <<<"$output")" 500
	ipcrm --all=shm
	make_segment >/dev/null
	try_as_user rm --all
	expect_status 5
	assert_stderr_matches '^shmtool rm: cannot remove segment [0-9]+ \(no key\): permission denied'
}

@test "-v reports why a named segment does not match the filters" {
	local id
	id=$(make_orphan)
	try rm "$id" --orphaned -v
	expect_status 0
	assert_output_is ''
	assert_stderr_matches "^shmtool rm: segment $id \\(no key\\) skipped: it does not match the filters \\(detached, idle for [0-9]+s\\)"
	assert_there "$id"
}

@test "-n -m of another user's segment: exit 5, as without -n" {
	id=$(make_segment)
	try_as_user rm -n -m "$id"
	expect_status 5
	assert_output_is ''
	try_as_user rm -J "$id"
	expect_status 5
	assert_equal "$(jq -r '.results[0].result' <<<"$output")" failed
	segment_exists "$id"
}
