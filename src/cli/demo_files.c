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
    "# Four services, one team that answers for all, what it may do, and what nobody may.\n"
    "url: http://127.0.0.1:@SERVER@\n"
    "fallback: shop-ops\n"
    "channels:\n"
    "  pager: {webhook: 'http://127.0.0.1:@SINK@/', digest: never}\n"
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
    "    depends_on: [payments, search]\n"
    "  search: {owner: shop-ops, developers: payments-dev, tier: 3, journeys: [find]}\n"
    "  ledger: {owner: shop-ops, developers: payments-dev, tier: 2, journeys: [pay]}\n"
    "  payments:\n"
    "    owner: shop-ops\n"
    "    developers: payments-dev\n"
    "    tier: 2\n"
    "    journeys: [pay]\n"
    "hosts:\n"
    "  shop-1: {service: shop, role: web}\n"
    "  search-1: {service: search, role: web}\n"
    "  payments-1: {service: payments, role: web}\n"
    "  ledger-1: {service: ledger, role: web}\n"
    "actions:\n"
    "  restart-shop:\n"
    "    verb: restart\n"
    "    run: ['@EXE@', demo, service, shop, '@DIR@', '@SHOP@']\n"
    "    timeout: 10s\n"
    "    repeat: safe\n"
    "  restart-search:\n"
    "    verb: restart\n"
    "    run: ['@EXE@', demo, service, search, '@DIR@', '@SEARCH@']\n"
    "    timeout: 10s\n"
    "    repeat: safe\n"
    "  restart-payments:\n"
    "    verb: restart\n"
    "    run: ['@EXE@', demo, service, payments, '@DIR@', '@PAYMENTS@']\n"
    "    timeout: 10s\n"
    "    repeat: safe\n"
    "  empty-spool:\n"
    "    verb: clear\n"
    "    run: [truncate, -s, '0', '@DIR@/ledger.spool']\n"
    "    timeout: 10s\n"
    "authority:\n"
    "  - grant: restart what is down, three times an hour\n"
    "    to: [automation, on-duty: shop-ops]\n"
    "    may: [restart]\n"
    "    on: {service: [shop, search, payments]}\n"
    "    within: {per_service: 3 in 1h, at_once: 1}\n"
    "    while: incident\n"
    "    until: 2035-12-31\n"
    "    owner: ana\n"
    "  - prohibit: what is in the ledger's spool is never thrown away\n"
    "    may: [clear]\n"
    "    on: {service: ledger}\n"
    "    because: it is money; let it be taken, or add room\n";

#define VERIFY                                     \
	"## Did it work?\n"                        \
	"\n"                                       \
	"```verify answers\n"                      \
	"http: http://127.0.0.1:@PORT@/health\n"   \
	"expect: 'status == 200'\n"                \
	"every: 1s\n"                              \
	"for: 1s\n"                                \
	"within: @WITHIN@\n"                       \
	"otherwise: developers\n"                  \
	"```\n"                                    \
	"\n"                                       \
	"```handoff developers\n"                  \
	"class: investigation\n"                   \
	"because: it does not bring @NAME@ back\n" \
	"ask: find out why, and make it right\n"   \
	"attach: [alerts, attempts, timeline]\n"   \
	"```\n"

#define RESTART                                   \
	"## Put it right\n"                       \
	"\n"                                      \
	"```action restart\n"                     \
	"do: restart-@NAME@\n"                    \
	"targets: {service: @NAME@, role: web}\n" \
	"```\n"                                   \
	"\n"

#define TOP(alert)                            \
	"---\n"                               \
	"runbook: @NAME@-runbook\n"           \
	"service: @NAME@\n"                   \
	"answers: [{alertname: " alert "}]\n" \
	"---\n"

static const char down[] = TOP("ServiceDown") "# @NAME@ does not answer\n\n" RESTART VERIFY;

static const char hangs[] = TOP("ServiceHangs") "# @NAME@ does not answer in time\n"
						"\n"
						"## Is it really this?\n"
						"\n"
						"```check hangs\n"
						"http: http://127.0.0.1:@PORT@/health\n"
						"expect: 'status != 200'\n"
						"otherwise: stop\n"
						"```\n"
						"\n" RESTART VERIFY;

static const char full[] = TOP("SpoolFull") "# The spool of @NAME@ is full\n"
					    "\n"
					    "## Make room\n"
					    "\n"
					    "```action empty\n"
					    "do: empty-spool\n"
					    "targets: {service: @NAME@, role: web}\n"
					    "```\n"
					    "\n" VERIFY;

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
write_runbook(int dir, const struct demo *demo, enum demo_part part, const char *text,
    struct err *err)
{
	char port[16], file[64];
	/* Only payments is never well again, and who watches waits for that; a busy machine may
	 * need longer to prove the others. */
	const struct value values[] = { { "NAME", str_of(demo_parts[part]) },
		{ "PORT", number(port, demo->port[part]) },
		{ "WITHIN", part == DEMO_PAYMENTS ? STR("3s") : STR("15s") } };
	(void)snprintf(file, sizeof(file), "%s.md", demo_parts[part]);
	return write_filled(dir, file, text, values, countof(values), err);
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
	char shop[16], search[16], payments[16], sink[16], server[16];
	const struct value values[] = {
		{ "EXE", str_of(demo->exe) },
		{ "DIR", str_of(demo->dir) },
		{ "SHOP", number(shop, demo->port[DEMO_SHOP]) },
		{ "SEARCH", number(search, demo->port[DEMO_SEARCH]) },
		{ "PAYMENTS", number(payments, demo->port[DEMO_PAYMENTS]) },
		{ "SINK", number(sink, demo->port[DEMO_SINK]) },
		{ "SERVER", number(server, demo->server_port) },
	};
	AUTO_CLOSE int config = make_folder(demo, "config");
	AUTO_CLOSE int runbooks = make_folder(demo, "config/runbooks");
	if (config < 0 || runbooks < 0)
		return err_sys(err, ERR_IO, "'%s'", demo->dir);
	for (enum demo_part part = 0; part < DEMO_PARTS; part++) {
		if (!demo_configure(demo, part, STR("workers 4\n")))
			return err_set(err, ERR_IO, "'%s' cannot be written", demo->dir);
	}
	return write_filled(config, "production.yaml", production, values, countof(values),
		   err) &&
	       write_runbook(runbooks, demo, DEMO_SHOP, down, err) &&
	       write_runbook(runbooks, demo, DEMO_SEARCH, hangs, err) &&
	       write_runbook(runbooks, demo, DEMO_PAYMENTS, down, err) &&
	       write_runbook(runbooks, demo, DEMO_LEDGER, full, err);
}
