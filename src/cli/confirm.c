#include "cli/confirm.h"

#include <stdio.h>
#include <unistd.h>

#include "base/str.h"

bool
confirm_can(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool
confirm(const char *question)
{
	char line[16];
	(void)fprintf(stderr, "%s [y/N] ", question);
	(void)fflush(stderr);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return false;
	str said = str_trim(str_of(line));
	return str_eq(said, STR("y")) || str_eq(said, STR("yes"));
}
