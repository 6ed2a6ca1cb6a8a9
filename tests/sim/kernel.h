#ifndef TESTS_SIM_KERNEL_H
#define TESTS_SIM_KERNEL_H

#include "sim/disk.h"

/*
 * kernel -- the system calls of the roles under simulation: files below /sim on a simulated
 * disk, folders, flock, memfds, and socket pairs with descriptors in them.
 *
 * The linker gives the roles' calls to us (--wrap); what is not ours, by its path or its
 * number, goes on to the real kernel. Each call of a role is a point at which it can die.
 */
#define KERNEL_FD_FIRST 1000
#define KERNEL_FD_MAX 3000

struct process;
struct open_file;

struct kernel {
	struct disk disk;
	struct process *now; /* whose code runs; NULL: the simulation's own */
	/* Called at the beginning of each call of a role. */
	void (*enter)(const char *call);
	/* A sync takes its time. */
	void (*syncs)(void);
	/* Whose code runs waits so long. */
	void (*sleeps)(msec ms);
	uint64_t (*random)(void);
	msec (*wall)(void);
};
extern struct kernel kernel;

bool kernel_readable(int fd);
bool kernel_writable(int fd);
/* A descriptor that is readable while it is set. */
int kernel_event(void);
void kernel_event_set(int fd, bool set);
void kernel_give(int fd, const struct process *owner);
/* All that a process has open. */
void kernel_close_all(const struct process *owner);
/* The open file once more, as a child that inherits it has it; given back by _drop. */
struct open_file *kernel_inherit(int fd);
void kernel_drop(struct open_file *file);
struct inode *kernel_inode(const struct open_file *file);

#endif
