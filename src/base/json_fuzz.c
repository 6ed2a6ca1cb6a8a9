#include "base/json.h"

#include "support/fuzz.h"

#define TEXT_MAX (1 << 20)

/* Reads any value by asking for each part of it and writes the same value again. */
static void
copy_value(struct json *j, struct buf *out)
{
	str text;
	bool yes;
	switch (json_peek(j)) {
	case JSON_NONE:
		json_fail(j, "expected a value");
		return;
	case JSON_OBJECT:
		ASSERT(json_object(j) || j->error != NULL);
		buf_char(out, '{');
		for (bool first = true; json_member(j, &text); first = false) {
			buf_add(out, first ? STR("") : STR(","));
			ASSERT(str_utf8(text));
			json_put_string(out, text);
			buf_char(out, ':');
			copy_value(j, out);
		}
		buf_char(out, '}');
		return;
	case JSON_ARRAY:
		ASSERT(json_array(j) || j->error != NULL);
		buf_char(out, '[');
		for (bool first = true; json_element(j); first = false) {
			buf_add(out, first ? STR("") : STR(","));
			copy_value(j, out);
		}
		buf_char(out, ']');
		return;
	case JSON_STRING:
		if (json_string(j, &text)) {
			ASSERT(str_utf8(text));
			json_put_string(out, text);
		}
		return;
	case JSON_NUMBER:
		if (json_number(j, &text)) {
			ASSERT(text.n > 0 && text.n <= JSON_NUMBER_MAX);
			buf_add(out, text);
		}
		return;
	case JSON_BOOL:
		if (json_bool(j, &yes))
			buf_add(out, yes ? STR("true") : STR("false"));
		return;
	case JSON_NULL:
		if (json_null(j))
			buf_add(out, STR("null"));
		return;
	}
}

static bool
copy_text(str text, struct buf *out)
{
	static char memory[TEXT_MAX];
	struct arena strings = arena_over(memory, sizeof(memory));
	struct json j;
	json_open(&j, text, &strings);
	copy_value(&j, out);
	bool ok = json_close(&j);
	ASSERT(ok == (j.error == NULL));
	ASSERT(j.error_at <= text.n);
	ASSERT(j.depth <= JSON_DEPTH_MAX);
	return ok;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > TEXT_MAX / 8)
		return 0;
	str text = { (const char *)data, size };

	/* Skipping and reading agree on what is JSON. */
	struct json j;
	json_open(&j, text, NULL);
	str raw = { NULL, 0 };
	bool skipped = json_raw(&j, &raw) && json_close(&j);
	struct buf once = BUF(TEXT_MAX);
	bool read = copy_text(text, &once);
	ASSERT(skipped == read);
	ASSERT(!skipped || str_eq(raw, str_trim(text)));

	/* What we write is JSON, and it means what we read. */
	if (read) {
		struct buf twice = BUF(TEXT_MAX);
		ASSERT(!once.overflow);
		read = copy_text(buf_str(&once), &twice);
		ASSERT(read);
		ASSERT(str_eq(buf_str(&once), buf_str(&twice)));
		buf_done(&twice);
	}

	/* Any bytes can be written as a string. */
	buf_reset(&once);
	json_put_string(&once, text);
	json_open(&j, buf_str(&once), NULL);
	bool valid = json_skip(&j) && json_close(&j);
	ASSERT(valid || memchr(text.p, '\0', text.n) != NULL);
	buf_done(&once);
	return 0;
}
