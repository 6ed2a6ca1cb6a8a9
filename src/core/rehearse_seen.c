/*
 * What a case of a runbook's test says that a probe sees, as hands would have told it.
 *
 *	promql        812
 *	http          200 body, 503, refused
 *	run, ssh,
 *	systemd       exit 1 output, output
 *	tcp           open, open 12 (ms), closed, or what the other side says
 *	dns           192.0.2.7 192.0.2.8, none, no such name
 *	tls           valid 30 (days), invalid -3 certificate has expired
 *	log           3 of 200 (matches of lines), or the text of one line
 */
#include "core/rehearse_seen.h"

static bool
number_of(str text, int64_t *ret)
{
	bool minus = text.n > 0 && text.p[0] == '-';
	uint64_t number;
	if (!str_u64(minus ? str_drop(text, 1) : text, INT32_MAX, &number))
		return false;
	*ret = minus ? -(int64_t)number : (int64_t)number;
	return true;
}

/* "200 body", "503", "refused" */
static void
http_seen(str text, struct probe_result *ret)
{
	struct str_cut cut = str_cut(text, ' ');
	uint64_t code;
	if (str_eq(text, STR("refused"))) {
		ret->code = 0;
	} else if (str_u64(cut.head, 999, &code)) {
		ret->code = (int64_t)code;
		ret->value = cut.tail;
	} else {
		ret->code = 200;
		ret->value = text;
	}
}

/* "exit 1 output", "output" */
static void
run_seen(str text, struct probe_result *ret)
{
	str exit = STR("exit ");
	struct str_cut cut =
	    str_cut(str_drop(text, exit.n < text.n ? exit.n : text.n), ' ');
	uint64_t code;
	ret->value = text;
	if (str_starts(text, exit) && str_u64(cut.head, 255, &code)) {
		ret->code = (int64_t)code;
		ret->value = cut.tail;
	}
}

static void
tcp_seen(str text, struct probe_result *ret)
{
	struct str_cut cut = str_cut(text, ' ');
	if (str_eq(text, STR("closed")))
		return;
	ret->code = 1;
	ret->number = 1;
	if (str_eq(text, STR("open")) ||
	    (str_eq(cut.head, STR("open")) && number_of(cut.tail, &ret->number)))
		return;
	ret->value = text;
}

static void
dns_seen(str text, struct arena *arena, struct probe_result *ret)
{
	if (str_eq(text, STR("no such name")))
		ret->code = 3;
	if (ret->code == 3 || str_eq(text, STR("none")))
		return;
	char *lines = arena_new(arena, char, text.n);
	memcpy(lines, text.p, text.n);
	ret->number = 1;
	for (size_t i = 0; i < text.n; i++) {
		if (lines[i] != ' ')
			continue;
		lines[i] = '\n';
		ret->number++;
	}
	ret->value = (str){ lines, text.n };
}

static void
tls_seen(str text, struct probe_result *ret)
{
	struct str_cut cut = str_cut(text, ' ');
	struct str_cut days = str_cut(cut.tail, ' ');
	ret->code = str_eq(cut.head, STR("invalid")) ? 0 : 1;
	(void)number_of(days.head, &ret->number);
	if (ret->code == 0)
		ret->value = days.tail;
}

static void
log_seen(str text, struct probe_result *ret)
{
	struct str_cut cut = str_cut(text, ' ');
	str rest = cut.tail;
	if (number_of(cut.head, &ret->code) && str_starts(rest, STR("of ")) &&
	    number_of(str_drop(rest, 3), &ret->number))
		return;
	ret->code = 0;
	ret->number = 1;
	ret->value = text;
}

void
rehearse_seen(enum probe_kind kind, str text, struct arena *arena, struct probe_result *ret)
{
	switch (kind) {
	case PROBE_PROMQL:
		ret->value = text;
		ret->series = 1;
		return;
	case PROBE_HTTP:
		http_seen(text, ret);
		return;
	case PROBE_RUN:
	case PROBE_SSH:
	case PROBE_SYSTEMD:
		run_seen(text, ret);
		return;
	case PROBE_TCP:
		tcp_seen(text, ret);
		return;
	case PROBE_DNS:
		dns_seen(text, arena, ret);
		return;
	case PROBE_TLS:
		tls_seen(text, ret);
		return;
	case PROBE_LOG:
		log_seen(text, ret);
		return;
	}
	UNREACHABLE();
}
