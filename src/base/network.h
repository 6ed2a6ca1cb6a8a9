#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#include "base/str.h"

/*
 * network -- addresses and networks as text: "10.0.0.0/8", "127.0.0.1", "fd00::/8".
 *
 * Pure. An IPv4 address is kept as what it is within IPv6, ::ffff:a.b.c.d.
 */
struct network {
	uint8_t b[16];
	uint8_t bits; /* of b that count; an address alone has 128 */
};

/* Bits behind the prefix must be zero. */
NODISCARD bool network_parse(str text, struct network *ret);
bool network_has(const struct network *network, const struct network *address);

#endif
