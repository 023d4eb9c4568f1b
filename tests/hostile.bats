#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Hostile users: what they put in the way of a path, and the names that they choose. Each
# test is an attack that worked once.

bats_require_minimum_version 1.5.0
load lib/common
load lib/stop

# bats file_tags=long

# A directory like /tmp, a file that only root may change, and a segment.
setup()
{
	common_setup
	need_root
	mkdir -m 1777 shared
	mkdir -m 700 private
	echo precious >private/file
	id=$(make_segment 4096)
}

# What the attacker does
hostile()
{
	as_user bash -c "cd '$PWD' && $1"
}

assert_untouched()
{
	assert_equal "$(ls private) $(<private/file)" 'file precious'
}

# --- Output files -----------------------------------------------------------

link_refused='a symbolic link of another user in a sticky directory'
fifo_refused='a FIFO of another user in a sticky directory'

@test "read -f does not follow a symlink of another user in a sticky directory" {
	hostile "ln -s $PWD/private/file shared/old; ln -s $PWD/private/new shared/new
		ln -s $PWD/private shared/way; ln -s ../private/file shared/relative"
	ln -s shared/old mine
	local path
	for path in shared/old shared/new shared/way/file shared/relative mine "$PWD/shared/../shared/old"; do
		try read "$id" -f "$path"
		expect_status 5
		assert_stderr_is "shmtool read: cannot write $path: $link_refused"
	done
	assert_untouched
}

@test "... nor in a user namespace where neither of the two users is mapped" {
	mkdir theirs
	echo precious >theirs/file
	chown -R 4321 theirs
	hostile "ln -s $PWD/theirs/file shared/old"
	chmod 755 .
	id=$(make_segment 4096 666)
	try_in_users()
	{
		as_uid 4321 unshare --user "$SHMTOOL" read "$id" -f shared/old
	}
	capture try_in_users
	expect_status 5
	assert_stderr_is "shmtool read: cannot write shared/old: $link_refused"
	assert_equal "$(<theirs/file)" precious
}

@test "read -f neither writes to nor waits for a FIFO of another user in a sticky directory" {
	hostile 'mkfifo shared/out'
	try read "$id" -f shared/out
	expect_status 5
	assert_stderr_is "shmtool read: cannot write shared/out: $fifo_refused"
}

@test "read -f replaces another user's file there, and does not write to its other hard links" {
	hostile 'echo other >shared/other; ln shared/other shared/out'
	try read "$id" -f shared/out
	expect_status 0
	assert_equal "$(<shared/other) $(stat -c '%u %a %s' shared/out)" 'other 0 600 4096'
}

@test "read -f follows the links of the caller, of the directory's owner, and those elsewhere" {
	ln -s "$PWD/private/file" shared/mine
	mkdir -m 1777 theirs
	chown 4321 theirs
	as_uid 4321 ln -s "$PWD/private/file" theirs/owner
	mkdir -m 777 plain
	hostile "ln -s $PWD/private/file plain/link"
	mkdir -m 1755 closed
	ln -s "$PWD/private/file" closed/link
	chown -h 65534 closed/link
	local path
	for path in shared/mine theirs/owner plain/link closed/link; do
		echo precious >private/file
		try read "$id" -f "$path"
		expect_status 0
		assert_equal "$(stat -c %s private/file)" 4096
	done
	assert_equal "$(ls shared)" mine
}

# Before or after each call that has to do with the file, the attacker puts a link there.
@test "read -f is not redirected by a symlink that is created while it runs" {
	local step steps=0
	for step in openat:out:1 after:openat:out:1 openat:out:2 openat:.shmtool.* after:openat:.shmtool.* \
		renameat:out after:renameat:out readlink:*out after:readlink:*out open:*out rename:*out; do
		rm -f shared/out
		STOP_RUN="rm -f shared/out; ln -s $PWD/private/file shared/out; chown -h 65534 shared/out" \
			run --separate-stderr with_steps "run:$step" shmtool read "$id" -f shared/out
		[[ $status == 0 || $stderr == *"$link_refused"* ]] || expect_status 0
		assert_untouched
		steps=$((steps + $(steps_taken)))
	done
	# otherwise there was nothing to see
	((steps >= 6))
}

# Between the look at the file and its opening, and before both
@test "no command waits for a FIFO that replaces another file" {
	local command step
	export STOP_RUN="rm -f shared/out; mkfifo shared/out; chown 65534 shared/out"
	for command in "read $id -f shared/out" "ls --from shared/out"; do
		for step in openat:out:1 openat:out:2; do
			rm -f shared/out
			if [[ $command == read* ]]; then
				hostile 'perl -MSocket -e "socket S, PF_UNIX, SOCK_STREAM, 0; bind S, sockaddr_un(q(shared/out)) or die"'
			else
				hostile ': >shared/out'
			fi
			# shellcheck disable=SC2086
			with_steps "run:$step" try $command
			[[ $status == 5 && $stderr == *"$fifo_refused" ]] ||
				[[ $command == read* && $status == 7 && $stderr == *": cannot write shared/out: "* ]] ||
				fail "$command: $status $stderr"
			(($(steps_taken) == 1))
		done
	done
}

# --- Other paths ------------------------------------------------------------

# Each option that takes a path, with a path below shared
try_paths()
{
	local command
	for command in "create -f $1" "write $id -f $1" "ls --from $1" "ls -N $1" "ls ftok:A:$1" \
		"create -s 1 -k ftok:A:$1" "ls --key ftok:A:$1"; do
		# shellcheck disable=SC2086
		try $command
		expect_status 5 || fail "$command"
		assert_stderr_has "$2" || fail "$command"
	done
}

@test "no option follows a symlink of another user in a sticky directory" {
	hostile "ln -s $PWD/private/file shared/file; ln -s /proc/self/ns/ipc shared/ns"
	try_paths shared/file "$link_refused"
	try_paths shared/ns "$link_refused"
	assert_equal "$(segment_count)" 1
}

@test "no option reads or waits for a FIFO of another user there" {
	hostile 'mkfifo shared/fifo'
	local command
	for command in "create -f shared/fifo" "write $id -f shared/fifo" "ls --from shared/fifo"; do
		# shellcheck disable=SC2086
		try $command
		expect_status 5 || fail "$command"
		assert_stderr_has "$fifo_refused"
	done
	try ls -N shared/fifo
	expect_status 7
	assert_stderr_has 'it is not an IPC namespace'
	assert_equal "$(segment_count)" 1
}

# A lease can delay who opens the file for 45 seconds (/proc/sys/fs/lease-break-time).
@test "no option waits for the end of a lease" {
	cat /proc/sysvipc/shm >shared/file
	chown 65534 shared/file
	# shellcheck disable=SC2016
	background as_user perl -e '$SIG{IO} = "IGNORE"; open my $file, "+<", "shared/file" or die;
		fcntl $file, 1024, 1 or die "F_SETLEASE: $!"; syswrite STDOUT, "leased\n"; sleep 1 while 1'
	wait_until grep -q leased "$background_output"
	local command
	for command in "create -f shared/file" "write $id -f shared/file" "ls --from shared/file"; do
		# shellcheck disable=SC2086
		try $command
		expect_status 7 || fail "$command"
		assert_stderr_has 'shared/file: another process has a lease on it; try again'
	done
	end_process "$background_pid"
	try ls --from shared/file --format '%{id}'
	assert_output_is "$id"
}

# --- Keep lists -------------------------------------------------------------

# A list that names the segment, in a directory that passes
prepare_list()
{
	keep_lists
	mkdir "$lists/way"
	echo creator:root >"$lists/way/keep"
	: >"$lists/empty"
}

assert_list_refused()
{
	try rm --all --keep-file "${2:-$lists/way/keep}"
	expect_status 7
	assert_stderr_has "$1"
	segment_exists "$id"
}

@test "a keep list in a directory that another user may write to is refused" {
	prepare_list
	try rm --all --keep-file "$lists/way/keep" -n
	expect_status 0
	assert_output_is ''
	local mode
	for mode in 0775 0757 1777 1775; do
		chmod $mode "$lists/way"
		assert_list_refused "directory $lists/way is writable by other users (mode $mode), who could replace the list (chmod go-w, or move the list)"
	done
	# what it was for
	chmod 777 "$lists/way"
	hostile "rm -f $lists/way/keep; ln -s $lists/empty $lists/way/keep"
	assert_list_refused "directory $lists/way is writable by other users (mode 0777), who could replace the list"
	chmod 755 "$lists/way"
	assert_list_refused "$lists/way/keep must be owned by root or by you"
	chown 65534 "$lists/way"
	assert_list_refused "$lists/way must be owned by root or by you"
}

@test "a keep list below a directory of another user is refused, whatever its path" {
	prepare_list
	chown 65534 "$lists/way"
	mkdir "$lists/way/below"
	echo creator:root >"$lists/way/below/keep"
	ln -s "$lists/way/below" "$lists/link"
	ln -s way/below/keep "$lists/keep"
	local path
	for path in way/below/keep link/keep keep link/../../way/below/keep; do
		assert_list_refused "$lists/way must be owned by root or by you" "$lists/$path"
	done
	cd "$lists/way/below"
	assert_list_refused "$lists/way must be owned by root or by you" keep
}

@test "a keep list must be a regular file, not on /proc or /sys" {
	prepare_list
	local path
	for path in /proc/self/environ /proc/locks /sys/kernel/notes /proc/self/cwd/keep; do
		[[ -e $path || $path == */keep ]] || continue
		assert_list_refused 'not on a real file system' "$path"
	done
	assert_list_refused 'not a regular file' /dev/null
	assert_list_refused 'not a regular file' "$lists"
}

@test "symlinks to a keep list are followed if root or the caller created them" {
	prepare_list
	ln -s way/keep "$lists/keep"
	try rm --all --keep-file "$lists/keep" -n
	expect_status 0
	assert_output_is ''
	by_user=$(as_user perl -e 'print shmget(0, 4096, 01600) + 0')
	echo creator:nobody >"$lists/way/keep"
	chown -R 65534 "$lists/way"
	try_as_user rm --all --keep-file "$lists/keep" -n
	assert_output_lacks "would remove $by_user "
}

# --- Names ------------------------------------------------------------------

# Makes processes with these names, each with a segment whose key is its place in the list, from 1
# on, attached; they live until the test ends. \xNN stands for a byte.
processes_named()
{
	# shellcheck disable=SC2016
	background perl -MIPC::SysV=shmat -e '
		my $key = 0;
		pipe my $end, my $alive;
		for my $name (@ARGV) {
			$key++;
			next if fork;
			$name =~ s/\\x(..)/chr hex $1/ge;
			open my $comm, ">", "/proc/self/comm" or die;
			syswrite $comm, $name;
			close $comm;
			shmat(shmget($key, 4096, 01600) // die, undef, 0) // die;
			close $alive;
			exit !sysread $end, my $byte, 1;
		}
		sleep 1 while 1' "$@"
	wait_until has_attached $#
}

has_segments()
{
	(($(segment_count) == $1))
}

has_attached()
{
	(($(awk 'NR > 1 && $7' /proc/sysvipc/shm | wc -l) == $1))
}

# Commands that show names of processes
views=('ls' 'ls -r' 'ls -p' 'ls -p -r' 'ls -o id,holders' 'ls -o id,holders -r' 'ls --format %{ccomm}_%{lcomm}'
	'stat --all' 'stat --all --holders' 'rm --all --even-attached -n' 'rm key:1' 'ls -J' 'stat --all -J --holders')

@test "characters that hide or reorder text do not reach a terminal" {
	ipcrm --all=shm
	local codes=(80 9f ad 34f 61c 115f 180e 200b 200e 200f 2028 2029 202a 202e 2060 2066 2069 3164 feff
		fe0f fff9 13430 1343f e0000 e0001 e007f e01ef) names view
	mapfile -t names < <(perl -e 'for (@ARGV) { my $c = chr hex; utf8::encode $c;
		print "a", (map { sprintf "\\x%02x", ord } split //, $c), "b\n" }' "${codes[@]}")
	processes_named "${names[@]}" 'd\xc3\xa9j\xc3\xa0' '\xe6\x97\xa5\xe6\x9c\xac' \
		'\xf3\xb0\x80\x80'
	for view in "${views[@]}"; do
		# shellcheck disable=SC2086
		try $view
		[[ $status == 0 || $view == 'rm key:1' ]] || expect_status 0
		# perl's own table of what is not to be seen
		if ! perl -CS -ne 'exit 1 if /(?!\n)[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Cc}\p{Zl}\p{Zp}]/' \
			<<<"${output//$'\t'/}$stderr"; then
			fail "$view: $output $stderr"
		fi
	done
	try ls --sort key --format '%{ccomm}'
	assert_output_is "$(printf '%s\n' "${names[@]}")"$'\nd\xc3\xa9j\xc3\xa0\n\xe6\x97\xa5\xe6\x9c\xac\n\xf3\xb0\x80\x80'
	try ls --sort key -J
	assert_equal "$(jq -r '.segments[].ccomm' <<<"$output")" \
		"$(printf '%b\n' "${names[@]}")"$'\nd\xc3\xa9j\xc3\xa0\n\xe6\x97\xa5\xe6\x9c\xac\n\xf3\xb0\x80\x80'
}

# NAME=HOW IT IS SHOWN
shown=(
	exited='"exited"' running='"running"' -='"-"' unseen='"unseen"' more='"more"' gone=gone bash=bash kworker/0:1-mm=kworker/0:1-mm
	'Web Content="Web Content"' '(sd-pam)="(sd-pam)"' '1, 1 init="1, 1 init"' 'x), exited (="x), exited ("'
	'"exited"="""exited"""' 'a  0600  4K="a  0600  4K"' 'a\b=a\b'
)

@test "a command name cannot be mistaken for a word of shmtool, several names or columns" {
	ipcrm --all=shm
	local pair names=() wanted=() pids i
	for pair in "${shown[@]}"; do
		names+=("${pair%%=*}")
		wanted+=("${pair#*=}")
	done
	processes_named "${names[@]}"
	try ls --sort key --format '%{cpid}'
	mapfile -t pids <<<"$output"
	try ls --sort key --format '%{ccomm}'
	assert_output_is "$(printf '%s\n' "${wanted[@]}")"
	try ls --sort key --format '%{created-by}|%{holders}|%{lcomm}'
	for i in "${!pids[@]}"; do
		assert_equal "${lines[i]}" "${pids[i]} ${wanted[i]}|${pids[i]} ${wanted[i]}|${wanted[i]}"
	done
	try ls --sort key -J
	assert_equal "$(jq -r '.segments[].ccomm' <<<"$output")" "$(printf '%s\n' "${names[@]}")"
	for i in "${!pids[@]}"; do
		try stat "key:$((i + 1))" --holders
		assert_output_has "process ${pids[i]} (${wanted[i]}), running since"
		assert_output_has "process ${pids[i]} (${wanted[i]}), user root"
		try rm "key:$((i + 1))"
		expect_status 9
		assert_stderr_has "process ${pids[i]} (${wanted[i]}, root)"
	done
}

@test "a process named "exited" is distinguished from one that has exited" {
	ipcrm --all=shm
	# shellcheck disable=SC2016
	background perl -e '$0 = "exited"; shmget(1, 4096, 01600) // die; sleep 1 while 1'
	perl -e '$0 = "exited"; shmget(2, 4096, 01600) // die'
	wait_until has_segments 2
	try ls --sort key -o created-by --no-header
	assert_equal "${lines[0]}" "$background_pid \"exited\""
	assert_output_matches $'\n[0-9]+ exited$'
}

# As if a directory service took a moment for each number. The kernel allows any owner.
@test "thousands of owners do not keep a command from its work" {
	local command
	perl -e 'for (1 .. 200) {
		$id = shmget(0, 1, 01600) // die;
		shmctl($id, 1, pack "iLLLLL x88", 0, 700000 + $_, 0, 0, 0, 0600) // die "shmctl: $!";
	}'
	for command in 'ls --sort id' 'rm --detached'; do
		# shellcheck disable=SC2086 # words
		STOP_DELAY=100 capture with_steps delay:getpwuid::1+ shmtool $command
		expect_status 0
		assert_stderr_has 'warning: looking up users and groups takes too long: the others are shown as numbers'
		assert_output_has 700200
		# five seconds, and no more
		(($(steps_taken) <= 60)) || fail "$(steps_taken) look-ups"
	done
}

daemon_is_named()
{
	perl -e '$id = shmget(0, 1, 01600) // die; shmctl($id, 1, pack "iLLLLL x88", 0, 1, 0, 0, 0, 0600) // die "shmctl: $!"'
	grep -q owner=daemon "$events"
}

@test "ls --follow looks names up again after a user has made that slow" {
	STOP_DELAY=100 background with_steps delay:getpwuid::1+ "$SHMTOOL" ls --follow --interval 100ms -v
	local events=$background_output errors=$background_errors
	wait_until file_has "$errors" watching
	perl -e 'for (1 .. 70) {
		$id = shmget(0, 1, 01600) // die;
		shmctl($id, 1, pack "iLLLLL x88", 0, 700000 + $_, 0, 0, 0, 0600) // die "shmctl: $!";
	}'
	wait_until file_has "$errors" 'looking up users and groups takes too long'
	wait_until daemon_is_named
}
