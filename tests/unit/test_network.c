#include "base/network.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "support/test.h"

static void
network__reads_what_inet_pton_reads(void)
{
	static const char *const rows[] = { "0.0.0.0", "127.0.0.1", "255.255.255.255",
		"1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1..2.3", "", ".",
		"::", "::1", "1::", "fe80::1:2", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "::ffff:1.2.3.4",
		"1:2:3:4:5:6:1.2.3.4", "::1.2.3.4", "1.2.3.4::", ":1",
		"1:", ":::", "::1::", "12345::", "g::", "ABCD::ef", "1:2:3:4:5:6:7:1.2.3.4",
		"::1.2.3" };
	for (size_t i = 0; i < countof(rows); i++) {
		uint8_t v4[4], v6[16];
		struct network network;
		test_row = rows[i];
		bool is_v4 = inet_pton(AF_INET, rows[i], v4) == 1;
		bool is_v6 = inet_pton(AF_INET6, rows[i], v6) == 1;
		EXPECT(network_parse(str_of(rows[i]), &network) == (is_v4 || is_v6));
		if (is_v4)
			EXPECT(memcmp(network.b + 12, v4, 4) == 0 && network.b[10] == 0xff);
		if (is_v6)
			EXPECT(memcmp(network.b, v6, 16) == 0);
		if (is_v4 || is_v6)
			EXPECT_U64(network.bits, 128);
	}
}

static void
network__has_its_addresses(void)
{
	static const struct {
		const char *network, *address;
		bool has;
	} rows[] = {
		{ "10.0.0.0/8", "10.255.1.2", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "10.0.0.0/8", "::ffff:10.0.0.1", true },
		{ "0.0.0.0/0", "1.2.3.4", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::/0", "1.2.3.4", true },
		{ "fd00::/8", "fdff::1", true },
		{ "fd00::/8", "fe00::1", false },
		{ "192.0.2.128/25", "192.0.2.129", true },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.0.0.1", "127.0.0.2", false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct network network, address;
		test_row = rows[i].network;
		EXPECT(network_parse(str_of(rows[i].network), &network));
		EXPECT(network_parse(str_of(rows[i].address), &address));
		EXPECT(network_has(&network, &address) == rows[i].has);
	}
	static const char *const bad[] = { "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/",
		"::/129", "10.0.0.0/-1", "/8", "fd00::1/8", "a/8" };
	for (size_t i = 0; i < countof(bad); i++) {
		struct network network;
		test_row = bad[i];
		EXPECT(!network_parse(str_of(bad[i]), &network));
	}
}

int
main(void)
{
	RUN(network__reads_what_inet_pton_reads);
	RUN(network__has_its_addresses);
	TEST_MAIN_END();
}
