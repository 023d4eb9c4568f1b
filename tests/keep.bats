#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Keep lists: the segments that they name are never removed by a filter, and a list that
# cannot be trusted prevents the removal.

load lib/common

# Two orphans, one of them with the key 0x99 that the list names.
setup()
{
	common_setup
	kept=$(make_orphan 4096 600 0x99)
	other=$(make_orphan)
	keep_lists
	list=$lists/keep
	echo 0x99 >"$list"
}

orphans()
{
	try rm --orphaned --grace 0 --keep-file "$list" "$@"
}

# Nothing was removed: the list is at fault, and said to be so.
assert_refused()
{
	expect_status 7
	assert_output_is ''
	assert_stderr_has "$1"
	segment_exists "$kept"
	segment_exists "$other"
}

@test "ls shows the state kept for listed keys, but not with --ignore-keep" {
	try ls --keep-file "$list" --grace 0 --format '%{id} %{state}'
	assert_output_is "$kept kept"$'\n'"$other orphaned"
	try ls --keep-file "$list" --ignore-keep --grace 0 --format '%{state}'
	assert_output_is $'orphaned\norphaned'
}

@test "rm by filter does not remove kept segments, whatever the filter" {
	for filter in --orphaned --detached --all '--key 0x99' '--state kept'; do
		# shellcheck disable=SC2086 # an option and its value
		try rm $filter --grace 0 --keep-file "$list" -n
		expect_status 0
		assert_output_lacks "would remove $kept "
	done
	orphans
	expect_status 0
	segment_exists "$kept"
	run ! segment_exists "$other"
}

@test "--even-attached does not mark kept segments" {
	hold_segment "$kept"
	try rm --all --even-attached --keep-file "$list"
	expect_status 0
	assert_equal "$(segment_field "$kept" key)" 153
}

@test "a kept segment is removed if it is named without a filter, and not with one" {
	orphans "$kept"
	expect_status 0
	segment_exists "$kept"
	try rm "$kept" --all --keep-file "$list"
	expect_status 0
	segment_exists "$kept"
	try rm "$kept"
	expect_status 0
	run ! segment_exists "$kept"
}

@test "a keep list that could not have an effect is refused: exit 2" {
	local words
	for words in "$kept --keep-file $list" "$kept --keep 0x99" "-m $kept --keep 0x99" "-M 0x99 --keep-file $list"; do
		# shellcheck disable=SC2086 # words
		try rm $words
		expect_status 2
		assert_stderr_has '--keep and --keep-file require a filter'
	done
	segment_exists "$kept"
}

@test "--grace without a filter is refused, since a segment that is given is removed at once: exit 2" {
	local words
	for words in "rm $kept" "rm -m $kept" "set $kept -p 640"; do
		# shellcheck disable=SC2086 # words
		try $words --grace 1h
		expect_status 2
		assert_stderr_has '--grace requires a filter such as --orphaned'
	done
	assert_equal "$(segment_field "$kept" perms)" 600
}

@test "--ignore-keep removes what the list names" {
	orphans --ignore-keep
	expect_status 0
	assert_equal "$(segment_count)" 0
}

@test "creator:USER keeps segments by creator, even if they were given to another user" {
	need_root
	by_user=$(as_user perl -e 'print shmget(0, 4096, 01600) + 0')
	try set -u root "$by_user"
	echo 'creator:nobody # batch jobs' >"$list"
	orphans
	expect_status 0
	segment_exists "$by_user"
	run ! segment_exists "$other"
}

# Under unshare -r, the kernel shows the caller's segments as those of root.
@test "creators in a user namespace that does not map the owner of the files: nothing is removed" {
	need_root
	export HOME=$BATS_TEST_TMPDIR
	local id words
	local within=(as_user unshare --user --map-root-user "$SHMTOOL")
	id=$(as_user "$SHMTOOL" create -s 4096 -k 0x98)
	echo creator:nobody >"$list"
	for words in "--keep-file $list" '--ignore-keep --except-creator nobody' '--ignore-keep --owner nobody'; do
		# shellcheck disable=SC2086 # options and their values
		capture "${within[@]}" rm --orphaned --grace 0 $words
		expect_status 7
		assert_stderr_has 'cannot match users: user IDs differ in this user namespace; nothing was done'
	done
	segment_exists "$id"
	# without users, it works
	capture "${within[@]}" rm --key 0x98 --ignore-keep
	expect_status 0
	assert_output_matches "^removed $id "
}

# As in a sandbox with a root directory of its own, and /etc of its host.
@test "creators in a user namespace that maps the owner of /, but not that of /etc/passwd" {
	need_root
	local id
	id=$(make_orphan)
	cp /etc/passwd passwd
	chown 12345 passwd
	# shellcheck disable=SC2016 # they are for sh
	run --separate-stderr unshare --mount sh -c 'mount --bind passwd /etc/passwd &&
		exec unshare --user --map-root-user "$0" rm --orphaned --grace 0 --ignore-keep --except-creator daemon' \
		"$SHMTOOL"
	expect_status 7
	assert_stderr_has 'cannot match users: user IDs differ in this user namespace; nothing was done'
	segment_exists "$id"
}

# Root inside is root outside, so the owner of the files is mapped, but other users are not.
@test "a creator that is not mapped in the user namespace counts as any that is to be kept" {
	need_root
	local id words
	id=$(as_uid 1 "$SHMTOOL" create -s 4096 -u 0 -g 0)
	echo creator:bin >"$list"
	for words in "--keep-file $list" '--except-creator bin'; do
		# shellcheck disable=SC2086 # options and their values
		capture unshare --user --map-root-user "$SHMTOOL" rm --orphaned --grace 0 $words
		expect_status 0
		segment_exists "$id"
	done
	run ! segment_exists "$other"
	capture unshare --user --map-root-user "$SHMTOOL" rm --orphaned --grace 0
	assert_output_matches "^removed $id "
}

@test "a keep list may have comments, whitespace and key:, and there may be several lists" {
	printf '# a comment\n\n \t key:153\t# and one more\n' >"$list"
	second=$lists/second
	: >"$second"
	orphans --keep-file "$second"
	expect_status 0
	segment_exists "$kept"
}

@test "a list that is missing" {
	rm "$list"
	orphans
	assert_refused 'No such file or directory'
}

@test "a relative path of a list, from a directory that no longer exists" {
	mkdir gone
	(cd gone && rmdir ../gone && ! shmtool rm --all --keep-file list) 2>errors
	grep -q 'list: No such file or directory' errors
	assert_equal "$(segment_count)" 2
}

@test "a list that others may write to" {
	for mode in 620 602; do
		chmod $mode "$list"
		orphans
		assert_refused 'must not be writable by group or others'
	done
}

@test "a list that belongs to another user" {
	need_root
	chown 65534 "$list"
	orphans
	assert_refused 'must be owned by root or by you'
}

@test "a list that cannot be read" {
	need_root
	chmod 000 "$list"
	try_as_user rm --all --keep-file "$list"
	expect_status 7
	assert_stderr_has 'Permission denied'
	mkfifo "$lists/fifo"
	# shellcheck disable=SC2016
	background sh -c 'echo >"$1"' sh "$lists/fifo"
	wait_until process_is S "$background_pid"
	try rm --all --keep-file "$lists/fifo"
	assert_refused 'not a regular file'
	# it was not even opened
	process_is S "$background_pid"
}

@test "a malformed list, with its line" {
	for line in 12345 id:0 junk owner:root creator: creator:nosuchuser key:0 0x 'ftok:x:/nonexistent'; do
		printf '# first\n%s\n' "$line" >"$list"
		orphans
		assert_refused "line 2"
	done
	printf '0x99\0\n' >"$list"
	orphans
	assert_refused "NUL byte"
}

@test "carriage returns are accepted at the ends of lines, and nowhere else" {
	printf '# first\r\n\r\n0x99\r\n' >"$list"
	orphans -n
	expect_status 0
	assert_output_lacks "would remove $kept "
	printf '# first\n# second\r0x99\n' >"$list"
	orphans
	assert_refused 'line 2: contains a carriage return'
	printf '0x98\r0x99\r' >"$list"
	orphans
	assert_refused 'line 1: "0x98": contains a carriage return'
}

@test "a relative path in a keep list is refused" {
	touch here
	for line in ftok:A:here ftok:::./here; do
		echo "$line" >"$list"
		orphans
		assert_refused 'line 1: "ftok:'
		assert_stderr_has 'PATH must be absolute'
	done
	echo "ftok:A:$PWD/here" >"$list"
	try ls --keep-file "$list" -q
	expect_status 0
	assert_stderr_is ''
}

# A rule of sudo(8) may permit `shmtool ls *` and no more.
@test "no line is shown of a file that is not a keep list, or that not all may read" {
	local line
	for line in 'root:secret:20000:0:99999:7:::' '-----BEGIN secret-----' '- secret' 'secret word'; do
		echo "$line" >"$list"
		try ls --keep-file "$list"
		expect_status 0
		assert_stderr_has "keep list $list, line 1: "
		assert_stderr_lacks secret
	done
	for line in 'key: secret' '0xsecret'; do
		echo "$line" >"$list"
		chmod 640 "$list"
		try ls --keep-file "$list"
		expect_status 0
		assert_stderr_has "keep list $list, line 1: "
		assert_stderr_lacks secret
		chmod 644 "$list"
		try ls --keep-file "$list"
		assert_stderr_has "keep list $list, line 1: \"$line\": "
	done
}

@test "an endless file is refused as a list, and uses no memory" {
	truncate -s 1T "$list"
	orphans
	assert_refused "line 2: contains a NUL byte"
	perl -e 'print "0x99 # ", "x" x 5000, "\n"' >"$list"
	orphans
	assert_refused 'line 1: "0x99": the line is too long'
	perl -e 'print "0x99 # ", "x" x 4000, "\n"' >"$list"
	orphans
	expect_status 0
	segment_exists "$kept"
}

@test "an optional entry may name a user or a path that this machine lacks" {
	printf '%s\n' '-creator:nosuchuser' '- creator:nosuchuser # elsewhere' '-ftok:A:/nonexistent' '-ftok:A:/etc/passwd/x' \
		-0x99 >"$list"
	orphans
	expect_status 0
	assert_stderr_is ''
	segment_exists "$kept"
	run ! segment_exists "$other"
}

@test "an optional entry must be valid in all other respects" {
	for line in - -- --0x99 -creator: -12345 -junk -owner:root -ftok:A:here -0x 'creator: root' \
		'-creator:nosuchuser# elsewhere' '-creator: nosuchuser' '-creator:nosuchuser other' \
		'-ftok:A:/nonexistent#index' -creator:+1000x -creator:+ -creator:4294967295 -creator:+-1 \
		-creator:=1000 -creator:1000x '-creator:nosuchuser;' '-creator:"nosuchuser"' \
		$'-creator:nosuchuser\xc2\xa0'; do
		echo "$line" >"$list"
		orphans
		assert_refused 'line 1: '
	done
	need_root
	mkdir -m 700 "$lists/closed"
	echo "-ftok:A:$lists/closed/file" >"$list"
	try_as_user rm --all --keep-file "$list"
	expect_status 7
	assert_stderr_has 'Permission denied'
}

# What a name service does that cannot be reached: getpwnam(3)
@test "an optional entry is not skipped when the look-up of its user fails" {
	need_root
	need_strace
	echo 'passwd: files' >nsswitch.conf
	local error user
	# a number may be a name, too. sssd, nslcd and winbind: ENOENT, as if there were no such user
	for user in nosuchuser 12345; do
		echo "-creator:$user" >"$list"
		for error in EIO ENOENT; do
			# shellcheck disable=SC2016
			ASAN_OPTIONS=detect_leaks=0 run --separate-stderr unshare --mount sh -c '
				mount --bind nsswitch.conf /etc/nsswitch.conf && exec strace -qq -o trace -P /etc/passwd \
				-e trace=openat -e inject=openat:error="$0" "$@"' "$error" "$SHMTOOL" rm --all --keep-file "$list"
			grep -q INJECTED trace
			assert_refused "line 1: \"-creator:$user\": the look-up of this user failed"
		done
	done
}

@test "an optional entry is not skipped where there is no /etc/passwd, as in a container's image" {
	need_root
	# shellcheck disable=SC2016
	in_image=(unshare --mount sh -c 'mount -t tmpfs none /etc && exec "$@"' sh)
	echo -creator:root >"$list"
	run --separate-stderr "${in_image[@]}" "$SHMTOOL" rm --all --keep-file "$list"
	assert_refused 'line 1: "-creator:root": the look-up of this user failed (for a user ID, use +NUMBER)'
	run --separate-stderr "${in_image[@]}" "$SHMTOOL" rm --all -n --keep creator:+0
	expect_status 0
}

@test "--keep ENTRY: in addition to the lists" {
	third=$(make_orphan 4096 600 0x98)
	try ls --keep-file "$list" --keep 0x98 --grace 0 --format '%{id} %{state}' --sort id
	assert_output_is "$kept kept"$'\n'"$other orphaned"$'\n'"$third kept"
	orphans --keep key:0x98 --keep -creator:nosuchuser --keep -ftok:b:/nonexistent
	expect_status 0
	segment_exists "$kept"
	segment_exists "$third"
	run ! segment_exists "$other"
	# it is no list to be ignored
	try rm --all --ignore-keep --keep 0x98
	expect_status 0
	segment_exists "$third"
	run ! segment_exists "$kept"
	try rm --all --keep creator:root
	expect_status 0
	try rm "$third"
	expect_status 0
	assert_equal "$(segment_count)" 0
}

@test "--keep with an invalid entry: exit 2, 7 and 5, and nothing is removed" {
	for entry in '' junk 12345 id:1 key:0 owner:root creator:nosuchuser ftok:A:here '0x99 0x98' -; do
		try rm --all --keep "$entry"
		expect_status 2
		assert_stderr_has "--keep \"$entry\": "
	done
	try rm --all --keep ftok:A:/nonexistent
	expect_status 7
	try ls --keep ftok:A:/nonexistent
	expect_status 7
	assert_equal "$(segment_count)" 2
	need_root
	mkdir -m 700 "$lists/closed"
	try_as_user rm --all --keep "ftok:A:$lists/closed/file"
	expect_status 5
}

@test "ls and stat warn about an invalid list and continue" {
	echo junk >"$list"
	try ls -q --keep-file "$list"
	expect_status 0
	assert_output_is "$kept"$'\n'"$other"
	assert_stderr_has 'warning: keep list '
	try stat "$kept" --keep-file "$list" --format '%{id}'
	expect_status 0
	assert_output_is "$kept"
}

@test "an ordinary user's own list is read, and the system's is for all" {
	need_root
	mkdir -p "$lists/config/shmtool"
	echo creator:nobody >"$lists/config/shmtool/keep"
	chown -R 65534 "$lists/config"
	by_user=$(as_user perl -e 'print shmget(0, 4096, 01600) + 0')
	export XDG_CONFIG_HOME=$lists/config
	try_as_user ls --creator nobody --format '%{state}'
	assert_output_is kept
	# root has no list of its own
	try ls --creator nobody --grace 0 --format '%{state}'
	assert_output_is orphaned
	mkdir etc
	cp -a /etc/. etc/
	mkdir -p etc/shmtool
	echo creator:nobody >etc/shmtool/keep
	# shellcheck disable=SC2016
	run --separate-stderr unshare --mount sh -c 'mount --bind etc /etc && "$0" "$@"' \
		"$SHMTOOL" ls --creator nobody --format '%{state}'
	assert_output_is kept
}

# Each way in which the file $1 is no good list, one after the other
# shellcheck disable=SC2016
bad_lists=(
	'echo junk >"$1"'
	'chmod 620 "$1"'
	'chmod 602 "$1"'
	'chown 12345 "$1"'
	'chmod 000 "$1"'
	'rm "$1" && mkdir "$1"'
	'rm "$1" && ln -s nowhere "$1"'
	'rm "$1" && mkfifo "$1"'
)

# Scheduled jobs have no other.
@test "an invalid list of the system prevents a removal by filter, but no other" {
	need_root
	mkdir etc
	cp -a /etc/. etc/
	mkdir -p etc/shmtool
	local make
	for make in "${bad_lists[@]}"; do
		rm -rf etc/shmtool/keep
		echo "creator:root" >etc/shmtool/keep
		bash -c "$make" bash etc/shmtool/keep
		# root may read what is mode 0: it is a list, and keeps all of root's
		[[ $make != 'chmod 000'* ]] || continue
		# shellcheck disable=SC2016
		run --separate-stderr unshare --mount sh -c 'mount --bind etc /etc && "$0" "$@"' \
			"$SHMTOOL" rm --all
		assert_refused 'keep list /etc/shmtool/keep'
		assert_stderr_has 'hint: correct this, or use --ignore-keep'
	done
	make_orphan 4096 600 0x98
	# shellcheck disable=SC2016
	run --separate-stderr unshare --mount sh -c 'mount --bind etc /etc && "$0" "$@"' \
		"$SHMTOOL" rm 0x98
	expect_status 0
	# shellcheck disable=SC2016
	run --separate-stderr unshare --mount sh -c 'mount --bind etc /etc && "$0" "$@"' \
		"$SHMTOOL" rm --all --ignore-keep
	expect_status 0
	assert_equal "$(segment_count)" 0
}

@test "an invalid list of a user prevents a removal" {
	need_root
	cd "$lists"
	mkdir -p config/shmtool
	chown 65534 config
	by_user=$(as_user perl -e 'print shmget(0, 4096, 01600) + 0')
	local make
	for make in "${bad_lists[@]}"; do
		rm -rf config/shmtool/keep
		as_user touch config/keep
		mv config/keep config/shmtool/keep
		bash -c "$make" bash config/shmtool/keep
		run --separate-stderr env XDG_CONFIG_HOME="$PWD/config" HOME=/root \
			setpriv --reuid 65534 --regid 65534 --clear-groups "$SHMTOOL" rm --all
		assert_refused "keep list $PWD/config/shmtool/keep"
		assert_stderr_has 'hint: correct this, or use --ignore-keep'
		segment_exists "$by_user"
	done
	# also in the place of the directory, and of the one above it
	for make in 'echo creator:nobody >config/shmtool' 'ln -s nowhere config/shmtool' \
		'echo >config' 'ln -s nowhere config'; do
		rm -rf config/shmtool
		[[ $make != *config ]] || rm -rf config
		bash -c "$make"
		run --separate-stderr env XDG_CONFIG_HOME="$PWD/config" HOME=/root \
			setpriv --reuid 65534 --regid 65534 --clear-groups "$SHMTOOL" rm --all
		assert_refused "keep list $PWD/config/shmtool/keep"
		segment_exists "$by_user"
	done
}

@test "an ordinary user's own list that cannot be reached is an error, one in a closed directory of root is not" {
	need_root
	cd "$lists"
	mkdir -p own/.config/shmtool
	echo key:0x77 >own/.config/shmtool/keep
	chown -R 65534:65534 own
	as_user "$SHMTOOL" create -k 0x77 -s 4096
	remove_as_user()
	{
		run --separate-stderr env "$@" setpriv --reuid 65534 --regid 65534 --clear-groups \
			"$SHMTOOL" rm --orphaned --grace 0 --key 0x77
	}
	local closed
	for closed in own own/.config own/.config/shmtool; do
		chmod 600 "$closed"
		remove_as_user --unset=XDG_CONFIG_HOME HOME="$PWD/own"
		assert_refused "keep list $PWD/own/.config/shmtool/keep: Permission denied"
		remove_as_user HOME=/nonexistent XDG_CONFIG_HOME="$PWD/own/.config"
		assert_refused "keep list $PWD/own/.config/shmtool/keep: Permission denied"
		chmod 700 "$closed"
	done
	# root's, but in the user's home
	chown 0 own/.config/shmtool
	remove_as_user --unset=XDG_CONFIG_HOME HOME="$PWD/own"
	assert_refused "keep list $PWD/own/.config/shmtool/keep: Permission denied"
	mkdir -p roots/.config/shmtool
	chmod 700 roots/.config
	remove_as_user --unset=XDG_CONFIG_HOME HOME="$PWD/roots"
	expect_status 0
	assert_output_has 'total 1 segment'
}

# An epilog has few variables, if any, and sudo(8) may leave those of the caller.
@test "without a HOME of the user, an ordinary user's list is in the home directory of the passwd entry" {
	need_root
	by_user=$(as_user perl -e 'print shmget(0, 4096, 01600) + 0')
	cd "$lists"
	mkdir -p home/.config/shmtool etc
	echo creator:nobody >home/.config/shmtool/keep
	chown -R 65534 home
	cp -a /etc/. etc/
	sed "s|^\(nobody:.*:\)[^:]*\(:[^:]*\)$|\1$PWD/home\2|" /etc/passwd >etc/passwd
	local variable
	for variable in --unset=HOME HOME=/root HOME="$PWD" HOME=/nonexistent HOME=relative; do
		# shellcheck disable=SC2016
		run --separate-stderr unshare --mount sh -c 'mount --bind etc /etc && exec env "$1" \
			setpriv --reuid 65534 --regid 65534 --clear-groups "$0" ls --creator nobody --format "%{id} %{state}"' \
			"$SHMTOOL" "$variable"
		assert_output_is "$by_user kept"
	done
	# nor is the list of the caller of su(1) theirs
	mkdir other
	chown 12345 other
	# shellcheck disable=SC2016
	run --separate-stderr unshare --mount sh -c 'mount --bind etc /etc && exec env XDG_CONFIG_HOME="$1" \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$0" ls --creator nobody --format "%{id} %{state}"' \
		"$SHMTOOL" "$PWD/other"
	assert_output_is "$by_user kept"
	# nor if it was never made, or is not that of an ordinary user
	for variable in "$PWD/other/none" /etc /nonexistent; do
		# shellcheck disable=SC2016
		run --separate-stderr unshare --mount sh -c 'mount --bind etc /etc && exec env XDG_CONFIG_HOME="$1" \
			setpriv --reuid 65534 --regid 65534 --clear-groups "$0" ls --creator nobody --format "%{id} %{state}"' \
			"$SHMTOOL" "$variable"
		assert_output_is "$by_user kept"
	done
	# a home that is no absolute path is none
	sed "s|^\(nobody:.*:\)[^:]*\(:[^:]*\)$|\1none\2|" /etc/passwd >etc/passwd
	# shellcheck disable=SC2016
	run --separate-stderr unshare --mount sh -c 'mount --bind etc /etc && exec env --unset=HOME \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$0" ls --creator nobody --format "%{id} %{state}"' \
		"$SHMTOOL"
	expect_status 0
	assert_output_lacks kept
	assert_stderr_is ''
	# HOME of root, which the user may enter, and where the user may have a list
	rm home/.config/shmtool/keep
	mkdir -p service/.config/shmtool
	echo 0x98 >service/.config/shmtool/keep
	by_key=$(as_user "$SHMTOOL" create -s 4096 -k 0x98)
	# shellcheck disable=SC2016
	run --separate-stderr unshare --mount sh -c 'mount --bind etc /etc && exec env HOME="$1" \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$0" ls 0x98 --format "%{id} %{state}"' \
		"$SHMTOOL" "$PWD/service"
	assert_output_is "$by_key kept"
}

@test "root of a user namespace that is not root outside has a list of their own" {
	need_root
	local id
	cd "$lists"
	mkdir -p home/.config/shmtool
	echo 0x98 >home/.config/shmtool/keep
	chown -R 65534 home
	id=$(as_user "$SHMTOOL" create -s 4096 -k 0x98)
	capture as_user env HOME="$PWD/home" unshare --user --map-root-user "$SHMTOOL" rm --key 0x98
	expect_status 0
	assert_output_is ''
	segment_exists "$id"
	# but not in the home directory of root outside
	capture as_user env HOME=/root unshare --user --map-root-user "$SHMTOOL" rm --key 0x98
	expect_status 0
	assert_stderr_is ''
	assert_output_matches "^removed $id "
}

@test "a list that cannot be read to its end is refused" {
	need_strace
	ASAN_OPTIONS=detect_leaks=0 run --separate-stderr strace -qq -o trace -P "$list" -e trace=read \
		-e inject=read:error=EIO "$SHMTOOL" rm --all --keep-file "$list"
	assert_refused 'Input/output error'
}

@test "a user without passwd entry and HOME has no own list" {
	need_root
	by_user=$(as_uid 54321 perl -e 'print shmget(0, 4096, 01600) + 0')
	run --separate-stderr env -u HOME setpriv --reuid 54321 --regid 54321 --clear-groups \
		"$SHMTOOL" rm --creator +54321
	expect_status 0
	run ! segment_exists "$by_user"
}
