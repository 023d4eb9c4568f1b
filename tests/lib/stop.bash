# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Stops shmtool, or does something else, at a step that is named by the libc function
# that it calls there (load lib/stop, after lib/common). What a step may be is said in
# lib/preload/stop_at.c.
#
#   with_steps STEPS COMMAND...  runs COMMAND, in which shmtool does what STEPS say; COMMAND may
#                                begin with the word shmtool
#   stop_at STEPS COMMAND...     the same in the background, until it is stopped there; sets
#                                stopped_pid, the process that is stopped, and program_pid
#   stop_rm POINT ARGUMENT...    the same for shmtool rm, whose steps have names: see removal_steps
#   stop_again                   lets it go on, until it is stopped again
#   go_on                        lets it go on, and waits for its end; sets ended, output and stderr
#   steps_taken                  prints how many of the STEPS were taken

with_steps()
{
	local steps=$1 command=("${@:2}") patience=(timeout --kill-after 5 120)
	if [[ $2 == shmtool ]]; then
		refuse_everywhere "${@:3}"
		command=("$SHMTOOL" "${@:3}")
	fi
	: >"$BATS_TEST_TMPDIR/steps"
	chmod 666 "$BATS_TEST_TMPDIR/steps"
	# in the background it must have the pid that background recorded
	[[ -z ${in_background-} ]] || patience=()
	run_program "${patience[@]}" env LD_PRELOAD="$HELPERS/stop_at.so" STOP_AT="$steps" \
		STOP_FILE="$BATS_TEST_TMPDIR/steps" \
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" "${command[@]}"
}

steps_taken()
{
	wc -l <"$BATS_TEST_TMPDIR/steps"
}

# Its state is the first word after the name, which may hold blanks.
process_is_stopped()
{
	local stat
	IFS= read -r stat 2>/dev/null <"/proc/$1/stat" && [[ ${stat##*) } == T* ]]
}

is_stopped_or_ended()
{
	stopped_pid=$(sed -n "${stops}s/ .*//p" "$BATS_TEST_TMPDIR/steps")
	[[ $stopped_pid ]] && process_is_stopped "$stopped_pid" && return
	process_is_gone "$program_pid"
}

wait_for_stop()
{
	wait_until is_stopped_or_ended || return
	[[ $stopped_pid ]] && process_is_stopped "$stopped_pid" && return
	cat "$program_output" "$program_output.err" >&2
	fail "it did not come to that step"
}

stop_at()
{
	background with_steps "$@"
	program_pid=$background_pid
	program_output=$background_output
	stops=1
	wait_for_stop
}

stop_again()
{
	kill -CONT "$stopped_pid"
	stops=$((stops + 1))
	wait_for_stop
}

go_on()
{
	kill -CONT "$stopped_pid" 2>/dev/null || true
	wait_until process_is_gone "$stopped_pid" || return
	wait_for_status "$program_pid" || return
	# shellcheck disable=SC2034 # these two are for the test
	output=$(<"$program_output") stderr=$(<"$program_output.err")
}

# What the child of rm does with each segment that it removes
declare -gA removal_steps=(
	# after the list was read, before the segment is looked at again
	[listed]=child:shmctl:SHM_STAT_ANY
	# after that look
	[seen]=child:after:shmctl:SHM_STAT_ANY
	# after IPC_SET, which locks others out
	[locked]=child:after:shmctl:IPC_SET
	# when it has waited for those on their way in
	[settled]=child:after:syscall:SYS_membarrier
	# after the look that follows
	[looked]=child:shmctl:IPC_RMID
	[removed]=child:after:shmctl:IPC_RMID
)

stop_rm()
{
	stop_at "${removal_steps[$1]}" shmtool rm "${@:2}"
}
