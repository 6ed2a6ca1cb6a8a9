#ifndef TESTS_AUTHORITY_ROWS_H
#define TESTS_AUTHORITY_ROWS_H

#include "support/authority_shop.h"
#include "support/test.h"

/* authority_rows -- tables of decisions: rules, a request with facts, and what is said. */

#define ROW_RULES 6
#define ROW_USES 6

struct row {
	const char *name;
	struct rule rules[ROW_RULES];
	struct authority_use uses[ROW_USES];
	/* The request; what is not named is automation's restart-unit of checkout's web-1. */
	const char *principal, *target, *action_name;
	struct strs behalf;
	const struct action *action;
	const struct service *service;
	const struct pairs *params;
	uint32_t targets_n;
	bool quiet; /* no open incident */
	bool stopped, no_service, no_target, undo;
	/* Facts */
	struct pairs observed;
	bool healthy_known;
	struct strs healthy;
	struct authority_yes yes[4];
	const char *glass, *hands, *reloaded;
	const char *brought; /* NULL: as reloaded */
	struct brought called[3];
	struct stand_ins over;
	/* The answer */
	enum verdict verdict; /* 0: deny */
	enum reason_kind kind;
	const char *text, *forward;
	bool only_at_once, hands_on;
	uint64_t value, limit;
	msec free_at;
	uint32_t line;
	const char *approvers; /* "ana mei" */
	uint32_t yes_missing;
	msec expires_ms;
	const char *second; /* the text of the second reason, where that is of interest */
	const char *needs;  /* "replicas web-1": what authority_needs lists */
};

static size_t
row_rules(const struct row *row, struct rule rules[ROW_RULES])
{
	size_t n = 0;
	while (n < ROW_RULES && row->rules[n].kind != 0) {
		rules[n] = row->rules[n];
		n++;
	}
	return n;
}

static struct authority_request
row_request(const struct row *row)
{
	struct authority_request request = {
		.principal = row->principal ? str_of(row->principal) : STR("automation"),
		.behalf = row->behalf,
		.action = row->action ? row->action : &actions[0],
		.service = row->service ? row->service : &services[0],
		.target = row->target ? str_of(row->target) : STR("web-1"),
		.targets_n = row->targets_n,
		.params = row->params   ? row->params
		          : row->action ? NULL
		                        : UNIT,
		.incident_open = !row->quiet,
		.undo = row->undo,
		.wall = WALL,
		.at = AT,
	};
	if (row->action_name != NULL) {
		request.action = NULL;
		request.action_name = str_of(row->action_name);
	}
	if (row->no_service)
		request.service = NULL;
	if (row->no_target)
		request.target = (str){ 0 };
	return request;
}

static struct authority_facts
row_facts(const struct row *row)
{
	size_t uses_n = 0, yes_n = 0, called_n = 0;
	while (uses_n < ROW_USES && row->uses[uses_n].service.n > 0)
		uses_n++;
	while (yes_n < countof(row->yes) && row->yes[yes_n].principal.n > 0)
		yes_n++;
	static struct brought called[countof(row->called)];
	memcpy(called, row->called, sizeof(called));
	while (called_n < countof(called) && called[called_n].by.n > 0)
		called_n++;
	return (struct authority_facts){
		.uses = uses_of(row->uses, uses_n),
		.stopped = row->stopped,
		.stopped_by = row->stopped ? STR("person:mei") : (str){ 0 },
		.observed = row->observed,
		.health_known = row->healthy_known,
		.healthy = row->healthy,
		.yes = row->yes,
		.yes_n = yes_n,
		.hands_on_by = str_of(row->hands ? row->hands : ""),
		.glass_by = str_of(row->glass ? row->glass : ""),
		.reloaded_by = str_of(row->reloaded ? row->reloaded : ""),
		.runbook_by = str_of(row->brought != NULL    ? row->brought
				     : row->reloaded != NULL ? row->reloaded
							     : ""),
		.callers = { called, called_n },
		.over = row->over,
	};
}

/* "a b c" */
static str
joined(struct arena *arena, const struct strs *strs)
{
	str all = { 0 };
	for (size_t i = 0; i < strs->n; i++)
		all = arena_printf(arena, "%.*s%s%.*s", STR_ARG(all), i > 0 ? " " : "",
		    STR_ARG(strs->p[i]));
	return all;
}

static void
check_needs(const struct row *row, const struct authority *authority, struct arena *arena)
{
	struct authority_request request = row_request(row);
	struct authority_facts facts = row_facts(row);
	struct authority_needs needs;
	str names[16];
	struct strs list = { names, 0 };
	authority_needs(authority, &request, &facts, arena, &needs);
	ASSERT(needs.observe_n + needs.health_n <= countof(names));
	for (size_t i = 0; i < needs.observe_n; i++)
		names[list.n++] = needs.observe[i]->param;
	for (size_t i = 0; i < needs.health_n; i++)
		names[list.n++] = needs.health[i]->name;
	EXPECT_STR(joined(arena, &list), str_of(row->needs ? row->needs : ""));
}

static inline void
check_row(const struct row *row)
{
	test_row = row->name;
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rules[ROW_RULES];
	size_t rules_n = row_rules(row, rules);
	struct authority *authority = authority_of(&arena, rules, rules_n);
	struct authority_request request = row_request(row);
	struct authority_facts facts = row_facts(row);
	struct decided decision;
	decide_and_explain(authority, &request, &facts, &arena, &decision);

	EXPECT_U64(decision.verdict, row->verdict ? row->verdict : VERDICT_DENY);
	EXPECT(decision.reasons_n > 0);
	if (decision.reasons_n == 0)
		return;
	const struct reason *reason = &decision.reasons[0];
	EXPECT_U64(reason->kind, row->kind);
	EXPECT_STR(reason->text, str_of(row->text));
	EXPECT_STR(decision.forward, str_of(row->forward ? row->forward : ""));
	EXPECT(decision.only_at_once == row->only_at_once);
	EXPECT(decision.hands_on == row->hands_on);
	EXPECT_U64(reason->value, row->value);
	EXPECT_U64(reason->limit, row->limit);
	EXPECT_U64(reason->free_at, row->free_at);
	EXPECT_U64(reason->line, row->line);
	EXPECT_STR(reason->file, row->line ? STR("authority.yaml") : STR(""));
	EXPECT_STR(joined(&arena, &decision.approvers),
	    str_of(row->approvers ? row->approvers : ""));
	EXPECT_U64(decision.yes_missing, row->yes_missing);
	EXPECT_U64(decision.expires_ms, row->expires_ms);
	if (row->second != NULL)
		EXPECT_STR(decision.reasons_n > 1 ? decision.reasons[1].text : STR(""),
		    str_of(row->second));
	check_needs(row, authority, &arena);
}

/* Of tables about one thing each: the verdict, what decides it, and what the row names. */
static inline void
check_said(const struct row *row)
{
	test_row = row->name;
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rules[ROW_RULES];
	size_t rules_n = row_rules(row, rules);
	struct authority *authority = authority_of(&arena, rules, rules_n);
	struct authority_request request = row_request(row);
	struct authority_facts facts = row_facts(row);
	struct decided decision;
	decide_and_explain(authority, &request, &facts, &arena, &decision);

	enum verdict verdict = row->verdict ? row->verdict : VERDICT_DENY;
	EXPECT_U64(decision.verdict, verdict);
	EXPECT(authority_verdict(authority, &request, &facts) == verdict);
	EXPECT(decision.reasons_n > 0);
	if (decision.reasons_n == 0)
		return;
	EXPECT_U64(decision.reasons[0].kind, row->kind);
	EXPECT_STR(decision.reasons[0].text, str_of(row->text));
	if (row->line != 0)
		EXPECT_U64(decision.reasons[0].line, row->line);
	if (row->forward != NULL)
		EXPECT_STR(decision.forward, str_of(row->forward));
	if (row->second != NULL)
		EXPECT_STR(decision.reasons_n > 1 ? decision.reasons[1].text : STR(""),
		    str_of(row->second));
	if (row->needs != NULL)
		check_needs(row, authority, &arena);
}

#define CHECK_SAID(rows)                                   \
	do {                                               \
		for (size_t i = 0; i < countof(rows); i++) \
			check_said(&(rows)[i]);            \
	} while (0)

#define CHECK_ROWS(rows)                                   \
	do {                                               \
		for (size_t i = 0; i < countof(rows); i++) \
			check_row(&(rows)[i]);             \
	} while (0)

#endif
