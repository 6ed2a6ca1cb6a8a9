#include <stdio.h>

#include "engine/state.h"

const struct config *
config_find(const struct engine *engine, const hash32 *hash)
{
	for (size_t i = 0; i < engine->config_n; i++) {
		if (hash32_eq(&engine->config[i].hash, hash))
			return &engine->config[i];
	}
	return NULL;
}

/* The first complaint, for a log line; whoever reads the folder shows them all. */
static void
first_complaint(struct diags *diags, struct err *err)
{
	struct buf text = BUF(16384);
	diags_text(&text, diags);
	str line = str_cut(buf_str(&text), '\n').head;
	(void)err_set(err, ERR_INVALID, "configuration does not load: %.*s", STR_ARG(line));
	buf_done(&text);
}

const struct config *
config_add(struct engine *engine, const hash32 *hash, str bundle_bytes, struct err *err)
{
	const struct config *known = config_find(engine, hash);
	if (known != NULL)
		return known;
	if (engine->config_n == CONFIGS_MAX) {
		(void)err_set(err, ERR_LIMIT,
		    "open incidents still use %d earlier configurations: close some first",
		    CONFIGS_MAX);
		return NULL;
	}
	hash32 real = sha256(bundle_bytes);
	if (!hash32_eq(&real, hash)) {
		(void)err_set(err, ERR_CORRUPT,
		    "a configuration's bytes are not its hash's");
		return NULL;
	}

	struct config config = { .hash = *hash };
	struct arena arena = arena_map(&config.map, model_arena_bytes(bundle_bytes.n));
	struct bundle bundle;
	struct diags diags;
	diags_init(&diags, &arena);
	str own = arena_str(&arena, bundle_bytes); /* the model keeps slices of it */
	if (bundle_decode(own, &arena, &bundle, err)) {
		config.model = model_load(&bundle, hash, &arena, &diags);
		if (config.model == NULL)
			first_complaint(&diags, err);
	}
	if (config.model == NULL) {
		arena_unmap(&config.map);
		return NULL;
	}
	engine->config[engine->config_n++] = config;
	return &engine->config[engine->config_n - 1];
}

void
config_drop_unused(struct engine *engine)
{
	if (engine->config_n < 2)
		return;
	hash32 used[CONFIGS_MAX];
	size_t used_n = core_models(engine->core, used, CONFIGS_MAX);
	size_t kept = 0;
	for (size_t i = 0; i < engine->config_n; i++) {
		bool keep =
		    i + 1 == engine->config_n; /* the newest, perhaps not adopted yet */
		for (size_t k = 0; k < used_n && !keep; k++)
			keep = hash32_eq(&used[k], &engine->config[i].hash);
		if (keep)
			engine->config[kept++] = engine->config[i];
		else
			arena_unmap(&engine->config[i].map);
	}
	engine->config_n = kept;
}

const struct model *
config_newest(const struct engine *engine)
{
	const struct config *c = config_find(engine, &core_control(engine->core)->config);
	return c != NULL ? c->model : NULL;
}
