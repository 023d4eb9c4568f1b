#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What bash, zsh and fish complete, in the real shells; and that all completions come from
# the program's own tables.

bats_require_minimum_version 1.5.0
load lib/common

top=$BATS_TEST_DIRNAME/..
completions=$top/src/share/completions

# A shmtool that completes as the program does, and else writes down its words
setup()
{
	common_setup
	mkdir bin
	cat >bin/shmtool <<-END
		#!/bin/bash
		[[ \$1 != __complete ]] || exec $(printf %q "$SHMTOOL") "\$@"
		printf '%s\n' "\$@" >$(printf %q "$PWD/typed.part")
		mv $(printf %q "$PWD/typed.part") $(printf %q "$PWD/typed")
	END
	chmod +x bin/shmtool
	ln -s shmtool bin/shmls
	export PATH=$PWD/bin:$PATH HOME=$PWD
	export -n SHELL
}

# offered WORD...: what the program offers for the last of the words
offered()
{
	shmtool __complete "$@" | cut -f 1
}

# typed_in SHELL TEXT: TEXT typed in an interactive shell; sets typed, the words that shmtool got
typed_in()
{
	local start shell=$1
	rm -f typed
	case $shell in
	bash)
		start="bash --norc --noprofile -i"
		printf '%s\n' "source '$completions/shmtool.bash'" "bind 'set bell-style none'" >input
		;;
	zsh)
		start="zsh -f -i"
		printf '%s\n' "fpath=('$completions' \$fpath)" 'autoload -U compinit' 'compinit -u -D' \
			'setopt nobeep' >input
		;;
	esac
	mkfifo "keys.$BATS_TEST_NUMBER"
	# shellcheck disable=SC2094 # a pipe
	SHELL=/bin/sh TERM=xterm script -qfec "$start" screen <"keys.$BATS_TEST_NUMBER" >/dev/null 2>&1 &
	local pid=$!
	echo "$pid" >>"$started"
	exec 8>"keys.$BATS_TEST_NUMBER"
	rm "keys.$BATS_TEST_NUMBER"
	cat input >&8
	printf '%s\n' "echo rea''dy" >&8
	wait_until file_has screen ready
	printf '%b\n' "$2" >&8
	wait_until test -e typed
	typed=$(paste -sd ' ' typed)
	printf '%s\n' exit >&8
	exec 8>&-
	wait "$pid" || true
}

# fish_offers LINE: the words that fish offers at its end
fish_offers()
{
	need_command fish
	# not the user's configuration; --no-config is new in fish 3.3
	XDG_CONFIG_HOME=$BATS_FILE_TMPDIR/fish fish -c "source '$completions/shmtool.fish'; complete -C '$1'"
}

# bash_offers [-l] LINE: the words that bash's function replies; -l: as for a list
bash_offers()
{
	local type=9
	[[ $1 != -l ]] || { type=63 && shift; }
	# shellcheck disable=SC2016
	bash --norc -c '
		source "$1" && COMP_LINE=$2 COMP_POINT=${#2} COMP_TYPE=$3
		line=${2//=/ = } && line=${line//:/ : }
		read -ra COMP_WORDS <<<"$line" && [[ $2 != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_shmtool "${COMP_WORDS[0]}" 2>/dev/null
		printf "%s\n" "${COMPREPLY[@]}"' bash "$completions/shmtool.bash" "$1" "$type"
}

@test "commands are offered with their descriptions" {
	local verb
	assert_equal "$(shmtool __complete '' | grep -v '^help')" \
		"$(shmtool --help | sed -n '/^Find and clean up:/,/^SEGMENT/s/^  \([a-z]*\)  */\1\t/p')"
	assert_equal "$(offered wr)" write
	assert_equal "$(offered help l)" ls
	assert_equal "$(offered nosuch '')" ''
	# a hidden option, of which nothing is known
	run shmtool __complete "set" --except-namespace ''
	assert_equal "$status:$output" 0:
	run shmtool __complete
	expect_status 2
}

@test "every option in --help is offered with its help text" {
	local verb
	for verb in $(shmtool --help | sed -n '/^Find and clean up:/,/^SEGMENT/s/^  \([a-z]*\) .*/\1/p'); do
		assert_equal "$verb $(shmtool __complete "$verb" - | sed 's/\t.*//' | sort | paste -sd ' ')" \
			"$verb $(shmtool "$verb" --help |
				sed -nE 's/^  (-[a-zA-Z], |    )(--[a-z0-9-]+).*/\2/p; s/^  (-[a-zA-Z])  .*/\1/p' |
				sort | paste -sd ' ')"
		shmtool __complete "$verb" - | awk -F '\t' 'NF != 2 || $2 == "" { bad = 1 } END { exit bad }'
	done
	# not behind --, and not where an operand's own begin
	assert_equal "$(offered rm -- -)" ''
	assert_equal "$(offered attach 5 -)" ':command 1'
}

@test "every field: in -o, --sort, --by and --format" {
	local fields field
	fields=$(shmtool ls -H | awk '{ print $1 }')
	assert_equal "$(offered ls -o '')" "$fields"
	assert_equal "$(shmtool __complete ls -o '' | sed 's/\t/  /')" "$(shmtool ls -H | sed 's/  */  /')"
	assert_equal "$(offered ls -o +)" "+${fields//$'\n'/$'\n'+}"
	assert_equal "$(offered ls -o +id,own) $(offered ls -o id,+)" '+id,owner '
	assert_equal "$(offered ls -o id,)" "id,${fields//$'\n'/$'\n'id,}"
	# one field only
	assert_equal "$(offered ls --by '')" "$fields"
	assert_equal "$(offered ls --by id,) $(offered ls --by +)" ' '
	assert_equal "$(offered ls --sort=-)" "--sort=-${fields//$'\n'/$'\n'--sort=-}"
	for field in $fields; do
		assert_equal "$(offered ls --format "x %{$field")" "x %{$field}$(
			for other in $fields; do
				[[ $other != "$field"?* ]] || printf '\nx %%{%s}' "$other"
			done)"
	done
	assert_equal "$(offered ls --format '%{id} ')" ''
}

@test "every offered value is accepted by the program" {
	local word
	assert_equal "$(offered ls --color '' | paste -sd ' ')" 'auto always never'
	assert_equal "$(offered ls --time-format= | paste -sd ' ')" \
		'--time-format=local --time-format=utc --time-format=epoch --time-format=ago'
	assert_equal "$(offered stat --wait '' | paste -sd ' ')" 'exists gone attached detached'
	assert_equal "$(offered rm --state kept, | paste -sd ' ')" \
		'kept,dest kept,attached kept,kept kept,orphaned kept,detached'
	for word in $(offered ls --color ''); do
		shmtool ls --color "$word" >/dev/null
	done
	for word in $(offered ls --time-format=) $(offered ls --state=); do
		shmtool ls "$word" >/dev/null
	done
	make_segment 1 600 7 >/dev/null
	for word in exists detached; do
		shmtool stat key:7 --wait "$word" --timeout 0
	done
}

@test "the value of every option is completed by its metavariable" {
	local verb option metavariable typed
	make_segment 1 600 7 >/dev/null
	for verb in $(shmtool --help | sed -n '/^Find and clean up:/,/^SEGMENT/s/^  \([a-z]*\) .*/\1/p'); do
		while read -r option metavariable; do
			typed=
			[[ $metavariable != FORMAT ]] || typed='%{'
			case $metavariable in
			ADDR | BYTE | ENTRY | HEX | LENGTH | MODE | N | NAME | NUMBER | OFFSET | PERCENT | PID | SEM | \
				SIZE | TEXT | TIME | VALUE)
				assert_equal "$verb $option $(offered "$verb" "$option" '')" "$verb $option "
				;;
			*)
				[[ -n $(offered "$verb" "$option" "$typed") ]] ||
					fail "$verb $option: nothing is offered for $metavariable"
				;;
			esac
		done < <(shmtool "$verb" --help | sed -nE 's/^  (-., |    )(--[a-z0-9-]+)=([^ ]+).*/\2 \3/p')
	done
}

@test "users and groups" {
	assert_equal "$(offered ls --owner '')" "$(getent passwd | cut -d: -f1)"
	assert_equal "$(shmtool __complete set -u roo)" $'root\tuid 0'
	assert_equal "$(offered create -g '')" "$(getent group | cut -d: -f1)"
	assert_equal "$(offered ls --creator=roo)" --creator=root
	assert_equal "$(offered set -uroo)" -uroot
}

@test "ids and keys of existing segments are offered with a description, without a trace" {
	local id other before meaning
	id=$(make_live_segment 4096 600 0x4d2)
	other=$(make_segment 1048576)
	before=$(awk '{ NF = 14; print }' /proc/sysvipc/shm)
	meaning="root, 4K, detached, created by $(segment_field "$id" cpid) perl"
	assert_equal "$(shmtool __complete rm '')" \
		"$(printf '%s\t%s\n' "$id" "$meaning" 0x000004d2 "$meaning" \
			"$other" "root, 1M, detached, created by $(segment_field "$other" cpid) exited")"
	assert_equal "$(offered stat 0x)" 0x000004d2
	assert_equal "$(offered read k)" key:0x000004d2
	assert_equal "$(offered rm "id:$id")" "id:$id"
	assert_equal "$(offered ls --except 0x)" 0x000004d2
	assert_equal "$(offered rm -M '')" 0x000004d2
	assert_equal "$(offered rm --shmem-id "$other")" "$other"
	# where one segment is taken, no second is offered; where none is, none
	assert_equal "$(offered read "$id" '')" ''
	[[ -n $(offered rm "$id" '') ]]
	assert_equal "$(offered create '')" ''
	assert_equal "$(awk '{ NF = 14; print }' /proc/sysvipc/shm)" "$before"
}

@test "in the namespace of -N" {
	local inside
	background unshare --ipc perl -e '$| = 1; print shmget(0x77, 1, 01600) + 0, "\n"; sleep 1 while 1'
	wait_until test -s "$background_output"
	need_root
	inside=$(pgrep -P "$background_pid" || echo "$background_pid")
	assert_equal "$(offered rm -N "$inside" 0x)" 0x00000077
	assert_equal "$(offered rm --namespace="/proc/$inside/ns/ipc" 0x)" 0x00000077
	assert_equal "$(offered rm -N nosuch 0x)" ''
}

@test "words after options before the command are completed" {
	local before
	for before in '-v' "-N $$" "-N$$" "--namespace=$$ -v"; do
		# shellcheck disable=SC2086 # words
		assert_equal "$(offered $before st)" "$(offered st)"
		# shellcheck disable=SC2086
		assert_equal "$(offered $before ls --col)" --color
		# shellcheck disable=SC2086
		assert_equal "$(offered $before help w)" write
	done
	assert_equal "$(offered -N '')" "$(offered ls -N '')"
	assert_equal "$(offered -v -N 1 attach 5 -- l)" ':command 5'
}

@test "names with control characters are escaped" {
	# shellcheck disable=SC2016
	background perl -e '
		open my $comm, ">", "/proc/self/comm" or die;
		syswrite $comm, "a\tb\n\e[2J";
		close $comm;
		$| = 1;
		print shmget(0, 1, 01600) + 0, "\n";
		sleep 1 while 1'
	wait_until test -s "$background_output"
	run shmtool __complete rm ''
	assert_equal "${#lines[@]}" 1
	assert_output_has 'a\tb\n\x1b[2J'
}

# zsh and bash compute with the number after :command, and so would run what is in $(...)
@test "a word that looks like a directive for the shell has no completions" {
	run shmtool __complete ls --state 'idle,det'
	assert_output_has idle,detached
	# shellcheck disable=SC2016
	run shmtool __complete ls --state ':command A[$(id)],det'
	assert_output_is ''
}

@test "bash: its function" {
	local id
	id=$(make_segment 4096 600 0x4d2)
	assert_equal "$(bash_offers 'shmtool wr')" write
	assert_equal "$(bash_offers 'shmls --fol')" --follow
	# = and : split words there, and only what is behind is replaced
	assert_equal "$(bash_offers 'shmtool ls --owner=roo')" root
	assert_equal "$(bash_offers 'shmtool rm key:0x')" 0x000004d2
	assert_equal "$(bash_offers 'shmtool ls -o id,ow')" id,owner
	assert_equal "$(bash_offers -l 'shmtool rm ')" \
		"$id           (root, 4K, detached, created by $(segment_field "$id" cpid) exited)
0x000004d2  (root, 4K, detached, created by $(segment_field "$id" cpid) exited)"
	touch 'a file'
	assert_equal "$(bash_offers 'shmtool create -f a')" 'a file'
	assert_equal "$(bash_offers "shmtool attach $id -- basenam")" basename
}

@test "bash: typed" {
	make_segment 4096 600 0x4d2 >/dev/null
	typed_in bash 'shmtool ls --own\troo\t'
	assert_equal "$typed" 'ls --owner root'
	typed_in bash 'shmtool rm --creator=roo\tkey:0x\t'
	assert_equal "$typed" 'rm --creator=root key:0x000004d2'
}

# such as the names of users in a directory service
@test "bash: names that are shell syntax are inserted as words" {
	# shellcheck disable=SC2016 # not to be expanded
	printf '%s\n' 'aa$(touch${IFS}made)' 'bb;touch' 'cc`touch`' 'DOM\carol' 'DOM\dave' 'e$x' \
		'ff{g,h}' 'gg gil' >names
	# offers the names that begin as the last word does
	cat >bin/shmtool.names <<-'END'
		#!/bin/bash
		word=${!#}
		option=
		[[ $word != --*=* ]] || option=${word%%=*}=
		while IFS= read -r name; do
			[[ $option$name != "$word"* ]] || printf '%s\tuid 1\n' "$option$name"
		done <names
	END
	chmod +x bin/shmtool.names
	sed -i "s|exec .*|exec shmtool.names \"\$@\"|" bin/shmtool
	# as bash reads what is inserted
	run bash_offers 'shmtool ls --owner='
	assert_equal "$(eval "printf '%s\n' ${output//$'\n'/ }")" "$(cat names)"
	[[ ! -e made ]]
	assert_equal "$(bash_offers -l 'shmtool ls --owner D')" $'DOM\\carol  (uid 1)\nDOM\\dave   (uid 1)'
	# the second begins with an escape of the user, and the others with a quote
	typed_in bash 'shmtool ls --owner D\tc\t--owner=gg\\ g\t--owner="DOM\\d\t--owner "gg\t'"--owner 'e\t"
	# shellcheck disable=SC2016
	assert_equal "$typed" 'ls --owner DOM\carol --owner=gg gil --owner=DOM\dave --owner gg gil --owner e$x'
}

@test "zsh: typed" {
	need_command zsh
	make_segment 4096 600 0x4d2 >/dev/null
	typed_in zsh 'shmtool ls --own\troo\t'
	assert_equal "$typed" 'ls --owner root'
	typed_in zsh 'shmtool rm --creator=roo\tkey:0x\t'
	assert_equal "$typed" 'rm --creator=root key:0x000004d2'
	touch only_this_file
	typed_in zsh 'shmtool create --file=only\t-f only\t'
	assert_equal "$typed" 'create --file=only_this_file -f only_this_file'
	typed_in zsh 'shmtool attach 0x\t-- basenam\t'
	assert_equal "$typed" 'attach 0x000004d2 -- basename'
}

@test "fish: complete -C" {
	need_command fish
	local id
	id=$(make_segment 4096 600 0x4d2)
	assert_equal "$(fish_offers 'shmtool wr')" \
		"write"$'\t'"$(shmtool __complete wr | cut -f 2)"
	assert_equal "$(fish_offers 'shmls --fol')" $'--follow\tprint changes as they happen'
	assert_equal "$(fish_offers 'shmtool ls --owner=roo')" $'--owner=root\tuid 0'
	assert_equal "$(fish_offers 'shmtool ls -o id,ow')" $'id,owner\towner\'s user name'
	assert_equal "$(fish_offers 'shmtool rm 0x')" \
		$'0x000004d2\troot, 4K, detached, created by '"$(segment_field "$id" cpid) exited"
	touch only_this_file
	assert_equal "$(fish_offers 'shmtool create -f only')" only_this_file
	assert_equal "$(fish_offers 'shmtool create --file=only')" --file=only_this_file
	assert_equal "$(fish_offers "shmtool attach $id -- basenam" | cut -f 1)" basename
}

@test "options that stand before the command are offered, too" {
	offered - | grep -qx -- --namespace
	offered --ver | grep -qx -- --version
}
