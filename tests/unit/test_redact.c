#include "shim/redact.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/redact_oracle.h"
#include "support/test.h"

static struct {
	size_t n;
	size_t most_held;
	char bytes[1 << 20];
} out;

static void
collect(void *ctx, const char *p, size_t n)
{
	(void)ctx;
	memcpy(out.bytes + out.n, p, n);
	out.n += n;
}

/* Cut into pieces of `step` bytes, behind a stream that ended in the middle of everything. */
static str
redacted(const str *secrets, size_t secrets_n, str text, size_t step)
{
	struct redactor *r = calloc(1, sizeof(*r));
	out.n = 0;
	redact_init(r, collect, NULL);
	for (size_t i = 0; i < secrets_n; i++)
		EXPECT(redact_add(r, secrets[i].p, secrets[i].n));
	redact_ready(r);
	redact_put(r, secrets[0].p, secrets[0].n - 1);
	redact_put(r, "\\ud83d\\u00%4", 12);
	redact_end(r);
	out.n = 0;
	redact_again(r, collect, NULL);
	for (size_t at = 0; at < text.n; at += step)
		redact_put(r, text.p + at, text.n - at < step ? text.n - at : step);
	redact_end(r);
	free(r);
	return (str){ out.bytes, out.n };
}

static void
redact__takes_every_form_out_wherever_it_is_cut(void)
{
	const str secret = STR("s3cr3t/T+k \"e%n\xc3\xa9");
	const struct {
		const char *name;
		str in, out;
	} rows[] = {
		{ "as it is", STR("a s3cr3t/T+k \"e%n\xc3\xa9 b"), STR("a [redacted] b") },
		{ "twice", STR("s3cr3t/T+k \"e%n\xc3\xa9s3cr3t/T+k \"e%n\xc3\xa9"),
		    STR("[redacted]") },
		{ "a URL", STR("?t=s3cr3t%2FT%2Bk%20%22e%25n%C3%A9&x"),
		    STR("?t=[redacted]&x") },
		{ "a form", STR("t=s3cr3t%2fT%2bk+%22e%25n%c3%a9&x"),
		    STR("t=[redacted]&x") },
		{ "JSON", STR("{\"t\":\"s3cr3t/T+k \\\"e%n\xc3\xa9\"}"),
		    STR("{\"t\":\"[redacted]\"}") },
		{ "JSON in ASCII", STR("\"s3cr3t\\/T+k \\\"e%n\\u00e9\""),
		    STR("\"[redacted]\"") },
		{ "hex", STR("x7333637233742F542B6B202265256eC3a9y"), STR("x[redacted]y") },
		{ "base64", STR("czNjcjN0L1QrayAiZSVuw6k="), STR("[redacted]k=") },
		{ "base64, one before", STR("OnMzY3IzdC9UK2sgImUlbsOp"),
		    STR("On[redacted]") },
		{ "base64, two before", STR("YTpzM2NyM3QvVCtrICJlJW7DqQ=="),
		    STR("YTp[redacted]Q==") },
		{ "base64 in lines", STR("czNjcjN0L1Qra\nyAiZSVuw6k="),
		    STR("[redacted]k=") },
		{ "not it", STR("s3cr3t/T+k \"e%m\xc3\xa9"),
		    STR("s3cr3t/T+k \"e%m\xc3\xa9") },
		{ "nothing", STR(""), STR("") },
		{ "most of it at the end", STR("a s3cr3t/T"), STR("a [redacted]") },
		{ "little of it at the end", STR("a s3cr3t/"), STR("a s3cr3t/") },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		for (size_t step = 1; step < 40; step++)
			EXPECT_STR(redacted(&secret, 1, rows[i].in, step), rows[i].out);
	}
}

static void
redact__knows_all_secrets_and_their_overlaps(void)
{
	const str secrets[] = { STR("abcdefgh"), STR("efghijklm"), STR("zzzzzzzzzz") };
	EXPECT_STR(redacted(secrets, 3, STR("-abcdefghijklm-zzzzzzzzz-zzzzzzzzzzzz-"), 3),
	    STR("-[redacted]-zzzzzzzzz-[redacted]-"));
}

static void
redact__takes_the_lines_of_a_key_one_by_one(void)
{
	const str key = STR("-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\nshort\n"
			    "9w0BAQEFAASCBKcwggSj\n-----END KEY-----");
	EXPECT_STR(redacted(&key, 1, STR("> 9w0BAQEFAASCBKcwggSj\n> short\n"), 7),
	    STR("> [redacted]\n> short\n"));
}

static void
redact__refuses_what_it_cannot_hold(void)
{
	static char big[REDACT_ONE_MAX + 1];
	struct redactor *r = calloc(1, sizeof(*r));
	memset(big, 'x', sizeof(big));
	redact_init(r, collect, NULL);
	EXPECT(!redact_add(r, "1234567", 7));
	EXPECT(redact_add(r, "12345678", 8));
	EXPECT(!redact_add(r, big, sizeof(big)));
	EXPECT(redact_add(r, big, REDACT_ONE_MAX));
	big[0] = 'y';
	EXPECT(!redact_add(r, big, REDACT_ONE_MAX)); /* over REDACT_ALL_MAX */
	free(r);
}

static uint64_t state;

static unsigned
draw(unsigned below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % below;
}

/* The longest secret in the longest of each form, byte by byte. */
static void
redact__holds_back_enough_for_the_longest(void)
{
	static char secret[REDACT_ONE_MAX], text[1 << 16];
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (char)(1 + draw(126));
	const str secrets[] = { { secret, sizeof(secret) } };
	for (unsigned form = 0; form < REDACT_FORMS; form++) {
		size_t n = 0;
		unsigned how = form == REDACT_BASE64 ? 129 : 2 + 128;
		oracle_write((const uint8_t *)secret, sizeof(secret), form, how, text, &n,
		    sizeof(text));
		str got = redacted(secrets, 1, (str){ text, n }, 1);
		EXPECT(str_starts(got, STR(REDACT_INSTEAD)));
		EXPECT(got.n <= strlen(REDACT_INSTEAD) + 2);
	}
}

/* Random secrets from few letters, so that half of one often stands before another. */
static void
redact__agrees_with_the_slow_way(void)
{
	static char text[4096], want[16 * 4096];
	static const char letters[] = "ab%\\ 4u\n+/\"";
	for (unsigned round = 0; round < 400; round++) {
		uint8_t secret[40];
		size_t secret_n = REDACT_MIN + draw(32), n = 0;
		state = state * 2862933555777941757u + round;
		for (size_t i = 0; i < secret_n; i++)
			secret[i] =
			    (uint8_t)(draw(8) > 0 ? letters[draw(sizeof(letters) - 1)]
						  : (int)draw(255) + 1);
		while (n < 600) {
			size_t part = 1 + draw((unsigned)secret_n);
			if (draw(3) == 0)
				part = secret_n;
			oracle_write(secret, part, draw(REDACT_FORMS), draw(256), text, &n,
			    600);
			if (draw(4) == 0)
				oracle_put(text, &n, 600,
				    letters[draw(sizeof(letters) - 1)]);
		}
		const str secrets[] = { { (const char *)secret, secret_n } };
		size_t want_n =
		    oracle_redact(secret, secret_n, (const uint8_t *)text, n, want);
		EXPECT_STR(redacted(secrets, 1, (str){ text, n }, 1 + draw(9)),
		    ((str){ want, want_n }));
	}
}

int
main(void)
{
	RUN(redact__takes_every_form_out_wherever_it_is_cut);
	RUN(redact__knows_all_secrets_and_their_overlaps);
	RUN(redact__takes_the_lines_of_a_key_one_by_one);
	RUN(redact__refuses_what_it_cannot_hold);
	RUN(redact__holds_back_enough_for_the_longest);
	RUN(redact__agrees_with_the_slow_way);
	TEST_MAIN_END();
}
