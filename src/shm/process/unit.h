/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unit: finds the service, container or batch job that a process belongs to, from the
 * path of its control group (cgroups(7)).
 */
#ifndef SHM_PROCESS_UNIT_H
#define SHM_PROCESS_UNIT_H

/* A name in a cgroup file system has at most 255 bytes; that of a machine gets "machine/". */
enum { UNIT_SIZE = 288 };

/* /proc/PID/cgroup: a path of 4096 bytes for each hierarchy of cgroup v1, and their names. */
enum { CGROUP_SIZE = 64 * 1024 };

/*
 * Finds the unit in the text of /proc/PID/cgroup, of cgroup v1, v2 or both at once:
 *
 *     docker/ID podman/ID       a container; ID: the first 12 digits
 *     pod/UID/ID pod/UID        a container of a Kubernetes pod
 *     lxc/NAME machine/NAME     a container of LXC, or a machine of systemd-machined
 *     slurm/JOB                 a job
 *     NAME.service NAME.scope   a unit of systemd
 *     NAME                      the last part of any other path
 *
 * A container or job takes precedence over a unit of systemd. Of nested containers, the
 * outermost is used: the tools of this machine know it, and its processes cannot choose its
 * name. Of nested units, the innermost is used. Sets unit to "" if there is none: the
 * process is in the root of the visible control groups.
 */
void unit_of_cgroup(const char *text, char unit[UNIT_SIZE]);

#endif
