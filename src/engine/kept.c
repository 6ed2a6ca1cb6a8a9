/*
 * kept -- the word to hands that what is stepped gets to the disk. It is what lets hands ping
 * `heartbeat_url`, and it waits for the commit as an order does: a disk that hangs, or takes
 * nothing more, holds it back.
 *
 * Where nothing happens there is nothing to commit, and nothing is known of the disk: then
 * the time itself is stepped, once each time a ping is due.
 */
#include "engine/state.h"
#include "os/clock.h"

void
kept_tell(struct engine *engine)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	bool wanted = model != NULL &&
	              (model->heartbeat_url.n > 0 || model->heartbeat_url_secret.n > 0);
	if (!wanted || engine->hands.peer == NULL)
		return;
	if (clock_boot() - engine->committed_boot >= model->heartbeat_every_ms) {
		struct event event = { .kind = EVENT_TIME_PASSED };
		engine_now(engine, &event.at, &event.wall);
		batch_step(engine, &event);
	} else if (engine->batch.step_n == 0 &&
		   engine->kept_boot == engine->committed_boot) {
		return; /* nothing came to the disk since the last word */
	}
	engine->kept_boot = engine->committed_boot;
	frame_empty(&engine->batch.to_hands, FRAME_KEPT, 0);
}
