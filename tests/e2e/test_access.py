"""Who gets to ask what: every route by everyone, hosts, files, secrets; and the brake."""
import datetime
import http.client
import json
import os
import pathlib
import re
import signal
import sqlite3
import stat
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import ROOT, Firstline, Scratch, WebhookSink, run_all, wait_until

SECRET = "whsec_Y2FuYXJ5LW9mLXRoZS1hY2Nlc3MtdGVzdHMtMzItYnl0ZXM="


def configuration(scratch, hook, services=1, action="exec sleep 60"):
    d = scratch.dir
    scratch.file("hook.secret", SECRET, 0o600)
    scratch.file("act", f"#!/bin/sh\necho $$ >> {d}/pids\n{action}\n", 0o755)
    names = [f"s{i}" for i in range(services)]
    scratch.file("config/production.yaml", f"""
listen: 127.0.0.1:0
url: http://firstline.example.com
fallback: ops
channels:
  hook: {{webhook: "{hook.url}", secret: "file:{d}/hook.secret", digest: never}}
people:
  ana: {{name: Ana, email: ana@example.com, zone: UTC, reach: [hook]}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}}]
      escalate: [{{to: primary}}]
  dev: {{kind: development}}
services:
""" + "".join(f"  {name}: {{owner: ops, developers: dev, tier: 2}}\n" for name in names) + f"""
actions:
  act: {{verb: restart, run: ["{d}/act"], timeout: 120s}}
authority:
  - {{grant: all may act, to: [automation, person: ana], may: [restart], on: {{tier: 2}}, until: 2030-01-01, owner: ana}}
""")
    for name in names:
        scratch.file(f"config/runbooks/{name}.md", f"""---
runbook: {name}-down
service: {name}
answers: [{{alertname: Down}}]
---
# It is down

```action act
do: act
```

```verify well
run: [/bin/true]
expect: "exit == 0"
within: 15s
```
""")
    return d / "config"


ROUTES = re.compile(r'(?:READ_PAGE|\bPAGE|GET_V1|POST_V1|COMMAND_V1)\("([^"]+)"|(?:\.path =|(?:GONE_V1|PING)\(\w+,) "([^"]+)"')

# Who may: the least role, or what is special about a route.
READ = "viewer"
PAGES = ("/", "/incidents", "/incidents/#", "/alerts", "/handoffs", "/handoffs/#", "/services", "/services/*", "/runbooks", "/runbooks/*",
         "/authority", "/schedules", "/channels", "/ourselves")
TABLE = {
    # A page's form for browsers without scripts is a sign-in: tests/e2e/test_session.py.
    **{(method, path): "anyone" for method in ("GET", "POST") for path in PAGES},
    **{("GET", path): "anyone" for path in ("/v1/openapi.json", "/assets/*")},
    ("POST", "/api/v2/alerts"): "send", ("GET", "/api/v2/alerts"): "see-alerts",
    ("GET", "/-/healthy"): "anyone", ("GET", "/-/ready"): "anyone",
    ("GET", "/api/v2/silences"): READ, ("POST", "/api/v2/silences"): "operator",
    ("GET", "/api/v2/silence/*"): READ, ("DELETE", "/api/v2/silence/*"): "operator",
    ("GET", "/v1/silences"): READ, ("POST", "/v1/silences"): "operator",
    ("GET", "/v1/silences/*"): READ, ("DELETE", "/v1/silences/*"): "operator",
    ("GET", "/api/v2/alerts/groups"): "see-alerts", ("GET", "/api/v2/status"): READ,
    ("GET", "/api/v2/receivers"): READ, ("POST", "/-/reload"): "admin",
    ("GET", "/api/v1/*"): "anyone", ("POST", "/api/v1/*"): "anyone",
    ("GET", "/api/v1/alerts/groups"): "anyone", ("GET", "/api/v1/silence/*"): "anyone",
    ("DELETE", "/api/v1/silence/*"): "anyone",
    ("GET", "/v1/services"): READ, ("GET", "/v1/services/*"): READ, ("GET", "/v1/runbooks"): READ, ("GET", "/v1/runbooks/*"): READ,
    ("GET", "/v1/alerts"): "see-alerts", ("GET", "/v1/alerts/groups"): READ,
    ("GET", "/v1/channels"): READ, ("GET", "/v1/rules"): READ, ("GET", "/v1/incidents/#/alerts"): "see-alerts",
    ("GET", "/metrics"): READ, ("GET", "/v1/status"): READ, ("GET", "/v1/incidents"): READ,
    ("GET", "/v1/incidents/#"): READ, ("GET", "/v1/incidents/#/why"): READ,
    ("POST", "/v1/incidents/#/acknowledge"): "operator",
    ("POST", "/v1/incidents/#/unacknowledge"): "operator", ("POST", "/v1/incidents/#/hand-over"): "operator",
    ("POST", "/v1/incidents/#/notes"): "operator",
    ("POST", "/v1/incidents/#/resolve"): "operator", ("POST", "/v1/incidents/#/useful"): "operator",
    ("POST", "/v1/incidents/#/run"): "operator",
    ("POST", "/v1/incidents/#/cancel"): "operator",
    ("POST", "/v1/incidents/#/permit"): "operator", ("POST", "/v1/incidents/#/veto"): "operator",
    ("GET", "/v1/trust"): READ, ("POST", "/v1/trust/*/promote"): "operator",
    ("POST", "/v1/drills"): "operator",
    ("POST", "/v1/attempts/#/settle"): "operator", ("GET", "/v1/attempts/#/output"): READ,
    ("GET", "/v1/handoffs"): READ, ("GET", "/v1/handoffs/#"): READ, ("GET", "/v1/gaps"): READ, ("GET", "/v1/noise"): READ,
    ("GET", "/v1/on-call"): READ, ("GET", "/v1/on-call/shifts"): READ, ("POST", "/v1/may"): READ,
    ("POST", "/v1/who-can"): READ, ("POST", "/v1/what-can"): READ,
    ("POST", "/v1/runbooks/*/plan"): READ,
    ("GET", "/v1/overrides"): READ, ("POST", "/v1/overrides"): "operator",
    ("POST", "/v1/overrides/cover"): "operator", ("POST", "/v1/overrides/swap"): "operator",
    ("POST", "/v1/overrides/#/accept"): "operator", ("POST", "/v1/overrides/#/decline"): "operator",
    ("DELETE", "/v1/overrides/#"): "operator",
    ("GET", "/v1/asked"): READ, ("GET", "/v1/asked/#"): READ,
    ("POST", "/v1/asked/#/approve"): "operator", ("POST", "/v1/asked/#/deny"): "operator",
    ("POST", "/v1/asked/#/withdraw"): "operator", ("POST", "/v1/attempts/#/undo"): "operator",
    ("POST", "/v1/runs/#/answer"): "operator", ("POST", "/v1/runs/#/continue"): "operator",
    ("GET", "/v1/leases"): READ, ("POST", "/v1/leases/#/review"): "operator",
    ("POST", "/v1/services/*/hands-on"): "operator",
    ("POST", "/v1/services/*/hands-off"): "operator",
    ("POST", "/v1/services/*/break-glass"): "operator",
    ("POST", "/v1/stop-all"): "operator", ("POST", "/v1/resume"): "operator",
    ("GET", "/v1/tokens"): "admin", ("POST", "/v1/tokens"): "admin",
    ("DELETE", "/v1/tokens/*"): "admin", ("GET", "/v1/journal"): "admin",
    # Of browsers: tests/e2e/test_session.py. A token has no part in them.
    ("POST", "/v1/session"): "sign-in", ("GET", "/v1/session"): "browser",
    ("DELETE", "/v1/session"): "browser", ("POST", "/v1/session/again"): "browser",
    ("POST", "/v1/session/password"): "browser",
    ("GET", "/v1/sessions"): READ, ("DELETE", "/v1/sessions/#"): READ,
    ("POST", "/v1/people/*/link"): "admin",
    # By what Slack signs: tests/e2e/test_slack.py.
    ("POST", "/in/slack/*"): "signed",
    ("POST", "/in/twilio/*"): "signed",
    # By the link that was sent: tests/e2e/test_tap.py.
    ("GET", "/act/*"): "anyone", ("POST", "/act/*"): "signed",
    # By the link of a calendar, which a token is none of: tests/e2e/test_feeds.py.
    ("GET", "/feed/*"): "link",
    ("GET", "/v1/feeds"): READ, ("POST", "/v1/feeds"): READ, ("DELETE", "/v1/feeds/#"): READ,
    ("GET", "/v1/heartbeats"): READ,
    ("POST", "/v1/channels/*/test"): "operator", ("POST", "/v1/channels/*/preview"): "operator",
    ("GET", "/v1/notices/#"): READ,
    # By the key in the URL: tests/e2e/test_heartbeats.py.
    **{(method, path): "signed" for method in ("GET", "POST") for path in ("/ping/*", "/ping/*/*", "/ping/*/*/*")},
    ("POST", "/v1/reload"): "admin", ("GET", "/v1/whoami"): READ, ("GET", "/v1/events"): READ,
}
SILENCE = {"matchers": [{"name": "a", "value": "b", "isRegex": False}], "createdBy": "x", "comment": "x",
           "startsAt": "2030-01-01T00:00:00Z", "endsAt": "2030-01-02T00:00:00Z"}
NO_SILENCE = "00000000-0000-4000-8000-000000000000"
BODIES = {"/api/v2/alerts": [], "/api/v2/silences": SILENCE, "/v1/silences": SILENCE, "/v1/incidents/#/notes": {"text": "x"}, "/v1/incidents/#/hand-over": {"person": "ana"}, "/v1/incidents/#/useful": {"useful": "no"},
          "/v1/incidents/#/run": {"runbook": "none-such"}, "/v1/attempts/#/settle": {"happened": "no"},
          "/v1/runs/#/answer": {"value": "x"}, "/v1/incidents/#/permit": {"digest": 64 * "1"}, "/v1/drills": {"runbook": "none-such"},
          "/v1/trust/*/promote": {"service": "s0", "level": "step", "digest": 64 * "1"},
          "/v1/overrides": {"team": "ops", "person": "ana", "to": 1},
          "/v1/overrides/cover": {"team": "ops", "to": 1},
          "/v1/overrides/swap": {"team": "ops", "person": "ana", "from": 1, "to": 1, "back_from": 1, "back_to": 1},
          "/v1/feeds": {},
          "/v1/may": {"action": "act", "service": "s0"},
          "/v1/who-can": {"action": "act", "service": "s0"}, "/v1/what-can": {"service": "s0"},
          "/v1/runbooks/*/plan": {"service": "s0"},
          "/v1/leases/#/review": {"text": "x"},
          "/v1/services/*/break-glass": {"for": "30m", "why": "x"},
          "/v1/session": {"token": "none-such"}, "/v1/session/again": {"token": "none-such"},
          "/v1/session/password": {"password": "x"},
          "/v1/tokens": {"name": "by-table", "principal": "person:x", "role": "viewer"}}
AUTHORITY = 499
RANK = {"viewer": 1, "operator": 2, "lead": 3, "admin": 4, "local": 4}


def expected(need, who):
    """401, 403, or None: let through, whatever is said then."""
    if need in ("anyone", "signed"):
        return None
    if need == "link":
        return 403
    if need in ("sign-in", "browser"):
        return 401
    if who in ("none", "unknown", "revoked", "expired", "feed"):
        return 401
    if need == "send":
        return 403 if who == "viewer" else None
    if need == "see-alerts":
        return None
    return None if RANK.get(who, 0) >= RANK[need] else 403


def ask(firstline, method, path, token, body, host="127.0.0.1", browser=None):
    """The status alone: an event stream has no end to read to."""
    connection = http.client.HTTPConnection("127.0.0.1", firstline.port, timeout=30)
    try:
        head = {"Host": host}
        if browser:
            head["Cookie"], head["X-Firstline-CSRF"] = browser
        if token:
            head["Authorization"] = "Bearer " + token
        if body is not None:
            head["Content-Type"] = "application/json"
        connection.request(method, path, body=body, headers=head)
        response = connection.getresponse()
        if response.status in (401, 403):
            said = response.read()
            assert said, (method, path)
            if path.startswith("/v1/") and json.loads(said)["error"]["exit"] == 5:
                return AUTHORITY  # the role reaches so far; it is authority that refuses
        return response.status
    finally:
        connection.close()


def make(firstline, name, role, *more):
    done = firstline.cli("token", "add", name, "--role", role, "--json", *more, check=True)
    return json.loads(done.stdout)["secret"]


def test_every_route_by_everyone():
    """T6: no route answers without a check of rights."""
    source = (ROOT / "src/gate/routes.c").read_text()
    paths = {a or b for a, b in ROUTES.findall(source)}
    assert paths == {path for _, path in TABLE}, paths ^ {path for _, path in TABLE}
    with Scratch("access") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        # Before the first token: alerts and metrics are open, the rest is not.
        assert ask(firstline, "POST", "/api/v2/alerts", None, "[]") == 200
        assert ask(firstline, "GET", "/metrics", None, None) == 200
        assert ask(firstline, "GET", "/v1/status", None, None) == 401
        assert firstline.fire({"alertname": "Other", "service": "s0"}).status == 200
        tokens = {role: make(firstline, role, role)
                  for role in ("viewer", "operator", "lead", "source", "admin")}
        tokens["feed"] = firstline.post("/v1/feeds", {"team": "ops"}).json["secret"]
        tokens["revoked"] = make(firstline, "gone", "admin")
        firstline.cli("token", "revoke", "gone", check=True)
        soon = firstline.post("/v1/tokens", {"name": "late", "principal": "person:late",
                                             "role": "admin", "until": int(time.time() * 1000) + 800})
        assert soon.status in (200, 201), soon
        tokens.update(none=None, unknown="flt_" + "x" * 43, expired=soon.json["secret"],
                      local=firstline.token())
        wait_until(lambda: ask(firstline, "GET", "/v1/status", tokens["expired"], None) == 401,
                   20, message="a token ends at its time")
        browsers = {}
        for role in ("viewer", "operator", "lead", "admin"):
            signed = firstline.request("POST", "/v1/session", {"token": tokens[role]}, token=None)
            assert signed.status == 200 and signed.json["role"] == role, signed
            browsers[role] = (signed.headers["Set-Cookie"].split(";")[0], signed.json["csrf"])
        wrong = []
        for (method, path), need in TABLE.items():
            if path in ("/v1/stop-all", "/v1/reload", "/-/reload"):  # last: they change what others see
                continue
            body = json.dumps(BODIES.get(path, {})) if method == "POST" else None
            for who, token in tokens.items():
                none = NO_SILENCE if "silence" in path else "none-such"
                real = path.replace("#", "1").replace("*", none)
                status = ask(firstline, method, real, token, body)
                want = expected(need, who)
                if (want is None and status in (401, 403)) or (want and status != want):
                    wrong.append((method, path, who, status, want or "let through"))
                assert status < 500, (method, path, who, status)
            # A browser's reach is its role's; without its page's header it changes nothing.
            for who, browser in browsers.items():
                if need in ("sign-in", "browser", "signed"):
                    continue
                want = 401 if need == "send" else expected(need, who)
                none = NO_SILENCE if "silence" in path else "none-such"
                real = path.replace("#", "1").replace("*", none)
                status = ask(firstline, method, real, None, body, browser=browser)
                if (want is None and status in (401, 403)) or (want and status != want):
                    wrong.append((method, path, who + " browser", status, want or "let through"))
                if method != "GET" and need not in ("anyone", "send"):
                    status = ask(firstline, method, real, None, body, browser=(browser[0], "0" * 64))
                    if status != 403:
                        wrong.append((method, path, who + " browser, forged", status, 403))
        for path in ("/v1/stop-all", "/v1/reload", "/-/reload"):
            for who, token in tokens.items():
                status = ask(firstline, "POST", path, token, "{}")
                want = expected(TABLE["POST", path], who)
                if status != (want or 200):
                    wrong.append(("POST", path, who, status, want or 200))
        assert not wrong, "\n".join(map(str, wrong))
        # Methods nobody has are no way round.
        for method in ("PUT", "PATCH", "OPTIONS", "TRACE"):
            for path in ("/v1/stop-all", "/api/v2/alerts", "/v1/tokens"):
                status = ask(firstline, method, path, tokens["none"], None)
                assert status in (400, 401, 405, 501), (method, path, status)


def test_a_token_with_another_byte_is_nobodys():
    """S09: each place of it, with what stands near; and one that is shorter, longer, or given twice."""
    with Scratch("token-bytes") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        secret = make(firstline, "ana", "admin")
        assert ask(firstline, "GET", "/v1/status", secret, None) == 200
        wrong = {secret[:i] + other + secret[i + 1:] for i, c in enumerate(secret)
                 for other in (chr(ord(c) ^ 1), chr(ord(c) ^ 2), c.swapcase(), "A") if other != c and other.isprintable()}
        wrong |= {secret[:-1], secret[1:], secret + "0", secret + secret, secret.upper(), secret[4:], "flt_"}
        assert len(wrong) > 3 * len(secret), len(wrong)
        taken = [token for token in wrong if ask(firstline, "GET", "/v1/status", token, None) != 401]
        assert not taken, taken
        assert ask(firstline, "GET", "/v1/status", secret, None) == 200


def test_every_token_is_listed_up_to_the_most_there_may_be():
    with Scratch("tokens") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        for i in range(1024):
            made = firstline.post("/v1/tokens", {"name": f"t{i}", "principal": f"person:p{i}", "role": "viewer"})
            assert made.status == 201, (i, made)
        one_more = firstline.post("/v1/tokens", {"name": "more", "principal": "person:more", "role": "viewer"})
        assert one_more.status == 409, one_more
        names = {row["name"] for row in firstline.get("/v1/tokens")["items"]}
        assert names == {f"t{i}" for i in range(1024)}, len(names)


def test_hosts_and_listening():
    """T17: a page in a browser on this machine reaches nothing by a name that is not ours."""
    with Scratch("hosts") as scratch:
        config = configuration(scratch, WebhookSink(scratch))
        firstline = Firstline(scratch, config).start(listen="0.0.0.0:0")
        assert "listening on loopback only" in firstline.log_text(), firstline.log_text()
        assert (firstline.state / "endpoint").read_text().startswith("http://127.0.0.1:")
        listening = pathlib.Path("/proc/net/tcp").read_text()
        assert f" 0100007F:{firstline.port:04X} " in listening
        assert f" 00000000:{firstline.port:04X} " not in listening
        for host, want in (("127.0.0.1", 200), ("localhost:1", 200), ("[::1]", 200),
                           ("firstline.example.com", 200), ("FIRSTLINE.example.com:443", 200),
                           ("evil.example.com", 421), ("127.0.0.1.evil.example", 421),
                           ("firstline.example.com.evil.example", 421), ("0x7f000001", 421)):
            for path in ("/-/ready", "/metrics", "/api/v2/alerts"):
                status = ask(firstline, "GET", path, None, None, host)
                assert status == want, (host, path, status)
        make(firstline, "prometheus", "source")
        firstline.stop()
        firstline.start(listen="0.0.0.0:0")
        listening = pathlib.Path("/proc/net/tcp").read_text()
        assert f" 00000000:{firstline.port:04X} " in listening, "with a token it listens as told"


def test_the_last_token_taken_back_opens_nothing():
    with Scratch("revoked") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        make(firstline, "prometheus", "source")
        firstline.stop()
        firstline.start(listen="0.0.0.0:0")
        assert firstline.get("/v1/status")["loopback_only"] is False
        firstline.cli("token", "revoke", "prometheus", check=True)

        def closed():
            for method, path in (("POST", "/api/v2/alerts"), ("GET", "/api/v2/alerts"),
                                 ("GET", "/metrics"), ("GET", "/api/v2/silences")):
                body = "[]" if method == "POST" else None
                assert ask(firstline, method, path, None, body) == 401, (method, path)
        closed()
        firstline.stop()
        firstline.start(listen="0.0.0.0:0")
        assert firstline.get("/v1/status")["loopback_only"] is True, "no token: this machine only"
        closed()


def start_refused(firstline, *words):
    """serve ends with a message that has these words."""
    firstline.start(wait=False)
    assert firstline.child.wait(20) == 1
    said = firstline.log_text().splitlines()[-1]
    assert all(word in said for word in words), said


def test_a_state_folder_that_others_can_write_is_refused():
    """T21"""
    with Scratch("owned") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch)))
        for mode in (0o777, 0o1777, 0o770, 0o702):
            firstline.state.mkdir(exist_ok=True)
            firstline.state.chmod(mode)
            start_refused(firstline, f"'{firstline.state}' is open to others", "chmod go-w")
        firstline.state.chmod(0o755)
        firstline.start()
        firstline.stop()
        token = firstline.state / "local.token"
        token.chmod(0o660)
        start_refused(firstline, "'local.token'", "chmod go-w")
        token.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(token, 65534, 65534)
            start_refused(firstline, "'local.token'", "belongs to user 65534", "chown")
            os.chown(token, 0, 0)
            os.chown(firstline.state, 65534, 65534)
            start_refused(firstline, f"'{firstline.state}' belongs to user 65534", "chown")
            os.chown(firstline.state, 0, 0)
        firstline.start()
        firstline.stop()


def test_no_secret_is_shown_and_files_are_ours_alone():
    """T21"""
    with Scratch("secrets") as scratch:
        hook = WebhookSink(scratch, SECRET)
        firstline = Firstline(scratch, configuration(scratch, hook, action="exec true")).start()
        shown = [make(firstline, "one", "operator"), make(firstline, "two", "source")]
        assert firstline.fire({"alertname": "Down", "service": "s0"}, token=shown[1]).status == 200
        firstline.wait_incident(lambda r: r["state"] in ("recovered", "closed"), 40)
        wait_until(lambda: hook.requests, 20, message="a webhook")
        assert hook.bad_signatures == 0
        number = firstline.incidents()[0]["id"]
        # A secret in the wrong place of a request is not written down either.
        assert ask(firstline, "GET", "/v1/status", shown[0] + "x", None) == 401
        told = [firstline.log_text()]
        for path in ("/v1/status", "/metrics", "/v1/tokens", "/v1/journal?limit=1000",
                     "/v1/incidents?state=all", f"/v1/incidents/{number}",
                     f"/v1/incidents/{number}/why"):
            answer = firstline.request("GET", path)
            assert answer.status == 200, (path, answer)
            told.append(answer.body.decode())
        for command in (["status"], ["status", "--json"], ["journal", "show", "--json"],
                        ["token", "list"], ["incident", "show", number], ["why", number]):
            done = firstline.cli(*command)
            told += [done.stdout, done.stderr]
        local = firstline.token()
        firstline.stop()
        told.append(firstline.log_text())
        for path in firstline.state.rglob("*"):
            mode = stat.S_IMODE(path.lstat().st_mode)
            public = path.name == "endpoint"  # it says where, and no more
            assert public or not mode & 0o077, (path, oct(mode))
            if path.is_file() and path.name != "local.token":
                told.append(path.read_bytes().decode("latin-1"))
        assert stat.S_IMODE((firstline.state / "local.token").stat().st_mode) == 0o600
        with sqlite3.connect(f"file:{firstline.state}/firstline.db?mode=ro", uri=True) as db:
            for row in db.iterdump():
                told.append(row)
                told += [bytes.fromhex(x).decode("latin-1") for x in re.findall(r"X'([0-9A-F]+)'", row)]
        for secret in (*shown, local, SECRET, SECRET[6:]):
            for text in told:
                at = text.find(secret)
                assert at < 0, text[max(0, at - 200):at + 20]


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_stop_all_ends_what_is_out_and_refuses_what_would_start():
    with Scratch("stop") as scratch:
        # Each action has a child of its own that does not listen to TERM.
        action = (f"(trap '' TERM; echo $BASHPID >/dev/null; sh -c 'echo $$ >> {scratch.dir}/pids; "
                  "exec sleep 60') &\nwait")
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook, 6, action)).start()
        ana = make(firstline, "ana", "operator")
        names = [f"s{i}" for i in range(5)]
        assert firstline.fire(*({"alertname": "Down", "service": name} for name in names),
                              token=firstline.token()).status == 200

        def pids():
            path = scratch.dir / "pids"
            return [int(x) for x in path.read_text().split()] if path.exists() else []
        wait_until(lambda: len(pids()) == 10, 40, message="five actions and their children run")
        assert all(map(alive, pids()))
        done = firstline.cli("stop-all", "the", "restart", "makes", "it", "worse")
        assert done.returncode == 0, done
        wait_until(lambda: not any(map(alive, pids())), 30, 0.01, "all of them are gone")

        def ended():
            found = [a for row in firstline.incidents() for a in firstline.incident(row["id"])["attempts"]]
            return found if len(found) == 5 and all(a["ended_wall"] for a in found) else None
        attempts = wait_until(ended, 30, 0.1, "all five are known to be over")
        status = firstline.get("/v1/status")
        assert "makes it worse" in json.dumps(status), status
        for attempt in attempts:
            said = [r for r in firstline.incident(attempt["incident"])["timeline"]
                    if "stopped everything" in r["text"]]
            assert attempt["state"] == "killed" and said, (attempt, said)
            lasted = wall(attempt["ended_wall"]) - wall(said[0]["wall"])
            assert 0 <= lasted <= 1.5, (attempt, said, lasted)

        # What would start is refused, and says why; people are still told.
        told = len(hook.requests)
        assert firstline.fire({"alertname": "Down", "service": "s5"}, token=ana).status == 200
        row = firstline.wait_incident(lambda r: r["service"] == "s5" and r["needs_person"], 30)
        whole = firstline.incident(row["id"])
        assert not whole["attempts"], whole["attempts"]
        refused = whole["decisions"][0]
        assert refused["verdict"] == "deny" and "makes it worse" in json.dumps(refused), refused
        by_hand = firstline.cli("run", "--action", "act", "--incident", row["id"])
        assert by_hand.returncode == 5 and "makes it worse" in by_hand.stderr, by_hand
        wait_until(lambda: len(hook.requests) > told, 30, message="people are told")
        assert len(pids()) == 10, "nothing was started"

        firstline.kill_all()  # the brake holds over a restart
        firstline.start()
        assert "makes it worse" in json.dumps(firstline.get("/v1/status"))
        assert firstline.cli("resume").returncode == 0
        ran = firstline.request("POST", f"/v1/incidents/{row['id']}/run", {"runbook": "s5-down"},
                                token=ana)
        assert ran.status == 202, ran
        wait_until(lambda: len(pids()) == 12, 40, message="after resume it acts again")
        firstline.cli("stop-all", "the end of the test", check=True)
        wait_until(lambda: not any(map(alive, pids())), 30, 0.05, "and stops again")


def test_who_asked_for_a_reload_goes_with_each_decision():
    with Scratch("reloader") as scratch:
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook, 4, "true")).start()
        ana = make(firstline, "ana", "admin")
        path = scratch.dir / "config/production.yaml"

        def reload(how, service):
            path.write_text(path.read_text() + f"# for {service}\n")
            before = firstline.get("/v1/status")["config"]
            how()
            wait_until(lambda: firstline.get("/v1/status")["config"] != before, 20, 0.05, "it is adopted")
            return reloaded_by(service)

        def reloaded_by(service):
            assert firstline.fire({"alertname": "Down", "service": service}, token=ana).status == 200
            row = firstline.wait_incident(lambda r: r["service"] == service, 20)
            decisions = wait_until(lambda: firstline.incident(row["id"])["decisions"], 20, 0.05,
                                   "something is decided")
            return decisions[0].get("given", {}).get("reloaded_by", "")

        def by_api():
            assert firstline.request("POST", "/v1/reload", {}, token=ana).status == 200

        assert reloaded_by("s0") == ""  # in force since the start
        assert reload(by_api, "s1") == "person:ana"
        firstline.kill_all()  # who brought it in is still who brought it in
        firstline.start()
        assert reloaded_by("s2") == "person:ana"
        assert reload(lambda: firstline.child.send_signal(signal.SIGHUP), "s3") == ""
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def wall(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


if __name__ == "__main__":
    run_all(sys.modules[__name__])
