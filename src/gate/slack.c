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

/* In whatever letters the signature is spelled. What was signed before all that the ring
 * remembers may have come already, to it or to the gate that ran before: that is refused too. */
static bool
is_again(struct gate *gate, const struct head *head)
{
	struct pressed press;
	uint64_t seconds;
	bool read = str_u64(head->slack_timestamp, UINT64_MAX / SECOND, &seconds) &&
	            hex_decode(str_drop(head->slack_signature, strlen("v0=")), press.mac.b,
			sizeof(press.mac.b));
	ASSERT(read); /* it is signed with them */
	press.wall = seconds * SECOND;
	if (press.wall + SECOND <= gate->pressed_since_wall)
		return true;
	for (size_t i = 0; i < PRESSES_KEPT; i++) {
		if (hash32_eq(&gate->pressed[i].mac, &press.mac))
			return true;
	}
	struct pressed *oldest = &gate->pressed[gate->pressed_n++ % PRESSES_KEPT];
	if (oldest->wall >= gate->pressed_since_wall)
		gate->pressed_since_wall = oldest->wall + SECOND;
	*oldest = press;
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
	if (!ok || is_again(gate, head)) {
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
