/*
 * What a probe saw, in words for people: what its condition is about, and nothing else.
 */
#include "core/state.h"

static str
count_text(struct core *core, int64_t n, const char *one, const char *many)
{
	return text_make(core, "%lld %s", (long long)n, n == 1 ? one : many);
}

static str
tcp_says(struct core *core, const struct condition *expect, const struct probe_result *seen)
{
	if (seen->code == 0)
		return STR("closed (connection refused)");
	if (expect->subject == SUBJECT_BANNER)
		return seen->value.n > 0 ? seen->value : STR("nothing");
	return text_make(core, "open after %lld ms", (long long)seen->number);
}

static str
dns_says(struct core *core, const struct probe_result *seen)
{
	if (seen->number == 0)
		return seen->code == 3 ? STR("no such name") : STR("no answers");
	str count = count_text(core, seen->number, "answer", "answers");
	return text_make(core, "%.*s: %.*s", STR_ARG(count), STR_ARG(seen->value));
}

static str
tls_says(struct core *core, const struct probe_result *seen)
{
	str days = count_text(core, seen->number, "day", "days");
	if (seen->code != 0)
		return text_make(core, "valid, %.*s left", STR_ARG(days));
	return text_make(core, "not valid (%.*s), %.*s left", STR_ARG(seen->value),
	    STR_ARG(days));
}

static str
log_says(struct core *core, const struct condition *expect, const struct probe_result *seen)
{
	str lines = count_text(core, seen->number, "line", "lines");
	if (expect->subject == SUBJECT_TEXT)
		return seen->value.n > 0 ? seen->value : STR("an empty log");
	if (expect->subject == SUBJECT_LINES)
		return text_make(core, "%s%.*s", seen->least ? "at least " : "",
		    STR_ARG(lines));
	return text_make(core, "%s%lld of %.*s", seen->least ? "at least " : "",
	    (long long)seen->code, STR_ARG(lines));
}

str
probe_says(struct core *core, const struct probe *probe, const struct probe_result *seen)
{
	const struct condition *expect = &probe->expect;
	if (seen->status == PROBE_FAILED)
		return text_make(core, "no answer (%.*s)", STR_ARG(seen->error));
	if (seen->status == PROBE_NO_DATA)
		return STR("no data");
	switch (probe->kind) {
	case PROBE_PROMQL:
		return seen->value;
	case PROBE_HTTP:
		if (seen->code == 0)
			return STR("connection refused");
		return expect->subject == SUBJECT_STATUS
		           ? text_make(core, "status %lld", (long long)seen->code)
		           : seen->value;
	case PROBE_RUN:
	case PROBE_SSH:
	case PROBE_SYSTEMD:
		return expect->subject == SUBJECT_EXIT
		           ? text_make(core, "exit %lld", (long long)seen->code)
		           : seen->value;
	case PROBE_TCP:
		return tcp_says(core, expect, seen);
	case PROBE_DNS:
		return dns_says(core, seen);
	case PROBE_TLS:
		return tls_says(core, seen);
	case PROBE_LOG:
		return log_says(core, expect, seen);
	}
	UNREACHABLE();
}
