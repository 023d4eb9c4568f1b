#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The program as a whole: its help, its names, its sources, its installation.

bats_require_minimum_version 1.5.0
load lib/common

top=$BATS_TEST_DIRNAME/..

# The verbs that there are, by their source files: those that define one.
source_verbs()
{
	grep -l '^const struct verb verb_' "$top"/src/verbs/*.c | sed 's#.*/##; s/\.c$//' | sort
}

# The words of the list of commands in --help.
help_verbs()
{
	shmtool --help | sed -n '/^Find and clean up:/,/^SEGMENT/s/^  \([a-z]*\) .*/\1/p' | sort
}

@test "--version, -V: the name and the version, by every name" {
	local version verb
	version=$(sed -n 's/^VERSION *= *//p' "$top/Makefile")
	for verb in '' $(source_verbs); do
		# shellcheck disable=SC2086
		try $verb --version
		expect_status 0
		assert_output_is "shmtool $version"
		# shellcheck disable=SC2086
		try $verb -V
		expect_status 0
		assert_output_is "shmtool $version"
	done
}

@test "--help lists every command, and help prints the same" {
	assert_equal "$(help_verbs)" "$(source_verbs)"
	try --help
	expect_status 0
	local help=$output
	assert_stderr_is ''
	local word
	for word in -h '-?' help; do
		try "$word"
		expect_status 0
		assert_output_is "$help"
	done
}

@test "help VERB is VERB --help" {
	local verb help
	for verb in $(source_verbs); do
		try "$verb" --help
		expect_status 0
		assert_stderr_is ''
		help=$output
		try help "$verb"
		expect_status 0
		assert_output_is "$help"
		try "$verb" '-?'
		assert_output_is "$help"
		try "$verb" -h
		assert_output_is "$help"
	done
	try help nosuch
	expect_status 2
	try help ls rm
	expect_status 2
	try help ''
	expect_status 2
}

@test "every --help has at most 80 columns" {
	local verb
	for verb in '' $(source_verbs); do
		# shellcheck disable=SC2086
		run shmtool $verb --help
		assert_equal "$verb: $(awk 'length > 80' <<<"$output")" "$verb: "
		# shellcheck disable=SC2086
		run shmtool $verb --usage
		expect_status 0
	done
}

@test "--help is printed whatever other arguments there are, and nothing is done" {
	local id
	id=$(make_orphan)
	try rm "$id" --help
	expect_status 0
	try rm --help "$id" --nosuch
	expect_status 0
	try create -s 1 --help
	expect_status 0
	assert_equal "$(segment_count)" 1
}

@test "a bare shmtool is a usage error" {
	try
	expect_status 2
	assert_output_is ''
	assert_stderr_has 'no command given'
	try --
	expect_status 2
	try -v
	expect_status 2
}

@test "an unknown verb is a usage error that shows it" {
	local word
	for word in nosuch LS lsx l '' ./ls shmls '-' $'\e[2J'; do
		try "$word"
		expect_status 2
		assert_output_is ''
		assert_stderr_has 'shmtool: '
	done
	assert_stderr_lacks $'\e'
	try nosuch --help
	expect_status 2
	assert_stderr_has '"nosuch"'
	try --nosuch ls
	expect_status 2
	try -x
	expect_status 2
}

@test "an unknown option is a usage error, in every verb" {
	local verb
	for verb in $(source_verbs); do
		try "$verb" --nosuch 1
		expect_status 2
		assert_output_is ''
		assert_stderr_has "shmtool $verb: unknown option \"--nosuch\""
		try "$verb" -Z 1
		expect_status 2
	done
}

@test "short names (links) run their command, whatever their path" {
	local verb id
	id=$(make_segment 4096 600 5)
	for verb in $(source_verbs); do
		ln -s "$SHMTOOL" "shm$verb"
	done
	run ./shmls -q
	expect_status 0
	assert_output_is "$id"
	PATH=$PWD:$PATH run shmls -q
	assert_output_is "$id"
	run "$PWD/shmstat" "$id" --format '%{size}'
	assert_output_is 4096
	run ./shmset "$id" -p 640
	assert_equal "$(segment_field "$id" perms)" 640
	run ./shmwrite "$id" -t hello
	expect_status 0
	run ./shmread "$id" -n 5
	assert_output_is hello
	run ./shmattach "$id" true
	expect_status 0
	run ./shmrm "$id"
	expect_status 0
	run ./shmcreate -s 1
	expect_status 0
	segment_exists "$output"
	# An exec'd name without a path, and names that are no verb.
	run bash -c 'exec -a shmls "$SHMTOOL" -q'
	assert_output_is "$output"
	expect_status 0
	ln -s "$SHMTOOL" shmnosuch
	run ./shmnosuch ls -q
	expect_status 0
	ln -s "$SHMTOOL" ls
	run ./ls
	expect_status 2
}

@test "the program works without argv[0]" {
	run perl -e 'exec { $ARGV[0] } "" or die' "$SHMTOOL"
	expect_status 2
}

@test "a file does not take the place of a closed standard descriptor" {
	local id
	id=$(make_segment 4096)
	# shellcheck disable=SC2016
	run bash -c '"$SHMTOOL" read "$1" -f out >&- 2>&- <&-' bash "$id"
	expect_status 0
	assert_equal "$(stat -c %s out)" 4096
	# shellcheck disable=SC2016
	run bash -c '"$SHMTOOL" write "$1" -f out 2>&- >&- <&-' bash "$id"
	expect_status 0
	assert_equal "$(stat -c %s out)" 4096
}

# What is below a directory, with what links point to.
tree()
{
	(cd "$1" && find . -printf '%P %y %m %l\n' | sort)
}

make_install()
{
	# A make that runs above has variables of its own.
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$top" --no-print-directory -s \
		-o all -o "$SHMTOOL" BUILD="$built" DESTDIR="$PWD/root" "$@" >make.log 2>&1 || {
		cat make.log >&2
		return 1
	}
}

setup()
{
	common_setup
	# Installed is what stands in BUILD, as it is: nothing is built here.
	built=$BATS_TEST_TMPDIR/built
}

need_pages()
{
	need_command make
	mkdir built
	cp "$SHMTOOL" built/shmtool
}

@test "make install installs the program, a link for each command, and the pages" {
	need_pages
	make_install install
	local verb
	cmp root/usr/local/bin/shmtool "$SHMTOOL"
	assert_equal "$(cd root/usr/local/bin && echo shm* | tr ' ' '\n' | grep -v '^shmtool$' | sed 's/^shm//' | sort)" \
		"$(help_verbs)"
	for verb in $(source_verbs); do
		run "root/usr/local/bin/shm$verb" --help
		expect_status 0
		assert_equal "${lines[1]%% [*}" "Usage: shmtool $verb"
		[[ -s root/usr/local/share/man/man1/shm$verb.1 ]]
		[[ -s root/usr/local/share/man/man1/shmtool-$verb.1 ]]
	done
	(cd "$top/man" && printf '%s\n' *.[157]) >pages
	while read -r page; do
		[[ -s root/usr/local/share/man/man${page##*.}/$page ]]
	done <pages
	# Anyone may read and run it.
	find root -type f ! -perm -444 | grep . && fail "not readable by all"
	[[ $(stat -c %a root/usr/local/bin/shmtool) == 755 ]]
}

@test "make install can be repeated" {
	need_pages
	make_install install
	tree root >once
	make_install install
	tree root | diff once -
}

@test "make uninstall removes all installed files, and no others" {
	need_pages
	local prefix
	for prefix in /usr/local /opt/x; do
		make_install install prefix="$prefix"
		touch "root$prefix/bin/shmother" "root$prefix/bin/shmtool2" "root$prefix/share/man/man1/shmget.1"
		make_install uninstall prefix="$prefix"
		assert_equal "$(find "root$prefix" ! -type d | sort)" "root$prefix/bin/shmother
root$prefix/bin/shmtool2
root$prefix/share/man/man1/shmget.1"
		rm -r root
	done
}

@test "make install with other directories" {
	need_pages
	make_install install prefix=/usr bindir=/sbin mandir=/man
	[[ -x root/sbin/shmtool && -e root/man/man1/shmtool.1 && ! -e root/usr/bin ]]
	make_install uninstall prefix=/usr bindir=/sbin mandir=/man
	assert_equal "$(find root ! -type d)" ''
}

@test "every command has a page, and every page a command" {
	need_pages
	assert_equal "$(cd "$top/man" && printf '%s\n' shmtool-*.1 | sed 's/^shmtool-//; s/\.1$//' | sort)" \
		"$(source_verbs)"
}

# In its page, or in those for the options that several verbs have
@test "every option of a verb's --help is in the manual" {
	need_pages
	local verb option pages missing=()
	for verb in $(source_verbs); do
		# mdoc has "Fl -name", with or without \- for -
		pages=$(sed 's/\\-/-/g' "$top/man/shmtool-$verb.1" "$top/man/shmtool.1" "$top/man/shmtool-filters.7")
		for option in $(shmtool "$verb" --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
			[[ $pages =~ (Fl |-|$'\n')-?${option#--}([^a-z-]|$) ]] || missing+=("$verb $option")
		done
	done
	assert_equal "${missing[*]}" ''
}

# page_options PAGE: the options that a page describes, with their dashes, one a line
page_options()
{
	sed -nE 's/\\&//g; s/\\-/-/g; /^\.(It|Op) .*Fl /p; /^\.Fl /p' "$1" | perl -ne '
		next if /^\.Fl/ && !/^\.Fl -?[\w?-]+( |$)/;
		while (/\bFl ((?:[^\s]+(?: [,|] )?)+)/g) {
			for (grep { $_ ne "Fl" } split(/ [,|] (?:Fl )?/, $1)) {
				# several letters, as in Fl bJ, are several options
				print map { "-$_\n" } /^-/ ? $_ : split(//) if /^-?[\w?]/;
			}
		}' | sort -u
}

@test "every option in a verb's page is in its --help" {
	need_pages
	# found by no help: the ?, what ipcs has and does nothing, and what the
	# line of --follow names
	local hidden=' -? ls:-m ' verb option help count=0 missing=()
	for verb in $(source_verbs); do
		help=$(shmtool "$verb" --help)
		while IFS= read -r option; do
			count=$((count + 1))
			[[ $hidden != *" $option "* && $hidden != *" $verb:$option "* ]] || continue
			[[ $help =~ (^|[ (,]|$'\n')$option([ =,)]|$'\n'|$) ]] || missing+=("$verb $option")
		done < <(page_options "$top/man/shmtool-$verb.1")
	done
	help=$(shmtool rm --help)
	while IFS= read -r option; do
		count=$((count + 1))
		[[ $help =~ (^|[ (,]|$'\n')$option([ =,)]|$'\n'|$) ]] || missing+=("filters $option")
	done < <(page_options "$top/man/shmtool-filters.7")
	assert_equal "${missing[*]}" ''
	((count > 120))
}

@test "each source file has its license in its first lines" {
	find "$top/src" "$top/tests" "$top/Makefile" -type f \
		\( -name '*.[ch]' -o -name '*.bats' -o -name '*.bash' -o -name Makefile -o -perm -u+x \) \
		-exec awk '
			FNR == 1 { files++; licensed = 0 }
			FNR <= 3 && /SPDX-License-Identifier: GPL-2.0-or-later/ { licensed = 1 }
			FNR == 3 && !licensed { print FILENAME }
			END { if (files < 100) print "only " files " files" }' {} + >bad
	assert_equal "$(<bad)" ''
	grep -q 'GNU GENERAL PUBLIC LICENSE' "$top/COPYING"
	grep -q 'Version 2, June 1991' "$top/COPYING"
	grep -q 'END OF TERMS AND CONDITIONS' "$top/COPYING"
}

@test "nothing but libc and popt is linked" {
	need_command readelf
	readelf -h "$SHMTOOL" >/dev/null 2>&1 || skip "not a plain program"
	# before glibc 2.34, libpthread and librt are libraries of their own
	run bash -c "readelf -d '$SHMTOOL' | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^(lib(popt|c|pthread|rt|asan|ubsan|gcc_s|m)\.so|ld-linux)'"
	assert_output_is ''
}

@test "the commands in the manual's section on troubleshooting work" {
	need_pages
	need_root # for -A
	local line count=0
	make_segment 4096 600 0x52e2c1 >/dev/null
	while read -r line; do
		count=$((count + 1))
		read -ra words <<<"$line"
		if [[ $line == *--follow* ]]; then
			background "${words[@]}" -v
			wait_until file_has "$background_errors" watching
			continue
		fi
		run --separate-stderr "${words[@]}"
		# of some processes even root may not ask in which namespace they are
		[[ $line == *' -A '* && $status == 5 ]] || expect_status 0
		assert_stderr_lacks 'unknown option'
	done < <(sed -n '/^\.Sh TROUBLESHOOTING/,/^\.Sh SEGMENTS/s/^\.Dl //p' "$top/man/shmtool.1")
	((count >= 8))
}

# What a program with an event loop may leave behind for those that share its pipe
@test "output to a full non-blocking pipe waits until there is room" {
	for _ in {1..40}; do
		make_segment >/dev/null
	done
	shmtool ls --format "%{id}$(printf '%4000s' x)" >wanted
	# shellcheck disable=SC2016
	timeout 120 perl -MFcntl -e 'pipe my $from, my $to or die;
		fcntl $to, F_SETFL, O_WRONLY | O_NONBLOCK or die "fcntl: $!\n";
		my $pid = fork // die;
		if (!$pid) { open STDOUT, ">&", $to or die; exec @ARGV or die }
		close $to;
		# it waits for room
		do { open my $file, "<", "/proc/$pid/stat" or die; $_ = <$file>; select undef, undef, undef, 0.01 }
			until /\) S /;
		print while <$from>;
		waitpid $pid, 0; exit $? >> 8' "$SHMTOOL" ls --format "%{id}$(printf '%4000s' x)" >out
	cmp wanted out
}

@test "-N and -v may appear before the command" {
	local id
	id=$(make_segment)
	try -N $$ ls -q
	expect_status 0
	assert_output_is "$id"
	try -v -- rm "$id"
	expect_status 0
	assert_output_has "removed $id "
	try -N 0 ls
	expect_status 2
	assert_stderr_has 'namespace "0"'
	try -v attach 0 -- true
	expect_status 125
}
