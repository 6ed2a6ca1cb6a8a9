#include "gate/groups.h"

#include <stdlib.h>

#include "base/json.h"

/* One alert: where it comes, and what is written. Offsets into `bytes`, which may move. */
struct gathered {
	size_t key;
	uint32_t group_n; /* of the key: what the alerts of a group share */
	uint32_t key_n;
	uint32_t labels_n; /* of the JSON: the labels of the group, then the alert */
	uint32_t json_n;
};

struct groups {
	struct buf bytes;
	struct gathered *entry;
	size_t n, cap;
	size_t written; /* entries */
};

struct groups *
groups_new(void)
{
	struct groups *groups = calloc(1, sizeof(*groups));
	ASSERT(groups != NULL);
	groups->bytes = BUF(GROUPS_BYTES_MAX);
	return groups;
}

void
groups_free(struct groups *groups)
{
	if (groups == NULL)
		return;
	buf_done(&groups->bytes);
	free(groups->entry);
	free(groups);
}

/* ---- keys: compared as bytes, they come in Alertmanager's order ---- */

/* Lower than any byte of a text, so that the shorter of two comes first. */
static void
put_part(struct buf *b, str text)
{
	buf_add(b, text);
	buf_char(b, '\0');
}

/* Of two label sets the smaller comes first; of two of a size the one that lacks the first
 * name in which they differ: so names count from their end of the alphabet. */
static void
put_labels(struct buf *b, const struct pairs *labels)
{
	buf_char(b, (char)(labels->n >> 8));
	buf_char(b, (char)labels->n);
	for (size_t i = 0; i < labels->n; i++) {
		str name = labels->p[i].name;
		for (size_t k = 0; k < name.n; k++)
			buf_char(b, (char)~name.p[k]);
		buf_char(b, (char)0xff);
		put_part(b, labels->p[i].value);
	}
}

/* What lacks it comes last. */
static void
put_first_label(struct buf *b, const struct pairs *labels, str name)
{
	bool any = false;
	for (size_t i = 0; i < labels->n; i++)
		any |= str_eq(labels->p[i].name, name);
	buf_char(b, any ? 1 : 2);
	put_part(b, pairs_get(labels, name));
}

static void
put_labels_json(struct buf *b, const struct pairs *labels)
{
	buf_char(b, '{');
	for (size_t i = 0; i < labels->n; i++) {
		if (i > 0)
			buf_char(b, ',');
		json_put_string(b, labels->p[i].name);
		buf_char(b, ':');
		json_put_string(b, labels->p[i].value);
	}
	buf_add(b, STR("},\"receiver\":{\"name\":"));
}

bool
groups_add(struct groups *groups, const struct alert_item *item,
    const struct alert_body *body, str json)
{
	struct buf *b = &groups->bytes;
	if (groups->n == groups->cap) {
		size_t cap = groups->cap == 0 ? 256 : 2 * groups->cap;
		struct gathered *entry = realloc(groups->entry, cap * sizeof(*entry));
		ASSERT(entry != NULL);
		groups->entry = entry;
		groups->cap = cap;
	}
	struct gathered new = { .key = b->n };
	put_labels(b, &item->group);
	put_part(b, item->owner);
	new.group_n = (uint32_t)(b->n - new.key);
	put_first_label(b, &body->labels, STR("job"));
	put_first_label(b, &body->labels, STR("instance"));
	put_labels(b, &body->labels);
	new.key_n = (uint32_t)(b->n - new.key);
	size_t at = b->n;
	put_labels_json(b, &item->group);
	json_put_string(b, item->owner);
	new.labels_n = (uint32_t)(b->n - at);
	at = b->n;
	buf_add(b, json);
	new.json_n = (uint32_t)(b->n - at);
	if (b->overflow)
		return false;
	groups->entry[groups->n++] = new;
	return true;
}

static str
key_of(const struct groups *groups, const struct gathered *entry)
{
	return (str){ groups->bytes.p + entry->key, entry->key_n };
}

static int
compare(const void *a, const void *b, void *context)
{
	const struct groups *groups = context;
	return str_cmp(key_of(groups, a), key_of(groups, b));
}

static bool
same_group(const struct groups *groups, const struct gathered *a, const struct gathered *b)
{
	return str_eq(str_take(key_of(groups, a), a->group_n),
	    str_take(key_of(groups, b), b->group_n));
}

void
groups_sort(struct groups *groups)
{
	qsort_r(groups->entry, groups->n, sizeof(*groups->entry), compare, groups);
}

static void
write_one(const struct groups *groups, size_t i, struct buf *out)
{
	const struct gathered *entry = &groups->entry[i];
	const char *json = groups->bytes.p + entry->key + entry->key_n;
	bool first = i == 0 || !same_group(groups, entry - 1, entry);
	bool last = i + 1 == groups->n || !same_group(groups, entry, entry + 1);
	if (first)
		buf_add(out, i == 0 ? STR("{\"alerts\":[") : STR(",{\"alerts\":["));
	else
		buf_char(out, ',');
	buf_put(out, json + entry->labels_n, entry->json_n);
	if (last) {
		buf_add(out, STR("],\"labels\":"));
		buf_put(out, json, entry->labels_n);
		buf_add(out, STR("}}"));
	}
}

bool
groups_write(struct groups *groups, struct buf *out, size_t most)
{
	size_t end = out->n + most;
	if (groups->written == 0)
		buf_char(out, '[');
	while (groups->written < groups->n && out->n < end)
		write_one(groups, groups->written++, out);
	if (groups->written < groups->n)
		return true;
	buf_add(out, STR("]\n"));
	return false;
}
