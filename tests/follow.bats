#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ls --follow: prints a line for every change of a segment, as it happens.

bats_require_minimum_version 1.5.0
load lib/common
load lib/reuse
load lib/stop

# follow ARGUMENT...: from now on; sets events, the file it writes to
follow()
{
	background shmtool ls --follow --interval 20ms -v "$@"
	events=$background_output
	wait_until file_has "$background_errors" watching
}

# It ends as it does elsewhere: what is killed is not counted by `make coverage`.
teardown()
{
	local pid
	while read -r pid; do
		kill "$pid" 2>/dev/null || continue
		wait_until process_is_gone "$pid"
	done <"$started"
	common_teardown
}

# printed ERE: there is such a line
printed()
{
	file_has "$events" "$1"
}

# printed_times N EVENT: there are so many lines of this event
printed_times()
{
	[[ $(grep -c " $2 " "$events") == "$1" ]]
}

printed_lines()
{
	[[ $(wc -l <"$events") == "$1" ]]
}

# change ID MODE: without attaching it, as shmtool set would. 1 is IPC_SET, 11 is
# SHM_LOCK; key, uid, gid, cuid, cgid and mode are the first words of a struct shmid_ds.
change()
{
	perl -e 'shmctl($ARGV[0], 1, pack "iLLLLL x88", 0, 0, 0, 0, 0, oct $ARGV[1]) or die "$!"' "$@"
}

event_names()
{
	awk '{ print $3 }' "$events" | paste -sd ' '
}

@test "each event (created, changed, attached, detached, marked, removed) has a line" {
	local id hold
	make_segment >/dev/null
	follow
	id=$(make_segment 4097 600 0x4d2)
	wait_until printed "^[0-9-]+ [0-9:]+ created $id key=0x000004d2 owner=root mode=0600 size=4097 nattch=0 state=detached cpid=$(segment_field "$id" cpid) lpid=0\$"
	change "$id" 640
	wait_until printed " changed $id .* mode=0640 "
	perl -e 'shmctl($ARGV[0], 11, 0) or die "$!"' "$id"
	wait_until printed_times 2 changed
	hold_segment "$id"
	hold=$holder_pid
	wait_until printed " attached $id .* nattch=1 state=attached .* lpid=$hold\$"
	end_process "$hold"
	wait_until printed " detached $id .* nattch=0 state=detached "
	hold_segment "$id"
	wait_until printed_times 2 attached
	ipcrm -m "$id"
	# the key that the kernel has taken from it
	wait_until printed " marked $id key=0x000004d2 .* nattch=1 state=dest "
	end_process "$holder_pid"
	wait_until printed " removed $id key=0x000004d2 .* state=dest "
	assert_equal "$(event_names)" 'created changed changed attached detached attached marked removed'
}

@test "--follow of a key or id shows that its segment is marked and removed" {
	local id words
	for words in 0x4d2 '--key 0x4d2'; do
		# shellcheck disable=SC2086 # words
		follow $words
		make_segment >/dev/null
		id=$(make_segment 4096 600 0x4d2)
		wait_until printed " created $id "
		hold_segment "$id"
		wait_until printed " attached $id "
		ipcrm -m "$id"
		wait_until printed " marked $id "
		end_process "$holder_pid"
		wait_until printed " removed $id "
		assert_equal "$(event_names)" 'created attached marked removed'
	done
}

@test "a segment that was attached and detached between two polls is reported with both" {
	local id
	id=$(make_segment)
	follow
	foreign_write "$id" 0 <<<x
	wait_until printed detached
	assert_equal "$(event_names)" 'attached detached'
	# once more within the same second, by another process
	foreign_write "$id" 0 <<<y
	wait_until printed_lines 4
	assert_equal "$(event_names)" 'attached detached attached detached'
}

@test "a key that is used again stands for another segment" {
	local id again
	id=$(make_segment 4096 600 7)
	follow
	ipcrm -m "$id"
	again=$(make_segment 4096 600 7)
	wait_until printed " removed $id "
	wait_until printed " created $again key=0x00000007 "
}

@test "many segments at once: no event is missed or repeated" {
	follow
	perl -e 'shmget(0, 1, 01600) // die for 1 .. 500'
	wait_until printed_times 500 created
	ipcrm --all=shm
	wait_until printed_times 500 removed
	assert_equal "$(awk '{ print $3, $4 }' "$events" | sort | uniq -d)" ''
}

@test "-H prints the fields, and follows nothing" {
	try ls -H
	fields=$output
	try ls --follow -H
	expect_status 0
	assert_output_is "$fields"
}

@test "-J prints one object per line that conforms to the schema; -o selects fields" {
	local id
	follow -J
	id=$(make_segment)
	wait_until printed '"event":"created"'
	hold_segment "$id"
	wait_until printed '"event":"attached"'
	ipcrm -m "$id"
	wait_until printed '"event":"marked"'
	end_process "$holder_pid"
	wait_until printed '"event":"removed"'
	assert_equal "$(jq -r "select(.segment.id == $id) | .event" "$events" | paste -sd ' ')" \
		'created attached marked removed'
	assert_equal "$(jq -c 'keys_unsorted' "$events" | sort -u)" '["event","time","segment"]'
	jq -e '.time | fromdate > 1500000000' "$events"
	assert_equal "$(jq '.segment | length' "$events" | sort -u)" "$(shmtool ls -H | wc -l)"
	validate <"$events"

	follow -J -o state,id
	id=$(make_segment)
	wait_until printed created
	assert_equal "$(jq -c .segment "$events")" "{\"state\":\"detached\",\"id\":$id}"
}

# With a child for each, a user with thousands of processes delayed the next list by seconds.
@test "-J asks at once for the processes of all segments that changed" {
	STOP_DELAY=0 background with_steps delay:parent:fork::1+ shmtool ls --follow --interval 300ms -J -v
	events=$background_output
	wait_until file_has "$background_errors" watching
	# shellcheck disable=SC2016
	background perl -e '
		my $parent = $$;
		for (1 .. 40) {
			next if fork;
			shmget(0, $_, 01600) // die;
			select undef, undef, undef, 0.1 while getppid == $parent;
			exit }
		sleep 1 while 1'
	wait_until printed_lines 40
	assert_equal "$(jq -r '.segment.ccmdline' <"$events" | grep -c 'getppid')" 40
	(($(steps_taken) < 10)) || fail "$(steps_taken) children"
}

@test "filters and SEGMENTs restrict what is reported" {
	local small big
	follow --min-size 1M
	small=$(make_segment 4096)
	big=$(make_segment 1048576)
	wait_until printed " created $big "
	ipcrm -m "$small" -m "$big"
	wait_until printed " removed $big "
	assert_equal "$(event_names)" 'created removed'

	small=$(make_segment 4096)
	follow "$small" key:9
	make_segment 4096 >/dev/null
	# a key is waited for
	big=$(make_segment 4096 600 9)
	ipcrm -m "$small"
	wait_until printed " removed $small "
	wait_until printed " created $big "
	assert_equal "$(event_names | tr ' ' '\n' | sort | paste -sd ' ')" 'created removed'
	# an id that is not there will never come
	try ls --follow 2147483647
	expect_status 3
	assert_stderr_has 'no segment has the id 2147483647'
}

@test "--follow is ended by a signal in the usual way" {
	local signal number
	for signal in INT TERM HUP; do
		# a background job of a shell ignores SIGINT
		# shellcheck disable=SC2016
		background perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$SHMTOOL" ls --follow -v
		wait_until file_has "$background_errors" watching
		kill "-$signal" "$background_pid"
		number=0
		wait "$background_pid" || number=$?
		assert_equal "$signal $number" "$signal $((128 + $(kill -l "$signal")))"
	done
}

@test "--follow ends when its output has no reader, even if nothing happens" {
	mkfifo pipe
	exec 9<>pipe
	# shellcheck disable=SC2016
	background bash -c 'exec "$0" ls --follow --interval 1h -v >pipe 9>&-' "$SHMTOOL"
	wait_until file_has "$background_errors" watching
	exec 9>&-
	wait_until process_is_gone "$background_pid"
	local number=0
	wait "$background_pid" || number=$?
	assert_equal "$number" 141
}

@test "output that cannot be written is exit 7, with the first event" {
	# shellcheck disable=SC2016
	background bash -c 'exec "$0" ls --follow --interval 20ms -v >/dev/full' "$SHMTOOL"
	wait_until file_has "$background_errors" watching
	make_segment >/dev/null
	local number=0
	wait_until process_is_gone "$background_pid"
	wait "$background_pid" || number=$?
	assert_equal "$number" 7
	grep -q 'No space left on device' "$background_errors"
}

@test "ordinary users can use --follow" {
	need_root
	local id
	background as_user shmtool ls --follow --interval 20ms -v --numeric --time-format epoch
	events=$background_output
	wait_until file_has "$background_errors" watching
	id=$(make_segment 4096 0)
	wait_until printed "^[0-9]+ created $id .* owner=0 mode=0000 "
}

@test "--follow leaves no trace, and works in another namespace" {
	local id before
	id=$(make_segment)
	before=$(awk '{ NF = 14; print }' /proc/sysvipc/shm)
	follow -N $$
	shmtool create -s 1 >/dev/null
	wait_until printed created
	assert_equal "$(awk -v id="$id" 'NR == 1 || $2 == id { NF = 14; print }' /proc/sysvipc/shm)" "$before"
}

# A name that is looked up again after many others was not kept, nor were they.
@test "--follow does not keep the names of all users that it has seen" {
	need_root
	local id
	{
		cat /etc/passwd
		echo 'before:x:19999:19999::/:/bin/sh'
	} >passwd
	# shellcheck disable=SC2016
	background unshare --mount sh -c 'mount --bind passwd /etc/passwd && exec "$@"' sh \
		"$SHMTOOL" ls --follow --interval 20ms -v
	events=$background_output
	wait_until file_has "$background_errors" watching
	id=$(perl -e '$> = 19999; print shmget(0, 1, 01600) + 0')
	wait_until printed "created $id .* owner=before "
	# in place, since this file is mounted
	sed 's/^before:/after:/' passwd >changed
	cat changed >passwd
	perl -e 'for (1 .. 1001) { $> = 20000 + $_; shmget(0, 1, 01600) // die; $> = 0 }'
	wait_until printed_times 1002 created
	perl -e '$> = 19999; shmctl($ARGV[0], 1, pack "iLLLLL x88", 0, 19999, 0, 0, 0, 0640) or die "$!"' "$id"
	wait_until printed " changed $id "
	assert_equal "$(sed -n 's/.* changed .* owner=\([a-z]*\) .*/\1/p' "$events")" after
}

@test "options that cannot be combined with --follow: exit 2" {
	local word
	for word in -q -r '--format x' '-o id' -l -u '--warn 5' '--from list' '--sort id' --fail-empty \
		--prometheus '--interval 0' '--interval x' '--interval -1s'; do
		# shellcheck disable=SC2086
		try ls --follow $word
		expect_status 2
		assert_output_is ''
	done
	try ls --interval 1s
	expect_status 2
	assert_stderr_has '--interval requires --follow'
}

@test "an id that is reused between two polls is reported as removed and created" {
	need_root
	local id
	make_segment >/dev/null # perl takes an id 0 for a failure
	id=$(make_segment)
	follow
	kill -STOP "$background_pid"
	wait_until process_is T "$background_pid"
	swap "$id" 65534
	kill -CONT "$background_pid"
	wait_until printed "created $id .* size=8192"
	assert_equal "$(cut -d ' ' -f 3-4 "$events" | paste -sd ' ')" "removed $id created $id"
}
