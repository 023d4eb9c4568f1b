#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0
load lib/common

# bats file_tags=long

# tests/lib/race.c describes the race. RACE_ROUNDS removals, 20,000 by default.
@test "segments that two ordinary processes attach in the meantime are never marked" {
	need_root
	run --separate-stderr "$HELPERS/race" "$SHMTOOL" "${RACE_ROUNDS:-20000}"
	echo "# $output" >&3
	assert_stderr_is ""
	assert_output_has " marked=0 lost=0"
	expect_status 0
	# and they did race: some segments were in use and not removed, some attachments were blocked
	assert_output_lacks " left=0 "
	assert_output_lacks " attached=0 "
}

# Rounds of 3,000 segments each: TERMINATE_ROUNDS, 40 by default.
@test "a signal at any moment: remaining segments have their mode and owner, removed ones are reported" {
	need_root
	mkdir work
	chmod 1777 work
	cd work
	for uid in 0 65534; do
		run --separate-stderr "$BATS_TEST_DIRNAME/lib/signal-while-removing" "$SHMTOOL" "${TERMINATE_ROUNDS:-40}" 3000 "$uid"
		echo "# $output" >&3
		assert_stderr_is ''
		expect_status 0
		assert_output_matches '^in the middle [1-9]'
		rm -f removed errors
	done
}
