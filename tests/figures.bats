#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Figures that must be right even if those of the kernel or the clock are wrong.

bats_require_minimum_version 1.5.0
load lib/common

# The machine's first size of huge pages, in bytes
huge_page_size()
{
	awk '$1 == "Hugepagesize:" { print $2 * 1024 }' /proc/meminfo
}

# How many bytes of huge pages are in use on this machine
huge_bytes_used()
{
	awk '$1 == "HugePages_Total:" { all = $2 } $1 == "HugePages_Free:" { unused = $2 }
		$1 == "Hugepagesize:" { size = $2 * 1024 } END { printf "%d\n", (all - unused) * size }' /proc/meminfo
}

@test "rss of huge pages is right in every list" {
	more_huge_pages 4
	local size id before
	size=$(($(huge_page_size) * 2))
	before=$(huge_bytes_used)
	head -c "$size" /dev/urandom >file
	id=$(shmtool create --huge -f file)
	# what the kernel says of all huge pages is the oracle
	assert_equal $(($(huge_bytes_used) - before)) "$size"
	make_segment $((size / 2)) >/dev/null
	try ls --format '%{size} %{rss}' "$id"
	assert_output_is "$size $size"
	try ls -J "$id"
	assert_equal "$(jq '.segments[0].rss' <<<"$output")" "$size"
	try stat "$id"
	assert_output_matches "resident +.*\($size bytes\)"
	try ls --prometheus
	assert_equal "$(awk '/^shmtool_segment_resident_bytes/ { sum += $NF } END { print sum }' <<<"$output")" "$size"
	try ls -u -J
	assert_equal "$(jq '(.summary[] | select(.name == "resident").value) * 4096' <<<"$output")" "$size"
	# without /sys the size of huge pages is unknown, and what the kernel lists is too large
	# shellcheck disable=SC2016 # it is for the shell
	run --separate-stderr unshare --mount sh -c 'umount -l /sys && "$0" ls -u -J && "$0" ls --by owner -J' "$SHMTOOL"
	expect_status 0
	assert_equal "$(jq -c '(.summary // [])[] | select(.name == "resident").value' <<<"$output")" null
	assert_equal "$(jq -c '(.totals // [])[].rss' <<<"$output")" null
}

@test "rss of partly used huge pages is right or unknown, never too large" {
	more_huge_pages 4
	local page before rss id
	page=$(huge_page_size)
	before=$(huge_bytes_used)
	# two pages of so many that what the kernel lists could be small pages, too
	id=$(shmtool create --huge --no-reserve -s 3G) || skip 'no 3 GiB of huge pages without reserving them'
	printf x | foreign_write "$id" 0
	printf x | foreign_write "$id" "$page"
	assert_equal $(($(huge_bytes_used) - before)) $((2 * page))
	try ls --format '%{rss}' "$id"
	[[ $output == $((2 * page)) || $output == - ]] || fail "rss: $output"
	try ls -J
	rss=$(jq '.segments[0].rss' <<<"$output")
	[[ $rss == $((2 * page)) || $rss == null ]] || fail "rss: $rss"
	# a sum has the figure of small pages, if the machine has so much memory in them
	try ls -u -J
	rss=$(jq '(.summary[] | select(.name == "resident").value) * 4096' <<<"$output")
	(($(awk '$1 == "Shmem:" { print $2 * 1024 }' /proc/meminfo) > 1 << 30)) || assert_equal "$rss" $((2 * page))
	# the figure of an untouched segment is known
	id=$(shmtool create --huge --no-reserve -s "$page")
	try ls --format '%{rss}' "$id"
	assert_output_is 0
}

@test "rss of small pages is not mistaken for that of huge ones" {
	local id
	id=$(make_segment $((64 << 20)))
	head -c $((64 << 20)) /dev/zero | foreign_write "$id" 0
	try ls --format '%{rss}' "$id"
	assert_output_is "$(segment_field "$id" rss)"
	assert_output_is $((64 << 20))
}

# The kernel lists as much for two huge pages. A sum without it would hide it, and what others use.
# Any user can give others such a segment, which has two possible figures.
@test "a gigabyte of small pages counts in sums while huge pages are in use" {
	more_huge_pages 4
	local id
	shmtool create --huge -s "$(($(huge_page_size) * 2))" >/dev/null
	for id in $(shmtool ls -q); do
		head -c "$(($(huge_page_size) * 2))" /dev/zero | foreign_write "$id" 0
	done
	id=$(make_segment $((1 << 30)))
	shmtool write "$id" --fill 1
	try ls -u -J
	assert_equal "$(jq '(.summary[] | select(.name == "resident").value) * 4096' <<<"$output")" \
		$(((1 << 30) + 2 * $(huge_page_size)))
	try ls --by owner -J
	assert_equal "$(jq '.totals[0].rss' <<<"$output")" $(((1 << 30) + 2 * $(huge_page_size)))
	try ls --prometheus
	assert_equal "$(awk '/^shmtool_segment_resident_bytes/ { sum += $NF } END { printf "%d", sum }' <<<"$output")" \
		$(((1 << 30) + 2 * $(huge_page_size)))
}

@test "sizes that round up to the next unit are shown in that unit" {
	local size text
	while read -r size text; do
		printf 'key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime\n%s\n' \
			"0 1 600 $size 0 0 0 0 0 0 0 0 0 1" >list
		try ls --from list --no-header -o size
		assert_equal "${output// /} of $size" "$text of $size"
	done <<-'END'
		1023 1023
		1024 1K
		1047551 1023K
		1048063 1023K
		1048064 1.0M
		1048575 1.0M
		1048576 1M
		1073741823 1.0G
		1125899906842623 1.0P
		18446744073709551615 16E
	END
}

# at SECONDS ARGUMENT...: where the clock is so many seconds ahead
at()
{
	run --separate-stderr env LD_PRELOAD="$HELPERS/clock.so" FIXED_REALTIME=$((EPOCHSECONDS + $1)) \
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" "$SHMTOOL" "${@:2}"
}

@test "times in the future (the clock was set back) are shown as such" {
	local id
	id=$(make_orphan)
	at $((-14 * 86400 - 3600)) stat "$id"
	expect_status 0
	assert_output_matches 'changed +.* \(14 days in the future\)'
	assert_output_matches 'detached: .*its latest time is in the future'
	at $((-14 * 86400 - 3600)) ls -t --time-format ago --no-header
	assert_output_matches ' 14d ahead'
	at $((-14 * 86400 - 3600)) rm --orphaned
	assert_output_is ''
	segment_exists "$id"
	# a moment is none: now was read before the list
	at -30 stat "$id"
	assert_output_matches 'changed +.* \(0 seconds ago\)'
}
