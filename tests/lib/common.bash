# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Functions for all test files (load lib/common):
#
#   try ARGUMENT...            run shmtool; sets status, output, stderr (and lines, stderr_lines)
#   try_as_user ARGUMENT...    as try, for the ordinary user
#   capture COMMAND...         as try, with any command
#   shmtool ARGUMENT...        run the program under test
#   as_user COMMAND...         run as the user nobody; also: as_user shmtool ...
#   as_uid UID COMMAND...      run as that user
#   alone COMMAND...           run in a private PID namespace, where -A finds only this namespace
#   background COMMAND...      start it; sets background_pid, background_output, background_errors
#   wait_until COMMAND...      wait until it succeeds; fails after 60 seconds
#   open_full_pipe             open descriptor 5: a full pipe without reader
#   waits_in_pipe PID          whether it waits for space in a pipe
#   file_has FILE ERE          whether a line of the file matches
#   end_process PID...         SIGKILL, and wait until it has exited
#
#   make_segment [SIZE [MODE [KEY]]]       by perl; prints the id; the creator has exited
#   make_live_segment [SIZE [MODE [KEY]]]  the same, but the creator runs until the test ends
#   make_orphan [SIZE [MODE [KEY]]]        has also been used; creator and last user have exited
#   hold_segment ID [ro] [UID]             attach it until the test ends; sets holder_pid
#   foreign_write ID OFFSET    stdin into the segment, by perl's shmwrite
#   foreign_read ID OFFSET N   N bytes of the segment, by perl's shmread
#   segment_field ID NAME      a column of /proc/sysvipc/shm; fails if there is no such segment
#   segment_exists ID
#   segment_count
#   validate [--none]          each line of stdin conforms to the JSON schema, if python has jsonschema
#   field_is ID NAME VALUE     count_is N                 begins_with TEXT (the segment $id)
#
#   set_limit NAME VALUE       kernel.NAME (shmmni, shmall, shmmax, shm_rmid_forced); restored
#   keep_lists                 create a directory for keep lists, to which, and to those above it, no
#                              other user may write; sets and exports lists to its path
#   has_files                  whether the program has segments as files here
#   root_may_lock              whether root without CAP_IPC_LOCK may lock a segment: what root's
#                              processes have locked already counts
#   need_root                  skip unless root of the machine (before as_user and as_uid)
#   need_fuse                  skip if there is no /dev/fuse
#   need_plain_memory          skip if the program needs more address space than any limit
#   need_command NAME...       skip unless they are there
#   seek_no_leaks              for a program that is traced, or can have no process
#
#   expect_status N
#   assert_output_is TEXT      assert_output_has TEXT     assert_output_lacks TEXT
#   assert_output_matches ERE  assert_stderr_matches ERE
#   assert_stderr_is TEXT      assert_stderr_has TEXT     assert_stderr_lacks TEXT
#   assert_equal GOT WANTED
#   fail TEXT...
#
# A file with a setup, teardown or setup_file of its own calls common_setup,
# common_teardown or common_setup_file in it.

bats_require_minimum_version 1.5.0
load lib/time-limit

# --- Never outside an IPC namespace that tests/run made ---------------------

in_private_namespace()
{
	local here
	here=$(readlink /proc/self/ns/ipc)

	# 4026531839 is the number of the machine's first IPC namespace.
	[[ -n ${SHMTOOL_TESTS_OUTSIDE-} && $here != "$SHMTOOL_TESTS_OUTSIDE" &&
		$here != 'ipc:[4026531839]' ]]
}

guard()
{
	in_private_namespace && return
	echo "not in an IPC namespace of its own: run tests/run tests/${BATS_TEST_FILENAME##*/}" >&2
	return 1
}

# Already here, so that nothing in a test file runs before it.
guard || exit 1

# --- Two ways to a segment's bytes --------------------------------------------

# Tests with the tag "engine" run once more where the program may not have segments
# as files, and has only the mapping (tests/run --long, tests/lib/mapping.c).

# Whether the program has segments as files here.
has_files()
{
	is_root && [[ -z ${SHMTOOL_PROGRAM-} ]]
}

# --- Before and after -------------------------------------------------------

# that of who runs the tests, which some of them change
user_home=${HOME-}
limits=(shmmni shmall shmmax shm_rmid_forced)

# The ordinary user works below these directories as well.
common_setup_file()
{
	mkdir -p "$BATS_RUN_TMPDIR/test"
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test"
}

common_setup()
{
	chmod 1777 "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR" || return

	started=$BATS_FILE_TMPDIR/started.$BATS_TEST_NUMBER
	: >"$started"

	export LC_ALL=C TZ=UTC
	# some systems let the group write, and such a keep list is not trusted
	umask 022
	unset POSIXLY_CORRECT POSIX_ME_HARDER NO_COLOR XDG_CONFIG_HOME XDG_RUNTIME_DIR LANGUAGE \
		SHMTOOL_ID SHMTOOL_KEY SHMTOOL_SIZE SHMTOOL_FILE

	local name
	declare -gA limit_before=()
	for name in "${limits[@]}"; do
		read -r "limit_before[$name]" <"/proc/sys/kernel/$name"
	done

	# bats records each command, which takes longer than all of them. A failure then
	# names the line of the test, and not the lines of what that calls.
	set +T
}

common_teardown()
{
	local name now pids=()
	mapfile -t pids <"$started"
	end_process "${pids[@]}"

	for name in "${limits[@]}"; do
		read -r now <"/proc/sys/kernel/$name"
		[[ $now == "${limit_before[$name]}" ]] ||
			echo "${limit_before[$name]}" >"/proc/sys/kernel/$name"
	done
	# of util-linux 2.42, --all alone also removes the machine's POSIX objects
	nothing_is_left || for name in shm sem msg; do ipcrm "--all=$name"; done
	[[ -z ${lists-} ]] || rm -rf "$lists"
	[[ -z ${huge_pages_before-} ]] || echo "$huge_pages_before" >/proc/sys/vm/nr_hugepages
}

# Each list is its header alone. (After a skip, a return without a number would be 0 with bash 5.1.)
nothing_is_left()
{
	local name rows
	for name in shm sem msg; do
		mapfile -t rows <"/proc/sysvipc/$name"
		((${#rows[@]} == 1)) || return 1
	done
}

setup_file()
{
	common_setup_file
}

setup()
{
	common_setup
}

teardown()
{
	common_teardown
}

# --- Running things ---------------------------------------------------------

# become COMMAND...: for a shell that has nothing else to do, which the command replaces: a
# process less, and the pid that background records is the command's own. A function
# starts its last command by run_program.
become()
{
	# shellcheck disable=SC2034 # read by run_program
	replace_shell=1
	declare -F "$1" >/dev/null || exec "$@"
	"$@"
}

run_program()
{
	${replace_shell:+exec} "$@"
}

# rm -A would go to the machine's own segments. tests/all-namespaces.bats, whose world has no way
# to them, does not run it through here.
refuse_everywhere()
{
	local word
	[[ $1 == rm ]] || return 0
	for word; do
		[[ $word != -[!-]*A* && $word != -A* && $word != --all-n* ]] && continue
		echo "not outside a world of its own: shmtool $*" >&2
		exit 1
	done
}

shmtool()
{
	refuse_everywhere "$@"
	run_program "$SHMTOOL" "$@"
}

# What run --separate-stderr of bats does, with two or three processes fewer
capture()
{
	local flags=$-
	BATS_RUN_COMMAND=$*
	set +eET
	# shellcheck disable=SC2034 # these are for the test
	{
		output=$(become "$@" 2>"$started.stderr")
		status=$?
		IFS=$'\n' read -rd '' -a lines <<<"$output"
		read -rd '' stderr <"$started.stderr"
		IFS=$'\n' read -rd '' -a stderr_lines <<<"$stderr"
	}
	set "-$flags"
}

try()
{
	capture shmtool "$@"
}

try_as_user()
{
	need_root
	capture as_user shmtool "$@"
}

as_uid()
{
	local uid=$1
	shift

	local command=("$@")
	if [[ $1 == shmtool ]]; then
		refuse_everywhere "${@:2}"
		command=("$SHMTOOL" "${@:2}")
	fi
	run_program setpriv --reuid "$uid" --regid "$uid" --clear-groups "${command[@]}"
}

as_user()
{
	as_uid 65534 "$@"
}

# No process and no mount leads from there to another IPC namespace.
alone()
{
	# shellcheck disable=SC2016
	run_program unshare --pid --fork --kill-child --mount-proc sh -c '
		umount --all --types nsfs && ! grep -q " - nsfs " /proc/self/mountinfo && exec "$@"' sh "$@"
}

background()
{
	background_output=$BATS_FILE_TMPDIR/background.$BASHPID.$EPOCHREALTIME
	background_errors=$background_output.err

	# Descriptors that bats waits for are not handed on.
	(
		become "$@"
	) </dev/null >"$background_output" 2>"$background_errors" 3>&- 4>&- &
	background_pid=$!
	echo "$background_pid" >>"$started"
}

wait_until()
{
	local deadline=$((${EPOCHREALTIME/./} + 60000000))
	# a pipe that never has anything: read can wait at it without a process
	[[ -n ${silence-} ]] || exec {silence}<> <(:)

	until "$@"; do
		if ((${EPOCHREALTIME/./} > deadline)); then
			fail "not so within 60 seconds: $*"
			return 1
		fi
		# before bash 5.2, its own alarm can come before it waits, and it waits forever
		if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 502)); then
			sleep 0.01
		else
			read -rt 0.01 -u "$silence" || true
		fi
	done
}

# file_has FILE ERE: a line matches; without a process, for wait_until
file_has()
{
	local line rows
	{ mapfile -t rows <"$1"; } 2>/dev/null || return
	for line in "${rows[@]}"; do
		[[ ! $line =~ $2 ]] || return 0
	done
	return 1
}

# A zombie counts as exited.
process_is_gone()
{
	local stat
	IFS= read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
	[[ ${stat##*) } == [ZX]* ]]
}

# process_is STATES PID: in one of them; as in /proc/PID/stat, where the name may contain spaces
process_is()
{
	local stat
	IFS= read -r stat 2>/dev/null <"/proc/$2/stat" && [[ ${stat##*) } == [$1]* ]]
}

# Waits for the end of a process that was started here; sets ended to its status
wait_for_status()
{
	ended=0
	wait_until process_is_gone "$1" || return
	# shellcheck disable=SC2034 # for the test
	wait "$1" || ended=$?
}

open_full_pipe()
{
	rm -f full_pipe
	mkfifo full_pipe
	exec 5<>full_pipe
	perl -MFcntl -e 'fcntl STDOUT, F_SETFL, O_NONBLOCK; 1 while syswrite STDOUT, "x" x 4096;
		fcntl STDOUT, F_SETFL, 0' >&5
}

waits_in_pipe()
{
	[[ $(<"/proc/$1/wchan") == *pipe_write ]]
}

end_process()
{
	local pid
	for pid; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	# first without reading /proc/PID/stat: on Linux 6.1, this shell was recorded as the last user
	# of a segment that a process still had attached when it exited
	for pid; do
		wait "$pid" 2>/dev/null || true
		wait_until process_is_gone "$pid"
	done
}

# --- Segments, created and examined by other programs -----------------------

# perl -e "$create" SIZE MODE KEY; 01000 is IPC_CREAT, 02000 IPC_EXCL.
# shellcheck disable=SC2016
create='
	my ($size, $mode, $key) = @ARGV;
	$key = oct $key if $key =~ /^0/;
	$key -= 2 ** 32 if $key > 0x7fffffff;
	my $id = shmget($key, $size, oct($mode) | 01000 | ($key ? 02000 : 0)) // die "shmget: $!\n";
	$| = 1;
	print $id + 0, "\n";
'

make_segment()
{
	perl -e "$create" "${1:-4096}" "${2:-600}" "${3:-0}"
}

make_live_segment()
{
	background perl -e "$create sleep 1 while 1" "${1:-4096}" "${2:-600}" "${3:-0}"
	wait_until test -s "$background_output" || return
	cat "$background_output"
}

validate()
{
	python3 -c 'import jsonschema' 2>/dev/null || return 0
	"$BATS_TEST_DIRNAME/lib/validate" "$BATS_TEST_DIRNAME/../src/share/shmtool.schema.json" "$@"
}

make_orphan()
{
	# shellcheck disable=SC2016
	perl -e "$create"'; shmwrite($id, "x", 0, 1) or die "shmwrite: $!\n"' \
		"${1:-4096}" "${2:-600}" "${3:-0}"
}

hold_segment()
{
	local hold=("$HELPERS/hold")
	[[ ${2-} != ro ]] || hold+=(-r)
	if [[ -n ${3-} ]]; then
		need_root
		hold=(as_uid "$3" "${hold[@]}")
	fi

	background "${hold[@]}" "$1"
	if ! wait_until test -s "$background_output"; then
		cat "$background_errors" >&2
		return 1
	fi
	# shellcheck disable=SC2034 # for the test
	holder_pid=$background_pid
}

foreign_write()
{
	# shellcheck disable=SC2016
	perl -e 'undef $/; my $data = <STDIN>;
		shmwrite($ARGV[0], $data, $ARGV[1], length $data) or die "shmwrite: $!\n"' "$1" "$2"
}

foreign_read()
{
	# shellcheck disable=SC2016
	perl -e 'shmread($ARGV[0], my $data, $ARGV[1], $ARGV[2]) or die "shmread: $!\n";
		print $data' "$1" "$2" "$3"
}

# field_of LIST COLUMN VALUE NAME: of the first line of /proc/sysvipc/LIST with this
# VALUE in COLUMN, what stands in the column NAME
field_of()
{
	awk -v column="$2" -v value="$3" -v name="$4" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at[column] == value { print $at[name]; found = 1; exit }
		END { exit !found }' "/proc/sysvipc/$1"
}

# Sets list to /proc/sysvipc/shm, and row to the row of this id; fails if there is none
read_row()
{
	IFS= read -rd '' list </proc/sysvipc/shm || true
	[[ $list =~ $'\n'\ *(-?[0-9]+\ +$1\ [^$'\n']*) ]] && read -ra row <<<"${BASH_REMATCH[1]}"
}

segment_field()
{
	local list row names i
	read_row "$1" || return
	read -ra names <<<"${list%%$'\n'*}"
	for i in "${!names[@]}"; do
		[[ ${names[i]} != "$2" ]] || printf '%s\n' "${row[i]}"
	done
}

segment_exists()
{
	local list row
	read_row "$1"
}

segment_count()
{
	local rows
	mapfile -t rows </proc/sysvipc/shm
	printf '%s\n' $((${#rows[@]} - 1))
}

# These are for wait_until.
field_is()
{
	[[ $(segment_field "$1" "$2") == "$3" ]]
}

count_is()
{
	[[ $(segment_count) == "$1" ]]
}

# begins_with TEXT: the segment of id does
begins_with()
{
	[[ $(foreign_read "$id" 0 "${#1}") == "$1" ]]
}

# --- What a test needs ------------------------------------------------------

set_limit()
{
	if ! { echo "$2" >"/proc/sys/kernel/$1"; } 2>/dev/null; then
		skip "kernel.$1 cannot be changed here"
	fi
}

# Whether only root and this user may write to this directory, and to those above it.
is_trusted()
{
	local owner mode root path=$1 paths=(/)
	[[ $path == /* && -d $path && -w $path ]] || return
	for (( ; ${#path}; )); do
		paths+=("$path")
		path=${path%/*}
	done
	# of / first: in a user namespace root may be a user that is not mapped
	while read -r owner mode; do
		root=${root-$owner}
		((owner == 0 || owner == EUID || owner == root)) && ! ((8#$mode & 8#22)) || return
	done < <(stat -L -c '%u %a' "${paths[@]}")
}

keep_lists()
{
	local place
	for place in /run "$user_home" "$BUILD"; do
		is_trusted "$place" || continue
		export lists=$place/shmtool-tests.$BASHPID
		mkdir -m 755 "$lists" && return
	done
	skip 'no directory here to which, and to those above it, no other user may write'
}

# Makes COUNT more huge pages for this test; teardown puts back what was.
more_huge_pages()
{
	need_root
	exec {huge_lock}<>/proc/sys/vm/nr_hugepages
	flock "$huge_lock" 2>/dev/null || true
	huge_pages_before=$(</proc/sys/vm/nr_hugepages)
	if ! echo $((huge_pages_before + $1)) >/proc/sys/vm/nr_hugepages ||
		(($(</proc/sys/vm/nr_hugepages) != huge_pages_before + $1)); then
		skip "vm.nr_hugepages cannot be raised here"
	fi
}

is_root()
{
	local first inside count
	read -r first inside count </proc/self/uid_map
	((EUID == 0 && first == 0 && inside == 0 && count == 4294967295))
}

root_may_lock()
{
	# shellcheck disable=SC2016 # it is for perl
	setpriv --bounding-set=-ipc_lock perl -MIPC::SysV=:all -e '
		my $id = shmget(IPC_PRIVATE, 1, 0600) // die "shmget: $!";
		my $locked = shmctl($id, SHM_LOCK, 0);
		shmctl($id, IPC_RMID, 0);
		exit !$locked'
}

need_root()
{
	is_root || skip "needs root of the machine"
}

need_command()
{
	local name
	for name; do
		command -v "$name" >/dev/null || skip "needs $name"
	done
}

# LeakSanitizer creates a process and uses ptrace: it fails if either is not possible.
seek_no_leaks()
{
	export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
}

# For silent-fuse: the kernel may lack FUSE, and a container the device.
need_fuse()
{
	[[ -c /dev/fuse ]] || skip 'there is no /dev/fuse'
}

# The address sanitizer maps terabytes, and valgrind the program's memory in its own way.
need_plain_memory()
{
	! grep -q __asan_init "$SHMTOOL" || skip 'the sanitizer needs more address space than any limit'
	[[ -z ${VALGRIND_PROGRAM-} ]] || skip 'valgrind has its own memory under the limit'
}

# For a test that has strace at the program itself: `make valgrind` has something else there.
need_strace()
{
	need_command strace
	[[ -z ${VALGRIND_PROGRAM-} ]] || skip 'valgrind and strace exclude one another'
}

# --- What a test says -------------------------------------------------------

fail()
{
	printf '%s\n' "$*" >&2
	return 1
}

show_last_run()
{
	printf '%s\n' "command: ${BATS_RUN_COMMAND-}" "status: ${status-}" "stdout: ${output-}" \
		"stderr: ${stderr-}" >&2
}

expect_status()
{
	# shellcheck disable=SC2154 # status, output and stderr come from run
	[[ $status == "$1" ]] && return
	show_last_run
	fail "status $status, not $1"
}

assert_equal()
{
	[[ $1 == "$2" ]] && return
	fail "$(printf 'got:    %s\nwanted: %s' "$1" "$2")"
}

assert_output_is()
{
	[[ $output == "$1" ]] && return
	show_last_run
	fail "stdout is not: $1"
}

assert_output_has()
{
	[[ $output == *"$1"* ]] && return
	show_last_run
	fail "stdout lacks: $1"
}

assert_output_lacks()
{
	[[ $output != *"$1"* ]] && return
	show_last_run
	fail "stdout has: $1"
}

assert_output_matches()
{
	[[ $output =~ $1 ]] && return
	show_last_run
	fail "stdout does not match: $1"
}

# shellcheck disable=SC2154
assert_stderr_is()
{
	[[ $stderr == "$1" ]] && return
	show_last_run
	fail "stderr is not: $1"
}

assert_stderr_has()
{
	[[ $stderr == *"$1"* ]] && return
	show_last_run
	fail "stderr lacks: $1"
}

assert_stderr_lacks()
{
	[[ $stderr != *"$1"* ]] && return
	show_last_run
	fail "stderr has: $1"
}

assert_stderr_matches()
{
	[[ $stderr =~ $1 ]] && return
	show_last_run
	fail "stderr does not match: $1"
}
