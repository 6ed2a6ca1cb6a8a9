#include "intake/tally.h"

#include <stdlib.h>

#include "intake/search.h"
#include "intake/wire.h"
#include "support/test.h"

#define ALERTS 3000
#define AT 1000000
#define WALL UINT64_C(1795419163000)

static struct intake *intake;
static char memory[INTAKE_MERGE_ROOM + 65536];
static uint64_t next_alert;
static uint64_t seed = 88172645463325252;

static uint64_t
below(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static void
fire(const struct pairs *labels, const struct pairs *annotations, msec starts, bool held)
{
	struct alert_body body = { .labels = *labels, .annotations = *annotations };
	struct buf text = BUF(WIRE_BODY_MAX), wire = BUF(WIRE_BODY_MAX * 2);
	record_encode(&alert_body_type, &body, &text);
	struct wire_parts parts = { 0 };
	EXPECT(wire_body_measure(buf_str(&text), &parts));
	struct wire_alert alert = { .body = buf_str(&text),
		.labels_bytes = parts.labels_bytes,
		.fingerprint = wire_fingerprint(buf_str(&text)),
		.starts_wall = starts,
		.ends_wall = WALL + HOUR };
	wire_put_head(buf_room(&wire, WIRE_HEAD_BYTES), &alert);
	wire.n += WIRE_HEAD_BYTES;
	buf_add(&wire, alert.body);
	struct arena arena = arena_over(memory, sizeof(memory));
	struct merge m =
	    intake_merge(intake, buf_str(&wire), STR("s"), AT, WALL, &next_alert, &arena);
	EXPECT(m.status == MERGE_OK && m.fired == 1);
	/* What holds it is another test's. */
	((struct alert_change *)m.event.changes.p)[0].held = held;
	incident_id incident = held ? 0 : 7;
	intake_settle(intake, &m.event, &incident);
	buf_done(&text);
	buf_done(&wire);
}

/* Each label is there or not, with few values; the id makes it one of its own. */
static void
fire_some(size_t id)
{
	static const char *const names[] = { "alertname", "env", "job", "service", "team" };
	static const char *const values[] = { "x", "y", "xx", "é" };
	char text[24];
	struct pair pair[6], said = { STR("summary"), STR("the Disk is full") };
	struct pairs labels = { pair, 0 }, annotations = { &said, below(2) };
	for (size_t i = 0; i < countof(names); i++) {
		/* env is nearly always the same: some groups share it */
		if (below(4) > 0)
			pair[labels.n++] = (struct pair){ str_of(names[i]),
				str_of(values[i == 1 ? below(40) == 0 : below(4)]) };
	}
	(void)snprintf(text, sizeof(text), "%zu", id);
	pair[labels.n++] = (struct pair){ STR("zz"), str_of(text) };
	fire(&labels, &annotations, WALL - 1 - below(100000), below(7) == 0);
}

static void
begin(size_t n)
{
	intake = intake_new(ALERTS + 1, 64 << 20, 1);
	next_alert = 1;
	for (size_t id = 0; id < n; id++)
		fire_some(id);
}

static void
drop(uint64_t number)
{
	const struct alert *alert = intake_find(intake, number);
	struct alert_end end = { number, alert->incident };
	intake_expired(intake, &(struct alerts_expired){ .ends = { &end, 1 } });
}

/* As if by its incident. */
static enum severity
severity_of(const struct alert *alert)
{
	return alert->held ? 0 : (enum severity)(1 + alert->number % 4);
}

static struct tally *
tally_of(const struct strs *by)
{
	struct tally *tally = tally_new(by, ALERTS + 1, 5);
	for (uint64_t number = 1; number < next_alert; number++) {
		const struct alert *alert = intake_find(intake, number);
		if (alert != NULL)
			EXPECT(tally_add(tally, alert, severity_of(alert)));
	}
	return tally;
}

/* ---- the slow twin: every question asked of every alert again ---- */

static struct pairs
labels_of(const struct alert *alert, struct pair *pair)
{
	return labels_of_body(alert->head, pair);
}

static bool
is_of(const struct alert *alert, const struct pairs *by)
{
	static struct pair pair[LABELS_MAX];
	struct pairs labels = labels_of(alert, pair);
	for (size_t i = 0; i < by->n; i++) {
		if (!str_eq(pairs_get(&labels, by->p[i].name), by->p[i].value))
			return false;
	}
	return true;
}

static bool
all_have(const struct pairs *by, str name, str value)
{
	static struct pair pair[LABELS_MAX];
	for (uint64_t number = 1; number < next_alert; number++) {
		const struct alert *alert = intake_find(intake, number);
		if (alert == NULL || !is_of(alert, by))
			continue;
		struct pairs labels = labels_of(alert, pair);
		if (!str_eq(pairs_get(&labels, name), value))
			return false;
	}
	return true;
}

static bool
is_by(const struct pairs *by, str name)
{
	for (size_t i = 0; i < by->n; i++) {
		if (str_eq(by->p[i].name, name))
			return true;
	}
	return false;
}

/* Of the alerts that are there. */
static void
expect_group(const struct tally_shown *shown, size_t first_max)
{
	static struct pair pair[LABELS_MAX];
	struct tally_count count = { 0 };
	msec oldest = UINT64_MAX, newest = 0;
	uint64_t lower = 0;
	const struct alert *any = NULL;
	for (uint64_t number = 1; number < next_alert; number++) {
		const struct alert *alert = intake_find(intake, number);
		if (alert == NULL || !is_of(alert, &shown->by))
			continue;
		any = alert;
		count.alerts++;
		count.held += alert->held;
		count.severity[severity_of(alert)]++;
		oldest = alert->starts_wall < oldest ? alert->starts_wall : oldest;
		newest = alert->starts_wall > newest ? alert->starts_wall : newest;
		lower += shown->first_n > 0 &&
		         alert->fingerprint <= shown->first_fingerprint[shown->first_n - 1];
	}
	EXPECT(memcmp(&count, &shown->count, sizeof(count)) == 0);
	EXPECT(oldest == shown->oldest && newest == shown->newest);
	EXPECT_U64(shown->first_n, count.alerts < first_max ? count.alerts : first_max);
	/* Nobody lower was left out, and they ascend. */
	EXPECT_U64(lower, shown->first_n);
	for (size_t i = 0; i < shown->first_n; i++) {
		const struct alert *alert = intake_find(intake, shown->first[i]);
		EXPECT(alert != NULL && is_of(alert, &shown->by));
		EXPECT(alert->fingerprint == shown->first_fingerprint[i]);
		EXPECT(i == 0 ||
		       shown->first_fingerprint[i - 1] < shown->first_fingerprint[i]);
	}
	EXPECT(any != NULL);
	struct pairs labels = labels_of(any, pair);
	size_t shared = 0;
	for (size_t i = 0; i < labels.n; i++) {
		static struct pair copy[1];
		copy[0] = labels.p[i];
		if (is_by(&shown->by, copy[0].name))
			continue;
		bool all = all_have(&shown->by, copy[0].name, copy[0].value);
		shared += all;
		EXPECT(str_eq(pairs_get(&shown->shared, copy[0].name),
		    all ? copy[0].value : STR("")));
	}
	EXPECT_U64(shown->shared.n, shared);
}

static unsigned
worst_of(const struct tally_count *count)
{
	unsigned worst = 1;
	while (worst < 5 && count->severity[worst] == 0)
		worst++;
	return worst;
}

/* Every page until the last; each alert is in one group. */
static void
expect_pages(const struct strs *by, size_t groups_max, size_t first_max)
{
	struct tally *tally = tally_of(by);
	struct tally_count all = tally_all(tally), before = { 0 };
	size_t groups = 0, alerts = 0;
	uint64_t after = 0;
	bool more = true;
	while (more) {
		struct tally_page *page =
		    tally_page_new(tally, after, groups_max, first_max);
		enum tally_news news;
		size_t n = 0;
		while ((news = tally_page_step(page, intake)) != TALLY_END) {
			if (news == TALLY_NOTHING)
				continue;
			const struct tally_shown *shown = tally_page_shown(page);
			EXPECT(shown->by.n == by->n && shown->place > after);
			for (size_t i = 0; i < by->n; i++)
				EXPECT(str_eq(shown->by.p[i].name, by->p[i]));
			expect_group(shown, first_max);
			/* The worst come first, of those the largest. */
			EXPECT(groups == 0 || worst_of(&before) < worst_of(&shown->count) ||
			       (worst_of(&before) == worst_of(&shown->count) &&
				   before.alerts >= shown->count.alerts));
			before = shown->count;
			after = shown->place;
			alerts += shown->count.alerts;
			groups++;
			n++;
		}
		more = tally_page_more(page);
		EXPECT(n == groups_max || !more);
		tally_page_free(page);
	}
	EXPECT_U64(groups, tally_groups(tally));
	EXPECT_U64(alerts, intake_active(intake));
	EXPECT_U64(all.alerts, intake_active(intake));
	tally_free(tally);
}

static void
tally__says_what_asking_every_alert_says(void)
{
	static str names[] = { { "alertname", 9 }, { "service", 7 }, { "zone", 4 } };
	begin(400);
	for (size_t round = 0; round < 20; round++) {
		/* One label, two, and one that none has. */
		size_t n = 1 + round % 3;
		expect_pages(&(struct strs){ names, n }, 1 + below(30), below(21));
		for (size_t i = 0; i < 15; i++) {
			uint64_t some = 1 + below(next_alert - 1);
			if (intake_find(intake, some) != NULL)
				drop(some);
			fire_some(1000 + 100 * round + i);
		}
	}
	intake_free(intake);
}

static void
tally__passes_over_what_is_gone_when_its_group_is_shown(void)
{
	static str names[] = { { "service", 7 } };
	begin(ALERTS);
	struct tally *tally = tally_of(&(struct strs){ names, 1 });
	struct tally_page *page = tally_page_new(tally, 0, 10, 5);
	enum tally_news news;
	size_t groups = 0;
	/* All but one of each third, while it looks. */
	uint64_t at = 1;
	while ((news = tally_page_step(page, intake)) != TALLY_END) {
		for (size_t i = 0; i < 200 && at < next_alert; i++, at++) {
			if (at % 3 != 0)
				drop(at);
		}
		if (news == TALLY_NOTHING)
			continue;
		const struct tally_shown *shown = tally_page_shown(page);
		for (size_t i = 0; i < shown->first_n; i++)
			EXPECT(shown->first_fingerprint[i] > 0);
		EXPECT(shown->count.alerts >= shown->first_n && shown->first_n > 0);
		groups++;
	}
	EXPECT_U64(groups, 5); /* four values, and none */
	tally_page_free(page);

	/* A group of which nothing is left is none. */
	for (uint64_t number = 1; number < next_alert; number++) {
		if (intake_find(intake, number) != NULL)
			drop(number);
	}
	page = tally_page_new(tally, 0, 10, 5);
	while ((news = tally_page_step(page, intake)) != TALLY_END)
		EXPECT(news == TALLY_NOTHING);
	EXPECT(!tally_page_more(page));
	tally_page_free(page);
	tally_free(tally);
	intake_free(intake);
}

static void
tally__takes_little_memory_for_many_groups(void)
{
	static str names[] = { { "zz", 2 } };
	begin(ALERTS);
	struct tally *tally = tally_of(&(struct strs){ names, 1 });
	EXPECT_U64(tally_groups(tally), ALERTS);
	EXPECT(tally_bytes(tally) < ALERTS * 128 + 65536);
	expect_pages(&(struct strs){ names, 1 }, TALLY_PAGE_GROUPS_MAX, 1);
	tally_free(tally);
	intake_free(intake);
}

/* ---- what is searched for ---- */

static size_t
found(const char *text, enum search_held held, const char *matcher)
{
	static char words[256];
	struct arena arena = arena_over(words, sizeof(words));
	struct label_matchers matchers = { .n = 0 };
	struct needle needle;
	static struct search search;
	size_t n = 0;
	EXPECT(needle_read(str_of(text), &needle) == NULL);
	if (matcher != NULL)
		EXPECT(label_matchers_add(&matchers, str_of(matcher), &arena));
	search_begin(&search, &matchers, 0, NULL, 0);
	search_narrow(&search, &needle, held);
	do {
		while (search_next(intake, &search) != NULL)
			n++;
	} while (search.slot < search.end);
	label_matchers_done(&matchers);
	arena_release(words, sizeof(words));
	return n;
}

static void
fire_one(const char *name, const char *summary, bool held)
{
	struct pair label = { STR("alertname"), str_of(name) };
	struct pair said = { STR("summary"), str_of(summary) };
	struct pairs labels = { &label, 1 }, annotations = { &said, summary[0] != 0 };
	fire(&labels, &annotations, WALL - 1, held);
}

static void
needle__is_found_in_values_whatever_its_case(void)
{
	intake = intake_new(ALERTS, 64 << 20, 1);
	next_alert = 1;
	fire_one("DiskFull", "no room on Orders-DB", false);
	fire_one("DiskSlow", "", false);
	fire_one("cfoo", "über 90 %", true);
	static const struct {
		const char *text;
		size_t n;
	} rows[] = {
		{ "", 3 },
		{ "disk", 2 },
		{ "DISK", 2 },
		{ "disk orders", 1 },
		{ "  orders   no  ", 1 },
		{ "disk foo", 0 },  /* not in one alert */
		{ "alertname", 0 }, /* names are none of it */
		{ "cdisk", 0 },     /* nor what stands between two values */
		{ "hDiskFull", 0 },
		{ "fullno", 0 },
		{ "ber 90", 1 },
		{ "über", 1 },
		{ "ÜBER", 0 }, /* only A to Z */
		{ "orders-db", 1 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].text;
		EXPECT_U64(found(rows[i].text, SEARCH_ANY, NULL), rows[i].n);
	}
	test_row = NULL;
	EXPECT_U64(found("disk", SEARCH_ANY, "alertname=~\".*Slow\""), 1);
	EXPECT_U64(found("", SEARCH_HELD, NULL), 1);
	EXPECT_U64(found("", SEARCH_ACTIVE, NULL), 2);
	EXPECT_U64(found("disk", SEARCH_HELD, NULL), 0);
	intake_free(intake);
}

static void
needle__has_limits(void)
{
	char text[NEEDLE_BYTES_MAX + 2];
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	struct needle needle = { .n = 77 };
	EXPECT(needle_read(str_of(text), &needle) != NULL);
	EXPECT(needle_read(STR("a b c d e f g h i"), &needle) != NULL);
	EXPECT(needle.n == 77); /* untouched */
	EXPECT(needle_read(STR("a b c d e f g h "), &needle) == NULL && needle.n == 8);
	text[NEEDLE_BYTES_MAX] = 0;
	EXPECT(needle_read(str_of(text), &needle) == NULL && needle.n == 1);
}

int
main(void)
{
	RUN(tally__says_what_asking_every_alert_says);
	RUN(tally__passes_over_what_is_gone_when_its_group_is_shown);
	RUN(tally__takes_little_memory_for_many_groups);
	RUN(needle__is_found_in_values_whatever_its_case);
	RUN(needle__has_limits);
	TEST_MAIN_END();
}
