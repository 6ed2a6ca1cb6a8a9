"""kill -9 between the question and the outcome, with approvals waiting: what a person approved
is done at most once, a limit is never exceeded, and nothing stays held without a person being
asked. Needs a build with -Dcrash_points=true. LONG=1 also kills at later passes of each point."""
import contextlib
import os
import pathlib
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import Firstline, Scratch, WebhookSink, run_all

ALERT = {"alertname": "Slow", "service": "web"}
QUEUES = ("one", "two", "three")
LIMIT = 2  # an hour: the third is refused


def configuration(scratch, hook):
    d = scratch.dir
    scratch.file("act", f'#!/bin/sh\necho "$1 $FIRSTLINE_ATTEMPT" >> {d}/starts\n', 0o755)
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
actions:
  flush: {{verb: clear, params: {{queue: {{type: name}}}}, run: ["{d}/act", "${{queue}}"], timeout: 10s}}
authority:
  - grant: people clear
    to: [{{team: ops}}]
    may: [clear]
    on: {{tier: 1}}
    within: {{per_service: {LIMIT} in 1h, at_once: 1}}
    until: 2099-01-01
    owner: ana
  - {{approval: another looks, for: [clear], by: {{on-duty: ops}}, expires: 10m}}
""")
    return d / "config"


class Story:
    """Asks for three, has all approved, and asks again whatever was not answered."""

    def __init__(self, scratch, env):
        self.scratch = scratch
        self.hook = WebhookSink(scratch)
        self.firstline = Firstline(scratch, configuration(scratch, self.hook), env=env)
        self.tokens = {}
        self.until = time.monotonic() + 90

    def up(self):
        if self.firstline.child is None or self.firstline.child.poll() is not None:
            self.firstline.start(wait=False)
        self.firstline.wait_ready(20)

    def again(self, what):
        """Until it answers: whoever died is there again by then."""
        while True:
            with contextlib.suppress(Exception):
                self.up()
                done = what()
                if done is not None:
                    return done
            assert time.monotonic() < self.until, self.firstline.log_text()[-3000:]
            time.sleep(0.05)

    def post(self, who, path, body, key):
        def send():
            answer = self.firstline.request("POST", path, body, token=self.tokens[who],
                                            headers={"Idempotency-Key": key})
            return answer if answer.status < 500 else None
        return self.again(send)

    def token(self, name):
        def make():
            tokens = self.firstline.get("/v1/tokens")["items"]
            if any(t["name"] == name for t in tokens):  # made, but its answer was lost
                self.firstline.request("DELETE", f"/v1/tokens/{name}")
            body = {"name": name, "principal": f"person:{name}", "role": "operator"}
            answer = self.firstline.request("POST", "/v1/tokens", body)
            return answer.json["secret"] if answer.status < 300 else None
        self.tokens[name] = self.again(make)

    def rows(self):
        return self.again(lambda: self.firstline.get("/v1/asked?state=all")["items"])

    def approve_all(self):
        """False while one waits."""
        waits = [r for r in self.rows() if r["state"] in ("facts", "approval")]
        for row in waits:
            if row["state"] == "approval":
                self.post("piotr", f"/v1/asked/{row['id']}/approve",
                          {"digest": row["digest"]}, f"yes-{row['id']}")
        return not waits

    def attempts(self, number):
        return self.again(lambda: self.firstline.incident(number)["attempts"])

    def live(self):
        self.up()
        for name in ("ana", "piotr"):
            self.token(name)

        def fire():
            return True if self.firstline.fire(ALERT, token=self.firstline.token()).status == 200 else None
        self.again(fire)
        number = self.again(lambda: self.firstline.wait_incident(lambda r: r["service"] == "web", 2))["id"]
        for queue in QUEUES:
            self.post("ana", f"/v1/incidents/{number}/run",
                      {"action": "flush", "target": "web", "with": {"queue": queue}}, f"ask-{queue}")
            while not self.approve_all():  # one after the other: each waits for the last's end
                assert time.monotonic() < self.until
                time.sleep(0.05)
            self.ended(number)
        return number

    def ended(self, number):
        """Every attempt has its end, or a person is asked, who settles it."""
        while True:
            states = self.attempts(number)
            for attempt in states:
                if attempt["state"] == "in-doubt":
                    row = self.again(lambda: self.firstline.incident(number)["incident"])
                    assert row["needs_person"], "in doubt, and nobody is asked"
                    self.post("piotr", f"/v1/attempts/{attempt['id']}/settle",
                              {"happened": "yes"}, f"settle-{attempt['id']}")
            if all(a["state"] in ("exited", "lost", "settled", "killed", "timed-out") for a in states):
                return
            assert time.monotonic() < self.until, states
            time.sleep(0.05)

    def check(self, number):
        path = self.scratch.dir / "starts"
        begun = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        ids = [ident for _, ident in begun]
        assert len(ids) == len(set(ids)), f"an attempt was started twice: {begun}"
        queues = [queue for queue, _ in begun]
        assert len(queues) == len(set(queues)), f"approved once, done twice: {begun}"
        attempts = self.attempts(number)
        used = [a for a in attempts if a["state"] != "lost"]
        assert len(used) <= LIMIT and len(begun) <= LIMIT, (begun, attempts)
        assert set(ids) <= {str(a["id"]) for a in attempts}, "started but forgotten"
        rows = {r["params"]["queue"]: r["state"] for r in self.rows()}
        # What is asked for anew under the same key is the same; so each queue is one row at most.
        assert sum(s == "started" for s in rows.values()) == len(attempts), (rows, attempts)
        # Nothing is held: only the hour's limit stands in the way of another one.
        if len(used) == LIMIT:
            asked = self.again(lambda: self.firstline.post("/v1/may", {
                "principal": "person:ana", "action": "flush", "service": "web", "target": "web",
                "with": {"queue": "more"}}).json)
            texts = " ".join(r["text"] for r in asked["decision"]["reasons"])
            assert "in 1h are used" in texts and "under way" not in texts, texts


def story(case, env):
    with Scratch(case.replace(":", "-")) as scratch:
        if "FIRSTLINE_CRASH" in env:
            env = dict(env, FIRSTLINE_CRASH_ONCE=str(scratch.dir / "crashed"))
        told = Story(scratch, env)
        number = told.live()
        told.check(number)
        told.firstline.stop()
        verified = told.firstline.cli("journal", "verify", "--replay", "--state", told.firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        return (scratch.dir / "crashed").exists()


def crash_points():
    with Scratch("points") as scratch:
        log = scratch.dir / "points.log"
        told = Story(scratch, {"FIRSTLINE_CRASH_LOG": str(log)})
        number = told.live()
        told.check(number)
        assert len(told.attempts(number)) == LIMIT
        told.firstline.stop()
        passed = log.read_text().split()
        return {name: passed.count(name) for name in passed}


def test_every_crash_point_between_the_question_and_the_outcome():
    points = crash_points()
    assert len(points) >= 8, points
    cases = []
    for name, times in sorted(points.items()):
        passes = {1, times // 2, times} if os.environ.get("LONG") else {max(1, times // 2)}
        cases += [f"{name}:{k}" for k in sorted(passes) if k > 0]

    def one(case):
        try:
            return case, story(case, {"FIRSTLINE_CRASH": case}), None
        except Exception as error:  # reported with the case that made it
            return case, None, error
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(one, cases))
    for case, crashed, error in results:
        print(f"  {case}: crashed={crashed} {error or ''}"[:3000])
    assert not [r for r in results if r[2]], "a crash broke a promise"
    assert sum(1 for r in results if r[1]) >= len(cases) // 2, "too few of the points were reached"


if __name__ == "__main__":
    run_all(sys.modules[__name__])
