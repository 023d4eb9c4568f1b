#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rm: segments that it cannot hold (attach) before it removes them.

bats_require_minimum_version 1.5.0
load lib/common
load lib/removal
load lib/stop

setup()
{
	removal_setup
}

@test "an ordinary user's own segments of mode 0 and 0200 are removed without being held" {
	need_root
	local mode id
	for mode in 0 200; do
		id=$(as_user perl -e "$create" 4096 "$mode" 0)
		try_as_user rm --detached
		expect_status 0
		assert_gone "$id"
	done
}

@test "kernel.shm_rmid_forced=1: no segment is held, so none is destroyed by the detach" {
	need_root
	local id kept
	set_limit shm_rmid_forced 1
	id=$(make_live_segment 4096 600)
	kept=$(make_live_segment 4096 600 0x77)
	# it would fail if it were called
	capture with_steps fail:shmat::1+ shmtool rm --detached --except 0x77
	expect_status 0
	assert_gone "$id"
	assert_there "$kept"
}

# Otherwise a user with CAP_SYS_ADMIN, but not CAP_IPC_OWNER, may not attach it.
@test "another user's segment is removed if its group may read it, as rm -n predicts" {
	need_root
	local id words
	local member=(setpriv --reuid 65534 --regid 65534 --inh-caps +sys_admin --ambient-caps +sys_admin --groups)
	id=$(make_orphan)
	# IPC_SET: key, uid, gid, cuid, cgid, mode of a struct shmid_ds
	perl -e 'shmctl($ARGV[0], 1, pack "iLLLLL x88", 0, 4001, 4003, 0, 0, 0640) // die' "$id"
	for words in 'rm -n' rm; do
		# shellcheck disable=SC2086
		capture "${member[@]}" 4004 "$SHMTOOL" $words "$id"
		expect_status 5
		assert_there "$id"
	done
	for words in 'rm -n' rm; do
		# shellcheck disable=SC2086
		capture "${member[@]}" 4003 "$SHMTOOL" $words "$id"
		expect_status 0
	done
	assert_gone "$id"
}

@test "more segments than fit into the address space are removed in several batches" {
	need_root
	need_plain_memory
	for _ in {1..20}; do
		make_orphan $((64 << 20)) >/dev/null
	done
	capture prlimit --as=$((400 << 20)) "$SHMTOOL" rm --orphaned --grace 0
	expect_status 0
	assert_output_has 'total 20 segments'
	assert_equal "$(segment_count)" 0
}

@test "more segments than vm.max_map_count allows are removed in several batches" {
	need_root
	for _ in {1..9}; do
		make_orphan >/dev/null
	done
	export STOP_ERROR=ENOMEM
	# in the second batch; each child counts for itself
	capture with_steps fail:child:shmat::3 shmtool rm --orphaned --grace 0
	expect_status 0
	assert_output_has 'total 9 segments'
	assert_equal "$(segment_count)" 0
}

# Each batch takes tens of milliseconds, and each of these segments fills most of the address space.
@test "many segments of which only one fits into the address space are removed in a bounded number of batches" {
	need_root
	need_plain_memory
	as_user perl -e 'for (1 .. 60) { shmget(0, 60 << 40, 010600) // die }
		for (1 .. 2000) { shmget(0, 1023 << 30, 010600) // die }'
	make_orphan >/dev/null
	STOP_DELAY=0 capture with_steps delay:child:syscall:SYS_membarrier:1+ shmtool rm --orphaned --grace 0
	expect_status 0
	assert_output_has 'total 2061 segments'
	assert_equal "$(segment_count)" 0
	(($(steps_taken) < 15)) || fail "$(steps_taken) batches"
}

# Any user can make a segment that is too large for every process. It uses no memory.
oversized_segment()
{
	as_user perl -e 'print shmget(0, 900 << 40, 010600) // die'
}

# The nice value, the policy, and the processors
schedule_of()
{
	awk '{ sub(/.*\) /, ""); print $17, $39 }' "/proc/$1/stat"
	grep Cpus_allowed: "/proc/$1/status"
}

# removes_by_turns MANY: segments of so many users, which cannot be held
removes_by_turns()
{
	perl -e 'for (1 .. shift) { $> = 1000000 + $_; shmget(0, 900 << 40, 010600) // die; $> = 0 }' "$1"
	STOP_DELAY=0 capture with_steps delay:child:syscall:SYS_membarrier:1+ shmtool rm --all
	expect_status 0
	assert_output_has "total $1 segments"
}

# The users of a container are many.
@test "segments of many users that cannot be held are removed user by user, but not of any number" {
	need_root
	need_plain_memory
	removes_by_turns 60
	assert_equal "$(steps_taken)" 60
	removes_by_turns 400
	assert_equal "$(steps_taken)" 257
}

# A user can change how a process is scheduled that acts as that user, and the change can come late.
@test "a process that has acted as one user acts as no other one" {
	need_root
	need_plain_memory
	local uid
	for uid in 1000001 1000002 1000003; do
		as_uid "$uid" perl -e 'shmget(0, 900 << 40, 010600) // die for 1 .. 2'
	done
	STOP_DELAY=0 capture with_steps delay:child:shmctl:IPC_RMID:1+ shmtool rm --all
	expect_status 0
	assert_output_has 'total 6 segments'
	assert_equal "$(cut -d' ' -f1 "$BATS_TEST_TMPDIR/steps" | sort -u | wc -l)" 3
	assert_equal "$(steps_taken)" 6
}

@test "segments that have no room beside too many large ones are held later" {
	need_root
	need_plain_memory
	as_uid 1 perl -e 'shmget(0, 1 << 40, 010600) // die for 1 .. 1100'
	as_uid 2 shmtool create -s 64G --no-reserve -u 3
	try rm --all
	expect_status 0
	assert_equal "$(segment_count)" 0
}

@test "a line of /etc/subuid that goes beyond the last user" {
	need_root
	need_plain_memory
	[[ -e /etc/subuid ]] || skip 'there is no /etc/subuid'
	echo 'many:4294900000:100000' >subuid
	perl -e '$> = 4294960000; shmget(0, 900 << 40, 010600) // die'
	# shellcheck disable=SC2016
	capture unshare --mount sh -c 'mount --bind subuid /etc/subuid && exec timeout 60 "$@"' sh "$SHMTOOL" rm --all
	expect_status 0
	assert_output_has 'total 1 segment'
}

# The user of an attached segment can make each attach of it wait.
@test "while rm attaches what is attached, nothing is at mode 0" {
	need_root
	local ids
	orphans_as_listed 3
	background "$HELPERS/hold" "${ids[2]}"
	wait_until test -s "$background_output"
	STOP_RUN="cat /proc/sysvipc/shm >'$PWD/list'" with_steps "run:child:shmat::1:${ids[2]}" \
		try rm --all --even-attached
	expect_status 0
	# the first one is a batch
	assert_equal "$(awk '{ print $2, $3 }' list)" "shmid perms
${ids[1]} 600
${ids[2]} 600"
	assert_gone "${ids[@]:0:2}"
	assert_equal "$(segment_field "${ids[2]}" perms)" 1600
}

# Any user can make both calls wait.
@test "while a segment is at mode 0, none is attached or detached" {
	local ids=()
	for _ in {1..70}; do
		ids+=("$(make_orphan 8192)")
	done
	STOP_RUN="awk '\$3 == 0 { print \$2 }' /proc/sysvipc/shm >>'$PWD/blocked' 2>/dev/null" \
		with_steps 'run:child:shm@(at|dt)::1+' try rm --orphaned --grace 0
	expect_status 0
	assert_equal "$(<blocked)" ''
	assert_gone "${ids[@]}"
}

# That user can keep it from running.
@test "while rm acts as a user, no segment of another user is at mode 0" {
	need_root
	local user ids=() steps=run:child:after:shmctl:IPC_SET:1+
	for user in 4001 4002 4001 4003 4002; do
		# shellcheck disable=SC2016
		ids+=("$(setpriv --reuid "$user" --regid "$user" --clear-groups perl -e \
			'$id = shmget(0, 4096, 01600) // die; print $id')")
	done
	# the first one is a batch; the second and third one can be held
	for id in "${ids[@]:3}"; do
		steps+=" fail:child:shmat::1+:$id"
	done
	# whose segments are at mode 0, after each is blocked
	STOP_ERROR=ENOSPC STOP_RUN="awk 'NR > 1 && \$3 % 1000 == 0 { print \$10 }' /proc/sysvipc/shm | sort -u |
		tr '\n' ' ' >>'$PWD/blocked'; echo >>'$PWD/blocked'" with_steps "$steps" try rm --all
	expect_status 0
	assert_equal "$(<blocked)" $'4001 \n4002 \n4001 4002 \n4003 \n4002 '
	assert_gone "${ids[@]}"
}

@test "a segment that does not fit into the address space is removed without being held" {
	need_root
	local id
	id=$(oversized_segment)
	try rm "$id" -n
	assert_output_matches "^would remove $id "
	try rm "$id"
	expect_status 0
	assert_stderr_is ''
	assert_gone "$id"
	id=$(oversized_segment)
	try_as_user rm "$id"
	expect_status 0
	assert_gone "$id"
}

@test "... after all others, even if it is listed first" {
	need_root
	local first other
	first=$(oversized_segment)
	other=$(make_orphan)
	STOP_RUN="cat /proc/sysvipc/shm >'$PWD/list'" with_steps "run:child:shmctl:IPC_SET:1:$first" try rm --all
	expect_status 0
	assert_equal "$(awk '{ print $2 }' list)" "shmid
$first"
	assert_gone "$first" "$other"
}

@test "... unless that user owns the user namespace: exit 5, and what to do" {
	need_root
	local pid
	# shellcheck disable=SC2016
	background as_user unshare --user --map-root-user --ipc perl -e '$| = 1;
		shmget(0, 900 << 40, 011600) // die; print "$$\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	pid=$(<"$background_output")
	try rm -N "$pid" 0
	expect_status 5
	assert_stderr_is "shmtool rm: cannot remove segment 0 (no key): acting as its user is not safe: that user owns the user namespace, or may own it
shmtool rm: hint: remove it without these checks, as ipcrm does: shmtool rm -N $pid -m 0"
	try rm -N "$pid" --all
	expect_status 5
	assert_stderr_has "hint: remove it without these checks, as ipcrm does: shmtool rm -N $pid -m 0"
	as_user nsenter --target "$pid" --user --preserve-credentials --ipc perl -e 'shmget(0, 900 << 40, 011600) // die'
	try rm -N "$pid" --all
	expect_status 5
	assert_stderr_is 'shmtool rm: cannot remove 2 segments of other users: permission denied
shmtool rm: hint: -v lists the segments, each with its reason'
	try "set" -N "$pid" 0 -p 640
	expect_status 5
	assert_stderr_is "shmtool set: cannot change segment 0 (no key): acting as its user is not safe: that user owns the user namespace, or may own it"
	try rm -N "$pid" -m 0
	expect_status 0
}

# As the unattended service, which has no other capabilities
# The kernel lets a user with all capabilities in a user namespace do this to a process with that
# user's effective id.
@test "... and its user changes how the process that acts as that user is scheduled: that is undone" {
	need_root
	local id before
	id=$(oversized_segment)
	stop_at 'child:shmctl:IPC_SET then:child:shmctl:IPC_RMID' shmtool rm "$id"
	before=$(schedule_of "$program_pid")
	as_user unshare --user --map-root-user chrt --idle --pid 0 "$stopped_pid"
	as_user unshare --user --map-root-user renice --priority 19 --pid "$stopped_pid"
	as_user unshare --user --map-root-user taskset --pid 1 "$stopped_pid"
	[[ $(schedule_of "$stopped_pid") != "$before" ]] || fail 'nothing was changed'
	stop_again
	assert_equal "$(schedule_of "$stopped_pid")" "$before"
	go_on
	assert_equal "$ended" 0
	assert_gone "$id"
}

@test "... unless the creator cannot be acted as: exit 5, and the capability that is missing" {
	need_root
	local limited=(setpriv --inh-caps=-all --bounding-set "-all,+sys_admin,+ipc_owner" "$SHMTOOL")
	oversized_segment >/dev/null
	capture "${limited[@]}" rm --all
	expect_status 5
	assert_stderr_has 'with CAP_SETUID'
	oversized_segment >/dev/null
	capture "${limited[@]}" rm --all
	expect_status 5
	assert_stderr_has 'hint: run with CAP_SETUID (-v lists the segments)'
	assert_equal "$(segment_count)" 2
	capture "${limited[@]}" set --all -p 640
	expect_status 5
	assert_stderr_has 'with CAP_SETUID'
}

@test "... unless its owner and its creator are different users: exit 6, and what to do" {
	need_root
	local id
	id=$(oversized_segment)
	shmtool "set" "$id" -u daemon
	try rm "$id"
	expect_status 6
	assert_stderr_has "cannot remove segment $id (no key): cannot attach it to check it: "
	assert_stderr_has "shmtool rm -m $id"
	assert_there "$id"
}

# resize ID SIZE: gives the file of a segment another size, with a descriptor that outlives
# attach --as-file
resize()
{
	# shellcheck disable=SC2016
	NEW_SIZE=$2 shmtool attach --as-file "$1" perl -e '
		open my $file, "+<", $ENV{SHMTOOL_FILE} or die "$!\n";
		my $parent = getppid;
		fork and exit;
		close STDOUT; close STDERR;
		select undef, undef, undef, 0.01 while kill 0, $parent;
		truncate $file, $ENV{NEW_SIZE} or die "$!\n"; open my $mark, ">", "resized"'
	wait_until test -e resized
	rm resized
}

# The kernel attaches as much as there is of the file, so that what is next to it in memory
# is nearer, or farther, than the size of the segment says.
@test "segments whose files are shorter or longer than they are removed together with others" {
	need_root
	has_files || skip "needs segments as files"
	local sizes ids
	for sizes in "1073741824 4096" "4096 8192" "8192 4096"; do
		ids=("$(make_orphan 4096)" "$(make_orphan 4096)" "$(make_orphan "${sizes% *}")")
		for _ in 1 2 3 4; do
			ids+=("$(make_orphan 4096)")
		done
		resize "${ids[2]}" "${sizes#* }"
		try rm --orphaned --grace 0
		expect_status 0
		assert_stderr_is ''
		# the kernel gives ids that begin again at 0 after the 64th
		assert_equal "$(sed -n 's/^removed \([0-9]*\) .*/\1/p' <<<"$output" | sort -n)" \
			"$(printf '%s\n' "${ids[@]}" | sort -n)"
		assert_equal "$(ipcs -m | grep -c 0x)" 0
	done
}

# The kernel attaches no segment whose file is shorter than it.
@test "a segment that was truncated through its file is removed without being held" {
	need_root
	has_files || skip "needs segments as files"
	local id
	id=$(make_orphan 8192)
	resize "$id" 0
	try rm "$id"
	expect_status 0
	assert_gone "$id"
	id=$(as_user shmtool create -s 8192 -u daemon)
	resize "$id" 0
	try rm "$id"
	expect_status 9
	assert_stderr_has "cannot remove segment $id (no key): cannot attach it to check it"
	assert_stderr_has "hint: remove it as its creator (user nobody): shmtool rm -m $id"
	assert_there "$id"
	try rm -m "$id"
	expect_status 0
	assert_gone "$id"
}
