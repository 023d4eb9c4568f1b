/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * silent-fuse DIRECTORY COMMAND...: mounts a file system of its own there, whose
 * server takes requests to look up a name and never answers: not even SIGKILL
 * ends who asks. Then it executes the command. Needs /dev/fuse. At such a request,
 * the server kills the process whose pid is in the file "victim", if there is one.
 * With SILENT=getattr, flush or nothing, each name is found, as a file that cannot be
 * read, and the server never answers requests for its attributes, or to close it, or
 * answers all. It lies about holes: wherever data is sought, it is at 0, and a hole at 1.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static void answer(int device, uint64_t request, int error, const void *data, size_t size)
{
	struct {
		struct fuse_out_header head;
		char data[256];
	} reply = { .head = { sizeof(reply.head) + (unsigned int)size, -error, request } };

	memcpy(reply.data, data, size);
	if (write(device, &reply, reply.head.len) < 0)
		_exit(1);
}

static void kill_victim(void)
{
	FILE *file = fopen("victim", "re");
	char line[16];

	if (file && fgets(line, sizeof(line), file))
		kill((pid_t)strtol(line, NULL, 10), SIGKILL);
	if (file)
		fclose(file);
}

static void serve(int device)
{
	static _Alignas(struct fuse_in_header) char buffer[1 << 20];
	const struct fuse_in_header *request = (const void *)buffer;
	struct fuse_init_out init = { .major = 7, .minor = 31, .max_write = 65536 };
	struct fuse_attr_out root = { .attr = { .ino = 1, .mode = S_IFDIR | 0755, .nlink = 2 } };
	struct fuse_attr_out file = {
		.attr = { .ino = 2, .mode = S_IFREG | 0644, .nlink = 1, .size = 4096 }
	};
	const struct fuse_entry_out found = { .nodeid = 2, .entry_valid = 1000, .attr = file.attr };
	const struct fuse_open_out opened = { .fh = 1 };
	const struct fuse_lseek_in *sought = (const void *)(request + 1);
	const struct fuse_lseek_out data = { .offset = 0 };
	const struct fuse_lseek_out hole = { .offset = 1 };
	const char *silent = getenv("SILENT");
	const uint32_t unanswered = !silent                          ? FUSE_LOOKUP
				    : strcmp(silent, "getattr") == 0 ? FUSE_GETATTR
				    : strcmp(silent, "flush") == 0   ? FUSE_FLUSH
								     : 0;

	for (;;) {
		if (read(device, buffer, sizeof(buffer)) < 0) {
			if (errno != EINTR && errno != EAGAIN)
				_exit(0);
			continue;
		}
		if (request->opcode == FUSE_INIT)
			answer(device, request->unique, 0, &init, sizeof(init));
		else if (request->opcode == FUSE_GETATTR && request->nodeid == 1)
			answer(device, request->unique, 0, &root, sizeof(root));
		else if (request->opcode == unanswered)
			kill_victim();
		else if (request->opcode == FUSE_LOOKUP)
			answer(device, request->unique, 0, &found, sizeof(found));
		else if (request->opcode == FUSE_GETATTR)
			answer(device, request->unique, 0, &file, sizeof(file));
		else if (request->opcode == FUSE_OPEN)
			answer(device, request->unique, 0, &opened, sizeof(opened));
		else if (request->opcode == FUSE_LSEEK)
			answer(device, request->unique, 0,
			       sought->whence == SEEK_HOLE ? &hole : &data, sizeof(data));
		else if (request->opcode != FUSE_INTERRUPT && request->opcode != FUSE_FORGET)
			answer(device, request->unique, ENOSYS, "", 0);
	}
}

int main(int argc, char **argv)
{
	int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[64];

	if (argc < 3)
		errx(2, "usage: silent-fuse DIRECTORY COMMAND...");
	if (device < 0)
		err(1, "/dev/fuse");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
	if (mount("silent", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		err(1, "%s", argv[1]);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(device);
	}
	execvp(argv[2], argv + 2);
	err(1, "%s", argv[2]);
}
