#ifndef AUTHORITY_INTERNAL_H
#define AUTHORITY_INTERNAL_H

#include <assert.h>
#include <stdalign.h>

#include "authority/authority.h"

/*
 * internal -- how a decision is cut into files.
 *
 * index.c files each rule where a request looks for it, covers.c says whom and what a rule
 * is about, judge.c holds the rules it finds against the request; limits.c, bounds.c and
 * approvals.c know one kind of question each. All note findings; explain.c and forward.c
 * turn those into sentences. The verdict follows from the findings alone
 * (finding_verdict), so a new kind of rule is a new kind of finding.
 */

/* ---- index.c ---- */

/* A verb or an action's name that some rule says. */
struct word {
	str name;
	uint64_t hash;
	uint32_t id; /* from 1; 0 is `any` */
	bool asked;  /* some action is called so, or has that verb */
};

/* A principal of a rule, as found in the configuration: told by a number, not by name. */
#define WHOM_KIND_SHIFT 28
#define WHOM_NOBODY UINT32_MAX /* not in the configuration */
static inline uint32_t
whom_of(enum principal_kind kind, size_t index)
{
	return (uint32_t)kind << WHOM_KIND_SHIFT | (uint32_t)index;
}
#define WHOM_INLINE 3
#define KINDS_OF_PEOPLE \
	(1u << PRINCIPAL_PERSON | 1u << PRINCIPAL_TEAM | 1u << PRINCIPAL_ON_DUTY)

/*
 * What a decision asks of every rule that it meets: the rule in three lines of memory, its
 * limits included, since most of what a decision costs is waiting for memory. The first
 * says whom and when, the second how often, the third what few rules say.
 */
enum entry_rate { RATE_SERVICE, RATE_TARGET, RATE_ACTOR };
struct entry {
	alignas(64) const struct rule *rule;
	msec from_wall, until_wall;
	struct hours *during;
	uint32_t reach; /* reach_bit of all the services that it may be about */
	uint8_t kind;   /* enum rule_kind */
	uint8_t to;     /* bit k: names a principal of kind k; 0: everyone */
	uint8_t is;     /* IS_... */
	uint8_t reach_n;
	uint32_t whom[WHOM_INLINE]; /* the first; all of them stand behind the words */
	uint16_t words_n, to_n;
	/* struct told; const struct word *[words_n]; uint64_t[reach_n], the hashes of the
	 * services that it is about; uint32_t[to_n] */
	const void *lists;
	uint64_t words_bits;     /* word_bit of all it names */
	uint64_t word_hashes[2]; /* where there are no more */
	msec windows_ms[3];
	uint32_t counts[3], at_once;
	struct share targets, keep_healthy;
	msec targets_window_ms, spacing_ms;
	struct strs not_beside;
	union {
		const struct param_bound *with; /* a grant */
		const struct when *when;        /* an approval */
	};
	size_t values_n; /* of either */
};

/* A calendar that rules share, and how it was when it was asked last: until it changes. */
struct hours {
	const struct calendar *calendar;
	msec from_wall, until_wall; /* as long it is known to be `open` or not */
	msec asked_wall;            /* last */
	bool open;
	struct hours *next;
};

/* What is said of a rule. */
struct told {
	struct place place;
	str name;
};
/* Entries stand by (file, line, name): what is written first is told first. */
#define IS_SHELVED 1u  /* its scope is no more than its shelf, environments aside */
#define IS_PLACED 2u   /* it says environments */
#define IS_DURING 4u   /* it has a calendar */
#define IS_INCIDENT 8u /* it asks for one */
#define IS_VALUED 16u  /* it bounds parameters, or asks for them */
#define IS_LIMITED 32u /* it has limits, */
#define IS_WIDER 64u   /* others than the rates and at_once */
#define IS_SCOPED 128u /* it is not about every service; reach_n: about those alone */
static_assert(sizeof(struct entry) == 192, "an entry is three lines of memory");
static_assert(offsetof(struct entry, words_bits) == 64, "rates are the second");
static_assert(offsetof(struct entry, targets) == 128, "what few say is the third");

static inline const struct told *
entry_told(const struct entry *entry)
{
	return entry->lists;
}

/* What it names; none: any. */
static inline const struct word *const *
entry_words(const struct entry *entry)
{
	return (const struct word *const *)(const void *)(entry_told(entry) + 1);
}

static inline const uint64_t *
entry_reach(const struct entry *entry)
{
	return (const uint64_t *)(const void *)(entry_words(entry) + entry->words_n);
}

static inline const uint32_t *
entry_whom(const struct entry *entry)
{
	return entry->to_n <= WHOM_INLINE
	           ? entry->whom
	           : (const uint32_t *)(const void *)(entry_reach(entry) + entry->reach_n);
}

static inline struct rate
entry_rate(const struct entry *entry, enum entry_rate which)
{
	return (struct rate){ entry->counts[which], entry->windows_ms[which] };
}

#define TIERS 5 /* 1..4; 0 is not used */

/* Rules that share a word and a selector, by rank, are a run of authority->filed: the key in
 * two halves, how many, their orders. It is found by a part of the key's hash. */
struct slot {
	uint32_t tag, first; /* 0: none */
};
#define RUN_HEAD 3

/* The same while it is made. */
struct shelf {
	uint64_t key; /* 0: none */
	uint32_t first, n;
};

/* A run of authority->hosts, or of ->teams. */
struct array_run {
	uint32_t first, n;
};

/* Where a service's rules and hosts are. */
struct service_place {
	uint32_t system; /* selector */
	uint32_t tier;
	uint64_t hash; /* of its name */
	struct array_run hosts;
};

/* One that some rule names. */
struct agent {
	str name;
	uint32_t number; /* from 1 */
	const struct agent *next;
};

/* Things by the hash of their name, in half of a power of two of slots. */
struct hashed {
	struct hashed_slot {
		uint64_t hash;
		const void *thing; /* NULL: free; hashed_several: two of one hash */
	} * slots;
	size_t cap;
};

struct action_words {
	const struct word *verb, *name; /* NULL: no rule says it */
	str noun;                       /* "restarts" */
};

struct authority {
	const struct model *model;
	struct entry *entries; /* by rank */
	size_t entries_n;
	struct names words;        /* struct word */
	struct names systems;      /* to their selector, as a pointer */
	struct names agents;       /* that rules name: struct agent */
	const struct agent *agent; /* the last of them */
	uint32_t words_n, systems_n, agents_n;
	uint64_t *any_on;   /* a bit for each selector: some rule about anything is there */
	struct slot *slots; /* a power of two of them */
	size_t slots_cap;
	uint32_t *filed; /* runs */
	size_t filed_n;
	struct shelf *shelves; /* only while it is made */
	size_t shelves_cap;
	struct action_words *of_action;   /* as model->actions */
	struct service_place *of_service; /* as model->services */
	/* All hosts by service, role, environment: a group is a run, so is a service. */
	const struct host **hosts;
	struct array_run *group_of_host; /* as model->hosts */
	/* As model->services: the environments of its hosts that are not its own, each once. */
	struct strs *elsewhere;
	struct hashed services, hosts_by_name;
	struct hashed people;              /* by "person:ID" */
	struct hashed agents_asking;       /* by "agent:NAME" */
	struct hours *hours;               /* each calendar of a rule once */
	struct turn *turns;                /* of all rotations, as they were asked last */
	size_t *turns_of;                  /* as model->teams: the first of theirs */
	struct array_run *teams_of_person; /* as model->people: a run of `teams` */
	const struct team **teams;
	msec window_ms;
	uint64_t automation_hash; /* who asks most */
};

/* Does the rule name an action, by one of its two words? */
bool entry_names(const struct entry *entry, const struct word *verb,
    const struct word *name);

/* The rules whose words and narrowest selector fit, each once, in no order of use. */
struct walk {
	const struct entry *entries;
	const uint32_t *next, *end;
	struct walk_shelf {
		const uint32_t *p;
		uint32_t n;
		bool by_name; /* found by the action's name */
	} shelves[9];
	struct walk_sought {
		uint64_t key;
		bool by_name;
	} sought[9];
	size_t sought_n, n, shelf;
	const struct word *verb, *name; /* NULL: no rule says it */
};
#define WALK __attribute__((uninitialized)) struct walk /* what is read is written first */
/* First: asks memory for where the rules are. Then something else can be done meanwhile. */
void walk_seek(struct walk *walk, const struct authority *authority,
    const struct action *action, const struct service *service);
/* Then: for what is there; then for the rules themselves. */
void walk_fetch(const struct walk *walk, const struct authority *authority);
void walk_begin(struct walk *walk, const struct authority *authority);

/* Asks memory for the third line of the rule that comes next, where it says something. */
static inline void
walk_ahead(const struct walk *walk)
{
	const uint32_t *next = walk->next;
	if (next == walk->end) {
		if (walk->shelf == walk->n)
			return;
		next = walk->shelves[walk->shelf].p;
	}
	const struct entry *entry = &walk->entries[*next];
	if (entry->is & (IS_WIDER | IS_VALUED))
		__builtin_prefetch(&entry->targets);
	if (entry->kind == RULE_APPROVAL)
		__builtin_prefetch(&entry->rule->need);
}

static inline const struct entry *
walk_next(struct walk *walk)
{
	for (;;) {
		if (walk->next == walk->end) {
			if (walk->shelf == walk->n)
				return NULL;
			walk->next = walk->shelves[walk->shelf].p;
			walk->end = walk->next + walk->shelves[walk->shelf++].n;
		}
		const struct entry *entry = &walk->entries[*walk->next++];
		walk_ahead(walk);
		/* `may` names both: it was met under the verb. */
		if (!walk->shelves[walk->shelf - 1].by_name || entry->words_n == 1 ||
		    walk->verb == NULL || !entry_names(entry, walk->verb, NULL))
			return entry;
	}
}

/* One bit of 32 for each service, system and tier: where a rule shares none with a service,
 * it is not about it. */
static inline uint32_t
reach_bit(uint32_t selector)
{
	return UINT32_C(1) << (selector * UINT32_C(0x9e3779b1) >> 27);
}
uint32_t reach_of_service(const struct authority *authority, const struct service *service);

/* NULL: there is none, or more than one. */
const struct service *service_of_hash(const struct authority *authority, uint64_t hash);
const struct host *host_of_hash(const struct authority *authority, uint64_t hash, str name);
/* Asks memory for where it is looked for; then for what is there, most likely it: NULL, or
 * it is not one alone. */
void host_seek(const struct authority *authority, uint64_t hash);
const struct host *host_fetch(const struct authority *authority, uint64_t hash);
const struct person *person_of_hash(const struct authority *authority, uint64_t hash,
    str id);
const struct agent *agent_of_hash(const struct authority *authority, uint64_t hash,
    str name);
/* Is it one of those n? */
bool stands_in(const void *p, const void *array, size_t n, size_t size);

/* As the configuration in force has it; NULL: it has none. */
const struct action *action_in_force(const struct authority *authority,
    const struct action *asked);
const struct service *service_in_force(const struct authority *authority,
    const struct service *asked);

/* ---- covers.c ---- */

enum asker_kind { ASKER_OTHER, ASKER_PERSON, ASKER_AGENT, ASKER_AUTOMATION };

#define WHOM_ASKER_MAX 8
#define WHOM_CHAIN_MAX 8

/* One of the chain. */
struct asker {
	str text; /* "person:ana" */
	enum asker_kind kind;
	str name;                     /* "ana"; automation and others: empty */
	const struct stand_ins *over; /* NULL: nobody stands in for anybody */
	uint64_t hash;                /* this and what follows: once they were found */
	const struct person *person;  /* as found in the configuration in force */
	/* Whom rules may call them: by name, by team, by who is on duty now. */
	uint32_t whom[WHOM_ASKER_MAX];
	uint32_t whom_n; /* over the maximum: asked of the rule's own words */
};
struct asker asker_of(str text, const struct stand_ins *over);
void asker_set(struct asker *asker, str text, const struct stand_ins *over);
/* Finds a person of the configuration and their teams. */
void asker_find(struct asker *asker, const struct authority *authority, msec wall);
/* Whose turn of that rotation it is by what is written. `authority` remembers; NULL: it is
 * worked out. */
const struct person *person_on_turn(const struct authority *authority,
    const struct team *team, size_t rotation, msec wall);
/* Does the rule name them? Of one who was found. */
bool entry_is_for(const struct authority *authority, const struct entry *entry,
    const struct asker *asker, msec wall);
bool principals_have(const struct authority *authority, const struct principal *principals,
    size_t n, const struct asker *asker, msec wall);
bool hours_open(struct hours *hours, msec wall);

bool scope_covers(const struct scope *scope, const struct service *service);

/* ---- findings ---- */

/* What a grant lacks; the least sum is the nearest. */
#define LACKS_LIVE 1u /* a live value: nobody knows it */
#define LACKS_BOUND 2u
#define LACKS_INCIDENT 4u
#define LACKS_DURING 8u
#define LACKS_BEGIN 16u
#define LACKS_TIME 32u
#define LACKS_PRINCIPAL 64u
#define LACKS_SCOPE 128u
#define LACKS_ACTION 256u
#define LACKS_FIRST LACKS_ACTION /* told first */
#define LACKS_MORE UINT32_MAX    /* than any grant does */
#define LACKS_VALUE (LACKS_LIVE | LACKS_BOUND)
#define LACKS_NOT_NOW (LACKS_INCIDENT | LACKS_DURING | LACKS_BEGIN | LACKS_TIME)

/* How many grants are looked at, by rank, for the nearest when none is on the request's
 * shelves: an answer for people must not cost a storm its speed. */
#define NEAREST_LOOKS_MAX 16

#define CHAIN_MAX (1 + BEHALF_MAX)
#define OTHERS_KEPT 8
#define HELD_KEPT 16
/* Of the grants that apply so many are told, by place; the others are counted. */
#define GRANTS_TOLD_MAX 2
#define OBSERVES_MAX 64 /* more parameters than any action has */

struct judgement {
	/* Who asks first, then those on whose behalf; each once. This and what follows up to
	 * `authority` is never cleared: it is written before it is read. */
	struct asker chain[CHAIN_MAX];
	/* Whom rules may call all of them, and a bit of the chain for each: a rule that names
	 * few is compared with these at once, without a branch that nobody could foresee. */
	uint32_t whom[WHOM_CHAIN_MAX], whose[WHOM_CHAIN_MAX];
	uint64_t places[AUTHORITY_REASONS_MAX]; /* of d->findings: the least comes first */
	const struct entry *near[CHAIN_MAX];    /* the nearest grant that does not apply */
	unsigned near_lacks[CHAIN_MAX];
	const struct person *approvers[AUTHORITY_APPROVERS_MAX];
	/* Of what is explained: the first grants by place that lack nothing but one of the
	 * chain, and are for people: whom to ask. */
	const struct entry *others[OTHERS_KEPT];
	/* What is held, where it is not more. */
	const struct authority_use *held_uses[HELD_KEPT];
	uint32_t held_reach[HELD_KEPT]; /* reach_bit of the service; 0: not asked for yet */
	/* Of each bit of held_words: a bit for each use that has it. */
	uint16_t held_with[64];
	const struct authority *authority;
	const struct authority_request *request;
	const struct authority_facts *facts;
	struct authority_decision *d; /* what it comes to */
	bool whole;                   /* params and single targets are judged too */
	/* Only the verdict is asked for: no finding is kept, and the first denial is the
	 * answer. */
	bool brief;
	uint8_t said; /* a bit for each verdict that a finding asked for */
	/* As the configuration in force has them; NULL: unknown there. */
	const struct action *action;
	const struct service *service;
	const struct host *host; /* the target; NULL: the service itself */
	struct array_run group;  /* the hosts that the target is one of, or stands for */
	/* Where the service itself is the target: where else its hosts are; NULL: nowhere. */
	const struct strs *elsewhere;
	size_t chain_n;
	size_t whom_n;    /* over the maximum: each is asked about by itself */
	bool chain_cut;   /* it is longer */
	bool machine;     /* automation or an agent is in it */
	bool lifted;      /* the glass is broken, and it is alone who broke it */
	unsigned granted; /* a bit for each of the chain */
	unsigned may_be;  /* a grant would be, but for a live value that can be asked for */
	size_t others_n;
	/* What denies: */
	bool by_turn;    /* at_once, not_beside */
	bool by_hands;   /* hands-on */
	bool by_other;   /* anything else */
	bool for_good;   /* something that no fact yet unknown may take away */
	bool by_unknown; /* something that such a fact may */
	/* Lists of uses, by what limits count. */
	const struct authority_bucket *on_service, *on_target, *held;
	uint64_t service_hash, target_hash;
	/* The live value, and the value, that were asked for last: rules compare the same. */
	str live_param;
	int64_t live_number;
	struct asked_value {
		str param; /* empty: none yet */
		str value;
		int64_t number;
		bool given, whole; /* is there one, and is it a whole number? */
	} asked;
	uint64_t
	    held_words; /* bits of all that are held, also of those that are not kept */
	size_t held_n;
	/* What would have to be known: of action->observe, and hosts' health. */
	uint64_t live_unknown;
	bool health_unknown;
	/* Hosts of the group that stay well, once they were counted. */
	bool healthy_counted;
	uint32_t healthy_n;
	bool approvers_sought; /* who could give an approval that is missing */
	size_t approvers_n;
};

/* All of it that is read is written first; so much need not be zeroed for each decision. */
#define UNINITIALIZED __attribute__((uninitialized))
#define JUDGEMENT UNINITIALIZED struct judgement
#define DECISION UNINITIALIZED struct authority_decision
void judgement_begin(struct judgement *j, const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    struct authority_decision *decision);
/* What it comes to is in j->d then. */
void judge(struct judgement *j);
/* To explain a decision that was made: finds what the request names once more. */
void judgement_again(struct judgement *j, const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    struct authority_decision *decision);
void finding_insert(struct judgement *j, const struct finding *finding);
void finding_add(struct judgement *j, const struct finding *finding);

/* What a grant that names the action lacks, whoever asks and whatever the values; whom of
 * the chain it names. */
unsigned grant_lacks(const struct judgement *j, const struct entry *entry);
unsigned grant_names(const struct judgement *j, const struct entry *entry);
static inline unsigned
whole_chain(const struct judgement *j)
{
	return (1u << j->chain_n) - 1;
}
/* Is it nearer than those before, for them? */
void consider_near(struct judgement *j, const struct entry *entry, unsigned whom,
    unsigned lacks);

/* ---- nearest.c ---- */

/* The nearest grant of those whom none allows it, which their findings name then; and who
 * else may. */
void judge_nearest(struct judgement *j);

/* ---- limits.c ---- */

/* Looks up once what every rule's limits are counted by. */
void limits_begin(struct judgement *j);
/*
 * Notes each limit of the rule that is used up, or that nobody can tell, for those of the
 * chain in `whom` (a bit each); `sure`: the rule applies, whatever is still unknown. *best,
 * unless NULL, gets the one that leaves the least room.
 */
void limits_check(struct judgement *j, const struct entry *entry, unsigned whom, bool sure,
    struct finding *best);
bool rule_has_wider_limits(const struct rule *rule); /* than rates and at_once */
/* The longest window of its limits. */
msec rule_window_ms(const struct rule *rule);
uint32_t share_at_least(const struct share *share, uint32_t n); /* keep_healthy */
uint32_t share_at_most(const struct share *share, uint32_t n);  /* targets */

/* ---- bounds.c ---- */

/* The number that a text is, with an optional '-'. */
bool number_of(str text, int64_t *ret);
/* The value that the action will have: as asked, else its default. False: none. */
bool param_value(const struct judgement *j, str name, str *ret);
/* Is it known? If not, notes that it is asked for. */
bool live_value(struct judgement *j, str param, int64_t *ret);
/* Is one of the live values that the rule compares with not known, and can be asked for? */
bool live_can_be_asked(struct judgement *j, const struct rule *rule);
/* Do all bounds of the grant hold? */
enum holds bounds_hold(struct judgement *j, const struct param_bound *with, size_t n);
enum holds bound_holds(struct judgement *j, const struct param_bound *bound);
/* The whole numbers that a bound leaves, of those that the action takes. False: none. */
bool bound_range(struct judgement *j, const struct param_bound *bound, int64_t *ret_low,
    int64_t *ret_high);
/* The first bound of the grant that does not hold; NULL: all do. */
const struct param_bound *bound_outside(struct judgement *j, const struct rule *rule);
/* Those as far from `live` as the delta allows. False: none. */
bool delta_range(const struct delta *delta, int64_t live, int64_t *ret_low,
    int64_t *ret_high);

/* ---- approvals.c ---- */

#define EXPIRES_DEFAULT_MS (15 * MINUTE)

/* How many targets the plan has that the request is part of. */
uint32_t targets_of(const struct judgement *j);
/* Do all conditions of the approval hold? */
enum holds when_holds(struct judgement *j, const struct when *when);
enum holds whens_hold(struct judgement *j, const struct when *whens, size_t n);
/* How many different people must agree, and how many of those whose yes counts did. */
uint32_t approval_need(const struct judgement *j, const struct rule *rule);
uint32_t approval_given(const struct judgement *j, const struct rule *rule);

enum yes_fault {
	YES_COUNTS,
	YES_NO_PERSON,
	YES_ASKED, /* in the chain */
	YES_RELOADED,
	YES_NOT_BY,
	YES_ALREADY,
};
enum yes_fault yes_fault_of(const struct judgement *j, const struct rule *rule,
    const struct asker *asker);
/* People whose yes would count now, for any approval that is missing one, in
 * j->approvers. */
void approvers_seek(struct judgement *j);
/* Are they enough for each of those approvals? A yes counts for every rule that it may. */
bool approvers_enough(struct judgement *j);

/* ---- text.c: sentences ---- */

#define TEXT_BYTES_MAX 1000

/* A sentence in the making; what is over the maximum is left out. Decisions come in
 * storms, and printf was four fifths of their cost. */
struct text {
	struct arena *arena; /* the free end of it is written to */
	size_t n, room;
};
void text_begin(struct text *text, struct arena *arena);
static inline void
text_add(struct text *text, str part)
{
	size_t room = text->room - text->n;
	size_t n = part.n < room ? part.n : room;
	if (n == 0)
		return;
	memcpy(&text->arena->beg[text->n], part.p, n);
	text->n += n;
}

/* Up to eight parts, one after the other; in line, so that literals are stored at once. */
#define ADD(text, ...)                                                                  \
	ADD_PICK(__VA_ARGS__, ADD_8, ADD_7, ADD_6, ADD_5, ADD_4, ADD_3, ADD_2, ADD_1, ) \
	(text, __VA_ARGS__)
#define ADD_PICK(a, b, c, d, e, f, g, h, add, ...) add
#define ADD_1(text, part) text_add(text, part)
#define ADD_2(text, part, ...) (text_add(text, part), ADD_1(text, __VA_ARGS__))
#define ADD_3(text, part, ...) (text_add(text, part), ADD_2(text, __VA_ARGS__))
#define ADD_4(text, part, ...) (text_add(text, part), ADD_3(text, __VA_ARGS__))
#define ADD_5(text, part, ...) (text_add(text, part), ADD_4(text, __VA_ARGS__))
#define ADD_6(text, part, ...) (text_add(text, part), ADD_5(text, __VA_ARGS__))
#define ADD_7(text, part, ...) (text_add(text, part), ADD_6(text, __VA_ARGS__))
#define ADD_8(text, part, ...) (text_add(text, part), ADD_7(text, __VA_ARGS__))
void add_u64(struct text *text, uint64_t value);
void add_i64(struct text *text, int64_t value);
void add_duration(struct text *text, msec ms);
/* "14:07 UTC", with the date when it is midnight or another day than `now`. */
void add_clock(struct text *text, msec at, msec now);
/* "ana" for "person:ana", "agent x" for "agent:x". */
void add_principal(struct text *text, str asking);
/* "ana, mei or piotr" */
void add_people(struct text *text, const struct person *const *people, size_t n,
    str last_joint);
str text_end(const struct text *text);

/* ---- explain.c, forward.c, faults.c, compare.c ---- */

/* "restarts": how many of what the verb does are spoken of; empty: "VERB actions". */
str verb_noun(str verb);
/* When the calendar of a rule next changes, or the rule ends; 0: not known. */
msec rule_changes(const struct judgement *j, const struct rule *rule);
/* "replicas 40 is more than twice the live 12; at most 24", and what helps. */
void add_outside(struct text *text, struct judgement *j, const struct rule *rule);
void add_outside_forward(struct text *text, struct judgement *j, const struct rule *rule);
/* ": replicas 40 is more than twice the live 12 and 4 targets are more than 3" */
void add_whens(struct text *text, struct judgement *j, const struct rule *rule);

/* The reason a finding gives, as a sentence. */
str finding_text(struct judgement *j, const struct finding *finding, struct arena *arena);
str forward_text(struct judgement *j, struct arena *arena);
/* What is wrong with the request, and what helps. */
str fault_text(const struct judgement *j, const struct finding *finding,
    struct arena *arena);
str fault_forward(const struct judgement *j, const struct finding *finding,
    struct arena *arena);
static inline const struct asker *
finding_asker(const struct judgement *j, const struct finding *finding)
{
	return &j->chain[finding->which];
}

#endif
