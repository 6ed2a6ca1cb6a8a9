#ifndef CORE_PACE_H
#define CORE_PACE_H

#include "core/objects.h"

/*
 * pace -- how much goes to one reader, and by one channel; and what goes as one message.
 *
 * A reader is a person, or a team's place, by one channel at one address. So many messages
 * reach it at once (`digest.after` of the channel, four), then one each `digest.every` (a
 * minute). What waits by then goes as one, a digest, the most urgent first. The last of those
 * at once is kept for what is urgent (sev1 and sev2, and what somebody is asked), so that no
 * flood of the others stands before it.
 *
 *	fresh, and there is room for all of it    each as its own message, at once
 *	urgent, fresh, room for the urgent        the same
 *	all else that waits together              one digest, when it is the reader's turn
 *
 * So a storm is one message where it comes at once, and few where it does not; what waited
 * for a provider that was down is one. Nothing is folded that was tried while its channel did
 * well (it goes once more with its own id, so whoever has it already knows it), nor what
 * belongs to a thread.
 *
 * What is folded stays a notice of its own: NOTICE_FOLDED while its digest is on its way, and
 * what becomes of that becomes of it. A digest that fails is sent again as it is, by its id;
 * once its channel is down what it told waits again, and is told anew with what came since.
 *
 * When a reader, or a channel with a `rate`, had what it gets stands in the control row
 * (struct notice_turn): so neither a restart nor a reload gives anybody more.
 */

#define READERS_MAX 4096u        /* with something waiting; others are not paced */
#define DIGEST_NOTICES_MAX 2048u /* told by one digest; the rest by the next */

size_t pace_bytes(void);
void pace_init(struct core *core, struct arena *memory);
void line_pace_init(struct core *core, struct line *line);
/* The control row is there; no line has anything that waits. */
void pace_loaded(struct core *core);

/* It is due: it stands in its line. And out of it again. */
void line_put(struct core *core, struct notice *notice);
void line_step_out(struct core *core, struct notice *notice);
/* It goes by itself from now on, or not; in its line it changes places. */
void notice_set_alone(struct core *core, struct notice *notice, bool alone);

/* Of what may go now, the most urgent; NULL: nothing. The line has a place for it. */
struct notice *line_next(struct core *core, const struct line *line);
/* To see how a channel that is down does: each in turn, since one may be refused for its
 * own sake. */
struct notice *line_probe(const struct line *line);
/* Does all that waits for its reader go as one? `probe`: to see how the channel does. */
bool line_folds(const struct core *core, const struct notice *notice, bool probe);
/* One message goes to its reader; one by its channel. */
void reader_take(struct core *core, struct reader *reader, str channel);
void line_take(struct core *core, struct line *line);
bool line_has_rate(const struct core *core, const struct line *line);
/* It stands in its line: when it is its reader's turn, where it is not yet. */
void notice_note_turn(struct core *core, struct notice *notice);
/* When there is next something to send that nothing but time holds; 0: never. */
msec lines_next_at(const struct core *core);
/* Other rules hold: whose turn it was stays known, but nobody waits longer than a turn of the
 * new ones. Of a channel that is gone, or has no such limit any more, nothing is. */
void pace_adopted(struct core *core);

/* ---- digest.c ---- */

/* All that waits for that reader as one notice, to be sent now; NULL: there is no memory. */
struct notice *digest_fold(struct core *core, struct reader *reader);
void digest_result(struct core *core, struct notice *digest,
    const struct notice_result *result);
void digest_give_up(struct core *core, struct notice *digest);
/* What it told waits again, and it is forgotten. */
void digest_dissolve(struct core *core, struct notice *digest);
/* All rows are there. */
NODISCARD bool digests_wire(struct core *core, struct err *err);

#endif
