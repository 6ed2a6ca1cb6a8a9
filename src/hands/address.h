#ifndef HANDS_ADDRESS_H
#define HANDS_ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>

/*
 * address -- which addresses a request may never go to, whatever name led there.
 *
 *	ADDRESS_LOOPBACK   this machine: 127.0.0.0/8, ::1, and 0.0.0.0 and ::, which mean it
 *	ADDRESS_FORBIDDEN  the link's own (169.254.0.0/16, fe80::/10), where clouds hand out
 *	                   credentials; their other places for that (100.100.100.200,
 *	                   192.0.0.192, fd00:ec2::254); multicast and broadcast; what is
 *	                   neither IPv4 nor IPv6
 *	ADDRESS_PLAIN      any other
 *
 * An IPv4 address within an IPv6 one (mapped, compatible, NAT64, 6to4) is judged as itself.
 */
enum address_kind { ADDRESS_PLAIN = 1, ADDRESS_LOOPBACK, ADDRESS_FORBIDDEN };

enum address_kind address_kind(const struct sockaddr *address);
void address_text(const struct sockaddr *address, char *ret, size_t size);

#endif
