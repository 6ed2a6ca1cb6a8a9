#include "model/duty.h"
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
static struct layer
weekly(uint32_t weeks)
{
	return (struct layer){
		.people = people,
		.people_n = countof(people),
		.days = 7 * weeks,
		.handover_minute = 9 * 60,
		.anchor_days = civil_days(2024, 1, 1),
	};
}

/* Of a rotation of this layer alone. */
static struct turn
at(const struct layer *layer, const struct zone *where, msec wall)
{
	struct layer only = *layer;
	only.zone = where;
	struct rotation r = { .layers = &only, .layers_n = 1 };
	return rotation_at(&r, wall);
}

static msec
utc(int year, unsigned month, unsigned day, unsigned hour, unsigned minute)
{
	return (msec)civil_days(year, month, day) * DAY + hour * HOUR + minute * MINUTE;
}

static void
rotation__hands_over_at_the_local_time(void)
{
	struct layer r = weekly(1);
	const struct zone *lisbon = zone("Europe/Lisbon");
	EXPECT_STR(at(&r, lisbon, utc(2024, 1, 1, 9, 0)).person->id, STR("ana"));
	EXPECT_STR(at(&r, lisbon, utc(2024, 1, 1, 8, 59)).person->id, STR("mei"));
	EXPECT_STR(at(&r, lisbon, utc(2024, 1, 8, 9, 0)).person->id, STR("piotr"));
	EXPECT_STR(at(&r, lisbon, utc(2024, 1, 15, 9, 0)).person->id, STR("mei"));
	EXPECT_STR(at(&r, lisbon, utc(2024, 1, 22, 9, 0)).person->id, STR("ana"));
	EXPECT_STR(at(&r, lisbon, utc(2023, 12, 18, 9, 0)).person->id, STR("piotr"));
	/* In summer nine o'clock in Lisbon is eight in UTC. */
	struct turn turn = at(&r, lisbon, utc(2024, 7, 1, 8, 0));
	EXPECT_U64(turn.from_wall, utc(2024, 7, 1, 8, 0));
	EXPECT_U64(turn.until_wall, utc(2024, 7, 8, 8, 0));
}

static void
rotation__turn_over_a_clock_change_is_longer_or_shorter(void)
{
	struct layer r = weekly(1);
	const struct zone *lisbon = zone("Europe/Lisbon");
	struct turn spring = at(&r, lisbon, utc(2024, 3, 31, 12, 0));
	EXPECT_U64(spring.until_wall - spring.from_wall, 7 * DAY - HOUR);
	struct turn autumn = at(&r, lisbon, utc(2024, 10, 27, 12, 0));
	EXPECT_U64(autumn.until_wall - autumn.from_wall, 7 * DAY + HOUR);

	/* Lord Howe's summer is half an hour. */
	const struct zone *howe = zone("Australia/Lord_Howe");
	struct turn half = at(&r, howe, utc(2024, 4, 6, 18, 0));
	EXPECT_U64(half.until_wall - half.from_wall, 7 * DAY + 30 * MINUTE);
	half = at(&r, howe, utc(2024, 10, 5, 18, 0));
	EXPECT_U64(half.until_wall - half.from_wall, 7 * DAY - 30 * MINUTE);
}

/* At a time that the clocks skip, the turn begins with the jump; at one that they show
 * twice, with the first. */
static void
rotation__handover_inside_a_clock_change_is_one_instant(void)
{
	struct layer r = weekly(1);
	r.handover_minute = 90; /* Sunday 01:30 */
	r.anchor_days = civil_days(2023, 12, 31);
	const struct zone *lisbon = zone("Europe/Lisbon");
	struct turn skipped = at(&r, lisbon, utc(2024, 3, 31, 12, 0));
	EXPECT_U64(skipped.from_wall, utc(2024, 3, 31, 1, 0));
	struct turn before = at(&r, lisbon, utc(2024, 3, 31, 0, 59));
	EXPECT_U64(before.until_wall, skipped.from_wall);
	struct turn repeated = at(&r, lisbon, utc(2024, 10, 27, 12, 0));
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
			struct layer r = weekly(weeks);
			r.handover_minute = 2 * 60 + 30;
			msec start = utc(2024, 1, 1, 0, 0), end = utc(2027, 1, 1, 0, 0);
			struct turn turn = at(&r, where, start);
			for (msec now = start; now < end; now += 61 * MINUTE) {
				struct turn now_at = at(&r, where, now);
				EXPECT(now_at.from_wall <= now && now < now_at.until_wall);
				if (now_at.from_wall == turn.from_wall)
					continue;
				EXPECT_U64(now_at.from_wall, turn.until_wall);
				EXPECT(now_at.person != turn.person);
				EXPECT(at(&r, where, now_at.from_wall - 1).person ==
				       turn.person);
				turn = now_at;
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
		struct layer r = weekly(weeks[i]);
		struct turn last = at(&r, lisbon, UINT64_MAX);
		EXPECT(last.person != NULL);
		EXPECT(last.from_wall < utc(9998, 1, 1, 0, 0));
		EXPECT(last.until_wall > utc(9998, 1, 1, 0, 0));
		EXPECT(at(&r, lisbon, utc(9999, 12, 31, 23, 59)).person == last.person);
		EXPECT(at(&r, lisbon, 0).person != NULL);
	}
}

/* Samoa had no 30 December 2011; a handover on that Friday is the jump itself. */
static void
rotation__survives_a_day_that_never_was(void)
{
	struct layer r = weekly(1);
	r.anchor_days = civil_days(2011, 12, 2);
	const struct zone *apia = zone("Pacific/Apia");
	struct turn turn = at(&r, apia, utc(2011, 12, 31, 0, 0));
	EXPECT_U64(turn.from_wall, utc(2011, 12, 30, 10, 0));
	EXPECT_STR(turn.person->id, STR("piotr"));
	EXPECT_STR(at(&r, apia, turn.from_wall - 1).person->id, STR("ana"));
}

/* ---- hours, holidays, layers ---- */

static struct turn
in_rotation(struct layer *layers, size_t n, msec wall)
{
	struct rotation r = { .layers = layers, .layers_n = n };
	return rotation_at(&r, wall);
}

#define EXPECT_TURN(turn_, who_, from_, until_)   \
	do {                                      \
		struct turn t = turn_;            \
		EXPECT(t.person == (who_));       \
		EXPECT_U64(t.from_wall, from_);   \
		EXPECT_U64(t.until_wall, until_); \
	} while (0)

/* Lisbon by day and Tokyo by night, each with turns of its own. */
static void
rotation__follows_the_sun(void)
{
	struct calendar_week day = { .days = 0x7f,
		.from_minute = 540,
		.until_minute = 1260 };
	struct calendar hours = { .zone = zone("Europe/Lisbon"),
		.weeks = &day,
		.weeks_n = 1 };
	struct layer layers[] = { weekly(1), weekly(1) };
	static const struct person *others[] = { &mei };
	layers[0].zone = hours.zone;
	layers[0].people = others;
	layers[0].people_n = 1;
	layers[1].zone = hours.zone;
	layers[1].people_n = 2; /* ana, piotr */
	layers[1].days = 1;
	layers[1].when.only = &hours;
	/* Summer: 09:00 is 08:00 UTC. 2024-07-01 is 182 days on: ana's. */
	msec noon = utc(2024, 7, 1, 11, 0);
	EXPECT_TURN(in_rotation(layers, 2, noon), &ana, utc(2024, 7, 1, 8, 0),
	    utc(2024, 7, 1, 20, 0));
	EXPECT_TURN(in_rotation(layers, 2, noon + 10 * HOUR), &mei, utc(2024, 7, 1, 20, 0),
	    utc(2024, 7, 2, 8, 0));
	EXPECT_TURN(in_rotation(layers, 2, noon + DAY), &piotr, utc(2024, 7, 2, 8, 0),
	    utc(2024, 7, 2, 20, 0));
	/* Without the night's there is nobody, and it is known for how long. */
	EXPECT_TURN(in_rotation(&layers[1], 1, noon + 10 * HOUR), NULL,
	    utc(2024, 7, 1, 20, 0), utc(2024, 7, 2, 8, 0));
}

/* The night of 30 March 2024 ends an hour early in Lisbon, that of 26 October late. */
static void
rotation__hours_end_with_the_clocks(void)
{
	struct calendar_week night = { .days = 0x7f,
		.from_minute = 1320,
		.until_minute = 360 };
	struct calendar hours = { .zone = zone("Europe/Lisbon"),
		.weeks = &night,
		.weeks_n = 1 };
	struct layer layer = weekly(1);
	layer.zone = hours.zone;
	layer.when.only = &hours;
	struct turn short_one = in_rotation(&layer, 1, utc(2024, 3, 31, 0, 30));
	EXPECT_U64(short_one.until_wall - short_one.from_wall, 7 * HOUR);
	struct turn long_one = in_rotation(&layer, 1, utc(2024, 10, 27, 0, 30));
	EXPECT_U64(long_one.until_wall - long_one.from_wall, 9 * HOUR);
}

static void
rotation__an_override_stands_before_all_layers(void)
{
	struct calendar_span swap = { utc(2024, 7, 3, 12, 0), utc(2024, 7, 4, 12, 0) };
	struct calendar_span holiday = { utc(2024, 7, 4, 0, 0), utc(2024, 7, 5, 0, 0) };
	struct calendar over = { .zone = zone_utc(), .spans = &swap, .spans_n = 1 };
	struct calendar off = { .zone = zone_utc(), .spans = &holiday, .spans_n = 1 };
	static const struct person *others[] = { &mei };
	struct layer layers[] = { weekly(1), weekly(1) };
	layers[0].zone = layers[1].zone = zone_utc();
	layers[0].people_n = 1;
	layers[0].when.except = &off;
	layers[1].people = others;
	layers[1].people_n = 1;
	layers[1].when.only = &over;
	EXPECT_TURN(in_rotation(layers, 2, utc(2024, 7, 2, 0, 0)), &ana,
	    utc(2024, 7, 1, 9, 0), utc(2024, 7, 3, 12, 0));
	EXPECT_TURN(in_rotation(layers, 2, utc(2024, 7, 3, 20, 0)), &mei, swap.from_wall,
	    swap.until_wall);
	EXPECT_TURN(in_rotation(layers, 2, utc(2024, 7, 4, 13, 0)), NULL, swap.until_wall,
	    holiday.until_wall);
	EXPECT_TURN(in_rotation(layers, 2, utc(2024, 7, 5, 1, 0)), &ana, holiday.until_wall,
	    utc(2024, 7, 8, 9, 0));
}

/* One after another, without a break; turns of the same person are one shift. */
static void
shifts__and_gaps_are_every_instant_once(void)
{
	struct calendar_week day = { .days = 0x7f,
		.from_minute = 480,
		.until_minute = 1080 };
	struct calendar hours = { .zone = zone_utc(), .weeks = &day, .weeks_n = 1 };
	struct layer layer = weekly(1);
	layer.zone = zone_utc();
	struct rotation always = { .layers = &layer, .layers_n = 1 };
	struct team team = { .name = { "t", 1 } };
	struct shifts shifts = { .team = &team,
		.rotation = &always,
		.at = utc(2024, 1, 3, 0, 0),
		.until = utc(2024, 1, 17, 0, 0) };
	struct turn shift;
	EXPECT(shift_next(&shifts, &shift));
	EXPECT_TURN(shift, &ana, utc(2024, 1, 3, 0, 0), utc(2024, 1, 8, 9, 0));
	EXPECT(shift_next(&shifts, &shift));
	EXPECT_TURN(shift, &piotr, utc(2024, 1, 8, 9, 0), utc(2024, 1, 15, 9, 0));
	EXPECT(shift_next(&shifts, &shift));
	EXPECT_TURN(shift, &mei, utc(2024, 1, 15, 9, 0), utc(2024, 1, 17, 0, 0));
	EXPECT(!shift_next(&shifts, &shift));

	layer.people_n = 1;
	shifts = (struct shifts){ NULL, &team, &always, NULL, utc(2024, 1, 3, 0, 0),
		utc(2024, 3, 3, 0, 0) };
	EXPECT(shift_next(&shifts, &shift));
	EXPECT_TURN(shift, &ana, utc(2024, 1, 3, 0, 0), utc(2024, 3, 3, 0, 0));
	EXPECT(!shift_next(&shifts, &shift));

	layer.when.only = &hours;
	shifts = (struct shifts){ NULL, &team, &always, NULL, utc(2024, 1, 3, 0, 0),
		utc(2024, 1, 4, 9, 0) };
	EXPECT(shift_next(&shifts, &shift));
	EXPECT_TURN(shift, NULL, utc(2024, 1, 3, 0, 0), utc(2024, 1, 3, 8, 0));
	EXPECT(shift_next(&shifts, &shift));
	EXPECT_TURN(shift, &ana, utc(2024, 1, 3, 8, 0), utc(2024, 1, 3, 18, 0));
	EXPECT(shift_next(&shifts, &shift));
	EXPECT_TURN(shift, NULL, utc(2024, 1, 3, 18, 0), utc(2024, 1, 4, 8, 0));
	EXPECT(shift_next(&shifts, &shift));
	EXPECT_TURN(shift, &ana, utc(2024, 1, 4, 8, 0), utc(2024, 1, 4, 9, 0));
	EXPECT(!shift_next(&shifts, &shift));

	struct rotation nobody = { .name = { "x", 1 } };
	shifts = (struct shifts){ NULL, &team, &nobody, NULL, 5, 9 };
	EXPECT(shift_next(&shifts, &shift));
	EXPECT_TURN(shift, NULL, 5, 9);
	EXPECT(!shift_next(&shifts, &shift));
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
	RUN(rotation__follows_the_sun);
	RUN(rotation__hours_end_with_the_clocks);
	RUN(rotation__an_override_stands_before_all_layers);
	RUN(shifts__and_gaps_are_every_instant_once);
	TEST_MAIN_END();
}
