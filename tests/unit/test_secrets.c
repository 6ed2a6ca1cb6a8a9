#include "hands/secrets.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temp.h"
#include "support/test.h"

static char folder[TEMP_PATH_MAX];
static char path[TEMP_PATH_MAX + 32];
static char reference[TEMP_PATH_MAX + 64];

static void
put_secret(str text, unsigned mode)
{
	(void)snprintf(path, sizeof(path), "%s/secret", folder);
	(void)snprintf(reference, sizeof(reference), "file:%s", path);
	(void)unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	EXPECT(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n);
	EXPECT(fchmod(fd, mode) == 0);
	(void)close(fd);
}

static void
secret_get__reads_a_file_of_its_owner(void)
{
	struct secret secret;
	struct err err;
	put_secret(STR("hunter2\n"), 0600);
	EXPECT(secret_get(str_of(reference), &secret, &err));
	EXPECT_STR(((str){ secret.bytes, secret.n }), STR("hunter2"));
	secret_wipe(&secret);
	EXPECT_U64(secret.n, 0);
	put_secret(STR("hunter2\r\n\n"), 0400);
	EXPECT(secret_get(str_of(reference), &secret, &err));
	EXPECT_STR(((str){ secret.bytes, secret.n }), STR("hunter2"));
}

static void
secret_get__refuses_without_telling_it(void)
{
	static char big[SECRET_MAX + 2];
	memset(big, 'x', sizeof(big));
	const struct {
		const char *name;
		str text;
		unsigned mode;
		enum err_kind kind;
		const char *says;
	} rows[] = {
		{ "group may read", { "hunter2", 7 }, 0640, ERR_DENIED, "open to others" },
		{ "others may read", { "hunter2", 7 }, 0604, ERR_DENIED, "chmod 600" },
		{ "empty", { "\n", 1 }, 0600, ERR_INVALID, "is empty" },
		{ "a NUL", { "hun\0ter2", 8 }, 0600, ERR_INVALID, "holds a NUL" },
		{ "too long", { big, sizeof(big) }, 0600, ERR_LIMIT, "is over 4096 bytes" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct secret secret;
		struct err err;
		put_secret(rows[i].text, rows[i].mode);
		EXPECT(!secret_get(str_of(reference), &secret, &err));
		EXPECT_U64(err.kind, rows[i].kind);
		EXPECT(str_contains(str_of(err.text), str_of(rows[i].says)));
		EXPECT(!str_contains(str_of(err.text), STR("hunter2")));
		EXPECT_U64(secret.n, 0);
	}
}

static void
secret_get__knows_its_kinds_of_reference(void)
{
	struct secret secret;
	struct err err;
	(void)setenv("TEST_SECRETS_VALUE", "s3cret", 1);
	EXPECT(secret_get(STR("env:TEST_SECRETS_VALUE"), &secret, &err));
	EXPECT_STR(((str){ secret.bytes, secret.n }), STR("s3cret"));
	EXPECT(!secret_get(STR("env:TEST_SECRETS_UNSET"), &secret, &err));
	EXPECT_STR(str_of(err.text), STR("the secret 'env:TEST_SECRETS_UNSET' is not set"));
	EXPECT(!secret_get(STR("file:/no/such/file"), &secret, &err));
	EXPECT(!secret_get(STR("file:/tmp"), &secret, &err));
	/* perhaps the secret itself, written where a reference belongs: not repeated */
	EXPECT(!secret_get(STR("hunter2"), &secret, &err));
	EXPECT_STR(str_of(err.text),
	    STR("a secret is 'cred:NAME', 'file:/path' or 'env:NAME'"));
	EXPECT(!secret_get(STR("file:"), &secret, &err));
}

static void
secret_get__reads_what_systemd_hands_over(void)
{
	struct secret secret;
	struct err err;
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	EXPECT(!secret_get(STR("cred:secret"), &secret, &err));
	EXPECT(str_contains(str_of(err.text), STR("handed no credentials")));
	(void)setenv("CREDENTIALS_DIRECTORY", folder, 1);
	put_secret(STR("hunter2\n"), 0440); /* the mask of an access list */
	EXPECT(secret_get(STR("cred:secret"), &secret, &err));
	EXPECT_STR(((str){ secret.bytes, secret.n }), STR("hunter2"));
	put_secret(STR("hunter2\n"), 0444);
	EXPECT(!secret_get(STR("cred:secret"), &secret, &err));
	EXPECT_U64(err.kind, ERR_DENIED);
	static const char *const bad[] = { "cred:../secret", "cred:.secret",
		"cred:/etc/passwd", "cred:" };
	for (size_t i = 0; i < countof(bad); i++) {
		test_row = bad[i];
		EXPECT(!secret_get(str_of(bad[i]), &secret, &err));
		EXPECT_U64(err.kind, ERR_INVALID);
	}
}

int
main(void)
{
	temp_folder(folder);
	RUN(secret_get__reads_a_file_of_its_owner);
	RUN(secret_get__refuses_without_telling_it);
	RUN(secret_get__knows_its_kinds_of_reference);
	RUN(secret_get__reads_what_systemd_hands_over);
	temp_remove(folder);
	TEST_MAIN_END();
}
