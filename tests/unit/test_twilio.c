#include "intake/twilio.h"

#include "support/test.h"

#define URL "https://example.com/myapp.php?foo=1&bar=2"
/* The example of Twilio's page on its security: its token, parameters and signature. */
#define TOKEN "12345"
#define BODY                                                                      \
	"Digits=1234&To=%2B18005551212&From=%2B14158675310&Caller=%2B14158675310" \
	"&CallSid=CA1234567890ABCDE"
#define SIGNATURE "L/OH5YylLD5NRKLltdqwSvS0BnU="

static char memory[1 << 16];

static bool
is_signed(const char *token, const char *url, const char *body, const char *signature)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct hmac_sha1_key key;
	struct pairs params;
	struct err err;
	hmac_sha1_key(str_of(token), &key);
	bool ok = twilio_read(str_of(body), &arena, &params, &err) &&
	          twilio_signed(&key, str_of(url), &params, str_of(signature));
	arena_release(memory, sizeof(memory));
	return ok;
}

static void
twilio__knows_what_it_signed(void)
{
	EXPECT(is_signed(TOKEN, URL, BODY, SIGNATURE));
	EXPECT(!is_signed("12346", URL, BODY, SIGNATURE));
	EXPECT(!is_signed("", URL, BODY, SIGNATURE));
	EXPECT(
	    !is_signed(TOKEN, "http://example.com/myapp.php?foo=1&bar=2", BODY, SIGNATURE));
	EXPECT(!is_signed(TOKEN, URL, BODY "&x=1", SIGNATURE));
	EXPECT(!is_signed(TOKEN, URL, "Digits=4", SIGNATURE));
	static const char *const none[] = { "", "L/OH5YylLD5NRKLltdqwSvS0BnU",
		"L/OH5YylLD5NRKLltdqwSvS0BnV=", "L/OH5YylLD5NRKLltdqwSvS0BnU==",
		"                            ", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=" };
	for (size_t i = 0; i < countof(none); i++) {
		test_row = none[i];
		EXPECT(!is_signed(TOKEN, URL, BODY, none[i]));
	}
	test_row = NULL;
}

static void
twilio__takes_each_parameter_once_and_not_too_many(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct pairs params = { NULL, 0 };
	struct err err;
	EXPECT(twilio_read(STR("Digits=4&Body=a+b%26&Empty="), &arena, &params, &err));
	EXPECT_U64(params.n, 3);
	EXPECT_STR(pairs_get(&params, STR("Body")), STR("a b&"));
	EXPECT_STR(pairs_get(&params, STR("Digits")), STR("4"));
	EXPECT(!twilio_read(STR("Digits=4&Digits=5"), &arena, &params, &err));
	EXPECT(!twilio_read(STR("Digits=%4"), &arena, &params, &err));
	struct buf many = BUF(2 * TWILIO_BODY_MAX);
	for (int i = 0; i <= TWILIO_PARAMS_MAX; i++)
		buf_printf(&many, "%sp%d=1", i > 0 ? "&" : "", i);
	EXPECT(!twilio_read(buf_str(&many), &arena, &params, &err));
	buf_reset(&many);
	buf_add(&many, STR("x="));
	while (many.n <= TWILIO_BODY_MAX)
		buf_char(&many, 'a');
	EXPECT(!twilio_read(buf_str(&many), &arena, &params, &err));
	EXPECT_U64(params.n, 3);
	buf_done(&many);
	arena_release(memory, sizeof(memory));
}

int
main(void)
{
	RUN(twilio__knows_what_it_signed);
	RUN(twilio__takes_each_parameter_once_and_not_too_many);
	TEST_MAIN_END();
}
