/*
 * Too much of something in a configuration: what is said when a limit of the reader is passed,
 * and that it says nothing one below. The other messages are golden tests.
 */
#include <stdio.h>

#include "base/buf.h"
#include "model/model.h"
#include "support/config.h"
#include "support/test.h"

#define TEXT_MAX ((size_t)4 << 20)

static const struct row {
	const char *name;
	const char *head;
	const char *each; /* '#' is the number of it */
	const char *tail;
	unsigned most;
	const char *message;
} rows[] = {
	{ "rules", "authority:\n", "  - {}\n", "", 20000, "more than 20000 rules" },
	{ "rules of autonomy", "autonomy:\n", "  - {}\n", "", 1024,
	    "more than 1024 rules of autonomy" },
	{ "calendars", "calendars:\n", "  c#: {}\n", "", 1000, "more than 1000 calendars" },
	{ "heartbeats", "heartbeats:\n", "  h#: {}\n", "", 1000,
	    "more than 1000 heartbeats" },
	{ "inhibit", "inhibit:\n", "  - {}\n", "", 256,
	    "more than 256 rules of inhibition" },
	{ "maintenance", "maintenance:\n", "  - {}\n", "", 256,
	    "more than 256 maintenance windows" },
	{ "logs", "probe_files:\n", "  - /var/log/#\n", "", 64,
	    "more than 64 folders for logs" },
	{ "paths",
	    "actions: {a: {verb: x, run: [x], sandbox: offline, paths: {write: [/tmp/w], "
	    "read: [",
	    "/srv/#, ", "]}}}\n", 31, "over 32 paths" },
	{ "pieces of a body",
	    "actions: {a: {verb: x, http: {url: 'http://h.example/', json: [",
	    "'${target}', ", "]}}}\n", 127, "more than 256 pieces in one body" },
	{ "bytes of a body",
	    "actions: {a: {verb: x, http: {url: 'http://h.example/', json: '",
	    "xxxxxxxxxxxxxxxx", "'}}}\n", 1023, "this body is over 16384 bytes" },
	{ "bytes of an address", "people: {mei: {reach: [hook: '", "xxxxxxxx", "']}}\n", 64,
	    "an address is at most 512 bytes" },
	{ "bytes to send",
	    "actions: {a: {verb: x, run: [x], happened: {tcp: 'h:1', expect: banner "
	    "contains x, send: '",
	    "xxxxxxxx", "'}}}\n", 128, "1032 bytes to send; the most is 1024" },
	{ "bytes of a key", "people: {mei: {", "xxxxxxxx", ": a}}\n", 32,
	    "this key is over 256 bytes" },
	{ "bytes of a pattern of authority",
	    "actions: {a: {verb: x, params: {p: {type: name}}, run: [x, '${p}']}}\n"
	    "authority: [{grant: a, to: [ana], may: [a], on: {tier: 1}, until: 2099-01-01, "
	    "owner: ana, with: {p: {like: '",
	    "xxxxxxx*", "'}}}]\n", 32, "a pattern of more than 256 bytes" },
};

static bool
said(const struct diags *diags, const char *message)
{
	for (const struct diag *d = diags->first; d != NULL; d = d->next) {
		if (str_eq(d->message, str_of(message)))
			return true;
	}
	return false;
}

static bool
too_many(const struct row *row, unsigned count)
{
	static struct config c;
	struct buf text = BUF(TEXT_MAX);
	buf_add(&text, str_of(row->head));
	for (unsigned i = 0; i < count; i++) {
		struct str_cut cut = str_cut(str_of(row->each), '#');
		buf_add(&text, cut.head);
		if (cut.found)
			buf_u64(&text, i);
		buf_add(&text, cut.tail);
	}
	buf_add(&text, str_of(row->tail));
	buf_char(&text, 0);
	ASSERT(!text.overflow);

	config_open(&c);
	config_add(&c, "base.yaml",
	    "fallback: ops\n"
	    "channels: {hook: {webhook: 'http://h/x'}}\n"
	    "services: {checkout: {owner: ops}}\n"
	    "teams:\n"
	    "  ops:\n"
	    "    kind: operations\n"
	    "    on_call: {zone: UTC, rotations: [{name: p, people: [ana], handover: 'Mon "
	    "09:00'}]}\n");
	config_add(&c, "people.yaml", "people: {ana: {reach: [hook]}}\n");
	config_add(&c, "more.yaml", text.p);
	(void)config_load(&c);
	bool found = said(&c.diags, row->message);
	config_close(&c);
	buf_done(&text);
	return found;
}

static void
reader__says_where_its_limits_are(void)
{
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		EXPECT(too_many(&rows[i], rows[i].most + 1));
		EXPECT(!too_many(&rows[i], rows[i].most - 1));
	}
}

int
main(void)
{
	RUN(reader__says_where_its_limits_are);
	TEST_MAIN_END();
}
