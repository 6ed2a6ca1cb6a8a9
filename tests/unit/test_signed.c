/*
 * What others sign, and what we sign for a link: of each byte that is signed, of the signature
 * and of the key every other value is refused; so is what is signed and too old, too new, or
 * signed with another key. S09, T23.
 */
#include "base/err.h"
#include "intake/slack.h"
#include "intake/tap.h"
#include "intake/twilio.h"
#include "support/test.h"

#define KEY "8f742231b10e8888abcd99yyyzzz85a5"
#define WALL (UINT64_C(1790000000) * SECOND)
#define STAMP "1790000000"
#define PRESS                                                                             \
	"payload=%7B%22type%22%3A%22block_actions%22%2C%22user%22%3A%7B%22id%22%3A%22U1%" \
	"22%7D%7D"
/* The example of Twilio's page on its security. */
#define TOKEN "12345"
#define URL "https://example.com/myapp.php?foo=1&bar=2"
#define KEYS                                                                      \
	"Digits=1234&To=%2B18005551212&From=%2B14158675310&Caller=%2B14158675310" \
	"&CallSid=CA1234567890ABCDE"
#define SIGNATURE "L/OH5YylLD5NRKLltdqwSvS0BnU="

static uint64_t tried;

/* ---- Slack ---- */

struct sent {
	str key, stamp, signature, body;
};

static bool
is_slack(const struct sent *s)
{
	return slack_signed(s->key, s->stamp, s->signature, s->body, WALL);
}

/* Nothing else that could stand at a place of `part` is taken. `cased`: letters of
 * hexadecimal mean the same in both cases. */
static void
expect_only(struct sent *s, str *part, bool cased)
{
	static char text[512];
	str whole = *part;
	memcpy(text, whole.p, whole.n);
	*part = (str){ text, whole.n };
	for (size_t i = 0; i < whole.n; i++) {
		for (unsigned c = 0; c < 256; c++) {
			bool same = (char)c == whole.p[i] ||
			            (cased && (c | 0x20) == (unsigned char)whole.p[i] &&
					whole.p[i] >= 'a' && i >= 3);
			text[i] = (char)c;
			EXPECT(is_slack(s) == same);
			tried++;
		}
		text[i] = whole.p[i];
	}
	*part = whole;
}

static str
slack_signature(char *memory, size_t size)
{
	static const char text[] = "v0:" STAMP ":" PRESS;
	hash32 right = hmac_sha256(STR(KEY), STR(text));
	int n = snprintf(memory, size, "v0=");
	for (size_t i = 0; i < sizeof(right.b); i++)
		n += snprintf(memory + n, size - (size_t)n, "%02x", right.b[i]);
	return (str){ memory, (size_t)n };
}

static void
signed__by_slack_is_taken_as_it_is_alone(void)
{
	char memory[80];
	struct sent s = { STR(KEY), STR(STAMP), slack_signature(memory, sizeof(memory)),
		STR(PRESS) };
	EXPECT(is_slack(&s));
	expect_only(&s, &s.key, false);
	expect_only(&s, &s.stamp, false);
	expect_only(&s, &s.signature, true);
	expect_only(&s, &s.body, false);
	for (size_t n = 0; n < s.body.n; n++) {
		struct sent shorter = s;
		shorter.body.n = n;
		EXPECT(!is_slack(&shorter));
	}
	/* Said once more, later: five minutes, and no longer. */
	EXPECT(slack_signed(s.key, s.stamp, s.signature, s.body, WALL + SLACK_WINDOW_MS));
	EXPECT(
	    !slack_signed(s.key, s.stamp, s.signature, s.body, WALL + SLACK_WINDOW_MS + 1));
	EXPECT(
	    !slack_signed(s.key, s.stamp, s.signature, s.body, WALL - SLACK_WINDOW_MS - 1));
}

/* ---- Twilio ---- */

static char memory[1 << 14];

/* What its parameters say, and whether it is signed. */
static bool
is_twilio(str token, str url, str body, str signature, struct pairs *ret,
    struct arena *arena)
{
	struct hmac_sha1_key key;
	struct err err;
	hmac_sha1_key(token, &key);
	return twilio_read(body, arena, ret, &err) &&
	       twilio_signed(&key, url, ret, signature);
}

static bool
same_pairs(const struct pairs *a, const struct pairs *b)
{
	bool same = a->n == b->n;
	for (size_t i = 0; same && i < a->n; i++)
		same = str_eq(a->p[i].name, b->p[i].name) &&
		       str_eq(a->p[i].value, b->p[i].value);
	return same;
}

static void
signed__by_twilio_is_taken_as_it_is_alone(void)
{
	static char kept[1 << 12], text[256];
	struct arena keep = arena_over(kept, sizeof(kept));
	struct pairs right, read;
	struct err err;
	EXPECT(twilio_read(STR(KEYS), &keep, &right, &err));
	str part[] = { STR(TOKEN), STR(URL), STR(KEYS), STR(SIGNATURE) };
	for (size_t i = 0; i < countof(part); i++) {
		str whole = part[i];
		memcpy(text, whole.p, whole.n);
		part[i] = (str){ text, whole.n };
		for (size_t at = 0; at < whole.n; at++) {
			for (unsigned c = 0; c < 256; c++) {
				struct arena arena = arena_over(memory, sizeof(memory));
				text[at] = (char)c;
				bool taken = is_twilio(part[0], part[1], part[2], part[3],
				    &read, &arena);
				/* '%2B' and '%2b' are one byte. */
				EXPECT(!taken || (char)c == whole.p[at] ||
				       (i == 2 && same_pairs(&right, &read)));
				EXPECT((char)c != whole.p[at] || taken);
				arena_release(memory, sizeof(memory));
				tried++;
			}
			text[at] = whole.p[at];
		}
		part[i] = whole;
	}
	arena_release(kept, sizeof(kept));
}

/* ---- our own links ---- */

static void
signed__by_us_is_taken_as_it_is_alone(void)
{
	static char link[TAP_BYTES_MAX], key[] = "a key of the engine";
	struct tap tap = { .act = TAP_USEFUL,
		.incident = { 17, 4294967295u },
		.incident_n = 2,
		.notice = 42,
		.until_s = 1795456684,
		.person = STR("ana-maria.lopez") };
	struct buf text = BUF(sizeof(link));
	tap_write(&text, &tap, STR("a key of the engine"));
	memcpy(link, text.p, text.n);
	struct tap read;
	EXPECT(tap_read(buf_str(&text), STR("a key of the engine"), &read));
	for (size_t i = 0; i < text.n + sizeof(key) - 1; i++) {
		char *at = i < text.n ? &link[i] : &key[i - text.n], was = *at;
		bool code = i + tap.person.n + 1 < text.n &&
		            i + tap.person.n + 33 >= text.n &&
		            was >= 'a'; /* in either case */
		for (unsigned c = 0; c < 256; c++, tried++) {
			*at = (char)c;
			bool same =
			    *at == was || (code && (c | 0x20) == (unsigned char)was);
			bool taken = tap_read((str){ link, text.n },
			    (str){ key, sizeof(key) - 1 }, &read);
			EXPECT(!taken || same);
			EXPECT(taken || *at != was);
		}
		*at = was;
	}
	buf_done(&text);
}

int
main(void)
{
	RUN(signed__by_us_is_taken_as_it_is_alone);
	RUN(signed__by_slack_is_taken_as_it_is_alone);
	RUN(signed__by_twilio_is_taken_as_it_is_alone);
	EXPECT(tried > 100000);
	TEST_MAIN_END();
}
