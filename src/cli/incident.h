#ifndef CLI_INCIDENT_H
#define CLI_INCIDENT_H

#include "cli/cli.h"

extern const struct command_line command_incident_show;

#endif
