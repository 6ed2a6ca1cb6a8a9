/*
 * Entries of the journal, see effect.h. A batch with one event that made one effect:
 *
 *	{1: 7, 2: [{1: 5000, 2: 1795000000000, 3: 8, 4: {}, 6: [[9, {1: {...}}]]}]}
 *	    seq        at       wall            |    |           |  |
 *	                            time-passed-'    |           |  append-timeline's record
 *	                                its record --'           append-timeline
 *
 * Everything is strict, like records: an accepted entry has this one encoding.
 */
#include "facts/effect.h"

enum entry_key { ENTRY_SEQ = 1, ENTRY_STEPS };
enum step_key {
	STEP_AT = 1,
	STEP_WALL,
	STEP_KIND,
	STEP_EVENT,
	STEP_INCIDENTS,
	STEP_EFFECTS
};

/* ---- writing ---- */

void
entry_begin(struct buf *out, uint64_t seq, size_t step_n)
{
	ASSERT(seq > 0);
	ASSERT(step_n > 0);
	size_t begin = out->n;
	cbor_put_map(out, 2);
	cbor_put_u64(out, ENTRY_SEQ);
	cbor_put_u64(out, seq);
	cbor_put_u64(out, ENTRY_STEPS);
	cbor_put_array(out, step_n);
	ASSERT(out->overflow || out->n - begin <= ENTRY_BEGIN_MAX);
}

/* event_record and effect_record hand out what may be written to; here it is only read. */
static const void *
event_record_of(const struct event *event)
{
	return event_record((struct event *)(uintptr_t)event);
}

static const void *
effect_record_of(const struct effect *effect)
{
	return effect_record((struct effect *)(uintptr_t)effect);
}

void
entry_step(struct buf *out, const struct step *step)
{
	const struct event *event = &step->event;
	ASSERT(step->alert_n == 0 || (event->kind == EVENT_ALERTS_CHANGED &&
					 step->alert_n == event->alerts_changed.changes.n));

	cbor_put_map(out, 4u + (step->alert_n > 0) + (step->effect_n > 0));
	cbor_put_u64(out, STEP_AT);
	cbor_put_u64(out, event->at);
	cbor_put_u64(out, STEP_WALL);
	cbor_put_u64(out, event->wall);
	cbor_put_u64(out, STEP_KIND);
	cbor_put_u64(out, event->kind);
	cbor_put_u64(out, STEP_EVENT);
	record_encode(event_type(event->kind), event_record_of(event), out);

	if (step->alert_n > 0) {
		cbor_put_u64(out, STEP_INCIDENTS);
		cbor_put_array(out, step->alert_n);
		for (size_t i = 0; i < step->alert_n; i++)
			cbor_put_u64(out, step->alert_incident[i]);
	}
	if (step->effect_n > 0) {
		cbor_put_u64(out, STEP_EFFECTS);
		cbor_put_array(out, step->effect_n);
		for (size_t i = 0; i < step->effect_n; i++) {
			const struct effect *effect = &step->effect[i];
			cbor_put_array(out, 2);
			cbor_put_u64(out, effect->kind);
			record_encode(effect_type(effect->kind), effect_record_of(effect),
			    out);
		}
	}
}

hash32
entry_hash(const hash32 *before, str bytes)
{
	const str parts[] = { { (const char *)before->b, sizeof(before->b) }, bytes };
	return sha256_parts(parts, countof(parts));
}

/* ---- reading ---- */

struct reading {
	struct cbor in;
	struct arena *arena;
	struct err *err;
};

/* why == NULL: the reader has said it already. */
static bool
refuse(struct reading *r, enum err_kind kind, const char *why)
{
	if (why != NULL)
		cbor_fail(&r->in, why);
	return err_set(r->err, kind, "journal entry: %s", r->in.error);
}

static bool
read_key(struct reading *r, uint64_t key)
{
	uint64_t got;
	if (!cbor_u64(&r->in, &got))
		return refuse(r, ERR_CORRUPT, NULL);
	return got == key ||
	       refuse(r, ERR_CORRUPT, "a key is unknown, missing or out of order");
}

static bool
read_member(struct reading *r, uint64_t key, uint64_t *ret)
{
	if (!read_key(r, key))
		return false;
	return cbor_u64(&r->in, ret) || refuse(r, ERR_CORRUPT, NULL);
}

static bool
read_list(struct reading *r, size_t *ret_n)
{
	if (!cbor_array(&r->in, ret_n))
		return refuse(r, ERR_CORRUPT, NULL);
	return *ret_n > 0 || refuse(r, ERR_CORRUPT, "a list is empty");
}

static bool
read_record(struct reading *r, const struct record_type *type, void *ret)
{
	return record_decode(type, &r->in, r->arena, ret, r->err);
}

static bool
read_incidents(struct reading *r, struct step *step)
{
	if (!read_list(r, &step->alert_n))
		return false;
	if (step->event.kind != EVENT_ALERTS_CHANGED ||
	    step->alert_n != step->event.alerts_changed.changes.n)
		return refuse(r, ERR_CORRUPT, "incidents do not match the alert changes");

	incident_id *incident = arena_try(r->arena, incident_id, step->alert_n);
	if (incident == NULL)
		return refuse(r, ERR_LIMIT, "no memory left to decode it");
	for (size_t i = 0; i < step->alert_n; i++) {
		uint64_t id;
		if (!cbor_u64(&r->in, &id))
			return refuse(r, ERR_CORRUPT, NULL);
		if (id > UINT32_MAX)
			return refuse(r, ERR_CORRUPT,
			    "an incident's number is out of range");
		incident[i] = (incident_id)id;
	}
	step->alert_incident = incident;
	return true;
}

static bool
read_effect(struct reading *r, struct effect *ret)
{
	size_t n;
	uint64_t kind;
	if (!cbor_array(&r->in, &n) || !cbor_u64(&r->in, &kind))
		return refuse(r, ERR_CORRUPT, NULL);
	if (n != 2)
		return refuse(r, ERR_CORRUPT, "an effect is not [kind, record]");
	if (kind == 0 || kind >= EFFECT_KIND_COUNT)
		return refuse(r, ERR_CORRUPT, "unknown kind of effect");
	ret->kind = (enum effect_kind)kind;
	return read_record(r, effect_type(ret->kind), effect_record(ret));
}

static bool
read_effects(struct reading *r, struct step *step)
{
	if (!read_list(r, &step->effect_n))
		return false;
	struct effect *effect = arena_try(r->arena, struct effect, step->effect_n);
	if (effect == NULL)
		return refuse(r, ERR_LIMIT, "no memory left to decode it");
	for (size_t i = 0; i < step->effect_n; i++)
		if (!read_effect(r, &effect[i]))
			return false;
	step->effect = effect;
	return true;
}

static bool
read_step(struct reading *r, struct step *step)
{
	size_t left;
	uint64_t kind;
	if (!cbor_map(&r->in, &left))
		return refuse(r, ERR_CORRUPT, NULL);
	if (left < 4)
		return refuse(r, ERR_CORRUPT, "a step without its event");
	if (!read_member(r, STEP_AT, &step->event.at) ||
	    !read_member(r, STEP_WALL, &step->event.wall) ||
	    !read_member(r, STEP_KIND, &kind) || !read_key(r, STEP_EVENT))
		return false;
	if (kind == 0 || kind >= EVENT_KIND_COUNT)
		return refuse(r, ERR_CORRUPT, "unknown kind of event");
	step->event.kind = (enum event_kind)kind;
	if (!read_record(r, event_type(step->event.kind), event_record(&step->event)))
		return false;

	uint64_t key = STEP_EVENT;
	for (left -= 4; left > 0; left--) {
		uint64_t last = key;
		if (!cbor_u64(&r->in, &key))
			return refuse(r, ERR_CORRUPT, NULL);
		if (key <= last || key > STEP_EFFECTS)
			return refuse(r, ERR_CORRUPT, "a key is unknown or out of order");
		if (!(key == STEP_INCIDENTS ? read_incidents(r, step)
					    : read_effects(r, step)))
			return false;
	}
	return true;
}

bool
entry_decode(str bytes, struct arena *arena, struct entry *ret, struct err *err)
{
	struct reading r = { .arena = arena, .err = err };
	struct entry entry;
	size_t members;
	cbor_open(&r.in, bytes);
	if (!cbor_map(&r.in, &members))
		return refuse(&r, ERR_CORRUPT, NULL);
	if (members != 2)
		return refuse(&r, ERR_CORRUPT, "not a sequence number and steps");
	if (!read_member(&r, ENTRY_SEQ, &entry.seq) || !read_key(&r, ENTRY_STEPS) ||
	    !read_list(&r, &entry.step_n))
		return false;
	if (entry.seq == 0)
		return refuse(&r, ERR_CORRUPT, "its number is 0");

	entry.step = arena_try(arena, struct step, entry.step_n);
	if (entry.step == NULL)
		return refuse(&r, ERR_LIMIT, "no memory left to decode it");
	for (size_t i = 0; i < entry.step_n; i++)
		if (!read_step(&r, &entry.step[i]))
			return false;
	if (!cbor_close(&r.in))
		return refuse(&r, ERR_CORRUPT, NULL);
	*ret = entry;
	return true;
}
