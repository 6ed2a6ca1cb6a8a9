/*
 * completion -- a script for the shell; it asks `firstline complete` at each tab.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"

static const char for_bash[] = "_firstline() {\n"
			       "	local line IFS=$'\\n'\n"
			       "	COMPREPLY=()\n"
			       "	while read -r line; do\n"
			       "		COMPREPLY+=(\"${line%%$'\\t'*}\")\n"
			       "	done < <(firstline complete "
			       "\"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
			       "}\n"
			       "complete -o default -F _firstline firstline\n";

static const char for_zsh[] =
    "#compdef firstline\n"
    "_firstline() {\n"
    "	local line word\n"
    "	local -a found\n"
    "	for line in ${(f)\"$(firstline complete \"${(@)words[2,CURRENT]}\" "
    "2>/dev/null)\"}; do\n"
    "		word=${line%%$'\\t'*}\n"
    "		found+=(\"${word//:/\\\\:}:${line#*$'\\t'}\")\n"
    "	done\n"
    "	(( $#found )) && _describe -V firstline found || _default\n"
    "}\n"
    "compdef _firstline firstline\n"
    "[ \"${funcstack[1]-}\" = _firstline ] && _firstline \"$@\"\n";

static const char for_fish[] =
    "function __firstline\n"
    "	set -l words (commandline -opc) (commandline -ct)\n"
    "	set -l found (firstline complete $words[2..-1] 2>/dev/null)\n"
    "	if set -q found[1]\n"
    "		printf '%s\\n' $found\n"
    "	else\n"
    "		__fish_complete_path (commandline -ct)\n"
    "	end\n"
    "end\n"
    "complete -c firstline -f -a '(__firstline)'\n";

static int
run(int argc, char **argv)
{
	static const struct {
		const char *shell, *script;
	} scripts[] = { { "bash", for_bash }, { "zsh", for_zsh }, { "fish", for_fish } };
	if (!options_take(&argc, argv, NULL, 0))
		return EXIT_USAGE;
	for (size_t i = 0; argc == 2 && i < countof(scripts); i++) {
		if (strcmp(argv[1], scripts[i].shell) == 0)
			return fputs(scripts[i].script, stdout) < 0 ? EXIT_FAILED : EXIT_OK;
	}
	complain("usage: firstline completion bash|zsh|fish");
	return EXIT_USAGE;
}

const struct command_line command_completion = {
	.name = "completion",
	.summary = "a script that completes commands in your shell",
	.help = "  firstline completion bash > "
		"~/.local/share/bash-completion/completions/firstline\n"
		"  firstline completion zsh > ~/.zfunc/_firstline\n"
		"  firstline completion fish > ~/.config/fish/completions/firstline.fish\n"
		"\n"
		"Commands, options, and what the server knows now: numbers of open "
		"incidents and\n"
		"of what waits, names of runbooks, silences and tokens.\n",
	.run = run,
};
