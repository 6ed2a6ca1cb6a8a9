/*
 * Gaps: what is missing in the way production is kept, counted by kind and subject, with
 * an owner. Nothing here is an error of the moment: an alert was still answered.
 */
#include "core/state.h"

uint64_t
gap_hash(enum gap_kind kind, str subject)
{
	return fnv64(FNV64_BASIS + kind, subject);
}

static struct gap *
find(const struct core *core, enum gap_kind kind, str subject, uint64_t *hash)
{
	*hash = gap_hash(kind, subject);
	uint64_t value;
	while (map_get(&core->gap_keys, *hash, &value)) {
		struct gap *gap = (struct gap *)(uintptr_t)value;
		if (gap->row.kind == kind && str_eq(gap->row.subject, subject))
			return gap;
		++*hash;
	}
	return NULL;
}

void
gap_add(struct core *core, enum gap_kind kind, str subject, str owner,
    const struct incident *incident, str words)
{
	if (incident != NULL && incident->row.drill)
		return; /* that is what drills are for */
	subject = text_line(core, subject, TITLE_MAX);
	uint64_t hash;
	struct gap *gap = find(core, kind, subject, &hash);
	if (gap == NULL && core->counts[TABLE_GAP] >= GAPS_MAX) {
		subject = STR("others");
		gap = find(core, kind, subject, &hash);
	}
	incident_id id = incident != NULL ? incident->row.id : 0;
	if (gap == NULL) {
		struct gap_row row = { .id = row_next(core),
			.kind = kind,
			.subject = subject,
			.text = text_short(core, words, TIMELINE_TEXT_MAX),
			.owner = owner,
			.count = 1,
			.incident = id,
			.first_wall = core->wall,
			.last_wall = core->wall };
		gap = object_add(core, TABLE_GAP, &row);
		if (gap == NULL)
			return;
		map_put(&core->gap_keys, hash, (uintptr_t)gap);
	} else {
		if (gap->row.count < UINT32_MAX)
			gap->row.count++;
		if (id != 0)
			gap->row.incident = id;
		gap->row.last_wall = core->wall;
		row_set_str(core, &gap->row.text,
		    text_short(core, words, TIMELINE_TEXT_MAX));
		object_touch(core, &gap->o);
	}
	if (id != 0)
		timeline_add(core, id, TIMELINE_GAP, FIRSTLINE, gap->row.id, "gap: %.*s",
		    STR_ARG(words));
}

const struct gap_row *
gap_find(const struct core *core, enum gap_kind kind, str subject)
{
	uint64_t hash;
	const struct gap *gap = find(core, kind, subject, &hash);
	return gap != NULL ? &gap->row : NULL;
}

/* Keys that were put behind this one's, because their hash is the same, move up. */
static void
unkey(struct core *core, uint64_t hash)
{
	uint64_t value;
	map_remove(&core->gap_keys, hash);
	while (map_get(&core->gap_keys, ++hash, &value)) {
		const struct gap *gap = (const struct gap *)(uintptr_t)value;
		map_remove(&core->gap_keys, hash);
		uint64_t at = gap_hash(gap->row.kind, gap->row.subject), other;
		while (map_get(&core->gap_keys, at, &other))
			at++;
		map_put(&core->gap_keys, at, value);
	}
}

void
gap_close(struct core *core, enum gap_kind kind, str subject)
{
	uint64_t hash;
	struct gap *gap = find(core, kind, subject, &hash);
	if (gap == NULL)
		return;
	unkey(core, hash);
	object_erase(core, &gap->o);
}
