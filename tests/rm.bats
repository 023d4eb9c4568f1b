#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0
load lib/common
load lib/stop

setup()
{
	common_setup
	# no keep list of whoever runs the tests
	export HOME=$BATS_TEST_TMPDIR
}

assert_gone()
{
	local id
	for id; do
		if segment_exists "$id"; then
			fail "segment $id is still there"
			return
		fi
	done
}

assert_there()
{
	local id
	for id; do
		segment_exists "$id" || fail "segment $id is gone" || return
	done
}

# Mode, owner and group.
rights_of()
{
	echo "$(segment_field "$1" perms) $(segment_field "$1" uid) $(segment_field "$1" gid)"
}

# --- By name ----------------------------------------------------------------

@test "by id: gone, and nothing printed" {
	id=$(make_segment)
	other=$(make_segment)
	try rm "$id"
	expect_status 0
	assert_output_is ""
	assert_stderr_is ""
	assert_gone "$id"
	assert_there "$other"
}

@test "by key, and every other form of a name" {
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

@test "-m and -M as ipcrm has them: whoever has it attached" {
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

@test "-m takes ids and -M keys, and nothing else" {
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

@test "several: all are tried, and the first failure is told" {
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

@test "one that is named twice is removed once, and that is no error" {
	id=$(make_segment 10 600 0x11)
	try rm "$id" "$id" 0x11 "id:$id"
	expect_status 0
	assert_stderr_is ""
	assert_gone "$id"
}

@test "a missing one: exit 3, and with -f no error" {
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

@test "an id that is a key in use gets a hint" {
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
	try rm "$id" ftok:A:missing
	expect_status 7
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

@test "-m and -M go with no --except, which they would not heed" {
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

@test "what is attached is left alone by name: exit 9" {
	id=$(make_segment 10 600 0x11)
	other=$(make_segment)
	hold_segment "$id"
	try rm "$id" "$other"
	expect_status 9
	assert_output_is ""
	assert_stderr_has "segment $id (key 0x00000011)"
	assert_stderr_has "hint: --even-attached"
	assert_gone "$other"
	assert_equal "$(segment_field "$id" perms) $(segment_field "$id" key)" "600 17"
	try rm -f "$id"
	expect_status 9
}

@test "--even-attached marks it" {
	id=$(make_segment 10 600 0x11)
	hold_segment "$id"
	try rm --even-attached "$id"
	expect_status 0
	assert_equal "$(segment_field "$id" perms)" 1600
	end_process "$holder_pid"
	assert_gone "$id"
}

@test "by filter what is attached is left alone without a word, but for -v" {
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

@test "lines can be split at blanks and =, whatever the owner is called" {
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

@test "-J tells the memory of what is named, as of what is found" {
	id=$(make_orphan 4096 600 0x99)
	for words in "$id" 0x99 --all; do
		try rm -n -J "$words"
		assert_equal "$(jq -c '.results[0] | [.rss, .swap]' <<<"$output")" '[4096,0]'
	done
}

# --- By filter --------------------------------------------------------------

@test "--orphaned removes what is leaked, and nothing else" {
	orphan=$(make_orphan 5000)
	never_used=$(make_segment 3000)
	alive=$(make_live_segment)
	# the creator is gone, but who used it last lives
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
	assert_output_matches "^removed $orphan key=0x00000000 owner=root size=5000 state=orphaned idle=[0-9]+ made-by=[0-9]+
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
	try rm --owner daemon
	expect_status 0
	assert_output_is ""
	assert_stderr_is ""
	try rm --orphaned -J
	expect_status 0
	jq -e '.schema == 1 and .results == []' <<<"$output"
	assert_there "$id"
}

@test "what ls shows is what rm acts on" {
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

@test "segments together with filters: only those named that pass" {
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
		(.results[1] | .id == $two and .nattch == 1 and .result == "left" and
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

@test "not the owner: exit 5, and it is as it was" {
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

@test "an ordinary user removes own ones among others, by filter" {
	need_root
	one=$(make_segment)
	two=$(as_user shmtool create -s 10)
	try_as_user rm --owner nobody
	expect_status 0
	assert_gone "$two"
	assert_there "$one"
}

# --- Output that cannot be written ------------------------------------------

@test "stdout full: it stops at the first that it cannot tell, exit 7" {
	make_orphan
	make_orphan
	make_orphan
	run --separate-stderr bash -c "'$SHMTOOL' rm --all >/dev/full"
	assert_stderr_matches 'removed or marked all the same: [0-9]+$'
	expect_status 7
	assert_stderr_has "No space left"
	assert_equal "$(segment_count)" 2
	run --separate-stderr bash -c "'$SHMTOOL' rm --all >&-"
	expect_status 7
	assert_equal "$(segment_count)" 1
	run --separate-stderr bash -c "'$SHMTOOL' rm --all -J >/dev/full"
	expect_status 7
}

@test "a reader that is gone: SIGPIPE, what was removed is told, and the rest stays" {
	local first
	orphans_as_listed 3
	first=${ids[0]}
	mkfifo broken
	# shellcheck disable=SC2094
	exec 5<>broken 6>broken 5<&-
	run --separate-stderr bash -c "'$SHMTOOL' rm --all >&6"
	expect_status 141
	assert_stderr_is "shmtool rm: removed or marked all the same: $first"
	assert_equal "$(segment_count)" 2
	assert_equal "$(awk 'NR > 1 { print $3 }' /proc/sysvipc/shm | sort -u)" 600
}

# --- What happens in between ------------------------------------------------

# One of mode 0640 that belongs to an ordinary user and another group.
users_orphan()
{
	# shellcheck disable=SC2016
	id=$(as_user perl -e "$create"'; shmwrite($id, "x", 0, 1) or die' 4096 640 0)
	shmtool "set" "$id" -g daemon
}

@test "listed, and used before it is removed: left alone, exit 9" {
	need_root
	users_orphan
	stop_rm listed --orphaned --grace 0
	printf x | foreign_write "$id" 0
	go_on
	assert_equal "$ended" 9
	assert_output_is ""
	assert_stderr_has "segment $id"
	assert_equal "$(rights_of "$id")" "640 65534 1"
}

@test "listed, and attached before it is removed: left alone, exit 9" {
	need_root
	users_orphan
	stop_rm listed --orphaned --grace 0
	hold_segment "$id"
	go_on
	assert_equal "$ended" 9
	assert_output_is ""
	assert_equal "$(rights_of "$id")" "640 65534 1"
}

@test "listed, and locked out by another removal, which removes it: no news, exit 0" {
	need_root
	users_orphan
	# it looks again and again what becomes of it
	stop_at "${removal_steps[listed]} nanosleep::3" shmtool rm --orphaned --grace 0
	shmtool "set" "$id" -p 0
	stop_again
	segment_exists "$id"
	ipcrm -m "$id"
	go_on
	assert_equal "$ended" 0
	assert_output_is ""
	assert_stderr_is ""
}

@test "listed, and set to mode 0, but not removed: left alone with mode 0, exit 9" {
	need_root
	users_orphan
	stop_rm listed --orphaned --grace 0
	shmtool "set" "$id" -p 0
	go_on
	assert_equal "$ended" 9
	assert_stderr_has "segment $id"
	assert_equal "$(rights_of "$id")" "0 65534 1"
}

# Mode 0 may be the lock-out of another removal, which then finds it attached
# and gives the old mode back.
@test "mode 0, and given its mode again before it is removed: left with that mode, exit 9" {
	need_root
	users_orphan
	shmtool "set" "$id" -p 0
	stop_rm seen --orphaned --grace 0
	hold_segment "$id"
	shmtool "set" "$id" -p 640
	go_on
	assert_equal "$ended" 9
	assert_output_is ""
	assert_equal "$(rights_of "$id")" "640 65534 1"
}

@test "mode 0 and attached before it is removed: left alone with mode 0, exit 9" {
	need_root
	users_orphan
	shmtool "set" "$id" -p 0
	stop_rm seen --orphaned --grace 0
	hold_segment "$id"
	go_on
	assert_equal "$ended" 9
	assert_equal "$(rights_of "$id")" "0 65534 1"
}

@test "mode 0 and unused: removed as any other" {
	id=$(make_orphan)
	shmtool "set" "$id" -p 0
	try rm --orphaned --grace 0
	expect_status 0
	assert_output_has "removed $id "
	assert_equal "$(segment_count)" 0
}

@test "listed, and given to another or another mode before it is removed: left alone, exit 9" {
	need_root
	users_orphan
	stop_rm listed --orphaned --grace 0
	shmtool "set" "$id" -p 660
	go_on
	assert_equal "$ended" 9
	assert_equal "$(rights_of "$id")" "660 65534 1"
	stop_rm listed --orphaned --grace 0
	shmtool "set" "$id" -u daemon
	go_on
	assert_equal "$ended" 9
	assert_equal "$(rights_of "$id")" "660 1 1"
}

@test "listed, and removed by another: no error by filter, exit 3 by name" {
	id=$(make_orphan)
	stop_rm listed --orphaned --grace 0
	ipcrm -m "$id"
	go_on
	assert_equal "$ended" 0
	assert_output_is ""
	assert_stderr_is ""
	id=$(make_orphan)
	stop_rm listed "$id"
	ipcrm -m "$id"
	go_on
	assert_equal "$ended" 3
	assert_stderr_has "segment $id"
	id=$(make_orphan)
	stop_rm listed -f "$id"
	ipcrm -m "$id"
	go_on
	assert_equal "$ended" 0
}

@test "locked out: an ordinary user can no longer attach, not even the owner" {
	need_root
	users_orphan
	stop_rm locked --orphaned --grace 0
	assert_equal "$(rights_of "$id")" "0 65534 1"
	# shellcheck disable=SC2016
	run as_user perl -e 'shmread($ARGV[0], my $x, 0, 1) and exit 9; print $!' "$id"
	assert_output_is "Permission denied"
	go_on
	assert_equal "$ended" 0
	assert_output_matches "^removed $id "
	assert_gone "$id"
}

@test "locked out, and attached meanwhile: mode and owner come back, exit 9" {
	need_root
	users_orphan
	local as
	for as in --orphaned "$id"; do
		stop_rm locked "$as" --grace 0
		hold_segment "$id"
		go_on
		assert_equal "$ended" 9
		assert_output_is ""
		assert_stderr_has "segment $id"
		assert_equal "$(rights_of "$id")" "640 65534 1"
		end_process "$holder_pid"
		assert_there "$id"
	done
}

@test "locked out, and attached and detached meanwhile: mode and owner come back, exit 9" {
	need_root
	users_orphan
	stop_rm locked --orphaned --grace 0
	printf x | foreign_write "$id" 0
	go_on
	assert_equal "$ended" 9
	assert_equal "$(rights_of "$id")" "640 65534 1"
}

@test "locked out, and somebody sets a mode: that stays, exit 9" {
	need_root
	users_orphan
	stop_rm locked --orphaned --grace 0
	as_user shmtool "set" "$id" -p 604
	go_on
	assert_equal "$ended" 9
	assert_equal "$(rights_of "$id")" "604 65534 1"
}

@test "locked out, and removed by another: no error" {
	id=$(make_orphan)
	stop_rm locked --orphaned --grace 0
	ipcrm -m "$id"
	go_on
	assert_equal "$ended" 0
	assert_stderr_is ""
}

@test "locked out by the owner, an ordinary user, and attached meanwhile: it comes back, too" {
	need_root
	users_orphan
	stop_at "${removal_steps[locked]}" setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$SHMTOOL" rm --orphaned --grace 0
	assert_equal "$(rights_of "$id")" "0 65534 1"
	hold_segment "$id"
	go_on
	assert_equal "$ended" 9
	assert_equal "$(rights_of "$id")" "640 65534 1"
}

@test "attached by root after the last look: marked, and said, exit 9" {
	need_root
	users_orphan
	stop_rm looked --orphaned --grace 0
	hold_segment "$id"
	go_on
	assert_equal "$ended" 9
	assert_output_lacks "removed"
	assert_stderr_has "segment $id"
	assert_stderr_has marked
	assert_equal "$(segment_field "$id" nattch)" 1
	end_process "$holder_pid"
	assert_gone "$id"
}

# rm, whose lines nobody reads: the pipe is full. Or its errors: those of unread_errors.
unread()
{
	shmtool "$@" >unread
}

unread_errors()
{
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 run_program "$@" 2>unread >told
}

# A fifo that takes no more, held open on descriptor 9
fill_fifo()
{
	[[ -p unread ]] || mkfifo unread
	exec 9<>unread
	perl -MFcntl -e 'fcntl STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK; 1 while syswrite STDOUT, "x" x 4096' >&9
}

count_is()
{
	[[ $(segment_count) == "$1" ]]
}

@test "SIGTERM while nobody reads its lines: it ends, and the rest stays" {
	local id
	for _ in {1..5}; do
		id=$(make_orphan)
	done
	fill_fifo
	background unread rm --orphaned --grace 0
	wait_until count_is 4
	kill -TERM "$background_pid"
	wait_until process_is_gone "$background_pid"
	exec 9>&-
	segment_exists "$id"
	assert_equal "$(segment_count)" 4
}

@test "SIGTERM while nobody reads its errors: it ends, and what was removed is told" {
	local held alone
	held=$(make_segment)
	hold_segment "$held"
	# also where no child can be had
	for alone in '' 1; do
		[[ ! $alone ]] || need_root
		perl -e 'shmget(0, 4096, 01600) // die "shmget: $!" for 1 .. 100'
		awk -v held="$held" 'NR > 1 && $2 != held { print "removed " $2 }' /proc/sysvipc/shm >ids
		fill_fifo
		# of what it leaves alone, -v tells on stderr
		# shellcheck disable=SC2086 # words, or none
		background unread_errors ${alone:+unshare --pid} "$SHMTOOL" rm --all -v
		wait_until count_is 1
		kill -TERM "$background_pid"
		wait_for_status "$background_pid"
		assert_equal "$ended" 143
		exec 9>&-
		segment_exists "$held"
		cut -d' ' -f1,2 told | cmp - ids
	done
}

@test "errors that are read late: it waits, and goes on" {
	local held
	make_orphan
	held=$(make_segment)
	hold_segment "$held"
	make_orphan
	fill_fifo
	background unread_errors "$SHMTOOL" rm --all -v
	wait_until count_is 1
	cat unread >said &
	wait_until process_is_gone "$background_pid"
	wait_until grep -q "segment $held (no key) was left alone: it is attached" said
	kill $!
	exec 9>&-
	assert_equal "$(grep -c '^removed' told)" 2
	grep -q '^total 2 segments' told
}

@test "-m whose line cannot be written: exit 7, and what was removed is told" {
	id=$(make_segment)
	other=$(make_segment)
	# shellcheck disable=SC2016
	run --separate-stderr bash -c '"$0" rm -v -m "$1" -m "$2" >/dev/full' "$SHMTOOL" "$id" "$other"
	expect_status 7
	assert_stderr_is "shmtool rm: removed or marked all the same: $id
shmtool rm: cannot write the output: No space left on device"
	assert_gone "$id"
	assert_there "$other"
}

@test "-m whose line nobody reads, and SIGTERM: what was removed is told" {
	id=$(make_segment)
	other=$(make_segment)
	fill_fifo
	unread_line()
	{
		shmtool rm -v -m "$id" -m "$other" >unread
	}
	background unread_line
	wait_until count_is 1
	kill -TERM "$background_pid"
	wait_for_status "$background_pid"
	assert_equal "$ended" 143
	exec 9>&-
	assert_equal "$(<"$background_errors")" "shmtool rm: removed or marked all the same: $id"
	assert_there "$other"
}

@test "SIGTERM in the middle: nothing is left at mode 0, and the rest stays" {
	id=$(make_orphan)
	other=$(make_orphan)
	stop_rm locked --orphaned --grace 0
	kill -TERM "$program_pid"
	# it is passed on
	wait_until grep -q '^ShdPnd:.*[1-9a-f]' "/proc/$stopped_pid/status"
	go_on
	assert_equal "$ended" 143
	assert_gone "$id"
	assert_there "$other"
	assert_equal "$(segment_field "$other" perms)" 600
}

@test "SIGTERM while it is attached meanwhile: the mode comes back" {
	need_root
	id=$(make_orphan)
	stop_rm locked --orphaned --grace 0
	hold_segment "$id"
	kill -TERM "$program_pid"
	go_on
	assert_equal "$ended" 143
	assert_equal "$(rights_of "$id")" "600 0 0"
}

# shmat(2) may have let somebody in before the lock-out whom nattch does not count yet:
# no look counts before those are waited for, and one wait is enough for all.
@test "all are locked out, then it waits once for who is on his way in, then they are removed" {
	need_root
	need_strace
	(($(getconf _NPROCESSORS_ONLN) > 1)) || skip 'there is nobody to wait for with one processor'
	local step='{ sub(/^[0-9]+ +/, "") }
		/IPC_SET/ { print "lock" } /^membarrier\(MEMBARRIER_CMD_GLOBAL/ { print "wait" }
		/nanosleep/ { print "sleep" } /IPC_RMID/ { print "remove" }'
	steps()
	{
		for _ in {1..4}; do
			make_orphan >/dev/null
		done
		ASAN_OPTIONS=detect_leaks=0 run --separate-stderr strace -f -qq -o trace \
			-e trace=shmctl,membarrier,nanosleep,clock_nanosleep "$@" \
			"$SHMTOOL" rm --orphaned --grace 0
		expect_status 0
		assert_equal "$(segment_count)" 0
		output=$(awk "$step" trace | tr '\n' ' ')
	}
	# the first one alone
	steps
	assert_output_is 'lock wait remove lock lock lock wait remove remove remove '
	# a kernel or a sandbox that has no membarrier(2)
	steps -e inject=membarrier:error=EPERM
	assert_output_is 'lock wait sleep remove lock lock lock wait sleep remove remove remove '
	grep -q 'nanosleep.*tv_nsec=20000000' trace
	# nothing is waited for when nobody is locked out
	hold_segment "$(make_segment)"
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o trace -e trace=membarrier -e signal=none "$SHMTOOL" rm --all --even-attached >lines
	run cat trace
	assert_output_is ''
}

@test "let in before the lock-out, and counted when that has been waited for: left alone" {
	need_root
	users_orphan
	stop_rm settled --orphaned --grace 0
	hold_segment "$id"
	go_on
	assert_equal "$ended $output" '9 '
	assert_equal "$(rights_of "$id")" "640 65534 1"
}

@test "its child is killed while a segment is locked out: the mode comes back, exit 7" {
	need_root
	users_orphan
	other=$(make_orphan)
	stop_rm locked --orphaned --grace 0
	assert_equal "$(rights_of "$id")" "0 65534 1"
	kill -KILL "$stopped_pid"
	go_on
	assert_equal "$ended $output" '7 '
	assert_equal "$stderr" "shmtool rm: the work was ended by signal 9; nothing more was done"
	assert_equal "$(rights_of "$id")" "640 65534 1"
	assert_equal "$(rights_of "$other")" "600 0 0"
}

# The first is removed alone; of the others some are, when the next call kills. (Not
# the first call: what mends is killed by its own first one, then.)
@test "its child is killed among others: what was removed is told, and nobody is locked out" {
	need_root
	need_strace
	local at json removed ids=()
	for json in '' -J; do
		for at in {2..40}; do
			ipcrm --all=shm
			for _ in {1..6}; do
				make_orphan 4096 640 >/dev/null
			done
			mapfile -t ids < <(awk 'NR > 1 { print $2 }' /proc/sysvipc/shm)
			# shellcheck disable=SC2086 # an option, or none
			ASAN_OPTIONS=detect_leaks=0 run --separate-stderr strace -f -qq -o trace -e trace=shmctl \
				-e inject="shmctl:signal=KILL:when=$at" "$SHMTOOL" rm --orphaned --grace 0 $json
			((status)) || break
			expect_status 7
			assert_stderr_is "shmtool rm: the work was ended by signal 9; nothing more was done"
			if [[ $json ]]; then
				jq -r '.results[] | select(.result == "removed").id' <<<"$output"
			else
				sed -n 's/^removed \([0-9]*\) key.*/\1/p' <<<"$output"
				removed=$((6 - $(segment_count)))
				((!removed)) || assert_output_has "total $removed segment"
			fi >told
			awk '$3 == 640 { print $2 }' /proc/sysvipc/shm | sort - told >all
			printf '%s\n' "${ids[@]}" | sort | cmp - all
		done
		# each of its calls was the last
		((at > 20 && at < 40))
	done
}

# So many, and their ids in the order of the kernel's list
orphans_as_listed()
{
	local _
	for _ in $(seq "$1"); do
		make_orphan >/dev/null
	done
	mapfile -t ids < <(awk 'NR > 1 { print $2 }' /proc/sysvipc/shm)
}

# Neither of which is ours to give back or to tell.
@test "its child is killed: what it had not come to stays as others left it" {
	need_root
	local ids
	orphans_as_listed 5
	stop_at "child:after:shmctl:IPC_SET:1:${ids[1]}" shmtool rm --orphaned --grace 0
	assert_equal "$(rights_of "${ids[1]}")" "0 0 0"
	shmtool "set" "${ids[3]}" -p 0
	ipcrm -m "${ids[4]}"
	kill -KILL "$stopped_pid"
	go_on
	assert_equal "$ended" 7
	assert_output_matches "^removed ${ids[0]} "
	assert_equal "$stderr" "shmtool rm: the work was ended by signal 9; nothing more was done"
	assert_equal "$(rights_of "${ids[1]}")" "600 0 0"
	assert_equal "$(rights_of "${ids[2]}")" "600 0 0"
	assert_equal "$(rights_of "${ids[3]}")" "0 0 0"
}

@test "its child is killed when it has marked what somebody attached: that is told" {
	need_root
	local ids
	orphans_as_listed 3
	stop_at "child:shmctl:IPC_RMID:1:${ids[1]} child:after:shmctl:IPC_RMID:1:${ids[1]}" \
		shmtool rm --orphaned --grace 0
	hold_segment "${ids[1]}"
	stop_again
	kill -KILL "$stopped_pid"
	go_on
	assert_equal "$ended" 9
	assert_stderr_has "shmtool rm: segment ${ids[1]} (no key): a privileged process attached it in the last moment"
	assert_equal "$(rights_of "${ids[2]}")" "600 0 0"
}

@test "its child is killed when it has marked what is attached, as asked: that is told" {
	id=$(make_segment)
	hold_segment "$id"
	stop_rm removed --all --even-attached
	kill -KILL "$stopped_pid"
	go_on
	assert_equal "$ended" 7
	assert_output_matches "^marked $id .*"
	assert_equal "$stderr" "shmtool rm: the work was ended by signal 9; nothing more was done"
}

@test "SIGTERM or the like to rm, and its child is killed: the mode comes back before rm ends" {
	need_root
	local signal
	users_orphan
	for signal in TERM USR1; do
		stop_rm settled --orphaned --grace 0
		kill -"$signal" "$program_pid"
		kill -KILL "$stopped_pid"
		go_on
		assert_equal "$ended" $((128 + $(kill -l "$signal")))
		assert_equal "$(rights_of "$id")" "640 65534 1"
	done
}

# More lines than a pipe holds, of which nobody reads any.
@test "SIGTERM when it has removed many, and nobody reads on: each has a line or is told" {
	local signal
	local alone=()
	for signal in TERM PIPE ALONE; do
		# where no child can be had
		if [[ $signal == ALONE ]]; then
			need_root
			alone=(env ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" unshare --pid)
		fi
		perl -e 'shmget(0, 4096, 01600) // die "shmget: $!" for 1 .. 3000'
		awk 'NR > 1 { print $2 }' /proc/sysvipc/shm | sort >ids
		rm -f unread
		mkfifo unread
		exec 9<>unread
		unread_told()
		{
			run_program "${alone[@]}" "$SHMTOOL" rm --orphaned --grace 0 >unread 2>told 9<&-
		}
		background unread_told
		wait_until count_is 0
		if [[ $signal != PIPE ]]; then
			kill -TERM "$background_pid"
			wait_for_status "$background_pid"
			assert_equal "$ended" 143
			perl -MFcntl -e 'fcntl STDIN, F_SETFL, O_NONBLOCK; print while <STDIN>' <&9 >lines
			exec 9<&-
		else
			head -n 100 <&9 >lines
			exec 9<&-
			wait_until process_is_gone "$background_pid"
		fi
		run cat told
		assert_output_has 'removed or marked all the same: '
		# head took more than it printed
		{
			sed -n 's/^removed \([0-9]*\) key.*/\1/p' lines
			sed -n 's/^shmtool rm: removed or marked all the same: //p' told | tr ' ' '\n'
		} | sort >all
		if [[ $signal != PIPE ]]; then
			cmp all ids
		else
			assert_equal "$(comm -13 ids all)" ''
			(($(wc -l <all) > 1500))
		fi
	done
}

@test "SIGTERM when it has removed many, and nobody reads lines nor errors: it ends" {
	perl -e 'shmget(0, 4096, 01600) // die "shmget: $!" for 1 .. 3000'
	fill_fifo
	unread_both()
	{
		shmtool rm --orphaned --grace 0 >both 2>unread
	}
	mkfifo both
	exec 8<>both
	background unread_both
	wait_until count_is 0
	kill -TERM "$background_pid"
	wait_until process_is_gone "$background_pid"
	exec 8<&- 9<&-
}

@test "no child can be had, and the reader is gone: what was removed is told" {
	need_strace
	local first
	orphans_as_listed 2
	first=${ids[0]}
	mkfifo broken
	# shellcheck disable=SC2094
	exec 5<>broken 6>broken 5<&-
	# shellcheck disable=SC2016
	ASAN_OPTIONS=detect_leaks=0 run --separate-stderr bash -c 'strace -f -qq -o trace \
		-e trace=clone,clone3 -e inject=clone,clone3:error=EAGAIN "$0" rm --all >&6' "$SHMTOOL"
	expect_status 141
	assert_stderr_is "shmtool rm: removed or marked all the same: $first"
	assert_equal "$(segment_count)" 1
}

# A command line in a terminal whose other side is not read, which takes less than poll(2)
# promises. Its pid is in the file pid. Before it, what makes another user of it.
in_unread_terminal()
{
	rm -f pid go
	mkfifo -m 666 go
	background "${@:2}" script -qfc "echo \$\$ >pid; read -r _ <go; exec $1" screen
	wait_until test -s pid
	kill -STOP "$background_pid"
	echo >go
}

# One signal, as a supervisor sends it, and then waits
ends_in_terminal()
{
	kill -TERM "$(<pid)"
	wait_until process_is_gone "$(<pid)"
	kill -CONT "$background_pid"
	wait_until process_is_gone "$background_pid"
}

@test "SIGTERM while a terminal takes no more: it ends, and tells the rest" {
	perl -e 'shmget(0, 4096, 01600) // die "shmget: $!" for 1 .. 3000'
	in_unread_terminal "'$SHMTOOL' rm --orphaned --grace 0 2>told"
	wait_until count_is 0
	ends_in_terminal
	grep -q 'removed or marked all the same: ' told
}

# Whether the child of that process waits in write(2) for its descriptor 2: a call with
# that number first and no address third.
child_waits_for_stderr()
{
	awk '{ exit !($2 == "0x2" && $4 != "0x0" && length($4) < 7) }' "/proc/$(pgrep -P "$1")/syscall"
}

@test "SIGTERM while a terminal takes no more errors: it ends" {
	need_root
	local errors
	# those that it leaves alone, and those that it cannot remove
	perl -e 'shmget($_, 4096, 01640) // die "shmget: $!" for 1 .. 1000'
	keep_lists
	seq 1000 | sed s,^,key:, >"$lists/keep"
	chmod 777 .
	for errors in "--keep-file $lists/keep -v" "--ignore-keep"; do
		rm -f told screen
		in_unread_terminal "'$SHMTOOL' rm --all $errors >told" setpriv --reuid 65534 --clear-groups
		wait_until child_waits_for_stderr "$(<pid)"
		ends_in_terminal
	done
}

# More ids than a terminal takes that nobody reads
@test "SIGTERM while a terminal takes no more of the ids of what is removed: it ends" {
	need_root
	local alone
	seek_no_leaks
	set_limit shmmni 32768
	mkfifo unread
	for alone in '' 'unshare --pid'; do
		perl -e 'shmget(0, 4096, 01640) // die "shmget: $!" for 1 .. 12000'
		exec 9<>unread
		in_unread_terminal "$alone '$SHMTOOL' rm --all >unread"
		wait_until count_is 0
		ends_in_terminal
		exec 9>&-
	done
}

@test "nobody reads its errors any more: SIGPIPE, as ipcrm ends" {
	local held
	held=$(make_segment)
	hold_segment "$held"
	make_orphan >/dev/null
	# shellcheck disable=SC2016
	run bash -c 'exec 5> >(exit); wait $!; exec "$0" rm -v --all 2>&5 >lines' "$SHMTOOL"
	expect_status 141
	# its lines are read, though late
	end_process "$holder_pid"
	ipcrm --all=shm
	make_orphan >/dev/null
	held=$(make_segment)
	hold_segment "$held"
	perl -e 'shmget(0, 4096, 01600) // die "shmget: $!" for 1 .. 3000'
	# shellcheck disable=SC2016
	run bash -c 'exec 5> >(exit); wait $!
		"$0" rm -v --all 2>&5 | { sleep 0.3; cat; }; exit ${PIPESTATUS[0]}' "$SHMTOOL"
	expect_status 141
	assert_equal "$(grep -c '^removed' <<<"$output")" 3001
}

@test "init of a container that gets SIGTERM while nobody reads: it tells what was removed, and ends" {
	need_root
	local limit
	seek_no_leaks
	# with a child, and without
	for limit in '' 'prlimit --nproc=1'; do
		fill_fifo
		init()
		{
			# shellcheck disable=SC2086 # a command, or none
			exec unshare --pid --fork \
				setpriv --reuid 65534 --clear-groups $limit "$SHMTOOL" rm --all --ignore-keep >unread
		}
		users_orphan
		background init
		wait_until count_is 0
		kill -TERM "$(pgrep -P "$background_pid")"
		wait_for_status "$background_pid"
		assert_equal "$ended" 143
		exec 9>&-
		assert_equal "$(<"$background_errors")" "shmtool rm: removed or marked all the same: $id"
	done
}

@test "where its children have another PID namespace: it removes all the same" {
	need_root
	local id
	id=$(make_orphan)
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 run --separate-stderr \
		unshare --pid "$SHMTOOL" rm --orphaned --grace 0 -v
	assert_stderr_is ''
	assert_output_matches "^removed $id "
	expect_status 0
	assert_gone "$id"
}

@test "rm itself is killed: its child ends what it has begun, and tells it" {
	need_root
	local ignored
	other=$(make_orphan)
	# also where it inherits that it shall not end by that
	for ignored in '' TERM; do
		[[ ! $ignored ]] || trap '' "$ignored"
		ipcrm -m "$other"
		users_orphan
		other=$(make_orphan)
		stop_rm locked --orphaned --grace 0
		kill -KILL "$program_pid"
		go_on
		assert_equal "$ended" 137
		assert_output_matches "^removed $id .*$"
		assert_gone "$id"
		assert_equal "$(rights_of "$other")" "600 0 0"
	done
	trap - TERM
}

@test "rm itself is killed when nobody reads its lines: its child tells what it removed" {
	perl -e 'shmget(0, 4096, 01600) // die "shmget: $!" for 1 .. 100'
	awk 'NR > 1 { print $2 }' /proc/sysvipc/shm | sort >ids
	fill_fifo
	background unread rm --all
	wait_until count_is 99
	kill -KILL "$background_pid"
	wait_until grep -q 'removed or marked all the same: ' "$background_errors"
	exec 9>&-
	{
		sed -n 's/^shmtool rm: removed or marked all the same: //p' "$background_errors" | tr ' ' '\n'
		awk 'NR > 1 { print $2 }' /proc/sysvipc/shm
	} | sort | cmp - ids
}

@test "no further process may be made: it removes all the same" {
	need_strace
	id=$(make_orphan)
	ASAN_OPTIONS=detect_leaks=0 run --separate-stderr strace -f -qq -o trace -e trace=clone,clone3,fork \
		-e inject=clone,clone3,fork:error=EAGAIN "$SHMTOOL" rm --orphaned --grace 0
	expect_status 0
	assert_stderr_is ''
	assert_output_matches "^removed $id "
	assert_gone "$id"
	grep -q EAGAIN trace
}

@test "a hint that helps against several failures is given once" {
	need_root
	make_segment >/dev/null
	make_segment >/dev/null
	try_as_user rm --all
	expect_status 5
	assert_equal "$(grep -c 'permission denied' <<<"$stderr")" 2
	assert_equal "$(grep -c 'hint: ' <<<"$stderr")" 1
}

@test "-v says of one that was named why the filters leave it out" {
	local id
	id=$(make_orphan)
	try rm "$id" --orphaned -v
	expect_status 0
	assert_output_is ''
	assert_stderr_matches "^shmtool rm: segment $id \\(no key\\) does not pass the filters: it is detached, idle for [0-9]+s$"
	assert_there "$id"
}

@test "-n -m of another's: exit 5, as it would be" {
	id=$(make_segment)
	try_as_user rm -n -m "$id"
	expect_status 5
	assert_output_is ''
	try_as_user rm -J "$id"
	expect_status 5
	assert_equal "$(jq -r '.results[0].result' <<<"$output")" failed
	segment_exists "$id"
}

# The lock-out, and then no call on segments works any more.
@test "a mode that cannot be set back: exit 9, and what to do" {
	need_root
	need_strace
	local words
	seek_no_leaks
	for words in '' -J; do
		id=$(make_orphan 4096 640)
		# shellcheck disable=SC2086 # an option, or none
		stop_rm locked $words "$id"
		background strace -qq -o trace -e trace=shmctl -e inject=shmctl:error=EIO -p "$stopped_pid"
		wait_until grep -q '^TracerPid:.*[1-9]' "/proc/$stopped_pid/status"
		go_on
		assert_equal "$ended" 9
		assert_stderr_has "segment $id (no key) was left alone, and its mode could not be set back from 0000"
		assert_stderr_has "hint: nobody can attach it until you do: shmtool set $id -p 0640"
		[[ ! $words ]] || assert_equal "$(jq -r '.results[0].result' <<<"$output")" left
	done
}
