#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 240 random segments, created by perl: every field that ipcs shows is compared with ipcs,
# and every column of the kernel's list with what awk reads.

bats_require_minimum_version 1.5.0
load lib/common

# bats file_tags=long

count=240

# Makes the segments, once for the file; says "ready" and keeps some attached
# until it is killed. RANDOM_SEED gives others.
make_segments()
{
	cat >"$BATS_FILE_TMPDIR/make.pl" <<'END'
use strict;
use warnings;
use IPC::SysV qw(IPC_CREAT IPC_EXCL IPC_RMID IPC_SET IPC_STAT shmat);

my ($count, $seed, $privileged) = @ARGV;
srand $seed;
my ($SHM_LOCK, $RDONLY) = (11, 010000);
my @users = $privileged ? (0, 0, 1, 2, 65534, 1000, 4000000000, 100000) : (0);
my (%keys, @made);

sub pick { $_[rand @_] }

# Runs code in a child, as a user, and waits until it has ended.
sub as_user
{
	my ($user, $group, $code) = @_;
	my $child = fork // die;
	if (!$child) {
		$( = $group if $privileged;
		$) = "$group $group" if $privileged;
		$< = $> = $user if $privileged;
		$code->();
		exit 0;
	}
	waitpid $child, 0;
	die "a child failed\n" if $?;
}

# struct shmid64_ds of this machine, by way of perl's IPC_STAT and IPC_SET.
sub give
{
	my ($id, $user, $group, $mode) = @_;
	my $data = '';
	shmctl($id, IPC_STAT, $data) or die "IPC_STAT: $!";
	# struct ipc64_perm: key, uid, gid, cuid, cgid, mode; all of 32 bits here
	substr($data, 4, 8) = pack 'LL', $user, $group;
	substr($data, 20, 4) = pack 'L', $mode;
	shmctl($id, IPC_SET, $data) or die "IPC_SET: $!";
}

for my $number (1 .. $count) {
	my $size = pick(1, 2, 4095, 4096, 4097, 10000, 65536, 1048576, 2**31, 2**32 + 5, 1 + int rand 2**pick(10, 20, 33));
	my $mode = pick(0, 0400, 0600, 0640, 0644, 0660, 0666, 0777, 0123, int rand 512);
	my $key = 0;
	if (rand() < 0.7) {
		do { $key = pick(int rand 2**31, 2**31 + int rand 2**31, 1 + $number, 2**32 - $number) } while !$key || $keys{$key}++;
	}
	my $signed = unpack 'l', pack 'L', $key;
	my ($user, $group) = (pick(@users), pick(@users));
	pipe my $reader, my $writer or die;

	as_user($user, $group, sub {
		my $id = shmget($signed, $size, $mode | IPC_CREAT | IPC_EXCL) // die "shmget $signed $size: $!";
		print $writer $id + 0, "\n";
		close $writer;
	});
	close $writer;
	chomp(my $id = <$reader>);

	as_user(0, 0, sub {
		my $some = $size < 5000 ? $size : 5000;
		shmwrite($id, 'x' x $some, 0, $some) or die "shmwrite: $!";
	}) if rand() < 0.3;
	give($id, pick(@users), pick(@users), int rand 512) if rand() < 0.3;
	shmctl($id, $SHM_LOCK, 0) or die "SHM_LOCK: $!" if rand() < 0.15 && $size < 2**21;
	push @made, $id;
}

# Holders: processes of their own, and this one several times; some mark it then.
my @held = grep { rand() < 0.25 } @made;
my $holder = fork // die;
if (!$holder) {
	for my $id (@held) {
		for (1 .. 1 + rand 3) {
			shmat($id, undef, rand() < 0.5 ? $RDONLY : 0) // die "shmat: $!";
		}
	}
	print "held\n";
	close STDOUT;
	sleep 1 while getppid() != 1;
	exit;
}
shmat($_, undef, 0) // die "shmat: $!" for grep { rand() < 0.4 } @held;
$| = 1;
print "made\n";
$SIG{USR1} = sub {
	for my $id (@held) {
		shmctl($id, IPC_RMID, 0) or die "IPC_RMID: $!" if rand() < 0.4;
	}
	print "ready\n";
};
sleep 1 while 1;
END
	local privileged=''
	# Only root of the machine can be other users.
	[[ $(awk '{ print $1, $2, $3 }' /proc/self/uid_map) != '0 0 4294967295' ]] || privileged=1

	# end_process, in the teardown of each test, must not end it.
	perl "$BATS_FILE_TMPDIR/make.pl" "$count" "${RANDOM_SEED:-20240607}" "$privileged" \
		>"$BATS_FILE_TMPDIR/made" 2>"$BATS_FILE_TMPDIR/errors" </dev/null 3>&- 4>&- &
	maker=$!
	echo "$maker" >"$BATS_FILE_TMPDIR/maker"
	wait_until file_has "$BATS_FILE_TMPDIR/made" 'held' || return
	wait_until file_has "$BATS_FILE_TMPDIR/made" made || return
	kill -USR1 "$maker"
	wait_until file_has "$BATS_FILE_TMPDIR/made" ready
}

setup_file()
{
	common_setup_file
	export LC_ALL=C TZ=UTC
	if ! make_segments; then
		cat "$BATS_FILE_TMPDIR/errors" >&2
		return 1
	fi
	# The one machine, told twice: nothing below changes it.
	cat /proc/sysvipc/shm >"$BATS_FILE_TMPDIR/list"
}

teardown_file()
{
	end_process "$(<"$BATS_FILE_TMPDIR/maker")"
	ipcrm --all=shm
}

teardown()
{
	[[ $(awk '{ print $2, $5 }' /proc/sysvipc/shm | md5sum) == "$(awk '{ print $2, $5 }' "$BATS_FILE_TMPDIR/list" | md5sum)" ]]
}

# same OURS THEIRS: two files of rows, in any order, with the id first.
same()
{
	sort -n "$1" >"$1.sorted"
	sort -n "$2" >"$2.sorted"
	[[ $(wc -l <"$1") -ge 200 ]] || fail "only $(wc -l <"$1") rows" || return
	diff "$2.sorted" "$1.sorted" >differences && return
	head -n 20 differences
	fail "ours (>) and theirs (<) differ"
}

# The rows of an ipcs table.
ipcs_rows()
{
	ipcs -m "$@" | awk 'NR > 3 && NF'
}

@test "the segments are of all kinds" {
	local list=$BATS_FILE_TMPDIR/list
	assert_equal "$(awk 'END { print NR - 1 }' "$list")" "$count"
	awk 'NR > 1 { negative += $1 < 0; none += $1 == 0; large += $4 > 4294967295; held += $7 > 0
			many += $7 > 1; dest += $3 >= 1000 && $3 % 2000 >= 1000; locked += $3 >= 2000; used += $6 > 0
			given += $8 != $10; rss += $15 > 0 }
		END { print negative, none, large, held, many, dest, locked, used, given, rss
			exit !(negative > 9 && none > 9 && large > 9 && held > 9 && many > 9 && dest > 9 && locked > 9 &&
				used > 9 && rss > 9) }' "$list"
}

@test "every row of the kernel's list, every column" {
	awk 'NR > 1 { key = $1 < 0 ? $1 + 4294967296 : $1
		perms = $3 % 1000; flags = int($3 / 1000)
		printf "%s 0x%08x 0%03d %s %s %s %s %s %s %s %s %s %s %s %s %s %s %s\n", $2, key, perms, $4,
			$15, $16, $5, $6, $8, $9, $7, $10, $11, flags % 2 ? "yes" : "no", (flags >= 2 ? "yes" : "no"),
			$12, $13, $14 }' "$BATS_FILE_TMPDIR/list" >theirs
	shmtool ls -o id,key,mode,size,rss,swap,cpid,lpid,uid,gid,nattch,cuid,cgid,dest,locked,atime,dtime,ctime \
		--time-format epoch -b --no-header | awk '{ for (i = 16; i <= 18; i++) if ($i == "-") $i = 0; $1 = $1; print }' >ours
	same ours theirs
}

@test "the same in JSON" {
	awk 'NR > 1 { key = $1 < 0 ? $1 + 4294967296 : $1
		perms = $3 % 1000; flags = int($3 / 1000)
		printf "%s 0x%08x 0%03d %s %s %s %s %s %s %s %s %s %s %s %s %s %s %s\n", $2, key, perms, $4,
			$15, $16, $5, $6, $8, $9, $7, $10, $11, flags % 2 ? "true" : "false",
			(flags >= 2 ? "true" : "false"), $12, $13, $14 }' "$BATS_FILE_TMPDIR/list" >theirs
	shmtool ls -J | jq -r '.segments[] | [.id, .key, .mode, .size, .rss, .swap, .cpid, .lpid, .uid, .gid, .nattch,
		.cuid, .cgid, .dest, .locked, (.atime, .dtime, .ctime | if . then fromdate else 0 end)] |
		map(tostring) | join(" ")' >ours
	same ours theirs
}

@test "ipcs -m: key, id, owner, permissions, bytes, nattch, status" {
	# ipcs shows users without a name as numbers, as shmtool does. Its table does not cut
	# names; "locked" and "dest" are one word or two.
	ipcs_rows | awk '{ print $2, $1, $3, sprintf("0%03d", $4), $5, $6, (/dest/ ? "yes" : "no"), (/locked/ ? "yes" : "no") }' >theirs
	shmtool ls -b -o id,key,owner,mode,size,nattch,dest,locked --no-header | awk '{ $1 = $1; print }' >ours
	same ours theirs
}

@test "ipcs -m -t: owner, attached, detached, changed" {
	ipcs_rows -t | awk '{ gsub(/Not set/, "-"); print $1, $2, substr($0, index($0, $2) + length($2)) }' |
		awk '{ out = $1 " " $2; i = 3; for (n = 0; n < 3; n++) {
			if ($i == "-") { out = out " -"; i++ } else { out = out " " $i "-" $(i + 1) "-" $(i + 2); i += 3 } }
			print out }' >theirs
	# ipcs shows no year (Jan  5 10:11:12), so it is removed here, too
	shmtool ls -J | jq -r '.segments[] | [.id, .owner, (.atime, .dtime, .ctime |
		if . then fromdate | strftime("%b-%e-%H:%M:%S") | gsub("- "; "-") else "-" end)] | map(tostring) | join(" ")' |
		sed 's/-\([0-9]\)-/-0\1-/g' >ours
	sed -i 's/-\([0-9]\)-/-0\1-/g' theirs
	same ours theirs
}

@test "ls -t shows the times that ipcs -t shows" {
	ipcs_rows -t | awk '{ gsub(/Not set/, "-"); n = 0; out = $1 " " $2
		for (i = 3; i <= NF; i++) if ($i == "-" || $i ~ /:/) out = out " " $i; print out }' >theirs
	shmtool ls -t --no-header | awk '{ out = $1 " " $2
		for (i = 3; i <= NF; i++) if ($i == "-" || $i ~ /:/) out = out " " $i; print out }' >ours
	same ours theirs
}

@test "ipcs -m -p: owner, cpid, lpid" {
	ipcs_rows -p | awk '{ print $1, $2, $3, $4 }' >theirs
	shmtool ls -o id,owner,cpid,lpid --no-header | awk '{ $1 = $1; print }' >ours
	same ours theirs
}

@test "ls -p shows what ipcs -p shows" {
	ipcs_rows -p | awk '{ print $1, $2, $3, $4 }' >theirs
	shmtool ls -p -r --no-header | awk -F '\t' '{ print $1, $2, $3, $6 }' >ours
	same ours theirs
}

@test "ipcs -m -c: permissions, creator, its group, owner, its group" {
	ipcs_rows -c | awk '{ print $1, sprintf("0%03d", $2), $3, $4, $5, $6 }' >theirs
	shmtool ls -c --no-header | awk '{ $1 = $1; print }' >ours
	same ours theirs
}

@test "stat agrees with ipcs -m -i, for each segment" {
	local id ids
	mapfile -t ids < <(awk 'NR > 1 { print $2 }' "$BATS_FILE_TMPDIR/list")
	for id in "${ids[@]}"; do
		ipcs -m -i "$id"
	done | awk '
		function value(text) { sub(/.*=/, "", text); return text }
		/Shared memory Segment shmid/ { id = value($NF) }
		/^uid=/ { split($0, part, /[ \t]+/); uid = value(part[1]); gid = value(part[2]); cuid = value(part[3]); cgid = value(part[4]) }
		/^mode=/ { split($0, part, /[ \t]+/); mode = value(part[1]) }
		/^bytes=/ { split($0, part, /[ \t]+/); bytes = value(part[1]); lpid = value(part[2]); cpid = value(part[3]); nattch = value(part[4])
			print id, uid, gid, cuid, cgid, mode % 1000, bytes, lpid, cpid, nattch }' >theirs
	shmtool stat --all --format '%{id} %{uid} %{gid} %{cuid} %{cgid} %{mode} %{size} %{lpid} %{cpid} %{nattch}' |
		awk '{ $6 = $6 + 0; print }' >ours
	same ours theirs
}

@test "stat by id and by key agrees with ls" {
	local format='%{id} %{key} %{owner} %{group} %{creator} %{creator-group} %{mode} %{size} %{nattch} %{state} %{cpid} %{lpid} %{atime} %{dtime} %{ctime}'
	local ids keys
	mapfile -t ids < <(awk 'NR > 1 { print $2 }' "$BATS_FILE_TMPDIR/list")
	shmtool ls --format "$format" >theirs
	shmtool stat "${ids[@]}" --format "$format" >ours
	same ours theirs
	mapfile -t keys < <(awk 'NR > 1 && $1 { print "key:" $1 }' "$BATS_FILE_TMPDIR/list")
	assert_equal "$(shmtool ls "${keys[@]}" --format '%{id}' | sort -n)" \
		"$(awk 'NR > 1 && $1 { print $2 }' "$BATS_FILE_TMPDIR/list" | sort -n)"
}

@test "an ordinary user sees the same" {
	need_root
	shmtool ls -J | jq -c '.segments[] | del(.idle)' >theirs
	as_user shmtool ls -J | jq -c '.segments[] | del(.idle)' >ours
	diff theirs ours
}

@test "each state agrees with its definition" {
	# No grace period is over. With --grace 0, all creators and last users have exited,
	# except the holders.
	awk 'NR > 1 { dest = int($3 / 1000) % 2; print $2, (dest ? "dest" : ($7 > 0) ? "attached" : "detached") }' \
		"$BATS_FILE_TMPDIR/list" >theirs
	shmtool ls --grace 1000d --format '%{id} %{state}' >ours
	same ours theirs
	sed 's/detached/orphaned/' theirs >theirs.orphaned
	shmtool ls --grace 0 --format '%{id} %{state}' >ours
	same ours theirs.orphaned
}

@test "the sums of -u and -l are those of ipcs" {
	local list=$BATS_FILE_TMPDIR/list
	assert_equal "$(shmtool ls -u -J | jq -c '[.summary[] | .value][:2]')" \
		"[$count,$(awk 'NR > 1 { pages += int(($4 + 4095) / 4096) } END { printf "%d", pages }' "$list")]"
	assert_equal "$(shmtool ls -u -J | jq -r '[.summary[] | .value][:4] | join(" ")')" \
		"$(LC_ALL=C ipcs -m -u | awk '/segments allocated|pages/ { printf "%s%s", s, $NF; s = " " } END { print "" }')"
}
