/*
 * adopt -- configurations on their way to the roles: hands first, then the engine, then
 * the gate, so that nobody is ever asked to act under a policy that hands does not know.
 */
#include <stdio.h>

#include "base/hmac_sha1.h"
#include "hands/secrets.h"
#include "node/supervisor.h"

#define TLS_ARENA_BYTES (4 * TLS_FILE_MAX)
#define DIALS_ARENA_BYTES ((size_t)64 << 10)

/* What channels sign their calls to us with. One that cannot be read refuses its calls. */
static void
hooks_read(const struct supervisor *s, const struct model *model, struct arena *arena,
    struct records *ret)
{
	struct hook *hooks = arena_new(arena, struct hook, HOOKS_MAX);
	size_t n = 0;
	for (size_t i = 0; i < model->channels_n && n < HOOKS_MAX; i++) {
		const struct channel *channel = &model->channels[i];
		struct secret secret;
		struct err err;
		if (channel->callback.n == 0)
			continue;
		if (!secret_get(channel->callback, &secret, &err)) {
			node_log(s, LOG_ERROR, "supervisor", "channel %.*s: %s",
			    STR_ARG(channel->name), err.text);
			continue;
		}
		hooks[n++] = (struct hook){ channel->name,
			arena_str(arena, (str){ secret.bytes, secret.n }) };
		secret_wipe(&secret);
	}
	*ret = (struct records){ hooks, n };
}

/* ... and with what the engine sees whether a call back is of whoever we let make calls. */
static void
dials_read(const struct supervisor *s, const struct model *model, struct arena *arena,
    struct records *ret)
{
	struct hook *dials = arena_new(arena, struct hook, HOOKS_MAX);
	size_t n = 0;
	for (size_t i = 0; i < model->channels_n && n < HOOKS_MAX; i++) {
		const struct channel *channel = &model->channels[i];
		struct hmac_sha1_key key;
		struct secret secret;
		struct err err;
		if (channel->kind != CHANNEL_TWILIO_VOICE)
			continue;
		if (!secret_get(channel->secret, &secret, &err)) {
			node_log(s, LOG_ERROR, "supervisor", "channel %.*s: %s",
			    STR_ARG(channel->name), err.text);
			continue;
		}
		hmac_sha1_key((str){ secret.bytes, secret.n }, &key);
		secret_wipe(&secret);
		struct buf halves = BUF(2 * sizeof(key));
		buf_hex(&halves, (str){ (const char *)&key, sizeof(key) });
		dials[n++] =
		    (struct hook){ channel->name, arena_str(arena, buf_str(&halves)) };
		buf_wipe(&halves);
		explicit_bzero(&key, sizeof(key));
	}
	*ret = (struct records){ dials, n };
}

static void
give_dials(struct role_process *role, const struct adoption *adoption)
{
	struct arena_map map;
	struct arena arena = arena_map(&map, DIALS_ARENA_BYTES);
	struct dials_frame frame;
	dials_read(role->supervisor, adoption->model, &arena, &frame.dials);
	role_send(role, FRAME_SETTINGS, 0, &dials_frame_type, &frame, -1);
	arena_unmap(&map);
}

static bool
is_ping_key(const struct secret *secret)
{
	for (size_t i = 0; i < secret->n; i++) {
		char c = secret->bytes[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return secret->n >= PING_KEY_MIN && secret->n <= PING_KEY_MAX;
}

/* What stands in the URLs of heartbeats. One that cannot be used is heard of by nobody. */
static void
ping_read(const struct supervisor *s, str name, str reference, struct arena *arena,
    struct records *pings)
{
	struct secret secret;
	struct err err;
	if (reference.n == 0)
		return;
	if (!secret_get(reference, &secret, &err)) {
		node_log(s, LOG_ERROR, "supervisor", "heartbeat %.*s: %s", STR_ARG(name),
		    err.text);
		return;
	}
	struct hook *keys = pings->p;
	if (is_ping_key(&secret))
		keys[pings->n++] = (struct hook){ name,
			arena_str(arena, (str){ secret.bytes, secret.n }) };
	else
		node_log(s, LOG_ERROR, "supervisor",
		    "heartbeat %.*s: '%.*s' holds no key: %d to %d of A-Z, a-z, 0-9, '-' "
		    "and '_', as a uuid is",
		    STR_ARG(name), STR_ARG(reference), PING_KEY_MIN, PING_KEY_MAX);
	secret_wipe(&secret);
}

static void
pings_read(const struct supervisor *s, const struct model *model, struct arena *arena,
    struct records *ret)
{
	struct hook *keys = arena_new(arena, struct hook, PINGS_MAX);
	*ret = (struct records){ keys, 0 };
	ping_read(s, STR(""), model->ping_key, arena, ret);
	for (size_t i = 0; i < model->heartbeats_n; i++)
		ping_read(s, model->heartbeats[i].name, model->heartbeats[i].key, arena,
		    ret);
}

/* The gate gets what it needs and no more. */
static void
give_settings(struct role_process *role, const struct adoption *adoption)
{
	struct supervisor *s = role->supervisor;
	const struct model *model = adoption->model;
	str rest = model->url;
	if (str_starts(rest, STR("http://")))
		rest = str_drop(rest, 7);
	else if (str_starts(rest, STR("https://")))
		rest = str_drop(rest, 8);
	str host = str_cut(rest, '/').head;
	struct arena_map map;
	struct arena arena = arena_map(&map, TLS_ARENA_BYTES);
	struct err err;
	struct settings_frame settings = {
		.listen = str_of(s->listen),
		.hosts = { &host, host.n > 0 ? 1 : 0 },
		.body_bytes_max = model->limits.body_bytes_max,
		.alert_timeout_ms = model->limits.alert_timeout_ms,
		.loopback_only = s->loopback_only,
		.proxies = model->proxy.from,
		.user_header = model->proxy.user_header,
	};
	hooks_read(s, model, &arena, &settings.hooks);
	pings_read(s, model, &arena, &settings.pings);
	if (s->tls_fd >= 0 && !tls_files_read(model, &arena, &settings, &err)) {
		/* The gate says so, to the log and to people: it knows what that shuts. */
		settings.certificate = settings.key = settings.clients = STR("");
		settings.tls_unread = str_of(err.text);
	}
	role_send(role, FRAME_SETTINGS, 0, &settings_frame_type, &settings, -1);
	arena_unmap(&map);
}

void
adoption_give(struct role_process *role, const struct adoption *adoption, uint64_t request)
{
	if (role->kind == ROLE_KIND_GATE) {
		give_settings(role, adoption);
		return;
	}
	if (role->kind == ROLE_KIND_ENGINE)
		give_dials(role, adoption);
	struct bundle_frame frame = { .hash = adoption->hash, .bytes = adoption->bytes };
	role->given = adoption->hash;
	role->bundles_out++;
	role_send(role, FRAME_BUNDLE, request, &bundle_frame_type, &frame, adoption->memfd);
}

bool
adoption_answered(struct role_process *role, const struct adopted_frame *adopted)
{
	if (role->bundles_out > 0)
		role->bundles_out--;
	if (adopted->ok)
		role->adopted = adopted->hash;
	return role->bundles_out == 0;
}

/* One that is not ready gets it at its start, or does not get through that. */
static bool
has_now(const struct role_process *role)
{
	const hash32 *now = &role->supervisor->now.hash;
	return role->state != ROLE_READY ||
	       (role->bundles_out == 0 && hash32_eq(&role->adopted, now));
}

/* ---- reload ---- */

static void
answer_reload(struct supervisor *s, bool ok, const char *text)
{
	struct adopted_frame adopted = { .ok = ok, .text = str_of(text) };
	if (s->reload_request == 0)
		return;
	role_send(&s->engine, FRAME_ADOPTED, s->reload_request, &adopted_frame_type,
	    &adopted, -1);
	s->reload_request = 0;
}

/* Nobody wrote them, and turns begin at other times all the same. */
static void
tell_zones(const struct supervisor *s)
{
	const str prefix = STR("zone:");
	for (size_t i = 0; i < s->next.bundle.n; i++) {
		const struct bundle_file *file = &s->next.bundle.files[i];
		const struct bundle_file *before =
		    str_starts(file->path, prefix) ? bundle_find(&s->now.bundle, file->path)
						   : NULL;
		if (before != NULL && !str_eq(before->bytes, file->bytes))
			node_log(s, LOG_WARNING, "supervisor",
			    "reload: the time zone %.*s has other rules than before: look "
			    "at who is on duty when",
			    STR_ARG(str_drop(file->path, prefix.n)));
	}
}

/* What a role was given that did not come into force is taken back. Hands that were started while
 * the engine adopted had what was in force before: they are given what is now. */
static void
settle(struct role_process *role)
{
	const struct adoption *now = &role->supervisor->now;
	if (!hash32_eq(&role->given, &now->hash))
		adoption_give(role, now, 0);
}

static void
reload_end(struct supervisor *s, bool ok, const char *text)
{
	if (s->next.memfd >= 0) {
		if (ok) {
			tell_zones(s);
			adoption_free(&s->now);
			s->now = s->next;
			s->next = (struct adoption){ .memfd = -1 };
			adoption_give(&s->gate, &s->now, 0);
			fetched_adopted(s);
		} else {
			adoption_free(&s->next);
		}
		settle(&s->hands);
		settle(&s->engine);
	}
	system_ready(s);
	node_log(s, ok ? LOG_INFO : LOG_ERROR, "supervisor", "%s: %s",
	    s->next_fetched ? "calendars" : "reload",
	    ok ? "the new configuration is in force" : text);
	/* Whoever reloads means what is at the URLs now, too. */
	if (ok && !s->next_fetched)
		role_send(&s->hands, FRAME_CALENDAR, 0, NULL, NULL, -1);
	s->next_fetched = s->reload_again = false;
	answer_reload(s, ok, text);
	reading_go_on(s);
}

static void
refuse_reload(struct supervisor *s, uint64_t request, str text)
{
	struct adopted_frame adopted = { .text = text };
	if (request != 0)
		role_send(&s->engine, FRAME_ADOPTED, request, &adopted_frame_type, &adopted,
		    -1);
}

/* All complaints go to whoever asked, and to our log. */
static void
refuse_folder(struct supervisor *s, uint64_t request, struct buf *text,
    const struct err *err)
{
	if (text->n > 0)
		(void)fwrite(text->p, 1, text->n, stderr);
	system_ready(s);
	node_log(s, LOG_ERROR, "supervisor",
	    "reload: %s; the earlier configuration stays in force", err->text);
	buf_printf(text, "%s; the earlier configuration stays in force", err->text);
	refuse_reload(s, request, buf_str(text));
}

/* What a calendar does takes no reload from anybody: that waits, and so does the next, which
 * is the same. A signal waits for anything: nobody can be told to ask again, and the folder may
 * be another one than what is being read. */
static bool
waits(struct supervisor *s, uint64_t request)
{
	bool calendar = s->next.memfd >= 0 ? s->next_fetched : s->reading.name[0] != '\0';
	if (request != 0 && (!calendar || (s->reload_waits && s->reload_waiting != 0)))
		return false;
	s->reload_waiting = request != 0 || !s->reload_waits ? request : s->reload_waiting;
	s->reload_waits = true;
	return true;
}

void
reload_begin(struct supervisor *s, uint64_t request)
{
	if (!reading_busy(s)) {
		system_reloading(s);
		reading_folder(s, request);
	} else if (!waits(s, request)) {
		static const char busy[] = "another reload is on its way: ask again";
		node_log(s, LOG_ERROR, "supervisor", "reload: %s", busy);
		refuse_reload(s, request, STR(busy));
	}
}

/* A signal has it read again once the roles are ready; whoever can be told is. Where a calendar
 * is put off nobody asked. A role that `ended` may have done so of what it was given: that is
 * tried once more, and not for ever. */
static void
put_off(struct supervisor *s, const char *why, bool ended)
{
	bool was = s->reload_again;
	bool again = s->reload_request == 0 && !s->next_fetched && !(ended && was);
	char text[100];
	if (again && !s->reload_waits)
		s->reload_waiting = 0;
	s->reload_waits |= again;
	(void)snprintf(text, sizeof(text), "%s: %s", why,
	    again ? "the folder is read again when it is ready" : "ask again");
	reload_end(s, false, text);
	s->reload_again = again && (ended || was);
}

void
reload_read(struct supervisor *s, struct reading *r)
{
	if (!r->ok) {
		r->text.max += sizeof(r->err.text) + 64;
		refuse_folder(s, r->request, &r->text, &r->err);
		return;
	}
	s->next = r->adoption;
	s->reload_request = r->request;
	if (hash32_eq(&s->next.hash, &s->now.hash) && has_now(&s->hands) &&
	    has_now(&s->engine)) {
		reload_end(s, true, "");
		return;
	}
	if (s->hands.state != ROLE_READY || s->engine.state != ROLE_READY) {
		put_off(s, "a role is starting", false);
		return;
	}
	s->hands.adopting = true;
	adoption_give(&s->hands, &s->next, 0);
}

/* It has what is not in force, and refuses what is: at its start it can have nothing else. */
static void
cannot_go_back(struct role_process *role, str why)
{
	node_log(role->supervisor, LOG_ERROR, role->name,
	    "cannot take the earlier configuration again: %.*s", STR_ARG(why));
	role_kill(role);
}

void
reload_adopted(struct role_process *role, const struct adopted_frame *adopted)
{
	struct supervisor *s = role->supervisor;
	if (!role->adopting || s->next.memfd < 0) {
		if (!adopted->ok && !has_now(role))
			cannot_go_back(role, adopted->text);
		return;
	}
	if (adopted->ok && !hash32_eq(&adopted->hash, &s->next.hash)) {
		role_kill(role); /* nonsense */
		return;
	}
	role->adopting = false;
	char text[400];
	(void)snprintf(text, sizeof(text), "%s: %.*s", role->name, STR_ARG(adopted->text));
	if (!adopted->ok)
		reload_end(s, false, text);
	else if (role->kind == ROLE_KIND_ENGINE)
		reload_end(s, true, "");
	else {
		s->engine.adopting = true;
		adoption_give(&s->engine, &s->next, s->reload_request);
	}
}

/* The old one stays in force, which a role that ended gets at its start. The gate takes no part
 * until all is done; nor do hands once the engine is adopting: it may have written that down, and
 * whatever it answers they are given. */
void
reload_abandon(const struct role_process *role)
{
	struct supervisor *s = role->supervisor;
	bool matters = role->kind == ROLE_KIND_ENGINE ||
	               (role->kind == ROLE_KIND_HANDS && !s->engine.adopting);
	if (s->next.memfd >= 0 && matters)
		put_off(s, "a role ended meanwhile", true);
}
