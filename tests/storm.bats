#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load lib/common

# bats file_tags=long

# tests/lib/storm.c describes the storm, and what its log proves. It lasts STORM_SECONDS (5),
# with STORM_PROCESSES (200) at a time; `make storm` runs it for 60 seconds.
@test "a storm of random processes: only orphaned segments are removed, and no leak is left" {
	need_root
	keep_lists
	echo 0x5700 >"$lists/keep"
	run --separate-stderr unshare --pid --fork --kill-child --mount-proc \
		"$HELPERS/storm" "$SHMTOOL" "${STORM_SECONDS:-5}" "${STORM_PROCESSES:-200}" "$lists/keep"
	echo "# $output" >&3
	assert_stderr_is ''
	assert_output_has ' violations=0 faults=0'
	expect_status 0
	# and there was something to judge
	assert_output_lacks ' attached=0 '
	assert_output_lacks ' removed=0 '
	assert_output_lacks ' leaks=0 '
}
