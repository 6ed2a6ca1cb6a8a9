#include "intake/wire.h"

#include "facts/event.h"
#include "intake/moment.h"
#include "support/fuzz.h"

/* The body reader here and the generic one agree on what an alert's body is, but that an
 * alert must have labels, each with a name and a value. */
static void
check_body(str body)
{
	static char memory[4 << 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct alert_body decoded;
	struct err err;
	struct wire_parts parts;
	bool ok = wire_body_measure(body, &parts);
	bool generic = record_decode_all(&alert_body_type, body, &arena, &decoded, &err);
	bool whole = generic && decoded.labels.n > 0;
	for (size_t i = 0; whole && i < decoded.labels.n; i++)
		whole = decoded.labels.p[i].name.n > 0 && decoded.labels.p[i].value.n > 0;
	for (size_t i = 0; whole && i < decoded.annotations.n; i++)
		whole = decoded.annotations.p[i].name.n > 0;
	ASSERT(ok == (whole && body.n <= WIRE_BODY_MAX));
	struct pairs labels = wire_read_labels(body, &arena);
	if (ok) {
		ASSERT(labels.n == decoded.labels.n);
		for (size_t i = 0; i < labels.n; i++)
			ASSERT(str_eq(labels.p[i].name, decoded.labels.p[i].name) &&
			       str_eq(labels.p[i].value, decoded.labels.p[i].value));
		ASSERT(wire_labels(body, parts.labels_bytes).n == parts.labels_bytes - 1);
		ASSERT(
		    parts.labels_bytes <= parts.head_bytes && parts.head_bytes <= body.n);
		ASSERT((parts.head_bytes < body.n) == (decoded.url.n > 0));
		(void)wire_fingerprint(body);
	}
}

/* By another clock there are the same alerts, and they last as long. */
static void
check_clock(str wire, msec old, msec new)
{
	struct buf copy = BUF(wire.n + 1);
	buf_add(&copy, wire);
	wire_set_clock(copy.p, copy.n, old, new);
	str set = buf_str(&copy);
	for (;;) {
		struct wire_alert before, after;
		enum wire_status status = wire_cut(&wire, &before);
		ASSERT(wire_cut(&set, &after) == status);
		if (status != WIRE_ALERT)
			break;
		ASSERT(str_eq(before.body, after.body) &&
		       before.fingerprint == after.fingerprint &&
		       before.timeout == after.timeout);
		bool cut = after.starts_wall == 1 || after.ends_wall == MOMENT_MAX;
		ASSERT(cut || after.ends_wall - after.starts_wall ==
				  before.ends_wall - before.starts_wall);
		ASSERT(cut || after.ends_wall == before.ends_wall ||
		       after.ends_wall - new == before.ends_wall - old);
	}
	buf_done(&copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str all = { (const char *)data, size };
	check_body(all);

	struct wire_alert alert;
	struct wire_start start;
	str in = all;
	if (wire_cut_start(all, &start, &in)) {
		struct buf again = BUF(size + 100);
		wire_put_start(&again, &start);
		ASSERT(str_eq(buf_str(&again), str_take(all, size - in.n)));
		buf_done(&again);
		check_clock(in, start.boot, start.wall);
	}
	in = all;
	while (wire_cut(&in, &alert) == WIRE_ALERT) {
		check_body(alert.body);
		char head[WIRE_HEAD_BYTES];
		wire_put_head(head, &alert);
		ASSERT(memcmp(head, alert.body.p - WIRE_HEAD_BYTES, sizeof(head)) == 0);
	}
	return 0;
}
