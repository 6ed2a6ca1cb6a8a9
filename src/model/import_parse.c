/*
 * What a prose runbook consists of: headings, paragraphs, and commands in fences and in
 * `inline code`.
 *
 * A command is told by its program. Fences that say they are of a shell are taken whole,
 * line by line; in others only lines behind a prompt or of a known program count, so that
 * output and configuration are not proposed to anybody.
 */
#define CMARK_NO_SHORT_NAMES
#include <cmark.h>

#include "model/importing.h"

#define SECTION_TEXT_MAX 8192
#define WORD_MAX 64

struct parse {
	struct arena *arena;
	uint32_t line; /* of the original, before cmark's first */
	struct import_parsed *ret;
	struct buf text; /* of the section in work */
};

static const char *const programs[] = { "apt", "aws", "az", "bash", "calicoctl", "cat",
	"ceph", "cilium", "crictl", "ctr", "curl", "df", "dig", "dmesg", "docker", "du",
	"etcdctl", "etcdutl", "find", "free", "gcloud", "git", "grep", "helm", "host",
	"htop", "iostat", "ip", "iptables", "istioctl", "jcmd", "journalctl", "jq",
	"jstack", "kafka-topics.sh", "kill", "killall", "kubeadm", "kubectl", "lsof",
	"mdadm", "mongo", "mount", "mysql", "mysqladmin", "netstat", "nft", "nginx",
	"nslookup", "oc", "openssl", "pg_ctl", "ping", "pkill", "podman", "promtool", "ps",
	"psql", "puppet", "rabbitmqctl", "reboot", "redis-cli", "rm", "rsync", "salt",
	"sar", "service", "smartctl", "ss", "ssh", "strace", "sudo", "supervisorctl",
	"swapoff", "sysctl", "systemctl", "tail", "tcpdump", "telnet", "terraform", "top",
	"traceroute", "umount", "vault", "vmstat", "wget", NULL };

/* Words that change something, wherever they stand in a command. */
static const char *const changing[] = { "apply", "annotate", "compact", "cordon", "create",
	"defrag", "delete", "disable", "drain", "edit", "enable", "evict", "failover",
	"flush", "force", "install", "kill", "label", "mkdir", "move-leader", "mv", "patch",
	"prune", "purge", "reboot", "reload", "remove", "replace", "reset", "resize",
	"restart", "rollback", "rm", "scale", "set", "start", "stop", "taint", "truncate",
	"uncordon", "undo", "unmount", "umount", "upgrade", "killall", "pkill", "restore",
	"rollout", NULL };

static const char *const shells[] = { "bash", "sh", "shell", "console", "zsh",
	"shell-session", "terminal", "cmd", NULL };

static bool
is_one_of(str word, const char *const *list)
{
	for (size_t i = 0; list[i] != NULL; i++) {
		if (str_eq_caseless(word, str_of(list[i])))
			return true;
	}
	return false;
}

static str
first_word(str s)
{
	size_t n = 0;
	while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
		n++;
	return str_take(s, n);
}

static bool
is_program(str command)
{
	return is_one_of(first_word(command), programs);
}

static bool
changes_something(str command)
{
	for (str rest = command; rest.n > 0;) {
		str word = first_word(rest);
		rest = str_trim(str_drop(rest, word.n));
		if (is_one_of(word, changing))
			return !str_contains(command, STR("rollout status")) &&
			       !str_contains(command, STR("rollout history"));
	}
	return false;
}

/* ---- sections and commands ---- */

static struct import_section *
section(struct parse *p)
{
	return &p->ret->sections[p->ret->sections_n - 1];
}

static void
end_section(struct parse *p)
{
	section(p)->text = import_lower(buf_str(&p->text), SECTION_TEXT_MAX, p->arena);
	buf_reset(&p->text);
}

static void
begin_section(struct parse *p, str heading)
{
	if (p->ret->sections_n > 0)
		end_section(p);
	if (p->ret->sections_n == IMPORT_SECTIONS_MAX)
		return; /* what follows belongs to the last */
	p->ret->sections[p->ret->sections_n++] =
	    (struct import_section){ .heading = heading };
}

static bool
known_already(const struct import_parsed *ret, str text)
{
	for (size_t i = 0; i < ret->commands_n; i++) {
		if (str_eq(ret->commands[i].text, text))
			return true;
	}
	return false;
}

static void
add_command(struct parse *p, str text, int line, bool query)
{
	struct import_parsed *ret = p->ret;
	text = str_trim(text);
	if (text.n == 0 || known_already(ret, text))
		return;
	bool changes = !query && changes_something(text);
	section(p)->queries |= query;
	section(p)->changes |= changes;
	section(p)->looks |= !query && !changes;
	if (ret->commands_n == IMPORT_COMMANDS_MAX || text.n > IMPORT_COMMAND_BYTES_MAX) {
		ret->commands_more++;
		return;
	}
	ret->commands[ret->commands_n++] = (struct import_command){
		.heading = section(p)->heading,
		.line = p->line + (uint32_t)line,
		.query = query,
		.changes = changes,
		.text = arena_str(p->arena, text),
	};
}

/* "$ x" and "# x" are what people type; false: there is no prompt. */
static bool
cut_prompt(str *line)
{
	if (!str_starts(*line, STR("$ ")) && !str_starts(*line, STR("# ")))
		return false;
	str rest = str_trim(str_drop(*line, 2));
	/* In a shell's fence "# words" is a comment, "# program" is typed by root. */
	if (line->p[0] == '#' && !is_program(rest))
		return false;
	*line = rest;
	return true;
}

/* A line, and those that a backslash at its end joins to it. */
static str
take_joined(str *rest, int *lines)
{
	size_t n = 0;
	*lines = 0;
	for (;;) {
		while (n < rest->n && rest->p[n] != '\n')
			n++;
		++*lines;
		bool goes_on = n > 0 && n < rest->n && rest->p[n - 1] == '\\';
		if (!goes_on)
			break;
		n++;
	}
	str line = str_take(*rest, n);
	*rest = str_drop(*rest, n < rest->n ? n + 1 : n);
	return str_trim(line);
}

static void
read_commands(struct parse *p, str body, int line, bool shell)
{
	bool prompts = str_starts(body, STR("$ ")) || str_contains(body, STR("\n$ "));
	for (str rest = body; rest.n > 0;) {
		int lines;
		str text = take_joined(&rest, &lines);
		int at = line;
		line += lines;
		bool typed = cut_prompt(&text);
		if (text.n == 0 || (text.p[0] == '#' && !typed))
			continue;
		/* Where there are prompts the other lines are output. */
		if (typed || (shell && !prompts) || (!prompts && is_program(text)))
			add_command(p, text, at, false);
	}
}

static void
read_fence(struct parse *p, cmark_node *node)
{
	const char *info = cmark_node_get_fence_info(node);
	const char *literal = cmark_node_get_literal(node);
	int line = cmark_node_get_start_line(node);
	if (literal == NULL)
		return;
	str kind = first_word(str_of(info != NULL ? info : ""));
	if (str_eq_caseless(kind, STR("promql")))
		add_command(p, str_of(literal), line + 1, true);
	else if (is_one_of(kind, shells))
		read_commands(p, str_of(literal), line + 1, true);
	else if (kind.n == 0 || str_eq_caseless(kind, STR("text")))
		read_commands(p, str_of(literal), line + 1, false);
}

/* "`systemctl restart nginx`": a program alone says nothing that could be run. */
static void
read_inline(struct parse *p, cmark_node *node)
{
	const char *literal = cmark_node_get_literal(node);
	if (literal == NULL)
		return;
	str text = str_trim(str_of(literal));
	if (str_starts(text, STR("$ ")))
		text = str_trim(str_drop(text, 2));
	bool alone = first_word(text).n == text.n;
	if (!alone && is_program(text))
		add_command(p, text, cmark_node_get_start_line(cmark_node_parent(node)),
		    false);
}

/* ---- blocks ---- */

static str
plain_text(struct parse *p, cmark_node *top)
{
	struct buf text = BUF(IMPORT_HEADING_MAX);
	cmark_iter *iter = cmark_iter_new(top);
	for (cmark_event_type event; (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
		cmark_node *node = cmark_iter_get_node(iter);
		cmark_node_type type = cmark_node_get_type(node);
		const char *literal = NULL;
		if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE)
			literal = cmark_node_get_literal(node);
		if (event == CMARK_EVENT_ENTER && literal != NULL)
			buf_add(&text, str_of(literal));
	}
	cmark_iter_free(iter);
	str kept = arena_str(p->arena, str_trim(buf_str(&text)));
	buf_done(&text);
	return kept;
}

static void
read_node(struct parse *p, cmark_node *node)
{
	const char *literal;
	switch ((int)cmark_node_get_type(node)) {
	case CMARK_NODE_HEADING:
		begin_section(p, plain_text(p, node));
		if (p->ret->title.n == 0)
			p->ret->title = section(p)->heading;
		return;
	case CMARK_NODE_CODE_BLOCK:
		read_fence(p, node);
		return;
	case CMARK_NODE_CODE:
		read_inline(p, node);
		literal = cmark_node_get_literal(node);
		buf_add(&p->text, str_of(literal != NULL ? literal : ""));
		return;
	case CMARK_NODE_TEXT:
		literal = cmark_node_get_literal(node);
		buf_add(&p->text, str_of(literal != NULL ? literal : ""));
		return;
	case CMARK_NODE_PARAGRAPH:
	case CMARK_NODE_SOFTBREAK:
	case CMARK_NODE_LINEBREAK:
		buf_char(&p->text, ' ');
		return;
	default:
		return;
	}
}

/* alertname="X" or alertname: X, as in a query or a link. */
static str
find_alertname(str text, struct arena *arena)
{
	static const char key[] = "alertname";
	for (size_t i = 0; i + sizeof(key) < text.n; i++) {
		if (memcmp(text.p + i, key, sizeof(key) - 1) != 0)
			continue;
		size_t at = i + sizeof(key) - 1;
		while (
		    at < text.n && strchr(" =:\"'", text.p[at] ? text.p[at] : 'x') != NULL)
			at++;
		size_t n = 0;
		while (at + n < text.n && n < WORD_MAX &&
		       ((text.p[at + n] >= 'a' && text.p[at + n] <= 'z') ||
			   (text.p[at + n] >= 'A' && text.p[at + n] <= 'Z') ||
			   (text.p[at + n] >= '0' && text.p[at + n] <= '9')))
			n++;
		str word = str_take(str_drop(text, at), n);
		if (import_is_alert(word))
			return arena_str(arena, word);
	}
	return STR("");
}

void
import_parse(str markdown, uint32_t line, struct arena *arena, struct import_parsed *ret)
{
	*ret = (struct import_parsed){
		.sections = arena_new(arena, struct import_section, IMPORT_SECTIONS_MAX),
		.commands = arena_new(arena, struct import_command, IMPORT_COMMANDS_MAX),
		.alertname = find_alertname(markdown, arena),
	};
	struct parse p = { .arena = arena,
		.line = line - 1,
		.ret = ret,
		.text = BUF((size_t)1 << 20) };
	begin_section(&p, STR(""));
	cmark_node *document = cmark_parse_document(markdown.n > 0 ? markdown.p : "",
	    markdown.n, CMARK_OPT_DEFAULT);
	cmark_iter *iter = cmark_iter_new(document);
	for (cmark_event_type event; (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
		if (event == CMARK_EVENT_ENTER)
			read_node(&p, cmark_iter_get_node(iter));
	}
	cmark_iter_free(iter);
	cmark_node_free(document);
	end_section(&p);
	buf_done(&p.text);
}
