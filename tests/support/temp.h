#ifndef TESTS_TEMP_H
#define TESTS_TEMP_H

/*
 * temp -- a folder of the test's own, gone when the test ends (not when a child of it does).
 */
#define TEMP_PATH_MAX 128

/* Makes it, 0700; ends the test where that fails. `ret` has TEMP_PATH_MAX bytes. */
void temp_folder(char *ret);
/* Removes a folder and all in it. */
void temp_remove(const char *path);

#endif
