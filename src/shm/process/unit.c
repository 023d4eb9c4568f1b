/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm/process/unit.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A component of a path, without a terminating zero byte. */
struct part {
	const char *text;
	size_t length;
};

/* The digits of a container's id, and how many of them engines print. */
enum { ID_DIGITS = 64, ID_SHOWN = 12 };

static bool part_is(const struct part *part, const char *text)
{
	return part->length == strlen(text) && memcmp(part->text, text, part->length) == 0;
}

static bool has_prefix(const struct part *part, const char *prefix)
{
	return part->length > strlen(prefix) && memcmp(part->text, prefix, strlen(prefix)) == 0;
}

static bool has_suffix(const struct part *part, const char *suffix)
{
	size_t length = strlen(suffix);

	return part->length > length &&
	       memcmp(part->text + part->length - length, suffix, length) == 0;
}

/* The part without this prefix and this suffix, or an empty part if it lacks one of them. */
static struct part inner_part(const struct part *part, const char *prefix, const char *suffix)
{
	struct part inner = { part->text, 0 };

	if (*prefix && !has_prefix(part, prefix))
		return inner;
	inner.text += strlen(prefix);
	inner.length = part->length - strlen(prefix);
	if (*suffix && !has_suffix(&inner, suffix))
		inner.length = 0;
	else
		inner.length -= strlen(suffix);
	return inner;
}

/* Finds the next part of a path from *at to end, except "." and ".."; false: there is none. */
static bool next_part(const char **at, const char *end, struct part *part)
{
	while (*at < end) {
		const char *slash = memchr(*at, '/', (size_t)(end - *at));

		*part = (struct part){ *at, (size_t)((slash ? slash : end) - *at) };
		*at = slash ? slash + 1 : end;
		/* outside of the cgroup namespace, a path begins with ".." */
		if (part->length && !part_is(part, ".") && !part_is(part, ".."))
			return true;
	}
	return false;
}

/* Finds a container's id, 64 hexadecimal digits, at or after at. NULL: there is none. */
static const char *find_id(const char *at, const char *end)
{
	size_t digits = 0;

	for (; at < end; at++) {
		digits = isxdigit((unsigned char)*at) ? digits + 1 : 0;
		if (digits == ID_DIGITS)
			return at + 1 - ID_DIGITS;
	}
	return NULL;
}

static bool container(char *unit, const char *engine, const struct part *id)
{
	if (id->length != ID_DIGITS || !find_id(id->text, id->text + id->length))
		return false;
	snprintf(unit, UNIT_SIZE, "%s/%.*s", engine, ID_SHOWN, id->text);
	return true;
}

static bool is_docker(char *unit, const struct part *before, const struct part *part)
{
	struct part id = inner_part(part, "docker-", ".scope");

	return container(unit, "docker", part_is(before, "docker") ? part : &id);
}

static bool is_podman(char *unit, const struct part *part)
{
	/* only the systemd driver adds the suffix, not the cgroupfs driver */
	struct part scope = inner_part(part, "libpod-", ".scope");
	struct part bare = inner_part(part, "libpod-", "");

	return container(unit, "podman", scope.length ? &scope : &bare);
}

/*
 * Kubernetes: pod<uid> with the cgroupfs driver, and kubepods-burstable-pod<uid>.slice with the
 * systemd driver, where the uid has _ instead of -. Below it, runtimes agree only on the id.
 */
static bool is_pod(char *unit, const struct part *part, const char *end)
{
	enum { UID_MIN = 32, UID_MAX = 36 };
	const char *pod = part->text;
	const char *id;
	size_t length = 0;
	char uid[UID_MAX + 1];

	if (has_prefix(part, "kubepods-"))
		pod = memmem(part->text, part->length, "-pod", 4);
	if (!pod)
		return false;
	pod += pod != part->text;
	if (part->text + part->length - pod < 3 + UID_MIN || memcmp(pod, "pod", 3) != 0)
		return false;
	for (pod += 3; length < UID_MAX && pod < part->text + part->length; pod++) {
		if (!isxdigit((unsigned char)*pod) && *pod != '-' && *pod != '_')
			break;
		uid[length++] = *pod == '_' ? '-' : *pod;
	}
	uid[length] = '\0';
	if (length < UID_MIN)
		return false;
	id = find_id(pod, end);
	snprintf(unit, UNIT_SIZE, "pod/%s%s%.*s", uid, id ? "/" : "", id ? ID_SHOWN : 0,
		 id ? id : "");
	return true;
}

static bool is_lxc(char *unit, const struct part *before, const struct part *part)
{
	struct part name = inner_part(part, "lxc.payload.", "");

	if (part_is(before, "lxc"))
		name = *part;
	if (!name.length || name.length > 255)
		return false;
	snprintf(unit, UNIT_SIZE, "lxc/%.*s", (int)name.length, name.text);
	return true;
}

/* Decodes "\x2d", by which systemd escapes characters in names of units; 0: not escaped. */
static char escaped_byte(const char *text, const char *end)
{
	char digits[3] = { 0 };

	if (end - text < 4 || text[0] != '\\' || text[1] != 'x' ||
	    !isxdigit((unsigned char)text[2]) || !isxdigit((unsigned char)text[3]))
		return '\0';
	memcpy(digits, text + 2, 2);
	return (char)strtol(digits, NULL, 16);
}

/* machine-NAME.scope. machinectl(1) uses the name without escapes. */
static bool is_machine(char *unit, const struct part *part)
{
	struct part name = inner_part(part, "machine-", ".scope");
	const char *at = name.text;
	const char *end = at + name.length;
	char *to;

	if (!name.length || name.length > 255)
		return false;
	to = stpcpy(unit, "machine/");
	while (at < end) {
		char byte = escaped_byte(at, end);

		*to++ = byte ? byte : *at;
		at += byte ? 4 : 1;
	}
	*to = '\0';
	return true;
}

/* job_1234, below slurmstepd.scope, slurm, or one of these with the name of a node */
static bool is_slurm_job(char *unit, const char *path, const struct part *part)
{
	struct part job = inner_part(part, "job_", "");

	if (!job.length || job.length > 20 || strspn(job.text, "0123456789") < job.length ||
	    !memmem(path, (size_t)(part->text - path), "slurm", 5))
		return false;
	snprintf(unit, UNIT_SIZE, "slurm/%.*s", (int)job.length, job.text);
	return true;
}

/* How specific a unit is. A higher rank takes precedence. */
enum rank {
	RANK_NONE,
	RANK_OTHER,
	RANK_SYSTEMD,
	/* of a hierarchy without controllers: with version 1, a user may move in it */
	RANK_CONTAINER_BY_NAME,
	RANK_CONTAINER,
};

static void copy_part(char *unit, const struct part *part)
{
	snprintf(unit, UNIT_SIZE, "%.*s", (int)(part->length < 256 ? part->length : 255),
		 part->text);
}

/* A unit of systemd. systemd puts _ before a name that is also that of a file in cgroups. */
static bool is_systemd(char *unit, const struct part *part)
{
	struct part name = *part;

	if (!has_suffix(part, ".service") && !has_suffix(part, ".scope"))
		return false;
	if (*name.text == '_') {
		name.text++;
		name.length--;
	}
	copy_part(unit, &name);
	return true;
}

static enum rank unit_of_path(const char *path, const char *end, char unit[UNIT_SIZE])
{
	const char *at = path;
	struct part before = { "", 0 };
	struct part part;
	enum rank rank = RANK_NONE;

	while (next_part(&at, end, &part)) {
		if (is_pod(unit, &part, end) || is_docker(unit, &before, &part) ||
		    is_podman(unit, &part) || is_lxc(unit, &before, &part) ||
		    is_machine(unit, &part) || is_slurm_job(unit, path, &part))
			return RANK_CONTAINER;
		if (is_systemd(unit, &part))
			rank = RANK_SYSTEMD;
		before = part;
	}
	if (rank == RANK_NONE && before.length) {
		copy_part(unit, &before);
		rank = RANK_OTHER;
	}
	return rank;
}

/* Cuts off what the kernel appends to the path of a removed control group. */
static const char *end_of_path(const char *path, const char *end)
{
	static const char deleted[] = " (deleted)";
	const size_t length = sizeof(deleted) - 1;

	return (size_t)(end - path) > length && memcmp(end - length, deleted, length) == 0
		       ? end - length
		       : end;
}

void unit_of_cgroup(const char *text, char unit[UNIT_SIZE])
{
	enum rank best = RANK_NONE;

	*unit = '\0';
	while (*text) {
		const char *end = text + strcspn(text, "\n");
		const char *controllers = memchr(text, ':', (size_t)(end - text));
		const char *path = NULL;
		char found[UNIT_SIZE];
		enum rank rank = RANK_NONE;

		/* "4:memory:/slurm/uid_0/job_7", "1:name=systemd:/init.scope", "0::/" */
		if (controllers)
			path = memchr(controllers + 1, ':', (size_t)(end - controllers - 1));
		if (path)
			rank = unit_of_path(path + 1, end_of_path(path + 1, end), found);
		if (rank == RANK_CONTAINER &&
		    (controllers[1] == ':' || strncmp(controllers + 1, "name=", 5) == 0))
			rank = RANK_CONTAINER_BY_NAME;
		/* on a tie, later lines are better: that of systemd itself, and that of v2 */
		if (rank && rank >= best) {
			strcpy(unit, found);
			best = rank;
		}
		text = *end ? end + 1 : end;
	}
}
