#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rm -n agrees with rm: for each combination of filters, stdout, stderr and exit status are
# the same, except for the verb. Each combination finds the same segments
# (tests/lib/compare-dry-run), in an IPC namespace of its own. Named segments are reported
# only with -v.

load lib/common

setup()
{
	common_setup
	keep_lists
}

# same WANTED UID [COMMAND...]: each line of stdin is a choice, run by COMMAND; at
# least WANTED of them remove something.
same()
{
	local arguments some=0
	need_root
	echo 0x65 >"$lists/keep" # 101
	export HOME=$PWD
	# what rm says goes to files here
	chmod 777 .
	while read -r arguments; do
		# shellcheck disable=SC2086 # words
		run unshare --ipc "$BATS_TEST_DIRNAME/lib/compare-dry-run" "${*:3} $SHMTOOL" "$2" $arguments
		assert_output_matches '^removed [0-9]+$' || fail "rm $arguments"
		[[ $output == 'removed 0' ]] || some=$((some + 1))
	done
	((some >= $1)) || fail "only $some choices removed anything"
}

@test "rm -n agrees with rm, for each filter and for several" {
	same 33 0 <<'END'
--all
--orphaned --grace 0
--orphaned
--likely --grace 0
--likely
--detached
--attached
--dest
--state dest
--state attached
--state detached
--state detached --grace 0
--state orphaned --grace 0
--state orphaned,dest,attached --grace 0
--state kept
--owner nobody
--owner root
--creator nobody
--creator root --owner nobody
--key 101
--key 101 --key 105
--key 102
--pid 1
--idle 0
--idle 1h
--min-size 1
--min-size 4001
--max-size 3000
--min-size 2K --max-size 5K
--owner root --detached
--locked
--group root
--group nogroup
--mode 600
--mode 640
--mode -400
--mode /7
--key private
--key 101-105
--key 0x65-0x66 --key 107
--max-idle 1h
--max-idle 2h --min-size 1
--min-rss 1
--min-rss 1 --orphaned --grace 0
--all --except-owner nobody
--all --except-creator root
--all --except-key 101-106
--all --except-key private
--all --except key:101
--all --except 2147483647
--orphaned --grace 0 --owner nobody
--orphaned --grace 0 --min-size 1M -v
END
}

@test "rm -n agrees with rm, for attached, kept and named segments" {
	same 14 0 <<END
--all --even-attached
--attached --even-attached
--state attached --even-attached
--orphaned --grace 0 --even-attached -v
--all --keep-file $lists/keep
--all --keep-file $lists/keep -v
--orphaned --grace 0 --keep-file $lists/keep
--state kept --keep-file $lists/keep
--all --keep-file $lists/keep --ignore-keep
--all --keep-file missing
0x65 0x68 -v
0x65 0x66 12345 -v
0x65 0x66 --even-attached -v
-f 12345 0x65 -v
-f 12345 0x65 --orphaned --grace 0
12345 0x65 -v
id:0 id:0 key:101 -v
-m 0 -M 101 -v
-m 2 -M 104 -v
-m 12345 -M 101 -v
-M 101 -J
0x65 0x66 -J
--all -J
--orphaned --grace 0 -J
--all --even-attached -J
--orphaned --grace 0 --keep-file $lists/keep -J
END
}

@test "rm -n of an ordinary user shows only what that user may remove" {
	same 3 65534 <<'END'
--all
--all -J
--orphaned --grace 0
--owner nobody --orphaned --grace 0
--owner nobody
--owner nobody -J
--creator root
0x65 0x69 -v
0x69 0x65 -J
--all --even-attached
-M 101 -M 105 -v
END
}

@test "rm -n agrees with rm in a user namespace where some owners are not mapped" {
	same 2 65534 unshare --user --map-root-user <<'END'
--all
--all -J
--orphaned --grace 0
0x65 0x69 -v
--all --even-attached
-M 101 -M 105 -v
END
}
