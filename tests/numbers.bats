#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Numbers, atomic loads and stores, and compare-and-swap.

bats_require_minimum_version 1.5.0
load lib/common

# An ordinary segment of SIZE bytes that is all zeroes, with memory: its id in id.
zeroes()
{
	id=$(make_segment "$1" 666)
	head -c "$1" /dev/zero | foreign_write "$id" 0
}

# start_contending MODE OFFSET LENGTH
start_contending()
{
	background "$HELPERS/contend" "$1" "$id" "$2" "$3"
	wait_until file_has "$background_output" ready
}

# torn_values: ends it; how many it saw
stop_contending()
{
	kill "$background_pid"
	wait_until file_has "$background_output" torn
	torn=$(sed -n 's/^torn=//p' "$background_output")
}

# --- read -------------------------------------------------------------------

# bats test_tags=engine
@test "read --uN prints the numbers that perl unpacks" {
	local offset
	zeroes 64
	head -c 64 /dev/urandom >bytes
	foreign_write "$id" 0 <bytes
	for offset in 0 8 16 48 56; do
		for form in u8:C u16:S u32:L u64:Q; do
			try read "$id" -o "$offset" "--${form%:*}"
			expect_status 0
			# shellcheck disable=SC2016
			assert_output_is "$(perl -e 'undef $/; print unpack "x$ARGV[0] $ARGV[1]", <STDIN>' \
				"$offset" "${form#*:}" <bytes)"
		done
	done
	try read "$id" -o 63 --u8
	expect_status 0
	try read "$id" -o 62 --u16 -f out
	expect_status 0
	assert_output_is ''
	assert_equal "$(cat out)" "$(tail -c 2 bytes | od -An -tu2 | tr -d ' ')"
}

# bats test_tags=engine
@test "the largest and the smallest numbers" {
	zeroes 8
	local pair
	for pair in 8:255 16:65535 32:4294967295 64:18446744073709551615; do
		try write "$id" "--u${pair%:*}" "${pair#*:}"
		expect_status 0
		try read "$id" "--u${pair%:*}"
		assert_output_is "${pair#*:}"
		try write "$id" "--u${pair%:*}" 0
		try read "$id" --u64
		assert_output_is 0
	done
	try write "$id" --u32 0xdeadBEEF
	try read "$id" --u32
	assert_output_is 3735928559
}

@test "read --uN prints a number on a terminal, too" {
	need_command script
	zeroes 8
	TERM=dumb script -qec "'$SHMTOOL' read $id --u64" /dev/null </dev/null | tr -d '\r' >out
	assert_equal "$(cat out)" 0
}

@test "read --uN at misaligned offsets, and with options that it cannot be combined with: exit 2" {
	zeroes 20
	local arguments
	for arguments in "--u16 -o 1" "--u32 -o 2" "--u64 -o 12" "--u64 -o 4" "--u8 -o 20" "--u32 -o 20" \
		"--u64 -o 16" "--u16 -o 18446744073709551614" "--u8 -n 1" "-n 4 --u32" "--u8 --u16" "--u32 -x" \
		"-x --u8" "--u32=4" "--u8 1"; do
		# shellcheck disable=SC2086
		try read "$id" $arguments
		expect_status 2
		assert_output_is ''
	done
	try read "$id" --u32 -o 6
	assert_stderr_has 'offset 6 is not a multiple of 4'
	assert_stderr_has 'hint:'
}

# bats test_tags=engine
@test "read --uN of a hole prints 0, and does not allocate it" {
	id=$(make_segment 65536)
	local before
	before=$(segment_field "$id" rss)
	try read "$id" --u64 -o 32768
	assert_output_is 0
	try read "$id" -o 16384 -n 4 -x
	assert_equal "${lines[0]}" "00004000  00 00 00 00                                       |....|"
	shmtool write "$id" -z -o 8192 -n 8
	assert_equal "$(segment_field "$id" rss)" "$before"
}

@test "numbers as an ordinary user: as the mode allows" {
	need_root
	zeroes 16
	shmtool "set" "$id" -p 0604
	try_as_user read "$id" --u64
	assert_output_is 0
	try_as_user write "$id" --u64 1
	expect_status 5
	shmtool "set" "$id" -p 0606
	try_as_user write "$id" --u64 1
	expect_status 0
	try_as_user write "$id" --u64 2 --expect 1
	expect_status 0
	try_as_user read "$id" --u64
	assert_output_is 2
}

# --- write ------------------------------------------------------------------

# bats test_tags=engine
@test "write --uN stores a number in host byte order, and changes no other byte" {
	local pair pack
	for pair in u8:C:200 u16:S:50000 u32:L:4000000000 u64:Q:10000000000000000000; do
		IFS=: read -r form pack number <<<"$pair"
		zeroes 24
		try write "$id" "--$form" "$number" -o 8
		expect_status 0
		assert_output_is ''
		# shellcheck disable=SC2016
		foreign_read "$id" 0 24 | cmp - <(perl -e 'my $n = pack $ARGV[0], $ARGV[1];
			print "\0" x 8 . $n . "\0" x (16 - length $n)' "$pack" "$number")
	done
}

@test "write --uN of a number that does not fit, at a misaligned offset, or with another source: exit 2" {
	zeroes 20
	local arguments
	for arguments in "--u8 256" "--u16 65536" "--u32 4294967296" "--u64 18446744073709551616" "--u8 -1" \
		"--u8 0x100" "--u32 1x" "--u8 1.0" "--u8 +1" "--u32 1K" "--u16 1 -o 1" "--u64 1 -o 16" "--u64 1 -o 4" \
		"--u32 1 -n 4" "--u8 1 --u8 2" "--u32 1 -t abcd" "--u8 1 -z" "--u8 1 --truncate" "--u8"; do
		# shellcheck disable=SC2086
		try write $arguments -- "$id"
		expect_status 2
		assert_output_is ''
	done
	try write "$id" --u8 ''
	expect_status 2
	try write "$id" --u8 '!#:+'
	expect_status 2
	try write "$id" --u16 70000
	assert_stderr_has '"70000": out of range for 16 bits (0..65535)'
	foreign_read "$id" 0 20 | cmp - <(head -c 20 /dev/zero)
}

# --- --expect ---------------------------------------------------------------

# bats test_tags=engine
@test "--expect: the value is replaced, or a different one is printed in the same notation" {
	zeroes 16
	try write "$id" -o 8 --u32 7 --expect 0
	expect_status 0
	assert_output_is ''
	try write "$id" -o 8 --u32 9 --expect 0
	expect_status 1
	assert_output_is 7
	assert_stderr_is ''
	try write "$id" -o 8 --u32 9 --expect 0x7
	expect_status 0
	try read "$id" -o 8 --u32
	assert_output_is 9
	try write "$id" -x "de ad be ef" --expect 00000000
	expect_status 0
	try write "$id" -x 01020304 --expect "00 00 00 00"
	expect_status 1
	assert_output_is deadbeef
	try write "$id" -x 61626364 --expect "$output"
	expect_status 0
	try write "$id" -t "wxyz" --expect "abcx"
	expect_status 1
	assert_output_is abcd
	try write "$id" --expect=abcd "-t=xyz"
	expect_status 0
	try write "$id" -t ab --expect =x -o 0
	expect_status 0
	assert_equal "$(foreign_read "$id" 0 4)" abyz
	try write "$id" --u8 255 --expect 0 -o 15
	expect_status 0
	try write "$id" --u64 18446744073709551615 --expect 5 -o 8
	expect_status 1
	assert_output_is "$(foreign_read "$id" 8 8 | od -An -tu8 | tr -d ' ')"
}

# bats test_tags=engine
@test "--expect: a mismatched word and its neighbors are not changed" {
	zeroes 24
	shmtool write "$id" -x "111111111111111122222222222222223333333333333333"
	try write "$id" -o 8 --u16 1 --expect 2
	expect_status 1
	try write "$id" -o 8 --u16 1 --expect $((0x2222))
	expect_status 0
	foreign_read "$id" 0 24 | cmp - <(perl -e 'print "\x11" x 8, pack("S", 1), "\x22" x 6, "\x33" x 8')
}

@test "--expect of another length or notation, or without a word: exit 2, nothing is written" {
	zeroes 32
	local arguments
	for arguments in "--expect 0" "-z --expect 0" "-f /dev/null --expect 0" "--fill 1 -n 1 --expect 0" \
		"--u8 1 --expect 256" "--u32 1 --expect x" "--u32 1 --expect -1" "-x 01 --expect 0" "-x 0102 --expect 00" \
		"-x 01 --expect 0x" "-t ab --expect abc" "-t abc --expect abc" "-x 010203 --expect 000000" \
		"-t ab --expect cd -o 1" "-x 01020304 --expect 00000000 -o 2" "--u64 1 --expect 0 -o 4" \
		"-t abcdefghijklmnop --expect abcdefghijklmnop" "--u8 1 --expect"; do
		# shellcheck disable=SC2086
		try write $arguments -- "$id"
		expect_status 2
		assert_output_is ''
	done
	try write "$id" --u8 1 --expect ''
	expect_status 2
	foreign_read "$id" 0 32 | cmp - <(head -c 32 /dev/zero)
}

@test "--expect: if the current value cannot be printed, exit 7" {
	zeroes 8
	run --separate-stderr bash -c "'$SHMTOOL' write $id --u8 1 --expect 2 >/dev/full"
	expect_status 7
}

@test "--expect: found text with zero bytes shows them on a terminal" {
	need_command script
	id=$(make_segment 8)
	foreign_write "$id" 0 < <(printf 'a\0b\0')
	script -qec "'$SHMTOOL' write $id -t abcd --expect efgh" screen </dev/null >/dev/null || true
	grep -aqF 'a\x00b\x00' screen
}

@test "--expect: found text cannot control a terminal" {
	need_command script
	id=$(make_segment 8)
	printf '\e[2J' | foreign_write "$id" 0
	TERM=dumb script -qec "'$SHMTOOL' write $id -t abcd --expect efgh" /dev/null </dev/null >out || true
	run ! grep -q $'\e' out
	grep -qF 'x1b[2J' out
}

# --- Against other processes ------------------------------------------------

# Waits for processes that were begun in the background; each must end well.
ended()
{
	local pid
	for pid; do
		wait "$pid"
	done
}

# increment COUNT: as a script does it, and counts the tries that failed
increment()
{
	local left=$1 old found=0
	while ((left)); do
		old=$found
		if found=$("$SHMTOOL" write "$id" -o 8 --u32 $((old + 1)) --expect "$old"); then
			found=$((old + 1))
			left=$((left - 1))
		fi
	done
}

# bats test_tags=engine
@test "compare-and-swap: no update is lost if other programs add as well" {
	zeroes 16
	local i pids=()
	background "$HELPERS/contend" add "$id" 8 4 300
	pids+=("$background_pid")
	for i in 1 2 3; do
		background increment 40
		pids+=("$background_pid")
	done
	ended "${pids[@]}"
	try read "$id" -o 8 --u32
	assert_output_is $((2 * 300 + 3 * 40))
}

# bats test_tags=long
@test "without --expect, updates are lost" {
	zeroes 16
	increment_badly()
	{
		local left=$1
		for (( ; left; left--)); do
			"$SHMTOOL" write "$id" -o 8 --u32 $(($("$SHMTOOL" read "$id" -o 8 --u32) + 1))
		done
	}
	local i pids=()
	for i in 1 2 3; do
		background increment_badly 40
		pids+=("$background_pid")
	done
	ended "${pids[@]}"
	(($(shmtool read "$id" -o 8 --u32) < 3 * 40))
}

# looks_torn LENGTH COUNT: whether one of so many reads is not one byte all over
looks_torn()
{
	local i bytes
	for ((i = 0; i < $2; i++)); do
		case $((i % 3)) in
		0) bytes=$("$SHMTOOL" read "$id" -o 8 -n "$1" | od -An -v -tx1) ;;
		1) bytes=$("$SHMTOOL" read "$id" -o 8 -n "$1" -x | sed q | cut -c10-34) ;;
		2) bytes=$(printf "%0$((2 * $1))x" "$("$SHMTOOL" read "$id" -o 8 "--u$(($1 * 8))")") ;;
		esac
		bytes=${bytes// /}
		[[ -z ${bytes//${bytes:0:2}/} ]] || return 0
	done
	return 1
}

# bats test_tags=engine,long
@test "read: no value is torn while programs store" {
	local length
	for length in 2 4 8; do
		zeroes 16
		start_contending store 8 "$length"
		run ! looks_torn "$length" 60
		stop_contending
		ipcrm -m "$id"
	done
}

# bats test_tags=long
@test "read sees torn values that a program stores byte by byte" {
	zeroes 16
	start_contending tear 8 8
	looks_torn 8 1000
	stop_contending
}

# bats test_tags=engine,long
@test "write: no process sees a torn value, in whatever notation it was given" {
	local length i digit number
	for length in 2 4 8; do
		zeroes 16
		start_contending watch 8 "$length"
		for ((i = 0; i < 6; i++)); do
			digit=$(printf '%x' $((i + 1)))
			hex=$(printf "%$((2 * length))s" '' | tr ' ' "$digit")
			text=$(printf "%${length}s" '' | tr ' ' "$digit")
			number=$(printf '%u' "0x$hex")
			shmtool write "$id" -o 8 -x "$hex"
			shmtool write "$id" -o 8 -t "$text"
			shmtool write "$id" -o 8 "--u$((length * 8))" "$number"
			shmtool write "$id" -o 8 -x "$hex" --expect "$hex"
			shmtool write "$id" -o 8 --fill "0x$digit$digit" -n "$length"
			printf %s "$text" >file
			shmtool write "$id" -o 8 -f file
			{ printf %s "${text:1}"; sleep 0.002; printf %s "${text:0:1}"; } | shmtool write "$id" -o 8 -n "$length"
			shmtool write "$id" -o 8 -z -n "$length"
		done
		stop_contending
		assert_equal "$length: $torn" "$length: 0"
		ipcrm -m "$id"
	done
}

# bats test_tags=long
@test "a process sees torn values that a program stores byte by byte" {
	zeroes 16
	# on a busy machine they may not meet in one round
	sees_torn()
	{
		start_contending watch 8 8
		local watcher=$background_pid watched=$background_output
		start_contending tear 8 8
		stop_contending
		background_pid=$watcher background_output=$watched
		stop_contending
		((torn > 0))
	}
	wait_until sees_torn
}

# bats test_tags=engine
@test "input that is shorter than a word is written" {
	zeroes 16
	run --separate-stderr bash -c "printf abc | '$SHMTOOL' write $id -o 8 -n 4"
	expect_status 7
	assert_stderr_has '3 of 4 bytes (-n) had been written'
	assert_equal "$(foreign_read "$id" 8 3)" abc
	# and the rest stays in the pipe
	printf abcdefgh | { shmtool write "$id" -n 4; shmtool write "$id" -o 4 -n 4; }
	assert_equal "$(foreign_read "$id" 0 8)" abcdefgh
}

# bats test_tags=engine
@test "in a segment of huge pages" {
	more_huge_pages 1
	local id
	id=$(shmtool create -s 2M --huge)
	assert_equal "$(shmtool read "$id" --u32 -o 1M)" 0
	shmtool write "$id" --u32 4000000000 -o 1M
	assert_equal "$(shmtool read "$id" --u32 -o 1M)" 4000000000
	assert_equal "$(perl -e 'shmread($ARGV[0], my $x, 1 << 20, 4); print unpack "L", $x' "$id")" 4000000000
	try write "$id" --u32 1 --expect 2 -o 1M
	expect_status 1
	assert_output_is 4000000000
	try write "$id" --u32 1 --expect 4000000000 -o 1M
	expect_status 0
	ipcrm -m "$id"
}

# A 32-bit program sees the low 32 bits of a size, and cannot attach all of it (make check-i386):
# root removes it as its creator would, unless another user owns it.
@test "a segment of 8G has that size everywhere, and is removed, or why not is reported" {
	local id size=$((8 << 30))
	# SHM_NORESERVE
	local create=(perl -e 'print shmget(0x88, 8 << 30, 011600) // die "shmget: $!"')
	! is_root || create=(as_user "${create[@]}")
	id=$("${create[@]}")
	try ls --no-header -b -o size
	assert_equal "${output// /}" "$size"
	try stat --format '%{size} %{state}' 0x88
	assert_output_is "$size detached"
	try ls -l -J
	assert_equal "$(jq -c '.limits[] | select(.name == "shmmax").value' <<<"$output")" null
	try set -p 640 "$id"
	expect_status 0
	assert_equal "$(segment_field "$id" perms)" 640
	if is_root && [[ ${WORD_BITS-} == 32 ]]; then
		shmtool "set" "$id" -u 1000
		try rm --detached
		expect_status 6
		assert_stderr_has 'cannot attach it to check it: it is too large for a 32-bit program'
		assert_stderr_has "hint: remove it without these checks, as ipcrm does: shmtool rm -m $id"
		assert_equal "$(segment_field "$id" perms)" 640
		try rm -m "$id"
		expect_status 0
		id=$("${create[@]}")
	fi
	try rm --detached -n
	expect_status 0
	assert_output_has "size=$size"
	try rm --detached
	expect_status 0
	assert_output_has "size=$size"
	assert_equal "$(segment_count)" 0
}
