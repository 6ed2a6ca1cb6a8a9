#include "hands/ssh_script.h"

void
ssh_quote(struct buf *out, str text)
{
	buf_char(out, '\'');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\'')
			buf_add(out, STR("'\\''"));
		else
			buf_char(out, text.p[i]);
	}
	buf_char(out, '\'');
}

/* exec in a shell of its own: never a builtin, a function or an alias of that name. */
static void
put_command(struct buf *out, const struct strs *argv)
{
	buf_add(out, STR("(exec"));
	for (size_t i = 0; i < argv->n; i++) {
		buf_char(out, ' ');
		ssh_quote(out, argv->p[i]);
	}
	buf_add(out, STR(") </dev/null 2>&1"));
}

static void
put_begin(struct buf *out, uint64_t attempt, msec wall)
{
	buf_printf(out,
	    "{\n"
	    "umask 077\n"
	    "say() { echo \"firstline-$1\"; }\n"
	    "b=${XDG_STATE_HOME:-$HOME/.local/state}/firstline\n"
	    "u=firstline-%llu\n"
	    "d=$b/%llu-%llu\n"
	    "mkdir -p \"$b\" 2>/dev/null\n",
	    (unsigned long long)attempt, (unsigned long long)attempt,
	    (unsigned long long)wall);
}

/* Who runs it, then what it wrote at first, then its code: each durable before the next. */
static void
put_run(struct buf *out, const struct strs *argv)
{
	struct buf run = BUF(SSH_SCRIPT_MAX);
	buf_add(&run,
	    STR("d=$1\n"
		"keep() { sync \"$@\" 2>/dev/null || sync; }\n"
		"began() { shift 19; echo \"$1\"; }\n"
		"s=$(cat /proc/$$/stat 2>/dev/null)\n"
		"[ -z \"$s\" ] || s=$(began ${s##*) })\n"
		"echo \"$$ $s\" >\"$d/pid.new\" && mv \"$d/pid.new\" \"$d/pid\" || exit 1\n"
		"[ ! -f \"$d/code\" ] || exit 1\n"
		"keep \"$d/pid\" \"$d\"\n"
		"{ "));
	put_command(&run, argv);
	buf_printf(&run,
	    "; echo $? >\"$d/code.new\"; } | "
	    "{ head -c %d >\"$d/output\"; cat >/dev/null; }\n"
	    "keep \"$d/code.new\" \"$d/output\"\n"
	    "mv \"$d/code.new\" \"$d/code\"\n"
	    "keep \"$d\"\n",
	    SSH_OUTPUT_MAX);
	if (run.overflow)
		out->overflow = true;
	buf_add(out, STR("printf %s "));
	ssh_quote(out, buf_str(&run));
	buf_add(out, STR(" >\"$d/run\"\n"));
	buf_done(&run);
}

void
ssh_script_do(struct buf *out, uint64_t attempt, msec wall, const struct strs *argv)
{
	put_begin(out, attempt, wall);
	buf_add(out,
	    STR("find \"$b\" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {} + "
		"2>/dev/null\n"
		"if ! mkdir \"$d\" 2>/dev/null; then\n"
		"\t[ -d \"$d\" ] && say taken || say \"cannot make a folder in $b\"\n"
		"\texit 0\n"
		"fi\n"));
	put_run(out, argv);
	/* Where it can be a unit it is one: no end of a session ends that. One that begins
	 * later than whoever asked for it could wait finds "never", and does nothing. */
	buf_add(out, STR("how=\n"
			 "[ \"$(id -u)\" = 0 ] && [ -d /run/systemd/system ] &&\n"
			 "\tcommand -v systemd-run >/dev/null 2>&1 &&\n"
			 "\thow=\"systemd-run --quiet --collect --wait --unit=$u --\"\n"
			 "$how /bin/sh \"$d/run\" \"$d\" </dev/null >/dev/null 2>&1\n"
			 "if [ -f \"$d/code\" ]; then\n"
			 "\tsay \"done $(cat \"$d/code\")\"\n"
			 "\tcat \"$d/output\"\n"
			 "elif [ -f \"$d/pid\" ]; then\n"
			 "\tsay lost\n"
			 "else\n"
			 "\techo never >\"$d/code\"\n"
			 "\tif [ -f \"$d/pid\" ]; then\n"
			 "\t\trm -f \"$d/code\"\n"
			 "\t\tsay lost\n"
			 "\telse\n"
			 "\t\tsay \"cannot start it in $d\"\n"
			 "\tfi\n"
			 "fi\n"
			 "exit 0\n"
			 "}\n"));
}

void
ssh_script_ask(struct buf *out, uint64_t attempt, msec wall)
{
	put_begin(out, attempt, wall);
	buf_add(out,
	    STR("began() { shift 19; echo \"$1\"; }\n"
		"if mkdir \"$d\" 2>/dev/null; then\n"
		"\techo never >\"$d/code\"\n"
		"\tsync\n"
		"\tsay never\n"
		"\texit 0\n"
		"fi\n"
		"[ -d \"$d\" ] || { say \"cannot make a folder in $b\"; exit 0; }\n"
		"n=0\n"
		"while [ $n -lt 3 ]; do\n"
		"\tp= s= t=\n"
		"\tif read -r p s 2>/dev/null <\"$d/pid\"; then\n"
		"\t\tt=$(cat /proc/$p/stat 2>/dev/null)\n"
		"\t\t[ -z \"$t\" ] || t=$(began ${t##*) })\n"
		"\tfi\n"
		"\tif [ -f \"$d/code\" ]; then\n"
		"\t\tread -r c <\"$d/code\"\n"
		"\t\t[ \"$c\" = never ] && say never && exit 0\n"
		"\t\tsay \"done $c\"\n"
		"\t\tcat \"$d/output\"\n"
		"\t\texit 0\n"
		"\tfi\n"
		"\t[ -n \"$p\" ] && [ -n \"$s\" ] && [ \"$s\" = \"$t\" ] && say running && "
		"exit 0\n"
		"\t[ -n \"$p\" ] && [ -z \"$s\" ] && kill -0 \"$p\" 2>/dev/null && say "
		"running && exit 0\n"
		"\tn=$((n + 1))\n"
		"\tsleep 1\n"
		"done\n"
		"say lost\n"
		"exit 0\n"
		"}\n"));
}

void
ssh_script_look(struct buf *out, uint64_t mark, const struct strs *argv)
{
	buf_add(out, STR("{\n"));
	put_command(out, argv);
	buf_printf(out, "\necho \"firstline-end %016llx $?\"\nexit 0\n}\n",
	    (unsigned long long)mark);
}

/* ---- answers ---- */

static bool
read_code(str text, int *ret)
{
	uint64_t code;
	if (!str_u64(text, 255, &code))
		return false;
	*ret = (int)code;
	return true;
}

static struct ssh_said
read_line(str line, str rest)
{
	struct ssh_said said = { .answer = SSH_NOTHING };
	if (str_starts(line, STR("done "))) {
		if (read_code(str_drop(line, strlen("done ")), &said.code)) {
			said.answer = SSH_DONE;
			said.text = rest;
		}
	} else if (str_starts(line, STR("cannot "))) {
		said.answer = SSH_CANNOT;
		said.text = line;
	} else if (str_eq(line, STR("running"))) {
		said.answer = SSH_RUNNING;
	} else if (str_eq(line, STR("never"))) {
		said.answer = SSH_NEVER;
	} else if (str_eq(line, STR("lost"))) {
		said.answer = SSH_LOST;
	} else if (str_eq(line, STR("taken"))) {
		said.answer = SSH_TAKEN;
	}
	return said;
}

struct ssh_said
ssh_script_read(str bytes)
{
	while (bytes.n > 0) {
		struct str_cut cut = str_cut(bytes, '\n');
		if (!cut.found)
			break; /* not a whole line */
		if (str_starts(cut.head, STR("firstline-")))
			return read_line(str_drop(cut.head, strlen("firstline-")),
			    cut.tail);
		bytes = cut.tail;
	}
	return (struct ssh_said){ .answer = SSH_NOTHING };
}

bool
ssh_look_read(str bytes, uint64_t mark, int *ret_code, str *ret_output)
{
	char text[48];
	struct buf start = BUF(sizeof(text));
	buf_printf(&start, "firstline-end %016llx ", (unsigned long long)mark);
	size_t n = start.n;
	memcpy(text, start.p, n);
	buf_done(&start);
	str end = { text, n };
	/* What the command wrote may not end with a newline. */
	for (size_t at = bytes.n; at-- > 0;) {
		str rest = str_drop(bytes, at);
		if (!str_starts(rest, end))
			continue;
		struct str_cut line = str_cut(str_drop(rest, end.n), '\n');
		if (!line.found || line.tail.n > 0 || !read_code(line.head, ret_code))
			return false;
		*ret_output = str_take(bytes, at);
		return true;
	}
	return false;
}
