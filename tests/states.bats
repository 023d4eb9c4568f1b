#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# States and filters: the same selection in ls, stat, set and rm.

bats_require_minimum_version 1.5.0
load lib/common

state_of()
{
	shmtool ls "$1" "${@:2}" --format '%{state}'
}

# ids FILTER...: what ls selects, sorted, on one line
ids()
{
	shmtool ls -q "$@" | sort -n | paste -sd ' '
}

# sorted ID...: the same of ids given
sorted()
{
	printf '%s\n' "$@" | sort -n | paste -sd ' '
}

# --- States -----------------------------------------------------------------

@test "attached, by one and by many, to read or to write" {
	local id
	id=$(make_orphan)
	hold_segment "$id" ro
	assert_equal "$(state_of "$id" --grace 0)" attached
	hold_segment "$id"
	assert_equal "$(state_of "$id" --grace 0)" attached
	try ls "$id" --format '%{nattch}'
	assert_output_is 2
}

@test "detached during the grace period, which is 60 seconds by default" {
	local id
	id=$(make_orphan)
	assert_equal "$(state_of "$id")" detached
	assert_equal "$(state_of "$id" --grace 1h)" detached
	try rm --orphaned
	expect_status 0
	assert_output_is ''
	assert_stderr_is ''
	segment_exists "$id"
	try stat "$id"
	assert_output_matches 'idle for only [0-9]+s: orphaned after 1m \(grace period, see --grace\)'
}

@test "--orphaned -v: how many segments are still in their grace period" {
	local id
	id=$(make_orphan)
	make_segment >kept
	make_orphan >kept
	background perl -MIPC::SysV=:all -e 'shmget(0, 4096, IPC_CREAT | 0600) // die; $| = 1; print "done\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	try ls --orphaned --grace 1h --except "$(<kept)" -v -o id --no-header
	expect_status 0
	assert_output_is ''
	assert_stderr_is "shmtool ls: note: 2 segments are not orphaned yet: idle for less than the grace period (1h)
shmtool ls: hint: try again later, or set a shorter grace period with --grace TIME"
	try ls --by creator --orphaned --grace 1h --except "$(<kept)" -v
	assert_stderr_has 'note: 2 segments are not orphaned yet'
	try ls -q --orphaned --grace 1h --except "$(<kept)" -v
	assert_stderr_is ''
	try ls --orphaned --grace 1h --min-size 5000 -v
	assert_stderr_is ''
	try ls --detached --grace 1h -v
	assert_stderr_is ''
	try rm --orphaned --grace 1h --except "$(<kept)" -v
	expect_status 0
	assert_output_is ''
	assert_stderr_is "shmtool rm: no segment matches the filters; nothing was removed
shmtool rm: note: 2 segments are not orphaned yet: idle for less than the grace period (1h)
shmtool rm: hint: try again later, or set a shorter grace period with --grace TIME"
	try rm --orphaned --grace 1h
	assert_stderr_is ''
	try ls --orphaned --grace 1h "$id" -v
	assert_stderr_has 'note: 1 segment is not orphaned yet'
}

@test "the grace counts from the latest of the three times" {
	need_root
	local id
	id=$(make_orphan)
	wait_until idle_for_a_second "$id"
	assert_equal "$(state_of "$id" --grace 1s)" orphaned
	assert_equal "$(ids --idle 1s) $(ids --idle 1000)" "$id "
	# IPC_SET changes ctime, and so idle begins again.
	ipcs -m -i "$id" >/dev/null
	shmtool set "$id" -p 640
	assert_equal "$(state_of "$id" --grace 1m)" detached
	assert_equal "$(ids --idle 1m)" ''
}

idle_for_a_second()
{
	(($(shmtool ls "$1" --format '%{idle}') >= 1))
}

@test "a creator that is a zombie counts as exited" {
	# shellcheck disable=SC2016
	background perl -e '
		$| = 1;
		if (!(my $child = fork)) { print shmget(0, 1, 01600) + 0, "\n"; exit }
		sleep 1 while 1'
	wait_until test -s "$background_output"
	local id creator
	id=$(<"$background_output")
	creator=$(segment_field "$id" cpid)
	zombie()
	{
		[[ $(awk '/^State:/ { print $2 }' "/proc/$creator/status") == Z ]]
	}
	wait_until zombie
	assert_equal "$(state_of "$id" --grace 0)" orphaned
	try ls "$id" --format '%{created-by} %{ccomm}'
	assert_output_is "$creator exited -"
}

@test "an ordinary user sees the same states, without read permission" {
	need_root
	make_orphan 4096 0 >/dev/null
	make_live_segment 4096 0 >/dev/null
	hold_segment "$(make_segment 4096 0)"
	assert_equal "$(as_user shmtool ls --grace 0 --format '%{id} %{state}')" \
		"$(shmtool ls --grace 0 --format '%{id} %{state}')"
	assert_equal "$(shmtool ls --grace 0 --format '%{state}' | paste -sd ' ')" 'orphaned detached attached'
}

@test "the state is the same whatever the order of the filter options" {
	local id
	id=$(make_orphan)
	assert_equal "$(ids --grace 0 --orphaned) $(ids --orphaned --grace 0)" "$id $id"
	# The last --grace counts.
	assert_equal "$(ids --grace 1h --orphaned --grace 0)" "$id"
	assert_equal "$(ids --grace 0 --orphaned --grace 1h)" ''
}

# --- One namespace with some of everything --------------------------------------

# Sets orphan used alive attached marked big: ids. nobody owns used; nobody
# made nobodys.
furnish()
{
	need_root # for other users
	orphan=$(make_segment 1000 600 101)
	used=$(make_orphan 2000 640 102)
	alive=$(make_live_segment 3000 644 103)
	alive_pid=$(segment_field "$alive" cpid)
	attached=$(make_segment 4000 666 104)
	hold_segment "$attached"
	marked=$(make_segment 5000 600 105)
	hold_segment "$marked"
	ipcrm -m "$marked"
	big=$(make_segment 3000000000 600 0xf0000001)
	nobodys=$(as_user perl -e "$create" 7000 600 106)
	shmtool set "$used" -u nobody
	all=$(sorted "$orphan" "$used" "$alive" "$attached" "$marked" "$big" "$nobodys")
	assert_equal "$(segment_count)" 7
}

@test "each filter by itself" {
	furnish
	assert_equal "$(ids)" "$all"
	assert_equal "$(ids --all)" "$all"
	assert_equal "$(ids --orphaned --grace 0)" "$(sorted "$orphan" "$used" "$big" "$nobodys")"
	assert_equal "$(ids --orphaned)" ''
	assert_equal "$(ids --likely --grace 0)" "$(sorted "$orphan" "$used" "$big" "$nobodys")"
	assert_equal "$(ids --detached)" "$(sorted "$orphan" "$used" "$alive" "$big" "$nobodys")"
	assert_equal "$(ids --attached)" "$(sorted "$attached" "$marked")"
	assert_equal "$(ids --dest)" "$marked"
	assert_equal "$(ids --state attached)" "$attached"
	assert_equal "$(ids --state detached --grace 0)" "$alive"
	assert_equal "$(ids --state kept)" ''
	assert_equal "$(ids --state dest,attached)" "$(sorted "$attached" "$marked")"
	assert_equal "$(ids --owner nobody)" "$(sorted "$used" "$nobodys")"
	assert_equal "$(ids --creator nobody)" "$nobodys"
	assert_equal "$(ids --creator root)" "$(sorted "$orphan" "$used" "$alive" "$attached" "$marked" "$big")"
	assert_equal "$(ids --key 102)" "$used"
	assert_equal "$(ids --key 0xf0000001) $(ids --key -268435455)" "$big $big"
	assert_equal "$(ids --key 105)" ''
	assert_equal "$(ids --pid "$alive_pid")" "$alive"
	assert_equal "$(ids --pid "$(segment_field "$used" lpid)")" "$used"
	assert_equal "$(ids --pid "$(segment_field "$attached" lpid)")" "$attached"
	assert_equal "$(ids --min-size 4000)" "$(sorted "$attached" "$marked" "$big" "$nobodys")"
	assert_equal "$(ids --max-size 2000)" "$(sorted "$orphan" "$used")"
	assert_equal "$(ids --min-size 3000 --max-size 4K)" "$(sorted "$alive" "$attached")"
	assert_equal "$(ids --idle 0)" "$all"
	assert_equal "$(ids --idle 1d)" ''
}

# ids_by_find PERMISSIONS: those with a mode that find -perm finds
ids_by_find()
{
	rm -rf modes && mkdir modes
	awk 'NR > 1 { print $3 % 1000, $2 }' /proc/sysvipc/shm | while read -r mode id; do
		touch "modes/$id"
		chmod "$mode" "modes/$id"
	done
	(cd modes && find . -type f -perm "$1" | cut -c 3- | sort -n | paste -sd ' ')
}

@test "--mode, as find -perm has it" {
	furnish
	local mode
	for mode in 0600 640 -0600 -004 -0 /0 /0022 /4 -666 /7 0 777; do
		assert_equal "$mode: $(ids --mode "$mode")" "$mode: $(ids_by_find "$mode")"
	done
	assert_equal "$(ids --mode=-0060 --mode 0600)" \
		"$(sorted "$orphan" "$attached" "$marked" "$big" "$nobodys")"
	for mode in '' - / 0800 01000 +600 -+6 u+r /; do
		try ls --mode "$mode"
		expect_status 2
	done
}

@test "--key and --except-key with a range, and with private" {
	furnish
	assert_equal "$(ids --key 101-103)" "$(sorted "$orphan" "$used" "$alive")"
	assert_equal "$(ids --key 0x65-0x65)" "$orphan"
	assert_equal "$(ids --key 0x66-0xffffffff)" "$(sorted "$used" "$alive" "$attached" "$big" "$nobodys")"
	assert_equal "$(ids --key -268435456--268435455)" "$big"
	assert_equal "$(ids --key 0x60-0146 --key 106)" "$(sorted "$orphan" "$used" "$nobodys")"
	# what is marked has lost its key
	assert_equal "$(ids --key private)" "$marked"
	assert_equal "$(ids --key private --key 101)" "$(sorted "$orphan" "$marked")"
	assert_equal "$(ids --except-key 101-106)" "$(sorted "$marked" "$big")"
	assert_equal "$(ids --except-key private --except-key 0xf0000001)" \
		"$(sorted "$orphan" "$used" "$alive" "$attached" "$nobodys")"
	local key
	for key in 5-4 1-0 0-1 -5-5 1- -1- 1-2-3 101-key:102 ftok:a:missing-1; do
		try ls --key "$key"
		[[ $status == 2 || ($key == ftok* && $status == 7) ]] || expect_status 2
	done
	# a minus in a path is no range
	touch 1-2
	assert_equal "$(ids --key ftok:a:1-2)" ''
}

@test "--locked, --group, --max-idle, --min-rss, --except-owner, --except-creator" {
	furnish
	need_command ipcs
	assert_equal "$(ids --locked)" ''
	shmtool set "$alive" --lock -g nogroup
	assert_equal "$(ids --locked)" "$alive"
	assert_equal "$(ids --locked)" \
		"$(ipcs -m | awk '/ locked/ { print $2 }' | sort -n | paste -sd ' ')"
	assert_equal "$(ids --group nogroup)" "$(sorted "$alive" "$nobodys")"
	assert_equal "$(ids --group +0 --detached)" "$(sorted "$orphan" "$used" "$big")"
	assert_equal "$(ids --max-idle 1d)" "$all"
	# the widest of several counts
	assert_equal "$(ids --max-idle 0 --max-idle 1d)" "$all"
	assert_equal "$(ids --max-idle 1d --max-idle 0)" "$all"
	assert_equal "$(ids --min-rss 0)" "$all"
	assert_equal "$(ids --min-rss 1)" \
		"$(awk 'NR > 1 && $(NF - 1) > 0 { print $2 }' /proc/sysvipc/shm | sort -n | paste -sd ' ')"
	assert_equal "$(ids "$used" "$orphan" --min-rss 4096)" "$used"
	assert_equal "$(ids --min-rss 1G)" ''
	# what is not known does not match
	awk '{ NF = 14; print }' /proc/sysvipc/shm >list
	assert_equal "$(ids --from list --min-rss 0)" ''
	assert_equal "$(ids --except-owner nobody)" "$(sorted "$orphan" "$alive" "$attached" "$marked" "$big")"
	assert_equal "$(ids --except-creator root)" "$nobodys"
	assert_equal "$(ids --except-creator root --except-owner +65534)" ''
	# they select nothing
	try rm --except-owner nobody
	expect_status 2
	assert_equal "$(ids)" "$all"
}

# By a clock that for the program is an hour after the last use of one of them
@test "--idle and --max-idle with a clock of an hour later" {
	furnish
	local later
	later=$(awk -v id="$used" '$2 == id { print ($12 > $13 ? $12 : $13) + 3600 }' /proc/sysvipc/shm)
	idle_ids()
	{
		LD_PRELOAD=$HELPERS/clock.so ASAN_OPTIONS=verify_asan_link_order=0 FIXED_REALTIME=$later \
			FIXED_BOOTTIME=1000000 ids "$@"
	}
	assert_equal "$(idle_ids --max-idle 30m)" ''
	assert_equal "$(idle_ids --max-idle 2h)" "$all"
	assert_equal "$(idle_ids --idle 30m --max-idle 2h)" "$all"
	assert_equal "$(idle_ids --idle 2h)" ''
	# the bound itself is in both
	assert_equal "$(idle_ids "$used" --idle 1h)" "$used"
	assert_equal "$(idle_ids "$used" --idle 3601s)" ''
	assert_equal "$(idle_ids "$used" --max-idle 1h)" "$used"
	assert_equal "$(idle_ids "$used" --max-idle 3599s)" ''
}

@test "with each filter, rm removes what ls lists, except attached segments" {
	furnish
	local filter some=0 shown
	shmtool set "$alive" --lock
	while read -r filter; do
		# shellcheck disable=SC2086 # words
		shown=$(shmtool ls $filter --format '%{id} %{nattch}' | awk '$2 == 0 { print $1 }' | sort -n)
		# shellcheck disable=SC2086
		assert_equal "$filter: $(shmtool rm -n $filter | awk '/^would remove/ { print $3 }' | sort -n)" \
			"$filter: $shown"
		[[ -z $shown ]] || some=$((some + 1))
	done <<-END
		--locked
		--group root
		--mode 600
		--mode -040
		--mode /7
		--key 101-103
		--key private
		--max-idle 1d
		--min-rss 1
		--all --except-owner nobody
		--all --except-creator root
		--all --except-key 101-103
		--orphaned --grace 0 --except-key private
	END
	((some >= 11))
}

@test "a segment must match every kind of filter" {
	furnish
	assert_equal "$(ids --orphaned --grace 0 --owner root)" "$(sorted "$orphan" "$big")"
	assert_equal "$(ids --orphaned --attached --grace 0)" ''
	assert_equal "$(ids --attached --detached)" ''
	assert_equal "$(ids --detached --owner root --max-size 3000)" "$(sorted "$orphan" "$alive")"
	assert_equal "$(ids --owner nobody --creator root)" "$used"
	assert_equal "$(ids --owner nobody --creator nobody)" "$nobodys"
	assert_equal "$(ids --state dest --attached)" "$marked"
	assert_equal "$(ids --key 101 --max-size 999)" ''
	assert_equal "$(ids --orphaned --state detached --grace 0)" ''
	assert_equal "$(ids --pid "$alive_pid" --key 103 --detached --owner root --idle 0)" "$alive"
}

@test "a kind given twice matches either value" {
	furnish
	assert_equal "$(ids --key 101 --key 103)" "$(sorted "$orphan" "$alive")"
	assert_equal "$(ids --owner nobody --owner root)" "$all"
	assert_equal "$(ids --owner nobody --owner bin)" "$(sorted "$used" "$nobodys")"
	assert_equal "$(ids --state dest --state attached)" "$(sorted "$attached" "$marked")"
	assert_equal "$(ids --min-size 5000 --min-size 4000)" "$(ids --min-size 4000)"
	assert_equal "$(ids --min-size 4000 --min-size 5000)" "$(ids --min-size 4000)"
	assert_equal "$(ids --max-size 1000 --max-size 2000)" "$(ids --max-size 2000)"
	assert_equal "$(ids --max-size 0 --max-size 2000)" "$(ids --max-size 2000)"
	assert_equal "$(ids --idle 1d --idle 0)" "$all"
	assert_equal "$(ids --idle 0 --idle 1d)" "$all"
	assert_equal "$(ids --pid "$alive_pid" --pid "$(segment_field "$used" lpid)")" "$(sorted "$alive" "$used")"
	assert_equal "$(ids --orphaned --orphaned --grace 0)" "$(ids --orphaned --grace 0)"
	assert_equal "$(ids --all --all)" "$all"
}

@test "--all with another filter is exit 2, with a modifier it is not" {
	furnish
	local verb filter
	for verb in ls stat 'set -p 600' rm; do
		for filter in --orphaned '--state dest' '--owner root' '--key 1' '--idle 0' '--max-size 1' --detached; do
			# shellcheck disable=SC2086
			try $verb --all $filter
			expect_status 2
			# shellcheck disable=SC2086
			try $verb $filter --all
			expect_status 2
			assert_output_is ''
		done
	done
	assert_equal "$(ids)" "$all"
	assert_equal "$(ids --all --except "$orphan" --grace 0)" "$(sorted "$used" "$alive" "$attached" "$marked" "$big" "$nobodys")"
}

@test "--except, by id, by key, more than one, and one that names nothing" {
	furnish
	assert_equal "$(ids --owner nobody --except "$used")" "$nobodys"
	assert_equal "$(ids --owner nobody --except key:102)" "$nobodys"
	assert_equal "$(ids --owner nobody --except 0x66 --except "$nobodys")" ''
	assert_equal "$(ids --except 2147483647 --except key:999)" "$all"
	# A modifier selects nothing by itself, but ls begins with all.
	assert_equal "$(ids --except "$big" --except "$marked")" "$(sorted "$orphan" "$used" "$alive" "$attached" "$nobodys")"
	# A marked segment has no key.
	assert_equal "$(ids --dest --except key:105)" "$marked"
	try rm --owner nobody --except "$used"
	expect_status 0
	assert_equal "$(ids --owner nobody)" "$used"
}

@test "rm, set and stat with modifiers only are exit 2" {
	furnish
	local verb
	for verb in rm 'rm -n' 'rm -f' 'set -p 600' stat; do
		# shellcheck disable=SC2086
		try $verb --grace 0
		expect_status 2
		# shellcheck disable=SC2086
		try $verb --except "$orphan"
		expect_status 2
		# shellcheck disable=SC2086
		try $verb
		expect_status 2
	done
	try rm --even-attached
	expect_status 2
	assert_equal "$(ids)" "$all"
}

@test "SEGMENTs with filters select those named that match; the others are skipped" {
	furnish
	assert_equal "$(ids "$orphan" "$alive" "$attached" --orphaned --grace 0)" "$orphan"
	try ls "$alive" --orphaned --grace 0 -q
	expect_status 0
	assert_output_is ''
	try rm "$alive" "$attached" --orphaned --grace 0
	expect_status 0
	assert_output_is ''
	assert_stderr_is ''
	try set "$orphan" "$alive" --orphaned --grace 0 -p 777
	expect_status 0
	assert_equal "$(segment_field "$orphan" perms) $(segment_field "$alive" perms)" '777 644'
	try rm "$orphan" "$alive" key:104 --orphaned --grace 0
	expect_status 0
	assert_equal "$(ids)" "$(sorted "$used" "$alive" "$attached" "$marked" "$big" "$nobodys")"
	try rm "$orphan" --orphaned
	expect_status 3
	# An exception counts for what is named, too.
	try rm "$used" --except "$used" --all
	expect_status 0
	segment_exists "$used"
}

# The grace period of a minute could end between two of the commands.
@test "stat, set -n and rm -n select the same segments as ls" {
	furnish
	local filters=(
		'--all' '--orphaned --grace 0' '--orphaned --grace 1h' '--likely --grace 0' '--likely --grace 1h'
		'--detached' '--attached' '--dest' '--state dest' '--state attached' '--state detached --grace 1h'
		'--state detached --grace 0'
		'--state orphaned --grace 0' '--state orphaned,dest,attached --grace 0' '--state kept'
		'--owner nobody' '--owner root' '--owner +65534' '--creator nobody' '--creator root --owner nobody'
		'--key 101' '--key 101 --key 0xf0000001' '--key 105' "--pid $alive_pid" '--pid 1' '--idle 0' '--idle 1h'
		'--min-size 1' '--min-size 4001' '--max-size 3000' '--min-size 2K --max-size 5K' '--max-size 0'
		'--owner root --detached' '--owner nobody --owner root' '--all --except key:101'
		'--all --except 2147483647' "--owner root --except $alive --except key:104" '--attached --owner root'
		"$orphan $alive $marked --detached" "$attached key:102 --idle 0" '0xf0000001 --min-size 1G' "$big --dest"
	)
	# Of each filter what the commands print: FILTER, ids with nattch as ls has them, and the
	# ids of the others. Without --even-attached rm leaves out what is attached.
	printf '%s\n' "${filters[@]}" | perl -ne '
		BEGIN { $program = shift }
		sub run { open my $lines, "-|", $program, @_ or die "$program: $!"; local $/; return scalar <$lines> // "" }
		sub all { return join " ", sort { $a <=> $b } @_ }
		chomp;
		my @words = split;
		my %nattch = run("ls", "--format", "%{id} %{nattch}", @words) =~ /^(\d+) (\d+)$/mg;
		my $wanted = all(keys %nattch);
		my %got = (
			"stat" => all(run("stat", "--format", "%{id}", @words) =~ /^(\d+)$/mg),
			"ls -J" => all(run("ls", "-J", @words) =~ /"id":(\d+)/g),
			"set -n" => all(run("set", "-n", "-p", "601", @words) =~ /^\S+ \S+ (\d+)/mg),
			"rm -n --even-attached" => all(run("rm", "-n", "--even-attached", @words) =~ /^would \S+ (\d+)/mg));
		for my $verb (sort keys %got) {
			print "$verb $_: $got{$verb}; ls: $wanted\n" if $got{$verb} ne $wanted;
		}
		my $removed = all(run("rm", "-n", @words) =~ /^would \S+ (\d+)/mg);
		my $detached = all(grep { !$nattch{$_} } keys %nattch);
		print "rm -n $_: $removed; ls: $detached\n" if !/^\d/ && $removed ne $detached;
		$some++ if $wanted ne "";
		END { print "some $some\n" }' "$SHMTOOL" >differ 2>/dev/null
	run ! grep -v '^some ' differ
	local some
	read -r _ some <differ
	((some > 25))
	assert_equal "$(ids)" "$all"
}

@test "what rm removes is what ls showed" {
	furnish
	local listed
	listed=$(ids --orphaned --grace 0 --owner root)
	try rm --orphaned --grace 0 --owner root
	expect_status 0
	assert_equal "$(awk '/^removed/ { print $2 }' <<<"$output" | sort -n | paste -sd ' ')" "$listed"
	assert_equal "$(ids)" "$(sorted "$used" "$alive" "$attached" "$marked" "$nobodys")"
	try rm --all
	expect_status 0
	assert_equal "$(ids)" "$(sorted "$attached" "$marked")"
}

@test "filters that match nothing are not an error" {
	local verb
	for verb in ls stat 'set -p 600' rm 'rm -n'; do
		# shellcheck disable=SC2086
		try $verb --orphaned
		expect_status 0
		assert_stderr_is ''
	done
	try rm --all
	expect_status 0
	assert_output_is ''
}

# --- /proc of another pid namespace --------------------------------------------

# Runs a command in a PID namespace of its own with the /proc of this one, where its number
# is that of a process out here. Sets stranger; clocks are the times that it gets.
beside_a_namesake()
{
	need_root
	background sleep 1000
	stranger=$background_pid
	# shellcheck disable=SC2016 # perl
	capture unshare --pid --fork --kill-child --mount perl -e '
		my ($stranger, $stat, @arguments) = @ARGV;
		open my $last, ">", "/proc/sys/kernel/ns_last_pid" or die "ns_last_pid: $!\n";
		syswrite $last, $stranger - 1;
		close $last;
		pipe my $in, my $out;
		my $creator = fork // die;
		if (!$creator) { print {$out} shmget(0, 4096, 01600) + 0; close $out; sleep 1 while 1 }
		$creator == $stranger or die "it is $creator\n";
		close $out;
		readline $in;
		!$stat or system("mount", "--bind", $stat, "/proc/$stranger/stat") == 0 or die;
		exec @arguments' "$stranger" "$1" "${clocks[@]}" "$SHMTOOL" "${@:2}"
}

@test "with the /proc of another PID namespace, no process is mistaken for another one with its PID" {
	beside_a_namesake '' ls --format '%{cpid} %{created-by} %{ccomm}'
	expect_status 0
	assert_output_is "$stranger $stranger -"
	beside_a_namesake '' stat --all
	expect_status 0
	assert_output_matches "created by +process $stranger, running"
	assert_output_lacks sleep
}

@test "with the /proc of another PID namespace, --likely does not use start times from it" {
	# the clocks are an hour ahead, and so is the namesake's start
	awk '{ $22 += 3000 * ticks; print }' ticks="$(getconf CLK_TCK)" /proc/self/stat >stat
	local now uptime
	now=$(date +%s)
	uptime=$(cut -d. -f1 /proc/uptime)
	clocks=(env LD_PRELOAD="$HELPERS/clock.so" FIXED_REALTIME=$((now + 3600))
		FIXED_BOOTTIME=$((uptime + 3600))
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0")
	beside_a_namesake "$PWD/stat" rm --likely
	expect_status 0
	assert_output_is ''
	assert_equal "$(segment_count)" 1
}
