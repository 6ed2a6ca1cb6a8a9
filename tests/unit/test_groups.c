#include "intake/groups.h"

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
fire(const struct pairs *labels)
{
	struct alert_body body = { .labels = *labels };
	struct buf text = BUF(WIRE_BODY_MAX), wire = BUF(WIRE_BODY_MAX * 2);
	record_encode(&alert_body_type, &body, &text);
	struct wire_parts parts = { 0 };
	EXPECT(wire_body_measure(buf_str(&text), &parts));
	struct wire_alert alert = { .body = buf_str(&text),
		.labels_bytes = parts.labels_bytes,
		.fingerprint = wire_fingerprint(buf_str(&text)),
		.starts_wall = WALL - 1000,
		.ends_wall = WALL + HOUR };
	wire_put_head(buf_room(&wire, WIRE_HEAD_BYTES), &alert);
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

/* Each label is there or not, with few values; the id makes it one of its own. */
static void
fire_some(size_t id)
{
	static const char *const names[] = { "a", "alertname", "instance", "job", "z" };
	static const char *const values[] = { "x", "y", "xx", "é" };
	char text[24];
	struct pair pair[6];
	struct pairs labels = { pair, 0 };
	for (size_t i = 0; i < countof(names); i++) {
		if (below(3) > 0)
			pair[labels.n++] =
			    (struct pair){ str_of(names[i]), str_of(values[below(4)]) };
	}
	(void)snprintf(text, sizeof(text), "%zu", id);
	pair[labels.n++] = (struct pair){ STR("zz"), str_of(text) };
	fire(&labels);
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
	struct alert_end end = { number, 7 };
	intake_expired(intake, &(struct alerts_expired){ .ends = { &end, 1 } });
}

static struct pairs
labels_of(const struct alert *alert, struct pair *pair)
{
	return labels_of_body(alert->head, pair);
}

/* By alertname; a third of them are another owner's. */
static void
add(struct groups *groups, const struct alert *alert)
{
	static struct pair pair[LABELS_MAX];
	struct pairs labels = labels_of(alert, pair);
	str name = pairs_get(&labels, STR("alertname"));
	struct pair of = { STR("alertname"), name };
	struct pairs group = { &of, name.n > 0 };
	EXPECT(groups_add(groups, &group, alert->number % 3 == 0 ? STR("dba") : STR("ops"),
	    alert->number));
}

static void
add_all(struct groups *groups)
{
	struct label_matchers none = { .n = 0 };
	static struct search search;
	search_begin(&search, &none, 0, NULL, 0);
	size_t n = 0;
	do {
		const struct alert *alert;
		while ((alert = search_next(intake, &search)) != NULL) {
			add(groups, alert);
			n++;
		}
	} while (search.slot < search.end);
	EXPECT_U64(n, intake_active(intake));
}

/* What Alertmanager says of two alerts: "is this one before that one". */
static bool
is_before(const struct pairs *a, const struct pairs *b)
{
	static const char *const first[] = { "job", "instance" };
	for (size_t i = 0; i < countof(first); i++) {
		str x = pairs_get(a, str_of(first[i])), y = pairs_get(b, str_of(first[i]));
		if (x.n == 0 && y.n == 0)
			continue;
		if (x.n == 0 || y.n == 0)
			return y.n == 0;
		if (!str_eq(x, y))
			return str_cmp(x, y) < 0;
	}
	return groups_compare_labels(a, b) < 0;
}

static void
expect_order(struct groups *groups, size_t want, size_t drop_one_in)
{
	static bool seen[2 * ALERTS];
	memset(seen, 0, sizeof(seen));
	const struct group *group = NULL;
	static struct pair pair[2][LABELS_MAX];
	char last_text[4096];
	struct pairs last = { pair[0], 0 };
	size_t n = 0;
	uint64_t number;
	while (groups_step(groups, intake, &number)) {
		const struct alert *alert =
		    number != 0 ? intake_find(intake, number) : NULL;
		if (alert == NULL)
			continue;
		EXPECT(!seen[number]);
		seen[number] = true;
		const struct group *now = groups_now(groups);
		struct pairs labels = labels_of(alert, pair[1]);
		EXPECT(str_eq(pairs_get(&labels, STR("alertname")),
		    pairs_get(&now->labels, STR("alertname"))));
		EXPECT_STR(now->owner, number % 3 == 0 ? STR("dba") : STR("ops"));
		if (group != NULL && group != now) {
			int order = groups_compare_labels(&group->labels, &now->labels);
			EXPECT(order < 0 ||
			       (order == 0 && str_cmp(group->owner, now->owner) < 0));
		} else if (group == now) {
			EXPECT(is_before(&last, &labels));
		}
		group = now;
		struct arena arena = arena_over(last_text, sizeof(last_text));
		for (size_t i = 0; i < labels.n; i++)
			pair[0][i] = (struct pair){ arena_str(&arena, labels.p[i].name),
				arena_str(&arena, labels.p[i].value) };
		last.n = labels.n;
		arena_release(last_text, sizeof(last_text));
		n++;
		for (size_t i = 0; drop_one_in > 0 && i < 2; i++) {
			uint64_t some = 1 + below(next_alert - 1);
			if (below(drop_one_in) == 0 && intake_find(intake, some) != NULL) {
				drop(some);
				want -= !seen[some];
			}
		}
	}
	EXPECT_U64(n, want);
	EXPECT(!groups_step(groups, intake, &number) && number == 0);
}

static void
groups__come_in_alertmanagers_order(void)
{
	begin(ALERTS);
	struct groups *groups = groups_new(ALERTS, 5);
	add_all(groups);
	expect_order(groups, ALERTS, 0);
	EXPECT(groups_bytes(groups) < ALERTS * 16 + 131072);
	groups_free(groups);
	intake_free(intake);
}

static void
groups__stay_in_order_while_alerts_go(void)
{
	for (size_t round = 0; round < 10; round++) {
		begin(ALERTS / 4);
		struct groups *groups = groups_new(ALERTS, round);
		add_all(groups);
		expect_order(groups, ALERTS / 4, 1 + round);
		groups_free(groups);
		intake_check(intake);
		intake_free(intake);
	}
}

static void
groups__of_none_and_of_more_than_were_promised(void)
{
	begin(10);
	struct groups *groups = groups_new(10, 1);
	uint64_t number;
	EXPECT(!groups_step(groups, intake, &number));
	groups_free(groups);
	groups = groups_new(4, 1);
	add_all(groups);
	expect_order(groups, 4, 0);
	groups_free(groups);
	intake_free(intake);
}

static void
groups__have_a_limit(void)
{
	static char value[8192];
	memset(value, 'v', sizeof(value));
	struct pair pair = { STR("a"), { value, sizeof(value) } };
	struct pairs labels = { &pair, 1 };
	struct groups *groups = groups_new(20000, 1);
	size_t n = 0;
	for (;; n++) {
		memcpy(value, &n, sizeof(n));
		if (!groups_add(groups, &labels, STR("ops"), 1))
			break;
	}
	EXPECT(n > GROUPS_TEXT_MAX / (sizeof(value) + 200));
	EXPECT(groups_bytes(groups) > n * sizeof(value));
	groups_free(groups);
}

int
main(void)
{
	RUN(groups__come_in_alertmanagers_order);
	RUN(groups__stay_in_order_while_alerts_go);
	RUN(groups__of_none_and_of_more_than_were_promised);
	RUN(groups__have_a_limit);
	TEST_MAIN_END();
}
