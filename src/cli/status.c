#include "cli/client.h"
#include "cli/output.h"
#include "cli/view.h"
#include "facts/frame.h"

#define LISTED_MAX 10
#define LISTED_TEXT "10"

static void
print_head(struct out *out, const struct status_item *s)
{
	struct arena *a = out->arena;
	if (s->stopped) {
		out_styled(out, STYLE_BAD, STR("Everything is stopped"));
		out_text(out, STR(", by "));
		str why =
		    arena_printf(a, "%.*s%s%.*s. Nothing acts until 'firstline resume'.",
			STR_ARG(view_who(s->stopped_by)), s->stopped_why.n > 0 ? ": " : "",
			STR_ARG(s->stopped_why));
		out_wrapped(out, 0, 26, why);
	}
	if (s->refusing) {
		out_styled(out, STYLE_BAD, STR("Nothing new is taken"));
		out_text(out, STR(": "));
		out_wrapped(out, 0, 22, s->refusing_why);
	}
	bool lost = s->refusing && s->seq == 0; /* whether anything is open is not known */
	if (!s->hands_up) {
		out_styled(out, STYLE_WARN, STR("The role that acts and notifies is down"));
		out_text(out, STR("; it is being started again.\n"));
	}
	if (lost)
		return;
	if (s->incidents_open == 0) {
		out_styled(out, STYLE_GOOD, STR("No incident is open."));
		out_text(out, STR("\n"));
		return;
	}
	str open =
	    text_number(a, s->incidents_open, "incident is open", "incidents are open");
	out_styled(out, STYLE_BOLD, open);
	if (s->incidents_needing_person > 0) {
		out_text(out, STR(", "));
		out_styled(out, STYLE_BAD,
		    text_number(a, s->incidents_needing_person, "needs a person",
			"need a person"));
	}
	out_text(out, STR(".\n"));
}

/* What is asked of people, and where rules do not hold as written. */
static void
print_people(struct out *out, const struct status_item *s)
{
	struct arena *a = out->arena;
	if (s->approvals_waiting > 0) {
		out_styled(out, STYLE_WARN,
		    text_number(a, s->approvals_waiting, "action waits for approval",
			"actions wait for approval"));
		out_text(out, STR(": 'firstline approve' lists them.\n"));
	}
	if (s->glass > 0) {
		out_styled(out, STYLE_BAD,
		    text_number(a, s->glass, "glass is broken", "glasses are broken"));
		out_text(out, STR(": 'firstline hands-on' says by whom.\n"));
	}
	if (s->unreviewed > 0) {
		out_styled(out, STYLE_WARN,
		    text_number(a, s->unreviewed, "broken glass waits for its review",
			"broken glasses wait for their review"));
		out_text(out, STR(": 'firstline review'.\n"));
	}
	if (s->hands_on > 0)
		out_printf(out, "%.*s, where automation only watches.\n",
		    STR_ARG(text_number(a, s->hands_on, "service is in a person's hands",
			"services are in people's hands")));
}

static void
print_server(struct out *out, const struct client *client, const struct status_item *s)
{
	struct arena *a = out->arena;
	out_text(out, STR("\n"));
	str alerts = arena_printf(a, "%llu active", (unsigned long long)s->alerts_active);
	if (s->alerts_held > 0)
		alerts = arena_printf(a, "%.*s, %llu of them silenced or inhibited",
		    STR_ARG(alerts), (unsigned long long)s->alerts_held);
	out_field(out, "alerts", alerts);
	if (s->silences_active > 0)
		out_field(out, "silences",
		    arena_printf(a, "%u in force ('firstline silence list')",
			s->silences_active));
	out_field(out, "gaps",
	    s->gaps == 0 ? STR("none")
			 : arena_printf(a, "%u ('firstline gaps' lists them)", s->gaps));
	str up =
	    text_length(a, s->now_wall > s->since_wall ? s->now_wall - s->since_wall : 0);
	out_field(out, "server",
	    arena_printf(a, "%s, version %.*s, up %.*s, journal entry %llu%s", client->url,
		STR_ARG(s->version), STR_ARG(up), (unsigned long long)s->seq,
		s->loopback_only ? "; this machine only" : ""));
	struct buf hex = BUF(64);
	buf_hex(&hex, (str){ (const char *)s->config.b, 6 });
	out_field(out, "config", arena_str(a, buf_str(&hex)));
	buf_done(&hex);
	out_field(out, "you are", s->principal);
	for (size_t i = 0; i < s->sandbox_gaps.n; i++)
		out_field(out, "sandbox", s->sandbox_gaps.p[i]);
}

static int
show(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc, (void)argv;
	str body, list;
	int code = client_get(client, "/v1/status", &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	struct status_item status;
	if (!reply_one(client, body, "status", &status_item_type, &status))
		return EXIT_FAILED;
	struct records incidents = { NULL, 0 };
	if (status.incidents_open > 0) {
		code = client_get(client, "/v1/incidents?limit=" LISTED_TEXT, &list);
		if (code != EXIT_OK)
			return code;
		if (!reply_list(client, list, "items", &incident_row_type, &incidents))
			return EXIT_FAILED;
	}
	struct out out = out_begin(&client->arena);
	print_head(&out, &status);
	print_people(&out, &status);
	const struct incident_row *rows = incidents.p;
	size_t i = 0;
	for (; i < incidents.n && i < LISTED_MAX; i++) {
		out_text(&out, STR("\n"));
		view_incident_short(&out, &rows[i]);
	}
	if (i < status.incidents_open)
		out_printf(&out, "\n%zu more: firstline incident list\n",
		    status.incidents_open - i);
	print_server(&out, client, &status);
	return out_end(&out);
}

static int
run(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "status", .run = show });
}

const struct command_line command_status = {
	.name = "status",
	.summary = "what is open, what is stopped, how the server is",
	.help = "  firstline status\n"
		"\n"
		"What is open and what is being done about it, first; then alerts, gaps "
		"and the\n"
		"server itself.\n" CLIENT_HELP,
	.run = run,
};
