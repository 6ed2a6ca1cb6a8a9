#include "hands/handoff_file.h"

#include <stdio.h>

#include "os/crash.h"
#include "os/file.h"

void
handoff_file(int handoffs_fd, const struct handoff_order *order, const struct tell *tell)
{
	const struct handoff_row *row = &order->handoff;
	struct event event = { .kind = EVENT_HANDOFF_RESULT };
	struct err err;
	char name[64], where[96];
	(void)snprintf(name, sizeof(name), "%u-%llu.md", row->incident,
	    (unsigned long long)row->id);
	(void)snprintf(where, sizeof(where), "handoffs/%s", name);
	event.handoff_result.handoff = row->id;
	CRASH_POINT("hands-handoff-before");
	event.handoff_result.filed =
	    file_write_durable(handoffs_fd, name, row->case_file, 0600, &err);
	CRASH_POINT("hands-handoff-after");
	if (event.handoff_result.filed)
		event.handoff_result.where = str_of(where);
	else
		event.handoff_result.error = str_of(err.text);
	tell_result(tell, &event);
}
