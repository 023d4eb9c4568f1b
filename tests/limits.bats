#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ls -l, -u and --warn: the limits, their usage, and how to change them.

bats_require_minimum_version 1.5.0
load lib/common

@test "-l shows the limits of ipcs -l" {
	set_limit shmmni 1234
	set_limit shmall 100000
	set_limit shmmax 8388608
	make_segment 10000 >/dev/null
	try ls -l -J
	expect_status 0
	assert_equal "$(jq -c '.schema, (.limits | map(keys) | unique)' <<<"$output" | paste -sd ' ')" \
		'1 [["name","percent","used","value"]]'
	assert_equal "$(jq -r '.limits[] | [.name, .value, .used] | map(tostring) | join(" ")' <<<"$output" | head -n 4)" \
		'shmmni 1234 1
shmall 100000 3
shmmax 8388608 null
shmmin 1 null'
	# ipcs has kbytes, and pages as kbytes
	assert_equal "$(ipcs -m -l | awk -F' = ' '/ = / { print $2 }' | paste -sd ' ')" '1234 8192 400000 1'
	try ls -l -b
	expect_status 0
	assert_output_has 8388608
	assert_equal "$(awk '$1 == "shmmni" { print $2, $3 }' <<<"$output")" '1234 1'
	try ls -l
	assert_equal "$(awk '$1 == "shmmax" { print $2 }' <<<"$output")" 8M
}

@test "-l shows unlimited limits as "unlimited", and as null in JSON" {
	set_limit shmmax 18446744073692774399
	set_limit shmall 18446744073692774399
	try ls -l
	assert_equal "$(awk '/^shm(all|max)/ { print $2 }' <<<"$output")" $'unlimited\nunlimited'
	try ls -l -J
	assert_equal "$(jq -c '.limits | map(select(.name == "shmall" or .name == "shmmax") | [.value, .percent])' <<<"$output")" \
		'[[null,null],[null,null]]'
}

@test "-u shows the sums of ipcs -u" {
	make_orphan 10000 >/dev/null
	make_segment 50000 >/dev/null
	try ls -u
	expect_status 0
	local name
	for name in 'pages allocated' 'pages resident' 'pages swapped'; do
		assert_equal "$name $(sed -n "s/^$name  *\([0-9]*\) .*/\1/p" <<<"$output")" \
			"$name $(ipcs -m -u | sed -n "s/^$name  *//p")"
	done
	assert_equal "$(awk '$1 == "segments" { print $2 }' <<<"$output")" 2
	try ls -u -J
	jq -e '.schema == 1 and (.summary | type == "array" and length > 3)' <<<"$output"
}

@test "-l shows the usage of each limit and the command that changes it, in 80 columns" {
	set_limit shmmni 40
	set_limit shmall 1000
	make_segment 10000 >/dev/null
	try ls -l
	expect_status 0
	assert_equal "$(awk '{ $1 = $1; print }' <<<"$output" | head -n 5)" 'LIMIT VALUE USED USE% MEANING SET WITH
shmmni 40 1 2.5% segments sysctl kernel.shmmni=N
shmall 1000 3 0.3% total pages sysctl kernel.shmall=PAGES
'"shmmax $(awk '$1 == "shmmax" { print $2 }' <<<"$output") - - maximum segment size sysctl kernel.shmmax=BYTES"'
shmmin 1 - - minimum segment size -'
	assert_equal "$(awk 'length > 80' <<<"$output")" ''
	# what it says changes a limit is a sysctl that there is
	local name
	while read -r name; do
		[[ -e /proc/sys/${name/./\/} ]]
	done < <(grep -o 'kernel\.[a-z]*' <<<"$output")
	try ls -l --no-header
	assert_equal "${lines[0]%% *}" shmmni
	assert_output_lacks LIMIT
}

# Other tests add swap for as long as they have this lock.
lock_swap()
{
	exec {swap_lock}</proc/swaps
	flock "$swap_lock"
}

# memory_of NAME: of /proc/meminfo, in bytes
memory_of()
{
	awk -v name="$1:" '$1 == name { printf "%.0f", $2 * 1024 }' /proc/meminfo
}

@test "-l shows how much of RAM, and of RAM and swap together, all segments use" {
	local ram swap id
	lock_swap
	ram=$(memory_of MemTotal)
	swap=$(memory_of SwapTotal)
	# of one everything is in memory, of the other nothing
	id=$(make_segment 3000000)
	shmtool write "$id" --fill 1
	make_segment 5000000 >/dev/null
	try ls -l -J
	expect_status 0
	validate <<<"$output"
	assert_equal "$(jq -c '.limits[] | select(.name == "ram") | [.value, .used]' <<<"$output")" \
		"[$ram,$(awk 'NR > 1 { sum += $15 } END { print sum }' /proc/sysvipc/shm)]"
	assert_equal "$(jq -c '.limits[] | select(.name == "memory") | [.value, .used]' <<<"$output")" \
		"[$((ram + swap)),$(($(ipcs -mu | awk '/pages allocated/ { print $3 }') * $(getconf PAGESIZE)))]"
	# without swap, no row
	assert_equal "$(jq -c '[.limits[] | select(.name == "swap").value]' <<<"$output")" \
		"$( ((swap)) && echo "[$swap]" || echo '[]')"
	try ls -l
	assert_equal "$(awk 'length > 80' <<<"$output")" ''
	assert_equal "$(awk '$1 == "ram" { print $3 }' <<<"$output")" 2.9M
	try ls -l -b
	assert_equal "$(awk '$1 == "ram" { print $2 }' <<<"$output")" "$ram"
}

@test "--warn: segments larger than the machine's memory, where the kernel has no limit" {
	# the kernel promises that much without --no-reserve only with overcommit
	set_limit shmall 18446744073692774399
	set_limit shmmax 18446744073692774399
	lock_swap
	local all=$(($(memory_of MemTotal) + $(memory_of SwapTotal)))
	shmtool create -s "$((all / 4096 * 4096 * 3))" --no-reserve >/dev/null
	try ls --warn 100
	expect_status 1
	assert_equal "${#lines[@]}" 1
	assert_output_matches '^memory: [0-9.]+[GT] of [0-9.]+[GT] of RAM and swap allocated \((299\.9|300\.0)%\); to list the largest: shmtool ls -o \+rss,swap --sort -size$'
	# the command that it prints
	make_segment 4096 >/dev/null
	run --separate-stderr bash -c "PATH=${SHMTOOL%/*}:\$PATH; ${output#*largest: }"
	expect_status 0
	assert_output_matches 'CREATED-BY +RSS +SWAP'
	assert_equal "$(awk 'NR > 1 { print $5, $(NF - 1), $NF }' <<<"$output" | tail -n 1)" '4K 0 0'
	# no memory is in use
	try ls --warn 100 -J
	assert_equal "$(jq -r '.limits[].name' <<<"$output")" memory
}

@test "-u shows sizes and their share of each limit" {
	set_limit shmmni 40
	set_limit shmall 1000
	make_orphan 10000 >/dev/null
	try ls -u
	assert_equal "$(awk '{ $1 = $1; print }' <<<"$output" | head -n 3)" 'RESOURCE COUNT SIZE USE% LIMIT
segments 1 - 2.5% shmmni 40
pages allocated 3 12K 0.3% shmall 1000'
	try ls -u -b
	assert_output_has ' 12288 '
	set_limit shmall 18446744073692774399
	try ls -u
	assert_output_has 'shmall unlimited'
}

# Any user can create such segments, which use no memory.
@test "--warn: segments whose sizes have a sum of more than 64 bits" {
	local id ids
	ids=$(perl -e 'print shmget(0, 7 << 60, 010600) + 0, "\n" for 1 .. 4')
	try ls --warn 100
	expect_status 1
	assert_output_matches '^memory: 16E of [^ ]+ of RAM and swap allocated'
	# here one, and two in another namespace
	for id in $(head -n 3 <<<"$ids"); do
		ipcrm -m "$id"
	done
	background unshare --ipc perl -e 'shmget(0, 7 << 60, 010600) // die for 1 .. 2; $| = 1; print "made\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	try ls -A --warn 100
	assert_output_matches '^memory: 16E of [^ ]+ of RAM and swap allocated'
}

@test "--warn prints one line for each limit that is exceeded (exit 1), or nothing (exit 0)" {
	set_limit shmmni 10
	set_limit shmall 100
	local size
	for size in {1..8}; do
		make_segment $((20480 - size)) >/dev/null
	done
	try ls --warn 100
	expect_status 0
	assert_output_is ''
	assert_stderr_is ''
	try ls --warn 81
	expect_status 0
	assert_output_is ''
	try ls --warn 80
	expect_status 1
	assert_output_is 'shmmni: 8 of 10 segments in use (80.0%); to raise it: sysctl kernel.shmmni=20 (and in /etc/sysctl.d/ to keep it)'
	try ls -l --warn=40
	expect_status 1
	assert_output_is 'shmmni: 8 of 10 segments in use (80.0%); to raise it: sysctl kernel.shmmni=20 (and in /etc/sysctl.d/ to keep it)
shmall: 40 of 100 pages in use (40.0%); to raise it: sysctl kernel.shmall=200 (and in /etc/sysctl.d/ to keep it)'
	try ls --warn 80 -J
	expect_status 1
	assert_output_is '{"schema":1,"limits":[{"name":"shmmni","value":10,"used":8,"percent":80.00}]}'
	try ls --warn 81 -J
	expect_status 0
	assert_output_is '{"schema":1,"limits":[]}'
	set_limit shmall 18446744073692774399
	try ls --warn 0
	assert_output_lacks shmall
	# an ordinary user is warned as well
	is_root || return 0
	try_as_user ls --warn 80
	expect_status 1
}

@test "--warn: the command that it suggests works" {
	local value said next id
	for value in 0 1 20000 32767; do
		set_limit shmmni "$value"
		try ls --warn 0
		said=$(grep -o 'kernel\.shmmni=[0-9]*' <<<"$output")
		next=${said#*=}
		((next > value))
		set_limit shmmni "$next"
		assert_equal "$(</proc/sys/kernel/shmmni)" "$next"
	done
	set_limit shmmni 32768
	try ls --warn 0
	assert_output_has 'only the boot option ipcmni_extend raises this'
	# full, the kernel says no; as told, it says yes
	set_limit shmall 3
	id=$(make_segment 12288)
	run make_segment 4096
	((status != 0))
	try ls --warn 100
	expect_status 1
	said=$(grep -o 'kernel\.shmall=[0-9]*' <<<"$output")
	set_limit shmall "${said#*=}"
	make_segment 4096 >/dev/null
	# and a limit below what is in use
	set_limit shmall 1
	try ls --warn 100
	assert_output_has 'shmall: 4 of 1 pages in use (400.0%); to raise it: sysctl kernel.shmall=8 '
	ipcrm -m "$id"
}

@test "--warn without /proc: it must be mounted first" {
	need_root
	mkdir empty
	set_limit shmmni 10
	# shellcheck disable=SC2016 # it is for the shell
	run --separate-stderr unshare --mount sh -c 'mount --bind empty /proc && exec "$0" ls --warn 0' "$SHMTOOL"
	assert_output_has 'shmmni: 0 of 10 segments in use (0.0%); to raise it: after mounting /proc, sysctl kernel.shmmni=20'
}

@test "--warn with the boot option ipcmni_extend: more than 32768 segments" {
	set_limit shmmni 32768
	local options
	for options in 'quiet ipcmni_extend ro' ipcmni_extend 'ro ipcmni_extend'; do
		echo "$options" >cmdline
		run --separate-stderr unshare --mount sh -c '
			mount --bind cmdline /proc/cmdline && exec "$@"' sh "$SHMTOOL" ls --warn 0
		assert_output_has 'to raise it: sysctl kernel.shmmni=65536'
	done
	echo 'ro not_ipcmni_extend ipcmni_extend=no' >cmdline
	run --separate-stderr unshare --mount sh -c '
		mount --bind cmdline /proc/cmdline && exec "$@"' sh "$SHMTOOL" ls --warn 0
	assert_output_has 'only the boot option ipcmni_extend raises this'
}

@test "--warn: if /proc/sys is read-only, it suggests an option of the container engine" {
	set_limit shmmni 40
	run --separate-stderr unshare --mount sh -c '
		mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && exec "$@"' sh \
		"$SHMTOOL" ls --warn 0
	expect_status 1
	assert_output_has 'shmmni: 0 of 40 segments in use (0.0%); to raise it: start the container with --sysctl kernel.shmmni=80 (Kubernetes: securityContext.sysctls)'
	is_root || return 0
	try_as_user ls --warn 0
	assert_output_has 'to raise it: as root, sysctl kernel.shmmni=80'
}

@test "--warn: invalid percentages, and options that it cannot be combined with" {
	local word
	for word in '' 101 -1 1.5 80% x 0x 18446744073709551616; do
		try ls --warn "$word"
		expect_status 2
		assert_output_is ''
		assert_stderr_has 'not a percentage (0 to 100)'
	done
	for word in -u -q -r '--format x' 1 --orphaned '--except-owner root' '--from list' '-o id'; do
		# shellcheck disable=SC2086
		try ls --warn 50 $word
		expect_status 2
	done
}

@test "-l -N shows the command that changes a limit in that namespace" {
	need_root
	background unshare --ipc sleep 1000
	# shellcheck disable=SC2016
	wait_until sh -c '[ "$(readlink "/proc/$0/ns/ipc")" != "$(readlink /proc/self/ns/ipc)" ]' "$background_pid"
	local way
	for way in "$background_pid" "/proc/$background_pid/ns/ipc"; do
		try ls -l -N "$way"
		expect_status 0
		assert_output_has "nsenter --ipc=/proc/$background_pid/ns/ipc"
	done
	# shellcheck disable=SC2016 # sh
	nsenter --ipc="$way" sh -c 'echo 18446744073692774399 | tee /proc/sys/kernel/shmall >/proc/sys/kernel/shmmax
		"$0" create -s 1P --no-reserve' "$SHMTOOL"
	try ls -N "$way" --warn 100
	assert_output_has "to list the largest: shmtool ls -N $way -o +rss"
}

@test "limits that cannot be read are reported" {
	need_strace
	# nor are there the files that have them
	# shellcheck disable=SC2016
	ASAN_OPTIONS=detect_leaks=0 run --separate-stderr unshare --mount sh -c '
		mount -t tmpfs none /proc/sys && mount -t tmpfs none /proc/sysvipc && exec "$@"' sh \
		strace -qq -o trace -e trace=shmctl -e inject=shmctl:error=EACCES "$SHMTOOL" ls -l
	expect_status 5
	assert_output_is ''
	assert_stderr_has 'shmtool ls: cannot read the limits: '
}
