/*
 * The top-level keys that are about Firstline itself: listen, store, url, heartbeat_url,
 * prometheus, probe_files, fallback, limits and keep.
 */
#include "model/internal.h"

#define STORE_BYTES_MAX 1024

static const struct limits limits_default = {
	.incidents_max = 10000,
	.incidents_per_service_max = 500,
	.alerts_max = 2000000,
	.body_bytes_max = 16 << 20,
	.alert_timeout_ms = 5 * MINUTE,
};

static const struct node *
section_value(const struct section *section)
{
	return section->n > 0 ? section->nodes[0] : NULL;
}

bool
model_store_is_one(str url)
{
	return str_eq(url, STR("memory:")) ||
	       (str_starts(url, STR("sqlite:")) && url.n > strlen("sqlite:") &&
		   url.n <= STORE_BYTES_MAX);
}

/* The engine is confined to the state folder: a file elsewhere could not be opened. */
bool
model_store_is_elsewhere(str url)
{
	str path = str_drop(url, strlen("sqlite:"));
	return str_starts(url, STR("sqlite:")) &&
	       (str_starts(path, STR("/")) || str_starts(path, STR("../")) ||
		   str_contains(path, STR("/../")));
}

static void
store_read(struct reader *r, const struct node *node, str *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return;
	bool ok = model_store_is_one(text);
	if (ok && model_store_is_elsewhere(text))
		read_error(r, node,
		    STR("write sqlite:FILE; where the state folder is, 'firstline serve "
			"--state' says"),
		    "the store is a file in the state folder");
	else if (ok)
		*ret = text;
	else
		read_error(r, node, STR("write sqlite:FILE"), "'%.*s' is no store",
		    STR_ARG(text));
}

static void
limits_read(struct reader *r, const struct section *section, struct limits *ret)
{
	static const char *const names[] = { "incidents", "incidents_per_service", "alerts",
		"alerts_per_source", "alerts_per_alertname", "alert_rate_per_source",
		"alert_burst_per_source", "body", "alert_timeout" };
	for (size_t i = 0; i < section->n; i++) {
		const struct node *node = section->nodes[i];
		if (node->kind == NODE_EMPTY) {
			read_error_key(r, node, STR("write a value, or remove the key"),
			    "'%.*s' has no value", STR_ARG(node->key));
		} else if (str_eq(node->key, STR("incidents"))) {
			(void)read_u32(r, node, 1, 1000000, &ret->incidents_max);
		} else if (str_eq(node->key, STR("incidents_per_service"))) {
			(void)read_u32(r, node, 1, 1000000,
			    &ret->incidents_per_service_max);
		} else if (str_eq(node->key, STR("alerts"))) {
			(void)read_u64(r, node, 1000, 20000000, &ret->alerts_max);
		} else if (str_eq(node->key, STR("alerts_per_source"))) {
			(void)read_u64(r, node, 100, 20000000, &ret->alerts_per_source_max);
		} else if (str_eq(node->key, STR("alerts_per_alertname"))) {
			(void)read_u64(r, node, 10, 20000000,
			    &ret->alerts_per_alertname_max);
		} else if (str_eq(node->key, STR("alert_rate_per_source"))) {
			(void)read_u64(r, node, 1, 10000000, &ret->alert_rate_per_source);
		} else if (str_eq(node->key, STR("alert_burst_per_source"))) {
			(void)read_u64(r, node, 1, 100000000, &ret->alert_burst_per_source);
		} else if (str_eq(node->key, STR("body"))) {
			(void)read_bytes(r, node, 64 << 10, 64 << 20, &ret->body_bytes_max);
		} else if (str_eq(node->key, STR("alert_timeout"))) {
			(void)read_duration(r, node, MINUTE, DAY, &ret->alert_timeout_ms);
		} else {
			str all[countof(names)];
			for (size_t k = 0; k < countof(names); k++)
				all[k] = str_of(names[k]);
			str hint = read_suggest(r, node->key, all, countof(all));
			str joined = read_join(r, all, countof(all));
			read_error_key(r, node,
			    hint.n
				? hint
				: read_hint(r, "the keys here are %.*s", STR_ARG(joined)),
			    "unknown key '%.*s' in 'limits'", STR_ARG(node->key));
		}
	}
}

/* URL, or {url: URL, every: 5m}; the URL may be a secret that stands elsewhere. */
static void
heartbeat_url_read(struct reader *r, const struct node *node, struct model *m)
{
	const struct node *url = node, *every = NULL;
	const struct key keys[] = {
		{ "url", &url, .required = true },
		{ "every", &every },
	};
	if (node->kind == NODE_MAP) {
		url = NULL;
		(void)read_map(r, node, NULL, keys, countof(keys));
	}
	if (url != NULL)
		read_secret_url(r, url, &m->heartbeat_url, &m->heartbeat_url_secret);
	if (every != NULL)
		(void)read_duration(r, every, HEARTBEAT_EVERY_MS_MIN,
		    HEARTBEAT_EVERY_MS_MAX, &m->heartbeat_every_ms);
}

/* "90d", or "forever". */
static void
keep_time_read(struct reader *r, const struct node *node, msec *ret)
{
	if (node->kind == NODE_TEXT && str_eq(node->text, STR("forever")))
		*ret = 0;
	else
		(void)read_duration(r, node, KEEP_MS_MIN, KEEP_MS_MAX, ret);
}

static void
keep_read(struct reader *r, const struct node *node, struct keep *ret)
{
	const struct node *journal = NULL, *history = NULL;
	const struct key keys[] = {
		{ "journal", &journal },
		{ "history", &history },
	};
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	if (history != NULL)
		keep_time_read(r, history, &ret->history_ms);
	if (ret->history_ms != 0)
		ret->journal_ms = ret->history_ms;
	if (journal != NULL)
		keep_time_read(r, journal, &ret->journal_ms);
	bool shorter = ret->history_ms != 0 &&
	               (ret->journal_ms == 0 || ret->history_ms < ret->journal_ms);
	if (shorter && history != NULL)
		read_error(r, history,
		    STR("write a longer history, or a shorter journal: it replays to the "
			"same rows only while they are there"),
		    "the history is kept for less long than the journal");
	else if (shorter)
		ret->history_ms = 0;
}

#define BURST_SECONDS 10

static const struct node *
limit_node(const struct section *section, str key)
{
	for (size_t i = 0; i < section->n; i++) {
		if (str_eq(section->nodes[i]->key, key))
			return section->nodes[i];
	}
	return NULL;
}

/* What can only be said of them together. */
static void
limits_judge(struct reader *r, const struct section *section, struct limits *limits)
{
	static const char *const parts[] = { "alerts_per_source", "alerts_per_alertname" };
	const uint64_t of[] = { limits->alerts_per_source_max,
		limits->alerts_per_alertname_max };
	for (size_t i = 0; i < countof(parts); i++) {
		const struct node *node = limit_node(section, str_of(parts[i]));
		if (node != NULL && of[i] > limits->alerts_max)
			read_error(r, node,
			    read_hint(r, "write at most 'alerts', which is %llu",
				(unsigned long long)limits->alerts_max),
			    "'%s' is more than there may be of all", parts[i]);
	}
	const struct node *burst = limit_node(section, STR("alert_burst_per_source"));
	if (limits->alert_rate_per_source == 0) {
		if (burst != NULL &&
		    limit_node(section, STR("alert_rate_per_source")) == NULL)
			read_error_key(r, burst,
			    STR("write alert_rate_per_source too, in alerts a second"),
			    "'alert_burst_per_source' without a rate bounds nothing");
		limits->alert_burst_per_source = 0;
	} else if (burst == NULL) {
		limits->alert_burst_per_source =
		    BURST_SECONDS * limits->alert_rate_per_source;
	}
}

void
server_read(struct reader *r, const struct section sections[SECTION_COUNT])
{
	struct model *m = r->model;
	m->listen = STR("127.0.0.1:9911");
	m->limits = limits_default;
	m->heartbeat_every_ms = HEARTBEAT_EVERY_MS_MIN;
	m->keep = (struct keep){ KEEP_MS_MAX, KEEP_MS_MAX };

	const struct node *node;
	if ((node = section_value(&sections[SECTION_LISTEN])) != NULL)
		(void)read_listen(r, node, &m->listen);
	if ((node = section_value(&sections[SECTION_STORE])) != NULL)
		store_read(r, node, &m->store);
	if ((node = section_value(&sections[SECTION_URL])) != NULL)
		(void)read_http_url(r, node, &m->url);
	if ((node = section_value(&sections[SECTION_HEARTBEAT_URL])) != NULL)
		heartbeat_url_read(r, node, m);
	if ((node = section_value(&sections[SECTION_PROMETHEUS])) != NULL)
		(void)read_http_url(r, node, &m->prometheus);
	probe_files_read(r, &sections[SECTION_PROBE_FILES], &m->probe_files);
	if ((node = section_value(&sections[SECTION_FALLBACK])) != NULL) {
		m->fallback = read_ref(r, &r->teams, node);
		if (m->fallback != NULL && m->fallback->kind == TEAM_DEVELOPMENT)
			read_error(r, node, STR("name an operations team"),
			    "development team '%.*s' cannot be the fallback",
			    STR_ARG(node->text));
	}
	if ((node = section_value(&sections[SECTION_KEEP])) != NULL)
		keep_read(r, node, &m->keep);
	limits_read(r, &sections[SECTION_LIMITS], &m->limits);
	limits_judge(r, &sections[SECTION_LIMITS], &m->limits);
}
