/*
 * The record that an ssh action keeps on its target (hands/ssh_script.h): where the action
 * has no `happened` of its own, it is what answers whether it happened.
 */
#include "core/state.h"

#define RECORD_TIMEOUT_MS (30 * SECOND)

row_id
record_ask(struct core *core, const struct attempt *attempt)
{
	const struct attempt_row *row = &attempt->row;
	ASSERT(row->kind == ACTION_SSH);
	struct probe_row probe = { .incident = row->incident,
		.run = row->run,
		.attempt = row->id,
		.kind = PROBE_SSH,
		.timeout_ms = RECORD_TIMEOUT_MS,
		.config = row->config };
	str wall = text_make(core, "%llu", (unsigned long long)row->intent_wall);
	probe.parts = pairs_with(core, &row->parts, STR(PROBE_RECORD), wall);
	return probe_send(core, &probe);
}

struct record_said
record_read(const struct probe_result *seen)
{
	struct record_said said = { .state = RECORD_UNKNOWN };
	str word = str_trim(seen->value);
	uint64_t code;
	if (seen->status != PROBE_OK)
		return said;
	if (str_starts(word, STR("done ")) &&
	    str_u64(str_drop(word, strlen("done ")), 255, &code)) {
		said.state = RECORD_DONE;
		said.code = (int64_t)code;
	} else if (str_eq(word, STR("running"))) {
		said.state = RECORD_RUNNING;
	} else if (str_eq(word, STR("never"))) {
		said.state = RECORD_NEVER;
	}
	return said;
}
