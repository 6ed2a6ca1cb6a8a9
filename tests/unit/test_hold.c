/*
 * Silences and inhibition in intake: after every event each alert is held exactly when the
 * slow and obvious way says so, and a restart changes none of it.
 *
 *	test_hold [SEEDS [FIRST]]
 */
#include <stdlib.h>

#include "intake/state.h"
#include "support/test.h"

#define WALL UINT64_C(1795419163000)
#define AT (100 * DAY)
#define BATCH 64

static struct arena_map map;
static struct arena arena; /* of one test: never given back before its end */
static char memory[8 << 20];
static struct intake *intake;
static uint64_t next_alert;
static msec now;
static struct buf wire = { .max = 4 << 20 };

struct stored {
	uint64_t id;
	str body;
};

static struct silence_row silence_rows[32];
static size_t silence_n;
static struct inhibit_rule rules[4];
static size_t rule_n;
static struct stored packs[256];
static size_t pack_n;
static struct step steps[4096];
static size_t step_n;
static uint64_t seq, packs_seq;

static void
tell_silences(void)
{
	const struct silence_row *rows[32];
	for (size_t i = 0; i < silence_n; i++)
		rows[i] = &silence_rows[i];
	intake_silences(intake, rows, silence_n, WALL + now);
}

static void
begin(void)
{
	arena = arena_map(&map, (size_t)1 << 30);
	intake = intake_new(1000, 64 << 20, 42);
	next_alert = 1;
	now = 0;
	silence_n = rule_n = pack_n = step_n = 0;
	seq = packs_seq = 0;
}

static void
end(void)
{
	intake_check(intake);
	intake_free(intake);
	arena_unmap(&map);
}

/* ---- alerts ---- */

/* "name=value,name=value", names ascending. */
static struct pairs
pairs_of(const char *text)
{
	struct pairs pairs = { arena_new(&arena, struct pair, 16), 0 };
	for (str rest = str_of(text); rest.n > 0;) {
		struct str_cut item = str_cut(rest, ',');
		struct str_cut pair = str_cut(item.head, '=');
		pairs.p[pairs.n++] = (struct pair){ pair.head, pair.tail };
		rest = item.tail;
	}
	return pairs;
}

static void
put(const char *labels, bool firing)
{
	struct alert_body body = { .labels = pairs_of(labels), .url = STR("http://x") };
	struct buf text = BUF(WIRE_BODY_MAX);
	record_encode(&alert_body_type, &body, &text);
	struct wire_parts parts = { 0 };
	EXPECT(wire_body_measure(buf_str(&text), &parts));
	struct wire_alert alert = { .body = buf_str(&text),
		.labels_bytes = parts.labels_bytes,
		.fingerprint = wire_fingerprint(buf_str(&text)),
		.starts_wall = WALL + now,
		.ends_wall = firing ? WALL + now + DAY : WALL + now };
	char *p = buf_room(&wire, WIRE_HEAD_BYTES);
	wire_put_head(p, &alert);
	wire.n += WIRE_HEAD_BYTES;
	buf_add(&wire, alert.body);
	buf_done(&text);
}

/* As the engine and the core do: a held alert is in no incident. */
static void
settle(const struct alerts_changed *event)
{
	static incident_id incidents[ALERTS_PER_EVENT_MAX];
	const struct alert_change *changes = event->changes.p;
	for (size_t i = 0; i < event->changes.n; i++) {
		bool fires =
		    changes[i].kind == CHANGE_FIRED || changes[i].kind == CHANGE_RELEASED;
		incidents[i] = changes[i].held ? 0
		               : fires         ? (incident_id)(1 + changes[i].alert % 5)
		                               : changes[i].incident;
	}
	ASSERT(step_n < countof(steps));
	struct step *step = &steps[step_n++];
	*step =
	    (struct step){ .event = { .kind = EVENT_ALERTS_CHANGED, .wall = WALL + now },
		    .alert_n = event->changes.n };
	record_copy(event_type(EVENT_ALERTS_CHANGED), event, &arena,
	    &step->event.alerts_changed);
	incident_id *kept = arena_new(&arena, incident_id, event->changes.n);
	memcpy(kept, incidents, event->changes.n * sizeof(*kept));
	step->alert_incident = kept;
	seq++;
	intake_settle(intake, event, incidents);
	intake_check(intake);
}

static void
merge(void)
{
	struct arena scratch = arena_over(memory, sizeof(memory));
	str text = arena_str(&arena, buf_str(&wire));
	buf_reset(&wire);
	struct merge m = intake_merge(intake, text, STR("source:a"), AT + now, WALL + now,
	    &next_alert, &scratch);
	EXPECT(m.status == MERGE_OK);
	if (m.event.changes.n > 0)
		settle(&m.event);
}

/* How many alerts were held and released. */
struct moved {
	size_t held, released;
};

static struct moved
drain(size_t slice)
{
	struct moved moved = { 0 };
	while (intake_hold_waits(intake)) {
		struct arena scratch = arena_over(memory, sizeof(memory));
		struct alerts_changed event;
		if (!intake_hold(intake, WALL + now, slice, &scratch, &event))
			continue;
		const struct alert_change *changes = event.changes.p;
		for (size_t i = 0; i < event.changes.n; i++) {
			bool held = changes[i].kind == CHANGE_HELD;
			EXPECT(held == changes[i].held);
			EXPECT(held != (changes[i].body.n > 0));
			EXPECT(!held ||
			       (changes[i].silence != 0) != (changes[i].inhibitor != 0));
			moved.held += held ? 1 : 0;
			moved.released += held ? 0 : 1;
		}
		settle(&event);
	}
	return moved;
}

/* ---- the slow and obvious way ---- */

static bool
all_match(const struct records *matchers, const struct pairs *labels)
{
	const struct silence_matcher *m = matchers->p;
	for (size_t i = 0; i < matchers->n; i++) {
		struct label_matcher matcher;
		enum label_op op = label_op_of(m[i].regex, m[i].equal);
		ASSERT(label_matcher_make(op, m[i].name, m[i].value, &matcher));
		bool ok = label_matcher_match(&matcher, pairs_get(labels, m[i].name));
		label_matcher_done(&matcher);
		if (!ok)
			return false;
	}
	return true;
}

static struct pairs
labels_of_slot(uint32_t slot)
{
	return labels_of_body(intake->alert[slot].head,
	    arena_new(&arena, struct pair, 16)); /* small here */
}

static bool
inhibits(const struct inhibit_rule *rule, const struct pairs *source,
    const struct pairs *target)
{
	if (!all_match(&rule->source, source) || !all_match(&rule->target, target))
		return false;
	for (size_t i = 0; i < rule->equal.n; i++) {
		str name = rule->equal.p[i];
		if (!str_eq(pairs_get(source, name), pairs_get(target, name)))
			return false;
	}
	return !all_match(&rule->source, target) || !all_match(&rule->target, source);
}

static bool
is_held(uint32_t slot)
{
	struct pairs labels = labels_of_slot(slot);
	for (size_t i = 0; i < silence_n; i++) {
		if (silence_state(&silence_rows[i], WALL + now) == SILENCE_ACTIVE &&
		    all_match(&silence_rows[i].matchers, &labels))
			return true;
	}
	for (uint32_t other = 0; other < intake->slots_used; other++) {
		if (!alert_used(&intake->alert[other]) || other == slot)
			continue;
		struct pairs source = labels_of_slot(other);
		for (size_t i = 0; i < rule_n; i++) {
			if (inhibits(&rules[i], &source, &labels))
				return true;
		}
	}
	return false;
}

static void
check(void)
{
	for (uint32_t slot = 0; slot < intake->slots_used; slot++) {
		const struct alert *alert = &intake->alert[slot];
		if (!alert_used(alert))
			continue;
		bool held = is_held(slot);
		EXPECT(alert->held == held);
		EXPECT((alert->incident == 0) == held);
		struct holders holders;
		intake_holders(intake, alert, WALL + now, &holders);
		EXPECT((holders.silence_n + holders.inhibitor_n > 0) == held);
	}
}

static const struct alert *
alert_of(const char *labels)
{
	struct alert_body body = { .labels = pairs_of(labels) };
	struct buf text = BUF(WIRE_BODY_MAX);
	record_encode(&alert_body_type, &body, &text);
	uint64_t fingerprint = wire_fingerprint(buf_str(&text));
	buf_done(&text);
	const struct alert *found[1];
	size_t n = intake_list(intake, 0, fingerprint - 1, found, 1);
	ASSERT(n == 1 && found[0]->fingerprint == fingerprint);
	return found[0];
}

/* ---- silences and rules ---- */

/* "name=value", "name!=value", "name=~value", "name!~value", by commas */
static struct records
matchers_of(const char *text)
{
	struct label_matchers read = { .n = 0 };
	bool ok = label_matchers_add(&read, arena_str(&arena, str_of(text)), &arena);
	ASSERT(ok);
	struct silence_matcher *m = arena_new(&arena, struct silence_matcher, read.n);
	for (size_t i = 0; i < read.n; i++)
		m[i] = (struct silence_matcher){
			.name = read.item[i].name,
			.value = read.item[i].value,
			.regex = read.item[i].op == LABEL_MATCH ||
			         read.item[i].op == LABEL_NOT_MATCH,
			.equal = read.item[i].op == LABEL_EQUAL ||
			         read.item[i].op == LABEL_MATCH,
		};
	size_t n = read.n;
	label_matchers_done(&read);
	return (struct records){ m, n };
}

static void
silence(const char *matchers, msec from, msec until)
{
	size_t i = silence_n++;
	silence_rows[i] = (struct silence_row){ .id = 100 + i,
		.uuid = arena_printf(&arena, "uuid-%02zu", i),
		.matchers = matchers_of(matchers),
		.starts_wall = WALL + from,
		.ends_wall = WALL + until };
	tell_silences();
}

static void
rule(const char *source, const char *target, const char *equal)
{
	struct strs names = { arena_new(&arena, str, 8), 0 };
	for (str rest = str_of(equal); rest.n > 0;) {
		struct str_cut cut = str_cut(rest, ',');
		names.p[names.n++] = cut.head;
		rest = cut.tail;
	}
	rules[rule_n++] = (struct inhibit_rule){ .source = matchers_of(source),
		.target = matchers_of(target),
		.equal = names };
	intake_inhibit(intake, rules, rule_n);
}

static void
hold__costs_no_event_without_a_reason(void)
{
	begin();
	put("alertname=A", true);
	merge();
	EXPECT(!intake_hold_waits(intake));
	tell_silences();
	intake_inhibit(intake, rules, 0);
	EXPECT(!intake_hold_waits(intake));
	EXPECT_U64(intake_held(intake), 0);
	end();
}

static void
silence__holds_while_it_is_active(void)
{
	begin();
	put("alertname=A,job=db", true);
	put("alertname=B,job=db", true);
	merge();
	silence("alertname=A", MINUTE, HOUR);
	EXPECT_U64(drain(1).held, 0);
	now = MINUTE;
	tell_silences();
	EXPECT_U64(drain(1).held, 1);
	EXPECT(alert_of("alertname=A,job=db")->held);
	EXPECT(!alert_of("alertname=B,job=db")->held);
	put("alertname=A,job=web", true);
	merge();
	EXPECT(alert_of("alertname=A,job=web")->held);
	check();
	now = HOUR;
	tell_silences();
	EXPECT_U64(drain(100).released, 2);
	EXPECT_U64(intake_held(intake), 0);
	check();
	end();
}

static void
silence__is_found_among_many(void)
{
	begin();
	for (int i = 0; i < 20; i++) {
		char text[32];
		(void)snprintf(text, sizeof(text), "instance=%d", i);
		silence(text, 0, HOUR);
	}
	silence("job=~d.", 0, 2 * HOUR);
	put("instance=7,job=db", true);
	put("instance=21,job=db", true);
	put("instance=21,job=x", true);
	merge();
	check();
	struct holders holders;
	intake_holders(intake, alert_of("instance=7,job=db"), WALL, &holders);
	EXPECT_U64(holders.silence_n, 2);
	EXPECT_STR(holders.silence[0], STR("uuid-07"));
	EXPECT_STR(holders.silence[1], STR("uuid-20"));
	EXPECT(!alert_of("instance=21,job=x")->held);
	end();
}

static void
inhibition__needs_equal_labels_and_missing_is_empty(void)
{
	begin();
	rule("s=crit", "s=warn", "c");
	put("c=1,s=crit", true);
	put("c=1,s=warn", true);
	put("c=2,s=warn", true);
	put("s=warn", true);
	merge();
	check();
	EXPECT(alert_of("c=1,s=warn")->held);
	EXPECT(!alert_of("c=2,s=warn")->held);
	EXPECT(!alert_of("s=warn")->held);
	put("s=crit", true);
	merge();
	EXPECT_U64(drain(10).held, 1);
	EXPECT(alert_of("s=warn")->held);
	check();
	end();
}

static void
inhibition__lasts_until_the_last_source_is_gone(void)
{
	begin();
	rule("s=crit", "s=warn", "c");
	put("c=1,i=1,s=crit", true);
	put("c=1,i=2,s=crit", true);
	put("c=1,s=warn", true);
	merge();
	EXPECT(alert_of("c=1,s=warn")->held);
	put("c=1,i=1,s=crit", false);
	merge();
	EXPECT_U64(drain(10).released, 0);
	check();
	put("c=1,i=2,s=crit", false);
	merge();
	EXPECT_U64(drain(10).released, 1);
	check();
	end();
}

static void
inhibition__does_not_ask_for_an_order_in_the_batch(void)
{
	begin();
	rule("s=crit", "s=warn", "");
	put("s=warn", true);
	put("s=crit", true);
	merge();
	EXPECT(alert_of("s=warn")->held);
	EXPECT_U64(drain(10).held, 0);
	/* The source ends in the batch in which another target fires. */
	put("i=2,s=warn", true);
	put("s=crit", false);
	merge();
	EXPECT(!alert_of("i=2,s=warn")->held);
	EXPECT_U64(drain(10).released, 1);
	check();
	end();
}

static void
inhibition__of_itself_is_none(void)
{
	begin();
	rule("s=~.+", "s=~crit|warn", "");
	put("s=crit", true);
	put("s=warn", true);
	merge();
	(void)drain(10);
	check();
	EXPECT_U64(intake_held(intake), 0); /* both match both sides */
	put("s=info", true);
	merge();
	EXPECT_U64(drain(10).held, 2);
	check();
	end();
}

static void
inhibition__goes_on_while_the_source_is_held(void)
{
	begin();
	rule("s=crit", "s=warn", "");
	silence("s=crit", 0, HOUR);
	put("s=crit", true);
	put("s=warn", true);
	merge();
	EXPECT_U64(intake_held(intake), 2);
	check();
	end();
}

static void
expire(struct arena *scratch)
{
	struct alerts_expired event;
	if (!intake_sweep(intake, AT + now, 1000, scratch, &event))
		return;
	struct step *step = &steps[step_n++];
	*step =
	    (struct step){ .event = { .kind = EVENT_ALERTS_EXPIRED, .wall = WALL + now } };
	record_copy(event_type(EVENT_ALERTS_EXPIRED), &event, &arena,
	    &step->event.alerts_expired);
	seq++;
	intake_expired(intake, &event);
}

static void
inhibition__ends_when_the_source_expires(void)
{
	begin();
	rule("s=crit", "s=warn", "");
	put("s=crit", true);
	put("s=warn", true);
	merge();
	now = DAY - MINUTE;
	put("s=warn", true);
	merge();
	now = DAY;
	struct arena scratch = arena_over(memory, sizeof(memory));
	expire(&scratch);
	EXPECT_U64(intake_active(intake), 1);
	EXPECT_U64(drain(10).released, 1);
	check();
	end();
}

/* ---- restarts ---- */

static void
keep_packs(void)
{
	struct pack out[64];
	struct arena scratch = arena_over(memory, sizeof(memory));
	size_t n = intake_packs(intake, seq, out, countof(out), &scratch);
	for (size_t i = 0; i < n; i++) {
		size_t at = 0;
		while (at < pack_n && packs[at].id != out[i].id)
			at++;
		ASSERT(at < countof(packs));
		pack_n += at == pack_n ? 1 : 0;
		packs[at] = (struct stored){ out[i].id, arena_str(&arena, out[i].body) };
	}
	ASSERT(intake_packs_dirty(intake) == 0);
	packs_seq = seq;
	step_n = 0;
}

static void
restart(void)
{
	uint64_t held = intake_held(intake);
	intake_free(intake);
	intake = intake_new(1000, 64 << 20, 43);
	struct err err;
	for (size_t i = 0; i < pack_n; i++) {
		if (packs[i].body.n > 0)
			EXPECT(intake_load_pack(intake, packs[i].id, packs[i].body,
			    AT + now, &err));
	}
	for (size_t i = 0; i < step_n; i++)
		EXPECT(intake_apply(intake, packs_seq + 1 + i, &steps[i], AT + now, &err));
	(void)intake_packs_as_of(intake, seq);
	EXPECT_U64(intake_held(intake), held);
	intake_check(intake);
	tell_silences();
	intake_inhibit(intake, rules, rule_n);
}

static void
hold__survives_a_restart(void)
{
	begin();
	rule("s=crit", "s=warn", "c");
	silence("alertname=A", 0, HOUR);
	put("alertname=A,c=1,s=info", true);
	put("alertname=B,c=1,s=crit", true);
	put("alertname=B,c=1,s=warn", true);
	put("alertname=C,c=1,s=info", true);
	merge();
	EXPECT_U64(intake_held(intake), 2);
	keep_packs();
	restart();
	struct moved moved = drain(10);
	EXPECT_U64(moved.held + moved.released, 0);
	check();
	/* And with what only the journal knows. */
	silence("alertname=C", 0, HOUR);
	EXPECT_U64(drain(10).held, 1);
	put("alertname=B,c=1,s=crit", false);
	merge();
	EXPECT_U64(drain(10).released, 1);
	restart();
	moved = drain(10);
	EXPECT_U64(moved.held + moved.released, 0);
	EXPECT_U64(intake_held(intake), 2);
	check();
	end();
}

/* ---- anything, in any order ---- */

static uint64_t state;

static uint64_t
draw(uint64_t n)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (state >> 33) % n;
}

static const char *const patterns[] = { "a=1", "a=2", "a!=1", "a=~1|3", "a!~2|3", "b=1",
	"b=~.*", "b!=2", "c=", "c=~.+", "a=1,b=1", "a=2,c=1", "a=~[12],b!=1", "s=x", "s=y",
	"s=x,a=1", "s=~x|y" };

static void
one(void)
{
	char text[64];
	uint64_t kind = draw(100);
	if (kind < 55) {
		for (uint64_t n = 1 + draw(6); n > 0; n--) {
			uint64_t c = draw(3);
			(void)snprintf(text, sizeof(text), "a=%llu,b=%llu%s,s=%s",
			    (unsigned long long)(1 + draw(3)),
			    (unsigned long long)(1 + draw(3)),
			    c == 0   ? ""
			    : c == 1 ? ",c=1"
				     : ",c=2",
			    draw(2) == 0 ? "x" : "y");
			put(text, draw(3) > 0);
		}
		merge();
	} else if (kind < 70 && silence_n < 30) {
		msec from = now + draw(3) * HOUR;
		silence(patterns[draw(countof(patterns))], from, from + draw(4) * HOUR);
	} else if (kind < 75 && silence_n > 0) {
		silence_rows[draw(silence_n)].ends_wall = WALL + now;
		tell_silences();
	} else if (kind < 78) {
		if (rule_n == countof(rules))
			rule_n = 0;
		const char *equal[] = { "", "a", "a,b", "c" };
		rule(patterns[draw(countof(patterns))], patterns[draw(countof(patterns))],
		    equal[draw(4)]);
	} else if (kind < 88) {
		now += draw(2) * HOUR / 2 + MINUTE;
		tell_silences(); /* the engine's timer */
		struct arena scratch = arena_over(memory, sizeof(memory));
		expire(&scratch);
	} else if (kind < 92) {
		keep_packs();
	} else if (kind < 95) {
		restart();
	}
}

static void
hold__is_what_the_slow_way_says(uint64_t seed)
{
	static char name[32];
	(void)snprintf(name, sizeof(name), "seed %llu", (unsigned long long)seed);
	test_row = name;
	state = seed;
	begin();
	for (int i = 0; i < 200 && test_failures == 0; i++) {
		one();
		(void)drain(1 + draw(20));
		check();
	}
	end();
}

int
main(int argc, char **argv)
{
	RUN(hold__costs_no_event_without_a_reason);
	RUN(silence__holds_while_it_is_active);
	RUN(silence__is_found_among_many);
	RUN(inhibition__needs_equal_labels_and_missing_is_empty);
	RUN(inhibition__lasts_until_the_last_source_is_gone);
	RUN(inhibition__does_not_ask_for_an_order_in_the_batch);
	RUN(inhibition__of_itself_is_none);
	RUN(inhibition__goes_on_while_the_source_is_held);
	RUN(inhibition__ends_when_the_source_expires);
	RUN(hold__survives_a_restart);
	uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 12;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	for (uint64_t seed = first; seed < first + seeds && test_failures == 0; seed++)
		hold__is_what_the_slow_way_says(seed);
	TEST_MAIN_END();
}
