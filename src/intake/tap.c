#include "intake/tap.h"

#define MAC_BYTES 16
#define PERSON_BYTES_MAX 128

static const char *const words[] = {
	[TAP_ACKNOWLEDGE] = "acknowledge",
	[TAP_USEFUL] = "useful",
	[TAP_USELESS] = "not-useful",
	[TAP_ASKS] = "was-useful",
};

const char *
tap_act_word(enum tap_act act)
{
	ASSERT(act > 0 && act < countof(words));
	return words[act];
}

/* "acknowledge.17.42.1795456684." */
static void
put_claims(struct buf *out, const struct tap *tap)
{
	ASSERT(tap->incident_n > 0 && tap->incident_n <= TAP_INCIDENTS_MAX);
	buf_printf(out, "%s.", tap_act_word(tap->act));
	for (size_t i = 0; i < tap->incident_n; i++)
		buf_printf(out, "%s%u", i > 0 ? "-" : "", tap->incident[i]);
	buf_printf(out, ".%llu.%llu.", (unsigned long long)tap->notice,
	    (unsigned long long)tap->until_s);
}

static hash32
mac_of(const struct tap *tap, str key)
{
	struct buf text = BUF(TAP_BYTES_MAX);
	buf_add(&text, STR("firstline tap\n"));
	put_claims(&text, tap);
	buf_add(&text, tap->person);
	ASSERT(!text.overflow);
	hash32 mac = hmac_sha256(key, buf_str(&text));
	buf_done(&text);
	return mac;
}

void
tap_write(struct buf *out, const struct tap *tap, str key)
{
	ASSERT(tap->person.n > 0 && tap->person.n <= PERSON_BYTES_MAX);
	hash32 mac = mac_of(tap, key);
	put_claims(out, tap);
	for (size_t i = 0; i < MAC_BYTES; i++)
		buf_printf(out, "%02x", mac.b[i]);
	buf_char(out, '.');
	buf_add(out, tap->person);
}

static str
take_part(str *rest)
{
	struct str_cut cut = str_cut(*rest, '.');
	*rest = cut.tail;
	return cut.head;
}

static bool
is_person(str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		             (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
		if (!plain)
			return false;
	}
	return name.n > 0 && name.n <= PERSON_BYTES_MAX;
}

/* "17", "17-18-21" */
static bool
read_incidents(str text, struct tap *tap)
{
	for (bool more = true; more;) {
		struct str_cut cut = str_cut(text, '-');
		uint64_t incident;
		if (tap->incident_n == TAP_INCIDENTS_MAX ||
		    !str_u64(cut.head, UINT32_MAX, &incident) || incident == 0)
			return false;
		tap->incident[tap->incident_n++] = (incident_id)incident;
		more = cut.found;
		text = cut.tail;
	}
	return true;
}

static bool
read_parts(str text, struct tap *ret, uint8_t ret_mac[static MAC_BYTES])
{
	struct tap tap = { 0 };
	if (text.n > TAP_BYTES_MAX)
		return false;
	str rest = text, word = take_part(&rest);
	for (size_t i = 1; i < countof(words); i++) {
		if (str_eq(word, str_of(words[i])))
			tap.act = (enum tap_act)i;
	}
	if (tap.act == 0 || !read_incidents(take_part(&rest), &tap) ||
	    !str_u64(take_part(&rest), UINT64_MAX, &tap.notice) ||
	    !str_u64(take_part(&rest), UINT64_MAX / SECOND, &tap.until_s) ||
	    !hex_decode(take_part(&rest), ret_mac, MAC_BYTES) || !is_person(rest))
		return false;
	tap.person = rest;
	*ret = tap;
	return true;
}

bool
tap_peek(str text, struct tap *ret)
{
	uint8_t mac[MAC_BYTES];
	return read_parts(text, ret, mac);
}

bool
tap_read(str text, str key, struct tap *ret)
{
	uint8_t given[MAC_BYTES];
	struct tap tap;
	if (key.n == 0 || !read_parts(text, &tap, given))
		return false;
	hash32 right = mac_of(&tap, key), padded = right;
	memcpy(padded.b, given, MAC_BYTES); /* the rest is not sent */
	if (!hash32_eq_secret(&right, &padded))
		return false;
	*ret = tap;
	return true;
}
