/*
 * outside -- what hands meets: the spawner and its shims, a Prometheus, and the providers
 * that take notices. Each can fail in every way that its real one can.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/buf.h"
#include "hands/folder.h"
#include "hands/net.h"
#include "hands/spawner.h"
#include "os/confine.h"
#include "sim/sim.h"
#include "sim/wrap.h"

#define ANSWERS_MAX 256

static const char *const names[SERVICES] = { "checkout", "payments", "ledger" };
static const char *const hooks[HOOKS] = { "page", "chat", "ops" };

const char *
service_name(size_t i)
{
	return names[i];
}

size_t
service_at(const char *name)
{
	size_t i = 0;
	while (i < SERVICES && strcmp(names[i], name) != 0)
		i++;
	return i;
}

/* ---- shims ---- */

enum ending { ENDS_WELL = 1, ENDS_BADLY, ENDS_LATE, ENDS_DEAF, ENDS_WITHOUT, ENDS_AT_ONCE };

struct shim {
	struct shim *next;
	row_id attempt;
	struct open_file *work, *lock;
	struct start *start;
	msec timeout_ms, began_at, ends_at, began_wall, stop_seen;
	enum ending ending;
	bool began;
};
static struct shim *shims;

static struct answers {
	int fd;
	struct spawn_answer item[ANSWERS_MAX];
	size_t n;
	uint64_t life; /* of hands: an answer to one that died goes nowhere */
} answers;

static msec
wall(void)
{
	return (msec)((int64_t)sim_clock.now + sim_clock.wall_offset);
}

bool
outside_running(void)
{
	return shims != NULL;
}

static void
put_file(struct inode *folder, const char *name, const char *made_as, str text, bool sync)
{
	/* Hands has reserved the room for it. */
	uint64_t capacity = kernel.disk.capacity, fault_at = kernel.disk.fault_at;
	kernel.disk.capacity = 0;
	kernel.disk.fault_at = 0;
	struct inode *file = disk_name(folder, made_as);
	size_t n = 0;
	if (file == NULL) {
		file = inode_new(&kernel.disk, false);
		(void)disk_link(&kernel.disk, folder, made_as, file);
	}
	(void)disk_truncate(&kernel.disk, file, 0);
	(void)disk_write(&kernel.disk, file, 0, text.p, text.n, &n);
	if (sync)
		(void)disk_sync(&kernel.disk, file);
	if (strcmp(name, made_as) != 0)
		(void)disk_rename(&kernel.disk, folder, made_as, name);
	if (sync)
		(void)disk_sync(&kernel.disk, folder);
	kernel.disk.capacity = capacity;
	kernel.disk.fault_at = fault_at;
}

static void
shim_free(struct shim *shim)
{
	for (struct shim **it = &shims; *it != NULL; it = &(*it)->next) {
		if (*it == shim) {
			*it = shim->next;
			break;
		}
	}
	kernel_drop(shim->work);
	kernel_drop(shim->lock);
	if (shim->start != NULL)
		shim->start->ended = sim_clock.now;
	free(shim);
}

static void
shim_end(struct shim *shim, enum shim_state state, uint32_t code, uint32_t signal)
{
	char why[] = "";
	struct shim_result result = { .state = state,
		.exit_code = code,
		.signal = signal,
		.begun_wall = shim->began_wall,
		.ended_wall = wall(),
		.output_bytes = 5,
		.why = str_of(why) };
	struct buf text = BUF(SHIM_TEXT_MAX);
	struct inode *folder = kernel_inode(shim->work);
	put_file(folder, SHIM_OUTPUT, SHIM_OUTPUT, STR("done\n"), false);
	result_write(&text, &result);
	put_file(folder, SHIM_RESULT, SHIM_RESULT_NEW, buf_str(&text), true);
	buf_done(&text);
	sim_say("attempt %llu ends: state %d, code %u", (unsigned long long)shim->attempt,
	    (int)state, code);
	shim_free(shim);
}

static void
heal(const struct start *start)
{
	size_t i = service_at(start->service);
	if (i < SERVICES && (sim_peace() || rng_percent(&sim.rng, 70)))
		sim.sick[i] = false;
}

static void
end_alone(void *arg)
{
	struct start *start = arg;
	if (start->ended != 0)
		return; /* the power went */
	sim_say("attempt %llu ends, and nobody sees it",
	    (unsigned long long)start->attempt);
	start->ended = sim_clock.now;
	heal(start);
}

static void
shim_finish(struct shim *shim)
{
	switch (shim->ending) {
	case ENDS_WELL:
	case ENDS_AT_ONCE:
		heal(shim->start);
		shim_end(shim, SHIM_EXITED, 0, 0);
		return;
	case ENDS_BADLY:
		shim_end(shim, SHIM_EXITED, 1, 0);
		return;
	case ENDS_LATE:
		shim_end(shim, SHIM_TIMED_OUT, 0, 15);
		return;
	case ENDS_DEAF:
		shim_end(shim, SHIM_TIMED_OUT, 0, 9);
		return;
	case ENDS_WITHOUT: /* the shim itself was killed: its command goes on */
		sim_say("the shim of attempt %llu dies", (unsigned long long)shim->attempt);
		later(rng_between(&sim.rng, 1, 2 * shim->timeout_ms), end_alone,
		    shim->start);
		shim->start = NULL;
		shim_free(shim);
		return;
	}
	UNREACHABLE();
}

static void
shim_turn(struct shim *shim)
{
	const struct inode *folder = kernel_inode(shim->work);
	if (shim->stop_seen == 0 && disk_name(folder, SHIM_STOP) != NULL)
		shim->stop_seen = sim_clock.now;
	msec grace = shim->ending == ENDS_DEAF ? SHIM_STOP_GRACE_MS : 0;
	if (shim->stop_seen != 0 && sim_clock.now >= shim->stop_seen + grace)
		shim_end(shim, SHIM_STOPPED, 0, shim->ending == ENDS_DEAF ? 9 : 15);
	else if (sim_clock.now >= shim->ends_at)
		shim_finish(shim);
}

static void
shims_turn(void *arg)
{
	(void)arg;
	struct shim *next;
	for (struct shim *it = shims; it != NULL; it = next) {
		next = it->next;
		if (it->began)
			shim_turn(it);
	}
	if (shims != NULL)
		later(SHIM_LOOK_MS, shims_turn, NULL);
}

static enum ending
draw_ending(void)
{
	if (sim_peace() || !rng_percent(&sim.rng, sim.troubles.bad_actions))
		return rng_percent(&sim.rng, 20) ? ENDS_AT_ONCE : ENDS_WELL;
	return (enum ending)rng_between(&sim.rng, ENDS_BADLY, ENDS_WITHOUT);
}

static msec
draw_length(const struct shim *shim)
{
	switch (shim->ending) {
	case ENDS_AT_ONCE:
		return 1;
	case ENDS_LATE:
		return shim->timeout_ms;
	case ENDS_DEAF:
		return shim->timeout_ms + SHIM_GRACE_MS;
	case ENDS_WELL:
	case ENDS_BADLY:
	case ENDS_WITHOUT:
		return rng_between(&sim.rng, 1, shim->timeout_ms - 1);
	}
	UNREACHABLE();
}

struct spawn_call {
	struct shim *shim;
	uint64_t life;
	char service[32], action[32];
};

static void
answer(row_id id, int error, uint64_t life)
{
	if (life != answers.life)
		return;
	ASSERT(answers.n < ANSWERS_MAX);
	answers.item[answers.n++] = (struct spawn_answer){ .id = id, .error = error };
	kernel_event_set(answers.fd, true);
}

/* One that dies as it starts its command comes no further than to say who that is. */
static void
begin_file(struct shim *shim)
{
	bool dies = shim->ending == ENDS_WITHOUT && rng_percent(&sim.rng, 50);
	struct started_file begun = { .shim_pid = 2,
		.child_pid = shim->attempt + 2,
		.child_start = 4,
		.begun_wall = shim->began_wall };
	struct buf text = BUF(SHIM_TEXT_MAX);
	started_write(&text, &begun);
	put_file(kernel_inode(shim->work), dies ? SHIM_STARTED_NEW : SHIM_STARTED,
	    SHIM_STARTED_NEW, buf_str(&text), false);
	buf_done(&text);
	if (dies)
		shim->ends_at = sim_clock.now;
}

bool WRAP(process_there)(uint64_t pid, uint64_t start);
bool
WRAP(process_there)(uint64_t pid, uint64_t start)
{
	(void)start;
	const struct start *it = sim.starts;
	while (it != NULL && it->attempt + 2 != pid)
		it = it->next;
	/* The bug: what lost its shim is taken for gone. */
	return it != NULL && it->ended == 0 && !sim_bug("command-unseen");
}

static void
spawn(void *arg)
{
	struct spawn_call *call = arg;
	struct shim *shim = call->shim;
	uint64_t life = call->life;
	if (shim->work == NULL) { /* the power went */
		free(shim);
		free(call);
		return;
	}
	if (!sim_peace() && rng_percent(&sim.rng, sim.troubles.bad_actions / 8)) {
		row_id id = shim->attempt;
		shim_free(shim);
		free(call);
		answer(id, EAGAIN, life);
		return;
	}
	struct start *start = calloc(1, sizeof(*start));
	ASSERT(start != NULL);
	start->attempt = shim->attempt;
	start->at = sim_clock.now;
	memcpy(start->service, call->service, sizeof(start->service));
	memcpy(start->action, call->action, sizeof(start->action));
	start->next = sim.starts;
	sim.starts = start;
	sim.n.starts++;
	oracle_start(start);
	shim->start = start;
	shim->began = true;
	shim->began_wall = wall();
	shim->ends_at = sim_clock.now + draw_length(shim);
	begin_file(shim);
	sim_say("attempt %llu starts: %s on %s", (unsigned long long)shim->attempt,
	    start->action, start->service);
	answer(shim->attempt, 0, life);
	free(call);
	later(SHIM_LOOK_MS, shims_turn, NULL);
}

bool WRAP(spawner_start)(const char *shim, struct spawner *ret, struct err *err);
bool
WRAP(spawner_start)(const char *shim, struct spawner *ret, struct err *err)
{
	(void)shim;
	(void)err;
	answers = (struct answers){ .fd = kernel_event(), .life = answers.life + 1 };
	*ret = (struct spawner){ .fd = answers.fd, .pillars = SHIM_HAS_NO_NEW_PRIVS };
	return true;
}

static void
copy(char *to, size_t size, str from)
{
	(void)snprintf(to, size, "%.*s", STR_ARG(from));
}

bool WRAP(spawner_send)(struct spawner *spawner, const struct spawn_order *order,
    struct err *err);
bool
WRAP(
    spawner_send)(struct spawner *spawner, const struct spawn_order *order, struct err *err)
{
	(void)err;
	ASSERT(!order->probe && spawn_refuses(order) == NULL);
	kernel.enter("spawner-send");
	struct shim *shim = calloc(1, sizeof(*shim));
	struct spawn_call *call = calloc(1, sizeof(*call));
	ASSERT(shim != NULL && call != NULL);
	shim->attempt = order->id;
	shim->timeout_ms = order->timeout_ms;
	shim->work = kernel_inherit(order->work_fd);
	shim->lock = kernel_inherit(order->lock_fd);
	shim->ending = draw_ending();
	shim->next = shims;
	shims = shim;
	call->shim = shim;
	call->life = answers.life;
	copy(call->service, sizeof(call->service), order->service);
	copy(call->action, sizeof(call->action), order->argv->p[1]);
	spawner->unanswered++;
	later(rng_between(&sim.rng, 0, 30), spawn, call);
	return true;
}

enum spawner_news WRAP(spawner_receive)(struct spawner *spawner, struct spawn_answer *ret);
enum spawner_news
WRAP(spawner_receive)(struct spawner *spawner, struct spawn_answer *ret)
{
	if (answers.n == 0) {
		kernel_event_set(answers.fd, false);
		return SPAWNER_NOTHING;
	}
	*ret = answers.item[0];
	memmove(&answers.item[0], &answers.item[1], --answers.n * sizeof(answers.item[0]));
	ASSERT(spawner->unanswered > 0);
	spawner->unanswered--;
	return SPAWNER_ANSWER;
}

void
outside_power_cut(void)
{
	while (shims != NULL) {
		struct shim *shim = shims;
		shims = shim->next;
		kernel_drop(shim->work);
		kernel_drop(shim->lock);
		shim->work = shim->lock = NULL;
		if (shim->began)
			free(shim); /* else its spawn call frees it */
	}
	for (struct start *it = sim.starts; it != NULL; it = it->next) {
		it->cut |= it->ended == 0;
		it->ended = it->ended == 0 ? sim_clock.now : it->ended;
	}
	answers.life++;
	answers.n = 0;
}

/* ---- the network ---- */

struct net {
	uv_poll_t poll;
	int fd;
	uint64_t life;
};

struct net_call {
	struct net_call *next;
	struct net *net;
	uint64_t life;
	void (*done)(void *ctx, const struct net_answer *answer);
	void *ctx;
	bool answered, refused;
	uint32_t status;
	char body[512];
	/* A notice, as it arrives at its provider. */
	bool notice;
	char hook[24], person[24], type[40];
	incident_id incident;
	size_t told_n; /* of a digest: each that it tells */
	struct {
		incident_id incident;
		char type[40];
	} told[DIGEST_LINES_MAX];
	bool lost; /* it arrives, but the answer does not */
};
static struct net_call *come; /* answers that wait for the loop of hands */
static uint64_t net_life;

static void
on_answers(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	struct net *net = poll->data;
	kernel_event_set(net->fd, false);
	while (come != NULL) {
		struct net_call *call = come;
		come = call->next;
		struct net_answer said = { .answered = call->answered,
			.status = call->status,
			.body = str_of(call->body),
			.refused = call->refused,
			.error = call->answered ? STR("") : STR("it does not answer") };
		if (call->life == net_life)
			call->done(call->ctx, &said);
		free(call);
	}
}

struct net *WRAP(net_new)(uv_loop_t *loop, struct err *err);
struct net *
WRAP(net_new)(uv_loop_t *loop, struct err *err)
{
	(void)err;
	struct net *net = calloc(1, sizeof(*net));
	ASSERT(net != NULL);
	net->fd = kernel_event();
	net->life = ++net_life;
	ASSERT(uv_poll_init(loop, &net->poll, net->fd) == 0);
	net->poll.data = net;
	(void)uv_poll_start(&net->poll, UV_READABLE, on_answers);
	return net;
}

void WRAP(net_free)(struct net *net);
void
WRAP(net_free)(struct net *net)
{
	net_life++;
	uv_close((uv_handle_t *)&net->poll, NULL);
}

static void
arrive(void *arg)
{
	struct net_call *call = arg;
	if (call->life != net_life) {
		free(call);
		return;
	}
	struct net_call **last = &come;
	while (*last != NULL)
		last = &(*last)->next;
	*last = call;
	call->next = NULL;
	kernel_event_set(call->net->fd, true);
}

static struct told *
told_of(const struct net_call *call, incident_id incident)
{
	struct told *it = sim.told;
	while (
	    it != NULL && (it->incident != incident || strcmp(it->hook, call->hook) != 0 ||
			      strcmp(it->person, call->person) != 0))
		it = it->next;
	if (it != NULL)
		return it;
	it = calloc(1, sizeof(*it));
	ASSERT(it != NULL);
	it->incident = incident;
	memcpy(it->hook, call->hook, sizeof(it->hook));
	memcpy(it->person, call->person, sizeof(it->person));
	it->next = sim.told;
	sim.told = it;
	return it;
}

static void
take_told(const struct net_call *call, incident_id incident, const char *type)
{
	if (incident == 0)
		return;
	struct told *told = told_of(call, incident);
	if (strcmp(type, "incident.ended") == 0)
		told->ended = true;
	else if (strcmp(type, "incident.opened") == 0)
		told->opened = true;
	if (strcmp(type, "incident.refired") == 0)
		told->ended = false;
}

/* The provider has it, whatever becomes of the answer. */
static void
take_notice(const struct net_call *call)
{
	sim.n.notices++;
	sim.n.digests += call->told_n > 0 ? 1 : 0;
	sim_say("%s of %u at %s for '%s'", call->type, call->incident, call->hook,
	    call->person);
	take_told(call, call->incident, call->type);
	for (size_t i = 0; i < call->told_n; i++) {
		sim_say("  %s of %u", call->told[i].type, call->told[i].incident);
		/* The bug: it says how many, and leaves one out. */
		if (!(i == call->told_n - 1 && sim_bug("digest-short")))
			take_told(call, call->told[i].incident, call->told[i].type);
	}
}

static void
deliver(void *arg)
{
	struct net_call *call = arg;
	if (call->notice && call->status == 200)
		take_notice(call);
	if (call->lost) {
		call->answered = false;
		later(10 * SECOND, arrive, call);
		return;
	}
	arrive(call);
}

static void
query(struct net_call *call, const char *url)
{
	size_t i = 0;
	while (i < SERVICES && strstr(url, names[i]) == NULL)
		i++;
	unsigned value = i < SERVICES && sim.sick[i] ? 0 : 1;
	if (strstr(url, "restarts") != NULL) {
		/* Has the last one done what it does? */
		const struct start *it = sim.starts;
		while (it != NULL && (i == SERVICES || strcmp(it->service, names[i]) != 0 ||
					 strcmp(it->action, "restart-known") != 0))
			it = it->next;
		value = it != NULL && it->ended != 0 && !it->cut;
	}
	call->answered = true;
	call->status = 200;
	(void)snprintf(call->body, sizeof(call->body),
	    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":"
	    "[{\"metric\":{},\"value\":[%llu,\"%u\"]}]}}",
	    (unsigned long long)(wall() / 1000), value);
}

static void
member(const char *body, const char *name, char *ret, size_t size)
{
	const char *at = strstr(body, name);
	ret[0] = '\0';
	if (at == NULL)
		return;
	at += strlen(name);
	size_t n = strcspn(at, "\",}");
	(void)snprintf(ret, size, "%.*s", (int)n, at);
}

/* {"type":"incident.opened","notice":"notice-12","incident":7,...}, ... of `data.told` */
static void
read_told(struct net_call *call, const char *body)
{
	static const char begins[] = "{\"type\":\"";
	const char *at = strstr(body, "\"told\":[");
	while (at != NULL && (at = strstr(at, begins)) != NULL) {
		char number[24], one[2048];
		ASSERT(call->told_n < DIGEST_LINES_MAX);
		size_t i = call->told_n++;
		/* A subject has no brace that is not text: what is looked for is before it. */
		(void)snprintf(one, sizeof(one), "%.*s", (int)strcspn(at + 1, "{}"),
		    at + 1);
		member(one, "\"type\":\"", call->told[i].type, sizeof(call->told[i].type));
		member(one, "\"incident\":", number, sizeof(number));
		call->told[i].incident = (incident_id)strtoul(number, NULL, 10);
		at += strlen(begins);
	}
}

static void
post(struct net_call *call, const struct net_order *order)
{
	static char body[256 * 1024];
	char number[24];
	size_t hook = 0;
	while (hook < HOOKS && strstr(order->url, hooks[hook]) == NULL)
		hook++;
	ASSERT(hook < HOOKS);
	ASSERT(order->body.n < sizeof(body));
	memcpy(body, order->body.p, order->body.n);
	body[order->body.n] = '\0';
	call->notice = true;
	(void)snprintf(call->hook, sizeof(call->hook), "%s", hooks[hook]);
	member(body, "\"type\":\"", call->type, sizeof(call->type));
	member(body, "\"person\":\"", call->person, sizeof(call->person));
	if (strcmp(call->type, "firstline.digest") == 0) {
		read_told(call, body);
	} else {
		member(body, "\"incident\":", number, sizeof(number));
		call->incident = (incident_id)strtoul(number, NULL, 10);
	}
	call->answered = true;
	call->status = 200;
	if (sim_clock.now < sim.outage_until[hook] && !sim_peace()) {
		static const uint32_t words[] = { 500, 503, 429 };
		call->status = words[rng_below(&sim.rng, countof(words))];
		call->answered = rng_percent(&sim.rng, 50);
	}
}

bool WRAP(net_start)(struct net *net, const struct net_order *order, struct err *err);
bool
WRAP(net_start)(struct net *net, const struct net_order *order, struct err *err)
{
	(void)err;
	kernel.enter("net-start");
	struct net_call *call = calloc(1, sizeof(*call));
	ASSERT(call != NULL);
	*call = (struct net_call){ .net = net,
		.life = net_life,
		.done = order->done,
		.ctx = order->ctx };
	if (order->kind == NET_GET)
		query(call, order->url);
	else
		post(call, order);
	if (!sim_peace() && rng_percent(&sim.rng, sim.troubles.lossy)) {
		if (rng_percent(&sim.rng, 50))
			call->lost = true;
		else
			call->answered = false, call->status = 0;
	}
	if (call->notice && call->status == 200 && sim_bug("end-untold") &&
	    (call->told_n > 0 || strcmp(call->type, "incident.ended") == 0))
		call->notice = false; /* said to be delivered, and nobody gets it */
	bool slow = !sim_peace() && rng_percent(&sim.rng, sim.troubles.lossy);
	later(rng_between(&sim.rng, 1, slow ? 9000 : 80), deliver, call);
	return true;
}

/* ---- time ---- */

uint64_t WRAP(random_u64)(void);

msec WRAP(clock_boot)(void);
msec
WRAP(clock_boot)(void)
{
	return sim_clock.now - sim_clock.boot + 1000;
}

uint64_t WRAP(clock_boot_us)(void);
uint64_t
WRAP(clock_boot_us)(void)
{
	return WRAP(clock_boot)() * 1000;
}

msec WRAP(clock_wall)(void);
msec
WRAP(clock_wall)(void)
{
	return wall();
}

static struct rng drawn;

void
outside_init(uint64_t seed)
{
	drawn = (struct rng){ seed };
	kernel.random = WRAP(random_u64);
	kernel.wall = wall;
}

uint64_t
WRAP(random_u64)(void)
{
	return rng_u64(&drawn);
}

void WRAP(random_bytes)(void *ret, size_t n);
void
WRAP(random_bytes)(void *ret, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)ret)[i] = (uint8_t)rng_u64(&drawn);
}

bool WRAP(confine)(const struct confine *how, struct arena *arena, struct strs *gaps,
    struct err *err);
bool
WRAP(confine)(const struct confine *how, struct arena *arena, struct strs *gaps,
    struct err *err)
{
	(void)how;
	(void)arena;
	(void)err;
	*gaps = (struct strs){ 0 };
	return true;
}

void WRAP(memory_touch)(void *p, size_t n);
void
WRAP(memory_touch)(void *p, size_t n)
{
	(void)p;
	(void)n;
}

/* Arenas ask each second whether they have pages to give back, which was a fifth of a seed's
 * time: one in sixty is told that it has, and the kernel is not asked. */
int WRAP(mincore)(void *p, size_t n, unsigned char *ret);
int
WRAP(mincore)(void *p, size_t n, unsigned char *ret)
{
	static unsigned asked;
	(void)p;
	memset(ret, ++asked % 60 == 0, (n + 4095) / 4096);
	return 0;
}

void
outside_turn(void)
{
	if (sim_now_and_then(sim.troubles.outages, 100 * HOUR)) {
		size_t hook = rng_below(&sim.rng, HOOKS);
		sim.outage_until[hook] =
		    sim_clock.now + rng_between(&sim.rng, MINUTE, 8 * HOUR);
		sim_say("the provider '%s' is away", hooks[hook]);
	}
}
