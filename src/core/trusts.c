/*
 * Trust: what a runbook has proved on a service, and how far it may go by that.
 *
 * The level in force is the least of three: the runbook's ceiling, what the owner says, and
 * what is held here. Where the owner says `trust: earned` nothing is held at first, and a
 * promotion is bound by the evidence; elsewhere the owner's word is the evidence, until
 * something proves otherwise. In both, what speaks against it lowers it at once to `plan`
 * (a person says yes first), and only a person raises it again.
 *
 *	a verify that saw no recovery, also in a drill          lowers it
 *	a drill that is overdue by a quarter of its time         lowers it
 *	where it must be earned: whatever the evidence is no
 *	longer enough for (a changed text, age, people who
 *	stop it or take back what it did)                        lowers it to what is earned
 */
#include "core/state.h"
#include "core/trust.h"

#define TEXT_MAX 4096

static uint64_t
key_hash(str runbook, str service)
{
	return fnv64(fnv64(FNV64_BASIS, runbook) + 1, service);
}

struct trust *
trust_find(const struct core *core, str runbook, str service)
{
	uint64_t hash = key_hash(runbook, service), value;
	while (map_get(&core->trust_keys, hash, &value)) {
		struct trust *trust = (struct trust *)(uintptr_t)value;
		if (str_eq(trust->row.runbook, runbook) &&
		    str_eq(trust->row.service, service))
			return trust;
		hash++;
	}
	return NULL;
}

void
trust_wire(struct core *core, struct trust *trust)
{
	uint64_t hash = key_hash(trust->row.runbook, trust->row.service), value;
	while (map_get(&core->trust_keys, hash, &value))
		hash++;
	map_put(&core->trust_keys, hash, (uintptr_t)trust);
	heap_set(&core->timers, &trust->o, trust->row.due_at);
}

/* NULL: there is no room for it. */
static struct trust *
trust_get(struct core *core, const struct runbook *runbook, str service)
{
	struct trust *trust = trust_find(core, runbook->name, service);
	if (trust != NULL)
		return trust;
	if (core->counts[TABLE_TRUST] >= TRUST_MAX) {
		core->control->row.shed++;
		return NULL;
	}
	struct trust_row row = { .id = row_next(core),
		.runbook = runbook->name,
		.service = service,
		.runbook_hash = runbook->hash,
		.since_wall = core->wall };
	trust = object_add(core, TABLE_TRUST, &row);
	if (trust != NULL)
		trust_wire(core, trust);
	return trust;
}

static void
touch(struct core *core, struct trust *trust)
{
	object_touch(core, &trust->o);
	heap_set(&core->timers, &trust->o, trust->row.due_at);
}

/* ---- the level ---- */

enum autonomy
trust_held(const struct core *core, const struct runbook *runbook, str service)
{
	const struct trust *trust = trust_find(core, runbook->name, service);
	bool earned = model_must_earn(core->newest->model, runbook, service);
	if (trust == NULL || trust->row.level == 0)
		return earned ? AUTONOMY_SUGGEST : AUTONOMY_AUTO;
	return trust->row.level;
}

static const struct team *
owner_of(const struct core *core, str service)
{
	const struct service *of = model_service(core->newest->model, service);
	return of != NULL ? of->owner : core->newest->model->fallback;
}

static void
tell_owner(struct core *core, const struct trust_row *row, str subject, str text)
{
	const struct team *team = owner_of(core, row->service);
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	recipients_duty(core, to, team);
	recipients_team(to, team);
	struct pair fields[] = { { STR("owner"), team->name },
		{ STR("runbook"), row->runbook }, { STR("service"), row->service } };
	struct notice_words words = { .subject = text_line(core, subject, 400),
		.text = text,
		.fields = { fields, countof(fields) } };
	notices_tell(core, to, &words);
}

static void
demote(struct core *core, struct trust *trust, const struct runbook *runbook,
    enum autonomy to, str why)
{
	struct trust_row *row = &trust->row;
	enum autonomy was = autonomy_of(core, runbook, row->service).level;
	/* What is written may hold it lower today, and let it go on tomorrow. */
	if (trust_held(core, runbook, row->service) <= to)
		return;
	row->level = to;
	row->level_wall = core->wall;
	row->demotions++;
	core->control->row.demotions++;
	row_set_str(core, &row->level_by, FIRSTLINE);
	row_set_str(core, &row->level_why, text_line(core, why, TIMELINE_TEXT_MAX));
	touch(core, trust);
	if (was <= to) {
		timeline_add(core, 0, TIMELINE_SELF, FIRSTLINE, row->id,
		    "runbook %.*s on %.*s goes no further than %s from now on, whatever is "
		    "written: %.*s",
		    STR_ARG(row->runbook), STR_ARG(row->service), autonomy_name(to),
		    STR_ARG(why));
		return;
	}
	timeline_add(core, 0, TIMELINE_SELF, FIRSTLINE, row->id,
	    "runbook %.*s on %.*s goes no further than %s from now on, it was %s: %.*s",
	    STR_ARG(row->runbook), STR_ARG(row->service), autonomy_name(to),
	    autonomy_name(was), STR_ARG(why));
	tell_owner(core, row,
	    text_make(core, "%.*s: runbook %.*s is demoted from %s to %s",
		STR_ARG(row->service), STR_ARG(row->runbook), autonomy_name(was),
		autonomy_name(to)),
	    text_make(core,
		"Runbook %.*s on %.*s went as far as %s; from now on it goes no further "
		"than %s: %.*s.\n\nYou may:\n  firstline trust %.*s    (what it has "
		"proved)\n  firstline promote %.*s --on %.*s --to %s    (when it is right "
		"again)\n",
		STR_ARG(row->runbook), STR_ARG(row->service), autonomy_name(was),
		autonomy_name(to), STR_ARG(why), STR_ARG(row->runbook),
		STR_ARG(row->runbook), STR_ARG(row->service), autonomy_name(was)));
}

void
trust_settle(struct core *core, const struct runbook *runbook, str service)
{
	struct trust *trust = trust_find(core, runbook->name, service);
	if (trust == NULL || trust->row.level == 0 ||
	    !model_must_earn(core->newest->model, runbook, service))
		return;
	const struct trust_row *row = &trust->row;
	struct proof evidence = trust_evidence(row->history);
	enum autonomy earns =
	    trust_earns(&evidence, row->last_wall, core->wall, row->stale);
	if (earns >= row->level)
		return;
	const char *lacks = "what it was";
	for (const struct trust_need *need = trust_needs; need->level != 0; need++) {
		const char *missing =
		    trust_lacks(need, &evidence, row->last_wall, core->wall);
		if (need->level > earns && need->level <= row->level && missing != NULL) {
			lacks = missing;
			break;
		}
	}
	demote(core, trust, runbook, earns,
	    text_make(core, "to go further it needs %s", lacks));
}

/* ---- drills ---- */

static msec
stale_after(const struct runbook *runbook)
{
	return runbook->drill_every_ms + runbook->drill_every_ms / 4;
}

static str
gap_subject(struct core *core, const struct trust_row *row)
{
	return text_make(core, "%.*s on %.*s", STR_ARG(row->runbook),
	    STR_ARG(row->service));
}

static void
is_due(struct core *core, struct trust *trust, const struct runbook *runbook)
{
	const struct trust_row *row = &trust->row;
	str every = text_ms(core, runbook->drill_every_ms);
	trust->row.told_due = true;
	tell_owner(core, row,
	    text_make(core, "%.*s: a drill of runbook %.*s is due", STR_ARG(row->service),
		STR_ARG(row->runbook)),
	    text_make(core,
		"Runbook %.*s is to be drilled every %.*s in %.*s. Without it, it will go "
		"no further than plan.\n\nYou may:\n  firstline drill %.*s --service %.*s "
		"--in %.*s\n",
		STR_ARG(row->runbook), STR_ARG(every), STR_ARG(runbook->drill_in),
		STR_ARG(row->runbook), STR_ARG(row->service), STR_ARG(runbook->drill_in)));
}

/* What is said of the level it lowered is kept true: the level itself stays until a person
 * raises it. */
#define IS_OVERDUE "its drill is overdue"
#define WAS_OVERDUE "its drill was overdue, and nobody promoted it since"

static bool
lowered_by_drill(const struct trust_row *row)
{
	return str_eq(row->level_by, FIRSTLINE) &&
	       (str_eq(row->level_why, STR(WAS_OVERDUE)) ||
		   str_starts(row->level_why, STR(IS_OVERDUE)));
}

static void
is_stale(struct core *core, struct trust *trust, const struct runbook *runbook)
{
	struct trust_row *row = &trust->row;
	str every = text_ms(core, runbook->drill_every_ms);
	str why =
	    text_make(core, IS_OVERDUE ": it is to be drilled every %.*s", STR_ARG(every));
	row->stale = true;
	gap_add(core, GAP_DRILL, gap_subject(core, row), owner_of(core, row->service)->name,
	    NULL,
	    text_make(core, "runbook %.*s on %.*s: %.*s", STR_ARG(row->runbook),
		STR_ARG(row->service), STR_ARG(why)));
	if (lowered_by_drill(row))
		row_set_str(core, &row->level_why, why);
	demote(core, trust, runbook, AUTONOMY_PLAN, why);
}

static void
is_not_stale(struct core *core, struct trust *trust)
{
	struct trust_row *row = &trust->row;
	if (row->stale)
		gap_close(core, GAP_DRILL, gap_subject(core, row));
	row->stale = false;
	if (lowered_by_drill(row))
		row_set_str(core, &row->level_why, STR(WAS_OVERDUE));
}

/* What its drills ask for now, and when to look again. */
static void
look_at_drills(struct core *core, struct trust *trust, const struct runbook *runbook)
{
	struct trust_row *row = &trust->row;
	row->due_at = 0;
	if (runbook == NULL || runbook->drill_every_ms == 0) {
		row->told_due = false;
		is_not_stale(core, trust);
		touch(core, trust);
		return;
	}
	msec last = row->drill_wall > row->since_wall ? row->drill_wall : row->since_wall;
	msec due = last + runbook->drill_every_ms, stale = last + stale_after(runbook);
	if (core->wall < stale) /* it was drilled, or is asked for less often */
		is_not_stale(core, trust);
	if (core->wall < due)
		row->told_due = false;
	if (core->wall >= due && !row->told_due)
		is_due(core, trust, runbook);
	if (core->wall >= stale && !row->stale)
		is_stale(core, trust, runbook);
	msec next = core->wall < due ? due : stale;
	if (core->wall < next)
		row->due_at = core->at + (next - core->wall);
	touch(core, trust);
}

void
trust_timer(struct core *core, struct trust *trust)
{
	look_at_drills(core, trust, model_runbook(core->newest->model, trust->row.runbook));
}

/* ---- outcomes ---- */

static void
add(struct core *core, struct trust *trust, char letter)
{
	char out[TRUST_HISTORY_MAX];
	row_set_str(core, &trust->row.history, trust_add(trust->row.history, letter, out));
	touch(core, trust);
}

static void
changed(struct core *core, struct trust *trust, const struct runbook *runbook)
{
	if (hash32_eq(&trust->row.runbook_hash, &runbook->hash))
		return;
	trust->row.runbook_hash = runbook->hash;
	if (trust->row.history.n > 0)
		add(core, trust, 'C');
	touch(core, trust);
}

static void
outcome(struct core *core, struct trust *trust, const struct run *run, bool verified)
{
	struct trust_row *row = &trust->row;
	const struct runbook *runbook = run->runbook;
	bool drill = run->row.drill;
	row->last_wall = core->wall;
	row->verified += verified && !drill ? 1 : 0;
	row->failed += !verified && !drill ? 1 : 0;
	row->drills += verified && drill ? 1 : 0;
	row->drills_failed += !verified && drill ? 1 : 0;
	if (verified)
		add(core, trust, drill ? 'D' : 'V');
	else
		add(core, trust, drill ? 'E' : 'F');
	if (verified && drill) {
		row->drill_wall = core->wall;
		look_at_drills(core, trust,
		    model_runbook(core->newest->model, row->runbook));
	}
	if (!verified)
		demote(core, trust, runbook, AUTONOMY_PLAN,
		    text_make(core, "its verify saw no recovery, on incident %u",
			run->row.incident));
	trust_settle(core, runbook, row->service);
}

void
trust_ran(struct core *core, const struct run *run)
{
	const struct run_row *row = &run->row;
	bool verified = row->state == RUN_RECOVERED;
	if (row->shadow || !row->acted || (!verified && !row->verify_failed))
		return;
	/* Of an older text: what it proved is not of the one that runs now. */
	const struct runbook *now = model_runbook(core->newest->model, row->runbook);
	if (now == NULL || !hash32_eq(&now->hash, &row->runbook_hash))
		return;
	str service = run_incident(core, run)->row.service;
	struct trust *trust = trust_get(core, now, service);
	if (trust == NULL)
		return;
	changed(core, trust, now);
	outcome(core, trust, run, verified);
}

static void
disturbed(struct core *core, str runbook, str service, char letter)
{
	const struct runbook *now = model_runbook(core->newest->model, runbook);
	struct trust *trust = now != NULL ? trust_get(core, now, service) : NULL;
	if (trust == NULL)
		return;
	trust->row.overridden += letter == 'O' ? 1 : 0;
	trust->row.undone += letter == 'U' ? 1 : 0;
	add(core, trust, letter);
	trust_settle(core, now, service);
}

void
trust_overridden(struct core *core, const struct run *run)
{
	if (!run->row.drill && !run->row.shadow)
		disturbed(core, run->row.runbook, run_incident(core, run)->row.service,
		    'O');
}

void
trust_undone(struct core *core, const struct attempt_row *undone)
{
	const struct incident *incident = incident_find(core, undone->incident);
	if (undone->runbook.n == 0 || (incident != NULL && incident->row.drill))
		return;
	disturbed(core, undone->runbook,
	    incident != NULL ? incident->row.service : undone->service, 'U');
}

void
trust_shadowed(struct core *core, str runbook, str service, bool by_person)
{
	const struct runbook *now = model_runbook(core->newest->model, runbook);
	struct trust *trust = now != NULL ? trust_get(core, now, service) : NULL;
	if (trust == NULL)
		return;
	trust->row.shadow_runs++;
	trust->row.shadow_alone += by_person ? 0 : 1;
	trust->row.shadow_person += by_person ? 1 : 0;
	touch(core, trust);
}

void
trusts_adopted(struct core *core)
{
	const struct model *model = core->newest->model;
	for (size_t i = 0; i < model->runbooks_n; i++) {
		const struct runbook *runbook = &model->runbooks[i];
		for (size_t k = 0; runbook->drill_every_ms > 0 && k < runbook->services_n;
		     k++)
			(void)trust_get(core, runbook, runbook->services[k]->name);
	}
	list_each(it, &core->tables[TABLE_TRUST])
	{
		struct arena mark = core->scratch;
		struct trust *trust =
		    container_of(object_of(it, in_table), struct trust, o);
		const struct runbook *runbook = model_runbook(model, trust->row.runbook);
		if (runbook != NULL) {
			changed(core, trust, runbook);
			trust_settle(core, runbook, trust->row.service);
		}
		look_at_drills(core, trust, runbook);
		core->scratch = mark;
	}
}

/* ---- looking ---- */

static hash32
digest_of(const struct runbook *runbook, str service, const struct trust_row *row)
{
	struct buf out = BUF(TEXT_MAX);
	cbor_put_array(&out, 6);
	cbor_put_text(&out, runbook->name);
	cbor_put_text(&out, service);
	cbor_put_bytes(&out, (str){ (const char *)runbook->hash.b, 32 });
	cbor_put_text(&out, row->history);
	cbor_put_u64(&out, row->level);
	cbor_put_u64(&out, row->stale);
	hash32 hash = sha256(buf_str(&out));
	buf_done(&out);
	return hash;
}

static str
arithmetic_text(const struct proof *e, struct arena *arena)
{
	if (e->outcomes == 0)
		return STR("nothing that it did was verified yet");
	str ends = arena_printf(arena,
	    "%u of the last %u verified ends recovered (%u of them in drills)", e->verified,
	    e->outcomes, e->drills);
	if (e->outcomes == 1)
		ends = arena_printf(arena, "the one verified end %s%s",
		    e->verified == 1 ? "recovered" : "did not recover",
		    e->drills == 1 ? " (in a drill)" : "");
	return arena_printf(arena,
	    "%.*s: at least %u.%02u %% with 95 %% confidence, (%u + 1.92 - 1.96 * sqrt(%u "
	    "* %u / %u + 0.96)) / (%u + 3.84); %u by its present text, %u stopped by "
	    "people, %u taken back",
	    STR_ARG(ends), e->bound / 100, e->bound % 100, e->verified, e->verified,
	    e->outcomes - e->verified, e->outcomes, e->outcomes, e->since_change,
	    e->overridden, e->undone);
}

/* What the next level wants. */
static str
next_text(const struct proof *e, const struct trust_row *row, msec wall,
    struct arena *arena)
{
	enum autonomy earns = trust_earns(e, row->last_wall, wall, row->stale);
	for (const struct trust_need *need = trust_needs; need->level != 0; need++) {
		if (need->level <= earns)
			continue;
		const char *lacks = trust_lacks(need, e, row->last_wall, wall);
		str present = { 0 }, disturbed = { 0 };
		if (need->since_change > 0)
			present = arena_printf(arena, ", %u of them by its present text",
			    need->since_change);
		if (need->disturbed_percent < 100)
			disturbed =
			    arena_printf(arena, ", at most %u %% stopped or taken back",
				need->disturbed_percent);
		return arena_printf(arena,
		    "%s needs %s: %u verified ends%.*s, at least %u %% of them recovered, "
		    "the last within %llu days%.*s",
		    autonomy_name(need->level), lacks != NULL ? lacks : "a drill",
		    need->outcomes, STR_ARG(present), need->bound / 100,
		    (unsigned long long)(need->age_ms / DAY), STR_ARG(disturbed));
	}
	return (str){ 0 };
}

static void
view(const struct core *core, const struct runbook *runbook, str service, msec wall,
    struct arena *arena, struct trust_item *ret)
{
	static const struct trust_row none;
	const struct model *model = core->newest->model;
	const struct trust *trust = trust_find(core, runbook->name, service);
	const struct trust_row *row = trust != NULL ? &trust->row : &none;
	struct proof e = trust_evidence(row->history);
	const struct autonomy_rule *rule;
	struct in_force in_force = autonomy_of(core, runbook, service);
	*ret = (struct trust_item){ .runbook = runbook->name,
		.service = service,
		.owner = owner_of(core, service)->name,
		.level = in_force.level,
		.ceiling = runbook->ceiling,
		.said = model_autonomy(model, runbook, service, &rule),
		.held = trust_held(core, runbook, service),
		.earns = trust_earns(&e, row->last_wall, wall, row->stale),
		.earned = model_must_earn(model, runbook, service),
		.shadow = model_shadows(model, runbook, service),
		.arithmetic = arithmetic_text(&e, arena),
		.next = next_text(&e, row, wall, arena),
		.bound = e.bound,
		.verified = e.verified,
		.outcomes = e.outcomes,
		.drills = e.drills,
		.since_change = e.since_change,
		.overridden = e.overridden,
		.undone = e.undone,
		.last_wall = row->last_wall,
		.stale = row->stale,
		.digest = digest_of(runbook, service, row),
		.row = *row };
	msec last = row->drill_wall > row->since_wall ? row->drill_wall : row->since_wall;
	if (runbook->drill_every_ms > 0 && last > 0)
		ret->drill_due_wall = last + runbook->drill_every_ms;
	if (ret->held < ret->said && row->level_why.n > 0)
		ret->why = row->level_why;
	else if (ret->held < ret->said && row->level != 0)
		ret->why =
		    arena_printf(arena, "%.*s said so", STR_ARG(text_who(row->level_by)));
	else if (ret->held < ret->said)
		ret->why = STR("it must be earned there, and nobody promoted it");
	else if (rule != NULL)
		ret->why = arena_printf(arena, "%.*s says so, %.*s:%u",
		    STR_ARG(rule->owner->id), STR_ARG(rule->place.file), rule->place.line);
	else
		ret->why = STR("its ceiling");
}

size_t
core_trust(const struct core *core, str name, msec wall, struct arena *arena,
    struct trust_item *ret, size_t max)
{
	const struct model *model = core->newest->model;
	size_t n = 0;
	for (size_t i = 0; i < model->runbooks_n; i++) {
		const struct runbook *runbook = &model->runbooks[i];
		if (runbook->steps_n == 0 || (name.n > 0 && !str_eq(name, runbook->name)))
			continue;
		for (size_t k = 0; k < runbook->services_n && n < max; k++)
			view(core, runbook, runbook->services[k]->name, wall, arena,
			    &ret[n++]);
		if (runbook->services_n > 0)
			continue;
		size_t before = n;
		list_each(it, &core->tables[TABLE_TRUST])
		{
			const struct trust_row *row =
			    &container_of(object_of(it, in_table), struct trust, o)->row;
			if (n < max && str_eq(row->runbook, runbook->name))
				view(core, runbook, row->service, wall, arena, &ret[n++]);
		}
		if (n == before && n < max)
			view(core, runbook, (str){ 0 }, wall, arena, &ret[n++]);
	}
	return n;
}

/* ---- promoting ---- */

static bool
owns(const struct service *service, const struct command *command)
{
	return str_starts(command->principal, STR("person:")) &&
	       duty_member(service->owner, text_who(command->principal));
}

/* Status 0: it may be. */
static struct answering
promotion_refused(struct core *core, const struct command *command,
    const struct runbook *runbook, const struct service *service)
{
	struct trust_item now;
	view(core, runbook, service->name, core->wall, &core->scratch, &now);
	if (hash32_zero(&command->digest) || command->level == 0)
		return answer_no(core, 422, EXIT_USAGE,
		    "name the level, and the digest of the evidence that you saw");
	if (!hash32_eq(&command->digest, &now.digest))
		return answer_no(core, 409, EXIT_CONFLICT,
		    "what %.*s has proved is not what you saw any more: look at it again",
		    STR_ARG(runbook->name));
	if (command->level > now.said)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "it is written that %.*s goes no further than %s there",
		    STR_ARG(runbook->name), autonomy_name(now.said));
	if (now.stale && command->level > AUTONOMY_PLAN)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "its drill is overdue: `firstline drill %.*s --service %.*s` first",
		    STR_ARG(runbook->name), STR_ARG(service->name));
	if (now.earned && command->level > now.earns)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "its evidence is enough for %s: %.*s", autonomy_name(now.earns),
		    STR_ARG(now.next));
	return (struct answering){ .status = 0 };
}

struct answering
trust_promote(struct core *core, const struct command *command)
{
	const struct model *model = core->newest->model;
	const struct runbook *runbook = model_runbook(model, command->name);
	const struct service *service = model_service(model, command->target);
	bool agent = command->behalf.n > 0 || str_starts(command->principal, STR("agent:"));
	if (agent)
		return answer_no(core, 403, EXIT_REFUSED,
		    "only a person says how far a runbook goes; %.*s is an agent",
		    STR_ARG(command->principal));
	if (runbook == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND, "%.*s",
		    STR_ARG(unknown_runbook(core, command->name, &core->scratch)));
	if (service == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND, "%.*s",
		    STR_ARG(unknown_service(core, command->target, &core->scratch)));
	if (!runbook_is_for(runbook, service->name))
		return answer_no(core, 404, EXIT_NOT_FOUND,
		    "runbook %.*s is not for service %.*s", STR_ARG(runbook->name),
		    STR_ARG(command->target));
	if (!command->admin && !role_reaches(command->role, ROLE_LEAD) &&
	    !owns(service, command))
		return answer_no(core, 403, EXIT_REFUSED,
		    "who says how far a runbook goes on %.*s: a person of %.*s, or the "
		    "role lead",
		    STR_ARG(service->name), STR_ARG(service->owner->name));
	struct answering no = promotion_refused(core, command, runbook, service);
	if (no.status != 0)
		return no;
	struct trust *trust = trust_get(core, runbook, service->name);
	if (trust == NULL)
		return answer_no(core, 503, 1, "there is no room for another row of trust");
	enum autonomy was = autonomy_of(core, runbook, service->name).level;
	struct trust_row *row = &trust->row;
	str why = text_line(core, command->text, TIMELINE_TEXT_MAX / 2);
	row->level = command->level;
	row->level_wall = core->wall;
	row_set_str(core, &row->level_by, command->principal);
	row_set_str(core, &row->level_why, why);
	core->control->row.promotions += command->level > was ? 1 : 0;
	touch(core, trust);
	timeline_add(core, 0, TIMELINE_COMMAND, command->principal, row->id,
	    "runbook %.*s on %.*s may go as far as %s, it was %s%s%.*s",
	    STR_ARG(runbook->name), STR_ARG(service->name), autonomy_name(row->level),
	    autonomy_name(was), why.n > 0 ? ": " : "", STR_ARG(why));
	return answer_yes(200, &trust->o);
}
