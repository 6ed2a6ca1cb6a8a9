/*
 * The engine's half: a batch of alerts against the table.
 *
 *	cut, hash, look up   each alert of the payload to the slot with its labels, if any
 *	check                bodies that are not equal to one that was checked before
 *	plan                 fired, changed, resolved, or nothing new
 *	reserve              memory for all of it: what fails until here changed nothing
 *	apply                the table, and the event
 *
 * Most of what comes says nothing new, so the first step decides the speed: it is done for
 * CHUNK alerts at a time, each stage asking for the memory of the next before any waits.
 */
#include "intake/state.h"
#include "intake/wire.h"

#define CHUNK 32
#define LINE 64 /* bytes of a cache line */
#define AHEAD \
	8 /* alerts: the order's memory for one is asked for while these are applied */

/* One alert of the payload. */
struct incoming {
	struct wire_alert wire;
	uint32_t tag;
	uint32_t slot;           /* of the alert with these labels; SLOT_NONE */
	bool same;               /* its body is equal, byte for byte */
	bool superseded;         /* a later one of this batch has the same labels */
	unsigned kind;           /* enum change_kind; 0: nothing new */
	msec starts_wall;        /* after merging */
	struct wire_parts parts; /* of its body, unless that is the same */
	struct kept_body kept;   /* where it is a new one */
	uint64_t name;           /* of one that fires: bounds_name */
};

static_assert(ALERTS_PER_EVENT_MAX *
			  (sizeof(struct incoming) + sizeof(struct alert_change)) +
		      (64u << 10) <=
		  INTAKE_MERGE_ROOM,
    "a merge has room for all it may need");

struct merging {
	struct intake *intake;
	struct incoming *in;
	size_t n;
	msec at, wall;
	uint64_t number;         /* for the next one that fires */
	struct pack_state *pack; /* of that number; NULL: to be found */
	uint16_t source;
	struct merge *ret;
};

/* ---- the table as a whole ---- */

struct intake *
intake_new(uint64_t alerts_max, size_t bytes_max, uint64_t seed)
{
	ASSERT(alerts_max > 0 && alerts_max <= INT32_MAX);
	struct arena_map map;
	struct arena memory =
	    arena_map(&map, sizeof(struct intake) + LABELS_MAX * sizeof(struct pair));
	struct intake *intake = arena_fresh(&memory, struct intake, 1);
	intake->pairs = arena_fresh(&memory, struct pair, LABELS_MAX);
	intake->memory = map;
	intake->key = (struct siphash_key){ { seed, ~seed } };
	intake->pool = pool_new(bytes_max);
	texts_init(&intake->urls, intake->pool, &intake->key);
	memory = arena_map(&intake->alerts, alerts_max * sizeof(struct alert));
	intake->alert = arena_fresh(&memory, struct alert, alerts_max);
	memory = arena_map(&intake->signatures, alerts_max * sizeof(struct signature));
	intake->signature = arena_fresh(&memory, struct signature, alerts_max);
	intake->alerts_max = (uint32_t)alerts_max;
	intake->bounds = (struct intake_bounds){ .alerts = alerts_max };
	intake->slot_free = SLOT_NONE;
	intake->graces = 1;
	identity_init(&intake->identity);
	order_init(&intake->order, intake->alert, intake->alerts_max);
	map_init(&intake->packs, seed);
	map_init(&intake->incidents, seed);
	map_init(&intake->named, seed);
	inhibition_init(&intake->inhibition, intake->pool, &intake->key);
	list_init(&intake->dirty);
	return intake;
}

void
intake_free(struct intake *intake)
{
	if (intake == NULL)
		return;
	map_done(&intake->packs);
	map_done(&intake->incidents);
	map_done(&intake->named);
	silenced_done(&intake->silenced);
	inhibition_done(&intake->inhibition);
	identity_done(&intake->identity);
	order_done(&intake->order);
	texts_done(&intake->urls);
	pool_free_all(intake->pool);
	arena_unmap(&intake->alerts);
	arena_unmap(&intake->signatures);
	struct arena_map map = intake->memory;
	arena_unmap(&map);
}

/* ---- cut, hash, look up, check ---- */

static bool
count(str wire, size_t *ret)
{
	struct wire_alert alert;
	enum wire_status status;
	size_t n = 0;
	while ((status = wire_cut(&wire, &alert)) == WIRE_ALERT)
		n++;
	*ret = n;
	return status == WIRE_END && n <= ALERTS_PER_EVENT_MAX;
}

static str
labels_of(const struct incoming *in)
{
	return wire_labels(in->wire.body, in->wire.labels_bytes);
}

static void
prefetch(const void *p, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += LINE)
		__builtin_prefetch((const char *)p + i);
}

static bool
same_body(const struct alert *alert, const struct wire_alert *wire)
{
	str url = text_str(alert->url);
	return alert->labels_bytes == wire->labels_bytes &&
	       alert->head.n + url.n == wire->body.n &&
	       memcmp(alert->head.p, wire->body.p, alert->head.n) == 0 &&
	       (url.n == 0 || memcmp(url.p, wire->body.p + alert->head.n, url.n) == 0);
}

static void
look_up_chunk(const struct intake *intake, struct incoming *in, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		in[i].tag = alert_tag(intake, labels_of(&in[i]));
		identity_prefetch(&intake->identity, in[i].tag);
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t at = in[i].tag;
		in[i].slot = identity_next(&intake->identity, in[i].tag, &at);
		if (in[i].slot != SLOT_NONE)
			prefetch(&intake->alert[in[i].slot], sizeof(struct alert));
	}
	for (size_t i = 0; i < n; i++) {
		if (in[i].slot != SLOT_NONE)
			prefetch(intake->alert[in[i].slot].head.p, in[i].wire.body.n);
	}
	for (size_t i = 0; i < n; i++) {
		if (in[i].slot == SLOT_NONE)
			continue;
		in[i].same = same_body(&intake->alert[in[i].slot], &in[i].wire);
		if (in[i].same)
			continue;
		in[i].slot = alert_by_labels(intake, in[i].tag, labels_of(&in[i]));
		in[i].same = in[i].slot != SLOT_NONE &&
		             same_body(&intake->alert[in[i].slot], &in[i].wire);
	}
}

/* false: malformed */
static bool
look_up(struct merging *m, str wire)
{
	for (size_t i = 0; i < m->n; i++)
		(void)wire_cut(&wire, &m->in[i].wire);
	for (size_t i = 0; i < m->n; i += CHUNK)
		look_up_chunk(m->intake, m->in + i, m->n - i < CHUNK ? m->n - i : CHUNK);
	for (size_t i = 0; i < m->n; i++) {
		struct incoming *in = &m->in[i];
		if (!in->same && (!wire_body_measure(in->wire.body, &in->parts) ||
				     in->parts.labels_bytes != in->wire.labels_bytes))
			return false;
	}
	return true;
}

/* ---- plan ---- */

/* Of several with the same labels the last one counts. */
static void
supersede(struct merging *m, struct arena scratch)
{
	size_t places = 16;
	while (places < 2 * m->n)
		places *= 2;
	uint32_t *place = arena_new(&scratch, uint32_t, places); /* index + 1 */
	for (size_t i = 0; i < m->n; i++) {
		struct incoming *in = &m->in[i];
		size_t at = in->tag & (places - 1);
		for (; place[at] != 0; at = (at + 1) & (places - 1)) {
			struct incoming *earlier = &m->in[place[at] - 1];
			if (earlier->tag == in->tag &&
			    str_eq(labels_of(earlier), labels_of(in))) {
				earlier->superseded = true;
				break;
			}
		}
		place[at] = (uint32_t)i + 1;
	}
}

/*
 * Alertmanager's rule: activities that overlap are one, from the earlier start on. Ours
 * lasts at least until now, since the alert is active, whatever was promised when it was
 * last written down.
 */
static msec
merged_start(const struct alert *alert, const struct wire_alert *wire, msec wall)
{
	msec until = alert->ends_wall > wall ? alert->ends_wall : wall;
	bool overlap = wire->starts_wall < until && wire->ends_wall > alert->starts_wall;
	return overlap && alert->starts_wall < wire->starts_wall ? alert->starts_wall
	                                                         : wire->starts_wall;
}

static void
plan(struct merging *m)
{
	for (size_t i = 0; i < m->n; i++) {
		struct incoming *in = &m->in[i];
		bool firing = in->wire.ends_wall > m->wall;
		if (in->superseded) {
			m->ret->unchanged++;
		} else if (in->slot == SLOT_NONE) {
			in->starts_wall = in->wire.starts_wall;
			in->kind = firing ? CHANGE_FIRED : 0;
			m->ret->fired += firing;
			m->ret->unchanged += !firing;
		} else {
			const struct alert *alert = &m->intake->alert[in->slot];
			in->starts_wall = merged_start(alert, &in->wire, m->wall);
			bool new = !in->same || in->starts_wall != alert->starts_wall;
			in->kind = !firing ? CHANGE_RESOLVED : new ? CHANGE_CHANGED : 0;
			m->ret->resolved += !firing;
			m->ret->changed += firing && new;
			m->ret->unchanged += firing && !new;
		}
	}
}

/* ---- reserve ---- */

static bool
keeps_body(const struct incoming *in)
{
	return in->kind == CHANGE_FIRED || (in->kind == CHANGE_CHANGED && !in->same);
}

/* No room for what is new in it. One that is known already stays as it was, and fresh. */
static void
refuse(struct merging *m, struct incoming *in, enum refusal why)
{
	m->ret->fired -= in->kind == CHANGE_FIRED;
	m->ret->changed -= in->kind == CHANGE_CHANGED;
	m->ret->refused++;
	m->ret->refused_for[why]++;
	in->kind = 0;
}

static enum refusal
why_not(const struct merging *m, const struct room *room, uint64_t name)
{
	if (room->all == 0)
		return REFUSAL_FULL;
	if (room->source == 0)
		return REFUSAL_SOURCE;
	if (bounds_name_full(m->intake, name))
		return REFUSAL_ALERTNAME;
	return room->tokens < TOKENS_AN_ALERT ? REFUSAL_RATE : REFUSAL_KINDS;
}

static void
pay(struct room *room)
{
	if (room->tokens != UINT64_MAX)
		room->tokens -= TOKENS_AN_ALERT;
}

static void
refuse_new(struct merging *m, struct room *room)
{
	for (size_t i = 0; i < m->n; i++) {
		struct incoming *in = &m->in[i];
		if (in->kind != CHANGE_FIRED)
			continue;
		in->name = bounds_name(m->intake, in->wire.body);
		enum refusal why = why_not(m, room, in->name);
		if (why == REFUSAL_ALERTNAME && m->ret->refused_for[why] == 0)
			m->ret->alertname = alertname_of(m->intake, in->wire.body);
		if (why != REFUSAL_KINDS) {
			refuse(m, in, why);
			continue;
		}
		room->all--;
		room->source--;
		pay(room);
		bounds_name_count(m->intake, in->name, 1);
	}
	/* alert_add counts them for good */
	for (size_t i = 0; i < m->n; i++) {
		if (m->in[i].kind == CHANGE_FIRED)
			bounds_name_count(m->intake, m->in[i].name, -1);
	}
}

/* As many new ones as the bounds leave room for, then as many changed ones; what ends makes
 * room for the next batch. */
static void
refuse_over_bounds(struct merging *m)
{
	struct intake *intake = m->intake;
	struct room room = bounds_room(intake, m->source, m->at);
	bool names = intake->bounds.alerts_per_alertname > 0;
	if (!names && room.tokens == UINT64_MAX && m->ret->fired <= room.all &&
	    m->ret->fired <= room.source)
		return;
	if (m->ret->fired > 0)
		refuse_new(m, &room);
	for (size_t i = 0; i < m->n; i++) {
		struct incoming *in = &m->in[i];
		if (in->kind != CHANGE_CHANGED)
			continue;
		if (room.tokens < TOKENS_AN_ALERT)
			refuse(m, in, REFUSAL_RATE);
		else
			pay(&room);
	}
	bounds_took(intake, m->source, &room, m->at);
}

/* Packs from `first` to before `end`, as far as they were made and nothing is in them. */
static void
drop_packs(struct intake *intake, uint64_t first, uint64_t end)
{
	for (uint64_t id = first; id < end; id++) {
		struct pack_state *pack = pack_find(intake, id);
		if (pack != NULL)
			pack_drop_unused(intake, pack);
	}
}

static bool
make_packs(struct intake *intake, uint64_t first, uint64_t end)
{
	for (uint64_t id = first; id < end; id++) {
		if (pack_make(intake, id) == NULL) {
			drop_packs(intake, first, id);
			return false;
		}
	}
	return true;
}

static uint64_t
packs_end(const struct merging *m)
{
	size_t fired = m->ret->fired;
	return fired > 0 ? (m->number + fired + PACK_ALERTS - 1) / PACK_ALERTS
	                 : m->number / PACK_ALERTS;
}

/* All memory that the batch needs, before the table is touched; what finds none is refused. */
static void
reserve(struct merging *m)
{
	refuse_over_bounds(m);
	bool packs = make_packs(m->intake, m->number / PACK_ALERTS, packs_end(m));
	for (size_t i = 0; i < m->n; i++) {
		struct incoming *in = &m->in[i];
		if (keeps_body(in) && ((in->kind == CHANGE_FIRED && !packs) ||
					  !body_keep(m->intake, in->wire.body,
					      in->parts.head_bytes, &in->kept)))
			refuse(m, in, REFUSAL_FULL);
	}
}

/* ---- apply ---- */

static msec
expires_at(const struct merging *m, msec ends_wall)
{
	return m->at + (ends_wall > m->wall ? ends_wall - m->wall : 0);
}

/* Received again. A promise is only ever made longer, unless it was no one's word, or was
 * given before the wall clock was set back: by the clock of today it may be years away.
 * `anew`: or it was of another activity. */
static void
refresh(const struct merging *m, struct alert *alert, const struct wire_alert *wire,
    bool anew)
{
	bool set_back = m->wall + CLOCK_SET_MS < alert->updated_wall;
	if (wire->ends_wall >= alert->ends_wall || alert->timeout || anew || set_back) {
		alert->ends_wall = wire->ends_wall;
		alert->timeout = wire->timeout;
	}
	alert->updated_wall = m->wall;
	alert->heard = m->intake->graces;
	alert->expires_at = expires_at(m, alert->ends_wall);
}

static uint32_t
fire(struct merging *m, const struct incoming *in)
{
	struct alert alert = {
		.number = m->number++,
		.fingerprint = in->wire.fingerprint,
		.head = in->kept.head,
		.url = in->kept.url,
		.labels_bytes = in->wire.labels_bytes,
		.starts_wall = in->starts_wall,
		.ends_wall = in->wire.ends_wall,
		.updated_wall = m->wall,
		.expires_at = expires_at(m, in->wire.ends_wall),
		.source = m->source,
		.timeout = in->wire.timeout,
		.heard = m->intake->graces,
	};
	if (m->pack == NULL || alert.number % PACK_ALERTS == 0)
		m->pack = pack_find(m->intake, alert.number / PACK_ALERTS);
	return alert_add(m->intake, m->pack, &alert, in->tag);
}

static void
change(struct merging *m, struct alert *alert, const struct incoming *in)
{
	if (!in->same) {
		body_let_go(m->intake, (struct kept_body){ alert->head, alert->url });
		alert->head = in->kept.head;
		alert->url = in->kept.url;
	}
	m->intake->of_source[alert->source].active--;
	m->intake->of_source[m->source].active++;
	alert->source = m->source;
	/* What ends before the other was to begin has nothing to do with it. */
	refresh(m, alert, &in->wire, in->wire.ends_wall <= alert->starts_wall);
	alert->starts_wall = in->starts_wall;
}

static void
apply(struct merging *m, struct alert_change *changes)
{
	struct intake *intake = m->intake;
	size_t n = 0;
	for (size_t i = 0; i < m->n; i++) {
		struct incoming *in = &m->in[i];
		if (i + AHEAD < m->n && in[AHEAD].kind == CHANGE_FIRED)
			order_prefetch(&intake->order, in[AHEAD].wire.fingerprint);
		if (in->kind == 0) {
			if (in->slot != SLOT_NONE && !in->superseded)
				refresh(m, &intake->alert[in->slot], &in->wire, false);
			continue;
		}
		if (in->kind == CHANGE_FIRED)
			in->slot = fire(m, in);
		else if (in->kind == CHANGE_CHANGED)
			change(m, &intake->alert[in->slot], in);

		const struct alert *alert = &intake->alert[in->slot];
		bool resolved = in->kind == CHANGE_RESOLVED;
		changes[n] = (struct alert_change){
			.alert = alert->number,
			.kind = (enum change_kind)in->kind,
			.incident = alert->incident,
			.fingerprint = alert->fingerprint,
			.starts_wall = in->starts_wall,
			.ends_wall = resolved ? in->wire.ends_wall : alert->ends_wall,
			.body = resolved ? (str){ NULL, 0 } : in->wire.body,
			.held = alert->held,
		};
		/* It inhibits nobody who fires in this batch. */
		if (resolved)
			inhibition_source_gone(&intake->inhibition, in->slot);
		intake->pending[n++] = in->slot;
	}
	intake->pending_n = n;
	/* Only now: what inhibits an alert may come behind it. */
	hold_fired(intake, changes, n, m->wall);
}

struct merge
intake_merge(struct intake *intake, str wire, str source, msec at, msec wall,
    uint64_t *next_alert, struct arena *arena)
{
	ASSERT(intake->pending_n == 0);
	struct merge ret = { .status = MERGE_MALFORMED };
	struct merging m = { .intake = intake,
		.at = at,
		.wall = wall,
		.number = *next_alert,
		.ret = &ret };
	if (!count(wire, &m.n))
		return ret;

	struct alert_change *changes = arena_new(arena, struct alert_change, m.n);
	struct arena scratch = *arena;
	m.in = arena_new(&scratch, struct incoming, m.n);
	if (!look_up(&m, wire))
		return ret;
	if (m.n > 1)
		supersede(&m, scratch);
	plan(&m);
	m.source = source_index(intake, source);
	uint64_t first_pack = m.number / PACK_ALERTS, end_pack = packs_end(&m);
	reserve(&m);
	apply(&m, changes);
	ASSERT(intake->pending_n == ret.fired + ret.changed + ret.resolved);
	if (ret.refused > 0)
		drop_packs(intake, first_pack, end_pack);
	*next_alert = m.number;
	ret.status = MERGE_OK;
	ret.event = (struct alerts_changed){
		.source = intake->source[m.source],
		.changes = { changes, intake->pending_n },
	};
	return ret;
}

void
intake_settle(struct intake *intake, const struct alerts_changed *event,
    const incident_id *incidents)
{
	const struct alert_change *changes = event->changes.p;
	ASSERT(event->changes.n == intake->pending_n);
	struct pack_state *pack = NULL;
	for (size_t i = 0; i < intake->pending_n; i++) {
		uint32_t slot = intake->pending[i];
		uint64_t number = intake->alert[slot].number;
		ASSERT(number == changes[i].alert);
		if (pack == NULL || pack->id != number / PACK_ALERTS)
			pack = pack_find(intake, number / PACK_ALERTS);
		if (changes[i].kind == CHANGE_RESOLVED) {
			alert_drop(intake, slot);
		} else {
			hold_set(intake, slot, changes[i].held);
			alert_move(intake, slot, incidents[i]);
		}
		bool stays = pack->n > 0;
		pack_touch(intake, pack, intake->seq);
		pack = stays ? pack : NULL;
	}
	intake->pending_n = 0;
}

static struct untouched
behind(const void *array, size_t size, size_t used, size_t all)
{
	return (struct untouched){ (char *)(uintptr_t)array + size * used,
		size * (all - used), size * used };
}

void
intake_untouched(const struct intake *intake, struct untouched ret[INTAKE_UNTOUCHED])
{
	uint32_t used = intake->slots_used, all = intake->alerts_max;
	const struct order *order = &intake->order;
	ret[0] = pool_untouched(intake->pool);
	ret[1] = behind(intake->alert, sizeof(*intake->alert), used, all);
	ret[2] = behind(intake->signature, sizeof(*intake->signature), used, all);
	ret[3] = behind(order->chunk_of, sizeof(*order->chunk_of), used, all);
	ret[4] =
	    behind(order->chunk, sizeof(*order->chunk), order->used, order->chunks_max);
}

uint64_t
intake_active(const struct intake *intake)
{
	return intake->active;
}

str
intake_source(const struct intake *intake, uint16_t source)
{
	ASSERT(source < intake->source_n);
	return intake->source[source];
}
