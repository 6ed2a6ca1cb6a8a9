/*
 * Walks rotations of each kind through 2000 to 2037 in a zone, holds that every instant is
 * in exactly one turn, and prints the boundaries near changes of the zone's offset, for
 * test_schedule.py to reckon in its own way.
 *
 *	schedule_walk ZONE...
 *	Europe/Lisbon weekly 1711848600 piotr
 */
#include "model/model.h"
#include "support/test.h"

#define FROM civil_days(2000, 1, 1)
#define UNTIL civil_days(2038, 1, 1)
#define DAY_S INT64_C(86400)
#define NEAR_S (9 * DAY_S)

static char memory[1 << 18];
static const struct person ana = { .id = { "ana", 3 } };
static const struct person piotr = { .id = { "piotr", 5 } };
static const struct person mei = { .id = { "mei", 3 } };
static const struct person *people[] = { &ana, &piotr, &mei };

static struct calendar_week night = { .days = 0x7f,
	.from_minute = 22 * 60 + 30,
	.until_minute = 2 * 60 + 15 };
static struct calendar nights = { .weeks = &night, .weeks_n = 1 };

/* Handovers lie where clocks jump most: at midnight, at half past two and at three. */
static struct layer kinds[] = {
	{ .days = 7, .handover_minute = 150 },
	{ .days = 14, .handover_minute = 180 },
	{ .days = 1, .handover_minute = 0 },
	{ .days = 1, .handover_minute = 150 },
	{ .days = 3, .handover_minute = 60 },
	{ .days = 7, .handover_minute = 720, .when = { .only = &nights } },
};
static const char *const names[] = { "weekly", "fortnightly", "daily-0000", "daily-0230",
	"three-days", "nights" };

static const struct zone *
zone_at(const char *name)
{
	static char bytes[ZONE_FILE_MAX];
	char path[300];
	(void)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		return NULL;
	size_t n = fread(bytes, 1, sizeof(bytes), f);
	(void)fclose(f);
	struct arena arena = arena_over(memory, sizeof(memory));
	struct zone *ret = NULL;
	struct err err;
	return zone_parse(&arena, str_of(name), (str){ bytes, n }, &ret, &err) ? ret : NULL;
}

/* From one boundary to the next, over [from, until): nothing between, nothing twice. */
static void
walk(const char *zone, size_t kind, int64_t from, int64_t until)
{
	struct rotation rotation = { .layers = &kinds[kind], .layers_n = 1 };
	struct turn turn = rotation_at(&rotation, (msec)from * SECOND);
	while (turn.until_wall / SECOND < (msec)until) {
		struct turn next = rotation_at(&rotation, turn.until_wall);
		EXPECT_U64(next.from_wall, turn.until_wall);
		EXPECT(next.until_wall > next.from_wall);
		struct turn last = rotation_at(&rotation, turn.until_wall - 1);
		EXPECT(last.person == turn.person);
		EXPECT_U64(last.until_wall, turn.until_wall);
		EXPECT(last.from_wall == turn.from_wall);
		bool hours = kinds[kind].when.only != NULL;
		EXPECT(hours || next.person != turn.person);
		EXPECT(!hours || next.person != NULL || turn.person != NULL);
		printf("%s %s %llu %s\n", zone, names[kind],
		    (unsigned long long)(turn.until_wall / SECOND),
		    next.person == NULL ? "-" : next.person->id.p);
		turn = next;
	}
}

/* Where clocks of the zone jump, and some days around. */
static void
walk_changes(const char *name, const struct zone *zone, size_t kind)
{
	int64_t walked = FROM * DAY_S;
	int64_t change = zone_change_after(zone, walked);
	while (change < UNTIL * DAY_S) {
		int64_t from = change - NEAR_S < walked ? walked : change - NEAR_S;
		walk(name, kind, from, change + NEAR_S);
		walked = change + NEAR_S;
		change = zone_change_after(zone, change);
	}
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const struct zone *zone = zone_at(argv[i]);
		test_row = argv[i];
		EXPECT(zone != NULL);
		for (size_t k = 0; zone != NULL && k < countof(kinds); k++) {
			nights.zone = kinds[k].zone = zone;
			kinds[k].people = people;
			kinds[k].people_n = countof(people);
			kinds[k].anchor_days = FROM + 2; /* a Monday */
			if (kinds[k].days >= 7 && kinds[k].when.only == NULL)
				walk(argv[i], k, FROM * DAY_S, UNTIL * DAY_S);
			else
				walk_changes(argv[i], zone, k);
		}
	}
	TEST_MAIN_END();
}
