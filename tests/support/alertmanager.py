"""Debian's Alertmanager beside Firstline: started alike, asked alike, and what of two answers
may differ without meaning anything: moments that were made up, and ids."""
import datetime
import http.client
import re

from support.harness import free_port, wait_until

HEADERS = ("Content-Type", "Allow", "Cache-Control", "Access-Control-Allow-Origin")
ESCAPES = {b"\\u003c": b"<", b"\\u003e": b">", b"\\u0026": b"&", b"\\u2028": b"\xe2\x80\xa8", b"\\u2029": b"\xe2\x80\xa9"}
MOMENT = re.compile(rb'"(startsAt|endsAt|updatedAt|uptime)":"([^"]*)"')
UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
APART_S = 20  # the same moment, told by two servers that were asked one after the other


def start_alertmanager(scratch, config="route: {receiver: ops, group_by: [alertname], group_wait: 1h}\n"
                                       "receivers: [{name: ops}]\n"):
    scratch.file("am.yml", config)
    port = free_port()
    scratch.start("prometheus-alertmanager", f"--config.file={scratch.dir}/am.yml", f"--storage.path={scratch.dir}/am",
                  "--cluster.listen-address=", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error")
    wait_until(lambda: Query("GET", "/-/ready").ask(port).status == 200, 20, message="Alertmanager is ready")
    return port


class Reply:
    """status 0: the connection was closed without one"""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:300]!r}"


class Query:
    def __init__(self, method, path, body=b"", kind="application/json", **headers):
        self.method, self.path = method, path
        self.body = body.encode() if isinstance(body, str) else body
        self.headers = {"Content-Type": kind} if self.body and kind else {}
        self.headers.update({name.replace("_", "-"): value for name, value in headers.items()})

    def ask(self, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            body = self.body if self.method in ("POST", "PUT", "PATCH") else None
            connection.request(self.method, self.path, body=body, headers=self.headers)
            answer = connection.getresponse()
            headers = {name: answer.getheader(name) for name in HEADERS if answer.getheader(name)}
            return Reply(answer.status, headers, answer.read())
        except (http.client.HTTPException, ConnectionError):
            return Reply(0, {}, b"")
        finally:
            connection.close()

    def __repr__(self):
        return f"{self.method} {self.path} {self.headers} {self.body[:200]!r}"


def plain(body):
    """The bytes without moments and ids, and without the escapes that Go writes and JSON does not need."""
    for escape, text in ESCAPES.items():
        body = body.replace(escape, text)
    return UUID.sub(b"UUID", MOMENT.sub(rb'"\1":"T"', body))


def moments(body):
    return [datetime.datetime.fromisoformat(m[1].decode().replace("Z", "+00:00")).timestamp()
            for m in MOMENT.findall(body)]


def alike(theirs, ours):
    """The same bytes, but for ids, and moments the same to within what was between the requests."""
    return plain(theirs) == plain(ours) and all(
        abs(a - b) < APART_S for a, b in zip(moments(theirs), moments(ours), strict=True))
