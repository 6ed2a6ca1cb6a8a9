/* Which runbook answers an alert. */
#include "model/model.h"

/* The most matchers of those answers that match; 0: none does. */
static size_t
answer_matchers(const struct runbook *runbook, const struct pairs *labels)
{
	size_t most = 0;
	for (size_t i = 0; i < runbook->answers_n; i++) {
		const struct matchers *answer = &runbook->answers[i];
		if (answer->n > most && matchers_match(answer, labels))
			most = answer->n;
	}
	return most;
}

static bool
was_tried(const struct strs *skip, str name)
{
	for (size_t i = 0; skip != NULL && i < skip->n; i++) {
		if (str_eq(skip->p[i], name))
			return true;
	}
	return false;
}

bool
runbook_is_for(const struct runbook *runbook, str service)
{
	for (size_t i = 0; i < runbook->services_n; i++) {
		if (str_eq(runbook->services[i]->name, service))
			return true;
	}
	return runbook->services_n == 0;
}

const struct runbook *
model_choose_runbook(const struct model *model, const struct service *service,
    const struct pairs *labels, const struct strs *skip)
{
	const struct runbook *best = NULL;
	str of = service != NULL ? service->name : STR("");
	size_t best_matchers = 0;
	for (size_t i = 0; i < model->runbooks_n; i++) {
		const struct runbook *runbook = &model->runbooks[i];
		if (!runbook_is_for(runbook, of) || was_tried(skip, runbook->name))
			continue;
		size_t n = answer_matchers(runbook, labels);
		if (n == 0 || n < best_matchers)
			continue;
		if (n == best_matchers && str_cmp(runbook->name, best->name) > 0)
			continue;
		best = runbook;
		best_matchers = n;
	}
	return best;
}
