#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Output formats: checks JSON against the schema with an independent validator, and each
# field of the table in every format.

bats_require_minimum_version 1.5.0
load lib/common

top=$BATS_TEST_DIRNAME/..
schema=$top/src/share/shmtool.schema.json

# The fields that there are, by the table itself
table_fields()
{
	sed -n '/^const struct field fields/,/^};/s/^\t{ "\([a-z-]*\)".*/\1/p' "$top/src/text/field.c"
}

need_validator()
{
	python3 -c 'from jsonschema import Draft202012Validator' 2>/dev/null ||
		skip 'needs jsonschema 4 or newer for python3'
}

# collect ARGUMENT...: what shmtool prints, for validate_all
collect()
{
	try "$@"
	echo "$output" >>documents
}

# What was collected is as the schema says (all at once: the validator is slow to start)
validate_all()
{
	validate <documents
}

# One segment in each state, and then some
all_sorts()
{
	orphan=$(make_orphan 1048577 640 0xfffffffe)
	make_orphan 4096 600 2 >/dev/null
	keep_lists
	echo key:2 >"$lists/keep"
	live=$(make_live_segment 4096 0 0x4d2)
	held=$(make_live_segment)
	hold_segment "$held"
	marked=$(make_live_segment)
	hold_segment "$marked"
	ipcrm -m "$marked"
	shmtool set "$orphan" --lock
}

@test "ls -J and stat -J conform to the schema" {
	need_validator
	collect ls -J
	all_sorts
	collect ls -J --grace 0 --keep-file "$lists/keep"
	assert_equal "$(jq -r '.segments | map(.state) | unique | join(" ")' <<<"$output")" \
		'attached dest detached kept orphaned'
	collect ls -J "$live"
	collect ls -J --numeric
	collect ls -J -o id,owner,created-by,holders
	collect ls -J --numeric -o holders
	collect ls -J --orphaned --grace 0
	# shellcheck disable=SC2016 # it is for perl
	background perl -e '$0 = "a\nb"; shmget(0, 1000, 01600) // die; $| = 1; print "x\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	collect ls -J
	end_process "$background_pid"
	collect stat -J --all
	collect stat -J "$held"
	echo 'key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime' >list
	echo '-1 1 7777 18446744073709551615 7 0 0 4294967295 0 0 0 9223372036 0 1' >>list
	collect ls -J --from list
	# exactly the fields of the table are there, under the names that the schema has
	assert_equal "$(jq -r '.segments[0] | keys_unsorted | join(" ")' <<<"$output")" \
		"$(table_fields | tr - _ | paste -sd ' ')"
	validate_all
}

@test "rm -J conforms to the schema" {
	need_validator
	all_sorts
	collect rm -J --orphaned --grace 0 -n
	collect rm -J "$held" "$orphan"
	assert_equal "$(jq -r '.results | map(.result) | sort | join(" ")' <<<"$output")" 'not-removed removed'
	collect rm -J "$held" --even-attached
	collect rm -J --all
	collect rm -J --all
	validate_all
}

@test "ls -l -J and ls -u -J conform to the schema" {
	need_validator
	all_sorts
	collect ls -l -J
	collect ls -u -J
	collect ls -u -J --all
	local field
	for field in $(table_fields); do
		collect ls --by "$field" -J
	done
	echo 'key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime' >list
	echo '-1 1 7777 18446744073709551615 7 0 0 4294967295 0 0 0 9223372036 0 1' >>list
	collect ls --from list --by size -J
	set_limit shmmax 18446744073692774399
	set_limit shmall 18446744073692774399
	collect ls -l -J
	collect ls --warn 0 -J
	set_limit shmmni 0
	collect ls -l -J
	validate_all
}

# change JQ-PROGRAM...: adds the document with each of these changes to what is none of the schema's
change()
{
	jq -c ". as \$before | $(printf '(%s),' "$@") empty |
		if . == \$before then error(\"changes nothing\") else . end" document >>changed
}

@test "the schema rejects invalid output" {
	need_validator
	all_sorts
	shmtool ls -J >document
	change '.schema = 2' '.other = 1' 'del(.schema)' '.segments = {}' '{segments}' \
		'.segments[0].state = "lost"' '.segments[0].key = "1234"' '.segments[0].mode = "0999"' \
		'.segments[0].ctime = "2026-11-23 10:00:00"'
	# no field is of these kinds
	local field kinds=()
	for field in $(table_fields | tr - _); do
		kinds+=(".segments[1].$field = {}" ".segments[1].$field = -1.5")
	done
	change "${kinds[@]}"
	(($(wc -l <changed) == 9 + ${#kinds[@]}))
	shmtool ls -l -J >document
	change '.limits[0].name = "other"' '.limits[0].value = "unlimited"'
	shmtool ls --by owner -J >document
	change '.totals[0].segments = null' 'del(.totals[0].size)' '.totals[0].by = "No"' 'del(.totals[0].value)'
	shmtool rm -J -n --all >document
	change '.results[0].result = "gone"' 'del(.results[0].reason)'
	validate --none <changed
}

@test "every field is in every format, in -H, in the schema and in the manual" {
	local field id
	id=$(make_live_segment)
	(($(table_fields | wc -l) > 20))
	assert_equal "$(shmtool ls -H | awk '{ print $1 }')" "$(table_fields)"
	for field in $(table_fields); do
		try ls "$id" -o "$field"
		expect_status 0
		assert_equal "${#lines[@]}" 2
		try ls "$id" -o "$field" -r
		expect_status 0
		assert_equal "${#lines[@]}" 2
		try ls "$id" --format "%{$field}"
		expect_status 0
		try stat "$id" --format "%{$field}"
		expect_status 0
		try create -s 1 --format "%{$field}"
		expect_status 0
		try ls --sort "-$field"
		expect_status 0
		try ls "$id" -J -o "$field"
		assert_equal "$(jq -r '.segments[0] | keys[0]' <<<"$output")" "${field//-/_}"
	done
	assert_equal "$(jq -r '.["$defs"].segment.properties | keys_unsorted[]' "$schema")" \
		"$(table_fields | tr - _)"
	# their meaning too: as -H and the page have it
	local page
	page=$(sed -n '/^\.Ss Fields/,/^\.El/p' "$top/man/shmtool-ls.1")
	assert_equal "$(sed -n 's/^\.It //p' <<<"$page")" "$(table_fields)"
	local name meaning
	while read -r name meaning; do
		grep -qxF ".It $name" <<<"$page" || fail "the page has no $name"
		[[ $page == *$'\n'".It $name"$'\n'"$meaning"* ]] || fail "the page tells otherwise of $name"
	done < <(shmtool ls -H)
}
