#include "hands/config.h"

#include "os/file.h"

/* The first complaint, for a log line; whoever reads the folder shows them all. */
static void
first_complaint(struct diags *diags, struct err *err)
{
	struct buf text = BUF(16384);
	diags_text(&text, diags);
	str line = str_cut(buf_str(&text), '\n').head;
	(void)err_set(err, ERR_INVALID, "the configuration does not load: %.*s",
	    STR_ARG(line));
	buf_done(&text);
}

static struct model *
load(struct arena *arena, int bundle_fd, const hash32 *hash, struct err *err)
{
	str bytes;
	struct bundle bundle;
	struct diags diags;
	diags_init(&diags, arena);
	if (!file_read_fd(arena, bundle_fd, BUNDLE_BYTES_MAX, &bytes, err))
		return NULL;
	hash32 real = sha256(bytes);
	if (!hash32_eq(&real, hash)) {
		(void)err_set(err, ERR_CORRUPT, "the bundle's bytes are not its hash's");
		return NULL;
	}
	if (!bundle_decode(bytes, arena, &bundle, err))
		return NULL;
	bundle.taken = true; /* by the supervisor, or by the engine before it */
	struct model *model = model_load(&bundle, hash, arena, &diags);
	if (model == NULL)
		first_complaint(&diags, err);
	return model;
}

bool
config_knows(const struct config *config, const hash32 *hash)
{
	for (size_t i = 0; i < CONFIGS_REMEMBERED && i < config->adopted_n; i++) {
		if (hash32_eq(&config->adopted[i], hash))
			return true;
	}
	return false;
}

void
config_done(struct config *config)
{
	if (config->model == NULL)
		return;
	model_done(config->model);
	arena_unmap(&config->map);
	arena_unmap(&config->index);
	config->model = NULL;
}

bool
config_adopt(struct config *config, int bundle_fd, uint64_t bytes, const hash32 *hash,
    struct err *err)
{
	struct arena_map map;
	if (bytes > BUNDLE_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "the bundle is too large");
	/* The bundle itself, and what is made of it. */
	struct arena arena =
	    arena_map(&map, (size_t)bytes + model_arena_bytes((size_t)bytes));
	struct model *model = load(&arena, bundle_fd, hash, err);
	if (model == NULL) {
		arena_unmap(&map);
		return false;
	}
	config_done(config);
	config->map = map;
	config->model = model;
	struct arena index = arena_map(&config->index, authority_arena_bytes(model));
	config->authority = authority_new(model, &index);
	if (!config_knows(config, hash))
		config->adopted[config->adopted_n++ % CONFIGS_REMEMBERED] = *hash;
	return true;
}
