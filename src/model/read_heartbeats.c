/*
 * heartbeats: what must be heard of again and again, and is an alert when it is not.
 *
 *	ping_key: file:/etc/firstline/ping-key
 *	heartbeats:
 *	  nightly-backup: {service: orders-db, cron: "30 2 * * *", zone: Europe/Lisbon,
 *	                   grace: 1h, longest: 3h, severity: sev3}
 *	  import: {service: shop, period: 10m, key: cred:import-ping}
 *	  prometheus: {service: monitoring, alert: {alertname: Watchdog}, period: 5m}
 */
#include "model/internal.h"

#define PERIOD_MS_MIN MINUTE
#define PERIOD_MS_MAX (366 * DAY)
#define GRACE_MS_MIN (10 * SECOND)
#define GRACE_MS_DEFAULT (5 * MINUTE)
#define SEARCH_FROM_S INT64_C(1767225600) /* 2026-01-01: any time does */

static const char *const severities[] = { "sev1", "sev2", "sev3", "sev4" };

bool
heartbeat_slug(str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
		          c == '_';
		if (!ok)
			return false;
	}
	return name.n > 0 && name.n <= HEARTBEAT_NAME_MAX;
}

static void
cron_read(struct reader *r, const struct node *node, struct heartbeat *ret)
{
	str text, part;
	const char *hint;
	if (!read_text(r, node, &text))
		return;
	if (!cron_parse(text, &ret->cron, &part, &hint)) {
		bool inside = part.p >= text.p && part.p + part.n <= text.p + text.n;
		size_t off = inside ? (size_t)(part.p - text.p) : 0;
		read_error_part(r, node, off, inside && part.n > 0 ? part.n : text.n - off,
		    str_of(hint), "'%.*s' is no cron expression", STR_ARG(text));
		return;
	}
	ret->by_cron = true;
	if (cron_after(&ret->cron, zone_utc(), SEARCH_FROM_S) == 0)
		read_error(r, node, STR("no such day comes within nine years"),
		    "'%.*s' is never due", STR_ARG(text));
}

/* {alertname: Watchdog, cluster: a}, or the alertname alone */
static void
alert_read(struct reader *r, const struct node *node, struct heartbeat *ret)
{
	struct pair *p = arena_new(r->arena, struct pair, HEARTBEAT_LABELS_MAX);
	if (node->kind == NODE_TEXT) {
		p[0].name = STR("alertname");
		if (read_text(r, node, &p[0].value))
			ret->alert = (struct pairs){ p, 1 };
		return;
	}
	if (!read_is_map(r, node, NULL) || !read_at_most(r, node, HEARTBEAT_LABELS_MAX))
		return;
	size_t n = 0;
	bool named = false;
	for (const struct node *it = node->first; it != NULL; it = it->next) {
		p[n].name = it->key;
		named = named || str_eq(it->key, STR("alertname"));
		if (read_text(r, it, &p[n].value))
			n++;
	}
	if (!named)
		read_error(r, node, STR("name it, as in {alertname: Watchdog, cluster: a}"),
		    "'alert' has no alertname");
	ret->alert = (struct pairs){ p, n };
}

static void
when_read(struct reader *r, const struct node *node, const struct node *period,
    const struct node *cron, const struct node *zone, struct heartbeat *ret)
{
	ret->zone = zone_utc();
	if ((period == NULL) == (cron == NULL))
		read_error_key(r, cron != NULL ? cron : node,
		    STR("write one of period: 10m and cron: \"30 2 * * *\""),
		    cron != NULL ? "'period' and 'cron' exclude one another"
				 : "nothing says how often it is heard of");
	if (period != NULL)
		(void)read_duration(r, period, PERIOD_MS_MIN, PERIOD_MS_MAX,
		    &ret->period_ms);
	if (cron != NULL)
		cron_read(r, cron, ret);
	if (zone != NULL && cron == NULL)
		read_error_key(r, zone, STR("remove it"), "'zone' is for 'cron'");
	else if (zone != NULL)
		(void)read_zone(r, zone, &ret->zone);
}

static void
heartbeat_read(struct reader *r, const struct node *node, struct heartbeat *ret)
{
	const struct node *service = NULL, *severity = NULL, *period = NULL, *cron = NULL,
			  *zone = NULL, *grace = NULL, *longest = NULL, *key = NULL,
			  *alert = NULL;
	const struct key keys[] = {
		{ "service", &service, .required = true },
		{ "severity", &severity },
		{ "period", &period },
		{ "cron", &cron },
		{ "zone", &zone },
		{ "grace", &grace },
		{ "longest", &longest },
		{ "key", &key },
		{ "alert", &alert },
	};
	unsigned at;
	*ret = (struct heartbeat){ .name = node->key,
		.place = node_place(node),
		.grace_ms = GRACE_MS_DEFAULT };
	if (!heartbeat_slug(node->key))
		read_error_key(r, node,
		    STR("use a-z, 0-9, '-' and '_', at most 64: it stands in a URL"),
		    "'%.*s' is no name of a heartbeat", STR_ARG(node->key));
	if (!read_map(r, node, "heartbeat", keys, countof(keys)))
		return;
	if (service != NULL)
		ret->service = read_ref(r, &r->services, service);
	if (severity != NULL &&
	    read_choice(r, severity, "severity", severities, countof(severities), &at))
		ret->severity = (enum severity)(SEV1 + at);
	when_read(r, node, period, cron, zone, ret);
	if (grace != NULL)
		(void)read_duration(r, grace, GRACE_MS_MIN, 30 * DAY, &ret->grace_ms);
	ret->longest_ms = ret->grace_ms;
	if (longest != NULL)
		(void)read_duration(r, longest, GRACE_MS_MIN, 30 * DAY, &ret->longest_ms);
	if (key != NULL)
		(void)read_secret(r, key, &ret->key);
	if (alert != NULL)
		alert_read(r, alert, ret);
	if (key == NULL && alert == NULL && r->sections[SECTION_PING_KEY].n == 0)
		read_error_key(r, node,
		    STR("write 'ping_key: file:/path' once for all, or 'key' or 'alert' "
			"here"),
		    "nothing can be heard of heartbeat '%.*s'", STR_ARG(node->key));
}

void
heartbeats_read(struct reader *r, const struct section *key, const struct section *section)
{
	struct model *m = r->model;
	if (key->n > 0)
		(void)read_secret(r, key->nodes[0], &m->ping_key);
	if (section->n > HEARTBEATS_MAX) {
		read_error_key(r, section->nodes[HEARTBEATS_MAX], STR(""),
		    "more than %d heartbeats", HEARTBEATS_MAX);
		return;
	}
	m->heartbeats = arena_new(r->arena, struct heartbeat, section->n);
	for (size_t i = 0; i < section->n; i++)
		heartbeat_read(r, section->nodes[i], &m->heartbeats[m->heartbeats_n++]);
}

const struct heartbeat *
model_heartbeat(const struct model *model, str name)
{
	for (size_t i = 0; i < model->heartbeats_n; i++) {
		if (str_eq(model->heartbeats[i].name, name))
			return &model->heartbeats[i];
	}
	return NULL;
}

msec
heartbeat_due(const struct heartbeat *heartbeat, msec heard_wall)
{
	if (!heartbeat->by_cron)
		return heard_wall + heartbeat->period_ms;
	int64_t at =
	    cron_after(&heartbeat->cron, heartbeat->zone, (int64_t)(heard_wall / SECOND));
	return at > 0 ? (msec)at * SECOND : heard_wall + PERIOD_MS_MAX;
}
