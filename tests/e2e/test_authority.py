"""Authority, complete: what needs a person's yes, bounds against what is live, a person on a
service, broken glass, taking back, and the questions; a real server and real actions, which are
scripts in a folder that say what they did."""
import concurrent.futures
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import Firstline, Scratch, WebhookSink, run_all, wait_until

FREEZE = "  - {prohibit: nothing moves on web, may: any, on: {service: web}, liftable: true}\n"


def configuration(scratch, hook, more=""):
    d = scratch.dir
    scratch.file("hook.secret", "whsec_Y2FuYXJ5LW9mLXRoZS1hY2Nlc3MtdGVzdHMtMzItYnl0ZXM=", 0o600)
    scratch.file("replicas", "12\n")
    scratch.file("act", f'#!/bin/sh\necho "$*" >> {d}/done\n', 0o755)
    scratch.file("scale", f'#!/bin/sh\necho "$1" > {d}/replicas\necho "scale $1" >> {d}/done\n', 0o755)
    scratch.file("config/production.yaml", f"""
listen: 127.0.0.1:0
fallback: ops
channels:
  hook: {{webhook: "{hook.url}", secret: "file:{d}/hook.secret", digest: never}}
people:
  ana: {{name: Ana, email: ana@example.com, zone: UTC, reach: [hook]}}
  piotr: {{name: Piotr, email: piotr@example.com, zone: UTC, reach: [hook]}}
  mei: {{name: Mei, email: mei@example.com, zone: UTC, reach: [hook]}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations:
        - {{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}}
        - {{name: secondary, people: [piotr], every: 1 week, handover: "Mon 09:00"}}
      escalate: [{{to: primary}}]
  dev: {{kind: development}}
calendars:
  year-end: {{zone: UTC, spans: [{{from: "2090-12-20", until: "2091-01-02"}}]}}
  always: {{zone: UTC, weekly: [{{days: any}}]}}
services:
  web: {{owner: ops, developers: dev, tier: 1}}
  pay: {{owner: ops, developers: dev, tier: 2}}
  ledger: {{owner: ops, developers: dev, tier: 2}}
actions:
  restart: {{verb: restart, run: ["{d}/act", restart, "${{service}}"]}}
  flush: {{verb: clear, params: {{queue: {{type: name}}}}, run: ["{d}/act", flush, "${{queue}}"]}}
  wipe: {{verb: clear, params: {{queue: {{type: name}}}}, run: ["{d}/act", wipe, "${{queue}}"]}}
  drain: {{verb: shift-traffic, run: ["{d}/act", drain, "${{service}}"]}}
  scale:
    verb: scale
    params: {{replicas: {{type: integer, min: 1, max: 100}}}}
    run: ["{d}/scale", "${{replicas}}"]
    observe: {{replicas: {{run: [/bin/cat, "{d}/replicas"]}}}}
    undo: {{do: scale, with: {{replicas: "${{observed.replicas}}"}}, within: 1h}}
authority:
  - {{grant: ops and helpers restart, to: [automation, {{team: ops}}, {{agent: helper}}], may: [restart], on: {{tier: [1, 2]}}, until: 2099-01-01, owner: ana}}
  - {{grant: ops clear and drain, to: [{{team: ops}}], may: [clear, shift-traffic], on: {{tier: [1, 2]}}, until: 2099-01-01, owner: ana}}
  - {{grant: helpers drain, to: [{{agent: helper}}], may: [shift-traffic], on: {{tier: [1, 2]}}, until: 2099-01-01, owner: ana}}
  - grant: ops scale by half or double
    to: [{{team: ops}}]
    may: [scale]
    on: {{service: web}}
    with: {{replicas: {{change: 2x}}}}
    until: 2099-01-01
    owner: ana
  - {{approval: clearing needs a second operator, for: [clear], by: {{on-duty: ops}}, expires: 10m}}
  - {{approval: wiping waits for a moment only, for: [wipe], by: {{on-duty: ops}}, expires: 10s}}
  - {{prohibit: nothing moves at year end, may: any, on: {{service: [web, pay]}}, during: year-end, because: the shops close}}
  - {{prohibit: the ledger is frozen, may: any, on: {{service: ledger}}, during: always, liftable: true}}
{more}""")
    scratch.file("config/runbooks/pay.md", """---
runbook: pay-down
service: pay
answers: [{alertname: Down}]
---
# It is down

```action act
do: restart
```

```verify well
run: [/bin/true]
expect: "exit == 0"
within: 15s
```
""")
    return d / "config"


class Shop:
    """A server with that configuration, and a token of each person's own."""

    def __init__(self, scratch, more=""):
        self.scratch = scratch
        self.hook = WebhookSink(scratch)
        self.firstline = Firstline(scratch, configuration(scratch, self.hook, more)).start()
        for name in ("ana", "piotr", "mei"):
            self.token(name, "--role", "operator")

    def token(self, name, *args):
        made = self.firstline.cli("token", "add", name, *args, check=True)
        self.scratch.file(f"{name}.token", made.stdout, 0o600)

    def cli(self, who, *args, want=0):
        done = self.firstline.cli(*args, "--token-file", self.scratch.dir / f"{who}.token")
        assert done.returncode == want, (who, args, done)
        return done

    def request(self, who, method, path, body=None):
        token = (self.scratch.dir / f"{who}.token").read_text().strip()
        return self.firstline.request(method, path, body if body is not None else
                                      {} if method == "POST" else None, token=token)

    def done(self):
        path = self.scratch.dir / "done"
        return path.read_text().splitlines() if path.exists() else []

    def incident(self, service, alertname="Slow"):
        """An open incident on that service that no runbook answers."""
        token = self.firstline.token()
        assert self.firstline.fire({"alertname": alertname, "service": service}, token=token).status == 200
        return self.firstline.wait_incident(lambda r: r["service"] == service and r["state"] != "closed")["id"]

    def asked(self, query="", **wanted):
        rows = self.firstline.get("/v1/asked" + query)["items"]
        return [r for r in rows if all(r[k] == v for k, v in wanted.items())]

    def ask(self, who, queue, incident, action="flush"):
        """Asks for what needs a yes: its number."""
        done = self.cli(who, "run", "--action", action, "--incident", incident, f"queue={queue}", want=6)
        [row] = self.asked(params={"queue": queue})
        assert f"number {row['id']}" in done.stderr, (row, done)
        return row


def over(shop, number):
    row = shop.firstline.get(f"/v1/asked/{number}")["asked"]
    return row if row["state"] not in ("facts", "approval") else None


def test_an_approval_from_the_question_to_the_deed():
    with Scratch("approval") as scratch:
        shop = Shop(scratch)
        number = shop.incident("pay")
        # Asked, told, listed.
        row = shop.ask("ana", "slow", number)
        assert row["state"] == "approval" and row["approvers"] == ["piotr"], row
        assert row["yes_missing"] == 1 and row["digest"], row
        assert "1 action waits for approval" in shop.cli("mei", "status").stdout
        said = shop.cli("piotr", "approve").stdout
        for text in (f"{row['id']}  flush on pay  waits for approval", "queue=slow", "asked by   ana",
                     "'clearing needs a second operator' production.yaml:", "piotr (1 more must say yes)",
                     row["digest"]):
            assert text in said, (text, said)
        assert f"firstline approve {row['id']}" in shop.cli("ana", "incident", "show", number).stderr
        wait_until(lambda: any("approval" in str(body) for _, body in shop.hook.requests), 20,
                   message="piotr is told")
        assert not shop.done()
        # Not by who asked, not by who is not on duty, not by a machine or the local administrator.
        shop.token("helper", "--role", "operator", "--principal", "agent:helper", "--behalf", "piotr")
        for who in ("ana", "mei", "helper"):
            assert shop.cli(who, "approve", row["id"], want=5).stderr, who
        assert shop.firstline.cli("approve", row["id"]).returncode == 5
        # Not what was not seen.
        other = shop.request("piotr", "POST", f"/v1/asked/{row['id']}/approve", {"digest": "ab" * 32})
        assert other.status == 409 and other.json["error"]["exit"] == 9, other
        shop.cli("piotr", "approve", row["id"], "--digest", "00000000", want=9)
        assert not shop.done()
        # By the other one on duty.
        yes = shop.cli("piotr", "approve", row["id"], "--digest", row["digest"][:12], "--why", "go ahead")
        assert "Approved: attempt" in yes.stderr, yes
        wait_until(lambda: shop.done() == ["flush slow"], 20, message="it is done")
        row = shop.firstline.get(f"/v1/asked/{row['id']}")["asked"]
        assert row["state"] == "started" and row["attempt"], row
        assert row["given"]["votes"][0]["principal"] == "person:piotr", row
        why = shop.cli("ana", "why", number).stdout
        assert "piotr at " in why and "go ahead" in why and f"{row['id']} started: attempt" in why, why
        shop.cli("piotr", "approve", row["id"], want=9)
        # Denied, withdrawn, waited for.
        no = shop.ask("ana", "no", number)
        shop.cli("mei", "deny", no["id"], want=5)
        assert "Denied" in shop.cli("piotr", "deny", no["id"], "--why", "not now").stderr
        assert over(shop, no["id"])["state"] == "refused" and "not now" in over(shop, no["id"])["why"]
        never = shop.ask("ana", "never", number)
        shop.cli("piotr", "withdraw", never["id"], want=5)
        shop.cli("ana", "withdraw", never["id"])
        assert over(shop, never["id"])["state"] == "void"
        shop.cli("piotr", "approve", never["id"], want=9)
        shop.cli("piotr", "approve", 999999, want=3)
        waits = scratch.start(sys.executable, "-c", WAIT, *map(str, (
            shop.firstline.state, shop.firstline.port, scratch.dir / "ana.token", number)), log="wait.log")
        [row] = wait_until(lambda: shop.asked(params={"queue": "waited"}), 20)
        shop.cli("piotr", "approve", row["id"])
        assert waits.wait(20) == 0, (scratch.dir / "wait.log").read_text()
        assert shop.done() == ["flush slow", "flush waited"], shop.done()
        # Nobody answered.
        late = shop.ask("ana", "late", number, "wipe")
        row = wait_until(lambda: over(shop, late["id"]), 40, 0.2, "it expires")
        assert row["state"] == "expired" and "not approved" in row["why"], row
        shop.cli("piotr", "approve", late["id"], want=9)
        assert not shop.asked() and len(shop.asked("?state=all")) == 5
        first = shop.firstline.get("/v1/asked?state=all&limit=2")
        rest = shop.firstline.get(f"/v1/asked?state=all&cursor={first['cursor']}")
        assert len(first["items"]) == 2 and len(rest["items"]) == 3 and rest["cursor"] is None
        assert len(shop.done()) == 2
        shop.firstline.stop()
        assert shop.firstline.cli("journal", "verify", "--replay").returncode == 0


def test_approvals_at_once_and_by_a_second_token_start_once():
    with Scratch("races") as scratch:
        shop = Shop(scratch)
        number = shop.incident("pay")
        for token, who in (("phone", "ana"), ("desk", "piotr")):
            shop.token(token, "--role", "operator", "--principal", f"person:{who}")
        for queue in ("a", "b", "c"):
            row = shop.ask("ana", queue, number)
            # Who asked has another token, and stays who asked.
            assert shop.request("phone", "POST", f"/v1/asked/{row['id']}/approve").status == 403
            # One person, two tokens, eight times at once.
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda i, at=row["id"]: shop.request(
                    ("piotr", "desk")[i % 2], "POST", f"/v1/asked/{at}/approve",
                    {"digest": row["digest"]}).status, range(8)))
            assert sorted(answers) == [200] + 7 * [409], answers
            wait_until(lambda at=queue: f"flush {at}" in shop.done(), 20, message="it is done")
        # The digest of one is not the digest of the next, though all else is alike.
        first, second = shop.ask("ana", "d", number), shop.ask("ana", "e", number)
        path = f"/v1/asked/{second['id']}/approve"
        assert shop.request("piotr", "POST", path, {"digest": first["digest"]}).status == 409
        # A yes and a no at once: one of them, and never both.
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            yes, no = pool.map(lambda what: shop.request(
                "piotr", "POST", f"/v1/asked/{first['id']}/{what}").status, ("approve", "deny"))
        assert sorted((yes, no)) == [200, 409], (yes, no)
        # A yes for what another configuration asked for.
        path = f"/v1/asked/{second['id']}/approve"
        with open(shop.firstline.config / "production.yaml", "a") as f:
            f.write("# another\n")
        assert shop.firstline.post("/v1/reload").status == 200
        assert shop.request("piotr", "POST", path, {"digest": second["digest"]}).status == 409
        assert "flush e" not in shop.done() and len(shop.done()) == len(set(shop.done()))


WAIT = f"""
import os, subprocess, sys
state, port, token, incident = sys.argv[1:]
env = dict(os.environ, FIRSTLINE_STATE=state, FIRSTLINE_URL="http://127.0.0.1:" + port)
sys.exit(subprocess.run([{str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve() / "firstline")!r},
    "run", "--action", "flush", "--incident", incident, "queue=waited", "--wait", "--timeout", "30s",
    "--token-file", token], env=env).returncode)
"""


def test_bounds_are_held_against_what_is_live():
    with Scratch("bounds") as scratch:
        shop = Shop(scratch)
        number = shop.incident("web")
        refused = shop.cli("ana", "run", "--action", "scale", "--incident", number, "replicas=40", want=5)
        assert "24" in refused.stderr, refused
        assert not shop.done()
        shop.cli("ana", "run", "--action", "scale", "--incident", number, "replicas=20", "--wait")
        assert shop.done() == ["scale 20"], shop.done()
        decision = shop.firstline.incident(number)["decisions"][-1]
        assert decision["verdict"] == "allow" and decision["given"]["observed"] == {"replicas": "12"}, decision
        assert "replicas=12" in shop.cli("ana", "why", number).stdout
        # What is live now counts, not what was.
        shop.cli("ana", "run", "--action", "scale", "--incident", number, "replicas=40", "--wait")
        assert shop.done()[-1] == "scale 40"
        # A question asks nothing of the world: what is not known is denied, and that is said.
        asked = shop.cli("ana", "may", "me", "scale", "on", "web", "replicas=20", want=5)
        assert "live value of replicas" in asked.stderr, asked
        shop.cli("ana", "may", "me", "scale", "on", "web", "replicas=20", "--live", "replicas=12")
        why = shop.cli("ana", "why-not", "me", "scale", "on", "web", "replicas=25", "--live", "replicas=12", want=5)
        assert "24" in why.stdout and "to change" in why.stdout, why
        (scratch.dir / "replicas").unlink()
        unknown = shop.cli("ana", "run", "--action", "scale", "--incident", number, "replicas=20", want=5)
        assert "replicas" in unknown.stderr, unknown
        assert len(shop.done()) == 2


def test_hands_on_stops_automation_and_hands_off_lets_it_act():
    with Scratch("hands-on") as scratch:
        shop = Shop(scratch)
        taken = shop.cli("ana", "hands-on", "pay", "--for", "2h", "moving", "its", "database")
        assert "only watch" in taken.stderr, taken
        assert "moving its database" in shop.cli("piotr", "hands-on").stdout
        shop.cli("piotr", "hands-on", "pay", want=9)
        shop.firstline.fire({"alertname": "Down", "service": "pay"}, token=shop.firstline.token())
        row = shop.firstline.wait_incident(lambda r: r["service"] == "pay" and r["needs_person"])
        refused = shop.firstline.incident(row["id"])["decisions"][0]
        assert refused["verdict"] == "deny" and "ana" in str(refused["reasons"]), refused
        assert not shop.done()
        assert shop.cli("ana", "may", "automation", "restart", "on", "pay", want=5).stdout.count("ana")
        shop.cli("ana", "run", "--action", "restart", "--incident", row["id"], "--wait")  # a person may
        assert shop.done() == ["restart pay"]
        shop.cli("piotr", "hands-off", "pay", want=2)  # another's: not without a reason
        shop.cli("ana", "hands-off", "pay")
        assert shop.firstline.get("/v1/leases")["items"] == []
        assert len(shop.firstline.get("/v1/leases?state=all")["items"]) == 1
        shop.cli("ana", "may", "automation", "restart", "on", "pay")
        for args, want in ((["hands-on", "none-such"], 3), (["hands-off", "pay"], 3),
                           (["hands-on", "pay", "--for", "13h"], 2)):
            shop.cli("ana", *args, want=want)
        assert shop.firstline.cli("hands-on", "pay").returncode == 5, "local-admin is no person"


def test_broken_glass_lifts_a_freeze_and_asks_for_a_review():
    with Scratch("glass") as scratch:
        shop = Shop(scratch)
        number = shop.incident("ledger")
        args = ["run", "--action", "restart", "--incident", number]
        frozen = shop.cli("ana", *args, want=5)
        assert "the ledger is frozen" in frozen.stderr, frozen
        shop.cli("ana", "break-glass", "ledger", "--for", "30m", "short", want=2)
        shop.cli("ana", "break-glass", "ledger", "--for", "5h", "the freeze holds the repair up", want=2)
        told = len(shop.hook.requests)
        broken = shop.cli("ana", "break-glass", "ledger", "--for", "30m", "the freeze holds the repair up")
        [lease] = shop.firstline.get("/v1/leases")["items"]
        assert "1 glass is broken" in shop.cli("mei", "status").stdout
        assert f"firstline review {lease['id']}" in broken.stderr and lease["kind"] == "break-glass", broken
        wait_until(lambda: len(shop.hook.requests) > told, 20, message="people are told")
        shop.cli("piotr", *args, want=5)  # for ana alone
        shop.cli("ana", *args, "--wait")
        assert shop.done() == ["restart ledger"]
        decision = shop.firstline.incident(number)["decisions"][-1]
        assert decision["given"]["glass_by"] == "person:ana", decision
        assert "lifted" in [r["kind"] for r in decision["reasons"]], decision
        assert "broken by ana" in shop.cli("ana", "why", number).stdout
        shop.cli("piotr", "review", lease["id"], "too", "soon", want=9)
        whole = shop.cli("ana", "hands-off", "ledger")
        assert "review" in whole.stderr, whole
        shop.cli("ana", *args, want=5)
        [lease] = shop.firstline.get("/v1/leases")["items"]
        assert lease["over"] and lease["uses"] == 1 and not lease["reviewed_by"], lease
        assert "unreviewed" in [gap["kind"] for gap in shop.firstline.get("/v1/gaps")["items"]]
        assert "waits for somebody else" in shop.cli("piotr", "review").stdout
        shop.cli("ana", "review", lease["id"], "it was right", want=5)
        shop.cli("piotr", "review", lease["id"], "it was right")
        assert shop.firstline.get("/v1/leases")["items"] == []
        assert "unreviewed" not in [gap["kind"] for gap in shop.firstline.get("/v1/gaps")["items"]]


def test_undo_is_not_held_up_by_a_freeze():
    with Scratch("undo") as scratch:
        shop = Shop(scratch)
        number = shop.incident("web")
        shop.cli("ana", "run", "--action", "scale", "--incident", number, "replicas=20", "--wait")
        attempt = shop.firstline.incident(number)["attempts"][-1]["id"]
        configuration(scratch, shop.hook, FREEZE)
        scratch.file("replicas", "20\n")
        assert shop.firstline.post("/v1/reload").status == 200
        shop.cli("ana", "run", "--action", "scale", "--incident", number, "replicas=12", want=5)
        assert "nothing moves on web" in shop.cli("ana", "why", number).stdout
        shop.cli("mei", "undo", attempt, want=5)
        shop.cli("ana", "undo", attempt, "--why", "it made it worse", "--wait")
        assert shop.done() == ["scale 20", "scale 12"], shop.done()
        decision = shop.firstline.incident(number)["decisions"][-1]
        assert decision["given"]["undo"] and "undo" in [r["kind"] for r in decision["reasons"]], decision
        assert f"takes back {attempt}" in shop.cli("ana", "incident", "show", number).stdout
        shop.cli("ana", "undo", attempt, want=9)  # once
        shop.cli("ana", "undo", 999999, want=3)


def test_the_four_questions_at_any_time():
    with Scratch("questions") as scratch:
        shop = Shop(scratch)
        may = ["may", "ana", "restart", "on", "web"]
        shop.cli("mei", *may)
        closed = shop.cli("mei", *may, "--at", "2090-12-25 12:00", want=5)
        assert "nothing moves at year end" in closed.stdout and "the shops close" in closed.stdout, closed
        assert "as of 2090-12-25T12:00" in closed.stderr, closed
        shop.cli("mei", *may, "--at", "2090-12-19 23:59")
        shop.cli("mei", *may, "--at", "2091-01-02 23:59", want=5)
        shop.cli("mei", *may, "--at", "2091-01-03")
        ended = shop.cli("mei", *may, "--at", "2100-01-01", want=5)
        assert "2099" in ended.stdout, ended
        # Every refusal says what would change it.
        for args in (["mei", "restart", "on", "web"], ["ana", "restart", "on", "ledger"],
                     ["ana", "fly", "on", "web"], ["automation", "flush", "on", "pay", "queue=x"]):
            no = shop.cli("mei", "why-not", *args, want=5)
            assert "to change" in no.stdout, no
        assert "Nothing stands" in shop.cli("mei", "why-not", *may[1:]).stderr
        second = shop.cli("mei", "why-not", "ana", "flush", "on", "pay", "queue=x", want=6)
        assert "piotr" in second.stdout, second
        who = shop.request("mei", "POST", "/v1/who-can", {"action": "restart", "service": "web"}).json
        assert [w["principal"] for w in who["items"]] == ["automation", "person:ana", "person:piotr",
                                                          "agent:helper"], who
        flush = shop.request("mei", "POST", "/v1/who-can",
                             {"action": "flush", "service": "pay", "with": {"queue": "x"}}).json["items"]
        assert [(w["principal"], w["verdict"]) for w in flush] == [
            ("person:ana", "allow-after-approval"), ("person:piotr", "allow-after-approval")], flush
        shop.cli("mei", "who-can", "restart", "on", "web", "--at", "2090-12-25", want=5)
        can = shop.cli("mei", "what-can", "ana", "on", "pay").stdout
        assert "allow  restart" in can and "allow-after-approval  flush" in can and "scale" not in can, can
        shop.cli("mei", "what-can", "mei", "on", "pay", want=5)
        for args, name in ((["what-can", "ana", "on", "pya"], "service 'pya'"),
                           (["who-can", "restart", "on", "pya"], "service 'pya'"),
                           (["who-can", "restrat", "on", "pay"], "action 'restrat'")):
            assert name in shop.cli("mei", *args, want=3).stderr, args
        agent = shop.cli("mei", "what-can", "agent:helper", "on", "pay", "--behalf", "mei", want=5)
        assert "Nothing" in agent.stderr, agent
        assert "restart" in shop.cli("mei", "what-can", "agent:helper", "on", "pay", "--behalf", "ana").stdout


def test_a_typing_error_in_a_question_is_told_and_reads_as_no_answer():
    with Scratch("questions") as scratch:
        shop = Shop(scratch)
        for args, want, said in (
                (("may", "ana", "restart", "on", "wbe"), 5, "unknown service 'wbe'"),
                (("may", "anna", "restart", "on", "web"), 5, "nobody knows 'person:anna'"),
                (("what-can", "anna", "on", "web"), 3, "nobody knows 'anna'"),
                (("what-can", "agent:helper", "on", "web", "--behalf", "anna"), 3, "nobody knows 'anna'"),
                (("what-can", "team:ops", "on", "web"), 3, "nobody knows 'team:ops'"),
                (("what-can", "ana", "on", "wbe"), 3, "there is no service 'wbe'"),
                (("who-can", "restart", "on", "wbe"), 3, "there is no service 'wbe'"),
                (("who-can", "restrat", "on", "web"), 3, "there is no action 'restrat'")):
            answer = shop.cli("ana", *args, want=want)
            assert said in answer.stdout + answer.stderr, (args, answer)
        # A time as it is printed is taken; a day that no month has is none.
        for at, want in (("2090-12-25T10:00:00.000Z", 5), ("2090-12-25T10:00:00+01:00", 5),
                         ("2090-12-19", 0), ("2090-06-31", 2), ("2090-02-29 10:00", 2), ("soon", 2)):
            shop.cli("ana", "may", "ana", "restart", "on", "web", "--at", at, want=want)
        assert "restart" in shop.cli("ana", "what-can", "ana", "on", "web").stdout
        shop.cli("ana", "what-can", "agent:other", "on", "web", want=5)


def test_an_agent_may_what_it_and_whom_it_serves_both_may():
    """T18: whatever it was told by the text of an alert."""
    with Scratch("agent") as scratch:
        shop = Shop(scratch)
        number = shop.incident("pay")
        for name, person in (("for-ana", "ana"), ("for-mei", "mei")):
            shop.token(name, "--role", "operator", "--principal", "agent:helper", "--behalf", person)
        run = ["run", "--incident", number, "--action"]
        shop.cli("for-ana", *run, "restart", "--wait")
        decision = shop.firstline.incident(number)["decisions"][-1]
        assert decision["principal"] == "agent:helper", decision
        assert decision["given"]["behalf"] == ["person:ana"], decision
        assert "agent:helper for ana" in shop.cli("ana", "why", number).stdout
        shop.cli("for-mei", *run, "restart", want=5)       # mei may not
        shop.cli("for-ana", *run, "flush", "queue=x", want=5)  # the agent may not
        shop.cli("for-ana", "hands-on", "pay", want=5)
        shop.cli("for-ana", "may", "me", "restart", "on", "pay")
        shop.cli("for-mei", "may", "me", "restart", "on", "pay", want=5)
        assert shop.done() == ["restart pay"], shop.done()
        shop.cli("ana", "hands-on", "pay", "I am at it")
        shop.cli("for-ana", *run, "drain", want=5)  # agents only watch
        assert len(shop.done()) == 1


if __name__ == "__main__":
    run_all(sys.modules[__name__])
