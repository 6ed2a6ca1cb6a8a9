/*
 * visits -- TCP connections: how many may be here, how long each may take, and who goes
 * first when the next one would be too many.
 *
 * A connection on which it is the client's turn is in one of two lists, ordered by since
 * when: `fresh` until it has been given an answer that was no refusal, then `served`. Where
 * a new one finds no room, the longest in `fresh` goes, if it had time to say something,
 * else the longest in `served`. So connections that are held open for the sake of it, or
 * dripped into, make room for each other, and who asks and reads the answer gets in however
 * many there are. Where it is our turn (the engine is asked, events are streamed) a
 * connection is in neither and stays.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "gate/state.h"
#include "os/clock.h"
#include "os/fd.h"

#define LOOK_MS_MIN 50 /* between two looks at the deadlines */
#define DESCRIPTORS_OWN \
	64 /* besides connections: sockets to the roles, epoll, and a few to close */
#define CONNECTIONS_MIN 16

/* ---- how many ---- */

void
visits_init(struct gate *gate)
{
	list_init(&gate->visits);
	list_init(&gate->fresh);
	list_init(&gate->served);
	map_init(&gate->addresses, random_u64());
	size_t room = fd_max();
	room = room > DESCRIPTORS_OWN + CONNECTIONS_MIN ? room - DESCRIPTORS_OWN
	                                                : CONNECTIONS_MIN;
	gate->visit_max = room < GATE_CONNECTIONS_MAX ? room : GATE_CONNECTIONS_MAX;
	size_t part = gate->visit_max * GATE_CONNECTIONS_PER_ADDRESS / GATE_CONNECTIONS_MAX;
	gate->visit_max_address = part;
	gate->stream_max = gate->visit_max * GATE_STREAMS_MAX / GATE_CONNECTIONS_MAX;
	if (gate->visit_max < GATE_CONNECTIONS_MAX)
		gate_log(gate, LOG_WARNING,
		    "at most %zu connections instead of %d: %zu descriptors are allowed "
		    "(LimitNOFILE= of the unit, or ulimit -n)",
		    gate->visit_max, GATE_CONNECTIONS_MAX, fd_max());
}

static uint64_t
address_key(const struct gate *gate, const struct sockaddr *address)
{
	if (address == NULL)
		return 0;
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)address;
		return siphash(&gate->key,
		    (str){ (const char *)&v4->sin_addr, sizeof(v4->sin_addr) });
	}
	if (address->sa_family == AF_INET6) {
		/* one customer has a /64 */
		const struct sockaddr_in6 *v6 = (const void *)address;
		return siphash(&gate->key, (str){ (const char *)&v6->sin6_addr, 8 });
	}
	return 0;
}

static void
address_text(const struct sockaddr *address, char *ret, socklen_t size)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;
	bool is_v4 = address != NULL && address->sa_family == AF_INET;
	bool is_v6 = address != NULL && address->sa_family == AF_INET6;
	ret[0] = '\0';
	if (is_v4 || is_v6)
		(void)inet_ntop(address->sa_family,
		    is_v4 ? (const void *)&v4->sin_addr : (const void *)&v6->sin6_addr, ret,
		    size);
}

static uint64_t
of_address(const struct gate *gate, uint64_t address)
{
	uint64_t n = 0;
	(void)map_get(&gate->addresses, address, &n);
	return n;
}

/* It no longer counts: it is shut down, or gone. */
static void
uncount(struct visit *visit)
{
	struct gate *gate = visit->gate;
	if (!visit->counted)
		return;
	visit->counted = false;
	visit_busy(visit);
	gate->visit_n--;
	uint64_t n = of_address(gate, visit->address);
	if (n > 1)
		map_put(&gate->addresses, visit->address, n - 1);
	else
		(void)map_remove(&gate->addresses, visit->address);
}

/* ---- whose turn ---- */

void
visit_busy(struct visit *visit)
{
	if (link_on(&visit->turn))
		link_remove(&visit->turn);
}

void
visit_waits(struct visit *visit)
{
	struct gate *gate = visit->gate;
	visit_busy(visit);
	if (!visit->counted)
		return;
	visit->since = gate->now;
	list_append(visit->served ? &gate->served : &gate->fresh, &visit->turn);
}

void
visit_bound(struct visit *visit)
{
	int room = GATE_SOCKET_BYTES;
	if (visit->bounded)
		return;
	visit->bounded = true;
	(void)setsockopt(visit->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
}

static struct visit *
longest(const struct link *list, const uint64_t *address)
{
	list_each(it, list)
	{
		struct visit *visit = container_of(it, struct visit, turn);
		if (address == NULL || visit->address == *address)
			return visit;
	}
	return NULL;
}

/* Who goes, of that address or (NULL) of all; NULL: it is nobody's turn but ours. */
static struct visit *
who_goes(const struct gate *gate, const uint64_t *address)
{
	struct visit *fresh = longest(&gate->fresh, address);
	if (fresh != NULL && gate->now - fresh->since >= GATE_FRESH_MS)
		return fresh;
	struct visit *served = longest(&gate->served, address);
	return served != NULL ? served : fresh;
}

/* A last word to a client that is still sending its request: libmicrohttpd cannot be made
 * to answer before it has all of it. As good as it gets: a full socket takes none of it. */
static void
say(struct visit *visit, const char *status)
{
	char text[160];
	if (visit->call == NULL || visit->call->phase != CALL_READ ||
	    visit->door->kind == DOOR_TLS) /* there it would be no text */
		return;
	int n = snprintf(text, sizeof(text),
	    "HTTP/1.1 %s\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: "
	    "0\r\n\r\n",
	    status);
	(void)send(visit->fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Somebody should look who does that. */
static void
tell_full(struct gate *gate, const char *what)
{
	char text[300];
	if (gate->engine == NULL ||
	    (gate->cuts.told != 0 && gate->now - gate->cuts.told < GATE_CUTS_AGAIN_MS))
		return;
	gate->cuts.told = gate->now;
	(void)snprintf(text, sizeof(text),
	    "%s: %llu connections were ended, the longest idle or slowest first, so that "
	    "others had room",
	    what, (unsigned long long)gate->cuts.n);
	struct self self = { .kind = SELF_OVERFLOW,
		.subject = STR("gate"),
		.text = str_of(text) };
	frame_record(peer_out(gate->engine), FRAME_SELF, 0, &self_frame_type, &self);
}

static void
cut_for_room(struct visit *visit, const char *what)
{
	struct gate *gate = visit->gate;
	gate->n.cut_for_room++;
	if (gate->now - gate->cuts.last >= GATE_CUTS_OVER_MS)
		gate->cuts.n = gate->cuts.told = 0;
	gate->cuts.last = gate->now;
	if (++gate->cuts.n >= GATE_CUTS_TOLD)
		tell_full(gate, what);
	say(visit, "503 Service Unavailable");
	web_cut(visit);
}

static void
cut_for_newcomer(struct visit *visit, const struct sockaddr *address, bool address_full)
{
	char name[INET6_ADDRSTRLEN] = "?", what[160];
	const struct gate *gate = visit->gate;
	address_text(address, name, sizeof(name));
	if (address_full)
		(void)snprintf(what, sizeof(what),
		    "address %s has %zu connections, its limit", name,
		    gate->visit_max_address);
	else
		(void)snprintf(what, sizeof(what),
		    "there are %zu connections, the limit, the last of them from %s",
		    gate->visit_max, name);
	cut_for_room(visit, what);
}

bool
visit_may_come(struct gate *gate, const struct sockaddr *address)
{
	uint64_t key = address_key(gate, address);
	bool address_full = of_address(gate, key) >= gate->visit_max_address;
	if (!address_full && gate->visit_n < gate->visit_max)
		return true;
	struct visit *visit = who_goes(gate, address_full ? &key : NULL);
	if (visit != NULL) {
		cut_for_newcomer(visit, address, address_full);
		return true;
	}
	gate->n.refused_address += address_full;
	gate->n.refused_connections += !address_full;
	return false;
}

bool
visit_make_room(struct gate *gate, size_t bytes, const struct visit *but)
{
	struct link *const lists[] = { &gate->fresh, &gate->served };
	for (size_t i = 0; i < countof(lists); i++) {
		list_each_safe(it, lists[i])
		{
			struct visit *visit = container_of(it, struct visit, turn);
			if (gate->bodies_bytes + bytes <= GATE_BODIES_BYTES_MAX)
				return true;
			if (visit != but && visit->call != NULL &&
			    visit->call->phase == CALL_READ && visit->call->body.n > 0)
				cut_for_room(visit, "bodies take all the memory they may");
		}
	}
	return gate->bodies_bytes + bytes <= GATE_BODIES_BYTES_MAX;
}

void
visit_forget_answer(struct call *call)
{
	call->gate->answers_bytes -= call->kept_bytes;
	call->kept_bytes = 0;
}

void
visit_count_answer(struct call *call)
{
	struct gate *gate = call->gate;
	visit_forget_answer(call);
	call->kept_bytes = call->visit->cut ? 0 : call->answer_bytes + call->stream.out.cap;
	gate->answers_bytes += call->kept_bytes;
	if (gate->answers_bytes <= GATE_ANSWERS_BYTES_MAX)
		return;
	struct link *const lists[] = { &gate->fresh, &gate->served };
	for (size_t i = 0; i < countof(lists); i++) {
		list_each_safe(it, lists[i])
		{
			struct visit *visit = container_of(it, struct visit, turn);
			if (gate->answers_bytes <= GATE_ANSWERS_BYTES_MAX)
				return;
			if (visit->call != NULL && visit->call != call &&
			    visit->call->kept_bytes > 0)
				cut_for_room(visit, "answers take all the memory they may");
		}
	}
}

/* ---- coming and going ---- */

static const struct door *
door_of(const struct gate *gate, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_DAEMON);
	for (size_t i = 0; i < DOORS; i++) {
		if (info != NULL && gate->door[i].daemon == info->daemon)
			return &gate->door[i];
	}
	UNREACHABLE();
}

bool
visits_is_proxy(const struct gate *gate, str from)
{
	struct network address;
	if (!network_parse(from, &address))
		return false;
	for (size_t i = 0; i < gate->settings.proxy_n; i++) {
		if (network_has(&gate->settings.proxy[i], &address))
			return true;
	}
	return false;
}

struct visit *
visit_new(struct gate *gate, struct MHD_Connection *connection)
{
	struct visit *visit = calloc(1, sizeof(*visit));
	ASSERT(visit != NULL);
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info != NULL ? info->client_addr : NULL;
	visit->address = address_key(gate, address);
	visit->door = door_of(gate, connection);
	if (visit->door->kind == DOOR_SOCKET)
		memcpy(visit->from, "socket", sizeof("socket"));
	else
		address_text(address, visit->from, sizeof(visit->from));
	visit->proxy = visit->door->kind == DOOR_SOCKET
	                   ? gate->settings.proxy_socket
	                   : visits_is_proxy(gate, str_of(visit->from));
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	ASSERT(info != NULL);
	visit->fd = info->connect_fd;
	visit->gate = gate;
	visit->connection = connection;
	visit->counted = true;
	map_put(&gate->addresses, visit->address, of_address(gate, visit->address) + 1);
	list_append(&gate->visits, &visit->link);
	gate->visit_n++;
	gate->n.connections++;
	visit_waits(visit);
	deadline_set(visit, gate->now + GATE_HEAD_MS);
	return visit;
}

void
visit_free(struct visit *visit)
{
	uncount(visit);
	link_remove(&visit->link);
	free(visit);
}

void
web_cut(struct visit *visit)
{
	visit->cut = true;
	uncount(visit);
	(void)shutdown(visit->fd, SHUT_RDWR);
	if (visit->call == NULL)
		return;
	if (visit->call->phase == CALL_READ)
		body_give_back(visit->call);
	if (visit->call->phase == CALL_SEND) {
		/* on_read of respond.c takes no more of it */
		link_forget(visit->call);
		buf_done(&visit->call->stream.out);
		visit->call->stream.taken = 0;
		visit_forget_answer(visit->call);
	}
	call_wake(visit->call);
}

/* ---- deadlines ---- */

void
deadline_set(struct visit *visit, msec at)
{
	visit->deadline = at;
	if (at != 0 && at < visit->gate->next_look)
		visit->gate->next_look = at;
}

/* Each byte of a body gains its part of a second, so that none restarts the clock. */
void
deadline_body(struct call *call)
{
	msec last = call->began + GATE_READ_MS;
	msec by = call->body_began + GATE_BODY_MS +
	          (call->body.n + call->drained) * SECOND / GATE_BODY_RATE;
	deadline_set(call->visit, by < last ? by : last);
}

static void
expire(struct visit *visit)
{
	struct gate *gate = visit->gate;
	struct call *call = visit->call;
	visit->deadline = 0;
	if (call != NULL && call->phase == CALL_WAIT) {
		gate->n.late++;
		call->on_late(call);
		return;
	}
	if (call != NULL)
		gate->n.cut_slow++;
	say(visit, "408 Request Timeout");
	web_cut(visit);
}

void
visits_look(struct gate *gate)
{
	if (gate->now < gate->next_look)
		return;
	msec next = LOOK_NEVER;
	gate->next_look = LOOK_NEVER;
	list_each_safe(it, &gate->visits)
	{
		struct visit *visit = container_of(it, struct visit, link);
		if (visit->deadline != 0 && visit->deadline <= gate->now)
			expire(visit);
		if (visit->deadline != 0 && visit->deadline < next)
			next = visit->deadline;
	}
	if (next < gate->now + LOOK_MS_MIN)
		next = gate->now + LOOK_MS_MIN;
	if (next < gate->next_look)
		gate->next_look = next;
}
