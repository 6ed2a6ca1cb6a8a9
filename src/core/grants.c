/*
 * Grants that end, and exceptions by which developers are told of incidents. Each has an
 * end, so that nobody holds for ever what was meant for a time; one that ends unseen leaves a
 * runbook without its action at night, or an escalation without its last tier. Its owner is
 * told once for each end, GRANT_WARN_MS ahead, and a gap stands until it is prolonged or
 * taken out: first that it ends, then that it has ended. That the gap is there with this end
 * is how we know that its owner was told.
 *
 * Looked for whenever a configuration is adopted, and every day at nine in the morning where
 * the team works that answers for everything.
 */
#include "core/state.h"
#include "model/policy.h"

#define GRANT_WARN_MS (14 * DAY)
#define GRANT_GAPS_MAX 256 /* more than these are not told of at once */
#define LINES_TOLD 50
#define LINES_BYTES (15 * 1024) /* of those lines: the others are counted */
#define LOOK_HOUR 9

/* A grant, or an exception by which developers are told of incidents. */
struct ending {
	enum gap_kind gap;
	size_t at; /* in their order */
	str name;
	const struct team *team; /* of the exception */
	const struct person *owner;
	msec until_wall;
	struct place place;
};

/* Over all of them: rules, then tiers. */
struct endings {
	const struct core *core;
	size_t at, rule, team, policy, tier;
};

static bool
ends_soon(const struct core *core, msec until_wall)
{
	return core->wall + GRANT_WARN_MS >= until_wall;
}

static bool
next_grant(struct endings *e, struct ending *ret)
{
	const struct model *model = e->core->newest->model;
	while (e->rule < model->rules_n) {
		const struct rule *rule = &model->rules[e->rule++];
		if (rule->kind != RULE_GRANT || !ends_soon(e->core, rule->until_wall))
			continue;
		*ret = (struct ending){ .gap = GAP_GRANT_ENDS,
			.at = e->at++,
			.name = rule->name,
			.owner = rule->owner,
			.until_wall = rule->until_wall,
			.place = rule->place };
		return true;
	}
	return false;
}

/* The next tier of any policy of any team; NULL: none is left. */
static const struct tier *
next_tier(struct endings *e, const struct team **ret_team)
{
	const struct model *model = e->core->newest->model;
	for (; e->team < model->teams_n; e->team++, e->policy = 0) {
		const struct team *team = &model->teams[e->team];
		for (; e->policy < team->policies_n; e->policy++, e->tier = 0) {
			const struct policy *policy = &team->policies[e->policy];
			*ret_team = team;
			if (e->tier < policy->tier_n)
				return &policy->tiers[e->tier++];
		}
	}
	return NULL;
}

static bool
next_ending(struct endings *e, struct ending *ret)
{
	if (next_grant(e, ret))
		return true;
	const struct team *team;
	for (const struct tier *tier; (tier = next_tier(e, &team)) != NULL;) {
		const struct exception *exception = tier->exception;
		if (exception == NULL || !ends_soon(e->core, exception->until_wall))
			continue;
		*ret = (struct ending){ .gap = GAP_EXCEPTION_ENDS,
			.at = e->at++,
			.name = exception->team->name,
			.team = team,
			.owner = exception->owner,
			.until_wall = exception->until_wall,
			.place = exception->place };
		return true;
	}
	return false;
}

static str
subject_of(struct core *core, const struct ending *ending)
{
	if (ending->team != NULL)
		return text_make(core, "%.*s in %.*s", STR_ARG(ending->name),
		    STR_ARG(ending->team->name));
	return text_line(core, ending->name, TITLE_MAX);
}

/* Of those with the same name the one that ends first stands for all. */
static bool
stands_for_all(const struct core *core, const struct ending *ending)
{
	struct endings all = { .core = core };
	for (struct ending other; next_ending(&all, &other);) {
		bool sooner = other.until_wall != ending->until_wall
		                  ? other.until_wall < ending->until_wall
		                  : other.at < ending->at;
		if (sooner && other.gap == ending->gap && other.team == ending->team &&
		    str_eq(other.name, ending->name))
			return false;
	}
	return true;
}

/* As it is written: the day that is the last one, of UTC. */
static str
last_day(struct core *core, const struct ending *ending)
{
	return str_take(text_when(core, ending->until_wall - 1), 10);
}

static str
sentence(struct core *core, const struct ending *ending, bool over)
{
	str until = last_day(core, ending);
	if (ending->team != NULL)
		return text_line(core,
		    text_make(core,
			over ? "the exception for %.*s in %.*s ended with %.*s: they are "
			       "told of nothing any more"
			     : "the exception for %.*s in %.*s ends with %.*s: after that "
			       "they are told of nothing",
			STR_ARG(ending->name), STR_ARG(ending->team->name), STR_ARG(until)),
		    TIMELINE_TEXT_MAX);
	return text_line(core,
	    text_make(core,
		over ? "grant '%.*s' ended with %.*s: it allows nothing any more"
		     : "grant '%.*s' ends with %.*s: after that it allows nothing",
		STR_ARG(ending->name), STR_ARG(until)),
	    TIMELINE_TEXT_MAX);
}

/* True: its owner has not been told of this end. */
static bool
note(struct core *core, const struct ending *ending)
{
	bool over = core->wall >= ending->until_wall;
	str subject = subject_of(core, ending), words = sentence(core, ending, over);
	const struct gap_row *gap = gap_find(core, ending->gap, subject);
	if (gap != NULL && str_eq(gap->text, words))
		return false;
	bool told = gap != NULL && str_eq(gap->text, sentence(core, ending, false));
	gap_add(core, ending->gap, subject, ending->owner->id, NULL, words);
	/* Without a gap of its own nobody would know that it was told. */
	return !told && gap_find(core, ending->gap, subject) != NULL;
}

static bool
still_ends(struct core *core, const struct gap_row *gap)
{
	struct endings all = { .core = core };
	for (struct ending ending; next_ending(&all, &ending);) {
		struct arena mark = core->scratch;
		bool same = ending.gap == gap->kind &&
		            str_eq(subject_of(core, &ending), gap->subject);
		core->scratch = mark;
		if (same)
			return true;
	}
	return false;
}

/* Prolonged, or taken out. */
static void
close_others(struct core *core)
{
	list_each_safe(it, &core->tables[TABLE_GAP])
	{
		const struct gap *gap =
		    container_of(object_of(it, in_table), struct gap, o);
		if ((gap->row.kind == GAP_GRANT_ENDS ||
			gap->row.kind == GAP_EXCEPTION_ENDS) &&
		    !still_ends(core, &gap->row))
			gap_close(core, gap->row.kind, gap->row.subject);
	}
}

/* One notice to an owner, of all that end. */
static void
tell(struct core *core, const struct person *owner, const struct ending *endings, size_t n)
{
	struct buf out = BUF(16 * 1024);
	const struct ending *first = NULL;
	size_t mine = 0, told = 0;
	for (size_t i = 0; i < n; i++) {
		const struct ending *ending = &endings[i];
		if (ending->owner != owner)
			continue;
		struct arena mark = core->scratch;
		str words = sentence(core, ending, core->wall >= ending->until_wall);
		str line = text_make(core, "  %.*s (%.*s:%u)\n", STR_ARG(words),
		    STR_ARG(ending->place.file), ending->place.line);
		if (told < LINES_TOLD && buf_str(&out).n + line.n <= LINES_BYTES) {
			buf_add(&out, line);
			told++;
		}
		mine++;
		core->scratch = mark;
		first = first == NULL ? ending : first;
	}
	if (mine > told)
		buf_printf(&out, "  and %zu more\n", mine - told);
	str until = last_day(core, first);
	str subject = text_make(core, "[grants] %zu of your grants end", mine);
	if (mine == 1)
		subject = text_make(core, "[%s] '%.*s' ends with %.*s",
		    first->team != NULL ? "exceptions" : "grants",
		    STR_ARG(subject_of(core, first)), STR_ARG(until));
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	recipients_person(to, owner);
	/* Joined by hand: a formatted text is cut. */
	struct buf text = BUF(17 * 1024);
	buf_add(&text, STR("You are the owner of:\n\n"));
	buf_add(&text, buf_str(&out));
	buf_add(&text,
	    STR("\nWrite a later `until` where it is still wanted, else take it out.\n\n"
		"You may:\n  firstline gaps    (what else is missing)\n"));
	notices_tell(core, to,
	    &(struct notice_words){ .subject = text_line(core, subject, 400),
		.text = arena_str(&core->scratch, buf_str(&text)) });
	buf_done(&out);
	buf_done(&text);
}

static bool
was_before(const struct ending *endings, size_t n, const struct person *owner)
{
	for (size_t i = 0; i < n; i++) {
		if (endings[i].owner == owner)
			return true;
	}
	return false;
}

/* In a store that is new the wall clock may be anything: bounded. */
static msec
next_look(const struct core *core)
{
	const struct zone *zone = core->newest->model->fallback->zone;
	int64_t now = (int64_t)(core->wall / SECOND);
	struct civil civil = zone_civil(zone, now);
	if (civil.hour >= LOOK_HOUR)
		civil = zone_civil(zone, now + 24 * 3600);
	civil.hour = LOOK_HOUR;
	civil.minute = civil.second = 0;
	int64_t then = zone_instant(zone, &civil, ZONE_START);
	bool usual = then > now && then - now <= 2 * 24 * 3600;
	return core->at + (usual ? (msec)(then - now) * SECOND : DAY);
}

/* Is there anything to look for, whenever it ends? */
static bool
is_any(const struct core *core)
{
	const struct model *model = core->newest->model;
	for (size_t i = 0; i < model->rules_n; i++) {
		if (model->rules[i].kind == RULE_GRANT)
			return true;
	}
	struct endings all = { .core = core };
	const struct team *team;
	for (const struct tier *tier; (tier = next_tier(&all, &team)) != NULL;) {
		if (tier->exception != NULL)
			return true;
	}
	return false;
}

void
grants_look(struct core *core)
{
	struct ending *fresh = arena_new(&core->scratch, struct ending, GRANT_GAPS_MAX);
	size_t fresh_n = 0, noted = 0;
	close_others(core);
	struct endings all = { .core = core };
	for (struct ending ending; noted < GRANT_GAPS_MAX && next_ending(&all, &ending);) {
		if (!stands_for_all(core, &ending))
			continue;
		noted++;
		if (note(core, &ending))
			fresh[fresh_n++] = ending;
	}
	for (size_t i = 0; i < fresh_n; i++) {
		if (!was_before(fresh, i, fresh[i].owner))
			tell(core, fresh[i].owner, fresh, fresh_n);
	}
	core->control->row.grants_at = is_any(core) ? next_look(core) : 0;
	object_touch(core, &core->control->o);
	heap_set(&core->timers, &core->control->o, control_due(core));
}
