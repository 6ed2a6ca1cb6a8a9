#include "cli/run_plan.h"

#include "cli/question.h"
#include "cli/view.h"
#include "facts/plan.h"

static const char *
fate_text(const struct plan_item *item)
{
	switch (item->fate) {
	case PLAN_RUNS:
		return "would run";
	case PLAN_ASKS:
		return "would ask";
	case PLAN_REFUSED:
		return "would be refused";
	case PLAN_UNKNOWN:
		return "cannot be known";
	case PLAN_UNREACHED:
		return "would not be reached";
	}
	return "?";
}

static enum style
fate_style(enum plan_fate fate)
{
	switch (fate) {
	case PLAN_RUNS:
		return STYLE_GOOD;
	case PLAN_ASKS:
		return STYLE_WARN;
	case PLAN_REFUSED:
		return STYLE_BAD;
	case PLAN_UNKNOWN:
	case PLAN_UNREACHED:
		break;
	}
	return STYLE_DIM;
}

/* "on pay-1, pay-2: would run; 'automation restarts' authority.yaml:3" */
static void
put_target(struct out *out, const struct plan_target *target)
{
	/* What its text names it need not be told again. */
	str place =
	    arena_printf(out->arena, " %.*s:%u", STR_ARG(target->file), target->line);
	str rule = target->rule.n == 0 || str_contains(target->text, place)
	               ? STR("")
	               : arena_printf(out->arena, "; '%.*s'%.*s", STR_ARG(target->rule),
			     STR_ARG(place));
	struct plan_item as = { .fate = target->fate };
	str text = arena_printf(out->arena, "on %.*s: %s, %.*s%.*s",
	    STR_ARG(view_names(out, &target->targets)), fate_text(&as),
	    STR_ARG(target->text), STR_ARG(rule));
	out_text(out, STR("    "));
	out_wrapped(out, 6, 4, text);
}

static void
put_item(struct out *out, const struct plan_item *item)
{
	out_printf(out, "%2u  %.*s ", item->number, STR_ARG(item->kind));
	out_styled(out, STYLE_BOLD, item->step);
	out_text(out, STR("  "));
	out_styled(out, fate_style(item->fate), str_of(fate_text(item)));
	if (item->before == item->number)
		out_text(out, STR(" beforehand"));
	else if (item->before > 0)
		out_printf(out, " before step %u (%.*s)", item->before,
		    STR_ARG(item->before_step));
	out_text(out, STR("\n"));
	const struct plan_target *targets = item->targets.p;
	if (item->action.n > 0) {
		out_printf(out, "    %.*s", STR_ARG(item->action));
		if (item->params.n > 0)
			out_printf(out, " %.*s", STR_ARG(view_pairs(out, &item->params)));
		out_text(out, STR("\n"));
	}
	for (size_t i = 0; i < item->targets.n; i++)
		put_target(out, &targets[i]);
	if (item->targets.n == 0) {
		out_text(out, STR("    "));
		out_wrapped(out, 4, 4, item->text);
	}
	if (item->otherwise.n > 0 && item->fate != PLAN_UNREACHED)
		out_printf(out, "    otherwise: %.*s\n", STR_ARG(item->otherwise));
}

static str
question_of(struct client *client, const struct plan_options *o, const struct pairs *inputs)
{
	const char *texts[] = { "service", o->service, "principal",
		o->as != NULL ? question_who(client, o->as) : NULL, NULL };
	str body = body_of(client, texts, inputs);
	if (o->incident == 0)
		return body;
	return arena_printf(&client->arena, "{\"incident\":%llu%s%.*s",
	    (unsigned long long)o->incident, body.n > 2 ? "," : "",
	    STR_ARG(str_drop(body, 1)));
}

static int
show(struct client *client, const struct records *steps)
{
	struct out out = out_begin(&client->arena);
	const struct plan_item *items = steps->p;
	for (size_t i = 0; i < steps->n; i++)
		put_item(&out, &items[i]);
	return out_end(&out);
}

static int
plan_exit(const struct records *steps)
{
	const struct plan_item *items = steps->p;
	int code = EXIT_OK;
	for (size_t i = 0; i < steps->n; i++) {
		if (items[i].fate == PLAN_REFUSED)
			return EXIT_REFUSED;
		/* A question is no approval. */
		if (items[i].fate == PLAN_ASKS && !str_eq(items[i].kind, STR("ask")))
			code = EXIT_NEEDS_APPROVAL;
	}
	return code;
}

int
plan_show(struct client *client, const char *runbook, const struct plan_options *o,
    const struct pairs *inputs)
{
	str body, path = arena_printf(&client->arena, "/v1/runbooks/%.*s/plan",
		      STR_ARG(client_escape(client, runbook)));
	struct records steps;
	int code = client_post(client, arena_cstr(&client->arena, path),
	    question_of(client, o, inputs), &body);
	if (code != EXIT_OK)
		return code;
	if (!reply_list(client, body, "items", &plan_item_type, &steps))
		return EXIT_FAILED;
	code = client->options.json ? client_print_json(body) : show(client, &steps);
	if (code != EXIT_OK)
		return code;
	if (!client->options.json) {
		say("Nothing was done, and nothing was asked of the world: this is the way "
		    "on "
		    "which each\ncheck holds and each action succeeds.");
		question_say_note(client, body);
	}
	return plan_exit(&steps);
}
