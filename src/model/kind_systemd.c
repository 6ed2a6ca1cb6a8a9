/*
 * systemd: a unit of this machine. Actions and probes.
 *
 *	systemd: {restart: "${unit}"}                action: start, stop, restart or reload
 *	systemd: {unit: nginx.service, value: sub}   probe
 *
 * Parts: do and unit; of a probe unit and value.
 */
#include "model/internal.h"
#include "model/kinds.h"

void
kind_systemd_read(struct kind_reader *k, const struct node *node)
{
	static const char *const words[] = { "start", "stop", "restart", "reload" };
	const struct node *units[countof(words)] = { 0 };
	const struct key keys[] = {
		{ "start", &units[0] },
		{ "stop", &units[1] },
		{ "restart", &units[2] },
		{ "reload", &units[3] },
	};
	unsigned n = 0;
	if (!read_map(k->r, node, NULL, keys, countof(keys)))
		return;
	for (size_t i = 0; i < countof(words); i++) {
		if (units[i] == NULL || ++n > 1)
			continue;
		part_literal(k, STR("do"), str_of(words[i]));
		(void)part_template(k, STR("unit"), units[i], QUOTE_WHOLE);
	}
	if (n != 1)
		read_error_key(k->r, node, STR("as in systemd: {restart: nginx.service}"),
		    "'systemd' says %s of start, stop, restart and reload",
		    n == 0 ? "none" : "more than one");
}

void
kind_systemd_look(struct kind_reader *k, const struct node *node)
{
	static const char *const values[] = { "active", "sub" };
	const struct node *unit = NULL, *value = NULL;
	const struct key keys[] = {
		{ "unit", &unit, .required = true },
		{ "value", &value },
	};
	unsigned choice = 0;
	if (!read_map(k->r, node, NULL, keys, countof(keys)))
		return;
	(void)part_template(k, STR("unit"), unit, QUOTE_WHOLE);
	if (value != NULL)
		(void)read_choice(k->r, value, "value", values, countof(values), &choice);
	part_literal(k, STR("value"), str_of(values[choice]));
}
