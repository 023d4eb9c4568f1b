# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# BATS_TEST_TIMEOUT, in place of two functions of bats. Its countdown is a shell and a
# sleep. If a test ends before that shell waits for its sleep, as one that is skipped may
# on a busy machine, the signal to end is lost, and bats waits until the time is over.
# This one is a single process, and ends by SIGKILL, at any point.

bats_start_timeout_countdown()
{
	# shellcheck disable=SC2064 # the test's process, not that of the trap
	trap "bats_timeout_trap $$" ABRT
	perl -e '
		my ($seconds, $test) = @ARGV;
		sleep $seconds;
		# a shell that waits for a process runs its trap afterwards
		kill ABRT => $test and exec "pkill", "-P", $test' \
		"$1" $$ </dev/null >/dev/null 2>&1 3>&- 4>&- &
	countdown_pid=$!
	# so that bash does not report how it ended
	disown $!
}

# Some versions of bats pass the process as an argument, others do not.
bats_abort_timeout_countdown()
{
	kill -KILL "$countdown_pid" 2>/dev/null || true
}
