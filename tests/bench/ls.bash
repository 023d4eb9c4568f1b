# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Listing: what scripts and people wait for.

for count in 0 4000 32760; do
	runs=(--runs 20)
	((count > 0)) || runs=(--runs 300)
	have "$count"
	measure "cat /proc/sysvipc/shm, $count" 'cat /proc/sysvipc/shm' "${runs[@]}"
	measure "ls, $count" 'shmtool ls' "${runs[@]}"
	measure "ipcs -m, $count" 'ipcs -m' "${runs[@]}"
	measure "lsipc -m, $count" 'lsipc -m' "${runs[@]}"
done

compare 'ls, 32760' 'cat /proc/sysvipc/shm, 32760' most 1.25
compare 'ls, 32760' 'ipcs -m, 32760' least 4
note 'ls, 32760' 'lsipc -m, 32760'
note 'ls, 4000' 'cat /proc/sysvipc/shm, 4000'
note 'ls, 4000' 'ipcs -m, 4000'
note 'ls, 4000' 'lsipc -m, 4000'
compare 'ls, 0' 'ipcs -m, 0' most 1.2
note 'ls, 0' 'cat /proc/sysvipc/shm, 0'
note 'ls, 0' 'lsipc -m, 0'
