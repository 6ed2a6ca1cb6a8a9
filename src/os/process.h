#ifndef OS_PROCESS_H
#define OS_PROCESS_H

#include "base/base.h"

/*
 * process -- is a process, which is no child of ours, still there?
 *
 * Numbers are given again, so one is told by the kernel's start time of it too (field 22 of
 * /proc/PID/stat; 0: not known). What cannot be found out counts as there; one that only
 * waits to be reaped does not.
 */
NODISCARD bool process_there(uint64_t pid, uint64_t start);

#endif
