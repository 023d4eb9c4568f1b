#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Arguments: ids, keys, sizes, durations, modes, users, and all kinds of invalid ones.

bats_require_minimum_version 1.5.0
load lib/common

# assert_usage WORD: exit 2, nothing on stdout, and a message that shows the word.
assert_usage()
{
	expect_status 2 && assert_output_is '' && assert_stderr_has "\"$1\"" &&
		assert_stderr_matches '^shmtool [a-z]+: '
}

# bad_segment WORD: refused as a SEGMENT by every verb that takes one, which touches nothing.
bad_segment()
{
	local verb good
	good=$(make_segment 4096 600 0x51)
	for verb in ls stat 'rm -n' rm 'rm -f' 'set -p 644' 'write -t x' read 'attach --hold 0' \
		'ls --except' 'rm --all --except'; do
		# shellcheck disable=SC2086 # words
		case $verb in
		attach* | read | write*) try $verb -- "$1" ;;
		*except) try $verb "$1" ;;
		*) try $verb "$good" -- "$1" ;;
		esac
		assert_usage "$1" || return
	done
	assert_equal "$(segment_field "$good" perms)" 600
	ipcrm -m "$good"
}

# key_of WORD: the key that create makes of it, by the kernel's own list.
key_of()
{
	local id
	id=$(shmtool create -s 1 -k "$1") || return
	printf '0x%08x\n' $(($(segment_field "$id" key) & 0xffffffff))
	ipcrm -m "$id"
}

# size_of WORD: as a filter takes it, in bytes.
assert_size()
{
	local list=$BATS_TEST_TMPDIR/list
	printf '%s\n' 'key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime' \
		"0 1 600 $2 0 0 0 0 0 0 0 0 0 1" >"$list"
	try ls --from "$list" --min-size "$1" --max-size "$1" -q
	expect_status 0 && assert_output_is 1
}

# --- Ids --------------------------------------------------------------------

@test "an id that is too large" {
	local word
	for word in 2147483648 4294967296 99999999999 18446744073709551616 \
		100000000000000000000000000000000 id:2147483648 id:18446744073709551617; do
		bad_segment "$word"
	done
}

@test "a negative id" {
	local word
	for word in -1 -2147483648 id:-1 id:-0; do
		bad_segment "$word"
	done
}

@test "an id with trailing characters is refused" {
	local word
	for word in 1x '1 ' ' 1' 1.0 '1,' 1e3 1k id:1x 'id: 1' 1:2 +1 id:+1 id:0x10 1-2 '1;ls'; do
		bad_segment "$word"
	done
	# As the message shows them
	try rm -n $'1\n'
	expect_status 2
	assert_stderr_has '"1\n"'
	try rm -n $'\t1\e[2J'
	expect_status 2
	assert_stderr_has '"\t1\x1b[2J"'
}

@test "an empty id" {
	bad_segment ''
	bad_segment id:
}

@test "an id with a leading zero" {
	local word
	for word in 00 01 010 id:01 0000000001; do
		bad_segment "$word"
	done
}

@test "words that do not name a segment are refused" {
	local word
	for word in x id ID:1 Key:1 shm '*' - 0y10 '１'; do
		bad_segment "$word"
	done
}

@test "id 0 is an id like any other" {
	# The first segment of a namespace has the id 0.
	# shellcheck disable=SC2016
	run unshare --ipc sh -c 'perl -e "print shmget(0, 1, 01600) + 0, qq(\n)" &&
		"$SHMTOOL" stat 0 --format "%{id} %{size}"'
	expect_status 0
	assert_output_is $'0\n0 1'
}

@test "an id that does not exist: exit 3, and the id in the message" {
	local verb
	for verb in ls stat rm 'set -p 644' 'write -t x' read 'attach --hold 0'; do
		# shellcheck disable=SC2086
		try $verb 2147483647
		expect_status 3
		assert_output_lacks 2147483647
		assert_stderr_has 2147483647
	done
}

# --- Keys -------------------------------------------------------------------

@test "keys in all forms" {
	assert_equal "$(key_of 1234)" 0x000004d2
	assert_equal "$(key_of 0x4d2)" 0x000004d2
	assert_equal "$(key_of 0X4D2)" 0x000004d2
	assert_equal "$(key_of 02322)" 0x000004d2
	assert_equal "$(key_of 0x0000000000000000004d2)" 0x000004d2
	assert_equal "$(key_of -1)" 0xffffffff
	assert_equal "$(key_of 4294967295)" 0xffffffff
	assert_equal "$(key_of -2147483648)" 0x80000000
	assert_equal "$(key_of 2147483648)" 0x80000000
	assert_equal "$(key_of 2147483647)" 0x7fffffff
	assert_equal "$(key_of 0xdeadbeef)" 0xdeadbeef
	assert_equal "$(key_of 037777777777)" 0xffffffff
}

@test "keys that were sign-extended to 64 bits, as PostgreSQL prints them" {
	assert_equal "$(key_of 18446744073709551615)" 0xffffffff
	assert_equal "$(key_of 18446744071562067968)" 0x80000000
	assert_equal "$(key_of 0xffffffffdeadbeef)" 0xdeadbeef
	assert_equal "$(key_of 18446744073151405807)" "$(printf '0x%08x' $((18446744073151405807 & 0xffffffff)))"
}

@test "a key as ls and ipcs print it is an operand" {
	local id
	id=$(make_segment 1 600 0x8306f4ef)
	try ls "$(shmtool ls "$id" --format '%{key}')" -q
	assert_output_is "$id"
	try ls "$(ipcs -m | awk -v id="$id" '$2 == id { print $1 }')" -q
	assert_output_is "$id"
	for word in key:0x8306f4ef key:2198271215 key:-2096696081 0x8306F4EF 0x00008306f4ef \
		0xffffffff8306f4ef key:018446744072; do
		try ls "$word" -q
		[[ $word != key:018446744072 ]] || {
			assert_usage "$word" # 8 is no octal digit
			continue
		}
		expect_status 0
		assert_output_is "$id"
	done
}

@test "a key that is too large or too small" {
	local word
	for word in key:4294967296 0x100000000 0xffffffff7fffffff key:18446744071562067967 \
		key:18446744073709551616 key:-2147483649 key:-4294967295 0x10000000000000000 \
		key:040000000000 key:99999999999999999999999; do
		bad_segment "$word"
	done
	for word in 4294967296 0x100000000 -2147483649; do
		try create -s 1 -k "$word"
		assert_usage "$word"
		try ls --key "$word"
		assert_usage "$word"
		try rm -M "$word"
		assert_usage "$word"
	done
}

@test "a key with trailing characters is refused" {
	local word
	for word in 0x12g key:12x key:089 key:0x key:-0x1 'key:1 ' 0x1.0 key:+1 key:--1 key:0b1 \
		key:0x-1 key:1,2; do
		bad_segment "$word"
	done
	for word in 12x 0x 08 '1 ' +1; do
		try create -s 1 -k "$word"
		assert_usage "$word"
	done
	assert_equal "$(segment_count)" 0
}

@test "an empty key" {
	bad_segment key:
	bad_segment 0x
	try create -s 1 -k ''
	assert_usage ''
	try ls --key ''
	assert_usage ''
	try rm -M ''
	assert_usage ''
}

@test "key 0 names no segment, which is reported" {
	make_segment >/dev/null
	local word
	for word in key:0 0x0 0x00000000 key:00 key:-0 0x000000000000000000000; do
		bad_segment "$word"
	done
	try rm -M 0
	assert_usage 0
	try ls --key 0
	assert_usage 0
	assert_stderr_has IPC_PRIVATE
	assert_equal "$(segment_count)" 1
}

@test "create: key 0 and private create a private segment" {
	local word
	for word in 0 0x00000000 key:0 private; do
		try create -s 1 -k "$word"
		expect_status 0
		assert_equal "$(segment_field "$output" key)" 0
	done
	assert_equal "$(segment_count)" 4
}

@test "key 0 is refused with a hint" {
	try rm key:0
	expect_status 2
	assert_stderr_has 'key 0 (IPC_PRIVATE) does not identify a segment; use its id'
	try ls --key 0
	expect_status 2
	assert_stderr_has 'key 0 (IPC_PRIVATE) is that of every private segment; use "private"'
}

@test "a number that is not an id but a key in use gets a hint" {
	make_segment 1 600 1234 >/dev/null
	local verb
	for verb in ls stat rm 'set -p 644' read 'write -t x' 'attach --hold 0'; do
		# shellcheck disable=SC2086
		try $verb 1234
		expect_status 3
		assert_stderr_has 'hint: try key:1234 (a segment has this key)'
	done
	try ls 1235
	expect_status 3
	assert_stderr_lacks hint
	# an --except that matches nothing is not an error, so a hint is even more useful
	try rm -n --all --except 1234
	expect_status 0
	assert_stderr_is 'shmtool rm: hint: try key:1234 (a segment has this key)'
	try rm -n --all --except id:1234 --except 1235
	expect_status 0
	assert_stderr_is ''
	try ls id:1234
	expect_status 3
	assert_stderr_lacks hint
}

# --- ftok -------------------------------------------------------------------

@test "ftok: the key that perl's ftok makes" {
	touch file
	ln -s file link
	mkdir 'dir: with colons'
	local path proj number word
	for path in file link . / 'dir: with colons' /usr/bin/env; do
		for proj in A z '!' 0 1 9 65 255 256 1234 2147483647 0x0 0x1 0xff 0x100 0X41; do
			printf -v number %d "$proj" 2>/dev/null || printf -v number %d "'$proj"
			printf '%s\n' "ftok:$proj:$path" "$path" "$number"
		done
	done >words
	perl -MIPC::SysV=ftok -ne 'chomp; push @words, $_;
		END { while (my ($word, $path, $proj) = splice @words, 0, 3) {
			printf "0x%08x %s\n", 0xffffffff & ftok($path, $proj + 0), $word } }' words >wanted
	while read -r _ word; do
		shmtool create -s 1 -k "$word" --reuse
	done <wanted >ids
	# the key of each, as the kernel has it
	perl -ane 'if ($ARGV ne "ids") { $key{$F[1]} = $F[0] & 0xffffffff; next }
		printf "0x%08x\n", $key{$F[0]}' /proc/sysvipc/shm ids >got
	diff <(cut -d ' ' -f 1 wanted) got
}

@test "ftok: names segments of other programs" {
	touch file
	local id
	id=$(perl -MIPC::SysV=ftok -e 'print shmget(ftok("file", 82), 100, 01600) + 0')
	try ls ftok:R:file -q
	assert_output_is "$id"
	try ls --key ftok:82:file -q
	assert_output_is "$id"
	try ls --except ftok:R:file -q
	assert_output_is ''
	try rm -M ftok:R:file
	expect_status 0
	try ls ftok:R:file
	expect_status 3
	assert_stderr_matches '0x[0-9a-f]{8}'
}

@test "ftok: PROJ is one character or a number" {
	local word
	for word in ftok ftok: ftok:A ftok:A: ftok::/ \
		ftok:AB:/ ftok:1A:/ ftok:0x:/ ftok:-1:/ ftok:99999999999999999999:/ ftok:0xg:/; do
		bad_segment "$word"
		try create -s 1 -k "$word"
		assert_usage "$word"
	done
}

@test "ftok: a path that cannot be resolved is exit 7, one that is forbidden 5" {
	need_root
	mkdir -m 700 closed
	touch closed/file
	local verb
	for verb in ls stat rm 'set -p 644' read 'write -t x' 'attach --hold 0' 'create -s 1 -k' \
		'ls --key' 'rm -M' 'ls --except' 'rm --all --except' 'rm --key'; do
		# shellcheck disable=SC2086
		try $verb ftok:A:missing
		expect_status 7 || fail "$verb"
		assert_stderr_has missing
		# shellcheck disable=SC2086
		try $verb ftok:A:/etc/passwd/x
		expect_status 7 || fail "$verb"
		# shellcheck disable=SC2086
		try_as_user $verb ftok:A:closed/file
		expect_status 5 || fail "$verb"
		assert_stderr_has 'Permission denied'
	done
	assert_equal "$(segment_count)" 0
}

# --- Sizes ------------------------------------------------------------------

@test "sizes in all units" {
	assert_size 0 0
	assert_size 1234 1234
	assert_size 0x1000 4096
	assert_size 0XfF 255
	assert_size 010 10
	assert_size 1K 1024
	assert_size 1k 1024
	assert_size 1KiB 1024
	assert_size 1KB 1000
	assert_size 3M 3145728
	assert_size 3MiB 3145728
	assert_size 3MB 3000000
	assert_size 2G 2147483648
	assert_size 2GB 2000000000
	assert_size 5T 5497558138880
	assert_size 5TiB 5497558138880
	assert_size 5TB 5000000000000
	assert_size 18446744073709551615 18446744073709551615
	assert_size 0xffffffffffffffff 18446744073709551615
	assert_size 16777215T 18446742974197923840
}

@test "sizes that are too large" {
	local word
	for word in 18446744073709551616 0x10000000000000000 16777216T 18446744073709551615K \
		999999999999999999999 18446744073710TB; do
		try create -s "$word"
		assert_usage "$word"
		try ls --min-size "$word"
		assert_usage "$word"
	done
	assert_equal "$(segment_count)" 0
}

@test "sizes with a bad suffix, a sign, garbage or nothing" {
	local word
	for word in '' ' ' x K 1X 1KK 1kib 1Ki 1KIB 1.5G -1 +1 -0 '1 K' ' 1' '1 ' 1B 0x 0xK 0x1K 1e6 1,000 --; do
		try create -s "$word"
		assert_usage "$word"
		try ls --max-size "$word"
		assert_usage "$word"
		try read 1 -o "$word"
		assert_usage "$word"
		try read 1 -n "$word"
		assert_usage "$word"
	done
	assert_equal "$(segment_count)" 0
}

@test "size 0 is refused, and nothing is created" {
	try create -s 0
	expect_status 2
	assert_output_is ''
	assert_equal "$(segment_count)" 0
}

# --- Durations --------------------------------------------------------------

@test "durations in all units, and combined" {
	local id hours='1h59m59s 2h 120m 7200s 7200000ms 0d2h 7200'
	id=$(make_segment)
	# A list that was saved two hours ago, and a bit.
	printf '%s\n' 'key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime' \
		"0 1 600 1 0 0 0 0 0 0 0 0 0 $(($(date +%s) - 7205))" >list
	local word
	for word in $hours 0 0s 1 1d0h 90s 500ms 1m30s500ms; do
		try ls --from list --idle "$word" -q
		expect_status 0
		[[ $word == 1d* ]] || assert_output_is 1 || fail "$word"
		[[ $word != 1d* ]] || assert_output_is '' || fail "$word"
	done
	for word in 3h 121m 1d 2h1m 8000 2h60s 7300000ms 106751991167d 9223372036854775s; do
		try ls --from list --idle "$word" -q
		expect_status 0
		assert_output_is '' || fail "$word"
	done
}

@test "invalid durations" {
	local word
	for word in '' ' ' s x 1x -1 +1 1.5h 1h30 30m1h 1s1s 1ms1s 1w '1 h' ' 1' '1 ' 1hm 0x10 1H 1sec \
		9223372036854775807d 9223372036854775808 18446744073709551616s 106751991168d; do
		try ls --idle "$word"
		assert_usage "$word"
		try rm --orphaned --grace "$word"
		assert_usage "$word"
		try attach --hold "$word" 1
		assert_usage "$word"
	done
}

# --- Modes ------------------------------------------------------------------

@test "invalid modes" {
	local word id
	id=$(make_segment 1 600)
	for word in '' 8 0o600 1000 1777 0x180 -1 +1 '600 ' 77777777777777777777777 6OO u; do
		try create -s 1 -p "$word"
		assert_usage "$word"
		try set "$id" -p "$word"
		assert_usage "$word"
	done
	for word in u+s +t 'a+r,' ,a+r u+r,,g+w u~r z+r u+q 'u+r ' g+rwz rw =z u; do
		try set "$id" -p "$word"
		assert_usage "$word"
	done
	assert_equal "$(segment_count) $(segment_field "$id" perms)" '1 600'
}

# --- Users ------------------------------------------------------------------

@test "users and groups: a name, a number, +number" {
	need_root
	local id
	id=$(make_segment)
	local word
	for word in nobody 65534 +65534; do
		shmtool set "$id" -u root -g root
		try set "$id" -u "$word" -g "${word/nobody/nogroup}"
		expect_status 0
		assert_equal "$(segment_field "$id" uid) $(segment_field "$id" gid)" '65534 65534'
		try ls --owner "$word" -q
		assert_output_is "$id"
	done
	try set "$id" -u +4294967294 -g 4294967294
	expect_status 0
	assert_equal "$(segment_field "$id" uid)" 4294967294
}

@test "a name wins over a number, and + makes it a number" {
	need_root
	unshare --mount true 2>/dev/null || skip "cannot make a mount namespace"
	{
		cat /etc/passwd
		echo '12345:x:54321:54321::/:/bin/false'
	} >passwd
	chmod 644 passwd
	local id
	id=$(make_segment)
	run unshare --mount sh -c "mount --bind passwd /etc/passwd && '$SHMTOOL' set $id -u 12345"
	expect_status 0
	assert_equal "$(segment_field "$id" uid)" 54321
	run unshare --mount sh -c "mount --bind passwd /etc/passwd && '$SHMTOOL' set $id -u +12345"
	expect_status 0
	assert_equal "$(segment_field "$id" uid)" 12345
}

@test "a user that is not mapped in this user namespace is not reported as a missing segment" {
	unshare --user --map-root-user --ipc true 2>/dev/null || skip "cannot make a user namespace"
	# shellcheck disable=SC2016
	run --separate-stderr unshare --user --map-root-user --ipc sh -c '
		id=$("$SHMTOOL" create -s 1) && "$SHMTOOL" set "$id" -u +12345'
	[[ $status != 3 ]] || fail "$stderr"
	assert_stderr_lacks 'no longer exists'
}

@test "unknown users and groups" {
	local word id
	id=$(make_segment)
	for word in '' nosuchuser -1 + ++1 +root 4294967295 4294967296 99999999999999999999 1x '0 ' 0x0 ' root'; do
		try set "$id" -u "$word"
		assert_usage "$word"
		try set "$id" -g "$word"
		assert_usage "$word"
		try create -s 1 -u "$word"
		assert_usage "$word"
		try ls --owner "$word"
		assert_usage "$word"
		try rm --creator "$word"
		assert_usage "$word"
	done
	assert_equal "$(segment_count) $(segment_field "$id" uid)" '1 0'
}

@test "invalid pids, states, fields and time formats" {
	local word
	for word in '' 0 -1 1x 2147483648 4294967297 +1 self; do
		try ls --pid "$word"
		assert_usage "$word"
	done
	for word in '' nosuch 'orphaned,' ,dest Orphaned 'dest attached' dest,,dest; do
		try ls --state "$word"
		assert_usage "$word"
	done
	for word in '' nosuch 'id,' ,id ID 'id key' id,,key; do
		try ls -o "$word"
		assert_usage "$word"
		try ls --sort "$word"
		assert_usage "$word"
	done
	for word in - --id -nosuch id,- ; do
		try ls --sort "$word"
		assert_usage "$word"
	done
	for word in '' iso UTC; do
		try ls --time-format "$word"
		assert_usage "$word"
	done
}

# --- Where words stand ------------------------------------------------------

@test "-- ends the options" {
	local id
	id=$(make_segment 4096 600 5)
	try ls -q -- "$id"
	expect_status 0
	assert_output_is "$id"
	try ls -- "$id" -q
	assert_usage -q
	try rm -- "$id" -n
	assert_usage -n
	segment_exists "$id"
	try rm -n -- --all
	assert_usage --all
	try rm --
	expect_status 2
	try rm -f -- "$id" --
	assert_usage --
	segment_exists "$id"
	try ls -- -- "$id"
	assert_usage --
}

@test "options may appear after, before and between operands" {
	local one two
	one=$(make_segment)
	two=$(make_segment)
	try rm "$one" -n "$two"
	expect_status 0
	assert_equal "$(segment_count)" 2
	try rm "$one" "$two" -n
	expect_status 0
	assert_equal "$(segment_count)" 2
	try set "$one" -p 640 "$two"
	expect_status 0
	assert_equal "$(segment_field "$one" perms) $(segment_field "$two" perms)" '640 640'
}

@test "everything is checked before anything is done" {
	local one
	one=$(make_segment)
	for bad in 12x '' key:0 0x100000000 ftok:AB:/; do
		try rm "$one" -- "$bad"
		expect_status 2
		try set -p 777 "$one" -- "$bad"
		expect_status 2
	done
	try rm "$one" --grace x
	expect_status 2
	try rm "$one" --except 1x
	expect_status 2
	try rm "$one" -m 1x
	expect_status 2
	try rm -m "$one" -M 0
	expect_status 2
	try rm -m "$one" nonsense
	expect_status 2
	try rm "$one" --except ftok:A:missing
	expect_status 7
	assert_stderr_is 'shmtool rm: cannot derive a key from ftok:A:missing: No such file or directory; nothing was removed'
	assert_equal "$(segment_field "$one" perms)" 600
}

@test "several operands: all are processed, and the exit status is that of the first failure" {
	local one two
	one=$(make_segment)
	two=$(make_segment)
	hold_segment "$two"
	try rm 2147483647 "$two" "$one"
	expect_status 3
	try ls "$one"
	expect_status 3
	one=$(make_segment)
	try rm "$two" 2147483647 "$one"
	expect_status 9
	try ls "$one"
	expect_status 3
	segment_exists "$two"
}

@test "an operand whose path gives no key fails, and the other operands are processed" {
	local one
	one=$(make_segment)
	try set "$one" ftok:A:missing -p 640
	expect_status 7
	assert_equal "$(segment_field "$one" perms)" 640
	try ls -q ftok:A:missing "$one"
	expect_status 7
	assert_output_is "$one"
	# -f ignores segments that do not exist; whether this one does is not known
	try rm -f ftok:A:missing "$one" 2147483647
	expect_status 7
	assert_stderr_is 'shmtool rm: cannot derive a key from ftok:A:missing: No such file or directory'
	run ! segment_exists "$one"
	try stat --wait gone ftok:A:missing --timeout 0
	expect_status 7
	try ls --follow ftok:A:missing
	expect_status 7
}

@test "a segment that is named twice is listed once" {
	local id
	id=$(make_segment 1 600 77)
	try ls "$id" key:77 "$id" -q
	expect_status 0
	assert_output_is "$id"
	try rm "$id" 0x4d key:77
	expect_status 0
}
