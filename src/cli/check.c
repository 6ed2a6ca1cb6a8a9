#include <stdio.h>

#include "base/buf.h"
#include "base/hash.h"
#include "cli/cli.h"
#include "model/model.h"
#include "node/folder.h"

#define CHECK_ARENA_BYTES ((size_t)512 << 20)

static int
check(const char *dir, struct arena *arena)
{
	struct bundle bundle;
	struct err err;
	struct diags diags;
	diags_init(&diags, arena);
	if (!folder_read(dir, arena, &diags, &bundle, &err)) {
		complain("%s", err.text);
		return err.kind == ERR_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_FAILED;
	}
	struct strs zones = model_zone_names(&bundle, arena);
	if (!folder_read_zones(&bundle, &zones, arena, &err)) {
		complain("%s", err.text);
		return EXIT_FAILED;
	}
	/* As serve does: in the order of paths, and no more than it takes. */
	struct buf bytes = BUF(BUNDLE_BYTES_MAX);
	bundle_encode(&bundle, &bytes);
	bool fits = !bytes.overflow;
	hash32 hash = sha256(buf_str(&bytes));
	buf_done(&bytes);
	if (!fits) {
		complain("the configuration in '%s' is over %u MiB", dir,
		    BUNDLE_BYTES_MAX >> 20);
		return EXIT_FAILED;
	}
	const struct model *model = model_load(&bundle, &hash, arena, &diags);
	diags_sort(&diags);
	diags_print(stderr, &diags);
	if (model == NULL) {
		complain("%u mistake%s in '%s'", diags.count, diags.count == 1 ? "" : "s",
		    dir);
		return EXIT_FAILED;
	}
	printf("checked %zu services, %zu teams, %zu people, %zu actions, %zu rules, "
	       "%zu runbooks: no mistakes\n",
	    model->services_n, model->teams_n, model->people_n, model->actions_n,
	    model->rules_n, model->runbooks_n);
	model_done(model);
	return EXIT_OK;
}

static int
run(int argc, char **argv)
{
	const char *dir = NULL;
	const struct option_spec specs[] = { { .name = "config", .value = &dir } };
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc == 2 && dir == NULL)
		dir = argv[1];
	else if (argc != 1 || dir == NULL) {
		complain("check needs one folder: firstline check production");
		return EXIT_USAGE;
	}
	struct arena_map map;
	struct arena arena = arena_map(&map, CHECK_ARENA_BYTES);
	int code = check(dir, &arena);
	arena_unmap(&map);
	return code;
}

const struct command_line command_check = {
	.name = "check",
	.summary = "find every mistake in a configuration folder",
	.help = "  firstline check production\n"
		"\n"
		"Reads the whole folder as serve would and reports every mistake at once, "
		"each with\n"
		"its file, line and column and what to write instead. Exits 0 when there "
		"is none.\n",
	.run = run,
};
