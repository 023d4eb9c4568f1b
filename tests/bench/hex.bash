# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hex dumps, of noise, which has nothing to squeeze, and of zeroes.

have 0
head -c 8M /dev/urandom >"$work/noise"
noise=$(shmtool create -f "$work/noise")
measure 10 'read -x, 8 MiB' "shmtool read -x $noise"
measure 5 'hexdump -C, 8 MiB' "hexdump -C $work/noise"
take_turns
compare 'read -x, 8 MiB' 'hexdump -C, 8 MiB' least 4

head -c 64M /dev/zero >"$work/zeroes"
zeroes=$(shmtool create -f "$work/zeroes")
measure 10 'read -x, 64 MiB of zeroes' "shmtool read -x $zeroes"
measure 5 'hexdump -C, 64 MiB of zeroes' "hexdump -C $work/zeroes"
take_turns
compare 'read -x, 64 MiB of zeroes' 'hexdump -C, 64 MiB of zeroes' least 4
