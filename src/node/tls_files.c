/*
 * tls_files -- the certificate, key and authorities of the TLS listener: read here, where files
 * may be opened, and given to the gate with its settings. They are looked at now and then, so
 * a renewed certificate is in force without anybody's doing.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "node/supervisor.h"
#include "os/file.h"

#define LOOK_EVERY_MS (5 * SECOND)

static bool
read_file(struct arena *arena, str path, str *ret, struct err *err)
{
	char name[1100];
	(void)snprintf(name, sizeof(name), "%.*s", STR_ARG(path));
	if (path.n == 0)
		return true;
	return file_read(arena, name, TLS_FILE_MAX, ret, err) &&
	       (ret->n > 0 || err_set(err, ERR_INVALID, "'%.150s' is empty", name));
}

bool
tls_files_read(const struct model *model, struct arena *arena, struct settings_frame *ret,
    struct err *err)
{
	const struct tls_paths *tls = &model->tls;
	return read_file(arena, tls->certificate, &ret->certificate, err) &&
	       read_file(arena, tls->key, &ret->key, err) &&
	       read_file(arena, tls->clients, &ret->clients, err);
}

/* A number that changes when one of them does. */
static uint64_t
files_like(const struct model *model)
{
	const str paths[] = { model->tls.certificate, model->tls.key, model->tls.clients };
	uint64_t like = FNV64_BASIS;
	for (size_t i = 0; i < countof(paths); i++) {
		char name[1100];
		struct stat st;
		(void)snprintf(name, sizeof(name), "%.*s", STR_ARG(paths[i]));
		if (paths[i].n == 0 || stat(name, &st) < 0)
			continue;
		const int64_t facts[] = { (int64_t)st.st_ino, (int64_t)st.st_size,
			(int64_t)st.st_mtim.tv_sec, (int64_t)st.st_mtim.tv_nsec };
		like = fnv64(like, (str){ (const char *)facts, sizeof(facts) });
	}
	return like;
}

static void
on_look(uv_timer_t *timer)
{
	struct supervisor *s = timer->data;
	uint64_t like = files_like(s->now.model);
	if (like == s->files_seen || s->gate.state != ROLE_READY)
		return;
	s->files_seen = like;
	adoption_give(&s->gate, &s->now, 0);
}

void
tls_files_watch(struct supervisor *s)
{
	s->files_seen = files_like(s->now.model);
	ASSERT(uv_timer_init(&s->loop, &s->files_look) == 0);
	s->files_look.data = s;
	(void)uv_timer_start(&s->files_look, on_look, LOOK_EVERY_MS, LOOK_EVERY_MS);
}
