#include "facts/effect.h"

#include "support/fill.h"
#include "support/test.h"

#define STEPS (EVENT_KIND_COUNT - 1)
#define EFFECTS (EFFECT_KIND_COUNT - 1)
#define ENTRY_MAX (4u << 20)

static char memory[16 << 20];
static char more_memory[16 << 20];

/* A step for each kind of event; the first has an effect of each kind. */
static void
fill_steps(struct fill *fill, struct step *steps)
{
	for (unsigned i = 0; i < STEPS; i++) {
		struct step *step = &steps[i];
		*step =
		    (struct step){ .event = { .at = i, .wall = (msec)1795418302380 + i } };
		step->event.kind = (enum event_kind)(i + 1);
		fill_record(fill, event_type(step->event.kind), event_record(&step->event));
	}
	size_t n = steps[0].event.alerts_changed.changes.n;
	incident_id *incidents = arena_new(fill->arena, incident_id, n);
	for (size_t i = 0; i < n; i++)
		incidents[i] = (incident_id)i * 1000;
	steps[0].alert_incident = incidents;
	steps[0].alert_n = n;

	struct effects fx = { .arena = fill->arena };
	for (unsigned i = 1; i <= EFFECTS; i++) {
		struct effect *effect = effects_add(&fx, (enum effect_kind)i);
		fill_record(fill, effect_type(effect->kind), effect_record(effect));
	}
	steps[0].effect = fx.item;
	steps[0].effect_n = fx.n;
}

static void
encode(struct buf *out, const struct step *steps, size_t n)
{
	entry_begin(out, 42, n);
	for (size_t i = 0; i < n; i++)
		entry_step(out, &steps[i]);
	EXPECT(!out->overflow);
}

static void
expect_same_step(struct step *a, struct step *b)
{
	EXPECT(a->event.kind == b->event.kind);
	EXPECT_U64(a->event.at, b->event.at);
	EXPECT_U64(a->event.wall, b->event.wall);
	const struct record_type *type = event_type(a->event.kind);
	EXPECT(record_eq(type, event_record(&a->event), event_record(&b->event)));
	EXPECT(a->alert_n == b->alert_n && a->effect_n == b->effect_n);
	for (size_t i = 0; i < a->alert_n; i++)
		EXPECT_U64(a->alert_incident[i], b->alert_incident[i]);
	for (size_t i = 0; i < a->effect_n; i++) {
		struct effect left = a->effect[i], right = b->effect[i];
		EXPECT(left.kind == right.kind);
		EXPECT(record_eq(effect_type(left.kind), effect_record(&left),
		    effect_record(&right)));
	}
}

static void
entry__holds_every_kind_of_event_and_effect(void)
{
	for (unsigned round = 0; round < 8; round++) {
		struct arena arena = arena_over(memory, sizeof(memory));
		struct fill fill = { .seed = round, .arena = &arena, .fields_of_8 = 8 };
		struct step steps[STEPS];
		fill_steps(&fill, steps);
		struct buf once = BUF(ENTRY_MAX), twice = BUF(ENTRY_MAX);
		encode(&once, steps, STEPS);

		struct arena other = arena_over(more_memory, sizeof(more_memory));
		struct entry entry = { .seq = 0 };
		struct err err = { .text = "" };
		bool ok = entry_decode(buf_str(&once), &other, &entry, &err);
		EXPECT_STR(str_of(err.text), STR(""));
		EXPECT(ok && entry.seq == 42 && entry.step_n == STEPS);
		for (size_t i = 0; i < entry.step_n; i++)
			expect_same_step(&steps[i], &entry.step[i]);
		if (ok)
			encode(&twice, entry.step, entry.step_n);
		EXPECT(str_eq(buf_str(&once), buf_str(&twice)));
		buf_done(&once);
		buf_done(&twice);
	}
}

/* Written out: the form that every later version must read. */
static void
entry__form_is_for_ever(void)
{
	struct step step = { .event = { .kind = EVENT_STARTED, .at = 1, .wall = 2000 } };
	step.event.started = (struct started){ .epoch = 3, .engine = true };
	struct effect reply = { .kind = EFFECT_REPLY };
	reply.reply = (struct reply){ .request = 9, .status = 200, .error = STR("no") };
	step.effect = &reply;
	step.effect_n = 1;
	struct buf out = BUF(1000), hex = BUF(1000);
	encode(&out, &step, 1);
	buf_hex(&hex, buf_str(&out));
	EXPECT_STR(buf_str(&hex), STR("a201182a0281"
				      "a50101021907d0030a04a2010302f5"
				      "06818208a301090218c804626e6f"));
	buf_done(&out);
	buf_done(&hex);
}

static void
entry__an_adopted_configuration_has_no_model(void)
{
	const struct model *model = (const void *)memory;
	struct step step = { .event = { .kind = EVENT_CONFIG_ADOPTED } };
	step.event.config_adopted = (struct config_adopted){ { { 1 } }, model };
	struct buf out = BUF(1000);
	encode(&out, &step, 1);
	struct arena arena = arena_over(more_memory, sizeof(more_memory));
	struct entry entry = { .seq = 0 };
	struct err err;
	bool ok = entry_decode(buf_str(&out), &arena, &entry, &err);
	EXPECT(ok && entry.step->event.config_adopted.hash.b[0] == 1);
	EXPECT(ok && entry.step->event.config_adopted.model == NULL);
	buf_done(&out);
}

static void
entry__no_part_of_an_entry_is_an_entry(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct fill fill = { .seed = 3, .arena = &arena, .fields_of_8 = 4 };
	struct step steps[STEPS];
	fill_steps(&fill, steps);
	struct buf out = BUF(ENTRY_MAX);
	encode(&out, steps, STEPS);
	size_t accepted = 0;
	for (size_t n = 0; n < out.n; n += 1 + out.n / 2000) {
		struct arena other = arena_over(more_memory, 1 << 20);
		struct entry entry = { .seq = 7 };
		struct err err;
		accepted += entry_decode((str){ out.p, n }, &other, &entry, &err);
		EXPECT(entry.seq == 7);
	}
	EXPECT_U64(accepted, 0);
	buf_done(&out);
}

static void
entry__too_little_memory_is_an_error(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct fill fill = { .seed = 3, .arena = &arena, .fields_of_8 = 8 };
	struct step steps[STEPS];
	fill_steps(&fill, steps);
	struct buf out = BUF(ENTRY_MAX);
	encode(&out, steps, STEPS);
	bool ok = false;
	for (size_t size = 0; !ok && size < 1 << 20; size += 64 + size / 64) {
		struct arena small = arena_over(more_memory, size);
		struct entry entry;
		struct err err = { .kind = ERR_NONE };
		ok = entry_decode(buf_str(&out), &small, &entry, &err);
		EXPECT(ok || err.kind == ERR_LIMIT);
	}
	EXPECT(ok);
	buf_done(&out);
}

static void
entry__decoding_refuses_what_encoding_would_not_write(void)
{
	/* at 1, wall 1, time-passed, {} */
#define STEP_HEAD "010102010308"
	static const struct {
		const char *name;
		const char *hex;
		const char *message;
	} rows[] = {
		{ "fine", "a20101 0281 a4" STEP_HEAD "04a0", NULL },
		{ "not a map", "820101", "expected a map" },
		{ "no steps", "a10101", "not a sequence number and steps" },
		{ "number 0", "a20100 0281 a4" STEP_HEAD "04a0", "its number is 0" },
		{ "empty", "a20101 0280", "a list is empty" },
		{ "other keys", "a20101 0381 a4" STEP_HEAD "04a0",
		    "a key is unknown, missing or out of order" },
		{ "step without event", "a20101 0281 a3 010102010308",
		    "a step without its event" },
		{ "event of no kind", "a20101 0281 a4 01010201030004a0",
		    "unknown kind of event" },
		{ "event of unknown kind", "a20101 0281 a4 010102010318c804a0",
		    "unknown kind of event" },
		{ "unknown key", "a20101 0281 a5" STEP_HEAD "04a0 0700",
		    "a key is unknown or out of order" },
		{ "incidents of no alerts", "a20101 0281 a5" STEP_HEAD "04a0 058101",
		    "incidents do not match the alert changes" },
		{ "more incidents than changes",
		    "a20101 0281 a5 01010201030104a10281a0 05820101",
		    "incidents do not match the alert changes" },
		{ "as many: fine", "a20101 0281 a5 01010201030104a10281a0 058101", NULL },
		{ "incident over 32 bits",
		    "a20101 0281 a5 01010201030104a10281a0 05811b0000000100000000",
		    "an incident's number is out of range" },
		{ "no effects written", "a20101 0281 a5" STEP_HEAD "04a0 0680",
		    "a list is empty" },
		{ "effect of three", "a20101 0281 a5" STEP_HEAD "04a0 0681 830200a0",
		    "an effect is not [kind, record]" },
		{ "effect of unknown kind", "a20101 0281 a5" STEP_HEAD "04a0 0681 820aa0",
		    "unknown kind of effect" },
		{ "effects before incidents",
		    "a20101 0281 a6 01010201030104a10281a0 06818202a0 058101",
		    "a key is unknown or out of order" },
		{ "bytes after", "a20101 0281 a4" STEP_HEAD "04a0 00",
		    "bytes after the last item" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		char digits[200];
		uint8_t bytes[100];
		size_t n = 0;
		for (const char *p = rows[i].hex; *p != '\0'; p++)
			if (*p != ' ')
				digits[n++] = *p;
		bool hex = hex_decode((str){ digits, n }, bytes, n / 2);
		EXPECT(hex && n % 2 == 0);

		struct arena arena = arena_over(memory, 1 << 20);
		struct entry entry = { .seq = 0 };
		struct err err = { .text = "" };
		str in = { (const char *)bytes, n / 2 };
		bool ok = entry_decode(in, &arena, &entry, &err);
		EXPECT(ok == (rows[i].message == NULL));
		char want[200] = "";
		if (rows[i].message != NULL)
			(void)snprintf(want, sizeof(want), "journal entry: %s",
			    rows[i].message);
		EXPECT_STR(str_of(err.text), str_of(want));
	}
}

static void
entry__hashes_make_a_chain(void)
{
	const hash32 start = { { 0 } };
	hash32 first = entry_hash(&start, STR("entry"));
	hash32 direct = sha256(STR("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				   "entry"));
	EXPECT(hash32_eq(&first, &direct));
	hash32 second = entry_hash(&first, STR("entry"));
	EXPECT(!hash32_eq(&first, &second));
}

static void
effects__grow_and_keep_their_order(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct effects fx = { .arena = &arena };
	for (uint64_t i = 0; i < 1000; i++) {
		struct effect *effect = effects_add(&fx, EFFECT_STOP_ATTEMPT);
		EXPECT(effect->stop_attempt.attempt == 0);
		effect->stop_attempt.attempt = i;
	}
	EXPECT_U64(fx.n, 1000);
	for (uint64_t i = 0; i < fx.n; i++)
		EXPECT_U64(fx.item[i].stop_attempt.attempt, i);
}

int
main(void)
{
	RUN(entry__holds_every_kind_of_event_and_effect);
	RUN(entry__form_is_for_ever);
	RUN(entry__an_adopted_configuration_has_no_model);
	RUN(entry__no_part_of_an_entry_is_an_entry);
	RUN(entry__too_little_memory_is_an_error);
	RUN(entry__decoding_refuses_what_encoding_would_not_write);
	RUN(entry__hashes_make_a_chain);
	RUN(effects__grow_and_keep_their_order);
	TEST_MAIN_END();
}
