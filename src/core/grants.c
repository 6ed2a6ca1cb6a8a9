/*
 * Grants that end. Every grant has an end, so that nobody holds for ever what was meant for
 * a time; one that ends unseen leaves a runbook without its action at night. Its owner is
 * told once for each end, GRANT_WARN_MS ahead, and a gap stands until the grant is prolonged
 * or taken out: first that it ends, then that it has ended. That the gap is there with this
 * end is how we know that its owner was told.
 *
 * Looked for whenever a configuration is adopted, and every day at nine in the morning where
 * the team works that answers for everything.
 */
#include "core/state.h"

#define GRANT_WARN_MS (14 * DAY)
#define GRANT_GAPS_MAX 256 /* more than these are not told of at once */
#define LOOK_HOUR 9

static bool
ends_soon(const struct core *core, const struct rule *rule)
{
	return rule->kind == RULE_GRANT && rule->has_end &&
	       core->wall + GRANT_WARN_MS >= rule->until_wall;
}

static str
subject_of(struct core *core, const struct rule *rule)
{
	return text_line(core, rule->name, TITLE_MAX);
}

/* Of grants with the same sentence the one that ends first stands for all. */
static bool
stands_for_all(const struct core *core, const struct rule *rule)
{
	const struct model *model = core->newest->model;
	for (size_t i = 0; i < model->rules_n; i++) {
		const struct rule *other = &model->rules[i];
		bool sooner = other->until_wall != rule->until_wall
		                  ? other->until_wall < rule->until_wall
		                  : other < rule;
		if (other != rule && sooner && ends_soon(core, other) &&
		    str_eq(other->name, rule->name))
			return false;
	}
	return true;
}

/* As it is written: the day that is the last one, of UTC. */
static str
last_day(struct core *core, const struct rule *rule)
{
	return str_take(text_wall(core, rule->until_wall - 1), 10);
}

static str
sentence(struct core *core, const struct rule *rule, bool over)
{
	str until = last_day(core, rule);
	return text_line(core,
	    text_make(core,
		over ? "grant '%.*s' ended with %.*s: it allows nothing any more"
		     : "grant '%.*s' ends with %.*s: after that it allows nothing",
		STR_ARG(rule->name), STR_ARG(until)),
	    TIMELINE_TEXT_MAX);
}

/* True: its owner has not been told of this end. */
static bool
note(struct core *core, const struct rule *rule)
{
	bool over = core->wall >= rule->until_wall;
	str subject = subject_of(core, rule), words = sentence(core, rule, over);
	const struct gap_row *gap = gap_find(core, GAP_GRANT_ENDS, subject);
	if (gap != NULL && str_eq(gap->text, words))
		return false;
	bool told = gap != NULL && str_eq(gap->text, sentence(core, rule, false));
	gap_add(core, GAP_GRANT_ENDS, subject, rule->owner->id, NULL, words);
	/* Without a gap of its own nobody would know that it was told. */
	return !told && gap_find(core, GAP_GRANT_ENDS, subject) != NULL;
}

/* Prolonged, or taken out. */
static void
close_others(struct core *core)
{
	const struct model *model = core->newest->model;
	list_each_safe(it, &core->tables[TABLE_GAP])
	{
		const struct gap *gap =
		    container_of(object_of(it, in_table), struct gap, o);
		if (gap->row.kind != GAP_GRANT_ENDS)
			continue;
		struct arena mark = core->scratch;
		size_t i = 0;
		while (i < model->rules_n &&
		       !(ends_soon(core, &model->rules[i]) &&
			   str_eq(subject_of(core, &model->rules[i]), gap->row.subject)))
			i++;
		if (i == model->rules_n)
			gap_close(core, GAP_GRANT_ENDS, gap->row.subject);
		core->scratch = mark;
	}
}

/* One notice to an owner, of all that end. */
static void
tell(struct core *core, const struct person *owner, const struct rule *const *rules,
    size_t n)
{
	struct buf out = BUF(16 * 1024);
	const struct rule *first = NULL;
	size_t mine = 0;
	for (size_t i = 0; i < n; i++) {
		if (rules[i]->owner != owner)
			continue;
		struct arena mark = core->scratch;
		str words = sentence(core, rules[i], core->wall >= rules[i]->until_wall);
		if (mine++ < 50)
			buf_printf(&out, "  %.*s (%.*s:%u)\n", STR_ARG(words),
			    STR_ARG(rules[i]->place.file), rules[i]->place.line);
		core->scratch = mark;
		first = first == NULL ? rules[i] : first;
	}
	if (mine > 50)
		buf_printf(&out, "  and %zu more\n", mine - 50);
	str until = last_day(core, first);
	str subject = mine == 1 ? text_make(core, "[grants] '%.*s' ends with %.*s",
				      STR_ARG(first->name), STR_ARG(until))
	                        : text_make(core, "[grants] %zu of your grants end", mine);
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
was_before(const struct rule *const *rules, size_t n, const struct person *owner)
{
	for (size_t i = 0; i < n; i++) {
		if (rules[i]->owner == owner)
			return true;
	}
	return false;
}

/* In a store that is new the wall clock may be anything: bounded. */
static msec
next_look(const struct core *core)
{
	const struct zone *zone = core->newest->model->fallback->zone;
	zone = zone != NULL ? zone : zone_utc();
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

void
grants_look(struct core *core)
{
	const struct model *model = core->newest->model;
	const struct rule **fresh =
	    arena_new(&core->scratch, const struct rule *, GRANT_GAPS_MAX);
	size_t fresh_n = 0, noted = 0;
	bool any = false;
	close_others(core);
	for (size_t i = 0; i < model->rules_n && noted < GRANT_GAPS_MAX; i++) {
		const struct rule *rule = &model->rules[i];
		any = any || rule->kind == RULE_GRANT;
		if (!ends_soon(core, rule) || !stands_for_all(core, rule))
			continue;
		noted++;
		if (note(core, rule))
			fresh[fresh_n++] = rule;
	}
	for (size_t i = 0; i < fresh_n; i++) {
		if (!was_before(fresh, i, fresh[i]->owner))
			tell(core, fresh[i]->owner, fresh, fresh_n);
	}
	core->control->row.grants_at = any ? next_look(core) : 0;
	object_touch(core, &core->control->o);
	heap_set(&core->timers, &core->control->o, control_due(core));
}
