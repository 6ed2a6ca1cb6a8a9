"""The same requests, good and bad, to Debian's Alertmanager and to Firstline: status, headers and
body must be equal, but for the differences that docs/alertmanager.md lists with their reasons."""
import json
import pathlib
import random
import re
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from e2e.test_prometheus import configuration
from support.alertmanager import Query, alike, moments, plain, start_alertmanager
from support.harness import Firstline, Scratch, WebhookSink, run_all, stamp, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
REQUESTS = 500
NOW = time.time()
UNKNOWN = "00000000-0000-4000-8000-000000000000"
JUST_A_DATE = "2026-11-28"  # Alertmanager 0.25 takes it for half a moment


def said(reply):
    return reply.status, plain(reply.body)


# What differs otherwise than in the answer to one request; in the manual too. The clock is set
# in tests/fault/test_jumps.py.
BESIDES = {"a clock that is set", "escapes", "resolved alerts"}


def both(a, f, *words):
    return all(w in a.body and w in f.body for w in words)


# Each intended difference: its name in docs/alertmanager.md, and whether the answers of
# Alertmanager and Firstline to a query are it. As narrow as can be said.
DIFFERENCES = {
    "where in the body": lambda q, a, f: a.status == f.status == 400
    and both(a, f, b'{"code":400,"message":"parsing ', b'failed, because ') and told_apart(a, f),
    "joined mistakes": lambda q, a, f: a.status == f.status == 400 and a.body.replace(b"; ", b"\\n") == f.body,
    "a label twice": lambda q, a, f: a.status == 200 and f.status == 400 and b"is given twice" in f.body,
    "UTF-8 names": lambda q, a, f: a.status == 400 and b": invalid name " in a.body and f.status == 200,
    "null": lambda q, a, f: b"null" in q.body and (a.status, f.status) in ((0, 422), (0, 400), (422, 400)),
    "dates": lambda q, a, f: (is_date_alone(q) and b'as \\"2006-01-02 15:04:05\\"' in a.body
                              or b'"endsAt": ""' in q.body and b"start time must be before" in a.body)
    and a.status == 400 and f.status in (200, 400, 422),
    "names of members": lambda q, a, f: b'"Labels"' in q.body and a.status == 200 and f.status == 422,
    "matchers": lambda q, a, f: a.status == 400 and f.status == 200 and re.search(r"filter=(%7B|%22|%C3%A9|1a)", q.path),
    "strict JSON": lambda q, a, f: a.status == 200 and f.status == 400 and b"(at byte" in f.body
    and json_or_none(q.body) is None and b"nested" not in f.body,
    "text that is none": lambda q, a, f: a.status == 200 and f.status == 400 and any(w in q.body for w in (b"ud800", b"u0000"))
    and re.search(rb"surrogate|u0000", f.body),
    "deep JSON": lambda q, a, f: a.status == 200 and f.status == 400 and b"nested too deeply" in f.body,
    "words for a bad matcher": lambda q, a, f: a.status == f.status == 400
    and (b"error parsing regexp" in a.body or b"unescaped double quote" in a.body)
    and any(w in f.body for w in (b"bad matcher format", b"receiver param", b"invalid regular expression")),
    "unknown silences": lambda q, a, f: q.method == "DELETE" and a.status == 500 and said(f) == (404, b""),
    "bad escapes": lambda q, a, f: a.status == 200 and f.status == 400 and b"bad escape" in f.body,
    "compressed bodies": lambda q, a, f: "Content-Encoding" in q.headers and f.status == 415,
    "other forms than JSON": lambda q, a, f: "Accept" in q.headers and a.status == 406 and f.status == 200,
    "other sites": lambda q, a, f: q.method == "OPTIONS" and "Access-Control-Request-Method" in q.headers
    and a.status == 200 and f.status == 405,
    "the v1 API": lambda q, a, f: q.path.startswith("/api/v1/") and f.status == 410,
    "status": lambda q, a, f: q.path == "/api/v2/status" and a.status == f.status == 200
    and shape(json.loads(a.body)) == shape(json.loads(f.body)),
    "reload": lambda q, a, f: q.path == "/-/reload" and a.status == 200 and f.status == 401,
    "redirections": lambda q, a, f: a.status == 301 and f.status == 404,
    "other paths": lambda q, a, f: a.status == f.status and a.status in (404, 405)
    and not q.path.startswith("/api/v2"),
}


def told_apart(a, f):
    """Both say what is wrong, each in its words."""
    return b"(at byte " in f.body and len(a.body) > 60


def json_or_none(body):
    try:
        return json.loads(body, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return None


def is_date_alone(q):
    return f'"{JUST_A_DATE}"'.encode() in q.body


def shape(value):
    return {k: shape(v) for k, v in value.items()} if isinstance(value, dict) else type(value)


# ---- requests ----

def alert(**more):
    return {"labels": {"alertname": "A"}, "startsAt": stamp(NOW - 60), "endsAt": stamp(NOW + 3000), **more}


def post(alerts, path="/api/v2/alerts", **headers):
    return Query("POST", path, json.dumps(alerts), **headers)


LAYOUTS = ["2026-11-28T07:00:00Z", "2026-11-28T07:00:00.5Z", "2026-11-28T07:00:00.123456789Z",
           "2026-11-28T07:00:00+02:00", "2026-11-28T07:00:00-0530", "2026-11-28T07:00:00.000+01:00",
           "2026-11-28T07:00:00.000+0100", "2026-11-28T07:00:00,5Z", "2026-11-28T7:00:00Z",
           "2026-11-28T07:00:00", "2026-11-28 07:00:00", JUST_A_DATE, "", "0001-01-01T00:00:00Z",
           "0001-01-01T00:00:00.000Z", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "x", "now",
           "2026-11-28T25:00:00Z", "2026-11-28T07:00Z", "1795419163", "2026-11-28t07:00:00z",
           "2099-12-31T23:59:59Z"]
NAMES = ["job", "_x", "a1", "__name__", "a-b", "a.b", "1a", "", "é", "a b", "alertname"]
VALUES = ["", "x", "é😀", "\\", '"', "<&>", "\t", "\u2028", " ", "x" * 2000]


def paths():
    rows = [("GET", p) for p in (
        "/api/v2/status", "/api/v2/receivers", "/api/v2/receivers?receiver_matchers=x", "/api/v2/alerts",
        "/api/v2/alerts/", "/api/v2/silences/", "/api/v2/alerts//", "/api/v2//alerts", "/api/v2/alerts/groups/",
        "/api/v2/alerts/groups", "/api/v2/silences", "/api/v2/nope", "/api/v2/alerts/nope", "/api/v2/", "/api/v2",
        f"/api/v2/silence/{UNKNOWN}", f"/api/v2/silence/{UNKNOWN}/", "/api/v2/silence/x", "/api/v2/silence/",
        f"/api/v2/silence/{UNKNOWN.replace('-', '')}", f"/api/v2/silence/{UNKNOWN[:-1]}", f"/api/v2/silence/{UNKNOWN}0",
        f"/api/v2/silence/{UNKNOWN.replace('0', 'A')}", f"/api/v2/silence/{UNKNOWN.replace('0', 'g')}",
        "/api/v1/alerts", "/api/v1/status", "/api/v1/receivers", "/api/v1/alerts/groups", "/api/v1/silences",
        f"/api/v1/silence/{UNKNOWN}", "/api/v1/", "/-/healthy", "/-/ready", "/-/nope", "/nope")]
    rows += [(m, p) for m in ("PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
             for p in ("/api/v2/alerts", "/api/v2/silences", "/api/v2/alerts/groups", f"/api/v2/silence/{UNKNOWN}")]
    rows += [("POST", p) for p in ("/api/v2/status", "/api/v2/receivers", "/api/v2/alerts/groups", "/api/v2/nope",
                                   "/api/v2/alerts/", "/api/v1/alerts", "/api/v1/silences", "/-/reload", "/-/healthy")]
    rows += [("DELETE", "/api/v2/silence/x"), ("DELETE", "/api/v2/alerts/groups"),
             ("DELETE", f"/api/v1/silence/{UNKNOWN}"), ("HEAD", "/-/healthy"), ("HEAD", "/-/ready"),
             ("GET", "/-/reload"), ("PUT", "/-/reload")]
    queries = [Query(m, p, "[]" if m in ("POST", "PUT", "PATCH") else "", Origin="http://elsewhere") for m, p in rows]
    asks = {"Origin": "http://elsewhere", "Access-Control-Request-Method": "POST"}
    queries += [Query("OPTIONS", p, **asks) for p in ("/api/v2/alerts", "/api/v2/silences")]
    queries += [Query("GET", "/api/v2/alerts", Accept=kind) for kind in ("*/*", "application/json", "text/html", "a/b;q=x")]
    return queries


def parameters():
    filters = ["{", "a", "", "{}", "a=", "=b", "a=b", 'a="b"', 'a="b', "a=b,", "a=b,c=d", '{a="b",c=~"d"}', '"a"=b', "a = b",
               'a=~"("', 'a=~"*"', "a=~.*", "a!~x", "a!=", "a=\\", "a==b", "1a=b", "é=b", 'a="\\x"', 'a="\\n"', "a=é"]
    queries = [Query("GET", f"/api/v2/{path}?filter={urllib.parse.quote(text)}")
               for path in ("alerts", "silences") for text in filters]
    queries += [Query("GET", f"/api/v2/alerts/groups?filter={urllib.parse.quote(text)}") for text in filters[:6]]
    # A blank is a plus to Go's clients.
    queries += [Query("GET", "/api/v2/alerts?filter=" + text) for text in ("v%3D%22+%22", "a+%3D+b", "a%3Db%2Bc")]
    flags = ["active=maybe", "active=", "active=1", "active=TRUE", "active=0", "active=false&silenced=false", "active",
             "unprocessed=false", "inhibited=no", "receiver=(", "receiver=ops", "receiver=o.*", "receiver=none",
             "receiver=", "receiver_matchers=a%3Db", "nonsense=1", "filter=%zz", "%zz"]
    queries += [Query("GET", f"/api/v2/alerts?{flag}") for flag in flags]
    return queries + [Query("GET", f"/api/v2/alerts/groups?{flag}") for flag in (*flags[:14], "muted=false")]


def bodies():
    texts = ["", "[]", "{}", "null", "1", '"x"', "[1]", "[null]", "[{}]", '[{"labels":null}]',
             '[{"labels":{}}]', '[{"labels":[]}]', '[{"labels":{"a":1}}]', '[{"labels":{"a":null}}]',
             '[{"labels":{"a":"b","c":null}}]', '[{"labels":{"a":"b"},"annotations":null}]',
             '[{"labels":{"a":"b"},"annotations":{"c":null}}]', '[{"labels":{"a":"b"},"startsAt":null,"endsAt":null}]',
             '[{"labels":{"a":"b"},"generatorURL":null}]', '[{"labels":{"a":"b"}},null]', '[{"labels":{"a":"b"},"startsAt":0}]',
             '[{"labels":{"a":"b"}', "[[]]", "[" * 200, '[{"labels":{"a":"b","a":"c"}}]',
             '[{"labels":{"a":"b"},"labels":{"c":"d"}}]', '[{"labels":{"a":"b"},"more":{"x":[1,2,{}]}}]',
             '[{"labels":{"a":"b"},"n":1e400,"m":-0,"z":123456789012345678901234567890}]', '[{"labels":{"a":"b"},"n":01}]',
             '[{"labels":{"a":"b"},"deep":' + "[" * 9000 + "]" * 9000 + "}]", '[{"Labels":{"a":"b"}}]',
             '[{"labels":{"a":"b"}}] x', '[{"labels":{"a":"b"}}]\n', "[],[]", b"\xff", b'[{"labels":{"a":"\xff"}}]',
             b'\xef\xbb\xbf[{"labels":{"a":"b"}}]', '[{"labels":{"a":"\\ud800"}}]', '[{"labels":{"a":"\\u00e9"}}]',
             '[{"labels":{"a":"\x01"}}]', '[{"labels":{"a":"\\u0000"}}]', '[{"labels":{"a":"\\x"}}]', '[{"labels":{"a":"b"},}]']
    queries = [Query("POST", "/api/v2/alerts", text) for text in texts]
    queries += [Query("POST", "/api/v2/alerts", "[]", kind) for kind in (
        "text/plain", None, "application/json; charset=utf-8", "application/xml", "APPLICATION/JSON", "x", "application/json;")]
    queries.append(Query("POST", "/api/v2/alerts", "[]", Content_Encoding="gzip"))
    queries += [post([{"labels": {"t": field + layout}, field: layout}]) for layout in LAYOUTS for field in ("startsAt", "endsAt")]
    queries += [post([alert(**{where: {name: "v", "n": "1"}})]) for name in NAMES for where in ("labels", "annotations")]
    queries += [post([alert(**{where: {"v": value}})]) for value in VALUES for where in ("labels", "annotations")]
    queries += [post([alert(labels={"u": url or "none"}, generatorURL=url)])
                for url in ("", "http://x", "http://x/y?z=1#f", "nope", "//x", "http://[", "javascript:1", "/a", "http://x y")]
    return queries + [post(b) for b in (
        [alert(), alert(labels={}), alert(labels={"b": "c"})], [alert(labels={}), alert(labels={})],
        [alert(labels={"e": ""})], [alert(endsAt=stamp(NOW - 120))], [alert(endsAt=stamp(NOW - 30))])]


GOOD = {"matchers": [{"name": "a", "value": "b", "isRegex": False}], "createdBy": "x", "comment": "c",
        "startsAt": stamp(NOW + 100), "endsAt": stamp(NOW + 3600)}


def silence(**more):
    return {k: v for k, v in {**GOOD, **more}.items() if v is not ...}


def silences():
    m = GOOD["matchers"][0]
    listed = [GOOD, {}, silence(matchers=[]), silence(matchers=...), silence(createdBy=...), silence(comment=...),
              silence(comment=""), silence(createdBy=""), silence(startsAt=...), silence(endsAt=...), silence(endsAt=stamp(NOW - 60)),
              silence(startsAt=stamp(NOW + 7200)), silence(id=UNKNOWN), silence(id="x"), silence(id=""), silence(more=1),
              silence(matchers=1), silence(startsAt="x"), [], None, 1]
    listed += [silence(matchers=[one]) for one in (
        {**m, "isRegex": True, "value": "("}, {**m, "value": ""}, {**m, "value": ".*", "isRegex": True}, {"name": "a", "value": "b"},
        {**m, "isEqual": False}, {**m, "isEqual": False, "value": ""}, {**m, "isEqual": False, "isRegex": True}, {**m, "name": ""},
        {**m, "isRegex": "yes"}, {**m, "value": 1}, {"value": "b", "isRegex": False}, None, 1)]
    return [post(b, "/api/v2/silences") for b in listed] + [
        Query("POST", "/api/v2/silences", b) for b in ("", "{", "[]", '{"matchers":[')]


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
    return queries


# ---- comparing ----

def headers(query, theirs, ours):
    """Theirs may be in any order; ours adds that nothing is to be kept, as Alertmanager does since 0.28."""
    if query.method == "HEAD":
        return
    wanted = {k: v for k, v in theirs.headers.items() if k in ("Content-Type", "Allow")}
    have = {k: v for k, v in ours.headers.items() if k in wanted or k in ("Content-Type", "Allow")}
    for one in (wanted, have):
        if "Allow" in one:
            one["Allow"] = sorted(one["Allow"].split(","))
    assert have == wanted, (query, theirs, ours)
    if query.path.startswith("/api/v2"):
        assert ours.headers.get("Cache-Control") == "no-store", (query, ours)
    if query.method == "GET" and ours.status == 200 and query.path.startswith("/api/v2"):
        assert ours.headers.get("Access-Control-Allow-Origin") == "*", (query, ours)
    if query.method in ("POST", "DELETE"):
        assert ours.status == 405 or "Access-Control-Allow-Origin" not in ours.headers, (query, ours)


def equal(query, theirs, ours):
    if query.method == "HEAD":
        return theirs.status == ours.status
    if theirs.status == ours.status == 405:  # Alertmanager names what is allowed in any order
        return [sorted(re.findall(rb"\w+", r.body)) for r in (theirs,)] == [sorted(re.findall(rb"\w+", ours.body))]
    return said(theirs) == said(ours)


def known(port):
    """The alerts that a server holds, by fingerprint."""
    return {a["fingerprint"]: told(a) for a in json.loads(Query("GET", "/api/v2/alerts").ask(port).body)}


def told(one):
    return {k: v for k, v in one.items() if k not in ("updatedAt", "startsAt", "endsAt")}


def listing(query, reply, shared):
    """A list of alerts or groups, of those alerts that both took."""
    found = json.loads(reply.body)
    if "/groups" not in query.path:
        return [told(a) for a in found if a["fingerprint"] in shared]
    groups = [(g["labels"], g["receiver"], [told(a) for a in g["alerts"] if a["fingerprint"] in shared])
              for g in found]
    return [g for g in groups if g[2]]


def is_listing(query, theirs, ours):
    return re.match(r"/api/v2/(alerts|silences)", query.path) and query.method == "GET" and theirs.status == ours.status == 200


class Pair:
    """The two of them, with the same configuration."""

    def __init__(self, scratch):
        self.firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        self.ports = (start_alertmanager(scratch), self.firstline.port)

    def ask(self, query):
        return [query.ask(port) for port in self.ports]


def test_both_answer_alike():
    queries = paths() + parameters() + bodies() + silences()
    queries += generated(REQUESTS - len(queries))
    assert len(queries) == REQUESTS
    with Scratch("differential") as scratch:
        pair = Pair(scratch)
        used, wrong, listings = {}, [], []
        for query in queries:
            theirs, ours = pair.ask(query)
            if is_listing(query, theirs, ours):
                listings.append(query)
            if equal(query, theirs, ours) or is_listing(query, theirs, ours):
                headers(query, theirs, ours)
                continue
            if query.path.startswith("/api/v2") and ours.status >= 400 and ours.body:
                assert ours.headers["Content-Type"] == "application/json" and json.loads(ours.body), (query, ours)
            name = next((n for n, test in DIFFERENCES.items() if test(query, theirs, ours)), None)
            if name is None:
                wrong.append(f"{query}\n    Alertmanager {theirs}\n    Firstline    {ours}")
            used[name] = used.get(name, 0) + 1
        assert not wrong, f"{len(wrong)} unlisted differences:\n" + "\n".join(wrong[:40])
        assert used.keys() == DIFFERENCES.keys(), f"never seen: {DIFFERENCES.keys() - used.keys()}"
        # Lists at last, of what both took.
        theirs, ours = (known(port) for port in pair.ports)
        shared = theirs.keys() & ours.keys()
        assert len(shared) > 100, (len(theirs), len(ours))
        for query in [q for q in listings if "/alerts" in q.path]:
            lists = [listing(query, reply, shared) for reply in pair.ask(query)]
            assert lists[0] == lists[1], (query, lists)
        print(f"  {REQUESTS} requests: {REQUESTS - sum(used.values())} equal, intended differences {used}; "
              f"{len(shared)} alerts told alike in {len(listings)} lists")


def test_the_manual_lists_every_difference():
    listed = set(re.findall(r"^\| \*\*(.*?)\*\* \|", (ROOT / "docs/alertmanager.md").read_text(), re.M))
    assert listed == DIFFERENCES.keys() | BESIDES, listed ^ (DIFFERENCES.keys() | BESIDES)


# ---- what the servers keep ----

def at(seconds):
    return stamp(NOW + seconds)


# One alert, sent again and again: what is kept of it after each time.
RESENT = [
    {"startsAt": at(-600), "endsAt": at(600), "annotations": {"s": "1"}, "generatorURL": "http://x/1"},
    {"startsAt": at(-900), "endsAt": at(500), "annotations": {"s": "2"}, "generatorURL": "http://x/2"},  # earlier, shorter
    {"startsAt": at(-100), "endsAt": at(900)},                  # later, longer, nothing said of the rest
    {"endsAt": at(950), "annotations": {"s": "3", "t": ""}},    # no start: it is the end
    {"startsAt": at(-50), "annotations": {"s": "4"}},           # no end: in five minutes
    {"annotations": {"s": "5"}},                                # neither
    {"startsAt": at(-50), "endsAt": at(700)},
    {"startsAt": at(-800), "endsAt": at(-400), "annotations": {"s": "6"}},  # resolved, before it began
    {"startsAt": at(-790), "endsAt": at(-450)},                             # resolved again, earlier
    {"startsAt": at(-200), "endsAt": at(800), "annotations": {"s": "7"}},   # once more
    {"startsAt": at(-300), "endsAt": at(-100)},                             # resolved
    {"startsAt": at(-150), "endsAt": at(300), "annotations": {"s": "8"}},   # overlaps with what was
    {"startsAt": at(300), "endsAt": at(900)},                               # from then on
]
AFTER_RESOLVED = 11


def test_an_alert_that_is_sent_again():
    with Scratch("differential-again") as scratch:
        pair = Pair(scratch)
        for n, more in enumerate(RESENT):
            sent = pair.ask(post([{"labels": {"alertname": "Again", "n": "1"}, **more}]))
            assert [r.status for r in sent] == [200, 200], sent
            theirs, ours = (r.body for r in pair.ask(Query("GET", "/api/v2/alerts")))
            if n == AFTER_RESOLVED:  # "resolved alerts": there it began with what was over before
                assert not alike(theirs, ours)
                theirs, ours = (re.sub(rb'"startsAt":"[^"]*"', b"", body) for body in (theirs, ours))
            assert alike(theirs, ours), (n, more, theirs, ours)


def test_lists_have_the_same_bytes():
    """In the same order too: alerts by fingerprint, groups by labels and receiver, alerts of a group by
    job, instance and labels."""
    rng = random.Random(7)
    alerts = [alert(labels={"alertname": rng.choice(["A", "B", "b", "Ä", "A2"]), "n": str(n),
                            **{name: rng.choice(VALUES[:6]) for name in rng.sample(["job", "instance", "a", "z"], rng.randint(0, 4))}},
                    annotations={"b": "é<>&\u2028", "a": "\\\"\n"}, generatorURL=f"http://x/{n}")
              for n in range(120)] + [alert(labels={"no": "name", "n": str(n)}) for n in range(3)]
    with Scratch("differential-lists") as scratch:
        pair = Pair(scratch)
        assert [r.status for r in pair.ask(post(alerts))] == [200, 200]
        # Alertmanager groups in its own time.
        groups = Query("GET", "/api/v2/alerts/groups")
        wait_until(lambda: groups.ask(pair.ports[0]).body.count(b'"fingerprint"') == len(alerts), message="groups")
        for path in ("alerts", "alerts/groups", "alerts?filter=alertname%3DA", "alerts/groups?filter=job%3Dx",
                     "alerts/groups?filter=job%3D~%22.%2B%22&receiver=ops", "alerts/groups?receiver=nobody",
                     "alerts/groups?active=false"):
            theirs, ours = pair.ask(Query("GET", f"/api/v2/{path}"))
            assert alike(theirs.body, ours.body), (path, theirs.body, ours.body)


def test_silences_over_their_lives():
    """Made, changed in place, changed so that a new one comes of it, ended, ended again; and what
    they hold. `silenceID` of one step is `id` in others, so each server is asked with its own."""
    m = {"name": "alertname", "value": "S1", "isRegex": False, "isEqual": True}
    active, pending = silence(matchers=[m], startsAt=at(-5), endsAt=at(1000)), silence(matchers=[m], startsAt=at(500), endsAt=at(2000))
    steps = [
        ("make", "a", active), ("make", "p", pending), ("make", "x", silence(matchers=[{**m, "value": "S[12]", "isRegex": True}], startsAt=at(-5), endsAt=at(1500))),
        ("change", "a", {**active, "endsAt": at(1200), "comment": "longer"}), ("change", "p", {**pending, "startsAt": at(700)}),
        ("change", "a", {**active, "matchers": [{**m, "value": "S3"}]}), ("change", "p", {**pending, "matchers": [{**m, "value": "S4"}]}),
        ("change", "a", {**active, "startsAt": at(300)}), ("change", "a", {**active, "endsAt": at(-5)}),
        ("end", "x", None), ("end", "x", None), ("end", "p", None), ("change", "x", active), ("change", "x", {**active, "comment": ""}),
        ("make", "n", silence(matchers=[{**m, "isEqual": False}], startsAt=at(-5), endsAt=at(900))), ("end", "n", None),
    ]
    with Scratch("differential-silences") as scratch:
        pair = Pair(scratch)
        pair.ask(post([alert(labels={"alertname": f"S{n}"}) for n in range(1, 5)]))
        ids = [{}, {}]
        for n, (what, name, body) in enumerate(steps):
            replies = []
            for port, mine in zip(pair.ports, ids):
                if what == "end":
                    query = Query("DELETE", f"/api/v2/silence/{mine[name]}")
                else:
                    query = post({**body, "id": mine[name]} if what == "change" else body, "/api/v2/silences")
                reply = query.ask(port)
                replies.append((reply.status, plain(reply.body), what == "change" and reply.status == 200
                                and json.loads(reply.body)["silenceID"] == mine[name]))
                if what != "end" and reply.status == 200:
                    mine[name] = json.loads(reply.body)["silenceID"]
            assert replies[0] == replies[1], (n, what, name, body, replies)
            for path in ("silences", "alerts", "alerts?silenced=false", "silences?filter=alertname%3DS1"):
                theirs, ours = pair.ask(Query("GET", f"/api/v2/{path}"))
                assert alike(theirs.body, ours.body), (n, what, name, path, theirs.body, ours.body)
            theirs, ours = (Query("GET", f"/api/v2/silence/{mine[name]}").ask(port) for port, mine in zip(pair.ports, ids))
            assert alike(theirs.body, ours.body), (n, what, name, theirs, ours)


if __name__ == "__main__":
    run_all(sys.modules[__name__])
