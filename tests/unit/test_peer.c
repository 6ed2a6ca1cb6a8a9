#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "os/peer.h"
#include "support/test.h"

static struct peer *left, *right;
static int raw_left;

static void
open_pair(void)
{
	int pair[2];
	struct err err;
	ASSERT(peer_pair(pair, &err));
	raw_left = pair[0];
	left = peer_new(pair[0], 1 << 20);
	right = peer_new(pair[1], 1 << 20);
}

static void
close_pair(void)
{
	peer_free(left);
	peer_free(right);
}

/* Reads once and gives the next frame, if it is whole. */
static bool
receive(struct frame *ret, struct err *err)
{
	size_t n;
	return peer_read(right, &n, err) && peer_next(right, ret, err);
}

static void
peer__carries_frames_whole_and_in_order(void)
{
	struct err err;
	struct frame frame;
	open_pair();
	for (uint64_t i = 1; i <= 3; i++) {
		struct epoch_frame epoch = { .epoch = 100 + i };
		frame_record(peer_out(left), FRAME_EPOCH, i, &epoch_frame_type, &epoch);
	}
	EXPECT(peer_flush(left, &err));
	EXPECT(!peer_wants_write(left));
	EXPECT(receive(&frame, &err));
	EXPECT_U64(frame.id, 1);
	EXPECT(frame.kind == FRAME_EPOCH && frame.fd == -1);
	EXPECT(peer_next(right, &frame, &err));
	EXPECT(peer_next(right, &frame, &err));
	EXPECT_U64(frame.id, 3);
	EXPECT(!peer_next(right, &frame, &err));
	EXPECT(err.kind == ERR_NONE);
	close_pair();
}

/* As a listing is made for a gate that reads, but not as fast. */
static void
peer__has_room_for_what_is_under_way_while_it_is_not_full(void)
{
	static char piece[16 << 10], sink[48 << 10];
	struct err err;
	open_pair();
	for (int turn = 0; turn < 400; turn++) {
		/* a turn's worth goes on after the last look */
		size_t before = peer_out(left)->n;
		bool full = peer_full(left);
		for (int i = 0; !full && i < 40; i++)
			buf_add(peer_out(left), (str){ piece, sizeof(piece) });
		EXPECT(full || peer_out(left)->n <= (1 << 20) + 40 * sizeof(piece));
		EXPECT(!full || before > 1 << 20);
		EXPECT(peer_flush(left, &err));
		for (int i = 0; i < 4; i++)
			(void)recv(peer_fd(right), sink, sizeof(sink), MSG_DONTWAIT);
	}
	close_pair();
}

static void
peer__waits_for_the_rest_of_a_frame(void)
{
	struct err err;
	struct frame frame;
	struct buf bytes = BUF(4096);
	struct log_frame log = { .level = LOG_INFO,
		.text = STR("a text that comes in two parts") };
	open_pair();
	frame_record(&bytes, FRAME_LOG, 7, &log_frame_type, &log);
	for (size_t i = 0; i + 1 < bytes.n; i++) {
		EXPECT(send(raw_left, bytes.p + i, 1, 0) == 1);
		EXPECT(!receive(&frame, &err));
		EXPECT(err.kind == ERR_NONE);
	}
	EXPECT(send(raw_left, bytes.p + bytes.n - 1, 1, 0) == 1);
	EXPECT(receive(&frame, &err));
	EXPECT_U64(frame.id, 7);
	buf_done(&bytes);
	close_pair();
}

static void
peer__hands_over_a_descriptor_with_its_own_frame(void)
{
	struct err err;
	struct frame frame;
	int fd;
	static char memory[64];
	struct arena arena = arena_over(memory, sizeof(memory));
	str text;
	open_pair();
	ASSERT(memfd_sealed("test", STR("sealed bytes"), &fd, &err));
	/* A frame that waits goes first, so the descriptor is not taken for its. */
	struct epoch_frame epoch = { .epoch = 1 };
	frame_record(peer_out(left), FRAME_EPOCH, 1, &epoch_frame_type, &epoch);
	struct bundle_frame bundle = { .bytes = 12 };
	EXPECT(peer_send_fd(left, FRAME_BUNDLE, 2, &bundle_frame_type, &bundle, fd, &err));
	(void)close(fd);

	EXPECT(receive(&frame, &err));
	EXPECT(frame.kind == FRAME_EPOCH && frame.fd == -1);
	if (!peer_next(right, &frame, &err))
		EXPECT(receive(&frame, &err));
	EXPECT(frame.kind == FRAME_BUNDLE && frame.fd >= 0);
	EXPECT(file_read_fd(&arena, frame.fd, 64, &text, &err));
	EXPECT_STR(text, STR("sealed bytes"));
	EXPECT(write(frame.fd, "x", 1) < 0 && errno == EPERM);
	EXPECT((fcntl(frame.fd, F_GETFD) & FD_CLOEXEC) != 0);
	(void)close(frame.fd);
	close_pair();
}

static void
peer__says_when_the_other_side_is_gone_or_speaks_nonsense(void)
{
	struct err err;
	struct frame frame;
	open_pair();
	EXPECT(send(raw_left, "this is not a frame at all", 26, 0) == 26);
	EXPECT(!receive(&frame, &err));
	EXPECT(err.kind == ERR_CORRUPT);
	close_pair();

	open_pair();
	peer_free(left);
	size_t n;
	EXPECT(!peer_read(right, &n, &err));
	EXPECT(err.kind == ERR_CLOSED);
	struct epoch_frame epoch = { .epoch = 1 };
	frame_record(peer_out(right), FRAME_EPOCH, 1, &epoch_frame_type, &epoch);
	EXPECT(!peer_flush(right, &err));
	EXPECT(err.kind == ERR_CLOSED);
	peer_free(right);
}

static void
peer__a_frame_that_needs_a_descriptor_is_refused_without_one(void)
{
	struct err err;
	struct frame frame;
	open_pair();
	struct peer_frame role = { .role = ROLE_KIND_GATE };
	frame_record(peer_out(left), FRAME_PEER, 1, &peer_frame_type, &role);
	EXPECT(peer_flush(left, &err));
	EXPECT(!receive(&frame, &err));
	EXPECT(err.kind == ERR_CORRUPT);
	close_pair();
}

static void
peer__is_full_when_the_other_side_does_not_read(void)
{
	static char text[60000];
	struct err err;
	struct frame frame;
	size_t got;
	open_pair();
	memset(text, 'x', sizeof(text));
	struct log_frame log = { .level = LOG_INFO, .text = { text, sizeof(text) } };
	unsigned sent = 0;
	while (!peer_full(left) && sent < 1000) {
		frame_record(peer_out(left), FRAME_LOG, ++sent, &log_frame_type, &log);
		EXPECT(peer_flush(left, &err));
	}
	EXPECT(peer_full(left) && peer_wants_write(left));
	/* Nothing of it is lost once it reads. */
	unsigned taken = 0;
	for (int turn = 0; turn < 10000 && taken < sent; turn++) {
		EXPECT(peer_flush(left, &err));
		EXPECT(peer_read(right, &got, &err));
		while (peer_next(right, &frame, &err)) {
			taken++;
			EXPECT_U64(frame.id, taken);
		}
	}
	EXPECT_U64(taken, sent);
	close_pair();
}

static bool
send_descriptor(struct err *err)
{
	struct bundle_frame bundle = { .bytes = 1 };
	return peer_send_fd(left, FRAME_BUNDLE, 1, &bundle_frame_type, &bundle, raw_left,
	    err);
}

static void
peer__gives_up_a_descriptor_that_nobody_takes(void)
{
	static char text[60000];
	struct err err;
	memset(text, 'x', sizeof(text));
	struct log_frame log = { .level = LOG_INFO, .text = { text, sizeof(text) } };
	/* frames wait before it; or the kernel has as much as it takes, and none waits */
	for (int waits = 0; waits < 2; waits++) {
		open_pair();
		if (waits) {
			while (!peer_full(left)) {
				frame_record(peer_out(left), FRAME_LOG, 1, &log_frame_type,
				    &log);
				EXPECT(peer_flush(left, &err));
			}
		} else {
			while (send(raw_left, text, sizeof(text), MSG_NOSIGNAL) > 0)
				;
			while (send(raw_left, text, 1, MSG_NOSIGNAL) > 0)
				;
		}
		msec began = clock_boot();
		EXPECT(!send_descriptor(&err));
		EXPECT(err.kind == ERR_CLOSED);
		EXPECT(clock_boot() - began < 10 * SECOND);
		close_pair();
	}
}

int
main(void)
{
	RUN(peer__carries_frames_whole_and_in_order);
	RUN(peer__has_room_for_what_is_under_way_while_it_is_not_full);
	RUN(peer__waits_for_the_rest_of_a_frame);
	RUN(peer__hands_over_a_descriptor_with_its_own_frame);
	RUN(peer__says_when_the_other_side_is_gone_or_speaks_nonsense);
	RUN(peer__a_frame_that_needs_a_descriptor_is_refused_without_one);
	RUN(peer__is_full_when_the_other_side_does_not_read);
	RUN(peer__gives_up_a_descriptor_that_nobody_takes);
	TEST_MAIN_END();
}
