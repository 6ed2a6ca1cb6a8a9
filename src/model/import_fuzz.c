/*
 * The first line is a file's name, the rest what is in it. Whatever comes out loads beside a
 * small configuration, as a runbook for people only.
 */
#include <stdlib.h>

#include "model/import.h"
#include "model/model.h"
#include "support/fuzz.h"

static const char config[] =
    "fallback: ops\n"
    "channels: {email: {smtp: smtp://mail.example:25, from: a@example.com}}\n"
    "people: {ana: {email: ana@example.com, reach: [email]}}\n"
    "teams:\n"
    "  ops:\n"
    "    kind: operations\n"
    "    on_call:\n"
    "      zone: UTC\n"
    "      rotations: [{name: primary, people: [ana], every: 1 week, handover: 'Mon "
    "09:00'}]\n"
    "services: {checkout: {owner: ops}}\n";

static void
check_loads(const struct imported *got, str name)
{
	struct arena_map map;
	struct bundle_file files[] = {
		{ .path = STR("firstline.yaml"), .bytes = STR(config) },
		{ .path = STR("runbooks/x.md"), .bytes = got->text },
	};
	struct bundle bundle = { .files = files, .n = 2 };
	hash32 hash = { { 0 } };
	struct arena arena =
	    arena_map(&map, model_arena_bytes(sizeof(config) + got->text.n));
	struct diags diags;
	diags_init(&diags, &arena);
	const struct model *model = model_load(&bundle, &hash, &arena, &diags);
	ASSERT(model != NULL);
	ASSERT(model->runbooks_n == 1);
	const struct runbook *runbook = &model->runbooks[0];
	ASSERT(runbook->steps_n == 0 && runbook->ceiling == AUTONOMY_SUGGEST);
	ASSERT(str_eq(runbook->name, name));
	ASSERT(runbook->answers_n == (got->alert.n > 0 ? 1 : 0));
	model_done(model);
	arena_unmap(&map);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena_map map;
	struct arena arena = arena_map(&map, IMPORT_ARENA_BYTES);
	struct str_cut cut = str_cut((str){ (const char *)data, size }, '\n');
	str name = import_name(cut.head, &arena);
	struct imported got;
	struct err err = { .kind = ERR_NONE };
	if (import_runbook(cut.tail, cut.head, name, &arena, &got, &err)) {
		ASSERT(got.grade <= IMPORT_ASPECTS);
		ASSERT(got.commands_n <= IMPORT_COMMANDS_MAX);
		check_loads(&got, name);
	} else {
		ASSERT(err.kind == ERR_LIMIT);
	}
	arena_unmap(&map);
	return 0;
}
