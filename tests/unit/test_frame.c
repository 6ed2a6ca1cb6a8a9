#include "facts/frame.h"

#include "support/fill.h"
#include "support/test.h"

static char memory[4 << 20];

static void
frame__heads_are_little_endian(void)
{
	struct buf out = BUF(1000);
	size_t begin = frame_begin(&out, FRAME_RESULT, UINT64_C(0x1122334455667788));
	buf_add(&out, STR("abc"));
	frame_end(&out, begin);
	EXPECT_STR(buf_str(&out), STR("\x03\0\0\0\x06\0\0\0\x88\x77\x66\x55\x44\x33\x22\x11"
				      "abc"));
	buf_done(&out);
}

/* However the bytes arrive, the same frames come out. */
static void
frame__may_arrive_in_any_pieces(void)
{
	struct buf out = BUF(1000);
	const struct epoch_frame epoch = { .epoch = 7 };
	frame_record(&out, FRAME_EPOCH, 1, &epoch_frame_type, &epoch);
	size_t first = out.n;
	frame_end(&out, frame_begin(&out, FRAME_STOP, 2));
	size_t second = out.n;

	for (size_t n = 0; n <= out.n; n++) {
		str in = { out.p, n };
		struct frame frame = { .kind = FRAME_LOG };
		enum frame_status status = frame_cut(&in, &frame);
		EXPECT(status == (n < first ? FRAME_PARTIAL : FRAME_WHOLE));
		if (status == FRAME_PARTIAL) {
			EXPECT(in.n == n && frame.kind == FRAME_LOG);
			continue;
		}
		EXPECT(frame.kind == FRAME_EPOCH && frame.id == 1 && frame.fd == -1);
		EXPECT_U64(frame.payload.n, first - FRAME_HEAD_BYTES);
		status = frame_cut(&in, &frame);
		EXPECT(status == (n < second ? FRAME_PARTIAL : FRAME_WHOLE));
		if (status == FRAME_WHOLE)
			EXPECT(frame.kind == FRAME_STOP && frame.payload.n == 0);
	}
	buf_done(&out);
}

static void
frame__bad_heads_are_refused_before_their_payload_comes(void)
{
	static const struct {
		const char *name;
		const char head[FRAME_HEAD_BYTES + 1];
		enum frame_status status;
	} rows[] = {
		{ "fine", "\0\0\0\0\x01\0\0\0........", FRAME_WHOLE },
		{ "stop", "\0\0\0\0\x0f\0\0\0........", FRAME_WHOLE },
		{ "kind 0", "\0\0\0\0\0\0\0\0........", FRAME_BAD },
		{ "no such kind", "\0\0\0\0\xee\0\0\0........", FRAME_BAD },
		{ "kind in the high byte", "\0\0\0\0\x01\x01\0\0........", FRAME_BAD },
		{ "zero is not", "\0\0\0\0\x01\0\x01\0........", FRAME_BAD },
		{ "the longest", "\0\0\x80\x01\x01\0\0\0........", FRAME_PARTIAL },
		{ "one longer", "\x01\0\x80\x01\x01\0\0\0........", FRAME_BAD },
		{ "much longer", "\xff\xff\xff\xff\x01\0\0\0........", FRAME_BAD },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		str in = { rows[i].head, FRAME_HEAD_BYTES };
		struct frame frame;
		EXPECT(frame_cut(&in, &frame) == rows[i].status);
	}
}

static void
frame__one_that_does_not_fit_is_taken_back_whole(void)
{
	struct buf out = BUF(100);
	const struct log_frame small = { .level = LOG_INFO, .text = STR("ready") };
	static char text[200];
	memset(text, 'x', sizeof(text));
	const struct log_frame large = { .level = LOG_INFO,
		.text = { text, sizeof(text) } };
	frame_record(&out, FRAME_LOG, 1, &log_frame_type, &small);
	size_t whole = out.n;
	EXPECT(!out.overflow);
	frame_record(&out, FRAME_LOG, 2, &log_frame_type, &large);
	EXPECT(out.overflow);
	EXPECT_U64(out.n, whole);
	buf_done(&out);

	out = BUF(FRAME_PAYLOAD_MAX + 1000);
	size_t begin = frame_begin(&out, FRAME_ALERTS, 1);
	char *room = buf_room(&out, FRAME_PAYLOAD_MAX + 1);
	EXPECT(room != NULL);
	out.n += FRAME_PAYLOAD_MAX;
	frame_end(&out, begin);
	EXPECT(!out.overflow && out.n == FRAME_HEAD_BYTES + FRAME_PAYLOAD_MAX);
	out.n++;
	frame_end(&out, begin);
	EXPECT(out.overflow && out.n == 0);
	buf_done(&out);
}

static void
frame__items_know_their_type(void)
{
	EXPECT(item_body_type(&(struct item){ .table = TABLE_RUN }) == &run_row_type);
	EXPECT(item_body_type(&(struct item){ .table = TABLE_ALERTS }) == NULL);
	EXPECT(item_body_type(&(struct item){ .kind = ITEM_CAN }) == &can_item_type);
	EXPECT(item_body_type(&(struct item){ .kind = ITEM_PLAN + 1 }) == NULL);
	EXPECT(item_body_type(&(struct item){ .kind = 0 }) == NULL);
	EXPECT(item_body_type(&(struct item){ .kind = UINT32_MAX }) == NULL);
}

/* ---- orders and results ---- */

static void
order__only_what_is_for_hands_travels(void)
{
	for (unsigned kind = 0; kind <= EFFECT_KIND_COUNT; kind++) {
		bool travels = kind >= EFFECT_START_ATTEMPT && kind <= EFFECT_FILE_HANDOFF;
		struct buf out = BUF(1 << 20);
		struct arena arena = arena_over(memory, sizeof(memory));
		struct fill fill = { .seed = kind, .arena = &arena, .fields_of_8 = 8 };
		struct effect effect = { .kind = travels ? (enum effect_kind)kind
			                                 : EFFECT_PROBE };
		const struct record_type *type = effect_type(effect.kind);
		fill_record(&fill, type, effect_record(&effect));
		order_encode(&out, &effect);
		out.p[1] = (char)kind;

		struct effect back;
		struct err err = { .text = "" };
		bool ok = order_decode(buf_str(&out), &arena, &back, &err);
		EXPECT(ok == travels);
		if (ok)
			EXPECT(
			    back.kind == effect.kind &&
			    record_eq(type, effect_record(&effect), effect_record(&back)));
		buf_char(&out, '\0');
		EXPECT(!order_decode(buf_str(&out), &arena, &back, &err));
		buf_done(&out);
	}
}

static void
result__only_what_hands_may_say_travels(void)
{
	for (unsigned kind = 0; kind <= EVENT_KIND_COUNT; kind++) {
		bool travels = kind >= EVENT_ATTEMPT_RESULT && kind <= EVENT_HANDOFF_RESULT;
		struct buf out = BUF(1 << 20);
		struct arena arena = arena_over(memory, sizeof(memory));
		struct fill fill = { .seed = kind, .arena = &arena, .fields_of_8 = 8 };
		struct event event = { .kind = travels ? (enum event_kind)kind
			                               : EVENT_PROBE_RESULT };
		const struct record_type *type = event_type(event.kind);
		fill_record(&fill, type, event_record(&event));
		result_encode(&out, &event);
		out.p[1] = (char)kind;

		struct event back = { .at = 5 };
		struct err err = { .text = "" };
		bool ok = result_decode(buf_str(&out), &arena, &back, &err);
		EXPECT(ok == travels);
		if (ok)
			EXPECT(back.kind == event.kind && back.at == 0 && back.wall == 0 &&
			       record_eq(type, event_record(&event), event_record(&back)));
		buf_char(&out, '\0');
		EXPECT(!result_decode(buf_str(&out), &arena, &back, &err));
		buf_done(&out);
	}
}

static void
result__of_firstline_hands_tells_what_is_its_own(void)
{
	static const struct {
		enum self_kind kind;
		const char *subject;
		bool travels;
	} rows[] = {
		{ SELF_SANDBOX_GAP, "worker", true },
		{ SELF_DAMAGED, HANDS_DAMAGED, true },
		{ SELF_DAMAGED, "incident", false },
		{ SELF_ROLE_DIED, HANDS_DAMAGED, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct buf out = BUF(1 << 12);
		struct arena arena = arena_over(memory, sizeof(memory));
		struct event back, event = { .kind = EVENT_SELF };
		struct err err = { .text = "" };
		event.self = (struct self){ .kind = rows[i].kind,
			.subject = str_of(rows[i].subject),
			.text = STR("why") };
		result_encode(&out, &event);
		EXPECT(
		    result_decode(buf_str(&out), &arena, &back, &err) == rows[i].travels);
		EXPECT_STR(str_of(err.text),
		    rows[i].travels ? STR("")
				    : STR("result: that is not for hands to say"));
		buf_done(&out);
	}
}

static void
order__refusals_say_why(void)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *message;
	} rows[] = {
		{ "", 0, "order: unexpected end" },
		{ "\xa0", 1, "order: expected an array" },
		{ "\x81\x05", 2, "order: not [kind, record]" },
		{ "\x82\x00\xa0", 3, "order: unknown kind" },
		{ "\x82\x09\xa0", 3, "order: 'append-timeline' is not for hands" },
		{ "\x82\x02\x80", 3, "attempt-ref: expected a map" },
		{ "\x82\x02\xa0\xa0", 4, "order: bytes after the last item" },
		{ "\x82\x02\xa0", 3, "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].message;
		struct arena arena = arena_over(memory, sizeof(memory));
		struct effect effect;
		struct err err = { .text = "" };
		str bytes = { rows[i].bytes, rows[i].n };
		bool ok = order_decode(bytes, &arena, &effect, &err);
		EXPECT(ok == (rows[i].message[0] == '\0'));
		EXPECT_STR(str_of(err.text), str_of(rows[i].message));
	}
}

int
main(void)
{
	RUN(frame__heads_are_little_endian);
	RUN(frame__may_arrive_in_any_pieces);
	RUN(frame__bad_heads_are_refused_before_their_payload_comes);
	RUN(frame__one_that_does_not_fit_is_taken_back_whole);
	RUN(frame__items_know_their_type);
	RUN(order__only_what_is_for_hands_travels);
	RUN(result__only_what_hands_may_say_travels);
	RUN(result__of_firstline_hands_tells_what_is_its_own);
	RUN(order__refusals_say_why);
	TEST_MAIN_END();
}
