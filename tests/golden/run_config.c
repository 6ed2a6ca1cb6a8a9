/*
 * Golden tests of configuration: one folder a case, with the files of a configuration and
 * expected.txt, what `firstline check` would say about them.
 *
 * The files of _base are part of every case that is not named bare-*: a small
 * configuration without a fault, so that a case holds its own mistake and little else.
 *
 *	run_config tests/golden/config            prints what differs; exit 1 if anything
 *	run_config --update tests/golden/config   writes every expected.txt anew
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/rehearse.h"
#include "support/config.h"

#define NOW UINT64_C(1795439520000) /* 2026-11-23 13:12 UTC */
#define EXPECTED_BYTES_MAX (1 << 16)
#define CASES_MAX 1024

static str
read_expected(const char *path, char *bytes)
{
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		return STR("");
	size_t n = fread(bytes, 1, EXPECTED_BYTES_MAX, f);
	(void)fclose(f);
	return (str){ bytes, n };
}

static bool
write_expected(const char *path, str text)
{
	FILE *f = fopen(path, "wb");
	if (f == NULL || fwrite(text.p, 1, text.n, f) != text.n) {
		perror(path);
		return false;
	}
	return fclose(f) == 0;
}

/* The tests beside its runbooks, as `check` plays them. */
static void
play(struct config *c)
{
	for (size_t i = 0; i < c->tests_n; i++) {
		struct source *src = arena_new(&c->arena, struct source, 1);
		*src = (struct source){ c->tests[i].path, c->tests[i].bytes };
		const struct rehearsal *rehearsal =
		    rehearsal_read(c->model, src, &c->arena, &c->diags);
		if (rehearsal != NULL)
			(void)rehearse(c->model, rehearsal, NOW, &c->arena, &c->diags);
	}
	diags_sort(&c->diags);
}

static bool
run_case(const char *top, const char *name, bool update)
{
	static char bytes[EXPECTED_BYTES_MAX];
	static struct config c;
	char folder[512], path[600];
	(void)snprintf(folder, sizeof(folder), "%s/%s", top, name);
	(void)snprintf(path, sizeof(path), "%s/expected.txt", folder);

	char base[512];
	(void)snprintf(base, sizeof(base), "%s/_base", top);
	config_open(&c);
	bool ok = config_add_folder(&c, folder);
	if (strncmp(name, "bare-", 5) != 0)
		ok = ok && config_add_folder(&c, base);
	if (config_load(&c) != NULL)
		play(&c);
	str got = c.diags.count == 0 ? STR("no faults\n") : config_faults(&c);
	str expected = read_expected(path, bytes);
	if (update) {
		ok = ok && write_expected(path, got);
	} else if (!str_eq(got, expected)) {
		printf("---- %s: got\n%.*s---- expected\n%.*s", folder, (int)got.n, got.p,
		    (int)expected.n, expected.p);
		ok = false;
	}
	config_close(&c);
	return ok;
}

static int
compare_names(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;
	return strcmp(*x, *y);
}

int
main(int argc, char **argv)
{
	bool update = argc == 3 && strcmp(argv[1], "--update") == 0;
	if (argc != (update ? 3 : 2)) {
		printf("usage: run_config [--update] FOLDER\n");
		return 2;
	}
	const char *top = argv[argc - 1];
	DIR *dir = opendir(top);
	if (dir == NULL) {
		perror(top);
		return 1;
	}

	static char *names[CASES_MAX];
	size_t n = 0;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		if (entry->d_name[0] != '.' && entry->d_name[0] != '_' && n < CASES_MAX)
			names[n++] = strdup(entry->d_name);
	(void)closedir(dir);
	qsort(names, n, sizeof(names[0]), compare_names);

	unsigned failed = 0;
	for (size_t i = 0; i < n; i++) {
		failed += !run_case(top, names[i], update);
		free(names[i]);
	}
	printf("%zu cases, %u failed\n", n, failed);
	return failed || n == 0 ? 1 : 0;
}
