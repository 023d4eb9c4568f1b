#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the examples of the manual pages and the README, in a namespace with segments that
# have the keys used there. Their output depends on the machine and is not compared; a
# command line that the program does not accept is a failure.

bats_require_minimum_version 1.5.0
load lib/common

top=$BATS_TEST_DIRNAME/..

# Examples that are not run here, each by its beginning and the reason.
not_run=(
	'kill -KILL'                # the number of another process
	'shmtool ls --follow'       # runs until a signal: tests/follow.bats
	'watch '                    # needs a terminal and runs until a key
	'echo $?'                   # of the line above
	'shmtool ls -A'             # every namespace of the machine: tests/all-namespaces.bats
	'shmtool rm -A'             # the same, and removes
	'clush '                    # needs several machines: tests/fleets.bats
	'install '                  # changes the machine
	'nsenter '                  # sets a limit
	'docker '                   # needs container engines
	'systemctl '                # needs systemd
	'journalctl '               # the same: tests/record.bats
	'sum'                       # queries for Prometheus
	'shmtool COMMAND:'          # a message
	'shmtool rm:'               # a message
	'2 of 3 attachments'        # a message
	'removed ID'                # the form of a line
	'  created by'              # a part of a report
	'needed even'               # a keep list, tested below
)

is_run()
{
	local beginning
	for beginning in "${not_run[@]}"; do
		[[ $1 != "$beginning"* ]] || return 1
	done
}

# The segments, files and variables that the examples use, anew for each, since
# they remove and change them.
prepare()
{
	ipcrm --all=shm
	ipcrm --all=sem
	# shellcheck disable=SC2016 # perl
	"${as[@]}" perl -e 'sub make { my $id = shmget($_[0], $_[1], 01600) // die "shmget: $!\n"; print $id + 0, "\n" }
		make(0x1234, 64 << 20) if $ARGV[0] !~ /create(?!.*--reuse)/;
		make(0x51, 65536); make(0x52e2c1, 65536)' "$1" >ids
	id=$(tail -n 2 ids | head -n 1)
	[[ $1 == *'create'* || $1 != *0x99* ]] ||
		"${as[@]}" "$SHMTOOL" create -k 0x99 -s 1M --with-guard >/dev/null
	export id
}

# run_examples PAGE MINIMUM: MINIMUM guards against an extraction that finds nothing
run_examples()
{
	local example count=0 bad=()
	mkdir bin
	ln -s "$(realpath "$SHMTOOL")" bin/shmtool
	PATH=$PWD/bin:$PATH
	cat /proc/sysvipc/shm >saved
	echo 'key:0x51' >keep
	echo '10: 41424344' >./patch
	echo state >new-state
	chmod 666 ./patch
	while IFS= read -r -d '' example; do
		is_run "$example" || continue
		count=$((count + 1))
		prepare "$example"
		run --separate-stderr timeout 120 "${as[@]}" bash -ec "${example//PID/$$}" </dev/null
		# 1, 3, 4, 5, 9 and the like are answers; these are not, except that attach
		# with a command exits with 125 where it may not do something
		if [[ $status == 2 || $status -ge 124 &&
			! ($status == 125 && $stderr =~ ermi(tted|ssion)) ]]; then
			bad+=("$example: $status $stderr")
		fi
	done < <(awk -f "$BATS_TEST_DIRNAME/lib/examples.awk" "$1")
	assert_equal "$(printf '%s\n' "${bad[@]}")" ''
	((count >= $2)) || fail "only $count examples of $1"
}

as_root()
{
	need_root
	as=()
	# where a keep list is trusted
	keep_lists
	cd "$lists" || return
	run_examples "$@"
}

@test "the examples of attach" { as_root "$top/man/shmtool-attach.1" 8; }
@test "the examples of create" { as_root "$top/man/shmtool-create.1" 10; }
@test "the examples of ls" { as_root "$top/man/shmtool-ls.1" 8; }
@test "the examples of read" { as_root "$top/man/shmtool-read.1" 4; }
@test "the examples of rm" { as_root "$top/man/shmtool-rm.1" 9; }
@test "the examples of set" { as_root "$top/man/shmtool-set.1" 6; }
@test "the examples of stat" { as_root "$top/man/shmtool-stat.1" 4; }
@test "the examples of write" { as_root "$top/man/shmtool-write.1" 6; }
@test "the examples of shmtool(1)" { as_root "$top/man/shmtool.1" 9; }
@test "the examples of shmtool-filters(7)" { as_root "$top/man/shmtool-filters.7" 6; }
@test "the examples of shmtool-keep(5)" { as_root "$top/man/shmtool-keep.5" 2; }
@test "the examples of shmtool-namespaces(7)" { as_root "$top/man/shmtool-namespaces.7" 4; }
@test "the examples of shmtool-security(7)" { as_root "$top/man/shmtool-security.7" 3; }
@test "the examples of the README" { as_root "$top/README.md" 4; }

# bats test_tags=long
@test "the examples of all pages, as an ordinary user" {
	need_root
	as=(setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent)
	cat "$top"/man/*.[157] >pages
	run_examples pages 60
}

@test "the keep list in shmtool-keep(5) is valid" {
	keep_lists
	sed -n '/^# needed even/,/^\.Ed/{/^\.Ed/!p}' "$top/man/shmtool-keep.5" |
		sed 's/postgres/nobody/' >"$lists/keep"
	assert_equal "$(grep -c '^[^#]' "$lists/keep")" 5
	make_orphan 4096 600 0x51
	try rm --orphaned --grace 0 -n --keep-file "$lists/keep"
	expect_status 0
	assert_output_is ''
	try ls --grace 0 --keep-file "$lists/keep" --format '%{state}'
	assert_output_is kept
}
