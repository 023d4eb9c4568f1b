# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Stops rm in the middle of a removal (load lib/stop, behind lib/common).

# strace stops the child of rm that removes (SIGSTOP, which nothing blocks) right
# after a system call of the removal, so that a test can do something there.
traced()
{
	run_program env ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" strace -f -o trace "$@"
}

# How many calls the child makes before the one that locks the segment out
calls_before_lock_out()
{
	awk '/IPC_SET/ { print calls[$1] + 0; exit } { calls[$1]++ }' trace
}

# stop_rm POINT ARGUMENT...: starts rm and stops its child
#   listed   after the list was read, before the segment is looked at again
#   seen     after that look, before IPC_SET, which locks others out
#   locked   after IPC_SET
#   settled  when it has waited for those on their way in
#   looked   after the look that follows, before IPC_RMID
#   removed  after IPC_RMID
stop_rm()
{
	local point=$1 probe=0x7777 call=shmctl when
	shift

	# which of its calls that is shows a removal of another, in the same way
	make_orphan 4096 600 0x7777 >/dev/null
	[[ $1 != --orphaned ]] || probe=--key=0x7777
	traced -e trace=shmctl "$SHMTOOL" rm -q "$probe"
	when=$(calls_before_lock_out)
	case $point in
	# its first call, that its parent does not make
	listed) call=prctl when=1 ;;
	seen) ;;
	locked) when=$((when + 1)) ;;
	settled) call=membarrier when=1 ;;
	looked) when=$((when + 2)) ;;
	removed) when=$((when + 3)) ;;
	esac
	rm trace
	background traced -e trace=shmctl,prctl,membarrier,nanosleep,clock_nanosleep \
		-e "inject=$call:signal=SIGSTOP:when=$when" "$SHMTOOL" rm "$@"
	is_stopped
}

# Sets the process ids of rm and of its child, which is stopped.
is_stopped()
{
	tracer=$background_pid
	tracer_output=$background_output
	wait_until grep -sq 'stopped by SIGSTOP' trace || return
	rm_pid=$(pgrep -P "$tracer")
	stopped_pid=$(pgrep -P "$rm_pid")
}

is_stopped_again()
{
	(($(grep -c 'stopped by SIGSTOP' trace) == 2))
}

# (It may be gone; and who mends what it left is stopped at the same call.)
goes_on_to_the_end()
{
	kill -CONT "$stopped_pid" "$rm_pid" 2>/dev/null || true
	process_is_gone "$tracer"
}

go_on()
{
	wait_until goes_on_to_the_end || return
	# shellcheck disable=SC2034 # these three are for the test
	{
		ended=0
		wait "$tracer" || ended=$?
		output=$(<"$tracer_output")
		stderr=$(<"$tracer_output.err")
	}
}
