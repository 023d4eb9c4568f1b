#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0
load lib/common

# bats file_tags=engine

# The picture alone, without offsets.
picture()
{
	sed -n 's/^  [0-9a-f]\{8,16\}  //p' <<<"$output" | tr -d '\n'
}

@test "one character for a page, where the pages are few" {
	id=$(make_segment $((10 * 4096 + 5)))
	printf x | foreign_write "$id" 0
	printf xx | foreign_write "$id" $((3 * 4096 - 1))
	printf x | foreign_write "$id" $((10 * 4096))
	try stat --map "$id"
	expect_status 0
	assert_stderr_is ""
	assert_equal "$(picture)" "#.##......#"
	assert_output_has "12K in memory (12293 bytes), 0 in swap (0 bytes), 28K unallocated (28672 bytes)"
	assert_equal "$(segment_field "$id" rss)" $((4 * 4096))
}

@test "one character for a range, where they are many, and lines fit into 80 columns" {
	id=$(make_segment $((100 << 20)))
	head -c 5M /dev/urandom | foreign_write "$id" 0
	printf x | foreign_write "$id" $((50 << 20))
	try stat --map "$id"
	expect_status 0
	# 800 ranges of 128 KiB
	assert_equal "$(picture)" "$(perl -e 'print "#" x 40, "." x 360, "+", "." x 399')"
	assert_output_has "each character is 128K: "
	assert_equal "$(segment_field "$id" rss)" $(((5 << 20) + 4096))
	run ! grep -E '^  [0-9a-f]{8}.{71}' <<<"$output"
}

@test "a terminal that is wider or narrower" {
	need_command script
	id=$(make_segment $((1 << 20)))
	local pair
	for pair in 40:16 80:64 120:96 20:16 1000:256; do
		script -qec "stty cols ${pair%:*}; '$SHMTOOL' stat --map $id" /dev/null </dev/null | tr -d '\r' >out
		assert_equal "$(sed -n 's/^  00000000  //p' out | tr -d '\n' | wc -c)" "${pair#*:}"
	done
}

@test "maps of an empty segment, a full one, and one with a single byte" {
	id=$(make_segment 8192)
	try stat --map "$id"
	assert_equal "$(picture)" ..
	head -c 8192 /dev/urandom | foreign_write "$id" 0
	try stat --map "$id"
	assert_equal "$(picture)" "##"
	assert_output_has "8K in memory"
	id=$(make_segment 1)
	try stat --map "$id"
	assert_equal "$(picture)" .
}

@test "each of several segments has its map" {
	make_segment 4096
	make_segment 4096
	try stat --map --all
	expect_status 0
	assert_equal "$(picture)" ..
}

@test "--map leaves no trace if a process has the segment attached, given the capabilities" {
	local before
	id=$(make_orphan 4096)
	hold_segment "$id"
	foreign_read "$id" 0 1
	sleep 1.1
	before=$(cat /proc/sysvipc/shm)
	try stat --map "$id"
	expect_status 0
	assert_equal "$(picture)" "#"
	if has_files; then
		assert_equal "$(cat /proc/sysvipc/shm)" "$before"
	else
		[[ $(cat /proc/sysvipc/shm) != "$before" ]]
		assert_equal "$(segment_field "$id" nattch)" 1
	fi
}

@test "--map warns if it overwrites a last user that is running" {
	id=$(make_segment 4096)
	# shellcheck disable=SC2016
	background perl -e 'shmread($ARGV[0], my $x, 0, 1) or die; $| = 1; print "done\n"; sleep 1 while 1' "$id"
	wait_until test -s "$background_output"
	try stat --map "$id"
	expect_status 0
	assert_stderr_has "warning: "
	assert_stderr_has "process $background_pid"
}

@test "--map after a change of owner: exit 9, since it may have been given to be read" {
	need_root
	load lib/stop
	id=$(make_segment 4096)
	STOP_RUN="perl -e 'shmctl($id, 1, pack \"iLLLLL x88\", 0, 4321, 0, 0, 0, 0600) or die'" \
		with_steps run:shmctl:SHM_STAT_ANY:1 try stat --map "$id"
	expect_status 9
	assert_stderr_is "shmtool stat: cannot examine the contents of segment $id (no key): its owner has changed, or its id belongs to another segment now"
}

@test "--map without read permission: exit 5, and the rest of the report is printed" {
	need_root
	id=$(make_segment 4096)
	try_as_user stat --map "$id"
	expect_status 5
	assert_output_has "segment $id"
	assert_output_lacks map
	assert_stderr_has "cannot examine the contents of segment $id (no key): permission denied"
	shmtool "set" "$id" -p 0604
	try_as_user stat --map "$id"
	expect_status 0
	assert_equal "$(picture)" .
}

@test "offsets of more than 32 bits" {
	id=$(shmtool create -s 5G --no-reserve)
	try stat --map "$id"
	expect_status 0
	assert_equal "$(grep -cE '^ +[0-9a-f]{9}  \.+$' <<<"$output")" "$(grep -cE '^ +[0-9a-f]{8,}  ' <<<"$output")"
	assert_output_has ' 5G unallocated (5368709120 bytes)'
}

# If stdout and stderr are the same file, the message appears after the report.
@test "the report comes before the error, and its heading is that of a group" {
	need_root
	id=$(make_segment 4096)
	as_user shmtool stat --map "$id" >both 2>&1 || true
	assert_equal "$(grep -oE '^verdict|cannot examine|hint' both | paste -sd ' ')" 'verdict cannot examine hint'
	try stat --map "$id"
	assert_equal "$(grep -A 1 -xF map <<<"$output" | tail -1)" '  00000000  .'
}

@test "--map cannot be combined with other formats: exit 2" {
	id=$(make_segment 4096)
	local other
	for other in -J -q "--format %{id}" "--wait exists"; do
		# shellcheck disable=SC2086
		try stat --map "$id" $other
		expect_status 2
		assert_output_is ""
	done
}

# Where the pages are is known of all or of none, and only to those who see the file.
@test "a segment that ends within a huge page" {
	more_huge_pages 2
	has_files || skip 'only the file tells how many there are'
	local id
	id=$(shmtool create -s 3M --huge)
	shmtool write "$id" --fill 7
	try stat --map "$id"
	assert_output_matches ' 3M in memory \(3145728 bytes\).* 0 unallocated'
}

@test "a segment of huge pages: none, some, all" {
	more_huge_pages 3
	local id free
	id=$(shmtool create -s 6M --huge)
	free=$(awk '/^HugePages_Free/ { print $2 }' /proc/meminfo)
	try stat --map "$id"
	expect_status 0
	if has_files; then
		assert_output_matches ' 0 in memory \(0 bytes\).* 6M unallocated'
	else
		assert_output_matches ' 0 in memory .* 6M in memory or unallocated'
		assert_output_has '? in memory or unallocated'
	fi
	# looking takes no page
	assert_equal "$(awk '/^HugePages_Free/ { print $2 }' /proc/meminfo)" "$free"
	shmtool write "$id" -t x
	try stat --map "$id"
	assert_output_has '? in memory or unallocated'
	! has_files || assert_output_matches ' 2M in memory .* 4M unallocated'
	shmtool write "$id" --fill 7
	try stat --map "$id"
	! has_files || assert_output_has '6M in memory'
	assert_equal "$(awk '/^HugePages_Free/ { print $2 }' /proc/meminfo)" $((free - 3))
	ipcrm -m "$id"
}
