#ifndef TESTS_SIM_VFS_H
#define TESTS_SIM_VFS_H

#include "sim/disk.h"

/*
 * vfs -- SQLite's files on the simulated disk: its default from then on. SQLite works in one
 * thread, without mutexes: a role that dies amid a call leaves none behind.
 */
void vfs_register(void);
/* The process that had them is gone: its locks and its shared memory too. */
void vfs_forget(const struct disk *disk);

#endif
