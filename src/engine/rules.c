/*
 * rules -- authority as it is written, for people who ask who may what.
 */
#include "authority/authority.h"
#include "engine/state.h"
#include "facts/catalogue.h"
#include "os/clock.h"

static str
principal_word(struct arena *arena, const struct principal *p)
{
	switch (p->kind) {
	case PRINCIPAL_PERSON:
		return arena_printf(arena, "person:%.*s", STR_ARG(p->name));
	case PRINCIPAL_TEAM:
		return arena_printf(arena, "team: %.*s", STR_ARG(p->team->name));
	case PRINCIPAL_ON_DUTY:
		return arena_printf(arena, "on-duty: %.*s", STR_ARG(p->team->name));
	case PRINCIPAL_AUTOMATION:
		return STR("automation");
	case PRINCIPAL_AGENT:
		return arena_printf(arena, "agent:%.*s", STR_ARG(p->name));
	}
	UNREACHABLE();
}

static struct strs
to_of(struct arena *arena, const struct rule *rule)
{
	size_t n = rule->to_n < CATALOGUE_NAMES_MAX ? rule->to_n : CATALOGUE_NAMES_MAX;
	struct strs ret = { arena_new(arena, str, n + 1), 0 };
	while (ret.n < n) {
		ret.p[ret.n] = principal_word(arena, &rule->to[ret.n]);
		ret.n++;
	}
	return ret;
}

/* Of all of them so much text: the one that is asked for always has its own. */
static void
tell(struct answer_out *a, const struct rule *rule, size_t *texts)
{
	struct arena scratch = *a->arena;
	msec wall = clock_wall();
	struct rule_item item = {
		.kind = str_of(rule_kind_word(rule->kind)),
		.name = rule->name,
		.text = *texts + rule->text.n <= RULE_ITEMS_TEXT_MAX ? rule->text : STR(""),
		.to = to_of(&scratch, rule),
		.any = rule->any,
		.may = rule->may,
		.in_force =
		    rule->from_wall <= wall && (!rule->has_end || wall < rule->until_wall),
		.until_wall = rule->has_end ? rule->until_wall : 0,
		.liftable = rule->liftable,
		.because = rule->because,
		.owner = rule->owner != NULL ? rule->owner->id : STR(""),
		.file = rule->place.file,
		.line = rule->place.line,
	};
	*texts += item.text.n;
	answer_record(a, ITEM_RULE, &item);
}

static void
refuse(struct answer_out *a, uint32_t status, uint32_t exit, str error)
{
	a->answer.status = status;
	a->answer.exit = exit;
	a->answer.error = error;
}

void
answer_rules(struct engine *engine, const struct request *request, struct answer_out *a)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	str named = pairs_get(&request->params, STR("service"));
	str file = pairs_get(&request->params, STR("file"));
	str line_text = pairs_get(&request->params, STR("line"));
	const struct service *service = NULL;
	uint64_t line = 0;
	if (named.n > 0 && (service = model_service(model, named)) == NULL) {
		refuse(a, 404, 3,
		    arena_printf(a->arena, "there is no service '%.*s'",
			STR_ARG(str_take(named, named.n < 128 ? named.n : 128))));
		return;
	}
	if (line_text.n > 0 && !str_u64(line_text, UINT32_MAX, &line)) {
		refuse(a, 400, 2, STR("'line' is a number from 1"));
		return;
	}
	size_t texts = 0;
	for (size_t i = 0; i < model->rules_n; i++) {
		const struct rule *rule = &model->rules[i];
		if ((service == NULL || rule_covers_service(model, rule, service)) &&
		    (file.n == 0 || str_eq(file, rule->place.file)) &&
		    (line == 0 || line == rule->place.line))
			tell(a, rule, &texts);
	}
}
