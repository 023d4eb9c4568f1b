# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Stops rm in the middle of a removal (load lib/stop, behind lib/common).

# strace stops rm (SIGSTOP, which nothing blocks) right after a system call of
# the removal, so that a test can do something there.
traced()
{
	run_program env ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" strace -o trace "$@"
}

# stop_rm POINT ARGUMENT...: starts rm and stops it
#   listed   after the list was read, before the segment is looked at again
#   seen     after that look, before IPC_SET, which locks others out
#   locked   after IPC_SET
#   looked   after the look that follows, before IPC_RMID
#
# stop_also=CALL stop_rm ... stops it also at the first of these system calls
stop_rm()
{
	local point=$1 probe=0x7777 call=shmctl set_at when
	shift

	# which of its calls that is shows a removal of another, in the same way
	make_orphan 4096 600 0x7777 >/dev/null
	[[ $1 != --orphaned ]] || probe=--key=0x7777
	traced -e trace=shmctl,rt_sigprocmask "$SHMTOOL" rm -q "$probe"
	set_at=$(grep -n IPC_SET trace | head -n 1 | cut -d: -f1)
	[[ $point != listed ]] || call=rt_sigprocmask
	when=$(head -n "$set_at" trace | grep -c "^$call")
	[[ $point != looked ]] || when=$((when + 1))
	[[ $point != seen ]] || when=$((when - 1))
	rm trace
	background traced -e "trace=shmctl,rt_sigprocmask${stop_also:+,$stop_also}" \
		-e "inject=$call:signal=SIGSTOP:when=$when" \
		${stop_also:+-e "inject=$stop_also:signal=SIGSTOP:when=1"} "$SHMTOOL" rm "$@"
	is_stopped
}

is_stopped()
{
	tracer=$background_pid
	tracer_output=$background_output
	wait_until grep -sq 'stopped by SIGSTOP' trace || return
	rm_pid=$(pgrep -P "$tracer")
}

go_on()
{
	kill -CONT "$rm_pid"
	wait_until process_is_gone "$tracer" || return
	# shellcheck disable=SC2034 # these three are for the test
	{
		ended=0
		wait "$tracer" || ended=$?
		output=$(<"$tracer_output")
		stderr=$(<"$tracer_output.err")
	}
}

