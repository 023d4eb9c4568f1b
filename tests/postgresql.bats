#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A real database: two PostgreSQL clusters of an ordinary user, with their memory in System
# V segments. One crashes; the other must not be affected by the cleanup.

load lib/common

# postgres NAME ARGUMENT...: one of its programs, as the ordinary user
postgres()
{
	as_user env -u PGHOST -u PGPORT -u PGDATA -u PGUSER HOME="$BATS_FILE_TMPDIR" \
		"$bindir/$1" "${@:2}"
}

setup_file()
{
	common_setup_file
	bindir=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1) || true
	export bindir=${bindir:-$(pg_config --bindir 2>/dev/null || true)}
	[[ -x $bindir/initdb ]] && is_root || return 0

	# made once, and copied for each test
	chmod a+x "$BATS_RUN_TMPDIR" "${BATS_FILE_TMPDIR%/*}"
	chmod 1777 "$BATS_FILE_TMPDIR"
	export template=$BATS_FILE_TMPDIR/template
	LC_ALL=C postgres initdb -D "$template" --no-sync -A trust -U tester \
		>/dev/null
	# Sockets only, and no file in /dev/shm that a crash would leave there.
	cat >>"$template/postgresql.conf" <<-'END'
		shared_memory_type = sysv
		dynamic_shared_memory_type = mmap
		listen_addresses = ''
		unix_socket_directories = '.'
		shared_buffers = 8MB
		max_connections = 10
		fsync = off
	END
	export examples=$BATS_FILE_TMPDIR/installed/share/doc/shmtool/examples
	mkdir "$BATS_FILE_TMPDIR/bin"
	ln -s "$SHMTOOL" "$BATS_FILE_TMPDIR/bin/shmtool"
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$BATS_TEST_DIRNAME/.." \
		install-unattended prefix="$BATS_FILE_TMPDIR/installed" bindir="$BATS_FILE_TMPDIR/bin"
}

setup()
{
	common_setup
	[[ -x $bindir/initdb ]] || skip 'needs the programs of a PostgreSQL server'
	need_root # since PostgreSQL does not run as root, and so not as the only user there is
	as_user cp -r "$template" one
	as_user cp -r "$template" two
	start_clusters one two
}

# start_clusters NAME...: sets postmaster_of and segment_of. The postmasters are children of
# the test, so that one that is killed leaves no zombie, whatever process reaps orphans here.
start_clusters()
{
	local name key
	declare -gA postmaster_of segment_of
	for name; do
		background postgres postgres -D "$name"
		postmaster_of[$name]=$background_pid
	done
	for name; do
		wait_until is_ready "$name" || return
		read -r key "segment_of[$name]" < <(sed -n 7p "$name/postmaster.pid")
		# what PostgreSQL says is what the kernel has
		assert_equal "$(segment_field "${segment_of[$name]}" key)" "$key"
	done
}

is_ready()
{
	[[ $(head -n 1 "$1/postmaster.pid" 2>/dev/null) == "${postmaster_of[$1]}" ]] &&
		grep -q '^ready' "$1/postmaster.pid"
}

# psql CLUSTER STATEMENT
psql()
{
	postgres psql -X -q -A -t -h "$PWD/$1" -U tester -d postgres -c "$2"
}

# crash CLUSTER: the postmaster and all of its children at once, as at an OOM kill
crash()
{
	local pids
	mapfile -t pids < <(pgrep -P "${postmaster_of[$1]}")
	((${#pids[@]} >= 4))
	end_process "${postmaster_of[$1]}" "${pids[@]}"
	segment_exists "${segment_of[$1]}"
	assert_equal "$(segment_field "${segment_of[$1]}" nattch)" 0
}

# how many transactions pgbench has done
transactions()
{
	psql two 'select count(*) from pgbench_history'
}

more_than()
{
	(($(transactions) > $1))
}

@test "a crashed cluster's segment, and only that, is reclaimed while the other serves pgbench" {
	postgres pgbench -h "$PWD/two" -U tester -i -q postgres >/dev/null 2>&1
	background postgres pgbench -h "$PWD/two" -U tester -n -c 3 -T 60 postgres
	pgbench=$background_pid
	wait_until more_than 0
	# both serve, so nothing is to be done
	try rm --orphaned --grace 0
	expect_status 0
	assert_output_is ''

	crash one
	before=$(transactions)
	try ls --orphaned --grace 0 -q
	assert_output_is "${segment_of[one]}"
	try rm --orphaned --grace 0
	expect_status 0
	assert_stderr_is ''
	assert_output_matches "^removed ${segment_of[one]} [^
]*
total 1 segment,"
	assert_equal "$(segment_count)" 1
	segment_exists "${segment_of[two]}"

	# pgbench goes on, and would have said if a connection had failed
	wait_until more_than $((before + 100))
	run ! process_is_gone "$pgbench"
	assert_equal "$(cat "$background_errors")" ''
	run ! process_is_gone "${postmaster_of[two]}"

	# and the crashed one starts again, recovers and serves
	start_clusters one
	assert_equal "$(psql one 'select 40 + 2')" 42
}

@test "if only the postmaster is killed, and a backend still runs, nothing is removed" {
	# busy, since an idle backend ends when it sees the postmaster gone
	# shellcheck disable=SC2016
	background psql one 'do $$ begin loop end loop; end $$'
	backend_is_busy()
	{
		backend=$(psql one "select pid from pg_stat_activity where query like 'do %' and state = 'active'")
		[[ -n $backend ]]
	}
	wait_until backend_is_busy
	echo "$backend" >>"$started"
	kill -KILL "${postmaster_of[one]}"
	wait_until process_is_gone "${postmaster_of[one]}"
	# the others end by themselves
	only_backend_is_left()
	{
		[[ $(segment_field "${segment_of[one]}" nattch) == 1 ]]
	}
	wait_until only_backend_is_left

	try rm --orphaned --grace 0
	expect_status 0
	assert_output_is ''
	try rm --all
	assert_output_is ''
	try rm "${segment_of[one]}"
	expect_status 9
	run --separate-stderr "$examples/postgresql-pre-start" one
	expect_status 1
	assert_output_is ''
	assert_stderr_has "segment ${segment_of[one]} of this cluster is still in use"
	assert_equal "$(segment_count)" 2
	# PostgreSQL itself sees it the same way
	run --separate-stderr postgres postgres -D one
	expect_status 1
	assert_stderr_matches 'pre-existing shared memory block .* is still in use'

	# without the last backend there is no doubt
	end_process "$backend"
	try rm --orphaned --grace 0
	assert_output_has "removed ${segment_of[one]} "
	assert_equal "$(segment_count)" 1
	assert_equal "$(psql two 'select 40 + 2')" 42
}

@test "pre-start removes the segment of the crashed cluster, and no other" {
	# before anything crashed: in use
	run --separate-stderr "$examples/postgresql-pre-start" one
	expect_status 1
	crash one
	crash two
	run --separate-stderr "$examples/postgresql-pre-start" one
	expect_status 0
	assert_stderr_is ''
	assert_output_has "removed ${segment_of[one]} "
	assert_equal "$(segment_count)" 1
	segment_exists "${segment_of[two]}"
	start_clusters one
	assert_equal "$(psql one 'select 40 + 2')" 42

	# the same as the owner of the cluster, who has no more rights than that
	run --separate-stderr as_user env HOME="$PWD" "$examples/postgresql-pre-start" "$PWD/two"
	expect_status 0
	assert_output_has "removed ${segment_of[two]} "
	start_clusters two
	assert_equal "$(psql one 'select 40 + 2')" 42

	# after an orderly end there is nothing to do
	kill -INT "${postmaster_of[two]}"
	wait_until process_is_gone "${postmaster_of[two]}"
	run --separate-stderr "$examples/postgresql-pre-start" two
	expect_status 0
	assert_output_is ''
	assert_stderr_is ''
	assert_equal "$(segment_count)" 1
}
