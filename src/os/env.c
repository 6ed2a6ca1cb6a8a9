#include "os/env.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"

const char *
env_get(const char *name)
{
	const char *value = getenv(name);
	return value != NULL && value[0] != '\0' ? value : NULL;
}

/* With a '=' a whole name, else how names begin. */
static const char *const plain[] = {
	"PATH=", "HOME=", "TMPDIR=", "LANG=", "LC_", "TZ=", "TZDIR=", "LD_",
	"GLIBC_TUNABLES=", "MALLOC_", "SSL_CERT_", "OPENSSL_", "GNUTLS_",
	"FAKETIME", /* whoever preloads another clock: its time is no secret */
	"ASAN_OPTIONS=", "LSAN_OPTIONS=", "UBSAN_OPTIONS=", "LLVM_PROFILE_FILE=", "GCOV_",
#ifdef CRASH_POINTS
	"FIRSTLINE_", /* where to die, and what tells of it */
	"TAKEN_",     /* what an attacker is to try */
#endif
};

static bool
is_plain(const char *variable)
{
	for (size_t i = 0; i < countof(plain); i++) {
		if (strncmp(variable, plain[i], strlen(plain[i])) == 0)
			return true;
	}
	return false;
}

void
env_plain(char *ret[ENV_PLAIN_MAX + 1])
{
	size_t n = 0;
	for (char **at = environ; *at != NULL && n < ENV_PLAIN_MAX; at++) {
		if (is_plain(*at))
			ret[n++] = *at;
	}
	ret[n] = NULL;
}

void
env_wipe(void)
{
	for (char **at = environ; *at != NULL; at++)
		explicit_bzero(*at, strlen(*at));
	environ[0] = NULL;
}
