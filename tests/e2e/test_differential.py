"""The same requests, good and bad, to Debian's Alertmanager and to Firstline: status and body
must be equal, but for the differences that docs/alertmanager.md lists with their reasons."""
import http.client
import json
import pathlib
import random
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from e2e.test_prometheus import configuration
from support.harness import Firstline, Scratch, WebhookSink, free_port, run_all, stamp, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
REQUESTS = 500
JSON = "application/json"
NOW = time.time()
UNKNOWN = "00000000-0000-4000-8000-000000000000"

# Each intended difference: its name in docs/alertmanager.md, and whether two answers are it.
# An answer is (status, body); status 0: the connection was closed without one.
DIFFERENCES = [
    ("where in the body", lambda q, a, f: a[0] == f[0] == 400 and both(a, f, b'{"code":400,"message":"parsing ')),
    ("which mistake first", lambda q, a, f: q.method == "POST" and a[0] in (400, 422) and f[0] in (400, 422)
     and b"parsing" in a[1] + f[1]),
    ("joined mistakes", lambda q, a, f: a[0] == f[0] == 400 and a[1].replace(b"; ", b"\\n") == f[1]),
    ("a label twice", lambda q, a, f: a[0] in (200, 400) and f[0] == 400 and b"is given twice" in f[1]),
    ("UTF-8 names", lambda q, a, f: a[0] == 400 and b"invalid name" in a[1] and f[0] in (200, 400)),
    ("null", lambda q, a, f: b"null" in q.body and f[0] in (400, 422) and a[0] in (0, 200)),
    ("dates", lambda q, a, f: {a[0], f[0]} == {200, 400} and is_date(q)),
    ("braces", lambda q, a, f: a[0] == 400 and f[0] in (200, 400) and "filter=%7Bv" in q.path),
    ("strict JSON", lambda q, a, f: a[0] == 200 and f[0] == 400 and b"(at byte" in f[1]),
    ("regular expressions", lambda q, a, f: a[0] == f[0] == 400 and b"error parsing regexp" in a[1]
     and (b"bad matcher format" in f[1] or b"receiver param" in f[1])),
    ("unknown silences", lambda q, a, f: q.method == "DELETE" and a[0] == 500 and f == (404, b"")),
    ("the v1 API", lambda q, a, f: q.path.startswith("/api/v1/") and f[0] == 410),
    ("status", lambda q, a, f: q.path == "/api/v2/status" and a[0] == f[0] == 200
     and json.loads(a[1]).keys() == json.loads(f[1]).keys()),
    ("reload", lambda q, a, f: q.path == "/-/reload" and a[0] == 200 and f[0] == 401),
    ("other paths", lambda q, a, f: a[0] == f[0] == 404 and not q.path.startswith("/api/")),
]


def both(a, f, prefix):
    return a[1].startswith(prefix) and f[1].startswith(prefix)


def is_date(q):
    return any(b in q.body for b in (b'"startsAt"', b'"endsAt"'))


class Query:
    def __init__(self, method, path, body=b"", kind=JSON):
        self.method, self.path, self.kind = method, path, kind
        self.body = body.encode() if isinstance(body, str) else body

    def ask(self, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            head = {"Content-Type": self.kind} if self.body and self.kind else {}
            body = self.body if self.method in ("POST", "PUT", "PATCH") else None
            connection.request(self.method, self.path, body=body, headers=head)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (http.client.HTTPException, ConnectionError):
            return 0, b""
        finally:
            connection.close()

    def __repr__(self):
        return f"{self.method} {self.path} {self.kind or ''} {self.body[:200]!r}"


def alert(**more):
    return {"labels": {"alertname": "A"}, "startsAt": stamp(NOW - 60), "endsAt": stamp(NOW + 3000), **more}


LAYOUTS = ["2026-11-28T07:00:00Z", "2026-11-28T07:00:00.5Z", "2026-11-28T07:00:00.123456789Z",
           "2026-11-28T07:00:00+02:00", "2026-11-28T07:00:00-0530", "2026-11-28T07:00:00.000+01:00",
           "2026-11-28T07:00:00", "2026-11-28 07:00:00", "2026-11-28", "", "0001-01-01T00:00:00Z",
           "0001-01-01T00:00:00.000Z", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "x", "now",
           "2026-11-28T25:00:00Z", "2026-11-28T07:00Z", "1795419163", "2026-11-28t07:00:00z"]
NAMES = ["job", "_x", "a1", "__name__", "a-b", "a.b", "1a", "", "é", "a b", "alertname"]
VALUES = ["", "x", "é😀", "\\", '"', "<&>", "\t", "\u2028", " ", "x" * 2000]


def table():
    """What is worth a line of its own."""
    rows = [("GET", p) for p in (
        "/api/v2/status", "/api/v2/receivers", "/api/v2/alerts", "/api/v2/alerts/groups",
        "/api/v2/silences", "/api/v2/nope", "/api/v2/alerts/nope", f"/api/v2/silence/{UNKNOWN}",
        "/api/v2/silence/x", "/api/v1/alerts", "/-/healthy", "/-/ready", "/nope",
        "/api/v2/alerts?receiver=(", "/api/v2/alerts?receiver=ops", "/api/v2/alerts?receiver=o.*",
        "/api/v2/alerts?receiver=none", "/api/v2/alerts?filter=%7B", "/api/v2/alerts?filter=a",
        "/api/v2/alerts?filter=a%3D%7E%22(%22", "/api/v2/alerts?active=maybe",
        "/api/v2/alerts?active=false&silenced=false", "/api/v2/silences?filter=%7B",
        "/api/v2/alerts/groups?filter=%7B", "/api/v2/alerts/groups?receiver=(")]
    rows += [(m, p) for m in ("PUT", "PATCH", "DELETE") for p in ("/api/v2/alerts", "/api/v2/silences")]
    rows += [("POST", "/api/v2/status"), ("POST", "/api/v2/receivers"), ("POST", "/api/v2/alerts/groups"),
             ("DELETE", f"/api/v2/silence/{UNKNOWN}"), ("DELETE", "/api/v2/silence/x"),
             ("POST", "/-/reload"), ("HEAD", "/-/healthy"), ("HEAD", "/-/ready")]
    queries = [Query(m, p, "[]" if m not in ("GET", "HEAD", "DELETE") else "") for m, p in rows]
    bodies = ["", "[]", "{}", "null", "1", '"x"', "[1]", "[null]", "[{}]", '[{"labels":null}]',
              '[{"labels":{}}]', '[{"labels":[]}]', '[{"labels":{"a":1}}]', '[{"labels":{"a":null}}]',
              '[{"labels":{"a":"b"}', "[[]]", "[" * 200, '[{"labels":{"a":"b","a":"c"}}]',
              '[{"labels":{"a":"b"},"labels":{"c":"d"}}]', '[{"labels":{"a":"b"},"more":{"x":[1,2,{}]}}]',
              '[{"labels":{"a":"b"}}] x', '[{"labels":{"a":"b"}}]\n', "[],[]", "\xff",
              '[{"labels":{"a":"\\ud800"}}]', '[{"labels":{"a":"\\u00e9"}}]', '[{"labels":{"a":"\x01"}}]']
    queries += [Query("POST", "/api/v2/alerts", b) for b in bodies]
    queries += [Query("POST", "/api/v2/alerts", "[]", kind) for kind in (
        "text/plain", None, "application/json; charset=utf-8", "application/xml", "APPLICATION/JSON", "x")]
    for layout in LAYOUTS:
        for field in ("startsAt", "endsAt"):
            queries.append(Query("POST", "/api/v2/alerts", json.dumps([{"labels": {"t": field + layout}, field: layout}])))
    for name in NAMES:
        queries.append(Query("POST", "/api/v2/alerts", json.dumps([alert(labels={name: "v", "n": "1"})])))
        queries.append(Query("POST", "/api/v2/alerts", json.dumps([alert(annotations={name: "v"})])))
    for value in VALUES:
        queries.append(Query("POST", "/api/v2/alerts", json.dumps([alert(labels={"v": value})])))
        queries.append(Query("POST", "/api/v2/alerts", json.dumps([alert(annotations={"v": value})])))
    for url in ("", "http://x", "http://x/y?z=1#f", "nope", "//x", "http://[", "javascript:1", "/a", "http://x y"):
        queries.append(Query("POST", "/api/v2/alerts", json.dumps([alert(labels={"u": url or "none"}, generatorURL=url)])))
    queries += [Query("POST", "/api/v2/alerts", json.dumps(b)) for b in (
        [alert(), alert(labels={}), alert(labels={"b": "c"})], [alert(labels={}), alert(labels={})],
        [alert(labels={"e": ""})], [alert(endsAt=stamp(NOW - 120))], [alert(endsAt=stamp(NOW - 30))])]
    return queries


def silences():
    good = {"matchers": [{"name": "a", "value": "b", "isRegex": False}], "createdBy": "x", "comment": "c",
            "startsAt": stamp(NOW + 100), "endsAt": stamp(NOW + 3600)}

    def but(**more):
        return {k: v for k, v in {**good, **more}.items() if v is not ...}
    m = good["matchers"][0]
    bodies = [good, {}, but(matchers=[]), but(matchers=...), but(createdBy=...), but(comment=...),
              but(comment=""), but(createdBy=""), but(startsAt=...), but(endsAt=...), but(endsAt=stamp(NOW - 60)),
              but(startsAt=stamp(NOW + 7200)), but(matchers=[{**m, "isRegex": True, "value": "("}]),
              but(matchers=[{**m, "value": ""}]), but(matchers=[{**m, "value": ".*", "isRegex": True}]),
              but(matchers=[{"name": "a", "value": "b"}]), but(matchers=[{**m, "isEqual": False}]),
              but(matchers=[{**m, "name": ""}]), but(id=UNKNOWN), but(id="x"), but(id=""), but(more=1),
              but(matchers=1), but(startsAt="x"), but(matchers=[{**m, "isRegex": "yes"}]), [], None, 1]
    queries = [Query("POST", "/api/v2/silences", json.dumps(b)) for b in bodies]
    return queries + [Query("POST", "/api/v2/silences", b) for b in ("", "{", "[]", '{"matchers":[')]


def generated(n, seed=20261128):
    """Bodies that were good and had something done to them."""
    rng = random.Random(seed)
    queries = []
    while len(queries) < n:
        alerts = [alert(labels={"alertname": f"G{len(queries)}", rng.choice(NAMES[:4]): rng.choice(VALUES)},
                        annotations={"s": rng.choice(VALUES)}) for _ in range(rng.randint(1, 3))]
        for one in alerts:
            for field in ("startsAt", "endsAt"):
                if rng.random() < 0.3:
                    one[field] = rng.choice(LAYOUTS)
            if rng.random() < 0.2:
                del one[rng.choice(list(one))]
        text = json.dumps(alerts, ensure_ascii=rng.random() < 0.5).encode()
        how = rng.random()
        if how < 0.15:
            text = text[:rng.randrange(len(text))]
        elif how < 0.3:
            at = rng.randrange(len(text))
            text = text[:at] + bytes([rng.choice(b'{}[],:"\\0x ')]) + text[at + 1:]
        elif how < 0.35:
            text = text.replace(b'"', b"'", rng.randint(1, 3))
        queries.append(Query("POST", "/api/v2/alerts", text))
        if rng.random() < 0.2:
            filters = "&".join("filter=" + rng.choice(["alertname%3DA", "job!%3D%22%22", "v%3D~%22.*%22", "a", "%7Bv%3Dx%7D"])
                               for _ in range(rng.randint(1, 2)))
            queries.append(Query("GET", "/api/v2/alerts?" + filters))
    return queries[:n]


TIME = re.compile(rb'"(startsAt|endsAt|updatedAt)":"[^"]*"')
UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def plain(query, answer):
    """Without what may differ: moments, and ids that were made up."""
    status, body = answer
    if query.method == "HEAD":
        return status, b""
    if status == 405:  # Alertmanager names what is allowed in no order
        body = re.sub(rb"\[(.*)\]", lambda m: b"[" + b",".join(sorted(m[1].split(b","))) + b"]", body)
    return status, UUID.sub(b"UUID", TIME.sub(rb'"\\1":"T"', body))


def known(port):
    """The alerts that a server holds, by fingerprint, without what may differ."""
    return {a["fingerprint"]: told(a) for a in json.loads(Query("GET", "/api/v2/alerts").ask(port)[1])}


def told(alert):
    return {k: v for k, v in alert.items() if k not in ("updatedAt", "startsAt", "endsAt")}


def listing(query, answer, shared):
    """A list of alerts or groups, of those alerts that both took."""
    found = json.loads(answer[1])
    if "/groups" not in query.path:
        return [told(a) for a in found if a["fingerprint"] in shared]
    groups = [(g["labels"], g["receiver"], [told(a) for a in g["alerts"] if a["fingerprint"] in shared])
              for g in found]
    return [g for g in groups if g[2]]


def is_listing(query, theirs, ours):
    return query.path.startswith("/api/v2/alerts") and query.method == "GET" and theirs[0] == ours[0] == 200


def start_alertmanager(scratch):
    scratch.file("am.yml", "route: {receiver: ops, group_by: [alertname], group_wait: 1h}\nreceivers: [{name: ops}]\n")
    port = free_port()
    scratch.start("prometheus-alertmanager", f"--config.file={scratch.dir}/am.yml", f"--storage.path={scratch.dir}/am",
                  "--cluster.listen-address=", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error")
    wait_until(lambda: Query("GET", "/-/ready").ask(port)[0] == 200, 20, message="Alertmanager is ready")
    return port


def test_both_answer_alike():
    queries = table() + silences()
    queries += generated(REQUESTS - len(queries))
    assert len(queries) == REQUESTS
    with Scratch("differential") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        port = start_alertmanager(scratch)
        used, wrong, listings = {}, [], []
        for query in queries:
            theirs, ours = (plain(query, query.ask(p)) for p in (port, firstline.port))
            if theirs == ours or is_listing(query, theirs, ours):
                listings += [query] if is_listing(query, theirs, ours) else []
                continue
            name = next((n for n, test in DIFFERENCES if test(query, theirs, ours)), None)
            if name is None:
                wrong.append(f"{query}\n    Alertmanager {theirs}\n    Firstline    {ours}")
            used[name] = used.get(name, 0) + 1
        assert not wrong, f"{len(wrong)} unlisted differences:\n" + "\n".join(wrong[:20])
        # Lists at last, of what both took.
        theirs, ours = known(port), known(firstline.port)
        shared = theirs.keys() & ours.keys()
        assert len(shared) > 120, (len(theirs), len(ours))
        for query in listings + [Query("GET", "/api/v2/alerts/groups")]:
            lists = [listing(query, query.ask(p), shared) for p in (port, firstline.port)]
            assert lists[0] == lists[1], (query, lists)
        print(f"  {REQUESTS} requests: {REQUESTS - sum(used.values())} equal, intended differences {used}; "
              f"{len(shared)} alerts told alike in {len(listings)} lists")


def test_the_manual_lists_every_difference():
    told = set(re.findall(r"^\| \*\*(.*?)\*\* \|", (ROOT / "docs/alertmanager.md").read_text(), re.M))
    assert told == {name for name, _ in DIFFERENCES}, told ^ {name for name, _ in DIFFERENCES}


if __name__ == "__main__":
    run_all(sys.modules[__name__])
