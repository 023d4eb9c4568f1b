# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Listing: what scripts and people wait for.

for count in 0 4000 32760; do
	runs=25 turns=5
	((count > 0)) || runs=500 turns=25
	have "$count"
	measure "$runs" "cat /proc/sysvipc/shm, $count" 'cat /proc/sysvipc/shm'
	measure "$runs" "ls, $count" 'shmtool ls'
	measure "$runs" "ls -J, $count" 'shmtool ls -J'
	measure "$runs" "lsipc -m -J, $count" 'lsipc -m -J'
	measure "$runs" "ipcs -m, $count" 'ipcs -m'
	((count > 0)) || [[ ! -x $BUILD/static/shmtool ]] ||
		measure "$runs" 'ls, static, 0' "$BUILD/static/shmtool ls"
	measure "$runs" "lsipc -m, $count" 'lsipc -m'
	TURNS=$turns take_turns
done

# The same start in the locale that most users have; above, it is C, as in cron jobs.
have 0
measure 500 'ls, UTF-8' 'shmtool ls'
measure 500 'ipcs -m, UTF-8' 'ipcs -m'
LC_ALL=C.UTF-8 TURNS=25 take_turns

compare 'ls, 32760' 'cat /proc/sysvipc/shm, 32760' most 1.25
compare 'ls -J, 32760' 'cat /proc/sysvipc/shm, 32760' most 1.5
note 'ls -J, 32760' 'lsipc -m -J, 32760'
compare 'ls, 32760' 'ipcs -m, 32760' least 4
note 'ls, 32760' 'lsipc -m, 32760'
note 'ls, 4000' 'cat /proc/sysvipc/shm, 4000'
note 'ls, 4000' 'ipcs -m, 4000'
note 'ls, 4000' 'lsipc -m, 4000'
compare 'ls, 0' 'ipcs -m, 0' most 1.1
compare 'ls, UTF-8' 'ipcs -m, UTF-8' most 1.1
# `make static` builds it
[[ ! -x $BUILD/static/shmtool ]] || compare 'ls, static, 0' 'ipcs -m, 0' most 0.8
note 'ls, 0' 'cat /proc/sysvipc/shm, 0'
note 'ls, 0' 'lsipc -m, 0'

# A saved list of a million segments: under 1.5 s and 400 MiB.
awk 'BEGIN {
	print "key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap"
	for (i = 1; i <= 1000000; i++)
		printf "%d %d 600 %d %d %d %d %d 0 0 0 %d %d 1700000000 %d 0\n", i, 3 * i, 4096 * i,
			1000 + i % 5000, 2000 + i % 7000, i % 3, i % 50, 1700000000 + i, 1700000100 + i, 4096 * i
}' >"$work/million"
measure 5 'ls --from, 1000000' "shmtool ls --from $work/million"
take_turns
bound 'ls --from, 1000000' "${median['ls --from, 1000000']}" 1.5 s
# as much memory as a process may have is more than what it has
(ulimit -v $((400 * 1024)) && shmtool ls --from "$work/million" >/dev/null) || missed=$((missed + 1))
