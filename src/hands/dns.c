#include "hands/dns.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

#define CLASS_IN 1
#define TEXT_MAX ((size_t)1 << 19)
#define NAME_TEXT_MAX 1024 /* 253 bytes, each perhaps \DDD */

static const uint16_t numbers[DNS_TYPE_COUNT] = {
	[DNS_A] = 1,
	[DNS_AAAA] = 28,
	[DNS_CNAME] = 5,
	[DNS_MX] = 15,
	[DNS_TXT] = 16,
	[DNS_SRV] = 33,
	[DNS_NS] = 2,
};

/* A message and where we are in it; `bad` latches. */
struct in {
	str all;
	size_t at;
	bool bad;
};

struct record {
	str owner;
	uint16_t type;
	size_t at, n; /* its data */
};

static unsigned
take_u8(struct in *in)
{
	if (in->at >= in->all.n) {
		in->bad = true;
		return 0;
	}
	return (unsigned char)in->all.p[in->at++];
}

static unsigned
take_u16(struct in *in)
{
	unsigned high = take_u8(in);
	return high << 8 | take_u8(in);
}

static void
skip(struct in *in, size_t n)
{
	if (n > in->all.n - in->at)
		in->bad = true;
	else
		in->at += n;
}

static void
put_label_char(struct buf *out, unsigned c)
{
	if (c >= 'A' && c <= 'Z')
		buf_char(out, (char)(c - 'A' + 'a'));
	else if (c <= 0x20 || c >= 0x7f || c == '.' || c == '\\')
		buf_printf(out, "\\%03u", c);
	else
		buf_char(out, (char)c);
}

/* A name, perhaps going on further up: each pointer leads before what it stands in, so
 * there is an end. The place in the message moves behind the name itself. */
static void
take_name(struct in *in, struct buf *out)
{
	struct in here = *in;
	size_t before = in->at, bytes = 0;
	bool jumped = false;
	for (;;) {
		unsigned n = take_u8(&here);
		if (n >= 0xc0) {
			size_t to = (n & 0x3f) << 8 | take_u8(&here);
			if (!jumped)
				in->at = here.at;
			jumped = true;
			here.bad = here.bad || to >= before;
			before = to;
			here.at = to;
		} else if (n > 63) {
			here.bad = true; /* no kind of label that is in use */
		} else if (n > 0) {
			bytes += n + 1;
			if (out->n > 0)
				buf_char(out, '.');
			for (unsigned i = 0; i < n && !here.bad; i++)
				put_label_char(out, take_u8(&here));
		}
		if (here.bad || bytes > DNS_NAME_MAX + 1 || n == 0)
			break;
	}
	if (!jumped)
		in->at = here.at;
	in->bad = in->bad || here.bad || bytes > DNS_NAME_MAX + 1;
}

static str
keep_name(struct in *in, struct arena *arena)
{
	struct buf text = BUF(NAME_TEXT_MAX);
	take_name(in, &text);
	in->bad = in->bad || text.overflow;
	str kept = arena_str(arena, buf_str(&text));
	buf_done(&text);
	return kept;
}

/* ---- records ---- */

static size_t
read_records(struct in *in, unsigned count, struct arena *arena, struct record *ret)
{
	size_t n = 0;
	for (unsigned i = 0; i < count && !in->bad && n < DNS_RECORDS_MAX; i++) {
		struct record record = { .owner = keep_name(in, arena) };
		record.type = (uint16_t)take_u16(in);
		unsigned class = take_u16(in);
		skip(in, 4); /* how long it may be kept */
		record.n = take_u16(in);
		record.at = in->at;
		skip(in, record.n);
		if (!in->bad && class == CLASS_IN)
			ret[n++] = record;
	}
	return n;
}

static void
put_address(struct in *in, size_t n, int family, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];
	size_t wanted = family == AF_INET ? 4 : 16;
	if (n != wanted ||
	    inet_ntop(family, in->all.p + in->at, text, sizeof(text)) == NULL) {
		in->bad = true;
		return;
	}
	buf_add(out, str_of(text));
	in->at += n;
}

static void
put_strings(struct in *in, size_t end, struct buf *out)
{
	while (in->at < end && !in->bad) {
		unsigned n = take_u8(in);
		if (n > end - in->at) {
			in->bad = true;
			return;
		}
		for (unsigned i = 0; i < n; i++) {
			unsigned c = take_u8(in);
			/* one record stays one line */
			buf_char(out, c == '\n' || c == '\r' ? '?' : (char)c);
		}
	}
}

/* The name at the end of a record's data. */
static void
put_name(struct in *in, struct buf *out)
{
	struct buf name = BUF(NAME_TEXT_MAX);
	take_name(in, &name);
	buf_add(out, buf_str(&name));
	buf_done(&name);
}

static void
put_data(struct in *in, const struct record *record, enum dns_type type, struct buf *out)
{
	in->at = record->at;
	switch (type) {
	case DNS_A:
		put_address(in, record->n, AF_INET, out);
		break;
	case DNS_AAAA:
		put_address(in, record->n, AF_INET6, out);
		break;
	case DNS_CNAME:
	case DNS_NS:
		put_name(in, out);
		break;
	case DNS_MX:
		buf_printf(out, "%u ", take_u16(in));
		put_name(in, out);
		break;
	case DNS_SRV:
		for (int i = 0; i < 3; i++)
			buf_printf(out, "%u ", take_u16(in));
		put_name(in, out);
		break;
	case DNS_TXT:
		put_strings(in, record->at + record->n, out);
		break;
	}
	in->bad = in->bad || in->at != record->at + record->n;
}

static str
data_text(struct in *in, const struct record *record, enum dns_type type,
    struct arena *arena)
{
	struct buf text = BUF(DNS_MESSAGE_MAX);
	put_data(in, record, type, &text);
	str kept = arena_str(arena, buf_str(&text));
	buf_done(&text);
	return kept;
}

/* Where the aliases of the answer lead from that name. */
static str
follow(struct in *in, const struct record *records, size_t n, str name, struct arena *arena)
{
	for (unsigned i = 0; i < DNS_CHAIN_MAX; i++) {
		size_t k = 0;
		while (k < n && (records[k].type != numbers[DNS_CNAME] ||
				    !str_eq_caseless(records[k].owner, name)))
			k++;
		if (k == n || in->bad)
			return name;
		name = data_text(in, &records[k], DNS_CNAME, arena);
	}
	in->bad = true;
	return name;
}

static int
compare_texts(const void *a, const void *b)
{
	const str *x = a, *y = b;
	return str_cmp(*x, *y);
}

static str
join(str *texts, size_t n, struct arena *arena)
{
	struct buf all = BUF(TEXT_MAX);
	qsort(texts, n, sizeof(*texts), compare_texts);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_char(&all, '\n');
		buf_add(&all, texts[i]);
	}
	str ret = arena_str(arena, buf_str(&all));
	buf_done(&all);
	return ret;
}

static bool
read_answers(struct in *in, unsigned count, str name, enum dns_type type,
    struct arena *arena, struct dns_answer *ret)
{
	struct record *records = arena_new(arena, struct record, DNS_RECORDS_MAX);
	str *texts = arena_new(arena, str, DNS_RECORDS_MAX);
	size_t n = read_records(in, count, arena, records);
	if (in->bad)
		return false;
	if (str_ends(name, STR(".")))
		name = str_take(name, name.n - 1);
	if (type != DNS_CNAME)
		name = follow(in, records, n, name, arena);
	for (size_t i = 0; i < n && !in->bad; i++) {
		if (records[i].type == numbers[type] &&
		    str_eq_caseless(records[i].owner, name))
			texts[ret->n++] = data_text(in, &records[i], type, arena);
	}
	ret->text = join(texts, ret->n, arena);
	return !in->bad;
}

bool
dns_read(str message, str name, enum dns_type type, struct arena *arena,
    struct dns_answer *ret, struct err *err)
{
	struct in in = { .all = message };
	(void)take_u16(&in); /* its id: whoever asked has compared it */
	unsigned flags = take_u16(&in);
	unsigned questions = take_u16(&in);
	unsigned answers = take_u16(&in);
	skip(&in, 4);
	struct dns_answer got = { .rcode = flags & 0xf };
	if (in.bad || message.n > DNS_MESSAGE_MAX || (flags & 0x8000) == 0 || questions > 1)
		return err_set(err, ERR_CORRUPT, "the answer is no DNS message");
	if ((flags & 0x0200) != 0)
		return err_set(err, ERR_LIMIT, "the answer is cut off");
	if (got.rcode != 0 && got.rcode != 3)
		return err_set(err, ERR_DENIED, "the server answered with error %u",
		    got.rcode);
	if (answers > DNS_RECORDS_MAX)
		return err_set(err, ERR_LIMIT, "the answer has more than %d records",
		    DNS_RECORDS_MAX);
	if (questions == 1) {
		struct buf asked = BUF(NAME_TEXT_MAX);
		take_name(&in, &asked);
		buf_done(&asked);
		skip(&in, 4);
	}
	if (in.bad || !read_answers(&in, answers, name, type, arena, &got))
		return err_set(err, ERR_CORRUPT, "the answer is damaged");
	*ret = got;
	return true;
}
