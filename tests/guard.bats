#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guards: semaphores that protect a segment.

bats_require_minimum_version 1.5.0
load lib/common

wait_for_status()
{
	ended=0
	wait_until process_is_gone "$1" || return
	wait "$1" || ended=$?
}

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
	awk -v key="$(($1))" -v name="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
		$column["key"] == key { print $column[name]; found = 1; exit }
		END { exit !found }' /proc/sysvipc/sem
}

sem_count()
{
	awk 'END { print NR - 1 }' /proc/sysvipc/sem
}

# --- create --with-guard ----------------------------------------------------

@test "create --with-guard makes a free semaphore with the key, rights and owner of the segment" {
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

@test "create --with-guard -k auto takes a key that neither a segment nor a semaphore has" {
	local id key
	id=$(shmtool create -s 1 -k auto --with-guard)
	key=$(shmtool ls "$id" --format '%{key}')
	assert_equal "$(sem_field "$key" nsems)" 1
}

@test "create --with-guard as an ordinary user, who gives it away" {
	need_root
	as_user shmtool create -s 1 -k 0x1234 --with-guard -u root -p 0600
	assert_equal "$(sem_field 0x1234 uid) $(sem_field 0x1234 cuid)" "0 65534"
	assert_equal "$(sem_value "$(sem_field 0x1234 semid)")" 1
}

@test "create --with-guard without a key, or with a mode in which it cannot be taken: exit 2" {
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

@test "create --with-guard: what fails afterwards takes the guard along" {
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

@test "create --with-guard: nobody can take it before all else is done" {
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
	# the rights come before the value
	shmtool rm --with-guard 0x1234
	ASAN_OPTIONS=detect_leaks=0 strace -o trace -e trace=shmctl,semctl,semop,semtimedop \
		"$SHMTOOL" create -k 0x1234 --with-guard -s 5 -p 0666
	grep -oE '^(shmctl|semctl|semop|semtimedop).*(IPC_SET|\[\{0, 1, 0|\[\{sem_num=0, sem_op=1)' trace >order
	assert_equal "$(cut -d'(' -f1 order | sed 's/semtimedop/semop/' | paste -sd' ')" "shmctl semctl semop"
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

@test "rm --with-guard as an ordinary user: his own, and of others nothing" {
	need_root
	as_user shmtool create -s 1 -k 0x1234 --with-guard
	try_as_user rm --with-guard 0x1234
	expect_status 0
	assert_equal "$(segment_count) $(sem_count)" "0 0"
	shmtool create -s 1 -k 0x1234 --with-guard -p 0666
	try_as_user rm --with-guard 0x1234
	expect_status 5
	assert_equal "$(segment_count) $(sem_count)" "1 1"
	# a segment that was given to him, but not its guard
	shmtool "set" 0x1234 -u nobody
	try_as_user rm --with-guard 0x1234
	expect_status 5
	assert_equal "$(segment_count) $(sem_count)" "1 1"
}

@test "rm --with-guard without a guard: exit 3, with -f 0; the segment goes" {
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

@test "rm --with-guard: a taken guard is in use: exit 9, and both stay, unless --even-attached" {
	id=$(shmtool create -s 1 -k 0x1234 --with-guard)
	guard=$(sem_field 0x1234 semid)
	hold_semaphore "$guard"
	try rm --with-guard "$id"
	expect_status 9
	assert_stderr_has 'it is taken'
	assert_stderr_has 'hint: --even-attached'
	assert_equal "$(segment_count) $(sem_count)" "1 1"
	try rm --with-guard -n "$id"
	expect_status 9
	try rm -J --with-guard "$id"
	expect_status 9
	assert_equal "$(jq -r '.results[0].result' <<<"$output")" left
	try rm --with-guard --even-attached "$id"
	expect_status 0
	assert_equal "$(segment_count) $(sem_count)" "0 0"
}

@test "rm --with-guard: an attached segment is left alone with its guard" {
	id=$(shmtool create -s 1 -k 0x1234 --with-guard)
	hold_segment "$id"
	try rm --with-guard "$id"
	expect_status 9
	assert_stderr_has attached
	assert_equal "$(segment_count) $(sem_count)" "1 1"
}

@test "rm --with-guard: what is not a guard of this segment stays, and the segment with it" {
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
		assert_stderr_has 'another user'
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
