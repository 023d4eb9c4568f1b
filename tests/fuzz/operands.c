/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SEGMENT operands, keys, process ids, users and groups: what is taken is a
 * number that strtoull(3) reads in the same word, and nothing was wrapped.
 */
#include "fuzz.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "text/parse.h"
#include "text/parse_segment.h"

/* No look-ups: what the machine has for users is not the question (the linker wraps them). */
int __wrap_getpwnam_r(const char *name, struct passwd *entry, char *text, size_t size,
		      struct passwd **found);
int __wrap_getgrnam_r(const char *name, struct group *entry, char *text, size_t size,
		      struct group **found);

int __wrap_getpwnam_r(const char *name, struct passwd *entry, char *text, size_t size,
		      struct passwd **found)
{
	(void)text;
	(void)size;
	entry->pw_uid = 4711;
	*found = strcmp(name, "user") == 0 ? entry : NULL;
	return 0;
}

int __wrap_getgrnam_r(const char *name, struct group *entry, char *text, size_t size,
		      struct group **found)
{
	(void)text;
	(void)size;
	entry->gr_gid = 4712;
	*found = strcmp(name, "group") == 0 ? entry : NULL;
	return 0;
}

static bool all_digits(const char *word)
{
	return *word && word[strspn(word, "0123456789")] == '\0';
}

/* A word that begins with a digit, whole, as strtoull reads it; false: not one that fits. */
static bool libc_number(const char *word, int base, uint64_t *number)
{
	char *end;

	if (!isxdigit((unsigned char)*word))
		return false;
	errno = 0;
	*number = strtoull(word, &end, base);
	return !errno && *end == '\0';
}

static void check_id(const char *word, const struct segment_ref *ref)
{
	char text[32];
	uint64_t number;

	if (strncmp(word, "id:", 3) == 0)
		word += 3;
	CHECK(all_digits(word) && (word[0] != '0' || !word[1]));
	CHECK(libc_number(word, 10, &number) && number == (uint64_t)ref->id);
	snprintf(text, sizeof(text), "%d", ref->id);
	CHECK(strcmp(text, word) == 0);
}

static void check_key(const char *word, key_t key)
{
	uint64_t number;
	bool negative;

	CHECK(key != 0);
	if (strncmp(word, "ftok:", 5) == 0)
		return;
	if (strncmp(word, "key:", 4) == 0)
		word += 4;
	negative = *word == '-';
	CHECK(libc_number(word + negative, 0, &number));
	if (negative)
		CHECK(all_digits(word + 1) && number <= UINT64_C(1) << 31);
	else
		CHECK(number <= UINT32_MAX || number >= UINT64_C(0xffffffff80000000));
	CHECK((uint32_t)key == (uint32_t)(negative ? 0 - number : number));
}

/* How ls prints a key is an operand for it. */
static void check_key_again(key_t key)
{
	struct segment_ref ref;
	char text[32];
	int file_error;

	snprintf(text, sizeof(text), "0x%08x", (unsigned int)key);
	CHECK(!parse_segment(text, &ref, &file_error) && !file_error);
	CHECK(ref.kind == REF_KEY && ref.key == key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *word = fuzz_word(data, size);
	struct segment_ref ref;
	uint64_t number;
	int file_error;
	key_t key;
	pid_t pid;
	uid_t uid;
	gid_t gid;

	if (!parse_segment(word, &ref, &file_error) && !file_error) {
		if (ref.kind == REF_ID)
			check_id(word, &ref);
		else
			check_key(word, ref.key);
		CHECK(ref.word == word);
	}
	if (!parse_key_or_file(word, &key, &file_error) && !file_error) {
		check_key(word, key);
		check_key_again(key);
	}
	if (!parse_pid(word, &pid))
		CHECK(all_digits(word) && libc_number(word, 10, &number) && pid > 0 &&
		      number == (uint64_t)pid);
	if (!parse_user(word, &uid) && strcmp(word, "user") != 0)
		CHECK(libc_number(word + (*word == '+'), 10, &number) && number == uid &&
		      uid != (uid_t)-1);
	if (!parse_group(word, &gid) && strcmp(word, "group") != 0)
		CHECK(libc_number(word + (*word == '+'), 10, &number) && number == gid &&
		      gid != (gid_t)-1);
	free(word);
	return 0;
}
