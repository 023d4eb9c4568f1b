#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes each system call of a command fail in turn, and interrupts each by SIGTERM and by
# SIGKILL. The list of calls is taken from a run of the command, so new calls are covered
# automatically.
#
# Trying all faults takes minutes: `make faults`. Otherwise, one in FAULTS_STEP (7) faults is
# tried. That number and the number of faults per call have no common divisor, so that all
# kinds of faults are tried.

bats_require_minimum_version 1.5.0
load lib/common

# bats file_tags=long
load lib/after-failure

KEY=0x4d2

# What a call fails with. EINTR is to be seen as no failure where a call is
# slow; the others are what permissions, limits and devices give.
faults=(error=EPERM error=ENOMEM error=EIO error=EINTR signal=SIGTERM signal=SIGKILL)

setup()
{
	common_setup
	need_root
	need_strace
	# LeakSanitizer and valgrind use ptrace as well, and make calls of their own
	! grep -q __asan_init "$SHMTOOL" || skip 'the sanitizer would fail in its own calls'
	head -c 8192 /dev/urandom >content
	around=()
}

# The calls of a run, behind those of the loader (main's first is F_GETFD):
# lines of "CALL NUMBER", where NUMBER counts all of that name in its process. brk(2)
# is left out, since it reports a failure in a special way that strace cannot
# imitate, and getpid(2) and the like, which cannot fail (nor can wait4(2) where it
# does not wait, or sigaction(2) and sigprocmask(2) with shmtool's arguments),
# and what gcov does in the end. strace counts for each process: of
# a child's calls before its exec, those follow with "-f" that the program itself
# does not make, so that only one fails.
calls()
{
	awk '{ name = $2; sub(/\(.*/, "", name) }
		NR == 1 { program = $1 }
		/\.gcda"/ || (name == "execve" && $1 != program) { ended[$1] = 1 }
		name !~ /^[a-z0-9_]+$/ || ended[$1] { next }
		{ call = name " " ++number[$1, name] }
		$1 == program { made[call] = 1 }
		/F_GETFD/ { begun = 1 }
		!begun || /WNOHANG/ || name ~ /^(brk|exit_group|execve|rt_sigreturn|rt_sigaction|rt_sigprocmask|restart_syscall|get(pp|p|t|e?u|e?g)id)$/ { next }
		$1 == program { print call; next }
		{ theirs[++count] = call }
		END { for (i = 1; i <= count; i++) if (!made[theirs[i]]++) print theirs[i], "-f" }' "$1"
}

# broken TEXT: reports which fault it was, and continues with the next
broken()
{
	printf '%s, call %s (%s), %s: status %s: %s\n' "$*" "$call" "$number" "$fault" "$code" \
		"$(head -c 400 err)"
	sed -n "s/^/    /; /(INJECTED)/p" trace | head -n 3
	ipcs -m | sed 's/^/    /'
	bad=1
} >&2

# What the program runs in: with a process of its own that holds the segment, and
# no other processes to look at
beside_a_holder()
{
	around=(unshare --pid --fork --kill-child --mount-proc "$SHMTOOL" attach "$KEY" --)
}

alone_there()
{
	around=(unshare --pid --fork --kill-child --mount-proc)
}

# try_faults PREPARE CHECK ARGUMENT...: CHECK is called after each run, with
# code, call and fault set
try_faults()
{
	local prepare=$1 check=$2 call number follow fault code count=0 bad=0
	local step=${FAULTS_STEP:-7}
	shift 2

	"$prepare"
	code=0 call=none number=0 fault=none
	"${around[@]}" strace -f -s 512 -o all -- "$SHMTOOL" "$@" >out 2>err </dev/null || code=$?
	((code == 0)) || broken 'fails without a fault'
	"$check"
	calls all >list
	(($(wc -l <list) > 10)) || broken 'too few calls'
	while read -r call number follow <&7; do
		for fault in "${faults[@]}"; do
			# close(2) closes whatever it says; strace's failure leaves it open
			[[ $call:$fault != close:error=* ]] || continue
			# wait4(2) of a child can only fail by being interrupted
			[[ $call:$fault != wait4:error=* || $fault == error=EINTR ]] || continue
			((count++ % step == BATS_TEST_NUMBER % step)) || continue
			"$prepare"
			code=0
			# bash itself reports a process that was killed
			{
				timeout --kill-after 5 120 "${around[@]}" strace ${follow:+"$follow"} -o trace -e trace=all \
					-e "inject=$call:$fault:when=$number" -- \
					"$SHMTOOL" "$@" >out 2>err </dev/null || code=$?
			} 2>/dev/null
			check_end
			"$check"
		done
	done 7<list
	((count)) || broken 'no faults'
	printf '%s: %s faults possible\n' "$1" "$count"
	return "$bad"
}

# What holds for every command: an end, a status that means something, a word.
check_end()
{
	case $fault:$code in
	signal=SIGKILL:137) return ;;
	signal=SIGTERM:143) ;;
	error=*:12[5-7]) [[ $(head -n 1 err) == 'shmtool attach: '* ]] || broken 'crashed' ;;
	*:12[4-9] | *:1[3-9]? | *:2??) broken 'crashed or hung' ;;
	*:[1-9])
		# a failure of telling cannot be told
		[[ -s err ]] || [[ $call == write ]] || broken 'says nothing' ;;
	*:0) ;;
	*) broken 'no documented status' ;;
	esac
	no_mode_is_0 || broken 'left with mode 0'
}

# --- What must hold for each ------------------------------------------------

removed_by_filter()
{
	gone_or_unharmed
	if segment_exists "$id"; then
		((code)) || broken 'still there, and not told'
	else
		[[ -s out || -s err || $fault == signal=* ]] || broken 'removed without a line'
	fi
}

# --- The commands -----------------------------------------------------------

@test "ls: whatever fails" {
	try_faults prepare printed ls
}

@test "ls -J: whatever fails" {
	try_faults prepare printed ls -J
}

@test "stat: whatever fails" {
	try_faults prepare printed stat "$KEY"
}

@test "read: whatever fails" {
	try_faults prepare dumped read "$KEY"
}

@test "read -f: whatever fails, the file is the old one or the new one" {
	try_faults prepare saved read "$KEY" -f file
}

@test "write: whatever fails" {
	try_faults prepare written write "$KEY" -t hello
}

@test "write -f: whatever fails" {
	echo hello >other
	try_faults prepare written write "$KEY" -f other
}

@test "set: whatever fails" {
	try_faults prepare was_set set -p 640 "$KEY"
}

@test "create -f: whatever fails, nothing is left behind" {
	try_faults nothing created create -k 99 -p 640 -f content
}

@test "rm by name: whatever fails, a segment is unchanged or removed" {
	try_faults prepare removed_by_name rm "$KEY"
}

@test "rm by filter: whatever fails, a segment is unchanged or removed" {
	try_faults prepare removed_by_filter rm --orphaned --grace 0
}

# Holders that are not known are reported, or not listed.
@test "ls -o holders: whatever fails" {
	beside_a_holder
	try_faults prepare printed ls -o id,holders
}

@test "stat --holders and --map: whatever fails" {
	beside_a_holder
	try_faults prepare printed stat --map "$KEY"
}

@test "ls -A: whatever fails" {
	alone_there
	try_faults prepare printed ls -A
}

@test "ls -A -l: whatever fails" {
	alone_there
	try_faults prepare unharmed ls -A -l
}

guard_exists()
{
	awk -v key="$KEY" 'NR > 1 && $1 == 1234 { found = 1 } END { exit !found }' /proc/sysvipc/sem
}


created_guarded()
{
	local count
	created
	count=$(awk 'END { print NR - 1 }' /proc/sysvipc/sem)
	if ((code)); then
		((count == 0)) || [[ $fault == *SIGKILL || $fault == signal=* ]] || broken 'guard left behind'
	else
		((count == 1)) || broken 'no guard'
	fi
}

@test "create --with-guard: whatever fails, nothing is left behind" {
	try_faults nothing created_guarded create -k 99 -p 640 -f content --with-guard
}

prepare_guarded()
{
	prepare
	perl -e 'use IPC::SysV qw(IPC_CREAT SETVAL); my $id = semget(1234, 1, 01600) // die;
		semctl($id, 0, SETVAL, 1) // die; semop($id, pack("s!3", 0, -1, 0)) or die;
		semop($id, pack("s!3", 0, 1, 0)) or die'
}

# In doubt none of the two goes without the other. (The guard goes last, and a child may still
# be at it: so it is looked at first.)
both_or_none()
{
	local guarded=
	! guard_exists || guarded=1
	gone_or_unharmed
	if segment_exists "$id"; then
		[[ $guarded ]] || broken 'the guard went, and the segment stayed'
	elif [[ $guarded ]]; then
		((code)) || broken 'the guard stayed, and it was not told'
	fi
}

@test "rm --with-guard: whatever fails" {
	try_faults prepare_guarded both_or_none rm --with-guard "$KEY"
}

guard_is_free()
{
	perl -e 'use IPC::SysV qw(GETVAL); my $id = semget(1234, 1, 0) // die; exit(semctl($id, 0, GETVAL, 0) != 1)' ||
		broken 'the guard is still taken'
}

read_guarded()
{
	dumped
	guard_is_free
}

@test "read --guard: whatever fails, the guard is free afterwards" {
	try_faults prepare_guarded read_guarded read "$KEY" --guard "$KEY"
}

@test "write -f --guard: whatever fails, the guard is free afterwards" {
	echo hello >other
	try_faults prepare_guarded written_guarded write "$KEY" --guard "$KEY" -f other
}

written_guarded()
{
	written
	guard_is_free
}

@test "attach --as-file: whatever fails" {
	# shellcheck disable=SC2016
	try_faults prepare unharmed attach --as-file "$KEY" -- sh -c 'cmp "$SHMTOOL_FILE" content'
}

@test "attach: whatever fails" {
	try_faults prepare unharmed attach "$KEY" -- true
}
