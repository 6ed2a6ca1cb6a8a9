"""kill -9 within a run that rolls over four hosts, two at once, each approved by a person, and
that takes all of it back when its verify fails. Each start is of an attempt of its own; an
unsafe action is not started again on a host unless it is sure that it did not happen; nothing
is reported as done that was not; what is in doubt is resolved by its probe or a person; and it
ends where it ends without a kill. Needs a build with -Dcrash_points=true. LONG=1 kills at every
journal append and at further passes of the other points."""
# first: it kills one roll after another
import os
import pathlib
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fault.test_approvals import Story
from support.harness import Firstline, Scratch, WebhookSink, run_all

ALERT = {"alertname": "Worn", "service": "web"}
HOSTS = ("web-1", "web-2", "web-3", "web-4")
OVER = ("exited", "lost", "settled", "killed", "timed-out")


def configuration(scratch, hook):
    """drain and fill leave a mark when they are done; only drain has a probe that looks for it."""
    d = scratch.dir
    scratch.file("act", f"""#!/bin/sh
echo "$1 $2 $FIRSTLINE_ATTEMPT" >> {d}/starts
sleep 0.05
echo x > {d}/done-$1-$2-$FIRSTLINE_ATTEMPT
""", 0o755)
    scratch.file("was", f"#!/bin/sh\nls {d}/done-drain-$1-* > /dev/null 2>&1\n", 0o755)
    scratch.file("probe", "#!/bin/sh\necho sick\n", 0o755)
    hosts = "".join(f"  {host}: {{service: web, role: front}}\n" for host in HOSTS)
    scratch.file("config/production.yaml", f"""
listen: 127.0.0.1:0
fallback: ops
channels:
  hook: {{webhook: "{hook.url}", digest: never}}
people:
  ana: {{name: Ana, email: ana@example.com, zone: UTC, reach: [hook]}}
  piotr: {{name: Piotr, email: piotr@example.com, zone: UTC, reach: [hook]}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations:
        - {{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}}
        - {{name: secondary, people: [piotr], every: 1 week, handover: "Mon 09:00"}}
      escalate: [{{to: primary}}]
services:
  web: {{owner: ops, tier: 1}}
hosts:
{hosts}
actions:
  drain:
    verb: drain
    run: ["{d}/act", drain, "${{target}}"]
    happened: {{run: ["{d}/was", "${{target}}"], expect: exit == 0}}
    undo: {{do: fill, within: 1h}}
    timeout: 10s
  fill: {{verb: drain, run: ["{d}/act", fill, "${{target}}"], timeout: 10s}}
authority:
  - grant: automation drains
    to: [automation]
    may: [drain]
    on: {{tier: 1}}
    within: {{per_service: 20 in 1h, at_once: 2}}
    until: 2099-01-01
    owner: ana
  - {{approval: somebody looks, for: [drain], by: {{on-duty: ops}}, expires: 10m}}
""")
    scratch.file("config/runbooks/worn.md", f"""---
runbook: worn
service: web
answers: [{{alertname: Worn}}]
---
# The fronts are worn

```action drain
do: drain
targets: {{service: web, role: front}}
rolling: {{batch: 2}}
```
```verify well
run: ["{d}/probe"]
expect: "output contains well"
every: 1s
within: 2s
undo: true
```
""")
    return d / "config"


class Roll(Story):
    """Approves what waits, and says of what is in doubt what the marks say."""

    def __init__(self, scratch, env):
        self.scratch = scratch
        self.hook = WebhookSink(scratch)
        self.firstline = Firstline(scratch, configuration(scratch, self.hook), env=env)
        self.tokens = {}
        self.until = time.monotonic() + 100

    def whole(self, number):
        return self.again(lambda: self.firstline.incident(number))

    def live(self):
        self.up()
        for name in ("ana", "piotr"):
            self.token(name)

        def fire():
            taken = self.firstline.fire(ALERT, token=self.firstline.token())
            return True if taken.status == 200 else None
        self.again(fire)
        number = self.again(
            lambda: self.firstline.wait_incident(lambda r: r["service"] == "web", 2))["id"]
        while not self.over(number):
            assert time.monotonic() < self.until, self.whole(number)
            time.sleep(0.05)
        return number

    def over(self, number):
        self.approve_all()
        whole = self.whole(number)
        for attempt in whole["attempts"]:
            if attempt["state"] == "in-doubt" and whole["incident"]["needs_person"]:
                self.post("piotr", f"/v1/attempts/{attempt['id']}/settle",
                          {"happened": "yes" if self.mark(attempt) else "no"},
                          f"settle-{attempt['id']}")
        runs = whole["runs"]
        return runs and runs[-1]["state"] != "running" and \
            all(a["state"] in OVER for a in whole["attempts"])

    def mark(self, attempt):
        name = f"done-{attempt['action']}-{attempt['target']}-{attempt['id']}"
        return (self.scratch.dir / name).exists()

    def check(self, number):
        whole = self.whole(number)
        attempts = whole["attempts"]
        path = self.scratch.dir / "starts"
        begun = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        ids = [ident for _, _, ident in begun]
        assert len(ids) == len(set(ids)), f"an attempt was started twice: {begun}"
        assert set(ids) <= {str(a["id"]) for a in attempts}, "started but forgotten"
        for attempt in attempts:
            said = attempt["state"] == "exited" and attempt["exit_code"] == 0 or \
                attempt["state"] == "settled" and attempt["happened"] == "yes"
            assert not said or self.mark(attempt), f"reported as done, and was not: {attempt}"
            assert said or not self.mark(attempt), f"done, and nobody says so: {attempt}"
        for action in ("drain", "fill"):
            for host in HOSTS:
                done = [a for a in attempts if a["action"] == action and a["target"] == host
                        and self.mark(a)]
                assert len(done) <= 1, f"done twice: {done}"
        self.check_end(whole)

    def check_end(self, whole):
        """Through: all were drained, and all of that taken back, the last first."""
        run = whole["runs"][-1]
        assert run["state"] == "needs-person", run
        assert [r["state"] for r in run["rolled"]] == ["done"] * len(HOSTS), run["rolled"]
        done = [a for a in whole["attempts"] if self.mark(a)]
        drained = [a["target"] for a in done if a["action"] == "drain"]
        filled = [a["target"] for a in done if a["action"] == "fill"]
        assert sorted(drained) == sorted(filled) == list(HOSTS), (drained, filled)
        assert filled == drained[::-1], (drained, filled)


def story(case, env):
    with Scratch(case.replace(":", "-")) as scratch:
        if "FIRSTLINE_CRASH" in env:
            env = dict(env, FIRSTLINE_CRASH_ONCE=str(scratch.dir / "crashed"))
        told = Roll(scratch, env)
        number = told.live()
        told.check(number)
        told.firstline.stop()
        verified = told.firstline.cli("journal", "verify", "--replay", "--state",
                                      told.firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        return (scratch.dir / "crashed").exists()


def crash_points():
    with Scratch("points") as scratch:
        log = scratch.dir / "points.log"
        told = Roll(scratch, {"FIRSTLINE_CRASH_LOG": str(log)})
        number = told.live()
        told.check(number)
        told.firstline.stop()
        passed = log.read_text().split()
        return {name: passed.count(name) for name in passed}


def cases_of(points):
    for name, times in sorted(points.items()):
        if name.startswith("shim-"):
            passes = {1}  # each attempt has a shim of its own, that counts from one
        elif not os.environ.get("LONG"):
            passes = {max(1, times // 2)}
        elif "commit" in name or "journal" in name:
            passes = range(1, times + 1)
        else:
            passes = {1, times // 4, times // 2, 3 * times // 4, times}
        yield from (f"{name}:{k}" for k in sorted(passes) if k > 0)


def test_a_roll_that_is_taken_back_at_every_crash_point():
    points = crash_points()
    assert len(points) >= 8, points
    cases = list(cases_of(points))
    began = time.monotonic()

    def one(case):
        try:
            return case, story(case, {"FIRSTLINE_CRASH": case}), None
        except Exception as error:  # reported with the case that made it
            return case, None, error
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(one, cases))
    for case, crashed, error in results:
        print(f"  {case}: crashed={crashed} {error or ''}"[:3000])
    print(f"  {len(cases)} cases, {sum(1 for r in results if r[1])} killed, "
          f"{time.monotonic() - began:.0f} s")
    assert not [r for r in results if r[2]], "a crash broke a promise"
    assert sum(1 for r in results if r[1]) >= len(cases) // 2, "too few of the points were reached"


if __name__ == "__main__":
    run_all(sys.modules[__name__])
