/*
 * The demonstration's production, as its operators would have written it down.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/demo.h"
#include "os/fd.h"
#include "os/file.h"

#define FILE_MAX 16384

static const char production[] =
    "# Two services, one team that answers for both, one action it may take.\n"
    "fallback: shop-ops\n"
    "channels:\n"
    "  pager: {webhook: 'http://127.0.0.1:@SINK@/'}\n"
    "people:\n"
    "  ana: {name: Ana Souza, email: ana@example.com, zone: Europe/Lisbon, reach: "
    "[pager]}\n"
    "teams:\n"
    "  shop-ops:\n"
    "    kind: operations\n"
    "    on_call:\n"
    "      zone: Europe/Lisbon\n"
    "      rotations:\n"
    "        - {name: primary, people: [ana], every: 1 week, handover: 'Mon 09:00'}\n"
    "      escalate: [{to: primary}]\n"
    "  payments-dev: {kind: development}\n"
    "services:\n"
    "  shop:\n"
    "    owner: shop-ops\n"
    "    developers: payments-dev\n"
    "    tier: 1\n"
    "    journeys: [buy]\n"
    "    depends_on: [payments]\n"
    "  payments:\n"
    "    owner: shop-ops\n"
    "    developers: payments-dev\n"
    "    tier: 2\n"
    "    journeys: [pay]\n"
    "hosts:\n"
    "  shop-1: {service: shop, role: web}\n"
    "  payments-1: {service: payments, role: web}\n"
    "actions:\n"
    "  restart-shop:\n"
    "    verb: restart\n"
    "    run: ['@EXE@', demo, service, shop, '@DIR@', '@SHOP@']\n"
    "    timeout: 10s\n"
    "    repeat: safe\n"
    "  restart-payments:\n"
    "    verb: restart\n"
    "    run: ['@EXE@', demo, service, payments, '@DIR@', '@PAYMENTS@']\n"
    "    timeout: 10s\n"
    "    repeat: safe\n"
    "authority:\n"
    "  - grant: restart what is down, three times an hour\n"
    "    to: [automation, on-duty: shop-ops]\n"
    "    may: [restart]\n"
    "    on: {service: [shop, payments]}\n"
    "    within: {per_service: 3 in 1h, at_once: 1}\n"
    "    while: incident\n"
    "    until: 2035-12-31\n"
    "    owner: ana\n";

static const char runbook[] = "---\n"
			      "runbook: @NAME@-down\n"
			      "service: @NAME@\n"
			      "answers: [{alertname: ServiceDown}]\n"
			      "---\n"
			      "# @NAME@ does not answer\n"
			      "\n"
			      "## Put it right\n"
			      "\n"
			      "```action restart\n"
			      "do: restart-@NAME@\n"
			      "targets: {service: @NAME@, role: web}\n"
			      "```\n"
			      "\n"
			      "## Did it work?\n"
			      "\n"
			      "```verify answers\n"
			      "http: http://127.0.0.1:@PORT@/health\n"
			      "expect: 'status == 200'\n"
			      "every: 1s\n"
			      "for: 1s\n"
			      "within: 4s\n"
			      "otherwise: developers\n"
			      "```\n"
			      "\n"
			      "```handoff developers\n"
			      "class: investigation\n"
			      "because: a restart does not bring @NAME@ back\n"
			      "ask: find out why it ends right after its start\n"
			      "attach: [alerts, attempts, timeline]\n"
			      "```\n";

struct value {
	const char *name;
	str text;
};

/* @NAME@ by its value; what is no name stays. */
static void
fill(struct buf *out, str text, const struct value *values, size_t n)
{
	while (text.n > 0) {
		struct str_cut before = str_cut(text, '@');
		buf_add(out, before.head);
		text = before.tail;
		if (!before.found)
			return;
		struct str_cut name = str_cut(text, '@');
		for (size_t i = 0; i < n; i++) {
			if (name.found && str_eq(name.head, str_of(values[i].name))) {
				buf_add(out, values[i].text);
				text = name.tail;
				break;
			}
		}
		if (text.p != name.tail.p)
			buf_char(out, '@');
	}
}

static bool
write_filled(int dir, const char *name, const char *text, const struct value *values,
    size_t n, struct err *err)
{
	struct buf out = BUF(FILE_MAX);
	fill(&out, str_of(text), values, n);
	bool ok = !out.overflow && file_write_durable(dir, name, buf_str(&out), 0644, err);
	buf_done(&out);
	return ok;
}

static str
number(char text[static 16], unsigned value)
{
	int n = snprintf(text, 16, "%u", value);
	return (str){ text, (size_t)n };
}

static bool
write_runbook(int dir, const char *service, unsigned port, struct err *err)
{
	char text[16], file[64];
	const struct value values[] = { { "NAME", str_of(service) },
		{ "PORT", number(text, port) } };
	(void)snprintf(file, sizeof(file), "%s-down.md", service);
	return write_filled(dir, file, runbook, values, countof(values), err);
}

static int
make_folder(const struct demo *demo, const char *name)
{
	char path[512];
	struct err err;
	(void)snprintf(path, sizeof(path), "%s/%s", demo->dir, name);
	if (!folder_make(path, 0700, &err))
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool
demo_write_files(const struct demo *demo, struct err *err)
{
	char shop[16], payments[16], sink[16];
	const struct value values[] = {
		{ "EXE", str_of(demo->exe) },
		{ "DIR", str_of(demo->dir) },
		{ "SHOP", number(shop, demo->shop_port) },
		{ "PAYMENTS", number(payments, demo->payments_port) },
		{ "SINK", number(sink, demo->sink_port) },
	};
	static const char *const confs[] = { "shop.conf", "payments.conf", "sink.conf" };
	AUTO_CLOSE int dir = open(demo->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int config = make_folder(demo, "config");
	AUTO_CLOSE int runbooks = make_folder(demo, "config/runbooks");
	if (dir < 0 || config < 0 || runbooks < 0)
		return err_sys(err, ERR_IO, "'%s'", demo->dir);
	for (size_t i = 0; i < countof(confs); i++) {
		if (!file_write_durable(dir, confs[i], STR("workers 4\n"), 0644, err))
			return false;
	}
	return write_filled(config, "production.yaml", production, values, countof(values),
		   err) &&
	       write_runbook(runbooks, "shop", demo->shop_port, err) &&
	       write_runbook(runbooks, "payments", demo->payments_port, err);
}
