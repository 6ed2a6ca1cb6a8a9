#include "hands/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"

static enum address_kind
kind_of_4(const uint8_t *b)
{
	static const uint8_t alibaba[] = { 100, 100, 100, 200 };
	static const uint8_t oracle[] = { 192, 0, 0, 192 };
	if (b[0] == 127 || b[0] == 0)
		return ADDRESS_LOOPBACK;
	if ((b[0] == 169 && b[1] == 254) || b[0] >= 224)
		return ADDRESS_FORBIDDEN;
	if (memcmp(b, alibaba, 4) == 0 || memcmp(b, oracle, 4) == 0)
		return ADDRESS_FORBIDDEN;
	return ADDRESS_PLAIN;
}

/* Where in these 16 bytes an IPv4 address stands; NULL: nowhere. */
static const uint8_t *
within(const uint8_t *b)
{
	static const uint8_t zero[12];
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	if (memcmp(b, mapped, 12) == 0 || memcmp(b, nat64, 12) == 0)
		return b + 12;
	if (memcmp(b, zero, 12) == 0 && (b[12] != 0 || b[13] != 0))
		return b + 12;
	if (b[0] == 0x20 && b[1] == 0x02)
		return b + 2;
	return NULL;
}

static enum address_kind
kind_of_6(const uint8_t *b)
{
	static const uint8_t zero[15];
	static const uint8_t ec2[16] = { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54 };
	if (memcmp(b, zero, 15) == 0 && b[15] <= 1)
		return ADDRESS_LOOPBACK;
	/* NAT64 of a network's own: where in it the address stands is not known. */
	static const uint8_t nat64_local[6] = { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 };
	if (memcmp(b, nat64_local, sizeof(nat64_local)) == 0)
		return ADDRESS_FORBIDDEN;
	const uint8_t *inner = within(b);
	if (inner != NULL)
		return kind_of_4(inner);
	if ((b[0] == 0xfe && (b[1] & 0xc0) == 0x80) || b[0] == 0xff)
		return ADDRESS_FORBIDDEN;
	static const uint8_t gcp[16] = { 0xfd, 0x20, 0x00, 0xce, [14] = 0x02, [15] = 0x54 };
	if (memcmp(b, ec2, 16) == 0 || memcmp(b, gcp, 16) == 0)
		return ADDRESS_FORBIDDEN;
	return ADDRESS_PLAIN;
}

enum address_kind
address_kind(const struct sockaddr *address)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	if (address->sa_family == AF_INET) {
		memcpy(&four, address, sizeof(four));
		uint8_t b[4];
		memcpy(b, &four.sin_addr, sizeof(b));
		return kind_of_4(b);
	}
	if (address->sa_family == AF_INET6) {
		memcpy(&six, address, sizeof(six));
		return kind_of_6(six.sin6_addr.s6_addr);
	}
	return ADDRESS_FORBIDDEN;
}

void
address_text(const struct sockaddr *address, char *ret, size_t size)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	const char *text = NULL;
	if (address->sa_family == AF_INET) {
		memcpy(&four, address, sizeof(four));
		text = inet_ntop(AF_INET, &four.sin_addr, ret, (socklen_t)size);
	} else if (address->sa_family == AF_INET6) {
		memcpy(&six, address, sizeof(six));
		text = inet_ntop(AF_INET6, &six.sin6_addr, ret, (socklen_t)size);
	}
	if (text == NULL)
		(void)snprintf(ret, size, "another kind of address");
}
