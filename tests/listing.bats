#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The parser of the kernel's list, tested by ls --from FILE, and by a false
# /proc/sysvipc/shm in a private mount namespace.

bats_require_minimum_version 1.5.0
load lib/common

# The columns that header and row write. Linux 2.6.32 ended with ctime.
old_columns=(key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime)
columns=("${old_columns[@]}" rss swap)

header()
{
	printf ' %10s' "${columns[@]}"
	echo
}

# row NAME=VALUE...: a row of the list; what is not named gets a value of its own.
row()
{
	local column pair
	local -A value=([key]=1234 [shmid]=7 [perms]=640 [size]=4096 [cpid]=11 [lpid]=12
		[nattch]=0 [uid]=0 [gid]=0 [cuid]=0 [cgid]=0 [atime]=1700000001 [dtime]=1700000002
		[ctime]=1700000003 [rss]=8192 [swap]=16384)

	for pair; do
		value[${pair%%=*}]=${pair#*=}
	done
	for column in "${columns[@]}"; do
		printf ' %10s' "${value[$column]-unknown}"
	done
	echo
}

list_of()
{
	header
	row "$@"
}

# Exit 7, one line that names the line, and not one row printed.
assert_refused()
{
	expect_status 7 && assert_output_is '' && assert_stderr_has "cannot read segment list" &&
		assert_equal "${#stderr_lines[@]}" 1
}

# false_list FILE ARGUMENT...: shmtool where /proc/sysvipc/shm is FILE; where
# /proc/sysvipc is FILE when that is a directory.
# shellcheck disable=SC2016
false_list()
{
	unshare --mount sh -c '
		where=/proc/sysvipc/shm
		[ -f "$1" ] || where=/proc/sysvipc
		mount --bind "$1" "$where" || exit 99
		shift
		exec "$@"' sh "$1" "$SHMTOOL" "${@:2}"
}

need_mounts()
{
	unshare --mount true 2>/dev/null || skip "cannot make a mount namespace"
}

everything='%{id} %{key} %{uid} %{gid} %{cuid} %{cgid} %{mode} %{size} %{rss} %{swap} %{nattch} %{state} %{locked} %{dest} %{cpid} %{lpid} %{atime} %{dtime} %{ctime}'
times='2023-11-14T22:13:21Z 2023-11-14T22:13:22Z 2023-11-14T22:13:23Z'

@test "every column of a list goes to its own field" {
	list_of key=305419896 shmid=2 perms=421 size=3 cpid=4 lpid=5 nattch=6 uid=7 gid=8 cuid=9 \
		cgid=10 rss=11 swap=12 >list
	try ls --from list --format "$everything"
	expect_status 0
	assert_output_is "2 0x12345678 7 8 9 10 0421 3 11 12 6 attached no no 4 5 $times"
}

@test "the list of Linux 2.6.32 has no rss and no swap: they are unknown" {
	columns=("${old_columns[@]}")
	list_of >list
	try ls --from list --format "$everything"
	expect_status 0
	assert_output_is "7 0x000004d2 0 0 0 0 0640 4096 - - 0 detached no no 11 12 $times"
	try ls --from list -J
	expect_status 0
	assert_equal "$(jq -c '.segments[0] | [.rss, .swap]' <<<"$output")" '[null,null]'
}

@test "the widths of a 32-bit kernel" {
	# As seq_printf("%10d %10d  %4o %10lu %5u %5u  %5lu %5u %5u %5u %5u %10lu %10lu %10lu %10lu %10lu") has it
	printf '%s\n' \
		'       key      shmid perms       size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime        rss       swap' \
		'-559038737      98305  1600 4294967295 99999 12345      2 65534 65534     0     0 1700000001 1700000002 1700000003       4096          0' >list
	try ls --from list --format "$everything"
	expect_status 0
	assert_output_is "98305 0xdeadbeef 65534 65534 0 0 0600 4294967295 4096 0 2 dest no yes 99999 12345 $times"
}

@test "columns in another order" {
	mapfile -t columns < <(printf '%s\n' "${columns[@]}" | tac)
	list_of >list
	try ls --from list --format "$everything"
	expect_status 0
	assert_output_is "7 0x000004d2 0 0 0 0 0640 4096 8192 16384 0 detached no no 11 12 $times"
}

@test "unknown columns are ignored, even if they contain words" {
	columns=(new "${columns[@]:0:5}" other "${columns[@]:5}" last)
	list_of new=-a:b other=0x1z >list
	try ls --from list --format "$everything"
	expect_status 0
	assert_output_is "7 0x000004d2 0 0 0 0 0640 4096 8192 16384 0 detached no no 11 12 $times"
}

@test "a missing column is reported" {
	local column
	for column in "${old_columns[@]}"; do
		list_of | sed "s/\\b$column\\b/xxx/" >list
		try ls --from list
		assert_refused
		assert_stderr_has "line 1: column \"$column\" is missing in the header"
	done
}

@test "a repeated column is reported" {
	columns+=(uid)
	list_of >list
	try ls --from list
	assert_refused
	assert_stderr_has "line 1: column \"uid\" is there twice"
}

@test "negative keys, as the kernel prints those above 0x7fffffff" {
	{
		header
		row shmid=1 key=-1
		row shmid=2 key=-2147483648
		row shmid=3 key=2147483647
		row shmid=4 key=4294967295
		row shmid=5 key=2147483648
	} >list
	try ls --from list --format '%{id} %{key}'
	expect_status 0
	assert_output_is '1 0xffffffff
2 0x80000000
3 0x7fffffff
4 0xffffffff
5 0x80000000'
	try ls --from list --key 0x80000000 -q
	assert_output_is '2
5'
	try ls --from list --key -1 -q
	assert_output_is '1
4'
}

@test "sizes to the last byte of 64 bits" {
	local size
	for size in 0 1 4294967295 4294967296 9223372036854775807 9223372036854775808 \
		18446744073709551615; do
		list_of size="$size" rss="$size" swap="$size" >list
		try ls --from list --format '%{size} %{rss} %{swap}'
		expect_status 0
		assert_output_is "$size $size $size"
	done
}

@test "numbers that do not fit are refused, never clamped or wrapped" {
	local bad
	for bad in size=18446744073709551616 size=99999999999999999999 size=184467440737095516150 \
		rss=18446744073709551616 nattch=18446744073709551616 shmid=2147483648 shmid=-1 \
		shmid=4294967296 key=4294967296 key=-2147483649 key=18446744073709551616 \
		cpid=2147483648 cpid=-5 uid=4294967296 uid=-1 cgid=4294967296 perms=40000000000 perms=-1 \
		atime=9223372036854775808 ctime=-1 size=-1; do
		list_of "$bad" >list
		try ls --from list
		assert_refused
		assert_stderr_has "line 2: column \"${bad%%=*}\" is not a valid number"
	done
}

@test "a mode bit that Linux does not have: the flags are unknown" {
	list_of perms=1640 >known
	list_of perms=5640 >unknown
	try ls --from known --format '%{mode} %{dest} %{locked} %{state}'
	assert_output_is '0640 yes no dest'
	try ls --from unknown --format '%{mode} %{dest} %{locked}'
	expect_status 0
	assert_output_is '0640 - -'
	try ls --from unknown -J
	assert_equal "$(jq -c '.segments[0] | [.mode, .dest, .locked]' <<<"$output")" '["0640",null,null]'
	try ls --from unknown --dest -q
	assert_output_is ''
	list_of perms=102640 >unknown
	try ls --from unknown --format '%{mode} %{dest} %{locked}'
	assert_output_is '0640 - -'
}

@test "a CR at the end of each line (from ssh -t) is ignored" {
	local count fields='%{key} %{id} %{mode} %{ctime} %{rss} %{swap}'
	for count in 16 14; do
		list_of | awk -v count="$count" '{ for (i = 1; i <= count; i++) printf "%s ", $i; print "" }' >list
		sed 's/$/\r/' list >with_cr
		try ls --from list --format "$fields"
		expect_status 0
		local expected=$output
		try ls --from with_cr --format "$fields"
		expect_status 0
		assert_output_is "$expected"
	done
	# inside a line it is no blank
	list_of | sed '2s/640/640\r/' >list
	try ls --from list
	assert_refused
}

@test "words that are not numbers are refused" {
	local bad
	for bad in size=x size=1x size=0x10 size=+1 size=1.5 size=-- key=- key=--1 key=0x12 \
		perms=689 perms=9 shmid=1e3 uid=root ctime=1,5; do
		list_of "$bad" >list
		try ls --from list
		assert_refused
		assert_stderr_has "line 2: column \"${bad%%=*}\" is not a valid number"
	done
}

@test "the largest times do not overflow anything" {
	list_of atime=9223372036854775807 dtime=0 ctime=9223372036854775807 >list
	local format
	for format in local utc epoch ago; do
		try ls --from list -o id,atime,dtime,ctime,idle --time-format "$format"
		expect_status 0
		try ls --from list -J
		expect_status 0
		jq -e '.segments[0].dtime == null and .segments[0].idle == 0' <<<"$output"
	done
}

@test "a list that was saved long ago shows idle times relative to now" {
	list_of atime=0 dtime=0 ctime=1 >list
	local before=$EPOCHSECONDS
	try ls --from list --format '%{idle}'
	expect_status 0
	((output >= before - 1 && output < EPOCHSECONDS))
}

@test "an empty file" {
	: >list
	try ls --from list
	assert_refused
	try ls --from list -q
	assert_refused
}

@test "no header" {
	row >list
	try ls --from list
	assert_refused
	echo >list
	try ls --from list
	assert_refused
	{
		echo
		list_of
	} >list
	try ls --from list
	assert_refused
}

@test "a header alone is an empty list" {
	header >list
	try ls --from list
	expect_status 0
	assert_equal "${#lines[@]}" 1
	try ls --from list --no-header
	expect_status 0
	assert_output_is ''
	try ls --from list -J
	expect_status 0
	assert_output_is '{"schema":1,"segments":[]}'
	try ls --from list --fail-empty
	expect_status 1
	assert_output_is ''
}

@test "a last line that is cut off anywhere is refused" {
	list_of >whole
	row shmid=8 >>whole
	local size head text
	IFS= read -rd '' text <whole || true
	size=${#text}
	head=$(header | wc -c)
	# All of the last line, and each tenth place before.
	local at
	for ((at = 1; at < size; at += 1)); do
		((at > size - 180 || at % 10 == 0)) || continue
		((at != head && at != head + (size - head) / 2)) || continue
		printf %s "${text:0:at}" >list
		try ls --from list -q
		assert_refused || fail "cut at $at of $size"
	done
	try ls --from whole -q
	expect_status 0
	assert_output_is '7
8'
}

@test "lines with too few and too many words, and empty lines" {
	local line
	for line in '' ' ' '1 2 3' "$(row) 5" "$(row | cut -c 12-)" "$(row)$(row)"; do
		{
			list_of
			printf '%s\n' "$line"
			row
		} >list
		try ls --from list
		assert_refused
		assert_stderr_has "line 3"
	done
}

@test "two concatenated lists are refused" {
	{
		list_of
		list_of
	} >list
	try ls --from list
	assert_refused
}

@test "lines that end as DOS has them" {
	list_of | sed 's/$/\r/' >list
	try ls --from list -q
	# A clear error or the whole list.
	[[ $status == 7 && -z $output || $status == 0 && $output == 7 ]]
	columns=("${old_columns[@]}")
	list_of | sed 's/$/\r/' >list
	try ls --from list -q
	[[ $status == 7 && -z $output || $status == 0 && $output == 7 ]]
}

@test "garbage, and zero bytes" {
	local file
	head -c 5000 "$SHMTOOL" >binary
	head -c 300000 /dev/zero >zeroes
	yes '' | head -n 1000 >newlines
	printf 'one two\0three\n' >words
	{
		header | tr ' ' '\0'
		row
	} >in_header
	{
		list_of
		row | tr 7 '\0'
	} >in_row
	{
		list_of
		printf '\0'
	} >end
	for file in binary zeroes newlines words in_header in_row end; do
		try ls --from "$file"
		assert_refused || fail "$file"
		try ls --from "$file" -J
		assert_refused || fail "$file"
	done
}

@test "lines of 1 MiB: digits, spaces, one word, words" {
	# filler BYTES: as many times as it takes
	filler()
	{
		yes "$1" | tr -d '\n' | head -c 1048576
	}
	{
		list_of
		filler 9
		echo
	} >digits
	{
		list_of
		filler ' '
		echo
	} >blanks
	{
		filler x
		echo
	} >word
	{
		filler 'x '
		echo
	} >words
	filler x >unended
	list_of size="$(printf '%070000d' 1)" >wide
	local file
	for file in digits blanks word words unended wide; do
		try ls --from "$file"
		assert_refused || fail "$file"
	done
}

@test "a long line is read correctly, at any position in the buffer" {
	# Rows of 60,000 bytes: most begin and end in another read.
	columns+=(extra)
	local i filler
	filler=$(printf '%060000d' 0)
	{
		header
		for i in {1..9}; do
			row shmid="$i" extra="$filler"
			row shmid="$((i + 100))" extra=1
		done
	} >list
	try ls --from list -q
	expect_status 0
	assert_output_is "$(printf '%s\n' {1..9} | awk '{ print; print $1 + 100 }')"
}

@test "20,000 rows, in a file and through a pipe by small pieces" {
	awk -v header="$(header)" 'BEGIN {
		print header
		for (i = 0; i < 20000; i++)
			print 0, i, 600, i * 7, 1, 2, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0
	}' >list
	try ls --from list --format '%{id} %{size}'
	expect_status 0
	assert_equal "$(md5sum <<<"$output")" "$(awk 'NR > 1 { print $2, $4 }' list | md5sum)"
	run bash -c "dd if=list bs=777 status=none | timeout 120 '$SHMTOOL' ls --from - --format '%{id} %{size}'"
	expect_status 0
	assert_equal "$(md5sum <<<"$output")" "$(awk 'NR > 1 { print $2, $4 }' list | md5sum)"
}

@test "stdin" {
	list_of >list
	try ls --from - -q <list
	expect_status 0
	assert_output_is 7
	try ls --from - -q </dev/null
	assert_refused
	# shellcheck disable=SC2016
	run --separate-stderr timeout 120 sh -c 'exec "$SHMTOOL" ls --from - -q <&-'
	expect_status 7
	assert_output_is ''
}

@test "a directory, a missing file, an endless one" {
	try ls --from .
	expect_status 7
	assert_stderr_has 'Is a directory'
	try ls --from ./missing
	expect_status 7
	assert_stderr_has missing
	try ls --from /dev/zero
	assert_refused
	try ls --from ''
	expect_status 2
}

@test "a file that the user may not read" {
	need_root
	list_of >list
	chmod 600 list
	try_as_user ls --from list
	expect_status 5
	assert_output_is ''
	assert_stderr_has 'Permission denied'
}

@test "nothing in a saved list is orphaned, and no process is looked up" {
	{
		header
		row shmid=1 cpid=1 lpid=1
		row shmid=2 cpid=4194303 lpid=4194303
		row shmid=3 cpid=4194303 lpid=0 atime=0 dtime=0
		row shmid=4 nattch=1
		row shmid=5 nattch=1 perms=1600 key=0
	} >list
	try ls --from list --format '%{id} %{state} %{ccomm} %{created-by}'
	expect_status 0
	assert_output_is '1 detached - 1
2 detached - 4194303
3 detached - 4194303
4 attached - 11
5 dest - 11'
	try ls --from list --orphaned --grace 0 -q
	expect_status 0
	assert_output_is ''
	try ls --from list --likely --grace 0 -q
	expect_status 0
	assert_output_is ''
}

@test "filters and SEGMENTs hold for a saved list too" {
	{
		header
		row shmid=1 uid=5 size=100
		row shmid=2 uid=6 size=200 key=99
		row shmid=3 uid=5 size=300 nattch=2
	} >list
	try ls --from list --owner +5 -q
	assert_output_is $'1\n3'
	try ls --from list --owner +5 --attached -q
	assert_output_is 3
	try ls --from list --min-size 200 -q
	assert_output_is $'2\n3'
	try ls --from list 3 key:99 -q
	expect_status 0
	assert_output_is $'3\n2'
	try ls --from list 4 -q
	expect_status 3
}

@test "users of a saved list can be matched in a user namespace that does not map them" {
	need_root
	{
		header
		row shmid=1 uid=5
		row shmid=2 uid=6
	} >list
	capture as_user unshare --user --map-root-user "$SHMTOOL" ls --from list --owner +5 -q
	expect_status 0
	assert_output_is 1
}

@test "the machine's own list, through a file, is what ls shows" {
	make_segment 4096 640 0x1234 >/dev/null
	make_segment 70000 600 0xfedcba98 >/dev/null
	make_orphan 1 >/dev/null
	cat /proc/sysvipc/shm >list
	try ls --from list --format "$everything"
	expect_status 0
	assert_equal "$output" "$(shmtool ls --format "$everything" | sed 's/orphaned/detached/')"
	assert_equal "${#lines[@]}" 3
}

@test "a false /proc/sysvipc/shm of an old kernel" {
	need_mounts
	columns=("${old_columns[@]}")
	list_of cpid=4194303 lpid=4194303 >list
	capture false_list "$PWD/list" ls --format "$everything"
	expect_status 0
	assert_output_is "7 0x000004d2 0 0 0 0 0640 4096 - - 0 orphaned no no 4194303 4194303 $times"
}

@test "every command that reads /proc/sysvipc/shm reports a malformed one" {
	need_mounts
	local verb id
	id=$(make_orphan)
	: >empty
	row >headless
	list_of | head -c 340 >half
	for list in empty headless half; do
		for verb in 'ls' "ls $id" 'ls -J' 'rm --all' 'rm --all -n' 'stat --all' 'set --all -p 600'; do
			# shellcheck disable=SC2086 # words
			run --separate-stderr false_list "$PWD/$list" $verb
			expect_status 7
			assert_stderr_has '/proc/sysvipc/shm'
		done
	done
	assert_output_is ''
	segment_exists "$id"
}

@test "without /proc/sysvipc/shm the same is listed, and rss is unknown" {
	need_mounts
	local i ids=()
	mkdir -m 755 nothing
	for i in {1..12}; do
		ids+=("$(make_segment $((i * 5000)) "6$((i % 8))0" $((i * 1000003)))")
	done
	ipcrm -m "${ids[2]}" -m "${ids[7]}"
	make_orphan >/dev/null
	hold_segment "${ids[4]}"
	ipcrm -m "${ids[4]}"
	hold_segment "${ids[5]}"
	assert_equal "$(segment_count)" 11

	local format='%{id} %{key} %{uid} %{gid} %{cuid} %{cgid} %{mode} %{size} %{nattch} %{state} %{locked} %{dest} %{cpid} %{lpid} %{atime} %{dtime} %{ctime}'
	try ls --format "$format" --sort id
	local with=$output
	capture false_list "$PWD/nothing" ls --format "$format" --sort id
	expect_status 0
	assert_equal "$output" "$with"
	assert_equal "${#lines[@]}" 11

	capture false_list "$PWD/nothing" ls -J
	expect_status 0
	jq -e '.segments | length == 11 and all(.rss == null and .swap == null)' <<<"$output"

	capture false_list "$PWD/nothing" stat --all
	expect_status 0
	assert_output_lacks resident
	capture false_list "$PWD/nothing" ls -q --min-rss 0
	expect_status 0
	assert_output_is ''
	assert_stderr_has 'warning: --min-rss does not match 11 segments whose resident memory is unknown'
	capture false_list "$PWD/nothing" ls -q --min-rss 0 --min-size 1T
	assert_stderr_is ''
	capture false_list "$PWD/nothing" rm --all
	expect_status 0
	assert_equal "$(segment_count)" 2 # those that are held
}

@test "without /proc/sysvipc/shm an ordinary user lists what it may not read" {
	need_root
	need_mounts
	local id
	id=$(make_segment 4096 0)
	mkdir -m 755 nothing
	# shellcheck disable=SC2016
	capture unshare --mount sh -c 'mount --bind nothing /proc/sysvipc &&
		exec setpriv --reuid 65534 --regid 65534 --clear-groups "$SHMTOOL" ls -q'
	expect_status 0
	assert_output_is "$id"
}

# --- 10,000 random lists ----------------------------------------------------

# random_lists CHUNK: a quarter of $RANDOM_COUNT (10000) changed lists. Each run
# must end within $RANDOM_LIMIT (60) seconds with 0 or 7; with 0 it must have
# printed exactly the ids that stand in the file, one for each line.
random_lists()
{
	cat >driver.pl <<'END'
use strict;
use warnings;
use Time::HiRes qw(alarm);

my ($program, $seed, $count, $limit) = @ARGV;
srand $seed;
$ENV{ASAN_OPTIONS} = join ':', grep { defined } $ENV{ASAN_OPTIONS}, 'exitcode=99';
$ENV{UBSAN_OPTIONS} = join ':', grep { defined } $ENV{UBSAN_OPTIONS}, 'halt_on_error=1:exitcode=99';

my @columns = qw(key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime);
my @numbers = qw(0 1 -1 7 00 4294967295 4294967296 2147483647 2147483648 -2147483648
	18446744073709551615 18446744073709551616 99999999999999999999999 + - -- 0x1 1e9 nan);
my @junk = ("\0", "\n", "\n\n", "\r", "\t", "-", " ", "  ", "x", "\xff", "\xc2\x85", "9" x 30,
	" " x 300, "\e[2J", "%n%s", "rss swap", "9" x 70000, " " x 70000);

sub pick { $_[rand @_] }

sub good
{
	my @names = (@columns, rand() < 0.8 ? qw(rss swap) : ());
	@names = sort { rand() <=> 0.5 } @names if rand() < 0.2;
	splice @names, rand @names, 0, 'other' if rand() < 0.1;
	my @rows = join ' ', map { sprintf '%*s', int rand 12, $_ } @names;
	for my $row (1 .. int rand pick(2, 5, 40)) {
		push @rows, join ' ', map {
			sprintf '%*s', int rand 20, $_ eq 'perms' ? pick(600, 1644, 2000, 0, 3777) :
				$_ eq 'shmid' ? int rand 2**31 : $_ eq 'key' ? int rand(2**32) - 2**31 :
				int rand 2**pick(1, 8, 31)
		} @names;
	}
	return join '', map { "$_\n" } @rows;
}

sub change
{
	my ($text) = @_;
	my $at = int rand(1 + length $text);
	my $some = int rand pick(2, 20, 300);
	my $way = int rand 9;

	substr($text, $at, 1) = chr rand 256 if $way == 0 && $at < length $text;
	substr($text, $at, $some) = '' if $way == 1;
	substr($text, $at, 0) = pick(@junk) if $way == 2;
	substr($text, $at) = '' if $way == 3;
	substr($text, $at, 0) = substr($text, rand length $text, $some) if $way == 4;
	if ($way == 5) {
		my @words = $text =~ /\S+/g;
		my $word = pick(@words, '');
		my $new = pick(@numbers, @words);
		$text =~ s/(?<!\S)\Q$word\E(?!\S)/$new/ if length $word;
	}
	if ($way == 6) {
		my @lines = split /^/, $text;
		splice @lines, rand @lines, 0, splice @lines, rand @lines, 1;
		$text = join '', @lines;
	}
	$text =~ s/^/ /mg if $way == 7;
	$text =~ s/ +/ /g if $way == 8;
	return $text;
}

# The ids that a list has, or nothing where it has no such column.
sub ids
{
	my @lines = split /\n/, $_[0], -1;
	pop @lines;
	my @names = grep { length } split m{ +}, shift @lines // q();
	my ($at) = grep { $names[$_] eq 'shmid' } 0 .. $#names;
	return unless defined $at;
	return [map { ((grep { length } split m{ +})[$at] // -1) + 0 } @lines];
}

sub run
{
	my @command = @_;
	my $child = fork // die;
	if (!$child) {
		open STDIN, '<', 'list' or die;
		open STDOUT, '>', 'out' or die;
		open STDERR, '>', 'err' or die;
		alarm $limit; # outlives the exec
		exec @command or die;
	}
	waitpid $child, 0;
	return $?;
}

sub slurp
{
	open my $file, '<:raw', $_[0] or die;
	local $/;
	return scalar <$file> // '';
}

my (%seen, $wrong);
for my $number (1 .. $count) {
	my $text = good();
	$text = change($text) for 1 .. int rand pick(1, 2, 4);
	open my $file, '>:raw', 'list' or die;
	print $file $text;
	close $file or die;

	my $from = pick('list', '-');
	my $json = rand() < 0.2;
	my @command = ($program, 'ls', '--from', $from, $json ? '-J' : '-q');
	my $status = run(@command);
	$status = run(@command) if $status == 14; # a busy machine is given a second chance

	my ($out, $err) = (slurp('out'), slurp('err'));
	my $why;
	$why = "ended by signal $status" if $status & 127;
	$why //= 'status ' . ($status >> 8) unless $status == 0 || $status == 7 << 8;
	if ($status == 0) {
		my @got = $json ? $out =~ /"id":(\d+)/g : split /\n/, $out;
		my $ids = ids($text);
		my $rows = ($text =~ tr/\n//) - 1;
		$why //= "printed " . @got . " rows of $rows" if @got != $rows;
		$why //= 'other ids' if !$ids || "@got" ne "@$ids";
		$why //= 'said something' if length $err;
	} elsif (!$why) {
		$why = 'printed something' if length $out;
		$why //= 'not one line of error' if $err !~ /\Ashmtool ls: [^\0-\x1f\x7f]+\n\z/;
	}
	$seen{$status >> 8}++;
	next unless $why;
	rename 'list', "failed.$number";
	print STDERR "list $number ($seed): $why: @command\n$err", substr($text, 0, 2000), "\n";
	last if ++$wrong == 5;
}
print STDERR join(', ', map { "status $_: $seen{$_}" } sort keys %seen), "\n";
# Neither kind may be rare, or the lists are not worth much.
exit($wrong || $count > 1000 && grep({ ($seen{$_} // 0) < $count / 10 } 0, 7) ? 1 : 0);
END
	local seed=$((${RANDOM_SEED:-20240607} + $1))
	echo "seed $seed: RANDOM_SEED=$((seed - $1))"
	perl driver.pl "$SHMTOOL" "$seed" "$((${RANDOM_COUNT:-10000} / 4))" "${RANDOM_LIMIT:-60}"
}

# bats test_tags=long
@test "10,000 random lists, the first quarter" {
	random_lists 1
}

# bats test_tags=long
@test "10,000 random lists, the second quarter" {
	random_lists 2
}

# bats test_tags=long
@test "10,000 random lists, the third quarter" {
	random_lists 3
}

# bats test_tags=long
@test "10,000 random lists, the last quarter" {
	random_lists 4
}

@test "host and namespace of a saved list are unknown" {
	make_segment >/dev/null
	cp /proc/sysvipc/shm saved
	try ls --from saved -J
	expect_status 0
	assert_equal "$(jq -c '.segments[0] | [.host, .ns]' <<<"$output")" '[null,null]'
	try ls -J
	assert_equal "$(jq -c '.segments[0] | [.host, .ns]' <<<"$output")" \
		"[\"$(uname -n)\",$(stat -Lc %i /proc/self/ns/ipc)]"
}

@test "a list with more columns than any kernel writes" {
	{
		printf '%s ' "${columns[@]}" column{1..60}
		printf '\n'
	} >list
	try ls --from list
	expect_status 7
	assert_stderr_has 'line 1: too many columns'
}
