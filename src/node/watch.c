#include "node/watch.h"

#include <stdio.h>

enum watch_news
watch_good(struct watch *watch, msec wall)
{
	/* What was told before we began is not known here: said once that it is over. */
	bool over = !watch->well || watch->told_wall != 0;
	watch->good_wall = wall;
	watch->told_wall = 0;
	watch->well = true;
	watch->why[0] = '\0';
	return over ? WATCH_OVER : WATCH_NOTHING;
}

static bool
is_due(const struct watch *watch, msec wall)
{
	msec patience = 3 * watch->every_ms;
	if (patience < WATCH_PATIENCE_MS)
		patience = WATCH_PATIENCE_MS;
	/* A clock that was put back makes nothing older. */
	bool old = watch->good_wall == 0 || wall >= watch->good_wall + patience;
	return old && (watch->told_wall == 0 || wall < watch->told_wall ||
			  wall - watch->told_wall >= WATCH_AGAIN_MS);
}

enum watch_news
watch_bad(struct watch *watch, msec wall, str why, bool *ret_new)
{
	char text[sizeof(watch->why)];
	(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(why));
	*ret_new = strcmp(text, watch->why) != 0;
	memcpy(watch->why, text, sizeof(text));
	watch->well = false;
	if (!is_due(watch, wall))
		return WATCH_NOTHING;
	watch->told_wall = wall;
	return WATCH_BAD;
}
