#include "node/adoption.h"

#include <assert.h>
#include <unistd.h>

#include "base/diag.h"
#include "model/ics.h"
#include "model/model.h"
#include "node/calendars.h"
#include "node/folder.h"
#include "os/file.h"

/* What a folder holds at most, its zones, what its calendars say, the list of these, and all
 * mistakes. */
#define TEXTS_ARENA_BYTES (BUNDLE_BYTES_MAX + ((size_t)26 << 20))

static_assert(FOLDER_FILES_MAX + MODEL_ZONES_MAX + ICS_FILES_MAX <= BUNDLE_FILES_MAX,
    "what passes check can be decoded by the roles");

static size_t
text_bytes(const struct bundle *bundle)
{
	size_t bytes = 0;
	for (size_t i = 0; i < bundle->n; i++)
		bytes += bundle->files[i].path.n + bundle->files[i].bytes.n;
	return bytes;
}

static bool
seal(struct bundle *bundle, struct adoption *adoption, struct err *err)
{
	struct buf bytes = BUF(BUNDLE_BYTES_MAX);
	bundle_encode(bundle, &bytes);
	bool ok = !bytes.overflow;
	if (!ok)
		(void)err_set(err, ERR_LIMIT,
		    "with its time zones the folder is over %u MiB",
		    BUNDLE_BYTES_MAX >> 20);
	adoption->hash = sha256(buf_str(&bytes));
	adoption->bytes = bytes.n;
	ok = ok && memfd_sealed("firstline-bundle", buf_str(&bytes), &adoption->memfd, err);
	buf_done(&bytes);
	return ok;
}

/* What the files mean: in memory by their size, so that whatever the folder may hold can
 * also be read. */
static bool
load(struct adoption *adoption, struct bundle *bundle, struct arena *texts,
    struct diags *diags, struct err *err)
{
	if (!calendars_spell(bundle, texts, err))
		return false;
	struct arena arena = arena_map(&adoption->map,
	    model_arena_bytes(text_bytes(bundle) + FOLDER_ZONES_BYTES_MAX));
	struct strs zones = model_zone_names(bundle, &arena);
	if (!folder_read_zones(bundle, &zones, texts, err) || !seal(bundle, adoption, err))
		return false;
	adoption->model = model_load(bundle, &adoption->hash, &arena, diags);
	return true;
}

bool
adoption_read(const char *dir, const char *revision, struct adoption *ret, struct buf *out,
    struct err *err)
{
	struct adoption adoption = { .memfd = -1 };
	struct arena texts = arena_map(&adoption.texts, TEXTS_ARENA_BYTES);
	struct bundle bundle;
	struct diags diags;
	diags_init(&diags, &texts);
	bool ok = revision == NULL ? folder_read(dir, &texts, &diags, &bundle, err)
	                           : folder_read_git(dir, revision, &texts, &bundle, err);
	ok = ok && load(&adoption, &bundle, &texts, &diags, err);
	diags_sort(&diags);
	diags_text(out, &diags);
	if (ok && adoption.model == NULL)
		ok = err_set(err, ERR_INVALID, "%u mistake%s in '%s'", diags.count,
		    diags.count == 1 ? "" : "s", dir);
	if (!ok) {
		adoption_free(&adoption);
		return false;
	}
	*ret = adoption;
	return true;
}

void
adoption_free(struct adoption *adoption)
{
	if (adoption->memfd >= 0)
		(void)close(adoption->memfd);
	model_done(adoption->model);
	arena_unmap(&adoption->map);
	arena_unmap(&adoption->texts);
	*adoption = (struct adoption){ .memfd = -1 };
}
