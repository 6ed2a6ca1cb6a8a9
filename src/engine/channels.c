/*
 * channels -- those of the newest configuration, and how sending by each went of late.
 *
 * What went is remembered since this process began, from the results as they pass: the
 * notices themselves are rows.
 */
#include <stdlib.h>

#include "engine/state.h"
#include "facts/catalogue.h"

#define CHANNEL_NAME_MAX 128
#define SENT_ERROR_MAX 300

struct sends {
	struct sent {
		size_t name_n, error_n;
		msec last_wall, took_ms, failed_wall;
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
		const struct sent *sent = find_sent(engine->sends, c->name);
		if (sent != NULL) {
			item.last_wall = sent->last_wall;
			item.took_ms = sent->took_ms;
			item.failed_wall = sent->failed_wall;
			item.error = (str){ sent->error, sent->error_n };
		}
		answer_record(a, ITEM_CHANNEL, &item);
	}
}
