#include "node/git.h"

#include <unistd.h>

#include "node/output.h"

#define ARGS_MAX 16
#define ARGS_BYTES_MAX 8192

/* posix_spawn wants arguments that could be written to, and leaves them alone. */
static bool
copy_args(const char *const *argv, char *bytes, char **ret)
{
	size_t used = 0, n = 0;
	for (; argv[n] != NULL; n++) {
		size_t size = strlen(argv[n]) + 1;
		if (n + 1 == ARGS_MAX || size > ARGS_BYTES_MAX - used)
			return false;
		ret[n] = memcpy(bytes + used, argv[n], size);
		used += size;
	}
	ret[n] = NULL;
	return true;
}

bool
git_output(const char *const *argv, struct buf *out, struct err *err)
{
	char bytes[ARGS_BYTES_MAX];
	char *args[ARGS_MAX];
	bool well;
	if (!copy_args(argv, bytes, args))
		return err_set(err, ERR_LIMIT, "too much to tell git");
	struct output_order order = { args[0], args, environ, -1, 0 };
	if (!output_of(&order, out, &well, err))
		return false;
	if (!well)
		return err_set(err, ERR_NOT_FOUND, "git knows nothing of it");
	return true;
}
