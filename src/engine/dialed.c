/*
 * dialed -- keys that somebody who was called pressed on the telephone.
 *
 * Two things must be right, and neither is the gate's to say: the link in the address, which
 * this engine made for one person and one incident (taps.c), and the signature of whoever
 * made the call, over that address and the keys. What that is checked with came from the
 * supervisor as two halves that sign nothing (base/hmac_sha1.h): the account's token, by
 * which one can call at our cost, is hands' alone.
 *
 * The same once more does nothing: a link acknowledges once, and passes on once. That holds
 * for whoever sends again what Twilio signed, too.
 */
#include <stdlib.h>

#include "base/hmac_sha1.h"
#include "engine/state.h"
#include "intake/tap.h"
#include "intake/twilio.h"

#define NAME_MAX_BYTES 256

struct dials {
	size_t n;
	struct dial {
		size_t name_n;
		char name[NAME_MAX_BYTES]; /* of the channel */
		struct hmac_sha1_key key;
	} dial[HOOKS_MAX];
};

void
dials_init(struct engine *engine)
{
	engine->dials = calloc(1, sizeof(*engine->dials));
	ASSERT(engine->dials != NULL);
}

bool
dials_take(struct engine *engine, str payload)
{
	struct arena scratch = engine->batch.arena;
	struct dials *dials = engine->dials;
	struct dials_frame frame;
	struct err err;
	if (!record_decode_all(&dials_frame_type, payload, &scratch, &frame, &err))
		return false;
	explicit_bzero(dials, sizeof(*dials));
	const struct hook *given = frame.dials.p;
	for (size_t i = 0; i < frame.dials.n; i++) {
		struct dial *dial = &dials->dial[dials->n];
		uint8_t halves[sizeof(dial->key)];
		if (given[i].channel.n > sizeof(dial->name) ||
		    !hex_decode(given[i].key, halves, sizeof(halves)))
			continue;
		memcpy(dial->name, given[i].channel.p, given[i].channel.n);
		dial->name_n = given[i].channel.n;
		memcpy(&dial->key, halves, sizeof(halves));
		dials->n++;
	}
	return true;
}

/* Of one of the channels by which that account calls. */
static bool
is_signed(const struct engine *engine, const struct model *model, str url,
    const struct pairs *params, str signature)
{
	str account = pairs_get(params, STR("AccountSid"));
	for (size_t i = 0; i < engine->dials->n; i++) {
		const struct dial *dial = &engine->dials->dial[i];
		const struct channel *channel =
		    names_get(&model->channel_by_name, (str){ dial->name, dial->name_n });
		if (channel != NULL && channel->kind == CHANNEL_TWILIO_VOICE &&
		    str_eq(channel->username, account) &&
		    twilio_signed(&dial->key, url, params, signature))
			return true;
	}
	return false;
}

/* Where we are for others, as the call was told. */
static str
url_of(const struct model *model, str link, struct arena *arena)
{
	str base = model->url;
	while (base.n > 0 && base.p[base.n - 1] == '/')
		base = str_take(base, base.n - 1);
	return arena_printf(arena, "%.*s/in/twilio/%.*s", STR_ARG(base), STR_ARG(link));
}

/* `id`: who waits for the answer; 0: nobody. */
static void
pass_one(struct engine *engine, uint64_t id, const struct tap *tap, incident_id incident,
    const struct person *person)
{
	struct arena *arena = &engine->batch.arena;
	struct event event = { .kind = EVENT_COMMAND };
	event.command = (struct command){ .kind = COMMAND_ESCALATE,
		.request = id,
		.principal = arena_printf(arena, "person:%.*s", STR_ARG(person->id)),
		.incident = incident,
		.row = tap->notice,
		.role = person->role,
		.text = arena_printf(arena, "by telephone, called by notice %llu",
		    (unsigned long long)tap->notice) };
	batch_step(engine, &event);
}

/* Each of a digest's that can be. */
static void
pass_on(struct engine *engine, uint64_t id, const struct tap *tap,
    const struct person *person)
{
	struct answer_out a;
	if (tap->incident_n == 1) {
		pass_one(engine, id, tap, tap->incident[0], person);
		return;
	}
	for (size_t i = 0; i < tap->incident_n; i++)
		pass_one(engine, 0, tap, tap->incident[i], person);
	struct arena scratch = engine->batch.arena;
	answer_begin(&a, &engine->batch.to_gate, &scratch, id, batch_seq(engine));
	a.answer.note = STR("The next is called for what nobody has. Goodbye");
	answer_end(&a, 0);
}

void
dialed_request(struct engine *engine, uint64_t id, const struct request *request)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	struct arena *arena = &engine->batch.arena;
	struct pairs params;
	struct tap tap;
	struct err err;
	const struct person *person = tap_person(engine, id, request->secret, &tap);
	if (person == NULL)
		return;
	if (tap.act != TAP_ACKNOWLEDGE) {
		answer_plain(&engine->batch.to_gate, id, engine->head.seq, 403, 4,
		    "nobody is called by that link");
		return;
	}
	if (!twilio_read(request->text, arena, &params, &err) ||
	    !is_signed(engine, model, url_of(model, request->secret, arena), &params,
		request->name)) {
		engine->n.unauthorized++;
		answer_plain(&engine->batch.to_gate, id, engine->head.seq, 403, 4,
		    "that is not signed by whoever calls for us");
		return;
	}
	str keys = pairs_get(&params, STR("Digits"));
	if (str_eq(keys, STR("4")))
		tap_acknowledge(engine, id, &tap, person, "by telephone, called by");
	else if (str_eq(keys, STR("5")))
		pass_on(engine, id, &tap, person);
	else
		answer_plain(&engine->batch.to_gate, id, engine->head.seq, 422, 2,
		    "That key does nothing. Press 4 to acknowledge. Press 5 if it is not "
		    "for you, and the next is called");
}
