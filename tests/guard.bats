#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guards: semaphores that protect a segment.

bats_require_minimum_version 1.5.0
load lib/common
load lib/stop

# make_set KEY COUNT VALUE [MODE]: a set of semaphores of another program; prints its id
make_set()
{
	# shellcheck disable=SC2016
	perl -MIPC::SysV=:all -e 'my ($key, $count, $value, $mode) = @ARGV;
		my $id = semget($key, $count, IPC_CREAT | IPC_EXCL | oct($mode)) // die "semget: $!\n";
		semctl($id, 0, SETALL, pack("s!*", ($value) x $count)) or die "SETALL: $!\n";
		print $id + 0, "\n"' "$(($1))" "${2:-1}" "${3:-1}" "${4:-600}"
}

# sem_operation ID NUMBER OPERATION [KEEP]: as another program does it, with SEM_UNDO;
# KEEP: then says "done", and sleeps
sem_operation()
{
	# shellcheck disable=SC2016
	run_program perl -MIPC::SysV=:all -e 'my ($id, $number, $operation, $keep) = @ARGV; $| = 1;
		semop($id, pack("s!3", $number, $operation, SEM_UNDO)) or die "semop: $!\n";
		if ($keep) { print "done\n"; sleep 1 while 1 }' "$@"
}

# Another process has the semaphore until it is ended (holder_pid).
hold_semaphore()
{
	background sem_operation "$1" "${2:-0}" -1 keep
	wait_until test -s "$background_output" || return
	# shellcheck disable=SC2034
	holder_pid=$background_pid
}

# sem_value ID [NUMBER]
sem_value()
{
	# shellcheck disable=SC2016
	perl -MIPC::SysV=:all -e 'my $value = semctl($ARGV[0], $ARGV[1], GETVAL, 0) // die "GETVAL: $!\n";
		print $value + 0, "\n"' "$1" "${2:-0}"
}

# sem_field KEY NAME: a column of /proc/sysvipc/sem
sem_field()
{
	field_of sem key "$(($1))" "$2"
}

sem_count()
{
	awk 'END { print NR - 1 }' /proc/sysvipc/sem
}

# --- create --with-guard ----------------------------------------------------

@test "create --with-guard creates a free semaphore with the key, owner and mode of the segment" {
	try create -s 1M -k 0x1234 --with-guard
	expect_status 0
	assert_output_is "$(segment_field "$output" shmid)"
	assert_stderr_is ''
	assert_equal "$(sem_count)" 1
	assert_equal "$(sem_field 0x1234 nsems)" 1
	assert_equal "$(sem_field 0x1234 perms)" 600
	assert_equal "$(sem_value "$(sem_field 0x1234 semid)")" 1
	# what semop(2) has others wait for who did not make it
	[[ $(sem_field 0x1234 otime) != 0 ]]
	if is_root; then
		try create -s 1M -k 0x1235 --with-guard -p 0664 -u nobody -g 12 -v
		expect_status 0
		assert_stderr_has "created guard $(sem_field 0x1235 semid)"
		assert_equal "$(sem_field 0x1235 perms)" 664
		assert_equal "$(sem_field 0x1235 uid) $(sem_field 0x1235 gid)" "65534 12"
		assert_equal "$(sem_field 0x1235 cuid)" 0
	fi
}

@test "create --with-guard -k auto uses a key that neither a segment nor a semaphore has" {
	local id key
	id=$(shmtool create -s 1 -k auto --with-guard)
	key=$(shmtool ls "$id" --format '%{key}')
	assert_equal "$(sem_field "$key" nsems)" 1
}

@test "create --with-guard as an ordinary user, who gives the segment to another user" {
	need_root
	as_user shmtool create -s 1 -k 0x1234 --with-guard -u root -p 0600
	assert_equal "$(sem_field 0x1234 uid) $(sem_field 0x1234 cuid)" "0 65534"
	assert_equal "$(sem_value "$(sem_field 0x1234 semid)")" 1
}

@test "create --with-guard without a key, or with a mode that prevents acquiring it: exit 2" {
	local arguments
	for arguments in "" "-k private" "-k 0" "-k 5 -p 0440" "-k 5 -p 0" "-k auto -p 0577"; do
		# shellcheck disable=SC2086
		try create -s 1 --with-guard $arguments
		expect_status 2
		assert_output_is ''
		assert_stderr_has --with-guard
	done
	assert_equal "$(segment_count) $(sem_count)" "0 0"
}

@test "create --with-guard: a semaphore has the key: exit 4, and no segment is left" {
	local set
	set=$(make_set 0x1234)
	try create -s 1 -k 0x1234 --with-guard
	expect_status 4
	assert_output_is ''
	assert_stderr_has '0x00001234'
	assert_stderr_has "ipcrm -s $set"
	assert_equal "$(segment_count) $(sem_count) $(sem_value "$set")" "0 1 1"
	try create -s 1 -k 0x1234 --with-guard --reuse
	expect_status 4
	assert_equal "$(segment_count)" 0
	# what is there already is only opened
	make_segment 10 600 0x1234
	try create -s 1 -k 0x1234 --with-guard --reuse
	expect_status 0
	try create -s 1 -k 0x1234 --with-guard
	expect_status 4
	assert_equal "$(segment_count) $(sem_count)" "1 1"
}

@test "create --with-guard: the kernel allows no more semaphores: exit 6, and nothing is left" {
	local before
	before=$(</proc/sys/kernel/sem)
	{ echo "250 32000 32 0" >/proc/sys/kernel/sem; } 2>/dev/null || skip "kernel.sem cannot be changed here"
	try create -s 1 -k 0x1234 --with-guard
	echo "$before" >/proc/sys/kernel/sem
	expect_status 6
	assert_stderr_has kernel.sem
	assert_equal "$(segment_count) $(sem_count)" "0 0"
}

@test "create --with-guard: a later failure removes the guard, too" {
	echo 12345 >file
	try create -k 0x1234 --with-guard -s 2 -f file
	expect_status 7
	run --separate-stderr bash -c "'$SHMTOOL' create -k 0x1234 --with-guard -s 2 >/dev/full"
	expect_status 7
	run --separate-stderr bash -c "printf 123 | '$SHMTOOL' create -k 0x1234 --with-guard -s 2 -f -"
	expect_status 7
	if is_root; then
		# to give it to a user is for its creator, unless that user is not mapped here
		run --separate-stderr unshare --user --map-root-user \
			"$SHMTOOL" create -k 0x1234 --with-guard -s 2 -u 12
		expect_status 7
	fi
	assert_equal "$(segment_count) $(sem_count)" "0 0"
}

@test "create --with-guard: no process can acquire the guard before everything else is done" {
	need_command strace
	mkfifo input
	background shmtool create -k 0x1234 --with-guard -s 5 -p 0666 -f input
	exec 5>input
	printf 123 >&5
	wait_until sem_field 0x1234 semid
	assert_equal "$(sem_field 0x1234 perms)" 600
	assert_equal "$(sem_value "$(sem_field 0x1234 semid)")" 0
	printf 45 >&5
	exec 5>&-
	wait_for_status "$background_pid"
	assert_equal "$ended" 0
	assert_equal "$(sem_field 0x1234 perms)" 666
	assert_equal "$(sem_value "$(sem_field 0x1234 semid)")" 1
	# the value comes before the rights, with which its owner could remove it
	shmtool rm --with-guard 0x1234
	ASAN_OPTIONS=detect_leaks=0 strace -o trace -e trace=shmctl,semctl,semop,semtimedop \
		"$SHMTOOL" create -k 0x1234 --with-guard -s 5 -p 0666
	grep -oE '^(shmctl|semctl|semop|semtimedop).*(IPC_SET|\[\{0, 1, 0|\[\{sem_num=0, sem_op=1)' trace >order
	assert_equal "$(cut -d'(' -f1 order | sed 's/semtimedop/semop/' | paste -sd' ')" "shmctl semop semctl"
}

# --- rm --with-guard --------------------------------------------------------

@test "rm --with-guard removes the segment and its guard" {
	id=$(shmtool create -s 1 -k 0x1234 --with-guard)
	try rm --with-guard -n 0x1234
	expect_status 0
	assert_output_has "would remove $id "
	assert_output_has "would remove guard $(sem_field 0x1234 semid) key=0x00001234"
	assert_equal "$(segment_count) $(sem_count)" "1 1"
	try rm --with-guard 0x1234
	expect_status 0
	assert_output_is ''
	assert_stderr_is ''
	assert_equal "$(segment_count) $(sem_count)" "0 0"
	id=$(shmtool create -s 1 -k 0x1234 --with-guard)
	guard=$(sem_field 0x1234 semid)
	try rm -v --with-guard "$id"
	assert_output_has "removed guard $guard key=0x00001234"
	assert_equal "$(segment_count) $(sem_count)" "0 0"
	id=$(shmtool create -s 1 -k 0x1234 --with-guard)
	try rm "$id"
	expect_status 0
	assert_equal "$(segment_count) $(sem_count)" "0 1"
}

@test "rm --with-guard: if its child is killed after it removed the segment, the guard is still removed" {
	shmtool create -s 1 -k 0x1234 --with-guard
	stop_rm looked -v --with-guard 0x1234
	kill -KILL "$stopped_pid"
	# it had not come to that: both stay
	go_on
	assert_equal "$ended" 7
	sem_field 0x1234 semid
	shmtool stat 0x1234
	stop_rm removed -v --with-guard 0x1234
	run shmtool stat 0x1234
	expect_status 3
	kill -KILL "$stopped_pid"
	go_on
	assert_equal "$ended" 7
	assert_output_matches "^removed [0-9]+ key=0x00001234 .*${N}removed guard [0-9]+ key=0x00001234$"
	run sem_field 0x1234 semid
	assert_output_is ''
}

# Its owner and its creator could both have the id of the guard reused.
@test "rm --with-guard looks at the guard after it has waited for the lock of the namespace" {
	local lock id
	exec {lock}</proc/self/ns/ipc
	id=$(shmtool create -s 1 -k 0x1234 --with-guard)
	flock "$lock"
	stop_at nanosleep shmtool rm --with-guard 0x1234
	hold_semaphore "$(sem_field 0x1234 semid)"
	flock --unlock "$lock"
	go_on
	assert_equal "$ended" 9
	segment_exists "$id"
	assert_equal "$(sem_count)" 1
}

@test "rm and set --with-guard refuse a guard whose owner and creator are different users" {
	need_root
	as_user shmtool create -s 1 -k 0x1234 --with-guard -u daemon
	for try in try try_as_user; do
		for command in "rm" "set -p 0660"; do
			# shellcheck disable=SC2086 # words
			$try $command --with-guard 0x1234
			expect_status 9
			assert_stderr_has 'the semaphore set belongs to a different user than its creator'
			assert_equal "$(segment_count) $(sem_count) $(awk 'NR > 1 { print $3 }' /proc/sysvipc/shm)" "1 1 600"
		done
	done
}

@test "rm --with-guard as an ordinary user removes only segments and guards of that user" {
	need_root
	as_user shmtool create -s 1 -k 0x1234 --with-guard
	try_as_user rm --with-guard 0x1234
	expect_status 0
	assert_equal "$(segment_count) $(sem_count)" "0 0"
	shmtool create -s 1 -k 0x1234 --with-guard -p 0666
	try_as_user rm --with-guard 0x1234
	expect_status 5
	assert_equal "$(segment_count) $(sem_count)" "1 1"
	# a segment that was given to this user, but not its guard
	shmtool "set" 0x1234 -u nobody
	try_as_user rm --with-guard 0x1234
	expect_status 5
	assert_equal "$(segment_count) $(sem_count)" "1 1"
}

# A guard is removed as its creator, since it cannot be held.
@test "rm --with-guard removes neither if it cannot act as the creator: exit 5" {
	local arguments
	need_root
	as_user shmtool create -s 10 -k 0x55 --with-guard
	for arguments in -n ''; do
		# shellcheck disable=SC2086
		run --separate-stderr setpriv --bounding-set=-setuid "$SHMTOOL" rm $arguments --with-guard 0x55
		expect_status 5
		assert_stderr_has "removed: permission denied"
		assert_equal "$(segment_count)" 1
	done
	shmtool rm --with-guard 0x55
	assert_equal "$(segment_count)" 0
}

@test "rm --with-guard without a guard: the segment is removed, and exit 3, or 0 with -f" {
	id=$(make_segment 1 600 0x1234)
	try rm --with-guard "$id"
	expect_status 3
	assert_stderr_has 'no guard'
	run ! segment_exists "$id"
	id=$(make_segment 1 600 0x1234)
	try rm -f --with-guard "$id"
	expect_status 0
	id=$(make_segment)
	make_set 0
	try rm --with-guard "$id"
	expect_status 3
	assert_equal "$(segment_count) $(sem_count)" "0 1"
}

@test "rm --with-guard: if the guard is held, neither is removed (exit 9), unless --even-attached" {
	id=$(shmtool create -s 1 -k 0x1234 --with-guard)
	guard=$(sem_field 0x1234 semid)
	hold_semaphore "$guard"
	try rm --with-guard "$id"
	expect_status 9
	assert_stderr_has 'the guard is held by a process'
	assert_stderr_has 'hint: wait until the guard is free, or use --even-attached'
	assert_equal "$(segment_count) $(sem_count)" "1 1"
	try rm --with-guard -n "$id"
	expect_status 9
	try rm -J --with-guard "$id"
	expect_status 9
	assert_equal "$(jq -r '.results[0].result' <<<"$output")" not-removed
	try rm --with-guard --even-attached "$id"
	expect_status 0
	assert_equal "$(segment_count) $(sem_count)" "0 0"
}

@test "rm --with-guard leaves a guard that a process acquires while the segment is removed: exit 9" {
	guarded
	# the first child examines the guard, the second one removes the segment
	stop_at parent:fork::2 shmtool rm "$id" --with-guard
	hold_semaphore "$guard"
	go_on
	assert_equal "$ended" 9
	assert_equal "$stderr" "shmtool rm: segment $id (key 0x00001234) was removed, but its guard \
(semaphore set $guard) was not: a process has acquired it in the meantime"
	assert_equal "$(sem_value "$guard")" 0
}

@test "rm --with-guard leaves a guard that a process acquires, or a new segment has, just before it is removed: exit 9" {
	local at
	for at in 'semtimedop' 'semctl:IPC_RMID'; do
		guarded
		# without waiting, since rm waits for this command
		export STOP_RUN="perl -e 'exit 0 if semop($guard, pack(\"s!3\", 0, -1, 04000)); print qq(not free\n)' >'$PWD/said'"
		run --separate-stderr with_steps "run:child:$at" "$SHMTOOL" rm "$id" --with-guard
		if [[ $at == semtimedop ]]; then
			expect_status 9
			assert_stderr_is "shmtool rm: segment $id (key 0x00001234) was removed, but its guard \
(semaphore set $guard) was not: a process has acquired it in the meantime"
			ipcrm -s "$guard"
		else
			expect_status 0
			assert_stderr_is ''
			assert_equal "$(<said)" 'not free'
		fi
		assert_equal "$(sem_count)" 0
	done
	local option
	for option in '' --even-attached; do
		guarded
		export STOP_RUN='perl -e "shmget(0x1234, 4096, 01600) // die"'
		# shellcheck disable=SC2086 # none, or one
		run --separate-stderr with_steps run:child:after:shmctl:IPC_RMID "$SHMTOOL" rm "$id" --with-guard $option
		expect_status 9
		assert_stderr_is "shmtool rm: segment $id (key 0x00001234) was removed, but its guard \
(semaphore set $guard) was not: a new segment has its key"
		assert_equal "$(sem_value "$guard")" 1
		ipcrm -M 0x1234 -S 0x1234
	done
}

# The owner of a guard can make each call wait that rm makes as that owner.
@test "rm --with-guard does not wait forever for a call that examines or removes the guard" {
	need_root
	local other
	guarded
	other=$(make_segment)
	stop_at child:semctl:GETVAL shmtool rm "$id" "$other" --with-guard
	# who reads what rm prints does not wait for the child
	assert_equal "$(readlink "/proc/$stopped_pid/fd/"* | grep -cFx -e "$program_output" -e "$program_output.err")" 0
	wait_for_status "$program_pid"
	assert_equal "$ended" 7
	assert_equal "$(<"$program_output.err")" "shmtool rm: segment $id (key 0x00001234) and its guard (semaphore set $guard) \
were not removed: the worker process does not respond
shmtool rm: the worker process does not respond; nothing more was removed"
	kill -KILL "$stopped_pid"
	assert_equal "$(segment_count) $(sem_count)" "2 1"
	ipcrm -m "$other"
	stop_at child:semctl:IPC_RMID shmtool rm "$id" --with-guard
	wait_for_status "$program_pid"
	assert_equal "$ended" 7
	assert_equal "$(<"$program_output.err")" "shmtool rm: cannot remove the guard, semaphore set $guard (key 0x00001234): \
the worker process does not respond
shmtool rm: the worker process does not respond; nothing more was removed
shmtool rm: already removed (or marked for removal): $id"
	kill -CONT "$stopped_pid"
	wait_until process_is_gone "$stopped_pid"
	assert_equal "$(segment_count) $(sem_count)" "0 0"
	# before that call, it can still leave the guard, which may be that of a new segment
	guarded
	stop_at child:semtimedop shmtool rm "$id" --with-guard
	wait_for_status "$program_pid"
	assert_equal "$ended" 7
	kill -CONT "$stopped_pid"
	wait_until process_is_gone "$stopped_pid"
	assert_equal "$(segment_count) $(sem_count)" "0 1"
	assert_equal "$(sem_value "$guard")" 1
}

@test "rm --with-guard does not wait forever for the removal of the segment, and keeps the guard" {
	need_root
	guarded
	stop_at child:shmctl:IPC_RMID shmtool rm "$id" --with-guard
	wait_for_status "$program_pid"
	assert_equal "$ended" 7
	assert_equal "$(<"$program_output.err")" "shmtool rm: segment $id (key 0x00001234): its removal has begun, but the worker process does not respond
shmtool rm: the worker process does not respond; nothing more was removed
shmtool rm: note: process $stopped_pid restores the modes that it has set to 0 once it can: do not kill it
shmtool rm: note: its guard (semaphore set $guard) was not removed"
	kill -CONT "$stopped_pid"
	wait_until process_is_gone "$stopped_pid"
	assert_equal "$(segment_count) $(sem_count)" "0 1"
}

@test "rm -f --with-guard names the guard that stays if another process has removed the segment" {
	guarded
	# shellcheck disable=SC2016
	STOP_RUN='ipcrm -m $STOP_ID' with_steps run:child:shmat try rm -f --with-guard "$id"
	expect_status 0
	assert_stderr_is "shmtool rm: note: its guard (semaphore set $guard) was not removed"
	assert_equal "$(segment_count) $(sem_count)" "0 1"
}

@test "rm --with-guard: neither an attached segment nor its guard is removed" {
	id=$(shmtool create -s 1 -k 0x1234 --with-guard)
	hold_segment "$id"
	try rm --with-guard "$id"
	expect_status 9
	assert_stderr_has attached
	assert_equal "$(segment_count) $(sem_count)" "1 1"
}

@test "rm --with-guard: several segments, each with its own guard; an attached one keeps its guard" {
	local attached other
	attached=$(shmtool create -k 0x111 -s 4K --with-guard)
	other=$(shmtool create -k 0x222 -s 4K --with-guard)
	hold_segment "$attached"
	try rm --with-guard "$attached" "$other"
	expect_status 9
	segment_exists "$attached"
	sem_field 0x111 semid
	run ! segment_exists "$other"
	run ! sem_field 0x222 semid
	# a segment that is only marked has lost its key, so its guard is removed, too
	try rm --with-guard --even-attached "$attached"
	expect_status 0
	run ! sem_field 0x111 semid
}

@test "rm --with-guard: if the semaphore set is not the guard of the segment, neither is removed" {
	id=$(make_segment 1 600 0x1234)
	guard=$(make_set 0x1234 2)
	try rm --with-guard --even-attached "$id"
	expect_status 9
	assert_stderr_has 'several semaphores'
	ipcrm -s "$guard"
	if is_root; then
		as_uid 65534 perl -e 'semget(0x1234, 1, 01600) // die'
		try rm --with-guard --even-attached "$id"
		expect_status 9
		assert_stderr_has 'created by a different user'
		assert_equal "$(sem_count)" 1
	fi
	segment_exists "$id"
}

@test "rm --with-guard with a filter, -m or -M: exit 2" {
	id=$(shmtool create -s 1 -k 0x1234 --with-guard)
	local arguments
	for arguments in --all "$id --detached" "-m $id" "-M 0x1234" ""; do
		# shellcheck disable=SC2086
		try rm --with-guard $arguments
		expect_status 2
	done
	assert_equal "$(segment_count) $(sem_count)" "1 1"
}

# --- --guard ----------------------------------------------------------------

# A segment of SIZE bytes and a guard, both with the key 0x1234: id and guard
guarded()
{
	id=$(shmtool create -s "${1:-16}" -k 0x1234 --with-guard -p 0666)
	guard=$(sem_field 0x1234 semid)
}

value_is()
{
	[[ $(sem_value "$guard" "${2:-0}") == "$1" ]]
}

somebody_waits()
{
	# perl says "0 but true"
	# shellcheck disable=SC2016
	perl -MIPC::SysV=:all -e 'exit !(semctl($ARGV[0], 0, GETNCNT, 0) + 0)' "$guard"
}

nobody_waits()
{
	! somebody_waits
}

@test "read and write --guard acquire and release the semaphore, named by id or key" {
	guarded
	touch file
	local word
	for word in 0x1234 key:4660 key:0x1234 "$guard" "id:$guard"; do
		try write "$id" -t hello --guard "$word"
		expect_status 0
		assert_stderr_is ''
		try read "$id" -n 5 --guard "$word"
		expect_status 0
		assert_output_is hello
		assert_equal "$(sem_value "$guard")" 1
	done
	make_set "$(perl -e 'use IPC::SysV; print IPC::SysV::ftok("file", 65)')"
	try read "$id" -n 5 --guard ftok:A:file -f out
	expect_status 0
	try read "$id" --u32 --guard=0x1234
	expect_status 0
	try write "$id" --u32 1 --expect 5 --guard 0x1234
	expect_status 1
	try read "$id" -x --guard 0x1234
	expect_status 0
	printf abc | shmtool write "$id" --guard 0x1234
	try write "$id" -z --guard 0x1234
	expect_status 0
	assert_equal "$(sem_value "$guard")" 1
}

@test "--guard-number acquires that semaphore of the set" {
	guarded
	shmtool rm --with-guard "$id"
	id=$(make_segment)
	guard=$(make_set 7 3 0)
	sem_operation "$guard" 2 0
	try write "$id" -t x --guard key:7 --guard-timeout 0
	expect_status 8
	hold_semaphore "$(make_set 8 3)" 1
	try write "$id" -t x --guard key:8 --guard-number 1 --guard-timeout 0
	expect_status 8
	try write "$id" -t x --guard key:8 --guard-number 2 --guard-timeout 0
	expect_status 0
	try write "$id" -t x --guard key:8 --guard-number 3
	expect_status 2
	assert_stderr_has 'has 3 semaphores, numbered from 0'
}

@test "--guard-timeout: exit 8, nothing is read or written, and the process that holds it is reported" {
	guarded
	hold_semaphore "$guard"
	local time
	for time in 0 50ms; do
		try write "$id" -t hello --guard 0x1234 --guard-timeout "$time"
		expect_status 8
		assert_stderr_has "guard $guard (key 0x00001234)"
		assert_stderr_has "note: last used by process $holder_pid (perl)
shmtool write: hint: wait longer, or stop process $holder_pid if it holds the guard"
		try read "$id" --guard 0x1234 --guard-timeout "$time"
		expect_status 8
		assert_output_is ''
		echo old >out
		try read "$id" --guard 0x1234 --guard-timeout "$time" -f out
		expect_status 8
		assert_equal "$(cat out)" old
	done
	foreign_read "$id" 0 16 | cmp - <(head -c 16 /dev/zero)
	end_process "$holder_pid"
	try write "$id" -t hello --guard 0x1234 --guard-timeout 0
	expect_status 0
}

@test "--guard-timeout: a process that is called \"exited\" does not seem to have exited" {
	guarded
	# shellcheck disable=SC2016
	background perl -e '$| = 1; $0 = "exited"; semop($ARGV[0], pack("s3", 0, -1, 0)) or die; print 1; sleep 1000' "$guard"
	wait_until test -s "$background_output"
	try write "$id" -t hello --guard 0x1234 --guard-timeout 0
	expect_status 8
	assert_stderr_has "note: last used by process $background_pid (\"exited\")"
}

@test "--guard-timeout: how to release a guard whose last user exited without releasing it" {
	guarded
	# shellcheck disable=SC2016
	perl -e 'semop($ARGV[0], pack("s3", 0, -1, 0)) or die' "$guard"
	try write "$id" -t hello --guard 0x1234 --guard-timeout 0
	expect_status 8
	assert_stderr_matches 'note: last used by process [0-9]+ \(exited\)'
	eval "${stderr#*release it: }"
	try write "$id" -t hello --guard 0x1234 --guard-timeout 0
	expect_status 0
}

@test "--guard waits until the semaphore is free, even if it is stopped and continued" {
	guarded
	hold_semaphore "$guard"
	background shmtool write "$id" -t hello --guard 0x1234 --guard-timeout 1m
	wait_until somebody_waits
	kill -STOP "$background_pid"
	kill -CONT "$background_pid"
	wait_until somebody_waits
	foreign_read "$id" 0 5 | cmp - <(head -c 5 /dev/zero)
	end_process "$holder_pid"
	wait_for_status "$background_pid"
	assert_equal "$ended" 0
	assert_equal "$(foreign_read "$id" 0 5)" hello
	assert_equal "$(sem_value "$guard")" 1
}

@test "--guard: a signal ends the wait, and leaves nothing behind" {
	guarded
	hold_semaphore "$guard"
	local signal
	for signal in TERM INT HUP KILL; do
		background env --default-signal "$SHMTOOL" read "$id" -f out --guard 0x1234
		wait_until somebody_waits
		kill "-$signal" "$background_pid"
		wait_for_status "$background_pid"
		assert_equal "$ended" $((128 + $(kill -l "$signal")))
	done
	assert_equal "$(find . -type f ! -name 'separate-stderr-*')" ''
	printf abc >file
	for signal in TERM INT HUP KILL; do
		background env --default-signal "$SHMTOOL" write "$id" -f file --guard 0x1234
		wait_until somebody_waits
		kill "-$signal" "$background_pid"
		wait_for_status "$background_pid"
		assert_equal "$ended" $((128 + $(kill -l "$signal")))
		wait_until nobody_waits
		assert_equal "$(cat "$background_errors")" ''
	done
	foreign_read "$id" 0 3 | cmp - <(head -c 3 /dev/zero)
	end_process "$holder_pid"
	assert_equal "$(sem_value "$guard")" 1
}

@test "a reader or writer that is killed releases the guard" {
	guarded $((4 * 1024 * 1024))
	mkfifo pipe
	exec 5<>pipe
	local signal
	for signal in KILL TERM; do
		# shellcheck disable=SC2016
		background bash -c 'exec "$0" read "$1" --guard 0x1234 >&5' "$SHMTOOL" "$id"
		wait_until value_is 0
		try write "$id" -t x --guard 0x1234 --guard-timeout 0
		expect_status 8
		kill "-$signal" "$background_pid"
		wait_for_status "$background_pid"
		assert_equal "$(sem_value "$guard")" 1
		try write "$id" -t x --guard 0x1234 --guard-timeout 0
		expect_status 0
	done
	head -c 4M /dev/urandom >file
	# it is stopped before it gives it back
	stop_at child:semctl:SEM_STAT_ANY:3 shmtool write "$id" -f file --guard 0x1234
	value_is 0
	kill -KILL "$stopped_pid"
	end_process "$background_pid"
	wait_until value_is 1
}

@test "with --guard, read copies to a pipe instead of passing references" {
	guarded $((4 * 1024 * 1024))
	perl -e 'print "a" x $ARGV[0]' 4194304 | foreign_write "$id" 0
	mkfifo pipe
	exec 5<>pipe
	# shellcheck disable=SC2016
	background bash -c 'exec "$0" read "$1" --guard 0x1234 >&5' "$SHMTOOL" "$id"
	# it stands: the pipe is full
	# shellcheck disable=SC2016
	wait_until perl -e 'open my $pipe, "<&=5"; my $n = pack "i", 0;
		ioctl $pipe, 0x541B, $n or die; exit(unpack("i", $n) < 65536)'
	perl -e 'print "b" x $ARGV[0]' 65536 | foreign_write "$id" 0
	head -c 65536 <&5 >got
	end_process "$background_pid"
	assert_equal "$(tr -s ab <got)" a
}

@test "with --guard, a stream is read completely before the guard is acquired" {
	guarded 100000
	mkfifo pipe
	background shmtool write "$id" -f pipe --guard 0x1234
	exec 5>pipe
	printf abc >&5
	try write "$id" -t xyz --guard 0x1234 --guard-timeout 0
	expect_status 0
	assert_equal "$(foreign_read "$id" 0 3)" xyz
	exec 5>&-
	wait_for_status "$background_pid"
	assert_equal "$ended" 0
	assert_equal "$(foreign_read "$id" 0 3)" abc
	# both ends of one pipe
	run timeout 120 bash -c "'$SHMTOOL' read $id --guard 0x1234 | tr ab AB | '$SHMTOOL' write $id --guard 0x1234"
	expect_status 0
	assert_equal "$(foreign_read "$id" 0 3)" ABc
}

@test "with --guard, nothing is written from a stream that does not fit or is too short" {
	guarded 10
	run --separate-stderr bash -c "yes | head -c 100000 | '$SHMTOOL' write $id --guard 0x1234"
	expect_status 7
	assert_stderr_has 'nothing was written'
	run --separate-stderr bash -c "printf abc | '$SHMTOOL' write $id -n 4 --guard 0x1234"
	expect_status 7
	assert_stderr_has 'nothing was written'
	foreign_read "$id" 0 10 | cmp - <(head -c 10 /dev/zero)
	run --separate-stderr bash -c "yes | '$SHMTOOL' write $id --truncate --guard 0x1234"
	expect_status 0
	printf abcdefgh | { shmtool write "$id" -n 4 --guard 0x1234; shmtool write "$id" -o 4 -n 4 --guard 0x1234; }
	assert_equal "$(foreign_read "$id" 0 8)" abcdefgh
}

@test "with --guard, write does not wait for a stream after it has delivered enough" {
	guarded 10
	mkfifo pipe
	# the other end stays open
	exec 5<>pipe
	local options
	for options in '-n 4' '-n 4 --guard 0x1234' '-o 6 --truncate' '-o 6 --truncate --guard 0x1234'; do
		foreign_write "$id" 0 < <(head -c 10 /dev/zero)
		printf abcd >&5
		# shellcheck disable=SC2086 # several words
		background shmtool write "$id" -f pipe $options
		wait_for_status "$background_pid"
		assert_equal "$ended" 0
		assert_equal "$(foreign_read "$id" 0 10 | tr -d '\0')" abcd
	done
}

# A program that starts anew makes another segment with the key, and uses that one.
@test "a segment that is removed while read or write wait for its guard: exit 9, and nothing is read or written" {
	local verb
	for verb in read 'write -t hello'; do
		guarded
		hold_semaphore "$guard"
		# shellcheck disable=SC2086
		background shmtool $verb "$id" --guard 0x1234
		wait_until somebody_waits
		ipcrm -m "$id"
		end_process "$holder_pid"
		wait_for_status "$background_pid"
		assert_equal "$ended" 9
		assert_equal "$(cat "$background_output")" ''
		assert_equal "$(cat "$background_errors")" \
			"shmtool ${verb%% *}: segment $id (key 0x00001234) was removed or marked for removal during the wait for guard $guard (key 0x00001234)"
		assert_equal "$(sem_value "$guard")" 1
		ipcrm -s "$guard"
	done
}

# Read through a process that has it attached, nothing keeps it in existence.
@test "a segment that is destroyed while read waits for its guard: exit 9" {
	need_root
	guarded
	hold_segment "$id"
	local holder=$holder_pid
	hold_semaphore "$guard"
	background shmtool read "$id" --guard 0x1234
	wait_until somebody_waits
	ipcrm -m "$id"
	end_process "$holder"
	run ! segment_exists "$id"
	end_process "$holder_pid"
	wait_for_status "$background_pid"
	assert_equal "$ended $(cat "$background_output")" '9 '
	grep -q 'was removed or marked for removal during the wait for guard' "$background_errors"
}

@test "a guard that is removed during the copy: exit 9, and the old file is kept; while waiting: exit 3" {
	guarded $((1024 * 1024))
	hold_semaphore "$guard"
	background shmtool read "$id" --guard 0x1234
	wait_until somebody_waits
	ipcrm -s "$guard"
	wait_for_status "$background_pid"
	assert_equal "$ended" 3
	assert_equal "$(cat "$background_errors")" \
		"shmtool read: cannot acquire guard $guard (key 0x00001234): it was removed in the meantime"
	guard=$(make_set 0x1234)
	echo old >out
	# when it looks at the guard for the last time
	stop_at semctl:SEM_STAT_ANY:4 shmtool read "$id" -f out --guard 0x1234
	value_is 0
	ipcrm -s "$guard"
	go_on
	assert_equal "$ended" 9
	assert_equal "$(cat out)" old
	assert_stderr_has 'other processes may have accessed the segment during the copy'
}

@test "--guard without permission to acquire it: exit 5" {
	need_root
	guarded
	guard=$(make_set 0x77 1 1 644)
	try_as_user read "$id" --guard 0x77
	expect_status 5
	assert_output_is ''
	assert_stderr_has 'write permission'
	try_as_user read "$id" -n 4 -x --guard 0x1234
	expect_status 0
	try_as_user write "$id" -t x --guard 0x1234
	expect_status 0
}

@test "--guard: a guard that cannot be looked up, and a stream that cannot be read" {
	local id set
	id=$(make_orphan)
	set=$(perl -e 'my $set = semget(0, 1, 01600) // die; semctl($set, 0, 16, 1) // die; print $set + 0') # SETVAL
	capture with_steps fail:semctl::1+ shmtool write "$id" -t x --guard "$set"
	expect_status 7
	assert_stderr_is "shmtool write: cannot look up the guard $set: Input/output error"
	capture with_steps 'fail:@(read|splice)::1+' shmtool write "$id" --guard "$set" < <(echo x)
	expect_status 7
	assert_stderr_is 'shmtool write: cannot read stdin: Input/output error (0 bytes had been written)'
}

@test "--guard does not release another set that has got the id of the guard" {
	need_root
	[[ -e /proc/sys/kernel/sem_next_id ]] || skip 'the kernel has no sem_next_id'
	guarded
	shmtool write "$id" -t text
	stop_at write::1:1 shmtool read "$id" -n 4 --guard "$guard"
	ipcrm -s "$guard"
	echo "$guard" >/proc/sys/kernel/sem_next_id
	assert_equal "$(make_set 0x77 1 0)" "$guard"
	go_on
	assert_equal "$ended" 9
	assert_stderr_has 'was removed while it was held'
	value_is 0
}

@test "--guard with a set that does not exist, or an invalid argument: exit 3, 2, 7" {
	guarded
	local pair
	for pair in 0x99:3 key:5:3 2147483647:3 id:5000000:3 x:2 -1:2 0x:2 01:2 key:0:2 :2 ftok:A::2 ftok:A:missing:7 \
		ftok::file:2 4294967296:2 '!#:+:2'; do
		try write "$id" -t x --guard "${pair%:*}"
		expect_status "${pair##*:}"
		assert_output_is ''
		try read "$id" "--guard=${pair%:*}"
		expect_status "${pair##*:}"
		assert_output_is ''
	done
	local arguments
	for arguments in "--guard-number 0" "--guard-timeout 1s" "--guard 0x1234 --guard-number 1" \
		"--guard 0x1234 --guard-number 65536" "--guard 0x1234 --guard-number -1" "--guard 0x1234 --guard-number x" \
		"--guard 0x1234 --guard-timeout x" "--guard 0x1234 --guard-timeout -1" "--guard"; do
		# shellcheck disable=SC2086
		try write "$id" -t x $arguments
		expect_status 2
		# shellcheck disable=SC2086
		try read "$id" $arguments
		expect_status 2
	done
	foreign_read "$id" 0 16 | cmp - <(head -c 16 /dev/zero)
	assert_equal "$(sem_value "$guard")" 1
}

@test "--guard with -N acquires and releases the guard of that namespace" {
	# shellcheck disable=SC2016
	background unshare --ipc bash -c '"$SHMTOOL" create -s 4M -k 0x1234 --with-guard && exec sleep 1000' 5>&-
	wait_until test -s "$background_output"
	local there=$background_pid
	try write -N "$there" 0x1234 -t hello --guard 0x1234
	expect_status 0
	try read -N "$there" 0x1234 -n 5 --guard 0x1234
	assert_output_is hello
	# shellcheck disable=SC2016
	look() { nsenter --target "$there" --ipc perl -MIPC::SysV=:all -e 'exit(semctl(semget(0x1234, 0, 0), 0, GETVAL, 0) != $ARGV[0])' "$1"; }
	mkfifo pipe
	exec 5<>pipe
	# shellcheck disable=SC2016
	background bash -c 'exec "$0" read -N "$1" 0x1234 --guard 0x1234 >&5' "$SHMTOOL" "$there"
	wait_until look 0
	kill -KILL "$background_pid"
	wait_until look 1
	assert_equal "$(sem_count)" 0
}

# --- set --with-guard -------------------------------------------------------

# owner, group and mode of the segment and of its guard
both_rights()
{
	local list name
	for list in "shm shmid $id" "sem semid $guard"; do
		for name in uid gid perms; do
			# shellcheck disable=SC2086 # three words
			printf '%s ' "$(field_of $list "$name")"
		done
	done
}

@test "set --with-guard gives the segment and its guard the same owner, group and mode" {
	need_root
	guarded
	try "set" 0x1234 -u 65534 -g 1 -p 0640 --with-guard -n
	expect_status 0
	assert_output_is "would change $id key=0x00001234 uid=0->65534 gid=0->1 mode=0666->0640 guard=$guard"
	assert_equal "$(both_rights)" '0 0 666 0 0 666 '
	try "set" 0x1234 -u 65534 -g 1 -p 0640 --with-guard -v
	expect_status 0
	assert_output_is "changed $id key=0x00001234 uid=0->65534 gid=0->1 mode=0666->0640 guard=$guard"
	assert_equal "$(both_rights)" '65534 1 640 65534 1 640 '
	as_user shmtool write "$id" -t hello --guard 0x1234
	# also where only the guard differs
	try "set" 0x1234 -u 65534 -p 0660
	try "set" 0x1234 -p 0660 --with-guard
	expect_status 0
	assert_equal "$(both_rights)" '65534 1 660 65534 1 660 '
}

@test "set --with-guard leaves no trace on a segment that has these values already" {
	guarded
	try "set" 0x1234 -p 0666 --with-guard -v
	expect_status 0
	assert_output_is ''
	# only the guard differs
	perl -e '$ARGV[0] += 0; semctl($ARGV[0], 0, 1, pack("l5 s x82", 0, 0, 0, 0, 0, 0600)) or die "semctl: $!"' "$guard" # IPC_SET
	assert_equal "$(sem_field 0x1234 perms)" 600
	try "set" 0x1234 -p 0666 --with-guard -v
	expect_status 0
	assert_output_has "guard=$guard"
	assert_equal "$(sem_field 0x1234 perms)" 666
	assert_equal "$(segment_field "$id" lpid)" 0
}

@test "set --with-guard as an ordinary user changes only segments and guards of that user" {
	need_root
	id=$(as_user shmtool create -s 4K -k 0x1234 --with-guard)
	guard=$(sem_field 0x1234 semid)
	try_as_user "set" 0x1234 -p 0640 --with-guard
	expect_status 0
	assert_equal "$(both_rights)" '65534 65534 640 65534 65534 640 '
	run --separate-stderr as_uid 1 shmtool "set" 0x1234 -p 0666 --with-guard
	expect_status 5
	assert_equal "$(both_rights)" '65534 65534 640 65534 65534 640 '
}

@test "set --with-guard without a guard, or with a set that is not one: nothing is changed" {
	need_root
	id=$(make_segment 4096 600 0x1234)
	try "set" "$id" -p 0640 --with-guard
	expect_status 3
	assert_stderr_is "shmtool set: segment $id (key 0x00001234) has no guard (no semaphore set with its key)"
	guard=$(make_set 0x1234 2)
	try "set" "$id" -p 0640 --with-guard
	expect_status 9
	assert_stderr_has 'were not changed: the semaphore set has several semaphores'
	ipcrm -s "$guard"
	# shellcheck disable=SC2016 # it is for perl
	guard=$(as_user perl -e 'print semget($ARGV[0], 1, 01666) + 0' 4660)
	try "set" "$id" -p 0640 --with-guard
	expect_status 9
	assert_stderr_has 'were not changed: the semaphore set was created by a different user'
	assert_equal "$(both_rights)" '0 0 600 65534 65534 666 '
	id=$(make_segment)
	try "set" "$id" -p 0640 --with-guard
	expect_status 3
}

@test "set --with-guard: a guard that is removed, or whose id another set gets" {
	need_root
	guarded
	stop_at semctl:IPC_SET shmtool "set" "$id" -u 1 -p 0640 --lock --with-guard
	ipcrm -s "$guard"
	go_on
	assert_equal "$ended" 3
	assert_stderr_is "shmtool set: segment $id (key 0x00001234) was changed, but it or its guard was removed in the meantime"
	assert_equal "$(segment_field "$id" perms) $(segment_field "$id" uid)" '2640 1'
	[[ -e /proc/sys/kernel/sem_next_id ]] || skip 'the kernel has no sem_next_id'
	guard=$(make_set 0x1234)
	stop_at semctl:IPC_SET shmtool "set" "$id" -u 1 -p 0640 --with-guard
	ipcrm -s "$guard"
	echo "$guard" >/proc/sys/kernel/sem_next_id
	as_user perl -e 'semget(0, 1, 01644) // die'
	go_on
	assert_equal "$(both_rights)" '1 0 2640 65534 65534 644 '
	assert_equal "$ended" 5
}

@test "set --with-guard does not give mode 0 to the guard, which may be that of a removal" {
	need_root
	guarded
	shmtool "set" "$id" -p 0
	try "set" "$id" -u 0 --with-guard
	expect_status 9
	assert_equal "$(both_rights)" '0 0 0 0 0 666 '
}

# There, the number of the owner, 65534, is also that of a user who is mapped.
@test "set and rm --with-guard in a user namespace where the owner is not mapped change neither" {
	local ns rights="awk 'NR > 1 { print \$2, \$3, \$8 }' /proc/sysvipc/shm; awk 'NR > 1 { print \$2, \$3, \$5 }' /proc/sysvipc/sem"
	need_root
	background unshare --user --ipc sh -c 'echo ready; exec sleep 1000'
	wait_until test -s "$background_output"
	ns=$background_pid
	echo '0 100000 65536' | tee "/proc/$ns/uid_map" >"/proc/$ns/gid_map"
	id=$(nsenter --ipc --target "$ns" "$SHMTOOL" create -k 0x1234 -s 4096 -p 640)
	nsenter --ipc --target "$ns" perl -e 'semget(0x1234, 1, 01640) // die'
	there=(nsenter --user --ipc --target "$ns")
	before=$(nsenter --ipc --target "$ns" sh -c "$rights")
	run --separate-stderr "${there[@]}" "$SHMTOOL" "set" 0x1234 -u 0 -g 0 -p 600 --with-guard
	expect_status 7
	assert_stderr_has 'was not changed: its guard'
	background nsenter --ipc --target "$ns" "$HELPERS/hold" "$id"
	wait_until test -s "$background_output"
	run --separate-stderr "${there[@]}" "$SHMTOOL" rm 0x1234 --with-guard --even-attached
	expect_status 5
	assert_equal "$(nsenter --ipc --target "$ns" sh -c "$rights")" "$before"
}

@test "create --with-guard in a user namespace without users makes neither: exit 7" {
	# shellcheck disable=SC2016
	run --separate-stderr unshare --user --ipc sh -c '"$1" create -k 5 -s 1 --with-guard; echo $?; ipcs -ms | grep -c 0x' sh "$SHMTOOL"
	assert_output_is $'7\n0'
	assert_stderr_has 'not mapped in this user namespace'
}

@test "set --with-guard changes neither if it cannot act as the creator of the guard: exit 5" {
	need_root
	id=$(as_user shmtool create -s 4K -k 0x1234 --with-guard)
	guard=$(sem_field 0x1234 semid)
	run --separate-stderr setpriv --bounding-set=-setuid "$SHMTOOL" "set" "$id" -p 0640 --with-guard
	expect_status 5
	assert_stderr_has "segment $id (key 0x00001234) was not changed: its guard (semaphore set $guard) cannot be changed"
	assert_equal "$(both_rights)" '65534 65534 600 65534 65534 600 '
}

@test "set --with-guard: usage errors" {
	guarded
	local options
	for options in '' '--lock' '-p 640 --all' '-p 640 --owner root'; do
		# shellcheck disable=SC2086 # several words
		try "set" "$id" $options --with-guard
		expect_status 2
	done
}

# --- Eight writers and eight readers of a whole mebibyte --------------------

# keep_writing LETTER COUNT [OPTION...], keep_reading COUNT [OPTION...]: a line for each
# read, the letters that were in it
keep_writing()
{
	local left=$2
	for (( ; left; left--)); do
		"$SHMTOOL" write "$id" -f "$1" "${@:3}" || return
	done
}

keep_reading()
{
	local left=$1
	for (( ; left; left--)); do
		"$SHMTOOL" read "$id" "${@:2}" | tr -s A-H || return
		echo
	done
}

# storm COUNT [OPTION...]: what the readers saw is in the file seen
storm()
{
	local letter pids=() outputs=() pid
	for letter in {A..H}; do
		background keep_writing "$letter" "$@"
		pids+=("$background_pid")
		background keep_reading "$@"
		pids+=("$background_pid")
		outputs+=("$background_output")
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	cat "${outputs[@]}" >seen
}

mebibyte()
{
	local letter
	guarded $((1024 * 1024))
	for letter in {A..H}; do
		head -c 1M /dev/zero | tr '\0' "${letter}" >"./$letter"
	done
	shmtool write "$id" -f A
}

# bats test_tags=long
@test "with the guard, no reader sees a mixture of what several writers wrote" {
	mebibyte
	local i
	for ((i = 0; i < 20; i++)); do
		storm 12 --guard 0x1234
		assert_equal "$(wc -l <seen)" 96
		assert_equal "$(grep -vc '^[A-H]$' seen)" 0
		assert_equal "$(sem_value "$guard")" 1
		# on a busy machine, all writers can come to their end before the first reader begins
		(($(sort -u seen | wc -l) == 1)) || return 0
	done
	fail "only one writer was seen in each of $i storms"
}

# bats test_tags=long
@test "without the guard, readers do see mixtures" {
	mebibyte
	local i
	for ((i = 0; i < 20; i++)); do
		storm 12
		! grep -qE '^[A-H]{2,}$' seen || return 0
	done
	fail "no mixture in $i storms"
}

@test "a guard without a key is reported by its id" {
	local guard
	id=$(make_segment)
	guard=$(perl -e 'print semget(0, 1, 01600) + 0')
	try read "$id" --guard "$guard" --guard-timeout 0
	expect_status 8
	assert_stderr_has "guard $guard (no key)"
}
