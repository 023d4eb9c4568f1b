# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Removing many segments, with all the checks that ipcrm does not make.

# Of what the one before left behind, fill would make too many for kernel.shmmni.
have 0
measure 10 'ipcrm -a, 32760' 'ipcrm -ashm' --prepare 'fill 32760'
measure 10 'rm --orphaned, 32760' 'shmtool rm --orphaned --grace 0' --prepare 'fill 32760'
take_turns
[[ $(wc -l </proc/sysvipc/shm) == 1 ]] || {
	echo 'bench: rm left segments behind' >&2
	exit 1
}

compare 'rm --orphaned, 32760' 'ipcrm -a, 32760' most 4
