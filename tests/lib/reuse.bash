# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Lets the id of a segment become another segment's (load lib/reuse, after lib/common).

# swap ID USER: removes the segment, and USER creates another one, which gets its id unless a
# process has the first one attached
swap()
{
	ipcrm -m "$1"
	echo "$1" >/proc/sys/kernel/shm_next_id
	as_uid "$2" perl -e 'shmget(0, 8192, 01644) // die'
}

has_id()
{
	segment_exists "$1" && [[ $(segment_field "$1" size) == 8192 ]]
}

need_next_id()
{
	need_root
	[[ -e /proc/sys/kernel/shm_next_id ]] || skip 'the kernel has no shm_next_id'
}
