/*
 * within: how often something may be done, on how many hosts, beside what.
 *
 *	within: {per_service: 3 in 1h, per_target: 1 in 30m, per_actor: 10 in 1d, at_once: 1,
 *	         targets: 30% in 1h, keep_healthy: 60%, spacing: 10m, not_beside: [scale-in]}
 */
#include "model/rules.h"

#define AT_ONCE_MAX 100000

/* Whether hosts of the service can be what the rule is about. A host may stand in another
 * environment than its service: that says nothing here. */
static bool
may_be_on(const struct scope *on, const struct service *service)
{
	bool named = on->services.n == 0, in = on->systems.n == 0;
	for (size_t i = 0; i < on->services.n; i++)
		named = named || str_eq(on->services.p[i], service->name);
	for (size_t i = 0; i < on->systems.n; i++)
		in = in || str_eq(on->systems.p[i], service->system);
	return named && in && (on->tiers == 0 || (on->tiers >> service->tier & 1) != 0);
}

/* Where no service says when it is healthy, everything would be refused. */
static void
check_healthy(struct reader *r, const struct node *node, const struct rule *rule)
{
	bool covered = false;
	for (size_t i = 0; i < r->model->services_n; i++) {
		const struct service *service = &r->model->services[i];
		if (!may_be_on(&rule->on, service))
			continue;
		if (service->healthy != NULL)
			return;
		covered = true;
	}
	if (covered && !r->incomplete)
		read_error_key(r, node,
		    STR("add healthy: {http: \"http://${target}/health\", expect: status "
			"== "
			"200} to the service"),
		    "no service that this is about says when it is 'healthy'");
}

static void
read_keep_healthy(struct reader *r, const struct node *node, struct rule *rule)
{
	if (!read_share(r, node, &rule->keep_healthy))
		return;
	if (rule->keep_healthy.percent == 100)
		read_error(r, node, STR("write at most 99%"),
		    "the host that is acted on is never among those that stay healthy");
	check_healthy(r, node, rule);
}

void
read_within(struct reader *r, const struct node *node, const struct vocabulary *v,
    struct rule *rule)
{
	const struct node *per_service = NULL, *per_target = NULL, *per_actor = NULL,
			  *at_once = NULL, *targets = NULL, *keep_healthy = NULL,
			  *spacing = NULL, *not_beside = NULL;
	const struct key keys[] = {
		{ "per_service", &per_service },
		{ "per_target", &per_target },
		{ "per_actor", &per_actor },
		{ "at_once", &at_once },
		{ "targets", &targets },
		{ "keep_healthy", &keep_healthy },
		{ "spacing", &spacing },
		{ "not_beside", &not_beside },
	};
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	if (node->n == 0)
		read_error(r, node, STR("as in {per_service: 3 in 1h, at_once: 1}"),
		    "'within' limits nothing");
	if (per_service != NULL)
		(void)read_rate(r, per_service, &rule->per_service);
	if (per_target != NULL)
		(void)read_rate(r, per_target, &rule->per_target);
	if (per_actor != NULL)
		(void)read_rate(r, per_actor, &rule->per_actor);
	if (at_once != NULL)
		(void)read_u32(r, at_once, 1, AT_ONCE_MAX, &rule->at_once);
	if (targets != NULL)
		(void)read_share_rate(r, targets, &rule->targets, &rule->targets_window_ms);
	if (keep_healthy != NULL)
		read_keep_healthy(r, keep_healthy, rule);
	if (spacing != NULL)
		(void)read_duration(r, spacing, SECOND, DURATION_MS_MAX, &rule->spacing_ms);
	if (not_beside != NULL)
		read_words(r, not_beside, "verb or action", &v->deeds, &rule->not_beside);
}
