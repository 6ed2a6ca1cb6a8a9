#include "base/hash.h"
#include "intake/intake.h"
#include "intake/wire.h"
#include "support/fuzz.h"

#define NOW UINT64_C(1795419163000)

/* The same fingerprint by the plain way: over the pairs that a decoder sees. */
static uint64_t
fingerprint(const struct pairs *labels)
{
	uint64_t hash = FNV64_BASIS;
	for (size_t i = 0; i < labels->n; i++) {
		hash = fnv64(fnv64(hash, labels->p[i].name), STR("\xff"));
		hash = fnv64(fnv64(hash, labels->p[i].value), STR("\xff"));
	}
	return hash;
}

static void
check_alert(const struct wire_alert *alert, struct arena scratch)
{
	struct alert_body body;
	struct err err;
	struct wire_parts parts;
	ASSERT(wire_body_measure(alert->body, &parts));
	ASSERT(parts.labels_bytes == alert->labels_bytes);
	ASSERT(record_decode_all(&alert_body_type, alert->body, &scratch, &body, &err));
	ASSERT(fingerprint(&body.labels) == alert->fingerprint);
	ASSERT(wire_fingerprint(alert->body) == alert->fingerprint);
	for (size_t i = 0; i < body.labels.n; i++)
		ASSERT(body.labels.p[i].name.n > 0 && body.labels.p[i].value.n > 0);

	struct buf again = BUF(WIRE_BODY_MAX);
	record_encode(&alert_body_type, &body, &again);
	ASSERT(str_eq(buf_str(&again), alert->body));
	buf_done(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[4 << 20];
	struct arena scratch = arena_over(memory, sizeof(memory));
	struct buf out = BUF(1 << 20);
	struct intake_limits limits = intake_limits_default;
	limits.labels_max = 8;
	limits.value_bytes_max = 300;
	struct intake_read read =
	    intake_read_alertmanager((str){ (const char *)data, size }, NOW, 5 * MINUTE,
		&limits, &scratch, &out);

	bool taken = read.status == INTAKE_OK || read.status == INTAKE_PARTLY;
	ASSERT((read.error[0] == '\0') == (read.status == INTAKE_OK));
	ASSERT(str_utf8(str_of(read.error)));
	ASSERT((read.code != 0) == (read.status == INTAKE_INVALID));
	ASSERT(taken || (out.n == 0 && read.taken == 0));

	/* Whatever is accepted can be cut again, and is what it says. */
	str in = buf_str(&out);
	struct wire_alert alert;
	size_t n = 0;
	for (; wire_cut(&in, &alert) == WIRE_ALERT; n++)
		check_alert(&alert, scratch);
	ASSERT(in.n == 0 && n == read.taken);
	buf_done(&out);
	return 0;
}
