#ifndef INTAKE_FORM_H
#define INTAKE_FORM_H

#include "base/arena.h"
#include "base/str.h"

/*
 * form -- application/x-www-form-urlencoded, as browsers and Slack send it.
 *
 * Pure. "person=ana&password=a+b%26c": parts at '&', a name and a value at the first '=',
 * '+' a blank, %XX a byte. What comes out may hold any byte: whoever uses it looks.
 */

/* One value, decoded, in the arena; false: it is not encoded so, or there is no room. */
NODISCARD bool form_decode(str text, struct arena *arena, str *ret);

enum form_status { FORM_FOUND = 1, FORM_MISSING, FORM_BROKEN };

/* The value of `name`, decoded; FORM_BROKEN: that, or it comes twice. */
enum form_status form_value(str body, str name, struct arena *arena, str *ret);

#endif
