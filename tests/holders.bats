#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The processes that have a segment attached, compared with /proc/PID/maps, lsof and the
# kernel's nattch.

bats_require_minimum_version 1.5.0
load lib/common
load lib/stop

# holder HOW ID [COMMAND...]: tests/lib/holder, behind COMMAND; sets holder_pid
holder()
{
	background "${@:3}" "$HELPERS/holder" "$1" "$2"
	if ! wait_until test -s "$background_output"; then
		cat "$background_errors" >&2
		return 1
	fi
	holder_pid=$background_pid
}

# by_text COMMAND...: without PROCMAP_QUERY, as on a kernel before 6.11
by_text()
{
	ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" \
		strace -f -o trace -e trace=ioctl -e inject=ioctl:error=ENOTTY "$@"
}

# told [COMMAND...] ID: what stat -J says of the holders, on one line each
told()
{
	"${@:1:$#-1}" "$SHMTOOL" stat -J "${!#}" |
		jq -r '.segments[0].holders[] | "\(.pid) \(.access) \(.address)"'
}

# mapped ID PID...: the same, from the maps of these processes
mapped()
{
	local pid
	for pid in "${@:2}"; do
		awk -v id="$1" -v pid="$pid" '
			$5 == id && $6 ~ /^\/SYSV/ {
				sub(/-.*/, "", $1); sub(/^0+/, "", $1)
				access = $2 ~ /^.w/ ? "rw" : $2 ~ /^r/ ? "ro" : "none"
				print pid, access, "0x" $1
			}' "/proc/$pid/maps"
	done | sort -s -n -k1,1
}

# holders_are ID PID...: checks the holders, with both ways of reading maps
holders_are()
{
	local id=$1 wanted
	wanted=$(mapped "$@")
	[[ -n $wanted ]] || fail "no mapping of $id in the processes ${*:2}" || return
	assert_equal "$(told "$id")" "$wanted" || return
	need_command strace
	assert_equal "$(told by_text "$id")" "$wanted"
}

# note_is ID TEXT [COMMAND...]: checks the note of stat about attachments not identified
note_is()
{
	run --separate-stderr "${@:3}" "$SHMTOOL" stat "$1"
	expect_status 0
	assert_equal "$(grep -E 'attachments identified|mappings, but' <<<"$output" | sed -E 's/^( +holders)? +//')" "$2"
}

@test "readers and writers, in several processes, and one that attached twice" {
	local id first second third
	id=$(make_segment 10000)
	hold_segment "$id" && first=$holder_pid
	hold_segment "$id" ro && second=$holder_pid
	holder twice "$id" && third=$holder_pid
	hold_segment "$(make_segment)"
	holders_are "$id" "$first" "$second" "$third"
	assert_equal "$(told "$id" | wc -l)" "$(segment_field "$id" nattch)"
	note_is "$id" ''
	try ls "$id" --format '%{holders}'
	assert_output_is "$first hold, $second hold, $third holder"
	try stat "$id"
	assert_output_matches "holders +process $first \(hold\), user [a-z]+, rw at 0x[0-9a-f]+$(printf '\n')"
	assert_output_matches "$(printf '\n') +process $second \(hold\), user [a-z]+, ro at 0x[0-9a-f]+"
}

# in_our_namespace: the processes that are in this IPC namespace, with commas between
in_our_namespace()
{
	local process
	for process in /proc/[1-9]*; do
		[[ ! $process/ns/ipc -ef /proc/self/ns/ipc ]] || echo "${process#/proc/}"
	done | paste -sd,
}

@test "lsof finds the same processes" {
	need_command lsof
	local id
	id=$(make_segment)
	hold_segment "$id"
	hold_segment "$id" ro
	holder fork "$id"
	# it knows no namespaces
	assert_equal "$(told "$id" | cut -d' ' -f1 | sort -u)" "$(
		lsof -n -P -p "$(in_our_namespace)" 2>/dev/null |
			awk -v id="$id" '$NF ~ /^\/SYSV/ && $(NF - 1) == id { print $2 }' | sort -u)"
}

@test "a process that maps a file whose path is longer than 64 KiB hides no other" {
	local id sleep
	sleep=$(type -P sleep)
	# shellcheck disable=SC2016
	background perl -e '
		for (1 .. 300) { mkdir "x" x 255; chdir "x" x 255 or die "chdir: $!" }
		system("cp", $ARGV[0], "long") == 0 or die;
		$| = 1; print "ready\n"; exec "./long", 1000' "$sleep"
	wait_until test -s "$background_output"
	wait_until grep -qx long "/proc/$background_pid/comm"
	id=$(make_segment)
	hold_segment "$id"
	assert_equal "$(told by_text "$id" | cut -d' ' -f1-2)" "$holder_pid rw"
	assert_equal "$(told "$id" | cut -d' ' -f1-2)" "$holder_pid rw"
}

@test "an unattached segment has no holders" {
	local id
	id=$(make_segment)
	try stat "$id"
	assert_output_matches "holders +none"
	try stat -J "$id"
	assert_equal "$(jq -c .segments[0].holders <<<"$output")" '[]'
	try ls -o nattch,holders --no-header -r
	assert_output_is $'0\t-'
}

# From a memory that took long on, others are compared before they are read. A zombie has none.
@test "a process whose first thread has exited, after one whose memory takes long to read, and a zombie" {
	local id
	id=$(make_segment)
	background "$HELPERS/shared-memory" 1 30000
	wait_until test -s "$background_output"
	background perl -e 'fork || exit; $| = 1; print "ready\n"; sleep 1000'
	wait_until test -s "$background_output"
	holder leader "$id"
	wait_until file_has "/proc/$holder_pid/status" '^State:.*zombie'
	assert_equal "$(told by_text "$id" | cut -d' ' -f1-2)" "$holder_pid rw"
}

@test "a process whose first thread has exited" {
	local id
	id=$(make_segment)
	holder leader "$id"
	wait_until file_has "/proc/$holder_pid/status" '^State:.*zombie'
	assert_equal "$(told "$id" | cut -d' ' -f1-2)" "$holder_pid rw"
	assert_equal "$(told by_text "$id" | cut -d' ' -f1-2)" "$holder_pid rw"
	note_is "$id" ''
	try stat "$id"
	assert_output_matches "process $holder_pid \(holder\), user "
}

@test "processes that share their memory show once, as the kernel counts" {
	local id
	id=$(make_segment)
	holder share "$id"
	assert_equal "$(segment_field "$id" nattch)" 1
	wait_until pgrep -P "$holder_pid"
	holders_are "$id" "$holder_pid"
	note_is "$id" ''
}

# One user could make each scan take minutes: 60,000 attachments, read once for each process.
@test "what processes share is read once" {
	need_strace
	local id queries
	id=$(make_segment)
	holder crowd "$id"
	assert_equal "$(told "$id" | wc -l)" 100
	ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" \
		strace -f -y -qq -o trace -e trace=ioctl,read "$SHMTOOL" ls "$id" --format '%{holders}' >/dev/null
	queries=$(grep -cE "(ioctl|read)\([0-9]+</proc/($holder_pid|$(pgrep -d'|' -P "$holder_pid"))/maps>" trace)
	# two for each attachment, and a few for each process
	((queries <= 2 * 100 + 5 * 21)) || fail "$queries queries"
}

@test "a child has its own memory" {
	local id
	id=$(make_segment)
	holder fork "$id"
	holders_are "$id" "$holder_pid" "$(pgrep -P "$holder_pid")"
	assert_equal "$(told "$id" | wc -l)" 2
	note_is "$id" ''
}

@test "split by mprotect and munmap: each part, as nattch counts" {
	local id page
	id=$(make_segment $((5 * $(getconf PAGESIZE))))
	page=$(getconf PAGESIZE)
	holder split "$id"
	assert_equal "$(segment_field "$id" nattch)" 4
	holders_are "$id" "$holder_pid"
	assert_equal "$(told "$id" | cut -d' ' -f2 | paste -sd' ')" "rw ro rw rw"
	note_is "$id" ''
	try stat "$id"
	assert_output_matches "ro at 0x[0-9a-f]+, $page bytes from byte $page"
	assert_output_matches "rw at 0x[0-9a-f]+, $page bytes from byte $((4 * page))"
}

@test "a mapping without access rights is shown as none" {
	local id
	id=$(make_segment)
	holder none "$id"
	assert_equal "$(told "$id" | cut -d' ' -f2)" none
	holders_are "$id" "$holder_pid"
}

@test "marked for removal: its mapping still has the old key" {
	local id
	id=$(make_segment 4096 600 0x4711)
	hold_segment "$id"
	ipcrm -m "$id"
	assert_equal "$(segment_field "$id" key)" 0
	grep -q SYSV00004711 "/proc/$holder_pid/maps"
	holders_are "$id" "$holder_pid"
}

@test "a file with the name and the inode of a segment is not mistaken for one" {
	need_root
	local id inode
	# shellcheck disable=SC2016
	background perl -MFcntl -e '
		open my $file, "+>", "/SYSV00000000" or die; truncate $file, 4096; unlink "/SYSV00000000";
		my ($inode) = (stat $file)[1];
		my $address = syscall 9, 0, 4096, 3, 1, fileno $file, 0;
		die "mmap: $!" if $address == -1;
		# a private mapping, and a name that only begins like one
		syscall 9, 0, 4096, 3, 2, fileno $file, 0;
		open my $other, "+>", "/SYSV0000zzzz" or die; truncate $other, 4096; unlink "/SYSV0000zzzz";
		syscall 9, 0, 4096, 3, 1, fileno $other, 0;
		$| = 1; print "$inode\n"; sleep 1 while 1'
	[[ $(uname -m) == x86_64 ]] || skip "the test knows mmap's number of x86_64 only"
	wait_until test -s "$background_output"
	inode=$(<"$background_output")
	grep -qE " $inode +/SYSV00000000 \(deleted\)" "/proc/$background_pid/maps"
	((inode < 2 ** 31)) || skip "no segment can have the id $inode"
	echo "$inode" >/proc/sys/kernel/shm_next_id || skip "ids cannot be chosen here"
	id=$(make_segment)
	[[ $id == "$inode" ]] || skip "ids cannot be chosen here"
	hold_segment "$id"
	assert_equal "$(told "$id" | cut -d' ' -f1)" "$holder_pid"
	assert_equal "$(told by_text "$id" | cut -d' ' -f1)" "$holder_pid"
}

@test "mapped as a file, too: more mappings than attachments" {
	need_root
	local id
	id=$(make_segment)
	holder file "$id"
	assert_equal "$(segment_field "$id" nattch)" 1
	holders_are "$id" "$holder_pid"
	note_is "$id" "2 mappings, but only 1 attached: some processes map it through /proc/PID/map_files"
}

# A user can hide in this way, and make it seem that one attachment is not visible.
@test "an attachment that is larger than the segment, or beyond its end" {
	need_root
	has_files || skip 'segments cannot be opened as files here'
	local id how
	for how in grow beyond; do
		id=$(make_segment)
		holder "$how" "$id"
		holders_are "$id" "$holder_pid"
		note_is "$id" ''
		try ls --pid "$holder_pid" -q
		assert_output_is "$id"
	done
}

@test "huge pages lie on a device of their own" {
	more_huge_pages 1
	local id
	# 04000 is SHM_HUGETLB
	id=$(perl -e 'print shmget(0, 5000, 05600) + 0')
	hold_segment "$id"
	grep -E '/SYSV' "/proc/$holder_pid/maps"
	holders_are "$id" "$holder_pid"
	note_is "$id" ''
	try stat "$id"
	assert_output_matches 'huge pages +yes, of [0-9]+[MG]'
}

@test "an ordinary user sees their own processes, and how many others were not identified" {
	need_root
	local id own
	id=$(make_segment 4096 666)
	hold_segment "$id" rw 65534 && own=$holder_pid
	hold_segment "$id"
	hold_segment "$id" rw 12345
	assert_equal "$(told as_user "$id" | cut -d' ' -f1)" "$own"
	note_is "$id" "1 of 3 attachments identified; run as root to identify the others" as_user
	note_is "$id" ""
	export HOME=$BATS_TEST_TMPDIR
	try_as_user ls -o holders -r --no-header
	assert_output_is "$own hold, 2 unseen"
	assert_stderr_is ''
	try stat "$id"
	assert_output_matches "process $own \(hold\), user (nobody|65534), rw"
	assert_output_matches "process $holder_pid \(hold\), user 12345, rw"
}

@test "hidepid" {
	need_root
	local id
	id=$(make_segment 4096 666)
	hold_segment "$id"
	note_is "$id" "0 of 1 attachments identified; run as root to identify the others" \
		unshare --mount sh -c 'mount -t proc -o hidepid=2 proc /proc &&
			exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"' sh
	end_process "$holder_pid"
	hold_segment "$id" rw 12345
	note_is "$id" "0 of 1 attachments identified; processes that /proc hides (hidepid) are not visible" \
		unshare --mount sh -c 'mount -t proc -o hidepid=4 proc /proc &&
			exec setpriv --bounding-set=-sys_ptrace "$@"' sh
}

@test "in another pid namespace" {
	need_root
	local id
	id=$(make_segment)
	hold_segment "$id"
	note_is "$id" \
		"0 of 1 attachments identified; processes in other PID namespaces are not visible" \
		unshare --pid --fork --mount-proc
}

@test "with the /proc of another PID namespace, holders are reported as unknown" {
	need_root
	local id
	id=$(make_segment)
	hold_segment "$id"
	capture unshare --pid --fork "$SHMTOOL" stat "$id"
	expect_status 0
	assert_output_matches "holders +not known"
	assert_stderr_has 'cannot determine which processes have segments attached: /proc belongs to another PID namespace'
	capture unshare --pid --fork "$SHMTOOL" ls --pid "$holder_pid" -q
	assert_output_is ''
}

@test "without /proc, holders are reported as unknown" {
	need_root
	local id
	id=$(make_segment)
	hold_segment "$id"
	# shellcheck disable=SC2016
	capture unshare --mount sh -c 'umount -l /proc && exec "$0" "$@"' \
		"$SHMTOOL" stat "$id"
	# the leak checker needs /proc, too, even to be told that it is not wanted
	[[ $stderr == *LeakSanitizer* ]] || expect_status 0
	assert_output_matches "holders +not known"
	assert_stderr_has 'cannot determine which processes have segments attached: /proc is not mounted'
}

# --- IPC namespaces ---------------------------------------------------------

# elsewhere ID SIZE [COMMAND...]: another namespace, whose segment with this id is held
# (by way of this command); sets other_pid
elsewhere()
{
	# shellcheck disable=SC2016
	background unshare --ipc sh -c 'echo "$0" >/proc/sys/kernel/shm_next_id
		exec "$@"' "$1" "${@:3}" "$HELPERS/hold" -c "$2"
	wait_until file_has "$background_output" attached || return
	[[ $(head -n 1 "$background_output") == "$1" ]] || skip "ids cannot be chosen here"
	other_pid=$background_pid
}

# with_all_visible COMMAND...: where some process may not be looked at even by
# root (of a sandbox, say), as if there were none
with_all_visible()
{
	# shellcheck disable=SC2016
	unshare --mount sh -c '
		mkdir -p nothing
		for process in /proc/[1-9]*; do
			true 2>/dev/null <"$process/maps" || [ ! -d "$process" ] ||
				mount --bind nothing "$process" 2>/dev/null || :
		done
		exec "$@"' sh "$@"
}

@test "a segment of another namespace with the same id, key and size is distinguished" {
	local id
	id=$(make_segment 8192)
	elsewhere "$id" 8192
	try stat "$id"
	assert_output_matches 'holders +none'
	hold_segment "$id"
	holders_are "$id" "$holder_pid"
	note_is "$id" ''
	try stat -N "$other_pid" "$id" -J
	assert_equal "$(jq .segments[0].holders[].pid <<<"$output")" "$other_pid"
	try ls --pid "$other_pid" -q
	assert_output_is ''
	try ls --pid "$other_pid" -N "$other_pid" -q
	assert_output_is "$id"
}

@test "a segment of another namespace with the same id is distinguished for an ordinary user, too" {
	need_root
	local id
	id=$(make_segment 8192 666)
	elsewhere "$id" 8192 setpriv --reuid 65534 --regid 65534 --clear-groups
	assert_equal "$(as_user cat "/proc/$other_pid/maps" | grep -c SYSV)" 1
	hold_segment "$id" rw 65534
	assert_equal "$(told as_user "$id" | cut -d' ' -f1)" "$holder_pid"
	note_is "$id" '' as_user
}

@test "a process that has left the namespace is recognized by the inode" {
	need_root
	local id gone
	id=$(make_segment 8192)
	holder leave "$id" && gone=$holder_pid
	[[ $(readlink "/proc/$gone/ns/ipc") != "$(readlink /proc/self/ns/ipc)" ]]
	elsewhere "$id" 8192
	hold_segment "$id"
	holders_are "$id" "$gone" "$holder_pid"
	note_is "$id" ''
}

@test "a process that has left the namespace is reported as ambiguous to an ordinary user" {
	need_root
	local id
	id=$(make_segment 8192 666)
	holder leave "$id" setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=+sys_admin --ambient-caps=+sys_admin
	local left=$holder_pid
	hold_segment "$id" rw 65534
	run --separate-stderr as_user cat "/proc/$left/maps"
	expect_status 0
	assert_equal "$(told as_user "$id" | cut -d' ' -f1)" "$holder_pid"
	note_is "$id" "1 of 2 attachments identified; 1 more could belong to it or to segment $id of another IPC namespace; run as root to distinguish" as_user
	assert_equal "$(told "$id" | wc -l)" 2
}

# foreigner ID SIZE KEY [COMMAND...]: a process that is in this namespace now, but holds a
# segment of another namespace with this id, run by COMMAND; sets foreigner_pid
foreigner()
{
	# shellcheck disable=SC2016
	HOLDER_NS=/proc/$$/ns/ipc background unshare --ipc sh -c '
		echo "$1" >/proc/sys/kernel/shm_next_id || exit
		perl -e "shmget(\$ARGV[1], \$ARGV[0], 01666) // die" "$2" "$3"
		exec 5<"$HOLDER_NS" # an ordinary user could not open it
		export HOLDER_NS=/proc/self/fd/5
		hold=$0 id=$1; shift 3
		exec "$@" "$hold" enter "$id"' "$HELPERS/holder" "$1" "$2" "$(($3))" "${@:4}"
	wait_until file_has "$background_output" attached || return
	foreigner_pid=$background_pid
	assert_equal "$(readlink "/proc/$foreigner_pid/ns/ipc")" "$(readlink /proc/self/ns/ipc)"
}

@test "a process that came from another namespace, with a segment of another key or size" {
	need_root
	local id
	id=$(make_segment 8192 666 0x4711)
	foreigner "$id" 8192 0x4712
	foreigner "$id" 8000 0x4711
	foreigner "$id" 4096 0x4711
	foreigner "$id" 12288 0x4711
	try stat "$id"
	assert_output_matches 'holders +none'
	holder fork "$id"
	assert_equal "$(told "$id" | wc -l)" 2
	note_is "$id" ''
	try ls --pid "$foreigner_pid" -q
	assert_output_is ''
}

@test "a process that came from another namespace, as an ordinary user" {
	need_root
	local id
	id=$(make_segment 8192 666 0x4711)
	foreigner "$id" 8192 0x4712 setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=+sys_admin --ambient-caps=+sys_admin
	as_user cat "/proc/$foreigner_pid/maps" >/dev/null
	foreigner "$id" 12288 0x4711 setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=+sys_admin --ambient-caps=+sys_admin
	hold_segment "$id" rw 65534
	assert_equal "$(told as_user "$id" | cut -d' ' -f1)" "$holder_pid"
	note_is "$id" '' as_user
}

@test "a process that came with an identical segment: neither is named" {
	need_root
	local id own
	id=$(make_segment 8192 666 0x4711)
	hold_segment "$id" rw 65534 && own=$holder_pid
	foreigner "$id" 8192 0x4711 setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=+sys_admin --ambient-caps=+sys_admin
	note_is "$id" "0 of 1 attachments identified; 2 more could belong to it or to segment $id of another IPC namespace"
	note_is "$id" "0 of 1 attachments identified; 2 more could belong to it or to segment $id of another IPC namespace; run as root to distinguish" as_user
	# the last user is another now, so that holding is all that could be said of it
	foreign_read "$id" 0 1 >/dev/null
	try rm --pid "$foreigner_pid" --pid "$own" --even-attached
	assert_output_is ''
}

# Only a user with the same number could make one that passes.
@test "a process that came with a segment of another user: it is neither named nor read" {
	need_root
	has_files || skip 'segments cannot be opened as files here'
	local id
	id=$(as_user "$SHMTOOL" create -s 8192 -k 0x4711 -p 600)
	head -c 8192 /dev/zero | tr '\0' V >wanted
	foreign_write "$id" 0 <wanted
	holder leave "$id"
	foreigner "$id" 8192 0x4711
	try ls --pid "$foreigner_pid" -q
	assert_output_is ''
	shmtool read "$id" | cmp - wanted
}

# deny_identity PID COMMAND...: what the process maps cannot be identified
deny_identity()
{
	local place
	place=$(awk '/ \/SYSV/ { print $1; exit }' "/proc/$1/maps")
	strace -f -o trace -P "/proc/$1/map_files/$place" \
		-e "inject=openat,?newfstatat,?fstatat64,?statx:error=EIO" "${@:2}"
}

# Any user can have such a process, and keep it from being examined.
@test "... also if it cannot be identified: the holder is named" {
	need_root
	need_command strace
	has_files || skip 'segments cannot be opened as files here'
	local id
	id=$(as_user "$SHMTOOL" create -s 8192 -k 0x4711 -p 600)
	hold_segment "$id"
	foreigner "$id" 8192 0x4711
	assert_equal "$(told deny_identity "$foreigner_pid" "$id" | cut -d' ' -f1)" "$holder_pid"
	grep -q INJECTED trace
}

# A user can keep a process of another one from being looked at.
@test "... and if the holder is not seen, that process is not named instead" {
	need_root
	need_command strace
	has_files || skip 'segments cannot be opened as files here'
	local id hide
	id=$(as_user "$SHMTOOL" create -s 8192 -k 0x4711 -p 600)
	hold_segment "$id"
	foreigner "$id" 8192 0x4711
	hide=(strace -f -o trace -P "/proc/$holder_pid/maps" -e "inject=openat,open:error=EACCES")
	run --separate-stderr "${hide[@]}" "$SHMTOOL" stat "$id"
	assert_output_matches ' 0 of 1 attachments identified'
	assert_output_lacks "$foreigner_pid"
	grep -q INJECTED trace
	"${hide[@]}" "$SHMTOOL" ls --pid "$foreigner_pid" -q >out 2>/dev/null || true
	assert_equal "$(<out)" ''
	# even if that process cannot be identified
	hide+=(-P "/proc/$foreigner_pid/map_files/$(awk '/ \/SYSV/ { print $1; exit }' "/proc/$foreigner_pid/maps")"
		-e "inject=?newfstatat,?fstatat64,?statx:error=EIO")
	STOP_ERROR=EIO run --separate-stderr with_steps "fail:child:open*:/proc/$foreigner_pid/map_files/*:1+" \
		"${hide[@]}" "$SHMTOOL" stat "$id"
	assert_output_matches ' 0 of 1 attachments identified'
	assert_equal "$(steps_taken)" 1
}

# A user whose attachment is in ever new processes can keep it from being seen.
@test "an attachment is not seen: processes of another namespace are not named instead" {
	need_root
	has_files || skip 'segments cannot be opened as files here'
	local id seen
	id=$(make_segment 8192)
	hold_segment "$id" && seen=$holder_pid
	hold_segment "$id"
	elsewhere "$id" 8192
	# shellcheck disable=SC2016
	background nsenter --ipc --target "$other_pid" "$HELPERS/hold" "$id"
	wait_until test -s "$background_output"
	mkdir -p nothing
	# shellcheck disable=SC2016
	assert_equal "$(told with_all_visible unshare --mount sh -c 'mount --bind nothing "/proc/$0" && exec "$@"' \
		"$holder_pid" "$id" | cut -d' ' -f1)" "$seen"
}

@test "all processes have left the namespace: named if no other segment is possible" {
	need_root
	local id
	id=$(make_segment 8192)
	holder leave "$id"
	assert_equal "$(told with_all_visible "$id" | cut -d' ' -f1)" "$holder_pid"
	elsewhere "$id" 4096
	assert_equal "$(told with_all_visible "$id" | cut -d' ' -f1)" "$holder_pid"
}

@test "all processes have left the namespace, and another segment is possible: neither is named" {
	need_root
	local id left
	id=$(make_segment 8192)
	holder leave "$id" && left=$holder_pid
	elsewhere "$id" 8192
	note_is "$id" \
		"0 of 1 attachments identified; 2 more could belong to it or to segment $id of another IPC namespace" \
		with_all_visible
	try rm --pid "$other_pid" --even-attached
	assert_output_is ''
	# the last user is another now, so that holding is all that could be said of it
	foreign_read "$id" 0 1 >/dev/null
	try rm --pid "$left" --even-attached
	assert_output_is ''
	assert_equal "$(segment_field "$id" perms)" 600
}

@test "all processes have left the namespace: not decided by size or count" {
	need_root
	local id
	id=$(make_segment 8192)
	holder leave "$id"
	holder leave "$id"
	elsewhere "$id" 8192
	# the other one has one attachment, this one has two
	assert_equal "$(told with_all_visible "$id" | wc -l)" 2
	assert_equal "$(told with_all_visible "$id" | grep -c "^$other_pid ")" 0
}

# --- No trace, no needless walk, no failure ---------------------------------

@test "finding the holders leaves no trace" {
	local id before
	id=$(make_orphan)
	hold_segment "$id"
	before=$(grep -E "^ +[0-9-]+ +$id " /proc/sysvipc/shm)
	try stat "$id"
	try ls -o holders
	try ls --pid 1
	try rm "$id"
	expect_status 9
	assert_equal "$(grep -E "^ +[0-9-]+ +$id " /proc/sysvipc/shm)" "$before"
}

@test "/proc is scanned only if holders are requested" {
	need_command strace
	local id words
	id=$(make_segment)
	ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" \
		strace -f -o trace -e trace=?open,openat "$SHMTOOL" stat "$id"
	run ! grep -E '/proc/[0-9]+/maps' trace # nothing is attached
	hold_segment "$id"
	for words in "ls" "ls -J" "ls -q" "ls -t" "stat --all" "stat $id -q" "stat $id --format %{id}" \
		"rm --orphaned" "ls --format %{nattch} --sort id"; do
		# shellcheck disable=SC2086 # words
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" \
			strace -f -o trace -e trace=?open,openat "$SHMTOOL" $words
		run ! grep -E '/proc/[0-9]+/maps' trace
	done
	for words in "ls -o holders" "ls --sort holders" "ls --format %{holders}" "stat $id" \
		"stat --all --holders" "ls --pid 1" "stat $id --format %{holders}" "ls -J -o holders"; do
		# shellcheck disable=SC2086 # words
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" \
			strace -f -o trace -e trace=?open,openat "$SHMTOOL" $words
		grep -qE '/proc/[0-9]+/maps' trace
		# once for all
		assert_equal "$(grep -c "/proc/$holder_pid/maps" trace)" 1
	done
}

@test "processes that exit during the scan are not an error" {
	local id
	id=$(make_segment)
	holder swarm "$id"
	for _ in {1..5}; do
		try stat "$id"
		expect_status 0
		assert_stderr_is ''
		assert_output_has "process $holder_pid (holder)"
	done
	for _ in {1..3}; do
		run --separate-stderr by_text "$SHMTOOL" ls -o holders -r --no-header
		expect_status 0
		assert_output_has "$holder_pid holder"
	done
}

# beside_stuck ARGUMENT...: shmtool, where reading of a process that sleeps like
# any other waits forever, as it does in the middle of execve(2) while a file
# system does not answer. Sets stuck.
beside_stuck()
{
	background sleep 1000
	stuck=$background_pid
	mkfifo maps
	# shellcheck disable=SC2016
	capture unshare --mount sh -c '
		stuck=$1 program=$2
		shift 2
		for file in maps stat; do
			mount --bind maps "/proc/$stuck/$file" || exit
		done
		exec "$program" "$@"' sh "$stuck" "$SHMTOOL" "$@"
}

@test "a process that does not answer is not waited for" {
	need_root
	local id
	id=$(make_segment)
	hold_segment "$id"
	beside_stuck stat "$id"
	expect_status 0
	assert_output_has "process $holder_pid (hold)"
}

# A user can have millions of attachments.
@test "the user of a process is not looked up for each of its attachments" {
	need_strace
	seek_no_leaks
	local id words
	id=$(make_segment 4096)
	# shellcheck disable=SC2016
	background perl -MIPC::SysV=shmat -e '
		shmat($ARGV[0], undef, 0) // die "shmat: $!" for 1 .. 500;
		print "attached\n"; close STDOUT; sleep 1 while 1' "$id"
	wait_until test -s "$background_output"
	for words in stat 'stat -J'; do
		# shellcheck disable=SC2086 # words
		strace -f -o trace -e trace=openat "$SHMTOOL" $words "$id" >/dev/null
		# on a slow machine the scan needs it, too
		(($(grep -c "/proc/$background_pid/status" trace) < 100))
	done
}

# A user can have millions of attachments, and identifying one takes 20 microseconds. Without that,
# those of the namespace are taken; read attaches.
@test "more than 65536 attachments of a segment are not identified, those of other segments are" {
	need_root
	has_files || skip 'segments cannot be opened as files here'
	local many few before
	many=$(make_segment 4096)
	few=$(make_segment 4096)
	# shellcheck disable=SC2016
	background perl -MIPC::SysV=shmat,SHM_RDONLY -e '
		shmat($ARGV[0], undef, SHM_RDONLY) // die "shmat: $!" for 1 .. 33000;
		my $child = fork // die;
		syswrite STDOUT, "$child\n" if $child;
		sleep 1 while 1' "$many"
	wait_until test -s "$background_output"
	cat "$background_output" >>"$started"
	holder leave "$many"
	holder file "$few"
	try ls --format '%{id} %{holders}'
	expect_status 0
	assert_output_matches "^$many [0-9]+ perl, [0-9]+ perl, 1 unseen"$'\n'"$few $holder_pid holder$"
	before=$(segment_field "$many" lpid)
	shmtool read "$many" -n 1 >/dev/null
	[[ $(segment_field "$many" lpid) != "$before" ]]
}

# A user can have thousands, with 65000 mappings.
@test "a memory without segments that many processes have in common is read once" {
	local lines
	background "$HELPERS/shared-memory" 20 30000
	wait_until test -s "$background_output"
	sed 's|.*|/proc/&/maps|' "$background_output" >maps
	hold_segment "$(make_segment 4096)"
	echo "/proc/$holder_pid/maps" >>maps
	STOP_DELAY=0 with_steps 'delay:open*:/proc/*/maps:1+' "$SHMTOOL" ls -o holders >/dev/null
	mapfile -t lines < <(grep -oFf maps steps)
	# that of their parent is read before
	assert_equal "${lines[*]}" "/proc/$holder_pid/maps"
}

@test "a process that has a thousand segments attached is found at each" {
	# shellcheck disable=SC2016
	background perl -MIPC::SysV=shmat -e '
		for (1 .. 1000) { my $id = shmget(0, 1, 01600) // die; shmat($id, undef, 0) // die }
		print "attached\n"; close STDOUT; sleep 1 while 1'
	wait_until test -s "$background_output"
	try ls --no-header -o holders
	expect_status 0
	assert_equal "$(uniq -c <<<"$output" | awk '{ $1 = $1; print }')" "1000 $background_pid perl"
}

@test "40 processes are each listed once" {
	local id count
	id=$(make_segment)
	for ((count = 0; count < 40; count++)); do
		background "$HELPERS/hold" "$id"
	done
	wait_until nattch_is "$id" 40
	assert_equal "$(told "$id" | cut -d' ' -f1)" \
		"$(tail -n 40 "$started" | sort -n)"
	try ls -o holders --no-header
	assert_output_matches '^([0-9]+ hold, ){3}[0-9]+ hold and 36 more *$'
	try ls --format '%{holders}'
	assert_equal "$(tr ',' '\n' <<<"$output" | wc -l)" 40
}

nattch_is()
{
	[[ $(segment_field "$1" nattch) == "$2" ]]
}

# --- Where it shows ---------------------------------------------------------

@test "JSON: null unless asked for" {
	local id object
	id=$(make_segment)
	hold_segment "$id"
	object="{\"pid\":$holder_pid,\"user\":\"$(id -un)\",\"command\":\"hold\",\"command_line\":\"$HELPERS/hold $id\",\"unit\":$(
		shmtool ls "$id" -J -o lunit | jq -c '.segments[0].lunit'),\"access\":\"rw\",\"address\":\"$(
		mapped "$id" "$holder_pid" | cut -d' ' -f3)\",\"offset\":0,\"length\":4096,\"resident\":"
	for words in "ls -J" "stat --all -J"; do
		# shellcheck disable=SC2086 # words
		try $words
		assert_equal "$(jq '.segments[0] | has("holders")' <<<"$output")" true
		assert_equal "$(jq -c '.segments[0].holders' <<<"$output")" null
	done
	for words in "ls -J -o id,holders" "stat -J $id" "stat --all -J --holders"; do
		# shellcheck disable=SC2086 # words
		try $words
		assert_output_has "[$object"
		assert_output_lacks '"resident":null'
	done
	cp /proc/sysvipc/shm list
	try ls --from list -J -o holders
	assert_equal "$(jq -c '.segments[0].holders' <<<"$output")" null
}

@test "the field: sorted by how many, and --numeric" {
	local none one two
	two=$(make_segment)
	none=$(make_segment)
	one=$(make_segment)
	hold_segment "$two"
	hold_segment "$two"
	hold_segment "$one"
	try ls --sort holders -q
	assert_output_is "$none"$'\n'"$one"$'\n'"$two"
	try ls -J --numeric -o holders "$one"
	assert_equal "$(jq '.segments[0].holders[0].user' <<<"$output")" "$EUID"
}

@test "command names of other users are escaped" {
	local id
	id=$(make_segment)
	holder name "$id"
	for words in "ls -o holders" "ls -o holders -r" "stat $id" "ls --format %{holders}"; do
		# shellcheck disable=SC2086 # words
		try $words
		assert_output_has "\"a\\x1b[31m\\nb\"\"\\"
	done
	try stat "$id" -J
	assert_equal "$(jq -r '.segments[0].holders[0].command' <<<"$output")" $'a\033[31m\nb"\\'
	try rm "$id"
	assert_stderr_has "\"a\\x1b[31m\\nb\"\"\\"
}

# Which process had a number when the list was saved cannot be known.
@test "--pid with a saved list matches the numbers, whatever runs here" {
	make_live_segment >/dev/null
	sleep 1000 &
	echo $! >>"$started"
	awk -v pid=$! 'NR > 1 { $5 = pid; $12 = $13 = 0; $14 = 1000 } { print }' /proc/sysvipc/shm >list
	try ls --from list --pid $! --format '%{cpid}'
	assert_output_is $!
}

@test "--pid matches creator, last user and holders" {
	local made maker held none holder_of_held
	made=$(make_live_segment)
	maker=$(segment_field "$made" cpid)
	held=$(make_segment)
	hold_segment "$held"
	holder_of_held=$holder_pid
	hold_segment "$held" ro
	none=$(make_segment)
	# the first one is no longer the last user
	assert_equal "$(segment_field "$held" lpid)" "$holder_pid"
	try ls -q --pid "$holder_of_held"
	assert_output_is "$held"
	try ls -q --pid "$maker" --pid "$holder_of_held"
	assert_output_is "$(printf '%s\n' "$made" "$held" | sort -n)"
	try ls -q --pid $$
	assert_output_lacks "$none"
	try rm --pid "$holder_of_held"
	assert_output_is ''
	try rm --pid "$holder_of_held" --even-attached
	assert_output_matches "^marked $held "
}

@test "rm names some of the processes because of which it does not remove a segment" {
	local id first
	id=$(make_segment 4096 666)
	hold_segment "$id"
	first=$holder_pid
	try rm "$id"
	expect_status 9
	assert_stderr_has "was not removed: it is attached by process $first (hold, $(id -un))"
	for _ in 1 2 3 4 5; do
		hold_segment "$id"
	done
	try rm "$id"
	assert_stderr_matches "attached by process $first \(hold, [^)]+\)(, [0-9]+ \(hold, [^)]+\)){3} and 2 more"
	try rm -J "$id"
	assert_equal "$(jq '.results[0].holders | length' <<<"$output")" 6
	ipcrm -m "$id"
	try rm "$id"
	expect_status 9
	assert_stderr_has 'is already marked for removal'
	assert_stderr_has "by process $first (hold"
}

@test "rm as an ordinary user, who sees none of the holders" {
	need_root
	local id
	id=$(as_user perl -e 'print shmget(0, 4096, 01666) + 0')
	hold_segment "$id"
	try_as_user rm "$id"
	expect_status 9
	assert_stderr_matches "was not removed: it is attached by 1 process that cannot be identified \(last used by process $holder_pid, hold\)"
	assert_stderr_has 'note: 0 of 1 attachments identified; run as root to identify the others'
	segment_exists "$id"
}
