#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Disks that are full: wherever the room ends, an output is whole, or the failure is
# reported; a file that was there stays.

bats_require_minimum_version 1.5.0
load lib/common

# bats file_tags=long

# COMMAND > where it writes
outputs=(
	'read key:7 >disk/out'
	'read key:7 >>disk/out'
	'read key:7 -x >disk/out'
	'read key:7 -f disk/out'
	'read key:7 -x -f disk/out'
	'ls -r -o id,key,owner,creator,size >disk/out'
	'ls -J -o id,key,owner,creator,size >disk/out'
	'stat --all --format %{id}_%{key}_%{owner}_%{size} >disk/out'
)

@test "on a disk of any size, an output is whole or the failure is reported" {
	need_root
	local id i
	id=$(make_segment 100000 600 7)
	head -c 30000 /dev/urandom | foreign_write "$id" 0
	head -c 20000 /dev/urandom | foreign_write "$id" 70000
	# shellcheck disable=SC2016
	perl -e 'for (1 .. 600) { shmget(0, 4096, 01600) // die }'
	mkdir disk
	# what they print where there is room
	for i in "${!outputs[@]}"; do
		eval "\"$SHMTOOL\" ${outputs[i]}"
		mv disk/out "wanted.$i"
	done
	export outputs_text
	outputs_text=$(printf '%s\n' "${outputs[@]}")
	# shellcheck disable=SC2016
	run --separate-stderr unshare --mount bash -c '
		mapfile -t outputs <<<"$outputs_text"
		for ((size = 4; size < 300; size += size < 40 ? 4 : 28)); do
			mount -t tmpfs -o size="${size}k" none disk || exit
			for i in "${!outputs[@]}"; do
				: >disk/out
				status=0
				eval "\"$SHMTOOL\" ${outputs[i]} 2>err" || status=$?
				if ((status == 0)); then
					cmp disk/out "wanted.$i" && ((whole++))
				elif ((status != 7)) || ! grep -q "No space left on device" err; then
					echo "$size K, ${outputs[i]}: status $status: $(<err)"
				elif [[ ${outputs[i]} == *" -f "* && -s disk/out ]]; then
					echo "$size K, ${outputs[i]}: the old file changed"
				else
					((failed++))
				fi
				[[ $(ls -A disk) == out ]] || echo "$size K, ${outputs[i]}: $(ls -A disk)"
				rm -f disk/* disk/.shmtool.*
			done
			umount disk
		done
		((whole > 20 && failed > 20)) || echo "$whole whole, $failed failed"'
	expect_status 0
	assert_output_is ''
}

# As a network file system does, or one with a quota
@test "read -f: if closing the new file fails, the old one is kept: exit 7" {
	need_strace
	local closes
	id=$(make_segment)
	echo old >out
	strace -f -qq -o trace -e trace=close,fsync "$SHMTOOL" read "$id" -f out
	closes=$(sed '/fsync/q' trace | grep -c 'close(')
	echo old >out
	run --separate-stderr strace -f -qq -o trace -e trace=close \
		-e "inject=close:error=EDQUOT:when=$((closes + 1))" "$SHMTOOL" read "$id" -f out
	expect_status 7
	assert_stderr_has 'cannot write out: Disk quota exceeded'
	assert_equal "$(cat out) $(find . -name '.shmtool*')" 'old '
}
