#include "hands/tell.h"

#include <stdarg.h>
#include <stdio.h>

#define LOG_TEXT_MAX 512

void
tell_log(const struct tell *tell, enum log_level level, const char *fmt, ...)
{
	char text[LOG_TEXT_MAX];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	tell->log(tell->ctx, level, text);
}
