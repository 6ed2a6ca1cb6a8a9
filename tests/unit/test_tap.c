#include "intake/tap.h"

#include "support/test.h"

static const struct tap mine = { .act = TAP_ACKNOWLEDGE,
	.incident = { 17 },
	.incident_n = 1,
	.notice = 42,
	.until_s = UINT64_C(1795456684),
	.person = { "ana.s", 5 } };

static void
tap__is_what_its_maker_said(void)
{
	struct buf text = BUF(TAP_BYTES_MAX);
	struct tap tap;
	tap_write(&text, &mine, STR("key"));
	EXPECT(str_starts(buf_str(&text), STR("acknowledge.17.42.1795456684.")));
	EXPECT(tap_read(buf_str(&text), STR("key"), &tap));
	EXPECT(tap.act == TAP_ACKNOWLEDGE && tap.incident_n == 1 && tap.incident[0] == 17 &&
	       tap.notice == 42);
	EXPECT_U64(tap.until_s, mine.until_s);
	EXPECT_STR(tap.person, STR("ana.s"));
	EXPECT(!tap_read(buf_str(&text), STR("other"), &tap));
	EXPECT(!tap_read(buf_str(&text), STR(""), &tap));
	buf_done(&text);
}

/* Its word is signed too: a yes is no no, and acknowledges nothing. */
static void
tap__says_whether_it_was_useful(void)
{
	static const struct {
		enum tap_act act;
		const char *begins;
	} acts[] = { { TAP_USEFUL, "useful.17.42." },
		{ TAP_USELESS, "not-useful.17.42." } };
	for (size_t i = 0; i < countof(acts); i++) {
		struct buf text = BUF(TAP_BYTES_MAX), other = BUF(TAP_BYTES_MAX);
		struct tap tap = mine;
		tap.act = acts[i].act;
		tap_write(&text, &tap, STR("key"));
		EXPECT(str_starts(buf_str(&text), str_of(acts[i].begins)));
		EXPECT(
		    tap_read(buf_str(&text), STR("key"), &tap) && tap.act == acts[i].act);
		buf_add(&other, STR("acknowledge"));
		buf_add(&other, str_drop(buf_str(&text), strlen(acts[i].begins) - 7));
		EXPECT(tap_peek(buf_str(&other), &tap));
		EXPECT(!tap_read(buf_str(&other), STR("key"), &tap));
		buf_done(&text);
		buf_done(&other);
	}
}

/* Of as many as one message may be about, with the longest of all else. */
static void
tap__is_of_many_incidents(void)
{
	char person[129];
	memset(person, 'p', sizeof(person));
	struct tap many = { .act = TAP_ACKNOWLEDGE,
		.incident_n = TAP_INCIDENTS_MAX,
		.notice = UINT64_MAX,
		.until_s = UINT64_MAX / SECOND,
		.person = { person, 128 } };
	for (unsigned i = 0; i < TAP_INCIDENTS_MAX; i++)
		many.incident[i] = UINT32_MAX - i;
	struct buf text = BUF(TAP_BYTES_MAX);
	struct tap tap;
	tap_write(&text, &many, STR("key"));
	EXPECT(!text.overflow);
	EXPECT(tap_read(buf_str(&text), STR("key"), &tap));
	EXPECT(tap.incident_n == TAP_INCIDENTS_MAX);
	EXPECT(tap.incident[TAP_INCIDENTS_MAX - 1] == UINT32_MAX - TAP_INCIDENTS_MAX + 1);
	buf_done(&text);
}

/* Each byte says something: none can be another. */
static void
tap__cannot_be_made_of_another(void)
{
	struct buf text = BUF(TAP_BYTES_MAX);
	tap_write(&text, &mine, STR("key"));
	for (size_t i = 0; i < text.n; i++) {
		static const char others[] = "0123456789abcdefxz.-";
		char was = text.p[i];
		for (size_t j = 0; others[j] != '\0'; j++) {
			struct tap tap;
			text.p[i] = others[j];
			if (others[j] != was)
				EXPECT(!tap_read(buf_str(&text), STR("key"), &tap));
		}
		text.p[i] = was;
	}
	buf_done(&text);
}

static void
tap__refuses_what_is_none(void)
{
	static const char *const rows[] = { "", "acknowledge", "resolve.17.42.1.",
		"acknowledge.0.42.1795456684.0123456789abcdef0123456789abcdef.ana",
		"acknowledge.17.42.1795456684.0123456789abcdef0123456789abcdef.",
		"acknowledge.17.42.1795456684.0123456789abcdef0123456789abcde.ana",
		"acknowledge.17.42.99999999999999999999.0123456789abcdef0123456789abcdef."
		"ana",
		"acknowledge.4294967296.42.1.0123456789abcdef0123456789abcdef.ana",
		"acknowledge.17-.42.1.0123456789abcdef0123456789abcdef.ana",
		"acknowledge.17--18.42.1.0123456789abcdef0123456789abcdef.ana",
		"acknowledge.17-0.42.1.0123456789abcdef0123456789abcdef.ana",
		"acknowledge.1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16-17-18-19-20-21.42.1."
		"0123456789abcdef0123456789abcdef.ana",
		"acknowledge.17.42.1795456684.0123456789abcdef0123456789abcdef.a/b" };
	struct tap tap;
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i];
		EXPECT(!tap_peek(str_of(rows[i]), &tap));
	}
	EXPECT(tap_peek(STR("acknowledge.17.42.1.0123456789abcdef0123456789abcdef.ana"),
	    &tap));
}

int
main(void)
{
	RUN(tap__is_what_its_maker_said);
	RUN(tap__says_whether_it_was_useful);
	RUN(tap__is_of_many_incidents);
	RUN(tap__cannot_be_made_of_another);
	RUN(tap__refuses_what_is_none);
	TEST_MAIN_END();
}
