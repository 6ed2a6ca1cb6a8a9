/* Whom a channel is tried on when nobody is named, and what a preview is of. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

static struct reply
try(struct world *w, enum command_kind kind, const char *who, const char *channel,
    incident_id incident)
{
	struct command command = { .kind = kind,
		.principal = str_of(who),
		.name = str_of(channel),
		.incident = incident };
	w->deliver = false;
	return world_command(w, &command);
}

/* A mailbox is somebody's: a test of mail goes to nobody but who asks for it. */
static void
channel__of_nobody_who_asks_is_looked_at_and_not_tried(void)
{
	static const struct {
		const char *who, *channel;
		uint32_t test, preview;
		const char *person; /* of what is sent */
	} rows[] = {
		{ "person:ana", "mail", 202, 202, "ana" },
		{ "person:mei", "mail", 202, 202, "mei" },
		{ "local-admin", "mail", 422, 202, "ana" },
		{ "agent:helper", "mail", 422, 202, "ana" },
		{ "person:mei", "pager", 202, 202, "" },
		{ "local-admin", "ops-hook", 202, 202, "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].who;
		struct world *w = world_new(SHOP, NULL, NULL);
		struct reply reply =
		    try(w, COMMAND_CHANNEL_TEST, rows[i].who, rows[i].channel, 0);
		EXPECT_U64(reply.status, rows[i].test);
		EXPECT_U64(w->notice_n, rows[i].test == 202 ? 1 : 0);
		if (rows[i].test == 202)
			EXPECT_STR(world_last_notice(w)->person, str_of(rows[i].person));
		reply = try(w, COMMAND_CHANNEL_PREVIEW, rows[i].who, rows[i].channel, 0);
		EXPECT_U64(reply.status, rows[i].preview);
		EXPECT_STR(world_last_notice(w)->person, str_of(rows[i].person));
		world_free(w);
	}
}

static str
preview(struct world *w, incident_id id)
{
	EXPECT_U64(try(w, COMMAND_CHANNEL_PREVIEW, "person:ana", "ops-hook", id).status,
	    202);
	return world_last_notice(w)->subject;
}

static void
channel__previews_an_incident_as_it_is(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, "alertname=QueueStuck,queue=mail");
	EXPECT(str_contains(preview(w, 1), STR("(incident 1): checking backlog")));
	world_fire(w, "alertname=Odd,service=ledger");
	EXPECT(str_contains(preview(w, 2), STR("needs a person")));
	uint64_t over = world_fire(w, "alertname=Slow,service=checkout");
	world_resolve(w, over);
	world_after(w, HOUR);
	EXPECT(world_state(w, 3) == INCIDENT_CLOSED);
	EXPECT(str_contains(preview(w, 3), STR("ended: the alerts cleared")));
	EXPECT_U64(try(w, COMMAND_CHANNEL_PREVIEW, "person:ana", "ops-hook", 99).status,
	    404);
	world_free(w);
}

int
main(void)
{
	RUN(channel__of_nobody_who_asks_is_looked_at_and_not_tried);
	RUN(channel__previews_an_incident_as_it_is);
	TEST_MAIN_END();
}
