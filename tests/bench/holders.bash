# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who has what attached: 500 processes of 600 mappings each.

have 1
segment=$(shmtool ls -q)
many-mappings 500 600 "$segment" >"$work/many-mappings" &
processes=$!
trap 'kill "$processes" 2>/dev/null || true; rm -rf "$work"' EXIT
until grep -qs attached "$work/many-mappings"; do
	kill -0 "$processes"
	sleep 0.1
done
[[ $(shmtool ls --format '%{nattch}') == 500 ]]
[[ $(shmtool ls -J -o holders | jq '.segments[0].holders | length') == 500 ]]

measure 20 'ls -o holders, 500 processes' 'shmtool ls -o id,nattch,holders'
measure 20 'stat, 500 processes' "shmtool stat $segment"
measure 10 'lsof -n -P' 'lsof -n -P' --ignore-failure
# the pattern needs a shell, whose share hyperfine does not take off here
measure 20 'grep SYSV /proc/*/maps' "sh -c 'grep SYSV /proc/[0-9]*/maps'" --ignore-failure
take_turns
kill "$processes"
wait "$processes" 2>/dev/null || true

compare 'ls -o holders, 500 processes' 'lsof -n -P' least 4
compare 'ls -o holders, 500 processes' 'grep SYSV /proc/*/maps' least 1
note 'stat, 500 processes' 'grep SYSV /proc/*/maps'
