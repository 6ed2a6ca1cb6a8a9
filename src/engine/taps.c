/*
 * taps -- links that do one thing for one person: made for each notice as it is sent, and
 * judged when they come back.
 *
 * The key is this store's, in a file that hands and the gate cannot read; links are in no row
 * and no journal, so who may read those cannot tap for others. The gate only carries what it
 * was shown: a gate in an attacker's hands makes none.
 */
#include <fcntl.h>
#include <unistd.h>

#include "engine/state.h"
#include "intake/tap.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/file.h"

#define KEY_FILE "link.key"

bool
taps_init(struct engine *engine, struct err *err)
{
	AUTO_CLOSE int dir =
	    open(engine->options->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, ERR_IO, "open '%s'", engine->options->state_dir);
	static char memory[512]; /* one thread; not poisoned for the next frame */
	struct arena arena = arena_over(memory, sizeof(memory));
	str text;
	char secret[64];
	if (file_read_at(&arena, dir, KEY_FILE, 200, &text, err)) {
		engine->tap_key = sha256(str_trim(text));
		return true;
	}
	if (err->kind != ERR_NOT_FOUND)
		return false;
	access_new_secret("flk_", secret);
	engine->tap_key = sha256(str_of(secret));
	return file_write_durable(dir, KEY_FILE, str_of(secret), 0600, err);
}

static str
key_of(const struct engine *engine)
{
	return (str){ (const char *)engine->tap_key.b, sizeof(engine->tap_key.b) };
}

/* ---- on the way out ---- */

/* What somebody is to have in hand. */
static bool
calls(enum notice_purpose purpose)
{
	return purpose == PURPOSE_OPENED || purpose == PURPOSE_NEEDS_PERSON ||
	       purpose == PURPOSE_ESCALATED || purpose == PURPOSE_REFIRED;
}

static bool
may_tap(const struct engine *engine, str name)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	if (name.n == 0 || model == NULL)
		return false;
	const struct person *person = model_person(model, name);
	return person != NULL && role_reaches(person->role, ROLE_OPERATOR);
}

static void
add_incident(struct tap *tap, incident_id incident)
{
	for (size_t i = 0; i < tap->incident_n; i++) {
		if (tap->incident[i] == incident)
			return;
	}
	if (incident != 0 && tap->incident_n < TAP_INCIDENTS_MAX)
		tap->incident[tap->incident_n++] = incident;
}

/* Of a digest those that it calls for, the worst first: its lines are in that order. */
static void
add_incidents(struct tap *tap, const struct notice_row *notice)
{
	if (calls(notice->purpose))
		add_incident(tap, notice->incident);
	const struct digest_line *lines = notice->told.p;
	for (size_t i = 0; notice->purpose == PURPOSE_DIGEST && i < notice->told.n; i++) {
		if (calls(lines[i].about))
			add_incident(tap, lines[i].incident);
	}
}

/* ".../incidents/17" of the notice, or ".../incidents", with what we put there instead. */
static str
base_of(const struct notice_row *notice)
{
	str url = pairs_get(&notice->fields, STR("url"));
	for (size_t n = url.n; n > 0; n--) {
		str tail = str_drop(url, n - 1);
		if (str_starts(tail, STR("/incidents/")) || str_eq(tail, STR("/incidents")))
			return str_take(url, n - 1);
	}
	return STR("");
}

static void
add_link(struct engine *engine, struct notice_row *notice, struct arena *arena, str name,
    const struct tap *tap)
{
	str base = base_of(notice);
	struct buf text = BUF(TAP_BYTES_MAX);
	tap_write(&text, tap, key_of(engine));
	struct pairs fields = { arena_new(arena, struct pair, notice->fields.n + 1),
		notice->fields.n + 1 };
	if (notice->fields.n > 0)
		memcpy(fields.p, notice->fields.p, notice->fields.n * sizeof(*fields.p));
	fields.p[notice->fields.n] =
	    (struct pair){ name, arena_printf(arena, "%.*s/act/%.*s", STR_ARG(base),
				     STR_ARG(buf_str(&text))) };
	buf_done(&text);
	bool sorted = pairs_sort(&fields); /* nothing of ours is called so */
	ASSERT(sorted);
	notice->fields = fields;
}

/* It is over: was it useful? */
static void
add_useful(struct engine *engine, struct notice_row *notice, struct arena *arena)
{
	struct tap tap = { .act = TAP_USEFUL,
		.incident = { notice->incident },
		.incident_n = 1,
		.notice = notice->id,
		.until_s = (notice->made_wall + TAP_USEFUL_KEEP_MS) / SECOND,
		.person = notice->person };
	add_link(engine, notice, arena, STR(NOTICE_USEFUL_FIELD), &tap);
	tap.act = TAP_USELESS;
	add_link(engine, notice, arena, STR(NOTICE_USELESS_FIELD), &tap);
}

/* Of a drill nobody is asked. */
static bool
is_asked_of(const struct engine *engine, const struct notice_row *notice)
{
	const struct incident_row *row = core_incident(engine->core, notice->incident);
	return notice->purpose == PURPOSE_ENDED && notice->incident != 0 &&
	       !(row != NULL && row->drill);
}

/* Of a digest those that it tells the end of. */
static void
add_ended(const struct engine *engine, struct tap *tap, const struct notice_row *notice)
{
	const struct digest_line *lines = notice->told.p;
	if (notice->purpose == PURPOSE_ENDED)
		add_incident(tap, notice->incident);
	for (size_t i = 0; notice->purpose == PURPOSE_DIGEST && i < notice->told.n; i++) {
		const struct incident_row *row =
		    core_incident(engine->core, lines[i].incident);
		if (lines[i].about == PURPOSE_ENDED && (row == NULL || !row->drill))
			add_incident(tap, lines[i].incident);
	}
}

/* One link for many, whose page asks of each; or where a message has room for one. */
static void
add_asks(struct engine *engine, struct notice_row *notice, struct arena *arena)
{
	struct tap tap = { .act = TAP_ASKS,
		.notice = notice->id,
		.until_s = (notice->made_wall + TAP_USEFUL_KEEP_MS) / SECOND,
		.person = notice->person };
	add_ended(engine, &tap, notice);
	if (tap.incident_n > 0)
		add_link(engine, notice, arena, STR(NOTICE_ASKS_FIELD), &tap);
}

static bool
has_little_room(const struct engine *engine, const struct notice_row *notice)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	for (size_t i = 0; i < model->channels_n; i++) {
		if (str_eq(model->channels[i].name, notice->channel))
			return model->channels[i].kind == CHANNEL_TWILIO;
	}
	return false;
}

void
taps_add(struct engine *engine, struct notice_row *notice, struct arena *arena)
{
	struct tap tap = { .act = TAP_ACKNOWLEDGE,
		.notice = notice->id,
		.until_s = (notice->made_wall + TAP_KEEP_MS) / SECOND,
		.person = notice->person };
	add_incidents(&tap, notice);
	if (base_of(notice).n == 0 || !may_tap(engine, notice->person))
		return;
	if (tap.incident_n > 0)
		add_link(engine, notice, arena, STR(NOTICE_TAP_FIELD), &tap);
	if (notice->purpose == PURPOSE_DIGEST ||
	    (is_asked_of(engine, notice) && has_little_room(engine, notice)))
		add_asks(engine, notice, arena);
	else if (is_asked_of(engine, notice))
		add_useful(engine, notice, arena);
}

/* ---- on the way back ---- */

static void
refuse(struct engine *engine, uint64_t id, uint32_t status, const char *error)
{
	engine->n.unauthorized++;
	answer_plain(&engine->batch.to_gate, id, engine->head.seq, status, 4, error);
}

static str
who_has(const struct incident_row *row)
{
	return str_starts(row->acknowledged_by, STR("person:"))
	           ? str_drop(row->acknowledged_by, 7)
	           : row->acknowledged_by;
}

/* Nothing is to be done: why, for the page. */
static void
tell_done(struct engine *engine, uint64_t id, const struct incident_row *row, msec tapped,
    bool did, str principal)
{
	struct arena scratch = engine->batch.arena;
	struct answer_out a;
	struct buf said = BUF(1024);
	if (tapped != 0) {
		buf_printf(&said,
		    did ? "This link acknowledged incident %u on "
			: "This link came too late for incident %u on ",
		    row->id);
		buf_time(&said, tapped);
		buf_add(&said,
		    did ? STR(", and does it once: ") : STR(", and counts once: "));
	}
	if (!row->acknowledged)
		buf_add(&said, STR("nobody has it now"));
	else if (str_eq(row->acknowledged_by, principal))
		buf_add(&said,
		    tapped != 0 ? STR("it is yours") : STR("It is yours already"));
	else
		buf_printf(&said, "%s%.*s has it",
		    tapped != 0 ? "" : "Nothing was done: ", STR_ARG(who_has(row)));
	answer_begin(&a, &engine->batch.to_gate, &scratch, id,
	    tapped != 0 ? engine->head.seq : batch_seq(engine));
	a.answer.note = buf_str(&said);
	answer_end(&a, 0);
	buf_done(&said);
}

static void
acknowledge(struct engine *engine, uint64_t id, const struct tap *tap, incident_id incident,
    const struct person *person, const char *said)
{
	struct arena *arena = &engine->batch.arena;
	struct event event = { .kind = EVENT_COMMAND };
	event.command = (struct command){ .kind = COMMAND_ACKNOWLEDGE,
		.request = id,
		.principal = arena_printf(arena, "person:%.*s", STR_ARG(person->id)),
		.incident = incident,
		.row = tap->notice,
		.role = person->role,
		.text = arena_printf(arena, "%s notice %llu", said,
		    (unsigned long long)tap->notice) };
	batch_step(engine, &event);
}

/* One of a digest's, said behind what was said of those before. */
static void
tap_one(struct engine *engine, const struct tap *tap, incident_id incident,
    const struct person *person, const char *said, struct buf *done, struct buf *other)
{
	const struct incident_row *row = core_incident(engine->core, incident);
	const char *comma = other->n > 0 ? ", " : "";
	bool did = false;
	bool open = row != NULL && row->state != INCIDENT_CLOSED;
	bool first = open && core_tapped(row, tap->notice, &did) == 0;
	if (!open) {
		buf_printf(other, "%s%u is over", comma, incident);
	} else if (row->acknowledged) {
		if (first) /* and never again */
			acknowledge(engine, 0, tap, incident, person, said);
		buf_printf(other, "%s%.*s has %u", comma, STR_ARG(who_has(row)), incident);
	} else if (!first) {
		buf_printf(other, "%snobody has %u now, %s", comma, incident,
		    did ? "which this link acknowledged once"
			: "for which this link came too late once");
	} else {
		buf_printf(done, "%s%u", done->n > 0 ? ", " : "", incident);
		acknowledge(engine, 0, tap, incident, person, said);
	}
}

/* Each of them by itself, in one commit; the answer goes when that is durable. */
static void
tap_many(struct engine *engine, uint64_t id, const struct tap *tap,
    const struct person *person, const char *how)
{
	struct buf done = BUF(1024), other = BUF(8192), said = BUF(10240);
	for (size_t i = 0; i < tap->incident_n; i++)
		tap_one(engine, tap, tap->incident[i], person, how, &done, &other);
	if (done.n > 0)
		buf_printf(&said, "Yours: %.*s", STR_ARG(buf_str(&done)));
	if (other.n > 0)
		buf_printf(&said, "%s%.*s",
		    done.n > 0 ? "; " : "Nothing was done: ", STR_ARG(buf_str(&other)));
	struct arena scratch = engine->batch.arena;
	struct answer_out a;
	answer_begin(&a, &engine->batch.to_gate, &scratch, id, batch_seq(engine));
	a.answer.note = buf_str(&said);
	answer_end(&a, 0);
	buf_done(&done);
	buf_done(&other);
	buf_done(&said);
}

const struct person *
tap_person(struct engine *engine, uint64_t id, str link, struct tap *ret)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	if (!tap_read(link, key_of(engine), ret)) {
		refuse(engine, id, 403, "this link is none of ours");
		return NULL;
	}
	if (clock_wall() / SECOND >= ret->until_s) {
		refuse(engine, id, 403, "this link is over: sign in instead");
		return NULL;
	}
	const struct person *person = model_person(model, ret->person);
	if (person == NULL || !role_reaches(person->role, ROLE_OPERATOR)) {
		refuse(engine, id, 403,
		    "whom this link was sent to may not do that any more");
		return NULL;
	}
	return person;
}

void
tap_acknowledge(struct engine *engine, uint64_t id, const struct tap *tap,
    const struct person *person, const char *said)
{
	if (tap->incident_n > 1) {
		tap_many(engine, id, tap, person, said);
		return;
	}
	incident_id incident = tap->incident[0];
	const struct incident_row *row = core_incident(engine->core, incident);
	bool did = false;
	msec tapped = row != NULL ? core_tapped(row, tap->notice, &did) : 0;
	if (row == NULL || row->state == INCIDENT_CLOSED ||
	    (tapped == 0 && !row->acknowledged)) {
		acknowledge(engine, id, tap, incident, person, said);
		return;
	}
	if (tapped == 0) /* it does nothing, and never again */
		acknowledge(engine, 0, tap, incident, person, said);
	tell_done(engine, id, row, tapped, did,
	    arena_printf(&engine->batch.arena, "person:%.*s", STR_ARG(person->id)));
}

/* What they said before is what they said; the last counts. */
static void
say_useful(struct engine *engine, uint64_t id, incident_id incident, row_id notice,
    const struct person *person, str answer)
{
	struct event event = { .kind = EVENT_COMMAND };
	event.command = (struct command){ .kind = COMMAND_USEFUL,
		.request = id,
		.principal =
		    arena_printf(&engine->batch.arena, "person:%.*s", STR_ARG(person->id)),
		.incident = incident,
		.row = notice,
		.role = person->role,
		.name = answer };
	if (read_was(engine, id, &event.command))
		batch_step(engine, &event);
}

/* Of one of those that the link asks of. */
static void
say_of_one(struct engine *engine, uint64_t id, const struct tap *tap,
    const struct person *person, const struct request *request)
{
	for (size_t i = 0; i < tap->incident_n; i++) {
		if (tap->incident[i] == request->incident) {
			say_useful(engine, id, request->incident, tap->notice, person,
			    request->name);
			return;
		}
	}
	refuse(engine, id, 403, "this link does not ask of that incident");
}

void
tap_request(struct engine *engine, uint64_t id, const struct request *request)
{
	struct tap tap;
	const struct person *person = tap_person(engine, id, request->secret, &tap);
	if (person == NULL)
		return;
	switch (tap.act) {
	case TAP_ACKNOWLEDGE:
		tap_acknowledge(engine, id, &tap, person, "by the link in");
		return;
	case TAP_USEFUL:
		say_useful(engine, id, tap.incident[0], tap.notice, person, STR("yes"));
		return;
	case TAP_USELESS:
		say_useful(engine, id, tap.incident[0], tap.notice, person, STR("no"));
		return;
	case TAP_ASKS:
		say_of_one(engine, id, &tap, person, request);
		return;
	}
	UNREACHABLE();
}
