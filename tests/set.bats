#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0
load lib/common
load lib/stop
load lib/reuse

# uid, gid and mode, as ipcs has them.
rights_of()
{
	ipcs -m -i "$1" | sed -nE 's/^uid=([0-9]+)\tgid=([0-9]+).*/\1 \2/p; s/.*access_perms=([0-9]+).*/\1/p' | tr '\n' ' '
}

assert_rights()
{
	assert_equal "$(rights_of "$1")" "$2 "
}

is_locked()
{
	ipcs -m | awk -v id="$1" '$2 == id' | grep -qw locked
}

# next_second TIME: by the kernel's clock for segments, too, which may be a moment late
next_second()
{
	((${EPOCHREALTIME/./} > ($1 + 1) * 1000000 + 200000))
}

# --- Mode -------------------------------------------------------------------

@test "-p with an octal mode" {
	id=$(make_segment)
	local mode
	for mode in 640 0640 0 777 0777 007 1; do
		try "set" "$id" -p "$mode"
		expect_status 0
		assert_output_is ""
		assert_stderr_is ""
		assert_rights "$id" "0 0 $(printf '%#o' $((8#$mode)))"
	done
}

# modes_are_chmods COUNT: so many random symbolic modes such as u+rw-x,go=u, each of
# a segment and of a file that have a random mode, under a random umask
modes_are_chmods()
{
	local seed=${SEED:-$RANDOM} id mask mode
	echo "SEED=$seed"
	# shellcheck disable=SC2016
	perl -e 'my ($count, $seed) = @ARGV;
		srand $seed;
		sub some { join "", grep { rand() < 0.5 } split //, shift }
		sub one { substr $_[0], rand length $_[0], 1 }
		sub operation { one("+-=") . (rand() < 0.7 ? some("rwxX") : one("ugo")) }
		sub clause { some("ugoa") . join "", map { operation() } 0 .. rand 3 }
		for (1 .. $count) {
			my $before = 1 + int rand 511;    # 0 may only be replaced as a whole
			my $id = shmget(0, 1, 01000 | $before) // die "shmget: $!";
			open my $file, ">", "file.$id" or die "file: $!";
			chmod $before, $file;
			printf "%d %o %s\n", $id, rand() < 0.5 ? 022 : rand 512, join ",", map { clause() } 0 .. rand 3;
		}' "$1" "$seed" >modes
	while read -r id mask mode; do
		(umask "$mask" && chmod -- "$mode" "file.$id" && exec "$SHMTOOL" "set" "$id" -p "$mode")
	done <modes
	perl -ne 'my ($perms, $id) = (split)[2, 1];
		my $wanted = sprintf "%o", 07777 & (stat "file.$id")[2] if $. > 1;
		print "segment $id: $perms, chmod: $wanted\n" if $. > 1 && $perms != $wanted' \
		/proc/sysvipc/shm >wrong
	[[ ! -s wrong ]] || fail "$(cat wrong modes)"
	assert_equal "$(segment_count)" "$1"
}

@test "-p with a symbolic mode does what chmod does: 60 random ones, under several umasks" {
	modes_are_chmods 60
}

# bats test_tags=long
@test "-p with a symbolic mode does what chmod does: 1,000 random ones" {
	modes_are_chmods 1000
}

@test "-p with an invalid mode: exit 2, nothing changed" {
	id=$(make_segment 10 640)
	local mode
	for mode in 8 01000 1777 99999999999999999999 u u+ru r +z u+rz u:r "," "u+r," ",u+r" "u+r,,g+r" "u+r g+r" \
		0x1ff 640x -640 rw " 640" u+s +t; do
		try "set" "$id" -p "$mode"
		expect_status 2
		assert_stderr_has "$mode"
	done
	try "set" "$id" -p ""
	expect_status 2
	assert_rights "$id" "0 0 0640"
}

# --- Owner and group --------------------------------------------------------

@test "-u and -g, by name and number" {
	need_root
	id=$(make_segment 10 640)
	try "set" "$id" -u daemon
	expect_status 0
	assert_rights "$id" "1 0 0640"
	try "set" "$id" -g nogroup
	assert_rights "$id" "1 65534 0640"
	try "set" "$id" -u +7777 -g 8888
	assert_rights "$id" "7777 8888 0640"
	try "set" "$id" -u 0 -g 0 -p 600
	assert_rights "$id" "0 0 0600"
	assert_equal "$(segment_field "$id" cuid) $(segment_field "$id" cgid)" "0 0"
}

@test "everything that is not specified stays unchanged" {
	need_root
	id=$(make_segment 10 640)
	shmtool "set" "$id" -u daemon -g nogroup
	shmtool "set" "$id" -p u+x
	assert_rights "$id" "1 65534 0740"
	shmtool "set" "$id" --lock
	assert_rights "$id" "1 65534 0740"
	shmtool "set" "$id" -u 5
	is_locked "$id"
	shmtool "set" "$id" -p g=
	assert_rights "$id" "5 65534 0700"
	is_locked "$id"
}

@test "-u and -g with an invalid user or group: exit 2" {
	id=$(make_segment 10 640)
	local word
	for word in no-such-name -1 4294967295 +4294967295 4294967296 1x +x 99999999999999999999 ""; do
		try "set" "$id" -u "$word"
		expect_status 2
		try "set" "$id" -g "$word"
		expect_status 2
	done
	assert_rights "$id" "0 0 0640"
}

@test "ctime changes only if something changes" {
	id=$(make_segment 10 640)
	before=$(segment_field "$id" ctime)
	wait_until next_second "$before"
	shmtool "set" "$id" -p 640
	shmtool "set" "$id" -p u+r
	shmtool "set" "$id" -u 0 -g 0
	shmtool "set" "$id" -p 600 -n
	assert_equal "$(segment_field "$id" ctime)" "$before"
	shmtool "set" "$id" -p 600
	(($(segment_field "$id" ctime) > before))
}

users_and_times()
{
	awk -v id="$id" '$2 == id { print $6, $12, $13 }' /proc/sysvipc/shm
}

@test "last user, atime and dtime do not change if they are evidence of use" {
	# never used, but not yet looked at either
	id=$(make_segment)
	before=$(users_and_times)
	try "set" "$id" -p 600
	try "set" "$id" -p 666 -n
	assert_equal "$(users_and_times)" "$before"
	# used by a process that runs
	# shellcheck disable=SC2016 # it is for perl
	background perl -e '$| = 1; shmwrite($ARGV[0], "x", 0, 1) or die; print "done\n"; sleep 1 while 1' "$id"
	wait_until test -s "$background_output"
	before=$(users_and_times)
	[[ $before == "$background_pid "* ]]
	try "set" "$id" -p 666
	expect_status 0
	assert_equal "$(segment_field "$id" perms)" 666
	assert_equal "$(users_and_times)" "$before"
	# used by one that has exited, which is all that remains of it
	end_process "$background_pid"
	try "set" "$id" -p 640
	expect_status 0
	process_is_gone "$(segment_field "$id" lpid)"
}

# It can then be changed as its owner, without attaching it; if neither is root, it cannot.
@test "the last user of a segment that was given away stays on record, or set warns" {
	need_root
	local creator
	for creator in 0 1; do
		id=$(as_uid "$creator" "$SHMTOOL" create -s 4096 -p 600 -u 65534)
		# shellcheck disable=SC2016 # it is for perl
		background as_user perl -e '$| = 1; shmwrite($ARGV[0], "x", 0, 1) or die; print "done\n"; sleep 1 while 1' "$id"
		wait_until test -s "$background_output"
		before=$(users_and_times)
		try "set" "$id" -p 640
		expect_status 0
		assert_equal "$(segment_field "$id" perms)" 640
		if ((creator)); then
			assert_stderr_has "warning: changing segment $id (no key) overwrites its last user (process $background_pid "
		else
			assert_stderr_is ''
			assert_equal "$(users_and_times)" "$before"
		fi
	done
}

# --- Locking ----------------------------------------------------------------

@test "--lock and --unlock" {
	need_root
	id=$(make_segment 8192)
	try "set" "$id" --lock
	expect_status 0
	is_locked "$id"
	try "set" "$id" --lock
	expect_status 0
	try "set" "$id" --unlock
	expect_status 0
	run ! is_locked "$id"
	try "set" "$id" --lock -n
	expect_status 0
	run ! is_locked "$id"
	try "set" "$id" --lock --unlock
	expect_status 2
}

@test "--lock of a locked segment and --unlock of an unlocked one do nothing" {
	id=$(make_segment)
	touched()
	{
		awk -v id="$id" '$2 == id { print $6, $12, $13, $14 }' /proc/sysvipc/shm
	}
	before=$(touched)
	try "set" "$id" --unlock -v
	expect_status 0
	assert_output_is ''
	assert_equal "$(touched)" "$before"
	try "set" "$id" --lock -v
	assert_output_matches ' lock$'
	before=$(touched)
	try "set" "$id" --lock -p 600 -v
	expect_status 0
	assert_output_is ''
	assert_equal "$(touched)" "$before"
	try "set" "$id" --unlock -v
	assert_output_matches ' unlock$'
}

@test "--lock above RLIMIT_MEMLOCK: exit 6 with a hint, and nothing else is changed" {
	need_root
	# what a user locks counts together, and other tests lock as nobody
	user=$((200000 + BASHPID))
	id=$(as_uid "$user" shmtool create -s 8192)
	run --separate-stderr as_uid "$user" prlimit --memlock=4096 "$SHMTOOL" "set" "$id" -p 644 --lock
	expect_status 6
	assert_stderr_has "cannot lock segment $id (no key): exceeds RLIMIT_MEMLOCK (8K needed; limit 4K "
	assert_stderr_has "hint: raise the limit (ulimit -l), or run as root"
	assert_equal "$(segment_field "$id" perms)" 600
	run --separate-stderr as_uid "$user" prlimit --memlock=0 "$SHMTOOL" "set" "$id" --lock
	expect_status 6
	assert_stderr_has RLIMIT_MEMLOCK
	run --separate-stderr as_uid "$user" prlimit --memlock=65536 "$SHMTOOL" "set" "$id" -p 644 --lock
	expect_status 0
	is_locked "$id"
}

# --- Which segments ---------------------------------------------------------

@test "by id, key and ftok, several at once, one named twice" {
	touch here
	one=$(make_segment 10 600 0x11)
	two=$(make_segment)
	three=$(shmtool create -s 10 -k ftok:A:here)
	four=$(make_segment)
	try "set" 0x11 "$two" ftok:A:here "$two" "id:$one" -p 640
	expect_status 0
	for id in "$one" "$two" "$three"; do
		assert_rights "$id" "0 0 0640"
	done
	assert_rights "$four" "0 0 0600"
}

@test "all given segments are processed, and the exit status is that of the first failure" {
	need_root
	one=$(make_segment)
	two=$(as_user shmtool create -s 10)
	try "set" 54321 "$one" 0x99 -p 640
	expect_status 3
	assert_stderr_has 54321
	assert_stderr_has 0x00000099
	assert_rights "$one" "0 0 0640"
	try_as_user "set" "$one" 54321 "$two" -p 644
	expect_status 5
	assert_equal "$(segment_field "$one" perms) $(segment_field "$two" perms)" "640 644"
	try_as_user "set" 54321 "$one" -p 644
	expect_status 3
}

@test "filters" {
	need_root
	one=$(make_segment 10 600)
	two=$(make_segment 20 600)
	three=$(as_user shmtool create -s 30)
	try "set" --owner nobody -p 644
	expect_status 0
	assert_equal "$(segment_field "$one" perms) $(segment_field "$three" perms)" "600 644"
	try "set" --min-size 15 --owner root -p 640
	assert_equal "$(segment_field "$one" perms) $(segment_field "$two" perms)" "600 640"
	try "set" "$one" "$two" --max-size 15 -p 666
	expect_status 0
	assert_equal "$(segment_field "$one" perms) $(segment_field "$two" perms)" "666 640"
	try "set" --all -p 600
	expect_status 0
	assert_equal "$(awk 'NR > 1 { print $3 }' /proc/sysvipc/shm | sort -u)" 600
	try "set" --owner daemon -p 0
	expect_status 0
	try "set" --all --except "$one" -p 611
	assert_equal "$(segment_field "$one" perms) $(segment_field "$two" perms)" "600 611"
}

@test "-n shows the changes, and makes none" {
	id=$(make_segment 10 600 0x11)
	try "set" "$id" -n -p 640
	expect_status 0
	assert_output_has "would change $id"
	assert_output_matches "0?600.*0?640"
	assert_rights "$id" "0 0 0600"
}

@test "--keep and --keep-file without a filter by state, where they would protect nothing: exit 2" {
	local words
	id=$(make_segment 4096 600 0x51)
	for words in '--all --keep 0x51' '--detached --keep-file /etc/hosts' "$id --keep 0x51"; do
		# shellcheck disable=SC2086 # words
		try "set" $words -p 640
		expect_status 2
		assert_stderr_has '--keep and --keep-file require a filter by state'
	done
	try "set" --state detached --keep 0x51 -p 640
	expect_status 0
	assert_equal "$(segment_field "$id" perms)" 600
}

@test "usage errors, nothing changed" {
	id=$(make_segment)
	local arguments
	for arguments in "" "-p 640" "$id" "$id -u" "$id --bogus -p 640" "--grace 0 -p 640" "--except $id -p 640" \
		"--all --orphaned -p 640" "$id -p 640 0x" "$id -p 640 key:0" "$id 01 -p 640" "-1 -p 640" \
		"--all" "--state nonsense -p 640"; do
		# shellcheck disable=SC2086
		try "set" $arguments
		expect_status 2
		assert_output_is ""
	done
	assert_rights "$id" "0 0 0600"
}

# --- Rights -----------------------------------------------------------------

@test "not the owner: exit 5, nothing changed" {
	need_root
	id=$(make_segment 10 666)
	try_as_user "set" "$id" -p 777
	expect_status 5
	assert_stderr_has "segment $id"
	assert_stderr_has "hint: "
	try_as_user "set" "$id" -u nobody
	expect_status 5
	try_as_user "set" "$id" --lock
	expect_status 5
	assert_rights "$id" "0 0 0666"
}

@test "-n also reports that permission is denied" {
	id=$(make_segment)
	try_as_user "set" -n -p 640 "$id"
	expect_status 5
	assert_output_is ''
	assert_stderr_has "cannot change segment $id"
}

@test "-n foresees that a segment can neither be attached nor its creator be acted as" {
	need_root
	local limited=(setpriv --inh-caps=-all --bounding-set) words
	id=$(as_user perl -e "$create" 4096 600 0)
	for words in -n ''; do
		# shellcheck disable=SC2086 # a word, or none
		capture "${limited[@]}" -all,+sys_admin "$SHMTOOL" "set" "$id" -p 640 $words
		expect_status 5
		assert_stderr_matches 'hint: run as user .*, or with CAP_IPC_OWNER$'
	done
	for words in -n ''; do
		# shellcheck disable=SC2086 # a word, or none
		capture "${limited[@]}" -all,+sys_admin,+setuid "$SHMTOOL" "set" "$id" -p 640 $words
		expect_status 0
	done
	assert_equal "$(segment_field "$id" perms)" 640
}

@test "an ordinary user's own segment of mode 0000" {
	need_root
	id=$(as_user shmtool create -s 10 -p 0 -k 0x11)
	try_as_user "set" 0x11 -p 600
	expect_status 0
	assert_rights "$id" "65534 65534 0600"
	try_as_user "set" "$id" -p 0
	try_as_user "set" "$id" -g daemon -p 0
	expect_status 0
	assert_rights "$id" "65534 1 0"
}

@test "the creator can take back a segment that was given to another user" {
	need_root
	id=$(as_user shmtool create -s 10)
	try_as_user "set" "$id" -u daemon -p 0
	expect_status 0
	try_as_user "set" "$id" -u nobody -p 600
	expect_status 0
	assert_rights "$id" "65534 65534 0600"
}

@test "attached and marked segments can be changed" {
	id=$(make_segment)
	hold_segment "$id"
	ipcrm -m "$id"
	try "set" "$id" -p 640
	expect_status 0
	assert_equal "$(segment_field "$id" perms)" 1640
}

# While rm removes a segment, its mode is 0.
@test "set waits for rm in the same namespace before it reads the mode" {
	local lock
	id=$(make_segment 4096 000)
	exec {lock}</proc/self/ns/ipc
	flock "$lock"
	stop_at nanosleep shmtool "set" "$id" -p g+r
	exec {lock}>&-
	shmtool "set" "$id" -p 600
	go_on
	assert_equal "$ended" 0
	assert_equal "$(segment_field "$id" perms)" 640
}

# Any process can hold the lock.
@test "if set cannot lock the namespace, it does not change mode 0 in part: exit 9" {
	local lock
	id=$(make_segment 4096 000)
	exec {lock}</proc/self/ns/ipc
	flock "$lock"
	try "set" "$id" -p g+r
	expect_status 9
	assert_stderr_is "\
shmtool set: segment $id (no key) was not changed: its mode is 0000, and a removal may be in progress
shmtool set: hint: try again, or set the whole mode: shmtool set -p 0600 $id"
	try "set" "$id" -p 600
	expect_status 0
	assert_equal "$(segment_field "$id" perms)" 600
}

mode_0_is_kept()
{
	local arguments
	for arguments; do
		# shellcheck disable=SC2086
		try "set" "$id" $arguments
		expect_status 9
		assert_stderr_has "its mode is 0000, and a removal may be in progress"
	done
	assert_rights "$id" "0 0 0"
}

# It may be that of a removal, which did not wait for the lock of set forever.
@test "set does not derive anything from mode 0: exit 9" {
	id=$(make_segment 4096 000)
	mode_0_is_kept '-p g+r' '-p u+rw' '-p go-rwx' '-p u-g,g=r,o=' '-u daemon' '-n -p g+r'
	try "set" "$id" -p u=rw,go=
	expect_status 0
	assert_rights "$id" "0 0 0600"
}

# A removal has the segment attached, and may restore another mode.
@test "set does not set mode 0 again if another process has the segment attached: exit 9" {
	id=$(make_segment 4096 000)
	try "set" "$id" -p 0
	expect_status 0
	hold_segment "$id"
	mode_0_is_kept '-p 0' '-u daemon -p 0' '-n -p 0'
	try "set" "$id" --lock
	expect_status 0
	try "set" "$id" --unlock -p 640
	expect_status 0
	assert_rights "$id" "0 0 0640"
}

switches_of()
{
	awk '$1 == "voluntary_ctxt_switches:" { print $2 }' "/proc/$1/status"
}

has_been_woken()
{
	(($(switches_of "$stopped_pid") > switches))
}

# A user can make each process wait that attaches a segment of theirs.
@test "if the child of set is blocked for long, set ends, and the child changes no other segment" {
	local first second zeroth
	zeroth=$(make_segment 4096 600)
	first=$(make_segment 4096 600)
	second=$(make_segment 4096 600)
	stop_at "shmctl:IPC_SET:1:$first" shmtool "set" "$zeroth" "$first" "$second" -p 640 -v
	# who reads what set prints does not wait for the child
	assert_equal "$(readlink "/proc/$stopped_pid/fd/"* | grep -cFx -e "$program_output" -e "$program_output.err")" 0
	wait_for_status "$program_pid"
	assert_equal "$ended" 7
	assert_equal "$(cut -d' ' -f1,2 "$program_output")" "changed $zeroth"
	assert_equal "$(<"$program_output.err")" 'shmtool set: the worker process does not respond; nothing more is changed after the current segment'
	kill -CONT "$stopped_pid"
	wait_until process_is_gone "$stopped_pid"
	assert_equal "$(segment_field "$first" perms) $(segment_field "$second" perms)" '640 600'
}

@test "if the child of set is killed, that is reported" {
	local first second
	first=$(make_segment 4096 600)
	second=$(make_segment 4096 600)
	stop_at after:shmctl:IPC_SET shmtool "set" "$first" "$second" -p 640 -v
	kill -KILL "$stopped_pid"
	wait_for_status "$program_pid"
	assert_equal "$ended" 7
	assert_equal "$(<"$program_output.err")" 'shmtool set: the worker process was killed by signal 9; nothing more was changed'
	assert_equal "$(segment_field "$first" perms) $(segment_field "$second" perms)" '640 600'
}

@test "if set is killed, its child changes no other segment" {
	local first second
	first=$(make_segment 4096 600)
	second=$(make_segment 4096 600)
	stop_at after:shmctl:IPC_SET shmtool "set" "$first" "$second" -p 640
	kill -KILL "$program_pid"
	wait_for_status "$program_pid"
	kill -CONT "$stopped_pid"
	wait_until process_is_gone "$stopped_pid"
	assert_equal "$(segment_field "$first" perms) $(segment_field "$second" perms)" '640 600'
}

@test "a signal ends set between two segments, and what was changed is reported" {
	local first second switches
	first=$(make_segment 4096 600)
	second=$(make_segment 4096 600)
	stop_at shmctl:IPC_SET shmtool "set" "$first" "$second" -p 640 -v
	switches=$(switches_of "$stopped_pid")
	kill "$program_pid"
	# the child gets it, too
	wait_until has_been_woken
	go_on
	assert_equal "$ended" 143
	assert_output_matches "^changed $first .* mode=0600->0640$"
	assert_equal "$(segment_field "$first" perms) $(segment_field "$second" perms)" '640 600'
}

@test "set -n does not wait for rm" {
	local lock
	id=$(make_segment)
	exec {lock}</proc/self/ns/ipc
	flock "$lock"
	with_steps fail:nanosleep try "set" "$id" -p 640 -n
	expect_status 0
	assert_equal "$(steps_taken)" 0
}

@test "a segment that is removed before it is changed: exit 3" {
	id=$(make_segment)
	stop_at child:shmctl:SHM_STAT_ANY shmtool "set" "$id" -p 640
	ipcrm -m "$id"
	go_on
	assert_equal "$ended" 3
	[[ $stderr == "shmtool set: cannot change segment $id (no key): it no longer exists" ]]
}

@test "a segment that a filter matches, and that is removed before it is changed: no error" {
	local first second
	first=$(make_segment 4096 600)
	second=$(make_segment 4096 600)
	stop_at shmctl:IPC_SET shmtool "set" --detached -p 640
	ipcrm -m "$second"
	go_on
	assert_equal "$ended" 0
	assert_equal "$stderr" ''
	assert_equal "$(segment_field "$first" perms)" 640
}

@test "a segment that is no longer the one that was listed" {
	need_root
	local id
	id=$(make_segment 4096 600)
	awk 'NR > 1 { $5 += 1 } { print }' /proc/sysvipc/shm >list
	# shellcheck disable=SC2016
	run --separate-stderr unshare --mount sh -c \
		'mount --bind list /proc/sysvipc/shm && exec "$0" "$@"' "$SHMTOOL" set --all -p 666 -v
	expect_status 9
	assert_output_is ''
	assert_stderr_is "shmtool set: segment $id (no key) was not changed: its id now belongs to another segment"
	assert_equal "$(segment_field "$id" perms)" 600
}

# --- An id that becomes another segment's while it is changed ---------------

# Sets id to a segment of user 2: unused, used by a process that has exited, used by
# one that runs, or attached
segment_that_is()
{
	id=$(as_uid 2 perl -e "$create" 4096 600 0)
	# shellcheck disable=SC2016 # it is for perl
	case $1 in
	used) as_uid 2 perl -e 'shmwrite($ARGV[0], "x", 0, 1) or die' "$id" ;;
	needed)
		background as_uid 2 perl -e '$| = 1; shmwrite($ARGV[0], "x", 0, 1) or die;
			print "done\n"; sleep 1 while 1' "$id"
		wait_until test -s "$background_output"
		;;
	attached) hold_segment "$id" ;;
	esac
}

# lock_segment ID: without shmtool
lock_segment()
{
	# shellcheck disable=SC2016 # it is for perl
	perl -MIPC::SysV=SHM_LOCK -e 'shmctl($ARGV[0], SHM_LOCK, 0) or die "SHM_LOCK: $!\n"' "$1"
}

@test "another user's segment that gets the id stays locked" {
	need_next_id
	local id
	segment_that_is needed
	lock_segment "$id"
	stop_at shmctl:SHM_UNLOCK shmtool "set" "$id" --unlock
	swap "$id" 1
	lock_segment "$id"
	go_on
	assert_equal "$ended" 9
	is_locked "$id"
}

@test "another segment that gets the id can be changed only if it is of the same user, which is reported" {
	need_next_id
	segment_that_is needed
	stop_at shmctl:IPC_SET shmtool "set" "$id" -u 3 -g 3 -p 666
	swap "$id" 2
	go_on
	has_id "$id"
	assert_equal "$ended" 9
	assert_equal "$stderr" "\
shmtool set: segment $id (no key) was not changed: its id now belongs to another segment
shmtool set: hint: check the other segment, which may have been changed instead: shmtool stat $id"
}

# What the creator would give back must not be taken from someone who wanted it so.
@test "another segment that gets the id after the change stays as it is" {
	need_next_id
	segment_that_is needed
	stop_at after:shmctl:SHM_LOCK shmtool "set" "$id" --lock
	swap "$id" 1
	lock_segment "$id"
	go_on
	assert_equal "$ended" 9
	is_locked "$id"
	ipcrm --all=shm
	segment_that_is needed
	stop_at after:shmctl:IPC_SET shmtool "set" "$id" -u 1 -g 1 -p 644
	swap "$id" 1
	assert_rights "$id" '1 1 0644'
	go_on
	assert_equal "$ended" 9
	assert_rights "$id" '1 1 0644'
}

@test "if the segment cannot be attached, another one that gets its id is not changed" {
	need_next_id
	need_command setpriv
	# without the right to attach
	segment_that_is used
	stop_at shmctl:IPC_SET setpriv --bounding-set=-ipc_owner "$SHMTOOL" "set" "$id" -u 3 -p 666
	swap "$id" 1
	go_on
	has_id "$id"
	assert_equal "$ended" 9
	assert_rights "$id" '1 1 0644'
	# and without that of taking its creator's place
	segment_that_is used
	run --separate-stderr setpriv --bounding-set=-ipc_owner,-setuid "$SHMTOOL" "set" "$id" -u 3 -p 666
	expect_status 5
	assert_rights "$id" '2 2 0600'
	# to detach it would destroy it
	background as_uid 2 perl -e "$create sleep 1 while 1" 4096 600 0
	wait_until test -s "$background_output"
	id=$(<"$background_output")
	set_limit shm_rmid_forced 1
	stop_at shmctl:IPC_SET shmtool "set" "$id" -u 3 -p 666
	set_limit shm_rmid_forced 0
	swap "$id" 1
	go_on
	has_id "$id"
	assert_equal "$ended" 9
	assert_rights "$id" '1 1 0644'
}
