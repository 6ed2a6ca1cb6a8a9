#include <stdio.h>

#include "engine/configs.h"

const struct config *
configs_find(const struct configs *configs, const hash32 *hash)
{
	for (size_t i = 0; i < configs->n; i++) {
		if (hash32_eq(&configs->config[i].hash, hash))
			return &configs->config[i];
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
configs_add(struct configs *configs, const hash32 *hash, str bundle_bytes, struct err *err)
{
	const struct config *known = configs_find(configs, hash);
	if (known != NULL)
		return known;
	if (configs->n == CONFIGS_MAX) {
		(void)err_set(err, ERR_LIMIT,
		    "open incidents and attempts still use %d earlier configurations: end "
		    "some first",
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
	config.bundle = arena_str(&arena, bundle_bytes); /* the model keeps slices of it */
	if (bundle_decode(config.bundle, &arena, &bundle, err)) {
		bundle.taken = true; /* by the supervisor now, or as the store has it */
		config.model = model_load(&bundle, hash, &arena, &diags);
		if (config.model == NULL)
			first_complaint(&diags, err);
	}
	if (config.model == NULL) {
		arena_unmap(&config.map);
		return NULL;
	}
	configs->config[configs->n++] = config;
	return &configs->config[configs->n - 1];
}

static void
config_free(struct config *config)
{
	model_done(config->model);
	arena_unmap(&config->map);
}

void
configs_drop_unused(struct configs *configs, const struct core *core)
{
	if (configs->n < 2)
		return;
	hash32 used[CONFIGS_MAX];
	size_t used_n = core_models(core, used, CONFIGS_MAX);
	size_t kept = 0;
	for (size_t i = 0; i < configs->n; i++) {
		bool keep = i + 1 == configs->n; /* the newest, perhaps not adopted yet */
		for (size_t k = 0; k < used_n && !keep; k++)
			keep = hash32_eq(&used[k], &configs->config[i].hash);
		if (keep)
			configs->config[kept++] = configs->config[i];
		else
			config_free(&configs->config[i]);
	}
	configs->n = kept;
}

const struct model *
configs_newest(const struct configs *configs, const struct core *core)
{
	const struct config *c = configs_find(configs, &core_control(core)->config);
	return c != NULL ? c->model : NULL;
}

void
configs_done(struct configs *configs)
{
	for (size_t i = 0; i < configs->n; i++)
		config_free(&configs->config[i]);
	configs->n = 0;
}
