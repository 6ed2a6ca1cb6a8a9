/*
 * escalate, policies: who is told, and who is told next.
 *
 *	escalate:
 *	  - {to: primary, after: 5m}
 *	  - {to: second, after: 10m, hours: office}
 *	  - to: ledger-dev
 *	    after: 30m
 *	    exception: {owner: ana, because: the new ledger, until: 2027-01-31}
 *	  - {to: lead}
 *	policies:
 *	  - severity: [sev3, sev4]
 *	    hours: [{days: mon-fri, from: "09:00", until: "17:00"}]
 *	    except: holidays
 *	    outside: wait
 *	    escalate: [{to: primary}]
 *
 * Of `policies` the first that fits holds, `escalate` where none does. Outside of its hours
 * one does not count, or what it is for waits for them: never what is urgent.
 */
#include "model/internal.h"
#include "model/policy.h"

#define TIERS_MAX 32
#define AFTER_MS_MIN (10 * SECOND)
#define AFTER_MS_MAX (7 * DAY)
#define ALL_SEVERITIES (1u << SEV1 | 1u << SEV2 | 1u << SEV3 | 1u << SEV4)
#define URGENT (1u << SEV1 | 1u << SEV2)

static const char *const severities[] = { "sev1", "sev2", "sev3", "sev4" };

/* ---- developers ---- */

static void
exception_read(struct reader *r, const struct node *node, const struct team *developers,
    struct tier *ret)
{
	const struct node *owner = NULL, *because = NULL, *until = NULL;
	const struct key keys[] = {
		{ "owner", &owner, .required = true },
		{ "because", &because, .required = true },
		{ "until", &until, .required = true },
	};
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	struct exception *exception = arena_new(r->arena, struct exception, 1);
	int64_t days = 0;
	exception->team = developers;
	exception->place = node_place(node);
	exception->owner = read_ref(r, &r->people, owner);
	(void)read_text(r, because, &exception->because);
	if (read_date(r, until, &days))
		exception->until_wall = (msec)(days + 1) * DAY;
	ret->exception = exception;
}

/* Their lead is told; read when this team may be read before theirs. */
static void
tier_to_developers(struct reader *r, const struct node *node, const struct node *exception,
    const struct team *developers, struct tier *ret)
{
	if (exception == NULL) {
		read_error(r, node,
		    STR("they receive handoffs; name a rotation or a person, or write why "
			"and until when: 'exception: {owner: PERSON, because: TEXT, until: "
			"DATE}'"),
		    "'%.*s' are developers and cannot be escalated to",
		    STR_ARG(node->text));
		return;
	}
	exception_read(r, exception, developers, ret);
	size_t i = (size_t)(developers - r->model->teams);
	const struct node *team = r->sections[SECTION_TEAMS].nodes[i];
	const struct node *lead = node_get(team, STR("lead"));
	if (lead == NULL) {
		read_error(r, node, STR("add 'lead: PERSON' to that team"),
		    "team '%.*s' has no lead, who would be told", STR_ARG(node->text));
		return;
	}
	ret->person = lead->kind == NODE_TEXT
	                  ? names_get(r->people.by_name, lead->text)
	                  : NULL; /* what is wrong with it is said there */
	if (ret->person != NULL)
		need_reach(r, node, ret->person);
}

/* ---- tiers ---- */

static void
report_unknown_tier(struct reader *r, const struct node *node, const struct team *team)
{
	if (names_get(r->teams.by_name, node->text) != NULL) {
		read_error(r, node, STR("name a rotation of this team, a person, or lead"),
		    "'%.*s' is a team", STR_ARG(node->text));
		return;
	}

	size_t n = team->rotation_n + 1 + r->people.n;
	str *names = arena_new(r->arena, str, n);
	for (size_t i = 0; i < team->rotation_n; i++)
		names[i] = team->rotations[i].name;
	names[team->rotation_n] = STR("lead");
	for (size_t i = 0; i < r->people.n; i++)
		names[team->rotation_n + 1 + i] = r->people.list[i];
	str hint = read_suggest(r, node->text, names, n);
	if (hint.n == 0 && r->incomplete)
		return;
	read_error(r, node,
	    hint.n ? hint : STR("name a rotation of this team, a person, or lead"),
	    "unknown rotation or person '%.*s'", STR_ARG(node->text));
}

static void
tier_to_lead(struct reader *r, const struct node *node, const struct team *team,
    const struct node *lead, struct tier *ret)
{
	ret->person = team->lead;
	if (team->lead != NULL)
		need_reach(r, node, team->lead);
	else if (lead == NULL)
		read_error(r, node, STR("add 'lead: PERSON' to the team"),
		    "team '%.*s' has no lead", STR_ARG(team->name));
}

static void
tier_to(struct reader *r, const struct node *node, const struct node *exception,
    const struct policies_of *of, struct tier *ret)
{
	str to;
	if (!read_text(r, node, &to))
		return;
	const struct team *team = of->team;
	const struct rotation *rotation = rotation_find(team, to);
	const struct person *person = names_get(r->people.by_name, to);
	const struct team *other = names_get(r->teams.by_name, to);
	bool developers = rotation == NULL && person == NULL && other != NULL &&
	                  other->kind == TEAM_DEVELOPMENT;
	if (exception != NULL && !developers)
		read_error_key(r, exception, STR("remove it"),
		    "'exception' is for a tier that is a development team");
	if (str_eq(to, STR("lead"))) {
		tier_to_lead(r, node, team, of->lead, ret);
	} else if (rotation != NULL && person != NULL) {
		read_error(r, node, STR("give the rotation another name"),
		    "'%.*s' is both a rotation and a person", STR_ARG(to));
	} else if (rotation != NULL) {
		ret->kind = TIER_ROTATION;
		ret->rotation = rotation;
	} else if (person != NULL) {
		ret->person = person;
		need_reach(r, node, person);
	} else if (developers) {
		tier_to_developers(r, node, exception, other, ret);
	} else {
		report_unknown_tier(r, node, team);
	}
}

static void
tier_read(struct reader *r, const struct node *item, const struct policies_of *of,
    struct tier *ret)
{
	const struct node *to = NULL, *after = NULL, *hours = NULL, *except = NULL,
			  *exception = NULL;
	const struct key keys[] = {
		{ "to", &to, .required = true },
		{ "after", &after },
		{ "hours", &hours },
		{ "except", &except },
		{ "exception", &exception },
	};
	ret->kind = TIER_PERSON;
	ret->place = node_place(item);
	if (!read_map(r, item, "tier", keys, countof(keys)))
		return;
	tier_to(r, to, exception, of, ret);
	read_window(r, hours, except, of->team->zone, &ret->when);
	if (after != NULL && item->next == NULL)
		read_error_key(r, after, STR("remove it, or add who is told then"),
		    "nobody comes after the last tier");
	else if (after != NULL)
		(void)read_duration(r, after, AFTER_MS_MIN, AFTER_MS_MAX, &ret->after_ms);
	else if (item->next != NULL)
		read_error(r, item, STR("add 'after: 5m'"),
		    "this tier never gives way to the next");
}

static void
tiers_read(struct reader *r, const struct node *node, const struct policies_of *of,
    struct policy *ret)
{
	if (!read_is_list(r, node, NULL) || !read_at_most(r, node, TIERS_MAX))
		return;
	if (node->n == 0)
		read_error(r, node, STR("leave it out to tell the first rotation"),
		    "'escalate' tells nobody");
	ret->tiers = arena_new(r->arena, struct tier, node->n);
	for (const struct node *item = node->first; item != NULL; item = item->next)
		tier_read(r, item, of, &ret->tiers[ret->tier_n++]);
}

/* ---- policies ---- */

static void
severities_read(struct reader *r, const struct node *node, uint32_t *ret)
{
	bool one = node->kind == NODE_TEXT;
	*ret = 0; /* one that is wrong is of none */
	if (!one && !read_is_list(r, node, NULL))
		return;
	if (!one && node->n == 0) {
		read_error(r, node, STR("leave it out for all of them"),
		    "'severity' names none");
		return;
	}
	uint32_t bits = 0;
	for (const struct node *item = one ? node : node->first; item != NULL;
	     item = one ? NULL : item->next) {
		unsigned at;
		if (!read_choice(r, item, "severity", severities, countof(severities), &at))
			return;
		bits |= 1u << (SEV1 + at);
	}
	*ret = bits;
}

struct policy_nodes {
	const struct node *severity, *hours, *except, *outside, *escalate;
};

static void
outside_read(struct reader *r, const struct policy_nodes *n, struct policy *ret)
{
	static const char *const ways[] = { "wait" };
	unsigned way;
	if (!read_choice(r, n->outside, "way", ways, countof(ways), &way))
		return;
	ret->waits = true;
	if (n->hours == NULL && n->except == NULL)
		read_error_key(r, n->outside, STR("add 'hours: ...', or remove it"),
		    "there is nothing to wait for: this policy has no hours");
	else if ((ret->severities & URGENT) != 0)
		read_error_key(r, n->outside,
		    STR("write 'severity: [sev3, sev4]', or a policy of its own for these"),
		    "sev1 and sev2 do not wait until somebody is at work");
}

/* What comes before it leaves nothing for it. */
static void
report_unreached(struct reader *r, const struct node *node, const struct team *team,
    const struct policy *policy)
{
	uint32_t taken = 0;
	for (const struct policy *p = team->policies; p < policy; p++) {
		bool always = p->waits || (p->when.only == NULL && p->when.except == NULL);
		taken |= always ? p->severities : 0;
	}
	if ((policy->severities & ~taken) == 0)
		read_error(r, node, STR("the first that fits holds: put it before them"),
		    "no incident comes to this policy: those before it take all of its "
		    "severities");
}

static void
policy_read(struct reader *r, const struct node *node, const struct policies_of *of,
    struct policy *ret)
{
	struct policy_nodes n = { 0 };
	const struct key keys[] = {
		{ "severity", &n.severity },
		{ "hours", &n.hours },
		{ "except", &n.except },
		{ "outside", &n.outside },
		{ "escalate", &n.escalate, .required = true },
	};
	ret->severities = ALL_SEVERITIES;
	ret->place = node_place(node);
	if (!read_map(r, node, "policy", keys, countof(keys)))
		return;
	if (n.severity != NULL)
		severities_read(r, n.severity, &ret->severities);
	read_window(r, n.hours, n.except, of->team->zone, &ret->when);
	if (n.severity == NULL && n.hours == NULL && n.except == NULL) {
		read_error(r, node, STR("add 'severity: ...' or 'hours: ...'"),
		    "this policy is for everything, as 'escalate' beside it is");
		ret->severities = 0;
	} else if (n.hours != NULL && ret->when.only == NULL) {
		ret->severities = 0; /* nobody knows when: it takes nothing from others */
	} else if (ret->severities != 0) {
		report_unreached(r, node, of->team, ret);
	}
	if (n.outside != NULL)
		outside_read(r, &n, ret);
	tiers_read(r, n.escalate, of, ret);
}

static size_t
policies_n(struct reader *r, const struct node *node)
{
	return node != NULL && read_is_list(r, node, NULL) &&
	               read_at_most(r, node, POLICIES_MAX)
	           ? node->n
	           : 0;
}

void
policies_read(struct reader *r, const struct policies_of *of)
{
	struct team *team = of->team;
	size_t n = policies_n(r, of->policies);
	team->policies = arena_new(r->arena, struct policy, n + 1);
	const struct node *item = n > 0 ? of->policies->first : NULL;
	for (; item != NULL; item = item->next)
		policy_read(r, item, of, &team->policies[team->policies_n++]);
	struct policy *general = &team->policies[team->policies_n++];
	general->severities = ALL_SEVERITIES;
	general->place = team->place;
	if (of->escalate != NULL) {
		tiers_read(r, of->escalate, of, general);
	} else if (team->rotation_n > 0) {
		general->tiers = arena_new(r->arena, struct tier, 1);
		general->tiers[0] = (struct tier){ .kind = TIER_ROTATION,
			.rotation = &team->rotations[0],
			.place = team->rotations[0].place };
		general->tier_n = 1;
	}
}
