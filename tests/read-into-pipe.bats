#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Pages of a segment are passed to a pipe by reference, not copied. What a reader reads after
# shmtool has exited must be what the segment contained before.

# shellcheck disable=SC2016 # $r is perl's
bats_require_minimum_version 1.5.0
load lib/common

# bats file_tags=engine

# as_reader PERL: reads a segment of 1 MiB ($size) that is full of "A" through a pipe
# and checks that all of it arrives as "A". PERL does something with the pipe
# before the rest is read; it may call
#     take N        so many bytes, or what there is until the end
#     shmtool_ended(SECONDS)   whether it does, within that time
#     overwrite     the segment is full of "B" from now on
#     waiting       bytes in the pipe
as_reader()
{
	local size=${size-1048576}
	id=$(make_segment "$size")
	perl -e 'print "A" x $ARGV[0]' "$size" | foreign_write "$id" 0
	cat >reader <<-'END'
		use POSIX; use Fcntl; use Time::HiRes 'sleep';
		my ($id, $size, $code, @command) = @ARGV;
		my ($got, $ended) = ("", 0);
		pipe my $r, my $w or die;
		my $pid = fork;
		if (!$pid) { open STDOUT, ">&", $w; close $r; close $w; exec @command }
		close $w;
		sub take { my $n = shift;
			while ($n > 0 && (my $some = sysread $r, my $x, $n)) { $got .= $x; $n -= $some } }
		sub shmtool_ended { my $until = Time::HiRes::time() + shift;
			do { $ended ||= waitpid($pid, WNOHANG) == $pid ? 1 : 0; return 1 if $ended; sleep 0.01 }
				until Time::HiRes::time() > $until;
			return 0 }
		sub overwrite { shmwrite $id, "B" x $size, 0, $size or die "shmwrite: $!" }
		sub waiting { my $n = pack "i", 0; ioctl $r, 0x541b, $n or die "FIONREAD: $!"; unpack "i", $n }
		sub wait_for_bytes { my $n = shift; for (1 .. 6000) { return if waiting() >= $n; sleep 0.01 }
			die "no $n bytes in the pipe" }
		eval $code; die $@ if $@;
		take(1e9);
		die length($got) . " bytes\n" if length $got != $size;
		my $changed = $got =~ tr/B//;
		die "$changed bytes were changed\n" if $changed;
	END
	perl reader "$id" "$size" "$1" "$SHMTOOL" read "$id" "${@:2}"
}

@test "bytes that are in the pipe when read exits do not change afterwards" {
	as_reader 'take(1048576 - 65536); shmtool_ended(60) or die "it did not end"; overwrite()'
}

@test "a reader that consumes everything at once" {
	as_reader 'take(1048576); shmtool_ended(60) or die "it did not end"; overwrite()'
}

@test "a pipe that was larger from the beginning" {
	as_reader 'fcntl $r, 1031, 262144 or die; take(1048576 - 262144);
		shmtool_ended(60) or die "it did not end"; overwrite()'
}

@test "a pipe that shmtool enlarged" {
	size=$((3 << 20))
	as_reader 'take(1 << 20); fcntl($r, 1032, 0) == 1 << 20 or die "it was not enlarged";
		take(1 << 20); shmtool_ended(60) or die "it did not end"; overwrite()'
}

@test "a pipe that is enlarged while its end is written" {
	# all but what the pipe holds and what is still to come: it waits with its
	# last bytes, and what is in the pipe is lent
	as_reader 'take(1048576 - 2 * 65536); wait_for_bytes(65536); fcntl $r, 1031, 1048576 or die;
		wait_for_bytes(131072);
		overwrite() if shmtool_ended(0.5);
		take(65536); shmtool_ended(60) or die "it did not end"; overwrite()'
}

@test "a pipe that is made smaller" {
	as_reader 'fcntl $r, 1031, 1048576; take(600000); wait_for_bytes(100000); take(448576 - 4096);
		fcntl $r, 1031, 4096; shmtool_ended(60) or die "it did not end"; overwrite()'
}

@test "a pipe that does not block" {
	id=$(make_segment 1048576)
	perl -e 'print "A" x 1048576' | foreign_write "$id" 0
	perl -MFcntl -e 'pipe my $r, my $w; fcntl $w, F_SETFL, O_NONBLOCK;
		if (!fork) { open STDOUT, ">&", $w; close $r; exec @ARGV }
		close $w; while (sysread $r, my $x, 50000) { print $x; select undef, undef, undef, 0.002 }
		wait; exit $? >> 8' "$SHMTOOL" read "$id" | cmp - <(perl -e 'print "A" x 1048576')
}

@test "a reader that exits while read waits for the end does not make it hang" {
	as_reader 'take(1048576 - 2 * 65536); wait_for_bytes(65536); fcntl $r, 1031, 1048576 or die;
		wait_for_bytes(131072); close $r; shmtool_ended(60) or die "it hangs";
		$got = "A" x 1048576; open $r, "<", "/dev/null"'
}

@test "pages are passed by reference at all" {
	need_command strace
	id=$(make_segment 1048576)
	perl -e 'print "A" x 1048576' | foreign_write "$id" 0
	ASAN_OPTIONS=detect_leaks=0 strace -o trace -e trace=splice,vmsplice "$SHMTOOL" read "$id" | cat >out
	grep -Eq 'splice\(.* = 65536' trace
	# to a socket nothing is
	ASAN_OPTIONS=detect_leaks=0 perl -MSocket -e 'socketpair my $r, my $w, AF_UNIX, SOCK_STREAM, 0 or die;
		if (!fork) { open STDOUT, ">&", $w; close $r; exec @ARGV }
		close $w; 1 while sysread $r, my $x, 65536; wait' \
		strace -o trace -e trace=splice,vmsplice,sendfile "$SHMTOOL" read "$id"
	run ! grep -E '(splice|sendfile)\(' trace
}
