# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hex dumps, of noise, which has nothing to squeeze, and of zeros.

have 0
head -c 8M /dev/urandom >"$work/noise"
noise=$(shmtool create -f "$work/noise")
measure 10 'read -x, 8 MiB' "shmtool read -x $noise"
measure 5 'hexdump -C, 8 MiB' "hexdump -C $work/noise"
take_turns
compare 'read -x, 8 MiB' 'hexdump -C, 8 MiB' least 4

head -c 64M /dev/zero >"$work/zeros"
zeros=$(shmtool create -f "$work/zeros")
measure 10 'read -x, 64 MiB of zeros' "shmtool read -x $zeros"
measure 5 'hexdump -C, 64 MiB of zeros' "hexdump -C $work/zeros"
take_turns
compare 'read -x, 64 MiB of zeros' 'hexdump -C, 64 MiB of zeros' least 4
