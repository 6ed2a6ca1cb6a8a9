/*
 * What an answer holds, and what a request says: JSON at the edge of the command line.
 *
 * The reader of records is strict; a command line may be older than its server. So an
 * object is first copied without what this program does not know: members that no field
 * has, enumerators that have no name here.
 */
#include "cli/client.h"
#include "intake/moment.h"
#include "os/clock.h"

#define OBJECT_BYTES_MAX ((size_t)16 << 20)

/* ---- answers ---- */

static const struct field *
field_named(const struct record_type *type, str name)
{
	for (unsigned i = 0; i < type->field_count; i++) {
		if (str_eq(name, str_of(type->fields[i].name)))
			return &type->fields[i];
	}
	return NULL;
}

static bool
enum_known(const struct field *field, str raw)
{
	if (raw.n < 2)
		return false;
	str name = str_take(str_drop(raw, 1), raw.n - 2);
	for (unsigned i = 0; i < field->names_n; i++) {
		if (field->names[i] != NULL && str_eq(name, str_of(field->names[i])))
			return true;
	}
	return false;
}

static void copy_known(struct json *j, const struct record_type *type, struct buf *out);

static void
copy_list(struct json *j, const struct record_type *type, struct buf *out)
{
	bool first = true;
	buf_char(out, '[');
	if (json_array(j))
		while (json_element(j)) {
			if (!first)
				buf_char(out, ',');
			first = false;
			copy_known(j, type, out);
		}
	buf_char(out, ']');
}

static bool
is_known(const struct json *j, const struct field *field)
{
	struct json ahead = *j;
	str raw;
	if (field == NULL || json_peek(&ahead) == JSON_NULL)
		return false;
	return field->kind != FIELD_ENUM ||
	       (json_raw(&ahead, &raw) && enum_known(field, raw));
}

static void
copy_known(struct json *j, const struct record_type *type, struct buf *out)
{
	bool first = true;
	buf_char(out, '{');
	if (json_object(j))
		for (str name; json_member(j, &name);) {
			const struct field *field = field_named(type, name);
			str raw;
			if (!is_known(j, field)) {
				json_skip(j);
				continue;
			}
			if (!first)
				buf_char(out, ',');
			first = false;
			json_put_string(out, name);
			buf_char(out, ':');
			if (field->kind == FIELD_RECORDS)
				copy_list(j, field->type, out);
			else if (field->kind == FIELD_RECORD)
				copy_known(j, field->type, out);
			else if (json_raw(j, &raw))
				buf_add(out, raw);
		}
	buf_char(out, '}');
}

const char *
reply_known(const struct record_type *type, str object, struct arena scratch,
    struct buf *out)
{
	struct json j;
	json_open(&j, object, &scratch);
	copy_known(&j, type, out);
	return json_close(&j) ? NULL : j.error;
}

/* Goes to the value of a member of the answer itself. */
static bool
find_member(struct client *client, str body, const char *member, struct json *j)
{
	json_open(j, body, &client->arena);
	if (json_peek(j) != JSON_OBJECT || !json_object(j))
		return false;
	for (str name; json_member(j, &name);) {
		if (str_eq(name, str_of(member)))
			return true;
		json_skip(j);
	}
	return false;
}

static bool
not_understood(const char *why)
{
	complain("the server's answer was not understood: %s", why);
	return false;
}

static bool
read_object(struct client *client, struct json *j, const struct record_type *type,
    void *ret)
{
	str object;
	struct err err;
	struct buf known = BUF(OBJECT_BYTES_MAX);
	const char *error = json_raw(j, &object)
	                        ? reply_known(type, object, client->arena, &known)
	                        : j->error;
	str text = arena_str(&client->arena, buf_str(&known));
	bool overflow = known.overflow;
	buf_done(&known);
	if (overflow)
		return not_understood("an object is too large");
	if (error != NULL)
		return not_understood(error);
	return record_from_json(type, text, &client->arena, ret, &err) ||
	       not_understood(err.text);
}

/* {"message": "...", "exit": 5} */
static bool
read_refusal(struct json *j, str *ret_message, uint64_t *ret_exit)
{
	bool found = false;
	if (!json_object(j))
		return false;
	for (str member; json_member(j, &member);) {
		if (str_eq(member, STR("message")) && json_peek(j) == JSON_STRING)
			found = json_string(j, ret_message);
		else if (str_eq(member, STR("exit")))
			json_u64(j, EXIT_CONFLICT, ret_exit);
		else
			json_skip(j);
	}
	return found;
}

/* The same under "error"; beside it, "message" where "code" is too, as go-swagger has it. */
static bool
read_refusal_of(struct json *j, str *ret_message, uint64_t *ret_exit)
{
	bool found = false, bare = false, code = false;
	str message = { 0 };
	if (!json_object(j))
		return false;
	for (str name; json_member(j, &name);) {
		if (str_eq(name, STR("error")) && json_peek(j) == JSON_OBJECT) {
			found = read_refusal(j, ret_message, ret_exit);
			continue;
		}
		code = code || str_eq(name, STR("code"));
		if (str_eq(name, STR("message")) && json_peek(j) == JSON_STRING)
			bare = json_string(j, &message);
		else
			json_skip(j);
	}
	if (!found && bare && code)
		*ret_message = message;
	return found || (bare && code);
}

bool
reply_error(str body, struct arena *arena, str *ret_message, uint64_t *ret_exit)
{
	struct json j;
	str message = { 0 };
	uint64_t code = *ret_exit;
	json_open(&j, body, arena);
	bool found = json_peek(&j) == JSON_STRING ? json_string(&j, &message)
	                                          : read_refusal_of(&j, &message, &code);
	if (!json_close(&j) || !found)
		return false;
	*ret_message = message;
	*ret_exit = code;
	return true;
}

static bool
read_labels(struct json *j, str *ret_name, struct buf *ret)
{
	str label, value;
	if (!json_object(j))
		return false;
	while (json_member(j, &label) && json_string(j, &value)) {
		if (str_eq(label, STR("alertname"))) {
			*ret_name = value;
			continue;
		}
		buf_add(ret, ret->n > 0 ? STR(", ") : STR(""));
		buf_add(ret, label);
		buf_char(ret, '=');
		json_put_string(ret, value);
	}
	return j->error == NULL;
}

bool
reply_alert(struct json *j, str *ret_name, struct buf *ret)
{
	*ret_name = STR("alert");
	if (!json_object(j))
		return false;
	for (str name; json_member(j, &name);) {
		if (!str_eq(name, STR("labels")))
			json_skip(j);
		else if (!read_labels(j, ret_name, ret))
			return false;
	}
	return j->error == NULL;
}

static bool
read_cursor(struct json *j, struct reply_page *ret)
{
	str cursor;
	if (json_peek(j) != JSON_STRING) {
		json_skip(j);
		return true;
	}
	if (!json_string(j, &cursor) || cursor.n >= sizeof(ret->cursor))
		return false;
	if (cursor.n == 0)
		return true;
	if (memchr(cursor.p, '\0', cursor.n) != NULL)
		return false;
	memcpy(ret->cursor, cursor.p, cursor.n);
	ret->cursor[cursor.n] = '\0';
	return true;
}

bool
reply_page(str body, struct arena *arena, struct reply_page *ret)
{
	struct json j;
	bool ok = true;
	*ret = (struct reply_page){ 0 };
	json_open(&j, body, arena);
	if (json_peek(&j) != JSON_OBJECT || !json_object(&j))
		return false;
	for (str name; json_member(&j, &name) && ok;) {
		if (str_eq(name, STR("items")) && json_peek(&j) == JSON_ARRAY)
			ok = json_raw(&j, &ret->items);
		else if (str_eq(name, STR("seq")))
			ok = json_raw(&j, &ret->seq);
		else if (str_eq(name, STR("cursor")))
			ok = read_cursor(&j, ret);
		else
			json_skip(&j);
	}
	return ok && json_close(&j);
}

bool
reply_has(struct client *client, str body, const char *member)
{
	struct json j;
	return find_member(client, body, member, &j) && json_peek(&j) != JSON_NULL;
}

bool
reply_one(struct client *client, str body, const char *member,
    const struct record_type *type, void *ret)
{
	struct json j;
	if (!find_member(client, body, member, &j) || json_peek(&j) != JSON_OBJECT)
		json_open(&j, body, &client->arena);
	return read_object(client, &j, type, ret);
}

static size_t
count_elements(const struct json *j)
{
	struct json ahead = *j;
	size_t n = 0;
	if (json_array(&ahead))
		for (; json_element(&ahead); n++)
			json_skip(&ahead);
	return n;
}

bool
reply_list(struct client *client, str body, const char *member,
    const struct record_type *type, struct records *ret)
{
	struct json j;
	*ret = (struct records){ NULL, 0 };
	if (!find_member(client, body, member, &j) || json_peek(&j) != JSON_ARRAY)
		return j.error == NULL || not_understood(j.error);
	size_t n = count_elements(&j);
	char *p = arena_try_alloc(&client->arena, type->size, alignof(max_align_t), n);
	if (p == NULL)
		return not_understood("it is too large");
	if (json_array(&j))
		for (size_t i = 0; json_element(&j); i++) {
			ASSERT(i < n);
			if (!read_object(client, &j, type, p + i * type->size))
				return false;
		}
	*ret = (struct records){ p, n };
	return j.error == NULL || not_understood(j.error);
}

str
reply_text(struct client *client, str body, const char *member)
{
	struct json j;
	str text;
	if (!find_member(client, body, member, &j) || json_peek(&j) != JSON_STRING ||
	    !json_string(&j, &text))
		return STR("");
	return text;
}

/* ---- requests ---- */

static void
add_member(struct buf *out, str name, str value)
{
	if (out->p[out->n - 1] != '{')
		buf_char(out, ',');
	json_put_string(out, name);
	buf_char(out, ':');
	json_put_string(out, value);
}

str
body_of(struct client *client, const char *const *texts, const struct pairs *params)
{
	struct buf body = BUF(OBJECT_BYTES_MAX);
	buf_char(&body, '{');
	for (; texts[0] != NULL; texts += 2) {
		if (texts[1] != NULL)
			add_member(&body, str_of(texts[0]), str_of(texts[1]));
	}
	if (params != NULL && params->n > 0) {
		if (body.p[body.n - 1] != '{')
			buf_char(&body, ',');
		buf_add(&body, STR("\"with\":{"));
		for (size_t i = 0; i < params->n; i++)
			add_member(&body, params->p[i].name, params->p[i].value);
		buf_char(&body, '}');
	}
	buf_char(&body, '}');
	str text = arena_str(&client->arena, buf_str(&body));
	buf_done(&body);
	return text;
}

bool
params_take(struct client *client, int argc, char **argv, struct pairs *ret)
{
	struct pairs pairs = { arena_new(&client->arena, struct pair, (size_t)argc + 1),
		0 };
	for (int i = 0; i < argc; i++) {
		struct str_cut cut = str_cut(str_of(argv[i]), '=');
		if (!cut.found || cut.head.n == 0) {
			complain("'%s' is no parameter: write name=value", argv[i]);
			return false;
		}
		pairs.p[pairs.n++] = (struct pair){ cut.head, cut.tail };
	}
	if (!pairs_sort(&pairs)) {
		complain("a parameter is given twice");
		return false;
	}
	*ret = pairs;
	return true;
}

bool
number_take(const char *text, const char *what, uint64_t *ret)
{
	str digits = str_of(text);
	if (str_starts(digits, STR("#")))
		digits = str_drop(digits, 1);
	if (str_u64(digits, UINT64_MAX, ret) && *ret > 0)
		return true;
	complain("'%s' is no number of %s", text, what);
	return false;
}

static bool
part_take(str text, size_t at, size_t n, uint64_t max, unsigned *ret)
{
	uint64_t value;
	if (!str_u64(str_take(str_drop(text, at), n), max, &value))
		return false;
	*ret = (unsigned)value;
	return true;
}

bool
date_take(str text, struct civil *ret)
{
	unsigned year, month, day;
	if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-' ||
	    !part_take(text, 0, 4, 9999, &year) || !part_take(text, 5, 2, 12, &month) ||
	    !part_take(text, 8, 2, 31, &day) || year < 1970 || month == 0 || day == 0)
		return false;
	struct civil date = { .year = (int)year, .month = month, .day = day }, real;
	civil_from_days(civil_days(date.year, month, day), &real.year, &real.month,
	    &real.day);
	if (real.month != month || real.day != day) /* no 31st of June */
		return false;
	*ret = date;
	return true;
}

static bool
says_zone(str text)
{
	str time = text.n > 10 ? str_drop(text, 10) : STR("");
	return str_ends(time, STR("Z")) || str_cut(time, '+').found ||
	       str_cut(time, '-').found;
}

/* "18:30" */
static bool
clock_take(str text, struct civil *ret)
{
	return text.n == 5 && text.p[2] == ':' && part_take(text, 0, 2, 23, &ret->hour) &&
	       part_take(text, 3, 2, 59, &ret->minute);
}

bool
time_next(const struct zone *zone, msec wall, str text, msec *ret)
{
	int64_t now = (int64_t)(wall / SECOND);
	struct civil civil = zone_civil(zone, now);
	int64_t today = civil_days(civil.year, civil.month, civil.day);
	civil.second = 0;
	if (!clock_take(text, &civil))
		return false;
	int64_t instant = zone_instant(zone, &civil, ZONE_START);
	if (instant <= now) {
		civil_from_days(today + 1, &civil.year, &civil.month, &civil.day);
		instant = zone_instant(zone, &civil, ZONE_START);
	}
	*ret = (msec)instant * SECOND;
	return true;
}

bool
time_take(const struct zone *zone, const char *text, msec *ret)
{
	/* With a zone, as every time is printed; without one it is the reader's own. */
	if (says_zone(str_of(text)) && moment_parse(str_of(text), ret) && *ret > 0)
		return true;
	if (time_next(zone, clock_wall(), str_of(text), ret))
		return true;
	str s = str_of(text), time = s.n > 10 ? str_drop(s, 10) : STR(" 00:00");
	struct civil civil;
	bool ok = s.n >= 10 && date_take(str_take(s, 10), &civil) &&
	          (time.p[0] == 'T' || time.p[0] == ' ') &&
	          clock_take(str_drop(time, 1), &civil);
	if (!ok) {
		complain("'%s' is no time: write 18:30 (the next one), 2026-11-23, "
			 "\"2026-11-23 18:30\" or 2026-11-23T18:30:00Z",
		    text);
		return false;
	}
	int64_t instant = zone_instant(zone, &civil, ZONE_START);
	*ret = instant > 0 ? (msec)instant * SECOND : 0;
	return true;
}

str
words_of(struct client *client, int argc, char **argv)
{
	struct buf words = BUF(OBJECT_BYTES_MAX);
	for (int i = 0; i < argc; i++)
		buf_printf(&words, "%s%s", i > 0 ? " " : "", argv[i]);
	str text = arena_str(&client->arena, buf_str(&words));
	buf_done(&words);
	return text;
}

bool
length_read(str s, msec *ret)
{
	static const struct {
		char unit;
		msec ms;
	} units[] = { { 's', SECOND }, { 'm', MINUTE }, { 'h', HOUR }, { 'd', DAY } };
	for (size_t i = 0; i < countof(units) && s.n > 1; i++) {
		uint64_t n;
		if (s.p[s.n - 1] == units[i].unit &&
		    str_u64(str_take(s, s.n - 1), 36500, &n) && n > 0) {
			*ret = n * units[i].ms;
			return true;
		}
	}
	return false;
}

bool
length_take(const char *text, msec *ret)
{
	if (length_read(str_of(text), ret))
		return true;
	complain("'%s' is no length of time: write 90s, 5m, 2h or 1d", text);
	return false;
}
