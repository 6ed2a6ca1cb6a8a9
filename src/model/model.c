/* Lookups in a loaded model. */
#include "model/model.h"

#include "model/matcher.h"

const struct service *
model_service(const struct model *model, str name)
{
	return names_get(&model->service_by_name, name);
}

const struct team *
model_team(const struct model *model, str name)
{
	return names_get(&model->team_by_name, name);
}

const struct person *
model_person(const struct model *model, str id)
{
	return names_get(&model->person_by_name, id);
}

const struct person *
model_person_called(const struct model *model, str words, size_t *ret_n)
{
	const struct person *found = model_person(model, words);
	if (found != NULL) {
		*ret_n = 1;
		return found;
	}
	size_t n = 0;
	for (size_t i = 0; i < model->people_n; i++) {
		if (words.n == 0 || !str_eq_caseless(model->people[i].name, words))
			continue;
		found = &model->people[i];
		n++;
	}
	*ret_n = n;
	return n == 1 ? found : NULL;
}

const struct action *
model_action(const struct model *model, str name)
{
	return names_get(&model->action_by_name, name);
}

const struct runbook *
model_runbook(const struct model *model, str name)
{
	return names_get(&model->runbook_by_name, name);
}

const struct alert_rule *
model_alert_rule(const struct model *model, const struct pairs *labels)
{
	for (size_t i = 0; i < model->alert_rules_n; i++)
		if (matchers_match(&model->alert_rules[i].match, labels))
			return &model->alert_rules[i];
	return NULL;
}

void
model_done(const struct model *model)
{
	if (model != NULL)
		regex_release(model->regexes);
}
