#include "base/zone.h"

/*
 * A TZif file, all numbers big end first:
 *
 *	header (44 bytes: "TZif", version, counts)   a block of 32-bit times, skipped
 *	header                                       the block of 64-bit times:
 *	    transitions   8 bytes each, ascending     when the local time type changes
 *	    their types   1 byte each                 to which
 *	    types         6 bytes each                offset, is it summer time, abbreviation
 *	    abbreviations NUL-terminated, packed
 *	    leap seconds, standard and UT indicators  of no use here
 *	'\n' POSIX TZ string '\n'                    what holds after the last transition
 *
 * The TZ string "CET-1CEST,M3.5.0,M10.5.0/3" says: standard time CET is one hour east (the
 * sign is the other way round), summer time CEST one hour more; it begins on the last
 * (5th) Sunday (0) of March at 02:00, and ends on the last of October at 03:00, each in
 * the local time before the change. "<+01>-1" quotes a name that is not of letters.
 */

#define HOUR_S 3600
#define DAY_S 86400
#define TYPES_MAX 256
#define HEADER_BYTES 44
#define TYPE_BYTES 6
#define RULE_TIME_MAX (167 * HOUR_S) /* RFC 8536, 3.3.1: a rule's time of day */
#define YEAR_MAX 9999
#define FIRST_S INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define LAST_S INT64_C(253402300799)  /* 9999-12-31T23:59:59Z */

struct type {
	int32_t offset; /* seconds east */
	str abbreviation;
};

enum rule_kind {
	RULE_MONTH_WEEK = 1, /* Mm.w.d */
	RULE_JULIAN,         /* Jn: 1..365, February 29 is never counted */
	RULE_DAY,            /* n: 0..365 */
};

struct rule {
	enum rule_kind kind;
	unsigned month, week, day;
	int32_t time; /* seconds after local midnight, either way */
};

struct zone {
	str name;
	size_t transition_n;
	const int64_t *transition;
	const uint8_t *transition_type;
	const struct type *type;
	bool has_footer;
	bool has_summer;
	struct type standard; /* of the footer, as what follows */
	struct type summer;
	struct rule summer_begins;
	struct rule summer_ends;
};

/* Reading */

static bool
bad(struct err *err, str name, const char *what)
{
	return err_set(err, ERR_INVALID, "zone '%.*s': %s", STR_ARG(name), what);
}

static uint32_t
be32(const char *p)
{
	uint32_t value;
	memcpy(&value, p, sizeof(value));
	return __builtin_bswap32(value);
}

static uint64_t
be64(const char *p)
{
	uint64_t value;
	memcpy(&value, p, sizeof(value));
	return __builtin_bswap64(value);
}

struct header {
	char version;
	uint32_t isut_n, isstd_n, leap_n, transition_n, type_n, char_n;
};

/* Take the header and check that the block it announces is there. */
static bool
take_header(str *rest, size_t time_bytes, struct header *ret, size_t *ret_block)
{
	if (rest->n < HEADER_BYTES || !str_starts(*rest, STR("TZif")))
		return false;
	const char *p = rest->p;
	struct header h = {
		.version = p[4],
		.isut_n = be32(p + 20),
		.isstd_n = be32(p + 24),
		.leap_n = be32(p + 28),
		.transition_n = be32(p + 32),
		.type_n = be32(p + 36),
		.char_n = be32(p + 40),
	};
	*rest = str_drop(*rest, HEADER_BYTES);
	/* at most 2^32 * 12 each: no sum of these overflows */
	uint64_t block = (uint64_t)h.transition_n * (time_bytes + 1) +
	                 (uint64_t)h.type_n * TYPE_BYTES + h.char_n +
	                 (uint64_t)h.leap_n * (time_bytes + 4) + h.isstd_n + h.isut_n;
	if (block > rest->n)
		return false;
	*ret = h;
	*ret_block = (size_t)block;
	return true;
}

static bool
is_name_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '-';
}

static bool
is_abbreviation(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!is_name_char(s.p[i]))
			return false;
	}
	return s.n > 0;
}

static bool
read_types(struct arena *arena, struct zone *z, const struct header *h, str types,
    str chars, struct err *err)
{
	struct type *type = arena_try(arena, struct type, h->type_n);
	char *names = arena_try(arena, char, chars.n);
	if (type == NULL || names == NULL)
		return err_set(err, ERR_LIMIT, "zone '%.*s': no room", STR_ARG(z->name));
	memcpy(names, chars.p, chars.n);
	for (size_t i = 0; i < h->type_n; i++) {
		const char *p = types.p + i * TYPE_BYTES;
		type[i].offset = (int32_t)be32(p);
		size_t at = (uint8_t)p[5];
		if (type[i].offset < -ZONE_OFFSET_MAX || type[i].offset > ZONE_OFFSET_MAX)
			return bad(err, z->name, "offset out of range");
		if (at >= chars.n)
			return bad(err, z->name, "abbreviation out of range");
		struct str_cut cut = str_cut((str){ names + at, chars.n - at }, '\0');
		if (!cut.found || !is_abbreviation(cut.head))
			return bad(err, z->name, "malformed abbreviation");
		type[i].abbreviation = cut.head;
	}
	z->type = type;
	return true;
}

static bool
read_transitions(struct arena *arena, struct zone *z, const struct header *h, str times,
    str types, struct err *err)
{
	int64_t *at = arena_try(arena, int64_t, h->transition_n);
	uint8_t *type = arena_try(arena, uint8_t, h->transition_n);
	if (at == NULL || type == NULL)
		return err_set(err, ERR_LIMIT, "zone '%.*s': no room", STR_ARG(z->name));
	for (size_t i = 0; i < h->transition_n; i++) {
		at[i] = (int64_t)be64(times.p + i * sizeof(int64_t));
		type[i] = (uint8_t)types.p[i];
		if (i > 0 && at[i] <= at[i - 1])
			return bad(err, z->name, "transitions do not ascend");
		if (type[i] >= h->type_n)
			return bad(err, z->name, "transition to an unknown type");
	}
	z->transition = at;
	z->transition_type = type;
	z->transition_n = h->transition_n;
	return true;
}

/* Reading the footer: each take_ takes its part off the front of *s. */

static bool
take_char(str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = str_drop(*s, 1);
	return true;
}

static bool
take_number(str *s, unsigned max, unsigned *ret)
{
	size_t n = 0;
	while (n < s->n && n < 3 && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	uint64_t value;
	if (!str_u64(str_take(*s, n), max, &value))
		return false;
	*s = str_drop(*s, n);
	*ret = (unsigned)value;
	return true;
}

/* [+-]hh[:mm[:ss]] in seconds */
static bool
take_time(str *s, unsigned hours_max, int32_t *ret)
{
	bool negative = take_char(s, '-');
	if (!negative)
		(void)take_char(s, '+');
	unsigned hours, minutes = 0, seconds = 0;
	if (!take_number(s, hours_max, &hours))
		return false;
	if (take_char(s, ':')) {
		if (!take_number(s, 59, &minutes))
			return false;
		if (take_char(s, ':') && !take_number(s, 59, &seconds))
			return false;
	}
	int32_t value = (int32_t)(hours * HOUR_S + minutes * 60 + seconds);
	*ret = negative ? -value : value;
	return true;
}

/* A name and, when there is one, how far west it is. */
static bool
take_type(str *s, bool needs_offset, struct type *ret)
{
	str name;
	if (take_char(s, '<')) {
		struct str_cut cut = str_cut(*s, '>');
		if (!cut.found)
			return false;
		name = cut.head;
		*s = cut.tail;
	} else {
		size_t n = 0;
		while (n < s->n && is_name_char(s->p[n]) && (s->p[n] | 0x20) >= 'a')
			n++;
		name = str_take(*s, n);
		*s = str_drop(*s, n);
	}
	if (!is_abbreviation(name))
		return false;
	ret->abbreviation = name;
	int32_t west;
	bool has_offset = s->n > 0 && s->p[0] != ',';
	if (!has_offset)
		return !needs_offset;
	if (!take_time(s, 24, &west))
		return false;
	ret->offset = -west;
	return true;
}

static bool
take_rule(str *s, struct rule *ret)
{
	struct rule rule = { .time = 2 * HOUR_S };
	if (take_char(s, 'M')) {
		rule.kind = RULE_MONTH_WEEK;
		if (!take_number(s, 12, &rule.month) || rule.month == 0 ||
		    !take_char(s, '.') || !take_number(s, 5, &rule.week) ||
		    rule.week == 0 || !take_char(s, '.') || !take_number(s, 6, &rule.day))
			return false;
	} else if (take_char(s, 'J')) {
		rule.kind = RULE_JULIAN;
		if (!take_number(s, 365, &rule.day) || rule.day == 0)
			return false;
	} else {
		rule.kind = RULE_DAY;
		if (!take_number(s, 365, &rule.day))
			return false;
	}
	if (take_char(s, '/') && !take_time(s, RULE_TIME_MAX / HOUR_S, &rule.time))
		return false;
	*ret = rule;
	return true;
}

static bool
read_footer(struct arena *arena, struct zone *z, str text, struct err *err)
{
	if (text.n == 0)
		return true;
	char *copy = arena_try(arena, char, text.n);
	if (copy == NULL)
		return err_set(err, ERR_LIMIT, "zone '%.*s': no room", STR_ARG(z->name));
	memcpy(copy, text.p, text.n);
	str s = { copy, text.n };

	z->has_footer = true;
	if (!take_type(&s, true, &z->standard))
		return bad(err, z->name, "malformed rule for standard time");
	if (s.n == 0)
		return true;
	z->has_summer = true;
	z->summer.offset = z->standard.offset + HOUR_S;
	if (!take_type(&s, false, &z->summer))
		return bad(err, z->name, "malformed rule for summer time");
	if (!take_char(&s, ',') || !take_rule(&s, &z->summer_begins) ||
	    !take_char(&s, ',') || !take_rule(&s, &z->summer_ends) || s.n > 0)
		return bad(err, z->name, "malformed rule for the changes of the year");
	return true;
}

static bool
read_file(struct arena *arena, struct zone *z, str file, struct err *err)
{
	if (file.n > ZONE_FILE_MAX)
		return err_set(err, ERR_LIMIT, "zone '%.*s': over %d bytes",
		    STR_ARG(z->name), ZONE_FILE_MAX);
	struct header h;
	size_t block;
	if (!take_header(&file, 4, &h, &block))
		return bad(err, z->name, "not a TZif file");
	if (h.version < '2')
		return bad(err, z->name, "a TZif file of version 1, expected 2 or later");
	file = str_drop(file, block);
	if (!take_header(&file, 8, &h, &block))
		return bad(err, z->name, "the TZif file is cut short");
	if (h.transition_n > ZONE_TRANSITIONS_MAX)
		return err_set(err, ERR_LIMIT, "zone '%.*s': over %d transitions",
		    STR_ARG(z->name), ZONE_TRANSITIONS_MAX);
	if (h.leap_n > 0)
		return bad(err, z->name, "counts leap seconds");
	if (h.type_n == 0 || h.type_n > TYPES_MAX)
		return bad(err, z->name, "has no local time types, or too many");

	size_t times = (size_t)h.transition_n * sizeof(int64_t);
	size_t types_at = times + h.transition_n;
	size_t chars_at = types_at + (size_t)h.type_n * TYPE_BYTES;
	str body = str_take(file, block);
	str footer = str_drop(file, block);
	if (footer.n < 2 || footer.p[0] != '\n' || footer.p[footer.n - 1] != '\n')
		return bad(err, z->name, "the TZif file has no footer");
	return read_types(arena, z, &h, str_drop(body, types_at),
		   str_take(str_drop(body, chars_at), h.char_n), err) &&
	       read_transitions(arena, z, &h, body, str_drop(body, times), err) &&
	       read_footer(arena, z, str_take(str_drop(footer, 1), footer.n - 2), err);
}

bool
zone_parse(struct arena *arena, str name, str file, struct zone **ret, struct err *err)
{
	struct zone *z = arena_try(arena, struct zone, 1);
	char *copy = arena_try(arena, char, name.n);
	if (z == NULL || copy == NULL)
		return err_set(err, ERR_LIMIT, "zone '%.*s': no room", STR_ARG(name));
	memcpy(copy, name.n ? name.p : "", name.n);
	z->name = (str){ copy, name.n };
	if (!read_file(arena, z, file, err))
		return false;
	*ret = z;
	return true;
}

const struct zone *
zone_utc(void)
{
	static const struct type utc = { .offset = 0, .abbreviation = { "UTC", 3 } };
	static const struct zone zone = { .name = { "UTC", 3 }, .type = &utc };
	return &zone;
}

str
zone_name(const struct zone *zone)
{
	return zone->name;
}

/* Looking up */

/* The day of a year on which a rule falls, in days since 1970. */
static int64_t
rule_day(const struct rule *rule, int year)
{
	int64_t new_year = civil_days(year, 1, 1);
	bool leap = civil_days(year + 1, 1, 1) - new_year == 366;
	switch (rule->kind) {
	case RULE_JULIAN:
		return new_year + rule->day - 1 + (leap && rule->day >= 60);
	case RULE_DAY:
		return new_year + rule->day;
	case RULE_MONTH_WEEK:
		break;
	}
	int64_t first = civil_days(year, rule->month, 1);
	int64_t next = rule->month == 12 ? civil_days(year + 1, 1, 1)
	                                 : civil_days(year, rule->month + 1, 1);
	/* 1970-01-01 was a Thursday (4); weekdays of days before it are negative */
	int64_t weekday = ((first + 4) % 7 + 7) % 7;
	int64_t day = first + (rule->day + 7 - weekday) % 7 + 7 * ((int64_t)rule->week - 1);
	return day < next ? day : day - 7; /* the 5th means the last */
}

/* When summer time begins and ends by the rules of this year: UTC seconds. */
static void
changes(const struct zone *z, int year, int64_t *ret_begins, int64_t *ret_ends)
{
	*ret_begins = rule_day(&z->summer_begins, year) * DAY_S + z->summer_begins.time -
	              z->standard.offset;
	*ret_ends = rule_day(&z->summer_ends, year) * DAY_S + z->summer_ends.time -
	            z->summer.offset;
}

static int64_t
clamp(int64_t utc_s)
{
	return utc_s < FIRST_S ? FIRST_S : utc_s > LAST_S ? LAST_S : utc_s;
}

static int
year_of(int64_t utc_s)
{
	int year;
	unsigned month, day;
	utc_s = clamp(utc_s);
	int64_t days = utc_s / DAY_S - (utc_s % DAY_S < 0);
	civil_from_days(days, &year, &month, &day);
	return year;
}

/* By the footer: the type that the latest change up to now led to. A rule's time may lie
 * days outside its day, so the years on both sides count. */
static const struct type *
footer_type(const struct zone *z, int64_t utc_s)
{
	if (!z->has_summer)
		return &z->standard;
	int year = year_of(utc_s);
	int64_t latest = INT64_MIN;
	const struct type *type = &z->standard;
	for (int y = year - 1; y <= year + 1; y++) {
		int64_t begins, ends;
		changes(z, y, &begins, &ends);
		if (ends <= utc_s && ends > latest) {
			latest = ends;
			type = &z->standard;
		}
		/* where one summer ends as the next begins there is no winter */
		if (begins <= utc_s && begins >= latest) {
			latest = begins;
			type = &z->summer;
		}
	}
	return type;
}

/* How many transitions are at or before that instant. */
static size_t
passed(const struct zone *z, int64_t utc_s)
{
	size_t low = 0, high = z->transition_n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (z->transition[middle] <= utc_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct type *
type_at(const struct zone *z, int64_t utc_s)
{
	size_t n = passed(z, utc_s);
	if (n == z->transition_n && z->has_footer)
		return footer_type(z, utc_s);
	return n == 0 ? &z->type[0] : &z->type[z->transition_type[n - 1]];
}

int32_t
zone_offset(const struct zone *zone, int64_t utc_s)
{
	return type_at(zone, utc_s)->offset;
}

str
zone_abbreviation(const struct zone *zone, int64_t utc_s)
{
	return type_at(zone, utc_s)->abbreviation;
}

struct civil
zone_civil(const struct zone *zone, int64_t utc_s)
{
	utc_s = clamp(utc_s);
	int64_t local = clamp(utc_s + zone_offset(zone, utc_s));
	int64_t days = local / DAY_S - (local % DAY_S < 0);
	unsigned in_day = (unsigned)(local - days * DAY_S);
	struct civil c = {
		.hour = in_day / HOUR_S,
		.minute = in_day / 60 % 60,
		.second = in_day % 60,
		.weekday = (unsigned)(((days + 4) % 7 + 7) % 7),
	};
	civil_from_days(days, &c.year, &c.month, &c.day);
	return c;
}

int64_t
zone_change_after(const struct zone *zone, int64_t utc_s)
{
	size_t n = passed(zone, utc_s);
	if (n < zone->transition_n)
		return zone->transition[n];
	int64_t next = INT64_MAX;
	if (!zone->has_footer || !zone->has_summer)
		return next;
	int year = year_of(utc_s);
	for (int y = year - 1; y <= year + 2; y++) {
		int64_t begins, ends;
		changes(zone, y, &begins, &ends);
		if (begins > utc_s && begins < next)
			next = begins;
		if (ends > utc_s && ends < next)
			next = ends;
	}
	return next;
}

int64_t
zone_instant(const struct zone *zone, const struct civil *local, enum zone_side side)
{
	ASSERT(local->year >= 1);
	ASSERT(local->year <= YEAR_MAX);
	ASSERT(local->month >= 1);
	ASSERT(local->month <= 12);
	ASSERT(local->day >= 1);
	ASSERT(local->day <= 31);
	ASSERT(local->hour <= 24);
	ASSERT(local->minute < 60);
	ASSERT(local->second < 60);
	int64_t wanted =
	    civil_days(local->year, local->month, local->day) * DAY_S +
	    (int64_t)(local->hour * HOUR_S + local->minute * 60 + local->second);

	/* Walk the spans of one offset in which clocks could show this. Local time begins
	 * below it and ends above it, so it is shown in a span or skipped between two. */
	int64_t from = wanted - ZONE_OFFSET_MAX - 1;
	int64_t found = INT64_MAX, skipped = INT64_MAX;
	while (from <= wanted + ZONE_OFFSET_MAX) {
		int64_t to = zone_change_after(zone, from);
		int64_t at = wanted - zone_offset(zone, from);
		if (at >= from && at < to) {
			found = at;
			if (side == ZONE_START)
				break;
		}
		if (at >= to && wanted - zone_offset(zone, to) < to && skipped == INT64_MAX)
			skipped = to;
		from = to;
	}
	if (found == INT64_MAX)
		found = skipped;
	ASSERT(found != INT64_MAX);
	return found;
}
