"""kill -9 everywhere between alert and close: no acknowledged alert is lost, no action is
started twice, every attempt ends known or in doubt, and the incident goes on.

The first test runs the scenario once to learn the crash points it passes, then once for
each of them. LONG=1 also kills at the second and third pass of each point."""
# first: it kills at each point, one after another
import contextlib
import json
import os
import pathlib
import shutil
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import BUILD, Firstline, Scratch, WebhookSink, children, run_all, wait_until

ALERT = {"alertname": "WorkerDown", "service": "worker", "severity": "critical"}


def configuration(scratch, hook, seconds=0.0, repeat="unsafe", happened=""):
    """A worker that is well when the file `health` says so; the action heals it."""
    d = scratch.dir
    scratch.file("heal", f"""#!/bin/sh
echo "$FIRSTLINE_ATTEMPT" >> {d}/starts
sleep {seconds}
echo well > {d}/health
""", 0o755)
    scratch.file("probe", f"#!/bin/sh\ncat {d}/health\n", 0o755)
    scratch.file("health", "sick\n")
    scratch.file("config/production.yaml", f"""
listen: 127.0.0.1:0
fallback: ops
channels:
  hook: {{webhook: "{hook.url}", digest: never}}
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
  worker: {{owner: ops, developers: dev, tier: 2}}
hosts:
  worker-1: {{service: worker, role: worker}}
actions:
  heal:
    verb: restart
    run: ["{d}/heal"]
    timeout: 20s
    repeat: {repeat}
    {happened}
authority:
  - grant: automation heals workers
    to: [automation]
    may: [restart]
    on: {{service: [worker]}}
    within: {{per_service: 5 in 1h, at_once: 1}}
    until: 2030-01-01
    owner: ana
""")
    scratch.file("config/runbooks/worker-down.md", f"""---
runbook: worker-down
service: worker
answers: [{{alertname: WorkerDown}}]
---
# The worker is down

```check sick
run: ["{d}/probe"]
expect: "output contains sick"
every: 1s
within: 20s
```

```action heal
do: heal
targets: {{service: worker, role: worker}}
```

```verify well
run: ["{d}/probe"]
expect: "output contains well"
every: 1s
for: 1s
within: 15s
```
""")
    return d / "config"


def starts(scratch):
    path = scratch.dir / "starts"
    return path.read_text().split() if path.exists() else []


def alive(firstline):
    return firstline.child.poll() is None


def settle(firstline, scratch, timeout=40):
    """Until the incident is through, restarting what was killed whole."""
    def through(row):
        return row["state"] in ("recovered", "closed", "handed-off") or row["needs_person"]
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if not alive(firstline):
            firstline.start(wait=False)
        with contextlib.suppress(Exception):
            firstline.wait_ready(10)
            for row in firstline.incidents():
                if row["service"] == "worker" and through(row):
                    return row
        time.sleep(0.1)
    raise AssertionError("the incident never moved on\n" + firstline.log_text()[-3000:])


def send_until_taken(firstline, tries=200):
    """As a sender would: again until it is acknowledged."""
    for _ in range(tries):
        if not alive(firstline):
            firstline.start(wait=False)
        with contextlib.suppress(Exception):
            if firstline.port is None:
                firstline.wait_ready(10)
            if firstline.fire(ALERT).status == 200:
                return
        time.sleep(0.05)
    raise AssertionError("the alert was never taken\n" + firstline.log_text()[-3000:])


def check_promises(firstline, scratch, row):
    whole = firstline.incident(row["id"])
    begun = starts(scratch)
    assert len(begun) == len(set(begun)), f"an attempt was started twice: {begun}"
    known = {"exited", "timed-out", "killed", "lost", "settled", "in-doubt"}
    for attempt in whole["attempts"]:
        assert attempt["state"] in known, attempt
        if str(attempt["id"]) not in begun:
            assert attempt["state"] in ("lost", "in-doubt"), attempt
    ids = {str(a["id"]) for a in whole["attempts"]}
    assert set(begun) <= ids, f"started but forgotten: {begun} {ids}"
    unsafe_again = [a for a in whole["attempts"] if a["state"] not in ("lost",)]
    assert len(unsafe_again) == 1, f"more than one start of an unsafe action: {whole['attempts']}"
    alerts = firstline.get("/api/v2/alerts")
    assert [a["labels"] for a in alerts] == [ALERT], alerts
    if row["state"] == "recovered":
        assert (scratch.dir / "health").read_text() == "well\n"


def check_folders_go(firstline, row):
    """A folder stays for as long as its attempt is open, and not longer, whoever died."""
    attempts = firstline.incident(row["id"])["attempts"]
    kept = {str(a["id"]) for a in attempts if a["state"] == "in-doubt"} | {"spawns"}
    folder = firstline.state / "attempts"
    wait_until(lambda: {p.name for p in folder.iterdir()} <= kept, 20,
               message=f"{[p.name for p in folder.iterdir()]}, {kept} may stay")


def run_scenario(name, env):
    with Scratch(name.replace(":", "-")) as scratch:
        hook = WebhookSink(scratch)
        if "FIRSTLINE_CRASH" in env:
            env = dict(env, FIRSTLINE_CRASH_ONCE=str(scratch.dir / "crashed"))
        config = configuration(scratch, hook)
        firstline = Firstline(scratch, config, env=env)
        firstline.start(wait=False)
        send_until_taken(firstline)
        row = settle(firstline, scratch)
        check_promises(firstline, scratch, row)
        check_folders_go(firstline, row)
        firstline.resolve(ALERT)
        if row["state"] == "recovered":
            wait_until(lambda: any(t == "incident.opened" for t in hook.types()), 30,
                       message=f"told of the beginning: {hook.types()}")
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        crashed = (scratch.dir / "crashed").exists()
        return crashed, row


def crash_points():
    with Scratch("points") as scratch:
        log = scratch.dir / "points.log"
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook),
                              env={"FIRSTLINE_CRASH_LOG": str(log)})
        firstline.start()
        send_until_taken(firstline)
        settle(firstline, scratch)
        firstline.stop()
        passed = log.read_text().split()
        return {name: passed.count(name) for name in passed}


def test_every_crash_point_between_alert_and_recovery():
    points = crash_points()
    assert len(points) >= 8, points
    cases = []
    for name, times in sorted(points.items()):
        for k in range(1, min(times, 3 if os.environ.get("LONG") else 1) + 1):
            cases.append(f"{name}:{k}")
        if times > 3 and not os.environ.get("LONG"):
            cases.append(f"{name}:{times // 2}")

    def one(case):
        try:
            crashed, row = run_scenario(case, {"FIRSTLINE_CRASH": case})
            return case, crashed, row["state"], None
        except Exception as error:  # reported with the case that made it
            return case, None, None, error
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(one, cases))
    for case, crashed, state, error in results:
        print(f"  {case}: crashed={crashed} state={state} {error or ''}"[:3000])
    assert not [r for r in results if r[3]], "a crash broke a promise"
    assert sum(1 for r in results if r[1]) >= len(cases) // 2, "too few of the points were reached"


def killed_mid_action(how, repeat="unsafe", happened="", want=("recovered",)):
    with Scratch("mid") as scratch:
        hook = WebhookSink(scratch)
        config = configuration(scratch, hook, seconds=2.0, repeat=repeat, happened=happened)
        firstline = Firstline(scratch, config).start()
        send_until_taken(firstline)
        wait_until(lambda: starts(scratch), 20, message="the action starts")
        how(firstline)
        row = settle(firstline, scratch)
        assert row["state"] in want, (row, firstline.log_text()[-2000:])
        begun = starts(scratch)
        if repeat == "unsafe":
            assert len(begun) == 1, f"started again: {begun}"
        return row


def test_an_action_survives_the_death_of_each_role():
    for role in ("engine", "hands", "gate"):
        killed_mid_action(lambda f, role=role: f.kill_role(role))


def test_an_action_survives_the_death_of_everything():
    killed_mid_action(lambda f: f.kill_all())


def test_a_role_that_dies_after_the_program_was_replaced_is_of_the_old_one():
    """Until the server is started again, as after an upgrade: roles of two versions do not mix."""
    with Scratch("replaced") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch)))
        for name in ("firstline", "firstline-shim"):
            shutil.copy(BUILD / name, scratch.dir / name)
        firstline.program = scratch.dir / "firstline"
        firstline.start()
        firstline.program.unlink()
        scratch.file("firstline", "#!/bin/sh\nexit 1\n", 0o755)
        for role in ("engine", "hands", "gate"):
            firstline.kill_role(role)
        wait_until(lambda: all(firstline.role(r) for r in ("engine", "hands", "gate")), 20, 0.1, "all roles")
        firstline.wait_ready()
        send_until_taken(firstline)
        firstline.wait_incident(lambda r: r["state"] == "recovered", 30, "the old one acts")


def stopped_role_is_replaced(role):
    with Scratch("hung") as scratch:
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook)).start()
        assert firstline.fire({"alertname": "Before", "service": "worker"}).status == 200
        before = firstline.role(role)
        os.kill(before, signal.SIGSTOP)
        wait_until(lambda: firstline.role(role) not in (None, before), 30, 0.1, f"another {role}")
        assert "did not answer" in firstline.log_text() or "ended by signal 9" in firstline.log_text()
        firstline.wait_ready()
        send_until_taken(firstline)
        firstline.wait_incident(lambda r: r["state"] == "recovered", 30, "the work goes on")
        names = {a["labels"]["alertname"] for a in firstline.get("/api/v2/alerts")}
        assert names == {"Before", "WorkerDown"}, names
        wait_until(lambda: any(f"the role {role} did not answer" in str(firstline.incident(i["id"]))
                               for i in firstline.incidents()), 10, 0.2, "an incident tells of it")


def test_a_role_that_hangs_is_replaced():
    for role in ("engine", "gate", "hands"):
        stopped_role_is_replaced(role)


def test_a_supervisor_that_was_suspended_accuses_nobody():
    with Scratch("slept") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        names = ("engine", "gate", "hands")
        before = [firstline.role(name) for name in names]
        # Far longer than a role may be silent in this build, then as long as that takes.
        for _ in range(2):
            os.kill(firstline.child.pid, signal.SIGSTOP)
            time.sleep(5)
            os.kill(firstline.child.pid, signal.SIGCONT)
            time.sleep(1)
        time.sleep(3)
        assert [firstline.role(name) for name in names] == before, firstline.log_text()[-2000:]
        send_until_taken(firstline)


def shims(scratch_state):
    """pids whose command line is firstline-shim and that hold our state folder."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and (entry / "exe").resolve().name == "firstline-shim":
                links = [os.readlink(link) for link in (entry / "fd").iterdir()]
                if any(str(scratch_state) in link for link in links):
                    found.append(int(entry.name))
    return found


def kill_shim(firstline):
    for pid in shims(firstline.state):
        os.kill(pid, signal.SIGKILL)


def test_a_dead_shim_leaves_an_attempt_in_doubt_and_a_person_settles_it():
    with Scratch("doubt") as scratch:
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook, seconds=2.0)).start()
        send_until_taken(firstline)
        wait_until(lambda: starts(scratch), 20, message="the action starts")
        kill_shim(firstline)
        row = firstline.wait_incident(lambda r: r["needs_person"], 20, "a person is asked")
        attempt = firstline.incident(row["id"])["attempts"][0]
        assert attempt["state"] == "in-doubt", attempt
        wait_until(lambda: "incident.needs_person" in hook.types(), message=str(hook.types()))
        (scratch.dir / "health").write_text("well\n")
        done = firstline.cli("incident", "settle", row["id"], attempt["id"], "yes")
        assert done.returncode == 0, done.stdout + done.stderr
        firstline.wait_incident(lambda r: r["state"] == "recovered", 30, "verified after all")
        assert len(starts(scratch)) == 1


def waited(firstline, scratch, *more, during=lambda: None):
    """The exit code of `firstline run --wait` as ana; `during` happens while it waits."""
    token = scratch.dir / "ana.token"
    if not token.exists():
        made = firstline.cli("token", "add", "ana", "--role", "operator", "--json", check=True)
        token.write_text(json.loads(made.stdout)["secret"])
        token.chmod(0o600)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(firstline.cli, "run", *more, "--wait", "--token-file", token)
        during()
        result = done.result(60)
    return result.returncode, result.stdout + result.stderr


def falls_sick(scratch):
    """And no command whose shim was killed is left that would heal it yet."""
    heal = str(scratch.dir / "heal").encode()

    def heals(pid):
        try:
            return heal in (pid / "cmdline").read_bytes()
        except OSError:
            return False
    wait_until(lambda: not any(heals(p) for p in pathlib.Path("/proc").glob("[0-9]*")), 20, message="it is over")
    (scratch.dir / "health").write_text("sick\n")


def test_run_wait_ends_with_how_it_ended():
    with Scratch("wait") as scratch:
        hook = WebhookSink(scratch)
        config = configuration(scratch, hook, seconds=1.0)
        rules = config / "production.yaml"
        rules.write_text(rules.read_text().replace("to: [automation]", "to: [automation, person: ana]"))
        firstline = Firstline(scratch, config).start()
        assert firstline.fire({"alertname": "Odd", "service": "worker"}).status == 200
        row = firstline.wait_incident(lambda r: r["service"] == "worker")
        on = ("--incident", str(row["id"]))
        code, said = waited(firstline, scratch, "--action", "heal", "--target", "worker-1", *on)
        assert code == 0 and "Done" in said, (code, said)
        (scratch.dir / "health").write_text("sick\n")
        code, said = waited(firstline, scratch, "worker-down", *on)
        assert code == 0, (code, said)

        (scratch.dir / "health").write_text("sick\n")
        before = len(starts(scratch))

        def kill_in_the_middle():
            wait_until(lambda: len(starts(scratch)) > before, 20, message="the action starts")
            kill_shim(firstline)
        code, said = waited(firstline, scratch, "--action", "heal", "--target", "worker-1", *on,
                            during=kill_in_the_middle)
        assert code == 7 and "in doubt" in said, (code, said)

        # A runbook waits for whoever says what happened; who asked for it does not.
        doubt = [a for a in firstline.incident(row["id"])["attempts"] if a["state"] == "in-doubt"]
        firstline.cli("incident", "settle", row["id"], doubt[0]["id"], "no", check=True)
        before = len(starts(scratch))
        falls_sick(scratch)
        code, said = waited(firstline, scratch, "worker-down", *on, "--timeout", "20s",
                            during=kill_in_the_middle)
        assert code == 7 and "in doubt" in said, (code, said)
        firstline.cli("incident", "cancel", row["id"], check=True)

        falls_sick(scratch)
        refused = firstline.cli("run", "worker-down", *on, "--wait")
        assert refused.returncode == 5, refused.stdout + refused.stderr


STORM_POINTS = ["engine-commit-before:9", "store-commit-before:9", "store-commit-after:9",
                "engine-commit-after:9", "engine-orders-sent:9"]


def storm(firstline, sender, acknowledged):
    """Batches that are committed while the next is stepped; only what a 200 answered counts."""
    for batch in range(40):
        alerts = [{"alertname": "Storm", "service": "worker", "id": f"{sender}-{batch}-{i}",
                   "text": "x" * 300} for i in range(256)]
        try:
            taken = firstline.fire(*alerts).status == 200
        except Exception:  # the connection died with the gate or the supervisor
            taken = False
        if not taken:
            return
        acknowledged.extend(a["id"] for a in alerts)


def storm_is_kept(case):
    with Scratch(case.replace(":", "-")) as scratch:
        hook = WebhookSink(scratch)
        env = {"FIRSTLINE_CRASH": case, "FIRSTLINE_CRASH_ONCE": str(scratch.dir / "crashed")}
        firstline = Firstline(scratch, configuration(scratch, hook), env=env).start()
        acknowledged = []
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: storm(firstline, n, acknowledged), range(4)))
        assert (scratch.dir / "crashed").exists(), f"{case}: the point was not reached"
        if not alive(firstline):
            firstline.start(wait=False)
        firstline.wait_ready(20)
        kept = {a["labels"]["id"] for a in firstline.get("/api/v2/alerts")}
        lost = set(acknowledged) - kept
        assert not lost, f"{case}: {len(lost)} of {len(acknowledged)} acknowledged alerts lost"
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        return len(acknowledged)


def test_a_storm_keeps_what_it_acknowledged_wherever_the_engine_dies():
    print("  acknowledged before the kill:", [storm_is_kept(case) for case in STORM_POINTS])


if __name__ == "__main__":
    run_all(sys.modules[__name__])
