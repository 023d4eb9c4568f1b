#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The words of messages: the whole text of those that other files only look for a part of.

load lib/common

# check STATUS: each line of stdin is a command, what it prints on stderr after its name, and
# perhaps => and the hint after that.
check()
{
	local wanted_status=$1 command text hint name wanted failures=0
	while IFS='|' read -r command text; do
		read -r text <<<"$text"
		hint=
		[[ $text != *' => '* ]] || hint=${text#* => } text=${text% => *}
		eval "set -- $command"
		name="shmtool $1"
		[[ $1 != lst && $1 != help ]] || name=shmtool
		wanted="$name: $text${hint:+$'\n'$name: hint: $hint}"
		try "$@"
		[[ $status == "$wanted_status" && $stderr == "$wanted" && -z $output ]] && continue
		printf 'shmtool %s: status %s\nwanted: %s\ngot:    %s\n' "$command" "$status" "$wanted" "$stderr" >&2
		failures=$((failures + 1))
	done
	((!failures)) || fail "$failures messages are different"
}

@test "words that are not what an option or operand takes" {
	check 2 <<-'END'
		lst                      | unknown command "lst" => try "shmtool --help"
		help rm ls               | help takes at most one COMMAND => try "shmtool --help"
		rm foo                   | "foo": not a segment (expected ID, 0xKEY, key:KEY, id:ID or ftok:PROJ:PATH)
		rm 0012                  | "0012": ids have no leading zeros (for an octal key, write key:0N)
		rm 99999999999           | "99999999999": id outside 0..2147483647
		rm 3000000000            | "3000000000": id outside 0..2147483647 (for a decimal key, write key:N)
		rm key:0x100000000       | "key:0x100000000": key outside -2147483648..4294967295
		rm ftok:ab:/             | "ftok:ab:/": PROJ of ftok:PROJ:PATH must be one character or a number
		rm ftok:0x0000000000000000000000041:/ | "ftok:0x0000000000000000000000041:/": PROJ of ftok:PROJ:PATH must be one character or a number
		rm -M x                  | --shmem-key "x": not a key (a number such as 1234, 0x4d2 or 02322, or ftok:PROJ:PATH)
		rm 'x!#:+y'              | "x!#:+y": an argument that contains "!#:+" must come after "--"
		rm --frob                | unknown option "--frob" => try "shmtool rm --help"
		rm --orphan              | unknown option "--orphan" => try --orphaned, or "shmtool rm --help"
		read 1 --timeout=5       | unknown option "--timeout=5" => try --guard-timeout, or "shmtool read --help"
		stat 1 --guard-timeout 5 | unknown option "--guard-timeout" => try --timeout, or "shmtool stat --help"
		ls --names               | unknown option "--names" => try --namespace, or "shmtool ls --help"
		rm --all-users           | unknown option "--all-users" => try --all-namespaces, or "shmtool rm --help"
		attach --data 1          | unknown option "--data" => try "shmtool attach --help"
		ls --frob                | unknown option "--frob" => try "shmtool ls --help"
		ls --time-fromat iso     | unknown option "--time-fromat" => try --time-format, or "shmtool ls --help"
		rm --idle                | option --idle needs a value => try "shmtool rm --help"
		rm --orphaned=yes        | option --orphaned does not take a value => try "shmtool rm --help"
		rm --idle soon           | --idle "soon": not a duration (such as 500ms, 90s, 10m, 2h, 3d, 1h30m; a bare number is seconds)
		rm --idle 99999999999999999999d | --idle "99999999999999999999d": duration too long
		rm --min-size 5x         | --min-size "5x": not a size (such as 4096, 0x1000, 64K, 1G; KB for 1000)
		rm --min-size 16E        | --min-size "16E": number too large
		create -s 1 -p 9         | --mode "9": not an octal mode (such as 0600)
		create -s 1 -p 1777      | --mode "1777": above 0777
		create -s 1 -f ''        | --file "": empty name
		create                   | no size given: use -s SIZE or -f FILE => try "shmtool create --help"
		create 64M               | unexpected argument "64M" => use -s 64M to set the size
		create -s 4K 0x5         | unexpected argument "0x5" => use -k 0x5 to set the key
		create -s 4K 'ftok:A:/a b' | unexpected argument "ftok:A:/a b" => use -k 'ftok:A:/a b' to set the key
		create -s 4K -k 1 0x5    | unexpected argument "0x5" => try "shmtool create --help"
		create much              | unexpected argument "much" => try "shmtool create --help"
		ls --format '%{id'       | --format "%{id": missing } after %{
		ls --format '%id'        | --format "%id": invalid format (use %{FIELD}, %%, \t, \n, \\)
		ls --follow --interval 0 | --interval "0": must be greater than 0
		ls --warn 101            | --warn "101": not a percentage (0 to 100)
		ls --mode 999            | --mode "999": not an octal mode up to 0777 (0600: this mode; -0006: all of these bits; /0022: any of them)
		read 1 --guard foo       | --guard "foo": not a semaphore set (expected ID, 0xKEY, key:KEY, id:ID or ftok:PROJ:PATH)
		ls --state gone          | --state "gone": not a state (dest, attached, kept, orphaned, detached)
		ls --key 5-3             | --key "5-3": the range ends before it begins
		ls --namespace -5        | --namespace "-5": neither a process id nor the number of an IPC namespace (NS in ls -A)
		read                     | no SEGMENT given => try "shmtool read --help"
		read 1 2                 | "2": only one SEGMENT may be given => try "shmtool read --help"
		write 1 -x 0g            | --hex "0g": not pairs of hex digits (such as "00 ff 1a")
		write 1 --u8 256         | --u8 "256": out of range for 8 bits (0..255)
		write 1 -t ab --expect a | --expect must have the same length as the data (1 and 2 bytes)
		set 1                    | nothing to change: use -u, -g, -p, --lock or --unlock => try "shmtool set --help"
		rm                       | no SEGMENT or filter given (options such as --grace, --except and --keep select nothing by themselves) => try "shmtool rm --help"
		stat                     | no SEGMENT or filter given => try "shmtool stat --help"
	END
}

@test "options that cannot be combined" {
	check 2 <<-'END'
		ls --all --orphaned      | --all cannot be combined with other filters
		ls --except-namespace 1  | --except-namespace requires --all-namespaces (-A)
		ls -A -N 1               | --all-namespaces (-A) and --namespace (-N) cannot be combined
		ls -A 5                  | --all-namespaces (-A) cannot be combined with SEGMENT: ids and keys differ between namespaces
		ls --interval 1          | --interval requires --follow
		ls --follow -o id        | with --follow, -o requires -J
		stat 1 --timeout 1       | --timeout requires --wait
		stat 1 -J -q             | only one of -J, -q and --format may be given
		stat 1 --map -J          | --map cannot be combined with -J, -q, --format or --wait
		stat 1 --wait gone -J    | --wait gone cannot be combined with -J or --format
		stat --all --wait gone   | --wait requires SEGMENTs and cannot be combined with filters or --except
		rm -m 1 --all            | -m and -M cannot be combined with filters; give the id as SEGMENT instead
		rm -m 1 --except 2       | --except cannot be combined with -m or -M
		rm --all --with-guard    | --with-guard requires SEGMENTs and cannot be combined with filters, -m or -M
		set 1 --lock --unlock    | --lock and --unlock cannot be combined
		read 1 -n 5 --u32        | -n cannot be combined with --u32
		write 1 -t x -n 5        | -n can only be used with -f, -z and --fill
		write 1 -t x --truncate  | --truncate can only be used with -f
		write 1 -z --expect 1    | --expect can only be used with -t, -x, --u8, --u16, --u32 and --u64
		create -s 1 --with-guard | --with-guard needs a key (-k KEY or -k auto), so that others can find the guard
		attach --round 1         | --round and --remap require --at
		attach --as-file 1       | --as-file requires a COMMAND
	END
}

@test "a message of more than 4 KiB is cut, but not inside an escape" {
	try create -f "$(perl -e 'print "\1" x 4000')"
	expect_status 7
	assert_stderr_matches '^shmtool create: cannot read (\\x01)+$'
	((${#stderr} <= 4096))
}

@test "ranges that are not inside the segment" {
	local id
	id=$(make_segment 1)
	check 2 <<-END
		read $id -o 2          | offset 2 is past the end of segment $id (no key), which has 1 byte
		read $id -o 1 -n 1     | offset 1 plus length 1 exceeds segment $id (no key), which has 1 byte
		read $id -o 1 --u16    | --u16: offset 1 is not a multiple of 2 => use -x for bytes at any offset: only an aligned number is read or written atomically
	END
}

@test "a key that is in use, and a segment that does not exist" {
	local id
	id=$(make_segment 4096 600 0x1234)
	check 4 <<-END
		create -k 0x1234 -s 1          | cannot create a segment: key 0x00001234 is in use by segment $id (size 4K, owner $(id -un)) => use --reuse to get the id of that segment, or -k auto for an unused key
		create -k 0x1234 -s 1M --reuse | cannot reuse segment $id (key 0x00001234): its size is 4096, but 1048576 was requested => request at most this size (-s 4096), or use another key
	END
	check 3 <<-'END'
		rm 4660 | no segment has the id 4660 => try key:4660 (a segment has this key)
		rm 0x99 | no segment has the key 0x00000099
	END
	local key
	# ftok(3): the project, the device and the inode
	key=$(perl -e '@s = stat "/"; printf "0x%08x", 65 << 24 | ($s[0] & 255) << 16 | $s[1] & 65535')
	check 3 <<-END
		rm ftok:A:/                | no segment has the key $key (ftok:A:/)
		create -k ftok:A:/ --reuse | no segment has the key $key (ftok:A:/)
	END
	check 8 <<-END
		stat --wait exists ftok:A:/ --timeout 0 | timed out after 0s: no segment has the key $key (ftok:A:/)
	END
	check 3 <<-END
		read $id --guard 99   | no such guard: no semaphore set has the id 99 => "ipcs -s" lists the semaphore sets
		read $id --guard 0x99 | no such guard: no semaphore set has the key 0x00000099 => "shmtool create --with-guard" creates one along with a segment
	END
}

@test "names of things that do not exist" {
	local id
	id=$(make_segment 1)
	echo 'no list' >text
	local give='give a process id, the path of a namespace such as /proc/PID/ns/ipc, or a number that ls -A shows in its column NS'
	check 7 <<-END
		ls -N .          | cannot enter the IPC namespace of .: it is not an IPC namespace => $give
		ls -N 4294967295 | cannot enter the IPC namespace of 4294967295: no such IPC namespace is visible here => $give
		ls -A --except-namespace nonsense | --except-namespace "nonsense": No such file or directory; nothing was done => $give
		ls -N 2147483647 | cannot enter the IPC namespace of 2147483647: No such process => $give
	END
	check 7 <<-'END'
		ls --namespace nonsense | cannot enter the IPC namespace of nonsense: No such file or directory => give a process id, the path of a namespace such as /proc/PID/ns/ipc, or a number that ls -A shows in its column NS
		ls --from text          | cannot read segment list text: line 1: column "key" is missing in the header (is it a copy of /proc/sysvipc/shm?)
	END
	check 127 <<-END
		attach $id no-command   | cannot run no-command: not found in PATH
		attach $id ./no-command | cannot run ./no-command: No such file or directory
	END
}

@test "a segment that is attached, marked, or has a guard that is held" {
	local id guard
	id=$(shmtool create -s 1 -k 0x1234 --with-guard)
	guard=$(ipcs -s | awk '$1 == "0x00001234" { print $2 }')
	perl -MIPC::SysV=:all -e 'semctl($ARGV[0], 0, SETVAL, 0) // die' "$guard"
	check 9 <<-END
		rm --with-guard $id    | segment $id (key 0x00001234) and its guard (semaphore set $guard) were not removed: the guard is held by a process => wait until the guard is free, or use --even-attached to remove both anyway: processes that wait for the guard then fail with EIDRM
		rm --with-guard -n $id | segment $id (key 0x00001234) and its guard (semaphore set $guard) would not be removed: the guard is held by a process => wait until the guard is free, or use --even-attached to remove both anyway: processes that wait for the guard then fail with EIDRM
	END
	ipcrm -s "$guard"
	hold_segment "$id"
	check 9 <<-END
		rm $id | segment $id (key 0x00001234) was not removed: it is attached by process $holder_pid (hold, $(id -un)) => stop these processes first, or use --even-attached to mark the segment for removal: it is then destroyed at its last detach (the key is freed at once)
	END
	ipcrm -m "$id"
	check 9 <<-END
		rm $id | segment $id (no key) is already marked for removal, but still attached by process $holder_pid (hold, $(id -un)) => wait until these processes exit, or stop them: the segment is destroyed at its last detach
	END
}

@test "reading warns if it overwrites a last user that is still running" {
	local id
	id=$(make_segment 1)
	# shellcheck disable=SC2016
	background perl -e 'shmread($ARGV[0], my $x, 0, 1) or die; $| = 1; print "done\n"; sleep 1 while 1' "$id"
	wait_until test -s "$background_output"
	try read "$id"
	expect_status 0
	assert_stderr_is "shmtool read: warning: reading segment $id (no key) overwrites its last user (process $background_pid perl, still running); it may later be considered orphaned"
}
