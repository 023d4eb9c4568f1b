#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# System calls that an older kernel lacks, or that an unusual file does not support: strace
# injects the error, and the result must be the same as without it.

bats_require_minimum_version 1.5.0
load lib/common

setup()
{
	common_setup
	need_strace
	seek_no_leaks
}

# without CALL:ERROR ARGUMENT...
without()
{
	local lacking=$1
	shift
	timeout --kill-after 5 120 strace -f -qq -o trace -e trace="${lacking%:*}" \
		-e inject="${lacking%:*}:error=${lacking#*:}" "$SHMTOOL" "$@"
	local status=$?
	grep -q INJECTED trace || fail "no ${lacking%:*} in: $*"
	return "$status"
}

@test "without pidfd_open (before Linux 5.3), kill determines whether processes are running" {
	local live gone
	live=$(make_live_segment)
	gone=$(make_orphan)
	without pidfd_open:ENOSYS ls --grace 0 --format '%{id} %{state}' >out
	assert_equal "$(sort -n out)" "$(printf '%s\n' "$live detached" "$gone orphaned" | sort -n)"
	without pidfd_open:ENOSYS rm --orphaned --grace 0
	segment_exists "$live"
	assert_equal "$(segment_count)" 1
}

@test "without pidfd_open (before Linux 5.3), a process that may not be signaled counts as running" {
	need_root
	local id
	id=$(make_live_segment 4096 666)
	as_user strace -f -qq -o /dev/null -e trace=pidfd_open -e inject=pidfd_open:error=ENOSYS \
		"$SHMTOOL" ls --grace 0 --format '%{id} %{state}' >out
	assert_equal "$(<out)" "$id detached"
}

@test "if pidfd_open fails otherwise, kill determines whether processes are running" {
	local live error
	live=$(make_live_segment)
	for error in EMFILE ENOMEM EACCES EIO; do
		make_orphan >/dev/null
		without "pidfd_open:$error" rm --orphaned --grace 0
		segment_exists "$live"
		assert_equal "$(segment_count)" 1
	done
}

@test "if splice and sendfile do not support the files, the same bytes are copied" {
	local id
	id=$(make_segment 300000)
	head -c 300000 /dev/urandom >content
	foreign_write "$id" 0 <content
	hold_segment "$id"
	has_files || skip 'they are not used without the segment as a file'
	# shellcheck disable=SC2002 # a pipe it is to be
	cat content | without splice:EINVAL write "$id"
	foreign_read "$id" 0 300000 | cmp - content
	without splice:EINVAL read "$id" | cat >out
	cmp out content
	tac content >other
	without sendfile:EINVAL write "$id" --truncate -f other
	foreign_read "$id" 0 300000 | cmp - other
	without sendfile:EINVAL read "$id" -f out
	cmp out other
}

@test "an input that times out is a failure, not an endless wait" {
	local id
	id=$(make_segment 300000)
	has_files || skip 'it is not moved by splice without the segment as a file'
	head -c 300000 /dev/zero >file
	# shellcheck disable=SC2002 # a pipe it is to be
	cat file | without splice:ETIMEDOUT write "$id" 2>err && fail 'done'
	grep -q ': Connection timed out (' err
}
