#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# -N: in another IPC namespace. Each test creates its own namespaces.

load lib/common

# enter OPTION...: a process in a new namespace with a segment of 12345 bytes.
new_namespace()
{
	background "$@" perl -e '
		shmget(0, 12345, 01600) // die; $| = 1; print "ready\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	inside=$background_pid
	# unshare --fork leaves the namespace's own process below it
	[[ $* != *--fork* ]] || inside=$(pgrep -P "$inside")
}

@test "every command works inside -N, and changes nothing in its own namespace" {
	new_namespace unshare --ipc
	own=$(make_segment)
	try ls -N "$inside" --format '%{id} %{size}'
	assert_output_is '0 12345'
	try stat -N "$inside" 0 --format '%{size}'
	assert_output_is 12345
	try create -N "$inside" -k 0x77 -s 100
	expect_status 0
	try write -N "$inside" 0x77 -t hello
	expect_status 0
	try read -N "$inside" 0x77 -n 5
	assert_output_is hello
	try attach -N "$inside" 0x77 ipcs -m
	assert_output_has 0x00000077
	try set -N "$inside" 0x77 -p 0640
	try rm -N "$inside" --all
	expect_status 0
	try ls -N "$inside" -q
	assert_output_is ''
	segment_exists "$own"
	assert_equal "$(segment_count)" 1
}

@test "with -N, commands in hints act in that namespace" {
	local command
	need_root
	new_namespace unshare --ipc
	ln -s "/proc/$inside/ns/ipc" "it's one"
	nsenter --target "$inside" --ipc sh -c 'echo 1 >/proc/sys/kernel/shmmni'
	try create -N "$inside" -s 1
	expect_status 6
	assert_stderr_has "\"shmtool ls --orphaned -N $inside\""
	assert_stderr_matches ": nsenter --ipc=/proc/$inside/ns/ipc sysctl kernel.shmmni=2$"
	try create -N "it's one" -s 1
	assert_stderr_has "\"shmtool ls --orphaned -N 'it'\\''s one'\""
	command=$(sed -n 's/.*raise the limit: //p' <<<"$stderr")
	eval "$command"
	try create -N "$inside" -s 1
	expect_status 0
}

@test "the command that grants access acts in that namespace, too" {
	need_root
	new_namespace unshare --ipc setpriv --reuid 65534 --clear-groups
	nsenter --target "$inside" --ipc perl -e 'shmctl(0, 1, pack "iLLLLL x88", 0, 65534, 65534, 0, 0, 0) // die "shmctl: $!"'
	capture setpriv --reuid 65534 --clear-groups --inh-caps=+sys_admin,+sys_ptrace \
		--ambient-caps=+sys_admin,+sys_ptrace "$SHMTOOL" read -N "$inside" 0
	expect_status 5
	assert_stderr_has "hint: grant yourself access (you own it, mode 0000): shmtool set -N $inside -p 0600 0"
}

@test "the field ns is the number of the namespace" {
	new_namespace unshare --ipc
	try ls -N "$inside" -J
	expect_status 0
	assert_equal "$(jq '.segments[0].ns' <<<"$output")" "$(stat -Lc %i "/proc/$inside/ns/ipc")"
}

@test "-N with a file, even a bind mount of a namespace without processes" {
	need_root
	new_namespace unshare --ipc
	try ls --namespace "/proc/$inside/ns/ipc" --format '%{size}'
	assert_output_is 12345
	: >bound
	# shellcheck disable=SC2016
	run --separate-stderr unshare --mount sh -c '
		mount --bind "/proc/$1/ns/ipc" bound && kill -KILL "$1" &&
			while [ -e "/proc/$1/ns/ipc" ]; do sleep 0.01; done
		"$0" ls -N bound --format "%{size}" && exec "$0" ls -N bound -l -J' "$SHMTOOL" "$inside"
	expect_status 0
	assert_equal "${lines[0]}" 12345
	assert_equal "$(jq -c '[.limits[] | select(.name == "shmmni").used]' <<<"${lines[1]}")" '[1]'
}

@test "-N with a namespace that belongs to a user namespace, as of a rootless container" {
	need_root
	new_namespace setpriv --reuid 65534 --clear-groups unshare --user --map-root-user --ipc
	try ls -N "$inside" --format '%{size}'
	expect_status 0
	assert_output_is 12345
	keep_lists
	echo creator:nobody >"$lists/keep"
	# the list is that of the caller: its owner is checked before the namespace is entered
	try rm -N "$inside" --all --keep-file "$lists/keep"
	expect_status 0
	try ls -N "$inside" -q
	assert_output_is 0
	try rm -N "$inside" --all
	expect_status 0
	assert_output_has 'total 1 segment'
}

@test "-N by the owner of its user namespace: users named outside are refused" {
	need_root
	new_namespace setpriv --reuid 65534 --clear-groups unshare --user --map-root-user --ipc
	export HOME=$BATS_TEST_TMPDIR
	try_as_user ls -N "$inside" --format '%{size}'
	assert_output_is 12345
	for words in '--creator nobody' '--owner nobody'; do
		# shellcheck disable=SC2086 # an option and its value
		try_as_user ls -N "$inside" $words
		expect_status 7
	done
	keep_lists
	echo creator:nobody >"$lists/keep"
	try_as_user rm -N "$inside" --all --keep-file "$lists/keep"
	expect_status 7
	try_as_user "set" -N "$inside" --orphaned --grace 0 --keep-file "$lists/keep" -p 640
	expect_status 7
	try_as_user ls -N "$inside" -q
	assert_output_is 0
	try_as_user rm -N "$inside" --all
	expect_status 0
	assert_output_has 'total 1 segment'
}

@test "-N by the owner of its user namespace: names for -u and -g are refused, numbers are those inside" {
	need_root
	new_namespace setpriv --reuid 65534 --clear-groups unshare --user --map-root-user --ipc
	export HOME=$BATS_TEST_TMPDIR
	local words
	for words in '-u nobody' '-u 0 -g daemon'; do
		# shellcheck disable=SC2086 # options and their values
		try_as_user "set" -N "$inside" --all $words -p 640
		expect_status 7
		# shellcheck disable=SC2086 # options and their values
		try_as_user create -N "$inside" -s 1 $words
		expect_status 7
		assert_stderr_has 'cannot match users in the IPC namespace of'
	done
	try ls -N "$inside" --format '%{size} %{mode}'
	assert_output_is '12345 0600'
	try_as_user "set" -N "$inside" --all -u 0 -p 640
	expect_status 0
	try ls -N "$inside" --format '%{size} %{mode}'
	assert_output_is '12345 0640'
}

@test "processes of another PID namespace that are visible" {
	need_root
	new_namespace unshare --ipc --pid --fork --kill-child
	try ls -N "$inside" --format '%{cpid} %{ccomm}'
	assert_output_is "$inside perl"
	try rm -N "$inside" --orphaned --grace 0
	assert_output_is ''
}

@test "-N with something that is not an IPC namespace, or without permission to enter it" {
	new_namespace unshare --ipc
	for name in 0 abc 4194305000 ''; do
		try ls -N "$name"
		[[ $status == 2 || $status == 7 ]] || fail "status $status for \"$name\""
		[[ -n $stderr ]]
	done
	for name in -1 +5 -0; do
		try ls -N "$name"
		expect_status 2
		try ls -A --except-namespace "$name"
		expect_status 2
	done
	end_process "$inside"
	try ls -N "$inside"
	expect_status 7
	local path
	perl -e 'use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0) && bind(S, sockaddr_un("socket")) or die'
	mkfifo fifo
	background sh -c 'echo >fifo'
	wait_until process_is S "$background_pid"
	for path in /dev/null . socket fifo /proc/self/ns/net; do
		try ls -N "$path"
		expect_status 7
		assert_stderr_has 'not an IPC namespace'
	done
	# it was not even opened
	process_is S "$background_pid"
	try ls -N "/proc/$$/ns/mnt"
	expect_status 7
	new_namespace unshare --ipc
	try_as_user ls -N "$inside"
	expect_status 5
}

# As in an unprivileged LXC container. Such a user has the number 65534, as another user has there.
@test "create -N in a container that does not map the user gives nothing to the user 65534 there" {
	local options
	background setpriv --reuid 4000 --regid 4000 --clear-groups unshare --user --ipc sh -c 'echo ready; exec sleep 1000'
	wait_until test -s "$background_output"
	inside=$background_pid
	echo '0 100000 65536' | tee "/proc/$inside/uid_map" >"/proc/$inside/gid_map"
	for options in '-p 660' '-g +5' '--with-guard'; do
		# shellcheck disable=SC2086
		run --separate-stderr as_uid 4000 "$SHMTOOL" create -N "$inside" -k 0x55 -s 4096 $options
		expect_status 7
		assert_stderr_has 'your user or group is not mapped in this user namespace'
	done
	assert_equal "$(nsenter --ipc --target "$inside" ipcs -ms | grep -c 0x)" 0
	run --separate-stderr as_uid 4000 "$SHMTOOL" create -N "$inside" -k 0x55 -s 4096 -u 5 -g 6 --with-guard
	expect_status 7
	assert_stderr_has 'cannot create the guard'
	as_uid 4000 "$SHMTOOL" create -N "$inside" -k 0x55 -s 4096
	assert_equal "$(nsenter --ipc --target "$inside" "$SHMTOOL" ls --format '%{uid} %{gid} %{mode}')" '4000 4000 0600'
	# that one is not changed
	as_uid 4000 "$SHMTOOL" create -N "$inside" -k 0x55 --reuse -p 660
	as_uid 4000 "$SHMTOOL" create -N "$inside" -k 0x56 -s 4096 -p 660 -u 5 -g 6
	assert_equal "$(nsenter --ipc --target "$inside" "$SHMTOOL" ls --key 0x56 --format '%{uid} %{gid} %{mode}')" '100005 100006 0660'
}
