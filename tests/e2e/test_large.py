"""A large store: it is backed up beside a live server that goes on taking alerts, the copy is whole,
a server restored from it starts nothing until a person says go, and after kill -9 the first one
is ready again at once, with all that it acknowledged.

LONG=1: the store has 1 GiB, and the times are held to; else 4 MiB, and they are only told."""
# bare: needs bench/, which is not built with sanitizers
import contextlib
import http.client
import json
import os
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from e2e.test_backup import ALERT, RUNBOOK, begun, configuration
from support.harness import BUILD, Firstline, Scratch, WebhookSink, end, run_all, wait_until

LONG = bool(os.environ.get("LONG"))
SIZE = 1 << 30 if LONG else 4 << 20
RATE = 1000      # alerts/s beside the backup and the kill
BACKUP_S = 60
READY_S = 2


def load(scratch, firstline, name, **options):
    """bench_load, ended with the test; the file that it tells in."""
    words = [f"{key}={value}" for key, value in options.items()]
    child = scratch.start(BUILD / "bench/bench_load", f"port={firstline.port}", *words, log=f"{name}.json")
    return child, scratch.dir / f"{name}.json"


def told(name, child, file, seconds):
    child.wait(seconds)
    assert child.returncode == 0, f"{name}: {file.read_text()[-300:]}"
    return json.loads(file.read_text())


def store_bytes(state):
    return (state / "firstline.db").stat().st_size


def fill(scratch, firstline):
    """Alerts that are all new, and end: an entry of the journal has each twice."""
    sent, began = 0, time.monotonic()
    while store_bytes(firstline.state) < SIZE:
        for name, lasts in (("fire", 3600), ("end", 0)):
            child, file = load(scratch, firstline, f"{name}-{sent}", batch=256, count=256 * (2000 if LONG else 100),
                               seconds=300, lasts=lasts, first=sent)
            n = told(name, child, file, 320)["alerts"]
        sent += n
    took = time.monotonic() - began
    print(f"  {store_bytes(firstline.state) / 2**20:.0f} MiB of {sent} alerts and their ends, made in {took:.0f} s")


def steady(scratch, firstline, name, seconds):
    """What comes while something else is measured: most of it again, some of it new."""
    return load(scratch, firstline, name, batch=50, rate=RATE, seconds=seconds, distinct=5000, first=10 ** 9,
                connections=4)


def backed_up(scratch, firstline):
    """The file, made while alerts come."""
    file = scratch.dir / "backup.db"
    child, says = steady(scratch, firstline, "beside", 300 if LONG else 10)
    time.sleep(1)
    began = time.monotonic()
    done = firstline.cli("backup", file, "--state", firstline.state, "--json", seconds=600, check=True)
    took = time.monotonic() - began
    still = child.poll() is None
    end(child)
    said = json.loads(done.stdout)
    print(f"  backup: {file.stat().st_size / 2**20:.0f} MiB, {said['entries']} entries, {took:.1f} s, its chain walked")
    assert still, f"nothing came beside it: {says.read_text()}"
    assert file.stat().st_size > SIZE * 0.9 and said["entries"] > 0, said
    assert not LONG or took <= BACKUP_S, f"{took} s"
    return file


def check_restored(scratch, live, file):
    before = len(begun(scratch))
    other = Firstline(scratch, live.config, name="other")
    began = time.monotonic()
    other.cli("restore", file, "--state", other.state, seconds=600, check=True)
    print(f"  restore: {time.monotonic() - began:.1f} s")
    began = time.monotonic()
    done = other.cli("journal", "verify", *([] if LONG else ["--replay"]), "--state", other.state, seconds=600)
    assert done.returncode == 0, done.stdout + done.stderr
    print(f"  journal verify: {time.monotonic() - began:.1f} s")
    other.start()
    status = other.get("/v1/status")
    assert status["stopped"] and "restored" in status["stopped_why"], status
    other.fire(ALERT)
    other.wait_incident(lambda row: "WorkerDown" in row["title"] and row["needs_person"],
                        message="it waits for a person")
    assert len(begun(scratch)) == before, "nothing is started"
    # But is as soon as a person says go: nothing else had kept it.
    other.cli("resume", check=True)
    other.fire(dict(ALERT, alertname="WorkerDownAgain"))
    wait_until(lambda: len(begun(scratch)) > before, 30, message="the action begins once somebody said go")
    other.stop()


def kill_and_start(scratch, firstline, turn):
    """Seconds from exec until it is ready; nothing that it acknowledged is lost."""
    child, _ = steady(scratch, firstline, f"until-killed-{turn}", 30)
    time.sleep(2)
    last = {"alertname": "Last", "turn": str(turn)}
    assert firstline.fire(last).status == 200
    firstline.kill_all()
    end(child)
    began = time.monotonic()
    firstline.start(wait=False)
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if firstline.request("GET", "/-/ready", token=None).status == 200:
                break
        assert time.monotonic() - began < 60, "it is ready"
        time.sleep(0.002)
    took = time.monotonic() - began
    labels = [a["labels"] for a in firstline.get(f"/api/v2/alerts?filter=turn%3D%22{turn}%22")]
    assert labels == [last], labels
    return took


def check_killed(scratch, firstline):
    took = [kill_and_start(scratch, firstline, turn) for turn in range(5 if LONG else 1)]
    print(f"  ready {', '.join(f'{t:.2f}' for t in took)} s after kill -9, "
          f"with {store_bytes(firstline.state) / 2**20:.0f} MiB")
    assert not LONG or statistics.median(took) <= READY_S, took


def test_a_large_store_is_backed_up_restored_and_ready_again_at_once():
    with Scratch("large") as s:
        config = configuration(s, WebhookSink(s))
        s.file("config/runbooks/worker-down.md", RUNBOOK)
        s.file("config/runbooks/again.md", RUNBOOK.replace("worker-down", "again").replace("WorkerDown", "WorkerDownAgain"))
        (s.dir / "hold").unlink()
        firstline = Firstline(s, config).start()
        fill(s, firstline)
        file = backed_up(s, firstline)
        check_killed(s, firstline)
        firstline.stop()
        check_restored(s, firstline, file)


if __name__ == "__main__":
    run_all(sys.modules[__name__])
