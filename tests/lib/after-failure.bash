# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For tests that let each step of a command fail in turn: what there is before
# each run, and what must hold after it (load lib/after-failure, after lib/common).
# They set code, its exit status, and fault and call (what failed; empty if nothing is made to),
# and define broken TEXT, which prints what does not hold.
# There are thousands of runs: each of these functions starts one process at most.

# shellcheck disable=SC2154 # KEY and code are the tests'

# perl -e "$fresh" [KEY SIZE]: no segment, no semaphore, no output of the run before; and
# given a key, a segment that has content, whose creator and last user have exited.
# shellcheck disable=SC2016
fresh='
	for my $list ("shm", "sem") {
		open my $rows, "<", "/proc/sysvipc/$list" or die "$list: $!";
		<$rows>;
		while (<$rows>) {
			my $id = (split)[1];
			$list eq "shm" ? shmctl $id, 0, 0 : semctl $id, 0, 0, 0; # IPC_RMID
		}
	}
	unlink "out", "err";
	my ($key, $size) = @ARGV;
	exit if !$key;
	my $id = shmget(oct $key, $size, 01600) // die "shmget: $!";
	open my $content, "<:raw", "content" or die "content: $!";
	read $content, my $bytes, $size;
	shmwrite $id, $bytes, 0, $size or die "shmwrite: $!";
	for (["made", $id + 0], ["file", "before"]) {
		open my $file, ">", $_->[0] or die "$_->[0]: $!";
		print $file "$_->[1]\n";
	}
	chmod 0600, "file";
'

prepare()
{
	perl -e "$fresh" "$KEY" 8192
	read -r id <made
}

nothing()
{
	perl -e "$fresh"
}

# Whether content is in the segment, in the file FILE too if that is given
has_content()
{
	# shellcheck disable=SC2016
	perl -e 'my ($id, @files) = @ARGV;
		sub slurp { local $/; open my $file, "<:raw", $_[0] or return ""; return scalar <$file> // "" }
		my $content = slurp("content");
		shmread $id, my $bytes, 0, length $content or die "shmread: $!";
		exit !($bytes eq $content && !grep { slurp($_) ne $content } @files)' "$@"
}

mode_is()
{
	local list row
	read_row "$1" && [[ ${row[2]} == "$2" ]]
}

unharmed()
{
	mode_is "$id" 600 || broken 'mode changed'
	has_content "$id" || broken 'content changed'
}

dumped()
{
	mode_is "$id" 600 || broken 'mode changed'
	if ((code)); then
		has_content "$id" || broken 'content changed'
	else
		has_content "$id" out || broken 'other bytes'
	fi
}

# The mode is the last three digits of perms; so are those of what is marked.
no_mode_is_0()
{
	local list
	IFS= read -rd '' list </proc/sysvipc/shm || true
	[[ ! $list =~ $'\n'\ *-?[0-9]+\ +[0-9]+\ +([0-9]*000|0)\  ]]
}

gone_or_unharmed()
{
	if segment_exists "$id"; then
		# where rm itself is killed, its child may still be at work; if so, another rm restores the mode
		((code == 137)) || unharmed
	else
		((code == 0 || code > 128)) || [[ -s err ]] || broken 'removed, and not told'
		! grep -q 'nothing was removed' err || broken 'removed, and denied'
	fi
}

removed_by_name()
{
	gone_or_unharmed
	((code)) || ! segment_exists "$id" || broken 'still there, and not told'
}

printed()
{
	((code)) || grep -qw "$id" out || broken 'no output'
	unharmed
}

saved()
{
	local other

	unharmed
	((code)) || cmp -s file content || broken 'other bytes'
	cmp -s file content || [[ $(<file) == before ]] || broken 'half a file'
	if [[ $fault != *SIGKILL ]]; then
		other=$(find . -name '.shmtool.*')
		[[ -z $other ]] || broken "left behind: $other"
	fi
	# what a killed process left must not count against the next one
	rm -f .shmtool.*
}

written()
{
	local now
	now=$(foreign_read "$id" 0 5)
	((code)) || [[ $now == hello ]] || broken 'not written'
}

was_set()
{
	local mode
	mode=$(segment_field "$id" perms)
	((code)) && [[ $fault == error=* && $mode == 640 && $call == shmctl ]] && broken 'set, and failed'
	((code)) || [[ $mode == 640 ]] || broken 'not set'
	has_content "$id" || broken 'content changed'
}

created()
{
	local id
	id=$(awk 'NR > 1 { print $2 }' /proc/sysvipc/shm)
	if ((code)); then
		# a signal that comes with the id printed comes too late
		[[ -z $id || $fault == *SIGKILL || $fault == signal=* && $(<out) == "$id" ]] ||
			broken 'left behind'
	else
		[[ $(<out) == "$id" ]] || broken 'another id'
		has_content "$id" || broken 'other bytes'
		mode_is "$id" 640 || broken 'another mode'
	fi
}
