# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Namespaces in which a test can say "all" and mean only what is its own
# (load lib/isolated, after lib/common; see isolated-namespaces.c).

isolated_setup()
{
	common_setup
	need_root
	background "$HELPERS/isolated-namespaces"
	wait_until test -s "$background_output"
	world=$(<"$background_output")
	local i here there
	mapfile -t here < <(readlink /proc/self/ns/{user,ipc,pid,mnt})
	mapfile -t there < <(readlink "/proc/$world/ns/"{user,ipc,pid,mnt})
	((${#here[@]} == 4 && ${#there[@]} == 4))
	for i in {0..3}; do
		[[ ${here[i]} != "${there[i]}" ]]
	done
	keep_lists
	echo 'key:99' >"$lists/none" # a keep list, so that the machine's own has no say
}

# there COMMAND...: in the world, as its root.
there()
{
	# shellcheck disable=SC2016
	run_program nsenter --target "$world" --user --ipc --pid --mount \
		sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"
}

try_there()
{
	capture there "$SHMTOOL" "$@" --keep-file "$lists/none"
}

# As the ordinary user of the world. (65534 is also who stands for users that are not mapped.)
# shellcheck disable=SC2034 # for the tests
ordinary_user=(setpriv --reuid 1000 --regid 1000 --clear-groups)

# The program of a process in a namespace: creates segments (SIZE or SIZE:KEY; with a ! before
# it an orphan, whose creator and last user has exited), prints its pid, and waits.
# shellcheck disable=SC2016
inhabitant='
	for (@ARGV) {
		my ($orphan, $size, $key) = /^(!?)(\d+):?(\d*)$/ or die;
		if ($orphan && fork) { wait; die if $?; next }
		my $id = shmget($key || 0, $size, 01600) // die "shmget: $!";
		if ($orphan) { shmwrite($id, "x", 0, 1) or die; exit }
	}
	$| = 1; print "$$\n"; sleep 1 while 1'

# settle COMMAND... -- SEGMENT...: starts it there; sets pid (as numbered there) and ns (its number).
settle()
{
	local command=()
	while [[ $1 != -- ]]; do
		command+=("$1")
		shift
	done
	shift
	background there "${command[@]}" perl -e "$inhabitant" -- "$@"
	wait_until test -s "$background_output"
	pid=$(<"$background_output")
	# shellcheck disable=SC2034 # for the tests
	ns=$(number_of "$pid")
}

number_of()
{
	there stat -Lc %i "/proc/$1/ns/ipc"
}

bind_there()
{
	: >"$2"
	there mount --bind "/proc/$1/ns/ipc" "$2"
}

end_there()
{
	there kill -KILL "$1"
	# shellcheck disable=SC2016
	wait_until there sh -c '[ ! -e "/proc/$0/ns/ipc" ]' "$1"
}
