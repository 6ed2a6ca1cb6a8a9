/*
 * slack -- POST /in/slack/CHANNEL: somebody pressed a button of ours in Slack.
 *
 * Slack signs what it sends with the secret of the channel's app, which the supervisor gave
 * us. What is not signed so, or is old, or came before, is refused here; who the presser is,
 * and whether they may, the engine says. Slack shows its user a warning unless it gets a 200.
 */
#include "intake/slack.h"
#include "gate/state.h"
#include "os/clock.h"

static const struct hook_key *
find_hook(const struct hooks *hooks, str channel)
{
	for (size_t i = 0; i < hooks->n; i++) {
		if (str_eq(channel, str_of(hooks->hook[i].channel)))
			return &hooks->hook[i];
	}
	return NULL;
}

/* The window keeps old ones out, this ring the others. */
static bool
is_again(struct gate *gate, str signature)
{
	hash32 hash = sha256(signature);
	for (size_t i = 0; i < PRESSES_KEPT; i++) {
		if (hash32_eq(&gate->pressed[i], &hash))
			return true;
	}
	gate->pressed[gate->pressed_n++ % PRESSES_KEPT] = hash;
	return false;
}

static void
on_answer(struct call *call, const struct answer *answer)
{
	if (answer == NULL)
		respond_no_engine(call);
	else if (answer->status < 200 || answer->status >= 300)
		respond_answer_error(call, answer);
	else
		respond(call, 200, NULL, STR(""));
}

static void
take_press(struct call *call, const struct slack_press *press)
{
	uint64_t incident;
	struct request request = { .op = OP_PRESSED,
		.name = call->match.name,
		.target = press->user,
		.text = press->action };
	if (!str_u64(press->value, UINT32_MAX, &incident) || incident == 0) {
		respond_error(call, 400, 2, "that button is none of ours");
		return;
	}
	request.incident = (incident_id)incident;
	if (link_ready(call))
		link_ask(call, &request, on_answer);
}

void
serve_slack(struct call *call)
{
	struct gate *gate = call->gate;
	struct arena scratch = gate->scratch;
	const struct hook_key *hook = find_hook(&gate->hooks, call->match.name);
	const struct head *head = &call->head;
	str body = buf_str(&call->body);
	struct slack_press press;
	struct err err;
	bool ok = hook != NULL && body.n <= SLACK_BODY_MAX &&
	          slack_signed((str){ hook->key, hook->key_n }, head->slack_timestamp,
		      head->slack_signature, body, clock_wall());
	if (!ok || is_again(gate, head->slack_signature)) {
		gate->n.refused_signature++;
		respond_error(call, 401, 4, "that is not signed by Slack, or not just now");
		return;
	}
	if (!slack_read(body, &scratch, &press, &err))
		respond_error(call, 400, 2, "%s", err.text);
	else if (!str_starts(press.action, STR("firstline_acknowledge")))
		respond(call, 200, NULL, STR("")); /* a link was opened */
	else
		take_press(call, &press);
}
