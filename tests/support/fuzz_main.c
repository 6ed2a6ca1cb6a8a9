/*
 * Replays every file of a corpus folder through one fuzz target, as an ordinary test:
 *
 *	json_corpus tests/corpus/json [more folders or files] [-- folders or files]
 *
 * The empty input and every prefix of a small file come for free; what stands behind "--",
 * which may be absent, is replayed as it is.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fuzz.h"

#define FUZZ_FILE_MAX (1 << 20)
#define FUZZ_PREFIXES_MAX 2048 /* bytes; longer files are replayed whole only */

/* The target sees memory of exactly `size` bytes, so that ASan sees a read past the end. */
static void
replay_bytes(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = calloc(size ? size : 1, 1);
	if (copy == NULL)
		abort();
	memcpy(copy, bytes, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int
replay_file(const char *path, bool prefixes)
{
	FILE *f = fopen(path, "rb");
	if (f == NULL) {
		perror(path);
		return 1;
	}
	static uint8_t bytes[FUZZ_FILE_MAX];
	size_t n = fread(bytes, 1, sizeof(bytes), f);
	(void)fclose(f);

	replay_bytes(bytes, n);
	for (size_t part = 0; prefixes && n <= FUZZ_PREFIXES_MAX && part < n; part++)
		replay_bytes(bytes, part);
	return 0;
}

static int
replay_folder(const char *path, bool prefixes, unsigned *ret_files)
{
	DIR *dir = opendir(path);
	if (dir == NULL)
		return replay_file(path, prefixes);

	int failed = 0;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		char file[4096];
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		failed |= replay_file(file, prefixes);
		(*ret_files)++;
	}
	(void)closedir(dir);
	return failed;
}

int
main(int argc, char **argv)
{
	int failed = 0;
	unsigned files = 0;
	replay_bytes((const uint8_t *)"", 0);
	bool whole = false;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			whole = true;
		else if (!whole || access(argv[i], F_OK) == 0)
			failed |= replay_folder(argv[i], !whole, &files);
	}
	printf("%u files replayed\n", files);
	return failed;
}
