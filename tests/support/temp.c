#include "support/temp.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"

#define TEMP_FOLDERS_MAX 128

static struct temp {
	pid_t owner;
	char path[TEMP_PATH_MAX];
} folders[TEMP_FOLDERS_MAX];
static size_t folder_n;

void
temp_remove(const char *path)
{
	DIR *dir = opendir(path);
	if (dir == NULL)
		return;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		const char *name = entry->d_name;
		if (name[0] == '.' &&
		    (name[1] == '\0' || (name[1] == '.' && name[2] == '\0')))
			continue;
		char below[4096];
		(void)snprintf(below, sizeof(below), "%s/%s", path, name);
		struct stat st;
		if (lstat(below, &st) == 0 && S_ISDIR(st.st_mode))
			temp_remove(below);
		else
			(void)unlink(below);
	}
	(void)closedir(dir);
	(void)rmdir(path);
}

static void
remove_all(void)
{
	for (size_t i = 0; i < folder_n; i++) {
		if (folders[i].owner == getpid())
			temp_remove(folders[i].path);
	}
}

void
temp_folder(char *ret)
{
	ASSERT(folder_n < TEMP_FOLDERS_MAX);
	if (folder_n == 0)
		ASSERT(atexit(remove_all) == 0);
	struct temp *folder = &folders[folder_n++];
	folder->owner = getpid();
	/* In memory where there is such a place: a test does not wait for a disk. */
	(void)snprintf(folder->path, TEMP_PATH_MAX, "/dev/shm/firstline-test-XXXXXX");
	if (mkdtemp(folder->path) == NULL) {
		(void)snprintf(folder->path, TEMP_PATH_MAX, "/tmp/firstline-test-XXXXXX");
		ASSERT(mkdtemp(folder->path) != NULL);
	}
	(void)snprintf(ret, TEMP_PATH_MAX, "%s", folder->path);
}
