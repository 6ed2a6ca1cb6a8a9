#ifndef OS_CRASH_H
#define OS_CRASH_H

/*
 * crash -- numbered points at which a test build can die as by kill -9.
 *
 * Compiled in with -Dcrash_points=true only. FIRSTLINE_CRASH="name:k" kills the process
 * that passes the point `name` for the k-th time (k from 1); the marker file named by
 * FIRSTLINE_CRASH_ONCE is made first, and a process that finds it does not die again.
 * FIRSTLINE_CRASH_LOG, when set, gets a line for each point passed, so that a test can
 * enumerate the points of a scenario.
 */
#include "base/str.h"

#ifdef CRASH_POINTS
#define CRASH_HASTE 10 /* waits of supervision are so much shorter */
void crash_point(const char *name);
/* Dies when the bytes hold the text of FIRSTLINE_POISON. */
void crash_poison(str bytes);
#define CRASH_POINT(name) crash_point(name)
#define CRASH_POISON(bytes) crash_poison(bytes)
#else
#define CRASH_HASTE 1
#define CRASH_POINT(name) ((void)0)
#define CRASH_POISON(bytes) ((void)0)
#endif

#endif
