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
#define TEXTS_ARENA_BYTES (BUNDLE_BYTES_MAX + ((size_t)44 << 20))

static_assert(FOLDER_FILES_MAX + CALENDAR_URLS_MAX + MODEL_ZONES_MAX + ICS_FILES_MAX <=
		  BUNDLE_FILES_MAX,
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
load(struct adoption *adoption, struct bundle *bundle, const struct copies *copies,
    struct arena *texts, struct diags *diags, struct err *err)
{
	copies_add(bundle, copies, &adoption->skipped, texts);
	if (!calendars_spell(bundle, texts, err))
		return false;
	struct arena arena = arena_map(&adoption->map,
	    model_arena_bytes(text_bytes(bundle) + FOLDER_ZONES_BYTES_MAX));
	struct strs zones = model_zone_names(bundle, &arena);
	if (!folder_read_zones(bundle, &zones, texts, err) || !seal(bundle, adoption, err))
		return false;
	adoption->bundle = *bundle;
	adoption->model = model_load(bundle, &adoption->hash, &arena, diags);
	return true;
}

/* Where the files are from. */
struct origin {
	const char *dir, *revision;
	const struct adoption *of; /* in place of those */
	struct buf *list;          /* of mistakes, as JSON; NULL: nobody wants it */
};

/* The folder's own: the others are found again. */
static bool
is_own(str path)
{
	return !str_starts(path, STR("zone:")) && !str_starts(path, STR(ICS_PREFIX)) &&
	       !str_starts(path, STR(CALENDAR_URL_PREFIX));
}

static bool
files_of(const struct adoption *of, struct arena *texts, struct bundle *ret)
{
	*ret =
	    (struct bundle){ .files = arena_new(texts, struct bundle_file, of->bundle.n) };
	for (size_t i = 0; i < of->bundle.n; i++) {
		const struct bundle_file *file = &of->bundle.files[i];
		if (is_own(file->path))
			ret->files[ret->n++] =
			    (struct bundle_file){ arena_str(texts, file->path),
				    arena_str(texts, file->bytes) };
	}
	return true;
}

static bool
files_read(const struct origin *from, struct arena *texts, struct diags *diags,
    struct bundle *ret, struct err *err)
{
	if (from->of != NULL)
		return files_of(from->of, texts, ret);
	if (from->revision != NULL)
		return folder_read_git(from->dir, from->revision, texts, ret, err);
	return folder_read(from->dir, texts, diags, ret, err);
}

/* Never one that is in question. */
static bool
may_skip(const struct copies *copies, str name)
{
	if (copy_given(copies, name) != NULL)
		return false;
	return copies->lenient ||
	       (copies->may_skip != NULL && copy_is_skipped(copies->may_skip, name));
}

/* Notes which copies have mistakes, unless something else has too. */
static void
skip_unfit(const struct diags *diags, const struct copies *copies,
    struct copies_skipped *skipped)
{
	struct copies_skipped all = *skipped;
	for (const struct diag *diag = diags->first; diag != NULL; diag = diag->next) {
		str name = diag->src->name;
		if (!str_starts(name, STR(CALENDAR_URL_PREFIX)))
			return;
		name = str_drop(name, strlen(CALENDAR_URL_PREFIX));
		name = str_take(name, name.n - strlen(".ics"));
		if (!may_skip(copies, name))
			return;
		if (!copy_is_skipped(&all, name) && all.n < COPIES_SKIPPED_MAX)
			memcpy(all.name[all.n++], name.p, name.n);
	}
	if (diags->count == diags->kept)
		*skipped = all;
}

/* false with ret->skipped changed: once more, without those. */
static bool
read_once(const struct origin *from, const struct copies *copies, struct adoption *ret,
    struct buf *out, struct err *err)
{
	struct adoption adoption = { .memfd = -1, .skipped = ret->skipped };
	struct arena texts = arena_map(&adoption.texts, TEXTS_ARENA_BYTES);
	struct bundle bundle;
	struct diags diags;
	diags_init(&diags, &texts);
	bool ok = files_read(from, &texts, &diags, &bundle, err) &&
	          load(&adoption, &bundle, copies, &texts, &diags, err);
	diags_sort(&diags);
	diags_text(out, &diags);
	if (from->list != NULL)
		diags_json(from->list, &diags);
	if (ok && adoption.model == NULL)
		ok = err_set(err, ERR_INVALID, "%u mistake%s in '%s'", diags.count,
		    diags.count == 1 ? "" : "s",
		    from->of == NULL ? from->dir : "a calendar that was fetched");
	if (ok) {
		*ret = adoption;
		return true;
	}
	skip_unfit(&diags, copies, &ret->skipped);
	adoption_free(&adoption);
	return false;
}

static bool
read_all(const struct origin *from, const struct copies *copies, struct adoption *ret,
    struct buf *out, struct err *err)
{
	struct adoption adoption = { .memfd = -1 };
	for (;;) {
		size_t skipped = adoption.skipped.n;
		if (read_once(from, copies, &adoption, out, err)) {
			*ret = adoption;
			return true;
		}
		if (adoption.skipped.n == skipped)
			return false;
	}
}

bool
adoption_read(const char *dir, const char *revision, const struct copies *copies,
    struct adoption *ret, struct buf *out, struct err *err)
{
	struct origin from = { .dir = dir, .revision = revision };
	return read_all(&from, copies, ret, out, err);
}

bool
adoption_check(const char *dir, const char *revision, const struct copies *copies,
    struct adoption *ret, struct buf *out, struct buf *list, struct err *err)
{
	struct origin from = { .dir = dir, .revision = revision, .list = list };
	return read_all(&from, copies, ret, out, err);
}

bool
adoption_renew(const struct adoption *of, const struct copies *copies, struct adoption *ret,
    struct buf *out, struct err *err)
{
	struct origin from = { .of = of };
	return read_all(&from, copies, ret, out, err);
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
