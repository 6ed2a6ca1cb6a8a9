#include "hands/calendars.h"

#include <stdio.h>
#include <stdlib.h>

#include "hands/secrets.h"
#include "os/clock.h"

#define SAID_MAX 256 /* of an ETag, or a Last-Modified */

struct fetch {
	struct calendars *of;
	char name[CALENDAR_NAME_MAX + 1];
	char
	    *url; /* as written; `secret`: what names the place of it. NULL: this is free */
	bool secret;
	msec every_ms;
	msec due_boot;
	unsigned failures; /* in a row */
	bool out;
	bool wanted; /* again, as soon as the one that is out has ended */
	bool asked;  /* with what the server said of its last copy */
	char etag[SAID_MAX], modified[SAID_MAX];
	uint64_t of_config; /* what is known of a copy is of it */
};

struct calendars {
	uv_loop_t *loop;
	struct net *net;
	calendars_came *came;
	void *ctx;
	uv_timer_t *timer;
	uint64_t config; /* counts configurations */
	struct fetch fetches[CALENDAR_URLS_MAX];
};

static void look(struct calendars *calendars);

/* ---- what came ---- */

static void
tell(struct fetch *fetch, enum fetched what, str bytes, str text)
{
	struct calendar_frame frame = { .name = str_of(fetch->name),
		.what = what,
		.bytes = bytes,
		.text = text };
	fetch->of->came(fetch->of->ctx, &frame);
}

static void
forget_copy(struct fetch *fetch)
{
	fetch->etag[0] = fetch->modified[0] = '\0';
}

static void
failed(struct fetch *fetch, str why)
{
	msec pause = CALENDAR_RETRY_MS << (fetch->failures < 12 ? fetch->failures : 12);
	fetch->failures++;
	fetch->due_boot =
	    clock_boot() + (pause < fetch->every_ms ? pause : fetch->every_ms);
	tell(fetch, FETCHED_FAILED, STR(""), why);
}

static void
keep(char ret[static SAID_MAX], str said)
{
	(void)snprintf(ret, SAID_MAX, "%.*s", said.n < SAID_MAX ? (int)said.n : 0, said.p);
}

static void
take(struct fetch *fetch, const struct net_answer *answer)
{
	char why[64];
	if (answer->status == 200 && answer->body_cut) {
		failed(fetch, STR("it is over 1 MiB: let it leave out what is over"));
	} else if (answer->status == 200) {
		keep(fetch->etag, answer->etag);
		keep(fetch->modified, answer->modified);
		fetch->failures = 0;
		tell(fetch, FETCHED_NEW, answer->body, STR(""));
	} else if (answer->status == 304 && fetch->asked) {
		fetch->failures = 0;
		tell(fetch, FETCHED_SAME, STR(""), STR(""));
	} else if (answer->status >= 300 && answer->status < 400) {
		failed(fetch, STR("it leads elsewhere, and redirects are not followed: "
				  "write the URL that it leads to"));
	} else {
		(void)snprintf(why, sizeof(why), "it answers %u", answer->status);
		failed(fetch, str_of(why));
	}
}

static void
on_done(void *ctx, const struct net_answer *answer)
{
	struct fetch *fetch = ctx;
	struct calendars *calendars = fetch->of;
	fetch->out = false;
	fetch->due_boot = clock_boot() + fetch->every_ms;
	if (fetch->url == NULL)
		fetch->name[0] = '\0'; /* it left the configuration meanwhile */
	else if (answer->answered)
		take(fetch, answer);
	else
		failed(fetch, answer->error);
	/* What came was asked for under another configuration: nothing is known of it. */
	if (fetch->of_config != calendars->config)
		forget_copy(fetch);
	if (fetch->wanted)
		fetch->due_boot = clock_boot();
	fetch->wanted = false;
	look(calendars);
}

/* ---- asking ---- */

static bool
ask(struct fetch *fetch, struct err *err)
{
	struct secret secret = { .n = 0 };
	char etag[SAID_MAX + 32], modified[SAID_MAX + 32];
	if (fetch->secret && !secret_get(str_of(fetch->url), &secret, err))
		return false;
	const char *url = fetch->secret ? secret.bytes : fetch->url;
	struct net_order order = { .kind = NET_GET,
		.url = url,
		.headers = { "Accept: text/calendar" },
		.body_max = CALENDAR_BYTES_MAX,
		.guarded = true,
		.timeout_ms = CALENDAR_TIMEOUT_MS,
		.done = on_done,
		.ctx = fetch };
	size_t n = 1;
	(void)snprintf(etag, sizeof(etag), "If-None-Match: %s", fetch->etag);
	(void)snprintf(modified, sizeof(modified), "If-Modified-Since: %s",
	    fetch->modified);
	if (fetch->etag[0] != '\0')
		order.headers[n++] = etag;
	if (fetch->modified[0] != '\0')
		order.headers[n++] = modified;
	fetch->asked = n > 1;
	fetch->of_config = fetch->of->config;
	bool ok = str_starts(str_of(url), STR("http://")) ||
	          str_starts(str_of(url), STR("https://"));
	if (!ok)
		(void)err_set(err, ERR_INVALID, "'%s' holds no http(s) URL", fetch->url);
	else
		ok = net_start(fetch->of->net, &order, err);
	secret_wipe(&secret);
	return ok;
}

static void
on_time(uv_timer_t *timer)
{
	look(timer->data);
}

/* All that are due; then when the next one is. */
static void
look(struct calendars *calendars)
{
	msec now = clock_boot(), next = 0;
	for (size_t i = 0; i < countof(calendars->fetches); i++) {
		struct fetch *fetch = &calendars->fetches[i];
		struct err err;
		if (fetch->url == NULL || fetch->out)
			continue;
		if (fetch->due_boot <= now) {
			fetch->out = ask(fetch, &err);
			if (fetch->out)
				continue;
			failed(fetch, str_of(err.text));
		}
		if (next == 0 || fetch->due_boot < next)
			next = fetch->due_boot;
	}
	if (next != 0)
		(void)uv_timer_start(calendars->timer, on_time, next > now ? next - now : 1,
		    0);
}

void
calendars_now(struct calendars *calendars)
{
	for (size_t i = 0; i < countof(calendars->fetches); i++) {
		calendars->fetches[i].due_boot = clock_boot();
		calendars->fetches[i].wanted = calendars->fetches[i].out;
	}
	look(calendars);
}

/* ---- which ---- */

static str
written(const struct calendar_url *url)
{
	return url->url_secret.n > 0 ? url->url_secret : url->url;
}

static void
drop(struct fetch *fetch)
{
	free(fetch->url);
	fetch->url = NULL;
	if (!fetch->out)
		fetch->name[0] = '\0';
}

static struct fetch *
find(struct calendars *calendars, str name)
{
	for (size_t i = 0; i < countof(calendars->fetches); i++) {
		if (calendars->fetches[i].url != NULL &&
		    str_eq(str_of(calendars->fetches[i].name), name))
			return &calendars->fetches[i];
	}
	return NULL;
}

/* NULL: all are taken, by what is still out. */
static struct fetch *
spare(struct calendars *calendars)
{
	for (size_t i = 0; i < countof(calendars->fetches); i++) {
		if (calendars->fetches[i].url == NULL && !calendars->fetches[i].out)
			return &calendars->fetches[i];
	}
	return NULL;
}

static void
add(struct calendars *calendars, const struct calendar_url *url)
{
	struct fetch *fetch = spare(calendars);
	if (fetch == NULL) {
		struct calendar_frame frame = { .name = url->name,
			.what = FETCHED_FAILED,
			.text = STR("too many are being fetched: reload once more") };
		calendars->came(calendars->ctx, &frame);
		return;
	}
	str text = written(url);
	*fetch = (struct fetch){ .of = calendars,
		.url = calloc(1, text.n + 1),
		.secret = url->url_secret.n > 0,
		.due_boot = clock_boot() };
	ASSERT(fetch->url != NULL);
	memcpy(fetch->url, text.p, text.n);
	(void)snprintf(fetch->name, sizeof(fetch->name), "%.*s", STR_ARG(url->name));
}

void
calendars_adopt(struct calendars *calendars, const struct model *model)
{
	calendars->config++;
	for (size_t i = 0; i < countof(calendars->fetches); i++) {
		struct fetch *fetch = &calendars->fetches[i];
		const struct calendar_url *url =
		    fetch->url != NULL ? model_calendar_url(model, str_of(fetch->name))
				       : NULL;
		forget_copy(fetch);
		if (fetch->url != NULL &&
		    (url == NULL || !str_eq(str_of(fetch->url), written(url))))
			drop(fetch);
	}
	for (size_t i = 0; i < model->calendar_urls_n; i++) {
		const struct calendar_url *url = &model->calendar_urls[i];
		if (find(calendars, url->name) == NULL)
			add(calendars, url);
		struct fetch *fetch = find(calendars, url->name);
		if (fetch != NULL)
			fetch->every_ms = url->every_ms;
	}
	look(calendars);
}

/* ---- the whole ---- */

struct calendars *
calendars_new(uv_loop_t *loop, struct net *net, calendars_came *came, void *ctx)
{
	struct calendars *calendars = calloc(1, sizeof(*calendars));
	uv_timer_t *timer = calloc(1, sizeof(*timer));
	ASSERT(calendars != NULL && timer != NULL);
	*calendars = (struct calendars){ .loop = loop,
		.net = net,
		.came = came,
		.ctx = ctx,
		.timer = timer };
	ASSERT(uv_timer_init(loop, timer) == 0);
	timer->data = calendars;
	return calendars;
}

static void
free_timer(uv_handle_t *handle)
{
	free(handle);
}

void
calendars_free(struct calendars *calendars)
{
	if (calendars == NULL)
		return;
	for (size_t i = 0; i < countof(calendars->fetches); i++)
		free(calendars->fetches[i].url);
	uv_close((uv_handle_t *)calendars->timer, free_timer);
	free(calendars);
}
