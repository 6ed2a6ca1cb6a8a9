#include "hands/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "support/test.h"

static enum address_kind
kind_of(const char *text)
{
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return address_kind((const struct sockaddr *)&four);
	EXPECT(inet_pton(AF_INET6, text, &six.sin6_addr) == 1);
	return address_kind((const struct sockaddr *)&six);
}

static void
address__tells_where_no_request_goes(void)
{
	static const struct {
		const char *name;
		enum address_kind kind;
	} rows[] = {
		{ "10.0.0.1", ADDRESS_PLAIN },
		{ "192.168.1.1", ADDRESS_PLAIN },
		{ "100.100.100.201", ADDRESS_PLAIN },
		{ "2001:db8::1", ADDRESS_PLAIN },
		{ "fd00::1", ADDRESS_PLAIN },
		{ "127.0.0.1", ADDRESS_LOOPBACK },
		{ "127.255.255.254", ADDRESS_LOOPBACK },
		{ "0.0.0.0", ADDRESS_LOOPBACK },
		{ "::1", ADDRESS_LOOPBACK },
		{ "::", ADDRESS_LOOPBACK },
		{ "::ffff:127.0.0.1", ADDRESS_LOOPBACK },
		{ "::127.0.0.1", ADDRESS_LOOPBACK },
		{ "169.254.169.254", ADDRESS_FORBIDDEN },
		{ "::ffff:169.254.169.254", ADDRESS_FORBIDDEN },
		{ "64:ff9b::169.254.169.254", ADDRESS_FORBIDDEN },
		{ "2002:a9fe:a9fe::", ADDRESS_FORBIDDEN },
		{ "fe80::1", ADDRESS_FORBIDDEN },
		{ "febf::1", ADDRESS_FORBIDDEN },
		{ "ff02::1", ADDRESS_FORBIDDEN },
		{ "224.0.0.1", ADDRESS_FORBIDDEN },
		{ "255.255.255.255", ADDRESS_FORBIDDEN },
		{ "100.100.100.200", ADDRESS_FORBIDDEN },
		{ "192.0.0.192", ADDRESS_FORBIDDEN },
		{ "fd00:ec2::254", ADDRESS_FORBIDDEN },
		{ "fd20:ce::254", ADDRESS_FORBIDDEN },
		{ "fd20:ce::253", ADDRESS_PLAIN },
		{ "64:ff9b:1::169.254.169.254", ADDRESS_FORBIDDEN },
		{ "64:ff9b:1:a9fe:a9:fe00::", ADDRESS_FORBIDDEN },
		{ "64:ff9b:2::1", ADDRESS_PLAIN },
		/* each edge of each range */
		{ "126.255.255.255", ADDRESS_PLAIN },
		{ "128.0.0.0", ADDRESS_PLAIN },
		{ "127.0.0.0", ADDRESS_LOOPBACK },
		{ "127.255.255.255", ADDRESS_LOOPBACK },
		{ "169.253.255.255", ADDRESS_PLAIN },
		{ "169.254.0.0", ADDRESS_FORBIDDEN },
		{ "169.254.170.2", ADDRESS_FORBIDDEN },
		{ "169.254.255.255", ADDRESS_FORBIDDEN },
		{ "169.255.0.0", ADDRESS_PLAIN },
		{ "100.100.100.199", ADDRESS_PLAIN },
		{ "192.0.0.191", ADDRESS_PLAIN },
		{ "192.0.0.193", ADDRESS_PLAIN },
		{ "223.255.255.255", ADDRESS_PLAIN },
		{ "224.0.0.0", ADDRESS_FORBIDDEN },
		{ "239.255.255.255", ADDRESS_FORBIDDEN },
		{ "fe7f:ffff::1", ADDRESS_PLAIN },
		{ "fe80::", ADDRESS_FORBIDDEN },
		{ "feff::1", ADDRESS_PLAIN },
		{ "feff:ffff::1", ADDRESS_PLAIN },
		{ "ff00::", ADDRESS_FORBIDDEN },
		{ "ffff::1", ADDRESS_FORBIDDEN },
		{ "fd00:ec2::253", ADDRESS_PLAIN },
		{ "fd00:ec2::255", ADDRESS_PLAIN },
		{ "::2", ADDRESS_PLAIN },
		/* IPv4 in each dress of IPv6 */
		{ "::ffff:0.0.0.0", ADDRESS_LOOPBACK },
		{ "::ffff:10.0.0.1", ADDRESS_PLAIN },
		{ "::ffff:a9fe:a9fe", ADDRESS_FORBIDDEN },
		{ "::ffff:100.100.100.200", ADDRESS_FORBIDDEN },
		{ "::ffff:192.0.0.192", ADDRESS_FORBIDDEN },
		{ "::ffff:224.0.0.1", ADDRESS_FORBIDDEN },
		{ "::ffff:255.255.255.255", ADDRESS_FORBIDDEN },
		{ "::169.254.169.254", ADDRESS_FORBIDDEN },
		{ "::100.100.100.200", ADDRESS_FORBIDDEN },
		{ "64:ff9b::7f00:1", ADDRESS_LOOPBACK },
		{ "64:ff9b::10.0.0.1", ADDRESS_PLAIN },
		{ "64:ff9b::100.100.100.200", ADDRESS_FORBIDDEN },
		{ "2002:7f00:1::", ADDRESS_LOOPBACK },
		{ "2002:7f00:1::1", ADDRESS_LOOPBACK },
		{ "2002:a9fe:a9fe:1234::1", ADDRESS_FORBIDDEN },
		{ "2002:6464:64c8::", ADDRESS_FORBIDDEN },
		{ "2002:a00:1::", ADDRESS_PLAIN },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		EXPECT_U64(kind_of(rows[i].name), rows[i].kind);
	}
	EXPECT_U64(address_kind(&(struct sockaddr){ .sa_family = AF_UNIX }),
	    ADDRESS_FORBIDDEN);
}

int
main(void)
{
	RUN(address__tells_where_no_request_goes);
	TEST_MAIN_END();
}
