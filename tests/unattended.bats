#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The installed files for unattended use: the systemd units, the line for cron, the Slurm
# epilog, the script for PostgreSQL; and concurrent runs.

load lib/common

setup_file()
{
	common_setup_file
	# Installed with a bindir that has the program under test, and whatever else a
	# test puts there: it comes first in the PATH of each of them.
	export installed=$BATS_FILE_TMPDIR/installed
	export bin=$BATS_FILE_TMPDIR/bin
	mkdir "$bin"
	chmod a+x "$BATS_FILE_TMPDIR"
	ln -s "$SHMTOOL" "$bin/shmtool"
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$BATS_TEST_DIRNAME/.." \
		install-unattended prefix="$installed" bindir="$bin"
	export units=$installed/lib/systemd/system
	export examples=$installed/share/doc/shmtool/examples
}

# env "${two_days_on[@]}" COMMAND...: with the clock two days on, on a machine that has
# run for long: what was made just now has been idle for more than 24 hours.
setup()
{
	common_setup
	two_days_on=(LD_PRELOAD="$HELPERS/clock.so" FIXED_REALTIME=$((EPOCHSECONDS + 2 * 86400))
		FIXED_BOOTTIME=$((30 * 86400))
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0")
}

teardown()
{
	common_teardown
	rm -f "$bin"/[!s]* "$bin/scontrol" log
}

# --- systemd ----------------------------------------------------------------

# unit_value NAME [UNIT]: the value in the service, with several lines in one
unit_value()
{
	sed -n "s/^$1=//p" "$units/${2-shmtool-reclaim.service}" | paste -sd ' '
}

# as_unit COMMAND...: with the capabilities that the service has, and /proc as it sees it
as_unit()
{
	local name caps=-all
	for name in $(unit_value CapabilityBoundingSet); do
		name=${name#CAP_}
		caps+=,+${name,,}
	done
	[[ $(unit_value ProtectProc) == ptraceable ]]
	# shellcheck disable=SC2016
	unshare --mount sh -c 'mount -t proc -o hidepid=ptraceable proc /proc && exec "$@"' sh \
		setpriv --no-new-privs --bounding-set "$caps" --inh-caps=-all "$@"
}

@test "systemd accepts the units, and they are disabled by default" {
	need_command systemd-analyze
	run --separate-stderr systemd-analyze verify --man=no "$units"/shmtool-{reclaim.service,reclaim.timer,record.service}
	expect_status 0
	assert_output_is ''
	assert_stderr_is ''
	# nothing is linked into a target's directory; shmtool-reclaim.service alone is in no target
	assert_equal "$(find "$installed" -type l -o -name '*.wants')" ''
	assert_equal "$(grep -l '^\[Install\]' "$units"/*)" "$units/shmtool-reclaim.timer
$units/shmtool-record.service"
	assert_equal "$(unit_value ExecStart)" "$bin/shmtool rm --orphaned --idle 24h"
}

@test "the service has two capabilities, and a priority at which no user can delay it" {
	assert_equal "$(unit_value CapabilityBoundingSet)" 'CAP_SYS_ADMIN CAP_IPC_OWNER'
	for name in Nice CPUSchedulingPolicy CPUWeight CPUQuota IOSchedulingClass; do
		assert_equal "$name=$(unit_value "$name")" "$name="
	done
	# the clock is set before idle times are judged
	assert_equal "$(unit_value After)" time-sync.target
}

@test "each service is exposed no more than 2.0 of 10" {
	need_command systemd-analyze
	[[ $(systemd-analyze --help) == *--offline* ]] || skip 'needs systemd 250 or newer'
	local name
	for name in reclaim record; do
		run --separate-stderr systemd-analyze security --offline=yes --no-pager --threshold=20 \
			"$units/shmtool-$name.service"
		show_last_run
		expect_status 0
		assert_output_has "Overall exposure level for shmtool-$name.service"
	done
}

@test "nothing in the service hides the segments, the processes or the files of a keep list" {
	for name in PrivateIPC IPCNamespacePath PrivatePIDs PrivateUsers PrivateTmp PrivateDevices \
		RootDirectory RootImage TemporaryFileSystem InaccessiblePaths BindPaths User DynamicUser \
		ProtectKernelModules ProtectKernelLogs ProcSubset; do
		assert_equal "$name=$(unit_value "$name")" "$name="
	done
	assert_equal "$(unit_value ProtectHome)" read-only
	assert_equal "$(unit_value ProtectSystem)" strict
}

@test "with the capabilities of the service, leaks of others are removed, and segments of running processes are not" {
	need_root
	mine=$(make_orphan)
	theirs=$(as_uid 4321 perl -e "$create" 4096 600 0)
	used=$(as_uid 4321 perl -e "$create" 4096 600 0)
	hold_segment "$used" rw 4321
	background as_uid 4321 perl -e "$create sleep 1 while 1" 4096 600 0
	wait_until test -s "$background_output"
	living=$(<"$background_output")

	# the very line: nothing is a day old
	read -ra command <<<"$(unit_value ExecStart)"
	run --separate-stderr as_unit "${command[@]}"
	expect_status 0
	assert_output_is ''
	assert_stderr_is ''

	# both capabilities are needed: with one alone only one's own segments can be removed
	for caps in +sys_admin +ipc_owner; do
		run --separate-stderr env "${two_days_on[@]}" setpriv --bounding-set=-all,$caps --inh-caps=-all \
			"${command[@]}" --creator 4321
		expect_status 5
		segment_exists "$theirs"
	done

	run --separate-stderr as_unit env "${two_days_on[@]}" "${command[@]}"
	expect_status 0
	assert_stderr_is ''
	assert_equal "$(awk '{ print $1, $2 }' <<<"$output" | sort)" \
		"$(printf 'removed %s\n' "$mine" "$theirs" | sort; echo total 2)"
	segment_exists "$used"
	segment_exists "$living"
	assert_equal "$(segment_count)" 2

	# /proc did hide them
	run --separate-stderr as_unit test -e "/proc/$background_pid"
	expect_status 1
}

# allowed NAME...: the system calls of these sets of systemd's
allowed()
{
	local name
	for name in $(systemd-analyze syscall-filter "$@" | awk '/^ +[@a-z]/ && !/#/ { print $1 }'); do
		[[ $name == @* ]] && allowed "$name" || echo "$name"
	done
}

@test "the service makes only permitted system calls" {
	need_root
	need_command systemd-analyze strace
	# the sanitizers make others
	! ldd "$SHMTOOL" | grep -q 'asan' || skip 'not for a program with sanitizers'
	assert_equal "$(unit_value SystemCallFilter)" '@system-service ~@privileged @resources'
	comm -23 <(allowed @system-service | sort -u) <(allowed @privileged @resources | sort -u) >may
	[[ $(wc -l <may) -gt 200 ]]
	as_uid 4321 perl -e "$create" 4096 600 0
	keep_lists
	echo 'creator:daemon' >"$lists/keep"
	# with and without segments, a keep list, an error
	for words in '--creator 4321' "--keep-file $lists/keep" '--keep-file missing'; do
		# shellcheck disable=SC2086 # several words
		strace -f -qq -e signal=none -o calls "$SHMTOOL" rm --orphaned --idle 0 --grace 0 $words || true
		sed -nE 's/^[0-9]+ +([a-z_0-9]+)\(.*/\1/p' calls >>made
	done
	grep -qx pidfd_open made
	assert_equal "$(sort -u made | comm -23 - may | grep -vx execve | paste -sd ' ')" ''
}

@test "the record: makes only system calls that it may, and enters IPC and UTS namespaces only" {
	need_root
	need_command systemd-analyze strace
	! ldd "$SHMTOOL" | grep -q 'asan' || skip 'not for a program with sanitizers'
	assert_equal "$(unit_value SystemCallFilter shmtool-record.service)" '@system-service ~@privileged @resources'
	assert_equal "$(unit_value RestrictNamespaces shmtool-record.service)" 'ipc uts'
	comm -23 <(allowed @system-service | sort -u) <(allowed @privileged @resources | sort -u) >may
	background unshare --ipc sh -c 'echo ready && exec sleep 1000'
	wait_until test -s "$background_output"
	# the program would outlive a strace that is killed
	background strace -f -qq -e signal=none -o calls setpriv --pdeathsig KILL \
		"$SHMTOOL" ls -A --follow -J --interval 10ms
	wait_until creation_is_seen
	# without the calls of setpriv
	awk -v start="execve(\"$SHMTOOL\"" 'found || index($0, start) { found = 1; print }' calls |
		sed -nE 's/^[0-9]+ +([a-z_0-9]+)\(.*/\1/p' >made
	grep -qx setns made
	assert_equal "$(sort -u made | comm -23 - may | grep -vx execve | paste -sd ' ')" ''
	# a container's host name is a name for its namespace, which there may be without
	assert_equal "$(grep ' setns(' calls | grep -vcE 'CLONE_NEW(IPC|UTS)')" 0
}

# Whether a creation was recorded; a segment of an earlier try may be older than the record.
creation_is_seen()
{
	make_segment >/dev/null
	grep -q created "$background_output"
}

# --- cron -------------------------------------------------------------------

# cron_job WORD: the command of the job with this word, as cron runs it
cron_job()
{
	local line
	line=$(sed -n "s/^#[0-9*].* root \(.*$1.*\)/\1/p" "$examples/shmtool.cron")
	printf '%s\n' "${line//\\%/%}"
}

# as_cron JOB [NAME=VALUE...]
as_cron()
{
	env -i HOME=/root SHELL=/bin/sh PATH="$(sed -n 's/^PATH=//p' "$examples/shmtool.cron")" \
		ASAN_OPTIONS="${ASAN_OPTIONS-}" UBSAN_OPTIONS="${UBSAN_OPTIONS-}" "${@:2}" \
		/bin/sh -c "$1"
}

fake_logger()
{
	# shellcheck disable=SC2016
	printf '#!/bin/sh\necho "logger $*" >>%s/arguments\nexec cat >>%s/log\n' "$PWD" "$PWD" \
		>"$bin/logger"
	chmod 755 "$bin/logger"
}

@test "the example for cron is all comments and settings" {
	run grep -vE '^#|^$|^(SHELL|PATH)=' "$examples/shmtool.cron"
	expect_status 1
	assert_equal "$(grep -cE '^#[0-9*]' "$examples/shmtool.cron")" 3
	assert_equal "$(sed -n 's/^PATH=//p' "$examples/shmtool.cron" | cut -d: -f1)" "$bin"
}

@test "cron mails nothing when nothing was done, and a line for each segment otherwise" {
	job=$(cron_job 'idle 24h')
	assert_equal "$(head -n 1 <<<"$job")" 'shmtool rm --orphaned --idle 24h'
	job=$(head -n 1 <<<"$job")
	id=$(make_orphan 65536)
	run --separate-stderr as_cron "$job"
	expect_status 0
	assert_output_is ''
	assert_stderr_is ''
	run --separate-stderr as_cron "$job" "${two_days_on[@]}"
	expect_status 0
	assert_stderr_is ''
	assert_output_matches "^removed $id key=0x00000000 owner=[^ ]+ size=65536 state=orphaned idle=[0-9]+ created-by=[0-9]+
total 1 segment, 65536 bytes \(64K\)$"
	# the comment shows such a line
	pattern='^#   removed [0-9]+ key=0x[0-9a-f]{8} owner=[^ ]+ size=[0-9]+ state=orphaned idle=[0-9]+ created-by=[0-9]+$'
	assert_equal "$(grep -cE "$pattern" "$examples/shmtool.cron")" 1
}

@test "cron with JSON: an object for each segment to the log, nothing to the mail" {
	fake_logger
	job=$(cron_job 'rm .*-J')
	run --separate-stderr as_cron "$job"
	expect_status 0
	assert_output_is ''
	assert_stderr_is ''
	assert_equal "$(cat log)" ''
	one=$(make_orphan)
	two=$(make_orphan)
	run --separate-stderr as_cron "$job" "${two_days_on[@]}"
	expect_status 0
	assert_output_is ''
	assert_stderr_is ''
	assert_equal "$(jq -r '[.result, .id] | join(" ")' log)" "removed $one
removed $two"
}

@test "cron with metrics: the file appears complete" {
	job=$(cron_job prometheus)
	job=${job/\/var\/lib\/prometheus\/node-exporter/$PWD}
	run --separate-stderr as_cron "$job"
	expect_status 0
	assert_output_is ''
	assert_stderr_is ''
	grep -q '^shmtool_used_segments 0$' shmtool.prom
	[[ ! -e shmtool.tmp ]]
}

# --- Slurm ------------------------------------------------------------------

# fake_scontrol PID:JOB...: answers as Slurm on a node where these jobs have these processes
fake_scontrol()
{
	printf '%s\n' "$@" | sed '/^$/d; s/\(.*\):\(.*\)/\1      \2    batch    0       0/' >jobs.txt
	cat >"$bin/scontrol" <<-END
		#!/bin/sh
		[ "\$*" = 'listpids * node7' ] || { echo "scontrol: error: \$*" >&2; exit 1; }
		test -s $PWD/jobs.txt || { echo 'No job steps exist on this node.' >&2; exit 1; }
		echo 'PID      JOBID    STEPID   LOCALID GLOBALID'
		cat $PWD/jobs.txt
	END
	chmod 755 "$bin/scontrol"
}

# process_of UID [NAME=VALUE...]: starts one with this in its environment; sets pid
process_of()
{
	background as_uid "$1" env "${@:2}" sleep 1000
	pid=$background_pid
	wait_until pgrep -u "$1" -x sleep >/dev/null
}

# titled_of UID: starts one that has overwritten its environment; sets pid
titled_of()
{
	# longer than its arguments
	cat >train <<-'END'
		$0 = "train: epoch 17, rate=0.1";
		$| = 1; print "ready\n"; sleep 1 while 1;
	END
	background as_uid "$1" env -i PBS_JOBID=78.server LSB_JOBID=78 PATH="$PATH" perl train
	pid=$background_pid
	wait_until test -s "$background_output"
}

# leader_of UID: starts one whose first thread has exited; sets pid
leader_of()
{
	local id
	id=$(make_segment 4096 666)
	background as_uid "$1" "$HELPERS/holder" leader "$id"
	pid=$background_pid
	wait_until file_has "/proc/$pid/status" '^State:.*zombie'
	ipcrm -m "$id" # when it ends
}

# epilog [NAME=VALUE...]: as slurmd runs it, with no PATH
epilog()
{
	run --separate-stderr env -i SLURM_JOB_ID=77 SLURM_JOB_UID=4321 SLURM_JOB_USER=someone \
		SLURMD_NODENAME=node7 ASAN_OPTIONS="${ASAN_OPTIONS-}" UBSAN_OPTIONS="${UBSAN_OPTIONS-}" \
		"$@" "$examples/slurm-epilog"
	# whatever happens, and never a word to slurmd
	expect_status 0
	assert_output_is ''
	assert_stderr_is ''
}

make_leak_of()
{
	as_uid "$1" perl -e "$create" 4096 600 0
}

@test "the epilog removes what the user of the last job left, and nothing else" {
	need_root
	fake_logger
	fake_scontrol
	leak=$(make_leak_of 4321)
	# created by the user and given to another; and another user's segment given to the user
	given=$(make_leak_of 4321)
	"$SHMTOOL" set -u 5555 "$given"
	others=$(make_leak_of 5555)
	"$SHMTOOL" set -u 4321 "$others"
	used=$(make_leak_of 4321)
	hold_segment "$used"
	roots=$(make_orphan)

	epilog
	assert_equal "$(sed -n 's/^\(job 77: removed [0-9]*\) .*/\1/p' log | sort)" \
		"$(printf 'job 77: removed %s\n' "$leak" "$given" | sort)"
	assert_equal "$(sort -u arguments)" 'logger -t shmtool-epilog'
	segment_exists "$others"
	segment_exists "$used"
	segment_exists "$roots"
	assert_equal "$(segment_count)" 3
}

@test "the epilog removes nothing while the user has another job on the node" {
	need_root
	fake_logger
	make_leak_of 4321
	process_of 4321
	fake_scontrol "$pid:78"
	epilog
	assert_equal "$(segment_count)" 1
	assert_equal "$(cat log)" ''
	# one that has only processes of root here may be one of the user
	fake_scontrol 1:78
	epilog
	assert_equal "$(segment_count)" 1
	# a job of another user, and this very job: after the grace period
	local job mine=$pid
	process_of 5555
	for job in "$pid:78" "$mine:77"; do
		fake_scontrol "$job"
		# shellcheck disable=SC2016 # for sh
		printf '#!/bin/sh\necho "shmtool $*"\n' >"$bin/recorder"
		chmod 755 "$bin/recorder"
		ln -sf recorder "$bin/shmtool"
		rm -f log
		epilog
		ln -sf "$SHMTOOL" "$bin/shmtool"
		[[ $(<log) == 'job 77: shmtool rm --orphaned --creator +4321 --grace 1m -f '* ]]
	done
}

# fake_journal EVENT...: what the record has, each "EVENT ID JOB CPID", between other lines
fake_journal()
{
	local event id job cpid number
	number=$(stat -Lc %i /proc/self/ns/ipc)
	echo 'Started shmtool-record.service - Record the creators of segments.' >journal.txt
	while read -r event id job cpid; do
		printf '{"event":"%s","time":"2026-11-28T09:00:02Z","segment":{"id":%s,"key":"0x00000000","cpid":%s,"cunit":"slurm/%s","ns":%s}}\n' \
			"$event" "$id" "$cpid" "$job" "$number"
	done < <(printf '%s\n' "$@") >>journal.txt
	# shellcheck disable=SC2016 # for sh
	printf '#!/bin/sh\n[ "$*" = "-b -u shmtool-record -o cat" ] && cat %s/journal.txt\n' "$PWD" >"$bin/journalctl"
	chmod 755 "$bin/journalctl"
}

cpid_of()
{
	awk -v id="$1" '$2 == id { print $5 }' /proc/sysvipc/shm
}

@test "the epilog removes what its job created while another job of the user is running, as recorded" {
	need_root
	fake_logger
	process_of 4321
	fake_scontrol "$pid:78"
	local mine theirs again other journal
	mine=$(make_leak_of 4321)
	theirs=$(make_leak_of 4321)
	again=$(make_leak_of 4321)
	other=$(make_leak_of 4321)
	# an id that another job got later, and a segment that is not the one that was recorded
	fake_journal "created $mine 77 $(cpid_of "$mine")" "created $theirs 78 $(cpid_of "$theirs")" \
		"created $again 77 1" "removed $again 77 1" "created $again 78 $(cpid_of "$again")" \
		"created $other 77 1"
	epilog
	assert_equal "$(sed -n 's/^\(job 77: removed [0-9]*\) .*/\1/p' log)" "job 77: removed $mine"
	assert_equal "$(segment_count)" 3
	# nothing is recorded, or it cannot be read
	for journal in 'true' 'false' "echo '{\"event\":\"created\"'"; do
		printf '#!/bin/sh\n%s\n' "$journal" >"$bin/journalctl"
		epilog
		assert_equal "$(segment_count)" 3
	done
}

@test "the epilog waits for the grace period while the user has a process here" {
	need_root
	fake_logger
	fake_scontrol
	make_leak_of 4321
	process_of 4321
	epilog
	assert_equal "$(segment_count)" 1
	end_process "$pid"
	epilog
	assert_equal "$(segment_count)" 0
}

@test "the epilog removes nothing if ps or scontrol fails, and logs it" {
	need_root
	fake_logger
	make_leak_of 4321
	fake_scontrol
	printf '#!/bin/sh\necho "ps: broken"; exit 127\n' >"$bin/ps"
	chmod 755 "$bin/ps"
	epilog
	assert_equal "$(segment_count)" 1
	assert_equal "$(cat log)" 'job 77: nothing removed, ps ended with status 127
job 77: ps: broken'
	# as if it has no space for its output
	printf '#!/bin/sh\nexit 1\n' >"$bin/ps"
	rm log
	fake_user
	epilog
	pbs_epilogue
	assert_equal "$(segment_count)" 1
	assert_equal "$(cat log)" 'job 77: nothing removed, ps ended with status 1
job 77.server: nothing removed, ps ended with status 1'
	rm "$bin/ps" log
	process_of 4321
	printf '#!/bin/sh\necho "scontrol: error: no configuration" >&2; exit 1\n' >"$bin/scontrol"
	epilog
	assert_equal "$(segment_count)" 1
	assert_equal "$(cat log)" 'job 77: nothing removed, scontrol failed: scontrol: error: no configuration'
	rm "$bin/scontrol"
	epilog
	assert_equal "$(segment_count)" 1
	printf '#!/bin/sh\n{ echo "scontrol: error: x"; echo "No job steps exist on this node."; } >&2; exit 1\n' >"$bin/scontrol"
	chmod 755 "$bin/scontrol"
	epilog
	assert_equal "$(tail -n 2 log)" 'job 77: nothing removed, scontrol failed: scontrol: error: x
job 77: No job steps exist on this node.'
	fake_scontrol
	end_process "$pid"
	epilog
	assert_equal "$(segment_count)" 0
}

@test "Slurm, PBS: a process of ps that does not end is not waited for" {
	need_root
	fake_logger
	fake_user
	fake_scontrol
	local script
	# shellcheck disable=SC2016 # it is for the shell
	printf '#!/bin/sh\nsleep 100 &\necho $! >>waiting\n' >"$bin/ps"
	chmod 755 "$bin/ps"
	for script in epilog pbs_epilogue; do
		make_leak_of 4321
		$script
		assert_equal "$(segment_count)" 0
	done
	xargs kill <waiting
}

# ps, and right after it a job of the user that creates a segment
fake_ps()
{
	# shellcheck disable=SC2016 # it is for the shell
	printf '#!/bin/bash
%s "$@"
status=$?
job=(env)
(($(id -u))) || job=(setpriv --reuid 4321 --regid 4321 --clear-groups)
"${job[@]}" perl -e "shmget(5, 4096, 01600) // die"
exit $status\n' "$(type -P ps)" >"$bin/ps"
	chmod 755 "$bin/ps"
}

@test "what a job creates that starts after ps stays: Slurm, PBS and LSF" {
	need_root
	fake_logger
	fake_scontrol
	fake_user
	fake_ps
	chmod 777 .
	local script
	for script in epilog pbs_epilogue 'lsf_post_exec 4321'; do
		leak=$(make_leak_of 4321)
		rm -f log arguments
		$script
		grep -q ": removed $leak " log
		assert_equal "$(awk 'NR > 1 { print $1 }' /proc/sysvipc/shm)" 5
		ipcrm -M 5
	done
}

@test "the epilog does nothing for root, system users, the user nobody, and invalid users" {
	need_root
	fake_logger
	fake_scontrol
	make_orphan >/dev/null
	make_leak_of 4321 >/dev/null
	make_leak_of 999 >/dev/null
	make_leak_of 65534 >/dev/null
	for uid in 0 1 999 65534 -1 '' 'x' '0x10e1' '99999999999999999999999' '1000 1001'; do
		epilog SLURM_JOB_UID="$uid"
	done
	epilog SLURM_JOB_ID=
	assert_equal "$(segment_count)" 4
}

@test "the epilog succeeds even if shmtool cannot remove a segment, and logs why" {
	need_root
	fake_logger
	fake_scontrol
	make_leak_of 4321
	# shellcheck disable=SC2016 # it is for the shell
	printf '#!/bin/sh\n[ "$1" = ls ] && echo id:1 || { echo "shmtool rm: no luck" >&2; exit 7; }\n' >"$bin/broken"
	chmod 755 "$bin/broken"
	ln -sf broken "$bin/shmtool"
	epilog
	assert_equal "$(cat log)" 'job 77: shmtool rm: no luck
job 77: shmtool rm ended with status 7'
	printf '#!/bin/sh\nexit 7\n' >"$bin/broken"
	rm log
	epilog
	ln -sf "$SHMTOOL" "$bin/shmtool"
	assert_equal "$(cat log)" 'job 77: nothing removed, shmtool ls ended with status 7'
}

# The time that logger has does not begin before there is something to log.
# bats test_tags=long
@test "the epilog logs what rm printed, however long it took" {
	need_root
	fake_logger
	fake_scontrol
	make_leak_of 4321
	# shellcheck disable=SC2016 # it is for the shell
	printf '#!/bin/sh\nif [ "$1" = ls ]; then echo id:1; else echo removed 1; sleep 7; fi\n' >"$bin/slow"
	chmod 755 "$bin/slow"
	ln -sf slow "$bin/shmtool"
	epilog
	ln -sf "$SHMTOOL" "$bin/shmtool"
	assert_equal "$(cat log)" 'job 77: removed 1'
}

@test "the epilog in a namespace keeps what the keep list names" {
	need_root
	fake_logger
	fake_scontrol
	make_leak_of 4321
	[[ ! -e /etc/shmtool ]] || skip 'this machine has a keep list'
	# a keep list that only this sees
	mkdir -p etc/shmtool
	cp /etc/passwd /etc/group /etc/nsswitch.conf etc/
	echo 'creator:+4321' >etc/shmtool/keep
	# shellcheck disable=SC2016
	run --separate-stderr unshare --mount sh -c 'mount --bind etc /etc && exec env -i \
		SLURM_JOB_ID=77 SLURM_JOB_UID=4321 SLURMD_NODENAME=node7 "$0"' "$examples/slurm-epilog"
	expect_status 0
	assert_equal "$(cat log)" ''
	assert_equal "$(segment_count)" 1
}

# --- PBS and LSF ------------------------------------------------------------

# pbs_epilogue [JOB [USER]]: as pbs_mom runs it, with an empty environment
pbs_epilogue()
{
	run --separate-stderr env -i ASAN_OPTIONS="${ASAN_OPTIONS-}" UBSAN_OPTIONS="${UBSAN_OPTIONS-}" \
		"$examples/pbs-epilogue" "${1-77.server}" "${2-someone}" users name 1234
	expect_status 0
	assert_output_is ''
	assert_stderr_is ''
}

# lsf_post_exec UID [NAME=VALUE...]: as sbatchd runs it, in the environment of the job
lsf_post_exec()
{
	run --separate-stderr as_uid "$1" env PATH=/bin:/usr/bin HOME="$PWD" LSB_JOBID=77 LSB_JOBINDEX=0 "${@:2}" \
		"$examples/lsf-post-exec"
	expect_status 0
	assert_output_is ''
	assert_stderr_is ''
}

# Makes someone the name of user 4321.
fake_user()
{
	# shellcheck disable=SC2016 # for sh
	printf '#!/bin/sh\n[ "$*" = "-u -- someone" ] && echo 4321 || exec /usr/bin/id "$@"\n' >"$bin/id"
	chmod 755 "$bin/id"
}

@test "PBS: the epilogue removes what the user's jobs left, but nothing while another one is running" {
	need_root
	fake_logger
	fake_user
	leak=$(make_leak_of 4321)
	make_leak_of 5555 >/dev/null
	process_of 4321 PBS_JOBID=78.server
	pbs_epilogue
	assert_equal "$(cat log)" ''
	end_process "$pid"
	# a process that belongs to no job, or to this one: after the grace period
	local job
	for job in OTHER=1 PBS_JOBID=77.server; do
		process_of 4321 "$job"
		pbs_epilogue
		assert_equal "$(cat log)" ''
		end_process "$pid"
	done
	# one that has overwritten it, and one whose first thread has exited
	titled_of 4321
	pbs_epilogue
	assert_equal "$(cat log)" "job 77.server: nothing removed, process $pid shows no environment"
	end_process "$pid"
	leader_of 4321
	pbs_epilogue
	assert_equal "$(tail -n 1 log)" "job 77.server: nothing removed, process $pid shows no environment"
	end_process "$pid"
	rm log
	# so many processes that the time is over
	# shellcheck disable=SC2016 # for sh
	printf '#!/bin/sh\necho >>ticks\nexpr "$(wc -l <ticks)" \\* 5\n' >"$bin/date"
	chmod 755 "$bin/date"
	process_of 4321 OTHER=1
	pbs_epilogue
	assert_equal "$(cat log)" 'job 77.server: nothing removed, the user has too many processes'
	end_process "$pid"
	rm log "$bin/date"
	pbs_epilogue
	assert_equal "$(awk '{ print $1, $2, $3, $4 }' log)" "job 77.server: removed $leak
job 77.server: total 1"
	assert_equal "$(segment_count)" 1
	make_leak_of 999 >/dev/null
	make_orphan >/dev/null
	local user
	for user in root '' nonexistent -x nobody; do
		pbs_epilogue 77.server "$user"
	done
	make_leak_of 4321 >/dev/null
	pbs_epilogue '' someone
	assert_equal "$(segment_count)" 4
	rm log
	printf '#!/bin/sh\nexit 1\n' >"$bin/id"
	pbs_epilogue
	assert_equal "$(segment_count)" 4
	assert_equal "$(cat log)" 'job 77.server: nothing removed, id ended with status 1'
}

@test "PBS and LSF: a process that has exited since ps is not waited for" {
	need_root
	fake_logger
	fake_user
	chmod 777 .
	local script
	printf '#!/bin/sh\necho >>slept\n' >"$bin/sleep"
	# shellcheck disable=SC2016 # it is for sh
	printf '#!/bin/sh\nfor pid in 4194303 4194302; do echo $pid S; done\n' >"$bin/ps"
	chmod 755 "$bin/sleep" "$bin/ps"
	for script in pbs_epilogue 'lsf_post_exec 4321'; do
		make_leak_of 4321 >/dev/null
		$script
		[[ ! -e slept ]]
		rm -f log
	done
}

@test "PBS: a name of digits is not taken for a uid" {
	need_root
	fake_logger
	leak=$(make_leak_of 4321)
	make_leak_of 5555 >/dev/null
	{
		cat /etc/passwd
		printf '%s\n' 5555:x:4321:4321::/:/bin/sh someone:x:5555:5555::/:/bin/sh
	} >passwd
	# shellcheck disable=SC2016 # it is for the shell
	run --separate-stderr unshare --mount sh -c \
		'mount --bind passwd /etc/passwd && exec "$0" 77.server 5555' "$examples/pbs-epilogue"
	expect_status 0
	assert_equal "$(awk '{ print $1, $2, $3, $4 }' log)" "job 77.server: removed $leak
job 77.server: total 1"
}

@test "LSF: post-execution removes what the user's jobs left, but nothing while another one is running" {
	need_root
	fake_logger
	chmod 777 .
	leak=$(make_leak_of 4321)
	make_leak_of 5555 >/dev/null
	# another job, and another element of the same array
	local other
	for other in LSB_JOBID=78 'LSB_JOBID=77 LSB_JOBINDEX=2'; do
		# shellcheck disable=SC2086 # words
		process_of 4321 $other
		lsf_post_exec 4321
		[[ ! -s log ]]
		end_process "$pid"
	done
	# a process that belongs to no job: after the grace period
	process_of 4321 OTHER=1
	lsf_post_exec 4321
	[[ ! -s log ]]
	end_process "$pid"
	# one whose environment only root may read
	# shellcheck disable=SC2016 # it is for perl
	background as_uid 0 perl -MPOSIX -e '$0 = "session"; setgid(4321); setuid(4321); sleep 1 while 1'
	wait_until pgrep -u 4321 -x session >/dev/null
	lsf_post_exec 4321
	assert_equal "$(cat log)" "job 77/0: nothing removed: cannot read the environment of process $background_pid"
	end_process "$background_pid"
	titled_of 4321
	lsf_post_exec 4321
	assert_equal "$(tail -n 1 log)" "job 77/0: nothing removed: cannot read the environment of process $pid"
	end_process "$pid"
	leader_of 4321
	lsf_post_exec 4321
	assert_equal "$(tail -n 1 log)" "job 77/0: nothing removed: cannot read the environment of process $pid"
	end_process "$pid"
	rm log
	lsf_post_exec 4321 LSB_JOBID=
	lsf_post_exec 0
	[[ ! -s log ]]
	# a process of this job that has exited does not matter
	background as_uid 4321 env LSB_JOBID=77 LSB_JOBINDEX=0 perl -e 'exit if !fork; sleep 1 while 1'
	wait_until pgrep --runstates Z -P "$background_pid" >/dev/null
	lsf_post_exec 4321
	end_process "$background_pid"
	assert_equal "$(awk '{ print $1, $2, $3, $4 }' log)" "job 77/0: removed $leak
job 77/0: total 1"
	assert_equal "$(segment_count)" 1
}

# --- PostgreSQL -------------------------------------------------------------

# make_cluster UID KEY ID: a data directory with a postmaster.pid that names them
make_cluster()
{
	mkdir -p cluster
	chmod 700 cluster
	printf '%s\n' 4711 "$PWD/cluster" 1795446083 5432 /tmp localhost \
		"$(printf '%9s %9s' "$2" "$3")" 'ready   ' >cluster/postmaster.pid
	chown -R "$1" cluster
}

pre_start()
{
	run --separate-stderr "$examples/postgresql-pre-start" "$@"
}

@test "pre-start removes the segment that the cluster recorded, and no other" {
	need_root
	id=$(as_uid 4321 perl -e "$create" 4096 600 5432001)
	other=$(as_uid 4321 perl -e "$create" 4096 600 5432002)
	make_cluster 4321 5432001 "$id"
	pre_start cluster
	expect_status 0
	assert_stderr_is ''
	assert_output_has "removed $id key=0x0052e2c1 "
	run ! segment_exists "$id"
	segment_exists "$other"
	# once more: nothing is left to do
	pre_start cluster
	expect_status 0
	assert_output_is ''
	assert_stderr_is ''
}

@test "pre-start aborts the start if the segment is in use, and lists the processes" {
	need_root
	id=$(as_uid 4321 perl -e "$create" 4096 600 5432001)
	hold_segment "$id" rw 4321
	make_cluster 4321 5432001 "$id"
	pre_start cluster
	expect_status 1
	assert_output_is ''
	assert_stderr_has "postgresql-pre-start: segment $id of this cluster is still in use"
	assert_stderr_has "$holder_pid"
	segment_exists "$id"
	# the same for the owner of the cluster
	run --separate-stderr as_uid 4321 "$examples/postgresql-pre-start" "$PWD/cluster"
	expect_status 1
}

@test "pre-start aborts the start if the segment is in use and marked for removal" {
	need_root
	id=$(as_uid 4321 perl -e "$create" 4096 600 5432001)
	hold_segment "$id" rw 4321
	ipcrm -m "$id"
	make_cluster 4321 5432001 "$id"
	pre_start cluster
	expect_status 1
	assert_stderr_has "postgresql-pre-start: segment $id of this cluster is still in use"
	assert_stderr_has "$holder_pid"
}

@test "pre-start does not remove another segment that has got the id" {
	need_root
	id=$(as_uid 5555 perl -e "$create" 4096 600 5432001)
	wrong_key=$(as_uid 4321 perl -e "$create" 4096 600 5432009)
	make_cluster 4321 5432001 "$id"
	pre_start cluster
	expect_status 0
	make_cluster 4321 5432001 "$wrong_key"
	pre_start cluster
	expect_status 0
	assert_output_is ''
	assert_equal "$(segment_count)" 2
}

# The database's user may replace all below the directory that the unit names.
@test "pre-start removes no segment of root, and none of another user, for the user of the cluster" {
	need_root
	id=$(perl -e "$create" 4096 600 5432001)
	other=$(as_uid 5555 perl -e "$create" 4096 600 5432002)
	mkdir -m 1777 shared
	# shellcheck disable=SC2016 # it is for sh
	as_uid 4321 sh -c 'cd shared && printf "1\n2\n3\n4\n5\n6\n5432001 $0\n" >postmaster.pid' "$id"
	ln -s shared cluster
	pre_start cluster
	expect_status 2
	chown 5555 shared
	# shellcheck disable=SC2016 # it is for sh
	as_uid 4321 sh -c 'cd shared && printf "1\n2\n3\n4\n5\n6\n5432002 $0\n" >postmaster.pid' "$other"
	pre_start cluster
	expect_status 2
	assert_stderr_has 'cluster does not belong to user 5555 alone'
	chmod 755 shared
	pre_start cluster
	expect_status 2
	assert_stderr_has 'postmaster.pid is not a regular file of the owner of the cluster'
	# as when the link is replaced after root has become the owner of another directory
	run --separate-stderr as_uid 4321 "$examples/postgresql-pre-start" cluster
	expect_status 2
	assert_stderr_has 'cluster does not belong to user 4321 alone'
	# nor does it wait
	rm shared/postmaster.pid
	as_uid 5555 mkfifo shared/postmaster.pid
	pre_start cluster
	expect_status 2
	assert_equal "$(segment_count)" 2
	rm -r cluster shared
}

@test "pre-start does nothing if no segment is recorded" {
	need_root
	id=$(as_uid 4321 perl -e "$create" 4096 600 0)
	mkdir cluster
	pre_start cluster
	expect_status 0
	for note in '' '0 '"$id" "x y" "5432001" "-5 $id"; do
		# shellcheck disable=SC2086 # one word or two
		make_cluster 4321 ${note:-'' ''} ''
		pre_start cluster
		expect_status 0
		assert_output_is ''
		assert_stderr_is ''
	done
	assert_equal "$(segment_count)" 1
	pre_start missing
	expect_status 2
	pre_start
	expect_status 2
	assert_stderr_has 'usage: postgresql-pre-start DATA-DIRECTORY'
}

# --- Side by side -----------------------------------------------------------

# side_by_side ARGUMENT...: two runs of rm that start at once; sets status_of and output_of
side_by_side()
{
	local run
	status_of=() output_of=() errors_of=()
	[[ -p start ]] || mkfifo start
	# open all the time, so that neither process comes too early or too late
	exec 7<>start
	for run in 0 1; do
		# shellcheck disable=SC2016
		background sh -c 'read -r _ <start; "$@"; echo "status $?"' sh "$SHMTOOL" rm "$@"
		output_of+=("$background_output")
		errors_of+=("$background_errors")
	done
	printf '\n\n' >&7
	exec 7>&-
	for run in 0 1; do
		wait_until file_has "${output_of[run]}" '^status'
		status_of+=("$(sed -n 's/^status //p' "${output_of[run]}")")
	done
}

# Each exits with 0, or with 9 if it met the other one, which it reports.
assert_no_harm()
{
	local run
	for run in 0 1; do
		[[ ${status_of[run]} == 9 ]] || assert_equal "${status_of[run]}" 0
		run grep -vE 'was not removed: it (changed after it was listed|is attached)$' "${errors_of[run]}"
		assert_output_is ''
	done
}

@test "two concurrent runs: each segment is removed once, and the totals add up" {
	make_3000()
	{
		perl -e 'shmget(0, 4096, 01600) // die "shmget: $!" for 1 .. 3000'
		awk 'NR > 1 { print $2 }' /proc/sysvipc/shm | sort >ids
	}
	make_3000
	side_by_side --orphaned --grace 0
	assert_no_harm
	assert_equal "$(segment_count)" 0
	awk '/^removed/ { print $2 }' "${output_of[@]}" | sort | cmp - ids
	assert_equal "$(awk '/^total/ { count += $2; bytes += $4 } END { print count, bytes }' \
		"${output_of[@]}")" "3000 $((3000 * 4096))"
	make_3000
	side_by_side --orphaned --grace 0 -J
	assert_no_harm
	assert_equal "$(segment_count)" 0
	sed -i '/^status/d' "${output_of[@]}"
	jq -r '.results[] | select(.result == "removed").id' "${output_of[@]}" | sort | cmp - ids
}

@test "two concurrent runs among segments in use: those are unchanged" {
	id=$(make_segment)
	hold_segment "$id"
	perl -e 'shmget(0, 4096, 01600) // die "shmget: $!" for 1 .. 1000'
	side_by_side --detached
	assert_no_harm
	assert_equal "$(segment_count)" 1
	assert_equal "$(segment_field "$id" perms)" 600
}

# --- The keep list ---------------------------------------------------------------

@test "the template of a keep list keeps nothing, and its entries are valid" {
	local id
	id=$(make_orphan 4096 600 0x51)
	keep_lists
	cp "$examples/keep" "$lists/first"
	try rm --orphaned --grace 0 -n --keep-file "$lists/first"
	expect_status 0
	assert_output_has "would remove $id "
	grep -q "^#     install -D -m 644 $examples/keep /etc/shmtool/keep\$" "$examples/keep"
	sed 's/^#\([^ ]\)/\1/; s/postgres/nobody/' "$examples/keep" >"$lists/keep"
	assert_equal "$(grep -c '^[^#]' "$lists/keep")" 5
	try rm --orphaned --grace 0 -n --keep-file "$lists/keep"
	expect_status 0
	assert_output_is ''
}
