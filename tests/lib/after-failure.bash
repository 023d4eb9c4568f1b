# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For tests that let each step of a command fail in turn: what there is before
# each run, and what must hold behind it. They set code, its exit status, and
# define broken TEXT, which tells what does not hold.

# shellcheck disable=SC2154 # KEY and code are the tests'

# A segment with the content, whose creator and last user are gone
prepare()
{
	ipcrm --all
	rm -f out err
	echo before >file
	chmod 600 file
	make_segment 8192 600 "$KEY" >id
	foreign_write "$(<id)" 0 <content
}

nothing()
{
	ipcrm --all
	rm -f out err
}

unharmed()
{
	[[ $(segment_field "$(<id)" perms) == 600 ]] || broken 'mode changed'
	foreign_read "$(<id)" 0 8192 | cmp -s - content || broken 'content changed'
}

dumped()
{
	((code)) || cmp -s out content || broken 'other bytes'
	unharmed
}
