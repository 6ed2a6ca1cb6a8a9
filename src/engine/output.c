/*
 * output -- what an attempt has written so far, for those who look at it now.
 *
 * Nothing is sent before somebody asks, and nothing of it is kept: hands reads the file of
 * the attempt once for all who wait for it, so neither a flood of output nor many who look
 * cost more than that. What counts is the result, which is journalled.
 */
#include "engine/state.h"

static void
answer_with(struct engine *engine, uint64_t request, const struct output_item *seen)
{
	struct arena scratch = engine->batch.arena;
	struct answer_out a;
	answer_begin(&a, &engine->batch.to_gate, &scratch, request, engine->head.seq);
	answer_record(&a, ITEM_OUTPUT, seen);
	answer_end(&a, 0);
}

static bool
is_asked_for(const struct engine *engine, row_id attempt)
{
	for (size_t i = 0; i < engine->lookers_n; i++) {
		if (engine->lookers[i].attempt == attempt)
			return true;
	}
	return false;
}

void
output_ask(struct engine *engine, uint64_t request, row_id attempt)
{
	if (engine->hands.peer == NULL || engine->lookers_n == LOOKERS_MAX) {
		answer_plain(&engine->batch.to_gate, request, engine->head.seq, 503, 1,
		    engine->hands.peer == NULL
			? "what carries out actions is away: ask again"
			: "too many look at what actions write: ask again");
		return;
	}
	bool asked = is_asked_for(engine, attempt);
	engine->lookers[engine->lookers_n++] = (struct looker){ request, attempt };
	if (asked)
		return;
	struct output_item which = { .attempt = attempt };
	frame_record(peer_out(engine->hands.peer), FRAME_OUTPUT, 0, &output_item_type,
	    &which);
	wire_send(&engine->hands);
}

bool
output_seen(struct engine *engine, str payload)
{
	struct arena scratch = engine->batch.arena;
	struct output_item seen;
	struct err err;
	if (!record_decode_all(&output_item_type, payload, &scratch, &seen, &err))
		return false;
	engine->batch.arena = scratch;
	size_t wait = 0;
	for (size_t i = 0; i < engine->lookers_n; i++) {
		struct looker looker = engine->lookers[i];
		if (looker.attempt == seen.attempt)
			answer_with(engine, looker.request, &seen);
		else
			engine->lookers[wait++] = looker;
	}
	engine->lookers_n = wait;
	return true;
}

void
output_lost(struct engine *engine)
{
	for (size_t i = 0; i < engine->lookers_n; i++)
		answer_plain(&engine->batch.to_gate, engine->lookers[i].request,
		    engine->head.seq, 503, 1,
		    "what carries out actions is away: ask again");
	engine->lookers_n = 0;
}

void
output_forget(struct engine *engine)
{
	engine->lookers_n = 0;
}
