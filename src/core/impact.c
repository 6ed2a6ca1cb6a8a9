/*
 * How bad it is: the severity, and the impact as a sentence.
 *
 * Severity is the alert rule's where it names one. Else it follows from the tier of the
 * service and the label `severity` of the alert:
 *
 *	label                       tier 1   tier 2   tier 3   tier 4
 *	critical, page, emergency   sev1     sev2     sev3     sev3
 *	warning, others, missing    sev3     sev3     sev4     sev4
 *	info, none, debug           sev4     sev4     sev4     sev4
 *
 * A label that names a severity (sev1 to sev4) is taken at its word. What belongs to no service counts as tier 2: nobody knows how much it matters.
 */
#include "core/state.h"

#define IMPACT_NAMES_MAX 5

static bool
any_of(str s, const str *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(s, words[i]))
			return true;
	}
	return false;
}

enum severity
incident_severity(const struct service *service, const struct alert_rule *rule,
    const struct pairs *labels)
{
	static const enum severity table[3][4] = {
		{ SEV1, SEV2, SEV3, SEV3 },
		{ SEV3, SEV3, SEV4, SEV4 },
		{ SEV4, SEV4, SEV4, SEV4 },
	};
	const str high[] = { STR("critical"), STR("page"), STR("emergency") };
	const str low[] = { STR("info"), STR("none"), STR("debug") };

	if (rule != NULL && rule->severity != 0)
		return rule->severity;
	str label = pairs_get(labels, STR("severity"));
	for (enum severity named = SEV1; named <= SEV4; named++) {
		if (str_eq(label, str_of(severity_name(named))))
			return named;
	}
	size_t row = 1;
	if (any_of(label, high, countof(high)))
		row = 0;
	else if (any_of(label, low, countof(low)))
		row = 2;
	uint32_t tier = service != NULL ? service->tier : 2;
	ASSERT(tier >= 1 && tier <= 4);
	return table[row][tier - 1];
}

/* A few names, and how many more there are. */
struct few {
	str p[IMPACT_NAMES_MAX];
	size_t n, all;
};

static void
few_add(struct few *few, str name)
{
	for (size_t i = 0; i < few->n; i++) {
		if (str_eq(few->p[i], name))
			return;
	}
	few->all++;
	if (few->n < countof(few->p))
		few->p[few->n++] = name;
}

static str
few_text(struct core *core, const struct few *few, const char *last)
{
	str s = { 0 };
	for (size_t i = 0; i < few->n; i++) {
		const char *between = i == 0 ? "" : ", ";
		if (i > 0 && i + 1 == few->n && few->all == few->n)
			between = last;
		s = text_make(core, "%.*s%s%.*s", STR_ARG(s), between, STR_ARG(few->p[i]));
	}
	if (few->all > few->n)
		s = text_make(core, "%.*s and %zu more", STR_ARG(s), few->all - few->n);
	return s;
}

/* Whoever depends on it, near ones first; cycles are met once. */
static void
dependents(struct core *core, const struct model *model, const struct service *service,
    struct few *names, struct few *journeys)
{
	bool *met = arena_new(&core->scratch, bool, model->services_n);
	const struct service **queue =
	    arena_new(&core->scratch, const struct service *, model->services_n);
	size_t head = 0, tail = 0;
	queue[tail++] = service;
	met[service - model->services] = true;
	while (head < tail) {
		const struct service *at = queue[head++];
		for (size_t i = 0; i < at->journeys.n; i++)
			few_add(journeys, at->journeys.p[i]);
		for (size_t i = 0; i < at->dependents_n; i++) {
			size_t which = (size_t)(at->dependents[i] - model->services);
			if (!met[which]) {
				met[which] = true;
				few_add(names, at->dependents[i]->name);
				queue[tail++] = at->dependents[i];
			}
		}
	}
}

str
incident_impact(struct core *core, const struct model *model, const struct service *service)
{
	if (service == NULL)
		return STR(
		    "nobody knows what is affected: the alert belongs to no service");
	struct few names = { 0 }, journeys = { 0 };
	dependents(core, model, service, &names, &journeys);
	str lost = { 0 };
	if (journeys.n > 0) {
		str list = few_text(core, &journeys, " or ");
		lost = text_make(core, "customers may be unable to %.*s; ", STR_ARG(list));
	}
	str s = text_make(core, "%.*s%.*s (tier %u) is affected", STR_ARG(lost),
	    STR_ARG(service->name), service->tier);
	if (names.n == 0)
		return s;
	str list = few_text(core, &names, " and ");
	return text_make(core, "%.*s, and %.*s depend%s on it", STR_ARG(s), STR_ARG(list),
	    names.all == 1 ? "s" : "");
}
