#include "hands/dns.h"

#include "base/buf.h"
#include "support/test.h"

static char memory[DNS_ARENA_BYTES];
static struct buf message;

static void
put_u16(unsigned value)
{
	buf_char(&message, (char)(value >> 8));
	buf_char(&message, (char)value);
}

/* "shop.example" as labels. */
static void
put_name(const char *name)
{
	for (str rest = str_of(name); rest.n > 0;) {
		struct str_cut cut = str_cut(rest, '.');
		buf_char(&message, (char)cut.head.n);
		buf_add(&message, cut.head);
		rest = cut.tail;
	}
	buf_char(&message, 0);
}

/* An answer to "shop.example", whose name is at byte 12. */
static void
begin(unsigned flags, unsigned answers)
{
	buf_reset(&message);
	put_u16(7);
	put_u16(flags);
	put_u16(1);
	put_u16(answers);
	put_u16(0);
	put_u16(0);
	put_name("shop.example");
	put_u16(1);
	put_u16(1);
}

static void
put_record(unsigned type, const char *data, size_t n)
{
	put_u16(0xc00c); /* shop.example */
	put_u16(type);
	put_u16(1);
	put_u16(0);
	put_u16(300);
	put_u16((unsigned)n);
	buf_put(&message, data, n);
}

static bool
read_it(enum dns_type type, struct dns_answer *ret, struct err *err)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	return dns_read(buf_str(&message), STR("Shop.Example."), type, &arena, ret, err);
}

static void
dns_read__tells_each_type_in_order(void)
{
	static const struct {
		const char *name;
		enum dns_type type;
		unsigned number;
		const char *one, *two;
		size_t one_n, two_n;
		const char *text;
	} rows[] = {
		{ "A", DNS_A, 1, "\xc0\x00\x02\x09", "\xc0\x00\x02\x07", 4, 4,
		    "192.0.2.7\n192.0.2.9" },
		{ "AAAA", DNS_AAAA, 28, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02",
		    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16, 16,
		    "2001:db8::1\n2001:db8::2" },
		{ "MX", DNS_MX, 15, "\0\x14\x02mB\xc0\x0c", "\0\x0a\x02ma\xc0\x0c", 7, 7,
		    "10 ma.shop.example\n20 mb.shop.example" },
		{ "NS", DNS_NS, 2, "\x03ns2\xc0\x0c", "\x03ns1\xc0\x0c", 6, 6,
		    "ns1.shop.example\nns2.shop.example" },
		{ "TXT", DNS_TXT, 16, "\x03v=s\x03pf1",
		    "\x02"
		    "a\n",
		    8, 3, "a?\nv=spf1" },
		{ "SRV", DNS_SRV, 33, "\0\x0a\0\x3c\x13\xc4\x03sip\xc0\x0c",
		    "\0\x0a\0\x3c\x13\xc4\x00", 12, 7,
		    "10 60 5060 \n10 60 5060 sip.shop.example" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct dns_answer answer;
		struct err err;
		test_row = rows[i].name;
		begin(0x8180, 2);
		put_record(rows[i].number, rows[i].one, rows[i].one_n);
		put_record(rows[i].number, rows[i].two, rows[i].two_n);
		bool ok = read_it(rows[i].type, &answer, &err);
		EXPECT(ok);
		if (!ok)
			continue;
		EXPECT_U64(answer.n, 2);
		EXPECT_STR(answer.text, str_of(rows[i].text));
	}
}

static void
dns_read__follows_aliases_of_the_name_alone(void)
{
	struct dns_answer answer;
	struct err err;
	begin(0x8180, 3);
	put_record(5, "\x03www\xc0\x0c", 6);
	put_name("www.shop.example");
	put_u16(1);
	put_u16(1);
	put_u16(0);
	put_u16(300);
	put_u16(4);
	buf_add(&message, STR("\x01\x02\x03\x04"));
	put_name("evil.example"); /* not asked for */
	put_u16(1);
	put_u16(1);
	put_u16(0);
	put_u16(300);
	put_u16(4);
	buf_add(&message, STR("\x09\x09\x09\x09"));
	EXPECT(read_it(DNS_A, &answer, &err));
	EXPECT_U64(answer.n, 1);
	EXPECT_STR(answer.text, STR("1.2.3.4"));
	EXPECT(read_it(DNS_CNAME, &answer, &err));
	EXPECT_STR(answer.text, STR("www.shop.example"));

	/* An alias of itself has no end. */
	begin(0x8180, 1);
	put_record(5, "\xc0\x0c", 2);
	EXPECT(!read_it(DNS_A, &answer, &err));
	EXPECT(err.kind == ERR_CORRUPT);
}

static void
dns_read__takes_nothing_for_an_answer_too(void)
{
	struct dns_answer answer;
	struct err err;
	begin(0x8183, 0);
	EXPECT(read_it(DNS_A, &answer, &err));
	EXPECT(answer.rcode == 3 && answer.n == 0 && answer.text.n == 0);
	begin(0x8180, 0);
	EXPECT(read_it(DNS_A, &answer, &err));
	EXPECT(answer.rcode == 0 && answer.n == 0);
}

static void
dns_read__refuses_what_it_cannot_trust(void)
{
	struct dns_answer answer = { .n = 12345 };
	struct err err;
	begin(0x8182, 0); /* SERVFAIL */
	EXPECT(!read_it(DNS_A, &answer, &err));
	EXPECT_STR(str_of(err.text), STR("the server answered with error 2"));
	begin(0x0100, 0); /* a question */
	EXPECT(!read_it(DNS_A, &answer, &err));
	begin(0x8380, 0); /* cut off */
	EXPECT(!read_it(DNS_A, &answer, &err));
	begin(0x8180, 2); /* only one there */
	put_record(1, "\x01\x02\x03\x04", 4);
	EXPECT(!read_it(DNS_A, &answer, &err));
	begin(0x8180, 1);
	put_record(1, "\x01\x02\x03\x04\x05", 5);
	EXPECT(!read_it(DNS_A, &answer, &err));
	begin(0x8180, 1);
	put_record(2, "\xc0\xff", 2); /* a name further down */
	EXPECT(!read_it(DNS_NS, &answer, &err));
	EXPECT_U64(answer.n, 12345);
	/* Cut anywhere, it is damaged, and that is all. */
	begin(0x8180, 1);
	put_record(15, "\0\x0a\x02ma\xc0\x0c", 7);
	size_t whole = message.n;
	for (message.n = 0; message.n < whole; message.n++)
		EXPECT(!read_it(DNS_MX, &answer, &err));
}

int
main(void)
{
	message = BUF(4096);
	RUN(dns_read__tells_each_type_in_order);
	RUN(dns_read__follows_aliases_of_the_name_alone);
	RUN(dns_read__takes_nothing_for_an_answer_too);
	RUN(dns_read__refuses_what_it_cannot_trust);
	buf_done(&message);
	TEST_MAIN_END();
}
