#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rm: it, or its child, is killed or ends by a signal, or it can have no child.

bats_require_minimum_version 1.5.0
load lib/common
load lib/removal
load lib/stop

setup()
{
	removal_setup
}

# That, and whose last user is not known any more since the worker held it: nothing else
assert_killed_is_said()
{
	assert_equal "$(grep -v '^shmtool rm: note: the last user of segment [0-9]* (process [0-9]*) is no longer on record, since shmtool attached it$' <<<"$stderr")" \
		"shmtool rm: the worker process was killed by signal 9; nothing more was removed"
}

@test "SIGTERM during the removal: no segment stays at mode 0, and the rest is not removed" {
	id=$(make_orphan)
	other=$(make_orphan)
	stop_rm locked --orphaned --grace 0
	kill -TERM "$program_pid"
	go_on
	assert_equal "$ended" 143
	assert_gone "$id"
	assert_there "$other"
	assert_equal "$(segment_field "$other" perms)" 600
}

@test "if another process stops the child, rm continues it" {
	id=$(make_orphan)
	stop_rm locked --orphaned --grace 0
	kill -STOP "$stopped_pid"
	wait_for_status "$program_pid"
	assert_equal "$ended" 0
	assert_gone "$id"
}

@test "if another process stops the child again and again, the mode is restored: exit 7" {
	need_root
	users_orphan
	STOP_DELAY=100000000 stop_at "delay:${removal_steps[locked]}" shmtool rm --orphaned --grace 0
	while kill -STOP "$stopped_pid" 2>/dev/null; do
		:
	done
	wait_for_status "$program_pid"
	stderr=$(<"$program_output.err")
	assert_equal "$ended" 7
	assert_killed_is_said
	assert_equal "$(rights_of "$id")" "640 65534 1"
}

# Before each call of rm, and then before each of its child's
# only_orphans COUNT: creates them, and removes all other segments; their ids in ids
only_orphans()
{
	# shellcheck disable=SC2016
	mapfile -t ids < <(perl -e '
		open my $list, "<", "/proc/sysvipc/shm" or die;
		<$list>;
		while (<$list>) { shmctl((split)[1], 0, 0) } # IPC_RMID
		for (1 .. $ARGV[0]) {
			my $id = shmget(0, 4096, 01640) // die "shmget: $!";
			shmwrite($id, "x", 0, 1) or die "shmwrite: $!";
			print $id + 0, "\n" }' "$1")
}

# Each of ids was reported as removed, or is there with its mode, and none is both.
assert_each_removed_or_unchanged()
{
	# shellcheck disable=SC2016
	perl -MJSON::PP -e '
		local $/;
		my $output = <STDIN>;
		my @found = $output =~ /^\{/
			? map { $_->{id} } grep { $_->{result} eq "removed" } @{decode_json($output)->{results}}
			: $output =~ /^removed (\d+) key/mg;
		open my $list, "<", "/proc/sysvipc/shm" or die;
		for (split /\n/, <$list>) { my @row = split; push @found, $row[1] if $row[2] eq 640 }
		my ($found, $wanted) = map { join " ", sort @$_ } \@found, \@ARGV;
		die "removed or unchanged: $found, not $wanted\n" if $found ne $wanted' "${ids[@]}" <<<"$output"
}

@test "SIGTERM at any moment: what was removed is reported, and the rest is unchanged" {
	local who at ids=() calls=()
	export STOP_RUN
	# the process that runs this, or its parent
	# shellcheck disable=SC2016
	STOP_RUN='pid=$PPID; [ $who = parent ] || read -r _ _ _ pid _ </proc/$pid/stat; kill -TERM $pid'
	for who in parent child; do
		export who
		for ((at = 1; ; at++)); do
			only_orphans 4
			capture with_steps "run:$who:*::$at" shmtool rm --orphaned --grace 0
			[[ -s steps ]] || break
			mapfile -t -O "${#calls[@]}" calls <steps
			# it may have had nothing more to do
			[[ $status == 0 && $(segment_count) == 0 ]] || expect_status 143
			assert_stderr_is ''
			assert_each_removed_or_unchanged
		done
		expect_status 0
	done
	printf '%s\n' "${calls[@]}" >calls
	grep -q ' fork ' calls
	(($(grep -c ' IPC_RMID ' calls) == 4))
}

@test "SIGTERM while another process has attached the segment: the mode is restored" {
	need_root
	id=$(make_orphan)
	stop_rm locked --orphaned --grace 0
	hold_segment "$id"
	kill -TERM "$program_pid"
	go_on
	assert_equal "$ended" 143
	assert_equal "$(rights_of "$id")" "600 0 0"
}

@test "if the child is killed while a segment is blocked, the mode is restored: exit 7" {
	need_root
	users_orphan
	other=$(make_orphan)
	stop_rm locked --orphaned --grace 0
	assert_equal "$(rights_of "$id")" "0 65534 1"
	kill -KILL "$stopped_pid"
	go_on
	assert_equal "$ended $output" '7 '
	assert_killed_is_said
	assert_equal "$(rights_of "$id")" "640 65534 1"
	assert_equal "$(rights_of "$other")" "600 0 0"
}

# Before each of its calls on segments
@test "if the child is killed among many segments, removed ones are reported, and none stays blocked" {
	need_root
	local at json removed ids=() calls=()
	for json in '' -J; do
		for ((at = 1; ; at++)); do
			only_orphans 6
			# shellcheck disable=SC2086 # an option, or none
			capture with_steps "kill:child:shm[acd]*::$at" shmtool rm --orphaned --grace 0 $json
			[[ -s steps ]] || break
			mapfile -t -O "${#calls[@]}" calls <steps
			expect_status 7
			assert_killed_is_said
			if [[ ! $json ]]; then
				removed=$((6 - $(segment_count)))
				((!removed)) || assert_output_has "total $removed segment"
			fi
			assert_each_removed_or_unchanged
		done
		# it was killed before each of its calls, and there are no more
		expect_status 0
	done
	printf '%s\n' "${calls[@]}" >calls
	grep -q IPC_SET calls
	(($(grep -c IPC_RMID calls) >= 12))
}

# Neither of them may be restored or reported.
@test "if the child is killed, segments that it had not begun are unchanged" {
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
	assert_killed_is_said
	assert_equal "$(rights_of "${ids[1]}")" "600 0 0"
	assert_equal "$(rights_of "${ids[2]}")" "600 0 0"
	assert_equal "$(rights_of "${ids[3]}")" "0 0 0"
}

@test "if the child is killed after it marked a segment that root attached, that is reported" {
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
	assert_stderr_has "shmtool rm: segment ${ids[1]} (no key): a process attached it at the last moment"
	assert_equal "$(rights_of "${ids[2]}")" "600 0 0"
}

@test "if the child is killed after it marked a segment by --even-attached, that is reported" {
	id=$(make_segment)
	hold_segment "$id"
	stop_rm removed --all --even-attached
	kill -KILL "$stopped_pid"
	go_on
	assert_equal "$ended" 7
	assert_output_matches "^marked $id .*"
	assert_killed_is_said
}

@test "if the child is killed just before it marks a segment, nothing is reported as marked" {
	id=$(make_segment)
	hold_segment "$id"
	stop_at child:shmctl:IPC_RMID shmtool rm --all --even-attached
	kill -KILL "$stopped_pid"
	go_on
	assert_equal "$ended" 7
	assert_output_is ''
	assert_killed_is_said
	assert_equal "$(segment_field "$id" perms)" 600
}

@test "if a signal comes and the child is killed, the mode is restored before rm ends" {
	need_root
	local signal
	users_orphan
	for signal in TERM USR1; do
		stop_rm settled --orphaned --grace 0
		# stopped itself, rm does not continue its child
		kill -STOP "$program_pid"
		kill -"$signal" "$program_pid"
		kill -KILL "$stopped_pid"
		kill -CONT "$program_pid"
		go_on
		assert_equal "$ended" $((128 + $(kill -l "$signal")))
		assert_equal "$(rights_of "$id")" "640 65534 1"
	done
}

@test "rm works if its children would be in another PID namespace" {
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

@test "if rm itself is killed, its child finishes the batch" {
	need_root
	local ignored ids
	# also where it inherits that it shall not end by that
	for ignored in '' TERM; do
		[[ ! $ignored ]] || trap '' "$ignored"
		orphans_as_listed 4
		# the first is removed alone, the others in the second batch
		stop_at "child:after:shmctl:IPC_SET:1:${ids[1]}" shmtool rm --orphaned --grace 0
		kill -KILL "$program_pid"
		wait_until process_is_gone "$program_pid"
		go_on
		assert_equal "$ended" 137
		assert_gone "${ids[@]}"
	done
	trap - TERM
}

# As timeout(1) and cron jobs do
@test "if its process group is killed, the child finishes the batch" {
	need_root
	local ids
	orphans_as_listed 4
	stop_at "child:after:shmctl:IPC_SET:1:${ids[1]}" setsid "$SHMTOOL" rm --orphaned --grace 0
	[[ $(ps -o pgid= -p "$program_pid") -eq $program_pid ]] || fail 'it leads no group'
	kill -KILL -- "-$program_pid"
	wait_until process_is_gone "$program_pid"
	go_on
	assert_gone "${ids[@]}"
}

@test "if the child ends in any other way than it should, the mode is restored: exit 7" {
	need_root
	users_orphan
	STOP_RUN=false run --separate-stderr with_steps run:child:after:shmctl:IPC_SET \
		shmtool rm --orphaned --grace 0
	expect_status 7
	assert_output_is ''
	assert_equal "$(rights_of "$id")" "640 65534 1"
}

# bats test_tags=long
@test "as the first process of a container, or below its init, rm waits for its child, which would end with it" {
	need_root
	users_orphan
	STOP_DELAY=15000 run --separate-stderr with_steps delay:child:after:shmctl:IPC_SET \
		unshare --pid --fork --mount-proc -- "$SHMTOOL" rm "$id"
	expect_status 0
	assert_equal "$(steps_taken)" 1
	assert_gone "$id"
	users_orphan
	# shellcheck disable=SC2016
	STOP_DELAY=15000 run --separate-stderr with_steps delay:child:after:shmctl:IPC_SET \
		unshare --pid --fork --mount-proc -- sh -c '"$@"; exit $?' sh "$SHMTOOL" rm "$id"
	expect_status 0
	assert_equal "$(steps_taken)" 1
	assert_gone "$id"
}

# A user can make each call in a namespace wait that they are in.
@test "if the child is blocked for long, rm ends, and the child restores the modes once it can" {
	need_root
	local id ids
	orphans_as_listed 4
	stop_at "child:after:shmctl:IPC_SET:1:${ids[2]}" shmtool rm --orphaned --grace 0
	wait_for_status "$program_pid"
	assert_equal "$ended" 9
	stderr=$(<"$program_output.err") output=$(<"$program_output")
	assert_output_matches "^removed ${ids[0]} "
	assert_equal "$(grep -c removed <<<"$output")" 1
	for id in "${ids[@]:1:2}"; do
		assert_stderr_has "segment $id (no key) was not removed, and its mode is still 0000: cannot restore it: the worker process does not respond"
	done
	# it is held, but not blocked yet
	assert_stderr_lacks "segment ${ids[3]} (no key) was"
	assert_stderr_has "the last user of segment ${ids[3]} "
	assert_stderr_has 'the worker process does not respond; nothing more was removed'
	kill -CONT "$stopped_pid"
	wait_until process_is_gone "$stopped_pid"
	for id in "${ids[@]:1}"; do
		assert_equal "$(segment_field "$id" perms)" 600
	done
}

@test "if the child that restores the mode is killed, too, rm itself restores it" {
	need_root
	users_orphan
	run --separate-stderr with_steps "kill:child:after:shmctl:IPC_SET then:kill:child:shmat" \
		shmtool rm --orphaned --grace 0
	expect_status 7
	assert_equal "$(rights_of "$id")" "640 65534 1"
}

@test "where waiting for the child is refused, rm does not work beside it" {
	need_root
	seek_no_leaks
	for _ in {1..20}; do
		make_orphan >/dev/null
	done
	capture "$HELPERS/refuse" EPERM wait4 "$SHMTOOL" rm --orphaned --grace 0
	assert_stderr_lacks 'it is attached'
	assert_stderr_has 'the worker process does not respond; nothing more was removed'
	# shellcheck disable=SC2016 # it is for awk
	wait_until awk 'NR > 1 && $3 % 1000 == 0 { exit 1 }' /proc/sysvipc/shm
}

@test "rm works if it cannot create a process" {
	id=$(make_orphan)
	export STOP_ERROR=EAGAIN
	run --separate-stderr with_steps fail:fork::1+ shmtool rm --orphaned --grace 0
	expect_status 0
	assert_stderr_is ''
	assert_output_matches "^removed $id "
	assert_gone "$id"
	(($(steps_taken) > 0))
}
