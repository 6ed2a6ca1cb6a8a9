#include "hands/folder.h"

/* The first of "name=value\n" lines still to be read. The first fault latches. */
struct lines {
	str rest;
	struct arena *arena;
	struct err *err;
	bool bad;
};

static const char *const state_words[] = {
	[SHIM_EXITED] = SHIM_STATE_EXITED,
	[SHIM_SIGNALED] = SHIM_STATE_SIGNALED,
	[SHIM_TIMED_OUT] = SHIM_STATE_TIMED_OUT,
	[SHIM_STOPPED] = SHIM_STATE_STOPPED,
	[SHIM_NEVER_STARTED] = SHIM_STATE_NEVER_STARTED,
	[SHIM_REFUSED] = SHIM_STATE_REFUSED,
	[SHIM_UNKNOWN] = SHIM_STATE_UNKNOWN,
};

/* ---- writing ---- */

static bool
must_escape(unsigned char c)
{
	return c < 0x20 || c == 0x7f || c == '%';
}

static void
line_text(struct buf *out, const char *name, str value)
{
	buf_printf(out, "%s=", name);
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];
		if (must_escape(c))
			buf_printf(out, "%%%02X", c);
		else
			buf_char(out, value.p[i]);
	}
	buf_char(out, '\n');
}

static void
line_u64(struct buf *out, const char *name, uint64_t value)
{
	buf_printf(out, "%s=", name);
	buf_u64(out, value);
	buf_char(out, '\n');
}

/* ---- reading ---- */

static void
fault(struct lines *in, const char *name)
{
	if (!in->bad)
		(void)err_set(in->err, ERR_CORRUPT, "expected '%s='", name);
	in->bad = true;
}

/* The value as written; empty after a fault. */
static str
line(struct lines *in, const char *name)
{
	str none = STR("");
	struct str_cut cut = str_cut(in->rest, '\n');
	struct str_cut sides = str_cut(cut.head, '=');
	if (in->bad || !cut.found || !sides.found || !str_eq(sides.head, str_of(name))) {
		fault(in, name);
		return none;
	}
	in->rest = cut.tail;
	return sides.tail;
}

/* Digits in the one way they are written: no leading zero. */
static uint64_t
read_u64(struct lines *in, const char *name, uint64_t max)
{
	uint64_t value = 0;
	str text = line(in, name);
	if (in->bad)
		return 0;
	if (!str_u64(text, max, &value) || (text.n > 1 && text.p[0] == '0')) {
		fault(in, name);
		return 0;
	}
	return value;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static str
read_text(struct lines *in, const char *name)
{
	str text = line(in, name);
	char *value = arena_try(in->arena, char, text.n);
	size_t n = 0;
	for (size_t i = 0; value != NULL && !in->bad && i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c == '%' && text.n - i > 2) {
			int high = hex_value(text.p[i + 1]), low = hex_value(text.p[i + 2]);
			c = high < 0 || low < 0 ? 'x' : (unsigned char)(high * 16 + low);
			if (!must_escape(c)) /* nor would the writer have escaped it */
				fault(in, name);
			i += 2;
		} else if (must_escape(c)) {
			fault(in, name);
		}
		value[n++] = (char)c;
	}
	if (value == NULL)
		fault(in, name);
	return in->bad ? STR("") : (str){ value, n };
}

static enum shim_state
read_state(struct lines *in, const char *name)
{
	str text = line(in, name);
	for (unsigned i = SHIM_EXITED; i <= SHIM_UNKNOWN; i++) {
		if (str_eq(text, str_of(state_words[i])))
			return (enum shim_state)i;
	}
	fault(in, name);
	return SHIM_EXITED;
}

static struct lines
lines_of(str text, struct arena *arena, struct err *err)
{
	struct lines in = { .rest = text, .arena = arena, .err = err };
	if (text.n > SHIM_TEXT_MAX) {
		in.bad = true;
		(void)err_set(err, ERR_CORRUPT, "over %d bytes", SHIM_TEXT_MAX);
	}
	return in;
}

static bool
lines_end(struct lines *in)
{
	if (!in->bad && in->rest.n > 0) {
		in->bad = true;
		(void)err_set(in->err, ERR_CORRUPT, "more lines than expected");
	}
	return !in->bad;
}

/* ---- the files ---- */

void
claim_write(struct buf *out, const struct claim *claim)
{
	line_u64(out, "attempt", claim->attempt);
	line_u64(out, "incident", claim->incident);
	line_u64(out, "epoch", claim->epoch);
	line_u64(out, "wall", claim->wall);
	line_text(out, "action", claim->action);
	line_text(out, "service", claim->service);
	line_text(out, "target", claim->target);
}

bool
claim_read(str text, struct arena *arena, struct claim *ret, struct err *err)
{
	struct lines in = lines_of(text, arena, err);
	struct claim claim;
	claim.attempt = read_u64(&in, "attempt", UINT64_MAX);
	claim.incident = (incident_id)read_u64(&in, "incident", UINT32_MAX);
	claim.epoch = read_u64(&in, "epoch", UINT64_MAX);
	claim.wall = read_u64(&in, "wall", UINT64_MAX);
	claim.action = read_text(&in, "action");
	claim.service = read_text(&in, "service");
	claim.target = read_text(&in, "target");
	if (!lines_end(&in))
		return false;
	*ret = claim;
	return true;
}

void
started_write(struct buf *out, const struct started_file *started)
{
	line_u64(out, "shim_pid", started->shim_pid);
	line_u64(out, "child_pid", started->child_pid);
	line_u64(out, "child_start", started->child_start);
	line_u64(out, "begun_wall", started->begun_wall);
	line_text(out, "cgroup", started->cgroup);
}

bool
started_read(str text, struct arena *arena, struct started_file *ret, struct err *err)
{
	struct lines in = lines_of(text, arena, err);
	struct started_file started;
	started.shim_pid = read_u64(&in, "shim_pid", INT32_MAX);
	started.child_pid = read_u64(&in, "child_pid", INT32_MAX);
	started.child_start = read_u64(&in, "child_start", UINT64_MAX);
	started.begun_wall = read_u64(&in, "begun_wall", UINT64_MAX);
	started.cgroup = read_text(&in, "cgroup");
	if (!lines_end(&in))
		return false;
	*ret = started;
	return true;
}

void
result_write(struct buf *out, const struct shim_result *result)
{
	line_text(out, "state", str_of(state_words[result->state]));
	line_u64(out, "exit_code", result->exit_code);
	line_u64(out, "signal", result->signal);
	line_u64(out, "begun_wall", result->begun_wall);
	line_u64(out, "ended_wall", result->ended_wall);
	line_u64(out, "output_bytes", result->output_bytes);
	line_text(out, "why", result->why);
}

static void
read_result(struct lines *in, struct shim_result *ret)
{
	ret->state = read_state(in, "state");
	ret->exit_code = (uint32_t)read_u64(in, "exit_code", 255);
	ret->signal = (uint32_t)read_u64(in, "signal", 127);
	ret->begun_wall = read_u64(in, "begun_wall", UINT64_MAX);
	ret->ended_wall = read_u64(in, "ended_wall", UINT64_MAX);
	ret->output_bytes = read_u64(in, "output_bytes", UINT64_MAX);
	ret->why = read_text(in, "why");
}

bool
result_read(str text, struct arena *arena, struct shim_result *ret, struct err *err)
{
	struct lines in = lines_of(text, arena, err);
	struct shim_result result;
	read_result(&in, &result);
	if (!lines_end(&in))
		return false;
	*ret = result;
	return true;
}

bool
probe_answer_read(str bytes, struct arena *arena, struct shim_result *ret, str *ret_output,
    struct err *err)
{
	struct lines in = { .rest = bytes, .arena = arena, .err = err };
	struct shim_result result;
	read_result(&in, &result);
	if (!in.bad && !str_starts(in.rest, STR("\n"))) {
		in.bad = true;
		(void)err_set(err, ERR_CORRUPT, "expected an empty line");
	}
	if (in.bad)
		return false;
	str output = str_drop(in.rest, 1);
	/* What a shim cannot send to its end is no answer: nobody judges half of one. */
	uint64_t least = SHIM_HEAD_MAX + SHIM_TAIL_MAX;
	if (output.n < (result.output_bytes < least ? result.output_bytes : least))
		return err_set(err, ERR_CORRUPT, "its output is cut");
	*ret = result;
	*ret_output = output;
	return true;
}
