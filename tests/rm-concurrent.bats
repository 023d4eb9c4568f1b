#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rm: what others do with a segment between two steps of its removal.

bats_require_minimum_version 1.5.0
load lib/common
load lib/removal
load lib/stop

setup()
{
	removal_setup
}

@test "a segment that is used after it was listed is not removed: exit 9" {
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

@test "a segment that is attached after it was listed is not removed: exit 9" {
	need_root
	users_orphan
	stop_rm listed --orphaned --grace 0
	hold_segment "$id"
	go_on
	assert_equal "$ended" 9
	assert_output_is ""
	assert_equal "$(rights_of "$id")" "640 65534 1"
}

@test "rm waits for another removal, and does not report its segments: exit 0" {
	need_root
	users_orphan
	exec {lock}</proc/self/ns/ipc
	flock "$lock"
	stop_at nanosleep shmtool rm --orphaned --grace 0
	ipcrm -m "$id"
	exec {lock}>&-
	go_on
	assert_equal "$ended" 0
	assert_output_is ""
	assert_stderr_is ""
}

@test "a signal while rm waits for another removal: it removes nothing" {
	users_orphan
	exec {lock}</proc/self/ns/ipc
	flock "$lock"
	stop_at nanosleep shmtool rm --orphaned --grace 0
	kill -TERM "$stopped_pid"
	go_on
	exec {lock}>&-
	assert_equal "$ended" 143
	assert_output_is ""
	assert_there "$id"
}

@test "if another process keeps the lock, rm waits for a moment and then removes" {
	need_root
	users_orphan
	exec {lock}</proc/self/ns/ipc
	flock "$lock"
	try rm --orphaned --grace 0
	exec {lock}>&-
	expect_status 0
	assert_output_matches "^removed $id "
}

@test "a segment whose mode is set to 0 after it was listed is not removed, and stays at mode 0: exit 9" {
	need_root
	users_orphan
	stop_rm listed --orphaned --grace 0
	shmtool "set" "$id" -p 0
	go_on
	assert_equal "$ended" 9
	assert_stderr_has "segment $id"
	assert_equal "$(rights_of "$id")" "0 65534 1"
}

# Mode 0 may be set by another removal, which then finds the segment attached and restores
# its mode.
@test "a segment of mode 0 whose mode is restored in the meantime keeps that mode: exit 9" {
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

@test "a segment of mode 0 that is attached in the meantime is not removed: exit 9" {
	need_root
	users_orphan
	shmtool "set" "$id" -p 0
	stop_rm seen --orphaned --grace 0
	hold_segment "$id"
	go_on
	assert_equal "$ended" 9
	assert_equal "$(rights_of "$id")" "0 65534 1"
}

@test "an unused segment of mode 0 is removed like any other" {
	id=$(make_orphan)
	shmtool "set" "$id" -p 0
	try rm --orphaned --grace 0
	expect_status 0
	assert_output_has "removed $id "
	assert_equal "$(segment_count)" 0
}

@test "a segment whose owner or mode changes after it was listed is not removed: exit 9" {
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

# set_directly ID OFFSET TYPE VALUE: IPC_SET of this field of struct ipc_perm, without attaching it
set_directly()
{
	# shellcheck disable=SC2016
	perl -e 'my ($id, $offset, $type, $value) = @ARGV;
		shmctl $id, 2, my $ds or die "$!\n";
		substr $ds, $offset, length pack($type, 0), pack $type, $value;
		shmctl $id, 1, $ds or die "$!\n"' "$@"
}

# made, listed and given another mode: id
mode_is_set_within_a_second()
{
	ipcrm --all=shm
	id=$(make_orphan)
	stop_rm listed --orphaned --grace 0
	set_directly "$id" 20 S $((0640))
	local changed used
	changed=$(segment_field "$id" ctime)
	used=$(segment_field "$id" atime)
	go_on
	((changed == used))
}

# IPC_SET shows in the time of the last change, too, unless it comes in the second of the one before.
@test "a segment whose mode changes in the second in which it was made is not removed: exit 9" {
	wait_until mode_is_set_within_a_second
	assert_equal "$ended" 9
	assert_equal "$(segment_field "$id" perms)" 640
}

@test "a blocked segment that gets another owner is not removed: exit 9" {
	need_root
	users_orphan
	stop_rm locked --orphaned --grace 0
	set_directly "$id" 4 L 1
	go_on
	assert_equal "$ended" 9
	assert_equal "$(rights_of "$id")" "640 1 1"
}

@test "no process of the user can trace the worker" {
	need_root
	users_orphan
	stop_at "${removal_steps[listed]}" as_user shmtool rm "$id"
	# what belongs to root in /proc is that of a process that cannot be dumped (ptrace(2), proc(5))
	assert_equal "$(stat -c %u "/proc/$program_pid/maps" "/proc/$stopped_pid/maps" | paste -sd ' ')" '65534 0'
	go_on
	assert_equal "$ended" 0
}

@test "a segment that another process removes: no error by filter, exit 3 by name" {
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

@test "no ordinary user can attach a blocked segment, not even its owner" {
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

@test "a blocked segment that was attached just before: mode and owner are restored, exit 9" {
	need_root
	users_orphan
	local as
	for as in '--orphaned --grace 0' "$id"; do
		# shellcheck disable=SC2086 # words
		stop_rm locked $as
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

@test "a blocked segment that was never used, and then attached: a note names the lost last user" {
	need_root
	id=$(make_segment)
	stop_rm locked --orphaned --grace 0
	hold_segment "$id"
	go_on
	assert_equal "$ended" 9
	assert_stderr_has "note: the last user of segment $id (process $holder_pid) is no longer on record"
}

@test "a segment that a process uses just before it is attached: a note that its last user is lost" {
	need_root
	local user
	for user in '' used; do
		if [[ $user ]]; then id=$(make_orphan); else id=$(make_segment); fi
		# so that the time of the detach shows it
		wait_until next_second_of "$EPOCHSECONDS"
		stop_at child:shmat shmtool rm "$id"
		# shellcheck disable=SC2016 # it is for perl
		background perl -e '$| = 1; shmread($ARGV[0], my $x, 0, 1) or die; print "done\n"; sleep 1 while 1' "$id"
		wait_until test -s "$background_output"
		go_on
		assert_equal "$ended" 9
		assert_stderr_has "note: the last user of segment $id (not known here) is no longer on record"
	done
}

next_second_of()
{
	((EPOCHSECONDS > $1 + 1))
}

@test "a blocked segment that was attached and detached: mode and owner are restored, exit 9" {
	need_root
	users_orphan
	stop_rm locked --orphaned --grace 0
	printf x | foreign_write "$id" 0
	go_on
	assert_equal "$ended" 9
	assert_equal "$(rights_of "$id")" "640 65534 1"
}

@test "a blocked segment whose mode another process sets keeps that mode: exit 9" {
	need_root
	users_orphan
	stop_rm locked --orphaned --grace 0
	as_user shmtool "set" "$id" -p 604
	go_on
	assert_equal "$ended" 9
	assert_equal "$(rights_of "$id")" "604 65534 1"
}

@test "a blocked segment that another process removes: no error" {
	id=$(make_orphan)
	stop_rm locked --orphaned --grace 0
	ipcrm -m "$id"
	go_on
	assert_equal "$ended" 0
	assert_stderr_is ""
}

@test "a segment that an ordinary user blocks, and that was attached: its mode is restored, too" {
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

@test "a segment that root attaches after the last check is marked for removal and reported: exit 9" {
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

# An attachment may be in progress that passed the check of the mode and is not in nattch
# yet: so nattch is valid only after waiting for those, and one wait is enough for all.
@test "all segments are blocked, then rm waits once for attachments in progress, then all are removed" {
	need_root
	need_strace
	(($(getconf _NPROCESSORS_ONLN) > 1)) || skip 'with one processor, rm does not rely on membarrier'
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
	# rm does not wait if no segment is blocked
	hold_segment "$(make_segment)"
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o trace -e trace=membarrier -e signal=none "$SHMTOOL" rm --all --even-attached >lines
	run cat trace
	assert_output_is ''
}

# Any user can make this call take minutes.
@test "if waiting for attachments in progress takes too long, the modes are restored: exit 9" {
	need_root
	users_orphan
	make_orphan >/dev/null
	stop_at child:syscall:SYS_membarrier shmtool rm --orphaned --grace 0
	wait_for_status "$program_pid"
	assert_equal "$ended" 9
	assert_equal "$(head -n 1 "$program_output.err")" "shmtool rm: segment $id (no key) was not removed: \
it took too long to find out whether a process is attaching it; its idle time may begin anew"
	assert_equal "$(rights_of "$id")" "640 65534 1"
	kill -CONT "$stopped_pid"
	wait_until process_is_gone "$stopped_pid"
	# the same if that child is killed
	run --separate-stderr with_steps kill:child:syscall:SYS_membarrier shmtool rm --orphaned --grace 0
	expect_status 9
	assert_equal "$(rights_of "$id")" "640 65534 1"
}

@test "a segment with an attachment in progress when it is blocked is not removed" {
	need_root
	users_orphan
	stop_rm settled --orphaned --grace 0
	hold_segment "$id"
	go_on
	assert_equal "$ended $output" '9 '
	assert_equal "$(rights_of "$id")" "640 65534 1"
}

# After the segment is blocked, all calls on segments fail.
@test "a mode that cannot be restored: exit 9, and what to do" {
	need_root
	local words
	export STOP_ERROR=EIO
	for words in '' -J; do
		id=$(make_orphan 4096 640)
		# shellcheck disable=SC2086 # an option, or none
		run --separate-stderr with_steps "child:after:delay:shmctl:IPC_SET then:child:fail:shmctl::1+" \
			shmtool rm $words "$id"
		expect_status 9
		assert_stderr_has "segment $id (no key) was not removed, and its mode is still 0000: cannot restore it: Input/output error"
		assert_stderr_has "hint: restore its mode, or no process can attach it: shmtool set $id -p 0640"
		[[ ! $words ]] || assert_equal "$(jq -r '.results[0].result' <<<"$output")" not-removed
	done
}
