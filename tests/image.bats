#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The container image (src/share/Containerfile): its root directory is built, and run
# as a plain OCI bundle by crun. A build of podman's must give the same.

bats_require_minimum_version 1.5.0
load lib/common

containerfile=$BATS_TEST_DIRNAME/../src/share/Containerfile

setup()
{
	common_setup
	need_root
	# make check-musl tests the static program itself
	static=$SHMTOOL
	[[ $(head -c 4 "$static") == $'\x7fELF' ]] && ! ldd "$static" 2>&1 | grep -q '=>' ||
		static=$HELPERS/../static/shmtool
	[[ -x $static ]] || skip 'needs the static program: make static'
	mkdir context
	cp "$static" context/shmtool
}

teardown()
{
	[[ ! ${place-} ]] || rm -r "$place"
	common_teardown
}

# words_of INSTRUCTION: those of the Containerfile
words_of()
{
	sed -n "s/^$1 //p" "$containerfile"
}

# What the instructions FROM scratch and COPY do
build()
{
	local from to
	assert_equal "$(words_of FROM)" scratch
	mkdir -p bundle/rootfs
	while read -r from to; do
		cp -a "context/$from" "bundle/rootfs$to"
	done < <(words_of COPY)
}

# in_container FILTER ARGUMENT...: FILTER changes the configuration. crun needs a hierarchy of
# version 2 to itself, whatever this machine has.
in_container()
{
	local filter=$1
	shift
	# shellcheck disable=SC2016
	(
		cd bundle || exit
		rm -f config.json
		crun spec
		jq --argjson entry "$(words_of ENTRYPOINT)" '.process.args = $entry + $ARGS.positional
			| .process.terminal = false | del(.process.rlimits)
			| .mounts |= map(select(.destination | IN("/proc", "/dev")))
			| '"$filter" config.json --args -- "$@" >changed
		mv changed config.json
		exec unshare --mount --cgroup sh -c 'mount -t tmpfs none /sys/fs/cgroup &&
			mount -t cgroup2 none /sys/fs/cgroup &&
			exec crun --root "$0/state" --cgroup-manager=disabled run shmtool.$$' "$PWD"
	)
}

@test "the image has the program alone, and runs it" {
	need_command crun
	build
	assert_equal "$(cd bundle/rootfs && find . ! -type d)" ./shmtool
	capture in_container . create -s 4K
	expect_status 0
	assert_output_matches '^[0-9]+$'
	# its namespace is its own, and went with it
	assert_equal "$(segment_count)" 0
	mapfile -t words < <(words_of CMD | jq -r '.[]')
	capture in_container . "${words[@]}"
	expect_status 0
	assert_output_has 'Usage: shmtool'
	assert_stderr_is ''
}

@test "the image shows and removes the segments of the host" {
	need_command crun
	build
	local id host
	id=$(make_segment 4096 600 0x77)
	host=".linux.namespaces[] |= (select(.type == \"ipc\").path = \"/proc/$$/ns/ipc\")"
	capture in_container "$host" ls --no-header -o id,owner
	expect_status 0
	assert_equal "$(xargs <<<"$output")" "$id 0"
	capture in_container "$host" rm key:0x77
	expect_status 0
	assert_equal "$(segment_count)" 0
}

@test "podman builds the same" {
	need_command podman
	build
	# podman accepts only a short path here
	place=$(mktemp -d /tmp/image.XXXXXX)
	container()
	{
		podman --root "$PWD/store" --runroot "$place" --tmpdir "$PWD/tmp" --storage-driver vfs "$@"
	}
	container build --quiet -t shmtool -f "$containerfile" context
	assert_equal "$(container image inspect shmtool | jq -c '.[0].Config | .Entrypoint, .Cmd')" \
		"$(words_of ENTRYPOINT | jq -c . && words_of CMD | jq -c .)"
	diff -r "$(container image mount shmtool)" bundle/rootfs
	container image unmount shmtool
}
