#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the commands for several machines of README.md and shmtool-ls(1) unchanged, with the
# real clush. Its four nodes are IPC namespaces of this machine, each with its own host
# name; a replacement for ssh enters them.

load lib/common

setup()
{
	common_setup
	need_command clush jq nsenter
	local node

	declare -gA node_pid=()
	for node in node1 node2 node3 node4; do
		# shellcheck disable=SC2016
		background unshare --ipc --uts --mount sh -c '
			hostname "$1" && mount -t tmpfs tmpfs /var/lib &&
			mkdir -p /var/lib/prometheus/node-exporter && echo ready && exec sleep 1000' sh "$node"
		node_pid[$node]=$background_pid
		wait_until file_has "$background_output" ready
		echo "$background_pid" >"$node.pid"
	done

	# clush calls ssh with options, the node, and words for its shell there.
	mkdir bin
	cat >bin/ssh <<-END
		#!/bin/sh
		while case \$1 in -*) ;; *) false ;; esac do shift; done
		pid=\$(cat "$PWD/\$1.pid") || exit 255
		shift
		exec nsenter --target "\$pid" --ipc --uts --mount sh -c "\$*"
	END
	printf '[Main]\nssh_path: %s\ncolor: never\nnode_count: no\n' "$PWD/bin/ssh" >bin/clush.conf
	# On the nodes it is two days later than it is here, and they have run for long.
	cat >bin/shmtool <<-END
		#!/bin/sh
		export LD_PRELOAD='$HELPERS/clock.so'
		export ASAN_OPTIONS='${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0'
		export FIXED_REALTIME=$((EPOCHSECONDS + 2 * 86400)) FIXED_BOOTTIME=$((30 * 86400))
		exec '$SHMTOOL' "\$@"
	END
	chmod 755 bin/ssh bin/shmtool
	export CLUSTERSHELL_CFGDIR=$PWD/bin PATH=$PWD/bin:$PATH XDG_CONFIG_HOME=$PWD/none

	# two leaks; one whose maker lives; none; one beside one that is attached
	leaks1=$(make_leak node1 1000; make_leak node1 2000)
	background on node2 perl -e "$create"'; sleep 1 while 1' 3000 600 0
	wait_until test -s "$background_output"
	leaks4=$(make_leak node4 5000)
	background on node4 "$HELPERS/hold" "$(make_leak node4 6000)"
	wait_until test -s "$background_output"
}

on()
{
	run_program nsenter --target "${node_pid[$1]}" --ipc "${@:2}"
}

make_leak()
{
	on "$1" perl -e "$create" "$2" 600 0
}

# What each node has, by the kernel's list: "node1 1000"
sizes()
{
	local node
	for node in node1 node2 node3 node4; do
		# shellcheck disable=SC2016
		on "$node" awk -v node="$node" 'NR > 1 { print node, $4 }' /proc/sysvipc/shm
	done
}

# line N: a command of the README's section "Fleets"
line()
{
	sed -n '/^## Fleets/,/^## Speed/s/^    //p' "$BATS_TEST_DIRNAME/../README.md" | sed -n "$1p"
}

# example WORDS: the example in shmtool-ls(1) that begins with them
example()
{
	awk -f "$BATS_TEST_DIRNAME/lib/examples.awk" "$BATS_TEST_DIRNAME/../man/shmtool-ls.1" |
		grep -z "^$1" | tr -d '\0'
}

# run_here COMMANDS: as typed at a prompt; clush finds no terminal, and nothing on stdin
run_here()
{
	run --separate-stderr bash -c "$1" </dev/null
}

@test "the README has the four command lines that are tested here" {
	for number in 1 2 3 4; do
		[[ -n $(line "$number") ]]
	done
	assert_equal "$(line 5)" ''
}

@test "listing shows the leaks on each node, and how close each is to its limits" {
	run_here "$(line 1)"
	expect_status 0
	assert_stderr_is ''
	# clush -b: a heading for the nodes that said the same, then what that was
	assert_equal "$(awk '/^node/ { node = $1 } /orphaned/ { print node, $1, $5 }' <<<"$output" | sort)" \
		"$(paste -d ' ' <(printf '%s\n' node1 node1 node4) <(printf '%s\n' "$leaks1" "$leaks4") \
			<(printf '%s\n' 1000 2.0K 4.9K) | sort)"
	assert_output_has 'node[2-3]'
	run_here "$(line 2)"
	expect_status 0
	assert_stderr_is ''
	# used: 2, 1, 0 and 2 of the segments there may be
	assert_equal "$(grep -E '^node|^shmmni' <<<"$output" |
		awk '/^node/ { node = $1 } /^shmmni/ { print node, $3 }' | sort)" 'node1 2
node2 1
node3 0
node4 2'
}

@test "a preview, then the removal on all nodes: segments in use are not removed" {
	before=$(sizes)
	run_here "$(line 3)"
	expect_status 0
	assert_stderr_is ''
	assert_equal "$(grep -c '^would remove' <<<"$output")" 3
	assert_equal "$(sizes)" "$before"

	run_here "$(line 4)"
	expect_status 0
	assert_stderr_is ''
	assert_equal "$(grep -c '^removed' <<<"$output")" 3
	assert_output_has 'total 2 segments, 3000 bytes'
	assert_output_has 'total 1 segment, 5000 bytes'
	assert_equal "$(sizes)" 'node2 3000
node4 6000'

	# once more: not a word from any node
	run_here "$(line 4)"
	expect_status 0
	assert_output_is ''
}

@test "clush -S exits with the highest status of all nodes" {
	printf 'not a line of a keep list\n' >keep
	sed -i "s|exec '|case \$(hostname) in node3) set -- \"\$@\" --keep-file $PWD/keep ;; esac; exec '|" \
		bin/shmtool
	run_here "$(line 4)"
	expect_status 7
	assert_stderr_has 'node3: shmtool rm: '
	assert_equal "$(sizes)" 'node2 3000
node4 6000'
}

@test "the JSON lists of all nodes can be merged, by host name" {
	run_here "$(example 'clush .* ls -J')"
	expect_status 0
	assert_stderr_is ''
	assert_equal "$(jq -r '.segments[] | "\(.host) \(.size)"' fleet.json | sort)" "$(sizes | sort)"
	assert_equal "$(jq .schema fleet.json)" 1
	assert_equal "$(head -n 3 <<<"$output")" \
		"$(printf '%s\t%s\t%s\n' node1 2 3000 node2 1 3000 node4 2 11000)"
	owner=$(id -un)
	assert_equal "$(tail -n +4 <<<"$output" | sort)" "$(
		printf '%s\t%s\t%s\t%s\n' node1 "$(sed -n 1p <<<"$leaks1")" "$owner" 1000 \
			node1 "$(sed -n 2p <<<"$leaks1")" "$owner" 2000 node4 "$leaks4" "$owner" 5000 | sort
	)"
}

@test "the JSON results of removals on all nodes" {
	run_here "$(example 'clush .* rm ')"
	expect_status 0
	assert_stderr_is ''
	assert_equal "$(jq -r '"\(.host) \(.result) \(.size)"' <<<"$output" | sort)" 'node1 removed 1000
node1 removed 2000
node4 removed 5000'
	assert_equal "$(sizes)" 'node2 3000
node4 6000'
}

@test "metrics of each node appear as a complete file" {
	need_command promtool
	for node in node1 node2 node3 node4; do
		run --separate-stderr bin/ssh "$node" "$(example 'cd ')"
		expect_status 0
		assert_output_is ''
		assert_stderr_is ''
		# another user who could open the lock could hold it
		assert_equal "$(bin/ssh "$node" "cd /var/lib/prometheus/node-exporter && stat -c '%a %n' *")" \
			$'600 shmtool.lock\n644 shmtool.prom'
		bin/ssh "$node" cat /var/lib/prometheus/node-exporter/shmtool.prom >"$node.prom"
		promtool check metrics <"$node.prom"
	done
	owner=$(id -un)
	grep -qx "shmtool_segments{state=\"orphaned\",owner=\"$owner\"} 2" node1.prom
	grep -qx "shmtool_segments{state=\"detached\",owner=\"$owner\"} 1" node2.prom
	grep -qx 'shmtool_used_segments 0' node3.prom
	# the example for cron says the same
	line=$(example 'cd ' | sed 's/^ *//' | paste -sd ' ')
	grep -qF "root $line" "$BATS_TEST_DIRNAME/../src/share/examples/shmtool.cron"
}
