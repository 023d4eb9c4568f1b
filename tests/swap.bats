#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Pages in swap are data. Requires root, for a swap file and a control group, which can be
# made to swap out its memory.

bats_require_minimum_version 1.5.0
load lib/common

# bats file_tags=engine

setup()
{
	common_setup
	need_root
	need_command mkswap swapon
	# one test at a time: a swapoff brings back what others have there
	exec {swap_lock}</proc/swaps
	flock "$swap_lock"
	swap=$BATS_TEST_TMPDIR/swap.file
	group=
	dd if=/dev/zero of="$swap" bs=1M count=32 status=none
	chmod 600 "$swap"
	mkswap "$swap" >/dev/null
	swapon "$swap" 2>/dev/null || skip "this file system takes no swap file"
	local hierarchy
	for hierarchy in /sys/fs/cgroup/memory /sys/fs/cgroup/unified /sys/fs/cgroup; do
		group=$hierarchy/shmtool-test-$$-$BATS_TEST_NUMBER
		if mkdir "$group" 2>/dev/null && [[ -e $group/memory.force_empty || -e $group/memory.reclaim ]]; then
			return 0
		fi
		rmdir "$group" 2>/dev/null || true
	done
	group=
	skip "no control group that can be emptied"
}

teardown()
{
	common_teardown
	[[ ! -e ${swap-} ]] || swapoff "$swap" 2>/dev/null || true
	rm -f "${swap-}"
	[[ -z ${group-} ]] || rmdir "$group"
}

# A segment of 8 MiB with 2 MiB of data, all of it in swap; its id in id, the
# same bytes in the file wanted.
swapped_segment()
{
	id=$(make_segment $((8 << 20)))
	truncate -s 8M wanted
	dd if=/dev/urandom of=wanted bs=1M seek=1 count=2 conv=notrunc status=none
	# shellcheck disable=SC2016 # the inner shell's own
	tail -c +1048577 wanted | head -c 2M | bash -c 'echo $$ >"$1/cgroup.procs" && exec perl -e "
		undef \$/; my \$x = <STDIN>; shmwrite \$ARGV[0], \$x, 1048576, 2097152 or die" "$2"' - "$group" "$id"
	wait_until push_out
}

push_out()
{
	if [[ -e $group/memory.reclaim ]]; then
		echo 64M >"$group/memory.reclaim" || true
	else
		echo 0 >"$group/memory.force_empty" || true
	fi 2>/dev/null
	[[ $(segment_field "$id" swap) == 2097152 ]]
}

@test "ls -l shows how much swap all segments use" {
	swapped_segment
	try ls -l -J
	expect_status 0
	assert_equal "$(jq -c '.limits[] | select(.name == "swap") | [.value, .used]' <<<"$output")" \
		"[$(awk '$1 == "SwapTotal:" { printf "%.0f", $2 * 1024 }' /proc/meminfo),2097152]"
	try ls --prometheus
	assert_output_has 'shmtool_used_swapped_bytes 2097152'
	assert_output_has "shmtool_limit_swap_bytes $(awk '$1 == "SwapTotal:" { printf "%.0f", $2 * 1024 }' /proc/meminfo)"
}

@test "read reads pages that are in swap" {
	swapped_segment
	shmtool read "$id" | cmp - wanted
}

@test "read -f reads pages that are in swap, and the file is sparse" {
	swapped_segment
	shmtool read "$id" -f out
	cmp out wanted
	! has_files || (($(stat -c '%b * %B' out) <= 2097152 + 65536))
}

@test "read -x dumps pages that are in swap" {
	swapped_segment
	shmtool read "$id" -x | cmp - <(hexdump -C wanted)
}

@test "--map examines pages in swap, and does not swap them in" {
	swapped_segment
	try stat --map "$id"
	expect_status 0
	assert_equal "$(segment_field "$id" swap)" 2097152
	if has_files; then
		assert_output_has "6M unallocated (6291456 bytes)"
		assert_output_has ssssssssss
	else
		# which is which cannot be told from outside
		assert_output_has " 0 unallocated"
		assert_output_has "??????????"
	fi
}

@test "on a machine with swap, holes are recognized in both ways if no page is in swap" {
	id=$(make_orphan 33554432)
	printf hello | foreign_write "$id" 20000000
	rss=$(segment_field "$id" rss)
	shmtool read "$id" >out
	assert_equal "$(segment_field "$id" rss)" "$rss"
	assert_equal "$(tail -c +20000001 out | head -c 5)" hello
	try stat --map "$id"
	assert_output_lacks "not known which"
}
