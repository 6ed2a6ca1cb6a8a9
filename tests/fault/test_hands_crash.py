#!/usr/bin/python3
"""The hands role dies at each of its crash points, its spawner and shim at each of theirs:
no attempt is started twice, none is said to have run that did not or the other way round,
and everything ordered is done in the end. Needs a build with -Dcrash_points=true."""
import contextlib
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from support.harness import Scratch, WebhookSink, run_all
from test_hands import Hands


@contextlib.contextmanager
def environment(**variables):
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]


class Life:
    """Orders one of each, again after every death, until all have their end."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.ran = scratch.dir / "ran"
        self.sink = WebhookSink(scratch)
        script = ["sh", "-c", f"echo $FIRSTLINE_ATTEMPT >> {self.ran}; sleep 0.05; exit 3"]
        self.epoch = 1
        self.deaths = 0
        self.forgetting = False
        self.h = Hands(scratch, {"run": script},
                       channels=f"  hook: {{webhook: '{self.sink.url}'}}\n")
        self.attempts = {}  # id: its end's news, or None
        self.open = {"probe-result", "notice-result", "handoff-result"}

    def order_open(self):
        h = self.h
        if "probe-result" in self.open:
            h.order("probe", probe=dict(id=31, kind="run", timeout_ms=5000, argv=["true"]))
        if "notice-result" in self.open:
            h.order("notify", notice=dict(
                id=32, incident=7, purpose="opened", state="sending", channel="hook",
                subject="s", text="t", made_wall="2026-11-23T18:18:22.380Z"))
        if "handoff-result" in self.open:
            h.order("file-handoff", handoff=dict(
                id=33, incident=7, **{"class": "investigation"}, state="filing",
                team="dev", case_file="# Case\n", wall="2026-11-23T18:18:22.380Z"))

    def start_one(self):
        ident = 101 + len(self.attempts)
        self.attempts[ident] = None
        self.h.start_attempt("run", ident=ident)

    def again(self):
        """hands is gone: what a supervisor and an engine do then."""
        self.deaths += 1
        self.epoch += 1
        for _ in range(20):  # it may die again before it is ready
            self.h.tell("hands")
            with contextlib.suppress(AssertionError):
                self.h.wait_line("hands ")
                self.h.adopt()
                break
        self.h.engine(self.epoch)
        for ident, end in self.attempts.items():
            if end is None:
                self.h.order("reconcile-attempt", attempt=ident, epoch=self.epoch)
        self.order_open()

    def see(self, line):
        word, rest = line.split(" ", 1)
        if word in ("signal", "exit"):
            self.again()
        elif word == "result":
            kind, text = rest.split(" ", 1)
            record = json.loads(text)
            if kind != "attempt-result":
                self.open.discard(kind)
            elif record["news"] in Hands.ENDS:
                if self.forgetting:  # as the core does with what it knows
                    self.h.order("forget-attempt", attempt=record["attempt"],
                                 epoch=self.epoch)
                    return
                self.attempts[record["attempt"]] = record["news"]
                if record["news"] in ("never-started", "refused"):
                    self.start_one()  # as the core would: certainly nothing ran

    def until(self, done, timeout=20):
        end = time.monotonic() + timeout
        while not done():
            line = self.h.take(0.05)
            if line is not None:
                self.see(line)
            assert time.monotonic() < end, (self.attempts, self.open, self.h.seen[-10:])

    def live(self):
        self.start_one()
        self.order_open()
        self.until(lambda: not self.open and None not in self.attempts.values())
        self.forgetting = True
        for ident in self.attempts:
            self.h.order("forget-attempt", attempt=ident, epoch=self.epoch)
        # A last order shows that those before it were carried out, or that hands died.
        self.open.add("probe-result")
        self.order_open()
        self.until(lambda: not self.open)
        # Perhaps it died while forgetting: what is left is told again.
        self.until(self.nothing_left)

    def nothing_left(self):
        return {p.name for p in (self.h.state / "attempts").iterdir()} <= {"spawns"}

    def check(self):
        ran = self.ran.read_text().split() if self.ran.exists() else []
        assert len(ran) == len(set(ran)), f"started twice: {ran}"
        for ident, end in self.attempts.items():
            if end == "exited":
                assert str(ident) in ran, (ident, ran)
            elif end in ("never-started", "refused"):
                assert str(ident) not in ran, (ident, ran)
            else:
                assert end == "unknown", end
        assert set(ran) <= {str(i) for i in self.attempts}, ran
        assert (self.h.state / "handoffs/7-33.md").read_text() == "# Case\n"
        assert self.sink.types().count("incident.opened") >= 1
        assert self.nothing_left()


def live_with(**variables):
    with Scratch("crash") as s:
        s_env = {k: str(s.dir / v) if k != "FIRSTLINE_CRASH" else v
                 for k, v in variables.items()}
        with environment(**s_env):
            life = Life(s)
        life.live()
        life.check()
        log = s.dir / "log"
        crashed = (s.dir / "crashed").exists()
        return life, log.read_text().split() if log.exists() else [], crashed


def test_every_crash_point_of_hands_spawner_and_shim():
    life, passed, _ = live_with(FIRSTLINE_CRASH_LOG="log")
    assert life.deaths == 0 and list(life.attempts.values()) == ["exited"]
    points = sorted(set(passed))
    families = {p.split("-")[0] for p in points}
    assert families >= {"hands", "spawner", "shim"}, points
    reached = 0
    for point in points:
        for k in range(1, min(passed.count(point), 3) + 1):
            life, _, crashed = live_with(FIRSTLINE_CRASH=f"{point}:{k}",
                                         FIRSTLINE_CRASH_ONCE="crashed")
            reached += crashed
            print(f"  {point}:{k}: crashed={crashed} ends={list(life.attempts.values())}")
    assert reached >= len(points), (reached, points)


if __name__ == "__main__":
    run_all(sys.modules[__name__])
