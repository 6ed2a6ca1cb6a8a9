#include "support/reading.h"
#include "support/test.h"

enum what {
	DURATION,
	RATE,
	DATE,
	WEEKS,
	HANDOVER,
	TIER,
	BYTES,
	URL,
	LISTEN,
	EMAIL,
	SECRET,
	NAME,
	NUMBER,
};

struct row {
	enum what what;
	const char *in;
	const char *out; /* what was read, as text; NULL: refused */
	const char *message;
	size_t off, len; /* of the fault; len 0: the whole */
};

static bool
read_one(enum what what, const struct node *node, char *out, size_t room)
{
	str text = STR("");
	msec ms = 0;
	struct rate rate = { 0 };
	int64_t days = 0;
	uint32_t n = 0;
	unsigned day = 0, minute = 0;
	bool weeks = false;
	bool ok = false;
	switch (what) {
	case DURATION:
		ok = read_duration(&reader, node, SECOND, DURATION_MS_MAX, &ms);
		(void)snprintf(out, room, "%llu", (unsigned long long)ms);
		return ok;
	case RATE:
		ok = read_rate(&reader, node, &rate);
		(void)snprintf(out, room, "%u/%llu", rate.count,
		    (unsigned long long)rate.window_ms);
		return ok;
	case DATE:
		ok = read_date(&reader, node, &days);
		(void)snprintf(out, room, "%lld", (long long)days);
		return ok;
	case HANDOVER:
		ok = read_handover(&reader, node, &day, &minute);
		(void)snprintf(out, room, "%u %u", day, minute);
		return ok;
	case WEEKS:
	case TIER:
	case BYTES:
		ok = what == WEEKS  ? read_every(&reader, node, &n, &weeks)
		     : what == TIER ? read_tiers(&reader, node, &n)
		                    : read_bytes(&reader, node, 1024, 64 << 20, &n);
		(void)snprintf(out, room, "%u", n);
		return ok;
	case NUMBER:
		ok = read_i64(&reader, node, &days);
		(void)snprintf(out, room, "%lld", (long long)days);
		return ok;
	case URL:
		ok = read_url(&reader, node, "smtp smtps http https", &text);
		break;
	case LISTEN:
		ok = read_listen(&reader, node, &text);
		break;
	case EMAIL:
		ok = read_email(&reader, node, &text);
		break;
	case SECRET:
		ok = read_secret(&reader, node, &text);
		break;
	case NAME:
		ok = read_name(&reader, node, &text);
		break;
	}
	(void)snprintf(out, room, "%.*s", STR_ARG(text));
	return ok;
}

static void
check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *row = &rows[i];
		char out[256];
		test_row = row->in;
		struct node *node = reading(row->in);
		bool ok = read_one(row->what, node, out, sizeof(out));
		EXPECT(ok == (row->out != NULL));
		EXPECT_U64(reading_diags.count, row->out ? 0 : 1);
		if (row->out != NULL) {
			EXPECT_STR(str_of(out), str_of(row->out));
			continue;
		}
		if (reading_diags.first == NULL)
			continue;
		EXPECT_STR(reading_diags.first->message, str_of(row->message));
		struct span at = reading_diags.first->at;
		EXPECT_U64(at.off, row->off);
		EXPECT_U64(at.len, row->len ? row->len : strlen(row->in));
	}
}

static void
values__durations_and_rates(void)
{
	static const struct row rows[] = {
		{ DURATION, "90s", "90000", NULL, 0, 0 },
		{ DURATION, "5m", "300000", NULL, 0, 0 },
		{ DURATION, "2h", "7200000", NULL, 0, 0 },
		{ DURATION, "7d", "604800000", NULL, 0, 0 },
		{ DURATION, "400d", "34560000000", NULL, 0, 0 },
		{ DURATION, "401d", NULL, "the duration '401d' is too long", 0, 0 },
		{ DURATION, "99999999999999999999s", NULL,
		    "the duration '99999999999999999999s' is too long", 0, 0 },
		{ DURATION, "0s", NULL, "expected a duration from 1s to 400d, not '0s'", 0,
		    0 },
		{ DURATION, "m", NULL, "expected a duration, not 'm'", 0, 0 },
		{ DURATION, "-5m", NULL, "expected a duration, not '-5m'", 0, 0 },
		{ DURATION, "15", NULL, "the duration '15' has no unit", 0, 0 },
		{ DURATION, "5x", NULL, "unknown duration unit 'x'", 1, 1 },
		{ DURATION, "10 min", NULL, "unknown duration unit ' min'", 2, 4 },
		{ DURATION, "1h30m", NULL, "unknown duration unit 'h30m'", 1, 4 },
		{ RATE, "3 in 1h", "3/3600000", NULL, 0, 0 },
		{ RATE, "0 in 1h", NULL, "expected a rate, not '0 in 1h'", 0, 0 },
		{ RATE, "3 per 1h", NULL, "expected a rate, not '3 per 1h'", 0, 0 },
		{ RATE, "3 in 1w", NULL, "unknown duration unit 'w'", 6, 1 },
		{ RATE, "3 in 0h", NULL, "the window of a rate cannot be 0", 5, 2 },
	};
	check(rows, countof(rows));
}

static void
values__calendar(void)
{
	static const struct row rows[] = {
		{ DATE, "1970-01-01", "0", NULL, 0, 0 },
		{ DATE, "2024-02-29", "19782", NULL, 0, 0 },
		{ DATE, "2027-02-29", NULL, "'2027-02-29' is not a date", 0, 0 },
		{ DATE, "2027-13-01", NULL, "'2027-13-01' is not a date", 0, 0 },
		{ DATE, "2027-6-30", NULL, "'2027-6-30' is not a date", 0, 0 },
		{ DATE, "1969-12-31", NULL, "'1969-12-31' is not a date", 0, 0 },
		{ DATE, "9999-12-31", NULL, "'9999-12-31' is not a date", 0, 0 },
		{ WEEKS, "1 week", "7", NULL, 0, 0 },
		{ WEEKS, "2 weeks", "14", NULL, 0, 0 },
		{ WEEKS, "1 day", "1", NULL, 0, 0 },
		{ WEEKS, "364 days", "364", NULL, 0, 0 },
		{ WEEKS, "365 days", NULL,
		    "expected a number of days or weeks, not '365 days'", 0, 0 },
		{ WEEKS, "0 weeks", NULL,
		    "expected a number of days or weeks, not '0 weeks'", 0, 0 },
		{ WEEKS, "53 weeks", NULL,
		    "expected a number of days or weeks, not '53 weeks'", 0, 0 },
		{ WEEKS, "7d", NULL, "expected a number of days or weeks, not '7d'", 0, 0 },
		{ HANDOVER, "Mon 09:00", "1 540", NULL, 0, 0 },
		{ HANDOVER, "Sun 23:59", "0 1439", NULL, 0, 0 },
		{ HANDOVER, "Mon 24:00", NULL, "expected a handover, not 'Mon 24:00'", 0,
		    0 },
		{ HANDOVER, "Mon 9:00", NULL, "expected a handover, not 'Mon 9:00'", 0, 0 },
		{ HANDOVER, "Monday 09:00", NULL, "unknown weekday 'Monday'", 0, 6 },
	};
	check(rows, countof(rows));
}

static void
values__numbers_and_names(void)
{
	static const struct row rows[] = {
		{ TIER, "1", "2", NULL, 0, 0 },
		{ TIER, "5", NULL, "expected a number from 1 to 4, not '5'", 0, 0 },
		{ BYTES, "16 MiB", "16777216", NULL, 0, 0 },
		{ BYTES, "512KiB", "524288", NULL, 0, 0 },
		{ BYTES, "16", NULL, "expected a size, not '16'", 0, 0 },
		{ BYTES, "65 MiB", NULL,
		    "expected a size from 1 KiB to 65536 KiB, not '65 MiB'", 0, 0 },
		{ BYTES, "9999999999 MiB", NULL, "expected a size, not '9999999999 MiB'", 0,
		    0 },
		{ NUMBER, "-9223372036854775807", "-9223372036854775807", NULL, 0, 0 },
		{ NUMBER, "9223372036854775808", NULL,
		    "expected a whole number, not '9223372036854775808'", 0, 0 },
		{ NUMBER, "--1", NULL, "expected a whole number, not '--1'", 0, 0 },
		{ NUMBER, "1.5", NULL, "expected a whole number, not '1.5'", 0, 0 },
		{ NAME, "web-1.eu_x", "web-1.eu_x", NULL, 0, 0 },
		{ NAME, "-web", NULL, "'-web' cannot be a name", 0, 0 },
		{ NAME, "a b", NULL, "'a b' cannot be a name", 0, 0 },
	};
	check(rows, countof(rows));
}

static void
values__addresses(void)
{
	static const struct row rows[] = {
		{ URL, "https://h.example:8443/a?b=c#d", "https://h.example:8443/a?b=c#d",
		    NULL, 0, 0 },
		{ URL, "smtp://[::1]:25", "smtp://[::1]:25", NULL, 0, 0 },
		{ URL, "http://localhost", "http://localhost", NULL, 0, 0 },
		{ URL, "ftp://h.example", NULL, "'ftp://h.example' is not a URL", 0, 0 },
		{ URL, "http:/h", NULL, "'http:/h' is not a URL", 0, 0 },
		{ URL, "http://", NULL, "'http://' has no proper host", 0, 0 },
		{ URL, "http:///x", NULL, "'http:///x' has no proper host", 0, 0 },
		{ URL, "http://h:99999/", NULL, "'http://h:99999/' has no proper host", 0,
		    0 },
		{ URL, "http://[::1/", NULL, "'http://[::1/' has no proper host", 0, 0 },
		{ URL, "http://u:p@h/", NULL,
		    "'http://u:p@h/' holds a user name or password", 0, 0 },
		{ URL, "http://h/a b", NULL,
		    "'http://h/a b' holds a character that must be percent-encoded", 0, 0 },
		{ LISTEN, "127.0.0.1:9911", "127.0.0.1:9911", NULL, 0, 0 },
		{ LISTEN, "[::1]:0", "[::1]:0", NULL, 0, 0 },
		{ LISTEN, "127.0.0.1", NULL, "cannot listen on '127.0.0.1'", 0, 0 },
		{ LISTEN, "localhost:80", NULL, "cannot listen on 'localhost:80'", 0, 0 },
		{ LISTEN, "1.2.3:80", NULL, "cannot listen on '1.2.3:80'", 0, 0 },
		{ LISTEN, "1.2.3.256:80", NULL, "cannot listen on '1.2.3.256:80'", 0, 0 },
		{ LISTEN, ":80", NULL, "cannot listen on ':80'", 0, 0 },
		{ EMAIL, "ana.s+x@example.com", "ana.s+x@example.com", NULL, 0, 0 },
		{ EMAIL, "ana", NULL, "'ana' is not an e-mail address", 0, 0 },
		{ EMAIL, "a@b@c", NULL, "'a@b@c' is not an e-mail address", 0, 0 },
		{ EMAIL, "a b@c", NULL, "'a b@c' is not an e-mail address", 0, 0 },
		{ EMAIL, "a>\r\n@c", NULL, "'a>\r\n@c' is not an e-mail address", 0, 0 },
		{ SECRET, "file:/etc/x", "file:/etc/x", NULL, 0, 0 },
		{ SECRET, "env:SMTP_PASSWORD", "env:SMTP_PASSWORD", NULL, 0, 0 },
		{ SECRET, "hunter2", NULL, "a secret is not written here in clear", 0, 0 },
		{ SECRET, "file:etc/x", NULL, "a secret is not written here in clear", 0,
		    0 },
		{ SECRET, "env:", NULL, "a secret is not written here in clear", 0, 0 },
	};
	check(rows, countof(rows));
}

static void
values__changes(void)
{
	static const struct {
		const char *in;
		enum delta_kind kind; /* 0: refused */
		uint64_t n;
	} rows[] = {
		{ "2x", DELTA_FACTOR, 2000 },
		{ "1.5x", DELTA_FACTOR, 1500 },
		{ "0.001x", DELTA_FACTOR, 1 },
		{ "1000x", DELTA_FACTOR, 1000000 },
		{ "1000.001x", 0, 0 },
		{ "1001x", 0, 0 },
		{ "0x", 0, 0 },
		{ "1.0001x", 0, 0 },
		{ ".5x", 0, 0 },
		{ "1.x", 0, 0 },
		{ "x", 0, 0 },
		{ "-2x", 0, 0 },
		{ "50%", DELTA_PERCENT, 500 },
		{ "12.5%", DELTA_PERCENT, 125 },
		{ "12.50%", DELTA_PERCENT, 125 },
		{ "12.55%", 0, 0 },
		{ "1%", DELTA_PERCENT, 10 },
		{ "0.9%", 0, 0 },
		{ "1000%", DELTA_PERCENT, 10000 },
		{ "1000.1%", 0, 0 },
		{ "3", DELTA_NUMBER, 3 },
		{ "9223372036854775807", DELTA_NUMBER, INT64_MAX },
		{ "9223372036854775808", 0, 0 },
		{ "0", 0, 0 },
		{ "-3", 0, 0 },
		{ "1.5", 0, 0 },
		{ "", 0, 0 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].in;
		struct delta delta = { 0 };
		EXPECT(text_delta(str_of(rows[i].in), &delta) == (rows[i].kind != 0));
		EXPECT(delta.kind == rows[i].kind);
		EXPECT_U64(delta.kind == DELTA_NUMBER ? delta.number : delta.thousandths,
		    rows[i].n);
	}
}

int
main(void)
{
	RUN(values__durations_and_rates);
	RUN(values__calendar);
	RUN(values__numbers_and_names);
	RUN(values__addresses);
	RUN(values__changes);
	TEST_MAIN_END();
}
