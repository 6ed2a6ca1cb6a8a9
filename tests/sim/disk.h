#ifndef TESTS_SIM_DISK_H
#define TESTS_SIM_DISK_H

#include "base/base.h"
#include "sim/rng.h"

/*
 * disk -- files and folders in memory, as an honest disk has them: what processes see, and
 * apart from it what a power cut leaves.
 *
 * A write is kept by a sync of its file, a name by a sync of its folder. At a power cut each
 * sector (512 bytes or 4 KiB) of each write since the last sync is kept or not, by chance,
 * so writes are lost, torn and reordered; of the changes of names in a folder a first part
 * is kept. A sync that fails keeps some of it, and what it did not keep is taken for kept
 * from then on, as kernels do.
 */
#define DISK_NAME_MAX 64

struct inode;

/* What a fault does at the operation with number `at`. */
enum disk_fault { FAULT_NONE, FAULT_IO, FAULT_NO_SPACE, FAULT_SHORT, FAULT_READ_ONLY };

struct disk {
	struct rng rng;
	struct inode *root;
	struct inode *all;
	uint64_t capacity; /* bytes; 0: endless */
	uint64_t used;
	uint64_t operations; /* writes, syncs, truncations, names */
	uint64_t fault_at;   /* the operation that fails; 0: none */
	bool fault_stays;    /* and all after it */
	enum disk_fault fault;
	uint64_t faulted;
	bool lies; /* syncs keep nothing: a bug of the simulation's own making */
	uint64_t syncs;
};

struct disk_name {
	char name[DISK_NAME_MAX];
	struct inode *inode;
};

struct folder_names {
	struct disk_name *item;
	size_t n, cap;
};

struct pending {
	enum { PENDING_WRITE = 1, PENDING_SIZE } kind;
	uint64_t at;
	size_t n;
	uint8_t *bytes; /* NULL of ballast */
};

struct renaming {
	char name[DISK_NAME_MAX];
	char from[DISK_NAME_MAX]; /* empty: a new or removed name */
	struct inode *inode;      /* NULL: removed */
};

struct copy {
	uint8_t *bytes; /* NULL of ballast */
	size_t n, cap;
};

struct inode {
	struct inode *next;
	uint64_t number;
	bool folder;
	bool in_memory; /* a memfd: no disk at all */
	bool ballast; /* it only takes room: nobody reads it, and no byte of it is stored */
	bool unlinked;  /* it has no name any more */
	unsigned opens; /* open files of it */
	struct copy now, kept;
	struct pending *pending;
	size_t pending_n, pending_cap;
	struct folder_names names, kept_names;
	struct renaming *renaming;
	size_t renaming_n, renaming_cap;
	/* flock: whose, as a number of an open file; 0: nobody's */
	uint64_t exclusive;
	unsigned shared;
	void *shared_memory; /* vfs.c's */
};

void disk_init(struct disk *disk, uint64_t seed);
/* Gives back all that its files hold. The inodes stay: who died may still point to one. */
void disk_done(struct disk *disk);

/* Nothing on it can be opened to be written. */
bool disk_read_only(const struct disk *disk);

/* A path like "/sim/state/x"; NULL: there is none. */
struct inode *disk_find(const struct disk *disk, const char *path);
/* The folder of a path, and its last name. */
struct inode *disk_folder_of(const struct disk *disk, const char *path, const char **ret);
struct inode *disk_name(const struct inode *folder, const char *name);
struct inode *inode_new(struct disk *disk, bool folder);
/* Nobody has it open: when it has no name either, its bytes go. */
void inode_closed(struct inode *inode);

/* Each returns 0 or an errno. */
int disk_link(struct disk *disk, struct inode *folder, const char *name,
    struct inode *inode);
int disk_unlink(struct disk *disk, struct inode *folder, const char *name);
int disk_rename(struct disk *disk, struct inode *folder, const char *from, const char *to);
/* *ret_n: how much of it was written, also when it failed. */
int disk_write(struct disk *disk, struct inode *inode, uint64_t at, const void *bytes,
    size_t n, size_t *ret_n);
int disk_truncate(struct disk *disk, struct inode *inode, uint64_t n);
int disk_sync(struct disk *disk, struct inode *inode);
size_t disk_read(const struct inode *inode, uint64_t at, void *ret, size_t n);

/* What was not kept is gone; nobody holds a lock. */
void disk_power_cut(struct disk *disk);

#endif
