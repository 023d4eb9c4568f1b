#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The order of the source files: what includes what, and how long they are; and the size
# of the texts that a new user reads first.

bats_require_minimum_version 1.5.0
load lib/common

src=$BATS_TEST_DIRNAME/../src

# included DIRECTORY: prints pairs FILE INCLUDED, one per line, without .c and .h
included()
{
	(cd "$src" && grep -roE '^#include "[^"]*"' --include '*.[ch]' "$1") |
		sed -E 's/\.[ch]:#include "/ /; s/\.h"$//' | awk '$1 != $2'
}

@test "shm includes neither text nor verbs, and text no verbs" {
	assert_equal "$(included shm | grep -E ' (text|verbs)/' || true)" ''
	assert_equal "$(included text | grep ' verbs/' || true)" ''
	included text | grep -q ' shm/'
}

# tsort fails on a circle, and names what is in it.
@test "no two files include each other in a circle" {
	{ included shm && included text && included verbs; } | tsort >/dev/null
}

@test "no file has more than 500 lines, and no function more than 50" {
	assert_equal "$(find "$src" -name '*.[ch]' -exec awk '
		FNR == 501 { print FILENAME ": more than 500 lines" }
		/^\{/ { start = FNR }
		/^\}/ && start && FNR - start > 51 { print FILENAME ": " FNR - start - 1 " lines from " start }
		/^\}/ { start = 0 }
	' {} +)" ''
}

# tests/coverage/report holds them against what is reached (make coverage).
@test "each line that coverage leaves out has its reason beside it, and each block an end" {
	assert_equal "$(find "$src" -name '*.[ch]' -exec awk '
		FNR == 1 && open { print open ": no GCOVR_EXCL_STOP" }
		FNR == 1 { open = "" }
		/GCOVR_EXCL_(LINE|START)/ && !/GCOVR_EXCL_(LINE|START): [^*]*[a-z]+ [a-z]+/ { print FILENAME ":" FNR ": no reason" }
		/GCOVR_EXCL_START/ { if (open) print FILENAME ":" FNR ": inside another"; open = FILENAME ":" FNR }
		/GCOVR_EXCL_STOP/ { if (!open) print FILENAME ":" FNR ": no GCOVR_EXCL_START"; open = "" }
		END { if (open) print open ": no GCOVR_EXCL_STOP" }
	' {} +)" ''
}

@test "tests/README.md names each helper of the tests, and none that does not exist" {
	cd "$BATS_TEST_DIRNAME"
	assert_equal "$(sed -n '/^## Helpers/,/^## When/s/^| \(`[^|]*\) |.*/\1/p' README.md |
		grep -o '[^`, ]*' | sort)" \
		"$(find lib -type f -printf '%P\n' | sed 's/\.c$//' | sort)"
}

@test "README.md has at most 220 lines, and shmtool(1) at most 400" {
	local top=$BATS_TEST_DIRNAME/..
	(($(wc -l <"$top/README.md") <= 220))
	need_command mandoc
	local lines
	lines=$(mandoc -T utf8 "$top/man/shmtool.1" | wc -l)
	((lines > 100 && lines <= 400))
}
