#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Everything that depends on the machine: byte order, sizes of types, libc. tests/cross runs
# this file with programs for other machines. qemu is slow, so each test has few runs.
# BYTE_ORDER (big, little) is that of the program, if it differs from that of this machine.

bats_require_minimum_version 1.5.0
load lib/common

setup()
{
	common_setup
	order=${BYTE_ORDER:-$(perl -e 'print unpack("C", pack "S", 1) ? "little" : "big"')}
}

# packed LETTER NUMBER: the number as the program has it in memory; S, L, Q as for perl's pack
packed()
{
	perl -e 'print pack "$ARGV[1]" . ($ARGV[0] eq "big" ? ">" : "<"), $ARGV[2]' "$order" "$1" "$2"
}

@test "numbers are written in the program's order of bytes" {
	local id
	id=$(make_segment 64)
	shmtool write "$id" --u16 258
	shmtool write "$id" -o 4 --u32 16909060
	shmtool write "$id" -o 8 --u64 72623859790382856
	foreign_read "$id" 0 16 >got
	{ packed S 258 && printf '\0\0' && packed L 16909060 && packed Q 72623859790382856; } >wanted
	cmp got wanted
}

@test "numbers are read in the program's order of bytes" {
	local id
	id=$(make_segment 64)
	{ packed S 258 && printf '\0\0' && packed L 4278190081 && packed Q 18374686479671623681; } >bytes
	foreign_write "$id" 0 <bytes
	assert_equal "$(shmtool read "$id" --u8)" "$(head -c 1 bytes | od -An -tu1 | tr -d ' ')"
	assert_equal "$(shmtool read "$id" --u16)" 258
	assert_equal "$(shmtool read "$id" -o 4 --u32)" 4278190081
	assert_equal "$(shmtool read "$id" -o 8 --u64)" 18374686479671623681
}

@test "text and hex digits are bytes in the order in which they are typed" {
	local id
	id=$(make_segment 64)
	shmtool write "$id" -x '01 02 03 04'
	shmtool write "$id" -o 8 -t abcdefgh
	assert_equal "$(foreign_read "$id" 0 16 | xxd -p)" 01020304000000006162636465666768
}

@test "--expect compares and prints in its own notation" {
	local id
	id=$(make_segment 64)
	packed L 16909060 | foreign_write "$id" 0
	try write "$id" --u32 7 --expect 8
	expect_status 1 && assert_output_is 16909060
	try write "$id" --u32 7 --expect 16909060
	expect_status 0
	foreign_read "$id" 0 4 | cmp - <(packed L 7)
	try write "$id" -o 8 -x '01 02' --expect '00 01'
	expect_status 1 && assert_output_is 0000
	try write "$id" -o 8 -x '01 02' --expect '00 00'
	expect_status 0
	assert_equal "$(foreign_read "$id" 8 2 | xxd -p)" 0102
}

@test "bytes are copied in and out by files and pipes, and dumped like hexdump -C" {
	local id
	head -c 70001 /dev/urandom >content
	id=$(shmtool create -f content)
	assert_equal "$(segment_field "$id" size)" 70001
	shmtool read "$id" | cmp - content
	shmtool read "$id" -f file
	cmp file content
	shmtool read "$id" -x -n 4000 -o 3 | cmp - <(hexdump -C -s 3 -n 4000 content |
		perl -pe 's/^([0-9a-f]+)/sprintf "%08x", hex($1)/e')
	tail -c 35000 content | shmtool write "$id" -o 100
	foreign_read "$id" 100 35000 | cmp - <(tail -c 35000 content)
}

@test "a list with the largest and smallest of all" {
	cat >list <<-'END'
		       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap
		         0          0     0                     0     0     0      0     0     0     0     0          0          0          0                     0                     0
		-2147483648 2147483647  3777  18446744073709551615 4194304 4194304 4294967295 4294967294 4294967294 4294967294 4294967294 4294967296 9999999999 1700000003  18446744073709551615  18446744073709551615
		1128481604          5   640            4294967296    11    12      1     1     2     3     4 1700000001 1700000002 1700000003            4294967297            4294967298
	END
	try ls --from list --format '%{id} %{key} %{uid} %{cgid} %{mode} %{size} %{rss} %{swap} %{nattch} %{locked} %{dest} %{cpid} %{atime} %{dtime}'
	expect_status 0
	assert_equal "${lines[0]% - -}" "0 0x00000000 0 0 0000 0 0 0 0 no no 0"
	assert_equal "${lines[1]}" "2147483647 0x80000000 4294967294 4294967294 0777 18446744073709551615 18446744073709551615 18446744073709551615 4294967295 yes yes 4194304 2106-02-07T06:28:16Z 2286-11-20T17:46:39Z"
	assert_equal "${lines[2]}" "5 0x43434344 1 4 0640 4294967296 4294967297 4294967298 1 no no 11 2023-11-14T22:13:21Z 2023-11-14T22:13:22Z"
	shmtool ls --from list -J >json
	assert_equal "$(jq -c '.segments[2] | [.id, .key, .size, .nattch]' json)" '[5,"0x43434344",4294967296,1]'
}

@test "malformed lists" {
	printf 'key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime\n%s\n' \
		'0 1 600 18446744073709551616 0 0 0 0 0 0 0 0 0 1' >large
	printf 'key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime\n%s' \
		'0 1 600 4096 0 0 0 0 0 0 0 0 0 1' >unfinished
	for list in large unfinished /dev/null; do
		try ls --from "$list"
		expect_status 7 && assert_output_is ''
	done
}

@test "sizes and durations" {
	printf 'key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime\n%s\n%s\n%s\n' \
		'0 1 600 1536 0 0 0 0 0 0 0 0 0 1' '0 2 600 5368709120 0 0 0 0 0 0 0 0 0 1' \
		'0 3 600 18446744073709551615 0 0 0 0 0 0 0 0 0 1' >list
	assert_equal "$(shmtool ls --from list --no-header -o size | tr -d ' ' | paste -sd ' ')" \
		'1.5K 5G 16E'
	assert_equal "$(shmtool ls --from list -q --min-size 5G --max-size 0x140000000)" 2
	assert_equal "$(shmtool ls --from list -q --max-size 2KB)" 1
	assert_equal "$(shmtool ls --from list -q --min-size 16777215T)" 3
	assert_equal "$(shmtool ls --from list -q --idle 1h30m | wc -l)" 3
	assert_equal "$(shmtool ls --from list -q --idle 100000d | wc -l)" 0
	try ls --from list --min-size 16777216T
	expect_status 2 && assert_stderr_has 16777216T
	try ls --from list --idle 99999999999999999999d
	expect_status 2
}

@test "keys: numbers, and what ftok makes" {
	local id word
	touch file
	id=$(shmtool create -s 1 -k ftok:A:file)
	assert_equal "$(($(segment_field "$id" key) & 0xffffffff))" \
		"$(perl -MIPC::SysV=ftok -e 'print ftok("file", ord "A") & 0xffffffff')"
	id=$(shmtool create -s 1 -k 0x80000001)
	for word in 0x80000001 key:-2147483647 key:0xffffffff80000001 key:020000000001; do
		assert_equal "$(shmtool ls -q "$word")" "$id"
	done
	try stat key:0x180000001
	expect_status 2
}

@test "a mode that is set" {
	local id
	# 7.2 takes the mode for 16 bits, where s390x has 32
	[[ ${BYTE_ORDER-} != big ]] || skip "qemu's IPC_SET loses the mode of a big-endian machine"
	id=$(make_segment)
	shmtool set -p u=rw,g=r "$id"
	assert_equal "$(segment_field "$id" perms)" 640
}

@test "states, and removal by name" {
	local id
	id=$(make_orphan 8192)
	assert_equal "$(shmtool ls --orphaned --grace 0 -q)" "$id"
	hold_segment "$id"
	try rm "$id"
	expect_status 9 && segment_exists "$id"
	end_process "$holder_pid"
}

@test "removal by filter" {
	local id
	# it looks at the mode in between
	[[ ${BYTE_ORDER-} != big ]] || skip "qemu's IPC_SET loses the mode of a big-endian machine"
	id=$(make_orphan 8192)
	try rm --orphaned --grace 0
	expect_status 0
	! segment_exists "$id" || fail "still there: $id"
}

@test "a segment of 8 GiB, and limits above 4 GiB, also for a program of 32 bits" {
	local id
	set_limit shmmax 18446744073692774399
	id=$(perl -e 'print shmget(0, 8 << 30, 01600 | 010000) // die "shmget: $!\n"') || skip 'no segment of 8 GiB here'
	try ls --format '%{size}'
	assert_output_is 8589934592
	try stat "$id"
	assert_output_has '(8589934592 bytes)'
	try ls -l -J
	assert_equal "$(jq '.limits[] | select(.name == "shmmax").value' <<<"$output")" null
	set_limit shmmax $((9 << 30))
	try ls -l -J
	assert_equal "$(jq '.limits[] | select(.name == "shmmax").value' <<<"$output")" $((9 << 30))
}
