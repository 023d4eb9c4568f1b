#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 10,000 random command lines, of valid and invalid words. Each must end within RANDOM_LIMIT
# seconds with a documented exit status, and with a message if it failed.
#
#   RANDOM_SEED   another seed       RANDOM_COUNT  another number of lines
#   RANDOM_LIMIT  seconds until a command is given up (60)

bats_require_minimum_version 1.5.0
load lib/common

# bats file_tags=long

random_commands()
{
	cat >driver.pl <<'END'
use strict;
use warnings;
no warnings 'qw'; # commas in modes
use Time::HiRes qw(alarm);

my ($program, $seed, $count, $limit, $user) = @ARGV;
srand $seed;
$ENV{ASAN_OPTIONS} = join ':', grep { defined } $ENV{ASAN_OPTIONS}, 'exitcode=99';
$ENV{UBSAN_OPTIONS} = join ':', grep { defined } $ENV{UBSAN_OPTIONS}, 'halt_on_error=1:exitcode=99';
if ($user) {
	$( = $) = "$user $user";
	$< = $> = $user;
}

my @verbs = qw(create attach read write stat set rm ls);
my (@ids, @keys);

sub pick { $_[rand @_] }

my @junk = ('', ' ', '-', '--', '---', '-=', '--=', '--=x', '=', '!#:+', 'a!#:+b', '%s%n', '%{', '%{id',
	"\e[2J", "\n", "\xff\xfe", "\xc3\xa9", "\xc2\x9b", 'A' x 5000, '9' x 400, '-' x 300, '/', '.', '..',
	'~', '$(id)', '*', '\\', 'x,y', ',', ':', 'ftok:', 'key:', 'id:', 'NaN', 'inf', '0x', '-0', '+',
	'--help', '--usage', '--version', '-?', '-vvvv', '--no-such', '-qqq', '-J', 'help', 'ls', 'rm');

sub junk
{
	return pick(@junk) if rand() < 0.8;
	# No zero byte can stand in a word.
	return join '', map { chr(1 + rand 255) } 1 .. rand pick(3, 10, 60);
}

sub number
{
	return pick(0, 1, 2, 7, 8, 9, 10, 255, 256, 4095, 4096, 4097, 65536, 1048576, 2147483647, 2147483648,
		4294967295, 4294967296, '9223372036854775807', '9223372036854775808',
		'18446744073709551615', '18446744073709551616', -1, '-2147483648', '007', '0x1f', '0xffffffff',
		int rand 100000);
}

sub segment
{
	my $way = rand;
	return pick(@ids) if @ids && $way < 0.5;
	return pick(@keys) if @keys && $way < 0.6;
	return pick('', 'id:', 'key:', 'key:-', '0x') . number() if $way < 0.8;
	return 'ftok:' . pick('A', 1, 255, 256, '0x10', '', 'AB') . ':' . pick('.', '/', 'file', 'missing', '')
		if $way < 0.9;
	return junk();
}

sub size { pick(number(), int(rand 100) . pick(qw(K M G T KB KiB MiB X kib)), '4096', '8K', '64K') }
sub duration { pick(0, '0s', '1ms', '90s', '2h', '3d', '1h30m', '1m1h', number() . pick('', qw(d h m s ms x))) }
sub user { pick(qw(root nobody 0 65534 +0 +12 nosuch bin), number()) }
sub mode { pick(qw(600 0640 777 0 1777 8 u=rw g+r,o-rwx a= +w u=g -x), number()) }
sub file { pick('file', 'out', '-', '/dev/null', '/dev/full', '/dev/zero', '.', '/', 'missing/x', '/proc/self/mem',
	'/proc/sysvipc/shm', '/proc/sysvipc/sem', 'list', 'link') }
sub text { pick('abc', '', 'x' x 100, '%d', '00 ff', 'ff', '0', 'zz', '-n', '=') }
sub fields { join ',', map { pick(qw(id key owner uid mode perms size rss swap nattch state locked dest cpid
	ccomm ccmdline cunit lpid lcomm lcmdline lunit created-by atime dtime ctime idle holders ns ns-name ns-pid ns-comm ns-of host), rand() < 0.05 ? junk() : 'id') } 0 .. rand 4 }
sub sort_fields { join ',', map { pick('', '-') . $_ } split /,/, fields(), -1 }
sub format { join '', map { pick('%{' . fields() . '}', '%{id}', ' ', '%%', '\t', '\n', 'x', '\\', '%') } 0 .. rand 4 }
sub state { join ',', map { pick(qw(dest attached kept orphaned detached dead)) } 0 .. rand 3 }

my @common = (['-v'], ['--verbose'], ['--usage'], ['-h'], ['-V'],
	(['-N', sub { pick($$, $$, number(), '/proc/self/ns/ipc', '/proc/self/ns/mnt', file(), '-1') }]) x 3);
my @filters = (['--orphaned'], ['--likely'], ['--detached'], ['--attached'], ['--dest'], ['--all'],
	['--state', \&state], ['--owner', \&user], ['--creator', \&user], ['--key', \&segment],
	['--locked'], ['--group', \&user], ['--mode', sub { pick('', '-', '/') . mode() }], ['--max-idle', \&duration],
	['--min-rss', \&size], ['--except-owner', \&user], ['--except-creator', \&user], ['--except-key', \&segment],
	['--key', sub { pick('private', number() . '-' . number()) }],
	['--pid', \&number], ['--idle', \&duration], ['--min-size', \&size], ['--max-size', \&size],
	['--grace', \&duration], ['--except', \&segment], ['--keep-file', \&file], ['--keep', \&segment], ['--ignore-keep'],
	['--even-attached'], ['-A'], ['--all-namespaces'],
	['--except-namespace', sub { pick(number(), '/proc/self/ns/ipc', file()) }]);
my @guards = (['--guard-timeout', sub { pick('0', '1ms') }], ['--guard-number', \&number],
	['--guard', \&segment], ['--guard', \&segment]);
my @numbers = (['--u8'], ['--u16'], ['--u32'], ['--u64']);
my %options = (
	create => [['-s', \&size], ['-s', \&size], ['--size', \&size], ['-k', \&segment], ['-k', sub { pick('auto', 'private') }],
		['-p', \&mode], ['-u', \&user], ['-g', \&user], ['-f', \&file], ['--reuse'], ['--huge'],
		['--huge-size', \&size], ['--no-reserve'], ['--lock'], ['--with-guard'], ['--format', \&format]],
	attach => [['-r'], ['--at', sub { pick(number(), '0x7f0000000000', '0x10000000', '0xdeadbeef') }],
		['--round'], ['--remap'], ['--executable'], ['--as-file']],
	read => [['-o', \&size], ['-n', \&size], ['-f', \&file], ['-x'], ['--progress'], @numbers, @guards],
	write => [['-o', \&size], ['-n', \&size], ['-f', \&file], ['-t', \&text], ['-x', \&text], ['-z'],
		['--fill', \&number], ['--truncate'], ['--progress'], ['--expect', \&number], ['--expect', \&text],
		(map { [$_->[0], \&number] } @numbers), @guards],
	stat => [['--format', \&format], ['-J'], ['-q'], ['--holders'], ['--map'],
		(['--wait', sub { pick(qw(exists gone attached detached soon)) }]) x 4, @filters],
	set => [['-u', \&user], ['-g', \&user], ['-p', \&mode], ['-p', \&mode], ['--lock'], ['--unlock'], ['-n'], @filters],
	rm => [['-n'], ['-i'], ['-f'], ['-J'], ['-q'], ['--even-attached'], ['--with-guard'], ['-m', \&segment], ['-M', \&segment], @filters],
	ls => [['-t'], ['-p'], ['-c'], ['-l'], ['-u'], ['-m'], ['-o', \&fields], ['--sort', \&sort_fields], ['-H'], ['-J'],
		['-r'], ['-q'], ['--format', \&format], ['-b'], ['--numeric'],
		['--time-format', sub { pick(qw(local utc epoch ago never)) }], ['--no-header'], ['--from', \&file],
		['--fail-empty'], ['--prometheus'], ['--warn', \&number], ['--color', sub { pick(qw(auto always never some)) }],
		['--interval', \&duration], @filters, @filters],
);

sub option
{
	my ($name, $value) = @{pick(@_)};
	return $name unless $value;
	my $word = rand() < 0.05 ? junk() : $value->();
	return "$name=$word" if $name =~ /^--/ ? rand() < 0.5 : rand() < 0.05;
	return "$name$word" if $name !~ /^--/ && rand() < 0.2;
	return rand() < 0.02 ? $name : ($name, $word);
}

sub command_line
{
	my $way = rand;
	return map { junk() } 1 .. rand 5 if $way < 0.03;
	return ('help', pick(@verbs, junk())) if $way < 0.05;

	my $verb = pick(@verbs);
	my @words = map { option(rand() < 0.03 ? @common : @{$options{$verb}}) } 1 .. rand pick(2, 4, 8);
	unshift @words, '-s', size() if $verb eq 'create' && rand() < 0.5;
	if ($verb eq 'attach') {
		# It must end by itself: the hold is the last option before the segment.
		return ($verb, @words, '--hold', pick('0', '0s', '1ms'), segment(), pick([], [], ['true'], ['--', 'false'],
			['sh', '-c', 'exit 3'], ['./missing'], ['/'], ['sh', '-c', 'kill -KILL $$'], ['']) ->@*);
	}
	if ($verb ne 'create') {
		splice @words, rand(1 + @words), 0, segment() for 1 .. rand pick(2, 2, 3);
	}
	# A wait must end, too; and --follow, which does not, is left to follow.bats.
	unshift @words, '--timeout', pick('0', '1ms', '50ms') if grep { /^--wait/ } @words;
	splice @words, rand(1 + @words), 0, junk() if rand() < 0.15;
	splice @words, rand(1 + @words), 0, '--' if rand() < 0.05;
	return ($verb, @words);
}

sub slurp
{
	open my $file, '<:raw', $_[0] or die;
	read $file, my $text, 100000;
	return $text // '';
}

sub look
{
	open my $list, '<', '/proc/sysvipc/shm' or die;
	<$list>;
	(@ids, @keys) = ();
	while (<$list>) {
		my ($key, $id) = split;
		push @ids, $id;
		push @keys, "key:$key" if $key;
	}
	shmget(0, 1 + int rand 10000, 0600 | 01000) for @ids .. 5;
	if (@ids > 60) {
		shmctl($_, 0, 0) for @ids;
	}
}

sub run
{
	my @command = @_;
	my $child = fork // die;
	if (!$child) {
		open STDIN, '<', '/dev/null' or die;
		open STDOUT, '>', 'stdout' or die;
		open STDERR, '>', 'stderr' or die;
		alarm $limit; # outlives the exec
		exec { $command[0] } @command or die;
	}
	waitpid $child, 0;
	return $?;
}

sub quote { my ($word) = @_; $word =~ s/'/'\\''/g; return $word =~ /\A[\w.=:\/,+-]+\z/ ? $word : "'$word'" }

my (%seen, $wrong);
for my $number (1 .. $count) {
	look() if $number % 10 == 1;
	my @words = command_line();
	my $status = run($program, @words);
	$status = run($program, @words) if $status == 14; # a busy machine is given a second chance

	my $code = $status >> 8;
	my ($out, $err) = (slurp('stdout'), slurp('stderr'));
	my $attach = $words[0] && $words[0] eq 'attach';
	my $why;
	$why = 'ended by signal ' . ($status & 127) if $status & 127;
	$why //= "status $code" unless $code <= 9 || $attach && ($code =~ /\A12[567]\z/ || $code == 137);
	my $told = $code == 1 && grep({ /fail-empty|expect|warn/ } @words) || $code == 8 && grep { /q/ } @words;
	if ($code && !$attach && !$told) {
		$why //= 'failed without a word' unless $err =~ /\Ashmtool[ a-z]*: /;
	}
	$why //= 'stderr is not clean' if $err =~ /[^\n\x20-\x7e\x80-\xff]|\xc2[\x80-\x9f]/;
	$why //= 'a usage error that printed something' if $code == 2 && length $out && !$attach;
	$seen{$words[0] && grep({ $words[0] eq $_ } @verbs) ? $words[0] : 'other'}{$code}++;
	next unless $why;
	print STDERR "line $number ($seed): $why: shmtool ", join(' ', map { quote($_) } @words), "\n",
		substr($err, 0, 1000), "\n";
	last if ++$wrong == 5;
}
for my $verb (sort keys %seen) {
	print STDERR "$verb: ", join(', ', map { "$_ ($seen{$verb}{$_})" } sort keys $seen{$verb}->%*), "\n";
}
# Each verb must have done some work, or the lines are not worth much.
exit($wrong || $count > 1000 && grep({ !$seen{$_}{0} } @verbs) ? 1 : 0);
END
	local seed=$((${RANDOM_SEED:-20240607} + $1))
	echo "seed $seed: RANDOM_SEED=$((seed - $1))"

	# What memory and time they may use; create -f /dev/zero ends by it.
	set_limit shmmax 1048576
	set_limit shmall 4096
	chmod 1777 .
	echo 'a file' >file
	chmod 666 file
	ln -s nowhere link
	cat /proc/sysvipc/shm >list
	alone perl driver.pl "$SHMTOOL" "$seed" "$((${RANDOM_COUNT:-10000} / 4))" "${RANDOM_LIMIT:-60}" "${2-}"
}

@test "10,000 random command lines, the first quarter" {
	random_commands 1
}

@test "10,000 random command lines, the second quarter" {
	random_commands 2
}

@test "10,000 random command lines, the third quarter, as an ordinary user" {
	need_root
	random_commands 3 65534
}

@test "10,000 random command lines, the last quarter, as an ordinary user" {
	need_root
	random_commands 4 65534
}
