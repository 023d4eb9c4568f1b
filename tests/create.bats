#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0
load lib/common
load lib/stop
load lib/reuse

# What ipcs says of a segment: ipcs_says ID WORD (bytes, mode, uid, key ...).
ipcs_says()
{
	ipcs -m -i "$1" | grep -oE "\b$2=[0-9]+" | cut -d= -f2
}

assert_none_left()
{
	assert_equal "$(segment_count)" "${1-0}"
}

the_id()
{
	awk 'NR == 2 { print $2 }' /proc/sysvipc/shm
}

# wait_for_status PID: its exit status in ended
# A pipe whose reader has exited, as descriptor 6.
broken_pipe()
{
	mkfifo broken
	# shellcheck disable=SC2094
	exec 5<>broken 6>broken 5<&-
}

# --- Size, mode, owner ------------------------------------------------------

@test "create prints the id and nothing else" {
	try create -s 4096
	expect_status 0
	assert_output_is "$(the_id)"
	assert_stderr_is ""
	assert_equal "$(ipcs_says "$output" bytes)" 4096
	assert_equal "$(ipcs_says "$output" mode)" 0600
	assert_equal "$(ipcs_says "$output" uid)" 0
	assert_equal "$(ipcs_says "$output" nattch)" 0
}

@test "ipcs shows the same sizes" {
	local pair
	for pair in 1=1 4097=4097 0x10=16 1K=1024 1KB=1000 3KiB=3072 2M=2097152 2MiB=2097152 1MB=1000000; do
		try create -s "${pair%=*}"
		expect_status 0
		assert_equal "$(ipcs_says "$output" bytes)" "${pair#*=}"
	done
	try create --size=5
	assert_equal "$(ipcs_says "$output" bytes)" 5
}

@test "sizes above 4 GiB" {
	try create -s 5G --no-reserve
	expect_status 0
	assert_equal "$(ipcs_says "$output" bytes)" 5368709120
}

@test "ipcs shows the same modes" {
	local mode
	for mode in 0 000 0600 640 0777 444 0200; do
		try create -s 1 -p "$mode"
		expect_status 0
		assert_equal "$(ipcs_says "$output" mode)" "$(printf '%#o' "$((8#$mode))")"
	done
}

@test "the umask does not matter" {
	umask 077
	try create -s 1 -p 0666
	assert_equal "$(segment_field "$output" perms)" 666
	umask 0
	try create -s 1
	assert_equal "$(segment_field "$output" perms)" 600
}

@test "invalid sizes, modes, keys, users and operands are usage errors, and nothing is created" {
	local arguments
	for arguments in "-s 0" "-s -1" "-s 1x" "-s 1KiBs" "-s +1" "-s 1.5M" "-s 0x" \
		"-s 18446744073709551616" "-s 99999999T" "-s 1 -p 01000" "-s 1 -p 8" "-s 1 -p u=r" \
		"-s 1 -p -1" "-s 1 -k 0x" "-s 1 -k 4294967296" "-s 1 -k -2147483649" "-s 1 -k 12a" \
		"-s 1 -k foo" "-s 1 -k ftok:1" \
		"-s 1 -k ftok:ab:/" "-s 1 -u nobody-of-that-name" "-s 1 -g nobody-of-that-name" \
		"-s 1 -u 4294967295" "-s 1 -u 4294967296" "-s 1 -u -1" "-s 1 -g +4294967295" \
		"-s 1 7" "-s 1 --huge-size 3M" "-s 1 --huge-size 1" "-s 1 --format %{nothing}" \
		"-s 1 --reuse" "-s 1 --reuse -k private" "-s 1 --reuse -k auto" "-k 5" "" \
		"-s" "-s 1 --bogus" "-s 1 --lock=1"; do
		# shellcheck disable=SC2086 # several words
		try create $arguments
		expect_status 2
		assert_output_is ""
		[[ $stderr == "shmtool create: "* ]]
		assert_none_left
	done
	for arguments in -s -p -k -u -g -f --format; do
		try create -s 1 "$arguments" ""
		[[ $arguments == --format ]] || expect_status 2
	done
}

@test "size 0 is reported as too small" {
	try create -s 0
	expect_status 2
	assert_stderr_is "shmtool create: --size: a segment must have at least one byte"
	assert_none_left
}

@test "everything is checked before anything is done" {
	try create -s 1 -k 0x77 -u nobody-of-that-name
	expect_status 2
	assert_stderr_has nobody-of-that-name
	assert_none_left
}

@test "-u and -g: owner and group, by name and number" {
	need_root
	try create -s 1 -u nobody -g daemon
	expect_status 0
	assert_equal "$(ipcs_says "$output" uid) $(ipcs_says "$output" gid)" \
		"$(id -u nobody) $(getent group daemon | cut -d: -f3)"
	assert_equal "$(ipcs_says "$output" cuid) $(ipcs_says "$output" cgid)" "0 0"
	assert_equal "$(ipcs_says "$output" mode)" 0600
	try create -s 1 -u +12345 -g 54321 -p 640
	expect_status 0
	assert_equal "$(ipcs_says "$output" uid) $(ipcs_says "$output" gid)" "12345 54321"
	assert_equal "$(ipcs_says "$output" mode)" 0640
	try create -s 1 -u 4294967294
	assert_equal "$(segment_field "$output" uid)" 4294967294
}

@test "an ordinary user can create a segment, and give it to another user" {
	need_root
	try_as_user create -s 4096 -p 0400
	expect_status 0
	assert_equal "$(segment_field "$output" uid)" 65534
	assert_equal "$(segment_field "$output" perms)" 400
	try_as_user create -s 1 -u daemon
	expect_status 0
	assert_equal "$(segment_field "$output" uid) $(segment_field "$output" cuid)" "1 65534"
}

# --- Keys -------------------------------------------------------------------

@test "the key is private by default" {
	local arguments
	for arguments in "" "-k private" "-k 0"; do
		# shellcheck disable=SC2086
		try create -s 1 $arguments
		expect_status 0
		assert_equal "$(segment_field "$output" key)" 0
	done
	assert_none_left 3
}

@test "numbers as keys, in every base and sign" {
	local pair
	for pair in 1234=1234 0x4d3=1235 02324=1236 -7=-7 4294967295=-1 0x80000000=-2147483648 \
		18446744073709551000=-616 0xfffffffffffffff0=-16 key:99=99; do
		try create -s 1 -k "${pair%=*}"
		expect_status 0
		assert_equal "$(segment_field "$output" key)" "${pair#*=}"
	done
}

@test "-k auto uses keys that are not in use" {
	for ((made = 0; made < 3; made++)); do
		try create -s 1 -k auto
		expect_status 0
		[[ $(segment_field "$output" key) != 0 ]]
	done
	assert_equal "$(awk 'NR > 1 { print $1 }' /proc/sysvipc/shm | sort -u | wc -l)" 3
}

@test "ftok keys are those of ftok(3)" {
	touch here
	local inode device
	read -r device inode < <(stat -c '%d %i' here)
	local pair
	for pair in A=65 7=7 255=255 0x41=65 /=47 0=0 256=0 1234=210; do
		try create -s 1 -k "ftok:${pair%=*}:here" --format '%{key}'
		expect_status 0
		assert_output_is "$(printf '0x%08x' $(((${pair#*=} << 24) | ((device & 255) << 16) | (inode & 65535))))"
		ipcrm --all=shm
	done
}

@test "an ftok path that cannot be resolved: exit 7, or 5 if permission is denied" {
	try create -s 1 -k ftok:A:missing
	expect_status 7
	assert_stderr_has missing
	mkdir -m 700 closed
	touch closed/file
	if is_root; then
		try_as_user create -s 1 -k ftok:A:closed/file
		expect_status 5
	fi
	assert_none_left
}

@test "an ftok path with a newline and a colon" {
	touch $'a:b\nc'
	try create -s 1 -k $'ftok:A:a:b\nc'
	expect_status 0
	rm $'a:b\nc'
	try create -s 1 -k $'ftok:A:a:b\nc'
	expect_status 7
	((${#stderr_lines[@]} == 1))
}

@test "a key that is in use: exit 4, with id, size and owner" {
	id=$(make_segment 12288 600 0x1234)
	! is_root || shmtool set "$id" -u daemon
	try create -s 4096 -k 0x1234
	expect_status 4
	assert_output_is ""
	assert_stderr_has "0x00001234"
	assert_stderr_matches "segment ${id}[^0-9]"
	assert_stderr_matches "size (12K|12288)"
	! is_root || assert_stderr_has "owner daemon"
	assert_stderr_has "hint: "
	assert_none_left 1
	assert_equal "$(ipcs_says "$id" bytes)" 12288
}

@test "a segment of another user with mode 0000 is also reported to exist" {
	need_root
	id=$(make_segment 100 0 0x1234)
	try_as_user create -s 100 -k 0x1234
	expect_status 4
	assert_stderr_has "segment $id"
}

# --- --reuse ----------------------------------------------------------------

@test "--reuse creates a segment that does not exist" {
	try create -k 0x99 -s 64 -p 640 --reuse --format '%{id} %{key} %{created}'
	expect_status 0
	assert_output_is "$(the_id) 0x00000099 yes"
	assert_equal "$(segment_field "$(the_id)" perms)" 640
}

@test "--reuse does not change an existing segment" {
	id=$(make_orphan 8192 644 0x99)
	printf hello | foreign_write "$id" 0
	before=$(cat /proc/sysvipc/shm)
	printf other >file
	try create -k 0x99 -s 64 -p 666 -u 12345 -g 54321 -f file --lock --reuse --format '%{id} %{created}'
	expect_status 0
	assert_output_is "$id no"
	assert_equal "$(cat /proc/sysvipc/shm)" "$before"
	try create -k 0x99 --reuse
	expect_status 0
	assert_output_is "$id"
	assert_equal "$(cat /proc/sysvipc/shm)" "$before"
	assert_equal "$(foreign_read "$id" 0 5)" hello
}

@test "--reuse with neither -s nor -f only opens" {
	try create -k 0x99 --reuse
	expect_status 3
	assert_output_is ""
	assert_stderr_has 0x00000099
	assert_none_left
}

@test "--reuse of a segment that is too small: exit 4, and it is not changed" {
	id=$(make_segment 10 600 0x99)
	try create -k 0x99 -s 11 --reuse
	expect_status 4
	assert_stderr_has "its size is 10, but 11 was requested"
	segment_exists "$id"
	try create -k 0x99 -s 10 --reuse
	expect_status 0
}

@test "--reuse with -f creates and loads a segment that does not exist" {
	printf content >file
	try create -k 0x99 -f file --reuse
	expect_status 0
	assert_equal "$(foreign_read "$output" 0 7)" content
}

@test "--reuse prints the id of a segment that the caller may not read" {
	need_root
	id=$(make_segment 10 0 0x99)
	try_as_user create -k 0x99 --reuse
	expect_status 0
	assert_output_is "$id"
}

@test "--reuse: of two concurrent calls, one creates the segment, and both print its id" {
	local second
	# when it has seen that there is none
	stop_at after:shmget:0x00000099 shmtool create -k 0x99 -s 64 --reuse --format '%{id} %{created}'
	try create -k 0x99 -s 64 --reuse --format '%{id} %{created}'
	expect_status 0
	second=$output
	go_on
	assert_equal "$ended" 0
	assert_none_left 1
	assert_equal "$(printf '%s\n' "$output" "$second" | sort)" \
		"$(printf '%s\n' "$(the_id) no" "$(the_id) yes")"
}

# --- -f ---------------------------------------------------------------------

# bats test_tags=engine
@test "-f FILE: size and contents are the file's" {
	head -c 70001 /dev/urandom >file
	try create -f file
	expect_status 0
	assert_equal "$(ipcs_says "$output" bytes)" 70001
	foreign_read "$output" 0 70001 | cmp - file
	assert_equal "$(segment_field "$output" nattch)" 0
}

# bats test_tags=engine
@test "-f FILE with a larger -s: zeros follow" {
	printf abc >file
	try create -f file -s 10
	expect_status 0
	assert_equal "$(foreign_read "$output" 0 10 | od -An -tx1 | tr -d ' \n')" 61626300000000000000
}

# bats test_tags=engine
@test "-f - reads stdin: a file from its current position, or a pipe" {
	printf 0123456789 >file
	{
		head -c 0 >/dev/null
		perl -e 'sysread STDIN, my $x, 4'
		id=$(shmtool create -f -)
	} <file
	assert_equal "$(segment_field "$id" size) $(foreign_read "$id" 0 6)" "6 456789"
	id=$(seq 20000 | shmtool create -f -)
	assert_equal "$(segment_field "$id" size)" "$(seq 20000 | wc -c)"
	foreign_read "$id" 0 "$(seq 20000 | wc -c)" | cmp - <(seq 20000)
	id=$(seq 20000 | shmtool create -s 1M -f -)
	foreign_read "$id" 0 "$(seq 20000 | wc -c)" | cmp - <(seq 20000)
	assert_equal "$(segment_field "$id" size)" 1048576
}

# bats test_tags=engine
@test "-f - of exactly -s bytes" {
	id=$(printf 12345678 | shmtool create -s 8 -f -)
	assert_equal "$(foreign_read "$id" 0 8)" 12345678
}

# bats test_tags=engine
@test "a pipe that delivers its data in pieces is loaded completely" {
	id=$({
		printf abc
		sleep 0.05
		printf def
	} | shmtool create -f -)
	assert_equal "$(segment_field "$id" size) $(foreign_read "$id" 0 6)" "6 abcdef"
}

# bats test_tags=engine
@test "files that cannot be loaded leave no segment" {
	: >empty
	printf 12345 >five
	mkdir directory
	for arguments in "-f empty" "-f missing" "-f missing -s 10" "-f directory" "-f directory -s 10" \
		"-f five -s 4" "-f five/more -s 10"; do
		# shellcheck disable=SC2086
		try create $arguments
		expect_status 7
		assert_output_is ""
		assert_stderr_matches "empty|missing|directory|five"
		assert_none_left
	done
	try create -f five -s 4
	assert_stderr_has "5 bytes"
	assert_stderr_is "shmtool create: five (5 bytes) does not fit into 4 bytes (--size)
shmtool create: hint: omit -s to take the size of the file"
}

@test "an empty file with -s makes a segment of zeros" {
	: >empty
	try create -f empty -s 3
	expect_status 0
	assert_equal "$(foreign_read "$output" 0 3 | od -An -tx1)" " 00 00 00"
}

# bats test_tags=engine
@test "streams that cannot be loaded leave no segment" {
	run --separate-stderr bash -c "head -c 11 /dev/zero | '$SHMTOOL' create -s 10 -f -"
	expect_status 7
	assert_output_is ""
	assert_stderr_has "stdin does not fit into 10 bytes (--size)"
	run --separate-stderr bash -c "'$SHMTOOL' create -f - </dev/null"
	expect_status 7
	assert_stderr_has empty
	run --separate-stderr bash -c ": | '$SHMTOOL' create -f -"
	expect_status 7
	assert_stderr_has empty
	run --separate-stderr bash -c "'$SHMTOOL' create -f - <&-"
	expect_status 7
	run --separate-stderr bash -c "'$SHMTOOL' create -s 10 -f - <&-"
	expect_status 7
	run --separate-stderr bash -c "'$SHMTOOL' create -s 10 -f - </"
	expect_status 7
	run --separate-stderr bash -c "'$SHMTOOL' create -s 4K -f /proc/self/mem"
	expect_status 7
	assert_none_left
}

@test "a file that may not be read: exit 5" {
	need_root
	echo secret >secret
	chmod 600 secret
	try_as_user create -f secret
	expect_status 5
	assert_stderr_has secret
	assert_none_left
}

# bats test_tags=engine
@test "after a failure, the new segment is removed by its id, and its key is free" {
	printf 12345 >five
	try create -k 0x55 -s 4 -f five
	expect_status 7
	run --separate-stderr bash -c "head -c 11 /dev/zero | '$SHMTOOL' create -k 0x55 -s 10 -f -"
	expect_status 7
	try create -k 0x55 -s 4
	expect_status 0
}

# bats test_tags=engine
@test "a signal while it waits for its input leaves no segment" {
	local signal size
	mkfifo pipe
	for size in "" "-s 10"; do
		for signal in TERM INT HUP USR1 XCPU; do
			# bash lets what it starts in the background ignore SIGINT
			# shellcheck disable=SC2086
			background env --default-signal "$SHMTOOL" create $size -f pipe
			exec 5>pipe
			printf 123 >&5
			[[ -z $size ]] || wait_until count_is 1
			kill "-$signal" "$background_pid"
			wait_for_status "$background_pid"
			exec 5>&-
			assert_equal "$ended" $((128 + $(kill -l "$signal")))
			assert_none_left
		done
	done
}

@test "a group whose look-up fails is not taken for a number" {
	need_root
	need_strace
	echo 'group: files' >nsswitch.conf
	local group
	for group in daemon 12345 +12345; do
		# shellcheck disable=SC2016
		ASAN_OPTIONS=detect_leaks=0 run --separate-stderr unshare --mount sh -c '
			mount --bind nsswitch.conf /etc/nsswitch.conf && exec strace -qq -o trace -P /etc/group \
			-e trace=openat -e inject=openat:error=EIO "$@"' sh "$SHMTOOL" create -s 1 -g "$group"
		if [[ $group == +* ]]; then
			expect_status 0
		else
			expect_status 2
			assert_stderr_has 'the look-up of this group failed (for a group ID, use +NUMBER)'
		fi
	done
}

@test "a segment that is marked for removal while it is loaded: exit 3" {
	mkfifo pipe
	background shmtool create -s 4 -k 0x55 -f pipe
	local creator=$background_pid printed=$background_output errors=$background_errors
	exec 5>pipe
	printf 12 >&5
	wait_until count_is 1
	id=$(the_id)
	hold_segment "$id" 5>&-
	ipcrm -m "$id"
	printf 34 >&5
	exec 5>&-
	wait_for_status "$creator"
	assert_equal "$ended" 3
	[[ ! -s $printed ]]
	grep -q "segment $id was removed by another process" "$errors"
}

# bats test_tags=engine
@test "owner and mode 0600 do not change until the segment is loaded" {
	need_root
	mkfifo pipe
	background shmtool create -s 8 -p 0666 -u nobody -g daemon -f pipe
	exec 5>pipe
	printf 1234 >&5
	wait_until count_is 1
	id=$(the_id)
	wait_until field_is "$id" nattch 1
	assert_equal "$(segment_field "$id" perms) $(segment_field "$id" uid) $(segment_field "$id" gid)" "600 0 0"
	assert_equal "$(cat "$background_output")" ""
	printf 5678 >&5
	exec 5>&-
	wait_for_status "$background_pid"
	assert_equal "$ended" 0
	assert_equal "$(segment_field "$id" perms) $(segment_field "$id" uid) $(segment_field "$id" gid)" "666 65534 1"
	assert_equal "$(foreign_read "$id" 0 8)" 12345678
	assert_equal "$(cat "$background_output")" "$id"
}

# --- Where the id cannot be printed -----------------------------------------

@test "create removes its own segment after a failure, and never another one that has got its id" {
	need_next_id
	# shellcheck disable=SC2016
	stop_at shmctl:IPC_RMID sh -c 'exec "$0" create -s 10 -u 2 >/dev/full' "$SHMTOOL"
	id=$(the_id)
	swap "$id" 1
	go_on
	assert_equal "$ended" 7
	has_id "$id"
	assert_equal "$(segment_field "$id" uid)" 1
}

@test "a signal while no process reads the id leaves no segment" {
	open_full_pipe
	local signal
	for signal in TERM INT HUP; do
		# shellcheck disable=SC2016
		background bash -c 'exec env --default-signal "$0" create -s 10 >&5' "$SHMTOOL"
		wait_until waits_in_pipe "$background_pid"
		assert_equal "$(segment_count)" 1
		kill "-$signal" "$background_pid"
		wait_for_status "$background_pid"
		assert_equal "$ended" $((128 + $(kill -l "$signal")))
		assert_none_left
	done
}

# It was handed over to another user, whom this process cannot become, and cannot be attached.
@test "a new segment that cannot be removed again is reported" {
	local id
	need_root
	run --separate-stderr setpriv --bounding-set=-setuid,-ipc_owner \
		bash -c "'$SHMTOOL' create -s 10 -u daemon -p 0 >/dev/full"
	expect_status 7
	id=$(awk 'NR > 1 { print $2 }' /proc/sysvipc/shm)
	assert_stderr_has "warning: the new segment $id was not removed"
	assert_stderr_has "rm $id"
	assert_stderr_lacks "removed again"
}

# The new owner can delay the process that acts as that user.
# bats test_tags=long
@test "create ends if it cannot undo what it has handed over" {
	need_root
	local id
	run_full()
	{
		"$SHMTOOL" create -s 10 -k 0x55 --with-guard -u daemon >/dev/full
	}
	stop_at child:semctl:IPC_RMID run_full
	wait_for_status "$program_pid"
	assert_equal "$ended" 7
	id=$(awk 'NR > 1 { print $2 }' /proc/sysvipc/shm)
	stderr=$(<"$program_output.err")
	assert_stderr_has "warning: the new segment $id was not removed"
	assert_stderr_has "warning: the new guard was not removed; remove it: ipcrm -s $(field_of sem key $((0x55)) semid)"
	# a reader of the output does not wait for the child
	assert_equal "$(find "/proc/$stopped_pid/fd" -lname "$program_output*")" ''
	kill -CONT "$stopped_pid"
	wait_until process_is_gone "$stopped_pid"
	assert_none_left
	run ! field_of sem key $((0x55)) semid
}

@test "an id that cannot be written leaves no segment" {
	run --separate-stderr bash -c "'$SHMTOOL' create -s 10 >&-"
	expect_status 7
	assert_stderr_is "shmtool create: cannot write the id to standard output: Bad file descriptor; the new segment was removed again"
	run --separate-stderr bash -c "'$SHMTOOL' create -s 10 >/dev/full"
	expect_status 7
	assert_stderr_has "No space left"
	printf 12345 >five
	run --separate-stderr bash -c "'$SHMTOOL' create -f five >&-"
	expect_status 7
	run --separate-stderr bash -c "'$SHMTOOL' create -f five >/dev/full"
	expect_status 7
	run --separate-stderr bash -c "cat five | '$SHMTOOL' create -f - >&-"
	expect_status 7
	assert_none_left
}

@test "an id that cannot be written leaves no segment, even if it was given to another user" {
	need_root
	run --separate-stderr as_user bash -c "'$SHMTOOL' create -s 10 -u daemon -g daemon >/dev/full"
	expect_status 7
	assert_none_left
	# one that stays with its creator need not be attached for it
	run --separate-stderr as_user bash -c "'$SHMTOOL' create -s 10 -u +65534 -p 0 >/dev/full"
	expect_status 7
	assert_none_left
}

@test "a segment is not said to be removed if a sandbox refuses to remove it and to look at it" {
	run --separate-stderr "$HELPERS/refuse" EPERM shmctl bash -c "'$SHMTOOL' create -s 10 >/dev/full"
	expect_status 7
	assert_equal "$(segment_count)" 1
	id=$(shmtool ls -q)
	assert_stderr_is "shmtool create: warning: the new segment $id was not removed
shmtool create: hint: remove it: shmtool rm $id
shmtool create: cannot write the output: No space left on device"
}

@test "an id that cannot be written: --reuse removes only a segment that it created" {
	id=$(make_segment 100 600 0x99)
	run --separate-stderr bash -c "'$SHMTOOL' create -k 0x99 --reuse >/dev/full"
	expect_status 7
	assert_stderr_is "shmtool create: cannot write the output: No space left on device"
	segment_exists "$id"
	run --separate-stderr bash -c "'$SHMTOOL' create -k 0x98 -s 10 --reuse >/dev/full"
	expect_status 7
	assert_none_left 1
}

@test "if stdout has no reader: SIGPIPE, no message, and no segment" {
	broken_pipe
	run --separate-stderr bash -c "'$SHMTOOL' create -s 10 >&6"
	expect_status 141
	assert_stderr_is ""
	assert_none_left
}

# --- Limits -----------------------------------------------------------------

# as_hinted NAME: sets this limit as the hint says
as_hinted()
{
	local command
	command=$(sed -n "s/.*hint: .*: \(sysctl $1=[0-9]*\) (and in .*/\1/p" <<<"$stderr")
	[[ $command ]] || fail "no command that sets $1: $stderr"
	# it is not on the path of every user
	PATH=$PATH:/usr/sbin:/sbin ${command/ / -q }
}

@test "shmmni: exit 6, with the limit, its value and its usage" {
	make_segment
	make_segment
	set_limit shmmni 2
	try create -s 1
	expect_status 6
	assert_output_is ""
	assert_stderr_matches "2 of 2 segments, kernel.shmmni"
	assert_none_left 2
	as_hinted kernel.shmmni
	try create -s 1
	expect_status 0
}

@test "shmall: exit 6, with the limit, its value and its usage" {
	make_segment $((5 * 4096))
	set_limit shmall 10
	try create -s $((5 * 4096 + 1))
	expect_status 6
	assert_stderr_matches "5 of 10 pages in use, 6 more needed, kernel.shmall"
	assert_none_left 1
	try create -s $((5 * 4096))
	expect_status 0
	try create -s 8M
	as_hinted kernel.shmall
	assert_equal "$(</proc/sys/kernel/shmall)" $((2 * (10 + 2048)))
	try create -s 8M
	expect_status 0
}

@test "shmmax: exit 6, with the limit and its value" {
	set_limit shmmax 8192
	try create -s 8193
	expect_status 6
	assert_stderr_matches "8193.*shmmax.*8192"
	assert_none_left
	# the largest shmmax that the kernel accepts
	set_limit shmmax 18446744073692774399
	try create -s 18446744073692774399
	expect_status 6
	assert_stderr_has '18446744073692774399 bytes is more than the kernel supports'
	assert_none_left
	set_limit shmmax 8192
	try create -s 8193
	as_hinted kernel.shmmax
	try create -s 8193
	expect_status 0
	ipcrm --all=shm
	set_limit shmmax 8192
	try create -s 8192
	expect_status 0
}

@test "hints never suggest to lower a limit" {
	local before
	set_limit shmmni 0
	try create -s 1
	expect_status 6
	assert_stderr_has 'kernel.shmmni=1'
	need_strace
	more_huge_pages 3
	before=$(</proc/sys/vm/nr_hugepages)
	seek_no_leaks
	capture strace -qq -o trace -e trace=shmget -e inject=shmget:error=ENOMEM "$SHMTOOL" create -s 2M --huge
	expect_status 6
	(($(sed -n 's/.*vm.nr_hugepages=\([0-9]*\).*/\1/p' <<<"$stderr") > before)) || fail "$before: $stderr"
}

@test "a size that no kernel accepts" {
	try create -s 0xffffffffffffffff
	expect_status 6
	assert_output_is ""
	assert_none_left
}

@test "not enough memory: exit 6, with the requested and the available memory" {
	(($(</proc/sys/vm/overcommit_memory) != 1)) || skip "vm.overcommit_memory is 1: nothing is refused"
	kilobytes=$(awk '/^(MemTotal|SwapTotal|CommitLimit):/ { n += $2 } END { print 2 * n }' /proc/meminfo)
	try create -s "${kilobytes}K"
	expect_status 6
	assert_output_is ""
	assert_stderr_matches "not enough memory for [0-9].* \([0-9.]+[KMGT] available"
	assert_none_left
	(($(</proc/sys/vm/overcommit_memory) == 0)) || return 0
	assert_stderr_has 'hint: choose a smaller size; --no-reserve skips this check, but filling'
	try create -s 900T
	expect_status 6
	[[ $stderr == *'hint: choose a smaller size' ]] || fail "$stderr"
	try create -s "${kilobytes}K" --no-reserve
	expect_status 0
	assert_equal "$(segment_field "$output" size)" $((kilobytes * 1024))
	assert_equal "$(segment_field "$output" rss)" 0
}

@test "memory, with vm.overcommit_memory=2: the CommitLimit counts" {
	echo 2 >two
	run --separate-stderr unshare --mount sh -c 'mount --bind two /proc/sys/vm/overcommit_memory &&
		exec "$@"' sh "$SHMTOOL" create -s 1000T
	expect_status 6
	assert_stderr_matches "not enough memory for 1000T \([0-9.]+[KMGT] of the CommitLimit of [0-9.]+[KMGT] is in use"
	assert_stderr_has 'hint: raise vm.overcommit_ratio or add swap (with vm.overcommit_memory=2, the CommitLimit applies)'
	assert_stderr_lacks no-reserve
}

@test "--lock: ipcs shows that the segment is locked" {
	need_root
	try create -s 8192 --lock
	expect_status 0
	ipcs -m | awk -v id="$output" '$2 == id' | grep -qw locked
}

@test "what cannot be found out about a refusal is left out of the message" {
	local id
	id=$(make_segment 4096 600 5)
	try create -s 1 -k 5
	assert_stderr_has 'key 0x00000005 is in use by segment'
	capture with_steps fail:shmget::2 shmtool create -s 1 -k 5
	expect_status 4
	assert_stderr_is 'shmtool create: cannot create a segment: key 0x00000005 is in use'
	set_limit shmmni 1
	capture with_steps 'fail:shmctl:*INFO:1+ fail:open:/proc/s*:1+' shmtool create -s 1
	expect_status 6
	assert_stderr_is 'shmtool create: cannot create the segment: a kernel limit is reached'
}

@test "--lock above RLIMIT_MEMLOCK is reported, and leaves no segment" {
	need_root
	# what a user locks counts together, and other tests lock as nobody
	user=$((200000 + BASHPID))
	run --separate-stderr as_uid "$user" prlimit --memlock=0 "$SHMTOOL" create -s 4096 --lock
	expect_status 6
	assert_stderr_has RLIMIT_MEMLOCK
	assert_output_is ""
	run --separate-stderr as_uid "$user" prlimit --memlock=4096 "$SHMTOOL" create -s 8192 --lock
	expect_status 6
	assert_stderr_has 'cannot lock the new segment: exceeds RLIMIT_MEMLOCK (8K needed; limit 4K '
	assert_none_left
	run --separate-stderr as_uid "$user" prlimit --memlock=65536 "$SHMTOOL" create -s 8192 --lock
	expect_status 0
}

@test "kernel.shm_rmid_forced=1: exit 7, a hint, and no segment" {
	set_limit shm_rmid_forced 1
	try create -s 1
	expect_status 7
	assert_stderr_has shm_rmid_forced
	assert_stderr_matches "hint: .*attach"
	assert_none_left
}

# bats test_tags=engine
@test "--huge uses huge pages" {
	more_huge_pages 2
	local free
	free=$(awk '/^HugePages_Rsvd/ { print $2 }' /proc/meminfo)
	try create -s 4M --huge
	expect_status 0
	assert_equal "$(ipcs_says "$output" bytes)" 4194304
	assert_equal "$(awk '/^HugePages_Rsvd/ { print $2 }' /proc/meminfo)" $((free + 2))
	ipcrm --all=shm
	head -c 3000000 /dev/urandom >file
	try create -s 4M --huge-size 2M -f file
	expect_status 0
	foreign_read "$output" 0 3000000 | cmp - file
}

@test "--huge without enough huge pages: exit 6, how many are free" {
	more_huge_pages 2
	free=$(awk '/^HugePages_Free/ { print $2 }' /proc/meminfo)
	try create -s $(((free + 2) * 2))M --huge
	expect_status 6
	assert_output_is ""
	assert_stderr_matches "huge pages.*[^0-9]$free free"
	assert_stderr_has "hint: "
	capture unshare --mount sh -c '
		mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && exec "$@"' sh \
		"$SHMTOOL" create -s $(((free + 2) * 2))M --huge
	expect_status 6
	assert_stderr_has 'hint: do not use --huge, or provide more: on the host, sysctl vm.nr_hugepages='
	assert_none_left
}

@test "--huge-size without enough pages: the message is about this size, not the default one" {
	local pages=/sys/kernel/mm/hugepages/hugepages-1048576kB
	more_huge_pages 2
	[[ -d $pages ]] || skip "no huge pages of 1 GiB in this kernel"
	try create -s $(($(<$pages/free_hugepages) + 1))G --huge-size 1G
	expect_status 6
	assert_stderr_matches "1G huge pages.*$(<$pages/nr_hugepages) configured, $(<$pages/free_hugepages) free"
	assert_stderr_matches "hint: .*hugepages-1048576kB"
	assert_none_left
}

@test "--huge as an ordinary user: exit 5" {
	need_root
	[[ -d /sys/kernel/mm/hugepages ]] || skip "no huge pages in this kernel"
	try_as_user create -s 2M --huge
	expect_status 5
	assert_stderr_has "hint: "
	assert_none_left
}

@test "--huge-size of pages that this machine does not have" {
	try create -s 1G --huge-size 64G
	((status == 6 || status == 7))
	assert_output_is ""
	assert_none_left
}

@test "a limit is reached where files in /proc are empty: exit 6, and a hint" {
	need_root
	local size
	set_limit shmmni 1
	make_segment >/dev/null
	for size in 4096 "1P --huge"; do
		# shellcheck disable=SC2086,SC2016 # words; sh
		run --separate-stderr unshare --mount sh -c 'mount --bind /dev/null /proc/meminfo &&
			mount --bind /dev/null /proc/cmdline && exec "$@"' sh "$SHMTOOL" create -s $size
		expect_status 6
		assert_stderr_matches 'limit reached \(1 of 1 segments|not enough huge pages for 1P'
		assert_stderr_has 'hint: '
	done
	assert_equal "$(segment_count)" 1
}

# --- What is printed --------------------------------------------------------

@test "a segment that another process removes before it is printed: exit 3" {
	# after the id is known
	STOP_RUN='ipcrm --all=shm' with_steps run:shmctl:SHM_STAT_ANY try create -s 4096 -k 7
	expect_status 3
	assert_stderr_matches 'segment [0-9]+ was removed by another process'
}

@test "a segment that may not be looked at is printed as it was asked for" {
	STOP_ERROR=EACCES with_steps 'fail:shmctl:*STAT*:1+ fail:open:/proc/sysvipc/shm:1+' try create -s 4096 -k 7 -p 640 \
		--format '%{id} %{key} %{size} %{mode} %{created}'
	expect_status 0
	assert_output_is "$(the_id) 0x00000007 4096 0640 yes"
}

@test "--format prints more" {
	try create -k 0x1234 -s 1M -p 640 --format '%{id}:%{key}:%{size}:%{mode}:%{created}%%\t|'
	expect_status 0
	assert_output_matches "^[0-9]+:0x00001234:[0-9.]+M?:0640:yes%"$'\t'"\|$"
}

@test "shmcreate is shmtool create" {
	ln -s "$SHMTOOL" shmcreate
	run --separate-stderr ./shmcreate -s 10
	expect_status 0
	assert_output_is "$(the_id)"
}

@test "--format that is too long: exit 2, and nothing is created" {
	try create -s 1 --format "$(printf '%%%%%.0s' {1..20000})"
	expect_status 2
	assert_stderr_has 'too long'
	assert_equal "$(segment_count)" 0
}

# bats test_tags=engine
@test "-f into huge pages that run out: exit 6, and no segment" {
	more_huge_pages 1
	head -c 6M /dev/zero | tr '\0' x >file
	try create --huge --no-reserve -f file
	expect_status 6
	assert_stderr_has 'cannot load file: out of memory'
	assert_none_left
}
