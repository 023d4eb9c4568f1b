#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Permissions, and the messages about them: one test for each kind of user, with all rows of
# a table. A row is
#
#   COMMAND | EXIT STATUS | WHAT IT DID | WORDS
#
# WHAT IT DID is how the kernel's list differs afterwards, "-" if it is the same: "@free
# used" is a trace (another last user), "new" a new segment. WORDS is a regular expression
# for stdout followed by stderr; "-" if stderr must be empty. The text of
# shmtool-security(7) about permissions is based on this table.
#
# The segments, all created by 4001, owned by 4002, with the group 4003:
#
#   @free   mode 0640, key 0x101, unattached: orphaned
#   @held   mode 0640, attached by a process of 4002, @holder
#   @shut   mode 0000, unattached: orphaned
#
# 4001 also created the semaphore 0x101, which others may only read. @other is a process of
# root in another IPC namespace.

load lib/common

setup()
{
	common_setup
	need_root
	# not the keep list of the user who runs the tests
	export HOME=$BATS_TEST_TMPDIR
	person=() commands=() number=()
	declare -gA row_of=() name_of=()
	background unshare --ipc sh -c 'echo ready && exec sleep 1000'
	wait_until test -s "$background_output"
	other=$background_pid
	furnish free 0640 0x101
	furnish held 0640 0x102
	furnish shut 0000 0x103
	hold_segment "${number[1]}" rw 4002
	perl -e '($(, $)) = (4001, "4001 4001"); ($<, $>) = (4001, 4001);
		my $set = semget(0x101, 1, 01644) // die; semctl($set, 0, 16, 1) // die' # SETVAL
}

names=(free held shut)

# furnish NAME MODE KEY: creates that segment, used by its creator, which has exited
furnish()
{
	local id i
	id=$(perl -e '
		my ($mode, $key) = (oct $ARGV[0], oct $ARGV[1]);
		if (!(my $creator = fork)) {
			($(, $)) = (4001, "4001 4001");
			($<, $>) = (4001, 4001);
			exit !shmwrite(shmget($key, 4096, 01600) // die, "hello", 0, 5);
		}
		wait;
		my $id = shmget($key, 0, 0) // die "shmget: $!";
		# IPC_SET: key, uid, gid, cuid, cgid, mode of a struct shmid_ds
		shmctl($id, 1, pack "iLLLLL x88", 0, 4002, 4003, 0, 0, $mode) // die "shmctl: $!";
		print $id + 0' "$2" "$3")
	for i in "${!names[@]}"; do
		[[ ${names[i]} != "$1" ]] || number[i]=$id
	done
	name_of[$id]=@$1
}

# Replaces what is on stdin in the table, or adds it
but()
{
	local command rest
	while IFS='|' read -r command rest; do
		read -r command <<<"$command"
		[[ -v row_of[$command] ]] || commands+=("$command")
		row_of[$command]=$rest
	done
}

# Sets seen[ID] to what the kernel says of each segment
look()
{
	local id perms lpid nattch uid gid
	seen=()
	{
		read -r _
		while read -r _ id perms _ _ lpid nattch uid gid _; do
			seen[id]="$((perms / 1000)) $((perms % 1000)) $uid $gid $nattch $lpid"
		done
	} </proc/sysvipc/shm
}

# Sets changes to what differs between before and seen, in the words of the table
compare()
{
	local id i was is list=()
	local words=(locked mode owner group attached used)
	for id in "${number[@]}"; do
		if [[ ! -v seen[id] ]]; then
			list+=("${name_of[$id]} gone")
			continue
		fi
		read -ra was <<<"${before[id]}"
		read -ra is <<<"${seen[id]}"
		for i in "${!words[@]}"; do
			[[ ${was[i]} == "${is[i]}" ]] && continue
			case ${words[i]} in
			mode | owner | group) list+=("${name_of[$id]} ${words[i]} ${is[i]}") ;;
			*) list+=("${name_of[$id]} ${words[i]}") ;;
			esac
		done
	done
	for id in "${!seen[@]}"; do
		[[ -v before[id] ]] || list+=(new)
	done
	changes=$(printf '%s, ' "${list[@]}")
	changes=${changes%, }
	changes=${changes:--}
}

# Puts things back as they were before a row
restore()
{
	local id
	for id in "${!seen[@]}"; do
		[[ -v before[id] ]] || ipcrm -m "$id"
	done
	for id in "${!before[@]}"; do
		[[ -v seen[id] && ${seen[id]% *} == "${before[id]% *}" ]] && continue
		case ${name_of[$id]} in
		@free) segment_exists "$id" && ipcrm -m "$id"; furnish free 0640 0x101 ;;
		@shut) segment_exists "$id" && ipcrm -m "$id"; furnish shut 0000 0x103 ;;
		*) fail "${name_of[$id]} was changed" ;;
		esac
	done
}

# Sets text to these words with the numbers of what they name
spell_out()
{
	local i
	text=$*
	for i in "${!names[@]}"; do
		text=${text//@${names[i]}/${number[i]}}
	done
	text=${text//@other/$other}
	text=${text//@holder/$holder_pid}
}

check_row()
{
	local command=$1 wanted did words arguments text seen before changes
	IFS='|' read -r wanted did words <<<"${row_of[$command]}"
	read -r wanted did <<<"$wanted $did"
	read -r words <<<"$words"

	look
	before=()
	for id in "${!seen[@]}"; do before[id]=${seen[id]}; done
	spell_out "$command"
	read -ra arguments <<<"$text"
	spell_out "$words"
	capture "${person[@]}" "$SHMTOOL" "${arguments[@]}"
	look
	compare

	[[ $words == - ]] || [[ $output$'\n'$stderr =~ $text ]] ||
		{ show_last_run; wrong "lacks: $text"; }
	# without /proc the leak checker fails
	[[ $stderr == *LeakSanitizer* ]] && stderr='' status=$wanted
	[[ $words != - || -z $stderr ]] || { show_last_run; wrong 'not silent'; }
	[[ $status == "$wanted" ]] || { show_last_run; wrong "status $status"; }
	[[ $changes == "$did" ]] || { show_last_run; wrong "$changes"; }
	restore
}

wrong()
{
	printf 'not as in the table: %s: %s\n\n' "$command |${row_of[$command]}" "$*" >&2
	failures=$((failures + 1))
}

# All rows, whatever comes of one
check()
{
	local command failures=0
	# bats watches every command of a test, which takes longer than the rows themselves
	trap - DEBUG
	for command in "${commands[@]}"; do
		check_row "$command"
	done
	((!failures)) || fail "$failures rows are not so"
}

# --- The table --------------------------------------------------------------

root()
{
	but <<-'END'
		ls --sort id --grace 0 --format %{id}=%{state}:%{rss} | 0 | -            | @free=orphaned:4096.*@held=attached:4096.*@shut=orphaned
		ls -o id,holders -r                            | 0 | -            | @held.@holder hold
		ls -J                                          | 0 | -            | "segments":.*"id":@shut,.*"holders":null
		ls -N @other -q                                | 0 | -            | -
		stat --grace 0 @free                           | 0 | -            | process [0-9]+, exited.*orphaned: creator and last user have exited
		stat @held                                     | 0 | -            | process @holder .hold., user 4002, rw
		stat --map @free                               | 0 | @free used   | -
		stat --map @held                               | 0 | -            | -
		read -n 5 @free                                | 0 | @free used   | ^hello
		read -n 5 @held                                | 0 | -            | ^hello
		read -n 5 @shut                                | 0 | @shut used   | ^hello
		read -n 5 --guard 0x101 @free                  | 0 | @free used   | ^hello
		write -t hello @free                           | 0 | @free used   | -
		attach -r @free true                           | 0 | @free used   | -
		attach @free true                              | 0 | @free used   | -
		attach --as-file @free head -c 5               | 0 | @free used   | -
		set -p 600 @free                               | 0 | @free mode 600, @free used | -
		set -u 4004 @free                              | 0 | @free owner 4004, @free used | -
		set --lock @free                               | 0 | @free locked, @free used | -
		set --lock -n @free                            | 0 | -                | ^would change @free
		set --lock -p 600 @free                        | 0 | @free locked, @free mode 600, @free used | -
		rm -n @free                                    | 0 | -            | ^would remove @free
		rm @free                                       | 0 | @free gone   | -
		rm @shut                                       | 0 | @shut gone   | -
		rm @held                                       | 9 | -            | it is attached by process @holder .*hint: stop these processes first
		rm -M 0x101                                    | 0 | @free gone   | -
		rm --orphaned --grace 0                        | 0 | @free gone, @shut gone | total 2 segments
		create -s 5                                    | 0 | new          | -
		create -s 5 --lock                             | 0 | new          | -
		create -s 5 -u 4004                            | 0 | new          | -
		create -s 5 -k 0x101                           | 4 | -            | is in use by segment @free \(size 4K, owner 4002\)
		create -k 0x101 --reuse                        | 0 | -            | ^@free
	END
}

# What is refused to all but root
ordinary()
{
	root
	but <<-'END'
		ls -N @other -q                                | 5 | -            | cannot enter the IPC namespace of @other: Permission denied.*hint: run as root
		read -n 5 @held                                | 0 | @held used   | ^hello
		read -n 5 @shut                                | 5 | -            | cannot read segment @shut .*: permission denied
		stat --map @held                               | 0 | @held used   | -
		read -n 5 --guard 0x101 @free                  | 5 | -            | cannot acquire guard .*: permission denied.*get write permission
		attach --as-file @free head -c 5               | 125 | -          | as a file: .*requires CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN
		create -s 2M --huge                            | 5 | -            | hint: run as root, or as a member of the group set by vm.hugetlb_shm_group
	END
}

# Holders of other users are not seen.
holders_unseen()
{
	but <<-'END'
		ls -o id,holders -r                            | 0 | -            | @held.1 unseen
		stat @held                                     | 0 | -            | 0 of 1 attachments identified; run as root to identify the others
		rm @held                                       | 9 | -            | 1 process that cannot be identified .created by process [0-9]+, exited.*0 of 1 attachments identified; run as root
	END
}

# Neither owner, nor creator, nor root with this capability: nothing is changed or removed.
may_not_control()
{
	but <<-END
		set -p 600 @free                               | 5 | -            | cannot change segment @free .*: permission denied.*$1
		set -u 4004 @free                              | 5 | -            | cannot change segment @free .*: permission denied.*$1
		set --lock -p 600 @free                        | 5 | -            | : permission denied.*$1
		rm -n @free                                    | 5 | -            | cannot remove segment @free .*: permission denied.*$1
		rm @free                                       | 5 | -            | cannot remove segment @free .*: permission denied.*$1
		rm @shut                                       | 5 | -            | cannot remove segment @shut .*: permission denied.*$1
		rm -M 0x101                                    | 5 | -            | cannot remove segment @free .*: permission denied.*$1
		rm --orphaned --grace 0                        | 5 | -            | cannot remove 2 segments of other users: permission denied.*hint: run (as root|with CAP_SYS_ADMIN)
		rm @held                                       | 5 | -            | cannot remove segment @held .*: permission denied.*$1
	END
}

may_not_lock()
{
	but <<-END
		set --lock @free                               | 5 | -            | cannot lock segment @free .*: permission denied.*$1
		set --lock -n @free                            | 5 | -            | cannot lock segment @free .*: permission denied.*$1
		set --lock -p 600 @free                        | 5 | -            | cannot lock segment @free .*: permission denied.*$1
	END
}

# Without CAP_IPC_LOCK, all that root's processes have locked counts.
root_locks_within_limit()
{
	root_may_lock || but <<<'create -s 5 --lock | 6 | - | exceeds RLIMIT_MEMLOCK'
}

may_not_write()
{
	but <<-END
		write -t hello @free                           | 5 | -            | cannot write segment @free .*: permission denied.*$1
		attach @free true                              | 125 | -          | cannot attach segment @free .*: permission denied.*$1
	END
}

may_not_read()
{
	but <<-END
		stat --map @free                               | 5 | -            | segment @free .*: permission denied.*$1
		stat --map @held                               | 5 | -            | segment @held .*: permission denied.*$1
		read -n 5 @free                                | 5 | -            | cannot read segment @free .*: permission denied.*$1
		read -n 5 @held                                | 5 | -            | cannot read segment @held .*: permission denied.*$1
		read -n 5 @shut                                | 5 | -            | cannot read segment @shut .*: permission denied.*$1
		read -n 5 --guard 0x101 @free                  | 5 | -            | : permission denied
		attach -r @free true                           | 125 | -          | cannot attach segment @free .*: permission denied.*$1
	END
}

# --- Users ------------------------------------------------------------------

# user UID [GROUP]
user()
{
	person=(setpriv --reuid "$1" --regid "$1")
	if [[ -n ${2-} ]]; then
		person+=(--groups "$2")
	else
		person+=(--clear-groups)
	fi
}

@test "root" { root; check; }

@test "the owner" {
	user 4002
	ordinary
	but <<-'END'
		read -n 5 @shut                                | 5 | -            | hint: as root, change its mode .0000.: shmtool set -p 0600 @shut; or take it back as its creator: shmtool set -u 4001 -p 0600 @shut
		rm -n @shut                                    | 5 | -            | hint: as root, change its mode .0000.: shmtool set -p 0600 @shut; or take it back as its creator: shmtool set -u 4001 -p 0600 @shut
		rm @shut                                       | 5 | -            | hint: as root, change its mode .0000.: shmtool set -p 0600 @shut; or take it back as its creator: shmtool set -u 4001 -p 0600 @shut
		rm --orphaned --grace 0                        | 5 | @free gone   | hint: as root, change its mode .0000.: shmtool set -p 0600 @shut; or take it back as its creator: shmtool set -u 4001 -p 0600 @shut
	END
	check
}

@test "the creator, after giving the segment to another owner" {
	user 4001
	ordinary
	holders_unseen
	but <<-'END'
		read -n 5 @shut                                | 5 | -            | hint: take it back .you created it, mode 0000.: shmtool set -u 4001 -p 0600 @shut
		rm @shut                                       | 5 | -            | hint: take it back .you created it, mode 0000.: shmtool set -u 4001 -p 0600 @shut
		rm --orphaned --grace 0                        | 5 | @free gone   | hint: take it back .you created it, mode 0000.: shmtool set -u 4001 -p 0600 @shut
		read -n 5 --guard 0x101 @free                  | 0 | @free used   | ^hello
		rm @held                                       | 9 | -            | 0 of 1 attachments identified; run as root.*hint: stop these processes first
	END
	check
}

@test "a member of the group" {
	user 4004 4003
	ordinary
	holders_unseen
	may_not_write 'hint: run as root or as a user with permission .owner 4002, mode 0[06][04]0.'
	may_not_control 'hint: run as root, as its owner .user 4002. or as its creator .user 4001.'
	may_not_lock 'hint: run as root, as its owner .user 4002. or as its creator .user 4001.'
	check
}

@test "a stranger" {
	user 4004
	ordinary
	holders_unseen
	may_not_read 'hint: run as root or as a user with permission .owner 4002, mode 0[06][04]0.'
	may_not_write 'hint: run as root or as a user with permission .owner 4002, mode 0[06][04]0.'
	may_not_control 'hint: run as root, as its owner .user 4002. or as its creator .user 4001.'
	may_not_lock 'hint: run as root, as its owner .user 4002. or as its creator .user 4001.'
	check
}

# --- Root without a capability ----------------------------------------------

without()
{
	person=(setpriv --bounding-set="$1")
	root
}

no_file()
{
	but <<-'END'
		read -n 5 @held                                | 0 | @held used   | ^hello
		stat --map @held                               | 0 | @held used   | -
		attach --as-file @free head -c 5               | 125 | -          | as a file: .*requires CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN
	END
}

not_entered()
{
	but <<-END
		ls -N @other -q                                | 5 | -            | cannot enter the IPC namespace of @other: $1.*run with CAP_SYS_ADMIN.*CAP_SYS_PTRACE.*setns
	END
}

@test "root without CAP_IPC_OWNER" {
	without -ipc_owner
	may_not_read 'hint: run as user 4002, or with CAP_IPC_OWNER'
	may_not_write 'hint: run as user 4002, or with CAP_IPC_OWNER'
	but <<-'END'
		rm -n @free                                    | 5 | -            | cannot remove segment @free .*: permission denied.*CAP_IPC_OWNER
		rm @free                                       | 5 | -            | cannot remove segment @free .*: permission denied.*CAP_IPC_OWNER
		rm @shut                                       | 5 | -            | cannot remove segment @shut .*: permission denied.*CAP_IPC_OWNER
		rm --orphaned --grace 0                        | 5 | -            | segment [0-9]+ .*: permission denied.*CAP_IPC_OWNER
		attach --as-file @free head -c 5               | 125 | -          | cannot attach segment @free .*: permission denied.*CAP_IPC_OWNER
		set -p 600 @free                               | 5 | -            | cannot change segment @free .*: permission denied.*CAP_IPC_OWNER
		set -u 4004 @free                              | 5 | -            | cannot change segment @free .*: permission denied.*CAP_IPC_OWNER
		set --lock @free                               | 5 | -            | cannot lock segment @free .*: permission denied.*CAP_IPC_OWNER
		set --lock -n @free                            | 5 | -            | cannot lock segment @free .*: permission denied.*CAP_IPC_OWNER
		set --lock -p 600 @free                        | 5 | -            | cannot lock segment @free .*: permission denied.*CAP_IPC_OWNER
	END
	check
}

@test "root without CAP_IPC_LOCK" {
	without -ipc_lock
	may_not_lock 'hint: run as user 4002, or with CAP_IPC_LOCK'
	root_locks_within_limit
	check
}

@test "root without CAP_SYS_ADMIN" {
	without -sys_admin
	may_not_control 'hint: run as user 4002, or with CAP_SYS_ADMIN'
	not_entered 'Operation not permitted'
	check
}

@test "root without CAP_CHECKPOINT_RESTORE: CAP_SYS_ADMIN is enough" {
	without -checkpoint_restore
	check
}

@test "root without CAP_CHECKPOINT_RESTORE and CAP_SYS_ADMIN" {
	without -checkpoint_restore,-sys_admin
	no_file
	may_not_control 'hint: run as user 4002, or with CAP_SYS_ADMIN'
	not_entered 'Operation not permitted'
	check
}

# Since Linux 6.15 CAP_SYS_ADMIN shows the maps, too, but not in which namespace a process is.
@test "root without CAP_SYS_PTRACE" {
	without -sys_ptrace
	not_entered 'Permission denied'
	but <<-'END'
		ls -o id,holders -r                            | 0 | -            | @held.1 unseen
		stat @held                                     | 0 | -            | 0 of 1 attachments identified;
		rm @held                                       | 9 | -            | 0 of 1 attachments identified;
		read -n 5 @held                                | 0 | @held used   | ^hello
		stat --map @held                               | 0 | @held used   | -
	END
	check
}

# /proc/PID/map_files is a directory for its user only.
@test "root without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH" {
	without -dac_override,-dac_read_search
	but <<-'END'
		read -n 5 @held                                | 0 | @held used   | ^hello
		stat --map @held                               | 0 | @held used   | -
	END
	check
}

@test "root without CAP_KILL and all other capabilities that are not required" {
	without -all,+ipc_owner,+ipc_lock,+sys_admin,+sys_ptrace,+dac_read_search
	check
}

@test "root without any capability" {
	without -all
	may_not_read 'hint: run as user 4002, or with CAP_IPC_OWNER'
	may_not_write 'hint: run as user 4002, or with CAP_IPC_OWNER'
	may_not_control 'hint: run as user 4002, or with CAP_SYS_ADMIN'
	may_not_lock 'hint: run as user 4002, or with CAP_IPC_LOCK'
	root_locks_within_limit
	not_entered 'Permission denied'
	but <<-'END'
		ls -o id,holders -r                            | 0 | -            | @held.1 unseen
		stat @held                                     | 0 | -            | 0 of 1 attachments identified; the memory maps of [0-9]+ processes are not readable
		attach --as-file @free head -c 5               | 125 | -          | as a file: .*requires CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN
	END
	check
}

# --- Places -----------------------------------------------------------------

# In a mount namespace whose /proc was changed by a shell command
proc_is()
{
	person=(unshare --mount sh -c "$1"' && exec "$@"' sh)
}

@test "root where /proc hides processes (hidepid=2)" {
	proc_is 'mount -t proc -o hidepid=2 proc /proc'
	root
	check
}

@test "the owner where /proc hides processes (hidepid=2)" {
	user 4002
	local who=("${person[@]}")
	proc_is 'mount -t proc -o hidepid=2 proc /proc'
	person+=("${who[@]}")
	ordinary
	but <<-'END'
		rm -n @shut                                    | 5 | -            | hint: as root, change its mode .0000.: shmtool set -p 0600 @shut; or take it back as its creator: shmtool set -u 4001 -p 0600 @shut
		rm @shut                                       | 5 | -            | hint: as root, change its mode .0000.: shmtool set -p 0600 @shut; or take it back as its creator: shmtool set -u 4001 -p 0600 @shut
		rm --orphaned --grace 0                        | 5 | @free gone   | hint: as root, change its mode .0000.: shmtool set -p 0600 @shut; or take it back as its creator: shmtool set -u 4001 -p 0600 @shut
	END
	check
}

@test "a stranger where /proc hides processes (hidepid=2): states are unaffected" {
	user 4004
	local who=("${person[@]}")
	proc_is 'mount -t proc -o hidepid=2 proc /proc'
	person+=("${who[@]}")
	ordinary
	holders_unseen
	may_not_read 'hint: run as root or as a user with permission .owner 4002, mode 0[06][04]0.'
	may_not_write 'hint: run as root or as a user with permission .owner 4002, mode 0[06][04]0.'
	may_not_control 'hint: run as root, as its owner .user 4002. or as its creator .user 4001.'
	may_not_lock 'hint: run as root, as its owner .user 4002. or as its creator .user 4001.'
	check
}

@test "root where /proc cannot be written" {
	proc_is 'mount --bind /proc /proc && mount -o remount,bind,ro /proc'
	root
	check
}

@test "root without /proc" {
	proc_is 'umount --lazy /proc'
	root
	no_file
	but <<-'END'
		ls --sort id --grace 0 --format %{id}=%{state}:%{rss} | 0 | -            | @free=orphaned:-.*@held=attached:-.*@shut=orphaned
		ls -o id,holders -r                            | 0 | -            | cannot determine which processes have segments attached: /proc is not mounted
		ls -A                                          | 7 | -            | cannot find the IPC namespaces: /proc
		ls -N @other -q                                | 7 | -            | cannot enter the IPC namespace of @other: No such file.*hint: mount /proc
		stat @held                                     | 0 | -            | holders +not known.*/proc is not mounted
		stat --map @held                               | 0 | @held used   | /proc is not mounted
		attach --as-file @free head -c 5               | 125 | -          | as a file: there is no /proc/self/map_files
		rm @held                                       | 9 | -            | 1 process that cannot be identified .created by process [0-9]+, exited.*note: .*: /proc is not mounted.*hint: stop these
	END
	check
}

@test "root of a user namespace in which the owner is not mapped" {
	person=(unshare --user --map-root-user)
	root
	may_not_read 'hint: run as root outside this user namespace, in which the owner is not mapped'
	may_not_write 'hint: run as root outside this user namespace, in which the owner is not mapped'
	may_not_lock 'hint: run as root outside this user namespace, in which the owner is not mapped'
	root_locks_within_limit
	but <<-'END'
		ls -o id,holders -r                            | 0 | -            | @held.1 unseen
		ls -N @other -q                                | 5 | -            | hint: run with CAP_SYS_ADMIN in its owning user
		stat @held                                     | 0 | -            | 0 of 1 attachments identified; the memory maps of [0-9]+ processes are not readable
		attach --as-file @free head -c 5               | 125 | -          | as a file: .*requires CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN
		set -p 600 @free                               | 7 | -            | not mapped in this user namespace.*hint: run this outside the user namespace
		set -u 4004 @free                              | 7 | -            | not mapped in this user namespace.*hint: run this outside the user namespace
		set --lock -p 600 @free                        | 7 | -            | not mapped in this user namespace.*hint: run this outside the user namespace
		rm -n @free                                    | 7 | -            | not mapped in this user namespace.*hint: run this outside the user namespace
		rm @free                                       | 7 | -            | not mapped in this user namespace.*hint: run this outside the user namespace
		rm @shut                                       | 7 | -            | not mapped in this user namespace.*hint: run this outside the user namespace
		rm -M 0x101                                    | 5 | -            | permission denied.*hint: run as root outside this user namespace, in which the owner is not mapped
		rm @held                                       | 5 | -            | permission denied.*hint: run as root outside this user namespace, in which the owner is not mapped
		rm --orphaned --grace 0                        | 7 | -            | segment [0-9]+ .*not mapped.*segment [0-9]+ .*not mapped
		create -s 5 -u 4004                            | 7 | -            | not mapped in this user namespace
		create -s 5 -k 0x101                           | 4 | -            | is in use by segment @free \(size 4K
	END
	check
}

@test "root of a user namespace with all users mapped: its capabilities do not count" {
	mkfifo ready go
	# shellcheck disable=SC2016
	person=(sh -c 'unshare --user sh -c "echo >ready; read -r _ <go; exec \"\$@\"" sh "$@" &
		read -r _ <ready && echo 0 0 5000 >/proc/$!/uid_map && echo 0 0 5000 >/proc/$!/gid_map &&
		echo >go && wait $!' sh)
	root
	may_not_read 'hint: run as user 4002, or with CAP_IPC_OWNER in the user namespace that owns'
	may_not_write 'hint: run as user 4002, or with CAP_IPC_OWNER in the user namespace that owns'
	may_not_control 'hint: run as user 4002, or with CAP_SYS_ADMIN in the user namespace that owns'
	may_not_lock 'hint: run as user 4002, or with CAP_IPC_LOCK in the user namespace that owns'
	root_locks_within_limit
	but <<-'END'
		ls -o id,holders -r                            | 0 | -            | @held.1 unseen
		ls -N @other -q                                | 5 | -            | hint: run with CAP_SYS_ADMIN in its owning user
		stat @held                                     | 0 | -            | 0 of 1 attachments identified; the memory maps of [0-9]+ processes are not readable
		attach --as-file @free head -c 5               | 125 | -          | as a file: .*requires CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN
	END
	check
}

# The group of that user is not mapped.
@test "the owner as root of a user namespace" {
	user 4002
	person+=(unshare --user --map-root-user)
	ordinary
	holders_unseen
	but <<-'END'
		ls -N @other -q                                | 5 | -            | hint: run with CAP_SYS_ADMIN in its owning user
		stat @held                                     | 0 | -            | 0 of 1 attachments identified; the memory maps of [0-9]+ processes are not readable
		rm @held                                       | 9 | -            | 0 of 1 attachments identified; the memory maps of [0-9]+ processes are not readable
		read -n 5 @shut                                | 5 | -            | permission denied.*hint: run as root outside this user namespace, in which the owner is not mapped
		set -p 600 @free                               | 7 | -            | not mapped in this user namespace.*hint: run this outside the user namespace
		set -u 4004 @free                              | 7 | -            | not mapped in this user namespace.*hint: run this outside the user namespace
		set --lock -p 600 @free                        | 7 | -            | not mapped in this user namespace.*hint: run this outside the user namespace
		rm -n @free                                    | 7 | -            | not mapped in this user namespace.*hint: run this outside the user namespace
		rm @free                                       | 7 | -            | not mapped in this user namespace.*hint: run this outside the user namespace
		rm @shut                                       | 7 | -            | not mapped in this user namespace.*hint: run this outside the user namespace
		rm --orphaned --grace 0                        | 7 | -            | segment [0-9]+ .*not mapped.*segment [0-9]+ .*not mapped
		create -s 5 -u 4004                            | 7 | -            | not mapped in this user namespace
		create -s 5 -k 0x101                           | 4 | -            | is in use by segment @free \(size 4K
	END
	check
}

# --- Sandboxes that refuse a system call ------------------------------------

@test "root under a seccomp filter without setns" {
	person=("$HELPERS/refuse" EPERM setns)
	root
	not_entered 'Operation not permitted'
	check
}

@test "root under a seccomp filter that refuses pidfd_open with EPERM" {
	person=("$HELPERS/refuse" EPERM pidfd_open)
	root
	check
}

@test "root on a kernel without pidfd_open and kcmp (ENOSYS)" {
	person=("$HELPERS/refuse" ENOSYS 'pidfd_open,kcmp')
	root
	check
}

# --- All namespaces ---------------------------------------------------------

# beside_another COMMAND...: ls -A, run by COMMAND, where just two IPC namespaces are found
beside_another()
{
	# shellcheck disable=SC2016
	capture alone sh -c '
		mkfifo ready && { unshare --ipc sh -c "echo >ready; exec sleep 1000" & } && read -r _ <ready
		exec "$@"' sh \
		"$@" "$SHMTOOL" ls -A --format 'in %{ns} is %{id}'
	rm ready
	assert_output_has "is ${number[0]}"
}

@test "ls -A: root, users, root without a capability, and without setns" {
	beside_another env
	expect_status 0
	assert_stderr_is ''

	beside_another setpriv --reuid 4004 --regid 4004 --clear-groups
	expect_status 0
	assert_stderr_matches 'warning: cannot see the IPC namespaces of [0-9]+ process(es)? of other users; run as root'

	beside_another setpriv --bounding-set=-sys_ptrace
	expect_status 5
	assert_stderr_matches 'cannot determine the IPC namespace of [0-9]+ process(es)? \(.*[0-9]+ (sh|sleep)\): permission denied.*hint: run with CAP_SYS_PTRACE'

	beside_another unshare --user --map-root-user
	expect_status 5
	assert_stderr_matches 'process(es)? \(.*[0-9]+ .*\): permission denied.*note: CAP_SYS_PTRACE is in effect, but .*another user namespace'

	beside_another setpriv --bounding-set=-sys_admin
	expect_status 5
	assert_stderr_matches 'cannot enter IPC namespace [0-9]+ .*: Operation not permitted.*hint: run with CAP_SYS_ADMIN'

	beside_another "$HELPERS/refuse" EPERM setns
	expect_status 5
	assert_stderr_matches 'cannot enter IPC namespace [0-9]+ .*: Operation not permitted.*setns'
}

# --- Without /proc/sys --------------------------------------------------------

@test "if kernel.shm_rmid_forced cannot be read, a segment that a detach would destroy is not attached" {
	local id words
	id=$(make_live_segment 4096 666)
	set_limit shm_rmid_forced 1
	for words in read 'attach --hold 0' 'write -t hello'; do
		# shellcheck disable=SC2086,SC2016 # a verb and its options; sh
		run --separate-stderr unshare --mount sh -c 'umount --lazy /proc && exec "$@"' sh \
			timeout 120 "$SHMTOOL" $words "$id"
		[[ $stderr == *LeakSanitizer* ]] || expect_status 7
		assert_stderr_has 'kernel.shm_rmid_forced is 1'
		segment_exists "$id"
	done
}

# --- The manual -----------------------------------------------------------------

@test "the manual explains each capability that the program requires" {
	local top name rights
	top=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	rights=$(sed -n '/^\.Sh PERMISSIONS/,/^\.Sh HOW/p' "$top/man/shmtool-security.7")
	while read -r name; do
		[[ $rights == *"$name"* ]] || fail "the manual lacks $name"
	done < <(grep -Ehro 'CAP_(SYS|IPC|DAC|CHECKPOINT)_[A-Z_]+' "$top/src/verbs" "$top/tests/rights.bats" | sort -u | tee names)
	(($(wc -l <names) >= 5))
}
