/*
 * feeds -- calendars that are read by their link alone: made, listed, ended, and told.
 *
 * The gate carries what stands in the link; whether that opens anything, and what, is found
 * here, by its hash. A link opens its own shifts and nothing else: as a bearer token it is
 * nobody's (access.c).
 */
#include "engine/state.h"
#include "facts/shift_ical.h"
#include "model/duty.h"
#include "os/clock.h"

#define WEEK (7 * DAY)

static void
refuse(struct engine *engine, uint64_t id, uint32_t status, const char *error)
{
	answer_plain(&engine->batch.to_gate, id, engine->head.seq, status, 4, error);
}

/* ---- made and ended ---- */

/* "person:ana", "team:ops", "rotation:ops/primary"; empty: it says neither or both. */
static str
feed_text(struct arena *arena, const struct request *request)
{
	str person = pairs_get(&request->params, STR("person"));
	str team = pairs_get(&request->params, STR("team"));
	str rotation = pairs_get(&request->params, STR("rotation"));
	if ((person.n > 0) == (team.n > 0) || (rotation.n > 0 && team.n == 0))
		return STR("");
	if (person.n > 0)
		return arena_printf(arena, "person:%.*s", STR_ARG(person));
	if (rotation.n == 0)
		return arena_printf(arena, "team:%.*s", STR_ARG(team));
	return arena_printf(arena, "rotation:%.*s/%.*s", STR_ARG(team), STR_ARG(rotation));
}

static void
feed_make(struct engine *engine, uint64_t id, const struct request *request,
    struct event *event)
{
	struct arena *arena = &engine->batch.arena;
	if (engine->secret_request != 0) {
		refuse(engine, id, 503, "another secret is being made: ask again");
		return;
	}
	str feed = feed_text(arena, request);
	access_new_secret("flc_", engine->secret_text);
	engine->secret_request = id;
	engine->secret = (struct secret_item){ .name = feed,
		.secret = str_of(engine->secret_text),
		.url =
		    arena_str(arena, configs_newest(&engine->configs, engine->core)->url) };
	event->command.kind = COMMAND_FEED_ADD;
	event->command.token = (struct token_row){ .feed = feed,
		.role = ROLE_FEED,
		.secret = sha256(str_of(engine->secret_text)) };
	batch_step(engine, event);
	explicit_bzero(engine->secret_text, sizeof(engine->secret_text));
	engine->secret_request = 0;
}

void
feed_request(struct engine *engine, uint64_t id, const struct request *request,
    struct caller caller)
{
	char key[REQUEST_KEY_MAX];
	struct event event = { .kind = EVENT_COMMAND };
	event.command = (struct command){ .kind = COMMAND_FEED_END,
		.request = id,
		.principal = caller.principal,
		.behalf = caller.behalf,
		.role = caller.role,
		.row = request->row };
	if (request->op == OP_FEED_ADD)
		feed_make(engine, id, request, &event);
	else if (request_key(engine, id, request, caller.principal, key, &event.command))
		batch_step(engine, &event);
}

void
answer_feeds(struct engine *engine, struct answer_out *a, struct caller caller)
{
	const struct token_row **rows =
	    arena_new(a->arena, const struct token_row *, FEEDS_MAX);
	a->begin = *a->arena; /* they outlive each frame */
	size_t n = core_feeds(engine->core, rows, FEEDS_MAX);
	for (size_t i = 0; i < n; i++) {
		if (core_feed_is_theirs(engine->core, rows[i], caller.principal,
			caller.role))
			answer_row_record(a, TABLE_TOKEN, rows[i]);
	}
}

/* ---- told ---- */

/* `a` is NULL to see how many there are; false: more than are told. */
static bool
tell_shifts(struct answer_out *a, struct shifts *shifts, const struct person *person,
    size_t *n)
{
	struct turn turn;
	while (shift_next(shifts, &turn)) {
		if (person != NULL && turn.person != person)
			continue;
		if (++*n > SHIFTS_MAX)
			return false;
		if (a == NULL)
			continue;
		struct shift_item item = {
			.team = shifts->team->name,
			.rotation = shifts->rotation->name,
			.tier = duty_tier(shifts->team, shifts->rotation),
			.person = turn.person != NULL ? turn.person->id : STR(""),
			.from_wall = turn.from_wall,
			.until_wall = turn.until_wall,
			.gap = turn.person == NULL,
			.zone = duty_zone(shifts->team, shifts->rotation),
		};
		answer_record(a, ITEM_SHIFT, &item);
	}
	return true;
}

/* Theirs at any time, by a turn or for somebody: other rotations are not walked for it. */
static bool
may_have(const struct person *person, const struct team *team,
    const struct rotation *rotation, const struct stand_ins *over)
{
	for (size_t i = 0; i < rotation->people_n; i++) {
		if (rotation->people[i] == person)
			return true;
	}
	for (size_t i = 0; i < over->n; i++) {
		if (str_eq(over->p[i].team, team->name) &&
		    str_eq(over->p[i].person, person->id))
			return true;
	}
	return false;
}

static bool
is_told(const struct feed_subject *subject, const struct team *team,
    const struct rotation *rotation, const struct stand_ins *over)
{
	if (subject->person != NULL)
		return may_have(subject->person, team, rotation, over);
	return team == subject->team &&
	       (subject->rotation == NULL || rotation == subject->rotation);
}

/* The span moves on by weeks, so that within one nothing differs but by what changed. */
static struct shifts
span_of(const struct engine *engine, const struct model *model)
{
	msec week = clock_wall() / WEEK * WEEK;
	return (struct shifts){ .model = model,
		.over = core_stand_ins(engine->core),
		.at = week > SHIFTS_BACK_MS ? week - SHIFTS_BACK_MS : 0,
		.until = week + WEEK + DUTY_AHEAD_MS };
}

static bool
tell(struct engine *engine, const struct feed_subject *subject, struct answer_out *a)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	size_t n = 0;
	for (size_t i = 0; i < model->teams_n; i++) {
		const struct team *team = &model->teams[i];
		for (size_t k = 0; k < team->rotation_n; k++) {
			struct shifts shifts = span_of(engine, model);
			shifts.team = team;
			shifts.rotation = &team->rotations[k];
			if (is_told(subject, team, shifts.rotation, shifts.over) &&
			    !tell_shifts(a, &shifts, subject->person, &n))
				return false;
		}
	}
	return true;
}

static void
refuse_feed(struct engine *engine, struct answer_out *a, uint32_t status, const char *error)
{
	engine->n.unauthorized += status == 403;
	a->answer.status = status;
	a->answer.exit = status == 403 ? 4 : 1;
	a->answer.error = str_of(error);
}

void
answer_feed(struct engine *engine, const struct request *request, struct answer_out *a)
{
	hash32 hash = sha256(request->secret);
	const struct token_row *row = core_feed(engine->core, &hash);
	const struct model *model = configs_newest(&engine->configs, engine->core);
	struct feed_subject subject;
	if (row == NULL) {
		refuse_feed(engine, a, 403,
		    "this link opens no calendar, or does no longer");
		return;
	}
	if (!feed_subject(model, row->feed, &subject)) {
		refuse_feed(engine, a, 403,
		    "whose calendar this was is never on duty any more");
		return;
	}
	if (!tell(engine, &subject, NULL)) {
		refuse_feed(engine, a, 413,
		    "there are more shifts than one calendar holds: make a link for a "
		    "rotation or a person");
		return;
	}
	/* Whose it is, and what the span begins with: never what opens it. */
	struct token_row shown = { .feed = row->feed,
		.role = ROLE_FEED,
		.made_wall = span_of(engine, model).at };
	answer_row_record(a, TABLE_TOKEN, &shown);
	bool told = tell(engine, &subject, a);
	ASSERT(told);
}
