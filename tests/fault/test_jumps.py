#!/usr/bin/python3
"""R10: the wall clock of the real program jumps ten years on and twenty back (tests/fault/jumps.c)
while people are being called, an action runs and a message waits for its provider. Who is next is
called when it is their turn and not before, what runs ends as it ended, nobody is called twice, no
role spins, and the journal replays. States and orders of them beyond these: the simulator, whose
clocks jump by ten years too."""
import concurrent.futures
import datetime
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fault.test_crash import ALERT, configuration, starts
from support.clock import Clock
from support.harness import Firstline, Scratch, WebhookSink, children, run_all, stamp, wait_until

YEARS_10_MS = 3653 * 24 * 3600 * 1000
AFTER_S = 10  # until the next tier is called
EARLY_S, LATE_S = 0.2, 2.5
LOOKS = ("/v1/status", "/v1/on-call", "/v1/incidents", "/api/v2/alerts", "/v1/gaps", "/metrics")


class Pager(WebhookSink):
    """When each incident was told here of a beginning, by its title."""

    def __init__(self, scratch):
        self.told = []
        super().__init__(scratch)

    def take(self, headers, body):
        super().take(headers, body)
        message = json.loads(body)
        self.told.append((time.monotonic(), message["type"], body.decode()))

    def of(self, name):
        return [when for when, what, text in self.told
                if name in text and what not in ("incident.closed", "incident.recovered")]


def called_by_turns(scratch, pagers):
    config = configuration(scratch, pagers[0], seconds=2.0)
    rules = config / "production.yaml"
    text = rules.read_text().replace("until: 2030-01-01", "until: 2099-01-01")
    names = ("ana", "bob", "cy")
    more = "".join(f"  hook-{n}: {{webhook: \"{p.url}\", digest: never}}\n" for n, p in zip(names[1:], pagers[1:]))
    people = "".join(f"  {n}: {{name: {n}, email: {n}@example.com, zone: UTC, reach: [hook-{n}]}}\n" for n in names[1:])
    rotations = ", ".join(f'{{name: {r}, people: [{n}], every: 1 week, handover: "Mon 09:00"}}'
                          for r, n in zip(("primary", "second", "third"), names))
    text = text.replace("people:\n", more + "people:\n" + people).replace(
        'rotations: [{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}]', f"rotations: [{rotations}]"
    ).replace("escalate: [{to: primary}]",
              f"escalate: [{{to: primary, after: {AFTER_S}s}}, {{to: second, after: {AFTER_S}s}}, {{to: third}}]")
    rules.write_text(text)
    return config


def fire(firstline, **labels):
    """Without times of the sender's: its clock is another one."""
    answer = firstline.request("POST", "/api/v2/alerts", [{"labels": labels}], token=None)
    assert answer.status == 200, answer


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def nothing_spins(firstline):
    """All is answered, and a second of nothing to do costs hardly anything."""
    for path in LOOKS:
        began = time.monotonic()
        assert firstline.request("GET", path).status == 200, path
        assert time.monotonic() - began < 2, path
    pids = [firstline.child.pid, *children(firstline.child.pid)]
    before = {pid: cpu_s(pid) for pid in pids}
    time.sleep(1)
    used = {pid: cpu_s(pid) - before[pid] for pid in pids}
    assert max(used.values()) < 0.5, used


def is_called(pager, name, turn, first):
    """Once, and when its turn came."""
    due = first + turn * AFTER_S
    wait_until(lambda: pager.of(name), max(0.1, due - time.monotonic()) + LATE_S, 0.02, f"{name} reaches turn {turn}")
    late = pager.of(name)[0] - due
    assert late > -EARLY_S, f"{name}: turn {turn} was called {-late:.1f} s early"
    return late


def test_jumps_of_ten_years_neither_lose_nor_hasten_anything():
    with Scratch("jumps") as s:
        clock = Clock(s)
        pagers = [Pager(s) for _ in range(3)]
        firstline = Firstline(s, called_by_turns(s, pagers), env=clock.env).start()
        fire(firstline, alertname="Before", service="worker")
        before = wait_until(lambda: pagers[0].of("Before"), 10, message="the first is called")[0]
        clock.jump(YEARS_10_MS)
        fire(firstline, alertname="Between", service="worker")
        between = wait_until(lambda: pagers[0].of("Between"), 10, message="the first is called again")[0]
        nothing_spins(firstline)

        pagers[0].status = 503  # a message waits, and an action runs, as it jumps back
        fire(firstline, alertname="Waits", service="worker")
        fire(firstline, **ALERT)
        wait_until(lambda: starts(s), 10, message="the action runs")
        clock.jump(-2 * YEARS_10_MS)
        pagers[0].status = 200
        fire(firstline, alertname="After", service="worker")
        after = wait_until(lambda: pagers[0].of("After"), 10, message="the first is called after it too")[0]
        row = firstline.wait_incident(lambda r: r["state"] == "recovered", 20, "verified")
        attempts = firstline.incident(row["id"])["attempts"]
        assert [(a["state"], a["exit_code"]) for a in attempts] == [("exited", 0)], attempts
        nothing_spins(firstline)

        opened = {r["title"].split(":")[0]: int(r["opened_wall"][:4]) for r in firstline.incidents()}
        assert opened["Between"] - opened["Before"] == 10 == opened["Before"] - opened["After"], opened

        lates = [is_called(pagers[turn], name, turn, first) for turn in (1, 2)
                 for name, first in (("Before", before), ("Between", between), ("After", after))]
        wait_until(lambda: len(pagers[0].of("Waits")) > 1 or pagers[1].of("Waits"), 20, message="what waited is told")
        time.sleep(1)
        for turn in (1, 2):
            for name in ("Before", "Between", "After"):
                assert len(pagers[turn].of(name)) == 1, (turn, name, pagers[turn].told)
        print(f"  each turn came {min(lates):+.2f} to {max(lates):+.2f} s of when it was due")
        clock.jump(YEARS_10_MS)  # somebody sets it right
        nothing_spins(firstline)
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state, seconds=120)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        firstline.start()
        assert {r["title"].split(":")[0] for r in firstline.incidents("state=open")} >= {"Before", "Between", "After"}


def wall_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def waits_while_it_jumps(firstline, clock, ms):
    """An alert of the last minute and the next four, that the gate has read when the clock is set."""
    now = time.time() + clock.ms() / 1000
    alert = {"labels": {"alertname": "Waits", "by": str(ms), "service": "worker"},
             "startsAt": stamp(now - 60), "endsAt": stamp(now + 240)}
    engine, gate = firstline.role("engine"), firstline.role("gate")
    os.kill(engine, signal.SIGSTOP)
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            posted = pool.submit(firstline.request, "POST", "/api/v2/alerts", [alert], token=None)
            wait_until(lambda: waiting_of(engine, gate) > 100, 10, 0.01, "the alert is before the engine")
            clock.jump(ms)
            os.kill(engine, signal.SIGCONT)
            assert posted.result().status == 200, posted.result()
    finally:
        os.kill(engine, signal.SIGCONT)
    listed = [a for a in firstline.get("/api/v2/alerts") if a["labels"].get("by") == str(ms)]
    assert len(listed) == 1, (ms, listed)
    now = time.time() + clock.ms() / 1000
    starts, ends = wall_of(listed[0]["startsAt"]) - now, wall_of(listed[0]["endsAt"]) - now
    assert -75 < starts < -55 and 225 < ends < 245, (ms, starts, ends)


def sockets(pid):
    return {os.readlink(link) for link in pathlib.Path(f"/proc/{pid}/fd").iterdir()}


def waiting_of(reader, writer):
    """Bytes that the one process has written to the other, which has not read them."""
    read, written = sockets(reader), sockets(writer)
    lines = subprocess.run(["ss", "-xH"], capture_output=True, text=True, check=True).stdout.splitlines()
    return sum(int(f[2]) for f in map(str.split, lines)
               if len(f) > 7 and f"socket:[{f[5]}]" in read and f"socket:[{f[7]}]" in written)


def test_alerts_that_wait_while_it_jumps_are_taken_by_the_new_one():
    """Else they would be active for ten years, or have ended before anybody looked."""
    with Scratch("jumps-wait") as s:
        clock = Clock(s)
        firstline = Firstline(s, configuration(s, Pager(s)), env=clock.env).start()
        for ms in (3600 * 1000, YEARS_10_MS, -YEARS_10_MS, -26 * 3600 * 1000):
            waits_while_it_jumps(firstline, clock, ms)


if __name__ == "__main__":
    run_all(sys.modules[__name__])
