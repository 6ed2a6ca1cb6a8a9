#!/usr/bin/python3
"""R16: commands that hang. One that is only slow, deaf to TERM or stopped is gone when its time, the
grace and a second are over. One in state D, behind a disk that does not answer, nobody can end:
it is told as stuck, its attempt is in doubt and holds its place, and people are asked. No zombie
is left. The disk is a file system of our own (support/hung_fs.py)."""
# first: it waits for what hangs
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from fault.test_crash import ALERT, configuration, shims
from support.harness import Firstline, Scratch, WebhookSink, children, run_all, wait_until
from support.hung_fs import HungDisk, usable
from test_hands import Hands, alive, news, probe
from test_sandbox import Confined

TIMEOUT_MS = 1000
GRACE_S, MORE_S = 5, 1
SLACK_S = 2  # for a busy machine


def state_of(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def descendants(pid):
    for child in list(children(pid)):
        yield child
        yield from descendants(child)


def no_zombies(pid):
    def none():
        states = {p: state_of(p) for p in descendants(pid) if pathlib.Path(f"/proc/{p}").exists()}
        return "Z" not in states.values()
    wait_until(none, 5, 0.1, "no zombie")


def ends(h, idents):
    """The results about each, and how long after now its end came."""
    began, found, took = time.monotonic(), {ident: [] for ident in idents.values()}, {}
    while len(took) < len(found):
        line = h.take(TIMEOUT_MS / 1000 + GRACE_S + MORE_S + 10)
        assert line is not None, f"no end of {found.keys() - took}: {h.seen[-10:]}"
        if line.startswith("result attempt-result "):
            record = json.loads(line.split(" ", 2)[2])
            found[record["attempt"]].append(record)
            if record["news"] in Hands.ENDS:
                took[record["attempt"]] = time.monotonic() - began
    return [(name, found[ident], took[ident]) for name, ident in idents.items()]


def test_what_hangs_is_gone_when_its_time_is_over():
    with Scratch("stuck") as s:
        h = Hands(s, {"slow": ["sh", "-c", f"echo $$ > {s.dir}/slow; sleep 100"],
                      "deaf": ["sh", "-c", f"trap '' TERM; echo $$ > {s.dir}/deaf; while :; do sleep 1; done"],
                      "stopped": ["sh", "-c", f"echo $$ > {s.dir}/stopped; kill -STOP $$; echo woken"],
                      "all": ["sh", "-c", f"echo $$ > {s.dir}/all; sleep 100 & kill -STOP 0"]})
        idents = {name: h.start_attempt(name, timeout_ms=TIMEOUT_MS) for name in h.actions}
        for name, found, took in ends(h, idents):
            assert news(found) == ["claimed", "started", "timed-out"], found
            assert "woken" not in found[-1]["output"], "it did something after its time"
            assert not alive(int((s.dir / name).read_text())), f"{name} is still there"
            grace = 0 if name == "slow" else GRACE_S
            assert took < TIMEOUT_MS / 1000 + grace + MORE_S + SLACK_S, (name, took)
            print(f"  {name} ended after {took:.1f} s")
        no_zombies(h.process.pid)


def test_what_no_signal_ends_is_told_as_stuck():
    with Scratch("stuck") as s:
        disk = HungDisk(s)
        h = Hands(s, {"reads": ["sh", "-c", f"echo begun; exec cat {disk.path}/file"],
                      "starts": [f"{disk.path}/program"],
                      "leaves": ["sh", "-c", f"cat {disk.path}/file & echo $! > {s.dir}/left; sleep 100"],
                      "ok": ["true"]})
        idents = {name: h.start_attempt(name, timeout_ms=TIMEOUT_MS) for name in ("reads", "starts", "leaves")}
        for name, found, took in ends(h, idents):
            last = found[-1]
            assert last["news"] == "unknown" and "stuck in the kernel" in last["why"], (name, found)
            assert last["alive"] == "maybe", "it may still come about"
            assert last["output"] == ("begun\n" if name == "reads" else ""), last
            # A program that cannot be read has not started.
            assert ("started" in news(found)) == (name != "starts"), found
            assert took < TIMEOUT_MS / 1000 + GRACE_S + MORE_S + SLACK_S, (name, took)
            print(f"  {name} was told after {took:.1f} s")
        seen = probe(h, kind="run", timeout=20, argv=["cat", f"{disk.path}/file"], timeout_ms=500)
        assert seen["status"] == "failed" and "stuck" in seen["error"], seen
        assert h.run("ok")[-1]["exit_code"] == 0, "all else goes on"
        child = int(dict(line.split("=", 1) for line in (
            h.folder(idents["reads"]) / "started").read_text().splitlines())["child_pid"])
        assert state_of(child) == "D", state_of(child)
        disk.give_up()
        wait_until(lambda: not alive(child), 10, message="it ends when the disk answers")
        left = int((s.dir / "left").read_text())
        wait_until(lambda: not alive(left), 10, message="and so does what was left behind")
        no_zombies(h.process.pid)


def test_a_log_on_a_disk_that_hangs_keeps_nobody_from_others():
    with Scratch("stuck") as s:
        disk = HungDisk(s)
        s.file("logs/app.log", "one\n")
        h = Hands(s, {"ok": ["true"]}, channels=f"probe_files: ['{disk.path}', '{s.dir}/logs']\n")

        def look(path):
            return probe(h, kind="log", where=str(path), lines=5, timeout_ms=500)
        # More often than there are threads that read: one of them waits for it, and no more.
        seen = [look(disk.path / "app.log") for _ in range(6)]
        assert {one["status"] for one in seen} == {"failed"}, seen
        assert "not read in time" in seen[0]["error"] and "does not answer" in seen[-1]["error"], seen
        assert look(s.dir / "logs/app.log")["value"] == "one\n"
        assert h.run("ok")[-1]["exit_code"] == 0
        disk.give_up()
        wait_until(lambda: "does not answer" not in look(disk.path / "app.log")["error"], 10, 0.1,
                   "it is looked at again")


def test_a_stop_of_what_is_stuck_is_told_too():
    with Scratch("stuck") as s:
        disk = HungDisk(s)
        h = Hands(s, {"reads": ["cat", f"{disk.path}/file"], "starts": [f"{disk.path}/program"]})
        for name in h.actions:
            ident = h.start_attempt(name, timeout_ms=60000)
            wait_until(lambda: (h.folder(ident) / "started.new").exists() or (h.folder(ident) / "started").exists(),
                       message="it is begun")
            time.sleep(0.1)
            began = time.monotonic()
            h.order("stop-attempt", attempt=ident, epoch=1)
            last = h.end_of(ident)[-1]
            assert last["news"] == "unknown" and "stuck in the kernel" in last["why"], last
            assert time.monotonic() - began < 2.5 + SLACK_S
        disk.give_up()


def test_what_is_confined_is_told_as_stuck_too():
    with Scratch("stuck") as s:
        disk = HungDisk(s)
        h = Confined(s, {"reads": (["cat", f"{disk.path}/file"],
                                   f"sandbox: contained, paths: {{read: ['{disk.path}']}}")})
        last = h.run("reads", timeout_ms=TIMEOUT_MS)[-1]
        # Its disk is looked at before it begins, and that hangs already.
        assert last["news"] in ("unknown", "never-started") and "stuck in the kernel" in last["why"], last
        disk.give_up()


def test_an_attempt_that_is_stuck_is_in_doubt_and_holds_its_place():
    with Scratch("stuck") as s:
        disk = HungDisk(s)
        hook = WebhookSink(s)
        config = configuration(s, hook)
        heal = s.dir / "heal"
        heal.write_text(f'#!/bin/sh\necho "$FIRSTLINE_ATTEMPT" >> {s.dir}/starts\nexec cat {disk.path}/file\n')
        rules = config / "production.yaml"
        rules.write_text(rules.read_text().replace("timeout: 20s", "timeout: 1s"))
        firstline = Firstline(s, config).start()
        assert firstline.fire(ALERT).status == 200
        row = firstline.wait_incident(lambda r: r["needs_person"], 20, "a person is asked")
        assert "stuck in the kernel" in row["needs_person_why"], row
        whole = firstline.incident(row["id"])
        assert [a["state"] for a in whole["attempts"]] == ["in-doubt"], whole["attempts"]
        wait_until(lambda: "incident.needs_person" in hook.types(), message=str(hook.types()))
        may = firstline.cli("may", "automation", "heal", "on", "worker", "--target", "worker-1")
        assert may.returncode == 5 and "at once" in may.stdout, may
        assert shims(firstline.state) == [], "whoever watched it has gone"
        disk.give_up()
        firstline.cli("incident", "settle", row["id"], whole["attempts"][0]["id"], "no", check=True)
        assert (s.dir / "starts").read_text().split() == [str(whole["attempts"][0]["id"])]
        no_zombies(firstline.child.pid)


if __name__ == "__main__":
    if not usable():
        sys.exit("test_stuck needs root and /dev/fuse")
    run_all(sys.modules[__name__])
