"""How far runbooks go by themselves: a plan that a person permits, a veto, what was proved and
a promotion with it, a drill elsewhere, shadow; a real server, tokens of people, real actions."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import Firstline, Scratch, WebhookSink, run_all, wait_until

RUNBOOK = """---
runbook: {name}
service: {service}
answers: [{{alertname: Down}}]
{keys}---
# It is down

```action act
do: restart
targets: {{service: {service}, role: app}}
```

```verify well
run: [/bin/true]
expect: "exit == 0"
within: 15s
```
"""


def configuration(scratch, hook):
    d = scratch.dir
    scratch.file("hook.secret", "whsec_Y2FuYXJ5LW9mLXRoZS1hY2Nlc3MtdGVzdHMtMzItYnl0ZXM=", 0o600)
    scratch.file("act", f'#!/bin/sh\n[ -e "{d}/broken-$2" ] && exit 1\necho "$*" >> {d}/done\n', 0o755)
    scratch.file("config/production.yaml", f"""
listen: 127.0.0.1:0
fallback: ops
channels:
  hook: {{webhook: "{hook.url}", secret: "file:{d}/hook.secret", digest: never}}
people:
  ana: {{name: Ana, email: ana@example.com, zone: UTC, reach: [hook]}}
  mei: {{name: Mei, email: mei@example.com, zone: UTC, reach: [hook]}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}}]
      escalate: [{{to: primary}}]
services:
  web: {{owner: ops, tier: 1}}
  pay: {{owner: ops, tier: 2}}
  ledger: {{owner: ops, tier: 3}}
  mail: {{owner: ops, tier: 3}}
hosts:
  mail-1: {{service: mail, role: app}}
  mail-2: {{service: mail, role: app}}
  mail-3: {{service: mail, role: app}}
  web-1: {{service: web, role: app}}
  web-9: {{service: web, role: app, environment: staging}}
  pay-1: {{service: pay, role: app}}
  ledger-1: {{service: ledger, role: app}}
actions:
  restart: {{verb: restart, run: ["{d}/act", restart, "${{target}}"]}}
authority:
  - {{grant: restarts, to: [automation, ana], may: [restart], on: {{tier: [1, 2, 3]}}, until: 2099-01-01, owner: ana}}
autonomy:
  - {{service: pay, level: veto, owner: ana}}
  - {{service: ledger, shadow: true, owner: ana}}
""")
    for name, service, keys in (("web-down", "web", "ceiling: plan\ndrill: {every: 30d, in: staging}\n"),
                                ("pay-down", "pay", "veto: 2m\n"), ("ledger-down", "ledger", ""),
                                ("mail-down", "mail", "")):
        scratch.file(f"config/runbooks/{name}.md", RUNBOOK.format(name=name, service=service, keys=keys))
    return d / "config"


class Shop:
    def __init__(self, scratch):
        self.scratch = scratch
        self.hook = WebhookSink(scratch)
        self.firstline = Firstline(scratch, configuration(scratch, self.hook)).start()
        for name, *args in (["ana"], ["mei"], ["helper", "--principal", "agent:helper", "--behalf", "ana"]):
            made = self.firstline.cli("token", "add", name, "--role", "operator", *args, check=True)
            scratch.file(f"{name}.token", made.stdout, 0o600)

    def cli(self, who, *args, want=0):
        done = self.firstline.cli(*args, "--token-file", self.scratch.dir / f"{who}.token")
        assert done.returncode == want, (who, args, done)
        return done

    def done(self):
        path = self.scratch.dir / "done"
        return path.read_text().splitlines() if path.exists() else []

    def down(self, service):
        assert self.firstline.fire({"alertname": "Down", "service": service},
                                   token=self.firstline.token()).status == 200
        return self.firstline.wait_incident(lambda r: r["service"] == service and r["state"] != "closed")["id"]

    def run_of(self, number):
        runs = self.firstline.incident(number)["runs"]
        return runs[-1] if runs else None

    def trust(self, name):
        [item] = self.firstline.get(f"/v1/trust?runbook={name}")["items"]
        return item


def test_a_run_that_ended_goes_on_with_what_is_left():
    with Scratch("continue") as scratch:
        shop = Shop(scratch)
        scratch.file("broken-mail-2", "")
        number = shop.down("mail")
        first = wait_until(lambda: (run := shop.run_of(number)) and run["state"] == "needs-person" and run, 20)
        assert shop.done() == ["restart mail-1"], shop.done()
        shown = shop.cli("ana", "incident", "show", number)
        command = f"run mail-down --continue {first['id']}"
        assert f"firstline {command}    what it did not do" in shown.stderr, shown
        assert "is of runbook mail-down" in shop.cli("ana", "run", "pay-down", "--continue", str(first["id"]), want=2).stderr
        assert "there is no run" in shop.cli("ana", "run", "--continue", "99999", want=3).stderr
        # A text that was changed meanwhile is not gone on with, and it is said what to do.
        text = scratch.dir / "config/runbooks/mail-down.md"
        before = text.read_text()
        for new, want in ((before + "\nMore words.\n", 9), (before, 0)):
            shop.firstline.stop()
            text.write_text(new)
            shop.firstline.start()
            (scratch.dir / "broken-mail-2").unlink(missing_ok=True)
            done = shop.cli("ana", *command.split(), "--wait", want=want)
            assert want == 0 or f"`firstline run mail-down --incident {number}` begins anew" in done.stderr, done
        assert shop.done() == ["restart mail-1", "restart mail-2", "restart mail-3"], shop.done()
        run = shop.run_of(number)
        assert run["continues"] == first["id"] and run["started_by"] == "person:ana", run
        assert [(t["target"], t["state"]) for t in run["passed"]] == [("mail-1", "done")], run
        again = shop.cli("ana", "run", "--continue", str(run["id"]), want=9)
        assert "it recovered" in again.stderr, again
        shop.firstline.cli("journal", "verify", "--replay", check=True)
        shop.firstline.stop()


def test_a_plan_is_permitted_and_what_it_proves_is_kept():
    with Scratch("permit") as scratch:
        shop = Shop(scratch)
        number = shop.down("web")
        run = wait_until(lambda: shop.run_of(number), 20)
        assert run["phase"] == "permit" and run["level"] == "plan", run
        assert [i["target"] for i in run["plan"]] == ["web-1"], run
        shown = shop.cli("ana", "permit", number, want=6)
        assert "restart on web-1" in shown.stdout and run["plan_digest"][:16] in shown.stdout, shown
        assert "permit" in shop.cli("ana", "incident", "show", number).stderr
        assert not shop.done()
        digest = run["plan_digest"][:16]
        assert shop.firstline.cli("permit", number, "--digest", digest).returncode == 5  # no person
        shop.cli("helper", "permit", number, "--digest", digest, want=5)
        shop.cli("mei", "permit", number, "--digest", digest, want=5)  # may nothing, is not on duty
        shop.cli("ana", "permit", number, "--digest", "00000000", want=9)
        shop.cli("ana", "permit", number, "--digest", digest, "--why", "go ahead")
        wait_until(lambda: shop.done() == ["restart web-1"], 20, message="it is done")
        wait_until(lambda: shop.trust("web-down")["row"]["history"] == "V", 20, message="it is kept")
        shop.cli("ana", "permit", number, "--digest", digest, want=9)
        assert "the one verified end recovered" in shop.cli("mei", "trust", "web-down").stdout
        shop.cli("ana", "trust", "none", want=3)
        # A drill is evidence as well, on the hosts of its environment.
        begun = shop.cli("ana", "drill", "web-down")
        assert "The drill has begun" in begun.stderr, begun
        wait_until(lambda: shop.trust("web-down")["row"]["history"] == "VD", 20, message="the drill counts")
        assert shop.done() == ["restart web-1", "restart web-9"], shop.done()
        shop.cli("ana", "drill", "pay-down", "--in", "staging", want=2)
        shop.cli("helper", "drill", "web-down", want=5)
        shop.cli("ana", "drill", "web-down", want=9)  # it is under way until it is closed
        # A person says how far it goes, by the evidence that they saw.
        shown = shop.cli("ana", "promote", "web-down", "--on", "web", "--to", "step", want=6)
        assert "VD" in shown.stdout and "--digest" in shown.stderr, shown
        digest = shop.trust("web-down")["digest"][:16]
        shop.cli("helper", "promote", "web-down", "--on", "web", "--to", "step", "--digest", digest, want=5)
        above = shop.cli("ana", "promote", "web-down", "--on", "web", "--to", "auto", want=9)
        assert "goes no further than" in above.stderr and "--digest" not in above.stderr, above
        shop.cli("ana", "promote", "web-down", "--on", "web", "--to", "auto", "--digest", digest, want=9)
        shop.cli("ana", "promote", "web-down", "--on", "web", "--to", "step", "--digest", digest, "--why", "slowly")
        assert shop.trust("web-down")["level"] == "step"
        # All of it is there after a death of everything.
        shop.firstline.kill_all()
        shop.firstline.start()
        item = shop.trust("web-down")
        assert item["level"] == "step" and item["row"]["history"] == "VD" and item["why"] == "slowly", item
        shop.firstline.stop()
        assert shop.firstline.cli("journal", "verify", "--replay").returncode == 0


def test_a_runbook_may_be_named_by_a_number():
    with Scratch("digits") as scratch:
        shop = Shop(scratch)
        scratch.file("config/runbooks/12.md", RUNBOOK.format(
            name="12", service="web", keys="drill: {every: 30d, in: staging}\n").replace("Down", "Other"))
        assert shop.firstline.post("/v1/reload").status == 200
        item = shop.trust("12")
        assert item["level"] == "auto" and item["service"] == "web", item
        assert shop.firstline.get("/v1/runbooks/12")["name"] == "12"
        path, body = "/v1/trust/12/promote", {"service": "web", "level": "step", "digest": item["digest"], "why": "by hand"}
        token = (scratch.dir / "ana.token").read_text().strip()
        answer = shop.firstline.request("POST", path, body, token=token)
        assert answer.status == 200, answer
        assert shop.trust("12")["level"] == "step"
        shop.cli("ana", "promote", "12", "--on", "web", "--to", "plan", "--digest", shop.trust("12")["digest"][:16])
        assert shop.trust("12")["level"] == "plan"
        assert "12" in shop.cli("ana", "trust", "12").stdout
        assert "restart" in shop.cli("ana", "run", "12", "--dry-run", "--service", "web").stdout
        assert shop.firstline.request("POST", "/v1/trust/13/promote", body, token=token).status == 404
        shop.cli("ana", "drill", "12")
        wait_until(lambda: shop.trust("12")["row"]["history"] == "D", 20, message="the drill counts")


def test_a_veto_and_a_shadow_do_nothing():
    with Scratch("veto") as scratch:
        shop = Shop(scratch)
        number = shop.down("pay")
        wait_until(lambda: any("Nothing is done yet" in str(body) for _, body in shop.hook.requests), 20,
                   message="it is announced")
        assert shop.run_of(number)["level"] == "veto"
        # Wherever it is looked at: what is about to be done, and until when it can be stopped.
        whole, listed = shop.firstline.incident(number), shop.cli("ana", "incident", "list").stdout
        doing = whole["incident"]["doing"]
        assert re.match(r"will do \S+ on \S+ at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC unless somebody vetoes it$", doing), doing
        assert doing in " ".join(listed.split()), listed
        assert doing in " ".join(shop.cli("ana", "incident", "show", number).stdout.split()), doing
        shop.cli("mei", "veto", number, "--why", "the database is being moved")
        shop.cli("mei", "veto", number, want=9)
        assert shop.run_of(number)["state"] == "cancelled"
        assert shop.trust("pay-down")["row"]["history"] == "O"
        number = shop.down("ledger")
        row = shop.firstline.wait_incident(lambda r: r["id"] == number and r["needs_person"])
        assert "would have started 1 action" in row["needs_person_why"], row
        whole = shop.firstline.incident(number)
        assert not whole["attempts"] and whole["decisions"][0]["shadow"], whole
        assert not shop.done()
        metrics = shop.firstline.request("GET", "/metrics").body.decode()
        assert "firstline_vetoes_offered_total 1" in metrics and "firstline_vetoes_said_total 1" in metrics


if __name__ == "__main__":
    run_all(__import__("__main__"))
