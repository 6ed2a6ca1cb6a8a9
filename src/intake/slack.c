#include "intake/slack.h"

#include "base/err.h"
#include "base/json.h"
#include "intake/form.h"

bool
slack_signed(str key, str timestamp, str signature, str body, msec wall)
{
	uint64_t seconds;
	hash32 given;
	if (key.n == 0 || !str_u64(timestamp, UINT64_MAX / SECOND, &seconds) ||
	    !str_starts(signature, STR("v0=")) ||
	    !hex_decode(str_drop(signature, 3), given.b, sizeof(given.b)))
		return false;
	msec at = seconds * SECOND;
	if (at + SLACK_WINDOW_MS < wall || at > wall + SLACK_WINDOW_MS)
		return false;
	struct buf text = BUF(SLACK_BODY_MAX + 64);
	buf_add(&text, STR("v0:"));
	buf_add(&text, timestamp);
	buf_char(&text, ':');
	buf_add(&text, body);
	hash32 right = hmac_sha256(key, buf_str(&text));
	bool ok = !text.overflow && hash32_eq_secret(&right, &given);
	buf_done(&text);
	return ok;
}

static void
read_user(struct json *j, struct slack_press *press)
{
	str name;
	if (!json_object(j))
		return;
	while (json_member(j, &name)) {
		if (str_eq(name, STR("id")))
			(void)json_string(j, &press->user);
		else
			(void)json_skip(j);
	}
}

static void
read_action(struct json *j, struct slack_press *press)
{
	str name;
	if (!json_object(j))
		return;
	while (json_member(j, &name)) {
		if (str_eq(name, STR("action_id")))
			(void)json_string(j, &press->action);
		else if (str_eq(name, STR("value")))
			(void)json_string(j, &press->value);
		else
			(void)json_skip(j);
	}
}

/* One press, one action: others there would be are looked over. */
static void
read_actions(struct json *j, struct slack_press *press)
{
	if (!json_array(j))
		return;
	for (size_t i = 0; json_element(j); i++) {
		if (i == 0)
			read_action(j, press);
		else
			(void)json_skip(j);
	}
}

bool
slack_read(str body, struct arena *arena, struct slack_press *ret, struct err *err)
{
	struct slack_press press = { .user = STR("") };
	struct json j;
	str payload, name, type = STR("");
	if (!str_starts(body, STR("payload=")) || memchr(body.p, '&', body.n) != NULL ||
	    !form_decode(str_drop(body, strlen("payload=")), arena, &payload))
		return err_set(err, ERR_INVALID, "not a form with one 'payload'");
	json_open(&j, payload, arena);
	if (json_object(&j)) {
		while (json_member(&j, &name)) {
			if (str_eq(name, STR("type")))
				(void)json_string(&j, &type);
			else if (str_eq(name, STR("user")))
				read_user(&j, &press);
			else if (str_eq(name, STR("actions")))
				read_actions(&j, &press);
			else
				(void)json_skip(&j);
		}
	}
	if (!json_close(&j))
		return err_set(err, ERR_INVALID, "payload: %s (at byte %zu)", j.error,
		    j.error_at);
	if (!str_eq(type, STR("block_actions")))
		press.action = STR("");
	*ret = press;
	return true;
}
