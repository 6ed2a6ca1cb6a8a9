#include "base/network.h"

static bool
read_ipv4(str text, uint8_t ret[static 4])
{
	for (unsigned i = 0; i < 4; i++) {
		struct str_cut cut = str_cut(text, '.');
		uint64_t part;
		if (cut.head.n > 3 || (cut.head.n > 1 && cut.head.p[0] == '0') ||
		    !str_u64(cut.head, 255, &part) || cut.found != (i < 3))
			return false;
		ret[i] = (uint8_t)part;
		text = cut.tail;
	}
	return true;
}

static bool
read_group(str text, uint8_t ret[static 2])
{
	unsigned value = 0;
	if (text.n == 0 || text.n > 4)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		static const char digits[] = "0123456789abcdef0123456789ABCDEF";
		const char *at = memchr(digits, text.p[i], sizeof(digits) - 1);
		if (at == NULL)
			return false;
		value = value << 4 | ((unsigned)(at - digits) & 15);
	}
	ret[0] = (uint8_t)(value >> 8);
	ret[1] = (uint8_t)value;
	return true;
}

/* Groups with colons between them, the last of all perhaps an IPv4 address; how many bytes. */
static bool
read_groups(str text, bool last, uint8_t ret[static 16], unsigned *ret_n)
{
	unsigned n = 0;
	for (bool more = text.n > 0; more;) {
		struct str_cut cut = str_cut(text, ':');
		bool v4 = last && !cut.found && memchr(cut.head.p, '.', cut.head.n) != NULL;
		if (n + (v4 ? 4u : 2u) > 16 ||
		    !(v4 ? read_ipv4(cut.head, ret + n) : read_group(cut.head, ret + n)))
			return false;
		n += v4 ? 4 : 2;
		text = cut.tail;
		more = cut.found;
	}
	*ret_n = n;
	return true;
}

static bool
read_ipv6(str text, uint8_t ret[static 16])
{
	uint8_t left[16], right[16];
	unsigned left_n, right_n = 0;
	const char *gap = memmem(text.p, text.n, "::", 2);
	size_t before = gap != NULL ? (size_t)(gap - text.p) : text.n;
	if (!read_groups(str_take(text, before), gap == NULL, left, &left_n) ||
	    (gap != NULL &&
		!read_groups(str_drop(text, before + 2), true, right, &right_n)))
		return false;
	if (gap != NULL ? left_n + right_n > 14 : left_n != 16)
		return false;
	memset(ret, 0, 16);
	memcpy(ret, left, left_n);
	memcpy(ret + 16 - right_n, right, right_n);
	return true;
}

bool
network_parse(str text, struct network *ret)
{
	struct str_cut cut = str_cut(text, '/');
	struct network network = { .bits = 128 };
	uint64_t bits = 0;
	bool v4 = memchr(cut.head.p, ':', cut.head.n) == NULL;
	if (cut.head.n == 0 || (cut.found && !str_u64(cut.tail, v4 ? 32 : 128, &bits)))
		return false;
	if (v4) {
		network.b[10] = network.b[11] = 0xff;
		if (!read_ipv4(cut.head, network.b + 12))
			return false;
	} else if (!read_ipv6(cut.head, network.b)) {
		return false;
	}
	if (cut.found)
		network.bits = (uint8_t)(bits + (v4 ? 96 : 0));
	for (unsigned i = network.bits; i < 128; i++) {
		if (network.b[i / 8] & 0x80u >> i % 8)
			return false;
	}
	*ret = network;
	return true;
}

bool
network_has(const struct network *network, const struct network *address)
{
	for (unsigned i = 0; i < network->bits; i++) {
		unsigned differ = (unsigned)(network->b[i / 8] ^ address->b[i / 8]);
		if (differ & 0x80u >> i % 8)
			return false;
	}
	return true;
}
