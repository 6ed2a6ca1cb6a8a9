#include "hands/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
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
from_file(const char *path, mode_t others, str reference, struct secret *ret,
    struct err *err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, ERR_IO, "the secret '%.*s'", STR_ARG(reference));
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INVALID, "the secret '%.*s' is no regular file",
		    STR_ARG(reference));
	if (st.st_mode & others)
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

/* systemd guards the folder as a whole; where the server has a user of its own the file's
 * mode shows the mask of an access list, so its group's bits say nothing. */
static bool
from_credential(const char *name, str reference, struct secret *ret, struct err *err)
{
	char path[PATH_MAX];
	const char *folder = env_get("CREDENTIALS_DIRECTORY");
	if (folder == NULL)
		return err_set(err, ERR_NOT_FOUND,
		    "the secret '%.*s': systemd handed no credentials to this server",
		    STR_ARG(reference));
	int n = snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (name[0] == '.' || strchr(name, '/') != NULL || n < 0 ||
	    (size_t)n >= sizeof(path))
		return err_set(err, ERR_INVALID,
		    "the secret '%.*s' is no credential's name", STR_ARG(reference));
	return from_file(path, 07, reference, ret, err);
}

static bool
from_source(str kind, const char *what, str reference, struct secret *ret, struct err *err)
{
	if (str_eq(kind, STR("file")))
		return from_file(what, 077, reference, ret, err);
	if (str_eq(kind, STR("cred")))
		return from_credential(what, reference, ret, err);
	return from_environment(what, reference, ret, err);
}

bool
secret_masked(str reference)
{
	return str_eq(reference, SECRET_MASKED);
}

bool
secret_get(str reference, struct secret *ret, struct err *err)
{
	char text[PATH_MAX];
	struct str_cut parts = str_cut(reference, ':');
	if (secret_masked(reference)) {
		ret->n = strlen(SECRET_SHOWN);
		memcpy(ret->bytes, SECRET_SHOWN, ret->n + 1);
		return true;
	}
	bool known = str_eq(parts.head, STR("cred")) || str_eq(parts.head, STR("file")) ||
	             str_eq(parts.head, STR("env"));
	/* What it is may be one: it is not repeated. */
	if (!known || parts.tail.n == 0 || parts.tail.n >= sizeof(text))
		return err_set(err, ERR_INVALID,
		    "a secret is 'cred:NAME', 'file:/path' or 'env:NAME'");
	memcpy(text, parts.tail.p, parts.tail.n);
	text[parts.tail.n] = '\0';
	ret->n = 0;
	if (from_source(parts.head, text, reference, ret, err))
		return true;
	secret_wipe(ret);
	return false;
}

void
secret_wipe(struct secret *secret)
{
	explicit_bzero(secret, sizeof(*secret));
}
