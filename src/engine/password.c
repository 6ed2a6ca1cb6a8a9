#include "engine/password.h"

#include "facts/frame.h"

/* Folded, as what they are looked for in. */
static const char *const words[] = { "abc123", "access", "admin", "administrator",
	"baseball", "batman", "change", "changeme", "computer", "default", "dragon",
	"firstline", "football", "forever", "freedom", "hello", "iloveyou", "internet",
	"killer", "letmein", "login", "lovely", "master", "michael", "monkey", "mypassword",
	"oncall", "passwd", "passwort", "password", "pokemon", "princess", "root",
	"samsung", "secret", "server", "shadow", "soccer", "starwars", "summer", "sunshine",
	"superman", "support", "system", "temp", "test", "trustno", "unknown", "user",
	"welcome", "whatever", "winter" };

/* Keys that stand beside each other, and what is counted; also backwards. */
static const char *const rows[] = { "01234567890", "abcdefghijklmnopqrstuvwxyz",
	"qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "azertyuiop",
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0",
	"147258369", "159753" };

#define RUN_MIN 3     /* of a row, or of what stood before */
#define PERIOD_MAX 12 /* how far before */

struct folded {
	char digits[PASSWORD_BYTES_MAX], letters[PASSWORD_BYTES_MAX];
	size_t n;
};

/* '3' is a digit of a row and an e of a word. */
static char
as_letter(char c)
{
	static const char from[] = "0134578@$!", to[] = "oleastbasi";
	const char *at = memchr(from, c, sizeof(from) - 1);
	return at == NULL ? c : to[at - from];
}

static void
fold(struct folded *f, str s)
{
	f->n = s.n;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		f->digits[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
		f->letters[i] = as_letter(f->digits[i]);
	}
}

static size_t
longer(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* How much of a word begins there: all of it, or nothing. */
static size_t
word_at(const struct folded *f, size_t i, str word)
{
	bool is = word.n >= RUN_MIN && word.n <= f->n - i;
	for (size_t k = 0; is && k < word.n; k++)
		is = f->letters[i + k] == as_letter(word.p[k]);
	return is ? word.n : 0;
}

/* How much of a row is there, from any of its keys on; step -1: backwards. */
static size_t
row_at(const struct folded *f, size_t i, str row, int step)
{
	size_t most = 0;
	for (size_t from = 0; from < row.n; from++) {
		size_t n = 0;
		size_t left = step > 0 ? row.n - from : from + 1;
		while (n < left && i + n < f->n &&
		       f->digits[i + n] == row.p[step > 0 ? from + n : from - n])
			n++;
		most = longer(most, n);
	}
	return most >= RUN_MIN ? most : 0;
}

/* How much of it is what stood up to PERIOD_MAX before. */
static size_t
again_at(const struct folded *f, size_t i)
{
	size_t most = 0;
	for (size_t back = 1; back <= PERIOD_MAX && back <= i; back++) {
		size_t n = 0;
		while (i + n < f->n && f->digits[i + n] == f->digits[i + n - back])
			n++;
		if (n >= RUN_MIN || back == 1)
			most = longer(most, n);
	}
	return most;
}

/* How many bytes from there on are what everybody tries; 0: it is one of its own. */
static size_t
known_at(const struct folded *f, size_t i, str person)
{
	size_t most = longer(word_at(f, i, person), again_at(f, i));
	for (size_t k = 0; k < countof(words); k++)
		most = longer(most, word_at(f, i, str_of(words[k])));
	for (size_t k = 0; k < countof(rows); k++) {
		most = longer(most, row_at(f, i, str_of(rows[k]), 1));
		most = longer(most, row_at(f, i, str_of(rows[k]), -1));
	}
	return most;
}

static bool
begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* Several blanks in a row are one. */
static size_t
count_characters(str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += begins_character(s.p[i]) &&
		     (s.p[i] != ' ' || i == 0 || s.p[i - 1] != ' ');
	return n;
}

static size_t
count_own(const struct folded *f, str person)
{
	size_t own = 0;
	for (size_t i = 0; i < f->n;) {
		size_t known = known_at(f, i, person);
		own += known == 0 && begins_character(f->digits[i]);
		i += known > 0 ? known : 1;
	}
	return own;
}

const char *
password_fault(str password, str person)
{
	size_t n = count_characters(password);
	if (n < PASSWORD_CHARS_MIN || n > PASSWORD_CHARS_MAX ||
	    password.n > PASSWORD_BYTES_MAX)
		return "a password has 12 to 128 characters, in at most 256 bytes";
	struct folded f;
	fold(&f, password);
	size_t own = count_own(&f, person);
	explicit_bzero(&f, sizeof(f));
	return own >= PASSWORD_OWN_MIN
	           ? NULL
	           : "that is among what everybody tries first: beside common words, your "
	             "name, rows of keys and what is said again, 8 characters are needed";
}
