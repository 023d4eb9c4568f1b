#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ls on a terminal: several widths, colors, and names that are long, have several bytes per
# character, or are hostile.

bats_require_minimum_version 1.5.0
load lib/common

setup()
{
	common_setup
	# the terminal is as wide as it says
	unset COLUMNS
	export TERM=xterm-256color
}

header='key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime'

# on_terminal COLUMNS ARGUMENT...: shmtool on a terminal; sets status and output
on_terminal()
{
	local columns=$1
	shift
	SHELL=/bin/bash run script -qec "stty cols $columns -onlcr; exec timeout 120 $(printf '%q ' "$SHMTOOL" "$@")" \
		/dev/null </dev/null
}

# with_users NAME...: from here on they are users 7001, 7002... for the program
with_users()
{
	local uid=7001 name program=$SHMTOOL
	need_root
	[[ $program != "$PWD/with-users" ]] || program=$(<program)
	cp /etc/passwd passwd
	for name; do
		echo "$name:x:$((uid++)):7001::/:/bin/sh" >>passwd
	done
	echo "$program" >program
	# shellcheck disable=SC2016 # for the script
	{
		echo '#!/bin/bash'
		printf 'export PROGRAM=%q PASSWD=%q\n' "$program" "$PWD/passwd"
		echo 'exec unshare --mount bash -c '\''mount --bind "$PASSWD" /etc/passwd && exec "$PROGRAM" "$@"'\'' bash "$@"'
	} >with-users
	chmod +x with-users
	SHMTOOL=$PWD/with-users
}

# owned_by UID...: a saved list with a segment of each
owned_by()
{
	local uid id=1
	echo "$header"
	for uid; do
		echo "0 $((id++)) 600 4096 0 0 0 $uid 0 0 0 0 0 1"
	done
}

# The width of the widest line, in columns of a terminal
widest()
{
	# zero bytes and combining characters aside, every character here is 1 or 2 wide
	perl -CS -ne 'chomp; s/[\x{1100}-\x{115f}\x{2e80}-\x{a4cf}\x{ac00}-\x{d7a3}]/xx/g;
		$max = length if length > $max; END { print $max + 0, "\n" }' <<<"$1"
}

# The column at which the last word of each line begins
last_word_at()
{
	perl -CS -ne 'chomp; s/[\x{1100}-\x{115f}\x{2e80}-\x{a4cf}\x{ac00}-\x{d7a3}]/xx/g;
		/\S+$/ and print "$-[0]\n"' <<<"$1" | sort -u
}

@test "long names are cut with a mark on a narrow terminal, never in a pipe" {
	with_users a_user_name_of_32_characters_long
	owned_by 7001 0 >list
	local long=a_user_name_of_32_characters_long
	export LC_ALL=C.UTF-8
	on_terminal 80 ls --from list -b
	expect_status 0
	assert_output_lacks "$long"
	assert_output_matches 'a_user_name_[^ ]*… '
	(($(widest "$output") <= 80))
	# as much as there is room for
	(($(widest "${lines[0]}") >= 73))

	on_terminal 200 ls --from list -b
	assert_output_has "$long"
	assert_output_lacks …

	COLUMNS=20 try ls --from list -b
	assert_output_has "$long"
	assert_output_lacks …
	# another locale, another mark
	LC_ALL=C on_terminal 80 ls --from list -b
	assert_output_matches 'a_user_name_[^ ]*[+] '
}

@test "a narrow terminal cuts names to 8 columns and never an id, a key or a size" {
	with_users a_user_name_of_32_characters_long
	# owner and creator
	owned_by 7001 | sed 's/7001 0 0 0/7001 0 7001 0/' >list
	export LC_ALL=C.UTF-8
	local columns
	for columns in 1 10 30; do
		on_terminal "$columns" ls --from list -o id,key,owner,creator,size -b
		expect_status 0
		assert_equal "$(awk 'NR == 2 { print $1, $2, $3, $4, $5 }' <<<"$output")" \
			"1 0x00000000 a_user_… a_user_… 4096"
	done
}

@test "a narrow process column keeps the word exited" {
	local id
	id=$(make_orphan)
	on_terminal 20 ls -o created-by,created-by,created-by
	assert_equal "$(awk 'NR == 2 { $1 = $1; print }' <<<"$output")" \
		"$(printf '%s exited ' "$(segment_field "$id" cpid)"{,,} | sed 's/ $//')"
}

@test "names of several bytes a character align" {
	with_users müller 山田太郎 z
	owned_by 7001 7002 7003 >list
	export LC_ALL=C.UTF-8
	try ls --from list -o owner,perms
	assert_output_has 山田太郎
	assert_equal "$(last_word_at "$output" | wc -l)" 1
	on_terminal 80 ls --from list -o owner,perms
	assert_output_has müller
	# cut between characters only
	on_terminal 20 ls --from list -o owner,perms
	assert_equal "$(awk 'NR == 3 { print $1 }' <<<"$output")" 山田太郎
	with_users 山田太郎山田太郎
	owned_by 7001 >list
	on_terminal 20 ls --from list -o perms,owner
	assert_equal "$(awk 'NR == 2 { print $2 }' <<<"$output")" 山田太郎…
	iconv -f UTF-8 -t UTF-16 <<<"$output" >/dev/null
}

@test "a name that fills a cell with combining characters is cut, and not blank" {
	local accents
	export LC_ALL=C.UTF-8
	accents=$(printf '\u0301%.0s' {1..123})
	with_users "abcdefg${accents}hijk"
	owned_by 7001 >list
	on_terminal 16 ls --from list -o perms,owner
	assert_output_matches 'abcdefg[^h]*…'
}

@test "states are colored on a terminal, or if requested" {
	some_states
	local orphaned=$'\e[1;31morphaned\e[0m' dest=$'\e[1;35mdest\e[0m' kept=$'\e[1;34mkept\e[0m'
	local ls=(ls --grace 0 --keep-file "$lists/keep")
	on_terminal 80 "${ls[@]}"
	assert_output_has "$orphaned"
	assert_output_has "$dest"
	assert_output_has "$kept"
	assert_output_has ' attached '
	# one code for each, and all are ended
	assert_equal "$(grep -o $'\e\\[' <<<"$output" | wc -l)" 6

	on_terminal 80 "${ls[@]}" --color never
	assert_output_lacks $'\e'
	NO_COLOR=1 on_terminal 80 "${ls[@]}"
	assert_output_lacks $'\e'
	TERM=dumb on_terminal 80 "${ls[@]}"
	assert_output_lacks $'\e'
	# as no-color.org has it, an empty one says nothing
	NO_COLOR='' on_terminal 80 "${ls[@]}"
	assert_output_has "$orphaned"
	NO_COLOR=1 on_terminal 80 "${ls[@]}" --color=always
	assert_output_has "$orphaned"

	try "${ls[@]}"
	assert_output_lacks $'\e'
	try "${ls[@]}" --color auto
	assert_output_lacks $'\e'
	try "${ls[@]}" --color always
	assert_output_has "$orphaned"
	# colors do not change the layout (the idle time may differ)
	local plain
	plain=$(shmtool "${ls[@]}" -o id,key,state,created-by)
	try "${ls[@]}" -o id,key,state,created-by --color always
	local code
	for code in $'\e[1;31m' $'\e[1;34m' $'\e[1;35m' $'\e[0m'; do
		output=${output//"$code"/}
	done
	assert_output_is "$plain"
	# and are of the table alone
	local form
	for form in -J -r -q '--format %{state}'; do
		# shellcheck disable=SC2086
		try "${ls[@]}" --color always $form
		expect_status 0
		assert_output_lacks $'\e'
	done
	try ls --color nosuch
	expect_status 2
	assert_stderr_has 'must be auto, always or never'
}

# One segment in each state that has a color, and an attached one
some_states()
{
	make_orphan 4096 600 1 >/dev/null
	make_orphan 1048576 600 2 >/dev/null
	keep_lists
	echo key:2 >"$lists/keep"
	local dest attached
	dest=$(make_live_segment)
	hold_segment "$dest"
	ipcrm -m "$dest"
	attached=$(make_live_segment)
	hold_segment "$attached"
}

@test "the footer is printed on a terminal only, with counts, bytes, orphans and a command" {
	some_states
	make_orphan 8192 >/dev/null
	on_terminal 80 ls
	expect_status 0
	assert_equal "${lines[-1]}" '5 segments, 1.0M'
	on_terminal 200 ls --grace 0 --keep-file "$lists/keep"
	assert_equal "${lines[-1]}" '5 segments, 1.0M; 2 orphaned, 12K'
	on_terminal 200 ls -b --attached
	assert_equal "${lines[-1]}" '2 segments, 8192'
	on_terminal 200 ls -b key:1 key:2 --grace 0
	assert_equal "${lines[-1]}" '2 segments, 1052672; 2 orphaned, 1052672'

	local before
	try ls --grace 0
	assert_output_lacks segments
	for before in -J -q -r '--format %{id}' --no-header -l -H; do
		# shellcheck disable=SC2086
		on_terminal 80 ls $before
		assert_output_lacks '5 segments,'
	done
}

@test "the command in the footer previews the removal of these segments" {
	need_root
	make_orphan >/dev/null
	make_live_segment >/dev/null
	# ten minutes later, when the grace period is over
	later()
	{
		SHELL=/bin/bash LD_PRELOAD=$HELPERS/clock.so FIXED_REALTIME=$((EPOCHSECONDS + 600)) \
			ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" run "$@"
	}
	later script -qec "stty cols 120 -onlcr; exec '$SHMTOOL' ls" /dev/null </dev/null
	assert_equal "${lines[-1]}" \
		'2 segments, 8K; 1 orphaned, 4K (preview removal: shmtool rm --orphaned -n)'
	later script -qec "stty cols 120 -onlcr; exec '$SHMTOOL' ls --orphaned" /dev/null </dev/null
	assert_equal "${lines[-1]}" \
		'1 segment, 4K; 1 orphaned, 4K (preview removal: shmtool rm --orphaned -n)'
	local command=${lines[-1]#*preview removal: }
	read -ra command <<<"${command%)}"
	PATH=${SHMTOOL%/*}:$PATH later "${command[@]}"
	expect_status 0
	assert_output_has 'would remove '
	assert_output_has 'total 1 segment, 4096 bytes'
	# With a namespace in it, too
	later script -qec "stty -onlcr; exec '$SHMTOOL' ls -N $$" /dev/null </dev/null
	assert_output_has " (preview removal: shmtool rm --orphaned -n -N $$)"
}

@test "no segments: the header and nothing more, on a terminal too" {
	on_terminal 80 ls
	expect_status 0
	assert_equal "${#lines[@]}" 1
	assert_output_has 'CREATED-BY'
	assert_output_lacks segments
}

@test "--orphaned on a terminal reports how many segments are still in their grace period" {
	make_orphan >/dev/null
	on_terminal 80 ls --orphaned --grace 1h -o id,state
	assert_output_is "ID  STATE
shmtool ls: note: 1 segment is not orphaned yet: idle for less than the grace period (1h)
shmtool ls: hint: try again later, or set a shorter grace period with --grace TIME"
	on_terminal 80 ls --orphaned --grace 0 -o id,state
	[[ $output != *note:* ]] || fail "$output"
}

@test "sizes of 0 and 16 TiB, and sums beyond 64 bits" {
	{
		echo "$header"
		echo '0 1 600 0 0 0 0 0 0 0 0 0 0 1'
		echo '0 2 600 17592186044416 0 0 0 0 0 0 0 0 0 1'
	} >list
	on_terminal 80 ls --from list -o id,size
	assert_output_has '1     0'
	assert_output_has '2   16T'
	assert_equal "${lines[-1]}" '2 segments, 16T'
	echo '0 3 600 18446744073709551615 0 0 0 0 0 0 0 0 0 1' >>list
	on_terminal 80 ls --from list -b
	assert_equal "${lines[-1]}" '3 segments, 18446744073709551615'
}

@test "a command's escape sequences do not reach the terminal" {
	# Raw bytes too, which are controls to a terminal that is not for UTF-8.
	# shellcheck disable=SC2016
	background perl -e '
		open my $comm, ">", "/proc/self/comm" or die;
		syswrite $comm, "a\e[31m\x9b2J\xc2\x9bc\xff";
		close $comm;
		$| = 1;
		print shmget(0, 1, 01600) + 0, "\n";
		sleep 1 while 1'
	wait_until test -s "$background_output"
	local id
	id=$(<"$background_output")
	for columns in 40 80 200; do
		LC_ALL=C.UTF-8 on_terminal "$columns" ls --color never
		assert_output_lacks $'\e'
		LC_ALL=C assert_output_lacks $'\x9b'
	done
	assert_output_has 'a\x1b[31m\x9b2J\xc2\x9bc\xff'
	try ls "$id" --format '%{ccomm}'
	assert_output_is 'a\x1b[31m\x9b2J\xc2\x9bc\xff'
	try stat "$id"
	LC_ALL=C assert_output_lacks $'\x9b'
	try ls "$id" -J
	LC_ALL=C assert_output_lacks $'\xff'
}

@test "idle times are short" {
	{
		echo "$header"
		local now=$EPOCHSECONDS ago id=0
		for ago in 10 300 7500 260000; do
			echo "0 $((++id)) 600 1 0 0 0 0 0 0 0 0 0 $((now - ago))"
		done
	} >list
	# by a clock that stands still
	export LD_PRELOAD=$HELPERS/clock.so FIXED_REALTIME=$now FIXED_BOOTTIME=1000000 \
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
	try ls --from list -o idle --no-header
	unset LD_PRELOAD
	assert_equal "$(awk '{ print $1 }' <<<"$output" | paste -sd ' ')" '10s 5m 2h 3d'
}

@test "stat shows everything in groups: 24 lines, units and command lines aside" {
	local id
	id=$(shmtool create -s 5000 -k 0x51)
	hold_segment "$id"
	try stat "$id"
	expect_status 0
	# those of the processes have lines of their own
	output=$(grep -vE '^ {16}' <<<"$output")
	(($(wc -l <<<"$output") <= 23))
	assert_equal "$(grep -v '^ ' <<<"$output")" "segment $id
permissions
memory
use
processes
verdict"
	assert_equal "$(sed -nE 's/^  ([a-z ]+[a-z])  .*/\1/p' <<<"$output" | paste -sd,)" \
		'key,owner,creator,mode,size,resident,swapped,huge pages,locked,attached,last attach,last detach,changed,created by,last used by,holders'
	assert_output_matches 'huge pages +no'
	assert_output_matches 'last attach +[0-9-]+ [0-9:]+ \([0-9]+ (second|minute)s? ago\)'
	[[ $(awk 'length > 80' <<<"$output" | grep -vc 'created by\|last used by\|holders') == 0 ]]
}
