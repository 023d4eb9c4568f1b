#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What IPC namespaces are called, and in which of them the names of users apply.

bats_require_minimum_version 1.5.0
load lib/common
load lib/isolated

setup()
{
	isolated_setup
	hex=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
	uid=8d5e4c7a-33f1-4d0e-9c5e-1f2a3b4c5d6e
}

# in_cgroup PATH PID: from here on, this is the control group of the process for those who are there
in_cgroup()
{
	printf '0::%s\n' "$1" >"cgroup.$2"
	there mount --bind "cgroup.$2" "/proc/$2/cgroup"
}

# called SIZE NAME: so the namespace is called that has the segment of this size
called()
{
	try_there ls -A --min-size "$1" --max-size "$1" --format '%{ns-name}'
	expect_status 0
	assert_output_is "$2"
}

@test "a namespace is named by its host name if that differs, or else by its unit" {
	# shellcheck disable=SC2016
	settle unshare --ipc --uts sh -c 'hostname web-7f9c && exec "$@"' sh -- 1000
	in_cgroup "/docker/$hex" "$pid"
	settle unshare --ipc -- 2000
	in_cgroup "/docker/$hex" "$pid"
	# a UTS namespace of its own, but with the same name
	settle unshare --ipc --uts -- 3000
	in_cgroup /system.slice/own.service "$pid"
	# names that say nothing
	local name size=4000
	for name in localhost '(none)' ''; do
		# shellcheck disable=SC2016
		settle unshare --ipc --uts sh -c 'echo "$0" >/proc/sys/kernel/hostname && exec "$@"' "$name" -- "$size"
		in_cgroup /system.slice/local.service "$pid"
		size=$((size + 1))
	done
	settle unshare --ipc -- 5000
	in_cgroup / "$pid"
	there perl -e 'shmget(5, 6000, 01600) // die'
	called 1000 web-7f9c
	called 2000 docker/0123456789ab
	called 3000 own.service
	called 4000 local.service
	called 4001 local.service
	called 4002 local.service
	called 5000 -
	called 6000 "$(uname -n)"
}

@test "a pod without its own host name is not named after its pause process" {
	# the world has no other process named so
	cp "$(command -v sleep)" pause
	background there unshare --ipc sh -c 'echo $$; exec ./pause 1000'
	wait_until test -s "$background_output"
	local pause
	pause=$(<"$background_output")
	in_cgroup "/kubepods/pod$uid/$hex" "$pause"
	there nsenter --target "$pause" --ipc perl -e 'shmget(5, 1000, 01600) // die'
	called 1000 "pod/$uid/0123456789ab"
	settle nsenter --target "$pause" --ipc -- 2000
	in_cgroup "/kubepods/pod$uid/ab${hex#01}" "$pid"
	((pid > pause))
	called 1000 "pod/$uid/ab23456789ab"
}

@test "names are shown in the table, in the lines of rm, in JSON, in metrics and by --follow" {
	# shellcheck disable=SC2016
	settle unshare --ipc --uts sh -c 'hostname web-7f9c && exec "$@"' sh -- '!1000'
	background there "$SHMTOOL" ls -A --follow --interval 50ms -v --ignore-keep
	wait_until grep -q 'watching (1 segment now)' "$background_errors"
	try_there ls -A
	assert_output_matches "NS  NS-NAME +NS-OF"
	assert_output_matches "$ns  web-7f9c +$pid perl"
	try_there ls -A -J
	assert_equal "$(jq -r '.segments[].ns_name' <<<"$output")" web-7f9c
	try_there ls -A --by ns-name --no-header
	assert_output_matches '^web-7f9c +1 '
	try_there ls -A --prometheus
	assert_output_has "shmtool_segments{state=\"detached\",owner=\"root\",ns=\"$ns\",ns_name=\"web-7f9c\"} 1"
	try_there rm -A --all -n
	assert_output_has " ns=$ns ns-name=web-7f9c ns-of=$pid perl"
	try_there rm -A --all
	assert_output_has " ns=$ns ns-name=web-7f9c ns-of=$pid perl"
	wait_until grep -q "removed .* ns=$ns ns-name=web-7f9c ns-of=$pid perl" "$background_output"
}

@test "a hostile host name is escaped" {
	# shellcheck disable=SC2016
	settle unshare --ipc --uts perl -e '
		open my $name, ">", "/proc/sys/kernel/hostname" or die;
		syswrite $name, "a \e[2J\"b"; close $name; exec @ARGV' -- 1000
	called 1000 '"a \x1b[2J""b"'
	try_there ls -A -J
	assert_equal "$(jq -r '.segments[].ns_name' <<<"$output")" $'a \e[2J"b'
	try_there ls -A --warn 0
	assert_output_has "IPC namespace $ns (\"a \\x1b[2J\"\"b\", $pid perl): "
}

@test "a newline in a host name is escaped in metrics" {
	perl -e 'require "syscall.ph"' 2>/dev/null || skip 'needs perl with syscall.ph'
	# shellcheck disable=SC2016
	settle unshare --ipc --uts perl -e 'require "syscall.ph"; my $name = "a\nb";
		syscall(&SYS_sethostname, $name, 3) == 0 or die; exec @ARGV' -- 1000
	try_there ls -A --prometheus
	assert_output_has 'ns_name="a\nb"'
	called 1000 'a\nb'
}

@test "with -N, the namespace does not get the host name of this machine" {
	settle unshare --ipc -- 1000
	try_there ls -N "$pid" --format '%{ns-name}'
	assert_output_is -
	there perl -e 'shmget(5, 6000, 01600) // die'
	try_there ls --format '%{ns-name}'
	assert_output_is "$(uname -n)"
}

# --- Names of users ---------------------------------------------------------

@test "names of users are shown only if the list of users is that of this machine" {
	local same other place
	echo other:x:0:0:::/bin/sh >passwd
	settle unshare --ipc -- 1000
	same=$pid
	settle unshare --ipc --mount -- 2000
	# shellcheck disable=SC2016
	settle unshare --ipc --mount sh -c 'mount --bind passwd /etc/passwd && exec "$@"' sh -- 3000
	other=$pid
	try_there ls -A --sort size --format '%{size} %{owner} %{group} %{creator} %{creator-group}'
	assert_output_is '1000 root root root root
2000 root root root root
3000 0 0 0 0'
	try_there ls -A -J
	assert_equal "$(jq -c '.segments | sort_by(.size)[] | .owner' <<<"$output")" '"root"
"root"
0'
	try_there stat -A --min-size 3000
	assert_output_matches 'owner +0 \(uid 0\), group 0 \(gid 0\)'
	try_there stat -A --max-size 1000
	assert_output_matches 'owner +root \(uid 0\), group root \(gid 0\)'
	try_there ls -A --prometheus
	assert_output_has 'owner="0"'
	try_there rm -A --all -n
	assert_output_has ' owner=0 size=3000'
	assert_output_has ' owner=root size=1000'
	for place in "$other" "/proc/$other/ns/ipc"; do
		try_there ls -N "$place" --format '%{owner}'
		assert_output_is 0
	done
	try_there ls -N "$same" --format '%{owner}'
	assert_output_is root
	# the user of a process that has it attached
	background there nsenter --target "$other" --ipc "$HELPERS/hold" "$(there nsenter --target "$other" --ipc \
		ipcs -m | awk '/^0x/ { print $2 }')"
	wait_until grep -q attached "$background_output"
	try_there stat -A --min-size 3000 --holders -J
	assert_equal "$(jq -c '.segments[].holders[].user' <<<"$output")" 0
}

@test "no symbolic link of a container leads to the list of users of this machine" {
	# shellcheck disable=SC2016
	settle unshare --ipc --mount sh -c '
		mount -t tmpfs none /etc && ln -s /etc/passwd /etc/passwd && exec "$@"' sh -- 3000
	# following the link would lead to the list of this machine
	there test "/proc/$pid/root/etc/passwd" -ef /etc/passwd
	try_there ls -A --format '%{owner}'
	assert_output_is 0
	# the same with /etc itself
	mkdir root
	ln -s /etc root/etc
	# shellcheck disable=SC2016
	background there unshare --ipc perl -e '
		my $id = shmget(0, 4000, 01600) // die;
		chroot "root" or die; chdir "/"; $| = 1; print "$$\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	there test "/proc/$(<"$background_output")/root/etc/passwd" -ef /etc/passwd
	try_there ls -A --min-size 4000 --format '%{owner}'
	assert_output_is 0
}

@test "in a user namespace, ids that the kernel translates are shown by name" {
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc -- 1000
	try_there ls -A --format '%{uid} %{owner}'
	assert_output_is "1000 $(there getent passwd 1000 | cut -d : -f 1 | grep . || echo 1000)"
	# for its own user it must be entered: then root in there is not root here
	capture there "${ordinary_user[@]}" "$SHMTOOL" ls -A --ignore-keep --format '%{uid} %{owner}'
	assert_output_is '0 0'
	capture there "${ordinary_user[@]}" "$SHMTOOL" ls -N "$pid" --format '%{uid} %{owner}'
	assert_output_is '0 0'
}

@test "a user that this machine lacks: the error shows how to specify it" {
	try_there ls -A --creator nosuch
	expect_status 2
	assert_stderr_has 'no such user (for a user ID, use +NUMBER)'
	try_there ls -A --creator +999
	expect_status 0
}
