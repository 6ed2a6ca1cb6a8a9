#!/usr/bin/python3
"""Hostile clients at a whole server: requests that can be read in two ways, connections held
open, slow heads, bodies and readers, while somebody healthy goes on sending and listing and
has to notice nothing. LONG=1 makes the attacks last."""
# alone: it takes all of the machine, or says how long something took
import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support import gate as g
from support.gate import Gate
from support.harness import ROOT, Firstline, Scratch, bare, run_all, wait_until

SMUGGLING = ROOT / "tests/corpus/smuggling"


# ---- one meaning or none ----

LONG = os.environ.get("LONG") == "1"


def answers(data, head_only=False):
    """What a client makes of these bytes: statuses, and was the connection ended? It reads
    nothing after an answer that says the connection closes (libmicrohttpd writes the head of
    some of its own refusals twice)."""
    ended = data.endswith((b"<end>", b"<reset>"))
    found = []
    while m := re.match(rb"HTTP/1\.[01] (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n", data):
        status, head = int(m.group(1)), m.group(2).lower()
        data = data[m.end():]
        if status == 100:
            continue
        found.append(status)
        if b"connection: close" in head:
            assert ended, "told to close, but it stays open"
            break
        n = None if head_only else re.search(rb"content-length: (\d+)", head)
        head_only = False
        data = data[int(n.group(1)):] if n else data
    return found, "end" if ended else "open"


def outcomes():
    """NAME STATUS... end|open of each file of the corpus."""
    rows = {}
    for line in (SMUGGLING / "outcomes").read_text().splitlines():
        if line and not line.startswith("#"):
            name, *statuses, connection = line.split()
            rows[name] = ([int(s) for s in statuses], connection)
    return rows


def test_smuggling():
    """Long, also those that a deadline ends (test_gate.py has deadlines)."""
    rows = outcomes()
    files = {path.stem: path.read_bytes() for path in SMUGGLING.glob("*.http")}
    assert files.keys() == rows.keys(), files.keys() ^ rows.keys()
    if not LONG:
        rows = {name: row for name, row in rows.items() if row[0] not in ([], [408])}
    wrong = []
    with Gate() as gate:
        def one(name):
            with gate.connect(20) as s:
                s.sendall(files[name])
                data = g.read_until_quiet(s, 1.0 if rows[name][1] == "open" else 15)
                found = answers(data, files[name].startswith(b"HEAD "))
                if found != rows[name]:
                    wrong.append(f"{name}: {found}, not {rows[name]}")
        threads = [threading.Thread(target=one, args=(name,)) for name in rows]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        taken = sum(a.kind == g.ALERTS and b"smuggled" not in a.wire for a in gate.engine.asked)
        posts = sum(files[n].lstrip().startswith(b"POST") and rows[n][0][:1] == [200] for n in rows)
        if taken != posts:
            wrong.append(f"{taken} bodies reached the engine, {posts} were meant")
        assert gate.child.poll() is None
    assert not wrong, "\n".join(sorted(wrong))
    for name, (statuses, connection) in rows.items():
        assert sum(s < 300 for s in statuses) <= 1 and len(statuses) <= 2, name
        assert connection == "end" or statuses[-1] == 404 or name == "cl-get-smuggles", name


def test_a_hundred_requests_in_one_write():
    with Gate() as gate, gate.connect() as s:
        for i in range(100):
            s.sendall(b"GET /v1/none/%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % i)
        data = g.read_until_quiet(s)
        assert answers(data) == ([404] * 100, "open")
        assert re.findall(rb"/v1/none/(\d+)", data) == [b"%d" % i for i in range(100)], "in order"


def test_who_has_said_all_and_closed_its_half_gets_its_answer():
    body = b'[{"labels":{"alertname":"A"}}]'
    post = (b"POST /api/v2/alerts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    with Gate() as gate:
        def later(asked):
            time.sleep(0.05)
            return g.answer(200)
        gate.engine.on = later
        for i in range(20):
            text = post if i % 2 else b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n"
            with gate.connect() as s:
                s.sendall(text)
                s.shutdown(socket.SHUT_WR)
                assert s.recv(65536).startswith(b"HTTP/1.1 200 "), text
        with gate.connect() as s:
            s.sendall(post[:-1])
            s.shutdown(socket.SHUT_WR)
            assert b" 200 " not in g.read_until_quiet(s), "half a request is none"
        assert len([a for a in gate.engine.asked if a.kind == g.ALERTS]) == 10


# ---- slow clients ----

CONFIG = """
listen: 127.0.0.1:0
fallback: ops
channels: {hook: {webhook: "http://127.0.0.1:9/"}}
people:
  ana: {name: Ana, email: ana@example.com, zone: UTC, reach: [hook]}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}]
"""


def server(scratch):
    scratch.file("config/production.yaml", CONFIG)
    return Firstline(scratch, scratch.dir / "config").start()


class Healthy:
    """Sends an alert, lists it and looks at the health, each on a connection of its own, until
    told to stop; keeps how long each took and what went wrong."""

    def __init__(self, firstline):
        self.firstline, self.seconds, self.wrong = firstline, [], []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.ended.set()
        self.thread.join(30)
        return False

    def ask(self, method, path, body=None):
        began = time.monotonic()
        try:
            answer = self.firstline.request(method, path, body, token=None, timeout=10)
            if answer.status != 200:
                self.wrong.append(f"{method} {path}: {answer.status}")
        except OSError as fault:
            self.wrong.append(f"{method} {path}: {fault}")
        self.seconds.append(time.monotonic() - began)

    def run(self):
        n = 0
        while not self.ended.is_set():
            n += 1
            self.ask("POST", "/api/v2/alerts",
                     [{"labels": {"alertname": "Healthy", "n": str(n % 10)}}])
            self.ask("GET", "/api/v2/alerts?filter=alertname%3DHealthy")
            self.ask("GET", "/-/healthy")
            time.sleep(0.01)

    def p99(self):
        ordered = sorted(self.seconds)
        return ordered[len(ordered) * 99 // 100]


@contextlib.contextmanager
def unharmed(firstline, what):
    """While this goes on somebody healthy is served, and quickly: a machine that is busy with
    other things is allowed for by what it took just before."""
    with Healthy(firstline) as calm:
        time.sleep(0.5)
    with Healthy(firstline) as healthy:
        yield
    took, limit = healthy.p99(), max(0.1, 5 * calm.p99())
    print(f"  {what}: {len(healthy.seconds)} requests, p99 {took * 1000:.1f} ms (calm "
          f"{calm.p99() * 1000:.1f} ms), gate {memory(firstline) >> 20} MiB", flush=True)
    assert not healthy.wrong, (what, len(healthy.wrong), healthy.wrong[:5])
    assert len(healthy.seconds) > 30 and took < limit, (what, took, limit)


def memory(firstline):
    for line in pathlib.Path(f"/proc/{firstline.role('gate')}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def attack(firstline, mode, connections, seconds, *more):
    done = subprocess.run(
        ["slowhttptest", mode, "-c", str(connections), "-r", str(connections), "-l", str(seconds),
         "-i", "1", "-p", "3", "-u", f"http://127.0.0.1:{firstline.port}/api/v2/alerts", *more],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + 60)
    assert "initializing" in done.stdout or "connected" in done.stdout, done.stdout + done.stderr


def test_slow_clients():
    connections, seconds = (4000, 60) if LONG else (1500, 3)
    with Scratch("slow") as scratch:
        firstline = server(scratch)
        pids = [firstline.role(name) for name in ("gate", "engine")]
        for i in range(4):
            assert firstline.fire(*({"alertname": "Many", "n": f"{i}-{k}", "pad": "x" * 500}
                                    for k in range(500))).status == 200
        for what, mode, more in (
                ("slow heads", "-H", ()),
                ("slow bodies", "-B", ("-f", "application/json", "-s", "65536")),
                ("ranges", "-R", ("-b", "3000")),
                ("slow readers", "-X", ("-w", "1", "-y", "512", "-n", "1", "-z", "32", "-k", "3"))):
            with unharmed(firstline, what):
                attack(firstline, mode, connections, seconds, *more)
        assert [firstline.role(name) for name in ("gate", "engine")] == pids, "nobody died of it"
        assert memory(firstline) < 512 << 20


@bare("it counts memory")
def test_five_thousand_idle_connections():
    with Scratch("idle") as scratch:
        firstline = server(scratch)
        held = []
        with unharmed(firstline, "5,000 idle connections"):
            for i in range(5000):
                s = socket.create_connection(("127.0.0.1", firstline.port), timeout=10)
                held.append(s)
                with contextlib.suppress(OSError):
                    s.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n")
            time.sleep(1)
            assert memory(firstline) < 128 << 20, memory(firstline)
        assert b"HTTP/1.1 200" in held[-1].recv(1000), "the newest are kept"
        told = firstline.wait_incident(lambda row: "connections" in row["title"])
        assert "address 127.0.0.1 has 2000 connections, its limit" in told["title"], told
        assert len(firstline.incidents()) == 2, "once, beside the healthy one's"
        for s in held:
            s.close()


def test_nonsense_over_and_over():
    """The whole corpus and malformed JSON, again and again; each is told where it is wrong."""
    files = [path.read_bytes() for path in SMUGGLING.glob("*.http")]
    with Scratch("nonsense") as scratch:
        firstline = server(scratch)
        end = time.monotonic() + (60 if LONG else 3)

        def smuggle(part):
            while time.monotonic() < end:
                for text in files[part::4]:
                    with contextlib.suppress(OSError), socket.create_connection(
                            ("127.0.0.1", firstline.port), timeout=10) as s:
                        s.sendall(text)
                        s.settimeout(0.05)
                        s.recv(4096)

        def malformed():
            while time.monotonic() < end:
                body = '[{"labels":{"a":"b"}},\n {"labels":{"c":}}]'
                answer = firstline.request("POST", "/api/v2/alerts", body, token=None,
                                           headers={"Content-Type": "application/json"})
                assert answer.status == 400, answer
                assert "(at byte 39)" in answer.json["message"], answer
        with unharmed(firstline, "nonsense"):
            threads = [threading.Thread(target=smuggle, args=(i,), daemon=True) for i in range(4)]
            for thread in threads:
                thread.start()
            malformed()
            for thread in threads:
                thread.join(30)


# ---- sources that run away ----

def test_a_source_that_runs_away_takes_no_place_of_another():
    with Scratch("runaway") as scratch:
        scratch.file("config/limits.yaml",
                     "limits: {alerts_per_source: 200, alerts_per_alertname: 300}\n")
        firstline = server(scratch)
        token = {}
        for name in ("wild", "calm"):
            made = firstline.cli("token", "add", name, "--role", "source", "--json", check=True)
            token[name] = json.loads(made.stdout)["secret"]

        def many(name, first, n):
            return firstline.fire(*({"alertname": "SlowRequest", "region": f"r{i % 3}",
                                     "request_id": f"{name}-{i}"} for i in range(first, first + n)),
                                  token=token[name])
        assert many("wild", 0, 150).status == 200
        for first in range(150, 1150, 100):
            answer = many("wild", first, 100)
            assert answer.status == 429 and answer.headers["Retry-After"] == "60", answer
            assert b"limits.alerts_per_source" in answer.body, answer
        assert len(firstline.get("/api/v2/alerts")) == 200, "what had room was kept"
        assert many("wild", 0, 200).status == 200, "what is known is heard"
        assert many("calm", 0, 50).status == 200, "others have their places"
        answer = many("calm", 50, 100)
        assert answer.status == 429 and b"50 of 100 alerts were not kept" in answer.body, answer
        assert b"limits.alerts_per_alertname" in answer.body and b"SlowRequest" in answer.body

        metrics = firstline.request("GET", "/metrics").body.decode()
        for why, n in (("full", 0), ("source", 950), ("alertname", 50), ("rate", 0)):
            assert f'firstline_alerts_refused_total{{why="{why}"}} {n}\n' in metrics, metrics
        told = [i for i in firstline.incidents() if "limits.alerts_per_source" in i["title"]]
        assert len(told) == 1, firstline.incidents()
        lines = [t["text"] for t in firstline.incident(told[0]["id"])["timeline"]
                 if "is reached" in t["text"] and "label" in t["text"]]
        assert len(lines) >= 2, lines
        assert any("limits.alerts_per_source is reached by source 'source:wild': label 'request_id' has "
                   "200 values in the newest 200 alerts, like 'wild-" in t for t in lines), lines
        assert "label 'request_id'" in told[0]["title"], told
        assert any("limits.alerts_per_alertname" in t and "'SlowRequest'" in t for t in lines), lines


def test_a_source_may_be_slowed_down():
    with Scratch("rate") as scratch:
        scratch.file("config/limits.yaml",
                     "limits: {alert_rate_per_source: 10, alert_burst_per_source: 100}\n")
        firstline = server(scratch)

        def many(first, n):
            return firstline.fire(*({"alertname": "A", "n": str(i)} for i in range(first, first + n)))
        assert many(0, 100).status == 200
        answer = many(0, 180)
        assert answer.status == 429 and b"limits.alert_rate_per_source" in answer.body, answer
        assert 1 <= int(answer.headers["Retry-After"]) <= 9, answer.headers
        assert firstline.resolve({"alertname": "A", "n": "0"}).status == 200, "an end is heard"
        wait_until(lambda: many(100, 10).status == 200, 20, 0.5, "the bucket fills again")


if __name__ == "__main__":
    run_all(sys.modules[__name__])
