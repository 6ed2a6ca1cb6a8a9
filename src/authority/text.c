/* Sentences, put together from parts: see internal.h. */
#include "authority/internal.h"
#include "base/poison.h"

void
text_begin(struct text *text, struct arena *arena)
{
	size_t room = (size_t)(arena->end - arena->beg);
	text->arena = arena;
	text->n = 0;
	text->room = room < TEXT_BYTES_MAX ? room : TEXT_BYTES_MAX;
	UNPOISON(arena->beg, text->room);
}

void
add_u64(struct text *text, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);
	if (value < 10) {
		char digit = (char)('0' + value);
		str part = { &digit, 1 };
		ADD(text, part);
		return;
	}
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	str part = { &digits[at], sizeof(digits) - at };
	ADD(text, part);
}

void
add_i64(struct text *text, int64_t value)
{
	if (value < 0)
		ADD(text, STR("-"));
	add_u64(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/* "90s", "5m", "2h", "7d": the largest unit that says it exactly. */
void
add_duration(struct text *text, msec ms)
{
	static const struct {
		msec ms;
		char unit;
	} units[] = { { DAY, 'd' }, { HOUR, 'h' }, { MINUTE, 'm' }, { SECOND, 's' } };
	for (size_t i = 0; i < countof(units); i++) {
		if (ms >= units[i].ms && ms % units[i].ms == 0) {
			add_u64(text, ms / units[i].ms);
			str unit = { &units[i].unit, 1 };
			ADD(text, unit);
			return;
		}
	}
	add_u64(text, ms);
	ADD(text, STR(" ms"));
}

/* "07" */
static void
add_padded(struct text *text, unsigned value, size_t width)
{
	char digits[4];
	ASSERT(width <= sizeof(digits));
	for (size_t i = width; i > 0; i--, value /= 10)
		digits[i - 1] = (char)('0' + value % 10);
	str part = { digits, width };
	ADD(text, part);
}

/* "14:07 UTC", with the date when it is another day, or midnight, of which nobody knows to
 * which day it belongs. A minute that is not over yet counts as the next: at the time we
 * name it must be true. */
void
add_clock(struct text *text, msec at, msec now)
{
	msec minute = (at + MINUTE - 1) / MINUTE * MINUTE;
	struct civil civil = zone_civil(zone_utc(), (int64_t)(minute / SECOND));
	if (minute % DAY == 0 || minute / DAY != now / DAY) {
		add_padded(text, (unsigned)civil.year, 4);
		ADD(text, STR("-"));
		add_padded(text, civil.month, 2);
		ADD(text, STR("-"));
		add_padded(text, civil.day, 2);
		ADD(text, STR(" "));
	}
	add_padded(text, civil.hour, 2);
	ADD(text, STR(":"));
	add_padded(text, civil.minute, 2);
	ADD(text, STR(" UTC"));
}

/* "ana" for "person:ana", "agent x" for "agent:x". */
void
add_principal(struct text *text, str asking)
{
	if (str_starts(asking, STR("person:")))
		ADD(text, str_drop(asking, sizeof("person:") - 1));
	else if (str_starts(asking, STR("agent:")))
		ADD(text, STR("agent "), str_drop(asking, sizeof("agent:") - 1));
	else
		ADD(text, asking);
}

void
add_people(struct text *text, const struct person *const *people, size_t n, str last_joint)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			ADD(text, i + 1 == n ? last_joint : STR(", "));
		ADD(text, people[i]->id);
	}
}

str
text_end(const struct text *text)
{
	str done = { text->arena->beg, text->n };
	text->arena->beg += text->n;
	POISON(text->arena->beg, text->room - text->n);
	return done;
}
