#ifndef AUTHORITY_ANALYSING_H
#define AUTHORITY_ANALYSING_H

#include "authority/analyse.h"

/*
 * analysing -- how the analyses are cut into files.
 *
 * analyse_cover.c says which rule is about what, without a request; analyse_rules.c finds
 * dead, shadowed and ending rules by that alone. analyse_people.c, analyse_steps.c and
 * analyse_spans.c ask the evaluator. analyse_request.c makes requests up, with values of
 * analyse_pattern.c; analyse_sample.c varies them, at the moments of analyse_edges.c.
 * analyse_difference.c asks two models, analyse_unseen.c says what it did not ask.
 */
struct analysing {
	const struct model *model;
	msec wall;
	struct arena *arena; /* what is found */
	struct analysis *ret;
	bool *gone; /* by rule: dead, or shadowed and so taken out */
	/* Of the analysis under way: how much work it was, how many combinations, and whether
	 * it was said that there are more. */
	size_t decisions, looked_at;
	bool told;
};

/* Of one analysis, or of one approval: for samples, and for rules that are not as written. */
#define ANALYSE_WORK_BYTES ((size_t)128 << 20)
/* In memory of its own. */
const struct authority *authority_mapped(const struct model *model, struct arena_map *map);

/* Everything is copied but the strings, which are the arena's or the model's. */
void found_add(struct analysing *a, const struct found *found);
void decisions_begin(struct analysing *a);
/* Says that not all was looked at. */
void left_out(struct analysing *a, str text);
/* May one decision more be made? If not, says once how far it got. */
bool decisions_left(struct analysing *a, const char *what);

void analyse_rules(struct analysing *a);   /* dead, shadowed, ending */
void analyse_within(struct analysing *a);  /* shadowed: rules that are no grants */
void analyse_people(struct analysing *a);  /* approvers, separation */
void analyse_steps(struct analysing *a);   /* fit, undo */
void analyse_spans(struct analysing *a);   /* freeze, blast */
void analyse_duty(struct analysing *a);    /* hole, ending */
void analyse_written(struct analysing *a); /* secret, drill, overlap */

/* ---- analyse_cover.c ---- */

bool rule_over(const struct rule *rule, msec wall);
bool rule_limits(const struct rule *rule); /* has it any? */
bool rule_covers_action(const struct rule *rule, const struct action *action);
/* Of some principal at some instant. */
bool covers_all_of(const struct principal *wide, const struct principal *narrow);
/* Does `wide` cover everything of the service that `narrow`, a grant, covers? */
bool covers_service_of(const struct model *model, const struct rule *wide,
    const struct rule *narrow, const struct service *service);
/* In force whenever the other is, from now on. */
bool in_force_with(const struct rule *wide, const struct rule *narrow, msec wall);
/* Whatever `narrow` lets through, `wide` does. */
bool bounds_imply(const struct rule *narrow, const struct rule *wide);
/* Whatever the limits of `loose` stop, those of `tight` do. */
bool limits_imply(const struct rule *tight, const struct rule *loose);
/* The first instant from `wall` on at which it is in force; 0: never. */
msec rule_first_in_force(const struct rule *rule, msec wall);
const struct param *action_param(const struct action *action, str name);

/* ---- analyse_rules.c ---- */

/* Can the action have values that the rule is about? */
bool rule_fits_action(const struct analysing *a, const struct rule *rule,
    const struct action *action);
/* A request that the rule is about; empty: none was found. */
str rule_example(const struct analysing *a, const struct rule *rule);

/* ---- analyse_same.c: alike in all that decisions see ---- */

bool layers_same(const struct layer *a, const struct layer *b);

bool rules_same(const struct rule *a, const struct rule *b);
/* What takes the action back, with which values and for how long. */
bool undos_same(const struct action *a, const struct action *b);
/* Rules and calendars aside. */
bool catalogues_same(const struct model *a, const struct model *b);

/* ---- analyse_request.c ---- */

#define CHOICES_MAX 24
#define PARAMS_MAX 16
#define MOMENTS_MAX 256
#define USES_MADE_MAX 40
#define VOTERS_MAX 6

struct candidates {
	str p[CHOICES_MAX];
	size_t n;
	bool cut;     /* there are more, */
	size_t rules; /* beyond what so many of the rules say */
};

/* Values that a parameter can have: at the edges of bounds and conditions of these rules,
 * in their order, what runbooks give it, and at the edges of its own range; else one that is
 * made up. Never one that it refuses. */
void param_candidates(const struct model *model, const struct rule *const *rules, size_t n,
    const struct action *action, const struct param *param, struct arena *arena,
    struct candidates *ret);

/* A whole number; the least of 64 bits is none. */
bool value_whole(str text, int64_t *ret);

/* All that `firstline may` could be asked about: automation, people, agents of rules. */
struct strs everyone(const struct model *model, struct arena *arena);

/* "firstline may ana restart-unit on checkout --target web-1 unit=web.service" */
str request_text(const struct authority_request *request, struct arena *arena);
/* "2026-12-07 09:00 UTC" */
str moment_text(msec wall, struct arena *arena);
/* "ana" for "person:ana" */
str principal_text(str principal);

/* Puts them in the order of their names, as a request has them: an action declares its
 * parameters in any order. */
void params_order(struct pairs *params);
/* The first candidate of each parameter that is needed; false: there is none. */
bool params_plain(const struct model *model, const struct rule *const *rules, size_t n,
    const struct action *action, struct arena *arena, struct pairs *ret);

/* ---- analyse_pattern.c ---- */

/* A text that a pattern and a `like` take, as far as an automaton tells: another one for each
 * `variant`. False: it has none, or none was found. */
bool pattern_text_made(str pattern, str like, unsigned variant, struct arena *arena,
    str *ret);
/* A value that the parameter takes and that is like that, where each star takes `stars`
 * bytes at least. False: none was found. Of strings, names and numbers only. */
bool value_made(const struct param *param, str like, size_t stars, struct arena *arena,
    str *ret);

/* ---- analyse_sample.c ---- */

enum dimension {
	OF_TARGET,
	OF_MOMENT,
	OF_INCIDENT,
	OF_TARGETS_N,
	OF_USES_N,
	OF_USES_AGE,
	OF_USES_HELD,
	OF_USES_ACTOR,
	OF_USES_TARGET,
	OF_USES_ACTION,
	OF_USES_SERVICE,
	OF_HEALTHY,
	OF_YES,
	OF_RELOADED,
	OF_GLASS,
	OF_PARAM, /* the first */
	OF_LIVE = OF_PARAM + PARAMS_MAX,
	DIMENSIONS = OF_LIVE + PARAMS_MAX,
};

/* All that may vary, each alone. */
#define SINGLES_MAX (MOMENTS_MAX + 2 * PARAMS_MAX * (CHOICES_MAX + 1) + 512)
struct single {
	uint16_t dimension, choice;
};

struct sample {
	struct authority_request request;
	struct authority_facts facts;
	struct pair params[PARAMS_MAX], observed[PARAMS_MAX];
	struct pairs given;
	struct authority_uses index;
	struct authority_use uses[USES_MADE_MAX];
	uint32_t uses_n; /* of them in the index */
	struct authority_yes yes[VOTERS_MAX];
	str healthy[USES_MADE_MAX];
};

/*
 * Samples of one principal, action and service: the plainest first, then each thing that
 * may vary by itself, then several at once, drawn by a generator that always begins alike.
 */
struct sampler {
	const struct model *model;
	const struct rule *const *rules; /* whose edges are looked at */
	size_t rules_n;
	struct arena *arena; /* what is kept for as long as the sampler */
	/* of the rules */
	msec moments[MOMENTS_MAX], ages[CHOICES_MAX];
	uint32_t counts[CHOICES_MAX], targets_ns[CHOICES_MAX];
	size_t moments_n, ages_n, counts_n, targets_ns_n;
	size_t moments_first; /* of what changed */
	bool moments_cut;     /* there are more of that */
	/* of the action */
	const struct action *action;
	const struct param *unmade; /* no value of it can be made up */
	struct candidates params[PARAMS_MAX], lives[PARAMS_MAX];
	const struct action *used[CHOICES_MAX];
	size_t used_n;
	/* of the service */
	const struct service *service;
	str targets[CHOICES_MAX];
	size_t targets_n;
	str hosts[USES_MADE_MAX];
	size_t hosts_n;
	str people[VOTERS_MAX]; /* the first of the catalogue, as principals */
	unsigned people_n;
	unsigned sizes[DIMENSIONS];
	struct single singles[SINGLES_MAX];
	size_t singles_n, all; /* all: together */
	bool plain; /* no uses, health, votes: what `firstline may` can be given */
	uint64_t seed;
	struct sample sample;
};

/* Now, and no other moment: sampler_moments adds those. */
struct sampler *sampler_new(const struct model *model, const struct rule *const *rules,
    size_t n, msec wall, struct arena *arena);
/* False: no value can be made up for a parameter: s->unmade; NULL: there are too many. */
bool sampler_action(struct sampler *s, const struct action *action);
void sampler_service(struct sampler *s, const struct service *service);
/* The k-th; good until the next. NULL: there are no more. */
const struct sample *sampler_next(struct sampler *s, str principal, size_t k);

/* ---- analyse_edges.c ---- */

/* Of the sampler's rules, of which the first `changed_n` are not in both models. */
void sampler_moments(struct sampler *s, const struct model *const models[2],
    size_t changed_n, msec wall);

/* ---- analyse_unseen.c ---- */

void unseen_add(struct difference *ret, str text, const struct place *place);
void unseen_rule(struct difference *ret, const struct rule *rule, bool removed,
    struct arena *arena);
void unseen_probes(struct difference *ret, const struct model *before,
    const struct model *after, struct arena *arena);
/* Of the sampler's action: values of changed rules beyond the maximum; all of it. */
void unseen_values(struct difference *ret, const struct sampler *s, size_t changed_n,
    struct arena *arena);
void unseen_action(struct difference *ret, const struct sampler *s, struct arena *arena);
/* Was the sample about the rule, which is one of that authority's and names the action?
 * `differs`: the other configuration answers it differently. */
bool rule_met(const struct authority *authority, const struct rule *rule,
    const struct sample *sample, const struct authority_decision *decision, bool differs);

#endif
