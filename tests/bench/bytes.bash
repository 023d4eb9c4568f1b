# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copying bytes: 1 GiB that is resident, unless said otherwise. copyloop is what
# anyone would write: write(2) from, and read(2) into, a fresh mapping.

tmpfs=$(mktemp -d /dev/shm/shmtool-bench.XXXXXX)
trap 'rm -rf "$work" "$tmpfs"' EXIT
chmod 711 "$work" "$tmpfs"
# below /root an ordinary user does not reach it
cp "$BUILD/shmtool" "$BUILD/tests/copyloop" "$work"
user='setpriv --reuid 65534 --regid 65534 --clear-groups'

GIB=$((1 << 30))
ipcrm --all=shm
full=$(shmtool create -s 1G -p 0666)
shmtool write "$full" --fill 0x41
shmtool read "$full" -f "$tmpfs/file"

# Memory that is free for a while a virtual machine gives back to its host, and then
# waits for again. Before each run that takes much, as much was in use right before.
warm="head -c 1G /dev/zero >$tmpfs/warm && rm $tmpfs/warm"

# --- Out

measure 5 'write(2) loop to a pipe' "copyloop out $full"
measure 5 'read to a pipe' "shmtool read $full"
measure 5 'cat of a tmpfs file to a pipe' "cat $tmpfs/file"
measure 5 'read to a pipe, as a user' "$user $work/shmtool read $full"
measure 5 'write(2) loop to a pipe, as a user' "$user $work/copyloop out $full"
# shellcheck disable=SC2016 # perl's own
measure 5 'perl shmread and print' \
	"perl -e 'shmread(\$ARGV[0], my \$x, 0, $GIB) or die; print \$x' $full"
take_turns
compare 'read to a pipe' 'write(2) loop to a pipe' least 4
compare 'read to a pipe' 'cat of a tmpfs file to a pipe' least 1.8
compare 'read to a pipe, as a user' 'write(2) loop to a pipe, as a user' least 1.7
compare 'read to a pipe' 'perl shmread and print' least 6

# to ask for each piece of it anew where its data ends took 100 times as long
measure 5 'stat --map' "shmtool stat --map $full"
take_turns
bound 'stat --map' "${median['stat --map']}" 0.5 s

fresh=(--prepare "sh -c 'rm -f $tmpfs/copy && $warm'")
measure 5 'read to a tmpfs file' "shmtool read $full -f $tmpfs/copy" "${fresh[@]}"
measure 5 'cp of a tmpfs file' "cp $tmpfs/file $tmpfs/copy" "${fresh[@]}"
measure 5 'write(2) loop to a tmpfs file' \
	"sh -c 'exec copyloop out $full >$tmpfs/copy'" "${fresh[@]}"
take_turns
compare 'read to a tmpfs file' 'cp of a tmpfs file' least 1
compare 'read to a tmpfs file' 'write(2) loop to a tmpfs file' least 1.7
rm -f "$tmpfs/copy"

# --- In

empty=(--prepare "sh -c 'shmtool write $full -z && $warm'")
measure 5 'read(2) loop from a pipe' \
	"sh -c 'copyloop feed $GIB | copyloop in $full'" "${empty[@]}"
measure 5 'write from a pipe' \
	"sh -c 'copyloop feed $GIB | shmtool write $full'" "${empty[@]}"
measure 5 'write from a pipe, as a user' \
	"sh -c 'copyloop feed $GIB | $user $work/shmtool write $full'" "${empty[@]}"
measure 5 'read(2) loop from a pipe, as a user' \
	"sh -c 'copyloop feed $GIB | $user $work/copyloop in $full'" "${empty[@]}"
take_turns
compare 'write from a pipe' 'read(2) loop from a pipe' least 3
compare 'write from a pipe, as a user' 'read(2) loop from a pipe, as a user' least 1.5

# --- Much that is not there

rss()
{
	awk -v id="$1" '$2 == id { print $15 }' /proc/sysvipc/shm
}

ipcrm -m "$full"
sparse=$(shmtool create -s 64G --no-reserve -p 0666)
head -c 1M /dev/urandom | shmtool write "$sparse" -o 30G
before=$(rss "$sparse")
measure 10 'read 64 GiB of holes to a file' "shmtool read $sparse -f $tmpfs/sparse"
take_turns
bound 'read 64 GiB of holes to a file' "${median['read 64 GiB of holes to a file']}" 0.1 s
chmod 1777 "$tmpfs"
measure 5 'read 64 GiB of holes, as a user' "$user $work/shmtool read $sparse -f $tmpfs/users"
take_turns
bound 'read 64 GiB of holes, as a user' "${median['read 64 GiB of holes, as a user']}" 2 s
bound 'memory that this gave the segment' $(($(rss "$sparse") - before)) 0 bytes

# --- What shmtool itself takes, which is all but the segment: the high-water
# mark after 1 GiB, of a copy that waits for its reader with the last bytes

own_memory()
{
	# shellcheck disable=SC2016
	perl -e '
		pipe my $r, my $w or die;
		my $pid = fork;
		if (!$pid) { open STDOUT, ">&", $w; close $r; close $w; exec @ARGV }
		close $w;
		my $left = (1 << 30) - (2 << 20); # more than any pipe holds
		while ($left > 0 && (my $n = sysread $r, my $x, 65536)) { $left -= $n }
		open my $status, "<", "/proc/$pid/status" or die;
		my %kib = map { /^(\w+):\s+(\d+) kB/ ? ($1, $2) : () } <$status>;
		print(($kib{VmHWM} - $kib{RssShmem}) / 1024);
		1 while sysread $r, my $x, 65536' "$@"
}

# The same of one that is given 1 GiB: of the child that writes, before the last bytes
own_memory_in()
{
	# shellcheck disable=SC2016
	perl -e '
		pipe my $r, my $w or die;
		my $pid = fork;
		if (!$pid) { open STDIN, "<&", $r; close $r; close $w; exec @ARGV }
		close $r;
		my $piece = "x" x (1 << 20);
		for (1 .. 1023) { my $n = 0; $n += syswrite $w, $piece, length($piece) - $n, $n while $n < length $piece }
		open my $children, "<", "/proc/$pid/task/$pid/children" or die;
		my ($child) = split " ", <$children>;
		open my $status, "<", "/proc/$child/status" or die;
		my %kib = map { /^(\w+):\s+(\d+) kB/ ? ($1, $2) : () } <$status>;
		print(($kib{VmHWM} - $kib{RssShmem}) / 1024);
		close $w; wait' "$@"
}

full=$(shmtool create -s 1G -p 0666)
bound 'own memory, write' "$(own_memory_in shmtool write "$full")" 8 MiB
# shellcheck disable=SC2086 # several words
bound 'own memory, write as a user' "$(own_memory_in $user "$work/shmtool" write "$full")" 8 MiB
shmtool write "$full" --fill 0x41
bound 'own memory, read' "$(own_memory shmtool read "$full")" 8 MiB
# shellcheck disable=SC2086 # several words
bound 'own memory, read as a user' "$(own_memory $user "$work/shmtool" read "$full")" 8 MiB
ipcrm -m "$full"
rm -rf "$tmpfs"
