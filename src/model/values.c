/*
 * Small languages of one text: durations, dates, rates, handovers, sizes, URLs, addresses
 * and references to secrets.
 *
 *	90s 5m 2h 7d      2026-01-05      3 in 1h      Mon 09:00      2 weeks, 3 days      16 MiB
 *	60%    2 in 1h    30% in 1h       1.5x
 *
 * Each reports the part that is wrong, not the whole.
 */
#include "model/internal.h"

#define TURN_DAYS_MAX 364
#define RATE_COUNT_MAX 1000000
#define DELTA_TIMES_MAX 1000 /* 1000x, 1000% */
#define URL_BYTES_MAX 2048
#define EMAIL_BYTES_MAX 254
#define PATH_BYTES_MAX 1024

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* How many bytes at the beginning of s are digits. */
static size_t
digits_of(str s)
{
	size_t n = 0;
	while (n < s.n && is_digit(s.p[n]))
		n++;
	return n;
}

/* ---- durations ---- */

static const struct {
	char letter;
	msec ms;
} units[] = { { 'd', DAY }, { 'h', HOUR }, { 'm', MINUTE }, { 's', SECOND } };

str
duration_text(msec ms, struct arena *arena)
{
	for (size_t i = 0; i < countof(units); i++)
		if (ms > 0 && ms % units[i].ms == 0)
			return arena_printf(arena, "%llu%c",
			    (unsigned long long)(ms / units[i].ms), units[i].letter);
	return arena_printf(arena, "%llums", (unsigned long long)ms);
}

/* The duration in node->text[off..off + s.n), which is s. */
static bool
duration_part(struct reader *r, const struct node *node, size_t off, str s, msec *ret)
{
	size_t digits = digits_of(s);
	str unit = str_drop(s, digits);
	if (digits == 0) {
		read_error_part(r, node, off, s.n,
		    STR("write a count and a unit, as in 5m"),
		    "expected a duration, not '%.*s'", STR_ARG(s));
		return false;
	}
	if (unit.n == 0) {
		read_error_part(r, node, off, s.n,
		    read_hint(r, "write %.*ss, %.*sm, %.*sh or %.*sd", STR_ARG(s),
			STR_ARG(s), STR_ARG(s), STR_ARG(s)),
		    "the duration '%.*s' has no unit", STR_ARG(s));
		return false;
	}
	for (size_t i = 0; i < countof(units); i++) {
		if (unit.n != 1 || unit.p[0] != units[i].letter)
			continue;
		uint64_t count;
		if (!str_u64(str_take(s, digits), DURATION_MS_MAX / units[i].ms, &count)) {
			read_error_part(r, node, off, s.n, STR("the most is 400d"),
			    "the duration '%.*s' is too long", STR_ARG(s));
			return false;
		}
		*ret = count * units[i].ms;
		return true;
	}
	read_error_part(r, node, off + digits, unit.n, STR("use s, m, h or d"),
	    "unknown duration unit '%.*s'", STR_ARG(unit));
	return false;
}

bool
read_duration(struct reader *r, const struct node *node, msec min, msec max, msec *ret)
{
	str text;
	msec ms;
	if (!read_text(r, node, &text) || !duration_part(r, node, 0, text, &ms))
		return false;
	if (ms < min || ms > max) {
		str low = duration_text(min, r->arena);
		str high = duration_text(max, r->arena);
		read_error(r, node, STR(""),
		    "expected a duration from %.*s to %.*s, not '%.*s'", STR_ARG(low),
		    STR_ARG(high), STR_ARG(text));
		return false;
	}
	*ret = ms;
	return true;
}

/* The window of "3 in 1h": the duration from node->text[off] on. */
static bool
window_part(struct reader *r, const struct node *node, size_t off, msec *ret)
{
	str s = str_drop(node->text, off);
	msec window;
	if (!duration_part(r, node, off, s, &window))
		return false;
	if (window == 0) {
		read_error_part(r, node, off, s.n, STR("as in '3 in 1h'"),
		    "the window of a rate cannot be 0");
		return false;
	}
	*ret = window;
	return true;
}

bool
read_rate(struct reader *r, const struct node *node, struct rate *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	size_t digits = digits_of(text);
	uint64_t count;
	if (!str_u64(str_take(text, digits), RATE_COUNT_MAX, &count) || count == 0 ||
	    !str_starts(str_drop(text, digits), STR(" in "))) {
		read_error(r, node, STR("write a count and a duration, as in '3 in 1h'"),
		    "expected a rate, not '%.*s'", STR_ARG(text));
		return false;
	}
	msec window;
	if (!window_part(r, node, digits + strlen(" in "), &window))
		return false;
	*ret = (struct rate){ .count = (uint32_t)count, .window_ms = window };
	return true;
}

/* ---- shares and changes ---- */

static bool
text_share(str text, struct share *ret)
{
	bool percent = str_ends(text, STR("%"));
	uint64_t n;
	if (!str_u64(str_take(text, text.n - percent), percent ? 100 : RATE_COUNT_MAX,
		&n) ||
	    n == 0)
		return false;
	*ret = (struct share){
		.count = percent ? 0 : (uint32_t)n,
		.percent = percent ? (uint32_t)n : 0,
	};
	return true;
}

bool
read_share(struct reader *r, const struct node *node, struct share *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	if (!text_share(text, ret)) {
		read_error(r, node, STR("write a count or a share, as in 2 or 60%"),
		    "expected a number of hosts, not '%.*s'", STR_ARG(text));
		return false;
	}
	return true;
}

bool
read_share_rate(struct reader *r, const struct node *node, struct share *ret,
    msec *ret_window_ms)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	str head = str_cut(text, ' ').head;
	struct share share;
	if (!text_share(head, &share) || !str_starts(str_drop(text, head.n), STR(" in "))) {
		read_error(r, node, STR("as in '2 in 1h' or '30% in 1h'"),
		    "expected hosts in a time, not '%.*s'", STR_ARG(text));
		return false;
	}
	if (!window_part(r, node, head.n + strlen(" in "), ret_window_ms))
		return false;
	*ret = share;
	return true;
}

/* "1.25" in thousandths. */
static bool
text_thousandths(str text, uint64_t *ret)
{
	struct str_cut cut = str_cut(text, '.');
	uint64_t whole, part = 0;
	if (!str_u64(cut.head, DELTA_TIMES_MAX, &whole) || (cut.found && cut.tail.n > 3) ||
	    (cut.found && !str_u64(cut.tail, 999, &part)))
		return false;
	for (size_t i = cut.found ? cut.tail.n : 3; i < 3; i++)
		part *= 10;
	*ret = whole * 1000 + part;
	return true;
}

bool
text_delta(str text, struct delta *ret)
{
	struct delta delta = { 0 };
	str number = text.n > 0 ? str_take(text, text.n - 1) : text;
	if (str_ends(text, STR("x"))) {
		delta.kind = DELTA_FACTOR;
		if (!text_thousandths(number, &delta.thousandths) ||
		    delta.thousandths == 0 || delta.thousandths > DELTA_TIMES_MAX * 1000)
			return false;
	} else if (str_ends(text, STR("%"))) {
		delta.kind = DELTA_PERCENT;
		/* Of 100: a tenth of a percent is a thousandth. */
		if (!text_thousandths(number, &delta.thousandths) ||
		    delta.thousandths % 100 != 0 || delta.thousandths < 1000 ||
		    delta.thousandths > DELTA_TIMES_MAX * 1000)
			return false;
		delta.thousandths /= 100;
	} else {
		delta.kind = DELTA_NUMBER;
		if (!str_u64(text, INT64_MAX, &delta.number) || delta.number == 0)
			return false;
	}
	*ret = delta;
	return true;
}

/* ---- the calendar ---- */

bool
text_date(str text, int64_t *ret_days)
{
	uint64_t year = 0, month = 0, day = 0;
	if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-' ||
	    !str_u64(str_take(text, 4), 9998, &year) || year < 1970 ||
	    !str_u64(str_take(str_drop(text, 5), 2), 12, &month) || month < 1 ||
	    !str_u64(str_drop(text, 8), 31, &day) || day < 1)
		return false;
	int64_t days = civil_days((int)year, (unsigned)month, (unsigned)day);
	int back_year = 0;
	unsigned back_month = 0, back_day = 0;
	civil_from_days(days, &back_year, &back_month, &back_day);
	if (back_month != month || back_day != day)
		return false;
	*ret_days = days;
	return true;
}

bool
text_minute(str text, unsigned *ret)
{
	uint64_t hour, minute;
	if (text.n != 5 || text.p[2] != ':' || !str_u64(str_take(text, 2), 24, &hour) ||
	    !str_u64(str_drop(text, 3), 59, &minute) || hour * 60 + minute > 1440)
		return false;
	*ret = (unsigned)(hour * 60 + minute);
	return true;
}

bool
read_date(struct reader *r, const struct node *node, int64_t *ret_days)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	if (!text_date(text, ret_days)) {
		read_error(r, node, STR("write YEAR-MONTH-DAY, as in 2027-06-30"),
		    "'%.*s' is not a date", STR_ARG(text));
		return false;
	}
	return true;
}

/* ---- turns of a rotation ---- */

bool
read_every(struct reader *r, const struct node *node, uint32_t *ret_days, bool *ret_weeks)
{
	static const struct {
		const char *one, *many;
		uint32_t days;
	} spans[] = { { " day", " days", 1 }, { " week", " weeks", 7 } };
	str text;
	if (!read_text(r, node, &text))
		return false;
	size_t digits = digits_of(text);
	str unit = str_drop(text, digits);
	uint64_t count;
	bool ok = str_u64(str_take(text, digits), TURN_DAYS_MAX, &count) && count > 0;
	for (size_t i = 0; ok && i < countof(spans); i++) {
		if ((!str_eq(unit, str_of(spans[i].one)) &&
			!str_eq(unit, str_of(spans[i].many))) ||
		    count * spans[i].days > TURN_DAYS_MAX)
			continue;
		*ret_days = (uint32_t)count * spans[i].days;
		*ret_weeks = spans[i].days == 7;
		return true;
	}
	read_error(r, node,
	    STR("write '1 day' up to '364 days', or '1 week' up to '52 weeks'"),
	    "expected a number of days or weeks, not '%.*s'", STR_ARG(text));
	return false;
}

static bool
text_handover(str time, unsigned *ret)
{
	uint64_t hour, minute;
	if (time.n != 5 || time.p[2] != ':' || !str_u64(str_take(time, 2), 23, &hour) ||
	    !str_u64(str_drop(time, 3), 59, &minute))
		return false;
	*ret = (unsigned)(hour * 60 + minute);
	return true;
}

bool
read_handover(struct reader *r, const struct node *node, unsigned *ret_weekday,
    unsigned *ret_minute)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri",
		"Sat" };
	str text;
	if (!read_text(r, node, &text))
		return false;
	struct str_cut cut = str_cut(text, ' ');
	unsigned minute;
	if (!cut.found || !text_handover(cut.tail, &minute)) {
		read_error(r, node,
		    STR("write a weekday and a local time, as in 'Mon 09:00'"),
		    "expected a handover, not '%.*s'", STR_ARG(text));
		return false;
	}
	for (unsigned i = 0; i < countof(days); i++) {
		if (!str_eq(cut.head, str_of(days[i])))
			continue;
		*ret_weekday = i;
		*ret_minute = minute;
		return true;
	}
	read_error_part(r, node, 0, cut.head.n,
	    STR("write Mon, Tue, Wed, Thu, Fri, Sat or Sun"), "unknown weekday '%.*s'",
	    STR_ARG(cut.head));
	return false;
}

bool
read_handover_daily(struct reader *r, const struct node *node, unsigned *ret_minute)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	if (text_handover(text, ret_minute))
		return true;
	read_error(r, node, STR("turns of days change at a local time, as in \"09:00\""),
	    "expected a time of day, not '%.*s'", STR_ARG(text));
	return false;
}

bool
read_tiers(struct reader *r, const struct node *node, uint32_t *ret)
{
	uint32_t tier, tiers = 0;
	if (node->kind == NODE_TEXT) {
		if (!read_u32(r, node, 1, 4, &tier))
			return false;
		*ret = 1u << tier;
		return true;
	}
	if (!read_is_list(r, node, NULL))
		return false;
	for (const struct node *item = node->first; item != NULL; item = item->next) {
		if (!read_u32(r, item, 1, 4, &tier))
			return false;
		tiers |= 1u << tier;
	}
	*ret = tiers;
	return true;
}

/* ---- sizes ---- */

bool
read_bytes(struct reader *r, const struct node *node, uint32_t min, uint32_t max,
    uint32_t *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	size_t digits = digits_of(text);
	str unit = str_trim(str_drop(text, digits));
	uint64_t scale = str_eq(unit, STR("KiB"))   ? 1024
	                 : str_eq(unit, STR("MiB")) ? 1024 * 1024
	                                            : 0;
	uint64_t count;
	if (scale == 0 || !str_u64(str_take(text, digits), UINT32_MAX, &count)) {
		read_error(r, node,
		    STR("write a count and a unit, as in '16 MiB' or '512 KiB'"),
		    "expected a size, not '%.*s'", STR_ARG(text));
		return false;
	}
	if (count * scale < min || count * scale > max) {
		read_error(r, node, STR(""),
		    "expected a size from %u KiB to %u KiB, not '%.*s'", min / 1024,
		    max / 1024, STR_ARG(text));
		return false;
	}
	*ret = (uint32_t)(count * scale);
	return true;
}

/* ---- addresses ---- */

static bool
port_is(str s)
{
	uint64_t port;
	return str_u64(s, 65535, &port);
}

static bool
ipv6_is(str s)
{
	size_t colons = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		colons += c == ':';
		if (!is_digit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F') &&
		    c != ':' && c != '.')
			return false;
	}
	return colons >= 2 && s.n <= 45;
}

static bool
ipv4_is(str s)
{
	for (unsigned i = 0; i < 4; i++) {
		struct str_cut cut = str_cut(s, '.');
		uint64_t byte;
		if (cut.found != (i < 3) || cut.head.n > 3 ||
		    !str_u64(cut.head, 255, &byte))
			return false;
		s = cut.tail;
	}
	return true;
}

static bool
hostname_is(str s)
{
	if (s.n == 0 || s.n > 253 || s.p[0] == '-' || s.p[0] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '.' && c != '_')
			return false;
	}
	return true;
}

bool
text_endpoint(str s, bool numeric, bool needs_port)
{
	str host, rest;
	if (str_starts(s, STR("["))) {
		struct str_cut cut = str_cut(str_drop(s, 1), ']');
		if (!cut.found || !ipv6_is(cut.head))
			return false;
		rest = cut.tail;
	} else {
		struct str_cut cut = str_cut(s, ':');
		host = cut.head;
		if (numeric ? !ipv4_is(host) : !hostname_is(host))
			return false;
		rest = str_drop(s, host.n);
	}
	if (rest.n == 0)
		return !needs_port;
	return rest.p[0] == ':' && port_is(str_drop(rest, 1));
}

static bool
url_chars_ok(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= 0x20 || (unsigned char)s.p[i] >= 0x7f ||
		    strchr("\"<>\\^`{|}", s.p[i]) != NULL)
			return false;
	return true;
}

/* Whether the space-separated list has the word. */
static bool
word_in(const char *list, str word)
{
	for (str rest = str_of(list); rest.n > 0;) {
		struct str_cut cut = str_cut(rest, ' ');
		if (str_eq(cut.head, word))
			return true;
		rest = cut.tail;
	}
	return false;
}

/* What is wrong with a URL, or NULL. */
const char *
url_fault(str url, const char *schemes)
{
	struct str_cut scheme = str_cut(url, ':');
	if (!scheme.found || !str_starts(scheme.tail, STR("//")) ||
	    !word_in(schemes, scheme.head))
		return "is not a URL";
	if (url.n > URL_BYTES_MAX)
		return "is too long";

	str rest = str_drop(scheme.tail, 2);
	size_t end = 0;
	while (
	    end < rest.n && rest.p[end] != '/' && rest.p[end] != '?' && rest.p[end] != '#')
		end++;
	str where = str_take(rest, end);
	if (str_contains(where, STR("@")))
		return "holds a user name or password";
	if (!text_endpoint(where, false, false))
		return "has no proper host";
	if (!url_chars_ok(url))
		return "holds a character that must be percent-encoded";
	return NULL;
}

bool
read_url(struct reader *r, const struct node *node, const char *schemes, str *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	const char *fault = url_fault(text, schemes);
	if (fault != NULL) {
		str first = str_cut(str_of(schemes), ' ').head;
		read_error(r, node,
		    read_hint(r, "as in %.*s://host.example:1234", STR_ARG(first)),
		    "'%.*s' %s", STR_ARG(text), fault);
		return false;
	}
	*ret = text;
	return true;
}

bool
read_http_url(struct reader *r, const struct node *node, str *ret)
{
	return read_url(r, node, "http https", ret);
}

void
read_secret_url(struct reader *r, const struct node *node, str *ret_url, str *ret_secret)
{
	str text;
	bool plain =
	    node->kind == NODE_TEXT && (str_starts(node->text, STR("http://")) ||
					   str_starts(node->text, STR("https://")));
	if (plain)
		(void)read_http_url(r, node, ret_url);
	else if (!read_text(r, node, &text))
		return;
	else if (str_contains(text, STR("://")) && !str_starts(text, STR("file:")))
		read_error(r, node,
		    STR("write https://..., or where it stands: cred:NAME, file:/path or "
			"env:NAME"),
		    "'%.*s' is not a URL of http or https", STR_ARG(text));
	else
		(void)read_secret(r, node, ret_secret);
}

bool
read_listen(struct reader *r, const struct node *node, str *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	if (!text_endpoint(text, true, true)) {
		read_error(r, node,
		    STR("write ADDRESS:PORT, as in 127.0.0.1:9911 or [::1]:9911"),
		    "cannot listen on '%.*s'", STR_ARG(text));
		return false;
	}
	*ret = text;
	return true;
}

bool
read_email(struct reader *r, const struct node *node, str *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	struct str_cut cut = str_cut(text, '@');
	bool ok = cut.found && text.n <= EMAIL_BYTES_MAX && cut.head.n > 0 &&
	          cut.head.p[0] != '-' && hostname_is(cut.tail);
	for (size_t i = 0; ok && i < cut.head.n; i++) {
		char c = cut.head.p[i];
		ok = is_alpha(c) || is_digit(c) ||
		     (c != 0 && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
	}
	if (!ok) {
		read_error(r, node, STR("as in ana@example.com"),
		    "'%.*s' is not an e-mail address", STR_ARG(text));
		return false;
	}
	*ret = text;
	return true;
}

bool
read_secret(struct reader *r, const struct node *node, str *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	bool ok = false;
	if (str_starts(text, STR("file:/")))
		ok = text.n <= PATH_BYTES_MAX;
	else if (str_starts(text, STR("env:")))
		ok = name_is(str_drop(text, 4)) && !is_digit(text.p[4]);
	else if (str_starts(text, STR("cred:")))
		ok = name_is(str_drop(text, 5));
	if (!ok) {
		read_error(r, node,
		    STR("keep it elsewhere and write cred:NAME, file:/path or env:NAME"),
		    "a secret is not written here in clear");
		return false;
	}
	if (str_starts(text, STR("env:"))) {
		struct env_secret *found = arena_new(r->arena, struct env_secret, 1);
		*found =
		    (struct env_secret){ r->model->env_secrets, text, node_place(node) };
		r->model->env_secrets = found;
	}
	*ret = text;
	return true;
}
