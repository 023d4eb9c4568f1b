/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attach: keeps a segment attached while a command runs. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/bytes/map_files.h"
#include "shm/segment/control.h"
#include "shm/system/clock.h"
#include "shm/system/signals.h"
#include "text/output.h"
#include "text/parse.h"
#include "verbs/common/lookup.h"
#include "verbs/common/namespaces.h"
#include "verbs/verb.h"

enum {
	CODE_READ_ONLY = 'r',
	CODE_AT = 256,
	CODE_ROUND,
	CODE_REMAP,
	CODE_EXECUTABLE,
	CODE_HOLD,
	CODE_AS_FILE,
};

static const struct poptOption attach_options[] = {
	OPTION_FLAG("read-only", 'r', CODE_READ_ONLY, "attach read-only"),
	OPTION_VALUE("at", '\0', CODE_AT, "attach at address ADDR", "ADDR"),
	OPTION_FLAG("round", '\0', CODE_ROUND, "round ADDR down to a valid boundary (SHM_RND)"),
	OPTION_FLAG("remap", '\0', CODE_REMAP, "replace any existing mapping at ADDR (SHM_REMAP)"),
	OPTION_FLAG("executable", '\0', CODE_EXECUTABLE, "attach executable (SHM_EXEC)"),
	OPTION_VALUE("hold", '\0', CODE_HOLD, "detach after TIME at the latest", "TIME"),
	OPTION_FLAG("as-file", '\0', CODE_AS_FILE, "also give COMMAND a path to the segment"),
	OPTION_END,
};

struct attach_options {
	int flags; /* of shmat(2) */
	uint64_t address;
	bool address_given;
	int64_t hold; /* milliseconds; -1: until COMMAND exits or a signal comes */
	bool as_file;
	bool verbose;
};

/* The attached segment. */
struct attachment {
	void *address;      /* NULL: detached */
	int file;           /* the segment as a file, or -1 */
	struct stat status; /* status of the file before COMMAND ran */
};

static const char *attach_option(void *state, int code, const char *value);
static enum status attach_run(int argc, char **argv);

const struct verb verb_attach = {
	.name = "attach",
	.command = {
		.usage = "[OPTION...] SEGMENT [--] [COMMAND [ARGUMENT...]]",
		.summary = "keep a segment attached while a command runs",
		.epilogue = "\nWithout COMMAND, shmtool holds the segment until SIGINT, SIGTERM or SIGHUP.\n"
			    "Options must come before SEGMENT. COMMAND's environment has SHMTOOL_ID,\n"
			    "SHMTOOL_KEY and SHMTOOL_SIZE and, with --as-file, SHMTOOL_FILE: a path that\n"
			    "COMMAND can read, write and mmap.",
		.options = attach_options,
		.handle = attach_option,
		.operands = OPERANDS_SEGMENT_COMMAND,
		.options_first = true,
	},
	.run = attach_run,
};

static const char *attach_option(void *state, int code, const char *value)
{
	struct attach_options *options = state;

	switch (code) {
	case CODE_READ_ONLY:
		options->flags |= SHM_RDONLY;
		return NULL;
	case CODE_AT:
		options->address_given = true;
		return parse_number(value, &options->address);
	case CODE_ROUND:
		options->flags |= SHM_RND;
		return NULL;
	case CODE_REMAP:
		options->flags |= SHM_REMAP;
		return NULL;
	case CODE_EXECUTABLE:
		options->flags |= SHM_EXEC;
		return NULL;
	case CODE_HOLD:
		return parse_duration(value, &options->hold);
	case CODE_AS_FILE:
		options->as_file = true;
		break;
	}
	return NULL;
}

/* after_dashes: COMMAND comes after "--". */
static enum status check_options(const struct attach_options *options, char *const *command,
				 bool after_dashes)
{
	if (options->address_given && (options->address == 0 || options->address > UINTPTR_MAX))
		return fail(STATUS_USAGE, "--at: not an address");
	if ((options->flags & (SHM_RND | SHM_REMAP)) && !options->address_given)
		return fail(STATUS_USAGE, "--round and --remap require --at");
	if (options->as_file && !command[0])
		return fail(STATUS_USAGE, "--as-file requires a COMMAND");
	if (command[0] && command[0][0] == '-' && !after_dashes) {
		fail(STATUS_USAGE, "\"%s\": options must come before SEGMENT", command[0]);
		hint("give options first, as in \"shmtool attach --as-file SEGMENT COMMAND\"; or use -- "
		     "before a COMMAND whose name begins with \"-\"");
		return STATUS_USAGE;
	}
	return STATUS_DONE;
}

static enum status attach_failed(const struct attach_options *options,
				 const struct segment *segment, int error)
{
	struct segment now;

	/* EINVAL means a wrong address, if the segment still exists */
	if (error == EINVAL && options->address_given && segment_look(segment->id, &now) == 0) {
		fail(STATUS_FAILED,
		     "cannot attach %s at 0x%" PRIx64 ": the address is not aligned, "
		     "or already in use",
		     SEGMENT_LABEL(segment), options->address);
		hint("use --round to align it, --remap to replace the existing mapping");
		return STATUS_FAILED;
	}
	return segment_failed("attach", segment, error);
}

static void *as_address(uint64_t address)
{
	return (void *)(uintptr_t)address; /* an address that the user typed */
}

static enum status no_file(const struct segment *segment, int error)
{
	fail(status_of_file(error), "cannot open %s as a file: %s", SEGMENT_LABEL(segment),
	     error == ENOENT ? "there is no /proc/self/map_files" : strerror(error));
	if (error == EPERM || error == EACCES)
		hint("run as root outside any container: this requires CAP_CHECKPOINT_RESTORE or "
		     "CAP_SYS_ADMIN in the initial user namespace");
	return status_of_file(error);
}

/* Opens the attached segment as a file. mapped: its length in memory. */
static enum status open_as_file(const struct segment *segment, uint64_t mapped,
				struct attachment *held)
{
	/* for writing even with -r: COMMAND could open it so, and truncation must be undone */
	held->file = map_files_open(held->address, mapped, O_RDWR);
	if (held->file < 0 || fstat(held->file, &held->status) < 0)
		return no_file(segment, errno);
	if ((uint64_t)held->status.st_size >= segment->size)
		return STATUS_DONE;
	/* another process has truncated it since: this size must not be restored */
	close(held->file);
	held->file = -1;
	return segment_failed("attach", segment, ENODATA);
}

static enum status attach_segment(const struct attach_options *options,
				  const struct segment *segment, struct attachment *held)
{
	struct segment now = { 0 };
	struct own_mapping mapping;
	/* checked first, since attaching for nothing would leave a trace */
	int error = options->as_file ? map_files_allowed() : 0;

	if (error)
		return no_file(segment, error);
	if (detach_destroys(segment)) {
		fail(STATUS_FAILED,
		     "cannot attach %s: kernel.shm_rmid_forced is 1, so detaching "
		     "would destroy it",
		     SEGMENT_LABEL(segment));
		return STATUS_FAILED;
	}
	error = segment_attach(segment->id, as_address(options->address), options->flags,
			       &held->address);
	if (error)
		return attach_failed(options, segment, error);
	/* while it is attached, the id stays with this segment (hold.h) */
	error = segment_look_again(segment, &now);
	if (segment_trace(segment, &now) == TRACE_OTHER)
		warn_of_trace("attaching", segment, TRACE_OTHER);
	own_mapping_look(held->address, &mapping);
	if (!error && mapping.length < segment->size)
		error = ENODATA;
	if (error) {
		shmdt(held->address);
		return segment_failed("attach", segment, error);
	}
	if (options->verbose)
		note("attached %s at 0x%" PRIxPTR, SEGMENT_LABEL(segment),
		     (uintptr_t)held->address);
	return options->as_file ? open_as_file(segment, mapping.length, held) : STATUS_DONE;
}

/*
 * Restores and reports the size of the file, if COMMAND has truncated it, as > of a shell
 * does. The kernel allows that: the contents are lost, and while the file is shorter than
 * the segment, no process can attach it.
 */
static void restore_size(const struct segment *segment, const struct attachment *held)
{
	struct stat now;

	if (fstat(held->file, &now) < 0 || now.st_size == held->status.st_size)
		return;
	if (ftruncate(held->file, held->status.st_size) < 0)
		warn("COMMAND left the file of %s with %jd bytes; the segment can no longer be attached",
		     SEGMENT_LABEL(segment), (intmax_t)now.st_size);
	else if (now.st_size == 0)
		warn("COMMAND truncated %s: it now contains only zeros", SEGMENT_LABEL(segment));
	else if (now.st_size < held->status.st_size)
		warn("COMMAND truncated %s: everything after byte %jd is now zero",
		     SEGMENT_LABEL(segment), (intmax_t)now.st_size);
	else
		warn("COMMAND wrote past the end of %s; the excess was discarded",
		     SEGMENT_LABEL(segment));
}

static void detach(const struct segment *segment, struct attachment *held)
{
	if (held->address)
		shmdt(held->address);
	if (held->file >= 0)
		restore_size(segment, held);
	if (held->file >= 0)
		close(held->file);
	*held = (struct attachment){ .file = -1 };
}

/* Without COMMAND: stays attached until the time is over or a signal comes. */
static enum status hold_alone(const struct attach_options *options, const struct segment *segment,
			      const void *attached)
{
	static struct output output;
	enum status status;
	bool by_kernel;
	int number;
	int error;

	output_begin(&output, STDOUT_FILENO);
	output_format(&output, "id %d address 0x%" PRIxPTR " size %" PRIu64 "\n", segment->id,
		      (uintptr_t)attached, segment->size);
	status = output_end(&output, STATUS_DONE);
	if (status)
		return status;
	error = signals_wait(-1, 0, options->hold);
	/* here, a signal ends the program with success */
	while (signals_take(&number, &by_kernel))
		;
	if (error != EINTR && error != ETIMEDOUT)
		return fail(STATUS_FAILED, "cannot wait for signals: %s", strerror(error));
	return STATUS_DONE;
}

/* Sets the environment of COMMAND. Returns 0 or an errno value. */
static int set_environment(const struct segment *segment, const struct attachment *held)
{
	char text[64];
	int error;

	snprintf(text, sizeof(text), "%d", segment->id);
	error = setenv("SHMTOOL_ID", text, 1) ? errno : 0;
	snprintf(text, sizeof(text), "0x%08x", (unsigned int)segment->key);
	if (!error)
		error = setenv("SHMTOOL_KEY", text, 1) ? errno : 0;
	snprintf(text, sizeof(text), "%" PRIu64, segment->size);
	if (!error)
		error = setenv("SHMTOOL_SIZE", text, 1) ? errno : 0;
	/* an outer shmtool attach may have set it for another segment */
	unsetenv("SHMTOOL_FILE");
	if (!error && held->file >= 0)
		error = map_files_path(held->file, text, sizeof(text));
	if (!error && held->file >= 0)
		error = setenv("SHMTOOL_FILE", text, 1) ? errno : 0;
	return error;
}

/* Unblocks SIGCHLD, which the process that started shmtool may have blocked. */
static void unblock_child_signal(void)
{
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
}

/* Starts the command with the signal settings that shmtool was started with. */
static enum status start_command(char **command, const struct segment *segment,
				 const struct attachment *held, pid_t *child)
{
	posix_spawnattr_t attributes;
	sigset_t usual;
	int error = set_environment(segment, held);

	if (error || (error = posix_spawnattr_init(&attributes)))
		return fail(STATUS_OWN_FAILURE, "cannot run %s: %s", command[0], strerror(error));
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	/* main() ignores SIGXFSZ only for shmtool itself */
	sigemptyset(&usual);
	sigaddset(&usual, SIGXFSZ);
	posix_spawnattr_setsigdefault(&attributes, &usual);
	error = posix_spawnp(child, command[0], NULL, &attributes, command, environ);
	if (error < 0) /* where sudo(8) replaces it (noexec) */
		error = errno;
	posix_spawnattr_destroy(&attributes);
	if (!error)
		return STATUS_DONE;
	fail(STATUS_FAILED, "cannot run %s: %s", command[0],
	     error == ENOENT && !strchr(command[0], '/') ? "not found in PATH" : strerror(error));
	if (error == ENOENT)
		return STATUS_NOT_FOUND;
	return error == ENOMEM || error == EAGAIN ? STATUS_OWN_FAILURE : STATUS_NOT_EXECUTABLE;
}

/* Whether the command has exited. Sets the status that a shell would report. */
static bool has_ended(pid_t child, enum status *status)
{
	int result;

	if (waitpid(child, &result, WNOHANG) != child)
		return false;
	if (WIFSIGNALED(result))
		*status = (enum status)(STATUS_SIGNAL + WTERMSIG(result));
	else
		*status = (enum status)WEXITSTATUS(result);
	return true;
}

/* Passes on signals until the command exits. Detaches when the time is over. */
static enum status wait_for_command(pid_t child, const struct attach_options *options,
				    const struct segment *segment, struct attachment *held)
{
	int64_t deadline = deadline_after(options->hold);
	enum status status = STATUS_OWN_FAILURE;

	while (!has_ended(child, &status)) {
		bool by_kernel;
		int number;

		if (time_left(deadline) == 0) {
			detach(segment, held);
			deadline = -1;
		}
		signals_wait(-1, 0, time_left(deadline));
		/* a signal from the terminal has also been sent to the command */
		while (signals_take(&number, &by_kernel)) {
			if (number != SIGCHLD && !by_kernel)
				kill(child, number);
		}
	}
	return status;
}

static enum status hold_for_command(char **command, const struct attach_options *options,
				    const struct segment *segment, struct attachment *held)
{
	pid_t child = -1;
	enum status status = start_command(command, segment, held, &child);

	unblock_child_signal();
	return status ? status : wait_for_command(child, options, segment, held);
}

/* With COMMAND, every failure of attach itself is 125, as for env(1) and timeout(1). */
static enum status own_failure(enum status status, char *const *command)
{
	return status && command[0] ? STATUS_OWN_FAILURE : status;
}

static enum status attach(const struct attach_options *options, const struct segment_ref *ref,
			  char **command)
{
	static const int also[] = { SIGCHLD, SIGUSR1, SIGUSR2, 0 };
	struct segment segment;
	struct attachment held = { .file = -1 };
	enum status status = find_segment(ref, &segment);

	if (!status)
		status = attach_segment(options, &segment, &held);
	if (status)
		return own_failure(status, command);
	if (command[0])
		signal(SIGCHLD,
		       SIG_DFL); /* if ignored, it would not show that the command has exited */
	signals_begin(command[0] ? also : NULL);
	if (command[0])
		status = hold_for_command(command, options, &segment, &held);
	else
		status = hold_alone(options, &segment, held.address);
	detach(&segment, &held);
	if (options->verbose)
		note("detached %s", SEGMENT_LABEL(&segment));
	signals_end();
	return status;
}

static enum status attach_run(int argc, char **argv)
{
	struct attach_options options = { .hold = -1 };
	struct operands operands;
	struct operands segment_only;
	struct segment_ref ref;
	enum status status;
	bool after_dashes;
	char **command;

	if (!options_read(&verb_attach.command, argc, argv, &options, &operands, &status))
		return status;
	options.verbose = operands.verbose;
	segment_only = operands;
	if (segment_only.count > 1)
		segment_only.count = 1;
	/* popt returns words of argv itself, so COMMAND is the end of argv */
	command = argv + argc - operands.count + segment_only.count;
	after_dashes = command[0] && strcmp(command[0], "--") == 0;
	command += after_dashes;
	status = check_options(&options, command, after_dashes);
	if (!status)
		status = read_only_segment(&segment_only, &ref);
	if (!status)
		status = enter_namespace(&operands, false);
	if (status)
		status = own_failure(status, command);
	else
		status = attach(&options, &ref, command);
	operands_free(&operands);
	return status;
}
