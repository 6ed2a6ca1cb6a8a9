"""kill -9 at random under load: senders and actions go on while a role, or all of the server at
once, dies again and again. What was acknowledged is there, no attempt starts twice, and the
journal replays. KILLS=N kills so often (100; LONG=1: 10,000), SEED=N repeats an order of them."""
import contextlib
import os
import pathlib
import random
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fault.test_crash import alive, configuration, starts
from support.harness import BUILD, Firstline, Scratch, WebhookSink, run_all, wait_until

KILLS = int(os.environ.get("KILLS", "10000" if os.environ.get("LONG") else "100"))
SEED = int(os.environ.get("SEED", "1"))
# An attempt of which nobody knows whether it ran stops its incident until a person looks: it
# needs many of them for actions to go on beginning.
SERVICES = max(25, KILLS // 4)


def configuration_of_many(scratch, hook):
    """Workers, each well when its file `health-N` says so, healed by its own runbook."""
    d = scratch.dir
    one = configuration(scratch, hook)
    names = [f"worker-{i}" for i in range(SERVICES)]
    text = (one / "production.yaml").read_text()
    head, rest = text.split("services:\n")
    scratch.file("heal", f"""#!/bin/sh
echo "$FIRSTLINE_ATTEMPT" >> {d}/starts
echo well > {d}/health-$1
""", 0o755)
    scratch.file("probe", f"#!/bin/sh\ncat {d}/health-$1\n", 0o755)
    services = "".join(f"  {n}: {{owner: ops, developers: dev, tier: 2}}\n" for n in names)
    hosts = "".join(f"  {n}-1: {{service: {n}, role: worker}}\n" for n in names)
    actions = "".join(f"""  heal-{n}:
    verb: restart
    run: ["{d}/heal", "{n}"]
    timeout: 20s
    repeat: unsafe
""" for n in names)
    authority = rest[rest.index("authority:"):].replace("service: [worker]", "tier: [2]")
    authority = authority.replace("at_once: 1", "at_once: 20")
    (one / "production.yaml").write_text(
        f"{head}services:\n{services}hosts:\n{hosts}actions:\n{actions}{authority}")
    runbook = (one / "runbooks/worker-down.md").read_text()
    (one / "runbooks/worker-down.md").unlink()
    for n in names:
        (d / f"health-{n}").write_text("sick\n")
        (one / f"runbooks/{n}-down.md").write_text(
            runbook.replace("worker-down", f"{n}-down").replace("service: worker", f"service: {n}")
            .replace("{alertname: WorkerDown}", f'{{alertname: WorkerDown, service: {n}}}')
            .replace("do: heal", f"do: heal-{n}").replace("/probe\"]", f'/probe", "{n}"]'))
    return one


class Sender(threading.Thread):
    """Small batches of alerts, each with a number of its own; a 200 is a promise."""

    def __init__(self, firstline, name):
        super().__init__(daemon=True)
        self.firstline, self.name = firstline, name
        self.acknowledged, self.over = [], threading.Event()

    def run(self):
        number = 0
        while not self.over.is_set():
            ids = [f"{self.name}-{number + i}" for i in range(5)]
            number += 5
            with contextlib.suppress(Exception):
                alerts = [{"alertname": "Load", "service": "worker-0", "id": i} for i in ids]
                if self.firstline.fire(*alerts, seconds=86400).status == 200:
                    self.acknowledged += ids
            time.sleep(0.02)


def up(firstline):
    if not alive(firstline):
        firstline.start(wait=False)
    firstline.wait_ready(30)


def kill_one(firstline, draw, scratch):
    """And something that starts an action about now, often."""
    if draw.random() < 0.6:
        name = f"worker-{draw.randrange(SERVICES)}"
        (scratch.dir / f"health-{name}").write_text("sick\n")
        with contextlib.suppress(Exception):
            firstline.fire({"alertname": "WorkerDown", "service": name, "id": str(draw.random())})
    time.sleep(draw.random() * 0.3)
    victim = draw.choice(["engine", "engine", "gate", "hands", "all"])
    with contextlib.suppress(AssertionError, ProcessLookupError):
        if victim == "all":
            firstline.kill_all()
        else:
            firstline.kill_role(victim)
    return victim


def check(firstline, acknowledged, scratch):
    up(firstline)
    kept = {a["labels"].get("id") for a in firstline.get("/api/v2/alerts")}
    lost = set(acknowledged) - kept
    assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged alerts are lost: {sorted(lost)[:5]}"
    begun = starts(scratch)
    assert len(begun) == len(set(begun)), f"an attempt was started twice: {begun}"
    known = {}
    for row in firstline.incidents():
        for attempt in firstline.incident(row["id"])["attempts"]:
            known[str(attempt["id"])] = attempt["state"]
    assert set(begun) <= set(known), f"started but forgotten: {begun} {known}"
    lied = [i for i in begun if known[i] == "lost"]
    assert not lied, f"said never to have started, and ran: {lied}"
    return len(begun)


def test_random_kills_under_load():
    draw = random.Random(SEED)
    with Scratch("kills") as scratch:
        firstline = Firstline(scratch, configuration_of_many(scratch, WebhookSink(scratch))).start()
        senders = [Sender(firstline, name) for name in ("a", "b")]
        for sender in senders:
            sender.start()
        victims = {}
        for _ in range(KILLS):
            victim = kill_one(firstline, draw, scratch)
            victims[victim] = victims.get(victim, 0) + 1
            if victim == "all":
                up(firstline)
        for sender in senders:
            sender.over.set()
            sender.join()
        acknowledged = [i for sender in senders for i in sender.acknowledged]
        begun = check(firstline, acknowledged, scratch)
        print(f"  seed {SEED}: {KILLS} kills {victims}, {len(acknowledged)} alerts acknowledged, "
              f"{begun} actions began")
        assert len(acknowledged) > KILLS, "the load was none"
        assert begun >= KILLS // 20, "hardly an action began"
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state,
                                 seconds=600)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_role_that_could_not_start_is_started_once():
    """The next try is a second away; another role that dies meanwhile brings one before."""
    with Scratch("stumbles") as s:
        firstline = Firstline(s, configuration(s, WebhookSink(s)), env={
            "LD_PRELOAD": str(BUILD / "libstumbles.so"), "LD_STUMBLES": "2"})
        firstline.start(wait=False)
        wait_until(lambda: "start engine: resource temporarily" in firstline.log_text(), 10, 0.01)
        firstline.kill_role("hands")
        engine = wait_until(lambda: firstline.role("engine"), 10, 0.01)
        time.sleep(1.5)
        assert firstline.child.poll() is None and firstline.role("engine") == engine, firstline.log_text()


def test_few_addresses_are_told_and_nothing_starts():
    with Scratch("addresses") as scratch:
        config = configuration(scratch, WebhookSink(scratch))
        argv = [BUILD / "firstline", "serve", "--config", config, "--state", scratch.dir / "no",
                "--listen", "127.0.0.1:0"]
        done = subprocess.run(["prlimit", f"--as={4 << 30}:{4 << 30}", *argv],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 1 and "4096 MiB of addresses" in done.stderr, done
        assert not (scratch.dir / "no").exists()
        # One that may be raised is.
        child = scratch.start("prlimit", f"--as={4 << 30}:unlimited", *argv,
                              log=scratch.dir / "log")
        wait_until((scratch.dir / "no/endpoint").exists, message="it serves")
        assert child.poll() is None


class Limited(Firstline):
    """Under a limit of descriptors that nobody can raise."""

    def start(self, wait=True, listen=None):
        self.child = self.scratch.start(
            "prlimit", "--nofile=64:64", BUILD / "firstline", "serve", "--config", self.config,
            "--state", self.state, "--listen", "127.0.0.1:0", env=self.env, log=self.log)
        self.wait_ready()
        return self


def test_few_descriptors_lose_no_alert_and_no_page():
    with Scratch("descriptors") as scratch:
        hook = WebhookSink(scratch)
        firstline = Limited(scratch, configuration(scratch, hook)).start()
        limits = pathlib.Path(f"/proc/{firstline.role('gate')}/limits").read_text()
        assert "Max open files            64                   64" in limits, limits
        idle, taken = [], []
        for _ in range(80):  # more connections than the gate has descriptors
            with contextlib.suppress(OSError):
                idle.append(socket.create_connection(("127.0.0.1", firstline.port), 2))
        for connection in idle:
            connection.close()

        def heard():
            with contextlib.suppress(Exception):
                if firstline.fire({"alertname": "WorkerDown", "service": "worker"}).status == 200:
                    taken.append(True)
            return taken
        wait_until(heard, 10, 0.1, "it hears again once the crowd is gone")
        wait_until(lambda: "incident.opened" in hook.types(), 20, message=str(hook.types()))
        firstline.wait_incident(lambda r: r["state"] == "recovered", 30, "the action runs")
        firstline.stop()


if __name__ == "__main__":
    run_all(sys.modules[__name__])
