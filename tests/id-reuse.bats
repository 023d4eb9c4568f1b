#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ids are reused: after a segment was removed, another user's segment can get its id at any
# moment, even between a check by shmtool and the call that follows. Here that happens just
# before each call on segments by rm and set, in turn (by kernel.shm_next_id). No call may
# act on the other segment.

bats_require_minimum_version 1.5.0
load lib/common
load lib/removal
load lib/stop
load lib/reuse

N='
'

setup()
{
	removal_setup
	need_root
	[[ -w /proc/sys/kernel/shm_next_id ]] || skip "the kernel has no shm_next_id"
	victim='' killed='' rights=() normal=0
}

# --- What there is before each command ---------------------------------------

# A segment with the key 0x55 of an ordinary user, who used it and exited
orphan()
{
	# shellcheck disable=SC2016
	id=$(as_user perl -e "$create"'; shmwrite($id, "x", 0, 1) or die "shmwrite: $!\n"' 4096 660 0x55)
}

# Among others of that user
one_of_four()
{
	as_user perl -e 'shmget(0, 4096, 01660) // die "shmget: $!\n" for 1 .. 2'
	orphan
	as_user perl -e 'shmget(0, 4096, 01660) // die "shmget: $!\n"'
}

attached()
{
	# shellcheck disable=SC2016
	id=$(as_user perl -e "$create" 4096 660 0x55)
	hold_segment "$id"
	user=$holder_pid
}

# It is not attached, but its last user is running.
detached()
{
	# shellcheck disable=SC2016
	background as_user perl -e "$create"'; shmwrite($id, "x", 0, 1) or die "shmwrite: $!\n";
		print "used\n"; sleep 1 while 1' 4096 660 0x55
	user=$background_pid
	wait_until grep -q used "$background_output" || return
	id=$(head -n 1 "$background_output")
}

# It would not survive its creator, nor an attachment.
fragile()
{
	background as_user perl -e "$create sleep 1 while 1" 4096 600 0x55
	user=$background_pid
	wait_until test -s "$background_output" || return
	id=$(<"$background_output")
	set_limit shm_rmid_forced 1
}

# --- What must hold after each ------------------------------------------------

# swap-segment prints some columns of the kernel's list.
other_is_as_it_was()
{
	local rows row columns wanted
	read -r wanted <other
	mapfile -t rows </proc/sysvipc/shm
	for row in "${rows[@]:1}"; do
		read -ra columns <<<"$row"
		[[ "${columns[*]:0:4} ${columns[*]:7:4}" != "$wanted" ]] || return 0
	done
	show_last_run
	fail "the other segment was: $wanted; now: $(</proc/sysvipc/shm)"
}

# The first one is removed or changed; or it no longer exists, which is not an error with
# filters; or it is reported. If a child was killed, that is reported, too.
report_is_right()
{
	case $status in
	0) assert_stderr_is '' ;;
	7) [[ $killed ]] && assert_stderr_has 'signal 9' ;;
	3 | 5 | 9)
		assert_output_lacks "ed $id " &&
			assert_stderr_matches "(^|${N})shmtool $1: .*(segment $id|key 0x00000055)"
		;;
	*) expect_status 0 ;;
	esac
}

# each_call WHO COMMAND...: before the first call of WHO (child, parent) on segments another
# segment gets the id, then before the second, and so on, until there are no more calls.
# The calls go into the file calls. (%ID in $killed stands for the id.)
each_call()
{
	local who=$1 at user steps call
	shift

	: >calls
	for ((at = 1; ; at++)); do
		ipcrm --all=shm
		: >other
		user=''
		"$victim"
		export STOP_RUN="'$BATS_TEST_DIRNAME/lib/swap-segment' $id $user >other"
		capture with_steps "${killed//%ID/$id}run:$who:shm[acd]*::$at" \
			timeout --kill-after 5 120 "${rights[@]}" "$SHMTOOL" "$@"
		[[ ! $user ]] || end_process "$user"
		[[ -s other ]] || break
		if ! { other_is_as_it_was && report_is_right "$1"; }; then
			fail "another segment came before call $at of the $who, $(tail -n 1 steps)"
			return
		fi
		mapfile -t steps <steps
		# the function and its argument, without the process and the id
		call=${steps[-1]#* }
		echo "${call% *}" >>calls
	done
	# the id was not reused because there was no further call
	expect_status "$normal"
}

assert_calls()
{
	local call
	for call; do
		grep -qx "$call *" calls && continue
		cat calls >&2
		fail "there was no exchange before $call"
		return
	done
}

@test "rm by filter never removes another segment that has got the id" {
	for victim in orphan one_of_four; do
		each_call child rm --owner nobody
		assert_calls shmat 'shmctl IPC_SET' 'shmctl IPC_RMID'
		each_call parent rm --owner nobody
	done
}

@test "rm by name never removes another segment that has got the id" {
	victim=orphan
	each_call child rm 0x55
	assert_calls shmat 'shmctl IPC_SET' 'shmctl IPC_RMID'
	each_call parent rm 0x55
}

@test "rm by filter: the id is reused just after an attempt to attach has failed" {
	orphan
	export STOP_RUN="if [ -e removed ]; then '$BATS_TEST_DIRNAME/lib/swap-segment' $id >other; \
		else ipcrm -m $id; touch removed; fi"
	run --separate-stderr with_steps 'run:child:shmat then:run:child:after:shmat' \
		"$SHMTOOL" rm --owner nobody
	expect_status 9
	other_is_as_it_was
	assert_stderr_is "shmtool rm: segment $id (key 0x00000055) was not removed: it changed after it was listed"
}

# STOP_RUN: another segment gets the id, and a process uses that
swap_and_use="'$BATS_TEST_DIRNAME/lib/swap-segment' \"\$STOP_ID\" >other
	perl -e 'shmread(\$ARGV[0], \$_, 0, 1) or die' \"\$STOP_ID\""

@test "rm notes that the last user of the segment that has got the id is no longer on record" {
	orphan
	export STOP_RUN="$swap_and_use"
	run --separate-stderr with_steps run:child:shmat "$SHMTOOL" rm --owner nobody
	expect_status 9
	assert_stderr_has "note: the last user of segment $id (not known here) is no longer on record"
}

@test "an undo notes that the last user of the segment that has got the id is no longer on record" {
	orphan
	export STOP_RUN="$swap_and_use"
	run --separate-stderr with_steps 'kill:child:after:shmctl:IPC_SET then:run:child:shmat' \
		"$SHMTOOL" rm --owner nobody
	expect_status 7
	assert_equal "$(steps_taken)" 2
	other_is_as_it_was
	assert_stderr_has "note: the last user of segment $id (not known here) is no longer on record"
}

# It has been attached when shmtool sees that it is another one.
@test "set, read, write and attach warn that another segment with the id has lost its last user" {
	local words
	for words in 'set -p 640' 'read' 'write -t abc' 'attach --hold 0' 'stat --map'; do
		orphan
		export STOP_RUN="$swap_and_use"
		# shellcheck disable=SC2086
		run --separate-stderr with_steps run:shmat "$SHMTOOL" $words "$id"
		((status != 0))
		other_is_as_it_was
		assert_stderr_has "warning: another segment has the id $id now, and its last user is no longer on record"
		ipcrm --all=shm
	done
}

@test "rm --even-attached never marks another segment that has got the id" {
	victim=attached
	each_call child rm --even-attached --owner nobody
	assert_calls shmat 'shmctl IPC_RMID'
	each_call parent rm --even-attached 0x55
}

@test "rm restores modes after its child was killed" {
	local after
	victim=one_of_four normal=7
	for after in shmctl:IPC_SET waitpid shmctl:IPC_RMID; do
		killed="kill:child:after:$after then:"
		[[ $after != shmctl:* ]] || killed="kill:child:after:$after:1:%ID then:"
		each_call parent rm --owner nobody
		cp calls all
		each_call child rm --owner nobody
		cat calls >>all
		mv all calls
		[[ $after == *RMID ]] || assert_calls shmat 'shmctl IPC_SET'
	done
}

@test "rm with kernel.shm_rmid_forced=1, so that no segment can be held" {
	victim=fragile
	each_call child rm --owner nobody
	assert_calls 'shmctl IPC_SET' 'shmctl IPC_RMID'
	killed="kill:child:after:shmctl:IPC_SET then:" normal=7
	each_call parent rm --owner nobody
	each_call child rm --owner nobody
}

# The last user who detaches it destroys it, at a moment of that user's choice.
@test "with kernel.shm_rmid_forced=1, rm and set do not act on what others attach: exit 7" {
	local words
	set_limit shm_rmid_forced 0
	background as_user perl -e "$create sleep 1 while 1" 4096 644 0x55
	wait_until test -s "$background_output"
	id=$(<"$background_output")
	set_limit shm_rmid_forced 1
	for words in 'rm -n 0x55' 'rm 0x55' 'set -p 600 0x55' 'set --lock 0x55'; do
		# it would fail if it were called
		# shellcheck disable=SC2086
		run --separate-stderr with_steps fail:shmat::1+ "$SHMTOOL" $words
		expect_status 7
		assert_stderr_has 'kernel.shm_rmid_forced is 1'
	done
	hold_segment "$id"
	for words in 'rm -n --even-attached 0x55' 'rm --even-attached 0x55' 'set -p 600 0x55'; do
		# shellcheck disable=SC2086
		run --separate-stderr with_steps fail:shmat::1+ "$SHMTOOL" $words
		expect_status 7
	done
	assert_equal "$(rights_of "$id")" "644 65534 65534"
	shmtool rm -m "$id"
	assert_equal "$(segment_field "$id" perms)" 1644
}

@test "rm without the capability to hold it" {
	victim=orphan normal=5 rights=(setpriv --bounding-set=-ipc_owner)
	each_call child rm --owner nobody
	assert_calls shmat
}

@test "set never changes another segment that has got the id" {
	for victim in orphan attached; do
		each_call child set 0x55 -p 640 -u daemon --lock
		assert_calls shmat 'shmctl SHM_LOCK' 'shmctl IPC_SET' shmdt
		each_call parent set 0x55 -p 640 -u daemon --lock
	done
}

# Holding it would overwrite its last user, which is running.
@test "set of a segment that cannot be held never changes another one that has got the id" {
	victim=detached
	each_call child set 0x55 -p 640 -u daemon
	assert_calls 'shmctl IPC_SET'
	victim=orphan rights=(setpriv --bounding-set=-ipc_owner)
	each_call child set 0x55 -p 640 -u daemon
	assert_calls 'shmctl IPC_SET'
}

# --- Users who cannot act on segments of others, but own several ---------------

# Its creator could have its id reused for another segment of the caller.
@test "set by a user who can neither hold the segment nor created it changes nothing" {
	local id rights
	id=$(as_uid 1 shmtool create -s 4096 -u nobody -p 2)
	try_as_user "set" "$id" -p 666
	expect_status 5
	assert_equal "$(rights_of "$id")" "2 65534 1"
	# its creator can take it back, with rights that suit each segment of the creator
	for rights in '-p 600' '-u daemon' '-u daemon -p 660' '-u daemon -p u+rw'; do
		# shellcheck disable=SC2086
		run --separate-stderr as_uid 1 "$SHMTOOL" "set" $rights "$id"
		expect_status 5
		assert_stderr_has "hint: take it back (you created it, mode 0002): shmtool set -u daemon -p 0600 $id"
		assert_equal "$(rights_of "$id")" "2 65534 1"
	done
	as_uid 1 shmtool "set" -u daemon -p 600 "$id"
	assert_equal "$(rights_of "$id")" "600 1 1"
}

# Who detaches it last decides when its id can be reused.
@test "set by a creator who was given back a segment that is marked for removal, and cannot hold it" {
	local id rights
	id=$(as_uid 1 shmtool create -s 4096 -u nobody -p 600)
	hold_segment "$id"
	ipcrm -m "$id"
	as_user shmtool "set" "$id" -u daemon -p 0066
	for rights in '-p u+rw' '-p 0666'; do
		# shellcheck disable=SC2086
		run --separate-stderr as_uid 1 "$SHMTOOL" "set" $rights "$id"
		expect_status 5
		assert_stderr_has "hint: grant yourself access (you own it, mode 0066): shmtool set -p 0600 $id"
		assert_equal "$(rights_of "$id")" "1066 1 1"
	done
	as_uid 1 shmtool "set" -p 600 "$id"
	assert_equal "$(rights_of "$id")" "1600 1 1"
}

@test "create that fails does not remove another segment of the same user that has got the id" {
	local id step
	for step in write::1:1 child:shmctl:IPC_RMID; do
		# shellcheck disable=SC2016
		stop_at "$step" as_user sh -c 'exec "$@" >/dev/full' sh "$SHMTOOL" create -s 4096 -u daemon
		id=$(awk 'NR > 1 { print $2 }' /proc/sysvipc/shm)
		swap "$id" 65534
		go_on
		assert_equal "$ended" 7
		assert_equal "$(awk 'NR > 1 { print $4 }' /proc/sysvipc/shm)" 8192
		ipcrm --all=shm
	done
}

@test "create that fails does not suggest to remove another segment that has got the id" {
	local id
	# shellcheck disable=SC2016
	stop_at child:shmctl:IPC_RMID sh -c 'exec "$@" >/dev/full' sh "$SHMTOOL" create -s 4096 -u daemon
	id=$(awk 'NR > 1 { print $2 }' /proc/sysvipc/shm)
	swap "$id" 12345
	go_on
	assert_equal "$ended" 7
	has_id "$id"
	assert_stderr_lacks "shmtool rm"
}

# As root for a moment, it would lose its capabilities for the rest of the work.
@test "a user with CAP_SYS_ADMIN does not act as root, and so leaves no segment at mode 0" {
	local roots others caps=+sys_admin,+setuid,+ipc_owner
	roots=$(make_live_segment)
	# shellcheck disable=SC2154 # common.bash
	background as_uid 1 perl -e "$create sleep 1 while 1" 4096 600 0
	wait_until test -s "$background_output"
	others=$(<"$background_output")
	set_limit shm_rmid_forced 1
	run --separate-stderr setpriv --reuid 65534 --clear-groups --inh-caps "$caps" --ambient-caps "$caps" \
		"$SHMTOOL" rm --detached
	expect_status 5
	assert_output_matches "^removed $others "
	assert_equal "$(segment_field "$roots" perms)" 600
	assert_equal "$(segment_count)" 1
}

# --- Segments that look alike --------------------------------------------------

# A server, root's process, creates segments of one size: a first one, which it gives to
# nobody, and its own when it is asked to (serve_next). Sets id, server and served.
serve()
{
	# shellcheck disable=SC2016 # it is for perl
	background perl -e '$| = 1; print shmget(0, 4096, 01600) // die("shmget: $!\n"), "\n";
		open my $next, "<", $ARGV[0] or die; <$next>;
		print shmget(0, 4096, 01600) // die("shmget: $!\n"), "\n"; sleep 1 while 1' next
	server=$background_pid served=$background_output
	wait_until test -s "$served"
	id=$(<"$served")
	shmtool "set" "$id" -u nobody -p "$1"
}

# The first one no longer exists: the next one gets its id.
serve_next()
{
	echo "$id" >/proc/sys/kernel/shm_next_id
	echo >next
	wait_until has_served_twice
	assert_equal "$(tail -n 1 "$served")" "$id"
}

has_served_twice()
{
	(($(wc -l <"$served") == 2))
}

@test "set never changes another segment that the same process created, and that has got the id" {
	local step
	mkfifo next
	# before it looks at the segment, and before it attaches it
	for step in shmctl:SHM_STAT_ANY:1 shmat; do
		serve 660
		stop_at "$step" shmtool "set" --owner nobody -u daemon -p 664
		as_user ipcrm -m "$id"
		serve_next
		go_on
		assert_equal "$ended" 9
		assert_equal "$stderr" \
			"shmtool set: segment $id (no key) was not changed: it changed after it was listed"
		assert_equal "$(rights_of "$id")" '600 0 0'
		end_process "$server"
		ipcrm --all=shm
	done
}

@test "read, write and attach never use another segment that the same process created" {
	local words
	mkfifo next
	for words in read 'write -t x' attach; do
		serve 660
		# shellcheck disable=SC2086
		stop_at shmat as_user "$SHMTOOL" $words "$id"
		as_user ipcrm -m "$id"
		serve_next
		shmtool "set" "$id" -p 606
		go_on
		assert_equal "$ended" 9
		assert_equal "$output" ''
		[[ $stderr == *"segment $id (no key): its owner has changed, or its id belongs to another segment now" ]]
		end_process "$server"
		ipcrm --all=shm
	done
}

@test "read of an attached segment never shows another one that has got the id" {
	id=$(as_user shmtool create -k 0x55 -s 4096 -p 660)
	hold_segment "$id"
	# before the scan for a process through which it can be read without a trace
	stop_at parent:fork shmtool read 0x55
	end_process "$holder_pid"
	as_user ipcrm -m "$id"
	echo "$id" >/proc/sys/kernel/shm_next_id
	assert_equal "$(shmtool create -s 8192 -p 600)" "$id"
	shmtool write "$id" -t secret
	hold_segment "$id"
	go_on
	assert_equal "$ended" 3
	assert_equal "$output" ''
	assert_equal "$stderr" "shmtool read: cannot read segment $id (key 0x00000055): it no longer exists"
}

# It was marked, and destroyed when an ordinary user detached it.
@test "set never changes a segment that is not marked for removal, as that with its id was" {
	mkfifo next
	serve 600
	shmtool "set" "$id" -u 0
	hold_segment "$id"
	ipcrm -m "$id"
	stop_at shmat shmtool "set" "$id" -p 644
	end_process "$holder_pid"
	serve_next
	go_on
	assert_equal "$ended" 9
	assert_equal "$(rights_of "$id")" '600 0 0'
}

# The segment is marked for removal, and a new one gets its key.
@test "set --with-guard never changes the guard of another segment that has got the key" {
	local rights
	id=$(as_uid 1 shmtool create -s 4096 -k 0x55 --with-guard)
	hold_segment "$id" rw 1
	stop_at semget shmtool "set" "$id" -u 777 -p 666 --with-guard
	as_uid 1 ipcrm -m "$id" -S 0x55
	as_uid 1 shmtool create -s 4096 -k 0x55 --with-guard
	rights=$(awk 'NR == 2 { print $2, $3, $5 }' /proc/sysvipc/sem)
	go_on
	assert_equal "$ended" 3
	assert_stderr_has 'has no guard'
	assert_equal "$(awk 'NR == 2 { print $2, $3, $5 }' /proc/sysvipc/sem)" "$rights"
	ipcrm --all=shm && ipcrm --all=sem
	# the new owner removes it, before the guard is changed
	id=$(as_uid 1 shmtool create -s 4096 -k 0x55 --with-guard)
	rights=$(awk 'NR == 2 { print $2, $3, $5 }' /proc/sysvipc/sem)
	stop_at after:shmctl:IPC_SET shmtool "set" "$id" -u 777 -p 666 --with-guard
	as_uid 777 ipcrm -m "$id"
	as_uid 1 shmtool create -s 8192 -k 0x55
	go_on
	assert_equal "$ended" 3
	assert_stderr_has 'was changed, but it or its guard was removed in the meantime'
	assert_equal "$(awk 'NR == 2 { print $2, $3, $5 }' /proc/sysvipc/sem)" "$rights"
}

# Both belong to the new owner for a moment, who removes them.
@test "set --with-guard does not undo its change to another segment that has got the id" {
	local rights
	id=$(as_uid 1 shmtool create -s 4096 -k 0x55 -p 660 --with-guard)
	# it is not held, since its last user is running
	# shellcheck disable=SC2016 # it is for perl
	background as_uid 1 perl -e '$| = 1; shmwrite($ARGV[0], "x", 0, 1) or die; print "used\n"; sleep 1 while 1' "$id"
	wait_until test -s "$background_output"
	stop_at after:semctl:IPC_SET shmtool "set" -u nobody --with-guard 0x55
	as_user ipcrm -m "$id" -S 0x55
	echo "$id" >/proc/sys/kernel/shm_next_id
	assert_equal "$(as_uid 1 shmtool create -s 8192 -p 600 -u 12345)" "$id"
	rights=$(rights_of "$id")
	go_on
	assert_equal "$ended" 3
	assert_equal "$(rights_of "$id")" "$rights"
}

# --- Guards ------------------------------------------------------------------

# swap_guard USER MODE: removes the set $guard, and USER creates another one, which gets its id
swap_guard()
{
	ipcrm -s "$guard"
	echo "$guard" >/proc/sys/kernel/sem_next_id
	# shellcheck disable=SC2016
	as_uid "$1" perl -MIPC::SysV=:all -e 'my $set = semget(0, 1, 01000 | oct $ARGV[0]) // die "semget: $!\n";
		semctl($set, 0, SETVAL, 1) or die "SETVAL: $!\n"; print $set + 0, "\n"' "$2"
}

guard_is()
{
	local found
	found="$(field_of sem semid "$guard" uid) $(field_of sem semid "$guard" perms)"
	assert_equal "$found" "$1"
	# shellcheck disable=SC2016
	assert_equal "$(perl -e 'print semctl($ARGV[0], 0, 12, 0) + 0' "$guard")" 1 # GETVAL
}

@test "read and write never keep or release another guard that has got the id" {
	local step words
	for words in read 'write -t x'; do
		# before the guard is acquired, and when it was
		for step in semtimedop after:semtimedop; do
			id=$(as_user shmtool create -s 4096 -k 0x55 --with-guard)
			guard=$(field_of sem key $((0x55)) semid)
			# shellcheck disable=SC2086
			stop_at "$step" shmtool $words "$id" --guard 0x55
			assert_equal "$(swap_guard 12345 600)" "$guard"
			go_on
			assert_equal "$ended" 3
			guard_is '12345 600'
			[[ $stderr == *'cannot acquire guard'*'it was removed in the meantime'* ]]
			ipcrm --all=shm && ipcrm --all=sem
		done
		id=$(as_user shmtool create -s 4096 -k 0x55 --with-guard)
		guard=$(field_of sem key $((0x55)) semid)
		# shellcheck disable=SC2086
		stop_at unshare shmtool $words "$id" --guard 0x55
		assert_equal "$(swap_guard 12345 600)" "$guard"
		go_on
		assert_equal "$ended" 0
		guard_is '12345 600'
		ipcrm --all=shm && ipcrm --all=sem
	done
}

@test "create gives away, loads and releases nothing but what it has created" {
	local step
	echo text >file
	for step in shmctl:IPC_SET child:shmctl:SHM_STAT_ANY; do
		stop_at "$step" shmtool create -k 0x55 -s 4096 -u daemon -p 0600 -f file
		id=$(field_of shm key $((0x55)) shmid)
		swap "$id" 12345
		go_on
		((ended == 3 || ended == 5))
		assert_equal "$(rights_of "$id")" '644 12345 12345'
		assert_equal "$(shmtool read "$id" -n 4 | od -An -tx1 | tr -d ' ')" 00000000
		ipcrm --all=shm
	done
	local mode=600
	for step in semctl:SEM_STAT_ANY semop semctl:IPC_SET; do
		# what only the look before can prevent
		[[ $step != semctl:SEM_STAT_ANY ]] || mode=666
		stop_at "$step" shmtool create -k 0x55 -s 4096 -u daemon -p 0600 --with-guard
		guard=$(field_of sem key $((0x55)) semid)
		assert_equal "$(swap_guard 12345 "$mode")" "$guard"
		go_on
		((ended == 3 || ended == 5))
		guard_is "12345 $mode"
		mode=600
		run ! field_of shm key $((0x55)) shmid
		ipcrm --all=shm && ipcrm --all=sem
	done
}

# The guard is removed while it is waited for, and the process that waits is stopped meanwhile.
@test "a wait for a guard that was stopped does not go on with another guard that has got the id" {
	id=$(as_user shmtool create -s 4096 -k 0x55 --with-guard)
	guard=$(field_of sem key $((0x55)) semid)
	# shellcheck disable=SC2016
	as_user perl -e 'semop($ARGV[0], pack("s3", 0, -1, 0)) or die "semop: $!"' "$guard"
	background shmtool read "$id" --guard 0x55
	# shellcheck disable=SC2016
	wait_until perl -e 'exit !semctl($ARGV[0], 0, 14, 0)' "$guard" # GETNCNT
	kill -STOP "$background_pid"
	wait_until grep -q '^State:.T' "/proc/$background_pid/status"
	assert_equal "$(swap_guard 12345 600)" "$guard"
	kill -CONT "$background_pid"
	wait_for_status "$background_pid"
	assert_equal "$ended" 3
	guard_is '12345 600'
}

is_destroyed()
{
	! segment_exists "$id"
}

# The kernel would destroy it at the detach.
@test "with kernel.shm_rmid_forced=1, write does not attach another segment that has got the id" {
	id=$(as_user shmtool create -s 4096 -k 0x55 -p 660)
	hold_segment "$id"
	set_limit shm_rmid_forced 1
	stop_at 'open*:*shm_rmid_forced' shmtool write "$id" -t x
	end_process "$holder_pid"
	wait_until is_destroyed
	echo "$id" >/proc/sys/kernel/shm_next_id
	background as_uid 12345 perl -e 'print shmget(0, 8192, 01600) // die; $| = 1; print "\n"; sleep 1 while 1'
	wait_until grep -qx "$id" "$background_output"
	go_on
	assert_equal "$ended" 7
	has_id "$id"
}

@test "create says if another segment that has got the id was attached" {
	echo text >file
	stop_at child:shmat shmtool create -k 0x55 -s 4096 -f file
	id=$(field_of shm key $((0x55)) shmid)
	swap "$id" 12345
	# shellcheck disable=SC2016
	as_uid 12345 perl -e 'shmread($ARGV[0], $_, 0, 1) or die' "$id"
	go_on
	assert_equal "$ended" 3
	assert_stderr_has "another segment has the id $id now, and its last user is no longer on record"
}

@test "create --lock locks no other segment" {
	local step
	for step in shmat shmctl:SHM_LOCK; do
		stop_at "$step" shmtool create -k 0x55 -s 4096 --lock
		id=$(field_of shm key $((0x55)) shmid)
		ipcrm -m "$id"
		echo "$id" >/proc/sys/kernel/shm_next_id
		as_uid 12345 perl -e 'shmget(0, 8192, 01644) // die'
		go_on
		assert_equal "$ended" 3
		assert_equal "$(shmtool ls --min-size 8192 --format '%{locked}')" no
		ipcrm --all=shm
	done
}

@test "create --lock locks no other segment if it cannot hold its own" {
	need_plain_memory
	stop_at shmctl:SHM_LOCK prlimit --as=30000000 "$SHMTOOL" create -k 0x55 -s 64M --lock
	id=$(field_of shm key $((0x55)) shmid)
	swap "$id" 12345
	go_on
	assert_equal "$ended" 3
	assert_equal "$(shmtool ls --format '%{id} %{locked}')" "$id no"
}

# There, root of the machine may change the segments of others in any case.
@test "create -N gives away nothing but what it has created in a user namespace of root" {
	local step ns
	background unshare --user --ipc sh -c 'echo ready; exec sleep 1000'
	wait_until test -s "$background_output"
	ns=$background_pid
	echo '0 100000 65536' | tee "/proc/$ns/uid_map" >"/proc/$ns/gid_map"
	for step in shmctl:IPC_SET shmat; do
		stop_at "$step" shmtool create -N "$ns" -k 0x55 -s 4096 -u 101111 -p 0600
		id=$(nsenter --ipc --target "$ns" "$SHMTOOL" ls --key 0x55 --format '%{id}')
		# shellcheck disable=SC2016
		nsenter --ipc --target "$ns" sh -c 'ipcrm -m "$0" && echo "$0" >/proc/sys/kernel/shm_next_id' "$id"
		nsenter --ipc --target "$ns" setpriv --reuid 102222 --regid 102222 --clear-groups perl -e 'shmget(0, 8192, 01600) // die'
		go_on
		assert_equal "$ended" 3
		assert_equal "$(nsenter --ipc --target "$ns" "$SHMTOOL" ls --min-size 8192 --format '%{uid} %{mode}')" '102222 0600'
		nsenter --ipc --target "$ns" ipcrm --all=shm
	done
	# a semaphore set cannot be held
	capture shmtool create -N "$ns" -k 0x55 -s 4096 --with-guard
	expect_status 5
	assert_stderr_has 'cannot create the guard: permission denied'
	assert_equal "$(nsenter --ipc --target "$ns" ipcs -ms | grep -c 0x)" 0
}

@test "create prints no id that has become another segment's" {
	shmtool create -k 0x55 -s 4096
	id=$(field_of shm key $((0x55)) shmid)
	stop_at shmctl:SHM_STAT_ANY shmtool create -k 0x55 -s 4096 --reuse
	swap "$id" 12345
	go_on
	assert_equal "$ended $output" '3 '
	ipcrm --all=shm
	stop_at shmctl:SHM_STAT_ANY shmtool create -k 0x55 -s 4096
	id=$(field_of shm key $((0x55)) shmid)
	swap "$id" 12345
	go_on
	assert_equal "$ended $output" '3 '
	[[ $stderr == *"segment $id was removed by another process"* ]]
}
