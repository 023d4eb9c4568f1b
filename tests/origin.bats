#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The service, container or job and the command line of the processes that a segment records
# or that have it attached: which are shown, and which never are.

bats_require_minimum_version 1.5.0
load lib/common
load lib/stop

# with_file FILE PATH COMMAND...: with FILE in the place of PATH, in a mount namespace of its own
with_file()
{
	# shellcheck disable=SC2016
	run_program unshare --mount sh -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' sh "$@"
}

# A segment whose creator lives; sets id and creator.
make_running()
{
	id=$(make_live_segment)
	creator=$(segment_field "$id" cpid)
	cgroup=/proc/$creator/cgroup
}

# --- The table of units -----------------------------------------------------

hex=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
hey=fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210
uid=8d5e4c7a-33f1-4d0e-9c5e-1f2a3b4c5d6e
slice=kubepods-burstable-pod${uid//-/_}.slice

# UNIT, a tab, and the text of /proc/PID/cgroup, as printf(1) writes it
units()
{
	cat <<-END
		postgresql@15-main.service	0::/system.slice/system-postgresql.slice/postgresql@15-main.service
		session-3.scope	0::/user.slice/user-1000.slice/session-3.scope
		docker/0123456789ab	0::/system.slice/docker-$hex.scope
		docker/0123456789ab	0::/docker/$hex
		podman/0123456789ab	0::/machine.slice/libpod-$hex.scope
		podman/0123456789ab	0::/machine.slice/libpod-$hex.scope/container
		pod/$uid/0123456789ab	0::/kubepods.slice/kubepods-burstable.slice/$slice/cri-containerd-$hex.scope
		pod/$uid/0123456789ab	0::/kubepods/burstable/pod$uid/$hex
		pod${uid//-/.}	0::/kubepods/pod${uid//-/.}
		lxc/web	0::/lxc.payload.web
		machine/web	0::/machine.slice/machine-web.scope
		slurm/1234	0::/system.slice/slurmstepd.scope/job_1234/step_0/user/task_0
		slurm/1234	6:memory:/slurm/uid_1000/job_1234/step_0\n1:name=systemd:/system.slice/slurmd.service
		slurm/1234	6:memory:/slurm/uid_1000/job_1234/step_0\n1:name=systemd:/user.slice/slurm/job_99
		slurm/1234	9:name=systemd:/user.slice/slurm/job_99\n6:memory:/slurm/uid_1000/job_1234/step_0\n0::/slurm/job_98
		some-name	0::/some/path/of/some-name
		-	0::/
		podman/0123456789ab	0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-$hex.scope/container
		podman/0123456789ab	0::/libpod_parent/libpod-$hex
		podman/0123456789ab	0::/machine.slice/libpod-$hex.scope/container/libpod-$hey.scope/container
		docker/0123456789ab	0::/docker/$hex/docker/$hey
		docker/0123456789ab	0::/docker/$hex/kubepods/besteffort/pod$uid/$hey
		docker/0123456789ab	0::/system.slice/docker-$hex.scope/system.slice/nginx.service
		pod/$uid/0123456789ab	0::/kubepods.slice/kubepods-pod${uid//-/_}.slice/crio-$hex.scope/container
		pod/$uid/0123456789ab	0::/system.slice/containerd.service/$slice:cri-containerd:$hex
		pod/$uid/0123456789ab	0::/kubepods/pod$uid/$hex
		pod/$uid	0::/kubepods/besteffort/pod$uid
		lxc/old	4:memory:/lxc/old\n1:name=systemd:/lxc/old/init.scope
		machine/qemu-1-vm	0::/machine.slice/machine-qemu\\\\x2d1\\\\x2dvm.scope/libvirt/emulator
		systemd-nspawn@web.service	0::/machine.slice/systemd-nspawn@web.service/payload
		app-gnome-org.gnome.Terminal\\x2d42.scope	0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-org.gnome.Terminal\\\\x2d42.scope
		own.service	0::/system.slice/own.service/worker/1
		memory.service	0::/system.slice/_memory.service
		slurm/7	0::/system.slice/node1_slurmstepd.scope/job_7/step_batch
		job_7	0::/elsewhere/job_7
		podcast-downloader-of-the-evening-news	0::/podcast-downloader-of-the-evening-news
		docker/0123456789ab	12:pids:/docker/$hex\n1:name=systemd:/docker/$hex\n0::/system.slice/containerd.service
		cron.service	9:cpu,cpuacct:/\n1:name=systemd:/system.slice/cron.service\n0::/system.slice/cron.service
		cron.service	9:cpu,cpuacct:/system.slice\n1:name=systemd:/system.slice/cron.service
		session-4.scope	4:memory:/system.slice/ssh.service\n1:name=systemd:/user.slice/user-0.slice/session-4.scope
		own	1:name=systemd:/own\n0::/
		ended.service	0::/system.slice/ended.service (deleted)
		other.service	0::/../../system.slice/other.service
		-	0::/..
		docker-0123.scope	0::/system.slice/docker-0123.scope
		not a cgroup	0::/not a cgroup
		-	no path at all
		-	:
	END
}

@test "units are found in the cgroup paths of v1, v2 and both" {
	need_root
	make_running
	: >paths
	units >table
	# shellcheck disable=SC2016
	capture with_file paths "$cgroup" bash -c '
		while IFS=$'"'\t'"' read -r unit text; do
			printf "$text\n" >paths
			"$SHMTOOL" ls -J -o cunit | jq -r ".segments[0].cunit // \"-\""
		done <table'
	expect_status 0
	assert_stderr_is ''
	assert_equal "$output" "$(cut -f 1 table)"
}

@test "a cgroup path of 4 KiB, and names with control characters" {
	need_root
	make_running
	{ printf '0::'; printf '/%0200d' {1..20}; printf '/last.service\n'; } >long
	capture with_file long "$cgroup" "$SHMTOOL" ls "$id" --format '%{cunit}'
	assert_output_is last.service
	perl -e 'print "0::/", "x" x 5000, "\n"' >long
	capture with_file long "$cgroup" "$SHMTOOL" ls "$id" --format '%{cunit}'
	assert_output_is "$(perl -e 'print "x" x 255')"
	printf '0::/user.slice/a\033[2Jb\001 orphaned"\n' >odd
	capture with_file odd "$cgroup" "$SHMTOOL" ls "$id" --format '%{cunit}'
	assert_output_is '"a\x1b[2Jb\x01 orphaned"""'
	capture with_file odd "$cgroup" "$SHMTOOL" stat "$id"
	assert_output_has '  unit "a\x1b[2Jb\x01 orphaned"""'
	capture with_file odd "$cgroup" "$SHMTOOL" ls -J
	assert_equal "$(jq -r '.segments[0].cunit' <<<"$output")" $'a\033[2Jb\001 orphaned"'
}

# --- Command lines ----------------------------------------------------------

@test "ccmdline and lcmdline agree with ps" {
	cat >make.pl <<-'END'
		$| = 1;
		print shmget(0, 1, 01600) + 0, "\n";
		sleep 1 while 1;
	END
	background perl make.pl one 'two  words' "" four
	wait_until test -s "$background_output"
	id=$(<"$background_output")
	creator=$background_pid
	hold_segment "$id"
	try ls "$id" --format '%{ccmdline}'
	assert_output_is 'perl make.pl one two  words  four'
	assert_output_is "$(ps -ww -o args= -p "$creator")"
	try ls "$id" --format '%{lcmdline}'
	assert_output_is "$(ps -ww -o args= -p "$holder_pid")"
	try ls "$id" -o +lcmdline
	assert_output_has "$HELPERS/hold $id"
}

@test "a command line of 2 MiB, one with control characters, and none" {
	local big
	# 20 arguments of about 100,000 bytes: the kernel allows 128 KiB each
	# shellcheck disable=SC2016
	background perl -e '
		exec "perl", "-e", "$ARGV[0]; \$| = 1; print shmget(0, 1, 01600) + 0, qq(\\n); sleep 1 while 1",
			("y" x 100000) x 20' 1
	wait_until test -s "$background_output"
	id=$(<"$background_output")
	big=$(tr '\0' ' ' <"/proc/$background_pid/cmdline" | head -c 1023)
	try ls "$id" -J -o ccmdline
	assert_equal "$(jq -r '.segments[0].ccmdline' <<<"$output")" "$big"

	# shellcheck disable=SC2016
	background perl -e '
		exec {"perl"} "a\e[2Jb", "-e", "\$| = 1; print shmget(0, 1, 01600) + 0, qq(\\n); sleep 1 while 1", "x\ny", ""'
	wait_until test -s "$background_output"
	id=$(<"$background_output")
	try ls "$id" --format '%{ccmdline}'
	assert_output_matches '^a\\x1b\[2Jb -e .* x\\ny$'
	try stat "$id"
	assert_output_has '                a\x1b[2Jb -e $| = 1; print'

	# shellcheck disable=SC2016
	background perl -e '$| = 1; $0 = ""; print shmget(0, 1, 01600) + 0, "\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	id=$(<"$background_output")
	try ls "$id" --format '%{ccmdline}'
	assert_output_is -
}

@test "stat: a command line that looks like a unit is in quotes" {
	need_root
	# shellcheck disable=SC2016 # it is for perl
	background as_uid 4321 perl -e '$0 = "unit x.service"; $| = 1; print shmget(0, 10, 01600), "\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	try stat "$(<"$background_output")"
	assert_output_has '                "unit x.service"'
}

# --- Holders ----------------------------------------------------------------

# resident PID: what smaps has of its attachments, in bytes, on one line each
resident()
{
	awk '/^[0-9a-f]+-[0-9a-f]+ / { ours = $6 ~ /^.SYSV/ } ours && /^Rss:/ { print $2 * 1024 }' "/proc/$1/smaps"
}

@test "stat: the unit, command line, length and resident size of each holder" {
	need_root
	need_command cc
	local page
	page=$(getconf PAGESIZE)
	id=$(make_segment $((64 * page)))
	# twice: one with all pages read, one with 3 written; and its last 4 pages have other rights
	cat >attach.pl <<-'END'
		use IPC::SysV qw(shmat memread memwrite);
		my ($id, $page) = @ARGV;
		my $all = shmat($id, undef, 010000) // die;
		memread($all, my $bytes, $_ * $page, 1) for 0 .. 63;
		my $some = shmat($id, undef, 0) // die;
		memwrite($some, "x", $_ * $page, 1) for 2, 9, 10;
		syscall($ARGV[2], unpack("J", $some) + 60 * $page, 4 * $page, 1) == 0 or die "mprotect: $!";
		$| = 1; print "ready\n"; sleep 1 while 1;
	END
	background perl attach.pl "$id" "$page" "$(mprotect_number)"
	local pid=$background_pid
	wait_until file_has "$background_output" ready || { cat "$background_errors"; return 1; }
	printf '0::/system.slice/own.service\n' >paths
	capture with_file paths "/proc/$pid/cgroup" "$SHMTOOL" stat -J "$id"
	assert_equal "$(jq -r '.segments[0].holders[] | .resident' <<<"$output")" "$(resident "$pid")"
	assert_equal "$(jq -r '.segments[0].holders[] | "\(.access) \(.length) \(.offset)"' <<<"$output" | sort)" \
		"$(printf '%s\n' "ro $((64 * page)) 0" "ro $((4 * page)) $((60 * page))" "rw $((60 * page)) 0" | sort)"
	assert_equal "$(jq -r '.segments[0].holders[] | "\(.unit) \(.command_line)"' <<<"$output" | sort -u)" \
		"own.service $(ps -ww -o args= -p "$pid")"
	capture with_file paths "/proc/$pid/cgroup" "$SHMTOOL" stat "$id"
	assert_output_matches "process $pid \(perl\), user root, rw at 0x[0-9a-f]+, [0-9]+ bytes from byte 0, 12K resident"
	assert_output_has "                  unit own.service
                  $(ps -ww -o args= -p "$pid")
                process $pid (perl)"
	# in the note of the removal that is refused, and in its JSON
	capture with_file paths "/proc/$pid/cgroup" "$SHMTOOL" rm -J "$id"
	expect_status 9
	assert_equal "$(jq -r '.results[0].holders[0].unit' <<<"$output")" own.service
}

mprotect_number()
{
	printf '#include <sys/syscall.h>\nSYS_mprotect\n' | cc -E - | tail -n 1
}

# --- Never the name of another process ---------------------------------------

# later_process CODE [CODE]: a process that has the number of one that ended after it had made a
# segment, as the user CREATOR, and run CODE; it runs the second CODE. Sets said to the segment and
# the number.
later_process()
{
	# shellcheck disable=SC2016
	background unshare --pid --fork --kill-child --mount-proc perl -e '
		$| = 1;
		pipe my $in, my $out;
		my $ended = fork // die;
		if (!$ended) {
			$> = $ENV{CREATOR} if $ENV{CREATOR};
			my $id = shmget(0, 4096, 01600) + 0;
			syswrite $out, "$id";
			'"$1"'
			exit }
		waitpid $ended, 0;
		sysread $in, my $id, 100;
		# the kernel records whole seconds: from the next but one on, a start is later
		sleep 3;
		open my $last, ">", "/proc/sys/kernel/ns_last_pid" or die "ns_last_pid: $!\n";
		syswrite $last, $ended - 1;
		close $last;
		my $later = fork // die;
		if (!$later) { '"${2-}"' exec "sleep", "1000" }
		$later == $ended or die "it is $later\n";
		1 until do { open my $comm, "<", "/proc/$later/comm"; <$comm> =~ /sleep/ };
		print "$id $ended\n";
		sleep 1 while 1'
	wait_until file_has "$background_output" '^[0-9]+ [0-9]+$' || { cat "$background_errors" >&2; return 1; }
	read -ra said <"$background_output"
	inside=$(pgrep --parent "$background_pid")
}

within()
{
	capture nsenter --target "$inside" --pid --mount "$SHMTOOL" "$@"
}

@test "a later process with the pid of the creator is not mistaken for it" {
	need_root
	later_process ''
	local id=${said[0]} pid=${said[1]}
	within ls "$id" --no-header -o created-by,ccomm,ccmdline,cunit
	assert_equal "$(xargs <<<"$output")" "$pid - - -"
	within ls -J
	assert_equal "$(jq -c '.segments[0] | [.created_by, .ccomm, .ccmdline, .cunit]' <<<"$output")" "[\"$pid\",null,null,null]"
	within stat "$id"
	assert_output_matches "created by +process $pid, running since .*, started after .*: the pid may have been reused"
	assert_output_lacks sleep
	within rm --detached -n
	assert_equal "${lines[0]##* }" "created-by=$pid"
	within ls --command sleep -q
	assert_output_is ''
	within ls --unit "$(nsenter --target "$inside" --pid --mount "$SHMTOOL" ls --format '%{cunit}')" -q
	assert_output_is ''
}

@test "ls --by created-by: a later process with the pid of the creator has a line of its own" {
	need_root
	later_process '' 'shmget(0, 1, 01600) // die;'
	within ls --by created-by -J
	assert_equal "$(jq -c '[.totals[] | [.value, .segments, .size]] | sort' <<<"$output")" \
		"[[\"${said[1]}\",1,4096],[\"${said[1]} sleep\",1,1]]"
}

@test "a later process with the pid of the last user is not mistaken for it" {
	need_root
	# shellcheck disable=SC2016
	later_process 'shmwrite($id, "x", 0, 1);'
	within ls "${said[0]}" --no-header -o lpid,lcomm,lcmdline,lunit
	assert_equal "$(xargs <<<"$output")" "${said[1]} - - -"
	within ls -q --pid "${said[1]}"
	assert_output_is ''
	within "set" "${said[0]}" -p 640
	assert_stderr_is ''
	within read "${said[0]}" -n 1
	assert_stderr_has "overwrites its last user (process ${said[1]}, or a later process with its pid); it may later be considered orphaned"
}

@test "a later process with the pid of the creator that uses the segment is not mistaken for the creator" {
	need_root
	later_process ''
	local id=${said[0]} pid=${said[1]}
	# so that only the creation is before the start of the later process
	nsenter --target "$inside" --pid --mount "$HELPERS/hold" "$id" >held &
	echo "$!" >>"$started"
	wait_until test -s held
	within stat "$id"
	assert_output_matches "created by +process $pid, running since .*, started after the segment was created: the pid may have been reused"
	assert_output_matches "last used by +process [0-9]+ \(hold\), running since"
	within ls "$id" --format '%{created-by} %{lcomm}'
	assert_output_is "$pid hold"
}

# A change makes the time of the last change later than the start of that process.
@test "a later process of another user is not mistaken for the creator of a segment that was changed" {
	need_root
	# shellcheck disable=SC2016
	CREATOR=4001 later_process '' '$< = $> = 4002;'
	local id=${said[0]} pid=${said[1]}
	within "set" "$id" -p 640
	within stat "$id"
	assert_output_matches "created by +process $pid, running since .*, of another user: the pid may have been reused"
	assert_output_has "its creator (process $pid) is running, unless its pid was reused"
	for option in "--pid $pid" '--command sleep'; do
		# shellcheck disable=SC2086 # an option and its value
		within ls -q $option
		assert_output_is ''
	done
	within ls "$id" --format '%{created-by} %{ccomm}'
	assert_output_is "$pid -"
	# nor for that of a segment of root
	# shellcheck disable=SC2016
	later_process '' '$< = $> = 4002;'
	within "set" "${said[0]}" -p 640
	within ls "${said[0]}" --format '%{created-by} %{ccomm}'
	assert_output_is "${said[1]} -"
}

@test "a running process whose start cannot be read is not selected by its number" {
	need_root
	# shellcheck disable=SC2016
	background perl -e '$| = 1; print shmget(0, 4096, 01600) + 0; sleep 1 while 1'
	wait_until test -s "$background_output"
	try ls -q --pid "$background_pid"
	assert_output_is "$(<"$background_output")"
	STOP_ERROR=EIO with_steps fail:child:openat:stat:1+ try ls -q --pid "$background_pid"
	assert_output_is ''
	STOP_ERROR=EIO with_steps fail:child:openat:stat:1+ try stat "$(<"$background_output")"
	assert_output_matches "created by +process $background_pid, running, start not known: the pid may have been reused"
}

# The pid may belong to another process by the time when it is printed.
@test "a holder is shown with the name that it had when its memory was read" {
	need_root
	local id
	id=$(make_segment)
	# shellcheck disable=SC2016
	background perl -MIPC::SysV=shmat -e '
		$SIG{USR1} = sub { $0 = "another" };
		shmat($ARGV[0], undef, 0) // die; $| = 1; print "attached\n"; sleep 1 while 1' "$id"
	wait_until test -s "$background_output"
	STOP_RUN="kill -USR1 $background_pid; until grep -qx another /proc/$background_pid/comm; do sleep 0.01; done" \
		with_steps run:parent:fork::3 try stat "$id"
	assert_output_matches "holders +process $background_pid \(perl\), user"
	assert_equal "$(steps_taken)" 1
	try ls -o holders --no-header
	assert_output_is "$background_pid another"
}

@test "commands of running processes are shown at once" {
	local i
	for ((i = 0; i < 20; i++)); do
		# shellcheck disable=SC2016
		capture perl -e '
			my $id = shmget(0, 1, 01600) + 0;
			shmwrite($id, "x", 0, 1);
			print qx($ENV{SHMTOOL} ls $id --format "%{created-by} %{ccomm} %{lcomm}")'
		assert_output_matches '^[0-9]+ perl perl perl$'
	done
}

# --- Filters ----------------------------------------------------------------

@test "--command and --unit match the creator, the last user or a holder" {
	need_root
	local held other by
	make_running
	held=$(make_segment)
	hold_segment "$held"
	other=$(make_segment)
	try ls -q --command perl
	assert_output_is "$id"
	try ls -q --command hold
	assert_output_is "$held"
	try ls -q --command hold --command perl
	assert_equal "$(sort -n <<<"$output")" "$(printf '%s\n' "$id" "$held" | sort -n)"
	# by a process that has it attached, and is neither its creator nor its last user
	foreign_read "$held" 0 1
	try ls -q --command hold
	assert_output_is "$held"
	try ls -q --command per
	assert_output_is ''
	for by in $hex "docker/$hex" docker/0123456789a; do
		printf '0::/docker/%s\n' "$hex" >paths
		capture with_file paths "$cgroup" "$SHMTOOL" ls -q --unit "$by"
		assert_output_is ''
	done
	for by in docker/0123456789ab docker; do
		capture with_file paths "$cgroup" "$SHMTOOL" ls -q --unit "$by"
		assert_output_is "$id"
		capture with_file paths "/proc/$holder_pid/cgroup" "$SHMTOOL" ls -q --unit "$by"
		assert_output_is "$held"
	done
	capture with_file paths "$cgroup" "$SHMTOOL" rm --unit docker -n
	assert_output_matches "^would remove $id "
	assert_equal "${lines[1]%% segment*}" 'total 1'
	segment_exists "$other"
}

@test "--command and --unit: an invalid name is exit 2" {
	try ls --command ''
	expect_status 2
	try ls --unit ''
	expect_status 2
	try ls --command 0123456789abcdef
	expect_status 2
	assert_stderr_has '15 bytes'
	try ls --command 0123456789abcde
	expect_status 0
}

@test "no process of a saved list is named" {
	make_running
	cp /proc/sysvipc/shm list
	try ls --from list --no-header -o ccomm,ccmdline,cunit,lcmdline,lunit
	assert_equal "$(xargs <<<"$output")" '- - - - -'
	try ls --from list --command perl --fail-empty
	expect_status 1
}

# --- Views ------------------------------------------------------------------

@test "-p shows units, the default table does not" {
	make_running
	try ls -p
	assert_equal "$(xargs <<<"${lines[0]}")" 'ID OWNER CPID CCOMM CUNIT LPID LCOMM LUNIT'
	try ls
	assert_output_lacks UNIT
}

@test "--follow -J shows the unit and command line of the creator, before it exits" {
	need_command jq
	background "$SHMTOOL" ls --follow -J -v --interval 20ms
	local events=$background_output
	wait_until test -s "$background_errors"
	make_running
	wait_until file_has "$events" created
	assert_equal "$(jq -r 'select(.event == "created").segment | "\(.created_by) \(.ccmdline)"' "$events")" \
		"$creator perl $(tr '\0' ' ' <"/proc/$creator/cmdline" | sed '$s/ $//')"
}

# bats test_tags=long
@test "a process that created 32,760 segments is read once" {
	need_strace
	seek_no_leaks
	set_limit shmmni 32768
	background perl -e '
		$| = 1; shmget(0, 1, 01600) // die "shmget: $!" for 1 .. 32760; print "ready\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	local file
	capture strace -f -o trace -e trace=openat,open "$SHMTOOL" ls --no-header -o +cunit,ccmdline
	expect_status 0
	assert_equal "${#lines[@]}" 32760
	for file in comm cgroup cmdline stat; do
		assert_equal "$(grep -c "\"$file\"" trace)" 1
	done
	assert_equal "$(grep -c "\"/proc/$background_pid" trace)" 1
	# where there can be no more, no limit can be raised
	perl -e 'shmget(0, 1, 01600) // die "shmget: $!" for 1 .. 8'
	try create -s 1
	expect_status 6
	assert_stderr_has '(32768 of 32768 segments, kernel.shmmni)'
	assert_equal "${stderr_lines[1]}" 'shmtool create: hint: look for leaks with "shmtool ls --orphaned"'
}

# --- Processes that exit or are replaced while they are read ------------------

# changing STEP: what is shown of a creator that exits when shmtool comes to this step, and whose
# pid another process then gets. The creator has other arguments than the perl around it.
changing()
{
	# shellcheck disable=SC2016
	background unshare --pid --fork --kill-child --mount-proc perl -e '
		$| = 1;
		my $creator = fork // die;
		exec "perl", "-e", q($| = 1; print shmget(0, 1, 01600) + 0, " $$\n"; sleep 1 while 1), "creator"
			if !$creator;
		waitpid $creator, 0;
		my $later = 0;
		while ($later != $creator) {
			# shmtool may take the number for a child
			kill KILL => $later and waitpid $later, 0 if $later;
			open my $last, ">", "/proc/sys/kernel/ns_last_pid" or die "ns_last_pid: $!\n";
			syswrite $last, $creator - 1;
			close $last;
			$later = fork // die;
			exec "sleep", "1000" if !$later;
		}
		sleep 1 while 1'
	wait_until file_has "$background_output" '^[0-9]+ [0-9]+$'
	read -ra said <"$background_output"
	inside=$(pgrep --parent "$background_pid")
	# the kernel records whole seconds: from the next but one on, a start is later
	sleep 3
	# without a process of its own
	STOP_RUN="kill -KILL ${said[1]}
		until read -r command <'/proc/${said[1]}/comm' && [ \"\$command\" = sleep ]; do :; done 2>/dev/null" \
		with_steps "run:$1" within ls "${said[0]}" --no-header -o created-by,cunit,ccmdline
	assert_equal "$(steps_taken)" 1
}

# bats test_tags=long
@test "a process that exits while it is read, and whose pid is reused, is not mixed up with the other" {
	need_root
	local step
	for step in 'child:open:/proc/+([0-9])' child:openat:comm \
		child:openat:cgroup child:openat:cmdline child:openat:stat; do
		changing "$step"
		expect_status 0
		assert_stderr_is ''
		assert_equal "$step: $(xargs <<<"$output")" "$step: ${said[1]} - -"
	done
}
