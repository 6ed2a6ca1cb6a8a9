#include "os/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool
read_address(str text, union address *ret, socklen_t *ret_n)
{
	size_t colon = text.n;
	while (colon > 0 && text.p[colon - 1] != ':')
		colon--;
	uint64_t port;
	if (colon == 0 || !str_u64(str_drop(text, colon), 65535, &port))
		return false;
	str host = str_take(text, colon - 1);
	char name[INET6_ADDRSTRLEN + 2];
	bool v6 = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
	if (v6)
		host = (str){ host.p + 1, host.n - 2 };
	if (host.n >= sizeof(name))
		return false;
	(void)snprintf(name, sizeof(name), "%.*s", STR_ARG(host));
	*ret = (union address){ 0 };
	if (v6) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons((uint16_t)port);
		*ret_n = sizeof(ret->v6);
		return inet_pton(AF_INET6, name, &ret->v6.sin6_addr) == 1;
	}
	ret->v4.sin_family = AF_INET;
	ret->v4.sin_port = htons((uint16_t)port);
	*ret_n = sizeof(ret->v4);
	return inet_pton(AF_INET, name, &ret->v4.sin_addr) == 1;
}

bool
address_check(str text, struct err *err)
{
	union address address;
	socklen_t n;
	return read_address(text, &address, &n) ||
	       err_set(err, ERR_INVALID,
		   "'%.*s' is no address to listen on: write 127.0.0.1:9911 or [::1]:9911",
		   STR_ARG(text));
}

bool
address_is_loopback(str text)
{
	union address address;
	socklen_t n;
	if (!read_address(text, &address, &n))
		return false;
	if (address.any.sa_family == AF_INET)
		return (ntohl(address.v4.sin_addr.s_addr) >> 24) == 127;
	return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
}

bool
listen_tcp(str text, int *ret_fd, uint16_t *ret_port, struct err *err)
{
	union address address;
	socklen_t n;
	if (!address_check(text, err) || !read_address(text, &address, &n))
		return false;
	int fd =
	    socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(err, ERR_IO, "socket");
	int on = 1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &address.any, n) < 0 || listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, &address.any, &n) < 0) {
		(void)err_sys(err, ERR_IO, "listen on '%.*s'", STR_ARG(text));
		(void)close(fd);
		return false;
	}
	*ret_port = ntohs(
	    address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
	*ret_fd = fd;
	return true;
}

/* A socket that refuses to be connected to is one that a killed server left. */
static bool
is_left_over(const struct sockaddr_un *address)
{
	struct stat st;
	if (lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	bool left = connect(fd, (const void *)address, sizeof(*address)) < 0 &&
	            errno == ECONNREFUSED;
	(void)close(fd);
	return left;
}

bool
listen_unix(str path, int *ret_fd, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (path.n >= sizeof(address.sun_path))
		return err_set(err, ERR_INVALID, "'%.*s' is too long for a socket",
		    STR_ARG(path));
	memcpy(address.sun_path, path.p, path.n);
	if (is_left_over(&address))
		(void)unlink(address.sun_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(err, ERR_IO, "socket");
	if (bind(fd, (const void *)&address, sizeof(address)) < 0 ||
	    chmod(address.sun_path, 0660) < 0 || listen(fd, BACKLOG) < 0) {
		(void)err_sys(err, ERR_IO, "listen on '%.*s'", STR_ARG(path));
		(void)close(fd);
		return false;
	}
	*ret_fd = fd;
	return true;
}
