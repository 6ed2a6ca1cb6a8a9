/*
 * What analyses claim, held against random rules: what is reported dead or shadowed can be
 * taken out, and no random request gets another verdict; and where random requests find
 * that one rule's change widens or narrows, the difference of the two finds it too.
 */
#include "authority/analyse.h"
#include "support/authority_cases.h"

#ifdef __SANITIZE_ADDRESS__ /* there it is for memory: what is found is held against elsewhere */
#define REQUESTS 1000
#define SHARE 5u
#define ENOUGH true /* once there are as many as are wanted */
#else
#define REQUESTS 10000
#define SHARE 1u
#define ENOUGH false
#endif
#define CHANGES_WANTED 20u
#define FOUND_WANTED 20u /* of each kind, so that the test means something */

static struct arena_map map;
static struct arena found_arena;

static enum verdict
verdict_of(const struct model *model)
{
	struct arena kept = world.arena;
	enum verdict verdict = decide(&world, model, &asked).verdict;
	world.arena = kept;
	return verdict;
}

static struct model
without(const struct model *model, size_t gone, struct rule rules[static RULES_MAX])
{
	struct model less = *model;
	less.rules = rules;
	less.rules_n = 0;
	for (size_t i = 0; i < model->rules_n; i++) {
		if (i != gone)
			rules[less.rules_n++] = model->rules[i];
	}
	return less;
}

static void
changes_nothing(size_t gone)
{
	static struct rule rules[RULES_MAX];
	struct model less = without(&world.model, gone, rules);
	unsigned differ = 0;
	struct arena arena = world.arena;
	const struct authority *with = authority_new(&world.model, &arena);
	const struct authority *rest = authority_new(&less, &arena);
	for (unsigned i = 0; i < REQUESTS; i++) {
		struct decided a, b;
		struct arena scratch = arena;
		make_asked(&asked);
		const struct authority_facts *facts = facts_of(&asked);
		decide_and_explain(with, &asked.request, facts, &scratch, &a);
		decide_and_explain(rest, &asked.request, facts, &scratch, &b);
		differ += a.verdict != b.verdict;
	}
	EXPECT_U64(differ, 0);
}

static void
analyse__reports_as_dead_and_shadowed_what_can_be_taken_out(void)
{
	unsigned dead = 0, shadowed = 0, within = 0;
	for (unsigned m = 0;
	     m < models / 4 &&
	     (dead < FOUND_WANTED || shadowed < FOUND_WANTED || within < FOUND_WANTED);
	     m++) {
		struct analysis analysis;
		struct arena arena = found_arena;
		make_world(&world);
		authority_analyse(&world.model, WALL, &arena, &analysis);
		EXPECT(analysis.dropped == 0);
		for (size_t i = 0; i < analysis.n; i++) {
			const struct found *found = &analysis.found[i];
			EXPECT(found->text.n > 0);
			bool grant = found->kind == FOUND_SHADOWED &&
			             world.rules[found->place.line - 1].kind == RULE_GRANT;
			if (found->kind == FOUND_DEAD && dead < FOUND_WANTED)
				dead++;
			else if (found->kind == FOUND_SHADOWED && !grant &&
				 within < FOUND_WANTED)
				within++;
			else if (found->kind == FOUND_SHADOWED && grant &&
				 shadowed < FOUND_WANTED)
				shadowed++;
			else
				continue;
			changes_nothing(found->place.line - 1);
		}
	}
	EXPECT_U64(dead, FOUND_WANTED);
	EXPECT_U64(shadowed, FOUND_WANTED);
	EXPECT_U64(within, FOUND_WANTED);
}

static void
analyse__finds_every_copy_of_a_rule(void)
{
	for (unsigned m = 0; m < models / 100 / SHARE; m++) {
		struct analysis analysis;
		struct arena arena = found_arena;
		bool found = false;
		make_world(&world);
		if (world.model.rules_n == 0 || world.model.rules_n == RULES_MAX)
			continue;
		size_t at = below((unsigned)world.model.rules_n);
		size_t copy = world.model.rules_n++;
		world.rules[copy] = world.rules[at];
		world.rules[copy].place.line = (uint32_t)copy + 1;
		authority_analyse(&world.model, WALL, &arena, &analysis);
		for (size_t i = 0; i < analysis.n; i++)
			found |= analysis.found[i].place.line == copy + 1 &&
			         (analysis.found[i].kind == FOUND_SHADOWED ||
				     analysis.found[i].kind == FOUND_DEAD);
		EXPECT(found);
	}
}

/* ---- difference ---- */

static void
change_one(struct world *other, unsigned at)
{
	struct rule *rule = &other->rules[at];
	switch (below(8)) {
	case 0:
		rule->liftable = !rule->liftable;
		break;
	case 1:
		rule->per_service.count += 1;
		rule->per_service.window_ms = HOUR;
		break;
	case 2:
		rule->while_incident = rule->kind == RULE_GRANT && !rule->while_incident;
		break;
	case 3:
		rule->need++;
		break;
	case 4:
		rule->until_wall = rule->until_wall == 0 ? WALL : 0;
		break;
	default:
		make_rule(other, at);
		break;
	}
}

/* As `firstline may` asks: nobody on behalf of another. */
static void
make_single(void)
{
	make_asked(&asked);
	asked.request.behalf.n = 0;
	asked.request.undo = false;
	asked.facts.stopped = false;
	asked.facts.hands_on_by = (str){ 0 };
}

static void
difference__finds_what_a_slow_comparison_finds(void)
{
	static struct world other;
	unsigned changes = 0, missed = 0;
	for (unsigned m = 0; m < models / 100 && !(ENOUGH && changes > CHANGES_WANTED);
	     m++) {
		struct difference difference;
		struct arena arena = found_arena;
		bool wider = false, narrower = false;
		make_world(&world);
		if (world.model.rules_n == 0)
			continue;
		other = world;
		other.model.rules = other.rules;
		change_one(&other, below((unsigned)world.model.rules_n));
		for (unsigned i = 0; i < 1000; i++) {
			make_single();
			enum verdict before = verdict_of(&world.model);
			enum verdict after = verdict_of(&other.model);
			wider |= after < before;
			narrower |= after > before;
		}
		authority_difference(&world.model, &other.model, WALL, &arena, &difference);
		bool told_wider = false, told_narrower = false;
		for (size_t i = 0; i < difference.n; i++) {
			told_wider |= difference.p[i].after < difference.p[i].before;
			told_narrower |= difference.p[i].after > difference.p[i].before;
			EXPECT(difference.p[i].request.n > 0);
			EXPECT(difference.p[i].because.n > 0);
			EXPECT(i == 0 || difference.p[i].after >= difference.p[i].before ||
			       difference.p[i - 1].after < difference.p[i - 1].before);
		}
		changes += (wider ? 1u : 0u) + (narrower ? 1u : 0u);
		bool lost = (wider && !told_wider) || (narrower && !told_narrower);
		missed += lost;
		if (lost)
			printf("world %u: slow %d %d, told %d %d\n", m, wider, narrower,
			    told_wider, told_narrower);
	}
	EXPECT(changes > CHANGES_WANTED);
	EXPECT_U64(missed, 0);
}

static void
difference__of_a_model_and_itself_is_empty(void)
{
	static struct world other;
	for (unsigned m = 0; m < models / 400 / SHARE; m++) {
		struct difference difference;
		struct arena arena = found_arena;
		make_world(&world);
		other = world;
		other.model.rules = other.rules;
		/* In another order. */
		for (size_t i = world.model.rules_n; i > 1; i--) {
			size_t k = below((unsigned)i);
			struct rule rule = other.rules[i - 1];
			other.rules[i - 1] = other.rules[k];
			other.rules[k] = rule;
		}
		authority_difference(&world.model, &other.model, WALL, &arena, &difference);
		EXPECT_U64(difference.n, 0);
	}
}

int
main(void)
{
	found_arena = arena_map(&map, (size_t)16 << 20);
	RUN_SEEDED(analyse__reports_as_dead_and_shadowed_what_can_be_taken_out);
	RUN_SEEDED(analyse__finds_every_copy_of_a_rule);
	RUN_SEEDED(difference__finds_what_a_slow_comparison_finds);
	RUN_SEEDED(difference__of_a_model_and_itself_is_empty);
	arena_unmap(&map);
	TEST_MAIN_END();
}
