#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# shmtool-record.service: who created a segment is known after the creator has exited.

bats_require_minimum_version 1.5.0
load lib/common
load lib/isolated

setup()
{
	isolated_setup
	unit=$BATS_TEST_DIRNAME/../src/share/systemd/shmtool-record.service
}

# The capabilities of the service, for setpriv
capabilities()
{
	sed -n 's/^CapabilityBoundingSet=/-all /p' "$unit" | sed 's/ CAP_/,+/g' | tr '[:upper:]' '[:lower:]'
}

# The query of the manual for the creator of segment 7
query()
{
	awk -f "$BATS_TEST_DIRNAME/lib/examples.awk" "$BATS_TEST_DIRNAME/../man/shmtool-ls.1" |
		grep -z '^journalctl' | tr '\0' '\n'
}

# A journal that also has what systemd and the program reported, and a part of a line
fake_journalctl()
{
	cat >journalctl <<-END
		#!/bin/sh
		[ "\$*" = '-b -u shmtool-record -o cat' ] || exit 1
		echo 'Started shmtool-record.service - Record the creators.'
		echo 'shmtool ls: cannot determine the IPC namespace of 1 process'
		# journald splits long lines
		echo '{"event":"created","segment":{"id":0,"ccmdline":"perl'
		cat "$1"
	END
	chmod +x journalctl
}

# Whether a creation was recorded; a segment of an earlier try may be older than the record.
creation_is_seen()
{
	there perl -e 'shmget(0, 1, 01600) // die'
	test -s "$journal"
}

more_is_seen()
{
	creation_is_seen && (($(wc -l <"$journal") > seen))
}

@test "the record: who created a segment, after that process has exited" {
	local command journal seen
	command=$(sed -n "s/^ExecStart=.bin.sh -c '\(.*\)'$/\1/p" "$unit")
	assert_equal "${command%% *}" @bindir@/shmtool
	background there setpriv --no-new-privs --bounding-set "$(capabilities)" --inh-caps=-all \
		sh -c "\"$SHMTOOL\" ${command#* }"
	journal=$background_output
	wait_until creation_is_seen

	local inhabitant=$'# \e\n'"$inhabitant"
	settle unshare --ipc -- 5000
	wait_until grep -q '"size":5000,' "$journal"
	local creator=$pid
	settle nsenter --target "$pid" --ipc --
	end_there "$creator"
	# it is attached and detached, for which there is no line
	# shellcheck disable=SC2016 # perl's own
	there nsenter --target "$pid" --ipc perl -e 'shmread(0, my $byte, 0, 1) or die'
	seen=$(wc -l <"$journal")
	wait_until more_is_seen
	there nsenter --target "$pid" --ipc ipcrm -m 0
	wait_until grep -q '^{"event":"removed",.*"size":5000,' "$journal"

	fake_journalctl "$journal"
	# another namespace has this id, too
	local recorded=$ns
	settle unshare --ipc -- 6000
	wait_until grep -q '"size":6000,' "$journal"
	PATH=$PWD:$PATH run --separate-stderr \
		bash -c "$(query | sed "s/== 7/== 0/; s/\$(stat.*ipc)/$recorded/")"
	expect_status 0
	assert_stderr_is ''
	assert_equal "$(jq -r '.[1:3] | @tsv' <<<"${lines[-1]}")" "root	$creator perl"
	# nothing of a command line reaches the terminal as it is
	assert_output_matches ',"perl -e .*\\u001b.*",'
	assert_equal "$(jq -r .event "$journal" | sort -u | paste -sd ' ')" 'created removed'
}
