# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All IPC namespaces: 1,000 of them, each with 5 orphans and a process, beside a
# small program that finds, enters and reads them in one process.

isolated-namespaces >"$work/isolated" &
isolated=$!
trap 'kill "$isolated" 2>/dev/null || true; rm -rf "$work"' EXIT
until [[ -s $work/isolated ]]; do
	kill -0 "$isolated"
	sleep 0.1
done
there="nsenter --target $(<"$work/isolated") --user --ipc --pid --mount"
$there many-namespaces make 1000 >"$work/many" &
many=$!
until grep -qs ready "$work/many"; do
	kill -0 "$many"
	sleep 0.1
done
$there many-namespaces fill 5
[[ $($there many-namespaces read) == 5000 ]]
[[ $($there shmtool ls -A -J | jq '.segments | length') == 5000 ]]

measure 20 'read 1000 namespaces' "$there many-namespaces read"
measure 20 'ls -A' "$there shmtool ls -A"
measure 20 'ls -A --prometheus' "$there shmtool ls -A --prometheus"
take_turns
$there shmtool rm -A --orphaned --grace 0 >"$work/removed"
measure 5 'rm -A --orphaned' "$there shmtool rm -A --orphaned --grace 0" \
	--prepare "$there many-namespaces fill 5"
take_turns
[[ $($there many-namespaces read) == 0 ]] || {
	echo 'bench: rm left segments behind' >&2
	exit 1
}
kill "$isolated"
wait "$isolated" "$many" 2>/dev/null || true

compare 'ls -A' 'read 1000 namespaces' most 4
compare 'ls -A --prometheus' 'read 1000 namespaces' most 4
compare 'rm -A --orphaned' 'read 1000 namespaces' most 10
