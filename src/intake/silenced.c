/*
 * Silences as they are matched: compiled once for all alerts, found by a label.
 */
#include "intake/suppress.h"

#define FEW 8 /* so many are looked at one after the other */

static uint64_t
pair_hash(const struct silenced *silenced, str name, str value)
{
	struct siphash_key key = { { silenced->key.k[0] ^ siphash(&silenced->key, name),
	    silenced->key.k[1] } };
	return siphash(&key, value);
}

/* The bucket of its first matcher that asks for one value; the last where there is none. */
static size_t
bucket_of(const struct silenced *silenced, const struct silenced_by *by)
{
	for (size_t i = 0; i < by->n && silenced->n > FEW; i++) {
		const struct label_matcher *m = &by->matcher[i];
		if (m->op == LABEL_EQUAL && m->value.n > 0)
			return pair_hash(silenced, m->name, m->value) &
			       (silenced->buckets - 1);
	}
	return silenced->buckets;
}

void
silenced_done(struct silenced *silenced)
{
	for (size_t i = 0; i < silenced->n; i++) {
		for (size_t k = 0; k < silenced->p[i].n; k++)
			label_matcher_done(&silenced->p[i].matcher[k]);
	}
	if (silenced->map.memory != NULL)
		arena_unmap(&silenced->map);
	*silenced = (struct silenced){ .n = 0 };
}

/* The same silence has the same matchers as long as it lives: what was compiled moves on. */
static bool
compile_matcher(const struct silence_matcher *m, struct label_matcher *before,
    struct arena *arena, struct label_matcher *ret)
{
	str name = arena_str(arena, m->name);
	str value = arena_str(arena, m->value);
	enum label_op op = label_op_of(m->regex, m->equal);
	if (before == NULL)
		return label_matcher_make(op, name, value, ret);
	ASSERT(before->op == op && str_eq(before->value, value));
	*ret = (struct label_matcher){ op, name, value, before->regex };
	before->regex = NULL;
	return true;
}

/* false: a pattern of it does not compile (any more). What cannot be read holds nothing. */
static bool
compile(struct arena *arena, const struct silence_row *row, struct silenced_by *before,
    struct silenced_by *ret)
{
	const struct silence_matcher *m = row->matchers.p;
	*ret = (struct silenced_by){ .id = row->id,
		.uuid = arena_str(arena, row->uuid),
		.starts_wall = row->starts_wall,
		.ends_wall = row->ends_wall,
		.matcher = arena_new(arena, struct label_matcher, row->matchers.n) };
	for (size_t i = 0; i < row->matchers.n; i++) {
		if (compile_matcher(&m[i], before != NULL ? &before->matcher[i] : NULL,
			arena, &ret->matcher[ret->n])) {
			ret->n++;
			continue;
		}
		while (ret->n > 0)
			label_matcher_done(&ret->matcher[--ret->n]);
		return false;
	}
	return ret->n > 0;
}

static size_t
bytes_of(const struct silence_row *row)
{
	const struct silence_matcher *m = row->matchers.p;
	size_t bytes = row->uuid.n + row->matchers.n * sizeof(struct label_matcher) + 64;
	for (size_t i = 0; i < row->matchers.n; i++)
		bytes += m[i].name.n + m[i].value.n;
	return bytes;
}

/* Both ascend by id. */
static struct silenced_by *
find_before(struct silenced *before, size_t *at, row_id id)
{
	while (*at < before->n && before->p[*at].id < id)
		++*at;
	return *at < before->n && before->p[*at].id == id ? &before->p[*at] : NULL;
}

void
silenced_renew(struct silenced *silenced, const struct siphash_key *key,
    const struct silence_row *const *rows, size_t n, msec wall)
{
	size_t buckets = 16, bytes = 4096, at = 0;
	while (buckets < 2 * n)
		buckets *= 2;
	for (size_t i = 0; i < n; i++)
		bytes += bytes_of(rows[i]) + sizeof(struct silenced_by);
	struct silenced next = { .key = *key, .buckets = buckets };
	struct arena arena = arena_map(&next.map, bytes + (buckets + 1) * sizeof(uint32_t));
	next.bucket = arena_new(&arena, uint32_t, buckets + 1);
	next.p = arena_new(&arena, struct silenced_by, n + 1);
	for (size_t i = 0; i < n; i++) {
		ASSERT(i == 0 || rows[i - 1]->id < rows[i]->id);
		if (rows[i]->ends_wall > wall &&
		    compile(&arena, rows[i], find_before(silenced, &at, rows[i]->id),
			&next.p[next.n]))
			next.n++;
	}
	for (size_t i = 0; i < next.n; i++) {
		size_t bucket = bucket_of(&next, &next.p[i]);
		uint32_t *first = &next.bucket[bucket];
		next.open += bucket == buckets ? 1 : 0;
		next.p[i].next = *first;
		*first = (uint32_t)i + 1;
	}
	silenced_done(silenced);
	*silenced = next;
}

static bool
holds(const struct silenced_by *by, const struct pairs *labels, msec wall)
{
	if (wall < by->starts_wall || wall >= by->ends_wall)
		return false;
	for (size_t i = 0; i < by->n; i++) {
		str value = pairs_get(labels, by->matcher[i].name);
		if (!label_matcher_match(&by->matcher[i], value))
			return false;
	}
	return true;
}

static size_t
find_in(const struct silenced *silenced, size_t bucket, const struct pairs *labels,
    msec wall, const struct silenced_by **ret, size_t found, size_t max)
{
	for (uint32_t at = silenced->bucket[bucket]; at != 0 && found < max;) {
		const struct silenced_by *by = &silenced->p[at - 1];
		at = by->next;
		if (holds(by, labels, wall))
			ret[found++] = by;
	}
	return found;
}

size_t
silenced_find(const struct silenced *silenced, const struct pairs *labels, msec wall,
    const struct silenced_by **ret, size_t max)
{
	if (silenced->n == 0)
		return 0;
	size_t found = find_in(silenced, silenced->buckets, labels, wall, ret, 0, max);
	if (silenced->n <= FEW)
		return found;
	/* Two labels may lead to one bucket; a silence stands in one, so look once. */
	size_t looked[LABELS_MAX];
	for (size_t i = 0; i < labels->n; i++) {
		size_t bucket = pair_hash(silenced, labels->p[i].name, labels->p[i].value) &
		                (silenced->buckets - 1);
		looked[i] = silenced->bucket[bucket] != 0 ? bucket : SIZE_MAX;
		for (size_t k = 0; k < i && looked[i] != SIZE_MAX; k++) {
			if (looked[k] == looked[i])
				looked[i] = SIZE_MAX;
		}
		if (looked[i] != SIZE_MAX)
			found = find_in(silenced, bucket, labels, wall, ret, found, max);
	}
	return found;
}
