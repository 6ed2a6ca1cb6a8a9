#ifndef INTAKE_WIRE_H
#define INTAKE_WIRE_H

#include <assert.h>

#include "base/str.h"
#include "facts/event.h"

/*
 * wire -- alerts on their way from the gate to the engine.
 *
 * The payload of FRAME_ALERTS is the sender's token (one CBOR text, as it came), two CBOR
 * numbers (struct wire_start) and then, to its end, any number of alerts, little endian:
 *
 *	0   u8   1: the version of this form
 *	1   u8   flags: 1 = `ends` is a default, not the sender's word
 *	2   u16  0
 *	4   u32  bytes of the body
 *	8   u32  bytes of its beginning up to the end of the labels
 *	12  u64  Prometheus' fingerprint of the labels
 *	20  u64  starts, wall
 *	28  u64  ends, wall; at or before now: resolved
 *	36       body: CBOR of struct alert_body, as record_encode writes it
 *
 * Two alerts are the same when the bytes of their labels are: names ascend, no name twice,
 * no empty value. The first byte of a body (how many fields it has) is not part of that.
 *
 * The gate may be hostile. wire_cut checks the head, wire_body_measure the body; whoever
 * takes an alert calls both, or compares the body with one that was checked. The fingerprint is
 * the gate's word: a wrong one misplaces its alert in listings and does nothing else.
 */
#define WIRE_VERSION 1
#define WIRE_HEAD_BYTES 36
#define WIRE_FINGERPRINT_AT 12
/* Of one alert: 64 of them and what surrounds them fit a row of the store (4 MiB). */
#define WIRE_BODY_MAX 65024u
#define WIRE_PAIRS_MAX 1024u /* labels; annotations */

static_assert(WIRE_BODY_MAX <= ALERT_BODY_MAX, "a body fits the event's field");

struct wire_alert {
	str body;
	uint32_t labels_bytes;
	bool timeout; /* `ends` is a default */
	uint64_t fingerprint;
	msec starts_wall, ends_wall; /* 1..MOMENT_MAX */
};

/* What the payload begins with. The clocks are those of the gate when it read the alerts. */
struct wire_start {
	str token;
	msec boot, wall; /* at most MOMENT_MAX */
};

void wire_put_start(struct buf *out, const struct wire_start *start);
/* false: malformed. Slices of the payload. */
NODISCARD bool wire_cut_start(str payload, struct wire_start *ret, str *ret_wire);

/* Less is no setting of a clock, but how clocks are kept right. */
#define CLOCK_SET_MS 1000

/* The wall clock was set: where it would say `old` it says `new`, both at most MOMENT_MAX. In
 * place. An alert whose end is nearer to the old than to the new one goes by this clock, and
 * moves with it; the others are of senders whose clocks were right all along. */
void wire_set_clock(char *p, size_t n, msec old, msec new);

/* Write the head; the body's bytes follow it. */
void wire_put_head(char *p, const struct wire_alert *alert);

enum wire_status { WIRE_ALERT = 1, WIRE_END, WIRE_BAD };
/* Cut the next alert off `in`; its body is a slice that is not looked into. */
enum wire_status wire_cut(str *in, struct wire_alert *ret);

/* Where the parts of a body end. */
struct wire_parts {
	uint32_t labels_bytes; /* from the start up to the end of the labels */
	uint32_t head_bytes;   /* up to the url, field and all; the whole without one */
};
/* false unless the body is what record_encode would write of an alert that may be. */
NODISCARD bool wire_body_measure(str body, struct wire_parts *ret);

/* The bytes that make an alert this alert. */
static inline str
wire_labels(str body, uint32_t labels_bytes)
{
	ASSERT(labels_bytes > 1 && labels_bytes <= body.n);
	return (str){ body.p + 1, labels_bytes - 1 };
}

/* The pairs of wire_labels, which were checked, one after the other. */
struct wire_pairs {
	const char *at, *end;
};

/* A text of at most 65,535 bytes; `p` is behind it then. */
static inline str
wire_take_text(const char **p)
{
	const unsigned char *head = (const unsigned char *)*p;
	size_t n = head[0] & 0x1f;
	size_t head_bytes = 1;
	/* A branch that is foreseen: the next text's place waits for nothing but this n. */
	if (__builtin_expect(n == 24, 0)) {
		n = head[1];
		head_bytes = 2;
	} else if (__builtin_expect(n > 24, 0)) {
		n = (size_t)head[1] << 8 | head[2];
		head_bytes = 3;
	}
	str text = { *p + head_bytes, n };
	*p = text.p + n;
	return text;
}

static inline struct wire_pairs
wire_pairs(str labels)
{
	/* Behind the key and the head of the array. */
	unsigned head = (unsigned char)labels.p[1] & 0x1f;
	return (struct wire_pairs){ labels.p + (head < 24       ? 2
						   : head == 24 ? 3
								: 4),
		labels.p + labels.n };
}

static inline bool
wire_next_pair(struct wire_pairs *pairs, struct pair *ret)
{
	if (pairs->at >= pairs->end)
		return false;
	ret->name = wire_take_text(&pairs->at);
	ret->value = wire_take_text(&pairs->at);
	return true;
}

/* The labels at the front of a body, into `arena`: slices, whose text was checked when the
 * body came. None of a body that is never made. */
struct pairs wire_read_labels(str body, struct arena *arena);

/* Prometheus' fingerprint of the labels of a checked body. */
uint64_t wire_fingerprint(str body);

#endif
