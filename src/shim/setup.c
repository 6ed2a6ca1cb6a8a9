/*
 * setup -- what the shim is told besides its arguments: how to confine, and secrets.
 */
#include "shim/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

bool
say(struct said *ret, int error, const char *what)
{
	ret->value = error;
	ret->failed = true;
	(void)snprintf(ret->what, sizeof(ret->what), "%s", what);
	return false;
}

static bool
read_number(const char *text, unsigned *ret)
{
	uint64_t value;
	if (!parse_u64(text, &value) || value >= UINT32_MAX)
		return false;
	*ret = (unsigned)value;
	return true;
}

static bool
read_profile(struct setup *setup, const char *text)
{
	setup->offline = strcmp(text, SHIM_PROFILE_OFFLINE) == 0;
	setup->confined = setup->offline || strcmp(text, SHIM_PROFILE_CONTAINED) == 0;
	return setup->confined || strcmp(text, SHIM_PROFILE_NONE) == 0;
}

/* Shorter ones first: what lies below another is put into it, not covered by it. */
static bool
add_path(struct setup *setup, const char *path, bool writable)
{
	if (setup->paths_n == SHIM_PATHS_MAX || path[0] != '/')
		return false;
	size_t at = setup->paths_n++;
	for (; at > 0 && strlen(setup->paths[at - 1]) > strlen(path); at--) {
		setup->paths[at] = setup->paths[at - 1];
		setup->writable[at] = setup->writable[at - 1];
	}
	setup->paths[at] = path;
	setup->writable[at] = writable;
	return true;
}

static bool
add_secret(struct setup *setup, char *text)
{
	char *value = strchr(text, '=');
	if (setup->secrets_n == SHIM_SECRETS_MAX || value == NULL)
		return false;
	*value++ = '\0';
	int made = memfd_create(text, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int fd =
	    fcntl(made, F_DUPFD_CLOEXEC, SETUP_FDS); /* out of the way of those below */
	(void)close(made);
	if (fd < 0)
		return false;
	setup->secrets[setup->secrets_n++] = (struct secret_view){ text, value, fd };
	return write_all(fd, value, strlen(value)) &&
	       fcntl(fd, F_ADD_SEALS,
		   F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
}

static bool
add_hidden(struct setup *setup, const char *value)
{
	if (setup->hidden_n == SHIM_SECRETS_MAX)
		return false;
	setup->hidden[setup->hidden_n++] = value;
	return true;
}

static bool
read_text(struct setup *setup, char *name)
{
	unsigned number;
	char *value = strchr(name, '=');
	if (value == NULL)
		return false;
	*value++ = '\0';
	if (strcmp(name, "profile") == 0) {
		/* Another one could take back what the first confined. */
		bool first = !setup->has_profile;
		return setup->has_profile = first && read_profile(setup, value);
	}
	if (strcmp(name, "pillars") == 0)
		return read_number(value, &setup->pillars);
	if (strcmp(name, "uid") == 0)
		return setup->has_user = read_number(value, &setup->uid);
	if (strcmp(name, "gid") == 0)
		return read_number(value, &setup->gid);
	if (strcmp(name, "shared") == 0)
		return setup->shared = read_number(value, &number);
	if (strcmp(name, "read") == 0 || strcmp(name, "write") == 0)
		return add_path(setup, value, name[0] == 'w');
	if (strcmp(name, "hide") == 0)
		return add_hidden(setup, value);
	return strcmp(name, "secret") == 0 && add_secret(setup, value);
}

/* To its end: what is missing could be what confines it. */
static bool
read_bytes(struct setup *setup)
{
	while (setup->n < sizeof(setup->bytes)) {
		ssize_t n = pread(SHIM_FD_SETUP, setup->bytes + setup->n,
		    sizeof(setup->bytes) - setup->n, (off_t)setup->n);
		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return false;
		setup->n += n > 0 ? (size_t)n : 0;
	}
	return true;
}

bool
setup_read(struct setup *setup)
{
	setup->shim_uid = (unsigned)geteuid();
	setup->shim_gid = (unsigned)getegid();
	bool whole = read_bytes(setup);
	(void)close(SHIM_FD_SETUP);
	return whole && setup_take(setup);
}

bool
setup_take(struct setup *setup)
{
	for (size_t at = 0; at < setup->n;) {
		char *end = memchr(setup->bytes + at, '\0', setup->n - at);
		if (end == NULL || !read_text(setup, setup->bytes + at))
			return false;
		at = (size_t)(end - setup->bytes) + 1;
	}
	return setup->has_profile;
}

void
setup_forget(struct setup *setup)
{
	if (setup->secrets_n + setup->hidden_n > 0)
		explicit_bzero(setup->bytes, setup->n);
}

void
setup_teach(struct setup *setup, struct redactor *redactor)
{
	for (size_t i = 0; i < setup->secrets_n; i++) {
		const char *value = setup->secrets[i].value;
		(void)redact_add(redactor, value, strlen(value));
		(void)close(setup->secrets[i].fd);
	}
	for (size_t i = 0; i < setup->hidden_n; i++)
		(void)redact_add(redactor, setup->hidden[i], strlen(setup->hidden[i]));
	redact_ready(redactor);
	setup_forget(setup);
}
