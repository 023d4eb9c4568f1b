#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sandboxes and kernels that refuse a system call, each time (lib/refuse.c): the
# outcome is that of a program that may make it, or one sentence reports what could
# not be done. What shmctl(2), shmget(2) and shmat(2) are refused: sandboxes.bats.

bats_require_minimum_version 1.5.0
load lib/common

setup()
{
	common_setup
	need_root
	# a sanitizer needs calls of its own
	! grep -q __asan_init "$SHMTOOL" || skip 'the sanitizer would be refused its own calls'
	mkdir -m 777 work
	cd work || return
	{ head -c 40000 /dev/urandom && head -c 160000 /dev/zero; } >content
	chmod 644 content
	# where -A finds one other namespace, without a segment that anything is about
	# shellcheck disable=SC2016
	background alone sh -c 'unshare --ipc sh -c "\"$0\" create -k 0x53 -s 4K >/dev/null && echo ready &&
		exec sleep 1000" & wait' "$SHMTOOL"
	wait_until file_has "$background_output" ready
	place=$(pgrep --parent "$background_pid")
	beside=(nsenter --target "$place" --pid --mount --wd="$PWD")
	held=$(as_user perl -e "$create" 8192 644 $((0x51)))
	background "${beside[@]}" "$HELPERS/hold" "$held"
	wait_until test -s "$background_output"
}

# What the program is to do, and by whom (4004: a user)
work=(
	'root ls --no-header -o key,size,nattch,state'
	'root ls -A --format %{key},%{size} --sort key'
	'root ls -A -l -J'
	'root ls --prometheus'
	'root stat --format %{key},%{size},%{state} 0x51'
	'root read 0x52'
	'root read 0x52 -f file'
	'root read 0x51 -f file'
	'root write 0x52 -t hello'
	'root write 0x52 -f content'
	'root write 0x52 -o 100 -n 100000 -z'
	'root set -p 640 -u daemon 0x52'
	'root set --lock 0x52'
	'root rm 0x51'
	'root rm 0x52'
	'root rm --detached'
	'root rm --orphaned --grace 0 -n'
	'root create -k 0x54 -f content --with-guard'
	'root attach --hold 0 0x52'
	'user ls --no-header -o key,size,nattch,state'
	'user read 0x52 -f file'
	'user read 0x52 -o 50000'
	'user write 0x52 -o 100 -n 100000 -z'
	'user rm 0x52'
)

# The calls that it can do without
dispensable=(capget capset clock_getres clone close_range fallocate fchmod flock fork fstatfs
	inotify_add_watch inotify_init1 ioctl kcmp kill madvise membarrier mincore
	openat2 pidfd_open pipe2 prctl prlimit64 pwrite64 recvmsg sched_getaffinity sched_getattr
	sendfile sendmsg setitimer setpgid setresuid socketpair splice sysinfo vmsplice)

# Those of them that one command cannot do without, and what it says
needed='
root ls -A                    | setns        | cannot enter IPC namespace [0-9]+ .*: REASON
root ls -A                    | getdents64   | cannot find the IPC namespaces: /proc: REASON
root stat 0x51                | getdents64   | cannot determine which processes have segments attached: REASON
root stat 0x51                | memfd_create | cannot determine which processes have segments attached: REASON
root read 0x52 -f file        | fsync        | cannot write file: REASON
root read 0x52 -f file        | getrandom    | cannot write file: REASON
root read 0x52 -f file        | renameat     | cannot write file: REASON
root write 0x52 -f content    | ppoll        | cannot read content: REASON
root attach --hold 0 0x52     | ppoll        | cannot wait for signals: REASON
root attach 0x52 -- true      | clone,clone3 | cannot run true: REASON
'

# Those that the C library, or each command, is nothing without: files, memory, processes,
# and shared memory itself, which sandboxes.bats is about. Newer machines have no readlink but readlinkat.
basic=(access arch_prctl brk clock_gettime clock_nanosleep close connect dup2 dup3 execve exit_group
	faccessat faccessat2 fcntl fstat ftruncate futex getcwd getegid geteuid getgid getgroups getpid getppid gettid
	getuid lseek lstat mmap mprotect munmap newfstatat open openat poll pread64 read readlink
	readlinkat restart_syscall rseq rt_sigaction rt_sigprocmask rt_sigreturn semctl semget semop semtimedop
	set_robust_list set_tid_address shmat shmctl shmdt shmget socket stat statfs statx umask
	uname unlinkat wait4 write writev)

# does WORK [COMMAND...]: what comes of it, run by COMMAND, without what is different each time
does()
{
	local person=() words ended
	read -ra words <<<"$1"
	[[ ${words[0]} == root ]] || person=(setpriv --reuid 4004 --regid 4004 --clear-groups env HOME=/)
	perl -e "$prepare"
	"${beside[@]}" setpriv --reuid 4004 --regid 4004 --clear-groups "$SHMTOOL" create -k 0x52 -f content >/dev/null
	{
		"${beside[@]}" "${person[@]}" "${@:2}" "$SHMTOOL" "${words[@]:1}" 2>errors &&
			ended=0 || ended=$?
		echo "$ended" >ended
	} | cat >output
	perl -MDigest::SHA=sha1_hex -e "$describe" "${words[1]}" "$held" >outcome
}

# No segment but those of 0x51 and 0x53, and no semaphore; and the old file
# shellcheck disable=SC2016
prepare='
	for my $list ("shm", "sem") {
		open my $rows, "<", "/proc/sysvipc/$list" or die "$list: $!";
		<$rows>;
		while (<$rows>) {
			my ($key, $id) = split;
			$list eq "sem" ? semctl $id, 0, 0, 0 : $key == 0x51 || shmctl $id, 0, 0; # IPC_RMID
		}
	}
	open my $file, ">", "file" or die "file: $!";
	print $file "nonsense\n";
	chmod 0666, $file;'

# Prints the status, the output, what there is now, and the bytes of the segment
# shellcheck disable=SC2016
describe='
	my ($verb, $id) = @ARGV;
	sub contents { open my $file, "<", $_[0] or die "$_[0]: $!"; local $/; return <$file> // "" }
	sub rows { my $list = shift; my (undef, @rows) = split /\n/, contents("/proc/sysvipc/$list"); return map { [split] } @rows }
	my ($output, $errors) = (contents("output"), contents("errors"));
	if ($verb eq "read") { $output = sha1_hex($output) . "\n" }
	elsif ($verb =~ /^(rm|create|attach)$/) { $output =~ s/\b(0x[0-9a-f]{9,}|[0-9]+)\b/N/g }
	else { $output =~ s/^.*timestamp.*\n//mg }
	$errors =~ s/\b[0-9]+\b/N/g;
	print contents("ended"), $output, $errors, sha1_hex(contents("file")), "\n";
	print "$_\n" for sort glob "* .[!.]*";
	print sort map { "@$_[0, 2, 3, 6, 7, 8]\n" } rows("shm");
	print map { "@$_[0, 2, 3]\n" } rows("sem");
	for (rows("shm")) { $id = $_->[1] if $_->[0] == 0x52 || $_->[0] == 0x54 }
	shmread $id, my $bytes, 0, 200000 or $bytes = "";
	print sha1_hex($bytes), "\n";'

# same_without CALLS WORK: as with these calls
same_without()
{
	local error bad=0
	does "$2"
	mv outcome ../expected
	for error in EPERM ENOSYS; do
		does "$2" "$HELPERS/refuse" "$error" "$1"
		diff ../expected outcome && continue
		printf '%s %s: %s\n' "$error" "$1" "$2"
		cat errors
		bad=1
	done >&2
	return "$bad"
}

# made WORK: the calls that it makes
made()
{
	does "$1" strace -f -qq -o trace
	sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' trace | sort -u
	rm trace
}

@test "all optional system calls are refused at once" {
	local all=" ${dispensable[*]} " item bad=0
	# without both of these it is not known whether a process runs, and nothing is orphaned
	all=$(xargs <<<"${all/ kill / }")
	for item in "${work[@]}"; do
		same_without "${all// /,}" "$item" || bad=1
	done
	((bad == 0))
}

@test "a required system call that is refused is reported in one sentence" {
	local item call words error reason
	while IFS='|' read -r item call words; do
		[[ $item ]] || continue
		words=${words# }
		for error in EPERM ENOSYS; do
			does "$item" "$HELPERS/refuse" "$error" "${call// /}"
			reason='Operation not permitted'
			[[ $error == EPERM ]] || reason='Function not implemented'
			grep -Eq ": ${words/REASON/$reason}" errors || fail "$item, $call: $(<errors)"
			(($(grep -vc 'hint:' errors) == 1)) || fail "$(<errors)"
		done
	done <<<"$needed"
}

# bats test_tags=long
@test "each optional system call is refused, and the list of them is complete" {
	need_strace
	local item call bad=0
	for item in "${work[@]}"; do
		for call in $(made "$item"); do
			case " ${basic[*]} clone3 " in *" $call "*) continue ;; esac
			if [[ " ${dispensable[*]} " == *" $call "* ]]; then
				same_without "$call" "$item" || bad=1
			elif [[ $needed != *[\ ,]"$call"[\ ,]* ]]; then
				echo "$item: $call is in none of the lists" >&2
				bad=1
			fi
		done
	done
	((bad == 0))
}
