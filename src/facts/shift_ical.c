#include "facts/shift_ical.h"

#include "base/hash.h"

#define UID_BYTES 16

/* For ever that shift's: whatever else changes, who has what from when does not. */
static void
put_uid(struct buf *out, const struct shift_item *shift, msec from_wall)
{
	struct buf from = BUF(32);
	if (shift->from_wall > from_wall)
		buf_u64(&from, shift->from_wall);
	else
		buf_add(&from, STR("before"));
	const str parts[] = { shift->team, STR("\n"), shift->rotation, STR("\n"),
		shift->person, STR("\n"), buf_str(&from) };
	hash32 hash = sha256_parts(parts, countof(parts));
	buf_hex(out, (str){ (const char *)hash.b, UID_BYTES });
	buf_add(out, STR("@firstline"));
	buf_done(&from);
}

void
shift_ical(struct buf *out, const struct shift_item *shift, msec from_wall, msec now_wall)
{
	struct buf uid = BUF(128), summary = BUF(4096);
	put_uid(&uid, shift, from_wall);
	buf_add(&summary, shift->gap ? STR("nobody") : shift->person);
	buf_printf(&summary, ": %.*s of %.*s", STR_ARG(shift->rotation),
	    STR_ARG(shift->team));
	ical_event(out, &(struct ical_event){ .uid = buf_str(&uid),
			    .stamp_wall = now_wall,
			    .from_wall = shift->from_wall,
			    .until_wall = shift->until_wall,
			    .summary = buf_str(&summary),
			    .description = shift->gap ? STR("Nobody has the rotation then.")
	                                              : STR("") });
	buf_done(&summary);
	buf_done(&uid);
}
