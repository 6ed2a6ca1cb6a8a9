#include "base/json.h"
#include "cli/client.h"
#include "os/clock.h"

#define BODY_BYTES_MAX ((size_t)1 << 20)
#define LASTS_DEFAULT (5 * MINUTE)

struct send_options {
	const char *summary, *description, *lasts;
	bool resolved;
};

static void
member(struct buf *body, const char *name, str value)
{
	if (body->p[body->n - 1] != '{')
		buf_char(body, ',');
	json_put_string(body, str_of(name));
	buf_char(body, ':');
	json_put_string(body, value);
}

static void
time_member(struct buf *body, const char *name, msec wall)
{
	buf_printf(body, ",\"%s\":\"", name);
	buf_time(body, wall);
	buf_char(body, '"');
}

static str
alert_of(struct client *client, const struct send_options *o, const struct pairs *labels,
    msec lasts)
{
	struct buf body = BUF(BODY_BYTES_MAX);
	msec now = clock_wall();
	buf_add(&body, STR("[{\"labels\":{"));
	for (size_t i = 0; i < labels->n; i++) {
		if (i > 0)
			buf_char(&body, ',');
		json_put_string(&body, labels->p[i].name);
		buf_char(&body, ':');
		json_put_string(&body, labels->p[i].value);
	}
	buf_add(&body, STR("},\"annotations\":{"));
	if (o->summary != NULL)
		member(&body, "summary", str_of(o->summary));
	if (o->description != NULL)
		member(&body, "description", str_of(o->description));
	buf_char(&body, '}');
	time_member(&body, "startsAt", o->resolved ? now - MINUTE : now);
	time_member(&body, "endsAt", o->resolved ? now - 1 : now + lasts);
	buf_add(&body, STR("}]"));
	str text = arena_str(&client->arena, buf_str(&body));
	buf_done(&body);
	return text;
}

static int
send(struct client *client, void *context, int argc, char **argv)
{
	const struct send_options *o = context;
	struct pairs labels;
	msec lasts = LASTS_DEFAULT;
	if (!params_take(client, argc, argv, &labels) ||
	    (o->lasts != NULL && !length_take(o->lasts, &lasts)))
		return EXIT_USAGE;
	if (pairs_get(&labels, STR("alertname")).n == 0) {
		complain("an alert needs a name: alertname=...");
		return EXIT_USAGE;
	}
	str body;
	int code = client_post(client, "/api/v2/alerts",
	    alert_of(client, o, &labels, lasts), &body);
	if (code != EXIT_OK)
		return code;
	if (!client->ours || body.n > 0) {
		complain("%s answered %u, but not as Firstline does: nothing says that the "
			 "alert is kept; does --url name a Firstline?",
		    client->url, client->status);
		return EXIT_FAILED;
	}
	if (client->options.json)
		return client_print_json(STR("{\"exit\":0}"));
	if (o->resolved)
		say("Taken, and kept: the alert is resolved.");
	else
		say("Taken, and kept: it counts as firing for %s unless it is sent again.",
		    o->lasts != NULL ? o->lasts : "5m");
	say("firstline incident list    what became of it");
	return EXIT_OK;
}

static int
run(int argc, char **argv)
{
	struct send_options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "summary", .value = &o.summary },
		{ .name = "description", .value = &o.description },
		{ .name = "for", .value = &o.lasts },
		{ .name = "resolved", .flag = &o.resolved },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "send alertname=NAME [label=value...]",
		.min = 1,
		.max = -1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = send,
		.context = &o });
}

const struct command_line command_send = {
	.name = "send",
	.summary = "an alert, as Prometheus would",
	.help =
	    "  firstline send alertname=QueueStuck service=payments severity=critical \\\n"
	    "      --summary \"the queue does not drain\"\n"
	    "\n"
	    "Sends one alert with these labels. When the command returns 0 the alert is "
	    "on\n"
	    "the disk: a 200 of what is no Firstline is an error.\n"
	    "\n"
	    "  --summary TEXT     what people read first\n"
	    "  --description TEXT and more\n"
	    "  --for LENGTH       counts as firing that long (default 5m)\n"
	    "  --resolved         it is over; the labels must be the same\n" CLIENT_HELP,
	.run = run,
};
