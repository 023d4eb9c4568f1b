#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The pitfalls of popt: each test fails if the program does not avoid one of them.

bats_require_minimum_version 1.5.0
load lib/common

verbs=(create attach read write stat set rm ls)

@test "no option has an optional value that swallows the next word" {
	local id other
	id=$(make_orphan)
	other=$(make_orphan)
	try ls --orphaned --grace 0 "$id" -q
	expect_status 0
	assert_output_is "$id"
	try ls --all "$id" -q
	assert_output_is "$id"
	try ls --fail-empty "$id" -q
	assert_output_is "$id"
	try rm --orphaned "$id" --grace 0
	expect_status 0
	try ls -q
	assert_output_is "$other"
}

@test "flags refuse a value" {
	local id option
	id=$(make_orphan)
	for option in --orphaned=no --all=no --detached=0 --dry-run=no --force=1 --attached= --quiet=x \
		--even-attached=no --verbose=no --help=rm --version=2; do
		try rm "$option" "$id"
		expect_status 2
		assert_output_is ''
		assert_stderr_has "option ${option%%=*} does not take a value"
	done
	for option in -n=no -f=0 -q=1; do
		try rm "$option" "$id"
		expect_status 2
	done
	segment_exists "$id"
}

@test "a value that contains !#:+ is refused, whatever follows" {
	local id word
	id=$(make_segment 4096 600 9)
	for word in '!#:+' 'a!#:+' '!#:+b' '!#:+!#:+'; do
		try write "$id" -t "$word" other
		expect_status 2
		assert_stderr_has "\"$word\""
		# If no operand follows, popt loops forever.
		try write "$id" -t "$word"
		expect_status 2
		try write "$id" "--text=$word"
		expect_status 2
		try write "$id" "-t$word"
		expect_status 2
		try read "$id" -f "$word"
		expect_status 2
		try rm -n "$word"
		expect_status 2
		try attach --hold "$word" "$id" true
		expect_status 2
		try "$word"
		expect_status 2
	done
	assert_equal "$(foreign_read "$id" 0 4 | od -An -tx1)" ' 00 00 00 00'
}

@test "a word with !#:+ is accepted after --, and in attach's COMMAND" {
	local id
	id=$(make_segment)
	touch 'a!#:+b'
	try create -s 1 --format '%{key}' -- 
	expect_status 0
	try ls -- 'ftok:A:a!#:+b'
	expect_status 3
	try attach "$id" printf '%s|' '!#:+' x '!#:+'
	expect_status 0
	assert_output_is '!#:+|x|!#:+|'
	try attach -r "$id" -- printf '%s|' '!#:+'
	expect_status 0
	assert_output_is '!#:+|'
	try attach --hold 10s "$id" printf '%s|' '!#:+'
	expect_status 0
	assert_output_is '!#:+|'
}

@test "other words that are special to popt have no effect" {
	local id word
	id=$(make_segment)
	# shellcheck disable=SC2016
	for word in '$HOME' '`id`' '%{x}' '\a' '-' '--' '-n' '--text' '=' '==x' '!' '#' ':' '+' '!#' '#:+' '"' "'"; do
		try write "$id" -t "$word" -o 0
		expect_status 0
		assert_equal "$(foreign_read "$id" 0 "${#word}")" "$word"
	done
}

@test "aliases and exec lines of ~/.popt are not read" {
	mkdir home
	local id name
	id=$(make_orphan)
	for name in shmtool shmrm rm ls "'shmtool rm'" '*'; do
		printf '%s\n' "$name alias --dry-run --all" "$name alias -n -f" \
			"$name alias --likely --all" "$name exec --quiet touch $PWD/executed" \
			"$name exec -q touch $PWD/executed" "$name alias --leak --all"
	done >home/.popt
	HOME=$PWD/home try rm -n "$id"
	expect_status 0
	assert_output_has "would remove $id"
	HOME=$PWD/home try rm --dry-run "$id"
	expect_status 0
	HOME=$PWD/home try ls -q
	assert_output_is "$id"
	HOME=$PWD/home try rm --leak
	expect_status 2
	[[ ! -e executed ]]
	segment_exists "$id"
}

@test "aliases and exec lines of /etc/popt and /etc/popt.d are not read" {
	unshare --mount true 2>/dev/null || skip "cannot make a mount namespace"
	local id
	id=$(make_orphan)
	printf '%s\n' "shmtool alias --dry-run --all" "shmtool alias -n -f" "shmrm alias -n -f" \
		"shmtool exec -q touch $PWD/executed" >popt
	mkdir popt.d
	cp popt popt.d/shmtool
	ln -s "$SHMTOOL" shmrm
	# A private /etc: the files that popt looks for, and the users.
	mkdir etc
	cp /etc/passwd /etc/group etc
	[[ ! -e /etc/nsswitch.conf ]] || cp /etc/nsswitch.conf etc
	[[ ! -e /etc/ld.so.cache ]] || cp /etc/ld.so.cache etc
	cp -r popt popt.d etc
	# shellcheck disable=SC2016
	run unshare --mount sh -c 'mount --bind etc /etc &&
		"$1" rm -n "$2" && ./shmrm -n "$2" && "$1" ls -q "$2"' sh "$SHMTOOL" "$id"
	expect_status 0
	assert_output_has "would remove $id"
	[[ ! -e executed ]]
	segment_exists "$id"
}

@test "--help and --usage that cannot be written are exit 7" {
	local verb option
	for verb in '' "${verbs[@]}"; do
		for option in --help --usage --version '-?' -h -V; do
			# shellcheck disable=SC2016,SC2086
			run --separate-stderr bash -c '"$SHMTOOL" "$@" >/dev/full' bash $verb "$option"
			expect_status 7
			assert_stderr_has 'No space left on device'
		done
	done
	# shellcheck disable=SC2016
	run --separate-stderr bash -c '"$SHMTOOL" help rm >/dev/full'
	expect_status 7
	# shellcheck disable=SC2016
	run --separate-stderr bash -c '"$SHMTOOL" rm --help >&-'
	expect_status 7
}

@test "--help names the verb, whatever the program was called" {
	ln -s "$SHMTOOL" shmrm
	ln -s "$SHMTOOL" something
	local verb
	for verb in "${verbs[@]}"; do
		try "$verb" --help
		expect_status 0
		assert_equal "${lines[1]%% [*}" "Usage: shmtool $verb"
		try "$verb" --usage
		expect_status 0
		assert_output_matches "^Usage: shmtool $verb"
	done
	run ./shmrm --help
	expect_status 0
	assert_equal "${lines[1]%% [*}" 'Usage: shmtool rm'
	run ./something --help
	assert_equal "${lines[1]%% [*}" 'Usage: shmtool COMMAND'
	run --separate-stderr ./shmrm --nosuch
	expect_status 2
	assert_stderr_matches '^shmtool rm: '
}

@test "numbers are not read as octal, and not clamped" {
	local id
	id=$(make_segment 4096)
	try write "$id" -o 010 -t x
	expect_status 0
	assert_equal "$(foreign_read "$id" 8 3 | od -An -tx1)" ' 00 00 78'
	try write "$id" -z
	try write "$id" --fill 010 -n 1
	expect_status 0
	assert_equal "$(foreign_read "$id" 0 1 | od -An -tx1)" ' 0a'
	local number
	for number in 4294967296 4294967297 18446744073709551615 18446744073709551616 \
		9223372036854775808 99999999999999999999999; do
		try write "$id" -o "$number" -t x
		expect_status 2
		try read "$id" -n "$number"
		expect_status 2
		try write "$id" --fill "$number"
		expect_status 2
	done
	for number in 256 -1 300 ''; do
		try write "$id" --fill "$number"
		expect_status 2
	done
	try read "$id" -n -1
	expect_status 2
}

@test "-t=abc keeps its =" {
	local id text
	id=$(make_segment)
	for text in =abc ==abc = =; do
		try write "$id" -z
		try write "$id" "-t$text"
		expect_status 0
		assert_equal "$(foreign_read "$id" 0 8 | tr -d '\0')" "$text"
	done
	try write "$id" -z
	try write "$id" -vt=xyz
	expect_status 0
	assert_equal "$(foreign_read "$id" 0 8 | tr -d '\0')" =xyz
}

@test "the = of a long option is not part of its value" {
	local id
	id=$(make_segment)
	try write "$id" --text=abc
	expect_status 0
	assert_equal "$(foreign_read "$id" 0 8 | tr -d '\0')" abc
	try write "$id" --text==abc
	expect_status 0
	assert_equal "$(foreign_read "$id" 0 8 | tr -d '\0')" =abc
	try write "$id" --text a=b
	expect_status 0
	assert_equal "$(foreign_read "$id" 0 8 | tr -d '\0')" a=bc
	try write "$id" -ta=z
	expect_status 0
	assert_equal "$(foreign_read "$id" 0 8 | tr -d '\0')" a=zc
	try write "$id" -t -t=q
	expect_status 0
	assert_equal "$(foreign_read "$id" 0 8 | tr -d '\0')" -t=q
}

@test "a short option with = before its value: the value is exact, or it is refused" {
	# -s=5 is either the value "=5", which is no size, or 5; never something else.
	try create -s=5 --format '%{size}'
	[[ $status == 2 && -z $output || $status == 0 && $output == 5 ]]
}

@test "an option without its value" {
	local option
	for option in --state --owner --key --pid --idle --min-size --grace --except -o --sort --format --from; do
		try ls "$option"
		expect_status 2
		assert_stderr_has "$option"
	done
}

@test "words that begin an option's name are not that option" {
	local id
	id=$(make_orphan)
	local option
	for option in --dry --or --orphan --al --a --forc; do
		try rm "$option" "$id"
		expect_status 2
		assert_stderr_has "$option"
	done
	try rm -orphaned "$id"
	expect_status 2
	segment_exists "$id"
}

@test "POSIXLY_CORRECT and POSIX_ME_HARDER have no effect on options after operands" {
	local id
	id=$(make_orphan)
	for name in POSIXLY_CORRECT POSIX_ME_HARDER; do
		run --separate-stderr env "$name=1" "$SHMTOOL" rm "$id" -n
		expect_status 0
		assert_output_has "would remove $id"
		run --separate-stderr env "$name=" "$SHMTOOL" rm "$id" --dry-run
		expect_status 0
		run --separate-stderr env "$name=1" "$SHMTOOL" ls "$id" --state attached -q
		expect_status 0
		assert_output_is ''
		run --separate-stderr env "$name=1" "$SHMTOOL" write "$id" -t "$name"
		expect_status 0
	done
	segment_exists "$id"
	run --separate-stderr env POSIXLY_CORRECT=1 POSIX_ME_HARDER=1 "$SHMTOOL" rm "$id" -n
	expect_status 0
	segment_exists "$id"
	# A COMMAND still finds them in its environment.
	run env POSIXLY_CORRECT=yes POSIX_ME_HARDER=too "$SHMTOOL" attach "$id" \
		printenv POSIXLY_CORRECT POSIX_ME_HARDER
	expect_status 0
	assert_output_is $'yes\ntoo'
}

@test "the options of attach's COMMAND are its own" {
	local id
	id=$(make_segment)
	local words=(-r --hold=0 -x -- --help -V '' --at -n=1)
	try attach "$id" printf '%s|' "${words[@]}"
	expect_status 0
	assert_output_is "$(printf '%s|' "${words[@]}")"
	try attach -r -- "$id" printf '%s|' "${words[@]}"
	expect_status 0
	assert_output_is "$(printf '%s|' "${words[@]}")"
	try attach -r "$id" -- printf '%s|' "${words[@]}"
	expect_status 0
	assert_output_is "$(printf '%s|' "${words[@]}")"
	try attach --hold 10s "$id" sh -c 'exit $#' -r -x --y
	expect_status 2
}

@test "an option given twice: the last one counts" {
	local id
	id=$(make_segment)
	try write "$id" -o 5 -o 6 -t x
	expect_status 0
	assert_equal "$(foreign_read "$id" 0 8 | od -An -tx1)" ' 00 00 00 00 00 00 78 00'
	try ls -o id -o size --sort id --sort -size --no-header
	expect_status 0
	assert_output_is 4K
}
