/*
 * What a reader of alerts asks for, and the form by which a browser without scripts signs in.
 * The first byte says which:
 *
 *	'a'  the query of /v1/alerts
 *	'g'  the query of /v1/alerts/groups
 *	'f'  a form
 *
 * What is taken is within its limits, goes to the engine unchanged, and written back as a query
 * or a form is read as the same. What is refused is told why.
 */
#include "gate/alert_query.h"

#include "support/fuzz.h"

static char memory[16 * TARGET_BYTES_MAX];
static char written[16 * TARGET_BYTES_MAX];

static void
put_escaped(struct buf *out, str text)
{
	for (size_t i = 0; i < text.n; i++)
		buf_printf(out, "%%%02x", (unsigned char)text.p[i]);
}

/* It comes out of a request's bytes as it went into them. */
static void
expect_sent(const struct request *request, struct arena arena)
{
	struct buf out = BUF(FRAME_PAYLOAD_MAX);
	struct request again;
	struct err err;
	record_encode(&request_type, request, &out);
	ASSERT(!out.overflow);
	ASSERT(record_decode_all(&request_type, buf_str(&out), &arena, &again, &err));
	ASSERT(record_eq(&request_type, request, &again));
	buf_done(&out);
}

/* ---- queries ---- */

static bool
read_query(str text, bool groups, struct arena *arena, struct alert_query *query)
{
	struct target target;
	*query = (struct alert_query){ .limit = 0 };
	if (target_parse(text, arena, &target) != NULL)
		return false;
	bool ok = alert_query_read(&target, groups, arena, query);
	ASSERT(ok == (query->why[0] == '\0'));
	return ok;
}

static bool
is_part(str name, const char *list)
{
	return str_starts(name, str_of(list)) && name.n == strlen(list) + 2;
}

static str
write_query(const struct alert_query *query, struct buf *out)
{
	buf_printf(out, "/v1/alerts?limit=%llu&cursor=%llu",
	    (unsigned long long)query->limit, (unsigned long long)query->cursor);
	for (size_t i = 0; i < query->param_n; i++) {
		str name = query->param[i].name;
		if (is_part(name, "filter."))
			name = STR("filter");
		else if (is_part(name, "by."))
			name = STR("by");
		buf_printf(out, "&%.*s=", STR_ARG(name));
		put_escaped(out, query->param[i].value);
	}
	return buf_str(out);
}

static void
check_query(struct alert_query *query, bool groups, struct arena *arena)
{
	size_t filters = 0, by = 0, others = 0;
	for (size_t i = 0; i < query->param_n; i++) {
		str name = query->param[i].name;
		ASSERT(str_utf8(query->param[i].value));
		/* So the engine finds them, and knows each to be there once. */
		ASSERT(i == 0 || str_cmp(query->param[i - 1].name, name) < 0);
		filters += is_part(name, "filter.");
		by += is_part(name, "by.");
		others += str_eq(name, STR("state")) || str_eq(name, STR("text")) ||
		          (groups && str_eq(name, STR("first")));
	}
	ASSERT(filters + by + others == query->param_n);
	ASSERT(filters == query->filter_n && filters <= LABEL_MATCHERS_MAX);
	ASSERT(query->filters.n <= LABEL_MATCHERS_MAX);
	ASSERT(groups ? by > 0 && by <= TALLY_BY_MAX : by == 0);
	ASSERT(query->limit > 0 &&
	       query->limit <= (groups ? TALLY_PAGE_GROUPS_MAX : ALERT_QUERY_LISTED_MAX));
	struct request request = { .op = groups ? OP_ALERT_GROUPS : OP_ALERTS,
		.cursor = query->cursor,
		.limit = (uint32_t)query->limit,
		.params = { query->param, query->param_n } };
	expect_sent(&request, *arena);
}

static void
try_query(str text, bool groups)
{
	static struct alert_query query, again;
	struct arena arena = arena_over(memory, sizeof(memory));
	struct buf raw = BUF(TARGET_BYTES_MAX);
	buf_add(&raw, STR("/v1/alerts?"));
	buf_add(&raw, text);
	if (!raw.overflow && read_query(buf_str(&raw), groups, &arena, &query)) {
		check_query(&query, groups, &arena);
		struct arena second = arena_over(written, sizeof(written));
		struct buf back = BUF(TARGET_BYTES_MAX);
		str line = write_query(&query, &back);
		if (!back.overflow) {
			ASSERT(read_query(line, groups, &second, &again));
			ASSERT(again.limit == query.limit && again.cursor == query.cursor);
			ASSERT(again.param_n == query.param_n);
			for (size_t i = 0; i < query.param_n; i++) {
				const struct pair *a = &query.param[i],
						  *b = &again.param[i];
				ASSERT(str_eq(a->name, b->name));
				ASSERT(str_eq(a->value, b->value));
			}
			alert_query_done(&again);
		}
		buf_done(&back);
		arena_release(written, sizeof(written));
	}
	alert_query_done(&query);
	buf_done(&raw);
	arena_release(memory, sizeof(memory));
}

/* ---- the form ---- */

static void
try_form(str body)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct request request = { .op = OP_SESSION_ADD }, again = request;
	if (body.n > TARGET_BYTES_MAX)
		return;
	if (sign_in_read(body, &arena, &request)) {
		bool by_token = str_eq(request.text, STR("token"));
		ASSERT(by_token || str_eq(request.text, STR("password")));
		ASSERT(request.secret.n > 0 && request.secret.n <= GATE_TOKEN_MAX);
		ASSERT(str_utf8(request.secret) && str_utf8(request.name));
		ASSERT(by_token == (request.name.n == 0));
		expect_sent(&request, arena);
		struct buf back = BUF(8 * TARGET_BYTES_MAX);
		buf_printf(&back, "person=");
		put_escaped(&back, request.name);
		buf_printf(&back, by_token ? "&password=&token=" : "&token=&password=");
		put_escaped(&back, request.secret);
		struct arena second = arena_over(written, sizeof(written));
		ASSERT(sign_in_read(buf_str(&back), &second, &again));
		ASSERT(record_eq(&request_type, &request, &again));
		arena_release(written, sizeof(written));
		buf_done(&back);
	}
	arena_release(memory, sizeof(memory));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str text = { (const char *)data, size };
	if (size == 0)
		return 0;
	if (data[0] == 'a' || data[0] == 'g')
		try_query(str_drop(text, 1), data[0] == 'g');
	else if (data[0] == 'f')
		try_form(str_drop(text, 1));
	return 0;
}
