#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rm -i: what it shows, what it asks, and that it removes only what it showed. script(1) is the
# terminal.

bats_require_minimum_version 1.5.0
load lib/common

# on_terminal COMMAND...: in the background, with what is written to descriptor 7 as typed there;
# the screen goes to screen.raw, the exit status to code. The terminal stays until there is a
# file read, since script(1) may lose what it has not shown at its end.
on_terminal()
{
	rm -f code screen.raw answers read
	mkfifo answers
	# shellcheck disable=SC2016
	background env SHELL=/bin/sh sh -c 'exec script -qfec "$1" screen.raw <answers' sh \
		"stty -echo -onlcr; $*; echo \$? >code.new; mv code.new code; printf '\\nended\\n'
		until [ -e read ]; do sleep 0.01; done"
	exec 7>answers
}

end_terminal()
{
	wait_until test -e code
	wait_until grep -q '^ended' screen.raw
	touch read
	exec 7>&-
	wait_until process_is_gone "$background_pid"
}

asks_or_ended()
{
	[[ -e code ]] || { [[ -e screen.raw ]] && grep -q 'y/N' screen.raw; }
}

# ask ANSWER ARGUMENT...: shmtool rm -i on a terminal where ANSWER (with printf's escapes) is
# typed at the question; sets status, output and screen, which has the question and the errors
ask()
{
	on_terminal "${as-} '$SHMTOOL' rm -i $(printf '%q ' "${@:2}") >out"
	wait_until asks_or_ended
	[[ -e code ]] || printf '%b' "$1" >&7
	end_terminal
	# shellcheck disable=SC2034 # for expect_status
	status=$(<code)
	output=$(<out)
	mapfile -t lines <out
	# without what is written before and after
	screen=$(sed '1d; /^ended/,$d' screen.raw | tr -d '\r')
}

id_of_line()
{
	sed -n 's/^\(would \)\?\(removed\?\|mark\(ed\)\?\) \([0-9]*\) .*/\4/p'
}

@test "-i and yes: the segments that were shown are removed" {
	local one two answer
	for answer in y Y yes YES; do
		one=$(make_orphan 1000)
		two=$(make_orphan 2000)
		ask "$answer\n" --orphaned --grace 0
		expect_status 0
		assert_equal "$(id_of_line <<<"$output" | paste -sd ' ')" "$one $two $one $two"
		assert_equal "$(grep -c '^would remove ' out) $(grep -c '^removed ' out) $(grep -c '^total 2 ' out)" '2 2 2'
		assert_equal "$screen" 'shmtool rm: remove these segments? [y/N] '
		assert_equal "$(segment_count)" 0
	done
}

@test "-i and any other answer: nothing is removed" {
	local id answer
	id=$(make_orphan 1000)
	for answer in '\n' 'n\n' 'no\n' 'yesterday\n' ' y\n' 'y y\n' '\004' 'q\ny\n'; do
		ask "$answer" --orphaned --grace 0
		expect_status 0
		assert_equal "$(grep -c '' out)" 2
		assert_equal "$(id_of_line <<<"$output")" "$id"
		[[ $screen == 'shmtool rm: remove this segment? [y/N] '*'nothing was removed' ]] || fail "$screen"
		segment_exists "$id"
	done
}

@test "-i and no: one note, although others were skipped" {
	make_orphan 1000 >/dev/null
	hold_segment "$(make_segment)"
	ask 'n\n' --all
	expect_status 0
	assert_equal "$(grep -c 'nothing was removed' <<<"$screen")" 1
	assert_equal "$(segment_count)" 2
}

@test "-i does not ask if there is nothing to remove" {
	make_live_segment >/dev/null
	ask 'y\n' --orphaned
	expect_status 0
	assert_output_is ''
	assert_equal "$screen" 'shmtool rm: no segment matches the filters; nothing was removed'
	assert_equal "$(segment_count)" 1
	hold_segment "$(make_segment)"
	ask 'y\n' --attached
	expect_status 0
	assert_equal "$screen" 'shmtool rm: nothing was removed: 1 matching segment is attached or in the keep list'
}

@test "-i with named segments reports errors once, and asks about the others" {
	local free held
	free=$(make_orphan)
	held=$(make_segment)
	hold_segment "$held"
	ask 'y\n' "$held" "$free" 999
	expect_status 9
	assert_equal "$(id_of_line <<<"$output")" "$free"
	assert_equal "$(grep -c "segment $held .*attached by" <<<"$screen")" 1
	assert_equal "$(grep -c 'id 999\|segment 999\|999:' <<<"$screen")" 1
	run ! segment_exists "$free"
	segment_exists "$held"
	ask 'y\n' "$held" --even-attached
	expect_status 0
	assert_equal "$screen" 'shmtool rm: mark this segment for removal? [y/N] '
	assert_equal "$(segment_field "$held" key)" 0
}

@test "a segment of another user is reported once, before the question" {
	need_root
	local own other
	other=$(make_orphan)
	own=$(as_user perl -e "$create" 4096 600 0)
	as='setpriv --reuid 65534 --regid 65534 --clear-groups' ask 'y\n' --all --ignore-keep
	expect_status 5
	assert_equal "$(id_of_line <<<"$output" | paste -sd ' ')" "$own $own"
	assert_equal "$(grep -c "segment $other" <<<"$screen")" 1
	[[ $screen == *"segment $other"*'[y/N] ' ]] || fail "$screen"
	segment_exists "$other"
	run ! segment_exists "$own"
}

@test "-i removes neither new segments nor those that change before the answer" {
	local shown changed later
	shown=$(make_orphan 1000)
	changed=$(make_orphan 2000)
	on_terminal "'$SHMTOOL' rm -i --detached >out"
	wait_until asks_or_ended
	later=$(make_orphan 3000)
	shmtool set "$changed" -p 640
	hold_segment "$changed"
	end_process "$holder_pid"
	echo y >&7
	end_terminal
	assert_equal "$(<code)" 9
	run ! segment_exists "$shown"
	segment_exists "$changed"
	segment_exists "$later"
	grep -q "segment $changed .*it changed after it was listed" screen.raw
}

@test "-i and a signal during the question: nothing is removed" {
	local id
	id=$(make_orphan)
	on_terminal "'$SHMTOOL' rm -i $id >out"
	wait_until asks_or_ended
	touch read
	printf '\003' >&7
	exec 7>&-
	wait_for_status "$background_pid"
	segment_exists "$id"
}

@test "-i --with-guard removes both segment and guard, or neither" {
	local id
	shmtool create -s 4K -k 5 --with-guard >id
	id=$(<id)
	ask 'n\n' --with-guard "$id"
	segment_exists "$id"
	assert_equal "$(ipcs -s | grep -c 0x00000005)" 1
	ask 'y\n' --with-guard "$id"
	expect_status 0
	assert_equal "$(segment_count)" 0
	assert_equal "$(ipcs -s | grep -c 0x00000005)" 0
}

@test "-i without a terminal, and with options that it cannot be combined with: exit 2" {
	local id words
	id=$(make_orphan)
	try rm -i "$id" </dev/null
	expect_status 2
	assert_stderr_has '-i requires a terminal'
	# shellcheck disable=SC2016
	capture bash -c 'yes | "$SHMTOOL" rm -i --all'
	expect_status 2
	on_terminal "'$SHMTOOL' rm -i $id 2>err"
	end_terminal
	assert_equal "$(<code)" 2
	for words in "-n $id" "-J $id" "-q $id" "-m $id" "-M 5"; do
		# shellcheck disable=SC2086 # words
		ask 'y\n' $words
		expect_status 2
		assert_output_is ''
	done
	segment_exists "$id"
}

@test "-i does not ask if the output cannot be written, and removes nothing" {
	local id
	id=$(make_orphan)
	on_terminal "'$SHMTOOL' rm -i $id >/dev/full"
	end_terminal
	assert_equal "$(<code)" 7
	run ! grep -q 'y/N' screen.raw
	segment_exists "$id"
}
