/* Many messages for one reader: few at once, then one that tells all. A storm; a provider
 * that was away for eight hours. */
#include <stdlib.h>

#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

/* As it comes: four at once, then one a minute. */
#define HEAD                                                                \
	"prometheus: http://127.0.0.1:9090\n"                               \
	"fallback: platform-ops\n"                                          \
	"limits: {incidents: %u}\n"                                         \
	"channels:\n"                                                       \
	"  mail: {smtp: 'smtp://127.0.0.1:25', from: firstline@example.com" \
	"%s}\n"                                                             \
	"  pager: {webhook: 'http://127.0.0.1:8001/page'}\n"                \
	"  ops-hook: {webhook: 'http://127.0.0.1:8001/ops'}\n"

static struct world *
house(const char *mail)
{
	static char yaml[8192];
	(void)snprintf(yaml, sizeof(yaml), HEAD "%s", 90u, mail,
	    SHOP_PEOPLE SHOP_SERVICES SHOP_ACTIONS SHOP_AUTHORITY);
	struct world *w = world_new(yaml, NULL, NULL);
	w->deliver = false;
	return w;
}

static uint64_t
fire(struct world *w, unsigned n, const char *severity)
{
	char labels[96];
	(void)snprintf(labels, sizeof(labels), "alertname=N%u,service=ledger,severity=%s",
	    n, severity);
	return world_fire(w, labels);
}

static void
answer(struct world *w, size_t i, bool delivered)
{
	w->notices[i].answered = true;
	struct event event = { .kind = EVENT_NOTICE_RESULT,
		.notice_result = { .notice = w->notices[i].row.id,
		    .delivered = delivered } };
	if (!delivered)
		event.notice_result.error = STR("connection refused");
	world_step(w, &event);
}

static void
answer_all(struct world *w, const char *bad)
{
	for (size_t i = 0; i < w->notice_n; i++) {
		bool fails = bad != NULL && str_eq(w->notices[i].row.channel, str_of(bad));
		if (!w->notices[i].answered)
			answer(w, i, !fails);
	}
}

static void
live(struct world *w, msec ms, const char *bad)
{
	for (msec at = 0; at < ms; at += SECOND) {
		world_after(w, SECOND);
		answer_all(w, bad);
	}
}

/* Orders to them by that channel since `from`, digests apart. */
static unsigned
sent(const struct world *w, size_t from, const char *channel, bool digests)
{
	unsigned n = 0;
	for (size_t i = from; i < w->notice_n; i++) {
		const struct notice_row *row = &w->notices[i].row;
		n += str_eq(row->channel, str_of(channel)) &&
		     (row->purpose == PURPOSE_DIGEST) == digests;
	}
	return n;
}

static const struct notice_row *
digest_of(const struct world *w, const char *channel)
{
	for (size_t i = w->notice_n; i > 0; i--) {
		const struct notice_row *row = &w->notices[i - 1].row;
		if (row->purpose == PURPOSE_DIGEST && str_eq(row->channel, str_of(channel)))
			return row;
	}
	return NULL;
}

static struct notice_row
stored(struct world *w, row_id id)
{
	struct notice_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_NOTICE, id, &row));
	return row;
}

/* One after the other: the first three by themselves, the last of four is kept for what is
 * worse, the others are one message a minute later. */
static void
digest__few_come_one_by_one_and_then_one_that_tells_all(void)
{
	struct world *w = house("");
	for (unsigned i = 0; i < 20; i++) {
		fire(w, i, "sev3");
		world_after(w, 100);
		answer_all(w, NULL);
	}
	EXPECT_U64(sent(w, 0, "mail", false), 3);
	EXPECT_U64(sent(w, 0, "mail", true), 0);
	fire(w, 50, "sev1");
	answer_all(w, NULL);
	EXPECT_U64(sent(w, 0, "mail", false), 4);
	EXPECT(str_contains(world_last_notice(w)->subject, STR("[sev1]")) ||
	       str_contains(w->notices[w->notice_n - 2].row.subject, STR("[sev1]")));
	fire(w, 51, "sev1"); /* that was the last: it waits, and is told first */
	world_restart(w);
	live(w, MINUTE + SECOND, NULL);
	EXPECT_U64(sent(w, 0, "mail", false), 4);
	EXPECT_U64(sent(w, 0, "mail", true), 1);
	const struct notice_row *digest = digest_of(w, "mail");
	EXPECT_U64(digest->told_n, 18);
	EXPECT_U64(digest->told.n, 18);
	const struct digest_line *lines = digest->told.p;
	EXPECT(str_contains(lines[0].subject, STR("N51")) && lines[0].severity == SEV1);
	EXPECT_STR(lines[0].service, STR("ledger"));
	EXPECT(str_contains(digest->subject, STR("18 messages: 1 sev1, 17 sev3: ledger")));
	EXPECT(str_contains(digest->text, STR("ledger 18")));
	EXPECT(str_contains(digest->text, STR("/incidents\n")));
	/* The person was not told of it by the other channel: it was their turn that they
	 * waited for. */
	EXPECT_U64(sent(w, 0, "pager", false) + sent(w, 0, "pager", true), 0);
	live(w, 10 * MINUTE, NULL);
	world_free(w);
}

/* Who reloads while it storms, because of it, gives nobody more messages. */
static void
digest__a_reload_gives_nobody_more(void)
{
	struct world *w = house(", rate: {messages: 30, per: 1m}");
	fire(w, 0, "sev3");
	world_after(w, 100);
	answer_all(w, NULL);
	static char yaml[3][8192];
	for (unsigned i = 1; i < 12; i++) {
		char mail[48];
		(void)snprintf(mail, sizeof(mail), ", rate: {messages: %u, per: 1m}",
		    30 + i);
		(void)snprintf(yaml[i % 3], sizeof(yaml[0]), HEAD "%s", 90u, mail,
		    SHOP_PEOPLE SHOP_SERVICES SHOP_ACTIONS SHOP_AUTHORITY);
		if (i <= countof(yaml))
			world_adopt(w, yaml[i % 3], NULL);
		fire(w, i, "sev3");
		world_after(w, 100);
		answer_all(w, NULL);
	}
	EXPECT_U64(sent(w, 0, "mail", false), 3);
	live(w, MINUTE + SECOND, NULL);
	EXPECT_U64(sent(w, 0, "mail", false), 3);
	EXPECT_U64(sent(w, 0, "mail", true), 1);
	EXPECT_U64(digest_of(w, "mail")->told_n, 9);
	world_free(w);
}

/* With a shorter turn nobody waits for the longer one that was. */
static void
digest__a_reload_with_a_shorter_turn_holds_nobody_longer(void)
{
	struct world *w = house(", digest: {after: 2, every: 1h}");
	for (unsigned i = 0; i < 6; i++) {
		fire(w, i, "sev3");
		world_after(w, 100);
		answer_all(w, NULL);
	}
	live(w, 2 * MINUTE, NULL);
	EXPECT_U64(sent(w, 0, "mail", false) + sent(w, 0, "mail", true), 1);
	static char yaml[8192];
	(void)snprintf(yaml, sizeof(yaml), HEAD "%s", 90u,
	    ", digest: {after: 2, every: 30s}",
	    SHOP_PEOPLE SHOP_SERVICES SHOP_ACTIONS SHOP_AUTHORITY);
	world_adopt(w, yaml, NULL);
	live(w, MINUTE + SECOND, NULL);
	EXPECT_U64(sent(w, 0, "mail", false), 1);
	EXPECT_U64(sent(w, 0, "mail", true), 1);
	EXPECT_U64(digest_of(w, "mail")->told_n, 5);
	world_free(w);
}

/* Each is a notice of its own: told, counted, and told of its end. */
static void
digest__what_it_told_is_delivered_and_told_of_its_end(void)
{
	struct world *w = house("");
	uint64_t alert[20];
	for (unsigned i = 0; i < 20; i++)
		alert[i] = fire(w, i, "sev3");
	answer_all(w, NULL);
	live(w, MINUTE + SECOND, NULL);
	const struct digest_line *lines = digest_of(w, "mail")->told.p;
	EXPECT_U64(digest_of(w, "mail")->told_n, 17);
	row_id digest = digest_of(w, "mail")->id;
	for (unsigned i = 0; i < 17; i++) {
		struct notice_row row = stored(w, lines[i].notice);
		EXPECT(row.state == NOTICE_DELIVERED && row.digest == digest);
	}
	EXPECT(world_says(w, lines[3].incident,
	    "delivered to ana by mail, in one message with others"));
	EXPECT_U64(core_control(w->core)->notices_delivered,
	    sent(w, 0, "mail", false) + sent(w, 0, "ops-hook", false) + 2 * 17);
	world_restart(w);
	size_t from = w->notice_n;
	live(w, 5 * MINUTE, NULL);
	for (unsigned i = 0; i < 20; i++)
		world_resolve(w, alert[i]);
	live(w, 10 * MINUTE, NULL);
	/* All at once are one message, at once. */
	unsigned over = 0;
	for (size_t i = from; i < w->notice_n; i++) {
		const struct notice_row *row = &w->notices[i].row;
		const struct digest_line *told = row->told.p;
		if (!str_eq(row->channel, STR("mail")) || !str_eq(row->person, STR("ana")))
			continue;
		over += row->purpose == PURPOSE_ENDED;
		for (size_t k = 0; k < row->told.n; k++)
			over += told[k].about == PURPOSE_ENDED;
	}
	EXPECT_U64(over, 20);
	EXPECT(sent(w, from, "mail", false) + sent(w, from, "mail", true) <= 12);
	world_free(w);
}

/* Of one service, or each of its own. */
static void
fire_of(struct world *w, unsigned n, const char *severity, bool each)
{
	struct alert_change *changes = calloc(n, sizeof(*changes));
	char(*names)[2][24] = calloc(n, sizeof(*names));
	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(names[i][0], sizeof(names[i][0]), "At%u", i);
		(void)snprintf(names[i][1], sizeof(names[i][1]), each ? "s%03u" : "ledger",
		    i);
		struct pair labels[] = { { STR("alertname"), str_of(names[i][0]) },
			{ STR("service"), str_of(names[i][1]) },
			{ STR("severity"), str_of(severity) } };
		struct alert_body body = { .labels = { labels, countof(labels) } };
		struct buf out = BUF(4096);
		record_encode(&alert_body_type, &body, &out);
		changes[i] = (struct alert_change){ .alert = w->next_alert++,
			.kind = CHANGE_FIRED,
			.fingerprint = 7000 + i,
			.body = arena_str(&w->arena, buf_str(&out)) };
		buf_done(&out);
	}
	struct event event = { .kind = EVENT_ALERTS_CHANGED,
		.alerts_changed = { .changes = { changes, n } } };
	world_step(w, &event);
	free(changes);
	free(names);
}

static void
fire_at_once(struct world *w, unsigned n, const char *severity)
{
	fire_of(w, n, severity, false);
}

/* What comes in one batch need not wait a minute to be one message. */
static void
digest__what_comes_at_once_is_one_message_at_once(void)
{
	struct world *w = house("");
	fire_at_once(w, 50, "sev3");
	EXPECT_U64(sent(w, 0, "mail", false), 0);
	EXPECT_U64(sent(w, 0, "mail", true), 1);
	EXPECT_U64(digest_of(w, "mail")->told_n, 50);
	answer_all(w, NULL);
	live(w, 4 * MINUTE, NULL);
	EXPECT_U64(sent(w, 0, "mail", false) + sent(w, 0, "mail", true), 1);
	world_free(w);

	/* Three are no flood. */
	w = house("");
	fire_at_once(w, 3, "sev3");
	EXPECT_U64(sent(w, 0, "mail", false), 3);
	world_free(w);
}

#define SERVICES 258

static struct world *
house_of_many(void)
{
	static char yaml[(size_t)1 << 15]; /* the world goes on reading it */
	struct buf out = BUF(sizeof(yaml) - 1);
	buf_printf(&out, HEAD "%s", SERVICES + 10u, "", SHOP_PEOPLE "services:\n");
	for (unsigned i = 0; i < SERVICES; i++)
		buf_printf(&out, "  s%03u: {owner: platform-ops, tier: 2}\n", i);
	memset(yaml, 0, sizeof(yaml));
	memcpy(yaml, buf_str(&out).p, buf_str(&out).n);
	buf_done(&out);
	struct world *w = world_new(yaml, NULL, NULL);
	w->deliver = false;
	w->reload = false;
	w->core->incidents_max = w->incidents_max = SERVICES + 10;
	return w;
}

/* Ten services by name, the others by number, as long as they are counted. */
static void
digest__says_how_many_other_services(void)
{
	static const struct {
		unsigned n;
		const char *says;
	} rows[] = {
		{ 10, "s009 1\n" },
		{ 11, "s009 1 and 1 other service\n" },
		{ 12, "s009 1 and 2 other services\n" },
		{ 256, "s009 1 and 246 other services\n" },
		{ 257, "s009 1 and many other services\n" },
		{ 258, "s009 1 and many other services\n" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char name[24];
		(void)snprintf(name, sizeof(name), "%u services", rows[i].n);
		test_row = name;
		struct world *w = house_of_many();
		fire_of(w, rows[i].n, "sev3", true);
		const struct notice_row *digest = digest_of(w, "mail");
		EXPECT(digest != NULL && digest->told_n == rows[i].n);
		EXPECT(digest != NULL && str_contains(digest->text, str_of(rows[i].says)));
		world_free(w);
	}
	test_row = NULL;
}

/* It is sent again as it is, by its id; nobody is told twice for a crash. */
static void
digest__is_the_same_message_at_each_try_and_after_restarts(void)
{
	struct world *w = house("");
	fire_at_once(w, 30, "sev2");
	struct notice_row first = *digest_of(w, "mail");
	world_restart(w);
	world_hands_restart(w);
	EXPECT_U64(digest_of(w, "mail")->id, first.id);
	EXPECT_STR(digest_of(w, "mail")->text, first.text);
	for (size_t i = 0; i < w->notice_n; i++) {
		if (w->notices[i].row.id == first.id)
			w->notices[i].answered = true;
	}
	size_t from = w->notice_n;
	answer(w, from - 1, true); /* one of the three orders; whichever */
	answer_all(w, NULL);
	for (size_t i = 0; i < w->notice_n; i++) {
		if (w->notices[i].row.id == first.id) {
			answer(w, i, false);
			break;
		}
	}
	live(w, 30 * SECOND, NULL);
	unsigned same = 0;
	for (size_t i = from; i < w->notice_n; i++) {
		const struct notice_row *row = &w->notices[i].row;
		EXPECT(row->purpose != PURPOSE_DIGEST ||
		       !str_eq(row->channel, STR("mail")) || row->id == first.id);
		same += row->id == first.id;
	}
	EXPECT(same <= 1);
	world_free(w);
}

static size_t
told_all(const struct world *w)
{
	size_t n = 0;
	for (size_t i = 0; i < w->notice_n; i++)
		n += str_eq(w->notices[i].row.channel, STR("mail"));
	return n;
}

/* Its provider hung, everybody heard of it otherwise, and nothing else waits there. */
static void
digest__that_tells_nothing_any_more_is_not_sent_again(void)
{
	struct world *w = house("");
	fire_at_once(w, 30, "sev2");
	row_id digest = digest_of(w, "mail")->id;
	for (msec at = 0; at < 2 * MINUTE; at += SECOND) {
		world_after(w, SECOND);
		for (size_t i = 0; i < w->notice_n; i++) {
			if (!w->notices[i].answered &&
			    !str_eq(w->notices[i].row.channel, STR("mail")))
				answer(w, i, true);
		}
	}
	EXPECT(sent(w, 0, "pager", true) > 0);
	size_t orders = told_all(w);
	for (size_t i = 0; i < w->notice_n; i++) {
		if (!w->notices[i].answered)
			answer(w, i, false);
	}
	world_after(w, MINUTE);
	EXPECT_U64(told_all(w), orders);
	struct notice_row row = stored(w, digest);
	EXPECT(row.state == NOTICE_GIVEN_UP && row.moot);
	world_free(w);
}

/* What is over by the time that its channel is down is not told anew; its end is. */
static void
digest__that_comes_apart_leaves_out_what_has_ended(void)
{
	struct world *w = house("");
	uint64_t alert[20];
	for (unsigned i = 0; i < 20; i++)
		alert[i] = fire(w, i, "sev3");
	answer_all(w, NULL);
	while (digest_of(w, "mail") == NULL)
		world_after(w, SECOND);
	row_id digest = digest_of(w, "mail")->id;
	for (unsigned i = 0; i < 20; i++)
		world_resolve(w, alert[i]);
	/* It hangs; all that comes after it fails. */
	for (unsigned second = 0; second < 20 * 60; second++) {
		if (second % 60 == 0)
			fire(w, 100 + second, "sev3");
		world_after(w, SECOND);
		for (size_t i = 0; i < w->notice_n; i++) {
			if (!w->notices[i].answered && w->notices[i].row.id != digest)
				answer(w, i,
				    !str_eq(w->notices[i].row.channel, STR("mail")));
		}
	}
	EXPECT(channel_down_at(w->core, STR("mail")) != 0);
	EXPECT(world_state(w, 10) == INCIDENT_CLOSED);
	answer_all(w, "mail");
	live(w, 20 * MINUTE, NULL);
	EXPECT(channel_trouble(w->core, STR("mail")) == NULL);
	world_free(w);
}

/* Eight hours away: one message then, to each reader, of what still matters. */
static void
digest__a_provider_that_was_away_for_eight_hours_brings_one_message(void)
{
	struct world *w = house("");
	w->reload = false;
	uint64_t alert[40];
	for (unsigned i = 0; i < 10; i++) {
		alert[i] = fire(w, i, "sev3");
		live(w, 10 * SECOND, "ops-hook");
	}
	EXPECT(channel_down_at(w->core, STR("ops-hook")) != 0);
	for (unsigned i = 10; i < 40; i++) {
		alert[i] = fire(w, i, "sev3");
		live(w, 12 * MINUTE, "ops-hook");
	}
	for (unsigned i = 0; i < 5; i++)
		world_resolve(w, alert[i]);
	live(w, 2 * HOUR, "ops-hook");
	for (incident_id id = 6; id <= 41; id++)
		(void)world_ask(w, COMMAND_ACKNOWLEDGE, id, "person:ana");
	world_restart(w);
	size_t from = w->notice_n;
	live(w, 20 * MINUTE, NULL);
	EXPECT(channel_trouble(w->core, STR("ops-hook")) == NULL);
	/* The probe told all; then comes the end of the trouble with the channel. */
	size_t at = from;
	while (at < w->notice_n && !str_eq(w->notices[at].row.channel, STR("ops-hook")))
		at++;
	EXPECT(at < w->notice_n);
	const struct notice_row *row = &w->notices[at].row;
	EXPECT(row->purpose == PURPOSE_DIGEST);
	EXPECT(row->told_n >= 40);
	bool open[64] = { false }, over[64] = { false };
	const struct digest_line *lines = row->told.p;
	for (size_t i = 0; i < row->told.n; i++) {
		bool ended = lines[i].about == PURPOSE_ENDED;
		if (lines[i].about == PURPOSE_SELF) /* of a shift, not of it */
			continue;
		EXPECT(lines[i].incident < 64);
		EXPECT(!(ended ? over : open)[lines[i].incident]); /* once each */
		(ended ? over : open)[lines[i].incident] = true;
	}
	for (unsigned i = 0; i < 40; i++) {
		incident_id id = w->alert_incident[alert[i]];
		EXPECT(i < 5 ? over[id] && !open[id] : open[id]);
	}
	EXPECT_U64(sent(w, from, "ops-hook", false) + sent(w, from, "ops-hook", true), 2);
	world_free(w);
}

/* A hundred and more alerts on each of 50 services, in half a minute. */
#define STORM_SERVICES 50
static void
digest__a_storm_is_at_most_five_pages_and_nothing_is_dropped(void)
{
	struct world *w = house("");
	w->reload = false;
	size_t alerts = 0;
	for (unsigned round = 0; round < 30; round++) {
		for (unsigned i = 0; i < 100; i++) {
			char labels[128];
			unsigned of = (round * 100 + i) % STORM_SERVICES;
			(void)snprintf(labels, sizeof(labels),
			    "alertname=S%u,service=ledger,severity=sev%u,pod=p%zu", of,
			    1 + of % 4, alerts++);
			world_fire(w, labels);
		}
		world_after(w, SECOND);
		answer_all(w, NULL);
	}
	live(w, 4 * MINUTE, NULL);
	EXPECT_U64(core_counts(w->core).incidents_open, STORM_SERVICES);
	unsigned pages = sent(w, 0, "mail", false) + sent(w, 0, "mail", true);
	EXPECT(pages >= 2 && pages <= 5);
	/* Each alert is in an incident; each of those was told, by itself or in a digest. */
	uint32_t in = 0;
	for (incident_id id = 1; id <= STORM_SERVICES; id++) {
		in += world_incident(w, id).alerts_total;
		bool told = false;
		for (size_t i = 0; i < w->notice_n; i++) {
			const struct notice_row *row = &w->notices[i].row;
			const struct digest_line *lines = row->told.p;
			if (!str_eq(row->person, STR("ana")))
				continue;
			told |= row->incident == id;
			for (size_t k = 0; k < row->told.n; k++)
				told |= lines[k].incident == id;
		}
		EXPECT(told);
	}
	EXPECT_U64(in, alerts);
	/* The first twenty are written out, and how many more there are. */
	bool is_long = false;
	for (size_t i = 0; i < w->notice_n; i++) {
		const struct notice_row *row = &w->notices[i].row;
		if (row->purpose != PURPOSE_DIGEST || row->told_n <= 20)
			continue;
		unsigned written = 0;
		struct str_cut line = { .tail = row->text, .found = true };
		while (line.found) {
			line = str_cut(line.tail, '\n');
			written += str_starts(line.head, STR("[sev")) ? 1 : 0;
		}
		char more[32];
		(void)snprintf(more, sizeof(more), "\nand %u more\n", row->told_n - 20);
		EXPECT_U64(written, 20);
		EXPECT(str_contains(row->text, str_of(more)));
		is_long = true;
	}
	EXPECT(is_long);
	world_free(w);
}

static void
digest__never_where_it_says_so(void)
{
	struct world *w = house(", digest: never");
	fire_at_once(w, 20, "sev3");
	EXPECT_U64(sent(w, 0, "mail", true), 0);
	EXPECT_U64(sent(w, 0, "mail", false), CHANNEL_SENDING_MAX);
	live(w, 20 * SECOND, NULL);
	EXPECT_U64(sent(w, 0, "mail", false), 20);
	world_free(w);
}

static void
rate__bounds_a_channel(void)
{
	struct world *w = house(", digest: never, rate: {messages: 6, per: 1m}");
	for (unsigned i = 0; i < 6; i++)
		fire(w, i, "sev3");
	answer_all(w, NULL);
	fire_at_once(w, 20, "sev3");
	answer_all(w, NULL);
	EXPECT_U64(sent(w, 0, "mail", false), 6);
	world_restart(w);
	live(w, 31 * SECOND, NULL);
	EXPECT_U64(sent(w, 0, "mail", false), 9);
	/* Whoever waits for a minute is told by their next reach. */
	live(w, 35 * SECOND, NULL);
	EXPECT(sent(w, 0, "pager", false) + sent(w, 0, "pager", true) > 0);
	world_free(w);
}

int
main(void)
{
	RUN(digest__few_come_one_by_one_and_then_one_that_tells_all);
	RUN(digest__a_reload_gives_nobody_more);
	RUN(digest__a_reload_with_a_shorter_turn_holds_nobody_longer);
	RUN(digest__what_it_told_is_delivered_and_told_of_its_end);
	RUN(digest__what_comes_at_once_is_one_message_at_once);
	RUN(digest__says_how_many_other_services);
	RUN(digest__is_the_same_message_at_each_try_and_after_restarts);
	RUN(digest__that_tells_nothing_any_more_is_not_sent_again);
	RUN(digest__that_comes_apart_leaves_out_what_has_ended);
	RUN(digest__a_provider_that_was_away_for_eight_hours_brings_one_message);
	RUN(digest__a_storm_is_at_most_five_pages_and_nothing_is_dropped);
	RUN(digest__never_where_it_says_so);
	RUN(rate__bounds_a_channel);
	TEST_MAIN_END();
}
