/*
 * The questions that others ask: is this allowed, and what is.
 */
#include "authority/internal.h"

void
authority_decide(const struct authority *authority, const struct authority_request *request,
    const struct authority_facts *facts, struct arena *arena,
    struct authority_decision *ret)
{
	struct judgement j = {
		.authority = authority,
		.request = request,
		.facts = facts,
		.whole = true,
	};
	judge(&j, arena);
	explain(&j, arena, ret);
}

size_t
authority_what_can(const struct authority *authority, str principal,
    const struct service *service, bool incident_open, msec wall, msec at,
    const struct authority_facts *facts, struct arena *arena, struct authority_can *ret,
    size_t max)
{
	const struct model *model = authority->model;
	size_t n = 0;
	for (size_t i = 0; i < model->actions_n && n < max; i++) {
		struct authority_request request = {
			.principal = principal,
			.action = &model->actions[i],
			.service = service,
			.incident_open = incident_open,
			.wall = wall,
			.at = at,
		};
		struct judgement j = {
			.authority = authority,
			.request = &request,
			.facts = facts,
		};
		struct arena scratch = *arena;
		judge(&j, &scratch);
		enum verdict verdict = judgement_verdict(&j);
		if (verdict == VERDICT_DENY)
			continue;
		ret[n++] = (struct authority_can){
			.action = request.action,
			.verdict = verdict,
			.text = finding_text(&j, &j.findings[0], arena),
		};
	}
	return n;
}
