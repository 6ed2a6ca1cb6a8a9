/*
 * Random rules, requests and facts: the index against the slow twin; and what else is
 * answered must fit the decision: who could approve, what would have to be known, who may,
 * when there is room again.
 */
#include "support/authority_cases.h"

#define REQUESTS 20 /* a world: 200,000 cases */

static enum verdict
slow(const struct model *model, const struct asked *now)
{
	struct slow_uses uses = { now->uses, now->uses_n };
	return slow_verdict(model, &now->request, &now->facts, &uses);
}

static void
tell(const struct decided *decision)
{
	for (size_t i = 0; i < decision->reasons_n; i++)
		printf("%u line %u: %.*s\n", decision->reasons[i].kind,
		    decision->reasons[i].line, STR_ARG(decision->reasons[i].text));
}

/* Nothing under way, everything else the same. */
static bool
denied_by_turn_alone(const struct asked *now, enum verdict verdict)
{
	static struct asked later;
	static str none;
	later = *now;
	later.facts = now->facts;
	if (verdict != VERDICT_DENY)
		return false;
	/* Health and approvals do not wait: only what at_once and not_beside say goes. */
	struct rule rules[RULES_MAX];
	struct model model = world.model;
	memcpy(rules, world.rules, sizeof(rules));
	for (size_t i = 0; i < model.rules_n; i++) {
		rules[i].at_once = 0;
		rules[i].not_beside = (struct strs){ &none, 0 };
	}
	model.rules = rules;
	return slow(&model, &later) != VERDICT_DENY;
}

static bool
denied_by_hands_alone(const struct asked *now, enum verdict verdict)
{
	static struct asked later;
	later = *now;
	if (verdict != VERDICT_DENY || now->facts.hands_on_by.n == 0)
		return false;
	later.facts.hands_on_by = (str){ 0 };
	return slow(&world.model, &later) != VERDICT_DENY;
}

static void
decide__agrees_with_its_slow_twin(void)
{
	uint64_t seen[VERDICT_COUNT] = { 0 }, waiting = 0, handled = 0;
	for (unsigned m = 0; m < models; m++) {
		make_world(&world);
		struct authority *authority = authority_new(&world.model, &world.arena);
		for (unsigned r = 0; r < REQUESTS; r++) {
			make_asked(&asked);
			struct arena scratch = world.arena;
			struct decided decision;
			decide_and_explain(authority, &asked.request, facts_of(&asked),
			    &scratch, &decision);
			enum verdict want = slow(&world.model, &asked);
			EXPECT_U64(decision.verdict, want);
			EXPECT(authority_verdict(authority, &asked.request,
				   facts_of(&asked)) == decision.verdict);
			EXPECT(decision.only_at_once == denied_by_turn_alone(&asked, want));
			EXPECT(decision.hands_on == denied_by_hands_alone(&asked, want));
			seen[want]++;
			waiting += decision.only_at_once;
			handled += decision.hands_on;
			if (test_failures > 0) {
				tell(&decision);
				return;
			}
		}
	}
	if (getenv("LONG") != NULL)
		printf("%llu allowed, %llu after approval, %llu denied (%llu by turn "
		       "alone, "
		       "%llu by hands alone)\n",
		    (unsigned long long)seen[VERDICT_ALLOW],
		    (unsigned long long)seen[VERDICT_AFTER_APPROVAL],
		    (unsigned long long)seen[VERDICT_DENY], (unsigned long long)waiting,
		    (unsigned long long)handled);
	/* The cases are worth something only when all answers are common. */
	EXPECT(seen[VERDICT_ALLOW] > (uint64_t)models * REQUESTS / 50);
	EXPECT(seen[VERDICT_AFTER_APPROVAL] > (uint64_t)models * REQUESTS / 500);
	EXPECT(waiting > (uint64_t)models * REQUESTS / 1000);
	EXPECT(handled > (uint64_t)models * REQUESTS / 1000);
}

/* Of what may be known: nothing is asked for that is known, and when nothing is asked for,
 * knowing more changes nothing. */
static void
needs__lists_what_may_change_the_answer(void)
{
	uint64_t observed = 0, health = 0;
	for (unsigned m = 0; m < models; m++) {
		make_world(&world);
		make_asked(&asked);
		asked.facts.stopped = false;
		asked.facts.hands_on_by = (str){ 0 };
		asked.facts.observed.n = 0;
		asked.facts.health_known = false;
		enum verdict before = decide(&world, &world.model, &asked).verdict;
		struct authority *authority = authority_new(&world.model, &world.arena);
		struct authority_needs needs;
		authority_needs(authority, &asked.request, facts_of(&asked), &world.arena,
		    &needs);
		observed += needs.observe_n;
		health += needs.health_n;
		if (needs.observe_n + needs.health_n > 0) {
			EXPECT(before == VERDICT_DENY);
			for (size_t i = 0; i < needs.health_n; i++)
				EXPECT(needs.health[i]->service == &services[0]);
			continue;
		}
		asked.observed.name = STR("n");
		asked.facts.observed = (struct pairs){ &asked.observed, 1 };
		asked.facts.health_known = true;
		for (size_t i = 0; i < countof(numbers); i++) {
			/* What nobody can observe stays unknown. */
			if (asked.request.action != &actions[0])
				asked.facts.observed.n = 0;
			if (asked.request.service != &services[0])
				asked.facts.health_known = false;
			asked.observed.value = numbers[i];
			EXPECT(decide(&world, &world.model, &asked).verdict == before);
		}
	}
	EXPECT(observed > models / 1000 && health > models / 2000);
}

/* With a yes from all who are named, so many are missing no more. */
static void
approvers__are_people_whose_yes_counts(void)
{
	uint64_t asked_n = 0, allowed = 0;
	for (unsigned m = 0; m < models; m++) {
		make_world(&world);
		make_asked(&asked);
		asked.facts.yes_n = 0;
		asked.facts.stopped = false;
		struct decided before = decide(&world, &world.model, &asked);
		if (before.verdict != VERDICT_AFTER_APPROVAL)
			continue;
		struct authority *authority = authority_new(&world.model, &world.arena);
		asked_n++;
		for (size_t v = 0; v < countof(voters); v++) {
			str name = str_cut(voters[v], ':').tail;
			bool named = false;
			for (size_t i = 0; i < before.approvers.n; i++)
				named |= str_eq(before.approvers.p[i], name);
			str why = authority_yes_refuses(authority, &asked.request,
			    facts_of(&asked), voters[v], &world.arena);
			EXPECT((why.n == 0) ==
			       (named && str_starts(voters[v], STR("person:"))));
		}
		for (size_t i = 0; i < before.approvers.n; i++) {
			asked.yes[i].principal = arena_printf(&world.arena, "person:%.*s",
			    STR_ARG(before.approvers.p[i]));
			asked.facts.yes_n = i + 1;
			enum verdict after = decide(&world, &world.model, &asked).verdict;
			EXPECT(
			    after == VERDICT_AFTER_APPROVAL || i + 1 >= before.yes_missing);
			EXPECT(after != VERDICT_DENY);
			allowed += after == VERDICT_ALLOW;
		}
	}
	EXPECT(asked_n > models / 500 && allowed > models / 2000);
}

static void
who_can__is_whoever_is_not_denied(void)
{
	for (unsigned m = 0; m < models; m++) {
		make_world(&world);
		make_asked(&asked);
		struct authority *authority = authority_new(&world.model, &world.arena);
		struct authority_who who[8];
		size_t n = authority_who_can(authority, &asked.request, facts_of(&asked),
		    &world.arena, who, countof(who));
		asked.request.behalf.n = 0;
		for (size_t i = 0; i < countof(asking); i++) {
			asked.request.principal = asking[i];
			enum verdict want = slow(&world.model, &asked), got = VERDICT_DENY;
			for (size_t k = 0; k < n; k++) {
				if (str_eq(who[k].principal, asking[i]))
					got = who[k].verdict;
			}
			/* No rule names agent y; local-admin may undo, and is not asked. */
			if (!str_eq(asking[i], STR("agent:y")) &&
			    !str_eq(asking[i], STR("local-admin")) &&
			    !(str_starts(asking[i], STR("agent:")) && asked.request.undo))
				EXPECT_U64(got, want);
		}
	}
}

/* A rate that is used up gives way at exactly the time it names. */
static void
decide__is_free_when_it_says_so(void)
{
	for (unsigned m = 0; m < models; m++) {
		make_world(&world);
		make_asked(&asked);
		asked.facts.stopped = false;
		asked.request.behalf.n = 0;
		struct decided decision = decide(&world, &world.model, &asked);
		const struct reason *reason = &decision.reasons[0];
		if (reason->kind != REASON_LIMIT || reason->free_at == 0)
			continue;
		static struct asked later;
		later = asked;
		later.request.at = AT + (reason->free_at - WALL);
		/* Rules that begin or end meanwhile are another matter: only time moves. */
		decision = decide(&world, &world.model, &later);
		EXPECT(decision.reasons[0].kind != REASON_LIMIT ||
		       decision.reasons[0].line != reason->line ||
		       !str_eq(decision.reasons[0].text, reason->text));
		later.request.at--;
		decision = decide(&world, &world.model, &later);
		EXPECT(decision.reasons[0].kind == REASON_LIMIT &&
		       decision.reasons[0].line == reason->line);
	}
}

int
main(void)
{
	if (getenv("LONG") != NULL)
		models = MODELS_LONG;
	RUN_SEEDED(decide__agrees_with_its_slow_twin);
	if (test_failures > 0)
		return 1;
	RUN_SEEDED(needs__lists_what_may_change_the_answer);
	RUN_SEEDED(approvers__are_people_whose_yes_counts);
	RUN_SEEDED(who_can__is_whoever_is_not_denied);
	RUN_SEEDED(decide__is_free_when_it_says_so);
	TEST_MAIN_END();
}
