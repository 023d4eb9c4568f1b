#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0
load lib/common
load lib/stop
load lib/reuse

# A segment of SIZE bytes that is full of dots: its id in id.
dots()
{
	id=$(make_orphan "$1")
	perl -e 'print "." x $ARGV[0]' "$1" | foreign_write "$id" 0
}

# What is in the segment now, unprintable bytes as \ooo.
contents()
{
	foreign_read "$id" 0 "$(segment_field "$id" size)" | perl -pe 's/([^ -~])/sprintf "\\%03o", ord $1/ge'
}

assert_contents()
{
	assert_equal "$(contents)" "$1"
}

# --- Literals ---------------------------------------------------------------

# bats test_tags=engine
@test "-t writes the text with no newline" {
	dots 10
	try write "$id" -t hello
	expect_status 0
	assert_output_is ""
	assert_stderr_is ""
	assert_contents "hello....."
	try write "$id" -o 7 -t '=a%'
	assert_contents "hello..=a%"
	try write -t -- "$id"
	expect_status 0
	assert_contents "--llo..=a%"
}

@test "-t writes text that is special to popt unchanged" {
	local word
	# shellcheck disable=SC2016 # as it stands
	for word in =abc a=b '"q"' "'" "it's" '\n' '$HOME' ' x ' $'\n' '-z' '--' -1 "%s%n" '*' '#!' $'\xff\xfe'; do
		dots 8
		try write "$id" -t "$word"
		expect_status 0
		foreign_read "$id" 0 8 | cmp - <(perl -e 'print substr $ARGV[0] . "." x 8, 0, 8' -- "$word")
		dots 8
		try write "$id" "--text=$word"
		expect_status 0
		foreign_read "$id" 0 8 | cmp - <(perl -e 'print substr $ARGV[0] . "." x 8, 0, 8' -- "$word")
	done
	dots 8
	try write "$id" -t=ab
	expect_status 0
	assert_contents "=ab....."
}

@test "-x writes hex digits, with spaces between bytes" {
	dots 8
	try write "$id" -x "00 fF1a" -o 2
	expect_status 0
	assert_contents '..\000\377\032...'
	try write "$id" -x $' 41\t42 \n 43 '
	expect_status 0
	assert_contents 'ABC\377\032...'
}

@test "-x with invalid digits: exit 2, nothing written" {
	dots 8
	local word
	for word in 0 0x41 "4 1" 414 41,42 4g "" " " "41 4"; do
		try write "$id" -x "$word"
		expect_status 2
		assert_output_is ""
	done
	assert_contents "........"
}

# bats test_tags=engine
@test "every length and offset of a literal" {
	local offset length place=0 text=ABCDEFGHI
	dots $((9 * 9 * 32))
	for ((length = 1; length <= 9; length++)); do
		for offset in 0 1 2 3 4 7 8 16 $((32 - length)); do
			shmtool write "$id" -o "$((place + offset))" -t "${text:0:length}"
			place=$((place + 32))
			printf '%*s%*s\n' "$offset" '' -$((32 - offset)) "${text:0:length}"
		done
	done | tr ' ' . | tr -d '\n' >wanted
	foreign_read "$id" 0 $((9 * 9 * 32)) | cmp - wanted
}

@test "a literal past the end: exit 2, nothing written" {
	dots 8
	local arguments
	for arguments in "-t 123456789" "-t x -o 8" "-t 12 -o 7" "-x 0102 -o 7" "-t x -o 9" \
		"-t x -o 18446744073709551615" "-t 12 -o 18446744073709551615"; do
		# shellcheck disable=SC2086
		try write "$id" $arguments
		expect_status 2
	done
	assert_stderr_has "segment $id"
	assert_contents "........"
	try write "$id" -t 12345678
	assert_contents "12345678"
}

# bats test_tags=engine
@test "-z writes zeros to all or a range" {
	dots 16
	try write "$id" -z -o 3 -n 2
	expect_status 0
	assert_contents '...\000\000...........'
	try write "$id" -z -o 14
	assert_contents '...\000\000.........\000\000'
	try write "$id" -z
	assert_equal "$(contents | tr -d '\\0')" ""
	dots 16
	try write "$id" -z -n 0
	expect_status 0
	assert_contents "................"
}

# bats test_tags=engine
@test "-z of ranges that begin and end anywhere in pages" {
	perl -e 'print "." x 20000' >dots
	id=$(make_orphan 20000)
	local pair
	for pair in 0:20000 1:19999 0:4096 4096:4096 4095:4098 1:4095 5000:100 8191:1 8192:8193 100:19900 \
		16384:3616 16383:3616 12288:7712; do
		foreign_write "$id" 0 <dots
		try write "$id" -z -o "${pair%:*}" -n "${pair#*:}"
		expect_status 0
		foreign_read "$id" 0 20000 | cmp - <(perl -e 'my ($o, $n) = @ARGV; my $x = "." x 20000;
			substr $x, $o, $n, "\0" x $n; print $x' "${pair%:*}" "${pair#*:}")
	done
}

# bats test_tags=engine
@test "-z frees the memory" {
	id=$(make_orphan $((1024 * 1024)))
	head -c 1048576 /dev/urandom | foreign_write "$id" 0
	assert_equal "$(segment_field "$id" rss)" 1048576
	try write "$id" -z
	expect_status 0
	assert_equal "$(segment_field "$id" rss)" 0
}

# bats test_tags=engine
@test "--fill fills the segment, or a range, with one byte" {
	dots 8
	try write "$id" --fill 0x41 -o 2 -n 3
	expect_status 0
	assert_contents "..AAA..."
	try write "$id" --fill 255
	assert_contents '\377\377\377\377\377\377\377\377'
	local word
	for word in 256 -1 x "" 0x100 4294967296; do
		try write "$id" --fill "$word"
		expect_status 2
	done
}

# --- Files and streams ------------------------------------------------------

# bats test_tags=engine
@test "stdin is the default" {
	dots 10
	printf hello | shmtool write "$id"
	assert_contents "hello....."
	printf HE | shmtool write "$id" -o 8
	assert_contents "hello...HE"
	printf xy | shmtool write "$id" -f -
	assert_contents "xyllo...HE"
}

# bats test_tags=engine
@test "a large file, and a pipe in pieces, are written completely" {
	head -c 2500000 /dev/urandom >file
	id=$(make_orphan 2500000)
	shmtool write "$id" -f file
	foreign_read "$id" 0 2500000 | cmp - file
	shmtool write "$id" -z
	perl -e 'while (sysread STDIN, my $x, 3333) { syswrite STDOUT, $x }' <file | shmtool write "$id"
	foreign_read "$id" 0 2500000 | cmp - file
}

# bats test_tags=engine
@test "stdin that is a file is read from its current position" {
	dots 10
	printf 0123456789 >file
	{
		perl -e 'sysread STDIN, my $x, 6'
		shmtool write "$id"
	} <file
	assert_contents "6789......"
}

# bats test_tags=engine
@test "-n writes only that many bytes of a longer input" {
	dots 10
	printf 0123456789abcdef >file
	try write "$id" -n 4 -o 1 -f file
	expect_status 0
	assert_contents ".0123....."
	printf ABCDEFGHIJKLMNOP | shmtool write "$id" -n 3
	assert_contents "ABC23....."
	try write "$id" -n 0 -f file
	expect_status 0
	assert_contents "ABC23....."
}

@test "a file that does not fit is refused before a byte is written" {
	dots 8
	printf 123456789 >file
	try write "$id" -f file
	expect_status 7
	assert_stderr_matches "9 bytes.* 8 "
	assert_stderr_has "hint: use --truncate"
	run --separate-stderr bash -c "'$SHMTOOL' write $id <file"
	expect_status 7
	try write "$id" -f file -o 1
	expect_status 7
	try write "$id" -f file -o 8
	expect_status 7
	assert_contents "........"
}

# bats test_tags=engine
@test "a stream that does not fit: exit 7 with the count that was written" {
	dots 8
	run --separate-stderr bash -c "printf 123456789 | '$SHMTOOL' write $id"
	expect_status 7
	assert_stderr_is "\
shmtool write: stdin does not fit into segment $id (no key): wrote 8 bytes, but not the rest
shmtool write: hint: use --truncate if the rest is not needed"
	assert_contents "12345678"
	run --separate-stderr bash -c "printf abcdef | '$SHMTOOL' write $id -o 3"
	expect_status 7
	assert_stderr_matches "[^0-9]wrote 5 bytes"
	assert_contents "123abcde"
	run --separate-stderr bash -c "printf x | '$SHMTOOL' write $id -o 8"
	expect_status 7
	assert_stderr_matches "[^0-9]wrote 0 bytes"
}

# bats test_tags=engine
@test "a stream that fits exactly is not an error" {
	dots 8
	run --separate-stderr bash -c "printf 12345678 | '$SHMTOOL' write $id"
	expect_status 0
	assert_stderr_is ""
	run --separate-stderr bash -c "'$SHMTOOL' write $id -o 8 </dev/null"
	expect_status 0
	assert_contents "12345678"
}

# bats test_tags=engine
@test "--truncate writes what fits, of a file and of a stream" {
	dots 8
	printf 123456789 >file
	try write "$id" --truncate -f file -o 4
	expect_status 0
	assert_contents "....1234"
	run --separate-stderr bash -c "yes ab | '$SHMTOOL' write $id --truncate"
	expect_status 0
	assert_contents 'ab\012ab\012ab'
	printf xy >short
	try write "$id" --truncate -f short
	expect_status 0
	assert_contents 'xy\012ab\012ab'
}

# bats test_tags=engine
@test "input shorter than -n: exit 7" {
	dots 8
	printf 123 >file
	try write "$id" -n 4 -f file
	expect_status 7
	assert_stderr_is "shmtool write: file is too short (3 bytes; -n 4); nothing was written"
	assert_contents "........"
	run --separate-stderr bash -c "printf 123 | '$SHMTOOL' write $id -n 4"
	expect_status 7
	assert_stderr_is "shmtool write: stdin ended early: 3 of 4 bytes (-n) had been written"
	assert_contents "123....."
}

@test "ranges past the end and overflowing: exit 2, nothing written" {
	dots 8
	printf 12345678 >file
	local source range
	for source in "-f file" -z "--fill 1"; do
		for range in "-o 9" "-n 9" "-o 1 -n 8" "-o 8 -n 1" "-o 18446744073709551615" \
			"-o 2 -n 18446744073709551615" "-o 18446744073709551615 -n 2" \
			"-o 18446744073709551616" "-o -1" "-n -1" "-n 1x"; do
			# shellcheck disable=SC2086
			try write "$id" $source $range
			expect_status 2
		done
	done
	assert_contents "........"
}

@test "usage errors, nothing written" {
	dots 8
	local arguments
	for arguments in "" "$id $id -t x" "$id -t x -z" "$id -t x -x 00" "$id -t x -f file" "$id -z -z" \
		"$id -t x -n 1" "$id -z --truncate" "$id -t x --truncate" "$id -t" "$id --bogus" \
		"-1 -z" "0x -z" "key:0 -z"; do
		# shellcheck disable=SC2086
		try write $arguments
		expect_status 2
		assert_output_is ""
	done
	try write "$id" -t ""
	expect_status 2
	try write "$id" -f ""
	expect_status 2
	try write "$id" -t '!#:+'
	expect_status 2
	assert_contents "........"
}

@test "files that cannot be read: exit 7, or 5 if permission is denied" {
	dots 8
	mkdir directory
	try write "$id" -f missing
	expect_status 7
	assert_stderr_has missing
	try write "$id" -f directory
	expect_status 7
	run --separate-stderr bash -c "'$SHMTOOL' write $id <&-"
	expect_status 7
	run --separate-stderr bash -c "'$SHMTOOL' write $id </"
	expect_status 7
	if is_root; then
		printf secret >secret
		chmod 600 secret
		shmtool "set" "$id" -p 666
		try_as_user write "$id" -f secret
		expect_status 5
	fi
	assert_contents "........"
}

@test "no such segment: exit 3" {
	try write 5 -t x
	expect_status 3
	try write 0x77 -z
	expect_status 3
	assert_stderr_has 0x00000077
}

# bats test_tags=engine
@test "a signal while it waits for its input" {
	dots 8
	mkfifo pipe
	background env --default-signal "$SHMTOOL" write "$id" -f pipe
	exec 5>pipe
	printf 123 >&5
	wait_until begins_with 123
	kill -TERM "$background_pid"
	wait_for_status "$background_pid"
	exec 5>&-
	assert_equal "$ended" 143
	grep -q "3 bytes" "$background_errors"
	assert_contents "123....."
	assert_equal "$(segment_field "$id" nattch)" 0
}

# --- Rights, and the segment itself -----------------------------------------

@test "as an ordinary user: exit 5 without write permission" {
	need_root
	dots 8
	try_as_user write "$id" -t x
	expect_status 5
	assert_stderr_has "segment $id"
	assert_stderr_has "hint: "
	shmtool "set" "$id" -p 0604
	try_as_user write "$id" -t x
	expect_status 5
	assert_contents "........"
	shmtool "set" "$id" -p 0606
	try_as_user write "$id" -t x
	expect_status 0
	assert_contents "x......."
}

@test "an ordinary user's own segment of mode 0000 and 0400: exit 5" {
	need_root
	local mode
	for mode in 0 0400; do
		id=$(as_user shmtool create -s 10 -p "$mode")
		try_as_user write "$id" -z
		expect_status 5
	done
}

# bats test_tags=engine
@test "write leaves owner and mode unchanged, and no attachment" {
	id=$(make_orphan 100 640 0x1234)
	before=$(awk '{ print $1, $2, $3, $4, $7, $8, $9, $10, $11, $14 }' /proc/sysvipc/shm)
	shmtool write key:0x1234 -t x
	assert_equal "$(awk '{ print $1, $2, $3, $4, $7, $8, $9, $10, $11, $14 }' /proc/sysvipc/shm)" "$before"
}

# bats test_tags=engine
@test "kernel.shm_rmid_forced=1: refused where writing would destroy it" {
	dots 8
	id=$(make_live_segment 8)
	set_limit shm_rmid_forced 1
	segment_exists "$id" # while its creator lives
	try write "$id" -t x
	expect_status 7
	assert_stderr_has shm_rmid_forced
	segment_exists "$id"
}

# bats test_tags=engine
@test "a segment that is removed before it is attached: exit 3" {
	dots 8
	stop_at shmat shmtool write "$id" -t x
	ipcrm -m "$id"
	go_on
	assert_equal "$ended" 3
	assert_stderr_has "segment $id"
}

# bats test_tags=engine
@test "a segment that is removed while it is written: exit 9, with the count" {
	mkfifo pipe
	local held
	for held in '' yes; do
		dots 100
		[[ ! $held ]] || hold_segment "$id"
		exec 9<>pipe
		background shmtool write "$id" -n 6 -f pipe
		echo abc >&9
		wait_until begins_with abc
		ipcrm -m "$id"
		printf ef >&9
		wait_for_status "$background_pid"
		exec 9>&-
		assert_equal "$ended" 9
		assert_equal "$(<"$background_errors")" "shmtool write: segment $id (no key) was marked for \
removal while being written: the 6 bytes written will be lost at its last detach"
		assert_equal "$(<"$background_output")" ''
	done
	# the same of a word, while it waits for its guard
	id=$(shmtool create -s 100 -k 0x77 --with-guard)
	hold_segment "$id"
	mkfifo taken
	# shellcheck disable=SC2016
	background perl -e 'my $id = semget(0x77, 1, 0); semop($id, pack("s!3", 0, -1, 0)) or die;
		open my $file, "<", "taken" or die; <$file>; semop($id, pack("s!3", 0, 1, 0)) or die'
	exec 9>taken
	background shmtool write "$id" --fill 7 -n 4 --guard 0x77
	wait_until perl -e 'use IPC::SysV qw(GETNCNT); exit !(semctl(semget(0x77, 1, 0), 0, GETNCNT, 0) > 0)'
	ipcrm -m "$id"
	echo >&9
	exec 9>&-
	wait_for_status "$background_pid"
	assert_equal "$ended" 9
	grep -q 'was removed or marked for removal during the wait for guard' "$background_errors"
	foreign_read "$id" 0 4 | cmp - <(head -c 4 /dev/zero)
	# one that was marked before is meant
	id=$(make_segment)
	hold_segment "$id"
	ipcrm -m "$id"
	try write "$id" -t x
	expect_status 0
	assert_stderr_is ''
}

# bats test_tags=engine
@test "huge pages run out: exit 6, with the segment, the count, and what helps" {
	more_huge_pages 2
	[[ $(awk '/^HugePages_Free/ { print $2 }' /proc/meminfo) == 2 ]] || skip 'more huge pages are free'
	local id
	id=$(shmtool create -s 8M --huge --no-reserve -p 666)
	local said="segment $id (no key): out of huge pages"
	try write "$id" --fill 1
	expect_status 6
	assert_stderr_has "shmtool write: cannot write $said; at least 4194304 bytes were written"
	assert_stderr_has 'hint: see HugePages_Free in /proc/meminfo'
	try write "$id" -o 7M -t hello
	expect_status 6
	assert_stderr_has "$said"
	head -c 8M /dev/zero | tr '\0' x >file
	try write "$id" -f file
	expect_status 6
	assert_stderr_has "segment $id"
	# the error of a system call that reads memory without a page
	shmtool write "$id" -z
	echo 0 >/proc/sys/vm/nr_hugepages
	as_user shmtool read "$id" -f out 2>said && fail 'read what there is no memory for'
	assert_equal "$(head -n 1 said)" \
		"shmtool read: cannot read segment $id (no key): out of huge pages"
}

@test "-v reports how much was written, from where and to which segment" {
	dots 100
	echo hello >file
	try write "$id" -v -f file
	expect_status 0
	assert_stderr_is 'shmtool write: wrote 6 bytes from file'
	try write "$id" -v -t hello
	assert_stderr_is "shmtool write: wrote 5 bytes to segment $id (no key)"
}

without_proc()
{
	# shellcheck disable=SC2016 # it is for the shell
	capture unshare --mount sh -c 'umount --lazy /proc && exec "$@"' sh "$SHMTOOL" "$@"
	# without /proc the leak checker fails
	[[ $stderr == *LeakSanitizer* ]] || expect_status 0
}

@test "without /proc, huge pages are read and zeroed" {
	more_huge_pages 2
	local id
	head -c 3M /dev/urandom >file
	id=$(shmtool create -s 4M --huge -f file -p 666)
	without_proc read "$id" -n 3M -f out
	cmp out file
	without_proc write "$id" -z -o 100 -n 5000
	assert_equal "$(shmtool read "$id" -n 3M | cmp -n 100 - file && shmtool read "$id" -o 100 -n 5000 | tr -d '\0' | wc -c)" 0
}

# bats test_tags=engine
@test "zeroing uses no huge page" {
	more_huge_pages 2
	has_files || skip 'only the file tells what is zero already'
	local id free
	id=$(shmtool create -s 4M --huge)
	shmtool write "$id" -o 100 -t hello
	free=$(awk '/^HugePages_Free/ { print $2 }' /proc/meminfo)
	try write "$id" -o 2M -n 100000 -z
	expect_status 0
	assert_equal "$(awk '/^HugePages_Free/ { print $2 }' /proc/meminfo)" "$free"
	try write "$id" -o 101 -n 100000 -z
	expect_status 0
	assert_equal "$(shmtool read "$id" -o 100 -n 5 | tr '\0' .)" h....
}

# bats test_tags=engine
@test "a process that has the segment attached sees what is written" {
	dots 8
	hold_segment "$id"
	try write "$id" -t seen
	expect_status 0
	need_root
	address=$(awk '/SYSV/ { sub(/-.*/, "", $1); print $1 }' "/proc/$holder_pid/maps")
	assert_equal "$(dd if="/proc/$holder_pid/mem" bs=1 skip=$((16#$address)) count=8 status=none)" "seen...."
}

# bats test_tags=engine
@test "killed with SIGKILL: its child does not continue" {
	dots 100
	mkfifo pipe
	exec 9<>pipe
	background shmtool write "$id" -f pipe
	echo abc >&9
	wait_until begins_with abc
	local child
	child=$(<"/proc/$background_pid/task/$background_pid/children")
	# a number and a blank
	child=${child% }
	[[ $child ]]
	kill -KILL "$background_pid"
	wait_until process_is_gone "$child"
	echo def >&9
	exec 9>&-
	assert_equal "$(foreign_read "$id" 4 3)" ...
}

# shellcheck disable=SC2016 # the shell that the child starts expands it
@test "a child that fills a range ends by a signal: how many bytes had been written" {
	dots 100
	local fill=(with_steps run:child:shmat shmtool write "$id" -o 1 -n 50 --fill 3)
	STOP_RUN='kill -TERM $PPID' capture "${fill[@]}"
	expect_status 7
	assert_stderr_is 'shmtool write: interrupted after filling 0 bytes'
	STOP_RUN='kill -USR1 $PPID' capture "${fill[@]}"
	expect_status 7
	assert_stderr_has "the worker process was killed by signal $(kill -l USR1); 0 bytes had been written"
	# a signal that the program passes on to it
	STOP_RUN='read -r _ _ _ parent _ </proc/$PPID/stat; kill -TERM $parent; kill -KILL $PPID' capture "${fill[@]}"
	expect_status 143
	assert_stderr_is ''
}

@test "if memory runs out, the kernel kills the child that loads a segment first" {
	need_root
	local command
	printf hello >file
	chmod 755 .
	for command in 'create -k 7 -f file' 'write key:7 --fill 1'; do
		# shellcheck disable=SC2086 # several words
		stop_at child:shmat as_user shmtool $command
		assert_equal "$(</proc/"$stopped_pid"/oom_score_adj)" 1000
		assert_equal "$(</proc/"$program_pid"/oom_score_adj)" "$(</proc/self/oom_score_adj)"
		go_on
		assert_equal "$ended" 0
	done
}

# bats test_tags=engine
@test "RLIMIT_FSIZE limits files, but not segments" {
	id=$(make_segment 3000000)
	head -c 3000000 /dev/urandom >big
	local from
	for from in '-f big' '-f - <big' '-f - < <(cat big)'; do
		bash -c "ulimit -f 100 && exec '$SHMTOOL' write $id $from"
		shmtool read "$id" | cmp - big
		shmtool write "$id" -z
	done
	bash -c "ulimit -f 100 && exec '$SHMTOOL' write $id -o 2500000 -t hello"
	assert_equal "$(foreign_read "$id" 2500000 5)" hello
}

@test "another user's segment that gets the id between the look and shmat: exit 3, not touched" {
	need_next_id
	local command
	for command in "write ID -t hello" "write ID -f file" "write ID --fill 1" "read ID" \
		"stat --map ID" "attach ID true"; do
		printf hello >file
		id=$(make_segment)
		# shellcheck disable=SC2086 # several words
		stop_at shmat shmtool ${command/ID/"$id"}
		swap "$id" 1
		go_on
		has_id "$id"
		[[ $ended == 3 || $ended$command == 125attach* ]]
		[[ $stderr == *"segment $id (no key): it no longer exists"* ]]
		foreign_read "$id" 0 8192 | cmp - <(head -c 8192 /dev/zero)
		[[ -z $output || $command == stat* ]]
	done
}
