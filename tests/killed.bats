#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# SIGKILL and SIGTERM at each step of what changes something: before each call of a libc
# function that lib/preload/stop_at.c knows, in the program and in its child.
# What is left behind is whole.

bats_require_minimum_version 1.5.0
load lib/common
load lib/stop
load lib/after-failure

# bats file_tags=long

KEY=0x4d2

setup()
{
	common_setup
	head -c 8192 /dev/urandom >content
	echo hello >other
	program_can_stop || skip 'nothing can be preloaded into the program here'
	export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
}

broken()
{
	printf '%s, %s of %s: status %s: %s: %s\n' "$*" "$fault" "$call" "$code" "$(<out)" "$(<err)" >&2
	bad=1
}

# What holds for every command, given who gets the signal
check_end()
{
	case $1:$fault in
	parent:signal=SIGKILL) ((code == 137)) || broken 'not killed' ;;
	# what was sent to the child alone may come too late
	child:signal=SIGKILL) [[ $code != 0 && -s err ]] || broken 'not reported' ;;
	parent:*) ((code == 143)) || broken 'not ended by the signal' ;;
	esac
	no_mode_is_0 || [[ $1:$fault == parent:signal=SIGKILL ]] || broken 'left with mode 0'
}

worker_is_done()
{
	awk 'NR > 1 && $7 { exit 1 }' /proc/sysvipc/shm && no_mode_is_0
}

# try_steps PREPARE CHECK ARGUMENT...
try_steps()
{
	local prepare=$1 check=$2 who name fault call code number bad=0 steps=0
	shift 2
	export STOP_FILE=steps
	for who in parent child; do
		for name in KILL TERM; do
			fault=signal=SIG$name
			for ((number = 1; ; number++)); do
				"$prepare"
				: >steps
				code=0
				# bash itself reports one that was killed
				{
					STOP_AT="run:$who:*::$number" STOP_RUN="kill -$name \$PPID" LD_PRELOAD=$HELPERS/stop_at.so \
						"$SHMTOOL" "$@" >out 2>err </dev/null || code=$?
				} 2>/dev/null
				call=$who:$(<steps)
				[[ $call != "$who:" ]] || break
				wait_until worker_is_done
				check_end "$who"
				"$check"
				rm -f .shmtool.*
				steps=$((steps + 1))
			done
		done
	done
	((steps > 5)) || fail "$steps steps"
	return "$bad"
}

@test "write -f: a signal at any step" {
	try_steps prepare written write "$KEY" -f other
}

# Killed, it may leave a segment: for its user alone, or finished
created_for_its_user()
{
	local id
	created
	id=$(awk 'NR > 1 { print $2 }' /proc/sysvipc/shm)
	[[ -z $id ]] || mode_is "$id" 600 || has_content "$id" || broken 'unfinished, and for others'
}

@test "create -f: a signal at any step leaves no segment, or with SIGKILL none that others may use" {
	try_steps nothing created_for_its_user create -k 99 -p 640 -f content
}

@test "read -f: a signal at any step leaves the old file or the new one" {
	try_steps prepare saved read "$KEY" -f file
}

@test "set: a signal at any step" {
	try_steps prepare was_set set -p 640 "$KEY"
}

# What was removed is known, unless the program itself was killed
removed_and_reported()
{
	gone_or_unharmed
	segment_exists "$id" || ((code == 0 || code == 137)) || grep -qw "$id" out err ||
		broken 'removed, and not reported'
}

@test "rm by name: a signal at any step, and what was removed is reported" {
	try_steps prepare removed_and_reported rm "$KEY"
}

@test "rm -M: a signal at any step, and what was removed is reported" {
	try_steps prepare removed_and_reported rm -M "$KEY"
}

@test "rm by filter: a signal at any step, and what was removed is reported" {
	try_steps prepare removed_and_reported rm --orphaned --grace 0 --ignore-keep
}
