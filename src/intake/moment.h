#ifndef INTAKE_MOMENT_H
#define INTAKE_MOMENT_H

#include "base/str.h"

/*
 * moment -- the spellings of date and time that Alertmanager's API takes:
 *
 *	2026-11-23T07:32:43.632Z        any number of digits in the fraction, or none;
 *	2026-11-23T07:32:43+02:00       a comma does for the point
 *	2026-11-23T07:32:43.632+0200    without colon after 3 or 6 digits only
 *	2026-11-23T07:32:43.5           no zone: UTC
 *	2026-11-23T07:32Z, 2026-11-23T07:32, 2026-11-23 07:32:43, 2026-11-23
 *
 * The empty text and Go's zero time (0001-01-01T00:00:00Z) are "not set": 0. Other times
 * before 1970 become the first millisecond of it, those after 9999 its last; digits
 * beyond the millisecond are cut off.
 */
#define MOMENT_MAX UINT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

NODISCARD bool moment_parse(str text, msec *ret);

#endif
