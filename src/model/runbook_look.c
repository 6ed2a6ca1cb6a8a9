/*
 * The steps that look, and the one that waits.
 *
 *	check, verify	a probe with its `expect`, for, every, within, otherwise; check: then
 *	wait		for: 45s
 *			until: {a probe with its `expect`, for, every}, within, otherwise
 */
#include "model/runbook.h"

static void
read_within(struct step_reader *s, const struct node *within, const struct node *hold)
{
	struct runbook_step *step = s->step;
	if (!read_duration(s->r, within, SECOND, STEP_WITHIN_MS_MAX, &step->within_ms))
		return;
	if (step->within_ms < step->for_ms)
		read_error(s->r, within, STR("write a 'within' that is longer than 'for'"),
		    "it cannot hold for %.*s within %.*s", STR_ARG(hold->text),
		    STR_ARG(within->text));
}

static void
read_times(struct step_reader *s, const struct node *hold, const struct node *every,
    const struct node *within)
{
	struct reader *r = s->r;
	struct runbook_step *step = s->step;
	step->every_ms = STEP_EVERY_MS_DEFAULT;
	if (hold != NULL)
		(void)read_duration(r, hold, SECOND, STEP_FOR_MS_MAX, &step->for_ms);
	if (every != NULL)
		(void)read_duration(r, every, SECOND, STEP_EVERY_MS_MAX, &step->every_ms);
	step->within_ms = step->for_ms + STEP_WITHIN_MS_MORE;
	if (within != NULL)
		read_within(s, within, hold);
}

void
step_read_check(struct step_reader *s)
{
	struct probe_nodes n = { 0 };
	const struct node *hold = NULL, *every = NULL, *within = NULL;
	const struct key keys[] = {
		PROBE_KEYS(&n),
		{ "for", &hold },
		{ "every", &every },
		{ "within", &within },
		{ "then", &s->draft->then },
		{ "otherwise", &s->draft->otherwise },
	};
	if (!read_is_map(s->r, s->map, "check"))
		return;
	(void)read_map(s->r, s->map, "check", keys, countof(keys));
	(void)read_probe(s->r, s->map, "this check", &n, s->probe_names, &s->step->probe);
	read_times(s, hold, every, within);
}

void
step_read_verify(struct step_reader *s)
{
	struct probe_nodes n = { 0 };
	const struct node *hold = NULL, *every = NULL, *within = NULL;
	const struct key keys[] = {
		PROBE_KEYS(&n),
		{ "for", &hold },
		{ "every", &every },
		{ "within", &within, .required = true },
		{ "otherwise", &s->draft->otherwise },
	};
	if (!read_is_map(s->r, s->map, "verify"))
		return;
	(void)read_map(s->r, s->map, "verify", keys, countof(keys));
	(void)read_probe(s->r, s->map, "this verify", &n, s->probe_names, &s->step->probe);
	read_times(s, hold, every, within);
}

/* ---- wait ---- */

static void
read_until(struct step_reader *s, const struct node *until, const struct node *within)
{
	struct probe_nodes n = { 0 };
	const struct node *hold = NULL, *every = NULL;
	const struct key keys[] = {
		PROBE_KEYS(&n),
		{ "for", &hold },
		{ "every", &every },
	};
	if (within == NULL)
		read_error_key(s->r, until,
		    STR("add 'within: 10m', and 'otherwise' for then"),
		    "this wait may never end");
	if (!read_is_map(s->r, until, NULL))
		return;
	(void)read_map(s->r, until, NULL, keys, countof(keys));
	(void)read_probe(s->r, until, "this 'until'", &n, s->probe_names, &s->step->probe);
	read_times(s, hold, every, within);
}

static void
needs_until(struct step_reader *s, const struct node *node)
{
	if (node != NULL)
		read_error_key(s->r, node, STR("add 'until: {...}', or remove it"),
		    "'%.*s' means nothing without 'until'", STR_ARG(node->key));
}

void
step_read_wait(struct step_reader *s)
{
	struct reader *r = s->r;
	const struct node *time = NULL, *until = NULL, *within = NULL;
	const struct key keys[] = {
		{ "for", &time },
		{ "until", &until },
		{ "within", &within },
		{ "otherwise", &s->draft->otherwise },
	};
	if (!read_is_map(r, s->map, "wait"))
		return;
	(void)read_map(r, s->map, "wait", keys, countof(keys));
	if (time != NULL && until != NULL)
		read_error_key(r, until,
		    STR("keep one; how long it must hold is written inside of 'until'"),
		    "a wait has 'for' or 'until', not both");
	if (time == NULL && until == NULL)
		read_error_key(r, s->map,
		    STR("add 'for: 45s', or 'until: {...}' and 'within: 10m'"),
		    "'%.*s' waits for nothing", STR_ARG(s->map->key));
	if (until != NULL) {
		read_until(s, until, within);
		return;
	}
	if (time == NULL)
		return;
	needs_until(s, within);
	needs_until(s, s->draft->otherwise);
	(void)read_duration(r, time, SECOND, STEP_FOR_MS_MAX, &s->step->for_ms);
}
