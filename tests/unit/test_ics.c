/* Time zones by the names that calendar programs give them. */
#include <assert.h>
#include <stdio.h>
#include <unistd.h>

#include "ics/ics.h"
#include "ics/parts.h"
#include "model/calendar_url.h"
#include "support/test.h"

static_assert(CALENDAR_BYTES_MAX == ICS_BYTES_MAX, "what is fetched can be read");

/* What an event of one hour in that zone becomes; in `memory`. */
static str
spelled(const char *zone, struct buf *out)
{
	struct arena_map map;
	struct arena arena = arena_map(&map, ICS_ARENA_BYTES);
	char text[512];
	(void)snprintf(text, sizeof(text),
	    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\n"
	    "DTSTART;TZID=%s:20261224T090000\r\nDTEND;TZID=%s:20261224T100000\r\n"
	    "END:VEVENT\r\nEND:VCALENDAR\r\n",
	    zone, zone);
	buf_reset(out);
	ics_read(str_of(text), &arena, out);
	arena_unmap(&map);
	return buf_str(out);
}

static void
ics__zones_have_the_names_of_the_database_or_of_windows(void)
{
	static const struct {
		const char *name, *zone;
	} rows[] = {
		{ "Europe/Lisbon", "Europe/Lisbon" },
		{ "/mozilla.org/20070129_1/Europe/Lisbon", "Europe/Lisbon" },
		{ "W. Europe Standard Time", "Europe/Berlin" },
		{ "\"W. Europe Standard Time\"", "Europe/Berlin" },
		{ "pacific standard time", "America/Los_Angeles" },
		{ "GMT Standard Time", "Europe/London" },
		{ "India Standard Time", "Asia/Kolkata" },
		{ "UTC-11", "Etc/GMT+11" }, /* signs are the other way round there */
		{ "Pacific Standard Time (Mexico)", "America/Tijuana" },
	};
	struct buf out = BUF(ICS_OUT_MAX);
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		char want[200];
		(void)snprintf(want, sizeof(want),
		    "event 3 20261224T090000 %s 20261224T100000 %s - x\n", rows[i].zone,
		    rows[i].zone);
		EXPECT(str_contains(spelled(rows[i].name, &out), str_of(want)));
	}
	test_row = NULL;
	EXPECT(
	    str_contains(spelled("Customized Time Zone", &out), STR("is not a time zone")));
	EXPECT(str_contains(spelled("W. Europe Standard Tim", &out),
	    STR("is not a time zone")));
	buf_done(&out);
}

/* Each name of Windows is of a zone that there is. */
static void
ics__every_name_of_windows_is_of_a_zone_of_the_database(void)
{
	static const char *const names[] = { "Dateline Standard Time",
		"Yukon Standard Time", "Greenland Standard Time", "FLE Standard Time",
		"Nepal Standard Time", "Central Asia Standard Time",
		"Myanmar Standard Time", "US Eastern Standard Time",
		"Argentina Standard Time", "UTC+13", "Line Islands Standard Time" };
	for (size_t i = 0; i < countof(names); i++) {
		str zone;
		char path[128];
		EXPECT(zone_of_windows(str_of(names[i]), &zone));
		(void)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.*s",
		    STR_ARG(zone));
		EXPECT(access(path, R_OK) == 0);
	}
}

int
main(void)
{
	RUN(ics__zones_have_the_names_of_the_database_or_of_windows);
	RUN(ics__every_name_of_windows_is_of_a_zone_of_the_database);
	TEST_MAIN_END();
}
