# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Removing many segments, with all the checks that ipcrm does not make.

nothing_left()
{
	[[ $(wc -l </proc/sysvipc/shm) == 1 ]] || {
		echo "bench: $1 left segments behind" >&2
		exit 1
	}
}

again=(--prepare 'fill 32760' --runs 10)

have 0
measure 'ipcrm -a, 32760' 'ipcrm -a' "${again[@]}"
nothing_left 'ipcrm -a'
measure 'rm --orphaned, 32760' 'shmtool rm --orphaned --grace 0' "${again[@]}"
nothing_left 'shmtool rm'

compare 'rm --orphaned, 32760' 'ipcrm -a, 32760' most 2.5
