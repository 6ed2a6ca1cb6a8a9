#include "hands/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/env.h"
#include "os/fd.h"

static bool
finish(struct secret *ret, str reference, struct err *err)
{
	while (ret->n > 0 &&
	       (ret->bytes[ret->n - 1] == '\n' || ret->bytes[ret->n - 1] == '\r'))
		ret->n--;
	ret->bytes[ret->n] = '\0';
	if (ret->n == 0)
		return err_set(err, ERR_INVALID, "the secret '%.*s' is empty",
		    STR_ARG(reference));
	if (memchr(ret->bytes, '\0', ret->n) != NULL)
		return err_set(err, ERR_INVALID, "the secret '%.*s' holds a NUL",
		    STR_ARG(reference));
	return true;
}

static bool
from_file(const char *path, str reference, struct secret *ret, struct err *err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, ERR_IO, "the secret '%.*s'", STR_ARG(reference));
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INVALID, "the secret '%.*s' is no regular file",
		    STR_ARG(reference));
	if (st.st_mode & 077)
		return err_set(err, ERR_DENIED,
		    "the secret '%.*s' is open to others: chmod 600 it",
		    STR_ARG(reference));
	for (ret->n = 0;;) {
		if (ret->n > SECRET_MAX)
			return err_set(err, ERR_LIMIT, "the secret '%.*s' is over %d bytes",
			    STR_ARG(reference), SECRET_MAX);
		ssize_t n = read(fd, ret->bytes + ret->n, sizeof(ret->bytes) - ret->n);
		if (n < 0)
			return err_sys(err, ERR_IO, "the secret '%.*s'",
			    STR_ARG(reference));
		if (n == 0)
			return finish(ret, reference, err);
		ret->n += (size_t)n;
	}
}

static bool
from_environment(const char *name, str reference, struct secret *ret, struct err *err)
{
	const char *value = env_get(name);
	if (value == NULL)
		return err_set(err, ERR_NOT_FOUND, "the secret '%.*s' is not set",
		    STR_ARG(reference));
	ret->n = strlen(value);
	if (ret->n > SECRET_MAX)
		return err_set(err, ERR_LIMIT, "the secret '%.*s' is over %d bytes",
		    STR_ARG(reference), SECRET_MAX);
	memcpy(ret->bytes, value, ret->n);
	return finish(ret, reference, err);
}

bool
secret_get(str reference, struct secret *ret, struct err *err)
{
	char text[PATH_MAX];
	struct str_cut parts = str_cut(reference, ':');
	bool file = str_eq(parts.head, STR("file"));
	bool environment = str_eq(parts.head, STR("env"));
	if ((!file && !environment) || parts.tail.n == 0 || parts.tail.n >= sizeof(text))
		return err_set(err, ERR_INVALID,
		    "a secret is 'file:/path' or 'env:NAME'"); /* what it is may be one */
	memcpy(text, parts.tail.p, parts.tail.n);
	text[parts.tail.n] = '\0';
	ret->n = 0;
	bool ok = file ? from_file(text, reference, ret, err)
	               : from_environment(text, reference, ret, err);
	if (!ok)
		secret_wipe(ret);
	return ok;
}

void
secret_wipe(struct secret *secret)
{
	explicit_bzero(secret, sizeof(*secret));
}
