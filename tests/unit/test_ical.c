/* iCalendar by its letter: RFC 5545 for lines and texts; ical.js reads it in tests/e2e. */
#include "base/ical.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* 2026-11-23 13:12 UTC */

static void
ical__writes_events_in_utc(void)
{
	struct buf out = BUF(4096);
	ical_begin(&out, STR("ops, day"));
	ical_event(&out, &(struct ical_event){ .uid = STR("1@firstline"),
			     .stamp_wall = WALL,
			     .from_wall = WALL + HOUR,
			     .until_wall = WALL + DAY,
			     .summary = STR("ana; on duty"),
			     .description = STR("a\\b\nc\r\nd\x01\x80") });
	ical_end(&out);
	EXPECT_STR(buf_str(&out),
	    STR("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Firstline//Firstline//EN\r\n"
		"CALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\nNAME:ops\\, day\r\n"
		"X-WR-CALNAME:ops\\, day\r\n"
		"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\nBEGIN:"
		"VEVENT\r\nUID:1@firstline\r\n"
		"DTSTAMP:20261123T131200Z\r\nSEQUENCE:0\r\nDTSTART:20261123T141200Z\r\n"
		"DTEND:20261124T131200Z\r\nSUMMARY:ana\\; on duty\r\n"
		"DESCRIPTION:a\\\\b\\nc\\nd??\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n"
		"END:VCALENDAR\r\n"));
	buf_done(&out);
}

/* Whatever stands in front: no line over 75 octets, no character or escape cut, and
 * unfolded it is the text. */
static void
ical__folds_between_characters(void)
{
	static const char many[] = "\xc3\xa3\xe2\x82\xac\xf0\x9f\x94\xa5,a";
	char text[400];
	for (size_t lead = 0; lead < 90; lead++) {
		size_t n = 0;
		while (n < lead)
			text[n++] = 'x';
		while (n + sizeof(many) < sizeof(text)) {
			memcpy(text + n, many, sizeof(many) - 1);
			n += sizeof(many) - 1;
		}
		struct buf out = BUF(8192);
		ical_begin(&out, (str){ text, n });
		str all = buf_str(&out), rest = all;
		struct buf unfolded = BUF(8192);
		while (rest.n > 0) {
			size_t end = 0;
			while (end + 1 < rest.n &&
			       !(rest.p[end] == '\r' && rest.p[end + 1] == '\n'))
				end++;
			str line = str_take(rest, end);
			EXPECT(line.n <= 75);
			EXPECT(line.n < 4 || line.p[line.n - 1] != '\\');
			for (str s = line; s.n > 0;) {
				size_t bytes = str_utf8_char(s);
				EXPECT(bytes > 0);
				s = str_drop(s, bytes > 0 ? bytes : s.n);
			}
			bool goes_on = line.n > 0 && line.p[0] == ' ';
			buf_add(&unfolded, goes_on ? STR("") : STR("\n"));
			buf_add(&unfolded, goes_on ? str_drop(line, 1) : line);
			rest = str_drop(rest, end + 2);
		}
		struct buf want = BUF(8192);
		buf_add(&want, STR("\nNAME:"));
		for (size_t i = 0; i < n; i++) {
			if (text[i] == ',')
				buf_char(&want, '\\');
			buf_char(&want, text[i]);
		}
		buf_char(&want, '\n');
		EXPECT(str_contains(buf_str(&unfolded), buf_str(&want)));
		buf_done(&out);
		buf_done(&unfolded);
		buf_done(&want);
	}
}

int
main(void)
{
	RUN(ical__writes_events_in_utc);
	RUN(ical__folds_between_characters);
	TEST_MAIN_END();
}
