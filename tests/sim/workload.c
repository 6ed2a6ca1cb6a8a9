/*
 * workload -- a production that breaks and heals: services fall ill, a Prometheus sends
 * their alerts each minute as long as they are, storms come, people ask for things, and
 * whatever runs is killed, stopped or loses its power.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts/frame.h"
#include "sim/sim.h"

#define RESEND_MS MINUTE
#define FIRES_FOR_MS (4 * MINUTE) /* from when it was sent */
#define RESOLVED_SENT_MS (15 * MINUTE)
#define STORM_MAX 400
#define JUMP_UNSEEN_MS (62 * SECOND) /* the next to shortest of jump() */
#define EPISODES_MAX 4096

/* An alert from its first second to its end, as its Prometheus keeps it. */
struct episode {
	uint64_t number;
	size_t service;              /* SERVICES: one of a storm */
	msec began_wall, ended_wall; /* ended: 0 while it fires */
	msec send_at;
	bool fire_taken, end_taken;
	msec forget_at;
};
static struct episode *episodes[EPISODES_MAX];
static size_t episode_n;
static uint64_t last_number;

static msec
wall(void)
{
	return (msec)((int64_t)sim_clock.now + sim_clock.wall_offset);
}

/* ---- alerts ---- */

static struct episode *
begin(size_t service)
{
	if (episode_n == EPISODES_MAX)
		return NULL;
	struct episode *e = calloc(1, sizeof(*e));
	ASSERT(e != NULL);
	*e = (struct episode){ .number = ++last_number,
		.service = service,
		.began_wall = wall(),
		.send_at = sim_clock.now };
	return episodes[episode_n++] = e;
}

static void
end(struct episode *e)
{
	e->ended_wall = wall();
	e->send_at = sim_clock.now;
	e->forget_at = sim_clock.now + RESOLVED_SENT_MS;
}

/* So that quiet hours hold some of them. */
static const char *
severity(const struct episode *e)
{
	return e->number % 3 == 0 ? "warning" : "critical";
}

static void
put_alert(struct buf *json, const struct episode *e)
{
	msec ends = e->ended_wall != 0 ? e->ended_wall : wall() + FIRES_FOR_MS;
	/* The clock may have gone back since. */
	if (e->ended_wall > wall())
		ends = wall();
	if (json->n > 1)
		buf_char(json, ',');
	if (e->service < SERVICES)
		buf_printf(json,
		    "{\"labels\":{\"alertname\":\"Down\",\"service\":\"%s\","
		    "\"severity\":\"%s\",\"n\":\"%llu\"}",
		    service_name(e->service), severity(e), (unsigned long long)e->number);
	else
		buf_printf(json, "{\"labels\":{\"alertname\":\"Storm\",\"n\":\"%llu\"}",
		    (unsigned long long)e->number);
	buf_add(json, STR(",\"startsAt\":\""));
	buf_time(json, e->began_wall < ends ? e->began_wall : ends - 1);
	buf_add(json, STR("\",\"endsAt\":\""));
	buf_time(json, ends);
	buf_add(json, STR("\"}"));
}

/* What one request told of. */
struct parcel {
	size_t n;
	struct told_of {
		uint64_t number;
		bool ended;
		msec until;     /* of what had not ended, however the wall clock is set */
		int64_t offset; /* how it was set when it was sent */
	} item[];
};

static void
promise(uint64_t number)
{
	struct promise *p = calloc(1, sizeof(*p));
	ASSERT(p != NULL);
	*p = (struct promise){ .next = sim.promises, .number = number };
	sim.promises = p;
}

static void
taken(void *arg)
{
	struct parcel *parcel = arg;
	for (size_t i = 0; i < parcel->n; i++) {
		for (size_t k = 0; k < episode_n; k++) {
			struct episode *e = episodes[k];
			if (e->number != parcel->item[i].number)
				continue;
			/* It may have waited until it was over; or nearly, and the clock have been
			 * set meanwhile by less than is seen then. */
			bool was_set = parcel->item[i].offset != sim_clock.wall_offset;
			msec until = parcel->item[i].until;
			if (!e->fire_taken &&
			    until > sim_clock.now + (was_set ? JUMP_UNSEEN_MS : 0)) {
				promise(e->number);
				e->fire_taken = true;
			}
			e->end_taken |= parcel->item[i].ended;
		}
	}
	free(parcel);
}

static bool
is_due(const struct episode *e)
{
	return e->send_at <= sim_clock.now && !(e->ended_wall != 0 && e->end_taken);
}

static void
send_due(void)
{
	struct buf json = BUF((size_t)4 << 20);
	struct parcel *parcel =
	    calloc(1, sizeof(*parcel) + episode_n * sizeof(parcel->item[0]));
	ASSERT(parcel != NULL);
	buf_char(&json, '[');
	for (size_t i = 0; i < episode_n && parcel->n < 256; i++) {
		struct episode *e = episodes[i];
		if (!is_due(e))
			continue;
		e->send_at = sim_clock.now + (e->ended_wall != 0 ? 10 * SECOND : RESEND_MS);
		put_alert(&json, e);
		parcel->item[parcel->n++] = (struct told_of){ e->number, e->ended_wall != 0,
			e->ended_wall != 0 ? 0 : sim_clock.now + FIRES_FOR_MS,
			sim_clock.wall_offset };
	}
	buf_char(&json, ']');
	if (parcel->n == 0 || !gate_alerts(buf_str(&json), taken, parcel))
		free(parcel);
	buf_done(&json);
}

/* A Prometheus that has forgotten it sends no end any more: then it expires. */
static void
forget_old(void)
{
	for (size_t i = 0; i < episode_n;) {
		struct episode *e = episodes[i];
		if (e->ended_wall == 0 || sim_clock.now < e->forget_at) {
			i++;
			continue;
		}
		free(e);
		episodes[i] = episodes[--episode_n];
	}
}

static struct episode *
episode_of(size_t service)
{
	for (size_t i = 0; i < episode_n; i++) {
		if (episodes[i]->service == service && episodes[i]->ended_wall == 0)
			return episodes[i];
	}
	return NULL;
}

static void
storm(void)
{
	size_t n = rng_between(&sim.rng, 20, STORM_MAX);
	sim_say("a storm of %zu alerts", n);
	for (size_t i = 0; i < n; i++)
		(void)begin(SERVICES);
}

static void
services_turn(void)
{
	for (size_t i = 0; i < SERVICES; i++) {
		struct episode *e = episode_of(i);
		if (sim.sick[i] && e == NULL)
			(void)begin(i);
		if (!sim.sick[i] && e != NULL)
			end(e);
		bool flaps = sim.troubles.flapping && i == 0;
		unsigned times =
		    flaps ? 20 * sim.troubles.incidents : sim.troubles.incidents;
		if (!sim_peace() && sim_now_and_then(times, 100 * HOUR))
			sim.sick[i] = true;
		if (sim.sick[i] && sim_now_and_then(flaps ? 60 : 1, 2 * HOUR))
			sim.sick[i] = false; /* by itself */
	}
	for (size_t i = 0; i < episode_n; i++) {
		struct episode *e = episodes[i];
		if (e->service == SERVICES && e->ended_wall == 0 &&
		    (sim_peace() || sim_now_and_then(1, 20 * MINUTE)))
			end(e);
	}
}

/* ---- people ---- */

static void
person(void)
{
	static const enum command_kind kinds[] = { COMMAND_ACKNOWLEDGE, COMMAND_NOTE,
		COMMAND_RUN, COMMAND_RUN, COMMAND_CANCEL, COMMAND_HANDS_ON,
		COMMAND_HANDS_OFF, COMMAND_RESOLVE, COMMAND_SETTLE, COMMAND_STOP_ALL,
		COMMAND_RESUME, COMMAND_RESUME, COMMAND_USEFUL };
	enum command_kind kind = kinds[rng_below(&sim.rng, countof(kinds))];
	const char *service = service_name(rng_below(&sim.rng, SERVICES));
	struct request request = { .op = OP_COMMAND,
		.command = kind,
		.incident = (incident_id)rng_between(&sim.rng, 1, 12),
		.row = rng_between(&sim.rng, 1, 40),
		.text = STR("because it is so"),
		.happened = rng_percent(&sim.rng, 50) ? HAPPENED_YES : HAPPENED_NO,
		.span_ms = 5 * MINUTE,
		.deadline_ms = 10 * SECOND };
	if (kind == COMMAND_RUN) {
		request.action = true;
		request.name = STR("restart");
		request.target = str_of(service);
	}
	if (kind == COMMAND_USEFUL)
		request.name = rng_percent(&sim.rng, 50) ? STR("yes") : STR("no");
	if (kind == COMMAND_HANDS_ON || kind == COMMAND_HANDS_OFF)
		request.name = str_of(service);
	gate_command(&request);
}

/* Somebody looks at what is in doubt, and says so. */
static void
settle_last(void)
{
	for (size_t i = 0; i < 8 && i < sim.claimed_n; i++)
		gate_command(&(struct request){ .op = OP_COMMAND,
		    .command = COMMAND_SETTLE,
		    .row = sim.claimed[sim.claimed_n - 1 - i],
		    .happened = HAPPENED_YES });
	gate_command(&(struct request){ .op = OP_COMMAND, .command = COMMAND_RESUME });
}

/* Whoever was asked answers at last: nothing that a person must say is left unsaid. */
void
workload_peace(void)
{
	static msec next_at;
	if (sim_clock.now < next_at || !gate_ready() || !gate_quiet())
		return;
	next_at = sim_clock.now + 10 * MINUTE;
	gate_command(&(struct request){ .op = OP_COMMAND, .command = COMMAND_RESUME });
	size_t last = sim.claimed_n > 200 ? sim.claimed_n - 200 : 0;
	for (size_t i = last; i < sim.claimed_n; i++)
		gate_command(&(struct request){ .op = OP_COMMAND,
		    .command = COMMAND_SETTLE,
		    .row = sim.claimed[i],
		    .happened = HAPPENED_YES });
	for (size_t i = 0; i < SERVICES; i++)
		gate_command(&(struct request){ .op = OP_COMMAND,
		    .command = COMMAND_HANDS_OFF,
		    .name = str_of(service_name(i)) });
}

/* ---- what goes wrong ---- */

static void
kill_one(void)
{
	struct process *p = rng_percent(&sim.rng, 60) ? gate_engine() : gate_hands();
	if (p == NULL || !p->alive)
		return;
	/* Within one of its next calls: soon, or in a while. */
	p->dies_at =
	    p->calls + 1 + rng_below(&sim.rng, rng_percent(&sim.rng, 50) ? 12 : 400);
	sim.n.kills++;
}

static void
power_cut(void)
{
	sim_say("the power goes");
	gate_power_cut();
	outside_power_cut();
	disk_power_cut(&kernel.disk);
	sim.n.power_cuts++;
	msec dark = rng_between(&sim.rng, SECOND, 3 * MINUTE);
	sim_clock.now += dark;
	sim_clock.boot = sim_clock.now;
}

static void
go_on(void *arg)
{
	((struct process *)arg)->stopped = false;
}

static void
stop_one(void)
{
	struct process *p = rng_percent(&sim.rng, 50) ? gate_engine() : gate_hands();
	if (p == NULL || !p->alive || p->stopped)
		return;
	p->stopped = true;
	later(rng_between(&sim.rng, 100, 90 * SECOND), go_on, p);
}

static void
jump(void)
{
	static const int64_t spans[] = { 1000, 61 * 1000, 3600 * 1000, 26 * 3600 * 1000,
		INT64_C(3653) * 24 * 3600 * 1000 };
	int64_t ms = spans[rng_below(&sim.rng, countof(spans))];
	ms = rng_percent(&sim.rng, 50) ? ms : -ms;
	sim_clock.wall_offset += ms;
	sim_say("the wall clock jumps by %lld ms", (long long)ms);
}

static void
room_again(void *arg)
{
	(void)arg;
	kernel.disk.capacity = 0;
	sim_say("there is room on the disk again");
}

static void
disk_well(void *arg)
{
	(void)arg;
	kernel.disk.fault_at = 0;
	kernel.disk.fault_stays = false;
	sim_say("the disk is well again");
}

static void
lose_disk(void)
{
	kernel.disk.fault_at = kernel.disk.operations + 1;
	kernel.disk.fault_stays = true;
	kernel.disk.fault = rng_percent(&sim.rng, 50) ? FAULT_IO : FAULT_READ_ONLY;
	sim_say("the disk %s", kernel.disk.fault == FAULT_IO
				   ? "fails to be written for a while"
				   : "is read-only");
	later(rng_between(&sim.rng, SECOND,
		  rng_percent(&sim.rng, 50) ? 30 * SECOND : 40 * MINUTE),
	    disk_well, NULL);
}

static void
disk_trouble(void)
{
	if (kernel.disk.fault_stays)
		return;
	if (kernel.disk.capacity == 0 &&
	    sim_now_and_then(sim.troubles.disk_full, 100 * HOUR)) {
		kernel.disk.capacity =
		    kernel.disk.used + rng_below(&sim.rng, (uint64_t)1 << 20);
		sim_say("the disk is full");
		later(rng_between(&sim.rng, MINUTE, 20 * MINUTE), room_again, NULL);
	}
	if (sim_now_and_then(sim.troubles.io_errors, 100 * HOUR)) {
		kernel.disk.fault_at = kernel.disk.operations + 1 + rng_below(&sim.rng, 20);
		kernel.disk.fault = rng_percent(&sim.rng, 70) ? FAULT_IO : FAULT_SHORT;
		sim_say("the disk fails once");
	}
	if (sim_now_and_then(sim.troubles.disk_lost, 100 * HOUR))
		lose_disk();
}

static void
kill_it(void *arg)
{
	(void)arg;
	if (!sim_peace())
		kill_one();
}

static void
cut_it(void *arg)
{
	(void)arg;
	if (!sim_peace())
		power_cut();
}

/* The moments around a start are those that matter most. */
static void
starts_turn(void)
{
	static size_t seen;
	bool new = sim.claimed_n > seen;
	seen = sim.claimed_n;
	if (new &&sim.troubles.power_cuts > 0 && rng_percent(&sim.rng, 15))
		later(rng_below(&sim.rng, 3 * SECOND), cut_it, NULL);
	else if (new &&sim.troubles.kills > 0 && rng_percent(&sim.rng, 30))
		later(rng_below(&sim.rng, 3 * SECOND), kill_it, NULL);
}

static void
troubles_turn(void)
{
	const struct troubles *t = &sim.troubles;
	starts_turn();
	if (sim_now_and_then(t->kills, HOUR))
		kill_one();
	if (sim_now_and_then(t->stops, HOUR))
		stop_one();
	if (sim_now_and_then(t->jumps, 100 * HOUR))
		jump();
	if (sim_now_and_then(t->reloads, HOUR))
		gate_reload();
	if (sim_now_and_then(t->storms, 100 * HOUR))
		storm();
	if (sim_now_and_then(t->commands, HOUR) && gate_ready())
		person();
	if (sim_now_and_then(10, HOUR) && gate_ready())
		settle_last();
	disk_trouble();
	if (sim_now_and_then(t->power_cuts, 100 * HOUR))
		power_cut();
}

void
workload_turn(void)
{
	/* Of many days each has little. */
	bool seldom = sim.days > 0 && !rng_percent(&sim.rng, 1);
	if (!sim_peace() && gate_ready() && !seldom)
		troubles_turn();
	services_turn();
	send_due();
	forget_old();
}

/* Each trouble is there or not, little or much: seeds differ in kind. */
static unsigned
share(unsigned most)
{
	if (rng_percent(&sim.rng, 45))
		return 0;
	return 1 + (unsigned)rng_below(&sim.rng, most);
}

void
workload_init(void)
{
	/* 2026: an ordinary day; the nights in which Lisbon's clocks go on, and back. */
	static const uint64_t days[] = { UINT64_C(1780000000000), UINT64_C(1774742400000),
		UINT64_C(1792882800000) };
	sim_clock.wall_offset = (int64_t)(days[rng_below(&sim.rng, countof(days))] +
					  rng_below(&sim.rng, 3 * HOUR));
	sim.troubles = (struct troubles){ .kills = share(30),
		.power_cuts = share(300),
		.stops = share(10),
		.jumps = share(100),
		.reloads = share(20),
		.storms = share(100),
		.commands = share(90),
		.incidents = 100 + share(1500),
		.flapping = rng_percent(&sim.rng, 20),
		.outages = share(100),
		.lossy = share(30),
		.bad_actions = share(60),
		.disk_full = share(60),
		.io_errors = share(100),
		.sync_ms = rng_percent(&sim.rng, 50) ? 0 : rng_below(&sim.rng, 60),
		.disk_lost = share(100) };
	sim.sick[rng_below(&sim.rng, SERVICES)] = true;
	if (sim.days == 0)
		return;
	/* What is read again before it goes must be readable, and nobody gives up. */
	sim.troubles.disk_lost = 0;
	sim.troubles.io_errors = sim.troubles.lossy = sim.troubles.outages = 0;
	sim.troubles.flapping = false;
	sim.troubles.incidents = 4 + share(8);
}
