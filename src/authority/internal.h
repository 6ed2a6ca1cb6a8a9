#ifndef AUTHORITY_INTERNAL_H
#define AUTHORITY_INTERNAL_H

#include "authority/authority.h"

/*
 * internal -- how a decision is cut into files.
 *
 * index.c files each rule where a request looks for it, covers.c says whom and what a rule
 * is about, judge.c holds the rules it finds against the request and notes findings,
 * explain.c turns findings into sentences. The
 * verdict follows from the findings alone (finding_verdict), so a new kind of rule is a
 * new kind of finding.
 */

struct word;

/* A rule, its rank by (file, line, name): what is written first is told first; and what
 * a decision needs of it without reading text. */
struct entry {
	const struct rule *rule;
	uint32_t order;
	bool
	    shelved; /* its scope is no more than the shelf it is filed on, environments aside */
	struct word **words; /* what it names; empty: any */
	size_t words_n;
};

/* Rules that share a word and a selector, by rank. */
struct shelf {
	const struct entry **p;
	size_t n, cap;
};

#define TIERS 5 /* 1..4; 0 is not used */

/* The rules that name one verb or action (or `any`), each on the narrowest shelf that its
 * scope allows: by service, else by system, else by tier. */
struct word {
	struct names by_service, by_system; /* struct shelf */
	struct shelf by_tier[TIERS];
};

struct authority {
	const struct model *model;
	struct entry *entries; /* by rank */
	size_t entries_n;
	struct names words; /* struct word */
	struct word *any;
	msec window_ms;
};

/* The rules whose words and narrowest selector fit, each once, in no order of use. */
struct walk {
	const struct shelf *shelves[9];
	size_t n;
	size_t by_name; /* shelves from here to by_any were found by the action's name */
	size_t by_any;
	const struct word *verb, *name; /* NULL: no rule names it */
	size_t shelf, next;
};
void walk_begin(struct walk *walk, const struct authority *authority,
    const struct action *action, const struct service *service);
const struct entry *walk_next(struct walk *walk);

bool strs_has(const struct strs *strs, str s);

/* "person:ana" asks as "person:"; *ret_name is "ana". */
bool asking_as(str asking, str prefix, str *ret_name);

/* The word of that text, NULL when no rule says it. */
const struct word *word_get(const struct authority *authority, str text);
/* Does the rule name an action, by one of its two words? */
bool entry_names(const struct entry *entry, const struct word *verb,
    const struct word *name);

enum bound { BOUND_NONE, BOUND_PER_SERVICE, BOUND_PER_TARGET, BOUND_AT_ONCE };

struct finding {
	enum reason_kind kind;
	const struct entry *entry; /* NULL: not from a rule */
	str text;                  /* not from a rule: the sentence */
	str forward;               /* not from a rule: what helps */
	/* REASON_LIMIT: the bound that is used up; REASON_GRANT: the one with least room. */
	enum bound bound;
	uint64_t value, limit;
	msec window_ms;
	msec free_at;   /* wall; 0: when what is held ends */
	unsigned lacks; /* REASON_NO_GRANT, REASON_NOT_NOW: what the nearest grant lacks */
};

/* What a grant lacks; the least sum is the nearest. */
#define LACKS_INCIDENT 1u
#define LACKS_BEGIN 2u
#define LACKS_TIME 4u
#define LACKS_PRINCIPAL 8u
#define LACKS_SCOPE 16u
#define LACKS_ACTION 32u
#define LACKS_NOT_NOW (LACKS_INCIDENT | LACKS_BEGIN | LACKS_TIME)

/* How many grants are looked at, by rank, for the nearest when none is on the request's
 * shelves: an answer for people must not cost a storm its speed. */
#define NEAREST_LOOKS_MAX 256

/* A use that some limit could count here: most are of other services, and over. */
struct near_use {
	const struct authority_use *use;
	const struct word *verb, *name;
	bool on_service, on_target;
};
#define NEAR_USES_MAX 32

struct judgement {
	const struct authority *authority;
	const struct authority_request *request;
	const struct authority_facts *facts;
	bool whole; /* params and single targets are judged too */
	/* As the configuration in force has them; NULL: unknown there. */
	const struct action *action;
	const struct service *service;
	const struct host *host; /* the target; NULL: the service itself */
	const struct word *verb, *name;
	struct near_use near_uses[NEAR_USES_MAX];
	size_t near_uses_n; /* over NEAR_USES_MAX: all uses are looked at instead */
	bool granted;
	/* The most important, sorted; `dropped` had no room. */
	struct finding findings[AUTHORITY_REASONS_MAX];
	size_t n;
	size_t dropped;
	bool denied;              /* by something else than an at_once limit */
	msec free_at;             /* the latest of all limits */
	bool free_never;          /* one of them waits for what is held */
	const struct entry *near; /* the nearest grant that does not apply */
	unsigned near_lacks;
};

/* `arena` is for sentences about faults only. */
void judge(struct judgement *j, struct arena *arena);
enum verdict judgement_verdict(const struct judgement *j);

/* What a grant that names the action lacks for this request; 0: it applies. */
unsigned grant_lacks(const struct judgement *j, const struct rule *rule);
bool scope_covers(const struct scope *scope, const struct service *service);
bool environments_cover(const struct judgement *j, const struct rule *rule);

void finding_add(struct judgement *j, const struct finding *finding);

/* The reason a finding gives, as a sentence. */
str finding_text(const struct judgement *j, const struct finding *finding,
    struct arena *arena);
void explain(const struct judgement *j, struct arena *arena,
    struct authority_decision *ret);

#endif
