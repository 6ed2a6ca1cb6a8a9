#ifndef INTAKE_URI_H
#define INTAKE_URI_H

#include "base/str.h"

/*
 * uri -- is this text one that Alertmanager takes as a generatorURL?
 *
 * The rule is Go's url.ParseRequestURI: a scheme with anything behind it, or a path from
 * '/'; no control characters; escapes are %XX with hexadecimal digits; in the host only
 * what may stand there, and a port of digits. "*" is one; the empty text is not.
 */
bool uri_ok(str uri);

#endif
