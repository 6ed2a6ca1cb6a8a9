/*
 * channels -- those of the newest configuration, and how sending by each went of late.
 *
 * What went is remembered since this process began: how the last tries were, from the results
 * as they pass; what became of notices, from their rows as they end, each once, also of those
 * that a digest told or that waited for a channel in vain.
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine/state.h"
#include "facts/catalogue.h"

#define CHANNEL_NAME_MAX 128
#define SENT_ERROR_MAX 300

/* From when a message was made to when its provider had it. */
static const msec within_ms[] = { SECOND / 2, SECOND, 5 * SECOND / 2, 5 * SECOND,
	CHANNEL_IN_TIME_MS, 30 * SECOND, MINUTE, 5 * MINUTE, HOUR };
#define BUCKETS countof(within_ms)

struct sends {
	struct sent {
		size_t name_n, error_n;
		msec last_wall, took_ms, failed_wall;
		uint64_t accepted, given_up;
		uint64_t within[BUCKETS]; /* of the accepted; each in one of them at most */
		char name[CHANNEL_NAME_MAX];
		char error[SENT_ERROR_MAX];
	} sent[SENDS_KEPT_MAX];
	size_t n;
};

void
channels_init(struct engine *engine)
{
	engine->sends = calloc(1, sizeof(*engine->sends));
	ASSERT(engine->sends != NULL);
}

static struct sent *
find_sent(struct sends *sends, str name)
{
	for (size_t i = 0; i < sends->n; i++) {
		if (str_eq((str){ sends->sent[i].name, sends->sent[i].name_n }, name))
			return &sends->sent[i];
	}
	return NULL;
}

/* Beyond the bound, and of names that long, nothing is remembered. */
static struct sent *
sent_for(struct sends *sends, str name)
{
	struct sent *sent = find_sent(sends, name);
	if (sent != NULL || sends->n == SENDS_KEPT_MAX || name.n > CHANNEL_NAME_MAX)
		return sent;
	sent = &sends->sent[sends->n++];
	memcpy(sent->name, name.p, name.n);
	sent->name_n = name.n;
	return sent;
}

static void
note_accepted(struct sent *sent, const struct notice_row *notice)
{
	msec took = notice->done_wall > notice->made_wall
	                ? notice->done_wall - notice->made_wall
	                : 0;
	size_t i = 0;
	while (i < BUCKETS && took > within_ms[i])
		i++;
	sent->accepted++;
	if (i < BUCKETS)
		sent->within[i]++;
}

void
channels_heard(struct engine *engine, const struct notice_result *result, msec wall)
{
	const struct notice_row *notice = core_notice(engine->core, result->notice);
	if (notice == NULL || notice->shows_as != 0)
		return;
	struct sent *sent = sent_for(engine->sends, notice->channel);
	if (sent == NULL)
		return;
	if (result->delivered) {
		sent->last_wall = wall;
		sent->took_ms = result->took_ms;
		return;
	}
	sent->failed_wall = wall;
	sent->error_n = result->error.n < SENT_ERROR_MAX ? result->error.n : SENT_ERROR_MAX;
	while (sent->error_n > 0 &&
	       !str_utf8((str){ result->error.p, sent->error_n })) /* cut in a character */
		sent->error_n--;
	if (sent->error_n > 0)
		memcpy(sent->error, result->error.p, sent->error_n);
}

/* A digest is counted by what it told. */
void
channels_over(struct engine *engine, const struct notice_row *notice)
{
	if (notice->purpose == PURPOSE_TEST || notice->purpose == PURPOSE_DIGEST)
		return;
	struct sent *sent = sent_for(engine->sends, notice->channel);
	if (sent != NULL && notice->state == NOTICE_DELIVERED)
		note_accepted(sent, notice);
	else if (sent != NULL && notice->state == NOTICE_GIVEN_UP && !notice->moot)
		sent->given_up++;
}

/* ---- figures ---- */

static uint64_t
within(const struct sent *sent, msec ms)
{
	uint64_t n = 0;
	for (size_t i = 0; i < BUCKETS && within_ms[i] <= ms; i++)
		n += sent->within[i];
	return n;
}

static void
add_figure(struct answer_out *a, const char *name, const char *help, bool counter,
    const struct pair *labels, size_t labels_n, uint64_t value)
{
	struct pair own[2];
	ASSERT(labels_n <= countof(own));
	memcpy(own, labels, labels_n * sizeof(*labels));
	struct metric_item item = { .name = str_of(name),
		.help = str_of(help),
		.counter = counter,
		.labels = { own, labels_n },
		.value = value };
	answer_record(a, ITEM_METRIC, &item);
}

static void
add_histogram(struct answer_out *a, const struct sent *sent, str name)
{
	static const char help[] =
	    "From when a message was made to when its provider had it";
	for (size_t i = 0; i <= BUCKETS; i++) {
		char le[32];
		(void)snprintf(le, sizeof(le), "%g",
		    i < BUCKETS ? (double)within_ms[i] / SECOND : 0);
		struct pair labels[] = { { STR("channel"), name },
			{ STR("le"), i < BUCKETS ? str_of(le) : STR("+Inf") } };
		add_figure(a, "channel_seconds", help, true, labels, countof(labels),
		    i < BUCKETS ? within(sent, within_ms[i]) : sent->accepted);
	}
}

/* Of one family all, then of the next. */
void
channels_metrics(struct engine *engine, struct answer_out *a)
{
	const struct sends *sends = engine->sends;
	const struct model *model = configs_newest(&engine->configs, engine->core);
	for (size_t i = 0; i < sends->n; i++) {
		const struct sent *sent = &sends->sent[i];
		struct pair labels[] = { { STR("channel"), { sent->name, sent->name_n } },
			{ STR("outcome"), STR("accepted") } };
		add_figure(a, "channel_notices",
		    "Messages that a channel took, or that were given up", true, labels,
		    countof(labels), sent->accepted);
		labels[1].value = STR("given-up");
		add_figure(a, "channel_notices", "", true, labels, countof(labels),
		    sent->given_up);
	}
	for (size_t i = 0; i < sends->n; i++)
		add_histogram(a, &sends->sent[i],
		    (str){ sends->sent[i].name, sends->sent[i].name_n });
	for (size_t i = 0; model != NULL && i < model->channels_n; i++) {
		struct pair label = { STR("channel"), model->channels[i].name };
		add_figure(a, "channel_waiting", "Messages that wait for a place", false,
		    &label, 1, core_channel(engine->core, label.value).waiting);
	}
	for (size_t i = 0; model != NULL && i < model->channels_n; i++) {
		struct pair label = { STR("channel"), model->channels[i].name };
		add_figure(a, "channel_down", "1 while nothing gets out by it", false,
		    &label, 1, core_channel(engine->core, label.value).down_wall != 0);
	}
}

/* ---- what there is ---- */

static bool
is_among(const struct reaches *reaches, const struct channel *channel)
{
	for (size_t i = 0; i < reaches->n; i++) {
		if (reaches->p[i].channel == channel)
			return true;
	}
	return false;
}

static struct strs
people_of(struct arena *arena, const struct model *model, const struct channel *channel)
{
	size_t n = 0;
	for (size_t i = 0; i < model->people_n; i++)
		n += is_among(&model->people[i].reach, channel);
	struct strs ret = { arena_new(arena, str, n + 1), 0 };
	for (size_t i = 0; i < model->people_n; i++) {
		if (is_among(&model->people[i].reach, channel) &&
		    ret.n < CATALOGUE_NAMES_MAX)
			ret.p[ret.n++] = model->people[i].id;
	}
	return ret;
}

static struct strs
teams_of(struct arena *arena, const struct model *model, const struct channel *channel)
{
	size_t n = 0;
	for (size_t i = 0; i < model->teams_n; i++)
		n += is_among(&model->teams[i].notify, channel);
	struct strs ret = { arena_new(arena, str, n + 1), 0 };
	for (size_t i = 0; i < model->teams_n; i++) {
		if (is_among(&model->teams[i].notify, channel) &&
		    ret.n < CATALOGUE_NAMES_MAX)
			ret.p[ret.n++] = model->teams[i].name;
	}
	return ret;
}

void
answer_channels(struct engine *engine, struct answer_out *a)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	for (size_t i = 0; i < model->channels_n; i++) {
		const struct channel *c = &model->channels[i];
		struct channel_item item = { .name = c->name,
			.kind = str_of(channel_kind_word(c->kind)),
			.people = people_of(a->arena, model, c),
			.teams = teams_of(a->arena, model, c),
			.file = c->place.file,
			.line = c->place.line };
		struct core_channel now = core_channel(engine->core, c->name);
		item.waiting = now.waiting;
		item.down_wall = now.down_wall;
		const struct sent *sent = find_sent(engine->sends, c->name);
		if (sent != NULL) {
			item.last_wall = sent->last_wall;
			item.took_ms = sent->took_ms;
			item.failed_wall = sent->failed_wall;
			item.error = (str){ sent->error, sent->error_n };
			item.accepted = sent->accepted;
			item.in_time = within(sent, CHANNEL_IN_TIME_MS);
			item.given_up = sent->given_up;
		}
		answer_record(a, ITEM_CHANNEL, &item);
	}
}
