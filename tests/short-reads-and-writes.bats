#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# If each read and write transfers only a part, and is interrupted repeatedly
# (tests/lib/preload/short.c), every command has the same result and output. SHORT_SEEDS is
# the number of random sequences that are tried.

bats_require_minimum_version 1.5.0
load lib/common

# bats file_tags=long

KEY=0x4d2

setup()
{
	common_setup
	[[ -z ${VALGRIND_PROGRAM-} ]] || skip 'valgrind has its own way with LD_PRELOAD'
	# No whole number of pages or words
	head -c 300005 /dev/urandom >content
	export SHORT_LOG=$BATS_TEST_TMPDIR/log
	: >log
	chmod 666 log
	plain=$SHMTOOL
	stinting "$plain"
}

# stinting PROGRAM: from now on the program is run with short calls
stinting()
{
	printf '#!/bin/sh\n%s exec %s "$@"\n' "LD_PRELOAD='$HELPERS/short.so' \
		ASAN_OPTIONS='${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0'" "$1" >shmtool
	chmod +x shmtool
	SHMTOOL=$PWD/shmtool
}

# with_seeds FUNCTION...: runs it with each seed. At the end some calls must have been
# cut short, and some interrupted.
with_seeds()
{
	for ((SHORT_SEED = 1; SHORT_SEED <= ${SHORT_SEEDS:-3}; SHORT_SEED++)); do
		export SHORT_SEED
		echo "SHORT_SEED=$SHORT_SEED"
		"$@"
	done
	awk '{ short += $1; interrupted += $2 } END { exit !(short && interrupted) }' log ||
		fail "nothing was cut short or nothing interrupted"
}

# same ARGUMENT...: says the same, on stdout and stderr, and ends the same
same()
{
	local code=0 status=0
	timeout 120 "$plain" "$@" >out.plain 2>err.plain </dev/null || code=$?
	shmtool "$@" >out 2>err </dev/null || status=$?
	assert_equal "$status" "$code"
	cmp out.plain out
	cmp err.plain err
}

holds()
{
	foreign_read "$1" 0 300005 | cmp - content
}

segment_with_content()
{
	id=$(make_segment 300005)
	foreign_write "$id" 0 <content
}

# --- In -----------------------------------------------------------------------

create_from_a_file()
{
	id=$("$@" shmtool create -f content)
	holds "$id"
}

create_from_a_pipe()
{
	id=$("$@" shmtool create -f - < <(cat content))
	holds "$id"
}

@test "create -f FILE" {
	with_seeds create_from_a_file
}

@test "create -f FILE as an ordinary user" {
	need_root
	with_seeds create_from_a_file as_user
}

@test "create -f - from a pipe" {
	with_seeds create_from_a_pipe
}

@test "create -f - from a pipe as an ordinary user" {
	need_root
	with_seeds create_from_a_pipe as_user
}

write_from_a_file()
{
	id=$(make_segment 300005 666)
	"$@" shmtool write "$id" -f content
	holds "$id"
}

write_from_a_pipe()
{
	id=$(make_segment 300005 666)
	"$@" shmtool write "$id" < <(cat content)
	holds "$id"
}

@test "write -f" {
	with_seeds write_from_a_file
}

@test "write -f as an ordinary user" {
	need_root
	with_seeds write_from_a_file as_user
}

@test "write from a pipe" {
	with_seeds write_from_a_pipe
}

@test "write from a pipe as an ordinary user" {
	need_root
	with_seeds write_from_a_pipe as_user
}

@test "write from a pipe under a guard" {
	under_guard()
	{
		id=$(make_segment 300005)
		perl -e 'my $id = semget(0x4d3, 1, 01600); semctl($id, 0, 16, 1)' # 16 is SETVAL
		shmtool write "$id" --guard 0x4d3 < <(cat content)
		holds "$id"
	}
	with_seeds under_guard
}

@test "write of literals, numbers and zeros" {
	literals()
	{
		segment_with_content
		{
			printf hello
			printf '\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b'
			tail -c +17 content | head -c 4080
			head -c 200000 /dev/zero
			tail -c +204097 content
		} >wanted
		shmtool write "$id" -t hello
		shmtool write "$id" -o 5 -x '01 02 03 04 05 06 07 08 09 0a 0b'
		shmtool write "$id" -o 4096 -n 200000 -z
		foreign_read "$id" 0 300005 | cmp - wanted
		shmtool write "$id" -o 8 --u64 81985529216486895 # 0x0123456789abcdef
		assert_equal "$(foreign_read "$id" 8 8 | perl -e 'read STDIN, my $n, 8; print unpack "Q", $n')" \
			81985529216486895
	}
	with_seeds literals
}

@test "write of a word from a pipe" {
	word()
	{
		id=$(make_segment 64)
		shmtool write "$id" -n 8 < <(printf 12345678)
		assert_equal "$(foreign_read "$id" 0 8)" 12345678
	}
	with_seeds word
}

@test "input that ends too early is reported with the same count" {
	too_short()
	{
		id=$(make_segment 64)
		run --separate-stderr shmtool write "$id" -n 40 < <(printf %033d 0)
		expect_status 7
		assert_stderr_has 33
	}
	with_seeds too_short
}

# --- Out ----------------------------------------------------------------------

# Larger than pieces, pipes and buffers are
read_to_a_pipe()
{
	"$@" shmtool read "$id" | cmp - large
}

large_segment()
{
	head -c 3000001 /dev/urandom >large
	id=$(make_segment 3000001 666)
	foreign_write "$id" 0 <large
}

@test "read to a pipe" {
	large_segment
	with_seeds read_to_a_pipe
}

@test "read to a pipe from a holder's memory" {
	large_segment
	hold_segment "$id"
	with_seeds read_to_a_pipe
}

@test "read to a pipe as an ordinary user" {
	need_root
	large_segment
	with_seeds read_to_a_pipe as_user
}

read_to_a_file()
{
	rm -f file
	"$@" shmtool read "$id" -f file
	cmp file large
}

@test "read -f" {
	large_segment
	with_seeds read_to_a_file
}

@test "read -f as an ordinary user" {
	need_root
	large_segment
	with_seeds read_to_a_file as_user
}

@test "read of a sparse segment, into a file and into a pipe" {
	id=$(make_segment 3000001 666)
	head -c 10000 content | foreign_write "$id" 1000000
	foreign_read "$id" 0 3000001 >large
	with_seeds read_to_a_file
	with_seeds read_to_a_pipe
}

@test "read into a file that is appended to" {
	appended()
	{
		printf before >file
		shmtool read "$id" >>file
		cmp file <(printf before && cat large)
	}
	large_segment
	with_seeds appended
}

@test "read -x is what hexdump -C shows" {
	segment_with_content
	hexdump -C content >wanted
	dump()
	{
		shmtool read "$id" -x | cmp - wanted
	}
	with_seeds dump
}

@test "read of a number" {
	segment_with_content
	with_seeds same read "$id" -o 8 --u64
}

# --- Lists and what people read ------------------------------------------------

@test "ls: hundreds of segments, from the kernel and from a file" {
	perl -e 'shmget(0, 4096 * $_, 01600) // die for 1 .. 300'
	cp /proc/sysvipc/shm list
	all()
	{
		same ls --grace 0 -o id,key,owner,mode,size,nattch,state,cpid
		same ls --grace 0 -J -o id,size,state
		same ls -r -o id,size,owner --from list
		# both runs may be in different seconds
		"$plain" ls --grace 0 --prometheus | sed '/timestamp/d' >out.plain
		shmtool ls --grace 0 --prometheus | sed '/timestamp/d' | cmp out.plain -
		shmtool ls -q --from - < <(cat list) >out
		"$plain" ls -q --from list | cmp - out
	}
	with_seeds all
}

@test "ls, stat and rm find the attached processes" {
	segment_with_content
	hold_segment "$id"
	held()
	{
		same ls -o id,nattch,holders
		same stat --format '%{id} %{size} %{nattch} %{holders}' "$id"
		same rm -n "$id"
	}
	with_seeds held
}

@test "limits, help and errors are whole" {
	words()
	{
		same ls -l
		same ls -u
		same rm --help
		same stat 99999
		same rm --orphaned -n 99999 --no-such
	}
	with_seeds words
}

@test "rm by filter keeps what a list names, and removes the rest" {
	local kept
	keep_lists
	some_kept()
	{
		kept=$(make_orphan 4096 600 "$KEY")
		id=$(make_orphan)
		echo "key:$KEY" >"$lists/keep"
		shmtool rm --orphaned --grace 0 --keep-file "$lists/keep"
		segment_exists "$kept"
		! segment_exists "$id" || fail "still there: $id"
		shmtool rm "$KEY"
		assert_equal "$(segment_count)" 0
	}
	with_seeds some_kept
}

@test "-A: each namespace's list is whole" {
	need_root
	# shellcheck disable=SC2016 # the inner shell's
	alone "$BASH" -c '
		coproc unshare --ipc perl -e '\''$| = 1; shmget(0, 4096, 01600) // die for 1 .. 100;
			print "ready\n"; <STDIN>'\''
		read -r ready <&"${COPROC[0]}"
		"$1" ls -A -r -o id,size,ns >plain
		for SHORT_SEED in 1 2 3; do
			export SHORT_SEED
			"$2" ls -A -r -o id,size,ns | cmp - plain || exit
		done
		(($(wc -l <plain) > 100))' bash "$plain" "$SHMTOOL"
}

@test "attach ends as its command does" {
	segment_with_content
	ends()
	{
		run shmtool attach "$id" -- sh -c 'exit 42'
		expect_status 42
		shmtool attach --hold 10ms "$id" >/dev/null
	}
	with_seeds ends
}
