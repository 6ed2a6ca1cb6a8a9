/*
 * Hours of limits: people, agents and automation ask at random; what was allowed ends well,
 * never began, or nobody knows for a day; the process dies and comes back, limits are taken
 * out by one configuration and brought back by the next. The budgets that hold are counted
 * once more from a plain log of all that was started: never one too many, and nothing is
 * refused that has room.
 *
 * LONG=1 in the environment: a million hours.
 */
#include <stdlib.h>

#include "authority/authority.h"
#include "support/config.h"
#include "support/test.h"

#define HOURS_SHORT 20000u
#define HOURS_LONG 1000000u
#define WALL UINT64_C(1795439520000)
#define KEPT_MS DAY /* as the core keeps them */
#define LOG_MAX 512
#define DOUBT_MAX (30 * HOUR)

#define TOP                                                                      \
	"fallback: ops\n"                                                        \
	"channels: {mail: {smtp: smtp://localhost, from: a@example.com}}\n"      \
	"people:\n"                                                              \
	"  ana: {email: ana@example.com, reach: [mail]}\n"                       \
	"  piotr: {email: piotr@example.com, reach: [mail]}\n"                   \
	"teams:\n"                                                               \
	"  ops:\n"                                                               \
	"    kind: operations\n"                                                 \
	"    on_call:\n"                                                         \
	"      zone: UTC\n"                                                      \
	"      rotations: [{name: primary, people: [ana], every: 1 week,"        \
	" handover: 'Mon 09:00'}]\n"                                             \
	"      escalate: [{to: primary}]\n"                                      \
	"services:\n"                                                            \
	"  web: {owner: ops, tier: 1}\n"                                         \
	"  pay: {owner: ops, tier: 2}\n"                                         \
	"hosts:\n"                                                               \
	"  web-1: {service: web, role: web}\n"                                   \
	"  web-2: {service: web, role: web}\n"                                   \
	"  web-3: {service: web, role: web}\n"                                   \
	"  web-4: {service: web, role: web}\n"                                   \
	"  pay-1: {service: pay, role: pay}\n"                                   \
	"  pay-2: {service: pay, role: pay}\n"                                   \
	"actions:\n"                                                             \
	"  restart-unit: {verb: restart, run: [restart, '${target}']}\n"         \
	"  scale-in: {verb: scale, run: [scale, '${target}']}\n"                 \
	"authority:\n"                                                           \
	"  - {grant: all do all, to: [automation, ana, piotr, {agent: helper}]," \
	" may: [restart, scale], on: {tier: [1, 2]},"                            \
	" within: {per_service: 3 in 1h, at_once: 2}, until: 2199-01-01, owner: ana}\n"
#define LIMITS                                                                            \
	"  - {limit: a host, for: [restart], within: {per_target: 1 in 30m}}\n"           \
	"  - {limit: an actor, for: [restart, scale], within: {per_actor: 5 in 2h}}\n"    \
	"  - {limit: half, for: any, on: {service: web}, within: {targets: 50% in 1h}}\n" \
	"  - {limit: apart, for: [scale],"                                                \
	" within: {spacing: 5m, not_beside: [restart]}}\n"

static const char *const targets[] = { "web-1", "web-2", "web-3", "web-4", "pay-1",
	"pay-2" };
static const char *const actors[] = { "automation", "person:ana", "person:piotr",
	"agent:helper" };

/* What was started, in the plainest way. */
struct start {
	struct authority_use use;
	struct authority_actor chain;
	str behalf;
	msec ends_at;  /* held until then */
	bool happened; /* does it count afterwards? */
};

struct hours {
	struct config configs[2]; /* with all limits, with the grant's alone */
	struct authority *authorities[2];
	unsigned now; /* which is in force */
	struct start *log;
	size_t log_n;
	struct authority_uses uses;
	msec at;
	uint64_t seed;
	uint64_t asked, allowed, denied, doubts, restarts, reloads;
	size_t held_max;
};

static uint64_t
below(struct hours *h, uint64_t n)
{
	h->seed ^= h->seed << 13;
	h->seed ^= h->seed >> 7;
	h->seed ^= h->seed << 17;
	return (h->seed >> 33) % n;
}

static void
open_configs(struct hours *h)
{
	for (size_t i = 0; i < 2; i++) {
		struct config *c = &h->configs[i];
		config_open(c);
		config_add(c, "a.yaml", i == 0 ? TOP LIMITS : TOP);
		if (config_load(c) == NULL)
			(void)fprintf(stderr, "%.*s\n", STR_ARG(config_faults(c)));
		ASSERT(c->model != NULL);
		h->authorities[i] = authority_new(c->model, &c->arena);
	}
}

/* ---- what the core does with uses ---- */

static void
forget(struct hours *h, size_t i)
{
	authority_uses_remove(&h->log[i].use);
	/* Links are of where a use stands: the last one is taken out and put in again. */
	if (i + 1 < h->log_n) {
		authority_uses_remove(&h->log[h->log_n - 1].use);
		h->log[i] = h->log[h->log_n - 1];
		h->log[i].use.behalf.p = &h->log[i].behalf;
		h->log[i].use.chain = &h->log[i].chain;
		authority_uses_add(&h->uses, &h->log[i].use);
	}
	h->log_n--;
}

/* What has ended is consumed or given back; what is old is forgotten. */
static void
settle(struct hours *h)
{
	for (size_t i = h->log_n; i-- > 0;) {
		struct start *start = &h->log[i];
		if (start->use.held && start->ends_at <= h->at) {
			if (!start->happened) {
				forget(h, i);
				continue;
			}
			authority_uses_remove(&start->use);
			start->use.held = false;
			authority_uses_add(&h->uses, &start->use);
		}
		if (!start->use.held && h->at - start->use.at > KEPT_MS)
			forget(h, i);
	}
}

/* The process dies and comes back: from its rows, the youngest first. */
static void
restart(struct hours *h)
{
	authority_uses_init(&h->uses);
	for (size_t k = h->log_n; k-- > 0;) {
		struct authority_use *use = &h->log[k].use;
		*use = (struct authority_use){ .at = use->at,
			.held = use->held,
			.service = use->service,
			.target = use->target,
			.action = use->action,
			.verb = use->verb,
			.principal = use->principal,
			.behalf = use->behalf,
			.chain = use->chain };
		authority_uses_add(&h->uses, use);
	}
	h->restarts++;
}

/* ---- what the limits say, counted again ---- */

struct wish {
	const struct action *action;
	const struct service *service;
	str target, principal, behalf;
};

static bool
acted(const struct start *start, str who)
{
	return str_eq(start->use.principal, who) ||
	       (start->behalf.n > 0 && str_eq(start->behalf, who));
}

static unsigned
deeds(const struct hours *h, str who)
{
	unsigned n = 0;
	for (size_t i = 0; i < h->log_n; i++)
		n += h->at - h->log[i].use.at < 2 * HOUR && acted(&h->log[i], who);
	return n;
}

/* Targets of the last hour on the service, with this one. */
static unsigned
touched(const struct hours *h, const struct wish *wish)
{
	unsigned n = 1;
	for (size_t i = 0; i < h->log_n; i++) {
		const struct authority_use *use = &h->log[i].use;
		bool counts = h->at - use->at < HOUR &&
		              str_eq(use->service, wish->service->name) &&
		              !str_eq(use->target, wish->target);
		for (size_t k = 0; k < i && counts; k++)
			counts = !(h->at - h->log[k].use.at < HOUR &&
				   str_eq(h->log[k].use.target, use->target));
		n += counts;
	}
	return n;
}

static bool
has_room(const struct hours *h, const struct wish *wish)
{
	unsigned on_service = 0, held = 0, on_target = 0, close = 0, beside = 0;
	bool scale = str_eq(wish->action->verb, STR("scale"));
	for (size_t i = 0; i < h->log_n; i++) {
		const struct authority_use *use = &h->log[i].use;
		msec age = h->at - use->at;
		bool same = str_eq(use->service, wish->service->name);
		bool restarted = str_eq(use->verb, STR("restart"));
		on_service += same && age < HOUR;
		held += use->held;
		on_target +=
		    restarted && str_eq(use->target, wish->target) && age < 30 * MINUTE;
		close += same && !restarted && age < 5 * MINUTE;
		beside += same && restarted && use->held;
	}
	if (on_service >= 3 || held >= 2)
		return false;
	if (h->now == 1)
		return true;
	if (!scale && on_target > 0)
		return false;
	if (scale && (close > 0 || beside > 0))
		return false;
	if (deeds(h, wish->principal) >= 5 ||
	    (wish->behalf.n > 0 && deeds(h, wish->behalf) >= 5))
		return false;
	return !str_eq(wish->service->name, STR("web")) || touched(h, wish) <= 2;
}

/* ---- asking ---- */

static void
start(struct hours *h, const struct wish *wish)
{
	ASSERT(h->log_n < LOG_MAX);
	struct start *start = &h->log[h->log_n++];
	*start = (struct start){ .behalf = wish->behalf,
		.use = { .at = h->at,
		    .held = true,
		    .service = wish->service->name,
		    .target = wish->target,
		    .action = wish->action->name,
		    .verb = wish->action->verb,
		    .principal = wish->principal },
		.ends_at = h->at + MINUTE + below(h, 20 * MINUTE),
		.happened = below(h, 8) > 0 };
	start->use.behalf = (struct strs){ &start->behalf, wish->behalf.n > 0 };
	start->use.chain = &start->chain;
	if (below(h, 50) == 0) { /* in doubt, until a person has looked */
		start->ends_at = h->at + HOUR + below(h, DOUBT_MAX - HOUR);
		start->happened = below(h, 2) == 0;
		h->doubts++;
	}
	authority_uses_add(&h->uses, &start->use);
}

static enum verdict
ask(struct hours *h, const struct wish *wish)
{
	str behalf = wish->behalf;
	struct authority_request request = { .principal = wish->principal,
		.behalf = { &behalf, behalf.n > 0 },
		.action = wish->action,
		.service = wish->service,
		.target = wish->target,
		.wall = WALL + h->at,
		.at = h->at };
	struct authority_facts facts = { .uses = &h->uses };
	enum verdict verdict = authority_verdict(h->authorities[h->now], &request, &facts);
	return verdict;
}

static struct wish
some_wish(struct hours *h)
{
	const struct model *model = h->configs[h->now].model;
	str target = str_of(targets[below(h, countof(targets))]);
	size_t actor = (size_t)below(h, countof(actors));
	return (struct wish){ .action = &model->actions[below(h, model->actions_n)],
		.service = model_service(model, str_take(target, 3)),
		.target = target,
		.principal = str_of(actors[actor]),
		.behalf = actor == 3 ? str_of(actors[1 + below(h, 2)]) : (str){ 0 } };
}

static void
one(struct hours *h)
{
	struct wish wish = some_wish(h);
	bool room = has_room(h, &wish);
	enum verdict verdict = ask(h, &wish);
	h->asked++;
	EXPECT(verdict == (room ? VERDICT_ALLOW : VERDICT_DENY));
	if (verdict == VERDICT_ALLOW)
		start(h, &wish);
	h->allowed += verdict == VERDICT_ALLOW;
	h->denied += verdict == VERDICT_DENY;
}

static size_t
held(const struct hours *h)
{
	size_t n = 0;
	for (size_t i = 0; i < h->log_n; i++)
		n += h->log[i].use.held;
	return n;
}

static void
limits__hold_for_hours_of_anything(void)
{
	static struct hours h;
	static struct start log[LOG_MAX];
	unsigned hours = getenv("LONG") != NULL ? HOURS_LONG : HOURS_SHORT;
	h.log = log;
	h.seed = UINT64_C(0x9e3779b97f4a7c15);
	h.at = 10 * DAY;
	authority_uses_init(&h.uses);
	open_configs(&h);
	for (unsigned hour = 0; hour < hours && test_failures == 0; hour++) {
		uint64_t n = below(&h, 7);
		for (uint64_t i = 0; i < n; i++) {
			h.at += HOUR / n * below(&h, 2) + below(&h, HOUR / n);
			settle(&h);
			one(&h);
			size_t now = held(&h);
			h.held_max = now > h.held_max ? now : h.held_max;
		}
		if (n == 0)
			h.at += HOUR;
		if (below(&h, 10) == 0)
			restart(&h);
		if (below(&h, 20) == 0) {
			h.now = 1 - h.now;
			h.reloads++;
		}
	}
	/* Whatever was in doubt was looked at: nothing stays held, and there is room again. */
	h.at += DOUBT_MAX + KEPT_MS + HOUR;
	settle(&h);
	EXPECT_U64(h.log_n, 0);
	struct wish wish = some_wish(&h);
	EXPECT(ask(&h, &wish) == VERDICT_ALLOW);
	EXPECT(h.allowed > h.asked / 20 && h.denied > h.asked / 20);
	EXPECT(h.doubts > 0 && h.restarts > 0 && h.reloads > 0);
	EXPECT_U64(h.held_max, 2);
	if (getenv("LONG") != NULL)
		printf("%u hours: %llu asked, %llu allowed, %llu denied; %llu in doubt, "
		       "%llu "
		       "restarts, %llu reloads\n",
		    hours, (unsigned long long)h.asked, (unsigned long long)h.allowed,
		    (unsigned long long)h.denied, (unsigned long long)h.doubts,
		    (unsigned long long)h.restarts, (unsigned long long)h.reloads);
	for (size_t i = 0; i < countof(h.configs); i++)
		config_close(&h.configs[i]);
}

int
main(void)
{
	RUN(limits__hold_for_hours_of_anything);
	TEST_MAIN_END();
}
