#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ls: its views, compared with those of ipcs, and its output formats.

bats_require_minimum_version 1.5.0
load lib/common

fields='id key owner uid group gid creator cuid creator-group cgid mode perms size rss swap nattch state locked dest cpid ccomm ccmdline cunit lpid lcomm lcmdline lunit created-by atime dtime ctime idle holders ns ns-name ns-pid ns-comm ns-of host'

# Makes several spaces between words one.
words()
{
	awk '{ $1 = $1; print }'
}

# Sets one two three: segments of three kinds.
some_segments()
{
	need_root # for other users
	one=$(make_segment 4096 600 0x4d2)
	two=$(make_orphan 1048577 640 0xfffffffe)
	three=$(make_live_segment 100)
	shmtool set "$two" -u nobody -g +12345
	hold_segment "$three"
}

@test "the default columns" {
	some_segments
	try ls
	expect_status 0
	assert_equal "$(words <<<"${lines[0]}")" 'ID KEY OWNER MODE SIZE NATTCH STATE IDLE CREATED-BY'
	assert_equal "${#lines[@]}" 4
	local creator
	creator=$(segment_field "$three" cpid)
	assert_equal "$(words <<<"${lines[3]}" | sed 's/ [0-9]*s / Ns /')" \
		"$three 0x00000000 root 0600 100 1 attached Ns $creator perl"
	assert_equal "$(words <<<"${lines[1]}" | sed 's/ [0-9]*s / Ns /')" \
		"$one 0x000004d2 root 0600 4K 0 detached Ns $(segment_field "$one" cpid) exited"
	# Columns stand below one another: numbers to the right.
	assert_equal "$(awk '{ print index($0, $2) }' <<<"$output" | uniq | wc -l)" 1
	assert_equal "$(grep -c ' $' <<<"$output" || true)" 0
}

@test "-m is accepted and does nothing" {
	some_segments
	assert_equal "$(shmtool ls -m -o id,key,size)" "$(shmtool ls -o id,key,size)"
}

@test "no segments: the header alone, and nothing for programs" {
	try ls
	expect_status 0
	assert_equal "${#lines[@]}" 1
	try ls --no-header
	expect_status 0
	assert_output_is ''
	local option
	for option in -q '-r --no-header' '--format %{id}'; do
		# shellcheck disable=SC2086
		try ls $option
		expect_status 0
		assert_output_is ''
	done
	try ls -J
	assert_output_is '{"schema":1,"segments":[]}'
}

@test "-t shows the times of ipcs -t" {
	some_segments
	try ls -t
	assert_equal "$(words <<<"${lines[0]}")" 'ID OWNER ATTACHED DETACHED CHANGED'
	# 2024-06-07 10:11:12 here, Jun  7 10:11:12 there
	assert_equal "$(awk 'NR > 1 { for (i = 3; i <= NF; i++) if ($i ~ /:/ || $i == "-") printf "%s ", $i; print "" }' <<<"$output")" \
		"$(ipcs -m -t | awk 'NR > 3 && NF { gsub(/Not set/, "-"); for (i = 3; i <= NF; i++) if ($i ~ /:/ || $i == "-") printf "%s ", $i; print "" }')"
}

@test "-p shows the processes of ipcs -p, and their commands" {
	some_segments
	try ls -p
	assert_equal "$(words <<<"${lines[0]}")" 'ID OWNER CPID CCOMM CUNIT LPID LCOMM LUNIT'
	assert_equal "$(awk 'NR > 1 { print $1, $2, $3, $6 }' <<<"$output")" \
		"$(ipcs -m -p | awk 'NR > 3 && NF { print $1, $2, $3, $4 }')"
	assert_equal "$(awk '{ print $1, $2, $3, $4, $6, $7 }' <<<"${lines[3]}")" \
		"$three root $(segment_field "$three" cpid) perl $(segment_field "$three" lpid) hold"
	assert_equal "$(awk 'NR == 2 { print $4, $5, $7, $8 }' <<<"$output")" '- - - -'
}

@test "-c shows the creators and owners of ipcs -c" {
	some_segments
	try ls -c
	assert_equal "$(words <<<"${lines[0]}")" 'ID MODE CREATOR CREATOR-GROUP OWNER GROUP'
	assert_equal "$(tail -n +2 <<<"$output" | words)" \
		"$(ipcs -m -c | awk 'NR > 3 && NF { print $1, "0" $2, $3, $4, $5, $6 }')"
}

@test "-o shows any columns in any order, even twice; -b shows exact bytes" {
	some_segments
	try ls "$two" -o size,id,perms,size,key --no-header
	expect_status 0
	assert_equal "$(words <<<"$output")" "1.0M $two rw-r----- 1.0M 0xfffffffe"
	try ls "$two" -o size,rss -b --no-header
	assert_equal "$(words <<<"$output")" "1048577 $(segment_field "$two" rss)"
	# The last view counts.
	try ls -t -o id -q
	expect_status 0
	try ls -t -o id
	assert_equal "${lines[0]}" ID
}

@test "-o +: columns after those of the view" {
	some_segments
	try ls "$two" -o +rss,cgid
	expect_status 0
	assert_equal "$(words <<<"${lines[0]}")" 'ID KEY OWNER MODE SIZE NATTCH STATE IDLE CREATED-BY RSS CGID'
	try ls -o +nattch -t
	assert_equal "$(words <<<"${lines[0]}")" 'ID OWNER ATTACHED DETACHED CHANGED NATTCH'
	try ls -o id -o +size -o +size
	assert_equal "$(words <<<"${lines[0]}")" 'ID SIZE SIZE'
	try ls -o +size -o id
	assert_equal "$(words <<<"${lines[0]}")" 'ID SIZE'
	# JSON has all fields, and holders only where they are asked for
	try ls "$three" -J -o +holders
	assert_equal "$(jq -r '.segments[0] | keys_unsorted | join(" ")' <<<"$output")" "${fields//-/_}"
	assert_equal "$(jq '.segments[0].holders[0].pid' <<<"$output")" "$holder_pid"
	try ls "$three" -J -o id,id -o +key,id
	assert_equal "$(jq -c '.segments[0] | keys_unsorted' <<<"$output")" '["id","key"]'
	local names
	names=$(printf 'id,%.0s' {1..91})
	try ls -o "+${names%,}"
	expect_status 0
	try ls -o "+${names}id"
	expect_status 2
	for names in + '+id,' +nosuch id,+size ++id; do
		try ls -o "$names"
		expect_status 2
	done
}

@test "sizes for people" {
	local list="key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime" size
	for size in 0 1 1023 1024 1025 1536 10239 10240 1048575 1048576 1073741824 1610612736 \
		1099511627776 18446744073709551615; do
		list+=$'\n'"0 1 600 $size 0 0 0 0 0 0 0 0 0 1"
	done
	run shmtool ls --from - -o size --no-header <<<"$list"
	assert_equal "$(words <<<"$output" | paste -sd ' ')" '0 1 1023 1K 1.0K 1.5K 10K 10K 1.0M 1M 1G 1.5G 1T 16E'
}

@test "--sort: up and down, by several fields, and stable" {
	{
		echo key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime
		echo 0 10 600 300 9 0 0 5 0 0 0 0 0 1
		echo 0 9 600 20 9 0 1 6 0 0 0 7 0 1
		echo 0 8 600 300 9 0 0 6 0 0 0 0 0 1
		echo 0 7 600 1000 9 0 2 5 0 0 0 3 0 1
		echo 0 6 600 20 9 0 1 5 0 0 0 0 0 1
	} >list
	sorted()
	{
		shmtool ls --from list -q --sort "$1" | paste -sd ' '
	}
	assert_equal "$(shmtool ls --from list -q | paste -sd ' ')" '10 9 8 7 6'
	assert_equal "$(sorted id)" '6 7 8 9 10'
	assert_equal "$(sorted -id)" '10 9 8 7 6'
	assert_equal "$(sorted size)" '9 6 10 8 7'
	assert_equal "$(sorted -size)" '7 10 8 9 6'
	assert_equal "$(sorted size,id)" '6 9 8 10 7'
	assert_equal "$(sorted -size,uid,-id)" '7 10 8 6 9'
	assert_equal "$(sorted uid,-size,id)" '7 10 6 8 9'
	assert_equal "$(sorted cpid)" '10 9 8 7 6'
	assert_equal "$(sorted -cpid)" '10 9 8 7 6'
	assert_equal "$(sorted -nattch)" '7 9 6 10 8'
	# What is not known comes before all that is.
	assert_equal "$(sorted atime)" '10 8 6 7 9'
	assert_equal "$(shmtool ls --from list -J --sort size,id | jq -c '[.segments[].id]')" '[6,9,8,10,7]'
}

@test "--sort by every field" {
	some_segments
	local field
	for field in $fields; do
		try ls -q --sort "$field"
		expect_status 0
		assert_equal "$field $(sort -n <<<"$output" | paste -sd ' ')" "$field $one $two $three"
		try ls -q --sort "-$field"
		expect_status 0
	done
	assert_equal "$(shmtool ls --format '%{key}' --sort key)" $'0x00000000\n0x000004d2\n0xfffffffe'
	assert_equal "$(shmtool ls --format '%{owner}' --sort owner | uniq | paste -sd ' ')" 'nobody root'
}

@test "-J: schema 1, every field, and their types" {
	some_segments
	try ls -J
	expect_status 0
	assert_equal "$(jq -c '.schema, keys' <<<"$output" | paste -sd ' ')" '1 ["schema","segments"]'
	assert_equal "$(jq -r '.segments[0] | keys_unsorted | join(" ")' <<<"$output")" "${fields//-/_}"
	jq -e '.segments | all(
		(.id, .uid, .gid, .cuid, .cgid, .size, .rss, .swap, .nattch, .cpid, .lpid, .idle, .ns | type == "number") and
		(.key | test("^0x[0-9a-f]{8}$")) and (.mode | test("^0[0-7]{3}$")) and
		(.perms | test("^[rwx-]{9}$")) and (.state | type == "string") and
		(.owner, .group, .creator, .creator_group, .host | type == "string") and
		(.locked, .dest | type == "boolean") and
		(.ctime | fromdate > 1500000000) and
		(.atime, .dtime | . == null or (fromdate > 1500000000)) and
		.holders == null)' <<<"$output"
	jq -e --arg ns "$(stat -L -c %i /proc/self/ns/ipc)" --arg host "$(uname -n)" \
		'.segments | all(.host == $host and (.ns | tostring) == $ns)' <<<"$output"
	jq -e ".segments[0] | .id == $one and .atime == null and .ccomm == null and .lcomm == null and .key == \"0x000004d2\"" \
		<<<"$output"
	jq -e ".segments[2] | .id == $three and .ccomm == \"perl\" and .lcomm == \"hold\" and .nattch == 1" <<<"$output"
	assert_equal "${#lines[@]}" 1
	# With -o: those.
	try ls -J -o id,created-by
	assert_equal "$(jq -c '.segments[0] | keys_unsorted' <<<"$output")" '["id","created_by"]'
}

@test "-r: exact values with tabs between" {
	some_segments
	try ls -r
	expect_status 0
	assert_equal "${lines[0]}" $'ID\tKEY\tOWNER\tMODE\tSIZE\tNATTCH\tSTATE\tIDLE\tCREATED-BY'
	assert_equal "$(awk -F '\t' '{ print NF }' <<<"$output" | uniq)" 9
	assert_equal "$(cut -f 1-6 <<<"${lines[2]}")" "$two"$'\t0xfffffffe\tnobody\t0640\t1048577\t0'
	try ls -r --no-header -o id,atime,ctime "$one"
	assert_output_matches "^$one"$'\t-\t''20[0-9-]*T[0-9:]*Z$'
}

@test "-q: ids only, as ipcs has them" {
	some_segments
	try ls -q
	assert_output_is "$(ipcs -m | awk 'NR > 3 && NF { print $2 }')"
}

@test "a field that does not exist is named, in every option that takes fields" {
	local words
	for words in '-o id,foo,size' '--sort id,-foo' '--by foo' '--format %{id}%{foo}'; do
		# shellcheck disable=SC2086 # words
		try ls $words
		expect_status 2
		assert_stderr_has ': no such field "foo" (see shmtool ls -H)'
	done
	try ls --color x
	assert_stderr_has '--color "x": must be auto, always or never'
}

@test "a field that is named twice is once in an object" {
	make_segment >/dev/null
	try ls -J -o id,size,id
	assert_output_matches '^\{"schema":1,"segments":\[\{"id":[0-9]+,"size":4096\}\]\}$'
	try ls -o id,id --no-header
	assert_equal "$(wc -w <<<"$output")" 2
}

@test "--format: fields, escapes, and a newline" {
	some_segments
	try ls "$one" --format '%{id}:%{mode}'
	assert_output_is "$one:0600"
	try ls "$one" --format 'a\tb%%c\nd\\e%{nattch}%{nattch}'
	assert_output_is $'a\tb%c\nd\\e00'
	assert_equal "$(shmtool ls --format '' | wc -c)" 3
	assert_equal "$(shmtool ls --format x | wc -c)" 6
	local field
	for field in $fields; do
		try ls --format "%{$field}"
		expect_status 0
		assert_equal "${#lines[@]}" 3
	done
	try ls --format "é %{size}" "$two"
	assert_output_is 'é 1048577'
}

@test "--format: an invalid format is exit 2" {
	local word
	for word in '%{nosuch}' '%{}' '%{id' '%' '%d' 'x%' '%{ID}' '%{id }' '\x' "\\" "a\\" '%{' '%{id,key}' '%(id)'; do
		try ls --format "$word"
		expect_status 2
		assert_output_is ''
		assert_stderr_has "\"$word\""
	done
	try ls --format '%{created_by}'
	expect_status 2
}

# alike FIELD: sets raw and format to a field of the segment, each way; the clock
# may advance between the two, as idle shows
alike()
{
	raw=$(shmtool ls "$one" -r --no-header -o "$1")
	format=$(shmtool ls "$one" --format "%{$1}")
	[[ $format == "$raw" ]]
}

@test "-H lists the fields: those of -o, --format and JSON" {
	some_segments
	try ls -H
	expect_status 0
	assert_equal "$(awk '{ print $1 }' <<<"$output" | paste -sd ' ')" "$fields"
	[[ $(awk 'NF < 2' <<<"$output") == '' ]]
	local field json raw format
	json=$(shmtool ls "$one" -J)
	for field in $fields; do
		# The same value in every way of printing; null is -.
		wait_until alike "$field" || assert_equal "$field: $format" "$field: $raw"
		[[ $field != idle ]] || continue
		assert_equal "$field: $format" "$field: $(jq -r ".segments[0].${field//-/_} |
			if . == null then \"-\" elif . == true then \"yes\" elif . == false then \"no\" else . end" <<<"$json")"
	done
}

@test "--numeric: users and groups as numbers" {
	some_segments
	try ls "$two" -o owner,group,creator,creator-group --no-header --numeric
	assert_equal "$(words <<<"$output")" '65534 12345 0 0'
	try ls "$two" -o owner,group,creator,creator-group --no-header
	assert_equal "$(words <<<"$output")" 'nobody 12345 root root'
}

@test "names of users are looked up, each once" {
	need_root
	local uid id
	for uid in 0 1 2 65534 54321; do
		id=$(make_segment)
		shmtool set "$id" -u "+$uid" -g "+$uid"
	done
	assert_equal "$(shmtool ls --format '%{owner} %{group}')" "$(for uid in 0 1 2 65534 54321; do
		printf '%s %s\n' "$(getent passwd "$uid" | cut -d: -f1 | grep . || echo "$uid")" \
			"$(getent group "$uid" | cut -d: -f1 | grep . || echo "$uid")"
	done)"
	need_command strace
	seek_no_leaks
	for id in {1..30}; do
		make_segment >/dev/null
	done
	strace -f -e trace=openat -o trace "$SHMTOOL" ls >/dev/null 2>&1 || skip 'strace cannot trace here'
	(($(grep -c '"/etc/passwd"' trace) <= 5))
}

@test "--time-format" {
	echo 'key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime' >list
	echo '0 1 600 1 0 0 0 0 0 0 0 1700000001 0 1' >>list
	times()
	{
		TZ=$2 shmtool ls --from list -o atime,dtime --no-header --time-format "$1" | words
	}
	assert_equal "$(times local UTC)" '2023-11-14 22:13:21 -'
	assert_equal "$(times local JST-9)" '2023-11-15 07:13:21 -'
	assert_equal "$(times utc JST-9)" '2023-11-14T22:13:21Z -'
	assert_equal "$(times epoch JST-9)" '1700000001 -'
	[[ $(times ago UTC) =~ ^[0-9]+d\ ago\ -$ ]]
	# Programs get UTC whatever the zone is.
	assert_equal "$(TZ=JST-9 shmtool ls --from list --format '%{atime}')" 2023-11-14T22:13:21Z
	assert_equal "$(TZ=JST-9 shmtool ls --from list -J | jq -r '.segments[0].atime')" 2023-11-14T22:13:21Z
	try ls --time-format nosuch
	expect_status 2
}

@test "--fail-empty" {
	try ls --fail-empty
	expect_status 1
	assert_output_is ''
	assert_stderr_is ''
	try ls --fail-empty -J
	expect_status 1
	assert_output_is ''
	make_segment >/dev/null
	try ls --fail-empty -q
	expect_status 0
	try ls --fail-empty --attached
	expect_status 1
	assert_output_is ''
	try ls --fail-empty 2147483647
	expect_status 3
}

@test "SEGMENTs: those are listed, and exit 3 if one does not exist" {
	some_segments
	try ls "$three" key:0x4d2 -q
	expect_status 0
	assert_equal "$(sort -n <<<"$output" | paste -sd ' ')" "$one $three"
	try ls "$three" 2147483647 0xfffffffe -q
	expect_status 3
	assert_equal "$(sort -n <<<"$output" | paste -sd ' ')" "$two $three"
	assert_stderr_has 2147483647
	try ls 0x12345678
	expect_status 3
	assert_stderr_has 0x12345678
	assert_stderr_is 'shmtool ls: no segment has the key 0x12345678'
}

@test "options that cannot be combined are exit 2" {
	local options
	for options in '-J -r' '-J -q' '-q -r' '-J --format x' '-q --format x' '-r --format x' '-l -u' '-l 1' \
		'-l --all' '-l --except 1' '-l --from list' '-l -q' '-u -r' '-l --format x' '--by owner -l' '--by owner -q' \
		'--by owner -o id' '-u -o +rss' '--by owner --sort size' '--by owner --follow' '-u --all --prometheus' \
		'--by nosuch' '--by id,key' '--by ='; do
		# shellcheck disable=SC2086
		try ls $options
		expect_status 2
		assert_output_is ''
	done
}

@test "output that cannot be written is exit 7" {
	make_segment >/dev/null
	local options
	for options in '' -t -p -c -l -u -J -q -r -H '--format x' '-l -J'; do
		# shellcheck disable=SC2016,SC2086
		run --separate-stderr bash -c '"$SHMTOOL" ls "$@" >/dev/full' bash $options
		expect_status 7
		assert_stderr_has 'No space left on device'
		# shellcheck disable=SC2016,SC2086
		run --separate-stderr bash -c '"$SHMTOOL" ls "$@" >&-' bash $options
		expect_status 7
		assert_stderr_has 'cannot write the output'
	done
}

@test "output that is lost when stdout is closed, as on a network file system: exit 7" {
	need_strace
	local words id
	id=$(make_segment)
	local -A messages=(
		[create]='cannot write the id to standard output: Disk quota exceeded; the new segment was removed again'
		[rm]="already removed (or marked for removal): $id
shmtool rm: cannot write the output: Disk quota exceeded"
	)
	for words in ls 'ls -J' "read $id -n 1" 'create -s 1' 'ls --help' "stat $id" "rm $id"; do
		# shellcheck disable=SC2016,SC2086 # for bash; words
		ASAN_OPTIONS=detect_leaks=0 run --separate-stderr bash -c 'exec strace -qq -o trace -P "$PWD/lost" \
			-e trace=close -e inject=close:error=EDQUOT "$0" "$@" >lost' "$SHMTOOL" $words
		expect_status 7
		assert_stderr_is "shmtool ${words%% *}: ${messages[${words%% *}]-cannot write the output: Disk quota exceeded}"
	done
	assert_equal "$(segment_count)" 0
}

@test "a closed pipe ends ls by SIGPIPE, without a message" {
	{
		echo key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime
		awk 'BEGIN { for (i = 0; i < 20000; i++) print 0, i, 600, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }'
	} >list
	# shellcheck disable=SC2016
	run --separate-stderr bash -c '"$SHMTOOL" ls --from list | head -n 1; echo "${PIPESTATUS[0]}"'
	assert_equal "${lines[1]}" 141
	assert_stderr_is ''
	# The same where SIGPIPE is ignored.
	# shellcheck disable=SC2016
	run --separate-stderr bash -c 'trap "" PIPE; { "$SHMTOOL" ls --from list; echo $? >status; } | head -n 1; cat status'
	assert_equal "${lines[1]}" 141
	assert_stderr_is ''
}

@test "control characters in the name of a process are escaped" {
	# Bytes of a terminal's escapes, and of C1 controls in UTF-8.
	# shellcheck disable=SC2016
	background perl -e '
		open my $comm, ">", "/proc/self/comm" or die;
		syswrite $comm, "a\e[2J\tb\x7f\xc2\x9bc\"\\";
		close $comm;
		$| = 1;
		print shmget(0, 1, 01600) + 0, "\n";
		sleep 1 while 1'
	wait_until test -s "$background_output"
	local id view
	id=$(<"$background_output")
	for view in 'ls' 'ls -p' 'ls -r' 'ls -J' 'ls --format %{ccomm}' 'ls -o created-by' 'stat' 'stat -J' 'rm -n'; do
		# shellcheck disable=SC2086
		try $view "$id"
		expect_status 0
		[[ $view == 'ls -r' ]] || assert_output_lacks $'\t'
		assert_output_lacks $'\e'
		assert_output_lacks $'\x7f'
	done
	try ls "$id" --format '%{ccomm}'
	assert_output_is "\"a\\x1b[2J\\tb\\x7f\\xc2\\x9bc\"\"\\\""
	try ls "$id" -J
	assert_equal "$(jq -r '.segments[0].ccomm' <<<"$output")" $'a\e[2J\tb\x7f\xc2\x9bc"\\'
	try ls "$id" -r -o ccomm --no-header
	assert_output_is "\"a\\x1b[2J\\tb\\x7f\\xc2\\x9bc\"\"\\\\\""
	assert_equal "$(printf %b "$output")" $'"a\e[2J\tb\x7f\xc2\x9bc""\\"'
	# -r has as many tabs as ever.
	try ls "$id" -r -o id,ccomm,lcomm
	assert_equal "$(awk -F '\t' '{ print NF }' <<<"$output" | uniq)" 3
}

@test "a newline in the name of a process is escaped, not the end of it" {
	# shellcheck disable=SC2016
	background perl -e '
		open my $comm, ">", "/proc/self/comm" or die;
		syswrite $comm, "good\nevil";
		close $comm;
		$| = 1;
		print shmget(0, 1, 01600) + 0, "\n";
		sleep 1 while 1'
	wait_until test -s "$background_output"
	try ls "$(<"$background_output")" --format '%{ccomm}'
	assert_output_is 'good\nevil'
}

@test "ls changes nothing" {
	some_segments
	local before
	before=$(awk '{ NF = 14; print }' /proc/sysvipc/shm)
	try ls
	try ls -J "$one"
	try ls -p --orphaned --grace 0
	try stat "$one" "$two"
	try rm -n --all
	assert_equal "$(awk '{ NF = 14; print }' /proc/sysvipc/shm)" "$before"
}

@test "an ordinary user sees all segments, whatever their modes" {
	need_root
	some_segments
	make_segment 4096 0 >/dev/null
	local format='%{id} %{key} %{owner} %{mode} %{size} %{nattch} %{state} %{cpid} %{ccomm} %{ctime}'
	assert_equal "$(as_user shmtool ls --format "$format")" "$(shmtool ls --format "$format")"
}

@test "more fields than a table can hold: exit 2" {
	make_segment >/dev/null
	try ls -o "$(printf 'id,%.0s' {1..99})id" --no-header
	expect_status 0
	assert_equal "$(wc -w <<<"$output")" 100
	try ls -o "$(printf 'id,%.0s' {1..100})id"
	expect_status 2
	assert_stderr_has 'too many fields'
}

@test "--sort: unknown values come first, or last if the order is reversed" {
	local never used
	used=$(make_orphan)
	never=$(make_segment)
	try ls --sort atime -q
	assert_output_is "$never"$'\n'"$used"
	try ls --sort -atime -q
	assert_output_is "$used"$'\n'"$never"
}
