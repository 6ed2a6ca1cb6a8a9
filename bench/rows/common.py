"""What the rows share: the two servers, the programs that load them, and how a figure is
taken: by whom the CPU was used meanwhile, and how often it is taken."""
import contextlib
import ctypes
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from support.harness import end, free_port, wait_until

TICK = os.sysconf("SC_CLK_TCK")
OTHERS_MAX = 0.10  # of the CPU, taken by processes that are not ours: a run is thrown away
PATIENCE_S = 480  # afterwards disturbed runs stay, so that the whole ends in 15 minutes
SETTLE_MAX_S = 15
PULSES = 400  # services of their own, for what opens an incident by each alert

FIRSTLINE = """
listen: 127.0.0.1:0
fallback: ops
channels: {{sink: {{webhook: 'http://127.0.0.1:{sink}/', digest: never}}}}
people: {{ana: {{name: Ana, email: ana@example.com, zone: UTC, reach: [sink]}}}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: primary, people: [ana], every: 1 week, handover: 'Mon 09:00'}}]
      escalate: [{{to: primary}}]
services:
  bench: {{owner: ops, tier: 3}}
"""
ALERTMANAGER = """
route: {receiver: none, group_by: [alertname]}
receivers: [{name: none}]
"""


class Bench:
    """One run of bench/run: where the programs are, and how large everything is."""

    def __init__(self, build, quick):
        self.root = pathlib.Path(__file__).resolve().parents[2]
        self.build = pathlib.Path(build).resolve()
        self.quick = quick
        self.began = time.monotonic()
        self.runs = 1 if quick else int(os.environ.get("BENCH_RUNS", "5"))

    def patient(self):
        """Whether there is time to take disturbed runs again."""
        return time.monotonic() < self.began + PATIENCE_S

    def size(self, whole, quick):
        return quick if self.quick else whole

    def folder(self):
        """A folder on the disk that is measured (BENCH_DIR, else where temporary files go)."""
        return tempfile.TemporaryDirectory(prefix="firstline-bench-", dir=os.environ.get("BENCH_DIR"))

    def program(self, name, *args, **options):
        argv = [self.build / f"bench/bench_{name}", *args]
        argv += [f"{key}={value}" for key, value in options.items()]
        return [str(a) for a in argv]

    @contextlib.contextmanager
    def server(self, kind, config=None, sink=9, **files):
        with self.folder() as folder:
            server = kind(self, pathlib.Path(folder), config, sink, files)
            server.started_s = server.start()
            try:
                yield server
            finally:
                server.stop()

    @contextlib.contextmanager
    def sink(self):
        """A receiver of webhooks; yields its port and a function that reads what came so far."""
        port = free_port()
        with self.folder() as folder:
            path = pathlib.Path(folder) / "hooks"
            with open(path, "wb") as out:
                # Ctrl-C is for whoever started them: they are ended in order.
                child = subprocess.Popen(self.program("sink", port=port), stdout=out, start_new_session=True)
            try:
                wait_until(lambda: listens(port), message="the sink listens")
                yield port, lambda: read_stamps(path)
            finally:
                end(child)

    def pair(self, take, runs=None):
        """Samples of Alertmanager and of Firstline, taking turns: take(kind, watch) measures
        one of them on a server of its own, inside of `with watch`."""
        runs = runs or self.runs
        found = {kind: Samples(runs) for kind in (Alertmanager, Firstline)}
        while any(s.wanted(self) for s in found.values()):
            for kind, samples in found.items():
                if samples.wanted(self):
                    watch = Watch()
                    samples.add(take(kind, watch), watch)
        return found[Alertmanager], found[Firstline]

    def samples(self, take, runs=None):
        """The same of one thing: take(watch)."""
        samples = Samples(runs or self.runs)
        while samples.wanted(self):
            watch = Watch()
            samples.add(take(watch), watch)
        return samples


class Samples:
    """What was measured in so many runs. Disturbed runs are thrown away and taken again, at
    most as many as are wanted; they stay only where nothing better came."""

    def __init__(self, runs, good=(), bad=()):
        self.runs = runs
        self.good = list(good)
        self.bad = list(bad)

    def add(self, value, watch):
        (self.bad if watch.disturbed else self.good).append(value)
        if watch.disturbed:
            say(f"thrown away: others took {watch.others:.0%} of the CPU")

    def wanted(self, bench):
        taken = len(self.good) + len(self.bad)
        most = 1 if bench.quick else 2 * self.runs if bench.patient() else self.runs
        return len(self.good) < self.runs and taken < most

    def of(self, key):
        """A figure of each run: by its name, or by a function of what the run found."""
        pick = key if callable(key) else lambda value: value[key]
        return Samples(self.runs, map(pick, self.good), map(pick, self.bad))

    @property
    def values(self):
        return (self.good + self.bad)[:self.runs]

    @property
    def disturbed(self):
        return len(self.values) > len(self.good)

    @property
    def median(self):
        return statistics.median(self.values)


def say(text):
    print(f"  {text}", file=sys.stderr, flush=True)


# ---- who used the CPU ----

PR_SET_CHILD_SUBREAPER = 36


def keep_orphans():
    """What outlives its parent, as the helpers of a browser that has ended, becomes our child, and
    what it used stays counted: nobody waits for it, so its line in /proc stays too."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl: orphans would be counted as others")


class Watch:
    """`with watch`: what share of the CPU went to processes that bench/run did not start, in
    the worst of the blocks."""

    def __init__(self):
        self.others = 0.0

    @property
    def disturbed(self):
        return self.others > OTHERS_MAX

    def __enter__(self):
        self.began, self.busy, self.ours = time.monotonic(), busy_ticks(), tree_ticks()
        return self

    def __exit__(self, kind, value, trace):
        passed = time.monotonic() - self.began
        others = (busy_ticks() - self.busy) - (tree_ticks() - self.ours)
        # In less than this the kernel's ticks say nothing.
        if passed >= 0.2:
            self.others = max(self.others, others / (passed * TICK * os.cpu_count()))
        return False


def watched(take):
    """For Bench.samples: all of take() is measured."""
    def inside(watch):
        with watch:
            return take()
    return inside


def busy_ticks():
    values = [int(v) for v in open("/proc/stat").readline().split()[1:9]]
    return sum(values) - values[3] - values[4]  # without idle and iowait


def tree_ticks():
    """Of this process, all that come from it, and those of them that have ended."""
    total = 0
    for pid in [os.getpid(), *descendants(os.getpid())]:
        with contextlib.suppress(OSError):
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            total += sum(int(f) for f in fields[11:15])
    return total


def descendants(pid):
    """All processes that come from it, by one look at /proc."""
    of = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                parent = int(open(f"/proc/{entry}/stat").read().rsplit(")", 1)[1].split()[1])
                of.setdefault(parent, []).append(int(entry))
    found = [pid]
    for parent in found:  # grows while it is gone through
        found += of.get(parent, [])
    return found[1:]


# ---- the servers ----

class Server:
    ready_path = "/-/ready"

    def __init__(self, bench, folder, config, sink, files):
        self.bench = bench
        self.dir = folder
        self.config = config
        self.sink = sink
        self.files = files
        self.port = free_port()
        self.child = None
        self.started_s = None  # how long its first start took

    def launch(self, argv):
        """Returns the seconds from exec to the first 200 of its readiness."""
        began = time.monotonic()
        with open(self.dir / "log", "ab") as log:
            self.child = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=log, start_new_session=True)
        while not answers(self.port, self.ready_path):
            assert self.child.poll() is None, f"{self.name} ended:\n{(self.dir / 'log').read_text()[-2000:]}"
            assert time.monotonic() - began < 60, f"{self.name} is not ready"
            time.sleep(0.001)
        return time.monotonic() - began

    def pids(self):
        return [self.child.pid, *descendants(self.child.pid)]

    def stop(self):
        end(self.child, 30)

    def kill(self):
        """All of it at once, as a power cut would."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        self.child.wait()

    def load(self, **options):
        """Runs bench_load to its end."""
        done = subprocess.run(self.bench.program("load", port=self.port, **options),
                              capture_output=True, text=True)
        assert done.returncode == 0, f"{self.name}: {done.stdout}{done.stderr}"
        return json.loads(done.stdout)

    @contextlib.contextmanager
    def storm(self, seconds, rate, **options):
        """Alerts by the clock beside what is done inside; the dict gets what was taken."""
        result = {}
        child = subprocess.Popen(
            self.bench.program("load", port=self.port, seconds=seconds, rate=rate, **options),
            stdout=subprocess.PIPE, text=True)
        try:
            yield result
            result.update(json.loads(child.communicate()[0]))
        finally:
            end(child)

    def pace(self, **options):
        """A running bench_pace."""
        return subprocess.Popen(self.bench.program("pace", port=self.port, **options),
                                stdout=subprocess.PIPE, text=True)

    def fill(self, n):
        """n alerts that are all different; returns what bench_load said."""
        return self.load(batch=250, count=n, seconds=300)

    def get(self, path):
        """The whole answer's bytes and how many seconds they took."""
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.port), timeout=120) as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
                      f"Connection: close\r\n\r\n".encode())
            pieces = []
            while piece := s.recv(1 << 20):
                pieces.append(piece)
        took = time.monotonic() - began
        answer = b"".join(pieces)
        assert answer.startswith(b"HTTP/1.1 200"), answer[:500]
        return answer, took

    def listed(self, query=""):
        """How many alerts a listing has, and how many seconds it took."""
        answer, took = self.get("/api/v2/alerts" + query)
        return answer.count(b'"fingerprint"'), took

    def pss_mb(self):
        """Proportional memory over all of its processes."""
        return sum(smaps_kb(pid) for pid in self.pids()) / 1000

    def settled_pss_mb(self):
        """Once it changes by less than 1 % in two seconds."""
        before = self.pss_mb()
        for _ in range(1 if self.bench.quick else SETTLE_MAX_S // 2):
            time.sleep(0.2 if self.bench.quick else 2)
            now = self.pss_mb()
            if abs(now - before) < 0.01 * before:
                return now
            before = now
        return before

    def cpu_s(self):
        """CPU time of all of its threads."""
        return sum(schedstat_ns(pid) for pid in self.pids()) / 1e9

    def threads(self):
        return sum(len(os.listdir(f"/proc/{pid}/task")) for pid in self.pids())

    def descriptors(self):
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids())


class Alertmanager(Server):
    name = "Alertmanager"
    status_path = "/api/v2/status"
    token = ""

    def start(self):
        (self.dir / "am.yml").write_text((self.config or ALERTMANAGER).replace("{sink}", str(self.sink)))
        return self.launch([
            "prometheus-alertmanager", f"--config.file={self.dir}/am.yml",
            f"--storage.path={self.dir}/am", "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error"])


class Firstline(Server):
    name = "Firstline"
    status_path = "/v1/status"

    def start(self):
        config = self.dir / "config"
        for name, text in {"bench.yaml": (self.config or FIRSTLINE), **self.files}.items():
            path = config / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.format(sink=self.sink, stamp=self.bench.build / "bench/bench_stamp",
                                        stamps=self.dir / "stamps"))
        return self.launch([
            self.bench.build / "firstline", "serve", "--config", config, "--state",
            self.dir / "state", "--listen", f"127.0.0.1:{self.port}", "--quiet"])

    @property
    def token(self):
        return (self.dir / "state" / "local.token").read_text().strip()

    def stamps(self):
        return read_stamps(self.dir / "stamps")


def listens(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


def answers(port, path):
    with contextlib.suppress(OSError):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            return s.recv(64).startswith(b"HTTP/1.1 200")
    return False


def smaps_kb(pid):
    """0 of a process that has ended since it was listed."""
    with contextlib.suppress(OSError):
        text = open(f"/proc/{pid}/smaps_rollup").read()
        return int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1])
    return 0


def schedstat_ns(pid):
    total = 0
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            total += int(open(f"/proc/{pid}/task/{task}/schedstat").read().split()[0])
    return total


def read_stamps(path):
    """{name: microseconds} of bench_stamp and bench_sink; the first of a name counts."""
    found = {}
    with contextlib.suppress(FileNotFoundError):
        for line in open(path):
            name, us = line.split()
            found.setdefault(name, int(us))
    return found


def finish(child):
    """What a bench program printed."""
    out = child.communicate()[0]
    assert child.returncode == 0, f"{child.args}: {out[-500:]}"
    return json.loads(out)


class Repeated:
    """Does something over and over on a thread until the block ends."""

    def __init__(self, what):
        self.what = what
        self.times = 0
        self.over = False
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over:
            self.what()
            self.times += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self.over = True
        self.thread.join()
        return False
