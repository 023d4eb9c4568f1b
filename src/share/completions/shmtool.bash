# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash completion for shmtool, and for shmls and the others by their links.
# All that is offered comes from the hidden command `shmtool __complete`.

# Sets words to those up to the cursor. bash has split them at = and : too,
# which are parts of ours.
_shmtool_words()
{
	local line=${COMP_LINE:0:COMP_POINT} rest i
	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		rest=${line#"${line%%[![:space:]]*}"}
		if [[ $rest != "$line" || ${#words[@]} == 0 ]]; then
			words+=('')
		fi
		if ((i == COMP_CWORD)); then
			words[${#words[@]} - 1]+=$rest
		else
			words[${#words[@]} - 1]+=${COMP_WORDS[i]}
		fi
		line=${rest#"${COMP_WORDS[i]}"}
	done
}

# Those of the words behind :command N
_shmtool_command()
{
	if declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif ((COMP_CWORD == $1)); then
		mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}" | sort -u)
	else
		compopt -o default
	fi
}

_shmtool()
{
	local words program=shmtool name=${1##*/} verb=() current prefix line width=0
	COMPREPLY=()
	_shmtool_words
	[[ $name != shmtool ]] || program=$1
	[[ $name == shmtool ]] || verb=("${name#shm}")
	current=${words[${#words[@]} - 1]}
	# what bash does not replace: up to the last character that it splits at
	prefix=${current%"${current##*["${COMP_WORDBREAKS//[^=:]/}"]}"}
	[[ $COMP_WORDBREAKS == *[=:]* ]] || prefix=

	local lines=()
	mapfile -t lines < <("$program" __complete "${verb[@]}" "${words[@]:1}" 2>/dev/null)
	case ${lines[0]-} in
	:file)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "${current#"$prefix"}")
		return
		;;
	:command*)
		# the words behind the verb, and the verb or the program before them
		_shmtool_command $((${lines[0]#:command } + 2 - ${#verb[@]}))
		return
		;;
	esac
	for line in "${lines[@]}"; do
		line=${line%%$'\t'*}
		((${#line} <= width)) || width=${#line}
	done
	for line in "${lines[@]}"; do
		local word=${line%%$'\t'*} meaning=${line#*$'\t'}
		# only where they are listed is there room for what they mean
		if [[ ${COMP_TYPE-} == 63 && ${#lines[@]} -gt 1 && -n $meaning ]]; then
			printf -v word '%-*s  (%s)' "$width" "$word" "$meaning"
		fi
		COMPREPLY+=("${word#"$prefix"}")
	done
	# more may follow a list's word
	[[ ${#COMPREPLY[@]} != 1 || $current != *[,%]* ]] || compopt -o nospace 2>/dev/null
}

complete -F _shmtool shmtool shmcreate shmattach shmread shmwrite shmstat shmset shmrm shmls
