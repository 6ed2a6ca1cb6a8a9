#!/usr/bin/python3
"""T10: one incident in which every kind of action and probe and every channel uses a secret of
its own, with peers and commands that give it back in every form they can, fail, hang and crash.
Afterwards none of them may stand anywhere but where it belongs: not in the journal or any other
file, not in an answer of the API, a log, a message, a core, an environment or a command line."""
import base64
import http.server
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import ROOT, Firstline, Scratch, bare, end, free_port, run_all, wait_until
from test_actions import Bus, Sshd
from test_probes import Dns, Listener, certificates, tls_server
from test_sandbox import forms

PIECE = 12  # so much of one in a row is as good as all of it

# Each begins as no other does, so what is found says whose it is. Those of commands and headers
# have what changes in every encoding; the others what their place allows.
CANARIES = {name: f"{i}{name[:5]}-{i}7Qz" + rest for i, (name, rest) in enumerate({
    "none": "/+\"%\\q8 Zr", "contained": "/+\"%\\q8 Zr", "crash": "/+\"%\\q8 Zr", "environ": "/+\"%\\q8Zr",
    "header": "/+\"%\\q8Zr", "look": "/+\"%\\q8 Zr", "evidence": "/+\"%\\q8 Zr", "happened": "/+\"%\\q8 Zr",
    "password": "/+Zr", "webhook": "/+Zr8", "ntfy": "-Zr8", "town": "-Zr8", "cards": "-Zr8", "pd": "Zr8",
    "twilio": "-Zr8", "slack": "-Zr8", "signing": "-Zr8", "beat": "-Zr8", "pings": "-Zr8xxxxxx"}.items())}

# What it does with the secret whose file is $TOKEN_FILE: all that is promised not to be seen.
ECHO = r"""
import base64, json, os, signal, sys, time, urllib.parse
v = open(os.environ["TOKEN_FILE"]).read()
b = v.encode()
print("plain", v, "twice", v + v, flush=True)
for c in v:
    sys.stderr.write(c); sys.stderr.flush(); time.sleep(0.002)
print("", urllib.parse.quote(v, safe=""), urllib.parse.quote_plus(v), json.dumps(v), b.hex(), b.hex().upper())
for k in (b"", b"x", b"xy"):
    print(base64.b64encode(k + b).decode(), base64.urlsafe_b64encode(k + b + b"zz").decode())
print("filler " * 2000, v, flush=True)
how = sys.argv[1]
if how == "hangs":
    signal.signal(signal.SIGTERM, lambda *_: (print("ended:", v, flush=True), sys.exit(1)))
    time.sleep(30)
if how == "crashes":
    os.abort()
sys.exit({"works": 0, "fails": 3}[how])
"""


def seen_in(text, name):
    """What of that canary is in it, in any form."""
    value = CANARIES[name]
    return [f for f in (*forms(value), value[:PIECE]) if f in text]


def found(text, but=()):
    text = text.decode(errors="replace") if isinstance(text, bytes) else text
    return {name: hits for name in CANARIES if name not in but and (hits := seen_in(text, name))}


class Echo:
    """An HTTP server that says back what it was sent, headers and body, as it is and encoded.
    Every first answer of a path is a failure, and so is all below /fails."""

    def __init__(self, scratch):
        self.requests, counts = [], {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def take(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                outer.requests.append((self.path, dict(self.headers), body))
                counts[self.path] = counts.get(self.path, 0) + 1
                if self.path.startswith("/hangs"):
                    time.sleep(4)
                said = outer.say(self.path, dict(self.headers), body, counts[self.path])
                status = 401 if counts[self.path] == 1 or self.path.startswith("/fails") else 200
                if self.path.startswith(("/works", "/slack", "/unclear")):
                    status = 200
                self.send_response(status, "It was " + self.headers.get("Authorization", "nothing"))
                self.send_header("Content-Length", str(len(said)))
                self.send_header("X-Said", self.headers.get("Authorization", "nothing"))
                self.end_headers()
                for at in range(0, len(said), 7):
                    self.wfile.write(said[at:at + 7])

            do_GET = do_POST = take

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # whoever does not wait for all of an answer
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        scratch.stack.callback(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    @staticmethod
    def say(path, headers, body, count):
        sent = headers.get("Authorization", headers.get("X-Key", "nothing"))
        if path.startswith("/slack"):  # Slack's own words for an error are one word
            return json.dumps({"ok": count > 1, "error": "invalid_auth " + sent, "channel": "C0",
                               "ts": "1.1"}).encode()
        if "/api/v1/query" in path:  # Prometheus
            return json.dumps({"status": "success", "data": {"resultType": "vector", "result": [
                {"metric": {"said": sent}, "value": [1, "1"]}]}}).encode()
        secret = sent.removeprefix("Bearer ").encode()
        encoded = [base64.b64encode(secret).decode(), secret.hex(), json.dumps(sent)]
        said = f"{path} {sent} {body} {' '.join(encoded)}\n"
        if path.startswith("/works/long"):  # it is cut within the secret
            said = "x" * (7000 - PIECE - 3) + secret.decode() + "x" * 9000
        return said.encode()


class Mail:
    """SMTP with a login; what it says to the first is what it was given."""

    def __init__(self, scratch):
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult
        self.messages, self.logins, outer = [], [], self

        class Handler:
            async def handle_DATA(self, server, session, envelope):
                outer.messages.append(envelope.content.decode(errors="replace"))
                return "250 OK"

        def login(server, session, envelope, mechanism, data):
            outer.logins.append(data.password.decode())
            if len(outer.logins) > 1:
                return AuthResult(success=True)
            return AuthResult(success=False, handled=False,
                              message=f"454 4.7.0 no {data.password.decode()}")

        self.port = free_port()
        controller = Controller(Handler(), hostname="127.0.0.1", port=self.port, authenticator=login,
                                auth_require_tls=False)
        controller.start()
        scratch.stack.callback(controller.stop)


WATCH = r"""
import json, os, sys, time
pieces, seen = {n: v.encode() for n, v in json.loads(sys.stdin.readline()).items()}, set()
while os.getppid() != 1:
    for pid in (p for p in os.listdir("/proc") if p.isdigit()):
        for file in ("environ", "cmdline"):
            try:
                text = open(f"/proc/{pid}/{file}", "rb").read()
                for hit in [(int(pid), file, name) for name, piece in pieces.items() if piece in text]:
                    if hit not in seen:
                        seen.add(hit)
                        of = open(f"/proc/{pid}/cmdline", "rb").read().replace(b"\\0", b" ").decode(errors="replace")
                        print(json.dumps([*hit, of]), flush=True)
            except OSError:
                pass
    time.sleep(0.02)
"""


class Watch:
    """Looks at the environment and command line of every process, again and again: from a
    process of its own, so that nobody waits for it."""

    def __init__(self, scratch):
        self.hits, self.names = set(), {}
        child = subprocess.Popen([sys.executable, "-c", WATCH], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True)
        child.stdin.write(json.dumps({name: value[:PIECE] for name, value in CANARIES.items()}) + "\n")
        child.stdin.flush()
        threading.Thread(target=self.read, args=(child.stdout,), daemon=True).start()
        scratch.stack.callback(end, child)

    def read(self, lines):
        for line in lines:
            *hit, of = json.loads(line)
            self.hits.add(tuple(hit))
            self.names[hit[0]] = of


def secrets(scratch):
    for name, value in CANARIES.items():
        scratch.file(f"secrets/{name}", value + "\n", 0o600)
    return {name: f"file:{scratch.dir}/secrets/{name}" for name in CANARIES}


def configuration(scratch, echo, sshd, mail):
    ref = secrets(scratch)
    scratch.file("secrets/town", f"{echo.url}/town/{CANARIES['town']}\n", 0o600)
    scratch.file("secrets/cards", f"{echo.url}/cards/{CANARIES['cards']}\n", 0o600)
    scratch.file("secrets/beat", f"{echo.url}/beat/{CANARIES['beat']}\n", 0o600)
    echo_py = scratch.file("echo.py", ECHO, 0o755)

    def run(name, how, sandbox="none", reference=None):
        paths = "" if sandbox == "none" else f", paths: {{read: {echo_py}}}"
        return (f"run: [python3, {echo_py}, {how}], sandbox: {sandbox}{paths}, "
                f"secrets: {{TOKEN: '{reference or ref[name]}'}}")

    def http(path, header="Authorization", prefix="", more=""):
        return (f"http: {{url: '{echo.url}{path}', headers: {{{header}: {{secret: '{ref['header']}'{prefix}}}}}"
                f"{more}}}")

    def ssh(command):
        one = ", ".join(line.strip() for line in sshd.yaml(command).split("\n")[1:])
        return f"ssh: {{{one}}}"

    key = scratch.dir / "client"
    shows_key = ["sh", "-c", f"cat {key}; base64 -w0 {key}; base64 {key} >&2; xxd -p {key} 2>/dev/null; true"]
    actions = {
        "run-works": run("none", "works"), "run-fails": run("none", "fails"),
        "run-hangs": run("none", "hangs") + ", timeout: 5s",
        "run-confined": run("contained", "works", "contained"),
        "run-environ": run("environ", "works", "none", "env:CANARY_ENVIRON"),
        "run-crashes": (f"run: [sh, -c, \"cd {scratch.dir}/cores; ulimit -c unlimited; ulimit -c 1000000; "
                        f"exec python3 {echo_py} crashes\"], secrets: {{TOKEN: '{ref['crash']}'}}"),
        "http-works": http("/works/short", prefix=', prefix: "Bearer "'), "http-long": http("/works/long"),
        "http-fails": http("/fails/x", header="X-Key"),
        "http-hangs": http("/hangs/x") + ", timeout: 1s",
        "http-unclear": http("/unclear/x", more=", expect: body < 3") +
            f", happened: {{{run('happened', 'works')}, expect: exit == 0}}",
        "ssh-works": ssh(shows_key), "ssh-fails": ssh([*shows_key[:2], shows_key[2] + "; exit 4"]),
        "ssh-hangs": ssh([*shows_key[:2], shows_key[2] + "; sleep 25"]) + ", timeout: 20s",
        "unit": "systemd: {restart: web.service}", "unit-fails": "systemd: {restart: failed-x.service}"}
    scratch.file("config/production.yaml", f"""
fallback: ops
probe_files: ['{scratch.dir}/logs']
ping_key: '{ref["pings"]}'
heartbeat_url: {{url: '{ref["beat"]}', every: 1m}}
prometheus: {echo.url}/works
channels:
  mail: {{smtp: 'smtp://127.0.0.1:{mail.port}', from: f@example.com, username: firstline, password: '{ref["password"]}', digest: never}}
  hook: {{webhook: '{echo.url}/hook', secret: '{ref["webhook"]}', digest: never}}
  phone: {{ntfy: '{echo.url}/ntfy', token: '{ref["ntfy"]}', topic: all}}
  town: {{mattermost: '{ref["town"]}'}}
  cards: {{teams: '{ref["cards"]}'}}
  pd: {{pagerduty: '{ref["pd"]}', url: '{echo.url}/pd'}}
  sms: {{twilio: AC123, token: '{ref["twilio"]}', from: '+15550100', url: '{echo.url}'}}
  talk: {{slack: C0, token: '{ref["slack"]}', signing_secret: '{ref["signing"]}', url: '{echo.url}/slack', digest: never}}
people:
  ana: {{email: ana@example.com, reach: [mail]}}
teams:
  ops:
    kind: operations
    on_call: {{zone: UTC, rotations: [{{name: a, people: [ana], every: 1 day, handover: '09:00'}}]}}
    notify: [hook, phone, town, cards, pd, sms: '+351210000000', talk]
  dev: {{kind: development}}
services:
  shop: {{owner: ops, developers: dev, tier: 1, look: {{evidence: [{{name: of the service, {run("evidence", "works")}}}]}}}}
hosts: {{web-1: {{service: shop, role: web}}}}
heartbeats: {{nightly: {{service: shop, period: 1d}}}}
actions:
""" + "".join(f"  {name}: {{verb: test, {how}}}\n" for name, how in actions.items()) + """
authority:
  - {grant: automation does what the test needs, to: [automation], may: [test], on: {tier: [1]}, owner: ana, until: 2099-01-01}
""")
    return actions, {"run": run, "ssh": ssh(shows_key)}


VERIFY = """```verify done
{look}
expect: exit == 9
every: 1s
within: 2s
otherwise: {otherwise}
```
"""
APART = ("run-hangs", "run-crashes", "http-hangs", "http-unclear", "ssh-hangs")  # each ends its run


def runbooks(scratch, echo, actions, how, peers):
    """Every probe at once, every action, each going on to the next whatever becomes of it, and
    a verify that fails into a handoff with all that is known."""
    looks = [how["run"]("look", "works") + ", expect: exit == 7", how["run"]("look", "fails", "offline") + ", expect: exit == 7",
             how["ssh"] + ", expect: exit == 7, timeout: 1m", f"http: '{echo.url}/works/look', expect: body contains nothing-of-the-kind",
             "systemd: {unit: web.service}, expect: value == active", f"tcp: '{peers['tcp']}', expect: banner contains x",
             f"tls: '{peers['tls']}', expect: days > 3000"]
    more = [f"dns: {{name: shop.example, server: '{peers['dns']}'}}, expect: answers > 9",
            f"log: {{file: '{scratch.dir}/logs/app.log', match: ERROR}}, expect: matches > 99",
            "promql: up, expect: '> 3'"]
    names = [name for name in actions if name not in APART]
    act = "```action {0}\ndo: {0}\ntargets: {{service: shop, role: web}}\notherwise: {1}\n```\n"
    steps = "".join(act.format(name, next_) for name, next_ in zip(names, [*names[1:], "done"]))
    look = "\n".join(how["run"]("look", "works").rsplit(", ", 2))
    front = "---\nrunbook: {0}\nservice: shop\nanswers: [{{alertname: {0}}}]\n{1}---\n# {0}\n"
    for name in APART:
        scratch.file(f"config/runbooks/{name}.md", front.format(name, "") + act.format(name, "person") +
                     VERIFY.format(look=look, otherwise="person"))
    scratch.file("config/runbooks/all.md", front.format(
        "all", f"evidence: [{{name: of the runbook, {how['run']('evidence', 'fails')}}}]\n") + f"""
```check some
any: [{", ".join("{" + look + "}" for look in looks)}]
within: 5m
then: stop
otherwise: others
```
```check others
any: [{", ".join("{" + look + "}" for look in more)}]
within: 5m
then: stop
otherwise: {names[0]}
```
{steps}{VERIFY.format(look=look, otherwise="over")}
```handoff over
class: investigation
because: all was tried
ask: look at it
attach: [logs, changes, attempts, alerts, timeline]
```
""")


def everything_said(firstline):
    """All that the API and the command line show."""
    paths = json.loads((ROOT / "docs/openapi.json").read_text())["paths"]
    names = {"incidents": range(1, 8), "asked": range(1, 4), "handoffs": range(1, 3), "runbooks": ["all"],
             "services": ["shop"]}
    for path, methods in paths.items():
        if "get" not in methods or path == "/v1/events":
            continue
        for name in names.get(path.split("/")[2], [""]) if "{" in path else [""]:
            url = path[:path.index("{")] + str(name) + path[path.index("}") + 1:] if "{" in path else path
            for query in ("?limit=500&state=all", "?format=markdown", ""):
                yield url + query, firstline.request("GET", url + query).body.decode(errors="replace")
    for args in (["incident", "show", "1"], ["incident", "show", "1", "--json"], ["journal", "show", "--json"],
                 ["journal", "show"], ["handoff", "show", "1"], ["trust"], ["gaps"], ["status"],
                 ["why", "1"], ["heartbeat", "list"], ["check", str(firstline.config)]):
        done = firstline.cli(*args)
        yield "firstline " + " ".join(args), done.stdout + done.stderr


def begin(scratch):
    for folder in ("cores", "logs"):
        (scratch.dir / folder).mkdir()
    os.chmod(scratch.dir / "cores", 0o777)
    scratch.file("logs/app.log", "fine\nERROR\n")
    certificates(scratch)
    echo, sshd, bus, mail = Echo(scratch), Sshd(scratch), Bus(scratch), Mail(scratch)
    # The line with the seed: what is before it is public, and much of that in every key alike.
    CANARIES["key"] = (scratch.dir / "client").read_text().split("\n")[4]
    peers = {"tcp": f"127.0.0.1:{Listener(scratch, say=b'220 hello').port}", "tls": tls_server(scratch, "good"),
             "dns": f"127.0.0.1:{Dns(scratch, {('shop.example', 1): [bytes(4)]}).port}"}
    actions, how = configuration(scratch, echo, sshd, mail)
    runbooks(scratch, echo, actions, how, peers)
    firstline = Firstline(scratch, scratch.dir / "config", env={"CANARY_ENVIRON": CANARIES["environ"]})
    watch = Watch(scratch)
    os.chdir(scratch.dir / "cores")  # where a core of ours would come to lie
    scratch.stack.callback(os.chdir, ROOT)
    firstline.start()
    del firstline.env["CANARY_ENVIRON"]  # no command of ours needs it
    return firstline, echo, mail, bus, watch, actions


def check_processes(firstline, watch):
    supervisor, hands = firstline.child.pid, firstline.role("hands")
    wrong = {hit for hit in watch.hits if hit[2] != "environ" or hit[1] != "environ" or
             hit[0] not in (supervisor, hands)}
    assert not wrong, [(hit, watch.names[hit[0]]) for hit in wrong]
    assert (hands, "environ", "environ") in watch.hits, "it would have been seen"


def check_files(scratch):
    own = {scratch.dir / "client", *(scratch.dir / "secrets").iterdir()}
    far = scratch.dir / "far"  # the other machine's own: what its command wrote there stands there
    files = [p for p in scratch.dir.rglob("*") if p.is_file() and p not in own and far not in p.parents]
    assert len(files) > 10, files
    for path in files:
        assert not found(path.read_bytes()), (path, found(path.read_bytes()))
    assert not list((scratch.dir / "cores").iterdir())


def check_messages(echo, mail):
    """Each credential went where it belongs, and nothing of another's went with it."""
    places = {"/hook": [], "/ntfy/": ["ntfy"], "/town": ["town"], "/cards": ["cards"], "/pd": ["pd"],
              "/2010-04-01": ["twilio"], "/slack": ["slack"], "/beat": ["beat"]}
    for place, own in places.items():
        sent = [r for r in echo.requests if r[0].startswith(place)]
        assert len(sent) >= 2 or place == "/beat" and sent, (place, [r[0] for r in echo.requests])
        for path, headers, body in sent:
            text = " ".join([path, *headers.values(), body])
            assert not found(text, own), (path, found(text, own))
            if place not in ("/hook", "/2010-04-01"):  # as a signature, with a name before it
                assert found(text).keys() == set(own), (path, found(text))
            assert not found(body, ["pd"]), (path, body)
    assert mail.logins and set(mail.logins) == {CANARIES["password"]}
    assert mail.messages and not found("\n".join(mail.messages)), found("\n".join(mail.messages))


def test_t10_no_canary_is_where_it_does_not_belong():
    with Scratch("canaries") as scratch:
        firstline, echo, mail, bus, watch, actions = begin(scratch)
        key = CANARIES["pings"]
        assert firstline.request("POST", f"/ping/{key}/nightly", "all is well", token=None).status == 200
        assert firstline.request("POST", f"/ping/{key}/unknown", "x", token=None).status == 404
        token = firstline.request("POST", "/v1/tokens", {"name": "ana", "principal": "person:ana",
                                                         "role": "lead"}).json["secret"]
        assert firstline.request("GET", "/v1/status", token=token).status == 200
        alerts = [{"alertname": name, "service": "shop", "severity": "critical"} for name in ("all", *APART)]
        assert firstline.fire(*alerts, token=firstline.token()).status == 200
        ended = lambda: [i for i in firstline.incidents() if i["state"] == "handed-off" or i["needs_person"]]
        wait_until(lambda: len(ended()) == 1 + len(APART), 150, 0.2, "the handoff, and what needs a person")
        shown = [firstline.incident(i["id"]) for i in ended()]
        assert sum(i["incident"]["state"] == "handed-off" for i in shown) == 1, \
            [(i["incident"]["title"], i["incident"]["needs_person_why"]) for i in shown if i["incident"]["needs_person"]]
        # All of it was done, and what was masked was there.
        attempts = {a["action"]: a for i in shown for a in i["attempts"]}
        assert set(attempts) == set(actions), set(actions) ^ set(attempts)
        states = {name: attempts[name]["state"] for name in APART[:-1]}  # ssh is asked what became of it
        assert list(states.values()) == ["timed-out", "killed", "timed-out", "settled"], states
        masked = [n for n in actions if "[redacted]" in attempts[n].get("output", "")]
        assert set(actions) - set(masked) <= {"http-hangs", "http-unclear", "ssh-hangs", "unit", "unit-fails"}, masked
        assert len(bus.asked()) == 2, bus.asked()
        wait_until(lambda: all(sum(r[0].startswith(p) for r in echo.requests) >= 2 for p in
                               ("/hook", "/ntfy", "/town", "/cards", "/pd", "/2010", "/slack")) and mail.messages,
                   60, message="every channel was told")
        wait_until(lambda: any(r[0].startswith("/beat") for r in echo.requests), 90, message="the heartbeat")
        for where, text in everything_said(firstline):
            assert not found(text) and token not in text, (where, found(text))
        check_messages(echo, mail)
        check_processes(firstline, watch)
        firstline.stop()
        CANARIES["token"] = token
        check_files(scratch)


@bare("a sanitizer takes the signal")
def test_t10_no_role_leaves_a_core_with_a_secret_in_it():
    before = resource.getrlimit(resource.RLIMIT_CORE)
    most = before[1]
    with Scratch("cores") as scratch:
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))
        scratch.stack.callback(resource.setrlimit, resource.RLIMIT_CORE, before)
        firstline, *_ = begin(scratch)
        for role in ("gate", "hands", "engine"):
            pid = firstline.kill_role(role, signal.SIGSEGV)
            wait_until(lambda: firstline.role(role) not in (None, pid), message=f"another {role}")
            firstline.wait_ready()
        firstline.child.send_signal(signal.SIGSEGV)
        firstline.child.wait(10)
        assert not list((scratch.dir / "cores").iterdir())
        control = subprocess.Popen(["sleep", "100"])  # where a core may be, one is made
        control.send_signal(signal.SIGSEGV)
        control.wait()
        pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text()
        assert most == 0 or pattern[0] in "|/" or list((scratch.dir / "cores").iterdir())
        for core in (scratch.dir / "cores").iterdir():
            core.unlink()
        check_files(scratch)


if __name__ == "__main__":
    run_all(sys.modules[__name__])
