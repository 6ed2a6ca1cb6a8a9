#ifndef CORE_NOISE_H
#define CORE_NOISE_H

#include "core/objects.h"

/*
 * noise -- what alerts cost people, counted (row_noise.h).
 *
 * What one incident adds to its row follows from the incident's: whoever changes one of these
 * says what it added before. `wasted`: somebody was called for nothing. More people said that
 * it was not useful than that it was; or as many, and it closed before anybody acted.
 */
struct noise_share {
	uint32_t called, acted, alone, wasted, yes, no;
};
struct noise_share noise_share(const struct incident_row *row);
void noise_moved(struct core *core, const struct incident_row *row,
    const struct noise_share *was);

/* An alert began to fire, and it is not held. `service` may be NULL. */
void noise_fired(struct core *core, const struct pairs *labels, str source,
    const struct service *service);
void noise_opened(struct core *core, struct incident *incident);
/* Each counts once for an incident. */
void noise_called(struct core *core, struct incident *incident);
void noise_acted(struct core *core, struct incident *incident);
/* It fired again before it was closed. */
void noise_flapped(struct core *core, const struct incident *incident);
void noise_check(const struct core *core);

#endif
