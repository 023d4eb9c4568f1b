#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a process inherits: limits, closed descriptors, ignored and blocked signals, an
# odd environment. Every command in each: it does its work, or reports that it
# could not, and leaves nothing half done.

bats_require_minimum_version 1.5.0
load lib/common
load lib/stop
load lib/after-failure

# bats file_tags=long

export KEY=0x4d2

# What is prepared and what must hold afterwards (lib/after-failure), and the command
commands=(
	"nothing created create -k 99 -p 640 -f content"
	"nothing created create -k 99 -p 640 -s 8192 -f -"
	"prepare unharmed attach $KEY -- sleep 0.01"
	"prepare unharmed attach --hold 1ms $KEY"
	"prepare dumped read $KEY"
	"prepare saved read $KEY -f file"
	"prepare written write $KEY -t hello"
	"prepare written write $KEY -f other"
	"prepare unharmed write $KEY"
	"prepare printed stat $KEY --holders"
	"prepare printed ls"
	"prepare printed ls -J -o id,holders,ccomm"
	"prepare unharmed ls -l -J"
	"prepare was_set set -p 640 $KEY"
	"prepare removed_by_name rm $KEY"
	"prepare removed_by_name rm -M $KEY"
	"prepare removed_by_name rm --orphaned --grace 0 --ignore-keep"
)

setup()
{
	common_setup
	head -c 8192 /dev/urandom >content
	echo hello >other
	bad=0
	# shellcheck disable=SC2034 # for lib/after-failure
	fault='' call=''
	export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
}

broken()
{
	printf '%s %.30s, shmtool %s: status %s: %s: %s\n' "$where" "${through[*]: -1}" "${words[*]}" "$code" "$*" "$(head -c 300 err)" >&2
	bad=1
}

# all_commands WHERE [MUST]: every command after the shell commands WHERE, with the words in the
# array through in front. With MUST none may fail, and all say nothing on stderr.
all_commands()
{
	local where=$1 must=${2-} line words prepare check code
	for line in "${commands[@]}"; do
		read -ra words <<<"$line"
		prepare=${words[0]} check=${words[1]} words=("${words[@]:2}")
		"$prepare"
		code=0
		# stderr through a pipe: RLIMIT_FSIZE bounds files
		err=$(
			exec 2>&1 >out <content 3>&- 4>&- 5>&- 6>&-
			eval "$where"
			exec "${through[@]}" "$SHMTOOL" "${words[@]}"
		) || code=$?
		[[ $where != *'2>&-'* ]] || err='none can be written'
		printf '%s' "$err" >err
		[[ $code == [0-9] || $code == 12[5-7] && ${words[0]} == attach ]] || broken 'no documented status'
		[[ $must || $code == 0 || $err ]] || broken 'says nothing'
		[[ ! $must || $code$err == 0 ]] || broken 'fails'
		"$check"
		no_mode_is_0 || broken 'left with mode 0'
	done
}

@test "limits: a failure is reported, and leaves nothing half done" {
	local limit through=()
	! grep -q __asan_init "$SHMTOOL" || skip 'the sanitizer needs files and processes of its own'
	for limit in 'ulimit -n 3; exec <&-' 'ulimit -n 4; exec <&-' 'ulimit -n 4' 'ulimit -n 5' 'ulimit -n 6' \
		'ulimit -n 8' 'ulimit -f 0' 'ulimit -f 1' 'ulimit -t 1' 'ulimit -c 0; ulimit -l 0; ulimit -i 0; ulimit -q 0'; do
		all_commands "$limit"
	done
	# no process but this one
	program_can_stop || return "$bad"
	export STOP_AT=fail:fork::1+ STOP_ERROR=EAGAIN
	# shellcheck disable=SC2016 # for eval
	all_commands 'export LD_PRELOAD=$HELPERS/stop_at.so'
	((!bad))
}

@test "little address space: a failure is reported, and leaves nothing half done" {
	need_plain_memory
	local size through=(env --)
	# with less the loader finds no place for the program
	for size in 5200 5600 6000 6500 7000 8000 10000 12000 16000 32000; do
		"$SHMTOOL" --version >/dev/null
		(ulimit -v "$size" && exec "$SHMTOOL" --version) >/dev/null 2>&1 || continue
		all_commands "ulimit -v $size"
	done
	((!bad))
}

@test "closed standard descriptors: a failure is reported, and leaves nothing half done" {
	local close through=()
	for close in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
		all_commands "exec $close"
	done
	((!bad))
}

@test "ignored and blocked signals change nothing" {
	local name through=()
	for name in TERM INT HUP QUIT ALRM CHLD PIPE XFSZ USR1; do
		all_commands "trap '' $name" must
		# shellcheck disable=SC2016 # perl's own
		through=(perl -MPOSIX -e 'sigprocmask(SIG_BLOCK, POSIX::SigSet->new(eval "SIG" . shift)); exec @ARGV' "$name")
		all_commands : must
		through=()
	done
	((!bad))
}

@test "an odd environment changes nothing" {
	local long assignment through=()
	long=$(printf '%131000s' '' | tr ' ' x)
	mkfifo fifo
	for assignment in COLUMNS=-1 COLUMNS=0 COLUMNS=99999999999999999999 COLUMNS="$long" TZ="$long" LANG="$long" \
		LC_ALL="$long" LANGUAGE="$long" HOME=fifo HOME="$long" HOME=/dev/null XDG_RUNTIME_DIR=fifo TERM="$long" \
		MALLOC_PERTURB_=165 MALLOC_ARENA_MAX=0 POSIXLY_CORRECT=1 PATH=; do
		# attach finds sleep by it
		[[ $assignment != PATH= ]] || assignment=PATH=$(dirname "$(command -v sleep)")
		through=(env "$assignment")
		all_commands : must
	done
	((!bad))
}

@test "a clock that is set while a command runs changes nothing" {
	local seconds through=()
	program_can_stop || skip 'nothing can be preloaded into the program here'
	for seconds in 100000000 -100000000 9000000000000 -9000000000000; do
		through=(env LD_PRELOAD="$HELPERS/clock.so" STEP_REALTIME="$seconds")
		all_commands : must
	done
	((!bad))
}
