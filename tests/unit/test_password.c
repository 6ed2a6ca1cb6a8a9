#include "engine/password.h"

#include "facts/frame.h"
#include "support/test.h"

static bool
taken(const char *text)
{
	return password_fault(str_of(text), STR("katharina")) == NULL;
}

static bool
of_length(const char *piece, size_t times)
{
	static char text[2048];
	size_t n = strlen(piece);
	for (size_t i = 0; i < times; i++)
		memcpy(text + i * n, piece, n);
	str s = { text, times * n };
	const char *fault = password_fault(s, STR("katharina"));
	return fault == NULL || strstr(fault, "12 to 128") == NULL;
}

static void
password__has_12_to_128_characters_of_any_kind(void)
{
	EXPECT(!of_length("v", 11));
	EXPECT(of_length("v", 12));
	EXPECT(of_length("v", 128));
	EXPECT(!of_length("v", 129));
	EXPECT(!of_length("", 0));
	/* A character is one however many bytes it takes; 64 of the longest are taken. */
	EXPECT(!of_length("\xf0\x9f\x90\xa2", 11));
	EXPECT(of_length("\xf0\x9f\x90\xa2", 12));
	EXPECT(of_length("\xf0\x9f\x90\xa2", 64));
	EXPECT(!of_length("\xf0\x9f\x90\xa2", 65));
	/* Blanks in a row count once. */
	EXPECT(!taken("gk         wp"));
	const char *good[] = { "correct horse battery staple", "plow crisp unaware",
		"vex tundra gib quill", "8f7GkQz0wLpV", "\xc3\xa4rger mit dem f\xc3\xb6hn",
		"\xe6\x9c\x88\xe3\x81\x8c\xe7\xb6\xba\xe9\xba\x97\xe3\x81\xa7\xe3\x81\x99"
		"\xe3\x81\xad\xe5\xa4\x9c\xe6\x98\x8e\xe3\x81\x91 \xe9\xa2\xa8\xe6\xb0\xb4",
		"~!@#%^&*()_+|}{:", "passwords are for doors", "no digits nor capitals" };
	for (size_t i = 0; i < countof(good); i++) {
		if (!taken(good[i]))
			test_fail(__FILE__, __LINE__, __func__, good[i]);
	}
}

static void
password__is_not_what_everybody_tries_first(void)
{
	const char *bad[] = { "password1234", "Password1234!", "P@ssw0rd1234",
		"passwordpassword", "mypassword123", "123456789012", "1234567890123456",
		"098765432109", "111111111111", "aaaaaaaaaaaaaaaaaaaaaaaa", "121212121212",
		"123123123123", "112233445566", "abcdefghijkl", "zyxwvutsrqponm",
		"abc123abc123", "qwertyuiop12", "qwerty123456",
		"qwertyuiopasdfghjklzxcvbnm", "qwertzuiop123", "azertyuiop12",
		"1q2w3e4r5t6y", "q1w2e3r4t5y6", "1qaz2wsx3edc", "zaq12wsxcde3",
		"asdfghjkl123", "iloveyou1234", "letmein12345", "welcome12345",
		"changeme1234", "administrator", "administrator1", "princess1234",
		"football1234", "sunshine1234", "firstline2026", "Firstline2026!",
		"katharina1234", "Katharina2026", "KATHARINA!!!!!", "147258369147",
		"1597531597531", "trustno1trustno1", "test1234test1234", "admin123admin",
		"welcometofirst" };
	for (size_t i = 0; i < countof(bad); i++) {
		if (taken(bad[i]))
			test_fail(__FILE__, __LINE__, __func__, bad[i]);
	}
	/* Of another person it is a name like any. */
	EXPECT(password_fault(STR("katharina1234"), STR("bo")) == NULL);
	EXPECT(password_fault(STR("katharina1234"), STR("")) == NULL);
	/* They may be a part of it. */
	EXPECT(taken("password of the old mill"));
	EXPECT(taken("1234 geese in Upsala"));
}

int
main(void)
{
	RUN(password__has_12_to_128_characters_of_any_kind);
	RUN(password__is_not_what_everybody_tries_first);
	TEST_MAIN_END();
}
