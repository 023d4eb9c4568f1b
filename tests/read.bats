#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0
load lib/common
load lib/stop

# A segment that holds stdin; its id in id, the same bytes in the file wanted.
segment_of_stdin()
{
	cat >wanted
	id=$(make_orphan "$(wc -c <wanted)")
	foreign_write "$id" 0 <wanted
}

random_segment()
{
	head -c "$1" /dev/urandom | segment_of_stdin
	# the pipe's right side ran in a shell of its own
	id=$(awk 'END { print $2 }' /proc/sysvipc/shm)
}

# What is in this directory, but for what bats itself puts there.
files_here()
{
	find . -mindepth 1 ! -name 'separate-stderr-*' | LC_ALL=C sort | tr '\n' ' '
}

# --- Bytes ------------------------------------------------------------------

# bats test_tags=engine
@test "read copies the bytes that another program wrote" {
	random_segment 70001
	shmtool read "$id" | cmp - wanted
	shmtool read "$id" -f - | cmp - wanted
	shmtool read "id:$id" >out
	cmp out wanted
}

@test "-v reports how much was read, from which segment" {
	id=$(make_segment 5)
	try read "$id" -v -f out
	expect_status 0
	assert_stderr_is "shmtool read: read 5 bytes from segment $id (no key)"
}

@test "by key" {
	id=$(make_segment 5 600 0x1234)
	printf hello | foreign_write "$id" 0
	try read 0x1234
	assert_output_is hello
	try read key:4660
	assert_output_is hello
}

# bats test_tags=engine
@test "offsets and lengths" {
	random_segment 10000
	local pair offset length
	for pair in 0:0 0:1 0:10000 1:9999 9999:1 10000:0 4095:2 4096:4096 0x10:0x20 1K:2K 7:; do
		offset=${pair%:*}
		length=${pair#*:}
		shmtool read "$id" -o "$offset" ${length:+-n "$length"} >out
		perl -e 'my ($o, $n) = map { s/K$// ? $_ * 1024 : /^0x/ ? hex : $_ } @ARGV;
			undef $/; my $all = <STDIN>; print substr $all, $o, $n eq "" ? 1e9 : $n' \
			"$offset" "$length" <wanted >part
		cmp out part
	done
}

@test "options may appear after the operand" {
	random_segment 100
	POSIXLY_CORRECT=1 shmtool read "$id" -n 3 | cmp - <(head -c 3 wanted)
	shmtool read -n 3 -- "$id" | cmp - <(head -c 3 wanted)
}

# bats test_tags=engine
@test "more than a pipe holds, to a slow reader" {
	random_segment 1000000
	shmtool read "$id" | perl -e 'while (sysread STDIN, my $x, 777) { print $x }' | cmp - wanted
}

# bats test_tags=engine
@test "a segment larger than the steps in which it is copied" {
	random_segment $((3 * 1024 * 1024 + 17))
	shmtool read "$id" | cmp - wanted
	shmtool read "$id" -o 1M -f out
	cmp out <(tail -c +1048577 wanted)
}

@test "ranges past the end and overflowing: exit 2, and nothing is read" {
	random_segment 100
	before=$(segment_field "$id" lpid)
	local arguments
	for arguments in "-o 101" "-o 101 -n 0" "-n 101" "-o 1 -n 100" "-o 100 -n 1" \
		"-o 18446744073709551615" "-o 1 -n 18446744073709551615" \
		"-o 18446744073709551615 -n 1" "-o 18446744073709551615 -n 2" \
		"-o 0xffffffffffffffff -n 0xffffffffffffffff" "-o 18446744073709551616" "-o -1" \
		"-n -1" "-n x" "-o 1x" "-n 99999999T"; do
		# shellcheck disable=SC2086
		try read "$id" $arguments
		expect_status 2
		assert_output_is ""
		# shellcheck disable=SC2086
		try read "$id" $arguments -f out
		expect_status 2
		[[ ! -e out ]]
	done
	try read "$id" -o 7 -n 94
	assert_stderr_has 94
	assert_stderr_has 100
	assert_equal "$(segment_field "$id" lpid)" "$before"
}

# bats test_tags=engine
@test "-n 0 reads nothing, which is not an error" {
	random_segment 100
	local arguments
	for arguments in "-n 0" "-n 0 -x" "-o 100" "-o 100 -x" "-o 50 -n 0"; do
		# shellcheck disable=SC2086
		try read "$id" $arguments
		expect_status 0
		assert_output_is ""
		assert_stderr_is ""
	done
	try read "$id" -n 0 -f out
	expect_status 0
	assert_equal "$(stat -c %s out)" 0
}

@test "usage errors" {
	id=$(make_segment)
	local arguments
	for arguments in "" "$id $id" "$id --bogus" "$id -n" "-5" "0x" "01" "$id -x=1" "key:0" "4294967296"; do
		# shellcheck disable=SC2086
		try read $arguments
		expect_status 2
		assert_output_is ""
	done
	try read "$id" -f ""
	expect_status 2
	try read ""
	expect_status 2
}

@test "no such segment: exit 3" {
	try read 5
	expect_status 3
	assert_output_is ""
	try read 0x77 -f out
	expect_status 3
	assert_stderr_has 0x00000077
	[[ ! -e out ]]
}

# bats test_tags=engine
@test "read leaves the bytes, owner and mode unchanged, and no attachment" {
	random_segment 5000
	before=$(awk -v id="$id" '$2 == id { print $1, $2, $3, $4, $7, $8, $9, $10, $11, $14 }' /proc/sysvipc/shm)
	shmtool read "$id" | cmp - wanted
	assert_equal "$(awk -v id="$id" '$2 == id { print $1, $2, $3, $4, $7, $8, $9, $10, $11, $14 }' /proc/sysvipc/shm)" "$before"
	foreign_read "$id" 0 5000 | cmp - wanted
}

# bats test_tags=engine
@test "marked for removal and still attached: may be read" {
	random_segment 5000
	hold_segment "$id"
	ipcrm -m "$id"
	shmtool read "$id" | cmp - wanted
}

# bats test_tags=engine
@test "kernel.shm_rmid_forced=1: refused where reading would destroy it" {
	local live
	random_segment 100
	hold_segment "$id"
	# while its creator runs, the kernel does not destroy an unattached segment
	make_live_segment >live
	live=$(<live)
	set_limit shm_rmid_forced 1
	shmtool read "$id" | cmp - wanted
	try read "$live"
	expect_status 7
	assert_stderr_has shm_rmid_forced
	segment_exists "$live"
}

# --- No trace where it can be -------------------------------------------------

# What a look must leave as it is.
times_and_users()
{
	awk -v id="$id" '$2 == id { print $5, $6, $7, $12, $13, $14 }' /proc/sysvipc/shm
}

# A segment that another process has attached, with old times and a last user that has
# exited: the attached process was not the last one to attach.
attached_segment()
{
	random_segment 50000
	hold_segment "$id"
	perl -e 'shmread($ARGV[0], my $x, 0, 1) or die' "$id"
	sleep 1.1
}

# bats test_tags=engine
@test "reading a segment that a process has attached leaves no trace, given the capabilities" {
	attached_segment
	before=$(times_and_users)
	shmtool read "$id" | cmp - wanted
	! has_files || assert_equal "$(times_and_users)" "$before"
	shmtool read "$id" -f out
	cmp out wanted
	shmtool read "$id" -x | cmp - <(hexdump -C wanted)
	if has_files; then
		assert_equal "$(times_and_users)" "$before"
	else
		[[ $(times_and_users) != "$before" ]]
		assert_equal "$(segment_field "$id" nattch)" 1
	fi
}

# bats test_tags=engine
@test "read attaches a segment that is unattached, or that cannot be opened as a file" {
	if has_files; then
		random_segment 50000
	else
		attached_segment
	fi
	before=$(segment_field "$id" lpid)
	shmtool read "$id" | cmp - wanted
	[[ $(segment_field "$id" lpid) != "$before" ]]
}

@test "read warns if the last user may be running in another PID namespace" {
	need_root
	id=$(make_segment 10)
	# shellcheck disable=SC2016 # it is for perl
	background perl -e '$| = 1; shmwrite($ARGV[0], "x", 0, 1) or die; print "done\n"; sleep 1 while 1' "$id"
	wait_until test -s "$background_output"
	run --separate-stderr unshare --pid --fork --kill-child --mount-proc "$SHMTOOL" read "$id" -n 1
	expect_status 0
	assert_output_is x
	assert_stderr_is "shmtool read: warning: reading segment $id (no key) overwrites its last user (in another PID namespace, may be running); it may later be considered orphaned"
}

# The last user that shmat(2) overwrites is then not the one that was seen before.
@test "read, stat --map and set warn if a process used the segment just before they attach it" {
	local words
	for words in 'read -n 1' 'stat --map' 'set -p 640'; do
		id=$(make_segment 10)
		# shellcheck disable=SC2086 # words
		stop_at shmat shmtool $words "$id"
		# shellcheck disable=SC2016 # it is for perl
		background perl -e '$| = 1; shmread($ARGV[0], my $x, 0, 1) or die; print "done\n"; sleep 1 while 1' "$id"
		wait_until test -s "$background_output"
		go_on
		assert_equal "$ended" 0
		assert_stderr_has "segment $id (no key) overwrites its last user (which detached it just now, and may be running); it may later be considered orphaned"
	done
}

@test "read warns if it detaches the segment after a process that is still running" {
	need_root
	local user
	id=$(as_user "$SHMTOOL" create -s 10)
	# shellcheck disable=SC2016 # it is for perl
	background as_user perl -MIPC::SysV=shmat,shmdt -e '
		my $at = shmat($ARGV[0], undef, 0) // die "shmat: $!";
		$SIG{USR1} = sub { shmdt($at) // die };
		$| = 1; print "attached\n"; sleep 1 while 1' "$id"
	wait_until test -s "$background_output"
	user=$background_pid
	stop_at write::1:1 as_user "$SHMTOOL" read "$id" -n 4
	kill -USR1 "$user"
	is_detached()
	{
		[[ $(segment_field "$id" nattch) == 1 ]]
	}
	wait_until is_detached
	go_on
	assert_equal "$ended" 0
	assert_stderr_has "warning: reading segment $id (no key) overwrites its last user (process $user "
}

# bats test_tags=engine
@test "kernel.shm_rmid_forced=1: an attached segment can be read" {
	random_segment 5000
	hold_segment "$id"
	set_limit shm_rmid_forced 1
	shmtool read "$id" | cmp - wanted
	segment_exists "$id"
}

@test "the segment's mode decides who may read, even if it is read through another process" {
	need_root
	id=$(as_user shmtool create -s 10 -p 0600)
	hold_segment "$id"
	# root by its number, without the right to pass over modes
	run --separate-stderr setpriv --bounding-set -ipc_owner "$SHMTOOL" read "$id"
	expect_status 5
	assert_output_is ""
	as_user shmtool "set" "$id" -p 0604
	run --separate-stderr setpriv --bounding-set -ipc_owner "$SHMTOOL" read "$id" -x
	expect_status 0
}

# --- Hex dump ---------------------------------------------------------------

# bats test_tags=engine
@test "-x is what hexdump -C shows, for sizes 1 to 40" {
	local size
	# the keys are the sizes
	perl -e '
		for my $size (1 .. 40) {
			my $bytes = join "", map { chr rand 256 } 1 .. $size;
			shmwrite(shmget($size, $size, 01600) // die, $bytes, 0, $size) or die;
			open my $file, ">", "wanted.$size" or die;
			print $file $bytes;
		}'
	for ((size = 1; size <= 40; size++)); do
		"$SHMTOOL" read -x "key:$size"
		hexdump -C "wanted.$size" >&3
	done >out 3>wanted
	cmp out wanted
	(($(wc -l <out) == 40 + 16 + 16 * 2 + 8 * 3))
}

# bats test_tags=engine
@test "-x squeezes runs as hexdump -C does" {
	local perl
	for perl in '"\0" x 16' '"\0" x 17' '"\0" x 32' '"\0" x 33' '"\0" x 48' '"\0" x 8192' \
		'"\0" x 64 . "a"' '"\0" x 63 . "a"' '"a" x 16 . "b" x 32 . "a" x 48' \
		'"\0" x 4096 . "x" . "\0" x 4095' '("0123456789abcdef" x 4) . "0123456789abcde"' \
		'"a" x 48 . "b" x 16 . "b" x 15' 'join "", map { chr } 0 .. 255'; do
		perl -e "print $perl" >wanted
		id=$(make_segment "$(wc -c <wanted)")
		foreign_write "$id" 0 <wanted
		shmtool read "$id" -x | cmp - <(hexdump -C wanted)
	done
}

# bats test_tags=engine
@test "-x of ranges, as hexdump -C -s -n" {
	{
		head -c 500 /dev/zero
		head -c 100 /dev/urandom
		head -c 400 /dev/zero
	} >wanted
	id=$(make_segment 1000)
	foreign_write "$id" 0 <wanted
	local pair
	for pair in 0:16 1:16 1:15 3:1 15:17 16:64 5:495 490:30 600:400 999:1 17:983; do
		shmtool read "$id" -x -o "${pair%:*}" -n "${pair#*:}" |
			cmp - <(hexdump -C -s "${pair%:*}" -n "${pair#*:}" wanted)
	done
}

# bats test_tags=engine
@test "-x of runs of lines that begin and end anywhere, as hexdump -C" {
	local seed size offset length
	for seed in {1..12}; do
		perl -e 'srand shift;
			my @lines = ("\0" x 16, "a" x 16, "0123456789abcdef");
			print map { my $n = int rand 600; rand() < 0.2
				? join "", map { chr rand 256 } 0 .. $n % 40
				: substr($lines[rand @lines] x 600, rand 16, 16 * $n + rand 16) } 1 .. 12' \
			"$seed" >wanted
		size=$(wc -c <wanted)
		id=$(make_segment "$size")
		foreign_write "$id" 0 <wanted
		for offset in 0 1 $((seed * 977)); do
			for length in 1 4097 $((size - offset)); do
				((offset + length <= size)) || continue
				shmtool read "$id" -x -o "$offset" -n "$length"
				hexdump -C -s "$offset" -n "$length" wanted >&3
			done
		done >out 3>dump
		cmp out dump
		ipcrm -m "$id"
	done
}

# bats test_tags=engine
@test "-x of offsets above 4 GiB shows all of their digits" {
	[[ ${WORD_BITS-} != 32 ]] || skip 'no program of 32 bits can have it'
	id=$(shmtool create -s 5G --no-reserve)
	try read "$id" -x -o $((4 * 1024 * 1024 * 1024 + 16)) -n 3
	expect_status 0
	assert_equal "${lines[0]%% *}" 100000010
	assert_equal "${lines[1]}" 100000013
	ipcrm -m "$id"
}

@test "-x -f FILE writes the dump to FILE" {
	random_segment 100
	try read "$id" -x -f out
	expect_status 0
	assert_output_is ""
	cmp out <(hexdump -C wanted)
}

@test "on a terminal it is a hex dump, and into a file it is not" {
	need_command script
	random_segment 100
	TERM=dumb script -qec "'$SHMTOOL' read $id" /dev/null </dev/null | tr -d '\r' >out
	cmp out <(hexdump -C wanted)
	TERM=dumb script -qec "'$SHMTOOL' read $id -f plain" /dev/null </dev/null
	cmp plain wanted
	TERM=dumb script -qec "'$SHMTOOL' read $id | cat >piped" /dev/null </dev/null
	cmp piped wanted
}

# --- -f FILE ----------------------------------------------------------------

@test "-f creates a file of mode 0600, whatever the umask" {
	local mask
	random_segment 5000
	for mask in 0 077 0277 0777; do
		run --separate-stderr bash -c "umask $mask && exec '$SHMTOOL' read $id -f out"
		expect_status 0
		assert_output_is ""
		cmp out wanted
		assert_equal "$(stat -c %a out)" 600
		assert_equal "$(files_here)" "./out ./wanted "
		rm out
	done
}

# It may be a segment's: to cut it off would harm who has that attached.
@test "-f writes directly to a file below /proc, and does not replace it" {
	random_segment 5000
	printf '0123456789' >out
	exec 5<>out
	try read "$id" -n 4 -f "/proc/$$/fd/5"
	expect_status 0
	cmp out <(head -c 4 wanted && printf 456789)
	exec 5>&-
}

@test "-f replaces a file: a new one is renamed into place" {
	random_segment 5000
	echo old >out
	chmod 644 out
	ln out link
	exec 5<out
	try read "$id" -f out
	expect_status 0
	cmp out wanted
	assert_equal "$(stat -c %a out)" 600
	assert_equal "$(cat link)" old
	assert_equal "$(cat <&5)" old
	exec 5<&-
	assert_equal "$(files_here)" "./link ./out ./wanted "
}

@test "-f replaces the target of a symlink" {
	random_segment 5000
	mkdir directory
	echo old >directory/target
	ln -s directory/target one
	ln -s one two
	ln -s "$PWD/two" three
	try read "$id" -f three
	expect_status 0
	cmp directory/target wanted
	[[ -L one && -L two && -L three && ! -L directory/target ]]
	assert_equal "$(ls directory)" target
}

@test "-f creates the target of a dangling symlink" {
	random_segment 5000
	mkdir directory
	ln -s target directory/link
	try read "$id" -f directory/link
	expect_status 0
	[[ -L directory/link ]]
	cmp directory/target wanted
}

@test "-f through a symlinked directory and up again" {
	random_segment 10
	mkdir -p real/sub
	ln -s real/sub sub
	ln -s ../target real/sub/link
	try read "$id" -f sub/link
	expect_status 0
	cmp real/target wanted
}

@test "-f and symlinks that lead to themselves: exit 7" {
	random_segment 10
	ln -s loop loop
	try read "$id" -f loop
	expect_status 7
	[[ -L loop ]]
}

@test "-f with a file that cannot be written: exit 7, or 5 if permission is denied" {
	random_segment 10
	mkdir directory
	try read "$id" -f directory
	expect_status 7
	assert_stderr_has directory
	try read "$id" -f missing/out
	expect_status 7
	try read "$id" -f wanted/out
	expect_status 7
	if is_root; then
		mkdir -m 755 roots
		echo old >roots/out
		chmod 666 roots/out
		shmtool "set" "$id" -p 0644
		try_as_user read "$id" -f roots/out
		expect_status 5
		assert_equal "$(cat roots/out)" old
		assert_equal "$(ls roots)" out
	fi
}

# bats test_tags=engine
@test "-f on a full disk leaves the old file unchanged" {
	need_root
	random_segment 200000
	mkdir disk
	run --separate-stderr unshare --mount bash -c "
		mount -t tmpfs -o size=64k none disk && echo old >disk/out &&
		'$SHMTOOL' read $id -f disk/out; echo \"status \$?\"; cat disk/out; ls -A disk"
	expect_status 0
	assert_equal "${lines[*]}" "status 7 old out"
	assert_stderr_has "No space left on device; the existing file was not changed"
	run --separate-stderr unshare --mount bash -c "
		mount -t tmpfs -o size=64k none disk; '$SHMTOOL' read $id -f disk/new; ls -A disk"
	assert_output_is ''
	assert_stderr_has "No space left on device; no file was made"
}

@test "-f on a read-only file system leaves the old file unchanged" {
	need_root
	random_segment 10
	mkdir disk
	run --separate-stderr unshare --mount bash -c "
		mount -t tmpfs none disk && echo old >disk/out && mount -o remount,ro disk &&
		'$SHMTOOL' read $id -f disk/out; echo \"status \$?\"; cat disk/out; ls -A disk"
	assert_equal "${lines[*]}" "status 7 old out"
}

# bats test_tags=engine
@test "-f above RLIMIT_FSIZE leaves the old file unchanged" {
	random_segment 200000
	echo old >out
	# bash would not hand on an ignored SIGXFSZ otherwise
	run --separate-stderr bash -c "trap '' XFSZ; exec prlimit --fsize=65536 '$SHMTOOL' read $id -f out"
	expect_status 7
	assert_equal "$(cat out)" old
	assert_equal "$(files_here)" "./out ./wanted "
}

# bats test_tags=engine
@test "-f writes directly to a FIFO, /dev/null and /dev/full" {
	random_segment 100000
	mkfifo pipe
	background cat pipe
	try read "$id" -f pipe
	expect_status 0
	wait_for_status "$background_pid"
	cmp "$background_output" wanted
	[[ -p pipe ]]
	try read "$id" -f /dev/null
	expect_status 0
	[[ -c /dev/null ]]
	try read "$id" -f /dev/full
	expect_status 7
	assert_stderr_has "No space left"
	[[ -c /dev/full ]]
	try read "$id" -f /dev/stdout
	expect_status 0
	assert_equal "$(files_here)" "./pipe ./wanted "
}

@test "-f with the name of a descriptor (/dev/stdout) writes directly to it" {
	random_segment 5000
	foreign_read "$id" 0 5000 >wanted
	echo first >out
	shmtool read "$id" -f /dev/fd/7 7>>out
	cmp <(echo first; cat wanted) out
	shmtool read "$id" -f /dev/stderr 2>out
	cmp wanted out
	local name
	ln -s /dev/stdout link
	for name in /dev/stdout link /dev/./stdout /dev//fd/1 /proc/thread-self/fd/1; do
		echo first >out
		shmtool read "$id" -f "$name" >>out
		cmp <(echo first; cat wanted) out
	done
	try read "$id" -f /proc/self/fd/77
	expect_status 7
	assert_stderr_has "No such file or directory"
}

@test "-f with the memory of the segment itself: exit 7, and nothing is written" {
	has_files || skip 'segments cannot be opened as files here'
	local path n
	random_segment 8192
	foreign_read "$id" 0 8192 >wanted
	hold_segment "$id"
	path=/proc/$holder_pid/map_files/$(awk '/ \/SYSV/ { print $1; exit }' "/proc/$holder_pid/maps")
	try read "$id" -o 4096 -n 1000 -f "$path"
	expect_status 7
	assert_stderr_is "shmtool read: cannot write $path: it is the memory of the segment itself"
	# shellcheck disable=SC2016 # it is for the shell
	run --separate-stderr sh -c '"$0" read "$1" -o 4096 -n 1000 1<>"$2"' "$SHMTOOL" "$id" "$path"
	expect_status 7
	assert_stderr_is "shmtool read: cannot write stdout: it is the memory of the segment itself"
	# the program's own descriptors, one of which is the segment
	(
		for n in {3..9}; do
			eval "exec $n>&-"
		done
		for n in {3..9}; do
			ln -s "/proc/self/fd/$n" "link$n"
			run ! shmtool read "$id" -o 4096 -n 1000 -f "link$n" 2>/dev/null
		done
	)
	foreign_read "$id" 0 8192 | cmp - wanted
}

@test "write -f with the memory of the segment itself: exit 7, and nothing is written" {
	has_files || skip 'segments cannot be opened as files here'
	random_segment 16384
	foreign_read "$id" 0 16384 >wanted
	# shellcheck disable=SC2016 # it is for the shell
	run --separate-stderr "$SHMTOOL" attach --as-file "$id" -- \
		sh -c '"$0" write "$SHMTOOL_ID" -o 4096 -f "$SHMTOOL_FILE" --truncate' "$SHMTOOL"
	expect_status 7
	assert_stderr_matches 'cannot read /proc/.*: it is the memory of the segment itself'
	foreign_read "$id" 0 16384 | cmp - wanted
}

@test "-f with a path where no file can be created: exit 7 or 5, and the reason" {
	random_segment 10
	ln -s loop loop
	touch file
	try read "$id" -f loop
	expect_status 7
	assert_stderr_matches "Too many levels of symbolic links|Symbolic link loop" # glibc, musl
	try read "$id" -f file/file
	expect_status 7
	assert_stderr_has "Not a directory"
	# the current directory no longer exists
	mkdir gone
	(cd gone && rmdir ../gone && ! shmtool read "$id" -f file) 2>errors
	grep -q 'cannot write file: No such file or directory; no file was made' errors
	need_root
	mkdir -m 700 closed
	id=$(make_segment 10 666)
	try_as_user read "$id" -f closed/file
	expect_status 5
	assert_stderr_has "Permission denied"
}

# bats test_tags=engine
@test "-f into a FIFO whose reader exits: SIGPIPE or exit 7" {
	random_segment 1000000
	mkfifo pipe
	background head -c 10 pipe
	try read "$id" -f pipe
	((status == 141 || status == 7))
}

# Starts a read into out that stands still after its first write, sends it
# SIGNAL there, and checks that nothing is left of it: interrupt_in_the_middle
# SIGNAL OPTION...
interrupt_in_the_middle()
{
	local signal=$1
	shift

	echo old >out
	# bash lets what it starts in the background ignore SIGINT
	stop_at 'after:@(write|sendfile)' env --default-signal "$SHMTOOL" read "$id" "$@" -f out
	kill "-$signal" "$program_pid"
	go_on
	assert_equal "$ended" $((128 + $(kill -l "$signal")))
	if ! echo old | cmp - out; then
		fail "SIG$signal: the old file was replaced"
	fi
	# nothing can be done about SIGKILL: the new file is still there
	local kept=''
	[[ $signal != KILL ]] || kept="$(echo ./.shmtool.*) "
	assert_equal "$(files_here)" "$kept./out ./steps ./wanted "
	rm -f .shmtool.*
}

# bats test_tags=engine
@test "a signal while it writes FILE leaves the old file and no temporary one" {
	random_segment $((3 * 1024 * 1024))
	interrupt_in_the_middle TERM
	interrupt_in_the_middle INT
	interrupt_in_the_middle HUP
	interrupt_in_the_middle KILL
}

# That can take minutes.
@test "a signal while it syncs FILE leaves the old file" {
	random_segment 4096
	echo old >out
	stop_at fsync shmtool read "$id" -f out
	kill -TERM "$program_pid"
	go_on
	assert_equal "$ended" 143
	assert_equal "$stderr" 'shmtool read: interrupted while writing out; the existing file was not changed'
	assert_equal "$(<out)" old
	assert_equal "$(files_here)" './out ./steps ./wanted '
}

# bats test_tags=engine
@test "a signal while it writes a hex dump into FILE, too" {
	random_segment $((1024 * 1024))
	interrupt_in_the_middle KILL -x
	interrupt_in_the_middle TERM -x
}

# --- stdout -----------------------------------------------------------------

# bats test_tags=engine
@test "stdout full or closed: exit 7" {
	random_segment 100
	local hex
	for hex in "" -x; do
		run --separate-stderr bash -c "'$SHMTOOL' read $id $hex >/dev/full"
		expect_status 7
		assert_stderr_has "No space left"
		run --separate-stderr bash -c "'$SHMTOOL' read $id $hex >&-"
		expect_status 7
		assert_stderr_has "cannot write"
	done
}

# bats test_tags=engine
@test "a reader that exits: SIGPIPE, and no message" {
	random_segment 1000000
	local hex
	for hex in "" -x; do
		run --separate-stderr bash -c "'$SHMTOOL' read $id $hex | head -c 1 >/dev/null; echo \${PIPESTATUS[0]}"
		assert_output_is 141
		assert_stderr_is ""
	done
}

# bats test_tags=engine
@test "stdout that would block" {
	random_segment 300000
	perl -MFcntl -e 'pipe my $r, my $w; fcntl $w, F_SETFL, O_NONBLOCK | fcntl $w, F_GETFL, 0;
		my $pid = fork; if (!$pid) { open STDOUT, ">&", $w; close $r; exec @ARGV }
		close $w; while (sysread $r, my $x, 5000) { print $x; select undef, undef, undef, 0.001 }
		waitpid $pid, 0; exit $? >> 8' "$SHMTOOL" read "$id" >out
	cmp out wanted
}

# --- Rights -----------------------------------------------------------------

@test "as an ordinary user: read permission is enough, and without it exit 5" {
	need_root
	random_segment 5000
	try_as_user read "$id"
	expect_status 5
	assert_output_is ""
	assert_stderr_has "segment $id"
	try_as_user read "$id" -f out
	expect_status 5
	[[ ! -e out ]]
	shmtool "set" "$id" -p 0222
	try_as_user read "$id"
	expect_status 5
	shmtool "set" "$id" -p 0604
	as_user shmtool read "$id" | cmp - wanted
}

@test "an ordinary user's own segment of mode 0000: exit 5" {
	need_root
	id=$(as_user shmtool create -s 10 -p 0)
	try_as_user read "$id"
	expect_status 5
	assert_stderr_has "mode 0000"
}

# bats test_tags=engine
@test "a segment that is removed before it is attached: exit 3" {
	random_segment 100
	stop_at shmat shmtool read "$id" -f out
	ipcrm -m "$id"
	go_on
	assert_equal "$ended" 3
	[[ ! -e out ]]
	assert_stderr_has "segment $id"
}

# bats test_tags=engine
@test "a segment that is removed while it is read is read to its end" {
	random_segment 1000000
	mkfifo pipe
	background shmtool read "$id" -f pipe
	exec 5<pipe
	head -c 1 <&5 >out
	ipcrm -m "$id"
	cat <&5 >>out
	exec 5<&-
	cmp out wanted
	wait_for_status "$background_pid"
	assert_equal "$ended" 0
}

# bats test_tags=engine
@test "RLIMIT_FSIZE: exit 7, the old file stays, and a command of attach has its signal" {
	random_segment 300000
	echo old >out
	run --separate-stderr bash -c "ulimit -f 100 && exec '$SHMTOOL' read $id -f out"
	expect_status 7
	assert_stderr_has "cannot write out: File too large"
	assert_equal "$(<out)" old
	run bash -c "ulimit -f 100 && exec '$SHMTOOL' attach $id sh -c 'head -c 300000 /dev/zero >file; exit \$?'"
	expect_status $((128 + $(kill -l XFSZ)))
}
