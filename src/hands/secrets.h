#ifndef HANDS_SECRETS_H
#define HANDS_SECRETS_H

#include "base/err.h"
#include "base/str.h"

/*
 * secrets -- a reference of the configuration turned into what it stands for, each time
 * it is needed: a changed file needs no restart.
 *
 *	cred:NAME    a credential that systemd handed to the server (LoadCredential=)
 *	file:/path   a regular file that only its owner may read or write (0600, 0400)
 *	env:NAME     a variable of the environment the server was started with
 *
 * A newline at the end does not belong to it. Errors name the reference, never a value.
 */
#define SECRET_MAX 4096

struct secret {
	size_t n;
	char bytes[SECRET_MAX + 1]; /* NUL-terminated */
};

/* Stands for a reference where what is made is only to be shown: secret_get then gives
 * SECRET_SHOWN. No configuration can say it. */
#define SECRET_MASKED STR("masked:")
#define SECRET_SHOWN "***"
bool secret_masked(str reference);

NODISCARD bool secret_get(str reference, struct secret *ret, struct err *err);
/* Leaves nothing of it in memory. Call for every secret that was got. */
void secret_wipe(struct secret *secret);

#endif
