# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hex dumps, of noise, which has nothing to squeeze, and of zeroes.

have 0
head -c 8M /dev/urandom >"$work/noise"
noise=$(shmtool create -f "$work/noise")
measure 'read -x, 8 MiB' "shmtool read -x $noise" --runs 10
measure 'hexdump -C, 8 MiB' "hexdump -C $work/noise" --runs 3
compare 'read -x, 8 MiB' 'hexdump -C, 8 MiB' least 4

head -c 64M /dev/zero >"$work/zeroes"
zeroes=$(shmtool create -f "$work/zeroes")
measure 'read -x, 64 MiB of zeroes' "shmtool read -x $zeroes" --runs 10
measure 'hexdump -C, 64 MiB of zeroes' "hexdump -C $work/zeroes" --runs 3
compare 'read -x, 64 MiB of zeroes' 'hexdump -C, 64 MiB of zeroes' least 4
