"""bench/soak in small, and what it makes of a log: a leak is told from noise, a step and a short
run, and what was cut off still counts."""
# bare: needs bench/, which is not built with sanitizers
import json
import os
import pathlib
import random
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "bench"))
import soaked
from support.harness import BUILD, ROOT, Scratch, run_all, wait_until

HOUR = 3600


def started(scratch, log):
    return scratch.start(ROOT / "bench/soak", BUILD, "--quick", "--log", log, log="out")


def test_a_soak_in_small():
    with Scratch("soak") as scratch:
        log = scratch.dir / "soak.log"
        child = started(scratch, log)
        code = child.wait(60)
        out = (scratch.dir / "out").read_text()
        assert code == 0, out
        begin, samples, over = soaked.read_log(log)
        assert over["why"] == "the time is over" and len(samples) > 10, (over, len(samples))
        for name in soaked.PROCESSES:
            assert f"| {name} |" in out and all(name in s["processes"] for s in samples), out
        counts = samples[-1]["counts"]
        assert counts["failed"] == 0, out
        for what in ("sent", "events", "asked", "incidents_opened", "attempts_started", "notices_delivered", "starts_remembered", "core_bytes"):
            assert counts[what] > 0, (what, counts)
        told = subprocess.run([ROOT / "bench/soak", "--tell", log], capture_output=True, text=True, timeout=30)
        assert told.returncode == 0 and "descriptors are not judged, and of so short a run nothing is said of slopes" in told.stdout, told


def test_a_signal_ends_it_and_the_server_and_what_came_is_told():
    with Scratch("soak") as scratch:
        log = scratch.dir / "soak.log"
        child = started(scratch, log)
        wait_until(lambda: log.exists() and log.read_text().count('"sample"') > 4, 30, message="samples")
        server = soaked.read_log(log)[0]["pid"]
        assert os.path.exists(f"/proc/{server}")
        child.send_signal(signal.SIGINT)
        child.wait(40)
        assert not os.path.exists(f"/proc/{server}"), "the server is still there"
        assert soaked.read_log(log)[2]["why"] == "ended by a signal"


def made_up(grows=lambda t: 0, hours=8, **wrong):
    """A log of so many hours: memory of the engine as told, with noise, and one thing wrong."""
    draw = random.Random(1)
    samples, closed = [], 0
    for t in range(0, hours * HOUR, 10):
        closed += t // 1800 % 2
        processes = {name: {"pid": 10 + i, "rss_kb": 9000, "fds": 20 + draw.randrange(5), "threads": 1,
                            "anonymous_kb": 5000 + draw.randrange(200)} for i, name in enumerate(soaked.PROCESSES)}
        processes["engine"]["anonymous_kb"] += int(grows(t))
        counts = {"incidents_closed": closed, "sent": 1000 * t, "starts_remembered": int(wrong.get("starts", 0) * t)}
        samples.append({"kind": "sample", "t": t, "rest": False, "processes": processes, "others": 0, "zombies": [],
                        "state_bytes": 10_000_000 + t * 100, "state_files": 9, "cgroups": 0, "counts": counts})
    late = samples[len(samples) // 2:]
    for sample in late:
        sample["processes"]["hands"]["fds"] += 5 * wrong.get("fds", 0)
        sample["processes"]["gate"]["pid"] += wrong.get("restarts", 0)
        sample["zombies"] = [77] * wrong.get("zombies", 0)
    return {"kind": "begin", "settle": 900, "rate": 1000, "seconds": hours * HOUR}, samples, None


def mib_a_day(n):
    return lambda t: n * 1024 * t / (24 * HOUR)


def test_what_grows_is_told_from_what_does_not():
    for what, log, wrong in (
            ("nothing", made_up(), []),
            ("half of what is allowed", made_up(mib_a_day(0.5)), []),
            ("twice of it", made_up(mib_a_day(2)), ["engine: its memory grows"]),
            ("what starts of actions take, one in ten seconds", made_up(mib_a_day(5.56), starts=0.1), []),
            ("twice of it", made_up(mib_a_day(11.12), starts=0.1), ["engine: its memory grows"]),
            ("one step of a MiB", made_up(lambda t: 1024 * (t > 2 * HOUR)), []),
            ("one spike", made_up(lambda t: 90000 * (HOUR < t < 2 * HOUR)), []),
            ("a descriptor", made_up(fds=1), ["hands: 20 descriptors at first, 25 at last"]),
            ("a zombie", made_up(zombies=1), ["a zombie stays: process 77"]),
            ("a start", made_up(restarts=1), ["gate was started again 1 times"])):
        text, found = soaked.tell(*log)
        assert len(found) == len(wrong) and all(map(str.startswith, found, wrong)), (what, found, text)


def test_a_short_run_says_what_it_cannot_tell():
    text, wrong = soaked.tell(*made_up(mib_a_day(1), hours=1))
    engine = next(line for line in text.splitlines() if line.startswith("| engine |"))
    assert wrong == [] and "| not shown |" in engine, text
    assert "a leak of 1 MiB a day is 32 KiB" in text, text


def test_what_incidents_cost_is_told_apart_from_time():
    draw, n, rows = random.Random(2), 0, []
    for t in range(0, 4 * HOUR, 10):
        n += t // 1800 % 2
        rows.append((t, n, 5 * t + 300 * n + draw.randrange(1000)))
    each_second, each_incident, twice_error = soaked.by_time_and_incidents(rows)
    assert abs(each_second - 5) < 1 and abs(each_incident - 300) < twice_error < 50, (each_second, each_incident, twice_error)
    assert soaked.by_time_and_incidents([(t, t * 2, t) for t in range(100)]) is None, "they came evenly"


def test_a_log_that_was_cut_off_counts():
    begin, samples, _ = made_up(hours=2)
    for sample in samples[100:103]:  # at rest, as at the begin of what is measured
        sample["rest"] = True
        sample["processes"]["gate"]["fds"] = 9
    assert soaked.tell(begin, samples, None)[1] == [], "those of its load are no leak"
    assert soaked.tell(begin, samples, {"why": "the time is over"})[1] != [], "they are, when nothing goes on"
    with Scratch("soak") as scratch:
        text = "\n".join(json.dumps(r) for r in ({"kind": "begin", "settle": 1}, {"kind": "end"}, begin, *samples))
        log = scratch.file("soak.log", text[:-40])
        again, found, over = soaked.read_log(log)
        assert again == begin and found == samples[:-1] and over is None
        assert "cut off" in soaked.tell(again, found, over)[0]


if __name__ == "__main__":
    run_all(sys.modules[__name__])
