/*
 * Handovers: whoever comes on duty is told what is open, so that no incident stays with
 * somebody who has gone.
 *
 * Looked at when a turn ends, a stand-in begins or ends, or another configuration is adopted:
 * who had each rotation at the last look, by what held then, and who has it now. Over a time
 * when Firstline was down several handovers are one. Where nothing is open nobody is told
 * anything: a schedule is no news.
 */
#include "core/state.h"

#define AGAIN_MS_MAX DAY /* looked at anew, as the wall clock may be set */
#define OPEN_SHOWN 20

static const struct person *
who_at(const struct core *core, const struct team *team, const struct rotation *rotation,
    msec wall)
{
	return duty_at(core->newest->model, team, rotation, &core->over, wall).person;
}

static bool
is_teams(const struct core *core, const struct incident *incident, const struct team *team)
{
	return !incident->row.drill && people_team(core, incident) == team;
}

/* Somebody who has one rotation of a team now, or several: that is one thing to be told. */
struct came {
	const struct person *person;
	str rotations, before; /* "primary and second"; who had them, or empty */
	msec until_wall;       /* the first end */
};

static void
tell(struct core *core, const struct team *team, const struct came *came)
{
	struct buf out = BUF(16 * 1024);
	unsigned n = 0;
	list_each(it, &core->open)
	{
		const struct incident *incident =
		    container_of(it, struct incident, in_state);
		const struct incident_row *row = &incident->row;
		if (!is_teams(core, incident, team) || n++ >= OPEN_SHOWN)
			continue;
		struct arena mark = core->scratch;
		str doing = text_short(core, incident_doing(core, incident), 200);
		buf_printf(&out, "  incident %u [%s] %.*s: %.*s%s%.*s\n", row->id,
		    severity_name(row->severity), STR_ARG(row->service),
		    STR_ARG(row->title), doing.n > 0 ? "\n    " : "", STR_ARG(doing));
		if (row->acknowledged)
			buf_printf(&out, "    acknowledged by %.*s\n",
			    STR_ARG(text_who(row->acknowledged_by)));
		core->scratch = mark;
	}
	if (n > OPEN_SHOWN)
		buf_printf(&out, "  and %u more\n", n - OPEN_SHOWN);
	str until = text_when(core, came->until_wall);
	str subject = text_make(core, "[on duty] %.*s of %.*s: %u open incident%s",
	    STR_ARG(came->rotations), STR_ARG(team->name), n, n == 1 ? "" : "s");
	struct buf text = BUF(18 * 1024);
	buf_printf(&text, "You have %.*s of %.*s until %.*s", STR_ARG(came->rotations),
	    STR_ARG(team->name), STR_ARG(until));
	if (came->before.n > 0)
		buf_printf(&text, ", after %.*s", STR_ARG(came->before));
	buf_add(&text, STR(". Open now:\n\n"));
	buf_add(&text, buf_str(&out));
	buf_add(&text, STR("\nYou may:\n  firstline incident show NUMBER\n  firstline "
			   "incident ack NUMBER    (say that you have it)\n"));
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	recipients_person(to, came->person);
	if (n > 0)
		notices_tell(core, to,
		    &(struct notice_words){ .subject = text_line(core, subject, 400),
			.text = arena_str(&core->scratch, buf_str(&text)) });
	buf_done(&out);
	buf_done(&text);
}

/* Of a rotation that is new: nobody. */
static str
before_of(const struct hads *had, const struct team *team, const struct rotation *rotation)
{
	for (size_t i = 0; i < had->n; i++) {
		if (str_eq(had->p[i].team, team->name) &&
		    str_eq(had->p[i].rotation, rotation->name))
			return had->p[i].person;
	}
	return (str){ 0 };
}

/* Each is named once. */
static str and (struct core * core, str a, str b)
{
	str names = text_make(core, " and %.*s and ", STR_ARG(a));
	str name = text_make(core, " and %.*s and ", STR_ARG(b));
	if (a.n == 0 || b.n == 0 || str_contains(names, name))
		return a.n > 0 ? a : b;
	return text_make(core, "%.*s and %.*s", STR_ARG(a), STR_ARG(b));
}

/* Beside what the same person has come to already; how many people there are then. */
static size_t
add_came(struct core *core, struct came *came, size_t n, const struct came *one)
{
	for (size_t i = 0; i < n; i++) {
		if (came[i].person != one->person)
			continue;
		came[i].rotations = and(core, came[i].rotations, one->rotations);
		came[i].before = and(core, came[i].before, one->before);
		if (one->until_wall < came[i].until_wall)
			came[i].until_wall = one->until_wall;
		return n;
	}
	came[n] = *one;
	return n + 1;
}

static void
look_at(struct core *core, const struct hads *had, const struct team *team)
{
	struct arena mark = core->scratch;
	struct came *came = arena_new(&core->scratch, struct came, team->rotation_n);
	size_t n = 0;
	for (size_t i = 0; i < team->rotation_n; i++) {
		const struct rotation *rotation = &team->rotations[i];
		struct turn now =
		    duty_at(core->newest->model, team, rotation, &core->over, core->wall);
		str before = before_of(had, team, rotation);
		if (now.person != NULL && !str_eq(now.person->id, before))
			n = add_came(core, came, n,
			    &(struct came){ now.person, rotation->name, before,
				now.until_wall });
	}
	for (size_t i = 0; i < n; i++)
		tell(core, team, &came[i]);
	core->scratch = mark;
}

struct hads
handover_had(struct core *core)
{
	struct hads ret = { 0 };
	msec since = core->control->row.duty_wall;
	/* 0 with a configuration: the store is of a version that did not look at it. */
	if (core->newest == NULL || since == 0)
		return ret;
	const struct model *model = core->newest->model;
	size_t n = 0;
	for (size_t i = 0; i < model->teams_n; i++)
		n += model->teams[i].rotation_n;
	ret.p = arena_new(&core->scratch, struct had, n);
	for (size_t i = 0; i < model->teams_n; i++) {
		const struct team *team = &model->teams[i];
		for (size_t k = 0; k < team->rotation_n; k++) {
			const struct rotation *rotation = &team->rotations[k];
			const struct person *person = who_at(core, team, rotation, since);
			str id = person != NULL ? person->id : (str){ 0 };
			ret.p[ret.n++] =
			    (struct had){ arena_str(&core->scratch, team->name),
				    arena_str(&core->scratch, rotation->name),
				    arena_str(&core->scratch, id) };
		}
	}
	return ret;
}

void
handover_arm(struct core *core)
{
	const struct model *model = core->newest->model;
	struct control_row *control = &core->control->row;
	msec next = core->wall + AGAIN_MS_MAX;
	for (size_t i = 0; i < model->teams_n; i++) {
		const struct team *team = &model->teams[i];
		for (size_t k = 0; k < team->rotation_n; k++) {
			msec until = duty_at(model, team, &team->rotations[k], &core->over,
			    core->wall)
			                 .until_wall;
			next = until < next ? until : next;
		}
	}
	ASSERT(next > core->wall); /* a turn that is now ends later */
	msec left = next - core->wall;
	control->duty_wall = core->wall;
	control->duty_at = core->at + (left > SECOND ? left : SECOND);
	object_touch(core, &core->control->o);
	heap_set(&core->timers, &core->control->o, control_due(core));
}

void
handover_look(struct core *core, const struct hads *had)
{
	const struct model *model = core->newest->model;
	msec since = core->control->row.duty_wall;
	for (size_t i = 0; i < model->teams_n && since != 0 && since <= core->wall; i++)
		look_at(core, had, &model->teams[i]);
	handover_arm(core);
}
