/*
 * Facts that an action of ours has moved since they were read.
 *
 *	a live value	void when anything on the service began or ended after its probe went
 *			out. Not known while what may change it is under way there
 *	health		void when anything on a host of the group, or on the service itself,
 *			ended since: it was counted as ill, or was not there yet. What began and
 *			goes on makes nothing void, since authority counts it as ill meanwhile
 *
 * Void facts are asked for anew, ASKED_ROUNDS_MAX times in a row. What then still would be
 * allowed by them is judged as if nobody knew them. So it is what was asked that counts, not
 * when the answer came.
 */
#include "authority/uses.h"
#include "core/state.h"

static bool
has_facts(const struct asked_row *row, bool health)
{
	const struct asked_probe *p = row->probes.p;
	if (health ? row->given.health_known : row->given.observed.n > 0)
		return true;
	for (size_t i = 0; i < row->probes.n; i++) {
		if (p[i].health == health)
			return true;
	}
	return false;
}

/* Of one service; what is no host is the service itself, or gone: any group's. */
static bool
same_group(const struct core *core, str a, str b)
{
	const struct names *hosts = &core->newest->model->host_by_name;
	const struct host *one = names_get(hosts, a), *other = names_get(hosts, b);
	return one == NULL || other == NULL ||
	       (str_eq(one->role, other->role) &&
		   str_eq(one->environment, other->environment));
}

void
asked_moved(struct core *core, const struct grant_use_row *use, row_id own)
{
	bool ended = use->state != USE_HELD;
	list_each(it, &core->tables[TABLE_ASKED])
	{
		struct asked *asked =
		    container_of(object_of(it, in_table), struct asked, o);
		struct asked_row *row = &asked->row;
		if (!asked_open(asked) || row->id == own ||
		    !str_eq(row->service, use->service))
			continue;
		if (!has_facts(row, false) &&
		    !(ended && has_facts(row, true) &&
			same_group(core, row->target, use->target)))
			continue;
		row->facts_moved = use->id;
		object_touch(core, &asked->o);
	}
}

/* What is under way there and may change what is live: it has a live value, or is called the
 * same. Two hosts are two things. */
static const struct grant_use_row *
under_way(const struct core *core, const struct asked_row *row)
{
	uses_each(it, &core->uses.held)
	{
		struct authority_use *held =
		    container_of(it, struct authority_use, in_held);
		const struct grant_use_row *use =
		    &container_of(held, struct grant_use, use)->row;
		const struct action *action =
		    model_action(core->newest->model, use->action);
		bool there = str_eq(use->target, row->target) ||
		             str_eq(use->target, row->service) ||
		             str_eq(row->target, row->service);
		if (there && str_eq(use->service, row->service) &&
		    (str_eq(use->verb, row->verb) ||
			(action != NULL && action->observe_n > 0)))
			return use;
	}
	return NULL;
}

str
asked_doubt(struct core *core, struct asked *asked, bool *ret_turn)
{
	struct asked_row *row = &asked->row;
	bool live = row->given.observed.n > 0;
	const struct grant_use_row *use = live ? under_way(core, row) : NULL;
	*ret_turn = use != NULL;
	if (use != NULL) {
		row->facts_moved = use->id; /* read again when its turn comes */
		return text_make(core,
		    "%.*s on %.*s is under way: what is live there may change any moment",
		    STR_ARG(use->action), STR_ARG(use->target));
	}
	if (row->facts_moved == 0 || !(live || row->given.health_known))
		return (str){ 0 };
	const struct grant_use *moved =
	    object_find(core, TABLE_GRANT_USE, row->facts_moved);
	str what = moved == NULL
	               ? STR("another action")
	               : text_make(core, "%.*s on %.*s", STR_ARG(moved->row.action),
			     STR_ARG(moved->row.target));
	return text_make(core,
	    "what it is judged by did not stay as it was read: %.*s began or ended since, "
	    "and it was read %u time%s",
	    STR_ARG(what), row->facts_rounds + 1, row->facts_rounds == 0 ? "" : "s");
}
