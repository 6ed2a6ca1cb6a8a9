#include "sim/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR_SMALL 512u
#define SECTOR_LARGE 4096u

static void *
grown(void *p, size_t *cap, size_t n, size_t size)
{
	if (n < *cap)
		return p;
	*cap = *cap == 0 ? 8 : 2 * *cap;
	p = realloc(p, *cap * size);
	ASSERT(p != NULL);
	return p;
}

static void
reserve(uint8_t **bytes, size_t *cap, size_t n)
{
	if (n <= *cap)
		return;
	size_t want = *cap == 0 ? 4096 : *cap;
	/* Room that nobody touches costs nothing; to move what is there does. */
	while (want < n)
		want *= want < (64u << 10) ? 2 : 8;
	*bytes = realloc(*bytes, want);
	ASSERT(*bytes != NULL);
	*cap = want;
}

struct inode *
inode_new(struct disk *disk, bool folder)
{
	static uint64_t numbers;
	struct inode *inode = calloc(1, sizeof(*inode));
	ASSERT(inode != NULL);
	inode->number = ++numbers;
	inode->folder = folder;
	inode->next = disk->all;
	disk->all = inode;
	return inode;
}

void
disk_init(struct disk *disk, uint64_t seed)
{
	*disk = (struct disk){ .rng = { seed } };
	disk->root = inode_new(disk, true);
}

/* ---- names ---- */

static size_t
name_at(const struct folder_names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++) {
		if (strcmp(names->item[i].name, name) == 0)
			return i;
	}
	return SIZE_MAX;
}

struct inode *
disk_name(const struct inode *folder, const char *name)
{
	size_t i = name_at(&folder->names, name);
	return i == SIZE_MAX ? NULL : folder->names.item[i].inode;
}

static void
names_put(struct folder_names *names, const char *name, struct inode *inode)
{
	size_t i = name_at(names, name);
	if (i == SIZE_MAX) {
		names->item =
		    grown(names->item, &names->cap, names->n, sizeof(*names->item));
		i = names->n++;
	}
	memset(names->item[i].name, 0, DISK_NAME_MAX);
	memcpy(names->item[i].name, name, strlen(name));
	names->item[i].inode = inode;
}

static void
names_drop(struct folder_names *names, const char *name)
{
	size_t i = name_at(names, name);
	if (i == SIZE_MAX)
		return;
	memmove(&names->item[i], &names->item[i + 1],
	    (names->n - i - 1) * sizeof(*names->item));
	names->n--;
}

struct inode *
disk_folder_of(const struct disk *disk, const char *path, const char **ret)
{
	struct inode *at = disk->root;
	while (*path == '/')
		path++;
	for (const char *slash; at != NULL && (slash = strchr(path, '/')) != NULL;) {
		char name[DISK_NAME_MAX] = "";
		ASSERT((size_t)(slash - path) < sizeof(name));
		memcpy(name, path, (size_t)(slash - path));
		at = disk_name(at, name);
		path = slash + 1;
	}
	*ret = path;
	return at;
}

struct inode *
disk_find(const struct disk *disk, const char *path)
{
	const char *name;
	struct inode *folder = disk_folder_of(disk, path, &name);
	if (folder == NULL || name[0] == '\0')
		return folder;
	return disk_name(folder, name);
}

/* ---- faults ---- */

/* Counts an operation; an errno when it is the one that fails. */
static int
operate(struct disk *disk)
{
	uint64_t n = ++disk->operations;
	if (disk->fault_at == 0 || n < disk->fault_at ||
	    (n > disk->fault_at && !disk->fault_stays))
		return 0;
	disk->faulted++;
	switch (disk->fault) {
	case FAULT_NONE:
		return 0;
	case FAULT_IO:
		return EIO;
	case FAULT_NO_SPACE:
		return ENOSPC;
	case FAULT_READ_ONLY:
		return EROFS;
	case FAULT_SHORT:
		return -1; /* a write takes a part; what else fails as EIO */
	}
	UNREACHABLE();
}

bool
disk_read_only(const struct disk *disk)
{
	return disk->fault == FAULT_READ_ONLY && disk->fault_at != 0 && disk->fault_stays &&
	       disk->operations + 1 >= disk->fault_at;
}

static void
change_name(struct inode *folder, const char *name, const char *from, struct inode *inode)
{
	ASSERT(strlen(name) < DISK_NAME_MAX && strlen(from) < DISK_NAME_MAX);
	folder->renaming = grown(folder->renaming, &folder->renaming_cap,
	    folder->renaming_n, sizeof(*folder->renaming));
	struct renaming *r = &folder->renaming[folder->renaming_n++];
	memset(r, 0, sizeof(*r));
	memcpy(r->name, name, strlen(name));
	memcpy(r->from, from, strlen(from));
	r->inode = inode;
}

static void
apply_name(struct folder_names *names, const struct renaming *r)
{
	if (r->from[0] != '\0')
		names_drop(names, r->from);
	if (r->inode != NULL)
		names_put(names, r->name, r->inode);
	else
		names_drop(names, r->name);
}

int
disk_link(struct disk *disk, struct inode *folder, const char *name, struct inode *inode)
{
	int error = operate(disk);
	if (error != 0)
		return error < 0 ? EIO : error;
	names_put(&folder->names, name, inode);
	change_name(folder, name, "", inode);
	return 0;
}

static void
lose_name(struct disk *disk, struct inode *inode)
{
	disk->used -= inode->now.n < disk->used ? inode->now.n : disk->used;
	inode->unlinked = true;
	if (inode->opens == 0)
		inode_closed(inode);
}

int
disk_unlink(struct disk *disk, struct inode *folder, const char *name)
{
	struct inode *inode = disk_name(folder, name);
	if (inode == NULL)
		return ENOENT;
	if (inode->folder && inode->names.n > 0)
		return ENOTEMPTY;
	int error = operate(disk);
	if (error != 0)
		return error < 0 ? EIO : error;
	names_drop(&folder->names, name);
	change_name(folder, name, "", NULL);
	lose_name(disk, inode);
	return 0;
}

int
disk_rename(struct disk *disk, struct inode *folder, const char *from, const char *to)
{
	struct inode *inode = disk_name(folder, from);
	struct inode *there = disk_name(folder, to);
	if (inode == NULL)
		return ENOENT;
	if (there != NULL && there->folder && there->names.n > 0)
		return ENOTEMPTY;
	int error = operate(disk);
	if (error != 0)
		return error < 0 ? EIO : error;
	names_drop(&folder->names, from);
	names_put(&folder->names, to, inode);
	change_name(folder, to, from, inode);
	if (there != NULL)
		lose_name(disk, there);
	return 0;
}

/* ---- bytes ---- */

/* A copy of what a file holds, what processes see or what is kept; of ballast its length. */
static void
put(const struct inode *inode, struct copy *copy, uint64_t at, const void *from, size_t n)
{
	if (!inode->ballast) {
		reserve(&copy->bytes, &copy->cap, (size_t)at + n);
		if (at > copy->n)
			memset(copy->bytes + copy->n, 0, (size_t)at - copy->n);
		if (n > 0)
			memcpy(copy->bytes + at, from, n);
	}
	if (at + n > copy->n)
		copy->n = (size_t)at + n;
}

static void
resize(const struct inode *inode, struct copy *copy, size_t n)
{
	if (!inode->ballast) {
		reserve(&copy->bytes, &copy->cap, n);
		if (n > copy->n)
			memset(copy->bytes + copy->n, 0, n - copy->n);
	}
	copy->n = n;
}

static struct pending *
pending_add(struct inode *inode)
{
	inode->pending = grown(inode->pending, &inode->pending_cap, inode->pending_n,
	    sizeof(*inode->pending));
	return &inode->pending[inode->pending_n++];
}

static bool
holds(const struct copy *copy, uint64_t at, const void *bytes, size_t n)
{
	return copy->bytes != NULL && at <= copy->n && n <= copy->n - at &&
	       memcmp(copy->bytes + at, bytes, n) == 0;
}

/* Whatever a power cut leaves of such a write, it leaves the same: a log that is written again
 * at a start is most of what is written at all. */
static bool
is_there(const struct inode *inode, uint64_t at, const void *bytes, size_t n)
{
	return inode->pending_n == 0 && holds(&inode->now, at, bytes, n) &&
	       holds(&inode->kept, at, bytes, n);
}

int
disk_write(struct disk *disk, struct inode *inode, uint64_t at, const void *bytes, size_t n,
    size_t *ret_n)
{
	*ret_n = 0;
	if (inode->in_memory) {
		put(inode, &inode->now, at, bytes, n);
		*ret_n = n;
		return 0;
	}
	int error = operate(disk);
	if (error > 0)
		return error;
	if (error < 0)
		n /= 2;
	*ret_n = n;
	if (is_there(inode, at, bytes, n))
		return 0;
	*ret_n = 0;
	size_t grows = at + n > inode->now.n ? (size_t)at + n - inode->now.n : 0;
	if (disk->capacity != 0 && disk->used + grows > disk->capacity)
		return ENOSPC;
	disk->used += grows;
	put(inode, &inode->now, at, bytes, n);
	struct pending *p = pending_add(inode);
	*p = (struct pending){ .kind = PENDING_WRITE, .at = at, .n = n };
	*ret_n = n;
	if (inode->ballast)
		return 0;
	p->bytes = malloc(n > 0 ? n : 1);
	ASSERT(p->bytes != NULL);
	memcpy(p->bytes, bytes, n);
	return 0;
}

int
disk_truncate(struct disk *disk, struct inode *inode, uint64_t n)
{
	int error = operate(disk);
	if (error != 0)
		return error < 0 ? EIO : error;
	if (disk->capacity != 0 && n > inode->now.n &&
	    disk->used + (n - inode->now.n) > disk->capacity)
		return ENOSPC;
	disk->used += n;
	disk->used -= inode->now.n < disk->used ? inode->now.n : disk->used;
	resize(inode, &inode->now, (size_t)n);
	*pending_add(inode) = (struct pending){ .kind = PENDING_SIZE, .n = (size_t)n };
	return 0;
}

size_t
disk_read(const struct inode *inode, uint64_t at, void *ret, size_t n)
{
	if (at >= inode->now.n)
		return 0;
	if (n > inode->now.n - at)
		n = inode->now.n - (size_t)at;
	ASSERT(!inode->ballast);
	memcpy(ret, inode->now.bytes + at, n);
	return n;
}

/* ---- keeping ---- */

static void
keep(struct inode *inode, const struct pending *p, uint64_t from, size_t n)
{
	const uint8_t *bytes = p->bytes == NULL ? NULL : p->bytes + (from - p->at);
	put(inode, &inode->kept, from, bytes, n);
}

static void
keep_whole(struct inode *inode, const struct pending *p)
{
	if (p->kind == PENDING_SIZE)
		resize(inode, &inode->kept, p->n);
	else
		keep(inode, p, p->at, p->n);
}

/* Sector by sector, by chance: of 8, so many are kept. */
static void
keep_torn(struct disk *disk, struct inode *inode, const struct pending *p, unsigned of8,
    size_t sector)
{
	if (p->kind == PENDING_SIZE) {
		if (rng_below(&disk->rng, 8) < of8)
			keep_whole(inode, p);
		return;
	}
	uint64_t end = p->at + p->n;
	for (uint64_t at = p->at; at < end;) {
		uint64_t next = (at / sector + 1) * sector;
		size_t n = (size_t)((next < end ? next : end) - at);
		if (rng_below(&disk->rng, 8) < of8)
			keep(inode, p, at, n);
		at += n;
	}
}

static void
forget_pending(struct inode *inode)
{
	for (size_t i = 0; i < inode->pending_n; i++)
		free(inode->pending[i].bytes);
	inode->pending_n = 0;
}

void
disk_done(struct disk *disk)
{
	for (struct inode *it = disk->all; it != NULL; it = it->next) {
		forget_pending(it);
		free(it->pending);
		free(it->now.bytes);
		free(it->kept.bytes);
		free(it->names.item);
		free(it->kept_names.item);
		free(it->renaming);
		*it = (struct inode){ .next = it->next, .number = it->number };
	}
}

void
inode_closed(struct inode *inode)
{
	if (!inode->unlinked || inode->folder)
		return;
	forget_pending(inode);
	free(inode->now.bytes);
	inode->now = (struct copy){ 0 };
}

static void
keep_names(struct inode *folder, size_t n)
{
	for (size_t i = 0; i < n; i++)
		apply_name(&folder->kept_names, &folder->renaming[i]);
	folder->renaming_n = 0;
}

static void
keep_some(struct disk *disk, struct inode *inode)
{
	static const unsigned shares[] = { 0, 1, 4, 4, 7, 8 };
	unsigned of8 = shares[rng_below(&disk->rng, countof(shares))];
	size_t sector = rng_below(&disk->rng, 2) == 0 ? SECTOR_SMALL : SECTOR_LARGE;
	for (size_t i = 0; i < inode->pending_n; i++)
		keep_torn(disk, inode, &inode->pending[i], of8, sector);
	forget_pending(inode);
	keep_names(inode, (size_t)rng_below(&disk->rng, inode->renaming_n + 1));
}

int
disk_sync(struct disk *disk, struct inode *inode)
{
	int error = operate(disk);
	disk->syncs++;
	if (error != 0) {
		keep_some(disk, inode);
		return error < 0 ? EIO : error;
	}
	if (disk->lies)
		return 0;
	for (size_t i = 0; i < inode->pending_n; i++)
		keep_whole(inode, &inode->pending[i]);
	forget_pending(inode);
	keep_names(inode, inode->renaming_n);
	return 0;
}

static void
copy_names(struct folder_names *to, const struct folder_names *from)
{
	to->n = 0;
	for (size_t i = 0; i < from->n; i++)
		names_put(to, from->item[i].name, from->item[i].inode);
}

static uint64_t
bytes_below(const struct inode *folder)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < folder->names.n; i++) {
		const struct inode *inode = folder->names.item[i].inode;
		bytes += inode->folder ? bytes_below(inode) : inode->now.n;
	}
	return bytes;
}

/* Whose removal the disk did not keep has its name again, and is a file like any other: to
 * close it must not take its bytes. */
static void
find_unlinked(struct disk *disk)
{
	for (struct inode *inode = disk->all; inode != NULL; inode = inode->next)
		inode->unlinked = true;
	for (struct inode *folder = disk->all; folder != NULL; folder = folder->next) {
		for (size_t i = 0; i < folder->names.n; i++)
			folder->names.item[i].inode->unlinked = false;
	}
}

void
disk_power_cut(struct disk *disk)
{
	for (struct inode *inode = disk->all; inode != NULL; inode = inode->next) {
		if (inode->in_memory)
			continue;
		keep_some(disk, inode);
		inode->exclusive = 0;
		inode->shared = inode->opens = 0;
		if (inode->folder) {
			copy_names(&inode->names, &inode->kept_names);
			continue;
		}
		resize(inode, &inode->now, inode->kept.n);
		if (inode->kept.n > 0 && !inode->ballast)
			memcpy(inode->now.bytes, inode->kept.bytes, inode->kept.n);
	}
	find_unlinked(disk);
	disk->used = bytes_below(disk->root);
}
