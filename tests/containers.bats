#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The examples for containers: the DaemonSet, the alerts, and the ways to free what
# a restarted container left behind.

bats_require_minimum_version 1.5.0
load lib/common
load lib/isolated

examples=$BATS_TEST_DIRNAME/../src/share/examples

setup()
{
	isolated_setup
}

# from_daemonset FILTER: of the DaemonSet as JSON
from_daemonset()
{
	python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)' \
		<"$examples/kubernetes-daemonset.yaml" | jq -r "$1"
}

need_yaml()
{
	python3 -c 'import yaml' 2>/dev/null || skip 'needs yaml for python3'
}

# in_daemonset NAME: the command of this container, with its capabilities
in_daemonset()
{
	local caps command
	caps=$(from_daemonset ".spec.template.spec.containers[] | select(.name == \"$1\")
		| .securityContext.capabilities | [\"-\(.drop[])\", \"+\(.add[])\"] | join(\",\")")
	mapfile -d '' command < <(from_daemonset ".spec.template.spec.containers[]
		| select(.name == \"$1\").command | map(. + \"\u0000\") | add" | sed "s|/shmtool|$SHMTOOL|g" | head -c -1)
	there setpriv --no-new-privs --bounding-set "${caps,,}" --inh-caps=-all "${command[@]}"
}

@test "Kubernetes: the DaemonSet's metrics are of all namespaces, and put in place whole" {
	need_command promtool
	need_yaml
	assert_equal "$(from_daemonset '.kind, .spec.template.spec.hostPID')" $'DaemonSet\ntrue'
	settle unshare --ipc -- 5000
	local last=$pid
	# one that cannot be entered: any user can mount something above it
	settle unshare --ipc -- 6000
	mkdir hidden
	bind_there "$pid" hidden/ipc
	end_there "$pid"
	there mount -t tmpfs none hidden
	settle nsenter --target "$last" --ipc --
	try_there ls -A
	expect_status 7
	background in_daemonset metrics
	wait_until test -e shmtool.prom
	assert_equal "$(promtool check metrics <shmtool.prom 2>&1)" ''
	grep -q "^shmtool_segment_bytes{.*,ns=\"$ns\".*} 5000$" shmtool.prom
	[[ ! -e shmtool.tmp ]]
}

# Whether a creation was recorded; a segment of an earlier try may be older than the record.
creation_is_seen()
{
	there perl -e 'shmget(0, 1, 01600) // die'
	test -s "$record"
}

@test "Kubernetes: the DaemonSet's record has what is created in all namespaces" {
	need_yaml
	background in_daemonset record
	local record=$background_output
	wait_until creation_is_seen
	settle unshare --ipc -- 5000
	wait_until grep -q "\"size\":5000,.*\"ns\":$ns," "$record"
}

@test "Prometheus: each alert fires when it should, and not before" {
	need_command promtool
	cp "$examples/prometheus-rules.yaml" .
	run --separate-stderr promtool check rules prometheus-rules.yaml
	expect_status 0
	# of each series two machines: a is in trouble, b is not
	cat >test.yaml <<-'END'
		rule_files: [prometheus-rules.yaml]
		evaluation_interval: 1m
		tests:
		  - interval: 1m
		    input_series:
		      - {series: 'shmtool_segment_bytes{instance="a",state="orphaned",owner="x",ns="1"}', values: '600000000x90'}
		      - {series: 'shmtool_segment_bytes{instance="a",state="orphaned",owner="y",ns="1"}', values: '600000000x90'}
		      - {series: 'shmtool_segment_bytes{instance="b",state="attached",owner="x",ns="1"}', values: '2000000000x90'}
		      - {series: 'shmtool_used_resident_bytes{instance="a",ns="1"}', values: '300x90'}
		      - {series: 'shmtool_used_resident_bytes{instance="a",ns="2"}', values: '300x90'}
		      - {series: 'shmtool_used_resident_bytes{instance="b",ns="1"}', values: '300x90'}
		      - {series: 'shmtool_limit_ram_bytes{instance="a"}', values: '1000x90'}
		      - {series: 'shmtool_limit_ram_bytes{instance="b"}', values: '1000x90'}
		      - {series: 'shmtool_used_cgroup_bytes{instance="a",ns="1"}', values: '90x90'}
		      - {series: 'shmtool_limit_cgroup_bytes{instance="a",ns="1"}', values: '100x90'}
		      - {series: 'shmtool_used_cgroup_bytes{instance="b",ns="1"}', values: '70x90'}
		      - {series: 'shmtool_limit_cgroup_bytes{instance="b",ns="1"}', values: '100x90'}
		      - {series: 'shmtool_used_segments{instance="a",ns="1"}', values: '95x90'}
		      - {series: 'shmtool_limit_segments{instance="a",ns="1"}', values: '100x90'}
		      - {series: 'shmtool_used_segments{instance="b",ns="1"}', values: '85x90'}
		      - {series: 'shmtool_limit_segments{instance="b",ns="1"}', values: '100x90'}
		      - {series: 'shmtool_run_timestamp_seconds{instance="a"}', values: '0x90'}
		      - {series: 'shmtool_run_timestamp_seconds{instance="b"}', values: '0+60x90'}
		    promql_expr_test:
		      - expr: count by (alertname, instance) (ALERTS{alertstate="firing"})
		        eval_time: 80m
		        exp_samples:
		          - {labels: '{alertname="SharedMemoryLeaked", instance="a"}', value: 1}
		          - {labels: '{alertname="SharedMemoryTakesRAM", instance="a"}', value: 1}
		          - {labels: '{alertname="SharedMemoryNearControlGroupLimit", instance="a"}', value: 1}
		          - {labels: '{alertname="SharedMemorySegmentsNearLimit", instance="a"}', value: 1}
		          - {labels: '{alertname="SharedMemoryMetricsOld", instance="a"}', value: 1}
		      - expr: count(ALERTS{alertstate="firing",alertname!="SharedMemoryMetricsOld"}) or vector(0)
		        eval_time: 5m
		        exp_samples:
		          - {labels: '{}', value: 0}
	END
	run --separate-stderr promtool test rules test.yaml
	show_last_run
	expect_status 0
	# what the alerts are about, the program prints
	try_there ls -A --prometheus
	local name
	while read -r name; do
		assert_output_has "# TYPE $name gauge"
	done < <(grep -o 'shmtool_[a-z_]*' prometheus-rules.yaml)
}

# in_pod COMMAND...: as in a container of a pod, started anew: the same IPC namespace, another PID namespace
in_pod()
{
	there nsenter --target "$pid" --ipc unshare --pid --fork --mount-proc "$@"
}

@test "a restarted pod: nothing is orphaned from inside; from the host, and by an entrypoint, it is removed" {
	settle unshare --ipc --
	# shellcheck disable=SC2016 # perl's own
	in_pod perl -e 'shmget(0, $_, 01600) // die for 1000, 2000'
	capture in_pod "$SHMTOOL" ls --grace 0 --format '%{cpid} %{state} %{size}'
	assert_output_is $'0 detached 1000\n0 detached 2000'
	# it reports how many it cannot judge, of those that the other filters select, and what helps
	local size count=(2 1 0)
	for size in 0 2000 3000; do
		capture in_pod "$SHMTOOL" rm --orphaned --grace 0 --min-size "$size" --keep-file "$lists/none"
		expect_status 0
		assert_output_is ''
		assert_equal "$(sed -n 's/^shmtool rm: \([0-9]*\) detached segments* w[a-z]* not judged: .*/\1/p' <<<"$stderr")" \
			"${count[0]/#0/}"
		count=("${count[@]:1}")
	done
	assert_stderr_is ''
	capture in_pod "$SHMTOOL" rm --orphaned --keep-file "$lists/none"
	assert_stderr_is ''
	capture in_pod "$SHMTOOL" rm --detached --idle 1h --keep-file "$lists/none"
	assert_stderr_is ''
	capture in_pod "$SHMTOOL" rm --orphaned --grace 0 -n -J --keep-file "$lists/none"
	expect_status 0
	assert_output_is '{"schema":1,"results":[]}'
	assert_stderr_has 'hint: run rm --orphaned on the host, with -N PID or -A; or, if no other container uses them: shmtool rm --detached --idle 1h -n'
	# from the host
	try_there rm -N "$pid" --orphaned --grace 0 --max-size 1000
	assert_output_has 'removed 0 '
	# the entrypoint of the manual, for a segment that is idle from the start
	awk -f "$BATS_TEST_DIRNAME/lib/examples.awk" "$BATS_TEST_DIRNAME/../man/shmtool-namespaces.7" |
		grep -z '^#!/bin/sh' | tr -d '\0' | sed 's/--idle 1m --creator daemon/--idle 0/' >entrypoint
	grep -q -- '--detached --idle 0$' entrypoint
	PATH=${SHMTOOL%/*}:$PATH capture in_pod sh ./entrypoint echo started
	expect_status 0
	assert_equal "${lines[0]%% key*} ${lines[-1]}" 'removed 1 started'
}
