#ifndef HANDS_DNS_H
#define HANDS_DNS_H

#include "base/arena.h"
#include "base/err.h"
#include "facts/row.h"

/*
 * dns -- an answer of DNS (RFC 1035 4.1), read strictly: the records of one type that
 * belong to the name asked for, through at most DNS_CHAIN_MAX aliases.
 *
 *	A, AAAA     192.0.2.7
 *	CNAME, NS   ns1.example
 *	MX          10 mail.example
 *	SRV         10 60 5060 sip.example     priority, weight, port
 *	TXT         its strings joined
 *
 * Names are in lower case and without the dot at the end; odd bytes of them are \DDD.
 * `text` has one record a line, in the order of their bytes: the same records give the
 * same text, however a server turns them. Pure.
 */
#define DNS_NAME_MAX 253
#define DNS_RECORDS_MAX 256
#define DNS_CHAIN_MAX 16
#define DNS_MESSAGE_MAX 65536
#define DNS_ARENA_BYTES ((size_t)1 << 21)

struct dns_answer {
	uint32_t rcode; /* 0, or 3: there is no such name */
	size_t n;
	str text;
};

/* False with err: no answer that could be trusted. */
NODISCARD bool dns_read(str message, str name, enum dns_type type, struct arena *arena,
    struct dns_answer *ret, struct err *err);

#endif
