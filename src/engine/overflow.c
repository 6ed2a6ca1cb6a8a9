/*
 * overflow -- alerts that were refused: the sender is answered, it is counted, and a person is
 * told who or what it is, and which label makes so many of it.
 *
 * One telling an episode: it begins with the first refusal for that reason and that source
 * (or alertname) and is over when nothing was refused for OVERFLOW_OVER_MS. While it goes on
 * the incident is told again now and then, so that it stays open; when the last episode is
 * over, the incident is told that too and closes.
 */
#include "engine/state.h"
#include "os/clock.h"

#define AGAIN_MAX_S 60
#define EXAMPLE_BYTES_MAX 100

struct refusal_reason {
	uint32_t status;
	const char *key; /* the limit */
};

static const struct refusal_reason reasons[REFUSAL_KINDS] = {
	[REFUSAL_FULL] = { 503, "limits.alerts" },
	[REFUSAL_SOURCE] = { 429, "limits.alerts_per_source" },
	[REFUSAL_ALERTNAME] = { 429, "limits.alerts_per_alertname" },
	[REFUSAL_RATE] = { 429, "limits.alert_rate_per_source" },
};

/* ---- episodes ---- */

static struct overflow *
find(struct overflows *all, enum refusal why, str name)
{
	for (size_t i = 0; i < all->n; i++) {
		struct overflow *o = &all->item[i];
		if (o->why == why && str_eq((str){ o->name, o->name_n }, name))
			return o;
	}
	return NULL;
}

static struct overflow *
begin(struct overflows *all, enum refusal why, str name)
{
	size_t at = all->n;
	if (all->n < OVERFLOWS_MAX) {
		all->n++;
	} else {
		at = 0;
		for (size_t i = 1; i < all->n; i++)
			at = all->item[i].last < all->item[at].last ? i : at;
	}
	struct overflow *o = &all->item[at];
	*o = (struct overflow){ .why = why, .name_n = name.n };
	if (name.n > 0)
		memcpy(o->name, name.p, name.n);
	return o;
}

/* ---- what is told ---- */

static str
cut_to(str s, size_t max)
{
	return str_take(s, s.n < max ? s.n : max);
}

static str
who_text(enum refusal why, str name, struct arena *arena)
{
	if (why == REFUSAL_FULL)
		return STR("");
	return arena_printf(arena, " by %s '%.*s'",
	    why == REFUSAL_ALERTNAME ? "alertname" : "source", STR_ARG(name));
}

static str
state_text(struct engine *engine, enum refusal why, str name, struct arena *arena)
{
	uint64_t active = 0;
	switch (why) {
	case REFUSAL_FULL:
		active = intake_active(engine->intake);
		break;
	case REFUSAL_SOURCE:
		active = intake_active_of(engine->intake, name);
		break;
	case REFUSAL_ALERTNAME:
		active = intake_active_named(engine->intake, name);
		break;
	case REFUSAL_RATE:
		return STR("what is new or changed beyond it is refused with 429");
	case REFUSAL_KINDS:
		UNREACHABLE();
	}
	return arena_printf(arena, "new ones are refused with %u while %llu are active",
	    reasons[why].status, (unsigned long long)active);
}

/* Which label does it? Empty where no label stands out. */
static str
label_text(struct engine *engine, enum refusal why, str source, str name,
    struct arena *arena)
{
	bool named = why == REFUSAL_ALERTNAME;
	struct spread s = intake_spread(engine->intake, named ? STR("") : source, name,
	    core_next_alert(engine->core), arena);
	if (s.many_names)
		return arena_printf(arena,
		    ": the newest %zu alerts have over %d different labels", s.alerts,
		    SPREAD_NAMES);
	if (s.values < 2)
		return STR("");
	return arena_printf(arena,
	    ": label '%.*s' has %zu values in the newest %zu alerts, like '%.*s'",
	    STR_ARG(s.label), s.values, s.alerts,
	    STR_ARG(cut_to(s.example, EXAMPLE_BYTES_MAX)));
}

static void
tell(struct engine *engine, enum refusal why, str source, str name)
{
	struct arena scratch = engine->batch.arena;
	str state = state_text(engine, why, name, &scratch);
	str who = who_text(why, name, &scratch);
	str label = label_text(engine, why, source, name, &scratch);
	struct event event = { .kind = EVENT_SELF };
	event.self = (struct self){ .kind = SELF_OVERFLOW,
		.subject = source,
		.text = arena_printf(&scratch, "%s is reached%.*s%.*s; %.*s",
		    reasons[why].key, STR_ARG(who), STR_ARG(label), STR_ARG(state)) };
	engine->batch.arena = scratch; /* the step's own memory begins behind */
	batch_step(engine, &event);
}

static void
note(struct engine *engine, enum refusal why, str source, str name)
{
	struct overflows *all = &engine->overflows;
	msec now = clock_boot();
	name = cut_to(name, OVERFLOW_NAME_MAX);
	struct overflow *o = find(all, why, name);
	if (o == NULL)
		o = begin(all, why, name);
	o->last = now;
	if (o->told != 0 && now - o->told < OVERFLOW_AGAIN_MS)
		return;
	o->told = now;
	tell(engine, why, source, name);
}

void
overflows_look(struct engine *engine)
{
	struct overflows *all = &engine->overflows;
	msec now = clock_boot();
	for (size_t i = 0; i < all->n;) {
		struct overflow over = all->item[i];
		if (now - over.last < OVERFLOW_OVER_MS) {
			i++;
			continue;
		}
		all->item[i] = all->item[--all->n];
		engine_log(engine, LOG_INFO, "%s: nothing was refused for %u min: '%.*s'",
		    reasons[over.why].key, (unsigned)(OVERFLOW_OVER_MS / MINUTE),
		    (int)over.name_n, over.name);
		if (all->n > 0)
			continue;
		struct event event = { .kind = EVENT_SELF };
		event.self = (struct self){ .kind = SELF_OVERFLOW,
			.subject = str_of(reasons[over.why].key),
			.text = STR("no alert was refused any more: it is over"),
			.over = true };
		batch_step(engine, &event);
	}
}

/* ---- the sender ---- */

/* The strictest of what it ran into, in the order of `enum refusal`. */
static enum refusal
main_reason(const struct merge *merge)
{
	for (enum refusal why = 0; why < REFUSAL_KINDS; why++) {
		if (merge->refused_for[why] > 0)
			return why;
	}
	UNREACHABLE();
}

static str
lost_text(size_t refused, size_t all, struct arena *arena)
{
	if (all == 1)
		return STR("the alert was not kept");
	if (refused == all)
		return arena_printf(arena, "none of the %zu alerts was kept", all);
	return arena_printf(arena, "%zu of %zu alerts %s not kept, the other%s", refused,
	    all, refused == 1 ? "was" : "were", all - refused == 1 ? " was" : "s were");
}

static uint32_t
again_s(struct engine *engine, enum refusal why, const struct merge *merge)
{
	if (why == REFUSAL_FULL)
		return 0;
	const struct model *model = configs_newest(&engine->configs, engine->core);
	uint64_t rate = model != NULL ? model->limits.alert_rate_per_source : 0;
	if (why != REFUSAL_RATE || rate == 0)
		return AGAIN_MAX_S;
	uint64_t s = merge->refused_for[why] / rate + 1;
	return s < AGAIN_MAX_S ? (uint32_t)s : AGAIN_MAX_S;
}

void
overflow_answer(struct engine *engine, uint64_t id, str source, const struct merge *merge)
{
	struct arena scratch = engine->batch.arena;
	enum refusal why = main_reason(merge);
	size_t all = merge->fired + merge->changed + merge->resolved + merge->unchanged +
	             merge->refused;
	str name = why == REFUSAL_ALERTNAME ? merge->alertname
	           : why == REFUSAL_FULL    ? STR("")
	                                    : source;
	str state = state_text(engine, why, name, &scratch);
	str who = who_text(why, name, &scratch);
	str lost = lost_text(merge->refused, all, &scratch);
	struct answer answer = { .status = reasons[why].status,
		.exit = 1,
		.seq = engine->head.seq,
		.again_s = again_s(engine, why, merge),
		.error =
		    arena_printf(&scratch, "%.*s: %s is reached%.*s: %.*s; send %s again",
			STR_ARG(lost), reasons[why].key, STR_ARG(who), STR_ARG(state),
			merge->refused == 1 ? "it" : "them") };
	frame_record(&engine->batch.to_gate, FRAME_ANSWER, id, &answer_type, &answer);
	for (enum refusal k = 0; k < REFUSAL_KINDS; k++) {
		engine->n.alerts_refused[k] += merge->refused_for[k];
		if (merge->refused_for[k] > 0)
			note(engine, k, source,
			    k == REFUSAL_ALERTNAME ? merge->alertname
			    : k == REFUSAL_FULL    ? STR("")
						   : source);
	}
}
