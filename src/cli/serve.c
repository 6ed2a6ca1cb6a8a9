#include "node/serve.h"
#include "base/base.h"
#include "cli/cli.h"
#include "model/model.h"
#include "os/env.h"
#include "os/listen.h"

/* A role that cannot open it would be started again without end. */
static bool
store_take(const char *url)
{
	if (url == NULL)
		return true;
	if (!model_store_is_one(str_of(url))) {
		complain("--store: '%s' is no store: write sqlite:FILE", url);
		return false;
	}
	if (model_store_is_elsewhere(str_of(url))) {
		complain("--store %s: the store is a file in the state folder: write "
			 "sqlite:FILE, and where the folder is by --state",
		    url);
		return false;
	}
	return true;
}

/* Looked at as it is written, before loopback takes its place where there are no tokens. */
static bool
listen_take(const char *address)
{
	struct err err;
	if (address == NULL || address_check(str_of(address), &err))
		return true;
	complain("--listen: %s", err.text);
	return false;
}

static int
run(int argc, char **argv)
{
	struct serve_options options = { 0 };
	const struct option_spec specs[] = {
		{ .name = "config", .value = &options.config_dir },
		{ .name = "state", .value = &options.state_dir },
		{ .name = "store", .value = &options.store_url },
		{ .name = "listen", .value = &options.listen },
		{ .name = "quiet", .flag = &options.quiet },
	};
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc > 1) {
		complain("serve takes no '%s'; name the folder with --config", argv[1]);
		return EXIT_USAGE;
	}
	if (options.config_dir == NULL) {
		complain("serve needs --config DIR; 'firstline init DIR' writes one");
		return EXIT_USAGE;
	}
	if (!store_take(options.store_url) || !listen_take(options.listen))
		return EXIT_USAGE;
	if (options.state_dir == NULL)
		options.state_dir = env_get("FIRSTLINE_STATE"); /* as every other command */
	return node_serve(&options);
}

const struct command_line command_serve = {
	.name = "serve",
	.summary = "run the server",
	.help =
	    "  firstline serve --config production\n"
	    "\n"
	    "Runs the server with a configuration folder until SIGTERM. SIGHUP reads "
	    "the folder\n"
	    "again: all of it is taken over, or nothing.\n"
	    "\n"
	    "  --config DIR    the configuration (see 'firstline init')\n"
	    "  --state DIR     where the journal and running attempts live\n"
	    "                  (default $FIRSTLINE_STATE, $STATE_DIRECTORY,\n"
	    "                  ./firstline-state)\n"
	    "  --store URL     sqlite:FILE within the state folder (default "
	    "sqlite:firstline.db)\n"
	    "  --listen ADDR   instead of the configuration's, as 127.0.0.1:9911; port 0 "
	    "is any\n"
	    "  --quiet         log errors only\n"
	    "\n"
	    "Without any token but the local one it listens on loopback only.\n",
	.run = run,
};
