/*
 * Digests: all that waits for one reader, as one message. pace.h says when.
 *
 *	2 sev1, 10 sev2, 28 sev3 of 12 services; 6 are over
 *
 *	[sev1] checkout: QueueStuck (incident 17): needs a person
 *	...
 *
 * A digest is a notice, of no incident. It is written down with what it says before it is
 * ordered, so that it is the same message, with the same id, however often it is sent.
 */
#include <stdlib.h>

#include "core/pace.h"
#include "core/state.h"

#define TEXT_MAX (16 * 1024)
#define LINES_SHOWN 20    /* of the text; programs get DIGEST_LINES_MAX */
#define SERVICES_SHOWN 10 /* of the text */
#define SERVICES_COUNTED 256

struct gathered {
	struct notice **p; /* the most urgent first */
	size_t n;
};

/* ---- what it says ---- */

struct counted {
	uint32_t severity[SEV4 + 1]; /* news; [0]: of no incident */
	uint32_t news, over;
	struct {
		str name;
		uint32_t n;
	} service[SERVICES_COUNTED];
	size_t service_n;
	uint32_t other; /* of services beyond those */
};

static bool
is_over(const struct notice_row *row)
{
	return notice_rank(row) == NOTICE_RANKS - 1;
}

static str
service_of(const struct core *core, const struct notice_row *row)
{
	const struct incident *incident = incident_find(core, row->incident);
	return incident != NULL ? incident->row.service : (str){ 0 };
}

static void
count_service(struct counted *c, str name)
{
	size_t i = 0;
	if (name.n == 0)
		return;
	while (i < c->service_n && !str_eq(c->service[i].name, name))
		i++;
	if (i == SERVICES_COUNTED) {
		c->other++;
		return;
	}
	if (i == c->service_n)
		c->service[c->service_n++].name = name;
	c->service[i].n++;
}

/* Those with the most first; as many: the one whose news is worse. */
static void
order_services(struct counted *c)
{
	for (size_t i = 1; i < c->service_n; i++) {
		for (size_t k = i; k > 0 && c->service[k - 1].n < c->service[k].n; k--) {
			str name = c->service[k].name;
			uint32_t n = c->service[k].n;
			c->service[k] = c->service[k - 1];
			c->service[k - 1].name = name;
			c->service[k - 1].n = n;
		}
	}
}

static void
count(struct core *core, const struct gathered *all, struct counted *ret)
{
	*ret = (struct counted){ 0 };
	for (size_t i = 0; i < all->n; i++) {
		const struct notice_row *row = &all->p[i]->row;
		if (is_over(row)) {
			ret->over++;
		} else {
			ret->news++;
			ret->severity[row->severity]++;
		}
		count_service(ret, service_of(core, row));
	}
	order_services(ret);
}

/* "2 sev1, 10 sev2" */
static str
severities(struct core *core, const struct counted *c)
{
	str s = { 0 };
	for (unsigned severity = SEV1; severity <= SEV4; severity++) {
		if (c->severity[severity] > 0)
			s = text_make(core, "%.*s%s%u %s", STR_ARG(s), s.n > 0 ? ", " : "",
			    c->severity[severity], severity_name((enum severity)severity));
	}
	if (c->severity[0] > 0)
		s = text_make(core, "%.*s%s%u of none", STR_ARG(s), s.n > 0 ? ", " : "",
		    c->severity[0]);
	return s;
}

/* "checkout 12, payments 9 and 4 other services" */
static str
services(struct core *core, const struct counted *c, size_t max, bool counts)
{
	str s = { 0 };
	for (size_t i = 0; i < c->service_n && i < max; i++) {
		str name = c->service[i].name;
		s = text_make(core, "%.*s%s%.*s", STR_ARG(s), i > 0 ? ", " : "",
		    STR_ARG(name));
		if (counts)
			s = text_make(core, "%.*s %u", STR_ARG(s), c->service[i].n);
	}
	if (c->other > 0)
		return text_make(core, "%.*s and many other services", STR_ARG(s));
	if (c->service_n > max)
		s = text_make(core, "%.*s and %zu other service%s", STR_ARG(s),
		    c->service_n - max, c->service_n - max == 1 ? "" : "s");
	return s;
}

static void
put_lines(struct core *core, const struct gathered *all, bool over, uint32_t n,
    struct buf *out)
{
	size_t shown = 0;
	if (n == 0)
		return;
	if (over)
		buf_add(out, STR("\nOver:\n"));
	else
		buf_char(out, '\n');
	for (size_t i = 0; i < all->n && shown < LINES_SHOWN; i++) {
		const struct notice_row *row = &all->p[i]->row;
		if (is_over(row) != over)
			continue;
		str line = text_line(core, row->subject, 300);
		buf_printf(out, "%.*s\n", STR_ARG(line));
		shown++;
	}
	if (shown < n)
		buf_printf(out, "and %zu more\n", n - shown);
}

static bool
were_held(const struct gathered *all)
{
	for (size_t i = 0; i < all->n; i++) {
		if (!all->p[i]->row.was_held)
			return false;
	}
	return true;
}

static str
text_of(struct core *core, const struct gathered *all, const struct counted *c, str url)
{
	struct buf out = BUF(TEXT_MAX);
	str by = services(core, c, SERVICES_SHOWN, true);
	buf_printf(&out, "%zu messages, as one%s:\n\n", all->n,
	    were_held(all) ? ", held for the end of your quiet hours" : "");
	if (c->news > 0) {
		str news = severities(core, c);
		buf_printf(&out, "new:       %u (%.*s)\n", c->news, STR_ARG(news));
	}
	if (c->over > 0)
		buf_printf(&out, "over:      %u\n", c->over);
	if (by.n > 0)
		buf_printf(&out, "services:  %.*s\n", STR_ARG(by));
	put_lines(core, all, false, c->news, &out);
	put_lines(core, all, true, c->over, &out);
	buf_printf(&out, "\nAll that is open: %.*s\n", STR_ARG(url));
	str s = arena_str(&core->scratch, buf_str(&out));
	buf_done(&out);
	return s;
}

static str
subject_of(struct core *core, const struct gathered *all, const struct counted *c)
{
	const struct notice_row *worst = &all->p[0]->row;
	str of = services(core, c, 3, false);
	str over = c->over > 0 ? text_make(core, "%u over", c->over) : (str){ 0 };
	str s;
	if (c->news > 0) {
		str news = severities(core, c);
		s = text_make(core, "[%s] %zu messages: %.*s%s%.*s",
		    severity_name(worst->severity != 0 ? worst->severity : SEV3), all->n,
		    STR_ARG(news), c->over > 0 ? ", " : "", STR_ARG(over));
	} else {
		s = text_make(core, "%zu messages: %.*s", all->n, STR_ARG(over));
	}
	if (of.n > 0)
		s = text_make(core, "%.*s: %.*s", STR_ARG(s), STR_ARG(of));
	return text_line(core, s, 400);
}

static struct pairs
fields_of(struct core *core, const struct counted *c, size_t n, enum severity severity,
    str url)
{
	struct pair *p = arena_new(&core->scratch, struct pair, 6);
	size_t at = 0;
	p[at++] = (struct pair){ STR("messages"), text_make(core, "%zu", n) };
	p[at++] = (struct pair){ STR("new"), text_make(core, "%u", c->news) };
	p[at++] = (struct pair){ STR("over"), text_make(core, "%u", c->over) };
	if (c->service_n > 0)
		p[at++] = (struct pair){ STR("services"),
			services(core, c, SERVICES_SHOWN, true) };
	if (severity != 0)
		p[at++] = (struct pair){ STR("severity"), str_of(severity_name(severity)) };
	p[at++] = (struct pair){ STR("url"), url };
	return (struct pairs){ p, at };
}

static struct records
lines_of(struct core *core, const struct gathered *all)
{
	size_t n = all->n < DIGEST_LINES_MAX ? all->n : DIGEST_LINES_MAX;
	struct digest_line *p = arena_new(&core->scratch, struct digest_line, n);
	for (size_t i = 0; i < n; i++) {
		const struct notice_row *row = &all->p[i]->row;
		p[i] = (struct digest_line){ .notice = row->id,
			.incident = row->incident,
			.about = row->purpose,
			.severity = row->severity,
			.service = service_of(core, row),
			.subject = text_line(core, row->subject, 400) };
	}
	return (struct records){ p, n };
}

/* ---- making ---- */

static struct gathered
gather(struct core *core, const struct reader *reader)
{
	struct gathered all = { arena_new(&core->scratch, struct notice *, reader->ready_n),
		0 };
	for (size_t rank = 0; rank < NOTICE_RANKS; rank++) {
		list_each(it, &reader->ready[rank])
		{
			if (all.n < DIGEST_NOTICES_MAX)
				all.p[all.n++] = container_of(it, struct notice, in_line);
		}
	}
	return all;
}

static int
by_id(const void *a, const void *b)
{
	const struct notice *x = *(struct notice *const *)a,
			    *y = *(struct notice *const *)b;
	return (x->row.id > y->row.id) - (x->row.id < y->row.id);
}

static void
fold(struct core *core, struct notice *notice, struct notice *digest)
{
	struct notice_row *row = &notice->row;
	line_step_out(core, notice);
	row->state = NOTICE_FOLDED;
	row->digest = digest->row.id;
	if (row->tries++ == 0)
		row->first_at = core->at;
	row->next_at = 0;
	object_touch(core, &notice->o);
	list_append(&digest->folded, &notice->in_digest);
	notice_told(core, notice, false);
	notice_arm(core, notice);
}

struct notice *
digest_fold(struct core *core, struct reader *reader)
{
	struct gathered all = gather(core, reader);
	const struct notice_row *first = &all.p[0]->row;
	struct counted *c = arena_new(&core->scratch, struct counted, 1);
	str url = text_url_all(core);
	count(core, &all, c);
	/* Whatever is said of nothing that has a severity is as bad as sev3. */
	enum severity worst = c->news == 0           ? 0
	                      : first->severity != 0 ? first->severity
	                                             : SEV3;
	struct notice_row row = { .id = row_next(core),
		.purpose = PURPOSE_DIGEST,
		.state = NOTICE_PENDING,
		.person = first->person,
		.channel = first->channel,
		.address = first->address,
		.subject = subject_of(core, &all, c),
		.text = text_of(core, &all, c, url),
		.fields = fields_of(core, c, all.n, worst, url),
		.next_at = core->at,
		.made_wall = core->wall,
		.fell_back = true, /* each of those that it tells does that itself */
		.severity = worst,
		.alone = true,
		.told = lines_of(core, &all),
		.told_n = (uint32_t)all.n };
	struct notice *digest = object_add(core, TABLE_NOTICE, &row);
	if (digest == NULL)
		return NULL;
	qsort(all.p, all.n, sizeof(struct notice *), by_id);
	for (size_t i = 0; i < all.n; i++)
		fold(core, all.p[i], digest);
	return digest;
}

/* ---- what became of it ---- */

static struct notice *
told_by(struct link *it)
{
	return container_of(it, struct notice, in_digest);
}

void
digest_give_up(struct core *core, struct notice *digest)
{
	list_each_safe(it, &digest->folded)
	    notice_give_up(core, told_by(it), digest->row.error);
	notice_finish(core, digest, NOTICE_GIVEN_UP);
}

void
digest_dissolve(struct core *core, struct notice *digest)
{
	list_each_safe(it, &digest->folded)
	{
		struct notice *notice = told_by(it);
		row_set_str(core, &notice->row.error, digest->row.error);
		notice->row.digest = 0;
		notice_again(core, notice);
	}
	notice_erase(core, digest);
}

void
digest_result(struct core *core, struct notice *digest, const struct notice_result *result)
{
	struct notice_row *row = &digest->row;
	if (result->delivered) {
		list_each_safe(it, &digest->folded) notice_delivered(core, told_by(it));
		notice_finish(core, digest, NOTICE_DELIVERED);
		return;
	}
	row_set_str(core, &row->error, text_line(core, result->error, TIMELINE_TEXT_MAX));
	if (result->permanent || notice_tried_enough(core, digest))
		digest_give_up(core, digest);
	else if (channel_down_at(core, row->channel) != 0)
		digest_dissolve(core, digest);
	else
		notice_again(core, digest);
}

bool
digests_wire(struct core *core, struct err *err)
{
	list_each(it, &core->tables[TABLE_NOTICE])
	{
		struct notice *notice =
		    container_of(object_of(it, in_table), struct notice, o);
		if (notice->row.state != NOTICE_FOLDED)
			continue;
		struct notice *digest = object_find(core, TABLE_NOTICE, notice->row.digest);
		if (digest == NULL || digest->row.purpose != PURPOSE_DIGEST)
			return err_set(err, ERR_CORRUPT,
			    "notice %llu is told by one that is not there",
			    (unsigned long long)notice->row.id);
		list_append(&digest->folded, &notice->in_digest);
	}
	return true;
}
