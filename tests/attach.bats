#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0
load lib/common
load lib/stop

# hold_by_attach ARGUMENT...: shmtool attach in the background, once it is attached
hold_by_attach()
{
	# bash lets what it starts in the background ignore SIGINT
	background env --default-signal "$SHMTOOL" attach "$@"
	wait_until field_is "$id" nattch 1
}

# The permissions of the segment's mapping in the process in background.
mapped_as()
{
	awk '/SYSV/ { print $2 }' "/proc/$background_pid/maps"
}

# --- Without COMMAND --------------------------------------------------------

@test "prints id, address and size, and holds it" {
	id=$(make_segment 12345 600 0x1234)
	hold_by_attach 0x1234
	wait_until test -s "$background_output"
	address=$(awk '/SYSV/ { sub(/-.*/, "", $1); print $1 }' "/proc/$background_pid/maps")
	assert_equal "$(cat "$background_output")" "id $id address 0x$(printf '%x' "$((16#$address))") size 12345"
	assert_equal "$(segment_field "$id" lpid)" "$background_pid"
	assert_equal "$(mapped_as)" rw-s
}

@test "a signal that is ignored (nohup) does not end it" {
	id=$(make_segment)
	trap '' HUP
	background "$SHMTOOL" attach "$id"
	trap - HUP
	wait_until field_is "$id" nattch 1
	kill -HUP "$background_pid"
	try stat "$id" --wait detached --timeout 200ms
	expect_status 8
	kill -TERM "$background_pid"
	wait_until field_is "$id" nattch 0
}

@test "SIGTERM, SIGINT and SIGHUP end it with exit 0, and it is detached" {
	id=$(make_segment)
	local signal
	for signal in TERM INT HUP; do
		hold_by_attach "$id"
		wait_until test -s "$background_output"
		kill "-$signal" "$background_pid"
		wait_for_status "$background_pid"
		assert_equal "$ended" 0
		assert_equal "$(cat "$background_errors")" ""
		assert_equal "$(segment_field "$id" nattch)" 0
	done
}

@test "a signal ends it even if no process reads its output" {
	id=$(make_segment)
	open_full_pipe
	# shellcheck disable=SC2016
	background bash -c 'exec "$0" attach "$1" >&5' "$SHMTOOL" "$id"
	wait_until waits_in_pipe "$background_pid"
	assert_equal "$(segment_field "$id" nattch)" 1
	kill -TERM "$background_pid"
	wait_for_status "$background_pid"
	assert_equal "$ended" 143
	assert_equal "$(segment_field "$id" nattch)" 0
}

@test "--hold ends it when the time is over" {
	id=$(make_segment)
	before=${EPOCHREALTIME/./}
	try attach --hold 300ms "$id"
	took=$((${EPOCHREALTIME/./} - before))
	expect_status 0
	assert_output_matches "^id $id "
	((took >= 300000))
	assert_equal "$(segment_field "$id" nattch)" 0
	try attach --hold 0 "$id"
	expect_status 0
	hold_by_attach --hold 1h "$id"
	wait_until test -s "$background_output"
	kill "$background_pid"
	wait_for_status "$background_pid"
	assert_equal "$ended" 0
}

@test "-r attaches for reading only" {
	id=$(make_segment)
	hold_by_attach -r "$id"
	assert_equal "$(mapped_as)" r--s
}

@test "--executable attaches for execution" {
	id=$(make_segment)
	hold_by_attach --executable "$id"
	assert_equal "$(mapped_as)" rwxs
	kill "$background_pid"
	wait_for_status "$background_pid"
	assert_equal "$ended" 0
}

@test "-v reports where it was attached, and that it was detached" {
	id=$(make_segment)
	try attach -v --hold 0 --at 0x10000000 "$id"
	expect_status 0
	assert_stderr_is "shmtool attach: attached segment $id (no key) at 0x10000000
shmtool attach: detached segment $id (no key)"
}

@test "--at, --round and --remap" {
	id=$(make_segment 8192)
	try attach --hold 0 --at 0x10000000 "$id"
	expect_status 0
	assert_output_is "id $id address 0x10000000 size 8192"
	try attach --hold 0 --at 268435456 "$id"
	assert_output_is "id $id address 0x10000000 size 8192"
	try attach --hold 0 --at 0x10000123 "$id"
	expect_status 7
	assert_stderr_has "segment $id"
	assert_stderr_has 0x10000123
	try attach --hold 0 --at 0x10000123 --round "$id"
	expect_status 0
	assert_output_is "id $id address 0x10000000 size 8192"
}

@test "--at where something is mapped: exit 7, and --remap replaces it" {
	[[ -z ${VALGRIND_PROGRAM-} ]] || skip "valgrind itself lives where this maps over"
	id=$(make_segment 4096)
	# without randomised addresses the stack is at the same place every time
	need_command setarch
	stack=$(setarch -R "$SHMTOOL" attach --hold 0 "$id") || skip "setarch -R does not work here"
	address=${stack#*address }
	address=${address% size*}
	# just above what the kernel chose there are libraries
	taken=$(printf '0x%x' $((address + 0x10000)))
	run --separate-stderr setarch -R "$SHMTOOL" attach --hold 0 --at "$taken" "$id"
	((status == 7)) || skip "nothing is mapped at $taken"
	assert_stderr_has "$taken"
	assert_stderr_has "hint: "
	assert_equal "$(segment_field "$id" nattch)" 0
	hold_by_attach --at 0x20000000 --remap "$id"
	assert_equal "$(mapped_as)" rw-s
}

@test "an id or address that cannot be printed: exit 7, detached" {
	id=$(make_segment)
	run --separate-stderr bash -c "'$SHMTOOL' attach $id >/dev/full"
	expect_status 7
	run --separate-stderr bash -c "'$SHMTOOL' attach $id >&-"
	expect_status 7
	assert_equal "$(segment_field "$id" nattch)" 0
}

@test "usage errors" {
	id=$(make_segment)
	local arguments
	for arguments in "" "-r" "--bogus $id" "--hold x $id" "--hold -1 $id" "--at 0 $id" "--at x $id" \
		"--at -1 $id" "--round $id" "--remap $id" "--at 18446744073709551616 $id" "-1" "01" "1x" \
		"key:0" "4294967296" "--hold"; do
		# shellcheck disable=SC2086
		try attach $arguments
		expect_status 2
		assert_output_is ""
	done
	assert_equal "$(segment_field "$id" lpid)" 0
}

@test "no such segment: exit 3" {
	try attach 5
	expect_status 3
	try attach 0x77
	expect_status 3
	assert_stderr_has 0x00000077
}

@test "no permission to attach: exit 5" {
	need_root
	id=$(make_segment 10 604)
	try_as_user attach --hold 0 "$id"
	expect_status 5
	assert_stderr_has "segment $id"
	try_as_user attach -r --hold 0 "$id"
	expect_status 0
	id=$(as_user shmtool create -s 10 -p 0)
	try_as_user attach --hold 0 "$id"
	expect_status 5
}

@test "a segment that is removed in the meantime is marked, and destroyed at the detach" {
	id=$(make_segment 4096 600 0x1234)
	hold_by_attach "$id"
	ipcrm -m "$id"
	ipcs -m | awk -v id="$id" '$2 == id' | grep -qw dest
	kill "$background_pid"
	wait_for_status "$background_pid"
	assert_equal "$ended" 0
	run ! segment_exists "$id"
}

@test "a segment that is marked, but still attached by another process, can be attached" {
	id=$(make_segment)
	hold_segment "$id"
	ipcrm -m "$id"
	try attach --hold 0 "$id"
	expect_status 0
}

@test "kernel.shm_rmid_forced=1: attaching an unattached segment is refused, and it still exists" {
	id=$(make_live_segment)
	set_limit shm_rmid_forced 1
	segment_exists "$id"
	try attach --hold 0 "$id"
	expect_status 7
	assert_stderr_has shm_rmid_forced
	segment_exists "$id"
	try attach "$id" true
	expect_status 125
	segment_exists "$id"
}

# --- With COMMAND -----------------------------------------------------------

@test "the exit status is that of COMMAND" {
	id=$(make_segment)
	local code
	for code in 0 1 3 125 126 127 255; do
		run "-$code" shmtool attach "$id" sh -c "exit $code"
		assert_output_is ""
	done
	assert_equal "$(segment_field "$id" nattch)" 0
}

@test "exit 127 if COMMAND is not found, 126 if it cannot be executed" {
	id=$(make_segment)
	PATH=/usr/bin:/bin run -127 --separate-stderr shmtool attach "$id" no-such-command-anywhere
	assert_stderr_has no-such-command-anywhere
	run -127 --separate-stderr shmtool attach "$id" ./missing
	assert_stderr_has missing
	touch file
	try attach "$id" ./file
	expect_status 126
	mkdir directory
	try attach "$id" ./directory
	expect_status 126
	try attach "$id" ./file/x
	expect_status 126
	assert_equal "$(segment_field "$id" nattch)" 0
}

@test "exit 128+n if COMMAND was killed by signal n" {
	id=$(make_segment)
	# shellcheck disable=SC2016
	try attach "$id" sh -c 'kill -TERM $$'
	expect_status 143
	# shellcheck disable=SC2016
	try attach "$id" sh -c 'kill -KILL $$'
	expect_status 137
}

@test "exit 125 for failures of attach itself" {
	id=$(make_segment)
	try attach 54321 true
	expect_status 125
	assert_stderr_has 54321
	try attach 0x77 -- true
	expect_status 125
	try attach --at 0x10000001 "$id" true
	expect_status 125
	try attach 1x true
	expect_status 125
	try attach --round "$id" true
	expect_status 125
	! is_root || {
		try_as_user attach "$id" true
		expect_status 125
	}
}

@test "COMMAND gets SHMTOOL_ID, SHMTOOL_KEY and SHMTOOL_SIZE" {
	id=$(make_segment 12345 600 0xabc)
	# shellcheck disable=SC2016
	SHMTOOL_ID=old try attach 0xabc sh -c 'echo $SHMTOOL_ID $SHMTOOL_KEY $SHMTOOL_SIZE'
	assert_output_is "$id 0x00000abc 12345"
	id=$(make_segment)
	# shellcheck disable=SC2016
	try attach "$id" sh -c 'echo $SHMTOOL_KEY'
	assert_output_is 0x00000000
}

@test "arguments of COMMAND are not parsed as options" {
	id=$(make_segment)
	try attach "$id" printf '[%s]' -r --hold 5 --bogus -- '' '!#:+' --help -V 'a b'
	expect_status 0
	assert_output_is '[-r][--hold][5][--bogus][--][][!#:+][--help][-V][a b]'
	try attach -r "$id" -- printf '[%s]' -r --
	assert_output_is '[-r][--]'
	try attach -- "$id" printf '[%s]' -r -n
	assert_output_is '[-r][-n]'
	try attach -- "$id" -- printf '[%s]' -- x
	assert_output_is '[--][x]'
	POSIXLY_CORRECT=1 try attach "$id" printf '[%s]' -r
	assert_output_is '[-r]'
}

@test "COMMAND keeps POSIXLY_CORRECT" {
	id=$(make_segment)
	# shellcheck disable=SC2016
	POSIXLY_CORRECT=yes try attach "$id" sh -c 'echo $POSIXLY_CORRECT'
	assert_output_is yes
}

@test "while COMMAND runs, attach has the segment attached, and COMMAND has not" {
	id=$(make_segment)
	# shellcheck disable=SC2016
	try attach "$id" sh -c 'grep -c SYSV /proc/self/maps; awk -v id=$SHMTOOL_ID "\$2 == id { print \$7 }" /proc/sysvipc/shm'
	assert_output_is "0
1"
}

@test "COMMAND inherits stdin and stdout, and no other descriptor" {
	id=$(make_segment)
	run --separate-stderr bash -c "echo hello | '$SHMTOOL' attach $id cat"
	assert_output_is hello
	ls /proc/self/fd >plain
	shmtool attach "$id" ls /proc/self/fd | cmp - <(shmtool help >/dev/null; ls /proc/self/fd)
}

@test "signals are passed on to COMMAND" {
	id=$(make_segment)
	local signal
	for signal in TERM INT HUP USR1 USR2; do
		# shellcheck disable=SC2016
		hold_by_attach "$id" perl -e '$| = 1;
			for my $s (@ARGV) { $SIG{$s} = sub { print "got $s\n"; exit 7 } }
			print "ready\n"; sleep 1 while 1' TERM INT HUP USR1 USR2
		wait_until file_has "$background_output" ready
		kill "-$signal" "$background_pid"
		wait_for_status "$background_pid"
		assert_equal "$ended" 7
		assert_equal "$(tail -n 1 "$background_output")" "got $signal"
	done
	assert_equal "$(segment_field "$id" nattch)" 0
}

@test "attach continues if COMMAND ignores a signal" {
	id=$(make_segment)
	# shellcheck disable=SC2016
	hold_by_attach "$id" perl -e '$| = 1; $SIG{TERM} = "IGNORE"; $SIG{HUP} = sub { exit 3 };
		print "ready\n"; sleep 1 while 1'
	wait_until file_has "$background_output" ready
	kill -TERM "$background_pid"
	kill -HUP "$background_pid"
	wait_for_status "$background_pid"
	assert_equal "$ended" 3
}

@test "COMMAND's signals are neither blocked nor ignored" {
	id=$(make_segment)
	# shellcheck disable=SC2016
	local look='while (<>) { printf "%s %x\n", $1, hex($2) & ~0x180000000 if /^(SigBlk|SigIgn):\s+(\w+)/ }'
	# but for 32 and 33, which are the C library's own and which posix_spawn ignores
	perl -e "$look" /proc/self/status >plain
	"$SHMTOOL" attach "$id" perl -e "$look" /proc/self/status >inside
	cmp plain inside
}

@test "--hold with COMMAND detaches when the time is over, and waits for COMMAND" {
	id=$(make_segment)
	# shellcheck disable=SC2016
	try attach --hold 100ms "$id" perl -e '
		for (1 .. 500) {
			open my $list, "<", "/proc/sysvipc/shm" or die;
			exit 9 if grep { my @f = split; $f[1] eq $ENV{SHMTOOL_ID} && $f[6] == 0 } <$list>;
			select undef, undef, undef, 0.01;
		}'
	expect_status 9
}

@test "a segment that COMMAND removes is destroyed when COMMAND exits" {
	id=$(make_segment)
	# shellcheck disable=SC2016
	try attach "$id" sh -c 'ipcrm -m $SHMTOOL_ID && ipcs -m | grep -w dest'
	expect_status 0
	assert_output_has "$id"
	run ! segment_exists "$id"
}

@test "attach notices that COMMAND has exited even if SIGCHLD is ignored" {
	id=$(make_segment)
	run --separate-stderr bash -c "trap '' CHLD; exec '$SHMTOOL' attach $id sh -c 'exit 5'"
	expect_status 5
}

# --- --as-file --------------------------------------------------------------

# A segment of 100,000 random bytes, its id in id, the bytes in wanted too.
noise()
{
	head -c 100000 /dev/urandom >wanted
	id=$(make_segment 100000)
	foreign_write "$id" 0 <wanted
}

# with_file SHELL-WORDS: as COMMAND, with SHMTOOL_FILE
with_file()
{
	try attach --as-file "$id" -- sh -c "$1"
}

@test "--as-file: sha256sum, cmp and dd read the segment" {
	need_root
	noise
	# shellcheck disable=SC2016
	with_file 'sha256sum <"$SHMTOOL_FILE"; sha256sum "$SHMTOOL_FILE" | cut -c-64; cmp "$SHMTOOL_FILE" wanted
		stat -Lc %s "$SHMTOOL_FILE"; dd if="$SHMTOOL_FILE" bs=1 skip=99990 status=none | cmp -i 0:99990 - wanted'
	expect_status 0
	assert_stderr_is ''
	local sum
	sum=$(sha256sum <wanted)
	assert_output_is "$sum
${sum%% *}
100000"
}

@test "--as-file: xxd -r changes bytes in place" {
	need_root
	noise
	printf '00000010: 4142 4344\n0001869f: ff\n' >patch.hex
	# shellcheck disable=SC2016
	with_file 'xxd -r patch.hex "$SHMTOOL_FILE"'
	expect_status 0
	assert_stderr_is ''
	xxd -r patch.hex wanted
	foreign_read "$id" 0 100000 | cmp - wanted
}

@test "--as-file: python's mmap, and its subprocess, which closes descriptors" {
	need_root
	noise
	cat >mapped.py <<-'END'
		import mmap, os, subprocess, sys
		name = os.environ["SHMTOOL_FILE"]
		with open(name, "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
		    assert memory[:] == open("wanted", "rb").read(), "other bytes"
		    memory[5:10] = b"hello"
		    first = subprocess.run(["head", "-c", "10", name], close_fds=True, check=True,
		                           stdout=subprocess.PIPE).stdout
		    assert first == memory[:10], first
	END
	try attach --as-file "$id" -- python3 mapped.py
	expect_status 0
	assert_stderr_is ''
	assert_equal "$(foreign_read "$id" 5 5)" hello
}

@test "--as-file: gdb's restore loads it into a process" {
	need_root
	noise
	# shellcheck disable=SC2016 # SHMTOOL_FILE is the command's; what begins with a backslash is gdb's
	with_file 'exec gdb -nx -q -batch -ex starti -ex "restore $SHMTOOL_FILE binary \$sp-16 16 528" \
		-ex "dump binary memory out \$sp \$sp+512" /bin/true'
	expect_status 0
	cmp -n 512 -i 0:16 out wanted
}

@test "--as-file: reading holes does not allocate them" {
	need_root
	id=$(make_segment $((64 * 1024 * 1024)))
	printf x | foreign_write "$id" 0
	before=$(segment_field "$id" rss)
	# shellcheck disable=SC2016
	with_file 'cat "$SHMTOOL_FILE" | wc -c'
	assert_output_is $((64 * 1024 * 1024))
	assert_equal "$(segment_field "$id" rss)" "$before"
}

@test "--as-file: child processes can open the path until attach exits, and not afterwards" {
	need_root
	noise
	# shellcheck disable=SC2016
	try attach --as-file "$id" -- sh -c 'echo "$SHMTOOL_FILE"; sh -c "sh -c \"head -c 1 \$SHMTOOL_FILE >/dev/null\""'
	expect_status 0
	run ! test -e "$output"
	# shellcheck disable=SC2016
	try attach --as-file --hold 0 "$id" -- perl -e '
		for (1 .. 500) { exit 9 unless -e $ENV{SHMTOOL_FILE}; select undef, undef, undef, 0.01 }'
	expect_status 9
}

@test "--as-file: mappings of the path are not counted as attachments, that of attach is" {
	need_root
	noise
	# shellcheck disable=SC2016
	with_file 'exec python3 -c "
import mmap, os
file = open(os.environ[\"SHMTOOL_FILE\"], \"rb\")
memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
id = os.environ[\"SHMTOOL_ID\"]
print([row.split()[6] for row in open(\"/proc/sysvipc/shm\") if row.split()[1] == id][0])"'
	expect_status 0
	assert_output_is 1
	assert_equal "$(segment_field "$id" nattch)" 0
}

@test "--as-file: if COMMAND changes the size, it is restored and reported" {
	need_root
	noise
	# shellcheck disable=SC2016
	with_file 'printf hello >"$SHMTOOL_FILE"'
	expect_status 0
	assert_stderr_is "shmtool attach: warning: COMMAND truncated segment $id (no key): everything after byte 5 is now zero"
	foreign_read "$id" 0 100000 | cmp - <(printf hello && head -c 99995 /dev/zero)
	# shellcheck disable=SC2016
	with_file 'echo more >>"$SHMTOOL_FILE"; exit 3'
	expect_status 3
	assert_stderr_has 'wrote past the end'
	foreign_read "$id" 0 5 >/dev/null
	try attach "$id" true
	expect_status 0
	# -r is about the attachment, not about the file
	# shellcheck disable=SC2016
	try attach -r --as-file "$id" -- sh -c ': >"$SHMTOOL_FILE"'
	assert_stderr_has ': it now contains only zeros'
	try attach "$id" true
	expect_status 0
}

@test "--as-file: other commands report that COMMAND has truncated the segment" {
	need_root
	local size
	for size in 4096 0; do
		noise
		rm -f cut
		# shellcheck disable=SC2016
		background shmtool attach --as-file "$id" -- \
			sh -c 'truncate -s "$0" "$SHMTOOL_FILE"; touch cut; exec sleep 1000' "$size"
		wait_until test -e cut
		try read "$id"
		expect_status 9
		assert_stderr_has "cannot read segment $id (no key): it was truncated through its file"
		try stat --map "$id"
		expect_status 9
		assert_stderr_has "cannot examine the contents of segment $id (no key): it was truncated through its file"
		try attach "$id" true
		expect_status 125
		assert_stderr_has "cannot attach segment $id (no key): it was truncated through its file"
		# what may not open the file sees only that not all of it is mapped
		local command
		for command in 'read -o 8000 -n 8' 'read -o 8000 -n 100' 'write -o 8000 -t lost' \
			'write -o 8000 --u32 1' 'write -o 8000 -n 8 --fill 1' 'stat --map'; do
			# shellcheck disable=SC2086
			run --separate-stderr setpriv --bounding-set=-checkpoint_restore,-sys_admin \
				"$SHMTOOL" ${command%% *} "$id" ${command#* }
			expect_status 9
			assert_output_lacks 00001f40
			assert_stderr_has "segment $id (no key): it was truncated through its file"
		done
		end_process "$(pgrep -P "$background_pid")"
		wait_for_status "$background_pid"
	done
}

@test "--as-file: a last user that a refused look at a truncated segment overwrites is reported" {
	need_root
	local command child
	noise
	# shellcheck disable=SC2016
	background shmtool attach --as-file "$id" -- \
		sh -c 'truncate -s 4096 "$SHMTOOL_FILE"; touch cut; exec sleep 1000'
	wait_until test -e cut
	# killed, it does not restore the size
	child=$(pgrep -P "$background_pid")
	kill -KILL "$background_pid" "$child"
	wait_until process_is_gone "$child"
	for command in read 'stat --map'; do
		# shellcheck disable=SC2016
		background perl -e 'shmread($ARGV[0], $_, 0, 1) or die; $| = 1; print "ready"; sleep' "$id"
		wait_until grep -q ready "$background_output"
		# shellcheck disable=SC2086
		run --separate-stderr setpriv --bounding-set=-checkpoint_restore,-sys_admin \
			"$SHMTOOL" $command "$id"
		expect_status 9
		assert_stderr_has "overwrites its last user (process $background_pid perl, still running)"
	done
}

is_detached()
{
	[[ $(segment_field "$id" nattch) == 0 ]]
}

attached_by()
{
	[[ $(segment_field "$id" lpid) == "$1" ]]
}

# has_bytes FD: something can be read from it
has_bytes()
{
	python3 -c 'import select, sys; sys.exit(not select.select([int(sys.argv[1])], [], [], 0)[0])' "$1"
}

@test "--as-file: one that is truncated while it is read: exit 9" {
	need_root
	local held
	id=$(make_segment $((4 << 20)))
	shmtool write "$id" --fill 7
	mkfifo go pipe
	# shellcheck disable=SC2016
	background shmtool attach --as-file "$id" -- \
		sh -c 'read x <go; : >"$SHMTOOL_FILE"; touch cut; read x <go'
	held=$background_pid
	wait_until attached_by "$held"
	background shmtool read "$id" -f pipe
	exec 8<pipe
	# it waits for room in the pipe
	wait_until has_bytes 8
	echo >go
	wait_until test -e cut
	timeout 120 cat <&8 >/dev/null || true
	exec 8<&-
	wait_for_status "$background_pid"
	assert_equal "$ended" 9
	assert_equal "$(<"$background_errors")" \
		"shmtool read: cannot read segment $id (no key): it was truncated through its file (attach --as-file)"
	echo >go
	wait_for_status "$held"
}

@test "--as-file: a size that is short only for a moment is not restored later" {
	need_root
	noise
	export id SHMTOOL
	# another one truncates the segment, and will restore its size
	# shellcheck disable=SC2016
	export STOP_RUN='unset LD_PRELOAD STOP_AT
		"$SHMTOOL" attach --as-file "$id" sh -c '\''truncate -s 4096 "$SHMTOOL_FILE"; touch cut; read x <go'\'' >other 2>&1 3>&- &
		timeout 60 sh -c "until [ -e cut ]; do sleep 0.01; done"'
	mkfifo go
	run --separate-stderr with_steps "run:open:/proc/self/map_files/*" "$SHMTOOL" attach --as-file "$id" touch ran
	expect_status 125
	assert_equal "$(steps_taken)" 1
	assert_stderr_has 'truncated through its file'
	[[ ! -e ran ]]
	echo >go
	wait_until is_detached
	shmtool read "$id" >content
	assert_equal "$(stat -c %s content)" "$(segment_field "$id" size)"
}

@test "--as-file: SHMTOOL_FILE is never another segment's" {
	id=$(make_segment)
	SHMTOOL_FILE=/dev/null run --separate-stderr shmtool attach "$id" printenv SHMTOOL_FILE
	expect_status 1
	assert_output_is ''
}

@test "--as-file without the capability: exit 125, and COMMAND does not run" {
	need_root
	id=$(as_user shmtool create -s 4096)
	try_as_user attach --as-file "$id" -- touch ran
	expect_status 125
	assert_stderr_has "segment $id"
	assert_stderr_has 'this requires CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN'
	[[ ! -e ran ]]
	assert_equal "$(segment_field "$id" nattch)" 0
}

@test "--as-file without COMMAND: exit 2" {
	id=$(make_orphan)
	before=$(segment_field "$id" lpid)
	try attach --as-file "$id"
	expect_status 2
	assert_output_is ''
	assert_equal "$(segment_field "$id" lpid)" "$before"
}

@test "--as-file: a segment of huge pages" {
	need_root
	more_huge_pages 2
	local id
	id=$(shmtool create -s 4M --huge)
	head -c 4M /dev/urandom | tee content | shmtool write "$id"
	# shellcheck disable=SC2016
	try attach --as-file "$id" sh -c 'sha256sum <"$SHMTOOL_FILE"'
	expect_status 0
	assert_output_is "$(sha256sum <content)"
	# shellcheck disable=SC2016
	try attach --as-file "$id" python3 -c 'import mmap, os
f = open(os.environ["SHMTOOL_FILE"], "r+b")
m = mmap.mmap(f.fileno(), 4 << 20)
m[3 << 20] = 65'
	expect_status 0
	assert_equal "$(shmtool read "$id" -o 3M -n 1)" A
	ipcrm -m "$id"
}

@test "an option after SEGMENT: exit 125, and nothing is attached" {
	id=$(make_segment)
	try attach "$id" --hold=1
	expect_status 125
	assert_stderr_is "\
shmtool attach: \"--hold=1\": options must come before SEGMENT
shmtool attach: hint: give options first, as in \"shmtool attach --as-file SEGMENT COMMAND\"; or use -- before a COMMAND whose name begins with \"-\""
	assert_equal "$(segment_field "$id" lpid)" 0
	run -127 --separate-stderr shmtool attach "$id" -- --hold=1
}

@test "--as-file: a size that cannot be restored is reported" {
	need_root
	need_strace
	noise
	# shellcheck disable=SC2016
	ASAN_OPTIONS=detect_leaks=0 run --separate-stderr strace -qq -o trace -e trace=ftruncate \
		-e inject=ftruncate:error=EPERM "$SHMTOOL" attach --as-file "$id" -- sh -c 'printf hello >"$SHMTOOL_FILE"'
	expect_status 0
	assert_stderr_has "warning: COMMAND left the file of segment $id (no key) with 5 bytes; the segment can no longer be attached"
}
