#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes each allocation of a command fail in turn: once together with all later ones, and
# once alone (tests/lib/preload/memory.c). The command must exit with status 6 and a
# message, without unfinished work; or, if it does not depend on the allocation, succeed.

bats_require_minimum_version 1.5.0
load lib/common

# bats file_tags=long
load lib/after-failure

KEY=0x4d2

setup()
{
	common_setup
	[[ -z ${VALGRIND_PROGRAM-} ]] || skip 'valgrind has an allocator of its own'
	! grep -q __asan_init "$SHMTOOL" || skip 'the sanitizer has an allocator of its own'
	ldd "$SHMTOOL" | grep -q 'libc\.so\.6' || skip 'it takes an allocator of glibc'
	head -c 8192 /dev/urandom >content
	around=()
}

# For what only looks: a segment that is there still is good for the next run.
look()
{
	segment_exists "${id-none}" || prepare
}

# broken TEXT: reports at which allocation, and continues with the next
broken()
{
	printf '%s, allocation %s (%s): status %s: %s\n' "$*" "$from" "${once:-for good}" "$code" "$(head -c 400 err)"
	bad=1
} >&2

# run_without_memory ARGUMENT...: sets code
run_without_memory()
{
	code=0
	"${around[@]}" env LD_PRELOAD="$HELPERS/memory.so" MEMORY_FAILS="$from" \
		${once:+MEMORY_FAILS_ONCE=1} MEMORY_LOG="$PWD/log" \
		"$SHMTOOL" "$@" >out 2>err </dev/null || code=$?
}

# try_all PREPARE CHECK ARGUMENT...: CHECK is called after each run, with code set
try_all()
{
	local prepare=$1 check=$2 from=0 code count step bad=0 once=''
	shift 2

	"$prepare"
	run_without_memory "$@"
	((code == 0)) || broken 'fails with memory'
	"$check"
	count=$(<log)
	((count > 5)) || broken 'too few allocations'
	for once in '' once; do
		# of those that fail alone some will do
		step=${once:+3}
		for ((from = 1; from <= count; from += ${step:-1})); do
			"$prepare"
			run_without_memory "$@"
			check_end
			"$check"
		done
	done
	return "$bad"
}

# What holds for every command: an end, a status that means something, a word.
check_end()
{
	case $code in
	0) ;;
	6) grep -Eqi 'not enough memory|cannot allocate memory' err || broken 'says nothing of memory' ;;
	7) grep -q 'keep list.*memory' err || broken 'another status' ;;
	125) grep -q '^shmtool attach: ' err || broken 'says nothing' ;;
	*) broken 'another status' ;;
	esac
	no_mode_is_0 || broken 'left with mode 0'
}

# --- What must hold for each --------------------------------------------------

printed()
{
	((code)) || cmp -s out <(printf '%s\t8192\troot\n' "$id") || broken 'other output'
	unharmed
}

printed_all()
{
	((code)) || grep -q root out || broken 'other output'
	unharmed
}

saved()
{
	local other

	unharmed
	((code)) || cmp -s file content || broken 'other bytes'
	((code == 0)) || [[ $(<file) == before ]] || broken 'changed the file, and failed'
	other=$(find . -name '*file*' ! -name file)
	[[ -z $other ]] || broken "left behind: $other"
}

written()
{
	local now
	now=$(foreign_read "$id" 0 8192 | md5sum)
	if ((code)); then
		[[ $now == "$(md5sum <content)" ]] || broken 'written, and failed'
	else
		[[ $now == "$({ printf hello && tail -c +6 content; } | md5sum)" ]] || broken 'not written'
	fi
}

loaded()
{
	((code)) || has_content "$id" || broken 'other bytes'
	mode_is "$id" 600 || broken 'mode changed'
}

was_set()
{
	local mode
	mode=$(segment_field "$id" perms)
	[[ $mode == $((code ? 600 : 640)) ]] || broken "mode $mode"
	has_content "$id" || broken 'content changed'
}

created()
{
	local id
	id=$(awk 'NR > 1 { print $2 }' /proc/sysvipc/shm)
	if ((code)); then
		[[ -z $id ]] || broken 'left behind'
	else
		[[ $(<out) == "$id"* ]] || broken 'another id'
		has_content "$id" || broken 'other bytes'
		mode_is "$id" 640 || broken 'another mode'
	fi
}

removed_by_name()
{
	if ((code == 0)); then
		! segment_exists "$id" || broken 'still there, and not told'
	elif segment_exists "$id"; then
		unharmed
	fi
}

# Whether a process lives may be in doubt without memory: then it is not removed.
removed_by_filter()
{
	if segment_exists "$id"; then
		unharmed
		[[ ! -s out ]] || broken 'still there, and told to be gone'
	else
		[[ -s out || -s err ]] || broken 'removed without a line'
	fi
}

# --- The commands -------------------------------------------------------------

@test "ls: no memory" {
	try_all look printed_all ls
	try_all look printed ls -r --no-header -o id,size,owner
}

@test "ls in other forms: no memory" {
	try_all look printed_all ls -J
	try_all look printed_all ls --owner root --key "$KEY" --mode -400 --except 0x99
	try_all look printed_all ls --prometheus
	try_all look unharmed ls -u
	try_all look printed_all ls --by owner -J
}

@test "ls that sorts, and rm as ipcrm does: no memory" {
	try_all look printed_all ls --sort owner,-size
	try_all prepare removed_by_name rm -M "$KEY"
}

# With a process that holds the segment, and no others to look at; who holds it may
# then not be known, which is reported.
@test "holders: no memory" {
	need_root
	around=(unshare --pid --fork --kill-child --mount-proc "$SHMTOOL" attach "$KEY" --)
	try_all look printed_all ls -o id,owner,holders
	try_all look printed_all ls -J -o id,owner,holders
	try_all look printed_all stat "$KEY"
	try_all look printed_all ls --pid 1
}

@test "ls -A: no memory" {
	need_root
	around=(unshare --pid --fork --kill-child --mount-proc)
	try_all look printed_all ls -A
	try_all look unharmed ls -A -l
}

@test "stat: no memory" {
	try_all look printed_all stat "$KEY"
	try_all look printed_all stat -J "$KEY"
	try_all look printed_all stat --map "$KEY"
}

@test "read: no memory" {
	try_all look dumped read "$KEY"
	try_all prepare saved read "$KEY" -f file
}

@test "write: no memory" {
	try_all prepare written write "$KEY" -t hello
	try_all prepare loaded write "$KEY" -f content
}

@test "set: no memory" {
	try_all prepare was_set set -p 640 "$KEY"
	try_all prepare was_set set -p 640 --owner root
}

@test "create -f: out of memory leaves nothing behind" {
	try_all nothing created create -k 99 -p 640 -f content
	try_all nothing created create -k 99 -p 640 -f content --format '%{id} %{owner}'
}

@test "rm by name: if out of memory, a segment is unchanged or removed" {
	try_all prepare removed_by_name rm "$KEY"
}

@test "rm by filter: if out of memory, a segment is unchanged or removed" {
	try_all prepare removed_by_filter rm --orphaned --grace 0
}

@test "rm by filter, but for a keep list: what is kept is never removed" {
	keep_lists
	echo "key:$KEY" >"$lists/keep"
	try_all prepare unharmed rm --orphaned --grace 0 --keep-file "$lists/keep"
}

# popt loses a word that it has no memory for, and so would the command its meaning.
@test "rm SEGMENT with a filter: if out of memory, no other segment is removed" {
	try_all one_of_two other_stays rm "$KEY" --orphaned --grace 0 --except 0x99
}

one_of_two()
{
	prepare
	make_orphan 8192 600 7 >other
}

other_stays()
{
	segment_exists "$(<other)" || broken 'another was removed'
	removed_by_filter
}

@test "attach: no memory" {
	try_all look unharmed attach "$KEY" -- true
}
