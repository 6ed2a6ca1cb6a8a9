"""The command line: its pages, its exit codes, what it asks and how it shows the answers.
Answers come from a canned server, so that each can be chosen; the last tests ask a real one.

WRITE=1 writes docs/cli.md and the golden files anew."""
import json
import os
import pathlib
import pty
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.canned_server import CannedServer
from support.harness import BUILD, ROOT, Firstline, Scratch, run_all, wait_until
from support.peers import PEERS, node

WRITE = os.environ.get("WRITE") == "1"
GOLDEN = ROOT / "tests/golden/cli"


def cli(*args, env=None, cwd=None):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("FIRSTLINE_")}
    clean.update({"TZ": "UTC"}, **(env or {}))
    return subprocess.run([str(BUILD / "firstline"), *map(str, args)], env=clean, cwd=cwd,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)


def listed(text):
    """Names in the second part of a page: lines of two blanks, a name, and a summary."""
    return re.findall(r"^  ([a-z][a-z-]*) +\S", text, re.M)


def commands():
    """Every command there is, groups first: ["incident"], ["incident", "list"], ..."""
    overview = cli("help").stdout.split("Commands\n")[1].split("\n\n")[0]
    for name in listed(overview):
        if name in ("help", "version"):
            continue
        yield [name]
        for group, sub in re.findall(r"^  ([a-z-]+) ([a-z-]+) +\S", cli("help", name).stdout, re.M):
            if group == name and cli(name, sub, "--help").returncode == 0:
                yield [name, sub]


def golden(name, text):
    path = GOLDEN / name
    if WRITE:
        path.write_text(text)
    want = path.read_text()
    assert text == want, f"{path} differs:\n{text}"


# ---- pages ----

def test_every_command_has_a_page_that_leads_with_an_example():
    seen = list(commands())
    assert ["incident", "settle"] in seen and ["journal", "verify"] in seen, seen
    for command in seen:
        page = cli(*command, "--help")
        assert page.returncode == 0 and not page.stderr, (command, page)
        first = page.stdout.split("\n")[0]
        assert first.startswith("  firstline " + command[0]), (command, first)
        assert cli(*command, "-h").stdout == page.stdout, command
        assert cli("help", *command).stdout == page.stdout, command
        long = [line for line in page.stdout.split("\n") if len(line) > 84]
        assert not long, (command, long)


def test_the_manual_says_what_the_pages_say():
    text = (ROOT / "docs/cli.md").read_text() if not WRITE else ""
    intro = text.split("<!-- pages -->")[0] if text else (
        (ROOT / "docs/cli.md").read_text().split("<!-- pages -->")[0])
    pages = "".join(f"\n## firstline {' '.join(c)}\n\n```text\n{cli(*c, '--help').stdout}```\n"
                    for c in commands())
    whole = intro + "<!-- pages -->\n" + pages
    if WRITE:
        (ROOT / "docs/cli.md").write_text(whole)
    assert (ROOT / "docs/cli.md").read_text() == whole, "WRITE=1 tests/e2e/test_cli.py BUILD"


def test_what_is_mistyped_gets_the_nearest_name_and_exit_2():
    for args, want in (
            (["statsu"], "did you mean 'status'?"),
            (["incident", "shwo"], "did you mean 'incident show'?"),
            (["help", "jurnal"], "did you mean 'journal'?"),
            (["status", "--jsno"], "did you mean '--json'?"),
            (["xyzzy"], "'firstline help' lists them"),
            (["incident", "xyzzy"], "'firstline help incident"),
            (["status", "now"], "usage: firstline status"),
            (["incident", "show"], "usage: firstline incident show NUMBER"),
            (["incident", "list", "--all", "--closed"], "--all or --closed, not both"),
            (["incident", "show", "twelve"], "'twelve' is no number"),
            (["journal", "show", "--incident", "4294967297"], "'4294967297' is no number of an incident"),
            (["incident", "settle", "3", "maybe"], "'yes' or 'no'"),
            (["incident", "hand-over", "3"], "usage: firstline incident hand-over NUMBER PERSON"),
            (["may", "ana", "restart", "at", "web"], "expected 'on'"),
            (["may", "ana", "restart", "on", "web", "--at", "noon"], "2026-11-23 18:30"),
            (["why-not", "ana", "restart", "at", "web"], "firstline why-not ana restart on"),
            (["why-not", "ana", "scale", "on", "web", "--live", "12"], "--live name=value"),
            (["who-can", "restart", "for", "web"], "firstline who-can ACTION on SERVICE"),
            (["what-can", "ana", "at", "web"], "firstline what-can WHO on SERVICE"),
            (["approve", "seventeen"], "no number"),
            (["approve", "17", "--digest", "3f"], "8 characters"),
            (["deny"], "usage: firstline deny NUMBER"),
            (["withdraw", "x"], "no number"),
            (["hands-on", "web", "--for", "5x"], "90s, 5m, 2h or 1d"),
            (["hands-off"], "usage: firstline hands-off SERVICE"),
            (["break-glass", "web", "it is late"], "--for 30m"),
            (["break-glass", "web", "--for", "30m"], "usage: firstline break-glass"),
            (["review", "41"], "firstline review 41 TEXT"),
            (["undo", "x"], "no number"),
            (["run", "--incident", "1"], "name a runbook"),
            (["run", "x"], "--incident NUMBER, or --on"),
            (["run", "x", "--continue", "4", "--incident", "1"], "a run goes on as it was"),
            (["run", "--action", "a", "--on", "b", "unit"], "name=value"),
            (["send", "service=web"], "alertname="),
            (["send", "alertname=a", "--for", "5x"], "90s, 5m, 2h or 1d"),
            (["token", "add", "x"], "--role"),
            (["token", "add", "x", "--role", "viewer", "--until", "soon"], "2027-01-31"),
            (["on-call", "--at", "noon"], "2026-11-23"),
            (["silence", "add"], "usage: firstline silence add MATCHER"),
            (["silence", "add", "a=b"], "--for 2h"),
            (["silence", "add", "a=b", "--for", "2h"], "--comment"),
            (["silence", "add", "a=b", "--for", "2h", "--until", "3h"], "not both"),
            (["silence", "add", "a=~(", "--for", "2h", "--comment", "c"], "no matcher"),
            (["silence", "add", "a=b", "--until", "soon", "--comment", "c"], "30m (from now)"),
            (["silence", "add", "a=b", "--until", "5X", "--comment", "c"], "'5X' is no time"),
            (["init"], "init needs one folder"),
            (["incident"], "incident settle"),
            ([], "firstline demo")):
        done = cli(*args)
        assert done.returncode == 2 and not done.stdout, (args, done)
        assert want in done.stderr, (args, done.stderr)
        assert done.stderr.count("firstline: ") <= 1, (args, done.stderr)  # one mistake, told once
    for args in (["help", "help"], ["help", "--help"], ["help", "-h"], ["--help", "help"]):
        assert cli(*args).stdout == cli("help").stdout, args
    assert cli("help", "version").stdout.startswith("  firstline version\n")
    assert "5  refused by authority" in cli("help", "exit-codes").stdout


def test_what_messages_quote_never_acts_on_the_terminal():
    bad = "\x1b[31mred\x9b1m"
    with Scratch("escape") as scratch, Scratch("quoted") as quoted:
        server = canned(quoted, {"POST /v1/incidents/12/acknowledge": (404, {
            "error": {"status": 404, "message": f"no {bad}"}})})
        for args in (["check", f"no{bad}"], [bad], [f"--{bad}"], ["init", f"made{bad}"],
                     ["init", f"made{bad}"], ["incident", "ack", "12", "--url", server.url]):
            done = cli(*args, cwd=scratch.dir)
            assert "?[31mred?1m" in done.stderr, (args, done)
            assert not set("\x1b\x9b") & set(done.stderr), (args, done)


# ---- answers, shown ----

def canned(scratch, answers, **more):
    return CannedServer(scratch, answers, **more)


def answer(name):
    return 200, (GOLDEN / f"{name}.answer.json").read_text()


def ages(text):
    """What depends on when the test runs."""
    text = re.sub(r"(?<=for approval, ).* left|(?<=hands-on  ).* left", "(AGE) left", text)
    text = re.sub(r"(?<=active, ).*(?= left)|(?<=starts in ).*(?= for)", "(AGE)", text)
    return re.sub(r"\(\S+ \S+ ago\)|\d+[dh] \d+[hm],", "(AGE)", text)


def test_show_and_why_read_well():
    with Scratch("golden") as scratch:
        server = canned(scratch, {
            "GET /v1/incidents/12": answer("closed"),
            "GET /v1/incidents/12/why": answer("closed"),
            "GET /v1/incidents/13": answer("refused"),
            "GET /v1/incidents/13/why": answer("refused"),
            "GET /v1/incidents": answer("list"),
            "GET /v1/status": answer("status"),
            "GET /v1/silences": answer("silences"),
            "GET /v1/incidents/14": answer("approved"),
            "GET /v1/incidents/14/why": answer("approved"),
            "GET /v1/incidents/15": answer("waiting"),
            "GET /v1/incidents/15/why": answer("waiting"),
            "GET /v1/incidents/16": answer("muted"),
            "GET /v1/trust": answer("trust"),
            "GET /v1/asked": answer("asked"),
            **{f"GET /v1/asked/{n}": answer(f"asked-{n}") for n in (61, 62, 63)},
            "GET /v1/leases": answer("leases"),
            "POST /v1/may": answer("may"),
            "POST /v1/who-can": answer("who-can"),
            "POST /v1/what-can": answer("what-can"),
            "POST /v1/runbooks/too-slow/plan": answer("plan"),
        })
        question = ["agent:helper", "scale-out", "on", "checkout", "replicas=40"]
        for name, args in (("closed.show", ["incident", "show", "12"]),
                           ("closed.why", ["why", "12"]),
                           ("refused.show", ["incident", "show", "#13"]),
                           ("refused.why", ["why", "13"]),
                           ("list", ["incident", "list"]),
                           ("silences", ["silence", "list"]),
                           ("silence", ["silence", "show", "2f02ae82"]),
                           ("approved.show", ["incident", "show", "14"]),
                           ("approved.why", ["why", "14"]),
                           ("waiting.show", ["incident", "show", "15"]),
                           ("waiting.why", ["why", "15"]),
                           ("muted.show", ["incident", "show", "16"]),
                           ("trust", ["trust"]),
                           ("asked", ["approve"]),
                           ("leases", ["hands-on"]),
                           ("review", ["review"]),
                           ("may", ["may", *question]),
                           ("may", ["why-not", *question]),
                           ("who-can", ["who-can", *question[1:]]),
                           ("what-can", ["what-can", "automation", "on", "checkout"]),
                           ("plan", ["run", "too-slow", "--dry-run", "--incident", "12", "--as", "ana"]),
                           ("status", ["status"])):
            done = cli(*args, "--url", server.url)
            assert done.returncode == {"may": 5, "plan": 5}.get(name, 0), (args, done)
            assert name != "may" or "Note: as of 2026-12-24" in done.stderr, done
            text = ages(done.stdout).replace(server.url, "URL")
            golden(f"{name}.txt", text)
            assert "\033" not in done.stdout and "\033" not in done.stderr, name
            wide = [line for line in done.stdout.split("\n") if len(line) > 80]
            assert not wide, (name, wide)
        raw = cli("why", "12", "--json", "--url", server.url)
        assert raw.stdout == answer("closed")[1].strip() + "\n", raw


def test_colour_is_for_terminals_and_can_be_refused():
    with Scratch("colour") as scratch:
        server = canned(scratch, {"GET /v1/incidents/12/why": answer("closed")})

        def on_terminal(**env):
            ours, theirs = pty.openpty()
            child = subprocess.Popen([str(BUILD / "firstline"), "why", "12", "--url", server.url],
                                     stdout=theirs, stderr=subprocess.DEVNULL,
                                     env=dict({"TERM": "xterm", "TZ": "UTC"}, **env))
            os.close(theirs)
            text = b""
            try:
                while chunk := os.read(ours, 65536):
                    text += chunk
            except OSError:  # the other end is closed
                pass
            os.close(ours)
            assert child.wait() == 0
            return text
        assert b"\033[32mallow\033[0m" in on_terminal()
        for env in ({"NO_COLOR": "1"}, {"FIRSTLINE_NO_COLOR": "1"}, {"TERM": "dumb"}):
            assert b"\033" not in on_terminal(**env), env


def test_lists_go_on_page_by_page():
    with Scratch("pages") as scratch:
        row = {"id": 1, "state": "open", "severity": "sev3", "owner": "ops", "impact": "first", "title": "Slow: p99"}
        server = canned(scratch, {
            "GET /v1/incidents?state=open": (200, {"items": [row], "cursor": "1"}),
            "GET /v1/incidents?state=open&cursor=1":
                (200, {"items": [dict(row, id=2, title="Full: disk")], "cursor": None}),
        })
        done = cli("incident", "list", "--url", server.url)
        assert "first" in done.stdout and "#2" in done.stdout, done
        # What is hurt is the same: the alert tells them apart.
        assert "Slow: p99\n" in done.stdout and "Full: disk\n" in done.stdout, done


def pages_of(path, rows, size=100):
    """Answers of a server that gives `size` of them at a time."""
    out, join = {}, "&" if "?" in path else "?"
    for at in range(0, max(len(rows), 1), size):
        cursor = str(at + size) if at + size < len(rows) else None
        out[f"GET {path}" + (f"{join}cursor={at}" if at else "")] = (
            200, {"items": rows[at:at + size], "cursor": cursor, "seq": 7 + at})
    return out


def test_a_list_of_many_pages_is_shown_and_counted_whole():
    incident = {"id": 1, "state": "open", "severity": "sev3", "service": "web", "owner": "ops", "title": "t"}
    many = [dict(incident, id=n, title=f"it is {n}") for n in range(1, 131)]
    gaps = [{"kind": "no-service", "subject": f"alert-{n}.", "text": "none", "count": 1} for n in range(150)]
    handoffs = [{"id": n, "state": "open", "class": "config", "title": f"case {n}.", "team": "dev"} for n in range(130)]
    leases = [{"id": n, "kind": "hands-on", "service": f"s{n}."} for n in range(1020)]
    overrides = [{"id": n, "kind": "set", "state": "ended", "team": f"t{n}."} for n in range(1100)]
    status = json.loads((GOLDEN / "status.answer.json").read_text())
    with Scratch("many") as scratch:
        server = canned(scratch, {
            "GET /v1/status": (200, dict(status, incidents_open=140)),
            "GET /v1/incidents": (200, {"items": many[:100], "cursor": "99"}),
            **pages_of("/v1/incidents?state=open", many), **pages_of("/v1/gaps", gaps),
            **pages_of("/v1/incidents?state=open&service=web", many), **pages_of("/v1/handoffs", handoffs),
            **pages_of("/v1/leases?limit=1000", leases, 1000),
            **pages_of("/v1/overrides?limit=1000&state=all", overrides, 1000),
            **pages_of("/v1/asked", [{"id": n, "state": "approval"} for n in range(130)])})

        def ask(*args):
            return cli(*args, "--url", server.url)
        shown = ask("status")
        assert "130 more: firstline incident list" in shown.stdout, shown
        run = ask("run", "x", "--on", "web")
        assert run.returncode == 9 and "130 incidents are open on 'web'" in run.stderr, run
        assert run.stderr.count("--incident ") == 10 and "120 more" in run.stderr, run
        for args, last in ((["gaps"], "alert-149."), (["handoff", "list"], "case 129."), (["hands-on"], "s1019."),
                           (["override", "list", "--all"], "t1099.")):
            assert last in ask(*args).stdout, args
        for args, n in ((["incident", "list"], 130), (["gaps"], 150), (["handoff", "list"], 130), (["approve"], 130),
                        (["hands-on"], 1020), (["override", "list", "--all"], 1100)):
            whole = json.loads(ask(*args, "--json").stdout)
            assert len(whole["items"]) == n and whole["cursor"] is None and whole["seq"] == 7, (args, len(whole["items"]))
        # What a page is asked for by its length is that page.
        server.answers["GET /v1/incidents?state=open&limit=2"] = [(200, {"items": many[:2], "cursor": "2", "seq": 1})]
        assert json.loads(ask("incident", "list", "--limit", "2", "--json").stdout)["cursor"] == "2"
        # Pages without an end: whoever answers so is no server of ours.
        server.answers["GET /v1/incidents?state=open"] = [(200, {"items": many[:2], "cursor": "2", "seq": 1})]
        server.answers["GET /v1/incidents?state=open&cursor=2"] = [(200, {"items": [], "cursor": "2", "seq": 1})]
        endless = ask("incident", "list", "--json")
        assert endless.returncode == 1 and "it is no list" in endless.stderr, endless


# ---- what is asked ----

DIGEST = "3f2a9c01d2e4b5a697887766554433221100ffeeddccbbaa9988776655443322"
INCIDENT = {"id": 12, "state": "acting", "severity": "sev1", "service": "web", "owner": "ops",
            "impact": "Customers cannot browse."}
ATTEMPT = {"id": 34, "incident": 12, "state": "intent", "action": "restart-unit", "target": "web-1"}


def test_changes_say_what_they_mean():
    incident = {"exit": 0, "incident": INCIDENT}
    attempt = {"exit": 0, "attempt": ATTEMPT}
    someone = {"items": [{"principal": "person:ana", "verdict": "allow", "text": "t"}]}
    something = {"items": [{"action": "a", "verdict": "allow", "text": "t"}]}

    def lease(kind):
        return {"exit": 0, "lease": {"id": 72, "kind": kind, "service": "web", "principal": "person:ana",
                                     "until_wall": "2026-11-23T09:00:00Z"}}
    done_token = {"exit": 0, "token": {"id": 9, "name": "prom"},
                  "secret": {"id": 9, "name": "prom", "secret": "flt_x"}}
    cases = (
        (["incident", "ack", "12"], "/v1/incidents/12/acknowledge", {}, incident),
        (["incident", "ack", "--undo", "12"], "/v1/incidents/12/unacknowledge", {}, incident),
        (["incident", "hand-over", "#12", "mei"], "/v1/incidents/12/hand-over", {"person": "mei"}, incident),
        (["incident", "hand-over", "12", "mei", "the vendor", "is called"], "/v1/incidents/12/hand-over",
         {"person": "mei", "text": "the vendor is called"}, incident),
        (["incident", "note", "12", "I", "saw it"], "/v1/incidents/12/notes",
         {"text": "I saw it"}, incident),
        (["incident", "resolve", "12"], "/v1/incidents/12/resolve", {}, incident),
        (["incident", "resolve", "12", "over"], "/v1/incidents/12/resolve", {"text": "over"},
         incident),
        (["incident", "cancel", "12"], "/v1/incidents/12/cancel", {}, incident),
        (["incident", "settle", "12", "34", "yes"], "/v1/attempts/34/settle",
         {"happened": "yes"}, attempt),
        (["incident", "settle", "34", "no"], "/v1/attempts/34/settle", {"happened": "no"},
         attempt),
        (["run", "web-down", "--incident", "12", "queue=a b"], "/v1/incidents/12/run",
         {"runbook": "web-down", "with": {"queue": "a b"}}, incident),
        (["run", "--action", "restart-unit", "--on", "web", "--target", "web-1", "unit=x"],
         "/v1/incidents/12/run",
         {"action": "restart-unit", "target": "web-1", "with": {"unit": "x"}}, attempt),
        (["may", "ana", "restart-unit", "on", "web", "n=2", "--target", "web-1"], "/v1/may",
         {"principal": "person:ana", "action": "restart-unit", "service": "web",
          "target": "web-1", "with": {"n": "2"}}, {"exit": 0, "decision": {"verdict": "allow"}}),
        (["may", "me", "restart-unit", "on", "web"], "/v1/may",
         {"action": "restart-unit", "service": "web"},
         {"exit": 0, "decision": {"verdict": "allow"}}),
        (["may", "agent:x", "scale", "on", "web", "n=2", "--behalf", "ana", "--at", "2026-12-24 18:00",
          "--targets", "3", "--live", "n=1"], "/v1/may",
         {"service": "web", "principal": "agent:x", "action": "scale", "targets": "3",
          "at": "1798135200000", "behalf": "person:ana", "with": {"n": "2"}, "live": {"n": "1"}},
         {"exit": 0, "decision": {"verdict": "allow"}}),
        (["why-not", "automation", "restart", "on", "web", "--live", "n=1"], "/v1/may",
         {"service": "web", "principal": "automation", "action": "restart", "live": {"n": "1"}},
         {"exit": 0, "decision": {"verdict": "allow"}}),
        (["who-can", "restart", "on", "web", "unit=x", "--target", "web-1"], "/v1/who-can",
         {"service": "web", "action": "restart", "target": "web-1", "with": {"unit": "x"}}, someone),
        (["what-can", "ana", "on", "web", "--behalf", "piotr"], "/v1/what-can",
         {"service": "web", "principal": "person:ana", "behalf": "person:piotr"}, something),
        (["approve", "#61", "--why", "the load is real"], "/v1/asked/61/approve",
         {"why": "the load is real"}, asked("started", attempt=34)),
        (["approve", "61", "--digest", DIGEST[:12]], "/v1/asked/61/approve", {"digest": DIGEST},
         asked("approval", yes_missing=1)),
        (["approve", "61"], "/v1/asked/61/approve", {}, asked("facts")),
        (["deny", "61", "--why", "no"], "/v1/asked/61/deny", {"why": "no"}, asked("refused")),
        (["withdraw", "61"], "/v1/asked/61/withdraw", {}, asked("void")),
        (["undo", "34", "--why", "worse"], "/v1/attempts/34/undo", {"why": "worse"}, attempt),
        (["answer", "#12", "left"], "/v1/runs/12/answer", {"value": "left"},
         {"exit": 0, "run": {"id": 12, "incident": 17, "runbook": "behind"}}),
        (["run", "--continue", "#12"], "/v1/runs/12/continue", {}, incident),
        (["run", "behind", "--continue", "12"], "/v1/runs/12/continue", {"runbook": "behind"},
         incident),
        (["hands-on", "web", "moving", "it"], "/v1/services/web/hands-on",
         {"for": "1h", "why": "moving it"}, lease("hands-on")),
        (["hands-on", "a/b", "--for", "2h"], "/v1/services/a%2Fb/hands-on", {"for": "2h"},
         lease("hands-on")),
        (["hands-off", "web"], "/v1/services/web/hands-off", {}, lease("hands-on")),
        (["hands-off", "web", "--lease", "72", "enough"], "/v1/services/web/hands-off",
         {"lease": 72, "why": "enough"}, lease("break-glass")),
        (["break-glass", "web", "--for", "30m", "the freeze"], "/v1/services/web/break-glass",
         {"for": "30m", "why": "the freeze"}, lease("break-glass")),
        (["review", "72", "it was", "right"], "/v1/leases/72/review", {"text": "it was right"},
         lease("break-glass")),
        (["token", "add", "h", "--role", "operator", "--principal", "agent:h", "--behalf", "ana"],
         "/v1/tokens", {"name": "h", "principal": "agent:h", "role": "operator",
                        "behalf": "person:ana"}, done_token),
        # What says its kind is meant so, and Firstline itself is no person.
        (["token", "add", "agent:z", "--role", "viewer"], "/v1/tokens",
         {"name": "agent:z", "principal": "agent:z", "role": "viewer"}, done_token),
        (["token", "add", "person:ana", "--role", "source"], "/v1/tokens",
         {"name": "person:ana", "principal": "person:ana", "role": "source"}, done_token),
        (["token", "add", "x", "--role", "viewer", "--principal", "automation"], "/v1/tokens",
         {"name": "x", "principal": "automation", "role": "viewer"}, done_token),
        (["stop-all", "it is", "worse"], "/v1/stop-all", {"text": "it is worse"}, {"exit": 0}),
        (["resume"], "/v1/resume", {}, {"exit": 0}),
        (["token", "add", "prom", "--role", "source"], "/v1/tokens",
         {"name": "prom", "principal": "source:prom", "role": "source"}, done_token),
        (["token", "add", "x", "--role", "operator", "--principal", "ana", "--until",
          "2027-01-31"], "/v1/tokens",
         {"name": "x", "principal": "person:ana", "role": "operator", "until": "1801353600000"},
         done_token),
    )
    for args, path, body, reply in cases:
        with Scratch("changes") as scratch:
            server = canned(scratch, {
                f"POST {path}": (200, reply), "GET /v1/asked/61": (200, asked("approval")),
                "GET /v1/incidents?state=open&service=web": (200, {"items": [INCIDENT]})})
            done = cli(*args, "--url", server.url)
            assert done.returncode == 0, (args, done)
            assert server.bodies("POST", path) == [body], (args, server.requests)
            head = [h for m, _, h, _ in server.requests if m == "POST"][0]
            assert head["Idempotency-Key"] and head["Content-Type"] == "application/json", args
    with Scratch("token") as scratch:
        server = canned(scratch, {"POST /v1/tokens": (200, done_token),
                                  "DELETE /v1/tokens/a%2Fb": (200, {"exit": 0})})
        made = cli("token", "add", "prom", "--role", "source", "--json", "--url", server.url)
        assert json.loads(made.stdout)["secret"] == "flt_x", made
        plain = cli("token", "add", "prom", "--role", "source", "--url", server.url)
        assert plain.stdout == "flt_x\n", plain
        assert cli("token", "revoke", "a/b", "--url", server.url).returncode == 0


def asked(state, **more):
    return {"exit": 0, "asked": dict({"id": 61, "incident": 12, "state": state, "digest": DIGEST,
                                      "action": "scale", "service": "web", "target": "web",
                                      "approvers": ["ana", "piotr"], "yes_missing": 2,
                                      "ends_wall": "2026-11-23T09:00:00Z",
                                      "why": "" if state == "approval" else "because of that"},
                                     **more)}


def test_what_was_approved_is_what_was_seen():
    with Scratch("digest") as scratch:
        server = canned(scratch, {"GET /v1/asked/61": (200, asked("approval"))})
        other = cli("approve", "61", "--digest", "00000000", "--url", server.url)
        assert other.returncode == 9 and "not what it was" in other.stderr, other
        assert not server.bodies("POST", "/v1/asked/61/approve"), server.requests
        for state, want in (("refused", 5), ("expired", 9), ("void", 9)):
            server = canned(scratch, {"POST /v1/asked/61/approve": (200, asked(state))})
            done = cli("approve", "61", "--url", server.url)
            assert done.returncode == want and "because of that" in done.stderr, done


def test_run_waits_for_facts_and_says_who_may_approve():
    went = {"GET /v1/incidents/12": (200, {"incident": INCIDENT, "attempts": [
        dict(ATTEMPT, state="exited", exit_code=0)]})}
    rows = (  # what follows the facts, with --wait, exit, what is said
        ([asked("started", attempt=34)], [], 0, "attempt 34"),
        ([asked("facts"), asked("refused")], [], 5, "refused: because of that"),
        ([asked("approval")], [], 6, "ana, piotr"),
        ([asked("approval")], ["--json"], 6, ""),
        ([asked("approval"), asked("approval"), asked("started", attempt=34)], ["--wait"], 0, "Done"),
        ([asked("approval"), asked("refused")], ["--wait"], 5, "firstline approve 61"),
        ([asked("approval"), asked("expired")], ["--wait"], 8, "because of that"),
        ([asked("approval"), asked("void")], ["--wait"], 9, "because of that"),
        ([asked("approval")], ["--wait", "--timeout", "1s"], 6, "number 61"),
    )
    for replies, more, want, text in rows:
        for command, path in ((["run", "--action", "scale", "--incident", "12"], "/v1/incidents/12/run"),
                              (["undo", "34"], "/v1/attempts/34/undo"))[:1 if more else 2]:
            with Scratch("facts") as scratch:
                server = canned(scratch, dict(went, **{
                    f"POST {path}": (202, asked("facts")),
                    "GET /v1/asked/61": [(200, reply) for reply in replies]}))
                done = cli(*command, *more, "--url", server.url)
                assert done.returncode == want and text in done.stderr, (replies, more, done)
                # Whose yes it waits for is said once, however long that is.
                assert done.stderr.count("needs approval") <= 1, (replies, more, done)
                assert "--timeout" not in more or "in time: it waits on" in done.stderr, done
                assert "--json" not in more or json.loads(done.stdout)["asked"]["id"] == 61, done


def test_send_posts_one_alert_as_prometheus_would():
    with Scratch("send") as scratch:
        server = canned(scratch, {"POST /api/v2/alerts": (200, "")})
        done = cli("send", "alertname=Up", "service=a \"b\"", "--summary", "it is up",
                   "--for", "2h", "--url", server.url)
        assert done.returncode == 0 and "2h" in done.stderr, done
        alert, = server.bodies("POST", "/api/v2/alerts")[0]
        assert alert["labels"] == {"alertname": "Up", "service": "a \"b\""}, alert
        assert alert["annotations"] == {"summary": "it is up"}, alert
        assert alert["startsAt"] < alert["endsAt"], alert
        assert cli("send", "alertname=Up", "--resolved", "--url", server.url).returncode == 0


def test_send_says_why_it_was_refused_and_believes_firstline_alone():
    with Scratch("refused") as scratch:
        for status, reply, code, want in (
                (400, '"alert 1: no label\\nalert 2: none either"', 2, "alert 1: no label"),
                (401, '"a token is needed"', 4, "a token is needed"),
                (403, '"a viewer may not send alerts"', 4, "a viewer may not send alerts"),
                (422, {"code": 602, "message": "labels in body is required"}, 2, "labels in body is required"),
                (500, "<html>", 1, "answered 500")):
            server = canned(scratch, {"POST /api/v2/alerts": (status, reply)})
            done = cli("send", "alertname=Up", "--url", server.url)
            assert done.returncode == code and want in done.stderr, done
        for more, reply in (({}, "<html>It works!"), ({"ours": False}, "")):
            server = canned(scratch, {"POST /api/v2/alerts": (200, reply)}, **more)
            for args in ([], ["--json"], ["--resolved"]):
                done = cli("send", "alertname=Up", *args, "--url", server.url)
                assert done.returncode == 1 and "not as Firstline does" in done.stderr, done
                assert "kept:" not in done.stderr and not done.stdout, done
    with Scratch("real") as scratch:
        assert cli("init", scratch.dir / "production").returncode == 0
        firstline = Firstline(scratch, scratch.dir / "production").start()
        secret = firstline.cli("token", "add", "reader", "--role", "viewer", check=True).stdout
        token = scratch.file("reader.token", secret, 0o600)
        for args, code, want in ((["alertname="], 2, "an alert needs a name"), (["alertname=Up", "a b=" + "x" * 70000], 2, "label"),
                                 (["alertname=Up", "--token-file", token], 4, "this token may not send alerts"),
                                 (["alertname=Up", "--token-file", scratch.file("no.token", "flt_no")], 4, "token")):
            done = firstline.cli("send", *args)
            assert done.returncode == code and want in done.stderr and "answered 4" not in done.stderr, done
        assert "Taken, and kept" in firstline.cli("send", "alertname=Up", check=True).stderr


def test_run_on_a_service_needs_exactly_one_open_incident():
    with Scratch("on") as scratch:
        path = "GET /v1/incidents?state=open&service=web"
        args = ["run", "--action", "a", "--on", "web", "--url"]
        server = canned(scratch, {path: (200, {"items": []}), "GET /v1/services/web": (200, {"name": "web"})})
        none = cli(*args, server.url)
        assert none.returncode == 3 and "firstline send" in none.stderr, none
        gone = canned(scratch, {path: (200, {"items": []}), "GET /v1/services/web": (404, {
            "error": {"status": 404, "message": "there is no service 'web'", "exit": 3}})})
        none = cli(*args, gone.url)
        assert none.returncode == 3 and "there is no service 'web'" in none.stderr, none
        assert "firstline send" not in none.stderr, "what it says would open nothing there"
        two = canned(scratch, {path: (200, {"items": [INCIDENT, dict(INCIDENT, id=13)]})})
        both = cli(*args, two.url)
        assert both.returncode == 9 and "--incident 13" in both.stderr, both
        # With both, the service that is named must be the incident's: nothing is done on another.
        one = canned(scratch, {"GET /v1/incidents/12": (200, {"incident": dict(INCIDENT, service="pay")})})
        other = cli("run", "--action", "a", "--incident", "12", "--on", "web", "--url", one.url)
        assert other.returncode == 2 and "incident 12 is of 'pay', not of 'web'" in other.stderr, other
        assert [m for m, *_ in one.requests] == ["GET"], one.requests


def test_a_long_reason_with_a_lease_is_sent_whole():
    with Scratch("lease") as scratch:
        path = "/v1/services/web/hands-off"
        server = canned(scratch, {f"POST {path}": (200, {"exit": 0, "lease": {
            "id": 4, "kind": "hands-on", "service": "web", "principal": "person:ana"}})})
        why = '"x" ' * 175
        done = cli("hands-off", "web", "--lease", "4", why, "--url", server.url)
        assert done.returncode == 0 and server.bodies("POST", path) == [{"lease": 4, "why": why}], done
        assert cli("hands-off", "web", "--lease", "4", "--url", server.url).returncode == 0
        assert server.bodies("POST", path)[1] == {"lease": 4}


# ---- exit codes ----

def test_exit_codes_are_those_of_the_answer():
    def error(status, exit=None):
        body = {"status": status, "message": "because of that"}
        return status, {"error": dict(body, exit=exit) if exit else body}
    rows = (
        (error(422, 2), 2), (error(400), 2), (error(404, 3), 3), (error(404), 3),
        (error(401, 4), 4), (error(403, 4), 4), (error(403, 5), 5), (error(403, 6), 6),
        (error(409, 7), 7), (error(409, 9), 9), (error(409), 9), (error(504, 8), 8),
        (error(500, 1), 1), (error(507, 1), 1), ((500, "no JSON"), 1), ((200, "no JSON"), 1),
        ((200, {"incident": {"id": "twelve"}}), 1),
    )
    for reply, want in rows:
        with Scratch("exit") as scratch:
            server = canned(scratch, {"POST /v1/incidents/12/acknowledge": reply})
            done = cli("incident", "ack", "12", "--url", server.url)
            assert done.returncode == want, (reply, done)
            assert "firstline: " in done.stderr and not done.stdout, (reply, done)
            assert "because of that" in done.stderr or "JSON" in str(reply) or reply[0] == 200, done
    with Scratch("nobody") as scratch:
        server = canned(scratch, {f"POST /v1/{path}": (200, {"items": [], "cursor": None})
                                  for path in ("who-can", "what-can")})
        for args in (["who-can", "a", "on", "web"], ["what-can", "ana", "on", "web"]):
            assert cli(*args, "--url", server.url).returncode == 5, args
            shown = cli(*args, "--json", "--url", server.url)
            assert shown.returncode == 5 and json.loads(shown.stdout)["items"] == [], shown
    for verdict, want in (("allow", 0), ("deny", 5), ("allow-after-approval", 6)):
        with Scratch("may") as scratch:
            server = canned(scratch, {"POST /v1/may": (200, {"exit": want, "decision": {
                "verdict": verdict, "action": "a", "service": "web", "principal": "person:ana",
                "reasons": [{"kind": "grant", "rule": "r", "file": "f.yaml", "line": 3}]}})})
            done = cli("may", "ana", "a", "on", "web", "--url", server.url)
            assert done.returncode == want and "'r' f.yaml:3" in done.stdout, done
            shown = cli("may", "ana", "a", "on", "web", "--json", "--url", server.url)
            assert shown.returncode == want and json.loads(shown.stdout), shown


def test_a_server_that_is_not_there():
    with Scratch("nobody") as scratch:
        done = cli("status", "--url", "http://127.0.0.1:1", cwd=scratch.dir)
        assert done.returncode == 1 and "Is it running?" in done.stderr, done
        missing = cli("status", "--token-file", "nowhere", cwd=scratch.dir)
        assert missing.returncode == 4 and "nowhere" in missing.stderr, missing
        for args, instead in ((["incident", "list", "--state", "all"], "'firstline incident list --all'"),
                              (["incident", "list", "--state=closed"], "'firstline incident list --closed'"),
                              (["status", "--state", "nowhere"], None)):
            folder = cli(*args, cwd=scratch.dir)
            assert folder.returncode == (2 if instead else 3) and not folder.stdout and "there is no folder '" in folder.stderr, folder
            assert instead is None or f"write {instead}" in folder.stderr, folder
        journal = cli("journal", "verify", "--state", scratch.dir / "none")
        assert journal.returncode != 0 and "none" in journal.stderr, journal


def test_a_change_is_asked_again_under_the_same_key():
    with Scratch("again") as scratch:
        starting = (503, {"error": {"status": 503, "message": "starting", "exit": 1}})
        fine = (200, {"exit": 0, "incident": INCIDENT})
        path = "POST /v1/incidents/12/acknowledge"
        for lost in (starting, (None, None)):
            server = canned(scratch, {path: [lost, fine]})
            done = cli("incident", "ack", "12", "--url", server.url)
            assert done.returncode == 0, (lost, done)
            keys = {head["Idempotency-Key"] for _, _, head, _ in server.requests}
            assert len(server.requests) == 2 and len(keys) == 1, server.requests


# ---- where and as whom ----

def test_the_local_token_stays_on_this_machine():
    with Scratch("token") as scratch:
        scratch.file("state/local.token", "flt_local\n")
        scratch.file("mine", "flt_mine\n")
        status = {"GET /v1/status": (200, {"version": "1"})}
        here, away = canned(scratch, status), canned(scratch, status, host="127.0.0.2")
        state = ["--state", str(scratch.dir / "state")]
        for server, more, want in ((here, [], "Bearer flt_local"), (away, [], None),
                                   (away, ["--token-file", scratch.dir / "mine"],
                                    "Bearer flt_mine")):
            assert cli("status", "--url", server.url, *state, *more).returncode == 0
            assert server.requests[-1][2]["Authorization"] == want, (server.url, more)
        scratch.file("state/endpoint", here.url + "\n")
        found = cli("status", env={"FIRSTLINE_STATE": str(scratch.dir / "state")})
        assert found.returncode == 0, found
        assert here.requests[-1][2]["Authorization"] == "Bearer flt_local"


# ---- folders ----

def test_init_writes_a_folder_that_passes_check():
    with Scratch("init") as scratch:
        made = cli("init", scratch.dir / "production")
        assert made.returncode == 0 and "firstline serve --config" in made.stderr, made
        checked = cli("check", scratch.dir / "production")
        assert checked.returncode == 0 and "no mistakes" in checked.stdout, checked
        again = cli("init", scratch.dir / "production")
        assert again.returncode == 9 and "not empty" in again.stderr, again
        with open("/dev/full", "w") as full:
            untold = subprocess.run([str(BUILD / "firstline"), "check",
                                     str(scratch.dir / "production")], stdout=full,
                                    stderr=subprocess.PIPE, text=True, timeout=30)
        assert untold.returncode == 1 and "could not write" in untold.stderr, untold
        path = scratch.dir / "production" / "production.yaml"
        path.write_text(path.read_text().replace("tier: 1", "tier: 9"))
        broken = cli("check", scratch.dir / "production")
        assert broken.returncode == 1 and "^" in broken.stderr, broken
        assert "production.yaml:" in broken.stderr and "1 mistake in" in broken.stderr, broken


def test_init_says_what_to_do_where_it_cannot_write():
    with Scratch("no-init") as scratch:
        scratch.file("file", "")
        os.mkfifo(scratch.dir / "pipe")
        for name in ("file", "pipe"):
            done = cli("init", scratch.dir / name)
            assert done.returncode == 1 and "name a new or an empty one" in done.stderr, done
        done = cli("init", scratch.dir / "no/such/parent")
        assert done.returncode == 1 and "No such file or directory" in done.stderr, done
        # A disk that is full: nothing is left that looks like a configuration.
        done = subprocess.run(["/bin/sh", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh",
                               str(BUILD / "firstline"), "init", str(scratch.dir / "half")],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 1 and "empty it before" in done.stderr, done
        assert list((scratch.dir / "half").iterdir()) == [], done


def test_serve_with_a_mistyped_option_starts_nothing():
    with Scratch("no-serve") as scratch:
        assert cli("init", scratch.dir / "production").returncode == 0
        for args, want in ((["--store", "foo"], "--store: 'foo' is no store: write sqlite:FILE"),
                           (["--store", "sqlite:"], "'sqlite:' is no store"),
                           (["--store", ""], "'' is no store"),
                           (["--store", "sqlite:/var/x.db"], "a file in the state folder"),
                           (["--store", "sqlite:../x.db"], "a file in the state folder"),
                           (["--listen", "foo"], "'foo' is no address to listen on"),
                           (["--listen", "127.0.0.1"], "'127.0.0.1' is no address to listen on"),
                           (["--listen", "localhost:0"], "'localhost:0' is no address"),
                           (["--listen", "127.0.0.1:99999"], "'127.0.0.1:99999' is no address")):
            done = cli("serve", "--config", scratch.dir / "production", "--state", scratch.dir / "state", *args)
            assert done.returncode == 2 and want in done.stderr and done.stderr.count("\n") == 1, (args, done)
            assert not (scratch.dir / "state").exists(), args


def test_check_of_what_is_no_configuration_says_what_to_name():
    with Scratch("no-config") as scratch:
        scratch.file("empty/notes.txt", "")
        scratch.file("file.yaml", "")
        (scratch.dir / "circle").symlink_to("circle")
        for name, code, want in (
                ("empty", 1, "there is no *.yaml in this folder"),
                ("empty", 1, "firstline init FOLDER"),
                ("file.yaml", 1, "name the folder that holds the configuration"),
                ("circle", 1, "Too many levels of symbolic links"),
                ("none", 3, "No such file or directory"),
                ("n" * 250 + "/" + "m" * 250, 3, "No such file or directory")):
            done = cli("check", scratch.dir / name)
            assert done.returncode == code and want in done.stderr and not done.stdout, done
        # What check does not find, serve does not find.
        done = cli("serve", "--config", scratch.dir / "none", "--state", scratch.dir / "state", "--listen", "127.0.0.1:0")
        assert done.returncode == 3 and "No such file or directory" in done.stderr, done


# ---- a real server ----

def look_at_calendars(firstline, shifts):
    """What `--ics` writes, as ical.js reads it: the shifts that --json has, each once."""
    subprocess.run([ROOT / "tools/peers"], check=True)

    def calendar(*args):
        text = firstline.cli("on-call", "weeks", "--ics", *args, check=True, text=False).stdout
        done = subprocess.run(node("ical_js.mjs"), cwd=PEERS, input=text, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    whole, again = calendar(), calendar()
    assert [e["uid"] for e in whole["events"]] == [e["uid"] for e in again["events"]], "they stay what they are"
    ahead = {(e["from"][:19], e["until"][:19], e["summary"]) for e in whole["events"]}
    for shift in shifts[1:-1]:
        assert (shift["from_wall"][:19], shift["until_wall"][:19], f"{shift['person']}: primary of operations") in ahead, shift
    person = shifts[0]["person"]
    hers = calendar("--person", person, "--team", "operations")
    assert hers["name"] == f"On duty: {person}" and hers["events"], hers
    assert all(e["summary"].startswith(f"{person}: ") for e in hers["events"]), hers
    assert {e["uid"] for e in hers["events"]} < {e["uid"] for e in whole["events"]}
    assert firstline.cli("on-call", "next", "--ics").returncode == 2
    assert firstline.cli("on-call", "--person", person).returncode == 2


def names_that_nobody_has_are_told(firstline):
    """A typing error does not read as good news: it is not found."""
    for args, want in (
            (["incident", "list", "--service", "websit"], "there is no service 'websit'"),
            (["incident", "list", "--all", "--service", "websit"], "there is no service 'websit'"),
            (["incident", "list", "--service", "websit", "--json"], "there is no service 'websit'"),
            (["incident", "list", "--owner", "operation"], "there is no team 'operation': did you mean 'operations'?"),
            (["on-call", "--team", "operation"], "did you mean 'operations'?"),
            (["on-call", "next", "--team", "nosuch"], "there is no team 'nosuch'"),
            (["who-can", "nosuch", "on", "website"], "there is no action 'nosuch'"),
            (["run", "--action", "restart-unit", "--on", "websit"], "there is no service 'websit'"),
            (["silence", "import", "/nonexistent"], "/nonexistent")):
        done = firstline.cli(*args)
        assert done.returncode == 3 and want in done.stderr and not done.stdout, (args, done)
    none = firstline.cli("incident", "list", "--closed", "--service", "website", "--owner", "operations")
    assert none.returncode == 0 and "No incident of service 'website' and team 'operations'." in none.stderr, none
    none = firstline.cli("incident", "list", "--closed", "--owner", "operations", check=True)
    assert "No incident of team 'operations'." in none.stderr, none
    empty = firstline.cli("on-call", "weeks", "--ics", "--person", "nobody", check=True)
    assert "BEGIN:VEVENT" not in empty.stdout and "'nobody' has no turn" in empty.stderr, empty
    for number, status in ((1, 200), (99, 404), (2**32 + 1, 404), (0, 404)):
        answer = firstline.request("GET", f"/v1/incidents/{number}/alerts")
        assert answer.status == status, (number, answer)
    assert len(firstline.request("GET", "/v1/incidents/1/alerts").json["items"]) == 1


def test_a_real_server_from_init_to_journal():
    with Scratch("real") as scratch:
        assert cli("init", scratch.dir / "production").returncode == 0
        firstline = Firstline(scratch, scratch.dir / "production").start()
        assert "No incident is open." in firstline.cli("status", check=True).stdout
        firstline.cli("send", "alertname=SiteDown", "job=website", "--summary", "it is down",
                      check=True)
        wait_until(lambda: json.loads(firstline.cli("incident", "list", "--json").stdout)["items"],
                   message="an incident")
        shown = firstline.cli("incident", "show", "1", check=True)
        assert "website" in shown.stdout and "operations" in shown.stdout, shown.stdout
        assert firstline.cli("incident", "ack", "1").returncode == 0
        back = firstline.cli("incident", "ack", "--undo", "1", check=True)
        assert "Nobody has incident 1" in back.stderr, back
        assert json.loads(firstline.cli("incident", "show", "1", "--json").stdout)["incident"]["acknowledged"] is False
        assert firstline.cli("incident", "hand-over", "1", "nobody-there").returncode == 2
        given = firstline.cli("incident", "hand-over", "1", "piotr", "the disk", "is full", check=True)
        assert "piotr has incident 1 now" in given.stderr, given
        shown = firstline.cli("incident", "show", "1", check=True).stdout
        assert "handed it over to piotr: the disk is full" in shown, shown
        assert firstline.cli("incident", "note", "1", "a note").returncode == 0
        assert "a note" in firstline.cli("incident", "show", "1").stdout
        assert firstline.cli("incident", "ack", "99").returncode == 3
        assert firstline.cli("why", "99").returncode == 3
        assert firstline.cli("run", "no-such-runbook", "--incident", "1").returncode == 3
        assert firstline.cli("may", "nobody", "restart-unit", "on", "website").returncode == 5
        names_that_nobody_has_are_told(firstline)
        assert firstline.cli("on-call", check=True).stdout.startswith("operations")
        later = firstline.cli("on-call", "--at", "2026-12-24 18:00", check=True)
        assert "until 2026-12-28 09:00:00 WET" in later.stdout or "UTC" in later.stdout, later
        after = firstline.cli("on-call", "next", check=True).stdout
        assert after.startswith("operations") and ", then from " in after, after
        weeks = firstline.cli("on-call", "weeks", "--weeks", "2", "--team", "operations", check=True).stdout
        assert weeks.startswith("operations ") and ", tier 1\n" in weeks and "gap" not in weeks, weeks
        listed = json.loads(firstline.cli("on-call", "weeks", "--json", check=True).stdout)["items"]
        assert listed[0]["tier"] == 1 and listed[0]["until_wall"] == listed[1]["from_wall"], listed
        assert not any(shift["gap"] for shift in listed) and len(listed) in (12, 13), listed
        assert firstline.cli("on-call", "weeks", "--weeks", "99").returncode == 2
        look_at_calendars(firstline, listed)
        assert firstline.cli("on-call", "yesterday").returncode == 2
        assert "Nobody stands in" in firstline.cli("override", "list", check=True).stderr
        person = listed[0]["person"]
        done = firstline.cli("override", "set", person, "--team", "operations", "--to", "2035-01-01")
        assert done.returncode == 2 and "longer than a year" in done.stderr, done
        soon = time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() + 7200))
        made = firstline.cli("override", "set", person, "--team", "operations", "--to", soon, "it", "is", "so", check=True)
        assert "holds" in made.stdout and "it is so" in made.stdout, made
        number = json.loads(firstline.cli("override", "list", "--json", check=True).stdout)["items"][0]["id"]
        assert firstline.cli("override", "accept", str(number)).returncode == 5
        assert firstline.cli("override", "cover-me", "--team", "operations", "--to", soon).returncode == 5
        assert "ended" in firstline.cli("override", "end", str(number), check=True).stdout
        assert "ended" in firstline.cli("override", "list", "--all", check=True).stdout
        dry = firstline.cli("run", "service-down", "--incident", "1", "--dry-run", "--as", "automation", check=True)
        assert "would run" in dry.stdout and "restart-unit unit=nginx.service" in dry.stdout, dry
        assert "Nothing was done" in dry.stderr, dry
        dry = firstline.cli("run", "service-down", "--service", "website", "--dry-run", "--json")
        assert dry.returncode == 5 and json.loads(dry.stdout)["items"][1]["fate"] == "refused", dry
        assert firstline.cli("run", "service-down", "--service", "nowhere", "--dry-run").returncode == 3
        assert firstline.cli("run", "service-down", "--incident", "1", "--as", "ana").returncode == 2
        for args in (["gaps"], ["handoff", "list"], ["token", "list"], ["why", "1"]):
            firstline.cli(*args, check=True)
        secret = firstline.cli("token", "add", "reader", "--role", "viewer", check=True).stdout
        token = scratch.file("reader.token", secret, 0o600)
        for args, want in ((["agent:z", "--role", "operator"], "needs the person it serves"),
                           (["z", "--role", "viewer", "--principal", "automation"], "no token stands for 'automation'"),
                           (["firstline", "--role", "source"], "no token stands for 'firstline'"),
                           (["n" * 5000, "--role", "viewer"], "a token's name has at most 200 bytes; this one has 5000")):
            no = firstline.cli("token", "add", *args)
            assert no.returncode == 2 and want in no.stderr and not no.stdout, no
        refused = firstline.cli("incident", "ack", "1", "--token-file", token)
        assert refused.returncode == 4, refused
        assert firstline.cli("token", "revoke", "reader").returncode == 0
        assert firstline.cli("status", "--token-file", token).returncode == 4
        assert firstline.cli("stop-all", "a test").returncode == 0
        assert "Everything is stopped" in firstline.cli("status").stdout
        assert "Nothing is stopped now" in firstline.cli("resume", check=True).stderr
        again = firstline.cli("resume", check=True)  # what was not there is not lifted
        assert "lifted" not in again.stderr, again
        assert firstline.cli("incident", "resolve", "1", "enough").returncode == 0
        assert firstline.cli("incident", "ack", "1").returncode == 9
        closed = firstline.cli("incident", "list", "--closed", check=True)
        assert "#1" in closed.stdout, closed
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay")
        assert verified.returncode == 0 and "the chain is whole" in verified.stdout, verified
        shown = firstline.cli("journal", "show", "--incident", "1", check=True).stdout
        assert "acknowledge" in shown and "a note" in shown, shown
        for line in firstline.cli("journal", "show", "--json", check=True).stdout.splitlines():
            assert json.loads(line)["steps"], line


def test_whoever_acknowledges_second_is_told_who_has_it():
    with Scratch("second") as scratch:
        assert cli("init", scratch.dir / "production").returncode == 0
        firstline = Firstline(scratch, scratch.dir / "production").start()
        people = {}
        for name in ("ana", "piotr"):
            secret = firstline.cli("token", "add", name, "--role", "operator", check=True).stdout
            people[name] = ["--token-file", scratch.file(f"{name}.token", secret, 0o600)]
        firstline.cli("send", "alertname=SiteDown", "job=website", check=True)
        firstline.wait_incident(lambda row: True)
        first = firstline.cli("incident", "ack", "1", *people["piotr"], check=True)
        assert "You have incident 1; nobody else is told" in first.stderr, first
        assert "You have incident 1;" in firstline.cli("incident", "ack", "1", *people["piotr"], check=True).stderr
        second = firstline.cli("incident", "ack", "1", *people["ana"], check=True)
        assert "piotr has incident 1;" in second.stderr and "You have" not in second.stderr, second
        # The local token is nobody's, who could take it.
        local = firstline.cli("incident", "ack", "1", check=True)
        assert "piotr has incident 1;" in local.stderr and "hand-over 1 PERSON" in local.stderr, local
        # What she is told to write does what it says.
        hint, = re.findall(r"^firstline (incident hand-over .*?)  ", second.stderr, re.M)
        taken = firstline.cli(*hint.split(), *people["ana"], check=True)
        assert "ana has incident 1 now" in taken.stderr, taken
        assert firstline.incident(1)["incident"]["acknowledged_by"] == "person:ana"
        assert "You have incident 1;" in firstline.cli("incident", "ack", "1", *people["ana"], check=True).stderr
    # Who asks is not known: who has it is.
    with Scratch("nobody") as scratch:
        server = canned(scratch, {"POST /v1/incidents/12/acknowledge": (200, {"exit": 0, "incident": dict(
            INCIDENT, acknowledged=True, acknowledged_by="person:piotr")})})
        done = cli("incident", "ack", "12", "--url", server.url)
        assert done.returncode == 0 and "piotr has incident 12;" in done.stderr, done


if __name__ == "__main__":
    run_all(sys.modules[__name__])
