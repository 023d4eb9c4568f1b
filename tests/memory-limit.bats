#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Exceeding the memory limit of a control group is not an error, but SIGKILL. It must be
# reported anyway, and leave nothing behind. Requires root, to create a group.

bats_require_minimum_version 1.5.0
load lib/common

setup()
{
	common_setup
	need_root
	# the search for leaks takes memory when the group has none left
	seek_no_leaks
	local name hierarchy
	group=
	for hierarchy in /sys/fs/cgroup/memory /sys/fs/cgroup; do
		name=$hierarchy/shmtool-test-$$-$BATS_TEST_NUMBER
		mkdir "$name" 2>/dev/null || continue
		group=$name
		for name in memory.limit_in_bytes memory.max memory.memsw.limit_in_bytes; do
			[[ ! -e $group/$name ]] || echo 48M >"$group/$name"
		done
		[[ ! -e $group/memory.swap.max ]] || echo 0 >"$group/memory.swap.max"
		[[ ! -e $group/memory.limit_in_bytes && ! -e $group/memory.max ]] || return 0
		rmdir "$group"
		group=
	done
	skip "no control group with a memory limit can be made"
}

teardown()
{
	common_teardown
	[[ -z ${group-} ]] || wait_until rmdir "$group"
}

# Whether the group's own file has so many bytes as shared memory
has_charged()
{
	grep -qxE "(total_)?shmem $1" "$group/memory.stat"
}

@test "ls -l shows how much of the control group's limit the segments use, with -N of PID's group" {
	local id inside
	id=$(make_segment $((24 << 20)))
	head -c 20M /dev/urandom >file
	try_inside write "$id" -f file
	# this is charged to the group of the test
	shmtool write "$id" -o 20M --fill 1
	# the kernel counts for a group in steps
	wait_until has_charged $((20 << 20))
	for inside in '' '-N'; do
		if [[ $inside ]]; then
			# shellcheck disable=SC2016 # the inner shell's own
			background bash -c 'echo $$ >"$0/cgroup.procs" && echo ready && exec sleep 1000' "$group"
			wait_until test -s "$background_output"
			try ls -l -J -N "$background_pid"
		else
			try_inside ls -l -J
		fi
		expect_status 0
		validate <<<"$output"
		assert_equal "$(jq -c '.limits[] | select(.name == "cgroup") | [.value, .used, .percent]' <<<"$output")" \
			"[$((48 << 20)),$((20 << 20)),41.67]"
		assert_equal "$(jq -c '.limits[] | select(.name == "ram").used' <<<"$output")" $((24 << 20))
	done
	try_inside ls --warn 41
	expect_status 1
	assert_output_matches '^cgroup: 20M of 48M of the control group.s memory limit in use \(41\.7%\); to list the largest: '
	try_inside ls --prometheus
	assert_output_has "shmtool_limit_cgroup_bytes $((48 << 20))"
	assert_output_has "shmtool_used_cgroup_bytes $((20 << 20))"
	# files in tmpfs are charged as shared memory too, and are no segments
	shmtool rm -q "$id"
	# shellcheck disable=SC2016 # the inner shell's own
	background bash -c 'echo $$ >"$0/cgroup.procs" && exec unshare --mount sh -c "
		mount -t tmpfs none /mnt && head -c 4M /dev/zero >/mnt/file && exec sleep 1000"' "$group"
	wait_until has_charged $((4 << 20))
	try_inside ls -l -J
	assert_equal "$(jq -c '.limits[] | select(.name == "cgroup").used' <<<"$output")" 0
}

@test "ls -l -A: the limit of each namespace's control group" {
	local ns
	# shellcheck disable=SC2016 # the inner shell's own
	background bash -c 'echo $$ >"$0/cgroup.procs" && exec unshare --ipc sh -c "echo ready && exec sleep 1000"' "$group"
	wait_until test -s "$background_output"
	ns=$(stat -Lc %i "/proc/$background_pid/ns/ipc")
	try ls -l -A -J
	assert_equal "$(jq -c ".limits[] | select(.ns == $ns and .name == \"cgroup\") | [.value, .used]" <<<"$output")" \
		"[$((48 << 20)),0]"
}

# Users choose names of groups where these are delegated to them.
@test "the limit of a control group is not that of another one, which the name of a third one looks like" {
	[[ -d /sys/fs/cgroup/pids && $group == /sys/fs/cgroup/memory/* ]] || skip 'only with the controllers of version 1'
	local other=/sys/fs/cgroup/pids/x:memory:
	mkdir -p "$other/${group##*/}"
	# shellcheck disable=SC2016 # the inner shell's own
	background bash -c 'echo $$ >"$0/cgroup.procs" && echo ready && exec sleep 1000' "$other/${group##*/}"
	wait_until test -s "$background_output"
	try ls -l -J -N "$background_pid"
	assert_equal "$(jq -c '.limits[] | select(.name == "cgroup") | .value' <<<"$output" | grep -cx $((48 << 20)))" 0
	end_process "$background_pid"
	wait_until rmdir "$other/${group##*/}"
	rmdir "$other"
}

@test "the limit of a control group outside of this cgroup namespace is not mistaken for another's" {
	# shellcheck disable=SC2016 # the inner shell's own
	background bash -c 'echo $$ >"$0/cgroup.procs" && echo ready && exec sleep 1000' "$group"
	wait_until test -s "$background_output"
	export OTHER=$background_pid
	mkdir "$group-beside"
	local file
	for file in memory.limit_in_bytes memory.max; do
		[[ ! -e $group-beside/$file ]] || echo 32M >"$group-beside/$file"
	done
	# as in a container: what is mounted begins with the group of the program
	# shellcheck disable=SC2016 # the inner shell's own
	run --separate-stderr bash -c 'echo $$ >"$0/cgroup.procs" && exec unshare --cgroup --mount sh -c "$@"' "$group-beside" '
		mount --bind "$0" "${0%/*}"
		grep -q :/\\.\\./ "/proc/$OTHER/cgroup" && "$SHMTOOL" ls -l -J && "$SHMTOOL" ls -l -J -N "$OTHER"' \
		"$group-beside"
	wait_until rmdir "$group-beside"
	expect_status 0
	assert_equal "$(jq -c '[.limits[] | select(.name == "cgroup").value]' <<<"$output")" $'[33554432]\n[]'
}

# Runs shmtool in the group; stdin is the test's.
try_inside()
{
	# shellcheck disable=SC2016 # the inner shell's own
	run --separate-stderr bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$SHMTOOL" "$@"
}

@test "a file that is larger than the limit is refused before it is loaded" {
	head -c 64M /dev/zero >file
	try_inside create -k 0x55 -f file
	expect_status 6
	assert_output_is ""
	assert_stderr_has "64M of memory"
	assert_stderr_has "this control group's limit of 48M"
	assert_stderr_has "hint: "
	assert_equal "$(segment_count)" 0
}

@test "a sparse file needs only the memory of its data" {
	truncate -s 64M file
	printf x >>file
	try_inside create -f file
	expect_status 0
}

@test "a compressed file needs the memory of its contents, not its size on disk" {
	need_command mkfs.erofs
	mkdir content mounted
	yes | head -c 64M >content/file
	mkfs.erofs -zlz4 image content
	# shellcheck disable=SC2016 # it is for bash
	unshare --mount bash -c 'mount -o loop image mounted || exit 77
		stat -c "%b" mounted/file
		echo $$ >"$0/cgroup.procs" && "$@" mounted/file' "$group" \
		timeout --kill-after 5 60 "$SHMTOOL" create -f >out 2>err && status=0 || status=$?
	((status != 77)) || skip 'erofs cannot be mounted here'
	(($(<out) * 512 < 48 << 20))
	assert_equal "$status" 6
	grep "this control group's limit of 48M" err
	assert_equal "$(segment_count)" 0
}

@test "a stream that is larger: exit 6, and no segment is left" {
	try_inside create -k 0x55 -s 64M -f - < <(head -c 64M /dev/zero)
	expect_status 6
	assert_output_is ""
	assert_stderr_has "was killed"
	assert_equal "$(segment_count)" 0
}

@test "a file that fits is loaded" {
	head -c 8M /dev/urandom >file
	try_inside create -f file
	expect_status 0
	shmtool read "$output" | cmp - file
	ipcrm --all=shm
}

@test "a stream of unknown size uses at most half of the memory that is left" {
	try_inside create -k 0x55 -f - < <(head -c 64M /dev/zero)
	expect_status 6
	assert_output_is ""
	assert_stderr_has "hint: use -s SIZE"
	assert_equal "$(segment_count)" 0
}

@test "write: a file that needs more than the limit is refused before a byte is written" {
	local id
	id=$(make_segment $((64 << 20)))
	head -c 64M /dev/urandom >file
	try_inside write "$id" -f file
	expect_status 6
	assert_stderr_has "cannot load file: it needs 64M of memory"
	assert_equal "$(shmtool ls "$id" --format '%{rss}')" 0
}

@test "write: a --fill that needs more than the limit is refused before a byte is written" {
	local id
	id=$(make_segment $((64 << 20)))
	try_inside write "$id" --fill 0xaa
	expect_status 6
	assert_stderr_has "cannot fill segment $id"
	assert_equal "$(shmtool ls "$id" --format '%{rss}')" 0
	try_inside write "$id" --fill 0xaa -n 8M
	expect_status 0
	assert_equal "$(shmtool ls "$id" --format '%{rss}')" $((8 << 20))
}

@test "write: memory that the segment has already is not counted" {
	local id
	id=$(make_segment $((32 << 20)))
	head -c 32M /dev/urandom >file
	try_inside write "$id" -f file
	expect_status 0
	try_inside write "$id" -f file
	expect_status 0
	shmtool read "$id" | cmp - file
	ipcrm --shmem-id "$id"
}

@test "write: a stream that is larger: exit 6, and how much was written" {
	local id count
	id=$(make_segment $((64 << 20)))
	try_inside write "$id" < <(head -c 64M /dev/zero | tr '\0' x)
	expect_status 6
	assert_stderr_has "was killed"
	count=$(sed -n 's/.*was killed; \([0-9]*\) bytes had been written$/\1/p' <<<"$stderr")
	((count > 8 << 20 && count < 64 << 20))
	shmtool read "$id" -n "$count" | cmp - <(head -c "$count" /dev/zero | tr '\0' x)
	ipcrm --shmem-id "$id"
}

@test "write: if it is killed for its memory use, the guard is released" {
	local id
	id=$(shmtool create -k 0x55 -s 128M --with-guard)
	# data where the segment has none, and none where it has: it may fit, and does not
	shmtool write "$id" --fill 1 -o 64M
	head -c 64M /dev/urandom >file
	truncate -s 128M file
	try_inside write "$id" --guard key:0x55 -f file
	expect_status 6
	assert_stderr_has "was killed"
	try write "$id" --guard key:0x55 --guard-timeout 60s -t x
	expect_status 0
	shmtool rm "$id" --with-guard
}

@test "read: a copy in a tmpfs that is larger is refused, and leaves no file" {
	local id
	id=$(make_segment $((64 << 20)))
	head -c 60M /dev/urandom | "$SHMTOOL" write "$id"
	# shellcheck disable=SC2016 # the inner shell's own
	local inside='mount -t tmpfs none "$1" && shift
		(echo $BASHPID >"$0/cgroup.procs" && eval "exec $1") || echo "status $?"
		ls -A tmp' command
	mkdir tmp
	for command in "$SHMTOOL read $id -f tmp/out" "$SHMTOOL read $id >tmp/out"; do
		run --separate-stderr unshare --mount bash -c "$inside" "$group" tmp "$command"
		[[ $output == 'status 6' || $command == *'>'* && $output == $'status 6\nout' ]] || expect_status '6 inside'
		assert_stderr_has 'cannot write a copy of the segment in a tmpfs: it needs 60M of memory'
	done
	# holes take none
	"$SHMTOOL" write "$id" -z -o 8M
	run --separate-stderr unshare --mount bash -c "$inside; stat -c %s tmp/out" "$group" tmp "$SHMTOOL read $id -f tmp/out"
	assert_output_is $'out\n67108864'
	ipcrm --shmem-id "$id"
}

@test "a stream that is read completely is not in memory twice" {
	local peak=$group/memory.peak
	[[ -e $peak ]] || peak=$group/memory.max_usage_in_bytes
	[[ -e $peak ]] || skip "this kernel does not tell how much a control group had at most"
	! grep -q __asan_init "$SHMTOOL" || skip "the sanitizer takes much memory of its own"
	try_inside create -f - < <(head -c 23M /dev/urandom | tee sent)
	expect_status 0
	shmtool read "$output" | cmp - sent
	(($(<"$peak") > 23 << 20 && $(<"$peak") < 44 << 20))
}

@test "write --guard: a pipe that takes more than half of the memory, and fits: what to do" {
	local id options
	id=$(shmtool create -k 0x55 -s 128M --with-guard)
	for options in --truncate '-n 40M'; do
		# shellcheck disable=SC2086 # words
		try_inside write "$id" --guard 0x55 $options < <(head -c 40M /dev/zero | tr '\0' a)
		expect_status 7
		assert_stderr_is "shmtool write: cannot read stdin before the guard is acquired: more than half of the available memory is required; nothing was written
shmtool write: hint: save the input in a file, and write that with -f FILE"
	done
	shmtool rm "$id" --with-guard
}
