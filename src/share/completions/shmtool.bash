# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash completion for shmtool, and for shmls and the other short names.
# All candidates come from the hidden command `shmtool __complete`.

# Sets words to the words up to the cursor, and last to the last of bash's own words: bash also
# splits words at = and :, which are parts of shmtool's arguments.
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
	last=$rest
}

# Completes the command of attach, which begins at word N
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

# Quotes word, since bash inserts it unchanged into the command line. If the user began the word
# with a quote, and the added part has characters that are special within this quote, sets word
# to nothing.
_shmtool_quote()
{
	local added=${word#"${last:1}"} special='[^[:alnum:]_@%+=:,./{}-]' braces='{*[,.]*}'
	case $last in
	\'*)
		[[ $added != *\'* ]] || word=
		;;
	\"*)
		[[ $added != *[\"\$\`\\!]* ]] || word=
		;;
	*)
		# not all words, since %q also quotes the commas of a list and the braces of %{id}
		[[ $word != *$special* && $word != *$braces* ]] || printf -v word %q "$word"
		;;
	esac
}

_shmtool()
{
	local words last program=shmtool name=${1##*/} verb=() current prefix line width=0
	COMPREPLY=()
	_shmtool_words
	[[ $name != shmtool ]] || program=$1
	[[ $name == shmtool ]] || verb=("${name#shm}")
	current=${words[${#words[@]} - 1]}
	# the part that bash does not replace: up to the last character that it splits at
	prefix=${current%"${current##*["${COMP_WORDBREAKS//[^=:]/}"]}"}
	[[ $COMP_WORDBREAKS == *[=:]* ]] || prefix=
	if [[ $last == [\"\']* ]]; then
		prefix=${current%"$last"}
		words[${#words[@]} - 1]=$prefix${last:1}
	else
		# shellcheck disable=SC2162 # without -r, read removes the user's backslashes
		IFS= read "words[${#words[@]} - 1]" <<<"$current"
	fi

	local lines=()
	mapfile -t lines < <("$program" __complete "${verb[@]}" "${words[@]:1}" 2>/dev/null)
	case ${lines[0]-} in
	:file)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "${current#"$prefix"}")
		return
		;;
	:command*)
		# the words after the verb, and the verb or the program before them
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
		# meanings have room only if the candidates are listed
		if [[ ${COMP_TYPE-} == 63 && ${#lines[@]} -gt 1 && -n $meaning ]]; then
			printf -v word '%-*s  (%s)' "$width" "$word" "$meaning"
			word=${word#"$prefix"}
		else
			word=${word#"$prefix"}
			_shmtool_quote
		fi
		[[ -z $word ]] || COMPREPLY+=("$word")
	done
	# another element of a list may follow
	[[ ${#COMPREPLY[@]} != 1 || $current != *[,%]* ]] || compopt -o nospace 2>/dev/null
}

complete -F _shmtool shmtool shmcreate shmattach shmread shmwrite shmstat shmset shmrm shmls
