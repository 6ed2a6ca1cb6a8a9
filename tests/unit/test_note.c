#include "base/note.h"

#include "support/test.h"

static struct note_key
key_new(const char *name)
{
	struct note_key key;
	struct err err;
	EXPECT(note_key_new(str_of(name), &key, &err));
	return key;
}

static void
key__is_read_as_it_was_written(void)
{
	struct err err;
	struct note_key key = key_new("ops.example.com"), again;
	struct buf secret = BUF(NOTE_KEY_TEXT_MAX), public = BUF(NOTE_KEY_TEXT_MAX);
	note_key_write(&key, true, &secret);
	note_key_write(&key, false, &public);
	EXPECT(note_key_read(buf_str(&secret), &again, &err) && again.signs);
	EXPECT(memcmp(&again, &key, sizeof(key)) == 0);
	EXPECT(note_key_read(buf_str(&public), &again, &err) && !again.signs);
	EXPECT(memcmp(again.public, key.public, sizeof(key.public)) == 0);
	/* Every letter of it counts. */
	for (size_t i = 0; i < public.n; i++) {
		char was = public.p[i];
		public.p[i] = (char)(was ^ 1);
		EXPECT(!note_key_read(buf_str(&public), &again, &err));
		public.p[i] = was;
	}
	buf_done(&secret);
	buf_done(&public);
}

static void
note__opens_whole_and_unchanged_alone(void)
{
	struct err err;
	struct note_key key = key_new("a"), other = key_new("a");
	struct buf note = BUF(NOTE_BYTES_MAX);
	str text;
	EXPECT(note_sign(&key, STR("one\ntwo\n"), &note, &err));
	EXPECT(note_open(&key, buf_str(&note), &text, &err));
	EXPECT_STR(text, STR("one\ntwo\n"));
	EXPECT(!note_open(&other, buf_str(&note), &text, &err));
	EXPECT(str_starts(str_of(err.text), STR("another key of that name signed it: a+")));
	other = key_new("b");
	EXPECT(!note_open(&other, buf_str(&note), &text, &err));
	EXPECT_STR(str_of(err.text), STR("it has no signature by 'b'"));
	for (size_t i = 0; i < note.n; i++) {
		EXPECT(!note_open(&key, str_take(buf_str(&note), i), &text, &err));
		for (unsigned bit = 0; bit < 8; bit++) {
			note.p[i] = (char)(note.p[i] ^ (1 << bit));
			EXPECT(!note_open(&key, buf_str(&note), &text, &err));
			note.p[i] = (char)(note.p[i] ^ (1 << bit));
		}
	}
	buf_done(&note);
}

static void
note__others_may_sign_it_too(void)
{
	struct err err;
	struct note_key key = key_new("a"), witness = key_new("w");
	struct buf one = BUF(NOTE_BYTES_MAX), two = BUF(NOTE_BYTES_MAX);
	str text;
	EXPECT(note_sign(&key, STR("t\n"), &one, &err));
	EXPECT(note_sign(&witness, STR("t\n"), &two, &err));
	buf_add(&one, str_drop(buf_str(&two), strlen("t\n\n")));
	EXPECT(note_open(&key, buf_str(&one), &text, &err));
	EXPECT(note_open(&witness, buf_str(&one), &text, &err));
	buf_done(&one);
	buf_done(&two);
}

static void
what_cannot_be_a_key_or_a_text_is_refused(void)
{
	struct err err;
	struct note_key key;
	struct buf out = BUF(NOTE_BYTES_MAX);
	static const char *const names[] = { "", "a b", "a+b", "a\n", "\xc3\xa4" };
	for (size_t i = 0; i < countof(names); i++)
		EXPECT(!note_key_new(str_of(names[i]), &key, &err));
	static const char *const keys[] = { "", "a", "a+b", "a+00000000+",
		"a+00000000+AAAA", "PRIVATE+KEY+a",
		"a+00000000+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW" };
	for (size_t i = 0; i < countof(keys); i++)
		EXPECT(!note_key_read(str_of(keys[i]), &key, &err));
	key = key_new("a");
	static const char *const texts[] = { "", "no end", "a\tb\n", "\xff\n" };
	for (size_t i = 0; i < countof(texts); i++)
		EXPECT(!note_sign(&key, str_of(texts[i]), &out, &err));
	buf_done(&out);
}

int
main(void)
{
	RUN(key__is_read_as_it_was_written);
	RUN(note__opens_whole_and_unchanged_alone);
	RUN(note__others_may_sign_it_too);
	RUN(what_cannot_be_a_key_or_a_text_is_refused);
	TEST_MAIN_END();
}
