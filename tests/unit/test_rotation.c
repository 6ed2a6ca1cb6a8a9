#include "model/model.h"
#include "support/test.h"

static char memory[1 << 20];
static const struct person ana = { .id = { "ana", 3 } };
static const struct person piotr = { .id = { "piotr", 5 } };
static const struct person mei = { .id = { "mei", 3 } };
static const struct person *people[] = { &ana, &piotr, &mei };

static const struct zone *
zone(const char *name)
{
	static char bytes[ZONE_FILE_MAX];
	char path[128];
	(void)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	FILE *f = fopen(path, "rb");
	EXPECT(f != NULL);
	size_t n = f ? fread(bytes, 1, sizeof(bytes), f) : 0;
	if (f != NULL)
		(void)fclose(f);
	struct arena arena = arena_over(memory, sizeof(memory));
	struct zone *ret = NULL;
	struct err err;
	EXPECT(zone_parse(&arena, str_of(name), (str){ bytes, n }, &ret, &err));
	return ret;
}

/* Monday 09:00, weekly, ana first on 2024-01-01. */
static struct rotation
weekly(uint32_t weeks)
{
	return (struct rotation){
		.people = people,
		.people_n = countof(people),
		.weeks = weeks,
		.handover_weekday = 1,
		.handover_minute = 9 * 60,
		.anchor_days = civil_days(2024, 1, 1),
	};
}

static msec
utc(int year, unsigned month, unsigned day, unsigned hour, unsigned minute)
{
	return (msec)civil_days(year, month, day) * DAY + hour * HOUR + minute * MINUTE;
}

static void
rotation__hands_over_at_the_local_time(void)
{
	struct rotation r = weekly(1);
	const struct zone *lisbon = zone("Europe/Lisbon");
	EXPECT_STR(rotation_at(&r, lisbon, utc(2024, 1, 1, 9, 0)).person->id, STR("ana"));
	EXPECT_STR(rotation_at(&r, lisbon, utc(2024, 1, 1, 8, 59)).person->id, STR("mei"));
	EXPECT_STR(rotation_at(&r, lisbon, utc(2024, 1, 8, 9, 0)).person->id, STR("piotr"));
	EXPECT_STR(rotation_at(&r, lisbon, utc(2024, 1, 15, 9, 0)).person->id, STR("mei"));
	EXPECT_STR(rotation_at(&r, lisbon, utc(2024, 1, 22, 9, 0)).person->id, STR("ana"));
	EXPECT_STR(rotation_at(&r, lisbon, utc(2023, 12, 18, 9, 0)).person->id,
	    STR("piotr"));
	/* In summer nine o'clock in Lisbon is eight in UTC. */
	struct turn turn = rotation_at(&r, lisbon, utc(2024, 7, 1, 8, 0));
	EXPECT_U64(turn.from_wall, utc(2024, 7, 1, 8, 0));
	EXPECT_U64(turn.until_wall, utc(2024, 7, 8, 8, 0));
}

static void
rotation__turn_over_a_clock_change_is_longer_or_shorter(void)
{
	struct rotation r = weekly(1);
	const struct zone *lisbon = zone("Europe/Lisbon");
	struct turn spring = rotation_at(&r, lisbon, utc(2024, 3, 31, 12, 0));
	EXPECT_U64(spring.until_wall - spring.from_wall, 7 * DAY - HOUR);
	struct turn autumn = rotation_at(&r, lisbon, utc(2024, 10, 27, 12, 0));
	EXPECT_U64(autumn.until_wall - autumn.from_wall, 7 * DAY + HOUR);

	/* Lord Howe's summer is half an hour. */
	const struct zone *howe = zone("Australia/Lord_Howe");
	struct turn half = rotation_at(&r, howe, utc(2024, 4, 6, 18, 0));
	EXPECT_U64(half.until_wall - half.from_wall, 7 * DAY + 30 * MINUTE);
	half = rotation_at(&r, howe, utc(2024, 10, 5, 18, 0));
	EXPECT_U64(half.until_wall - half.from_wall, 7 * DAY - 30 * MINUTE);
}

/* At a time that the clocks skip, the turn begins with the jump; at one that they show
 * twice, with the first. */
static void
rotation__handover_inside_a_clock_change_is_one_instant(void)
{
	struct rotation r = weekly(1);
	r.handover_weekday = 0;
	r.handover_minute = 90; /* Sunday 01:30 */
	r.anchor_days = civil_days(2023, 12, 31);
	const struct zone *lisbon = zone("Europe/Lisbon");
	struct turn skipped = rotation_at(&r, lisbon, utc(2024, 3, 31, 12, 0));
	EXPECT_U64(skipped.from_wall, utc(2024, 3, 31, 1, 0));
	struct turn before = rotation_at(&r, lisbon, utc(2024, 3, 31, 0, 59));
	EXPECT_U64(before.until_wall, skipped.from_wall);
	struct turn repeated = rotation_at(&r, lisbon, utc(2024, 10, 27, 12, 0));
	EXPECT_U64(repeated.from_wall, utc(2024, 10, 27, 0, 30));
}

/* Each instant of three years lies in exactly one turn, and turns follow each other. */
static void
rotation__covers_every_instant_once(void)
{
	static const char *const zones[] = { "Europe/Lisbon", "Australia/Lord_Howe",
		"America/Sao_Paulo", "Pacific/Apia", "Antarctica/Troll", "UTC" };
	for (size_t z = 0; z < countof(zones); z++) {
		const struct zone *where = zone(zones[z]);
		test_row = zones[z];
		for (uint32_t weeks = 1; weeks <= 2; weeks++) {
			struct rotation r = weekly(weeks);
			r.handover_minute = 2 * 60 + 30;
			msec start = utc(2024, 1, 1, 0, 0), end = utc(2027, 1, 1, 0, 0);
			struct turn turn = rotation_at(&r, where, start);
			for (msec now = start; now < end; now += 61 * MINUTE) {
				struct turn at = rotation_at(&r, where, now);
				EXPECT(at.from_wall <= now && now < at.until_wall);
				if (at.from_wall == turn.from_wall)
					continue;
				EXPECT_U64(at.from_wall, turn.until_wall);
				EXPECT(at.person != turn.person);
				EXPECT(rotation_at(&r, where, at.from_wall - 1).person ==
				       turn.person);
				turn = at;
			}
		}
	}
}

/* Who asks may name any time: no turn is reckoned that zones do not know. */
static void
rotation__ends_with_the_years_of_a_zone(void)
{
	const struct zone *lisbon = zone("Europe/Lisbon");
	static const uint32_t weeks[] = { 1, 52 };
	for (size_t i = 0; i < countof(weeks); i++) {
		struct rotation r = weekly(weeks[i]);
		struct turn last = rotation_at(&r, lisbon, UINT64_MAX);
		EXPECT(last.person != NULL);
		EXPECT(last.from_wall < utc(9998, 1, 1, 0, 0));
		EXPECT(last.until_wall > utc(9998, 1, 1, 0, 0));
		EXPECT(rotation_at(&r, lisbon, utc(9999, 12, 31, 23, 59)).person ==
		       last.person);
		EXPECT(rotation_at(&r, lisbon, 0).person != NULL);
	}
}

/* Samoa had no 30 December 2011; a handover on that Friday is the jump itself. */
static void
rotation__survives_a_day_that_never_was(void)
{
	struct rotation r = weekly(1);
	r.handover_weekday = 5;
	r.anchor_days = civil_days(2011, 12, 2);
	const struct zone *apia = zone("Pacific/Apia");
	struct turn turn = rotation_at(&r, apia, utc(2011, 12, 31, 0, 0));
	EXPECT_U64(turn.from_wall, utc(2011, 12, 30, 10, 0));
	EXPECT_STR(turn.person->id, STR("piotr"));
	EXPECT_STR(rotation_at(&r, apia, turn.from_wall - 1).person->id, STR("ana"));
}

int
main(void)
{
	RUN(rotation__hands_over_at_the_local_time);
	RUN(rotation__turn_over_a_clock_change_is_longer_or_shorter);
	RUN(rotation__handover_inside_a_clock_change_is_one_instant);
	RUN(rotation__covers_every_instant_once);
	RUN(rotation__ends_with_the_years_of_a_zone);
	RUN(rotation__survives_a_day_that_never_was);
	TEST_MAIN_END();
}
