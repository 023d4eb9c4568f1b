# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the tests of rm share (load lib/removal, after lib/common).

removal_setup()
{
	common_setup
	# not the keep list of the user who runs the tests
	export HOME=$BATS_TEST_TMPDIR
}

assert_gone()
{
	local id
	for id; do
		if segment_exists "$id"; then
			fail "segment $id is still there"
			return
		fi
	done
}

assert_there()
{
	local id
	for id; do
		segment_exists "$id" || fail "segment $id no longer exists" || return
	done
}

# Mode, owner and group.
rights_of()
{
	echo "$(segment_field "$1" perms) $(segment_field "$1" uid) $(segment_field "$1" gid)"
}

# One of mode 0640 that belongs to an ordinary user and another group.
users_orphan()
{
	# shellcheck disable=SC2016
	id=$(as_user perl -e "$create"'; shmwrite($id, "x", 0, 1) or die' 4096 640 0)
	shmtool "set" "$id" -g daemon
}

# So many, and their ids in the order of the kernel's list
orphans_as_listed()
{
	local _
	for _ in $(seq "$1"); do
		make_orphan >/dev/null
	done
	# shellcheck disable=SC2034 # for the test
	mapfile -t ids < <(awk 'NR > 1 { print $2 }' /proc/sysvipc/shm)
}
