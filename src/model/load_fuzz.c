/*
 * Any bytes as one more file beside a small, faultless configuration: whatever is loaded
 * keeps what authority and the core take for granted, whatever is refused says why. Those that
 * begin as a calendar that was spelled out are what it says.
 */
#include "model/internal.h"
#include "support/fuzz.h"

#define BYTES_MAX (64u << 10)

static const char config[] =
    "fallback: ops\n"
    "prometheus: http://localhost:9090\n"
    "channels: {email: {smtp: smtp://mail.example:25, from: a@example.com}}\n"
    "people: {ana: {email: ana@example.com, reach: [email]}, rui: {name: Rui}}\n"
    "teams:\n"
    "  ops:\n"
    "    kind: operations\n"
    "    on_call:\n"
    "      zone: UTC\n"
    "      rotations: [{name: primary, people: [ana], every: 1 week, handover: 'Mon "
    "09:00'}]\n"
    "services: {cart: {owner: ops, healthy: {http: 'http://${target}/', expect: "
    "status == 200}}}\n"
    "actions:\n"
    "  scale:\n"
    "    verb: resize\n"
    "    params: {n: {type: integer, min: 1, max: 9}, how: {type: one-of, values: [a, "
    "b], default: a}}\n"
    "    run: [scale, '${n}', '${how}']\n"
    "    observe: {n: {run: [count]}}\n"
    "calendars: {nights: {zone: UTC, weekly: [{days: any, from: '22:00', until: "
    "'06:00'}]}}\n";

#define named                                                                            \
	"calendars: {of-others: {zone: UTC, ics: x.ics}}\n"                              \
	"teams: {night: {kind: operations, on_call: {zone: UTC, escalate: [{to: p}], "   \
	"rotations: [{name: p, people: [ana], handover: 'Mon 09:00', overrides: [{ics: " \
	"x.ics}]}]}}}\n"

static void
check_rule(const struct rule *rule)
{
	ASSERT(rule->name.n > 0);
	ASSERT(rule->any || rule->may.n > 0);
	ASSERT(!rule->has_end || rule->until_wall > rule->from_wall);
	ASSERT(rule->keep_healthy.percent < 100);
	for (size_t i = 0; i < rule->with_n; i++) {
		const struct param_bound *bound = &rule->with[i];
		ASSERT(!bound->has_min || !bound->has_max || bound->min <= bound->max);
		ASSERT(bound->change.kind == 0 || bound->change.thousandths > 0 ||
		       bound->change.number > 0);
	}
	switch (rule->kind) {
	case RULE_GRANT:
		ASSERT(rule->to_n > 0);
		ASSERT(!rule->any);
		ASSERT(rule->has_end);
		ASSERT(rule->owner != NULL);
		return;
	case RULE_APPROVAL:
		ASSERT(rule->by_n > 0);
		ASSERT(rule->need > 0);
		ASSERT(rule->expires_ms >= 10 * SECOND);
		for (size_t i = 0; i < rule->by_n; i++)
			ASSERT(rule->by[i].kind < PRINCIPAL_AUTOMATION);
		for (size_t i = 0; i < rule->when_n; i++)
			ASSERT(
			    (rule->when[i].op == WHEN_IS) == (rule->when[i].values.n > 0));
		return;
	case RULE_LIMIT:
	case RULE_PROHIBITION:
		ASSERT(rule->with_n == 0);
		ASSERT(rule->when_n == 0);
		return;
	}
	UNREACHABLE();
}

static void
check_action(const struct action *action)
{
	for (size_t i = 0; i < action->observe_n; i++) {
		const struct param *param =
		    param_find(&action->params, action->observe[i].param);
		ASSERT(param != NULL && param->kind == PARAM_INTEGER);
		ASSERT(action->observe[i].probe.kind != 0);
	}
	if (action->undo == NULL)
		return;
	size_t required = 0;
	for (size_t i = 0; i < action->undo->params.n; i++)
		required += !action->undo->params.p[i].optional;
	for (size_t i = 0; i < action->undo_with_n; i++) {
		const struct param *param =
		    param_find(&action->undo->params, action->undo_with[i].name);
		ASSERT(param != NULL);
		ASSERT(action->undo_with[i].value.n > 0);
		required -= !param->optional;
	}
	ASSERT(required == 0);
}

/* What it says changes when it says so, and never before. */
static void
check_calendar(const struct calendar *calendar)
{
	for (size_t i = 0; i < calendar->spans_n; i++)
		ASSERT(calendar->spans[i].from_wall < calendar->spans[i].until_wall);
	msec at = calendar->spans_n > 0 ? calendar->spans[0].from_wall : 1700000000000;
	for (unsigned i = 0; i < 4; i++) {
		bool has = calendar_has(calendar, at);
		msec next = calendar_changes(calendar, at);
		if (next == 0)
			return;
		ASSERT(next > at);
		ASSERT(calendar_has(calendar, next) != has);
		ASSERT(calendar_has(calendar, next - 1) == has);
		ASSERT(calendar_has(calendar, at + (next - at) / 2) == has);
		at = next;
	}
}

static void
check_model(const struct model *model)
{
	for (size_t i = 0; i < model->rules_n; i++)
		check_rule(&model->rules[i]);
	for (size_t i = 0; i < model->actions_n; i++)
		check_action(&model->actions[i]);
	for (size_t i = 0; i < model->calendars_n && i < 4; i++)
		check_calendar(&model->calendars[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena_map map;
	static struct arena arena;
	if (size > BYTES_MAX)
		return 0;
	if (map.memory == NULL)
		arena =
		    arena_map(&map, model_arena_bytes(BYTES_MAX + sizeof(config) + 1024));

	str bytes = { (const char *)data, size };
	bool spelled = str_starts(bytes, STR("calendar 1\n"));
	struct bundle_file files[] = {
		{ STR("a.yaml"), { config, sizeof(config) - 1 } },
		{ STR("b.yaml"), spelled ? STR(named) : bytes },
		{ STR("ics:x.ics"), bytes },
		{ STR("x.ics"), STR("BEGIN:VCALENDAR\nSUMMARY:ana\nEND:VCALENDAR\n") },
	};
	struct bundle bundle = { files, spelled ? countof(files) : 2 };
	struct diags diags;
	diags_init(&diags, &arena);
	hash32 hash = { { 0 } };
	struct model *model = model_load(&bundle, &hash, &arena, &diags);

	/* Every refusal explains itself, where it can be shown. */
	ASSERT((model == NULL) == (diags.count > 0));
	for (const struct diag *diag = diags.first; diag != NULL; diag = diag->next) {
		ASSERT(diag->message.n > 0);
		ASSERT(diag->at.off <= diag->src->text.n);
		ASSERT(diag->at.len <= diag->src->text.n - diag->at.off);
	}
	if (model != NULL)
		check_model(model);
	model_done(model);
	arena = arena_map_reset(&map, 1 << 20);
	return 0;
}
