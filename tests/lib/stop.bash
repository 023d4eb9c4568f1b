# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Stops shmtool, or does something else, at a step that is named by the libc function
# that it calls there (load lib/stop, after lib/common). lib/preload/stop_at.c describes
# steps.
#
#   with_steps STEPS COMMAND...  runs COMMAND, in which shmtool does what STEPS say
#   stop_at STEPS COMMAND...     the same in the background, until it is stopped there; sets
#                                stopped_pid, the process that is stopped, and program_pid
#   stop_rm POINT ARGUMENT...    the same for shmtool rm, whose steps have names: see removal_steps
#   stop_again                   lets it go on, until it is stopped again
#   go_on                        lets it go on, and waits for its end; sets ended, output and stderr
#   steps_taken                  prints how many of the STEPS were taken

with_steps()
{
	local -x STOP_AT=$1 STOP_FILE=$BATS_TEST_TMPDIR/steps LD_PRELOAD=$HELPERS/stop_at.so
	local -x ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
	shift

	: >"$STOP_FILE"
	chmod 666 "$STOP_FILE"
	if [[ $(type -t "$1") == function ]]; then
		"$@"
	else
		run_program "$@"
	fi
}

steps_taken()
{
	wc -l <"$BATS_TEST_TMPDIR/steps"
}

is_stopped_or_ended()
{
	stopped_pid=$(sed -n "${stops}s/ .*//p" "$BATS_TEST_TMPDIR/steps")
	[[ $stopped_pid ]] || process_is_gone "$program_pid"
}

wait_for_stop()
{
	wait_until is_stopped_or_ended || return
	[[ ! $stopped_pid ]] || return 0
	cat "$program_output" "$program_output.err" >&2
	program_can_stop || skip 'nothing can be preloaded into the program here'
	fail "it did not come to that step"
}

# Into a program for another machine, or with another C library, nothing is preloaded.
program_can_stop()
{
	local result=0
	with_steps no-such-function "$SHMTOOL" --version >/dev/null 2>&1 || result=$?
	((result == 127))
}

stop_at()
{
	# the last one's steps must not be taken for this one's
	: >"$BATS_TEST_TMPDIR/steps"
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
	# when its own child has waited for those on their way in
	[settled]=child:after:waitpid
	# after the look that follows
	[looked]=child:shmctl:IPC_RMID
	[removed]=child:after:shmctl:IPC_RMID
)

stop_rm()
{
	stop_at "${removal_steps[$1]}" shmtool rm "${@:2}"
}
