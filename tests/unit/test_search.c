#include "intake/search.h"

#include "intake/state.h"
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
fire(size_t id)
{
	char texts[4][24];
	(void)snprintf(texts[0], sizeof(texts[0]), "id-%zu", id);
	(void)snprintf(texts[1], sizeof(texts[1]), "web-%zu", id % 7);
	(void)snprintf(texts[2], sizeof(texts[2]), "%zu", id % 50);
	struct pair labels[] = {
		{ STR("host"), str_of(texts[1]) },
		{ STR("id"), str_of(texts[0]) },
		{ STR("slice"), str_of(texts[2]) },
		{ STR("zone"), STR("eu") },
	};
	/* Some have no zone. */
	struct alert_body body = { .labels = { labels, id % 3 == 0 ? 3 : 4 } };
	struct buf text = BUF(WIRE_BODY_MAX), wire = BUF(WIRE_BODY_MAX * 2);
	record_encode(&alert_body_type, &body, &text);
	struct wire_parts parts = { 0 };
	EXPECT(wire_body_measure(buf_str(&text), &parts));
	struct wire_alert alert = { .body = buf_str(&text),
		.labels_bytes = parts.labels_bytes,
		/* few that differ, so that pages end between equal ones */
		.fingerprint = 1 + wire_fingerprint(buf_str(&text)) % 1500,
		.starts_wall = WALL - 1000,
		.ends_wall = WALL + HOUR };
	char *p = buf_room(&wire, WIRE_HEAD_BYTES);
	wire_put_head(p, &alert);
	wire.n += WIRE_HEAD_BYTES;
	buf_add(&wire, alert.body);
	struct arena arena = arena_over(memory, sizeof(memory));
	struct merge m =
	    intake_merge(intake, buf_str(&wire), STR("s"), AT, WALL, &next_alert, &arena);
	EXPECT(m.status == MERGE_OK && m.fired == 1);
	incident_id incident = 7;
	intake_settle(intake, &m.event, &incident);
	buf_done(&text);
	buf_done(&wire);
}

static void
drop(uint64_t number, incident_id incident)
{
	struct alert_end end = { number, incident };
	intake_expired(intake, &(struct alerts_expired){ .ends = { &end, 1 } });
}

static bool
is_match(const struct alert *alert, const struct label_matchers *matchers)
{
	static struct pair pair[LABELS_MAX];
	struct pairs labels = labels_of_body(alert->head, pair);
	return label_matchers_match(matchers, &labels);
}

/* All pages of a search, held against every alert there is. */
static void
expect_search(const char *text, size_t most)
{
	static char words[4096];
	static struct found found[ALERTS];
	static bool seen[ALERTS + 1];
	struct arena arena = arena_over(words, sizeof(words));
	struct label_matchers matchers = { .n = 0 };
	memset(seen, 0, sizeof(seen));
	test_row = text;
	EXPECT(label_matchers_add(&matchers, str_of(text), &arena));
	uint64_t above = 0, last = 0;
	size_t n = 0;
	bool more = true;
	while (more) {
		struct search search;
		search_begin(&search, &matchers, above, found, most);
		while (search_step(intake, &search))
			;
		search_end(&search);
		for (size_t i = 0; i < search.n; i++) {
			const struct alert *alert = intake_find(intake, found[i].number);
			EXPECT(alert != NULL && alert->fingerprint == found[i].fingerprint);
			EXPECT(
			    found[i].fingerprint >= last && found[i].fingerprint > above);
			EXPECT(is_match(alert, &matchers) && !seen[found[i].number]);
			seen[found[i].number] = true;
			last = found[i].fingerprint;
			n++;
		}
		more = search.more;
		above = last;
	}
	size_t want = 0;
	for (uint64_t number = 1; number < next_alert; number++) {
		const struct alert *alert = intake_find(intake, number);
		want += alert != NULL && is_match(alert, &matchers);
	}
	EXPECT_U64(n, want);
	label_matchers_done(&matchers);
	test_row = NULL;
}

static void
search__finds_what_matches_and_nothing_else(void)
{
	static const char *const texts[] = { "slice=7", "id=\"id-1234\"", "host!=web-3",
		"{host=web-1,slice=\"8\"}", "zone=\"\"", "zone!=\"\"", "nothing=x",
		"id=~\"id-1.*\"", "{host=~\"web-[12]\",zone=eu,slice!~\"1.\"}" };
	intake = intake_new(ALERTS, 64 << 20, 1);
	next_alert = 1;
	for (size_t id = 0; id < ALERTS - 1; id++)
		fire(id);
	for (size_t round = 0; round < 3; round++) {
		for (size_t i = 0; i < countof(texts); i++) {
			expect_search(texts[i], 50);
			expect_search(texts[i], ALERTS);
		}
		for (size_t i = 0; i < ALERTS / 4; i++) {
			const struct alert *alert =
			    intake_find(intake, 1 + below(next_alert - 1));
			if (alert != NULL)
				drop(alert->number, alert->incident);
		}
	}
	intake_check(intake);
	intake_free(intake);
}

static uint64_t
steps_of(const char *text, struct search *search, struct found *found,
    struct label_matchers *matchers)
{
	static char words[4096];
	struct arena arena = arena_over(words, sizeof(words));
	*matchers = (struct label_matchers){ .n = 0 };
	EXPECT(label_matchers_add(matchers, str_of(text), &arena));
	search_begin(search, matchers, 0, found, ALERTS);
	uint64_t steps = 1;
	for (uint64_t regexes = 0; search_step(intake, search); steps++) {
		/* Each may cost 100 us, where a step is to take no 2 ms. */
		EXPECT(search->scan.regexes - regexes <= 4 + matchers->n);
		regexes = search->scan.regexes;
	}
	return steps;
}

static void
search__takes_steps_by_what_they_cost(void)
{
	static struct found found[ALERTS];
	struct search search;
	struct label_matchers matchers;
	intake = intake_new(ALERTS, 64 << 20, 1);
	next_alert = 1;
	for (size_t id = 0; id < ALERTS - 1; id++)
		fire(id);
	EXPECT_U64(steps_of("nothing=x", &search, found, &matchers), 1);
	label_matchers_done(&matchers);
	EXPECT(steps_of("host!=x", &search, found, &matchers) > ALERTS / 100);
	label_matchers_done(&matchers);
	EXPECT(steps_of("id=~\"never\"", &search, found, &matchers) > ALERTS / 5);
	label_matchers_done(&matchers);
	/* Whether it matches is not known: so it ends. */
	(void)steps_of("id!~\"([^X]|[^Y]|[^x]|[^y]|[^V]|[^v]|[^!])+[XY]\"", &search, found,
	    &matchers);
	EXPECT(search.slot < ALERTS - 2);
	EXPECT(search.scan.exceeded);
	label_matchers_done(&matchers);
	intake_free(intake);
}

/* All that is there from its beginning to its end and matches is found, once. */
static void
expect_search_while_alerts_come_and_go(const char *text)
{
	static char words[4096];
	static struct found found[ALERTS];
	static bool there[8 * ALERTS];
	struct arena arena = arena_over(words, sizeof(words));
	struct label_matchers matchers = { .n = 0 };
	struct search search;
	test_row = text;
	EXPECT(label_matchers_add(&matchers, str_of(text), &arena));
	memset(there, 0, sizeof(there));
	uint64_t want = 0;
	for (uint64_t number = 1; number < next_alert; number++) {
		const struct alert *alert = intake_find(intake, number);
		there[number] = alert != NULL && is_match(alert, &matchers);
		want += there[number];
	}
	search_begin(&search, &matchers, 0, found, ALERTS);
	while (search_step(intake, &search)) {
		uint64_t number = 1 + below(next_alert - 1);
		const struct alert *alert = intake_find(intake, number);
		if (alert != NULL) {
			want -= there[number];
			there[number] = false;
			drop(alert->number, alert->incident);
		}
		if (intake_active(intake) < ALERTS - 1 && next_alert < countof(there))
			fire(10000 + (size_t)next_alert);
	}
	search_end(&search);
	EXPECT(!search.more);
	for (size_t i = 0; i < search.n; i++) {
		const struct alert *alert = intake_find(intake, found[i].number);
		EXPECT(i == 0 || found[i - 1].fingerprint <= found[i].fingerprint);
		EXPECT(alert == NULL || is_match(alert, &matchers));
		want -= there[found[i].number];
		there[found[i].number] = false; /* a second time would miss in `want` */
	}
	EXPECT_U64(want, 0);
	label_matchers_done(&matchers);
	test_row = NULL;
}

static void
search__finds_what_stays_while_others_come_and_go(void)
{
	static const char *const texts[] = { "slice=7", "host!=web-3", "zone=\"\"",
		"id=~\"id-1.*\"", "{}" };
	intake = intake_new(ALERTS, 64 << 20, 1);
	next_alert = 1;
	for (size_t id = 0; id < ALERTS - 1; id++)
		fire(id);
	for (size_t round = 0; round < 4; round++) {
		for (size_t i = 0; i < countof(texts); i++)
			expect_search_while_alerts_come_and_go(texts[i]);
	}
	intake_check(intake);
	intake_free(intake);
}

int
main(void)
{
	RUN(search__finds_what_matches_and_nothing_else);
	RUN(search__takes_steps_by_what_they_cost);
	RUN(search__finds_what_stays_while_others_come_and_go);
	TEST_MAIN_END();
}
