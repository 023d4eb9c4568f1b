#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Pages that were never written use no memory, and reading them does not change that.

bats_require_minimum_version 1.5.0
load lib/common

# bats file_tags=engine

# A segment of 32 MiB and a bit, with data in a few places; its id in id, the
# same bytes in the file wanted (which perl makes sparse), its resident size in
# rss.
sparse_segment()
{
	local offset
	id=$(make_orphan 33555555)
	truncate -s 33555555 wanted
	for offset in 4090 1000000 5000000 33550000; do
		printf 'here is %s' "$offset" | foreign_write "$id" "$offset"
		printf 'here is %s' "$offset" | dd of=wanted bs=1 seek="$offset" conv=notrunc status=none
	done
	printf x | dd of=wanted bs=1 conv=notrunc status=none
	rss=$(segment_field "$id" rss)
	((rss < 65536))
}

assert_rss()
{
	assert_equal "$(segment_field "$id" rss)" "${1-$rss}"
}

# Bytes that a file really takes.
allocated()
{
	echo $(($(stat -c '%b * %B' "$1")))
}

# assert_allocated FILE BYTES: it takes about so many bytes, not more. A file system
# may add blocks of its own, where it could not put the pages side by side.
assert_allocated()
{
	(($(allocated "$1") <= $2 + 65536)) || fail "$1 takes $(allocated "$1") bytes, not $2"
}

@test "the program can use the two ways that this file tests" {
	id=$(make_orphan)
	ASAN_OPTIONS=detect_leaks=0 strace -o trace -e trace=openat "$SHMTOOL" read "$id" >/dev/null
	if has_files; then
		grep -Eq 'map_files/[0-9a-f]+-[0-9a-f]+".* = [0-9]' trace
	else
		grep -Eq 'map_files/[0-9a-f]+-[0-9a-f]+".* = -1 E(PERM|ACCES)' trace
	fi
}

@test "reading allocates no memory" {
	sparse_segment
	shmtool read "$id" | cmp - wanted
	assert_rss
	shmtool read "$id" >out
	assert_rss
	shmtool read "$id" -f out
	assert_rss
	shmtool read "$id" >>out
	assert_rss
	shmtool read "$id" >/dev/null
	assert_rss
	shmtool read "$id" -o 20M -n 5M | cmp - <(tail -c +20971521 wanted | head -c 5M)
	assert_rss
	shmtool read "$id" -o 999999 -n 10 | cmp - <(tail -c +1000000 wanted | head -c 10)
	assert_rss
	shmtool read "$id" -x | cmp - <(hexdump -C wanted)
	assert_rss
	shmtool read "$id" -x -o 123 -n 20M | cmp - <(hexdump -C -s 123 -n 20M wanted)
	assert_rss
}

@test "reading by the way used for sockets allocates no memory" {
	sparse_segment
	perl -MSocket -e 'socketpair my $r, my $w, AF_UNIX, SOCK_STREAM, 0 or die;
		if (!fork) { open STDOUT, ">&", $w; close $r; exec @ARGV }
		close $w; while (sysread $r, my $x, 65536) { print $x } wait; exit $? >> 8' \
		"$SHMTOOL" read "$id" | cmp - wanted
	assert_rss
}

@test "a segment that was never written at all" {
	id=$(make_segment 1000000)
	shmtool read "$id" | cmp - <(head -c 1000000 /dev/zero)
	shmtool read "$id" -f out
	cmp out <(head -c 1000000 /dev/zero)
	assert_allocated out 0
	assert_rss 0
}

@test "holes stay holes in files" {
	sparse_segment
	shmtool read "$id" -f out
	cmp out wanted
	assert_allocated out "$rss"
	shmtool read "$id" >out2
	cmp out2 wanted
	assert_allocated out2 "$rss"
	shmtool read "$id" -o 2M -n 2M >hole
	cmp hole <(head -c 2M /dev/zero)
	assert_equal "$(stat -c %s hole)" 2097152
	assert_allocated hole 0
}

@test "a hole over what the file held is a hole, and what is around it stays" {
	sparse_segment
	head -c 8M /dev/urandom >file
	cp file expected
	dd if=wanted of=expected bs=1M count=3 oflag=seek_bytes seek=100 conv=notrunc status=none
	perl -e 'open STDOUT, "+<", "file"; sysseek STDOUT, 100, 0; exec @ARGV' "$SHMTOOL" read "$id" -n 3M
	cmp file expected
	(($(allocated file) < 6 * 1024 * 1024))
}

@test "if holes and lent pages are refused, zeros are written" {
	has_files || skip 'needs the segment as a file'
	id=$(make_segment 200000)
	"$HELPERS/refuse" EPERM vmsplice "$SHMTOOL" read "$id" | cmp - <(head -c 200000 /dev/zero)
	head -c 200000 /dev/urandom >out
	"$HELPERS/refuse" EPERM fallocate "$SHMTOOL" read "$id" 1<>out
	cmp out <(head -c 200000 /dev/zero)
}

@test "a file that is appended to gets every byte" {
	sparse_segment
	printf before >file
	{
		shmtool read "$id" -n 6M
		printf middle
		shmtool read "$id" -o 32M
	} >>file
	{
		printf before
		head -c 6M wanted
		printf middle
		tail -c +33554433 wanted
	} | cmp - file
}

@test "several reads into one open file follow one another" {
	sparse_segment
	{
		printf a
		shmtool read "$id" -o 2M -n 100000
		printf b
		shmtool read "$id" -o 2M -n 100000
	} >file
	{
		printf a
		head -c 100000 /dev/zero
		printf b
		head -c 100000 /dev/zero
	} | cmp - file
}

@test "create -f of a sparse file makes a sparse segment" {
	sparse_segment
	cp --sparse=always wanted file
	id=$(shmtool create -f file)
	(($(segment_field "$id" rss) <= rss))
	shmtool read "$id" | cmp - wanted
	id=$(shmtool create -s 40M -f - <file)
	(($(segment_field "$id" rss) <= rss))
	shmtool read "$id" -n 33555555 | cmp - wanted
	truncate -s 0 empty
	truncate -s 10000 empty
	id=$(shmtool create -f empty)
	assert_rss 0
}

@test "write -f of a sparse file frees the memory under its holes" {
	sparse_segment
	truncate -s 8M file
	printf hello | dd of=file bs=1 seek=4000000 conv=notrunc status=none
	id=$(make_orphan 8400000)
	head -c 8400000 /dev/urandom >old
	foreign_write "$id" 0 <old
	shmtool write "$id" -f file -o 5
	{
		head -c 5 old
		cat file
		tail -c +$((8388608 + 5 + 1)) old
	} >expected
	(($(segment_field "$id" rss) < 65536))
	shmtool read "$id" | cmp - expected
	# from where the file stands, which is in a hole, and no more than -n
	foreign_write "$id" 0 <old
	{
		perl -e 'sysseek STDIN, 3000000, 0'
		shmtool write "$id" -n 2000000
		assert_equal "$(perl -e 'print sysseek STDIN, 0, 1')" 5000000
	} <file
	{
		tail -c +3000001 file | head -c 2000000
		tail -c +2000001 old
	} | cmp - <(shmtool read "$id")
}

@test "write of a pipe allocates only what it writes" {
	id=$(make_orphan 33554432)
	before=$(segment_field "$id" rss)
	seq 100000 >numbers
	shmtool write "$id" -o 1M <numbers
	(($(segment_field "$id" rss) - before <= ($(stat -c %s numbers) / 4096 + 1) * 4096))
	foreign_read "$id" 1048576 "$(stat -c %s numbers)" | cmp - numbers
}

@test "write -z frees memory, and allocates none" {
	sparse_segment
	shmtool write "$id" -z -o 2000000 -n 2000000
	assert_rss
	shmtool write "$id" -z -o 5000001 -n 1
	assert_rss
	shmtool write "$id" -z -o 1M
	(($(segment_field "$id" rss) < rss))
	shmtool read "$id" -n 1M | cmp - <(head -c 1M wanted)
	shmtool write "$id" -z
	assert_rss 0
}

@test "as an ordinary user it is the same" {
	need_root
	sparse_segment
	shmtool "set" "$id" -u nobody
	as_user shmtool read "$id" | cmp - wanted
	assert_rss
	as_user shmtool read "$id" >out
	cmp out wanted
	assert_allocated out "$rss"
	assert_rss
	as_user shmtool read "$id" -x | cmp - <(hexdump -C wanted)
	assert_rss
	as_user shmtool write "$id" -z
	assert_rss 0
}

@test "with read permission only it is the same" {
	need_root
	sparse_segment
	shmtool "set" "$id" -p 0604
	as_user shmtool read "$id" | cmp - wanted
	assert_rss
}
