#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# -A: in all IPC namespaces. A mistake here must not affect the machine, so each test runs
# in an environment of its own (tests/lib/isolated-namespaces.c), in which the kernel
# refuses access to any other namespace.

bats_require_minimum_version 1.5.0
load lib/common
load lib/stop
load lib/isolated

setup()
{
	isolated_setup
}

# A namespace with a name of its own, in which the command after it runs
# shellcheck disable=SC2016
named=(unshare --ipc --uts sh -c 'hostname web-1 && exec "$@"' sh)

try_there_as_user()
{
	capture there "${ordinary_user[@]}" "$SHMTOOL" "$@"
}

# The seconds go on between two runs.
without_idle()
{
	awk '{ sub(/ idle=[0-9]+ /, " ") } 1' <<<"$1"
}

@test "every namespace, each once, with its number and the lowest process" {
	settle unshare --ipc -- 1000 2000
	first=$ns
	settle nsenter --target "$pid" --ipc --
	assert_equal "$ns" "$first"
	settle unshare --ipc -- 3000
	there perl -e 'shmget(5, 4000, 01600) // die'
	try_there ls -A --format '%{ns} %{ns-pid} %{size}' --sort size
	expect_status 0
	assert_stderr_is ''
	# compared with lsns
	lowest=$(there lsns --noheadings --type ipc --output NS,PID | sed 's/^ *//; s/  */ /g')
	in_first=$(grep "^$first " <<<"$lowest")
	in_second=$(grep "^$ns " <<<"$lowest")
	in_own=$(grep "^$(number_of 1) " <<<"$lowest")
	assert_output_is "$in_first 1000
$in_first 2000
$in_second 3000
$in_own 4000"
}

@test "one table with aligned columns and one total" {
	settle unshare --ipc -- 1048576:1 4096:2
	one=$ns one_pid=$pid
	settle unshare --ipc -- 4096:3
	try_there ls -A --sort ns,key --time-format epoch
	expect_status 0
	assert_equal "${#lines[@]}" 5
	[[ ${lines[0]} =~ ^ID\ +KEY\ .*\ STATE\ .*\ CREATED-BY\ +NS\ +NS-NAME\ +NS-OF$ ]]
	end=${lines[0]%  NS-OF}
	for line in "${lines[@]:1:3}"; do
		[[ ${line:0:${#end}} =~ \ [0-9]+\ +[^\ ]+\ *$ && ${line:${#end}} =~ ^\ \ [0-9]+\ perl$ ]]
	done
	assert_output_matches " 1  0x00000002  root   0600    4K       0  detached +[0-9]+s  $one_pid perl +$one  [^ ]+ +$one_pid perl"
	assert_equal "${lines[4]}" "3 segments, 1.0M, in 2 of 3 IPC namespaces"
	try_there ls -A --no-header
	assert_equal "${#lines[@]}" 3
	for view in -t -p -c; do
		try_there ls -A "$view"
		assert_output_matches ' NS  NS-NAME +NS-OF'
		assert_output_matches "$one  [^ ]+ +$one_pid perl"
	done
	try_there ls -A -o id,size
	assert_output_lacks perl
}

@test "totals: -u with filters adds all up, --by ns each" {
	settle unshare --ipc -- 1000 2000
	one=$ns
	settle unshare --ipc -- 4000 !5000
	try_there ls -A -u --all -b --no-header
	expect_status 0
	assert_equal "$(awk '{ print $1, $2 }' <<<"$output")" '4 12000'
	try_there ls -A --by ns -b --no-header
	assert_equal "$(awk '{ print $1, $2, $3 }' <<<"$output")" "$ns 2 9000
$one 2 3000"
	try_there ls -A --by state -J --orphaned --grace 0
	assert_equal "$(jq -c '.totals[] | [.value, .segments, .size]' <<<"$output")" '["orphaned",1,5000]'
	# without filters it is the kernel's summary of each
	try_there ls -A -u
	assert_output_has "IPC namespace $one"
}

@test "JSON is one object, -r has the columns" {
	settle unshare --ipc -- 1000 2000
	one="$ns $pid perl" one_pid=$pid
	settle unshare --ipc -- 3000
	try_there ls -A -J
	expect_status 0
	assert_equal "$(jq -rs 'length' <<<"$output")" 1
	assert_equal "$(jq -r '.segments[] | "\(.size) \(.ns) \(.ns_pid) \(.ns_comm) \(.ns_of)"' <<<"$output" | sort)" \
		"1000 ${one% perl} perl $one_pid perl
2000 ${one% perl} perl $one_pid perl
3000 $ns $pid perl $pid perl"
	try_there ls -A -r --min-size 2500
	assert_equal "${#lines[@]}" 2
	assert_equal "$(cut -f 10,12 <<<"${lines[1]}")" "$ns"$'\t'"$pid perl"
	try_there ls -J
	assert_equal "$(jq -c '.segments' <<<"$output")" '[]'
	there perl -e 'shmget(5, 4000, 01600) // die'
	try_there ls -J
	assert_equal "$(jq -c '.segments[] | [.ns_pid, .ns_comm, .ns_of]' <<<"$output")" '[null,null,null]'
}

@test "--fail-empty, and what filters leave over all of them" {
	settle unshare --ipc -- 1000 '!2000'
	settle unshare --ipc -- '!3000'
	try_there ls -A --fail-empty --min-size 1M
	expect_status 1
	assert_output_is ''
	try_there ls -A --orphaned --grace 0 --format '%{size}' --sort -size --fail-empty
	expect_status 0
	assert_output_is $'3000\n2000'
	try_there ls -A --min-size 1M
	expect_status 0
	assert_output_has 'no segments in 3 IPC namespaces'
}

@test "a namespace with a thousand segments" {
	settle unshare --ipc -- {1..1000}
	try_there ls -A --sort size --format '%{size}'
	expect_status 0
	assert_equal "$output" "$(seq 1000)"
}

@test "a namespace that only a thread is in is found" {
	background there "$HELPERS/thread-namespace"
	wait_until test -s "$background_output"
	thread=$(<"$background_output")
	try_there ls -A --format '%{size} %{ns} %{ns-of}'
	expect_status 0
	assert_output_is "12345 $(number_of "$thread") $thread thread-namespac"
	try_there ls -N "$thread" --format '%{size}'
	assert_output_is 12345
	# a keep list finds the thread's files
	# shellcheck disable=SC2016
	there nsenter --target "$thread" --ipc perl -e 'shmget($ARGV[0], 1000, 01600) // die' "$(key_of /etc/hostname)"
	try_there ls -A --keep ftok:K:/etc/hostname --state kept --format '%{size}'
	assert_output_is 1000
	there nsenter --target "$thread" --ipc ipcrm -M "$(key_of /etc/hostname)"
	# a whole process is named rather than a thread
	settle nsenter --target "$thread" --ipc --
	((pid > thread))
	try_there ls -A --format '%{size} %{ns-of}'
	assert_output_is "12345 $pid perl"
	try_there rm -A --all
	expect_status 0
	assert_output_has "size=12345"
	try_there ls -A --format '%{id}'
	assert_output_is ''
}

@test "a mounted namespace without processes is found" {
	settle unshare --ipc -- '!5000'
	mkdir 'a place'
	bind_there "$pid" 'a place/ipc\x'
	# another kind of namespace is none
	: >uts
	there mount --bind "/proc/$pid/ns/uts" uts
	end_there "$pid"
	try_there ls -A --format '%{size} %{ns} %{ns-pid} %{ns-of}'
	expect_status 0
	assert_output_is "5000 $ns - \"$PWD/a place/ipc\\x\""
	try_there ls -A -J
	assert_equal "$(jq -r '.segments[] | .ns_pid, .ns_comm, .ns_of' <<<"$output")" $'null\nnull\n'"$PWD/a place/ipc\\x"
	try_there ls -N 'a place/ipc\x' --format '%{size}'
	assert_output_is 5000
	try_there rm -A --orphaned --grace 0
	expect_status 0
	assert_output_has "size=5000"
	assert_output_has "ns=$ns ns-name=- ns-of=\"$PWD/a place/ipc\\x\""
	assert_output_has 'total 1 segment, 5000 bytes (4.9K) in 1 IPC namespace'
}

@test "a namespace that is only held open as a file is found" {
	settle unshare --ipc -- '!5000' 6000
	# shellcheck disable=SC2016
	background there perl -e 'open(F, "<", "/proc/$ARGV[0]/ns/ipc") or die; $| = 1;
		print "/proc/$$/fd/", fileno(F), "\n"; sleep 1 while 1' "$pid"
	wait_until test -s "$background_output"
	end_there "$pid"
	file=$(<"$background_output")
	try_there ls -A --format '%{size} %{ns} %{ns-pid} %{ns-of}' --sort size
	expect_status 0
	assert_stderr_is ''
	assert_output_is "5000 $ns - $file
6000 $ns - $file"
	try_there ls -N "$file" --format '%{size}' --sort size
	assert_output_is $'5000\n6000'
	try_there rm -A --all
	assert_output_has 'total 2 segments'
}

@test "a namespace that is mounted only in another mount namespace is found" {
	settle unshare --ipc -- 5000
	inside=$pid
	: >bound
	# shellcheck disable=SC2016
	background there unshare --mount sh -c '
		mount --bind "/proc/$1/ns/ipc" bound && ln -s nowhere link && echo $$ && exec sleep 1000' sh "$pid"
	wait_until test -s "$background_output"
	end_there "$inside"
	holder=$(<"$background_output")
	try_there ls -A --format '%{size} %{ns} %{ns-of}'
	expect_status 0
	assert_output_is "5000 $ns /proc/$holder/root$PWD/bound"
	try_there rm -A --all
	expect_status 0
	try_there ls -A --format '%{size}'
	assert_output_is ''
}

# The process with the lowest pid sees no mounts.
@test "a process in a chroot(2) does not hide the mounts of its mount namespace" {
	settle unshare --ipc -- 5000
	inside=$pid
	: >bound
	mkdir empty
	# shellcheck disable=SC2016
	background there unshare --mount sh -c '
		mount --bind "/proc/$1/ns/ipc" bound || exit
		sleep 1000 &
		exec perl -e '\''$| = 1; chroot "empty" or die; chdir "/"; print "$ARGV[0]\n"; sleep 1000'\'' $!' sh "$pid"
	wait_until test -s "$background_output"
	end_there "$inside"
	holder=$(<"$background_output")
	try_there ls -A --format '%{size} %{ns} %{ns-of}'
	expect_status 0
	assert_output_is "5000 $ns /proc/$holder/root$PWD/bound"
}

@test "a namespace whose mount point is hidden by another mount is reported, not entered" {
	settle unshare --ipc -- 5000
	bind_there "$pid" bound
	end_there "$pid"
	echo text >file
	there mount --bind file bound
	settle unshare --ipc -- 6000
	try_there ls -A --format '%{size}'
	expect_status 7
	assert_output_is 6000
	assert_stderr_has "cannot enter IPC namespace"
	assert_stderr_has "$PWD/bound"
}

@test "root sees the segments of a rootless container" {
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc -- '!7000' 8000
	try_there ls -A --creator 1000 --format '%{size} %{owner} %{ns} %{ns-pid}' --numeric --sort size
	expect_status 0
	assert_output_is "7000 1000 $ns $pid
8000 1000 $ns $pid"
	try_there rm -A --orphaned --grace 0
	expect_status 0
	assert_output_has 'size=7000'
	assert_output_has 'total 1 segment'
	try_there ls -A --format '%{size}'
	assert_output_is 8000
}

# There, a segment cannot be held, and the user who owns the container would keep all capabilities
# in it: root cannot safely act as that user.
@test "rm -A -n agrees with rm -A in a rootless container with kernel.shm_rmid_forced" {
	# shellcheck disable=SC2016
	local command=("${ordinary_user[@]}" unshare --user --map-root-user --ipc sh -c '
		echo 1 >/proc/sys/kernel/shm_rmid_forced && exec "$@"' sh)
	there "${command[@]}" true || skip 'kernel.shm_rmid_forced cannot be set in a user namespace'
	settle "${command[@]}" -- 7000
	local dry
	try_there rm -A --all -n
	expect_status 5
	assert_output_is ''
	dry=$stderr
	try_there rm -A --all
	expect_status 5
	assert_output_is ''
	assert_stderr_is "$dry"
	try_there_as_user rm -A --all --keep-file "$lists/none" -n
	assert_output_has 'would remove 0 '
	dry=$output
	try_there_as_user rm -A --all --keep-file "$lists/none"
	expect_status 0
	assert_equal "$(without_idle "$output")" "$(without_idle "${dry/would remove/removed}")"
}

# Process 1 has no more capabilities than shmtool, so it may be seen.
@test "where /proc hides processes, but not process 1, namespaces may be missing" {
	# shellcheck disable=SC2054 # one word with commas
	local less=(setpriv --bounding-set=-all,+sys_admin,+ipc_owner,+setuid,+setgid --inh-caps=-all)
	local options words
	for options in hidepid=4 hidepid=2,gid=1234; do
		for words in 'ls -A' 'rm -A --all -n' 'rm -A --all -n --keep ftok:K:/etc/hostname'; do
			# shellcheck disable=SC2016,SC2086
			capture there "${less[@]}" unshare --pid --fork --mount sh -c 'mount -t proc -o "$0" proc /proc || exit
				# another /proc, as of a chroot, whose source has the name /proc
				mkdir -p other && mount -t proc /proc other || exit
				[ -d /proc/1 ] || exit
				unshare --ipc setpriv --reuid 1000 --regid 1000 --clear-groups \
					sh -c "\"$SHMTOOL\" create -s 1000 >/dev/null; echo >made; exec sleep 1000" &
				until [ -e made ]; do sleep 0.01; done
				rm made
				[ ! -d "/proc/$!" ] || exit
				"$SHMTOOL" "$@"
				[ "$?" -eq 5 ] || exit
				# the same if /proc belongs to the PID namespace above
				exec unshare --pid --fork "$SHMTOOL" "$@"' "$options" $words
			expect_status 5
			assert_stderr_has 'cannot determine the IPC namespace of the processes of other users, which /proc hides (hidepid): permission denied'
		done
	done
	# who is in the group sees all, but that is a group of the machine
	# shellcheck disable=SC2016
	local in_group=("${less[@]}" --groups 1234 unshare --mount sh -c 'mount -t proc -o hidepid=2,gid=1234 proc /proc &&
		exec "$@"' sh "$SHMTOOL" ls -A --keep-file "$lists/none")
	capture there "${in_group[@]}"
	expect_status 5
	if [[ $(stat -Lc %i /proc/self/ns/user) == 4026531837 ]]; then # PROC_USER_INIT_INO
		capture "${in_group[@]}"
		assert_stderr_lacks '(hidepid)'
	fi
}

@test "where /proc hides processes (hidepid=2), it is reported that namespaces may be missing" {
	settle unshare --ipc -- 7000
	# shellcheck disable=SC2016
	local hidden=(unshare --mount sh -c 'mount -t proc -o hidepid=2 proc /proc && exec "$@"' sh)
	capture there "${hidden[@]}" "${ordinary_user[@]}" "$SHMTOOL" ls -A --keep-file "$lists/none" --format '%{size}'
	expect_status 0
	assert_output_is ''
	assert_stderr_is 'shmtool ls: warning: cannot see the IPC namespaces of the processes of other users, which /proc hides (hidepid); run as root to cover all namespaces'
	capture there "${hidden[@]}" setpriv --bounding-set -sys_ptrace "$SHMTOOL" rm -A --all -n --keep-file "$lists/none"
	expect_status 5
	assert_output_lacks 7000
	assert_stderr_matches 'shmtool rm: cannot determine the IPC namespace of [0-9]+ processes \(such as 1 isolated-namesp\): permission denied.*hint: run with CAP_SYS_PTRACE'
	# even all capabilities in a user namespace do not show all processes
	capture there "${hidden[@]}" "$SHMTOOL" ls -A --keep-file "$lists/none" --format '%{size}'
	expect_status 5
	assert_output_is 7000
	assert_stderr_has '(hidepid)'
}

@test "an ordinary user sees the segments of their own rootless container" {
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc -- 7000:7
	local inside=$pid
	settle unshare --ipc -- 9000
	echo key:8 >"$lists/list"
	try_there_as_user ls -A --keep-file "$lists/list" --format '%{size}'
	expect_status 0
	assert_output_is 7000
	assert_stderr_matches '^shmtool ls: warning: cannot see the IPC namespaces of [0-9]+ processes of other users'
	# the numbers inside cannot be matched with users, which is reported once
	there nsenter --target "$inside" --user --ipc perl -e 'shmget(9, 7001, 01600) // die'
	for words in '--owner 1000' '--creator root'; do
		# shellcheck disable=SC2086 # an option and its value
		try_there_as_user ls -A --keep-file "$lists/list" $words
		expect_status 7
		assert_output_lacks 0x00000007
		assert_equal "$(grep -c 'cannot match users in IPC namespace' <<<"$stderr")" 1
		assert_stderr_has '--creator'
	done
	there nsenter --target "$inside" --user --ipc ipcrm -M 9
	echo creator:0 >"$lists/creators"
	try_there_as_user rm -A --all --keep-file "$lists/creators"
	expect_status 7
	assert_output_is ''
	echo key:7 >"$lists/list"
	try_there_as_user rm -A --all --keep-file "$lists/list"
	expect_status 0
	assert_output_is ''
	echo key:8 >"$lists/list"
	try_there_as_user rm -A --all --keep-file "$lists/list" -n
	dry=$output
	try_there_as_user rm -A --all --keep-file "$lists/list"
	expect_status 0
	assert_equal "$(without_idle "$output")" "$(without_idle "${dry/would remove/removed}")"
	assert_output_has 'size=7000'
	try_there ls -A --format '%{size}'
	assert_output_is 9000
}

@test "a namespace that cannot be entered is reported, and the others are still listed" {
	# root's namespace, but the user's process
	settle unshare --ipc "${ordinary_user[@]}" -- 1000
	denied=$ns
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc -- 2000
	for verb in 'ls --format %{size}' 'rm --all'; do
		# shellcheck disable=SC2086 # words
		try_there_as_user $verb -A --keep-file "$lists/none"
		expect_status 5
		assert_output_has 2000
		assert_output_lacks 1000
		assert_stderr_has "cannot enter IPC namespace $denied ("
		assert_stderr_has 'hint: run as root'
	done
	try_there_as_user ls -A --keep-file "$lists/none" --fail-empty --except-namespace "/proc/$pid/ns/ipc" \
		--format '%{size}'
	expect_status 5
	assert_output_is ''
}

@test "processes in a PID namespace that cannot be seen are shown as 0, and nothing is orphaned" {
	settle unshare --ipc -- '!5000' 6000
	bind_there "$pid" bound
	try_there ls -A --grace 0 --format '%{size} %{state}' --sort size
	assert_output_is $'5000 orphaned\n6000 detached'
	for words in '--orphaned' '--likely'; do
		run --separate-stderr there unshare --pid --fork --mount-proc \
			"$SHMTOOL" rm -A $words --grace 0 --keep-file "$lists/none"
		expect_status 0
		assert_output_is ''
	done
	capture there unshare --pid --fork --mount-proc "$SHMTOOL" ls -A --grace 0 \
		--keep-file "$lists/none" --sort size --format '%{size} %{cpid} %{lpid} %{state}'
	assert_output_is $'5000 0 0 detached\n6000 0 0 detached'
	# what is attached is not known in any namespace
	local i
	for i in 1 2; do
		settle unshare --ipc -- "$i"
		bind_there "$pid" "bound$i"
		background there nsenter --target "$pid" --ipc "$HELPERS/hold" 0
		wait_until test -s "$background_output"
	done
	capture there unshare --pid --fork --mount-proc "$SHMTOOL" ls -A --sort size --max-size 2 -J -o size,nattch,holders
	expect_status 0
	assert_equal "$(jq -c '.segments[] | [.size, .nattch, (.holders | length)]' <<<"$output")" $'[1,1,0]\n[2,1,0]'
}

@test "processes of a container are shown and judged by their PIDs on the host" {
	settle unshare --ipc --pid --fork --kill-child -- 5000 '!6000'
	# as numbered in the container: the one that is outside is found by its segment
	try_there ls -A --format '%{size} %{ccomm} %{state}' --grace 0 --sort size
	assert_output_is $'5000 perl detached\n6000 - orphaned'
	try_there rm -A --orphaned --grace 0
	assert_output_has 'size=6000'
	assert_output_lacks 'size=5000'
}

blank_idle()
{
	awk '{ sub(/ [0-9]+s /, " ") } 1' <<<"$1"
}

@test "rm -A in the namespace of a rootless container: exit 6 if no child can be created for it" {
	local from refused=0
	export STOP_ERROR=EAGAIN
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc -- 7000
	for ((from = 1; from < 20; from++)); do
		capture with_steps "fail:fork::$from+" there "${ordinary_user[@]}" "$SHMTOOL" rm -A --all --ignore-keep
		[[ $stderr == *"cannot enter IPC namespace $ns"* ]] || continue
		expect_status 6
		assert_stderr_matches "cannot enter IPC namespace $ns .*: no child process can be created"
		refused=1
	done
	((refused))
}

# The first child is init of another PID namespace, and when it has exited, there can be no more.
# Without one, no process is examined, so their names are not known.
@test "if no child can be created, the process enters the namespaces itself, and returns" {
	seek_no_leaks
	there perl -e 'shmget(5, 4000, 01600) // die'
	settle unshare --ipc -- 1000
	settle unshare --ipc -- 2000
	for words in "ls -A --sort size -o id,key,size,state,ns" "ls -A -l" "ls -A -J -o size,ns"; do
		# shellcheck disable=SC2086 # words
		try_there $words
		with_children=$output
		# shellcheck disable=SC2086 # words
		capture there unshare --pid "$SHMTOOL" $words --keep-file "$lists/none"
		expect_status 0
		assert_stderr_is ''
		assert_equal "$(blank_idle "$output")" "$(blank_idle "$with_children")"
	done
	# its own namespace is not that of the container: it has no way back, and so does not leave
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc -- 7000
	capture there nsenter --target "$pid" --user sh -c 'exec unshare --pid "$@"' sh "$SHMTOOL" ls -A \
		--format '%{size}' --ignore-keep
	expect_status 5
	assert_stderr_matches "cannot enter IPC namespace $ns .*: no child process can be created"
	assert_output_is 4000
}

@test "when a worker is killed, only the namespace that it was working in is lost" {
	settle unshare --ipc -- 1000
	settle unshare --ipc -- 2000
	local killed=$ns
	settle unshare --ipc -- 3000
	for words in "--format %{size}" "-l"; do
		# shellcheck disable=SC2086 # words
		with_steps kill:setns::3 try_there ls -A $words
		expect_status 7
		assert_stderr_matches "of IPC namespace $killed .*: the worker process was killed by signal 9"
		case $words in
		-l) assert_output_has "IPC namespace $ns" ;;
		*) assert_output_is $'1000\n3000' ;;
		esac
	done
}

# A user can make each call in a namespace wait that they are in.
@test "a namespace in which a worker waits is given up, and the others are listed" {
	settle unshare --ipc -- 1000
	settle unshare --ipc -- 2000
	local silent=$ns
	settle unshare --ipc -- 3000
	with_steps stop:setns::3 try_there ls -A --format '%{size}'
	expect_status 7
	assert_stderr_matches "of IPC namespace $silent .*: the worker process did not finish"
	assert_output_is $'1000\n3000'
}

@test "long and short lists: all segments, in their order" {
	local expected=() sizes
	for sizes in '1 700' '2001 2003' '3001 3900' '4001 4001'; do
		# shellcheck disable=SC2046,SC2086 # numbers
		settle unshare --ipc -- $(seq $sizes)
		# shellcheck disable=SC2086 # numbers
		expected+=("$(seq --format "$ns %.0f" $sizes)")
	done
	try_there ls -A --format '%{ns} %{size}'
	expect_status 0
	assert_output_is "$(printf '%s\n' "${expected[@]}")"
	try_there ls -A --prometheus
	assert_equal "$(sed -n 's/^shmtool_used_segments{.* //p' <<<"$output" | sort -n | xargs)" \
		'0 1 3 700 900'
}

@test "namespaces that end in the meantime are not an error" {
	# shellcheck disable=SC2016
	background there sh -c 'touch there; while :; do
		unshare --ipc perl -e "shmget(0, 4096, 01600)" & unshare --ipc sleep 0.02 & wait
	done'
	# before its exec, who comes in through nsenter(1) cannot be asked
	wait_until test -e there
	for _ in {1..15}; do
		try_there ls -A
		expect_status 0
		assert_stderr_is ''
		try_there rm -A --all
		expect_status 0
		assert_stderr_is ''
	done
}

@test "rm -n prints the same lines as rm, except for the verb" {
	settle unshare --ipc -- '!1000:1' 1500
	settle unshare --ipc -- '!2000'
	settle unshare --ipc -- 2500
	there perl -e 'shmwrite(shmget(3, 3000, 01600) // die, "x", 0, 1) or die'
	try_there rm -A --orphaned --grace 0 -n
	expect_status 0
	dry=$output
	assert_equal "${#lines[@]}" 4
	assert_equal "${lines[3]}" 'total 3 segments, 6000 bytes (5.9K) in 3 IPC namespaces'
	try_there ls -A --format '%{size}' --sort size
	assert_output_is $'1000\n1500\n2000\n2500\n3000'
	try_there rm -A --orphaned --grace 0
	expect_status 0
	assert_equal "$(without_idle "$output")" "$(without_idle "${dry//would remove/removed}")"
	try_there ls -A --format '%{size}' --sort size
	assert_output_is $'1500\n2500'
	try_there rm -A --orphaned --grace 0
	expect_status 0
	assert_output_is ''
}

@test "rm -J is one object over all namespaces" {
	settle unshare --ipc -- 1000
	one=$ns
	settle unshare --ipc -- 2000 3000
	try_there rm -A --all -J
	expect_status 0
	assert_equal "$(jq -rs '.[] | .results | sort_by(.size)[] | "\(.result) \(.size) \(.ns)"' <<<"$output")" \
		"removed 1000 $one
removed 2000 $ns
removed 3000 $ns"
}

@test "attached segments are not removed in any namespace" {
	settle "${named[@]}" -- 1000
	background there nsenter --target "$pid" --ipc "$HELPERS/hold" 0
	wait_until test -s "$background_output"
	settle unshare --ipc -- 2000
	try_there rm -A --all -v
	expect_status 0
	assert_output_has 'size=2000'
	assert_output_lacks 'size=1000'
	assert_stderr_matches 'segment 0 \(no key\) in IPC namespace [0-9]+ \(web-1, [0-9]+ perl\) skipped: attached'
	try_there ls -A --format '%{size}'
	assert_output_is 1000
}

@test "attached processes are assigned to the right namespace, even if ids are equal" {
	there perl -e 'shmget(5, 4000, 01600) // die'
	background there "$HELPERS/hold" 0
	wait_until test -s "$background_output"
	here=$(there pgrep -n hold)
	settle unshare --ipc -- 1000
	background there nsenter --target "$pid" --ipc "$HELPERS/hold" 0
	wait_until test -s "$background_output"
	other=$(there pgrep -n hold)
	try_there ls -A --sort size -J
	assert_equal "$(jq -c '.segments[] | [.id, .size, .nattch]' <<<"$output" | tr '\n' ' ')" \
		'[0,1000,1] [0,4000,1] '
	try_there ls -A --sort size -J -o size,holders
	expect_status 0
	assert_equal "$(jq -c '.segments[] | [.size, (.holders | map(.pid))]' <<<"$output" |
		tr '\n' ' ')" "[1000,[$other]] [4000,[$here]] "
	# both holders last used theirs
	try_there ls -A --format '%{size} %{holders}' --pid "$other"
	assert_output_is "1000 $other hold"
}

# key_of FILE: what ftok(3) makes of it with the project number 75 (K)
key_of()
{
	perl -MIPC::SysV=ftok -e 'print ftok($ARGV[0], 75) & 0xffffffff' "$1"
}

# shellcheck disable=SC2016
with_file='mount --bind "$0" /etc/hostname && exec "$@"'

keeps()
{
	printf '%s\n' "$@" >"$lists/keep"
	capture there "$SHMTOOL" rm -A --orphaned --grace 0 --keep-file "$lists/keep"
}

sizes()
{
	try_there ls -A --format '%{size}' --sort size
	paste -sd ' ' <<<"$output"
}

@test "ftok: in a keep list means the file that the processes of each namespace see" {
	touch one two
	settle unshare --ipc --mount sh -c "$with_file" one -- "!1000:$(key_of one)" '!1500:1'
	settle unshare --ipc --mount sh -c "$with_file" two -- "!2000:$(key_of one)" "!2500:$(key_of two)"
	settle unshare --ipc -- "!3000:$(key_of one)" "!3500:$(key_of /etc/hostname)"
	try_there ls -A --keep ftok:K:/etc/hostname --grace 0 --state kept --format '%{size}' --sort size
	assert_output_is $'1000\n2500\n3500'
	keeps ftok:K:/etc/hostname
	expect_status 0
	assert_stderr_is ''
	assert_equal "$(sizes)" '1000 2500 3500'
	keeps
	expect_status 0
	assert_equal "$(sizes)" ''
}

# As in a pod, whose first process has next to no files
@test "ftok: means the files of all processes of a namespace" {
	touch one
	settle unshare --ipc -- "!1000:$(key_of one)" '!1500:1'
	settle nsenter --target "$pid" --ipc unshare --mount \
		sh -c "$with_file" one --
	settle nsenter --target "$pid" --ipc --mount --
	keeps ftok:K:/etc/hostname
	expect_status 0
	assert_equal "$(sizes)" 1000
}

@test "ftok: a zombie is looked at twice, however often new processes are looked for" {
	settle unshare --ipc -- 1000
	# shellcheck disable=SC2016 # it is for perl
	background there perl -e 'my $pid = fork // die; exit if !$pid; $| = 1; print "$pid\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	pid=$(<"$background_output")
	wait_until there grep -q '^State:.Z' "/proc/$pid/status"
	STOP_DELAY=0 with_steps "delay:child:open:/proc/$pid:1+" try_there ls -A
	assert_equal "$(steps_taken)" 1
	STOP_DELAY=0 with_steps "delay:child:open:/proc/$pid:1+" try_there ls -A --keep ftok:K:/etc/hostname
	expect_status 0
	assert_equal "$(steps_taken)" 3
}

@test "ftok: means the files of the others, too, if the caller's namespace is excluded" {
	touch one
	settle unshare --ipc --mount sh -c "$with_file" one -- "!1000:$(key_of one)" '!1500:1'
	capture there "$SHMTOOL" rm -A --orphaned --grace 0 --keep ftok:K:/etc/hostname \
		--except-namespace /proc/self/ns/ipc
	expect_status 0
	assert_equal "$(sizes)" 1000
}

# What identifies a root directory may be that of another one by then, which a user can bring about.
@test "ftok: what was looked at for a user does not count as looked at for another one" {
	settle unshare --ipc -- '!1000'
	settle nsenter --target "$pid" --ipc --
	settle nsenter --target "$pid" --ipc "${ordinary_user[@]}" --
	settle nsenter --target "$pid" --ipc "${ordinary_user[@]}" --
	STOP_DELAY=0 with_steps delay:child:syscall:SYS_openat2:1+ \
		try_there rm -A --orphaned --keep ftok:K:/etc/hostname -n
	assert_equal "$(steps_taken)" 2
}

@test "ftok: means the files below all root directories of a namespace" {
	touch one
	mkdir other
	# shellcheck disable=SC2016
	settle unshare --ipc --mount \
		sh -c 'mount --rbind / other && mount --bind "$0" /etc/hostname && exec chroot other "$@"' \
		one -- "!1000:$(key_of one)" '!1500:1'
	settle nsenter --target "$pid" --ipc --mount --
	keeps ftok:K:/etc/hostname
	expect_status 0
	assert_equal "$(sizes)" 1000
}

@test "ftok: means the file of each container, too, where there is no openat2(2)" {
	touch one
	settle unshare --ipc --mount sh -c "$with_file" one -- "!1000:$(key_of one)" '!1500:1'
	without()
	{
		capture there "$HELPERS/refuse" "$@" "$SHMTOOL" rm -A --orphaned --grace 0 \
			--keep-file "$lists/none" --keep ftok:K:/etc/hostname
	}
	# nothing is removed where that cannot be known
	without ENOSYS openat2,chroot
	expect_status 7
	assert_stderr_has 'cannot find the files of the keep list in IPC namespace'
	assert_equal "$(sizes)" '1000 1500'
	without EPERM openat2
	expect_status 0
	assert_equal "$(sizes)" 1000
	settle unshare --ipc -- '!2000:1'
	without ENOSYS openat2
	expect_status 0
	assert_equal "$(sizes)" 1000
}

# Its list of threads is replaced by one that has more than the number of its links says, as
# when a hostile process creates threads behind those that are read, without end.
@test "a process that creates threads while they are listed counts as one that does not respond" {
	local count want
	settle unshare --ipc -- 1000
	there mount -t tmpfs none "/proc/$pid/task"
	for count in 90 300; do
		# shellcheck disable=SC2016
		there perl -e 'symlink "/proc/$ARGV[0]", "/proc/$ARGV[0]/task/$_" for 1 .. $ARGV[1]' "$pid" "$count"
		try_there rm -A --all -n
		want=$((count == 90 ? 0 : 5))
		expect_status "$want"
		((want == 0)) || assert_stderr_has "cannot determine the IPC namespace of 1 process"
		assert_output_has 'size=1000'
	done
}

@test "ftok: means the file that is in the namespace of -N" {
	touch one
	settle unshare --ipc --mount sh -c "$with_file" one -- "!1000:$(key_of one)" '!1500:1'
	capture there "$SHMTOOL" ls -N "$pid" --keep ftok:K:/etc/hostname --grace 0 --state kept --format '%{size}'
	assert_output_is 1000
	capture there "$SHMTOOL" rm -N "$pid" --orphaned --grace 0 --keep ftok:K:/etc/hostname
	expect_status 0
	assert_equal "$(sizes)" 1000
	run --separate-stderr with_steps child:syscall:SYS_openat2 \
		there "$SHMTOOL" rm -N "$pid" --all --keep ftok:K:/etc/hostname
	expect_status 7
	assert_stderr_has 'cannot find the files of the keep list in other IPC namespaces'
	assert_equal "$(sizes)" 1000
}

@test "ftok: means the files of threads, too" {
	touch one
	background there unshare --mount sh -c "$with_file" one "$HELPERS/thread-namespace" "$(key_of one)"
	wait_until test -s "$background_output"
	local tid where
	tid=$(<"$background_output")
	# first only the thread is there, then also a process with another file
	for where in -A "-N $tid" "-N $(number_of "$tid")"; do
		# shellcheck disable=SC2086 # an option and its value
		capture there "$SHMTOOL" rm $where --detached --keep ftok:K:/etc/hostname
		expect_status 0
		assert_equal "$(sizes)" 12345
	done
	settle nsenter --ipc="/proc/$tid/ns/ipc" --
	for where in -A "-N $pid"; do
		# shellcheck disable=SC2086 # an option and its value
		capture there "$SHMTOOL" rm $where --detached --keep ftok:K:/etc/hostname
		expect_status 0
		assert_equal "$(sizes)" 12345
	done
}

# It can be opened when it is entered.
@test "ftok: if the namespace of -N cannot be opened when the files are sought: nothing is removed" {
	touch one
	settle unshare --ipc --mount sh -c "$with_file" one -- "!1000:$(key_of one)"
	local remove=(there "$SHMTOOL" rm -N "$pid" --orphaned --grace 0 --keep ftok:K:/etc/hostname)
	run --separate-stderr with_steps kill:child:openat "${remove[@]}"
	expect_status 7
	assert_equal "$(steps_taken)" 1
	assert_stderr_has "cannot enter the IPC namespace of $pid: "
	assert_equal "$(sizes)" 1000
	"${remove[@]}"
	assert_equal "$(sizes)" 1000
}

# As a program that becomes a daemon: its child is not in the list of processes.
@test "ftok: means the files of a process that replaces another one during the search" {
	touch one
	settle unshare --ipc -- "!1000:$(key_of one)"
	# shellcheck disable=SC2016
	background there nsenter --target "$pid" --ipc unshare --mount sh -c "$with_file" one \
		perl -e '$SIG{USR1} = sub { exit if fork }; $| = 1; print "$$\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	local other opened
	other=$(<"$background_output")
	opened=delay:child:open:/proc/$other
	STOP_RUN="kill -USR1 $other; while test -e /proc/$other; do :; done" \
		capture with_steps "$opened then:run:${opened#*:}" \
		there "$SHMTOOL" rm -A --orphaned --grace 0 --keep ftok:K:/etc/hostname
	expect_status 0
	assert_equal "$(steps_taken)" 2
	assert_equal "$(sizes)" 1000
}

# A link of a process that exits may be refused (EACCES), rather than missing.
@test "a process that exits while it is looked at is not one that may not be looked at" {
	local call opened other
	local -x STOP_ERROR=EACCES STOP_RUN
	for call in openat:root readlinkat:ns/ipc openat:ns/ipc; do
		settle unshare --ipc -- '!1000:1'
		other=$pid
		[[ $call == openat:ns/ipc ]] || settle nsenter --target "$pid" --ipc --
		STOP_RUN="kill -KILL $other; while test -e /proc/$other; do :; done"
		opened=delay:child:open:/proc/$other
		run --separate-stderr \
			with_steps "$opened then:run:child:$call $opened then:fail:child:$call" \
			there "$SHMTOOL" rm -A --detached --keep ftok:K:/etc/hostname
		expect_status 0
		assert_stderr_is ''
		assert_equal "$(steps_taken)" 4
		assert_equal "$(sizes)" ''
	done
}

# A user could run thousands of them.
@test "ftok: if root directories of ordinary users take too long: nothing is removed in that namespace" {
	settle unshare --ipc --mount "${ordinary_user[@]}" -- '!1000:1'
	settle unshare --ipc --mount "${ordinary_user[@]}" -- '!2000:1'
	settle unshare --ipc --mount -- '!3000:1'
	STEP_MONOTONIC=2 LD_PRELOAD=$HELPERS/clock.so ASAN_OPTIONS=verify_asan_link_order=0 \
		capture there "$SHMTOOL" rm -A --detached --keep ftok:K:/etc/hostname
	expect_status 7
	assert_stderr_matches 'cannot find the files of the keep list in IPC namespace .*: looking through the processes takes too long; namespace skipped'
	assert_equal "$(sizes)" 2000
}

# What its other threads see, in namespaces of their own, is not known then.
@test "ftok: if a process with several threads does not answer: nothing is removed anywhere" {
	touch one
	background there unshare --ipc --mount sh -c "$with_file" one "$HELPERS/thread-namespace" "$(key_of one)"
	wait_until test -s "$background_output"
	settle nsenter --ipc="/proc/$(<"$background_output")/ns/ipc" --
	run --separate-stderr with_steps child:syscall:SYS_openat2 \
		there "$SHMTOOL" rm -A --detached --keep ftok:K:/etc/hostname
	expect_status 7
	assert_equal "$(steps_taken)" 1
	assert_stderr_matches "cannot find the files of the keep list in IPC namespace $ns .*: a process does not answer; namespace skipped"
	assert_equal "$(sizes)" 12345
}

# A process that may not be looked at could use any file.
@test "ftok: if root may not look at all processes: nothing is removed or changed, and ls warns" {
	touch one
	local reason='processes are hidden (this requires CAP_SYS_PTRACE)'
	# shellcheck disable=SC2054 # one word with commas
	local less=(setpriv --bounding-set=-all,+sys_admin,+ipc_owner,+setuid --inh-caps=-all)
	local limited=(there "${less[@]}" "$SHMTOOL")
	settle unshare --ipc --mount sh -c "$with_file" one "${ordinary_user[@]}" -- "!1000:$(key_of one)"
	bind_there "$pid" bound
	capture "${limited[@]}" rm -N bound --orphaned --grace 0 --keep ftok:K:/etc/hostname
	expect_status 7
	assert_stderr_has "cannot find the files of the keep list in other IPC namespaces: $reason; nothing was removed"
	capture "${limited[@]}" set -N bound --orphaned --grace 0 --keep ftok:K:/etc/hostname -p 640
	expect_status 7
	assert_stderr_has "$reason; nothing was changed"
	capture "${limited[@]}" rm -A --orphaned --grace 0 --keep ftok:K:/etc/hostname
	assert_output_is ''
	try_there ls -A --format '%{size} %{mode}'
	assert_output_is '1000 0600'
	# ls uses what another process shows
	settle nsenter --target "$pid" --ipc --mount "${less[@]}" --
	capture "${limited[@]}" ls -N bound --keep ftok:K:/etc/hostname --format '%{size} %{state}'
	expect_status 0
	assert_output_is '1000 kept'
	assert_stderr_is "shmtool ls: warning: cannot find the files of the keep list in other IPC namespaces: $reason"
}

@test "ftok: if the processes of a namespace may be in another PID namespace: nothing is removed there" {
	local where
	touch one
	settle unshare --ipc --mount sh -c "$with_file" one -- "!1000:$(key_of one)"
	bind_there "$pid" bound
	for where in '-N bound' -A; do
		# shellcheck disable=SC2086 # an option and its value
		capture there unshare --pid --fork --mount-proc "$SHMTOOL" rm $where --detached --keep ftok:K:/etc/hostname
		expect_status 7
		assert_stderr_has 'its processes are not visible in this PID namespace'
	done
	assert_equal "$(sizes)" 1000
}

# As a service with a user of its own
@test "ftok: if who may remove all segments may not look at all processes: nothing is removed" {
	touch one
	settle unshare --ipc --mount sh -c "$with_file" one -- "!1000:$(key_of one)"
	bind_there "$pid" bound
	capture there setpriv --reuid 1000 --clear-groups --inh-caps +sys_admin,+ipc_owner \
		--ambient-caps +sys_admin,+ipc_owner \
		"$SHMTOOL" rm -N bound --orphaned --grace 0 --keep ftok:K:/etc/hostname
	expect_status 7
	assert_stderr_has 'processes are hidden (this requires CAP_SYS_PTRACE); nothing was removed'
	assert_equal "$(sizes)" 1000
}

@test "a pid means nothing if /proc belongs to another PID namespace: exit 7" {
	local words
	for words in 'ls -N 1' 'rm -N 1 --all' 'rm -A --all --except-namespace 1'; do
		# shellcheck disable=SC2086 # words
		capture there unshare --pid --fork "$SHMTOOL" $words
		expect_status 7
		assert_stderr_has '/proc belongs to another PID namespace'
		assert_stderr_has 'hint: mount /proc, or give the path of a namespace, or its number'
	done
}

@test "no command names the namespace of the caller by the pid of shmtool" {
	capture there unshare --ipc --pid --fork --mount-proc "$SHMTOOL" ls -A -l --warn 0
	assert_output_has 'to raise it: sysctl kernel.shmmni='
	assert_output_lacks nsenter
}

@test "ftok: with what only a container has, if the entry is optional" {
	touch one
	# shellcheck disable=SC2016
	settle unshare --ipc --mount sh -c 'mount -t tmpfs none /mnt && touch /mnt/x &&
		mount --bind "$0" /mnt/x && exec "$@"' one -- "!1000:$(key_of one)"
	keeps ftok:K:/mnt/x
	expect_status 7
	keeps -ftok:K:/mnt/x
	expect_status 0
	assert_equal "$(sizes)" 1000
}

@test "the path of ftok: does not lead out of a container's root directory" {
	mkdir -p root/etc
	touch root/real outside
	ln -s /real root/etc/absolute
	ln -s "../../../..$PWD/outside" root/etc/relative
	# shellcheck disable=SC2016
	background there unshare --ipc --mount perl -e '
		my $root = shift;
		for (@ARGV) { next if fork; my $key = $_;
			my $id = shmget($key, 4096, 01600) // die; shmwrite $id, "x", 0, 1; exit }
		1 while wait > 0;
		chroot $root or die; chdir "/"; $| = 1; print "$$\n"; sleep 1 while 1' \
		root "$(key_of root/real)" "$(key_of outside)"
	wait_until test -s "$background_output"
	keeps -ftok:K:/etc/absolute -ftok:K:/etc/relative
	expect_status 0
	assert_stderr_is ''
	try_there ls -A --format '%{key}'
	assert_output_is "$(printf '0x%08x' "$(key_of root/real)")"
}

@test "a path of ftok: that leads through a link of /proc: nothing is removed in that namespace" {
	touch one
	# shellcheck disable=SC2016
	settle unshare --ipc --mount sh -c 'mount -t tmpfs none /mnt && touch /mnt/x && mount --bind "$0" /mnt/x &&
		ln -s "/proc/$$/root/mnt/x" /mnt/link && exec "$@"' one -- "!1000:$(key_of one)"
	keeps -ftok:K:/mnt/link
	expect_status 7
	assert_stderr_matches 'cannot find the files of the keep list in IPC namespace .*: Too many levels of symbolic links; namespace skipped'
	assert_equal "$(sizes)" 1000
}

@test "a file of the keep list that does not answer: nothing is removed in that namespace" {
	touch one
	settle unshare --ipc -- '!1000:1'
	settle unshare --ipc -- '!2000:1'
	keep_that_stops()
	{
		run --separate-stderr with_steps child:syscall:SYS_openat2 \
			there "$SHMTOOL" rm -A --orphaned --grace 0 --keep ftok:K:/etc/hostname
	}
	keep_that_stops
	expect_status 7
	assert_stderr_matches 'cannot find the files of the keep list in IPC namespace [0-9]+ \(.*[0-9]+ perl\): a process does not answer; namespace skipped'
	[[ $(sizes) == 1000 || $(sizes) == 2000 ]]
}

# Not even SIGKILL ends the process that looks there.
@test "a hostile file system in a container's root directory does not block rm" {
	need_fuse
	mkdir served
	touch served/file
	settle unshare --ipc --mount "$HELPERS/silent-fuse" served -- '!1000:1'
	settle unshare --ipc -- '!2000:1'
	# what reads the output of this is not kept waiting, either
	# shellcheck disable=SC2016
	run --separate-stderr bash -c '"$@" | cat; exit "${PIPESTATUS[0]}"' bash timeout --signal KILL 120 \
		nsenter --target "$world" --user --ipc --pid --mount \
		"$SHMTOOL" rm -A --orphaned --grace 0 --keep "ftok:K:$PWD/served/file"
	expect_status 7
	assert_stderr_has 'a process does not answer; namespace skipped'
	assert_equal "$(sizes)" 1000
	# nor does what is stuck there keep a namespace in existence
	local stuck
	stuck=$(there pgrep -o -x shmtool)
	assert_equal "$(there find "/proc/$stuck/fd" -lname 'ipc:*')" ''
}

@test "a file of the keep list that may not be examined in a container, or not by this kernel" {
	need_strace
	seek_no_leaks
	settle unshare --ipc --
	settle unshare --ipc -- '!1000:1'
	there strace -f -qq -o trace -e inject=openat2:error=EACCES \
		"$SHMTOOL" rm -A --orphaned --grace 0 --keep ftok:K:/etc/hostname || ended=$?
	assert_equal "$ended $(sizes)" '7 1000'
	there strace -f -qq -o trace -e inject=openat2:error=ENOSYS \
		"$SHMTOOL" rm -A --orphaned --grace 0 --keep ftok:K:/etc/hostname
	assert_equal "$(sizes)" ''
}

@test "the caller's keep list applies in all namespaces" {
	settle unshare --ipc -- '!1000:7' '!1500:8'
	settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc -- '!2000:7' '!2500:8'
	settle unshare --ipc "${ordinary_user[@]}" -- '!3000:9'
	echo key:7 >"$lists/keep"
	echo creator:1000 >>"$lists/keep"
	capture there "$SHMTOOL" rm -A --orphaned --grace 0 --keep-file "$lists/keep"
	expect_status 0
	assert_output_has 'size=1500'
	assert_output_has 'total 1 segment'
	try_there ls -A --format '%{size}' --sort size
	assert_output_is $'1000\n2000\n2500\n3000'
	echo nonsense >"$lists/keep"
	capture there "$SHMTOOL" rm -A --orphaned --grace 0 --keep-file "$lists/keep"
	expect_status 7
	assert_output_is ''
	capture there "$SHMTOOL" rm -A --orphaned --grace 0 --ignore-keep
	assert_output_has 'total 4 segments'
}

@test "--except-namespace, by process and by path" {
	settle unshare --ipc -- 1000
	one=$pid
	settle unshare --ipc -- 2000
	two=$pid
	settle unshare --ipc -- 3000
	bind_there "$pid" bound
	there perl -e 'shmget(5, 4000, 01600) // die'
	try_there ls -A --except-namespace "$one" --except-namespace bound --format '%{size}' --sort size
	expect_status 0
	assert_output_is $'2000\n4000'
	try_there rm -A --all --except-namespace bound --except-namespace "$two" \
		--except-namespace /proc/self/ns/ipc
	expect_status 0
	assert_output_has 'size=1000'
	assert_output_has 'total 1 segment'
	try_there ls -A --format '%{size}' --sort size
	assert_output_is $'2000\n3000\n4000'
}

# Between two looks, in which it opens them
holds_no_namespace()
{
	[[ -z $(there find "/proc/$1/fd" -lname 'ipc:*') ]]
}

@test "--follow excludes what --except-namespace named at the start, even when that has ended" {
	settle unshare --ipc -- 1000
	background there "$SHMTOOL" ls -A --follow --interval 50ms -v --ignore-keep \
		--except-namespace "$pid"
	local events=$background_output
	wait_until grep -q watching "$background_errors"
	there nsenter --target "$pid" --ipc perl -e 'shmget(7, 2500, 01600) // die'
	there perl -e 'shmget(7, 1500, 01600) // die'
	wait_until grep -q 'created .* size=1500 ' "$events"
	end_there "$pid"
	# each of these takes another look
	local size
	for size in 1501 1502 1503 1504; do
		there ipcrm -M 7
		wait_until grep -q "removed .* size=$((size - 1)) " "$events"
		there perl -e 'shmget(7, shift, 01600) // die' "$size"
		wait_until grep -q "created .* size=$size " "$events"
	done
	# nor does it keep that namespace in existence
	wait_until holds_no_namespace "$(there pgrep -o -x shmtool)"
	# it may get the number of the one that has ended
	settle unshare --ipc -- 3000
	wait_until grep -q 'created .* size=3000 ' "$events"
	assert_equal "$(wc -l <"$events")" 10
}

@test "-N and --except-namespace by the number that ls -A shows" {
	settle unshare --ipc -- 1000
	local one=$ns
	settle unshare --ipc -- 2000
	try_there ls -N "$one" --format '%{size}'
	expect_status 0
	assert_output_is 1000
	try_there ls -N "$one" -l
	assert_output_matches "nsenter --ipc=/proc/[0-9]+/ns/ipc "
	try_there ls -A --except-namespace "$one" --format '%{size}'
	assert_output_is 2000
	try_there rm -N "$one" --all
	expect_status 0
	try_there ls -A --format '%{size}'
	assert_output_is 2000
	# the machine's first one, which is not visible there
	for words in "ls -N 4026531839" "rm -A --all --except-namespace 4026531839"; do
		# shellcheck disable=SC2086 # words
		try_there $words
		expect_status 7
		assert_stderr_has 'no such IPC namespace is visible here'
	done
	try_there ls -N 4294967296
	expect_status 2
}

@test "--except-namespace with a namespace that does not exist: nothing is done" {
	settle unshare --ipc -- 1000
	# above any pid (PID_MAX_LIMIT)
	for word in 4194305 ./missing none /proc/1/ns/pid; do
		for verb in 'rm --all' 'rm --all -n' ls; do
			# shellcheck disable=SC2086 # words
			try_there $verb -A --except-namespace "$word"
			expect_status 7
			assert_output_is ''
			assert_stderr_has "$word"
			assert_stderr_has 'nothing was done'
		done
	done
	try_there ls -A --format '%{size}'
	assert_output_is 1000
}

@test "options that cannot be combined with -A: exit 2, and nothing is done" {
	settle unshare --ipc -- 1000
	there perl -e 'shmget(5, 4000, 01600) // die'
	while read -ra words; do
		try_there "${words[@]}"
		expect_status 2
		assert_output_is ''
		assert_stderr_has -A
	done <<-END
		rm -A 0
		rm -A --all 0
		rm -A --all -N $pid
		rm -A --all -q
		rm -A -m 0
		rm -A -M 5
		rm --all --except-namespace $pid
		ls -A 0
		ls -A -N $pid
		ls -A -q
		ls -A --from /proc/sysvipc/shm
		ls --except-namespace $pid
		stat -A 0
		stat -A --all --map
		stat -A --all -N $pid
		set -A --all -p 600
	END
	try_there rm -A
	expect_status 2
	try_there rm -A --except-namespace "$pid"
	expect_status 2
	for word in 0 99999999999 ''; do
		try_there rm -A --all --except-namespace "$word"
		expect_status 2
	done
	try_there ls -A --format '%{size}' --sort size
	assert_output_is $'1000\n4000'
}

@test "output that cannot be written: exit status 7, and no further namespace" {
	settle unshare --ipc -- 1000
	settle unshare --ipc -- 2000
	# shellcheck disable=SC2016
	capture there sh -c '"$0" rm -A --all --keep-file "$lists/none" >/dev/full' "$SHMTOOL"
	expect_status 7
	assert_stderr_matches '^shmtool rm: already removed \(or marked for removal\), in IPC namespace [0-9]+ \([^)]*\): [0-9]+
shmtool rm: cannot write the output: No space left on device$'
	try_there ls -A --format '%{size}'
	assert_output_is 2000
	settle unshare --ipc -- 3000
	# shellcheck disable=SC2016
	capture there bash -c 'exec 5> >(exit); wait $!; exec "$0" rm -A --all --keep-file "$lists/none" >&5' \
		"$SHMTOOL"
	expect_status 141
	assert_stderr_matches '^shmtool rm: already removed \(or marked for removal\), in IPC namespace [0-9]+ \([^)]*\): [0-9]+$'
	try_there ls -A --format '%{size}'
	assert_output_is 3000
}

# Segments of two namespaces, 300 in each.
settle_many()
{
	local sizes=()
	mapfile -t sizes < <(seq 1000 1299)
	settle unshare --ipc -- "${sizes[@]}"
	mapfile -t sizes < <(seq 2000 2299)
	settle unshare --ipc -- "${sizes[@]}"
}

# stop_there STEPS: starts the removal of all, until one of its processes is stopped (stopped)
# there. The pid of rm is in the file pid. Both are numbers of there.
stop_there()
{
	: >steps
	# shellcheck disable=SC2016
	background with_steps "$1" there sh -c 'echo $$ >pid
		exec "$0" rm -A --all --keep-file "$lists/none" >lines' "$SHMTOOL"
	wait_until stopped_there "$(wc -w <<<"$1")"
}

stopped_there()
{
	stopped=$(sed -n "$1s/ .*//p" steps)
	[[ $stopped ]]
}

go_on_there()
{
	there kill -CONT "$stopped" 2>/dev/null || true
	wait_for_status "$background_pid"
	stderr=$(<"$background_errors")
}

# Each segment has a line, or is reported as removed, or still exists with its mode.
all_are_told()
{
	sed -n 's/^removed .* size=\([0-9]*\) .*/\1/p' lines >told
	sed -n 's/^shmtool rm: already removed (or marked for removal), in .*): //p' <<<"$stderr" | tr ' ' '\n' >untold
	capture there "$SHMTOOL" ls -A --format '%{mode} %{size}' --keep-file "$lists/none"
	sed -n 's/^0600 //p' <<<"$output" >left
	assert_equal "$(sort told left | uniq -d)" ''
	assert_equal "$(sort told left untold | wc -l)" 600
}

@test "SIGTERM ends the work in another namespace: no line is lost, and no segment stays blocked" {
	settle_many
	# among many others: the first one alone is a batch
	stop_there child:shmctl:IPC_RMID:2
	there kill -TERM "$(<pid)"
	go_on_there
	assert_equal "$ended" 143
	all_are_told
	# it came to the end of its batch, which is all that is left
	assert_equal "$(wc -l <lines)" 600
}

# A user can make each call in a namespace wait that they are in.
@test "while a child is in a namespace of other users, no segment elsewhere is at mode 0" {
	local key here size of=()
	# shellcheck disable=SC2016
	for key in 5 6 7; do there perl -e 'shmget($ARGV[0], 1000, 01600) // die' "$key"; done
	settle unshare --ipc -- 2000:2
	# two containers of a user, and two that root has started
	for size in 3000 3100; do
		settle "${ordinary_user[@]}" unshare --user --map-root-user --ipc -- "$size:2"
		of[size]=$ns
	done
	for size in 3200 3300; do
		settle unshare --user --map-root-user --ipc -- "$size:2"
		of[size]=$ns
	done
	settle unshare --ipc -- 4000:2
	STOP_RUN="LD_PRELOAD= '$SHMTOOL' ls -A --format '$(printf '%%{mode} %%{size} ')'\"\$(stat -Lc %i /proc/self/ns/ipc)\" >>'$PWD/seen'" \
		with_steps "run:child:after:setns:CLONE_NEWIPC:1+" try_there rm -A --all
	expect_status 0
	assert_output_has 'total 9 segments'
	# in each of these namespaces, and elsewhere
	for size in "${!of[@]}"; do
		here=${of[size]}
		grep -q " 4000 $here\$" seen
		run ! grep -q "^0000 .* $here\$" seen
		run ! grep -q "^0000 $size " seen
	done
}

# killed_at STEPS: children are killed there
killed_at()
{
	run --separate-stderr with_steps "$1" there "$SHMTOOL" rm -A --all --keep-file "$lists/none"
	expect_status 7
	assert_stderr_has 'the worker process was killed by signal 9; nothing more was removed'
	echo "$output" >lines
}

# (The second step is for the other namespace: who lets them in again does not come to it.)
@test "children that are killed while they block segments: the modes are restored" {
	settle_many
	killed_at 'kill:child:after:shmctl:IPC_SET:25 then:kill:child:after:shmctl:IPC_SET:50'
	# the first batch of all, the first one, was done
	assert_output_has size=1000
	assert_output_lacks size=1001
	all_are_told
	assert_equal "$(wc -l <untold)" 0
}

@test "children that are killed while they remove: that is reported, and the rest is unchanged" {
	settle_many
	killed_at 'kill:child:shmctl:IPC_RMID:150 then:kill:child:shmctl:IPC_RMID:150'
	all_are_told
	assert_equal "$(wc -l <untold)" 0
	(($(wc -l <told) > 20 && $(wc -l <left) > 20))
}

@test "SIGTERM while modes are restored after a child was killed: what was removed is reported" {
	settle_many
	# killed, and who lets them in is on its way
	stop_there 'kill:child:shmctl:IPC_RMID:150 then:stop:setns'
	there kill -TERM "$(<pid)"
	go_on_there
	assert_equal "$ended" 143
	all_are_told
	(($(wc -l <told) > 20 && $(wc -l <left) > 20))
}

@test "a worker is killed, and no other can be created: the program restores the mode itself" {
	settle unshare --ipc -- 1000
	export STOP_ERROR=EAGAIN
	# the next child would restore the mode
	run --separate-stderr with_steps 'kill:child:after:waitpid then:fail:fork::1+' \
		there "$SHMTOOL" rm -A --all --keep-file "$lists/none"
	expect_status 7
	assert_stderr_is 'shmtool rm: the worker process was killed by signal 9; nothing more was removed'
	try_there ls -A --format '%{mode} %{size}'
	assert_output_is '0600 1000'
}

@test "a path in a command that is printed can be pasted into a shell; with -A, no user has chosen it" {
	settle unshare --ipc -- 4096:1
	local path="$PWD/\$(touch pasted);\`touch pasted\`'x"
	bind_there "$pid" "$path"
	end_there "$pid"
	local way command long
	for way in '-l' '--warn 0'; do
		# shellcheck disable=SC2086 # an option and its value
		try_there ls -A $way
		assert_output_has 'nsenter --ipc=PATH sysctl '
		assert_output_lacks "ipc='"
		# shellcheck disable=SC2086 # an option and its value
		try_there ls -N "$path" $way
		command=$(sed -n 's/.*\(nsenter --ipc=.*touch.*\) sysctl .*/\1/p' <<<"$output" | head -n 1)
		assert_equal "$(eval "set -- $command" && echo "$2")" "--ipc=$path"
		[[ ! -e pasted ]]
	done
	# a part of it could be the path of another one
	printf -v long "$PWD/%0200d/%0200d/%0200d" 1 2 3
	there mkdir -p "${long%/*}"
	bind_there 1 "$long"
	try_there ls -N "$long" -l
	assert_output_has 'nsenter --ipc=... sysctl '
}

# When the command is used, that can be the pid of another process, in any namespace.
@test "the command of a hint names a namespace by its number" {
	need_root
	settle unshare --ipc "${ordinary_user[@]}" -- 1000
	STOP_ERROR=EIO run --separate-stderr with_steps 'fail:child:shmctl:IPC_RMID fail:child:shmctl:IPC_SET:2' \
		there "$SHMTOOL" rm -A --all --keep-file "$lists/none"
	expect_status 9
	local command
	command=$(sed -n 's/.*no process can attach it: shmtool //p' <<<"$stderr")
	assert_equal "$command" "set -N $ns 0 -p 0600"
	# shellcheck disable=SC2086 # words
	there "$SHMTOOL" $command
	try_there ls -A --format '%{mode}'
	assert_output_is 0600
	# a command that checks nothing does not name one
	there "$SHMTOOL" "set" -N "$pid" 0 -u 2000
	STOP_ERROR=ENOMEM run --separate-stderr with_steps fail:child:shmat::1+ \
		there "$SHMTOOL" rm -A --all --keep-file "$lists/none"
	expect_status 6
	assert_stderr_has "remove it without these checks, as ipcrm does: shmtool rm -N NS -m 0"
	there "$SHMTOOL" rm -N "$ns" -m 0
	try_there ls -A -q
	assert_output_is ''
}

@test "metrics have nothing that a terminal would take for a command" {
	# shellcheck disable=SC2016 # for sh
	settle unshare --ipc --uts sh -c 'printf %s "$0" >/proc/sys/kernel/hostname && exec "$@"' $'a\e[31m\xe2\x80\xaeb' -- 4096:1
	try_there ls -A --prometheus
	expect_status 0
	assert_output_has "ns=\"$ns\",ns_name=\"a\\\\x1b[31m\\\\xe2\\\\x80\\\\xaeb\"} 1"
}

@test "-l and --warn show the limits of each namespace, and name it" {
	settle "${named[@]}" -- 4096:1 4096:2 4096:3
	there nsenter --target "$pid" --ipc sh -c 'echo 4 >/proc/sys/kernel/shmmni'
	# what ipcs says there
	limit=$(there nsenter --target "$pid" --ipc ipcs -m -l | sed -n 's/^max number of segments = //p')
	assert_equal "$limit" 4
	try_there ls -l -A
	expect_status 0
	assert_stderr_is ''
	assert_equal "$(grep -c '^IPC namespace [0-9]* (.*)$' <<<"$output")" 2
	assert_equal "$(sed -n "/^IPC namespace $ns (web-1, $pid perl)\$/,/^\$/p" <<<"$output" |
		awk '$1 == "shmmni" { print $2, $3, $4 }')" '4 3 75.0%'
	assert_equal "$(grep -c '^shmmni ' <<<"$output")" 2

	try_there ls -l -A -J
	assert_equal "$(jq -c ".limits[] | select(.ns == $ns and .name == \"shmmni\")" <<<"$output")" \
		"{\"name\":\"shmmni\",\"value\":4,\"used\":3,\"percent\":75,\"ns\":$ns,\"ns_name\":\"web-1\",\"ns_pid\":$pid,\"ns_comm\":\"perl\"}"
	assert_equal "$(jq '[.limits[] | select(has("ns") and .name != "cgroup")] | length' <<<"$output")" 8
	validate <<<"$output"
	try_there ls -u -A -J
	validate <<<"$output"
	assert_equal "$(jq -c "[.summary[] | select(.ns == $ns) | .value, .ns_name][:2]" <<<"$output")" '[3,"web-1"]'

	try_there ls -A --warn 70
	expect_status 1
	assert_output_is "IPC namespace $ns (web-1, $pid perl): shmmni: 3 of 4 segments in use (75.0%); to raise it: nsenter --ipc=/proc/PID/ns/ipc sysctl kernel.shmmni=8"
	try_there ls -A --warn 70 --except-namespace "$pid"
	expect_status 0
	assert_output_is ''
	try_there ls -A --warn 80
	expect_status 0
}

@test "-A -l shows the memory of the machine once, with what the segments of all namespaces use" {
	local pids=()
	for sizes in '1000000 2000000' 3000000; do
		# shellcheck disable=SC2086 # words
		settle unshare --ipc -- $sizes
		pids+=("$pid")
		there nsenter --target "$pid" --ipc "$SHMTOOL" write 0 --fill 1
	done
	try_there ls -l -A -J
	expect_status 0
	validate <<<"$output"
	local listed pages rss
	read -r pages rss < <(
		for pid in "${pids[@]}"; do
			# shellcheck disable=SC2016 # awk's own
			there nsenter --target "$pid" --ipc awk 'NR > 1 { print int(($4 + 4095) / 4096), $15 }' /proc/sysvipc/shm
		done | awk '{ pages += $1; rss += $2 } END { print pages, rss }'
	)
	listed=$(jq -c '[.limits[] | select(has("ns") | not) | select(.name != "swap") | [.name, .used]]' <<<"$output")
	assert_equal "$listed" "[[\"ram\",$rss],[\"memory\",$((pages * 4096))]]"
	((rss > 4000000))
	try_there ls -l -A
	assert_equal "$(sed -n '/^all IPC namespaces$/,$p' <<<"$output" | awk '{ print $1 }' | head -n 3)" $'all\nLIMIT\nram'
	try_there ls -A --warn 0
	assert_output_matches 'ram: .*; to list the largest: shmtool ls -A -o \+rss,swap --sort -rss'
	# per namespace in metrics, to be added up there
	try_there ls -A --prometheus
	assert_equal "$(awk '/^shmtool_used_resident_bytes\{ns=/ { sum += $2 } END { print sum }' <<<"$output")" "$rss"
	assert_equal "$(grep -c '^shmtool_limit_ram_bytes [0-9]*$' <<<"$output")" 1
}

@test "-A -l: a namespace that cannot be entered is reported (exit 5), and the others are shown" {
	settle unshare --ipc "${ordinary_user[@]}" -- 1000
	try_there_as_user ls -l -A
	expect_status 5
	assert_stderr_matches "cannot enter IPC namespace $ns"
	assert_output_has shmmni
}

@test "stat -A: the segments that pass the filters, each with its namespace" {
	settle "${named[@]}" -- 1000 '!2000'
	local one="$ns (web-1, $pid perl)"
	settle "${named[@]}" -- 3000
	background there nsenter --target "$pid" --ipc "$HELPERS/hold" 0
	wait_until test -s "$background_output"
	try_there stat -A --min-size 2000 --holders --grace 0
	expect_status 0
	assert_stderr_is ''
	assert_equal "$(grep '^segment' <<<"$output")" "segment 1 in IPC namespace $one
segment 0 in IPC namespace $ns (web-1, $pid perl)"
	assert_equal "$(grep -A1 '^verdict' <<<"$output" | grep '^  ' | cut -d: -f1)" $'  orphaned\n  attached'
	assert_output_matches 'holders +process [0-9]+ \(hold\)'
	try_there stat -A --all -J
	assert_equal "$(jq -c '[.segments[] | .size] | sort' <<<"$output")" '[1000,2000,3000]'
	try_there stat -A --orphaned --grace 0 --format '%{ns} %{size}'
	assert_output_is "${one%% *} 2000"
}

@test "metrics of each namespace, by its number" {
	need_command promtool
	settle unshare --ipc -- 1000 2000
	local one=$ns
	settle unshare --ipc -- 3000
	there nsenter --target "$pid" --ipc sh -c 'echo 7 >/proc/sys/kernel/shmmni'
	try_there ls -A --prometheus
	expect_status 0
	assert_stderr_is ''
	promtool check metrics <<<"$output"
	local name
	name=$(sed -n "s/^shmtool_used_segments{ns=\"$one\",ns_name=\"\(.*\)\"} .*/\1/p" <<<"$output")
	assert_output_has "shmtool_segments{state=\"detached\",owner=\"root\",ns=\"$one\",ns_name=\"$name\"} 2"
	assert_output_has "shmtool_segment_bytes{state=\"detached\",owner=\"root\",ns=\"$ns\",ns_name=\"$name\"} 3000"
	assert_output_has "shmtool_limit_segments{ns=\"$ns\",ns_name=\"$name\"} 7"
	assert_output_has "shmtool_used_segments{ns=\"$one\",ns_name=\"$name\"} 2"
	# the namespace of the caller has no segment, but limits
	assert_output_has "shmtool_used_segments{ns=\"$(number_of 1)\",ns_name=\"$(uname -n)\"} 0"
	assert_equal "$(grep -c '^shmtool_run_timestamp_seconds ' <<<"$output")" 1
	# filters choose segments, not limits
	try_there ls -A --prometheus --min-size 2500
	assert_equal "$(grep -c '^shmtool_segments{' <<<"$output")" 1
	assert_equal "$(grep -c '^shmtool_used_segments{' <<<"$output")" 3
}

@test "--follow -A reports what happens in every namespace, even in new ones and those that end" {
	settle unshare --ipc -- 1000
	local one=$ns one_pid=$pid
	background there "$SHMTOOL" ls -A --follow --interval 50ms -v --ignore-keep
	wait_until grep -q 'watching (1 segment now)' "$background_errors"
	local events=$background_output
	there nsenter --target "$pid" --ipc perl -e 'shmget(7, 1500, 01600) // die'
	wait_until grep -q "created .* size=1500 .* ns=$one ns-name=.* ns-of=$pid perl" "$events"
	# the same id and size in another one
	settle unshare --ipc -- 1000
	wait_until grep -q "created 0 .* size=1000 .* ns=$ns ns-name=.* ns-of=$pid perl" "$events"
	there nsenter --target "$one_pid" --ipc ipcrm -m 0
	wait_until grep -q "removed 0 .* size=1000 .* ns=$one " "$events"
	# with its last process a namespace ends, and all that is in it
	end_there "$pid"
	wait_until grep -q "removed 0 .* size=1000 .* ns=$ns " "$events"
	assert_equal "$(cut -d ' ' -f 3 "$events" | paste -sd ' ')" 'created created removed removed'
	background there "$SHMTOOL" ls -A --follow --interval 50ms -J --ignore-keep --min-size 1M -v
	wait_until grep -q watching "$background_errors"
	# shellcheck disable=SC2016
	there nsenter --target "$one_pid" --ipc perl -e 'shmget(0, $_, 01600) // die for 2000, 2 ** 22'
	wait_until test -s "$background_output"
	assert_equal "$(jq -c '[.event, .segment.size, .segment.ns]' "$background_output")" "[\"created\",4194304,$one]"
	# SIGTERM ends all there
	there sh -c 'kill -TERM -1'
	wait_until process_is_gone "$background_pid"
}

@test "--follow says if there come more namespaces than the hard limit on open files allows" {
	# shellcheck disable=SC2016
	background there bash -c 'ulimit -n 30 && exec "$0" ls -A --follow --interval 50ms -v --ignore-keep' "$SHMTOOL"
	local messages=$background_errors
	wait_until grep -q watching "$messages"
	while (($(wc -l <"$started") < 30)) && ! grep -q 'some are not watched' "$messages"; do
		settle unshare --ipc --
	done
	wait_until grep -q 'some are not watched' "$messages"
	assert_equal "$(grep -c 'some are not watched' "$messages")" 1
}

@test "--follow says if a namespace can no longer be read" {
	settle unshare --ipc --
	STOP_DELAY=0 background with_steps 'delay:parent:write:2 then:kill:child:open*:/proc/sysvipc/shm:1+' \
		there "$SHMTOOL" ls -A --follow --interval 50ms -v --ignore-keep
	wait_until grep -q 'warning: cannot read 2 IPC namespaces: what happens there is reported once' "$background_errors"
	there sh -c 'kill -TERM -1'
	wait_until process_is_gone "$background_pid"
}

@test "more namespaces than the soft limit on open files, or than the hard limit" {
	local first=
	while (($(wc -l <"$started") < 7)); do
		settle unshare --ipc -- 4096
		first=${first:-$pid}
	done
	# shellcheck disable=SC2016
	capture there bash -c 'ulimit -Sn 8 && exec "$0" ls -A -J --keep-file "$lists/none"' "$SHMTOOL"
	expect_status 0
	(($(jq '.segments | length' <<<"$output") >= 6))
	# as many as fit, and the others are reported
	# shellcheck disable=SC2016
	capture there bash -c 'ulimit -n 20 && exec "$0" ls -A --format "%{size}" --keep-file "$lists/none"' "$SHMTOOL"
	expect_status 6
	assert_stderr_matches 'cannot enter IPC namespace [0-9]+ .*: Too many open files'
	(($(grep -c 4096 <<<"$output") >= 1))
	# those that are mounted have no process that could be named
	bind_there "$pid" mounted
	end_there "$pid"
	bind_there "$first" mounted.too
	end_there "$first"
	try_there ls -A -l -J
	assert_equal "$(jq '[.limits[] | select(has("ns") and .ns_pid == null)] | length > 0' <<<"$output")" true
	# places sort before processes
	try_there ls -A --sort ns-of --format '%{ns-of}'
	assert_equal "${lines[0]} ${lines[1]}" "$PWD/mounted $PWD/mounted.too"
	assert_output_matches ' perl$'
}
