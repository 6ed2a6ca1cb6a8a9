/*
 * Handovers: whoever comes on duty is told what is open, so that no incident stays with
 * somebody who has gone.
 *
 * Looked at when a turn ends, or a stand-in begins or ends: who had each rotation at the
 * last look, and who has it now. Over a time when Firstline was down several handovers are
 * one. Where nothing is open nobody is told anything: a schedule is no news.
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

static void
tell(struct core *core, const struct team *team, const struct rotation *rotation,
    const struct turn *now, const struct person *before)
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
		str doing = text_cut(incident_doing(core, incident), 200);
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
	str until = text_when(core, now->until_wall);
	str subject = text_make(core, "[on duty] %.*s of %.*s: %u open incident%s",
	    STR_ARG(rotation->name), STR_ARG(team->name), n, n == 1 ? "" : "s");
	struct buf text = BUF(18 * 1024);
	buf_printf(&text, "You have %.*s of %.*s until %.*s", STR_ARG(rotation->name),
	    STR_ARG(team->name), STR_ARG(until));
	if (before != NULL)
		buf_printf(&text, ", after %.*s", STR_ARG(before->id));
	buf_add(&text, STR(". Open now:\n\n"));
	buf_add(&text, buf_str(&out));
	buf_add(&text, STR("\nYou may:\n  firstline incident show NUMBER\n  firstline "
			   "incident ack NUMBER    (say that you have it)\n"));
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	recipients_person(to, now->person);
	if (n > 0)
		notices_tell(core, to,
		    &(struct notice_words){ .subject = text_line(core, subject, 400),
			.text = arena_str(&core->scratch, buf_str(&text)) });
	buf_done(&out);
	buf_done(&text);
}

static void
look_at(struct core *core, const struct team *team, const struct rotation *rotation,
    msec since)
{
	struct arena mark = core->scratch;
	struct turn now =
	    duty_at(core->newest->model, team, rotation, &core->over, core->wall);
	const struct person *before = who_at(core, team, rotation, since);
	if (now.person != NULL && now.person != before)
		tell(core, team, rotation, &now, before);
	core->scratch = mark;
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
	msec left = next > core->wall ? next - core->wall : 0;
	control->duty_wall = core->wall;
	control->duty_at = core->at + (left > SECOND ? left : SECOND);
	object_touch(core, &core->control->o);
	heap_set(&core->timers, &core->control->o, control_due(core));
}

void
handover_look(struct core *core)
{
	const struct model *model = core->newest->model;
	msec since = core->control->row.duty_wall;
	for (size_t i = 0; i < model->teams_n && since != 0 && since < core->wall; i++) {
		const struct team *team = &model->teams[i];
		for (size_t k = 0; k < team->rotation_n; k++)
			look_at(core, team, &team->rotations[k], since);
	}
	handover_arm(core);
}
