"""Bytes from outside, as bad as they come: each gets its status and a reason, what was good
beside them is kept, the server is well afterwards and no bigger. And hostile labels in
places where a command or a query is made of them."""
import json
import pathlib
import socket
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import Firstline, Scratch, WebhookSink, bare, children, run_all, stamp, wait_until

MIB = 1 << 20
HOSTILE = ["; rm -rf /", "$(touch /tmp/owned)", "`id`", "a\nb", "-rf", "--help", "it's \"quoted\"",
           '"} or vector(1) #', "\\", '\\"} or vector(1)', "${target}", "a b\tc", "x" * 8000,
           "\u202e\u2028", "é😀", "*", "|", "'"]


def configuration(scratch, prometheus):
    d = scratch.dir
    scratch.file("act", f"""#!/usr/bin/python3
import json, sys
with open({str(d / 'argv')!r}, "a") as f:
    f.write(json.dumps([a.encode("utf-8", "surrogateescape").decode("utf-8") for a in sys.argv[1:]]) + "\\n")
""", 0o755)
    scratch.file("config/production.yaml", f"""
listen: 127.0.0.1:0
fallback: ops
prometheus: http://127.0.0.1:{prometheus.port}
channels:
  hook: {{webhook: "{prometheus.url}", digest: never}}
people:
  ana: {{name: Ana, email: ana@example.com, zone: UTC, reach: [hook]}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}}]
      escalate: [{{to: primary}}]
services:
  worker: {{owner: ops, tier: 2}}
  asker: {{owner: ops, tier: 2}}
actions:
  act:
    verb: restart
    params: {{what: {{type: string, pattern: '[\\s\\S]*'}}}}
    run: ["{d}/act", first, "${{what}}", last]
    timeout: 20s
alerts:
  - {{match: {{alertname: Hostile}}, service: worker, recurrence: [case]}}
  - {{match: {{alertname: Query}}, service: asker, recurrence: [case]}}
authority:
  - {{grant: all may act, to: [automation], may: [restart], on: {{tier: 2}}, until: 2030-01-01, owner: ana}}
""")
    scratch.file("config/runbooks/hostile.md", """---
runbook: hostile
service: worker
answers: [{alertname: Hostile}]
inputs: {what: {type: string, pattern: '[\\s\\S]*', from: alert.labels.what}}
---
# Hostile

```action act
do: act
with: {what: "${what}"}
```

```verify well
run: [/bin/true]
expect: "exit == 0"
every: 1s
within: 15s
```
""")
    scratch.file("config/runbooks/query.md", """---
runbook: query
service: asker
answers: [{alertname: Query}]
inputs: {what: {type: string, pattern: '[\\s\\S]*', from: alert.labels.what}}
---
# Query

```check there
promql: 'up{name="${what}"} == 1'
expect: "> 5"
every: 1s
within: 10s
otherwise: stop
```

```verify well
run: [/bin/true]
expect: "exit == 0"
every: 1s
within: 15s
```
""")
    return d / "config"


class FakePrometheus(WebhookSink):
    """Answers every query with an empty vector, and keeps the queries."""

    def __init__(self, scratch):
        self.queries = []
        super().__init__(scratch)
        outer, handler = self, self.server.RequestHandlerClass

        def answer(self, query):
            outer.queries += urllib.parse.parse_qs(query, keep_blank_values=True).get("query", [])
            body = b'{"status":"success","data":{"resultType":"vector","result":[]}}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        post = handler.do_POST
        handler.do_GET = lambda self: answer(self, urllib.parse.urlsplit(self.path).query)
        handler.do_POST = lambda self: (post(self) if self.path.startswith("/hook") else answer(
            self, self.rfile.read(int(self.headers["Content-Length"])).decode()))


def start(scratch):
    prometheus = FakePrometheus(scratch)
    return Firstline(scratch, configuration(scratch, prometheus)).start(), prometheus


def pss(firstline):
    """MiB of supervisor and roles together."""
    total = 0
    for pid in [firstline.child.pid, *children(firstline.child.pid)]:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n"):
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def roles(firstline):
    return {name: firstline.role(name) for name in ("gate", "engine", "hands")}


def send(firstline, body, **more):
    head = {"Content-Type": "application/json"}
    return firstline.request("POST", "/api/v2/alerts", body, headers=head, timeout=60, **more)


def chunked(firstline, pieces):
    """The status line of a chunked POST of these pieces; it may be cut before the end."""
    with socket.create_connection(("127.0.0.1", firstline.port), timeout=60) as s:
        s.sendall(b"POST /api/v2/alerts HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                  b"application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for piece in pieces:
                s.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            s.sendall(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            return None
        try:
            return s.recv(4096).decode("latin-1")
        except ConnectionResetError:
            return None


def alert(**labels):
    return {"labels": labels}


def names(firstline):
    return {a["labels"].get("id") for a in firstline.get("/api/v2/alerts")}


@bare("it counts memory")
def test_bodies_of_alerts():
    good = json.dumps(alert(alertname="A", service="worker", id="good"))
    deep = 1_000_000
    rows = [
        ("empty", b"", (422,)), ("blank", b" ", (422, 400)), ("truncated", b'[{"labels":{"a":"b', (400,)),
        ("not a list", b"{}", (400,)), ("null", b"null", (200,)), ("a number", b"1", (400,)),
        ("deep", b"[" * deep, (400,)), ("deep inside", b'[{"labels":' + b"[" * deep, (400,)),
        ("deep unknown member", b'[{"x":' + b"[" * 100000 + b"]" * 100000 + b"}]", (400,)),
        ("duplicate key", b'[{"labels":{"a":"b"},"labels":{"a":"c"}}]', (400,)),
        ("duplicate label", b'[{"labels":{"a":"b","a":"c"}}]', (400,)),
        ("bad UTF-8", b'[{"labels":{"a":"\xff\xfe"}}]', (400,)),
        ("overlong UTF-8", b'[{"labels":{"a":"\xc0\xaf"}}]', (400,)),
        ("BOM", b"\xef\xbb\xbf[" + good.encode() + b"]", (400,)),
        ("UTF-16", ("[" + good + "]").encode("utf-16"), (400,)),
        ("NUL", b'[{"labels":{"a":"\x00"}}]', (400,)),
        ("NUL after", b"[]\x00", (400,)),
        ("lone surrogate", b'[{"labels":{"a":"\\ud800"}}]', (400,)),
        ("surrogates reversed", b'[{"labels":{"a":"\\udc00\\ud800"}}]', (400,)),
        ("long number", b'[{"labels":{"a":' + b"9" * 10000 + b"}}]", (400,)),
        ("long number, unknown", b'[{"labels":{"a":"b"},"x":' + b"9" * 10000 + b"}]", (400,)),
        ("trailing", b"[] []", (400,)), ("comma", b"[,]", (400,)),
        ("raw newline", b'[{"labels":{"a":"x\ny"}}]', (400,)),
        ("label number", b'[{"labels":{"a":1}}]', (400,)),
        ("label null", b'[{"labels":{"a":null}}]', None),
        ("labels list", b'[{"labels":[]}]', (400,)), ("labels text", b'[{"labels":"x"}]', (400,)),
        ("annotations list", b'[{"labels":{"a":"b"},"annotations":[1]}]', (400,)),
        ("startsAt number", b'[{"labels":{"a":"b"},"startsAt":1}]', (400,)),
        ("endsAt words", b'[{"labels":{"a":"b"},"endsAt":"never"}]', (400,)),
        ("url number", b'[{"labels":{"a":"b"},"generatorURL":1}]', (400,)),
        ("alert text", b'["x"]', (400,)),
        ("declared too long", b"[" + b" " * (17 * MIB), (413,)),
        ("many", json.dumps([alert(alertname="M", id=f"many-{i}") for i in range(100_000)]).encode(),
         (413,)),
    ]
    with Scratch("bodies") as scratch:
        firstline, _ = start(scratch)
        assert firstline.fire({"alertname": "A", "service": "worker", "id": "first"}).status == 200
        pids, before = roles(firstline), pss(firstline)
        wrong = []
        for name, body, want in rows:
            try:
                answer = send(firstline, body)
            except (BrokenPipeError, ConnectionResetError):
                # Refused at its head, over what is read for politeness.
                if want != (413,):
                    wrong.append((name, "cut"))
                continue
            if want is not None and answer.status not in want:
                wrong.append((name, answer.status, want, answer.body[:200]))
            elif answer.status >= 400:
                text = answer.json if isinstance(answer.json, str) else answer.json["message"]
                if not text or len(text) > 4096 or any(ord(c) < 32 for c in text.rstrip("\n")):
                    wrong.append((name, "reason", text[:200]))
        # Little over the limit is read for politeness and told; who goes on is cut.
        status = chunked(firstline, [b"["] + [b" " * MIB] * 16)
        if not status or " 413 " not in status.split("\r\n")[0]:
            wrong.append(("chunked", status))
        status = chunked(firstline, [b"["] + [b" " * MIB] * 20)
        if status and " 413 " not in status.split("\r\n")[0]:
            wrong.append(("chunked, on and on", status))
        assert not wrong, "\n".join(map(str, wrong))
        assert names(firstline) <= {"first", None}, names(firstline)

        # Half good: what is good is there.
        batch = [alert(alertname="B", id="g1"), alert(), alert(alertname="B", id="g2", **{"": "x"}),
                 alert(alertname="B", id="g3", big="x" * 8193), alert(alertname="B", id="g4"),
                 alert(alertname="B", id="g5", **{f"l{i}": "v" for i in range(70)}),
                 dict(alert(alertname="B", id="g6"), startsAt=stamp(time.time()), endsAt=stamp(1)),
                 alert(alertname="B", id="g7", big="x" * 8192),
                 alert(alertname="B", id="g8", **{f"l{i}": "v" for i in range(62)}),
                 alert(alertname="B", id="g9", **{"n" * 257: "v"}),
                 alert(alertname="B", id="g10", **{"n" * 256: "v"})]
        answer = send(firstline, json.dumps(batch))
        assert answer.status == 400, answer
        assert names(firstline) - {"first", None} == {"g1", "g4", "g7", "g8", "g10"}, (
            names(firstline), answer)
        # As many as one request may hold, and all of 100,000 in requests of that size.
        assert send(firstline, json.dumps([alert(alertname="M", id=f"m{i}") for i in range(4096)])
                    ).status == 200
        assert len(names(firstline)) >= 4096
        assert roles(firstline) == pids, "nobody died of it"
        for path in ("/-/healthy", "/-/ready"):
            assert firstline.request("GET", path, token=None).status == 200
        grown = pss(firstline) - before
        assert grown < 64, f"{grown:.0f} MiB more than before"


POSTS = {
    "/v1/incidents/1/acknowledge": {}, "/v1/incidents/1/notes": {"text": "n"},
    "/v1/incidents/1/run": {"runbook": "none-such"}, "/v1/incidents/1/cancel": {},
    "/v1/attempts/1/settle": {"happened": "no"}, "/v1/may": {"action": "act", "service": "worker"},
    "/v1/resume": {}, "/v1/tokens": {"name": "t", "principal": "person:t", "role": "viewer"},
}


def test_over_the_bound_only_what_is_new_is_refused():
    """T22"""
    with Scratch("bound") as scratch:
        config = configuration(scratch, WebhookSink(scratch))
        scratch.file("config/limits.yaml", "limits: {alerts: 1000}\n")
        firstline = Firstline(scratch, config).start()

        def alerts(numbers):
            return [{"alertname": "Many", "service": "asker", "n": str(n)} for n in numbers]
        assert firstline.fire(*alerts(range(990))).status == 200
        answer = firstline.fire(*alerts(range(980, 1020)))
        assert answer.status == 503 and b"20 of 40 alerts were not kept" in answer.body, answer
        assert b"limits.alerts" in answer.body
        assert len(firstline.get("/api/v2/alerts")) == 1000
        assert firstline.fire(*alerts(range(1000))).status == 200, "what is known is heard"
        assert firstline.resolve(*alerts(range(500))).status == 200, "and what ends"
        assert firstline.fire(*alerts(range(1000, 1020))).status == 200, "then there is room"
        metrics = firstline.request("GET", "/metrics").body.decode()
        assert "firstline_alerts_refused_total{why=\"full\"} 20\n" in metrics, metrics
        told = [i for i in firstline.incidents() if "limits.alerts" in i["title"]]
        assert len(told) == 1, firstline.incidents()
        assert "anonymous" in str(firstline.incident(told[0]["id"])["timeline"])


def what_is_said_is_kept_whole_or_refused(firstline, number):
    """A person's words are in the timeline to their last byte, or nothing was done and they are told the limit."""
    at = f"/v1/incidents/{number}"
    for path, body, name, most in (
            (f"{at}/acknowledge", {}, "text", 500), (f"{at}/unacknowledge", {}, "text", 500),
            (f"{at}/hand-over", {"person": "ana"}, "text", 500), (f"{at}/useful", {"useful": "no"}, "text", 500),
            ("/v1/resume", {}, "text", 500), ("/v1/attempts/9/undo", {}, "why", 500),
            ("/v1/asked/9/approve", {}, "why", 500), (f"{at}/permit", {"digest": "ab" * 32}, "why", 500),
            (f"{at}/resolve", {}, "text", 500), ("/v1/services/worker/hands-on", {"for": "1h"}, "why", 700),
            ("/v1/services/worker/hands-off", {}, "why", 700), ("/v1/leases/9/review", {}, "text", 700),
            ("/v1/services/worker/break-glass", {"for": "1h"}, "why", 700),
            ("/v1/overrides/9/decline", {}, "why", 1000)):
        answer = firstline.post(path, dict(body, **{name: "x" * (most + 1)}))
        assert answer.status == 413 and f"at most {most} bytes" in answer.json["error"]["message"], (path, answer)
        assert answer.json["error"]["exit"] == 2, answer
        answer = firstline.post(path, dict(body, **{name: "x" * most}))
        assert answer.status != 413, (path, answer)
        if answer.status == 200 and path.startswith(at):
            assert "x" * most in firstline.request("GET", at).body.decode(), path
    # What stops is done whatever is said with it, and the rest of the words is missed aloud.
    done = firstline.cli("stop-all", "y" * 600)
    assert done.returncode == 0 and "first 500 bytes" in done.stderr, done
    assert "y" * 497 + "..." in firstline.request("GET", "/v1/status").json["stopped_why"]
    assert firstline.cli("resume").returncode == 0
    done = firstline.cli("incident", "resolve", number, "z" * 501)
    assert done.returncode == 2 and "at most 500 bytes" in done.stderr, done


def test_bodies_of_v1():
    with Scratch("v1") as scratch:
        firstline, _ = start(scratch)
        xss = "<script>alert('x')</script>\u001b[31mred\u0007\u009b2J\u202egnirts end"
        assert firstline.fire({"alertname": "<img src=x>", "service": "worker",
                               "evil": "\u001b]0;owned\u0007"}).status == 200
        number = firstline.wait_incident(lambda r: r["service"] == "worker")["id"]
        pids, wrong = roles(firstline), []

        def post(path, body):
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            return firstline.request("POST", path.replace("/1/", f"/{number}/"), data, timeout=60,
                                     headers={"Content-Type": "application/json"})
        for path, fine in POSTS.items():
            bad = [("unknown", dict(fine, nonsense=1)), ("list", [fine]), ("text", "x"), ("null", b"null"),
                   ("cut", json.dumps(fine).encode()[:-1]), ("deep", b'{"text":' + b"[" * 100000),
                   ("bytes", b'{"text":"\xff"}'), ("twice", b'{"text":"a","text":"b"}'),
                   ("surrogate", b'{"text":"\\ud800"}')]
            bad += [(f"{k} number", dict(fine, **{k: 1})) for k in fine]
            bad += [(f"{k} list", dict(fine, **{k: []})) for k in fine]
            bad += [(f"{k} missing", {x: y for x, y in fine.items() if x != k}) for k in fine
                    if (path, k) != ("/v1/may", "service")]
            for name, body in bad:
                answer = post(path, body)
                if not 400 <= answer.status < 500 or not answer.json["error"]["message"]:
                    wrong.append((path, name, answer))
            answer = post(path, b"{" + b" " * (MIB // 2) + b"}")
            if answer.status != 413:
                wrong.append((path, "huge", answer))
        for path in ("/v1/incidents/%s/acknowledge", "/v1/incidents/%s/notes", "/v1/incidents/%s/run",
                     "/v1/incidents/%s/resolve", "/v1/incidents/%s/cancel", "/v1/attempts/%s/settle"):
            body = {"notes": {"text": "x"}, "run": {"runbook": "hostile"},
                    "settle": {"happened": "yes"}}.get(path.rsplit("/", 1)[1], {})
            for number_ in ("999999", "0", "-1", "99999999999999999999", "x", "1%00", "..%2f1", "%ff"):
                answer = firstline.post(path % number_, body)
                if answer.status not in (400, 404):
                    wrong.append((path, number_, answer))
        assert not wrong, "\n".join(map(str, wrong))
        note = f"/v1/incidents/{number}/notes"
        assert firstline.post(note, {"text": "x" * 16384}).status in (200, 201, 202)
        assert firstline.post(note, {"text": "x" * 16385}).status == 413
        assert firstline.post(note, {"text": " \n "}).status == 422
        what_is_said_is_kept_whole_or_refused(firstline, number)
        answer = firstline.post(note, {"text": xss})
        assert answer.status in (200, 201, 202), answer
        raw = firstline.request("GET", f"/v1/incidents/{number}")
        assert raw.headers["Content-Type"].startswith("application/json")
        assert raw.headers["X-Content-Type-Options"] == "nosniff"
        assert not any(byte < 32 and byte != 10 for byte in raw.body), "escaped in JSON"
        assert "<script>" in json.dumps(raw.json), "kept as it was said"
        for command in (["incident", "show", number], ["incident", "list"], ["why", number], ["status"],
                        ["journal", "show"]):
            done = firstline.cli(*command)
            shown = done.stdout + done.stderr
            assert not any((ord(c) < 32 and c not in "\n\t") or 0x7f <= ord(c) < 0xa0
                           for c in shown), (command, shown)
        assert roles(firstline) == pids, "nobody died of it"
        assert firstline.request("GET", "/-/ready", token=None).status == 200


def test_hostile_labels_fill_one_argument_or_are_refused():
    with Scratch("argv") as scratch:
        firstline, _ = start(scratch)
        argv = scratch.dir / "argv"
        for i, what in enumerate(HOSTILE):
            assert firstline.fire({"alertname": "Hostile", "case": str(i), "what": what}).status == 200

        def settled():
            rows = [r for r in firstline.incidents() if r["service"] == "worker"]
            done = [r for r in rows if r["state"] in ("recovered", "closed") or r["needs_person"]]
            return rows if len(done) == len(HOSTILE) else None
        rows = wait_until(settled, 60, 0.2, "each ran, or was refused")
        ran = [json.loads(line) for line in argv.read_text().split("\n") if line]
        for args in ran:
            assert len(args) == 3 and args[0] == "first" and args[2] == "last", args
            assert args[1] in HOSTILE and not args[1].startswith("-"), args
        refused = [r for r in rows if r["needs_person"]]
        assert len(ran) + len(refused) == len(HOSTILE), (len(ran), len(refused))
        assert all(r["needs_person_why"] for r in refused)
        dashes = [r["needs_person_why"] for r in refused if "'-" in r["needs_person_why"]]
        assert len(dashes) == 2, [r["needs_person_why"] for r in refused]
        assert not pathlib.Path("/tmp/owned").exists()


def unquote(query):
    """The one string of the query as Prometheus reads it, or None when it is not alone."""
    head, tail = 'up{name="', '"} == 1'
    if not query.startswith(head) or not query.endswith(tail):
        return None
    inside = query[len(head):-len(tail)]
    i = 0
    while i < len(inside):
        if inside[i] in '"\n':
            return None
        if inside[i] == "\\":
            i += 1
            if i == len(inside):
                return None
        i += 1
    return inside


def test_hostile_labels_stay_in_their_quotes_in_a_query():
    with Scratch("promql") as scratch:
        firstline, prometheus = start(scratch)
        for i, what in enumerate(HOSTILE):
            assert firstline.fire({"alertname": "Query", "case": str(i), "what": what}).status == 200

        def looked():
            rows = [r for r in firstline.incidents() if r["service"] == "asker"]
            refused = [r for r in rows if r["needs_person"] and r["needs_person_why"]]
            seen = {q for q in prometheus.queries if q.startswith("up{")}
            return (seen, refused) if len(seen) + len(refused) >= len(HOSTILE) else None
        seen, refused = wait_until(looked, 60, 0.2, "each asked, or was refused")
        assert all(unquote(query) is not None for query in prometheus.queries), prometheus.queries
        assert any('\\x22} or vector(1) #' in query for query in seen), seen


if __name__ == "__main__":
    run_all(sys.modules[__name__])
