#include "gate/body.h"

#include "support/fuzz.h"

static const struct body_member members[] = {
	{ "text", BODY_TEXT, false },
	{ "runbook", BODY_NAME, false },
	{ "action", BODY_ACTION, false },
	{ "target", BODY_TARGET, false },
	{ "happened", BODY_HAPPENED, false },
	{ "role", BODY_PARAM, false },
	{ "until", BODY_TIME, false },
	{ "with", BODY_WITH_MAY, false },
	{ "live", BODY_LIVE, false },
	{ "for", BODY_SPAN, false },
	{ "digest", BODY_DIGEST, false },
	{ "targets", BODY_COUNT, false },
	{ "incident", BODY_INCIDENT, false },
	{ "behalf", BODY_BEHALF, false },
	{ "lease", BODY_ROW, false },
	{ .name = NULL },
};

/* Any text as a body: what is accepted goes through a request's CBOR and back unchanged,
 * what is refused says why. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[1 << 20];
	if (size > sizeof(memory) / 8)
		return 0;
	struct arena arena = arena_over(memory, sizeof(memory));
	struct request request = { .op = OP_MAY };
	struct err err = { .kind = ERR_NONE };
	if (body_read((str){ (const char *)data, size }, members, &arena, &request, &err)) {
		ASSERT(request.span_ms <= BODY_SPAN_MS_MAX);
		struct buf bytes = BUF(FRAME_PAYLOAD_MAX);
		struct request again;
		record_encode(&request_type, &request, &bytes);
		struct arena scratch = arena;
		bool ok = record_decode_all(&request_type, buf_str(&bytes), &scratch,
		    &again, &err);
		ASSERT(ok);
		/* what is over a field's length is cut when it is written */
		ASSERT(request.text.n > FIELD_MAX_DEFAULT ||
		       request.name.n > FIELD_MAX_DEFAULT ||
		       request.target.n > FIELD_MAX_DEFAULT || size > FIELD_MAX_DEFAULT ||
		       record_eq(&request_type, &request, &again));
		buf_done(&bytes);
	} else {
		ASSERT(err.kind != ERR_NONE && err.text[0] != '\0');
	}
	arena_release(memory, sizeof(memory));
	return 0;
}
