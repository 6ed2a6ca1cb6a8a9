/*
 * Notices: the outbox. A notice is a row before it is an order, so none is lost, and its
 * id lets hands and receivers see a repetition.
 *
 *	PENDING --(due, a turn, a place)--> SENDING --> DELIVERED
 *	   ^                        |
 *	   '---- later, jittered ---+------> GIVEN_UP, then the person's next reach
 *
 * PENDING may be held for the end of its reader's quiet hours (quiet.c): it stands in no
 * line, and nobody counts as told.
 *
 * Where many wait for one reader, PENDING --> FOLDED: one notice tells them all (pace.h), and
 * what becomes of it becomes of each.
 *
 * A person's next reach is taken also when its time (a minute, or what `within` says) has
 * passed since the first order, while this one goes on; whichever is delivered first ends the others.
 *
 * Whoever may have been told of an incident is told of its end, once: they stand in its
 * row from the first order on (told_people), and the end takes them from there. It is the
 * last that they read of it: what was ordered before it is on its way no more by then.
 */
#include "core/noise.h"
#include "core/pace.h"
#include "core/state.h"

#define JITTER_PARTS 1000
#define NEWER STR("a newer one goes there")

static const msec backoff[] = { 5 * SECOND, 15 * SECOND, 45 * SECOND, 2 * MINUTE,
	5 * MINUTE, 10 * MINUTE, 15 * MINUTE };

/* splitmix64: its state is a row, so a replay draws the same numbers. */
static uint64_t
draw(struct core *core)
{
	uint64_t z = (core->control->row.jitter += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Within a fifth of the step for this many tries, so that what failed together does not
 * come back together. */
msec
notice_backoff_ms(struct core *core, uint32_t tries)
{
	ASSERT(tries > 0);
	size_t i = tries - 1 < countof(backoff) ? tries - 1 : countof(backoff) - 1;
	uint64_t parts = JITTER_PARTS * 4 / 5 + draw(core) % (JITTER_PARTS * 2 / 5 + 1);
	return backoff[i] * parts / JITTER_PARTS;
}

/* ---- done with one ---- */

static void
not_out(struct core *core, struct notice *notice)
{
	ASSERT(core->sending > 0 && notice->line->sending > 0);
	core->sending--;
	notice->line->sending--;
}

static bool
same_reader(const struct notice_row *a, const struct notice_row *b)
{
	if (a->person.n > 0 || b->person.n > 0)
		return str_eq(a->person, b->person);
	return str_eq(a->channel, b->channel) && str_eq(a->address, b->address);
}

bool
notice_must_wait(const struct core *core, const struct notice *notice)
{
	const struct incident *incident = incident_find(core, notice->row.incident);
	if (notice->row.purpose != PURPOSE_ENDED || incident == NULL)
		return false;
	list_each(it, &incident->notices)
	{
		const struct notice *other =
		    container_of(object_of(it, of_incident), struct notice, o);
		bool out =
		    other->row.state == NOTICE_SENDING || other->row.state == NOTICE_FOLDED;
		if (out && other->row.purpose != PURPOSE_ENDED &&
		    same_reader(&other->row, &notice->row))
			return true;
	}
	return false;
}

void
notice_wait_until(struct core *core, struct notice *notice, msec at)
{
	notice->row.next_at = at;
	object_touch(core, &notice->o);
	notice_arm(core, notice);
}

/* One is on its way no more: the end need not wait for it. */
static void
let_end_go(struct core *core, incident_id id)
{
	const struct incident *incident = incident_find(core, id);
	if (incident == NULL || incident->row.state != INCIDENT_CLOSED)
		return;
	list_each(it, &incident->notices)
	{
		struct notice *notice =
		    container_of(object_of(it, of_incident), struct notice, o);
		const struct notice_row *row = &notice->row;
		if (row->purpose == PURPOSE_ENDED && row->state == NOTICE_PENDING &&
		    row->tries == 0 && row->held_wall == 0 && row->next_at > core->at &&
		    !notice_must_wait(core, notice))
			notice_wait_until(core, notice, core->at);
	}
}

void
notice_finish(struct core *core, struct notice *notice, enum notice_state state)
{
	if (notice->row.state == NOTICE_SENDING)
		not_out(core, notice);
	if (notice->row.state == NOTICE_FOLDED)
		link_remove(&notice->in_digest);
	notice->row.state = state;
	notice->row.next_at = 0;
	notice->row.done_wall = core->wall;
	object_done(core, &notice->o);
	let_end_go(core, notice->row.incident);
}

/* It needs not be said any more. false: nobody may have heard it. */
static bool
notice_moot_now(struct core *core, struct notice *notice, str why)
{
	if (notice->row.tries == 0) {
		object_erase(core, &notice->o);
		return false;
	}
	if (notice->row.error.n == 0)
		row_set_str(core, &notice->row.error, why);
	notice->row.moot = true;
	notice_finish(core, notice, NOTICE_GIVEN_UP);
	return true;
}

void
notice_erase(struct core *core, struct notice *notice)
{
	if (notice->row.state == NOTICE_SENDING)
		not_out(core, notice);
	object_erase(core, &notice->o);
}

void
notice_drop(struct core *core, struct notice *notice)
{
	(void)notice_moot_now(core, notice, STR("all that it told was told otherwise"));
}

/* ---- making ---- */

/* Does it say that there is trouble? What is asked of people is asked all the same. */
static bool
pages(enum notice_purpose purpose)
{
	return purpose == PURPOSE_OPENED || purpose == PURPOSE_NEEDS_PERSON ||
	       purpose == PURPOSE_ESCALATED || purpose == PURPOSE_REFIRED;
}

bool
notice_pages(const struct notice_row *row)
{
	return pages(row->purpose);
}

/* Does it interrupt somebody? */
static bool
calls(const struct notice_row *row)
{
	return row->person.n > 0 &&
	       (pages(row->purpose) || row->purpose == PURPOSE_SELF ||
		   row->purpose == PURPOSE_APPROVAL || row->purpose == PURPOSE_QUESTION ||
		   row->purpose == PURPOSE_VETO);
}

static bool
goes_there_too(const struct notice_row *a, const struct notice_row *b)
{
	return pages(a->purpose) && pages(b->purpose) && str_eq(a->person, b->person) &&
	       str_eq(a->channel, b->channel) && str_eq(a->address, b->address);
}

/* Held for somebody who is told now, or anew. */
static bool
is_overtaken(const struct notice_row *held, const struct notice_row *row)
{
	return held->held_wall != 0 && pages(held->purpose) && pages(row->purpose) &&
	       str_eq(held->person, row->person);
}

/* One that still waits for its channel says less than the new one, which goes there too;
 * sent as well, it would come twice from a provider that hung. */
static void
drop_older(struct core *core, struct incident *incident, const struct notice_row *row)
{
	if (incident == NULL)
		return;
	list_each_safe(it, &incident->notices)
	{
		struct notice *older =
		    container_of(object_of(it, of_incident), struct notice, o);
		if (older->row.state == NOTICE_PENDING &&
		    (goes_there_too(&older->row, row) || is_overtaken(&older->row, row)))
			(void)notice_moot_now(core, older, NEWER);
	}
}

/* The same of one that was out, or told by a digest, when the newer one was made. */
static bool
drop_itself(struct core *core, struct notice *notice)
{
	const struct incident *incident = incident_find(core, notice->row.incident);
	if (incident == NULL)
		return false;
	list_each(it, &incident->notices)
	{
		const struct notice *newer =
		    container_of(object_of(it, of_incident), struct notice, o);
		if (newer->row.id > notice->row.id &&
		    goes_there_too(&notice->row, &newer->row))
			return notice_moot_now(core, notice, NEWER);
	}
	return false;
}

struct pairs
notice_fields(struct core *core, const struct pairs *fields)
{
	struct pairs ret = { arena_new(&core->scratch, struct pair, fields->n), fields->n };
	for (size_t i = 0; i < fields->n; i++)
		ret.p[i] = (struct pair){ fields->p[i].name,
			text_shown(core, fields->p[i].value) };
	return ret;
}

static void
notice_add(struct core *core, incident_id id, enum notice_purpose purpose,
    const struct recipient *to, const struct notice_words *words, row_id first)
{
	struct incident *incident = incident_find(core, id);
	struct notice_row row = { .id = row_next(core),
		.incident = id,
		.purpose = purpose,
		.state = NOTICE_PENDING,
		.person = to->person,
		.channel = to->channel,
		.address = to->address,
		.within_ms = to->within_ms,
		.subject = text_shown(core, words->subject),
		.text = text_shown(core, words->text),
		.fields = notice_fields(core, &words->fields),
		.next_at = core->at,
		.made_wall = core->wall,
		.first = first,
		.asked = words->asked,
		.severity = incident != NULL ? incident->row.severity : 0,
		.night = to->night,
		.urgent = words->urgent,
		/* It is no page: nobody is woken for it by another reach. */
		.fell_back = purpose == PURPOSE_ACKNOWLEDGED };
	quiet_place(core, &row);
	struct notice *notice = object_add(core, TABLE_NOTICE, &row);
	if (notice == NULL)
		return;
	quiet_say(core, notice);
	drop_older(core, incident, &row);
	if (incident != NULL)
		list_append(&incident->notices, &notice->o.of_incident);
	notice_set_alone(core, notice, notice_has_thread(core, notice));
	notice_arm(core, notice);
}

void
notices_make(struct core *core, const struct incident *incident,
    enum notice_purpose purpose, const struct recipients *to,
    const struct notice_words *words)
{
	for (size_t i = 0; i < to->n; i++)
		notice_add(core, incident->row.id, purpose, &to->p[i], words, 0);
}

/* Until somebody is at work, where what is told is not urgent. */
static bool
can_wait(enum notice_purpose purpose)
{
	return pages(purpose) || purpose == PURPOSE_HANDED_OFF;
}

void
incident_tell(struct core *core, struct incident *incident, enum notice_purpose purpose,
    unsigned whom)
{
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	const struct team *team = people_team(core, incident);
	const struct person *person = NULL;
	if (incident->row.drill) {
		str by = incident->row.drill_by;
		whom = 0;
		if (str_starts(by, STR("person:")))
			person = model_person(core->newest->model, text_who(by));
		if (person == NULL)
			return;
		recipients_person(to, person);
	}
	if ((whom & TELL_TIER) != 0 &&
	    ((pages(purpose) && dependency_mutes(core, incident)) ||
		(can_wait(purpose) && hours_wait(core, incident))))
		whom &= ~TELL_TIER;
	if ((whom & TELL_TIER) != 0) {
		uint32_t tier = 0;
		person = people_to_tell(core, incident, incident->row.escalate_tier, &tier);
		if (person != NULL) {
			incident->row.escalate_tier = tier;
			row_set_str(core, &incident->row.tier_person, person->id);
			object_touch(core, &incident->o);
			recipients_person(to, person);
		} else {
			gap_add(core, GAP_NOBODY, team->name, team->name, incident,
			    text_make(core, "nobody of %.*s can be reached",
				STR_ARG(team->name)));
		}
	}
	if ((whom & TELL_TOLD) != 0)
		recipients_told(to, incident);
	if ((whom & TELL_CHANNELS) != 0)
		recipients_team(to, team);
	struct notice_words words = { 0 };
	notice_words(core, incident, purpose, person, &words);
	notices_make(core, incident, purpose, to, &words);
}

void
notices_tell(struct core *core, const struct recipients *to,
    const struct notice_words *words)
{
	for (size_t i = 0; i < to->n; i++)
		notice_add(core, 0, PURPOSE_SELF, &to->p[i], words, 0);
}

/* ---- sending ---- */

static bool
same_person(str told, const struct notice_row *notice)
{
	struct str_cut cut = str_cut(told, '/');
	if (notice->person.n > 0)
		return str_eq(cut.head, notice->person);
	struct str_cut channel = str_cut(cut.tail, '/');
	return cut.head.n == 0 && str_eq(channel.head, notice->channel) &&
	       str_eq(channel.tail, notice->address);
}

/* They may know of it from now on. What was delivered is the better address. */
void
notice_told(struct core *core, const struct notice *notice, bool delivered)
{
	struct incident *incident = incident_find(core, notice->row.incident);
	if (incident == NULL || incident->row.state == INCIDENT_CLOSED ||
	    notice->row.purpose == PURPOSE_ENDED)
		return;
	struct incident_row *row = &incident->row;
	if (!delivered) {
		row->told++;
		quiet_woke(core, incident, notice->row.person);
	}
	if (calls(&notice->row))
		noise_called(core, incident);
	object_touch(core, &incident->o);
	size_t at = 0;
	while (
	    at < row->told_people.n && !same_person(row->told_people.p[at], &notice->row))
		at++;
	if (at < row->told_people.n ? !delivered : at >= TOLD_MAX)
		return;
	size_t n = at < row->told_people.n ? row->told_people.n : at + 1;
	struct strs told = { arena_new(&core->scratch, str, n), n };
	for (size_t i = 0; i < row->told_people.n; i++)
		told.p[i] = row->told_people.p[i];
	told.p[at] = text_make(core, "%.*s/%.*s/%.*s", STR_ARG(notice->row.person),
	    STR_ARG(notice->row.channel), STR_ARG(notice->row.address));
	row_set_strs(core, &row->told_people, told);
}

static msec
within_of(const struct notice_row *row)
{
	return row->within_ms != 0 ? row->within_ms : REACH_FALLBACK_MS;
}

/* A place may be long in coming; whoever was not tried yet was made to go at once, or when
 * it is their turn: until then it is not the channel that they wait for. */
static msec
waits_from(const struct notice_row *row)
{
	if (row->first_at != 0)
		return row->first_at;
	return row->turn_at > row->next_at ? row->turn_at : row->next_at;
}

msec
notice_fallback_at(const struct core *core, const struct notice *notice)
{
	const struct notice_row *row = &notice->row;
	if (row->person.n == 0 || row->fell_back || row->held_wall != 0)
		return 0;
	msec down = channel_down_at(core, row->channel);
	return down != 0 ? down : waits_from(row) + within_of(row);
}

/* When it waits for a place in vain. */
static msec
expires_at(const struct notice *notice)
{
	return waits_from(&notice->row) + NOTICE_WAITS_MS;
}

/* What is in its line, is out, is held, or falls back first waits for its time alone. */
void
notice_arm(struct core *core, struct notice *notice)
{
	if (notice->row.held_wall != 0) {
		heap_set(&core->timers, &notice->o, notice->row.next_at);
		return;
	}
	bool ready = link_on(&notice->in_line);
	msec due = ready ? expires_at(notice) : notice->row.next_at;
	msec fallback = notice_fallback_at(core, notice);
	if (notice->row.state == NOTICE_FOLDED) {
		heap_set(&core->timers, &notice->o, fallback);
		return;
	}
	bool first = fallback != 0 && fallback < due;
	bool pending = notice->row.state == NOTICE_PENDING && !ready;
	heap_set(pending && !first ? &core->outbox : &core->timers, &notice->o,
	    first ? fallback : due);
}

/* ---- threads ---- */

static const struct notice_thread *
thread_of(const struct incident *incident, const struct notice_row *row)
{
	const struct notice_thread *threads = incident->row.threads.p;
	for (size_t i = 0; i < incident->row.threads.n; i++) {
		if (str_eq(threads[i].channel, row->channel) &&
		    str_eq(threads[i].address, row->address))
			return &threads[i];
	}
	return NULL;
}

bool
notice_has_thread(const struct core *core, const struct notice *notice)
{
	const struct incident *incident = incident_find(core, notice->row.incident);
	return incident != NULL && thread_of(incident, &notice->row) != NULL;
}

static bool
keep_thread(struct core *core, struct incident *incident, const struct notice_row *row)
{
	size_t n = incident->row.threads.n;
	if (thread_of(incident, row) != NULL || n >= NOTICE_THREADS_MAX)
		return false;
	struct notice_thread *threads =
	    arena_new(&core->scratch, struct notice_thread, n + 1);
	if (n > 0)
		memcpy(threads, incident->row.threads.p, n * sizeof(*threads));
	threads[n] =
	    (struct notice_thread){ row->person, row->channel, row->address, row->ref };
	row_set_records(core, &notice_thread_type, &incident->row.threads,
	    (struct records){ threads, n + 1 });
	object_touch(core, &incident->o);
	return true;
}

static void
tell_who_has_it(struct core *core, const struct incident *incident,
    const struct notice_thread *threads, size_t n)
{
	struct notice_words words = { 0 };
	if (n == 0 || incident->row.drill)
		return;
	notice_words(core, incident, PURPOSE_ACKNOWLEDGED, NULL, &words);
	for (size_t i = 0; i < n; i++) {
		struct recipient to = { .person = threads[i].person,
			.channel = threads[i].channel,
			.address = threads[i].address };
		notice_add(core, incident->row.id, PURPOSE_ACKNOWLEDGED, &to, &words, 0);
	}
}

void
notices_acknowledged(struct core *core, const struct incident *incident)
{
	tell_who_has_it(core, incident, incident->row.threads.p, incident->row.threads.n);
}

/* The first message there that its provider gave a name is where the others belong. Who
 * acknowledged while it was on its way is not in it, and was said in no thread. */
static void
begin_thread(struct core *core, const struct notice_row *row)
{
	struct incident *incident = incident_find(core, row->incident);
	if (incident == NULL || row->ref.n == 0 || !keep_thread(core, incident, row))
		return;
	if (incident->row.acknowledged && incident->row.state != INCIDENT_CLOSED &&
	    incident->row.acknowledged_wall >= row->made_wall)
		tell_who_has_it(core, incident, thread_of(incident, row), 1);
}

/* That it is theirs now, whatever they were told of it before; first what is said of it. */
void
notices_handed_over(struct core *core, const struct incident *incident,
    const struct person *person, const struct command *command)
{
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	struct notice_words words = { 0 };
	recipients_person(to, person);
	notice_words(core, incident, PURPOSE_OPENED, NULL, &words);
	str said = command_words(core, command);
	words.urgent = true; /* it is with them now, and with nobody else */
	words.text = text_make(core, "%.*s hands it over to you%.*s.\n\n%.*s",
	    STR_ARG(text_who(command->principal)), STR_ARG(said), STR_ARG(words.text));
	for (size_t i = 0; i < to->n; i++)
		notice_add(core, incident->row.id, PURPOSE_NEEDS_PERSON, &to->p[i], &words,
		    0);
}

/* What they were told is theirs is not: by the same ways, and in the night too if that was. */
void
notices_taken_back(struct core *core, const struct incident *incident,
    const struct person *person, const struct command *command)
{
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	struct notice_words words = { 0 };
	if (person == NULL || str_eq(person->id, text_who(command->principal)))
		return;
	recipients_person(to, person);
	notice_words(core, incident, PURPOSE_ACKNOWLEDGED, NULL, &words);
	words.urgent = true;
	words.text =
	    text_make(core, "%.*s takes it back: it is not with you any more.\n\n%.*s",
		STR_ARG(text_who(command->principal)), STR_ARG(words.text));
	for (size_t i = 0; i < to->n; i++)
		notice_add(core, incident->row.id, PURPOSE_ACKNOWLEDGED, &to->p[i], &words,
		    0);
}

void
notice_order(struct core *core, struct notice *notice)
{
	ASSERT(notice->row.state == NOTICE_SENDING);
	notice->row.next_at = core->at + NOTICE_GUARD_MS;
	const struct incident *incident = incident_find(core, notice->row.incident);
	const struct notice_thread *thread =
	    incident != NULL ? thread_of(incident, &notice->row) : NULL;
	if (thread != NULL)
		row_set_str(core, &notice->row.thread, thread->ref);
	object_touch(core, &notice->o);
	notice_arm(core, notice);
	struct effect *effect = effects_add(core->fx, EFFECT_NOTIFY);
	record_copy(&notice_row_type, &notice->row, core->fx->arena,
	    &effect->notify.notice);
}

void
notice_send(struct core *core, struct notice *notice)
{
	ASSERT(notice->row.state == NOTICE_PENDING && !link_on(&notice->in_line));
	notice->row.state = NOTICE_SENDING;
	if (notice->row.tries++ == 0)
		notice->row.first_at = core->at;
	notice_told(core, notice, false);
	notice_order(core, notice);
}

/* ---- answers ---- */

static str
notice_to(struct core *core, const struct notice_row *row)
{
	if (row->person.n == 0)
		return text_make(core, "channel %.*s", STR_ARG(row->channel));
	return text_make(core, "%.*s by %.*s", STR_ARG(row->person), STR_ARG(row->channel));
}

/* The notice that said it first. */
static row_id
first_of(const struct notice_row *row)
{
	return row->first != 0 ? row->first : row->id;
}

/* Once; false: there is none, or it was. */
static bool
try_next_reach(struct core *core, struct notice *notice, struct recipient *ret)
{
	struct notice_row *row = &notice->row;
	if (row->fell_back || !people_next_reach(core, row, ret))
		return false;
	row->fell_back = true;
	struct notice_words words = { .subject = row->subject,
		.text = row->text,
		.fields = row->fields,
		.asked = row->asked,
		.urgent = row->urgent };
	notice_add(core, row->incident, row->purpose, ret, &words, first_of(row));
	return true;
}

/* Nothing but an end is said of what has ended. */
static bool
notice_moot(const struct core *core, const struct notice_row *row)
{
	if (row->incident == 0)
		return false;
	const struct incident *incident = incident_find(core, row->incident);
	bool over = incident == NULL || incident->row.state == INCIDENT_CLOSED;
	return over && row->purpose != PURPOSE_ENDED;
}

static str
not_delivered(struct core *core, const struct notice_row *row)
{
	if (channel_down_at(core, row->channel) != 0)
		return text_make(core, "not delivered, channel %.*s is down",
		    STR_ARG(row->channel));
	str after = text_ms(core, within_of(row));
	return text_make(core, "not delivered within %.*s", STR_ARG(after));
}

/* A channel may hang for as long as all its tries take; a person must not wait for that. */
static void
fall_back(struct core *core, struct notice *notice)
{
	const struct notice_row *row = &notice->row;
	struct incident *incident = incident_find(core, row->incident);
	struct recipient next;
	bool moot = notice_moot(core, row);
	if (!moot && try_next_reach(core, notice, &next)) {
		str to = notice_to(core, row);
		str why = not_delivered(core, row);
		timeline_add(core, row->incident, TIMELINE_NOTICE, FIRSTLINE, row->id,
		    "%s notice to %.*s %.*s: by %.*s too",
		    notice_purpose_name(row->purpose), STR_ARG(to), STR_ARG(why),
		    STR_ARG(next.channel));
	} else if (!moot && incident != NULL && pages(row->purpose) &&
		   channel_down_at(core, row->channel) != 0) {
		incident_escalate_now(core, incident, row->person);
	}
	notice->row.fell_back = true;
	object_touch(core, &notice->o);
	notice_arm(core, notice);
}

static void
give_up(struct core *core, struct notice *notice, bool moot)
{
	if (notice->row.purpose == PURPOSE_DIGEST) {
		digest_give_up(core, notice);
		return;
	}
	const struct notice_row *row = &notice->row;
	struct incident *incident = incident_find(core, row->incident);
	str to = notice_to(core, row);
	timeline_add(core, row->incident, TIMELINE_NOTICE, FIRSTLINE, row->id,
	    "%s notice to %.*s given up: %.*s", notice_purpose_name(row->purpose),
	    STR_ARG(to), STR_ARG(row->error));
	if (!moot) {
		str owner = incident != NULL ? incident->row.owner : (str){ 0 };
		gap_add(core, GAP_NOT_TOLD, row->person.n > 0 ? row->person : row->channel,
		    owner, incident,
		    text_make(core, "%.*s could not be told: %.*s", STR_ARG(to),
			STR_ARG(row->error)));
		struct recipient next;
		bool last = !people_next_reach(core, row, &next);
		if (!try_next_reach(core, notice, &next) && last && incident != NULL &&
		    pages(row->purpose))
			incident_escalate_now(core, incident, row->person);
	}
	notice->row.moot = moot;
	notice_finish(core, notice, NOTICE_GIVEN_UP);
}

void
notice_give_up(struct core *core, struct notice *notice, str error)
{
	row_set_str(core, &notice->row.error, error);
	give_up(core, notice, notice_moot(core, &notice->row));
}

void
notice_lost(struct core *core, struct notice *notice)
{
	if (notice_moot(core, &notice->row))
		notice_give_up(core, notice,
		    STR("the incident ended before an answer came"));
	else
		notice_order(core, notice);
}

void
notice_timer(struct core *core, struct notice *notice)
{
	if (notice->row.held_wall != 0)
		quiet_look(core, notice);
	if (notice->row.held_wall != 0)
		return;
	msec fallback = notice_fallback_at(core, notice);
	if (fallback != 0 && fallback <= core->at)
		fall_back(core, notice);
	if (link_on(&notice->in_line) && expires_at(notice) <= core->at) {
		if (notice->row.error.n == 0)
			row_set_str(core, &notice->row.error,
			    STR("it waited a day for its channel"));
		give_up(core, notice, notice_moot(core, &notice->row));
		return;
	}
	if (notice->row.state == NOTICE_SENDING && notice->row.next_at <= core->at)
		notice_lost(core, notice);
}

static void
stop_other(struct core *core, struct notice *notice, const struct notice *told)
{
	if (notice == told || first_of(&notice->row) != first_of(&told->row))
		return;
	row_set_str(core, &notice->row.error,
	    text_make(core, "%.*s was told by %.*s", STR_ARG(told->row.person),
		STR_ARG(told->row.channel)));
	give_up(core, notice, true);
}

/* The person knows: what says the same by another reach is not sent any more. */
static void
stop_others(struct core *core, const struct notice *told)
{
	struct incident *incident = incident_find(core, told->row.incident);
	if (incident != NULL) {
		list_each_safe(it, &incident->notices) stop_other(core,
		    container_of(object_of(it, of_incident), struct notice, o), told);
	} else if (told->row.incident == 0) {
		list_each_safe(it, &core->tables[TABLE_NOTICE]) stop_other(core,
		    container_of(object_of(it, in_table), struct notice, o), told);
	}
}

/* While its channel is down it is a probe rather than a try. */
bool
notice_tried_enough(const struct core *core, const struct notice *notice)
{
	if (channel_down_at(core, notice->row.channel) != 0)
		return expires_at(notice) <= core->at;
	return notice->row.tries >= NOTICE_TRIES_MAX;
}

void
notice_delivered(struct core *core, struct notice *notice)
{
	struct notice_row *row = &notice->row;
	core->control->row.notices_delivered++;
	notice_told(core, notice, true);
	permit_told(core, row);
	str to = notice_to(core, row);
	timeline_add(core, row->incident, TIMELINE_NOTICE, FIRSTLINE, row->id,
	    "%s notice delivered to %.*s%s", notice_purpose_name(row->purpose), STR_ARG(to),
	    row->state == NOTICE_FOLDED ? ", in one message with others" : "");
	stop_others(core, notice);
	notice_finish(core, notice, NOTICE_DELIVERED);
}

/* While its channel is down only probes go by it, at their own times. */
void
notice_again(struct core *core, struct notice *notice)
{
	struct notice_row *row = &notice->row;
	if (drop_itself(core, notice))
		return;
	/* Its incident can have ended while a digest was on its way that told it. */
	if (notice_moot(core, row)) {
		give_up(core, notice, true);
		return;
	}
	bool down = channel_down_at(core, row->channel) != 0;
	if (row->state == NOTICE_SENDING)
		not_out(core, notice);
	if (row->state == NOTICE_FOLDED)
		link_remove(&notice->in_digest);
	row->state = NOTICE_PENDING;
	row->next_at = down ? core->at : core->at + notice_backoff_ms(core, row->tries);
	row->alone = !down || notice_has_thread(core, notice);
	object_touch(core, &notice->o);
	notice_arm(core, notice);
}

void
on_notice_result(struct core *core, const struct notice_result *result)
{
	struct notice *notice = object_find(core, TABLE_NOTICE, result->notice);
	if (notice == NULL || notice->row.state != NOTICE_SENDING) {
		channel_late_result(core, result);
		return;
	}
	struct notice_row *row = &notice->row;
	row->took_ms = result->took_ms;
	if (row->shows_as == 0)
		channel_result(core, row->channel, result);
	if (row->purpose == PURPOSE_TEST) {
		channel_tried(core, notice, result);
		notice_finish(core, notice,
		    result->delivered ? NOTICE_DELIVERED : NOTICE_GIVEN_UP);
		return;
	}
	if (row->purpose == PURPOSE_DIGEST) {
		digest_result(core, notice, result);
		return;
	}
	if (result->delivered) {
		if (row->thread.n == 0 && result->ref.n > 0) {
			row_set_str(core, &row->ref,
			    text_line(core, result->ref, TIMELINE_TEXT_MAX));
			begin_thread(core, row);
		}
		notice_delivered(core, notice);
		return;
	}
	row_set_str(core, &row->error, text_line(core, result->error, TIMELINE_TEXT_MAX));
	bool moot = notice_moot(core, row);
	if (moot || result->permanent || notice_tried_enough(core, notice)) {
		give_up(core, notice, moot);
		return;
	}
	notice_again(core, notice);
}

/* ---- the end ---- */

struct strs
notices_unask(struct core *core, struct incident *incident, enum notice_purpose purpose,
    row_id asked)
{
	struct strs names = { arena_new(&core->scratch, str, TOLD_MAX), 0 };
	list_each_safe(it, &incident->notices)
	{
		struct notice *notice =
		    container_of(object_of(it, of_incident), struct notice, o);
		if (notice->row.purpose != purpose || notice->row.asked != asked ||
		    notice->row.state != NOTICE_PENDING)
			continue;
		str person = arena_str(&core->scratch, notice->row.person);
		bool first = notice->row.first == 0; /* not by another reach */
		if (!notice_moot_now(core, notice, STR("it was answered first")) && first &&
		    names.n < TOLD_MAX)
			names.p[names.n++] = person;
	}
	return names;
}

void
notices_end(struct core *core, struct incident *incident)
{
	const struct recipients *held = quiet_held_for(core, incident);
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	recipients_told(to, incident);
	list_each_safe(it, &incident->notices)
	{
		struct notice *notice =
		    container_of(object_of(it, of_incident), struct notice, o);
		if (notice->row.purpose == PURPOSE_ENDED ||
		    notice->row.state != NOTICE_PENDING)
			continue;
		(void)notice_moot_now(core, notice, STR("the incident ended first"));
	}
	quiet_ended(core, incident, held, to);
	if (incident->row.told_people.n == 0)
		return;
	struct notice_words words = { 0 };
	notice_words(core, incident, PURPOSE_ENDED, NULL, &words);
	notices_make(core, incident, PURPOSE_ENDED, to, &words);
	row_set_strs(core, &incident->row.told_people, (struct strs){ 0 });
	object_touch(core, &incident->o);
}
