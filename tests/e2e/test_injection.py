#!/usr/bin/python3
"""T1, T2, T4, T5, T13: what comes in from outside is a value, and nothing else. Texts that have
done harm elsewhere go through labels, annotations, parameters and inputs to a real action: its
argv is the text to the byte or there is no process, and there is never another process."""
import http.server
import json
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import Firstline, Scratch, run_all, wait_until

# CANARY is a file that none of them may make.
TEXTS = [
    "plain", "two words", "$(touch CANARY)", "`touch CANARY`", "; touch CANARY", "| touch CANARY",
    "& touch CANARY", "&& touch CANARY", "|| touch CANARY", "> CANARY", ">> CANARY", "< /etc/passwd",
    "' ; touch CANARY '", "\" ; touch CANARY \"", "a'b", 'a"b', "a\\b", "\\", "*", "?", "[a-z]", "{a,b}",
    "~", "~root", "$HOME", "${HOME}", "${target}", "${service}", "$${x}", "%s%n%x", "%00", "{{7*7}}",
    "${{7*7}}", "<%= 7*7 %>", "#{7*7}", "#!/bin/sh", "() { :;}; touch CANARY", "!!", "\u202ertl", "\u00e9\u4e2d",
    "../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "http://169.254.169.254/", "@CANARY",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "' OR '1'='1",
    "'; DROP TABLE incident; --", "!!python/object/apply:os.system ['touch CANARY']", "&a [*a]",
    "a=b", "a b=c", "x" * 1024, "\ttab?".strip() + "\u00a0",
]
# These begin no process at all.
REFUSED = ["-rf", "--", "--help", "-oProxyCommand=touch CANARY", "a\nb", "a\rb", "a\0b", "\x1b[31m", "a\x7fb",
           "x" * 1025, "tab\tin"]

RECORD = """#!/usr/bin/python3 -IS
import os
argv = open("/proc/self/cmdline", "rb").read().split(b"\\0")[:-1]
at = next(i for i, a in enumerate(argv) if a.endswith(b"/record"))
parent = os.getppid()
beside = open(f"/proc/{parent}/task/{parent}/children").read().split()
with open(os.path.dirname(argv[at]) + b"/seen", "ab", 0) as f:
    f.write(b" ".join([str(len(beside)).encode()] + [a.hex().encode() or b"-" for a in argv[at + 1:]]) + b"\\n")
"""


def texts(scratch, given):
    return [t.replace("CANARY", str(scratch.dir / "canary")) for t in given]


def configuration(scratch, port=1):
    d = scratch.dir
    scratch.file("record", RECORD, 0o755)
    scratch.file("config/production.yaml", f"""
listen: 127.0.0.1:0
fallback: ops
channels: {{hook: {{webhook: "http://127.0.0.1:9/"}}}}
people:
  ana: {{name: Ana, email: ana@example.com, zone: UTC, reach: [hook]}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}}]
services:
  web: {{owner: ops, tier: 1}}
alerts:
  - {{match: {{service: web}}, service: web, recurrence: [alertname, text, n]}}
actions:
  record:
    verb: restart
    params: {{text: {{type: string, pattern: '(?s).*'}}}}
    run: ["{d}/record", before, "${{text}}", after]
  record-dash:
    verb: restart
    params: {{text: {{type: string, pattern: '(?s).*', dash: true}}}}
    run: ["{d}/record", before, "${{text}}", after]
authority:
  - {{grant: all record, to: [automation, person: ana], may: [restart], on: {{tier: 1}}, until: 2099-01-01, owner: ana}}
""")
    scratch.file("config/runbooks/said.md", f"""---
runbook: said
service: web
answers: [{{alertname: Said}}]
inputs: {{text: {{type: string, pattern: '(?s).*', from: alert.labels.text}}}}
---
# Something was said

```action record
do: record
with: {{text: "${{text}}"}}
```

```verify well
run: [/bin/true]
expect: "exit == 0"
within: 15s
```
""")
    scratch.file("config/runbooks/asked.md", f"""---
runbook: asked
service: web
answers: [{{alertname: Asked}}]
inputs: {{text: {{type: string, pattern: '(?s).*', from: alert.labels.text}}}}
---
# Something is asked for

```check there
http: 'http://127.0.0.1:{port}/probe/x?q=${{text}}'
expect: "status == 204"
otherwise: stop
```

```action record
do: record
with: {{text: asked}}
```

```verify well
run: [/bin/true]
expect: "exit == 0"
within: 15s
```
""")
    return d / "config"


def seen(scratch):
    """(processes, argv...) of each run of the action."""
    path = scratch.dir / "seen"
    rows = path.read_text().splitlines() if path.exists() else []
    return [(int(n), *(bytes.fromhex(a.replace("-", "")) for a in argv))
            for n, *argv in (row.split(" ") for row in rows)]


def check_seen(scratch, wanted):
    rows = seen(scratch)
    assert all(row[0] == 1 and len(row) == 4 for row in rows), [r for r in rows if r[0] != 1]
    assert all(row[1] == b"before" and row[3] == b"after" for row in rows), rows
    got = sorted(row[2] for row in rows)
    assert got == sorted(t.encode() for t in wanted), set(got) ^ {t.encode() for t in wanted}
    assert not (scratch.dir / "canary").exists(), "something was done"


def test_t1_labels_and_annotations_reach_an_action_as_they_are():
    with Scratch("injected") as scratch:
        good, bad = texts(scratch, TEXTS), texts(scratch, REFUSED)
        firstline = Firstline(scratch, configuration(scratch)).start()
        alerts = [{"labels": {"alertname": "Said", "service": "web", "text": t, "n": str(i)},
                   "annotations": {"summary": t, "description": t, "runbook_url": t}}
                  for i, t in enumerate(good + bad)]
        for alert in alerts:  # one that intake refuses takes no other with it
            assert firstline.request("POST", "/api/v2/alerts", [alert]).status in (200, 400)
        wait_until(lambda: len(seen(scratch)) >= len(good), 60, message="every action")
        wait_until(lambda: all(i["state"] not in ("open", "acting") or i["needs_person"]
                               for i in firstline.incidents("state=open&limit=1000")), 30)
        check_seen(scratch, good)
        # T5: an answer is JSON and can be taken for nothing else.
        raw = firstline.request("GET", "/v1/incidents?state=all&limit=1000")
        head = {k.lower(): v for k, v in dict(raw.headers).items()}
        assert head["content-type"].startswith("application/json"), head
        assert head["x-content-type-options"] == "nosniff" and "content-security-policy" in head, head
        assert any("<script>" in i["title"] for i in json.loads(raw.body)["items"]), "as it was sent"


def test_t1_parameters_and_inputs_reach_an_action_as_they_are():
    with Scratch("asked") as scratch:
        good, bad = texts(scratch, TEXTS), texts(scratch, REFUSED)
        firstline = Firstline(scratch, configuration(scratch)).start()
        firstline.fire({"alertname": "Odd", "service": "web", "n": "0"})
        number = firstline.wait_incident(lambda i: i["service"] == "web")["id"]
        run = f"/v1/incidents/{number}/run"
        secret = firstline.request("POST", "/v1/tokens", {"name": "ana", "principal": "person:ana",
                                                          "role": "operator"}).json["secret"]
        ask = lambda body: firstline.request("POST", run, body, token=secret)
        for text in good:
            assert ask({"action": "record", "with": {"text": text}}).status == 202, text
        for text in bad:
            assert ask({"action": "record", "with": {"text": text}}).status in (400, 403, 422), text
        # Where the type allows it, a dash begins an argument and no option of ours.
        assert ask({"action": "record-dash", "with": {"text": "--help"}}).status == 202
        assert ask({"action": "record", "with": {"text": "a", "other": "b"}}).status == 403
        wait_until(lambda: len(seen(scratch)) > len(good), 60, message="every action")
        for text in bad:
            assert ask({"runbook": "said", "with": {"text": text}}).status in (400, 422), text
        check_seen(scratch, good + ["--help"])


def test_t4_a_probe_goes_where_it_is_written_and_nowhere_else():
    asked = []

    class Peer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, dict(self.headers)))
            self.send_response(302)
            self.send_header("Location", "/secret")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Peer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    texts_ = ["@169.254.169.254/", "x HTTP/1.1 Host: evil", "/../../secret", "#@127.0.0.1:1/", "&a=b", "%0d%0aX: y",
              "?x#y", "[::ffff:169.254.169.254]", "2130706433"]
    with Scratch("fetched") as scratch:
        firstline = Firstline(scratch, configuration(scratch, server.server_port)).start()
        for i, text in enumerate(texts_):
            firstline.fire({"alertname": "Asked", "service": "web", "text": text, "n": str(i)})
        wait_until(lambda: len(asked) >= len(texts_), 30, message="every probe")
        wait_until(lambda: all(i.get("not_real") for i in firstline.incidents("state=open&limit=1000")), 20)
        assert all(path.startswith("/probe/x?q=") for path, _ in asked), asked
        assert not any("X" in h or h.get("Host") != f"127.0.0.1:{server.server_port}" for _, h in asked), asked
        assert len(asked) == len(texts_), "no redirect is followed, nothing is asked twice"
        assert not seen(scratch), "302 is not 204"
    server.shutdown()


def test_t13_a_page_that_somebody_has_open_can_do_nothing():
    with Scratch("csrf") as scratch:
        firstline = Firstline(scratch, configuration(scratch)).start()
        web = {"Origin": "http://evil.example", "Referer": "http://evil.example/", "Cookie": "token=x"}
        for path in ("/v1/stop-all", "/v1/incidents/1/run", "/v1/tokens", "/v1/reload", "/-/reload"):
            assert firstline.request("POST", path, {}, token=None, headers=web).status == 401, path
            assert firstline.request("GET", path, token=None).status in (401, 404, 405), path
            form = {**web, "Content-Type": "text/plain"}
            assert firstline.request("POST", path, {}, token=None, headers=form).status == 401, path
        answer = firstline.request("GET", "/v1/status", headers=web)
        names = {k.lower() for k in dict(answer.headers)}
        assert "access-control-allow-origin" not in names and "set-cookie" not in names, names
        assert firstline.request("GET", "/v1/status", headers={"Host": "evil.example"}).status == 421
        assert not firstline.get("/v1/status")["stopped"]


if __name__ == "__main__":
    run_all(sys.modules[__name__])
