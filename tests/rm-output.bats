#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rm: output that cannot be written, or that no process reads.

bats_require_minimum_version 1.5.0
load lib/common
load lib/removal
load lib/stop

setup()
{
	removal_setup
}

@test "stdout full: rm stops at the first segment that it cannot report, exit 7" {
	make_orphan
	make_orphan
	make_orphan
	run --separate-stderr bash -c "'$SHMTOOL' rm --all >/dev/full"
	assert_stderr_matches 'already removed \(or marked for removal\): [0-9]+'
	expect_status 7
	assert_stderr_has "No space left"
	assert_equal "$(segment_count)" 2
	run --separate-stderr bash -c "'$SHMTOOL' rm --all >&-"
	expect_status 7
	assert_equal "$(segment_count)" 1
	run --separate-stderr bash -c "'$SHMTOOL' rm --all -J >/dev/full"
	expect_status 7
}

@test "stdout without reader: SIGPIPE, what was removed is reported, and the rest is not removed" {
	local first
	orphans_as_listed 3
	first=${ids[0]}
	mkfifo broken
	# shellcheck disable=SC2094
	exec 5<>broken 6>broken 5<&-
	run --separate-stderr bash -c "'$SHMTOOL' rm --all >&6"
	expect_status 141
	assert_stderr_is "shmtool rm: already removed (or marked for removal): $first"
	assert_equal "$(segment_count)" 2
	assert_equal "$(awk 'NR > 1 { print $3 }' /proc/sysvipc/shm | sort -u)" 600
}

# rm whose lines no process reads: the pipe is full. For its errors, see unread_errors.
unread()
{
	shmtool "$@" >unread
}

unread_errors()
{
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 run_program "$@" 2>unread >told
}

# A fifo that takes no more, held open on descriptor 9
fill_fifo()
{
	[[ -p unread ]] || mkfifo unread
	exec 9<>unread
	perl -MFcntl -e 'fcntl STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK; 1 while syswrite STDOUT, "x" x 4096' >&9
}

@test "SIGTERM while no process reads its lines: rm ends, and the rest is not removed" {
	local id
	for _ in {1..5}; do
		id=$(make_orphan)
	done
	fill_fifo
	background unread rm --orphaned --grace 0
	wait_until count_is 4
	kill -TERM "$background_pid"
	wait_until process_is_gone "$background_pid"
	exec 9>&-
	segment_exists "$id"
	assert_equal "$(segment_count)" 4
}

@test "SIGTERM while no process reads its errors: rm ends, and what was removed is reported" {
	local held alone
	held=$(make_segment)
	hold_segment "$held"
	# also if no child can be created
	for alone in '' 1; do
		[[ ! $alone ]] || need_root
		perl -e 'shmget(0, 4096, 01600) // die "shmget: $!" for 1 .. 100'
		awk -v held="$held" 'NR > 1 && $2 != held { print "removed " $2 }' /proc/sysvipc/shm >ids
		fill_fifo
		# -v reports skipped segments on stderr
		# shellcheck disable=SC2086 # words, or none
		background unread_errors ${alone:+unshare --pid} "$SHMTOOL" rm --all -v
		wait_until count_is 100
		kill -TERM "$background_pid"
		wait_for_status "$background_pid"
		assert_equal "$ended" 143
		exec 9>&-
		segment_exists "$held"
		awk 'NR > 1 { print "removed " $2 }' /proc/sysvipc/shm | sort - ids | uniq -u | grep -v " $held$" >gone
		cut -d' ' -f1,2 told | cmp - gone
		end_process "$holder_pid"
		ipcrm --all=shm
		held=$(make_segment)
		hold_segment "$held"
	done
}

@test "errors that are read late: rm waits, and continues" {
	local held
	make_orphan
	held=$(make_segment)
	hold_segment "$held"
	make_orphan
	fill_fifo
	background unread_errors "$SHMTOOL" rm --all -v
	wait_until count_is 1
	cat unread >said &
	wait_until process_is_gone "$background_pid"
	wait_until file_has said "segment $held \\(no key\\) skipped: attached"
	kill $!
	exec 9>&-
	assert_equal "$(grep -c '^removed' told)" 2
	grep -q '^total 2 segments' told
}

@test "-m whose line cannot be written: exit 7, and what was removed is reported" {
	id=$(make_segment)
	other=$(make_segment)
	# shellcheck disable=SC2016
	run --separate-stderr bash -c '"$0" rm -v -m "$1" -m "$2" >/dev/full' "$SHMTOOL" "$id" "$other"
	expect_status 7
	assert_stderr_is "shmtool rm: already removed (or marked for removal): $id
shmtool rm: cannot write the output: No space left on device"
	assert_gone "$id"
	assert_there "$other"
}

@test "-m whose line no process reads, and SIGTERM: what was removed is reported" {
	id=$(make_segment)
	other=$(make_segment)
	fill_fifo
	unread_line()
	{
		shmtool rm -v -m "$id" -m "$other" >unread
	}
	background unread_line
	wait_until count_is 1
	kill -TERM "$background_pid"
	wait_for_status "$background_pid"
	assert_equal "$ended" 143
	exec 9>&-
	assert_equal "$(<"$background_errors")" "shmtool rm: already removed (or marked for removal): $id"
	assert_there "$other"
}

@test "SIGTERM after many were removed by name: each is reported" {
	mapfile -t ids < <(perl -e 'print 0 + shmget(0, 4096, 01600), "\n" for 1 .. 2000')
	stop_at child:after:shmctl:IPC_RMID:1500 shmtool rm "${ids[@]}"
	kill -TERM "$program_pid"
	go_on
	assert_equal "$ended" 143
	(($(segment_count) < 501))
	sed -n 's/^shmtool rm: already removed (or marked for removal): //p' <<<"$stderr" | tr ' ' '\n' | sort >all
	printf '%s\n' "${ids[@]}" | sort | comm -23 - <(awk 'NR > 1 { print $2 }' /proc/sysvipc/shm | sort) | cmp - all
}

# More lines than a pipe holds, and no process reads them.
@test "SIGTERM after many were removed, and no process reads: each has a line or is reported" {
	local signal
	local alone=()
	for signal in TERM PIPE ALONE; do
		# if no child can be created
		if [[ $signal == ALONE ]]; then
			need_root
			alone=(env ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" unshare --pid)
		fi
		perl -e 'shmget(0, 4096, 01600) // die "shmget: $!" for 1 .. 3000'
		awk 'NR > 1 { print $2 }' /proc/sysvipc/shm | sort >ids
		rm -f unread
		mkfifo unread
		exec 9<>unread
		unread_told()
		{
			run_program "${alone[@]}" "$SHMTOOL" rm --orphaned --grace 0 >unread 2>told 9<&-
		}
		background unread_told
		wait_until count_is 0
		if [[ $signal != PIPE ]]; then
			kill -TERM "$background_pid"
			wait_for_status "$background_pid"
			assert_equal "$ended" 143
			perl -MFcntl -e 'fcntl STDIN, F_SETFL, O_NONBLOCK; print while <STDIN>' <&9 >lines
			exec 9<&-
		else
			head -n 100 <&9 >lines
			exec 9<&-
			wait_until process_is_gone "$background_pid"
		fi
		run cat told
		assert_output_has 'already removed (or marked for removal): '
		# head took more than it printed
		{
			sed -n 's/^removed \([0-9]*\) key.*/\1/p' lines
			sed -n 's/^shmtool rm: already removed (or marked for removal): //p' told | tr ' ' '\n'
		} | sort >all
		if [[ $signal != PIPE ]]; then
			cmp all ids
		else
			assert_equal "$(comm -13 ids all)" ''
			(($(wc -l <all) > 1500))
		fi
	done
}

@test "SIGTERM after many were removed, and no process reads lines or errors: rm ends" {
	perl -e 'shmget(0, 4096, 01600) // die "shmget: $!" for 1 .. 3000'
	fill_fifo
	unread_both()
	{
		shmtool rm --orphaned --grace 0 >both 2>unread
	}
	mkfifo both
	exec 8<>both
	background unread_both
	wait_until count_is 0
	kill -TERM "$background_pid"
	wait_until process_is_gone "$background_pid"
	exec 8<&- 9<&-
}

@test "no child can be created, and stdout has no reader: what was removed is reported" {
	local first
	orphans_as_listed 2
	first=${ids[0]}
	mkfifo broken
	# shellcheck disable=SC2094
	exec 5<>broken 6>broken 5<&-
	export STOP_ERROR=EAGAIN
	# shellcheck disable=SC2016
	run --separate-stderr with_steps fail:fork::1+ bash -c '"$0" rm --all >&6' "$SHMTOOL"
	expect_status 141
	assert_stderr_is "shmtool rm: already removed (or marked for removal): $first"
	assert_equal "$(segment_count)" 1
}

# A command line in a terminal whose other side is not read, which takes less than poll(2)
# promises. Its pid is in the file pid. Before it, what makes another user of it.
in_unread_terminal()
{
	rm -f pid go
	mkfifo -m 666 go
	background "${@:2}" script -qfc "echo \$\$ >pid; read -r _ <go; exec $1" screen
	wait_until test -s pid
	kill -STOP "$background_pid"
	echo >go
}

# One signal, as a supervisor sends it, and then waits
ends_in_terminal()
{
	kill -TERM "$(<pid)"
	wait_until process_is_gone "$(<pid)"
	kill -CONT "$background_pid"
	wait_until process_is_gone "$background_pid"
}

@test "SIGTERM while a terminal is stopped: rm ends, and reports the rest" {
	perl -e 'shmget(0, 4096, 01600) // die "shmget: $!" for 1 .. 3000'
	in_unread_terminal "'$SHMTOOL' rm --orphaned --grace 0 2>told"
	wait_until count_is 0
	ends_in_terminal
	grep -q 'already removed (or marked for removal): ' told
}

# Whether that process waits in write(2) for its descriptor 2: a call with that number
# first and no address third.
waits_for_stderr()
{
	awk '{ exit !($2 == "0x2" && $4 != "0x0" && length($4) < 7) }' "/proc/$1/syscall"
}

@test "SIGTERM while a terminal with the errors is stopped: rm ends" {
	need_root
	local errors
	# segments that are skipped, and those that cannot be removed
	perl -e 'shmget($_, 4096, 01640) // die "shmget: $!" for 1 .. 1000'
	keep_lists
	seq 1000 | sed s,^,key:, >"$lists/keep"
	chmod 777 .
	for errors in "--keep-file $lists/keep -v" "--ignore-keep -v"; do
		rm -f told screen
		in_unread_terminal "'$SHMTOOL' rm --all $errors >told" setpriv --reuid 65534 --clear-groups
		wait_until waits_for_stderr "$(<pid)"
		ends_in_terminal
	done
}

# More ids than a stopped terminal accepts
@test "SIGTERM while a terminal is stopped within the list of removed ids: rm ends" {
	need_root
	local alone
	seek_no_leaks
	set_limit shmmni 32768
	mkfifo unread
	for alone in '' 'unshare --pid'; do
		perl -e 'shmget(0, 4096, 01640) // die "shmget: $!" for 1 .. 12000'
		exec 9<>unread
		in_unread_terminal "$alone '$SHMTOOL' rm --all >unread"
		wait_until count_is 0
		ends_in_terminal
		exec 9>&-
	done
}

@test "stderr without reader: rm continues" {
	local held
	held=$(make_segment)
	hold_segment "$held"
	perl -e 'shmget(0, 4096, 01600) // die "shmget: $!" for 1 .. 3000'
	# shellcheck disable=SC2016
	run bash -c 'exec 5> >(exit); wait $!; exec "$0" rm -v --all 2>&5' "$SHMTOOL"
	expect_status 0
	assert_equal "$(grep -c '^removed' <<<"$output")" 3000
	assert_equal "$(segment_count)" 1
}

@test "SIGTERM to init of a container while no process reads: it reports what was removed, and ends" {
	need_root
	local limit
	seek_no_leaks
	# with a child, and without
	for limit in '' 'prlimit --nproc=1'; do
		fill_fifo
		init()
		{
			# shellcheck disable=SC2086 # a command, or none
			exec unshare --pid --fork \
				setpriv --reuid 65534 --clear-groups $limit "$SHMTOOL" rm --all --ignore-keep >unread
		}
		users_orphan
		background init
		wait_until count_is 0
		kill -TERM "$(pgrep -P "$background_pid")"
		wait_for_status "$background_pid"
		assert_equal "$ended" 143
		exec 9>&-
		assert_equal "$(<"$background_errors")" "shmtool rm: already removed (or marked for removal): $id"
	done
}
