#include "hands/setup.h"

#include <errno.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hands/secrets.h"
#include "model/model.h"
#include "os/fd.h"
#include "os/file.h"
#include "shim/redact.h"
#include "shim/shim.h"

#define HOLDS (SHIM_HAS_NO_NEW_PRIVS | SHIM_HAS_LANDLOCK | SHIM_HAS_SECCOMP)

static const struct {
	unsigned bit;
	struct setup_gap gap;
} pillar_gaps[] = {
	{ SHIM_HAS_NO_NEW_PRIVS,
	    { "sandbox: no_new_privs",
		"confined actions can gain privileges by setuid programs" } },
	{ SHIM_HAS_LANDLOCK,
	    { "sandbox: landlock",
		"the files of confined actions are held by a mount namespace alone" } },
	{ SHIM_HAS_SECCOMP,
	    { "sandbox: seccomp", "system calls of confined actions are not filtered" } },
	{ SHIM_HAS_NAMESPACES,
	    { "sandbox: namespaces",
		"confined actions see other processes and have no /tmp of their own (user "
		"namespaces are off, and the server is not root)" } },
	{ SHIM_HAS_NET,
	    { "sandbox: network",
		"offline actions have no network namespace: a filter alone keeps them off "
		"the network" } },
	{ SHIM_HAS_CGROUP,
	    { "sandbox: cgroup",
		"memory is limited for each process of a confined action, not for all of "
		"them (no pids and memory controllers delegated)" } },
	{ SHIM_HAS_SCOPES,
	    { "sandbox: scopes",
		"contained actions reach abstract sockets of others (it needs Landlock ABI "
		"6, Linux 6.12)" } },
};

const struct setup_gap *
setup_gap_at(const struct model *model, unsigned pillars, size_t i)
{
	unsigned asked = model->sandboxes;
	bool contained = asked & 1u << SANDBOX_CONTAINED,
	     offline = asked & 1u << SANDBOX_OFFLINE;
	for (size_t k = 0; k < countof(pillar_gaps) && (contained || offline); k++) {
		bool wanted = pillar_gaps[k].bit == SHIM_HAS_NET      ? offline
		              : pillar_gaps[k].bit == SHIM_HAS_SCOPES ? contained
		                                                      : true;
		if (wanted && (pillars & pillar_gaps[k].bit) == 0 && i-- == 0)
			return &pillar_gaps[k].gap;
	}
	return NULL;
}

/* All of it, and a shim that ended well: a number that is cut would confine less. */
static bool
read_answer(int fd, pid_t pid, char *ret, size_t size)
{
	size_t n = 0;
	ssize_t got = 1;
	int status = -1;
	while (n < size - 1 && (got > 0 || (got < 0 && errno == EINTR))) {
		got = read(fd, ret + n, size - 1 - n);
		n += got > 0 ? (size_t)got : 0;
	}
	ret[n] = '\0';
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return got == 0 && status == 0 && n > 0 && ret[n - 1] == '\n';
}

bool
setup_check(const char *shim, unsigned *ret_pillars, struct err *err)
{
	int out[2];
	if (pipe(out) < 0)
		return err_sys(err, ERR_IO, "pipe");
	posix_spawn_file_actions_t files;
	char name[] = "firstline-shim", check[] = "check";
	char *argv[] = { name, check, NULL }, *env[] = { NULL };
	char text[64] = "";
	pid_t pid;
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawn_file_actions_adddup2(&files, out[1], 1);
	(void)posix_spawn_file_actions_addclosefrom_np(&files, 3);
	errno = posix_spawn(&pid, shim, &files, NULL, argv, env);
	(void)posix_spawn_file_actions_destroy(&files);
	bool ok = errno == 0 || err_sys(err, ERR_IO, "start '%s'", shim);
	(void)close(out[1]);
	bool whole = ok && read_answer(out[0], pid, text, sizeof(text));
	(void)close(out[0]);
	str said = str_trim(str_of(text));
	uint64_t value = 0;
	if (ok && (!whole || !str_starts(said, STR("pillars=")) ||
		      !str_u64(str_drop(said, 8), UINT32_MAX, &value)))
		ok = err_set(err, ERR_CORRUPT, "'%s check' does not answer", shim);
	if (ok)
		*ret_pillars = (unsigned)value;
	return ok;
}

static void
put_text(struct buf *out, const char *name, str value)
{
	buf_printf(out, "%s=", name);
	buf_add(out, value);
	buf_char(out, '\0');
}

static void
put_number(struct buf *out, const char *name, uint64_t value)
{
	buf_printf(out, "%s=%llu", name, (unsigned long long)value);
	buf_char(out, '\0');
}

static bool
put_user(struct buf *out, str name, uint64_t id, struct err *err)
{
	char text[256];
	if (name.n == 0 && geteuid() != 0)
		return true; /* ours: there is no other */
	if (name.n == 0) {
		put_number(out, "uid", SETUP_USER_FIRST + (id & 0xffff));
		put_number(out, "gid", SETUP_USER_FIRST + (id & 0xffff));
		return true;
	}
	(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(name));
	const struct passwd *user = getpwnam(text);
	if (user == NULL)
		return err_set(err, ERR_NOT_FOUND, "there is no user '%s'", text);
	if (geteuid() == user->pw_uid && geteuid() != 0)
		return true;
	if (geteuid() != 0)
		return err_set(err, ERR_DENIED,
		    "the server is not root, so it cannot become '%s'", text);
	put_number(out, "uid", user->pw_uid);
	put_number(out, "gid", user->pw_gid);
	put_number(out, "shared", 1);
	return true;
}

static bool
put_confinement(struct buf *out, const struct sandbox *sandbox, uint64_t id,
    unsigned pillars, struct err *err)
{
	bool offline = sandbox->profile == SANDBOX_OFFLINE;
	if (sandbox->profile != SANDBOX_CONTAINED && !offline) {
		put_text(out, "profile", STR(SHIM_PROFILE_NONE));
		return true;
	}
	if ((pillars & HOLDS) == 0)
		return err_set(err, ERR_DENIED,
		    "this machine has nothing to confine it by");
	if (offline && (pillars & (SHIM_HAS_NET | SHIM_HAS_SECCOMP)) == 0)
		return err_set(err, ERR_DENIED,
		    "this machine has nothing to keep it off the network");
	put_text(out, "profile",
	    offline ? STR(SHIM_PROFILE_OFFLINE) : STR(SHIM_PROFILE_CONTAINED));
	put_number(out, "pillars", pillars);
	for (size_t i = 0; i < sandbox->read.n; i++)
		put_text(out, "read", sandbox->read.p[i]);
	for (size_t i = 0; i < sandbox->write.n; i++)
		put_text(out, "write", sandbox->write.p[i]);
	return put_user(out, sandbox->user, id, err);
}

/* `name` empty: to be kept out of the output alone. */
static bool
put_secret(struct buf *out, str name, str reference, size_t *all, struct err *err)
{
	struct secret secret;
	if (!secret_get(reference, &secret, err))
		return false;
	bool ok = true;
	*all += secret.n;
	if (secret.n < REDACT_MIN)
		ok = err_set(err, ERR_INVALID,
		    "the secret '%.*s' has fewer than %d bytes: too few to be kept out of "
		    "the "
		    "output",
		    STR_ARG(reference), REDACT_MIN);
	else if (*all > REDACT_ALL_MAX)
		ok = err_set(err, ERR_LIMIT, "its secrets are over %d bytes together",
		    REDACT_ALL_MAX);
	if (name.n > 0)
		buf_printf(out, "secret=%.*s=", STR_ARG(name));
	else
		buf_add(out, STR("hide="));
	buf_put(out, secret.bytes, secret.n);
	buf_char(out, '\0');
	secret_wipe(&secret);
	return ok;
}

static bool
put_secrets(struct buf *out, const struct pairs *secrets, const struct pairs *parts,
    struct err *err)
{
	size_t all = 0;
	bool ok = true;
	for (size_t i = 0; ok && i < secrets->n; i++)
		ok = put_secret(out, secrets->p[i].name, secrets->p[i].value, &all, err);
	for (size_t i = 0; ok && parts != NULL && i < parts->n; i++) {
		if (str_starts(parts->p[i].name, STR("secret.")))
			ok = put_secret(out, STR(""), parts->p[i].value, &all, err);
	}
	return ok;
}

bool
setup_make(const struct sandbox *sandbox, const struct pairs *parts, uint64_t id,
    unsigned pillars, int *ret_fd, struct err *err)
{
	struct buf text = BUF(SHIM_SETUP_MAX);
	bool ok = buf_room(&text, SHIM_SETUP_MAX) != NULL; /* so that it is never copied */
	ok = ok && put_confinement(&text, sandbox, id, pillars, err) &&
	     put_secrets(&text, &sandbox->secrets, parts, err);
	if (ok && text.overflow)
		ok = err_set(err, ERR_LIMIT, "its confinement is too long to say");
	ok = ok && memfd_sealed("firstline-setup", buf_str(&text), ret_fd, err);
	if (text.p != NULL)
		explicit_bzero(text.p, text.cap);
	buf_done(&text);
	return ok;
}
