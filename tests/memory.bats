#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each piece of memory that a command asks for is refused once, in turn.

bats_require_minimum_version 1.5.0
load lib/common

KEY=0x4d2

setup()
{
	common_setup
	[[ -z ${VALGRIND_PROGRAM-} ]] || skip 'valgrind has a malloc of its own'
	! grep -q __asan_init "$SHMTOOL" || skip 'the sanitizer has a malloc of its own'
	[[ $(ldd "$SHMTOOL") == *libc.so.6* ]] || skip 'needs glibc'
	head -c 8192 /dev/urandom >content
	id=$(make_segment 8192 600 "$KEY")
	foreign_write "$id" 0 <content
}

# refuse_each CHECK ARGUMENT...: until a run asks for no more memory than the last
# that was refused; CHECK is called after each run
refuse_each()
{
	local check=$1 number=0 bad=0 expected=${expected:-0}
	shift

	while rm -f refused && ((++number < 2000)); do
		status=0
		# bash itself tells of one that crashed
		{
			FAIL_MEMORY=$number FAILED_MEMORY=$PWD/refused LD_PRELOAD=$HELPERS/memory.so \
				timeout 20 "$SHMTOOL" "$@" >out 2>err </dev/null || status=$?
		} 2>/dev/null
		case $status in
		0) [[ ! -s err || -e refused ]] || broken 'warns of nothing' ;;
		[1-9])
			[[ $(head -n 1 err) == "shmtool $1: "* ]] || broken 'fails without a word'
			[[ -e refused || $status == "$expected" ]] || broken 'fails though all was granted'
			;;
		125) [[ $1 == attach && -s err ]] || broken 'fails' ;;
		*) broken 'crashed or hung' ;;
		esac
		"$check"
		[[ -e refused ]] || break
	done
	((number < 2000)) || broken 'always refused'
	return "$bad"
}

broken()
{
	printf '%s: memory %s: status %s: %s\n' "$*" "$number" "$status" "$(head -n 3 err)" >&2
	bad=1
}

unharmed()
{
	[[ $(segment_field "$id" perms) == 600 ]] || broken 'mode changed'
	foreign_read "$id" 0 8192 | cmp -s - content || broken 'content changed'
}

# What a shorter list would be taken for, if it did not fail
listed()
{
	((status)) || grep -qw "$id" out || broken 'no output'
	unharmed
}

dumped()
{
	((status)) || cmp -s out content || broken 'other bytes'
	unharmed
}

saved()
{
	[[ $(find . -name '*file*') == ./file ]] || broken 'something left behind'
	cmp -s file content || ((status)) || broken 'other bytes'
	cmp -s file content || [[ $(<file) == before ]] || broken 'half a file'
	echo before >file
}

# Left as it was, or removed and said
reclaimed()
{
	if segment_exists "$id"; then
		unharmed
		return
	fi
	grep -qw "$id" out || grep -Eq "\<$id\>|cannot write the output" err || broken 'removed without a word'
	id=$(make_segment 8192 600 "$KEY")
	foreign_write "$id" 0 <content
}

created()
{
	local new
	new=$(awk -v id="$id" 'NR > 1 && $2 != id { print $2 }' /proc/sysvipc/shm)
	[[ $new == "$(<out)" ]] || broken 'not what was made'
	((status == 0)) || [[ -z $new ]] || broken 'left behind'
	[[ -z $new ]] || ipcrm -m "$new"
	ipcs -s | awk '$2 ~ /^[0-9]+$/ { print $2 }' | xargs -rn1 ipcrm -s
}

@test "ls without memory" {
	refuse_each listed ls
	refuse_each listed ls --sort size "$KEY" -o id,ccomm,owner,holders
}

@test "ls in its other forms without memory" {
	local form
	for form in -J -r -t -p -c -q '--format=%{id} %{owner}' --sort=-size,owner; do
		refuse_each listed ls "$form"
	done
	for form in --prometheus -H -u -l -lJ; do
		refuse_each unharmed ls "$form"
	done
}

@test "stat without memory" {
	hold_segment "$id"
	refuse_each listed stat "$KEY"
	refuse_each listed stat -J --holders "$KEY"
	refuse_each listed stat --map "$KEY"
}

@test "read without memory" {
	refuse_each dumped read "$KEY"
	refuse_each unharmed read -x "$KEY"
	hold_segment "$id"
	refuse_each dumped read "$KEY"
}

@test "read -f without memory: the file is the old one or the new one" {
	echo before >file
	refuse_each saved read "$KEY" -f file
}

@test "write without memory" {
	refuse_each unharmed write "$KEY" -f content
	refuse_each unharmed write "$KEY" -x "$(head -c 16 content | xxd -p)"
}

@test "create without memory: nothing is left behind" {
	refuse_each created create -s 4096 -k 7 --with-guard
	refuse_each created create -k auto -f content
	refuse_each created create -s 4096 --format '%{id}'
}

@test "rm without memory: a segment is as it was, or gone and told" {
	echo 0x99 >keep && chmod 600 keep
	refuse_each reclaimed rm --keep-file keep --orphaned --grace 0
	refuse_each reclaimed rm -J "$KEY"
	refuse_each reclaimed rm -v --all --except 5
	hold_segment "$id"
	expected=9 refuse_each unharmed rm "$KEY"
}

@test "rm with a keep list without memory: what is kept stays" {
	echo "$KEY" >keep && chmod 600 keep
	refuse_each unharmed rm --keep-file keep --all
	# shellcheck disable=SC2016
	refuse_each unharmed rm --keep-file keep --orphaned --grace 0
}

@test "set and attach without memory" {
	refuse_each unharmed set -p 600 "$KEY"
	refuse_each unharmed attach "$KEY" -- true
	refuse_each unharmed attach --as-file "$KEY" -- true
}
