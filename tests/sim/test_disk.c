#include "sim/disk.h"

#include <errno.h>

#include "support/test.h"

static struct inode *
file_of(struct disk *disk, const char *name, const char *text)
{
	size_t wrote;
	struct inode *file = inode_new(disk, false);
	EXPECT(disk_link(disk, disk->root, name, file) == 0);
	EXPECT(disk_write(disk, file, 0, text, strlen(text), &wrote) == 0);
	EXPECT(disk_sync(disk, file) == 0);
	EXPECT(disk_sync(disk, disk->root) == 0);
	return file;
}

static void
expect_text(const struct inode *file, const char *text)
{
	char read[64];
	size_t n = disk_read(file, 0, read, sizeof(read));
	EXPECT_STR(((str){ read, n }), str_of(text));
}

static void
open_and_close(struct inode *file)
{
	file->opens++;
	if (--file->opens == 0)
		inode_closed(file);
}

static void
disk__a_removal_that_the_power_undid_leaves_a_file_like_any_other(void)
{
	unsigned undone = 0;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct disk disk;
		size_t wrote;
		disk_init(&disk, seed);
		struct inode *file = file_of(&disk, "log", "first");
		EXPECT(disk_unlink(&disk, disk.root, "log") == 0);
		disk_power_cut(&disk);
		if (disk_find(&disk, "/log") == NULL)
			continue;
		undone++;
		EXPECT(disk_find(&disk, "/log") == file);
		open_and_close(file);
		expect_text(file, "first");
		EXPECT(disk_write(&disk, file, 0, "later", 5, &wrote) == 0);
		EXPECT(disk_sync(&disk, file) == 0);
		open_and_close(file);
		expect_text(file, "later");
	}
	EXPECT(undone > 0 && undone < 20);
}

static void
disk__a_file_that_another_took_the_name_of_gives_its_room_back(void)
{
	struct disk disk;
	disk_init(&disk, 1);
	struct inode *there = file_of(&disk, "is", "twelve bytes");
	struct inode *comes = file_of(&disk, "new", "five!");
	EXPECT_U64(disk.used, 17);
	there->opens++;
	EXPECT(disk_rename(&disk, disk.root, "new", "is") == 0);
	EXPECT(disk_find(&disk, "/is") == comes && disk_find(&disk, "/new") == NULL);
	EXPECT_U64(disk.used, 5);
	expect_text(there, "twelve bytes"); /* as long as somebody has it open */
	there->opens--;
	inode_closed(there);
	EXPECT_U64(there->now.n, 0);
}

/* What is there already need not be remembered: no cut can undo it. After a sync that failed it
 * is not there. */
static void
disk__the_same_bytes_again_cannot_be_lost(void)
{
	unsigned lost = 0;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct disk disk;
		size_t wrote;
		disk_init(&disk, seed);
		struct inode *file = file_of(&disk, "log", "first");
		EXPECT(disk_write(&disk, file, 0, "first", 5, &wrote) == 0 && wrote == 5);
		EXPECT_U64(file->pending_n, 0);
		disk_power_cut(&disk);
		expect_text(file, "first");

		EXPECT(disk_write(&disk, file, 0, "other", 5, &wrote) == 0);
		disk.fault_at = disk.operations + 1;
		disk.fault = FAULT_IO;
		EXPECT(disk_sync(&disk, file) == EIO);
		disk.fault_at = 0;
		bool kept = memcmp(file->kept.bytes, "other", 5) == 0;
		EXPECT(disk_write(&disk, file, 0, "other", 5, &wrote) == 0);
		EXPECT_U64(file->pending_n, kept ? 0 : 1);
		EXPECT(disk_sync(&disk, file) == 0);
		disk_power_cut(&disk);
		expect_text(file, "other");
		lost += !kept;
		disk_done(&disk);
	}
	EXPECT(lost > 0);
}

static void
disk__nothing_is_written_where_it_is_read_only(void)
{
	struct disk disk;
	size_t wrote;
	disk_init(&disk, 1);
	struct inode *file = file_of(&disk, "log", "first");
	EXPECT(!disk_read_only(&disk));
	disk.fault_at = disk.operations + 1;
	disk.fault = FAULT_READ_ONLY;
	disk.fault_stays = true;
	EXPECT(disk_read_only(&disk));
	EXPECT(disk_write(&disk, file, 0, "other", 5, &wrote) == EROFS && wrote == 0);
	EXPECT(disk_unlink(&disk, disk.root, "log") == EROFS);
	expect_text(file, "first");
	disk.fault_at = 0;
	EXPECT(!disk_read_only(&disk));
	EXPECT(disk_write(&disk, file, 0, "other", 5, &wrote) == 0);
	disk_done(&disk);
}

int
main(void)
{
	RUN(disk__a_removal_that_the_power_undid_leaves_a_file_like_any_other);
	RUN(disk__a_file_that_another_took_the_name_of_gives_its_room_back);
	RUN(disk__the_same_bytes_again_cannot_be_lost);
	RUN(disk__nothing_is_written_where_it_is_read_only);
	TEST_MAIN_END();
}
