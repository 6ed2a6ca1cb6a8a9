/*
 * The gate's half: the body of POST /api/v2/alerts to the wire form.
 *
 *	[{"labels": {"alertname": "QueueStuck", "queue": "mail"},
 *	  "annotations": {"summary": "mail waits"}, "startsAt": "2026-11-23T07:18:22.380Z",
 *	  "endsAt": "2026-11-23T07:22:22.380Z", "generatorURL": "http://prometheus/graph"}]
 *
 * Alertmanager answers in three steps, and so do we, in one pass over the text: a body
 * that cannot be read is refused whole (400), one that is not of the schema is too (422),
 * and of the rest each alert that is wrong is refused alone (400), the others are taken.
 *
 * Stricter than Alertmanager: a name that stands twice is refused (there the last one
 * wins), text must be UTF-8, nothing may follow the array, member names are taken as
 * written. Nothing is allocated for an alert: names and values are slices of the text, or
 * of the scratch arena where they hold escapes, which is taken back after each alert.
 */
#include <stdio.h>

#include "base/hash.h"
#include "base/json.h"
#include "intake/fingerprint.h"
#include "intake/intake.h"
#include "intake/moment.h"
#include "intake/uri.h"
#include "intake/wire.h"

#define CODE_TYPE 601     /* go-openapi's, for 422 */
#define CODE_REQUIRED 602 /* likewise */
#define SHORT 32          /* bytes */
#define LEFT_OUT_ROOM 32  /* bytes of the error kept for "and 4000 more" */

const struct intake_limits intake_limits_default = {
	.labels_max = INTAKE_LABELS_MAX,
	.name_bytes_max = INTAKE_NAME_BYTES_MAX,
	.value_bytes_max = INTAKE_VALUE_BYTES_MAX,
	.alert_bytes_max = WIRE_BODY_MAX,
	.alerts_max = ALERTS_PER_EVENT_MAX,
};

/* One alert as it stands in the text. */
struct posted {
	unsigned seen; /* bits of enum posted_member */
	bool refused;
	size_t label_n, annotation_n;
	str url;
	msec starts, ends; /* 0: not set */
};

enum posted_member {
	MEMBER_OTHER = 0,
	MEMBER_LABELS = 1,
	MEMBER_ANNOTATIONS = 2,
	MEMBER_STARTS = 4,
	MEMBER_ENDS = 8,
	MEMBER_URL = 16,
};

struct reading {
	struct json j;
	const struct intake_limits *limits;
	msec now, timeout_ms;
	struct buf *out;
	struct intake_read *ret;
	size_t index;    /* of the alert in work */
	size_t left_out; /* problems that found no room in ret->error */
	struct pair *labels, *annotations;
	bool invalid; /* not of the schema; ret->error says why */
	/* What the alerts of a request mostly have in common: looked at once. */
	size_t url_ok_bytes;
	char url_ok[512];
	struct {
		str text;
		msec wall;
	} moment[2]; /* startsAt, endsAt */
	/* Label sets whose fingerprints are still to be computed, and where those go. */
	struct fingerprint_lane *lanes;
	size_t lane_n;
	size_t lane_at[FINGERPRINT_LANES];
};

/* ---- problems ---- */

/* One problem an alert, lines joined by '\n' as far as there is room. */
static void
note_problem(struct reading *r, const char *text)
{
	char *error = r->ret->error;
	size_t have = strlen(error);
	size_t n = strlen(text);
	if (r->left_out > 0 || have + 1 + n + LEFT_OUT_ROOM >= sizeof(r->ret->error)) {
		r->left_out++;
		return;
	}
	if (have > 0)
		error[have++] = '\n';
	memcpy(error + have, text, n + 1);
}

static void PRINTF_LIKE(3, 4)
    refuse(struct reading *r, struct posted *alert, const char *fmt, ...)
{
	if (alert->refused)
		return;
	alert->refused = true;
	char text[160];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	note_problem(r, text);
}

/* The text in quotes as Go's %q prints it (but it leaves what is not ASCII), cut off
 * between characters when it is long. */
static void
quote(str s, char *ret, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;
	size_t i = 0;
	ret[n++] = '"';
	while (i < s.n && n + sizeof("\\xNN...\"") <= size) {
		size_t width = str_utf8_char(str_drop(s, i));
		unsigned char c = (unsigned char)s.p[i];
		if (c < ' ' || c == 0x7f) {
			const char escape[] = { '\\', 'x', hex[c >> 4], hex[c & 15] };
			memcpy(ret + n, escape, sizeof(escape));
			n += sizeof(escape);
		} else {
			if (c == '"' || c == '\\')
				ret[n++] = '\\';
			memcpy(ret + n, s.p + i, width);
			n += width;
		}
		i += width;
	}
	(void)snprintf(ret + n, size - n, "%s\"", i < s.n ? "..." : "");
}

/* The schema's first fault is the answer; the rest is only read to its end. */
static void PRINTF_LIKE(3, 4)
    not_valid(struct reading *r, uint32_t code, const char *fmt, ...)
{
	if (r->invalid)
		return;
	r->invalid = true;
	r->ret->code = code;
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(r->ret->error, sizeof(r->ret->error), fmt, args);
	va_end(args);
}

/* ---- reading one alert ---- */

static enum posted_member
member_of(str name)
{
	if (str_eq(name, STR("labels")))
		return MEMBER_LABELS;
	if (str_eq(name, STR("annotations")))
		return MEMBER_ANNOTATIONS;
	if (str_eq(name, STR("startsAt")))
		return MEMBER_STARTS;
	if (str_eq(name, STR("endsAt")))
		return MEMBER_ENDS;
	if (str_eq(name, STR("generatorURL")))
		return MEMBER_URL;
	return MEMBER_OTHER;
}

/* A string; null counts as an empty one. */
static bool
read_text(struct json *j, str *ret)
{
	bool quoted = j->at < j->end && *j->at == '"';
	if (quoted || json_peek(j) == JSON_STRING)
		return json_string(j, ret);
	*ret = (str){ "", 0 };
	if (json_peek(j) == JSON_NULL)
		return json_null(j);
	return json_string(j, ret); /* says what is wrong */
}

static bool
read_pairs(struct reading *r, struct posted *alert, const char *what, struct pair *pairs,
    size_t *ret_n)
{
	const struct intake_limits *limits = r->limits;
	struct pair pair;
	size_t n = 0;
	if (!json_object(&r->j))
		return false;
	while (json_member(&r->j, &pair.name)) {
		if (!read_text(&r->j, &pair.value))
			return false;
		if (n == limits->labels_max)
			refuse(r, alert, "alert %zu: more than %zu %ss", r->index, n, what);
		else if (pair.name.n > limits->name_bytes_max)
			refuse(r, alert, "alert %zu: a name of %zu bytes; at most %zu",
			    r->index, pair.name.n, limits->name_bytes_max);
		else if (pair.value.n > limits->value_bytes_max)
			refuse(r, alert, "alert %zu: %s '%.*s' has %zu bytes; at most %zu",
			    r->index, what, (int)(pair.name.n > 64 ? 64 : pair.name.n),
			    pair.name.p, pair.value.n, limits->value_bytes_max);
		else
			pairs[n++] = pair;
	}
	*ret_n = n;
	return r->j.error == NULL;
}

/* The text itself lasts as long as the request, scratch memory as long as the alert. */
static str
text_lasts(const struct reading *r, str s)
{
	bool lasts = s.p >= r->j.beg && s.p < r->j.end;
	return lasts ? s : (str){ "", 0 };
}

static bool
read_moment(struct reading *r, unsigned which, msec *ret, const char *error)
{
	str text;
	if (!read_text(&r->j, &text))
		return false;
	if (r->moment[which].text.n > 0 && str_eq(text, r->moment[which].text)) {
		*ret = r->moment[which].wall;
		return true;
	}
	if (!moment_parse(text, ret)) {
		json_fail(&r->j, error);
		return false;
	}
	r->moment[which].wall = *ret;
	r->moment[which].text = text_lasts(r, text);
	return true;
}

static bool
read_url(struct reading *r, struct posted *alert)
{
	str url;
	if (!read_text(&r->j, &url))
		return false;
	alert->url = url;
	if (url.n == 0 || str_eq(url, (str){ r->url_ok, r->url_ok_bytes }))
		return true;
	if (url.n > r->limits->value_bytes_max)
		refuse(r, alert, "alert %zu: generatorURL has %zu bytes; at most %zu",
		    r->index, url.n, r->limits->value_bytes_max);
	if (!uri_ok(url)) {
		char quoted[200];
		quote(url, quoted, sizeof(quoted));
		not_valid(r, CODE_TYPE, "%zu.generatorURL in body must be of type uri: %s",
		    r->index, quoted);
	} else if (!alert->refused && url.n <= sizeof(r->url_ok)) {
		memcpy(r->url_ok, url.p, url.n);
		r->url_ok_bytes = url.n;
	}
	return true;
}

static bool
read_member(struct reading *r, struct posted *alert, str name)
{
	enum posted_member member = member_of(name);
	if (alert->seen & member)
		refuse(r, alert, "alert %zu: member '%.*s' is given twice", r->index,
		    STR_ARG(name));
	switch (member) {
	case MEMBER_OTHER:
		return json_skip(&r->j);
	case MEMBER_LABELS:
		if (json_peek(&r->j) == JSON_NULL)
			return json_null(&r->j);
		alert->seen |= member;
		return read_pairs(r, alert, "label", r->labels, &alert->label_n);
	case MEMBER_ANNOTATIONS:
		if (json_peek(&r->j) == JSON_NULL)
			return json_null(&r->j);
		alert->seen |= member;
		return read_pairs(r, alert, "annotation", r->annotations,
		    &alert->annotation_n);
	case MEMBER_STARTS:
		alert->seen |= member;
		return read_moment(r, 0, &alert->starts, "startsAt is not a date and time");
	case MEMBER_ENDS:
		alert->seen |= member;
		return read_moment(r, 1, &alert->ends, "endsAt is not a date and time");
	case MEMBER_URL:
		alert->seen |= member;
		return read_url(r, alert);
	}
	UNREACHABLE();
}

static bool
read_posted(struct reading *r, struct posted *alert)
{
	str name;
	if (!json_object(&r->j))
		return false;
	while (json_member(&r->j, &name)) {
		if (!read_member(r, alert, name))
			return false;
	}
	if (r->j.error != NULL)
		return false;
	if (!(alert->seen & MEMBER_LABELS))
		not_valid(r, CODE_REQUIRED, "%zu.labels in body is required", r->index);
	return true;
}

/* ---- checking it ---- */

/* Names ascend; false when one stands twice. Clients mostly send them in order. */
static bool
sort_pairs(struct pair *pairs, size_t n, str *ret_twice)
{
	for (size_t i = 1; i < n; i++) {
		struct pair pair = pairs[i];
		size_t to = i;
		int order = 1;
		while (to > 0 && (order = str_cmp(pairs[to - 1].name, pair.name)) > 0)
			to--;
		if (to > 0 && order == 0) {
			*ret_twice = pair.name;
			return false;
		}
		if (to == i)
			continue;
		memmove(pairs + to + 1, pairs + to, (i - to) * sizeof(*pairs));
		pairs[to] = pair;
	}
	return true;
}

/* Once the names ascend an empty one is the first. */
static bool
has_empty_name(const struct pair *pairs, size_t n)
{
	return n > 0 && pairs[0].name.n == 0;
}

static size_t
drop_empty_values(struct pair *pairs, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		if (pairs[i].value.n > 0)
			pairs[kept++] = pairs[i];
	}
	return kept;
}

/* Defaults and checks in Alertmanager's order, with its messages. */
static bool
check_posted(struct reading *r, struct posted *alert, bool *ret_timeout)
{
	str twice;
	*ret_timeout = alert->ends == 0;
	if (alert->starts == 0)
		alert->starts = alert->ends != 0 ? alert->ends : r->now;
	if (alert->ends == 0)
		alert->ends = r->now + r->timeout_ms;

	if (!sort_pairs(r->labels, alert->label_n, &twice) ||
	    !sort_pairs(r->annotations, alert->annotation_n, &twice)) {
		refuse(r, alert, "alert %zu: name '%.*s' is given twice", r->index,
		    (int)(twice.n > 64 ? 64 : twice.n), twice.p);
		return false;
	}
	alert->label_n = drop_empty_values(r->labels, alert->label_n);
	if (alert->ends < alert->starts)
		refuse(r, alert, "start time must be before end time");
	else if (has_empty_name(r->labels, alert->label_n))
		refuse(r, alert, "invalid label set: invalid name \"\"");
	else if (alert->label_n == 0)
		refuse(r, alert, "at least one label pair required");
	else if (has_empty_name(r->annotations, alert->annotation_n))
		refuse(r, alert, "invalid annotations: invalid name \"\"");
	return !alert->refused;
}

/* ---- writing it ---- */

static inline size_t
head_bytes(size_t n)
{
	return n < 24 ? 1 : n < 256 ? 2 : 3;
}

static size_t
pairs_bytes(const struct pair *pairs, size_t n)
{
	size_t bytes = 1 + head_bytes(2 * n);
	for (size_t i = 0; i < n; i++)
		bytes += head_bytes(pairs[i].name.n) + pairs[i].name.n +
		         head_bytes(pairs[i].value.n) + pairs[i].value.n;
	return bytes;
}

/* CBOR's head: 0x60 text, 0x80 array; n below 65,536. */
static inline char *
put_head(char *p, unsigned first, size_t n)
{
	if (n < 24) {
		*p++ = (char)(first + n);
	} else if (n < 256) {
		*p++ = (char)(first + 24);
		*p++ = (char)n;
	} else {
		*p++ = (char)(first + 25);
		*p++ = (char)(n >> 8);
		*p++ = (char)n;
	}
	return p;
}

/*
 * Names and values are mostly short, and a call for each would cost more than the copying.
 * Where the text goes on behind them SHORT bytes are copied whatever the length; the room
 * at p is that much larger.
 */
static inline char *
put_bytes(const struct json *j, char *p, str s)
{
	if (s.n <= SHORT && s.p >= j->beg && j->end - s.p >= SHORT)
		memcpy(p, s.p, SHORT);
	else
		memcpy(p, s.p, s.n);
	return p + s.n;
}

static inline char *
put_text(const struct json *j, char *p, str s)
{
	return put_bytes(j, put_head(p, 0x60, s.n), s);
}

static char *
put_pairs(const struct json *j, char *p, char field, const struct pair *pairs, size_t n)
{
	*p++ = field;
	p = put_head(p, 0x80, 2 * n);
	for (size_t i = 0; i < n; i++)
		p = put_text(j, put_text(j, p, pairs[i].name), pairs[i].value);
	return p;
}

/* Fingerprints of the alerts that wait for one, written where they belong. */
static void
finish_lanes(struct reading *r)
{
	uint64_t hash[FINGERPRINT_LANES];
	for (size_t i = r->lane_n; i < FINGERPRINT_LANES; i++)
		r->lanes[i].n = 0;
	fingerprint_lanes(r->lanes, hash);
	for (size_t i = 0; i < r->lane_n; i++)
		memcpy(r->out->p + r->lane_at[i], &hash[i], sizeof(hash[i]));
	r->lane_n = 0;
}

/* The alert at offset `at` of `out` will get its fingerprint. */
static void
start_fingerprint(struct reading *r, size_t at, const struct pair *pairs, size_t n,
    size_t body_bytes)
{
	at += WIRE_FINGERPRINT_AT;
	if (body_bytes > FINGERPRINT_LANE_BYTES - SHORT) {
		uint64_t hash = FNV64_BASIS;
		for (size_t i = 0; i < n; i++) {
			hash = fnv64(fnv64(hash, pairs[i].name), STR("\xff"));
			hash = fnv64(fnv64(hash, pairs[i].value), STR("\xff"));
		}
		memcpy(r->out->p + at, &hash, sizeof(hash));
		return;
	}
	struct fingerprint_lane *lane = &r->lanes[r->lane_n];
	char *p = lane->bytes;
	for (size_t i = 0; i < n; i++) {
		p = put_bytes(&r->j, p, pairs[i].name);
		*p++ = (char)0xff;
		p = put_bytes(&r->j, p, pairs[i].value);
		*p++ = (char)0xff;
	}
	lane->n = (size_t)(p - lane->bytes);
	r->lane_at[r->lane_n++] = at;
	if (r->lane_n == FINGERPRINT_LANES)
		finish_lanes(r);
}

/* false when `out` is full. */
static bool
write_posted(struct reading *r, struct posted *alert, bool timeout)
{
	size_t labels_bytes = 1 + pairs_bytes(r->labels, alert->label_n);
	size_t bytes = labels_bytes;
	if (alert->annotation_n > 0)
		bytes += pairs_bytes(r->annotations, alert->annotation_n);
	if (alert->url.n > 0)
		bytes += 1 + head_bytes(alert->url.n) + alert->url.n;
	if (bytes > r->limits->alert_bytes_max || bytes > WIRE_BODY_MAX) {
		refuse(r, alert, "alert %zu has %zu bytes; at most %zu", r->index, bytes,
		    r->limits->alert_bytes_max);
		return true;
	}

	size_t at = r->out->n;
	char *p = buf_room(r->out, WIRE_HEAD_BYTES + bytes + SHORT);
	if (p == NULL)
		return false;
	struct wire_alert wire = {
		.body = { p + WIRE_HEAD_BYTES, bytes },
		.labels_bytes = (uint32_t)labels_bytes,
		.timeout = timeout,
		.starts_wall = alert->starts,
		.ends_wall = alert->ends,
	};
	wire_put_head(p, &wire);
	p += WIRE_HEAD_BYTES;
	*p++ = (char)(0xa1 + (alert->annotation_n > 0) + (alert->url.n > 0));
	p = put_pairs(&r->j, p, 1, r->labels, alert->label_n);
	if (alert->annotation_n > 0)
		p = put_pairs(&r->j, p, 2, r->annotations, alert->annotation_n);
	if (alert->url.n > 0) {
		*p++ = 3;
		p = put_text(&r->j, p, alert->url);
	}
	ASSERT(p == wire.body.p + bytes);
	r->out->n += WIRE_HEAD_BYTES + bytes;
	r->ret->taken++;
	start_fingerprint(r, at, r->labels, alert->label_n, bytes);
	return true;
}

/* ---- the body as a whole ---- */

/* One element of the array; false when the text is at fault or `out` is full. */
static bool
read_alert(struct reading *r)
{
	struct posted alert = { .url = { "", 0 } };
	bool timeout = false;
	if (json_peek(&r->j) == JSON_NULL) {
		not_valid(r, CODE_REQUIRED, "%zu in body is required", r->index);
		return json_null(&r->j);
	}
	if (!read_posted(r, &alert))
		return false;
	if (r->invalid)
		return true;
	if (check_posted(r, &alert, &timeout) && !write_posted(r, &alert, timeout))
		return false;
	r->ret->refused += alert.refused;
	return true;
}

static void
give_up(struct reading *r, enum intake_status status)
{
	r->ret->status = status;
	r->ret->taken = r->ret->refused = 0;
	r->left_out = 0;
}

static void
too_much(struct reading *r, const char *what, size_t most)
{
	give_up(r, INTAKE_TOO_MUCH);
	(void)snprintf(r->ret->error, sizeof(r->ret->error), "more than %zu %s", most,
	    what);
}

static void
malformed(struct reading *r)
{
	give_up(r, INTAKE_MALFORMED);
	r->ret->code = 0;
	r->ret->error_at = r->j.error_at;
	(void)snprintf(r->ret->error, sizeof(r->ret->error),
	    "parsing alerts body from \"\" failed, because %s (at byte %zu)", r->j.error,
	    r->j.error_at);
}

/* All elements, each with the scratch memory to itself; false when a limit stopped it. */
static bool
read_elements(struct reading *r, struct arena *scratch)
{
	if (json_peek(&r->j) == JSON_NULL) { /* in Go an array without elements */
		(void)json_null(&r->j);
		return true;
	}
	if (!json_array(&r->j))
		return true;
	for (struct arena saved = *scratch; json_element(&r->j); *scratch = saved) {
		if (r->index == r->limits->alerts_max) {
			too_much(r, "alerts in one request", r->limits->alerts_max);
			return false;
		}
		if (!read_alert(r) && r->j.error == NULL) {
			too_much(r, "bytes in one request", r->out->max);
			return false;
		}
		r->index++;
	}
	return true;
}

static bool
is_blank(str s)
{
	return str_trim(s).n == 0;
}

/* What the whole came to, once the text has been read to its end. */
static void
conclude(struct reading *r)
{
	struct intake_read *ret = r->ret;
	if (!json_close(&r->j)) {
		malformed(r);
	} else if (r->invalid) {
		give_up(r, INTAKE_INVALID);
	} else {
		ret->status = ret->refused > 0 ? INTAKE_PARTLY : INTAKE_OK;
		if (r->left_out > 0) {
			size_t have = strlen(ret->error);
			(void)snprintf(ret->error + have, sizeof(ret->error) - have,
			    "\nand %zu more", r->left_out);
		}
	}
}

struct intake_read
intake_read_alertmanager(str json, msec now, msec timeout_ms,
    const struct intake_limits *limits, struct arena *scratch, struct buf *out)
{
	ASSERT(now > 0 && now <= MOMENT_MAX / 2 && timeout_ms <= MOMENT_MAX / 2);
	ASSERT(limits->labels_max <= WIRE_PAIRS_MAX);
	struct intake_read ret = { .status = INTAKE_OK };
	struct reading r = { .limits = limits,
		.now = now,
		.timeout_ms = timeout_ms,
		.out = out,
		.ret = &ret };
	if (is_blank(json)) {
		not_valid(&r, CODE_REQUIRED, "alerts in body is required");
		give_up(&r, INTAKE_INVALID);
		return ret;
	}

	struct arena memory = *scratch;
	r.labels = arena_try(&memory, struct pair, limits->labels_max);
	r.annotations = arena_try(&memory, struct pair, limits->labels_max);
	r.lanes = arena_try(&memory, struct fingerprint_lane, FINGERPRINT_LANES);
	size_t room = (size_t)(memory.end - memory.beg);
	if (r.labels == NULL || r.annotations == NULL || r.lanes == NULL || room < json.n) {
		too_much(&r, "bytes in one request", room);
		return ret;
	}

	size_t begin = out->n;
	json_open(&r.j, json, &memory);
	if (read_elements(&r, &memory))
		conclude(&r);
	if (ret.status == INTAKE_OK || ret.status == INTAKE_PARTLY) {
		finish_lanes(&r);
	} else {
		out->n = begin;
		out->overflow = false;
	}
	return ret;
}
