/*
 * What is written and means something else than it seems to: a secret in the environment,
 * drills of a runbook that could only act on the service itself, which is in no other
 * environment, and spans of a calendar that lie over each other.
 */
#include "authority/analysing.h"

static void
env_secrets(struct analysing *a)
{
	for (const struct env_secret *s = a->model->env_secrets; s != NULL; s = s->next)
		found_add(a,
		    &(struct found){ .kind = FOUND_SECRET,
			.place = s->place,
			.text = arena_printf(a->arena,
			    "'%.*s' is read from the server's environment: whoever may "
			    "look "
			    "into its process, and what it starts by mistake, can read it",
			    STR_ARG(s->reference)),
			.mend = arena_printf(a->arena,
			    "cred:%.*s, as a credential of systemd, or file:/path of a "
			    "file "
			    "that its owner alone can read",
			    STR_ARG(str_drop(s->reference, 4))) });
}

/* Where a drill of it would be refused. */
static void
drill(struct analysing *a, const struct runbook *runbook)
{
	const struct runbook *in;
	const struct runbook_step *step = runbook_acts_on_itself(a->model, runbook, &in);
	if (step == NULL)
		return;
	str of = in == runbook ? (str){ 0 }
	                       : arena_printf(a->arena, " of runbook %.*s, which it calls,",
				     STR_ARG(in->name));
	found_add(a,
	    &(struct found){ .kind = FOUND_DRILL,
		.place = step->place,
		.text = arena_printf(a->arena,
		    "runbook %.*s is to be drilled in %.*s, but step %.*s%.*s has no "
		    "`targets`: it acts on the service itself, and each drill is refused",
		    STR_ARG(runbook->name), STR_ARG(runbook->drill_in), STR_ARG(step->name),
		    STR_ARG(of)),
		.mend = STR("give the step `targets`, or take `drill` out") });
}

/* Each with the one before it that lasts the longest; both are on all the same. */
static void
overlaps(struct analysing *a, const struct calendar *calendar)
{
	const struct calendar_span *longest = calendar->spans;
	for (size_t i = 1; i < calendar->spans_n; i++) {
		const struct calendar_span *span = &calendar->spans[i];
		msec both = span->until_wall < longest->until_wall ? span->until_wall
		                                                   : longest->until_wall;
		if (span->from_wall < both && both > a->wall)
			found_add(a,
			    &(struct found){ .kind = FOUND_OVERLAP,
				.place = span->place,
				.text = arena_printf(a->arena,
				    "from %.*s to %.*s two spans of '%.*s' are on: this "
				    "one "
				    "and that of line %u",
				    STR_ARG(moment_text(span->from_wall, a->arena)),
				    STR_ARG(moment_text(both, a->arena)),
				    STR_ARG(calendar->name), longest->place.line),
				.mend = STR("end one where the other begins (a local time "
					    "that comes twice begins at the first and ends "
					    "at the last), or make one of them") });
		if (span->until_wall > longest->until_wall)
			longest = span;
	}
}

static bool
names_action(const struct strs *words, const struct action *action)
{
	return strs_has(words, action->verb) || strs_has(words, action->name);
}

/* Some rule keeps `other` from beginning while `action` is under way. */
static bool
kept_back(const struct model *model, const struct action *action,
    const struct action *other)
{
	for (size_t i = 0; i < model->rules_n; i++) {
		const struct rule *rule = &model->rules[i];
		if (rule_covers_action(rule, other) &&
		    names_action(&rule->not_beside, action))
			return true;
	}
	return false;
}

/* The first of its pairs for which it is so. */
static void
one_sided(struct analysing *a, const struct rule *rule)
{
	const struct model *model = a->model;
	for (size_t i = 0; i < model->actions_n; i++) {
		const struct action *action = &model->actions[i];
		if (!rule_covers_action(rule, action))
			continue;
		for (size_t k = 0; k < model->actions_n; k++) {
			const struct action *other = &model->actions[k];
			if (!names_action(&rule->not_beside, other) ||
			    kept_back(model, action, other))
				continue;
			found_add(a,
			    &(struct found){ .kind = FOUND_OVERLAP,
				.place = rule->place,
				.text = arena_printf(a->arena,
				    "'%.*s' keeps %.*s from beginning beside %.*s, and no "
				    "`not_beside` keeps %.*s from beginning beside %.*s",
				    STR_ARG(rule->name), STR_ARG(action->name),
				    STR_ARG(other->name), STR_ARG(other->name),
				    STR_ARG(action->name)),
				.mend =
				    STR("name each in the `not_beside` of the other, where "
					"neither may begin beside the other"),
				.note = true });
			return;
		}
	}
}

void
analyse_written(struct analysing *a)
{
	env_secrets(a);
	for (size_t i = 0; i < a->model->rules_n; i++)
		one_sided(a, &a->model->rules[i]);
	for (size_t i = 0; i < a->model->runbooks_n; i++) {
		if (a->model->runbooks[i].drill_every_ms > 0)
			drill(a, &a->model->runbooks[i]);
	}
	for (size_t i = 0; i < a->model->calendars_n; i++)
		overlaps(a, &a->model->calendars[i]);
}
