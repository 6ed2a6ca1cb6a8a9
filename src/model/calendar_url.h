#ifndef MODEL_CALENDAR_URL_H
#define MODEL_CALENDAR_URL_H

#include "model/bundle.h"
#include "model/model.h"

/*
 * calendar_url -- calendars that hands fetches.
 *
 *	calendar_urls:
 *	  holidays: {url: https://calendar.example.com/holidays.ics, every: 6h}
 *	  stand-ins: {url: file:/etc/firstline/stand-ins-url}
 *
 * The last copy that could be used is in the bundle as "url:NAME.ics", with what firstline-ics
 * made of it, as for a file of the folder; so it is the same for every role and in a replay.
 * Where there is none yet nothing is known of the calendar: it has no events.
 *
 * Who keeps such a calendar is not who keeps the configuration. So it may only say who stands
 * in (`overrides`) and when a rotation or tier is not asked (`except`): never what is allowed,
 * what is muted, or the hours that somebody has at all.
 */
struct calendar_url {
	str name;
	str url,
	    url_secret; /* one of them: a secret is a reference to what holds the URL */
	msec every_ms;
	bool known; /* a copy is in the bundle */
	struct place place;
};
#define CALENDAR_URLS_MAX 16
#define CALENDAR_BYTES_MAX BUNDLE_FILE_BYTES_MAX /* as many as firstline-ics reads */
#define CALENDAR_NAME_MAX 128                    /* as of all names */
#define CALENDAR_EVERY_MS_MIN (5 * MINUTE)
#define CALENDAR_EVERY_MS_MAX (7 * DAY)
#define CALENDAR_EVERY_MS_DEFAULT HOUR

/* Where the bundle has its copy: "url:NAME.ics". */
#define CALENDAR_URL_PREFIX "url:"
str calendar_url_path(str name, struct arena *arena);

/* NULL: there is none. */
const struct calendar_url *model_calendar_url(const struct model *model, str name);

/* The names that the folder's files mention, each once and fit to be a file's: for whoever
 * adds the copies. A light pass that reports nothing. */
struct strs model_calendar_url_names(const struct bundle *bundle, struct arena *arena);

#endif
