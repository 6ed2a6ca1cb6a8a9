#!/usr/bin/python3
"""The hands role alone, against real children, a real SMTP server and real HTTP: what is
started, watched, ended, found again and told."""
import json
import os
import pathlib
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import BUILD, Scratch, SmtpSink, WebhookSink, run_all, wait_until

SECRET = "whsec_" + "aGFuZHMtdGVzdC1zZWNyZXQtb2YtMzItYnl0ZXMhIQ=="

BASE = """
fallback: ops
prometheus: http://127.0.0.1:9
people:
  ana: {name: Ana, email: ana@example.com, zone: UTC, reach: [mail]}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}]
      escalate: [{to: primary}]
services:
  checkout: {owner: ops, tier: 1}
hosts:
  web-1: {service: checkout, role: web, environment: production}
  web-2: {service: checkout, role: web, environment: production}
"""

AUTHORITY = """
authority:
  - grant: automation does what the tests need
    to: [automation]
    may: [test]
    on: {tier: [1]}
    owner: ana
    until: 2099-01-01
"""


def quoted(argv):
    return "[" + ", ".join(json.dumps(a) for a in argv) + "]"


class Hands:
    """The driver with its hands; results are kept in the order they came."""
    before = ()  # what starts it

    def __init__(self, scratch, actions=None, channels="", authority=AUTHORITY):
        self.scratch = scratch
        self.actions = actions or {}
        self.state = scratch.dir / "state"
        self.state.mkdir()
        self.next_id = 100
        self.seen = []
        self.lines = queue.Queue()
        self.process = subprocess.Popen(
            [*self.before, BUILD / "tests/e2e/hands_drive", BUILD / "firstline-shim", self.state],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        scratch.stack.callback(self.close)
        threading.Thread(target=self.read, daemon=True).start()
        self.write_config(channels, authority)
        self.pid = None
        self.hash = None
        self.start()

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)

    def write_config(self, channels="", authority=AUTHORITY):
        text = BASE + "channels:\n  mail: {smtp: 'smtp://127.0.0.1:9', from: f@example.com}\n"
        text += channels
        if self.actions:
            text += "actions:\n"
            for name, argv in self.actions.items():
                text += f"  {name}: {{verb: test, run: {quoted(argv)}}}\n"
            text += authority
        self.scratch.file("config/firstline.yaml", text)

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def tell(self, line):
        self.process.stdin.write(line + "\n")

    def take(self, timeout=10):
        """The next line; None when there is none in time."""
        try:
            line = self.lines.get(timeout=timeout)
        except queue.Empty:
            return None
        self.seen.append(line)
        return line

    def wait_line(self, start, timeout=10):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            line = self.take(max(0.01, end - time.monotonic()))
            if line is not None and line.startswith(start):
                return line
        raise AssertionError(f"no '{start}' within {timeout} s; saw {self.seen[-10:]}")

    def start(self, engine=1):
        self.tell("hands")
        self.pid = int(self.wait_line("hands ").split()[1])
        self.adopt()
        if engine:
            self.engine(engine)

    def adopt(self):
        self.tell(f"bundle {self.scratch.dir}/config")
        _, ok, self.hash, *text = self.wait_line("adopted ").split(" ", 3)
        assert ok == "1", text

    def engine(self, epoch):
        self.epoch = epoch
        self.tell(f"engine {epoch}")

    def kill(self):
        self.tell("kill")
        self.wait_line("signal 9")

    def order(self, kind, **record):
        self.tell(f"order {kind} {json.dumps(record)}")

    def start_attempt(self, action, ident=None, argv=None, target="web-1", **more):
        if ident is None:
            self.next_id += 1
            ident = self.next_id
        record = dict(attempt=ident, epoch=self.epoch, config=self.hash, action=action,
                      verb="test", service="checkout", target=target,
                      principal="automation", argv=argv or self.actions.get(action, ["true"]),
                      timeout_ms=10000, incident=7)
        record.update(more)
        self.order("start-attempt", **record)
        return ident

    def results(self, kind, ident, key, last, timeout=15):
        """All results about one thing, up to one of the given last words."""
        found = []
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            line = self.take(max(0.01, end - time.monotonic()))
            if line is None or not line.startswith(f"result {kind} "):
                continue
            record = json.loads(line.split(" ", 2)[2])
            if record[key] != ident:
                continue
            found.append(record)
            if last == "any" or record["news"] in last:
                return found
        raise AssertionError(f"no end of {ident} within {timeout} s; saw {self.seen[-10:]}")

    ENDS = ("exited", "timed-out", "killed", "never-started", "refused", "unknown")

    def end_of(self, ident, last=ENDS, timeout=15):
        return self.results("attempt-result", ident, "attempt", last, timeout)

    def run(self, action, **more):
        ident = self.start_attempt(action, **more)
        return self.end_of(ident)

    def folder(self, ident):
        return self.state / "attempts" / str(ident)


def news(found):
    return [r["news"] for r in found]


def alive(pid):
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def started(hands, ident):
    """The lines of `started` as a dict."""
    path = hands.folder(ident) / "started"
    wait_until(path.exists, message="started")
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


# ---- how a command ends ----

def test_exit_codes_and_output_are_told():
    with Scratch("hands") as s:
        h = Hands(s, {"ok": ["sh", "-c", "echo out; echo err >&2"],
                      "three": ["/bin/sh", "-c", "exit 3"],
                      "odd": ["printf", "\\033[31mred\\377\\000\\r\\n"]})
        found = h.run("ok")
        assert news(found) == ["claimed", "started", "exited"], found
        assert found[-1]["exit_code"] == 0 and found[-1]["output"] == "out\nerr\n", found
        assert found[-1]["output_bytes"] == 8
        assert found[-1]["started_wall"] <= found[-1]["ended_wall"]
        assert h.run("three")[-1]["exit_code"] == 3
        assert h.run("odd")[-1]["output"] == "?[31mred??\n"


def test_a_command_that_cannot_start_never_started():
    with Scratch("hands") as s:
        h = Hands(s, {"missing": ["/no/such/program"], "plain": ["no-such-program"],
                      "script": [str(s.file("x", "echo no shell for me\n", 0o755))]})
        for name, why in (("missing", "No such file"), ("plain", "No such file"),
                          ("script", "Exec format error")):
            found = h.run(name)
            assert news(found) == ["claimed", "never-started"], found
            assert why in found[-1]["why"], found


def test_a_command_that_ignores_term_is_killed():
    with Scratch("hands") as s:
        h = Hands(s, {"deaf": ["sh", "-c", "trap '' TERM; echo begun; while :; do sleep 1; done"]})
        began = time.monotonic()
        found = h.run("deaf", timeout_ms=500)
        took = time.monotonic() - began
        assert news(found) == ["claimed", "started", "timed-out"], found
        assert found[-1]["signal"] == 9 and found[-1]["output"] == "begun\n"
        assert 5.0 < took < 7.5, took


def test_nothing_escapes_a_timeout():
    with Scratch("hands") as s:
        pids = s.dir / "pids"
        h = Hands(s, {"escape": ["sh", "-c", f"""
            setsid sh -c 'echo $$ >> {pids}; trap "" TERM HUP; while :; do sleep 1; done' &
            (setsid sh -c 'setsid sh -c "echo \\$\\$ >> {pids}; exec sleep 100" & exit' &)
            sleep 0.3; echo $$ >> {pids}; exec sleep 100"""]})
        found = h.run("escape", timeout_ms=1000)
        assert found[-1]["news"] == "timed-out", found
        all_pids = [int(p) for p in pids.read_text().split()]
        assert len(all_pids) == 3, all_pids
        assert not [p for p in all_pids if alive(p)], all_pids


def test_a_daemon_that_an_action_starts_lives_on():
    with Scratch("hands") as s:
        pid_file = s.dir / "pid"
        h = Hands(s, {"daemon": ["sh", "-c",
                                 f"setsid sh -c 'echo $$ > {pid_file}; exec sleep 60' & "
                                 f"while ! [ -s {pid_file} ]; do sleep 0.02; done; echo up"]})
        found = h.run("daemon")
        pid = int(pid_file.read_text())
        s.stack.callback(os.kill, pid, signal.SIGKILL)
        assert news(found)[-1] == "exited" and found[-1]["output"] == "up\n", found
        assert alive(pid)
        cgroup = pathlib.Path(f"/proc/{pid}/cgroup").read_text()
        assert "firstline-attempt" not in cgroup, cgroup


def test_a_signal_from_elsewhere_is_told():
    with Scratch("hands") as s:
        h = Hands(s, {"dies": ["sh", "-c", "kill -SEGV $$"]})
        found = h.run("dies")
        assert found[-1]["news"] == "killed" and found[-1]["signal"] == 11, found


def test_a_flood_neither_blocks_nor_fills_the_disk():
    with Scratch("hands") as s:
        h = Hands(s, {"flood": ["sh", "-c", "echo first; yes | head -c 100000000; echo; echo last"]})
        ident = h.start_attempt("flood", timeout_ms=60000)
        found = h.end_of(ident, timeout=60)
        last = found[-1]
        assert last["news"] == "exited" and last["exit_code"] == 0, last
        assert last["output_bytes"] == 100000012, last["output_bytes"]
        assert last["output"].startswith("first\ny\n") and last["output"].endswith("\nlast\n")
        assert "bytes left out" in last["output"] and len(last["output"]) <= 8192
        size = sum(p.stat().st_size for p in h.folder(ident).iterdir())
        assert size < 20000, size


def test_a_command_sees_only_what_it_should():
    with Scratch("hands") as s:
        os.environ["CANARY_SECRET"] = "canary"
        h = Hands(s, {"look": ["/usr/bin/python3", "-c", """
import json, os, resource, signal
print(json.dumps({"env": dict(os.environ), "cwd": os.getcwd(),
 "fds": {fd: os.readlink("/proc/self/fd/" + fd) for fd in os.listdir("/proc/self/fd")
         if os.path.exists("/proc/self/fd/" + fd)},
 "nofile": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
 "sid": os.getsid(0) == os.getpid(), "umask": os.umask(0),
 "blocked": [int(x) for x in signal.pthread_sigmask(signal.SIG_BLOCK, [])],
 "ignored": [s for s in (1, 2, 15, 17) if signal.getsignal(s) == signal.SIG_IGN]}))"""]})
        del os.environ["CANARY_SECRET"]
        seen = json.loads(h.run("look")[-1]["output"])
        seen["env"].pop("LC_CTYPE", None)  # Python's own
        assert seen["env"] == {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8", "FIRSTLINE_ATTEMPT": "101", "FIRSTLINE_INCIDENT": "7",
            "FIRSTLINE_SERVICE": "checkout", "FIRSTLINE_TARGET": "web-1"}, seen["env"]
        assert set(seen["fds"]) == {"0", "1", "2"}, seen["fds"]
        assert seen["fds"]["0"] == "/dev/null" and seen["fds"]["1"].startswith("pipe:")
        assert seen["sid"] and seen["cwd"] == "/" and seen["umask"] == 0o22
        assert seen["nofile"] <= 1024
        assert seen["blocked"] == [] and seen["ignored"] == []


# ---- once, or surely not ----

def test_an_order_given_twice_starts_once():
    with Scratch("hands") as s:
        count = s.dir / "count"
        h = Hands(s, {"count": ["sh", "-c", f"echo x >> {count}; sleep 0.3"]})
        ident = h.start_attempt("count")
        h.start_attempt("count", ident=ident)
        h.end_of(ident)
        h.start_attempt("count", ident=ident)
        assert news(h.end_of(ident)) == ["exited"]
        h.kill()
        h.start(engine=2)
        h.start_attempt("count", ident=ident)
        assert news(h.end_of(ident))[-1] == "exited"
        assert count.read_text() == "x\n"


def test_a_stale_engine_starts_nothing():
    with Scratch("hands") as s:
        h = Hands(s, {"ok": ["true"]})
        h.engine(5)
        found = h.end_of(h.start_attempt("ok", epoch=4))
        assert news(found) == ["refused"], found
        h.engine(3)  # an older engine than one that was seen
        h.wait_line("gone engine")
        h.engine(5)
        assert news(h.run("ok"))[-1] == "exited"


def test_orders_are_judged_again():
    with Scratch("hands") as s:
        h = Hands(s, {"ok": ["true"]})
        for more, why in (({"action": "unknown"}, "no action 'unknown'"),
                          ({"argv": ["rm", "-rf", "/"]}, "not what action 'ok' runs"),
                          ({"principal": "agent:x"}, ""), ({"service": "ledger"}, ""),
                          ({"target": "web-9"}, ""), ({"params": {"x": "y"}}, ""),
                          ({"verb": "erase"}, "is of the verb test, not erase"),
                          ({"timeout_ms": 10_000_000}, "the order one of 10000000"),
                          ({"runbook_hash": "0" * 63 + "1"}, "its runbook, or one that called it, is not one of"),
                          ({"given": {"undo": True, "undo_of": 3}}, "takes nothing back")):
            found = h.end_of(h.start_attempt(more.pop("action", "ok"), **more))
            assert news(found) == ["refused"] and why in found[-1]["why"], found
            assert found[-1]["why"] and found[-1]["judged"], found
            assert not h.folder(found[-1]["attempt"]).exists()


def test_an_order_waits_for_its_configuration():
    with Scratch("hands") as s:
        h = Hands(s, {"ok": ["true"]})
        old = h.hash
        h.actions["late"] = ["sh", "-c", "exit 5"]
        h.write_config()
        h.adopt()
        new = h.hash
        h.kill()
        h.actions.pop("late")
        h.write_config()
        h.start(engine=2)
        assert h.hash == old
        ident = h.start_attempt("late", argv=["sh", "-c", "exit 5"], config=new)
        time.sleep(0.5)
        assert not h.folder(ident).exists()
        h.actions["late"] = ["sh", "-c", "exit 5"]
        h.write_config()
        h.adopt()
        assert h.end_of(ident)[-1]["exit_code"] == 5
        # an earlier configuration is known, and judged by the newest
        assert news(h.run("ok", config=old))[-1] == "exited"
        never = h.start_attempt("ok", config="ab" * 32)
        stopped = h.start_attempt("ok", config="ab" * 32)
        h.order("stop-attempt", attempt=stopped, epoch=2, why="stop")
        assert news(h.end_of(stopped)) == ["never-started"]
        found = h.end_of(never, timeout=14)
        assert news(found) == ["refused"] and "not adopted in time" in found[-1]["why"]


def test_a_target_has_a_ceiling_that_restarts_remember():
    with Scratch("hands") as s:
        h = Hands(s, {"ok": ["true"]})
        for i in range(60):
            if i == 30:
                h.kill()
                h.start(engine=2)
            assert news(h.run("ok"))[-1] == "exited", i
        h.kill()
        h.start(engine=3)
        found = h.run("ok")
        assert news(found) == ["refused"] and "ceiling" in found[-1]["why"], found
        assert news(h.run("ok", target="web-2"))[-1] == "exited"


# ---- deaths ----

def test_hands_killed_mid_run_finds_its_attempt_again():
    with Scratch("hands") as s:
        go = s.dir / "go"
        h = Hands(s, {"wait": ["sh", "-c", f"while ! [ -e {go} ]; do sleep 0.05; done; echo done"]})
        ident = h.start_attempt("wait")
        h.end_of(ident, last=("started",))
        h.kill()
        h.start(engine=2)
        h.order("reconcile-attempt", attempt=ident, epoch=2)
        found = h.end_of(ident, last=("started",))
        assert news(found) == ["claimed", "started"], found
        go.touch()
        last = h.end_of(ident)[-1]
        assert last["news"] == "exited" and last["output"] == "done\n", last


def test_a_result_written_while_hands_was_dead_is_told():
    with Scratch("hands") as s:
        h = Hands(s, {"short": ["sh", "-c", "sleep 0.3; exit 4"]})
        ident = h.start_attempt("short")
        h.end_of(ident, last=("started",))
        h.kill()
        wait_until((h.folder(ident) / "result").exists, message="result")
        h.start(engine=2)
        h.order("reconcile-attempt", attempt=ident, epoch=2)
        found = h.end_of(ident)
        assert news(found) == ["exited"] and found[-1]["exit_code"] == 4, found
        h.order("forget-attempt", attempt=ident, epoch=2)
        wait_until(lambda: not h.folder(ident).exists(), message="the folder goes")
        h.order("reconcile-attempt", attempt=ident, epoch=2)
        assert news(h.end_of(ident)) == ["never-started"]


def test_a_shim_without_a_folder_ends_with_its_command():
    """It tries half a minute to keep a result; where its folder is gone there is nowhere to."""
    with Scratch("hands") as s:
        go = s.dir / "go"
        h = Hands(s, {"wait": ["sh", "-c", f"while ! [ -e {go} ]; do sleep 0.05; done"]})
        ident = h.start_attempt("wait")
        h.end_of(ident, last=("started",))
        shim = int(started(h, ident)["shim_pid"])
        h.kill()
        shutil.rmtree(h.folder(ident))
        go.touch()
        wait_until(lambda: not alive(shim), 5, message="the shim ends")


def test_an_engine_hears_of_every_folder_that_is_left():
    with Scratch("hands") as s:
        go = s.dir / "go"
        h = Hands(s, {"short": ["true"],
                      "wait": ["sh", "-c", f"while ! [ -e {go} ]; do sleep 0.05; done"]})
        ended = {h.run("short")[-1]["attempt"] for _ in range(20)}
        waits = h.start_attempt("wait")
        h.end_of(waits, last=("started",))
        seen = len(h.seen)
        h.engine(2)  # the one before kept what it was told, and died before it said so
        told = set()
        while told != ended:
            record = json.loads(h.wait_line("result attempt-result ").split(" ", 2)[2])
            assert record["news"] == "exited" and record["attempt"] not in told, record
            told.add(record["attempt"])
            h.order("forget-attempt", attempt=record["attempt"], epoch=2)
        wait_until(lambda: not any(h.folder(i).exists() for i in ended), message="they go")
        assert not [line for line in h.seen[seen:] if f'"attempt":{waits}' in line], h.seen[seen:]
        go.touch()
        assert news(h.end_of(waits)) == ["exited"]


def test_a_killed_shim_leaves_doubt():
    with Scratch("hands") as s:
        h = Hands(s, {"long": ["sleep", "30"], "short": ["true"]})
        ident = h.start_attempt("long")
        h.end_of(ident, last=("started",))
        lines = started(h, ident)
        cgroup = cgroup_of(int(lines["child_pid"]))
        assert cgroup.name == lines["cgroup"] or not lines["cgroup"], (cgroup, lines)
        os.kill(int(lines["shim_pid"]), signal.SIGKILL)
        found = h.end_of(ident)
        assert news(found) == ["unknown"] and found[-1]["alive"] == "maybe", found
        h.kill()
        h.start(engine=2)
        h.order("reconcile-attempt", attempt=ident, epoch=2)
        found = h.end_of(ident)
        assert news(found) == ["unknown"] and found[-1]["alive"] == "maybe", found
        child = int(lines["child_pid"])
        stat = pathlib.Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        assert lines["child_start"] == stat[19], (lines, stat)
        os.kill(child, signal.SIGKILL)
        wait_until(lambda: not alive(child), message="the command ends")
        h.order("reconcile-attempt", attempt=ident, epoch=2)
        found = h.end_of(ident)
        assert news(found) == ["unknown"] and found[-1]["alive"] == "no", found
        # The next shim removes the cgroup that nobody removed.
        h.run("short")
        assert not lines["cgroup"] or not cgroup.exists(), cgroup


def cgroup_of(pid):
    own = next(line for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().split("\n") if line.startswith("0::"))
    mounts = [pathlib.Path(m) for m in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup")]
    return next(m for m in mounts if m.exists()) / own.removeprefix("0::/")


def test_a_claim_without_anybody_is_doubt():
    with Scratch("hands") as s:
        h = Hands(s, {"ok": ["true"]})
        ident = h.start_attempt("ok")
        h.end_of(ident)
        (h.folder(ident) / "result").unlink()
        (h.folder(ident) / "started").unlink()
        h.order("reconcile-attempt", attempt=ident, epoch=1)
        found = h.end_of(ident)
        assert news(found)[-1] == "unknown" and found[-1]["alive"] == "no", found


def test_a_damaged_result_is_doubt():
    with Scratch("hands") as s:
        h = Hands(s, {"ok": ["true"]})
        ident = h.start_attempt("ok")
        h.end_of(ident)
        path = h.folder(ident) / "result"
        path.write_text(path.read_text().replace("exit_code=0", "exit_code=zero"))
        h.order("reconcile-attempt", attempt=ident, epoch=1)
        found = h.end_of(ident)
        # the shim may still be leaving: then it was found at work for a moment
        assert news(found)[-1] == "unknown" and "cannot be read" in found[-1]["why"], found


def spawner_of(h):
    """The one child of hands (its shims are children of the spawner)."""
    children = pathlib.Path(f"/proc/{h.pid}/task/{h.pid}/children").read_text().split()
    assert len(children) == 1, children
    return int(children[0])


def test_without_its_spawner_hands_starts_afresh():
    with Scratch("hands") as s:
        go = s.dir / "go"
        h = Hands(s, {"wait": ["sh", "-c", f"while ! [ -e {go} ]; do sleep 0.05; done"]})
        ident = h.start_attempt("wait")
        h.end_of(ident, last=("started",))
        os.kill(spawner_of(h), signal.SIGKILL)
        h.wait_line("exit 1")
        h.start(engine=2)
        h.order("reconcile-attempt", attempt=ident, epoch=2)
        assert news(h.end_of(ident, last=("started",)))[-1] == "started"
        go.touch()
        assert news(h.end_of(ident))[-1] == "exited"


def test_the_spawner_leaves_with_hands():
    with Scratch("hands") as s:
        h = Hands(s)
        spawner = spawner_of(h)
        h.kill()
        wait_until(lambda: not alive(spawner), message="the spawner leaves")


# ---- stopping ----

def test_a_stop_ends_all_within_a_second():
    with Scratch("hands") as s:
        h = Hands(s, {"long": ["sleep", "30"]})
        idents = [h.start_attempt("long", target=f"web-{1 + i % 2}") for i in range(10)]
        for ident in idents:
            started(h, ident)
        began = time.monotonic()
        for ident in idents:
            h.order("stop-attempt", attempt=ident, epoch=1, why="stop-all")
        ends = {}
        while len(ends) < 10:
            line = h.wait_line("result attempt-result")
            record = json.loads(line.split(" ", 2)[2])
            if record["news"] in Hands.ENDS:
                ends[record["attempt"]] = record
        assert time.monotonic() - began < 1.0
        for record in ends.values():
            assert record["news"] == "killed" and record["why"] == "stopped", record


def test_a_stop_finds_an_attempt_of_an_earlier_hands():
    with Scratch("hands") as s:
        h = Hands(s, {"long": ["sleep", "30"]})
        ident = h.start_attempt("long")
        h.end_of(ident, last=("started",))
        h.kill()
        h.start(engine=2)
        h.order("stop-attempt", attempt=ident, epoch=2, why="stop")
        assert news(h.end_of(ident)) == ["claimed", "started", "killed"]
        h.order("stop-attempt", attempt=999, epoch=2, why="stop")
        assert news(h.end_of(999)) == ["never-started"]


def test_an_attempt_at_work_is_not_forgotten():
    with Scratch("hands") as s:
        h = Hands(s, {"long": ["sleep", "1"]})
        ident = h.start_attempt("long")
        h.end_of(ident, last=("started",))
        h.order("forget-attempt", attempt=ident, epoch=1)
        h.wait_line("log ")
        assert h.folder(ident).exists()
        assert news(h.end_of(ident)) == ["exited"]


def test_hands_told_to_stop_leaves_its_attempts_running():
    with Scratch("hands") as s:
        h = Hands(s, {"long": ["sleep", "1"]})
        ident = h.start_attempt("long")
        h.end_of(ident, last=("started",))
        h.tell("stop")
        h.wait_line("exit 0")
        assert alive(int(started(h, ident)["child_pid"]))
        h.start(engine=2)
        h.order("reconcile-attempt", attempt=ident, epoch=2)
        assert news(h.end_of(ident))[-1] == "exited"


# ---- the engine's side ----

def test_nonsense_closes_the_connection_and_nothing_else():
    with Scratch("hands") as s:
        h = Hands(s, {"ok": ["true"]})
        for raw in ("ff" * 64, "00000000" + "0500" + "0000" + "00" * 8,
                    "01000000" + "0500" + "0000" + "00" * 8 + "ff"):
            h.tell(f"raw {raw}")
            h.wait_line("gone engine")
            h.engine(1)
        assert news(h.run("ok"))[-1] == "exited"


def test_three_hundred_attempts_at_once():
    with Scratch("hands") as s:
        hosts = "".join(f"  n-{i}: {{service: checkout, role: n, environment: production}}\n"
                        for i in range(300))
        h = Hands(s, {"ok": ["sh", "-c", "sleep 0.2; echo $FIRSTLINE_TARGET"]})
        h.scratch.file("config/hosts.yaml", "hosts:\n" + hosts)
        h.adopt()
        idents = {h.start_attempt("ok", target=f"n-{i}", timeout_ms=60000): f"n-{i}\n"
                  for i in range(300)}
        ends = {}
        while len(ends) < 300:
            record = json.loads(h.wait_line("result attempt-result", 60).split(" ", 2)[2])
            if record["news"] in Hands.ENDS:
                ends[record["attempt"]] = record
        assert {i: r["output"] for i, r in ends.items()} == idents
        fds = os.listdir(f"/proc/{h.pid}/fd")
        assert len(fds) < 40, fds


# ---- probes ----

class Pages:
    """An HTTP server with scripted pages."""

    def __init__(self, scratch, pages):
        import http.server
        outer = self
        self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                status, body = pages(self.path)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 100

        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        scratch.stack.callback(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_address[1]}"


def probe(h, timeout=15, **record):
    h.next_id += 1
    h.order("probe", probe=dict(dict(id=h.next_id, timeout_ms=5000), **record))
    return h.results("probe-result", h.next_id, "probe", "any", timeout)[-1]


def test_http_probes_see_status_and_body():
    with Scratch("hands") as s:
        pages = Pages(s, lambda path: {
            "/ok": (200, b"all well\n"), "/bad": (503, b"\x1b[31mno\x00"),
            "/moved": (302, b""), "/big": (200, b"x" * 3000000)}.get(path, (404, b"gone")))
        h = Hands(s)
        seen = probe(h, kind="http", url=pages.url + "/ok")
        assert (seen["status"], seen["code"], seen["value"]) == ("ok", 200, "all well\n"), seen
        seen = probe(h, kind="http", url=pages.url + "/bad")
        assert (seen["code"], seen["value"]) == (503, "?[31mno?"), seen
        assert probe(h, kind="http", url=pages.url + "/moved")["code"] == 302
        assert "/elsewhere" not in pages.asked
        seen = probe(h, kind="http", url=pages.url + "/big")
        assert seen["code"] == 200 and len(seen["value"]) == 4096, seen["code"]
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
            seen = probe(h, kind="http", url=url)
        assert (seen["status"], seen["code"]) == ("ok", 0), seen  # certain: nobody listens
        assert probe(h, kind="http", url="http://no-such-host.invalid/")["status"] == "failed"
        assert probe(h, kind="http", url="file:///etc/passwd")["status"] == "failed"
        assert probe(h, kind="http", url="gopher://127.0.0.1/")["status"] == "failed"


def test_a_silent_server_times_out_and_delays_nobody():
    with Scratch("hands") as s, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(100)
        pages = Pages(s, lambda path: (200, b"x"))
        h = Hands(s)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        for i in range(40):
            h.order("probe", probe=dict(id=5000 + i, kind="http", url=url, timeout_ms=1500))
        began = time.monotonic()
        assert probe(h, kind="http", url=pages.url)["code"] == 200
        assert time.monotonic() - began < 1.0
        for i in range(40):
            if not any(f'"probe":{5000 + i},' in line for line in h.seen):
                h.results("probe-result", 5000 + i, "probe", "any")
        assert time.monotonic() - began < 3.0


def test_more_probes_than_fit_wait_their_turn():
    with Scratch("hands") as s:
        pages = Pages(s, lambda path: (time.sleep(0.05), (200, path.encode()))[1])
        h = Hands(s)
        for i in range(300):
            h.order("probe", probe=dict(id=9000 + i, kind="http", url=f"{pages.url}/{i}",
                                        timeout_ms=5000))
        seen = {}
        while len(seen) < 300:
            record = json.loads(h.wait_line("result probe-result", 20).split(" ", 2)[2])
            seen[record["probe"]] = record.get("value") or record
        odd = {i: v for i, v in seen.items() if v != f"/{i - 9000}"}
        assert not odd, odd


def test_promql_probes_find_one_value():
    answers = {
        "up": (200, {"resultType": "vector", "result": [
            {"metric": {"job": "b"}, "value": [1, "0"]},
            {"metric": {"job": "a"}, "value": [1, "1"]}]}),
        'queue{q="a b+c"}': (200, {"resultType": "scalar", "result": [1, "512.5"]}),
        "none": (200, {"resultType": "vector", "result": []}),
    }

    def page(path):
        from urllib.parse import parse_qs, urlsplit
        query = parse_qs(urlsplit(path).query)["query"][0]
        if query == "bad(":
            return 400, json.dumps({"status": "error", "errorType": "bad_data",
                                    "error": "unclosed parenthesis"}).encode()
        if query == "proxy":
            return 502, b"<html>bad gateway</html>"
        status, data = answers[query]
        return status, json.dumps({"status": "success", "data": data}).encode()

    with Scratch("hands") as s:
        pages = Pages(s, page)
        h = Hands(s)
        ask = lambda query: probe(h, kind="promql", url=pages.url + "/", query=query)
        seen = ask("up")
        assert (seen["status"], seen["value"], seen["series"]) == ("ok", "1", 2), seen
        assert ask('queue{q="a b+c"}')["value"] == "512.5"
        assert ask("none")["status"] == "no-data"
        assert ask("bad(")["error"] == "Prometheus says: unclosed parenthesis"
        assert ask("proxy")["error"] == "the server answered 502"


def test_run_probes_tell_exit_code_and_output():
    with Scratch("hands") as s:
        pid_file = s.dir / "pid"
        h = Hands(s)
        seen = probe(h, kind="run", argv=["sh", "-c", "echo ready; exit 4"])
        assert (seen["status"], seen["code"], seen["value"]) == ("ok", 4, "ready\n"), seen
        seen = probe(h, kind="run", argv=["/no/such"])
        assert seen["status"] == "failed" and "No such file" in seen["error"], seen
        seen = probe(h, kind="run", argv=["sh", "-c", "kill -9 $$"])
        assert seen["error"] == "it ended by signal 9", seen
        began = time.monotonic()
        seen = probe(h, kind="run", timeout_ms=300, argv=["sh", "-c",
                     f"setsid sh -c 'echo $$ > {pid_file}; exec sleep 50' & sleep 50"])
        assert seen["error"] == "it did not end in time", seen
        assert time.monotonic() - began < 7
        assert not alive(int(pid_file.read_text()))
        seen = probe(h, kind="run", argv=["sh", "-c", "head -c 9999999 /dev/zero | tr '\\0' x"])
        assert seen["value"] == "x" * 4096
        assert list((h.state / "attempts").glob("[0-9]*")) == []


def test_a_probe_ends_with_its_hands():
    with Scratch("hands") as s:
        pid_file = s.dir / "pid"
        h = Hands(s)
        h.order("probe", probe=dict(id=5, kind="run", timeout_ms=60000, argv=[
            "sh", "-c", f"echo $$ > {pid_file}; exec sleep 60"]))
        wait_until(lambda: pid_file.exists() and pid_file.read_text(), message="it runs")
        h.kill()
        pid = int(pid_file.read_text())
        wait_until(lambda: not alive(pid), message="it ends")


# ---- notices and case files ----

def notice(h, timeout=15, wait=True, **record):
    if "id" not in record:
        h.next_id += 1
        record["id"] = h.next_id
    full = dict(dict(incident=17, purpose="opened", state="sending", person="ana",
                     subject="[sev2] checkout: Käse\nBcc: all@example.com",
                     text="Impact: customers.\nDo: firstline incident ack 17\n",
                     made_wall="2026-11-23T18:18:22.380Z",
                     fields={"impact": "customers cannot buy"}), **record)
    h.order("notify", notice=full)
    if not wait:
        return full["id"]
    return h.results("notice-result", full["id"], "notice", "any", timeout)[-1]


def test_webhooks_are_signed_and_answered():
    with Scratch("hands") as s:
        sink = WebhookSink(s, SECRET)
        secret = s.file("secret", SECRET + "\n", 0o600)
        h = Hands(s, channels=f"  hook: {{webhook: '{sink.url}', secret: 'file:{secret}'}}\n")
        seen = notice(h, id=42, channel="hook")
        assert seen["delivered"] and "error" not in seen, seen
        assert sink.bad_signatures == 0
        ident, body = sink.requests[0]
        assert ident == "notice-42" and body["type"] == "incident.opened", body
        assert body["timestamp"] == "2026-11-23T18:18:22.380Z"
        assert body["data"]["incident"] == 17
        assert body["data"]["impact"] == "customers cannot buy"
        for status, permanent in ((500, False), (503, False), (429, False), (408, False),
                                  (400, True), (404, True), (410, True), (302, False)):
            sink.status = status
            seen = notice(h, channel="hook")
            assert not seen["delivered"] and seen["permanent"] == permanent, (status, seen)
            assert seen["error"] == f"the receiver answered {status}", seen


def test_a_notice_ordered_again_is_sent_once():
    with Scratch("hands") as s:
        sink = WebhookSink(s)
        h = Hands(s, channels=f"  hook: {{webhook: '{sink.url}'}}\n")
        assert notice(h, id=42, channel="hook")["delivered"]
        h.engine(2)
        assert notice(h, id=42, channel="hook")["delivered"]
        assert len(sink.requests) == 1


def test_t9_secrets_must_be_kept():
    with Scratch("hands") as s:
        sink = WebhookSink(s, SECRET)
        secret = s.file("secret", SECRET, 0o644)
        channels = (f"  hook: {{webhook: '{sink.url}', secret: 'file:{secret}'}}\n"
                    f"  env: {{webhook: '{sink.url}', secret: 'env:HANDS_TEST_SECRET'}}\n"
                    f"  unset: {{webhook: '{sink.url}', secret: 'env:HANDS_TEST_UNSET'}}\n")
        os.environ["HANDS_TEST_SECRET"] = SECRET
        h = Hands(s, channels=channels)
        del os.environ["HANDS_TEST_SECRET"]
        seen = notice(h, channel="hook")
        assert "open to others" in seen["error"] and not seen["delivered"], seen
        secret.chmod(0o600)  # needs no restart
        assert notice(h, channel="hook")["delivered"]
        assert notice(h, channel="env")["delivered"]
        assert "is not set" in notice(h, channel="unset")["error"]
        assert sink.bad_signatures == 0
        assert "whsec" not in "".join(h.seen)


def test_mail_arrives_and_threads():
    with Scratch("hands") as s:
        sink = SmtpSink(s)
        h = Hands(s, channels=f"  post: {{smtp: 'smtp://127.0.0.1:{sink.port}', "
                              f"from: firstline@example.com}}\n")
        seen = notice(h, id=42, channel="post", address="ana@example.com",
                      text="Grüße\n.\n..dots\nlast line without end")
        assert seen["delivered"], seen
        mail, = sink.parsed()
        envelope, = sink.messages
        assert envelope.mail_from == "firstline@example.com"
        assert envelope.rcpt_tos == ["ana@example.com"]
        assert mail["Subject"] == "[sev2] checkout: Käse Bcc: all@example.com"
        assert mail["Message-ID"] == "<notice-42.17@example.com>"
        assert mail["References"] == mail["In-Reply-To"] == "<incident-17@example.com>"
        assert mail["Auto-Submitted"] == "auto-generated" and mail["Bcc"] is None
        text = mail.get_content().replace("\r\n", "\n")
        assert text == "Grüße\n.\n..dots\nlast line without end\n", repr(text)
        sink.refuse = 1
        seen = notice(h, channel="post", address="ana@example.com")
        assert not seen["delivered"] and not seen["permanent"] and seen["error"], seen


def smtp_with_login(scratch, host, tls):
    """A real SMTP server that wants the login ana / hunter2; what it saw as a list."""
    import ssl
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult
    seen = []

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            seen.append((session.ssl is not None, session.authenticated))
            return "250 OK"

    def login(server, session, envelope, mechanism, data):
        good = data.login == b"ana" and data.password == b"hunter2"
        return AuthResult(success=good, handled=False)

    context = None
    if tls:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=mail", "-keyout", scratch.dir / "key", "-out",
                        scratch.dir / "cert"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(scratch.dir / "cert", scratch.dir / "key")
    with socket.socket() as free:
        free.bind((host, 0))
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname=host, port=port, tls_context=context,
                            authenticator=login, auth_required=True, auth_require_tls=tls)
    controller.start()
    scratch.stack.callback(controller.stop)
    return port, seen


def test_a_login_goes_over_tls_where_it_is_offered():
    with Scratch("hands") as s:
        port, seen = smtp_with_login(s, "127.0.0.1", tls=True)
        secret = s.file("secret", "hunter2\n", 0o600)
        wrong = s.file("wrong", "hunter3\n", 0o600)
        line = (f"smtp: 'smtp://127.0.0.1:{port}', from: f@example.com, username: ana, "
                "password: 'file:")
        h = Hands(s, channels=f"  post: {{{line}{secret}'}}\n  bad: {{{line}{wrong}'}}\n")
        assert notice(h, channel="post", address="ana@example.com")["delivered"]
        assert seen == [(True, True)], seen
        told = notice(h, channel="bad", address="ana@example.com")
        assert told["permanent"] and "hunter" not in told["error"], told


def test_a_login_never_leaves_the_machine_unencrypted():
    with Scratch("hands") as s:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe_socket:
            try:
                probe_socket.connect(("192.0.2.1", 9))
            except OSError:
                return  # a machine with a loopback interface alone
            host = probe_socket.getsockname()[0]
        port, seen = smtp_with_login(s, host, tls=False)
        secret = s.file("secret", "hunter2\n", 0o600)
        h = Hands(s, channels=f"  post: {{smtp: 'smtp://{host}:{port}', from: f@example.com, "
                              f"username: ana, password: 'file:{secret}'}}\n")
        told = notice(h, channel="post", address="ana@example.com")
        assert not told["delivered"] and told["error"], told
        assert seen == []


def test_a_mail_that_is_refused_for_good_is_permanent():
    with Scratch("hands") as s:
        def serve(listener):
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                file = peer.makefile("rwb")
                file.write(b"220 hello\r\n")
                file.flush()
                for line in file:
                    code = b"550 no such user" if line.upper().startswith(b"RCPT") else b"250 ok"
                    file.write(code + b"\r\n")
                    file.flush()
                peer.close()
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        s.stack.callback(listener.close)
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        port = listener.getsockname()[1]
        h = Hands(s, channels=f"  post: {{smtp: 'smtp://127.0.0.1:{port}', from: f@example.com}}\n")
        seen = notice(h, channel="post", address="nobody@example.com")
        assert seen["permanent"] and not seen["delivered"] and seen["error"], seen
        seen = notice(h, channel="post", address="x@y>\r\nDATA")
        assert seen["permanent"] and "no address" in seen["error"], seen
        seen = notice(h, channel="nowhere")
        assert seen["permanent"] and "no channel 'nowhere'" in seen["error"], seen


def test_a_dead_provider_delays_no_other():
    with Scratch("hands") as s, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(100)
        sink = WebhookSink(s)
        h = Hands(s, channels=(
            f"  tarpit: {{webhook: 'http://127.0.0.1:{silent.getsockname()[1]}/'}}\n"
            f"  hook: {{webhook: '{sink.url}'}}\n"))
        for _ in range(50):
            notice(h, wait=False, channel="tarpit")
        began = time.monotonic()
        for _ in range(20):
            assert notice(h, channel="hook")["delivered"]
        assert time.monotonic() - began < 2
        silent.setblocking(False)
        peers = []
        try:
            while True:
                peers.append(silent.accept())  # kept open: a closed one makes room for another
        except BlockingIOError:
            pass
        assert len(peers) == 8, len(peers)


def test_a_case_file_is_filed():
    with Scratch("hands") as s:
        h = Hands(s)
        text = "# Queue stuck\n\nAsk: fix it.\n"
        for _ in range(2):
            h.order("file-handoff", handoff=dict(
                id=33, incident=17, **{"class": "investigation"}, state="filing",
                team="checkout-dev", case_file=text, wall="2026-11-23T18:18:22.380Z"))
            seen = h.results("handoff-result", 33, "handoff", "any")[-1]
            assert seen["filed"] and seen["where"] == "handoffs/17-33.md", seen
        assert (h.state / "handoffs/17-33.md").read_text() == text
        assert os.listdir(h.state / "handoffs") == ["17-33.md"]


if __name__ == "__main__":
    run_all(sys.modules[__name__])
