#ifndef MODEL_POLICY_H
#define MODEL_POLICY_H

#include "model/model.h"

/*
 * policy -- whom of a team an incident is told to, and who next while nobody acknowledges.
 *
 * The last policy of a team is that of `escalate`: of every severity, at every time. Those
 * of `policies` stand before it, and are for some severities, some hours, or both; the first
 * that fits holds. Outside of its hours one does not count; or what it is for waits until
 * they begin, and nobody is told before.
 *
 * A tier that has hours is passed over outside of them, and so is one of developers whose
 * exception has ended.
 */
#define POLICIES_MAX 16              /* of a team */
#define POLICY_WAIT_MS_MAX (7 * DAY) /* longer than that nothing waits */

enum tier_kind { TIER_ROTATION = 1, TIER_PERSON };

/* Developers are no first responders. Who answers for it that they are told of incidents all
 * the same, why, and until when. */
struct exception {
	const struct team *team; /* of development: its lead is told */
	const struct person *owner;
	str because;
	msec until_wall;
	struct place place;
};

struct tier {
	enum tier_kind kind;
	const struct rotation *rotation;
	const struct person *person;
	/* Unacknowledged for so long: the next tier is told too; 0 on the last. */
	msec after_ms;
	struct window when;
	const struct exception *exception; /* NULL: it needs none */
	struct place place;
};

struct policy {
	uint32_t severities; /* bit s set: of severity s */
	struct window when;
	bool waits; /* outside of them nobody is told until they begin */
	struct tier *tiers;
	size_t tier_n;
	struct place place;
};

/* Those of `escalate`, for everything; of nobody where the team is not on call. */
const struct policy *policy_general(const struct team *team);
/* What holds then for incidents of that severity. Where it waits, `when` does not have that
 * instant. */
const struct policy *policy_for(const struct team *team, enum severity severity, msec wall);

/* Does it count then? Its rotation may have nobody all the same. */
bool tier_open(const struct tier *tier, msec wall);
/* Until when what tier_open says surely holds. */
msec tier_until(const struct tier *tier, msec wall);

#endif
