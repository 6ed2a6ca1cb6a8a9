/*
 * What people type behind a command. The first byte says what:
 *
 *	'l'  a length of time     'n'  a number       't'  a time, in UTC
 *	'd'  a date               'm'  matchers       'p'  parameters      'o'  options
 *
 * of the last three each line is an argument, of the others the first line is it. What is
 * taken is written back and read as the same; what is not taken leaves its result alone, and
 * one line says why.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/client.h"
#include "cli/silence.h"
#include "intake/matchers.h"

#include "support/fuzz.h"

#define ARGS_MAX 64
#define TEXT_MAX 4096
#define UNSET UINT64_C(0x5eed)

static char memory[64 * TEXT_MAX];
static char typed[TEXT_MAX + 1];
static char *arg[ARGS_MAX + 1];
static char *said; /* on stderr while it was heard */
static size_t said_n;
static FILE *ours, *theirs;

static void
hear(void)
{
	if (ours == NULL) {
		ours = open_memstream(&said, &said_n);
		theirs = stderr;
		ASSERT(ours != NULL);
	}
	rewind(ours);
	stderr = ours;
}

/* One line about what was refused, nothing about what was taken. */
static void
expect_said(bool ok)
{
	stderr = theirs;
	ASSERT(fflush(ours) == 0);
	size_t lines = 0;
	for (size_t i = 0; i < said_n; i++) {
		lines += said[i] == '\n';
		/* Nothing that a terminal would act on, whatever was typed. */
		ASSERT(said[i] == '\n' || str_acts((str){ said + i, said_n - i }) == 0);
	}
	ASSERT(ok ? said_n == 0 : lines == 1);
	ASSERT(ok || str_starts((str){ said, said_n }, STR("firstline: ")));
}

/* Lines as arguments. */
static int
split(void)
{
	int n = 0;
	char *at = typed;
	while (n < ARGS_MAX && at != NULL) {
		char *end = strchr(at, '\n');
		arg[n++] = at;
		if (end != NULL)
			*end++ = '\0';
		at = end;
	}
	arg[n] = NULL;
	return n;
}

static const char *
skip_zeros(const char *text)
{
	while (text[0] == '0' && text[1] >= '0' && text[1] <= '9')
		text++;
	return text;
}

static void
try_length(void)
{
	static const msec units[] = { SECOND, MINUTE, HOUR, DAY };
	char back[32];
	msec length = UNSET;
	hear();
	bool ok = length_take(typed, &length);
	expect_said(ok);
	if (!ok) {
		ASSERT(length == UNSET);
		return;
	}
	const char *unit = strchr("smhd", typed[strlen(typed) - 1]);
	ASSERT(unit != NULL && length > 0 && length <= 36500 * DAY);
	msec ms = units[unit - strchr("smhd", 's')];
	ASSERT(length % ms == 0);
	(void)snprintf(back, sizeof(back), "%llu%c", (unsigned long long)(length / ms),
	    *unit);
	ASSERT(strcmp(back, skip_zeros(typed)) == 0);
}

static void
try_number(void)
{
	char back[32];
	uint64_t number = UNSET;
	hear();
	bool ok = number_take(typed, "an incident", &number);
	expect_said(ok);
	if (!ok)
		return;
	(void)snprintf(back, sizeof(back), "%llu", (unsigned long long)number);
	ASSERT(number > 0);
	ASSERT(strcmp(back, skip_zeros(typed + (typed[0] == '#'))) == 0);
}

/* As it is printed, it is the same time again. */
static void
try_time(void)
{
	msec wall = UNSET, again;
	hear();
	bool ok = time_take(zone_utc(), typed, &wall);
	expect_said(ok);
	if (!ok) {
		ASSERT(wall == UNSET);
		return;
	}
	struct buf out = BUF(64);
	buf_time(&out, wall);
	buf_char(&out, '\0');
	ASSERT(!out.overflow);
	if (wall > 0) {
		hear();
		ok = time_take(zone_utc(), out.p, &again);
		expect_said(true);
		ASSERT(ok && again == wall);
	}
	buf_done(&out);
}

static void
try_date(void)
{
	char back[32];
	struct civil date;
	if (!date_take(str_of(typed), &date))
		return;
	(void)snprintf(back, sizeof(back), "%04d-%02u-%02u", date.year, date.month,
	    date.day);
	ASSERT(strcmp(back, typed) == 0);
	ASSERT(date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= 31);
}

static bool
is_word(const char *text)
{
	return strpbrk(text, "=!~") == NULL;
}

/* As they are shown, they are typed again. */
static void
expect_same(const struct silence_row *row, struct arena *arena)
{
	struct silence_row again = { .id = 0 };
	const struct silence_matcher *a = row->matchers.p;
	str text = silence_matchers_text(arena, row);
	if (row->matchers.n == 0 || text.n > LABEL_MATCHERS_BYTES_MAX)
		return;
	char *line = arena_new(arena, char, text.n + 1);
	memcpy(line, text.p, text.n);
	line[text.n] = '\0';
	hear();
	bool ok = silence_matchers_take(arena, 1, &line, &again);
	expect_said(ok);
	ASSERT(ok);
	ASSERT(again.matchers.n == row->matchers.n);
	const struct silence_matcher *b = again.matchers.p;
	for (size_t i = 0; i < row->matchers.n; i++) {
		ASSERT(str_eq(a[i].name, b[i].name) && str_eq(a[i].value, b[i].value));
		ASSERT(a[i].regex == b[i].regex && a[i].equal == b[i].equal);
	}
}

static void
try_matchers(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct silence_row row = { .id = 0 };
	char word[TEXT_MAX + 1];
	(void)snprintf(word, sizeof(word), "%s", typed);
	int argc = split();
	hear();
	bool ok = silence_matchers_take(&arena, argc, arg, &row);
	expect_said(ok);
	const struct silence_matcher *m = row.matchers.p;
	ASSERT(ok || row.matchers.n == 0);
	ASSERT(row.matchers.n <= LABEL_MATCHERS_MAX);
	if (ok && argc == 1 && is_word(word)) {
		ASSERT(row.matchers.n == 1 && m->equal && !m->regex);
		ASSERT(str_eq(m->name, STR("alertname")));
		ASSERT(str_eq(m->value, str_of(word)));
	}
	expect_same(&row, &arena);
	arena_release(memory, sizeof(memory));
}

static void
try_params(void)
{
	static struct client client;
	client.arena = arena_over(memory, sizeof(memory));
	struct pairs params = { .n = 0 };
	int argc = split();
	hear();
	bool ok = params_take(&client, argc, arg, &params);
	expect_said(ok);
	ASSERT(!ok || params.n == (size_t)argc);
	for (size_t i = 0; i < params.n; i++) {
		ASSERT(params.p[i].name.n > 0);
		ASSERT(i == 0 || str_cmp(params.p[i - 1].name, params.p[i].name) < 0);
		bool found = false;
		for (int k = 0; k < argc && !found; k++) {
			struct str_cut cut = str_cut(str_of(arg[k]), '=');
			found = str_eq(cut.head, params.p[i].name) &&
			        str_eq(cut.tail, params.p[i].value);
		}
		ASSERT(found);
	}
	arena_release(memory, sizeof(memory));
}

/* What is no option stands in front, as it was and in its order. */
static void
try_options(void)
{
	static char *all[ARGS_MAX + 1];
	const char *state = NULL, *url = NULL;
	bool json = false, loud = false;
	const struct option_spec specs[] = {
		{ .name = "state", .value = &state },
		{ .name = "url", .value = &url },
		{ .name = "json", .flag = &json },
		{ .name = "loud", .flag = &loud },
	};
	int argc = split(), kept = argc, at = 0;
	memcpy(all, arg, sizeof(all));
	hear();
	bool ok = options_take(&kept, arg, specs, countof(specs));
	expect_said(ok);
	if (!ok)
		return;
	ASSERT(kept >= 0 && kept <= argc);
	bool ended = false;
	for (int i = 0; i < argc; i++) {
		if (!ended && strcmp(all[i], "--") == 0) {
			ended = true;
		} else if (!ended && strncmp(all[i], "--", 2) == 0) {
			/* its value is the next, whatever that looks like */
			bool takes =
			    strcmp(all[i], "--state") == 0 || strcmp(all[i], "--url") == 0;
			i += takes;
		} else {
			ASSERT(at < kept && arg[at] == all[i]);
			at++;
		}
	}
	ASSERT(at == kept);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > TEXT_MAX)
		return 0;
	memcpy(typed, data + 1, size - 1);
	typed[size - 1] = '\0';
	/* What it says quotes what was typed, with its lines. */
	if (strchr("lntd", data[0]) != NULL)
		typed[strcspn(typed, "\n")] = '\0';
	static const struct {
		char what;
		void (*run)(void);
	} kinds[] = {
		{ 'l', try_length },
		{ 'n', try_number },
		{ 't', try_time },
		{ 'd', try_date },
		{ 'm', try_matchers },
		{ 'p', try_params },
		{ 'o', try_options },
	};
	for (size_t i = 0; i < countof(kinds); i++) {
		if (kinds[i].what == (char)data[0])
			kinds[i].run();
	}
	return 0;
}
