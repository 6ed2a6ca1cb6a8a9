#include "hands/mail.h"

#include "support/test.h"

static struct mail
a_mail(void)
{
	return (struct mail){
		.notice = 42,
		.incident = 17,
		.wall = 1795457902380,
		.from = STR("firstline@example.com"),
		.to = STR("ana@example.com"),
		.subject = STR("[sev2] checkout: QueueStuck (incident 17)"),
		.text = STR("Customers may be unable to buy.\n\nNothing is being done.\n"),
	};
}

static void
mail_write__is_a_whole_message(void)
{
	struct mail mail = a_mail();
	struct buf out = BUF(10000);
	mail_write(&out, &mail);
	EXPECT_STR(buf_str(&out),
	    STR("Date: Mon, 23 Nov 2026 18:18:22 +0000\r\n"
		"From: Firstline <firstline@example.com>\r\n"
		"To: <ana@example.com>\r\n"
		"Subject: [sev2] checkout: QueueStuck (incident 17)\r\n"
		"Message-ID: <notice-42.17@example.com>\r\n"
		"In-Reply-To: <incident-17@example.com>\r\n"
		"References: <incident-17@example.com>\r\n"
		"Auto-Submitted: auto-generated\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n"
		"\r\n"
		"Customers may be unable to buy.\r\n"
		"\r\n"
		"Nothing is being done.\r\n"));
	buf_done(&out);
}

static void
mail_write__threads_nothing_without_an_incident(void)
{
	struct mail mail = a_mail();
	mail.incident = 0;
	struct buf out = BUF(10000);
	mail_write(&out, &mail);
	EXPECT(!str_contains(buf_str(&out), STR("References")));
	buf_done(&out);
}

/* The part of a message between `name` and the header that follows. */
static str
header_of(str message, str name)
{
	for (str rest = message; rest.n > 0;) {
		if (str_starts(rest, name)) {
			size_t n = 0;
			while (n < rest.n && !(rest.p[n] == '\n' && rest.p[n + 1] != ' '))
				n++;
			return str_take(rest, n + 1);
		}
		rest = str_cut(rest, '\n').tail;
	}
	return STR("");
}

static void
mail_write__encodes_the_subject(void)
{
	static const struct {
		const char *name;
		const char *in;
		const char *want;
	} rows[] = {
		{ "plain", "all is well", "Subject: all is well\r\n" },
		{ "UTF-8", "p\xc3\xa9riode", "Subject: =?UTF-8?B?cMOpcmlvZGU=?=\r\n" },
		{ "header injection", "one\r\nBcc: all@example.com",
		    "Subject: one  Bcc: all@example.com\r\n" },
		{ "looks like an encoded word", "=?x?",
		    "Subject: =?UTF-8?B?PT94Pw==?=\r\n" },
		{ "long, folded between characters",
		    "0123456789012345678901234567890123456789012\xe2\x82\xac\xe2\x82\xac"
		    "678901234567890123456789",
		    "Subject: "
		    "=?UTF-8?B?MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMg=="
		    "?=\r\n"
		    " =?UTF-8?B?4oKs4oKsNjc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5?=\r\n" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct mail mail = a_mail();
		mail.subject = str_of(rows[i].in);
		struct buf out = BUF(10000);
		mail_write(&out, &mail);
		EXPECT_STR(header_of(buf_str(&out), STR("Subject:")), str_of(rows[i].want));
		buf_done(&out);
	}
}

static void
mail_write__encodes_the_text(void)
{
	static const struct {
		const char *name;
		const char *in;
		const char *want;
	} rows[] = {
		{ "equals sign", "a=b", "a=3Db\r\n" },
		{ "UTF-8", "\xe2\x82\xac", "=E2=82=AC\r\n" },
		{ "blank at the end", "a \nb\t\n", "a=20\r\nb=09\r\n" },
		{ "CR", "a\r\nb", "a\r\nb\r\n" },
		{ "a line of 76",
		    "0123456789012345678901234567890123456789012345678901234567890123456789"
		    "012345\n",
		    "0123456789012345678901234567890123456789012345678901234567890123456789"
		    "012345"
		    "\r\n" },
		{ "a line of 77",
		    "0123456789012345678901234567890123456789012345678901234567890123456789"
		    "0123456\n",
		    "0123456789012345678901234567890123456789012345678901234567890123456789"
		    "01234="
		    "\r\n56\r\n" },
		{ "a dot alone", ".\n", ".\r\n" }, /* doubled by whoever speaks SMTP */
		{ "empty", "", "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct mail mail = a_mail();
		mail.text = str_of(rows[i].in);
		struct buf out = BUF(10000);
		mail_write(&out, &mail);
		str head = STR("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
		str rest = buf_str(&out);
		while (!str_starts(rest, head))
			rest = str_drop(rest, 1);
		EXPECT_STR(str_drop(rest, head.n), str_of(rows[i].want));
		buf_done(&out);
	}
}

static void
mail_address_ok__takes_what_is_safe_in_a_command(void)
{
	static const struct {
		const char *address;
		bool ok;
	} rows[] = {
		{ "ana@example.com", true },
		{ "ana.souza+oncall@mail.example.co.uk", true },
		{ "root@localhost", true },
		{ "", false },
		{ "ana", false },
		{ "@example.com", false },
		{ "ana@", false },
		{ "ana@b@c", false },
		{ "ana@exa mple.com", false },
		{ "ana@example.com>", false },
		{ "ana@example.com\r\nRCPT TO:<x@y>", false },
		{ "<ana@example.com>", false },
		{ "\"ana souza\"@example.com", false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].address;
		EXPECT(mail_address_ok(str_of(rows[i].address)) == rows[i].ok);
	}
}

int
main(void)
{
	RUN(mail_write__is_a_whole_message);
	RUN(mail_write__threads_nothing_without_an_incident);
	RUN(mail_write__encodes_the_subject);
	RUN(mail_write__encodes_the_text);
	RUN(mail_address_ok__takes_what_is_safe_in_a_command);
	TEST_MAIN_END();
}
