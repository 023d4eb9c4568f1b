#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The truth table: one row for each situation. Each situation is produced for real, and
# judged by ls, stat, rm -n and rm. A row is
#
#   row STATE OUTCOME WORDS MAKER [ARGUMENT...]
#
# STATE is the state that ls shows ("-": ls does not list the segment), WORDS a regular
# expression for the output of stat, and OUTCOME the result of rm --orphaned:
#
#   goes      it is removed
#   stays     it is skipped silently
#   refused   nothing at all is removed: exit 7
#   changed   it is not removed, because it has changed since it was listed: exit 9
#
# The row of the kernel's list for a segment that stays must not change at all. MAKER is a
# function that produces the situation and sets
#
#   id        the segment
#   filter    the filter for rm (--orphaned)
#   options   options for all commands (--grace 0)
#   place     a command that runs shmtool in the right place
#   witness   what happens to an ordinary orphan, which shows that rm works in that
#             place: goes, stays, or none (goes)
#
# shellcheck disable=SC2016 # what is in single quotes is perl or sh

load lib/common
load lib/stop

setup()
{
	common_setup
	# not the keep list of the user who runs the tests
	export HOME=$BATS_TEST_TMPDIR
	filter=(--orphaned) options=(--grace 0) place=() witness=goes see=()
}

# --- Judging ----------------------------------------------------------------

try_there()
{
	capture "${place[@]}" "$SHMTOOL" "$@"
}

# The kernel's own list, where the segment is; without the segment's memory in
# use, which the kernel may swap.
kernel_list()
{
	local rows row columns
	mapfile -t rows < <("${see[@]}" cat /proc/sysvipc/shm)
	for row in "${rows[@]:1}"; do
		read -ra columns <<<"$row"
		printf '%s\n' "${columns[*]:0:14}"
	done
}

judge_by_ls()
{
	local line state=
	try_there ls "${options[@]}" --format '%{id} %{state}'
	expect_status 0
	for line in "${lines[@]}"; do
		[[ $line != "$id "* ]] || state=${line#* }
	done
	assert_equal "$state" "${1#-}"
}

# What ls shows by the filters of rm is what that would remove.
judge_by_filter()
{
	try_there ls "${filter[@]}" "${options[@]}" -q
	expect_status 0
	assert_equal "$(sort -n <<<"$output")" "$(doomed "$1" | sort -n)"
}

judge_by_stat()
{
	try_there stat "$id" "${options[@]}"
	[[ $1 != - ]] || expect_status 3
	[[ $1 == - ]] || expect_status 0
	assert_output_matches "$2"
}

# What rm is to print, "removed" for "would remove", and without what time changes.
rm_lines()
{
	sed -E 's/^would remove/removed/; s/ idle=[0-9]+//' <<<"$1"
}

# The ids that rm is to remove, one a line.
doomed()
{
	[[ $1 != goes ]] || echo "$id"
	[[ $1 == refused || $witness != goes ]] || echo "$orphan"
}

row()
{
	local state=$1 outcome=$2 words=$3 status=0 orphan='' before would removed
	shift 3

	"$@"
	[[ $witness == none ]] || orphan=$(make_orphan)
	before=$(kernel_list)
	judge_by_ls "$state"
	[[ $outcome == refused || $outcome == changed ]] || judge_by_filter "$outcome"
	judge_by_stat "$state" "$words"

	[[ $outcome != refused ]] || status=7
	try_there rm -n "${filter[@]}" "${options[@]}"
	expect_status "$status"
	would=$(rm_lines "$output")
	assert_equal "$(kernel_list)" "$before"

	[[ $outcome != changed ]] || status=9
	try_there rm "${filter[@]}" "${options[@]}"
	expect_status "$status"
	removed=$(rm_lines "$output")
	[[ $outcome == changed ]] || assert_equal "$removed" "$would"
	[[ $outcome != changed ]] || assert_stderr_has "segment $id"
	local line word number wanted=() gone=()
	for line in "${lines[@]}"; do
		read -r word number _ <<<"$line"
		[[ $word != removed ]] || gone+=("$number")
	done
	printf -v removed '%s\n' "${gone[@]}"
	assert_equal "${removed%$'\n'}" "$(doomed "$outcome" | sort -n)"
	while read -r line; do
		read -r word number _ <<<"$line"
		[[ " ${gone[*]} " == *" $number "* ]] || wanted+=("$line")
	done <<<"$before"
	printf -v wanted '%s\n' "${wanted[@]}"
	assert_equal "$(kernel_list)" "${wanted%$'\n'}"
}

# --- Makers -----------------------------------------------------------------

# process SCRIPT ARGUMENT...: a perl process that runs SCRIPT and waits to be
# killed. It says some words: the first is the segment's id. Its
# sub-processes that wait, too, end with it or by stop_later. Sets said and pid.
process()
{
	background "${in_place[@]}" perl -MIPC::SysV=shmat,shmdt -e '
		$| = 1;
		sub make { return shmget(shift // 0, 4096, 01000 | (shift // 0600)) + 0 }
		sub touch { shmwrite($_[0], "x", 0, 1) or die "shmwrite: $!" }
		sub attach { return shmat($_[0], undef, 0) // die "shmat: $!" }
		sub detach { shmdt($_[0]) // die "shmdt: $!" }
		sub hang { sleep 1 while 1 }
		sub spawn { my $pid = fork // die; return $pid if $pid; $_[0]->(); exit }
		# the next process or thread of this pid namespace gets this pid
		sub next_pid {
			open my $file, ">", "/proc/sys/kernel/ns_last_pid" or die "ns_last_pid: $!";
			print $file $_[0] - 1; close $file or die "ns_last_pid: $!" }
		'"$1"'; print "\n"; hang' "${@:2}"
	pid=$background_pid
	wait_until has_a_line "$background_output" || { cat "$background_errors" >&2; return 1; }
	read -ra said <"$background_output"
}

# Not only the beginning of one.
has_a_line()
{
	(($(wc -l <"$1") > 0))
}

# A process that waits, and is not a child of the test. It is ended with the test.
stop_later()
{
	echo "$1" >>"$started"
}

orphan()
{
	id=$(make_orphan)
}

never_used()
{
	id=$(make_segment)
}

# The segment with other rights, or owner, or lock: shmtool set OPTION...
changed_orphan()
{
	# an ordinary user cannot give it away
	[[ $1 != -u ]] || need_root
	id=$(make_orphan)
	shmtool "set" "$id" "$@"
}

killed_while_attached()
{
	process 'print $id = make(); attach($id)'
	id=${said[0]}
	end_process "$pid"
	assert_equal "$(segment_field "$id" nattch) $(segment_field "$id" lpid)" "0 $pid"
}

killed_with_child_attached()
{
	process 'print $id = make(); attach($id); print " ", spawn(\&hang)'
	id=${said[0]}
	stop_later "${said[1]}"
	end_process "$pid"
	assert_equal "$(segment_field "$id" nattch)" 1
}

# The child detached and lives on: it is the last user.
killed_with_child_detached()
{
	process 'print $id = make(); $at = attach($id); pipe $r, $w;
		print " ", spawn(sub { detach($at); close $w; hang }); close $w; <$r>'
	id=${said[0]}
	stop_later "${said[1]}"
	end_process "$pid"
	# the creator's end was the last detach
	assert_equal "$(segment_field "$id" nattch) $(segment_field "$id" lpid)" "0 $pid"
}

last_user_alive()
{
	id=$(make_segment)
	process 'touch($ARGV[0])' "$id"
}

alive()
{
	process 'print make()'
	id=${said[0]}
}

alive_and_used_it()
{
	process 'print $id = make(); touch($id)'
	id=${said[0]}
}

alive_and_used_it_as_another_user()
{
	need_root
	process 'print $id = make(0, 0666); $< = $> = 65534; touch($id)'
	id=${said[0]}
}

alive_but_last_user_gone()
{
	alive
	printf x | foreign_write "$id" 0
}

alive_as_another_program()
{
	process 'print make(), "\n"; exec "sleep", "1000"'
	id=${said[0]}
	wait_until file_has "/proc/$pid/comm" '^sleep$'
}

attached()
{
	id=$(make_orphan)
	hold_segment "$id" "$@"
}

zombie()
{
	process 'pipe $r, $w; $pid = spawn(sub { print $w make() }); close $w;
		1 while !-e "/proc/$pid/stat" || `cat /proc/$pid/stat` !~ /\) Z/; print <$r>'
	id=${said[0]}
}

# The creator's first thread has ended, as if it were a zombie; another runs.
first_thread_ended()
{
	perl -Mthreads -e 'require "syscall.ph"' 2>/dev/null || skip "needs perl with threads"
	process 'require "syscall.ph"; require threads; print make(), "\n";
		threads->create(\&hang); syscall(&SYS_exit, 0)'
	id=${said[0]}
	wait_until file_has "/proc/$pid/status" "^State:.*Z"
}

marked()
{
	id=$(make_orphan)
	hold_segment "$id"
	ipcrm -m "$id"
}

# --- The clocks -------------------------------------------------------------

# The segment's latest time, by the kernel's list.
last_event()
{
	kernel_list | awk -v id="$id" '$2 == id { for (i = 12; i <= 14; i++) if ($i > last) last = $i; print last }'
}

# clocks NOW UPTIME: the times that shmtool gets, in seconds
clocks()
{
	place+=(env LD_PRELOAD="$HELPERS/clock.so"
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
		FIXED_REALTIME="$1" FIXED_BOOTTIME="$2")
}

# after SECONDS UPTIME MAKER...: the situation, so long after its last event;
# the grace period is the default.
after()
{
	local seconds=$1 uptime=$2
	shift 2
	"$@"
	clocks $(($(last_event) + seconds)) "$uptime"
	options=() witness=none
}

# --- Namespaces -------------------------------------------------------------

# Run shmtool in a pid namespace of its own: everybody out here is pid 0 there.
from_new_pid_namespace()
{
	need_root
	"$@"
	place=(unshare --pid --fork --kill-child --mount-proc) witness=stays
}

# In a pid namespace of its own; shmtool runs there, too.
inside_pid_namespace()
{
	need_root
	in_place=(unshare --pid --fork --kill-child --mount-proc)
	process "$@"
	inside=$(pgrep -P "$pid")
	id=${said[0]}
	place=(nsenter --target "$inside" --pid --mount) witness=stays
}

made_inside_used_outside()
{
	inside_pid_namespace 'pipe $r, $w; waitpid(spawn(sub { print $w make() }), 0); close $w; print <$r>'
	printf x | foreign_write "$id" 0
	assert_equal "$(segment_field "$id" lpid | wc -w)" 1
}

made_outside_used_inside()
{
	local outside
	need_root
	outside=$(make_segment)
	inside_pid_namespace 'print $id = shift; waitpid(spawn(sub { touch($id) }), 0)' "$outside"
}

# Created and used by a process of a lower PID namespace, which is visible from here.
of_lower_pid_namespace()
{
	inside_pid_namespace "$@"
	place=() witness=goes
}

ended_in_lower_pid_namespace()
{
	of_lower_pid_namespace 'print $id = make(); touch($id)'
	end_process "$inside" "$pid"
}

# in_other_namespace MAKER...: in another IPC namespace, which is visible only with -N.
in_other_namespace()
{
	in_place=(unshare --ipc)
	process "$@"
	id=${said[0]}
	see=(nsenter --target "$pid" --ipc)
	witness=none
}

entered_with_N()
{
	in_other_namespace "$@"
	options+=(-N "$pid")
}

# --- Users ------------------------------------------------------------------

# As an ordinary user, who may not see other users' processes.
under_hidepid()
{
	need_root
	"$@"
	shmtool "set" "$id" -u nobody
	place=(unshare --mount sh -c 'mount -t proc -o hidepid=2 proc /proc &&
		exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"' sh)
	options+=(--owner nobody) witness=stays
}

# by_new_owner MAKER...: given to an ordinary user, who removes it
by_new_owner()
{
	need_root
	"$@"
	shmtool "set" "$id" -u nobody
	place=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	options+=(--owner nobody) witness=stays
}

# --- The keep list ----------------------------------------------------------

# with_keep_list TEXT MODE OPTION...
with_keep_list()
{
	id=$(make_orphan 4096 600 0x99)
	keep_lists
	printf '%b' "$1" >"$lists/keep"
	chmod "$2" "$lists/keep"
	options+=(--keep-file "$lists/keep" "${@:3}")
}

kept_by_creator()
{
	need_root
	id=$(as_user perl -e "$create"'; shmwrite($id, "x", 0, 1) or die' 4096 600 0)
	shmtool "set" "$id" -u root
	keep_lists
	echo creator:nobody >"$lists/keep"
	options+=(--keep-file "$lists/keep")
}

# --- Pids used again --------------------------------------------------------

# What comes before: who has made and used it, and whose pid, $pid, is used again.
declare -gA ended_before=(
	[creator and user]='$pid = ended(sub { print $w $id = make(), "\n"; touch($id) })'
	[creator of an unused one]='$pid = ended(sub { print $w make(), "\n" })'
	[user]='ended(sub { print $w make(), "\n" }); $id = <$r>; $pid = ended(sub { touch($id) })'
	[user of one whose creator lives]='$id = make(); $pid = ended(sub { touch($id) })'
)

# pid_used_again WHOSE BY [BOOT START]: the pid of a process that has exited now belongs to a
# newer process or thread (BY). The machine was booted BOOT seconds before the segment's
# first event, and the newer process started START seconds after its last. Without BOOT and
# START: all just now.
pid_used_again()
{
	[[ -e /proc/sys/kernel/ns_last_pid ]] || skip "the kernel has no ns_last_pid"
	local next='spawn(\&hang)'
	if [[ $2 == thread ]]; then
		perl -Mthreads -e 1 2>/dev/null || skip "needs perl with threads"
		next='require threads; threads->create(\&hang)->detach'
	fi
	inside_pid_namespace 'pipe $r, $w; $w->autoflush; $, = " ";
		sub ended { waitpid(my $ended = spawn(@_), 0); return $ended }
		'"${ended_before[$1]}; next_pid(\$pid); $next;"' print(($id // <$r>) + 0, $pid)'
	again=${said[1]}
	[[ -z ${3-} ]] || started_then "$3" "$4"
}

started_then()
{
	local first last boot ticks
	last=$(last_event)
	first=$(kernel_list | awk -v id="$id" '
		$2 == id { first = $14; for (i = 12; i <= 13; i++) if ($i && $i < first) first = $i; print first }')
	boot=$((first - $1))
	ticks=$(getconf CLK_TCK)
	clocks $((last + 5000)) $((last + 5000 - boot))
	# the first process there is as old as the segment
	tell_start 1 $(((first - boot) * ticks))
	tell_start "$again" $(((last + $2 - boot) * ticks))
	options=()
}

# tell_start PID TICKS: the start time of that process that shmtool gets
tell_start()
{
	local file=$BATS_TEST_TMPDIR/stat.$1
	"${place[@]}" cat "/proc/$1/stat" | awk -v ticks="$2" '{ $22 = ticks; print }' >"$file"
	place+=(unshare --mount sh -c 'mount --bind "$0" "$1" && shift && exec "$@"' "$file" "/proc/$1/stat")
}

likely()
{
	"$@"
	filter=(--likely)
}

# A false list of the kernel: COLUMN VALUE ... of the segment differ from the truth. shmtool
# checks again before it removes.
lied_about()
{
	local maker=$1
	shift
	"$maker"
	awk -v id="$id" -v lies="$*" 'NR > 1 && $2 == id { n = split(lies, lie); for (i = 1; i < n; i += 2) $lie[i] = lie[i + 1] }
		{ print }' /proc/sysvipc/shm >list
	place=(unshare --mount sh -c 'mount --bind "$0" /proc/sysvipc/shm && exec "$@"' "$PWD/list")
	# it is not in that list
	witness=stays
}

# With kernel.shm_rmid_forced, the kernel itself removes an unattached segment when its
# creator exits.
forced()
{
	"$@"
	set_limit shm_rmid_forced 1
	witness=none
}

# --- The table --------------------------------------------------------------

runs='running since [0-9-]+ [0-9:]+ \([0-9]+ [a-z]+ ago\)'
both_gone='orphaned: creator and last user have exited; idle for [0-9]+s \(grace period 0s\)'
unused='orphaned: creator has exited, never attached; idle for'
creator_runs='detached: not attached, but its creator \(process [0-9]+\) is running'
# for process
make_and_end='waitpid(spawn(sub { print make() }), 0)'
make_and_live='print make()'

unseen='is in another PID namespace and may be running'

@test "the creator was killed while it had the segment attached" { row orphaned goes "$both_gone" killed_while_attached; }
@test "the creator was killed, its child is still attached" { row attached stays 'attached: in use \(1 attachment\), although' killed_with_child_attached; }
@test "the creator was killed, its child detached before" { row orphaned goes "$both_gone" killed_with_child_detached; }
@test "the creator has exited, the last user is running and has detached" { row detached stays 'but its last user \(process [0-9]+\) is running' last_user_alive; }
@test "creator and last user have exited" { row orphaned goes "$both_gone" orphan; }
@test "the creator has exited, and the segment was never used" { row orphaned goes "$unused" never_used; }
@test "the creator is running and has detached" { row detached stays "created by  +process [0-9]+ \(perl\), $runs.*$creator_runs" alive; }
@test "the creator is running and is the last user" { row detached stays 'but its creator and last user \(process [0-9]+\) is running' alive_and_used_it; }
@test "the creator is running as another user, and is the last user" { row detached stays "last used by  +process [0-9]+ \(perl\).*its creator \(process [0-9]+\) is running, unless .*, and its last user \(process [0-9]+\) is running" alive_and_used_it_as_another_user; }
@test "the creator is running, the last user has exited" { row detached stays "$creator_runs" alive_but_last_user_gone; }
@test "the creator is running as another program" { row detached stays "\(sleep\), $runs.*$creator_runs" alive_as_another_program; }
@test "the creator is a zombie" { row orphaned goes "$unused" zombie; }
@test "the creator's first thread has ended, another runs" { row detached stays "$creator_runs" first_thread_ended; }
@test "attached by another process" { row attached stays 'attached: in use \(1 attachment\)' attached; }
@test "attached to read" { row attached stays 'attached: in use \(1 attachment\)' attached ro; }
@test "marked, and still held" { row dest stays 'dest: marked for removal; destroyed at its last detach \(1 attached\)' marked; }
@test "locked" { row orphaned goes "locked  +yes.*$both_gone" changed_orphan --lock; }
@test "mode 0000, so that no process may attach it" { row orphaned goes "$both_gone" changed_orphan -p 0; }

@test "never used, a second before the grace period is over" { row detached stays 'never attached; idle for only 59s: orphaned after 1m \(grace period, see --grace\)' after 59 1000 never_used; }
@test "never used, the grace period is over" { row orphaned goes "$unused 1m \(grace period 1m\)" after 60 1000 never_used; }
@test "both have exited, a second before the grace period is over" { row detached stays 'have exited; idle for only 59s' after 59 1000 orphan; }
@test "both have exited, the grace period is over" { row orphaned goes 'have exited; idle for 1m' after 60 1000 orphan; }
@test "the creator is running, the grace period is long over" { row detached stays "$creator_runs" after 500000 900000 alive; }
@test "the time is in the future" { row detached stays 'its latest time is in the future' after -1000 100000 orphan; }
@test "the time is before boot, a second before the grace period is over" { row detached stays 'idle for only 59s' after 500000 59 orphan; }
@test "the time is before boot, the grace period is over" { row orphaned goes 'idle for 1m' after 500000 60 orphan; }
@test "the time is before boot, the creator is running" { row detached stays "$creator_runs" after 500000 60 alive; }

@test "in another IPC namespace: not removed" { row - stays '' in_other_namespace "$make_and_end"; }
@test "in another IPC namespace, entered by -N: both have exited" { row orphaned goes "$unused" entered_with_N "$make_and_end"; }
@test "in another IPC namespace, entered by -N: the creator is running" { row detached stays "$creator_runs" entered_with_N "$make_and_live"; }
@test "creator and last user of an unseen pid namespace" { row detached stays "but its creator $unseen, and its last user $unseen" from_new_pid_namespace orphan; }
@test "creator of an unseen pid namespace, never used" { row detached stays "last used by  \(never used\).*but its creator $unseen" from_new_pid_namespace never_used; }
@test "the creator has exited, the last user is in a PID namespace that cannot be seen" { row detached stays "exited.*but its last user $unseen" made_inside_used_outside; }
@test "the creator is in a PID namespace that cannot be seen, the last user has exited" { row detached stays "exited.*but its creator $unseen" made_outside_used_inside; }
@test "in a PID namespace that is visible: the creator is running" { row detached stays "$creator_runs" of_lower_pid_namespace "$make_and_live"; }
@test "in a PID namespace that is visible: both have exited" { row orphaned goes "$both_gone" ended_in_lower_pid_namespace; }

@test "hidepid: the creator, of another user, is running" { row detached stays "created by  +process [0-9]+, running.*$creator_runs" under_hidepid alive; }
@test "hidepid: both were processes of another user, and have exited" { row orphaned goes "$both_gone" under_hidepid orphan; }
@test "given to another user, both have exited: removed by root" { row orphaned goes "owner  +nobody.*creator  +root.*$both_gone" changed_orphan -u nobody; }
@test "given to another user, both have exited: removed by that user" { row orphaned goes "$both_gone" by_new_owner orphan; }
@test "given to another user, the creator is running" { row detached stays "$creator_runs" by_new_owner alive; }

@test "kept by key" { row kept stays 'kept: not attached; its key is in the keep list; creator and last user have exited' with_keep_list '0x99\n' 644; }
@test "kept by creator, though given away" { row kept stays 'its creator is in the keep list' kept_by_creator; }
@test "kept, but for --ignore-keep" { row orphaned goes "$both_gone" with_keep_list '0x99\n' 644 --ignore-keep; }
@test "a keep list that others may write to" { row orphaned refused "$both_gone" with_keep_list '0x99\n' 666; }
@test "a malformed keep list" { row orphaned refused "$both_gone" with_keep_list '0x98\nno key\n' 644; }
@test "a keep list that cannot be read" { row orphaned refused "$both_gone" with_keep_list '' 644 --keep-file .; }
@test "a keep list that does not exist" { row orphaned refused "$both_gone" with_keep_list '' 644 --keep-file missing; }

again='started after the segment.s last use: the pid may have been reused'
@test "its pid belongs to a thread now" { row orphaned goes "$both_gone" pid_used_again 'creator and user' thread; }
@test "its pid belongs to a newer process now" { row detached stays "is running" pid_used_again 'creator and user' process; }
@test "--likely, and the newer process is not that much newer" { row detached stays "is running" likely pid_used_again 'creator and user' process; }
@test "--likely, ten minutes between, and after boot" { row detached stays "$again" likely pid_used_again 'creator and user' process 601 600; }
@test "--likely, more than ten minutes between, ten minutes after boot" { row detached stays "$again" likely pid_used_again 'creator and user' process 600 601; }
@test "--likely, more than ten minutes between, and after boot" {
	row detached goes 'the pid was probably reused.*but its pid was probably reused; orphaned for --likely' \
		likely pid_used_again 'creator and user' process 601 601
}
@test "--likely: the pid of the creator is reused, and the segment was never used" {
	row detached goes 'its creator \(process [0-9]+\) is running, but its pid was probably reused' \
		likely pid_used_again 'creator of an unused one' process 601 601
}
@test "--likely: the pid of the last user is reused, and the creator has exited" {
	row detached goes 'its last user \(process [0-9]+\) is running, but its pid was probably reused' likely pid_used_again user process 601 601
}
@test "--likely: the pid of the last user is reused, and the creator is running" {
	row detached stays 'its creator \(process 1\) is running, and its last user \(process [0-9]+\) is running, but its pid was probably reused$' \
		likely pid_used_again 'user of one whose creator lives' process 601 601
}
@test "without --likely, a segment with reused pids stays" { row detached stays 'orphaned for --likely' pid_used_again 'creator and user' process 601 601; }
@test "--likely, and the creator is running" { row detached stays "$creator_runs" likely after 5000 100000 alive; }
@test "--likely, and the creator may be running, in a PID namespace that cannot be seen" { row detached stays "$unseen" likely from_new_pid_namespace never_used; }

# columns: 5 is cpid, 6 lpid, 12 to 14 the times; 4194304 is beyond every pid
@test "a false list shows a creator that has exited: it is running, and nothing is removed" { row orphaned changed "$unused" lied_about alive 5 4194304; }
@test "a false list shows a last user that has exited: it is running, and nothing is removed" { row orphaned changed "$both_gone" lied_about last_user_alive 6 4194304; }
@test "a false list shows old times: they are new, and nothing is removed" { row orphaned changed "have exited; idle for" lied_about orphan 12 1 13 1 14 1; }

@test "shm_rmid_forced: the kernel removed it itself" { row - stays '' forced orphan; }
@test "shm_rmid_forced: the creator is running" { row detached stays "$creator_runs" forced alive; }
@test "shm_rmid_forced: attached, its creator has exited" { row attached stays 'attached: in use \(1 attachment\)' forced attached; }

# --- Between the list and the removal ---------------------------------------

# slot_used_again POINT USED MODE: while rm is stopped there, the segment is
# removed and another made, with the same id, key, size and owner.
slot_used_again()
{
	local point=$1 used=$2 mode=$3 before
	[[ -e /proc/sys/kernel/shm_next_id ]] || skip "the kernel has no shm_next_id"
	id=$("$used" 4096 600 0x55)
	stop_rm "$point" --orphaned --grace 0
	ipcrm -m "$id"
	echo "$id" >/proc/sys/kernel/shm_next_id
	assert_equal "$(make_live_segment 4096 "$mode" 0x55)" "$id"
	before=$(kernel_list)
	go_on
	assert_equal "$ended $output" '9 '
	assert_stderr_has "segment $id"
	assert_equal "$(kernel_list)" "$before"
}

@test "its slot is used again before it is checked again" { slot_used_again listed make_orphan 600; }
@test "the same, and neither was ever used" { slot_used_again listed make_segment 600; }
@test "given to another user while it is blocked: that user keeps it, with its mode" {
	need_root
	id=$(make_orphan 4096 640)
	stop_rm locked --orphaned --grace 0
	# by another program: set refuses mode 0 during a removal
	perl -e 'shmctl($ARGV[0], 1, pack "iLLLLL x88", 0, 65534, 65534, 0, 0, 0) // die "shmctl: $!"' "$id" # IPC_SET
	go_on
	assert_equal "$ended $output" '9 '
	assert_equal "$(segment_field "$id" perms) $(segment_field "$id" uid)" '640 65534'
}
