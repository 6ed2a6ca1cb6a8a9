#ifndef OS_ENV_H
#define OS_ENV_H

/* env -- the only reader of the environment. NULL when unset or empty. */
const char *env_get(const char *name);

#endif
