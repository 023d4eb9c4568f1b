#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Kernels and sandboxes that lack a system call for shared memory, or refuse it
# (tests/lib/preload/sandbox.c). The program uses another way if there is one, and otherwise
# reports that in one sentence. It never shows an empty list or a missing segment because
# of such a call.

bats_require_minimum_version 1.5.0
load lib/common

setup()
{
	common_setup
	export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
}

# at SANDBOX ARGUMENT...: as try, in such a place
at()
{
	SANDBOX=$1 LD_PRELOAD=$HELPERS/sandbox.so run --separate-stderr shmtool "${@:2}"
}

# The same where there is no /proc/sysvipc
without_list()
{
	SANDBOX=$1 LD_PRELOAD=$HELPERS/sandbox.so run --separate-stderr unshare --mount sh -c '
		mount -t tmpfs none /proc/sysvipc && exec "$@"' sh "$SHMTOOL" "${@:2}"
}

@test "without a list and without SHM_STAT_ANY (gVisor): an error, and not an empty list" {
	local id other
	without_list gvisor ls
	expect_status 0
	id=$(make_segment 4096 600 0x77)
	for arguments in ls 'ls --fail-empty -q' 'ls -J' 'ls --prometheus' 'rm --detached' 'rm --all' \
		'ls --follow' 'set --all -p 644'; do
		# shellcheck disable=SC2086
		without_list gvisor $arguments
		expect_status 7
		assert_output_is ''
		assert_stderr_has 'this kernel does not list them: name them by id or key'
	done
	segment_exists "$id"
	# by name they are all there
	for name in "$id" 0x77; do
		without_list gvisor ls --no-header -o id,key,size "$name"
		expect_status 0
		assert_equal "$(awk '{ print $1, $2, $3 }' <<<"$output")" "$id 0x00000077 4K"
		without_list gvisor stat "$name"
		expect_status 0
	done
	without_list gvisor stat $((id + 32768))
	expect_status 3
	without_list gvisor ls -u
	expect_status 0
	assert_equal "$(awk '$1 == "segments" { print $2 }' <<<"$output")" 1
	without_list gvisor create -s 4K
	expect_status 0
	other=$output
	segment_exists "$other"
	without_list gvisor rm "$other" 0x77
	expect_status 0
	assert_equal "$(segment_count)" 0
}

@test "ls -A does not claim that there are no segments if no namespace can be listed" {
	need_root
	make_segment 4096 600 0x77 >/dev/null
	# shellcheck disable=SC2016
	capture alone sh -c 'mount -t tmpfs none /proc/sysvipc &&
		SANDBOX=gvisor LD_PRELOAD=$0/sandbox.so exec "$@"' "$HELPERS" "$SHMTOOL" ls -A --no-header
	expect_status 7
	assert_output_is ''
	# shellcheck disable=SC2016
	capture alone sh -c 'mount -t tmpfs none /proc/sysvipc &&
		SANDBOX=gvisor LD_PRELOAD=$0/sandbox.so exec "$@"' "$HELPERS" "$SHMTOOL" ls -A
	expect_status 7
	assert_output_lacks 'no segments'
	assert_stderr_has 'this kernel does not list them'
}

@test "without SHM_STAT_ANY: the same by IPC_STAT" {
	local id
	at old create -s 4K -k 5
	expect_status 0
	id=$output
	segment_exists "$id"
	at old stat "$id"
	expect_status 0
	at old set -p 640 0x5
	expect_status 0
	assert_equal "$(segment_field "$id" perms)" 640
	at old stat $((id + 32768))
	expect_status 3
	hold_segment "$id"
	at old rm "$id"
	expect_status 9
	end_process "$holder_pid"
	at old rm --detached -v
	expect_status 0
	assert_output_has "removed $id"
	assert_equal "$(segment_count)" 0
}

@test "without SEM_STAT_ANY, as with glibc before 2.33: guards are made, held and removed" {
	local words
	for words in 'create -s 4K -k 0x78 --with-guard' 'write 0x78 -t x --guard 0x78' 'rm --with-guard 0x78'; do
		# shellcheck disable=SC2086
		at old $words
		expect_status 0
		assert_stderr_is ''
	done
	assert_equal "$(segment_count) $(wc -l </proc/sysvipc/sem)" '0 1'
}

@test "without user namespaces, root sets and removes the segments and guards of others" {
	need_root
	local words
	as_user "$SHMTOOL" create -s 4K -k 0x78 --with-guard >/dev/null
	for words in 'set 0x78 -p 640 --with-guard' 'rm --with-guard 0x78 -n' 'rm --with-guard 0x78' \
		'create -s 4K -k 0x78 --with-guard'; do
		# shellcheck disable=SC2086
		at nousers $words
		expect_status 0
	done
}

@test "without SEM_UNDO (gVisor), a guard is released after the copy" {
	shmtool create -s 4K -k 0x78 --with-guard >/dev/null
	local words
	for words in 'write 0x78 -t x' 'read 0x78'; do
		# shellcheck disable=SC2086
		at gvisor $words --guard 0x78
		expect_status 0
		assert_equal "$(perl -e 'print semctl(semget(0x78, 0, 0), 0, 12, 0) + 0')" 1 # GETVAL
	done
}

@test "without SEM_STAT_ANY, a guard that may not be read: nothing is removed" {
	need_root
	as_user "$SHMTOOL" create -s 4K -k 0x78 --with-guard >/dev/null
	as_user perl -e 'semctl(semget(0x78, 0, 0), 0, 1, pack("l5 s x82", 0, 65534, 65534, 0, 0, 0)) or die "semctl: $!"' # IPC_SET
	run --separate-stderr as_user env HOME=/ SANDBOX=old LD_PRELOAD="$HELPERS/sandbox.so" \
		"$SHMTOOL" rm --with-guard 0x78
	expect_status 5
	assert_stderr_matches 'segment [0-9]+ \(key 0x00000078\) and its guard \(semaphore set [0-9]+\) were not removed: permission denied'
	assert_equal "$(segment_count)" 1
}

@test "without SHM_STAT_ANY, a segment that may not be read: from the list" {
	need_root
	local id own
	id=$(make_segment 4096 600 9)
	own=$(as_user env SANDBOX=old LD_PRELOAD="$HELPERS/sandbox.so" "$SHMTOOL" create -s 4K -p 0200)
	segment_exists "$own"
	user_at_old()
	{
		run --separate-stderr as_user env HOME=/ SANDBOX=old LD_PRELOAD="$HELPERS/sandbox.so" \
			"$SHMTOOL" "$@"
	}
	user_at_old stat 0x9
	expect_status 0
	user_at_old rm 0x9
	expect_status 5
	segment_exists "$id"
	# the user's own segment is removed, although it cannot be read once it is blocked
	user_at_old rm --owner nobody
	expect_status 0
	segment_exists "$id"
	assert_equal "$(segment_count)" 1
}

@test "IPC_INFO and SHM_INFO refused (SELinux): limits and usage are still shown" {
	set_limit shmmni 40
	set_limit shmall 1000
	make_segment 10000 >/dev/null
	make_orphan 4096 >/dev/null
	for arguments in 'ls -l -J' 'ls -u' 'ls -u -J' 'ls --warn 4' 'ls --warn 4 -J'; do
		# shellcheck disable=SC2086
		try $arguments
		local expected=$output code=$status
		# shellcheck disable=SC2086
		at selinux $arguments
		expect_status "$code"
		assert_output_is "$expected"
	done
	at selinux ls --prometheus
	expect_status 0
	grep -x 'shmtool_limit_segments 40' <<<"$output"
	grep -x 'shmtool_used_segments 2' <<<"$output"
	grep -x 'shmtool_used_bytes 16384' <<<"$output"
}

@test "without shmctl(2), list and limits are shown, and nothing is removed" {
	local id
	id=$(make_orphan 4096 600 0x99)
	at refused ls --no-header -o id
	expect_status 0
	assert_equal "${output// /}" "$id"
	at refused ls -u -J
	expect_status 0
	assert_equal "$(jq '.summary[] | select(.name == "segments").value' <<<"$output")" 1
	for arguments in "rm $id" 'rm 0x99' 'rm --orphaned --grace 0' "set -p 644 $id"; do
		# shellcheck disable=SC2086
		at refused $arguments
		expect_status 5
		assert_stderr_has 'ermission denied'
	done
	segment_exists "$id"
	assert_equal "$(segment_field "$id" perms)" 600
}

@test "every command reports a kernel without System V shared memory" {
	local words=(ls 'ls 5' 'ls -l' 'ls -u' 'ls --warn 90' 'ls --prometheus' 'ls --follow' 'create -s 4K'
		'create -s 4K -k auto' 'create -k 5 --reuse' 'stat 5' 'stat 0x5' 'stat --wait exists 0x5' 'rm 5' 'rm 0x5'
		'rm -m 5' 'rm -M 0x5' 'rm --orphaned' 'attach 5' 'read 5' 'write 5 -t x' 'set -p 600 5')
	for arguments in "${words[@]}"; do
		# shellcheck disable=SC2086
		without_list nosysv $arguments
		expect_status 7
		assert_output_is ''
		assert_stderr_has 'this kernel has no System V shared memory'
		assert_equal "${#stderr_lines[@]}" 1
	done
}
