#include "hands/webhook.h"

#include "support/test.h"

static void
webhook_sign__gives_the_published_signature(void)
{
	/* The example of the Standard Webhooks reference libraries. */
	struct buf out = BUF(200);
	struct err err;
	EXPECT(webhook_sign(&out, STR("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
	    STR("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330, STR("{\"test\": 2432232314}"),
	    &err));
	EXPECT_STR(buf_str(&out), STR("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
	buf_done(&out);
}

static void
webhook_sign__takes_a_secret_as_it_is(void)
{
	/* printf 'notice-1.1614265330.{}' | openssl dgst -sha256 -hmac hunter2 */
	struct buf out = BUF(200);
	struct err err;
	EXPECT(webhook_sign(&out, STR("hunter2"), STR("notice-1"), 1614265330, STR("{}"),
	    &err));
	EXPECT_STR(buf_str(&out), STR("v1,V6+BguN81miisBWtbntLyx0Naez4jwgDM/RJFTfDlqg="));
	buf_done(&out);
}

static void
webhook_sign__refuses_a_key_that_is_none(void)
{
	static const struct {
		const char *name;
		const char *secret;
		const char *error;
	} rows[] = {
		{ "empty", "", "the secret is empty" },
		{ "empty after the prefix", "whsec_", "the secret is empty" },
		{ "no base64", "whsec_!!!", "the secret has no base64 after 'whsec_'" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct buf out = BUF(200);
		struct err err;
		EXPECT(!webhook_sign(&out, str_of(rows[i].secret), STR("id"), 1, STR("{}"),
		    &err));
		EXPECT_STR(str_of(err.text), str_of(rows[i].error));
		EXPECT_U64(out.n, 0);
		buf_done(&out);
	}
}

static void
webhook_body__is_the_documented_one(void)
{
	struct pair fields[] = {
		{ STR("impact"), STR("customers may be unable to \"buy\"") },
		{ STR("text"), STR("not this one") },
		{ STR("you_can"), STR("firstline incident ack 17") },
	};
	struct notice_row notice = {
		.id = 42,
		.incident = 17,
		.purpose = PURPOSE_OPENED,
		.person = STR("ana"),
		.subject = STR("[sev2] checkout"),
		.text = STR("line one\nline two"),
		.fields = { fields, countof(fields) },
		.made_wall = 1795457902380,
	};
	struct buf out = BUF(2000);
	webhook_body(&out, &notice);
	EXPECT_STR(buf_str(&out),
	    STR("{\"type\":\"incident.opened\",\"timestamp\":\"2026-11-23T18:18:22.380Z\","
		"\"data\":{\"notice\":\"notice-42\",\"incident\":17,\"person\":\"ana\","
		"\"subject\":\"[sev2] checkout\",\"text\":\"line one\\nline two\","
		"\"impact\":\"customers may be unable to \\\"buy\\\"\","
		"\"you_can\":\"firstline incident ack 17\"}}"));
	buf_done(&out);
}

/* A program reads each that it tells. */
static void
webhook_body__of_a_digest_has_what_it_told(void)
{
	struct digest_line lines[] = {
		{ 40, 17, PURPOSE_NEEDS_PERSON, SEV1, STR("checkout"),
		    STR("down \"now\"") },
		{ 41, 0, PURPOSE_SELF, 0, STR(""), STR("a handover") },
		{ 42, 12, PURPOSE_ENDED, SEV3, STR("ledger"), STR("over {}") },
	};
	struct pair fields[] = { { STR("messages"), STR("3") }, { STR("told"), STR("x") } };
	struct notice_row notice = {
		.id = 50,
		.purpose = PURPOSE_DIGEST,
		.subject = STR("3 messages"),
		.text = STR("all"),
		.fields = { fields, countof(fields) },
		.made_wall = 1795457902380,
		.told = { lines, countof(lines) },
		.told_n = 3,
	};
	struct buf out = BUF(2000);
	webhook_body(&out, &notice);
	EXPECT_STR(buf_str(&out),
	    STR("{\"type\":\"firstline.digest\",\"timestamp\":\"2026-11-23T18:18:22.380Z\","
		"\"data\":{\"notice\":\"notice-50\",\"subject\":\"3 messages\","
		"\"text\":\"all\",\"messages\":\"3\",\"told\":["
		"{\"type\":\"incident.needs_person\",\"notice\":\"notice-40\","
		"\"incident\":17,\"severity\":\"sev1\",\"service\":\"checkout\","
		"\"subject\":\"down \\\"now\\\"\"},"
		"{\"type\":\"firstline.self\",\"notice\":\"notice-41\","
		"\"subject\":\"a handover\"},"
		"{\"type\":\"incident.ended\",\"notice\":\"notice-42\",\"incident\":12,"
		"\"severity\":\"sev3\",\"service\":\"ledger\","
		"\"subject\":\"over {}\"}]}}"));
	buf_done(&out);
}

static void
webhook_type__names_every_purpose(void)
{
	for (unsigned i = PURPOSE_OPENED; i <= PURPOSE_QUESTION_ENDED; i++) {
		str type = str_of(webhook_type((enum notice_purpose)i));
		EXPECT(str_starts(type,
		    i == PURPOSE_SELF ? STR("firstline.") : STR("incident.")));
	}
}

int
main(void)
{
	RUN(webhook_sign__gives_the_published_signature);
	RUN(webhook_sign__takes_a_secret_as_it_is);
	RUN(webhook_sign__refuses_a_key_that_is_none);
	RUN(webhook_body__is_the_documented_one);
	RUN(webhook_body__of_a_digest_has_what_it_told);
	RUN(webhook_type__names_every_purpose);
	TEST_MAIN_END();
}
