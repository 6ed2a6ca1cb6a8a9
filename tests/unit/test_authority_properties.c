/*
 * What must hold whatever the rules say: their order and the chain's is nothing; a rule
 * more that is no grant, a limit or a use more, one more in the chain, a fact less never
 * widens; a grant less never widens but by the limits that it carried itself; only a
 * person, alone, lifts.
 */
#include "support/authority_cases.h"

static bool
decisions_eq(const struct decided *a, const struct decided *b)
{
	if (a->verdict != b->verdict || a->reasons_n != b->reasons_n ||
	    !str_eq(a->forward, b->forward) || a->yes_missing != b->yes_missing ||
	    a->expires_ms != b->expires_ms || a->approvers.n != b->approvers.n)
		return false;
	for (size_t i = 0; i < a->reasons_n; i++) {
		const struct reason *x = &a->reasons[i];
		const struct reason *y = &b->reasons[i];
		if (x->kind != y->kind || !str_eq(x->text, y->text) || x->line != y->line ||
		    x->value != y->value || x->limit != y->limit ||
		    x->free_at != y->free_at)
			return false;
	}
	return true;
}

static void
decide__does_not_see_the_order_of_rules_or_of_the_chain(void)
{
	for (unsigned m = 0; m < models; m++) {
		make_world(&world);
		make_asked(&asked);
		struct decided before = decide(&world, &world.model, &asked);
		for (size_t i = world.model.rules_n; i > 1; i--) {
			size_t k = below((unsigned)i);
			struct rule rule = world.rules[i - 1];
			world.rules[i - 1] = world.rules[k];
			world.rules[k] = rule;
		}
		struct decided after = decide(&world, &world.model, &asked);
		EXPECT(decisions_eq(&before, &after));
		if (asked.request.behalf.n == 0)
			continue;
		str first = asked.behalf[0];
		asked.behalf[0] = asked.request.principal;
		asked.request.principal = first;
		EXPECT(decide(&world, &world.model, &asked).verdict == before.verdict);
	}
}

static void
decide__is_not_widened_by_a_rule_that_is_no_grant(void)
{
	for (unsigned m = 0; m < models; m++) {
		make_world(&world);
		make_asked(&asked);
		struct model less = world.model;
		if (less.rules_n == RULES_MAX)
			less.rules_n--;
		struct model more = less;
		unsigned added = (unsigned)more.rules_n++;
		do
			make_rule(&world, added);
		while (world.rules[added].kind == RULE_GRANT);
		EXPECT(decide(&world, &more, &asked).verdict >=
		       decide(&world, &less, &asked).verdict);
	}
}

/* All that denies is limits of the rule at that line, or that nobody can tell them. */
static bool
only_limits_of(const struct decided *decision, uint32_t line)
{
	for (size_t i = 0; i < decision->reasons_n; i++) {
		const struct reason *reason = &decision->reasons[i];
		bool denies =
		    reason->kind == REASON_LIMIT || reason->kind == REASON_UNKNOWN;
		if (reason->kind != REASON_GRANT && reason->kind != REASON_LIFTED &&
		    reason->kind != REASON_APPROVED && reason->kind != REASON_APPROVAL &&
		    (!denies || reason->line != line))
			return false;
	}
	return true;
}

static void
decide__is_not_widened_by_a_grant_less_but_by_its_own_limits(void)
{
	for (unsigned m = 0; m < models; m++) {
		make_world(&world);
		make_asked(&asked);
		if (world.model.rules_n == 0)
			continue;
		struct decided before = decide(&world, &world.model, &asked);
		struct model less = world.model;
		less.rules_n--;
		const struct rule *gone = &world.rules[less.rules_n];
		if (gone->kind != RULE_GRANT)
			continue;
		struct decided after = decide(&world, &less, &asked);
		EXPECT(after.verdict >= before.verdict ||
		       only_limits_of(&before, gone->place.line));
	}
}

static void
decide__is_not_widened_by_a_limit_or_a_use_more(void)
{
	for (unsigned m = 0; m < models; m++) {
		make_world(&world);
		make_asked(&asked);
		if (world.model.rules_n == 0)
			continue;
		enum verdict before = decide(&world, &world.model, &asked).verdict;
		asked.uses_n++;
		EXPECT(decide(&world, &world.model, &asked).verdict >= before);
		asked.uses_n--;
		struct rule *rule = &world.rules[below((unsigned)world.model.rules_n)];
		if (rule->kind != RULE_GRANT && rule->kind != RULE_LIMIT)
			continue;
		if (rule->at_once != 1)
			rule->at_once =
			    rule->at_once == 0 ? 1 + below(3) : rule->at_once - 1;
		EXPECT(decide(&world, &world.model, &asked).verdict >= before);
	}
}

static void
decide__is_not_widened_by_what_is_not_known(void)
{
	for (unsigned m = 0; m < models; m++) {
		make_world(&world);
		make_asked(&asked);
		struct authority_facts known = asked.facts;
		enum verdict before = decide(&world, &world.model, &asked).verdict;
		asked.facts.observed.n = 0;
		EXPECT(decide(&world, &world.model, &asked).verdict >= before);
		asked.facts = known;
		asked.facts.health_known = false;
		EXPECT(decide(&world, &world.model, &asked).verdict >= before);
		asked.facts = known;
		asked.facts.runbook_by = (str){ 0 };
		EXPECT(decide(&world, &world.model, &asked).verdict >= before);
		asked.facts = known;
		asked.facts.reloaded_by = (str){ 0 };
		EXPECT(decide(&world, &world.model, &asked).verdict >= before);
		/* One more is asked for, so it is one who is not known. */
		if (str_eq(known.reloaded_by, known.runbook_by))
			asked.facts.runbook_by = (str){ 0 };
		EXPECT(decide(&world, &world.model, &asked).verdict >= before);
		asked.facts = known;
		asked.facts.yes_n = 0;
		EXPECT(decide(&world, &world.model, &asked).verdict >= before);
		asked.facts = known;
		asked.facts.glass_by = (str){ 0 };
		EXPECT(decide(&world, &world.model, &asked).verdict >= before);
	}
}

/* The chain is an intersection: whoever is added, and in whatever place. */
static void
decide__is_not_widened_by_one_more_in_the_chain(void)
{
	for (unsigned m = 0; m < models; m++) {
		make_world(&world);
		make_asked(&asked);
		asked.request.undo = false;
		asked.request.behalf.n = below(CHAIN);
		enum verdict before = decide(&world, &world.model, &asked).verdict;
		asked.request.behalf.n++;
		enum verdict after = decide(&world, &world.model, &asked).verdict;
		EXPECT(after >= before);
		/* Nor can it be more than what each may alone. */
		struct authority_request whole = asked.request;
		asked.facts.glass_by = (str){ 0 };
		asked.facts.yes_n = 0;
		after = decide(&world, &world.model, &asked).verdict;
		asked.request.behalf.n = 0;
		EXPECT(after >= decide(&world, &world.model, &asked).verdict);
		for (size_t i = 0; i < whole.behalf.n; i++) {
			asked.request.principal = whole.behalf.p[i];
			EXPECT(after >= decide(&world, &world.model, &asked).verdict);
		}
	}
}

static void
decide__lifts_for_a_person_alone(void)
{
	uint64_t lifted = 0;
	for (unsigned m = 0; m < models; m++) {
		make_world(&world);
		make_asked(&asked);
		if (one_in(2))
			asked.facts.glass_by = asked.request.principal;
		struct decided decision = decide(&world, &world.model, &asked);
		for (size_t i = 0; i < decision.reasons_n; i++) {
			if (decision.reasons[i].kind != REASON_LIFTED)
				continue;
			lifted++;
			EXPECT(str_starts(asked.request.principal, STR("person:")));
			EXPECT_STR(asked.request.principal, asked.facts.glass_by);
			for (size_t k = 0; k < asked.request.behalf.n; k++)
				EXPECT_STR(asked.request.behalf.p[k], asked.facts.glass_by);
		}
	}
	EXPECT(lifted > models / 200);
}

int
main(void)
{
	if (getenv("LONG") != NULL)
		models = MODELS_LONG;
	RUN_SEEDED(decide__does_not_see_the_order_of_rules_or_of_the_chain);
	RUN_SEEDED(decide__is_not_widened_by_a_rule_that_is_no_grant);
	RUN_SEEDED(decide__is_not_widened_by_a_grant_less_but_by_its_own_limits);
	RUN_SEEDED(decide__is_not_widened_by_a_limit_or_a_use_more);
	RUN_SEEDED(decide__is_not_widened_by_what_is_not_known);
	RUN_SEEDED(decide__is_not_widened_by_one_more_in_the_chain);
	RUN_SEEDED(decide__lifts_for_a_person_alone);
	TEST_MAIN_END();
}
