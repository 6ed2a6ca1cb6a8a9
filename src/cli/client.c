#include "cli/client.h"
#include "cli/output.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/hash.h"
#include "base/json.h"
#include "facts/event.h"
#include "os/clock.h"
#include "os/env.h"
#include "os/file.h"

#define ARENA_BYTES ((size_t)1 << 30) /* address space; touched as it is used */
#define ANSWER_BYTES ((size_t)256 << 20)
#define TOKEN_FILE_MAX 1024
#define SPECS_MAX 20
#define TRIES_MAX 3
#define CONNECT_MS 5000L
#define ANSWER_MS 30000L
#define AGAIN_MS 700

/* ---- where and as whom ---- */

static const char *
first_of(const char *a, const char *b, const char *c)
{
	if (a != NULL)
		return a;
	return b != NULL ? b : c;
}

const char *
client_state_dir(const char *option)
{
	return first_of(option, env_get("FIRSTLINE_STATE"), "firstline-state");
}

/* The first line of a file; NULL when it cannot be read. */
static const char *
line_of(struct arena *arena, const char *path, struct err *err)
{
	str text;
	if (!file_read(arena, path, TOKEN_FILE_MAX, &text, err))
		return NULL;
	text = str_trim(str_cut(text, '\n').head);
	if (memchr(text.p, '\0', text.n) != NULL) {
		err_set(err, ERR_INVALID, "'%s' is no text", path);
		return NULL;
	}
	return arena_cstr(arena, text);
}

static const char *
line_in_state(struct client *client, const char *name)
{
	struct err err;
	str path = arena_printf(&client->arena, "%s/%s",
	    client_state_dir(client->options.state), name);
	return line_of(&client->arena, arena_cstr(&client->arena, path), &err);
}

static void
find_url(struct client *client)
{
	const char *url = first_of(client->options.url, env_get("FIRSTLINE_URL"), NULL);
	if (url == NULL)
		url = line_in_state(client, "endpoint");
	if (url == NULL)
		url = "http://127.0.0.1:9911";
	str s = str_of(url);
	while (str_ends(s, STR("/")))
		s = str_take(s, s.n - 1);
	client->url = arena_cstr(&client->arena, s);
}

/* The local token opens everything: it is for this machine alone. */
static bool
url_is_local(const char *url)
{
	static const char *const hosts[] = { "http://127.0.0.1", "http://localhost",
		"http://[::1]", "https://127.0.0.1", "https://localhost", "https://[::1]" };
	for (size_t i = 0; i < countof(hosts); i++) {
		size_t n = strlen(hosts[i]);
		if (strncmp(url, hosts[i], n) == 0 &&
		    (url[n] == '\0' || url[n] == ':' || url[n] == '/') &&
		    strchr(url + n, '@') == NULL)
			return true;
	}
	return false;
}

static int
find_token(struct client *client)
{
	const char *file =
	    first_of(client->options.token_file, env_get("FIRSTLINE_TOKEN_FILE"), NULL);
	if (file == NULL) {
		if (url_is_local(client->url))
			client->token = line_in_state(client, "local.token");
		return EXIT_OK;
	}
	struct err err;
	client->token = line_of(&client->arena, file, &err);
	if (client->token == NULL)
		complain("token: %s", err.text);
	return client->token != NULL ? EXIT_OK : EXIT_AUTH;
}

int
client_open(struct client *client, const struct client_options *options)
{
	*client = (struct client){ .options = *options };
	client->arena = arena_map(&client->map, ARENA_BYTES);
	find_url(client);
	int code = find_token(client);
	if (code != EXIT_OK)
		client_close(client);
	return code;
}

void
client_close(struct client *client)
{
	arena_unmap(&client->map);
}

/* A folder that is named and is none would else be a server that cannot be reached. It is not
 * there, unless what was meant is no folder at all. */
static int
look_for_state(const struct client_command *command, const char *state)
{
	struct stat st;
	if (state == NULL || (stat(state, &st) == 0 && S_ISDIR(st.st_mode)))
		return EXIT_OK;
	const char *instead = command->instead_of_state != NULL
	                          ? command->instead_of_state(str_of(state))
	                          : NULL;
	complain("--state names the server's state folder, and there is no folder '%s'%s%s",
	    state, instead != NULL ? "; write " : "", instead != NULL ? instead : "");
	return instead != NULL ? EXIT_USAGE : EXIT_NOT_FOUND;
}

int
client_run(int argc, char **argv, const struct client_command *command)
{
	struct client client;
	struct client_options options = { 0 };
	struct client_options *o = &options;
	struct option_spec specs[SPECS_MAX] = {
		{ .name = "state", .value = &o->state },
		{ .name = "url", .value = &o->url },
		{ .name = "token-file", .value = &o->token_file },
		{ .name = "json", .flag = &o->json },
	};
	ASSERT(command->specs_n <= SPECS_MAX - 4);
	for (size_t i = 0; i < command->specs_n; i++)
		specs[4 + i] = command->specs[i];
	if (!options_take(&argc, argv, specs, 4 + command->specs_n))
		return EXIT_USAGE;
	if (argc - 1 < command->min || (command->max >= 0 && argc - 1 > command->max)) {
		complain("usage: firstline %s", command->usage);
		return EXIT_USAGE;
	}
	int code = look_for_state(command, options.state);
	if (code == EXIT_OK)
		code = client_open(&client, &options);
	if (code != EXIT_OK)
		return code;
	code = command->run(&client, command->context, argc - 1, argv + 1);
	client_close(&client);
	return code;
}

/* ---- one exchange ---- */

static size_t
take_bytes(char *bytes, size_t one, size_t n, void *context)
{
	struct buf *body = context;
	buf_put(body, bytes, one * n);
	return body->overflow ? 0 : one * n;
}

struct exchange {
	const char *method, *path;
	str body; /* of a POST */
	char key[40];
	struct buf answer;
	long status;
	bool ours;
	char error[CURL_ERROR_SIZE];
};

static struct curl_slist *
headers_of(struct client *client, const struct exchange *x)
{
	struct curl_slist *list = NULL;
	struct arena *a = &client->arena;
	if (client->token != NULL)
		list = curl_slist_append(list,
		    arena_cstr(a,
			arena_printf(a, "Authorization: Bearer %s", client->token)));
	if (x->key[0] != '\0')
		list = curl_slist_append(list,
		    arena_cstr(a, arena_printf(a, "Idempotency-Key: %s", x->key)));
	if (x->body.p != NULL)
		list = curl_slist_append(list, "Content-Type: application/json");
	return curl_slist_append(list, "Expect:");
}

/* No answer says that it is Firstline's; each has this, and Alertmanager's, and those of a
 * server that answers 200 to whatever it is asked, have not. */
static bool
is_ours(CURL *curl)
{
	struct curl_header *header;
	return curl_easy_header(curl, "Cross-Origin-Opener-Policy", 0, CURLH_HEADER, -1,
		   &header) == CURLHE_OK;
}

static CURLcode
exchange_once(struct client *client, struct exchange *x)
{
	CURL *curl = curl_easy_init();
	if (curl == NULL)
		return CURLE_FAILED_INIT;
	struct arena *a = &client->arena;
	struct curl_slist *headers = headers_of(client, x);
	buf_reset(&x->answer);
	x->error[0] = '\0';
	x->status = 0;
	curl_easy_setopt(curl, CURLOPT_URL,
	    arena_cstr(a, arena_printf(a, "%s%s", client->url, x->path)));
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, x->method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "firstline/" FIRSTLINE_VERSION);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ANSWER_MS);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, x->error);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &x->answer);
	if (url_is_local(client->url))
		curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	if (x->body.p != NULL) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, x->body.p);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body.n);
	}
	CURLcode code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &x->status);
	x->ours = code == CURLE_OK && is_ours(curl);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return code;
}

/* Worth asking again, and harmless thanks to the key: the server is just starting, or its
 * answer was lost on the way. */
static bool
worth_again(CURLcode code, long status)
{
	return code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
	       code == CURLE_SEND_ERROR || (code == CURLE_OK && status == 503);
}

static void
wait_ms(long ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

static int
complain_unreached(const struct client *client, CURLcode code, const char *error)
{
	const char *why = error[0] != '\0' ? error : curl_easy_strerror(code);
	if (code == CURLE_OPERATION_TIMEDOUT) {
		complain("no answer from %s in time: %s", client->url, why);
		return EXIT_TIMEOUT;
	}
	complain("cannot reach %s: %s", client->url, why);
	if (code == CURLE_COULDNT_CONNECT)
		say("Is it running? 'firstline serve --config DIR' starts it; --url or "
		    "--state names another.");
	return EXIT_FAILED;
}

static int
exit_of_status(long status)
{
	switch (status) {
	case 400:
	case 422:
		return EXIT_USAGE;
	case 401:
	case 403:
		return EXIT_AUTH;
	case 404:
	case 410:
		return EXIT_NOT_FOUND;
	case 409:
		return EXIT_CONFLICT;
	case 408:
	case 504:
		return EXIT_TIMEOUT;
	default:
		return EXIT_FAILED;
	}
}

static int
complain_refused(struct client *client, const struct exchange *x)
{
	str message = STR("");
	uint64_t code = 0;
	if (!reply_error(buf_str(&x->answer), &client->arena, &message, &code) || code == 0)
		code = (uint64_t)exit_of_status(x->status);
	if (message.n > 0)
		complain("%.*s", STR_ARG(message));
	else
		complain("%s answered %ld", client->url, x->status);
	if (x->status == 401 && client->token == NULL)
		say("No token was sent: --state names the server's state folder, "
		    "--token-file "
		    "a token of your own.");
	return (int)code;
}

static int
ask(struct client *client, struct exchange *x, str *ret_body)
{
	x->answer = BUF(ANSWER_BYTES);
	if (strcmp(x->method, "GET") != 0)
		(void)snprintf(x->key, sizeof(x->key), "cli-%016llx%016llx",
		    (unsigned long long)random_u64(), (unsigned long long)random_u64());
	CURLcode code = exchange_once(client, x);
	for (int i = 1; i < TRIES_MAX && worth_again(code, x->status); i++) {
		wait_ms(AGAIN_MS);
		code = exchange_once(client, x);
	}
	int exit = EXIT_OK;
	client->status = (uint32_t)x->status;
	client->ours = x->ours;
	if (code != CURLE_OK)
		exit = complain_unreached(client, code, x->error);
	else if (x->status < 200 || x->status > 299)
		exit = complain_refused(client, x);
	else
		*ret_body = arena_str(&client->arena, buf_str(&x->answer));
	buf_done(&x->answer);
	return exit;
}

int
client_get(struct client *client, const char *path, str *ret_body)
{
	struct exchange x = { .method = "GET", .path = path };
	return ask(client, &x, ret_body);
}

int
client_post(struct client *client, const char *path, str json, str *ret_body)
{
	struct exchange x = { .method = "POST", .path = path, .body = json };
	return ask(client, &x, ret_body);
}

int
client_delete(struct client *client, const char *path, str *ret_body)
{
	struct exchange x = { .method = "DELETE", .path = path };
	return ask(client, &x, ret_body);
}

void
say_cut(const char *words)
{
	if (words != NULL && strlen(words) > COMMAND_WORDS_MAX)
		say("Of your words the first %d bytes are kept; say the rest in a note.",
		    COMMAND_WORDS_MAX);
}

str
client_escape(struct client *client, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";
	size_t n = strlen(text);
	char *p = arena_new(&client->arena, char, 3 * n);
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		static const char digits[] = "0123456789ABCDEF";
		unsigned char c = (unsigned char)text[i];
		if (strchr(plain, text[i]) != NULL) {
			p[at++] = text[i];
		} else {
			p[at++] = '%';
			p[at++] = digits[c >> 4];
			p[at++] = digits[c & 15];
		}
	}
	return (str){ p, at };
}

int
client_print_json(str body)
{
	body = str_trim(body);
	(void)fwrite(body.p, 1, body.n, stdout);
	(void)fputc('\n', stdout);
	return out_flush(true);
}
