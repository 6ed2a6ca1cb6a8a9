"""Every place from which the program or a library of its takes memory or calls the kernel
fails, each in turn, while senders and actions go on (tests/fault/failing.c). What was
acknowledged is there, no attempt began twice, the journal replays, and with the failures
over all of it works: an alert is taken, its action runs, people are told. Of the shim alone,
call by call: test_failing_shim.py.

FAIL_SECONDS=N goes on for so long (8 for memory, 9 for calls); LONG=1: in each role by
itself, which is started again and reads its folder again meanwhile, until each place that was
passed has failed with each of its errors and no other comes, or for half an hour."""
import contextlib
import json
import mmap
import os
import pathlib
import signal
import struct
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fault.test_crash import alive, configuration, shims, starts, waited
from fault.test_kills import Sender, check, up
from support.harness import BUILD, Firstline, Scratch, WebhookSink, run_all, wait_until

LONG = bool(os.environ.get("LONG"))
MEMORY, CALLS = 1, 2
QUIET = 60  # seconds in which nothing is passed that has not failed yet, with LONG
ROLES = {1: "supervisor", 2: "gate", 4: "engine", 8: "hands", 16: "shim"}
ALL = sum(ROLES)
HEAD = struct.Struct("=IIIIQIIII")
OPENS_FAIL, READS_FAIL, WRITES_FAIL, FOLDER_FAILS = 1, 2, 4, 8
PLACE = struct.Struct("=QIIIIIi24s" + 4 * "24s" + "4Q")
PLACES = 16384


def text(raw):
    return raw.split(b"\0", 1)[0].decode()


class Table:
    """What failing.c reads and writes (struct table)."""

    def __init__(self, scratch):
        self.path = scratch.dir / "places"
        size = HEAD.size + PLACES * PLACE.size
        self.path.write_bytes(bytes(size))
        self.file = open(self.path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), size)

    def fail(self, kinds, apart_ms=150, each=1, roles=ALL):
        struct.pack_into("=IIII", self.map, 0, kinds, apart_ms, each, roles)

    def break_disk(self, how):
        """Opens, reads or writes of the store fail with EIO, always; 0: none does."""
        struct.pack_into("=I", self.map, HEAD.size - 8, how)

    def slow_disk(self, ms):
        """Each sync of the store takes so much longer."""
        struct.pack_into("=I", self.map, HEAD.size - 4, ms)

    def failures(self):
        return HEAD.unpack_from(self.map)[5]

    def places(self):
        for i in range(PLACES):
            row = PLACE.unpack_from(self.map, HEAD.size + i * PLACE.size)
            if row[0]:
                yield {"passed": row[1], "failed": row[2], "kind": row[3], "role": ROLES[row[4]],
                       "errors": row[5], "last": row[6], "name": text(row[7]),
                       "at": [f"{text(m)}+{a:#x}" for m, a in zip(row[8:12], row[12:16]) if m]}

    def progress(self, kinds, roles):
        """Places that these passed, failures of them, and how many are still to come."""
        named = {name for bit, name in ROLES.items() if bit & roles}
        rows = [p for p in self.places() if p["kind"] & kinds and p["role"] in named]
        return len(rows), sum(p["failed"] for p in rows), sum(p["errors"] - p["failed"] for p in rows)

    def environment(self):
        return {"LD_PRELOAD": str(BUILD / "libfailing.so"), "LD_FAILING": str(self.path)}


class Known(Firstline):
    """Once there is a token, who has none may not send."""

    def fire(self, *alerts, seconds=300, token="local"):
        return super().fire(*alerts, seconds=seconds, token=token)


def work(firstline, scratch):
    """An alert whose runbook acts; and a person who acts."""
    (scratch.dir / "health").write_text("sick\n")
    with contextlib.suppress(Exception):
        firstline.fire({"alertname": "WorkerDown", "service": "worker", "id": str(time.monotonic())})
        row = next(r for r in firstline.incidents() if r["service"] == "worker")
        firstline.cli("run", "--action", "heal", "--target", "worker-1", "--incident", row["id"],
                      "--token-file", scratch.dir / "ana.token")


def keep_up(firstline):
    """As systemd would: what ended is started again."""
    for _ in range(50):
        with contextlib.suppress(AssertionError):
            up(firstline)
            return
    raise AssertionError("it does not come up\n" + firstline.log_text()[-3000:])


def begin_again(firstline, roles):
    """What is done at a start alone is passed once more: by the role, or by all of it."""
    with contextlib.suppress(AssertionError, ProcessLookupError):
        if ROLES[roles] in ("gate", "engine", "hands"):
            firstline.kill_role(ROLES[roles])
        elif ROLES[roles] == "supervisor":
            firstline.kill_all()


def read_again(firstline):
    """As after a change: the supervisor reads the folder, and all take over what it says."""
    with open(firstline.config / "production.yaml", "a") as rules:
        rules.write("# once more\n")
    with contextlib.suppress(ProcessLookupError):
        os.kill(firstline.child.pid, signal.SIGHUP)


def endure(firstline, scratch, table, kinds, roles, seconds):
    senders = [Sender(firstline, name) for name in ("a", "b")]
    for sender in senders:
        sender.start()
    began = heard = new = time.monotonic()
    taken, turn, before = 0, 0, None
    works = 0
    while time.monotonic() < began + seconds:
        if not alive(firstline):
            keep_up(firstline)
        # Hands start 60 an hour on one target, each time here two, and at the end one must.
        if not LONG or time.monotonic() >= began + works * seconds / 25:
            works += 1
            work(firstline, scratch)
        time.sleep(0.5)
        now = sum(len(s.acknowledged) for s in senders)
        if now > taken:
            taken, heard = now, time.monotonic()
        # One place in each start, and there are many.
        assert time.monotonic() < heard + (900 if LONG else 60), "nothing is taken\n" + firstline.log_text()[-3000:]
        if not LONG:
            continue
        turn += 1
        if turn % 3 == 0:
            read_again(firstline)
        if turn % 8 == 0:
            begin_again(firstline, roles)
        progress = table.progress(kinds, roles)
        if progress != before:
            before, new = progress, time.monotonic()
        if now and progress[2] == 0 and time.monotonic() > new + QUIET:
            break
    for sender in senders:
        sender.over.set()
        sender.join()
    return [i for s in senders for i in s.acknowledged]


def told_as_done_was_done(firstline, scratch):
    begun = set(starts(scratch))
    done = {str(a["id"]) for row in firstline.incidents()
            for a in firstline.incident(row["id"])["attempts"] if a["state"] == "exited"}
    assert done <= begun, f"never began, and told as done: {sorted(done - begun)}"


def works_again(firstline, scratch, hook):
    """One more is taken, and told; one more action heals."""
    wait_until(lambda: firstline.fire({"alertname": "Last", "service": "last"}).status == 200,
               20, 0.2, "it takes alerts again")
    wait_until(lambda: any("Last" in str(body) for _, body in list(hook.requests)), 40,
               message="people are told")
    (scratch.dir / "health").write_text("sick\n")
    begun = len(starts(scratch))
    firstline.fire({"alertname": "Other", "service": "worker"})
    row = firstline.wait_incident(lambda r: r["service"] == "worker" and r["state"] != "closed")
    said = []

    def healed():
        # What nobody can know waits for a person, and lets nothing else begin.
        for incident in firstline.incidents():
            for attempt in firstline.incident(incident["id"])["attempts"]:
                if attempt["state"] == "in-doubt":
                    firstline.cli("incident", "settle", incident["id"], attempt["id"], "yes")
        said.append(waited(firstline, scratch, "--action", "heal", "--target", "worker-1",
                           "--incident", str(row["id"])))
        return said[-1][0] == 0
    try:
        wait_until(healed, 40, 0.5)
    except AssertionError:
        raise AssertionError(f"no action is done: {said[-1:]}") from None
    assert len(starts(scratch)) > begun


def tell(table, kinds, acknowledged, begun):
    count = {}
    for p in table.places():
        if p["kind"] & kinds:
            row = count.setdefault(p["role"], [0, 0, 0])
            row[0] += 1
            row[1] += p["failed"] > 0
            row[2] += p["failed"]
    said = ", ".join(f"{role} {failed} of {n} places, {times} failures"
                     for role, (n, failed, times) in sorted(count.items()))
    print(f"  {said}; {len(acknowledged)} alerts acknowledged, {begun} actions began")


def everything_fails(kinds, seconds):
    """In all of the roles at once; LONG: each by itself, since one that is down passes nothing."""
    for roles in ROLES if LONG else (ALL,):
        everything_fails_in(roles, kinds, seconds)


def everything_fails_in(roles, kinds, seconds):
    seconds = float(os.environ.get("FAIL_SECONDS", 1800 if LONG else seconds))
    with Scratch("failing") as scratch:
        hook, table = WebhookSink(scratch), Table(scratch)
        config = configuration(scratch, hook)
        rules = config / "production.yaml"
        rules.write_text(rules.read_text().replace("5 in 1h", "1000 in 1h").replace(
            "to: [automation]", "to: [automation, person: ana]"))
        with open(scratch.dir / "heal", "a") as heal:
            heal.write(f"env | grep ^LD_ >>{scratch.dir}/leaked\nexit 0\n")
        firstline = Known(scratch, config, env=table.environment()).start()
        made = firstline.cli("token", "add", "ana", "--role", "operator", "--json", check=True)
        scratch.file("ana.token", json.loads(made.stdout)["secret"], 0o600)
        # One that is down most of the time does no work, and passes nothing of it.
        table.fail(kinds, apart_ms=500 if LONG else 150, each=9 if LONG else 1, roles=roles)
        over = threading.Timer(seconds, table.fail, [0])
        over.start()
        scratch.stack.callback(over.cancel)
        acknowledged = endure(firstline, scratch, table, kinds, roles, seconds)
        table.fail(0)
        if alive(firstline):  # an engine without its store tries it again after five minutes at most
            firstline.wait_ready(330)
        begun = check(firstline, acknowledged, scratch)
        works_again(firstline, scratch, hook)
        tell(table, kinds, acknowledged, begun)
        assert len(acknowledged) > 20 and begun > 0, "the load was none"
        told_as_done_was_done(firstline, scratch)
        assert not (scratch.dir / "leaked").read_text(), "what was preloaded reached a command"
        firstline.stop()
        wait_until(lambda: not shims(firstline.state), 10, message="its shims are gone, too")
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state,
                                 seconds=600)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def test_wherever_memory_is_taken_there_may_be_none():
    everything_fails(MEMORY, 8)


def test_whatever_call_of_the_kernel_may_fail():
    everything_fails(CALLS, 9)


if __name__ == "__main__":
    run_all(sys.modules[__name__])
