#include "hands/notices.h"

#include <stdlib.h>

#include "hands/clean.h"
#include "hands/notify.h"
#include "hands/queue.h"
#include "os/clock.h"
#include "os/crash.h"

#define ERROR_MAX 300
#define NAME_MAX_BYTES 256

/* One channel: what is out, what waits. There while it has anything. */
struct line {
	struct link link;
	struct notices *notices;
	struct link out; /* struct notice_out */
	size_t out_n;
	struct queue waiting;
	size_t name_n;
	char name[NAME_MAX_BYTES];
};

struct notices {
	struct net *net;
	const struct tell *tell;
	const struct model *model;                /* NULL until one is adopted */
	struct link lines;                        /* struct line */
	row_id delivered[NOTICES_DELIVERED_KEPT]; /* a ring */
	size_t delivered_n;
	unsigned failed_n; /* tries in a row */
	msec failed_boot;  /* the last */
};

/* ---- telling ---- */

static void
tell_notice(struct notices *notices, row_id id, const struct notice_result *seen)
{
	char memory[2048];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct event event = { .kind = EVENT_NOTICE_RESULT, .notice_result = *seen };
	event.notice_result.notice = id;
	event.notice_result.error =
	    clean_line(&arena, clean_cut(seen->error, ERROR_MAX), ERROR_MAX);
	tell_result(notices->tell, &event);
	arena_release(memory, sizeof(memory));
}

static void
count_failed(struct notices *notices)
{
	notices->failed_n++;
	notices->failed_boot = clock_boot();
}

static void
tell_failed(struct notices *notices, row_id id, bool permanent, str error)
{
	struct notice_result result = { .permanent = permanent, .error = error };
	count_failed(notices);
	tell_notice(notices, id, &result);
}

static bool
just_delivered(const struct notices *notices, row_id id)
{
	for (size_t i = 0; i < NOTICES_DELIVERED_KEPT; i++) {
		if (notices->delivered[i] == id)
			return true;
	}
	return false;
}

/* ---- lines ---- */

static struct line *
find_line(struct notices *notices, str channel)
{
	list_each(it, &notices->lines)
	{
		struct line *line = container_of(it, struct line, link);
		if (str_eq((str){ line->name, line->name_n }, channel))
			return line;
	}
	return NULL;
}

static struct line *
line_for(struct notices *notices, str channel)
{
	struct line *line = find_line(notices, channel);
	if (line != NULL)
		return line;
	line = calloc(1, sizeof(*line));
	ASSERT(line != NULL);
	line->notices = notices;
	line->name_n = channel.n;
	memcpy(line->name, channel.p, channel.n);
	list_init(&line->out);
	queue_init(&line->waiting, NOTICES_WAITING_MAX, NOTICES_WAITING_BYTES_MAX);
	list_append(&notices->lines, &line->link);
	return line;
}

static void
line_leave(struct line *line)
{
	if (line->out_n > 0 || line->waiting.n > 0)
		return;
	link_remove(&line->link);
	free(line);
}

static bool
is_out(const struct line *line, row_id id)
{
	list_each(it, &line->out)
	{
		if (container_of(it, struct notice_out, link)->id == id)
			return true;
	}
	return false;
}

/* How it ended; where it was a test, with all that somebody wants to see of it. */
static void
tell_over(struct notice_out *out, const struct notice_result *result)
{
	static char memory[4 * (NOTICE_REQUEST_MAX + NOTICE_ANSWER_MAX)];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct notices *notices = out->line->notices;
	struct notice_result told = *result;
	str name = { out->line->name, out->line->name_n };
	told.took_ms = clock_boot() - out->began_ms;
	if (out->tried != NULL)
		tried_tell(out->tried, names_get(&notices->model->channel_by_name, name),
		    &arena, &told);
	else if (!told.delivered)
		count_failed(notices); /* a test says nothing of whether we get out */
	else
		notices->failed_n = 0;
	tell_notice(notices, out->id, &told);
	arena_release(memory, sizeof(memory));
}

static void
out_free(struct notice_out *out)
{
	link_remove(&out->link);
	out->line->out_n--;
	tried_free(out->tried);
	free(out->own);
	free(out);
}

/* ---- tries ---- */

static notify_start_fn *const starts[CHANNEL_KIND_COUNT] = {
	[CHANNEL_SMTP] = notify_smtp_start,
	[CHANNEL_WEBHOOK] = notify_webhook_start,
	[CHANNEL_NTFY] = notify_ntfy_start,
	[CHANNEL_MATTERMOST] = notify_mattermost_start,
	[CHANNEL_TEAMS] = notify_teams_start,
	[CHANNEL_PAGERDUTY] = notify_pagerduty_start,
	[CHANNEL_TWILIO] = notify_twilio_start,
	[CHANNEL_SLACK] = notify_slack_start,
	[CHANNEL_TWILIO_VOICE] = notify_voice_start,
};

/* What will go out, as it may be shown; nothing is sent. */
static bool
write_down(struct notice_out *out, const struct channel *channel,
    const struct notice_row *notice, struct err *err)
{
	struct channel masked = tried_channel(channel);
	out->tried->showing = true;
	bool ok = starts[channel->kind](out, out->line->notices->net, &masked, notice, err);
	out->tried->showing = false;
	free(out->own);
	out->own = NULL;
	return ok;
}

static bool
start_worded(struct notice_out *out, const struct channel *channel,
    const struct notice_row *notice, struct err *err)
{
	if (out->tried != NULL && !write_down(out, channel, notice, err))
		return false;
	if (out->tried != NULL && out->tried->only_shown)
		return false;
	CRASH_POINT("hands-notify-before");
	return starts[channel->kind](out, out->line->notices->net, channel, notice, err);
}

/* False: it is over already; `err` is ERR_NONE where it was to be shown alone, and was. */
static bool
start_kind(struct notice_out *out, const struct notice_row *order, struct err *err)
{
	struct notices *notices = out->line->notices;
	const struct channel *channel =
	    names_get(&notices->model->channel_by_name, order->channel);
	static char memory[WORDS_BYTES_MAX];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct notice_row notice = tried_notice(order);
	struct worded worded;
	err->kind = ERR_NONE;
	if (channel == NULL)
		return err_set(err, ERR_INVALID, "the configuration has no channel '%.*s'",
		    STR_ARG(notice.channel));
	ASSERT(channel->kind > 0 && channel->kind < CHANNEL_KIND_COUNT);
	words_fill(channel, &notice, &arena, &worded);
	out->worded = &worded;
	bool ok = start_worded(out, channel, &notice, err);
	out->worded = NULL;
	return ok;
}

static void
start_one(struct line *line, const struct notice_row *notice)
{
	struct notice_out *out = calloc(1, sizeof(*out));
	struct err err;
	ASSERT(out != NULL);
	out->line = line;
	out->id = notice->id;
	out->began_ms = clock_boot();
	out->tried = tried_new(notice);
	list_append(&line->out, &out->link);
	line->out_n++;
	if (start_kind(out, notice, &err))
		return;
	struct notice_result result = { .delivered = err.kind == ERR_NONE,
		.permanent = err.kind == ERR_INVALID,
		.error = err.kind == ERR_NONE ? STR("") : str_of(err.text) };
	tell_over(out, &result);
	out_free(out);
}

static void
start_waiting(struct line *line)
{
	static char memory[512 * 1024];
	struct waiting *item;
	while (line->out_n < NOTICES_PER_CHANNEL_MAX &&
	       (item = queue_take(&line->waiting)) != NULL) {
		struct arena arena = arena_over(memory, sizeof(memory));
		struct effect effect;
		struct err err;
		if (order_decode(waiting_bytes(item), &arena, &effect, &err))
			start_one(line, &effect.notify.notice);
		else
			tell_failed(line->notices, item->id, true, str_of(err.text));
		waiting_free(item);
	}
	line_leave(line);
}

void
notice_done(struct notice_out *out, const struct notice_result *result)
{
	struct line *line = out->line;
	struct notices *notices = line->notices;
	CRASH_POINT("hands-notified");
	if (result->delivered)
		notices->delivered[notices->delivered_n++ % NOTICES_DELIVERED_KEPT] =
		    out->id;
	tell_over(out, result);
	out_free(out);
	start_waiting(line);
}

void
notices_send(struct notices *notices, const struct notice_order *order, str bytes)
{
	const struct notice_row *notice = &order->notice;
	ASSERT(notices->model != NULL);
	if (just_delivered(notices, notice->id)) {
		struct notice_result result = { .delivered = true };
		tell_notice(notices, notice->id, &result);
		return;
	}
	if (notice->channel.n == 0 || notice->channel.n > NAME_MAX_BYTES) {
		tell_failed(notices, notice->id, true, STR("it names no channel"));
		return;
	}
	struct line *line = line_for(notices, notice->channel);
	if (is_out(line, notice->id) || queue_find(&line->waiting, notice->id) != NULL)
		return;
	if (!queue_put(&line->waiting, notice->id, clock_boot(), bytes))
		tell_failed(notices, notice->id, false,
		    STR("too many notices wait for this channel"));
	start_waiting(line);
}

void
notices_drop_waiting(struct notices *notices)
{
	list_each_safe(it, &notices->lines)
	{
		struct line *line = container_of(it, struct line, link);
		queue_clear(&line->waiting);
		line_leave(line);
	}
}

bool
notices_get_out(const struct notices *notices, msec now_boot)
{
	return notices->failed_n < NOTICES_FAILED_MAX ||
	       now_boot - notices->failed_boot > HOUR;
}

size_t
notices_out(const struct notices *notices)
{
	size_t n = 0;
	list_each(it, &notices->lines) n += container_of(it, struct line, link)->out_n;
	return n;
}

/* ---- the whole ---- */

void
notices_adopt(struct notices *notices, const struct model *model)
{
	notices->model = model;
}

struct notices *
notices_new(struct net *net, const struct tell *tell)
{
	struct notices *notices = calloc(1, sizeof(*notices));
	ASSERT(notices != NULL);
	notices->net = net;
	notices->tell = tell;
	list_init(&notices->lines);
	return notices;
}

void
notices_free(struct notices *notices)
{
	if (notices == NULL)
		return;
	list_each_safe(it, &notices->lines)
	{
		struct line *line = container_of(it, struct line, link);
		list_each_safe(at, &line->out)
		    out_free(container_of(at, struct notice_out, link));
		queue_clear(&line->waiting);
		line_leave(line);
	}
	free(notices);
}
