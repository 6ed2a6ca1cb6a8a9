/* Commands: what people ask for, and what they are answered. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define STUCK "alertname=QueueStuck,queue=mail"

static void
command__about_what_is_not_there(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, "alertname=Slow,service=ledger");
	static const struct {
		const char *name;
		struct command command;
		uint32_t status, exit;
	} rows[] = {
		{ "no incident", { .kind = COMMAND_ACKNOWLEDGE, .incident = 9 }, 404, 3 },
		{ "incident 0", { .kind = COMMAND_RESOLVE }, 404, 3 },
		{ "no runbook", { .kind = COMMAND_RUN, .incident = 1, .name = { "x", 1 } },
		    404, 3 },
		{ "no action",
		    { .kind = COMMAND_RUN,
			.incident = 1,
			.name = { "x", 1 },
			.action = true },
		    404, 3 },
		{ "nothing to cancel", { .kind = COMMAND_CANCEL, .incident = 1 }, 409, 9 },
		{ "empty note", { .kind = COMMAND_NOTE, .incident = 1 }, 422, 2 },
		{ "no attempt", { .kind = COMMAND_SETTLE, .row = 1 }, 404, 3 },
		{ "no token", { .kind = COMMAND_TOKEN_REVOKE, .row = 1 }, 404, 3 },
		{ "half a token", { .kind = COMMAND_TOKEN_ADD }, 422, 2 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct reply reply = world_command(w, &rows[i].command);
		EXPECT_U64(reply.status, rows[i].status);
		EXPECT_U64(reply.exit, rows[i].exit);
		EXPECT(reply.error.n > 0);
		EXPECT(reply.body.n == 0);
	}
	world_free(w);
}

static void
command__a_runbook_that_is_not_there_is_told_with_the_nearest(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, "alertname=Slow,service=ledger");
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("queue-not-drainig") };
	EXPECT_STR(world_command(w, &run).error,
	    STR("there is no runbook queue-not-drainig: did you mean "
		"'queue-not-draining'?"));
	run.name = STR("reboot");
	EXPECT_STR(world_command(w, &run).error, STR("there is no runbook reboot"));
	world_free(w);
}

static void
command__notes_are_bounded_and_kept(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, "alertname=Slow,service=ledger");
	static char text[NOTE_MAX + 1];
	memset(text, 'a', sizeof(text));
	struct command note = { .kind = COMMAND_NOTE,
		.incident = 1,
		.text = { text, sizeof(text) } };
	EXPECT_U64(world_command(w, &note).status, 413);
	note.text.n--;
	struct reply reply = world_command(w, &note);
	EXPECT_U64(reply.status, 200);
	EXPECT(reply.table == TABLE_INCIDENT && reply.row == 1);
	struct timeline_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_TIMELINE, world_last(w, TABLE_TIMELINE), &row));
	EXPECT_U64(row.text.n, NOTE_MAX);
	EXPECT(row.kind == TIMELINE_NOTE);
	EXPECT_STR(row.who, STR("person:ana"));
	world_free(w);
}

static void
command__words_up_to_their_bound_are_kept_to_the_last(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, "alertname=Slow,service=ledger");
	static char text[LEASE_WORDS_MAX + 1];
	memset(text, 'a', sizeof(text));
	static const struct command rows[] = {
		{ .kind = COMMAND_ACKNOWLEDGE, .incident = 1 },
		{ .kind = COMMAND_UNACKNOWLEDGE, .incident = 1 },
		{ .kind = COMMAND_HAND_OVER, .incident = 1, .name = { "mei", 3 } },
		{ .kind = COMMAND_USEFUL, .incident = 1, .name = { "no", 2 } },
		{ .kind = COMMAND_HANDS_ON, .name = { "ledger", 6 } },
		{ .kind = COMMAND_HANDS_OFF, .name = { "ledger", 6 } },
		{ .kind = COMMAND_RESOLVE, .incident = 1 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct command command = rows[i];
		test_row = command_kind_names[command.kind];
		size_t n = core_words_max(command.kind);
		char end[] = { '#', (char)('0' + i), '.', '\0' };
		ASSERT(n > sizeof(end) && n < sizeof(text));
		memcpy(text + n - 3, end, 3);
		command.text = (str){ text, n };
		EXPECT(world_command(w, &command).status < 300);
		EXPECT(world_says(w, 1, end));
		memset(text, 'a', sizeof(text));
	}
	world_free(w);
}

static void
command__words_that_an_earlier_version_took_are_taken_again(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, "alertname=Slow,service=ledger");
	static char text[COMMAND_WORDS_MAX + 1];
	memset(text, 'a', sizeof(text));
	struct command command = { .kind = COMMAND_ACKNOWLEDGE,
		.incident = 1,
		.text = { text, sizeof(text) } };
	EXPECT_U64(world_command(w, &command).status, 200);
	EXPECT(world_says(w, 1, "aaa..."));
	world_free(w);
}

static void
command__a_closed_incident_takes_only_notes(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, "alertname=Slow,service=ledger");
	world_resolve(w, 1);
	world_after(w, MINUTE);
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:ana").status, 409);
	EXPECT_U64(world_ask(w, COMMAND_RESOLVE, 1, "person:ana").exit, 9);
	struct command note = { .kind = COMMAND_NOTE,
		.incident = 1,
		.text = STR("learned") };
	EXPECT_U64(world_command(w, &note).status, 200);
	EXPECT(world_says(w, 1, "learned"));
	world_free(w);
}

static void
command__what_is_said_with_it_is_kept(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, STUCK);
	struct command acknowledge = { .kind = COMMAND_ACKNOWLEDGE,
		.incident = 1,
		.text = STR("on the train,\nten minutes") };
	EXPECT_U64(world_command(w, &acknowledge).status, 200);
	EXPECT(world_says(w, 1, "acknowledged: on the train, ten minutes"));
	struct command cancel = { .kind = COMMAND_CANCEL,
		.incident = 1,
		.text = STR("I do it by hand") };
	EXPECT_U64(world_command(w, &cancel).status, 200);
	EXPECT(world_says(w, 1, "cancelled runbook queue-not-draining: I do it by hand"));
	world_free(w);
}

static void
command__an_action_by_hand_is_judged_for_who_asks(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, STUCK);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1"),
		.principal = STR("person:mei") };
	struct reply reply = world_command(w, &run);
	EXPECT_U64(reply.status, 403);
	EXPECT_U64(reply.exit, 5);
	EXPECT(reply.error.n > 0);
	run.principal = STR("person:ana");
	reply = world_command(w, &run);
	EXPECT_U64(reply.status, 202);
	EXPECT(reply.table == TABLE_ATTEMPT);
	struct attempt_row attempt = world_attempt(w, reply.row);
	EXPECT_STR(attempt.principal, STR("person:ana"));
	EXPECT_STR(attempt.target, STR("pay-1"));
	EXPECT_U64(attempt.run, 0);
	EXPECT(world_state(w, 1) == INCIDENT_OPEN);
	world_exit(w, 1);
	EXPECT(world_attempt(w, reply.row).state == ATTEMPT_EXITED);
	EXPECT(world_says(w, 1, "restart-unit on pay-1: exit 1"));
	/* Nothing means nothing: hosts are there to choose from. */
	run.target = (str){ 0 };
	EXPECT_U64(world_command(w, &run).status, 403);
	world_free(w);
}

/* A grant `while: incident` is for the service that has one, not for what else there is. */
static void
command__an_incident_elsewhere_opens_no_grant(void)
{
	struct world *w = world_new(SHOP_TOP SHOP_PEOPLE SHOP_SERVICES SHOP_ACTIONS
	    "authority:\n"
	    "  - {grant: in an incident, to: [ana], may: [restart],"
	    " on: {service: [payments]}, while: incident, until: 2030-01-01, owner: mei}\n",
	    NULL, NULL);
	world_fire(w, "alertname=Slow,service=ledger");
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1"),
		.principal = STR("person:ana") };
	struct reply reply = world_command(w, &run);
	EXPECT_U64(reply.status, 403);
	EXPECT(str_contains(reply.error, STR("incident")));
	EXPECT_U64(w->attempt_n, 0);
	world_fire(w, STUCK);
	EXPECT_U64(world_command(w, &run).status,
	    403); /* still asked for by the ledger's */
	/* A question says the same, asked from the one or from the other. */
	static const struct {
		incident_id incident;
		enum verdict verdict;
	} asked[] = { { 1, VERDICT_DENY }, { 2, VERDICT_ALLOW }, { 0, VERDICT_ALLOW } };
	for (size_t i = 0; i < countof(asked); i++) {
		struct core_may may = { .principal = STR("person:ana"),
			.action = STR("restart-unit"),
			.service = STR("payments"),
			.target = STR("pay-1"),
			.incident = asked[i].incident,
			.at = w->at,
			.wall = w->wall };
		struct decision_row decision;
		core_judge(w->core, &may, &w->arena, &decision);
		EXPECT(decision.verdict == asked[i].verdict);
	}
	/* Nor does one know of a target that a run would have to name, or of another's. */
	static const struct {
		const char *service, *target;
		incident_id incident;
		const char *says;
	} as_run[] = {
		{ "payments", "", 2, "no target: nothing means nothing, not everything" },
		{ "payments", "", 0, "no target: nothing means nothing, not everything" },
		{ "payments", "payments", 1,
		    "'payments' is neither service ledger nor one of its hosts" },
	};
	for (size_t i = 0; i < countof(as_run); i++) {
		struct core_may may = { .principal = STR("person:ana"),
			.action = STR("restart-unit"),
			.service = str_of(as_run[i].service),
			.target = str_of(as_run[i].target),
			.incident = as_run[i].incident,
			.at = w->at,
			.wall = w->wall };
		struct decision_row decision;
		core_judge(w->core, &may, &w->arena, &decision);
		EXPECT(decision.verdict == VERDICT_DENY);
		const struct reason *reasons = decision.reasons.p;
		EXPECT_STR(reasons[0].text, str_of(as_run[i].says));
		struct command the_same = { .kind = COMMAND_RUN,
			.incident = as_run[i].incident != 0 ? as_run[i].incident : 2,
			.name = may.action,
			.action = true,
			.target = may.target,
			.principal = may.principal };
		EXPECT_U64(world_command(w, &the_same).status, 403);
	}
	run.incident = 2;
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

/* What a limit counts is the action, whatever its verb was when it was used. */
static void
command__uses_count_under_the_verb_that_the_action_has_now(void)
{
#define CALLED(verb)                                                               \
	SHOP_TOP SHOP_PEOPLE SHOP_SERVICES                                         \
	    "actions:\n"                                                           \
	    "  again: {verb: " verb ", run: [systemctl, restart, '${service}']}\n" \
	    "  other: {verb: restart, run: ['true']}\n"                            \
	    "authority:\n"                                                         \
	    "  - {grant: all, to: [ana], may: [again], on: {service: [ledger]},"   \
	    " until: 2030-01-01, owner: mei}\n"                                    \
	    "  - {limit: once, for: [restart], within: {per_service: 1 in 1h}}\n"
	struct world *w = world_new(CALLED("bounce"), NULL, NULL);
	world_fire(w, "alertname=Slow,service=ledger");
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("again"),
		.action = true,
		.principal = STR("person:ana") };
	EXPECT_U64(world_command(w, &run).status, 202);
	world_exit(w, 0);
	world_adopt(w, CALLED("restart"), NULL);
	EXPECT_U64(world_command(w, &run).status, 403);
	world_restart(w);
	EXPECT_U64(world_command(w, &run).status, 403);
	world_after(w, HOUR);
	EXPECT_U64(world_command(w, &run).status, 202);
	world_free(w);
#undef CALLED
}

/* What is held must not stay so unseen: also when nobody has the incident any more. */
static void
command__a_doubt_outlives_its_incident_and_is_told(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command run = { .kind = COMMAND_RUN,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1"),
		.principal = STR("person:ana") };
	for (unsigned before = 0; before < 2; before++) {
		world_fire(w, before ? STUCK : "alertname=Slow,service=payments");
		run.incident = before + 1;
		row_id id = world_command(w, &run).row;
		if (before)
			world_news(w, NEWS_UNKNOWN);
		EXPECT_U64(world_ask(w, COMMAND_RESOLVE, run.incident, "person:ana").status,
		    200);
		if (!before)
			world_news(w, NEWS_UNKNOWN);
		EXPECT(world_attempt(w, id).state == ATTEMPT_IN_DOUBT);
		size_t last = w->notice_n - 1;
		while (last > 0 && w->notices[last].row.purpose != PURPOSE_SELF)
			last--;
		const struct notice_row *notice = &w->notices[last].row;
		EXPECT(notice->purpose == PURPOSE_SELF && notice->incident == 0);
		EXPECT(str_contains(notice->text, STR("incident settle")));
		EXPECT(world_told(w, PURPOSE_SELF, "ana") == before + 1);
		struct command settle = { .kind = COMMAND_SETTLE,
			.row = id,
			.happened = HAPPENED_YES };
		EXPECT_U64(world_command(w, &settle).status, 200);
	}
	world_free(w);
}

/* Of what was used, nothing is forgotten while a limit is out of the configuration. */
static void
command__a_limit_that_comes_back_counts_what_was_used(void)
{
#define FEW                                                                \
	SHOP "  - {limit: few, for: [restart], on: {service: [payments]}," \
	     " within: {per_service: 2 in 6h}}\n"
	struct world *w = world_new(FEW, NULL, NULL);
	world_fire(w, STUCK);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1"),
		.principal = STR("person:ana") };
	for (unsigned i = 0; i < 2; i++) {
		EXPECT_U64(world_command(w, &run).status, 202);
		world_exit(w, 0);
	}
	EXPECT_U64(world_command(w, &run).status, 403);
	world_adopt(w, SHOP_TOP SHOP_PEOPLE SHOP_SERVICES SHOP_ACTIONS, NULL);
	world_after(w, HOUR);
	world_restart(w);
	world_adopt(w, FEW, NULL);
	EXPECT_U64(world_command(w, &run).status, 403);
	world_after(w, 5 * HOUR);
	EXPECT_U64(world_command(w, &run).status, 202);
	world_exit(w, 0);
	world_free(w);
#undef FEW
}

/* Only an alert starts what is automation's; who could ask as it could also agree to it. */
static void
command__no_token_stands_for_the_machine_itself(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	static const char *const principals[] = { "automation", "firstline" };
	for (size_t i = 0; i < countof(principals); i++) {
		test_row = principals[i];
		struct command add = { .kind = COMMAND_TOKEN_ADD,
			.token = { .name = STR("ci"),
			    .secret = sha256(STR("ci")),
			    .principal = str_of(principals[i]),
			    .role = ROLE_OPERATOR } };
		struct reply reply = world_command(w, &add);
		EXPECT_U64(reply.status, 422);
		EXPECT(str_contains(reply.error, str_of(principals[i])));
	}
	test_row = NULL;
	EXPECT_U64(world_count(w, TABLE_TOKEN), 0);
	world_free(w);
}

static void
command__a_token_is_for_somebody_with_a_name(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	static const char *const principals[] = { "person:", "agent:", "source:", " ",
		"person:ana\n1", "person: ana", "person:an\x7f" };
	for (size_t i = 0; i < countof(principals); i++) {
		test_row = principals[i];
		struct command add = { .kind = COMMAND_TOKEN_ADD,
			.token = { .name = STR("t"),
			    .secret = sha256(STR("t")),
			    .principal = str_of(principals[i]),
			    .role = ROLE_VIEWER } };
		EXPECT_U64(world_command(w, &add).status, 422);
	}
	test_row = NULL;
	EXPECT_U64(world_count(w, TABLE_TOKEN), 0);
	world_free(w);
}

/* The incident needs a person for as long as anything is in doubt, whatever else ended well. */
static void
command__a_doubt_outlives_the_recovery(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, STUCK);
	world_see(w, "812", MINUTE);
	world_exit(w, 0);
	world_after(w, 45 * SECOND);
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1"),
		.principal = STR("person:ana") };
	row_id id = world_command(w, &run).row;
	world_news(w, NEWS_UNKNOWN);
	EXPECT(world_incident(w, 1).needs_person);
	world_see(w, "3", 4 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	EXPECT(world_attempt(w, id).state == ATTEMPT_IN_DOUBT);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT(str_contains(world_incident(w, 1).needs_person_why, STR("incident settle")));
	struct command settle = { .kind = COMMAND_SETTLE,
		.row = id,
		.happened = HAPPENED_YES };
	EXPECT_U64(world_command(w, &settle).status, 200);
	world_free(w);
}

/* The person who is asked whether it happened, and who lets everything go on, is one. */
static void
command__no_agent_settles_or_resumes(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, STUCK);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1"),
		.principal = STR("person:ana") };
	row_id id = world_command(w, &run).row;
	world_news(w, NEWS_UNKNOWN);
	struct command settle = { .kind = COMMAND_SETTLE,
		.row = id,
		.happened = HAPPENED_NO,
		.principal = STR("agent:helper"),
		.behalf = STR("person:ana") };
	EXPECT_U64(world_command(w, &settle).status, 403);
	EXPECT(world_attempt(w, id).state == ATTEMPT_IN_DOUBT);
	struct command stop = { .kind = COMMAND_STOP_ALL,
		.principal = STR("agent:helper"),
		.behalf = STR("person:ana") };
	EXPECT_U64(world_command(w, &stop).status, 200); /* the brake is everybody's */
	stop.kind = COMMAND_RESUME;
	struct reply reply = world_command(w, &stop);
	EXPECT_U64(reply.status, 403);
	EXPECT_U64(reply.exit, 5);
	struct control_row control = { 0 };
	EXPECT(world_row_get(w, TABLE_CONTROL, 1, &control) && control.stopped);
	EXPECT_U64(world_ask(w, COMMAND_RESUME, 0, "local-admin").status, 200);
	world_free(w);
}

/* A "no" gives back what was used: not by who asked, while another one is on duty. */
static void
command__who_asked_does_not_alone_say_that_it_did_not_happen(void)
{
	static const char two[] =
	    SHOP_TOP "people:\n"
		     "  ana: {email: ana@example.com, reach: [mail]}\n"
		     "  mei: {email: mei@example.com, reach: [mail]}\n"
		     "teams:\n"
		     "  platform-ops:\n"
		     "    kind: operations\n"
		     "    on_call:\n"
		     "      zone: UTC\n"
		     "      rotations:\n"
		     "        - {name: primary, people: [ana], every: 1 week,"
		     " handover: 'Mon 09:00'}\n"
		     "        - {name: secondary, people: [mei], every: 1 week,"
		     " handover: 'Mon 09:00'}\n"
		     "      escalate: [{to: primary}]\n"
		     "  checkout-dev: {kind: development, tracker: "
		     "'github:acme/checkout'}\n" SHOP_SERVICES SHOP_ACTIONS SHOP_AUTHORITY;
	static const struct {
		const char *yaml, *asks, *says;
		enum happened happened;
		uint32_t status;
	} rows[] = {
		{ two, "person:ana", "person:ana", HAPPENED_NO, 403 },
		{ two, "person:ana", "person:ana", HAPPENED_YES, 200 },
		{ two, "person:ana", "person:mei", HAPPENED_NO, 200 },
		{ SHOP, "person:ana", "person:ana", HAPPENED_NO, 200 }, /* nobody else */
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct world *w = world_new(rows[i].yaml, NULL, NULL);
		world_fire(w, STUCK);
		struct command run = { .kind = COMMAND_RUN,
			.incident = 1,
			.name = STR("restart-unit"),
			.action = true,
			.target = STR("pay-1"),
			.principal = str_of(rows[i].asks) };
		row_id id = world_command(w, &run).row;
		world_news(w, NEWS_UNKNOWN);
		struct command settle = { .kind = COMMAND_SETTLE,
			.row = id,
			.happened = rows[i].happened,
			.principal = str_of(rows[i].says) };
		struct reply reply = world_command(w, &settle);
		EXPECT_U64(reply.status, rows[i].status);
		bool settled = world_attempt(w, id).state == ATTEMPT_SETTLED;
		EXPECT(settled == (rows[i].status == 200));
		if (!settled)
			EXPECT(str_contains(reply.error, STR("mei, who is on duty")));
		world_free(w);
	}
}

static void
command__what_was_asked_by_hand_may_be_in_doubt(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, STUCK);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1") };
	row_id id = world_command(w, &run).row;
	world_news(w, NEWS_UNKNOWN);
	/* Quiet does not close it while nobody knows. */
	world_resolve(w, 1);
	world_after(w, 10 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_OPEN);
	struct command settle = { .kind = COMMAND_SETTLE,
		.row = id,
		.happened = HAPPENED_NO };
	EXPECT_U64(world_command(w, &settle).status, 200);
	EXPECT_U64(w->attempt_n, 0);
	world_after(w, 2 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	world_free(w);
}

static void
command__a_runbook_by_hand_runs_with_the_askers_authority(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, STUCK);
	world_probe(w, "3");
	EXPECT(world_state(w, 1) == INCIDENT_OPEN);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("queue-not-draining"),
		.principal = STR("person:mei") };
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_U64(world_command(w, &run).status, 409); /* one at a time */
	world_see(w, "812", MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(world_incident(w, 1).needs_person);
	run.principal = STR("person:ana");
	struct pair other[] = { { STR("queue"), STR("bills") } };
	run.params = (struct pairs){ other, 1 };
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT(!world_incident(w, 1).needs_person);
	struct probe_row probe = { 0 };
	EXPECT(world_row_get(w, TABLE_PROBE, w->probes[0], &probe));
	EXPECT_STR(probe.query, STR("queue_depth{queue=\"bills\"}"));
	world_see(w, "812", MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status, 200);
	EXPECT_U64(world_effects(w, EFFECT_STOP_ATTEMPT), 1);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_OPEN && row.needs_person);
	world_news(w, NEWS_KILLED);
	EXPECT(world_says(w, 1, "restart-unit on pay-1: stopped"));
	/* Inputs are held against their type. */
	other[0].value = STR("-rf");
	EXPECT_U64(world_command(w, &run).status, 422);
	other[0] = (struct pair){ STR("queues"), STR("x") };
	EXPECT_U64(world_command(w, &run).status, 422);
	world_free(w);
}

static void
command__a_runbook_that_is_refused_at_once_says_so(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"), NULL);
	world_fire(w, "alertname=Odd,service=checkout");
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("down-checkout"),
		.principal = STR("person:mei") };
	struct reply reply = world_command(w, &run);
	EXPECT_U64(reply.status, 403);
	EXPECT_U64(reply.exit, 5);
	EXPECT(str_contains(reply.error, STR("restart was refused: ")));
	EXPECT_STR(reply.error, world_incident(w, 1).needs_person_why);
	EXPECT(world_says(w, 1, "runbook down-checkout starts"));
	run.principal = STR("automation");
	EXPECT_U64(world_command(w, &run).status, 202);
	world_free(w);
}

static void
command__a_runbook_that_goes_on_after_a_refusal_has_begun(void)
{
	struct world *w = world_new(SHOP,
	    "---\nrunbook: two-ways\nservice: ledger\nanswers: [{alertname: Down}]\n"
	    "---\n# Two ways\n```action clear\ndo: drop-table\notherwise: up\n```\n"
	    "```verify up\npromql: 'up'\nexpect: '== 1'\nwithin: 1m\n```\n",
	    NULL);
	world_fire(w, "alertname=Odd,service=ledger");
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("two-ways") };
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_U64(w->probe_n, 1);
	world_free(w);
}

static void
command__a_lower_ceiling_only_suggests(void)
{
	struct world *w = world_new(SHOP,
	    "---\nrunbook: careful\nservice: ledger\nanswers: [{alertname: Odd}]\n"
	    "ceiling: suggest\n---\n# Careful\n```action go\ndo: restart-unit\n```\n"
	    "```verify up\npromql: 'up'\nexpect: '== 1'\nwithin: 1m\n```\n",
	    NULL);
	world_fire(w, "alertname=Odd,service=ledger");
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("runbook careful may only suggest: run it with `firstline run careful "
		"--incident 1`"));
	EXPECT_U64(world_gap(w, GAP_NO_RUNBOOK, NULL).count, 0);
	world_free(w);
}

static void
command__stop_all_stops_and_resume_lifts_it(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"),
	    SHOP_DOWN("checkout", "restart-unit"));
	world_fire(w, "alertname=Down,service=checkout");
	world_fire(w, STUCK);
	EXPECT_U64(core_counts(w->core).runs, 2);
	struct command stop = { .kind = COMMAND_STOP_ALL, .text = STR("wrong runbook") };
	struct reply reply = world_command(w, &stop);
	EXPECT_U64(reply.status, 200);
	EXPECT(reply.table == TABLE_CONTROL);
	EXPECT_U64(world_effects(w, EFFECT_STOP_ATTEMPT), 1);
	EXPECT_U64(core_counts(w->core).runs, 0);
	EXPECT(core_control(w->core)->stopped);
	for (incident_id id = 1; id <= 2; id++) {
		EXPECT(world_state(w, id) == INCIDENT_OPEN);
		EXPECT_STR(world_incident(w, id).needs_person_why,
		    STR("ana stopped everything: wrong runbook"));
	}
	world_news(w, NEWS_KILLED);
	world_restart(w);
	/* New trouble is told, nothing is done. */
	world_fire(w, "alertname=Down,service=checkout,job=checkout-b,severity=page");
	EXPECT_U64(w->attempt_n, 0);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 2,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1") };
	EXPECT_U64(world_command(w, &run).status, 403);
	EXPECT_U64(world_ask(w, COMMAND_RESUME, 0, "person:ana").status, 200);
	EXPECT_U64(world_command(w, &run).status, 202);
	world_free(w);
}

static void
command__tokens_are_added_found_and_revoked(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	hash32 secret = sha256(STR("secret"));
	struct command add = { .kind = COMMAND_TOKEN_ADD,
		.token = { .name = STR("prom"),
		    .secret = secret,
		    .principal = STR("source:prometheus"),
		    .role = ROLE_SOURCE } };
	struct reply reply = world_command(w, &add);
	EXPECT_U64(reply.status, 201);
	EXPECT_U64(world_command(w, &add).status, 409);
	world_restart(w);
	const struct token_row *token = core_token(w->core, &secret);
	EXPECT(token != NULL && token->id == reply.row);
	EXPECT_STR(token->principal, STR("source:prometheus"));
	struct command revoke = { .kind = COMMAND_TOKEN_REVOKE, .name = STR("prom") };
	EXPECT_U64(world_command(w, &revoke).status, 200);
	EXPECT(core_token(w->core, &secret) == NULL);
	EXPECT_U64(world_command(w, &revoke).status, 404);
	struct token_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_TOKEN, reply.row, &row) && row.revoked);
	world_free(w);
}

static void
command__an_agent_serves_a_person(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	static const struct {
		const char *name, *principal, *behalf;
		enum role role;
		uint32_t status;
		const char *part;
	} rows[] = {
		{ "nobody's", "agent:helper", "", ROLE_OPERATOR, 422,
		    "needs the person it serves" },
		{ "nobody's, admin", "agent:helper", "", ROLE_ADMIN, 422,
		    "an agent with the role admin needs the person it serves" },
		{ "a stranger's", "agent:helper", "person:zoe", ROLE_OPERATOR, 422,
		    "there is no person:zoe" },
		{ "a team's", "agent:helper", "team:platform-ops", ROLE_OPERATOR, 422,
		    "an agent serves a person of the configuration" },
		{ "an agent's", "agent:helper", "agent:other", ROLE_OPERATOR, 422,
		    "an agent serves a person" },
		{ "a person's", "person:mei", "person:ana", ROLE_OPERATOR, 422,
		    "person:mei is no agent" },
		{ "automation's", "automation", "person:ana", ROLE_OPERATOR, 422,
		    "only an agent serves a person" },
		{ "ana's", "agent:helper", "person:ana", ROLE_OPERATOR, 201, "" },
		{ "looks", "agent:looks", "", ROLE_VIEWER, 201, "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct command add = { .kind = COMMAND_TOKEN_ADD,
			.token = { .name = str_of(rows[i].name),
			    .secret = sha256(str_of(rows[i].name)),
			    .principal = str_of(rows[i].principal),
			    .behalf = str_of(rows[i].behalf),
			    .role = rows[i].role } };
		struct reply reply = world_command(w, &add);
		EXPECT_U64(reply.status, rows[i].status);
		EXPECT(str_contains(reply.error, str_of(rows[i].part)));
	}
	test_row = NULL;
	world_restart(w);
	hash32 secret = sha256(STR("ana's"));
	const struct token_row *token = core_token(w->core, &secret);
	EXPECT(token != NULL && str_eq(token->behalf, STR("person:ana")));
	EXPECT(world_says(w, 0, "added token ana's for agent:helper, who serves ana"));
	world_free(w);
}

static void
command__the_same_request_again_does_nothing_twice(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, STUCK);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1"),
		.idempotency_key = STR("person:ana\n1"),
		.request_hash = sha256(STR("a")) };
	struct reply first = world_command(w, &run);
	EXPECT_U64(first.status, 202);
	str body = arena_str(&w->arena, first.body);
	world_restart(w);
	struct reply again = world_command(w, &run);
	EXPECT_U64(again.status, 202);
	EXPECT_U64(again.row, first.row);
	EXPECT_STR(again.body, body);
	EXPECT_U64(w->attempt_n, 1);
	run.request_hash = sha256(STR("b"));
	EXPECT_U64(world_command(w, &run).status, 422);
	/* For a day. */
	world_exit(w, 0);
	world_resolve(w, 1);
	world_after(w, DAY);
	world_hands_restart(w);
	EXPECT_U64(w->core->counts[TABLE_ANSWER], 0);
	EXPECT_U64(world_command(w, &run).status, 409);
	world_free(w);
}

static void
command__refusals_are_kept_as_well(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command ack = { .kind = COMMAND_ACKNOWLEDGE,
		.incident = 1,
		.idempotency_key = STR("person:ana\n1") };
	EXPECT_U64(world_command(w, &ack).status, 404);
	world_fire(w, STUCK);
	EXPECT_U64(world_command(w, &ack).status, 404);
	world_free(w);
}

/* FNV-1a of both is the same: the later one takes the place of the other's answer. */
static void
command__two_keys_with_one_hash_are_two_requests(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, STUCK);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1"),
		.idempotency_key = STR("ua23gj54m9qo9iwr"),
		.request_hash = sha256(STR("a")) };
	struct command note = { .kind = COMMAND_NOTE,
		.incident = 1,
		.text = STR("it hangs"),
		.idempotency_key = STR("ph9k58o0l16s0f8t"),
		.request_hash = sha256(STR("b")) };
	EXPECT_U64(fnv64(FNV64_BASIS, run.idempotency_key),
	    fnv64(FNV64_BASIS, note.idempotency_key));
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_U64(world_command(w, &note).status, 200);
	EXPECT(world_says(w, 1, "it hangs"));
	EXPECT_U64(w->core->counts[TABLE_ANSWER], 1);
	note.request_hash = sha256(STR("c"));
	EXPECT_U64(world_command(w, &note).status, 422);
	world_restart(w);
	EXPECT_U64(world_command(w, &note).status, 422);
	world_free(w);
}

static str
oldest_key(const struct world *w)
{
	const struct link *list = &w->core->tables[TABLE_ANSWER];
	if (list_empty(list))
		return (str){ 0 };
	return container_of(object_of(list->next, in_table), struct answer, o)->row.key;
}

static void
note_with(struct world *w, incident_id incident, const char *key, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++) {
		char text[16];
		(void)snprintf(text, sizeof(text), "%s%u", key, i);
		struct command note = { .kind = COMMAND_NOTE,
			.incident = incident,
			.text = STR("it hangs"),
			.idempotency_key = str_of(text) };
		EXPECT_U64(world_command(w, &note).status, incident == 1 ? 200 : 404);
	}
}

/* The oldest first, to the millisecond by the wall. */
static void
command__kept_answers_go_four_at_a_step(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	static const struct {
		unsigned left;
		const char *oldest;
	} then[] = { { 6, "k4" }, { 2, "k8" }, { 0, "" } };
	world_fire(w, STUCK);
	note_with(w, 1, "k", 0, 10);
	EXPECT_U64(w->core->counts[TABLE_ANSWER], 10);
	w->wall += ANSWER_KEEP_MS - 1;
	(void)world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:ana");
	EXPECT_U64(w->core->counts[TABLE_ANSWER], 10);
	w->wall++;
	for (size_t i = 0; i < countof(then); i++) {
		(void)world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:ana");
		EXPECT_U64(w->core->counts[TABLE_ANSWER], then[i].left);
		EXPECT_STR(oldest_key(w), str_of(then[i].oldest));
	}
	world_free(w);
}

static void
command__kept_answers_have_a_limit(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->reload = false; /* of each of so many steps it is slow */
	note_with(w, 7, "k", 0, ANSWERS_MAX + 1);
	EXPECT_U64(w->core->counts[TABLE_ANSWER], ANSWERS_MAX + 1);
	EXPECT_STR(oldest_key(w), STR("k0"));
	note_with(w, 7, "l", 0, 2);
	EXPECT_U64(w->core->counts[TABLE_ANSWER], ANSWERS_MAX + 1);
	EXPECT_STR(oldest_key(w), STR("k2"));
	world_free(w);
}

int
main(void)
{
	RUN(command__about_what_is_not_there);
	RUN(command__a_runbook_that_is_not_there_is_told_with_the_nearest);
	RUN(command__notes_are_bounded_and_kept);
	RUN(command__words_up_to_their_bound_are_kept_to_the_last);
	RUN(command__words_that_an_earlier_version_took_are_taken_again);
	RUN(command__a_closed_incident_takes_only_notes);
	RUN(command__what_is_said_with_it_is_kept);
	RUN(command__an_action_by_hand_is_judged_for_who_asks);
	RUN(command__an_incident_elsewhere_opens_no_grant);
	RUN(command__uses_count_under_the_verb_that_the_action_has_now);
	RUN(command__a_doubt_outlives_its_incident_and_is_told);
	RUN(command__a_limit_that_comes_back_counts_what_was_used);
	RUN(command__no_token_stands_for_the_machine_itself);
	RUN(command__a_token_is_for_somebody_with_a_name);
	RUN(command__a_doubt_outlives_the_recovery);
	RUN(command__no_agent_settles_or_resumes);
	RUN(command__who_asked_does_not_alone_say_that_it_did_not_happen);
	RUN(command__what_was_asked_by_hand_may_be_in_doubt);
	RUN(command__a_runbook_by_hand_runs_with_the_askers_authority);
	RUN(command__a_runbook_that_is_refused_at_once_says_so);
	RUN(command__a_runbook_that_goes_on_after_a_refusal_has_begun);
	RUN(command__a_lower_ceiling_only_suggests);
	RUN(command__stop_all_stops_and_resume_lifts_it);
	RUN(command__tokens_are_added_found_and_revoked);
	RUN(command__an_agent_serves_a_person);
	RUN(command__the_same_request_again_does_nothing_twice);
	RUN(command__refusals_are_kept_as_well);
	RUN(command__two_keys_with_one_hash_are_two_requests);
	RUN(command__kept_answers_go_four_at_a_step);
	RUN(command__kept_answers_have_a_limit);
	TEST_MAIN_END();
}
