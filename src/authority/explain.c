/*
 * Findings as sentences, and what would help.
 *
 *	3 of 3 restarts of checkout in 1h are used; free at 14:07 UTC
 *	no grant lets piotr do restart-unit on ledger; closest: 'restart tier 2' at
 *	    authority.yaml:12, which does not cover service ledger
 *
 * A sentence is complete in itself: it is kept with the decision, and read in mails and
 * timelines long after.
 */
#include <stdio.h>

#include "authority/internal.h"

#define PEOPLE_NAMED_MAX 3
#define GRANTS_ASKED_MAX 4 /* for people to name */

#define TEXT_BYTES_MAX 1000

/* A sentence in the making; what is over the maximum is left out. Decisions come in
 * storms, and printf was four fifths of their cost. */
struct text {
	struct arena *arena;
	size_t n;
	char p[TEXT_BYTES_MAX];
};

static void
text_begin(struct text *text, struct arena *arena)
{
	text->arena = arena;
	text->n = 0;
}

static void
add_parts(struct text *text, const str *parts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t room = sizeof(text->p) - text->n;
		str part = parts[i].n > room ? str_take(parts[i], room) : parts[i];
		if (part.n == 0)
			continue;
		memcpy(&text->p[text->n], part.p, part.n);
		text->n += part.n;
	}
}

#define ADD(text, ...)                                  \
	add_parts((text), (const str[]){ __VA_ARGS__ }, \
	    countof(((const str[]){ __VA_ARGS__ })))

static void
add_u64(struct text *text, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	ADD(text, (str){ &digits[at], sizeof(digits) - at });
}

static str
text_end(const struct text *text)
{
	char *p = arena_try(text->arena, char, text->n);
	if (p == NULL)
		return (str){ 0 };
	memcpy(p, text->p, text->n);
	return (str){ p, text->n };
}

/* How many of a verb are spoken of. */
static void
add_uses(struct text *text, const struct rule *rule, const struct action *action)
{
	static const struct {
		const char *verb, *noun;
	} nouns[] = {
		{ "restart", "restarts" },
		{ "roll-back", "roll-backs" },
		{ "configure", "configurations" },
		{ "scale", "scalings" },
		{ "shift-traffic", "traffic shifts" },
	};
	if (rule->may.n != 1) {
		ADD(text, STR("actions under this grant"));
		return;
	}
	str word = rule->may.p[0];
	for (size_t i = 0; i < countof(nouns) && str_eq(word, action->verb); i++) {
		if (str_eq(word, str_of(nouns[i].verb))) {
			ADD(text, str_of(nouns[i].noun));
			return;
		}
	}
	ADD(text, word, STR(" actions"));
}

/* "90s", "5m", "2h", "7d": the largest unit that says it exactly. */
static void
add_duration(struct text *text, msec ms)
{
	static const struct {
		msec ms;
		char unit;
	} units[] = { { DAY, 'd' }, { HOUR, 'h' }, { MINUTE, 'm' }, { SECOND, 's' } };
	for (size_t i = 0; i < countof(units); i++) {
		if (ms >= units[i].ms && ms % units[i].ms == 0) {
			add_u64(text, ms / units[i].ms);
			ADD(text, (str){ &units[i].unit, 1 });
			return;
		}
	}
	add_u64(text, ms);
	ADD(text, STR(" ms"));
}

/* "14:07 UTC", with the date when it is another day. A minute that is not over yet
 * counts as the next: at the time we name it must be true. */
static void
add_clock(struct text *text, msec at, msec now)
{
	int64_t s = (int64_t)((at + MINUTE - 1) / MINUTE * 60);
	struct civil civil = zone_civil(zone_utc(), s);
	char clock[40];
	int n = snprintf(clock, sizeof(clock), "%04d-%02u-%02u %02u:%02u UTC", civil.year,
	    civil.month, civil.day, civil.hour, civil.minute);
	ASSERT(n > 0 && (size_t)n < sizeof(clock));
	str whole = { clock, (size_t)n };
	bool today = (msec)s / (24 * 3600) == now / DAY;
	ADD(text, today ? str_drop(whole, sizeof("2026-11-23 ") - 1) : whole);
}

/* "ana" for "person:ana", "agent x" for "agent:x". */
static void
add_principal(struct text *text, str asking)
{
	if (str_starts(asking, STR("person:")))
		ADD(text, str_drop(asking, sizeof("person:") - 1));
	else if (str_starts(asking, STR("agent:")))
		ADD(text, STR("agent "), str_drop(asking, sizeof("agent:") - 1));
	else
		ADD(text, asking);
}

/* ---- reasons ---- */

/* "2 of 3 restarts of checkout in 1h" */
static void
add_used(struct text *text, const struct judgement *j, const struct finding *finding)
{
	add_u64(text, finding->value);
	ADD(text, STR(" of "));
	add_u64(text, finding->limit);
	ADD(text, STR(" "));
	add_uses(text, finding->entry->rule, j->action);
	switch (finding->bound) {
	case BOUND_PER_SERVICE:
		ADD(text, STR(" of "), j->service->name, STR(" in "));
		add_duration(text, finding->window_ms);
		return;
	case BOUND_PER_TARGET:
		ADD(text, STR(" of "), j->request->target, STR(" in "));
		add_duration(text, finding->window_ms);
		return;
	case BOUND_AT_ONCE:
		ADD(text, STR(" at once"));
		return;
	case BOUND_NONE:
		break;
	}
	UNREACHABLE();
}

static void
add_limit(struct text *text, const struct judgement *j, const struct finding *finding)
{
	add_used(text, j, finding);
	ADD(text, finding->value == 1 ? STR(" is ") : STR(" are "));
	if (finding->bound == BOUND_AT_ONCE) {
		ADD(text, STR("under way"));
		return;
	}
	ADD(text, STR("used; free at "));
	add_clock(text, finding->free_at, j->request->wall);
}

static void
add_grant(struct text *text, const struct judgement *j, const struct finding *finding)
{
	ADD(text, STR("'"), finding->entry->rule->name, STR("' covers it"));
	if (finding->bound == BOUND_NONE)
		return;
	ADD(text, STR(": "));
	add_used(text, j, finding);
	ADD(text, STR(" used before this"));
}

static void
add_prohibition(struct text *text, const struct judgement *j, const struct rule *rule)
{
	ADD(text, STR("'"), rule->name, STR("' forbids it"));
	if (rule->until_wall != 0) {
		ADD(text, STR(" until "));
		add_clock(text, rule->until_wall, j->request->wall);
	}
	if (rule->because.n > 0)
		ADD(text, STR(": "), rule->because);
}

/* The part of the scope that does not fit. */
static void
add_scope_lack(struct text *text, const struct judgement *j, const struct rule *rule)
{
	const struct scope *on = &rule->on;
	const struct service *service = j->service;
	if (on->services.n > 0 && !strs_has(&on->services, service->name)) {
		ADD(text, STR("service "), service->name);
	} else if (on->systems.n > 0 && !strs_has(&on->systems, service->system)) {
		ADD(text, STR("system "), service->system);
	} else if (on->tiers != 0 && (on->tiers & (1u << service->tier)) == 0) {
		ADD(text, STR("tier "));
		add_u64(text, service->tier);
	} else {
		bool host = strs_has(&on->environments, service->environment);
		ADD(text, STR("environment "),
		    host && j->host ? j->host->environment : service->environment);
	}
}

static void
add_lack(struct text *text, const struct judgement *j, const struct rule *rule,
    unsigned lack)
{
	msec now = j->request->wall;
	switch (lack) {
	case LACKS_ACTION:
		ADD(text, STR("does not name "), j->action->verb, STR(" or "),
		    j->action->name);
		return;
	case LACKS_SCOPE:
		ADD(text, STR("does not cover "));
		add_scope_lack(text, j, rule);
		return;
	case LACKS_PRINCIPAL:
		ADD(text, STR("is not for "));
		add_principal(text, j->request->principal);
		return;
	case LACKS_BEGIN:
		ADD(text, STR("begins at "));
		add_clock(text, rule->from_wall, now);
		return;
	case LACKS_TIME:
		ADD(text, STR("ended at "));
		add_clock(text, rule->until_wall, now);
		return;
	case LACKS_INCIDENT:
		ADD(text, STR("needs an open incident on "), j->service->name);
		return;
	default: /* not an enum: bits */
		UNREACHABLE();
	}
}

/* "does not cover service ledger and is not for piotr" */
static void
add_lacks(struct text *text, const struct judgement *j, const struct finding *finding)
{
	bool first = true;
	for (unsigned lack = LACKS_ACTION; lack > 0; lack >>= 1) {
		if ((finding->lacks & lack) == 0)
			continue;
		if (!first)
			ADD(text, STR(" and "));
		add_lack(text, j, finding->entry->rule, lack);
		first = false;
	}
}

static void
add_no_grant(struct text *text, const struct judgement *j, const struct finding *finding)
{
	ADD(text, STR("no grant lets "));
	add_principal(text, j->request->principal);
	ADD(text, STR(" do "), j->action->name, STR(" on "), j->service->name);
	if (finding->entry == NULL)
		return;
	const struct rule *rule = finding->entry->rule;
	ADD(text, STR("; closest: '"), rule->name, STR("' at "), rule->place.file,
	    STR(":"));
	add_u64(text, rule->place.line);
	ADD(text, STR(", which "));
	add_lacks(text, j, finding);
}

str
finding_text(const struct judgement *j, const struct finding *finding, struct arena *arena)
{
	struct text text;
	text_begin(&text, arena);
	switch (finding->kind) {
	case REASON_GRANT:
		add_grant(&text, j, finding);
		return text_end(&text);
	case REASON_PROHIBITED:
		add_prohibition(&text, j, finding->entry->rule);
		return text_end(&text);
	case REASON_LIMIT:
		add_limit(&text, j, finding);
		return text_end(&text);
	case REASON_NO_GRANT:
		add_no_grant(&text, j, finding);
		return text_end(&text);
	case REASON_NOT_NOW:
		ADD(&text, STR("'"), finding->entry->rule->name, STR("' "));
		add_lacks(&text, j, finding);
		return text_end(&text);
	case REASON_UNKNOWN:
	case REASON_STOPPED:
	case REASON_ERROR:
		return finding->text;
	case REASON_APPROVAL:
	case REASON_BOUND:
	case REASON_HANDS_ON:
	case REASON_APPROVED:
	case REASON_LIFTED:
	case REASON_UNDO:
		break; /* no rule asks for one */
	}
	UNREACHABLE();
}

/* ---- the way forward ---- */

struct people {
	const struct person *p[PEOPLE_NAMED_MAX];
	size_t n;
};

static void
people_add(struct people *people, const struct person *person, str asking)
{
	if (person == NULL || people->n == countof(people->p))
		return;
	if (str_starts(asking, STR("person:")) &&
	    str_eq(str_drop(asking, sizeof("person:") - 1), person->id))
		return;
	for (size_t i = 0; i < people->n; i++) {
		if (people->p[i] == person)
			return;
	}
	people->p[people->n++] = person;
}

/* People whom the principal covers now and who can be expected to answer. */
static void
people_of(struct people *people, const struct judgement *j, const struct principal *to)
{
	const struct authority_request *request = j->request;
	switch (to->kind) {
	case PRINCIPAL_PERSON:
		people_add(people, model_person(j->authority->model, to->name),
		    request->principal);
		return;
	case PRINCIPAL_TEAM:
	case PRINCIPAL_ON_DUTY:
		for (size_t i = 0; i < to->team->rotation_n; i++) {
			const struct rotation *rotation = &to->team->rotations[i];
			people_add(people,
			    rotation_at(rotation, to->team->zone, request->wall).person,
			    request->principal);
		}
		return;
	case PRINCIPAL_AUTOMATION:
	case PRINCIPAL_AGENT:
		return;
	}
	UNREACHABLE();
}

static bool
is_for_people(const struct rule *rule)
{
	for (size_t i = 0; i < rule->to_n; i++) {
		enum principal_kind kind = rule->to[i].kind;
		if (kind != PRINCIPAL_AUTOMATION && kind != PRINCIPAL_AGENT)
			return true;
	}
	return false;
}

/* The grant that lacks nothing but this principal, of the least rank after `after`. */
static const struct entry *
next_for_others(const struct judgement *j, const struct entry *after)
{
	const struct entry *next = NULL;
	struct walk walk;
	walk_begin(&walk, j->authority, j->action, j->service);
	for (const struct entry *entry; (entry = walk_next(&walk)) != NULL;) {
		const struct rule *rule = entry->rule;
		if (rule->kind != RULE_GRANT || (after && entry->order <= after->order) ||
		    (next && entry->order > next->order))
			continue;
		if (is_for_people(rule) && grant_lacks(j, rule) == LACKS_PRINCIPAL)
			next = entry;
	}
	return next;
}

static struct people
people_who_could(const struct judgement *j)
{
	struct people people = { 0 };
	const struct entry *entry = NULL;
	for (size_t n = 0; n < GRANTS_ASKED_MAX && people.n < countof(people.p); n++) {
		entry = next_for_others(j, entry);
		if (entry == NULL)
			break;
		for (size_t i = 0; i < entry->rule->to_n; i++)
			people_of(&people, j, &entry->rule->to[i]);
	}
	return people;
}

static void
add_owner(struct text *text, const struct rule *rule, str to)
{
	if (rule->owner != NULL) {
		ADD(text, STR("ask "), rule->owner->id, STR(", who owns '"), rule->name,
		    STR("'"), to);
		return;
	}
	ADD(text, STR("have '"), rule->name, STR("' at "), rule->place.file, STR(":"));
	add_u64(text, rule->place.line);
	ADD(text, STR(" changed"));
}

static void
add_no_grant_forward(struct text *text, const struct judgement *j,
    const struct finding *finding)
{
	struct people people = people_who_could(j);
	if (people.n == 0 && finding->entry != NULL) {
		add_owner(text, finding->entry->rule, STR(", to extend it"));
		return;
	}
	if (people.n == 0) {
		ADD(text, STR("nobody may: write a grant for "), j->action->verb,
		    STR(" on "), j->service->name);
		return;
	}
	ADD(text, STR("ask "), people.p[0]->id);
	for (size_t i = 1; i < people.n; i++)
		ADD(text, i + 1 == people.n ? STR(" or ") : STR(", "), people.p[i]->id);
	ADD(text, STR(", who may do it now"));
}

static str
forward_text(const struct judgement *j, struct arena *arena)
{
	const struct finding *finding = &j->findings[0];
	struct text text;
	text_begin(&text, arena);
	switch (finding->kind) {
	case REASON_STOPPED:
	case REASON_ERROR:
	case REASON_UNKNOWN:
		return finding->forward;
	case REASON_PROHIBITED:
		add_owner(&text, finding->entry->rule, (str){ 0 });
		return text_end(&text);
	case REASON_LIMIT:
		if (j->free_never)
			return STR("wait until what is under way has ended");
		ADD(&text, STR("next slot at "));
		add_clock(&text, j->free_at, j->request->wall);
		return text_end(&text);
	case REASON_NOT_NOW:
		if (finding->lacks & (LACKS_TIME | LACKS_BEGIN))
			add_owner(&text, finding->entry->rule, STR(", to renew it"));
		else
			ADD(&text, STR("allowed once an incident is open on "),
			    j->service->name);
		return text_end(&text);
	case REASON_NO_GRANT:
		add_no_grant_forward(&text, j, finding);
		return text_end(&text);
	case REASON_GRANT:
		return (str){ 0 };
	case REASON_APPROVAL:
	case REASON_BOUND:
	case REASON_HANDS_ON:
	case REASON_APPROVED:
	case REASON_LIFTED:
	case REASON_UNDO:
		break; /* no rule asks for one */
	}
	UNREACHABLE();
}

static struct reason
reason_of(const struct judgement *j, const struct finding *finding, struct arena *arena)
{
	struct reason reason = {
		.kind = finding->kind,
		.text = finding_text(j, finding, arena),
		.value = finding->value,
		.limit = finding->limit,
		.free_at = finding->free_at,
	};
	if (finding->entry != NULL) {
		const struct rule *rule = finding->entry->rule;
		reason.rule = rule->name;
		reason.file = rule->place.file;
		reason.line = rule->place.line;
	}
	return reason;
}

void
explain(const struct judgement *j, struct arena *arena, struct authority_decision *ret)
{
	enum verdict verdict = judgement_verdict(j);
	*ret = (struct authority_decision){ .verdict = verdict,
		.only_at_once = verdict == VERDICT_DENY && j->n > 0 && !j->denied };
	ret->reasons = arena_try(arena, struct reason, j->n);
	if (ret->reasons == NULL)
		return;
	ret->reasons_n = j->n;
	for (size_t i = 0; i < j->n; i++)
		ret->reasons[i] = reason_of(j, &j->findings[i], arena);
	if (j->dropped > 0)
		ret->reasons[j->n - 1] = (struct reason){
			.kind = j->findings[j->n - 1].kind,
			.text = arena_printf(arena, "and %zu more", j->dropped + 1),
		};
	ret->forward = forward_text(j, arena);
}
