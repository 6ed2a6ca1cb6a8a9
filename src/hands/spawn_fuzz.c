/*
 * What hands asks of its spawner, the spawner of the shim, and hands of the shim by its setup.
 * The first byte says which:
 *
 *	'r'  a request as it comes: it is whole, and written again as it was, or refused
 *	'o'  an order: what is not refused comes out of spawner and shim as it was ordered
 *	's'  a setup as it comes: what is read of it is within it, and read again from what is
 *	     left of it
 *	'm'  paths of a sandbox: what hands writes of them, the shim reads
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hands/setup.h"
#include "hands/spawn_request.h"
#include "shim/confine.h"

#include "support/fuzz.h"

static char bytes[SPAWN_REQUEST_MAX];
static char *argv[SPAWN_ARGV_MAX];

/* ---- requests ---- */

/* All that is read as a job is within its limits; nothing of it is another argument. */
static bool
read_job(const struct spawn_head *head, struct job *job)
{
	if (!job_read((int)head->argc, argv, job))
		return false;
	ASSERT(job->timeout_ms <= SHIM_TIMEOUT_MS_MAX);
	ASSERT(strlen(job->service) < SHIM_NAME_BYTES_MAX);
	ASSERT(strlen(job->target) < SHIM_NAME_BYTES_MAX);
	ASSERT(job->id == argv[2] && job->incident == argv[3]);
	ASSERT(job->argv == argv + SPAWN_OWN_ARGS && job->argv[0] != NULL);
	return true;
}

static void
check_request(str text)
{
	struct spawn_head head;
	struct job job;
	if (text.n > sizeof(bytes))
		return;
	memcpy(bytes, text.p, text.n);
	if (!spawn_request_read(bytes, text.n, &head, argv))
		return;
	ASSERT(head.argc > SPAWN_OWN_ARGS && argv[head.argc] == NULL);
	struct buf again = BUF(SPAWN_REQUEST_MAX);
	buf_add(&again, (str){ (const char *)&head, sizeof(head) });
	for (uint32_t i = 0; i < head.argc; i++)
		buf_add(&again, (str){ argv[i], strlen(argv[i]) + 1 });
	ASSERT(str_eq(buf_str(&again), text));
	buf_done(&again);
	(void)read_job(&head, &job);
}

/* ---- orders ---- */

static bool
is_number(const char *text, uint64_t value)
{
	uint64_t number;
	return str_u64(str_of(text), UINT64_MAX, &number) && number == value;
}

static uint64_t
take_number(str *text)
{
	uint64_t value = 0;
	size_t n = text->n < sizeof(value) ? text->n : sizeof(value);
	memcpy(&value, text->p, n);
	*text = str_drop(*text, n);
	return value;
}

/* Flags, three numbers, then service, target and arguments, each on a line of its own. */
static void
check_order(str text)
{
	static str arg[SHIM_ARGS_MAX + 8];
	if (text.n < 1 + 3 * sizeof(uint64_t))
		return;
	bool probe = text.p[0] & 1, own = text.p[0] & 2;
	text = str_drop(text, 1);
	struct spawn_order order = { .probe = probe, .lock_fd = -1, .input_fd = own };
	order.id = take_number(&text);
	order.incident = (incident_id)take_number(&text);
	order.timeout_ms = take_number(&text);
	struct str_cut cut = str_cut(text, '\n');
	order.service = cut.head;
	cut = str_cut(cut.tail, '\n');
	order.target = cut.head;
	struct strs args = { arg, 0 };
	while (cut.found && args.n < countof(arg)) {
		cut = str_cut(cut.tail, '\n');
		arg[args.n++] = cut.head;
	}
	order.argv = &args;
	const char *refused = spawn_refuses(&order);
	if (refused != NULL) {
		ASSERT(*refused != '\0');
		return;
	}
	struct spawn_head head;
	struct job job;
	size_t n = spawn_request_write(&order, bytes);
	ASSERT(n <= sizeof(bytes));
	ASSERT(spawn_request_read(bytes, n, &head, argv));
	ASSERT(head.id == order.id && head.probe == probe && head.own == own);
	ASSERT(read_job(&head, &job));
	ASSERT(job.probe == probe && job.own == own && job.timeout_ms == order.timeout_ms);
	ASSERT(is_number(job.id, order.id) && is_number(job.incident, order.incident));
	ASSERT(str_eq(str_of(job.service), order.service));
	ASSERT(str_eq(str_of(job.target), order.target));
	for (size_t i = 0; i < args.n; i++)
		ASSERT(str_eq(str_of(job.argv[i]), args.p[i]));
	ASSERT(job.argv[args.n] == NULL);
}

/* ---- the setup ---- */

static bool
is_within(const struct setup *setup, const char *text)
{
	return text >= setup->bytes && text + strlen(text) < setup->bytes + setup->n;
}

/* The memfd holds the secret and nothing else, and nobody can change it. */
static void
check_secret(const struct secret_view *secret)
{
	static char got[SHIM_SETUP_MAX];
	int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	ASSERT(secret->fd >= SETUP_FDS && fcntl(secret->fd, F_GET_SEALS) == seals);
	ssize_t n = pread(secret->fd, got, sizeof(got), 0);
	ASSERT(n >= 0 && (size_t)n == strlen(secret->value));
	ASSERT(memcmp(got, secret->value, (size_t)n) == 0);
	ASSERT(fcntl(secret->fd, F_GETFD) == FD_CLOEXEC);
}

static void
check_setup(const struct setup *setup)
{
	ASSERT(setup->has_profile && (setup->confined || !setup->offline));
	ASSERT(setup->paths_n <= SHIM_PATHS_MAX && setup->secrets_n <= SHIM_SECRETS_MAX);
	ASSERT(setup->hidden_n <= SHIM_SECRETS_MAX);
	for (size_t i = 0; i < setup->paths_n; i++) {
		ASSERT(is_within(setup, setup->paths[i]) && setup->paths[i][0] == '/');
		ASSERT(i == 0 || strlen(setup->paths[i - 1]) <= strlen(setup->paths[i]));
	}
	for (size_t i = 0; i < setup->hidden_n; i++)
		ASSERT(is_within(setup, setup->hidden[i]));
	for (size_t i = 0; i < setup->secrets_n; i++) {
		ASSERT(is_within(setup, setup->secrets[i].name));
		ASSERT(is_within(setup, setup->secrets[i].value));
		check_secret(&setup->secrets[i]);
	}
}

static void
let_go(const struct setup *setup)
{
	for (size_t i = 0; i < setup->secrets_n; i++)
		(void)close(setup->secrets[i].fd);
}

static void
put(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%s=%s", name, value);
	buf_char(out, '\0');
}

/* Of what was read, nothing else: a shim that reads this confines by the same. */
static void
write_setup(const struct setup *setup, struct buf *out)
{
	put(out, "profile",
	    setup->offline    ? SHIM_PROFILE_OFFLINE
	    : setup->confined ? SHIM_PROFILE_CONTAINED
			      : SHIM_PROFILE_NONE);
	buf_printf(out, "pillars=%u%c", setup->pillars, 0);
	if (setup->has_user)
		buf_printf(out, "uid=%u%cgid=%u%c", setup->uid, 0, setup->gid, 0);
	if (setup->shared)
		put(out, "shared", "1");
	for (size_t i = 0; i < setup->paths_n; i++)
		put(out, setup->writable[i] ? "write" : "read", setup->paths[i]);
	for (size_t i = 0; i < setup->hidden_n; i++)
		put(out, "hide", setup->hidden[i]);
	for (size_t i = 0; i < setup->secrets_n; i++)
		buf_printf(out, "secret=%s=%s%c", setup->secrets[i].name,
		    setup->secrets[i].value, 0);
}

static void
expect_same(const struct setup *a, const struct setup *b)
{
	ASSERT(a->confined == b->confined && a->offline == b->offline);
	ASSERT(a->pillars == b->pillars && a->has_user == b->has_user);
	ASSERT(!a->has_user || (a->uid == b->uid && a->gid == b->gid));
	ASSERT(a->shared == b->shared && a->paths_n == b->paths_n);
	for (size_t i = 0; i < a->paths_n; i++)
		ASSERT(strcmp(a->paths[i], b->paths[i]) == 0 &&
		       a->writable[i] == b->writable[i]);
	ASSERT(a->secrets_n == b->secrets_n && a->hidden_n == b->hidden_n);
	for (size_t i = 0; i < a->hidden_n; i++)
		ASSERT(strcmp(a->hidden[i], b->hidden[i]) == 0);
	for (size_t i = 0; i < a->secrets_n; i++)
		ASSERT(strcmp(a->secrets[i].name, b->secrets[i].name) == 0 &&
		       strcmp(a->secrets[i].value, b->secrets[i].value) == 0);
}

static bool
take(struct setup *setup, str text)
{
	*setup = (struct setup){ .n = text.n };
	memcpy(setup->bytes, text.p, text.n);
	return setup_take(setup);
}

static size_t
profiles_in(str text)
{
	size_t n = 0;
	for (struct str_cut cut = { .tail = text, .found = true }; cut.found;) {
		cut = str_cut(cut.tail, '\0');
		n += str_starts(cut.head, STR("profile="));
	}
	return n;
}

static void
check_setup_text(str text)
{
	static struct setup first, second;
	if (text.n > SHIM_SETUP_MAX)
		return;
	bool ok = take(&first, text);
	if (ok) {
		ASSERT(profiles_in(text) == 1); /* no other takes back what it confines */
		check_setup(&first);
		struct buf again = BUF(2 * SHIM_SETUP_MAX);
		write_setup(&first, &again);
		ASSERT(!again.overflow);
		if (again.n <= SHIM_SETUP_MAX) {
			ASSERT(take(&second, buf_str(&again)));
			expect_same(&first, &second);
			let_go(&second);
		}
		buf_done(&again);
	}
	let_go(&first);
}

/* What is in a folder of the configuration: absolute paths, at most SHIM_PATHS_MAX. */
static void
check_made(str text)
{
	static struct setup setup;
	static str path[2][SHIM_PATHS_MAX];
	size_t n[2] = { 0, 0 };
	if (text.n < 2)
		return;
	unsigned pillars = (unsigned char)text.p[0] & 0x7f;
	struct sandbox sandbox = { .profile = (unsigned char)text.p[1] % 4 };
	for (struct str_cut cut = { .tail = str_drop(text, 2), .found = true };
	     cut.found && n[0] + n[1] < SHIM_PATHS_MAX;) {
		cut = str_cut(cut.tail, '\n');
		bool writable = str_starts(cut.head, STR("w"));
		str at = str_drop(cut.head, writable);
		if (str_starts(at, STR("/")) && memchr(at.p, '\0', at.n) == NULL)
			path[writable][n[writable]++] = at;
	}
	sandbox.read = (struct strs){ path[0], n[0] };
	sandbox.write = (struct strs){ path[1], n[1] };
	int fd = -1;
	struct err err = { .kind = ERR_NONE };
	if (!setup_make(&sandbox, NULL, 7, pillars, &fd, &err)) {
		ASSERT(err.kind != ERR_NONE && err.text[0] != '\0' && fd == -1);
		return;
	}
	setup = (struct setup){ .n = 0 };
	ssize_t got = pread(fd, setup.bytes, sizeof(setup.bytes), 0);
	(void)close(fd);
	ASSERT(got > 0);
	setup.n = (size_t)got;
	ASSERT(setup_take(&setup));
	check_setup(&setup);
	ASSERT(setup.confined == (sandbox.profile == SANDBOX_CONTAINED ||
				     sandbox.profile == SANDBOX_OFFLINE));
	ASSERT(setup.offline == (sandbox.profile == SANDBOX_OFFLINE));
	ASSERT(
	    !setup.confined || (setup.pillars == pillars && setup.paths_n == n[0] + n[1]));
	let_go(&setup);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str text = { (const char *)data, size };
	if (size == 0)
		return 0;
	text = str_drop(text, 1);
	switch (data[0]) {
	case 'r':
		check_request(text);
		break;
	case 'o':
		check_order(text);
		break;
	case 's':
		check_setup_text(text);
		break;
	case 'm':
		check_made(text);
		break;
	default:
		break;
	}
	return 0;
}
