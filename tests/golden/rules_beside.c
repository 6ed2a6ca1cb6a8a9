#include "rules_beside.h"

#define NAME STR("beside")

const char beside_yaml[] =
    "people:\n  beside: {reach: [pager]}\n"
    "teams:\n"
    "  beside:\n"
    "    kind: operations\n"
    "    lead: beside\n"
    "    on_call:\n"
    "      zone: UTC\n"
    "      rotations: [{name: turns, people: [beside], handover: 'Mon 09:00'}]\n"
    "      escalate: [{to: turns}]\n"
    "services:\n  beside: {owner: beside, tier: 1}\n"
    "hosts:\n  beside-1: {service: beside}\n"
    "actions:\n  beside: {verb: beside, run: [beside]}\n"
    "calendars:\n"
    "  beside: {zone: UTC, weekly: [{days: mon, from: '10:00', until: '11:00'}]}\n"
    "authority:\n  - {prohibit: beside, may: any, until: 2027-06-30}\n";

const char beside_runbook[] =
    "---\nrunbook: beside\nservice: beside\nceiling: suggest\n---\n"
    "# Beside\n"
    "```verify up\nhttp: 'http://127.0.0.1:8080/'\n"
    "expect: status == 200\nwithin: 2m\n```\n";

/* Else the first. */
static const struct action *
first_that_is_taken_back(const struct model *model)
{
	for (size_t i = 0; i < model->actions_n; i++) {
		if (model->actions[i].undo != NULL)
			return &model->actions[i];
	}
	return &model->actions[0];
}

void
beside_cut(struct model *model)
{
	struct person *person = &model->people[--model->people_n];
	struct team *team = &model->teams[--model->teams_n];
	struct service *service = &model->services[--model->services_n];
	struct host *host = &model->hosts[--model->hosts_n];
	struct action *action = &model->actions[--model->actions_n];
	const struct rule *rule = &model->rules[--model->rules_n];
	const struct calendar *calendar = &model->calendars[--model->calendars_n];
	struct runbook *runbook = &model->runbooks[--model->runbooks_n];
	ASSERT(str_eq(person->id, NAME) && str_eq(team->name, NAME));
	ASSERT(str_eq(service->name, NAME) && str_eq(host->name, STR("beside-1")));
	ASSERT(str_eq(action->name, NAME) && str_eq(rule->name, NAME));
	ASSERT(str_eq(calendar->name, NAME) && str_eq(runbook->name, NAME));
	*service = model->services[0];
	service->name = NAME;
	if (model->hosts_n > 0)
		*host = model->hosts[0];
	host->name = NAME;
	*action = *first_that_is_taken_back(model);
	action->name = NAME;
	if (model->runbooks_n > 0)
		*runbook = model->runbooks[0];
	runbook->name = NAME;
}
