#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ls -u with filters, and ls --by: the number and the sizes of segments.

# shellcheck disable=SC2016 # what is in single quotes is awk

bats_require_minimum_version 1.5.0
load lib/common

# The words of each line, one blank between them
words()
{
	awk '{ $1 = $1; print }'
}

# Segments of several sizes, keys and modes, some of them with memory, one attached
some_segments()
{
	make_segment 1000 600 >/dev/null
	make_segment 1000 640 >/dev/null
	make_orphan 5000 600 >/dev/null
	make_orphan 1048576 600 7 >/dev/null
	live=$(make_live_segment 3000 666 8)
	hold_segment "$live"
}

# sums [PATTERN]: number, size, rss and swap of the kernel's lines that awk finds by it
sums()
{
	awk "NR > 1 && ${1:-1}"' { size += $4; rss += $(NF - 1); swap += $NF; count++ }
		END { print count + 0, size + 0, rss + 0, swap + 0 }' /proc/sysvipc/shm
}

# The numbers of a total in JSON
numbers='"\(.segments) \(.size) \(.rss) \(.swap)"'

@test "-u with filters: one line for what matches, as the kernel's list adds up" {
	some_segments
	try ls -u --all -b
	expect_status 0
	assert_equal "$(words <<<"${lines[0]}")" 'SEGMENTS SIZE RSS SWAP'
	assert_equal "$(words <<<"${lines[1]}")" "$(sums)"
	assert_equal "${#lines[@]}" 2
	assert_equal "$(words < <(shmtool ls -u --detached -b --no-header))" "$(sums '$7 == 0')"
	assert_equal "$(words < <(shmtool ls -u --mode 600 -b --no-header))" "$(sums '$3 == 600')"
	assert_equal "$(words < <(shmtool ls -u "$live" -b --no-header))" "$(sums "\$2 == $live")"
	assert_equal "$(words < <(shmtool ls -u --except-key 7 -b --no-header))" "$(sums '$1 != 7')"
	assert_equal "$(shmtool ls -u --key 7 --no-header | words | cut -d ' ' -f 1,2)" '1 1M'
	assert_equal "$(shmtool ls -u -J --min-size 2000 | jq -r ".totals[] | $numbers")" "$(sums '$4 >= 2000')"
	try ls -u --min-size 1G
	expect_status 0
	assert_equal "$(words <<<"${lines[1]}")" '0 0 0 0'
	try ls -u --min-size 1G --fail-empty
	expect_status 1
	assert_output_is ''
	# without filters it is the kernel's own summary
	try ls -u
	assert_output_has "shmmni"
}

@test "--by each field: each value once, as often as the list has it, the largest first" {
	some_segments
	shmtool ls -H >fields
	# shellcheck disable=SC2016
	perl -MJSON::PP -MList::Util=sum -we '
		sub ls { open my $output, "-|", $ENV{SHMTOOL}, "ls", @_ or die; local $/; return scalar <$output> }
		sub same { die "$_[0]: $_[1], not $_[2]\n" if $_[1] ne $_[2] }
		my ($bytes, $fields) = (shift, 0);
		while (<>) {
			my ($field) = split;
			my @totals = @{decode_json(ls("--by", $field, "-J"))->{totals}};
			my @sizes = map { $_->{size} } @totals;
			same($field, sum(map { $_->{segments} } @totals), 5);
			same($field, sum(@sizes), $bytes);
			same($field, "@sizes", join " ", sort { $b <=> $a } @sizes);
			same($field, $_->{by}, $field) for @totals;
			# as many of each as the list has
			my %listed;
			$listed{$_}++ for split /\n/, ls("-r", "-o", $field, "--no-header");
			same($field, join(" ", sort map { $_->{segments} } @totals), join " ", sort values %listed);
			$fields++;
		}
		die "$fields fields\n" if $fields < 20' "$(sums | cut -d ' ' -f 2)" fields
}

@test "--by mode: the sums of each" {
	some_segments
	local mode
	for mode in 600 640 666; do
		assert_equal "$mode $(shmtool ls --by mode -J | jq -r ".totals[] | select(.value == \"0$mode\") | $numbers")" \
			"$mode $(sums "\$3 == $mode")"
	done
	try ls --by mode --key 7-8 -b
	assert_equal "$(words <<<"$output")" "MODE SEGMENTS SIZE RSS SWAP
0600 $(sums '$1 == 7')
0666 $(sums '$1 == 8')"
	# columns stand below one another
	try ls --by size
	assert_equal "$(awk '{ print length($0) }' <<<"$output" | uniq | wc -l)" 1
	assert_equal "$(grep -c ' $' <<<"$output" || true)" 0
	try ls --by owner --min-size 1G
	expect_status 0
	assert_equal "$(words <<<"$output")" 'OWNER SEGMENTS SIZE RSS SWAP'
	try ls --by owner --min-size 1G -J
	assert_output_is '{"schema":1,"totals":[]}'
}

@test "--by owner: a name that two users have is one line, and one without a name a number" {
	need_root
	local id
	id=$(make_segment 1000)
	shmtool set "$id" -u +54321
	make_segment 2000 >/dev/null
	try ls --by owner --no-header
	assert_equal "$(words <<<"$output" | cut -d ' ' -f 1,2)" $'root 1\n54321 1'
	try ls --by owner --numeric -J
	assert_equal "$(jq -c '[.totals[].value]' <<<"$output")" '[0,54321]'
}

@test "--by holders: those attached by the same processes" {
	local one two first
	one=$(make_segment 1000) two=$(make_segment 2000)
	make_segment 4000 >/dev/null
	hold_segment "$one"
	first=$holder_pid
	hold_segment "$two"
	try ls --by holders -b --no-header
	assert_equal "$(awk '{ print $(NF - 3), $(NF - 2) }' <<<"$output")" $'1 4000\n1 2000\n1 1000'
	assert_output_has "$first hold"
	try ls --by holders -J --attached
	assert_equal "$(jq -c '[.totals[].value[0].pid]' <<<"$output")" "[$holder_pid,$first]"
}

@test "totals of a saved list: unknown memory, and sums beyond 64 bits" {
	{
		echo key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime
		echo 0 1 600 18446744073709551615 7 0 0 0 0 0 0 0 0 1
		echo 0 2 600 4096 8 0 0 0 0 0 0 0 0 1
	} >list
	try ls --from list -u -b --no-header
	expect_status 0
	assert_equal "$(words <<<"$output")" '2 18446744073709551615 - -'
	try ls --from list --by cpid -J
	assert_output_is '{"schema":1,"totals":[{"by":"cpid","value":7,"segments":1,"size":18446744073709551615,"rss":null,"swap":null},{"by":"cpid","value":8,"segments":1,"size":4096,"rss":null,"swap":null}]}'
}

@test "a command with control characters is escaped" {
	perl -e '$0 = "a\nb\tc"; shmget(0, 1000, 01600) // die; $| = 1; print "x\n"; sleep 1 while 1' >started &
	echo $! >>"$started"
	wait_until test -s started
	try ls --by ccomm --no-header
	assert_equal "${#lines[@]}" 1
	assert_output_has 'a\nb\tc'
}

@test "totals beyond 64 bits" {
	[[ ${WORD_BITS-} != 32 ]] || skip 'no program of 32 bits can have such segments'
	for _ in 1 2 3; do
		shmtool create -s 7E --no-reserve >/dev/null
	done
	try ls --prometheus
	assert_equal "$(grep '^shmtool_used_bytes' <<<"$output")" 'shmtool_used_bytes 18446744073709551615'
	try rm --all
	expect_status 0
	assert_equal "${lines[3]}" 'total 3 segments, 18446744073709551615 bytes (16E)'
}
