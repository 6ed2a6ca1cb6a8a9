/*
 * demo -- breaks a small production in four ways and shows what becomes of it.
 *
 *	1. shop is killed: restarted within authority, verified.
 *	2. search hangs, and is well again before anybody looks: its check says so.
 *	3. payments gets a broken configuration: a restart does not help, so it becomes a
 *	   handoff to its developers, with the case file.
 *	4. ledger fills up: what would help is forbidden, and a person is told what they may do.
 *
 * The third takes its time to be sure; the fourth begins meanwhile.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/demo.h"
#include "cli/output.h"
#include "facts/frame.h"
#include "facts/row.h"
#include "os/clock.h"
#include "os/file.h"

#define ACT_MS (30 * SECOND)
#define LOOK_MS 50
#define PATIENCE_MS 300 /* of whoever watches the services */
#define PROOF_MS 5000 /* of who says that one is well: a machine may be busy for a moment */
#define WHO_COLUMNS 9

/* What is known of an act's incident. */
struct view {
	struct incident_row incident;
	struct records timeline, runs, decisions, handoffs, attempts;
};

struct story;

struct act {
	enum demo_part part;
	const char *title, *alert, *summary;
	bool (*spoil)(struct story *story);
	bool (*is_over)(const struct view *view);
	void (*end)(struct story *story, const struct view *view);
	bool in_background; /* the next begins before it is over */
};

struct story {
	struct demo demo;
	struct client client;
	msec began;
	row_id shown;           /* the last timeline row on the screen */
	unsigned playing, over; /* acts begun; a bit for each that is over */
	unsigned restarted, handed_off, refused, not_real, started;
	bool stay;
};

static volatile int interrupted;

static void
on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* ---- the screen: 80 columns, seconds since the beginning and the service on the left ---- */

static void narrate(struct story *story, const char *who, enum style style, const char *fmt,
    ...) PRINTF_LIKE(4, 5);

static void
narrate(struct story *story, const char *who, enum style style, const char *fmt, ...)
{
	struct arena scratch = story->client.arena;
	va_list args;
	va_start(args, fmt);
	str text = arena_vprintf(&scratch, fmt, args);
	va_end(args);
	struct out out = out_begin(&scratch);
	unsigned tenths = (unsigned)((clock_boot() - story->began) / 100);
	out_printf(&out, "%3u.%us  ", tenths / 10, tenths % 10);
	out_styled(&out, STYLE_DIM, arena_printf(&scratch, "%-*s", WHO_COLUMNS, who));
	if (style == STYLE_PLAIN) {
		out_wrapped(&out, 8 + WHO_COLUMNS, 8 + WHO_COLUMNS, text);
	} else {
		out_styled(&out, style, text);
		out_printf(&out, "\n");
	}
	(void)out_end(&out);
	(void)fflush(stdout);
}

static void
print_text(struct story *story, const char *title, str text, size_t lines)
{
	printf("\n                 %s\n", title);
	for (size_t i = 0; i < lines && text.n > 0; i++) {
		struct str_cut line = str_cut(text, '\n');
		struct arena scratch = story->client.arena;
		struct out out = out_begin(&scratch);
		out_printf(&out, "                 | ");
		out_wrapped(&out, 19, 19, line.head);
		(void)out_end(&out);
		text = line.tail;
	}
	if (text.n > 0)
		printf("                 | ...\n");
	printf("\n");
}

/* ---- what the server says ---- */

static bool
send_alert(struct story *story, const struct act *act, bool firing)
{
	struct buf body = BUF(4096);
	const char *service = demo_parts[act->part];
	msec now = clock_wall();
	str ignored;
	buf_printf(&body,
	    "[{\"labels\":{\"alertname\":\"%s\",\"service\":\"%s\","
	    "\"severity\":\"critical\"},\"annotations\":{\"summary\":\"%s %s\"},"
	    "\"startsAt\":\"",
	    act->alert, service, service, act->summary);
	buf_time(&body, now - SECOND);
	buf_printf(&body, "\",\"endsAt\":\"");
	buf_time(&body, firing ? now + 5 * MINUTE : now);
	buf_printf(&body, "\"}]");
	bool ok = client_post(&story->client, "/api/v2/alerts", buf_str(&body), &ignored) ==
	          EXIT_OK;
	buf_done(&body);
	return ok;
}

/* false: there is none yet. Lives in the client's arena. */
static bool
look(struct story *story, enum demo_part part, struct view *ret)
{
	struct client *client = &story->client;
	struct records open;
	str body;
	char path[96];
	(void)snprintf(path, sizeof(path), "/v1/incidents?state=open&service=%s",
	    demo_parts[part]);
	if (client_get(client, path, &body) != EXIT_OK ||
	    !reply_list(client, body, "items", &incident_row_type, &open) || open.n == 0)
		return false;
	(void)snprintf(path, sizeof(path), "/v1/incidents/%u",
	    ((const struct incident_row *)open.p)->id);
	return client_get(client, path, &body) == EXIT_OK &&
	       reply_one(client, body, "incident", &incident_row_type, &ret->incident) &&
	       reply_list(client, body, "timeline", &timeline_row_type, &ret->timeline) &&
	       reply_list(client, body, "runs", &run_row_type, &ret->runs) &&
	       reply_list(client, body, "attempts", &attempt_row_type, &ret->attempts) &&
	       reply_list(client, body, "decisions", &decision_row_type, &ret->decisions) &&
	       reply_list(client, body, "handoffs", &handoff_row_type, &ret->handoffs);
}

/* What a spectator wants to know; the rest is in `incident show`. */
static bool
is_told(const struct timeline_row *row)
{
	return row->kind == TIMELINE_OPENED || row->kind == TIMELINE_CHECK ||
	       row->kind == TIMELINE_DECISION || row->kind == TIMELINE_ATTEMPT ||
	       row->kind == TIMELINE_NOTICE || row->kind == TIMELINE_HANDOFF;
}

/* New rows of a timeline, of all acts that play in one order. */
static void
tell(struct story *story, const char *who, const struct view *view, row_id *newest)
{
	const struct timeline_row *row = view->timeline.p;
	for (size_t i = 0; i < view->timeline.n; i++) {
		if (row[i].id <= story->shown)
			continue;
		if (is_told(&row[i]))
			narrate(story, who, STYLE_PLAIN, "%.*s", STR_ARG(row[i].text));
		if (row[i].id > *newest)
			*newest = row[i].id;
	}
}

/* ---- the four acts ---- */

static bool
kill_shop(struct story *story)
{
	demo_signal(&story->demo, DEMO_SHOP, SIGKILL);
	narrate(story, "shop", STYLE_BAD, "kill -9");
	return true;
}

static bool
is_recovered(const struct view *view)
{
	return view->incident.state == INCIDENT_RECOVERED;
}

static void
end_shop(struct story *story, const struct view *view)
{
	(void)view;
	if (!demo_healthy(story->demo.port[DEMO_SHOP], PROOF_MS))
		return;
	story->restarted++;
	narrate(story, "shop", STYLE_GOOD, "answers again, and that is proved");
}

/* It stops in the middle of its work for a moment: long enough to be noticed. */
static bool
hang_search(struct story *story)
{
	demo_signal(&story->demo, DEMO_SEARCH, SIGSTOP);
	narrate(story, "search", STYLE_BAD, "hangs: it takes connections and says nothing");
	bool hung = !demo_healthy(story->demo.port[DEMO_SEARCH], PATIENCE_MS);
	demo_signal(&story->demo, DEMO_SEARCH, SIGCONT);
	narrate(story, "search", STYLE_PLAIN, "goes on by itself; the alert is on its way");
	return hung;
}

static bool
is_stopped(const struct view *view)
{
	const struct run_row *run = view->runs.p;
	return view->runs.n > 0 && run[view->runs.n - 1].state == RUN_STOPPED;
}

static void
end_search(struct story *story, const struct view *view)
{
	if (view->attempts.n > 0)
		return;
	story->not_real++;
	narrate(story, "search", STYLE_GOOD, "it was over already: nothing was done to it");
}

static bool
break_payments(struct story *story)
{
	if (!demo_configure(&story->demo, DEMO_PAYMENTS, STR("wrokers 4\n")))
		return false;
	demo_signal(&story->demo, DEMO_PAYMENTS, SIGKILL);
	narrate(story, "payments", STYLE_BAD,
	    "a typing error in payments.conf: it ends at its start");
	return true;
}

static bool
is_handed_off(const struct view *view)
{
	return view->incident.state == INCIDENT_HANDED_OFF && view->handoffs.n > 0;
}

static void
end_payments(struct story *story, const struct view *view)
{
	const struct handoff_row *handoff = view->handoffs.p;
	story->handed_off++;
	print_text(story,
	    "The case file its developers get instead of a phone call:", handoff->case_file,
	    12);
}

static bool
fill_ledger(struct story *story)
{
	narrate(story, "ledger", STYLE_BAD, "nobody takes from its spool: it fills up");
	return demo_configure(&story->demo, DEMO_LEDGER, STR("workers 4\nconsumer off\n"));
}

static bool
is_refused(const struct view *view)
{
	const struct decision_row *decision = view->decisions.p;
	return view->incident.needs_person && view->decisions.n > 0 &&
	       decision[view->decisions.n - 1].verdict == VERDICT_DENY;
}

static str
file_of(const struct reason *reason)
{
	str file = reason->file;
	for (size_t i = file.n; i-- > 0;) {
		if (file.p[i] == '/')
			return str_drop(file, i + 1);
	}
	return file;
}

static void
end_ledger(struct story *story, const struct view *view)
{
	const struct decision_row *decision =
	    (const struct decision_row *)view->decisions.p + view->decisions.n - 1;
	const struct reason *reason = decision->reasons.p;
	if (view->attempts.n > 0 || decision->reasons.n == 0)
		return;
	story->refused++;
	str file = file_of(reason);
	narrate(story, "ledger", STYLE_WARN, "refused by %.*s:%u", STR_ARG(file),
	    reason->line);
	narrate(story, "ledger", STYLE_PLAIN, "to go forward: %.*s",
	    STR_ARG(decision->forward));
}

static const struct act acts[] = {
	{ .part = DEMO_SHOP,
	    .title = "1. A restart helps",
	    .alert = "ServiceDown",
	    .summary = "does not answer",
	    .spoil = kill_shop,
	    .is_over = is_recovered,
	    .end = end_shop },
	{ .part = DEMO_SEARCH,
	    .title = "2. It is over before anybody looks",
	    .alert = "ServiceHangs",
	    .summary = "does not answer in time",
	    .spoil = hang_search,
	    .is_over = is_stopped,
	    .end = end_search },
	{ .part = DEMO_PAYMENTS,
	    .title = "3. A restart does not help",
	    .alert = "ServiceDown",
	    .summary = "does not answer",
	    .spoil = break_payments,
	    .is_over = is_handed_off,
	    .end = end_payments,
	    .in_background = true },
	{ .part = DEMO_LEDGER,
	    .title = "4. What would help is not allowed (while 3 is being verified)",
	    .alert = "SpoolFull",
	    .summary = "cannot take any more",
	    .spoil = fill_ledger,
	    .is_over = is_refused,
	    .end = end_ledger },
};

/* What is new of every act that plays. */
static void
watch(struct story *story)
{
	row_id newest = story->shown;
	for (unsigned i = 0; i < story->playing; i++) {
		struct arena before = story->client.arena;
		struct view view = { .incident = { .id = 0 } };
		if ((story->over & 1u << i) == 0 && look(story, acts[i].part, &view)) {
			tell(story, demo_parts[acts[i].part], &view, &newest);
			if (acts[i].is_over(&view)) {
				story->over |= 1u << i;
				story->started += (unsigned)view.attempts.n;
				acts[i].end(story, &view);
			}
		}
		story->client.arena = before;
	}
	story->shown = newest;
}

/* Until that act is over; false when it never is. */
static bool
wait_over(struct story *story, unsigned act)
{
	msec end = clock_boot() + ACT_MS;
	while ((story->over & 1u << act) == 0) {
		if (interrupted || clock_boot() > end)
			return false;
		watch(story);
		demo_pause(LOOK_MS);
	}
	return true;
}

/* As Prometheus would: it looks, and tells what it sees. */
static bool
notice_it(struct story *story, const struct act *act)
{
	msec end = clock_boot() + ACT_MS;
	while (act->part != DEMO_SEARCH &&
	       demo_healthy(story->demo.port[act->part], PATIENCE_MS)) {
		if (interrupted || clock_boot() > end)
			return false;
		watch(story);
		demo_pause(LOOK_MS);
	}
	return send_alert(story, act, true);
}

/* What did not go as it should have; its folder, with all that tells why, is about to go. */
static bool
fail(const struct story *story, const struct act *act)
{
	if (interrupted)
		return false;
	complain("'%s' did not end as it should have. The server's log:", act->title);
	demo_print_log(&story->demo);
	return false;
}

static bool
play(struct story *story)
{
	unsigned *counted[] = { &story->restarted, &story->not_real, &story->handed_off,
		&story->refused };
	for (unsigned i = 0; i < countof(acts); i++) {
		const struct act *act = &acts[i];
		printf("\n");
		narrate(story, "", STYLE_BOLD, "%s", act->title);
		if (!act->spoil(story) || !notice_it(story, act))
			return fail(story, act);
		story->playing = i + 1;
		if (!act->in_background && !wait_over(story, i))
			return fail(story, act);
		if (!act->in_background && act->is_over != is_refused)
			(void)send_alert(story, act, false);
	}
	for (unsigned i = 0; i < countof(acts); i++) {
		if (!wait_over(story, i) || *counted[i] != 1)
			return fail(story, &acts[i]);
	}
	return true;
}

/* ---- the end ---- */

static size_t
count_notices(const struct story *story)
{
	char path[DEMO_PATH_BYTES];
	static char memory[65536];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	str text;
	size_t n = 0;
	(void)snprintf(path, sizeof(path), "%s/notices", story->demo.dir);
	if (!file_read(&arena, path, sizeof(memory) - 1, &text, &err))
		return 0;
	while (text.n > 0) {
		n++;
		text = str_cut(text, '\n').tail;
	}
	return n;
}

/* The pages, as Ana: the link opens once. */
static void
print_link(struct story *story)
{
	struct arena before = story->client.arena;
	struct secret_item secret;
	str body;
	if (client_post(&story->client, "/v1/people/ana/link", STR("{}"), &body) ==
		EXIT_OK &&
	    reply_one(&story->client, body, "secret", &secret_item_type, &secret))
		printf("  %s/#login=%.*s\n", story->client.url, STR_ARG(secret.secret));
	story->client.arena = before;
}

static void
summarize(struct story *story)
{
	unsigned tenths = (unsigned)((clock_boot() - story->began) / 100);
	printf("\n"
	       "  %zu incidents   %u restarted and verified, %u over already, %u handed "
	       "off,\n"
	       "                %u refused and left to a person, in %u.%u seconds\n"
	       "  %u actions     each allowed by a written rule, each started once\n"
	       "  %zu notices     to Ana, who is on duty; developers were not called\n"
	       "\n",
	    countof(acts), story->restarted, story->not_real, story->handed_off,
	    story->refused, tenths / 10, tenths % 10, story->started, count_notices(story));
	if (!story->stay) {
		printf(
		    "  firstline init production    writes a configuration of your own\n");
		return;
	}
	print_link(story);
	printf("  firstline why 4 --state %s/state\n"
	       "  firstline incident list --state %s/state\n"
	       "\n"
	       "  Still serving on %s until Ctrl-C; 'firstline init' is the next step.\n",
	    story->demo.dir, story->demo.dir, story->client.url);
	(void)fflush(stdout);
	while (!interrupted)
		demo_pause(200);
}

/* By its own endpoint and token, whatever the environment names. */
static bool
open_client(struct story *story)
{
	char endpoint[DEMO_PATH_BYTES];
	static char memory[512];
	static char token[DEMO_PATH_BYTES], url[256];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	str text;
	(void)snprintf(endpoint, sizeof(endpoint), "%s/state/endpoint", story->demo.dir);
	(void)snprintf(token, sizeof(token), "%s/state/local.token", story->demo.dir);
	if (!file_read(&arena, endpoint, 200, &text, &err)) {
		complain("%s", err.text);
		return false;
	}
	(void)snprintf(url, sizeof(url), "%.*s", STR_ARG(str_trim(text)));
	const struct client_options options = { .url = url, .token_file = token };
	return client_open(&story->client, &options) == EXIT_OK;
}

static bool
perform(struct story *story)
{
	if (!demo_set(&story->demo, &interrupted) || !open_client(story))
		return false;
	narrate(story, "", STYLE_PLAIN,
	    "a small production is up: shop, search, payments and ledger, each a process "
	    "of "
	    "its own. Ana is on duty");
	bool ok = play(story);
	if (ok)
		summarize(story);
	client_close(&story->client);
	return ok;
}

static int
run(int argc, char **argv)
{
	static struct story story;
	bool once = false;
	const struct option_spec specs[] = { { .name = "once", .flag = &once } };
	if (argc > 1 && strcmp(argv[1], "service") == 0)
		return demo_service(argc, argv);
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc > 1) {
		complain("demo takes no '%s'", argv[1]);
		return EXIT_USAGE;
	}
	story.began = clock_boot();
	story.stay = !once && isatty(STDOUT_FILENO);
	(void)signal(SIGINT, on_interrupt);
	(void)signal(SIGTERM, on_interrupt);
	/* Nobody watches any more: the terminal is closed, or who read it is gone. */
	(void)signal(SIGHUP, on_interrupt);
	(void)signal(SIGPIPE, on_interrupt);
	bool ok = perform(&story);
	demo_clear(&story.demo);
	return ok ? EXIT_OK : EXIT_FAILED;
}

const struct command_line command_demo = {
	.name = "demo",
	.summary = "watch it handle a small real production",
	.help =
	    "  firstline demo --once\n"
	    "\n"
	    "Starts a small production on loopback, breaks it in four ways and shows what\n"
	    "becomes of it: a restart that is verified; an alert whose check says that it "
	    "is\n"
	    "over; a restart that does not help and becomes a handoff with its case file; "
	    "an\n"
	    "action that is refused, with the rule. Everything lives in a temporary "
	    "folder\n"
	    "and ends with the command.\n"
	    "\n"
	    "  --once    end after the summary, also on a terminal\n",
	.run = run,
};
