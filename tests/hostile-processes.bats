#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Processes of hostile users, which attack a shmtool that examines them. Each test is an
# attack that worked once.

bats_require_minimum_version 1.5.0
load lib/common
load lib/isolated
load lib/stop

# Alone, since every command that examines processes would wait for these, too.
# bats file_tags=long,alone

setup()
{
	isolated_setup
	# the leak checker stops the program itself, and never ends if SIGCONT comes then
	seek_no_leaks
}

# --- Tracing ----------------------------------------------------------------

# is_traceable PID: whether root of the container can take over this process: the kernel asks
# the same for the link as for ptrace(2)
is_traceable()
{
	there nsenter --target "$pid" --user readlink "/proc/$1/root" >/dev/null
}

is_stopped_there()
{
	stopped=$(sed -n '1s/ .*//p' "$BATS_TEST_TMPDIR/steps")
	[[ $stopped ]]
}

# cannot_trace COMMAND...: that enters the user namespace of the container
cannot_trace()
{
	is_traceable "$pid"
	: >"$BATS_TEST_TMPDIR/steps"
	background with_steps after:setns:CLONE_NEWUSER there "$@"
	wait_until is_stopped_there || fail "$*: $(cat "$background_output" "$background_errors")"
	run ! is_traceable "$stopped"
	there kill -CONT "$stopped"
	wait_for_status "$background_pid"
}

@test "root of a user's rootless container cannot trace shmtool when that user looks into it" {
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc -- 7000
	background there "${ordinary_user[@]}" sleep 1000
	run ! is_traceable "$(there pgrep -n sleep)"
	local words
	echo key:8 >"$lists/list"
	for words in "ls -A" "ls -A -l" "ls -N $pid" "rm -A --all --ignore-keep -n" "rm -A --all --ignore-keep" "stat -N $pid --all" \
		"set -N $pid 0 -p 0640"; do
		# shellcheck disable=SC2086 # words
		cannot_trace "${ordinary_user[@]}" "$SHMTOOL" $words
	done
}

@test "root of a container with its own users cannot trace shmtool when root without CAP_SYS_ADMIN looks into it" {
	# as container engines map them (userns-remap)
	mkfifo mapped
	# shellcheck disable=SC2016
	background there unshare --user --keep-caps --ipc sh -c '
		echo $$ >unmapped; read line <mapped
		exec setpriv --reuid 0 --regid 0 --clear-groups perl -e "$1" 7000' sh "$inhabitant"
	local output=$background_output
	wait_until test -s unmapped
	pid=$(<unmapped)
	# shellcheck disable=SC2016
	there sh -c 'for map in uid gid; do echo 0 100000 1000 >"/proc/$1/${map}_map"; done' sh "$pid"
	echo >mapped
	wait_until test -s "$output"
	local words
	for words in "ls -A" "ls -N $pid"; do
		# shellcheck disable=SC2086 # words
		cannot_trace setpriv --bounding-set -sys_admin "$SHMTOOL" $words
	done
}

# --- Processes that are stuck in execve(2) ----------------------------------

# get_stuck COUNT [later]: so many processes, of another user each time; sets stuck to their ids
get_stuck()
{
	need_fuse
	local directory
	directory=$(mktemp -d mount.XXXXXX)
	stuck_user=$((${stuck_user:-4320} + 1))
	background there "$HELPERS/stuck-in-exec" "$directory" "$1" "$stuck_user" "${@:2}"
	wait_until grep -qx ready "$background_output"
	mapfile -t stuck < <(grep -v ready "$background_output")
}

# hold_there --target PID: a process in the namespace of that one that has segment 0 attached; sets
# holder. (pgrep would hang.)
hold_there()
{
	# shellcheck disable=SC2016
	background there nsenter "$@" --ipc sh -c 'echo $$; exec "$1" 0' sh "$HELPERS/hold"
	wait_until grep -q attached "$background_output"
	holder=$(sed q "$background_output")
}

# Whether reading of it does not return
is_stuck()
{
	local result=0
	there timeout 1 stat -L "/proc/$1/ns/ipc" >/dev/null || result=$?
	((result == 124))
}

# try_beside_stuck ARGUMENT...: shmtool, which does not wait for what is stuck
try_beside_stuck()
{
	try_there "$@"
	is_stuck "${stuck[0]}" || fail 'it came to its end only when nothing was stuck any more'
}

# The same, and it loses only one child or two, whatever is stuck: it waits for each of these
try_beside_many()
{
	STOP_DELAY=0 with_steps delay:fork::1+ try_beside_stuck "$@"
	(($(steps_taken) < 8)) || fail "$(steps_taken) children"
}

@test "100 processes that do not answer take no longer than one, and hide no processes of other users" {
	get_stuck 100
	wait_until is_stuck "${stuck[99]}"
	settle unshare --ipc -- 1000 '!2000'
	hold_there --target "$pid"
	try_beside_many ls -A --format '%{size} %{nattch}' --sort size
	expect_status 5
	assert_output_is $'1000 1\n2000 0'
	assert_stderr_has '100 processes'
	try_beside_many ls -A --format '%{size} %{holders}' --pid "$holder"
	expect_status 5
	assert_output_matches "^1000 $holder hold$"
	try_beside_many ls -A -l -J
	expect_status 5
	try_beside_many rm -A --orphaned --grace 0
	expect_status 5
	assert_output_has size=2000
}

# Otherwise one user with a container can hide the processes of all others.
@test "the users of one container count as one, and if too many users have stuck processes, those of root are examined" {
	mkdir etc
	cp /etc/passwd /etc/group etc
	cp /etc/nsswitch.conf /etc/ld.so.* etc 2>/dev/null || true
	there mount --bind etc /etc
	stuck_user=1001000
	MANY_USERS=1 get_stuck 40
	wait_until is_stuck "${stuck[39]}"
	settle unshare --ipc -- 1000
	printf '%s\n' '#' name: nobody:1: nobody:1000000:65536 >etc/subuid
	try_beside_many ls -A --format '%{size}'
	expect_status 5
	assert_output_is 1000
	assert_stderr_has "of 40 processes: process ${stuck[0]} does not respond in time, and others of its user were skipped"
	# the next 65536 of a range are another container
	echo "nobody:$((1001000 + 31 - 65536)):131072" >etc/subuid
	try_beside_many ls -A --format '%{size}'
	assert_output_is 1000
	: >etc/subuid
	settle unshare --ipc "${ordinary_user[@]}" -- 2000
	try_beside_stuck ls -A --format '%{size}'
	expect_status 5
	assert_output_is 1000
	assert_stderr_has "do not respond in time, and all after them but root's were skipped"
}

# Each is examined while it executes a program, which takes a while with slow files (FUSE), and
# then the next one.
@test "processes that answer late, one after the other, cost no more than one that never answers" {
	local words
	# shellcheck disable=SC2016
	background there "${ordinary_user[@]}" sh -c 'for i in $(seq 100); do sleep 1000 & done; echo; wait'
	wait_until test -s "$background_output"
	settle unshare --ipc -- 1000
	for words in 'ls -A --format %{size}' 'rm -A --all --grace 0 -n --ignore-keep'; do
		# shellcheck disable=SC2086
		STOP_DELAY=100 capture with_steps delay:child:readlinkat:ns/ipc:1+ there "$SHMTOOL" $words
		expect_status 5
		assert_output_matches '1000'
		assert_stderr_has 'does not respond in time, and others of its user were skipped'
		# those of root, and some of the others
		(($(steps_taken) < 50))
	done
}

@test "creators that do not answer are shown by their numbers only" {
	CREATE=1 get_stuck 20
	local words
	for pid in "${stuck[@]}"; do
		wait_until is_stuck "$pid"
	done
	for words in 'ls' 'ls -p' 'ls --command stuck-in-exec' 'ls --unit none' 'stat --all' 'rm --all -n' 'ls -J'; do
		# shellcheck disable=SC2086 # words
		try_beside_many $words
		expect_status 0
		assert_output_lacks 'stuck-in-exec'
	done
	try_beside_many ls --format '%{created-by} %{ccomm} %{cunit} %{ccmdline}'
	assert_equal "$(sort -n <<<"$output")" "$(printf '%s - - -\n' "${stuck[@]}" | sort -n)"
}

@test "a process that does not answer does not block -N and --except-namespace" {
	get_stuck 1
	wait_until is_stuck "${stuck[0]}"
	local words
	for words in "ls -N ${stuck[0]}" "ls -A --except-namespace ${stuck[0]}" \
		"ls -N /proc/${stuck[0]}/ns/ipc" "ls -A --except-namespace /proc/${stuck[0]}/task/${stuck[0]}/ns/ipc"; do
		# shellcheck disable=SC2086 # words
		try_beside_stuck $words
		expect_status 7
		assert_stderr_has 'does not respond'
	done
	# another process of that user, which is skipped
	settle unshare --ipc setpriv --reuid "$stuck_user" --regid "$stuck_user" --clear-groups -- 1000
	for words in "ls -N $ns" "ls -A --except-namespace $ns"; do
		# shellcheck disable=SC2086 # words
		try_beside_stuck $words
		expect_status 7
		assert_stderr_has 'it was not found, but a process that may be in it does not respond'
	done
}

# What only a skipped process sees may be the file of a kept segment.
@test "a process that does not answer does not make rm remove what a file of the keep list keeps" {
	touch file
	get_stuck 1 later
	# as in a pod: a process of root, and one of that user, later in /proc, with files of its own
	settle unshare --ipc -- '!1500:1'
	local pause=$pid
	# shellcheck disable=SC2016
	settle nsenter --target "$pause" --ipc unshare --mount \
		sh -c 'mount --bind file /etc/hostname && exec setpriv --reuid "$0" --regid "$0" --clear-groups "$@"' \
		"$stuck_user" -- "!1000:$(perl -MIPC::SysV=ftok -e 'print ftok("file", 75) & 0xffffffff')"
	local remove='--orphaned --grace 0 --keep ftok:K:/etc/hostname' where
	for where in "-N $pause" -A; do
		# shellcheck disable=SC2086 # words
		try_there rm $where $remove
		expect_status 0
		try_there ls -A --format '%{size}'
		assert_output_is 1000
	done
	there kill -USR1 "${stuck[0]}"
	wait_until is_stuck "${stuck[0]}"
	settle -- '!2000:1'
	# shellcheck disable=SC2086
	try_beside_stuck rm -N "$pause" $remove
	expect_status 7
	assert_stderr_has 'cannot find the files of the keep list in other IPC namespaces: a process does not answer; nothing was removed'
	# shellcheck disable=SC2086
	try_beside_stuck rm -A $remove
	expect_status 5
	assert_output_has size=2000
	assert_stderr_matches "cannot find the files of the keep list in IPC namespace $(number_of "$pause") .*: a process does not answer; namespace skipped"
	try_beside_stuck ls -A --format '%{size}'
	assert_output_is 1000
}

# A user can take all process ids, or fill the limit of a container.
@test "a process that does not answer does not block a command that can create no child" {
	get_stuck 1
	wait_until is_stuck "${stuck[0]}"
	there perl -e 'shmget(5, 2000, 01600) // die'
	hold_there --target 1
	local STOP_ERROR words
	for STOP_ERROR in EAGAIN ENOMEM; do
		export STOP_ERROR
		with_steps fail:fork::1+ try_beside_stuck ls -A --format '%{size}'
		expect_status 5
		assert_output_is 2000
		assert_stderr_matches 'cannot determine the IPC namespace of [0-9]+ processes$'
		(($(steps_taken) > 1)) || fail 'it did not try again'
		for words in 'ls -o id,holders' 'ls -p' 'stat --all --holders'; do
			# shellcheck disable=SC2086 # words
			with_steps fail:fork::1+ try_beside_stuck $words
			expect_status 0
			assert_output_lacks "$holder hold"
		done
	done
}

@test "ls -A --follow reports no namespace as removed only because a process does not answer" {
	get_stuck 1 later
	# another process of that user, later in /proc
	settle unshare --ipc setpriv --reuid "$stuck_user" --regid "$stuck_user" --clear-groups -- 1000
	background there "$SHMTOOL" ls -A --follow --interval 20ms -v
	local events=$background_output errors=$background_errors child follower=$background_pid
	wait_until file_has "$errors" watching
	there kill -USR1 "${stuck[0]}"
	wait_until file_has "$errors" "process ${stuck[0]} does not respond in time, and others"
	there perl -e 'shmget(5, 2000, 01600) // die'
	wait_until file_has "$events" ' created .* size=2000 '
	run ! grep removed "$events"
	is_stuck "${stuck[0]}" || fail 'nothing was stuck any more'
	# what is lost is a process that still exists
	end_there "$pid"
	wait_until file_has "$events" ' removed .* size=1000 '
	is_stuck "${stuck[0]}" || fail 'nothing was stuck any more'
	assert_equal "$(grep -c respond "$errors")" 1
	# it ends as ever
	child=$(<"/proc/$follower/task/$follower/children")
	kill -TERM "${child% }"
	wait_until process_is_gone "$follower"
}

# Where it is looked at by a child, and where it is not: at the moment of each call it gets stuck.
@test "a process that stops answering during the scan" {
	there perl -e 'shmget(5, 4000, 01600) // die'
	hold_there --target 1
	local who file steps=0
	for who in child parent; do
		for file in '/*maps' ''; do
			get_stuck 1 later
			STOP_RUN="kill -USR1 ${stuck[0]}
				while timeout 1 stat -L /proc/${stuck[0]}/ns/ipc; do :; done >/dev/null 2>&1" \
				with_steps "run:$who:open:/proc/${stuck[0]}$file" try_there ls -A -o id,holders --no-header
			assert_output_matches "^ *0  $holder hold"
			(($(steps_taken))) || continue
			is_stuck "${stuck[0]}" || fail 'it came to its end only when nothing was stuck any more'
			steps=$((steps + 1))
		done
	done
	# otherwise there was nothing to see
	((steps >= 2)) || fail "$steps steps"
}

# --- Children that SIGKILL does not end -------------------------------------

# hide_mounts COUNT COMMAND...: so many processes, each with a mount namespace of its own, in which
# a file system that does not answer hides the mount of an IPC namespace. Sets server to the
# process with which that file system ends.
hide_mounts()
{
	need_fuse
	mkdir served
	# shellcheck disable=SC2016
	background there unshare --mount "$HELPERS/silent-fuse" served unshare --mount sh -c '
		mkdir hidden && : >hidden/ns && unshare --ipc=hidden/ns true && mount --bind served hidden || exit
		count=$1
		shift
		while [ "$count" -gt 0 ]; do
			count=$((count - 1))
			unshare --mount "$@" sleep 1000 &
			children="$children $!"
		done
		for child in $children; do
			until [ "$(cat "/proc/$child/comm")" = sleep ]; do sleep 0.01; done
		done
		umount hidden && umount hidden/ns &&
			exec perl -e '\''$| = 1; $SIG{CHLD} = "IGNORE"; print "$$\n"; exec "sleep", 1000'\''' sh "$@"
	wait_until test -s "$background_output"
	server=$(<"$background_output")
}

# follow_all: ls -A --follow; sets follower, events and errors
follow_all()
{
	background there "$SHMTOOL" ls -A --follow --interval 20ms -v
	events=$background_output errors=$background_errors
	wait_until file_has "$errors" watching
	follower=$(there pgrep -xo shmtool)
}

# sees SIZE: whether it sees that somebody creates a segment now
sees()
{
	# shellcheck disable=SC2016
	there perl -e 'shmget(0, $ARGV[0], 01600) // die' "$1"
	wait_until file_has "$events" " created .* size=$1 "
}

children_of()
{
	# shellcheck disable=SC2016
	there sh -c 'wc -w <"/proc/$0/task/$0/children"' "$1"
}

has_children()
{
	(($(children_of "$1") >= $2))
}

@test "ls -A --follow leaves one child behind, not more and more, if SIGKILL does not end it" {
	hide_mounts 5 "${ordinary_user[@]}"
	settle unshare --ipc -- 1000
	local follower events errors size
	follow_all
	wait_until file_has "$errors" 'does not respond in time, and others of its user were skipped'
	# none of these is in the first list
	for size in 2001 2002 2003 2004 2005; do
		sees "$size"
	done
	# the other may be at work
	(($(children_of "$follower") <= 2)) || fail "$(children_of "$follower") children"
	there kill -KILL "$server"
	there kill -TERM "$follower"
	wait_until process_is_gone "$background_pid"
}

# Its origin was read again and again, each time by another child. ([k]ill is the function, not the word.)
@test "ls --follow -J leaves one child behind at a creator that does not answer" {
	local follower events size
	background with_steps 'stop:child:openat:stat:1+ fail:parent:[k]ill::1+' \
		there "$SHMTOOL" ls --follow -J --interval 20ms -v
	events=$background_output
	wait_until file_has "$background_errors" watching
	follower=$(there pgrep -xo shmtool)
	for size in 2001 2002 2003; do
		# shellcheck disable=SC2016
		background there "${ordinary_user[@]}" perl -e 'shmget(0, $ARGV[0], 01600) // die; sleep 1000' "$size"
		wait_until file_has "$events" "\"created\".*\"size\":$size,"
	done
	assert_equal "$(children_of "$follower")" 1
	there kill -TERM "$follower"
}

# sees_beside NUMBER: the children that are left behind are so many
sees_beside()
{
	local -A first=()
	local child count=0
	sees $((RANDOM + 2000))
	# shellcheck disable=SC2016
	for child in $(there sh -c 'cat "/proc/$0/task/$0/children"' "$follower"); do
		first[$child]=1
	done
	# after two looks, others are at work
	sees $((RANDOM + 2000))
	sees $((RANDOM + 2000))
	# shellcheck disable=SC2016
	for child in $(there sh -c 'cat "/proc/$0/task/$0/children"' "$follower"); do
		count=$((count + ${first[$child]-0}))
	done
	assert_equal "$count" "$1"
}

@test "ls -A --follow looks only once at a process of root that does not answer" {
	hide_mounts 1
	local follower events errors
	follow_all
	wait_until file_has "$errors" 'does not respond in time'
	sees_beside 1
	sees_beside 1
	there kill -KILL "$server"
	there kill -TERM "$follower"
	wait_until process_is_gone "$background_pid"
}

# Its user is not known any more then.
@test "ls -A --follow skips the user of a process that is killed as soon as it does not answer" {
	local follower events errors processes
	hide_mounts 2 "${ordinary_user[@]}"
	mapfile -t processes < <(there pgrep -x sleep -P "$server")
	echo "${processes[0]}" >victim
	follow_all
	wait_until file_has "$errors" 'does not respond in time'
	sees_beside 1
	run ! there test -e "/proc/${processes[0]}"
	there test -e "/proc/${processes[1]}"
	there kill -KILL "$server"
	there kill -TERM "$follower"
	wait_until process_is_gone "$background_pid"
}

@test "ls -A --follow sees a namespace end whose process has moved, while another process does not answer" {
	hide_mounts 1 "${ordinary_user[@]}"
	local follower events errors
	follow_all
	wait_until file_has "$errors" 'does not respond in time'
	# shellcheck disable=SC2016 # it is for sh and perl
	background there unshare --ipc perl -e 'shmget(5, 7777, 01600) // die;
		$SIG{USR1} = sub { exec "unshare", "--ipc", "sleep", 1000 };
		$| = 1; print "$$\n"; sleep 1 while 1'
	wait_until file_has "$events" ' created .* size=7777 '
	there kill -USR1 "$(<"$background_output")"
	wait_until file_has "$events" ' removed .* size=7777 '
	there kill -KILL "$server"
	there kill -TERM "$follower"
}

# In their root directory, /etc is on that file system: it has the names of their users.
@test "ls -A --follow skips the user of a process that is killed when its users are sought" {
	need_fuse
	local follower events errors processes
	mkdir served jail jail/etc
	# shellcheck disable=SC2016
	background there unshare --mount "$HELPERS/silent-fuse" served unshare --mount sh -c '
		mount --bind served jail/etc || exit
		for number in 1 2; do
			unshare --ipc perl -MPOSIX -e "chroot q(jail) or die; chdir q(/); setgid(65534); setuid(65534);
				sleep 1 while 1" &
			children="$children $!"
		done
		for child in $children; do
			until grep -q "^Uid:.65534" "/proc/$child/status"; do sleep 0.01; done
		done
		perl -e '\''$| = 1; $SIG{CHLD} = "IGNORE"; print "@ARGV\n"; exec "sleep", 1000'\'' $$ $children'
	wait_until test -s "$background_output"
	read -r server processes <"$background_output"
	echo "${processes% *}" >victim
	follow_all
	wait_until there test ! -e "/proc/${processes% *}"
	sees_beside 1
	there test -e "/proc/${processes#* }"
	there kill -KILL "$server"
	there kill -TERM "$follower"
	wait_until process_is_gone "$background_pid"
}

# Who reads them while the process exits must release its memory, and waits for the file systems of
# its mappings.
@test "only children read files of a process for which the kernel holds its memory" {
	local words reads creator
	settle "${ordinary_user[@]}" -- 7001
	creator=$pid
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc -- 7000
	there perl -e 'shmget(5, 4000, 01600) // die'
	hold_there --target 1
	reads="WHO:open*:/proc/@($creator|$pid|$holder)/@(status|stat|statm|maps|smaps|cmdline|environ|auxv):1+"
	for words in 'ls -A' 'ls -A -J' 'ls -A -o id,holders,ccmdline,cunit' 'ls -J -o id,holders,created-by' 'stat 0' \
		'stat -J 0' 'rm 0' 'rm -J 0' 'rm -A --orphaned' "ls -N $pid"; do
		# shellcheck disable=SC2086 # words
		with_steps "fail:${reads/WHO/parent}" try_there $words
		assert_equal "$words $(steps_taken)" "$words 0"
	done
	# and any other, unless they show holders
	for words in 'ls' 'ls -A' 'ls -J' 'stat 0' 'rm --orphaned' 'rm -A --orphaned'; do
		# shellcheck disable=SC2086 # words
		with_steps "fail:parent:open*:/proc/@($creator|$pid)/*:1+" try_there $words
		assert_equal "$words $(steps_taken)" "$words 0"
	done
	# it is these files
	with_steps "fail:${reads/WHO/child}" try_there stat 0
	(($(steps_taken) > 0))
}

# A user can lock such a directory, so that whoever looks up a name there waits forever. (The first
# batch has one segment.)
@test "no file of the system is opened while segments are at mode 0" {
	settle unshare --ipc -- 7000
	settle unshare --ipc -- 7001
	settle unshare --ipc -- 7002
	STOP_DELAY=0 with_steps \
		'delay:shmctl:IPC_RMID then:delay:shmctl:IPC_SET then:fail:child:open*:/@(sys|proc/sys)/*:1+' \
		try_there rm -A --detached
	expect_status 0
	assert_output_has 'total 3 segments'
	assert_equal "$(steps_taken)" 2
}

# The same for the files of the worker
@test "whether users are mapped is looked up before segments are at mode 0" {
	local id map
	for map in uid_map gid_map; do
		for id in 1 2 3; do
			# shellcheck disable=SC2016
			there perl -e 'shmget($ARGV[0], 4000, 01600) // die' "$id"
		done
		STOP_DELAY=0 with_steps \
			"delay:shmctl:IPC_RMID then:delay:child:open*:/proc/self/$map then:delay:child:shmctl:IPC_SET" \
			try_there rm --all
		expect_status 0
		assert_output_has 'total 3 segments'
		assert_equal "$(steps_taken)" 3
	done
}

@test "a user is skipped even if the process at which a child is stuck has exited" {
	local first
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc -- 7000
	first=$pid
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc -- 7001
	STOP_RUN="kill -KILL $first; while [ -e /proc/$first ]; do sleep 0.01; done; exec sleep 1000" \
		STOP_DELAY=0 with_steps "delay:child:open*:/proc/$first then:run:child:readlinkat" \
		try_there ls -A --format '%{size}'
	expect_status 5
	assert_stderr_has 'of 2 processes: '
	assert_stderr_has 'and others of its user were skipped'
	assert_output_lacks 7001
}

# kcmp(2) compares the memory of a process with that of an earlier one, and waits if one of the two is
# in execve(2).
@test "who makes the comparison with another user's process wait is blamed, and not that user" {
	local first second
	there perl -e 'shmget(5, 4000, 01666) // die'
	hold_there --target 1 --setuid 4001 --setgid 4001
	first=$holder
	hold_there --target 1 --setuid 4002 --setgid 4002
	hold_there --target 1 --setuid 4002 --setgid 4002
	second=$holder
	# first it is compared with the child itself: then it is to blame
	with_steps stop:child:syscall:SYS_kcmp:2 try_there ls -o holders --no-header
	expect_status 0
	assert_output_is "$first hold, $second hold, 1 unseen"
	with_steps stop:child:syscall:SYS_kcmp:1 try_there ls -o holders --no-header
	expect_status 0
	assert_output_is "$first hold, 2 unseen"
}

# Any user can make that take long, by copying mount namespaces.
@test "no user is blamed if a child waits for a list of mounts, and the other processes are found" {
	local first
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc --mount -- 7000
	first=$pid
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc --mount -- 7001
	STOP_DELAY=0 with_steps "delay:child:open*:/proc/$first then:stop:child:getline" \
		try_there ls -A --format '%{size}' --sort size
	expect_status 5
	assert_output_is $'7000\n7001'
	assert_stderr_has 'reading /proc/PID/mountinfo takes too long: '
	assert_stderr_lacks 'skipped'
	assert_stderr_lacks 'hint'
}

# Such as by the kernel, when memory runs out.
@test "no process is named as one that does not respond if the child that looks at it is killed" {
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc -- 7000
	STOP_DELAY=0 with_steps "delay:child:open*:/proc/$pid then:kill:child:openat" \
		try_there ls -A --format '%{size} (%{ns-name})'
	expect_status 5
	assert_stderr_is 'shmtool ls: cannot determine the IPC namespace of 1 process'
}

# cgroup_mutex, which any user can hold for long who has control groups of their own.
@test "no user is blamed if a child waits for the lock of control groups, and the other processes are found" {
	local first
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc -- 7000
	first=$pid
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc -- 7001
	STOP_DELAY=0 with_steps "delay:child:open*:/proc/$first then:stop:child:openat:cgroup" \
		try_there ls -A --format '%{size} (%{ns-name})'
	expect_status 5
	assert_output_has '7001 ('
	assert_output_lacks '7000 ('
	assert_stderr_has 'of 1 process'
	assert_stderr_lacks 'skipped'
	assert_stderr_lacks 'hint'
}

@test "an open file that is replaced by one whose file system does not answer is not opened" {
	need_fuse
	local holder_pid
	mkdir served
	# shellcheck disable=SC2016 # it is for sh and perl
	background there env SILENT=getattr unshare --mount "$HELPERS/silent-fuse" served unshare --ipc sh -c '
		exec 8<served/file 9</proc/self/ns/ipc
		exec unshare --ipc perl -MPOSIX=dup2 -e "$1"' sh '
			$SIG{USR1} = sub { dup2(8, 9); open my $done, ">", "replaced" };
			$| = 1; print "$$\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	holder_pid=$(<"$background_output")
	STOP_RUN="kill -USR1 $holder_pid; until [ -e replaced ]; do sleep 0.01; done" \
		with_steps "run:open*:/proc/$holder_pid/fd/9" try_there ls -A
	(($(steps_taken) == 1))
	assert_stderr_lacks respond
}

@test "write -f ends if the file system of the file lies about holes" {
	need_fuse
	local server
	mkdir served
	# shellcheck disable=SC2016
	background there env SILENT=nothing unshare --mount "$HELPERS/silent-fuse" served sh -c 'echo $$; exec sleep 1000'
	wait_until test -s "$background_output"
	server=$(<"$background_output")
	there perl -e 'shmget(5, 4096, 01600) // die'
	capture there timeout --kill-after 1 60 "$SHMTOOL" write key:5 -f "/proc/$server/root$PWD/served/file"
	expect_status 7
	assert_stderr_has 'Function not implemented'
	there kill -KILL "$server"
}

@test "ls -N ends even if the file system of the file never answers close(2)" {
	need_fuse
	local server
	mkdir served
	# shellcheck disable=SC2016
	background there env SILENT=flush unshare --mount "$HELPERS/silent-fuse" served sh -c 'echo $$; exec sleep 1000'
	wait_until test -s "$background_output"
	server=$(<"$background_output")
	background there "$SHMTOOL" ls -N "/proc/$server/root$PWD/served/file"
	wait_until file_has "$background_errors" 'does not respond'
	wait_until process_is_gone "$background_pid"
	there kill -KILL "$server"
}

# follows_slow_user DELAY STEP: the changes of a user are seen while a process of another one does
# not answer, though each look at the user's process, or the first one (STEP), takes so long
follows_slow_user()
{
	hide_mounts 1 "${ordinary_user[@]}"
	settle unshare --ipc setpriv --reuid 7 --regid 7 --clear-groups -- 1000
	local events errors size
	STOP_DELAY=$1 background with_steps "delay:child:open:/proc/$pid$2" \
		there "$SHMTOOL" ls -A --follow --interval 20ms
	events=$background_output errors=$background_errors
	wait_until file_has "$errors" 'does not respond in time'
	for size in 2001 2002 2003 2004 2005; do
		# shellcheck disable=SC2016
		there nsenter --target "$pid" --ipc perl -e 'shmget(0, $ARGV[0], 01600) // die' "$size"
		wait_until file_has "$events" " created .* size=$size "
	done
	there kill -KILL "$server"
	there kill -TERM "$(there pgrep -xo shmtool)"
	wait_until process_is_gone "$background_pid"
}

# Some ticks each time: far less than the patience, but more in all
@test "ls -A --follow looks at the processes of a slow user while those of another do not answer" {
	follows_slow_user 35 :1+
}

@test "ls -A --follow looks again at a user who was slow once while others do not answer" {
	follows_slow_user 3000 ''
}

# Those of root, whose other processes are looked at all the same
@test "ls -A --follow leaves at most 32 children behind" {
	hide_mounts 40
	settle unshare --ipc -- 1000
	local follower events errors size process
	follow_all
	process=$background_pid
	wait_until has_children "$follower" 32
	for size in 2001 2002 2003 2004 2005; do
		sees "$size"
	done
	(($(children_of "$follower") <= 32)) || fail "$(children_of "$follower") children"
	run ! grep removed "$events"
	# once they can end, all is as before
	there kill -KILL "$server"
	settle unshare --ipc -- 3000
	wait_until file_has "$events" ' created .* size=3000 '
	there kill -TERM "$follower"
	wait_until process_is_gone "$process"
}

# --- Mounts -----------------------------------------------------------------

# For each of them, all mounts were read again: that took 90 seconds of processor time.
@test "4096 hidden mounts of a namespace are read a few times only" {
	settle unshare --ipc -- 5000
	# shellcheck disable=SC2016
	background there unshare --mount sh -c '
		mkdir hidden && mount -t tmpfs none hidden && cd hidden && mkdir 1 2 3 4 5 6 7 8 9 10 11 12 &&
		: >ns && mount --bind "/proc/$1/ns/ipc" ns || exit
		for i in 1 2 3 4 5 6 7 8 9 10 11 12; do mount --rbind . "$i" || exit; done
		cd .. && mount -t tmpfs none hidden && echo ready && exec sleep 1000' sh "$pid"
	wait_until test -s "$background_output"
	end_there "$pid"
	capture there prlimit --cpu=10 "$SHMTOOL" ls -A --keep-file "$lists/none" --format '%{size}'
	expect_status 7
	assert_stderr_has "cannot enter IPC namespace $ns ("
}

# endless_mounts COMMAND...: a process with its own mount namespace, whose list of mounts has no
# end, as if its user mounted faster than it is read.
endless_mounts()
{
	local fifo
	fifo=$(mktemp -u fifo.XXXXXX)
	mkfifo "$fifo"
	# shellcheck disable=SC2016
	background there unshare --mount sh -c 'echo $$; exec "$@"' sh "$@" sleep 1000
	wait_until test -s "$background_output"
	pid=$(<"$background_output")
	there mount --bind "$fifo" "/proc/$pid/mountinfo"
	# shellcheck disable=SC2016
	background sh -c 'exec yes "1 1 0:1 / /mount rw - tmpfs tmpfs rw" >"$1"' sh "$fifo"
}

# bind_elsewhere PID: root has the namespace of this process mounted, in another mount namespace; sets
# place to the path
bind_elsewhere()
{
	: >bound
	# shellcheck disable=SC2016
	background there unshare --mount sh -c '
		mount --bind "/proc/$1/ns/ipc" bound && echo $$ && exec sleep 1000' sh "$1"
	wait_until test -s "$background_output"
	place=/proc/$(<"$background_output")/root$PWD/bound
}

# The reader computes, so it does not count as stuck.
@test "a list of mounts without an end is not read forever, and hides no mounts of root's processes" {
	settle unshare --ipc -- 5000
	local inside=$pid place
	endless_mounts "${ordinary_user[@]}"
	endless_mounts
	bind_elsewhere "$inside"
	end_there "$inside"
	capture there timeout 60 "$SHMTOOL" ls -A --keep-file "$lists/none" --format '%{size} %{ns-of}'
	expect_status 0
	assert_output_is "5000 $place"
	assert_stderr_has '2 mount namespaces were not searched to the end'
}

# Its user could remove one after another, and ls --follow would need more and more memory.
@test "ls -A --follow does not keep an ended namespace without a process while lists of mounts are incomplete" {
	local events errors follower
	settle unshare --ipc -- 5000
	bind_elsewhere "$pid"
	local mounter
	mounter=$(<"$background_output")
	end_there "$pid"
	background there "$SHMTOOL" ls -A --follow --interval 20ms -v
	events=$background_output errors=$background_errors follower=$background_pid
	wait_until file_has "$errors" watching
	endless_mounts "${ordinary_user[@]}"
	wait_until file_has "$errors" '1 mount namespace was not searched to the end'
	end_there "$mounter"
	wait_until file_has "$events" ' removed .* size=5000 '
	assert_equal "$(grep -c 'not searched' "$errors")" 1
	there kill -TERM "$(there pgrep -xo shmtool)"
	wait_until process_is_gone "$follower"
}

# The kernel takes a minute for 100,000 mounts on top of each other. Here the clock says so.
@test "a list of mounts that takes very long is not read to its end, and hides no mounts of root's processes" {
	settle unshare --ipc -- 5000
	local inside=$pid place
	background there unshare --mount "${ordinary_user[@]}" sh -c 'echo ready; exec sleep 1000'
	wait_until test -s "$background_output"
	bind_elsewhere "$inside"
	end_there "$inside"
	STEP_CPUTIME=3 LD_PRELOAD=$HELPERS/clock.so \
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" \
		try_there ls -A --format '%{size} %{ns-of}'
	expect_status 0
	assert_output_is "5000 $place"
	assert_stderr_has 'takes too long: 1 mount namespace was not searched to the end'
}

# --- Open files -------------------------------------------------------------

# A user can have millions, since processes can share their open files (clone(2)); and the kernel
# needs very long for one below thousands of directories. Here the clock says so.
@test "open files that take very long are not all examined, but all of root's are" {
	local user
	for user in 1000 0; do
		# shellcheck disable=SC2016
		background there unshare --ipc sh -c 'perl -e "shmget(5, 2000 + \$ARGV[0], 01600) // die" "$0"
			exec 9</proc/self/ns/ipc; exec nsenter --target 1 --ipc setpriv --reuid "$0" perl -MPOSIX=dup2 -e "$1"' \
			"$user" 'dup2(9, 250); dup2(0, $_) for 9 .. 200; syswrite STDOUT, "ready\n"; sleep 1 while 1'
		wait_until grep -q ready "$background_output"
	done
	STEP_CPUTIME=1 LD_PRELOAD=$HELPERS/clock.so \
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" \
		try_there ls -A --format '%{size}'
	expect_status 0
	assert_output_is 2000
	assert_stderr_has 'examining open files takes too long: those of 1 process were not searched'
	try_there ls -A --format '%{size}' --sort size
	assert_output_is $'2000\n3000'
}

@test "once a user's processes cost ten seconds of processor time, the others of that user are skipped" {
	settle unshare --ipc "${ordinary_user[@]}" -- 1000
	settle unshare --ipc setpriv --reuid 7 --regid 7 --clear-groups -- 2000
	settle unshare --ipc "${ordinary_user[@]}" -- 3000
	settle unshare --ipc -- 4000
	STEP_CPUTIME=11 LD_PRELOAD=$HELPERS/clock.so \
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" \
		try_there ls -A --format '%{size}'
	expect_status 5
	assert_output_is $'1000\n2000\n4000'
	assert_stderr_has 'cannot determine the IPC namespace of 1 process'
}

@test "... also in later scans of the same command" {
	# shellcheck disable=SC2016
	background there unshare --ipc "${ordinary_user[@]}" perl -MIPC::SysV=shmat -e '$| = 1;
		shmat(shmget(0, 1000, 01600) + 0, undef, 0) // die; print "ready\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	try_there ls -A --format '%{size} %{holders}'
	assert_output_matches '^1000 [0-9]+ perl$'
	STEP_CPUTIME=11 LD_PRELOAD=$HELPERS/clock.so \
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" \
		try_there ls -A --format '%{size} %{holders}'
	assert_output_is '1000 1 unseen'
}

# Whether a process waits in open(2) for the other end of a FIFO
waits_for_partner()
{
	[[ $(<"/proc/$1/wchan") == @(wait_for_partner|fifo_open) ]]
}

# For each segment, all mappings with its id were compared with it: that took minutes.
@test "240000 mappings that could be of a segment in each of 3000 namespaces" {
	local i outputs=()
	background there "$HELPERS/many-namespaces" make 3000 4096
	wait_until test -s "$background_output"
	for i in {1..4}; do
		# shellcheck disable=SC2016
		background there unshare --ipc perl -MIPC::SysV=shmat -e '
			$| = 1; my $id = shmget(0, 8192, 01600) + 0;
			for (1 .. 60000) { shmat($id, undef, 0) // die "shmat: $!" }
			print "ready\n"; sleep 1 while 1'
		outputs+=("$background_output")
	done
	for i in "${outputs[@]}"; do
		wait_until test -s "$i"
	done
	# what the program takes for itself, and what the kernel takes to list the mappings
	# shellcheck disable=SC2016
	local times=(there bash -c 'TIMEFORMAT="%U %S"; time "$0" "$@"' "$SHMTOOL")
	capture "${times[@]}" rm -A --command none -n --keep-file "$lists/none"
	expect_status 0
	awk '{ exit $1 > $2 }' <<<"$stderr"
	capture "${times[@]}" ls -A -o holders --no-header --keep-file "$lists/none"
	expect_status 0
	awk '{ exit $1 > $2 }' <<<"$stderr"
	assert_equal "$(grep -c many-namespaces <<<"$output")" 3000
}

# A process holds a namespace open that no process is in. Between the look at its files and
# the opening of that one, it puts a FIFO there, for a device that does something when it is opened.
@test "a process that replaces an open file has nothing else opened by root" {
	mkfifo fifo
	# shellcheck disable=SC2016 # it is for sh and perl
	background there "${ordinary_user[@]}" unshare --user --map-root-user --ipc sh -c '
		exec 9</proc/self/ns/ipc
		exec unshare --ipc perl -MPOSIX=dup2 -e "$1"' sh '
			sysopen my $fifo, "fifo", 010000000 or die; # O_PATH
			$SIG{USR1} = sub { dup2(fileno $fifo, 9); open my $done, ">", "replaced" };
			$| = 1; print "$$\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	local holder_pid
	holder_pid=$(<"$background_output")
	background sh -c 'exec 3>fifo'
	wait_until waits_for_partner "$background_pid"
	STOP_RUN="kill -USR1 $holder_pid; until [ -e replaced ]; do sleep 0.01; done" \
		with_steps "run:open*:/proc/$holder_pid/fd/9" try_there ls -A
	(($(steps_taken) == 1))
	waits_for_partner "$background_pid" || fail 'shmtool opened the FIFO'
}

# The kernel gives a number to the next namespace of any kind.
@test "a namespace of another kind that gets the number of an IPC namespace ends no search" {
	cat >swap.pl <<-'END'
		# swap.pl INODE: becomes a process whose UTS namespace has this number, open as file 9
		use POSIX "dup2";
		$^F = 100000;
		open my $uts, "<", "/proc/self/ns/uts" or die;
		if ((stat $uts)[1] != $ARGV[0]) { exec qw(unshare --uts perl swap.pl), @ARGV }
		dup2(fileno $uts, 9);
		open my $done, ">", "replaced";
		sleep 1 while 1;
	END
	# shellcheck disable=SC2016 # it is for sh and perl
	background there "${ordinary_user[@]}" unshare --user --map-root-user --ipc sh -c '
		exec 9</proc/self/ns/ipc
		exec unshare --ipc perl -MPOSIX -e "$1"' sh '
			open my $ipc, "<&=", 9 or die;
			my $inode = (stat $ipc)[1];
			$SIG{USR1} = sub { POSIX::close(9); exec "perl", "swap.pl", $inode };
			$| = 1; print "$$\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	local holder_pid
	holder_pid=$(<"$background_output")
	settle unshare --ipc -- 7777
	STOP_RUN="kill -USR1 $holder_pid; until [ -e replaced ]; do sleep 0.01; done" \
		with_steps "run:open*:/proc/$holder_pid/fd/9" try_there ls -A --format '%{size}'
	(($(steps_taken) == 1))
	assert_output_is 7777
}
